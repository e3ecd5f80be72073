/* Buyers: stock that falls, events that are late, double or missing, forms that come later. */
#include "marketsim/allegro/allegro_support.h"

static char order_id[64];

static bool buy(struct sim *sim, const char *name, int32_t quantity, enum allegro_stage stage)
{
    struct allegro_order_line line = {name, quantity};
    struct allegro_order_spec spec = {.lines = &line, .line_count = 1, .stage = stage};
    return allegro_order_place(sim->allegro, sim->seller, &spec, sim->now, order_id,
                               sizeof(order_id));
}

static bool step(struct sim *sim, enum allegro_order_step wanted)
{
    return allegro_order_step(sim->allegro, sim->seller, order_id, wanted, sim->now);
}

static int events(struct sim *sim, const char *from)
{
    char path[96];
    snprintf(path, sizeof(path), "/order/events?limit=1000%s%s", *from ? "&from=" : "", from);
    assert_int_equal(sim_get(sim, path), 200);
    return (int)sim_count(sim, "events");
}

static void buying_lowers_the_stock_and_the_last_piece_ends(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_true(buy(&sim, "SKU-000001", 3, STAGE_READY));
    const struct allegro_offer *offer = sim_offer(&sim, SIM_FIRST);
    assert_int_equal(offer->available, 2);
    assert_int_equal(offer->reserved, 3);
    assert_false(buy(&sim, "SKU-000001", 3, STAGE_READY));
    assert_true(buy(&sim, "SKU-000001", 2, STAGE_READY));
    assert_int_equal(offer->status, OFFER_ENDED);
    assert_int_equal(offer->ended_by, ENDED_EMPTY_STOCK);
    assert_false(buy(&sim, "SKU-000001", 1, STAGE_READY));
    assert_true(step(&sim, ORDER_SHIP));
    assert_int_equal(offer->reserved, 3);
    sim_get(&sim, "/_control/stock?offer_id=SKU-000001");
    assert_int_equal(sim_int(&sim, "free"), 0);
    assert_int_equal(sim_int(&sim, "reserved"), 3);
    sim_free(&sim);
}

static void an_ended_offer_cannot_be_bought(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_patch(&sim, "{'stock':{'available':0}}");
    sim_patch(&sim, "{'stock':{'available':9}}");
    assert_false(buy(&sim, "SKU-000001", 1, STAGE_READY));
    sim_free(&sim);
}

static void the_form_comes_after_the_purchase(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    char form[96];
    assert_true(buy(&sim, "SKU-000001", 1, STAGE_BOUGHT));
    snprintf(form, sizeof(form), "/order/checkout-forms/%s", order_id);
    assert_int_equal(events(&sim, ""), 1);
    assert_string_equal(sim_text(&sim, "events/0/type"), "BOUGHT");
    assert_string_equal(sim_text(&sim, "events/0/order/lineItems/0/offer/external/id"),
                        "SKU-000001");
    assert_null(sim_value(&sim, "events/0/order/checkoutForm"));
    char line[64];
    snprintf(line, sizeof(line), "%s", sim_text(&sim, "events/0/order/lineItems/0/id"));
    assert_int_equal(sim_get(&sim, form), 404);
    assert_true(step(&sim, ORDER_FILL));
    assert_true(step(&sim, ORDER_PAY));
    assert_false(step(&sim, ORDER_PAY));
    assert_int_equal(sim_get(&sim, form), 200);
    assert_string_equal(sim_text(&sim, "status"), "READY_FOR_PROCESSING");
    assert_string_equal(sim_text(&sim, "lineItems/0/id"), line);
    assert_int_equal(events(&sim, ""), 3);
    assert_string_equal(sim_text(&sim, "events/2/order/checkoutForm/id"), order_id);
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 4); /* once */
    sim_free(&sim);
}

static void a_cursor_goes_on_where_it_stood(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    char last[32];
    assert_int_equal(sim_get(&sim, "/order/event-stats"), 200);
    assert_null(sim_value(&sim, "latestEvent"));
    buy(&sim, "SKU-000001", 1, STAGE_READY);
    buy(&sim, "SKU-000002", 1, STAGE_FILLED_IN);
    sim_get(&sim, "/order/event-stats");
    snprintf(last, sizeof(last), "%s", sim_text(&sim, "latestEvent/id"));
    assert_int_equal(events(&sim, last), 0);
    buy(&sim, "SKU-000003", 1, STAGE_READY);
    assert_int_equal(events(&sim, last), 1);
    assert_int_equal(sim_get(&sim, "/order/events?type=FILLED_IN"), 200);
    assert_int_equal(sim_count(&sim, "events"), 1);
    assert_int_equal(sim_get(&sim, "/order/events?type=SOLD"), 422);
    assert_int_equal(sim_get(&sim, "/order/events?from=abc"), 422);
    sim.now += ALLEGRO_EVENTS_MS;
    sim_login(&sim, allegro_token_ready(sim.allegro, sim.seller, sim.now).access);
    assert_int_equal(events(&sim, ""), 0); /* after sixty days */
    sim_free(&sim);
}

