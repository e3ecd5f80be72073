/* Tying listings to products: by their keys when they come, when a product comes, or by hand. What
 * is ambiguous becomes a conflict. */
#include "engine/listing_private.h"

#include "base/mem.h"
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/order.h"
#include "engine/product_private.h"
#include "engine/sku.h"
#include "engine/target.h"

/* ---- conflicts */

/* Writes it unless it is there already: the time of the first sight stays. */
static void conflict_put(struct applying *a, uint32_t account, uint64_t listing, const char *code,
                         struct bytes value)
{
    struct buf record;
    buf_init(&record, RECORD_MAX);
    wire_put_text(&record, code);
    wire_put_bytes(&record, value);
    size_t head = record.size;
    wire_put_i64(&record, a->command->now_ms);
    struct key key = listing_row_key(account, listing);
    struct bytes old;
    bool known = store_get(a->txn, TABLE_CONFLICT, key_bytes(&key), &old) == ST_OK &&
                 old.size >= head && memcmp(old.data, record.data, head) == 0;
    if (!known) {
        applying_sequence(a);
        store_put(a->txn, TABLE_CONFLICT, key_bytes(&key), bytes_of(record.data, record.size));
    }
    buf_free(&record);
}

void listing_conflict_clear(struct applying *a, uint32_t account, uint64_t listing)
{
    struct key key = listing_row_key(account, listing);
    if (store_delete(a->txn, TABLE_CONFLICT, key_bytes(&key)) == ST_OK) applying_sequence(a);
}

/* ---- mapping */

/* Another listing of the account already shows this product: its number, or 0. Those of a catalogue
 * that is no more show nothing. */
static enum status product_taken(struct applying *a, uint64_t product, uint32_t account,
                                 uint64_t listing, uint32_t epoch, uint64_t *by)
{
    struct key prefix = {0};
    key_u64(&prefix, product);
    key_u32(&prefix, account);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_LISTING_PRODUCT);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    *by = 0;
    while (status == ST_OK && key_starts(key, key_bytes(&prefix)) && !*by) {
        uint64_t other = bytes_get_u64((const uint8_t *)key.data + 12);
        struct key at = listing_row_key(account, other);
        struct listing_view view;
        bool read = other != listing &&
                    store_get(a->txn, TABLE_LISTING, key_bytes(&at), &value) == ST_OK &&
                    listing_read(value, &view) == ST_OK;
        if (read && view.epoch == epoch) *by = other;
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, "listing_product", a->error);
}

static void mapping_write(struct applying *a, uint32_t account, uint64_t listing, uint64_t product,
                          bool present)
{
    struct key key = {0};
    key_u64(&key, product);
    key_u32(&key, account);
    key_u64(&key, listing);
    if (present)
        store_put(a->txn, TABLE_LISTING_PRODUCT, key_bytes(&key), bytes_of("", 0));
    else
        store_delete(a->txn, TABLE_LISTING_PRODUCT, key_bytes(&key));
}

bool listing_can_be_target(enum listing_state state)
{
    return state != LISTING_MARKETPLACE_STOCKED && state != LISTING_DIGITAL &&
           state != LISTING_GONE;
}

/* Moves the listing from the product it is tied to (view->product) to `product`; 0 means to none.
 */
enum status listing_tie(struct applying *a, uint32_t account, uint64_t listing,
                        struct listing_view *view, uint64_t product)
{
    enum status status = ST_OK;
    struct key row = listing_row_key(account, listing);
    change_put(a, &(struct change_view){.what = CHANGE_LISTING,
                                        .product = product,
                                        .other = view->product,
                                        .flag = view->by_hand,
                                        .key = key_bytes(&row)});
    uint64_t from = view->product ? view->product : view->former;
    if (view->product) mapping_write(a, account, listing, view->product, false);
    if (from && from != product) status = target_move_listing(a, account, listing, from, product);
    bool again = product && !view->product && view->former;
    if (status == ST_OK && again) status = target_pace_listing(a, account, listing, product);
    view->product = product;
    view->former = product ? 0 : from;
    if (status == ST_OK && product) {
        mapping_write(a, account, listing, product, true);
        order_retry(a, account);
    }
    return status;
}

/* As listing_match; a product that another listing of the account shows is a conflict. */
static enum status match_free_product(struct applying *a, uint32_t account, uint64_t listing,
                                      const struct listing_view *view, struct listing_match *m)
{
    uint64_t by = 0;
    enum status status = listing_match(a->txn, view, m, a->error);
    if (status == ST_OK && m->product && !m->conflict)
        status = product_taken(a, m->product, account, listing, view->epoch, &by);
    if (status != ST_OK || !by) return status;
    struct buf memory;
    struct listing_view other;
    status = listing_load(a, account, by, &memory, &other);
    if (status != ST_OK) return status;
    m->conflict =
        other.state == LISTING_ACTIVE ? "product-has-a-listing" : "listing-under-a-new-id";
    buf_free(&memory);
    return ST_OK;
}

enum status listing_map_by_keys(struct applying *a, uint32_t account, uint64_t listing,
                                struct listing_view *view)
{
    if (view->by_hand || view->product) return ST_OK;
    struct listing_match match = {0};
    enum status status = ST_OK;
    if (listing_can_be_target(view->state))
        status = match_free_product(a, account, listing, view, &match);
    if (status != ST_OK) return status;
    if (match.conflict) {
        conflict_put(a, account, listing, match.conflict, match.value);
        return ST_OK;
    }
    listing_conflict_clear(a, account, listing);
    return match.product ? listing_tie(a, account, listing, view, match.product) : ST_OK;
}

