/* push_stock: refused writes. A table of what came, what the operation says, and what each of the
 * three items (sizes 1001 to 1003 with barcodes bar-0 to bar-2) is told. */
#include "wb_fixture.h"

#include <stdio.h>

#define HTML "<html><head><title>nginx</title></head><body>no</body></html>"
#define ALL(kind)              \
    {                          \
        (kind), (kind), (kind) \
    }

struct refusal {
    const char *name;
    int status;
    const char *body;
    enum stockd_transport transport;
    enum stockd_verdict verdict;
    enum stockd_fail why;             /* with STOCKD_FAIL */
    enum stockd_outcome_kind each[3]; /* 0: left to the core */
    const char *code;                 /* of the first item, or NULL */
    int64_t closed_ms;                /* the warehouse is closed for so long; -1: gone */
};

#define NAMED(code, data) "[{\"code\":\"" code "\",\"message\":\"text\",\"data\":" data "}]"
#define ONE_BAD                                     \
    {                                               \
        STOCKD_REJECTED, STOCKD_RETRY, STOCKD_RETRY \
    }

static const struct refusal refusals[] = {
    /* Items that are named, in each way they can be. */
    {"by id", 409, NAMED("NotFound", "[{\"sku\":\"\",\"chrtId\":1001,\"amount\":5}]"), 0,
     STOCKD_DONE, 0, ONE_BAD, "NotFound", 0},
    {"by id as text", 409, NAMED("NotFound", "[{\"chrtId\":\"1001\"}]"), 0, STOCKD_DONE, 0, ONE_BAD,
     "NotFound", 0},
    {"by barcode", 409, NAMED("NotFound", "[{\"sku\":\"bar-0\",\"chrtId\":0,\"amount\":0}]"), 0,
     STOCKD_DONE, 0, ONE_BAD, "NotFound", 0},
    {"by barcode alone", 409, NAMED("CargoWarehouseRestrictionSGT", "[{\"sku\":\"bar-0\"}]"), 0,
     STOCKD_DONE, 0, ONE_BAD, "CargoWarehouseRestrictionSGT", 0},
    {"an id speaks before a barcode", 409,
     NAMED("DeliveryTypeRestriction", "[{\"sku\":\"bar-2\",\"chrtId\":1001}]"), 0, STOCKD_DONE, 0,
     ONE_BAD, "DeliveryTypeRestriction", 0},
    {"too many", 409, NAMED("UploadDataLimit", "[{\"chrtId\":1001,\"amount\":100001}]"), 0,
     STOCKD_DONE, 0, ONE_BAD, "UploadDataLimit", 0},
    {"a word of tomorrow", 409, NAMED("SomethingNew", "[{\"chrtId\":1001}]"), 0, STOCKD_DONE, 0,
     ONE_BAD, "SomethingNew", 0},
    {"without a word", 409, "[{\"data\":[{\"chrtId\":1001}]}]", 0, STOCKD_DONE, 0, ONE_BAD,
     "refused", 0},
    {"an object", 409, "{\"code\":\"NotFound\",\"message\":\"text\",\"data\":[{\"chrtId\":1001}]}",
     0, STOCKD_DONE, 0, ONE_BAD, "NotFound", 0},
    {"an object in an object", 409, "{\"code\":\"NotFound\",\"data\":{\"chrtId\":1001}}", 0,
     STOCKD_DONE, 0, ONE_BAD, "NotFound", 0},
    {"by 400", 400, NAMED("IncorrectParameter", "[{\"chrtId\":1001}]"), 0, STOCKD_DONE, 0, ONE_BAD,
     "IncorrectParameter", 0},
    {"two codes",
     409,
     "[{\"code\":\"NotFound\",\"data\":[{\"chrtId\":1001}]},{\"code\":\"CargoWarehouseRestriction"
     "MGT\",\"data\":[{\"chrtId\":1003}]}]",
     0,
     STOCKD_DONE,
     0,
     {STOCKD_REJECTED, STOCKD_RETRY, STOCKD_REJECTED},
     "NotFound",
     0},
    {"one named, one error without names", 409,
     "[{\"code\":\"ItemPropertyConflict\",\"data\":null},{\"code\":\"NotFound\",\"data\":["
     "{\"chrtId\":1001}]}]",
     0, STOCKD_DONE, 0, ONE_BAD, "NotFound", 0},
    {"all", 409,
     NAMED("NotFound", "[{\"chrtId\":1001},{\"chrtId\":1002},{\"chrtId\":1003},{\"chrtId\":1003}]"),
     0, STOCKD_DONE, 0, ALL(STOCKD_REJECTED), "NotFound", 0},
    /* Nobody is named: the core halves the batch. */
    {"null", 409, NAMED("ProductPropertyConflict", "null"), 0, STOCKD_DEFAULT, 0, {0}, NULL, 0},
    {"no data",
     409,
     "[{\"code\":\"NotFound\",\"message\":\"Not found\"}]",
     0,
     STOCKD_DEFAULT,
     0,
     {0},
     NULL,
     0},
    {"empty", 409, "[]", 0, STOCKD_DEFAULT, 0, {0}, NULL, 0},
    {"an empty body", 409, "", 0, STOCKD_DEFAULT, 0, {0}, NULL, 0},
    {"a page", 409, HTML, 0, STOCKD_DEFAULT, 0, {0}, NULL, 0},
    {"a text", 409, "\"no\"", 0, STOCKD_DEFAULT, 0, {0}, NULL, 0},
    {"strangers",
     409,
     NAMED("NotFound", "[{\"chrtId\":4},{\"sku\":\"x\"},7,null,{}]"),
     0,
     STOCKD_DEFAULT,
     0,
     {0},
     NULL,
     0},
    {"bad body",
     400,
     "{\"code\":\"IncorrectRequestBody\",\"message\":\"x\"}",
     0,
     STOCKD_DEFAULT,
     0,
     {0},
     NULL,
     0},
    {"too large", 413, "", 0, STOCKD_DEFAULT, 0, {0}, NULL, 0},
    /* The warehouse. */
    {"processing", 409,
     "[{\"code\":\"StoreIsProcessing\",\"message\":\"The store is processing\"}]", 0, STOCKD_DONE,
     0, ALL(STOCKD_RETRY), "StoreIsProcessing", 30000},
    {"processing, an object", 409, "{\"code\":\"StoreIsProcessing\",\"message\":\"x\"}", 0,
     STOCKD_DONE, 0, ALL(STOCKD_RETRY), "StoreIsProcessing", 30000},
    {"processing beside a bad item",
     409,
     "[{\"code\":\"NotFound\",\"data\":[{\"chrtId\":1001}]},{\"code\":\"StoreIsProcessing\"}]",
     0,
     STOCKD_DONE,
     0,
     {STOCKD_REJECTED, STOCKD_RETRY, STOCKD_RETRY},
     "NotFound",
     30000},
    {"blocked", 406, "{\"code\":\"WarehouseStocksUpdateBlock\",\"message\":\"x\",\"data\":null}", 0,
     STOCKD_DONE, 0, ALL(STOCKD_THROTTLED), "WarehouseStocksUpdateBlock", 600000},
    {"another 406", 406, "{}", 0, STOCKD_DONE, 0, ALL(STOCKD_THROTTLED), NULL, 600000},
    {"gone", 404, "{\"code\":\"NotFound\",\"message\":\"\"}", 0, STOCKD_DONE, 0,
     ALL(STOCKD_THROTTLED), "NotFound", -1},
    /* The seller, the token, the method. */
    {"banned", 406, "{\"code\":\"StatusNotAcceptable\",\"message\":\"banned\"}", 0, STOCKD_FAIL,
     STOCKD_FAIL_BLOCKED, ALL(STOCKD_RETRY), "StatusNotAcceptable", 0},
    {"expired", 401, "{\"title\":\"unauthorized\",\"detail\":\"token expired\",\"code\":\"1 2-3\"}",
     0, STOCKD_FAIL, STOCKD_FAIL_AUTH, ALL(STOCKD_RETRY), NULL, 0},
    {"another category", 401, "{\"title\":\"unauthorized\",\"detail\":\"token scope not allowed\"}",
     0, STOCKD_FAIL, STOCKD_FAIL_DENIED, ALL(STOCKD_RETRY), NULL, 0},
    {"unpaid", 402, "{\"title\":\"payment required\"}", 0, STOCKD_FAIL, STOCKD_FAIL_BLOCKED,
     ALL(STOCKD_RETRY), NULL, 0},
    {"denied", 403, "{\"code\":\"AccessDenied\",\"message\":\"\"}", 0, STOCKD_FAIL,
     STOCKD_FAIL_DENIED, ALL(STOCKD_RETRY), "AccessDenied", 0},
    {"a gate", 403, HTML, 0, STOCKD_FAIL, STOCKD_FAIL_BLOCKED, ALL(STOCKD_RETRY), NULL, 0},
    {"no path, in the title", 404,
     "{\"title\":\"path not found\",\"detail\":\"see the documents\"}", 0, STOCKD_FAIL,
     STOCKD_FAIL_DENIED, ALL(STOCKD_RETRY), NULL, 0},
    {"no path", 404, "{\"title\":\"path not found\",\"status\":404}", 0, STOCKD_FAIL,
     STOCKD_FAIL_DENIED, ALL(STOCKD_RETRY), NULL, 0},
    {"no page", 404, "404 page not found", 0, STOCKD_FAIL, STOCKD_FAIL_UNSUPPORTED,
     ALL(STOCKD_RETRY), NULL, 0},
    {"no method", 405, "", 0, STOCKD_FAIL, STOCKD_FAIL_UNSUPPORTED, ALL(STOCKD_RETRY), NULL, 0},
    {"no barcodes", 400, "{\"code\":\"SKUUploadDisabled\",\"message\":\"x\"}", 0, STOCKD_FAIL,
     STOCKD_FAIL_UNSUPPORTED, ALL(STOCKD_RETRY), "SKUUploadDisabled", 0},
    /* Not known, or surely not applied: the core knows what that means. */
    {"too fast", 429, "", 0, STOCKD_DEFAULT, 0, {0}, NULL, 0},
    {"500", 500, "{\"code\":\"NotFound\"}", 0, STOCKD_DEFAULT, 0, {0}, NULL, 0},
    {"502", 502, HTML, 0, STOCKD_DEFAULT, 0, {0}, NULL, 0},
    {"504", 504, "", 0, STOCKD_DEFAULT, 0, {0}, NULL, 0},
    {"408", 408, "", 0, STOCKD_DEFAULT, 0, {0}, NULL, 0},
    {"lost", 0, "", STOCKD_LOST, STOCKD_DEFAULT, 0, {0}, NULL, 0},
    {"not sent", 0, "", STOCKD_NOT_SENT, STOCKD_DEFAULT, 0, {0}, NULL, 0},
    {"long", 204, "", STOCKD_TOO_LARGE, STOCKD_DONE, 0, ALL(STOCKD_UNRESOLVED), "unclear-answer",
     0},
    {"200", 200, "{}", 0, STOCKD_DONE, 0, ALL(STOCKD_UNRESOLVED), "unclear-answer", 0},
    {"202", 202, "", 0, STOCKD_DONE, 0, ALL(STOCKD_UNRESOLVED), "unclear-answer", 0},
    {"302", 302, "", 0, STOCKD_DONE, 0, ALL(STOCKD_UNRESOLVED), "unclear-answer", 0},
};

