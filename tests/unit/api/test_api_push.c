/* Pushes, checks and runs: what a follower hears, whatever the marketplace does, and that nobody is
 * left waiting. */
#include "api_fixture.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct api_fixture *open_with(const struct api_fixture_options *options)
{
    struct api_fixture *f = api_fixture_open(options);
    assert_api(f, "POST", "/v1/warehouses", "{\"key\":\"pp\"}", 201, NULL);
    assert_api(f, "POST", "/v1/products", "{\"sku\":\"A\"}", 201, NULL);
    assert_api(f, "POST", "/v1/products", "{\"sku\":\"B\"}", 201, NULL);
    assert_api(f, "PUT", "/v1/links/pp/shop/w1", "{\"order\":1}", 201,
               "{\"warehouse\":\"pp\",\"account\":\"shop\",\"remote\":\"w1\",\"order\":1}");
    return f;
}

static int set_up(void **state)
{
    *state = open_with(&(struct api_fixture_options){.account = true});
    return 0;
}

static int set_up_dry(void **state)
{
    *state = open_with(&(struct api_fixture_options){.dry_run = true});
    return 0;
}

static int set_up_disabled(void **state)
{
    *state = open_with(&(struct api_fixture_options){.disabled = true});
    return 0;
}

static int tear_down(void **state)
{
    api_fixture_close(*state);
    return 0;
}

static void put(struct api_fixture *f, const char *sku, int figure)
{
    char path[80], body[80];
    snprintf(path, sizeof path, "/v1/stock/%s/pp", sku);
    snprintf(body, sizeof body, "{\"quantity\":%d,\"kind\":\"on-hand\"}", figure);
    assert_api(f, "PUT", path, body, 200, NULL);
}

/* The stream of a push, as an array of its lines. */
static json_t *push(struct api_fixture *f, const char *body)
{
    int status;
    char *text = api_ask(f, "POST", "/v1/push?follow=true", body, &status);
    json_t *lines = json_array();
    assert_int_equal(status, 200);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        json_array_append_new(lines, json_loads(line, 0, NULL));
    mem_free(text);
    return lines;
}

static void assert_line(const json_t *line, const char *wanted)
{
    json_t *want = json_loads(wanted, 0, NULL);
    if (!json_has(line, want)) {
        char *text = json_dumps(line, 0);
        fail_msg("want %s\n got %s", wanted, text);
    }
    json_decref(want);
}

/* The end of the stream, and the one line about `sku` (NULL: none is looked for). */
static void assert_pushed(struct api_fixture *f, const char *body, const char *sku,
                          const char *target, const char *end)
{
    json_t *lines = push(f, body), *line;
    size_t i, found = 0, count = json_array_size(lines);
    assert_true(count >= 2);
    assert_line(json_array_get(lines, 0), "{\"event\":\"accepted\",\"run\":{\"task\":\"push\"}}");
    json_array_foreach (lines, i, line) {
        const char *of = json_string_value(json_object_get(line, "sku"));
        if (!sku || !of || strcmp(of, sku) != 0) continue;
        assert_line(line, target);
        found++;
    }
    assert_int_equal(found, sku ? 1 : 0);
    assert_line(json_array_get(lines, count - 1), end);
    json_decref(lines);
}

static void next_millisecond(void)
{
    int64_t now_ms = clock_wall_ms(clock_system());
    while (clock_wall_ms(clock_system()) == now_ms)
        continue;
}

/* ---- what a marketplace can do */

