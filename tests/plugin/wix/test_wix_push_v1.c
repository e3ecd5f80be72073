/* push_stock on a V1 site: what is sent, and what each answer means for the items. */
#include "wix_fixture.h"

#include <stdio.h>

#define DOWN  "/stores/v2/inventoryItems/decrement"
#define UP    "/stores/v2/inventoryItems/increment"
#define READ  "/stores-reader/v2/inventoryItems/product/" PRODUCT "/getVariants"
#define PATCH "/stores/v2/inventoryItems/product/" PRODUCT

static struct wix_items batch;

static struct check *begin(uint32_t route, uint32_t count)
{
    wix_items(&batch, STOCKD_PUSH_STOCK, route, "default", count);
    return wix_host(1);
}

static void kinds(const struct check *host, uint32_t kind0, uint32_t kind1, uint32_t kind2)
{
    const uint32_t want[] = {kind0, kind1, kind2};
    for (uint32_t i = 0; i < 3 && i < batch.start.item_count; i++) {
        if (host->outcomes.at[i].last.kind != want[i])
            fail_msg("item %u: kind %u, not %u", i, host->outcomes.at[i].last.kind, want[i]);
        if (want[i]) assert_int_equal(host->outcomes.at[i].given, 1);
    }
}

static void sends_decrements_then_increments(void **state)
{
    (void)state;
    struct check *host = begin(ADJUST, 3);
    batch.items[1].wanted = 1; /* of 4 */
    batch.items[2].wanted = batch.items[2].base;
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    fixture_asked(host, DOWN,
                  "{\"decrementData\":[{\"productId\":\"" PRODUCT "\",\"variantId\":\"" VARIANT
                  "2\",\"decrementBy\":3}]}");
    assert_true(check_request(host)->flags & STOCKD_REQUEST_WRITE);
    assert_int_equal(check_reply(host, 200, "{}"), STOCKD_SEND);
    fixture_asked(host, UP,
                  "{\"incrementData\":[{\"productId\":\"" PRODUCT "\",\"variantId\":\"" VARIANT
                  "1\",\"incrementBy\":2}]}");
    assert_int_equal(check_reply(host, 200, "{}"), STOCKD_DONE);
    kinds(host, STOCKD_ACCEPTED, STOCKD_ACCEPTED, STOCKD_ACCEPTED);
    assert_int_equal(host->outcomes.at[0].last.until_ms, host->now_ms + SETTLE);
    assert_int_equal(host->outcomes.at[0].last.observed, STOCKD_UNKNOWN);
    fixture_end(host);
}

static void adjusts_three_hundred_in_one_request(void **state)
{
    (void)state;
    struct check *host = begin(ADJUST, 300);
    for (uint32_t i = 0; i < 300; i++)
        batch.items[i].wanted = 99999;
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    json_t *json = fixture_asked_json(host);
    assert_int_equal(json_array_size(json_object_get(json, "incrementData")), 300);
    json_decref(json);
    check_reply(host, 200, "{}");
    assert_int_equal(host->requests.count, 1);
    assert_int_equal(wix_plugin()->routes[ADJUST].max_items, 300);
    fixture_end(host);
}

/* Answers to the decrement of item 0 while the increment of item 1 is still to come. */
static void answers_to_a_decrement(void **state)
{
    (void)state;
    static const struct {
        struct check_answer answer;
        enum stockd_verdict verdict;
        uint32_t sent, other;
    } cases[] = {
        {{.transport = STOCKD_LOST}, STOCKD_DEFAULT, 0, STOCKD_RETRY},
        {{.status = 500, .body = "{}"}, STOCKD_DEFAULT, 0, STOCKD_RETRY},
        {{.status = 404, .body = "{\"message\":\"no such product\"}"},
         STOCKD_DEFAULT,
         0,
         STOCKD_RETRY},
        {{.status = 428,
          .body = "{\"details\":{\"applicationError\":{\"code\":\"INVENTORY_QUANTITY_NOT_TRACKED\"}"
                  "}}"},
         STOCKD_DEFAULT,
         0,
         STOCKD_RETRY},
        {{.status = 428,
          .body = "{\"details\":{\"applicationError\":{\"code\":\"INSUFFICIENT_INVENTORY\"}}}"},
         STOCKD_SEND,
         STOCKD_UNRESOLVED,
         0},
        {{.status = 200, .body = "thanks"}, STOCKD_SEND, STOCKD_UNRESOLVED, 0},
        {{.status = 204}, STOCKD_SEND, STOCKD_UNRESOLVED, 0},
        {{.status = 429, .body = "{}"}, STOCKD_DONE, STOCKD_THROTTLED, STOCKD_THROTTLED},
        {{.status = 403, .body = "{\"message\":\"\",\"details\":{}}"},
         STOCKD_DONE,
         STOCKD_THROTTLED,
         STOCKD_THROTTLED},
        {{.status = 403, .body = "{\"message\":\"no scope\"}"},
         STOCKD_FAIL,
         STOCKD_RETRY,
         STOCKD_RETRY},
        {{.status = 401, .body = "{}"}, STOCKD_FAIL, STOCKD_RETRY, STOCKD_RETRY},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct check *host = begin(ADJUST, 2);
        batch.items[0].wanted = 0;
        check_start(host, &batch.start);
        assert_string_equal(check_request(host)->path, DOWN);
        if (check_answer(host, &cases[i].answer) != cases[i].verdict)
            fail_msg("case %zu: verdict %u", i, host->verdict);
        kinds(host, cases[i].sent, cases[i].other, 0);
        if (host->verdict == STOCKD_SEND) assert_string_equal(check_request(host)->path, UP);
        fixture_end(host);
    }
}