static void judge_warehouse(const struct check *host, const struct refusal *is)
{
    if (!is->closed_ms) {
        if (host->warehouses.count) fail_msg("%s: a warehouse", is->name);
        return;
    }
    if (host->warehouses.count != 1) fail_msg("%s: no warehouse", is->name);
    const struct stockd_warehouse *row = &host->warehouses.at[0];
    assert_string_equal(row->id, "7001");
    assert_int_equal(row->writable, 0);
    assert_int_equal(row->gone, is->closed_ms < 0);
    assert_non_null(row->why);
    if (is->closed_ms > 0) assert_int_equal(row->closed_until_ms, WB_NOW + is->closed_ms);
}

static void hold_against(const struct refusal *is)
{
    struct wb_items batch;
    struct check *host = wb_host();
    wb_items(&batch, STOCKD_PUSH_STOCK, 3);
    check_start(host, &batch.start);
    struct check_answer answer = {
        .transport = is->transport, .status = is->status, .body = is->body};
    enum stockd_verdict verdict = check_answer(host, &answer);
    if (verdict != is->verdict) fail_msg("%s: verdict %d", is->name, (int)verdict);
    if (host->failure.why != is->why) fail_msg("%s: class %d", is->name, (int)host->failure.why);
    for (size_t i = 0; i < 3; i++) {
        const struct check_outcome *outcome = &host->outcomes.at[i];
        if (outcome->last.kind != is->each[i] || outcome->given > 1)
            fail_msg("%s: outcome %u of item %zu", is->name, outcome->last.kind, i);
        if (outcome->last.kind == STOCKD_THROTTLED)
            assert_true(outcome->last.until_ms > host->now_ms);
    }
    const char *code = host->outcomes.at[0].last.code;
    if (is->code && (!code || strcmp(code, is->code) != 0))
        fail_msg("%s: code %s", is->name, code ? code : "none");
    judge_warehouse(host, is);
    /* A refusal costs ten requests, whatever it says. */
    bool refused = is->status >= 400 && is->status < 500 && is->transport == STOCKD_ARRIVED;
    if (is->status == 408) refused = true;
    bool cost = host->quotas.count && host->quotas.at[0].cost == 10;
    if (cost != refused) fail_msg("%s: cost %d", is->name, cost);
    if (cost) assert_int_equal(host->quotas.at[0].bucket, 0);
    assert_int_equal(host->stocks.count + host->completes.count, 0);
    fixture_end(host);
}

