/* One offer by PATCH: a figure, a zero, a return; what the answer shows decides. */
#include "allegro_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct fixture {
    struct allegro_items at;
    struct check *host;
};

static struct fixture *patched_in(int64_t wanted, uint32_t listing_state)
{
    struct fixture *f = malloc(sizeof(*f));
    f->host = allegro_host();
    allegro_items(&f->at, STOCKD_PUSH_STOCK, 1);
    f->at.start.route = ROUTE_PATCH;
    f->at.items[0].wanted = wanted;
    f->at.items[0].listing_state = listing_state;
    assert_int_equal(check_start(f->host, &f->at.start), STOCKD_SEND);
    return f;
}

static struct fixture *patched(int64_t wanted)
{
    return patched_in(wanted, STOCKD_LISTING_ACTIVE);
}

static void end(struct fixture *f)
{
    fixture_end(f->host);
    free(f);
}

static void what_is_asked(void **state)
{
    (void)state;
    struct fixture *f = patched(0);
    allegro_asked(f->host, "PATCH", "/sale/product-offers/70001");
    fixture_asked(f->host, "/sale/product-offers/70001", "{\"stock\":{\"available\":0}}");
    assert_true(check_request(f->host)->flags & STOCKD_REQUEST_WRITE);
    assert_int_equal(check_request(f->host)->charges[0].amount, 0);
    end(f);
}

#define SHOWS(n, by)                                 \
    "{\"id\":\"70001\",\"stock\":{\"available\":" #n \
    "},\"publication\":{\"status\":\"ACTIVE\"," by "\"republish\":false}}"
#define NAMED(code) "{\"errors\":[{\"code\":\"" code "\",\"userMessage\":\"Why.\"}]}"

static void what_each_answer_comes_to(void **state)
{
    (void)state;
    static const struct {
        int64_t wanted;
        int status;
        const char *body;
        enum stockd_verdict verdict;
        enum stockd_outcome_kind kind;
        const char *code, *marks;
    } answers[] = {
        {5, 200, SHOWS(5, ""), STOCKD_DONE, STOCKD_OK, NULL, ""},
        {0, 200, SHOWS(0, ""), STOCKD_DONE, STOCKD_OK, NULL, "z"},
        {5, 200, SHOWS(4, ""), STOCKD_DONE, STOCKD_UNRESOLVED, "unclear-answer", ""},
        {5, 200, SHOWS("5x", ""), STOCKD_DONE, STOCKD_UNRESOLVED, "unclear-answer", ""},
        {5, 200, "{\"id\":\"70001\"}", STOCKD_DONE, STOCKD_UNRESOLVED, "unclear-answer", ""},
        {5, 200, "{\"id\":\"9\",\"stock\":{\"available\":5}}", STOCKD_DONE, STOCKD_UNRESOLVED,
         "unclear-answer", ""},
        {0, 200, "null", STOCKD_DONE, STOCKD_UNRESOLVED, "unclear-answer", "z"},
        {0, 200, "<html>", STOCKD_DONE, STOCKD_UNRESOLVED, "unclear-answer", "z"},
        {5, 200, "{\"validation\":" NAMED("EMPTY_LOCATION") ",\"stock\":{\"available\":5}}",
         STOCKD_DONE, STOCKD_REJECTED, "EMPTY_LOCATION", ""},
        {5, 202, "{\"validation\":" NAMED("EMPTY_LOCATION") "}", STOCKD_DONE, STOCKD_REJECTED,
         "EMPTY_LOCATION", ""},
        {0, 200, "{\"validation\":" NAMED("EMPTY_LOCATION") "}", STOCKD_DONE, STOCKD_RETRY,
         "EMPTY_LOCATION", "p"},
        {5, 422, NAMED("MISSING_PARAMETER"), STOCKD_DONE, STOCKD_REJECTED, "MISSING_PARAMETER", ""},
        {0, 422, NAMED("MISSING_PARAMETER"), STOCKD_DONE, STOCKD_RETRY, "MISSING_PARAMETER", "p"},
        {5, 409, NAMED("OfferConflictException"), STOCKD_DONE, STOCKD_THROTTLED,
         "OfferConflictException", ""},
        {5, 422, NAMED("ERR_YOU_CANT_CHANGE_ITEM_EDIT_IN_PROGRESS"), STOCKD_DONE, STOCKD_THROTTLED,
         "ERR_YOU_CANT_CHANGE_ITEM_EDIT_IN_PROGRESS", ""},
        {5, 404, NAMED("OFFER_NOT_FOUND"), STOCKD_DONE, STOCKD_REJECTED, "OFFER_NOT_FOUND", ""},
        {5, 404, "<html>", STOCKD_DEFAULT, 0, NULL, ""},
        {5, 429, NAMED("TOO_MANY_REQUESTS"), STOCKD_DONE, STOCKD_THROTTLED, "TOO_MANY_REQUESTS",
         ""},
        {5, 401, "{\"error\":\"invalid_token\"}", STOCKD_DEFAULT, 0, NULL, ""},
        {5, 403, NAMED("AccessDenied"), STOCKD_DEFAULT, 0, NULL, ""},
        {5, 403, "<html>captcha</html>", STOCKD_FAIL, STOCKD_RETRY, NULL, ""},
        {5, 422, "{}", STOCKD_DEFAULT, 0, NULL, ""},
        {5, 500, NAMED("X"), STOCKD_DEFAULT, 0, NULL, ""},
        {5, 408, "", STOCKD_DEFAULT, 0, NULL, ""},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct fixture *f = patched(answers[i].wanted);
        enum stockd_verdict verdict = check_reply(f->host, answers[i].status, answers[i].body);
        if (verdict != answers[i].verdict)
            fail_msg("%d %s: %d", answers[i].status, answers[i].body, (int)verdict);
        if (answers[i].kind)
            allegro_outcome_is(f->host, 0, answers[i].kind);
        else
            assert_int_equal(f->host->outcomes.at[0].given, 0);
        if (answers[i].code)
            assert_string_equal(f->host->outcomes.at[0].last.code, answers[i].code);
        assert_string_equal(allegro_marks(f->host), answers[i].marks);
        end(f);
    }
}

