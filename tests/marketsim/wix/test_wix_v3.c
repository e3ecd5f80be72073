/* The V3 catalogue: revisions, bulk rows, adjustments, cursors. */
#include "marketsim/wix/wix_support.h"

#define BULK "/stores/v3/bulk/inventory-items/"

static int update(struct sim *sim, const char *sku, int revision, const char *rest)
{
    char id[40], body[400];
    sim_id(sim, sku, "id", id);
    snprintf(body, sizeof(body),
             "{'inventoryItems':[{'inventoryItem':{'id':'%s','revision':'%d',%s}}],"
             "'returnEntity':true}",
             id, revision, rest);
    return sim_ask(sim, BULK "update", body);
}

static void a_stale_revision_is_refused_by_its_row(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    assert_int_equal(update(&sim, "SKU-000001", 1, "'quantity':3"), 200);
    assert_string_equal(sim_text(&sim, "results/0/item/revision"), "2");
    assert_int_equal(sim_int(&sim, "results/0/item/quantity"), 3);
    assert_int_equal(update(&sim, "SKU-000001", 1, "'quantity':4"), 200);
    assert_true(json_is_false(sim_value(&sim, "results/0/itemMetadata/success")));
    assert_string_equal(sim_text(&sim, "results/0/itemMetadata/error/code"), "REVISION_MISMATCH");
    assert_int_equal(sim_int(&sim, "bulkActionMetadata/totalFailures"), 1);
    assert_int_equal(sim_stock(&sim, "SKU-000001", NULL), 3);
    /* a sale moves the revision too */
    sim_ask(&sim, "/_control/order", "{'items':[{'offer_id':'SKU-000001','quantity':1}]}");
    assert_int_equal(update(&sim, "SKU-000001", 2, "'quantity':9"), 200);
    assert_int_equal(sim_stock(&sim, "SKU-000001", NULL), 2);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void a_single_patch_fails_as_a_whole(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    char id[40], path[100];
    sim_id(&sim, "SKU-000001", "id", id);
    snprintf(path, sizeof(path), "/stores/v3/inventory-items/%s", id);
    assert_int_equal(
        sim_send(&sim, "PATCH", path, NULL, "{'inventoryItem':{'revision':'5','quantity':3}}"),
        409);
    assert_int_equal(
        sim_send(&sim, "PATCH", path, NULL, "{'inventoryItem':{'revision':'1','quantity':3}}"),
        200);
    assert_string_equal(sim_text(&sim, "inventoryItem/revision"), "2");
    assert_int_equal(sim_send(&sim, "PATCH", path, NULL, "{'inventoryItem':{'quantity':3}}"), 400);
    assert_int_equal(sim_violated(&sim, "shape"), 1);
    sim_free(&sim);
}

static void quantity_and_status_exclude_each_other(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    assert_int_equal(update(&sim, "SKU-000001", 1, "'quantity':3,'inStock':true"), 200);
    assert_int_equal(sim_int(&sim, "bulkActionMetadata/totalFailures"), 1);
    assert_int_equal(update(&sim, "SKU-000001", 1, "'quantity':-1"), 200);
    assert_string_equal(sim_text(&sim, "results/0/itemMetadata/error/code"),
                        "REQUESTED_QUANTITY_MUST_BE_NON_NEGATIVE");
    assert_int_equal(update(&sim, "SKU-000001", 1, "'quantity':100000"), 400);
    assert_int_equal(sim_violated(&sim, "tracking"), 0);
    assert_int_equal(update(&sim, "SKU-000001", 1, "'inStock':true"), 200);
    assert_int_equal(sim_violated(&sim, "tracking"), 1);
    assert_null(sim_value(&sim, "results/0/item/quantity"));
    assert_true(json_is_true(sim_value(&sim, "results/0/item/inStock")));
    sim_free(&sim);
}

static int adjust(struct sim *sim, const char *what, const char *sku, int by, const char *rest)
{
    char id[40], body[400];
    sim_id(sim, sku, "variant_id", id);
    snprintf(body, sizeof(body), "{'%sData':[{'variantId':'%s','%sBy':%d}]%s}", what, id, what, by,
             rest);
    char path[120];
    snprintf(path, sizeof(path), BULK "%s-by-variant-and-location", what);
    return sim_ask(sim, path, body);
}

static void adjustments_stop_at_their_limits(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    static const char code[] = "results/0/itemMetadata/error/code";
    assert_int_equal(adjust(&sim, "decrement", "SKU-000001", 8, ""), 200);
    assert_string_equal(sim_text(&sim, code), "INSUFFICIENT_INVENTORY");
    assert_int_equal(adjust(&sim, "decrement", "SKU-000001", 8, ",'restrictInventory':false"), 200);
    assert_int_equal(sim_stock(&sim, "SKU-000001", SIM_PLACE), -1);
    assert_int_equal(sim_stock(&sim, "SKU-000001", SIM_PLACE2), 7);
    assert_int_equal(adjust(&sim, "increment", "SKU-000002", 99999, ""), 200);
    assert_string_equal(sim_text(&sim, code), "MAX_QUANTITY_LIMIT_REACHED");
    assert_int_equal(adjust(&sim, "increment", "SKU-000002", 0, ""), 400);
    sim_ask(&sim, "/_control/products", "{'offer_id':'SKU-000003','untracked':true}");
    assert_int_equal(adjust(&sim, "increment", "SKU-000003", 1, ""), 200);
    assert_string_equal(sim_text(&sim, code), "INVENTORY_QUANTITY_NOT_TRACKED");
    assert_int_equal(sim_violated(&sim, "untracked"), 1);
    sim_free(&sim);
}

static void items_come_by_creating_them(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    sim_ask(&sim, "/_control/products", "{'offer_id':'NEW'}");
    assert_int_equal(sim_stock(&sim, "NEW", NULL), SIM_NO_NUMBER);
    char product[40], variant[40], body[400];
    sim_id(&sim, "NEW", "product_id", product);
    sim_id(&sim, "NEW", "variant_id", variant);
    snprintf(body, sizeof(body),
             "{'inventoryItems':[{'productId':'%s','variantId':'%s','quantity':4}]}", product,
             variant);
    assert_int_equal(sim_ask(&sim, BULK "create", body), 200);
    assert_int_equal(sim_stock(&sim, "NEW", SIM_PLACE), 4);
    assert_int_equal(sim_ask(&sim, BULK "create", body), 200);
    assert_string_equal(sim_text(&sim, "results/0/itemMetadata/error/code"), "ITEM_ALREADY_EXISTS");
    sim_free(&sim);
}

static void cursors_neither_lose_nor_double(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    static const char path[] = "/stores/v3/inventory-items/query";
    char body[200];
    size_t seen = 0;
    assert_int_equal(sim_ask(&sim, path,
                             "{'query':{'filter':{'locationId':'" SIM_PLACE "'},'cursorPaging':{"
                             "'limit':2},'sort':[{'fieldName':'product.variantSku','order':'DESC'}"
                             "]}}"),
                     200);
    assert_string_equal(sim_text(&sim, "inventoryItems/0/product/variantSku"), "SKU-000005");
    for (;;) {
        seen += sim_count(&sim, "inventoryItems");
        const char *next = json_string_value(sim_value(&sim, "pagingMetadata/cursors/next"));
        if (!next) break;
        snprintf(body, sizeof(body), "{'query':{'cursorPaging':{'cursor':'%s','limit':2}}}", next);
        assert_int_equal(sim_ask(&sim, path, body), 200);
    }
    assert_int_equal(seen, 5);
    assert_string_equal(sim_text(&sim, "inventoryItems/0/product/variantSku"), "SKU-000001");
    assert_int_equal(sim_ask(&sim, path, "{'query':{'cursorPaging':{'cursor':'made up'}}}"), 400);
    assert_int_equal(sim_ask(&sim, path, "{'query':{'sort':[{'fieldName':'locationId'}]}}"), 400);
    assert_int_equal(sim_ask(&sim, path, "{'query':{'cursorPaging':{'limit':1001}}}"), 400);
    sim_free(&sim);
}

static void filters_on_ids(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    char id[40], body[300];
    sim_id(&sim, "SKU-000004", "id", id);
    snprintf(body, sizeof(body), "{'query':{'filter':{'id':{'$in':['%s','%s','none']}}}}", id, id);
    assert_int_equal(sim_ask(&sim, "/stores/v3/inventory-items/query", body), 200);
    assert_int_equal(sim_count(&sim, "inventoryItems"), 1);
    assert_string_equal(sim_text(&sim, "inventoryItems/0/id"), id);
    sim_free(&sim);
}

static void results_may_be_shorter_than_the_request(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    sim_ask(&sim, "/_control/settings", "{'short_results':1.0}");
    assert_int_equal(update(&sim, "SKU-000001", 1, "'quantity':3"), 200);
    assert_int_equal(sim_count(&sim, "results"), 0);
    assert_int_equal(sim_int(&sim, "bulkActionMetadata/totalSuccesses"), 1);
    assert_int_equal(sim_stock(&sim, "SKU-000001", NULL), 3);
    sim_free(&sim);
}

static void faults_on_items_late_and_lost(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix");
    sim_ask(&sim, "/_control/fault", "{'kind':'item','offers':['SKU-000001'],'code':'ODD'}");
    assert_int_equal(update(&sim, "SKU-000001", 1, "'quantity':3"), 200);
    assert_string_equal(sim_text(&sim, "results/0/itemMetadata/error/code"), "ODD");
    sim_ask(&sim, "/_control/fault", "{'kind':'no_effect','path':'" BULK "update'}");
    assert_int_equal(update(&sim, "SKU-000001", 1, "'quantity':3"), 200);
    assert_int_equal(sim_int(&sim, "bulkActionMetadata/totalSuccesses"), 1);
    assert_int_equal(sim_stock(&sim, "SKU-000001", NULL), 7);
    sim_ask(&sim, "/_control/fault", "{'kind':'late','late_ms':5000,'path':'POST /stores/v3/*'}");
    assert_int_equal(update(&sim, "SKU-000001", 1, "'quantity':3"), 0);
    assert_int_equal(sim_stock(&sim, "SKU-000001", NULL), 7);
    sim.now += 5000;
    sim_get(&sim, "/_control/state", NULL);
    assert_int_equal(sim_stock(&sim, "SKU-000001", NULL), 3);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_stale_revision_is_refused_by_its_row),
    cmocka_unit_test(a_single_patch_fails_as_a_whole),
    cmocka_unit_test(quantity_and_status_exclude_each_other),
    cmocka_unit_test(adjustments_stop_at_their_limits),
    cmocka_unit_test(items_come_by_creating_them),
    cmocka_unit_test(cursors_neither_lose_nor_double),
    cmocka_unit_test(filters_on_ids),
    cmocka_unit_test(results_may_be_shorter_than_the_request),
    cmocka_unit_test(faults_on_items_late_and_lost),
};

TEST_MAIN(cases)
