/* Which product, and whose stock: what an order line leads to. */
#include "engine/order.h"

#include "engine/hook_private.h"

#include "engine/listing.h"
#include "engine/stock.h"

/* ---- the product */

/* The product of a listing; `at` moves to it, a second one is ambiguous. */
static enum status meet(struct applying *a, uint32_t account, uint64_t listing,
                        struct order_place *at)
{
    struct buf memory;
    struct listing_view view;
    enum status status = listing_load(a, account, listing, &memory, &view);
    if (status != ST_OK) return status;
    if (at->listing && (view.product != at->product || !view.product))
        at->held = ORDER_HELD_AMBIGUOUS;
    at->product = view.product;
    at->listing = listing;
    buf_free(&memory);
    return ST_OK;
}

/* The account's listings that have this key. */
static enum status meet_by_key(struct applying *a, uint32_t account, const struct listing_key *ref,
                               struct order_place *at)
{
    struct key prefix;
    if (!listing_index_key(ref, account, 0, &prefix)) return ST_OK;
    prefix.size -= 8; /* any listing */
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_LISTING_KEY);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    while (status == ST_OK && key.size == prefix.size + 8 && key_starts(key, key_bytes(&prefix))) {
        status = meet(a, account, bytes_get_u64((const uint8_t *)key.data + prefix.size), at);
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, "listing_key", a->error);
}

/* The listing's own id says it exactly; otherwise all keys that are known must agree. */
static enum status find_product(struct applying *a, uint32_t account,
                                const struct order_view *order, struct order_place *place)
{
    enum status status = ST_OK;
    for (uint32_t i = 0; i < order->ref_count && status == ST_OK && !place->listing; i++) {
        if (!bytes_equal(order->refs[i].kind, bytes_text("listing"))) continue;
        uint64_t listing;
        status = listing_find(a, account, order->refs[i].value, &listing);
        if (status == ST_OK && listing) status = meet(a, account, listing, place);
    }
    if (status != ST_OK) return status;
    for (uint32_t i = 0; i < order->ref_count && status == ST_OK && !place->listing; i++)
        if (bytes_equal(order->refs[i].kind, bytes_text("sku")))
            status = meet_by_key(a, account, &order->refs[i], place);
    struct order_place by_barcode = {0};
    for (uint32_t i = 0; i < order->ref_count && status == ST_OK && !place->listing; i++)
        if (bytes_equal(order->refs[i].kind, bytes_text("barcode")))
            status = meet_by_key(a, account, &order->refs[i], &by_barcode);
    if (!place->listing) *place = by_barcode;
    if (!place->held && !place->listing) place->held = ORDER_HELD_UNKNOWN_LISTING;
    if (!place->held && !place->product) place->held = ORDER_HELD_UNMAPPED;
    return status;
}

/* ---- the warehouse */

/* The only one that is fed, when the line names none. */
static const struct directory_remote *only_linked(const struct directory *d, uint32_t account)
{
    const struct directory_remote *found = NULL;
    for (uint32_t i = 0; i < d->remote_count; i++) {
        const struct directory_remote *remote = &d->remotes[i];
        if (remote->account != account || remote->link_count == 0) continue;
        if (remote->is_default) return remote;
        if (found) return NULL;
        found = remote;
    }
    return found;
}

static void find_remote(const struct directory *d, uint32_t account, const struct order_view *order,
                        struct order_place *place)
{
    const struct directory_remote *remote = order->remote.size
                                                ? directory_remote_by_id(d, account, order->remote)
                                                : only_linked(d, account);
    if (!remote)
        place->held = order->remote.size ? ORDER_HELD_UNKNOWN_WAREHOUSE : ORDER_HELD_NO_WAREHOUSE;
    else if (remote->link_count == 0)
        place->held = ORDER_HELD_UNLINKED;
    else
        place->remote = remote->no;
}

/* A hook names the product by its SKU, and its one warehouse of ours. A line that took pieces stays
 * with that product, whatever it is called by now. */
