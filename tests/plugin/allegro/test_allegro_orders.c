/* fetch_orders: the journal as hints, the checkout forms as truth, the sweep as repair; and when
 * the marks may move. */
#include "allegro_fixture.h"

#include <stdio.h>

#define FORM_1 "29738e61-7f6a-11e8-ac45-09db60ede9d6"
#define FORM_2 "88ae369b-8f65-4fc4-9c77-bedf604a2e2b"
#define ITEM(id, offer, n)                                                                       \
    "{\"id\":\"" id "\",\"offer\":{\"id\":\"" offer "\",\"external\":{\"id\":\"A-" offer "\"}}," \
    "\"quantity\":" n ",\"boughtAt\":\"2026-09-20T10:00:00.64Z\"}"
#define EVENT(id, type, form, items)                                                               \
    "{\"id\":\"" id "\",\"type\":\"" type "\",\"occurredAt\":\"2026-09-20T10:00:01Z\",\"order\":{" \
    "\"checkoutForm\":" form ",\"lineItems\":[" items "]}}"
#define FORM(id, status, handled, items)                                                        \
    "{\"id\":\"" id "\",\"status\":\"" status "\",\"fulfillment\":{\"status\":\"" handled "\"," \
    "\"provider\":{\"id\":\"SELLER\"}},\"updatedAt\":\"2026-09-20T11:00:00Z\",\"lineItems\":"   \
    "[" items "]}"
#define NO_EVENTS "{\"events\":[]}"
#define NO_FORMS  "{\"checkoutForms\":[],\"count\":0,\"totalCount\":0}"

static struct stockd_start start;

/* A drain with a cursor of an hour ago. */
static struct check *draining(void)
{
    struct check *host = allegro_host();
    char digits[32];
    snprintf(digits, sizeof(digits), "%lld", (long long)(host->now_ms - 3600000));
    check_state(host, "orders-until", digits, strlen(digits));
    check_state(host, "events-cursor", "100", 3);
    start = fixture_start(STOCKD_FETCH_ORDERS);
    assert_int_equal(check_start(host, &start), STOCKD_SEND);
    allegro_asked(host, "GET", "/order/events?limit=1000&from=100");
    return host;
}

static void cursor_is(const struct check *host, const char *cursor)
{
    const struct check_bytes *state = check_state_of(host, "events-cursor");
    assert_non_null(state);
    assert_int_equal(state->size, strlen(cursor));
    assert_memory_equal(state->data, cursor, state->size);
}

