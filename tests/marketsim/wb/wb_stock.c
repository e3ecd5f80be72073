/* Pairs of size and warehouse: what is there, what reads show of it, writes that land late, and the
 * calls by which tests look at stock and change it. */
#include "marketsim/wb/wb_state.h"

#include <stdlib.h>
#include <string.h>

struct wb_pair *wb_pair_get(const struct wb_warehouse *warehouse, size_t size)
{
    if (size >= warehouse->pair_count || !warehouse->pairs[size].exists) return NULL;
    return &warehouse->pairs[size];
}

struct wb_pair *wb_pair_make(struct wb_warehouse *warehouse, size_t size)
{
    if (size >= warehouse->pair_count) {
        size_t count = warehouse->pair_count ? warehouse->pair_count : 64;
        while (count <= size)
            count *= 2;
        warehouse->pairs = market_realloc(warehouse->pairs, count * sizeof(struct wb_pair));
        memset(warehouse->pairs + warehouse->pair_count, 0,
               (count - warehouse->pair_count) * sizeof(struct wb_pair));
        warehouse->pair_count = count;
    }
    struct wb_pair *pair = &warehouse->pairs[size];
    if (!pair->exists) {
        pair->exists = true;
        pair->lag_until_ms = WB_NEVER_MS;
    }
    return pair;
}

int64_t wb_pair_shown(const struct wb_pair *pair, int64_t now_ms)
{
    return now_ms < pair->lag_until_ms ? pair->shown_free : pair->free;
}

void wb_pair_write(const struct wb *wb, struct wb_pair *pair, int64_t stock, int64_t now_ms)
{
    if (wb->settings.read_lag_ms > 0) {
        pair->shown_free = wb_pair_shown(pair, now_ms);
        pair->lag_until_ms = now_ms + wb->settings.read_lag_ms;
    }
    pair->free = stock;
}

/* In the order in which they fall due, so that two late writes of one pair keep their order. */
void wb_late_apply(struct wb *wb, int64_t now_ms)
{
    for (;;) {
        size_t first = wb->late_count;
        for (size_t i = 0; i < wb->late_count; i++)
            if (wb->late[i].due_ms <= now_ms &&
                (first == wb->late_count || wb->late[i].due_ms < wb->late[first].due_ms))
                first = i;
        if (first == wb->late_count) return;
        struct wb_late late = wb->late[first];
        wb->late_count--;
        memmove(&wb->late[first], &wb->late[first + 1],
                (wb->late_count - first) * sizeof(*wb->late));
        struct wb_warehouse *warehouse = &late.seller->warehouses[late.warehouse];
        wb_pair_write(wb, wb_pair_make(warehouse, late.size), late.stock, late.due_ms);
    }
}

static struct wb_pair *find_pair(struct wb_seller *seller, const char *offer, int64_t warehouse_id,
                                 bool make)
{
    size_t size = market_map_get_text(&seller->by_offer, offer);
    size_t warehouse = wb_warehouse_index(seller, warehouse_id);
    if (size == MARKET_MAP_NONE || warehouse == MARKET_MAP_NONE) return NULL;
    return make ? wb_pair_make(&seller->warehouses[warehouse], size)
                : wb_pair_get(&seller->warehouses[warehouse], size);
}

bool wb_stock_get(struct wb_seller *seller, const char *offer, int64_t warehouse_id,
                  int64_t *free_stock, int64_t *reserved)
{
    const struct wb_pair *pair = find_pair(seller, offer, warehouse_id, false);
    if (!pair) return false;
    *free_stock = pair->free;
    *reserved = pair->reserved;
    return true;
}

bool wb_stock_set(struct wb_seller *seller, const char *offer, int64_t warehouse_id,
                  int64_t free_stock)
{
    struct wb_pair *pair = find_pair(seller, offer, warehouse_id, true);
    if (pair) pair->free = free_stock;
    return pair != NULL;
}

uint64_t wb_write_count(const struct wb *wb)
{
    return wb->write_count;
}

const struct wb_write *wb_write_get(const struct wb *wb, uint64_t seq)
{
    if (seq == 0 || seq > wb->write_count || seq + WB_WRITES <= wb->write_count) return NULL;
    return &wb->writes[seq % WB_WRITES];
}
