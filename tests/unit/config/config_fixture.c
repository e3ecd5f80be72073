/* What the configuration tests share. */
#include "config_fixture.h"

#include "base/mem.h"
#include "test_main.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char home[] = "/tmp/stockd-config-XXXXXX";

int fixture_setup(void **state)
{
    (void)state;
    strcpy(home + strlen(home) - 6, "XXXXXX");
    umask(022);
    if (!mkdtemp(home) || chdir(home) || mkdir("conf.d", 0755)) return -1;
    return setenv("OZON_KEY", SECRET, 1) || unsetenv("CREDENTIALS_DIRECTORY");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

int fixture_teardown(void **state)
{
    (void)state;
    return chdir("/") || nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void fixture_write_bytes(const char *path, const void *data, size_t size, unsigned mode)
{
    unlink(path);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), (ssize_t)size);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

void fixture_write(const char *path, const char *text, unsigned mode)
{
    fixture_write_bytes(path, text, strlen(text), mode);
}

static const struct config_option_spec ozon_options[] = {
    {.name = "client-id",
     .type = CONFIG_STRING,
     .required = true,
     .help = "Number of the cabinet."},
    {.name = "api-key",
     .type = CONFIG_STRING,
     .required = true,
     .secret = true,
     .help = "Key of the cabinet."},
    {.name = "pin", .type = CONFIG_INT, .secret = true, .min = 1, .max = 9999, .help = "A pin."},
    {.name = "scheme",
     .type = CONFIG_CHOICE,
     .default_value = "fbs",
     .choices = "fbs|rfbs|any",
     .help = "Which stock."},
    {.name = "window", .type = CONFIG_DURATION, .default_value = "1d", .help = "How far back."},
    {.name = "depth", .type = CONFIG_INT, .default_value = "3", .min = -5, .max = 5, .help = "A."},
    {.name = "gateway", .type = CONFIG_STRING, .help = "Address of a gateway."},
};
static const struct config_endpoint_spec ozon_endpoints[] = {
    {.name = "api", .default_url = "https://api-seller.ozon.ru"},
    {.name = "gate", .url_option = "gateway"},
};
static const char *const ozon_buckets[] = {"stock", "second"};
static const struct config_plugin_spec ozon = {"ozon", ozon_options, 7, ozon_endpoints,
                                               2,      ozon_buckets, 2, NULL};

static const struct config_option_spec wb_options[] = {
    {.name = "token", .type = CONFIG_STRING, .required = true, .secret = true, .help = "Token."},
};
static const struct config_plugin_spec wb = {"wb", wb_options, 1, NULL, 0, NULL, 0, NULL};

static const struct config_option_spec greedy_options[] = {
    {.name = "timeout", .type = CONFIG_INT, .help = "Taken."},
};
static const struct config_plugin_spec greedy = {"greedy", greedy_options, 1, NULL,
                                                 0,        NULL,           0, NULL};

static const struct config_option_spec wrong_options[] = {
    {.name = "pause", .type = CONFIG_DURATION, .default_value = "soon", .help = "Wrong."},
};
static const struct config_plugin_spec wrong = {"wrong", wrong_options, 1, NULL, 0, NULL, 0, NULL};

const struct config_plugin_spec *fixture_plugin(void *ctx, const struct config_daemon *daemon,
                                                const char *id, struct error *error)
{
    static const struct config_plugin_spec *const all[] = {&ozon, &wb, &greedy, &wrong};
    (void)ctx;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (!strcmp(all[i]->id, id)) return all[i];
    error_set(error, ST_NOT_FOUND, "there is no %s/%s.so", daemon->plugins[0], id);
    return NULL;
}

static void assert_silent(const char *text)
{
    if (!strstr(text, SECRET)) return;
    print_error("the secret is in: %s\n", text);
    fail();
}

struct config *fixture_load(struct config_report *report)
{
    struct config *config = config_load("conf.d", fixture_plugin, NULL, report);
    struct buf out;
    buf_init(&out, 8u << 20);
    config_check_print("conf.d", config, report, &out);
    if (config) config_dump(config, &out);
    assert_false(out.overflow);
    assert_silent(buf_cstr(&out));
    buf_free(&out);
    return config;
}

char *fixture_messages(const struct config_report *report)
{
    struct buf out;
    buf_init(&out, 1u << 20);
    for (size_t i = 0; i < report->count; i++)
        buf_format(&out, "%s: %s\n",
                   report->messages[i].severity == CONFIG_ERROR ? "error" : "warning",
                   report->messages[i].text);
    return buf_take(&out);
}

struct config *fixture_good(void)
{
    struct config_report report;
    struct config *config = fixture_load(&report);
    char *messages = fixture_messages(&report);
    if (!config) print_error("%s", messages);
    mem_free(messages);
    config_report_free(&report);
    assert_non_null(config);
    return config;
}

void fixture_expect(const char *what, const char *yaml, const char *messages)
{
    fixture_write("conf.d/50.yaml", yaml, 0644);
    struct config_report report;
    struct config *config = fixture_load(&report);
    char *got = fixture_messages(&report);
    if (strcmp(got, messages) != 0) {
        print_error("%s\n--- file\n%s--- expected\n%s--- got\n%s", what, yaml, messages, got);
        fail();
    }
    assert_true((config == NULL) == (strstr(messages, "error: ") != NULL));
    mem_free(got);
    config_report_free(&report);
    config_free(config);
}
