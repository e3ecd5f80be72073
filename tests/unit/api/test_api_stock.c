/* Stock, products, warehouses and links, through the socket: what they answer, what they refuse
 * and in which words, and that writers of one figure never lose an update. */
#include "api_fixture.h"

#include "base/mem.h"
#include "ctl/client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
    struct api_fixture *f = *state = api_fixture_open(NULL);
    assert_api(f, "POST", "/v1/warehouses", "{\"key\":\"pp\",\"name\":\"Main\"}", 201,
               "{\"key\":\"pp\",\"name\":\"Main\"}");
    assert_api(f, "POST", "/v1/warehouses", "{\"key\":\"kot\"}", 201, "{\"name\":\"kot\"}");
    assert_api(f, "POST", "/v1/products", "{\"sku\":\"A\",\"name\":\"Lamp\"}", 201, NULL);
    return 0;
}

static int tear_down(void **state)
{
    api_fixture_close(*state);
    return 0;
}

static void a_figure_is_set_adjusted_and_moved(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "GET", "/v1/stock/A", NULL, 200,
               "{\"sku\":\"A\",\"name\":\"Lamp\",\"targets\":[],\"stock\":[{\"warehouse\":\"pp\","
               "\"on_hand\":null,\"reserved\":null,\"available\":null,\"changed\":null},"
               "{\"warehouse\":\"kot\",\"on_hand\":null}]}");
    assert_api(f, "PUT", "/v1/stock/A/pp", "{\"quantity\":7,\"kind\":\"on-hand\"}", 200,
               "{\"sku\":\"A\",\"warehouse\":\"pp\",\"changed\":true,"
               "\"before\":{\"on_hand\":null,\"available\":null},"
               "\"after\":{\"on_hand\":7,\"reserved\":0,\"available\":7}}");
    assert_api(f, "PUT", "/v1/stock/A/pp", "{\"quantity\":7,\"kind\":\"available\"}", 200,
               "{\"changed\":false,\"before\":{\"on_hand\":7},\"after\":{\"on_hand\":7}}");
    assert_api(f, "POST", "/v1/stock/A/pp/adjust", "{\"by\":-9,\"cause\":\"sale\"}", 200,
               "{\"after\":{\"on_hand\":-2,\"available\":-2}}");
    assert_api(f, "POST", "/v1/stock/A/pp/adjust", "{\"by\":7,\"cause\":\"receipt\"}", 200,
               "{\"after\":{\"on_hand\":5}}");
    assert_api(f, "POST", "/v1/stock/A/transfer", "{\"from\":\"pp\",\"to\":\"kot\",\"quantity\":3}",
               200,
               "{\"quantity\":3,\"from\":{\"warehouse\":\"pp\",\"on_hand\":2},"
               "\"to\":{\"warehouse\":\"kot\",\"on_hand\":3}}");
    assert_api(f, "GET", "/v1/stock/A?warehouse=kot", NULL, 200,
               "{\"stock\":[{\"warehouse\":\"kot\",\"on_hand\":3}]}");
    assert_api(f, "GET", "/v1/stock/A/history?warehouse=pp", NULL, 200,
               "{\"next\":null,\"items\":[{\"cause\":\"transfer\",\"after\":{\"on_hand\":2}},"
               "{\"cause\":\"receipt\"},{\"cause\":\"sale\",\"before\":{\"on_hand\":7}},"
               "{\"cause\":\"count\",\"before\":{\"on_hand\":null},\"after\":{\"on_hand\":7}}]}");
}

static void what_agrees_needs_no_repair(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "PUT", "/v1/stock/A/pp", "{\"quantity\":7,\"kind\":\"on-hand\"}", 200, NULL);
    assert_api(f, "POST", "/v1/stock/A/pp/repair", "{\"keep\":\"ledger\"}", 409, NULL);
    assert_api(f, "POST", "/v1/stock/A/pp/repair", "{\"keep\":\"both\"}", 400, NULL);
    assert_api(f, "POST", "/v1/stock/A/pp/repair", "{}", 400, NULL);
    assert_api(f, "POST", "/v1/stock/B/pp/repair", "{\"keep\":\"figure\"}", 404, NULL);
    assert_api(f, "GET", "/v1/stock/A?warehouse=pp", NULL, 200,
               "{\"stock\":[{\"warehouse\":\"pp\",\"on_hand\":7}]}");
}

