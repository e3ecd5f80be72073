/* Queries: the stock of a product, its history, how much is counted. */
#include "query/rows.h"

#include "base/mem.h"

static enum status load_stock(struct query *query, uint64_t product, struct query_stock *row)
{
    uint8_t key[12];
    bytes_put_u64(key, product);
    bytes_put_u32(key + 8, row->warehouse->no);
    struct bytes value;
    enum status status = store_get(query->txn, TABLE_STOCK, bytes_of(key, sizeof key), &value);
    row->counted = status == ST_OK;
    if (status != ST_OK) return query_failed(query, status, TABLE_STOCK);
    if (value.size != sizeof row->stock) return query_damaged(query, TABLE_STOCK);
    memcpy(&row->stock, value.data, sizeof row->stock);
    row->available = row->stock.on_hand - row->stock.reserved;
    return ST_OK;
}

enum status query_stock(struct query *query, struct bytes sku, struct query_stock_total *total,
                        bool (*row)(void *ctx, const struct query_stock *stock), void *ctx)
{
    struct query_stock_total sum = {0};
    enum status status = query_find_product(query, sku, &sum.product);
    bool more = row != NULL;
    for (uint32_t i = 0; i < query->directory->warehouse_count && status == ST_OK; i++) {
        struct query_stock one = {.warehouse = &query->directory->warehouses[i]};
        status = load_stock(query, sum.product, &one);
        if (status != ST_OK) break;
        sum.counted += one.counted;
        sum.uncounted += !one.counted;
        sum.on_hand += one.stock.on_hand;
        sum.reserved += one.stock.reserved;
        if (more) more = row(ctx, &one);
    }
    if (total) *total = sum;
    return status;
}

/* ---- history: one cursor per warehouse, each going back; the newest entry of all is next */

struct past {
    struct store_cursor *cursor; /* NULL: at its end */
    const struct directory_warehouse *warehouse;
    struct bytes key, value;
};

enum { LEDGER_KEY = 24, LEDGER_PAIR = 12, LEDGER_PLACE = 12 }; /* a place: seq u64, n u32 */

static void past_look(struct past *past, enum status status, const uint8_t *pair)
{
    if (status == ST_OK && past->key.size == LEDGER_KEY &&
        memcmp(past->key.data, pair, LEDGER_PAIR) == 0)
        return;
    store_cursor_close(past->cursor);
    past->cursor = NULL;
}

static void past_open(struct query *query, struct past *past, uint64_t product,
                      const struct directory_warehouse *warehouse, struct bytes before)
{
    uint8_t from[LEDGER_KEY];
    bytes_put_u64(from, product);
    bytes_put_u32(from + 8, warehouse->no);
    if (before.size == LEDGER_PLACE)
        memcpy(from + LEDGER_PAIR, before.data, LEDGER_PLACE);
    else
        memset(from + LEDGER_PAIR, 0xff, LEDGER_PLACE);
    past->warehouse = warehouse;
    past->cursor = store_cursor(query->txn, TABLE_LEDGER);
    store_seek(past->cursor, bytes_of(from, sizeof from), NULL, NULL);
    past_look(past, store_prev(past->cursor, &past->key, &past->value), from);
}

static void past_back(struct past *past)
{
    uint8_t pair[LEDGER_PAIR];
    memcpy(pair, past->key.data, sizeof pair);
    past_look(past, store_prev(past->cursor, &past->key, &past->value), pair);
}

static const uint8_t *past_place(const struct past *past)
{
    return (const uint8_t *)past->key.data + LEDGER_PAIR;
}

static struct past *newest(struct past *pasts, uint32_t count)
{
    struct past *best = NULL;
    for (uint32_t i = 0; i < count; i++)
        if (pasts[i].cursor &&
            (!best || memcmp(past_place(&pasts[i]), past_place(best), LEDGER_PLACE) > 0))
            best = &pasts[i];
    return best;
}

