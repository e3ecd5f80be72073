/* fetch_orders: lines, states, places, and when the cursor may move. */
#include "wix_fixture.h"

#include <stdio.h>

#define NOW    1790000000000
#define PATH   "/ecom/v1/orders/search"
#define ORDER  "265c7d98-a7c3-48c4-89cd-bbdc00921eab"
#define STORES "\"appId\":\"215238eb-22a5-4c36-9e7b-e7c08025e04e\""
#define LINE                                                                           \
    "{\"id\":\"L1\",\"quantity\":3,\"catalogReference\":{\"catalogItemId\":\"" PRODUCT \
    "\"," STORES ",\"options\":{\"variantId\":\"" VARIANT "1\"}},"                     \
    "\"physicalProperties\":{\"sku\":\"SH-S\"}"
#define PAGE(orders) "{\"orders\":[" orders "],\"metadata\":{\"cursors\":{},\"hasNext\":false}}"
#define STATUS(status, payment, sent) \
    "\"status\":\"" status "\",\"paymentStatus\":\"" payment "\",\"fulfillmentStatus\":\"" sent "\""
#define WITH(head, line) \
    PAGE("{\"id\":\"" ORDER "\",\"number\":\"77\"," head ",\"lineItems\":[" line "]}")

static struct check *begin(int catalog, struct stockd_start *start, const char *page)
{
    struct check *host = wix_host(catalog);
    *start = fixture_start(STOCKD_FETCH_ORDERS);
    host->now_ms = NOW;
    check_start(host, start);
    if (page) check_reply(host, 200, page);
    return host;
}

static bool drained(const struct check *host)
{
    return host->drained_ms == NOW && check_state_of(host, "orders-cursor");
}

static void a_line_and_what_it_names(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = begin(3, &start, NULL);
    fixture_asked(
        host, PATH,
        "{\"search\":{\"filter\":{\"updatedDate\":{\"$gte\":\"2026-08-22T14:13:20.000Z\"}},"
        "\"sort\":[{\"fieldName\":\"updatedDate\",\"order\":\"ASC\"}],"
        "\"cursorPaging\":{\"limit\":100}}}");
    check_reply(
        host, 200,
        WITH(STATUS("APPROVED", "PAID", "NOT_FULFILLED") ",\"createdDate\":"
                                                         "\"2026-09-01T00:00:00Z\",\"updatedDate\":"
                                                         "\"2026-09-01T00:00:01Z\"",
             LINE ",\"restockQuantity\":1}"));
    assert_int_equal(host->lines.count, 1);
    const struct stockd_order_line *line = &host->lines.at[0];
    assert_string_equal(line->key, ORDER "/L1");
    assert_string_equal(line->order_id, "77");
    assert_int_equal(line->quantity, 2);
    assert_int_equal(line->state, STOCKD_ORDER_OPEN);
    assert_int_equal(line->marketplace_lowered, 1);
    assert_int_equal(line->ref_count, 2);
    assert_string_equal(line->refs[0].kind, "listing");
    assert_string_equal(line->refs[0].value, PRODUCT "/" VARIANT "1");
    assert_string_equal(line->refs[1].value, "SH-S");
    assert_string_equal(line->status, "APPROVED, PAID");
    assert_int_equal(line->changed_ms - line->ordered_ms, 1000);
    assert_true(drained(host));
    fixture_end(host);
}