static void product_is_read_and_its_settings_are_kept(void **state)
{
    (void)state;
    struct check *host = begin(BY_PRODUCT, 2);
    batch.items[0].base = -1;
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    fixture_asked(host, READ, "{}");
    assert_false(check_request(host)->flags & STOCKD_REQUEST_WRITE);
    check_reply(host, 200,
                "{\"inventoryItem\":{\"productId\":\"" PRODUCT
                "\",\"trackQuantity\":true,\"variants\":[{\"variantId\":\"" VARIANT
                "1\",\"quantity\":9},{\"variantId\":\"" VARIANT
                "2\",\"quantity\":4}],\"preorderInfo\":{\"enabled\":true,\"message\":\"Июнь\","
                "\"limit\":15,\"counter\":2}}}");
    fixture_asked(host, PATCH,
                  "{\"inventoryItem\":{\"trackQuantity\":true,\"preorderInfo\":{\"enabled\":true,"
                  "\"message\":\"Июнь\",\"limit\":15},\"variants\":[{\"variantId\":\"" VARIANT
                  "1\",\"quantity\":5},{\"variantId\":\"" VARIANT "2\",\"quantity\":6}]}}");
    assert_string_equal(check_request(host)->method, "PATCH");
    assert_true(check_request(host)->flags & STOCKD_REQUEST_WRITE);
    assert_null(strstr(check_request_body(host), "preorderRequest"));
    assert_int_equal(check_reply(host, 200, "{}"), STOCKD_DONE);
    kinds(host, STOCKD_ACCEPTED, STOCKD_ACCEPTED, 0);
    fixture_end(host);
}

/* 0 was told of what is two below nothing, and 0 it still counts as. */
static void what_is_below_nothing_is_set(void **state)
{
    (void)state;
    struct check *host = begin(BY_PRODUCT, 1);
    batch.items[0].listing_data = "1TB";
    batch.items[0].base = 0;
    check_start(host, &batch.start);
    check_reply(host, 200,
                "{\"inventoryItem\":{\"productId\":\"" PRODUCT
                "\",\"trackQuantity\":true,\"variants\":[{\"variantId\":\"" VARIANT
                "1\",\"quantity\":-2}]}}");
    fixture_asked(host, PATCH,
                  "{\"inventoryItem\":{\"trackQuantity\":true,\"variants\":[{\"variantId\":"
                  "\"" VARIANT "1\",\"quantity\":5}]}}");
    assert_int_equal(check_reply(host, 200, "{}"), STOCKD_DONE);
    kinds(host, STOCKD_ACCEPTED, 0, 0);
    fixture_end(host);
}

