/* Queries: products by what is said of them and by their stock, brands, duplicates, what hangs on a
 * product. */
#include "query/catalogue.h"

#include "base/mem.h"
#include "query/rows.h"

#include <stdlib.h>

/* ---- filtered */

struct filtering {
    const struct query_product_filter *filter;
    const struct directory_account *account;
    bool (*row)(void *ctx, const struct query_product *product);
    void *ctx;
};

static bool add_stock(void *ctx, const struct query_stock *stock)
{
    *(int64_t *)ctx += stock->counted ? stock->available : 0;
    return true;
}

static enum status fits_stock(struct query *query, const struct query_product_filter *f,
                              struct bytes sku, bool *fits)
{
    *fits = true;
    if (f->least == FIGURE_UNKNOWN && f->most == FIGURE_UNKNOWN) return ST_OK;
    struct query_stock_total total;
    int64_t available = 0;
    enum status status = query_stock(query, sku, &total, add_stock, &available);
    *fits = total.counted > 0 && (f->least == FIGURE_UNKNOWN || available >= f->least) &&
            (f->most == FIGURE_UNKNOWN || available <= f->most);
    return status;
}

static bool note_target(void *ctx, const struct query_target *target)
{
    (void)target;
    *(bool *)ctx = true;
    return false;
}

static enum status fits_state(struct query *query, const struct query_product_filter *f,
                              struct bytes sku, bool *fits)
{
    const struct query_targets targets = {.account = f->account, .sku = sku, .state = f->state};
    struct query_page page = {.limit = 1};
    *fits = f->state < 0;
    return *fits ? ST_OK : query_targets(query, &targets, &page, note_target, fits);
}

static bool has_listing(struct query *query, uint64_t product, uint32_t account)
{
    struct key prefix = {0};
    struct bytes key;
    key_u64(&prefix, product);
    key_u32(&prefix, account);
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_LISTING_PRODUCT);
    bool has = store_seek(cursor, key_bytes(&prefix), &key, NULL) == ST_OK &&
               key_starts(key, key_bytes(&prefix));
    store_cursor_close(cursor);
    return has;
}

static enum look look_filtered(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    const struct filtering *f = ctx;
    struct query_product product;
    bool fits = true;
    if (value.size != 8) return query_damaged(query, TABLE_PRODUCT_SKU), LOOK_BROKEN;
    if (query_product_by_number(query, bytes_get_u64(value.data), &product) != ST_OK)
        return LOOK_BROKEN;
    if (f->filter->brand.size && !bytes_equal(f->filter->brand, product.product.brand))
        return LOOK_SKIP;
    if (f->account && !has_listing(query, product.number, f->account->no)) return LOOK_SKIP;
    enum status status = fits_stock(query, f->filter, key, &fits);
    if (status == ST_OK && fits) status = fits_state(query, f->filter, key, &fits);
    if (status != ST_OK) return LOOK_BROKEN;
    if (!fits) return LOOK_SKIP;
    return f->row(f->ctx, &product) ? LOOK_GIVEN : LOOK_STOP;
}

enum status query_products_filtered(struct query *query, const struct query_product_filter *filter,
                                    struct query_page *page,
                                    bool (*row)(void *ctx, const struct query_product *product),
                                    void *ctx)
{
    struct filtering f = {.filter = filter, .row = row, .ctx = ctx};
    enum status status = ST_OK;
    if (filter->least != FIGURE_UNKNOWN && filter->most != FIGURE_UNKNOWN &&
        filter->least > filter->most)
        return error_set(query->error, ST_INVALID,
                         "the least stock is %lld and the most %lld: no product has at least the "
                         "one and at most the other",
                         (long long)filter->least, (long long)filter->most);
    if (filter->account.size) status = query_find_account(query, filter->account, &f.account);
    if (status != ST_OK) return status;
    return query_walk(query, TABLE_PRODUCT_SKU, filter->prefix, page, look_filtered, &f);
}

/* ---- brands: sorted, so that each is found by halves */

struct brand {
    struct bytes name;
    uint64_t products;
};

struct brands {
    struct brand *list;
    uint32_t count;
};

