/* Offers: the list and its filters, edits at once and as operations, ends and returns. */
#include "marketsim/allegro/allegro_support.h"

static void the_list_pages_and_filters(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_get(&sim, "/sale/offers?limit=2&offset=3"), 200);
    assert_int_equal(sim_int(&sim, "count"), 2);
    assert_int_equal(sim_int(&sim, "totalCount"), 5);
    assert_string_equal(sim_text(&sim, "offers/0/external/id"), "SKU-000002"); /* newest first */
    assert_int_equal(
        sim_get(&sim, "/sale/offers?external.id=SKU-000001&external.id=SKU%2D000004&limit=1000"),
        200);
    assert_int_equal(sim_int(&sim, "totalCount"), 2);
    assert_int_equal(sim_get(&sim, "/sale/offers?offer.id=7700000002&offer.id=9"), 200);
    assert_int_equal(sim_int(&sim, "totalCount"), 1);
    allegro_stock_set(sim.allegro, sim.seller, "SKU-000003", 0, sim.now);
    sim_offer(&sim, "SKU-000004")->flags |= ALLEGRO_FULFILLMENT;
    assert_int_equal(sim_get(&sim, "/sale/offers?publication.status=ENDED"), 200);
    assert_int_equal(sim_int(&sim, "totalCount"), 1);
    assert_int_equal(sim_get(&sim, "/sale/offers?publication.status=ENDED&publication.status=ACTIVE"
                                   "&isFulfillment=false"),
                     200);
    assert_int_equal(sim_int(&sim, "totalCount"), 4);
    sim_free(&sim);
}

static void an_unlisted_offer_exists_all_the_same(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_control(&sim, "products", "{'offer_id':'SKU-000001','unlisted':true}"),
                     200);
    assert_int_equal(sim_get(&sim, "/sale/offers?offer.id=" SIM_FIRST), 200);
    assert_int_equal(sim_int(&sim, "totalCount"), 0);
    assert_int_equal(sim_get(&sim, "/sale/product-offers/" SIM_FIRST), 200);
    assert_int_equal(sim_int(&sim, "stock/available"), 5);
    sim_free(&sim);
}

static void zero_ends_and_more_does_not_bring_back(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':0}}"), 200);
    assert_string_equal(sim_text(&sim, "publication/status"), "ENDED");
    assert_string_equal(sim_text(&sim, "publication/endedBy"), "EMPTY_STOCK");
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':8}}"), 200);
    assert_string_equal(sim_text(&sim, "publication/status"), "ENDED");
    assert_int_equal(sim_int(&sim, "stock/available"), 8);
    assert_int_equal(allegro_offer_free(sim_offer(&sim, SIM_FIRST)), 0);
    assert_int_equal(sim_patch(&sim, "{'publication':{'status':'ACTIVE'}}"), 200);
    assert_int_equal(allegro_offer_free(sim_offer(&sim, SIM_FIRST)), 8);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void the_figure_and_the_status_go_in_one_edit(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_patch(&sim, "{'stock':{'available':0}}");
    assert_int_equal(sim_patch(&sim, "{'publication':{'status':'ACTIVE'}}"), 422);
    assert_int_equal(sim_violated(&sim, "shape"), 1);
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':3},'publication':{'status':'ACTIVE'}}"),
                     200);
    assert_string_equal(sim_text(&sim, "publication/status"), "ACTIVE");
    assert_int_equal(sim_int(&sim, "stock/available"), 3);
    sim_free(&sim);
}

