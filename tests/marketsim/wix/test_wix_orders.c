/* Buyers: where an order takes its pieces from, when, and when they come back. */
#include "marketsim/wix/wix_support.h"

static void place(struct sim *sim, const char *body, char id[40])
{
    assert_int_equal(sim_ask(sim, "/_control/order", body), 200);
    snprintf(id, 40, "%s", sim_text(sim, "order_id"));
}

static int step(struct sim *sim, const char *name, const char *id, const char *rest)
{
    char path[60], body[120];
    snprintf(path, sizeof(path), "/_control/order/%s", name);
    snprintf(body, sizeof(body), "{'order_id':'%s'%s}", id, rest);
    return sim_ask(sim, path, body);
}

static void orders_take_from_the_default_location(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    char id[40];
    place(&sim, "{'items':[{'offer_id':'SKU-000001','quantity':2}]}", id);
    assert_int_equal(sim_stock(&sim, "SKU-000001", SIM_PLACE), 5);
    assert_int_equal(sim_stock(&sim, "SKU-000001", SIM_PLACE2), 7);
    assert_int_equal(sim_ask(&sim, "/ecom/v1/orders/search", "{'search':{}}"), 200);
    assert_int_equal(sim_int(&sim, "orders/0/lineItems/0/quantity"), 2);
    assert_string_equal(sim_text(&sim, "orders/0/lineItems/0/locations/0/id"), SIM_PLACE);
    assert_int_equal(step(&sim, "cancel", id, ""), 200);
    assert_int_equal(sim_stock(&sim, "SKU-000001", SIM_PLACE), 7);
    char path[80];
    snprintf(path, sizeof(path), "/ecom/v1/orders/%s", id);
    assert_int_equal(sim_get(&sim, path, NULL), 200);
    assert_string_equal(sim_text(&sim, "order/status"), "CANCELED");
    assert_int_equal(sim_int(&sim, "order/lineItems/0/restockQuantity"), 2);
    sim_free(&sim);
}

static void paying_sells_the_last_piece_twice(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix-v1");
    char one[40], two[40];
    static const char body[] = "{'items':[{'offer_id':'SKU-000001','quantity':7}],'paid':false}";
    sim_ask(&sim, "/_control/settings", "{'deduct':'paid'}");
    place(&sim, body, one);
    place(&sim, body, two);
    assert_int_equal(sim_stock(&sim, "SKU-000001", NULL), 7);
    assert_int_equal(step(&sim, "pay", one, ""), 200);
    assert_int_equal(sim_stock(&sim, "SKU-000001", NULL), 0);
    assert_int_equal(step(&sim, "pay", two, ""), 200);
    assert_int_equal(sim_stock(&sim, "SKU-000001", NULL), -7);
    assert_int_equal(step(&sim, "pay", two, ""), 400);
    sim_free(&sim);
}

static void a_refund_restocks_when_told(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    char one[40], two[40];
    place(&sim, "{'items':[{'offer_id':'SKU-000001','quantity':2}]}", one);
    place(&sim, "{'items':[{'offer_id':'SKU-000001','quantity':3}]}", two);
    assert_int_equal(step(&sim, "ship", one, ""), 200);
    assert_int_equal(step(&sim, "return", one, ",'restock':false"), 200);
    assert_int_equal(sim_stock(&sim, "SKU-000001", NULL), 2);
    assert_int_equal(step(&sim, "return", two, ",'restock':true"), 200);
    assert_int_equal(sim_stock(&sim, "SKU-000001", NULL), 5);
    assert_int_equal(step(&sim, "cancel", two, ""), 200); /* the pieces are back already */
    assert_int_equal(sim_stock(&sim, "SKU-000001", NULL), 5);
    sim_free(&sim);
}

