/* fetch_listings and the whole reading of stock: one list tells both; what a list leaves out proves
 * nothing. And the one warehouse. */
#include "allegro_fixture.h"

#include <stdio.h>
#include <stdlib.h>

static struct check *listed(struct stockd_start *start, const char *body)
{
    struct check *host = allegro_host();
    *start = fixture_start(STOCKD_FETCH_LISTINGS);
    assert_int_equal(check_start(host, start), STOCKD_SEND);
    allegro_asked(host, "GET", "/sale/offers?limit=500&offset=0");
    check_reply(host, 200, body);
    return host;
}

#define OFFER(id, status, n, more)                                                               \
    "{\"id\":" id ",\"name\":\"T\",\"stock\":{\"available\":" n ",\"sold\":1},\"publication\":{" \
    "\"status\":" status "}" more "}"
#define PAGE(offers, total) "{\"offers\":[" offers "],\"count\":1,\"totalCount\":" total "}"

static void an_offer_is_a_listing_and_a_figure(void **state)
{
    (void)state;
    static const struct {
        const char *offer;
        enum stockd_listing_state state;
        int64_t quantity;
        const char *warehouse;
    } offers[] = {
        {OFFER("\"1\"", "\"ACTIVE\"", "7", ",\"external\":{\"id\":\"A-1\"}"), STOCKD_LISTING_ACTIVE,
         7, "default"},
        {OFFER("\"1\"", "\"ACTIVATING\"", "7", ",\"external\":null"), STOCKD_LISTING_ACTIVE, 7,
         "default"},
        {OFFER("\"1\"", "\"ENDED\"", "7", ""), STOCKD_LISTING_ENDED, 0, "default"},
        {OFFER("\"1\"", "\"ENDED\"", "null", ""), STOCKD_LISTING_ENDED, 0, "default"},
        {OFFER("\"1\"", "\"INACTIVE\"", "7", ""), STOCKD_LISTING_NOT_READY, 0, "default"},
        {OFFER("\"1\"", "\"NEW_WORD\"", "7", ""), STOCKD_LISTING_ACTIVE, 7, "default"},
        {OFFER("\"1\"", "\"ACTIVE\"", "7", ",\"isFulfillment\":true"),
         STOCKD_LISTING_MARKETPLACE_STOCKED, 7, "one-fulfillment"},
        {OFFER("\"1\"", "\"ACTIVE\"", "7", ",\"isFulfillment\":false"), STOCKD_LISTING_ACTIVE, 7,
         "default"},
    };
    for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
        char body[1024];
        struct stockd_start start;
        snprintf(body, sizeof(body), PAGE("%s", "1"), offers[i].offer);
        struct check *host = listed(&start, body);
        assert_int_equal(host->verdict, STOCKD_DONE);
        assert_int_equal(host->listings.count, 1);
        assert_int_equal(host->listings.at[0].state, offers[i].state);
        const char *sku = fixture_key_of(&host->listings.at[0], "sku");
        if (i == 0) assert_string_equal(sku, "A-1");
        if (i != 0) assert_null(sku);
        assert_int_equal(host->stocks.count, 1);
        assert_int_equal(host->stocks.at[0].quantity, offers[i].quantity);
        assert_string_equal(host->stocks.at[0].warehouse_id, offers[i].warehouse);
        assert_int_equal(host->stocks.at[0].read_only, *offers[i].warehouse == 'o');
        assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
        assert_true(fixture_completed(host, STOCKD_SCOPE_ALL_STOCK, NULL));
        fixture_end(host);
    }
}

