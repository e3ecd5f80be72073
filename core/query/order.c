/* Queries: order lines and reservations. */
#include "query/rows.h"

struct filtering {
    const struct query_orders *filter;
    bool (*row)(void *ctx, const struct query_order *order);
    void *ctx;
    size_t skip; /* bytes of an index key before the line's own key */
};

static bool passes(const struct query_orders *f, const struct order_view *o)
{
    if (f->state >= 0 && (int)o->state != f->state) return false;
    if (f->held && !o->held) return false;
    if (f->open && (o->state != ORDER_OPEN || o->was_shipped)) return false;
    return !f->oversell || o->oversell;
}

static void complete(struct query *query, uint32_t account, struct query_order *to)
{
    to->account = directory_source(query->directory, account);
    for (uint32_t i = 0; i < to->order.part_count; i++) {
        const struct order_part *part = &to->order.parts[i];
        to->parts[i] = (struct query_order_part){
            .sku = query_sku(query, part->product),
            .warehouse = directory_warehouse(query->directory, part->warehouse),
            .reserved = part->reserved,
            .shipped = part->shipped};
    }
}

/* `key` is that of TABLE_ORDER_LINE. */
static enum look give(struct query *query, const struct filtering *f, struct bytes key,
                      struct bytes value)
{
    struct query_order to = {.line = bytes_of((const char *)key.data + 4, key.size - 4)};
    if (order_read(value, &to.order) != ST_OK)
        return query_damaged(query, TABLE_ORDER_LINE), LOOK_BROKEN;
    if (!passes(f->filter, &to.order)) return LOOK_SKIP;
    complete(query, bytes_get_u32(key.data), &to);
    return f->row(f->ctx, &to) ? LOOK_GIVEN : LOOK_STOP;
}

static enum look look_line(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    if (key.size <= 4) return query_damaged(query, TABLE_ORDER_LINE), LOOK_BROKEN;
    return give(query, ctx, key, value);
}

/* Rows of an index whose keys end with that of the line. */
static enum look look_index(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    const struct filtering *f = ctx;
    if (key.size <= f->skip + 4) return query_damaged(query, TABLE_ORDER), LOOK_BROKEN;
    struct bytes line = bytes_of((const char *)key.data + f->skip, key.size - f->skip);
    if (store_get(query->txn, TABLE_ORDER_LINE, line, &value) != ST_OK)
        return query_damaged(query, TABLE_ORDER_LINE), LOOK_BROKEN;
    return give(query, f, line, value);
}

/* Rows of TABLE_ORDER: account, order id, 0, line. */
static enum look look_order(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    const struct filtering *f = ctx;
    size_t head = 4 + f->filter->order_id.size + 1;
    if (key.size <= head) return query_damaged(query, TABLE_ORDER), LOOK_BROKEN;
    struct key line = {0};
    key_add(&line, bytes_of(key.data, 4));
    key_add(&line, bytes_of((const char *)key.data + head, key.size - head));
    if (store_get(query->txn, TABLE_ORDER_LINE, key_bytes(&line), &value) != ST_OK)
        return query_damaged(query, TABLE_ORDER_LINE), LOOK_BROKEN;
    return give(query, f, key_bytes(&line), value);
}

/* The narrowest table that has all the filter asks for. */
enum status query_orders(struct query *query, const struct query_orders *filter,
                         struct query_page *page,
                         bool (*row)(void *ctx, const struct query_order *order), void *ctx)
{
    struct filtering f = {filter, row, ctx, 0};
    const struct directory_account *account = NULL;
    struct key prefix = {0};
    uint64_t product = 0;
    page->next_size = 0;
    enum status status = query_find_named(query, query_find_source, filter->account, filter->sku,
                                          &account, &product);
    if (status != ST_OK) return status;
    if (product) key_u64(&prefix, product);
    if (account) key_u32(&prefix, account->no);
    if (product) {
        f.skip = 8;
        return query_walk(query, TABLE_ORDER_PRODUCT, key_bytes(&prefix), page, look_index, &f);
    }
    if (account && filter->order_id.size && filter->order_id.size <= KEY_TEXT_MAX) {
        key_add(&prefix, filter->order_id);
        key_u8(&prefix, 0);
        return query_walk(query, TABLE_ORDER, key_bytes(&prefix), page, look_order, &f);
    }
    if (filter->held)
        return query_walk(query, TABLE_ORDER_HELD, key_bytes(&prefix), page, look_index, &f);
    if (filter->open)
        return query_walk(query, TABLE_ORDER_OPEN, key_bytes(&prefix), page, look_index, &f);
    return query_walk(query, TABLE_ORDER_LINE, key_bytes(&prefix), page, look_line, &f);
}

enum status query_order(struct query *query, struct bytes account, struct bytes line,
                        struct query_order *order)
{
    const struct directory_account *of;
    struct key key = {0};
    struct bytes value;
    enum status status = query_find_source(query, account, &of);
    if (status != ST_OK) return status;
    key_u32(&key, of->no);
    key_add(&key, bytes_of(line.data, line.size < KEY_TEXT_MAX ? line.size : KEY_TEXT_MAX));
    status = store_get(query->txn, TABLE_ORDER_LINE, key_bytes(&key), &value);
    if (status == ST_NOT_FOUND)
        return error_set(
            query->error, ST_NOT_FOUND,
            "account '%s' has no order line '%.*s'; `stockctl order list --account %s` shows them",
            of->name, (int)line.size, (const char *)line.data, of->name);
    if (status != ST_OK || order_read(value, &order->order) != ST_OK)
        return query_damaged(query, TABLE_ORDER_LINE);
    order->line = line;
    complete(query, of->no, order);
    return ST_OK;
}

/* ---- reservations */

struct giving {
    bool (*row)(void *ctx, const struct query_reservation *row);
    void *ctx;
};

static enum look look_reservation(struct query *query, void *ctx, struct bytes key,
                                  struct bytes value)
{
    const struct giving *to = ctx;
    struct query_reservation row;
    if (key.size != 8 || reservation_read(value, &row.reservation) != ST_OK)
        return query_damaged(query, TABLE_RESERVATION), LOOK_BROKEN;
    row.number = bytes_get_u64(key.data);
    row.sku = query_sku(query, row.reservation.product);
    row.warehouse = directory_warehouse(query->directory, row.reservation.warehouse);
    return to->row(to->ctx, &row) ? LOOK_GIVEN : LOOK_STOP;
}

enum status query_reservations(struct query *query, struct query_page *page,
                               bool (*row)(void *ctx, const struct query_reservation *row),
                               void *ctx)
{
    struct giving to = {row, ctx};
    return query_walk(query, TABLE_RESERVATION, bytes_of("", 0), page, look_reservation, &to);
}
