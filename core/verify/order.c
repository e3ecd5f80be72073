/* Verifying orders: what lines and reservations hold is what the stock says is reserved, and each
 * line is found by its indexes. */
#include "engine/order_effect.h"
#include "engine/record_order.h"
#include "engine/reserve.h"
#include "verify/rows.h"

#include "base/mem.h"

/* ---- lines */

static void check_row(struct verifying *v, enum store_table table, const struct key *key,
                      bool expected, struct bytes line)
{
    struct bytes value;
    if (verify_get(v, table, key_bytes(key), &value) == expected || v->status != ST_OK) return;
    verify_finding(v, TABLE_ORDER_LINE, "line '%.*s' %s in table %s", (int)line.size - 4,
                   (const char *)line.data + 4, expected ? "is missing" : "should not be",
                   store_table_name(table));
}

static void check_part(struct verifying *v, struct bytes line, const struct order_part *part)
{
    struct key key = {0};
    struct bytes value;
    key_u64(&key, part->product);
    key_add(&key, line);
    check_row(v, TABLE_ORDER_PRODUCT, &key, true, line);
    key.size = 0;
    key_u64(&key, part->product);
    key_u32(&key, part->warehouse);
    struct stock_record stock;
    bool known = verify_get(v, TABLE_STOCK, key_bytes(&key), &value) && value.size == sizeof stock;
    if (known) memcpy(&stock, value.data, sizeof stock);
    if (part->reserved < 0 || part->shipped < 0 || !known || stock.reserved < part->reserved)
        verify_finding(v, TABLE_ORDER_LINE,
                       "line '%.*s' holds %lld of product %llu in warehouse %u, the stock does not",
                       (int)line.size - 4, (const char *)line.data + 4, (long long)part->reserved,
                       (unsigned long long)part->product, part->warehouse);
}

/* Lines take whole packs, of the size that the first of their pieces was taken with. */
static void check_pack(struct verifying *v, struct bytes line, const struct order_view *order)
{
    int64_t pieces = 0;
    for (uint32_t i = 0; i < order->part_count; i++)
        pieces += order->parts[i].reserved + order->parts[i].shipped;
    if (pieces && (!order->pack || pieces % order->pack))
        verify_finding(v, TABLE_ORDER_LINE, "line '%.*s' holds %lld pieces in packs of %lld",
                       (int)line.size - 4, (const char *)line.data + 4, (long long)pieces,
                       (long long)order->pack);
}

static void check_line(struct verifying *v, struct bytes key, struct bytes value)
{
    struct order_view order;
    if (key.size <= 4 || key.size > KEY_TEXT_MAX + 4 || order_read(value, &order) != ST_OK) {
        verify_finding(v, TABLE_ORDER_LINE, "a row cannot be read");
        return;
    }
    struct key at = {0}, by_id = {0};
    key_add(&at, key);
    check_row(v, TABLE_ORDER_OPEN, &at,
              order.state == ORDER_OPEN && !order.was_shipped &&
                  order.exempt != ORDER_EXEMPT_EXTERNAL,
              key);
    check_row(v, TABLE_ORDER_HELD, &at, order.held != ORDER_HELD_NOT, key);
    key_add(&by_id, bytes_of(key.data, 4));
    key_add(&by_id, order.order_id);
    key_u8(&by_id, 0);
    key_add(&by_id, bytes_of((const char *)key.data + 4, key.size - 4));
    check_row(v, TABLE_ORDER, &by_id, true, key);
    for (uint32_t i = 0; i < order.part_count; i++)
        check_part(v, key, &order.parts[i]);
    if (!order.exempt) check_pack(v, key, &order);
}

/* ---- what is reserved */

struct held {
    uint64_t product;
    uint32_t warehouse;
    int64_t quantity;
};

struct held_list {
    struct held *at;
    size_t count;
};

static struct held_list by_hand(struct verifying *v)
{
    struct held_list list = {
        .at = mem_array(store_count(v->txn, TABLE_RESERVATION) + 1, sizeof *list.at)};
    struct store_cursor *cursor = store_cursor(v->txn, TABLE_RESERVATION);
    struct bytes key, value;
    for (enum status status = store_next(cursor, &key, &value); status == ST_OK;
         status = store_next(cursor, &key, &value)) {
        struct reservation_view view;
        if (reservation_read(value, &view) == ST_OK)
            list.at[list.count++] = (struct held){view.product, view.warehouse, view.quantity};
        else
            verify_finding(v, TABLE_RESERVATION, "a row cannot be read");
    }
    store_cursor_close(cursor);
    return list;
}

static int64_t by_orders(struct verifying *v, uint64_t product, uint32_t warehouse)
{
    struct key prefix = {0};
    key_u64(&prefix, product);
    struct bytes key, value;
    int64_t sum = 0;
    struct store_cursor *cursor = store_cursor(v->txn, TABLE_ORDER_PRODUCT);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, key_bytes(&prefix));
         status = store_next(cursor, &key, &value)) {
        struct order_view order;
        struct bytes line = bytes_of((const char *)key.data + 8, key.size - 8);
        if (!verify_get(v, TABLE_ORDER_LINE, line, &value) || order_read(value, &order) != ST_OK)
            continue;
        for (uint32_t i = 0; i < order.part_count; i++)
            if (order.parts[i].product == product && order.parts[i].warehouse == warehouse)
                sum += order.parts[i].reserved;
    }
    store_cursor_close(cursor);
    return sum;
}

static void check_reserved(struct verifying *v, struct bytes key, struct bytes value,
                           const struct held_list *hand)
{
    struct stock_record stock;
    if (key.size != 12 || value.size != sizeof stock) return;
    memcpy(&stock, value.data, sizeof stock);
    if (stock.reserved == 0) return; /* a line that holds more was found above */
    uint64_t product = bytes_get_u64(key.data);
    uint32_t warehouse = bytes_get_u32((const uint8_t *)key.data + 8);
    int64_t sum = by_orders(v, product, warehouse);
    for (size_t i = 0; i < hand->count; i++)
        if (hand->at[i].product == product && hand->at[i].warehouse == warehouse)
            sum += hand->at[i].quantity;
    if (sum != stock.reserved)
        verify_finding(
            v, TABLE_STOCK,
            "product %llu, warehouse %u: %lld are reserved, orders and reservations hold %lld",
            (unsigned long long)product, warehouse, (long long)stock.reserved, (long long)sum);
}

/* ---- what they did */

static void check_effect(struct verifying *v, struct bytes key, struct bytes value)
{
    enum { KEY_SIZE = 8 + 4 + 8 + 4 };
    if (key.size != KEY_SIZE || value.size != sizeof(struct order_effect))
        verify_finding(v, TABLE_ORDER_EFFECT, "a row cannot be read");
}

void verify_orders(struct verifying *v)
{
    verify_walk(v, TABLE_ORDER_LINE, check_line);
    if (v->status == ST_OK) verify_walk(v, TABLE_ORDER_EFFECT, check_effect);
    if (v->status != ST_OK) return;
    struct held_list hand = by_hand(v);
    struct store_cursor *cursor = store_cursor(v->txn, TABLE_STOCK);
    struct bytes key, value;
    for (enum status status = store_next(cursor, &key, &value);
         status == ST_OK && v->status == ST_OK; status = store_next(cursor, &key, &value))
        check_reserved(v, key, value, &hand);
    store_cursor_close(cursor);
    mem_free(hand.at);
    if (v->status == ST_OK) v->status = store_failed(v->txn, v->error);
}
