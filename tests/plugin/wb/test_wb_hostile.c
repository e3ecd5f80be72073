/* Honest answers with some bytes changed or rows in another order, through whole operations; and
 * answers made to be slow. Nothing may crash, hang, or break a rule of the ABI. Runs by seed: a
 * failure prints its own. */
#include "wb_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define SEEDS     2000
#define STEPS_MAX 100

/* By the beginning of the path; the first that fits. */
static const struct {
    const char *path, *body;
} honest[] = {
    {"/api/v3/warehouses",
     "[{\"id\":7001,\"name\":\"A\",\"deliveryType\":1,\"isDeleting\":false,\"isProcessing\":true},"
     "{\"id\":7002,\"deliveryType\":6}]"},
    {"/content/v2/get/cards/list",
     "{\"cards\":[{\"nmID\":501,\"vendorCode\":\"a\",\"title\":\"T\",\"sizes\":[{\"chrtID\":1001,"
     "\"techSize\":\"42\",\"skus\":[\"460\",\"461\"]},{\"chrtID\":1002,\"skus\":null}]}],"
     "\"cursor\":{\"updatedAt\":\"2026-01-01T00:00:00.5Z\",\"nmID\":501,\"total\":1}}"},
    {"/content/v2/get/cards/trash",
     "{\"cards\":[{\"nmID\":502,\"sizes\":[{\"chrtID\":1003,\"skus\":[\"462\"]}]}],\"cursor\":{"
     "\"trashedAt\":\"2026-01-01T00:00:00Z\",\"nmID\":502}}"},
    {"/api/analytics/", "{\"data\":{\"items\":[{\"nmId\":5,\"chrtId\":1001,\"quantity\":4},{"
                        "\"nmId\":5,\"chrtId\":1002,"
                        "\"quantity\":1},{\"chrtId\":1001,\"quantity\":2}]}}"},
    {"/api/v3/stocks/",
     "{\"stocks\":[{\"chrtId\":1001,\"amount\":4},{\"chrtId\":1002,\"amount\":0}]}"},
    {"/ping", "{\"TS\":\"2024-08-16T11:19:05+03:00\",\"Status\":\"OK\"}"},
    {"/api/v3/orders/new", "{\"orders\":[{\"id\":1,\"chrtId\":1001,\"skus\":[\"460\"],\"article\":"
                           "\"a\",\"warehouseId\":7001,"
                           "\"createdAt\":\"2026-01-01T00:00:00Z\",\"isZeroOrder\":true}]}"},
    {"/api/v3/orders/status",
     "{\"orders\":[{\"id\":2,\"supplierStatus\":\"complete\",\"wbStatus\":\"sold\"},{\"id\":3,"
     "\"supplierStatus\":\"cancel\",\"wbStatus\":\"canceled\"}]}"},
    {"/api/v3/orders", "{\"next\":0,\"orders\":[{\"id\":2,\"chrtId\":1001,\"skus\":[\"460\"]},{"
                       "\"id\":3,\"chrtId\":1002,"
                       "\"createdAt\":\"2026-01-01T00:00:00Z\"}]}"},
};

#define REFUSED                                                                                \
    "[{\"code\":\"NotFound\",\"message\":\"m\",\"data\":[{\"sku\":\"bar-0\",\"chrtId\":0,"     \
    "\"amount\":5},{\"sku\":\"\",\"chrtId\":1002}]},{\"code\":\"StoreIsProcessing\",\"data\":" \
    "null}]"

static const char *honest_answer(const struct stockd_request *request)
{
    if (request->flags & STOCKD_REQUEST_WRITE) return REFUSED;
    for (size_t i = 0; i < sizeof(honest) / sizeof(honest[0]); i++)
        if (strncmp(honest[i].path, request->path, strlen(honest[i].path)) == 0)
            return honest[i].body;
    fail_msg("no answer for %s", request->path);
    return NULL;
}

