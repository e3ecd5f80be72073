/* Cards and trash: pages, cursors, filters, sizes. */
#include "marketsim/wb/wb_support.h"

#define LIST  "POST /content/v2/get/cards/list"
#define TRASH "POST /content/v2/get/cards/trash"

/* One page after the last answer's cursor; `first` begins anew. Gives the number of cards. */
static size_t page(struct sim *sim, const char *target, bool ascending, int limit, bool first)
{
    char body[400], cursor[160] = "";
    bool trash = strcmp(target, TRASH) == 0;
    if (!first)
        snprintf(cursor, sizeof(cursor), ",'%s':'%s','nmID':%lld",
                 trash ? "trashedAt" : "updatedAt",
                 sim_text(sim, trash ? "cursor/trashedAt" : "cursor/updatedAt"),
                 (long long)sim_int(sim, "cursor/nmID"));
    snprintf(body, sizeof(body), "{'settings':{'sort':{'ascending':%s},'cursor':{'limit':%d%s}%s}}",
             ascending ? "true" : "false", limit, cursor,
             trash ? "" : ",'filter':{'withPhoto':-1}");
    sim->now += 600;
    assert_int_equal(sim_send(sim, target, body), 200);
    assert_int_equal(sim_int(sim, "cursor/total"), sim_count(sim, "cards"));
    return sim_count(sim, "cards");
}

static void a_card_has_sizes_with_barcodes(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "POST /_control/products",
                "{'offer_id':'Шапка, 5','nm_id':77,'sizes':[{'size':'M','barcode':'111,222',"
                "'chrt_id':9001},{'size':'L'}]}");
    assert_int_equal(page(&sim, LIST, true, 100, true), 6);
    assert_string_equal(sim_text(&sim, "cards/5/vendorCode"), "Шапка, 5"); /* nmID 77: 77 us */
    assert_int_equal(sim_int(&sim, "cards/5/nmID"), 77);
    assert_int_equal(sim_count(&sim, "cards/5/sizes"), 2);
    assert_int_equal(sim_int(&sim, "cards/5/sizes/0/chrtID"), 9001);
    assert_string_equal(sim_text(&sim, "cards/5/sizes/0/techSize"), "M");
    assert_string_equal(sim_text(&sim, "cards/5/sizes/0/skus/1"), "222");
    assert_string_equal(sim_text(&sim, "cards/0/vendorCode"), "SKU-000001");
    assert_string_equal(sim_text(&sim, "cards/0/sizes/0/techSize"), "0");
    assert_string_equal(sim_text(&sim, "cards/0/sizes/0/skus/0"), "4600000000001");
    assert_int_equal(sim_put(&sim, 9001, 4), 204);
    assert_int_equal(sim_stock(&sim, "Шапка, 5/M", 501), 4);
    sim_free(&sim);
}

/* Every card once, whatever the direction and the length of a page. */
static void crawl(bool ascending, int limit, double short_pages)
{
    struct sim sim = sim_make();
    struct wb_settings settings = wb_settings_get(sim.wb);
    settings.short_pages = short_pages;
    wb_settings_set(sim.wb, &settings);
    wb_cards_fill(sim.seller, "M-", 1, 245);
    for (int i = 1; i <= 40; i++) { /* some that changed at the same time */
        char code[16];
        snprintf(code, sizeof(code), "M-%06d", i * 3);
        wb_card_touch(sim.seller, wb_card_find(sim.seller, code), SIM_START - 1000);
    }
    size_t seen = 0, rows, requests = 0;
    bool met[400] = {false};
    char last[64] = "";
    for (bool first = true; (rows = page(&sim, LIST, ascending, limit, first)); first = false) {
        for (size_t i = 0; i < rows; i++) {
            char way[64];
            snprintf(way, sizeof(way), "cards/%zu/nmID", i);
            int64_t at = sim_int(&sim, way) - 100000001;
            assert_in_range(at, 0, 399);
            assert_false(met[at]);
            met[at] = true;
            snprintf(way, sizeof(way), "cards/%zu/updatedAt", i);
            if (*last) assert_true((strcmp(sim_text(&sim, way), last) >= 0) == ascending);
            snprintf(last, sizeof(last), "%s", sim_text(&sim, way));
        }
        seen += rows;
        requests++;
    }
    assert_int_equal(seen, 250);
    assert_true(requests >= (250 + (size_t)limit - 1) / (size_t)limit);
    if (short_pages > 0) assert_true(requests > (250 + (size_t)limit - 1) / (size_t)limit);
    assert_int_equal(sim_violated(&sim, NULL), 0);
    sim_free(&sim);
}

