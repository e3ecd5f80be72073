/* push_stock: requests refused as a whole, lost, or answered with no answer. One table: what came,
 * what the operation says, what each of its two items is told. */
#include "ozon_fixture.h"

struct refusal {
    const char *name;
    int status;
    const char *body;
    enum stockd_transport transport;
    enum stockd_verdict verdict;
    enum stockd_fail why;          /* with STOCKD_FAIL */
    enum stockd_outcome_kind each; /* 0: left to the core */
    bool shut;                     /* the stock bucket is closed */
};

#define HTML "<html>\r\n<head><title>nginx</title></head><body>no</body></html>"

static const struct refusal refusals[] = {
    /* Auth, in each envelope. */
    {.name = "bad key",
     .status = 403,
     .body = "{\"code\":7,\"message\":\"Invalid Api-Key, please "
             "check the key and try again\",\"details\":[]}",
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_AUTH,
     .each = STOCKD_RETRY},
    {.name = "bad key, older envelope",
     .status = 403,
     .body = "{\"error\":{\"code\":\"ACCESS_DENIED\","
             "\"message\":\"Invalid Api-Key, please contact support\",\"data\":[]}}",
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_AUTH,
     .each = STOCKD_RETRY},
    {.name = "deactivated",
     .status = 403,
     .body = "{\"code\":7,\"message\":\"Api-key is deactivated, "
             "use another one or generate a new one\"}",
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_AUTH,
     .each = STOCKD_RETRY},
    {.name = "no headers",
     .status = 401,
     .body = "{\"code\":16,\"message\":\"Client-Id and Api-Key "
             "headers are required\"}",
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_AUTH,
     .each = STOCKD_RETRY},
    {.name = "bad client id",
     .status = 400,
     .body = "{\"code\":3,\"message\":\"Client-Id header value "
             "should be positive integer\"}",
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_AUTH,
     .each = STOCKD_RETRY},
    {.name = "error as text",
     .status = 403,
     .body = "{\"error\":\"Invalid Api-Key\"}",
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_AUTH,
     .each = STOCKD_RETRY},
    /* Only this ability. */
    {.name = "missing role",
     .status = 403,
     .body = "{\"code\":7,\"message\":\"Api-Key is missing a "
             "required role for a method\"}",
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_DENIED,
     .each = STOCKD_RETRY},
    {.name = "empty error",
     .status = 403,
     .body = "{\"error\":{}}",
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_DENIED,
     .each = STOCKD_RETRY},
    {.name = "unknown words",
     .status = 403,
     .body = "{\"code\":7,\"message\":\"Sanitized API error\","
             "\"details\":[{\"typeUrl\":\"x\",\"value\":\"dGVzdA==\"}]}",
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_DENIED,
     .each = STOCKD_RETRY},
    /* Shut out for now. */
    {.name = "ip",
     .status = 403,
     .body = "{\"code\":7,\"message\":\"Api-Key is restricted to specific "
             "IP addresses\"}",
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_BLOCKED,
     .each = STOCKD_RETRY},
    {.name = "contract",
     .status = 403,
     .body = "{\"code\":7,\"message\":\"Offer not signed\"}",
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_BLOCKED,
     .each = STOCKD_RETRY},
    {.name = "page 403",
     .status = 403,
     .body = HTML,
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_BLOCKED,
     .each = STOCKD_RETRY},
    /* Switched off. */
    {.name = "obsolete",
     .status = 400,
     .body = "{\"code\":9,\"message\":\"obsolete method cannot be "
             "used\"}",
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_UNSUPPORTED,
     .each = STOCKD_RETRY},
    {.name = "page 404",
     .status = 404,
     .body = HTML,
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_UNSUPPORTED,
     .each = STOCKD_RETRY},
    {.name = "405",
     .status = 405,
     .body = "{\"code\":12,\"message\":\"Method Not Allowed\"}",
     .verdict = STOCKD_FAIL,
     .why = STOCKD_FAIL_UNSUPPORTED,
     .each = STOCKD_RETRY},
    /* About the batch: the core halves it. */
    {.name = "embedded",
     .status = 400,
     .body = "{\"code\":3,\"message\":\"Request validation error: "
             "invalid ProductsStocksRequest.Stocks[0]: embedded message failed validation\"}",
     .verdict = STOCKD_DEFAULT},
    {.name = "code 9, another reason",
     .status = 400,
     .body = "{\"code\":9,\"message\":\"precondition\"}",
     .verdict = STOCKD_DEFAULT},
    {.name = "404",
     .status = 404,
     .body = "{\"code\":5,\"message\":\"not found\"}",
     .verdict = STOCKD_DEFAULT},
    {.name = "409",
     .status = 409,
     .body = "{\"code\":10,\"message\":\"conflict\"}",
     .verdict = STOCKD_DEFAULT},
    {.name = "400 page", .status = 400, .body = HTML, .verdict = STOCKD_DEFAULT},
    /* Too fast. */
    {.name = "429",
     .status = 429,
     .body = "{\"code\":8,\"message\":\"You have reached request rate "
             "limit per second\"}",
     .verdict = STOCKD_DEFAULT,
     .shut = true},
    {.name = "429 page", .status = 429, .body = HTML, .verdict = STOCKD_DEFAULT, .shut = true},
    {.name = "429 empty", .status = 429, .body = "", .verdict = STOCKD_DEFAULT, .shut = true},
    {.name = "circle",
     .status = 429,
     .body = "{\"code\":8,\"message\":\"Circle is open\"}",
     .verdict = STOCKD_DONE,
     .each = STOCKD_THROTTLED,
     .shut = true},
    {.name = "circle 403",
     .status = 403,
     .body = "{\"code\":7,\"message\":\"Circle is open\"}",
     .verdict = STOCKD_DONE,
     .each = STOCKD_THROTTLED,
     .shut = true},
    {.name = "code 8 by 400",
     .status = 400,
     .body = "{\"code\":8,\"message\":\"RESOURCE_EXHAUSTED\"}",
     .verdict = STOCKD_DONE,
     .each = STOCKD_THROTTLED,
     .shut = true},
    /* Perhaps applied, whatever the text says. */
    {.name = "500",
     .status = 500,
     .body = "{\"code\":13,\"message\":\"internal\"}",
     .verdict = STOCKD_DEFAULT},
    {.name = "502 page", .status = 502, .body = HTML, .verdict = STOCKD_DEFAULT},
    {.name = "503 circle",
     .status = 503,
     .body = "{\"message\":\"Circle is open\"}",
     .verdict = STOCKD_DEFAULT},
    {.name = "504", .status = 504, .body = "", .verdict = STOCKD_DEFAULT},
    {.name = "408", .status = 408, .body = "", .verdict = STOCKD_DEFAULT},
    {.name = "lost", .transport = STOCKD_LOST, .verdict = STOCKD_DEFAULT},
    {.name = "not sent", .transport = STOCKD_NOT_SENT, .verdict = STOCKD_DEFAULT},
    {.name = "too large",
     .status = 200,
     .transport = STOCKD_TOO_LARGE,
     .verdict = STOCKD_DONE,
     .each = STOCKD_UNRESOLVED},
    /* A 2xx that says nothing of any item. */
    {.name = "empty", .status = 200, .body = "", .verdict = STOCKD_DONE, .each = STOCKD_UNRESOLVED},
    {.name = "page",
     .status = 200,
     .body = HTML,
     .verdict = STOCKD_DONE,
     .each = STOCKD_UNRESOLVED},
    {.name = "null",
     .status = 200,
     .body = "null",
     .verdict = STOCKD_DONE,
     .each = STOCKD_UNRESOLVED},
    {.name = "{}", .status = 200, .body = "{}", .verdict = STOCKD_DONE, .each = STOCKD_UNRESOLVED},
    {.name = "[]", .status = 200, .body = "[]", .verdict = STOCKD_DONE, .each = STOCKD_UNRESOLVED},
    {.name = "result null",
     .status = 200,
     .body = "{\"result\":null}",
     .verdict = STOCKD_DONE,
     .each = STOCKD_UNRESOLVED},
    {.name = "result object",
     .status = 200,
     .body = "{\"result\":{\"updated\":true}}",
     .verdict = STOCKD_DONE,
     .each = STOCKD_UNRESOLVED},
    {.name = "cut",
     .status = 200,
     .body = "{\"result\":[{\"warehouse_id\":7001,\"product_id\":1001,"
             "\"updated\":true},{\"wareh",
     .verdict = STOCKD_DONE,
     .each = STOCKD_UNRESOLVED},
    {.name = "204", .status = 204, .body = "", .verdict = STOCKD_DONE, .each = STOCKD_UNRESOLVED},
    {.name = "202 with a result",
     .status = 202,
     .body = "{\"result\":[{\"warehouse_id\":7001,"
             "\"product_id\":1001,\"updated\":true}]}",
     .verdict = STOCKD_DONE,
     .each = STOCKD_UNRESOLVED},
    {.name = "302", .status = 302, .body = "", .verdict = STOCKD_DONE, .each = STOCKD_UNRESOLVED},
    {.name = "error in a 200",
     .status = 200,
     .body = "{\"code\":7,\"message\":\"Invalid Api-Key\"}",
     .verdict = STOCKD_DONE,
     .each = STOCKD_UNRESOLVED},
};

