/* Products: made, changed, deleted, made in bulk; their SKU and barcode indexes. */
#include "engine/apply.h"
#include "engine/listing.h"

static struct key number_key(uint64_t product)
{
    struct key key = {0};
    key_u64(&key, product);
    return key;
}

static void product_save(struct applying *a, uint64_t product, const struct product_view *view)
{
    struct key key = number_key(product);
    struct buf *record = &a->engine->record;
    buf_reset(record);
    product_write(record, view);
    store_put(a->txn, TABLE_PRODUCT, key_bytes(&key), bytes_of(record->data, record->size));
}

static void index_barcodes(struct applying *a, uint64_t product, const struct product_view *view,
                           bool present)
{
    for (uint32_t i = 0; i < view->barcode_count; i++) {
        struct key key = {0};
        key_add(&key, view->barcodes[i]);
        key_u8(&key, 0);
        key_u64(&key, product);
        if (present)
            store_put(a->txn, TABLE_PRODUCT_BARCODE, key_bytes(&key), bytes_of("", 0));
        else
            store_delete(a->txn, TABLE_PRODUCT_BARCODE, key_bytes(&key));
    }
}

static enum status check_sku(struct applying *a, struct bytes sku)
{
    if (sku.size == 0 || sku.size > KEY_TEXT_MAX)
        return error_set(a->error, ST_INVALID, "an SKU has 1 to %d bytes; this one has %zu",
                         KEY_TEXT_MAX, sku.size);
    for (size_t i = 0; i < sku.size; i++)
        if (((const uint8_t *)sku.data)[i] < ' ')
            return error_set(a->error, ST_INVALID,
                             "an SKU has no control characters; this one has one at byte %zu",
                             i + 1);
    return ST_OK;
}

static enum status check_barcodes(struct applying *a, const struct bytes *barcodes, uint32_t count)
{
    if (count > PRODUCT_BARCODES_MAX)
        return error_set(a->error, ST_TOO_BIG, "a product has at most %d barcodes; these are %u",
                         PRODUCT_BARCODES_MAX, count);
    for (uint32_t i = 0; i < count; i++)
        if (barcodes[i].size == 0 || barcodes[i].size > KEY_TEXT_MAX ||
            memchr(barcodes[i].data, 0, barcodes[i].size))
            return error_set(a->error, ST_INVALID,
                             "barcode %u is empty, too long or has a zero byte", i + 1);
    return ST_OK;
}

static uint64_t product_make(struct applying *a, const struct product_view *view)
{
    uint64_t product = ++a->engine->counters.product;
    a->engine->counters_changed = true;
    product_save(a, product, view);
    struct key key = number_key(product);
    store_put(a->txn, TABLE_PRODUCT_SKU, view->sku, key_bytes(&key));
    index_barcodes(a, product, view, true);
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

/* The record, copied into `memory` so that it outlives writes. */
static enum status product_load(struct applying *a, uint64_t product, struct buf *memory,
                                struct product_view *view)
{
    struct key key = number_key(product);
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_PRODUCT, key_bytes(&key), &value);
    if (status == ST_OK) {
        buf_init(memory, RECORD_MAX);
        buf_add(memory, value.data, value.size);
        status = product_read(bytes_of(memory->data, memory->size), view);
        if (status == ST_OK) return ST_OK;
        buf_free(memory);
    }
    engine_read_failed(a->txn, ST_DAMAGED, "product", a->error);
    return ST_DAMAGED;
}

static enum status check_texts(struct applying *a, const struct product_view *view)
{
    enum { TEXTS_MAX = 65000 }; /* with barcodes and numbers a record stays below RECORD_MAX */
    size_t size = view->sku.size + view->name.size + view->brand.size + view->description.size +
                  view->image.size + view->attributes.size;
    for (uint32_t i = 0; i < view->barcode_count; i++)
        size += view->barcodes[i].size;
    if (size <= TEXTS_MAX) return ST_OK;
    return error_set(a->error, ST_TOO_BIG,
                     "a product's texts have at most %d bytes together; these have %zu", TEXTS_MAX,
                     size);
}

