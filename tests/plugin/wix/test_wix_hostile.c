/* Honest answers with some bytes changed, through whole operations; and answers made to be slow.
 * Nothing may crash, hang, or break a rule of the ABI. Runs by seed: a failure prints its own. */
#include "wix_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define SEEDS     1000
#define STEPS_MAX 100

static const struct {
    const char *part, *answer; /* of the path; of a file in answers/v1 or v3 */
} honest[] = {
    {"provision/version", "version"},
    {"/stores-reader/v2/inventoryItems/query", "inventory"},
    {"/stores-reader/v1/products/query", "products"},
    {"/getVariants", "product"},
    {"/stores/v2/inventoryItems/product/", "patch"},
    {"/increment", "increment"},
    {"/decrement", "decrement"},
    {"/stores/v3/inventory-items/query", "inventory"},
    {"/stores/v3/products/query-variants", "variants"},
    {"/stores/v3/locations/query", "locations"},
    {"/stores/v3/locations/default", "default"},
    {"bulk/inventory-items/update", "update"},
    {"bulk/inventory-items/create", "create"},
    {"/ecom/v1/orders/search", "orders"},
};
#define HONEST (sizeof(honest) / sizeof(honest[0]))

static char *answers[2][HONEST]; /* read once; lives as long as the process */

