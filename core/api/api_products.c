/* Products: /v1/products. */
#include "api/api_rules.h"
#include "query/catalogue.h"

#include <stdlib.h>
#include <string.h>

static json_t *product_json(const struct product_view *p)
{
    json_t *barcodes = json_array();
    for (uint32_t i = 0; i < p->barcode_count; i++)
        json_array_append_new(barcodes, api_text(p->barcodes[i]));
    json_t *attributes =
        p->attributes.size ? json_loadb(p->attributes.data, p->attributes.size, 0, NULL) : NULL;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "sku", api_text(p->sku),
                     "name", api_text_or_null(p->name), "barcodes", barcodes, "brand",
                     api_text_or_null(p->brand), "description", api_text_or_null(p->description),
                     "image", api_text_or_null(p->image), "attributes",
                     attributes ? attributes : json_object(), "created", api_time(p->created_ms),
                     "changed", api_time(p->changed_ms));
}

/* ---- reading */

static enum status query_one(struct api_read *read, struct query *query)
{
    struct query_product found;
    json_t *rules;
    enum status status = query_product(query, read->names[0], &found);
    if (status != ST_OK) return status;
    read->json = product_json(&found.product);
    read->number = found.product.revision;
    status = api_rules_of(query, read->names[0], &rules);
    json_object_set_new(read->json, "rules", rules);
    return status;
}

/* The revision was put where the number of the product was. */
static void add_etag(struct api_read *read)
{
    api_answer_etag(read->exchange, read->number);
}

static void get_product(struct http_exchange *exchange)
{
    struct api_read *read = api_read_named(exchange, query_one, NULL);
    read->finish = add_etag;
    api_read_start(read);
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

enum { SEARCH, PREFIX, BRAND, ACCOUNT, STATE, MIN_STOCK, MAX_STOCK }; /* parameters of a list */

static struct bytes text_of(const char *text)
{
    return bytes_text(text ? text : "");
}

static struct query_product_filter filter_of(const struct api_read *read)
{
    const char *const *texts = read->texts;
    return (struct query_product_filter){
        .prefix = text_of(texts[SEARCH] ? texts[SEARCH] : texts[PREFIX]),
        .brand = text_of(texts[BRAND]),
        .account = text_of(texts[ACCOUNT]),
        .state = texts[STATE] ? target_state_parse(texts[STATE]) : -1,
        .least = texts[MIN_STOCK] ? strtoll(texts[MIN_STOCK], NULL, 10) : FIGURE_UNKNOWN,
        .most = texts[MAX_STOCK] ? strtoll(texts[MAX_STOCK], NULL, 10) : FIGURE_UNKNOWN};
}

static bool is_plain(const struct query_product_filter *f)
{
    return !f->brand.size && !f->account.size && f->state < 0 && f->least == FIGURE_UNKNOWN &&
           f->most == FIGURE_UNKNOWN;
}

static enum status query_list(struct api_read *read, struct query *query)
{
    const struct query_product_filter filter = filter_of(read);
    struct by_barcode b = {text_of(read->texts[SEARCH]), json_array()};
    struct query_page page = {.limit = read->page.limit};
    enum status status = ST_OK;
    if (b.barcode.size && read->page.from_size == 0 && is_plain(&filter))
        status = query_products_by_barcode(query, b.barcode, &page, add_by_barcode, &b);
    page = api_query_page(&read->page);
    if (status == ST_OK && is_plain(&filter))
        status = query_products(query, filter.prefix, &page, add_product_row, b.items);
    else if (status == ST_OK)
        status = query_products_filtered(query, &filter, &page, add_product_row, b.items);
    read->json = api_page_of(b.items, &page);
    return status;
}

static void list_products(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"search", "prefix",    "brand",     "account",
                                             "state",  "min_stock", "max_stock", NULL};
    int64_t unused = 0;
    const char *state = http_query(exchange, "state");
    if (!http_query_int(exchange, "min_stock", -FIGURE_MAX, FIGURE_MAX, &unused) ||
        !http_query_int(exchange, "max_stock", -FIGURE_MAX, FIGURE_MAX, &unused))
        return;
    if (state && target_state_parse(state) < 0)
        http_answer_problem(exchange, 400, "invalid",
                            "there is no state '%.40s'; there are off, parked, held, unresolved, "
                            "in-flight, rejected, dirty and synced",
                            state);
    else if (http_query(exchange, "search") && http_query(exchange, "prefix"))
        http_answer_problem(exchange, 400, "invalid",
                            "'search' is the beginning of a SKU too: give one of 'search' and "
                            "'prefix'");
    else
        api_read_list(exchange, query_list, parameters);
}

/* ---- changing */

static enum status query_changed(struct api_read *read, struct query *query)
{
    struct query_product found;
    enum status status = query_product_by_number(query, read->number, &found);
    if (status != ST_OK) return status;
    read->json = product_json(&found.product);
    read->number = found.product.revision;
    return ST_OK;
}

