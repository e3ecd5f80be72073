/* A product gets another SKU. Everything that hangs on it knows it by its number, so that nothing
 * else moves. */
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/listing.h"
#include "engine/listing_private.h"
#include "engine/product_private.h"

/* Their keys still name the old SKU: from now on they are kept because the seller said so. */
static enum status keep_listing(struct applying *a, void *ctx, const struct product_listing *at,
                                struct listing_view *view)
{
    (void)ctx;
    if (view->by_hand) return ST_OK;
    struct key row = listing_row_key(at->account, at->listing);
    change_put(a, &(struct change_view){.what = CHANGE_LISTING,
                                        .product = at->product,
                                        .other = at->product,
                                        .key = key_bytes(&row)});
    view->by_hand = true;
    listing_save(a, at->account, at->listing, view);
    return ST_OK;
}

enum status product_rename_to(struct applying *a, uint64_t product, struct product_view *view,
                              struct bytes sku)
{
    struct product_view new = *view;
    new.sku = sku;
    enum status status = product_check_texts(a, &new);
    if (status != ST_OK) return status;
    new.changed_ms = a->command->now_ms;
    new.revision = applying_sequence(a);
    change_fields(a, product, view, &new);
    product_index_sku(a, product, view->sku, false);
    product_index_sku(a, product, sku, true);
    product_save(a, product, &new);
    view->sku = sku;
    return listing_map_waiting(a, sku, NULL, 0);
}

enum status apply_product_rename(struct applying *a, struct wire_reader *r)
{
    struct bytes from = wire_get_bytes(r), to = wire_get_bytes(r);
    uint64_t product, taken;
    if (!r->ok) return ST_OK; /* engine_apply says so */
    enum status status = apply_find_product(a, from, &product);
    if (status == ST_OK) status = product_check_sku(a, to);
    if (status != ST_OK) return status;
    a->result->product = product;
    if (bytes_equal(from, to)) return ST_OK;
    status = product_number(a, to, &taken);
    if (status != ST_OK) return status;
    if (taken)
        return error_set(a->error, ST_EXISTS,
                         "there is a product '%.*s' already; `stockctl product merge` makes one of "
                         "the two",
                         (int)to.size, (const char *)to.data);
    struct buf memory;
    struct product_view view;
    status = product_load(a, product, &memory, &view);
    if (status != ST_OK) return status;
    struct product_view checked = view;
    checked.sku = to;
    status = product_check_texts(a, &checked);
    if (status == ST_OK) status = product_listings(a, product, keep_listing, NULL);
    if (status == ST_OK) status = product_rename_to(a, product, &view, to);
    buf_free(&memory);
    return status;
}
