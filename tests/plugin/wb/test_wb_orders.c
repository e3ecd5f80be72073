/* fetch_orders: which requests a drain makes, what a line carries, and when the cursor moves. What
 * the statuses mean is in test_wb_orders_status.c. */
#include "wb_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define NEW    "/api/v3/orders/new"
#define STATUS "/api/v3/orders/status"
#define CURSOR "orders-cursor"
#define NONE   "{\"orders\":[]}"
#define DAY    INT64_C(86400)
#define END    (1790000000 + DAY) /* of the last window: the clock here may be behind */

#define TASK(id)                                                                                 \
    "{\"id\":" id ",\"chrtId\":987654321,\"nmId\":12345678,\"article\":\"one-ring\",\"skus\":["  \
    "\"6665956397512\",\"6665956397513\"],\"warehouseId\":658434,\"createdAt\":\"2026-09-21T07:" \
    "56:29Z\","                                                                                  \
    "\"orderUid\":\"u\",\"isZeroOrder\":false}"
#define IS(id, supplier, wb) \
    "{\"id\":" id ",\"supplierStatus\":\"" supplier "\",\"wbStatus\":\"" wb "\"}"

static const struct stockd_order_line *line(const struct check *host, const char *key)
{
    const struct stockd_order_line *found = NULL;
    for (size_t i = 0; i < host->lines.count; i++)
        if (strcmp(host->lines.at[i].key, key) == 0) found = &host->lines.at[i]; /* the newest */
    if (!found) fail_msg("no line %s", key);
    return found;
}

static bool cursor_is(const struct check *host, const char *value)
{
    const struct check_bytes *is = check_state_of(host, CURSOR);
    if (!value || !is) return !value && !is;
    return is->size == strlen(value) && memcmp(is->data, value, is->size) == 0;
}

static void asked_page(const struct check *host, int64_t next, int64_t from, int64_t to)
{
    char path[160];
    snprintf(path, sizeof(path), "/api/v3/orders?limit=1000&next=%lld&dateFrom=%lld&dateTo=%lld",
             (long long)next, (long long)from, (long long)to);
    wb_asked(host, path, NULL);
    assert_int_equal(check_request(host)->charges[0].bucket, 2);
}

/* A drain an hour after the last one, which has just asked for its page. */
static struct check *drain(struct stockd_start *start)
{
    struct check *host = wb_host();
    *start = fixture_start(STOCKD_FETCH_ORDERS);
    check_state(host, CURSOR, "1789996400000", 13);
    assert_int_equal(check_start(host, start), STOCKD_SEND);
    wb_asked(host, NEW, NULL);
    assert_int_equal(check_reply(host, 200, NONE), STOCKD_SEND);
    asked_page(host, 0, 1789995500, END); /* from a quarter of an hour before it */
    return host;
}

static void reads_new_then_pages_then_statuses(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = drain(&start);
    check_reply(host, 200, "{\"next\":77,\"orders\":[" TASK("5") "," TASK("6") "]}");
    wb_asked(host, STATUS, "{\"orders\":[5,6]}");
    assert_string_equal(check_request(host)->method, "POST");
    assert_int_equal(host->lines.count, 0);
    check_reply(
        host, 200,
        "{\"orders\":[" IS("6", "complete", "sorted") "," IS("5", "confirm", "waiting") "]}");
    asked_page(host, 77, 1789995500, END);
    assert_int_equal(host->drained_ms, 0);
    assert_true(cursor_is(host, "1789996400000"));
    assert_int_equal(check_reply(host, 200, "{\"next\":77,\"orders\":[]}"), STOCKD_DONE);
    assert_int_equal(line(host, "5")->state, STOCKD_ORDER_OPEN);
    assert_int_equal(line(host, "6")->state, STOCKD_ORDER_SHIPPED);
    assert_int_equal(host->drained_ms, WB_NOW);
    assert_true(cursor_is(host, "1790000000000"));
    fixture_end(host);
}