static void hold_against(const struct refusal *is)
{
    struct ozon_items batch;
    struct check *host = ozon_host();
    ozon_items(&batch, STOCKD_PUSH_STOCK, 2);
    check_start(host, &batch.start);
    struct check_answer answer = {
        .transport = is->transport, .status = is->status, .body = is->body};
    enum stockd_verdict verdict = check_answer(host, &answer);
    if (verdict != is->verdict) fail_msg("%s: verdict %d", is->name, (int)verdict);
    if (host->failure.why != is->why) fail_msg("%s: class %d", is->name, (int)host->failure.why);
    for (size_t i = 0; i < 2; i++) {
        const struct check_outcome *outcome = &host->outcomes.at[i];
        if (outcome->last.kind != is->each || outcome->given > 1)
            fail_msg("%s: outcome %u", is->name, outcome->last.kind);
    }
    bool shut = host->quotas.count && host->quotas.at[0].closed_until_ms > host->now_ms;
    if (shut != is->shut) fail_msg("%s: the bucket is %s", is->name, shut ? "shut" : "open");
    if (shut) assert_int_equal(host->quotas.at[0].bucket, 1);
    assert_int_equal(host->stocks.count + host->completes.count, 0);
    fixture_end(host);
}

static void every_refusal_has_its_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        hold_against(&refusals[i]);
}