static void events_come_late_twice_or_never(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    char last[32];
    sim_control(&sim, "settings", "{'events_lost':1}");
    buy(&sim, "SKU-000001", 1, STAGE_READY);
    assert_int_equal(events(&sim, ""), 0);
    assert_int_equal(sim_get(&sim, "/order/checkout-forms"), 200);
    assert_int_equal(sim_int(&sim, "totalCount"), 1); /* the sweep finds it */
    sim_control(&sim, "settings", "{'event_twice':true}");
    buy(&sim, "SKU-000001", 1, STAGE_READY);
    assert_int_equal(events(&sim, ""), 2);
    assert_string_not_equal(sim_text(&sim, "events/0/id"), sim_text(&sim, "events/1/id"));
    sim_control(&sim, "settings",
                "{'event_twice':false,'event_delay_ms':1000,'event_late_ids':true}");
    buy(&sim, "SKU-000002", 1, STAGE_READY);
    sim_control(&sim, "settings", "{'event_delay_ms':0}");
    buy(&sim, "SKU-000003", 1, STAGE_READY);
    assert_int_equal(events(&sim, ""), 3);
    snprintf(last, sizeof(last), "%s", sim_text(&sim, "events/2/id"));
    sim.now += 1000;
    assert_int_equal(events(&sim, last), 0); /* it came out behind the cursor */
    assert_int_equal(events(&sim, ""), 4);
    assert_string_equal(sim_text(&sim, "events/2/order/lineItems/0/offer/external/id"),
                        "SKU-000002");
    sim_free(&sim);
}

static void cancelling_gives_back_only_if_told(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    buy(&sim, "SKU-000001", 2, STAGE_READY);
    assert_false(step(&sim, ORDER_AUTO_CANCEL)); /* it was paid */
    assert_true(step(&sim, ORDER_CANCEL));
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 3);
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->reserved, 0);
    sim_control(&sim, "settings", "{'cancel_restores':true}");
    buy(&sim, "SKU-000001", 2, STAGE_BOUGHT);
    assert_true(step(&sim, ORDER_AUTO_CANCEL));
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 3);
    events(&sim, "");
    assert_string_equal(sim_text(&sim, "events/1/type"), "BUYER_CANCELLED");
    assert_string_equal(sim_text(&sim, "events/3/type"), "AUTO_CANCELLED");
    sim_get(&sim, "/order/checkout-forms?status=CANCELLED");
    assert_int_equal(sim_int(&sim, "totalCount"), 2);
    sim_free(&sim);
}

static void a_return_leaves_the_status(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    buy(&sim, "SKU-000001", 2, STAGE_READY);
    assert_false(step(&sim, ORDER_RETURN));
    assert_true(step(&sim, ORDER_SHIP));
    assert_true(step(&sim, ORDER_DELIVER));
    assert_true(step(&sim, ORDER_RETURN));
    sim_get(&sim, "/order/checkout-forms");
    assert_string_equal(sim_text(&sim, "checkoutForms/0/status"), "READY_FOR_PROCESSING");
    assert_string_equal(sim_text(&sim, "checkoutForms/0/fulfillment/status"), "RETURNED");
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 3);
    sim_free(&sim);
}

static void forms_are_filtered_by_time_and_provider(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(sim_control(&sim, "order",
                                 "{'provider':'ALLEGRO','warehouse_id':'default',"
                                 "'items':[{'offer_id':'SKU-000001'}]}"),
                     200);
    sim.now += 60000;
    buy(&sim, "SKU-000002", 1, STAGE_READY);
    sim_get(&sim, "/order/checkout-forms?fulfillment.provider.id=ALLEGRO");
    assert_int_equal(sim_int(&sim, "totalCount"), 1);
    /* SIM_START is 14:13:20 */
    sim_get(&sim, "/order/checkout-forms?updatedAt.gte=2026-09-21T14%3A13%3A21Z&sort=updatedAt");
    assert_int_equal(sim_int(&sim, "totalCount"), 1);
    assert_string_equal(sim_text(&sim, "checkoutForms/0/id"), order_id);
    sim.now += 60000;
    step(&sim, ORDER_SHIP); /* updatedAt stays */
    sim_get(&sim, "/order/checkout-forms?updatedAt.gte=2026-09-21T14%3A14%3A21Z");
    assert_int_equal(sim_int(&sim, "totalCount"), 0);
    assert_int_equal(sim_get(&sim, "/order/checkout-forms?updatedAt.gte=yesterday"), 400);
    assert_int_equal(sim_get(&sim, "/order/checkout-forms?limit=101"), 422);
    sim_free(&sim);
}

static void an_order_may_be_seen_later_than_its_stock(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "order",
                "{'items':[{'offer_id':'SKU-000001','quantity':2}],'visible_after_ms':1000}");
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 3);
    assert_int_equal(events(&sim, ""), 0);
    sim_get(&sim, "/order/checkout-forms");
    assert_int_equal(sim_int(&sim, "totalCount"), 0);
    sim.now += 1000;
    assert_int_equal(events(&sim, ""), 1);
    sim_get(&sim, "/order/checkout-forms");
    assert_int_equal(sim_int(&sim, "totalCount"), 1);
    sim_free(&sim);
}

