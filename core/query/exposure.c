/* Exposure to oversells, from order lines and targets. */
#include "query/exposure.h"

#include "base/mem.h"
#include "engine/rule.h"
#include "query/rows.h"

#include <stdlib.h>

enum { DAY_MS = 24 * 60 * 60 * 1000, NINE_TENTHS = 9, TENTHS = 10 };
#define SPAN_MS ((int64_t)EXPOSURE_DAYS * DAY_MS)

__extension__ typedef __int128 wide;

/* ---- visibility of a source */

struct lag {
    uint32_t source;
    int64_t ms;
};

struct lags {
    struct lag *list;
    size_t count;
};

static int by_number(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int64_t measure(struct query *query, uint32_t source)
{
    int64_t *samples = mem_array(EXPOSURE_SAMPLES_MAX, sizeof *samples), ms = EXPOSURE_ASSUMED_MS;
    size_t count = 0;
    struct key prefix = {0};
    struct bytes key, value;
    key_u32(&prefix, source);
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_ORDER_OPEN);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, key_bytes(&prefix)) && count < EXPOSURE_SAMPLES_MAX;
         status = store_next(cursor, &key, &value)) {
        struct order_view order;
        if (store_get(query->txn, TABLE_ORDER_LINE, key, &value) != ST_OK ||
            order_read(value, &order) != ST_OK || !order.ordered_ms || order.exempt)
            continue;
        int64_t took = order.first_ms - order.ordered_ms;
        samples[count++] = took > 0 ? took : 0;
    }
    store_cursor_close(cursor);
    if (count >= EXPOSURE_SAMPLES) {
        qsort(samples, count, sizeof *samples, by_number);
        ms = samples[(count - 1) * NINE_TENTHS / TENTHS];
    }
    mem_free(samples);
    return ms;
}

static int64_t lag_of(struct query *query, struct lags *lags, uint32_t source)
{
    for (size_t i = 0; i < lags->count; i++)
        if (lags->list[i].source == source) return lags->list[i].ms;
    lags->list = mem_resize(lags->list, (lags->count + 1) * sizeof *lags->list);
    struct lag *lag = &lags->list[lags->count++];
    *lag = (struct lag){source, measure(query, source)};
    return lag->ms;
}

/* ---- what sold where */

struct sale {
    uint32_t source, warehouse;
    int64_t pieces;
};

struct sales {
    struct sale *list;
    size_t count, room;
};

static bool is_recent(const struct order_view *o, int64_t now_ms)
{
    return o->ordered_ms > now_ms - SPAN_MS && o->ordered_ms <= now_ms && !o->exempt;
}

static void add_sale(struct sales *sales, uint32_t source, const struct order_part *part)
{
    int64_t pieces = part->reserved + part->shipped;
    for (size_t i = 0; i < sales->count; i++) {
        struct sale *sale = &sales->list[i];
        if (sale->source != source || sale->warehouse != part->warehouse) continue;
        sale->pieces += pieces;
        return;
    }
    if (sales->count == sales->room) {
        sales->room = sales->room ? 2 * sales->room : 16;
        sales->list = mem_resize(sales->list, sales->room * sizeof *sales->list);
    }
    sales->list[sales->count++] = (struct sale){source, part->warehouse, pieces};
}

static enum status read_sales(struct query *query, uint64_t product, int64_t now_ms,
                              struct sales *sales)
{
    struct key prefix = {0};
    struct bytes key, value;
    sales->count = 0;
    key_u64(&prefix, product);
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_ORDER_PRODUCT);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, key_bytes(&prefix)) && key.size > 12;
         status = store_next(cursor, &key, &value)) {
        struct order_view order;
        struct bytes line = bytes_of((const char *)key.data + 8, key.size - 8);
        if (store_get(query->txn, TABLE_ORDER_LINE, line, &value) != ST_OK ||
            order_read(value, &order) != ST_OK || !is_recent(&order, now_ms))
            continue;
        for (uint32_t i = 0; i < order.part_count; i++)
            if (order.parts[i].product == product)
                add_sale(sales, bytes_get_u32(line.data), &order.parts[i]);
    }
    store_cursor_close(cursor);
    return query_failed(query, status, TABLE_ORDER_PRODUCT);
}

