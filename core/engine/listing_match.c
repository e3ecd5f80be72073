/* Finding the product that a listing's keys name. Reads only; what comes of it is listing_map.c's.
 */
#include "engine/listing_match.h"

#include "engine/listing_private.h"
#include "engine/sku.h"

/* The one product of that barcode; 0 when there is none, `several` when there are more. */
static enum status product_by_barcode(struct store_txn *txn, struct bytes barcode,
                                      uint64_t *product, bool *several, struct error *error)
{
    struct key prefix = {0};
    key_add(&prefix, barcode);
    key_u8(&prefix, 0);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_PRODUCT_BARCODE);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    *product = 0;
    *several = false;
    while (status == ST_OK && key_starts(key, key_bytes(&prefix)) && key.size == prefix.size + 8) {
        *several = *product != 0;
        *product = bytes_get_u64((const uint8_t *)key.data + prefix.size);
        if (*several) break;
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(txn, status, "product_barcode", error);
}

static enum status product_by_sku(struct store_txn *txn, struct bytes sku, uint64_t *product,
                                  struct error *error)
{
    struct bytes value;
    *product = 0;
    if (sku.size == 0 || sku.size > KEY_TEXT_MAX) return ST_OK;
    enum status status = store_get(txn, TABLE_PRODUCT_SKU, sku, &value);
    if (status == ST_OK && value.size == 8) *product = bytes_get_u64(value.data);
    return engine_read_failed(txn, status, "product_sku", error);
}

static enum status match_exactly(struct store_txn *txn, const struct listing_view *view,
                                 struct listing_match *m, struct error *error)
{
    for (uint8_t kind = LISTING_KEY_SKU; kind <= LISTING_KEY_BARCODE && !m->product; kind++)
        for (uint32_t i = 0; i < view->key_count; i++) {
            if (listing_key_kind(view->keys[i].kind) != kind) continue;
            struct bytes value = view->keys[i].value;
            uint64_t found = 0;
            bool several = false;
            if (value.size > KEY_TEXT_MAX) continue;
            enum status status = kind == LISTING_KEY_SKU
                                     ? product_by_sku(txn, value, &found, error)
                                     : product_by_barcode(txn, value, &found, &several, error);
            if (status != ST_OK) return status;
            if (several || (found && m->product && found != m->product)) {
                m->conflict = several ? "barcode-on-two-products" : "keys-name-two-products";
                m->value = value;
                return ST_OK;
            }
            if (found) {
                m->product = found;
                m->value = value;
                m->by_barcode = kind == LISTING_KEY_BARCODE;
            }
        }
    return ST_OK;
}

/* No key matches exactly: a product whose SKU people would take for the same is not guessed. */
static enum status match_alike(struct store_txn *txn, const struct listing_view *view,
                               struct listing_match *m, struct error *error)
{
    enum status status = ST_OK;
    for (uint32_t i = 0; i < view->key_count && status == ST_OK && !m->conflict; i++) {
        struct bytes value = view->keys[i].value, key;
        if (listing_key_kind(view->keys[i].kind) != LISTING_KEY_SKU) continue;
        if (value.size == 0 || value.size > KEY_TEXT_MAX) continue;
        struct key prefix = sku_fold_prefix(value);
        struct store_cursor *cursor = store_cursor(txn, TABLE_PRODUCT_FOLD);
        status = store_seek(cursor, key_bytes(&prefix), &key, NULL);
        if (status == ST_OK && key.size == prefix.size + 8 && key_starts(key, key_bytes(&prefix))) {
            m->conflict = "sku-alike";
            m->value = value;
        }
        store_cursor_close(cursor);
        status = engine_read_failed(txn, status, "product_fold", error);
    }
    return status;
}

enum status listing_match(struct store_txn *txn, const struct listing_view *view,
                          struct listing_match *m, struct error *error)
{
    *m = (struct listing_match){0};
    enum status status = match_exactly(txn, view, m, error);
    if (status == ST_OK && !m->product && !m->conflict) status = match_alike(txn, view, m, error);
    return status;
}
