/* Tokens in the store: rows of TABLE_TOKEN, sealed. */
#include "sync/token.h"

#include "base/mem.h"
#include "base/wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    FORMAT = 1,
    TIME_SIZE = 8,
    RECORD_SIZE_MAX = 2 * (STOCKD_SECRET_MAX + 16) + 128, /* value, refresh token, numbers */
    KEY_SIZE_MAX = STORE_KEY_MAX,
    LABEL_MAX = KEY_SIZE_MAX + 64,
};

static size_t key_write(uint8_t key[KEY_SIZE_MAX], const char *account, const char *name)
{
    int n = snprintf((char *)key, KEY_SIZE_MAX, "%s", account);
    size_t size = (size_t)n + 1;
    if (size >= KEY_SIZE_MAX) return 0;
    size_t rest = strlen(name);
    if (rest > KEY_SIZE_MAX - size) return 0;
    memcpy(key + size, name, rest);
    return size + rest;
}

/* What the sealed bytes are bound to. */
static struct bytes label(char out[LABEL_MAX], const char *account, struct bytes name,
                          uint64_t written_ms)
{
    int n = snprintf(out, LABEL_MAX, "token %s/%.*s of %" PRIu64, account, (int)name.size,
                     (const char *)name.data, written_ms);
    return bytes_of(out, (size_t)n);
}

static void record_write(const struct token *token, struct buf *out)
{
    buf_init(out, RECORD_SIZE_MAX);
    buf_reserve(out, RECORD_SIZE_MAX); /* at once: growing would leave copies behind */
    wire_put_u64(out, FORMAT);
    wire_put_text(out, token->value);
    wire_put_u8(out, token->refresh != NULL);
    wire_put_text(out, token->refresh);
    wire_put_i64(out, token->expires_ms);
    wire_put_i64(out, token->refresh_expires_ms);
    wire_put_i64(out, token->grace_ms);
    wire_put_i64(out, token->obtained_ms);
    wire_put_i64(out, token->renewing_ms);
}

static char *text_of(struct bytes bytes)
{
    return mem_text_n(bytes.data, bytes.size);
}

static bool record_read(struct bytes record, struct token *token)
{
    struct wire_reader r = wire_reader(record);
    bool known = wire_get_u64(&r) == FORMAT;
    struct bytes value = wire_get_bytes(&r);
    bool has_refresh = wire_get_u8(&r) != 0;
    struct bytes refresh = wire_get_bytes(&r);
    token->expires_ms = wire_get_i64(&r);
    token->refresh_expires_ms = wire_get_i64(&r);
    token->grace_ms = wire_get_i64(&r);
    token->obtained_ms = wire_get_i64(&r);
    token->renewing_ms = wire_get_i64(&r);
    if (!known || !r.ok) return false;
    token->value = text_of(value);
    token->refresh = has_refresh ? text_of(refresh) : NULL;
    return true;
}

/* ---- writing */

struct row {
    uint8_t key[KEY_SIZE_MAX];
    size_t key_size;
    struct buf value;
};

static enum status row_make(struct seal *seal, const char *account, const struct token *token,
                            int64_t now_ms, struct row *row, struct error *error)
{
    uint8_t time[TIME_SIZE];
    char name[LABEL_MAX];
    struct buf plain;
    row->key_size = key_write(row->key, account, token->name);
    if (row->key_size == 0)
        return error_set(error, ST_TOO_BIG, "the token '%.80s' has too long a name", token->name);
    bytes_put_u64(time, (uint64_t)now_ms);
    buf_init(&row->value, TIME_SIZE + RECORD_SIZE_MAX + SEAL_MORE);
    buf_add(&row->value, time, sizeof time);
    record_write(token, &plain);
    enum status status =
        seal_put(seal, label(name, account, bytes_text(token->name), (uint64_t)now_ms),
                 bytes_of(plain.data, plain.size), &row->value, error);
    seal_buf_free(&plain);
    if (status != ST_OK)
        error_prefix(error, "token '%s' of account '%s' cannot be sealed", token->name, account);
    return status;
}

static bool named(const struct plugin_step *step, const char *name)
{
    for (size_t i = 0; i < step->token_count; i++)
        if (strcmp(step->tokens[i].name, name) == 0) return true;
    for (size_t i = 0; i < step->renewal_count; i++)
        if (strcmp(step->renewals[i], name) == 0) return true;
    return false;
}

enum status token_store(struct seal *seal, struct store_txn *txn, const char *account,
                        const struct token_set *set, const struct plugin_step *step, int64_t now_ms,
                        struct error *error)
{
    enum status status = ST_OK;
    struct row *rows = mem_array(TOKENS_MAX, sizeof *rows);
    uint32_t count = 0;
    for (uint32_t i = 0; i < set->count && status == ST_OK; i++)
        if (named(step, set->list[i].name))
            status = row_make(seal, account, &set->list[i], now_ms, &rows[count++], error);
    for (uint32_t i = 0; i < count && status == ST_OK; i++)
        status = store_put(txn, TABLE_TOKEN, bytes_of(rows[i].key, rows[i].key_size),
                           bytes_of(rows[i].value.data, rows[i].value.size));
    for (uint32_t i = 0; i < count; i++)
        buf_free(&rows[i].value);
    mem_free(rows);
    return status;
}

