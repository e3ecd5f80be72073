/* fetch_orders: what is asked for, the lines of postings, and when the cursor moves. */
#include "ozon_fixture.h"

#include <stdio.h>

#define PATH   "/v4/posting/fbs/list"
#define NOW    INT64_C(1790000000000)
#define CURSOR "orders-cursor"

#define POSTING(number, status, products)                                                      \
    "{\"posting_number\":\"" number "\",\"order_number\":\"100-1\",\"status\":\"" status "\"," \
    "\"delivery_method\":{\"warehouse_id\":7001},\"in_process_at\":\"2026-09-20T00:00:00Z\","  \
    "\"products\":[" products "]}"
#define ONE      "{\"sku\":9001,\"offer_id\":\"art-1\",\"quantity\":2,\"price\":{\"amount\":\"1\"}}"
#define LAST     ",\"has_next\":false,\"cursor\":\"\"}"
#define PAGE(ps) "{\"postings\":[" ps "]" LAST

static struct stockd_start drain_start(void)
{
    return fixture_start(STOCKD_FETCH_ORDERS);
}

static bool cursor_is(const struct check *host, const char *text)
{
    const struct check_bytes *at = check_state_of(host, CURSOR);
    if (!text) return at == NULL;
    return at && at->size == strlen(text) && memcmp(at->data, text, at->size) == 0;
}

static const struct stockd_order_line *line(const struct check *host, const char *key)
{
    for (size_t i = host->lines.count; i--;)
        if (strcmp(host->lines.at[i].key, key) == 0) return &host->lines.at[i];
    fail_msg("no line %s", key);
    return NULL;
}

static void asks_from_the_cursor_with_overlap(void **state)
{
    (void)state;
    struct stockd_start start = drain_start();
    struct check *host = ozon_host();
    check_state(host, CURSOR, "1789999000000", 13);
    assert_int_equal(check_start(host, &start), STOCKD_SEND);
    fixture_asked(host, PATH,
                  "{\"filter\":{\"since\":\"2025-09-23T14:13:20.000Z\","
                  "\"to\":\"2026-09-22T14:13:20.000Z\",\"last_changed_status_date\":"
                  "{\"from\":\"2026-09-21T13:41:40.000Z\",\"to\":\"2026-09-22T14:13:20.000Z\"}},"
                  "\"sort_dir\":\"ASC\",\"limit\":100,\"cursor\":\"\"}");
    fixture_end(host);
}

static void asked_from(int64_t since, uint32_t mode, const char *cursor, const char *from)
{
    struct stockd_start start = drain_start();
    struct check *host = ozon_host();
    start.since_ms = since;
    start.orders_mode = mode;
    if (cursor) check_state(host, CURSOR, cursor, strlen(cursor));
    check_start(host, &start);
    json_t *asked = fixture_asked_json(host);
    const json_t *window =
        json_object_get(json_object_get(asked, "filter"), "last_changed_status_date");
    assert_string_equal(json_string_value(json_object_get(window, "from")), from);
    json_decref(asked);
    fixture_end(host);
}

static void looks_back_as_far_as_it_must(void **state)
{
    (void)state;
    asked_from(NOW - 3600000, STOCKD_ORDERS_DRAIN, NULL, "2026-09-21T13:13:20.000Z");
    asked_from(0, STOCKD_ORDERS_DRAIN, NULL, "2026-08-22T14:13:20.000Z");
    asked_from(1, STOCKD_ORDERS_DRAIN, NULL, "2025-09-23T14:13:20.000Z"); /* a year at most */
    asked_from(NOW - 3600000, STOCKD_ORDERS_SWEEP, "1789999999000", "2026-09-21T13:13:20.000Z");
    /* State that is none reads as absent; a cursor from the future is now. */
    asked_from(0, STOCKD_ORDERS_DRAIN, "garbage", "2026-08-22T14:13:20.000Z");
    asked_from(0, STOCKD_ORDERS_DRAIN, "1999999999999", "2026-09-21T13:58:20.000Z");
}