static void a_line_carries_all_that_is_known(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = drain(&start);
    check_reply(host, 200, "{\"next\":0,\"orders\":[" TASK("13833711") "]}");
    check_reply(host, 200, "{\"orders\":[" IS("13833711", "new", "waiting") "]}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    const struct stockd_order_line *is = line(host, "13833711");
    assert_string_equal(is->order_id, "13833711");
    assert_int_equal(is->quantity, 1);
    assert_string_equal(is->warehouse_id, "658434");
    assert_int_equal(is->ordered_ms, 1789977389000);
    assert_string_equal(is->status, "new/waiting");
    assert_int_equal(is->marketplace_lowered, 1);
    assert_int_equal(is->oversell, 0);
    assert_int_equal(is->marketplace_stock, 0);
    static const struct stockd_key refs[] = {{"listing", "987654321"},
                                             {"barcode", "6665956397512"},
                                             {"barcode", "6665956397513"},
                                             {"sku", "one-ring"}};
    assert_int_equal(is->ref_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(is->refs[i].kind, refs[i].kind);
        assert_string_equal(is->refs[i].value, refs[i].value);
    }
    fixture_end(host);
}

/* Where SKUs are something else, the article must not be taken for one. */
static void the_article_is_a_sku_only_where_skus_are_articles(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_ORDERS);
    struct check *host = wb_host();
    check_option(host, "sku-from", "barcode");
    check_start(host, &start);
    check_reply(host, 200, "{\"orders\":[" TASK("5") "]}");
    assert_string_equal(line(host, "5")->refs[3].kind, "article");
    fixture_end(host);
}

static void a_new_task_is_open_at_once(void **state)
{
    (void)state;
    struct stockd_start start = fixture_start(STOCKD_FETCH_ORDERS);
    struct check *host = wb_host();
    check_start(host, &start);
    check_reply(host, 200,
                "{\"orders\":[" TASK("5") ",{\"id\":\"6\",\"chrtId\":\"7\",\"skus\":null,"
                                          "\"address\":null,\"isZeroOrder\":true}]}");
    assert_int_equal(line(host, "5")->state, STOCKD_ORDER_OPEN);
    const struct stockd_order_line *zero = line(host, "6");
    assert_int_equal(zero->oversell, 1);
    assert_int_equal(zero->marketplace_lowered, 0);
    assert_int_equal(zero->ref_count, 1);
    assert_null(zero->warehouse_id);
    assert_int_equal(zero->ordered_ms, 0);
    fixture_end(host);
}

static void looks_back_in_windows_that_are_taken(void **state)
{
    (void)state;
    static const struct {
        int64_t since_ms, from; /* of the first window, seconds */
        const char *cursor;
        enum stockd_orders_mode mode;
        int windows;
    } drains[] = {
        {0, 1790000000 - 30 * DAY, NULL, STOCKD_ORDERS_DRAIN, 6},
        {WB_NOW - 10 * DAY * 1000, 1790000000 - 10 * DAY, NULL, STOCKD_ORDERS_DRAIN, 2},
        {1, 1790000000 - 89 * DAY, NULL, STOCKD_ORDERS_DRAIN, 15},
        {0, 1790000000 - 900, "1790000000000", STOCKD_ORDERS_DRAIN, 1},
        {0, 1790000000 - 900, "1799999999999", STOCKD_ORDERS_DRAIN, 1}, /* of a clock gone back */
        {0, 1790000000 - 89 * DAY, "1600000000000", STOCKD_ORDERS_DRAIN, 15},
        {0, 1790000000 - 30 * DAY, "x", STOCKD_ORDERS_DRAIN, 6},
        {WB_NOW - 7 * DAY * 1000, 1790000000 - 7 * DAY, "1789996400000", STOCKD_ORDERS_SWEEP, 2},
    };
    for (size_t i = 0; i < sizeof(drains) / sizeof(drains[0]); i++) {
        struct stockd_start start = fixture_start(STOCKD_FETCH_ORDERS);
        struct check *host = wb_host();
        int64_t from = drains[i].from;
        int windows = 0;
        start.since_ms = drains[i].since_ms;
        start.orders_mode = drains[i].mode;
        if (drains[i].cursor) check_state(host, CURSOR, drains[i].cursor, strlen(drains[i].cursor));
        check_start(host, &start);
        for (check_reply(host, 200, NONE); host->verdict == STOCKD_SEND; windows++) {
            int64_t to = from + 6 * DAY < END ? from + 6 * DAY : END;
            asked_page(host, 0, from, to);
            check_reply(host, 200, "{\"next\":null,\"orders\":[]}");
            from = to;
        }
        assert_int_equal(windows, drains[i].windows);
        assert_int_equal(from, END);
        assert_int_equal(host->drained_ms, WB_NOW);
        fixture_end(host);
    }
}

/* After a page of one task: whether another is asked for, and if not, whether all counts as read.
 */
