/* What came of requests with a key, as rows of the store. */
#include "engine/keyed.h"

#include "engine/keys.h"

#include <string.h>

enum {
    KEYED_VERSION = 1,
    ANSWER = 0,
    AGE = 1,
    ANSWER_KEY = 1 + OPERATION_ID_SIZE,
    AGE_KEY = 1 + 8 + OPERATION_ID_SIZE,
    FORGOTTEN_AT_ONCE = 4, /* more than one comes, so none is left over */
};

static void answer_key(uint8_t key[ANSWER_KEY], const uint8_t *id)
{
    key[0] = ANSWER;
    memcpy(key + 1, id, OPERATION_ID_SIZE);
}

static void put_stock(struct buf *out, const struct stock_record *stock)
{
    wire_put_i64(out, stock->on_hand);
    wire_put_i64(out, stock->reserved);
    wire_put_i64(out, stock->changed_ms);
    wire_put_u64(out, stock->revision);
}

static struct stock_record get_stock(struct wire_reader *r)
{
    struct stock_record stock = {.on_hand = wire_get_i64(r)};
    stock.reserved = wire_get_i64(r);
    stock.changed_ms = wire_get_i64(r);
    stock.revision = wire_get_u64(r);
    return stock;
}

static void write_result(struct buf *out, const struct command_result *result, bool existed)
{
    wire_put_u8(out, existed);
    wire_put_u8(out, result->changed);
    wire_put_u64(out, result->sequence);
    put_stock(out, &result->before);
    put_stock(out, &result->after);
    put_stock(out, &result->to_after);
    wire_put_u64(out, result->product);
    wire_put_u64(out, result->reservation);
    wire_put_u64(out, result->skipped);
    wire_put_u64(out, result->rows);
}

/* Where the row begins with the request it was for. */
static bool read_row(struct bytes value, struct bytes *request, struct command_result *result,
                     bool *existed)
{
    struct wire_reader r = wire_reader(value);
    bool good = wire_get_u8(&r) == KEYED_VERSION;
    *result = (struct command_result){0};
    *request = wire_get_bytes(&r);
    *existed = wire_get_u8(&r) != 0;
    result->changed = wire_get_u8(&r) != 0;
    result->sequence = wire_get_u64(&r);
    result->before = get_stock(&r);
    result->after = get_stock(&r);
    result->to_after = get_stock(&r);
    result->product = wire_get_u64(&r);
    result->reservation = wire_get_u64(&r);
    result->skipped = wire_get_u64(&r);
    result->rows = wire_get_u64(&r);
    return good && r.ok && wire_at_end(&r) && request->size == DIGEST_SIZE;
}

enum status keyed_find(struct store_txn *txn, const struct keyed *keyed,
                       struct command_result *result, bool *existed, struct error *error)
{
    uint8_t key[ANSWER_KEY];
    struct bytes value, request;
    answer_key(key, keyed->id);
    if (store_get(txn, TABLE_API_ANSWER, bytes_of(key, sizeof key), &value) != ST_OK) {
        enum status status = store_failed(txn, error);
        if (status != ST_OK) return status;
        if (store_get(txn, TABLE_COMMAND_ID, bytes_of(keyed->id, sizeof keyed->id), &value) !=
            ST_OK)
            return ST_NOT_FOUND;
        return error_set(error, ST_CONFLICT,
                         "this Idempotency-Key was used more than a week ago and its answer is no "
                         "longer kept; nothing was done. Take a new key for a new request");
    }
    if (!read_row(value, &request, result, existed))
        return error_set(error, ST_DAMAGED, "table api_answer: a row cannot be read");
    if (memcmp(request.data, keyed->request, DIGEST_SIZE) == 0) return ST_OK;
    return error_set(error, ST_CONFLICT,
                     "this Idempotency-Key was used for another request; nothing was done. Take a "
                     "new key for each request");
}

static void forget_old(struct store_txn *txn, int64_t now_ms)
{
    static const uint8_t age = AGE;
    struct bytes key, value;
    for (int i = 0; i < FORGOTTEN_AT_ONCE; i++) {
        uint8_t answer[ANSWER_KEY];
        struct store_cursor *cursor = store_cursor(txn, TABLE_API_ANSWER);
        bool old = store_seek(cursor, bytes_of(&age, 1), &key, &value) == ST_OK &&
                   key.size == AGE_KEY &&
                   (int64_t)bytes_get_u64((const uint8_t *)key.data + 1) < now_ms - KEYED_KEPT_MS;
        if (old) {
            answer_key(answer, (const uint8_t *)key.data + 9);
            store_cursor_delete(cursor);
        }
        store_cursor_close(cursor);
        if (!old) return;
        store_delete(txn, TABLE_API_ANSWER, bytes_of(answer, sizeof answer));
    }
}

void keyed_keep(struct store_txn *txn, const struct keyed *keyed,
                const struct command_result *result, bool existed, int64_t now_ms)
{
    uint8_t key[ANSWER_KEY], place[AGE_KEY];
    struct buf row;
    buf_init(&row, 1 << 10);
    wire_put_u8(&row, KEYED_VERSION);
    wire_put_bytes(&row, bytes_of(keyed->request, DIGEST_SIZE));
    write_result(&row, result, existed);
    answer_key(key, keyed->id);
    store_put(txn, TABLE_API_ANSWER, bytes_of(key, sizeof key), bytes_of(row.data, row.size));
    place[0] = AGE;
    bytes_put_u64(place + 1, (uint64_t)now_ms);
    memcpy(place + 9, keyed->id, OPERATION_ID_SIZE);
    store_put(txn, TABLE_API_ANSWER, bytes_of(place, sizeof place), bytes_of("", 0));
    buf_free(&row);
    forget_old(txn, now_ms);
}

bool keyed_row_is_good(struct bytes key, struct bytes value)
{
    struct bytes request;
    struct command_result result;
    bool existed;
    const uint8_t *kind = key.data;
    if (key.size == AGE_KEY) return *kind == AGE && value.size == 0;
    return key.size == ANSWER_KEY && *kind == ANSWER &&
           read_row(value, &request, &result, &existed);
}