static void lines_carry_all_that_is_known(void **state)
{
    (void)state;
    struct stockd_start start = drain_start();
    struct check *host = ozon_host();
    check_start(host, &start);
    check_reply(host, 200,
                PAGE(POSTING("100-1-1", "awaiting_packaging",
                             ONE ",{\"sku\":\"9002\",\"offer_id\":\"\",\"quantity\":\"3\"},"
                                 "{\"sku\":9001,\"offer_id\":\"art-1\",\"quantity\":1}")));
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->lines.count, 2);
    const struct stockd_order_line *a = line(host, "100-1-1/9001"), *b = line(host, "100-1-1/9002");
    assert_int_equal(a->quantity, 3); /* two rows of one SKU are one line */
    assert_int_equal(a->state, STOCKD_ORDER_OPEN);
    assert_string_equal(a->order_id, "100-1");
    assert_string_equal(a->warehouse_id, "7001");
    assert_string_equal(a->status, "awaiting_packaging");
    assert_int_equal(a->marketplace_lowered, 1);
    assert_int_equal(a->marketplace_stock, 0);
    assert_int_equal(a->has_version, 0);
    assert_int_equal(a->ordered_ms, 1789862400000);
    assert_int_equal(a->ref_count, 2);
    assert_string_equal(a->refs[0].kind, "sku");
    assert_string_equal(a->refs[0].value, "art-1");
    assert_string_equal(a->refs[1].kind, "ozon-sku");
    assert_string_equal(a->refs[1].value, "9001");
    assert_int_equal(b->ref_count, 1);
    assert_int_equal(b->quantity, 3);
    assert_int_equal(host->drained_ms, NOW);
    assert_true(cursor_is(host, "1790000000000"));
    fixture_end(host);
}

static void every_status_has_its_state(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        enum stockd_order_state state;
    } statuses[] = {
        {"awaiting_registration", STOCKD_ORDER_OPEN},
        {"acceptance_in_progress", STOCKD_ORDER_OPEN},
        {"awaiting_approve", STOCKD_ORDER_OPEN},
        {"awaiting_packaging", STOCKD_ORDER_OPEN},
        {"awaiting_deliver", STOCKD_ORDER_OPEN},
        {"awaiting_verification", STOCKD_ORDER_OPEN},
        {"arbitration", STOCKD_ORDER_OPEN},
        {"client_arbitration", STOCKD_ORDER_OPEN},
        {"not_accepted", STOCKD_ORDER_OPEN},
        {"delivering", STOCKD_ORDER_SHIPPED},
        {"driver_pickup", STOCKD_ORDER_SHIPPED},
        {"delivered", STOCKD_ORDER_SHIPPED},
        {"sent_by_seller", STOCKD_ORDER_SHIPPED},
        {"cancelled", STOCKD_ORDER_CANCELLED},
        {"cancelled_from_split_pending", STOCKD_ORDER_CANCELLED},
    };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct stockd_start start = drain_start();
        struct check *host = ozon_host();
        char body[512];
        snprintf(body, sizeof(body),
                 "{\"postings\":[{\"posting_number\":\"1\",\"status\":\"%s\",\"products\":[" ONE
                 "],\"cancellation\":{\"cancelled_after_ship\":false}}]" LAST,
                 statuses[i].status);
        check_start(host, &start);
        check_reply(host, 200, body);
        if (line(host, "1/9001")->state != statuses[i].state) fail_msg("%s", statuses[i].status);
        assert_null(line(host, "1/9001")->warehouse_id);
        assert_string_equal(line(host, "1/9001")->order_id, "1");
        fixture_end(host);
    }
}

static void cancelled_after_packing_is_a_return(void **state)
{
    (void)state;
    struct stockd_start start = drain_start();
    struct check *host = ozon_host();
    check_start(host, &start);
    check_reply(
        host, 200,
        "{\"postings\":[{\"posting_number\":\"1\",\"status\":\"cancelled\",\"products\":[" ONE
        "],\"cancellation\":{\"cancelled_after_ship\":true}}]" LAST);
    assert_int_equal(line(host, "1/9001")->state, STOCKD_ORDER_RETURNED);
    fixture_end(host);
}

