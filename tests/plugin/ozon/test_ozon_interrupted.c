/* Lists that are interrupted and gone on with. */
#include "ozon_fixture.h"
#include "plugin_list.h"

#include <stdio.h>
#include <stdlib.h>

static const char *text_of(const json_t *asked, const char *name)
{
    const char *text = json_string_value(json_object_get(asked, name));
    return text ? text : "";
}

/* Products 1 to 4 on two pages, and 5 in the archive. */
static char *answer_list(const json_t *asked)
{
    const char *visibility = text_of(json_object_get(asked, "filter"), "visibility");
    const char *last = text_of(asked, "last_id");
    const char *rows = "", *next = "";
    if (strcmp(visibility, "ALL") == 0 && !*last) {
        rows = "{\"product_id\":1},{\"product_id\":2}";
        next = "p2";
    } else if (strcmp(last, "p2") == 0) {
        rows = "{\"product_id\":3},{\"product_id\":4}";
        next = "p3";
    } else if (strcmp(visibility, "ARCHIVED") == 0 && !*last) {
        rows = "{\"product_id\":5}";
        next = "a2";
    }
    char *text = malloc(200);
    snprintf(text, 200, "{\"result\":{\"items\":[%s],\"last_id\":\"%s\"}}", rows, next);
    return text;
}

static char *answer_info(const json_t *asked)
{
    size_t index;
    json_t *id, *items = json_array();
    json_array_foreach (json_object_get(asked, "product_id"), index, id)
        json_array_append_new(items, json_pack("{s:O,s:O}", "id", id, "offer_id", id));
    json_t *page = json_pack("{s:o}", "items", items);
    char *text = json_dumps(page, 0);
    json_decref(page);
    return text;
}

static char *answer_listings(const struct check *host)
{
    json_t *asked = fixture_asked_json(host);
    bool list = strcmp(check_request(host)->path, "/v3/product/list") == 0;
    char *text = list ? answer_list(asked) : answer_info(asked);
    json_decref(asked);
    return text;
}

static void listings_go_on(void **state)
{
    (void)state;
    /* Three pages with what is told of them, the end of two visibilities, and three empty ones. A
     * page and what is told of it are one. */
    const struct fixture_list list = {.host = ozon_host,
                                      .start = fixture_start(STOCKD_FETCH_LISTINGS),
                                      .answer = answer_listings,
                                      .scope = STOCKD_SCOPE_LISTINGS,
                                      .rows = 5,
                                      .requests = 11,
                                      .again = 2};
    fixture_list_goes_on(&list);
}

/* ---- */

static char *answer_stock(const struct check *host)
{
    json_t *asked = fixture_asked_json(host);
    const char *cursor = text_of(asked, "cursor"), *text;
    int64_t warehouse = json_integer_value(json_object_get(asked, "warehouse_id"));
    bool first = !*cursor;
    if (!warehouse)
        text = first ? "{\"items\":[{\"product_id\":1,\"stocks\":[{\"type\":\"fbo\",\"present\":55,"
                       "\"reserved\":1}]}],\"cursor\":\"s\"}"
                     : "{\"items\":[],\"cursor\":\"\"}";
    else if (warehouse == 7001)
        text = first ? "{\"stocks\":[{\"product_id\":1,\"free_stock\":7}],\"has_next\":true,"
                       "\"cursor\":\"c\"}"
                     : "{\"stocks\":[{\"product_id\":2,\"free_stock\":7}],\"has_next\":false}";
    else
        text = "{\"stocks\":[{\"product_id\":3,\"free_stock\":7}],\"has_next\":false}";
    json_decref(asked);
    return strdup(text);
}

static struct stockd_warehouse_ref known[] = {
    {.id = "fbo", .kind = "fbo"},
    {.id = "7001", .kind = "fbs", .writable = 1},
    {.id = "7002", .kind = "rfbs", .writable = 1},
    {.id = "fbp", .kind = "fbp"},
};

static struct fixture_list stock(void)
{
    struct fixture_list list = {.host = ozon_host,
                                .start = fixture_start(STOCKD_FETCH_STOCK),
                                .answer = answer_stock,
                                .scope = STOCKD_SCOPE_ALL_STOCK,
                                .rows = 4,
                                .requests = 5};
    list.start.warehouses = known;
    list.start.warehouse_count = 4;
    return list;
}

static void stock_goes_on(void **state)
{
    (void)state;
    const struct fixture_list list = stock();
    fixture_list_goes_on(&list);
}

static void another_warehouse(void)
{
    known[0].id = "7003"; /* before the one that is being read */
}

/* "All stock was read" speaks of the warehouses there are now. */
static void other_warehouses_begin_anew(void **state)
{
    (void)state;
    const struct fixture_list list = stock();
    for (size_t at = 1; at < 5; at++) {
        known[0].id = "fbo";
        /* Figures of 7001, 7002, fbo, and of the new one. */
        assert_int_equal(fixture_list_halves(&list, at, another_warehouse), 5);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(listings_go_on),
    cmocka_unit_test(stock_goes_on),
    cmocka_unit_test(other_warehouses_begin_anew),
};

TEST_MAIN(cases)