static void a_figure_that_is_taken(void **state)
{
    struct api_fixture *f = *state;
    put(f, "A", 5);
    assert_pushed(f, "{\"sku\":\"A\",\"force\":true}", "A",
                  "{\"event\":\"target\",\"result\":\"sent\",\"account\":\"shop\","
                  "\"warehouse\":\"w1\",\"warehouse_name\":\"North\",\"listing\":\"L-A\","
                  "\"acknowledged\":5}",
                  "{\"event\":\"result\",\"run\":{\"state\":\"done\",\"done\":1,\"total\":1,"
                  "\"counts\":{\"sent\":1,\"waiting\":0}}}");
    next_millisecond(); /* what was sent in the one that a push begins in counts as its own */
    assert_pushed(f, "{\"sku\":\"A\"}", "A", "{\"result\":\"unchanged\"}",
                  "{\"event\":\"result\",\"run\":{\"state\":\"done\","
                  "\"counts\":{\"sent\":0,\"unchanged\":1}}}");
    assert_api(f, "GET", "/v1/targets?sku=A", NULL, 200,
               "{\"items\":[{\"state\":\"synced\",\"wanted\":5,\"acknowledged\":5,\"why\":null}]}");
    assert_api(
        f, "GET", "/v1/sends?sku=A&result=done&limit=1", NULL, 200,
        "{\"items\":[{\"account\":\"shop\",\"sku\":\"A\",\"listing\":\"L-A\",\"warehouse\":\"w1\","
        "\"value\":5,\"after\":5,\"result\":\"done\",\"code\":null}]}");
    assert_api(f, "GET", "/v1/sends?result=rejected", NULL, 200, "{\"items\":[],\"next\":null}");
    assert_api(f, "GET", "/v1/sends?result=equal&limit=1", NULL, 200,
               "{\"items\":[{\"sku\":\"A\",\"sent\":null,\"value\":5,\"before\":5,\"after\":5}]}");
    assert_api(f, "GET", "/v1/sends?until=2001-01-01T00:00:00Z", NULL, 200, "{\"items\":[]}");
    assert_api(f, "GET", "/v1/sends?since=2999-01-01T00:00:00Z", NULL, 200, "{\"items\":[]}");
    assert_api(f, "GET", "/v1/sends?run=r99", NULL, 404, NULL);
    assert_api(f, "GET", "/v1/sends?since=now", NULL, 400, NULL);
    assert_api(f, "GET", "/v1/sends?sku=B", NULL, 200, "{\"items\":[]}");
    assert_refused(f, "GET", "/v1/sends?result=good", NULL, 400, "invalid",
                   "there is no result 'good'; there are done, equal, unresolved, failed, rejected "
                   "and not-sent");
}

static void a_figure_that_is_rejected(void **state)
{
    struct api_fixture *f = *state;
    api_fixture_mood(f, SHOP_REFUSES);
    put(f, "A", 5);
    assert_pushed(f, "{\"account\":\"shop\",\"sku\":\"A\"}", "A",
                  "{\"result\":\"rejected\",\"state\":\"rejected\",\"code\":\"NO_CARD\","
                  "\"why\":\"NO_CARD: the card is archived\"}",
                  "{\"event\":\"result\",\"run\":{\"state\":\"partial\","
                  "\"counts\":{\"rejected\":1}}}");
    assert_api(f, "GET", "/v1/status", NULL, 200,
               "{\"health\":\"warning\",\"reasons\":[\"account shop: 1 rejected; see "
               "`stockctl target list --state rejected`\"],\"counts\":{\"rejected\":1}}");
    assert_api(
        f, "GET", "/v1/sends?account=shop&result=rejected&limit=1", NULL, 200,
        "{\"items\":[{\"sku\":\"A\",\"value\":5,\"result\":\"rejected\",\"code\":\"NO_CARD\","
        "\"text\":\"the card is archived\"}]}");
}

static void a_figure_that_is_held(void **state)
{
    struct api_fixture *f = *state;
    assert_pushed(f, "{\"sku\":\"B\"}", "B",
                  "{\"result\":\"held\",\"state\":\"held\",\"why\":\"never counted in pp\"}",
                  "{\"event\":\"result\",\"run\":{\"state\":\"partial\",\"counts\":{\"held\":1}}}");
}