static bool barcodes_equal(const struct product_view *x, const struct product_view *y)
{
    if (x->barcode_count != y->barcode_count) return false;
    for (uint32_t i = 0; i < x->barcode_count; i++)
        if (!bytes_equal(x->barcodes[i], y->barcodes[i])) return false;
    return true;
}

/* Listings wait for barcodes that are new here, and for those given up: they may have been on two
 * products. */
static enum status barcodes_changed(struct applying *a, uint64_t product,
                                    const struct product_view *old, const struct product_view *view)
{
    index_barcodes(a, product, old, false);
    index_barcodes(a, product, view, true);
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
        *changed |= !barcodes_equal(old, &view);
    }
    return view;
}

static enum status product_change(struct applying *a, uint64_t product, const struct put *put)
{
    struct buf memory;
    struct product_view old;
    enum status status = product_load(a, product, &memory, &old);
    if (status != ST_OK) return status;
    bool changed;
    struct product_view view = merged(&old, put, &changed);
    status = check_texts(a, &view);
    if (status == ST_OK && changed) {
        view.changed_ms = a->command->now_ms;
        view.revision = applying_sequence(a);
        product_save(a, product, &view);
        if (!barcodes_equal(&old, &view)) status = barcodes_changed(a, product, &old, &view);
    }
    buf_free(&memory);
    return status;
}

enum status apply_product_put(struct applying *a, struct wire_reader *r)
{
    struct put put = {0};
    put_read(r, &put);
    if (!r->ok) return ST_OK; /* engine_apply says so */
    enum status status = check_sku(a, put.sku);
    if (status == ST_OK) status = check_barcodes(a, put.barcodes, put.barcode_count);
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
    status = check_texts(a, &view);
    if (status != ST_OK) return status;
    view.revision = applying_sequence(a);
    a->result->product = product_make(a, &view);
    return listing_map_waiting(a, view.sku, view.barcodes, view.barcode_count);
}

enum status apply_product_bulk(struct applying *a, struct wire_reader *r)
{
    uint64_t count = wire_get_u64(r);
    for (uint64_t i = 0; i < count && r->ok; i++) {
        struct bytes sku = wire_get_bytes(r), value;
        if (!r->ok) break;
        if (check_sku(a, sku) != ST_OK) return ST_BUG; /* the job checks its rows */
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

/* ---- delete */

static enum status count_prefix(struct applying *a, enum store_table table, uint64_t product,
                                uint64_t *count)
{
    struct key prefix = number_key(product);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(a->txn, table);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (*count = 0; status == ST_OK && key_starts(key, key_bytes(&prefix)); (*count)++)
        status = store_next(cursor, &key, &value);
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, store_table_name(table), a->error);
}

enum status apply_product_delete(struct applying *a, struct wire_reader *r)
{
    struct bytes sku = wire_get_bytes(r);
    uint64_t product, stocks = 0, listings = 0;
    enum status status = apply_find_product(a, sku, &product);
    if (status == ST_OK) status = count_prefix(a, TABLE_STOCK, product, &stocks);
    if (status == ST_OK) status = count_prefix(a, TABLE_LISTING_PRODUCT, product, &listings);
    if (status != ST_OK) return status;
    if (stocks || listings)
        return error_set(
            a->error, ST_CONFLICT,
            "product '%.*s' has figures in %llu warehouses and %llu listings; a product with "
            "history is kept",
            (int)sku.size, (const char *)sku.data, (unsigned long long)stocks,
            (unsigned long long)listings);
    struct buf memory;
    struct product_view view;
    status = product_load(a, product, &memory, &view);
    if (status != ST_OK) return status;
    applying_sequence(a);
    struct key key = number_key(product);
    index_barcodes(a, product, &view, false);
    store_delete(a->txn, TABLE_PRODUCT, key_bytes(&key));
    store_delete(a->txn, TABLE_PRODUCT_SKU, sku);
    status = rule_drop_product(a, product);
    if (status == ST_OK)
        status = listing_map_waiting(a, bytes_of("", 0), view.barcodes, view.barcode_count);
    buf_free(&memory);
    return status;
}
