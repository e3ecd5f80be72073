/* Reading offers: the list, one offer, parts of one, and what lies in Allegro's own warehouse. */
#include "marketsim/allegro/allegro_state.h"
#include "marketsim/market_field.h"
#include "marketsim/market_time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OFFSET_MAX  9999999
#define FILTER_MAX  1000 /* offer.id: no maximum is published; external.id: 100 */
#define STOCK_LIMIT 50

/* What a list is asked for. Texts of the filters live in `texts`. */
struct filter {
    struct market_map ids, externals;
    bool by_id, by_external, by_status, by_fulfillment;
    bool statuses[4];
    bool fulfillment;
    char **texts;
    size_t text_count;
    int64_t limit, offset;
};

static void filter_free(struct filter *filter)
{
    for (size_t i = 0; i < filter->text_count; i++)
        free(filter->texts[i]);
    free(filter->texts);
    market_map_free(&filter->ids);
    market_map_free(&filter->externals);
}

static bool bad_query(struct allegro_call *call, const char *name, bool too_many)
{
    allegro_violation(call, too_many ? "too_many" : "shape", "%s: bad query parameter %s",
                      call->route->path, name);
    allegro_error(call, too_many ? 422 : 400, "ConstraintViolationException",
                  "A query parameter is out of range", name);
    return false;
}

/* Every value of a repeated parameter becomes a key of the map. */
static bool read_texts(struct allegro_call *call, struct filter *filter, const char *name,
                       struct market_map *map, size_t max, size_t *count)
{
    char value[128];
    for (*count = 0; market_request_query_at(call->request, name, *count, value, sizeof(value));
         ++*count) {
        if (*count == max || strlen(value) > 100) return bad_query(call, name, true);
        filter->texts =
            market_realloc(filter->texts, (filter->text_count + 1) * sizeof(*filter->texts));
        filter->texts[filter->text_count] = market_strdup(value);
        market_map_put_text(map, filter->texts[filter->text_count++], 0);
    }
    return true;
}

static bool read_statuses(struct allegro_call *call, struct filter *filter)
{
    char value[32];
    enum allegro_status status;
    for (size_t i = 0;
         market_request_query_at(call->request, "publication.status", i, value, sizeof(value));
         i++) {
        if (!allegro_status_parse(value, &status))
            return bad_query(call, "publication.status", false);
        filter->statuses[status] = filter->by_status = true;
    }
    filter->by_fulfillment =
        market_request_query(call->request, "isFulfillment", value, sizeof(value));
    filter->fulfillment = filter->by_fulfillment && strcmp(value, "true") == 0;
    return true;
}

static bool read_filter(struct allegro_call *call, struct filter *filter)
{
    size_t ids, externals;
    filter->limit = allegro_query_int(call, "limit", 20);
    filter->offset = allegro_query_int(call, "offset", 0);
    if (filter->limit < 1 || filter->limit > ALLEGRO_LIST_MAX)
        return bad_query(call, "limit", filter->limit > ALLEGRO_LIST_MAX);
    if (filter->offset < 0 || filter->offset > OFFSET_MAX) return bad_query(call, "offset", false);
    if (!read_texts(call, filter, "offer.id", &filter->ids, FILTER_MAX, &ids) ||
        !read_texts(call, filter, "external.id", &filter->externals, 100, &externals))
        return false;
    filter->by_id = ids > 0;
    filter->by_external = externals > 0;
    return read_statuses(call, filter);
}

static bool fits(const struct filter *filter, const struct allegro_offer *offer, int64_t now_ms)
{
    if (offer->flags & ALLEGRO_UNLISTED) return false;
    if (filter->by_id && market_map_get_text(&filter->ids, offer->id) == MARKET_MAP_NONE)
        return false;
    if (filter->by_external &&
        (!offer->external ||
         market_map_get_text(&filter->externals, offer->external) == MARKET_MAP_NONE))
        return false;
    if (filter->by_status && !filter->statuses[allegro_shown_status(offer, now_ms)]) return false;
    return !filter->by_fulfillment ||
           filter->fulfillment == ((offer->flags & ALLEGRO_FULFILLMENT) != 0);
}

static void write_external(struct allegro_call *call, const struct allegro_offer *offer)
{
    if (!offer->external) {
        allegro_nulls(call, ",\"external\":null");
        return;
    }
    market_field_text(call->answer, ",\"external\":{\"id\":", offer->external);
    market_answer_text(call->answer, "}");
}

