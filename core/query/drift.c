/* Queries: figures that were read and are not what should be there. */
#include "query/drift.h"

#include "engine/drift_rows.h"
#include "query/rows.h"

struct filtering {
    uint32_t account; /* 0: any */
    uint64_t product; /* 0: any */
    bool (*row)(void *ctx, const struct query_drift *drift);
    void *ctx;
};

static enum status add_names(struct query *query, struct query_drift *to)
{
    struct listing_view listing;
    struct query_target target;
    struct query_target_memory memory;
    to->account = directory_account(query->directory, to->id.account);
    to->remote = directory_remote(query->directory, to->id.account, to->id.remote);
    to->sku = query_sku(query, to->id.product);
    enum status status = query_load_listing(query, to->id.account, to->id.listing, &listing);
    if (status != ST_OK && status != ST_NOT_FOUND) return status;
    if (status == ST_OK) to->listing = listing.id;
    if (to->drift.end != DRIFT_OPEN) return ST_OK;
    status = query_target(query, &to->id, &memory, &target);
    if (status == ST_OK && target.state != STATE_SYNCED) to->why = target.why;
    return status == ST_NOT_FOUND ? ST_OK : status;
}

static enum look give(struct query *query, const struct filtering *f, const struct target_id *id,
                      int64_t opened_ms)
{
    struct query_drift to = {.id = *id};
    if (f->account && id->account != f->account) return LOOK_SKIP;
    if (f->product && id->product != f->product) return LOOK_SKIP;
    if (drift_load(query->txn, id, opened_ms, &to.drift) != ST_OK)
        return query_damaged(query, TABLE_DRIFT), LOOK_BROKEN;
    if (add_names(query, &to) != ST_OK) return LOOK_BROKEN;
    return f->row(f->ctx, &to) ? LOOK_GIVEN : LOOK_STOP;
}

static enum look look_open(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    if (key.size != DRIFT_OPEN_KEY_SIZE || value.size != 8)
        return query_damaged(query, TABLE_DRIFT_OPEN), LOOK_BROKEN;
    struct target_id id = target_key_read((const uint8_t *)key.data + 4);
    return give(query, ctx, &id, (int64_t)bytes_get_u64(value.data));
}

static enum look look_row(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    (void)value;
    if (key.size != DRIFT_KEY_SIZE) return query_damaged(query, TABLE_DRIFT), LOOK_BROKEN;
    struct target_id id = target_key_read((const uint8_t *)key.data + 12);
    uint64_t newest = bytes_get_u64((const uint8_t *)key.data + 4);
    return give(query, ctx, &id, drift_opened(newest));
}

static enum look look_target(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    (void)value;
    if (key.size != DRIFT_TARGET_KEY_SIZE)
        return query_damaged(query, TABLE_DRIFT_TARGET), LOOK_BROKEN;
    struct target_id id = target_key_read(key.data);
    uint64_t newest = bytes_get_u64((const uint8_t *)key.data + TARGET_KEY_SIZE);
    return give(query, ctx, &id, drift_opened(newest));
}

enum status query_drifts(struct query *query, const struct query_drifts *filter,
                         struct query_page *page,
                         bool (*row)(void *ctx, const struct query_drift *drift), void *ctx)
{
    struct filtering f = {.row = row, .ctx = ctx};
    const struct directory_account *account = NULL;
    struct key prefix = {0};
    enum status status = ST_OK;
    page->next_size = 0;
    if (filter->account.size) status = query_find_account(query, filter->account, &account);
    if (status == ST_OK && filter->sku.size)
        status = query_find_product(query, filter->sku, &f.product);
    if (status != ST_OK) return status;
    if (account) f.account = account->no;
    if (filter->all && f.product) {
        key_u64(&prefix, f.product);
        if (f.account) key_u32(&prefix, f.account);
        return query_walk(query, TABLE_DRIFT_TARGET, key_bytes(&prefix), page, look_target, &f);
    }
    if (f.account) key_u32(&prefix, f.account);
    if (filter->all) return query_walk(query, TABLE_DRIFT, key_bytes(&prefix), page, look_row, &f);
    if (f.account && f.product) key_u64(&prefix, f.product);
    return query_walk(query, TABLE_DRIFT_OPEN, key_bytes(&prefix), page, look_open, &f);
}

enum status query_drift_count(struct query *query, uint32_t account, struct query_count *count)
{
    uint8_t prefix[4];
    bytes_put_u32(prefix, account);
    return query_count_prefix(query, TABLE_DRIFT_OPEN,
                              bytes_of(prefix, account ? sizeof prefix : 0), count);
}
