/* Reads under V1: one inventory item per product, offsets that end at 10 000, filters and sorts
 * that are JSON inside a string. */
#include "marketsim/wix/wix_state.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct wix_field item_fields[] = {
    {"id", true, false},          {"productId", true, false},     {"numericId", true, false},
    {"lastUpdated", true, false}, {"trackQuantity", false, true}, {0}};
static const struct wix_field product_fields[] = {
    {"id", true, false},          {"numericId", true, false},   {"name", true, false},
    {"sku", true, false},         {"lastUpdated", true, false}, {"createdDate", true, false},
    {"productType", false, true}, {"visible", false, true},     {0}};
static const struct wix_field variant_fields[] = {{"id", true, false},
                                                  {"productId", true, false},
                                                  {"variantId", false, false},
                                                  {"sku", true, false},
                                                  {"productName", true, false},
                                                  {"managedVariant", false, true},
                                                  {0}};

static size_t product_count(const struct wix_call *call)
{
    return call->site->product_count;
}

static size_t variant_count(const struct wix_call *call)
{
    return call->site->variant_count;
}

static json_t *render_item(struct wix_call *call, size_t index)
{
    return wix_v1_item_json(call, &call->site->products[index]);
}

/* Hidden products are silently missing unless they are asked for. */
static json_t *render_product(struct wix_call *call, size_t index)
{
    const struct wix_product *product = &call->site->products[index];
    bool hidden = json_is_true(json_object_get(call->body, "includeHiddenProducts"));
    if (!product->visible && !hidden) return NULL;
    return wix_v1_product_json(call, product,
                               json_is_true(json_object_get(call->body, "includeVariants")));
}

static size_t item_by_id(const struct wix_call *call, const char *id)
{
    return market_map_get_text(&call->site->by_v1_item, id);
}

static size_t product_by_id(const struct wix_call *call, const char *id)
{
    return market_map_get_text(&call->site->by_product, id);
}

static const struct wix_source items = {.rows = "inventoryItems",
                                        .paging = "metadata",
                                        .otherwise = WIX_V1_PAGE,
                                        .fields = item_fields,
                                        .count = product_count,
                                        .render = render_item,
                                        .by_id = item_by_id};
static const struct wix_source products = {.rows = "products",
                                           .paging = "metadata",
                                           .otherwise = WIX_V1_PAGE,
                                           .fields = product_fields,
                                           .count = product_count,
                                           .render = render_product,
                                           .by_id = product_by_id};
static const struct wix_source variants = {.rows = "variants",
                                           .paging = "metadata",
                                           .otherwise = WIX_V1_PAGE,
                                           .fields = variant_fields,
                                           .count = variant_count,
                                           .render = wix_v1_variant_json};

static json_t *parse_text(const json_t *query, const char *name, bool *bad)
{
    const char *text = wix_body_text(query, name);
    if (!*text) return NULL;
    json_error_t error;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    *bad = *bad || !value;
    return value;
}

/* [{"numericId":"asc"}] or the object alone becomes the list of the newer APIs. */
static json_t *sort_list(json_t *sent, bool *bad)
{
    json_t *list = json_array(), *one, *order;
    const char *name;
    for (size_t i = 0; i < (json_is_array(sent) ? json_array_size(sent) : sent != NULL); i++) {
        one = json_is_array(sent) ? json_array_get(sent, i) : sent;
        *bad = *bad || !json_is_object(one);
        json_object_foreach (one, name, order) {
            const char *text = json_string_value(order);
            bool down = text && strcasecmp(text, "desc") == 0;
            *bad = *bad || !text || (!down && strcasecmp(text, "asc") != 0);
            json_array_append_new(
                list, json_pack("{s:s, s:s}", "fieldName", name, "order", down ? "DESC" : "ASC"));
        }
    }
    return list;
}

