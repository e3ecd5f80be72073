/* Finding encodings: tables of what must be found, what must be refused, and that the cuts between
 * parts change nothing. */
#include "base/text_encoding.h"

#include "base/buf.h"
#include "test_main.h"

#include <string.h>

static enum status sniff(struct bytes text, size_t part, enum text_encoding said,
                         enum text_encoding *found, struct error *error)
{
    struct text_sniff s = {0};
    for (size_t at = 0; at < text.size; at += part) {
        size_t left = text.size - at;
        text_sniff_feed(&s, bytes_of((const char *)text.data + at, left < part ? left : part));
    }
    return text_sniff_end(&s, said, found, error);
}

#define BYTES(text)              \
    {                            \
        (text), sizeof(text) - 1 \
    }

static const struct {
    struct bytes text;
    enum text_encoding said, found; /* found 0: refused */
    const char *says;
} table[] = {
    {BYTES(""), 0, TEXT_UTF8, NULL},
    {BYTES("sku,qty\nA,1\n"), 0, TEXT_UTF8, NULL},
    {BYTES("\xef\xbb\xbf"
           "sku,qty\n"),
     0, TEXT_UTF8, NULL},
    {BYTES("артикул;остаток\nА-1;5\n"), 0, TEXT_UTF8, NULL},
    {BYTES("Größe;Stück\n"), 0, TEXT_UTF8, NULL},
    /* "Артикул;Остаток", and one Latin SKU with a Cyrillic letter in it */
    {BYTES("\xc0\xf0\xf2\xe8\xea\xf3\xeb;\xce\xf1\xf2\xe0\xf2\xee\xea\nLAMP-1;5\n"), 0,
     TEXT_WINDOWS_1251, NULL},
    {BYTES("\xc0\xf0\xf2\xe8\xea\xf3\xeb;\xce\xf1\xf2\xe0\xf2\xee\xea\n\xcb"
           "2;5\n"),
     0, TEXT_WINDOWS_1251, NULL},
    /* "№ п/п;Код" */
    {BYTES("\xb9 \xef/\xef;\xca\xee\xe4;qty\n1;A;5\n"), 0, TEXT_WINDOWS_1251, NULL},
    /* "Größe;Menge", "Référence" */
    {BYTES("Gr\xf6\xdf"
           "e;Menge;K\xf6rper\n"),
     0, TEXT_WINDOWS_1252, NULL},
    {BYTES("R\xe9"
           "f\xe9rence;qty\n"),
     0, TEXT_WINDOWS_1252, NULL},
    /* the same in both: a no-break space in "1 234", quotes */
    {BYTES("sku,qty\nA,1\xa0"
           "234\n\xabx\xbb,5\n"),
     0, TEXT_WINDOWS_1252, NULL},
    /* one broken byte in a UTF-8 file costs its row only */
    {BYTES("артикул;остаток\nА-1;5\nБ\xd0;6\n"), 0, TEXT_UTF8, NULL},
    {BYTES("sku,qty\nA\xff,1\n"), 0, 0, "cannot be told for sure"},
    {BYTES("sku,qty\n\xff,1\n"), 0, TEXT_UTF8, NULL},
    /* letters of both kinds: nobody can tell */
    {BYTES("sku,name\nA,\xcb\xe0mp\nB,\xe4\xf6\xfc\n"), 0, 0, "say which"},
    {BYTES("sku,name\nA,\xcb\xe0mp\nB,\xe4\xf6\xfc\n"), TEXT_WINDOWS_1251, TEXT_WINDOWS_1251, NULL},
    {BYTES("\xff\xfes\0"), 0, TEXT_UTF16LE, NULL},
    {BYTES("\xfe\xff\0s"), 0, TEXT_UTF16BE, NULL},
    {BYTES("\xff\xfes\0"), TEXT_WINDOWS_1251, 0, "byte order mark says UTF-16LE, not windows-1251"},
    {BYTES("s\0k\0u\0"), 0, 0, "line 1 holds a NUL byte"},
    {BYTES("s\0k\0u\0"), TEXT_UTF16LE, TEXT_UTF16LE, NULL},
    {BYTES("sku,qty\nA,1\nB\0,2\n"), 0, 0, "line 3 holds a NUL byte"},
    {BYTES("\xef\xbb\xbf"
           "a\0"),
     0, 0, "NUL"},
    {BYTES("PK\x03\x04\x14\0\6\0"), 0, 0, "a ZIP archive (an .xlsx file is one, too)"},
    {BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"), 0, 0, "an Excel file of the old kind"},
    {BYTES("\x1f\x8b\x08\0"), TEXT_WINDOWS_1251, 0, "a gzip archive"},
    {BYTES("%PDF-1.7\n"), 0, 0, "a PDF"},
};

static void encodings_are_found_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t part = 1; part < 12; part++) {
            enum text_encoding found = 0;
            struct error error = {0};
            enum status status = sniff(table[i].text, part, table[i].said, &found, &error);
            if (!table[i].found) found = status == ST_OK ? found : 0;
            if (found != table[i].found || (status == ST_OK) != (table[i].found != 0) ||
                (table[i].says && !strstr(error.text, table[i].says)))
                fail_msg("case %zu in parts of %zu: %s; %s", i, part, text_encoding_name(found),
                         error.text);
        }
}

