/* The CSV reader: a table of what goes in and comes out, and the property that where the parts are
 * cut changes nothing. Records are written down as "line[field|'quoted field'|...]" or "line!why".
 */
#include "base/csv.h"

#include "base/buf.h"
#include "base/random.h"
#include "test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool write_down(const struct csv_record *record, void *ctx)
{
    struct buf *out = ctx;
    buf_format(out, "%llu", (unsigned long long)record->line);
    if (record->problem) return buf_format(out, "!%s ", record->problem);
    buf_char(out, '[');
    for (size_t i = 0; i < record->count; i++) {
        const char *mark = record->fields[i].quoted ? "'" : "";
        buf_format(out, "%s%s%.*s%s", i ? "|" : "", mark, (int)record->fields[i].text.size,
                   (const char *)record->fields[i].text.data, mark);
    }
    return buf_text(out, "] ");
}

/* Reads `text` cut at each of `cuts` (random when 0: parts of 1 to 7 bytes). */
static void read_all(struct bytes text, size_t part, struct random *random, struct buf *out)
{
    struct csv_reader *reader = csv_new(0, write_down, out);
    struct error error;
    const char *at = text.data, *end = at + text.size;
    while (at < end) {
        size_t size = random ? 1 + random_below(random, part) : part;
        if (size > (size_t)(end - at)) size = (size_t)(end - at);
        char *copy = malloc(size); /* so that the sanitizer sees a read past a part */
        memcpy(copy, at, size);
        assert_int_equal(csv_feed(reader, bytes_of(copy, size), &error), ST_OK);
        free(copy);
        at += size;
    }
    assert_int_equal(csv_end(reader, &error), ST_OK);
    csv_free(reader);
}

static const struct {
    const char *text, *records;
} table[] = {
    {"", ""},
    {"\n\r\n\n", ""},
    {"a,b,c\n", "1[a|b|c] "},
    {"a,b,c", "1[a|b|c] "},
    {"a,b\r\nc,d\r\n", "1[a|b] 2[c|d] "},
    {"a;b\n1,5;2\n", "1[a|b] 2[1,5|2] "},
    {"a\tb\n c \t d\n", "1[a|b] 2[c|d] "},
    {"sku\nA\n", "1[sku] 2[A] "},
    {"\xef\xbb\xbf"
     "a,b\n",
     "1[a|b] "},
    {"\xef\xbb\xbf\"a\",b\n", "1['a'|b] "},
    {"a,,c\n,,\n", "1[a||c] 2[||] "},
    {"a,b,\n", "1[a|b|] "},
    {"\"a,b\",c\n", "1['a,b'|c] "},
    {"\"say \"\"hi\"\"\",c\n", "1['say \"hi\"'|c] "},
    {"\"two\nlines\",c\nd,e\n", "1['two\nlines'|c] 3[d|e] "},
    {"\"two\r\nlines\",c\r\nd,e\r\n", "1['two\r\nlines'|c] 3[d|e] "},
    {"a,\"\"\n\"\",\"\"\"\"\n", "1[a|''] 2[''|'\"'] "},
    {"5\" disk,pp,3\nx,y,z\n", "1[5\" disk|pp|3] 2[x|y|z] "},
    {"a , \" b \" ,c\n", "1[a|' b '|c] "},
    {"\"a\"x,b\n", "1['ax'|b] "},
    {"\"a\"", "1['a'] "},
    {"a,\"b", "1!a quote is opened and not closed within 64 KiB "},
    {"a,b\n\"c,d\ne,f\ng,h\n",
     "1[a|b] 2!a quote is opened and not closed within 64 KiB 3[e|f] 4[g|h] "},
    {"a,b\n\n\n  \nc,d\n", "1[a|b] 5[c|d] "},
    {"\n\n\na;b,c;d\n", "4[a|b,c|d] "},
    {"\"a;b\",\"c;d\"\n", "1['a;b'|'c;d'] "},
    {"a\rb,c\n", "1[a\rb|c] "},
};

static void texts_become_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct buf out;
        buf_init(&out, 1 << 20);
        read_all(bytes_text(table[i].text), SIZE_MAX / 2, NULL, &out);
        if (strcmp(buf_cstr(&out), table[i].records) != 0)
            fail_msg("case %zu: %s\n got %s\nwant %s", i, table[i].text, buf_cstr(&out),
                     table[i].records);
        buf_free(&out);
    }
}

static void where_parts_are_cut_changes_nothing(void **state)
{
    (void)state;
    struct random random;
    random_seed(&random, 20260305);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t part = 1; part < 40; part++) {
            struct buf out;
            buf_init(&out, 1 << 20);
            read_all(bytes_text(table[i].text), part, part % 2 ? NULL : &random, &out);
            if (strcmp(buf_cstr(&out), table[i].records) != 0)
                fail_msg("case %zu in parts of %zu: %s\n got %s\nwant %s", i, part, table[i].text,
                         buf_cstr(&out), table[i].records);
            buf_free(&out);
        }
}

