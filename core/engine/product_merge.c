/* Two products become one: what hangs on the one is moved to the other, in one command. */
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/command.h"
#include "engine/listing.h"
#include "engine/listing_private.h"
#include "engine/order_move.h"
#include "engine/product_private.h"
#include "engine/reserve.h"
#include "engine/stock.h"

struct merge {
    uint64_t from, into;
    enum merge_stock stock;
};

static enum status move_listing(struct applying *a, void *ctx, const struct product_listing *at,
                                struct listing_view *view)
{
    const struct merge *m = ctx;
    enum status status = listing_tie(a, at->account, at->listing, view, m->into);
    view->by_hand = true; /* its keys may name neither of the two */
    listing_save(a, at->account, at->listing, view);
    return status == ST_OK ? listing_refresh(a, at->account, at->listing, view) : status;
}

/* The pieces are moved here, the stock with the figures. */
static enum status move_line(struct applying *a, void *ctx, struct bytes key)
{
    const struct merge *m = ctx;
    struct bytes line = bytes_of((const uint8_t *)key.data + 8, key.size - 8);
    struct order_held_line held;
    enum status status = order_line_load(a, line, &held);
    if (status != ST_OK) return status;
    struct buf pieces;
    order_pieces_write(&pieces, &held.view, m->from);
    change_put(a, &(struct change_view){.what = CHANGE_ORDER,
                                        .product = m->into,
                                        .other = m->from,
                                        .key = line,
                                        .old = bytes_of(pieces.data, pieces.size)});
    struct order_part parts[ORDER_PARTS_MAX];
    uint32_t count = order_pieces_read(bytes_of(pieces.data, pieces.size), parts);
    int64_t reserved;
    for (uint32_t i = 0; i < count; i++)
        order_pieces_move(&held.view, m->from, m->into, parts[i].warehouse, INT64_MAX, &reserved);
    buf_free(&pieces);
    order_line_save(a, line, &held, m->from);
    return ST_OK;
}

enum status reservation_move(struct applying *a, struct bytes number, uint64_t from, uint64_t to,
                             struct reservation_view *moved)
{
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_RESERVATION, number, &value);
    if (status != ST_OK || reservation_read(value, moved) != ST_OK)
        return status == ST_NOT_FOUND ? status : ST_DAMAGED;
    if (moved->product != from) return ST_NOT_FOUND;
    struct reservation_view view = *moved;
    struct buf record; /* the view points into the store's bytes */
    buf_init(&record, RECORD_MAX);
    view.product = to;
    reservation_write(&record, &view);
    store_put(a->txn, TABLE_RESERVATION, number, bytes_of(record.data, record.size));
    moved->actor = moved->note = bytes_of("", 0);
    buf_free(&record);
    return ST_OK;
}

/* There is no index by product: there are few reservations, and few merges. */
static enum status move_reservation(struct applying *a, void *ctx, struct bytes key)
{
    const struct merge *m = ctx;
    struct reservation_view view;
    enum status status = reservation_move(a, key, m->from, m->into, &view);
    if (status == ST_NOT_FOUND) return ST_OK;
    if (status != ST_OK) {
        engine_read_failed(a->txn, ST_DAMAGED, "reservation", a->error);
        return ST_DAMAGED;
    }
    change_put(a,
               &(struct change_view){
                   .what = CHANGE_RESERVATION, .product = m->into, .other = m->from, .key = key});
    return ST_OK;
}

static enum status move_figure(struct applying *a, void *ctx, struct bytes key)
{
    const struct merge *m = ctx;
    uint32_t warehouse = bytes_get_u32((const uint8_t *)key.data + 8);
    const struct stock_seen *seen;
    enum status status = stock_look(a, m->into, warehouse, &seen);
    if (status != ST_OK) return status;
    bool take = m->stock == MERGE_SUM || !seen->counted;
    status = stock_look(a, m->from, warehouse, &seen);
    if (status != ST_OK) return status;
    struct stock_record stock = seen->stock;
    change_figure(a, m->from, warehouse);
    change_figure(a, m->into, warehouse);
    status = stock_forget(a, m->from, warehouse, CAUSE_MERGE);
    if (status != ST_OK) return status;
    return stock_give(a, m->into, warehouse, take ? stock.on_hand : 0, stock.reserved, CAUSE_MERGE);
}