static void pages_lead_through_all_cards(void **state)
{
    (void)state;
    crawl(true, 100, 0);
    crawl(false, 100, 0);
    crawl(true, 7, 0);
    crawl(true, 50, 1);
    crawl(false, 50, 0.5);
}

static void a_saved_cursor_finds_what_changed(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(page(&sim, LIST, true, 100, true), 5);
    char body[300];
    snprintf(body, sizeof(body),
             "{'settings':{'sort':{'ascending':true},'cursor':{'limit':100,'updatedAt':'%s',"
             "'nmID':%lld}}}",
             sim_text(&sim, "cursor/updatedAt"), (long long)sim_int(&sim, "cursor/nmID"));
    assert_int_equal(sim_send(&sim, LIST, body), 200);
    assert_int_equal(sim_count(&sim, "cards"), 0);
    assert_null(sim_value(&sim, "cursor/updatedAt"));
    sim_control(&sim, "POST /_control/products", "{'offer_id':'SKU-000003','touch':true}");
    assert_int_equal(sim_send(&sim, LIST, body), 200);
    assert_int_equal(sim_count(&sim, "cards"), 1);
    assert_string_equal(sim_text(&sim, "cards/0/vendorCode"), "SKU-000003");
    sim_free(&sim);
}

static void the_empty_page_may_repeat_the_cursor(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_set(&sim, "{'cursor_echo':true}");
    assert_int_equal(page(&sim, LIST, true, 100, true), 5);
    char kept[64];
    snprintf(kept, sizeof(kept), "%s", sim_text(&sim, "cursor/updatedAt"));
    assert_int_equal(page(&sim, LIST, true, 100, false), 0);
    assert_string_equal(sim_text(&sim, "cursor/updatedAt"), kept);
    assert_int_equal(sim_int(&sim, "cursor/nmID"), 100000005);
    sim_free(&sim);
}

/* What a client that reads times into milliseconds would send. */
static void a_cursor_is_copied_to_the_letter(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    assert_int_equal(page(&sim, LIST, true, 5, true), 5);
    assert_string_equal(sim_text(&sim, "cursor/updatedAt"), "2025-01-01T00:00:00.000005Z");
    assert_int_equal(sim_send(&sim, LIST,
                              "{'settings':{'sort':{'ascending':true},'cursor':{'limit':5,"
                              "'updatedAt':'2025-01-01T00:00:00.000Z','nmID':100000005}}}"),
                     200);
    assert_int_equal(sim_count(&sim, "cards"), 5);
    sim_free(&sim);
}

static void trashed_cards_are_in_the_trash(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "POST /_control/products", "{'offer_id':'SKU-000002','trashed':true}");
    sim.now += 5000;
    sim_control(&sim, "POST /_control/products", "{'offer_id':'SKU-000001','trashed':true}");
    assert_int_equal(page(&sim, LIST, true, 100, true), 3);
    assert_int_equal(page(&sim, TRASH, true, 1, true), 1);
    assert_string_equal(sim_text(&sim, "cards/0/vendorCode"), "SKU-000002");
    assert_int_equal(page(&sim, TRASH, true, 1, false), 1);
    assert_string_equal(sim_text(&sim, "cards/0/vendorCode"), "SKU-000001");
    assert_int_equal(page(&sim, TRASH, true, 1, false), 0);
    sim_control(&sim, "POST /_control/products", "{'offer_id':'SKU-000002','trashed':false}");
    assert_int_equal(page(&sim, TRASH, true, 100, true), 1);
    assert_int_equal(page(&sim, LIST, true, 100, true), 4);
    assert_string_equal(sim_text(&sim, "cards/3/vendorCode"), "SKU-000002");
    sim_free(&sim);
}