static void an_event_leads_to_its_form_and_the_sweep_ends_it(void **state)
{
    (void)state;
    struct check *host = draining();
    check_reply(host, 200,
                "{\"events\":[" EVENT("101", "BOUGHT", "null", ITEM("L1", "1", "2")) "," EVENT(
                    "102", "FILLED_IN", "{\"id\":\"" FORM_1 "\"}",
                    ITEM("L2", "2",
                         "1")) "," EVENT("103", "READY_FOR_PROCESSING", "{\"id\":\"" FORM_1 "\"}",
                                         ITEM("L2", "2",
                                              "1")) "," EVENT("104", "FULFILLMENT_STATUS_CHANGED",
                                                              "{\"id\":\"" FORM_2 "\"}", "") "]}");
    assert_int_equal(host->lines.count, 3); /* what was bought, at once */
    assert_string_equal(host->lines.at[0].key, "L1");
    assert_null(host->lines.at[0].order_id); /* no form yet */
    assert_int_equal(host->lines.at[0].quantity, 2);
    assert_int_equal(host->lines.at[0].state, STOCKD_ORDER_OPEN);
    assert_int_equal(host->lines.at[0].marketplace_lowered, 1);
    assert_int_equal(host->lines.at[0].ordered_ms, 1789898400640);
    assert_string_equal(host->lines.at[0].refs[0].kind, "listing");
    assert_string_equal(host->lines.at[0].refs[0].value, "1");
    assert_string_equal(host->lines.at[0].refs[1].kind, "sku");
    assert_string_equal(host->lines.at[0].refs[1].value, "A-1");
    cursor_is(host, "100"); /* not past what was not read */
    allegro_asked(host, "GET", "/order/checkout-forms/" FORM_1);
    check_reply(host, 200, FORM(FORM_1, "READY_FOR_PROCESSING", "SENT", ITEM("L2", "2", "1")));
    assert_int_equal(host->lines.at[3].state, STOCKD_ORDER_SHIPPED);
    assert_string_equal(host->lines.at[3].order_id, FORM_1);
    cursor_is(host, "103"); /* what comes before the event that names the other */
    allegro_asked(host, "GET", "/order/checkout-forms/" FORM_2);
    check_reply(host, 200, FORM(FORM_2, "CANCELLED", "NEW", ITEM("L3", "3", "1")));
    assert_int_equal(host->lines.at[4].state, STOCKD_ORDER_CANCELLED);
    cursor_is(host, "104");
    allegro_asked(host, "GET", "/order/events?limit=1000&from=104");
    check_reply(host, 200, NO_EVENTS);
    assert_non_null(strstr(check_request(host)->path, "/order/checkout-forms?limit=100&offset=0&"
                                                      "sort=updatedAt&updatedAt.gte=2026-"));
    assert_int_equal(host->drained_ms, 0);
    int64_t began = host->now_ms;
    assert_int_equal(check_reply(host, 200, NO_FORMS), STOCKD_DONE);
    assert_true(host->drained_ms > 0 && host->drained_ms <= began);
    assert_non_null(check_state_of(host, "orders-until"));
    fixture_end(host);
}

static void states_of_forms(void **state)
{
    (void)state;
    static const struct {
        const char *status, *handled;
        enum stockd_order_state state;
    } forms[] = {
        {"BOUGHT", "NEW", STOCKD_ORDER_OPEN},
        {"FILLED_IN", "NEW", STOCKD_ORDER_OPEN},
        {"READY_FOR_PROCESSING", "PROCESSING", STOCKD_ORDER_OPEN},
        {"READY_FOR_PROCESSING", "READY_FOR_SHIPMENT", STOCKD_ORDER_OPEN},
        {"READY_FOR_PROCESSING", "READY_FOR_PICKUP", STOCKD_ORDER_OPEN},
        {"READY_FOR_PROCESSING", "SUSPENDED", STOCKD_ORDER_OPEN},
        {"READY_FOR_PROCESSING", "SENT", STOCKD_ORDER_SHIPPED},
        {"READY_FOR_PROCESSING", "PICKED_UP", STOCKD_ORDER_SHIPPED},
        {"READY_FOR_PROCESSING", "CANCELLED", STOCKD_ORDER_CANCELLED},
        {"READY_FOR_PROCESSING", "RETURNED", STOCKD_ORDER_RETURNED},
        {"CANCELLED", "NEW", STOCKD_ORDER_CANCELLED},
        {"CANCELLED", "CANCELLED", STOCKD_ORDER_CANCELLED},
        {"CANCELLED", "SENT", STOCKD_ORDER_RETURNED},
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct check *host = draining();
        char body[1024];
        check_reply(host, 200, NO_EVENTS);
        snprintf(body, sizeof(body),
                 "{\"checkoutForms\":[" FORM(FORM_1, "%s", "%s",
                                             ITEM("L", "1", "1")) "],"
                                                                  "\"count\":1,\"totalCount\":1}",
                 forms[i].status, forms[i].handled);
        assert_int_equal(check_reply(host, 200, body), STOCKD_DONE);
        if (host->lines.count != 1 || host->lines.at[0].state != forms[i].state)
            fail_msg("%s %s", forms[i].status, forms[i].handled);
        assert_string_equal(host->lines.at[0].warehouse_id, "default");
        fixture_end(host);
    }
}

