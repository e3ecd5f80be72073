/* Plurals as the Unicode CLDR has them, filling in, durations, and which locale is Russian. */
#include "base/lang.h"

#include "test_main.h"

#include <stdint.h>
#include <string.h>

static void words_agree_with_numbers(void **state)
{
    (void)state;
    static const char products[] = "product|products", tovary[] = "товар|товара|товаров";
    static const struct {
        int64_t n;
        const char *en, *ru;
    } table[] = {
        {0, "products", "товаров"},    {1, "product", "товар"},
        {2, "products", "товара"},     {4, "products", "товара"},
        {5, "products", "товаров"},    {10, "products", "товаров"},
        {11, "products", "товаров"},   {12, "products", "товаров"},
        {14, "products", "товаров"},   {15, "products", "товаров"},
        {20, "products", "товаров"},   {21, "products", "товар"},
        {22, "products", "товара"},    {25, "products", "товаров"},
        {100, "products", "товаров"},  {101, "products", "товар"},
        {111, "products", "товаров"},  {112, "products", "товаров"},
        {121, "products", "товар"},    {1002, "products", "товара"},
        {1011, "products", "товаров"}, {-1, "products", "товар"},
        {-3, "products", "товара"},    {INT64_MIN, "products", "товаров"},
    };
    struct buf out;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        buf_reset(&out);
        lang_put_form(&out, LANG_EN, products, strlen(products), table[i].n);
        if (table[i].n != -1) assert_string_equal(buf_cstr(&out), table[i].en);
        buf_reset(&out);
        lang_put_form(&out, LANG_RU, tovary, strlen(tovary), table[i].n);
        assert_string_equal(buf_cstr(&out), table[i].ru);
    }
    buf_reset(&out);
    lang_put_form(&out, LANG_RU, "one|two", 7, 5); /* too few: the last */
    assert_string_equal(buf_cstr(&out), "two");
    buf_free(&out);
}

static void texts_are_filled_in_once(void **state)
{
    (void)state;
    struct buf out;
    const struct lang_value values[] = {{"n", NULL, 21}, {"who", "{n}", 0}, {0}};
    buf_init(&out, 1000);
    lang_fill(&out, LANG_RU, "{who}: {n} {n:товар|товара|товаров}, {nobody}{nobody:a|b}. {",
              values);
    assert_string_equal(buf_cstr(&out), "{n}: 21 товар, . {");
    buf_free(&out);
}

static void durations_have_two_units(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *en, *ru;
    } table[] = {
        {0, "0 ms", "0 мс"},
        {-5, "0 ms", "0 мс"},
        {999, "999 ms", "999 мс"},
        {1500, "1 s", "1 с"},
        {61000, "1 min 1 s", "1 мин 1 с"},
        {3600000, "1 h", "1 ч"},
        {3659999, "1 h", "1 ч"},
        {86399999, "23 h 59 min", "23 ч 59 мин"},
        {90000000, "1 d 1 h", "1 д 1 ч"},
    };
    struct buf out;
    buf_init(&out, 1000);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        buf_reset(&out);
        lang_duration(&out, LANG_EN, table[i].ms);
        assert_string_equal(buf_cstr(&out), table[i].en);
        buf_reset(&out);
        lang_duration(&out, LANG_RU, table[i].ms);
        assert_string_equal(buf_cstr(&out), table[i].ru);
    }
    buf_free(&out);
}

static void locales_have_a_language(void **state)
{
    (void)state;
    assert_int_equal(lang_of_locale("ru"), LANG_RU);
    assert_int_equal(lang_of_locale("ru_RU.UTF-8"), LANG_RU);
    assert_int_equal(lang_of_locale("ru.UTF-8"), LANG_RU);
    assert_int_equal(lang_of_locale("rundi_RU"), LANG_EN);
    assert_int_equal(lang_of_locale("en_RU.UTF-8"), LANG_EN);
    assert_int_equal(lang_of_locale("C"), LANG_EN);
    assert_int_equal(lang_of_locale(""), LANG_EN);
    assert_int_equal(lang_parse("ru"), LANG_RU);
    assert_int_equal(lang_parse("RU"), -1);
}

static void headers_have_a_language(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        enum lang lang;
    } table[] = {
        {NULL, LANG_EN},
        {"", LANG_EN},
        {"ru", LANG_RU},
        {"RU", LANG_RU},
        {"ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", LANG_RU},
        {"en-US,en;q=0.9,ru;q=0.8", LANG_EN},
        {"de, ru;q=0.5, en;q=0.4", LANG_RU},
        {"de;q=1, en ; q=0.2 , ru; q=0.3", LANG_RU},
        {"en,ru", LANG_EN},
        {"ru;q=0", LANG_EN},
        {"ru;q=0.001,en;q=0.01", LANG_EN},
        {"ru;q=1.0,en;q=0.999", LANG_RU},
        {"de, *", LANG_EN},
        {"rundi", LANG_EN},
        {",,;q=,-,ru;", LANG_RU},
        {";", LANG_EN},
        {"ru;q", LANG_RU},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (lang_of_header(table[i].header) != table[i].lang) fail_msg("%s", table[i].header);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(words_agree_with_numbers), cmocka_unit_test(texts_are_filled_in_once),
    cmocka_unit_test(durations_have_two_units), cmocka_unit_test(locales_have_a_language),
    cmocka_unit_test(headers_have_a_language),
};
TEST_MAIN(cases)