static void the_cursor_moves_with_the_last_page_only(void **state)
{
    (void)state;
    struct stockd_start start = drain_start();
    struct check *host = ozon_host();
    check_start(host, &start);
    check_reply(host, 200,
                "{\"result\":{\"postings\":[" POSTING(
                    "1", "delivering", ONE) "],\"has_next\":true,\"cursor\":\"c2\"}}");
    assert_int_equal(host->verdict, STOCKD_SEND);
    json_t *asked = fixture_asked_json(host);
    assert_string_equal(json_string_value(json_object_get(asked, "cursor")), "c2");
    json_decref(asked);
    assert_true(cursor_is(host, NULL));
    assert_int_equal(host->drained_ms, 0);
    host->now_ms += 60000;
    check_reply(host, 200, PAGE(POSTING("2", "delivering", ONE)));
    /* Drained until the drain began, not until it ended. */
    assert_true(cursor_is(host, "1790000000000"));
    assert_int_equal(host->drained_ms, NOW);
    fixture_end(host);
}

/* A page as large as they are, and more behind it. */
static const char *full_page(const char *cursor)
{
    static char page[64 << 10];
    int size = snprintf(page, sizeof(page), "{\"postings\":[");
    for (int i = 0; i < 100; i++)
        size += snprintf(page + size, sizeof(page) - (size_t)size,
                         "%s" POSTING("%s-%d", "delivering", ONE), i ? "," : "", cursor, i);
    snprintf(page + size, sizeof(page) - (size_t)size, "],\"has_next\":true,\"cursor\":\"%s\"}",
             cursor);
    return page;
}

static void asked_for(const struct check *host, const char *cursor, const char *from)
{
    json_t *asked = fixture_asked_json(host);
    assert_string_equal(json_string_value(json_object_get(asked, "cursor")), cursor);
    const json_t *window =
        json_object_get(json_object_get(asked, "filter"), "last_changed_status_date");
    assert_string_equal(json_string_value(json_object_get(window, "from")), from);
    json_decref(asked);
}

/* Interrupted after two pages, a minute ago: it goes on with the third, and then reads what may
 * have changed on those before meanwhile. Only that is the end. */
static void a_drain_that_was_interrupted_goes_on(void **state)
{
    (void)state;
    struct stockd_start start = drain_start();
    struct check *host = ozon_host();
    check_state(host, CURSOR, "1789990000000", 13);
    check_start(host, &start);
    check_reply(host, 200, full_page("c2"));
    check_reply(host, 200, full_page("c3"));
    assert_int_equal(check_reply(host, 502, "<html>"), STOCKD_FAIL);
    host->now_ms = NOW + 60000;
    check_start(host, &start);
    asked_for(host, "c3", "2026-09-21T11:11:40.000Z");
    assert_int_equal(check_reply(host, 200, PAGE("")), STOCKD_SEND);
    assert_true(cursor_is(host, "1789990000000"));
    assert_int_equal(host->drained_ms, 0);
    asked_for(host, "", "2026-09-21T13:58:20.000Z");
    check_start(host, &start); /* that too is where it goes on */
    asked_for(host, "", "2026-09-21T13:58:20.000Z");
    assert_int_equal(check_reply(host, 200, PAGE("")), STOCKD_SEND);
    assert_int_equal(check_reply(host, 200, PAGE("")), STOCKD_DONE);
    assert_true(cursor_is(host, "1790000060000"));
    assert_int_equal(host->drained_ms, NOW + 60000);
    check_start(host, &start);
    asked_for(host, "", "2026-09-21T13:59:20.000Z");
    fixture_end(host);
}

static void reply_at(struct check *host, const char *date, const char *body)
{
    const struct check_pair header = {"Date", date};
    check_answer(
        host, &(struct check_answer){
                  .status = 200, .body = body, .headers = &header, .header_count = date ? 1 : 0});
}

