/* Reading by ids: a list of a hundred, then one by one what the list left out. Never absent for
 * that, never gone but by asking for that very id. */
#include "allegro_fixture.h"

#include <stdio.h>
#include <stdlib.h>

struct fixture {
    struct allegro_items at;
    struct check *host;
};

static struct fixture *reading(enum stockd_operation operation, uint32_t count)
{
    struct fixture *f = malloc(sizeof(*f));
    f->host = allegro_host();
    allegro_items(&f->at, operation, count);
    assert_int_equal(check_start(f->host, &f->at.start), STOCKD_SEND);
    return f;
}

static void end(struct fixture *f)
{
    fixture_end(f->host);
    free(f);
}

#define OFFER(id, n) \
    "{\"id\":\"" id "\",\"stock\":{\"available\":" n "},\"publication\":{\"status\":\"ACTIVE\"}}"

static void what_the_list_leaves_out_is_asked_alone(void **state)
{
    (void)state;
    struct fixture *f = reading(STOCKD_FETCH_STOCK, 3);
    allegro_asked(f->host, "GET",
                  "/sale/offers?limit=1000&offer.id=70001&offer.id=70002&offer.id=70003");
    check_reply(f->host, 200,
                "{\"offers\":[" OFFER("70003", "3") "," OFFER("99", "9") "],\"totalCount\":2}");
    assert_int_equal(f->host->stocks.count, 1);
    allegro_asked(f->host, "GET", "/sale/product-offers/70001");
    check_reply(f->host, 200, OFFER("70001", "1"));
    allegro_asked(f->host, "GET", "/sale/product-offers/70002");
    assert_int_equal(check_reply(f->host, 404,
                                 "{\"errors\":[{\"code\":\"OFFER_NOT_FOUND\",\"message\":\"x\"}]}"),
                     STOCKD_DONE);
    assert_int_equal(f->host->stocks.count, 3);
    assert_int_equal(f->host->stocks.at[1].quantity, 1);
    assert_int_equal(f->host->stocks.at[2].kind, STOCKD_STOCK_ABSENT);
    assert_int_equal(f->host->listings.at[2].state, STOCKD_LISTING_GONE);
    assert_string_equal(f->host->listings.at[2].id, "70002");
    assert_true(fixture_completed(f->host, STOCKD_SCOPE_ITEMS, NULL));
    end(f);
}

static void many_are_asked_in_hundreds(void **state)
{
    (void)state;
    struct fixture *f = reading(STOCKD_FETCH_STOCK, 250);
    size_t asked = 0, rounds = 0;
    while (f->host->verdict == STOCKD_SEND && rounds++ < 10) {
        const char *path = check_request(f->host)->path;
        char *body = malloc(65536), *to = body;
        to += sprintf(to, "{\"offers\":[");
        for (const char *at = path; (at = strstr(at, "offer.id=")); at++) {
            to += sprintf(to, OFFER("%.5s", "4") ",", at + 9);
            asked++;
        }
        sprintf(to - 1, "]}");
        check_reply(f->host, 200, body);
        free(body);
    }
    assert_int_equal(asked, 250);
    assert_int_equal(rounds, 3);
    assert_int_equal(f->host->stocks.count, 250);
    assert_true(fixture_completed(f->host, STOCKD_SCOPE_ITEMS, NULL));
    end(f);
}

