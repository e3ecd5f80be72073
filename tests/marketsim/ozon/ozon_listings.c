/* The catalogue: /v3/product/list page by page, and /v4/product/info/stocks, which is the same walk
 * over the catalogue with figures by scheme. */
#include "marketsim/market_field.h"
#include "marketsim/ozon/ozon_state.h"

#include <string.h>

#define PAGE_MAX 1000

/* All that the official document lists; those without an archive inside leave archived ones out. */
const char *const ozon_visibilities[] = {"ALL",
                                         "VISIBLE",
                                         "INVISIBLE",
                                         "EMPTY_STOCK",
                                         "NOT_MODERATED",
                                         "MODERATED",
                                         "DISABLED",
                                         "STATE_FAILED",
                                         "READY_TO_SUPPLY",
                                         "VALIDATION_STATE_PENDING",
                                         "VALIDATION_STATE_FAIL",
                                         "VALIDATION_STATE_SUCCESS",
                                         "TO_SUPPLY",
                                         "IN_SALE",
                                         "REMOVED_FROM_SALE",
                                         "OVERPRICED",
                                         "CRITICALLY_OVERPRICED",
                                         "EMPTY_BARCODE",
                                         "BARCODE_EXISTS",
                                         "QUARANTINE",
                                         "ARCHIVED",
                                         "OVERPRICED_WITH_STOCK",
                                         "PARTIAL_APPROVED",
                                         "AUTO_ARCHIVED",
                                         "MANUAL_ARCHIVED",
                                         "SEASONAL_AUTO_ARCHIVED",
                                         "VISIBLE_WITH_FBO_STOCK",
                                         NULL};

static const struct market_shape list_filter[] = {
    {"offer_id", SHAPE_STRINGS, false, 0, PAGE_MAX, NULL, NULL},
    {"product_id", SHAPE_IDS, false, 0, PAGE_MAX, NULL, NULL},
    {"skus", SHAPE_IDS, false, 0, PAGE_MAX, NULL, NULL},
    {"visibility", SHAPE_ENUM, false, 0, 0, NULL, ozon_visibilities},
    {0}};

const struct market_shape ozon_list_fields[] = {
    {"filter", SHAPE_OBJECT, false, 0, 0, list_filter, NULL},
    {"last_id", SHAPE_STRING, false, 0, 0, NULL, NULL},
    {"limit", SHAPE_INT, false, 1, PAGE_MAX, NULL, NULL},
    {0}};

static const struct market_shape quant_fields[] = {{"created", SHAPE_BOOL, false, 0, 0, NULL, NULL},
                                                   {"exists", SHAPE_BOOL, false, 0, 0, NULL, NULL},
                                                   {0}};

static const struct market_shape v4_filter[] = {
    {"offer_id", SHAPE_STRINGS, false, 0, PAGE_MAX, NULL, NULL},
    {"product_id", SHAPE_IDS, false, 0, PAGE_MAX, NULL, NULL},
    {"visibility", SHAPE_ENUM, false, 0, 0, NULL, ozon_visibilities},
    {"with_quant", SHAPE_OBJECT, false, 0, 0, quant_fields, NULL},
    {0}};

const struct market_shape ozon_v4_stocks_fields[] = {
    {"cursor", SHAPE_STRING, false, 0, 0, NULL, NULL},
    {"filter", SHAPE_OBJECT, true, 0, 0, v4_filter, NULL},
    {"limit", SHAPE_INT, true, 1, PAGE_MAX, NULL, NULL},
    {0}};

static bool in_sale(const struct ozon_seller *seller, size_t index)
{
    return !(seller->products[index].flags & (OZON_NOT_CREATED | OZON_NO_SKU)) &&
           (ozon_product_in_stock(seller, index, true) ||
            ozon_product_in_stock(seller, index, false));
}

