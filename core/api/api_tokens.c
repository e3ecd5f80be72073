/* Tokens as resources: making one, listing them, taking one back. */
#include "api/api_access.h"

#include "base/mem.h"
#include "base/secret.h"

#include <string.h>

static const char *const scopes[] = {"", "read", "write", "admin"};

/* ---- list */

static json_t *token_json(const struct api_token *token)
{
    return json_pack("{s:o, s:s, s:o, s:o, s:o}", "name", api_text(token->name), "scope",
                     scopes[token->scope], "created", api_time(token->created_ms), "expires",
                     api_time(token->expires_ms), "actor", api_text(token->actor));
}

static bool add(void *ctx, const struct api_token *token)
{
    json_array_append_new(ctx, token_json(token));
    return true;
}

static enum status query_tokens(struct api_read *read, struct query *query)
{
    json_t *items = json_array();
    read->json = api_page_json(items, bytes_of("", 0));
    if (api_tokens_each(query->txn, add, items) != ST_OK) return api_damaged(query, "api_token");
    return ST_OK;
}

static void add_uses(struct api_read *read)
{
    json_t *item;
    size_t i;
    json_array_foreach (json_object_get(read->json, "items"), i, item) {
        const char *name = json_string_value(json_object_get(item, "name"));
        json_object_set_new(item, "used",
                            api_time(name ? api_access_used_ms(read->api, bytes_text(name)) : 0));
    }
}

static void list_tokens(struct http_exchange *exchange)
{
    struct api_read *read = api_read_new(exchange, query_tokens);
    read->finish = add_uses;
    api_read_start(read);
}

/* ---- answers wait until the change is in force */

struct telling {
    struct http_exchange *exchange;
    json_t *json;
    int status;
};

static void tell(void *arg)
{
    struct telling *t = arg;
    http_answer_json(t->exchange, t->status, t->json);
    mem_free(t);
}

static void tell_when_in_force(struct api_change *change, int status, json_t *json)
{
    struct telling *t = mem_alloc(sizeof *t);
    *t = (struct telling){change->exchange, json, status};
    api_access_load(change->api, tell, t);
}

/* ---- make */

static void make_secret(char out[API_SECRET_TEXT + 1])
{
    memcpy(out, "stockd_", API_SECRET_PREFIX);
    secret_make(out + API_SECRET_PREFIX);
}

static void answer_made(struct api_change *change)
{
    json_t *body = change->body;
    json_t *answer = json_pack("{s:O, s:O, s:o, s:O}", "name", json_object_get(body, "name"),
                               "scope", json_object_get(body, "scope"), "expires",
                               api_time(json_integer_value(json_object_get(body, "expires_ms"))),
                               "token", json_object_get(body, "token"));
    tell_when_in_force(change, 201, answer);
}

static bool read_scope(struct http_exchange *exchange, const json_t *body,
                       enum api_token_scope *scope)
{
    const char *word = json_string_value(json_object_get(body, "scope"));
    for (size_t i = 1; i < sizeof scopes / sizeof *scopes; i++)
        if (strcmp(scopes[i], word) == 0) {
            *scope = (enum api_token_scope)i;
            return true;
        }
    http_answer_problem(exchange, 400, "invalid",
                        "member 'scope' is 'read', 'write' or 'admin', not '%.40s'", word);
    return false;
}

static bool read_expiry(struct http_exchange *exchange, const json_t *body, int64_t *expires_ms)
{
    const json_t *lasts = json_object_get(body, "expires_in_ms");
    int64_t ms = json_integer_value(lasts), now = api_now_ms(api_of(exchange));
    *expires_ms = 0;
    if (!json_is_integer(lasts)) return true;
    *expires_ms = now + ms;
    if (ms > 0 && ms < INT64_MAX / 2) return true;
    http_answer_problem(exchange, 400, "invalid",
                        "member 'expires_in_ms' is how long it holds, in milliseconds above 0");
    return false;
}

static void post_token(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"name", API_TEXT, true},
                                                {"scope", API_TEXT, true},
                                                {"expires_in_ms", API_INTEGER_OR_NULL, false}};
    json_t *body = api_body(exchange, members, 3, false);
    if (!body) return;
    struct api_token token = {.name = api_body_text(body, "name")};
    if (!read_scope(exchange, body, &token.scope) ||
        !read_expiry(exchange, body, &token.expires_ms)) {
        json_decref(body);
        return;
    }
    char secret[API_SECRET_TEXT + 1];
    uint8_t hash[DIGEST_SIZE];
    make_secret(secret);
    digest_of(bytes_text(secret), hash);
    token.hash = bytes_of(hash, sizeof hash);
    json_object_set_new(body, "token", json_string(secret));
    json_object_set_new(body, "expires_ms", json_integer(token.expires_ms));
    explicit_bzero(secret, sizeof secret);
    struct api_change *change = api_change_new(exchange, COMMAND_TOKEN_ADD, body, answer_made);
    command_token_add(&change->payload, &token);
    api_change_submit(change);
}

/* ---- take back */

static void answer_revoked(struct api_change *change)
{
    tell_when_in_force(change, 200,
                       json_pack("{s:o, s:b}", "name",
                                 api_text(http_path(change->exchange, "name")), "revoked", true));
}

static void delete_token(struct http_exchange *exchange)
{
    struct api_change *change =
        api_change_new(exchange, COMMAND_TOKEN_REVOKE, NULL, answer_revoked);
    command_token_revoke(&change->payload, http_path(exchange, "name"));
    api_change_submit(change);
}

const struct http_route api_token_routes[] = {
    {.method = "GET",
     .pattern = "/v1/tokens",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = list_tokens,
     .summary = "the tokens that programs show over TCP"},
    {.method = "POST",
     .pattern = "/v1/tokens",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = post_token,
     .summary = "makes a token, and tells it this once",
     .accept = "application/json"},
    {.method = "DELETE",
     .pattern = "/v1/tokens/{name}",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = delete_token,
     .summary = "takes a token back: it is refused from now on"},
    {0},
};