/* Bought out, and no list has told of it: a figure does not bring it back. */
static void an_offer_that_has_ended_shows_no_figure(void **state)
{
    (void)state;
    struct fixture *f = patched(5);
    check_reply(f->host, 200,
                "{\"id\":\"70001\",\"stock\":{\"available\":5},\"publication\":{\"status\":"
                "\"ENDED\",\"endedBy\":\"EMPTY_STOCK\"}}");
    allegro_outcome_is(f->host, 0, STOCKD_CHANGED);
    assert_int_equal(f->host->outcomes.at[0].last.observed, 0);
    assert_int_equal(f->host->listings.count, 1);
    assert_int_equal(f->host->listings.at[0].state, STOCKD_LISTING_ENDED);
    end(f);
}

/* The address may name a host and port of Allegro's inside: only the operation's id is taken. */
static void an_accepted_change_is_followed(void **state)
{
    (void)state;
    static const struct {
        const char *location, *retry;
        const char *path; /* what is asked for after a wait, or NULL: read back */
        int64_t wait;
    } answers[] = {
        {"https://api.allegro.pl:42974/sale/product-offers/70001/operations/op-1", "3",
         "/sale/product-offers/70001/operations/op-1", 3000},
        {"/sale/product-offers/70001/operations/op-2?x=1", NULL,
         "/sale/product-offers/70001/operations/op-2", 5000},
        {"/sale/product-offers/70001/operations/op-3", "99999999999999999999", NULL, 600000},
        {"https://evil.example/sale/product-offers/70001/operations/..%2Fme", "soon", NULL, 5000},
        {"/sale/product-offers/70001/operations/", "-4", NULL, 5000},
        {NULL, "0", NULL, 5000},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct fixture *f = patched(5);
        struct check_pair headers[2];
        struct check_answer answer = {.status = 202, .headers = headers};
        if (answers[i].location)
            headers[answer.header_count++] = (struct check_pair){"location", answers[i].location};
        if (answers[i].retry)
            headers[answer.header_count++] = (struct check_pair){"retry-after", answers[i].retry};
        enum stockd_verdict verdict = check_answer(f->host, &answer);
        if (!answers[i].path) {
            assert_int_equal(verdict, STOCKD_DONE);
            allegro_outcome_is(f->host, 0, STOCKD_ACCEPTED);
            assert_int_equal(f->host->outcomes.at[0].last.until_ms - f->host->now_ms,
                             answers[i].wait);
            assert_int_equal(f->host->notes.count, 0);
            end(f);
            continue;
        }
        assert_int_equal(verdict, STOCKD_WAIT);
        assert_int_equal(f->host->wait_ms, answers[i].wait);
        assert_int_equal(check_timer(f->host), STOCKD_SEND);
        allegro_asked(f->host, "GET", answers[i].path);
        assert_int_equal(f->host->notes.count, 1);
        assert_memory_equal(f->host->notes.at[0].data, "o5@", 3);
        assert_int_equal(f->host->outcomes.at[0].given, 0);
        end(f);
    }
}