static uint64_t next_random(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t change(const char *body, char *out, uint64_t *random)
{
    static const char odd[] = "\"{}[]:,-.0129eEtfn\\ \x80";
    size_t size = strlen(body);
    memcpy(out, body, size + 1);
    for (uint64_t n = next_random(random) % 3; n && size; n--) {
        size_t at = (size_t)(next_random(random) % size);
        uint64_t what = next_random(random);
        if (what % 8 == 0)
            size = at;
        else if (what % 8 < 3)
            out[at] = (char)(what >> 32);
        else
            out[at] = odd[(what >> 8) % (sizeof(odd) - 1)];
    }
    return size;
}

static void operation_with_seed(struct stockd_start *start, uint64_t seed)
{
    struct check *host = wb_host();
    uint64_t random = seed;
    char body[1024];
    check_start(host, start);
    while ((host->verdict == STOCKD_SEND || host->verdict == STOCKD_WAIT) &&
           host->steps < STEPS_MAX) {
        if (host->verdict == STOCKD_WAIT) {
            check_timer(host);
            continue;
        }
        const struct stockd_request *request = check_request(host);
        struct check_answer answer = {.status = 200, .body = body};
        if (request->flags & STOCKD_REQUEST_WRITE) answer.status = 409;
        answer.body_size = change(honest_answer(request), body, &random);
        /* A catalogue whose mark moves each time ends when the marketplace gives up. */
        if (host->steps > STEPS_MAX / 2) answer.status = 500;
        check_answer(host, &answer);
    }
    if (host->steps >= STEPS_MAX || host->failure.why == STOCKD_FAIL_BUG || host->problems.count)
        fail_msg("operation %u, seed %llu: %u steps, %s", start->operation,
                 (unsigned long long)seed, host->steps,
                 host->problems.count ? host->problems.at[0] : "no rule broken");
    for (size_t i = 0; i < host->stocks.count; i++)
        if (host->stocks.at[i].kind == STOCKD_STOCK_NUMBER)
            assert_true(host->stocks.at[i].quantity >= 0);
    for (size_t i = 0; i < host->outcomes.count; i++) {
        assert_int_not_equal(host->outcomes.at[i].last.kind, STOCKD_OK);
        assert_int_not_equal(host->outcomes.at[i].last.kind, STOCKD_ACCEPTED);
    }
    check_free(host);
}

static const struct stockd_warehouse_ref known[] = {{.id = "7001"}, {.id = "fbw"}};

static void seeds_of(enum stockd_operation operation, uint32_t items)
{
    static const char *const open[] = {"2", "77", "x"};
    struct wb_items batch;
    wb_items(&batch, operation, items);
    batch.start.warehouses = known;
    batch.start.warehouse_count = 2;
    batch.start.open_orders = open;
    batch.start.open_order_count = 3;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        operation_with_seed(&batch.start, seed);
}

static void mutated_warehouses(void **state)
{
    (void)state;
    seeds_of(STOCKD_LIST_WAREHOUSES, 0);
}

static void mutated_stock_of_wildberries(void **state)
{
    (void)state;
    seeds_of(STOCKD_FETCH_STOCK, 0);
}

static void mutated_stock_of_items(void **state)
{
    (void)state;
    seeds_of(STOCKD_FETCH_STOCK, 2);
}

static void mutated_refusals(void **state)
{
    (void)state;
    seeds_of(STOCKD_PUSH_STOCK, 3);
}

static void mutated_account(void **state)
{
    (void)state;
    seeds_of(STOCKD_CHECK_ACCOUNT, 0);
}

static void mutated_listings(void **state)
{
    (void)state;
    seeds_of(STOCKD_FETCH_LISTINGS, 0);
}

static void mutated_listings_of_items(void **state)
{
    (void)state;
    seeds_of(STOCKD_FETCH_LISTINGS, 2);
}

static void mutated_orders(void **state)
{
    (void)state;
    seeds_of(STOCKD_FETCH_ORDERS, 0);
}

/* The token's claims are anybody's bytes too. */
static void mutated_claims(void **state)
{
    (void)state;
    static const char claims[] = "{\"exp\":1798640000,\"s\":1073741846,\"oid\":77,\"t\":true,"
                                 "\"sid\":\"7e8f0000-0000-4000-8000-000000000001\"}";
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        uint64_t random = seed;
        char text[256];
        struct stockd_start start = fixture_start(STOCKD_CHECK_ACCOUNT);
        struct check *host = check_new(wb_plugin());
        text[change(claims, text, &random)] = '\0';
        check_jwt_claims(host, "token", text);
        check_start(host, &start);
        if (host->problems.count)
            fail_msg("seed %llu: %s", (unsigned long long)seed, host->problems.at[0]);
        check_free(host);
    }
}