static bool has_barcode(const struct product_view *view, struct bytes barcode)
{
    for (uint32_t i = 0; i < view->barcode_count; i++)
        if (bytes_equal(view->barcodes[i], barcode)) return true;
    return false;
}

/* What `into` lacks it takes from `from`; barcodes are put together, as many as there is room for.
 */
static void join(struct product_view *into, const struct product_view *from)
{
    struct bytes *fields[] = {&into->name, &into->brand, &into->description, &into->image,
                              &into->attributes};
    const struct bytes given[] = {from->name, from->brand, from->description, from->image,
                                  from->attributes};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i]->size == 0) *fields[i] = given[i];
    for (uint32_t i = 0; i < from->barcode_count; i++)
        if (!has_barcode(into, from->barcodes[i]) && into->barcode_count < PRODUCT_BARCODES_MAX)
            into->barcodes[into->barcode_count++] = from->barcodes[i];
}

static enum status move_all(struct applying *a, struct merge *m)
{
    static const struct {
        enum store_table table;
        product_each *each;
        bool all; /* rows, not only those that begin with the product */
    } moves[] = {{TABLE_ORDER_PRODUCT, move_line, false},
                 {TABLE_RESERVATION, move_reservation, true},
                 {TABLE_STOCK, move_figure, false}};
    struct key prefix = product_key(m->from);
    enum status status = product_listings(a, m->from, move_listing, m);
    for (size_t i = 0; i < sizeof moves / sizeof *moves && status == ST_OK; i++)
        status =
            product_walk(a, moves[i].table, moves[i].all ? bytes_of("", 0) : key_bytes(&prefix),
                         moves[i].each, m);
    return status;
}

static enum status merge(struct applying *a, struct merge *m, const struct product_view *from,
                         const struct product_view *into)
{
    struct product_view joined = *into;
    join(&joined, from);
    enum status status = product_check_texts(a, &joined);
    if (status != ST_OK) return status;
    applying_sequence(a);
    status = move_all(a, m);
    if (status != ST_OK) return status;
    status = product_gone(a, m->from, from, m->into);
    if (status != ST_OK) return status;
    status = product_change_to(a, m->into, into, &joined);
    if (status == ST_OK) /* those on both are on one now */
        status = listing_map_waiting(a, bytes_of("", 0), from->barcodes, from->barcode_count);
    return status;
}

enum status apply_product_merge(struct applying *a, struct wire_reader *r)
{
    struct bytes sku = wire_get_bytes(r), other = wire_get_bytes(r);
    struct merge m = {.stock = (enum merge_stock)wire_get_u8(r)};
    if (!r->ok) return ST_OK; /* engine_apply says so */
    if (m.stock != MERGE_SUM && m.stock != MERGE_KEEP)
        return error_set(a->error, ST_INVALID, "of two figures, one is kept or both are added");
    if (bytes_equal(sku, other))
        return error_set(a->error, ST_INVALID, "'%.*s' cannot be merged with itself", (int)sku.size,
                         (const char *)sku.data);
    enum status status = apply_find_product(a, sku, &m.into);
    if (status == ST_OK) status = apply_find_product(a, other, &m.from);
    if (status != ST_OK) return status;
    a->result->product = m.into;
    struct buf from_memory, into_memory;
    struct product_view from, into;
    status = product_load(a, m.from, &from_memory, &from);
    if (status != ST_OK) return status;
    status = product_load(a, m.into, &into_memory, &into);
    if (status == ST_OK) {
        status = merge(a, &m, &from, &into);
        buf_free(&into_memory);
    }
    buf_free(&from_memory);
    return status;
}
