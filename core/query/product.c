/* Queries: products by SKU, by number, by the beginning of the SKU, by barcode. */
#include "query/rows.h"

enum status query_product_by_number(struct query *query, uint64_t number,
                                    struct query_product *product)
{
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, number);
    product->number = number;
    enum status status = store_get(query->txn, TABLE_PRODUCT, bytes_of(key, sizeof key), &value);
    if (status == ST_NOT_FOUND)
        return error_set(query->error, ST_NOT_FOUND, "there is no product with the number %llu",
                         (unsigned long long)number);
    if (status != ST_OK) return query_failed(query, status, TABLE_PRODUCT);
    return product_read(value, &product->product) == ST_OK ? ST_OK
                                                           : query_damaged(query, TABLE_PRODUCT);
}

enum status query_product(struct query *query, struct bytes sku, struct query_product *product)
{
    uint64_t number;
    enum status status = query_find_product(query, sku, &number);
    return status == ST_OK ? query_product_by_number(query, number, product) : status;
}

struct giving {
    bool (*row)(void *ctx, const struct query_product *product);
    void *ctx;
};

static enum look give(struct query *query, const struct giving *to, const uint8_t *number)
{
    struct query_product product;
    if (query_product_by_number(query, bytes_get_u64(number), &product) != ST_OK)
        return LOOK_BROKEN;
    return to->row(to->ctx, &product) ? LOOK_GIVEN : LOOK_STOP;
}

static enum look look_sku(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    (void)key;
    if (value.size != 8) return query_damaged(query, TABLE_PRODUCT_SKU), LOOK_BROKEN;
    return give(query, ctx, value.data);
}

enum status query_products(struct query *query, struct bytes prefix, struct query_page *page,
                           bool (*row)(void *ctx, const struct query_product *product), void *ctx)
{
    struct giving to = {row, ctx};
    return query_walk(query, TABLE_PRODUCT_SKU, prefix, page, look_sku, &to);
}

static enum look look_barcode(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    (void)value;
    if (key.size < 9) return query_damaged(query, TABLE_PRODUCT_BARCODE), LOOK_BROKEN;
    return give(query, ctx, (const uint8_t *)key.data + key.size - 8);
}

enum status query_products_by_barcode(struct query *query, struct bytes barcode,
                                      struct query_page *page,
                                      bool (*row)(void *ctx, const struct query_product *product),
                                      void *ctx)
{
    struct giving to = {row, ctx};
    struct key prefix = {0};
    page->next_size = 0;
    if (barcode.size == 0 || barcode.size > KEY_TEXT_MAX) return ST_OK;
    key_add(&prefix, barcode);
    key_u8(&prefix, 0);
    return query_walk(query, TABLE_PRODUCT_BARCODE, key_bytes(&prefix), page, look_barcode, &to);
}