/* The product as it is now. */
static void answer_product(struct api_change *change, int http_status)
{
    struct api_read *read = api_read_new(change->exchange, query_changed);
    read->number = change->result.product;
    read->http_status = http_status;
    read->finish = add_etag;
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

static enum status check_product(struct api_change *change, struct store_txn *txn,
                                 struct error *error)
{
    struct query query;
    struct query_product found;
    if (!change->match) return ST_OK;
    enum status status = query_open(&query, txn, error);
    if (status != ST_OK) return status;
    status = query_product(&query, change->names[0], &found);
    if (status == ST_OK)
        status = api_change_match(change, found.product.revision, "the product", error);
    query_close(&query);
    return status;
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
    const json_t *attributes = json_object_get(body, "attributes");
    char *text =
        json_object_size(attributes) ? json_dumps(attributes, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (text) put->attributes = bytes_text(text);
    struct api_change *change = api_change_new(exchange, COMMAND_PRODUCT_PUT, body, answer);
    change->check = check_product;
    command_product_put(&change->payload, put);
    free(text);
    api_change_submit(change);
}

#define TEXT_MEMBERS                                                                  \
    {"name", API_TEXT_OR_NULL, false}, {"brand", API_TEXT_OR_NULL, false},            \
        {"description", API_TEXT_OR_NULL, false}, {"image", API_TEXT_OR_NULL, false}, \
        {"attributes", API_OBJECT_OR_NULL, false},                                    \
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
                                .attributes = empty || json_object_get(body, "attributes")
                                                  ? bytes_of("", 0)
                                                  : bytes_of(NULL, 0),
                                .barcodes = empty ? &none : NULL};
}

static void add_product(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"sku", API_TEXT, true}, TEXT_MEMBERS};
    json_t *body = api_body(exchange, members, 7, false);
    if (!body) return;
    struct product_put put = put_of(body, api_body_text(body, "sku"), true);
    put.must_be_new = true;
    submit(exchange, body, &put, answer_added);
}

static const struct api_member change_members[] = {TEXT_MEMBERS};

static void put_product(struct http_exchange *exchange)
{
    json_t *body = api_body(exchange, change_members, 6, false);
    if (!body) return;
    struct product_put put = put_of(body, http_path(exchange, "sku"), true);
    put.must_exist = true;
    submit(exchange, body, &put, answer_changed);
}

static void patch_product(struct http_exchange *exchange)
{
    json_t *body = api_body(exchange, change_members, 6, false);
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
    change->check = check_product;
    command_product_delete(&change->payload, http_path(exchange, "sku"));
    api_change_submit(change);
}

static void rename_product(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"to", API_TEXT, true}};
    json_t *body = api_body(exchange, members, 1, false);
    if (!body) return;
    struct api_change *change =
        api_change_new(exchange, COMMAND_PRODUCT_RENAME, body, answer_changed);
    command_product_rename(&change->payload, http_path(exchange, "sku"), api_body_text(body, "to"));
    api_change_submit(change);
}

static void merge_product(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"other", API_TEXT, true},
                                                {"stock", API_TEXT, true}};
    json_t *body = api_body(exchange, members, 2, false);
    if (!body) return;
    const char *stock = json_string_value(json_object_get(body, "stock"));
    if (strcmp(stock, "sum") != 0 && strcmp(stock, "keep") != 0) {
        http_answer_problem(exchange, 400, "invalid", "member 'stock' is sum or keep, not '%.40s'",
                            stock);
        json_decref(body);
        return;
    }
    struct api_change *change =
        api_change_new(exchange, COMMAND_PRODUCT_MERGE, body, answer_changed);
    command_product_merge(&change->payload, http_path(exchange, "sku"),
                          api_body_text(body, "other"), stock[0] == 's' ? MERGE_SUM : MERGE_KEEP);
    api_change_submit(change);
}

const struct http_route api_product_routes[] = {
    {.method = "GET",
     .pattern = "/v1/products",
     .scope = HTTP_SCOPE_READ,
     .handle = list_products,
     .summary = "products, by SKU",
     .query = "search prefix brand account state min_stock max_stock limit cursor"},
    {.method = "POST",
     .pattern = "/v1/products",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = add_product,
     .summary = "adds a product",
     .accept = "application/json"},
    {.method = "GET",
     .pattern = "/v1/products/{sku}",
     .scope = HTTP_SCOPE_READ,
     .handle = get_product,
     .summary = "one product"},
    {.method = "PUT",
     .pattern = "/v1/products/{sku}",
     .flags = HTTP_KEYED | HTTP_MATCHED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = put_product,
     .summary = "makes a product so",
     .accept = "application/json"},
    {.method = "PATCH",
     .pattern = "/v1/products/{sku}",
     .flags = HTTP_KEYED | HTTP_MATCHED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = patch_product,
     .summary = "changes members of a product",
     .accept = "application/json"},
    {.method = "DELETE",
     .pattern = "/v1/products/{sku}",
     .flags = HTTP_KEYED | HTTP_MATCHED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = delete_product,
     .summary = "deletes a product with all that hangs on it"},
    {.method = "POST",
     .pattern = "/v1/products/{sku}/rename",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = rename_product,
     .summary = "gives a product another SKU",
     .accept = "application/json"},
    {.method = "POST",
     .pattern = "/v1/products/{sku}/merge",
     .flags = HTTP_KEYED,
     .scope = HTTP_SCOPE_WRITE,
     .handle = merge_product,
     .summary = "makes another product part of it",
     .accept = "application/json"},
    {0},
};
