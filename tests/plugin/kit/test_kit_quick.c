/* JSON read in one pass is what jansson reads, to the last value and in the same order, and nothing
 * is taken that jansson refuses. */
#include "kit/quick.h"

#include "test_main.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MUTATIONS = 20000, MOST_CHANGES = 4, ROOM = 512 };

/* Ordinary answers: each must be read in one pass. */
static const char *const ordinary[] = {
    "{}",
    "[]",
    " [ ] ",
    "{\"result\":[{\"product_id\":1,\"offer_id\":\"SKU-1\",\"updated\":true,\"errors\":[]},\n"
    "{\"product_id\":9223372036854775807,\"offer_id\":\"\\u0410-\\\"2\\\"\",\"updated\":false}]}",
    "[0,-0,7,-7,123456789012345678,1234567890123456789,-9223372036854775808,0.5,-1.25e-3,1E5]",
    "{\"a\":null,\"b\":true,\"c\":false,\"d\":\"\",\"e\":\"\xd0\x9a\xd0\xbe\xd1\x82\",\"f\":\"a/"
    "b\\/c\"}",
    "{\"twice\":1,\"other\":2,\"twice\":[3]}",
    "\t{\r\n \"deep\" : [[[[{\"x\" : [ 1 , 2 ]}]]]] }\n",
    "{\"\":\"a key of no bytes\",\"name\":\"\\ud83d\\ude00 \\n\"}",
};

/* Each must be left to jansson, whatever it says. */
static const char *const left[] = {
    "",
    " ",
    "1",
    "\"text\"",
    "null",
    "{",
    "[",
    "[1",
    "[1,",
    "[1,]",
    "{\"a\"}",
    "{\"a\":}",
    "{a:1}",
    "[01]",
    "[1.]",
    "[.5]",
    "[+1]",
    "[1e]",
    "[-]",
    "[--1]",
    "[1 2]",
    "[1]]",
    "[1]x",
    "[tru]",
    "[nul",
    "[\"a]",
    "[\"\t\"]",
    "[\"\\x\"]",
    "[\"\\ud800\"]",
    "[\"\\u0000\"]",
    "[\"\xff\"]",
    "[\"\xc0\x80\"]",
    "[\"\xed\xa0\x80\"]",
    "{\"a\\u0062\":1}",
    "[\"\\",
    "[\"\\\"]",
    "[12345678901234567890]",
    "[1e999]",
    "{\"a\":1,}",
    "{,}",
    "[,1]",
    "{\"a\" 1}",
    "[1}",
    "{\"a\":1]",
};

/* Whether it was read in one pass. */
static bool same(const char *body, size_t size)
{
    /* Of the allocator, so that a byte past its end is seen. */
    char *copy = memcpy(malloc(size + !size), body, size);
    json_t *quick = kit_quick(copy, size), *doc = json_loadb(copy, size, 0, NULL);
    free(copy);
    if (!quick) {
        json_decref(doc);
        return false;
    }
    char *a = json_dumps(quick, JSON_COMPACT), *b = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
    if (!b || strcmp(a, b) != 0 || !json_equal(quick, doc))
        fail_msg("'%.*s' was read as %s, by jansson as %s", (int)size, body, a, b ? b : "no JSON");
    free(a);
    free(b);
    json_decref(quick);
    json_decref(doc);
    return true;
}

static void ordinary_json_is_read_in_one_pass(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ordinary / sizeof *ordinary; i++)
        if (!same(ordinary[i], strlen(ordinary[i]))) fail_msg("%s was not taken", ordinary[i]);
}

static void what_is_odd_is_left_to_jansson(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (same(left[i], strlen(left[i]))) fail_msg("'%s' was taken", left[i]);
    assert_false(same("[1]\0", 4));
    assert_false(same("[\"a\0b\"]", 7));
    assert_false(same("[\"\\\0\"]", 6));
}

static void no_end_is_read_past(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ordinary / sizeof *ordinary; i++)
        for (size_t size = 0; size < strlen(ordinary[i]); size++)
            same(ordinary[i], size);
}

static void depth_is_jansson_s(void **state)
{
    enum { DEEP = 3000 };
    static char deep[2 * DEEP];
    (void)state;
    memset(deep, '[', DEEP);
    memset(deep + DEEP, ']', DEEP);
    assert_false(same(deep, sizeof deep));
    assert_true(same(deep + DEEP - 60, 120));
}

static uint64_t random_next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = (*state ^ (*state >> 30)) * 0xbf58476d1ce4e5b9u;
    return z ^ (z >> 31);
}

static void whatever_is_done_to_it(void **state)
{
    static const char bytes[] = "{}[]:,\"\"\\\\ntrue01289.eE+-u \n\t\x01\x7f\xc3\xa9\xff";
    uint64_t random = 1;
    int taken = 0;
    (void)state;
    for (int i = 0; i < MUTATIONS; i++) {
        char text[ROOM];
        const char *from = ordinary[random_next(&random) % (sizeof ordinary / sizeof *ordinary)];
        size_t size = strlen(from);
        memcpy(text, from, size);
        for (uint64_t n = 1 + random_next(&random) % MOST_CHANGES; n; n--) {
            size_t at = random_next(&random) % size;
            char byte = bytes[random_next(&random) % (sizeof bytes - 1)];
            if (random_next(&random) % 2 && size < ROOM) /* put in, else put over */
                memmove(text + at + 1, text + at, size++ - at);
            text[at] = byte;
        }
        taken += same(text, size);
    }
    assert_true(taken > MUTATIONS / 20); /* some of what is done does no harm */
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(ordinary_json_is_read_in_one_pass),
    cmocka_unit_test(what_is_odd_is_left_to_jansson),
    cmocka_unit_test(no_end_is_read_past),
    cmocka_unit_test(depth_is_jansson_s),
    cmocka_unit_test(whatever_is_done_to_it),
};

TEST_MAIN(cases)