static void what_the_operation_comes_to(void **state)
{
    (void)state;
    static const struct {
        int64_t wanted;
        int status;
        const char *body;
        enum stockd_outcome_kind kind;
        const char *marks;
    } answers[] = {
        {5, 303, "", STOCKD_OK, ""},
        {0, 303, "", STOCKD_OK, "z"},
        {5, 202, "{}", STOCKD_ACCEPTED, ""},
        {5, 422, NAMED("EMPTY_LOCATION"), STOCKD_REJECTED, ""},
        {0, 422, NAMED("EMPTY_LOCATION"), STOCKD_RETRY, "p"},
        /* The change was taken: what is wrong with the asking makes nothing of it undone. */
        {5, 404, "{}", STOCKD_ACCEPTED, ""},
        {5, 500, "", STOCKD_ACCEPTED, ""},
        {5, 401, "", STOCKD_ACCEPTED, ""},
        {5, 403, "<html>", STOCKD_ACCEPTED, ""},
        {5, 200, "<html>", STOCKD_ACCEPTED, ""},
        {5, 0, NULL, STOCKD_ACCEPTED, ""},
    };
    struct check_pair header = {"Location", "/operations/op-1"};
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct fixture *f = patched(answers[i].wanted);
        struct check_answer taken = {.status = 202, .headers = &header, .header_count = 1};
        check_answer(f->host, &taken);
        check_timer(f->host);
        struct check_answer answer = {.status = answers[i].status, .body = answers[i].body};
        if (!answer.status) answer.transport = STOCKD_LOST;
        assert_int_equal(check_answer(f->host, &answer), STOCKD_DONE);
        allegro_outcome_is(f->host, 0, answers[i].kind);
        assert_string_equal(allegro_marks(f->host), answers[i].marks);
        end(f);
    }
}

static void a_zero_is_ours_only_where_it_ended_the_offer(void **state)
{
    (void)state;
    static const struct {
        uint32_t state;
        const char *body, *marks;
    } zeros[] = {
        {STOCKD_LISTING_ACTIVE, SHOWS(0, ""), "z"},
        {STOCKD_LISTING_ENDED, SHOWS(0, ""), ""},
        {STOCKD_LISTING_ENDED, SHOWS(0, "\"endedBy\":\"USER\","), ""},
        {STOCKD_LISTING_ENDED, SHOWS(0, "\"endedBy\":\"EMPTY_STOCK\","), "z"},
    };
    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
        struct fixture *f = patched_in(0, zeros[i].state);
        check_reply(f->host, 200, zeros[i].body);
        allegro_outcome_is(f->host, 0, STOCKD_OK);
        assert_string_equal(allegro_marks(f->host), zeros[i].marks);
        assert_int_equal(f->host->listings.count, zeros[i].state == STOCKD_LISTING_ACTIVE);
        end(f);
    }
}

static void an_offer_that_republishes_is_warned_of_once(void **state)
{
    (void)state;
    struct fixture *f = patched(5);
    static const char body[] = "{\"id\":\"70001\",\"stock\":{\"available\":5},\"publication\":{"
                               "\"status\":\"ACTIVE\",\"republish\":true}}";
    check_reply(f->host, 200, body);
    assert_int_equal(f->host->warnings.count, 1);
    assert_string_equal(f->host->warnings.at[0].name, "republish");
    assert_non_null(strstr(f->host->warnings.at[0].value, "1 offers"));
    assert_non_null(strstr(f->host->warnings.at[0].value, "70001"));
    assert_int_equal(check_state_of(f->host, "republish")->size, 6);
    check_start(f->host, &f->at.start);
    check_reply(f->host, 200, body);
    assert_int_equal(f->host->warnings.count, 0);
    check_start(f->host, &f->at.start);
    check_reply(f->host, 200, SHOWS(5, ""));
    const struct check_bytes *names = check_state_of(f->host, "republish");
    assert_true(!names || names->size == 0);
    end(f);
}