static void states_and_what_took_stock(void **state)
{
    (void)state;
    static const struct {
        const char *page;
        uint32_t state;
        int lowered;
    } cases[] = {
        {WITH(STATUS("APPROVED", "NOT_PAID", "NOT_FULFILLED"), LINE "}"), STOCKD_ORDER_OPEN, 0},
        {WITH(STATUS("INITIALIZED", "NOT_PAID", ""), LINE "}"), STOCKD_ORDER_OPEN, 0},
        {WITH(STATUS("PENDING", "PENDING", ""), LINE "}"), STOCKD_ORDER_OPEN, 0},
        {WITH(STATUS("APPROVED", "PAID", "PARTIALLY_FULFILLED"), LINE "}"), STOCKD_ORDER_OPEN, 1},
        {WITH(STATUS("APPROVED", "PAID", "FULFILLED"), LINE "}"), STOCKD_ORDER_SHIPPED, 1},
        {WITH(STATUS("CANCELED", "FULLY_REFUNDED", "NOT_FULFILLED"), LINE "}"),
         STOCKD_ORDER_CANCELLED, 1},
        {WITH(STATUS("CANCELED", "FULLY_REFUNDED", "FULFILLED"), LINE "}"), STOCKD_ORDER_RETURNED,
         1},
        {WITH(STATUS("REJECTED", "DECLINED", ""), LINE "}"), STOCKD_ORDER_CANCELLED, 0},
        {WITH(STATUS("APPROVED", "PAID", "") ",\"imported\":true", LINE "}"), STOCKD_ORDER_OPEN, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stockd_start start;
        struct check *host = begin(3, &start, cases[i].page);
        if (host->lines.count != 1 || host->lines.at[0].state != cases[i].state ||
            host->lines.at[0].marketplace_lowered != cases[i].lowered)
            fail_msg("case %zu", i);
        assert_true(drained(host));
        fixture_end(host);
    }
}

#define PAID STATUS("APPROVED", "PAID", "")

static void lines_that_take_no_stock_are_left_out(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"id\":\"x\",\"quantity\":1}", /* a custom line */
        "{\"id\":\"x\",\"quantity\":1,\"catalogReference\":{\"catalogItemId\":\"b\",\"appId\":"
        "\"13d21c63-b5ec-5912-8397-c3a5ddb27a97\"}}", /* a booking */
        LINE ",\"itemType\":{\"preset\":\"DIGITAL\"}}",
    };
    for (size_t i = 0; i < 3; i++) {
        char page[1024];
        struct stockd_start start;
        snprintf(page, sizeof(page), WITH(PAID, "%s"), lines[i]);
        struct check *host = begin(3, &start, page);
        assert_int_equal(host->lines.count, 0);
        assert_int_equal(host->malformed.count, 0);
        assert_true(drained(host));
        fixture_end(host);
    }
}

static void what_cannot_be_read_keeps_the_cursor(void **state)
{
    (void)state;
    static const char *const pages[] = {
        WITH(STATUS("TELEPORTED", "PAID", ""), LINE "}"),
        WITH(PAID, "{\"quantity\":1}"),
        WITH(PAID, "{\"id\":\"x\",\"quantity\":-1,\"physicalProperties\":{\"sku\":\"S\"}}"),
        WITH(PAID, "{\"id\":\"x\",\"quantity\":\"1.5\",\"physicalProperties\":{\"sku\":\"S\"}}"),
        WITH(PAID, LINE ",\"restockQuantity\":4}"),
        WITH(PAID, LINE ",\"restockQuantity\":\"x\"}"),
        WITH(PAID, "{\"id\":\"x\",\"quantity\":1,\"catalogReference\":{\"catalogItemId\":\"" PRODUCT
                   "\"," STORES "}}"), /* V3 and no variant */
        PAGE("{\"id\":\"" ORDER "\"," PAID "}"),
        PAGE("7"),
        "{\"orders\":[],\"metadata\":{\"hasNext\":true}}",
        "{}",
    };
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        struct stockd_start start;
        struct check *host = begin(3, &start, pages[i]);
        if (host->verdict == STOCKD_SEND || host->drained_ms || host->lines.count ||
            check_state_of(host, "orders-cursor"))
            fail_msg("case %zu", i);
        fixture_end(host);
    }
}

static void one_bad_order_leaves_the_rest(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host =
        begin(3, &start,
              PAGE("{\"id\":{}},{\"id\":\"" ORDER "\"," PAID ",\"lineItems\":[" LINE "},{}]}"));
    assert_int_equal(host->lines.count, 1);
    assert_int_equal(host->malformed.count, 2);
    assert_int_equal(host->drained_ms, 0);
    fixture_end(host);
}