static const struct refusal {
    const char *method, *path, *body;
    int status;
    const char *code, *detail;
} stock_refusals[] = {
    {"GET", "/v1/stock/none", NULL, 404, "not-found", "there is no product 'none'"},
    {"GET", "/v1/stock/A?warehouse=x", NULL, 404, "not-found",
     "there is no warehouse 'x'; add it with `stockctl warehouse add x`"},
    {"PUT", "/v1/stock/typo/pp", "{\"quantity\":1,\"kind\":\"on-hand\"}", 404, "not-found",
     "there is no product 'typo'; add it with `stockctl product add typo`"},
    {"PUT", "/v1/stock/A/x", "{\"quantity\":1,\"kind\":\"on-hand\"}", 404, "not-found",
     "there is no warehouse 'x'; add it with `stockctl warehouse add x`"},
    {"PUT", "/v1/stock/A/pp", "{\"quantiy\":1,\"kind\":\"on-hand\"}", 400, "invalid",
     "unknown member 'quantiy'; did you mean 'quantity'?"},
    {"PUT", "/v1/stock/A/pp", "{\"kind\":\"on-hand\"}", 400, "invalid",
     "member 'quantity' is missing; it is a whole number"},
    {"PUT", "/v1/stock/A/pp", "{\"quantity\":1}", 400, "invalid",
     "member 'kind' is missing; it is a text"},
    {"PUT", "/v1/stock/A/pp", "{\"quantity\":1.5,\"kind\":\"on-hand\"}", 400, "invalid",
     "member 'quantity' must be a whole number"},
    {"PUT", "/v1/stock/A/pp", "{\"quantity\":\"1\",\"kind\":\"on-hand\"}", 400, "invalid",
     "member 'quantity' must be a whole number"},
    {"PUT", "/v1/stock/A/pp", "{\"quantity\":null,\"kind\":\"on-hand\"}", 400, "invalid",
     "member 'quantity' must be a whole number"},
    {"PUT", "/v1/stock/A/pp", "{\"quantity\":-1,\"kind\":\"on-hand\"}", 400, "invalid",
     "a figure is a whole number from 0 to 1000000000000; this one is -1"},
    {"PUT", "/v1/stock/A/pp", "{\"quantity\":1,\"kind\":\"real\"}", 400, "invalid",
     "member 'kind' is on-hand or available, not 'real'"},
    {"PUT", "/v1/stock/A/pp", "{\"quantity\":1,\"kind\":\"on-hand\",\"cause\":\"order\"}", 400,
     "invalid", "member 'cause' is count, sale, receipt or write-off, not 'order'"},
    {"PUT", "/v1/stock/A/pp", "{\"quantity\":1,\"kind\":\"on-hand\",\"if_figure\":3}", 409,
     "conflict",
     "'A' in 'pp' is uncounted now, not 3: somebody changed it; look again before you set it"},
    {"POST", "/v1/stock/A/pp/adjust", "{\"by\":1}", 409, "conflict",
     "'A' was never counted in 'pp', so it cannot be changed by 1; set a figure first"},
    {"POST", "/v1/stock/A/transfer", "{\"from\":\"pp\",\"to\":\"pp\",\"quantity\":1}", 400,
     "invalid", "a transfer goes from one warehouse to another; both are 'pp'"},
    {"POST", "/v1/stock/A/transfer", "{\"from\":\"pp\",\"to\":\"kot\",\"quantity\":1}", 409,
     "conflict", "'A' has 0 available in 'pp', not 1"},
    {"PUT", "/v1/stock/A/pp", "[1]", 400, "invalid", "the body must be a JSON object"},
    {"PATCH", "/v1/stock/A/pp", "{}", 405, "unsupported",
     "PATCH is not offered here; this resource takes PUT, OPTIONS"},
    {"GET", "/v1/stock/A?warehose=pp", NULL, 400, "invalid", NULL},
};

static void nonsense_is_refused_in_a_sentence(void **state)
{
    struct api_fixture *f = *state;
    for (size_t i = 0; i < sizeof stock_refusals / sizeof *stock_refusals; i++) {
        const struct refusal *r = &stock_refusals[i];
        if (r->detail)
            assert_refused(f, r->method, r->path, r->body, r->status, r->code, r->detail);
        else
            assert_api(f, r->method, r->path, r->body, r->status, NULL);
    }
    /* and nothing came of any of it */
    assert_api(f, "GET", "/v1/stock/A", NULL, 200,
               "{\"stock\":[{\"on_hand\":null},{\"on_hand\":null}]}");
    assert_api(f, "GET", "/v1/products", NULL, 200, "{\"items\":[{\"sku\":\"A\"}]}");
}

