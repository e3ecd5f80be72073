/* Honest answers with some bytes changed, through whole operations; and answers made to be slow.
 * Nothing may crash, hang, or break a rule of the ABI. Runs by seed: a failure prints its own. */
#include "allegro_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define SEEDS     1000
#define STEPS_MAX 100

static const char list[] =
    "{\"offers\":[{\"id\":\"70001\",\"name\":\"T\",\"external\":{\"id\":\"a\"},\"stock\":{"
    "\"available\":4,\"sold\":1},\"publication\":{\"status\":\"ACTIVE\"},\"isFulfillment\":false},"
    "{\"id\":\"70009\",\"stock\":{\"available\":4},\"publication\":{\"status\":\"ENDED\"},"
    "\"isFulfillment\":true}],\"count\":2,\"totalCount\":2}";
static const char offer[] =
    "{\"id\":\"70002\",\"external\":null,\"stock\":{\"available\":5},\"publication\":{\"status\":"
    "\"ENDED\",\"endedBy\":\"EMPTY_STOCK\",\"republish\":true},\"validation\":{\"errors\":[]}}";
static const char form[] =
    "{\"id\":\"f1\",\"status\":\"READY_FOR_PROCESSING\",\"fulfillment\":{\"status\":\"SENT\","
    "\"provider\":{\"id\":\"SELLER\"}},\"updatedAt\":\"2026-09-20T11:00:00Z\",\"lineItems\":[{"
    "\"id\":\"L1\",\"offer\":{\"id\":\"70001\",\"external\":{\"id\":\"a\"}},\"quantity\":1,"
    "\"boughtAt\":\"2026-09-20T10:00:00.64Z\"}]}";
static const char forms[] =
    "{\"checkoutForms\":[{\"id\":\"f2\",\"status\":\"CANCELLED\",\"updatedAt\":"
    "\"2026-09-20T11:00:00Z\",\"lineItems\":[{\"id\":\"L2\",\"offer\":{\"id\":\"70002\"},"
    "\"quantity\":2}]}],\"count\":1,\"totalCount\":1}";
static const char events[] =
    "{\"events\":[{\"id\":\"101\",\"type\":\"BOUGHT\",\"occurredAt\":\"2026-09-20T10:00:00Z\","
    "\"order\":{\"checkoutForm\":{\"id\":\"f1\"},\"lineItems\":[{\"id\":\"L1\",\"offer\":{\"id\":"
    "\"70001\"},\"quantity\":1}]}}]}";
static const char tasks[] =
    "{\"tasks\":[{\"offer\":{\"id\":\"70001\"},\"field\":\"quantity\",\"status\":\"SUCCESS\"},"
    "{\"subject\":{\"offerId\":\"70002\",\"field\":\"stock\"},\"status\":\"FAIL\",\"message\":"
    "\"m\","
    "\"errors\":[{\"code\":\"C\",\"message\":\"m\",\"path\":\"null\",\"userMessage\":null}]}]}";

/* By a part of the path, the first that fits. */
static const struct {
    const char *part, *body;
    int status;
} honest[] = {
    {"/auth/oauth/device",
     "{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":\"https://a.example/\","
     "\"interval\":5,\"expires_in\":60}",
     200},
    {"/auth/oauth/token",
     "{\"access_token\":\"a.b.c\",\"refresh_token\":\"r\",\"expires_in\":43199}", 200},
    {"/tasks", tasks, 200},
    {"-commands", "{\"id\":\"c\",\"taskCount\":{\"total\":0,\"success\":0,\"failed\":0}}", 201},
    {"/operations/", "{\"operation\":{\"id\":\"o\",\"status\":\"IN_PROGRESS\"}}", 202},
    {"/sale/offers", list, 200},
    {"/sale/product-offers/", offer, 200},
    {"/order/events", events, 200},
    {"/order/event-stats", "{\"latestEvent\":{\"id\":\"900\"}}", 200},
    {"/order/checkout-forms/", form, 200},
    {"/order/checkout-forms", forms, 200},
    {"/me", "{\"id\":\"46968690\",\"features\":[\"ONE_FULFILLMENT\"]}", 200},
};

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

