/* Tokens, hosts and their prefixes, paths and methods. */
#include "marketsim/wb/wb_support.h"

static int list(struct sim *sim)
{
    return sim_send(sim, "GET /api/v3/warehouses", NULL);
}

static void tokens_are_taken_with_and_without_bearer(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(list(&sim), 200);
    char bearer[1200];
    snprintf(bearer, sizeof(bearer), "Bearer %s", sim.token);
    sim.token = bearer;
    assert_int_equal(list(&sim), 200);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void other_tokens_are_401(void **state)
{
    (void)state;
    static const char *const tokens[] = {NULL, "", "x", "a.b.c", "Bearer ", "Basic dTpw"};
    struct sim sim = sim_make();
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        sim.token = tokens[i];
        assert_int_equal(list(&sim), 401);
        assert_string_equal(sim_header(&sim, "Content-Type"), "application/problem+json");
        assert_string_equal(sim_text(&sim, "title"), "unauthorized");
        assert_int_equal(sim_violated(&sim, "access"), i + 1);
    }
    sim_free(&sim);
}

static size_t decode(const char *text, size_t len, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    size_t used = 0, held = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 6 | (uint32_t)(strchr(digits, text[i]) - digits);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out[used++] = (char)(bits >> held & 255);
    }
    out[used] = '\0';
    return used;
}

static void tokens_carry_claims(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "POST /_control/token",
                "{'categories':['marketplace','content'],'read_only':true,"
                "'expires_at':'2026-12-31T00:00:00Z'}");
    const char *text = sim_text(&sim, "token"), *dot = strchr(text, '.');
    char claims[600];
    assert_non_null(dot);
    size_t len = decode(dot + 1, strcspn(dot + 1, "."), claims);
    json_t *json = json_loadb(claims, len, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(json, "exp")), 1798675200);
    assert_int_equal(json_integer_value(json_object_get(json, "s")), 1073741842); /* 1, 4, 30 */
    assert_int_equal(json_integer_value(json_object_get(json, "oid")), 1001);
    assert_false(json_is_true(json_object_get(json, "t")));
    assert_string_equal(json_string_value(json_object_get(json, "sid")), sim_text(&sim, "sid"));
    json_decref(json);
    sim_send(&sim, "GET /_control/token", NULL);
    assert_int_equal(sim_int(&sim, "s"), 1073741842);
    sim_free(&sim);
}

static void tokens_end(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    struct wb_token_spec spec = {.s = WB_CAN_ALL, .expires_ms = SIM_START + 1000};
    sim.token = wb_token_add(sim.wb, sim.seller, &spec)->text;
    sim.now += 999;
    assert_int_equal(list(&sim), 200);
    sim.now += 1;
    assert_int_equal(list(&sim), 401);
    assert_non_null(strstr(sim_text(&sim, "detail"), "token expired"));
    spec.expires_ms = INT64_MAX / 2;
    sim.token = wb_token_add(sim.wb, sim.seller, &spec)->text;
    sim.now += 60000;
    assert_int_equal(list(&sim), 200);
    sim_control(&sim, "POST /_control/token", "{'revoke':''}");
    assert_int_equal(list(&sim), 401);
    spec.sandbox = true;
    sim.token = wb_token_add(sim.wb, sim.seller, &spec)->text;
    sim.now += 60000;
    assert_int_equal(list(&sim), 401);
    sim_free(&sim);
}

static void categories_fit_their_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *target, *body;
        unsigned bit;
    } calls[] = {
        {"GET /api/v3/warehouses", NULL, WB_CAN_MARKETPLACE},
        {"GET /api/v3/orders/new", NULL, WB_CAN_MARKETPLACE},
        {"POST /content/v2/get/cards/list", "{}", WB_CAN_CONTENT},
        {"POST /api/analytics/v1/stocks-report/wb-warehouses", "{}", WB_CAN_ANALYTICS},
        {"GET /marketplace/ping", NULL, WB_CAN_MARKETPLACE},
        {"GET /content/ping", NULL, WB_CAN_CONTENT},
        {"GET /statistics/ping", NULL, WB_CAN_STATISTICS},
        {"GET /prices/ping", NULL, WB_CAN_PRICES},
        {"GET /advert/ping", NULL, WB_CAN_ADVERT},
        {"GET /analytics/ping", NULL, WB_CAN_ANALYTICS},
        {"GET /common/ping", NULL, 0},
        {"GET /ping", NULL, 0},
        {"GET /api/v1/seller-info", NULL, 0},
    };
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        struct sim sim = sim_make();
        struct wb_token_spec only = {.s = calls[i].bit, .expires_ms = INT64_MAX / 2};
        struct wb_token_spec without = {.s = WB_CAN_ALL & ~calls[i].bit,
                                        .expires_ms = INT64_MAX / 2};
        sim.token = wb_token_add(sim.wb, sim.seller, &only)->text;
        assert_int_equal(sim_send(&sim, calls[i].target, calls[i].body), 200);
        sim.token = wb_token_add(sim.wb, sim.seller, &without)->text;
        sim.now += 60000;
        assert_int_equal(sim_send(&sim, calls[i].target, calls[i].body), calls[i].bit ? 401 : 200);
        sim_free(&sim);
    }
}

