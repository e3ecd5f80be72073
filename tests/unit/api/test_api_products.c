/* Products beyond one by one, what happened, and undoing it, through the socket. */
#include "api_fixture.h"

#include "base/mem.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int set_up(void **state)
{
    static const struct api_fixture_options options = {.account = true};
    struct api_fixture *f = *state = api_fixture_open(&options);
    assert_api(f, "POST", "/v1/warehouses", "{\"key\":\"pp\"}", 201, NULL);
    assert_api(f, "POST", "/v1/products",
               "{\"sku\":\"A\",\"name\":\"Lamp\",\"brand\":\"Lumen\",\"barcodes\":[\"555\"],"
               "\"attributes\":{\"colour\":\"red\",\"watts\":40}}",
               201, "{\"attributes\":{\"colour\":\"red\",\"watts\":40}}");
    assert_api(f, "POST", "/v1/products", "{\"sku\":\"a \",\"barcodes\":[\"555\"]}", 201,
               "{\"attributes\":{}}");
    assert_api(f, "POST", "/v1/products", "{\"sku\":\"Z\",\"brand\":\"Lumen\"}", 201, NULL);
    assert_api(f, "PUT", "/v1/stock/A/pp", "{\"quantity\":7,\"kind\":\"on-hand\"}", 200, NULL);
    assert_api(f, "PUT", "/v1/stock/a%20/pp", "{\"quantity\":3,\"kind\":\"on-hand\"}", 200, NULL);
    return 0;
}

static int tear_down(void **state)
{
    api_fixture_close(*state);
    return 0;
}

