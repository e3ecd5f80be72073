/* The buckets: burst, interval, what a 4XX costs, headers; and /ping. */
#include "marketsim/wb/wb_support.h"

static int list(struct sim *sim)
{
    return sim_send(sim, "GET /api/v3/warehouses", NULL);
}

static void a_burst_passes_and_then_one_an_interval(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    for (int i = 0; i < 20; i++)
        assert_int_equal(list(&sim), 200);
    assert_string_equal(sim_header(&sim, "X-Ratelimit-Remaining"), "0");
    assert_int_equal(sim_violated(&sim, NULL), 0);
    assert_int_equal(list(&sim), 429);
    assert_int_equal(sim_violated(&sim, "rate_warehouses"), 1);
    sim.now += 199;
    assert_int_equal(list(&sim), 429);
    sim.now += 1;
    assert_int_equal(list(&sim), 200);
    assert_int_equal(list(&sim), 429);
    sim.now += 4000;
    for (int i = 0; i < 20; i++)
        assert_int_equal(list(&sim), 200);
    assert_int_equal(list(&sim), 429);
    sim_free(&sim);
}

static void a_minute_lets_through_what_is_documented(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    size_t passed = 0;
    for (int i = 0; i < 6000; i++, sim.now += 10)
        passed += list(&sim) == 200;
    assert_in_range(passed, 318, 320); /* the burst, and 300 in the minute */
    sim_free(&sim);
}

static void the_refusal_tells_when(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    for (int i = 0; i < 20; i++)
        list(&sim);
    assert_int_equal(list(&sim), 429);
    assert_string_equal(sim_header(&sim, "Content-Type"), "application/problem+json");
    assert_string_equal(sim_text(&sim, "title"), "too many requests");
    assert_int_equal(sim_int(&sim, "status"), 429);
    assert_string_equal(sim_header(&sim, "X-Ratelimit-Retry"), "1");
    assert_string_equal(sim_header(&sim, "X-Ratelimit-Limit"), "20");
    assert_string_equal(sim_header(&sim, "X-Ratelimit-Reset"), "4");
    assert_string_equal(sim_header(&sim, "Retry-After"), "(none)");
    sim_set(&sim, "{'retry_header':false}");
    assert_int_equal(list(&sim), 429);
    assert_string_equal(sim_header(&sim, "X-Ratelimit-Retry"), "(none)");
    sim_free(&sim);
}

static void the_refusal_has_several_faces(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_set(&sim, "{'body_429':'tiny'}");
    for (int i = 0; i < 21; i++)
        list(&sim);
    assert_int_equal(sim.answer.status, 429);
    assert_string_equal(sim_text(&sim, "error"), "too many");
    assert_string_equal(sim_header(&sim, "X-Ratelimit-Retry"), "1");
    sim_set(&sim, "{'body_429':'empty'}");
    assert_int_equal(list(&sim), 429);
    assert_int_equal(sim.answer.len, 0);
    sim_control(&sim, "POST /_control/fault", "{'kind':'rate','retry_after':1800}");
    assert_int_equal(list(&sim), 429);
    assert_int_equal(sim.answer.len, 0);
    assert_string_equal(sim_header(&sim, "X-Ratelimit-Retry"), "1800");
    sim_free(&sim);
}

static void a_4xx_counts_as_ten(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    static const char unknown[] = "{'stocks':[{'chrtId':77,'amount':1}]}";
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501", unknown), 409);
    assert_string_equal(sim_header(&sim, "X-Ratelimit-Remaining"), "10");
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/9", "{'chrtIds':[1]}"), 404);
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIds':[1]}"), 429);
    assert_int_equal(list(&sim), 200); /* a group of its own */
    sim.now += 200;
    assert_int_equal(sim_send(&sim, "PUT /api/v3/stocks/501", unknown), 409); /* into debt */
    sim.now += 1999;
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIds':[1]}"), 429);
    sim.now += 1;
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIds':[1]}"), 200);
    sim_free(&sim);
}

