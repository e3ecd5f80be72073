/* What is known of products together: /v1/brands, /v1/duplicates, and what hangs on one. */
#include "api/api_private.h"
#include "query/catalogue.h"

static bool add_brand(void *ctx, struct bytes brand, uint64_t products)
{
    json_array_append_new(ctx, json_pack("{s:o, s:I}", "brand", api_text_or_null(brand), "products",
                                         (json_int_t)products));
    return true;
}

static enum status query_brand_list(struct api_read *read, struct query *query)
{
    json_t *items = json_array();
    enum status status = query_brands(query, add_brand, items);
    read->json = json_pack("{s:o, s:n}", "items", items, "next");
    return status;
}

static void list_brands(struct http_exchange *exchange)
{
    api_read_start(api_read_named(exchange, query_brand_list, NULL));
}

/* ---- duplicates */

struct adding {
    struct query *query;
    json_t *items;
    enum status status;
};

static json_t *duplicate_json(struct adding *adding, const struct query_product *p)
{
    struct query_attached attached;
    enum status status = query_attached(adding->query, p->product.sku, &attached);
    if (status != ST_OK) {
        adding->status = status;
        return json_null();
    }
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:o}", "sku", api_text(p->product.sku), "name",
        api_text_or_null(p->product.name), "created", api_time(p->product.created_ms), "on_hand",
        attached.figures.count ? json_integer((json_int_t)attached.on_hand) : json_null(),
        "listings", (json_int_t)attached.listings.count, "barcodes",
        json_integer((json_int_t)p->product.barcode_count));
}

static bool add_group(void *ctx, const struct query_duplicate *group)
{
    struct adding *adding = ctx;
    json_t *products = json_array(), *skus = json_array();
    for (uint32_t i = 0; i < group->count; i++) {
        json_array_append_new(products, duplicate_json(adding, &group->products[i]));
        json_array_append_new(skus, api_text(group->products[i].product.sku));
    }
    json_array_append_new(adding->items,
                          json_pack("{s:s, s:o, s:o, s:o}", "why", group->why, "value",
                                    api_text(group->value), "skus", skus, "products", products));
    return adding->status == ST_OK;
}

static enum status query_duplicate_list(struct api_read *read, struct query *query)
{
    struct adding adding = {query, json_array(), ST_OK};
    struct query_page page = api_query_page(&read->page);
    enum status status = query_duplicates(query, &page, add_group, &adding);
    read->json = api_page_of(adding.items, &page);
    return status == ST_OK ? adding.status : status;
}

static void list_duplicates(struct http_exchange *exchange)
{
    api_read_list(exchange, query_duplicate_list, NULL);
}

/* ---- what hangs on a product */

static json_t *count_json(const struct query_count *count)
{
    return json_integer((json_int_t)count->count);
}

static enum status query_attached_one(struct api_read *read, struct query *query)
{
    struct query_attached a;
    enum status status = query_attached(query, read->names[0], &a);
    if (status != ST_OK) return status;
    read->json = json_pack("{s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:b}", "sku",
                           api_text(read->names[0]), "figures", count_json(&a.figures), "on_hand",
                           (json_int_t)a.on_hand, "reserved", (json_int_t)a.reserved, "listings",
                           count_json(&a.listings), "targets", count_json(&a.targets),
                           "order_lines", count_json(&a.lines), "deletable", a.reserved == 0);
    return ST_OK;
}

static void get_attached(struct http_exchange *exchange)
{
    api_read_start(api_read_named(exchange, query_attached_one, NULL));
}

const struct http_route api_catalogue_routes[] = {
    {.method = "GET",
     .pattern = "/v1/brands",
     .scope = HTTP_SCOPE_READ,
     .handle = list_brands,
     .summary = "brands, and how many products each has"},
    {.method = "GET",
     .pattern = "/v1/duplicates",
     .scope = HTTP_SCOPE_READ,
     .handle = list_duplicates,
     .summary = "products that are probably one",
     .query = "limit cursor"},
    {.method = "GET",
     .pattern = "/v1/products/{sku}/attached",
     .scope = HTTP_SCOPE_READ,
     .handle = get_attached,
     .summary = "what hangs on a product, and goes when it is deleted"},
    {0},
};
