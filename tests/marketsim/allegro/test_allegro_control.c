/* The control side, and how a state begins. */
#include "marketsim/allegro/allegro_support.h"

static void a_state_begins_as_the_command_line_says(void **state)
{
    (void)state;
    struct allegro *allegro = allegro_model.create(1);
    struct market_setup setup = {.scale = 10,
                                 .quotas_off = true,
                                 .account = "my-client",
                                 .key = "my-secret",
                                 .products = 3,
                                 .prefix = "P-",
                                 .stock = 4};
    char error[128] = "";
    assert_true(allegro_model.setup(allegro, &setup, SIM_START, error, sizeof(error)));
    struct allegro_seller *seller = allegro_seller_find(allegro, "my-client", NULL);
    assert_non_null(seller);
    assert_null(allegro_seller_find(allegro, ALLEGRO_DEFAULT_CLIENT, NULL));
    assert_int_equal(allegro_offer_free(allegro_offer_find(seller, "P-000003")), 4);
    assert_int_equal(allegro_settings_get(allegro).client_per_minute, 0);
    setup.warehouses = "501";
    assert_false(allegro_model.setup(allegro, &setup, SIM_START, error, sizeof(error)));
    assert_non_null(strstr(error, "default"));
    allegro_model.destroy(allegro);
}

static void a_ready_token_skips_the_login(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_get(&sim, "/_control/token"), 200);
    char *access = market_strdup(sim_text(&sim, "access_token"));
    assert_int_equal(sim_int(&sim, "expires_in"), 43199);
    assert_string_equal(sim_text(&sim, "client_id"), ALLEGRO_DEFAULT_CLIENT);
    assert_string_equal(sim_text(&sim, "client_secret"), ALLEGRO_DEFAULT_SECRET);
    sim_get(&sim, "/_control/token");
    assert_string_equal(sim_text(&sim, "access_token"), access); /* until it stops working */
    sim_control(&sim, "token", "{'expire_access':true}");
    sim_get(&sim, "/_control/token");
    assert_string_not_equal(sim_text(&sim, "access_token"), access);
    assert_int_equal(sim_control(&sim, "token", "{'scopes':['allegro:api:orders:read']}"), 200);
    assert_string_equal(sim_text(&sim, "scope"), "allegro:api:orders:read");
    assert_int_equal(sim_control(&sim, "token", "{'scopes':['x']}"), 400);
    free(access);
    sim_free(&sim);
}

static void state_tells_what_can_be_bought(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "stock", "{'offer_id':'SKU-000002','warehouse_id':'default','stock':7}");
    sim_control(&sim, "foreign-write", "{'offer_id':'SKU-000003','stock':0}");
    sim_control(&sim, "foreign-write", "{'offer_id':'SKU-000003','stock':6}");
    sim_control(&sim, "order", "{'items':[{'offer_id':'SKU-000002','quantity':3}]}");
    assert_int_equal(sim_get(&sim, "/_control/state?offset=1&limit=2"), 200);
    assert_int_equal(sim_int(&sim, "total"), 5);
    assert_int_equal(sim_count(&sim, "pairs"), 2);
    assert_string_equal(sim_text(&sim, "pairs/0/0"), "SKU-000002");
    assert_string_equal(sim_text(&sim, "pairs/0/1"), "default");
    assert_int_equal(sim_int(&sim, "pairs/0/2"), 4);
    assert_int_equal(sim_int(&sim, "pairs/0/3"), 3);
    assert_int_equal(sim_int(&sim, "pairs/1/2"), 0); /* ended, whatever it says */
    sim_get(&sim, "/_control/stock?offer_id=SKU-000003");
    assert_int_equal(sim_int(&sim, "available"), 6);
    assert_string_equal(sim_text(&sim, "status"), "ENDED");
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void mistakes_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *endpoint, *body;
    } bad[] = {
        {"settings", "{'per_second':1}"},
        {"settings", "{'grace_ms':'60'}"},
        {"settings", "{'scale':0}"},
        {"settings", "{'get_per_minute':-1}"},
        {"products", "{'offer_id':'X','archived':true}"},
        {"products", "{'stock':1}"},
        {"products", "{'count':1,'warehouses':[501]}"},
        {"products", "{'offer_id':'SKU-000001','status':'GONE'}"},
        {"products", "{'offer_id':'SKU-000001','ended_by':'ME'}"},
        {"warehouse", "{'id':'501'}"},
        {"stock", "{'offer_id':'none','stock':1}"},
        {"stock", "{'offer_id':'SKU-000001','warehouse_id':'501','stock':1}"},
        {"stock", "{'offer_id':'SKU-000001','stock':-1}"},
        {"order", "{'items':[]}"},
        {"order", "{'items':[{'offer_id':'SKU-000001','quantity':6}]}"},
        {"order", "{'items':[{'offer_id':'SKU-000001'}],'status':'PAID'}"},
        {"order/ship", "{'posting_number':'none'}"},
        {"order/ship", "{}"},
        {"command/finish", "{'command_id':'none'}"},
        {"device", "{'answer':'perhaps'}"},
        {"token", "{'client_id':'nobody'}"},
        {"fault", "{'kind':'nonsense'}"},
    };
    struct sim sim = sim_make();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int status = sim_control(&sim, bad[i].endpoint, bad[i].body);
        if (status != 400) print_error("%s %s: %d\n", bad[i].endpoint, bad[i].body, status);
        assert_int_equal(status, 400);
        assert_true(strlen(sim_text(&sim, "error")) > 6);
    }
    assert_int_equal(sim_get(&sim, "/_control/nothing"), 404);
    sim_free(&sim);
}