static void earlier_penalties_can_be_had(void **state)
{
    (void)state;
    static const struct {
        const char *settings, *left_409, *left_404;
    } cases[] = {{"{}", "10", "10"},
                 {"{'penalty_on':'409'}", "10", "19"},
                 {"{'penalty_on':'409','penalty':5}", "15", "19"},
                 {"{'penalty_on':'none'}", "19", "19"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sim sim = sim_make();
        sim_set(&sim, cases[i].settings);
        assert_int_equal(
            sim_send(&sim, "PUT /api/v3/stocks/501", "{'stocks':[{'chrtId':77,'amount':1}]}"), 409);
        assert_string_equal(sim_header(&sim, "X-Ratelimit-Remaining"), cases[i].left_409);
        sim.now += 60000;
        assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/9", "{'chrtIds':[1]}"), 404);
        assert_string_equal(sim_header(&sim, "X-Ratelimit-Remaining"), cases[i].left_404);
        sim_free(&sim);
    }
}

static void a_refusal_may_not_tell_what_is_left(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_set(&sim, "{'left_hidden':true}");
    assert_int_equal(
        sim_send(&sim, "PUT /api/v3/stocks/501", "{'stocks':[{'chrtId':77,'amount':1}]}"), 409);
    assert_string_equal(sim_header(&sim, "X-Ratelimit-Remaining"), "(none)");
    assert_int_equal(sim_send(&sim, "POST /api/v3/stocks/501", "{'chrtIds':[1]}"), 200);
    assert_string_equal(sim_header(&sim, "X-Ratelimit-Remaining"), "9"); /* it cost ten */
    sim_free(&sim);
}

static void a_429_costs_only_where_set(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    for (int i = 0; i < 21; i++)
        list(&sim);
    sim.now += 200;
    assert_int_equal(list(&sim), 200);
    sim_set(&sim, "{'penalty_429':true}");
    assert_int_equal(list(&sim), 429);
    sim.now += 2199;
    assert_int_equal(list(&sim), 429);
    sim_free(&sim);
}

static void a_refused_token_costs_ten_as_well(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "POST /_control/token", "{'categories':['content']}");
    const char *good = sim.token;
    sim.token = wb_token_last(sim.seller)->text;
    assert_int_equal(list(&sim), 401);
    assert_int_equal(list(&sim), 401);
    sim.token = good;
    assert_int_equal(list(&sim), 429);
    sim_free(&sim);
}

static void each_group_has_its_limit(void **state)
{
    (void)state;
    static const struct {
        const char *target, *body;
        int burst, interval;
    } groups[] = {
        {"PUT /api/v3/stocks/501", "{'stocks':[{'chrtId':500000001,'amount':1}]}", 20, 200},
        {"GET /api/v3/orders/new", NULL, 20, 200},
        {"POST /content/v2/get/cards/list", "{}", 5, 600},
        {"POST /content/v2/get/cards/trash", "{}", 5, 600},
        {"GET /api/v1/seller-info", NULL, 10, 60000},
        {"POST /api/analytics/v1/stocks-report/wb-warehouses", "{}", 1, 20000},
        {"POST /api/analytics/v1/stocks-report/seller-warehouses", "{}", 1, 20000},
    };
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        struct sim sim = sim_make();
        for (int j = 0; j < groups[i].burst; j++)
            assert_in_range(sim_send(&sim, groups[i].target, groups[i].body), 200, 204);
        sim.now += groups[i].interval - 1;
        assert_int_equal(sim_send(&sim, groups[i].target, groups[i].body), 429);
        sim.now += 1;
        assert_in_range(sim_send(&sim, groups[i].target, groups[i].body), 200, 204);
        sim_free(&sim);
    }
}