/* Five pages and more are not read again every ten seconds: by Ozon's clock, where it tells it. */
static void where_much_is_ordered_most_drains_are_brief(void **state)
{
    (void)state;
    static const struct {
        const char *date, *from;
    } drains[] = {
        {"Mon, 21 Sep 2026 14:13:10 GMT", "2026-09-21T14:11:10.000Z"},
        {"Mon, 21 Sep 2026 14:05:00 GMT", "2026-09-21T14:03:00.000Z"},
        {"Mon, 21 Sep 2026 14:13:10", "2026-09-21T13:58:20.000Z"},
        {NULL, "2026-09-21T13:58:20.000Z"},
    };
    for (size_t i = 0; i < sizeof(drains) / sizeof(drains[0]); i++) {
        struct stockd_start start = drain_start();
        struct check *host = ozon_host();
        check_state(host, CURSOR, "1789999000000", 13);
        check_start(host, &start);
        for (int page = 1; page < 5; page++)
            reply_at(host, drains[i].date,
                     page == 1   ? full_page("c1")
                     : page == 2 ? full_page("c2")
                     : page == 3 ? full_page("c3")
                                 : full_page("c4"));
        reply_at(host, drains[i].date, PAGE(""));
        assert_int_equal(host->verdict, STOCKD_DONE);
        host->now_ms = NOW + 10000;
        check_start(host, &start);
        asked_for(host, "", drains[i].from);
        fixture_end(host);
    }
}

/* A cursor that Ozon does not know any more; and one that is older than they last. */
static void a_place_that_is_no_more_is_left(void **state)
{
    (void)state;
    for (int old = 0; old < 2; old++) {
        struct stockd_start start = drain_start();
        struct check *host = ozon_host();
        check_state(host, CURSOR, "1789990000000", 13);
        check_start(host, &start);
        check_reply(host, 200, full_page("c2"));
        if (old) host->now_ms = NOW + 601000;
        check_start(host, &start);
        if (!old) {
            asked_for(host, "c2", "2026-09-21T11:11:40.000Z");
            check_reply(host, 400, "{\"code\":3,\"message\":\"cursor\"}");
            check_start(host, &start);
        }
        asked_for(host, "", "2026-09-21T11:11:40.000Z");
        fixture_end(host);
    }
}

/* What a split leaves behind is asked for at the end, by the reading that saw it. */
static void no_place_is_kept_behind_a_split(void **state)
{
    (void)state;
    struct stockd_start start = drain_start();
    struct check *host = ozon_host();
    char page[64 << 10];
    snprintf(page, sizeof(page), "%s", full_page("c2"));
    memcpy(strstr(page, "\"order_number\":\"100-1\""), "\"parent_posting_number\":", 24);
    check_start(host, &start);
    check_reply(host, 200, page);
    check_start(host, &start);
    asked_for(host, "", "2026-08-22T14:13:20.000Z");
    fixture_end(host);
}

/* One posting beside a good one: shown, the good one used, the cursor kept. */
static void what_is_not_readable_keeps_the_cursor(void **state)
{
    (void)state;
    static const char *const postings[] = {
        POSTING("2", "a_status_of_tomorrow", ONE),
        POSTING("2", "", ONE),
        POSTING("", "delivering", ONE),
        POSTING("2", "delivering", ""),
        POSTING("2", "delivering", "{\"offer_id\":\"a\",\"quantity\":1}"),
        POSTING("2", "delivering", "{\"sku\":9001,\"offer_id\":\"a\"}"),
        POSTING("2", "delivering", "{\"sku\":9001,\"quantity\":-1}"),
        POSTING("2", "delivering", "{\"sku\":9001,\"quantity\":1.5}"),
        POSTING("2", "delivering", "{\"sku\":99123456789012345678,\"quantity\":1}"),
        POSTING("2", "delivering", "null"),
        "{\"posting_number\":\"2\"}",
        "{\"posting_number\":\"2\",\"status\":\"delivering\",\"products\":null}",
        "null",
    };
    for (size_t i = 0; i < sizeof(postings) / sizeof(postings[0]); i++) {
        struct stockd_start start = drain_start();
        struct check *host = ozon_host();
        char body[1024];
        snprintf(body, sizeof(body), "{\"postings\":[%s,%s]" LAST, postings[i],
                 POSTING("1", "delivering", ONE));
        check_state(host, CURSOR, "1789999000000", 13);
        check_start(host, &start);
        assert_int_equal(check_reply(host, 200, body), STOCKD_DONE);
        line(host, "1/9001");
        if (host->lines.count != 1 || host->malformed.count != 1)
            fail_msg("%s: %zu lines", postings[i], host->lines.count);
        assert_true(cursor_is(host, "1789999000000"));
        assert_int_equal(host->drained_ms, 0);
        fixture_end(host);
    }
}

