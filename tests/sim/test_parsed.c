/* What was parsed before is given out again only where jansson would make the same of the text: it
 * is asked each time (its json_loads, which nobody stands before). Under a sanitizer json_loadb
 * keeps nothing, but parsed_plain its elements. */
#include "base/random.h"
#include "parsed.h"
#include "parsed_element.h"
#include "parsed_plain.h"
#include "test_main.h"

#include <jansson.h>
#include <stdlib.h>

enum { TEXT_MAX = 16 << 10, POOL = 24, PAGES = 3000, MANY = 60000 };

#define FIRST \
    "{\"id\":1,\"status\":\"new\",\"lines\":[{\"sku\":\"A-1\",\"count\":2}],\"note\":\"a } b\"}"
#define SECOND \
    "{\"id\":2,\"status\":\"new\",\"lines\":[{\"sku\":\"A-2\",\"count\":1}],\"note\":\"\"}"
#define LONG                                                                                      \
    "{\"address\":null,\"type\":\"of which many begin alike\",\"of\":\"one house and its yard\"," \
    "\"more\":\"than what is looked at at first, which is some words\",\"last\":"
#define TWICE "{\"id\":1,\"status\":\"name that is there twice\",\"id\":2}"
#define INNER "{\"offer\":\"7700000001\",\"figures\":[1,-2,30],\"is\":true}"

static void assert_same(json_t *got, json_t *expected, const char *text)
{
    char *a = json_dumps(got, JSON_ENSURE_ASCII), *b = json_dumps(expected, JSON_ENSURE_ASCII);
    if (!json_equal(got, expected) || strcmp(a, b) != 0) fail_msg("%s\nread as\n%s", text, a);
    free(a);
    free(b);
}

/* The text lies in a block of its own size, so that a look past its end shows. */
static void assert_read_as(const char *text, size_t flags, json_t *expected)
{
    size_t size = strlen(text);
    char *block = malloc(size + !size);
    memcpy(block, text, size);
    json_t *plain = parsed_plain(block, size, flags),
           *loaded = json_loadb(block, size, flags, NULL);
    if (!expected && (plain || loaded)) fail_msg("%s\nis nothing that jansson reads", text);
    if (expected && !loaded) fail_msg("%s\nwas not read", text);
    if (expected) assert_same(loaded, expected, text);
    if (plain) assert_same(plain, expected, text);
    json_decref(plain);
    json_decref(loaded);
    free(block);
}

static void check(const char *text)
{
    const size_t flags[] = {0, JSON_REJECT_DUPLICATES};
    for (int i = 0; i < 2; i++) {
        json_t *expected = json_loads(text, flags[i], NULL);
        assert_read_as(text, flags[i], expected);
        json_decref(expected);
    }
}

static void elements_are_what_jansson_reads(void **state)
{
    static const char *const texts[] = {
        "{\"orders\":[" FIRST "," SECOND "]}",
        "{\"orders\":[" SECOND "," FIRST "]}",
        "{\"orders\":[" SECOND "]}",
        "[" FIRST "," FIRST "," FIRST "]",
        "[ \n" FIRST "\t,\r\n" SECOND " ] ",
        "[" FIRST " , " SECOND "x]",
        "[" FIRST SECOND "]",
        "[" FIRST "}]",
        "[" FIRST "]]",
        "[" FIRST ",]",
        "[" FIRST "",
        "[" FIRST ",",
        "[" LONG "1}," LONG "2}," LONG "12}," LONG "{\"a\":1}}]",
        "[" LONG "12}," LONG "1}," LONG "{\"a\":2}}," LONG "1.5}]",
        "[" TWICE "]",
        "[[" TWICE "],{\"in\":[" TWICE "]}]",
        "{\"in\":[" INNER ",{\"of\":[" INNER "," INNER "],\"and\":" INNER "}," INNER "]}",
        "{\"in\":[{\"of\":[" INNER ",{\"deep\":[" INNER "]}],\"and\":1}," INNER "]}",
        "[{\"name\":\"escaped \\\" } and \\u0041\",\"id\":1}," FIRST "]",
        "[{\"name\":\"\xd0\x9a\xd0\xb0\xd0\xbb\xd1\x83\xd0\xb3\xd0\xb0 and more\",\"id\":1}]",
        "[{\"name\":\"\xd0\x9a\xd0\xb0\xd0\xbb\xd1\x83\xd0 and more, spoilt\",\"id\":1}]",
        "[{},{\"a\":1},{},{\"a\":1},[],[{}]]",
    };
    (void)state;
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
            check(texts[i]);
}