static void allegros_own_orders_take_allegros_stock(void **state)
{
    (void)state;
    struct check *host = draining();
    check_reply(host, 200, NO_EVENTS);
    check_reply(host, 200,
                "{\"checkoutForms\":[{\"id\":\"f\",\"status\":\"BOUGHT\",\"fulfillment\":{"
                "\"provider\":{\"id\":\"ALLEGRO\"}},\"lineItems\":[" ITEM("L", "1",
                                                                          "1") "]}],"
                                                                               "\"totalCount\":1}");
    assert_int_equal(host->lines.at[0].marketplace_stock, 1);
    assert_string_equal(host->lines.at[0].warehouse_id, "one-fulfillment");
    fixture_end(host);
}

/* What cannot be read keeps both marks where they are; the rest is used. */
static void what_is_malformed_moves_nothing(void **state)
{
    (void)state;
    static const char *const forms[] = {
        "null",
        "{}",
        FORM(FORM_1, "NEW_WORD", "NEW", ITEM("L", "1", "1")),
        FORM(FORM_1, "BOUGHT", "NEW_WORD", ITEM("L", "1", "1")),
        "{\"id\":\"f\",\"status\":\"BOUGHT\",\"fulfillment\":{\"status\":7},\"lineItems\":[" ITEM(
            "L", "1", "1") "]}",
        FORM(FORM_1, "BOUGHT", "NEW", ""),
        FORM(FORM_1, "BOUGHT", "NEW", "null"),
        FORM(FORM_1, "BOUGHT", "NEW", "{\"id\":\"L\",\"offer\":{},\"quantity\":1}"),
        FORM(FORM_1, "BOUGHT", "NEW", ITEM("L", "1", "-1")),
        FORM(FORM_1, "BOUGHT", "NEW", ITEM("L", "1", "1.5")),
        FORM(FORM_1, "BOUGHT", "NEW", ITEM("", "1", "1")),
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct check *host = draining();
        char body[2048];
        const struct check_bytes *until = check_state_of(host, "orders-until");
        char before[32] = "";
        memcpy(before, until->data, until->size);
        check_reply(host, 200, NO_EVENTS);
        snprintf(body, sizeof(body),
                 "{\"checkoutForms\":[%s," FORM(FORM_2, "BOUGHT", "NEW",
                                                ITEM("G", "2", "1")) "],"
                                                                     "\"totalCount\":2}",
                 forms[i]);
        assert_int_equal(check_reply(host, 200, body), STOCKD_DONE);
        assert_int_equal(host->lines.count, 1);
        assert_string_equal(host->lines.at[0].key, "G");
        assert_true(host->malformed.count > 0);
        assert_int_equal(host->drained_ms, 0);
        until = check_state_of(host, "orders-until");
        assert_memory_equal(until->data, before, until->size);
        fixture_end(host);
    }
}

static void an_odd_event_keeps_the_cursor(void **state)
{
    (void)state;
    static const char *const events[] = {
        "null",
        EVENT("", "BOUGHT", "null", ITEM("L", "1", "1")),
        "{\"id\":\"101\",\"order\":{\"lineItems\":[" ITEM("L", "1", "1") "]}}",
        EVENT("101", "BOUGHT", "{\"id\":\"../../me\"}", ITEM("L", "1", "1")),
        EVENT("101", "BOUGHT", "{}", ITEM("L", "1", "1")),
        EVENT("101", "BOUGHT", "null", "")};
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        struct check *host = draining();
        char body[2048];
        snprintf(body, sizeof(body), "{\"events\":[%s,%s]}", events[i],
                 EVENT("102", "BOUGHT", "null", ITEM("G", "2", "1")));
        check_reply(host, 200, body);
        allegro_asked(host, "GET", "/order/events?limit=1000&from=102");
        check_reply(host, 200, NO_EVENTS);
        assert_int_equal(check_reply(host, 200, NO_FORMS), STOCKD_DONE);
        assert_string_equal(host->lines.at[host->lines.count - 1].key, "G");
        cursor_is(host, "100");
        assert_int_equal(host->drained_ms, 0);
        fixture_end(host);
    }
}