static void numbers_too_long_spoil_only_what_they_name(void **state)
{
    (void)state;
    struct stockd_start start = drain_start();
    struct check *host = ozon_host();
    check_start(host, &start);
    check_reply(
        host, 200,
        "{\"postings\":[{\"posting_number\":\"99123456789012345678-1\","
        "\"order_id\":99123456789012345678,\"status\":\"awaiting_packaging\",\"products\":["
        "{\"sku\":987654321012345678,\"quantity\":2,\"text\":\"1e999 \\\" 12345678901234567890"
        "\"}],\"weight\":1e999}]" LAST);
    assert_int_equal(line(host, "99123456789012345678-1/987654321012345678")->quantity, 2);
    assert_int_equal(host->drained_ms, NOW);
    fixture_end(host);
}

static void a_sweep_moves_the_cursor_only_over_what_it_read(void **state)
{
    (void)state;
    static const struct {
        int64_t since;
        const char *cursor;
        bool moves;
    } sweeps[] = {
        {NOW - 7200000, "1789996400000", true},  /* cursor an hour ago, since two */
        {NOW - 1800000, "1789996400000", false}, /* since half an hour: a gap between */
        {NOW - 1800000, NULL, false},
    };
    for (size_t i = 0; i < 3; i++) {
        struct stockd_start start = drain_start();
        struct check *host = ozon_host();
        start.orders_mode = STOCKD_ORDERS_SWEEP;
        start.since_ms = sweeps[i].since;
        if (sweeps[i].cursor) check_state(host, CURSOR, sweeps[i].cursor, 13);
        check_start(host, &start);
        check_reply(host, 200, PAGE(""));
        assert_int_equal(host->drained_ms, sweeps[i].moves ? NOW : 0);
        assert_true(cursor_is(host, sweeps[i].moves ? "1790000000000" : sweeps[i].cursor));
        fixture_end(host);
    }
}

/* A sweep that nobody can tell from a whole one is a whole one at the cut-over. */
static void a_list_that_does_not_show_its_end_is_told_of(void **state)
{
    (void)state;
    static const char *const ends[] = {"\"has_next\":true", "\"has_next\":true,\"cursor\":7",
                                       "\"has_next\":true,\"cursor\":\"c1\""};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct stockd_start start = drain_start();
        struct check *host = ozon_host();
        char page[256];
        start.orders_mode = STOCKD_ORDERS_SWEEP;
        snprintf(page, sizeof page, "{\"postings\":[],%s}", ends[i]);
        check_start(host, &start);
        assert_int_equal(check_reply(host, 200, page), STOCKD_DONE);
        assert_int_equal(host->malformed.count, 1);
        fixture_end(host);
    }
}

/* ---- splits ---- */

#define CHILD                                                                                 \
    "{\"posting_number\":\"100-1-2\",\"parent_posting_number\":\"100-1-1\",\"order_number\":" \
    "\"100-1\","                                                                              \
    "\"status\":\"awaiting_deliver\",\"products\":[{\"sku\":9002,\"quantity\":1}]}"

