/* Queries: what an event changed, row by row, and how stock was at a time. Which events there are
 * is in history.c. */
#include "query/history.h"

#include "engine/command.h"
#include "engine/undo.h"
#include "query/rows.h"

/* ---- its rows */

enum status query_event_changes(struct query *query, const struct query_event *event,
                                uint32_t limit,
                                bool (*row)(void *ctx, const struct change_view *change), void *ctx)
{
    struct key prefix = {0};
    struct bytes key, value;
    key_u64(&prefix, event->sequence);
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_CHANGE);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (uint32_t given = 0;
         status == ST_OK && given < limit && key_starts(key, key_bytes(&prefix));) {
        struct change_view change;
        if (change_read(value, &change) != ST_OK) {
            store_cursor_close(cursor);
            return query_damaged(query, TABLE_CHANGE);
        }
        if (!event->product || event->product == change.product || event->product == change.other) {
            if (!row(ctx, &change)) break;
            given++;
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return query_failed(query, status, TABLE_CHANGE);
}

struct figures {
    struct query *query;
    const struct query_event *event;
    uint32_t limit, given;
    bool (*row)(void *ctx, const struct query_event_figure *figure);
    void *ctx;
    bool ended;
    enum status status;
};

static void give_pair(struct figures *f, uint64_t product, uint32_t warehouse)
{
    struct key prefix = key_pair(product, warehouse);
    struct bytes key, value;
    key_u64(&prefix, f->event->sequence);
    struct store_cursor *cursor = store_cursor(f->query->txn, TABLE_LEDGER);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && !f->ended && key_starts(key, key_bytes(&prefix));
         status = store_next(cursor, &key, &value)) {
        struct query_event_figure figure = {
            .product = product, .warehouse = directory_warehouse(f->query->directory, warehouse)};
        if (value.size != sizeof figure.entry) {
            f->status = query_damaged(f->query, TABLE_LEDGER);
            break;
        }
        memcpy(&figure.entry, value.data, sizeof figure.entry);
        f->ended = !f->row(f->ctx, &figure) || ++f->given == f->limit;
    }
    store_cursor_close(cursor);
}

static bool give_changed(void *ctx, const struct change_view *change)
{
    struct figures *f = ctx;
    if (change->what == CHANGE_FIGURE && change->key.size == 4)
        give_pair(f, change->product, bytes_get_u32(change->key.data));
    return !f->ended && f->status == ST_OK;
}

/* Bulk commands have no row of TABLE_CHANGE for each pair: their own rows tell. */
static enum status give_of_bulk(void *ctx, uint64_t product, uint32_t warehouse)
{
    struct figures *f = ctx;
    give_pair(f, product, warehouse);
    return f->ended ? ST_CANCELLED : f->status;
}

enum status query_event_figures(struct query *query, const struct query_event *event,
                                uint32_t limit,
                                bool (*row)(void *ctx, const struct query_event_figure *figure),
                                void *ctx)
{
    struct figures f = {.query = query,
                        .event = event,
                        .limit = limit,
                        .row = row,
                        .ctx = ctx,
                        .ended = limit == 0};
    const struct directory *d = query->directory;
    if (event->product) {
        for (uint32_t i = 0; i < d->warehouse_count && !f.ended; i++)
            give_pair(&f, event->product, d->warehouses[i].no);
        return f.status;
    }
    enum status status =
        event->command == COMMAND_STOCK_BULK
            ? undo_pairs(query->txn, event->sequence, give_of_bulk, &f, query->error)
            : query_event_changes(query, event, UINT32_MAX, give_changed, &f);
    if (f.ended) status = ST_OK;
    return status == ST_OK ? f.status : status;
}

/* ---- how it was */

static enum status figure_at(struct query *query, uint64_t product, int64_t at_ms,
                             struct query_stock *stock)
{
    struct key pair = key_pair(product, stock->warehouse->no), from = pair;
    struct bytes key, value;
    struct ledger_record entry;
    key_u64(&from, UINT64_MAX);
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_LEDGER);
    store_seek(cursor, key_bytes(&from), NULL, NULL);
    enum status status = store_prev(cursor, &key, &value);
    for (; status == ST_OK && key_starts(key, key_bytes(&pair));
         status = store_prev(cursor, &key, &value)) {
        if (key.size != 24 || value.size != sizeof entry) {
            store_cursor_close(cursor);
            return query_damaged(query, TABLE_LEDGER);
        }
        memcpy(&entry, value.data, sizeof entry);
        if (entry.time_ms > at_ms) continue;
        stock->counted = !entry.gone;
        stock->stock.on_hand = entry.on_hand_after;
        stock->stock.reserved = entry.reserved_after;
        stock->stock.changed_ms = entry.time_ms;
        stock->stock.revision = bytes_get_u64((const uint8_t *)key.data + 12);
        stock->available = entry.on_hand_after - entry.reserved_after;
        break;
    }
    store_cursor_close(cursor);
    return query_failed(query, status, TABLE_LEDGER);
}

enum status query_stock_at(struct query *query, struct bytes sku, int64_t at_ms,
                           bool (*row)(void *ctx, const struct query_stock *stock), void *ctx)
{
    uint64_t product;
    enum status status = query_find_product(query, sku, &product);
    for (uint32_t i = 0; i < query->directory->warehouse_count && status == ST_OK; i++) {
        struct query_stock stock = {.warehouse = &query->directory->warehouses[i]};
        status = figure_at(query, product, at_ms, &stock);
        if (status == ST_OK && !row(ctx, &stock)) break;
    }
    return status;
}