static void a_purchase_cancelled_before_its_form_is_cancelled(void **state)
{
    (void)state;
    struct check *host = draining();
    check_reply(host, 200,
                "{\"events\":[" EVENT("101", "AUTO_CANCELLED", "null", ITEM("L1", "1", "2")) "]}");
    assert_int_equal(host->lines.at[0].state, STOCKD_ORDER_CANCELLED);
    cursor_is(host, "101");
    fixture_end(host);
}

/* Seen: 404, and a 500 with the code ERROR, for a form that was merged into another. */
static void a_form_that_was_merged_stops_nothing(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum stockd_verdict verdict;
    } answers[] = {
        {404, "{\"errors\":[{\"code\":\"NOT_FOUND\"}]}", STOCKD_SEND},
        {500, "{\"errors\":[{\"code\":\"ERROR\",\"message\":\"An error has occurred\"}]}",
         STOCKD_SEND},
        {500, "{\"errors\":[{\"code\":\"INTERNAL_SERVER_ERROR\"}]}", STOCKD_DEFAULT},
        {404, "<html>", STOCKD_FAIL},
        {502, "<html>", STOCKD_DEFAULT},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct check *host = draining();
        check_reply(
            host, 200,
            "{\"events\":[" EVENT("101", "BUYER_CANCELLED", "{\"id\":\"" FORM_1 "\"}", "") "]}");
        assert_int_equal(check_reply(host, answers[i].status, answers[i].body), answers[i].verdict);
        cursor_is(host, answers[i].verdict == STOCKD_SEND ? "101" : "100");
        fixture_end(host);
    }
}

#define TWO_FORMS                                                                             \
    "{\"events\":[" EVENT("101", "BUYER_CANCELLED", "{\"id\":\"" FORM_1 "\"}", "") "," EVENT( \
        "102", "BUYER_CANCELLED", "{\"id\":\"" FORM_2 "\"}", "") "]}"

/* A backlog of a thousand forms never comes through at a stretch where one in six answers fails. */
static void forms_that_were_read_are_not_read_again(void **state)
{
    (void)state;
    struct check *host = draining();
    check_reply(host, 200, TWO_FORMS);
    check_reply(host, 200, FORM(FORM_1, "CANCELLED", "NEW", ITEM("L1", "1", "1")));
    assert_int_equal(check_reply(host, 502, "<html>"), STOCKD_DEFAULT);
    cursor_is(host, "101");
    assert_int_equal(check_start(host, &start), STOCKD_SEND);
    allegro_asked(host, "GET", "/order/events?limit=1000&from=101");
    fixture_end(host);
}

static void an_odd_event_keeps_the_cursor_before_every_form(void **state)
{
    (void)state;
    struct check *host = draining();
    check_reply(host, 200,
                "{\"events\":[" EVENT("101", "BUYER_CANCELLED", "{\"id\":\"" FORM_1 "\"}",
                                      "") ",null," EVENT("103", "BUYER_CANCELLED",
                                                         "{\"id\":\"" FORM_2 "\"}", "") "]}");
    check_reply(host, 200, FORM(FORM_1, "CANCELLED", "NEW", ITEM("L1", "1", "1")));
    check_reply(host, 200, FORM(FORM_2, "CANCELLED", "NEW", ITEM("L2", "1", "1")));
    cursor_is(host, "100");
    fixture_end(host);
}

#define PAGE_OF_3                                                                                 \
    "{\"checkoutForms\":[" FORM(FORM_1, "BOUGHT", "NEW", ITEM("L", "1", "1")) "],\"totalCount\":" \
                                                                              "3}"
#define SECOND_PAGE                                            \
    "/order/checkout-forms?limit=100&offset=0&sort=updatedAt&" \
    "updatedAt.gte=2026-09-20T11%3A00%3A00.000Z"

