/* Pairs of product and warehouse: what is there, what reads show of it, writes that land late, and
 * the calls by which tests look at stock and change it. */
#include "marketsim/ozon/ozon_state.h"

#include <stdlib.h>
#include <string.h>

struct ozon_pair *ozon_pair_get(const struct ozon_warehouse *warehouse, size_t product)
{
    if (product >= warehouse->pair_count || !warehouse->pairs[product].exists) return NULL;
    return &warehouse->pairs[product];
}

struct ozon_pair *ozon_pair_make(struct ozon_warehouse *warehouse, size_t product)
{
    if (product >= warehouse->pair_count) {
        size_t count = warehouse->pair_count ? warehouse->pair_count : 64;
        while (count <= product)
            count *= 2;
        warehouse->pairs = market_realloc(warehouse->pairs, count * sizeof(struct ozon_pair));
        memset(warehouse->pairs + warehouse->pair_count, 0,
               (count - warehouse->pair_count) * sizeof(struct ozon_pair));
        warehouse->pair_count = count;
    }
    struct ozon_pair *pair = &warehouse->pairs[product];
    if (!pair->exists) {
        pair->exists = true;
        pair->written_ms = OZON_NEVER_MS;
        pair->lag_until_ms = OZON_NEVER_MS;
    }
    return pair;
}

int64_t ozon_pair_shown(const struct ozon_pair *pair, int64_t now_ms)
{
    return now_ms < pair->lag_until_ms ? pair->shown_free : pair->free;
}

bool ozon_pair_listed(const struct ozon *ozon, const struct ozon_pair *pair, int64_t now_ms)
{
    if (!pair) return false;
    if (!ozon->settings.omit_zero_rows) return true;
    return ozon_pair_shown(pair, now_ms) != 0 || pair->reserved != 0;
}

/* `stock` leaves out what is reserved: the reserve stays, what is present becomes their sum. */
void ozon_pair_write(const struct ozon *ozon, struct ozon_pair *pair, int64_t stock, int64_t now_ms)
{
    if (ozon->settings.read_lag_ms > 0) {
        pair->shown_free = ozon_pair_shown(pair, now_ms);
        pair->lag_until_ms = now_ms + ozon->settings.read_lag_ms;
    }
    pair->free = stock;
    pair->updated_ms = now_ms;
    pair->written_ms = now_ms;
}

/* In the order in which they fall due, so that two late writes of one pair keep their order. */
void ozon_late_apply(struct ozon *ozon, int64_t now_ms)
{
    for (;;) {
        size_t first = ozon->late_count;
        for (size_t i = 0; i < ozon->late_count; i++)
            if (ozon->late[i].due_ms <= now_ms &&
                (first == ozon->late_count || ozon->late[i].due_ms < ozon->late[first].due_ms))
                first = i;
        if (first == ozon->late_count) return;
        struct ozon_late late = ozon->late[first];
        ozon->late_count--;
        memmove(&ozon->late[first], &ozon->late[first + 1],
                (ozon->late_count - first) * sizeof(*ozon->late));
        struct ozon_warehouse *warehouse = &late.seller->warehouses[late.warehouse];
        ozon_pair_write(ozon, ozon_pair_make(warehouse, late.product), late.stock, late.due_ms);
    }
}

static struct ozon_pair *find_pair(struct ozon_seller *seller, const char *offer_id,
                                   int64_t warehouse_id, bool make)
{
    size_t product = market_map_get_text(&seller->by_offer, offer_id);
    size_t warehouse = ozon_warehouse_find(seller, warehouse_id);
    if (product == MARKET_MAP_NONE || warehouse == MARKET_MAP_NONE) return NULL;
    return make ? ozon_pair_make(&seller->warehouses[warehouse], product)
                : ozon_pair_get(&seller->warehouses[warehouse], product);
}

bool ozon_stock_get(struct ozon_seller *seller, const char *offer_id, int64_t warehouse_id,
                    int64_t *free_stock, int64_t *reserved)
{
    const struct ozon_pair *pair = find_pair(seller, offer_id, warehouse_id, false);
    if (!pair) return false;
    *free_stock = pair->free;
    *reserved = pair->reserved;
    return true;
}

bool ozon_stock_set(struct ozon_seller *seller, const char *offer_id, int64_t warehouse_id,
                    int64_t free_stock, int64_t now_ms)
{
    struct ozon_pair *pair = find_pair(seller, offer_id, warehouse_id, true);
    if (!pair) return false;
    pair->free = free_stock;
    pair->updated_ms = now_ms;
    return true;
}

bool ozon_stock_foreign(struct ozon_seller *seller, const char *offer_id, int64_t warehouse_id,
                        int64_t free_stock, int64_t now_ms)
{
    if (!ozon_stock_set(seller, offer_id, warehouse_id, free_stock, now_ms)) return false;
    find_pair(seller, offer_id, warehouse_id, false)->written_ms = now_ms;
    return true;
}

bool ozon_product_in_stock(const struct ozon_seller *seller, size_t product, bool own)
{
    for (size_t i = 0; i < seller->warehouse_count; i++) {
        const struct ozon_warehouse *warehouse = &seller->warehouses[i];
        const struct ozon_pair *pair = ozon_pair_get(warehouse, product);
        if (pair && ozon_kind_own(warehouse->kind) == own && pair->free + pair->reserved > 0)
            return true;
    }
    return false;
}

uint64_t ozon_write_count(const struct ozon *ozon)
{
    return ozon->write_count;
}

const struct ozon_write *ozon_write_get(const struct ozon *ozon, uint64_t seq)
{
    if (seq == 0 || seq > ozon->write_count || seq + OZON_WRITES <= ozon->write_count) return NULL;
    return &ozon->writes[seq % OZON_WRITES];
}
