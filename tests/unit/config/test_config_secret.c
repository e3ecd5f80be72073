/* Secrets: where they may come from, what is said when they cannot, that nothing says them, and
 * that no memory given back holds one. */
#include "config_fixture.h"
#include "test_main.h"

#include "base/mem.h"
#include "base/seal_file.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY(value) "accounts:\n  a:\n    plugin: wb\n    token: " value "\n"
#define FAULT      "error: conf.d/50.yaml:4: 'token' in account 'a' (plugin wb) cannot be used: "

/* Linked in place of mem_free and mem_resize (--wrap): looks at each block that is given back. */
void __real_mem_free(void *at);
void __wrap_mem_free(void *at);
void *__real_mem_resize(void *at, size_t size);
void *__wrap_mem_resize(void *at, size_t size);
static bool watch_blocks;

static void look(void *at)
{
    if (!at || !watch_blocks) return;
    if (memmem(at, malloc_usable_size(at), SECRET, strlen(SECRET)) == NULL) return;
    watch_blocks = false;
    fail_msg("a block with the secret is given back without wiping");
}

void __wrap_mem_free(void *at)
{
    look(at);
    __real_mem_free(at);
}

void *__wrap_mem_resize(void *at, size_t size)
{
    look(at);
    size_t had = at ? malloc_usable_size(at) : 0;
    char *block = __real_mem_resize(at, size);
    size_t room = malloc_usable_size(block);
    if (room > had) memset(block + had, 0, room - had); /* so that look reads what was written */
    return block;
}

static char *path_of(const char *name)
{
    char *here = getcwd(NULL, 0);
    char *path = mem_format("%s/%s", here, name);
    free(here);
    return path;
}

static char *with_file(const char *before, const char *name, const char *after)
{
    char *path = path_of(name);
    char *yaml = mem_format(KEY("%s${file:%s}%s"), before, path, after);
    mem_free(path);
    return yaml;
}

static void expect_token(const char *yaml, const char *token)
{
    fixture_write("conf.d/50.yaml", yaml, 0644);
    struct config *config = fixture_good();
    const struct config_value *value = config_value(&config->accounts[0].options, "token");
    assert_string_equal(value->text, token);
    assert_string_equal(config_value_shown(value), "***");
    config_free(config);
}

static void from_the_environment(void **state)
{
    (void)state;
    expect_token(KEY("${env:OZON_KEY}"), SECRET);
    expect_token(KEY("\"a-${env:OZON_KEY}-${env:OZON_KEY}}\""), "a-" SECRET "-" SECRET "}");
    expect_token(KEY("$${env:OZON_KEY}"), "${env:OZON_KEY}"); /* a plain "${" */
    expect_token(KEY("'$5 $ ${env:OZON_KEY}$'"), "$5 $ " SECRET "$");
}

static void from_a_file(void **state)
{
    (void)state;
    static const struct {
        const char *content, *token;
    } rows[] = {
        {SECRET, SECRET},
        {SECRET "\n", SECRET},
        {SECRET "\r\n", SECRET},
        {SECRET "\n\n", SECRET "\n"},
        {"line 1\nline 2\n", "line 1\nline 2"},
        {"${env:OZON_KEY}\n", "${env:OZON_KEY}"}, /* what is filled in is not read again */
    };
    char *yaml = with_file("", "key", "");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fixture_write("key", rows[i].content, 0600);
        expect_token(yaml, rows[i].token);
    }
    mem_free(yaml);
    yaml = with_file("Bearer ", "key", "!");
    fixture_write("key", SECRET "\n", 0640);
    expect_token(yaml, "Bearer " SECRET "!");
    mem_free(yaml);
}

static void from_a_symbolic_link(void **state)
{
    (void)state;
    fixture_write("real", SECRET "\n", 0600);
    assert_int_equal(symlink("real", "key"), 0);
    char *yaml = with_file("", "key", "");
    expect_token(yaml, SECRET);
    mem_free(yaml);
}

