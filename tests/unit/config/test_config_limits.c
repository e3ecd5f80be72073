/* Limits, and the files themselves: names, links, owners, modes, kinds. */
#include "config_fixture.h"
#include "test_main.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Loads conf.d with what is there; the messages must be these. */
static void expect(const char *messages)
{
    struct config_report report;
    config_free(fixture_load(&report));
    char *got = fixture_messages(&report);
    assert_string_equal(got, messages);
    mem_free(got);
    config_report_free(&report);
}

static void skip_unless_root(void)
{
    if (geteuid() != 0) skip();
}

static void no_directory(void **state)
{
    (void)state;
    rmdir("conf.d");
    expect("error: conf.d: the directory cannot be read: No such file or directory\n");
    fixture_write("conf.d", "", 0644);
    expect("error: conf.d: the directory cannot be read: Not a directory\n");
}

static void only_yaml_is_read(void **state)
{
    (void)state;
    static const char *const ignored[] = {
        "50.yaml~", "50.yaml.bak", "50.yaml.dpkg-new", ".50.yaml.swp",
        ".50.yaml", "#50.yaml#",   "README",           "yaml",
        ".yaml",    "#50.yaml",    "50.json",          "~",
    };
    char path[64];
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
        snprintf(path, sizeof path, "conf.d/%s", ignored[i]);
        fixture_write(path, "not: read\n", 0666);
    }
    assert_int_equal(symlink("user@host.1234", "conf.d/.#50.yaml"), 0); /* an editor's lock */
    expect("");
    fixture_write("conf.d/a.yml", "", 0666);
    fixture_write("conf.d/b.YAML", "", 0666);
    expect("warning: conf.d/a.yml: is not read; rename it so that it ends in .yaml\n"
           "warning: conf.d/b.YAML: is not read; rename it so that it ends in .yaml\n");
}

static void odd_file_names(void **state)
{
    (void)state;
    fixture_write("conf.d/a\nb.yaml", "", 0644);
    expect("error: conf.d: the file name 'a?b.yaml' is too long or holds control characters\n");
}

static void symbolic_links(void **state)
{
    (void)state;
    fixture_write("real", "daemon: {store: /a}\n", 0644);
    assert_int_equal(symlink("../real", "conf.d/10.yaml"), 0);
    struct config *config = fixture_good();
    assert_string_equal(config->daemon.store, "/a");
    config_free(config);
    assert_int_equal(symlink("nowhere", "conf.d/20.yaml"), 0);
    assert_int_equal(symlink("30.yaml", "conf.d/30.yaml"), 0);
    chmod("real", 0666); /* the mode that counts is the file's, not the link's */
    expect("error: conf.d/10.yaml: can be written by everybody (mode 0666); run: chmod o-w "
           "conf.d/10.yaml\n"
           "error: conf.d/20.yaml: cannot be read: No such file or directory\n"
           "error: conf.d/30.yaml: cannot be read: Too many levels of symbolic links\n");
}

static void not_regular_files(void **state)
{
    (void)state;
    mkdir("conf.d/10.yaml", 0755);
    assert_int_equal(mkfifo("conf.d/20.yaml", 0644), 0); /* opening it must not wait */
    assert_int_equal(symlink("/dev/null", "conf.d/30.yaml"), 0);
    expect("error: conf.d/10.yaml: is not a regular file\n"
           "error: conf.d/20.yaml: is not a regular file\n"
           "error: conf.d/30.yaml: is not a regular file\n");
}

static void written_by_everybody(void **state)
{
    (void)state;
    fixture_write("conf.d/10.yaml", "daemon: {stor: /a}\n", 0646);
    expect("error: conf.d/10.yaml: can be written by everybody (mode 0646); run: chmod o-w "
           "conf.d/10.yaml\n");
    fixture_write("conf.d/10.yaml", "", 0664); /* a group may */
    expect("");
    chmod("conf.d", 01777);
    expect("error: conf.d: can be written by everybody (mode 1777); run: chmod o-w conf.d\n");
}

static void owned_by_a_stranger(void **state)
{
    (void)state;
    skip_unless_root();
    fixture_write("conf.d/10.yaml", "", 0644);
    assert_int_equal(chown("conf.d/10.yaml", 12345, 0), 0);
    expect("error: conf.d/10.yaml: belongs to user 12345; it must belong to root or to user 0, who "
           "runs this\n");
    assert_int_equal(chown("conf.d", 12345, 0), 0);
    expect("error: conf.d: belongs to user 12345; it must belong to root or to user 0, who runs "
           "this\n");
}

static void owned_by_root_or_oneself(void **state)
{
    (void)state;
    skip_unless_root();
    fixture_write("conf.d/10.yaml", "", 0644);
    fixture_write("conf.d/20.yaml", "", 0644);
    assert_int_equal(chown("conf.d/20.yaml", 12345, 0), 0);
    assert_int_equal(chmod(".", 0755), 0);
    assert_int_equal(seteuid(12345), 0);
    expect("");
    assert_int_equal(seteuid(0), 0);
}

static void unreadable(void **state)
{
    (void)state;
    skip_unless_root();
    fixture_write("conf.d/10.yaml", "", 0600);
    assert_int_equal(chmod(".", 0755), 0);
    assert_int_equal(seteuid(12345), 0);
    expect("error: conf.d/10.yaml: cannot be read: Permission denied\n");
    assert_int_equal(seteuid(0), 0);
    chmod("conf.d", 0700);
    assert_int_equal(seteuid(12345), 0);
    expect("error: conf.d: the directory cannot be read: Permission denied\n");
    assert_int_equal(seteuid(0), 0);
}