/* The sweep behind the link has come to it. */
static void wait_for_target(struct api_fixture *f, const char *listing)
{
    for (int status, i = 0; i < 10000; i++) {
        char *text = api_ask(f, "GET", "/v1/targets", NULL, &status);
        bool there = strstr(text, listing) != NULL;
        mem_free(text);
        if (there) return;
    }
    fail_msg("there is no target of %s", listing);
}

/* Programs get English; who asks in Russian is told in Russian, in answers, refusals and streams.
 */
static void it_is_told_in_the_language_of_the_request(void **state)
{
    struct api_fixture *f = *state;
    wait_for_target(f, "L-B");
    assert_api(f, "GET", "/v1/targets?sku=B", NULL, 200,
               "{\"items\":[{\"state\":\"held\",\"why\":\"never counted in pp\"}]}");
    api_fixture_speak(f, "de, ru;q=0.5");
    assert_api(f, "GET", "/v1/targets?sku=B", NULL, 200,
               "{\"items\":[{\"state\":\"held\",\"why\":\"ни разу не считали на складах: pp\"}]}");
    assert_refused(f, "GET", "/v1/explain/none", NULL, 404, "not-found", "нет товара «none»");
    put(f, "A", 5);
    assert_api(f, "GET", "/v1/explain/A", NULL, 200,
               "{\"targets\":[{\"steps\":["
               "{\"step\":\"stock\",\"text\":\"доступно на складах: 1 из 1 связанных\"},"
               "{\"step\":\"share\",\"text\":\"с каждого всё\"},"
               "{\"step\":\"pack\",\"text\":\"упаковками по 1\"},"
               "{\"step\":\"buffer\",\"text\":\"придержано 0\"},"
               "{\"step\":\"velocity\",\"text\":\"придержано 0: продано 0 штук за 0 дней\"},"
               "{\"step\":\"min\",\"text\":\"меньше 0 показывается как 0\"},"
               "{\"step\":\"cap\",\"text\":\"нет\"},"
               "{\"step\":\"route\",\"text\":\"не мешает\"},"
               "{\"step\":\"switch\",\"text\":\"включено\"}]}]}");
    assert_pushed(f, "{\"sku\":\"B\"}", "B",
                  "{\"result\":\"held\",\"why\":\"ни разу не считали на складах: pp\"}",
                  "{\"event\":\"result\",\"run\":{\"state\":\"partial\"}}");
    api_fixture_speak(f, "en, ru;q=0.5");
    assert_refused(f, "GET", "/v1/explain/none", NULL, 404, "not-found",
                   "there is no product 'none'");
}

static void nothing_matches(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "POST", "/v1/products", "{\"sku\":\"Z\"}", 201, NULL);
    assert_pushed(f, "{\"sku\":\"Z\"}", NULL, NULL,
                  "{\"event\":\"result\",\"run\":{\"state\":\"done\",\"why\":\"no target matches: "
                  "nothing of it is listed and linked\"}}");
    assert_refused(f, "POST", "/v1/push", "{\"sku\":\"none\"}", 404, "not-found",
                   "there is no product 'none'");
    assert_refused(f, "POST", "/v1/push", "{\"account\":\"x\"}", 404, "not-found",
                   "there is no account 'x'; `stockctl account list` shows those there are");
    assert_refused(f, "POST", "/v1/push", "{\"warehouse\":\"x\"}", 404, "not-found",
                   "there is no warehouse 'x'; add it with `stockctl warehouse add x`");
    assert_refused(f, "POST", "/v1/push", "{\"acount\":\"x\"}", 400, "invalid",
                   "unknown member 'acount'; did you mean 'account'?");
}

/* ---- what an account can be: the follow ends and says so */

