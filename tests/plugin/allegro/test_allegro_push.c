/* Routes, and the three commands: what is asked, what is noted, and what each answer comes to. */
#include "allegro_fixture.h"

#include <stdio.h>
#include <stdlib.h>

static void routes_from(int64_t base, int64_t wanted, uint32_t listing_state, const char *marks,
                        const char *expected)
{
    struct stockd_item item = {.listing_id = "1",
                               .base = base,
                               .wanted = wanted,
                               .listing_state = listing_state,
                               .listing_data = *marks ? marks : NULL,
                               .listing_data_size = (uint32_t)strlen(marks)};
    uint32_t routes[8];
    char text[16] = "";
    uint32_t count = allegro_plugin()->item_routes(&item, routes, 8);
    for (uint32_t i = 0; i < count; i++)
        text[i] = (char)('0' + routes[i]);
    if (strcmp(text, expected) != 0)
        fail_msg("wanted %d, state %u, marks '%s': %s, not %s", (int)wanted, listing_state, marks,
                 text, expected);
    assert_int_equal(allegro_plugin()->item_routes(&item, routes, 1), 1);
}

static void routes_are(int64_t wanted, uint32_t listing_state, const char *marks,
                       const char *expected)
{
    routes_from(9, wanted, listing_state, marks, expected);
}

static void a_route_follows_from_figure_state_and_marks(void **state)
{
    (void)state;
    routes_are(5, STOCKD_LISTING_ACTIVE, "", "012");
    routes_are(5, STOCKD_LISTING_ACTIVE, "b", "02");
    routes_are(0, STOCKD_LISTING_ACTIVE, "", "2");
    routes_are(0, STOCKD_LISTING_ENDED, "", "2");
    routes_are(0, STOCKD_LISTING_ACTIVE, "p", "4");
    routes_are(5, STOCKD_LISTING_ENDED, "", "3");
    routes_are(5, STOCKD_LISTING_ACTIVE, "z", "3");
    routes_are(5, STOCKD_LISTING_ACTIVE, "ep", "3");
    routes_from(0, 5, STOCKD_LISTING_ACTIVE, "", "3");  /* orders took the last piece, */
    routes_from(-1, 5, STOCKD_LISTING_ACTIVE, "", "3"); /* or may have */
    routes_from(0, 0, STOCKD_LISTING_ACTIVE, "", "2");
}

static struct check *pushed(struct allegro_items *at, uint32_t route, uint32_t count)
{
    struct check *host = allegro_host();
    allegro_items(at, STOCKD_PUSH_STOCK, count);
    at->start.route = route;
    if (route == ROUTE_BULK)
        for (uint32_t i = 0; i < count; i++)
            at->items[i].wanted = 5 + i;
    if (route == ROUTE_END)
        for (uint32_t i = 0; i < count; i++)
            at->items[i].wanted = 0;
    assert_int_equal(check_start(host, &at->start), STOCKD_SEND);
    return host;
}

static void a_command_says_one_value_of_many_offers(void **state)
{
    (void)state;
    struct allegro_items *at = malloc(sizeof(*at));
    struct check *host = pushed(at, ROUTE_COMMAND, 2);
    const struct stockd_request *request = check_request(host);
    char uuid[64];
    assert_string_equal(request->method, "PUT");
    assert_int_equal(sscanf(request->path, "/sale/offer-quantity-change-commands/%40s", uuid), 1);
    assert_int_equal(strlen(uuid), 36);
    assert_int_equal(uuid[14], '4');
    fixture_asked(host, request->path,
                  "{\"modification\":{\"changeType\":\"FIXED\",\"value\":5},\"offerCriteria\":[{"
                  "\"type\":\"CONTAINS_OFFERS\",\"offers\":[{\"id\":\"70001\"},{\"id\":\"70002\"}]}"
                  "]}");
    assert_string_equal(check_request_header(host, "User-Agent"),
                        "shop/" STOCKD_VERSION " (+https://shop.example/about)");
    assert_string_equal(check_request_header(host, "Accept"),
                        "application/vnd.allegro.public.v1+json");
    assert_string_equal(check_request_header(host, "Content-Type"),
                        "application/vnd.allegro.public.v1+json");
    assert_true(request->flags & STOCKD_REQUEST_WRITE);
    assert_int_equal(host->notes.count, 2);
    assert_non_null(strstr((const char *)host->notes.at[0].data, uuid));
    assert_memory_equal(host->notes.at[0].data, "q5@", 3);
    assert_int_equal(
        check_reply(host, 201,
                    "{\"id\":\"x\",\"taskCount\":{\"total\":0,\"success\":0,\"failed\":0}}"),
        STOCKD_DONE);
    for (uint32_t i = 0; i < 2; i++) {
        allegro_outcome_is(host, i, STOCKD_ACCEPTED);
        assert_true(host->outcomes.at[i].last.until_ms > host->now_ms);
    }
    fixture_end(host);
    free(at);
}

