/* push_stock on a V3 site: revisions, missing items, and what each result means. */
#include "wix_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define UPDATE_PATH "/stores/v3/bulk/inventory-items/update"
#define CREATE_PATH "/stores/v3/bulk/inventory-items/create"
#define QUERY_PATH  "/stores/v3/inventory-items/query"

static struct wix_items batch;

static struct check *begin(uint32_t route, uint32_t count)
{
    wix_items(&batch, STOCKD_PUSH_STOCK, route, PLACE, count);
    for (uint32_t i = 0; i < count; i++) {
        if (route == UPDATE) wix_items_hold(&batch, i, 10 + i, true);
        if (route == CREATE) {
            wix_items_hold(&batch, i, 0, true);
            batch.target[i][0] = 2;
        }
    }
    return wix_host(3);
}

#define ROW_AT(n, revision, rest, place)                                                         \
    "{\"id\":\"" HELD(n) "\",\"revision\":\"" revision "\",\"productId\":\"" PRODUCT             \
                         "\",\"variantId\":\"" VARIANT n "\",\"locationId\":\"" place "\"," rest \
                         "}"
#define ROW(n, revision, quantity) \
    ROW_AT(n, revision, "\"trackQuantity\":true,\"quantity\":" quantity, PLACE)
#define DONE(at, n, entity)                                           \
    "{\"itemMetadata\":{\"id\":\"" HELD(n) "\",\"originalIndex\":" at \
                                           ",\"success\":true},\"item\":" entity "}"
#define FAILED(at, code, text)                                                                  \
    "{\"itemMetadata\":{\"originalIndex\":" at ",\"success\":false,\"error\":{\"code\":\"" code \
    "\",\"description\":\"" text "\"}}}"
#define RESULTS(rows) "{\"results\":[" rows "],\"bulkActionMetadata\":{\"totalSuccesses\":9}}"
#define ITEMS(rows) \
    "{\"inventoryItems\":[" rows "],\"pagingMetadata\":{\"cursors\":{},\"hasNext\":false}}"

static uint32_t kind(const struct check *host, uint32_t i)
{
    return host->outcomes.at[i].last.kind;
}

/* The revision kept last with an item; -1: nothing usable is kept. */
static int64_t kept(const struct check *host, uint32_t item)
{
    int64_t revision = -2;
    for (size_t i = 0; i < host->target_data.count; i++) {
        const struct check_bytes *data = &host->target_data.at[i];
        const unsigned char *bytes = data->data;
        if (data->item != item) continue;
        assert_true(data->size <= STOCKD_TARGET_DATA_MAX);
        revision = bytes[0] == 1 ? bytes[2] + bytes[3] * 256 : -1;
    }
    return revision;
}

static void updates_by_revision(void **state)
{
    (void)state;
    struct check *host = begin(UPDATE, 2);
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    fixture_asked(host, UPDATE_PATH,
                  "{\"inventoryItems\":[{\"inventoryItem\":{\"id\":\"" HELD(
                      "1") "\",\"revision\":\"10\",\"quantity\":5}},{\"inventoryItem\":{\"id\":"
                           "\"" HELD("2") "\",\"revision\":\"11\",\"quantity\":6}}],"
                                          "\"returnEntity\":true,\"reason\":\"MANUAL\"}");
    assert_int_equal(check_reply(host, 200,
                                 RESULTS(DONE("1", "2", ROW("2", "12", "6")) "," DONE(
                                     "0", "1", ROW("1", "11", "5")))),
                     STOCKD_DONE);
    assert_int_equal(kind(host, 0), STOCKD_OK);
    assert_int_equal(kind(host, 1), STOCKD_OK);
    assert_int_equal(host->outcomes.at[0].last.observed, 5);
    assert_int_equal(kept(host, 0), 11);
    assert_int_equal(kept(host, 1), 12);
    fixture_end(host);
}