static void read_only_tokens_do_not_write(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    static const char write[] = "{'stocks':[{'chrtId':500000001,'amount':1}]}";
    struct wb_token_spec spec = {.s = WB_CAN_ALL | WB_READ_ONLY, .expires_ms = INT64_MAX / 2};
    sim.token = wb_token_add(sim.wb, sim.seller, &spec)->text;
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIds':[1]}"), 200);
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501", write), 403);
    assert_string_equal(sim_text(&sim, "title"), "forbidden");
    assert_int_equal(sim_send(&sim, "DELETE /api/v3/stocks/501", "{'chrtIds':[1]}"), 403);
    sim_set(&sim, "{'refusal':'denied'}");
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501", write), 403);
    assert_string_equal(sim_text(&sim, "code"), "AccessDenied");
    sim_set(&sim, "{'refusal':'path'}");
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501", write), 404);
    assert_string_equal(sim_text(&sim, "title"), "path not found");
    assert_int_equal(sim_stock(&sim, "SKU-000001", 501), -1);
    sim_free(&sim);
}

static void hosts_are_prefixes(void **state)
{
    (void)state;
    static const struct {
        const char *target;
        int status;
    } cases[] = {
        {"GET /api/v3/warehouses", 200},
        {"GET /marketplace/api/v3/warehouses", 200},
        {"GET /content/api/v3/warehouses", 404},
        {"GET /api/v3/warehouses/", 404},
        {"GET /common/api/v1/seller-info", 200},
        {"GET /marketplace/api/v1/seller-info", 404},
        {"GET /marketplace", 404},
        {"GET /marketplace/", 404},
        {"GET /", 404},
        {"GET /api/v1/supplier/stocks?dateFrom=2026-01-01", 404},
        {"POST /api/v3/warehouses", 405},
        {"GET /api/v3/stocks/501", 405},
        {"GET /api/v3/stocks/", 404},
        {"GET /api/v3/stocks/501/1", 404},
    };
    struct sim sim = sim_make();
    size_t unknown = 0, method = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(sim_send(&sim, cases[i].target, NULL), cases[i].status);
        unknown += cases[i].status == 404;
        method += cases[i].status == 405;
        assert_int_equal(sim_violated(&sim, "unknown_path"), unknown);
        assert_int_equal(sim_violated(&sim, "method"), method);
    }
    assert_int_equal(sim_send(&sim, "POST /content/content/v2/get/cards/list", "{'settings':{}}"),
                     200);
    assert_int_equal(sim_send(&sim, "POST /content/v2/get/cards/list", "{'settings':{}}"), 200);
    sim_free(&sim);
}

static void bodies_are_json(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim.content_type = "text/plain";
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIds':[1]}"), 400);
    assert_int_equal(sim_violated(&sim, "content_type"), 1);
    sim.content_type = "application/json; charset=utf-8";
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIds':[1]}"), 200);
    sim_free(&sim);
}

static void the_seller_is_told(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_send(&sim, "GET /api/v1/seller-info", NULL), 200);
    assert_string_equal(sim_text(&sim, "sid"), "e8923014-e233-4748-898e-0000000003e9");
    assert_string_equal(sim_text(&sim, "name"), "Test seller");
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(tokens_are_taken_with_and_without_bearer),
    cmocka_unit_test(other_tokens_are_401),
    cmocka_unit_test(tokens_carry_claims),
    cmocka_unit_test(tokens_end),
    cmocka_unit_test(categories_fit_their_hosts),
    cmocka_unit_test(read_only_tokens_do_not_write),
    cmocka_unit_test(hosts_are_prefixes),
    cmocka_unit_test(bodies_are_json),
    cmocka_unit_test(the_seller_is_told),
};

TEST_MAIN(cases)
