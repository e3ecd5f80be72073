/* What is committed beside the code: the examples of conf.d load as they stand, and the reference
 * in docs/configuration.md is what the tables say. STOCKD_SOURCE_DIR is the source tree. */
#include "config_fixture.h"
#include "test_main.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DOCUMENT STOCKD_SOURCE_DIR "/docs/configuration.md"
#define BEGIN    "<!-- generated: begin -->\n"
#define END      "<!-- generated: end -->\n"

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file) fail_msg("cannot open %s", path);
    struct buf text;
    buf_init(&text, CONFIG_FILE_MAX);
    char block[4096];
    for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;)
        assert_true(buf_add(&text, block, n));
    fclose(file);
    return buf_take(&text);
}

/* Copied, because a checkout's owner and modes are not the example's matter. */
static void copy_example(const char *name)
{
    char *from = mem_format(STOCKD_SOURCE_DIR "/conf.d/%s", name);
    char *to = mem_format("conf.d/%s", name);
    char *text = read_file(from);
    fixture_write(to, text, 0644);
    mem_free(text);
    mem_free(to);
    mem_free(from);
}

static void the_demonstration_loads(void **state)
{
    (void)state;
    copy_example("10-stockd.yaml");
    copy_example("20-demo-paths.yaml");
    copy_example("50-ozon-demo.yaml");
    setenv("STOCKD_DEMO_DIR", "/tmp/demo", 1);
    struct config_report report;
    struct config *config = fixture_load(&report);
    char *messages = fixture_messages(&report);
    assert_string_equal(
        messages,
        "warning: conf.d/50-ozon-demo.yaml:11: 'api-key' in account 'ozon-demo' "
        "(plugin ozon) is a secret written in plain; seal it (`stockctl account "
        "secret`, `hook secret`, `alert secret`) and write what that says, or ${file:/path}\n");
    assert_string_equal(config->daemon.store, "/tmp/demo/store");
    assert_string_equal(config->daemon.plugins[0], "/tmp/demo/plugins");
    assert_int_equal(config->link_count, 2);
    assert_string_equal(config->links[0].warehouse, "msk");
    assert_string_equal(config->links[0].remote, "1001");
    mem_free(messages);
    config_report_free(&report);
    config_free(config);
}

static void the_installed_file_needs_no_environment(void **state)
{
    (void)state;
    copy_example("10-stockd.yaml");
    unsetenv("STOCKD_DEMO_DIR");
    struct config *config = fixture_good();
    assert_string_equal(config->daemon.store, "/var/lib/stockd/store");
    config_free(config);
}

static void fail_on_change(void *ctx, const struct config_change *change)
{
    (void)ctx;
    fail_msg("%s is said to be %s by default", change->path, change->new_text);
}

/* The lines that are commented out in 10-stockd.yaml say what the defaults are. */
static void commented_defaults_are_true(void **state)
{
    (void)state;
    struct config *defaults = fixture_good();
    copy_example("10-stockd.yaml");
    char *text = read_file("conf.d/10-stockd.yaml");
    size_t lines = 0;
    for (char *at = text; (at = strstr(at, "\n  # ")); lines++)
        memmove(at + 3, at + 5, strlen(at + 5) + 1); /* "\n  " stays */
    assert_int_equal(lines, 7);
    fixture_write("conf.d/10-stockd.yaml", text, 0644);
    struct config *written = fixture_good();
    assert_int_equal(written->daemon.section.values[0].origin.line, 8);
    config_diff(defaults, written, fail_on_change, NULL);
    config_free(defaults);
    config_free(written);
    mem_free(text);
}

static void write_reference(const char *old, const char *begin, const char *end, const char *text)
{
    FILE *file = fopen(DOCUMENT, "w");
    if (!file) fail_msg("cannot write %s", DOCUMENT);
    fprintf(file, "%.*s%s%s", (int)(begin - old), old, text, end);
    fclose(file);
}

static void reference(void **state)
{
    (void)state;
    struct buf fresh;
    buf_init(&fresh, CONFIG_FILE_MAX);
    config_reference_write(&fresh);
    char *document = read_file(DOCUMENT);
    char *begin = strstr(document, BEGIN);
    char *end = begin ? strstr(begin, END) : NULL;
    if (!end) fail_msg("%s has lost its marks %s", DOCUMENT, BEGIN);
    begin += strlen(BEGIN);
    if (getenv("STOCKD_WRITE_DOCS"))
        write_reference(document, begin, end, buf_cstr(&fresh));
    else if ((size_t)(end - begin) != fresh.size || memcmp(begin, fresh.data, fresh.size) != 0)
        fail_msg("%s is out of date; run STOCKD_WRITE_DOCS=1 ctest -R "
                 "test_config_examples.reference",
                 DOCUMENT);
    mem_free(document);
    buf_free(&fresh);
}

static void options_as_text(void **state)
{
    (void)state;
    static const struct config_option_spec options[] = {
        {.name = "api-key",
         .type = CONFIG_STRING,
         .required = true,
         .secret = true,
         .help = "Key."},
        {.name = "pause",
         .type = CONFIG_DURATION,
         .default_value = "90s",
         .min = 1,
         .max = 90000,
         .restart = true,
         .help = "Rest."},
        {.name = "mode", .type = CONFIG_CHOICE, .choices = "a|b|c", .default_value = ""},
    };
    struct buf out;
    buf_init(&out, 4096);
    config_options_print(options, 3, &out);
    assert_string_equal(
        buf_cstr(&out),
        "  api-key: text; required; secret\n"
        "      Key.\n"
        "  pause: a duration (500ms, 30s, 10m, 6h, 2d) from 1ms to 90s; default 90s; "
        "a change needs a restart\n"
        "      Rest.\n"
        "  mode: a, b or c; default empty\n");
    buf_free(&out);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(the_demonstration_loads, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(the_installed_file_needs_no_environment, fixture_setup,
                                    fixture_teardown),
    cmocka_unit_test_setup_teardown(commented_defaults_are_true, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(reference, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(options_as_text, fixture_setup, fixture_teardown),
};
TEST_MAIN(cases)
