/* Answers that were really seen: each one given to each operation, and to the one it belongs to.
 * Skipped (77) where the folder of samples does not exist. */
#include "plugin_samples.h"
#include "wb_fixture.h"

#include <dirent.h>
#include <stdio.h>

#define FOLDER STOCKD_API_SAMPLES "/wb"

static const struct stockd_warehouse_ref known[] = {{.id = "7001"}};

/* Answers the first `before` requests with `first`, the next with the sample, later ones with 500.
 */
static struct check *run(struct wb_items *batch, enum stockd_operation operation, uint32_t items,
                         const struct sample *sample, int before, const char *first)
{
    struct check *host = wb_host();
    wb_items(batch, operation, items);
    batch->start.warehouses = known;
    batch->start.warehouse_count = 1;
    check_start(host, &batch->start);
    for (int i = 0; i < before; i++)
        check_reply(host, 200, first);
    check_answer(host, &sample->answer);
    while (host->verdict == STOCKD_SEND && host->steps < 20)
        check_reply(host, 500, "");
    assert_true(host->steps < 20);
    return host;
}

static const enum stockd_operation operations[] = {STOCKD_LIST_WAREHOUSES, STOCKD_FETCH_STOCK,
                                                   STOCKD_PUSH_STOCK,      STOCKD_CHECK_ACCOUNT,
                                                   STOCKD_FETCH_LISTINGS,  STOCKD_FETCH_ORDERS};

static void judge(const struct sample *sample, struct check *host, uint32_t items)
{
    for (uint32_t k = 0; k < items; k++)
        if (host->outcomes.at[k].last.kind == STOCKD_OK ||
            (host->outcomes.at[k].last.kind == STOCKD_ACCEPTED && sample->answer.status != 204))
            fail_msg("%s: an item is taken for done", sample->name);
    /* None is about the sizes of this test. */
    for (size_t k = 0; k < host->stocks.count; k++)
        if (host->stocks.at[k].kind == STOCKD_STOCK_NUMBER) fail_msg("%s: a figure", sample->name);
    bool empty_report = sample->answer.status == 204; /* "no data", to the report of FBW */
    if (sample->answer.status != 200 && !empty_report && host->completes.count)
        fail_msg("%s: a scope was completed", sample->name);
    for (size_t k = 0; k < host->lines.count; k++)
        if (host->lines.at[k].state != STOCKD_ORDER_OPEN)
            fail_msg("%s: an order is not open", sample->name);
    if (host->problems.count) fprintf(stderr, "%s\n", sample->name);
    fixture_end(host);
}

static void hold_against(const struct sample *sample)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        for (uint32_t items = 0; items <= 2; items += 2) {
            struct wb_items batch;
            if (operations[i] == STOCKD_PUSH_STOCK && !items) continue;
            judge(sample, run(&batch, operations[i], items, sample, 0, NULL), items);
            if (operations[i] == STOCKD_FETCH_ORDERS)
                judge(sample,
                      run(&batch, operations[i], items, sample, 1, "{\"orders\":[],\"next\":0}"),
                      items);
        }
}

static void every_sample_to_every_operation(void **state)
{
    (void)state;
    DIR *folder = opendir(FOLDER);
    int count = 0;
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct sample sample;
        if (entry->d_name[0] == '.') continue;
        if (sample_read(FOLDER, entry->d_name, &sample)) {
            hold_against(&sample);
            count++;
        }
        sample_free(&sample);
    }
    closedir(folder);
    assert_true(count > 20);
}

/* The sample's answer to a request of its own operation. */
static struct check *own(struct wb_items *batch, enum stockd_operation operation, uint32_t items,
                         const char *name, int before, const char *first)
{
    struct sample sample;
    assert_true(sample_read(FOLDER, name, &sample));
    struct check *host = run(batch, operation, items, &sample, before, first);
    sample_free(&sample);
    return host;
}

