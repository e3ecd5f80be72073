/* fetch_listings: the crawl over all visibilities, keys and states, and asking for single ids. */
#include "ozon_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define LIST "/v3/product/list"
#define INFO "/v3/product/info/list"
#define NONE "{\"result\":{\"items\":[],\"last_id\":\"\"}}"

/* Answers NONE to the visibilities that are left. */
static void finish(struct check *host)
{
    for (int i = 0; i < 5 && host->verdict == STOCKD_SEND; i++)
        check_reply(host, 200, NONE);
    assert_int_equal(host->verdict, STOCKD_DONE);
}

static struct check *started(struct stockd_start *start)
{
    struct check *host = ozon_host();
    *start = fixture_start(STOCKD_FETCH_LISTINGS);
    assert_int_equal(check_start(host, start), STOCKD_SEND);
    return host;
}

static void asks_for_every_visibility(void **state)
{
    (void)state;
    static const char *const names[] = {"ALL", "ARCHIVED", "AUTO_ARCHIVED", "MANUAL_ARCHIVED",
                                        "SEASONAL_AUTO_ARCHIVED"};
    struct stockd_start start;
    struct check *host = started(&start);
    for (size_t i = 0; i < 5; i++) {
        char body[128];
        snprintf(body, sizeof(body),
                 "{\"filter\":{\"visibility\":\"%s\"},\"last_id\":\"\",\"limit\":1000}", names[i]);
        fixture_asked(host, LIST, body);
        assert_int_equal(host->completes.count, 0);
        check_reply(host, 200, NONE);
    }
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    fixture_end(host);
}

static void tells_keys_and_states(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = started(&start);
    check_reply(host, 200,
                "{\"result\":{\"items\":[{\"product_id\":11,\"offer_id\":\"a\"},"
                "{\"product_id\":\"12\",\"offer_id\":\"b\"},{\"product_id\":13}],\"total\":0,"
                "\"last_id\":\"x\"}}");
    fixture_asked(host, INFO, "{\"product_id\":[\"11\",\"12\",\"13\"]}");
    check_reply(
        host, 200,
        "{\"items\":[{\"id\":12,\"offer_id\":\"Пальто 2\",\"sku\":\"9002\",\"barcodes\":null,"
        "\"is_archived\":true,\"statuses\":{\"status\":\"price_sent\"}},"
        "{\"id\":11,\"offer_id\":\"a\",\"sku\":9001,\"name\":\"Name\",\"barcodes\":[\"460\","
        "\"461\","
        "\"460\"],\"sources\":[{\"sku\":9001},{\"sku\":9003}],\"is_archived\":false,"
        "\"statuses\":{\"status\":\"price_sent\",\"status_name\":\"Sold\"}},"
        "{\"id\":13,\"offer_id\":\"c\",\"statuses\":{\"status\":\"moderating\"}}]}");
    assert_int_equal(host->listings.count, 3);
    const struct stockd_listing *b = &host->listings.at[0], *a = &host->listings.at[1];
    assert_string_equal(a->id, "11");
    assert_int_equal(a->state, STOCKD_LISTING_ACTIVE);
    assert_string_equal(a->title, "Name");
    assert_string_equal(a->code, "price_sent");
    assert_string_equal(a->text, "Sold");
    assert_int_equal(a->key_count, 5); /* sku, ozon-sku twice, barcode twice */
    assert_string_equal(fixture_key_of(a, "sku"), "a");
    assert_string_equal(fixture_key_of(a, "ozon-sku"), "9001");
    assert_string_equal(fixture_key_of(a, "barcode"), "460");
    assert_string_equal(fixture_key_of(b, "sku"), "Пальто 2");
    assert_int_equal(b->state, STOCKD_LISTING_ARCHIVED);
    assert_int_equal(host->listings.at[2].state, STOCKD_LISTING_NOT_READY);
    /* The next page follows, whatever `total` says. */
    json_t *asked = fixture_asked_json(host);
    assert_string_equal(json_string_value(json_object_get(asked, "last_id")), "x");
    json_decref(asked);
    finish(host);
    assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    fixture_end(host);
}

static void slices_a_full_page(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = started(&start);
    json_t *items = json_array(), *page;
    for (int i = 0; i < 1000; i++)
        json_array_append_new(items, json_pack("{s:i}", "product_id", 5000 + i));
    page = json_pack("{s:{s:o,s:s}}", "result", "items", items, "last_id", "next");
    char *body = json_dumps(page, 0);
    check_reply(host, 200, body);
    free(body);
    json_decref(page);
    int slices = 0;
    for (; strcmp(check_request(host)->path, INFO) == 0; slices++) {
        json_t *asked = fixture_asked_json(host), *ids = json_object_get(asked, "product_id");
        assert_in_range(json_array_size(ids), 1, 200);
        json_t *told = json_array();
        for (size_t i = 0; i < json_array_size(ids); i++)
            json_array_append_new(
                told, json_pack("{s:O,s:s}", "id", json_array_get(ids, i), "offer_id", "same"));
        page = json_pack("{s:o}", "items", told);
        body = json_dumps(page, 0);
        check_reply(host, 200, body);
        free(body);
        json_decref(page);
        json_decref(asked);
    }
    assert_int_equal(slices, 5);
    assert_int_equal(host->listings.count, 1000);
    finish(host);
    assert_true(fixture_completed(host, STOCKD_SCOPE_LISTINGS, NULL));
    fixture_end(host);
}