static void a_thousand_go_in_one_request(void **state)
{
    (void)state;
    struct check *host = begin(UPDATE, 1000);
    for (uint32_t i = 0; i < 1000; i++)
        batch.items[i].wanted = 99999;
    assert_int_equal(check_start(host, &batch.start), STOCKD_SEND);
    json_t *json = fixture_asked_json(host);
    assert_int_equal(json_array_size(json_object_get(json, "inventoryItems")), 1000);
    json_decref(json);
    assert_int_equal(check_reply(host, 200, "{\"results\":[]}"), STOCKD_DONE);
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(kind(host, i), STOCKD_UNRESOLVED);
    fixture_end(host);
    host = begin(UPDATE, 1);
    batch.start.item_count = 1001;
    assert_int_equal(check_start(host, &batch.start), STOCKD_FAIL);
    check_free(host);
}

/* One item against one answer to its update; LOOK: it is then asked for. */
enum { LOOK = 100 };
static const struct {
    const char *results;
    uint32_t kind;
    const char *code;
} results[] = {
    {RESULTS(DONE("0", "1", "null")), STOCKD_OK, NULL},
    {RESULTS(DONE("0", "1", ROW("1", "11", "4"))), STOCKD_UNRESOLVED, "unclear-answer"},
    {RESULTS(DONE("0", "1", "{}")), STOCKD_UNRESOLVED, "unclear-answer"},
    {RESULTS(DONE("0", "1", ROW_AT("1", "11", "\"trackQuantity\":true,\"quantity\":5", OTHER))),
     STOCKD_UNRESOLVED, "unclear-answer"},
    {RESULTS(DONE("0", "7", ROW("1", "11", "5"))), STOCKD_UNRESOLVED, "unclear-answer"},
    {RESULTS(DONE("1", "1", ROW("1", "11", "5"))), STOCKD_UNRESOLVED, "unclear-answer"},
    {RESULTS(DONE("-1", "1", ROW("1", "11", "5"))), STOCKD_UNRESOLVED, "unclear-answer"},
    {RESULTS(DONE("\"x\"", "1", "null")), STOCKD_UNRESOLVED, "unclear-answer"},
    {RESULTS(DONE("0", "1", "null") "," FAILED("0", "X", "x")), STOCKD_UNRESOLVED,
     "unclear-answer"},
    {RESULTS("{\"itemMetadata\":{\"originalIndex\":0,\"success\":\"true\"}}"), STOCKD_UNRESOLVED,
     "unclear-answer"},
    {RESULTS("{\"itemMetadata\":{\"originalIndex\":0,\"success\":false}}"), STOCKD_UNRESOLVED,
     "unclear-answer"},
    {"{}", STOCKD_UNRESOLVED, "unclear-answer"},
    {RESULTS(""), STOCKD_UNRESOLVED, "unclear-answer"},
    {RESULTS(FAILED("0", "MAX_QUANTITY_LIMIT_REACHED", "")), STOCKD_REJECTED,
     "MAX_QUANTITY_LIMIT_REACHED"},
    {RESULTS(FAILED("0", "PRE_ORDER_VALIDATION", "why")), STOCKD_REJECTED, "PRE_ORDER_VALIDATION"},
    {RESULTS(FAILED("0", "INTERNAL", "oops")), STOCKD_RETRY, "INTERNAL"},
    {RESULTS(FAILED("0", "UNAVAILABLE", "")), STOCKD_RETRY, "UNAVAILABLE"},
    {RESULTS(FAILED("0", "DEADLINE_EXCEEDED", "")), STOCKD_RETRY, "DEADLINE_EXCEEDED"},
    {RESULTS(FAILED("0", "RESOURCE_EXHAUSTED", "")), STOCKD_THROTTLED, "RESOURCE_EXHAUSTED"},
    {RESULTS(FAILED("0", "NOT_FOUND", "")), STOCKD_RETRY, "NOT_FOUND"},
    {RESULTS(FAILED("0", "FAILED_PRECONDITION", "Revision mismatch")), LOOK, NULL},
    {RESULTS(FAILED("0", "INVALID_REVISION", "")), LOOK, NULL},
    {RESULTS(FAILED("0", "ITEM_ALREADY_EXISTS", "")), LOOK, NULL},
};

