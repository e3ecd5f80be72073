/* Status, imports, the store, plugins, reload. */
#include "api_fixture.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int set_up(void **state)
{
    struct api_fixture *f = *state = api_fixture_open(NULL);
    assert_api(f, "POST", "/v1/warehouses", "{\"key\":\"pp\"}", 201, NULL);
    assert_api(f, "POST", "/v1/products", "{\"sku\":\"A\"}", 201, NULL);
    return 0;
}

static int tear_down(void **state)
{
    api_fixture_close(*state);
    return 0;
}

static void a_daemon_without_accounts_is_well(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "GET", "/v1/status", NULL, 200,
               "{\"instance\":\"main\",\"ready\":true,\"health\":\"ok\",\"reasons\":[],"
               "\"accounts\":[],\"vitals\":{\"turns\":1},\"counts\":{\"products\":1,"
               "\"warehouses\":1,\"listings\":0,\"targets\":0,\"dirty\":0,\"rejected\":0}}");
    assert_api(f, "GET", "/v1/accounts", NULL, 200, "{\"items\":[],\"next\":null}");
    assert_refused(f, "GET", "/v1/accounts/x", NULL, 404, "not-found", "there is no account 'x'");
    assert_refused(f, "GET", "/v1/targets?state=good", NULL, 400, "invalid",
                   "there is no state 'good'; there are off, parked, held, unresolved, in-flight, "
                   "rejected, dirty and synced");
    assert_refused(f, "GET", "/v1/nothing", NULL, 404, "not-found", "there is no such resource");
}

/* ---- imports */