static void one_malformed_row_spoils_only_itself(void **state)
{
    (void)state;
    static const struct {
        const char *offer;
        size_t listings, stocks; /* of it */
    } rows[] = {
        {"null", 0, 0},
        {"[]", 0, 0},
        {OFFER("7", "\"ACTIVE\"", "7", ""), 0, 0},
        {OFFER("\"../1\"", "\"ACTIVE\"", "7", ""), 0, 0},
        {OFFER("\"123456789012345678901\"", "\"ACTIVE\"", "7", ""), 0, 0},
        {OFFER("\"1\"", "null", "7", ""), 0, 0},
        {OFFER("\"1\"", "\"ACTIVE\"", "7", ",\"isFulfillment\":\"maybe\""), 0, 0},
        {OFFER("\"1\"", "\"ACTIVE\"", "null", ""), 1, 0},
        {OFFER("\"1\"", "\"ACTIVE\"", "-1", ""), 1, 0},
        {OFFER("\"1\"", "\"ACTIVE\"", "1.5", ""), 1, 0},
        {OFFER("\"1\"", "\"ACTIVE\"", "99999999999999999999", ""), 1, 0},
        {OFFER("\"1\"", "\"ACTIVE\"", "7", ",\"external\":7"), 0, 1},
        {OFFER("\"1\"", "\"ACTIVE\"", "7", ",\"external\":{\"id\":7}"), 0, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char body[1024];
        struct stockd_start start;
        snprintf(body, sizeof(body), PAGE("%s," OFFER("\"2\"", "\"ACTIVE\"", "3", ""), "2"),
                 rows[i].offer);
        struct check *host = listed(&start, body);
        assert_int_equal(host->verdict, STOCKD_DONE);
        if (host->listings.count != rows[i].listings + 1 ||
            host->stocks.count != rows[i].stocks + 1)
            fail_msg("%s: %zu listings, %zu stocks", rows[i].offer, host->listings.count,
                     host->stocks.count);
        assert_true(host->malformed.count > 0);
        assert_int_equal(host->completes.count, 0);
        assert_int_equal(host->incompletes.count, 1);
        fixture_end(host);
    }
}

static void pages_are_read_to_the_number_told(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = listed(&start, PAGE(OFFER("\"1\"", "\"ACTIVE\"", "1", ""), "3"));
    allegro_asked(host, "GET", "/sale/offers?limit=500&offset=1");
    assert_int_equal(host->completes.count, 0);
    check_reply(host, 200, PAGE(OFFER("\"2\"", "\"ACTIVE\"", "1", ""), "3"));
    allegro_asked(host, "GET", "/sale/offers?limit=500&offset=2");
    check_reply(host, 200, PAGE(OFFER("\"3\"", "\"ACTIVE\"", "1", ""), "3"));
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    fixture_end(host);
}

/* A page that repeats its rows has more of them than it may, and leads on by no more. */
static void a_page_with_every_offer_twice_leads_on_by_itself(void **state)
{
    (void)state;
    enum { OFFERS = 500, ROOM = 1 << 20 };
    struct stockd_start start;
    char *body = malloc(ROOM);
    int size = snprintf(body, ROOM, "{\"totalCount\":622,\"offers\":[");
    for (int i = 0; i < 2 * OFFERS; i++)
        size += snprintf(body + size, ROOM - (size_t)size,
                         "%s" OFFER("\"%d\"", "\"ACTIVE\"", "1", ""), i ? "," : "", 1 + i / 2);
    snprintf(body + size, ROOM - (size_t)size, "]}");
    struct check *host = listed(&start, body);
    allegro_asked(host, "GET", "/sale/offers?limit=500&offset=500");
    free(body);
    fixture_end(host);
}

/* An offer that leaves the list draws the next ones past the page's edge: offer 3 stands where 2
 * stood by now. */
static void a_list_that_shrinks_is_read_again_by_as_much(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = listed(
        &start,
        PAGE(OFFER("\"1\"", "\"ACTIVE\"", "1", "") "," OFFER("\"2\"", "\"ACTIVE\"", "1", ""), "9"));
    allegro_asked(host, "GET", "/sale/offers?limit=500&offset=2");
    check_reply(
        host, 200,
        PAGE(OFFER("\"4\"", "\"ACTIVE\"", "1", "") "," OFFER("\"5\"", "\"ACTIVE\"", "1", ""), "8"));
    allegro_asked(host, "GET", "/sale/offers?limit=500&offset=1");
    fixture_end(host);
}

static void what_cannot_be_the_end_completes_nothing(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"offers\":[],\"count\":0,\"totalCount\":0}", /* seen with offers there */
        "{\"offers\":[],\"count\":0,\"totalCount\":5}",
        "{\"offers\":[]}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct stockd_start start;
        struct check *host = listed(&start, bodies[i]);
        assert_int_equal(host->verdict, STOCKD_DONE);
        assert_int_equal(host->completes.count + host->incompletes.count, 0);
        fixture_end(host);
    }
    struct stockd_start start;
    struct check *host = listed(&start, PAGE(OFFER("\"1\"", "\"ACTIVE\"", "1", ""), "3"));
    check_reply(host, 200, PAGE(OFFER("\"1\"", "\"ACTIVE\"", "1", ""), "3")); /* a circle */
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
    static const char *const unreadable[] = {
        "{}", "null", "{\"offers\":null}", "{\"offers\":{}}", "<html>", ""};
    for (size_t i = 0; i < sizeof(unreadable) / sizeof(unreadable[0]); i++) {
        host = listed(&start, unreadable[i]);
        assert_int_equal(host->verdict, STOCKD_FAIL);
        assert_int_equal(host->failure.why, STOCKD_FAIL_RETRY);
        fixture_end(host);
    }
}

static void an_offer_known_to_republish_says_so(void **state)
{
    (void)state;
    struct check *host = allegro_host();
    struct stockd_start start = fixture_start(STOCKD_FETCH_LISTINGS);
    check_state(host, "republish", "11,1,", 5);
    check_start(host, &start);
    check_reply(
        host, 200,
        PAGE(OFFER("\"1\"", "\"ACTIVE\"", "1", "") "," OFFER("\"111\"", "\"ACTIVE\"", "1", ""),
             "2"));
    assert_string_equal(host->listings.at[0].code, "republish");
    assert_string_equal(host->listings.at[1].code, "ACTIVE");
    fixture_end(host);
}

static void there_is_one_place_and_perhaps_theirs(void **state)
{
    (void)state;
    struct check *host = allegro_host();
    struct stockd_start start = fixture_start(STOCKD_LIST_WAREHOUSES);
    assert_int_equal(check_start(host, &start), STOCKD_DONE);
    assert_int_equal(host->warehouses.count, 1);
    assert_string_equal(host->warehouses.at[0].id, "default");
    assert_int_equal(host->warehouses.at[0].writable, 1);
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSES, NULL));
    check_state(host, "fulfillment", "1", 1);
    check_start(host, &start);
    assert_int_equal(host->warehouses.count, 2);
    assert_string_equal(host->warehouses.at[1].id, "one-fulfillment");
    assert_int_equal(host->warehouses.at[1].marketplace, 1);
    assert_int_equal(host->warehouses.at[1].writable, 0);
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(an_offer_is_a_listing_and_a_figure),
    cmocka_unit_test(one_malformed_row_spoils_only_itself),
    cmocka_unit_test(pages_are_read_to_the_number_told),
    cmocka_unit_test(a_page_with_every_offer_twice_leads_on_by_itself),
    cmocka_unit_test(a_list_that_shrinks_is_read_again_by_as_much),
    cmocka_unit_test(what_cannot_be_the_end_completes_nothing),
    cmocka_unit_test(an_offer_known_to_republish_says_so),
    cmocka_unit_test(there_is_one_place_and_perhaps_theirs),
};

TEST_MAIN(cases)
