/* fetch_listings: what a card's sizes become, and asking for single ones. Which pages a crawl asks
 * for is in test_wb_listings_crawl.c. */
#include "wb_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define LIST  "/content/v2/get/cards/list"
#define TRASH "/content/v2/get/cards/trash"
#define NONE  "{\"cards\":[],\"cursor\":{\"total\":0}}"

/* The first page of a crawl with these cards. */
static struct check *page(struct stockd_start *start, const char *sku_from, const char *cards)
{
    struct check *host = wb_host_with(1 << 1);
    char body[4096];
    *start = fixture_start(STOCKD_FETCH_LISTINGS);
    if (sku_from) check_option(host, "sku-from", sku_from);
    assert_int_equal(check_start(host, start), STOCKD_SEND);
    snprintf(body, sizeof(body),
             "{\"cards\":[%s],\"cursor\":{\"updatedAt\":\"a\",\"nmID\":1,\"total\":1}}", cards);
    assert_int_equal(check_reply(host, 200, body), STOCKD_SEND);
    return host;
}

static const struct stockd_listing *listing(const struct check *host, const char *id)
{
    for (size_t i = 0; i < host->listings.count; i++)
        if (strcmp(host->listings.at[i].id, id) == 0) return &host->listings.at[i];
    fail_msg("no listing %s", id);
    return NULL;
}

static void each_size_is_a_listing(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = page(&start, NULL,
                              "{\"nmID\":501,\"vendorCode\":\"Пальто 2\",\"title\":\"Coat\","
                              "\"sizes\":[{\"chrtID\":11,\"techSize\":\"42\",\"skus\":[\"460\","
                              "\"461\",\"460\"]},{\"chrtID\":\"12\",\"techSize\":\"44\",\"skus\":"
                              "null}]},{\"nmID\":502,\"vendorCode\":\"hat\",\"title\":\"Hat\","
                              "\"sizes\":[{\"chrtID\":13,\"techSize\":\"0\",\"skus\":[\"462\"]}]}");
    assert_int_equal(host->listings.count, 3);
    const struct stockd_listing *row = listing(host, "11");
    assert_string_equal(row->group, "501");
    assert_string_equal(row->title, "Coat (42)");
    assert_int_equal(row->state, STOCKD_LISTING_ACTIVE);
    assert_int_equal(row->key_count, 2);
    assert_string_equal(row->keys[0].kind, "barcode");
    assert_string_equal(row->keys[0].value, "460");
    assert_string_equal(row->keys[1].value, "461");
    assert_null(fixture_key_of(row, "sku")); /* the article is that of two sizes */
    assert_int_equal(listing(host, "12")->key_count, 0);
    row = listing(host, "13");
    assert_string_equal(row->title, "Hat");
    assert_string_equal(fixture_key_of(row, "sku"), "hat");
    assert_string_equal(fixture_key_of(row, "barcode"), "462");
    assert_int_equal(host->malformed.count, 0);
    fixture_end(host);
}

/* No two sizes ever share a SKU, and no SKU is one of several that might be meant. */
static void a_sku_is_sure_or_none(void **state)
{
    (void)state;
    static const struct {
        const char *from, *sizes;
        const char *sku[2]; /* of sizes 11 and 12 */
    } cards[] = {
        {"article", "{\"chrtID\":11,\"skus\":[\"a\"]}", {"art"}},
        {"article",
         "{\"chrtID\":11,\"techSize\":\"1\"},{\"chrtID\":12,\"techSize\":\"2\"}",
         {NULL}},
        /* The other size is malformed: it is a size all the same. */
        {"article", "{\"chrtID\":11},{\"chrtID\":null}", {NULL}},
        {"article-size", "{\"chrtID\":11,\"techSize\":\"42\"}", {"art"}},
        {"article-size",
         "{\"chrtID\":11,\"techSize\":\"42\"},{\"chrtID\":12,\"techSize\":\"44\"}",
         {"art/42", "art/44"}},
        {"article-size",
         "{\"chrtID\":11,\"techSize\":\"42\"},{\"chrtID\":12,\"techSize\":\"42\"}",
         {NULL, NULL}},
        {"article-size", "{\"chrtID\":11,\"techSize\":\"0\"},{\"chrtID\":12}", {NULL, NULL}},
        {"article-size",
         "{\"chrtID\":11,\"techSize\":\"\"},{\"chrtID\":12,\"techSize\":\"S\"}",
         {NULL, "art/S"}},
        {"barcode",
         "{\"chrtID\":11,\"skus\":[\"460\"]},{\"chrtID\":12,\"skus\":[\"461\",\"462\"]}",
         {"460", NULL}},
        {"barcode",
         "{\"chrtID\":11,\"skus\":[]},{\"chrtID\":12,\"skus\":[\"461\",7]}",
         {NULL, NULL}},
    };
    for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
        struct stockd_start start;
        char card[512];
        snprintf(card, sizeof(card), "{\"nmID\":501,\"vendorCode\":\"art\",\"sizes\":[%s]}",
                 cards[i].sizes);
        struct check *host = page(&start, cards[i].from, card);
        for (size_t k = 0; k < host->listings.count; k++) {
            const struct stockd_listing *row = &host->listings.at[k];
            const char *is = fixture_key_of(row, "sku");
            const char *should = cards[i].sku[strcmp(row->id, "12") == 0];
            if (!is != !should || (is && strcmp(is, should) != 0))
                fail_msg("%s %s: %s", cards[i].from, cards[i].sizes, is ? is : "none");
        }
        fixture_end(host);
    }
}

