/* Token pairs and what they are made of: JWTs of the form Allegro gives out, with an invented
 * signature. How they are asked for is in allegro_oauth.c. */
#include "marketsim/allegro/allegro_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const allegro_scope_names[] = {
    "allegro:api:sale:offers:read",
    "allegro:api:sale:offers:write",
    "allegro:api:orders:read",
    "allegro:api:orders:write",
    "allegro:api:profile:read",
    "allegro:api:fulfillment:read",
    "allegro:api:sale:settings:read",
    "allegro:api:shipments:read",
    NULL,
};

unsigned allegro_scopes_parse(const char *text, bool *known)
{
    unsigned scopes = 0;
    *known = true;
    while (*text) {
        size_t len = strcspn(text, " ");
        unsigned bit = 0;
        for (unsigned i = 0; allegro_scope_names[i]; i++)
            if (strlen(allegro_scope_names[i]) == len &&
                memcmp(allegro_scope_names[i], text, len) == 0)
                bit = 1u << i;
        if (len && !bit) *known = false;
        scopes |= bit;
        text += len;
        if (*text) text++;
    }
    return scopes;
}

void allegro_scopes_write(struct market_answer *answer, unsigned scopes)
{
    const char *between = "";
    for (unsigned i = 0; allegro_scope_names[i]; i++)
        if (scopes & 1u << i) {
            market_answer_text(answer, between);
            market_answer_text(answer, allegro_scope_names[i]);
            between = " ";
        }
}

char *allegro_base64(const char *bytes, size_t len, bool url)
{
    static const char standard[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char of_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *digits = url ? of_url : standard;
    char *text = market_alloc((len + 2) / 3 * 4 + 1);
    size_t used = 0;
    for (size_t i = 0; i < len; i += 3) {
        size_t have = len - i < 3 ? len - i : 3;
        uint32_t word = 0;
        for (size_t j = 0; j < 3; j++)
            word = word << 8 | (j < have ? (unsigned char)bytes[i + j] : 0);
        for (size_t j = 0; j < 4; j++) {
            if (j <= have)
                text[used++] = digits[word >> (18 - 6 * j) & 63];
            else if (!url)
                text[used++] = '=';
        }
    }
    return text;
}

void allegro_uuid(struct allegro *allegro, char uuid[ALLEGRO_UUID_SIZE])
{
    uint64_t a = market_random(&allegro->random), b = market_random(&allegro->random);
    snprintf(uuid, ALLEGRO_UUID_SIZE, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
             (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
             (unsigned)(b >> 48 & 0x3fff) | 0x8000u, (unsigned long long)(b & 0xffffffffffffu));
}

bool allegro_uuid_valid(const char *text)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (strlen(text) != sizeof(form) - 1) return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '-' ? text[i] != '-' : !strchr("0123456789abcdefABCDEF", text[i]))
            return false;
    return true;
}

