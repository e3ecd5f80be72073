/* Answers that were really seen: each one given to each operation of each catalogue, and to the one
 * it belongs to. Skipped (77) where the folder of samples does not exist. */
#include "wix_fixture.h"

#include "plugin_samples.h"

#include <dirent.h>
#include <stdio.h>

#define FOLDER STOCKD_API_SAMPLES "/wix"

static struct wix_items batch;

/* Answers the first request with the sample and all later ones with 500. */
static struct check *run(bool v1, enum stockd_operation operation, uint32_t route, uint32_t items,
                         const struct sample *sample)
{
    struct check *host = wix_host(v1 ? 1 : 3);
    wix_items(&batch, operation, route, v1 ? "default" : PLACE, items);
    for (uint32_t i = 0; i < items && route == UPDATE; i++)
        wix_items_hold(&batch, i, 4, true);
    check_start(host, &batch.start);
    check_answer(host, &sample->answer);
    while (host->verdict == STOCKD_SEND && host->steps < 20)
        check_reply(host, 500, "");
    assert_true(host->steps < 20);
    return host;
}

static const struct {
    enum stockd_operation operation;
    uint32_t items;
} operations[] = {{STOCKD_LIST_WAREHOUSES, 0}, {STOCKD_FETCH_STOCK, 0},
                  {STOCKD_FETCH_STOCK, 2},     {STOCKD_CHECK_ACCOUNT, 0},
                  {STOCKD_FETCH_LISTINGS, 0},  {STOCKD_FETCH_LISTINGS, 2},
                  {STOCKD_FETCH_ORDERS, 0}};

static void hold_reading(const struct sample *sample, bool v1, size_t i)
{
    struct check *host = run(v1, operations[i].operation, 0, operations[i].items, sample);
    for (size_t k = 0; k < host->stocks.count; k++)
        if (host->stocks.at[k].kind == STOCKD_STOCK_NUMBER && !strstr(sample->path, "nventory"))
            fail_msg("%s: a figure", sample->name);
    if (sample->answer.status != 200 && host->completes.count)
        fail_msg("%s: a scope was completed", sample->name);
    for (size_t k = 0; k < host->listings.count; k++)
        if (host->listings.at[k].state == STOCKD_LISTING_GONE && sample->answer.status != 200)
            fail_msg("%s: a listing is gone", sample->name);
    if (host->problems.count) fprintf(stderr, "%s\n", sample->name);
    fixture_end(host);
}

static void hold_writing(const struct sample *sample, uint32_t route)
{
    struct check *host = run(route <= LEARN, STOCKD_PUSH_STOCK, route, 2, sample);
    for (uint32_t k = 0; k < 2; k++)
        if (host->outcomes.at[k].last.kind == STOCKD_OK)
            fail_msg("%s: an item is ok", sample->name); /* none is about these items */
    if (host->problems.count) fprintf(stderr, "%s\n", sample->name);
    fixture_end(host);
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
            for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
                hold_reading(&sample, false, i);
                hold_reading(&sample, true, i);
            }
            for (uint32_t route = ADJUST; route <= FIND; route++)
                hold_writing(&sample, route);
            count++;
        }
        sample_free(&sample);
    }
    closedir(folder);
    assert_true(count > 15);
}

static struct check *own(bool v1, enum stockd_operation operation, const char *name)
{
    struct sample sample;
    assert_true(sample_read(FOLDER, name, &sample));
    struct check *host = run(v1, operation, 0, 0, &sample);
    sample_free(&sample);
    return host;
}

static void published_examples_are_read(void **state)
{
    (void)state;
    struct check *host = own(true, STOCKD_FETCH_STOCK, "v1_inventory_query_doc.json");
    assert_int_equal(host->stocks.count, 3);
    assert_int_equal(host->stocks.at[0].kind, STOCKD_STOCK_UNTRACKED);
    assert_int_equal(host->stocks.at[1].quantity, 0); /* -1 */
    assert_int_equal(host->stocks.at[2].quantity, 2);
    assert_int_equal(host->malformed.count, 2); /* tracked, and no figure */
    fixture_end(host);
    host = own(true, STOCKD_FETCH_STOCK, "v1_inventory_query_doc2.json");
    assert_int_equal(host->stocks.count, 3);
    assert_int_equal(host->stocks.at[2].quantity, 2);
    fixture_end(host);
    host = own(false, STOCKD_FETCH_STOCK, "v3_inventory_query_syn.json");
    assert_int_equal(host->stocks.count, 1);
    assert_int_equal(host->stocks.at[0].quantity, 7);
    assert_true(fixture_completed(host, STOCKD_SCOPE_ALL_STOCK, NULL));
    fixture_end(host);
    host = own(true, STOCKD_FETCH_STOCK, "err_403_throttle_empty_message.json");
    assert_int_equal(host->failure.why, STOCKD_FAIL_RETRY);
    assert_int_equal(host->quotas.count, 1);
    fixture_end(host);
    host = own(true, STOCKD_FETCH_STOCK, "err_428_v1_call_on_v3_site.json");
    assert_string_equal(host->requests.at[1].path, "/stores/v3/provision/version");
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_sample_to_every_operation),
    cmocka_unit_test(published_examples_are_read),
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