/* ---- reading */

static enum status row_open(struct seal *seal, const char *account, struct bytes name,
                            struct bytes value, struct token *token, struct error *error)
{
    char what[LABEL_MAX];
    struct buf plain;
    buf_init(&plain, RECORD_SIZE_MAX);
    enum status status = ST_DAMAGED;
    if (value.size > TIME_SIZE) {
        struct bytes sealed =
            bytes_of((const uint8_t *)value.data + TIME_SIZE, value.size - TIME_SIZE);
        status = seal_get(seal, label(what, account, name, bytes_get_u64(value.data)), sealed,
                          &plain, error);
        if (status == ST_OK && !record_read(bytes_of(plain.data, plain.size), token))
            status = error_set(error, ST_UNSUPPORTED, "its record is of another version of stockd");
    } else {
        error_set(error, ST_DAMAGED, "its row is too short");
    }
    seal_buf_free(&plain);
    if (status == ST_OK)
        token->name = text_of(name);
    else
        error_prefix(error, "token '%.*s' of account '%s' cannot be opened", (int)name.size,
                     (const char *)name.data, account);
    return status;
}

enum status token_load(struct seal *seal, struct store_txn *txn, const char *account,
                       struct token_set **set, struct error *error)
{
    uint8_t from[KEY_SIZE_MAX];
    struct bytes prefix = bytes_of(from, key_write(from, account, "")), key, value;
    *set = token_set_new();
    struct store_cursor *cursor = store_cursor(txn, TABLE_TOKEN);
    enum status found = store_seek(cursor, prefix, &key, &value), status = ST_OK;
    while (found == ST_OK && key.size > prefix.size &&
           memcmp(key.data, prefix.data, prefix.size) == 0 && (*set)->count < TOKENS_MAX) {
        struct bytes name = bytes_of((const char *)key.data + prefix.size, key.size - prefix.size);
        status = row_open(seal, account, name, value, &(*set)->list[(*set)->count], error);
        if (status != ST_OK) break;
        (*set)->count++;
        found = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    if (status == ST_OK && found != ST_OK && found != ST_NOT_FOUND)
        status = store_failed(txn, error);
    if (status == ST_OK) return ST_OK;
    token_set_unref(*set);
    *set = NULL;
    return status;
}

/* ---- another key */

static enum status renew_row(struct seal *seal, struct store_cursor *cursor, struct bytes key,
                             struct bytes value, uint64_t *renewed, uint64_t *unreadable,
                             struct error *error)
{
    const char *account = key.data; /* ends with a 0 */
    size_t size = strnlen(account, key.size);
    struct bytes name = bytes_of(account + size + 1, key.size > size ? key.size - size - 1 : 0);
    struct token token = {0};
    enum status status = ST_DAMAGED;
    if (value.size > TIME_SIZE && name.size)
        status = row_open(seal, account, name, value, &token, error);
    if (seal_is_lost(status)) {
        ++*unreadable;
        return ST_OK;
    }
    if (status != ST_OK) return status;
    struct row *row = mem_alloc(sizeof *row);
    status = row_make(seal, account, &token, (int64_t)bytes_get_u64(value.data), row, error);
    if (status == ST_OK)
        status = store_cursor_put(cursor, bytes_of(row->value.data, row->value.size));
    *renewed += status == ST_OK;
    buf_free(&row->value);
    mem_free(row);
    token_clear(&token);
    return status;
}

enum status token_renew_all(struct seal *seal, struct store_txn *txn, uint64_t *sealed,
                            uint64_t *unreadable, struct error *error)
{
    struct bytes key, value;
    *sealed = *unreadable = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TOKEN);
    enum status status = ST_OK, found;
    while (status == ST_OK && (found = store_next(cursor, &key, &value)) == ST_OK) {
        struct bytes body =
            value.size > TIME_SIZE
                ? bytes_of((const uint8_t *)value.data + TIME_SIZE, value.size - TIME_SIZE)
                : bytes_of("", 0);
        if (!seal_is_newest(seal, body))
            status = renew_row(seal, cursor, key, value, sealed, unreadable, error);
    }
    store_cursor_close(cursor);
    return status == ST_OK ? store_failed(txn, error) : status;
}

/* ---- a backup in the place of the store */

static uint64_t written_ms(struct bytes value)
{
    return value.size > TIME_SIZE ? bytes_get_u64(value.data) : 0;
}

enum status token_keep_newer(struct store_txn *from, struct store_txn *to, uint64_t *kept,
                             struct error *error)
{
    struct bytes key, value, there;
    *kept = 0;
    struct store_cursor *cursor = store_cursor(from, TABLE_TOKEN);
    while (store_next(cursor, &key, &value) == ST_OK) {
        bool older = store_get(to, TABLE_TOKEN, key, &there) == ST_OK &&
                     written_ms(there) >= written_ms(value);
        if (older) continue;
        store_put(to, TABLE_TOKEN, key, value);
        ++*kept;
    }
    store_cursor_close(cursor);
    enum status status = store_failed(from, error);
    return status == ST_OK ? store_failed(to, error) : status;
}
