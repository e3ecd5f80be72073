/* fetch_listings: which pages a crawl asks for, where it goes on after a restart, when all is read
 * again, and what may be concluded at its end. */
#include "wb_fixture.h"

#include <stdio.h>

#define LIST  "/content/v2/get/cards/list"
#define TRASH "/content/v2/get/cards/trash"
#define NONE  "{\"cards\":[],\"cursor\":{\"updatedAt\":\"\",\"nmID\":0,\"total\":0}}"
#define HOUR  INT64_C(3600000)

static void asked_after(const struct check *host, const char *path, const char *at, int nm)
{
    char body[256], mark[128] = "";
    bool trash = strcmp(path, TRASH) == 0;
    if (at)
        snprintf(mark, sizeof(mark), ",\"%s\":\"%s\",\"nmID\":%d",
                 trash ? "trashedAt" : "updatedAt", at, nm);
    snprintf(body, sizeof(body),
             "{\"settings\":{\"sort\":{\"ascending\":true},\"cursor\":{\"limit\":100%s}%s}}", mark,
             trash ? "" : ",\"filter\":{\"withPhoto\":-1}");
    wb_asked(host, path, body);
}

static enum stockd_verdict cards(struct check *host, const char *at, int nm)
{
    char body[512];
    bool trash = strcmp(check_request(host)->path, TRASH) == 0;
    snprintf(body, sizeof(body),
             "{\"cards\":[{\"nmID\":%d,\"sizes\":[{\"chrtID\":%d}]}],\"cursor\":{\"%s\":\"%s\","
             "\"nmID\":%d,\"total\":1}}",
             nm, nm + 1000, trash ? "trashedAt" : "updatedAt", at, nm);
    return check_reply(host, 200, body);
}

/* A token without analytics, so that a crawl ends with its cards. */
static struct check *crawl_host(void)
{
    return wb_host_with(1 << 1);
}

static enum stockd_verdict begin(struct check *host)
{
    static struct stockd_start start;
    start = fixture_start(STOCKD_FETCH_LISTINGS);
    return check_start(host, &start);
}

/* A whole crawl: two cards, one in the trash. */
static void crawl(struct check *host)
{
    assert_int_equal(begin(host), STOCKD_SEND);
    asked_after(host, LIST, NULL, 0);
    assert_int_equal(cards(host, "2026-01-01T00:00:00Z", 1), STOCKD_SEND);
    asked_after(host, LIST, "2026-01-01T00:00:00Z", 1);
    assert_int_equal(cards(host, "2026-01-02T00:00:00Z", 2), STOCKD_SEND);
    assert_int_equal(check_reply(host, 200, NONE), STOCKD_SEND);
    asked_after(host, TRASH, NULL, 0);
    assert_int_equal(cards(host, "2026-01-03T00:00:00Z", 3), STOCKD_SEND);
    assert_int_equal(check_reply(host, 200, NONE), STOCKD_DONE);
}

/* The catalogue has not changed since the last crawl. */
static void nothing_new(struct check *host)
{
    asked_after(host, LIST, "2026-01-02T00:00:00Z", 2);
    check_reply(host, 200, NONE);
    asked_after(host, TRASH, "2026-01-03T00:00:00Z", 3);
    assert_int_equal(check_reply(host, 200, NONE), STOCKD_DONE);
}

static void all_is_read_first(void **state)
{
    (void)state;
    struct check *host = crawl_host();
    crawl(host);
    assert_int_equal(host->listings.count, 3);
    assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    assert_int_equal(host->completes.count, 1);
    assert_int_equal(check_request(host)->charges[0].bucket, 3);
    assert_int_equal(check_request(host)->endpoint, 1);
    fixture_end(host);
}

