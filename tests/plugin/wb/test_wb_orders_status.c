/* fetch_orders: what the seller's word and Wildberries' word mean together, and what a status that
 * is missing or cannot be read means. */
#include "wb_fixture.h"

#include <stdio.h>

/* A drain that has asked for the status of task 5. */
static struct check *asked(struct stockd_start *start)
{
    struct check *host = wb_host();
    *start = fixture_start(STOCKD_FETCH_ORDERS);
    check_state(host, "orders-cursor", "1789996400000", 13);
    check_start(host, start);
    check_reply(host, 200, "{\"orders\":[]}");
    check_reply(host, 200, "{\"next\":0,\"orders\":[{\"id\":5,\"chrtId\":11}]}");
    wb_asked(host, "/api/v3/orders/status", "{\"orders\":[5]}");
    return host;
}

#define OPEN      STOCKD_ORDER_OPEN
#define SHIPPED   STOCKD_ORDER_SHIPPED
#define CANCELLED STOCKD_ORDER_CANCELLED
#define RETURNED  STOCKD_ORDER_RETURNED

static void two_words_make_a_state(void **state)
{
    (void)state;
    static const struct {
        const char *supplier, *wb; /* as JSON */
        enum stockd_order_state state;
    } pairs[] = {
        {"\"new\"", "\"waiting\"", OPEN},
        {"\"confirm\"", "\"waiting\"", OPEN},
        {"\"complete\"", "\"waiting\"", SHIPPED},
        {"\"complete\"", "\"sorted\"", SHIPPED},
        {"\"complete\"", "\"sold\"", SHIPPED},
        {"\"complete\"", "\"ready_for_pickup\"", SHIPPED},
        {"\"complete\"", "\"postponed_delivery\"", SHIPPED},
        {"\"complete\"", "\"accepted_by_carrier\"", SHIPPED},
        {"\"complete\"", "\"sent_to_carrier\"", SHIPPED},
        {"\"confirm\"", "\"sorted\"", SHIPPED},
        /* The seller still has it: the piece is free again. */
        {"\"cancel\"", "\"waiting\"", CANCELLED},
        {"\"cancel\"", "\"canceled\"", CANCELLED},
        {"\"cancel\"", "null", CANCELLED},
        {"\"new\"", "\"declined_by_client\"", CANCELLED},
        {"\"cancel\"", "\"declined_by_client\"", CANCELLED},
        {"\"confirm\"", "\"canceled\"", CANCELLED},
        /* It had left: not on the shelf before it is there. */
        {"\"complete\"", "\"canceled\"", RETURNED},
        {"\"complete\"", "\"canceled_by_client\"", RETURNED},
        {"\"complete\"", "\"declined_by_client\"", RETURNED},
        {"\"cancel\"", "\"canceled_by_client\"", RETURNED},
        {"\"cancel\"", "\"sorted\"", RETURNED},
        {"\"complete\"", "\"defect\"", RETURNED},
        {"\"new\"", "\"defect\"", RETURNED},
        {"\"cancel_carrier\"", "\"canceled_by_carrier\"", RETURNED},
        {"\"cancel_carrier\"", "\"waiting\"", RETURNED},
        {"\"tomorrow\"", "\"canceled\"", RETURNED},
        {"null", "\"canceled\"", RETURNED},
        /* A word that is not known frees nothing. */
        {"\"new\"", "\"tomorrow\"", OPEN},
        {"\"new\"", "null", OPEN},
        {"\"complete\"", "null", SHIPPED},
        {"\"complete\"", "\"tomorrow\"", SHIPPED},
        {"\"cancel\"", "\"tomorrow\"", RETURNED},
        {"null", "\"sold\"", SHIPPED},
        {"\"tomorrow\"", "\"waiting\"", OPEN},
        {"null", "null", OPEN},
        {"7", "{}", OPEN},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct stockd_start start;
        struct check *host = asked(&start);
        char body[256];
        snprintf(body, sizeof(body),
                 "{\"orders\":[{\"id\":5,\"supplierStatus\":%s,\"wbStatus\":%s}]}",
                 pairs[i].supplier, pairs[i].wb);
        assert_int_equal(check_reply(host, 200, body), STOCKD_DONE);
        assert_int_equal(host->lines.count, 1);
        if (host->lines.at[0].state != pairs[i].state)
            fail_msg("%s %s: state %u", pairs[i].supplier, pairs[i].wb, host->lines.at[0].state);
        assert_int_equal(host->drained_ms, WB_NOW);
        fixture_end(host);
    }
}