static void from_a_credential(void **state)
{
    (void)state;
    char *dir = path_of("creds");
    assert_int_equal(mkdir("creds", 0700), 0);
    fixture_write("creds/wb.token", SECRET "\n", 0400);
    setenv("CREDENTIALS_DIRECTORY", dir, 1);
    expect_token(KEY("${credential:wb.token}"), SECRET);
    fixture_expect("absent", KEY("${credential:other}"),
                   FAULT "the file of ${credential:other} cannot be read: No such file or "
                         "directory\n");
    mem_free(dir);
}

static void broken_references(void **state)
{
    (void)state;
    static const struct {
        const char *yaml, *message;
    } rows[] = {
        {KEY("${env:NOT_THERE}"), "the environment variable of ${env:NOT_THERE} is not set"},
        {KEY("${env:EMPTY}"), "the environment variable of ${env:EMPTY} is empty"},
        {KEY("${env:BYTES}"), "the environment variable of ${env:BYTES} is not UTF-8"},
        {KEY("${env:" SECRET "}"),
         "${env:...} needs the name of an environment variable: letters, digits and '_'"},
        {KEY("${env:}"),
         "${env:...} needs the name of an environment variable: letters, digits and '_'"},
        {KEY("${file:key}"), "${file:...} needs an absolute path"},
        {KEY("${file:/nowhere/key}"),
         "the file of ${file:/nowhere/key} cannot be read: No such file or directory"},
        {KEY("${file:/dev/null}"), "the file of ${file:/dev/null} is not a regular file"},
        {KEY("${file:/}"), "the file of ${file:/} is not a regular file"},
        {KEY("${credential:key}"), "${credential:key} needs systemd's LoadCredential: "
                                   "CREDENTIALS_DIRECTORY is not set"},
        {KEY("${credential:../key}"), "${credential:...} needs a name, not a path"},
        {KEY("${" SECRET "}"), "a '${' lacks env:, file:, credential: or sealed: behind it; write "
                               "'$${' for a plain '${'"},
        {KEY("\"${env:OZON_KEY\""), "a '${' lacks its '}'; write '$${' for a plain '${'"},
    };
    setenv("EMPTY", "", 1);
    setenv("BYTES", "\xff", 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *message = mem_format(FAULT "%s\n", rows[i].message);
        fixture_expect("reference", rows[i].yaml, message);
        mem_free(message);
    }
}

static void expect_file(const void *content, size_t size, unsigned mode, const char *format)
{
    char *path = path_of("key");
    char *yaml = mem_format(KEY("${file:%s}"), path);
    struct buf message;
    buf_init(&message, 4096);
    for (const char *at = format; *at; at++) { /* '@' stands for the path */
        if (*at == '@')
            buf_text(&message, path);
        else
            buf_char(&message, *at);
    }
    fixture_write_bytes("key", content, size, mode);
    fixture_expect(format, yaml, buf_cstr(&message));
    buf_free(&message);
    mem_free(yaml);
    mem_free(path);
}

static void files_that_are_no_secrets(void **state)
{
    (void)state;
    expect_file("", 0, 0600, FAULT "the file of ${file:@} is empty\n");
    expect_file("\n", 1, 0600, FAULT "the file of ${file:@} is empty\n");
    expect_file("a\0b", 3, 0600, FAULT "the file of ${file:@} holds a NUL byte; it must be text\n");
    expect_file("\xff\xfe", 2, 0600, FAULT "the file of ${file:@} is not UTF-8 text\n");
    static char large[CONFIG_VALUE_MAX + 1];
    memset(large, 'a', sizeof large);
    expect_file(large, sizeof large, 0600,
                FAULT "the file of ${file:@} is larger than 65536 bytes\n");
    expect_file("b\x1b", 2, 0600,
                "error: conf.d/50.yaml:4: 'token' in account 'a' (plugin wb) holds a control "
                "character\n");
}