static void the_end_is_not_guessed(void **state)
{
    (void)state;
    static const struct {
        const char *next;
        bool more, whole;
    } ends[] = {
        {"\"next\":null,", false, true},   {"\"next\":0,", false, true},
        {"\"next\":\"0\",", false, true},  {"", false, true},
        {"\"next\":14,", true, false},     {"\"next\":\"14\",", true, false},
        {"\"next\":-1,", false, false},    {"\"next\":1.5,", false, false},
        {"\"next\":\"x\",", false, false}, {"\"next\":{},", false, false},
    };
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct stockd_start start;
        struct check *host = drain(&start);
        char body[512];
        snprintf(body, sizeof(body), "{%s\"orders\":[" TASK("5") "]}", ends[i].next);
        check_reply(host, 200, body);
        check_reply(host, 200, "{\"orders\":[" IS("5", "new", "waiting") "]}");
        bool more = host->verdict == STOCKD_SEND;
        if (more != ends[i].more) fail_msg("%s: more %d", ends[i].next, more);
        if ((host->drained_ms != 0) != ends[i].whole) fail_msg("%s: drained", ends[i].next);
        /* A sweep that nobody can tell from a whole one is a whole one at the cut-over. */
        if ((host->malformed.count != 0) != (!ends[i].more && !ends[i].whole))
            fail_msg("%s: told of", ends[i].next);
        assert_int_equal(line(host, "5")->state, STOCKD_ORDER_OPEN);
        fixture_end(host);
    }
}

static void a_cursor_that_repeats_ends_the_window(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = drain(&start);
    for (int i = 0; i < 2; i++) {
        check_reply(host, 200, "{\"next\":9,\"orders\":[" TASK("5") "]}");
        check_reply(host, 200, "{\"orders\":[" IS("5", "new", "waiting") "]}");
    }
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->drained_ms, WB_NOW);
    fixture_end(host);
}

static void pages_without_end_are_not_followed_for_ever(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = drain(&start);
    char body[512];
    for (int i = 1; i < 5000 && host->verdict == STOCKD_SEND; i++) {
        snprintf(body, sizeof(body), "{\"next\":%d,\"orders\":[" TASK("5") "]}", i);
        check_reply(host, 200, body);
        check_reply(host, 200, NONE);
    }
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->drained_ms, 0);
    assert_int_equal(host->malformed.count, 1);
    assert_true(cursor_is(host, "1789996400000"));
    fixture_end(host);
}

static void what_is_not_readable_keeps_the_cursor(void **state)
{
    (void)state;
    static const struct {
        const char *page;
        size_t lines;
        bool ends; /* with DONE; else it fails */
    } pages[] = {
        {"{\"next\":0,\"orders\":[{\"article\":\"x\"}," TASK("5") "]}", 1, true},
        {"{\"next\":0,\"orders\":[null," TASK("5") "]}", 1, true},
        {"{\"next\":0,\"orders\":[{\"id\":4}," TASK("5") "]}", 1, true}, /* of nothing */
        {"{\"next\":0,\"orders\":[{\"id\":99123456789012345678,\"chrtId\":1}]}", 0, true},
        {"{}", 0, false},
        {"{\"orders\":null}", 0, false},
        {"null", 0, false},
        {"", 0, false},
    };
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        struct stockd_start start;
        struct check *host = drain(&start);
        check_reply(host, 200, pages[i].page);
        if (host->verdict == STOCKD_SEND)
            check_reply(host, 200, "{\"orders\":[" IS("5", "new", "waiting") "]}");
        assert_int_equal(host->verdict, pages[i].ends ? STOCKD_DONE : STOCKD_FAIL);
        assert_int_equal(host->lines.count, pages[i].lines);
        assert_int_equal(host->drained_ms, 0);
        assert_true(cursor_is(host, "1789996400000"));
        fixture_end(host);
    }
}

static void a_refusal_keeps_the_cursor(void **state)
{
    (void)state;
    for (int step = 0; step < 3; step++) {
        struct stockd_start start;
        struct check *host = drain(&start);
        if (step > 0) check_reply(host, 200, "{\"next\":9,\"orders\":[" TASK("5") "]}");
        if (step > 1) check_reply(host, 200, "{\"orders\":[" IS("5", "new", "waiting") "]}");
        assert_int_equal(check_reply(host, 400, "{\"code\":\"IncorrectParameter\"}"), STOCKD_FAIL);
        assert_int_equal(host->failure.why, STOCKD_FAIL_RETRY);
        assert_int_equal(host->quotas.at[0].cost, 10);
        assert_int_equal(host->quotas.at[0].bucket, 2);
        assert_int_equal(host->drained_ms, 0);
        assert_true(cursor_is(host, "1789996400000"));
        fixture_end(host);
    }
}