static void every_refusal_has_its_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        hold_against(&refusals[i]);
}

static void a_barcode_of_two_items_names_neither(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = wb_host();
    wb_items(&batch, STOCKD_PUSH_STOCK, 3);
    batch.keys[1].value = "bar-0";
    check_start(host, &batch.start);
    check_reply(host, 409, NAMED("NotFound", "[{\"sku\":\"bar-0\",\"chrtId\":0}]"));
    assert_int_equal(host->verdict, STOCKD_DEFAULT);
    assert_int_equal(host->malformed.count, 1);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(host->outcomes.at[i].given, 0);
    fixture_end(host);
}

static void a_key_that_is_no_barcode_names_nobody(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = wb_host();
    wb_items(&batch, STOCKD_PUSH_STOCK, 2);
    batch.keys[0].kind = "sku";
    check_start(host, &batch.start);
    check_reply(host, 409, NAMED("NotFound", "[{\"sku\":\"bar-0\",\"chrtId\":0}]"));
    assert_int_equal(host->verdict, STOCKD_DEFAULT);
    fixture_end(host);
}

static void what_never_left_is_not_told_again(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = wb_host();
    wb_items(&batch, STOCKD_PUSH_STOCK, 3);
    batch.items[0].wanted = -1;
    check_start(host, &batch.start);
    check_reply(host, 409, NAMED("NotFound", "[{\"chrtId\":1001},{\"chrtId\":1002}]"));
    assert_int_equal(host->outcomes.at[0].given, 1);
    assert_string_equal(host->outcomes.at[0].last.code, "bad-quantity");
    assert_int_equal(host->outcomes.at[1].last.kind, STOCKD_REJECTED);
    assert_int_equal(host->outcomes.at[2].last.kind, STOCKD_RETRY);
    fixture_end(host);
}

