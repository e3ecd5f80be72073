/* Tokens: JWTs with the claims that a seller's software can read without asking anybody. The
 * signature is none; the model knows its tokens by their text. */
#include "marketsim/wb/wb_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append_base64url(char *out, const unsigned char *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    out += strlen(out);
    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)bytes[i] << 16;
        if (i + 1 < len) group |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < len) group |= bytes[i + 2];
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        if (i + 1 < len) *out++ = digits[group >> 6 & 63];
        if (i + 2 < len) *out++ = digits[group & 63];
    }
    *out = '\0';
}

char *wb_token_make(const struct wb_seller *seller, const struct wb_token_spec *spec,
                    uint64_t number)
{
    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    char claims[512];
    unsigned char signature[32];
    uint64_t state = number ^ (uint64_t)seller->oid << 20;
    for (size_t i = 0; i < sizeof(signature); i++)
        signature[i] = (unsigned char)market_random(&state);
    snprintf(claims, sizeof(claims),
             "{\"acc\":3,\"ent\":1,\"exp\":%lld,\"for\":\"self\","
             "\"id\":\"%08llx-0000-4000-8000-000000000000\",\"iid\":1,\"oid\":%lld,\"s\":%u,"
             "\"sid\":\"%s\",\"t\":%s,\"uid\":1}",
             (long long)(spec->expires_ms / 1000), (unsigned long long)number,
             (long long)seller->oid, spec->s, seller->sid, spec->sandbox ? "true" : "false");
    char *text = market_alloc(1024);
    append_base64url(text, (const unsigned char *)header, strlen(header));
    strcat(text, ".");
    append_base64url(text, (const unsigned char *)claims, strlen(claims));
    strcat(text, ".");
    append_base64url(text, signature, sizeof(signature));
    return text;
}

const struct wb_token *wb_token_add(struct wb *wb, struct wb_seller *seller,
                                    const struct wb_token_spec *spec)
{
    struct wb_token *token = market_alloc(sizeof(*token));
    *token =
        (struct wb_token){.s = spec->s, .expires_ms = spec->expires_ms, .sandbox = spec->sandbox};
    token->text = spec->text ? market_strdup(spec->text)
                             : wb_token_make(seller, spec, wb->random ^ seller->token_count);
    seller->tokens =
        market_realloc(seller->tokens, (seller->token_count + 1) * sizeof(*seller->tokens));
    seller->tokens[seller->token_count++] = token;
    return token;
}

struct wb_token *wb_token_last(struct wb_seller *seller)
{
    return seller->tokens[seller->token_count - 1];
}