/* ---- the account */

static bool feeds(const struct directory *d, uint32_t warehouse, uint32_t account)
{
    for (uint32_t i = 0; i < d->link_count; i++)
        if (d->links[i].account == account && d->links[i].warehouse == warehouse) return true;
    return false;
}

static int64_t propagation_of(const struct target_record *r, int64_t now_ms)
{
    bool there = r->flags & TARGET_ACKED && r->acked_value == r->wanted_value;
    if (!(r->flags & TARGET_WANTED)) return 0;
    if (!there) return now_ms > r->wanted_ms ? now_ms - r->wanted_ms : 0;
    return r->acked_ms > r->wanted_ms ? r->acked_ms - r->wanted_ms : 0;
}

static enum status read_buffer(struct query *query, struct exposure *e, int64_t now_ms,
                               int64_t *pack)
{
    struct rule rule;
    struct rule_steps steps;
    int64_t sold = 0;
    enum status status = rule_find(query->txn, e->product, e->account, &rule);
    const struct directory *d = query->directory;
    for (uint32_t i = 0; i < d->warehouse_count && status == ST_OK && rule.days; i++) {
        int64_t there = 0, oldest = now_ms;
        if (!feeds(d, d->warehouses[i].no, e->account)) continue;
        status = rule_sold(query->txn, e->product, d->warehouses[i].no, now_ms, rule.days, &there,
                           &oldest);
        sold += there;
    }
    if (status != ST_OK) return query_failed(query, status, TABLE_RULE);
    rule_apply(&rule, 0, sold, &steps);
    e->buffer = steps.buffer * rule.pack;
    *pack = rule.pack;
    return ST_OK;
}

static void compute(struct query *query, struct lags *lags, const struct sales *sales,
                    struct exposure *e)
{
    wide lost = 0, seen = 0; /* pieces x ms */
    for (size_t i = 0; i < sales->count; i++) {
        const struct sale *sale = &sales->list[i];
        if (sale->source == e->account || !feeds(query->directory, sale->warehouse, e->account))
            continue;
        int64_t lag = lag_of(query, lags, sale->source);
        e->sold += sale->pieces;
        seen += (wide)sale->pieces * lag;
        lost += (wide)sale->pieces * (lag + e->propagation_ms);
    }
    if (e->sold > 0) e->visibility_ms = (int64_t)(seen / e->sold);
    wide milli = lost * EXPOSURE_MILLI / SPAN_MS - (wide)e->buffer * EXPOSURE_MILLI;
    wide most = (wide)e->shown * EXPOSURE_MILLI;
    e->milli = milli <= 0 ? 0 : (int64_t)(milli < most ? milli : most);
}

/* The targets of one account stand together; of several the slowest counts. */
static void add_target(struct exposure *e, const struct target_record *r, int64_t now_ms)
{
    int64_t took = propagation_of(r, now_ms);
    int64_t shown = r->flags & TARGET_ACKED      ? r->acked_value
                    : r->flags & TARGET_OBSERVED ? r->observed_value
                                                 : 0;
    if (took > e->propagation_ms) e->propagation_ms = took;
    if (shown > e->shown) e->shown = shown; /* packs; made pieces when the pack is known */
}

struct giving {
    struct query *query;
    struct lags *lags;
    struct sales sales;
    int64_t now_ms;
    bool (*each)(void *ctx, const struct exposure *exposure);
    void *ctx;
    bool stopped;
};

static enum status give(struct giving *g, struct exposure *e)
{
    int64_t pack = 1;
    if (!e->account || g->stopped) return ST_OK;
    enum status status = read_buffer(g->query, e, g->now_ms, &pack);
    if (status != ST_OK) return status;
    e->shown *= pack;
    compute(g->query, g->lags, &g->sales, e);
    if (e->sold > 0) g->stopped = !g->each(g->ctx, e);
    return ST_OK;
}

