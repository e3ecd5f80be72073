/* The reads of orders: /v4/posting/fbs/list, /v4/posting/fbs/unfulfilled/list, /v3/posting/fbs/get.
 * What changes postings is in ozon_orders.c. */
#include "marketsim/market_field.h"
#include "marketsim/market_time.h"
#include "marketsim/ozon/ozon_state.h"

#include <string.h>

#define PAGE_MAX  100
#define DAY_MS    INT64_C(86400000)
#define PERIOD_MS (366 * DAY_MS) /* "at most a year" */

static const char *const directions[] = {"ASC", "DESC", "UNSPECIFIED", NULL};

static const struct market_shape with_fields[] = {
    {"analytics_data", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {"barcodes", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {"financial_data", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {"legal_info", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {0}};

static const struct market_shape changed_fields[] = {{"from", SHAPE_TIME, false, 0, 0, NULL, NULL},
                                                     {"to", SHAPE_TIME, false, 0, 0, NULL, NULL},
                                                     {0}};

static const struct market_shape list_filter[] = {
    {"delivery_method_ids", SHAPE_IDS, false, 0, 1000, NULL, NULL},
    {"integration_type_flow", SHAPE_STRINGS, false, 0, 0, NULL, NULL},
    {"is_blr_traceable", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {"last_changed_status_date", SHAPE_OBJECT, false, 0, 0, changed_fields, NULL},
    {"order_id", SHAPE_INT, false, 0, 0, NULL, NULL},
    {"order_numbers", SHAPE_STRINGS, false, 0, 100, NULL, NULL},
    {"provider_ids", SHAPE_IDS, false, 0, 1000, NULL, NULL},
    {"since", SHAPE_TIME, true, 0, 0, NULL, NULL},
    {"statuses", SHAPE_STRINGS, false, 0, 0, NULL, NULL},
    {"to", SHAPE_TIME, true, 0, 0, NULL, NULL},
    {"warehouse_ids", SHAPE_IDS, false, 0, 1000, NULL, NULL},
    {0}};

const struct market_shape ozon_postings_fields[] = {
    {"cursor", SHAPE_STRING, false, 0, 0, NULL, NULL},
    {"filter", SHAPE_OBJECT, true, 0, 0, list_filter, NULL},
    {"limit", SHAPE_INT, true, 1, PAGE_MAX, NULL, NULL},
    {"sort_dir", SHAPE_ENUM, false, 0, 0, NULL, directions},
    {"translit", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {"with", SHAPE_OBJECT, false, 0, 0, with_fields, NULL},
    {0}};

static const struct market_shape unfulfilled_filter[] = {
    {"cutoff_from", SHAPE_TIME, false, 0, 0, NULL, NULL},
    {"cutoff_to", SHAPE_TIME, false, 0, 0, NULL, NULL},
    {"delivering_date_from", SHAPE_TIME, false, 0, 0, NULL, NULL},
    {"delivering_date_to", SHAPE_TIME, false, 0, 0, NULL, NULL},
    {"delivery_method_ids", SHAPE_IDS, false, 0, 1000, NULL, NULL},
    {"last_changed_status_date", SHAPE_OBJECT, false, 0, 0, changed_fields, NULL},
    {"provider_ids", SHAPE_IDS, false, 0, 1000, NULL, NULL},
    {"statuses", SHAPE_STRINGS, false, 0, 0, NULL, NULL},
    {"warehouse_ids", SHAPE_IDS, false, 0, 1000, NULL, NULL},
    {0}};

const struct market_shape ozon_unfulfilled_fields[] = {
    {"cursor", SHAPE_STRING, false, 0, 0, NULL, NULL},
    {"filter", SHAPE_OBJECT, false, 0, 0, unfulfilled_filter, NULL},
    {"limit", SHAPE_INT, true, 1, PAGE_MAX, NULL, NULL},
    {"sort_dir", SHAPE_ENUM, false, 0, 0, NULL, directions},
    {"translit", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {"with", SHAPE_OBJECT, false, 0, 0, with_fields, NULL},
    {0}};

static const struct market_shape get_with_fields[] = {
    {"analytics_data", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {"barcodes", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {"financial_data", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {"legal_info", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {"product_exemplars", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {"related_postings", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {"translit", SHAPE_BOOL, false, 0, 0, NULL, NULL},
    {0}};

const struct market_shape ozon_posting_fields[] = {
    {"posting_number", SHAPE_STRING, true, 0, 0, NULL, NULL},
    {"with", SHAPE_OBJECT, false, 0, 0, get_with_fields, NULL},
    {0}};

/* Times not given are open ends. */
struct filter {
    int64_t since, to;
    int64_t changed_from, changed_to;
    int64_t cutoff_from, cutoff_to;
    int64_t left_from, left_to;
    const json_t *statuses, *warehouses, *orders;
    int64_t order_id;
    bool unfulfilled;
};

static int64_t read_time(const json_t *object, const char *name, int64_t otherwise)
{
    int64_t ms;
    return market_time_parse(ozon_body_text(object, name), &ms) ? ms : otherwise;
}

static struct filter read_filter(const json_t *body, bool unfulfilled)
{
    const json_t *json = json_object_get(body, "filter");
    const json_t *changed = json_object_get(json, "last_changed_status_date");
    return (struct filter){.since = read_time(json, "since", INT64_MIN),
                           .to = read_time(json, "to", INT64_MAX),
                           .changed_from = read_time(changed, "from", INT64_MIN),
                           .changed_to = read_time(changed, "to", INT64_MAX),
                           .cutoff_from = read_time(json, "cutoff_from", INT64_MIN),
                           .cutoff_to = read_time(json, "cutoff_to", INT64_MAX),
                           .left_from = read_time(json, "delivering_date_from", INT64_MIN),
                           .left_to = read_time(json, "delivering_date_to", INT64_MAX),
                           .statuses = json_object_get(json, "statuses"),
                           .warehouses = json_object_get(json, "warehouse_ids"),
                           .orders = json_object_get(json, "order_numbers"),
                           .order_id = ozon_body_int(json, "order_id", 0),
                           .unfulfilled = unfulfilled};
}

static bool lists_text(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0) return true;
    return json_array_size(list) == 0;
}

static bool lists_id(const json_t *list, int64_t id)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        int64_t value;
        if (market_shape_id(json_array_get(list, i), &value) && value == id) return true;
    }
    return json_array_size(list) == 0;
}

static bool within(int64_t ms, int64_t from, int64_t to)
{
    return ms >= from && ms <= to;
}

static bool in_read(const struct ozon_posting *posting, int64_t now_ms)
{
    return posting->status != STATUS_GONE && posting->visible_ms <= now_ms;
}

static bool passes(const struct ozon_call *call, const struct filter *filter,
                   const struct ozon_posting *posting)
{
    if (!in_read(posting, call->now_ms)) return false;
    if (filter->unfulfilled && posting->status != STATUS_AWAITING_PACKAGING &&
        posting->status != STATUS_AWAITING_DELIVER)
        return false;
    bool left_asked = filter->left_from != INT64_MIN || filter->left_to != INT64_MAX;
    return within(posting->placed_ms, filter->since, filter->to) &&
           within(posting->changed_ms, filter->changed_from, filter->changed_to) &&
           within(posting->placed_ms + DAY_MS, filter->cutoff_from, filter->cutoff_to) &&
           (!left_asked || within(posting->left_ms, filter->left_from, filter->left_to)) &&
           lists_text(filter->statuses, ozon_status_name(posting->status)) &&
           lists_text(filter->orders, posting->order_number) &&
           lists_id(filter->warehouses, call->seller->warehouses[posting->warehouse].id) &&
           (!filter->order_id || filter->order_id == posting->order_id);
}

/* Real answers have null where there is nothing to say; the document knows no null, so by default
 * the fields are left out. */
static void write_absent(struct ozon_call *call, const struct ozon_posting *posting)
{
    struct market_answer *answer = call->answer;
    if (posting->left_ms)
        market_field_time(answer, ",\"delivering_date\":", posting->left_ms);
    else if (call->ozon->settings.nulls)
        market_answer_text(answer, ",\"delivering_date\":null");
    if (call->ozon->settings.nulls)
        market_answer_text(answer, ",\"customer\":null,\"addressee\":null,\"barcodes\":null,"
                                   "\"analytics_data\":null,\"financial_data\":null");
}

/* v4 has the price as an object, v3 as a text with six decimals beside a currency. */
static void write_line(struct ozon_call *call, const struct ozon_line *line, bool v4)
{
    struct market_answer *answer = call->answer;
    const struct ozon_product *product = &call->seller->products[line->product];
    market_field_text(answer, "{\"offer_id\":", product->offer_id);
    market_field_text(answer, ",\"name\":", product->name);
    market_field_int(answer, ",\"sku\":", product->sku);
    market_field_int(answer, ",\"quantity\":", line->quantity);
    market_field_text(answer,
                      v4 ? ",\"price\":{\"amount\":\"1000.00\",\"currency\":"
                         : ",\"price\":\"1000.000000\",\"currency_code\":",
                      call->seller->currency);
    market_answer_text(answer, v4 ? "}" : ",\"mandatory_mark\":[]");
    market_answer_text(answer, ",\"is_blr_traceable\":false,\"is_marketplace_buyout\":false}");
}

static void write_cancellation(struct market_answer *answer, const struct ozon_posting *posting)
{
    bool cancelled = posting->status == STATUS_CANCELLED;
    market_field_int(answer, ",\"cancellation\":{\"cancel_reason_id\":", cancelled ? 501 : 0);
    market_field_text(answer, ",\"cancel_reason\":", cancelled ? "Покупатель передумал" : "");
    market_field_text(answer, ",\"cancellation_type\":", cancelled ? "client" : "");
    market_field_bool(answer, ",\"cancelled_after_ship\":", posting->after_ship);
    market_field_text(answer, ",\"affect_cancellation_rating\":false,\"cancellation_initiator\":",
                      cancelled ? "Клиент" : "");
    market_answer_text(answer, "}");
}

static void write_delivery(struct ozon_call *call, const struct ozon_posting *posting)
{
    struct market_answer *answer = call->answer;
    const struct ozon_warehouse *warehouse = &call->seller->warehouses[posting->warehouse];
    bool rfbs = warehouse->kind == OZON_RFBS;
    market_field_int(answer, ",\"delivery_method\":{\"id\":", warehouse->id);
    market_field_int(answer, ",\"name\":\"Ozon\",\"warehouse_id\":", warehouse->id);
    market_field_text(answer, ",\"warehouse\":", warehouse->name);
    market_answer_text(answer, ",\"tpl_provider_id\":24,\"tpl_provider\":\"Ozon\"}");
    market_field_text(answer, ",\"tpl_integration_type\":", rfbs ? "non_integrated" : "ozon");
    market_field_text(answer, ",\"delivery_schema\":", rfbs ? "rfbs" : "fbs");
}

static void write_posting(struct ozon_call *call, const struct ozon_posting *posting, bool v4)
{
    struct market_answer *answer = call->answer;
    market_field_text(answer, "{\"posting_number\":", posting->number);
    market_field_int(answer, ",\"order_id\":", posting->order_id);
    market_field_text(answer, ",\"order_number\":", posting->order_number);
    market_field_text(answer, ",\"parent_posting_number\":", posting->parent);
    market_field_text(answer, ",\"status\":", ozon_status_name(posting->status));
    market_field_text(answer, ",\"substatus\":", ozon_substatus_name(posting->status));
    write_delivery(call, posting);
    market_field_time(answer, ",\"in_process_at\":", posting->placed_ms);
    market_field_time(answer, ",\"shipment_date\":", posting->placed_ms + DAY_MS);
    write_absent(call, posting);
    market_answer_text(answer, ",\"tracking_number\":\"\",\"is_express\":false,"
                               "\"is_multibox\":false,\"multi_box_qty\":1");
    write_cancellation(answer, posting);
    market_answer_text(answer, ",\"products\":[");
    for (size_t i = 0; i < posting->line_count; i++) {
        if (i) market_answer_text(answer, ",");
        write_line(call, &posting->lines[i], v4);
    }
    market_answer_text(answer, "]}");
}

/* Drains ask every few seconds for all that are there. */
static void write_row(struct ozon_call *call, struct ozon_posting *posting)
{
    struct market_answer *answer = call->answer;
    if (answer->items++) market_answer_text(answer, ",");
    if (market_kept_write(&posting->look, answer)) return;
    size_t from = answer->len;
    write_posting(call, posting, true);
    market_kept_take(&posting->look, answer, from);
}

static bool after_mark(const struct ozon_posting *posting, int64_t placed, int64_t id, bool down)
{
    if (id == INT64_MIN) return true;
    if (posting->placed_ms != placed)
        return down ? posting->placed_ms < placed : posting->placed_ms > placed;
    return down ? posting->id < id : posting->id > id;
}

static void write_page_end(struct ozon_call *call, const struct ozon_posting *last, bool more)
{
    market_field_bool(call->answer, "],\"has_next\":", more);
    market_answer_text(call->answer, ",\"cursor\":");
    if (more)
        ozon_cursor_write(call->answer, last->placed_ms, last->id);
    else
        market_answer_text(call->answer, "\"\"");
}

static void write_postings(struct ozon_call *call, const struct filter *filter)
{
    const struct ozon_seller *seller = call->seller;
    bool down = strcmp(ozon_body_text(call->body, "sort_dir"), "DESC") == 0;
    size_t limit = (size_t)ozon_body_int(call->body, "limit", PAGE_MAX), matches = 0;
    const struct ozon_posting *last = NULL;
    int64_t placed, id;
    bool more = false;
    if (!ozon_cursor_read(call, ozon_body_text(call->body, "cursor"), &placed, &id)) return;
    if (call->ozon->settings.wrap_postings) market_answer_text(call->answer, "{\"result\":");
    market_answer_text(call->answer, "{\"postings\":[");
    for (size_t n = 0; n < seller->posting_count; n++) {
        struct ozon_posting *posting = &seller->postings[down ? seller->posting_count - 1 - n : n];
        if (!passes(call, filter, posting)) continue;
        matches++;
        if (more || !after_mark(posting, placed, id, down)) continue;
        more = call->answer->items == limit;
        if (more && !filter->unfulfilled) break; /* only there all matches are counted */
        if (more) continue;
        write_row(call, posting);
        last = posting;
    }
    write_page_end(call, last, more);
    if (filter->unfulfilled) market_answer_printf(call->answer, ",\"count\":%zu", matches);
    market_answer_text(call->answer, call->ozon->settings.wrap_postings ? "}}" : "}");
}

void ozon_posting_list(struct ozon_call *call)
{
    struct filter filter = read_filter(call->body, false);
    if (filter.to < filter.since || filter.to - filter.since > PERIOD_MS) {
        ozon_violation(call, "shape", "the period ends before it begins, or is over a year");
        ozon_error(call, 400, 3, "PERIOD_IS_TOO_LONG");
        return;
    }
    write_postings(call, &filter);
}

void ozon_posting_unfulfilled(struct ozon_call *call)
{
    struct filter filter = read_filter(call->body, true);
    bool cutoff = filter.cutoff_from != INT64_MIN && filter.cutoff_to != INT64_MAX;
    bool left = filter.left_from != INT64_MIN && filter.left_to != INT64_MAX;
    if (cutoff == left) {
        ozon_violation(call, "shape", "either cutoff or delivering_date is to be given in full");
        ozon_error(call, 400, 3,
                   "Request validation error: filter by cutoff or by delivering_date is required");
        return;
    }
    write_postings(call, &filter);
}

void ozon_posting_get(struct ozon_call *call)
{
    const char *number = ozon_body_text(call->body, "posting_number");
    for (size_t i = 0; i < call->seller->posting_count; i++) {
        const struct ozon_posting *posting = &call->seller->postings[i];
        if (!in_read(posting, call->now_ms) || strcmp(posting->number, number) != 0) continue;
        market_answer_text(call->answer, "{\"result\":");
        write_posting(call, posting, false);
        market_answer_text(call->answer, "}");
        call->answer->items = 1;
        return;
    }
    ozon_error(call, 404, 5, "Unknown posting number");
}