static void files_that_others_can_touch(void **state)
{
    (void)state;
    expect_file(
        SECRET, strlen(SECRET), 0644,
        "warning: conf.d/50.yaml:4: 'token' in account 'a' (plugin wb) is exposed: the file "
        "of ${file:@} can be read by everybody (mode 0644); run: chmod o-r\n");
    expect_file(SECRET, strlen(SECRET), 0602,
                FAULT "the file of ${file:@} can be written by everybody (mode 0602)\n");
    expect_file(SECRET, strlen(SECRET), 0666,
                FAULT "the file of ${file:@} can be written by everybody (mode 0666)\n");
}

static void too_long_together(void **state)
{
    (void)state;
    static char large[CONFIG_VALUE_MAX + 1];
    memset(large, 'a', sizeof large - 1);
    setenv("LARGE", large, 1);
    fixture_expect("one byte more", KEY("${env:LARGE}b"),
                   FAULT "longer than 65536 bytes with its references filled in\n");
    expect_token(KEY("${env:LARGE}"), large);
}

static void written_in_plain(void **state)
{
    (void)state;
    fixture_expect("a secret in the file", KEY(SECRET),
                   "warning: conf.d/50.yaml:4: 'token' in account 'a' (plugin wb) is a secret "
                   "written in plain; seal it (`stockctl account secret`, `hook secret`, `alert "
                   "secret`) and write what that says, or ${file:/path}\n");
}

/* ${sealed:NAME}: opened with the key beside the store; what cannot be is a mistake that says how
 * to mend it. */
static void sealed_beside_the_store(void **state)
{
    (void)state;
    char *store = path_of("store"), *directory = mem_format("%s.sealed", store);
    char *key_file = mem_format("%s.key", store);
    struct seal *seal = seal_new(key_file);
    assert_int_equal(seal_file_write(seal, directory, "a.token", bytes_text(SECRET), NULL), ST_OK);
    seal_free(seal);
    char *head = mem_format("daemon:\n  store: %s\n", store);
    char *good = mem_format("%s" KEY("${sealed:a.token}"), head);
    fixture_write("conf.d/50.yaml", good, 0644);
    struct config *config = fixture_good();
    const struct config_value *token = config_value(&config_account(config, "a")->options, "token");
    assert_string_equal(token->text, SECRET);
    assert_string_equal(config->daemon.secret_key, key_file);
    config_free(config);

    char *other = mem_format("%s" KEY("${sealed:a.other}"), head);
    char *message = mem_format("error: conf.d/50.yaml:6: 'token' in account 'a' (plugin wb) cannot "
                               "be used: there is no sealed secret 'a.other' in %s; `stockctl "
                               "account secret`, `hook secret` or `alert secret` seals one\n",
                               directory);
    fixture_expect("none of that name", other, message);
    assert_int_equal(chmod(key_file, 0644), 0);
    fixture_write("conf.d/50.yaml", good, 0644);
    struct config_report report;
    assert_null(fixture_load(&report));
    char *said = fixture_messages(&report);
    assert_non_null(strstr(said, "chmod 600"));
    assert_null(strstr(said, SECRET));
    config_report_free(&report);
    mem_free(said);
    fixture_expect("in the daemon's section", "daemon: {log-file: \"${sealed:a.token}\"}\n",
                   "error: conf.d/50.yaml:1: 'log-file' in daemon cannot be used: ${sealed:...} is "
                   "not allowed in the section daemon\n");
    char *const all[] = {store, directory, key_file, head, good, other, message};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        mem_free(all[i]);
}

/* Values that are no secrets by the table may be read by plugins, but what a reference gave is
 * still not printed: its source is. */