static void each_byte_counts(void **state)
{
    static const char page[] = "{\"orders\":[" FIRST "," LONG "17}," SECOND "]}";
    char text[sizeof page];
    (void)state;
    for (size_t i = 0; i < sizeof page - 1; i++) {
        check(page);
        memcpy(text, page, sizeof page);
        text[i] = text[i] == '1' ? '3' : '1';
        check(text);
        text[i] = 0; /* cut off */
        check(text);
    }
}

/* Or else nothing is gained, and the other cases hold for nothing. */
static void an_element_is_read_once(void **state)
{
    static const char first[] = "{\"orders\":[" FIRST "," SECOND "]}", second[] = "[" SECOND "]";
    (void)state;
    parsed_keep(true);
    json_t *orders = parsed_plain(first, sizeof first - 1, true);
    json_t *list = parsed_plain(second, sizeof second - 1, false), *again = json_array_get(list, 0);
    assert_ptr_equal(json_array_get(json_object_get(orders, "orders"), 1), again);
    json_decref(orders);
    assert_int_equal(again->refcount, 2);
    parsed_element_forget();
    assert_int_equal(again->refcount, 1);
    json_decref(list);
}

static void what_is_held_outlives_what_is_kept(void **state)
{
    static const char page[] = "[" FIRST "]";
    char text[256];
    (void)state;
    parsed_keep(true);
    json_t *held = parsed_plain(page, sizeof page - 1, false);
    for (int i = 0; i < MANY; i++) {
        int size = snprintf(text, sizeof text, "[{\"id\":%d,\"name\":\"one of too many\"}]", i);
        json_t *other = parsed_plain(text, (size_t)size, false);
        assert_int_equal(json_integer_value(json_object_get(json_array_get(other, 0), "id")), i);
        json_decref(other);
    }
    json_t *expected = json_loads(page, 0, NULL);
    assert_same(held, expected, page);
    assert_int_equal(json_array_get(held, 0)->refcount, 1); /* so many are not kept */
    json_decref(expected);
    json_decref(held);
}

static void any_value(struct random *r, char *to, int depth)
{
    static const char *const plain[] = {"1",
                                        "-20",
                                        "\"\"",
                                        "\"SKU-000001\"",
                                        "null",
                                        "true",
                                        "1.5",
                                        "\"\\n\"",
                                        "[]",
                                        "{}",
                                        "\"a, longer {text} of it\""};
    size_t kinds = sizeof plain / sizeof plain[0], kind = random_below(r, kinds + 6);
    if (kind < kinds || depth == 3) {
        strcat(to, plain[kind % kinds]);
        return;
    }
    bool object = kind % 2;
    strcat(to, object ? "{" : "[");
    for (size_t i = 0, count = random_below(r, 4); i < count; i++) {
        if (i) strcat(to, random_below(r, 8) ? "," : " ,\n");
        if (object) sprintf(to + strlen(to), "\"n%d\":", (int)random_below(r, 12));
        any_value(r, to, depth + 1);
    }
    strcat(to, object ? "}" : "]");
}

/* Elements of a pool in any order, and one page of a few that is spoilt. */
static void any_page(struct random *r, char pool[POOL][TEXT_MAX], char *to)
{
    strcpy(to, random_below(r, 2) ? "{\"list\":[" : "{\"other\":[");
    for (size_t i = 0, count = random_below(r, 8); i < count; i++)
        sprintf(to + strlen(to), "%s%s", i ? "," : "", pool[random_below(r, POOL)]);
    strcat(to, "]}");
    size_t size = strlen(to), at = random_below(r, size);
    switch (random_below(r, 6)) {
    case 0: to[at] = "{}[]\",:1a "[random_below(r, 10)]; break;
    case 1: to[at] = 0; break;
    case 2: memmove(to + at, to + at + 1, size - at); break;
    default: break;
    }
}

static void any_pages_are_what_jansson_reads(void **state)
{
    static char pool[POOL][TEXT_MAX], page[POOL * TEXT_MAX];
    struct random r;
    (void)state;
    random_seed(&r, 20);
    for (int i = 0; i < PAGES; i++) {
        char *changed = pool[i < POOL ? (size_t)i : random_below(&r, POOL)];
        if (i < POOL || !random_below(&r, 4)) {
            sprintf(changed,
                    "{\"id\":%d,\"status\":\"any\",\"value\":", (int)random_below(&r, POOL));
            any_value(&r, changed, 0);
            strcat(changed, "}");
        }
        if (i < POOL) continue;
        any_page(&r, pool, page);
        check(page);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(elements_are_what_jansson_reads),
    cmocka_unit_test(each_byte_counts),
    cmocka_unit_test(an_element_is_read_once),
    cmocka_unit_test(what_is_held_outlives_what_is_kept),
    cmocka_unit_test(any_pages_are_what_jansson_reads),
};

TEST_MAIN(cases)
