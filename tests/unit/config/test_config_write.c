/* A file written for an account says, read back, what it was written from: whatever the values. */
#include "config_fixture.h"

#include "base/mem.h"
#include "support/test_main.h"

#include <stdlib.h>
#include <string.h>

static void what_is_written_is_read_back(void **state)
{
    static const char *const values[] = {
        "1001", "007",         "yes",         "null",  "~",     "plain-word", "a b",
        "a: b", "a #b",        "#a",          "- a",   "{a}",   "[a",         "\"quoted\"",
        "it's", "back\\slash", "${env:HOME}", "$${x}", "$",     "${",         "två",
        "ключ", "*alias",      "&anchor",     "!tag",  "|",     ">",          "%",
        "@x",   "`x",          "true",        "1e3",   " lead", "trail ",     "a,b",
    };
    (void)state;
    setenv("OZON_KEY", SECRET, 1);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const struct config_draft_value options[] = {{"client-id", values[i]},
                                                     {"api-key", "${not-a-reference}"}};
        const struct config_draft draft = {.name = "ozon-main",
                                           .plugin = "ozon",
                                           .options = options,
                                           .option_count = 2,
                                           .orders_import = i % 2,
                                           .dry_run = i % 3 == 0};
        struct buf out;
        buf_init(&out, 1 << 16);
        config_draft_write(&draft, &out);
        fixture_write("conf.d/50-ozon-main.yaml", buf_cstr(&out), 0600);
        struct config *config = fixture_good();
        const struct config_account *account = config_account(config, "ozon-main");
        assert_non_null(account);
        assert_string_equal(config_value(&account->options, "client-id")->text, values[i]);
        assert_string_equal(config_value(&account->options, "api-key")->text, "${not-a-reference}");
        assert_int_equal(account->orders == CONFIG_ORDERS_IMPORT, i % 2);
        assert_int_equal(account->dry_run, i % 3 == 0);
        config_free(config);
        buf_free(&out);
    }
}

static void secrets_are_references(void **state)
{
    (void)state;
    const char *const secrets[] = {"api-key"};
    const struct config_draft_value endpoints[] = {{"api", "http://127.0.0.1:8800"}};
    const struct config_draft draft = {.name = "wb.2",
                                       .plugin = "wb",
                                       .secrets = secrets,
                                       .secret_count = 1,
                                       .endpoints = endpoints,
                                       .endpoint_count = 1,
                                       .allow_plain_http = true};
    struct buf out, file;
    buf_init(&out, 1 << 16);
    buf_init(&file, 1 << 10);
    config_draft_write(&draft, &out);
    assert_string_equal(buf_cstr(&out), "accounts:\n"
                                        "  wb.2:\n"
                                        "    plugin: wb\n"
                                        "    api-key: ${sealed:wb.2.api-key}\n"
                                        "    orders: external\n"
                                        "    allow-plain-http: yes\n"
                                        "    endpoints:\n"
                                        "      api: \"http://127.0.0.1:8800\"\n");
    config_draft_file("wb.2", &file);
    assert_string_equal(buf_cstr(&file), "50-wb.2.yaml");
    buf_free(&file);
    buf_free(&out);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(what_is_written_is_read_back, fixture_setup, fixture_teardown),
    cmocka_unit_test(secrets_are_references),
};

TEST_MAIN(cases)
