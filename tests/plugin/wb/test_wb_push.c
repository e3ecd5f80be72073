/* push_stock: what is sent, and what a good answer means. Refusals are in test_wb_push_errors.c. */
#include "wb_fixture.h"

#include <stdio.h>

#define PATH "/api/v3/stocks/7001"

static void sends_sizes_and_figures(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = wb_host();
    wb_items(&batch, STOCKD_PUSH_STOCK, 2);
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    wb_asked(host, PATH,
             "{\"stocks\":[{\"chrtId\":1001,\"amount\":5},{\"chrtId\":1002,\"amount\":6}]}");
    const struct stockd_request *request = check_request(host);
    assert_string_equal(request->method, "PUT");
    assert_int_equal(request->endpoint, 0);
    assert_true(request->flags & STOCKD_REQUEST_WRITE);
    assert_int_equal(request->charges[0].amount, 0); /* the route's charges, not its own */
    assert_string_equal(check_request_header(host, "Content-Type"), "application/json");
    bool secret = false;
    for (uint32_t i = 0; i < request->header_count; i++)
        if (strcmp(request->headers[i].name, "Authorization") == 0)
            secret = request->headers[i].use == STOCKD_SECRET_PLAIN &&
                     request->headers[i].value[0] == '\0' &&
                     strcmp(request->headers[i].secret, "token") == 0;
    assert_true(secret);
    fixture_end(host);
}

static void a_whole_batch_is_one_request(void **state)
{
    (void)state;
    static struct wb_items batch;
    struct check *host = wb_host();
    wb_items(&batch, STOCKD_PUSH_STOCK, 1000);
    for (size_t i = 0; i < 1000; i++)
        batch.items[i].wanted = 100000;
    batch.items[0].listing_id = "9223372036854775807";
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    json_t *body = fixture_asked_json(host), *rows = json_object_get(body, "stocks");
    assert_int_equal(json_array_size(rows), 1000);
    const json_t *first = json_array_get(rows, 0), *last = json_array_get(rows, 999);
    assert_true(json_integer_value(json_object_get(first, "chrtId")) == INT64_MAX);
    assert_int_equal(json_integer_value(json_object_get(last, "chrtId")), 2000);
    assert_int_equal(json_integer_value(json_object_get(last, "amount")), 100000);
    json_decref(body);
    fixture_end(host);
}

static void a_204_is_accepted_and_proven_later(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = wb_host();
    const struct stockd_route *route = &host->plugin->routes[0];
    wb_items(&batch, STOCKD_PUSH_STOCK, 2);
    check_start(host, &batch.start);
    assert_int_equal(check_reply(host, 204, ""), STOCKD_DONE);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(host->outcomes.at[i].last.kind, STOCKD_ACCEPTED);
        assert_int_equal(host->outcomes.at[i].last.until_ms, WB_NOW + route->settle_ms);
        assert_int_equal(host->outcomes.at[i].given, 1);
    }
    assert_int_equal(route->confirmation, STOCKD_CONFIRM_READBACK);
    assert_int_equal(route->group, STOCKD_GROUP_WAREHOUSE);
    assert_int_equal(route->max_items, 1000);
    assert_int_equal(route->max_quantity, 100000);
    assert_int_equal(host->quotas.count, 0);
    fixture_end(host);
}

static void rejects_what_cannot_be_sent_and_sends_the_rest(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = wb_host();
    static const char *const codes[] = {"bad-listing", "bad-listing", "bad-quantity",
                                        "bad-quantity"};
    wb_items(&batch, STOCKD_PUSH_STOCK, 5);
    batch.items[0].listing_id = "007";
    batch.items[1].listing_id = "99123456789012345678";
    batch.items[2].wanted = 100001;
    batch.items[3].wanted = -1;
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    wb_asked(host, PATH, "{\"stocks\":[{\"chrtId\":1005,\"amount\":9}]}");
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(host->outcomes.at[i].last.kind, STOCKD_REJECTED);
        assert_string_equal(host->outcomes.at[i].last.code, codes[i]);
    }
    check_reply(host, 204, "");
    assert_int_equal(host->outcomes.at[4].last.kind, STOCKD_ACCEPTED);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(host->outcomes.at[i].given, 1);
    fixture_end(host);
}

static void a_warehouse_that_is_no_number_is_never_asked(void **state)
{
    (void)state;
    static const char *const ids[] = {"fbw", "default", "7001/../1", "0", NULL};
    for (size_t i = 0; i < 5; i++) {
        struct wb_items batch;
        struct check *host = wb_host();
        wb_items(&batch, STOCKD_PUSH_STOCK, 1);
        batch.items[0].warehouse_id = ids[i];
        assert_int_equal(check_start(host, &batch.start), STOCKD_DONE);
        assert_int_equal(host->requests.count, 0);
        assert_int_equal(host->outcomes.at[0].last.kind, STOCKD_REJECTED);
        assert_string_equal(host->outcomes.at[0].last.code, "bad-warehouse");
        fixture_end(host);
    }
}

/* A zero is a figure like any other; it is never a DELETE, which cannot be undone. */
static void a_zero_is_written_as_a_zero(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = wb_host();
    wb_items(&batch, STOCKD_PUSH_STOCK, 1);
    batch.items[0].wanted = 0;
    check_start(host, &batch.start);
    wb_asked(host, PATH, "{\"stocks\":[{\"chrtId\":1001,\"amount\":0}]}");
    assert_string_equal(check_request(host)->method, "PUT");
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(sends_sizes_and_figures),
    cmocka_unit_test(a_whole_batch_is_one_request),
    cmocka_unit_test(a_204_is_accepted_and_proven_later),
    cmocka_unit_test(rejects_what_cannot_be_sent_and_sends_the_rest),
    cmocka_unit_test(a_warehouse_that_is_no_number_is_never_asked),
    cmocka_unit_test(a_zero_is_written_as_a_zero),
};

TEST_MAIN(cases)
