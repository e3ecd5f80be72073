/* Products: made, changed, made in bulk. Their rows and indexes are in product_rows.c; renaming,
 * deleting and merging have files of their own. */
#include "engine/product_private.h"

#include "engine/apply.h"
#include "engine/change.h"
#include "engine/listing.h"

static uint64_t product_make(struct applying *a, const struct product_view *view)
{
    uint64_t product = ++a->engine->counters.product;
    a->engine->counters_changed = true;
    product_enter(a, product, view);
    return product;
}

struct put {
    struct bytes sku, fields[5]; /* name, brand, description, image, attributes */
    struct bytes barcodes[PRODUCT_BARCODES_MAX];
    uint32_t barcode_count;
    bool has_barcodes, must_be_new, must_exist;
};

static void put_read(struct wire_reader *r, struct put *put)
{
    put->sku = wire_get_bytes(r);
    for (int i = 0; i < 5; i++)
        put->fields[i] = wire_get_u8(r) ? wire_get_bytes(r) : bytes_of(NULL, 0);
    put->has_barcodes = wire_get_u8(r) != 0;
    if (put->has_barcodes) put->barcode_count = wire_get_u32(r);
    for (uint32_t i = 0; i < put->barcode_count && r->ok; i++) {
        struct bytes barcode = wire_get_bytes(r);
        if (i < PRODUCT_BARCODES_MAX) put->barcodes[i] = barcode;
    }
    put->must_be_new = wire_get_u8(r) != 0;
    put->must_exist = wire_get_u8(r) != 0;
}

/* Listings wait for barcodes that are new here, and for those given up: they may have been on two
 * products. */
static enum status barcodes_changed(struct applying *a, uint64_t product,
                                    const struct product_view *old, const struct product_view *view)
{
    product_index_barcodes(a, product, old, false);
    product_index_barcodes(a, product, view, true);
    enum status status = listing_map_waiting(a, view->sku, view->barcodes, view->barcode_count);
    if (status != ST_OK) return status;
    return listing_map_waiting(a, bytes_of("", 0), old->barcodes, old->barcode_count);
}

/* `old` with what the command gives. */
static struct product_view merged(const struct product_view *old, const struct put *put,
                                  bool *changed)
{
    struct product_view view = *old;
    struct bytes *fields[] = {&view.name, &view.brand, &view.description, &view.image,
                              &view.attributes};
    *changed = false;
    for (int i = 0; i < 5; i++) {
        if (!put->fields[i].data) continue;
        *changed |= !bytes_equal(*fields[i], put->fields[i]);
        *fields[i] = put->fields[i];
    }
    if (put->has_barcodes) {
        memcpy(view.barcodes, put->barcodes, sizeof view.barcodes);
        view.barcode_count = put->barcode_count;
        *changed |= !product_barcodes_equal(old, &view);
    }
    return view;
}

enum status product_change_to(struct applying *a, uint64_t product, const struct product_view *old,
                              struct product_view *view)
{
    enum status status = product_check_texts(a, view);
    if (status != ST_OK) return status;
    view->changed_ms = a->command->now_ms;
    view->revision = applying_sequence(a);
    change_fields(a, product, old, view);
    product_save(a, product, view);
    return product_barcodes_equal(old, view) ? ST_OK : barcodes_changed(a, product, old, view);
}

static enum status product_change(struct applying *a, uint64_t product, const struct put *put)
{
    struct buf memory;
    struct product_view old;
    enum status status = product_load(a, product, &memory, &old);
    if (status != ST_OK) return status;
    bool changed;
    struct product_view view = merged(&old, put, &changed);
    if (changed) status = product_change_to(a, product, &old, &view);
    buf_free(&memory);
    return status;
}

enum status apply_product_put(struct applying *a, struct wire_reader *r)
{
    struct put put = {0};
    put_read(r, &put);
    if (!r->ok) return ST_OK; /* engine_apply says so */
    enum status status = product_check_sku(a, put.sku);
    if (status == ST_OK) status = product_check_barcodes(a, put.barcodes, put.barcode_count);
    if (status != ST_OK) return status;
    struct bytes value;
    status = store_get(a->txn, TABLE_PRODUCT_SKU, put.sku, &value);
    if (status == ST_OK && value.size == 8) {
        if (put.must_be_new)
            return error_set(a->error, ST_EXISTS,
                             "there is a product '%.*s' already; `stockctl product set` changes it",
                             (int)put.sku.size, (const char *)put.sku.data);
        a->result->product = bytes_get_u64(value.data);
        return product_change(a, a->result->product, &put);
    }
    if (status != ST_NOT_FOUND) return engine_read_failed(a->txn, status, "product_sku", a->error);
    if (put.must_exist) return apply_find_product(a, put.sku, &a->result->product);
    struct product_view view = {.sku = put.sku,
                                .name = put.fields[0],
                                .brand = put.fields[1],
                                .description = put.fields[2],
                                .image = put.fields[3],
                                .attributes = put.fields[4],
                                .barcode_count = put.barcode_count,
                                .created_ms = a->command->now_ms,
                                .changed_ms = a->command->now_ms};
    memcpy(view.barcodes, put.barcodes, sizeof view.barcodes);
    status = product_check_texts(a, &view);
    if (status != ST_OK) return status;
    view.revision = applying_sequence(a);
    a->result->product = product_make(a, &view);
    change_put(a, &(struct change_view){
                      .what = CHANGE_MADE, .product = a->result->product, .new = view.sku});
    return listing_map_waiting(a, view.sku, view.barcodes, view.barcode_count);
}

enum status apply_product_bulk(struct applying *a, struct wire_reader *r)
{
    uint64_t count = wire_get_u64(r);
    for (uint64_t i = 0; i < count && r->ok; i++) {
        struct bytes sku = wire_get_bytes(r), value;
        if (!r->ok) break;
        if (product_check_sku(a, sku) != ST_OK) return ST_BUG; /* the job checks its rows */
        enum status status = store_get(a->txn, TABLE_PRODUCT_SKU, sku, &value);
        if (status == ST_OK) continue;
        if (status != ST_NOT_FOUND)
            return engine_read_failed(a->txn, status, "product_sku", a->error);
        struct product_view view = {.sku = sku,
                                    .created_ms = a->command->now_ms,
                                    .changed_ms = a->command->now_ms,
                                    .revision = applying_sequence(a)};
        product_make(a, &view);
        a->result->rows++;
        status = listing_map_waiting(a, sku, NULL, 0);
        if (status != ST_OK) return status;
    }
    return ST_OK;
}