/* Interrupted after a page, by whatever ended the operation; then `later_ms` pass. */
static struct check *interrupted(bool fresh, int64_t later_ms)
{
    struct check *host = allegro_host();
    char digits[32];
    host->now_ms = 1789905600000; /* 2026-09-20T12:00:00Z */
    start = fixture_start(STOCKD_FETCH_ORDERS);
    start.since_ms = host->now_ms - 86400000;
    if (!fresh) {
        snprintf(digits, sizeof(digits), "%lld", (long long)(host->now_ms - 7200000));
        check_state(host, "orders-until", digits, strlen(digits));
        check_state(host, "events-cursor", "100", 3);
    }
    check_start(host, &start);
    check_reply(host, 200, fresh ? "{\"latestEvent\":{\"id\":\"900\"}}" : NO_EVENTS);
    check_reply(host, 200, PAGE_OF_3);
    allegro_asked(host, "GET", SECOND_PAGE);
    host->now_ms += later_ms;
    return host;
}

static void a_sweep_that_was_interrupted_goes_on(void **state)
{
    (void)state;
    for (int fresh = 0; fresh < 2; fresh++) {
        struct check *host = interrupted(fresh, 60000);
        int64_t began = host->now_ms - 60000;
        check_start(host, &start);
        if (!fresh) { /* the journal first: what is new is not put off */
            allegro_asked(host, "GET", "/order/events?limit=1000&from=100");
            check_reply(host, 200, NO_EVENTS);
        }
        allegro_asked(host, "GET", SECOND_PAGE);
        assert_int_equal(check_reply(host, 200, NO_FORMS), STOCKD_DONE);
        assert_true(host->drained_ms >= began && host->drained_ms < host->now_ms);
        cursor_is(host, fresh ? "900" : "100");
        check_start(host, &start); /* and the next one begins anew */
        if (fresh) allegro_asked(host, "GET", "/order/events?limit=1000&from=900");
        check_reply(host, 200, NO_EVENTS);
        assert_null(strstr(check_request(host)->path, "2026-09-20T11%3A00%3A00"));
        fixture_end(host);
    }
}

/* Too old, from a time to come, no place at all, or one that Allegro does not take. */
static void a_place_that_is_no_good_is_left(void **state)
{
    (void)state;
    static const char *const places[] = {
        "",
        "x",
        "1789905600000",
        "1789905600000 1789902000000 1789905600000 ",
        "1789905600000 1789902000000 1789905600000 -1 -",
        "1789905600000 1789902000000 1789905600000 0 ../me",
        "1789905600000 0 1789905600000 0 -",
        "99999999999999999999 1789902000000 1789905600000 0 -",
        "1789999999000 1789902000000 1789999999999 0 -",
    };
    for (size_t i = 0; i <= sizeof(places) / sizeof(places[0]); i++) {
        bool old = i == sizeof(places) / sizeof(places[0]);
        struct check *host = interrupted(false, old ? 660000 : 1000);
        if (!old) check_state(host, "orders-drain-place", places[i], strlen(places[i]));
        check_start(host, &start);
        check_reply(host, 200, NO_EVENTS);
        assert_non_null(strstr(check_request(host)->path, "updatedAt.gte=2026-09-20T09%3A45"));
        fixture_end(host);
    }
    struct check *host = interrupted(false, 1000);
    check_start(host, &start);
    check_reply(host, 200, NO_EVENTS);
    allegro_asked(host, "GET", SECOND_PAGE);
    assert_int_equal(check_reply(host, 422, "{\"errors\":[{\"code\":\"OFFSET\"}]}"), STOCKD_FAIL);
    check_start(host, &start);
    check_reply(host, 200, NO_EVENTS);
    assert_non_null(strstr(check_request(host)->path, "updatedAt.gte=2026-09-20T09%3A45"));
    fixture_end(host);
}