static struct check *split(struct stockd_start *start)
{
    struct check *host = ozon_host();
    *start = drain_start();
    check_start(host, start);
    assert_int_equal(check_reply(host, 200, PAGE(CHILD)), STOCKD_SEND);
    fixture_asked(host, "/v3/posting/fbs/get", "{\"posting_number\":\"100-1-1\"}");
    assert_int_equal(host->drained_ms, 0);
    return host;
}

static void a_split_closes_what_left_the_parent(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = split(&start);
    check_reply(host, 200, "{\"result\":" POSTING("100-1-1", "awaiting_deliver", ONE) "}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(line(host, "100-1-1/9001")->state, STOCKD_ORDER_OPEN);
    assert_int_equal(line(host, "100-1-1/9002")->state, STOCKD_ORDER_CANCELLED);
    assert_int_equal(line(host, "100-1-1/9002")->quantity, 0);
    assert_int_equal(line(host, "100-1-2/9002")->state, STOCKD_ORDER_OPEN);
    assert_int_equal(host->drained_ms, NOW);
    fixture_end(host);
}

static void a_parent_that_is_gone_keeps_nothing_reserved(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = split(&start);
    check_reply(host, 404, "{\"code\":5,\"message\":\"Unknown posting number\"}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(line(host, "100-1-1/9002")->state, STOCKD_ORDER_CANCELLED);
    assert_int_equal(host->drained_ms, NOW);
    fixture_end(host);
}

static void a_parent_that_still_holds_it_keeps_it(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = split(&start);
    check_reply(
        host, 200,
        "{\"result\":" POSTING("100-1-1", "awaiting_deliver", "{\"sku\":9002,\"quantity\":4}") "}");
    assert_int_equal(line(host, "100-1-1/9002")->quantity, 4);
    assert_int_equal(line(host, "100-1-1/9002")->state, STOCKD_ORDER_OPEN);
    fixture_end(host);
}

static void a_parent_that_cannot_be_read_closes_nothing(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
    } answers[] = {
        {200, "{}"},
        {200, "null"},
        {200, "{\"result\":{\"posting_number\":\"other\"}}"},
        {200, "{\"result\":{\"posting_number\":\"100-1-1\",\"status\":\"odd\"}}"},
        {404, "<html></html>"},
        {404, "{\"code\":5,\"message\":\"no\"}"},
        {500, ""},
        {403, "{}"},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct stockd_start start;
        struct check *host = split(&start);
        check_reply(host, answers[i].status, answers[i].body);
        assert_int_not_equal(host->verdict, STOCKD_SEND);
        assert_int_equal(host->lines.count, 1);
        assert_int_equal(host->drained_ms, 0);
        assert_true(cursor_is(host, NULL));
        fixture_end(host);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(asks_from_the_cursor_with_overlap),
    cmocka_unit_test(looks_back_as_far_as_it_must),
    cmocka_unit_test(lines_carry_all_that_is_known),
    cmocka_unit_test(every_status_has_its_state),
    cmocka_unit_test(cancelled_after_packing_is_a_return),
    cmocka_unit_test(the_cursor_moves_with_the_last_page_only),
    cmocka_unit_test(a_drain_that_was_interrupted_goes_on),
    cmocka_unit_test(where_much_is_ordered_most_drains_are_brief),
    cmocka_unit_test(a_place_that_is_no_more_is_left),
    cmocka_unit_test(no_place_is_kept_behind_a_split),
    cmocka_unit_test(what_is_not_readable_keeps_the_cursor),
    cmocka_unit_test(numbers_too_long_spoil_only_what_they_name),
    cmocka_unit_test(a_sweep_moves_the_cursor_only_over_what_it_read),
    cmocka_unit_test(a_list_that_does_not_show_its_end_is_told_of),
    cmocka_unit_test(a_split_closes_what_left_the_parent),
    cmocka_unit_test(a_parent_that_is_gone_keeps_nothing_reserved),
    cmocka_unit_test(a_parent_that_still_holds_it_keeps_it),
    cmocka_unit_test(a_parent_that_cannot_be_read_closes_nothing),
};

TEST_MAIN(cases)
