/* Looking at an account before it is one: what is told of it, and that nothing of it stays. And the
 * first load of one that is there, as a run. */
#include "api_fixture.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int with_account(void **state)
{
    struct api_fixture *f = *state =
        api_fixture_open(&(struct api_fixture_options){.account = true});
    assert_api(f, "POST", "/v1/products", "{\"sku\":\"A\"}", 201, NULL);
    return 0;
}

static int without_account(void **state)
{
    struct api_fixture *f = *state = api_fixture_open(NULL);
    assert_api(f, "POST", "/v1/products", "{\"sku\":\"A\"}", 201, NULL);
    assert_api(f, "POST", "/v1/products", "{\"sku\":\"B\"}", 201, NULL);
    return 0;
}

static int tear_down(void **state)
{
    api_fixture_close(*state);
    return 0;
}

/* The last line of a stream; the caller's to drop. */
static json_t *last_line(struct api_fixture *f, const char *method, const char *path,
                         const char *body)
{
    int status;
    char *text = api_ask(f, method, path, body, &status);
    if (status != 200) fail_msg("%d %s", status, text);
    size_t size = strlen(text);
    while (size && text[size - 1] == '\n')
        text[--size] = '\0';
    char *line = strrchr(text, '\n');
    json_t *json = json_loads(line ? line + 1 : text, 0, NULL);
    if (!json) fail_msg("no JSON: %s", text);
    mem_free(text);
    return json;
}

static void assert_last(struct api_fixture *f, const char *body, const char *wanted)
{
    json_t *got = last_line(f, "POST", "/v1/accounts/probe", body),
           *want = json_loads(wanted, 0, NULL);
    assert_non_null(want);
    if (!json_has(got, want)) fail_msg("%s in %s", wanted, json_dumps(got, 0));
    json_decref(got);
    json_decref(want);
}

static const char new_one[] = "{\"name\":\"new\",\"plugin\":\"shop\"}";

static void what_is_there_is_told_and_nothing_stays(void **state)
{
    struct api_fixture *f = *state;
    for (int i = 0; i < 3; i++)
        assert_last(f, new_one,
                    "{\"event\":\"result\",\"identity\":\"seller 7\",\"same_as\":null,"
                    "\"warnings\":[{\"code\":\"trial\",\"text\":\"the trial ends soon\"}],"
                    "\"listings\":{\"read\":3,\"whole\":true,\"by_sku\":2,\"by_barcode\":0,"
                    "\"unmatched\":1,\"conflicts\":0,\"unmatched_listings\":[{\"listing\":"
                    "\"L-C\",\"sku\":\"C\"}],\"conflict_listings\":[]},\"file\":{\"path\":"
                    "\"/conf.d/50-new.yaml\",\"text\":\"accounts:\\n\"}}");
    assert_api(f, "GET", "/v1/accounts", NULL, 200, "{\"items\":[],\"next\":null}");
    assert_api(f, "GET", "/v1/listings", NULL, 200, "{\"items\":[]}");
    assert_api(f, "GET", "/v1/runs", NULL, 200, "{\"items\":[]}");
    assert_refused(f, "GET", "/v1/accounts/new/traffic", NULL, 404, "not-found",
                   "there is no account 'new'; `stockctl account list` shows those there are");
}

static void wrong_credentials_are_told_as_such(void **state)
{
    struct api_fixture *f = *state;
    api_fixture_mood(f, SHOP_LOCKS);
    assert_last(f, new_one,
                "{\"event\":\"failed\",\"code\":\"denied\",\"stage\":\"check\","
                "\"refused\":true}");
}

static void the_seller_of_another_account_is_named(void **state)
{
    assert_last(*state, new_one, "{\"event\":\"result\",\"same_as\":\"shop\"}");
}

static void bodies_that_make_no_sense_are_refused(void **state)
{
    struct api_fixture *f = *state;
    static const struct {
        const char *body, *detail;
    } known[] = {
        {"{\"name\":\"x\"}", "'name' and 'plugin' are required"},
        {"{\"name\":1,\"plugin\":\"shop\"}", "'name', 'plugin' and 'orders' are texts"},
        {"{\"name\":\"x\",\"plugin\":\"shop\",\"options\":[]}",
         "'options', 'secrets' and 'endpoints' are objects of texts"},
        {"{\"name\":\"x\",\"plugin\":\"shop\",\"secrets\":{\"a\":1}}",
         "'options', 'secrets' and 'endpoints' are objects of texts"},
        {"{\"name\":\"x\",\"plugin\":\"shop\",\"options\":{\"a\":\"b\\u0000c\"}}", NULL},
        {"{\"name\":\"x\",\"plugin\":\"shop\",\"orders\":\"both\"}",
         "'orders' is 'import' or 'external'"},
        {"{\"name\":\"x\",\"plugin\":\"shop\",\"nam\":\"y\"}",
         "there is a member that is not known here; see docs/api.md"},
        {"{\"name\":\"x\",\"plugin\":\"shop\",\"all\":1}",
         "'dry_run', 'allow_plain_http' and 'all' are true or false"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].detail)
            assert_refused(f, "POST", "/v1/accounts/probe", known[i].body, 400, "invalid",
                           known[i].detail);
        else
            assert_api(f, "POST", "/v1/accounts/probe", known[i].body, 400, NULL);
    assert_refused(f, "POST", "/v1/accounts/probe", "{\"name\":\"taken\",\"plugin\":\"shop\"}", 409,
                   "exists", "there is an account 'taken' already");
}

static void the_first_load_is_one_run(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "GET", "/v1/accounts/shop", NULL, 200, "{\"load\":{\"run\":\"r1\"}}");
    json_t *last = last_line(f, "GET", "/v1/runs/r1/follow", NULL);
    json_t *want = json_loads("{\"event\":\"result\",\"run\":{\"id\":\"r1\",\"task\":\"load\","
                              "\"state\":\"done\",\"percent\":100,\"stages\":["
                              "{\"name\":\"check\",\"state\":\"done\",\"percent\":100},"
                              "{\"name\":\"warehouses\",\"state\":\"done\",\"done\":2},"
                              "{\"name\":\"listings\",\"state\":\"done\",\"done\":3}]}}",
                              0, NULL);
    assert_non_null(want);
    if (!json_has(last, want)) fail_msg("%s", json_dumps(last, 0));
    json_decref(last);
    json_decref(want);
    assert_api(f, "GET", "/v1/runs?task=load", NULL, 200, "{\"items\":[{\"id\":\"r1\"}]}");
    assert_api(f, "GET", "/v1/accounts/shop/file", NULL, 200,
               "{\"path\":\"/conf.d/50-shop.yaml\"}");
    assert_refused(f, "GET", "/v1/accounts/none/file", NULL, 404, "not-found",
                   "no file of conf.d has an account 'none'");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(what_is_there_is_told_and_nothing_stays, without_account,
                                    tear_down),
    cmocka_unit_test_setup_teardown(wrong_credentials_are_told_as_such, without_account, tear_down),
    cmocka_unit_test_setup_teardown(the_seller_of_another_account_is_named, with_account,
                                    tear_down),
    cmocka_unit_test_setup_teardown(bodies_that_make_no_sense_are_refused, without_account,
                                    tear_down),
    cmocka_unit_test_setup_teardown(the_first_load_is_one_run, with_account, tear_down),
};

TEST_MAIN(cases)