/* Forms of five pages: from then on only the newest are swept again, and all once a minute. */
static void where_much_is_ordered_most_sweeps_are_brief(void **state)
{
    (void)state;
    struct check *host = allegro_host();
    char page[2048];
    host->now_ms = 1789905600000; /* 2026-09-20T12:00:00Z */
    start = fixture_start(STOCKD_FETCH_ORDERS);
    check_state(host, "orders-until", "1789905000000", 13);
    check_state(host, "events-cursor", "100", 3);
    check_start(host, &start);
    check_reply(host, 200, NO_EVENTS);
    for (int i = 0; i < 5; i++) {
        snprintf(
            page, sizeof(page),
            "{\"checkoutForms\":[{\"id\":\"f%d\",\"status\":\"BOUGHT\",\"updatedAt\":"
            "\"2026-09-20T11:59:0%dZ\",\"lineItems\":[" ITEM("L", "1", "1") "]}],"
                                                                            "\"totalCount\":%d}",
            i, i, i < 4 ? 9 : 1);
        check_reply(host, 200, page);
    }
    assert_int_equal(host->verdict, STOCKD_DONE);
    for (int whole = 0; whole < 2; whole++) {
        host->now_ms = 1789905600000 + (whole ? 60000 : 10000);
        check_start(host, &start);
        check_reply(host, 200, NO_EVENTS);
        /* a quarter of an hour before the drain that was at 12:00:10 */
        const char *from = whole ? "2026-09-20T11%3A45%3A10" : "2026-09-20T11%3A57%3A04";
        if (!strstr(check_request(host)->path, from)) fail_msg("%s", check_request(host)->path);
        assert_int_equal(check_reply(host, 200, NO_FORMS), STOCKD_DONE);
    }
    fixture_end(host);
}

static void the_sweep_goes_by_time_not_by_counting(void **state)
{
    (void)state;
    struct check *host = allegro_host();
    start = fixture_start(STOCKD_FETCH_ORDERS);
    start.orders_mode = STOCKD_ORDERS_SWEEP;
    start.since_ms = 1789862400000; /* 2026-09-20T00:00:00Z */
    check_start(host, &start);
    allegro_asked(host, "GET",
                  "/order/checkout-forms?limit=100&offset=0&sort=updatedAt&"
                  "updatedAt.gte=2026-09-20T00%3A00%3A00.000Z");
    check_reply(host, 200,
                "{\"checkoutForms\":[" FORM(FORM_1, "BOUGHT", "NEW",
                                            ITEM("L", "1", "1")) "],\"totalCount\":3}");
    allegro_asked(host, "GET",
                  "/order/checkout-forms?limit=100&offset=0&sort=updatedAt&"
                  "updatedAt.gte=2026-09-20T11%3A00%3A00.000Z");
    check_reply(host, 200,
                "{\"checkoutForms\":[" FORM(FORM_1, "BOUGHT", "NEW",
                                            ITEM("L", "1", "1")) "],\"totalCount\":3}");
    allegro_asked(host, "GET",
                  "/order/checkout-forms?limit=100&offset=1&sort=updatedAt&"
                  "updatedAt.gte=2026-09-20T11%3A00%3A00.000Z");
    assert_int_equal(check_reply(host, 200, "{\"checkoutForms\":[],\"totalCount\":3}"),
                     STOCKD_DONE);
    assert_int_equal(host->drained_ms,
                     0); /* nothing is known from before it, and it is not whole */
    fixture_end(host);
}