static void judges_each_result(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        struct check *host = begin(UPDATE, 1);
        check_start(host, &batch.start);
        check_reply(host, 200, results[i].results);
        bool look = host->verdict == STOCKD_SEND;
        if (look != (results[i].kind == LOOK) || (!look && kind(host, 0) != results[i].kind))
            fail_msg("case %zu: verdict %u, kind %u", i, host->verdict, kind(host, 0));
        if (results[i].code) assert_string_equal(host->outcomes.at[0].last.code, results[i].code);
        if (results[i].kind == STOCKD_OK && strstr(results[i].results, "null"))
            assert_int_equal(kept(host, 0), -1); /* its revision is no longer known */
        fixture_end(host);
    }
}

static void a_stale_revision_tells_what_is_there(void **state)
{
    (void)state;
    static const char *const stale =
        RESULTS(DONE("0", "1", ROW("1", "11", "5")) "," FAILED("1", "X", "revision mismatch"));
    struct check *host = begin(UPDATE, 2);
    check_start(host, &batch.start);
    assert_int_equal(check_reply(host, 200, stale), STOCKD_SEND);
    fixture_asked(host, QUERY_PATH,
                  "{\"query\":{\"filter\":{\"variantId\":{\"$in\":[\"" VARIANT
                  "2\"]},\"locationId\":\"" PLACE "\"},\"cursorPaging\":{\"limit\":1000}}}");
    assert_int_equal(check_reply(host, 200, ITEMS(ROW("2", "17", "3"))), STOCKD_DONE);
    assert_int_equal(kind(host, 0), STOCKD_OK);
    assert_int_equal(kind(host, 1), STOCKD_CHANGED);
    assert_int_equal(host->outcomes.at[1].last.observed, 3);
    assert_int_equal(kept(host, 1), 17);
    fixture_end(host);
    /* Below zero nothing can be bought. */
    host = begin(UPDATE, 2);
    check_start(host, &batch.start);
    check_reply(host, 200, stale);
    check_reply(host, 200, ITEMS(ROW("2", "17", "-3")));
    assert_int_equal(host->outcomes.at[1].last.observed, 0);
    fixture_end(host);
}

/* It is not guessed: the item is looked for before the next try. That it was refused counts, so
 * that its pauses grow. */
static void a_stale_revision_that_cannot_be_read_was_refused(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
    } answers[] = {{500, ""},   {408, ""},
                   {429, "{}"}, {400, "{\"message\":\"x\"}"},
                   {200, "{}"}, {200, ITEMS("{\"id\":\"1\"}")}};
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct check *host = begin(UPDATE, 1);
        check_start(host, &batch.start);
        check_reply(host, 200, RESULTS(FAILED("0", "X", "revision mismatch")));
        check_reply(host, answers[i].status, answers[i].body);
        assert_int_equal(host->verdict, STOCKD_DONE);
        if (kind(host, 0) != STOCKD_RETRY) fail_msg("case %zu: kind %u", i, kind(host, 0));
        assert_int_equal(kept(host, 0), -1);
        fixture_end(host);
    }
}

static void a_conflict_of_the_whole_is_looked_into(void **state)
{
    (void)state;
    struct check *host = begin(UPDATE, 2);
    check_start(host, &batch.start);
    assert_int_equal(check_reply(host, 409, "{\n409 Conflict\n \"message\": \"x\"}"), STOCKD_SEND);
    assert_string_equal(check_request(host)->path, QUERY_PATH);
    check_reply(host, 200, ITEMS(ROW("1", "10", "3") "," ROW("2", "20", "1")));
    assert_int_equal(kind(host, 0), STOCKD_CHANGED);
    assert_int_equal(host->outcomes.at[0].last.observed, 3);
    assert_int_equal(host->outcomes.at[1].last.observed, 1);
    fixture_end(host);
}