/* Random texts over an alphabet of everything that matters: whole and cut give the same. */
static void random_texts_read_the_same_in_any_parts(void **state)
{
    (void)state;
    static const char alphabet[] = "a,;\t\"\"\n\n\r x1";
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct random random;
        random_seed(&random, seed);
        char text[200];
        size_t size = random_below(&random, sizeof text);
        for (size_t i = 0; i < size; i++)
            text[i] = alphabet[random_below(&random, sizeof alphabet - 1)];
        struct buf whole, cut;
        buf_init(&whole, 1 << 20);
        buf_init(&cut, 1 << 20);
        read_all(bytes_of(text, size), SIZE_MAX / 2, NULL, &whole);
        read_all(bytes_of(text, size), 1 + random_below(&random, 30), &random, &cut);
        if (strcmp(buf_cstr(&whole), buf_cstr(&cut)) != 0)
            fail_msg("seed %llu: <%.*s>\nwhole %s\n  cut %s", (unsigned long long)seed, (int)size,
                     text, buf_cstr(&whole), buf_cstr(&cut));
        buf_free(&whole);
        buf_free(&cut);
    }
}

/* A line over the limit, and a quote open for longer than it: each costs its line only. */
static void what_is_too_long_costs_one_line(void **state)
{
    (void)state;
    struct buf text, out;
    buf_init(&text, 1 << 20);
    buf_text(&text, "a,b\n");
    for (int i = 0; i < 3 * CSV_RECORD_MAX; i++)
        buf_char(&text, 'x');
    buf_text(&text, "\nc,d\n\"open\n");
    size_t filler = 0;
    for (; filler < CSV_RECORD_MAX / 4; filler++)
        buf_text(&text, "e,f\n");
    buf_text(&text, "g,h\n");
    size_t parts[] = {SIZE_MAX / 2, 100000, 65536, 4096, 1000};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        buf_init(&out, 4 << 20);
        read_all(bytes_of(text.data, text.size), parts[i], NULL, &out);
        static const char start[] = "1[a|b] 2!the line is too long 3[c|d] 4!a quote is opened and "
                                    "not closed within 64 KiB 5[e|f] 6[e|f] ";
        assert_memory_equal(buf_cstr(&out), start, sizeof start - 1);
        char tail[64];
        snprintf(tail, sizeof tail, " %zu[e|f] %zu[g|h] ", filler + 4, filler + 5);
        assert_string_equal(buf_cstr(&out) + out.size - strlen(tail), tail);
        buf_free(&out);
    }
    buf_free(&text);
}

static void utf_16_is_refused(void **state)
{
    (void)state;
    static const char *const files[] = {"\xff\xfes\0k\0u\0\n", "\xfe\xff\0s\0k\0u"};
    for (size_t i = 0; i < 2; i++) {
        struct buf out;
        struct error error;
        buf_init(&out, 100);
        struct csv_reader *reader = csv_new(0, write_down, &out);
        assert_int_equal(csv_feed(reader, bytes_of(files[i], 1), &error), ST_OK);
        assert_int_equal(csv_feed(reader, bytes_of(files[i] + 1, 7), &error), ST_UNSUPPORTED);
        assert_non_null(strstr(error.text, "UTF-16"));
        csv_free(reader);
        buf_free(&out);
    }
}

static bool stop_at_two(const struct csv_record *record, void *ctx)
{
    (*(int *)ctx)++;
    return record->line < 2;
}

static void the_callback_can_stop_reading(void **state)
{
    (void)state;
    int count = 0;
    struct error error;
    struct csv_reader *reader = csv_new(',', stop_at_two, &count);
    assert_int_equal(csv_feed(reader, bytes_text("a\nb\nc\nd\n"), &error), ST_CANCELLED);
    assert_int_equal(csv_feed(reader, bytes_text("e\n"), &error), ST_CANCELLED);
    assert_int_equal(csv_end(reader, &error), ST_CANCELLED);
    assert_int_equal(count, 2);
    csv_free(reader);
}

static void fields_past_the_limit_are_not_looked_at(void **state)
{
    (void)state;
    struct buf text, out;
    buf_init(&text, 1 << 16);
    buf_init(&out, 1 << 16);
    for (int i = 0; i < CSV_FIELDS_MAX + 10; i++)
        buf_format(&text, "%s%d", i ? "," : "", i);
    read_all(bytes_of(text.data, text.size), 1000, NULL, &out);
    assert_non_null(strstr(buf_cstr(&out), "|63] "));
    buf_free(&text);
    buf_free(&out);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(texts_become_records),
    cmocka_unit_test(where_parts_are_cut_changes_nothing),
    cmocka_unit_test(random_texts_read_the_same_in_any_parts),
    cmocka_unit_test(what_is_too_long_costs_one_line),
    cmocka_unit_test(utf_16_is_refused),
    cmocka_unit_test(the_callback_can_stop_reading),
    cmocka_unit_test(fields_past_the_limit_are_not_looked_at),
};
TEST_MAIN(cases)
