/* For the tests of the Wix model: a state, a clock that only the test moves, and short ways to ask
 * and to look into the last answer. */
#ifndef MARKETSIM_WIX_SUPPORT_H
#define MARKETSIM_WIX_SUPPORT_H

#include "marketsim/wix/wix.h"
#include "test_main.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIM_START  1790000000000 /* some day in September 2026 */
#define SIM_PLACE  "10ca7104-0000-4000-8000-000000000501"
#define SIM_PLACE2 "10ca7104-0000-4000-8000-000000000502"
#define SIM_NIL    "00000000-0000-0000-0000-000000000000"

struct sim {
    const struct market_model *model;
    struct wix *wix;
    int64_t now;
    const char *key, *site, *account;
    const char *content_type;
    struct market_answer answer;
    json_t *json; /* of the last answer; NULL where it is none */
};

static inline int sim_send(struct sim *sim, const char *method, const char *path, const char *query,
                           const char *text)
{
    struct market_header headers[4];
    size_t count = 0, len = strlen(text);
    char *body = strdup(text);
    for (char *c = body; *c; c++)
        if (*c == '\'') *c = '"';
    if (sim->key) headers[count++] = (struct market_header){"authorization", sim->key};
    if (sim->site) headers[count++] = (struct market_header){"WIX-SITE-ID", sim->site};
    if (sim->account) headers[count++] = (struct market_header){"wix-account-id", sim->account};
    if (sim->content_type)
        headers[count++] = (struct market_header){"Content-Type", sim->content_type};
    struct market_request request = {.method = method,
                                     .path = path,
                                     .query = query,
                                     .headers = headers,
                                     .header_count = count,
                                     .body = body,
                                     .body_len = len};
    market_answer_reset(&sim->answer);
    if (strncmp(path, "/_control/", 10) == 0)
        sim->model->control(sim->wix, &request, sim->now, &sim->answer);
    else
        sim->model->handle(sim->wix, &request, sim->now, &sim->answer);
    free(body);
    json_decref(sim->json);
    sim->json = sim->answer.len ? json_loadb(sim->answer.body, sim->answer.len, 0, NULL) : NULL;
    return sim->answer.drop ? 0 : sim->answer.status;
}

/* Single quotes stand for double ones: bodies stay readable. */
static inline int sim_ask(struct sim *sim, const char *path, const char *body)
{
    return sim_send(sim, "POST", path, NULL, body);
}

static inline int sim_get(struct sim *sim, const char *path, const char *query)
{
    return sim_send(sim, "GET", path, query, "");
}

/* Two locations, five products SKU-000001 and on with 7 pieces at each. */
static inline struct sim sim_make(const char *name)
{
    struct sim sim = {.model = market_model_find(name),
                      .now = SIM_START,
                      .key = WIX_DEFAULT_KEY,
                      .site = WIX_DEFAULT_SITE,
                      .content_type = "application/json"};
    struct market_setup setup = {.scale = 1,
                                 .products = 5,
                                 .prefix = "SKU-",
                                 .warehouses = SIM_PLACE "," SIM_PLACE2,
                                 .stock = 7};
    char error[200];
    sim.wix = sim.model->create(7);
    assert_true(sim.model->setup(sim.wix, &setup, sim.now, error, sizeof(error)));
    return sim;
}

static inline void sim_free(struct sim *sim)
{
    json_decref(sim->json);
    market_answer_free(&sim->answer);
    wix_destroy(sim->wix);
}

/* A value by its way through the last answer: "results/0/itemMetadata/id". */
static inline json_t *sim_value(struct sim *sim, const char *way)
{
    char text[128];
    snprintf(text, sizeof(text), "%s", way);
    json_t *value = sim->json;
    for (char *save, *part = strtok_r(text, "/", &save); part; part = strtok_r(NULL, "/", &save))
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(part))
                                     : json_object_get(value, part);
    return value;
}

static inline const char *sim_text(struct sim *sim, const char *way)
{
    const char *text = json_string_value(sim_value(sim, way));
    return text ? text : "(none)";
}

#define SIM_NO_NUMBER INT64_MIN

static inline int64_t sim_int(struct sim *sim, const char *way)
{
    json_t *value = sim_value(sim, way);
    return json_is_integer(value) ? json_integer_value(value) : SIM_NO_NUMBER;
}

static inline size_t sim_count(struct sim *sim, const char *way)
{
    return json_array_size(sim_value(sim, way));
}

static inline const char *sim_code(struct sim *sim)
{
    return sim_text(sim, "details/applicationError/code");
}

/* The ids of the moment: "product_id", "variant_id", "inventory_id", or of the first item "id". */
static inline void sim_id(struct sim *sim, const char *sku, const char *name, char id[40])
{
    char query[64], way[64];
    snprintf(query, sizeof(query), "offer_id=%s", sku);
    snprintf(way, sizeof(way), strcmp(name, "id") ? "items/0/%s" : "items/0/items/0/%s", name);
    assert_int_equal(sim_get(sim, "/_control/items", query), 200);
    snprintf(id, 40, "%s", sim_text(sim, way));
    assert_string_not_equal(id, "(none)");
}

static inline int64_t sim_stock(struct sim *sim, const char *sku, const char *place)
{
    int64_t free_stock = SIM_NO_NUMBER, reserved;
    wix_stock_get(wix_site_find(sim->wix, NULL), sku, place, &free_stock, &reserved);
    return free_stock;
}

static inline uint64_t sim_violated(struct sim *sim, const char *kind)
{
    return market_trace_violated(wix_trace(sim->wix), kind);
}

#endif