/* The header a 429 came with, and the pause it makes. */
static void pauses_as_long_as_it_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        int64_t pause_ms;
    } pauses[] = {
        {"X-Ratelimit-Retry", "564", 564000},
        {"x-ratelimit-retry", "1800", 1800000},
        {"Retry-After", "12", 12000},
        {"X-Ratelimit-Reset", "7", 7000},
        {"X-Ratelimit-Retry", "0", 30000},
        {"X-Ratelimit-Retry", "soon", 30000},
        {"X-Ratelimit-Retry", "-5", 30000},
        {"X-Ratelimit-Retry", "99999999999999999999999", 7200000},
        {"X-Other", "1", 30000},
    };
    for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
        struct wb_items batch;
        struct check *host = wb_host();
        wb_items(&batch, STOCKD_PUSH_STOCK, 1);
        check_start(host, &batch.start);
        assert_int_equal(wb_reply_with(host, 429, "", pauses[i].name, pauses[i].value),
                         STOCKD_DEFAULT);
        assert_int_equal(host->quotas.count, 1);
        assert_int_equal(host->quotas.at[0].closed_until_ms, WB_NOW + pauses[i].pause_ms);
        assert_int_equal(host->quotas.at[0].cost, 10);
        fixture_end(host);
    }
}

static void learns_what_is_left(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int64_t remaining; /* -1: nothing is learnt */
    } facts[] = {{"20", 20}, {"0", 0}, {"299", -1}, {"many", -1}, {"", -1}, {"-1", -1}};
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        struct wb_items batch;
        struct check *host = wb_host();
        wb_items(&batch, STOCKD_PUSH_STOCK, 1);
        check_start(host, &batch.start);
        wb_reply_with(host, 204, "", "X-Ratelimit-Remaining", facts[i].value);
        assert_int_equal(host->quotas.count, facts[i].remaining >= 0);
        if (facts[i].remaining < 0) {
            fixture_end(host);
            continue;
        }
        assert_int_equal(host->quotas.at[0].bucket, 0);
        assert_int_equal(host->quotas.at[0].remaining, facts[i].remaining);
        assert_int_equal(host->quotas.at[0].cost, STOCKD_UNKNOWN);
        fixture_end(host);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_refusal_has_its_meaning),
    cmocka_unit_test(a_barcode_of_two_items_names_neither),
    cmocka_unit_test(a_key_that_is_no_barcode_names_nobody),
    cmocka_unit_test(what_never_left_is_not_told_again),
    cmocka_unit_test(pauses_as_long_as_it_is_told),
    cmocka_unit_test(learns_what_is_left),
};

TEST_MAIN(cases)
