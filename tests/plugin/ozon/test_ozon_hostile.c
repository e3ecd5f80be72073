/* Honest answers with some bytes changed, through whole operations; and answers made to be slow.
 * Nothing may crash, hang, or break a rule of the ABI. Runs by seed: a failure prints its own. */
#include "ozon_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define SEEDS     2000
#define STEPS_MAX 100

static const struct {
    const char *path, *body;
} honest[] = {
    {"/v2/warehouse/list",
     "{\"warehouses\":[{\"warehouse_id\":7001,\"name\":\"A\",\"status\":\"created\",\"is_rfbs\":"
     "true,"
     "\"pause_at\":null},{\"warehouse_id\":7002,\"status\":\"disabled\",\"pause_at\":"
     "\"2026-01-01T00:00:00Z\"}],\"has_next\":false,\"cursor\":\"c\"}"},
    {"/v3/product/list", "{\"result\":{\"items\":[{\"product_id\":1001,\"offer_id\":\"a\"},"
                         "{\"product_id\":1002}],\"total\":2,\"last_id\":\"WzE\"}}"},
    {"/v3/product/info/list",
     "{\"items\":[{\"id\":1001,\"offer_id\":\"a\",\"sku\":9,\"barcodes\":[\"460\"],\"sources\":"
     "[{\"sku\":10}],\"statuses\":{\"status\":\"price_sent\"}},{\"id\":1002,\"offer_id\":\"b\"}]}"},
    {"/v1/product/info/warehouse/stocks",
     "{\"stocks\":[{\"product_id\":1001,\"free_stock\":4,\"reserved\":1,\"warehouse_id\":7001,"
     "\"updated_at\":\"2026-01-01T00:00:00.123Z\"}],\"has_next\":false,\"cursor\":\"\"}"},
    {"/v4/product/info/stocks",
     "{\"items\":[{\"product_id\":1001,\"stocks\":[{\"type\":\"fbo\",\"present\":5,\"reserved\":1},"
     "{\"type\":\"fbp\",\"present\":2,\"reserved\":0}]}],\"cursor\":\"\",\"total\":1}"},
    {"/v2/product/info/stocks-by-warehouse/fbs",
     "{\"products\":[{\"product_id\":1001,\"warehouse_id\":7001,\"free_stock\":4,\"reserved\":0}],"
     "\"has_next\":false,\"cursor\":\"x\"}"},
    {"/v2/products/stocks",
     "{\"result\":[{\"warehouse_id\":7001,\"product_id\":1001,\"offer_id\":\"art-0\",\"updated\":"
     "true,"
     "\"errors\":[]},{\"warehouse_id\":7001,\"product_id\":0,\"offer_id\":\"art-1\",\"updated\":"
     "false,"
     "\"errors\":[{\"code\":\"WAREHOUSE_NOT_FOUND\",\"message\":\"no\"}]}]}"},
    {"/v1/roles", "{\"roles\":[{\"name\":\"Product\",\"methods\":[\"/v3/product/list\"]}],"
                  "\"expires_at\":\"2026-10-01T00:00:00Z\"}"},
    {"/v1/seller/info", "{\"company\":{\"currency\":\"RUB\"}}"},
    {"/v4/posting/fbs/list",
     "{\"postings\":[{\"posting_number\":\"1-1\",\"parent_posting_number\":\"1-0\",\"order_"
     "number\":"
     "\"1\",\"status\":\"delivering\",\"delivery_method\":{\"warehouse_id\":7001},\"products\":["
     "{\"sku\":9,\"offer_id\":\"a\",\"quantity\":1}]}],\"has_next\":false,\"cursor\":\"\"}"},
    {"/v3/posting/fbs/get",
     "{\"result\":{\"posting_number\":\"1-0\",\"status\":\"cancelled\",\"products\":[{\"sku\":9,"
     "\"offer_id\":\"a\",\"quantity\":1}],\"cancellation\":{\"cancelled_after_ship\":true}}}"},
};