static void lists_are_filtered(void **state)
{
    struct api_fixture *f = *state;
    static const struct {
        const char *path, *wanted;
    } table[] = {
        {"/v1/products?brand=Lumen", "{\"items\":[{\"sku\":\"A\"},{\"sku\":\"Z\"}]}"},
        {"/v1/products?min_stock=5", "{\"items\":[{\"sku\":\"A\"}]}"},
        {"/v1/products?max_stock=5", "{\"items\":[{\"sku\":\"a \"}]}"}, /* Z has no figure: not 0 */
        {"/v1/products?min_stock=3&max_stock=7&brand=Lumen", "{\"items\":[{\"sku\":\"A\"}]}"},
        {"/v1/products?prefix=a", "{\"items\":[{\"sku\":\"a \"}]}"},
        {"/v1/products?account=shop", "{\"items\":[{\"sku\":\"A\"}]}"},
        {"/v1/products?account=shop&brand=other", "{\"items\":[]}"},
        {"/v1/products?state=rejected", "{\"items\":[]}"},
        {"/v1/brands", "{\"items\":[{\"brand\":null,\"products\":1},"
                       "{\"brand\":\"Lumen\",\"products\":2}],\"next\":null}"},
        {"/v1/products/A/attached",
         "{\"figures\":1,\"on_hand\":7,\"reserved\":0,\"listings\":1,\"deletable\":true}"},
        {"/v1/duplicates",
         "{\"items\":[{\"why\":\"sku\",\"value\":\"a\",\"skus\":[\"A\",\"a \"]},"
         "{\"why\":\"barcode\",\"value\":\"555\",\"skus\":[\"A\",\"a \"],"
         "\"products\":[{\"on_hand\":7,\"listings\":1},{\"on_hand\":3,\"listings\":0}]}]}"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_api(f, "GET", table[i].path, NULL, 200, table[i].wanted);
    assert_refused(f, "GET", "/v1/products?min_stock=8&max_stock=5", NULL, 400, "invalid",
                   "the least stock is 8 and the most 5: no product has at least the one and at "
                   "most the other");
    assert_refused(f, "GET", "/v1/products?state=red", NULL, 400, "invalid",
                   "there is no state 'red'; there are off, parked, held, unresolved, in-flight, "
                   "rejected, dirty and synced");
}

/* Pages of one: each group once, none left out. */
static void duplicates_come_in_pages(void **state)
{
    struct api_fixture *f = *state;
    int status, groups = 0;
    char path[600] = "/v1/duplicates?limit=1";
    for (int pages = 0; pages < 10 && *path; pages++) {
        char *text = api_ask(f, "GET", path, NULL, &status);
        assert_int_equal(status, 200);
        json_t *answer = json_loads(text, 0, NULL);
        groups += (int)json_array_size(json_object_get(answer, "items"));
        const char *next = json_string_value(json_object_get(answer, "next"));
        snprintf(path, sizeof path, "%s%s", next ? "/v1/duplicates?limit=1&cursor=" : "",
                 next ? next : "");
        json_decref(answer);
        mem_free(text);
    }
    assert_int_equal(groups, 2);
    assert_string_equal(path, "");
}

/* The number of the newest event of that kind. */
static long long newest(struct api_fixture *f, const char *kind)
{
    char path[100];
    int status;
    snprintf(path, sizeof path, "/v1/history?limit=1&kind=%s", kind);
    char *text = api_ask(f, "GET", path, NULL, &status);
    json_t *answer = json_loads(text, 0, NULL);
    long long sequence = (long long)json_integer_value(
        json_object_get(json_array_get(json_object_get(answer, "items"), 0), "sequence"));
    json_decref(answer);
    mem_free(text);
    assert_true(sequence > 0);
    return sequence;
}

static void undo(struct api_fixture *f, long long sequence, int status)
{
    char body[60];
    snprintf(body, sizeof body, "{\"sequence\":%lld}", sequence);
    assert_api(f, "POST", "/v1/undo", body, status, NULL);
}

static void a_merge_is_seen_and_undone(void **state)
{
    struct api_fixture *f = *state;
    char path[60];
    assert_api(f, "POST", "/v1/products/A/merge", "{\"other\":\"a \",\"stock\":\"sum\"}", 200,
               "{\"sku\":\"A\"}");
    assert_api(f, "GET", "/v1/stock/A", NULL, 200, "{\"stock\":[{\"on_hand\":10}]}");
    assert_api(f, "GET", "/v1/duplicates", NULL, 200, "{\"items\":[]}");
    assert_api(f, "GET", "/v1/history?sku=A&limit=1", NULL, 200,
               "{\"items\":[{\"kind\":\"product\",\"command\":\"product merge\",\"stock\":["
               "{\"sku\":\"A\",\"warehouse\":\"pp\",\"cause\":\"merge\",\"before\":{\"on_hand\":7},"
               "\"after\":{\"on_hand\":10}}],\"changes\":[{\"what\":\"merged\",\"sku\":\"a \","
               "\"new\":\"A\"}]}]}");
    long long merge = newest(f, "product");
    snprintf(path, sizeof path, "/v1/undo/%lld", merge);
    assert_api(f, "GET", path, NULL, 200, "{\"possible\":true,\"figures\":2,\"obstacles\":[]}");
    undo(f, merge, 200);
    assert_api(f, "GET", "/v1/stock/A", NULL, 200, "{\"stock\":[{\"on_hand\":7}]}");
    assert_api(f, "GET", "/v1/stock/a%20", NULL, 200, "{\"stock\":[{\"on_hand\":3}]}");
    undo(f, merge, 409);
    assert_refused(f, "POST", "/v1/products/A/merge", "{\"other\":\"Z\",\"stock\":\"both\"}", 400,
                   "invalid", "member 'stock' is sum or keep, not 'both'");
}

static void edits_are_kept_field_by_field(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "PATCH", "/v1/products/A", "{\"brand\":\"Nova\",\"barcodes\":[\"1\",\"2\"]}", 200,
               NULL);
    assert_api(f, "GET", "/v1/history?sku=A&kind=product&limit=1", NULL, 200,
               "{\"items\":[{\"command\":\"product\",\"changes\":["
               "{\"what\":\"field\",\"field\":\"brand\",\"old\":\"Lumen\",\"new\":\"Nova\"},"
               "{\"field\":\"barcodes\",\"old\":\"555\",\"new\":\"1 2\"}]}]}");
    undo(f, newest(f, "product"), 200);
    assert_api(f, "GET", "/v1/products/A", NULL, 200,
               "{\"brand\":\"Lumen\",\"barcodes\":[\"555\"]}");
    assert_api(f, "POST", "/v1/products/A/rename", "{\"to\":\"LAMP\"}", 200, "{\"sku\":\"LAMP\"}");
    assert_api(f, "GET", "/v1/history?sku=LAMP&warehouse=pp", NULL, 200,
               "{\"items\":[{\"command\":\"stock set\"}]}");
    assert_api(f, "GET", "/v1/history?account=shop&kind=mapping", NULL, 200, "{\"items\":[]}");
    assert_api(f, "POST", "/v1/products/LAMP/rename", "{\"to\":\"Z\"}", 409, NULL);
}

static void a_deleted_product_comes_back(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "DELETE", "/v1/products/A", NULL, 204, NULL);
    assert_api(f, "GET", "/v1/products/A", NULL, 404, NULL);
    undo(f, newest(f, "product"), 200);
    assert_api(f, "GET", "/v1/stock/A", NULL, 200, "{\"stock\":[{\"on_hand\":7}]}");
    assert_api(f, "GET", "/v1/listings?sku=A", NULL, 200, "{\"items\":[{\"listing\":\"L-A\"}]}");
}