static void a_paused_account(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "POST", "/v1/accounts/shop/pause", NULL, 200,
               "{\"name\":\"shop\",\"state\":\"paused\",\"changed\":true}");
    put(f, "A", 3);
    assert_pushed(f, "{\"sku\":\"A\"}", NULL, NULL,
                  "{\"event\":\"result\",\"run\":{\"state\":\"waiting\",\"why\":\"account shop is "
                  "paused; 'stockctl account resume shop' lets it go on\","
                  "\"counts\":{\"waiting\":1}}}");
    assert_refused(f, "POST", "/v1/accounts/shop/check", NULL, 409, "conflict",
                   "account 'shop' is paused; `stockctl account resume shop` comes first");
    assert_api(f, "POST", "/v1/accounts/shop/resume", "{}", 200, "{\"state\":\"active\"}");
    assert_pushed(f, "{\"sku\":\"A\",\"force\":true}", "A",
                  "{\"result\":\"sent\",\"acknowledged\":3}", "{\"run\":{\"state\":\"done\"}}");
}

static void a_key_that_is_not_accepted(void **state)
{
    struct api_fixture *f = *state;
    api_fixture_mood(f, SHOP_LOCKS);
    put(f, "A", 3);
    json_t *lines = push(f, "{\"sku\":\"A\"}");
    json_t *run = json_object_get(json_array_get(lines, json_array_size(lines) - 1), "run");
    assert_string_equal(json_string_value(json_object_get(run, "state")), "waiting");
    const char *why = json_string_value(json_object_get(run, "why"));
    if (!strstr(why, "account shop is parked: ") || !strstr(why, "account resume shop"))
        fail_msg("%s", why);
    json_decref(lines);
    assert_api(f, "GET", "/v1/status", NULL, 200, "{\"health\":\"failing\"}");
    assert_api(f, "GET", "/v1/accounts/shop", NULL, 200, "{\"state\":\"parked\"}");
    assert_api(f, "GET", "/v1/targets?state=parked", NULL, 200,
               "{\"items\":[{\"sku\":\"A\",\"state\":\"parked\"},"
               "{\"sku\":\"B\",\"state\":\"parked\"}]}");
}

static void an_account_on_dry_run(void **state)
{
    struct api_fixture *f = *state;
    put(f, "A", 3);
    assert_pushed(f, "{\"sku\":\"A\"}", "A", "{\"result\":\"dry-run\",\"wanted\":3,\"sent\":null}",
                  "{\"event\":\"result\",\"run\":{\"state\":\"waiting\",\"why\":\"1 targets are of "
                  "an account on dry-run: nothing is sent there\",\"counts\":{\"dry_run\":1}}}");
}

static void a_disabled_account(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "GET", "/v1/accounts", NULL, 200,
               "{\"items\":[{\"name\":\"shop\",\"state\":\"disabled\"}]}");
    assert_refused(f, "POST", "/v1/accounts/shop/check", NULL, 409, "conflict",
                   "account 'shop' cannot be checked: it is disabled in its file of conf.d");
    assert_pushed(f, "{\"account\":\"shop\"}", NULL, NULL,
                  "{\"event\":\"result\",\"run\":{\"state\":\"done\"}}");
}

/* ---- runs */

static void a_push_without_a_follower_is_noted(void **state)
{
    struct api_fixture *f = *state;
    int status;
    put(f, "A", 4);
    char *text = api_ask(f, "POST", "/v1/push", "{\"sku\":\"A\",\"force\":true}", &status);
    json_t *run = json_loads(text, 0, NULL);
    char path[80];
    assert_int_equal(status, 202);
    assert_line(run, "{\"task\":\"push\",\"detail\":\"sku A, forced\",\"total\":1}");
    snprintf(path, sizeof path, "/v1/runs/%s", json_string_value(json_object_get(run, "id")));
    strcat(path, "/follow");
    assert_api(f, "GET", path, NULL, 200, NULL);
    *strrchr(path, '/') = '\0';
    assert_api(f, "GET", path, NULL, 200, "{\"state\":\"done\",\"done\":1}");
    json_decref(run);
    mem_free(text);
    assert_refused(f, "GET", "/v1/runs/r99", NULL, 404, "not-found",
                   "there is no run r99; `stockctl run list` shows those there are");
    assert_refused(f, "GET", "/v1/runs/x", NULL, 404, "not-found",
                   "there is no run 'x'; `stockctl run list` shows those there are");
    assert_refused(f, "GET", "/v1/runs?state=good", NULL, 400, "invalid",
                   "there is no state 'good'; there are running, done, partial, failed and held");
    assert_api(f, "GET", "/v1/runs?task=push", NULL, 200, "{\"items\":[{\"task\":\"push\"}]}");
}

