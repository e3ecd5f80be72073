/* Commands: registered, slow, stuck, never adding up; what they refuse and what they report. */
#include "marketsim/allegro/allegro_support.h"

static void counts_are_nothing_at_first(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_quantity(&sim, 1, 9, 2), 201);
    assert_int_equal(sim_int(&sim, "taskCount/total"), 0);
    assert_true(json_is_null(sim_value(&sim, "completedAt")));
    assert_int_equal(sim_command_get(&sim, QUANTITY, 1, ""), 200);
    assert_int_equal(sim_int(&sim, "taskCount/total"), 0);
    assert_int_equal(sim_command_get(&sim, QUANTITY, 1, "/tasks?limit=1000"), 200);
    assert_int_equal(sim_count(&sim, "tasks"), 0);
    sim.now += 100;
    sim_command_get(&sim, QUANTITY, 1, "");
    assert_int_equal(sim_int(&sim, "taskCount/total"), 2);
    assert_int_equal(sim_int(&sim, "taskCount/success"), 0);
    sim_command_get(&sim, QUANTITY, 1, "/tasks");
    assert_string_equal(sim_text(&sim, "tasks/1/status"), "NEW");
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 5);
    sim.now += 400;
    sim_command_get(&sim, QUANTITY, 1, "");
    assert_int_equal(sim_int(&sim, "taskCount/success"), 2);
    assert_true(json_is_string(sim_value(&sim, "completedAt")));
    sim_command_get(&sim, QUANTITY, 1, "/tasks");
    assert_string_equal(sim_text(&sim, "tasks/0/status"), "SUCCESS");
    assert_string_equal(sim_text(&sim, "tasks/0/field"), "quantity");
    assert_string_equal(sim_text(&sim, "tasks/0/offer/id"), SIM_FIRST);
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 9);
    sim_free(&sim);
}

static void zero_and_too_many_are_refused(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_quantity(&sim, 1, 0, 2), 422);
    assert_string_equal(sim_text(&sim, "errors/0/code"), "INCORRECT_QUANTITY_VALUE");
    assert_int_equal(sim_violated(&sim, "zero_quantity"), 1);
    assert_int_equal(sim_quantity(&sim, 2, 1, 1001), 422);
    assert_int_equal(sim_violated(&sim, "too_many"), 1);
    assert_int_equal(sim_quantity(&sim, 3, 1, 0), 400);
    assert_int_equal(sim_ask(&sim, "PUT", QUANTITY "not-a-uuid",
                             "{'modification':{'changeType':'FIXED','value':1},'offerCriteria':[{"
                             "'type':'CONTAINS_OFFERS','offers':[{'id':'1'}]}]}"),
                     400);
    assert_int_equal(sim_violated(&sim, "shape"), 2);
    for (int i = 1; i < 4; i++)
        assert_int_equal(sim_command_get(&sim, QUANTITY, i, ""), 404);
    sim_free(&sim);
}

static void a_used_id_is_a_conflict(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_fault(&sim, FAULT_DROP_AFTER, "PUT " QUANTITY "*");
    assert_int_equal(sim_quantity(&sim, 1, 9, 2), 0);
    assert_int_equal(sim_quantity(&sim, 1, 9, 2), 409); /* the answer was lost, not the command */
    assert_int_equal(sim_violated(&sim, NULL), 0);
    assert_int_equal(sim_quantity(&sim, 1, 8, 2), 409);
    assert_int_equal(sim_violated(&sim, "command_reuse"), 1);
    sim.now += 500;
    sim_command_get(&sim, QUANTITY, 1, "");
    assert_int_equal(sim_int(&sim, "taskCount/success"), 2);
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 9);
    sim_free(&sim);
}

static void a_late_command_can_be_sent_again(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "fault", "{'kind':'late','late_ms':5000}");
    assert_int_equal(sim_quantity(&sim, 1, 9, 1), 0);
    assert_int_equal(sim_command_get(&sim, QUANTITY, 1, ""), 404);
    assert_int_equal(sim_quantity(&sim, 1, 9, 1), 201);
    assert_int_equal(sim_quantity(&sim, 1, 9, 1), 409);
    assert_int_equal(sim_command_get(&sim, QUANTITY, 1, ""), 200);
    sim.now += 5500;
    sim_get(&sim, "/me");
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 9);
    sim_free(&sim);
}

