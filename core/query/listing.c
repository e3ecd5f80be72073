/* Queries: listings, conflicts, and what was observed of a listing. */
#include "query/rows.h"

#include <strings.h>

#include "base/wire.h"

static const char *mapped_by(const struct query_listing *l)
{
    if (l->listing.product == 0) return NULL;
    if (l->listing.by_hand) return "hand";
    for (uint32_t i = 0; i < l->listing.key_count; i++)
        if (bytes_equal(l->listing.keys[i].kind, bytes_text("sku")) &&
            bytes_equal(l->listing.keys[i].value, l->sku))
            return "sku";
    return "barcode";
}

static enum status complete(struct query *query, uint32_t account, uint64_t number,
                            struct query_listing *l)
{
    l->account = directory_account(query->directory, account);
    l->number = number;
    l->sku = l->listing.product ? query_sku(query, l->listing.product) : bytes_of("", 0);
    l->mapped_by = mapped_by(l);
    l->outdated = l->account && l->listing.epoch != l->account->epoch;
    return l->account ? ST_OK : query_damaged(query, TABLE_LISTING);
}

/* ST_NOT_FOUND without a sentence. */
static enum status load(struct query *query, uint32_t account, uint64_t number,
                        struct query_listing *l)
{
    enum status status = query_load_listing(query, account, number, &l->listing);
    return status == ST_OK ? complete(query, account, number, l) : status;
}

enum status query_listing(struct query *query, struct bytes account, struct bytes id,
                          struct query_listing *listing)
{
    const struct directory_account *of;
    enum status status = query_find_account(query, account, &of);
    if (status != ST_OK) return status;
    struct key key = {0};
    struct bytes value;
    key_u32(&key, of->no);
    if (id.size <= KEY_TEXT_MAX) key_add(&key, id);
    status = id.size && id.size <= KEY_TEXT_MAX
                 ? store_get(query->txn, TABLE_LISTING_ID, key_bytes(&key), &value)
                 : ST_NOT_FOUND;
    if (status == ST_OK && value.size == 8)
        status = load(query, of->no, bytes_get_u64(value.data), listing);
    if (status == ST_NOT_FOUND)
        return error_set(query->error, ST_NOT_FOUND, "account '%s' has no listing '%.*s'", of->name,
                         (int)id.size, (const char *)id.data);
    return query_failed(query, status, TABLE_LISTING);
}

/* ---- lists: of a product by its index, otherwise by account and number */

struct filtering {
    const struct query_listings *filter;
    bool (*row)(void *ctx, const struct query_listing *listing);
    void *ctx;
};

static bool holds(struct bytes in, struct bytes what)
{
    for (size_t at = 0; at + what.size <= in.size; at++)
        if (strncasecmp((const char *)in.data + at, what.data, what.size) == 0) return true;
    return false;
}

static bool passes(const struct query_listings *f, const struct listing_view *l)
{
    if (f->state >= 0 && (int)l->state != f->state) return false;
    if (f->code.size && !bytes_equal(f->code, l->code)) return false;
    if (f->text.size && !holds(l->title, f->text) && !holds(l->code, f->text) &&
        !holds(l->text, f->text) && !holds(l->group, f->text))
        return false;
    return f->mapped == MAPPED_ANY || (f->mapped == MAPPED_YES) == (l->product != 0);
}

static bool has_conflict(struct query *query, uint32_t account, uint64_t listing)
{
    struct key key = {0};
    struct bytes unused;
    key_u32(&key, account);
    key_u64(&key, listing);
    return store_get(query->txn, TABLE_CONFLICT, key_bytes(&key), &unused) == ST_OK;
}

static enum look give(struct query *query, const struct filtering *f, uint32_t account,
                      uint64_t number, struct query_listing *l)
{
    if (!passes(f->filter, &l->listing)) return LOOK_SKIP;
    if (f->filter->conflict && !has_conflict(query, account, number)) return LOOK_SKIP;
    if (complete(query, account, number, l) != ST_OK) return LOOK_BROKEN;
    return f->row(f->ctx, l) ? LOOK_GIVEN : LOOK_STOP;
}

static enum look look_listing(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    struct query_listing l;
    if (key.size != 12 || listing_read(value, &l.listing) != ST_OK)
        return query_damaged(query, TABLE_LISTING), LOOK_BROKEN;
    const uint8_t *at = key.data;
    return give(query, ctx, bytes_get_u32(at), bytes_get_u64(at + 4), &l);
}