static const char *honest_answer(const char *path)
{
    for (size_t i = 0; i < sizeof(honest) / sizeof(honest[0]); i++)
        if (strcmp(honest[i].path, path) == 0) return honest[i].body;
    fail_msg("no answer for %s", path);
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
    struct check *host = ozon_host();
    uint64_t random = seed;
    char body[1024];
    check_start(host, start);
    while (host->verdict == STOCKD_SEND && host->steps < STEPS_MAX) {
        struct check_answer answer = {.status = 200, .body = body};
        answer.body_size = change(honest_answer(check_request(host)->path), body, &random);
        /* A catalogue whose mark moves each time ends when the marketplace gives up. */
        if (host->steps > STEPS_MAX / 2) answer.status = 500;
        check_answer(host, &answer);
    }
    if (host->steps >= STEPS_MAX || host->failure.why == STOCKD_FAIL_BUG || host->problems.count)
        fail_msg("operation %u, seed %llu: %u steps, %s", start->operation,
                 (unsigned long long)seed, host->steps,
                 host->problems.count ? host->problems.at[0] : "no rule broken");
    /* The honest figures are below 10: a larger one must stand in the changed bytes, never come of
     * an overflow. */
    for (size_t i = 0; i < host->stocks.count; i++)
        assert_true(host->stocks.at[i].quantity >= 0);
    check_free(host);
}

static const struct stockd_warehouse_ref known[] = {{.id = "7001"}, {.id = "fbo"}};

static void seeds_of(enum stockd_operation operation, uint32_t items)
{
    struct ozon_items batch;
    ozon_items(&batch, operation, items);
    batch.start.warehouses = known;
    batch.start.warehouse_count = 2;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        operation_with_seed(&batch.start, seed);
}

static void mutated_warehouses(void **state)
{
    (void)state;
    seeds_of(STOCKD_LIST_WAREHOUSES, 0);
}

static void mutated_stock(void **state)
{
    (void)state;
    seeds_of(STOCKD_FETCH_STOCK, 0);
}

static void mutated_stock_of_items(void **state)
{
    (void)state;
    seeds_of(STOCKD_FETCH_STOCK, 2);
}

static void mutated_push(void **state)
{
    (void)state;
    seeds_of(STOCKD_PUSH_STOCK, 2);
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

/* head, then `row` so often, then tail: an answer of some megabytes. Must be judged within a second
 * of processor time, which a quadratic look over it would take many times. */
static void judged_in_time(enum stockd_operation operation, uint32_t items, const char *head,
                           const char *row, size_t times, const char *tail)
{
    struct ozon_items batch;
    struct check *host = ozon_host();
    size_t size = strlen(row);
    char *body = malloc(strlen(head) + times * size + strlen(tail) + 1), *at = body;
    assert_non_null(body);
    at = stpcpy(at, head);
    for (size_t i = 0; i < times; i++, at += size)
        memcpy(at, row, size);
    strcpy(at - 1, tail); /* over the last comma */
    ozon_items(&batch, operation, items);
    batch.start.warehouses = known;
    batch.start.warehouse_count = 2;
    check_start(host, &batch.start);
    check_reply(host, 200, body);
    if (host->slowest_us > 3000000) fail_msg("%lld us", (long long)host->slowest_us);
    free(body);
    fixture_end(host);
}

static void long_answers_cost_no_more_than_their_length(void **state)
{
    (void)state;
    judged_in_time(
        STOCKD_FETCH_ORDERS, 0,
        "{\"postings\":[{\"posting_number\":\"1\",\"status\":\"delivering\",\"products\":[",
        "{\"sku\":1,\"quantity\":1},", 100000, "]}]}");
    judged_in_time(STOCKD_FETCH_STOCK, 100, "{\"products\":[",
                   "{\"product_id\":1,\"warehouse_id\":1,\"free_stock\":1},", 50000, "]}");
    judged_in_time(STOCKD_FETCH_LISTINGS, 100, "{\"result\":{\"items\":[", "{\"product_id\":7},",
                   100000, "]}}");
    judged_in_time(STOCKD_PUSH_STOCK, 100, "{\"result\":[",
                   "{\"warehouse_id\":7001,\"product_id\":0,\"offer_id\":\"none\"},", 50000, "]}");
    judged_in_time(STOCKD_CHECK_ACCOUNT, 0, "{\"roles\":[",
                   "{\"name\":\"n\",\"methods\":[\"/v\"]},", 50000, "]}");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(mutated_warehouses),
    cmocka_unit_test(mutated_stock),
    cmocka_unit_test(mutated_stock_of_items),
    cmocka_unit_test(mutated_push),
    cmocka_unit_test(mutated_account),
    cmocka_unit_test(mutated_listings),
    cmocka_unit_test(mutated_listings_of_items),
    cmocka_unit_test(mutated_orders),
    cmocka_unit_test(long_answers_cost_no_more_than_their_length),
};

TEST_MAIN(cases)