/* It was ordered, that is sure: its piece stays taken, and the next drain asks again. */
static void a_missing_status_is_not_a_cancellation(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"orders\":[]}",
        "{\"orders\":[{\"id\":6,\"supplierStatus\":\"cancel\",\"wbStatus\":\"canceled\"}]}",
        "{\"orders\":[{\"id\":5}]}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct stockd_start start;
        struct check *host = asked(&start);
        assert_int_equal(check_reply(host, 200, bodies[i]), STOCKD_DONE);
        assert_int_equal(host->lines.count, 1);
        assert_string_equal(host->lines.at[0].key, "5");
        assert_int_equal(host->lines.at[0].state, STOCKD_ORDER_OPEN);
        assert_string_equal(host->lines.at[0].status, "?/?");
        assert_int_equal(host->logs.count, 1);
        assert_int_equal(host->drained_ms, WB_NOW);
        fixture_end(host);
    }
}

/* A sweep that has asked for the status of task 5, in cut-over 7. `of`: the last one whose orders
 * were read to their end, or NULL. `open`: what is open here. */
static struct check *swept_of(struct stockd_start *start, const char *of, const char *created,
                              const char *const *open, uint32_t open_count)
{
    char page[120];
    struct check *host = wb_host();
    *start = fixture_start(STOCKD_FETCH_ORDERS);
    start->orders_mode = STOCKD_ORDERS_SWEEP;
    start->since_ms = WB_NOW - 3600000;
    start->reading_ms = 7;
    start->open_orders = open;
    start->open_order_count = open_count;
    check_state(host, "orders-cursor", "1789999000000", 13);
    if (of) check_state(host, "orders-cut-over", of, strlen(of));
    check_start(host, start);
    check_reply(host, 200, "{\"orders\":[]}");
    snprintf(page, sizeof(page), "{\"next\":0,\"orders\":[{\"id\":5,\"chrtId\":11%s}]}", created);
    check_reply(host, 200, page);
    wb_asked(host, "/api/v3/orders/status", "{\"orders\":[5]}");
    return host;
}

static struct check *swept(struct stockd_start *start, const char *of, const char *created)
{
    return swept_of(start, of, created, NULL, 0);
}

/* What is over by then is to have no effect: which it is, only its status says. One empty answer
 * would reserve all that was sold within a month. */
static void at_the_cut_over_nothing_follows_from_a_missing_status(void **state)
{
    (void)state;
    static const struct {
        const char *of, *created, *body;
        bool waits;
    } sweeps[] = {
        {NULL, "", "{\"orders\":[]}", true},
        {"6", "", "{\"orders\":[]}", true},
        {"6", ",\"createdAt\":\"2026-09-21T12:00:00Z\"", "{\"orders\":[]}", true},
        {"6", "", "{\"orders\":[{\"id\":5,\"supplierStatus\":\"archived\"}]}", true},
        {"6", "", "{\"orders\":[{\"id\":5,\"supplierStatus\":\"new\"}]}", false},
        /* Ordered a minute ago: it cannot be over for long. */
        {"6", ",\"createdAt\":\"2026-09-21T14:12:20Z\"", "{\"orders\":[]}", false},
        /* Only a sweep like those that come every some hours. */
        {"7", "", "{\"orders\":[]}", false},
    };
    for (size_t i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++) {
        struct stockd_start start;
        struct check *host = swept(&start, sweeps[i].of, sweeps[i].created);
        assert_int_equal(check_reply(host, 200, sweeps[i].body), STOCKD_DONE);
        assert_int_equal(host->lines.count, !sweeps[i].waits);
        assert_int_equal(host->malformed.count, sweeps[i].waits);
        assert_int_equal(host->drained_ms, sweeps[i].waits ? 0 : WB_NOW);
        if (sweeps[i].waits) assert_string_equal(host->malformed.at[0].value, "5");
        fixture_end(host);
    }
}