static void a_check_is_waited_for(void **state)
{
    struct api_fixture *f = *state;
    int status;
    for (int i = 0; i < 3; i++) { /* each is a run of its own */
        char *text = api_ask(f, "POST", "/v1/accounts/shop/check?follow=true", NULL, &status);
        assert_int_equal(status, 200);
        char *last = strstr(text, "{\"event\": \"result\"");
        if (!last) last = strstr(text, "{\"event\":\"result\"");
        assert_non_null(last);
        json_t *line = json_loads(last, 0, NULL);
        assert_line(line, "{\"run\":{\"task\":\"check\",\"account\":\"shop\",\"state\":\"done\"}}");
        json_decref(line);
        mem_free(text);
    }
    assert_api(f, "GET", "/v1/accounts/shop", NULL, 200,
               "{\"identity\":\"seller 7\",\"state\":\"active\",\"listings\":3,"
               "\"warnings\":[{\"code\":\"trial\",\"text\":\"the trial ends soon\"}],"
               "\"abilities\":[{\"operation\":\"push_stock\",\"granted\":true}],"
               "\"quotas\":[{\"bucket\":\"all\",\"amount\":1000}]}");
    api_fixture_mood(f, SHOP_LOCKS);
    char *text = api_ask(f, "POST", "/v1/accounts/shop/check?follow=true", NULL, &status);
    assert_non_null(strstr(text, "\"state\":\"failed\""));
    mem_free(text);
    assert_refused(f, "POST", "/v1/accounts/x/check", NULL, 404, "not-found",
                   "there is no account 'x'; `stockctl account list` shows those there are");
}

static void traffic_is_shown(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "GET", "/v1/accounts/shop/traffic?last=1", NULL, 200,
               "{\"items\":[{\"method\":\"POST\",\"status\":200,\"result\":\"arrived\"}]}");
    assert_api(f, "GET", "/v1/accounts/shop/traffic?last=1&bodies=true", NULL, 200,
               "{\"items\":[{\"answer_body\":\"ok\"}]}");
    assert_refused(f, "GET", "/v1/accounts/x/traffic", NULL, 404, "not-found",
                   "there is no account 'x'; `stockctl account list` shows those there are");
    assert_refused(f, "GET", "/v1/accounts/shop/traffic?last=0", NULL, 400, "invalid",
                   "parameter 'last' must be a whole number from 1 to 1000, not '0'");
}

/* ---- listings and links */

