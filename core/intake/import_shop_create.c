/* Products for listings that are tied to none. */
#include "engine/barcode.h"
#include "engine/listing_match.h"
#include "intake/import_shop_take.h"

static bool any_figure(void *ctx, const struct observed_record *seen)
{
    *(bool *)ctx |= seen->kind == OBSERVED_NUMBER && seen->quantity >= 0;
    return true;
}

static void add_product(struct shop_create *create, const struct listing_view *view)
{
    struct bytes barcodes[PRODUCT_BARCODES_MAX];
    struct product_put put = {
        .sku = shop_listing_sku(view), .barcodes = barcodes, .must_be_new = true};
    if (put.sku.size == 0) return;
    if (view->title.size) put.name = view->title;
    for (uint32_t i = 0; i < view->key_count; i++) {
        struct bytes value = view->keys[i].value;
        if (bytes_equal(view->keys[i].kind, bytes_text("barcode")) && value.size &&
            value.size <= KEY_TEXT_MAX && barcode_check(value, NULL) == ST_OK)
            barcodes[put.barcode_count++] = value; /* one that is wrong there is not taken over */
    }
    struct buf *payload = &create->payloads[create->count++];
    buf_init(payload, RECORD_MAX);
    command_product_put(payload, &put);
}

static bool wants_product(struct store_txn *txn, const struct listing_view *view)
{
    struct listing_match match;
    return !view->product && view->state != LISTING_GONE &&
           listing_match(txn, view, &match, NULL) == ST_OK && !match.product && !match.conflict;
}

enum status shop_create_find(struct store_txn *txn, const struct shop_places *places,
                             int64_t read_ms, uint64_t *after, struct shop_create *create,
                             struct error *error)
{
    uint8_t from[12];
    struct bytes key, value;
    *create = (struct shop_create){0};
    bytes_put_u32(from, places->account);
    bytes_put_u64(from + 4, *after + 1);
    struct store_cursor *cursor = store_cursor(txn, TABLE_LISTING);
    struct store_cursor *observed = store_cursor(txn, TABLE_OBSERVED);
    enum status status = store_seek(cursor, bytes_of(from, 12), &key, &value);
    while (status == ST_OK && key.size == 12 && key_starts(key, bytes_of(from, 4))) {
        struct listing_view view;
        bool has = false;
        if (create->count == SHOP_CREATE_MOST) {
            create->more = true;
            break;
        }
        status = listing_read(value, &view);
        *after = bytes_get_u64((const uint8_t *)key.data + 4);
        if (status == ST_OK && wants_product(txn, &view)) {
            status = shop_each_figure(observed, places, *after, read_ms, any_figure, &has);
            if (has) add_product(create, &view);
        }
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    store_cursor_close(observed);
    store_cursor_close(cursor);
    if (status == ST_OK || status == ST_NOT_FOUND) return ST_OK;
    return error_set(error, ST_DAMAGED, "store: a row of table listing cannot be read");
}

void shop_create_free(struct shop_create *create)
{
    for (uint32_t i = 0; i < create->count; i++)
        buf_free(&create->payloads[i]);
    create->count = 0;
}
