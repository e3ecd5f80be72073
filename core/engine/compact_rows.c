/* Forgetting what no age of the log bounds: order lines that are over, figures that are read no
 * longer, listings that are gone, what orders did. One walk over four tables, behind that over the
 * ledger. */
#include "engine/compact_private.h"

#include "engine/listing_private.h"
#include "engine/order.h"
#include "engine/order_effect.h"

static const char place_key[] = "compact.rows"; /* of TABLE_META: u8 which table, key */

static const enum store_table tables[] = {TABLE_ORDER_LINE, TABLE_OBSERVED, TABLE_LISTING,
                                          TABLE_ORDER_EFFECT};
enum { TABLES = sizeof tables / sizeof *tables };

/* One that nothing else leads to. The key is the store's, and goes with the row. */
static void forget_row(struct compacting *c, enum store_table table, struct bytes key)
{
    struct key at = {0};
    key_add(&at, key);
    applying_sequence(c->a);
    store_delete(c->a->txn, table, key_bytes(&at));
}

/* ---- order lines */

/* It is over, and so long ago that nothing of it is expected any more. What comes all the same has
 * no effect: it was ordered before what is forgotten (I2). So a line stays whose time of order the
 * marketplace does not tell. */
static bool line_is_old(const struct compacting *c, const struct order_view *o)
{
    const int64_t before = c->before_ms;
    if (o->held || (o->state == ORDER_OPEN && !o->was_shipped && !o->exempt)) return false;
    for (uint32_t i = 0; i < o->part_count; i++)
        if (o->parts[i].reserved) return false;
    return o->ordered_ms > 0 && o->ordered_ms < before && o->changed_ms < before &&
           o->applied_ms < before;
}

static enum status forget_line(struct compacting *c, struct bytes key, struct bytes value)
{
    struct order_view order;
    struct key at = {0}, row = {0};
    if (key.size <= 4 || order_read(value, &order) != ST_OK) return ST_DAMAGED;
    if (!line_is_old(c, &order)) return ST_OK;
    applying_sequence(c->a);
    key_add(&at, key);
    key_add(&row, bytes_of(key.data, 4));
    key_add(&row, order.order_id);
    key_u8(&row, 0);
    key_add(&row, bytes_of(at.at + 4, at.size - 4));
    store_delete(c->a->txn, TABLE_ORDER, key_bytes(&row));
    struct order_part parts[ORDER_PARTS_MAX];
    uint32_t count = order.part_count;
    memcpy(parts, order.parts, sizeof parts);
    for (uint32_t i = 0; i < count; i++) {
        row.size = 0;
        key_u64(&row, parts[i].product);
        key_add(&row, key_bytes(&at));
        store_delete(c->a->txn, TABLE_ORDER_PRODUCT, key_bytes(&row));
    }
    store_delete(c->a->txn, TABLE_ORDER_OPEN, key_bytes(&at));
    store_delete(c->a->txn, TABLE_ORDER_LINE, key_bytes(&at));
    order_forgotten_put(c->a, c->before_ms);
    return ST_OK;
}

/* Only figures of before it ask for it, and none that old is still to be applied. */
static enum status forget_effect(struct compacting *c, struct bytes key, struct bytes value)
{
    struct order_effect effect;
    if (value.size != sizeof effect) return ST_DAMAGED;
    memcpy(&effect, value.data, sizeof effect);
    if (effect.time_ms < c->before_ms) forget_row(c, TABLE_ORDER_EFFECT, key);
    return ST_OK;
}

/* ---- figures that were read */

static enum status forget_observed(struct compacting *c, struct bytes key, struct bytes value)
{
    struct observed_record seen;
    if (value.size != sizeof seen) return ST_DAMAGED;
    memcpy(&seen, value.data, sizeof seen);
    if (seen.read_ms < c->before_ms) forget_row(c, TABLE_OBSERVED, key);
    return ST_OK;
}

/* ---- listings */

/* A write to it may still be open, under the product it was tied to. */
static bool has_target(struct compacting *c, uint32_t account, uint64_t listing, uint64_t product)
{
    struct key prefix = {0};
    struct bytes key;
    bool any = false;
    key_u64(&prefix, product);
    key_u32(&prefix, account);
    struct store_cursor *cursor = store_cursor(c->a->txn, TABLE_TARGET);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, NULL);
    for (; status == ST_OK && !any && key_starts(key, key_bytes(&prefix));
         status = store_next(cursor, &key, NULL))
        any = target_key_read(key.data).listing == listing;
    store_cursor_close(cursor);
    return any;
}

