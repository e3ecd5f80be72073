/* Answers that were really seen: each one given to each operation, and to the one it belongs to.
 * Skipped (77) where the folder of samples does not exist. */
#include "allegro_fixture.h"

#include "plugin_samples.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDER STOCKD_API_SAMPLES "/allegro"

/* Answers the first request with the sample and all later ones with 500. */
static struct check *run(struct allegro_items *batch, enum stockd_operation operation,
                         uint32_t route, uint32_t items, const struct sample *sample)
{
    struct check *host = allegro_host();
    allegro_items(batch, operation, items);
    batch->start.route = route;
    for (uint32_t i = 0; operation == STOCKD_CONFIRM_STOCK && i < items; i++)
        allegro_note(batch, i, route ? "o5@1789000000000/op-1" : "q5@1789000000000/c-1");
    check_start(host, &batch->start);
    if (host->verdict == STOCKD_SEND) check_answer(host, &sample->answer);
    while ((host->verdict == STOCKD_SEND || host->verdict == STOCKD_WAIT) && host->steps < 20)
        host->verdict == STOCKD_SEND ? check_reply(host, 500, "") : check_timer(host);
    assert_true(host->steps < 20);
    return host;
}

static const struct {
    enum stockd_operation operation;
    uint32_t route, items;
} runs[] = {
    {STOCKD_FETCH_STOCK, 0, 0},         {STOCKD_FETCH_STOCK, 0, 2},
    {STOCKD_FETCH_LISTINGS, 0, 0},      {STOCKD_FETCH_LISTINGS, 0, 2},
    {STOCKD_FETCH_ORDERS, 0, 0},        {STOCKD_CHECK_ACCOUNT, 0, 0},
    {STOCKD_AUTHORIZE, 0, 0},           {STOCKD_PUSH_STOCK, ROUTE_COMMAND, 2},
    {STOCKD_PUSH_STOCK, ROUTE_BULK, 2}, {STOCKD_PUSH_STOCK, ROUTE_PATCH, 1},
    {STOCKD_CONFIRM_STOCK, 0, 2},       {STOCKD_CONFIRM_STOCK, 1, 2},
};

static void hold_against(const struct sample *sample)
{
    struct allegro_items *batch = malloc(sizeof(*batch));
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        struct check *host = run(batch, runs[i].operation, runs[i].route, runs[i].items, sample);
        bool says_done = strncmp(sample->name, "operation_303", 13) == 0 &&
                         runs[i].operation == STOCKD_CONFIRM_STOCK;
        for (uint32_t k = 0; k < runs[i].items && !says_done; k++)
            if (host->outcomes.at[k].last.kind == STOCKD_OK)
                fail_msg("%s: an item is ok", sample->name);
        if (host->stocks.count && !strstr(sample->path, "/sale/offers"))
            fail_msg("%s: a figure", sample->name);
        if (host->completes.count && strcmp(sample->name, "offers_list_item_2019.json") != 0)
            fail_msg("%s: a scope was completed", sample->name);
        if (host->problems.count) fprintf(stderr, "%s\n", sample->name);
        fixture_end(host);
    }
    free(batch);
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

static struct check *own(struct allegro_items *batch, enum stockd_operation operation,
                         uint32_t route, uint32_t items, const char *name)
{
    struct sample sample;
    assert_true(sample_read(FOLDER, name, &sample));
    struct check *host = run(batch, operation, route, items, &sample);
    sample_free(&sample);
    return host;
}

static void recorded_answers_are_understood(void **state)
{
    (void)state;
    struct allegro_items *batch = malloc(sizeof(*batch));
    struct check *host = own(batch, STOCKD_FETCH_LISTINGS, 0, 0, "offers_list_item_2019.json");
    assert_int_equal(host->verdict, STOCKD_DONE);
    assert_string_equal(host->listings.at[0].id, "8288527917");
    assert_string_equal(fixture_key_of(&host->listings.at[0], "sku"), "402799");
    assert_int_equal(host->stocks.at[0].quantity, 1);
    fixture_end(host);
    host = own(batch, STOCKD_PUSH_STOCK, ROUTE_PATCH, 1,
               "product_offer_200_with_validation_errors.json");
    allegro_outcome_is(host, 0, STOCKD_REJECTED);
    assert_string_equal(host->outcomes.at[0].last.code, "EMPTY_LOCATION");
    fixture_end(host);
    host = own(batch, STOCKD_PUSH_STOCK, ROUTE_PATCH, 1, "product_offer_409_conflict.json");
    allegro_outcome_is(host, 0, STOCKD_THROTTLED);
    fixture_end(host);
    host = own(batch, STOCKD_PUSH_STOCK, ROUTE_PATCH, 1, "operation_202_location_with_port.json");
    assert_non_null(
        strstr(check_request(host)->path, "/sale/product-offers/70001/operations/881e4106-1a48"));
    allegro_outcome_is(host, 0, STOCKD_ACCEPTED);
    fixture_end(host);
    host = own(batch, STOCKD_CHECK_ACCOUNT, 0, 0, "err_html_captcha.json");
    assert_int_equal(host->failure.why, STOCKD_FAIL_BLOCKED);
    fixture_end(host);
    host = own(batch, STOCKD_CHECK_ACCOUNT, 0, 0, "err_403_verification.json");
    assert_int_equal(host->failure.why, STOCKD_FAIL_DENIED);
    fixture_end(host);
    free(batch);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_sample_to_every_operation),
    cmocka_unit_test(recorded_answers_are_understood),
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