static void later_only_what_changed(void **state)
{
    (void)state;
    struct check *host = crawl_host();
    crawl(host);
    host->now_ms += 6 * HOUR;
    begin(host);
    asked_after(host, LIST, "2026-01-02T00:00:00Z", 2);
    cards(host, "2026-02-01T00:00:00Z", 7);
    asked_after(host, LIST, "2026-02-01T00:00:00Z", 7);
    check_reply(host, 200, NONE);
    asked_after(host, TRASH, "2026-01-03T00:00:00Z", 3);
    assert_int_equal(check_reply(host, 200, NONE), STOCKD_DONE);
    assert_false(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    assert_true(fixture_completed(host, STOCKD_SCOPE_ITEMS, NULL)); /* what was asked */
    host->now_ms += 6 * HOUR;
    begin(host);
    asked_after(host, LIST, "2026-02-01T00:00:00Z", 7);
    fixture_end(host);
}

static void all_is_read_again_after_a_day(void **state)
{
    (void)state;
    struct check *host = crawl_host();
    crawl(host);
    for (int i = 1; i < 4; i++) {
        host->now_ms += 6 * HOUR;
        begin(host);
        nothing_new(host);
    }
    host->now_ms += 6 * HOUR;
    crawl(host);
    assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    fixture_end(host);
}

static void the_interval_is_an_option(void **state)
{
    (void)state;
    struct check *host = crawl_host();
    check_option(host, "full-crawl", "2h");
    crawl(host);
    host->now_ms += HOUR;
    begin(host);
    nothing_new(host);
    host->now_ms += HOUR;
    crawl(host);
    fixture_end(host);
}

static void asked_for_again_at_once_all_is_read(void **state)
{
    (void)state;
    struct check *host = crawl_host();
    crawl(host);
    host->now_ms += 6 * HOUR;
    begin(host);
    nothing_new(host);
    host->now_ms += 60000;
    crawl(host);
    assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    fixture_end(host);
}

static void a_restart_goes_on_where_it_was(void **state)
{
    (void)state;
    struct check *host = crawl_host();
    begin(host);
    cards(host, "2026-01-01T00:00:00Z", 1);
    cards(host, "2026-01-02T00:00:00Z", 2);
    begin(host); /* the operation is lost, its state is not */
    asked_after(host, LIST, "2026-01-02T00:00:00Z", 2);
    check_reply(host, 200, NONE);
    cards(host, "2026-01-03T00:00:00Z", 3);
    begin(host);
    asked_after(host, TRASH, "2026-01-03T00:00:00Z", 3);
    assert_int_equal(check_reply(host, 200, NONE), STOCKD_DONE);
    assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    fixture_end(host);
}

static void a_failed_page_is_gone_on_with(void **state)
{
    (void)state;
    struct check *host = crawl_host();
    begin(host);
    cards(host, "2026-01-01T00:00:00Z", 1);
    assert_int_equal(check_reply(host, 429, ""), STOCKD_FAIL);
    assert_int_equal(host->failure.why, STOCKD_FAIL_RETRY);
    assert_int_equal(host->quotas.at[0].cost, STOCKD_UNKNOWN); /* not of this group */
    begin(host);
    asked_after(host, LIST, "2026-01-01T00:00:00Z", 1);
    fixture_end(host);
}

static void state_that_cannot_be_read_begins_anew(void **state)
{
    (void)state;
    static const char *const states[] = {
        "x",
        "[]",
        "{}",
        "{\"list\":7,\"full\":1,\"full-ms\":\"x\",\"updated-at\":7}",
        "{\"full-ms\":-9223372036854775807,\"updated-at\":\"a\",\"updated-nm\":5}",
        "{\"ended-ms\":-9223372036854775807}"};
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        struct check *host = crawl_host();
        check_state(host, "cards", states[i], strlen(states[i]));
        crawl(host);
        assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
        fixture_end(host);
    }
}

/* After one card: whether another page is asked for, and if not, whether the list counts as whole.
 */
static void the_end_is_not_guessed(void **state)
{
    (void)state;
    static const struct {
        const char *cursor;
        bool more, whole;
    } ends[] = {
        {"\"updatedAt\":\"b\",\"nmID\":2,\"total\":1", true, false}, /* a short page is no end */
        {"\"updatedAt\":\"a\",\"nmID\":2,\"total\":100", true, false},
        {"\"updatedAt\":\"b\",\"nmID\":1", true, false},
        {"\"updatedAt\":\"a\",\"nmID\":1,\"total\":100", false, true}, /* stands still */
        {"\"total\":1", false, false},
        {"\"updatedAt\":\"b\"", false, false},
        {"\"nmID\":2", false, false},
        {"\"updatedAt\":7,\"nmID\":2", false, false},
        {"\"updatedAt\":\"\",\"nmID\":2", false, false},
        {"\"updatedAt\":\"b\",\"nmID\":0", false, false},
    };
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct check *host = crawl_host();
        char body[256];
        begin(host);
        cards(host, "a", 1);
        snprintf(body, sizeof(body), "{\"cards\":[{\"nmID\":9,\"sizes\":[]}],\"cursor\":{%s}}",
                 ends[i].cursor);
        check_reply(host, 200, body);
        bool more = strcmp(check_request(host)->path, LIST) == 0;
        if (more != ends[i].more) fail_msg("%s: more %d", ends[i].cursor, more);
        while (host->verdict == STOCKD_SEND)
            check_reply(host, 200, NONE);
        bool whole = fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL);
        if (!more && whole != ends[i].whole) fail_msg("%s: whole %d", ends[i].cursor, whole);
        fixture_end(host);
    }
}