static void more_barcodes_than_fit_are_shown_as_malformed(void **state)
{
    (void)state;
    struct stockd_start start;
    char card[1024], *at = card;
    at += sprintf(at, "{\"nmID\":501,\"vendorCode\":\"art\",\"sizes\":[{\"chrtID\":11,\"skus\":[");
    for (int i = 0; i < 20; i++)
        at += sprintf(at, "%s\"b%d\"", i ? "," : "", i);
    strcpy(at, "]}]}");
    struct check *host = page(&start, NULL, card);
    assert_int_equal(host->malformed.count, 1);
    assert_int_equal(listing(host, "11")->key_count, STOCKD_KEYS_MAX);
    assert_string_equal(fixture_key_of(listing(host, "11"), "sku"), "art");
    fixture_end(host);
}

/* A text is never cut within a character. */
static void long_titles_are_cut(void **state)
{
    (void)state;
    for (int ascii = 0; ascii < 2; ascii++) {
        struct stockd_start start;
        char card[3000], *at = stpcpy(card, ascii ? "{\"nmID\":501,\"title\":\"a"
                                                  : "{\"nmID\":501,\"title\":\"");
        for (int i = 0; i < 1000; i++)
            at = stpcpy(at, "ж");
        strcpy(at, "\",\"sizes\":[{\"chrtID\":11,\"techSize\":\"42\"}]}");
        struct check *host = page(&start, NULL, card);
        assert_non_null(strstr(listing(host, "11")->title, "ж (42)"));
        fixture_end(host);
    }
}

static void a_bad_card_is_shown_and_the_rest_used(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "null",
        "7",
        "{}",
        "{\"nmID\":0,\"sizes\":[]}",
        "{\"nmID\":99123456789012345678,\"sizes\":[]}",
        "{\"nmID\":501}",
        "{\"nmID\":501,\"sizes\":{}}",
        "{\"nmID\":501,\"sizes\":[{}]}",
        "{\"nmID\":501,\"sizes\":[{\"chrtID\":1.5}]}",
        "{\"nmID\":501,\"sizes\":[{\"chrtID\":11,\"skus\":[7]}]}",
        "{\"nmID\":501,\"sizes\":[{\"chrtID\":11,\"skus\":\"460\"}]}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct stockd_start start;
        char cards[512];
        snprintf(cards, sizeof(cards), "%s,{\"nmID\":502,\"sizes\":[{\"chrtID\":12}]}", bad[i]);
        struct check *host = page(&start, NULL, cards);
        if (host->malformed.count != 1) fail_msg("%s: %zu", bad[i], host->malformed.count);
        listing(host, "12");
        while (host->verdict == STOCKD_SEND)
            check_reply(host, 200, NONE);
        assert_int_equal(host->verdict, STOCKD_DONE);
        assert_int_equal(host->completes.count + host->incompletes.count, 0);
        fixture_end(host);
    }
}

static void a_card_without_sizes_is_nothing(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = page(&start, NULL, "{\"nmID\":501,\"sizes\":[]}");
    assert_int_equal(host->listings.count + host->malformed.count, 0);
    fixture_end(host);
}

static void the_trash_is_archived(void **state)
{
    (void)state;
    struct stockd_start start;
    struct check *host = page(&start, NULL, "");
    wb_asked(host, TRASH,
             "{\"settings\":{\"sort\":{\"ascending\":true},\"cursor\":{\"limit\":100}}}");
    check_reply(host, 200,
                "{\"cards\":[{\"nmID\":501,\"vendorCode\":\"art\",\"sizes\":[{\"chrtID\":11,"
                "\"skus\":[\"460\"]}]}],\"cursor\":{\"trashedAt\":\"t\",\"nmID\":501}}");
    assert_int_equal(listing(host, "11")->state, STOCKD_LISTING_ARCHIVED);
    assert_string_equal(listing(host, "11")->code, "trash");
    wb_asked(host, TRASH,
             "{\"settings\":{\"sort\":{\"ascending\":true},\"cursor\":{\"limit\":100,"
             "\"trashedAt\":\"t\",\"nmID\":501}}}");
    fixture_end(host);
}

/* ---- given sizes ---- */

static struct check *asked(struct wb_items *batch, uint32_t count)
{
    struct check *host = wb_host();
    wb_items(batch, STOCKD_FETCH_LISTINGS, count);
    check_start(host, &batch->start);
    wb_asked(host, LIST,
             "{\"settings\":{\"sort\":{\"ascending\":true},\"cursor\":{\"limit\":100},"
             "\"filter\":{\"withPhoto\":-1,\"textSearch\":\"501\"}}}");
    return host;
}