static void a_sweep_moves_the_cursor_only_over_what_it_read(void **state)
{
    (void)state;
    static const struct {
        int64_t since;
        const char *cursor;
        bool moves;
    } sweeps[] = {
        {WB_NOW - 7200000, "1789996400000", true},  /* cursor an hour ago, since two */
        {WB_NOW - 1800000, "1789996400000", false}, /* since half an hour: a gap between */
        {WB_NOW - 1800000, NULL, false},
    };
    for (size_t i = 0; i < 3; i++) {
        struct stockd_start start = fixture_start(STOCKD_FETCH_ORDERS);
        struct check *host = wb_host();
        start.orders_mode = STOCKD_ORDERS_SWEEP;
        start.since_ms = sweeps[i].since;
        if (sweeps[i].cursor) check_state(host, CURSOR, sweeps[i].cursor, 13);
        check_start(host, &start);
        check_reply(host, 200, NONE);
        check_reply(host, 200, "{\"next\":0,\"orders\":[]}");
        assert_int_equal(host->verdict, STOCKD_DONE);
        assert_int_equal(host->drained_ms, sweeps[i].moves ? WB_NOW : 0);
        assert_true(cursor_is(host, sweeps[i].moves ? "1790000000000" : sweeps[i].cursor));
        fixture_end(host);
    }
}

/* ---- what is open here ---- */

static void open_orders_are_asked_about_too(void **state)
{
    (void)state;
    static const char *const open[] = {"9", "5", "8", "9", "foreign", "7"};
    struct stockd_start start = fixture_start(STOCKD_FETCH_ORDERS);
    struct check *host = wb_host();
    start.open_orders = open;
    start.open_order_count = 6;
    check_state(host, CURSOR, "1789996400000", 13);
    check_start(host, &start);
    check_reply(host, 200, NONE);
    check_reply(host, 200, "{\"next\":0,\"orders\":[" TASK("5") "]}");
    check_reply(host, 200, "{\"orders\":[" IS("5", "new", "waiting") "]}");
    wb_asked(host, STATUS, "{\"orders\":[7,8,9]}"); /* the page told of 5 */
    assert_int_equal(host->drained_ms, 0);
    check_reply(host, 200,
                "{\"orders\":[" IS("9", "complete", "sold") "," IS(
                    "7", "cancel", "canceled") "," IS("1234", "cancel", "canceled") "]}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->lines.count, 3);
    assert_int_equal(line(host, "9")->state, STOCKD_ORDER_SHIPPED);
    assert_int_equal(line(host, "7")->state, STOCKD_ORDER_CANCELLED);
    assert_int_equal(line(host, "7")->quantity, 1);
    /* Its page said what it took from the figure: from 0 nothing was. */
    assert_int_equal(line(host, "7")->marketplace_lowered, 0);
    assert_int_equal(line(host, "7")->oversell, 0);
    /* Of 8 nothing was told: nothing is known, least of all that it is cancelled. */
    assert_int_equal(host->drained_ms, WB_NOW);
    fixture_end(host);
}

/* Every drain lists what waits: of what is open here nothing is told until it is something else. */
static void what_is_open_and_waits_is_not_told_again(void **state)
{
    (void)state;
    static const char *const open[] = {"7", "5"};
    struct stockd_start start = fixture_start(STOCKD_FETCH_ORDERS);
    struct check *host = wb_host();
    start.open_orders = open;
    start.open_order_count = 2;
    check_state(host, CURSOR, "1789996400000", 13);
    check_start(host, &start);
    check_reply(host, 200, "{\"orders\":[" TASK("5") "," TASK("6") "," TASK("7") "]}");
    assert_int_equal(host->lines.count, 1);
    assert_int_equal(line(host, "6")->state, STOCKD_ORDER_OPEN);
    check_reply(host, 200, NONE);
    wb_asked(host, STATUS, "{\"orders\":[5,7]}");
    check_reply(
        host, 200,
        "{\"orders\":[" IS("5", "confirm", "waiting") "," IS("7", "complete", "sorted") "]}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->lines.count, 2);
    assert_int_equal(line(host, "7")->state, STOCKD_ORDER_SHIPPED);
    assert_int_equal(host->drained_ms, WB_NOW);
    fixture_end(host);
}

static void a_thousand_open_orders_at_a_time(void **state)
{
    (void)state;
    enum { COUNT = 2345 };
    static const char *open[COUNT];
    static char ids[COUNT][24];
    struct stockd_start start = fixture_start(STOCKD_FETCH_ORDERS);
    struct check *host = wb_host();
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(ids[i], sizeof(ids[i]), "%zu", 9200000001 + COUNT - i);
        open[i] = ids[i];
    }
    start.open_orders = open;
    start.open_order_count = COUNT;
    check_state(host, CURSOR, "1789996400000", 13);
    check_start(host, &start);
    check_reply(host, 200, NONE);
    check_reply(host, 200, NONE);
    static const size_t sizes[] = {1000, 1000, 345};
    for (size_t i = 0; i < 3; i++) {
        json_t *body = fixture_asked_json(host), *rows = json_object_get(body, "orders"), *id;
        assert_int_equal(json_array_size(rows), sizes[i]);
        char *answer = malloc(sizes[i] * 80 + 32), *at = stpcpy(answer, "{\"orders\":[");
        size_t index;
        json_array_foreach (rows, index, id)
            at += sprintf(at, "%s{\"id\":%lld,\"supplierStatus\":\"complete\",\"wbStatus\":null}",
                          index ? "," : "", (long long)json_integer_value(id));
        strcpy(at, "]}");
        check_reply(host, 200, answer);
        free(answer);
        json_decref(body);
    }
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->lines.count, COUNT);
    assert_int_equal(host->drained_ms, WB_NOW);
    fixture_end(host);
}