static bool known_fields(const struct wix_source *source, const struct wix_offset_query *query,
                         char *error, size_t size)
{
    if (query->filter && !wix_filter_check(query->filter, source->fields, error, size))
        return false;
    for (size_t i = 0; i < json_array_size(query->sort); i++) {
        const struct wix_field *field = source->fields;
        const char *name = wix_body_text(json_array_get(query->sort, i), "fieldName");
        while (field->name && strcmp(field->name, name) != 0)
            field++;
        if (field->name && field->sorts) continue;
        snprintf(error, size, "unsupported sort field %.80s", name);
        return false;
    }
    return true;
}

static void answer_page(struct wix_call *call, const struct wix_source *source,
                        const json_t *paging, struct wix_offset_query *query)
{
    char error[160];
    size_t total;
    query->limit = (size_t)wix_body_int(paging, "limit", WIX_V1_PAGE);
    query->offset = (size_t)wix_body_int(paging, "offset", 0);
    if (!known_fields(source, query, error, sizeof(error))) {
        wix_invalid(call, "query", error, false);
        return;
    }
    if (query->offset + query->limit > WIX_V1_CEILING) {
        wix_invalid(call, "query.paging.offset", "offset and limit reach beyond 10000 results",
                    true);
        return;
    }
    json_t *list = wix_query_offset(call, source, query, &total);
    json_t *metadata =
        source == &variants
            ? json_pack("{s:I, s:I, s:I}", "count", (json_int_t)json_array_size(list), "offset",
                        (json_int_t)query->offset, "total", (json_int_t)total)
            : json_pack("{s:I, s:I}", "items", (json_int_t)query->limit, "offset",
                        (json_int_t)query->offset);
    json_t *answer = json_pack("{s:o, s:o}", source->rows, list, "metadata", metadata);
    if (source != &variants)
        json_object_set_new(answer, "totalResults", json_integer((json_int_t)total));
    wix_answer(call, answer);
}

static void query_texts(struct wix_call *call, const struct wix_source *source)
{
    const json_t *query = json_object_get(call->body, "query");
    bool bad = false;
    json_t *filter = parse_text(query, "filter", &bad), *sent = parse_text(query, "sort", &bad);
    json_t *sort = sort_list(sent, &bad);
    struct wix_offset_query asked = {.filter = filter, .sort = sort};
    if (bad || (filter && !json_is_object(filter)))
        wix_invalid(call, "query", "filter and sort are JSON in a string", false);
    else
        answer_page(call, source, json_object_get(query, "paging"), &asked);
    json_decref(filter);
    json_decref(sent);
    json_decref(sort);
}

void wix_v1_query(struct wix_call *call)
{
    query_texts(call, &items);
}

void wix_v1_products(struct wix_call *call)
{
    if (json_is_true(json_object_get(call->body, "includeHiddenProducts")) &&
        !(call->key->abilities & WIX_MAY_HIDDEN)) {
        wix_error(call, 403, "PERMISSION_DENIED", "Permission denied");
        return;
    }
    query_texts(call, &products);
}

void wix_v1_store_variants(struct wix_call *call)
{
    const json_t *query = json_object_get(call->body, "query");
    struct wix_offset_query asked = {.filter = json_object_get(query, "filter"),
                                     .sort = json_object_get(query, "sort")};
    answer_page(call, &variants, json_object_get(query, "paging"), &asked);
}

static void answer_item(struct wix_call *call, size_t product)
{
    if (product == MARKET_MAP_NONE)
        wix_error(call, 404, "INVENTORY_ITEM_NOT_FOUND", "Inventory item not found");
    else
        wix_answer(call, json_pack("{s:o}", "inventoryItem",
                                   wix_v1_item_json(call, &call->site->products[product])));
}

void wix_v1_get(struct wix_call *call)
{
    answer_item(call, item_by_id(call, call->id));
}

void wix_v1_get_product(struct wix_call *call)
{
    answer_item(call, product_by_id(call, call->id));
}
