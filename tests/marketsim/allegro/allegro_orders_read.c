/* Reading orders: the journal of events, its newest entry, checkout forms. */
#include "marketsim/allegro/allegro_state.h"
#include "marketsim/market_field.h"
#include "marketsim/market_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_DEFAULT 100
#define EVENTS_MAX     1000
#define FORMS_MAX      100
#define EVENT_ID_BASE  1790000000000000 /* ids look like microseconds, rise and mean nothing */

static const char *const event_types[] = {
    "BOUGHT",         "FILLED_IN",      "READY_FOR_PROCESSING",      "BUYER_CANCELLED",
    "BUYER_MODIFIED", "AUTO_CANCELLED", "FULFILLMENT_STATUS_CHANGED"};

static void bad_query(struct allegro_call *call, int status, const char *name)
{
    allegro_violation(call, "shape", "%s: bad query parameter %s", call->route->path, name);
    allegro_error(call, status, "ConstraintViolationException", "A query parameter is not valid",
                  name);
}

static void write_line(struct allegro_call *call, const struct allegro_order *order,
                       const struct allegro_line *line)
{
    struct market_answer *answer = call->answer;
    const struct allegro_offer *offer = &call->seller->offers[line->offer];
    market_field_text(answer, "{\"id\":", line->id);
    market_field_text(answer, ",\"offer\":{\"id\":", offer->id);
    market_field_text(answer, ",\"name\":", offer->name);
    if (offer->external) {
        market_field_text(answer, ",\"external\":{\"id\":", offer->external);
        market_answer_text(answer, "}");
    } else {
        allegro_nulls(call, ",\"external\":null");
    }
    market_field_int(answer, "},\"quantity\":", line->quantity);
    market_answer_text(answer, ",\"originalPrice\":{\"amount\":\"29.99\",\"currency\":\"PLN\"},"
                               "\"price\":{\"amount\":\"29.99\",\"currency\":\"PLN\"}");
    market_field_time(answer, ",\"boughtAt\":", order->placed_ms);
    market_answer_text(answer, "}");
}

static void write_lines(struct allegro_call *call, const struct allegro_order *order, size_t count)
{
    market_answer_text(call->answer, "\"lineItems\":[");
    for (size_t i = 0; i < count; i++) {
        if (i) market_answer_text(call->answer, ",");
        write_line(call, order, &order->lines[i]);
    }
    market_answer_text(call->answer, "]");
}

#define BUYER                                                                       \
    "{\"id\":\"11111111\",\"email\":\"buyer@example.invalid\",\"login\":\"buyer\"," \
    "\"guest\":false,\"preferences\":{\"language\":\"pl-PL\"}}"

/* Eight hexadecimal digits at least, in quotes. */
static void write_revision(struct market_answer *answer, int64_t revision)
{
    market_answer_printf(answer, ",\"revision\":\"%08llx\"", (unsigned long long)revision);
}

static void write_event(struct allegro_call *call, const struct allegro_event *event)
{
    struct market_answer *answer = call->answer;
    const struct allegro_order *order = &call->seller->orders[event->order];
    if (answer->items++) market_answer_text(answer, ",");
    market_field_int_text(answer, "{\"id\":", EVENT_ID_BASE + event->id);
    market_field_text(answer, ",\"order\":{\"seller\":{\"id\":", call->seller->id);
    market_answer_text(answer, "},\"buyer\":" BUYER ",");
    write_lines(call, order, event->line_count);
    if (event->with_form) {
        market_field_text(answer, ",\"checkoutForm\":{\"id\":", order->id);
        write_revision(answer, event->revision);
        market_answer_text(answer, "}");
    }
    market_field_text(answer, ",\"marketplace\":{\"id\":\"allegro-pl\"}},\"type\":", event->type);
    market_field_time(answer, ",\"occurredAt\":", event->occurred_ms);
    market_answer_text(answer, "}");
}

/* Bits of the asked types; all where none is. False after having answered. */
static bool read_types(struct allegro_call *call, unsigned *types)
{
    char value[64];
    *types = 0;
    for (size_t i = 0; market_request_query_at(call->request, "type", i, value, sizeof(value));
         i++) {
        unsigned bit = 0;
        for (unsigned t = 0; t < 7; t++)
            if (strcmp(event_types[t], value) == 0) bit = 1u << t;
        *types |= bit;
        if (!bit) {
            bad_query(call, 422, "type");
            return false;
        }
    }
    if (!*types) *types = ~0u;
    return true;
}

static bool of_types(const struct allegro_event *event, unsigned types)
{
    for (unsigned t = 0; t < 7; t++)
        if (strcmp(event_types[t], event->type) == 0) return types & 1u << t;
    return false;
}

