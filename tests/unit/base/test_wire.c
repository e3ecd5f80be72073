/* Varints of every length, with and without bytes behind them, and ones that are cut off. */
#include "base/wire.h"

#include "test_main.h"

#include <stdlib.h>
#include <string.h>

enum { BEHIND_MOST = 9 };

/* A block of its own, so that address sanitizer sees a byte read behind its end. */
static bool read_from(const char *data, size_t size, uint64_t *value, size_t *used)
{
    char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    if (size) memcpy(copy, data, size);
    struct wire_reader r = wire_reader(bytes_of(copy, size));
    *value = wire_get_u64(&r);
    *used = (size_t)((const char *)r.at - copy);
    free(copy);
    return r.ok;
}

static void check_value(uint64_t value)
{
    struct buf buf;
    uint64_t got;
    size_t used;
    buf_init(&buf, 64);
    assert_true(wire_put_u64(&buf, value));
    const size_t size = buf.size;
    for (int behind = 0; behind <= BEHIND_MOST; behind++) {
        assert_true(read_from(buf.data, buf.size, &got, &used));
        assert_true(got == value);
        assert_int_equal(used, size);
        assert_true(wire_put_u8(&buf, behind % 2 ? 0xff : 0));
    }
    for (size_t cut = 0; cut < size; cut++) {
        assert_false(read_from(buf.data, cut, &got, &used));
        assert_true(got == 0);
        assert_int_equal(used, cut); /* nothing is left to be read as something else */
    }
    buf_free(&buf);
}

static void numbers_of_every_length_come_back(void **state)
{
    (void)state;
    for (int bits = 0; bits < 64; bits++) {
        const uint64_t top = UINT64_C(1) << bits;
        check_value(top);
        check_value(top - 1);
        check_value(top | (0x0123456789abcdef & (top - 1)));
    }
    check_value(UINT64_MAX);
}

static void what_never_ends_is_no_number(void **state)
{
    (void)state;
    char bytes[16];
    uint64_t got;
    size_t used;
    memset(bytes, 0x80, sizeof bytes);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        assert_false(read_from(bytes, size, &got, &used));
        assert_int_equal(used, size);
    }
}

static void longer_forms_of_small_numbers_are_read(void **state)
{
    (void)state;
    uint64_t got;
    size_t used;
    const char bytes[] = "\x85\x80\x80\x80\x80\x80\x80\x80\x80\x00\x01\x02";
    for (size_t zeros = 0; zeros < 9; zeros++) {
        char form[12] = {0};
        memcpy(form, bytes, zeros + 1); /* then a byte of 0 */
        assert_true(read_from(form, sizeof form, &got, &used));
        assert_int_equal(got, 5);
        assert_int_equal(used, zeros + 2);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(numbers_of_every_length_come_back),
    cmocka_unit_test(what_never_ends_is_no_number),
    cmocka_unit_test(longer_forms_of_small_numbers_are_read),
};

TEST_MAIN(cases)