/* It shows no purchase that has no form yet: those are in the journal alone. */
static void a_sweep_says_not_that_nothing_is_missing(void **state)
{
    (void)state;
    struct check *host = allegro_host();
    char digits[32];
    start = fixture_start(STOCKD_FETCH_ORDERS);
    snprintf(digits, sizeof(digits), "%lld", (long long)(host->now_ms - 3600000));
    check_state(host, "orders-until", digits, strlen(digits));
    check_state(host, "events-cursor", "100", 3);
    start.orders_mode = STOCKD_ORDERS_SWEEP;
    start.since_ms = host->now_ms - 7200000; /* from before what is known */
    check_start(host, &start);
    assert_int_equal(check_reply(host, 200, NO_FORMS), STOCKD_DONE);
    assert_int_equal(host->drained_ms, 0);
    const struct check_bytes *until = check_state_of(host, "orders-until");
    assert_int_equal(until->size, strlen(digits));
    assert_memory_equal(until->data, digits, until->size);
    cursor_is(host, "100");
    fixture_end(host);
}

/* A page that repeats its rows has more of them than it may, and not all that there are. */
static void a_page_with_every_form_twice_is_not_the_last(void **state)
{
    (void)state;
    enum { FORMS = 100, ROOM = 1 << 20 };
    struct check *host = allegro_host();
    char *body = malloc(ROOM);
    int size = snprintf(body, ROOM, "{\"totalCount\":122,\"checkoutForms\":[");
    for (int i = 0; i < 2 * FORMS; i++)
        size += snprintf(body + size, ROOM - (size_t)size,
                         "%s" FORM("form-%d", "BOUGHT", "NEW", ITEM("L-%d", "1", "1")),
                         i ? "," : "", i / 2, i / 2);
    snprintf(body + size, ROOM - (size_t)size, "]}");
    start = fixture_start(STOCKD_FETCH_ORDERS);
    start.orders_mode = STOCKD_ORDERS_SWEEP;
    start.since_ms = 1789862400000; /* 2026-09-20T00:00:00Z */
    check_start(host, &start);
    assert_int_equal(check_reply(host, 200, body), STOCKD_SEND);
    allegro_asked(host, "GET",
                  "/order/checkout-forms?limit=100&offset=0&sort=updatedAt&"
                  "updatedAt.gte=2026-09-20T11%3A00%3A00.000Z");
    assert_int_equal(check_reply(host, 200, body), STOCKD_SEND); /* by counting, in one time */
    allegro_asked(host, "GET",
                  "/order/checkout-forms?limit=100&offset=100&sort=updatedAt&"
                  "updatedAt.gte=2026-09-20T11%3A00%3A00.000Z");
    free(body);
    fixture_end(host);
}

static void a_sweep_that_shows_the_same_for_ever_ends(void **state)
{
    (void)state;
    struct check *host = draining();
    check_reply(host, 200, NO_EVENTS);
    for (int i = 0; i < 10 && host->verdict == STOCKD_SEND; i++)
        check_reply(host, 200,
                    "{\"checkoutForms\":[" FORM(FORM_1, "BOUGHT", "NEW", ITEM("L", "1", "1")) "]}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->drained_ms, 0); /* where it ends was not seen */
    assert_int_equal(host->malformed.count, 1);
    fixture_end(host);
}

/* The import was off for longer than the cut-over's sweep looks back: what the journal tells of
 * before that may have left long ago. A later drain goes on from wherever it was. */
static void a_first_drain_reads_no_older_journal(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        struct check *host = allegro_host();
        char digits[32];
        start = fixture_start(STOCKD_FETCH_ORDERS);
        start.since_ms = first ? 1789862400000 : 0; /* 2026-09-20T00:00:00Z */
        snprintf(digits, sizeof digits, "%lld", (long long)1789862400000 - 1);
        check_state(host, "orders-until", digits, strlen(digits));
        check_state(host, "events-cursor", "100", 3);
        check_start(host, &start);
        if (!first) {
            allegro_asked(host, "GET", "/order/events?limit=1000&from=100");
        } else {
            allegro_asked(host, "GET", "/order/event-stats");
            check_reply(host, 200, "{\"latestEvent\":{\"id\":\"900\"}}");
            allegro_asked(host, "GET",
                          "/order/checkout-forms?limit=100&offset=0&sort=updatedAt&"
                          "updatedAt.gte=2026-09-20T00%3A00%3A00.000Z");
        }
        fixture_end(host);
    }
}

