/* The methods by their paths, and the query parameters each knows. */
#include "marketsim/allegro/allegro_state.h"

#include <stdlib.h>
#include <string.h>

#define READ_OFFERS  "allegro:api:sale:offers:read"
#define WRITE_OFFERS "allegro:api:sale:offers:write"
#define READ_ORDERS  "allegro:api:orders:read"

#define QUANTITY     "/sale/offer-quantity-change-commands/{commandId}"
#define PUBLICATION  "/sale/offer-publication-commands/{commandId}"
#define BULK         "/sale/offer-bulk-modification-commands"

static const char *const list_query[] = {
    "offer.id", "external.id", "publication.status", "isFulfillment", "limit", "offset", NULL};
static const char *const parts_query[] = {"include", NULL};
static const char *const tasks_query[] = {"limit", "offset", NULL};
static const char *const events_query[] = {"from", "type", "limit", NULL};
static const char *const forms_query[] = {"limit",
                                          "offset",
                                          "status",
                                          "fulfillment.status",
                                          "fulfillment.provider.id",
                                          "updatedAt.gte",
                                          "updatedAt.lte",
                                          "lineItems.boughtAt.gte",
                                          "lineItems.boughtAt.lte",
                                          "marketplace.id",
                                          "sort",
                                          NULL};
static const char *const stock_query[] = {"limit", "offset", NULL};

static const struct allegro_route routes[] = {
    {"GET", "/me", allegro_me, "allegro:api:profile:read", NULL, NULL, NULL},
    {"GET", "/marketplaces", allegro_marketplaces, NULL, NULL, NULL, NULL},
    {"GET", "/sale/offers", allegro_offers_list, READ_OFFERS, NULL, NULL, list_query},
    {"GET", "/sale/product-offers/{offerId}", allegro_offer_get, READ_OFFERS, NULL, NULL, NULL},
    {"GET", "/sale/product-offers/{offerId}/parts", allegro_offer_parts, READ_OFFERS, NULL, NULL,
     parts_query},
    {"PATCH", "/sale/product-offers/{offerId}", allegro_offer_patch, WRITE_OFFERS,
     allegro_patch_fields, ALLEGRO_PUBLIC, NULL},
    {"GET", "/sale/product-offers/{offerId}/operations/{operationId}", allegro_operation_get,
     READ_OFFERS, NULL, NULL, NULL},
    {"PUT", QUANTITY, allegro_quantity_put, WRITE_OFFERS, allegro_quantity_fields, ALLEGRO_PUBLIC,
     NULL},
    {"GET", QUANTITY, allegro_quantity_get, WRITE_OFFERS, NULL, NULL, NULL},
    {"GET", QUANTITY "/tasks", allegro_quantity_tasks, WRITE_OFFERS, NULL, NULL, tasks_query},
    {"PUT", PUBLICATION, allegro_publication_put, WRITE_OFFERS, allegro_publication_fields,
     ALLEGRO_PUBLIC, NULL},
    {"GET", PUBLICATION, allegro_publication_get, WRITE_OFFERS, NULL, NULL, NULL},
    {"GET", PUBLICATION "/tasks", allegro_publication_tasks, WRITE_OFFERS, NULL, NULL, tasks_query},
    {"POST", BULK, allegro_bulk_post, WRITE_OFFERS, allegro_bulk_fields, ALLEGRO_BETA, NULL},
    {"GET", BULK "/{commandId}", allegro_bulk_get, WRITE_OFFERS, NULL, NULL, NULL},
    {"GET", BULK "/{commandId}/tasks", allegro_bulk_tasks, WRITE_OFFERS, NULL, NULL, tasks_query},
    {"GET", "/order/events", allegro_events_get, READ_ORDERS, NULL, NULL, events_query},
    {"GET", "/order/event-stats", allegro_event_stats, READ_ORDERS, NULL, NULL, NULL},
    {"GET", "/order/checkout-forms", allegro_forms_list, READ_ORDERS, NULL, NULL, forms_query},
    {"GET", "/order/checkout-forms/{id}", allegro_form_get, READ_ORDERS, NULL, NULL, NULL},
    {"GET", "/fulfillment/stock", allegro_fulfillment_stock, "allegro:api:fulfillment:read", NULL,
     NULL, stock_query},
};

/* What stands for {...}, one step of the path that is not empty, is kept. */
static bool matches(struct allegro_call *call, const char *form)
{
    const char *path = call->request->path;
    size_t ids = 0;
    while (*form) {
        if (*form != '{') {
            if (*form++ != *path++) return false;
            continue;
        }
        size_t len = strcspn(path, "/");
        if (len == 0 || len >= sizeof(call->ids[0]) || ids == 2) return false;
        memcpy(call->ids[ids], path, len);
        call->ids[ids++][len] = '\0';
        path += len;
        form += strcspn(form, "}") + 1;
    }
    return !*path;
}

const struct allegro_route *allegro_route_find(struct allegro_call *call, const char **path)
{
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
        if (strcmp(routes[i].method, call->request->method) == 0 && matches(call, routes[i].path)) {
            *path = routes[i].path;
            return &routes[i];
        }
    return NULL;
}

static bool knows(const struct allegro_route *route, const char *name, size_t len)
{
    for (size_t i = 0; route->query && route->query[i]; i++)
        if (strlen(route->query[i]) == len && memcmp(route->query[i], name, len) == 0) return true;
    return false;
}

/* Allegro lets an unknown parameter pass, and so a filter with a typo gives everything. */
bool allegro_query_check(struct allegro_call *call)
{
    const char *at = call->request->query ? call->request->query : "";
    while (*at) {
        size_t len = strcspn(at, "&"), name = strcspn(at, "=&");
        if (len && !knows(call->route, at, name)) {
            allegro_violation(call, "shape", "%s: unknown query parameter %.*s", call->route->path,
                              (int)(name < 60 ? name : 60), at);
            allegro_error(call, 400, "IllegalArgumentException", "Unknown query parameter", NULL);
            return false;
        }
        at += len;
        if (*at) at++;
    }
    return true;
}

int64_t allegro_query_int(const struct allegro_call *call, const char *name, int64_t otherwise)
{
    char text[32], *end;
    if (!market_request_query(call->request, name, text, sizeof(text))) return otherwise;
    long long value = strtoll(text, &end, 10);
    return *end ? INT64_MIN : value;
}
