/* HMAC-SHA256 against the vectors of RFC 4231, and signatures as text. */
#include "base/hmac.h"

#include "test_main.h"

#include <string.h>

static void known_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *key, *text, *mac;
    } cases[] = {
        {"\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b",
         "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"Jefe", "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    };
    for (size_t i = 0; i < 2; i++)
        for (size_t cut = 0; cut <= strlen(cases[i].text); cut++) { /* in parts, too */
            uint8_t mac[HMAC_SIZE];
            char text[HMAC_TEXT_MAX];
            const struct bytes parts[] = {bytes_of(cases[i].text, cut),
                                          bytes_text(cases[i].text + cut)};
            hmac_sha256(bytes_text(cases[i].key), parts, 2, mac);
            assert_string_equal(hmac_text(mac, false, text), cases[i].mac);
        }
}

static void what_is_no_signature_is_none(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool base64, good;
    } cases[] = {
        {"", false, false},
        {"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", false, true},
        {"B0344C61D8DB38535CA8AFCEAF0BF12B881DC200C9833DA726E9376C2E32CFF7", false, true},
        {"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff", false, false},
        {"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff700", false, false},
        {"g0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", false, false},
        {"sDRMYdjbOFNcqK/OrwvxK4gdwgDJgz2nJuk3bC4yz/c=", true, true},
        {"sDRMYdjbOFNcqK/OrwvxK4gdwgDJgz2nJuk3bC4yz/c", true, true},
        {"sDRMYdjbOFNcqK_OrwvxK4gdwgDJgz2nJuk3bC4yz_c=", true, true},
        {"sDRMYdjbOFNcqK/OrwvxK4gdwgDJgz2nJuk3bC4yz/cA", true, false},
        {"AAAA", true, false},
        {"", true, false},
        {"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t mac[HMAC_SIZE];
        char text[HMAC_TEXT_MAX];
        bool good = hmac_parse(bytes_text(cases[i].text), cases[i].base64, mac);
        if (good != cases[i].good) fail_msg("case %zu: '%s'", i, cases[i].text);
        if (good) assert_string_equal(hmac_text(mac, false, text), cases[1].text);
    }
}

static void a_key_may_be_written_as_base64(void **state)
{
    (void)state;
    uint8_t key[64];
    assert_int_equal(hmac_key("whsec_aGVsbG8=", key, 14), 5);
    assert_memory_equal(key, "hello", 5);
    assert_int_equal(hmac_key("whsec_!", key, 7), 7); /* it is no base64: the text itself */
    assert_memory_equal(key, "whsec_!", 7);
    assert_int_equal(hmac_key("plain", key, 5), 5);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(known_vectors),
    cmocka_unit_test(what_is_no_signature_is_none),
    cmocka_unit_test(a_key_may_be_written_as_base64),
};

TEST_MAIN(cases)
