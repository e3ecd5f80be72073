/* Which listings to ask a marketplace about, where it gives no dump of stock. What it answers is
 * applied by observe.c. */
#include "engine/item.h"
#include "engine/select.h"

/* What nobody counts there, and what is there no longer, need not be asked about. */
static bool has_stock(enum listing_state state)
{
    return state != LISTING_DIGITAL && state != LISTING_GONE;
}

static enum status add(struct applying *a, const struct target_id *id,
                       const struct listing_view *listing, struct engine_batch *batch)
{
    struct target target = {.id = *id};
    struct engine_item *item;
    enum status status = ST_OK;
    if (id->product) status = target_load(a->txn, id, &target, a->error);
    if (status == ST_OK) status = item_fill(a, &target, listing, batch, &item);
    return status;
}

static enum status walk(struct applying *a, struct store_cursor *cursor,
                        const struct engine_readings *ask, uint32_t remote,
                        struct engine_batch *batch)
{
    struct key from = {0};
    struct bytes key, value;
    key_u32(&from, ask->account);
    key_u64(&from, ask->after + 1);
    enum status status = store_seek(cursor, key_bytes(&from), &key, &value);
    for (uint32_t scanned = 0; status == ST_OK; scanned++) {
        if (key.size != 12 || bytes_get_u32(key.data) != ask->account) break;
        if (batch->count == ask->most || scanned == ENGINE_SCAN_MAX) {
            batch->more = true;
            break;
        }
        struct listing_view listing;
        if (listing_read(value, &listing) != ST_OK) return ST_DAMAGED;
        batch->last_listing = bytes_get_u64((const uint8_t *)key.data + 4);
        const struct target_id id = {.product = listing.product,
                                     .listing = batch->last_listing,
                                     .account = ask->account,
                                     .remote = remote};
        if (has_stock(listing.state)) status = add(a, &id, &listing, batch);
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    return status;
}

enum status engine_select_readings(struct engine *engine, struct store_txn *txn,
                                   const struct engine_readings *ask, struct engine_batch *batch,
                                   struct error *error)
{
    const struct command as = {.kind = COMMAND_ROWS, .now_ms = ask->now_ms};
    struct applying a = {.engine = engine, .txn = txn, .command = &as, .error = error};
    const struct directory_remote *remote = NULL;
    batch_reset(batch);
    batch->reading = true;
    batch->last_listing = ask->after;
    struct directory *d = engine_directory(engine, txn, error);
    if (!d) return ST_DAMAGED;
    if (ask->remote_id) {
        remote = directory_remote_by_id(d, ask->account, bytes_text(ask->remote_id));
        if (!remote) return ST_OK; /* gone since: nothing to read there */
    }
    struct store_cursor *cursor = store_cursor(txn, TABLE_LISTING);
    enum status status = walk(&a, cursor, ask, remote ? remote->no : 0, batch);
    store_cursor_close(cursor);
    return engine_read_failed(txn, status, "listing", error);
}
