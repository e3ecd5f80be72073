/* Locations: those of the stores (V3) and the business locations that stand behind them. */
#include "marketsim/wix/wix_state.h"

#include <stdlib.h>
#include <string.h>

#define SEEDED_MS 1735689600000

static const struct wix_field fields[] = {{"id", true, false},
                                          {"name", true, false},
                                          {"defaultLocation", false, false},
                                          {"locationType", false, false},
                                          {"wixLocationId", false, false},
                                          {0}};
static const struct wix_field business_fields[] = {
    {"id", true, false},        {"name", true, false},    {"default", false, false},
    {"archived", false, false}, {"status", false, false}, {0}};

static size_t count(const struct wix_call *call)
{
    return call->site->location_count;
}

static json_t *render(struct wix_call *call, size_t index)
{
    const struct wix_location *location = &call->site->locations[index];
    return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:b}", "id", location->id, "revision",
                     wix_revision_json(call, 1), "createdDate", wix_time_json(SEEDED_MS),
                     "updatedDate", wix_time_json(SEEDED_MS), "wixLocationId", location->id,
                     "locationType", "PHYSICAL", "name", location->name, "defaultLocation",
                     index == call->site->main_location);
}

static json_t *render_business(struct wix_call *call, size_t index)
{
    const struct wix_location *location = &call->site->locations[index];
    return json_pack("{s:s, s:s, s:b, s:s, s:s, s:[s], s:b, s:o}", "id", location->id, "name",
                     location->name, "default", index == call->site->main_location, "status",
                     "ACTIVE", "locationType", "BRANCH", "locationTypes", "INVENTORY", "archived",
                     0, "revision", wix_revision_json(call, 1));
}

static const struct wix_source places = {.rows = "storesLocations",
                                         .paging = "pagingMetadata",
                                         .otherwise = 50,
                                         .fields = fields,
                                         .count = count,
                                         .render = render};
static const struct wix_source business = {.rows = "locations",
                                           .paging = "pagingMetadata",
                                           .otherwise = 50,
                                           .fields = business_fields,
                                           .count = count,
                                           .render = render_business};

void wix_locations_query(struct wix_call *call)
{
    wix_query_cursor(call, &places, json_object_get(call->body, "query"));
}

static void answer_one(struct wix_call *call, const struct wix_source *source, const char *name,
                       size_t index)
{
    if (index == MARKET_MAP_NONE)
        wix_error(call, 404, "NOT_FOUND", "Location not found");
    else
        wix_answer(call, json_pack("{s:o}", name, source->render(call, index)));
}

void wix_location_get(struct wix_call *call)
{
    answer_one(call, &places, "storesLocation", wix_location_find(call->site, call->id));
}

void wix_location_main(struct wix_call *call)
{
    answer_one(call, &places, "storesLocation", wix_location_find(call->site, NULL));
}

static void answer_business(struct wix_call *call, const struct wix_offset_query *query)
{
    size_t total;
    json_t *list = wix_query_offset(call, &business, query, &total);
    size_t shown = json_array_size(list);
    wix_answer(call, json_pack("{s:o, s:{s:I, s:I, s:b}}", "locations", list, "pagingMetadata",
                               "count", (json_int_t)shown, "offset", (json_int_t)query->offset,
                               "hasNext", query->offset + shown < total));
}

static size_t asked_number(const struct wix_call *call, const char *name, size_t otherwise)
{
    char text[24];
    if (!market_request_query(call->request, name, text, sizeof(text))) return otherwise;
    return (size_t)strtoul(text, NULL, 10);
}

void wix_business_list(struct wix_call *call)
{
    struct wix_offset_query query = {.offset = asked_number(call, "paging.offset", 0),
                                     .limit = asked_number(call, "paging.limit", 50)};
    answer_business(call, &query);
}

void wix_business_query(struct wix_call *call)
{
    const json_t *asked = json_object_get(call->body, "query");
    const json_t *paging = json_object_get(asked, "paging");
    char error[160];
    struct wix_offset_query query = {.filter = json_object_get(asked, "filter"),
                                     .sort = json_object_get(asked, "sort"),
                                     .offset = (size_t)wix_body_int(paging, "offset", 0),
                                     .limit = (size_t)wix_body_int(paging, "limit", 50)};
    if (query.filter && !wix_filter_check(query.filter, business_fields, error, sizeof(error)))
        wix_invalid(call, "query.filter", error, false);
    else
        answer_business(call, &query);
}

void wix_business_get(struct wix_call *call)
{
    answer_one(call, &business, "location", wix_location_find(call->site, call->id));
}