static void what_allegro_ended_stays_ended(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_control(&sim, "products", "{'offer_id':'SKU-000001','ended_by':'ADMIN'}"),
                     200);
    assert_int_equal(sim_patch(&sim, "{'publication':{'status':'ACTIVE'}}"), 422);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void ends_and_starts_may_take_time(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "settings", "{'end_ms':1000,'activate_ms':500}");
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':0}}"), 200);
    assert_string_equal(sim_text(&sim, "publication/status"), "ACTIVE");
    sim.now += 1000;
    sim_get(&sim, "/sale/product-offers/" SIM_FIRST);
    assert_string_equal(sim_text(&sim, "publication/status"), "ENDED");
    sim_patch(&sim, "{'stock':{'available':2},'publication':{'status':'ACTIVE'}}");
    assert_string_equal(sim_text(&sim, "publication/status"), "ACTIVATING");
    assert_int_equal(allegro_offer_free(sim_offer(&sim, SIM_FIRST)), 0);
    sim.now += 500;
    sim_get(&sim, "/sale/product-offers/" SIM_FIRST);
    assert_string_equal(sim_text(&sim, "publication/status"), "ACTIVE");
    sim_free(&sim);
}

static void two_hundred_may_mean_nothing_was_done(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "products", "{'offer_id':'SKU-000001','invalid_200':true}");
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':2}}"), 200);
    assert_int_equal(sim_count(&sim, "validation/errors"), 1);
    assert_int_equal(sim_int(&sim, "stock/available"), 5);
    sim_control(&sim, "products", "{'offer_id':'SKU-000001','invalid_200':false,'invalid':true}");
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':2}}"), 422);
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 5);
    sim_free(&sim);
}

/* The path of the operation, out of a Location whose host and port are inner ones. */
static const char *operation_path(struct sim *sim)
{
    static char path[160];
    const char *location = market_answer_header_get(&sim->answer, "Location");
    assert_non_null(location);
    assert_ptr_equal(strstr(location, "https://api.allegro.pl:42974/"), location);
    snprintf(path, sizeof(path), "%s", strstr(location, "/sale/"));
    return path;
}

static void an_accepted_edit_is_an_operation(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "settings", "{'patch_async_ms':2000,'patch_retry_s':7}");
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':2}}"), 202);
    assert_string_equal(market_answer_header_get(&sim.answer, "Retry-After"), "7");
    const char *path = operation_path(&sim);
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':1}}"), 409);
    assert_string_equal(sim_text(&sim, "errors/0/code"), "OfferConflictException");
    assert_int_equal(sim_get(&sim, path), 202);
    assert_string_equal(sim_text(&sim, "operation/status"), "IN_PROGRESS");
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 5);
    sim.now += 2000;
    assert_int_equal(sim_get(&sim, path), 303);
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 2);
    sim_control(&sim, "settings", "{'operation_200':true}");
    assert_int_equal(sim_get(&sim, path), 200);
    assert_string_equal(sim_text(&sim, "operation/status"), "COMPLETED");
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':1}}"), 202);
    sim_free(&sim);
}

static void an_accepted_edit_may_fail(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "settings", "{'patch_async_ms':10}");
    sim_control(&sim, "products", "{'offer_id':'SKU-000001','invalid':true}");
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':2}}"), 202);
    const char *path = operation_path(&sim);
    sim.now += 10;
    assert_int_equal(sim_get(&sim, path), 422);
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 5);
    sim_free(&sim);
}

static void offers_of_allegros_warehouse_take_no_figure(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "products", "{'offer_id':'SKU-000001','fulfillment':true}");
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':2}}"), 422);
    assert_int_equal(sim_violated(&sim, "fulfillment"), 1);
    assert_int_equal(sim_get(&sim, "/fulfillment/stock"), 200);
    assert_int_equal(sim_int(&sim, "stock/0/quantity/available"), 5);
    sim_free(&sim);
}

static void selling_out_republishes_under_a_new_id(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    char id[64];
    struct allegro_order_line line = {"SKU-000001", 2};
    struct allegro_order_spec order = {.lines = &line, .line_count = 1, .stage = STAGE_READY};
    sim_control(&sim, "products", "{'offer_id':'SKU-000001','republish':true}");
    for (int i = 0; i < 2; i++)
        assert_true(allegro_order_place(sim.allegro, sim.seller, &order, sim.now, id, sizeof(id)));
    line.quantity = 1;
    assert_true(allegro_order_place(sim.allegro, sim.seller, &order, sim.now, id, sizeof(id)));
    assert_int_equal(sim_get(&sim, "/sale/offers?external.id=SKU-000001"), 200);
    assert_int_equal(sim_int(&sim, "totalCount"), 2);
    assert_string_not_equal(sim_text(&sim, "offers/0/id"), SIM_FIRST);
    assert_string_equal(sim_text(&sim, "offers/0/publication/status"), "ACTIVE");
    assert_int_equal(sim_int(&sim, "offers/0/stock/available"), 5);
    assert_string_equal(sim_text(&sim, "offers/1/publication/status"), "ENDED");
    sim_get(&sim, "/_control/state?prefix=SKU-000001");
    assert_int_equal(sim_count(&sim, "pairs"), 1); /* the replaced one is left out */
    sim_free(&sim);
}

