/* For the tests of models: a state, a clock that only the test moves, and short ways to ask and to
 * look into the last answer. Every sim_ask() replaces the last answer. */
#ifndef MARKETSIM_SIM_SUPPORT_H
#define MARKETSIM_SIM_SUPPORT_H

#include "marketsim/market.h"
#include "marketsim/market_map.h"
#include "marketsim/market_time.h"
#include "marketsim/market_window.h"
#include "marketsim/ozon/ozon.h"
#include "test_main.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIM_START 1790000000000 /* some day in September 2026 */

struct sim {
    struct ozon *ozon;
    struct ozon_seller *seller;
    int64_t now;
    const char *client_id;
    const char *api_key;
    const char *content_type;
    struct market_answer answer;
    json_t *json; /* of the last answer; NULL where it is none */
};

/* Two FBS warehouses, 501 and 502, and five products SKU-000001 and on, without any figure. */
static inline struct sim sim_make(void)
{
    struct sim sim = {.ozon = ozon_create(7),
                      .now = SIM_START,
                      .client_id = OZON_DEFAULT_CLIENT,
                      .api_key = OZON_DEFAULT_KEY,
                      .content_type = "application/json"};
    sim.seller = ozon_seller_find(sim.ozon, NULL);
    struct ozon_warehouse_spec one = {501, "One", OZON_FBS, false, false};
    struct ozon_warehouse_spec two = {502, "Two", OZON_FBS, false, false};
    ozon_warehouse_add(sim.seller, &one);
    ozon_warehouse_add(sim.seller, &two);
    ozon_products_fill(sim.seller, "SKU-", 1, 5);
    return sim;
}

static inline void sim_free(struct sim *sim)
{
    json_decref(sim->json);
    market_answer_free(&sim->answer);
    ozon_destroy(sim->ozon);
}

static inline int sim_send(struct sim *sim, const char *method, const char *path, const char *query,
                           const char *body)
{
    struct market_header headers[3];
    size_t count = 0;
    if (sim->client_id) headers[count++] = (struct market_header){"client-id", sim->client_id};
    if (sim->api_key) headers[count++] = (struct market_header){"API-KEY", sim->api_key};
    if (sim->content_type)
        headers[count++] = (struct market_header){"Content-Type", sim->content_type};
    struct market_request request = {.method = method,
                                     .path = path,
                                     .query = query,
                                     .headers = headers,
                                     .header_count = count,
                                     .body = body,
                                     .body_len = body ? strlen(body) : 0};
    market_answer_reset(&sim->answer);
    if (strncmp(path, "/_control/", 10) == 0)
        ozon_model.control(sim->ozon, &request, sim->now, &sim->answer);
    else
        ozon_model.handle(sim->ozon, &request, sim->now, &sim->answer);
    json_decref(sim->json);
    sim->json = sim->answer.len ? json_loadb(sim->answer.body, sim->answer.len, 0, NULL) : NULL;
    return sim->answer.drop ? 0 : sim->answer.status;
}

/* Single quotes stand for double ones: bodies stay readable. */
static inline int sim_ask(struct sim *sim, const char *path, const char *body)
{
    char text[8192];
    assert_true(strlen(body) < sizeof(text));
    strcpy(text, body);
    for (char *c = text; *c; c++)
        if (*c == '\'') *c = '"';
    return sim_send(sim, "POST", path, NULL, text);
}

/* A value by its way through the last answer: "result/0/errors/0/code". */
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

/* -1 where it is no number: no figure of a marketplace is negative. */
static inline int64_t sim_int(struct sim *sim, const char *way)
{
    json_t *value = sim_value(sim, way);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}

static inline bool sim_true(struct sim *sim, const char *way)
{
    return json_is_true(sim_value(sim, way));
}

static inline size_t sim_count(struct sim *sim, const char *way)
{
    return json_array_size(sim_value(sim, way));
}

/* Writes one pair; gives the item's code, "" where it was accepted. */
static inline const char *sim_write(struct sim *sim, const char *offer, int64_t warehouse,
                                    int64_t stock)
{
    char body[256];
    snprintf(body, sizeof(body), "{'stocks':[{'offer_id':'%s','warehouse_id':%lld,'stock':%lld}]}",
             offer, (long long)warehouse, (long long)stock);
    if (sim_ask(sim, "/v2/products/stocks", body) != 200) return "(refused)";
    return sim_true(sim, "result/0/updated") ? "" : sim_text(sim, "result/0/errors/0/code");
}

static inline int64_t sim_free_stock(struct sim *sim, const char *offer, int64_t warehouse)
{
    int64_t free_stock = -1, reserved = -1;
    ozon_stock_get(sim->seller, offer, warehouse, &free_stock, &reserved);
    return free_stock;
}

static inline int64_t sim_reserved(struct sim *sim, const char *offer, int64_t warehouse)
{
    int64_t free_stock = -1, reserved = -1;
    ozon_stock_get(sim->seller, offer, warehouse, &free_stock, &reserved);
    return reserved;
}

static inline uint64_t sim_violated(struct sim *sim, const char *kind)
{
    return market_trace_violated(ozon_trace(sim->ozon), kind);
}

#endif
