/* Tokens of the API as rows of the store, and the commands that make them and take them back. */
#include "engine/api_token.h"

#include "engine/apply.h"
#include "engine/change.h"
#include "engine/command.h"

#include <stdio.h>

enum { TOKEN_VERSION = 1 };

enum status api_token_read(struct bytes key, struct bytes value, struct api_token *token)
{
    struct wire_reader r = wire_reader(value);
    if (wire_get_u8(&r) != TOKEN_VERSION) return ST_DAMAGED;
    token->name = key;
    token->scope = (enum api_token_scope)wire_get_u8(&r);
    token->created_ms = wire_get_i64(&r);
    token->expires_ms = wire_get_i64(&r);
    token->hash = wire_get_bytes(&r);
    token->actor = wire_get_bytes(&r);
    bool good = r.ok && wire_at_end(&r) && token->hash.size == DIGEST_SIZE && key.size > 0 &&
                key.size <= API_TOKEN_NAME_MAX && token->scope >= API_TOKEN_READ &&
                token->scope <= API_TOKEN_ADMIN;
    return good ? ST_OK : ST_DAMAGED;
}

static void token_write(struct buf *out, const struct api_token *token)
{
    wire_put_u8(out, TOKEN_VERSION);
    wire_put_u8(out, (uint8_t)token->scope);
    wire_put_i64(out, token->created_ms);
    wire_put_i64(out, token->expires_ms);
    wire_put_bytes(out, token->hash);
    wire_put_bytes(out, token->actor);
}

enum status api_tokens_each(struct store_txn *txn,
                            bool (*each)(void *ctx, const struct api_token *token), void *ctx)
{
    struct bytes key, value;
    struct api_token token;
    struct store_cursor *cursor = store_cursor(txn, TABLE_API_TOKEN);
    enum status status = store_seek(cursor, bytes_of("", 0), &key, &value);
    while (status == ST_OK) {
        status = api_token_read(key, value, &token);
        if (status != ST_OK || !each(ctx, &token)) break;
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

void command_token_add(struct buf *out, const struct api_token *token)
{
    wire_put_bytes(out, token->name);
    wire_put_u8(out, (uint8_t)token->scope);
    wire_put_i64(out, token->expires_ms);
    wire_put_bytes(out, token->hash);
}

void command_token_revoke(struct buf *out, struct bytes name)
{
    wire_put_bytes(out, name);
}

/* ---- applying */

static bool name_is_good(struct bytes name)
{
    bool good = name.size > 0 && name.size <= API_TOKEN_NAME_MAX;
    for (size_t i = 0; good && i < name.size; i++) {
        char c = ((const char *)name.data)[i];
        good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               (i && (c == '-' || c == '_' || c == '.'));
    }
    return good;
}

static const char *scope_word(enum api_token_scope scope)
{
    return scope == API_TOKEN_ADMIN ? "admin" : scope == API_TOKEN_WRITE ? "write" : "read";
}

static void note(struct applying *a, struct bytes name, const char *old, const char *new)
{
    char what[API_TOKEN_NAME_MAX + 16];
    snprintf(what, sizeof what, "token %.*s", (int)name.size, (const char *)name.data);
    change_setting(a, 0, 0, what, old, new);
}

enum status apply_token_add(struct applying *a, struct wire_reader *r)
{
    struct bytes unused;
    struct api_token token = {.name = wire_get_bytes(r)};
    token.scope = (enum api_token_scope)wire_get_u8(r);
    token.expires_ms = wire_get_i64(r);
    token.hash = wire_get_bytes(r);
    token.created_ms = a->command->now_ms;
    token.actor = bytes_text(a->command->actor ? a->command->actor : "");
    int size = (int)token.name.size;
    const char *name = token.name.data;
    if (!name_is_good(token.name))
        return error_set(a->error, ST_INVALID,
                         "a token is named by 1 to %d small letters, digits, '-', '_' or '.', "
                         "beginning with a letter or digit; '%.*s' is not",
                         API_TOKEN_NAME_MAX, size, name);
    if (token.hash.size != DIGEST_SIZE || token.scope < API_TOKEN_READ ||
        token.scope > API_TOKEN_ADMIN)
        return error_set(a->error, ST_INVALID, "the token '%.*s' has no scope", size, name);
    if (token.expires_ms && token.expires_ms <= token.created_ms)
        return error_set(a->error, ST_INVALID, "the token '%.*s' would be over before it begins",
                         size, name);
    if (store_get(a->txn, TABLE_API_TOKEN, token.name, &unused) == ST_OK)
        return error_set(a->error, ST_EXISTS,
                         "there is a token '%.*s' already: choose another name, or revoke it first",
                         size, name);
    if (store_count(a->txn, TABLE_API_TOKEN) >= API_TOKENS_MAX)
        return error_set(a->error, ST_TOO_BIG,
                         "there are %d tokens already, the most there can be: revoke one",
                         API_TOKENS_MAX);
    applying_sequence(a);
    struct buf *record = &a->engine->record;
    buf_reset(record);
    token_write(record, &token);
    store_put(a->txn, TABLE_API_TOKEN, token.name, bytes_of(record->data, record->size));
    note(a, token.name, "", scope_word(token.scope));
    return ST_OK;
}

enum status apply_token_revoke(struct applying *a, struct wire_reader *r)
{
    struct bytes value, name = wire_get_bytes(r);
    struct api_token token;
    enum status status = store_get(a->txn, TABLE_API_TOKEN, name, &value);
    if (status != ST_OK && status != ST_NOT_FOUND)
        return engine_read_failed(a->txn, status, "api_token", a->error);
    if (status == ST_NOT_FOUND)
        return error_set(a->error, ST_NOT_FOUND, "there is no token '%.*s'", (int)name.size,
                         (const char *)name.data);
    const char *old = api_token_read(name, value, &token) == ST_OK ? scope_word(token.scope) : "?";
    applying_sequence(a);
    note(a, name, old, "");
    store_delete(a->txn, TABLE_API_TOKEN, name);
    return ST_OK;
}
