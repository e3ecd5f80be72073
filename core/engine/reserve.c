/* Reservations by hand: pieces promised to somebody outside the marketplaces, for a while or until
 * released. */
#include "engine/reserve.h"
#include "engine/apply.h"
#include "engine/stock.h"
#include "engine/wake.h"

enum { NOTE_MAX_BYTES = 200, RESERVATION_VERSION = 1 };

bool reservation_write(struct buf *out, const struct reservation_view *v)
{
    wire_put_u8(out, RESERVATION_VERSION);
    wire_put_u64(out, v->product);
    wire_put_u64(out, v->warehouse);
    wire_put_i64(out, v->quantity);
    wire_put_i64(out, v->made_ms);
    wire_put_i64(out, v->until_ms);
    wire_put_bytes(out, v->actor);
    return wire_put_bytes(out, v->note);
}

enum status reservation_read(struct bytes from, struct reservation_view *v)
{
    struct wire_reader r = wire_reader(from);
    if (wire_get_u8(&r) != RESERVATION_VERSION) return ST_DAMAGED;
    v->product = wire_get_u64(&r);
    v->warehouse = wire_get_u32(&r);
    v->quantity = wire_get_i64(&r);
    v->made_ms = wire_get_i64(&r);
    v->until_ms = wire_get_i64(&r);
    v->actor = wire_get_bytes(&r);
    v->note = wire_get_bytes(&r);
    return r.ok ? ST_OK : ST_DAMAGED;
}

static enum status check(struct applying *a, const struct reserve *ask, uint64_t product,
                         const struct directory_warehouse *warehouse)
{
    if (ask->quantity <= 0 || ask->quantity > FIGURE_MAX)
        return error_set(a->error, ST_INVALID,
                         "a reservation is of a whole number from 1 to %lld; this one is %lld",
                         (long long)FIGURE_MAX, (long long)ask->quantity);
    if (ask->until_ms && ask->until_ms <= a->command->now_ms)
        return error_set(a->error, ST_INVALID, "a reservation ends at a time to come");
    if (ask->note.size > NOTE_MAX_BYTES)
        return error_set(a->error, ST_TOO_BIG, "a note has at most %d bytes; this one has %zu",
                         NOTE_MAX_BYTES, ask->note.size);
    const struct stock_seen *seen;
    enum status status = stock_look(a, product, warehouse->no, &seen);
    if (status != ST_OK) return status;
    int64_t available = seen->counted ? seen->stock.on_hand - seen->stock.reserved : 0;
    if (available >= ask->quantity) return ST_OK;
    return error_set(a->error, ST_CONFLICT, "'%.*s' has %lld available in '%s', not %lld",
                     (int)ask->sku.size, (const char *)ask->sku.data, (long long)available,
                     warehouse->key, (long long)ask->quantity);
}

enum status apply_reserve(struct applying *a, struct wire_reader *r)
{
    struct reserve ask = {.sku = wire_get_bytes(r), .warehouse = wire_get_bytes(r)};
    ask.quantity = wire_get_i64(r);
    ask.until_ms = wire_get_i64(r);
    ask.note = wire_get_bytes(r);
    uint64_t product;
    const struct directory_warehouse *warehouse;
    enum status status = apply_find_product(a, ask.sku, &product);
    if (status == ST_OK) status = apply_find_warehouse(a, ask.warehouse, &warehouse);
    if (status == ST_OK) status = check(a, &ask, product, warehouse);
    if (status != ST_OK) return status;
    applying_sequence(a);
    uint64_t number = ++a->engine->counters.reservation;
    const struct reservation_view view = {
        .product = product,
        .warehouse = warehouse->no,
        .quantity = ask.quantity,
        .made_ms = a->command->now_ms,
        .until_ms = ask.until_ms,
        .actor = bytes_text(a->command->actor ? a->command->actor : ""),
        .note = ask.note};
    uint8_t key[8];
    bytes_put_u64(key, number);
    struct buf *record = &a->engine->record;
    buf_reset(record);
    reservation_write(record, &view);
    store_put(a->txn, TABLE_RESERVATION, bytes_of(key, sizeof key),
              bytes_of(record->data, record->size));
    if (ask.until_ms) wake_put(a, ask.until_ms, WAKE_RESERVATION, number);
    a->result->reservation = number;
    return stock_move(a, product, warehouse->no, 0, ask.quantity, CAUSE_RESERVATION);
}

/* ST_NOT_FOUND without a sentence when it is over. */
static enum status end(struct applying *a, uint64_t number, struct reservation_view *view)
{
    uint8_t key[8];
    bytes_put_u64(key, number);
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_RESERVATION, bytes_of(key, sizeof key), &value);
    if (status == ST_NOT_FOUND) return status;
    if (status != ST_OK || reservation_read(value, view) != ST_OK) {
        engine_read_failed(a->txn, ST_DAMAGED, "reservation", a->error);
        return ST_DAMAGED;
    }
    uint64_t product = view->product;
    uint32_t warehouse = view->warehouse;
    int64_t quantity = view->quantity;
    store_delete(a->txn, TABLE_RESERVATION, bytes_of(key, sizeof key));
    return stock_move(a, product, warehouse, 0, -quantity, CAUSE_RESERVATION);
}

enum status apply_release(struct applying *a, struct wire_reader *r)
{
    uint64_t number = wire_get_u64(r);
    struct reservation_view view;
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, number);
    bool known = store_get(a->txn, TABLE_RESERVATION, bytes_of(key, sizeof key), &value) == ST_OK &&
                 reservation_read(value, &view) == ST_OK;
    if (known && view.until_ms) wake_delete(a, view.until_ms, WAKE_RESERVATION, number);
    enum status status = end(a, number, &view);
    if (status != ST_NOT_FOUND) return status;
    return error_set(
        a->error, ST_NOT_FOUND,
        "there is no reservation %llu; `stockctl stock reservations` shows those there are",
        (unsigned long long)number);
}

enum status reservation_expired(struct applying *a, uint64_t reservation)
{
    struct reservation_view view;
    enum status status = end(a, reservation, &view);
    return status == ST_NOT_FOUND ? ST_OK : status;
}
