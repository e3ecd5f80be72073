/* Product rows and their indexes: by SKU, by SKU without case and spaces, by barcode; and what a
 * product may hold. What commands do with them is in product*.c. */
#include "engine/product_private.h"

#include "engine/apply.h"
#include "engine/barcode.h"
#include "engine/listing.h"
#include "engine/sku.h"

struct key product_key(uint64_t product)
{
    struct key key = {0};
    key_u64(&key, product);
    return key;
}

void product_save(struct applying *a, uint64_t product, const struct product_view *view)
{
    struct key key = product_key(product);
    struct buf *record = &a->engine->record;
    buf_reset(record);
    product_write(record, view);
    store_put(a->txn, TABLE_PRODUCT, key_bytes(&key), bytes_of(record->data, record->size));
}

enum status product_find(struct applying *a, uint64_t product, struct buf *memory,
                         struct product_view *view)
{
    struct key key = product_key(product);
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_PRODUCT, key_bytes(&key), &value);
    if (status == ST_NOT_FOUND) return status;
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

enum status product_load(struct applying *a, uint64_t product, struct buf *memory,
                         struct product_view *view)
{
    enum status status = product_find(a, product, memory, view);
    if (status != ST_NOT_FOUND) return status;
    engine_read_failed(a->txn, ST_DAMAGED, "product", a->error);
    return ST_DAMAGED;
}

enum status product_number(struct applying *a, struct bytes sku, uint64_t *product)
{
    struct bytes value;
    *product = 0;
    if (sku.size == 0 || sku.size > KEY_TEXT_MAX) return ST_OK;
    enum status status = store_get(a->txn, TABLE_PRODUCT_SKU, sku, &value);
    if (status == ST_OK && value.size == 8) *product = bytes_get_u64(value.data);
    return engine_read_failed(a->txn, status, "product_sku", a->error);
}

/* ---- indexes */

static void index_put(struct applying *a, enum store_table table, const struct key *key,
                      bool present)
{
    if (present)
        store_put(a->txn, table, key_bytes(key), bytes_of("", 0));
    else
        store_delete(a->txn, table, key_bytes(key));
}

void product_index_barcodes(struct applying *a, uint64_t product, const struct product_view *view,
                            bool present)
{
    for (uint32_t i = 0; i < view->barcode_count; i++) {
        struct key key = {0};
        key_add(&key, view->barcodes[i]);
        key_u8(&key, 0);
        key_u64(&key, product);
        index_put(a, TABLE_PRODUCT_BARCODE, &key, present);
    }
}

void product_index_sku(struct applying *a, uint64_t product, struct bytes sku, bool present)
{
    struct key number = product_key(product), fold = sku_fold_prefix(sku);
    key_u64(&fold, product);
    index_put(a, TABLE_PRODUCT_FOLD, &fold, present);
    if (present)
        store_put(a->txn, TABLE_PRODUCT_SKU, sku, key_bytes(&number));
    else
        store_delete(a->txn, TABLE_PRODUCT_SKU, sku);
}

void product_enter(struct applying *a, uint64_t product, const struct product_view *view)
{
    product_save(a, product, view);
    product_index_sku(a, product, view->sku, true);
    product_index_barcodes(a, product, view, true);
}

void product_leave(struct applying *a, uint64_t product, const struct product_view *view)
{
    struct key key = product_key(product);
    product_index_barcodes(a, product, view, false);
    product_index_sku(a, product, view->sku, false);
    store_delete(a->txn, TABLE_PRODUCT, key_bytes(&key));
}

/* ---- what a product may hold */

enum status product_check_sku(struct applying *a, struct bytes sku)
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

enum status product_check_barcodes(struct applying *a, const struct bytes *barcodes, uint32_t count)
{
    if (count > PRODUCT_BARCODES_MAX)
        return error_set(a->error, ST_TOO_BIG, "a product has at most %d barcodes; these are %u",
                         PRODUCT_BARCODES_MAX, count);
    for (uint32_t i = 0; i < count; i++) {
        if (barcodes[i].size == 0 || barcodes[i].size > KEY_TEXT_MAX ||
            memchr(barcodes[i].data, 0, barcodes[i].size))
            return error_set(a->error, ST_INVALID,
                             "barcode %u is empty, too long or has a zero byte", i + 1);
        enum status status = barcode_check(barcodes[i], a->error);
        if (status != ST_OK) return status;
    }
    return ST_OK;
}

enum status product_check_texts(struct applying *a, const struct product_view *view)
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

bool product_barcodes_equal(const struct product_view *x, const struct product_view *y)
{
    if (x->barcode_count != y->barcode_count) return false;
    for (uint32_t i = 0; i < x->barcode_count; i++)
        if (!bytes_equal(x->barcodes[i], y->barcodes[i])) return false;
    return true;
}

/* ---- what hangs on a product */

static enum status gather(struct applying *a, enum store_table table, struct bytes prefix,
                          const struct key *after, struct key *list, uint32_t max, uint32_t *count)
{
    struct bytes key;
    struct store_cursor *cursor = store_cursor(a->txn, table);
    enum status status = store_seek(cursor, after->size ? key_bytes(after) : prefix, &key, NULL);
    for (*count = 0; status == ST_OK && *count < max && key_starts(key, prefix);
         status = store_next(cursor, &key, NULL)) {
        if (bytes_equal(key, key_bytes(after))) continue;
        struct key *at = &list[(*count)++];
        at->size = 0;
        key_add(at, key);
    }
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, store_table_name(table), a->error);
}

enum status product_walk(struct applying *a, enum store_table table, struct bytes prefix,
                         product_each *each, void *ctx)
{
    enum { CHUNK = 64 };
    struct key list[CHUNK], after = {0};
    uint32_t count = CHUNK;
    enum status status = ST_OK;
    while (status == ST_OK && count == CHUNK) {
        status = gather(a, table, prefix, &after, list, CHUNK, &count);
        for (uint32_t i = 0; i < count && status == ST_OK; i++)
            status = each(a, ctx, key_bytes(&list[i]));
        if (count) after = list[count - 1];
    }
    return status;
}

struct walking {
    product_listing_each *each;
    void *ctx;
};

static enum status with_listing(struct applying *a, void *ctx, struct bytes key)
{
    const struct walking *walking = ctx;
    const uint8_t *row = key.data; /* product, account, listing */
    const struct product_listing at = {.product = bytes_get_u64(row),
                                       .account = bytes_get_u32(row + 8),
                                       .listing = bytes_get_u64(row + 12)};
    struct buf memory;
    struct listing_view view;
    enum status status = listing_load(a, at.account, at.listing, &memory, &view);
    if (status != ST_OK) return status;
    status = walking->each(a, walking->ctx, &at, &view);
    buf_free(&memory);
    return status;
}

enum status product_listings(struct applying *a, uint64_t product, product_listing_each *each,
                             void *ctx)
{
    struct key prefix = product_key(product);
    struct walking walking = {each, ctx};
    return product_walk(a, TABLE_LISTING_PRODUCT, key_bytes(&prefix), with_listing, &walking);
}