static void official_examples_are_read(void **state)
{
    (void)state;
    struct wb_items batch;
    struct check *host = own(&batch, STOCKD_LIST_WAREHOUSES, 0, "warehouses_get_doc.json", 0, NULL);
    assert_string_equal(host->warehouses.at[0].id, "1");
    assert_string_equal(host->warehouses.at[0].kind, "fbs");
    assert_int_equal(host->warehouses.at[0].writable, 0); /* isProcessing */
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSES, NULL));
    fixture_end(host);
    host = own(&batch, STOCKD_FETCH_LISTINGS, 0, "cards_list_doc.json", 0, NULL);
    assert_true(host->listings.count > 0);
    assert_string_equal(host->listings.at[0].group, "12345678");
    fixture_end(host);
    host = own(&batch, STOCKD_FETCH_LISTINGS, 0, "cards_list_short_syn.json", 0, NULL);
    assert_string_equal(host->listings.at[0].id, "1551826536");
    assert_string_equal(fixture_key_of(&host->listings.at[0], "barcode"), "1-1");
    fixture_end(host);
    host = own(&batch, STOCKD_FETCH_ORDERS, 0, "orders_new_2023.json", 0, NULL);
    assert_string_equal(host->lines.at[0].key, "645405073");
    assert_string_equal(host->lines.at[0].refs[0].value, "42128203");
    fixture_end(host);
    host = own(&batch, STOCKD_PUSH_STOCK, 2, "stocks_put_204.json", 0, NULL);
    assert_int_equal(host->outcomes.at[0].last.kind, STOCKD_ACCEPTED);
    fixture_end(host);
    host = own(&batch, STOCKD_PUSH_STOCK, 2, "stocks_put_409_StoreIsProcessing_doc.json", 0, NULL);
    assert_int_equal(host->outcomes.at[0].last.kind, STOCKD_RETRY);
    fixture_end(host);
    host = own(&batch, STOCKD_PUSH_STOCK, 2, "stocks_put_409_notfound_short_syn.json", 0, NULL);
    assert_int_equal(host->verdict, STOCKD_DEFAULT);
    fixture_end(host);
    host = own(&batch, STOCKD_LIST_WAREHOUSES, 0, "err_401_expired.json", 0, NULL);
    assert_int_equal(host->failure.why, STOCKD_FAIL_AUTH);
    fixture_end(host);
    host = own(&batch, STOCKD_FETCH_STOCK, 2, "stocks_post_wrong_key_empty.json", 0, NULL);
    assert_int_equal(host->stocks.at[0].kind, STOCKD_STOCK_ABSENT);
    fixture_end(host);
}

/* The samples whose items are named, with those items. */
static void recorded_refusals_name_their_items(void **state)
{
    (void)state;
    static const struct {
        const char *name, *listing, *barcode, *code;
    } named[] = {
        {"stocks_put_409_NotFound_doc.json", "1001", "skuTest4", "NotFound"},
        {"stocks_put_409_UploadDataLimit_doc.json", "1001", "skuTest2", "UploadDataLimit"},
        {"stocks_put_409_CargoWarehouseRestrictionSGT_doc.json", "1001", "2042688657617",
         "CargoWarehouseRestrictionSGT"},
        {"stocks_put_409_DeliveryTypeRestriction_doc.json", "123456789", "x",
         "DeliveryTypeRestriction"},
    };
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        struct wb_items batch;
        struct sample sample;
        struct check *host = wb_host();
        assert_true(sample_read(FOLDER, named[i].name, &sample));
        wb_items(&batch, STOCKD_PUSH_STOCK, 2);
        batch.items[0].listing_id = named[i].listing;
        batch.keys[0].value = named[i].barcode;
        check_start(host, &batch.start);
        assert_int_equal(check_answer(host, &sample.answer), STOCKD_DONE);
        assert_int_equal(host->outcomes.at[0].last.kind, STOCKD_REJECTED);
        assert_string_equal(host->outcomes.at[0].last.code, named[i].code);
        assert_int_equal(host->outcomes.at[1].last.kind, STOCKD_RETRY);
        sample_free(&sample);
        fixture_end(host);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_sample_to_every_operation),
    cmocka_unit_test(official_examples_are_read),
    cmocka_unit_test(recorded_refusals_name_their_items),
};

int main(int argc, char **argv)
{
    DIR *folder = opendir(FOLDER);
    if (!folder) {
        puts("skipped: there are no samples in " FOLDER "; set STOCKD_API_SAMPLES to their folder");
        return 77;
    }
    closedir(folder);
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
