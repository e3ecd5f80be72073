/* Open orders of one remote warehouse, gathered by product. */
#include "intake/import_shop_promised.h"

#include "base/mem.h"
#include "engine/record_order.h"

#include <stdlib.h>

struct shop_promise {
    uint64_t product;
    int64_t placed_ms, quantity;
};

static int by_product(const void *a, const void *b)
{
    const struct shop_promise *x = a, *y = b;
    return (x->product > y->product) - (x->product < y->product);
}

/* Only what was sold there was taken off the figure there. */
static bool is_of(const struct order_view *order, const struct shop_places *places)
{
    return !order->remote.size || bytes_equal(order->remote, bytes_text(places->remote_id));
}

static void add(struct shop_promised *p, const struct order_view *order, uint32_t warehouse)
{
    for (uint32_t i = 0; i < order->part_count; i++) {
        const struct order_part *part = &order->parts[i];
        if (part->warehouse != warehouse || part->reserved <= 0) continue;
        if (p->count == p->room) {
            p->room = p->room ? p->room * 2 : 64;
            p->list = mem_resize(p->list, p->room * sizeof *p->list);
        }
        p->list[p->count++] = (struct shop_promise){.product = part->product,
                                                    .placed_ms = order_placed_ms(order),
                                                    .quantity = part->reserved};
    }
}

enum status shop_promised_read(struct shop_promised *p, struct store_txn *txn,
                               const struct shop_places *places, struct error *error)
{
    uint8_t prefix[4];
    struct bytes key, value;
    bytes_put_u32(prefix, places->account);
    struct store_cursor *cursor = store_cursor(txn, TABLE_ORDER_OPEN);
    enum status status = store_seek(cursor, bytes_of(prefix, 4), &key, NULL);
    for (; status == ST_OK && key_starts(key, bytes_of(prefix, 4));
         status = store_next(cursor, &key, NULL)) {
        struct order_view order;
        if (store_get(txn, TABLE_ORDER_LINE, key, &value) != ST_OK ||
            order_read(value, &order) != ST_OK) {
            status = ST_DAMAGED;
            break;
        }
        if (is_of(&order, places)) add(p, &order, places->warehouse);
    }
    store_cursor_close(cursor);
    if (p->count) qsort(p->list, p->count, sizeof *p->list, by_product);
    if (status == ST_OK || status == ST_NOT_FOUND) return ST_OK;
    if (store_failed(txn, error) != ST_OK) return error->status;
    return error_set(error, ST_DAMAGED, "store: a row of table order_line cannot be read");
}

int64_t shop_promised_of(const struct shop_promised *p, uint64_t product, int64_t until_ms)
{
    int64_t sum = 0;
    size_t low = 0, high = p->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (p->list[middle].product < product)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < p->count && p->list[low].product == product; low++)
        if (p->list[low].placed_ms <= until_ms) sum += p->list[low].quantity;
    return sum;
}

void shop_promised_free(struct shop_promised *p)
{
    mem_free(p->list);
    *p = (struct shop_promised){0};
}