static void a_figure_that_moved_is_told_not_overwritten(void **state)
{
    (void)state;
    struct check *host = begin(BY_PRODUCT, 3);
    check_start(host, &batch.start);
    check_reply(host, 200,
                "{\"inventoryItem\":{\"productId\":\"" PRODUCT
                "\",\"trackQuantity\":true,\"variants\":[{\"variantId\":\"" VARIANT
                "1\",\"quantity\":2},{\"variantId\":\"" VARIANT "2\",\"quantity\":4}]}}");
    assert_int_equal(host->outcomes.at[0].last.kind, STOCKD_CHANGED);
    assert_int_equal(host->outcomes.at[0].last.observed, 2);
    assert_int_equal(host->outcomes.at[2].last.kind, STOCKD_RETRY); /* a figure was read there */
    assert_string_equal(host->outcomes.at[2].last.code, "variant-not-found");
    fixture_asked(host, PATCH,
                  "{\"inventoryItem\":{\"trackQuantity\":true,\"variants\":[{\"variantId\":"
                  "\"" VARIANT "2\",\"quantity\":6}]}}");
    check_reply(host, 500, "");
    assert_int_equal(host->verdict, STOCKD_DEFAULT);
    kinds(host, STOCKD_CHANGED, 0, STOCKD_RETRY);
    fixture_end(host);
}

