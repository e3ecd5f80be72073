/* Listing rows: found, loaded, saved, and changed as the marketplace tells. Their keys are in
 * listing_keys.c, which product they are tied to is decided in listing_map.c. */
#include "engine/listing_private.h"

#include "base/mem.h"
#include "engine/apply.h"
#include "engine/route.h"
#include "engine/rows.h"
#include "engine/target.h"

#include <stdio.h>

struct key listing_row_key(uint32_t account, uint64_t listing)
{
    struct key key = {0};
    key_u32(&key, account);
    key_u64(&key, listing);
    return key;
}

enum status listing_find(struct applying *a, uint32_t account, struct bytes id, uint64_t *listing)
{
    *listing = 0;
    if (id.size == 0 || id.size > KEY_TEXT_MAX) return ST_OK;
    struct key key = {0};
    key_u32(&key, account);
    key_add(&key, id);
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_LISTING_ID, key_bytes(&key), &value);
    if (status == ST_OK && value.size == 8) *listing = bytes_get_u64(value.data);
    return engine_read_failed(a->txn, status, "listing_id", a->error);
}

enum status listing_load(struct applying *a, uint32_t account, uint64_t listing, struct buf *memory,
                         struct listing_view *view)
{
    struct key key = listing_row_key(account, listing);
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_LISTING, key_bytes(&key), &value);
    if (status == ST_OK) {
        buf_init(memory, RECORD_MAX);
        buf_add(memory, value.data, value.size);
        status = listing_read(bytes_of(memory->data, memory->size), view);
        if (status != ST_OK) buf_free(memory);
    }
    if (status != ST_OK) {
        engine_read_failed(a->txn, ST_DAMAGED, "listing", a->error);
        return ST_DAMAGED;
    }
    return ST_OK;
}

void listing_save(struct applying *a, uint32_t account, uint64_t listing,
                  const struct listing_view *view)
{
    struct key key = listing_row_key(account, listing);
    struct buf *record = &a->engine->record;
    buf_reset(record);
    listing_write(record, view);
    store_put(a->txn, TABLE_LISTING, key_bytes(&key), bytes_of(record->data, record->size));
}

/* Refreshes the listing's targets when its record is saved. */
enum status listing_refresh(struct applying *a, uint32_t account, uint64_t listing,
                            const struct listing_view *view)
{
    if (!view->product) return ST_OK;
    return target_refresh_listing(a, account, listing, view->product);
}

static enum status listing_make(struct applying *a, uint32_t account, struct listing_view *view)
{
    applying_sequence(a);
    uint64_t listing = ++a->engine->counters.listing;
    a->engine->counters_changed = true;
    struct key key = {0};
    key_u32(&key, account);
    key_add(&key, view->id);
    uint8_t number[8];
    bytes_put_u64(number, listing);
    store_put(a->txn, TABLE_LISTING_ID, key_bytes(&key), bytes_of(number, sizeof number));
    listing_index_keys(a, account, listing, view, true);
    enum status status = listing_map_by_keys(a, account, listing, view);
    if (status != ST_OK) return status;
    listing_save(a, account, listing, view);
    return listing_refresh(a, account, listing, view);
}

static bool listing_equal(const struct listing_view *x, const struct listing_view *y)
{
    return x->state == y->state && bytes_equal(x->group, y->group) &&
           bytes_equal(x->title, y->title) && bytes_equal(x->code, y->code) &&
           bytes_equal(x->text, y->text) && bytes_equal(x->data, y->data) &&
           x->data_version == y->data_version && x->epoch == y->epoch && listing_keys_equal(x, y);
}

/* It is on sale again: what its targets were refused for while it was not is over. */
static enum status listing_back(struct applying *a, uint32_t account, uint64_t listing,
                                uint64_t product)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    enum status status = d ? ST_OK : ST_DAMAGED;
    for (uint32_t i = 0; status == ST_OK && i < d->remote_count; i++) {
        const struct target_id id = {
            .product = product, .listing = listing, .account = account, .remote = d->remotes[i].no};
        struct target t;
        if (d->remotes[i].account != account) continue;
        status = target_load(a->txn, &id, &t, a->error);
        if (status != ST_OK || !t.exists || !(t.record.flags & TARGET_REJECTED)) continue;
        target_try_again(&t);
        target_save(a, &t);
    }
    return status;
}

