/* The template does what its comments say: each operation with the answers of its made-up shop. */
#include "plugin_support.h"

struct fixture {
    struct plugin_registry *registry;
    struct plugin_instance *instance;
    struct plugin_operation *operation;
    const struct plugin_step *step;
};

static int set_up(void **state)
{
    static const struct plugin_value values[] = {{"address", "https://shop.example"},
                                                 {"api-key", "k"}};
    struct plugin_settings settings = {.account = "shop", .values = values, .value_count = 2};
    const char *folder = TEMPLATE_DIR;
    const struct plugin *plugin;
    struct error error;
    struct fixture *f = calloc(1, sizeof *f);
    f->registry = plugin_registry_new(&folder, 1, NULL);
    if (plugin_registry_load(f->registry, "shop", &plugin, &error)) fail_msg("%s", error.text);
    f->instance = plugin_instance_new(plugin, &settings, &error);
    if (!f->instance) fail_msg("%s", error.text);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    plugin_operation_free(f->operation);
    plugin_instance_unref(f->instance);
    plugin_registry_free(f->registry);
    free(f);
    return 0;
}

static void begin(struct fixture *f, const struct stockd_start *start)
{
    struct plugin_setup setup = {.start = start};
    struct error error;
    plugin_operation_free(f->operation);
    f->operation = plugin_operation_new(f->instance, &setup, &error);
    if (!f->operation) fail_msg("%s", error.text);
    f->step = plugin_operation_step(f->operation, &(struct plugin_input){.event = STOCKD_START});
    if (f->step->bug) fail_msg("%s", f->step->bug);
    assert_int_equal(f->step->verdict, STOCKD_SEND);
    assert_string_equal(f->step->request->headers[0].secret, "api-key");
}

static void answer(struct fixture *f, int status, const char *text)
{
    struct stockd_response response = {
        .status = status, .last_part = 1, .body = text, .body_size = strlen(text)};
    f->step = plugin_operation_step(
        f->operation, &(struct plugin_input){.event = STOCKD_RESPONSE, .response = &response});
    if (f->step->bug) fail_msg("%s", f->step->bug);
}

static void warehouses_are_listed(void **state)
{
    struct fixture *f = *state;
    begin(f, &(struct stockd_start){.operation = STOCKD_LIST_WAREHOUSES});
    assert_string_equal(f->step->request->path, "/warehouses");
    assert_int_equal(f->step->request->charges[0].amount, 1);
    answer(f, 200,
           "{\"warehouses\": [{\"id\": \"w1\", \"name\": \"Main\", \"open\": true}, {\"id\": "
           "\"w2\"}]}");
    assert_int_equal(f->step->verdict, STOCKD_DONE);
    assert_int_equal(f->step->warehouse_count, 2);
    assert_int_equal(f->step->warehouses[0].writable, 1);
    assert_int_equal(f->step->warehouses[1].writable, 0);
    assert_int_equal(f->step->completes[0].scope, STOCKD_SCOPE_WAREHOUSES);
}

static void stock_is_read_page_by_page(void **state)
{
    struct fixture *f = *state;
    begin(f, &(struct stockd_start){.operation = STOCKD_FETCH_STOCK, .warehouse_id = "w/1"});
    assert_string_equal(f->step->request->path, "/stock?warehouse=%77%2F%31&page=1");
    answer(f, 200,
           "{\"stock\": [{\"id\": \"77\", \"sku\": \"A-1\", \"quantity\": 5}], \"more\": true}");
    assert_int_equal(f->step->verdict, STOCKD_SEND);
    assert_string_equal(f->step->request->path, "/stock?warehouse=%77%2F%31&page=2");
    assert_int_equal(f->step->stocks[0].quantity, 5);
    assert_int_equal(f->step->stocks[0].reserved_quantity, STOCKD_UNKNOWN);
    assert_string_equal(f->step->listings[0].keys[0].value, "A-1");
    answer(f, 200, "{\"stock\": [{\"id\": \"78\", \"sku\": \"A-2\", \"quantity\": 0}]}");
    assert_int_equal(f->step->verdict, STOCKD_DONE);
    assert_int_equal(f->step->complete_count, 1);
    assert_string_equal(f->step->completes[0].id, "w/1");
}

static void malformed_row_is_shown_and_its_scope_stays_open(void **state)
{
    struct fixture *f = *state;
    begin(f, &(struct stockd_start){.operation = STOCKD_FETCH_STOCK, .warehouse_id = "w1"});
    answer(f, 200, "{\"stock\": [{\"id\": \"77\", \"sku\": \"A-1\", \"quantity\": \"5\"}]}");
    assert_int_equal(f->step->stock_count, 0);
    assert_int_equal(f->step->malformed_count, 1);
    assert_int_equal(f->step->complete_count, 0);
    assert_int_equal(f->step->incomplete_count, 1);
}

static void items_are_pushed_and_answered_one_by_one(void **state)
{
    struct fixture *f = *state;
    const struct stockd_item items[] = {
        {.listing_id = "77", .warehouse_id = "w1", .wanted = 5},
        {.listing_id = "78", .warehouse_id = "w1", .wanted = 0},
        {.listing_id = "79", .warehouse_id = "w1", .wanted = 9},
    };
    const struct stockd_start start = {
        .operation = STOCKD_PUSH_STOCK, .items = items, .item_count = 3};
    begin(f, &start);
    assert_string_equal(f->step->request->method, "POST");
    assert_string_equal(f->step->request->body,
                        "[{\"warehouse\":\"w1\",\"id\":\"77\",\"quantity\":5},"
                        "{\"warehouse\":\"w1\",\"id\":\"78\",\"quantity\":0},"
                        "{\"warehouse\":\"w1\",\"id\":\"79\",\"quantity\":9}]");
    assert_true(f->step->request->flags & STOCKD_REQUEST_WRITE);
    answer(f, 200, "{\"results\": [{\"ok\": true}, {\"ok\": false, \"error\": \"no such id\"}]}");
    assert_int_equal(f->step->outcome_count, 2); /* the third is unresolved */
    assert_int_equal(f->step->outcomes[0].outcome.kind, STOCKD_OK);
    assert_int_equal(f->step->outcomes[1].outcome.kind, STOCKD_REJECTED);
    assert_string_equal(f->step->outcomes[1].outcome.text, "no such id");
    begin(f, &start);
    answer(f, 503, "<html>");
    assert_int_equal(f->step->verdict, STOCKD_DEFAULT);
    assert_int_equal(f->step->meaning, PLUGIN_MEANS_UNRESOLVED);
    begin(f, &start);
    answer(f, 200, "not json");
    assert_int_equal(f->step->meaning, PLUGIN_MEANS_UNRESOLVED);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(warehouses_are_listed, set_up, tear_down),
    cmocka_unit_test_setup_teardown(stock_is_read_page_by_page, set_up, tear_down),
    cmocka_unit_test_setup_teardown(malformed_row_is_shown_and_its_scope_stays_open, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(items_are_pushed_and_answered_one_by_one, set_up, tear_down),
};

TEST_MAIN(cases)