static const char *honest_answer(bool v1, const char *path)
{
    for (size_t i = 0; i < HONEST; i++) {
        if (!strstr(path, honest[i].part)) continue;
        char name[64];
        snprintf(name, sizeof(name), "v%d/%s", v1 ? 1 : 3, honest[i].answer);
        if (!answers[v1][i]) answers[v1][i] = wix_answer(name);
        return answers[v1][i];
    }
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

static void operation_with_seed(struct stockd_start *start, bool v1, uint64_t seed)
{
    struct check *host = wix_host(v1 ? 1 : 3);
    uint64_t random = seed;
    static char body[65536];
    check_start(host, start);
    while (host->verdict == STOCKD_SEND && host->steps < STEPS_MAX) {
        struct check_answer answer = {.status = 200, .body = body};
        answer.body_size = change(honest_answer(v1, check_request(host)->path), body, &random);
        /* A list whose mark moves each time ends when the marketplace gives up. */
        if (host->steps > STEPS_MAX / 2) answer.status = 500;
        check_answer(host, &answer);
    }
    if (host->steps >= STEPS_MAX || host->failure.why == STOCKD_FAIL_BUG || host->problems.count)
        fail_msg("operation %u, route %u, seed %llu: %u steps, %s", start->operation, start->route,
                 (unsigned long long)seed, host->steps,
                 host->problems.count ? host->problems.at[0] : "no rule broken");
    for (size_t i = 0; i < host->stocks.count; i++)
        if (host->stocks.at[i].kind == STOCKD_STOCK_NUMBER)
            assert_true(host->stocks.at[i].quantity >= 0);
    for (size_t i = 0; i < host->outcomes.count; i++)
        assert_true(host->outcomes.at[i].given <= 1);
    check_free(host);
}

static struct wix_items batch;

static void seeds_of(bool v1, enum stockd_operation operation, uint32_t route, uint32_t items)
{
    static const struct stockd_warehouse_ref known[] = {{.id = PLACE}, {.id = "default"}};
    wix_items(&batch, operation, route, v1 ? "default" : PLACE, items);
    for (uint32_t i = 0; i < items && route == UPDATE; i++)
        wix_items_hold(&batch, i, 4 + i, i != 2);
    batch.start.warehouses = known;
    batch.start.warehouse_count = 2;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        operation_with_seed(&batch.start, v1, seed);
}

static void mutated_readings(bool v1)
{
    seeds_of(v1, STOCKD_LIST_WAREHOUSES, 0, 0);
    seeds_of(v1, STOCKD_FETCH_STOCK, 0, 0);
    seeds_of(v1, STOCKD_FETCH_STOCK, 0, 3);
    seeds_of(v1, STOCKD_CHECK_ACCOUNT, 0, 0);
    seeds_of(v1, STOCKD_FETCH_LISTINGS, 0, 0);
    seeds_of(v1, STOCKD_FETCH_LISTINGS, 0, 3);
    seeds_of(v1, STOCKD_FETCH_ORDERS, 0, 0);
}

static void mutated_readings_v1(void **state)
{
    (void)state;
    mutated_readings(true);
}

static void mutated_readings_v3(void **state)
{
    (void)state;
    mutated_readings(false);
}

static void mutated_writes(void **state)
{
    (void)state;
    for (uint32_t route = ADJUST; route <= FIND; route++)
        seeds_of(route <= LEARN, STOCKD_PUSH_STOCK, route, 3);
}

/* head, then `row` so often, then tail: an answer of some megabytes. Must be judged within seconds
 * of processor time, which a quadratic look over it would take many times. */
static void judged_in_time(bool v1, enum stockd_operation operation, uint32_t route, uint32_t items,
                           const char *head, const char *row, size_t times, const char *tail)
{
    struct check *host = wix_host(v1 ? 1 : 3);
    size_t size = strlen(row);
    char *body = malloc(strlen(head) + times * size + strlen(tail) + 1), *at = body;
    assert_non_null(body);
    at = stpcpy(at, head);
    for (size_t i = 0; i < times; i++, at += size)
        memcpy(at, row, size);
    strcpy(at - 1, tail); /* over the last comma */
    wix_items(&batch, operation, route, v1 ? "default" : PLACE, items);
    for (uint32_t i = 0; i < items && route == UPDATE; i++)
        wix_items_hold(&batch, i, 4 + i, true);
    check_start(host, &batch.start);
    check_reply(host, 200, body);
    if (host->slowest_us > 3000000) fail_msg("%lld us", (long long)host->slowest_us);
    free(body);
    fixture_end(host);
}

static void long_answers_cost_no_more_than_their_length(void **state)
{
    (void)state;
    judged_in_time(true, STOCKD_FETCH_STOCK, 0, 1000,
                   "{\"inventoryItem\":{\"productId\":\"" PRODUCT
                   "\",\"trackQuantity\":true,\"variants\":[",
                   "{\"variantId\":\"v\",\"quantity\":1},", 4000, "]}}");
    judged_in_time(true, STOCKD_PUSH_STOCK, BY_PRODUCT, 1000,
                   "{\"inventoryItem\":{\"productId\":\"" PRODUCT
                   "\",\"trackQuantity\":true,\"variants\":[",
                   "{\"variantId\":\"v\",\"quantity\":1},", 4000, "]}}");
    judged_in_time(true, STOCKD_FETCH_STOCK, 0, 1000,
                   "{\"inventoryItem\":{\"productId\":\"" PRODUCT
                   "\",\"trackQuantity\":true,\"variants\":[",
                   "{\"variantId\":\"v\",\"quantity\":1},", 100000, "]}}");
    judged_in_time(false, STOCKD_FETCH_STOCK, 0, 1000, "{\"inventoryItems\":[",
                   "{\"id\":\"a\",\"revision\":\"1\",\"productId\":\"" PRODUCT
                   "\",\"variantId\":\"v\",\"locationId\":\"" PLACE "\",\"quantity\":1},",
                   4000, "]}");
    judged_in_time(false, STOCKD_PUSH_STOCK, UPDATE, 1000, "{\"results\":[",
                   "{\"itemMetadata\":{\"originalIndex\":1,\"success\":true}},", 4000, "]}");
    judged_in_time(false, STOCKD_FETCH_ORDERS, 0, 0,
                   "{\"orders\":[{\"id\":\"o\",\"status\":\"APPROVED\",\"lineItems\":[",
                   "{\"id\":\"1\",\"quantity\":1},", 50000, "]}]}");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(mutated_readings_v1),
    cmocka_unit_test(mutated_readings_v3),
    cmocka_unit_test(mutated_writes),
    cmocka_unit_test(long_answers_cost_no_more_than_their_length),
};

TEST_MAIN(cases)