static bool visible(const struct ozon_seller *seller, size_t index, const char *visibility)
{
    const struct ozon_product *product = &seller->products[index];
    enum ozon_archive archive = product->archive;
    if (strcmp(visibility, "ARCHIVED") == 0) return archive != OZON_NOT_ARCHIVED;
    if (strcmp(visibility, "AUTO_ARCHIVED") == 0) return archive == OZON_ARCHIVED_AUTO;
    if (strcmp(visibility, "MANUAL_ARCHIVED") == 0) return archive == OZON_ARCHIVED_MANUAL;
    if (strcmp(visibility, "SEASONAL_AUTO_ARCHIVED") == 0) return archive == OZON_ARCHIVED_SEASONAL;
    if (archive != OZON_NOT_ARCHIVED) return false;
    if (strcmp(visibility, "ALL") == 0) return true;
    if (strcmp(visibility, "VISIBLE") == 0 || strcmp(visibility, "IN_SALE") == 0)
        return in_sale(seller, index);
    if (strcmp(visibility, "INVISIBLE") == 0) return !in_sale(seller, index);
    if (strcmp(visibility, "EMPTY_STOCK") == 0 || strcmp(visibility, "TO_SUPPLY") == 0)
        return !ozon_product_in_stock(seller, index, true) &&
               !ozon_product_in_stock(seller, index, false);
    if (strcmp(visibility, "VISIBLE_WITH_FBO_STOCK") == 0)
        return ozon_product_in_stock(seller, index, false);
    if (strcmp(visibility, "EMPTY_BARCODE") == 0) return !*product->barcode;
    if (strcmp(visibility, "BARCODE_EXISTS") == 0) return *product->barcode != '\0';
    if (strcmp(visibility, "MODERATED") == 0 || strcmp(visibility, "VALIDATION_STATE_SUCCESS") == 0)
        return !(product->flags & OZON_NOT_CREATED);
    if (strcmp(visibility, "NOT_MODERATED") == 0 || strcmp(visibility, "STATE_FAILED") == 0 ||
        strcmp(visibility, "VALIDATION_STATE_FAIL") == 0)
        return product->flags & OZON_NOT_CREATED;
    return false; /* states that the model does not have */
}

/* What a filter selects: products by ids whatever their visibility, or else by visibility. */
struct selection {
    const struct ozon_seller *seller;
    struct market_map ids; /* of product indexes */
    bool by_ids;
    const char *visibility;
};

static void select_ids(struct selection *selection, const json_t *ids, const char *kind)
{
    const struct ozon_seller *seller = selection->seller;
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *value = json_array_get(ids, i);
        int64_t id = 0;
        size_t index;
        if (strcmp(kind, "offer_id") == 0) {
            index = market_map_get_text(&seller->by_offer, json_string_value(value));
        } else {
            market_shape_id(value, &id);
            index = market_map_get_number(
                strcmp(kind, "skus") == 0 ? &seller->by_sku : &seller->by_id, id);
        }
        if (index != MARKET_MAP_NONE) market_map_put_number(&selection->ids, (int64_t)index, index);
        selection->by_ids = true;
    }
}

/* False after having answered: only one kind of ids may be given. */
static bool select_products(struct ozon_call *call, struct selection *selection)
{
    static const char *const kinds[] = {"offer_id", "product_id", "skus"};
    const json_t *filter = json_object_get(call->body, "filter");
    memset(selection, 0, sizeof(*selection));
    selection->seller = call->seller;
    selection->visibility = ozon_body_text(filter, "visibility");
    if (!*selection->visibility) selection->visibility = "ALL";
    size_t given = 0;
    for (size_t i = 0; i < 3; i++)
        if (json_array_size(json_object_get(filter, kinds[i]))) given++;
    if (given > 1) {
        ozon_violation(call, "shape", "more than one kind of ids in the filter");
        ozon_error(call, 400, 3, "Request validation error: use only one kind of identifiers");
        return false;
    }
    for (size_t i = 0; i < 3; i++)
        select_ids(selection, json_object_get(filter, kinds[i]), kinds[i]);
    return true;
}

static bool selected(const struct selection *selection, size_t index)
{
    if (selection->by_ids)
        return market_map_get_number(&selection->ids, (int64_t)index) != MARKET_MAP_NONE;
    return visible(selection->seller, index, selection->visibility);
}

static size_t select_total(const struct selection *selection)
{
    if (selection->by_ids) return selection->ids.used;
    size_t total = 0;
    for (size_t i = 0; i < selection->seller->product_count; i++)
        if (selected(selection, i)) total++;
    return total;
}

typedef void write_item(struct ozon_call *call, size_t index);

/* Writes a page; gives the last product's index, or -1 for an empty page. `more` says whether
 * there is a next one. */
static int64_t write_page(struct ozon_call *call, const struct selection *selection, int64_t after,
                          write_item *write, bool *more)
{
    size_t limit = (size_t)ozon_body_int(call->body, "limit", PAGE_MAX);
    int64_t last = -1;
    *more = false;
    for (size_t i = after < 0 ? 0 : (size_t)after + 1; i < call->seller->product_count; i++) {
        if (!selected(selection, i)) continue;
        *more = call->answer->items == limit;
        if (*more) break;
        if (call->answer->items++) market_answer_text(call->answer, ",");
        write(call, i);
        last = (int64_t)i;
    }
    return last;
}

static void write_total(struct ozon_call *call, const struct selection *selection)
{
    size_t total = select_total(selection);
    market_answer_printf(call->answer, ",\"total\":%zu", total);
    if (call->ozon->settings.total_items)
        market_answer_printf(call->answer, ",\"total_items\":%zu", total);
}

