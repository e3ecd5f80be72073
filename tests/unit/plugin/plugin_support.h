/* Shared by the tests of the plugin module: a small plugin built into the test, a temporary folder,
 * and assertions on sentences. */
#ifndef TEST_PLUGIN_SUPPORT_H
#define TEST_PLUGIN_SUPPORT_H

#include "test_main.h"

#include "base/error.h"
#include "plugin/instance.h"
#include "plugin/loader.h"
#include "plugin/operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A complete declaration to start from; its tables may be replaced one by one. */
struct sample {
    struct stockd_option options[6];
    struct stockd_endpoint endpoints[2];
    struct stockd_bucket buckets[3];
    struct stockd_route routes[2];
    const char *suffixes[3];
    struct stockd_plugin plugin;
};

static inline enum stockd_verdict sample_done(const struct stockd_call *call)
{
    (void)call;
    return STOCKD_DONE;
}

static inline void sample_fill(struct sample *s, stockd_step_fn step)
{
    memset(s, 0, sizeof *s);
    s->options[0] = (struct stockd_option){
        .name = "client-id", .type = STOCKD_OPTION_STRING, .required = 1, .help = "Whose shop."};
    s->options[1] =
        (struct stockd_option){.name = "api-key", .type = STOCKD_OPTION_STRING, .secret = 1};
    s->options[2] = (struct stockd_option){
        .name = "page", .type = STOCKD_OPTION_INT, .default_value = "100", .min = 1, .max = 1000};
    s->options[3] = (struct stockd_option){
        .name = "strict", .type = STOCKD_OPTION_BOOL, .default_value = "yes"};
    s->options[4] = (struct stockd_option){.name = "mode",
                                           .type = STOCKD_OPTION_CHOICE,
                                           .choices = "skip|in-stock|enable",
                                           .default_value = "skip"};
    s->options[5] = (struct stockd_option){
        .name = "settle", .type = STOCKD_OPTION_DURATION, .default_value = "30s"};
    s->endpoints[0] = (struct stockd_endpoint){.name = "api", .base_url = "https://api.example/"};
    s->endpoints[1] = (struct stockd_endpoint){.name = "own", .url_option = "client-id"};
    s->endpoints[1].base_url = "https://own.example/v1";
    s->buckets[0] = (struct stockd_bucket){.name = "writes",
                                           .kind = STOCKD_BUCKET_WINDOW,
                                           .amount = 80,
                                           .per_ms = 60000,
                                           .key_options = "client-id,mode"};
    s->buckets[1] = (struct stockd_bucket){.name = "reads",
                                           .kind = STOCKD_BUCKET_TOKENS,
                                           .amount = 50,
                                           .per_ms = 1000,
                                           .key_seller = 1};
    s->buckets[2] =
        (struct stockd_bucket){.name = "at-once", .kind = STOCKD_BUCKET_IN_FLIGHT, .amount = 4};
    s->routes[0] = (struct stockd_route){
        .name = "batch", .max_items = 100, .per_request = {{.bucket = 0, .amount = 1}}};
    s->routes[1] = (struct stockd_route){.name = "single", .max_items = 1};
    s->suffixes[0] = ".files.example";
    s->suffixes[1] = "exact.example";
    s->plugin = (struct stockd_plugin){
        STOCKD_PLUGIN_HEAD,
        .id = "sample",
        .version = "1.2",
        .title = "Sample",
        .data_version = 3,
        .scratch_max = 4096,
        STOCKD_TABLE(option, s->options),
        STOCKD_TABLE(endpoint, s->endpoints),
        STOCKD_TABLE(bucket, s->buckets),
        STOCKD_TABLE(route, s->routes),
        .foreign_suffixes = s->suffixes,
        .operations = {step, step, step, step, step, step, step, step},
    };
}

static inline void assert_sentence(const struct error *error, enum status status,
                                   const char *expected)
{
    if (error->status != status || strcmp(error->text, expected) != 0)
        fail_msg("expected %s: %s\n     got %s: %s", status_name(status), expected,
                 status_name(error->status), error->text);
}

static inline void temp_folder(char folder[64])
{
    strcpy(folder, "/tmp/stockd-plugin-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

/* The folders of tests hold plain files only. */
static inline void temp_folder_remove(const char *folder)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

#endif
