/* A product gets another SKU. Everything that hangs on it knows it by its number, so that nothing
 * else moves. */
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/listing.h"
#include "engine/listing_private.h"
#include "engine/product_private.h"

/* Their keys still name the old SKU: from now on they are kept because the seller said so. */
static enum status keep_listing(struct applying *a, void *ctx, struct bytes key)
{
    (void)ctx;
    const uint8_t *at = key.data;
    uint32_t account = bytes_get_u32(at + 8);
    uint64_t product = bytes_get_u64(at), listing = bytes_get_u64(at + 12);
    struct buf memory;
    struct listing_view view;
    enum status status = listing_load(a, account, listing, &memory, &view);
    if (status != ST_OK) return status;
    if (!view.by_hand) {
        struct key row = listing_row_key(account, listing);
        change_put(a, &(struct change_view){.what = CHANGE_LISTING,
                                            .product = product,
                                            .other = product,
                                            .key = key_bytes(&row)});
        view.by_hand = true;
        listing_save(a, account, listing, &view);
    }
    buf_free(&memory);
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
    struct key prefix = product_key(product);
    status = product_load(a, product, &memory, &view);
    if (status != ST_OK) return status;
    struct product_view checked = view;
    checked.sku = to;
    status = product_check_texts(a, &checked);
    if (status == ST_OK)
        status = product_walk(a, TABLE_LISTING_PRODUCT, key_bytes(&prefix), keep_listing, NULL);
    if (status == ST_OK) status = product_rename_to(a, product, &view, to);
    buf_free(&memory);
    return status;
}