static enum status count_brand(struct query *query, struct brands *b, struct bytes name)
{
    uint32_t low = 0, high = b->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (bytes_compare(b->list[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < b->count && bytes_equal(b->list[low].name, name)) {
        b->list[low].products++;
        return ST_OK;
    }
    if (b->count == QUERY_BRANDS_MAX)
        return error_set(query->error, ST_TOO_BIG, "there are more than %d different brands",
                         QUERY_BRANDS_MAX);
    memmove(&b->list[low + 1], &b->list[low], (b->count - low) * sizeof *b->list);
    b->list[low] = (struct brand){name, 1};
    b->count++;
    return ST_OK;
}

enum status query_brands(struct query *query,
                         bool (*row)(void *ctx, struct bytes brand, uint64_t products), void *ctx)
{
    struct brands b = {.list = mem_array(QUERY_BRANDS_MAX + 1, sizeof *b.list)};
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_PRODUCT);
    enum status status = store_next(cursor, &key, &value), counted = ST_OK;
    while (status == ST_OK && counted == ST_OK) {
        struct product_view view;
        if (product_read(value, &view) != ST_OK)
            counted = query_damaged(query, TABLE_PRODUCT);
        else
            counted = count_brand(query, &b, view.brand);
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    if (counted == ST_OK) counted = query_failed(query, status, TABLE_PRODUCT);
    for (uint32_t i = 0; i < b.count && counted == ST_OK; i++)
        if (!row(ctx, b.list[i].name, b.list[i].products)) break;
    mem_free(b.list);
    return counted;
}

/* ---- duplicates: neighbours in an index whose keys end with the product's number */

enum { INDEX_TAIL = 9 }; /* 0, product u64 */

struct grouping {
    struct query_duplicate group;
    bool (*row)(void *ctx, const struct query_duplicate *group);
    void *ctx;
    uint32_t given, limit, seen;
    bool full;         /* the page is */
    struct bytes last; /* the value that was looked at last */
};

static int compare_age(const void *x, const void *y)
{
    const struct query_product *a = x, *b = y;
    if (a->product.created_ms != b->product.created_ms)
        return a->product.created_ms < b->product.created_ms ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* One of the page's groups, or none: then there is nothing twice. */
static bool end_group(struct grouping *g)
{
    bool more = true;
    if (g->group.count > 1) {
        qsort(g->group.products, g->group.count, sizeof *g->group.products, compare_age);
        more = g->row(g->ctx, &g->group);
        g->given++;
    }
    g->last = g->group.value;
    g->group.count = 0;
    return more;
}

static enum status add_to_group(struct query *query, struct grouping *g, struct bytes key)
{
    if (g->group.count == QUERY_DUPLICATES_MAX) return ST_OK;
    struct query_product *to = &g->group.products[g->group.count];
    enum status status =
        query_product_by_number(query, bytes_get_u64((const uint8_t *)key.data + key.size - 8), to);
    if (status == ST_OK) g->group.count++;
    return status;
}

static enum status walk_index(struct query *query, enum store_table table, struct bytes after,
                              struct grouping *g)
{
    struct bytes key;
    struct key from = {0};
    key_add(&from, after);
    if (after.size) key_u8(&from, 1); /* behind all of that value */
    struct store_cursor *cursor = store_cursor(query->txn, table);
    enum status status = store_seek(cursor, key_bytes(&from), &key, NULL), added = ST_OK;
    for (; status == ST_OK && added == ST_OK; status = store_next(cursor, &key, NULL), g->seen++) {
        if (key.size < INDEX_TAIL) break;
        struct bytes value = bytes_of(key.data, key.size - INDEX_TAIL);
        bool same = g->group.count && bytes_equal(value, g->group.value);
        if (!same && g->group.count && !end_group(g)) break;
        if (!same && (g->given == g->limit || g->seen >= QUERY_SCAN_MAX)) {
            g->full = true;
            break;
        }
        g->group.value = value;
        added = add_to_group(query, g, key);
    }
    store_cursor_close(cursor);
    if (added != ST_OK) return added;
    if (!g->full && g->group.count) end_group(g);
    return query_failed(query, status, table);
}

/* A place: 0 or 1 for the index, and the value that was looked at last. */
enum status query_duplicates(struct query *query, struct query_page *page,
                             bool (*row)(void *ctx, const struct query_duplicate *group), void *ctx)
{
    static const struct {
        enum store_table table;
        const char *why;
    } indexes[] = {{TABLE_PRODUCT_FOLD, "sku"}, {TABLE_PRODUCT_BARCODE, "barcode"}};
    struct grouping g = {.row = row, .ctx = ctx};
    g.limit = page->limit ? page->limit : QUERY_PAGE_DEFAULT;
    if (g.limit > QUERY_PAGE_MAX) g.limit = QUERY_PAGE_MAX;
    uint8_t first = page->from.size ? *(const uint8_t *)page->from.data : 0;
    struct bytes after = page->from.size
                             ? bytes_of((const uint8_t *)page->from.data + 1, page->from.size - 1)
                             : bytes_of("", 0);
    page->next_size = 0;
    if (first > 1 || after.size > KEY_TEXT_MAX)
        return error_set(query->error, ST_INVALID,
                         "that place is not one of this list; begin at its beginning");
    for (uint8_t i = first; i < 2; i++) {
        g.group.why = indexes[i].why;
        g.last = bytes_of("", 0);
        enum status status =
            walk_index(query, indexes[i].table, i == first ? after : bytes_of("", 0), &g);
        if (status != ST_OK) return status;
        if (!g.full) continue;
        page->next[0] = i;
        memcpy(page->next + 1, g.last.data, g.last.size);
        page->next_size = 1 + g.last.size;
        break;
    }
    return ST_OK;
}

/* ---- what hangs on a product */

enum status query_attached(struct query *query, struct bytes sku, struct query_attached *attached)
{
    struct query_stock_total total;
    struct key prefix = {0};
    *attached = (struct query_attached){0};
    enum status status = query_stock(query, sku, &total, NULL, NULL);
    if (status != ST_OK) return status;
    attached->on_hand = total.on_hand;
    attached->reserved = total.reserved;
    attached->figures = (struct query_count){total.counted, true};
    key_u64(&prefix, total.product);
    status =
        query_count_prefix(query, TABLE_LISTING_PRODUCT, key_bytes(&prefix), &attached->listings);
    if (status == ST_OK)
        status =
            query_count_prefix(query, TABLE_ORDER_PRODUCT, key_bytes(&prefix), &attached->lines);
    if (status == ST_OK)
        status = query_count_prefix(query, TABLE_TARGET, key_bytes(&prefix), &attached->targets);
    return status;
}