/* An earlier reading of this cut-over was told that it is open, and came to no end. */
static void what_was_told_before_waits_for_nothing(void **state)
{
    (void)state;
    static const char *const open[] = {"5"};
    struct stockd_start start;
    struct check *host = swept_of(&start, "6", "", open, 1);
    check_reply(host, 200, "{\"orders\":[]}");
    assert_int_equal(host->malformed.count, 0);
    assert_int_equal(host->lines.count, 1);
    assert_int_equal(host->lines.at[0].state, STOCKD_ORDER_OPEN);
    fixture_end(host);
}

/* The next one is of another cut-over only when its number is another one. */
static void a_reading_to_the_end_ends_the_cut_over(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = swept(&start, "6", "");
    check_reply(host, 200,
                "{\"orders\":[{\"id\":5,\"supplierStatus\":\"new\",\"wbStatus\":\"waiting\"}]}");
    const struct check_bytes *is = check_state_of(host, "orders-cut-over");
    assert_non_null(is);
    assert_int_equal(is->size, 1);
    assert_memory_equal(is->data, "7", 1);
    fixture_end(host);
}

static void a_status_without_its_id_keeps_the_cursor(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = asked(&start);
    check_reply(host, 200,
                "{\"orders\":[{\"supplierStatus\":\"cancel\",\"wbStatus\":\"canceled\"},"
                "{\"id\":5,\"supplierStatus\":\"new\",\"wbStatus\":\"waiting\"}]}");
    assert_int_equal(host->malformed.count, 1);
    assert_int_equal(host->lines.at[0].state, STOCKD_ORDER_OPEN);
    assert_int_equal(host->drained_ms, 0);
    fixture_end(host);
}

static void what_is_no_list_of_statuses_tells_nothing(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{}", "{\"orders\":null}", "null", "[]",
                                         "",   "{\"orders\":["};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct stockd_start start;
        struct check *host = asked(&start);
        assert_int_equal(check_reply(host, 200, bodies[i]), STOCKD_FAIL);
        assert_int_equal(host->failure.why, STOCKD_FAIL_RETRY);
        assert_int_equal(host->lines.count, 0);
        assert_int_equal(host->drained_ms, 0);
        fixture_end(host);
    }
}

static void the_first_of_two_statuses_counts(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = asked(&start);
    check_reply(host, 200,
                "{\"orders\":[{\"id\":5,\"supplierStatus\":\"new\",\"wbStatus\":\"waiting\"},"
                "{\"id\":5,\"supplierStatus\":\"cancel\",\"wbStatus\":\"canceled\"}]}");
    assert_int_equal(host->lines.count, 1);
    assert_int_equal(host->lines.at[0].state, STOCKD_ORDER_OPEN);
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(two_words_make_a_state),
    cmocka_unit_test(a_missing_status_is_not_a_cancellation),
    cmocka_unit_test(at_the_cut_over_nothing_follows_from_a_missing_status),
    cmocka_unit_test(what_was_told_before_waits_for_nothing),
    cmocka_unit_test(a_reading_to_the_end_ends_the_cut_over),
    cmocka_unit_test(a_status_without_its_id_keeps_the_cursor),
    cmocka_unit_test(what_is_no_list_of_statuses_tells_nothing),
    cmocka_unit_test(the_first_of_two_statuses_counts),
};

TEST_MAIN(cases)
