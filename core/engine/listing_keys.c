/* The index of keys by which listings wait for products. */
#include "engine/listing_private.h"

uint8_t listing_key_kind(struct bytes kind)
{
    if (bytes_equal(kind, bytes_text("sku"))) return LISTING_KEY_SKU;
    if (bytes_equal(kind, bytes_text("barcode"))) return LISTING_KEY_BARCODE;
    return 0;
}

bool listing_index_key(const struct listing_key *of, uint32_t account, uint64_t listing,
                       struct key *key)
{
    uint8_t kind = listing_key_kind(of->kind);
    if (!kind || of->value.size == 0 || of->value.size > KEY_TEXT_MAX) return false;
    key->size = 0;
    key_u8(key, kind);
    key_add(key, of->value);
    key_u8(key, 0);
    key_u32(key, account);
    key_u64(key, listing);
    return true;
}

void listing_index_keys(struct applying *a, uint32_t account, uint64_t listing,
                        const struct listing_view *view, bool present)
{
    for (uint32_t i = 0; i < view->key_count; i++) {
        struct key key;
        if (!listing_index_key(&view->keys[i], account, listing, &key)) continue;
        if (present)
            store_put(a->txn, TABLE_LISTING_KEY, key_bytes(&key), bytes_of("", 0));
        else
            store_delete(a->txn, TABLE_LISTING_KEY, key_bytes(&key));
    }
}

bool listing_keys_equal(const struct listing_view *x, const struct listing_view *y)
{
    if (x->key_count != y->key_count) return false;
    for (uint32_t i = 0; i < x->key_count; i++)
        if (!bytes_equal(x->keys[i].kind, y->keys[i].kind) ||
            !bytes_equal(x->keys[i].value, y->keys[i].value))
            return false;
    return true;
}