static void settings_read_back(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_get(&sim, "/_control/settings"), 200);
    char *all = json_dumps(sim.json, JSON_COMPACT);
    assert_int_equal(sim_int(&sim, "grace_ms"), 60000);
    assert_int_equal(sim_send(&sim, "POST", "/_control/settings", all), 200);
    assert_int_equal(sim_control(&sim, "settings", "{'quotas':false}"), 200);
    assert_int_equal(allegro_settings_get(sim.allegro).client_per_minute, 0);
    sim_control(&sim, "settings", "{'events_lost':-1,'nulls':true,'bulk_per_hour':7,'scale':2.5}");
    sim_get(&sim, "/_control/settings");
    assert_int_equal(json_integer_value(sim_value(&sim, "events_lost")), -1);
    assert_true(json_is_true(sim_value(&sim, "nulls")));
    assert_int_equal(sim_int(&sim, "bulk_per_hour"), 7);
    assert_true(json_real_value(sim_value(&sim, "scale")) == 2.5);
    free(all);
    sim_free(&sim);
}

static void a_client_can_be_shut(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_control(&sim, "shut", "{'ms':5000}"), 200);
    sim.now += 5000;
    assert_int_equal(sim_get(&sim, "/me"), 200);
    assert_int_equal(sim_control(&sim, "shut", "{'ms':5000}"), 200);
    assert_int_equal(sim_get(&sim, "/me"), 429);
    sim.now += 59999;
    assert_int_equal(sim_get(&sim, "/me"), 429);
    sim_free(&sim);
}

static void the_log_names_paths_not_ids(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_patch(&sim, "{'stock':{'available':4}}");
    sim_quantity(&sim, 1, 9, 3);
    sim_get(&sim, "/_control/log?path=/sale/product-offers/%7BofferId%7D");
    assert_int_equal(sim_count(&sim, "requests"), 1);
    assert_string_equal(sim_text(&sim, "requests/0/account"), ALLEGRO_DEFAULT_SELLER);
    sim_get(&sim, "/_control/counters");
    assert_int_equal(sim_int(&sim, "requests"), 2);
    assert_int_equal(sim_int(&sim, "writes"), 4);
    sim_control(&sim, "clear", "{}");
    sim_get(&sim, "/_control/log");
    assert_int_equal(sim_count(&sim, "requests"), 0);
    sim_free(&sim);
}

static void answers_can_be_spoilt(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_fault(&sim, FAULT_EMPTY_LIST, "/sale/offers");
    assert_int_equal(sim_get(&sim, "/sale/offers"), 200);
    assert_int_equal(sim_count(&sim, "offers"), 0);
    sim_fault(&sim, FAULT_ZEROS, "/sale/offers");
    sim_get(&sim, "/sale/offers");
    assert_int_equal(sim_int(&sim, "offers/0/stock/available"), 0);
    sim_fault(&sim, FAULT_TRUNCATED, "/sale/offers");
    assert_int_equal(sim_get(&sim, "/sale/offers"), 200);
    assert_null(sim.json);
    sim_fault(&sim, FAULT_TRUNCATED, "PUT " QUANTITY "*");
    assert_int_equal(sim_quantity(&sim, 1, 9, 2), 201);
    assert_null(sim.json);
    sim_fault(&sim, FAULT_RATE, "/sale/offers");
    assert_int_equal(sim_get(&sim, "/sale/offers"), 429);
    sim_fault(&sim, FAULT_DEAD_KEY, "/sale/offers");
    assert_int_equal(sim_get(&sim, "/sale/offers"), 401);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_state_begins_as_the_command_line_says),
    cmocka_unit_test(a_ready_token_skips_the_login),
    cmocka_unit_test(state_tells_what_can_be_bought),
    cmocka_unit_test(mistakes_are_told),
    cmocka_unit_test(settings_read_back),
    cmocka_unit_test(a_client_can_be_shut),
    cmocka_unit_test(the_log_names_paths_not_ids),
    cmocka_unit_test(answers_can_be_spoilt),
};

TEST_MAIN(cases)