/* The header a 429 came with, and the pause it makes. */
static void pauses_as_long_as_it_is_told(void **state)
{
    (void)state;
    static const struct {
        struct check_pair header;
        int64_t pause_ms;
    } pauses[] = {
        {{"Retry-After", "12"}, 12000},
        {{"retry-after", "1"}, 1000},
        {{"item-retry-after", "120"}, 120000},
        {{"item-retry-after", "soon"}, 15000},
        {{"Retry-After", ""}, 15000},
        {{"Retry-After", "0"}, 15000},
        {{"Retry-After", "-5"}, 15000},
        {{"Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"}, 15000},
        {{"Retry-After", "99999999999999999999999"}, 3600000},
        {{"X-Other", "1"}, 15000},
    };
    for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
        struct ozon_items batch;
        struct check *host = ozon_host();
        ozon_items(&batch, STOCKD_PUSH_STOCK, 1);
        check_start(host, &batch.start);
        struct check_answer answer = {
            .status = 429, .body = "{\"code\":8}", .headers = &pauses[i].header, .header_count = 1};
        assert_int_equal(check_answer(host, &answer), STOCKD_DEFAULT);
        assert_int_equal(host->quotas.count, 1);
        assert_int_equal(host->quotas.at[0].closed_until_ms, host->now_ms + pauses[i].pause_ms);
        fixture_end(host);
    }
}

static void learns_what_is_left(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        uint32_t bucket;
        int64_t remaining; /* -1: nothing is learnt */
    } facts[] = {{"49", 0, 49}, {"0", 0, 0}, {"79", 1, 79}, {"many", 0, -1}, {"", 0, -1}};
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        struct ozon_items batch;
        struct check *host = ozon_host();
        struct check_pair header = {"Ratelimit-Remaining", facts[i].value};
        ozon_items(&batch, STOCKD_PUSH_STOCK, 1);
        check_start(host, &batch.start);
        struct check_answer answer = {
            .status = 200, .body = "{\"result\":[]}", .headers = &header, .header_count = 1};
        check_answer(host, &answer);
        assert_int_equal(host->quotas.count, facts[i].remaining >= 0);
        if (facts[i].remaining >= 0) {
            assert_int_equal(host->quotas.at[0].bucket, facts[i].bucket);
            assert_int_equal(host->quotas.at[0].remaining, facts[i].remaining);
            assert_int_equal(host->quotas.at[0].cost, STOCKD_UNKNOWN);
        }
        fixture_end(host);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_refusal_has_its_meaning),
    cmocka_unit_test(pauses_as_long_as_it_is_told),
    cmocka_unit_test(learns_what_is_left),
};

TEST_MAIN(cases)