/* No cursor, one of sixty days ago, or one the journal does not take. */
static void without_a_cursor_the_journal_begins_at_its_end(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        struct check *host = way == 2 ? draining() : allegro_host();
        char digits[32];
        start = fixture_start(STOCKD_FETCH_ORDERS);
        start.since_ms = host->now_ms - 86400000;
        if (way == 1) {
            snprintf(digits, sizeof(digits), "%lld",
                     (long long)(host->now_ms - 60 * INT64_C(86400000)));
            check_state(host, "orders-until", digits, strlen(digits));
            check_state(host, "events-cursor", "100", 3);
        }
        if (way == 2)
            check_reply(host, 400, "{\"errors\":[{\"code\":\"INVALID_FROM\"}]}");
        else
            check_start(host, &start);
        allegro_asked(host, "GET", "/order/event-stats");
        check_reply(host, 200,
                    "{\"latestEvent\":{\"id\":\"900\",\"occurredAt\":\"2026-09-20T00:00:00Z\"}}");
        assert_non_null(strstr(check_request(host)->path, "/order/checkout-forms?limit=100"));
        const struct check_bytes *cursor = check_state_of(host, "events-cursor");
        assert_true(!cursor || cursor->size == 3);
        if (way) cursor_is(host, "100"); /* not before the sweep is through */
        check_reply(host, 200, NO_FORMS);
        cursor_is(host, "900");
        assert_true(host->drained_ms > 0);
        fixture_end(host);
    }
}

static void stats_that_cannot_be_read_begin_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum stockd_verdict verdict;
    } stats[] = {
        {"{}", STOCKD_SEND}, /* a seller without an event yet */
        {"{\"latestEvent\":null}", STOCKD_SEND},
        {"{\"latestEvent\":{}}", STOCKD_FAIL},
        {"{\"latestEvent\":{\"id\":7}}", STOCKD_FAIL},
        {"{\"latestEvent\":{\"id\":\"a b\"}}", STOCKD_FAIL},
        {"{\"other\":1}", STOCKD_FAIL},
        {"<html>", STOCKD_FAIL},
    };
    for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++) {
        struct check *host = allegro_host();
        start = fixture_start(STOCKD_FETCH_ORDERS);
        check_start(host, &start);
        assert_int_equal(check_reply(host, 200, stats[i].body), stats[i].verdict);
        fixture_end(host);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(an_event_leads_to_its_form_and_the_sweep_ends_it),
    cmocka_unit_test(states_of_forms),
    cmocka_unit_test(allegros_own_orders_take_allegros_stock),
    cmocka_unit_test(what_is_malformed_moves_nothing),
    cmocka_unit_test(an_odd_event_keeps_the_cursor),
    cmocka_unit_test(a_purchase_cancelled_before_its_form_is_cancelled),
    cmocka_unit_test(a_form_that_was_merged_stops_nothing),
    cmocka_unit_test(forms_that_were_read_are_not_read_again),
    cmocka_unit_test(an_odd_event_keeps_the_cursor_before_every_form),
    cmocka_unit_test(a_sweep_that_was_interrupted_goes_on),
    cmocka_unit_test(a_place_that_is_no_good_is_left),
    cmocka_unit_test(where_much_is_ordered_most_sweeps_are_brief),
    cmocka_unit_test(the_sweep_goes_by_time_not_by_counting),
    cmocka_unit_test(a_sweep_says_not_that_nothing_is_missing),
    cmocka_unit_test(a_page_with_every_form_twice_is_not_the_last),
    cmocka_unit_test(a_sweep_that_shows_the_same_for_ever_ends),
    cmocka_unit_test(a_first_drain_reads_no_older_journal),
    cmocka_unit_test(without_a_cursor_the_journal_begins_at_its_end),
    cmocka_unit_test(stats_that_cannot_be_read_begin_nothing),
};

TEST_MAIN(cases)