static char *make_jwt(struct allegro *allegro, const json_t *claims)
{
    static const char header[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
    uint64_t signature[8];
    for (size_t i = 0; i < 8; i++)
        signature[i] = market_random(&allegro->random);
    char *text = json_dumps(claims, JSON_COMPACT);
    char *parts[3] = {allegro_base64(header, sizeof(header) - 1, true),
                      allegro_base64(text, strlen(text), true),
                      allegro_base64((const char *)signature, sizeof(signature), true)};
    size_t size = strlen(parts[0]) + strlen(parts[1]) + strlen(parts[2]) + 3;
    char *jwt = market_alloc(size);
    snprintf(jwt, size, "%s.%s.%s", parts[0], parts[1], parts[2]);
    for (size_t i = 0; i < 3; i++)
        free(parts[i]);
    free(text);
    return jwt;
}

static char *make_token(struct allegro *allegro, const struct allegro_pair *pair, size_t app,
                        const char *ati, int64_t expires_ms)
{
    json_t *scopes = json_array();
    for (unsigned i = 0; allegro_scope_names[i]; i++)
        if (pair->scopes & 1u << i)
            json_array_append_new(scopes, json_string(allegro_scope_names[i]));
    json_t *claims = json_pack("{s:o, s:b, s:s, s:I, s:s, s:s}", "scope", scopes, "allegro_api", 1,
                               "iss", "https://allegro.pl", "exp", (json_int_t)(expires_ms / 1000),
                               "jti", pair->jti, "client_id", allegro->apps[app].client_id);
    if (pair->seller) json_object_set_new(claims, "user_name", json_string(pair->seller->id));
    if (ati) json_object_set_new(claims, "ati", json_string(ati));
    char *jwt = make_jwt(allegro, claims);
    json_decref(claims);
    return jwt;
}

/* `family` of MARKET_MAP_NONE begins a new one. A pair without a seller has no refresh token. */
struct allegro_pair *allegro_pair_make(struct allegro *allegro, struct allegro_seller *seller,
                                       size_t app, unsigned scopes, size_t family, int64_t now_ms)
{
    size_t index = allegro->pair_count;
    allegro->pairs = market_realloc(allegro->pairs, (index + 1) * sizeof(*allegro->pairs));
    struct allegro_pair *pair = market_alloc(sizeof(*pair));
    allegro->pairs[allegro->pair_count++] = pair;
    *pair = (struct allegro_pair){.seller = seller,
                                  .app = app,
                                  .scopes = scopes,
                                  .family = family == MARKET_MAP_NONE ? index : family,
                                  .heir = MARKET_MAP_NONE,
                                  .issued_ms = now_ms,
                                  .access_expires_ms = now_ms + allegro->settings.access_ms,
                                  .refresh_expires_ms = now_ms + allegro->settings.refresh_ms,
                                  .used_ms = ALLEGRO_NEVER_MS};
    char ati[ALLEGRO_UUID_SIZE];
    allegro_uuid(allegro, ati);
    allegro_uuid(allegro, pair->jti);
    pair->access = make_token(allegro, pair, app, NULL, pair->access_expires_ms);
    market_map_put_text(&allegro->by_access, pair->access, index);
    if (!seller) return pair;
    pair->refresh = make_token(allegro, pair, app, ati, pair->refresh_expires_ms);
    market_map_put_text(&allegro->by_refresh, pair->refresh, index);
    return pair;
}

static struct allegro_token token_of(const struct allegro_pair *pair)
{
    return (struct allegro_token){pair->access, pair->refresh, pair->access_expires_ms,
                                  pair->scopes};
}

struct allegro_token allegro_token_issue(struct allegro *allegro, struct allegro_seller *seller,
                                         unsigned scopes, int64_t now_ms)
{
    now_ms += allegro->settings.clock_offset_ms;
    return token_of(
        allegro_pair_make(allegro, seller, seller->app, scopes, MARKET_MAP_NONE, now_ms));
}

struct allegro_token allegro_token_ready(struct allegro *allegro, struct allegro_seller *seller,
                                         int64_t now_ms)
{
    int64_t now = now_ms + allegro->settings.clock_offset_ms;
    for (size_t i = allegro->pair_count; i > 0; i--) {
        const struct allegro_pair *pair = allegro->pairs[i - 1];
        if (pair->seller == seller && !pair->access_dead && !pair->refresh_dead &&
            pair->used_ms == ALLEGRO_NEVER_MS && pair->access_expires_ms > now &&
            pair->refresh_expires_ms > now)
            return token_of(pair);
    }
    return allegro_token_issue(allegro, seller, ALLEGRO_ALL_SCOPES, now_ms);
}

void allegro_token_revoke(struct allegro *allegro, struct allegro_seller *seller)
{
    for (size_t i = 0; i < allegro->pair_count; i++)
        if (allegro->pairs[i]->seller == seller)
            allegro->pairs[i]->access_dead = allegro->pairs[i]->refresh_dead = true;
}

size_t allegro_token_expire_access(struct allegro *allegro, struct allegro_seller *seller,
                                   int64_t now_ms, int64_t spare_ms)
{
    size_t spared = 0;
    now_ms += allegro->settings.clock_offset_ms;
    for (size_t i = 0; i < allegro->pair_count; i++) {
        struct allegro_pair *pair = allegro->pairs[i];
        bool young = pair->issued_ms > now_ms - spare_ms;
        if (pair->seller != seller || pair->access_expires_ms <= now_ms) continue;
        if (spare_ms && young)
            spared++;
        else
            pair->access_expires_ms = now_ms;
    }
    return spared;
}