/* The list may have been cut short: then nothing in it says that the variant is gone. */
static void a_variant_is_gone_only_from_a_list_that_was_read(void **state)
{
    (void)state;
    static const struct {
        const char *variants;
        int64_t base;
        uint32_t kind;
        const char *code;
    } cases[] = {
        {"{\"variantId\":\"other\",\"quantity\":1}", -1, STOCKD_REJECTED, "variant-not-found"},
        {"{\"variantId\":\"other\",\"quantity\":1}", 3, STOCKD_RETRY, "variant-not-found"},
        {"", -1, STOCKD_RETRY, "not-read"},
        {"{\"variantId\":\"other\",\"quantity\":1},null", -1, STOCKD_RETRY, "not-read"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char body[300];
        struct check *host = begin(BY_PRODUCT, 1);
        batch.items[0].base = cases[i].base;
        snprintf(body, sizeof(body),
                 "{\"inventoryItem\":{\"productId\":\"" PRODUCT
                 "\",\"trackQuantity\":true,\"variants\":[%s]}}",
                 cases[i].variants);
        check_start(host, &batch.start);
        assert_int_equal(check_reply(host, 200, body), STOCKD_DONE);
        kinds(host, cases[i].kind, 0, 0);
        assert_string_equal(host->outcomes.at[0].last.code, cases[i].code);
        fixture_end(host);
    }
}

static void nothing_is_written_over_what_cannot_be_read(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        uint32_t kind;
    } cases[] = {
        {500, "", STOCKD_THROTTLED},
        {200, "{}", STOCKD_THROTTLED},
        {200, "{\"inventoryItem\":{\"productId\":\"" PRODUCT "\",\"variants\":[]}}",
         STOCKD_THROTTLED}, /* does not say whether it is tracked */
        {200,
         "{\"inventoryItem\":{\"productId\":\"other\",\"trackQuantity\":true,\"variants\":[]}}",
         STOCKD_THROTTLED},
        {404,
         "{\"message\":\"x\",\"details\":{\"applicationError\":{\"code\":"
         "\"PRODUCT_NOT_FOUND\"}}}",
         STOCKD_REJECTED},
        {429, "", STOCKD_THROTTLED},
        {400, "{\"message\":\"not an id\"}", STOCKD_REJECTED},
        {408, "", STOCKD_THROTTLED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct check *host = begin(BY_PRODUCT, 1);
        check_start(host, &batch.start);
        check_reply(host, cases[i].status, cases[i].body);
        assert_int_equal(host->requests.count, 1);
        kinds(host, cases[i].kind, 0, 0);
        fixture_end(host);
    }
}

#define NOT_TRACKED(stock)                                                                        \
    "{\"inventoryItem\":{\"productId\":\"" PRODUCT                                                \
    "\",\"trackQuantity\":false,\"variants\":[{\"variantId\":\"" VARIANT "1\",\"inStock\":" stock \
    "}]}}"

static void untracked_products_are_left_alone(void **state)
{
    (void)state;
    struct check *host = begin(UNTRACKED, 1);
    check_start(host, &batch.start);
    assert_int_equal(check_reply(host, 200, NOT_TRACKED("true")), STOCKD_DONE);
    kinds(host, STOCKD_REJECTED, 0, 0);
    assert_string_equal(host->outcomes.at[0].last.code, "untracked");
    assert_int_equal(host->requests.count, 1);
    assert_int_equal(host->warnings.count, 1);
    fixture_end(host);
}

static void untracked_products_are_kept_in_stock_or_out_of_it(void **state)
{
    (void)state;
    for (int there = 0; there < 2; there++) {
        struct check *host = begin(UNTRACKED, 1);
        check_option(host, "untracked", "in-stock");
        check_start(host, &batch.start);
        check_reply(host, 200, NOT_TRACKED("false"));
        fixture_asked(host, PATCH,
                      "{\"inventoryItem\":{\"trackQuantity\":false,\"variants\":[{\"variantId\":"
                      "\"" VARIANT "1\",\"inStock\":true}]}}");
        assert_int_equal(check_reply(host, 200, "{}"), STOCKD_SEND);
        fixture_asked(host, READ, "{}"); /* {} proves nothing */
        check_reply(host, 200, there ? NOT_TRACKED("true") : NOT_TRACKED("false"));
        kinds(host, there ? STOCKD_OK : STOCKD_UNRESOLVED, 0, 0);
        fixture_end(host);
    }
}

static void tracking_is_switched_on_only_when_told(void **state)
{
    (void)state;
    struct check *host = begin(UNTRACKED, 1);
    check_option(host, "untracked", "enable");
    check_start(host, &batch.start);
    check_reply(host, 200, NOT_TRACKED("false"));
    fixture_asked(host, PATCH,
                  "{\"inventoryItem\":{\"trackQuantity\":true,\"variants\":[{\"variantId\":"
                  "\"" VARIANT "1\",\"quantity\":5}]}}");
    check_reply(host, 200, "{}");
    kinds(host, STOCKD_ACCEPTED, 0, 0);
    assert_int_equal(host->warnings.count, 1);
    fixture_end(host);
}

static void what_cannot_be_sent_is_rejected(void **state)
{
    (void)state;
    struct check *host = begin(BY_PRODUCT, 3);
    batch.items[0].warehouse_id = PLACE;
    batch.items[1].listing_id = PRODUCT "/../x";
    batch.items[2].wanted = 100000;
    assert_int_equal(check_start(host, &batch.start), STOCKD_DONE);
    kinds(host, STOCKD_REJECTED, STOCKD_REJECTED, STOCKD_REJECTED);
    assert_string_equal(host->outcomes.at[0].last.code, "bad-warehouse");
    assert_string_equal(host->outcomes.at[1].last.code, "bad-listing");
    assert_string_equal(host->outcomes.at[2].last.code, "bad-quantity");
    fixture_end(host);
}

static void unknown_figures_are_learned(void **state)
{
    (void)state;
    struct check *host = begin(LEARN, 2);
    batch.items[0].base = batch.items[1].base = -1;
    check_start(host, &batch.start);
    fixture_asked(host, READ, "{}");
    check_reply(host, 200,
                "{\"inventoryItem\":{\"productId\":\"" PRODUCT
                "\",\"trackQuantity\":true,\"variants\":[{\"variantId\":\"" VARIANT
                "1\",\"quantity\":9},{\"variantId\":\"" VARIANT "2\"}]}}");
    kinds(host, STOCKD_CHANGED, 0, 0);
    assert_int_equal(host->outcomes.at[0].last.observed, 9);
    /* The other has no figure to start from: it is set. */
    fixture_asked(host, PATCH,
                  "{\"inventoryItem\":{\"trackQuantity\":true,\"variants\":[{\"variantId\":"
                  "\"" VARIANT "2\",\"quantity\":6}]}}");
    fixture_end(host);
    host = begin(LEARN, 1); /* tracking was switched off: another route, by what is kept now */
    batch.items[0].base = -1;
    check_start(host, &batch.start);
    assert_int_equal(check_reply(host, 200, NOT_TRACKED("true")), STOCKD_DONE);
    kinds(host, STOCKD_RETRY, 0, 0);
    assert_memory_equal(host->listing_data.at[0].data, "1U-", 3);
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(unknown_figures_are_learned),
    cmocka_unit_test(sends_decrements_then_increments),
    cmocka_unit_test(adjusts_three_hundred_in_one_request),
    cmocka_unit_test(answers_to_a_decrement),
    cmocka_unit_test(product_is_read_and_its_settings_are_kept),
    cmocka_unit_test(what_is_below_nothing_is_set),
    cmocka_unit_test(a_figure_that_moved_is_told_not_overwritten),
    cmocka_unit_test(a_variant_is_gone_only_from_a_list_that_was_read),
    cmocka_unit_test(nothing_is_written_over_what_cannot_be_read),
    cmocka_unit_test(untracked_products_are_left_alone),
    cmocka_unit_test(untracked_products_are_kept_in_stock_or_out_of_it),
    cmocka_unit_test(tracking_is_switched_on_only_when_told),
    cmocka_unit_test(what_cannot_be_sent_is_rejected),
};

TEST_MAIN(cases)