static void places(void **state)
{
    (void)state;
    static const struct {
        int catalog;
        const char *locations, *place;
    } cases[] = {
        {1, "", "default"},
        {3, "", PLACE}, /* orders take from the default location */
        {3, ",\"locations\":[{\"id\":\"55555555-0000-4000-8000-00000000000A\"}]", OTHER},
        {3, ",\"locations\":[{\"id\":\"" OTHER "\"}]", OTHER}, /* known by its own id */
        {3, ",\"locations\":[{\"id\":\"unheard-of\"}]", NULL},
        {3, ",\"locations\":[{\"id\":\"a\"},{\"id\":\"b\"}]", NULL},
    };
    static const struct stockd_warehouse_ref known[] = {{.id = PLACE}, {.id = OTHER}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char page[2048];
        struct stockd_start start = fixture_start(STOCKD_FETCH_ORDERS);
        struct check *host = wix_host(cases[i].catalog);
        start.warehouses = known;
        start.warehouse_count = 2;
        check_state(host, "default-location", PLACE, 36);
        check_state(host, "location-55555555-0000-4000-8000-00000000000a", OTHER, 36);
        check_start(host, &start);
        snprintf(page, sizeof(page), WITH(PAID, LINE "%s}"), cases[i].locations);
        check_reply(host, 200, page);
        assert_int_equal(host->lines.count, 1);
        const char *is = host->lines.at[0].warehouse_id;
        if ((is == NULL) != (cases[i].place == NULL) || (is && strcmp(is, cases[i].place) != 0))
            fail_msg("case %zu: %s", i, is);
        fixture_end(host);
    }
}

static void v1_products_without_variants_are_named_by_the_nil_id(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host =
        begin(1, &start,
              WITH(PAID, "{\"id\":\"x\",\"quantity\":1,\"catalogReference\":{\"catalogItemId\":"
                         "\"" PRODUCT "\"," STORES "}}"));
    assert_string_equal(host->lines.at[0].refs[0].value, PRODUCT "/" NIL);
    fixture_end(host);
}

static void cursor_overlap_and_pages(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_ORDERS);
    struct check *host = wix_host(3);
    host->now_ms = NOW;
    check_state(host, "orders-cursor", "1789999999000", 13);
    check_start(host, &start);
    assert_non_null(strstr(check_request_body(host), "2026-09-21T13:58:19.000Z"));
    check_reply(host, 200,
                "{\"orders\":[],\"metadata\":{\"cursors\":{\"next\":\"c\"},\"hasNext\":true}}");
    assert_int_equal(host->drained_ms, 0); /* an empty page that says there is more */
    fixture_end(host);
    host = wix_host(3);
    host->now_ms = NOW;
    check_start(host, &start);
    check_reply(host, 200,
                "{\"orders\":[{\"id\":\"" ORDER "\"," PAID ",\"lineItems\":[]}],\"metadata\":{"
                "\"cursors\":{\"next\":\"c1\"},\"hasNext\":true}}");
    fixture_asked(host, PATH, "{\"search\":{\"cursorPaging\":{\"limit\":100,\"cursor\":\"c1\"}}}");
    assert_int_equal(host->drained_ms, 0);
    host->now_ms = NOW + 60000;
    check_reply(host, 200, PAGE(""));
    assert_int_equal(host->drained_ms, NOW); /* the time of the first question */
    fixture_end(host);
}

static void a_sweep_moves_the_cursor_only_when_it_leaves_no_gap(void **state)
{
    (void)state;
    for (int gap = 0; gap < 2; gap++) {
        struct stockd_start start = fixture_start(STOCKD_FETCH_ORDERS);
        struct check *host = wix_host(3);
        host->now_ms = NOW;
        check_state(host, "orders-cursor", "1780000000000", 13);
        start.orders_mode = STOCKD_ORDERS_SWEEP;
        start.since_ms = gap ? 1780000000001 : 1770000000000;
        check_start(host, &start);
        check_reply(host, 200, PAGE(""));
        assert_int_equal(host->drained_ms, gap ? 0 : NOW);
        fixture_end(host);
    }
}