static enum status give_product(struct giving *g, uint64_t product)
{
    struct key prefix = {0};
    struct bytes key, value;
    struct exposure e = {.product = product};
    enum status status = read_sales(g->query, product, g->now_ms, &g->sales);
    if (status != ST_OK || g->sales.count == 0) return status;
    key_u64(&prefix, product);
    struct store_cursor *cursor = store_cursor(g->query->txn, TABLE_TARGET);
    status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, key_bytes(&prefix)) && key.size == TARGET_KEY_SIZE;
         status = store_next(cursor, &key, &value)) {
        const struct target_id id = target_key_read(key.data);
        struct target_record record;
        if (target_record_read(value, &record, NULL) != ST_OK) continue;
        if (id.account != e.account) {
            enum status given = give(g, &e);
            if (given != ST_OK) status = given;
            if (status != ST_OK) break;
            e = (struct exposure){.product = product, .account = id.account};
        }
        add_target(&e, &record, g->now_ms);
    }
    store_cursor_close(cursor);
    status = query_failed(g->query, status, TABLE_TARGET);
    return status == ST_OK ? give(g, &e) : status;
}

enum status query_exposure(struct query *query, uint64_t product, int64_t now_ms,
                           bool (*each)(void *ctx, const struct exposure *exposure), void *ctx)
{
    struct lags lags = {0};
    struct giving g = {.query = query, .lags = &lags, .now_ms = now_ms, .each = each, .ctx = ctx};
    enum status status = give_product(&g, product);
    mem_free(lags.list);
    mem_free(g.sales.list);
    return status;
}

/* ---- all of them */

struct products {
    uint64_t *list;
    size_t count, room;
};

static int by_product(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Those of recent lines, each once. */
static enum status read_products(struct query *query, int64_t now_ms, struct products *products,
                                 bool *whole)
{
    struct bytes key, value;
    int64_t left = EXPOSURE_LINES_MAX;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_ORDER_LINE);
    enum status status = store_next(cursor, &key, &value);
    for (; status == ST_OK && left > 0; left--, status = store_next(cursor, &key, &value)) {
        struct order_view order;
        if (order_read(value, &order) != ST_OK || !is_recent(&order, now_ms)) continue;
        for (uint32_t i = 0; i < order.part_count; i++) {
            if (products->count == products->room) {
                products->room = products->room ? 2 * products->room : 256;
                products->list =
                    mem_resize(products->list, products->room * sizeof *products->list);
            }
            products->list[products->count++] = order.parts[i].product;
        }
    }
    store_cursor_close(cursor);
    *whole = status != ST_OK;
    size_t kept = 0;
    if (products->count) qsort(products->list, products->count, sizeof *products->list, by_product);
    for (size_t i = 0; i < products->count; i++)
        if (!kept || products->list[kept - 1] != products->list[i])
            products->list[kept++] = products->list[i];
    products->count = kept;
    return query_failed(query, status, TABLE_ORDER_LINE);
}

struct gathering {
    struct exposures *to;
    size_t room;
};

static bool gather(void *ctx, const struct exposure *e)
{
    struct gathering *g = ctx;
    if (e->milli <= 0) return true;
    if (g->to->count == g->room) {
        g->room = g->room ? 2 * g->room : 64;
        g->to->list = mem_resize(g->to->list, g->room * sizeof *g->to->list);
    }
    g->to->list[g->to->count++] = *e;
    return true;
}

/* The worst first, and in a fixed order. */
static int by_exposure(const void *a, const void *b)
{
    const struct exposure *x = a, *y = b;
    if (x->milli != y->milli) return x->milli > y->milli ? -1 : 1;
    if (x->product != y->product) return x->product < y->product ? -1 : 1;
    return (x->account > y->account) - (x->account < y->account);
}

enum status query_exposures(struct query *query, int64_t now_ms, struct exposures *exposures)
{
    struct lags lags = {0};
    struct products products = {0};
    *exposures = (struct exposures){0};
    struct gathering gathering = {.to = exposures};
    struct giving g = {
        .query = query, .lags = &lags, .now_ms = now_ms, .each = gather, .ctx = &gathering};
    enum status status = read_products(query, now_ms, &products, &exposures->whole);
    for (size_t i = 0; i < products.count && status == ST_OK; i++)
        status = give_product(&g, products.list[i]);
    if (exposures->count)
        qsort(exposures->list, exposures->count, sizeof *exposures->list, by_exposure);
    mem_free(lags.list);
    mem_free(g.sales.list);
    mem_free(products.list);
    return status;
}