static void write_listing(struct ozon_call *call, size_t index)
{
    struct market_answer *answer = call->answer;
    const struct ozon_product *product = &call->seller->products[index];
    market_answer_text(answer, "{\"product_id\":");
    market_answer_int(answer, product->product_id);
    market_answer_text(answer, ",\"offer_id\":");
    market_answer_string(answer, product->offer_id);
    market_answer_text(answer, ",\"sku\":");
    market_answer_int(answer, product->flags & OZON_NO_SKU ? 0 : product->sku);
    market_answer_text(answer, ozon_product_in_stock(call->seller, index, false)
                                   ? ",\"has_fbo_stocks\":true"
                                   : ",\"has_fbo_stocks\":false");
    market_answer_text(answer, ozon_product_in_stock(call->seller, index, true)
                                   ? ",\"has_fbs_stocks\":true"
                                   : ",\"has_fbs_stocks\":false");
    market_answer_text(answer, product->archive != OZON_NOT_ARCHIVED ? ",\"archived\":true"
                                                                     : ",\"archived\":false");
    market_answer_text(answer, ",\"is_discounted\":false,\"quants\":[]}");
}

/* last_id is that of the page's last product also on the last page; only an empty page ends it. */
void ozon_product_list(struct ozon_call *call)
{
    struct selection selection;
    int64_t after, unused;
    bool more;
    if (!ozon_cursor_read(call, ozon_body_text(call->body, "last_id"), &after, &unused) ||
        !select_products(call, &selection))
        return;
    if (!selection.by_ids && !json_object_get(call->body, "limit")) {
        ozon_violation(call, "shape", "limit is missing");
        ozon_error(call, 400, 3,
                   "Request validation error: invalid GetProductListRequest.Limit: value must be "
                   "inside range [1, 1000]");
    } else {
        market_answer_text(call->answer, "{\"result\":{\"items\":[");
        int64_t last = write_page(call, &selection, after, write_listing, &more);
        market_answer_text(call->answer, "]");
        write_total(call, &selection);
        market_answer_text(call->answer, ",\"last_id\":");
        if (last < 0)
            market_answer_text(call->answer, "\"\"");
        else
            ozon_cursor_write(call->answer, last, 0);
        market_answer_text(call->answer, "}}");
    }
    market_map_free(&selection.ids);
}

static void write_scheme(struct ozon_call *call, size_t index, enum ozon_kind kind, bool *first)
{
    const struct ozon_seller *seller = call->seller;
    struct market_answer *answer = call->answer;
    int64_t present = 0, reserved = 0;
    bool any = false;
    for (size_t i = 0; i < seller->warehouse_count; i++) {
        const struct ozon_warehouse *warehouse = &seller->warehouses[i];
        const struct ozon_pair *pair = ozon_pair_get(warehouse, index);
        if (!pair || warehouse->kind != kind || warehouse->removed) continue;
        any = true;
        reserved += pair->reserved;
        present += pair->reserved + ozon_pair_shown(pair, call->now_ms);
    }
    if (!any) return; /* a scheme the product never had has no line */
    market_field_text(answer, *first ? "{\"type\":" : ",{\"type\":", ozon_kind_name(kind));
    market_field_int(answer, ",\"present\":", present);
    market_field_int(answer, ",\"reserved\":", reserved);
    market_field_int(answer, ",\"sku\":", seller->products[index].sku);
    market_answer_text(answer,
                       ",\"shipment_type\":\"SHIPMENT_TYPE_GENERAL\",\"warehouse_ids\":[]}");
    *first = false;
}

static void write_schemes(struct ozon_call *call, size_t index)
{
    const struct ozon_product *product = &call->seller->products[index];
    bool first = true;
    market_answer_text(call->answer, "{\"product_id\":");
    market_answer_int(call->answer, product->product_id);
    market_answer_text(call->answer, ",\"offer_id\":");
    market_answer_string(call->answer, product->offer_id);
    market_answer_text(call->answer, ",\"stocks\":[");
    for (int kind = OZON_FBS; kind <= OZON_FBP; kind++)
        write_scheme(call, index, (enum ozon_kind)kind, &first);
    market_answer_text(call->answer, "]}");
}

void ozon_stocks_v4(struct ozon_call *call)
{
    struct selection selection;
    int64_t after, unused;
    bool more;
    if (!ozon_cursor_read(call, ozon_body_text(call->body, "cursor"), &after, &unused) ||
        !select_products(call, &selection))
        return;
    market_answer_text(call->answer, "{\"items\":[");
    int64_t last = write_page(call, &selection, after, write_schemes, &more);
    market_answer_text(call->answer, "]");
    write_total(call, &selection);
    market_answer_text(call->answer, ",\"cursor\":");
    if (more)
        ozon_cursor_write(call->answer, last, 0);
    else
        market_answer_text(call->answer, "\"\"");
    market_answer_text(call->answer, "}");
    market_map_free(&selection.ids);
}