static void some_commands_never_end(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "settings", "{'stuck_commands':1,'uncounted':1}");
    assert_int_equal(sim_quantity(&sim, 1, 9, 2), 201);
    assert_int_equal(sim_quantity(&sim, 2, 8, 3), 201);
    sim.now += 10 * 86400000LL;
    sim_login(&sim, allegro_token_ready(sim.allegro, sim.seller, sim.now).access);
    sim_command_get(&sim, QUANTITY, 1, "/tasks");
    assert_string_equal(sim_text(&sim, "tasks/0/status"), "NEW");
    sim_command_get(&sim, QUANTITY, 2, "");
    assert_int_equal(sim_int(&sim, "taskCount/total"), 3);
    assert_int_equal(sim_int(&sim, "taskCount/success"), 2);
    assert_int_equal(sim_int(&sim, "taskCount/failed"), 0);
    assert_true(json_is_null(sim_value(&sim, "completedAt")));
    sim_command_get(&sim, QUANTITY, 2, "/tasks");
    for (int i = 0; i < 3; i++) {
        char way[32];
        snprintf(way, sizeof(way), "tasks/%d/status", i);
        assert_string_equal(sim_text(&sim, way), "SUCCESS");
    }
    char body[128];
    snprintf(body, sizeof(body), "{'command_id':'%s','result':'fail'}", sim_uuid(1));
    assert_int_equal(sim_control(&sim, "command/finish", body), 200);
    assert_int_equal(sim_control(&sim, "command/finish", body), 400);
    sim_command_get(&sim, QUANTITY, 1, "");
    assert_int_equal(sim_int(&sim, "taskCount/failed"), 2);
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 8);
    sim_free(&sim);
}

static void tasks_fail_one_by_one(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "products", "{'offer_id':'SKU-000003','fulfillment':true}");
    sim_control(&sim, "fault",
                "{'kind':'item','offers':['SKU-000002'],'code':"
                "'EXCEPTION_DURING_OFFER_QUANTITY_UPDATE'}");
    sim_control(&sim, "settings", "{'odd_times':true,'foreign_tasks':true}");
    assert_int_equal(sim_quantity(&sim, 1, 9, 6), 201);
    sim.now += 500;
    sim_command_get(&sim, QUANTITY, 1, "");
    assert_int_equal(sim_int(&sim, "taskCount/failed"), 3);
    sim_command_get(&sim, QUANTITY, 1, "/tasks");
    assert_int_equal(sim_count(&sim, "tasks"), 7);
    assert_string_equal(sim_text(&sim, "tasks/0/field"), "price");
    assert_string_equal(sim_text(&sim, "tasks/2/errors/0/code"),
                        "EXCEPTION_DURING_OFFER_QUANTITY_UPDATE");
    assert_string_equal(sim_text(&sim, "tasks/6/errors/0/code"), "OFFER_NOT_FOUND");
    assert_true(
        strcmp(sim_text(&sim, "tasks/1/finishedAt"), sim_text(&sim, "tasks/1/scheduledAt")) < 0);
    assert_int_equal(strlen(sim_text(&sim, "tasks/1/scheduledAt")), 23); /* .64Z */
    assert_int_equal(sim_violated(&sim, "fulfillment"), 1);
    sim_free(&sim);
}

static void tasks_come_in_pages(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    allegro_offers_fill(sim.allegro, sim.seller, "M-", 1, 200, 5, 0);
    sim_quantity(&sim, 1, 9, 150);
    sim.now += 500;
    sim_command_get(&sim, QUANTITY, 1, "/tasks");
    assert_int_equal(sim_count(&sim, "tasks"), 100);
    sim_command_get(&sim, QUANTITY, 1, "/tasks?limit=100&offset=100");
    assert_int_equal(sim_count(&sim, "tasks"), 50);
    assert_int_equal(sim_command_get(&sim, QUANTITY, 1, "/tasks?limit=1001"), 422);
    assert_int_equal(sim_command_get(&sim, QUANTITY, 1, "/tasks?offset=1000"), 422);
    sim_free(&sim);
}

static void quantity_does_not_publish(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_patch(&sim, "{'stock':{'available':0}}");
    sim_quantity(&sim, 1, 9, 1);
    sim.now += 500;
    sim_get(&sim, "/sale/product-offers/" SIM_FIRST);
    assert_int_equal(sim_int(&sim, "stock/available"), 9);
    assert_string_equal(sim_text(&sim, "publication/status"), "ENDED");
    sim_free(&sim);
}

static int publish(struct sim *sim, int n, const char *action, const char *offer)
{
    char path[128], body[256];
    snprintf(path, sizeof(path), PUBLISH "%s", sim_uuid(n));
    snprintf(body, sizeof(body),
             "{'publication':{'action':'%s'},'offerCriteria':[{'type':'CONTAINS_OFFERS',"
             "'offers':[{'id':'%s'}]}]}",
             action, offer);
    return sim_ask(sim, "PUT", path, body);
}