/* A sweep that nobody can tell from a whole one is a whole one at the cut-over. */
static void a_list_that_does_not_show_its_end_is_told_of(void **state)
{
    (void)state;
    static const char *const ends[] = {"{\"hasNext\":true}", "7",
                                       "{\"cursors\":{\"next\":7},\"hasNext\":true}"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct stockd_start start = fixture_start(STOCKD_FETCH_ORDERS);
        struct check *host = wix_host(3);
        char page[256];
        start.orders_mode = STOCKD_ORDERS_SWEEP;
        snprintf(page, sizeof page, "{\"orders\":[],\"metadata\":%s}", ends[i]);
        check_start(host, &start);
        assert_int_equal(check_reply(host, 200, page), STOCKD_DONE);
        assert_int_equal(host->malformed.count, 1);
        fixture_end(host);
    }
}

/* A page as large as they are, and more behind it. */
static const char *full_page(const char *cursor)
{
    static char page[64 << 10];
    int size = snprintf(page, sizeof(page), "{\"orders\":[");
    for (int i = 0; i < 100; i++)
        size += snprintf(page + size, sizeof(page) - (size_t)size,
                         "%s{\"id\":\"" ORDER "\",\"number\":\"77\"," PAID ",\"lineItems\":[" LINE
                         "}]}",
                         i ? "," : "");
    snprintf(page + size, sizeof(page) - (size_t)size,
             "],\"metadata\":{\"cursors\":{\"next\":\"%s\"},\"hasNext\":true}}", cursor);
    return page;
}

/* It goes on behind the last page that was read, and then reads what may have changed on those
 * before meanwhile. Only that is the end. */
static void a_drain_that_was_interrupted_goes_on(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = begin(3, &start, full_page("c2"));
    check_reply(host, 200, full_page("c3"));
    assert_int_equal(check_reply(host, 502, "<html>"), STOCKD_FAIL);
    host->now_ms = NOW + 60000;
    check_start(host, &start);
    fixture_asked(host, PATH, "{\"search\":{\"cursorPaging\":{\"limit\":100,\"cursor\":\"c3\"}}}");
    assert_int_equal(check_reply(host, 200, PAGE("")), STOCKD_SEND);
    assert_int_equal(host->drained_ms, 0);
    fixture_asked(
        host, PATH,
        "{\"search\":{\"filter\":{\"updatedDate\":{\"$gte\":\"2026-09-21T13:58:20.000Z\"}},"
        "\"sort\":[{\"fieldName\":\"updatedDate\",\"order\":\"ASC\"}],"
        "\"cursorPaging\":{\"limit\":100}}}");
    assert_int_equal(check_reply(host, 200, PAGE("")), STOCKD_DONE);
    assert_int_equal(host->drained_ms, NOW + 60000);
    fixture_end(host);
}

static void a_cursor_that_is_refused_is_left(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = begin(3, &start, full_page("c2"));
    check_start(host, &start);
    fixture_asked(host, PATH, "{\"search\":{\"cursorPaging\":{\"limit\":100,\"cursor\":\"c2\"}}}");
    assert_int_equal(check_reply(host, 400, "{\"message\":\"cursor\"}"), STOCKD_FAIL);
    check_start(host, &start);
    assert_non_null(strstr(check_request_body(host), "2026-08-22T14:13:20.000Z"));
    fixture_end(host);
}

/* A whole drain of so many pages, the newest change of which is of that time; then the time goes
 * on, and the next one begins. */
static struct check *after_pages(struct stockd_start *start, int pages, const char *newest,
                                 int64_t later_ms)
{
    char page[1024];
    struct check *host = begin(3, start, NULL);
    for (int i = 1; i <= pages; i++) {
        snprintf(page, sizeof(page),
                 "{\"orders\":[{\"id\":\"" ORDER "\",\"number\":\"77\"," PAID
                 ",\"updatedDate\":\"%s\",\"lineItems\":[" LINE "}]}],\"metadata\":{\"cursors\":"
                 "{\"next\":\"c%d\"},\"hasNext\":%s}}",
                 newest, i, i < pages ? "true" : "false");
        check_reply(host, 200, page);
    }
    assert_int_equal(host->verdict, STOCKD_DONE);
    host->now_ms = NOW + later_ms;
    check_start(host, start);
    return host;
}

