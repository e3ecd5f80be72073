/* For the tests of the Allegro model: a state, a clock that only the test moves, and short ways to
 * ask and to look into the last answer. Every sim_send() replaces the last answer. */
#ifndef MARKETSIM_ALLEGRO_SUPPORT_H
#define MARKETSIM_ALLEGRO_SUPPORT_H

#include "marketsim/allegro/allegro.h"
#include "test_main.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIM_START  1790000000000 /* some day in September 2026 */
#define SIM_PUBLIC "application/vnd.allegro.public.v1+json"
#define SIM_BETA   "application/vnd.allegro.beta.v1+json"
#define SIM_BASIC  "Basic dGVzdC1jbGllbnQ6dGVzdC1rZXk=" /* test-client:test-key */
#define SIM_FIRST  "7700000001"
#define QUANTITY   "/sale/offer-quantity-change-commands/"
#define PUBLISH    "/sale/offer-publication-commands/"
#define BULK       "/sale/offer-bulk-modification-commands"

struct sim {
    struct allegro *allegro;
    struct allegro_seller *seller;
    int64_t now;
    char authorization[2048]; /* "" sends none */
    const char *agent, *accept, *type;
    struct market_answer answer;
    json_t *json; /* of the last answer; NULL where it is none */
};

static inline void sim_login(struct sim *sim, const char *access)
{
    snprintf(sim->authorization, sizeof(sim->authorization), "Bearer %s", access);
}

/* Five offers SKU-000001 and on with 5 pieces each, and a token with every scope. */
static inline struct sim sim_make(void)
{
    struct sim sim = {.allegro = allegro_create(7),
                      .now = SIM_START,
                      .agent = "stockd/1.0 (+https://stockd.example)",
                      .accept = SIM_PUBLIC,
                      .type = SIM_PUBLIC};
    sim.seller = allegro_seller_find(sim.allegro, NULL, NULL);
    allegro_offers_fill(sim.allegro, sim.seller, "SKU-", 1, 5, 5, 0);
    sim_login(&sim, allegro_token_ready(sim.allegro, sim.seller, sim.now).access);
    return sim;
}

static inline void sim_free(struct sim *sim)
{
    json_decref(sim->json);
    market_answer_free(&sim->answer);
    allegro_destroy(sim->allegro);
}

/* The path may carry a query. */
static inline int sim_send(struct sim *sim, const char *method, const char *target,
                           const char *body)
{
    struct market_header headers[4];
    char path[512];
    size_t count = 0;
    snprintf(path, sizeof(path), "%s", target);
    char *query = strchr(path, '?');
    if (query) *query++ = '\0';
    if (*sim->authorization)
        headers[count++] = (struct market_header){"authorization", sim->authorization};
    if (sim->agent) headers[count++] = (struct market_header){"USER-AGENT", sim->agent};
    if (sim->accept) headers[count++] = (struct market_header){"Accept", sim->accept};
    if (sim->type && body) headers[count++] = (struct market_header){"Content-Type", sim->type};
    struct market_request request = {.method = method,
                                     .path = path,
                                     .query = query,
                                     .headers = headers,
                                     .header_count = count,
                                     .body = body,
                                     .body_len = body ? strlen(body) : 0};
    market_answer_reset(&sim->answer);
    if (strncmp(path, "/_control/", 10) == 0)
        allegro_model.control(sim->allegro, &request, sim->now, &sim->answer);
    else
        allegro_model.handle(sim->allegro, &request, sim->now, &sim->answer);
    json_decref(sim->json);
    sim->json = sim->answer.len ? json_loadb(sim->answer.body, sim->answer.len, 0, NULL) : NULL;
    return sim->answer.drop ? 0 : sim->answer.status;
}

static inline int sim_get(struct sim *sim, const char *target)
{
    return sim_send(sim, "GET", target, NULL);
}

/* Single quotes stand for double ones: bodies stay readable. */
static inline int sim_ask(struct sim *sim, const char *method, const char *target, const char *body)
{
    char text[65536];
    assert_true(strlen(body) < sizeof(text));
    strcpy(text, body);
    for (char *c = text; *c; c++)
        if (*c == '\'') *c = '"';
    return sim_send(sim, method, target, text);
}

static inline int sim_control(struct sim *sim, const char *endpoint, const char *body)
{
    char path[64];
    snprintf(path, sizeof(path), "/_control/%s", endpoint);
    return sim_ask(sim, "POST", path, body);
}

/* A form to the login host with the right Basic header, whatever token is set. */
static inline int sim_form(struct sim *sim, const char *path, const char *form)
{
    char kept[sizeof(sim->authorization)];
    strcpy(kept, sim->authorization);
    strcpy(sim->authorization, SIM_BASIC);
    sim->type = "application/x-www-form-urlencoded";
    int status = sim_send(sim, "POST", path, form);
    sim->type = SIM_PUBLIC;
    strcpy(sim->authorization, kept);
    return status;
}

/* A value by its way through the last answer: "offers/0/id". */
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

static inline size_t sim_count(struct sim *sim, const char *way)
{
    return json_array_size(sim_value(sim, way));
}

static inline int sim_patch(struct sim *sim, const char *body)
{
    return sim_ask(sim, "PATCH", "/sale/product-offers/" SIM_FIRST, body);
}

/* The nth command id of a test. */
static inline const char *sim_uuid(int n)
{
    static char text[40];
    snprintf(text, sizeof(text), "3b6335c0-aaaa-4bbb-8ccc-%012d", n);
    return text;
}

/* A quantity command with FIXED `value` for the first `count` offers. */
static inline int sim_quantity(struct sim *sim, int n, int64_t value, size_t count)
{
    char *body = market_alloc(256 + count * 24), path[128];
    int used = sprintf(body,
                       "{\"modification\":{\"changeType\":\"FIXED\",\"value\":%lld},"
                       "\"offerCriteria\":[{\"type\":\"CONTAINS_OFFERS\",\"offers\":[",
                       (long long)value);
    for (size_t i = 0; i < count; i++)
        used += sprintf(body + used, "%s{\"id\":\"%zu\"}", i ? "," : "", 7700000001 + i);
    strcpy(body + used, "]}]}");
    snprintf(path, sizeof(path), QUANTITY "%s", sim_uuid(n));
    int status = sim_send(sim, "PUT", path, body);
    free(body);
    return status;
}

static inline int sim_command_get(struct sim *sim, const char *path, int n, const char *more)
{
    char text[160];
    snprintf(text, sizeof(text), "%s%s%s", path, sim_uuid(n), more);
    return sim_get(sim, text);
}

static inline struct allegro_offer *sim_offer(struct sim *sim, const char *name)
{
    struct allegro_offer *offer = allegro_offer_find(sim->seller, name);
    assert_non_null(offer);
    return offer;
}

static inline uint64_t sim_violated(struct sim *sim, const char *kind)
{
    return market_trace_violated(allegro_trace(sim->allegro), kind);
}

static inline int sim_fault(struct sim *sim, enum market_fault_kind kind, const char *path)
{
    struct market_fault fault = market_fault_make(kind);
    char text[128];
    snprintf(text, sizeof(text), "%s", path);
    fault.path = text;
    return market_fault_add(allegro_faults(sim->allegro), &fault);
}

#endif