/* The lines of an import by their events, and the whole text. */
static void assert_import(struct api_fixture *f, const char *query, const char *csv,
                          const char *const *wanted)
{
    int status;
    char *text = api_import(f, query, csv, &status), *rest = mem_text(text), *at = rest;
    if (status != 200) fail_msg("%d %s", status, text);
    for (char *line = strtok(at, "\n"); line; line = strtok(NULL, "\n")) {
        json_t *got = json_loads(line, 0, NULL),
               *want = *wanted ? json_loads(*wanted, 0, NULL) : NULL;
        const char *event = json_string_value(json_object_get(got, "event"));
        if (strcmp(event, "progress") != 0) {
            if (!want || !json_has(got, want)) fail_msg("want %s in\n%s", *wanted, text);
            wanted++;
        }
        json_decref(got);
        json_decref(want);
    }
    if (*wanted) fail_msg("%s is missing in\n%s", *wanted, text);
    mem_free(rest);
    mem_free(text);
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void an_import_tells_what_it_did(void **state)
{
    struct api_fixture *f = *state;
    assert_import(f, "?warehouse=pp&name=a.csv", "sku,quantity\nA,5\nB,1\nA,x\n",
                  LINES("{\"event\":\"accepted\"}", "{\"event\":\"refused\",\"line\":3}",
                        "{\"event\":\"refused\",\"line\":4}",
                        "{\"event\":\"result\",\"rows\":3,\"changed\":1,\"same\":0,\"refused\":2,"
                        "\"created\":0,\"state\":\"partial\"}"));
    assert_api(f, "GET", "/v1/products", NULL, 200, "{\"items\":[{\"sku\":\"A\"}]}");
    assert_import(f, "?warehouse=pp&create=true", "sku,quantity\nA,5\nB,1\n",
                  LINES("{\"event\":\"accepted\"}",
                        "{\"event\":\"result\",\"rows\":2,\"changed\":1,\"same\":1,\"refused\":0,"
                        "\"created\":1,\"state\":\"done\"}"));
    /* two figures for one thing: neither is taken */
    assert_import(f, "", "sku,warehouse,quantity\nB,pp,2\nB,pp,3\n",
                  LINES("{\"event\":\"accepted\"}", "{\"event\":\"refused\",\"line\":2}",
                        "{\"event\":\"refused\",\"line\":3}", "{\"changed\":0,\"refused\":2}"));
    assert_api(f, "GET", "/v1/stock/B", NULL, 200, "{\"stock\":[{\"on_hand\":1}]}");
    assert_api(f, "GET", "/v1/stock/B/history", NULL, 200,
               "{\"items\":[{\"cause\":\"import\",\"after\":{\"on_hand\":1}}]}");
}

static void an_import_is_kept(void **state)
{
    struct api_fixture *f = *state;
    int status;
    char *text = api_import(f, "?warehouse=pp&name=a.csv", "sku,quantity\nA,5\n,1\n", &status);
    json_t *first = json_loads(strtok(text, "\n"), 0, NULL);
    int job = (int)json_integer_value(json_object_get(first, "job"));
    char path[80], wanted[200];
    json_decref(first);
    mem_free(text);
    assert_true(job > 0);
    snprintf(path, sizeof path, "/v1/imports/%d", job);
    snprintf(wanted, sizeof wanted,
             "{\"job\":%d,\"run\":\"r%d\",\"state\":\"partial\",\"name\":\"a.csv\",\"rows\":2,"
             "\"refused\":1}",
             job, job);
    assert_api(f, "GET", path, NULL, 200, wanted);
    assert_api(f, "GET", "/v1/imports", NULL, 200, "{\"items\":[{\"state\":\"partial\"}]}");
    snprintf(path, sizeof path, "/v1/imports/%d/refused", job);
    assert_api(f, "GET", path, NULL, 200,
               "{\"items\":[{\"line\":3,\"detail\":\"there is no SKU\"}],\"next\":null}");
    snprintf(path, sizeof path, "/v1/runs/r%d", job);
    assert_api(f, "GET", path, NULL, 200, "{\"task\":\"import\",\"state\":\"partial\"}");
    snprintf(path, sizeof path, "/v1/imports/%d/cancel", job);
    assert_api(f, "POST", path, NULL, 409, NULL);
    assert_refused(f, "GET", "/v1/imports/99", NULL, 404, "not-found",
                   "there is no import 99; `stockctl import list` shows those there are");
    assert_refused(f, "GET", "/v1/imports/x1", NULL, 404, "not-found",
                   "there is no import 'x1'; an import is named by its number");
}

static void an_import_of_nonsense_is_refused(void **state)
{
    struct api_fixture *f = *state;
    int status;
    char *text = api_import(f, "?kind=real", "A,1\n", &status);
    assert_int_equal(status, 400);
    assert_non_null(strstr(text, "parameter 'kind' is on-hand or available, not 'real'"));
    mem_free(text);
    text = api_import(f, "?crate=true", "A,1\n", &status);
    assert_int_equal(status, 400);
    mem_free(text);
    text = api_import(f, "?warehouse=nowhere", "sku,quantity\nA,1\n", &status);
    assert_non_null(strstr(text, "nowhere"));
    mem_free(text);
    assert_api(f, "GET", "/v1/stock/A", NULL, 200, "{\"stock\":[{\"on_hand\":null}]}");
}

/* A file much larger than every buffer on its way. */
static void a_large_import_goes_through(void **state)
{
    struct api_fixture *f = *state;
    enum { ROWS = 200 * 1000 };
    struct buf csv;
    int status;
    buf_init(&csv, 64 << 20);
    buf_text(&csv, "sku,warehouse,quantity\n");
    for (int i = 0; i < ROWS; i++)
        buf_format(&csv, "SKU-%08d,pp,%d\n", i, i % 1000);
    char *text = api_import(f, "?create=true", buf_cstr(&csv), &status);
    assert_int_equal(status, 200);
    if (!strstr(text, "\"rows\":200000,\"changed\":200000")) fail_msg("%.2000s", text);
    mem_free(text);
    buf_free(&csv);
    assert_api(f, "GET", "/v1/stock/SKU-00199999", NULL, 200, "{\"stock\":[{\"on_hand\":999}]}");
}

/* ---- the store */

static void the_store_is_measured_verified_and_copied(void **state)
{
    struct api_fixture *f = *state;
    char body[200], path[160];
    int status;
    assert_api(f, "GET", "/v1/store", NULL, 200, "{\"schema\":3,\"limit_bytes\":268435456}");
    char *text = api_ask(f, "POST", "/v1/store/verify", NULL, &status);
    assert_int_equal(status, 200);
    if (!strstr(text, "{\"event\":\"result\"") || !strstr(text, "\"findings\":0"))
        fail_msg("%s", text);
    mem_free(text);
    snprintf(path, sizeof path, "%s/copy", api_fixture_folder(f));
    snprintf(body, sizeof body, "{\"path\":\"%s\"}", path);
    assert_api(f, "POST", "/v1/backup", body, 201, NULL);
    assert_int_equal(access(path, F_OK), 0);
    assert_api(f, "POST", "/v1/backup", body, 409, NULL);
    assert_refused(f, "POST", "/v1/backup", "{\"path\":\"copy\"}", 400, "invalid",
                   "the path of a backup begins with '/': it is on the daemon's machine, and "
                   "'copy' would be wherever the daemon runs");
    assert_api(f, "GET", "/v1/backups", NULL, 200,
               "{\"schedule\":\"off\",\"due\":null,\"keep\":3,\"items\":[]}");
    assert_api(f, "POST", "/v1/backup", "{}", 201, NULL);
    assert_api(f, "GET", "/v1/backups", NULL, 200, "{\"items\":[{\"automatic\":false}]}");
}

static void plugins_and_reload_are_the_daemons(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "GET", "/v1/plugins", NULL, 200, "{\"items\":[{\"id\":\"shop\"}],\"next\":null}");
    assert_api(f, "GET", "/v1/plugins/shop", NULL, 200, "{\"state\":\"loaded\"}");
    assert_refused(f, "GET", "/v1/plugins/x", NULL, 404, "not-found",
                   "there is no plugin 'x'; `stockctl plugin list` shows those there are");
    assert_refused(f, "POST", "/v1/plugins/shop/release", NULL, 409, "conflict",
                   "plugin 'shop' is not in quarantine");
    assert_api(f, "POST", "/v1/reload", "{}", 200,
               "{\"changed\":[\"account shop: interval 10m -> 5m\"]}");
    assert_refused(f, "POST", "/v1/reload", "{\"now\":1}", 400, "invalid",
                   "unknown member 'now'; this resource takes none");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_daemon_without_accounts_is_well, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_import_tells_what_it_did, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_import_is_kept, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_import_of_nonsense_is_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_large_import_goes_through, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_store_is_measured_verified_and_copied, set_up, tear_down),
    cmocka_unit_test_setup_teardown(plugins_and_reload_are_the_daemons, set_up, tear_down),
};
TEST_MAIN(cases)