static void references_in_other_values(void **state)
{
    (void)state;
    setenv("ROOT", "/srv/" SECRET, 1);
    fixture_write("conf.d/50.yaml",
                  "daemon:\n  store: ${env:ROOT}/store\n  plugins: [/a, \"${env:ROOT}/p\"]\n",
                  0644);
    struct config *config = fixture_good(); /* prints the dump and looks for the secret */
    assert_string_equal(config->daemon.store, "/srv/" SECRET "/store");
    assert_string_equal(config->daemon.plugins[1], "/srv/" SECRET "/p");
    const struct config_value *store = config_value(&config->daemon.section, "store");
    assert_false(store->secret);
    assert_string_equal(config_value_shown(store), "${env:ROOT}/store");
    config_free(config);
    fixture_expect("a bad value from a reference", "daemon: {log-level: \"${env:OZON_KEY}\"}\n",
                   "error: conf.d/50.yaml:1: 'log-level' in daemon must be error, warning, info or "
                   "debug, not ***\n");
    fixture_expect(
        "a bad path from a reference", "daemon: {store: \"${env:OZON_KEY}\"}\n",
        "error: conf.d/50.yaml:1: 'store' in daemon must be an absolute path, not ***\n");
}

/* Every shape in which a secret can be put into a file by mistake. */
static void never_in_a_message(void **state)
{
    (void)state;
    static const char *const files[] = {
        KEY(SECRET "\n    token: " SECRET),
        KEY("[" SECRET "]"),
        KEY("{" SECRET ": " SECRET "}"),
        KEY("!" SECRET " x"),
        KEY("\"" SECRET),
        KEY("x\n    token:" SECRET),
        KEY("x\n    token=" SECRET ": y"),
        KEY("${file:/nowhere}" SECRET),
        KEY(SECRET "${env:NOT_THERE}"),
        KEY(SECRET "\x01"),
        KEY(SECRET "\n   : x"),
        KEY("|\n      " SECRET "\n\t"),
        KEY("> " SECRET),
        KEY("x\n    endpoints: " SECRET),
        KEY("x\n    quotas: [" SECRET "]"),
        ACCOUNT "    pin: " SECRET "\n",
        ACCOUNT "    endpoints: {api: https://" SECRET "@host}\n",
        ACCOUNT "    endpoints: {api: \"http://host?key=" SECRET "\"}\n",
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct config_report report;
        fixture_write("conf.d/50.yaml", files[i], 0644);
        struct config *config = fixture_load(&report); /* fails the test when it is there */
        assert_true(report.errors + report.warnings > 0);
        config_report_free(&report);
        config_free(config);
    }
}

static void wiped_when_freed(void **state)
{
    (void)state;
    fixture_write("key", SECRET "\n", 0600);
    char *path = path_of("key");
    char *yaml = mem_format(ACCOUNT "  a:\n    plugin: wb\n    token: ${file:%s}\n"
                                    "  b: {plugin: wb, token: " SECRET "}\n"
                                    "  c: {plugin: wb, token: \"x${env:OZON_KEY}\"}\n"
                                    "  d: {plugin: ozon, client-id: 1, api-key: \"%s\", pin: x}\n",
                            path, SECRET);
    fixture_write("conf.d/50.yaml", yaml, 0644);
    mem_free(path);
    mem_free(yaml);
    watch_blocks = true;
    struct config_report report;
    struct config *config = config_load("conf.d", fixture_plugin, NULL, &report);
    assert_null(config); /* account d; the others are built and freed again */
    config_report_free(&report);
    watch_blocks = false;

    fixture_write("conf.d/50.yaml", KEY("${env:OZON_KEY}"), 0644);
    watch_blocks = true;
    config = config_load("conf.d", fixture_plugin, NULL, &report);
    assert_non_null(config);
    config_free(config);
    watch_blocks = false;
    config_report_free(&report);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(from_the_environment, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(from_a_file, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(from_a_symbolic_link, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(from_a_credential, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(broken_references, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(files_that_are_no_secrets, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(files_that_others_can_touch, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(too_long_together, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(written_in_plain, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(sealed_beside_the_store, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(references_in_other_values, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(never_in_a_message, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(wiped_when_freed, fixture_setup, fixture_teardown),
};
TEST_MAIN(cases)