static void two_purchases_become_one_form(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    char body[192], first[64], line[64], form[96];
    buy(&sim, "SKU-000001", 1, STAGE_FILLED_IN);
    snprintf(first, sizeof(first), "%s", order_id);
    events(&sim, "");
    snprintf(line, sizeof(line), "%s", sim_text(&sim, "events/0/order/lineItems/0/id"));
    buy(&sim, "SKU-000002", 2, STAGE_BOUGHT);
    snprintf(body, sizeof(body), "{'order_id':'%s','into':'%s'}", first, order_id);
    assert_int_equal(sim_control(&sim, "order/merge", body), 200);
    assert_int_equal(sim_control(&sim, "order/merge", body), 400);
    sim_get(&sim, "/order/checkout-forms");
    assert_int_equal(sim_int(&sim, "totalCount"), 1);
    assert_int_equal(sim_count(&sim, "checkoutForms/0/lineItems"), 2);
    assert_string_equal(sim_text(&sim, "checkoutForms/0/lineItems/1/id"), line);
    snprintf(form, sizeof(form), "/order/checkout-forms/%s", first);
    assert_int_equal(sim_get(&sim, form), 500);
    assert_int_equal(events(&sim, ""), 3);
    assert_string_equal(sim_text(&sim, "events/0/order/lineItems/0/id"), line);
    assert_int_equal(sim_count(&sim, "events/1/order/lineItems"), 1);
    assert_int_equal(sim_count(&sim, "events/2/order/lineItems"), 2);
    assert_true(step(&sim, ORDER_PAY));
    assert_true(step(&sim, ORDER_SHIP));
    assert_int_equal(sim_offer(&sim, "SKU-000001")->reserved, 0);
    assert_int_equal(sim_offer(&sim, "SKU-000002")->reserved, 0);
    assert_false(allegro_order_step(sim.allegro, sim.seller, first, ORDER_PAY, sim.now));
    sim_free(&sim);
}

/* Whatever a read showed before: every change shows in the next one. */
static void forms_show_every_change(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    static const char forms[] = "/order/checkout-forms?limit=10";
    buy(&sim, "SKU-000001", 1, STAGE_FILLED_IN);
    sim_get(&sim, forms);
    assert_string_equal(sim_text(&sim, "checkoutForms/0/status"), "FILLED_IN");
    assert_true(step(&sim, ORDER_PAY));
    sim_get(&sim, forms);
    assert_string_equal(sim_text(&sim, "checkoutForms/0/status"), "READY_FOR_PROCESSING");
    sim_patch(&sim, "{'external':{'id':'OTHER'}}");
    sim_get(&sim, forms);
    assert_string_equal(sim_text(&sim, "checkoutForms/0/lineItems/0/offer/external/id"), "OTHER");
    sim_control(&sim, "products", "{'offer_id':'OTHER','name':'Lamp'}");
    sim_get(&sim, forms);
    assert_string_equal(sim_text(&sim, "checkoutForms/0/lineItems/0/offer/name"), "Lamp");
    sim_control(&sim, "settings", "{'nulls':true}");
    sim_get(&sim, forms);
    assert_true(json_is_null(sim_value(&sim, "checkoutForms/0/invoice")));
    sim_free(&sim);
}

static void a_lost_event_may_come_days_later(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    char body[96];
    sim_control(&sim, "settings", "{'events_lost':1}");
    buy(&sim, "SKU-000001", 1, STAGE_READY);
    sim.now += 86400000;
    sim_login(&sim, allegro_token_ready(sim.allegro, sim.seller, sim.now).access);
    assert_int_equal(events(&sim, ""), 0);
    snprintf(body, sizeof(body), "{'order_id':'%s'}", order_id);
    assert_int_equal(sim_control(&sim, "order/again", body), 200);
    assert_int_equal(events(&sim, ""), 1);
    assert_string_equal(sim_text(&sim, "events/0/type"), "READY_FOR_PROCESSING");
    assert_int_equal(sim_offer(&sim, SIM_FIRST)->available, 4);
    sim_free(&sim);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(buying_lowers_the_stock_and_the_last_piece_ends),
    cmocka_unit_test(an_ended_offer_cannot_be_bought),
    cmocka_unit_test(the_form_comes_after_the_purchase),
    cmocka_unit_test(a_cursor_goes_on_where_it_stood),
    cmocka_unit_test(events_come_late_twice_or_never),
    cmocka_unit_test(cancelling_gives_back_only_if_told),
    cmocka_unit_test(a_return_leaves_the_status),
    cmocka_unit_test(forms_are_filtered_by_time_and_provider),
    cmocka_unit_test(an_order_may_be_seen_later_than_its_stock),
    cmocka_unit_test(two_purchases_become_one_form),
    cmocka_unit_test(forms_show_every_change),
    cmocka_unit_test(a_lost_event_may_come_days_later),
};

TEST_MAIN(cases)