static void without_its_list_a_page_is_no_end(void **state)
{
    (void)state;
    static const char *const bodies[] = {"{}", "{\"cards\":null}", "{\"cards\":{}}", "null",
                                         "[]", "{\"cards\":["};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct check *host = crawl_host();
        begin(host);
        cards(host, "a", 1);
        assert_int_equal(check_reply(host, 200, bodies[i]), STOCKD_FAIL);
        assert_int_equal(host->failure.why, STOCKD_FAIL_RETRY);
        assert_int_equal(host->completes.count, 0);
        fixture_end(host);
    }
}

/* A row that could not be read: nothing is concluded until all was read again without one. */
static void holes_are_remembered(void **state)
{
    (void)state;
    struct check *host = crawl_host();
    begin(host);
    check_reply(host, 200,
                "{\"cards\":[{\"nmID\":2,\"sizes\":[]},{}],\"cursor\":{\"updatedAt\":\"2026-01-02T"
                "00:00:00Z\",\"nmID\":2}}");
    begin(host); /* also over a restart */
    check_reply(host, 200, NONE);
    cards(host, "2026-01-03T00:00:00Z", 3);
    assert_int_equal(check_reply(host, 200, NONE), STOCKD_DONE);
    assert_int_equal(host->completes.count + host->incompletes.count, 0);
    host->now_ms += 60000; /* tried again: not all is read over and over */
    begin(host);
    nothing_new(host);
    assert_int_equal(host->completes.count + host->incompletes.count, 0);
    host->now_ms += 6 * HOUR;
    crawl(host);
    assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    fixture_end(host);
}

static void pages_without_end_are_not_followed_for_ever(void **state)
{
    (void)state;
    struct check *host = crawl_host();
    char at[32];
    begin(host);
    for (int i = 1; i < 30000 && host->verdict == STOCKD_SEND; i++) {
        snprintf(at, sizeof(at), "%d", i);
        cards(host, at, 1);
    }
    assert_int_equal(host->verdict, STOCKD_FAIL);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

/* ---- what Wildberries keeps, read at the end of a crawl ---- */

static void figures_of_fbw_come_with_the_cards(void **state)
{
    (void)state;
    struct check *host = wb_host();
    begin(host);
    check_reply(host, 200, NONE);
    assert_int_equal(check_reply(host, 200, NONE), STOCKD_SEND);
    assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    assert_non_null(strstr(check_request(host)->path, "wb-warehouses"));
    check_reply(host, 200, "{\"data\":{\"items\":[{\"chrtId\":11,\"quantity\":4}]}}");
    assert_int_equal(check_reply(host, 200, "{\"data\":{\"items\":[]}}"), STOCKD_DONE);
    assert_int_equal(host->stocks.count, 1);
    assert_string_equal(host->stocks.at[0].warehouse_id, "fbw");
    host->now_ms += HOUR; /* not again so soon */
    begin(host);
    check_reply(host, 200, NONE);
    assert_int_equal(check_reply(host, 200, NONE), STOCKD_DONE);
    host->now_ms += 4 * HOUR;
    begin(host);
    check_reply(host, 200, NONE);
    assert_int_equal(check_reply(host, 200, NONE), STOCKD_SEND);
    assert_int_equal(check_reply(host, 403, "{}"), STOCKD_DONE); /* and fails nothing */
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(all_is_read_first),
    cmocka_unit_test(later_only_what_changed),
    cmocka_unit_test(all_is_read_again_after_a_day),
    cmocka_unit_test(the_interval_is_an_option),
    cmocka_unit_test(asked_for_again_at_once_all_is_read),
    cmocka_unit_test(a_restart_goes_on_where_it_was),
    cmocka_unit_test(a_failed_page_is_gone_on_with),
    cmocka_unit_test(state_that_cannot_be_read_begins_anew),
    cmocka_unit_test(the_end_is_not_guessed),
    cmocka_unit_test(without_its_list_a_page_is_no_end),
    cmocka_unit_test(holes_are_remembered),
    cmocka_unit_test(pages_without_end_are_not_followed_for_ever),
    cmocka_unit_test(figures_of_fbw_come_with_the_cards),
};

TEST_MAIN(cases)