static void deleting_has_a_limit_of_its_own(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    static const char body[] = "{'chrtIds':[500000001]}";
    assert_int_equal(sim_send(&sim, "DELETE /api/v3/stocks/501", body), 404);
    assert_int_equal(sim_send(&sim, "DELETE /api/v3/stocks/501", body), 404);
    assert_int_equal(sim_send(&sim, "DELETE /api/v3/stocks/501", body), 429);
    assert_int_equal(sim_violated(&sim, "rate_stocks_delete"), 1);
    sim.now += 6000;
    assert_int_equal(sim_send(&sim, "DELETE /api/v3/stocks/501", body), 404);
    sim_free(&sim);
}

static void the_scale_shortens_intervals(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_set(&sim, "{'scale':10}");
    for (int i = 0; i < 20; i++)
        list(&sim);
    sim.now += 19;
    assert_int_equal(list(&sim), 429);
    assert_string_equal(sim_header(&sim, "X-Ratelimit-Reset"), "4");
    sim.now += 1;
    assert_int_equal(list(&sim), 200);
    sim_free(&sim);
}

static void limits_can_be_set_and_switched_off(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_set(&sim, "{'limits':{'warehouses':{'interval_ms':1000,'burst':2}}}");
    list(&sim);
    assert_int_equal(list(&sim), 200);
    assert_int_equal(list(&sim), 429);
    sim_set(&sim, "{'quotas':false}");
    for (int i = 0; i < 100; i++)
        assert_int_equal(list(&sim), 200);
    assert_int_equal(sim_send(&sim, "POST /_control/settings", "{'limits':{'x':{}}}"), 400);
    sim_free(&sim);
}

static void sellers_have_their_own_buckets(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    for (int i = 0; i < 21; i++)
        list(&sim);
    assert_int_equal(sim.answer.status, 429);
    sim.token = wb_token_last(wb_seller_add(sim.wb, 2002))->text;
    assert_int_equal(list(&sim), 200);
    assert_int_equal(json_array_size(sim.json), 0);
    sim_free(&sim);
}

static void ping_is_no_health_check(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_set(&sim, "{'quotas':false}");
    for (int i = 0; i < 3; i++)
        assert_int_equal(sim_send(&sim, "GET /marketplace/ping", NULL), 200);
    assert_string_equal(sim_text(&sim, "Status"), "OK");
    assert_int_equal(sim_send(&sim, "GET /content/ping", NULL), 200);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    assert_int_equal(sim_send(&sim, "GET /marketplace/ping", NULL), 429);
    assert_int_equal(sim_violated(&sim, "ping"), 1);
    sim.now += 29999;
    assert_int_equal(sim_send(&sim, "GET /marketplace/ping", NULL), 429);
    sim.now += 1;
    assert_int_equal(sim_send(&sim, "GET /marketplace/ping", NULL), 200);
    sim_send(&sim, "GET /_control/counters", NULL);
    assert_int_equal(
        json_integer_value(json_object_get(
            json_object_get(sim_value(&sim, "by_path"), "/marketplace/ping"), "requests")),
        6);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_burst_passes_and_then_one_an_interval),
    cmocka_unit_test(a_minute_lets_through_what_is_documented),
    cmocka_unit_test(the_refusal_tells_when),
    cmocka_unit_test(the_refusal_has_several_faces),
    cmocka_unit_test(a_4xx_counts_as_ten),
    cmocka_unit_test(earlier_penalties_can_be_had),
    cmocka_unit_test(a_refusal_may_not_tell_what_is_left),
    cmocka_unit_test(a_429_costs_only_where_set),
    cmocka_unit_test(a_refused_token_costs_ten_as_well),
    cmocka_unit_test(each_group_has_its_limit),
    cmocka_unit_test(deleting_has_a_limit_of_its_own),
    cmocka_unit_test(the_scale_shortens_intervals),
    cmocka_unit_test(limits_can_be_set_and_switched_off),
    cmocka_unit_test(sellers_have_their_own_buckets),
    cmocka_unit_test(ping_is_no_health_check),
};

TEST_MAIN(cases)