static enum status sink(struct bytes utf8, void *ctx, struct error *error)
{
    (void)error;
    buf_add(ctx, utf8.data, utf8.size);
    return ST_OK;
}

/* A character cut anywhere, halves of surrogates, an odd byte at the end. */
static void decoding_does_not_depend_on_the_cuts(void **state)
{
    (void)state;
    static const struct {
        enum text_encoding encoding;
        struct bytes text;
        const char *utf8;
    } cases[] = {
        {TEXT_WINDOWS_1251, BYTES("\xcf\xf0\xe8\xe2\xe5\xf2, \xa8\xb8 \xb9 1"), "Привет, Ёё № 1"},
        {TEXT_WINDOWS_1251,
         BYTES("a\x98"
               "b"),
         "a\xff"
         "b"},
        {TEXT_WINDOWS_1252,
         BYTES("Gr\xf6\xdf"
               "e \x80"),
         "Größe €"},
        {TEXT_WINDOWS_1252, BYTES("\x81\x81"), "\xff\xff"},
        {TEXT_UTF16LE,
         BYTES("\xff\xfe\x10\x04\x3d\xd8\0\xde"
               "A\0"),
         "А😀A"},
        {TEXT_UTF16LE,
         BYTES("A\0\0\xde"
               "B\0C"),
         "A\xff"
         "B\xff"},
        {TEXT_UTF16BE, BYTES("\xfe\xff\x04\x10\0A\xd8"), "АA\xff"},
        {TEXT_UTF8, BYTES("А\xff"), "А\xff"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t part = 1; part <= cases[i].text.size; part++) {
            struct text_decoder *decoder;
            struct error error = {0};
            struct buf out;
            buf_init(&out, 1 << 10);
            assert_int_equal(text_decoder_new(cases[i].encoding, &decoder, &error), ST_OK);
            for (size_t at = 0; at < cases[i].text.size; at += part) {
                size_t left = cases[i].text.size - at;
                struct bytes bytes =
                    bytes_of((const char *)cases[i].text.data + at, left < part ? left : part);
                assert_int_equal(text_decode(decoder, bytes, false, sink, &out, &error), ST_OK);
            }
            assert_int_equal(text_decode(decoder, bytes_of("", 0), true, sink, &out, &error),
                             ST_OK);
            if (strcmp(buf_cstr(&out), cases[i].utf8) != 0)
                fail_msg("case %zu in parts of %zu: %s", i, part, buf_cstr(&out));
            text_decoder_free(decoder);
            buf_free(&out);
        }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(encodings_are_found_or_refused),
    cmocka_unit_test(decoding_does_not_depend_on_the_cuts),
};
TEST_MAIN(cases)
