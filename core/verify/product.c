/* Verifying products and their SKU and barcode indexes. */
#include "engine/record_change.h"
#include "engine/sku.h"
#include "verify/rows.h"

static void check_product(struct verifying *v, struct bytes key, struct bytes value)
{
    struct product_view product;
    if (key.size != 8 || product_read(value, &product) != ST_OK) {
        verify_finding(v, TABLE_PRODUCT, "a row cannot be read");
        return;
    }
    uint64_t number = bytes_get_u64(key.data);
    if (number == 0 || number > v->counters.product)
        verify_finding(v, TABLE_PRODUCT, "product %llu is above the counter, which is %llu",
                       (unsigned long long)number, (unsigned long long)v->counters.product);
    struct bytes found;
    if (!verify_get(v, TABLE_PRODUCT_SKU, product.sku, &found) || !bytes_equal(found, key))
        verify_finding(v, TABLE_PRODUCT, "product %llu cannot be found by its SKU '%.*s'",
                       (unsigned long long)number, (int)product.sku.size,
                       (const char *)product.sku.data);
    struct key fold = sku_fold_prefix(product.sku);
    key_u64(&fold, number);
    if (!verify_get(v, TABLE_PRODUCT_FOLD, key_bytes(&fold), &found))
        verify_finding(v, TABLE_PRODUCT, "product %llu is not among those with SKUs like its own",
                       (unsigned long long)number);
    for (uint32_t i = 0; i < product.barcode_count; i++) {
        if (product.barcodes[i].size > KEY_TEXT_MAX) continue;
        struct key index = {0};
        key_add(&index, product.barcodes[i]);
        key_u8(&index, 0);
        key_u64(&index, number);
        if (!verify_get(v, TABLE_PRODUCT_BARCODE, key_bytes(&index), &found))
            verify_finding(v, TABLE_PRODUCT, "product %llu cannot be found by its barcode '%.*s'",
                           (unsigned long long)number, (int)product.barcodes[i].size,
                           (const char *)product.barcodes[i].data);
    }
}

static bool load(struct verifying *v, struct bytes number, struct product_view *product)
{
    struct bytes value;
    return verify_get(v, TABLE_PRODUCT, number, &value) && product_read(value, product) == ST_OK;
}

static void check_sku(struct verifying *v, struct bytes key, struct bytes value)
{
    struct product_view product;
    if (value.size != 8 || !load(v, value, &product) || !bytes_equal(product.sku, key))
        verify_finding(v, TABLE_PRODUCT_SKU, "the SKU '%.*s' leads to no product of that SKU",
                       (int)key.size, (const char *)key.data);
}

static void check_barcode(struct verifying *v, struct bytes key, struct bytes value)
{
    (void)value;
    struct product_view product;
    bool has = false;
    if (key.size > 9) {
        struct bytes barcode = bytes_of(key.data, key.size - 9);
        struct bytes number = bytes_of((const uint8_t *)key.data + key.size - 8, 8);
        if (load(v, number, &product))
            for (uint32_t i = 0; i < product.barcode_count; i++)
                has |= bytes_equal(product.barcodes[i], barcode);
    }
    if (!has)
        verify_finding(v, TABLE_PRODUCT_BARCODE,
                       "the barcode '%.*s' leads to no product that has it",
                       (int)(key.size > 9 ? key.size - 9 : 0), (const char *)key.data);
}

static void check_fold(struct verifying *v, struct bytes key, struct bytes value)
{
    (void)value;
    struct product_view product;
    bool right = false;
    if (key.size >= 9 && load(v, bytes_of((const uint8_t *)key.data + key.size - 8, 8), &product)) {
        struct key fold = sku_fold_prefix(product.sku);
        right = bytes_equal(key_bytes(&fold), bytes_of(key.data, key.size - 8));
    }
    if (!right) verify_finding(v, TABLE_PRODUCT_FOLD, "a row leads to no product of such a SKU");
}

/* ---- changes */

static void check_indexed(struct verifying *v, uint64_t product, struct bytes place)
{
    struct key key = {0};
    struct bytes unused;
    if (!product) return;
    key_u64(&key, product);
    key_add(&key, place);
    if (!verify_get(v, TABLE_CHANGE_PRODUCT, key_bytes(&key), &unused))
        verify_finding(v, TABLE_CHANGE, "a change by command %llu is not found by its product %llu",
                       (unsigned long long)bytes_get_u64(place.data), (unsigned long long)product);
}

static void check_change(struct verifying *v, struct bytes key, struct bytes value)
{
    struct change_view change;
    if (key.size != 12 || change_read(value, &change) != ST_OK) {
        verify_finding(v, TABLE_CHANGE, "a row cannot be read");
        return;
    }
    struct bytes unused;
    if (!verify_get(v, TABLE_COMMAND, bytes_of(key.data, 8), &unused))
        verify_finding(v, TABLE_CHANGE, "a change is by command %llu, which is missing",
                       (unsigned long long)bytes_get_u64(key.data));
    check_indexed(v, change.product, key);
    check_indexed(v, change.other, key);
}

static void check_change_product(struct verifying *v, struct bytes key, struct bytes value)
{
    struct change_view change;
    uint64_t product = key.size == 20 ? bytes_get_u64(key.data) : 0;
    bool right = product &&
                 verify_get(v, TABLE_CHANGE, bytes_of((const uint8_t *)key.data + 8, 12), &value) &&
                 change_read(value, &change) == ST_OK &&
                 (change.product == product || change.other == product);
    if (!right) verify_finding(v, TABLE_CHANGE_PRODUCT, "a row leads to no change of that product");
}

void verify_products(struct verifying *v)
{
    verify_walk(v, TABLE_PRODUCT, check_product);
    verify_walk(v, TABLE_PRODUCT_SKU, check_sku);
    verify_walk(v, TABLE_PRODUCT_BARCODE, check_barcode);
    verify_walk(v, TABLE_PRODUCT_FOLD, check_fold);
    verify_walk(v, TABLE_CHANGE, check_change);
    verify_walk(v, TABLE_CHANGE_PRODUCT, check_change_product);
}