static void a_condition_is_looked_at(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "PUT", "/v1/stock/A/pp",
               "{\"quantity\":5,\"kind\":\"on-hand\",\"if_figure\":null}", 200, NULL);
    assert_refused(f, "PUT", "/v1/stock/A/pp",
                   "{\"quantity\":6,\"kind\":\"on-hand\",\"if_figure\":null}", 409, "conflict",
                   "'A' in 'pp' is 5 now, not uncounted: somebody changed it; look again before "
                   "you set it");
    assert_api(f, "PUT", "/v1/stock/A/pp", "{\"quantity\":6,\"kind\":\"on-hand\",\"if_figure\":5}",
               200, "{\"after\":{\"on_hand\":6}}");
}

/* ---- many at once */

enum { WRITERS = 8, ADDED_BY_EACH = 25 };

struct writer {
    pthread_t thread;
    struct api_fixture *f;
    atomic_int *conflicts;
    bool failed;
};

static int put_if(struct ctl_client *client, int figure, int expected, long *now)
{
    char body[100];
    snprintf(body, sizeof body, "{\"quantity\":%d,\"kind\":\"on-hand\",\"if_figure\":%d}", figure,
             expected);
    struct ctl_request request = {
        .method = "PUT", .path = "/v1/stock/A/pp", .body = body, .upload = -1, .timeout_s = 20};
    struct ctl_answer answer;
    int status = ctl_client_ask(client, &request, &answer) == CTL_ANSWERED ? (int)answer.status : 0;
    const char *is = strstr(buf_cstr(&answer.body), "in 'pp' is ");
    if (is) *now = strtol(is + strlen("in 'pp' is "), NULL, 10);
    ctl_answer_free(&answer);
    return status;
}

/* Adds one, again and again, by "set to n + 1 if it is n". */
static void *write_on(void *ctx)
{
    struct writer *w = ctx;
    struct ctl_client *client = ctl_client_new(api_fixture_socket(w->f));
    long now = 0;
    for (int added = 0; added < ADDED_BY_EACH && !w->failed;) {
        int status = put_if(client, (int)now + 1, (int)now, &now);
        if (status == 200) {
            added++;
            now++;
        } else if (status == 409) {
            atomic_fetch_add(w->conflicts, 1);
        } else {
            w->failed = true;
        }
    }
    ctl_client_free(client);
    return NULL;
}

static void writers_of_one_figure_lose_no_update(void **state)
{
    struct api_fixture *f = *state;
    struct writer writers[WRITERS] = {0};
    atomic_int conflicts = 0;
    assert_api(f, "PUT", "/v1/stock/A/pp", "{\"quantity\":0,\"kind\":\"on-hand\"}", 200, NULL);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.f = f, .conflicts = &conflicts};
        pthread_create(&writers[i].thread, NULL, write_on, &writers[i]);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
        assert_false(writers[i].failed);
    }
    char wanted[80];
    snprintf(wanted, sizeof wanted, "{\"stock\":[{\"on_hand\":%d},{}]}", WRITERS * ADDED_BY_EACH);
    assert_api(f, "GET", "/v1/stock/A", NULL, 200, wanted);
    assert_true(atomic_load(&conflicts) > 0); /* they did meet */
}

/* ---- products */

static void products_are_made_changed_and_deleted(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "POST", "/v1/products",
               "{\"sku\":\"B/1\",\"name\":\"Bulb\",\"barcodes\":[\"111\",\"222\"],\"brand\":\"X\"}",
               201,
               "{\"sku\":\"B/1\",\"name\":\"Bulb\",\"barcodes\":[\"111\",\"222\"],"
               "\"brand\":\"X\",\"description\":null,\"image\":null}");
    assert_api(f, "PATCH", "/v1/products/B%2F1", "{\"brand\":null,\"barcodes\":[]}", 200,
               "{\"name\":\"Bulb\",\"brand\":null,\"barcodes\":[]}");
    assert_api(f, "PUT", "/v1/products/B%2F1", "{\"brand\":\"Y\"}", 200,
               "{\"name\":null,\"brand\":\"Y\"}");
    assert_api(f, "GET", "/v1/products/B%2F1", NULL, 200, "{\"sku\":\"B/1\"}");
    assert_api(f, "DELETE", "/v1/products/B%2F1", NULL, 204, NULL);
    assert_refused(f, "GET", "/v1/products/B%2F1", NULL, 404, "not-found",
                   "there is no product 'B/1'");
    assert_refused(f, "POST", "/v1/products", "{\"sku\":\"A\"}", 409, "exists",
                   "there is a product 'A' already; `stockctl product set` changes it");
    assert_refused(f, "PUT", "/v1/products/none", "{}", 404, "not-found",
                   "there is no product 'none'; add it with `stockctl product add none`");
    assert_refused(f, "POST", "/v1/products", "{\"sku\":\"N\",\"barcodes\":\"1\"}", 400, "invalid",
                   "member 'barcodes' must be a list of texts");
    assert_api(f, "PUT", "/v1/stock/A/pp", "{\"quantity\":1,\"kind\":\"on-hand\"}", 200, NULL);
    assert_api(f, "DELETE", "/v1/products/A", NULL, 204, NULL);
    assert_api(f, "GET", "/v1/stock/A", NULL, 404, NULL);
}