/* 15 minutes of orders, read again every ten seconds, must not take longer than these. */
static void where_much_is_ordered_most_drains_are_brief(void **state)
{
    (void)state;
    static const struct {
        int pages;
        const char *newest;
        int64_t later_ms;
        const char *from;
    } drains[] = {
        {5, "2026-09-21T14:13:00Z", 10000, "2026-09-21T14:11:00.000Z"},
        {4, "2026-09-21T14:13:00Z", 10000, "2026-09-21T13:58:20.000Z"},
        {5, "2026-09-21T14:08:00Z", 10000, "2026-09-21T14:06:00.000Z"}, /* our clock is ahead */
        {5, "2026-09-21T14:30:00Z", 10000, "2026-09-21T14:11:20.000Z"}, /* or behind */
        {5, "2026-09-21T11:00:00Z", 10000, "2026-09-21T13:58:20.000Z"},
        {5, "soon", 10000, "2026-09-21T13:58:20.000Z"},
        {5, "2026-09-21T14:13:00Z", 60000,
         "2026-09-21T13:58:20.000Z"}, /* the whole once a minute */
        {5, "2026-09-21T14:13:00Z", -10000, "2026-09-21T13:58:10.000Z"},
    };
    for (size_t i = 0; i < sizeof(drains) / sizeof(drains[0]); i++) {
        struct stockd_start start;
        struct check *host =
            after_pages(&start, drains[i].pages, drains[i].newest, drains[i].later_ms);
        if (!strstr(check_request_body(host), drains[i].from))
            fail_msg("%zu: %s", i, check_request_body(host));
        fixture_end(host);
    }
}

/* It goes on from the newest that was read; and is brief no more when the whole is short. */
static void a_brief_drain_is_followed_by_others(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = after_pages(&start, 5, "2026-09-21T14:13:00Z", 10000);
    check_reply(host, 200, WITH(PAID ",\"updatedDate\":\"2026-09-21T14:13:25Z\"", LINE "}"));
    assert_int_equal(host->drained_ms, NOW + 10000);
    host->now_ms = NOW + 20000;
    check_start(host, &start);
    assert_non_null(strstr(check_request_body(host), "2026-09-21T14:11:25.000Z"));
    check_reply(host, 200, PAGE(""));
    host->now_ms = NOW + 60000;
    check_start(host, &start);
    assert_non_null(strstr(check_request_body(host), "2026-09-21T13:58:40.000Z"));
    assert_int_equal(check_reply(host, 200, PAGE("")), STOCKD_DONE);
    assert_null(check_state_of(host, "orders-whole"));
    host->now_ms = NOW + 70000;
    check_start(host, &start);
    assert_non_null(strstr(check_request_body(host), "2026-09-21T13:59:20.000Z"));
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_line_and_what_it_names),
    cmocka_unit_test(states_and_what_took_stock),
    cmocka_unit_test(lines_that_take_no_stock_are_left_out),
    cmocka_unit_test(what_cannot_be_read_keeps_the_cursor),
    cmocka_unit_test(one_bad_order_leaves_the_rest),
    cmocka_unit_test(places),
    cmocka_unit_test(v1_products_without_variants_are_named_by_the_nil_id),
    cmocka_unit_test(cursor_overlap_and_pages),
    cmocka_unit_test(a_sweep_moves_the_cursor_only_when_it_leaves_no_gap),
    cmocka_unit_test(a_list_that_does_not_show_its_end_is_told_of),
    cmocka_unit_test(a_drain_that_was_interrupted_goes_on),
    cmocka_unit_test(a_cursor_that_is_refused_is_left),
    cmocka_unit_test(where_much_is_ordered_most_drains_are_brief),
    cmocka_unit_test(a_brief_drain_is_followed_by_others),
};

TEST_MAIN(cases)