static void edits_end_in_the_faults_that_were_asked_for(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_fault(&sim, FAULT_DROP_AFTER, "PATCH /sale/product-offers/*");
    assert_int_equal(sim_get(&sim, "/sale/product-offers/" SIM_FIRST), 200);
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':4}}"), 0);
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 4);
    sim_fault(&sim, FAULT_NO_EFFECT, "PATCH /sale/product-offers/*");
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':3}}"), 200);
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 4);
    assert_int_equal(
        sim_control(&sim, "fault", "{'kind':'late','late_ms':500,'path':'/sale/product-offers/*'}"),
        200);
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':2}}"), 0);
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':1}}"), 200);
    sim.now += 500;
    sim_get(&sim, "/me");
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 2); /* over whatever is there */
    sim_control(&sim, "fault", "{'kind':'item','offers':['SKU-000001'],'code':'ERR_X','count':1}");
    assert_int_equal(sim_patch(&sim, "{'stock':{'available':1}}"), 422);
    assert_string_equal(sim_text(&sim, "errors/0/code"), "ERR_X");
    sim_free(&sim);
}

static void reads_may_lag(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "settings", "{'read_lag_ms':1000}");
    sim_patch(&sim, "{'stock':{'available':0}}");
    sim.now += 999;
    sim_get(&sim, "/sale/offers?offer.id=" SIM_FIRST);
    assert_int_equal(sim_int(&sim, "offers/0/stock/available"), 5);
    assert_string_equal(sim_text(&sim, "offers/0/publication/status"), "ACTIVE");
    sim.now += 1;
    sim_get(&sim, "/sale/offers?offer.id=" SIM_FIRST);
    assert_int_equal(sim_int(&sim, "offers/0/stock/available"), 0);
    assert_string_equal(sim_text(&sim, "offers/0/publication/status"), "ENDED");
    sim_free(&sim);
}

static void external_ids_move_and_repeat(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_patch(&sim, "{'external':{'id':'SKU-000002'}}"), 200);
    sim_get(&sim, "/sale/offers?external.id=SKU-000002");
    assert_int_equal(sim_int(&sim, "totalCount"), 2);
    sim_get(&sim, "/sale/offers?external.id=SKU-000001");
    assert_int_equal(sim_int(&sim, "totalCount"), 0);
    assert_null(allegro_offer_find(sim.seller, "SKU-000001"));
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(the_list_pages_and_filters),
    cmocka_unit_test(an_unlisted_offer_exists_all_the_same),
    cmocka_unit_test(zero_ends_and_more_does_not_bring_back),
    cmocka_unit_test(the_figure_and_the_status_go_in_one_edit),
    cmocka_unit_test(what_allegro_ended_stays_ended),
    cmocka_unit_test(ends_and_starts_may_take_time),
    cmocka_unit_test(two_hundred_may_mean_nothing_was_done),
    cmocka_unit_test(an_accepted_edit_is_an_operation),
    cmocka_unit_test(an_accepted_edit_may_fail),
    cmocka_unit_test(offers_of_allegros_warehouse_take_no_figure),
    cmocka_unit_test(selling_out_republishes_under_a_new_id),
    cmocka_unit_test(edits_end_in_the_faults_that_were_asked_for),
    cmocka_unit_test(reads_may_lag),
    cmocka_unit_test(external_ids_move_and_repeat),
};

TEST_MAIN(cases)