static void publication_ends_and_activates(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(publish(&sim, 1, "END", SIM_FIRST), 201);
    sim.now += 500;
    sim_get(&sim, "/sale/product-offers/" SIM_FIRST);
    assert_string_equal(sim_text(&sim, "publication/endedBy"), "USER");
    assert_int_equal(sim_int(&sim, "stock/available"), 5);
    assert_int_equal(publish(&sim, 2, "ACTIVATE", SIM_FIRST), 201);
    assert_int_equal(sim_command_get(&sim, QUANTITY, 2, ""), 404); /* of another kind */
    sim.now += 500;
    assert_int_equal(sim_command_get(&sim, PUBLISH, 2, ""), 200);
    assert_int_equal(sim_int(&sim, "taskCount/success"), 1);
    assert_int_equal(allegro_offer_free(sim_offer(&sim, SIM_FIRST)), 5);
    allegro_stock_foreign(sim.allegro, sim.seller, SIM_FIRST, 0, sim.now);
    assert_int_equal(publish(&sim, 3, "ACTIVATE", SIM_FIRST), 201);
    sim.now += 500;
    sim_command_get(&sim, PUBLISH, 3, "/tasks");
    assert_string_equal(sim_text(&sim, "tasks/0/errors/0/code"), "OfferActivationException");
    sim_free(&sim);
}

static void a_second_publication_has_to_wait(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "settings", "{'stuck_commands':1}");
    publish(&sim, 1, "END", SIM_FIRST);
    publish(&sim, 2, "END", SIM_FIRST);
    sim.now += 500;
    sim_command_get(&sim, PUBLISH, 2, "/tasks");
    assert_string_equal(sim_text(&sim, "tasks/0/errors/0/code"),
                        "InProgressTaskLimitReachedException");
    assert_int_equal(allegro_offer_free(sim_offer(&sim, SIM_FIRST)), 5);
    sim_free(&sim);
}

static int bulk(struct sim *sim, int n, size_t count, int64_t value, const char *type)
{
    char body[4096];
    int used = snprintf(body, sizeof(body), "{'commandId':'%s','modifications':[", sim_uuid(n));
    for (size_t i = 0; i < count; i++)
        used += snprintf(body + used, sizeof(body) - (size_t)used,
                         "%s{'offerId':'%zu','stock':{'changeType':'%s','value':%lld}}",
                         i ? "," : "", 7700000001 + i, type, (long long)value + (long long)i);
    strcpy(body + used, "]}");
    sim->accept = sim->type = SIM_BETA;
    int status = sim_ask(sim, "POST", BULK, body);
    sim->accept = sim->type = SIM_PUBLIC;
    return status;
}

static void the_bulk_takes_twenty_five_values(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(bulk(&sim, 1, 26, 10, "FIXED"), 422);
    assert_int_equal(bulk(&sim, 2, 5, 0, "FIXED"), 422);
    assert_int_equal(bulk(&sim, 3, 5, 10, "FIXED"), 201);
    assert_string_equal(market_answer_header_get(&sim.answer, "Content-Type"), SIM_BETA);
    sim.now += 500;
    assert_int_equal(sim_command_get(&sim, BULK "/", 3, "/tasks"), 200);
    assert_string_equal(sim_text(&sim, "tasks/4/subject/offerId"), "7700000005");
    assert_string_equal(sim_text(&sim, "tasks/4/subject/field"), "stock");
    assert_int_equal(sim_offer(&sim, "SKU-000005")->available, 14);
    assert_int_equal(bulk(&sim, 4, 1, -11, "GAIN"), 201);
    sim.now += 500;
    sim_command_get(&sim, BULK "/", 4, "/tasks");
    assert_string_equal(sim_text(&sim, "tasks/0/status"), "FAIL"); /* below zero */
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 10);
    sim_free(&sim);
}

static void the_journal_has_every_figure(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_patch(&sim, "{'stock':{'available':4}}");
    sim_quantity(&sim, 1, 9, 2);
    publish(&sim, 2, "END", SIM_FIRST);
    sim_get(&sim, "/_control/writes?offer_id=SKU-000001");
    assert_int_equal(sim_count(&sim, "writes"), 3);
    assert_string_equal(sim_text(&sim, "writes/0/way"), "patch");
    assert_int_equal(sim_int(&sim, "writes/1/stock"), 9);
    assert_int_equal(sim_int(&sim, "writes/2/stock"), 0);
    assert_int_equal(allegro_write_count(sim.allegro), 4);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(counts_are_nothing_at_first),
    cmocka_unit_test(zero_and_too_many_are_refused),
    cmocka_unit_test(a_used_id_is_a_conflict),
    cmocka_unit_test(a_late_command_can_be_sent_again),
    cmocka_unit_test(some_commands_never_end),
    cmocka_unit_test(tasks_fail_one_by_one),
    cmocka_unit_test(tasks_come_in_pages),
    cmocka_unit_test(quantity_does_not_publish),
    cmocka_unit_test(publication_ends_and_activates),
    cmocka_unit_test(a_second_publication_has_to_wait),
    cmocka_unit_test(the_bulk_takes_twenty_five_values),
    cmocka_unit_test(the_journal_has_every_figure),
};

TEST_MAIN(cases)