static void a_full_command_fits(void **state)
{
    (void)state;
    struct allegro_items *at = malloc(sizeof(*at));
    struct check *host = pushed(at, ROUTE_COMMAND, 1000);
    json_t *body = fixture_asked_json(host);
    const json_t *criteria = json_array_get(json_object_get(body, "offerCriteria"), 0);
    assert_int_equal(json_array_size(json_object_get(criteria, "offers")), 1000);
    assert_int_equal(host->notes.count, 1000);
    json_decref(body);
    fixture_end(host);
    free(at);
}

static void an_item_of_another_value_does_not_leave(void **state)
{
    (void)state;
    struct allegro_items *at = malloc(sizeof(*at));
    struct check *host = allegro_host();
    allegro_items(at, STOCKD_PUSH_STOCK, 3);
    at->items[1].wanted = 6;
    at->items[2].listing_id = "../me";
    check_start(host, &at->start);
    assert_null(strstr(check_request_body(host), "70002"));
    allegro_outcome_is(host, 1, STOCKD_RETRY);
    allegro_outcome_is(host, 2, STOCKD_REJECTED);
    assert_int_equal(host->notes.count, 1);
    check_reply(host, 201, "{}");
    allegro_outcome_is(host, 0, STOCKD_ACCEPTED);
    allegro_outcome_is(host, 1, STOCKD_RETRY);
    fixture_end(host);
    free(at);
}

static void a_bulk_command_is_of_the_beta(void **state)
{
    (void)state;
    struct allegro_items *at = malloc(sizeof(*at));
    struct check *host = pushed(at, ROUTE_BULK, 2);
    allegro_asked(host, "POST", "/sale/offer-bulk-modification-commands");
    assert_string_equal(check_request_header(host, "Content-Type"),
                        "application/vnd.allegro.beta.v1+json");
    assert_string_equal(check_request_header(host, "Accept"),
                        "application/vnd.allegro.beta.v1+json");
    json_t *body = fixture_asked_json(host);
    const char *uuid = json_string_value(json_object_get(body, "commandId"));
    assert_int_equal(strlen(uuid), 36);
    assert_non_null(strstr((const char *)host->notes.at[1].data, uuid));
    assert_memory_equal(host->notes.at[1].data, "b6@", 3);
    const json_t *second = json_array_get(json_object_get(body, "modifications"), 1);
    assert_string_equal(json_string_value(json_object_get(second, "offerId")), "70002");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(second, "stock"), "value")),
                     6);
    json_decref(body);
    fixture_end(host);
    free(at);
}

static void a_beta_that_is_gone_is_not_asked_again(void **state)
{
    (void)state;
    static const int statuses[] = {404, 405, 406, 410, 415};
    struct allegro_items *at = malloc(sizeof(*at));
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        struct check *host = pushed(at, ROUTE_BULK, 2);
        assert_int_equal(check_reply(host, statuses[i],
                                     "{\"errors\":[{\"code\":\"NotAcceptable"
                                     "Exception\"}]}"),
                         STOCKD_DONE);
        allegro_outcome_is(host, 0, STOCKD_RETRY);
        assert_string_equal(allegro_marks(host), "b");
        fixture_end(host);
    }
    free(at);
}