static void changes_move_the_updated_date(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    char one[40], two[40];
    place(&sim, "{'items':[{'offer_id':'SKU-000001'}]}", one);
    sim.now += 1000;
    place(&sim, "{'items':[{'offer_id':'SKU-000002'}],'visible_after_ms':5000}", two);
    static const char search[] =
        "{'search':{'filter':{'updatedDate':{'$gte':'2026-09-21T14:13:20.500Z'}},"
        "'sort':[{'fieldName':'updatedDate','order':'ASC'}],'cursorPaging':{'limit':100}}}";
    assert_int_equal(sim_ask(&sim, "/ecom/v1/orders/search", search), 200);
    assert_int_equal(sim_count(&sim, "orders"), 0);
    sim.now += 5000;
    assert_int_equal(step(&sim, "ship", one, ""), 200);
    assert_int_equal(sim_ask(&sim, "/ecom/v1/orders/search", search), 200);
    assert_int_equal(sim_count(&sim, "orders"), 2);
    assert_string_equal(sim_text(&sim, "orders/0/id"), two);
    assert_string_equal(sim_text(&sim, "orders/1/id"), one);
    sim_free(&sim);
}

/* Whatever a read showed before: every change shows in the next one. */
static void reads_show_every_change(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    char id[40];
    static const char search[] = "{'search':{}}", path[] = "/ecom/v1/orders/search";
    place(&sim, "{'items':[{'offer_id':'SKU-000001','quantity':2}],'paid':false}", id);
    assert_int_equal(sim_ask(&sim, path, search), 200);
    assert_string_equal(sim_text(&sim, "orders/0/paymentStatus"), "NOT_PAID");
    assert_int_equal(step(&sim, "pay", id, ""), 200);
    assert_int_equal(sim_ask(&sim, path, search), 200);
    assert_string_equal(sim_text(&sim, "orders/0/paymentStatus"), "PAID");
    sim_ask(&sim, "/_control/products", "{'offer_id':'SKU-000001','digital':true}");
    assert_int_equal(sim_ask(&sim, path, search), 200);
    assert_string_equal(sim_text(&sim, "orders/0/lineItems/0/itemType/preset"), "DIGITAL");
    assert_int_equal(step(&sim, "return", id, ",'restock':true"), 200);
    assert_int_equal(sim_ask(&sim, path, search), 200);
    assert_int_equal(sim_int(&sim, "orders/0/lineItems/0/restockQuantity"), 2);
    assert_int_equal(step(&sim, "cancel", id, ""), 200);
    assert_int_equal(sim_ask(&sim, path, search), 200);
    assert_string_equal(sim_text(&sim, "orders/0/status"), "CANCELED");
    sim_free(&sim);
}

/* Filters look at trees, and reads without one are written as text: both say the same. */
static void items_are_the_same_with_and_without_a_filter(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    static const char path[] = "/stores/v3/inventory-items/query";
    sim_ask(
        &sim, "/_control/products",
        "{'offer_id':'SKU-000001','preorder':{'enabled':true,'message':'a \\'b\\'','limit':5}}");
    sim_ask(&sim, "/_control/products", "{'offer_id':'SKU-000002','untracked':true}");
    assert_int_equal(sim_ask(&sim, path, "{}"), 200);
    json_t *whole = json_deep_copy(sim_value(&sim, "inventoryItems"));
    assert_true(json_array_size(whole) > 2);
    assert_int_equal(sim_ask(&sim, path, "{'query':{'filter':{'id':{'$exists':true}}}}"), 200);
    assert_true(json_equal(whole, sim_value(&sim, "inventoryItems")));
    assert_string_equal(sim_text(&sim, "inventoryItems/0/preorderInfo/message"), "a \"b\"");
    json_decref(whole);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(orders_take_from_the_default_location),
    cmocka_unit_test(paying_sells_the_last_piece_twice),
    cmocka_unit_test(a_refund_restocks_when_told),
    cmocka_unit_test(changes_move_the_updated_date),
    cmocka_unit_test(reads_show_every_change),
    cmocka_unit_test(items_are_the_same_with_and_without_a_filter),
};

TEST_MAIN(cases)
