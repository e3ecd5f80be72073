/* One order line and its rows in the store. What was told is merged in order.c; what the line takes
 * is in order_taken.c, what it means for the figure at the marketplace in order_shown.c. */
#include "engine/order_row.h"

#include "engine/apply.h"
#include "engine/day.h"

/* ---- rows */

struct key order_row_key(uint32_t account, struct bytes line)
{
    struct key key = {0};
    key_u32(&key, account);
    key_add(&key, line);
    return key;
}

static void row_switch(struct applying *a, enum store_table table, const struct key *key, bool was,
                       bool is)
{
    if (is && !was) store_put(a->txn, table, key_bytes(key), bytes_of("", 0));
    if (was && !is) store_delete(a->txn, table, key_bytes(key));
}

static bool is_open(const struct order_view *o)
{
    return o && order_is_open(o);
}

static struct key order_key(const struct order_row *row, struct bytes order_id)
{
    struct key key = {0};
    key_u32(&key, row->account);
    key_add(&key, order_id);
    key_u8(&key, 0);
    key_add(&key, row->key);
    return key;
}

static bool has_product(const struct order_view *o, uint64_t product)
{
    for (uint32_t i = 0; o && i < o->part_count; i++)
        if (o->parts[i].product == product) return true;
    return false;
}

static struct key product_key(const struct order_row *row, uint64_t product)
{
    struct key key = {0};
    key_u64(&key, product);
    key_u32(&key, row->account);
    key_add(&key, row->key);
    return key;
}

static void index_products(struct applying *a, const struct order_row *row)
{
    const struct order_view *was = row->was, *now = &row->now;
    for (uint32_t i = 0; i < now->part_count; i++) {
        struct key key = product_key(row, now->parts[i].product);
        if (!has_product(was, now->parts[i].product))
            store_put(a->txn, TABLE_ORDER_PRODUCT, key_bytes(&key), bytes_of("", 0));
    }
    for (uint32_t i = 0; was && i < was->part_count; i++) { /* its place was taken */
        struct key key = product_key(row, was->parts[i].product);
        if (!has_product(now, was->parts[i].product))
            store_delete(a->txn, TABLE_ORDER_PRODUCT, key_bytes(&key));
    }
}

void order_row_save(struct applying *a, struct order_row *row)
{
    struct key key = order_row_key(row->account, row->key);
    struct buf *record = &a->engine->record;
    const struct order_view *was = row->was, *now = &row->now;
    applying_sequence(a);
    buf_reset(record);
    order_write(record, now);
    store_put(a->txn, TABLE_ORDER_LINE, key_bytes(&key), bytes_of(record->data, record->size));
    bool renamed = was && !bytes_equal(was->order_id, now->order_id);
    if (renamed) {
        struct key old = order_key(row, was->order_id);
        store_delete(a->txn, TABLE_ORDER, key_bytes(&old));
    }
    if (!was || renamed) {
        struct key new = order_key(row, now->order_id);
        store_put(a->txn, TABLE_ORDER, key_bytes(&new), bytes_of("", 0));
    }
    row_switch(a, TABLE_ORDER_OPEN, &key, is_open(was), is_open(now));
    row_switch(a, TABLE_ORDER_HELD, &key, was && was->held, now->held);
    index_products(a, row);
}

/* ---- one line */

enum status order_row_load(struct applying *a, const struct key *key, struct buf *memory,
                           struct order_view *order)
{
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_ORDER_LINE, key_bytes(key), &value);
    if (status == ST_NOT_FOUND) return status;
    buf_init(memory, RECORD_MAX);
    if (status == ST_OK) {
        buf_add(memory, value.data, value.size);
        status = order_read(bytes_of(memory->data, memory->size), order);
    }
    if (status == ST_OK) return ST_OK;
    buf_free(memory);
    engine_read_failed(a->txn, ST_DAMAGED, "order_line", a->error);
    return ST_DAMAGED;
}

static bool same(const struct order_view *x, const struct order_view *y)
{
    if (!x || x->part_count != y->part_count) return false;
    return bytes_equal(x->order_id, y->order_id) && bytes_equal(x->status, y->status) &&
           bytes_equal(x->remote, y->remote) && x->ref_count == y->ref_count &&
           x->state == y->state && x->has_version == y->has_version && x->version == y->version &&
           x->lowered == y->lowered && x->oversell == y->oversell && x->quantity == y->quantity &&
           x->changed_ms == y->changed_ms && x->was_shipped == y->was_shipped &&
           x->return_confirmed == y->return_confirmed && x->held == y->held &&
           x->exempt == y->exempt && x->listing == y->listing && x->pack == y->pack &&
           memcmp(x->parts, y->parts, x->part_count * sizeof *x->parts) == 0;
}

/* What the marketplace says was sold without stock counts as a whole. */
static void count_oversold(struct applying *a, const struct order_row *row)
{
    const struct order_view *now = &row->now;
    const bool marked = now->oversell && !(row->was && row->was->oversell) && !now->exempt;
    int64_t pieces = row->beyond, all = now->quantity * order_pack(now);
    if (marked && all > pieces) pieces = all;
    day_count(a->engine->days, row->account, a->command->now_ms, DAY_OVERSOLD, pieces);
}

enum status order_row_apply(struct applying *a, struct order_row *row)
{
    enum status status = order_taken_adjust(a, row);
    if (status != ST_OK || same(row->was, &row->now)) return status;
    row->now.applied_ms = a->command->now_ms;
    order_row_save(a, row);
    status = order_taken_apply(a, row);
    if (status == ST_OK) count_oversold(a, row);
    return status == ST_OK ? order_shown_moved(a, row) : status;
}
