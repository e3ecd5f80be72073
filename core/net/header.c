/* Headers of requests and answers: filling in secrets, finding by name. */
#include "base/buf.h"
#include "net/transport.h"

#include <sodium.h>
#include <stdio.h>
#include <strings.h>

const char *net_answer_header(const struct net_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++)
        if (strcasecmp(answer->headers[i].name, name) == 0) return answer->headers[i].value;
    return NULL;
}

static bool add_base64(const void *data, size_t size, struct buf *out)
{
    size_t need = sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_ORIGINAL);
    char *at = buf_reserve(out, need);
    if (!at) return false;
    sodium_bin2base64(at, need, data, size, sodium_base64_VARIANT_ORIGINAL);
    out->size += need - 1; /* it counts its NUL */
    return true;
}

static bool fill_basic(const char *user, const char *secret, struct buf *out)
{
    struct buf pair;
    size_t size = strlen(user) + 1 + strlen(secret);
    buf_init(&pair, size);
    buf_reserve(&pair, size); /* at once: growing would leave copies behind */
    bool fits = buf_text(&pair, user) && buf_char(&pair, ':') && buf_text(&pair, secret) &&
                buf_text(out, "Basic ") && add_base64(pair.data, pair.size, out);
    sodium_memzero(pair.data, pair.room);
    buf_free(&pair);
    return fits;
}

static bool fill_hmac(const struct net_header *header, struct buf *out)
{
    crypto_auth_hmacsha256_state state;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)header->secret,
                                strlen(header->secret));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)header->value,
                                  strlen(header->value));
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_memzero(&state, sizeof state);
    if (header->use == NET_SECRET_HMAC_SHA256_BASE64) return add_base64(mac, sizeof mac, out);
    char hex[2 * sizeof mac + 1];
    return buf_text(out, sodium_bin2hex(hex, sizeof hex, mac, sizeof mac));
}

bool net_header_fill(const struct net_header *header, struct buf *out)
{
    const char *value = header->value ? header->value : "";
    if (header->use == NET_SECRET_NONE) return buf_text(out, value);
    if (!header->secret) return false;
    struct net_header whole = *header;
    whole.value = value;
    switch (header->use) {
    case NET_SECRET_PLAIN: return buf_text(out, value) && buf_text(out, header->secret);
    case NET_SECRET_BEARER: return buf_text(out, "Bearer ") && buf_text(out, header->secret);
    case NET_SECRET_BASIC: return fill_basic(value, header->secret, out);
    case NET_SECRET_HMAC_SHA256_HEX:
    case NET_SECRET_HMAC_SHA256_BASE64: return fill_hmac(&whole, out);
    case NET_SECRET_NONE: break;
    }
    return false;
}