static void size_of_a_file(void **state)
{
    (void)state;
    static char text[CONFIG_FILE_MAX + 1];
    memset(text, '\n', sizeof text);
    fixture_write_bytes("conf.d/10.yaml", text, CONFIG_FILE_MAX, 0644);
    expect("");
    fixture_write_bytes("conf.d/10.yaml", text, CONFIG_FILE_MAX + 1, 0644);
    expect("error: conf.d/10.yaml: is larger than 1048576 bytes\n");
}

static void number_of_files(void **state)
{
    (void)state;
    char path[64];
    for (int i = 0; i < CONFIG_FILES_MAX; i++) {
        snprintf(path, sizeof path, "conf.d/%04d.yaml", i);
        fixture_write(path, "", 0644);
    }
    expect("");
    fixture_write("conf.d/x.yaml", "", 0644);
    expect("error: conf.d: holds more than 1000 files ending in .yaml\n");
}

/* `before`, then `format` with 0, 1, 2 ... `count` times. */
static char *repeat(const char *before, const char *format, int count)
{
    struct buf out;
    buf_init(&out, 8u << 20);
    buf_text(&out, before);
    for (int i = 0; i < count; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        buf_format(&out, format, i);
#pragma GCC diagnostic pop
    }
    return buf_take(&out);
}

static void expect_repeated(const char *before, const char *format, int most, const char *message)
{
    char *text = repeat(before, format, most);
    fixture_write("conf.d/10.yaml", text, 0644);
    expect("");
    mem_free(text);
    text = repeat(before, format, most + 1);
    fixture_write("conf.d/10.yaml", text, 0644);
    expect(message);
    mem_free(text);
}

static void numbers_of_things(void **state)
{
    (void)state;
    expect_repeated("accounts:\n", "  a%d: {plugin: wb, token: \"${env:OZON_KEY}\"}\n",
                    CONFIG_ACCOUNTS_MAX, "error: conf.d/10.yaml:258: 'accounts': more than 256\n");
    expect_repeated("warehouses:\n", "  w%d: {}\n", CONFIG_WAREHOUSES_MAX,
                    "error: conf.d/10.yaml:1026: more than 1024 keys in one mapping\n");
    expect_repeated("accounts: {a: {plugin: wb, token: \"${env:OZON_KEY}\"}}\nwarehouses: {w: {}}\n"
                    "links:\n",
                    "  - {warehouse: w, account: a, remote: %d}\n", CONFIG_LINKS_MAX,
                    "error: conf.d/10.yaml:4: 'links': more than 4096\n");
    expect_repeated("daemon:\n  plugins:\n", "    - /p%d\n", CONFIG_PATHS_MAX,
                    "error: conf.d/10.yaml:3: 'plugins' in daemon must be a list of at most 16 "
                    "paths: [/a, /b]\n");
}

static void over_several_files(void **state)
{
    (void)state;
    char *text = repeat("warehouses:\n", "  w%d: {}\n", CONFIG_WAREHOUSES_MAX);
    fixture_write("conf.d/10.yaml", text, 0644);
    fixture_write("conf.d/20.yaml", "warehouses:\n  pp: {}\n", 0644);
    expect("error: conf.d/20.yaml:2: 'warehouses': more than 1024\n");
    mem_free(text);
}

static void depth_and_values(void **state)
{
    (void)state;
    char *text = repeat("daemon: [", "%d,", CONFIG_NODES_MAX);
    fixture_write("conf.d/10.yaml", text, 0644);
    expect("error: conf.d/10.yaml:1: the file holds too many values; split it\n");
    mem_free(text);
    text = repeat("", "[", 200000); /* deep enough to overflow a stack that recurses */
    fixture_write("conf.d/10.yaml", text, 0644);
    expect("error: conf.d/10.yaml:1: nested too deep\n");
    mem_free(text);
    text = repeat("", "- ", 200000);
    fixture_write("conf.d/10.yaml", text, 0644);
    expect("error: conf.d/10.yaml:1: nested too deep\n");
    mem_free(text);
}

static void length_of_a_value(void **state)
{
    (void)state;
    char *text = repeat("daemon:\n  store: /", "a", CONFIG_VALUE_MAX - 1);
    fixture_write("conf.d/10.yaml", text, 0644);
    expect("");
    mem_free(text);
    text = repeat("daemon:\n  store: /", "a", CONFIG_VALUE_MAX);
    fixture_write("conf.d/10.yaml", text, 0644);
    expect("error: conf.d/10.yaml:2: 'store' in daemon is longer than 65536 bytes\n");
    mem_free(text);
}

static void messages_are_bounded_and_counted(void **state)
{
    (void)state;
    char *text = repeat("daemon:\n", "  key%d: x\n", 70);
    fixture_write("conf.d/10.yaml", text, 0644);
    mem_free(text);
    struct config_report report;
    assert_null(fixture_load(&report));
    assert_int_equal(report.errors, 70);
    assert_int_equal(report.count, CONFIG_MESSAGES_MAX);
    struct buf out;
    buf_init(&out, 1 << 20);
    config_check_print("conf.d", NULL, &report, &out);
    assert_non_null(strstr(buf_cstr(&out), "\n... and 20 more\nconf.d: refused: 70 errors\n"));
    buf_free(&out);
    config_report_free(&report);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(no_directory, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(only_yaml_is_read, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(odd_file_names, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(symbolic_links, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(not_regular_files, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(written_by_everybody, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(owned_by_a_stranger, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(owned_by_root_or_oneself, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(unreadable, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(size_of_a_file, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(number_of_files, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(numbers_of_things, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(over_several_files, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(depth_and_values, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(length_of_a_value, fixture_setup, fixture_teardown),
    cmocka_unit_test_setup_teardown(messages_are_bounded_and_counted, fixture_setup,
                                    fixture_teardown),
};
TEST_MAIN(cases)