/* What is older than 60 days is gone, and a cursor from then simply goes on at the oldest left. */
void allegro_events_get(struct allegro_call *call)
{
    int64_t from = allegro_query_int(call, "from", 0);
    int64_t limit = allegro_query_int(call, "limit", EVENTS_DEFAULT);
    unsigned types;
    if (from < 0 || limit < 1 || limit > EVENTS_MAX) {
        bad_query(call, 422, from < 0 ? "from" : "limit");
        return;
    }
    if (!read_types(call, &types)) return;
    market_answer_text(call->answer, "{\"events\":[");
    for (size_t i = 0; i < call->seller->event_count; i++) {
        const struct allegro_event *event = &call->seller->events[i];
        if (EVENT_ID_BASE + event->id <= from || !of_types(event, types)) continue;
        if (event->occurred_ms + ALLEGRO_EVENTS_MS <= call->now_ms) continue;
        if ((int64_t)call->answer->items == limit) break;
        write_event(call, event);
    }
    market_answer_text(call->answer, "]}");
}

void allegro_event_stats(struct allegro_call *call)
{
    const struct allegro_seller *seller = call->seller;
    char time[MARKET_TIME_SIZE];
    if (!seller->event_count) {
        market_answer_text(call->answer, "{}");
        return;
    }
    const struct allegro_event *last = &seller->events[seller->event_count - 1];
    market_answer_printf(call->answer, "{\"latestEvent\":{\"id\":\"%lld\",\"occurredAt\":\"%s\"}}",
                         (long long)(EVENT_ID_BASE + last->id),
                         market_time_format(last->occurred_ms, time));
}

/* Checkout forms ---------------------------------------------------------------------------- */

static bool has_form(const struct allegro_call *call, const struct allegro_order *order)
{
    return order->visible_ms <= call->now_ms && !order->merged &&
           (order->stage != STAGE_BOUGHT || call->allegro->settings.bought_form);
}

static void write_form(struct allegro_call *call, struct allegro_order *order)
{
    struct market_answer *answer = call->answer;
    answer->items++;
    if (market_kept_write(&order->look, answer)) return;
    size_t from = answer->len;
    market_field_text(answer, "{\"id\":", order->id);
    market_field_text(answer, ",\"buyer\":" BUYER ",\"status\":", allegro_stage_name(order->stage));
    allegro_nulls(call, ",\"messageToSeller\":null,\"payment\":null,\"delivery\":null,"
                        "\"invoice\":null,\"note\":null");
    market_field_text(answer, ",\"fulfillment\":{\"status\":", order->fulfillment);
    market_field_text(answer,
                      ",\"shipmentSummary\":{\"lineItemsSent\":\"NONE\"},\"provider\":{\"id\":",
                      order->by_allegro ? "ALLEGRO" : "SELLER");
    market_answer_text(answer, "}},");
    write_lines(call, order, order->line_count);
    market_field_time(answer,
                      ",\"surcharges\":[],\"marketplace\":{\"id\":\"allegro-pl\"},\"summary\":{"
                      "\"totalToPay\":{\"amount\":\"29.99\",\"currency\":\"PLN\"}},"
                      "\"updatedAt\":",
                      order->updated_ms);
    write_revision(answer, order->revision);
    market_answer_text(answer, "}");
    market_kept_take(&order->look, answer, from);
}

void allegro_form_get(struct allegro_call *call)
{
    if (!allegro_uuid_valid(call->ids[0])) {
        bad_query(call, 422, "id");
        return;
    }
    struct allegro_order *order = allegro_order_find(call->seller, call->ids[0]);
    if (order && order->merged) { /* what was seen live of a form that was merged away */
        allegro_error(call, 500, "ERROR", "An error has occurred", call->request->path);
        return;
    }
    if (!order || !has_form(call, order)) {
        allegro_error(call, 404, "NOT_FOUND", "Checkout form not found", NULL);
        return;
    }
    write_form(call, order);
}

struct forms {
    int64_t limit, offset;
    int64_t updated_from, updated_to, bought_from, bought_to;
    char status[32], fulfillment[32], provider[16], marketplace[32];
    bool by_updated, ascending;
    struct allegro_order **rows;
    size_t count;
};

static bool read_time(struct allegro_call *call, const char *name, int64_t otherwise, int64_t *ms)
{
    char value[64];
    *ms = otherwise;
    if (!market_request_query(call->request, name, value, sizeof(value)) ||
        market_time_parse(value, ms))
        return true;
    bad_query(call, 400, name);
    return false;
}

static bool one_of(struct allegro_call *call, const char *name, char *value, size_t size,
                   const char *const *allowed)
{
    *value = '\0';
    if (!market_request_query(call->request, name, value, size)) return true;
    for (size_t i = 0; allowed[i]; i++)
        if (strcmp(allowed[i], value) == 0) return true;
    bad_query(call, 400, name);
    return false;
}

