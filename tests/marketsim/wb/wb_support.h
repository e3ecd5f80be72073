/* For the tests of the Wildberries model: a state, a clock that only the test moves, and short ways
 * to ask and to look into the last answer. Every sim_send() replaces the last answer. */
#ifndef MARKETSIM_WB_SUPPORT_H
#define MARKETSIM_WB_SUPPORT_H

#include "marketsim/market_time.h"
#include "marketsim/wb/wb.h"
#include "test_main.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIM_START 1790000000000 /* some day in September 2026 */
#define CHRT_1    500000001     /* of SKU-000001 */
#define CHRT_2    500000002

struct sim {
    struct wb *wb;
    struct wb_seller *seller;
    int64_t now;
    const char *token; /* NULL: no header */
    const char *content_type;
    struct market_answer answer;
    json_t *json; /* of the last answer; NULL where it is none */
};

/* Two FBS warehouses, 501 and 502, and five cards SKU-000001 and on, without any figure. */
static inline struct sim sim_make(void)
{
    struct sim sim = {.wb = wb_create(7), .now = SIM_START, .content_type = "application/json"};
    sim.seller = wb_seller_find(sim.wb, 0);
    sim.token = wb_token_last(sim.seller)->text;
    struct wb_warehouse_spec one = {.id = 501}, two = {.id = 502};
    wb_warehouse_add(sim.seller, &one);
    wb_warehouse_add(sim.seller, &two);
    wb_cards_fill(sim.seller, "SKU-", 1, 5);
    return sim;
}

static inline void sim_free(struct sim *sim)
{
    json_decref(sim->json);
    market_answer_free(&sim->answer);
    wb_destroy(sim->wb);
}

/* "GET /path?query". Single quotes stand for double ones in the body: bodies stay readable. Gives
 * the status, 0 where nothing was answered. */
static inline int sim_send(struct sim *sim, const char *target, const char *body)
{
    char method[8], path[256], *text = body ? strdup(body) : NULL;
    struct market_header headers[2];
    size_t count = 0;
    assert_int_equal(sscanf(target, "%7s %255s", method, path), 2);
    char *query = strchr(path, '?');
    if (query) *query++ = '\0';
    for (char *c = text; c && *c; c++)
        if (*c == '\'') *c = '"';
    if (sim->token) headers[count++] = (struct market_header){"authorization", sim->token};
    if (text && sim->content_type)
        headers[count++] = (struct market_header){"content-type", sim->content_type};
    struct market_request request = {.method = method,
                                     .path = path,
                                     .query = query,
                                     .headers = headers,
                                     .header_count = count,
                                     .body = text,
                                     .body_len = text ? strlen(text) : 0};
    market_answer_reset(&sim->answer);
    bool control = strncmp(path, "/_control/", 10) == 0;
    (control ? wb_model.control : wb_model.handle)(sim->wb, &request, sim->now, &sim->answer);
    json_decref(sim->json);
    sim->json = sim->answer.len ? json_loadb(sim->answer.body, sim->answer.len, 0, NULL) : NULL;
    free(text);
    return sim->answer.drop ? 0 : sim->answer.status;
}

/* A value by its way through the last answer: "stocks/0/amount". */
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

/* INT64_MIN where it is no number. */
static inline int64_t sim_int(struct sim *sim, const char *way)
{
    json_t *value = sim_value(sim, way);
    return json_is_integer(value) ? json_integer_value(value) : INT64_MIN;
}

static inline size_t sim_count(struct sim *sim, const char *way)
{
    return json_array_size(sim_value(sim, way));
}

static inline const char *sim_header(struct sim *sim, const char *name)
{
    const char *value = market_answer_header_get(&sim->answer, name);
    return value ? value : "(none)";
}

/* PUT of one item at 501; the bucket gets time to fill. */
static inline int sim_put(struct sim *sim, int64_t chrt_id, int64_t amount)
{
    char body[128];
    snprintf(body, sizeof(body), "{'stocks':[{'chrtId':%lld,'amount':%lld}]}", (long long)chrt_id,
             (long long)amount);
    sim->now += 60000;
    return sim_send(sim, "PUT /api/v3/stocks/501", body);
}

/* -1 where there is no such pair. */
static inline int64_t sim_stock(struct sim *sim, const char *offer, int64_t warehouse)
{
    int64_t free_stock = -1, reserved = -1;
    wb_stock_get(sim->seller, offer, warehouse, &free_stock, &reserved);
    return free_stock;
}

static inline int64_t sim_reserved(struct sim *sim, const char *offer, int64_t warehouse)
{
    int64_t free_stock = -1, reserved = -1;
    wb_stock_get(sim->seller, offer, warehouse, &free_stock, &reserved);
    return reserved;
}

/* A setting by its name in the control side. */
static inline void sim_set(struct sim *sim, const char *settings)
{
    assert_int_equal(sim_send(sim, "POST /_control/settings", settings), 200);
}

static inline void sim_control(struct sim *sim, const char *target, const char *body)
{
    if (sim_send(sim, target, body) != 200) fail_msg("%s: %s", target, sim->answer.body);
}

static inline uint64_t sim_violated(struct sim *sim, const char *kind)
{
    return market_trace_violated(wb_trace(sim->wb), kind);
}

#endif
