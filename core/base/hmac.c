/* Signing by libsodium. */
#include "base/hmac.h"

#include <sodium.h>

void hmac_sha256(struct bytes key, const struct bytes *parts, size_t count, uint8_t out[HMAC_SIZE])
{
    _Static_assert((int)HMAC_SIZE == (int)crypto_auth_hmacsha256_BYTES, "as long as libsodium's");
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.data, key.size);
    for (size_t i = 0; i < count; i++)
        crypto_auth_hmacsha256_update(&state, parts[i].data, parts[i].size);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

bool hmac_equal(const uint8_t a[HMAC_SIZE], const uint8_t b[HMAC_SIZE])
{
    return sodium_memcmp(a, b, HMAC_SIZE) == 0;
}

/* Both alphabets, with padding or without. */
static bool read_base64(const char *text, size_t size, uint8_t *out, size_t room, size_t *got)
{
    static const int variants[] = {
        sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
        sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING};
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        if (sodium_base642bin(out, room, text, size, NULL, got, NULL, variants[i]) == 0)
            return true;
    return false;
}

bool hmac_parse(struct bytes text, bool base64, uint8_t out[HMAC_SIZE])
{
    size_t got = 0;
    const char *end;
    if (base64) return read_base64(text.data, text.size, out, HMAC_SIZE, &got) && got == HMAC_SIZE;
    return text.size == (size_t)2 * HMAC_SIZE &&
           sodium_hex2bin(out, HMAC_SIZE, text.data, text.size, NULL, &got, &end) == 0 &&
           got == HMAC_SIZE;
}

const char *hmac_text(const uint8_t mac[HMAC_SIZE], bool base64, char out[HMAC_TEXT_MAX])
{
    if (base64)
        return sodium_bin2base64(out, HMAC_TEXT_MAX, mac, HMAC_SIZE,
                                 sodium_base64_VARIANT_ORIGINAL);
    return sodium_bin2hex(out, HMAC_TEXT_MAX, mac, HMAC_SIZE);
}

size_t hmac_key(const char *secret, uint8_t *out, size_t room)
{
    static const char prefix[] = "whsec_";
    size_t size = strlen(secret), got = 0, head = sizeof prefix - 1;
    if (strncmp(secret, prefix, head) == 0 &&
        read_base64(secret + head, size - head, out, room, &got) && got > 0)
        return got;
    if (size > room) size = room;
    memcpy(out, secret, size);
    return size;
}