static void listings_are_tied_by_hand(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "GET", "/v1/listings?unmapped=true", NULL, 200,
               "{\"items\":[{\"listing\":\"L-C\",\"sku\":null,\"mapped_by\":null,"
               "\"state\":\"active\",\"keys\":[{\"kind\":\"sku\",\"value\":\"C\"}]}]}");
    assert_api(f, "GET", "/v1/listings?sku=A", NULL, 200,
               "{\"items\":[{\"listing\":\"L-A\",\"sku\":\"A\",\"mapped_by\":\"sku\"}]}");
    assert_api(f, "PUT", "/v1/listings/shop/L-C/product", "{\"sku\":\"B\"}", 200,
               "{\"listing\":\"L-C\",\"sku\":\"B\",\"mapped_by\":\"hand\"}");
    assert_api(f, "DELETE", "/v1/listings/shop/L-C/product", NULL, 200, "{\"sku\":null}");
    assert_refused(f, "PUT", "/v1/listings/shop/L-X/product", "{\"sku\":\"B\"}", 404, "not-found",
                   "account 'shop' has no listing 'L-X'; `stockctl listing list --account shop` "
                   "shows them");
    assert_refused(f, "PUT", "/v1/listings/shop/L-C/product", "{\"sku\":\"\"}", 400, "invalid",
                   "member 'sku' is empty; DELETE unties a listing");
    assert_api(f, "GET", "/v1/conflicts", NULL, 200, "{\"items\":[],\"next\":null}");
    assert_api(
        f, "GET", "/v1/accounts/shop/warehouses", NULL, 200,
        "{\"items\":[{\"id\":\"w1\",\"name\":\"North\",\"state\":\"open\",\"links\":[\"pp\"]},"
        "{\"id\":\"w2\",\"links\":[]}]}");
    assert_refused(f, "PUT", "/v1/links/pp/shop/w9", NULL, 403, "denied",
                   "the link from 'pp' to 'w9' of account 'shop' is set in "
                   "conf.d/50-shop.yaml:12: change it there, then run 'stockctl reload'");
    assert_api(f, "PUT", "/v1/links/pp/shop/w1", "{\"order\":2}", 200, "{\"order\":2}");
    assert_api(f, "DELETE", "/v1/links/pp/shop/w1", NULL, 204, NULL);
    assert_refused(f, "DELETE", "/v1/links/pp/shop/w1", NULL, 404, "not-found",
                   "'pp' is not linked to 'w1' of account 'shop'; `stockctl warehouse list` shows "
                   "the links");
}

/* ---- the daemon stops while somebody waits */

struct waiter {
    pthread_t thread;
    struct api_fixture *f;
    json_t *lines;
};

static void *wait_for_push(void *ctx)
{
    struct waiter *w = ctx;
    w->lines = push(w->f, "{\"sku\":\"A\"}");
    return NULL;
}

static void followers_are_told_that_the_daemon_stops(void **state)
{
    struct api_fixture *f = *state;
    struct waiter w = {.f = f};
    api_fixture_mood(f, SHOP_SILENT);
    put(f, "A", 3);
    pthread_create(&w.thread, NULL, wait_for_push, &w);
    for (int status = 0, waits = 0; !waits;) { /* until the run is there */
        char *text = api_ask(f, "GET", "/v1/runs?task=push", NULL, &status);
        waits = strstr(text, "\"state\":\"running\"") != NULL;
        mem_free(text);
    }
    api_fixture_quiet(f);
    pthread_join(w.thread, NULL);
    assert_line(json_array_get(w.lines, json_array_size(w.lines) - 1),
                "{\"event\":\"failed\",\"code\":\"cancelled\",\"detail\":\"the daemon is stopping; "
                "what was asked for goes on when it is back\"}");
    json_decref(w.lines);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_figure_that_is_taken, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_figure_that_is_rejected, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_figure_that_is_held, set_up, tear_down),
    cmocka_unit_test_setup_teardown(it_is_told_in_the_language_of_the_request, set_up, tear_down),
    cmocka_unit_test_setup_teardown(nothing_matches, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_paused_account, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_key_that_is_not_accepted, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_account_on_dry_run, set_up_dry, tear_down),
    cmocka_unit_test_setup_teardown(a_disabled_account, set_up_disabled, tear_down),
    cmocka_unit_test_setup_teardown(a_push_without_a_follower_is_noted, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_check_is_waited_for, set_up, tear_down),
    cmocka_unit_test_setup_teardown(traffic_is_shown, set_up, tear_down),
    cmocka_unit_test_setup_teardown(listings_are_tied_by_hand, set_up, tear_down),
    cmocka_unit_test_setup_teardown(followers_are_told_that_the_daemon_stops, set_up, tear_down),
};
TEST_MAIN(cases)