/* ---- the way back ---- */

static struct fixture *ended(const char *marks, const char *policy)
{
    struct fixture *f = malloc(sizeof(*f));
    f->host = allegro_host();
    if (policy) check_option(f->host, "reactivate", policy);
    allegro_items(&f->at, STOCKD_PUSH_STOCK, 1);
    f->at.start.route = ROUTE_ACTIVATE;
    f->at.items[0].listing_state = STOCKD_LISTING_ENDED;
    if (*marks) f->at.items[0].listing_data = marks;
    f->at.items[0].listing_data_size = (uint32_t)strlen(marks);
    check_start(f->host, &f->at.start);
    return f;
}

#define OFFER(status, by) \
    "{\"id\":\"70001\",\"publication\":{\"status\":\"" status "\",\"endedBy\":" by "}}"

static void whose_end_it_was_decides(void **state)
{
    (void)state;
    static const struct {
        const char *marks, *policy, *offer; /* offer: what is read, NULL: nothing is asked */
        const char *sent;                   /* NULL: rejected */
    } ends[] = {
        {"w", NULL, NULL, NULL},
        {"w", "own", NULL, NULL},
        {"z", "never", NULL, NULL},
        {"z", NULL, OFFER("ENDED", "\"EMPTY_STOCK\""), "ACTIVE"},
        {"z", "own", OFFER("ENDED", "null"), "ACTIVE"},
        {"z", "own", OFFER("ENDED", "\"USER\""), NULL},
        {"z", "own", OFFER("ENDED", "\"ADMIN\""), NULL},
        {"e", "own", OFFER("ENDED", "\"USER\""), "ACTIVE"},
        {"e", "own", OFFER("ENDED", "\"EXPIRATION\""), NULL},
        {"", "always", OFFER("ENDED", "\"USER\""), "ACTIVE"},
        {"z", "own", OFFER("ACTIVE", "null"), ""},
        {"z", "always", OFFER("INACTIVE", "null"), NULL},
    };
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct fixture *f = ended(ends[i].marks, ends[i].policy);
        if (ends[i].offer) {
            allegro_asked(f->host, "GET", "/sale/product-offers/70001");
            check_reply(f->host, 200, ends[i].offer);
        }
        if (!ends[i].sent) {
            if (f->host->verdict != STOCKD_DONE) fail_msg("case %zu", i);
            allegro_outcome_is(f->host, 0, STOCKD_REJECTED);
            assert_non_null(strstr(f->host->outcomes.at[0].last.text, "at Allegro"));
            end(f);
            continue;
        }
        fixture_asked(f->host, "/sale/product-offers/70001",
                      *ends[i].sent ? "{\"stock\":{\"available\":5},\"publication\":{\"status\":"
                                      "\"ACTIVE\"}}"
                                    : "{\"stock\":{\"available\":5}}");
        assert_int_equal(check_reply(f->host, 200,
                                     "{\"id\":\"70001\",\"stock\":{\"available\":5},"
                                     "\"publication\":{\"status\":\"ACTIVATING\"}}"),
                         STOCKD_DONE);
        allegro_outcome_is(f->host, 0, STOCKD_OK);
        assert_string_equal(allegro_marks(f->host), "");
        assert_int_equal(f->host->listings.at[0].state, STOCKD_LISTING_ACTIVE);
        end(f);
    }
}

/* Read to be on sale, and bought out before the figure came, which alone does not bring it back. */
static void what_ends_once_it_was_read_shows_no_figure(void **state)
{
    (void)state;
    struct fixture *f = ended("z", NULL);
    check_reply(f->host, 200, OFFER("ACTIVE", "null"));
    fixture_asked(f->host, "/sale/product-offers/70001", "{\"stock\":{\"available\":5}}");
    check_reply(f->host, 200,
                "{\"id\":\"70001\",\"stock\":{\"available\":5},\"publication\":{\"status\":"
                "\"ENDED\",\"endedBy\":\"EMPTY_STOCK\"}}");
    allegro_outcome_is(f->host, 0, STOCKD_CHANGED);
    assert_int_equal(f->host->outcomes.at[0].last.observed, 0);
    end(f);
}

/* Orders took the last piece, which is all that is known of its end; Allegro says whether it has.
 */