static enum status read_entry(struct query *query, const struct past *past,
                              struct query_ledger *row)
{
    struct bytes value;
    struct command_view command;
    *row = (struct query_ledger){.warehouse = past->warehouse,
                                 .sequence = bytes_get_u64(past_place(past))};
    if (past->value.size != sizeof row->entry) return query_damaged(query, TABLE_LEDGER);
    memcpy(&row->entry, past->value.data, sizeof row->entry);
    enum status status =
        store_get(query->txn, TABLE_COMMAND, bytes_of(past_place(past), 8), &value);
    if (status != ST_OK) return query_failed(query, status, TABLE_COMMAND);
    if (command_read(value, &command) != ST_OK) return query_damaged(query, TABLE_COMMAND);
    row->command_kind = command.kind;
    row->group = command.group;
    row->actor = command.actor;
    return ST_OK;
}

static enum status give_entries(struct query *query, struct past *pasts, uint32_t count,
                                struct query_page *page,
                                bool (*row)(void *ctx, const struct query_ledger *entry), void *ctx)
{
    uint32_t limit = page->limit ? page->limit : QUERY_PAGE_DEFAULT;
    if (limit > QUERY_PAGE_MAX) limit = QUERY_PAGE_MAX;
    uint8_t last[LEDGER_PLACE] = {0};
    page->next_size = 0;
    struct past *past;
    for (uint32_t given = 0; (past = newest(pasts, count)) != NULL; given++) {
        if (given == limit) {
            memcpy(page->next, last, sizeof last);
            page->next_size = sizeof last;
            break;
        }
        struct query_ledger entry;
        enum status status = read_entry(query, past, &entry);
        if (status != ST_OK) return status;
        memcpy(last, past_place(past), sizeof last);
        if (!row(ctx, &entry)) break;
        past_back(past);
    }
    return store_failed(query->txn, query->error);
}

enum status query_ledger(struct query *query, struct bytes sku, struct bytes warehouse,
                         struct query_page *page,
                         bool (*row)(void *ctx, const struct query_ledger *entry), void *ctx)
{
    const struct directory *d = query->directory;
    const struct directory_warehouse *only = NULL;
    uint64_t product;
    enum status status = query_find_product(query, sku, &product);
    if (status != ST_OK) return status;
    if (page->from.size && page->from.size != LEDGER_PLACE)
        return error_set(query->error, ST_INVALID,
                         "that place is not one of this list; begin at its beginning");
    if (warehouse.size && !(only = directory_warehouse_by_key(d, warehouse)))
        return error_set(query->error, ST_NOT_FOUND, "there is no warehouse '%.*s'",
                         (int)warehouse.size, (const char *)warehouse.data);
    struct past *pasts = mem_array(d->warehouse_count + 1, sizeof *pasts);
    uint32_t count = 0;
    for (uint32_t i = 0; i < d->warehouse_count; i++)
        if (!only || only == &d->warehouses[i])
            past_open(query, &pasts[count++], product, &d->warehouses[i], page->from);
    status = give_entries(query, pasts, count, page, row, ctx);
    for (uint32_t i = 0; i < count; i++)
        if (pasts[i].cursor) store_cursor_close(pasts[i].cursor);
    mem_free(pasts);
    return status;
}

enum status query_counted(struct query *query, struct query_count *counts)
{
    const struct directory *d = query->directory;
    bool whole = true;
    for (uint32_t w = 0; w < d->warehouse_count; w++)
        counts[w] = (struct query_count){0};
    struct bytes key;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_STOCK);
    enum status status = store_next(cursor, &key, NULL);
    for (uint32_t seen = 0; status == ST_OK && whole; seen++) {
        whole = seen < QUERY_COUNT_MAX;
        uint32_t no = key.size == 12 ? bytes_get_u32((const uint8_t *)key.data + 8) : 0;
        for (uint32_t w = 0; w < d->warehouse_count && whole; w++)
            counts[w].count += d->warehouses[w].no == no;
        status = store_next(cursor, &key, NULL);
    }
    store_cursor_close(cursor);
    for (uint32_t w = 0; w < d->warehouse_count; w++)
        counts[w].whole = whole;
    return query_failed(query, status, TABLE_STOCK);
}
