/* What text is taken: every byte, at every place of a text. */
#include "plugin/text.h"
#include "test_main.h"

#include <string.h>

enum { SIZE = 19 }; /* two words and some bytes */

static void each_byte_is_judged_wherever_it_stands(void **state)
{
    (void)state;
    for (size_t at = 0; at < SIZE; at++)
        for (int byte = 0; byte < 256; byte++) {
            char text[SIZE];
            memset(text, '!', sizeof text); /* the lowest, which a borrow would make another */
            text[at] = (char)byte;
            bool visible = byte > ' ' && byte <= '~';
            assert_int_equal(text_is_visible(text, sizeof text), visible);
            assert_true(text_is_visible(text, at)); /* what is behind the end is not looked at */
            memset(text, '~', sizeof text);         /* the highest, for a carry */
            text[at] = (char)byte;
            assert_int_equal(text_is_visible(text, sizeof text), visible);
        }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(each_byte_is_judged_wherever_it_stands),
};
TEST_MAIN(cases)