static void what_cannot_be_read_leaves_the_scope_open(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum stockd_verdict verdict;
    } singles[] = {
        {403, "{\"errors\":[{\"code\":\"AccessDenied\"}]}", STOCKD_DONE},
        {400, "{\"errors\":[{\"code\":\"BAD_ID\"}]}", STOCKD_DONE},
        {200, "{\"id\":\"70001\",\"publication\":{\"status\":\"ACTIVE\"}}", STOCKD_DONE},
        {200, "{\"id\":\"70002\",\"publication\":{\"status\":\"ENDED\"}}", STOCKD_DONE},
        {200, "{}", STOCKD_DONE},
        {404, "<html>", STOCKD_FAIL},
        {404, "{}", STOCKD_FAIL},
        {403, "<html>captcha", STOCKD_FAIL},
        {200, "<html>", STOCKD_FAIL},
        {500, "{\"errors\":[{\"code\":\"ERROR\"}]}", STOCKD_DEFAULT},
    };
    for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++) {
        struct fixture *f = reading(STOCKD_FETCH_STOCK, 1);
        check_reply(f->host, 200, "{\"offers\":[]}");
        enum stockd_verdict verdict = check_reply(f->host, singles[i].status, singles[i].body);
        if (verdict != singles[i].verdict)
            fail_msg("%d %s: %d", singles[i].status, singles[i].body, (int)verdict);
        assert_int_equal(f->host->completes.count, 0);
        assert_int_equal(f->host->stocks.count, 0);
        for (size_t l = 0; l < f->host->listings.count; l++)
            assert_int_not_equal(f->host->listings.at[l].state, STOCKD_LISTING_GONE);
        end(f);
    }
}

static void odd_ids_are_not_asked_for(void **state)
{
    (void)state;
    struct fixture *f = malloc(sizeof(*f));
    f->host = allegro_host();
    allegro_items(&f->at, STOCKD_FETCH_STOCK, 3);
    f->at.items[0].listing_id = "../../me";
    f->at.items[1].listing_id = "1&external.id=2";
    check_start(f->host, &f->at.start);
    allegro_asked(f->host, "GET", "/sale/offers?limit=1000&offer.id=70003");
    assert_int_equal(check_reply(f->host, 200, "{\"offers\":[" OFFER("70003", "1") "]}"),
                     STOCKD_DONE);
    assert_int_equal(f->host->malformed.count, 2);
    assert_int_equal(f->host->completes.count, 0);
    end(f);
}

/* Only lists say isFulfillment: an offer's own page must not make Allegro's stock the seller's. */
static void allegros_stock_stays_allegros(void **state)
{
    (void)state;
    struct fixture *f = malloc(sizeof(*f));
    f->host = allegro_host();
    allegro_items(&f->at, STOCKD_FETCH_LISTINGS, 1);
    f->at.items[0].listing_state = STOCKD_LISTING_MARKETPLACE_STOCKED;
    check_start(f->host, &f->at.start);
    check_reply(f->host, 200, "{\"offers\":[]}");
    check_reply(f->host, 200, OFFER("70001", "4"));
    assert_int_equal(f->host->listings.at[0].state, STOCKD_LISTING_MARKETPLACE_STOCKED);
    assert_string_equal(f->host->stocks.at[0].warehouse_id, "one-fulfillment");
    end(f);
}

static void who_ended_an_offer_is_told(void **state)
{
    (void)state;
    struct fixture *f = reading(STOCKD_FETCH_LISTINGS, 1);
    check_reply(f->host, 200, "{\"offers\":[]}");
    check_reply(f->host, 200,
                "{\"id\":\"70001\",\"stock\":{\"available\":4},\"publication\":{\"status\":"
                "\"ENDED\",\"endedBy\":\"USER\",\"republish\":true}}");
    assert_int_equal(f->host->verdict, STOCKD_DONE);
    assert_int_equal(f->host->listings.at[0].state, STOCKD_LISTING_ENDED);
    assert_int_equal(f->host->stocks.at[0].quantity, 0);
    assert_string_equal(f->host->listings.at[0].code, "republish");
    assert_int_equal(f->host->warnings.count, 1);
    assert_int_equal(f->host->completes.count, 0);
    end(f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_the_list_leaves_out_is_asked_alone),
    cmocka_unit_test(many_are_asked_in_hundreds),
    cmocka_unit_test(what_cannot_be_read_leaves_the_scope_open),
    cmocka_unit_test(odd_ids_are_not_asked_for),
    cmocka_unit_test(allegros_stock_stays_allegros),
    cmocka_unit_test(who_ended_an_offer_is_told),
};

TEST_MAIN(cases)