static enum status resolve_told(struct applying *a, const struct directory *d,
                                const struct order_view *order, struct order_place *place)
{
    const struct directory_warehouse *warehouse = directory_warehouse_by_key(d, order->remote);
    enum status status = ST_OK;
    if (order->part_count)
        place->product = order->parts[0].product;
    else if (order->ref_count)
        status = hook_product(a, order->refs[0].value, &place->product);
    if (!place->product)
        place->held = ORDER_HELD_UNKNOWN_LISTING;
    else if (!warehouse)
        place->held = ORDER_HELD_UNKNOWN_WAREHOUSE;
    else
        place->remote = warehouse->no;
    return status;
}

enum status order_resolve(struct applying *a, uint32_t account, const struct order_view *order,
                          struct order_place *place)
{
    *place = (struct order_place){0};
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    if (hook_is_source(account)) return resolve_told(a, d, order, place);
    enum status status = find_product(a, account, order, place);
    if (status == ST_OK && !place->held) find_remote(d, account, order, place);
    return status;
}

/* ---- taking pieces */

static bool is_empty(const struct order_part *part)
{
    return part->reserved == 0 && part->shipped == 0;
}

static uint32_t parts_held(const struct order_view *order)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < order->part_count; i++)
        count += !is_empty(&order->parts[i]);
    return count;
}

/* The line's part of that pair. A new one takes the place of one that holds nothing any more when
 * there is no other: a line that stays open may be led elsewhere again and again. NULL when all
 * hold something. */
static struct order_part *part_for(struct order_view *order, uint64_t product, uint32_t warehouse)
{
    struct order_part *room =
        order->part_count < ORDER_PARTS_MAX ? &order->parts[order->part_count] : NULL;
    for (uint32_t i = 0; i < order->part_count; i++) {
        struct order_part *part = &order->parts[i];
        if (part->product == product && part->warehouse == warehouse) return part;
        if (!room && is_empty(part)) room = part;
    }
    if (!room) return NULL;
    if (room == &order->parts[order->part_count]) order->part_count++;
    *room = (struct order_part){.product = product, .warehouse = warehouse};
    return room;
}

static bool add_part(struct order_view *order, uint64_t product, uint32_t warehouse,
                     int64_t quantity)
{
    struct order_part *part = part_for(order, product, warehouse);
    if (part) part->reserved += quantity;
    return part != NULL;
}

/* From the one warehouse that a hook speaks of. */
static enum status take_told(struct applying *a, const struct order_place *place, int64_t need,
                             struct order_view *order, enum order_held *held)
{
    const struct stock_seen *seen;
    enum status status = stock_look(a, place->product, place->remote, &seen);
    if (status != ST_OK) return status;
    bool took = seen->counted && add_part(order, place->product, place->remote, need);
    *held = took ? ORDER_HELD_NOT : ORDER_HELD_UNCOUNTED;
    return ST_OK;
}

enum status order_take(struct applying *a, uint32_t account, const struct order_place *place,
                       int64_t need, struct order_view *order, enum order_held *held)
{
    if (hook_is_source(account)) return take_told(a, place, need, order, held);
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_remote *remote = directory_remote(d, account, place->remote);
    uint32_t first = 0;
    for (uint32_t i = 0; i < remote->link_count && need > 0; i++) {
        uint32_t warehouse = d->links[remote->link_first + i].warehouse;
        const struct stock_seen *seen;
        enum status status = stock_look(a, place->product, warehouse, &seen);
        if (status != ST_OK) return status;
        if (!seen->counted) continue;
        if (!first) first = warehouse;
        int64_t available = seen->stock.on_hand - seen->stock.reserved;
        int64_t take = available < need ? available : need;
        if (take <= 0 || parts_held(order) + 1 >= ORDER_PARTS_MAX) continue; /* one for the rest */
        if (add_part(order, place->product, warehouse, take)) need -= take;
    }
    *held = first ? ORDER_HELD_NOT : ORDER_HELD_UNCOUNTED;
    if (first && need > 0 && !add_part(order, place->product, first, need))
        *held = ORDER_HELD_UNCOUNTED; /* it holds pieces of as many pairs as a line can */
    return ST_OK;
}