static void what_orders_sold_out_is_looked_at(void **state)
{
    (void)state;
    static const struct {
        int64_t base;
        const char *policy, *offer, *sent;
        enum stockd_outcome_kind kind;
    } ends[] = {
        {0, "own", OFFER("ENDED", "\"EMPTY_STOCK\""), "ACTIVE", 0},
        {0, "own", OFFER("ENDED", "\"USER\""), NULL, STOCKD_REJECTED},
        {0, "own", OFFER("ACTIVE", "null"), "", 0},
        {0, "never", OFFER("ENDED", "\"EMPTY_STOCK\""), NULL, STOCKD_REJECTED},
        {0, "never", OFFER("ACTIVE", "null"), "", 0},
        /* What is shown is not known, and no order speaks for its end. */
        {-1, "own", OFFER("ACTIVE", "null"), "", 0},
        {-1, "own", OFFER("ENDED", "\"EMPTY_STOCK\""), NULL, STOCKD_THROTTLED},
        {-1, "always", OFFER("ENDED", "\"EMPTY_STOCK\""), "ACTIVE", 0},
    };
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct fixture *f = malloc(sizeof(*f));
        f->host = allegro_host();
        check_option(f->host, "reactivate", ends[i].policy);
        allegro_items(&f->at, STOCKD_PUSH_STOCK, 1);
        f->at.start.route = ROUTE_ACTIVATE;
        f->at.items[0].base = ends[i].base;
        f->at.items[0].listing_state = STOCKD_LISTING_ACTIVE;
        assert_int_equal(check_start(f->host, &f->at.start), STOCKD_SEND);
        allegro_asked(f->host, "GET", "/sale/product-offers/70001");
        check_reply(f->host, 200, ends[i].offer);
        if (ends[i].sent)
            fixture_asked(f->host, "/sale/product-offers/70001",
                          *ends[i].sent ? "{\"stock\":{\"available\":5},\"publication\":{"
                                          "\"status\":\"ACTIVE\"}}"
                                        : "{\"stock\":{\"available\":5}}");
        else
            allegro_outcome_is(f->host, 0, ends[i].kind);
        end(f);
    }
}

/* A drain in which one piece of the offer was bought so long ago. */
static void bought(struct check *host, const char *offer, int64_t ago_ms)
{
    struct stockd_start drain = fixture_start(STOCKD_FETCH_ORDERS);
    char digits[32], text[400], when[32];
    time_t seconds = (time_t)((host->now_ms - ago_ms) / 1000);
    struct tm tm;
    snprintf(digits, sizeof(digits), "%lld", (long long)(host->now_ms - 3600000));
    check_state(host, "orders-until", digits, strlen(digits));
    check_state(host, "events-cursor", "100", 3);
    check_start(host, &drain);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
    snprintf(text, sizeof(text),
             "{\"events\":[{\"id\":\"101\",\"type\":\"BOUGHT\",\"occurredAt\":\"%s\",\"order\":{"
             "\"checkoutForm\":null,\"lineItems\":[{\"id\":\"L%s\",\"offer\":{\"id\":\"%s\"},"
             "\"quantity\":1,\"boughtAt\":\"%s\"}]}}]}",
             when, offer, offer, when);
    check_reply(host, 200, text);
}