static void a_mark_that_does_not_move_ends_a_visibility(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = started(&start);
    for (int i = 0; i < 2; i++) {
        check_reply(host, 200,
                    "{\"result\":{\"items\":[{\"product_id\":11}],\"last_id\":\"same\"}}");
        check_reply(host, 200, "{\"items\":[{\"id\":11,\"offer_id\":\"a\"}]}");
    }
    json_t *asked = fixture_asked_json(host);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(asked, "filter"), "visibility")),
        "ARCHIVED");
    json_decref(asked);
    fixture_end(host);
}

/* One list page and, where one is asked for, one answer about it: the crawl must not count as
 * whole. */
static void what_is_not_readable_leaves_the_crawl_unfinished(void **state)
{
    (void)state;
    static const struct {
        const char *list, *info;
    } pages[] = {
        {"{\"result\":{\"items\":[{\"product_id\":0}],\"last_id\":\"\"}}", NULL},
        {"{\"result\":{\"items\":[{\"product_id\":99123456789012345678}],\"last_id\":\"\"}}", NULL},
        {"{\"result\":{\"items\":[{\"product_id\":11}],\"last_id\":7}}",
         "{\"items\":[{\"id\":11,\"offer_id\":\"a\"}]}"},
        {"{\"result\":{\"items\":[{\"product_id\":11}],\"last_id\":\"\"}}", "{\"items\":[]}"},
        {"{\"result\":{\"items\":[{\"product_id\":11}],\"last_id\":\"\"}}",
         "{\"items\":[{\"id\":11}]}"},
        {"{\"result\":{\"items\":[{\"product_id\":11}],\"last_id\":\"\"}}",
         "{\"items\":[{\"id\":11,\"offer_id\":\"a\",\"barcodes\":[7]}]}"},
        {"{\"result\":{\"items\":[{\"product_id\":11}],\"last_id\":\"\"}}",
         "{\"items\":[{\"offer_id\":\"a\"},{\"id\":11,\"offer_id\":\"a\"}]}"},
    };
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        struct stockd_start start;
        struct check *host = started(&start);
        check_reply(host, 200, pages[i].list);
        if (pages[i].info) check_reply(host, 200, pages[i].info);
        finish(host);
        if (host->completes.count) fail_msg("page %zu: complete", i);
        if (i != 2) assert_true(host->malformed.count > 0);
        fixture_end(host);
    }
}

static void a_failure_midway_completes_nothing(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = started(&start);
    check_reply(host, 200, NONE);
    assert_int_equal(check_reply(host, 500, ""), STOCKD_FAIL);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

static void sixteen_keys_at_most(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = started(&start);
    char body[2048] = "{\"items\":[{\"id\":11,\"offer_id\":\"a\",\"sku\":1,\"barcodes\":[\"0\"";
    for (int i = 1; i < 40; i++)
        snprintf(body + strlen(body), sizeof(body) - strlen(body), ",\"%d\"", i);
    strcat(body, "],\"sources\":[{\"sku\":2}]}]}");
    check_reply(host, 200, "{\"result\":{\"items\":[{\"product_id\":11}],\"last_id\":\"\"}}");
    check_reply(host, 200, body);
    assert_int_equal(host->listings.at[0].key_count, STOCKD_KEYS_MAX);
    finish(host);
    fixture_end(host);
}

static void only_an_id_asked_for_is_gone(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = ozon_host();
    ozon_items(&batch, STOCKD_FETCH_LISTINGS, 3);
    check_start(host, &batch.start);
    fixture_asked(
        host, LIST,
        "{\"filter\":{\"product_id\":[\"1001\",\"1002\",\"1003\"],\"visibility\":\"ALL\"},"
        "\"last_id\":\"\",\"limit\":1000}");
    check_reply(host, 200,
                "{\"result\":{\"items\":[{\"product_id\":1003},{\"product_id\":1001},"
                "{\"product_id\":4}],\"last_id\":\"z\"}}");
    assert_int_equal(host->listings.count, 1);
    assert_string_equal(host->listings.at[0].id, "1002");
    assert_int_equal(host->listings.at[0].state, STOCKD_LISTING_GONE);
    fixture_asked(host, INFO, "{\"product_id\":[\"1003\",\"1001\"]}");
    assert_int_equal(check_reply(host, 200,
                                 "{\"items\":[{\"id\":1001,\"offer_id\":\"a\"},"
                                 "{\"id\":1003,\"offer_id\":\"c\"}]}"),
                     STOCKD_DONE);
    assert_int_equal(host->listings.count, 3);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

static void an_unreadable_answer_makes_nothing_gone(void **state)
{
    (void)state;
    static const char *const answers[] = {"{}", "{\"result\":{}}", "{\"result\":{\"items\":null}}",
                                          "{\"result\":{\"items\":[{\"product_id\":\"x\"}]}}"};
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct ozon_items batch;
        struct check *host = ozon_host();
        ozon_items(&batch, STOCKD_FETCH_LISTINGS, 2);
        check_start(host, &batch.start);
        check_reply(host, 200, answers[i]);
        assert_int_equal(host->listings.count, 0);
        fixture_end(host);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(asks_for_every_visibility),
    cmocka_unit_test(tells_keys_and_states),
    cmocka_unit_test(slices_a_full_page),
    cmocka_unit_test(a_mark_that_does_not_move_ends_a_visibility),
    cmocka_unit_test(what_is_not_readable_leaves_the_crawl_unfinished),
    cmocka_unit_test(a_failure_midway_completes_nothing),
    cmocka_unit_test(sixteen_keys_at_most),
    cmocka_unit_test(only_an_id_asked_for_is_gone),
    cmocka_unit_test(an_unreadable_answer_makes_nothing_gone),
};

TEST_MAIN(cases)
