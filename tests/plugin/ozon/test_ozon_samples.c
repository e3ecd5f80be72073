/* Answers that were really seen: each one given to each operation, and to the one it belongs to.
 * Skipped (77) where the folder of samples does not exist. */
#include "ozon_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDER STOCKD_API_SAMPLES "/ozon"

struct sample {
    char name[128];
    char path[128];
    struct check_answer answer;
    struct check_pair headers[8];
    json_t *file;
    char *body;
};

/* The bytes of a sample's body as they stand in its file, which is indented by one. */
static char *body_text(const char *file)
{
    char text[65536] = "";
    FILE *stream = fopen(file, "r");
    if (!stream) return NULL;
    size_t size = fread(text, 1, sizeof(text) - 1, stream);
    fclose(stream);
    text[size] = '\0';
    char *body = strstr(text, "\"body\": "), *end = body ? strstr(body, "\n },") : NULL;
    return end ? strndup(body + 8, (size_t)(end + 3 - (body + 8))) : NULL;
}

static bool sample_read(const char *name, struct sample *sample)
{
    char file[4096];
    *sample = (struct sample){.file = NULL};
    snprintf(file, sizeof(file), FOLDER "/%s", name);
    snprintf(sample->name, sizeof(sample->name), "%s", name);
    sample->file = json_load_file(file, 0, NULL);
    if (!sample->file) {
        /* Numbers beyond int64 are what one sample is about: the head is read without its body. */
        sample->body = body_text(file);
        sample->file = json_load_file(file, JSON_DECODE_INT_AS_REAL, NULL);
    }
    const char *endpoint = json_string_value(json_object_get(sample->file, "endpoint"));
    if (!endpoint || strncmp(endpoint, "POST ", 5) != 0) return false;
    snprintf(sample->path, sizeof(sample->path), "%s", endpoint + 5);
    sample->answer.status = (int)json_number_value(json_object_get(sample->file, "status"));
    if (!sample->body)
        sample->body = json_dumps(json_object_get(sample->file, "body"), JSON_ENCODE_ANY);
    sample->answer.body = sample->body;
    sample->answer.headers = sample->headers;
    const char *key;
    json_t *value;
    json_object_foreach (json_object_get(sample->file, "headers"), key, value)
        sample->headers[sample->answer.header_count++] =
            (struct check_pair){key, json_string_value(value)};
    return true;
}

static void sample_free(struct sample *sample)
{
    free(sample->body);
    json_decref(sample->file);
}

static const struct stockd_warehouse_ref known[] = {{.id = "7001"}};

/* Answers the first request with the sample and all later ones with 500. */
static struct check *run(struct ozon_items *batch, enum stockd_operation operation, uint32_t items,
                         const struct sample *sample)
{
    struct check *host = ozon_host();
    ozon_items(batch, operation, items);
    batch->start.warehouses = known;
    batch->start.warehouse_count = 1;
    check_start(host, &batch->start);
    check_answer(host, &sample->answer);
    while (host->verdict == STOCKD_SEND && host->steps < 20)
        check_reply(host, 500, "");
    assert_true(host->steps < 20);
    return host;
}

static const enum stockd_operation operations[] = {STOCKD_LIST_WAREHOUSES, STOCKD_FETCH_STOCK,
                                                   STOCKD_PUSH_STOCK,      STOCKD_CHECK_ACCOUNT,
                                                   STOCKD_FETCH_LISTINGS,  STOCKD_FETCH_ORDERS};

static void hold_against(const struct sample *sample)
{
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        for (uint32_t items = 0; items <= 2; items += 2) {
            if (operations[i] == STOCKD_PUSH_STOCK && !items) continue;
            struct ozon_items batch;
            struct check *host = run(&batch, operations[i], items, sample);
            /* None is about the items or the warehouse of this test. */
            for (uint32_t k = 0; k < items; k++)
                if (host->outcomes.at[k].last.kind == STOCKD_OK)
                    fail_msg("%s: an item is ok", sample->name);
            for (size_t k = 0; k < host->stocks.count; k++)
                if (host->stocks.at[k].kind == STOCKD_STOCK_NUMBER &&
                    !strstr(sample->path, "stocks"))
                    fail_msg("%s: a figure", sample->name);
            if (sample->answer.status != 200 && host->completes.count)
                fail_msg("%s: a scope was completed", sample->name);
            if (host->problems.count) fprintf(stderr, "%s\n", sample->name);
            fixture_end(host);
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
        if (sample_read(entry->d_name, &sample)) {
            hold_against(&sample);
            count++;
        }
        sample_free(&sample);
    }
    closedir(folder);
    assert_true(count > 30);
}

/* The sample's answer to the first request of its own operation. */
static struct check *own(struct ozon_items *batch, enum stockd_operation operation, uint32_t items,
                         const char *name)
{
    struct sample sample;
    assert_true(sample_read(name, &sample));
    struct check *host = run(batch, operation, items, &sample);
    sample_free(&sample);
    return host;
}

static void official_examples_are_read(void **state)
{
    (void)state;
    struct ozon_items batch;
    struct check *host = own(&batch, STOCKD_LIST_WAREHOUSES, 0, "v2_warehouse_list_min.json");
    assert_string_equal(host->warehouses.at[0].id, "1020005028840530");
    assert_true(fixture_completed(host, STOCKD_SCOPE_WAREHOUSES, NULL));
    fixture_end(host);
    host = own(&batch, STOCKD_LIST_WAREHOUSES, 0, "v2_warehouse_list_doc.json");
    assert_string_equal(host->warehouses.at[0].id, "20605650762000");
    assert_string_equal(host->warehouses.at[0].kind, "rfbs");
    fixture_end(host);
    host = own(&batch, STOCKD_FETCH_ORDERS, 0, "v4_posting_fbs_list_doc.json");
    assert_int_equal(host->lines.count, 2);
    assert_string_equal(host->lines.at[0].warehouse_id, "20605650762000");
    fixture_end(host);
    host = own(&batch, STOCKD_FETCH_ORDERS, 0, "v4_posting_fbs_list_measured.json");
    assert_int_equal(host->lines.count, 1); /* inside result{} */
    assert_string_equal(host->lines.at[0].refs[0].value, "4456106117-0814-qx");
    assert_int_equal(host->lines.at[0].state, STOCKD_ORDER_SHIPPED);
    fixture_end(host);
    host = own(&batch, STOCKD_CHECK_ACCOUNT, 0, "v1_roles_doc.json");
    assert_int_equal(host->warnings.count, 1); /* expired */
    fixture_end(host);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_sample_to_every_operation),
    cmocka_unit_test(official_examples_are_read),
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