/* No zero of ours ended it: its last piece was bought. */
static void what_was_bought_out_comes_back(void **state)
{
    (void)state;
    static const struct {
        const char *bought;
        int64_t ago_ms;
        const char *offer; /* NULL: nothing is asked */
        bool back;
    } cases[] = {
        {"70001", 60000, OFFER("ENDED", "\"EMPTY_STOCK\""), true},
        {"70001", 60000, OFFER("ENDED", "\"USER\""), false},
        {"70001", 60000, OFFER("ENDED", "null"), false},
        {"70001", INT64_C(80) * 3600000, NULL, false}, /* its end has another cause */
        {"70002", 60000, NULL, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fixture *f = ended("w", "own");
        allegro_outcome_is(f->host, 0, STOCKD_REJECTED);
        bought(f->host, cases[i].bought, cases[i].ago_ms);
        for (int n = 0; n < 500 && i == 0;
             n++) { /* many others; not so many that it is forgotten */
            char other[8];
            snprintf(other, sizeof(other), "8%04d", n % 300);
            bought(f->host, other, 0);
        }
        check_start(f->host, &f->at.start);
        if (cases[i].offer) check_reply(f->host, 200, cases[i].offer);
        if (cases[i].back)
            fixture_asked(f->host, "/sale/product-offers/70001",
                          "{\"stock\":{\"available\":5},\"publication\":{\"status\":\"ACTIVE\"}}");
        else
            allegro_outcome_is(f->host, 0, STOCKD_REJECTED);
        end(f);
    }
}

/* Only so many are kept: the one that was bought longest ago is forgotten. */
static void the_oldest_purchase_is_forgotten(void **state)
{
    (void)state;
    struct fixture *f = ended("w", "own");
    bought(f->host, "70001", 60000);
    for (int n = 0; n < 500; n++) {
        char other[8];
        snprintf(other, sizeof(other), "8%04d", n);
        bought(f->host, other, 0);
    }
    assert_in_range(check_state_of(f->host, "sold")->size, 4000, STOCKD_STATE_MAX);
    check_start(f->host, &f->at.start);
    allegro_outcome_is(f->host, 0, STOCKD_REJECTED);
    end(f);
}

/* The operation shows no offer; that it is on sale again follows from what it was to do. */
static void an_operation_brings_it_back(void **state)
{
    (void)state;
    struct check_pair header = {"Location", "/operations/op-1"};
    struct fixture *f = ended("z", "own");
    check_reply(f->host, 200, OFFER("ENDED", "\"EMPTY_STOCK\""));
    check_answer(f->host,
                 &(struct check_answer){.status = 202, .headers = &header, .header_count = 1});
    check_timer(f->host);
    check_reply(f->host, 303, "");
    allegro_outcome_is(f->host, 0, STOCKD_OK);
    assert_int_equal(f->host->listings.count, 1);
    assert_int_equal(f->host->listings.at[0].state, STOCKD_LISTING_ACTIVE);
    end(f);
}

/* Its order may be shown only later: once it is waited for. */
static void an_end_without_an_order_is_looked_at_once_more(void **state)
{
    (void)state;
    struct fixture *f = ended("", "own");
    allegro_outcome_is(f->host, 0, STOCKD_THROTTLED);
    assert_true(f->host->outcomes.at[0].last.until_ms > f->host->now_ms);
    assert_string_equal(allegro_marks(f->host), "w");
    end(f);
}

/* Nothing was written: a reading that fails never leaves the item unresolved. */
static void an_offer_that_cannot_be_read_is_not_written(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum stockd_outcome_kind kind;
    } answers[] = {
        {500, "", STOCKD_RETRY},
        {401, "{\"error\":\"invalid_token\"}", STOCKD_RETRY},
        {429, "", STOCKD_RETRY},
        {200, "{}", STOCKD_RETRY},
        {200, "<html>", STOCKD_RETRY},
        {404, NAMED("X"), STOCKD_REJECTED},
        {403, NAMED("AccessDenied"), STOCKD_RETRY},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct fixture *f = ended("z", NULL);
        check_reply(f->host, answers[i].status, answers[i].body);
        assert_int_not_equal(f->host->verdict, STOCKD_SEND);
        allegro_outcome_is(f->host, 0, answers[i].kind);
        end(f);
    }
    struct fixture *f = ended("z", NULL);
    check_answer(f->host, &(struct check_answer){.transport = STOCKD_LOST});
    allegro_outcome_is(f->host, 0, STOCKD_RETRY);
    end(f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_is_asked),
    cmocka_unit_test(what_each_answer_comes_to),
    cmocka_unit_test(an_offer_that_has_ended_shows_no_figure),
    cmocka_unit_test(an_accepted_change_is_followed),
    cmocka_unit_test(what_the_operation_comes_to),
    cmocka_unit_test(a_zero_is_ours_only_where_it_ended_the_offer),
    cmocka_unit_test(an_offer_that_republishes_is_warned_of_once),
    cmocka_unit_test(whose_end_it_was_decides),
    cmocka_unit_test(what_ends_once_it_was_read_shows_no_figure),
    cmocka_unit_test(what_orders_sold_out_is_looked_at),
    cmocka_unit_test(what_was_bought_out_comes_back),
    cmocka_unit_test(an_operation_brings_it_back),
    cmocka_unit_test(the_oldest_purchase_is_forgotten),
    cmocka_unit_test(an_end_without_an_order_is_looked_at_once_more),
    cmocka_unit_test(an_offer_that_cannot_be_read_is_not_written),
};

TEST_MAIN(cases)