static void missing_items_are_created(void **state)
{
    (void)state;
    struct check *host = begin(CREATE, 2);
    check_start(host, &batch.start);
    fixture_asked(host, CREATE_PATH,
                  "{\"inventoryItems\":[{\"productId\":\"" PRODUCT "\",\"variantId\":\"" VARIANT
                  "1\",\"locationId\":\"" PLACE "\",\"quantity\":5},{\"productId\":\"" PRODUCT
                  "\",\"variantId\":\"" VARIANT "2\",\"locationId\":\"" PLACE
                  "\",\"quantity\":6}],\"returnEntity\":true}");
    assert_int_equal(check_reply(host, 200,
                                 RESULTS(DONE("0", "1", ROW("1", "1", "5")) "," FAILED(
                                     "1", "ITEM_ALREADY_EXISTS", "exists"))),
                     STOCKD_SEND);
    assert_int_equal(kind(host, 0), STOCKD_OK);
    assert_int_equal(kept(host, 0), 1);
    check_reply(host, 200, ITEMS(ROW("2", "4", "9")));
    assert_int_equal(kind(host, 1), STOCKD_CHANGED);
    assert_int_equal(host->outcomes.at[1].last.observed, 9);
    assert_int_equal(kept(host, 1), 4);
    fixture_end(host);
}

static void unknown_items_are_found_then_written(void **state)
{
    (void)state;
    struct check *host = begin(FIND, 3);
    check_start(host, &batch.start);
    assert_string_equal(check_request(host)->path, QUERY_PATH);
    assert_false(check_request(host)->flags & STOCKD_REQUEST_WRITE);
    /* 1 is as expected, 2 was sold in between, 3 does not exist. */
    check_reply(host, 200, ITEMS(ROW("1", "7", "3") "," ROW("2", "8", "1")));
    assert_int_equal(kind(host, 1), STOCKD_CHANGED);
    assert_int_equal(kept(host, 1), 8);
    assert_string_equal(check_request(host)->path, UPDATE_PATH);
    assert_non_null(strstr(check_request_body(host), "\"revision\":\"7\",\"quantity\":5"));
    assert_null(strstr(check_request_body(host), HELD("2")));
    check_reply(host, 200, RESULTS(DONE("0", "1", ROW("1", "8", "5"))));
    assert_string_equal(check_request(host)->path, CREATE_PATH);
    assert_non_null(strstr(check_request_body(host), "\"quantity\":7"));
    assert_int_equal(check_reply(host, 200,
                                 RESULTS("{\"itemMetadata\":{\"originalIndex\":0,\"success\":true},"
                                         "\"item\":" ROW("3", "1", "7") "}")),
                     STOCKD_DONE);
    assert_int_equal(kind(host, 0), STOCKD_OK);
    assert_int_equal(kind(host, 2), STOCKD_OK);
    fixture_end(host);
}

static void nothing_is_created_after_a_reading_with_holes(void **state)
{
    (void)state;
    static const char *const answers[] = {
        ITEMS("{\"id\":5}"),
        "{\"inventoryItems\":[],\"pagingMetadata\":{\"cursors\":{},\"hasNext\":true}}",
        "{\"inventoryItems\":[" ROW("1", "x", "3") "]}",
    };
    for (size_t i = 0; i < 3; i++) {
        struct check *host = begin(FIND, 1);
        check_start(host, &batch.start);
        assert_int_equal(check_reply(host, 200, answers[i]), STOCKD_DONE);
        assert_int_equal(kind(host, 0), STOCKD_THROTTLED);
        assert_int_equal(host->requests.count, 1);
        fixture_end(host);
    }
}

