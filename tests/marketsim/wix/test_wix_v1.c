/* The V1 catalogue: its trap, its adjustments, its pages. */
#include "marketsim/wix/wix_support.h"

static int patch(struct sim *sim, const char *sku, const char *rest)
{
    char id[40], path[120], body[512];
    sim_id(sim, sku, "product_id", id);
    snprintf(path, sizeof(path), "/stores/v2/inventoryItems/product/%s", id);
    snprintf(body, sizeof(body), "{'inventoryItem':{%s}}", rest);
    return sim_send(sim, "PATCH", path, NULL, body);
}

#define FIGURE "'variants':[{'variantId':'" SIM_NIL "','quantity':3}]"

static void a_patch_sets_the_figure_at_the_default_location(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix-v1");
    assert_int_equal(patch(&sim, "SKU-000002", "'trackQuantity':true," FIGURE), 200);
    assert_string_equal(sim.answer.body, "{}");
    assert_int_equal(sim_stock(&sim, "SKU-000002", SIM_PLACE), 3);
    assert_int_equal(sim_stock(&sim, "SKU-000002", SIM_PLACE2), 7);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void tracking_left_out_is_switched_off_and_told(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix-v1");
    char id[40], path[120];
    assert_int_equal(patch(&sim, "SKU-000002", FIGURE), 200);
    assert_int_equal(sim_violated(&sim, "tracking"), 1);
    sim_id(&sim, "SKU-000002", "product_id", id);
    snprintf(path, sizeof(path), "/stores-reader/v2/inventoryItems/product/%s/getVariants", id);
    assert_int_equal(sim_ask(&sim, path, "{}"), 200);
    assert_true(json_is_false(sim_value(&sim, "inventoryItem/trackQuantity")));
    assert_null(sim_value(&sim, "inventoryItem/variants/0/quantity"));
    assert_int_equal(patch(&sim, "SKU-000002", "'trackQuantity':true," FIGURE), 200);
    assert_int_equal(sim_violated(&sim, "tracking"), 2);
    sim_free(&sim);
}

static void a_patch_without_preorder_loses_it(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix-v1");
    sim_ask(&sim, "/_control/products",
            "{'offer_id':'SKU-000001','preorder':{'enabled':true,'message':'soon','limit':5}}");
    assert_int_equal(
        patch(&sim, "SKU-000001",
              "'trackQuantity':true,'preorderInfo':{'enabled':true,'message':'soon'}," FIGURE),
        200);
    assert_int_equal(sim_violated(&sim, "preorder_lost"), 0);
    assert_int_equal(patch(&sim, "SKU-000001", "'trackQuantity':true," FIGURE), 200);
    assert_int_equal(sim_violated(&sim, "preorder_lost"), 1);
    assert_int_equal(patch(&sim, "SKU-000001", "'trackQuantity':true," FIGURE), 200);
    assert_int_equal(sim_violated(&sim, "preorder_lost"), 1); /* gone already */
    sim_free(&sim);
}

static int decrement(struct sim *sim, const char *sku, int first, int second)
{
    char id[40], body[512];
    sim_id(sim, sku, "product_id", id);
    snprintf(body, sizeof(body),
             "{'decrementData':[{'productId':'%s','variantId':'" SIM_NIL "','decrementBy':%d},"
             "{'productId':'%s','variantId':'" SIM_NIL "','decrementBy':%d}]}",
             id, first, id, second);
    return sim_ask(sim, "/stores/v2/inventoryItems/decrement", body);
}

static void adjustments_are_all_or_none(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix-v1");
    assert_int_equal(decrement(&sim, "SKU-000003", 4, 4), 428); /* 7 are there */
    assert_string_equal(sim_code(&sim), "INSUFFICIENT_INVENTORY");
    assert_int_equal(sim_stock(&sim, "SKU-000003", NULL), 7);
    assert_int_equal(decrement(&sim, "SKU-000003", 4, 3), 200);
    assert_int_equal(sim_stock(&sim, "SKU-000003", NULL), 0);
    assert_int_equal(decrement(&sim, "SKU-000003", 0, 1), 400);
    sim_ask(&sim, "/_control/products", "{'offer_id':'SKU-000004','untracked':true}");
    assert_int_equal(decrement(&sim, "SKU-000004", 1, 1), 428);
    assert_string_equal(sim_code(&sim), "INVENTORY_QUANTITY_NOT_TRACKED");
    assert_int_equal(sim_violated(&sim, "untracked"), 1);
    sim_free(&sim);
}

static void offsets_end_and_numbers_lead_on(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix-v1");
    static const char path[] = "/stores-reader/v2/inventoryItems/query";
    assert_int_equal(sim_ask(&sim, path, "{'query':{'paging':{'limit':2,'offset':4}}}"), 200);
    assert_int_equal(sim_count(&sim, "inventoryItems"), 1);
    assert_int_equal(sim_int(&sim, "totalResults"), 5);
    assert_int_equal(sim_ask(&sim, path, "{'query':{'paging':{'limit':100,'offset':9901}}}"), 400);
    assert_int_equal(sim_violated(&sim, "too_many"), 1);
    assert_int_equal(sim_ask(&sim, path, "{'query':{'paging':{'limit':101}}}"), 400);
    assert_int_equal(sim_ask(&sim, path, "{'query':{'sort':'[{\\'numericId\\':\\'desc\\'}]'}}"),
                     200);
    char last[40], body[200];
    snprintf(last, sizeof(last), "%s", sim_text(&sim, "inventoryItems/3/numericId"));
    snprintf(body, sizeof(body),
             "{'query':{'filter':'{\\'numericId\\':{\\'$gt\\':%s}}',"
             "'sort':'[{\\'numericId\\':\\'asc\\'}]'}}",
             last);
    assert_int_equal(sim_ask(&sim, path, body), 200);
    assert_int_equal(sim_count(&sim, "inventoryItems"), 3);
    assert_int_equal(sim_ask(&sim, path, "{'query':{'filter':'{'}}"), 400);
    assert_int_equal(sim_ask(&sim, path, "{'query':{'filter':'{\\'colour\\':1}'}}"), 400);
    sim_free(&sim);
}

static void hidden_products_are_silently_missing(void **state)
{
    (void)state;
    struct sim sim = sim_make("wix-v1");
    static const char path[] = "/stores-reader/v1/products/query";
    sim_ask(&sim, "/_control/products", "{'offer_id':'SKU-000004','hidden':true}");
    assert_int_equal(sim_ask(&sim, path, "{}"), 200);
    assert_int_equal(sim_int(&sim, "totalResults"), 4);
    assert_null(sim_value(&sim, "products/0/variants"));
    assert_int_equal(sim_ask(&sim, path, "{'includeHiddenProducts':true,'includeVariants':true}"),
                     200);
    assert_int_equal(sim_int(&sim, "totalResults"), 5);
    assert_string_equal(sim_text(&sim, "products/0/variants/0/id"), SIM_NIL);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_patch_sets_the_figure_at_the_default_location),
    cmocka_unit_test(tracking_left_out_is_switched_off_and_told),
    cmocka_unit_test(a_patch_without_preorder_loses_it),
    cmocka_unit_test(adjustments_are_all_or_none),
    cmocka_unit_test(offsets_end_and_numbers_lead_on),
    cmocka_unit_test(hidden_products_are_silently_missing),
};

TEST_MAIN(cases)