static void pages_have_a_default_and_a_ceiling(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    wb_cards_fill(sim.seller, "M-", 1, 200);
    assert_int_equal(sim_send(&sim, LIST, "{}"), 200);
    assert_int_equal(sim_count(&sim, "cards"), 10);
    assert_string_equal(sim_text(&sim, "cards/0/vendorCode"), "M-000200"); /* the newest first */
    assert_int_equal(page(&sim, LIST, true, 1000, true), 100);
    assert_int_equal(sim_violated(&sim, "too_many"), 1);
    sim_free(&sim);
}

static size_t filtered(struct sim *sim, const char *filter)
{
    char body[200];
    snprintf(body, sizeof(body), "{'settings':{'cursor':{'limit':100},'filter':{%s}}}", filter);
    sim->now += 600;
    assert_int_equal(sim_send(sim, LIST, body), 200);
    return sim_count(sim, "cards");
}

static void filters_select(void **state)
{
    (void)state;
    struct sim sim = sim_make();
    sim_control(&sim, "POST /_control/products", "{'offer_id':'SKU-000002','photo':false}");
    assert_int_equal(filtered(&sim, "'withPhoto':-1"), 5);
    assert_int_equal(filtered(&sim, ""), 5);
    assert_int_equal(filtered(&sim, "'withPhoto':0"), 5);
    assert_int_equal(filtered(&sim, "'withPhoto':1"), 4);
    assert_int_equal(filtered(&sim, "'withPhoto':2"), 1);
    sim_set(&sim, "{'old_photo_filter':true}");
    assert_int_equal(filtered(&sim, ""), 1);
    sim_set(&sim, "{'old_photo_filter':false}");
    assert_int_equal(filtered(&sim, "'textSearch':'SKU-000004'"), 1);
    assert_int_equal(filtered(&sim, "'textSearch':'4600000000003'"), 1);
    assert_int_equal(filtered(&sim, "'textSearch':'100000001'"), 1);
    assert_int_equal(filtered(&sim, "'imtID':107000001"), 1);
    assert_int_equal(filtered(&sim, "'brands':['none']"), 0);
    sim_free(&sim);
}

static void wrong_bodies_are_400(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "nonsense",
        "{'cursor':{'limit':100}}",
        "{'settings':{'cursor':{'limit':'100'}}}",
        "{'settings':{'cursor':{'limit':0}}}",
        "{'settings':{'cursor':{'nmId':1}}}",
        "{'settings':{'cursor':{'updatedAt':'yesterday','nmID':1}}}",
        "{'settings':{'filter':{'withPhoto':3}}}",
        "{'settings':{'sort':{'ascending':'true'}}}"};
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct sim sim = sim_make();
        assert_int_equal(sim_send(&sim, LIST, bodies[i]), 400);
        assert_true(json_is_true(sim_value(&sim, "error")));
        assert_int_equal(sim_violated(&sim, NULL), 1);
        sim_free(&sim);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_card_has_sizes_with_barcodes),
    cmocka_unit_test(pages_lead_through_all_cards),
    cmocka_unit_test(a_saved_cursor_finds_what_changed),
    cmocka_unit_test(the_empty_page_may_repeat_the_cursor),
    cmocka_unit_test(a_cursor_is_copied_to_the_letter),
    cmocka_unit_test(trashed_cards_are_in_the_trash),
    cmocka_unit_test(pages_have_a_default_and_a_ceiling),
    cmocka_unit_test(filters_select),
    cmocka_unit_test(wrong_bodies_are_400),
};

TEST_MAIN(cases)