static void write_price(struct allegro_call *call)
{
    market_answer_text(call->answer, ",\"sellingMode\":{\"format\":\"BUY_NOW\",\"price\":{"
                                     "\"amount\":\"29.99\",\"currency\":\"PLN\"}");
    allegro_nulls(call, ",\"minimalPrice\":null,\"startingPrice\":null");
    market_answer_text(call->answer, "}");
}

static void write_publication(struct allegro_call *call, const struct allegro_offer *offer)
{
    struct market_answer *answer = call->answer;
    market_field_text(answer, ",\"publication\":{\"status\":",
                      allegro_status_name(allegro_shown_status(offer, call->now_ms)));
    market_field_time(answer, ",\"startedAt\":", offer->created_ms);
    allegro_nulls(call, ",\"startingAt\":null,\"endingAt\":null");
    if (offer->ended_ms)
        market_field_time(answer, ",\"endedAt\":", offer->ended_ms);
    else
        allegro_nulls(call, ",\"endedAt\":null");
    market_answer_text(answer, ",\"marketplaces\":{\"base\":{\"id\":\"allegro-pl\"},"
                               "\"additional\":[]}}");
}

static void write_listed(struct allegro_call *call, const struct allegro_offer *offer)
{
    struct market_answer *answer = call->answer;
    if (answer->items++) market_answer_text(answer, ",");
    market_field_text(answer, "{\"id\":", offer->id);
    market_field_text(answer, ",\"name\":", offer->name);
    market_answer_text(answer, ",\"category\":{\"id\":\"87981\"}");
    allegro_nulls(call, ",\"primaryImage\":null,\"additionalServices\":null");
    write_price(call);
    market_field_int(answer,
                     ",\"stock\":{\"available\":", allegro_shown_available(offer, call->now_ms));
    market_field_int(answer, ",\"sold\":", offer->sold);
    market_answer_text(answer, "}");
    write_publication(call, offer);
    write_external(call, offer);
    market_field_bool(answer, ",\"isFulfillment\":", offer->flags & ALLEGRO_FULFILLMENT);
    market_answer_text(answer, ",\"additionalMarketplaces\":{}}");
}

/* The newest first: an offer made between two pages pushes all others on. */
void allegro_offers_list(struct allegro_call *call)
{
    struct filter filter = {.limit = 0};
    if (!read_filter(call, &filter)) {
        filter_free(&filter);
        return;
    }
    int64_t found = 0;
    market_answer_text(call->answer, "{\"offers\":[");
    for (size_t i = call->seller->offer_count; i > 0; i--) {
        const struct allegro_offer *offer = &call->seller->offers[i - 1];
        if (!fits(&filter, offer, call->now_ms)) continue;
        if (found >= filter.offset && (int64_t)call->answer->items < filter.limit)
            write_listed(call, offer);
        found++;
    }
    market_answer_printf(call->answer, "],\"count\":%zu,\"totalCount\":%lld}", call->answer->items,
                         (long long)found);
    filter_free(&filter);
}

static struct allegro_offer *find_offer(struct allegro_call *call)
{
    struct allegro_offer *offer = allegro_offer_by_id(call->seller, call->ids[0]);
    if (!offer) allegro_error(call, 404, "OfferNotFoundException", "Offer not found", NULL);
    return offer;
}

static void write_state(struct allegro_call *call, const struct allegro_offer *offer)
{
    struct market_answer *answer = call->answer;
    const char *ended = allegro_ended_name(offer->ended_by);
    market_answer_printf(answer, ",\"publication\":{\"status\":\"%s\",\"republish\":%s",
                         allegro_status_name(allegro_shown_status(offer, call->now_ms)),
                         offer->flags & ALLEGRO_REPUBLISH ? "true" : "false");
    allegro_nulls(call, ",\"duration\":null,\"endingAt\":null,\"startingAt\":null");
    if (ended)
        market_answer_printf(answer, ",\"endedBy\":\"%s\"", ended);
    else
        allegro_nulls(call, ",\"endedBy\":null");
    market_answer_text(answer, ",\"marketplaces\":{\"base\":{\"id\":\"allegro-pl\"},"
                               "\"additional\":[]}}");
}