static void an_import_is_undone_as_a_whole(void **state)
{
    struct api_fixture *f = *state;
    int status;
    char *text = api_import(f, "?warehouse=pp", "sku,quantity\nA,50\nZ,9\n", &status);
    assert_int_equal(status, 200);
    const char *at = strstr(text, "\"job\":");
    assert_non_null(at);
    at += strlen("\"job\":");
    at += strspn(at, " ");
    int job = atoi(at);
    mem_free(text);
    char path[60], body[60];
    snprintf(path, sizeof path, "/v1/undo/%d?job=true", job);
    snprintf(body, sizeof body, "{\"job\":%d}", job);
    assert_api(f, "POST", "/v1/stock/Z/pp/adjust", "{\"by\":-1,\"cause\":\"sale\"}", 200, NULL);
    assert_api(f, "GET", path, NULL, 200, "{\"possible\":false,\"figures\":2,\"in_the_way\":1}");
    assert_api(f, "POST", "/v1/undo", body, 409, NULL);
    assert_api(f, "GET", "/v1/stock/A", NULL, 200, "{\"stock\":[{\"on_hand\":50}]}");
    undo(f, newest(f, "stock"), 200);
    assert_api(f, "POST", "/v1/undo", body, 200, "{\"figures\":2}");
    assert_api(f, "GET", "/v1/stock/A", NULL, 200, "{\"stock\":[{\"on_hand\":7}]}");
    assert_api(f, "GET", "/v1/stock/Z", NULL, 200, "{\"stock\":[{\"on_hand\":null}]}");
    assert_api(f, "POST", "/v1/undo", body, 404, NULL);
}

static void a_figure_as_it_was(void **state)
{
    struct api_fixture *f = *state;
    assert_api(f, "GET", "/v1/stock/A?at=2001-01-01T00:00:00Z", NULL, 200,
               "{\"stock\":[{\"on_hand\":null}]}");
    assert_api(f, "GET", "/v1/stock/A?at=2999-01-01T00:00:00Z", NULL, 200,
               "{\"stock\":[{\"on_hand\":7}]}");
    assert_api(f, "GET", "/v1/stock?at=2001-01-01T00:00:00Z", NULL, 200, "{\"items\":[]}");
    assert_api(f, "GET", "/v1/stock?warehouse=pp&prefix=A", NULL, 200,
               "{\"items\":[{\"sku\":\"A\",\"warehouse\":\"pp\",\"on_hand\":7}]}");
    assert_api(f, "GET", "/v1/stock?warehouse=none", NULL, 404, NULL);
    assert_refused(f, "GET", "/v1/stock/A?at=yesterday", NULL, 400, "invalid",
                   "parameter 'at' is a time like 2026-09-21T14:30:00Z, not 'yesterday'");
}

static void what_makes_no_sense_is_refused(void **state)
{
    struct api_fixture *f = *state;
    assert_refused(f, "POST", "/v1/undo", "{}", 400, "invalid",
                   "one of 'sequence', the number of a command, 'job', that of an import, and "
                   "'plan', the id of a plan that was applied");
    assert_refused(f, "POST", "/v1/undo", "{\"sequence\":1,\"job\":1}", 400, "invalid",
                   "one of 'sequence', the number of a command, 'job', that of an import, and "
                   "'plan', the id of a plan that was applied");
    assert_refused(f, "GET", "/v1/undo/x", NULL, 400, "invalid",
                   "what is undone has a number, that of the history or of an import, or is a plan "
                   "that was applied: p1f0c2a9be410");
    assert_refused(f, "POST", "/v1/undo", "{\"plan\":\"p0\"}", 400, "invalid",
                   "one of 'sequence', the number of a command, 'job', that of an import, and "
                   "'plan', the id of a plan that was applied");
    assert_refused(f, "POST", "/v1/undo", "{\"plan\":\"p1f0c2a9be410\"}", 404, "not-found",
                   "no plan 'p1f0c2a9be410' was applied; `stockctl history` shows what was");
    assert_refused(f, "GET", "/v1/history?kind=x", NULL, 400, "invalid",
                   "there is no kind 'x'; there are stock, transfer, order, import, product, "
                   "mapping, undo, setting, push and other");
    assert_api(f, "GET", "/v1/history?sku=none", NULL, 404, NULL);
    assert_api(f, "GET", "/v1/history?cursor=00", NULL, 400, NULL);
    assert_api(f, "GET", "/v1/duplicates?cursor=07", NULL, 400, NULL);
    assert_refused(f, "POST", "/v1/products", "{\"sku\":\"B\",\"barcodes\":[\"4006381333932\"]}",
                   400, "invalid",
                   "barcode '4006381333932' is no GTIN-13: its last digit would be 1, not 2; a "
                   "digit is wrong");
    assert_api(f, "POST", "/v1/products", "{\"sku\":\"B\",\"attributes\":\"red\"}", 400, NULL);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(lists_are_filtered, set_up, tear_down),
    cmocka_unit_test_setup_teardown(duplicates_come_in_pages, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_merge_is_seen_and_undone, set_up, tear_down),
    cmocka_unit_test_setup_teardown(edits_are_kept_field_by_field, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_deleted_product_comes_back, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_import_is_undone_as_a_whole, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_figure_as_it_was, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_makes_no_sense_is_refused, set_up, tear_down),
};
TEST_MAIN(cases)