static enum look look_of_product(struct query *query, void *ctx, struct bytes key,
                                 struct bytes value)
{
    (void)value;
    struct query_listing l;
    const uint8_t *at = key.data;
    if (key.size != 20) return query_damaged(query, TABLE_LISTING_PRODUCT), LOOK_BROKEN;
    uint32_t account = bytes_get_u32(at + 8);
    uint64_t number = bytes_get_u64(at + 12);
    if (query_load_listing(query, account, number, &l.listing) != ST_OK)
        return query_damaged(query, TABLE_LISTING), LOOK_BROKEN;
    return give(query, ctx, account, number, &l);
}

enum status query_listings(struct query *query, const struct query_listings *filter,
                           struct query_page *page,
                           bool (*row)(void *ctx, const struct query_listing *listing), void *ctx)
{
    struct filtering f = {filter, row, ctx};
    const struct directory_account *account = NULL;
    struct key prefix = {0};
    uint64_t product = 0;
    page->next_size = 0;
    enum status status = query_find_named(query, query_find_account, filter->account, filter->sku,
                                          &account, &product);
    if (status != ST_OK) return status;
    if (product) key_u64(&prefix, product);
    if (account) key_u32(&prefix, account->no);
    return query_walk(query, product ? TABLE_LISTING_PRODUCT : TABLE_LISTING, key_bytes(&prefix),
                      page, product ? look_of_product : look_listing, &f);
}

/* ---- conflicts */

struct conflicting {
    bool (*row)(void *ctx, const struct query_conflict *conflict);
    void *ctx;
};

static enum look look_conflict(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    const struct conflicting *to = ctx;
    struct query_conflict c;
    struct wire_reader r = wire_reader(value);
    const uint8_t *at = key.data;
    c.code = wire_get_bytes(&r);
    c.value = wire_get_bytes(&r);
    c.since_ms = wire_get_i64(&r);
    if (!r.ok || key.size != 12 ||
        load(query, bytes_get_u32(at), bytes_get_u64(at + 4), &c.listing) != ST_OK)
        return query_damaged(query, TABLE_CONFLICT), LOOK_BROKEN;
    return to->row(to->ctx, &c) ? LOOK_GIVEN : LOOK_STOP;
}

enum status query_conflicts(struct query *query, struct bytes account, struct query_page *page,
                            bool (*row)(void *ctx, const struct query_conflict *conflict),
                            void *ctx)
{
    struct conflicting to = {row, ctx};
    const struct directory_account *of = NULL;
    struct key prefix = {0};
    enum status status = account.size ? query_find_account(query, account, &of) : ST_OK;
    if (status != ST_OK) return status;
    if (of) key_u32(&prefix, of->no);
    return query_walk(query, TABLE_CONFLICT, key_bytes(&prefix), page, look_conflict, &to);
}

struct gathering {
    struct query_product *products;
    uint32_t max, count;
};

static bool gather(void *ctx, const struct query_product *product)
{
    struct gathering *to = ctx;
    if (to->count < to->max) to->products[to->count++] = *product;
    return to->count < to->max;
}

enum status query_conflict_products(struct query *query, const struct query_conflict *conflict,
                                    struct query_product *products, uint32_t max, uint32_t *count)
{
    struct gathering to = {products, max, 0};
    struct query quiet = *query;
    struct query_product one;
    struct query_page page = {.limit = max};
    quiet.error = NULL;
    *count = 0;
    if (max == 0) return ST_OK;
    if (query_product(&quiet, conflict->value, &one) == ST_OK) gather(&to, &one);
    enum status status = to.count < max
                             ? query_products_by_barcode(query, conflict->value, &page, gather, &to)
                             : ST_OK;
    *count = to.count;
    return status;
}

/* ---- observed */

enum status query_observed(struct query *query, uint32_t account, uint64_t listing,
                           bool (*row)(void *ctx, const struct query_observed *observed), void *ctx)
{
    struct key prefix = {0};
    key_u32(&prefix, account);
    key_u64(&prefix, listing);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_OBSERVED);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    while (status == ST_OK && key_starts(key, key_bytes(&prefix))) {
        struct query_observed one;
        const uint8_t *at = key.data;
        if (key.size < 16 || value.size != sizeof one.observed) {
            status = ST_DAMAGED;
            break;
        }
        one.remote = directory_remote(query->directory, account, bytes_get_u32(at + 12));
        one.type = bytes_of(at + 16, key.size - 16);
        memcpy(&one.observed, value.data, sizeof one.observed);
        if (one.remote && !row(ctx, &one)) break;
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return query_failed(query, status, TABLE_OBSERVED);
}