/* head, then `row` so often, then tail: an answer of some megabytes. Must be judged in a time that
 * a quadratic look over it would exceed many times. */
static void judged_in_time(enum stockd_operation operation, uint32_t items, const char *first,
                           int status, const char *head, const char *row, size_t times,
                           const char *tail)
{
    static struct wb_items batch;
    struct check *host = wb_host();
    size_t size = strlen(row);
    char *body = malloc(strlen(head) + times * size + strlen(tail) + 1), *at = body;
    assert_non_null(body);
    at = stpcpy(at, head);
    for (size_t i = 0; i < times; i++, at += size)
        memcpy(at, row, size);
    strcpy(at - 1, tail); /* over the last comma */
    wb_items(&batch, operation, items);
    batch.start.warehouses = known;
    batch.start.warehouse_count = 2;
    check_start(host, &batch.start);
    if (first) check_reply(host, 200, first);
    check_reply(host, status, body);
    if (host->slowest_us > 3000000) fail_msg("%lld us", (long long)host->slowest_us);
    free(body);
    fixture_end(host);
}

static void long_answers_cost_no_more_than_their_length(void **state)
{
    (void)state;
    judged_in_time(STOCKD_LIST_WAREHOUSES, 0, NULL, 200, "[", "{\"id\":1},", 100000, "]");
    judged_in_time(STOCKD_FETCH_STOCK, 1000, NULL, 200, "{\"stocks\":[",
                   "{\"chrtId\":7,\"amount\":1},", 100000, "]}");
    judged_in_time(STOCKD_FETCH_STOCK, 0, NULL, 200, "{\"data\":{\"items\":[",
                   "{\"chrtId\":7,\"quantity\":1},", 39000, "]}}");
    judged_in_time(STOCKD_PUSH_STOCK, 1000, NULL, 409, "[{\"code\":\"NotFound\",\"data\":[",
                   "{\"sku\":\"none\",\"chrtId\":0},", 50000, "]}]");
    judged_in_time(STOCKD_PUSH_STOCK, 1000, NULL, 409, "[",
                   "{\"code\":\"X\",\"data\":[{\"chrtId\":7}]},", 50000, "]");
    judged_in_time(STOCKD_FETCH_LISTINGS, 0, NULL, 200, "{\"cards\":[{\"nmID\":1,\"sizes\":[",
                   "{\"chrtID\":7,\"techSize\":\"S\"},", 50000, "]}]}");
    judged_in_time(STOCKD_FETCH_LISTINGS, 0, NULL, 200,
                   "{\"cards\":[{\"nmID\":1,\"sizes\":[{\"chrtID\":7,\"skus\":[", "\"460\",",
                   200000, "]}]}]}");
    judged_in_time(STOCKD_FETCH_ORDERS, 0, NULL, 200, "{\"orders\":[", "{\"id\":7,\"chrtId\":1},",
                   100000, "]}");
    judged_in_time(STOCKD_FETCH_ORDERS, 0, "{\"orders\":[]}", 200, "{\"next\":0,\"orders\":[",
                   "{\"id\":7,\"chrtId\":1},", 3900, "]}");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(mutated_warehouses),
    cmocka_unit_test(mutated_stock_of_wildberries),
    cmocka_unit_test(mutated_stock_of_items),
    cmocka_unit_test(mutated_refusals),
    cmocka_unit_test(mutated_account),
    cmocka_unit_test(mutated_listings),
    cmocka_unit_test(mutated_listings_of_items),
    cmocka_unit_test(mutated_orders),
    cmocka_unit_test(mutated_claims),
    cmocka_unit_test(long_answers_cost_no_more_than_their_length),
};

TEST_MAIN(cases)