static bool read_sort(struct allegro_call *call, struct forms *forms)
{
    static const char *const sorts[] = {"lineItems.boughtAt", "-lineItems.boughtAt", "updatedAt",
                                        "-updatedAt", NULL};
    char sort[32];
    if (!one_of(call, "sort", sort, sizeof(sort), sorts)) return false;
    forms->by_updated = strstr(sort, "updatedAt") != NULL;
    forms->ascending = *sort && *sort != '-';
    return true;
}

static bool read_forms(struct allegro_call *call, struct forms *forms)
{
    static const char *const stages[] = {"BOUGHT", "FILLED_IN", "READY_FOR_PROCESSING", "CANCELLED",
                                         NULL};
    static const char *const fulfillments[] = {
        "NEW",       "PROCESSING", "READY_FOR_SHIPMENT", "READY_FOR_PICKUP", "SENT",
        "PICKED_UP", "CANCELLED",  "SUSPENDED",          "RETURNED",         NULL};
    static const char *const providers[] = {"SELLER", "ALLEGRO", NULL};
    static const char *const marketplaces[] = {"allegro-pl", "allegro-cz", "allegro-sk",
                                               "allegro-hu", NULL};
    forms->limit = allegro_query_int(call, "limit", FORMS_MAX);
    forms->offset = allegro_query_int(call, "offset", 0);
    if (forms->limit < 1 || forms->limit > FORMS_MAX || forms->offset < 0) {
        bad_query(call, 422, "limit");
        return false;
    }
    return one_of(call, "status", forms->status, sizeof(forms->status), stages) &&
           one_of(call, "fulfillment.status", forms->fulfillment, sizeof(forms->fulfillment),
                  fulfillments) &&
           one_of(call, "fulfillment.provider.id", forms->provider, sizeof(forms->provider),
                  providers) &&
           one_of(call, "marketplace.id", forms->marketplace, sizeof(forms->marketplace),
                  marketplaces) &&
           read_sort(call, forms) &&
           read_time(call, "updatedAt.gte", INT64_MIN, &forms->updated_from) &&
           read_time(call, "updatedAt.lte", INT64_MAX, &forms->updated_to) &&
           read_time(call, "lineItems.boughtAt.gte", INT64_MIN, &forms->bought_from) &&
           read_time(call, "lineItems.boughtAt.lte", INT64_MAX, &forms->bought_to);
}

static bool form_fits(const struct forms *forms, const struct allegro_order *order)
{
    if (*forms->status && strcmp(forms->status, allegro_stage_name(order->stage)) != 0)
        return false;
    if (*forms->fulfillment && strcmp(forms->fulfillment, order->fulfillment) != 0) return false;
    if (*forms->provider && (strcmp(forms->provider, "ALLEGRO") == 0) != order->by_allegro)
        return false;
    if (*forms->marketplace && strcmp(forms->marketplace, "allegro-pl") != 0) return false;
    return order->updated_ms >= forms->updated_from && order->updated_ms <= forms->updated_to &&
           order->placed_ms >= forms->bought_from && order->placed_ms <= forms->bought_to;
}

static int64_t sort_key(const struct forms *forms, const struct allegro_order *order)
{
    return forms->by_updated ? order->updated_ms : order->placed_ms;
}

static int compare(const void *a, const void *b, void *context)
{
    const struct forms *forms = context;
    const struct allegro_order *const *one = a, *const *two = b;
    int64_t first = sort_key(forms, *one), second = sort_key(forms, *two);
    int order = first != second ? (first < second ? -1 : 1) : (*one < *two ? -1 : *one > *two);
    return forms->ascending ? order : -order;
}

void allegro_forms_list(struct allegro_call *call)
{
    const struct allegro_seller *seller = call->seller;
    struct forms forms = {.count = 0};
    if (!read_forms(call, &forms)) return;
    forms.rows = market_alloc(seller->order_count * sizeof(struct allegro_order *));
    for (size_t i = 0; i < seller->order_count; i++)
        if (has_form(call, &seller->orders[i]) && form_fits(&forms, &seller->orders[i]))
            forms.rows[forms.count++] = &seller->orders[i];
    qsort_r(forms.rows, forms.count, sizeof(struct allegro_order *), compare, &forms);
    market_answer_text(call->answer, "{\"checkoutForms\":[");
    for (size_t i = (size_t)forms.offset;
         i < forms.count && i < (size_t)(forms.offset + forms.limit); i++) {
        if (call->answer->items) market_answer_text(call->answer, ",");
        write_form(call, forms.rows[i]);
    }
    market_field_int(call->answer, "],\"count\":", (int64_t)call->answer->items);
    market_field_int(call->answer, ",\"totalCount\":", (int64_t)forms.count);
    market_answer_text(call->answer, "}");
    free(forms.rows);
}