static void answer_honestly(struct check *host, uint64_t *random)
{
    static const struct check_pair location = {"Location", "/operations/op-1"};
    const char *path = check_request(host)->path;
    char body[1024];
    for (size_t i = 0; i < sizeof(honest) / sizeof(honest[0]); i++) {
        if (!strstr(path, honest[i].part)) continue;
        struct check_answer answer = {
            .status = honest[i].status, .body = body, .headers = &location, .header_count = 1};
        answer.body_size = change(honest[i].body, body, random);
        static const int others[] = {202, 303, 404, 409, 422, 429, 500};
        uint64_t which = next_random(random) % 40;
        if (which < sizeof(others) / sizeof(others[0])) answer.status = others[which];
        if (host->steps > STEPS_MAX / 2) answer.status = 500; /* a journal that always moves */
        check_answer(host, &answer);
        return;
    }
    fail_msg("no answer for %s", path);
}

static void operation_with_seed(struct allegro_items *batch, uint64_t seed)
{
    struct check *host = allegro_host();
    uint64_t random = seed;
    check_option(host, "reactivate", seed % 2 ? "own" : "always");
    check_state(host, "events-cursor", "100", 3);
    check_state(host, "orders-until", "1789990000000", 13);
    check_state(host, "republish", "70002,", 6);
    check_start(host, &batch->start);
    while (host->steps < STEPS_MAX * 2) {
        if (host->verdict == STOCKD_SEND)
            answer_honestly(host, &random);
        else if (host->verdict == STOCKD_WAIT)
            check_timer(host);
        else
            break;
    }
    if (host->steps >= STEPS_MAX * 2 || host->failure.why == STOCKD_FAIL_BUG ||
        host->problems.count)
        fail_msg("operation %u, route %u, seed %llu: %u steps, %s", batch->start.operation,
                 batch->start.route, (unsigned long long)seed, host->steps,
                 host->problems.count ? host->problems.at[0] : "no rule broken");
    for (size_t i = 0; i < host->stocks.count; i++)
        assert_true(host->stocks.at[i].kind != STOCKD_STOCK_NUMBER ||
                    host->stocks.at[i].quantity >= 0);
    check_free(host);
}

static void seeds_of(enum stockd_operation operation, uint32_t route, uint32_t items)
{
    struct allegro_items *batch = malloc(sizeof(*batch));
    allegro_items(batch, operation, items);
    batch->start.route = route;
    batch->start.authorize_mode = route;
    for (uint32_t i = 0; i < items; i++) {
        if (operation != STOCKD_CONFIRM_STOCK) break;
        static const char *const notes[] = {"q5@1789000000000/c1", "b5@1789000000000/c2",
                                            "o0@1789000000000/o1", "p0@1789999990000/c3"};
        allegro_note(batch, i, notes[i % 4]);
    }
    if (route == ROUTE_ACTIVATE || route == ROUTE_END)
        for (uint32_t i = 0; i < items; i++) {
            batch->items[i].listing_data = "z";
            batch->items[i].listing_data_size = 1;
            if (route == ROUTE_END) batch->items[i].wanted = 0;
        }
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        operation_with_seed(batch, seed);
    free(batch);
}

static void mutated_reads(void **state)
{
    (void)state;
    seeds_of(STOCKD_FETCH_STOCK, 0, 0);
    seeds_of(STOCKD_FETCH_STOCK, 0, 3);
    seeds_of(STOCKD_FETCH_LISTINGS, 0, 0);
    seeds_of(STOCKD_FETCH_LISTINGS, 0, 3);
}

static void mutated_pushes(void **state)
{
    (void)state;
    seeds_of(STOCKD_PUSH_STOCK, ROUTE_COMMAND, 3);
    seeds_of(STOCKD_PUSH_STOCK, ROUTE_BULK, 3);
    seeds_of(STOCKD_PUSH_STOCK, ROUTE_PATCH, 1);
    seeds_of(STOCKD_PUSH_STOCK, ROUTE_ACTIVATE, 1);
    seeds_of(STOCKD_PUSH_STOCK, ROUTE_END, 3);
}