static void an_offer_that_patch_refuses_is_ended(void **state)
{
    (void)state;
    struct allegro_items *at = malloc(sizeof(*at));
    struct check *host = pushed(at, ROUTE_END, 1);
    assert_non_null(strstr(check_request(host)->path, "/sale/offer-publication-commands/"));
    fixture_asked(host, check_request(host)->path,
                  "{\"publication\":{\"action\":\"END\"},\"offerCriteria\":[{\"type\":\"CONTAINS_"
                  "OFFERS\",\"offers\":[{\"id\":\"70001\"}]}]}");
    assert_memory_equal(host->notes.at[0].data, "p0@", 3);
    fixture_end(host);
    free(at);
}

static void what_a_command_is_answered(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum stockd_verdict verdict;
        enum stockd_outcome_kind kind; /* 0: none */
    } answers[] = {
        {409, "{\"errors\":[{\"code\":\"CommandIdAlreadyUsed\"}]}", STOCKD_DONE, STOCKD_ACCEPTED},
        {409, "", STOCKD_DONE, STOCKD_ACCEPTED},
        {429, "{\"errors\":[{\"code\":\"RateLimitExceedException\"}]}", STOCKD_DONE,
         STOCKD_THROTTLED},
        {422, "{\"errors\":[{\"code\":\"InProgressTaskLimitReachedException\"}]}", STOCKD_DONE,
         STOCKD_THROTTLED},
        {400, "{\"errors\":[{\"code\":\"INCORRECT_QUANTITY_VALUE\"}]}", STOCKD_DEFAULT, 0},
        {422, "{}", STOCKD_DEFAULT, 0},
        {401, "{\"error\":\"invalid_token\"}", STOCKD_DEFAULT, 0},
        {403, "{\"errors\":[{\"code\":\"AccessDenied\"}]}", STOCKD_DEFAULT, 0},
        {403, "<html>captcha</html>", STOCKD_FAIL, STOCKD_RETRY},
        {500, "{\"errors\":[{\"code\":\"INTERNAL_SERVER_ERROR\"}]}", STOCKD_DEFAULT, 0},
        {502, "<html>", STOCKD_DEFAULT, 0},
        {200, "<html>", STOCKD_DEFAULT, 0},
        {204, "", STOCKD_DEFAULT, 0},
        {404, "{\"errors\":[{\"code\":\"NOT_FOUND\"}]}", STOCKD_FAIL, STOCKD_RETRY},
    };
    struct allegro_items *at = malloc(sizeof(*at));
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct check *host = pushed(at, ROUTE_COMMAND, 2);
        enum stockd_verdict verdict = check_reply(host, answers[i].status, answers[i].body);
        if (verdict != answers[i].verdict)
            fail_msg("%d %s: %d", answers[i].status, answers[i].body, (int)verdict);
        if (answers[i].kind)
            allegro_outcome_is(host, 1, answers[i].kind);
        else
            assert_int_equal(host->outcomes.at[0].given, 0);
        bool shut = host->quotas.count > 0;
        assert_int_equal(shut, answers[i].status == 429);
        if (shut) assert_true(host->quotas.at[0].closed_until_ms >= host->now_ms + 60000);
        fixture_end(host);
    }
    struct check *host = pushed(at, ROUTE_COMMAND, 2);
    assert_int_equal(check_answer(host, &(struct check_answer){.transport = STOCKD_LOST}),
                     STOCKD_DEFAULT);
    fixture_end(host);
    free(at);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_route_follows_from_figure_state_and_marks),
    cmocka_unit_test(a_command_says_one_value_of_many_offers),
    cmocka_unit_test(a_full_command_fits),
    cmocka_unit_test(an_item_of_another_value_does_not_leave),
    cmocka_unit_test(a_bulk_command_is_of_the_beta),
    cmocka_unit_test(a_beta_that_is_gone_is_not_asked_again),
    cmocka_unit_test(an_offer_that_patch_refuses_is_ended),
    cmocka_unit_test(what_a_command_is_answered),
};

TEST_MAIN(cases)