static enum status listing_change(struct applying *a, uint32_t account, uint64_t listing,
                                  const struct listing_view *old, struct listing_view *view)
{
    view->product = old->product;
    view->former = old->former;
    view->by_hand = old->by_hand;
    bool same_keys = listing_keys_equal(old, view);
    if (listing_equal(old, view) && (view->product || view->by_hand)) return ST_OK;
    enum status status = ST_OK;
    if (!same_keys) {
        listing_index_keys(a, account, listing, old, false);
        listing_index_keys(a, account, listing, view, true);
    }
    if (view->product && !view->by_hand) {
        if (!listing_can_be_target(view->state))
            status = listing_tie(a, account, listing, view, 0);
        else if (!same_keys) /* tied by keys that it no longer has, perhaps */
            status = listing_map_again(a, account, listing, view);
    }
    if (status == ST_OK) status = listing_map_by_keys(a, account, listing, view);
    if (status != ST_OK || (listing_equal(old, view) && view->product == old->product))
        return status;
    applying_sequence(a);
    listing_save(a, account, listing, view);
    bool ended = view->state == LISTING_ENDED && old->state != LISTING_ENDED &&
                 !routes_add(engine_rules(a->engine, account));
    if (view->product && (ended || old->epoch != view->epoch))
        status = target_doubt_listing(a, account, listing, view->product, ended);
    if (status == ST_OK && view->product && view->state == LISTING_ACTIVE &&
        old->state != LISTING_ACTIVE)
        status = listing_back(a, account, listing, view->product);
    if (status == ST_OK) status = listing_refresh(a, account, listing, view);
    bool gone = old->product && view->product != old->product;
    return status == ST_OK && gone ? listing_freed(a, old->product) : status;
}

/* That it has ended, asked for before a figure was taken there, is older than that figure. */
static enum status listing_ended_before(struct applying *a, const struct rows_head *head,
                                        uint64_t listing, const struct listing_view *old,
                                        struct listing_view *view)
{
    bool since = false;
    if (view->state != LISTING_ENDED || old->state == LISTING_ENDED || !old->product ||
        !head->begun_ms)
        return ST_OK;
    enum status status = target_taken_since(a, head, listing, old->product, &since);
    if (!since) return status;
    view->state = old->state;
    view->code = old->code;
    view->text = old->text;
    return status;
}

enum status listing_seen(struct applying *a, const struct rows_head *head,
                         const struct listing_view *seen, bool keep_data)
{
    uint64_t listing;
    const uint32_t account = head->account;
    enum status status = listing_find(a, account, seen->id, &listing);
    if (status != ST_OK) return status;
    struct listing_view view = *seen;
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    const struct directory_account *of = d ? directory_account(d, account) : NULL;
    view.seen_ms = a->command->now_ms;
    view.epoch = of ? of->epoch : 0;
    if (!listing) return listing_make(a, account, &view);
    struct buf memory;
    struct listing_view old;
    status = listing_load(a, account, listing, &memory, &old);
    if (status != ST_OK) return status;
    if (keep_data) {
        view.data = old.data;
        view.data_version = old.data_version;
    }
    status = listing_ended_before(a, head, listing, &old, &view);
    if (status == ST_OK) status = listing_change(a, account, listing, &old, &view);
    buf_free(&memory);
    return status;
}

enum status listing_data_put(struct applying *a, uint32_t account, uint64_t listing,
                             struct bytes data, uint32_t data_version)
{
    struct buf memory;
    struct listing_view view;
    enum status status = listing_load(a, account, listing, &memory, &view);
    if (status != ST_OK) return status;
    if (!bytes_equal(view.data, data) || view.data_version != data_version) {
        applying_sequence(a);
        view.data = data;
        view.data_version = data_version;
        listing_save(a, account, listing, &view);
    }
    buf_free(&memory);
    return ST_OK;
}