static void lists_are_pages(void **state)
{
    struct api_fixture *f = *state;
    char body[80], path[200], seen[64] = "";
    for (int i = 0; i < 7; i++) {
        snprintf(body, sizeof body, "{\"sku\":\"P-%d\",\"barcodes\":[\"b%d\"]}", i, i);
        assert_api(f, "POST", "/v1/products", body, 201, NULL);
    }
    snprintf(path, sizeof path, "/v1/products?search=P-&limit=3");
    for (int page = 0; page < 3; page++) {
        int status;
        char *text = api_ask(f, "GET", path, NULL, &status);
        json_t *got = json_loads(text, 0, NULL), *one;
        size_t i;
        assert_int_equal(status, 200);
        json_array_foreach (json_object_get(got, "items"), i, one)
            strcat(seen, json_string_value(json_object_get(one, "sku")) + 2);
        const char *next = json_string_value(json_object_get(got, "next"));
        assert_int_equal(next != NULL, page < 2);
        if (next) snprintf(path, sizeof path, "/v1/products?search=P-&limit=3&cursor=%s", next);
        json_decref(got);
        mem_free(text);
    }
    assert_string_equal(seen, "0123456");
    assert_api(f, "GET", "/v1/products?search=b4", NULL, 200, "{\"items\":[{\"sku\":\"P-4\"}]}");
    assert_refused(f, "GET", "/v1/products?cursor=zz", NULL, 400, "invalid",
                   "parameter 'cursor' must be the 'next' of the page before");
    assert_refused(f, "GET", "/v1/products?limit=1001", NULL, 400, "invalid",
                   "parameter 'limit' must be a whole number from 1 to 1000, not '1001'");
}

/* ---- warehouses */

static void warehouses_and_what_files_own(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "POST", "/v1/warehouses", "{\"key\":\"pp\",\"name\":\"First\"}", 200,
               "{\"name\":\"First\"}");
    assert_api(f, "PUT", "/v1/stock/A/pp", "{\"quantity\":1,\"kind\":\"on-hand\"}", 200, NULL);
    assert_api(f, "GET", "/v1/warehouses", NULL, 200,
               "{\"items\":[{\"key\":\"pp\",\"name\":\"First\",\"counted\":1,\"links\":[]},"
               "{\"key\":\"kot\",\"counted\":0}],\"next\":null}");
    assert_refused(f, "POST", "/v1/warehouses", "{\"key\":\"filed\",\"name\":\"X\"}", 403, "denied",
                   "warehouse 'filed' is set in conf.d/10-main.yaml:3: change it there, then run "
                   "'stockctl reload'");
    assert_api(f, "POST", "/v1/warehouses", "{\"key\":\"Not Good\"}", 400, NULL);
    assert_refused(f, "PUT", "/v1/links/pp/nobody/w1", "{}", 404, "not-found",
                   "there is no account 'nobody'; `stockctl account list` shows those there are");
    assert_refused(f, "GET", "/v1/links?account=nobody", NULL, 404, "not-found",
                   "there is no account 'nobody'");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_figure_is_set_adjusted_and_moved, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_agrees_needs_no_repair, set_up, tear_down),
    cmocka_unit_test_setup_teardown(nonsense_is_refused_in_a_sentence, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_condition_is_looked_at, set_up, tear_down),
    cmocka_unit_test_setup_teardown(writers_of_one_figure_lose_no_update, set_up, tear_down),
    cmocka_unit_test_setup_teardown(products_are_made_changed_and_deleted, set_up, tear_down),
    cmocka_unit_test_setup_teardown(lists_are_pages, set_up, tear_down),
    cmocka_unit_test_setup_teardown(warehouses_and_what_files_own, set_up, tear_down),
};
TEST_MAIN(cases)
