/* Configuration: any files are loaded or refused with sentences, and no secret is in what is said
 * of them. Input: files, one after another, each ended by a line "%%". */
#include "fuzz.h"

#include "base/buf.h"
#include "config/config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 4 };
#define SECRET "hunter2-of-the-cabinet"

static const struct config_option_spec options[] = {
    {.name = "client-id", .type = CONFIG_STRING, .required = true, .help = "Number."},
    {.name = "api-key", .type = CONFIG_STRING, .required = true, .secret = true, .help = "Key."},
    {.name = "pin", .type = CONFIG_INT, .secret = true, .min = 1, .max = 9999, .help = "A pin."},
    {.name = "scheme",
     .type = CONFIG_CHOICE,
     .default_value = "fbs",
     .choices = "fbs|rfbs",
     .help = "Which."},
    {.name = "window", .type = CONFIG_DURATION, .default_value = "1d", .help = "How far back."},
    {.name = "gateway", .type = CONFIG_STRING, .help = "Address of a gateway."},
};
static const struct config_endpoint_spec endpoints[] = {
    {.name = "api", .default_url = "https://api.example.com"},
    {.name = "gate", .url_option = "gateway"},
};
static const char *const buckets[] = {"stock", "second"};
static const struct config_plugin_spec shop = {"ozon", options, 6, endpoints, 2, buckets, 2, NULL};

static const struct config_plugin_spec *find(void *ctx, const struct config_daemon *daemon,
                                             const char *id, struct error *error)
{
    (void)ctx, (void)daemon;
    if (strcmp(id, "ozon") == 0) return &shop;
    error_set(error, ST_NOT_FOUND, "there is no plugin %s", id);
    return NULL;
}

static char home[64];

static void home_remove(void)
{
    char path[128];
    for (int i = 0; i < FILES_MAX; i++) {
        snprintf(path, sizeof path, "%s/conf.d/%d.yaml", home, i);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/conf.d", home);
    rmdir(path);
    rmdir(home);
}

static void home_make(void)
{
    umask(022);
    snprintf(home, sizeof home, "%s/stockd-fuzz-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    char path[128];
    if (!mkdtemp(home)) abort();
    snprintf(path, sizeof path, "%s/conf.d", home);
    if (mkdir(path, 0755) || setenv("SHOP_KEY", SECRET, 1)) abort();
    unsetenv("CREDENTIALS_DIRECTORY");
    atexit(home_remove);
}

static void put_file(int number, const char *data, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/conf.d/%d.yaml", home, number);
    unlink(path);
    if (!data) return;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
    close(fd);
}

static void put_files(const char *data, size_t size)
{
    static const char end[] = "\n%%\n";
    for (int i = 0; i < FILES_MAX; i++) {
        const char *cut = data ? memmem(data, size, end, sizeof end - 1) : NULL;
        put_file(i, data, cut && i + 1 < FILES_MAX ? (size_t)(cut - data) + 1 : size);
        if (!cut) {
            data = NULL;
            continue;
        }
        size -= (size_t)(cut - data) + sizeof end - 1;
        data = cut + sizeof end - 1;
    }
}

static void check_silent(const char *text)
{
    FUZZ_CHECK(!strstr(text, SECRET), "no secret is said: %s", text);
}

static void differs(void *ctx, const struct config_change *change)
{
    (void)ctx;
    FUZZ_CHECK(!change, "the same files differ in nothing, not in %s", change->path);
}

static void check_again(const char *dir, const struct config *config)
{
    struct config_report report;
    struct config *again = config_load(dir, find, NULL, &report);
    FUZZ_CHECK(again, "the same files load again");
    config_diff(config, again, differs, NULL);
    config_free(again);
    config_report_free(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!home[0]) home_make();
    put_files((const char *)data, size);
    char dir[128];
    snprintf(dir, sizeof dir, "%s/conf.d", home);
    struct config_report report;
    struct config *config = config_load(dir, find, NULL, &report);
    FUZZ_CHECK(config || report.errors, "a refusal says why");
    struct buf out;
    buf_init(&out, 64u << 20);
    config_check_print(dir, config, &report, &out);
    if (config) {
        config_dump(config, &out);
        check_again(dir, config);
    }
    /* One that writes the key itself where anybody reads it is not what is tried here. */
    if (!memmem(data ? data : (const uint8_t *)"", size, "hunter2", 7))
        check_silent(buf_cstr(&out));
    buf_free(&out);
    config_free(config);
    config_report_free(&report);
    return 0;
}