#define CARD(nm, sizes) "{\"nmID\":" nm ",\"sizes\":[" sizes "]}"

static void a_size_its_card_no_longer_has_is_gone(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = asked(&batch, 2);
    check_reply(host, 200,
                "{\"cards\":[" CARD("5010", "{\"chrtID\":1002}") "," CARD(
                    "501", "{\"chrtID\":1001},{\"chrtID\":1009}") "]}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->listings.count, 3);
    assert_int_equal(listing(host, "1001")->state, STOCKD_LISTING_ACTIVE);
    assert_int_equal(listing(host, "1002")->state, STOCKD_LISTING_GONE);
    assert_true(fixture_completed(host, STOCKD_SCOPE_ITEMS, NULL));
    fixture_end(host);
}

static void a_card_in_neither_list_is_gone(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = asked(&batch, 1);
    check_reply(host, 200, NONE);
    assert_int_equal(host->listings.count, 0);
    wb_asked(host, TRASH,
             "{\"settings\":{\"sort\":{\"ascending\":true},\"cursor\":{\"limit\":100},"
             "\"filter\":{\"textSearch\":\"501\"}}}");
    check_reply(host, 200, NONE);
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(listing(host, "1001")->state, STOCKD_LISTING_GONE);
    fixture_end(host);
}

static void a_card_in_the_trash_is_archived_not_gone(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = asked(&batch, 1);
    check_reply(host, 200, NONE);
    check_reply(host, 200, "{\"cards\":[" CARD("501", "{\"chrtID\":1001}") "]}");
    assert_int_equal(listing(host, "1001")->state, STOCKD_LISTING_ARCHIVED);
    fixture_end(host);
}

static void what_cannot_be_read_is_not_gone(void **state)
{
    (void)state;
    static const char *const answers[][2] = {
        {"{\"cards\":[{}]}", NONE},
        {NONE, "{\"cards\":[{}]}"},
        {"{\"cards\":[" CARD("501", "{\"chrtID\":null}") "]}", NULL},
        {"{\"cards\":[{\"nmID\":501}]}", NULL},
        {"{}", NULL},
        {NONE, "null"},
    };
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct wb_items batch;
        struct check *host = asked(&batch, 1);
        check_reply(host, 200, answers[i][0]);
        if (answers[i][1]) check_reply(host, 200, answers[i][1]);
        assert_int_not_equal(host->verdict, STOCKD_SEND);
        assert_int_equal(host->listings.count + host->completes.count, 0);
        fixture_end(host);
    }
}

/* A number is found in other cards' articles too: a page full of those hides the one sought. */
static void a_full_page_of_others_proves_nothing(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = asked(&batch, 1);
    char body[8192], *at = stpcpy(body, "{\"cards\":[");
    for (int i = 0; i < 100; i++)
        at += sprintf(at, "%s{\"nmID\":%d,\"sizes\":[]}", i ? "," : "", 50100 + i);
    strcpy(at, "]}");
    check_reply(host, 200, body);
    check_reply(host, 200, NONE);
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->listings.count + host->completes.count, 0);
    fixture_end(host);
}

static void each_card_is_asked_for_once(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = wb_host();
    wb_items(&batch, STOCKD_FETCH_LISTINGS, 4);
    batch.items[2].group = "502";
    batch.items[3].group = NULL;
    check_start(host, &batch.start);
    check_reply(host, 200, "{\"cards\":[" CARD("501", "{\"chrtID\":1001},{\"chrtID\":1002}") "]}");
    wb_asked(host, LIST,
             "{\"settings\":{\"sort\":{\"ascending\":true},\"cursor\":{\"limit\":100},"
             "\"filter\":{\"withPhoto\":-1,\"textSearch\":\"502\"}}}");
    check_reply(host, 200, "{\"cards\":[" CARD("502", "{\"chrtID\":1003}") "]}");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_int_equal(host->listings.count, 3);
    assert_int_equal(host->malformed.count, 1);
    assert_int_equal(host->completes.count, 0);
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(each_size_is_a_listing),
    cmocka_unit_test(a_sku_is_sure_or_none),
    cmocka_unit_test(more_barcodes_than_fit_are_shown_as_malformed),
    cmocka_unit_test(long_titles_are_cut),
    cmocka_unit_test(a_bad_card_is_shown_and_the_rest_used),
    cmocka_unit_test(a_card_without_sizes_is_nothing),
    cmocka_unit_test(the_trash_is_archived),
    cmocka_unit_test(a_size_its_card_no_longer_has_is_gone),
    cmocka_unit_test(a_card_in_neither_list_is_gone),
    cmocka_unit_test(a_card_in_the_trash_is_archived_not_gone),
    cmocka_unit_test(what_cannot_be_read_is_not_gone),
    cmocka_unit_test(a_full_page_of_others_proves_nothing),
    cmocka_unit_test(each_card_is_asked_for_once),
};

TEST_MAIN(cases)
