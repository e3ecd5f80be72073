/* Products: /v1/products. */
#include "api/api_private.h"

static json_t *product_json(const struct product_view *p)
{
    json_t *barcodes = json_array();
    for (uint32_t i = 0; i < p->barcode_count; i++)
        json_array_append_new(barcodes, api_text(p->barcodes[i]));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "sku", api_text(p->sku), "name",
                     api_text_or_null(p->name), "barcodes", barcodes, "brand",
                     api_text_or_null(p->brand), "description", api_text_or_null(p->description),
                     "image", api_text_or_null(p->image), "created", api_time(p->created_ms),
                     "changed", api_time(p->changed_ms));
}

/* ---- reading */

static enum status query_one(struct api_read *read, struct query *query)
{
    struct query_product found;
    enum status status = query_product(query, read->names[0], &found);
    if (status == ST_OK) read->json = product_json(&found.product);
    return status;
}

static void get_product(struct http_exchange *exchange)
{
    api_read_start(api_read_named(exchange, query_one, NULL));
}

static bool add_product_row(void *ctx, const struct query_product *row)
{
    json_array_append_new(ctx, product_json(&row->product));
    return true;
}

struct by_barcode {
    struct bytes barcode;
    json_t *items;
};

/* Those whose SKU begins with it come anyway. */
static bool add_by_barcode(void *ctx, const struct query_product *row)
{
    struct by_barcode *b = ctx;
    if (!key_starts(row->product.sku, b->barcode))
        json_array_append_new(b->items, product_json(&row->product));
    return true;
}

static enum status query_list(struct api_read *read, struct query *query)
{
    struct by_barcode b = {bytes_text(read->texts[0] ? read->texts[0] : ""), json_array()};
    struct query_page page = {.limit = read->page.limit};
    enum status status = ST_OK;
    if (b.barcode.size && read->page.from_size == 0)
        status = query_products_by_barcode(query, b.barcode, &page, add_by_barcode, &b);
    page = api_query_page(&read->page);
    if (status == ST_OK) status = query_products(query, b.barcode, &page, add_product_row, b.items);
    read->json = api_page_of(b.items, &page);
    return status;
}

static void list_products(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"search", NULL};
    api_read_list(exchange, query_list, parameters);
}

/* ---- changing */

static enum status query_changed(struct api_read *read, struct query *query)
{
    struct query_product found;
    enum status status = query_product_by_number(query, read->number, &found);
    if (status == ST_OK) read->json = product_json(&found.product);
    return status;
}

/* The product as it is now. */
static void answer_product(struct api_change *change, int http_status)
{
    struct api_read *read = api_read_new(change->exchange, query_changed);
    read->number = change->result.product;
    read->http_status = http_status;
    api_read_start(read);
}

static void answer_added(struct api_change *change)
{
    answer_product(change, 201);
}

static void answer_changed(struct api_change *change)
{
    answer_product(change, 200);
}

static void submit(struct http_exchange *exchange, json_t *body, struct product_put *put,
                   void (*answer)(struct api_change *change))
{
    struct bytes barcodes[PRODUCT_BARCODES_MAX + 1]; /* one too many is the engine's to refuse */
    const json_t *list = json_object_get(body, "barcodes");
    if (list) {
        size_t count = json_array_size(list);
        if (count > PRODUCT_BARCODES_MAX + 1) count = PRODUCT_BARCODES_MAX + 1;
        for (size_t i = 0; i < count; i++) {
            const json_t *text = json_array_get(list, i);
            barcodes[i] = bytes_of(json_string_value(text), json_string_length(text));
        }
        put->barcodes = barcodes;
        put->barcode_count = (uint32_t)count;
    } else if (put->barcodes) {
        put->barcodes = barcodes; /* none of them */
    }
    struct api_change *change = api_change_new(exchange, COMMAND_PRODUCT_PUT, body, answer);
    command_product_put(&change->payload, put);
    api_change_submit(change);
}

#define TEXT_MEMBERS                                                                  \
    {"name", API_TEXT_OR_NULL, false}, {"brand", API_TEXT_OR_NULL, false},            \
        {"description", API_TEXT_OR_NULL, false}, {"image", API_TEXT_OR_NULL, false}, \
    {                                                                                 \
        "barcodes", API_TEXTS, false                                                  \
    }

/* Absent: NULL (stays) or, with `empty`, "" (is taken away); null is "" too. */
static struct bytes field(const json_t *body, const char *name, bool empty)
{
    struct bytes text = api_body_text(body, name);
    if (!text.data && (empty || json_object_get(body, name))) return bytes_of("", 0);
    return text;
}

static struct product_put put_of(const json_t *body, struct bytes sku, bool empty)
{
    static const struct bytes none;
    return (struct product_put){.sku = sku,
                                .name = field(body, "name", empty),
                                .brand = field(body, "brand", empty),
                                .description = field(body, "description", empty),
                                .image = field(body, "image", empty),
                                .attributes = bytes_of(NULL, 0),
                                .barcodes = empty ? &none : NULL};
}

static void add_product(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"sku", API_TEXT, true}, TEXT_MEMBERS};
    json_t *body = api_body(exchange, members, 6, false);
    if (!body) return;
    struct product_put put = put_of(body, api_body_text(body, "sku"), true);
    put.must_be_new = true;
    submit(exchange, body, &put, answer_added);
}

static const struct api_member change_members[] = {TEXT_MEMBERS};

static void put_product(struct http_exchange *exchange)
{
    json_t *body = api_body(exchange, change_members, 5, false);
    if (!body) return;
    struct product_put put = put_of(body, http_path(exchange, "sku"), true);
    put.must_exist = true;
    submit(exchange, body, &put, answer_changed);
}

static void patch_product(struct http_exchange *exchange)
{
    json_t *body = api_body(exchange, change_members, 5, false);
    if (!body) return;
    struct product_put put = put_of(body, http_path(exchange, "sku"), false);
    put.must_exist = true;
    submit(exchange, body, &put, answer_changed);
}

static void answer_deleted(struct api_change *change)
{
    http_answer_empty(change->exchange, 204);
}

static void delete_product(struct http_exchange *exchange)
{
    struct api_change *change =
        api_change_new(exchange, COMMAND_PRODUCT_DELETE, NULL, answer_deleted);
    command_product_delete(&change->payload, http_path(exchange, "sku"));
    api_change_submit(change);
}

const struct http_route api_product_routes[] = {
    {.method = "GET",
     .pattern = "/v1/products",
     .handle = list_products,
     .summary = "products, by SKU",
     .query = "search limit cursor"},
    {.method = "POST",
     .pattern = "/v1/products",
     .handle = add_product,
     .summary = "adds a product",
     .accept = "application/json"},
    {.method = "GET",
     .pattern = "/v1/products/{sku}",
     .handle = get_product,
     .summary = "one product"},
    {.method = "PUT",
     .pattern = "/v1/products/{sku}",
     .handle = put_product,
     .summary = "makes a product so",
     .accept = "application/json"},
    {.method = "PATCH",
     .pattern = "/v1/products/{sku}",
     .handle = patch_product,
     .summary = "changes members of a product",
     .accept = "application/json"},
    {.method = "DELETE",
     .pattern = "/v1/products/{sku}",
     .handle = delete_product,
     .summary = "deletes a product"},
    {0},
};
