/* All stock, product by product, now or as it was: /v1/stock. */
#include "api/api_history.h"
#include "query/history.h"

#include <string.h>

enum { AT, WAREHOUSE, PREFIX };

struct listing_stock {
    struct query *query;
    const char *only;
    int64_t at_ms; /* 0: now */
    struct bytes sku;
    json_t *items;
    enum status status;
};

static bool add_pair(void *ctx, const struct query_stock *row)
{
    const struct listing_stock *l = ctx;
    if (!row->counted || (l->only && strcmp(l->only, row->warehouse->key) != 0)) return true;
    json_array_append_new(
        l->items, json_pack("{s:o, s:s, s:I, s:I, s:I, s:o}", "sku", api_text(l->sku), "warehouse",
                            row->warehouse->key, "on_hand", (json_int_t)row->stock.on_hand,
                            "reserved", (json_int_t)row->stock.reserved, "available",
                            (json_int_t)(row->stock.on_hand - row->stock.reserved), "changed",
                            api_time(row->stock.changed_ms)));
    return true;
}

static bool add_product(void *ctx, const struct query_product *product)
{
    struct listing_stock *l = ctx;
    l->sku = product->product.sku;
    l->status = l->at_ms ? query_stock_at(l->query, l->sku, l->at_ms, add_pair, l)
                         : query_stock(l->query, l->sku, NULL, add_pair, l);
    return l->status == ST_OK;
}

static enum status query_list(struct api_read *read, struct query *query)
{
    const char *const *texts = read->texts;
    struct listing_stock l = {.query = query, .only = texts[WAREHOUSE], .items = json_array()};
    if (texts[AT]) l.at_ms = clock_parse(texts[AT]);
    struct query_page page = api_query_page(&read->page);
    enum status status = ST_OK;
    if (l.only && !directory_warehouse_by_key(query->directory, bytes_text(l.only)))
        status = api_no_warehouse(bytes_text(l.only), query->error);
    if (status == ST_OK)
        status = query_products(query, bytes_text(texts[PREFIX] ? texts[PREFIX] : ""), &page,
                                add_product, &l);
    read->json = api_page_of(l.items, &page);
    return status == ST_OK ? l.status : status;
}

static void list_stock(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"at", "warehouse", "prefix", NULL};
    if (!api_time_refused(exchange, "at")) api_read_list(exchange, query_list, parameters);
}

const struct http_route api_stock_list_routes[] = {
    {.method = "GET",
     .pattern = "/v1/stock",
     .scope = HTTP_SCOPE_READ,
     .handle = list_stock,
     .summary = "the counted figures of all products",
     .query = "at warehouse prefix limit cursor"},
    {0},
};
