/* A product goes, with its figures, and its listings are tied to nothing, or to another product
 * that their keys name (one that was merged into this one, and is there again). Its past stays:
 * what it was is in TABLE_CHANGE, its ledger ends with entries that say so. */
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/listing.h"
#include "engine/listing_private.h"
#include "engine/order_move.h"
#include "engine/product_private.h"
#include "engine/stock.h"

enum status product_gone(struct applying *a, uint64_t product, const struct product_view *view,
                         uint64_t into)
{
    struct buf record;
    enum status status = rule_drop_product(a, product);
    if (status != ST_OK) return status;
    buf_init(&record, RECORD_MAX);
    product_write(&record, view);
    change_put(a, &(struct change_view){.what = CHANGE_GONE,
                                        .product = product,
                                        .other = into,
                                        .key = view->sku,
                                        .old = bytes_of(record.data, record.size)});
    buf_free(&record);
    product_leave(a, product, view);
    return ST_OK;
}

static enum status count_promised(struct applying *a, void *ctx, struct bytes key)
{
    int64_t *promised = ctx;
    const struct stock_seen *seen;
    const uint8_t *at = key.data;
    enum status status = stock_look(a, bytes_get_u64(at), bytes_get_u32(at + 8), &seen);
    if (status == ST_OK) *promised += seen->stock.reserved;
    return status;
}

static enum status drop_figure(struct applying *a, void *ctx, struct bytes key)
{
    (void)ctx;
    const uint8_t *at = key.data;
    uint64_t product = bytes_get_u64(at);
    change_figure(a, product, bytes_get_u32(at + 8));
    return stock_forget(a, product, bytes_get_u32(at + 8), CAUSE_DELETE);
}

static enum status drop_listing(struct applying *a, void *ctx, const struct product_listing *at,
                                struct listing_view *view)
{
    (void)ctx;
    enum status status = listing_let_go(a, at->account, at->listing, view);
    view->by_hand = false;
    listing_save(a, at->account, at->listing, view);
    return status == ST_OK ? listing_refresh(a, at->account, at->listing, view) : status;
}

/* What it has shipped has left; nothing comes back to a product that is not there. */
static enum status drop_line(struct applying *a, void *ctx, struct bytes key)
{
    (void)ctx;
    uint64_t product = bytes_get_u64(key.data);
    struct bytes line = bytes_of((const uint8_t *)key.data + 8, key.size - 8);
    struct order_held_line held;
    enum status status = order_line_load(a, line, &held);
    if (status != ST_OK) return status;
    struct buf pieces;
    order_pieces_write(&pieces, &held.view, product);
    change_put(a, &(struct change_view){.what = CHANGE_ORDER,
                                        .product = product,
                                        .flag = (uint8_t)held.view.exempt,
                                        .key = line,
                                        .old = bytes_of(pieces.data, pieces.size)});
    buf_free(&pieces);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < held.view.part_count; i++)
        if (held.view.parts[i].product != product) held.view.parts[kept++] = held.view.parts[i];
    held.view.part_count = kept;
    /* One that was let go stays so: nobody here waits for it. */
    if (held.view.exempt != ORDER_EXEMPT_EXTERNAL) held.view.exempt = ORDER_EXEMPT_DELETED;
    order_line_save(a, line, &held, product);
    return ST_OK;
}

enum status product_delete(struct applying *a, uint64_t product)
{
    struct buf memory;
    struct product_view view;
    struct key prefix = product_key(product);
    enum status status = product_load(a, product, &memory, &view);
    if (status != ST_OK) return status;
    applying_sequence(a);
    status = product_listings(a, product, drop_listing, NULL);
    if (status == ST_OK)
        status = product_walk(a, TABLE_ORDER_PRODUCT, key_bytes(&prefix), drop_line, NULL);
    if (status == ST_OK)
        status = product_walk(a, TABLE_STOCK, key_bytes(&prefix), drop_figure, NULL);
    if (status == ST_OK) status = product_gone(a, product, &view, 0);
    if (status == ST_OK)
        status = listing_map_waiting(a, bytes_of("", 0), view.barcodes, view.barcode_count);
    buf_free(&memory);
    return status;
}

enum status apply_product_delete(struct applying *a, struct wire_reader *r)
{
    struct bytes sku = wire_get_bytes(r);
    uint64_t product;
    int64_t promised = 0;
    if (!r->ok) return ST_OK; /* engine_apply says so */
    enum status status = apply_find_product(a, sku, &product);
    if (status != ST_OK) return status;
    struct key prefix = product_key(product);
    status = product_walk(a, TABLE_STOCK, key_bytes(&prefix), count_promised, &promised);
    if (status != ST_OK) return status;
    if (promised)
        return error_set(
            a->error, ST_CONFLICT,
            "%lld pieces of '%.*s' are promised to orders or reserved; ship, cancel or "
            "release them first",
            (long long)promised, (int)sku.size, (const char *)sku.data);
    return product_delete(a, product);
}