static void items_of_another_product_or_place_are_not_taken(void **state)
{
    (void)state;
    struct check *host = begin(FIND, 1);
    check_start(host, &batch.start);
    /* The same variant id, which is not unique across products; and another location. */
    check_reply(host, 200,
                ITEMS("{\"id\":\"" HELD("9") "\",\"revision\":\"3\",\"productId\":\"other\","
                                             "\"variantId\":\"" VARIANT
                                             "1\",\"locationId\":\"" PLACE "\",\"quantity\":3}"));
    assert_string_equal(check_request(host)->path, CREATE_PATH);
    fixture_end(host);
}

static void untracked_items(void **state)
{
    (void)state;
    static const struct {
        const char *option, *figure;
    } cases[] = {{NULL, NULL},
                 {"skip", NULL},
                 {"in-stock", "\"revision\":\"10\",\"inStock\":true}"},
                 {"enable", "\"revision\":\"10\",\"quantity\":5}"}};
    for (size_t i = 0; i < 4; i++) {
        struct check *host = begin(UPDATE, 1);
        wix_items_hold(&batch, 0, 10, false);
        if (cases[i].option) check_option(host, "untracked", cases[i].option);
        check_start(host, &batch.start);
        if (!cases[i].figure) {
            assert_int_equal(host->verdict, STOCKD_DONE);
            assert_int_equal(kind(host, 0), STOCKD_REJECTED);
            assert_string_equal(host->outcomes.at[0].last.code, "untracked");
            assert_int_equal(host->warnings.count, 1);
        } else {
            assert_non_null(strstr(check_request_body(host), cases[i].figure));
            check_reply(host, 200,
                        i == 2
                            ? RESULTS(DONE("0", "1", ROW_AT("1", "11", "\"inStock\":true", PLACE)))
                            : RESULTS(DONE("0", "1", ROW("1", "11", "5"))));
            assert_int_equal(kind(host, 0), STOCKD_OK);
        }
        fixture_end(host);
    }
}

static void refused_as_a_whole(void **state)
{
    (void)state;
    static const struct {
        struct check_answer answer;
        enum stockd_verdict verdict;
        uint32_t kind;
    } cases[] = {
        {{.transport = STOCKD_LOST}, STOCKD_DEFAULT, 0},
        {{.transport = STOCKD_TOO_LARGE, .status = 200}, STOCKD_DONE, STOCKD_UNRESOLVED},
        {{.status = 500, .body = "{}"}, STOCKD_DEFAULT, 0},
        {{.status = 400, .body = "{\"message\":\"bad\"}"}, STOCKD_DEFAULT, 0},
        {{.status = 429, .body = "{}"}, STOCKD_DONE, STOCKD_THROTTLED},
        {{.status = 403, .body = ""}, STOCKD_DONE, STOCKD_THROTTLED},
        {{.status = 403, .body = "{\"message\":\"scope\"}"}, STOCKD_FAIL, STOCKD_RETRY},
        {{.status = 202, .body = "{}"}, STOCKD_DONE, STOCKD_UNRESOLVED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct check *host = begin(UPDATE, 1);
        check_start(host, &batch.start);
        if (check_answer(host, &cases[i].answer) != cases[i].verdict ||
            kind(host, 0) != cases[i].kind)
            fail_msg("case %zu: verdict %u, kind %u", i, host->verdict, kind(host, 0));
        fixture_end(host);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(updates_by_revision),
    cmocka_unit_test(a_thousand_go_in_one_request),
    cmocka_unit_test(judges_each_result),
    cmocka_unit_test(a_stale_revision_tells_what_is_there),
    cmocka_unit_test(a_stale_revision_that_cannot_be_read_was_refused),
    cmocka_unit_test(a_conflict_of_the_whole_is_looked_into),
    cmocka_unit_test(missing_items_are_created),
    cmocka_unit_test(unknown_items_are_found_then_written),
    cmocka_unit_test(nothing_is_created_after_a_reading_with_holes),
    cmocka_unit_test(items_of_another_product_or_place_are_not_taken),
    cmocka_unit_test(untracked_items),
    cmocka_unit_test(refused_as_a_whole),
};

TEST_MAIN(cases)