static void mutated_confirmations(void **state)
{
    (void)state;
    seeds_of(STOCKD_CONFIRM_STOCK, 0, 8);
}

static void mutated_orders(void **state)
{
    (void)state;
    seeds_of(STOCKD_FETCH_ORDERS, 0, 0);
}

static void mutated_accounts(void **state)
{
    (void)state;
    seeds_of(STOCKD_CHECK_ACCOUNT, 0, 0);
    seeds_of(STOCKD_AUTHORIZE, STOCKD_AUTHORIZE_RENEW, 0);
    seeds_of(STOCKD_AUTHORIZE, STOCKD_AUTHORIZE_LOGIN, 0);
}

/* head, then `row` so often, then tail: an answer of some megabytes. Must be judged within seconds
 * of processor time even under sanitizers, which a quadratic look over it would take many times. */
static void judged_in_time(enum stockd_operation operation, uint32_t items, const char *head,
                           const char *row, size_t times, const char *tail)
{
    struct allegro_items *batch = malloc(sizeof(*batch));
    struct check *host = allegro_host();
    size_t size = strlen(row);
    char *body = malloc(strlen(head) + times * size + strlen(tail) + 1), *at = body;
    assert_non_null(body);
    at = stpcpy(at, head);
    for (size_t i = 0; i < times; i++, at += size)
        memcpy(at, row, size);
    strcpy(at - 1, tail); /* over the last comma */
    allegro_items(batch, operation, items);
    check_state(host, "events-cursor", "100", 3);
    check_state(host, "orders-until", "1789990000000", 13);
    for (uint32_t i = 0; operation == STOCKD_CONFIRM_STOCK && i < items; i++)
        allegro_note(batch, i, "q5@1789000000000/c1");
    check_start(host, &batch->start);
    check_reply(host, 200, body);
    if (host->slowest_us > 3000000) fail_msg("%lld us", (long long)host->slowest_us);
    free(body);
    fixture_end(host);
    free(batch);
}

static void long_answers_cost_no_more_than_their_length(void **state)
{
    (void)state;
    judged_in_time(STOCKD_FETCH_LISTINGS, 0, "{\"offers\":[", "{\"id\":\"1\"},", 100000, "]}");
    judged_in_time(STOCKD_FETCH_LISTINGS, 0, "{\"offers\":[",
                   "{\"id\":\"1\",\"publication\":{\"status\":\"ACTIVE\"}},", 1999, "]}");
    judged_in_time(STOCKD_FETCH_STOCK, 100, "{\"offers\":[", "{\"id\":\"1\"},", 399, "]}");
    judged_in_time(STOCKD_CONFIRM_STOCK, 1000, "{\"tasks\":[",
                   "{\"offer\":{\"id\":\"9\"},\"field\":\"quantity\",\"status\":\"NEW\"},", 3999,
                   "]}");
    judged_in_time(STOCKD_FETCH_ORDERS, 0, "{\"events\":[",
                   "{\"id\":\"1\",\"type\":\"X\",\"order\":{\"checkoutForm\":{\"id\":\"f\"}}},",
                   3999, "]}");
    judged_in_time(STOCKD_FETCH_ORDERS, 0,
                   "{\"events\":[{\"id\":\"1\",\"type\":\"BOUGHT\",\"order\":{\"lineItems\":[",
                   "{\"id\":\"L\"},", 100000, "]}}]}");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(mutated_reads),
    cmocka_unit_test(mutated_pushes),
    cmocka_unit_test(mutated_confirmations),
    cmocka_unit_test(mutated_orders),
    cmocka_unit_test(mutated_accounts),
    cmocka_unit_test(long_answers_cost_no_more_than_their_length),
};

TEST_MAIN(cases)
