/* Tables and records, letter by letter. */
#include "ctl/table.h"

#include "test_main.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
    (void)state;
    setenv("TZ", "UTC-3", 1); /* three hours ahead */
    return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

static const struct ctl_column columns[] = {
    {"SKU", "sku", CELL_TEXT},
    {"ON HAND", "n", CELL_NUMBER},
    {"NAME", "a.name", CELL_TEXT},
    {0},
};

static void columns_are_aligned_by_what_is_seen(void **state)
{
    (void)state;
    json_t *rows = json_loads("[{\"sku\":\"A\",\"n\":5,\"a\":{\"name\":\"x\"}},"
                              "{\"sku\":\"Лампа\",\"n\":-12345678,\"a\":{}},"
                              "{\"sku\":\"電球\",\"n\":null},"
                              "{\"sku\":\"e\\u0301\",\"n\":7,\"a\":{\"name\":\"long name\"}}]",
                              0, NULL);
    struct buf out;
    buf_init(&out, 1 << 16);
    ctl_table(&out, columns, rows);
    assert_string_equal(buf_cstr(&out), "SKU      ON HAND  NAME\n"
                                        "A              5  x\n"
                                        "Лампа  -12345678  -\n"
                                        "電球           -  -\n"
                                        "e\xcc\x81              7  long name\n");
    buf_free(&out);
    json_decref(rows);
}

static void records_show_what_there_is(void **state)
{
    (void)state;
    static const struct ctl_column record[] = {
        {"Account", "name", CELL_TEXT},     {"Why", "why", CELL_TEXT},
        {"Since", "since", CELL_TIME},      {"Missing", "missing", CELL_TEXT},
        {"Barcodes", "codes", CELL_TEXT},   {"Writable", "writable", CELL_TEXT},
        {"Oldest unsent", "age", CELL_AGE}, {0},
    };
    json_t *object =
        json_loads("{\"name\":\"ozon\",\"why\":null,\"since\":\"2026-03-04T22:06:07.089Z\","
                   "\"codes\":[\"1\",\"2\"],\"writable\":false,\"age\":90000}",
                   0, NULL);
    struct buf out;
    buf_init(&out, 1 << 16);
    ctl_record(&out, record, object);
    assert_string_equal(buf_cstr(&out), "Account        ozon\n"
                                        "Why            -\n"
                                        "Since          2026-03-05 01:06:07\n"
                                        "Barcodes       1, 2\n"
                                        "Writable       no\n"
                                        "Oldest unsent  90 s\n");
    buf_free(&out);
    json_decref(object);
}

static void ages_are_told_in_a_fitting_unit(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } table[] = {
        {0, "0 ms"},       {999, "999 ms"},     {1000, "1 s"},
        {119999, "119 s"}, {120000, "2 min"},   {7199999, "119 min"},
        {7200000, "2 h"},  {172799999, "47 h"}, {172800000, "2 d"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        json_t *object = json_pack("{s:I}", "age", (json_int_t)table[i].ms);
        struct buf out;
        buf_init(&out, 100);
        ctl_cell_text(&out, object, "age", CELL_AGE);
        assert_string_equal(buf_cstr(&out), table[i].text);
        buf_free(&out);
        json_decref(object);
    }
}

/* A listing's title comes from outside; it must not move the cursor or ring the bell. */
static void control_characters_never_reach_the_terminal(void **state)
{
    (void)state;
    json_t *object =
        json_loads("{\"title\":\"a\\u001b[2Jb\\u0007\\u009b31mc\\u007f\\nd\\tе\"}", 0, NULL);
    struct buf out;
    buf_init(&out, 100);
    ctl_cell_text(&out, object, "title", CELL_TEXT);
    assert_string_equal(buf_cstr(&out), "a?[2Jb??31mc??d?е");
    buf_free(&out);
    json_decref(object);
}

static void broken_text_still_has_a_width(void **state)
{
    (void)state;
    assert_int_equal(ctl_text_width(""), 0);
    assert_int_equal(ctl_text_width("\xff\xff"), 2);
    assert_int_equal(ctl_text_width("\xd0"), 1);
    assert_int_equal(ctl_text_width("a\xf0\x9f\x92\xa1"), 3);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup(columns_are_aligned_by_what_is_seen, set_up),
    cmocka_unit_test_setup(records_show_what_there_is, set_up),
    cmocka_unit_test_setup(ages_are_told_in_a_fitting_unit, set_up),
    cmocka_unit_test_setup(control_characters_never_reach_the_terminal, set_up),
    cmocka_unit_test_setup(broken_text_still_has_a_width, set_up),
};
TEST_MAIN(cases)