/* The offer as product-offers has it; `errors` is what validation says, NULL for nothing. */
void allegro_offer_write(struct allegro_call *call, const struct allegro_offer *offer,
                         const char *errors)
{
    struct market_answer *answer = call->answer;
    char time[MARKET_TIME_SIZE];
    market_answer_text(answer, "{\"name\":");
    market_answer_string(answer, offer->name);
    market_answer_text(answer, ",\"productSet\":[{\"product\":{\"id\":\"76a2e547-cf6a-49ac-b7b7-"
                               "690b80d5b2ce\",\"publication\":{\"status\":\"LISTED\"},"
                               "\"parameters\":[]},\"quantity\":{\"value\":1}}],\"parameters\":[],"
                               "\"images\":[]");
    write_price(call);
    market_answer_printf(answer, ",\"stock\":{\"available\":%lld,\"unit\":\"UNIT\"}",
                         (long long)allegro_shown_available(offer, call->now_ms));
    write_external(call, offer);
    market_answer_printf(answer,
                         ",\"category\":{\"id\":\"66781\"},\"additionalMarketplaces\":{},\"id\":"
                         "\"%s\",\"language\":\"pl-PL\"",
                         offer->id);
    /* a list where the document has an object: so it was seen live */
    allegro_nulls(call, ",\"sizeTable\":null,\"contact\":null,\"b2b\":null,\"warnings\":[]");
    write_state(call, offer);
    market_answer_printf(answer,
                         ",\"validation\":{\"errors\":[%s],\"warnings\":[],\"validatedAt\":\"%s\"}",
                         errors ? errors : "", market_time_format(call->now_ms, time));
    market_answer_printf(answer, ",\"createdAt\":\"%s\"",
                         market_time_format(offer->created_ms, time));
    market_answer_printf(answer, ",\"updatedAt\":\"%s\"}",
                         market_time_format(offer->updated_ms, time));
    answer->items = 1;
}

static bool may_get(struct allegro_call *call)
{
    return allegro_quota_take(call, &call->seller->gets, call->allegro->settings.get_per_minute,
                              60000, 1, "rate_get");
}

void allegro_offer_get(struct allegro_call *call)
{
    const struct allegro_offer *offer;
    if (may_get(call) && (offer = find_offer(call))) allegro_offer_write(call, offer, NULL);
}

/* include=stock, include=price, repeated or (as generated clients do it) joined by a comma. */
static bool read_parts(struct allegro_call *call, bool *stock, bool *price)
{
    char value[64];
    *stock = *price = false;
    for (size_t i = 0; market_request_query_at(call->request, "include", i, value, sizeof(value));
         i++)
        for (char *save, *part = strtok_r(value, ",", &save); part;
             part = strtok_r(NULL, ",", &save)) {
            if (strcmp(part, "stock") == 0)
                *stock = true;
            else if (strcmp(part, "price") == 0)
                *price = true;
            else
                return bad_query(call, "include", false);
        }
    return *stock || *price || bad_query(call, "include", false);
}

void allegro_offer_parts(struct allegro_call *call)
{
    bool stock, price;
    const struct allegro_offer *offer;
    if (!may_get(call) || !read_parts(call, &stock, &price) || !(offer = find_offer(call))) return;
    struct market_answer *answer = call->answer;
    market_answer_printf(answer, "{\"id\":\"%s\"", offer->id);
    if (stock)
        market_answer_printf(answer, ",\"stock\":{\"available\":%lld}",
                             (long long)allegro_shown_available(offer, call->now_ms));
    if (price)
        market_answer_text(answer, ",\"sellingMode\":{\"price\":{\"amount\":\"29.99\","
                                   "\"currency\":\"PLN\"}},\"additionalMarketplaces\":{}");
    market_answer_text(answer, "}");
    answer->items = 1;
}

void allegro_fulfillment_stock(struct allegro_call *call)
{
    struct market_answer *answer = call->answer;
    int64_t limit = allegro_query_int(call, "limit", STOCK_LIMIT);
    int64_t offset = allegro_query_int(call, "offset", 0), found = 0;
    if (limit < 1 || limit > ALLEGRO_LIST_MAX || offset < 0) {
        bad_query(call, "limit", limit > ALLEGRO_LIST_MAX);
        return;
    }
    market_answer_text(answer, "{\"stock\":[");
    for (size_t i = 0; i < call->seller->offer_count; i++) {
        const struct allegro_offer *offer = &call->seller->offers[i];
        if (!(offer->flags & ALLEGRO_FULFILLMENT)) continue;
        if (found++ < offset || (int64_t)answer->items >= limit) continue;
        if (answer->items++) market_answer_text(answer, ",");
        market_answer_printf(answer, "{\"product\":{\"id\":\"%s\",\"name\":", offer->id);
        market_answer_string(answer, offer->name);
        market_answer_printf(answer,
                             "},\"quantity\":{\"available\":%lld,\"onOrder\":%lld,\"onHold\":0},"
                             "\"offerId\":\"%s\"}",
                             (long long)offer->available, (long long)offer->reserved, offer->id);
    }
    market_answer_printf(answer, "],\"count\":%zu,\"totalCount\":%lld}", answer->items,
                         (long long)found);
}