/* The product that its keys name by now; none when they name none or too many. */
enum status listing_map_again(struct applying *a, uint32_t account, uint64_t listing,
                              struct listing_view *view)
{
    struct listing_match match;
    enum status status = match_free_product(a, account, listing, view, &match);
    if (status != ST_OK) return status;
    uint64_t product = match.conflict ? 0 : match.product;
    return product == view->product ? ST_OK : listing_tie(a, account, listing, view, product);
}

enum status listing_let_go(struct applying *a, uint32_t account, uint64_t listing,
                           struct listing_view *view)
{
    struct listing_match match = {0};
    enum status status = ST_OK;
    if (listing_can_be_target(view->state))
        status = match_free_product(a, account, listing, view, &match);
    if (status != ST_OK) return status;
    bool other = match.product && match.product != view->product && !match.conflict;
    return listing_tie(a, account, listing, view, other ? match.product : 0);
}

/* ---- a product appears */

struct waiting {
    uint32_t account;
    uint64_t listing;
};

enum { WAITING_MAX = 1024 }; /* listings with one SKU or barcode that are mapped at once */

static enum status find_waiting(struct applying *a, uint8_t kind, struct bytes value,
                                struct waiting *list, size_t *count)
{
    struct key prefix = {0};
    key_u8(&prefix, kind);
    key_add(&prefix, value);
    key_u8(&prefix, 0);
    struct bytes key, unused;
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_LISTING_KEY);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &unused);
    while (status == ST_OK && key_starts(key, key_bytes(&prefix)) && *count < WAITING_MAX) {
        if (key.size == prefix.size + 12) {
            const uint8_t *at = (const uint8_t *)key.data + prefix.size;
            list[(*count)++] = (struct waiting){bytes_get_u32(at), bytes_get_u64(at + 4)};
        }
        status = store_next(cursor, &key, &unused);
    }
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, "listing_key", a->error);
}

enum status listing_map_one(struct applying *a, uint32_t account, uint64_t listing)
{
    struct buf memory;
    struct listing_view view;
    enum status status = listing_load(a, account, listing, &memory, &view);
    if (status != ST_OK) return status;
    uint64_t before = view.product;
    status = listing_map_by_keys(a, account, listing, &view);
    if (status == ST_OK && view.product != before) {
        listing_save(a, account, listing, &view);
        status = listing_refresh(a, account, listing, &view);
    }
    buf_free(&memory);
    return status;
}

enum status listing_map_waiting(struct applying *a, struct bytes sku, const struct bytes *barcodes,
                                uint32_t barcode_count)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    if (d->account_count == 0 || store_count(a->txn, TABLE_LISTING_KEY) == 0) return ST_OK;
    struct waiting *list = mem_array(WAITING_MAX, sizeof *list);
    size_t count = 0;
    enum status status = ST_OK;
    if (sku.size) status = find_waiting(a, LISTING_KEY_SKU, sku, list, &count);
    for (uint32_t i = 0; i < barcode_count && status == ST_OK; i++)
        status = find_waiting(a, LISTING_KEY_BARCODE, barcodes[i], list, &count);
    for (size_t i = 0; i < count && status == ST_OK; i++)
        status = listing_map_one(a, list[i].account, list[i].listing);
    mem_free(list);
    return status;
}

enum status listing_freed(struct applying *a, uint64_t product)
{
    struct buf memory;
    struct product_view view;
    enum status status = product_load(a, product, &memory, &view);
    if (status != ST_OK) return status;
    status = listing_map_waiting(a, view.sku, view.barcodes, view.barcode_count);
    buf_free(&memory);
    return status;
}

/* ---- by hand */

static enum status map_to(struct applying *a, uint32_t account, uint64_t listing, uint64_t product)
{
    struct buf memory;
    struct listing_view view;
    enum status status = listing_load(a, account, listing, &memory, &view);
    if (status != ST_OK) return status;
    if (product && !listing_can_be_target(view.state)) {
        status = error_set(
            a->error, ST_CONFLICT,
            "that listing is %s: its stock is not the seller's to write, so it cannot be linked",
            listing_state_name(view.state));
    } else if (view.product != product || !view.by_hand) {
        const uint64_t old = view.product;
        status = listing_tie(a, account, listing, &view, product);
        view.by_hand = true;
        listing_conflict_clear(a, account, listing);
        listing_save(a, account, listing, &view);
        if (status == ST_OK) status = listing_refresh(a, account, listing, &view);
        if (status == ST_OK && old && old != product) status = listing_freed(a, old);
    }
    buf_free(&memory);
    return status;
}

enum status apply_listing_map(struct applying *a, struct wire_reader *r)
{
    struct bytes name = wire_get_bytes(r), id = wire_get_bytes(r), sku = wire_get_bytes(r);
    const struct directory_account *account;
    uint64_t listing = 0, product = 0;
    enum status status = apply_find_account(a, name, &account);
    if (status == ST_OK) status = listing_find(a, account->no, id, &listing);
    if (status == ST_OK && !listing)
        status = error_set(
            a->error, ST_NOT_FOUND,
            "account '%s' has no listing '%.*s'; `stockctl listing list --account %s` shows them",
            account->name, (int)id.size, (const char *)id.data, account->name);
    if (status == ST_OK && sku.size) status = apply_find_product(a, sku, &product);
    return status == ST_OK ? map_to(a, account->no, listing, product) : status;
}