/* What a person said of it is kept, and what is tied to a product. */
static enum status forget_listing(struct compacting *c, struct bytes key, struct bytes value)
{
    struct listing_view view;
    struct buf memory;
    if (key.size != 12 || listing_read(value, &view) != ST_OK) return ST_DAMAGED;
    if (view.state != LISTING_GONE || view.product || view.by_hand || view.seen_ms >= c->before_ms)
        return ST_OK;
    uint32_t account = bytes_get_u32(key.data);
    uint64_t listing = bytes_get_u64((const uint8_t *)key.data + 4);
    if (view.former && has_target(c, account, listing, view.former)) return ST_OK;
    enum status status = listing_load(c->a, account, listing, &memory, &view);
    if (status != ST_OK) return status;
    struct key row = listing_row_key(account, listing), id = {0};
    applying_sequence(c->a);
    listing_conflict_clear(c->a, account, listing);
    listing_index_keys(c->a, account, listing, &view, false);
    key_u32(&id, account);
    key_add(&id, view.id);
    store_delete(c->a->txn, TABLE_LISTING_ID, key_bytes(&id));
    store_delete_prefix(c->a->txn, TABLE_OBSERVED, key_bytes(&row));
    store_delete(c->a->txn, TABLE_LISTING, key_bytes(&row));
    buf_free(&memory);
    return ST_OK;
}

/* ---- the walk */

typedef enum status forget_fn(struct compacting *c, struct bytes key, struct bytes value);
static forget_fn *const forget[TABLES] = {forget_line, forget_observed, forget_listing,
                                          forget_effect};

/* From `place` on; at the end of the table its size is 0. What is forgotten may move the store's
 * bytes: the next row is searched for. */
static enum status walk(struct compacting *c, uint8_t which, struct key *place)
{
    struct bytes key, value;
    enum status status = ST_OK;
    for (; c->left && status == ST_OK; c->left--) {
        struct store_cursor *cursor = store_cursor(c->a->txn, tables[which]);
        status = store_seek(cursor, key_bytes(place), &key, &value);
        if (status == ST_OK && place->size && bytes_equal(key, key_bytes(place)))
            status = store_next(cursor, &key, &value);
        if (status == ST_OK && key.size > KEY_MAX) status = ST_DAMAGED;
        if (status == ST_OK) {
            place->size = 0;
            key_add(place, key);
            status = forget[which](c, key, value);
        }
        store_cursor_close(cursor);
    }
    if (status == ST_NOT_FOUND) place->size = 0;
    return engine_read_failed(c->a->txn, status, store_table_name(tables[which]), c->a->error);
}

bool compact_rows_going(struct compacting *c)
{
    return store_get(c->a->txn, TABLE_META, bytes_text(place_key), NULL) == ST_OK;
}

static void keep_place(struct compacting *c, uint8_t which, const struct key *place)
{
    uint8_t value[1 + KEY_MAX];
    value[0] = which;
    memcpy(value + 1, place->at, place->size);
    applying_sequence(c->a);
    store_put(c->a->txn, TABLE_META, bytes_text(place_key), bytes_of(value, 1 + place->size));
}

void compact_rows_begin(struct compacting *c)
{
    keep_place(c, 0, &(const struct key){0});
}

enum status compact_rows(struct compacting *c, bool *end)
{
    struct bytes value;
    struct key place = {0};
    uint8_t which = 0;
    enum status status = store_get(c->a->txn, TABLE_META, bytes_text(place_key), &value);
    if (status == ST_OK && value.size && value.size <= 1 + KEY_MAX) {
        which = *(const uint8_t *)value.data;
        key_add(&place, bytes_of((const uint8_t *)value.data + 1, value.size - 1));
    }
    for (status = ST_OK; which < TABLES && c->left && status == ST_OK;) {
        status = walk(c, which, &place);
        if (status == ST_OK && place.size == 0) which++;
    }
    if (status != ST_OK) return status;
    *end = which >= TABLES;
    applying_sequence(c->a);
    if (*end)
        store_delete(c->a->txn, TABLE_META, bytes_text(place_key));
    else
        keep_place(c, which, &place);
    return ST_OK;
}