/* A page of a hundred tasks, and its statuses: all shipped. */
static void read_full_page(struct check *host, const char *next)
{
    static char page[128 << 10], statuses[32 << 10];
    int size = snprintf(page, sizeof(page), "{\"next\":%s,\"orders\":[", next);
    int told = snprintf(statuses, sizeof(statuses), "{\"orders\":[");
    for (int i = 0; i < 100; i++) {
        size += snprintf(page + size, sizeof(page) - (size_t)size, "%s" TASK("%s%03d"),
                         i ? "," : "", next, i);
        told += snprintf(statuses + told, sizeof(statuses) - (size_t)told,
                         "%s" IS("%s%03d", "complete", "sorted"), i ? "," : "", next, i);
    }
    strcpy(page + size, "]}");
    strcpy(statuses + told, "]}");
    check_reply(host, 200, page);
    check_reply(host, 200, statuses);
}

/* It goes on behind the last page whose statuses were told, and then reads what came before that
 * meanwhile. Only that is the end. */
static void a_drain_that_was_interrupted_goes_on(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = drain(&start);
    read_full_page(host, "77");
    read_full_page(host, "88");
    assert_int_equal(check_reply(host, 502, ""), STOCKD_FAIL);
    host->now_ms = WB_NOW + 60000;
    check_start(host, &start);
    wb_asked(host, NEW, NULL);
    check_reply(host, 200, NONE);
    asked_page(host, 88, 1789995500, END);
    assert_int_equal(check_reply(host, 200, NONE), STOCKD_SEND);
    assert_true(cursor_is(host, "1789996400000"));
    assert_int_equal(host->drained_ms, 0);
    asked_page(host, 0, 1789999100, END + 60);
    assert_int_equal(check_reply(host, 200, NONE), STOCKD_DONE);
    assert_true(cursor_is(host, "1790000060000"));
    assert_int_equal(host->drained_ms, WB_NOW + 60000);
    fixture_end(host);
}

static void a_place_that_is_refused_is_left(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = drain(&start);
    read_full_page(host, "77");
    check_start(host, &start);
    check_reply(host, 200, NONE);
    asked_page(host, 77, 1789995500, END);
    assert_int_equal(check_reply(host, 400, "{\"code\":\"IncorrectParameter\"}"), STOCKD_FAIL);
    check_start(host, &start);
    check_reply(host, 200, NONE);
    asked_page(host, 0, 1789995500, END);
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(reads_new_then_pages_then_statuses),
    cmocka_unit_test(a_line_carries_all_that_is_known),
    cmocka_unit_test(the_article_is_a_sku_only_where_skus_are_articles),
    cmocka_unit_test(a_new_task_is_open_at_once),
    cmocka_unit_test(looks_back_in_windows_that_are_taken),
    cmocka_unit_test(the_end_is_not_guessed),
    cmocka_unit_test(a_cursor_that_repeats_ends_the_window),
    cmocka_unit_test(pages_without_end_are_not_followed_for_ever),
    cmocka_unit_test(what_is_not_readable_keeps_the_cursor),
    cmocka_unit_test(a_refusal_keeps_the_cursor),
    cmocka_unit_test(a_sweep_moves_the_cursor_only_over_what_it_read),
    cmocka_unit_test(open_orders_are_asked_about_too),
    cmocka_unit_test(what_is_open_and_waits_is_not_told_again),
    cmocka_unit_test(a_thousand_open_orders_at_a_time),
    cmocka_unit_test(a_drain_that_was_interrupted_goes_on),
    cmocka_unit_test(a_place_that_is_refused_is_left),
};

TEST_MAIN(cases)
