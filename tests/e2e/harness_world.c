/* The world of a test: its directory, its files, the daemon's configuration and life. */
#include "harness.h"
#include "harness_private.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    char directory[64];
    bool good;
    int alive[2]; /* nobody writes: the watcher reads the test's end */
    pid_t daemon;
} world;

/* ---- what is kept until the end */

static struct kept {
    void *memory;
    json_t *json;
} * kept;
static size_t kept_count;

static void keep_one(struct kept one)
{
    if (kept_count % 256 == 0) kept = realloc(kept, (kept_count + 256) * sizeof *kept);
    kept[kept_count++] = one;
}

void *keep(void *memory)
{
    keep_one((struct kept){.memory = memory});
    return memory;
}

json_t *keep_json(json_t *json)
{
    if (json) keep_one((struct kept){.json = json});
    return json;
}

size_t keep_mark(void)
{
    return kept_count;
}

void keep_forget(size_t mark)
{
    while (kept_count > mark) {
        free(kept[--kept_count].memory);
        json_decref(kept[kept_count].json);
    }
}

char *text_format(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    assert_true(vasprintf(&text, format, args) >= 0);
    va_end(args);
    return keep(text);
}

const char *world_path(const char *format, ...)
{
    char name[512];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    return text_format("%s/%s", world.directory, name);
}

/* ---- files */

char *file_read(const char *path)
{
    size_t size = 0, room = 4096;
    char *text = malloc(room);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    for (ssize_t got; fd >= 0 && (got = read(fd, text + size, room - size - 1)) > 0;) {
        size += (size_t)got;
        if (room - size < 2048) text = realloc(text, room *= 2);
    }
    if (fd >= 0) close(fd);
    text[size] = '\0';
    return keep(text);
}

void file_write(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "we");
    if (!file) fail_msg("%s: %s", path, strerror(errno));
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    chmod(path, 0600);
}

void file_text(const char *path, const char *text)
{
    file_write(path, text, strlen(text));
}

void file_copy(const char *from, const char *to, mode_t mode)
{
    struct stat st;
    if (stat(from, &st) != 0) fail_msg("%s: %s", from, strerror(errno));
    char *data = malloc((size_t)st.st_size + 1);
    FILE *file = fopen(from, "re");
    assert_non_null(file);
    assert_int_equal(fread(data, 1, (size_t)st.st_size, file), st.st_size);
    fclose(file);
    unlink(to);
    file_write(to, data, (size_t)st.st_size);
    free(data);
    chmod(to, mode);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    remove(path);
    return 0;
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* ---- beginning and end */

/* A grandchild in a session of its own: it is there when ctest kills the test and its children. */
static void watch_directory(void)
{
    assert_int_equal(pipe(world.alive), 0);
    fcntl(world.alive[1], F_SETFD, FD_CLOEXEC);
    fcntl(world.alive[0], F_SETFD, FD_CLOEXEC);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (fork() != 0) _exit(0);
        setsid();
        close(world.alive[1]);
        int nowhere = open("/dev/null", O_RDWR);
        for (int fd = 0; fd <= 2; fd++)
            dup2(nowhere, fd);
        char byte;
        while (read(world.alive[0], &byte, 1) < 0 && errno == EINTR) {
        }
        struct timespec while_the_others_die = {.tv_nsec = 300000000};
        if (access(world.directory, F_OK) == 0) nanosleep(&while_the_others_die, NULL);
        remove_tree(world.directory);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

int world_begin(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    setenv("STOCKCTL_LANG", "en", 1); /* whoever runs the tests */
    curl_global_init(CURL_GLOBAL_ALL);
    memset(&world, 0, sizeof world);
    memset(&sim, 0, sizeof sim);
    strcpy(world.directory, "/tmp/stockd-e2e-XXXXXX");
    assert_non_null(mkdtemp(world.directory));
    watch_directory();
    mkdir(world_path("conf.d"), 0700);
    mkdir(world_path("plugins"), 0700);
    return 0;
}

static void show(const char *name, const char *path)
{
    enum { SHOWN = 6000 };
    const char *text = file_read(path);
    size_t size = strlen(text);
    if (size) /* not print_error, which cuts */
        fprintf(stderr, "---- %s ends so:\n%s\n", name, text + (size > SHOWN ? size - SHOWN : 0));
}

int world_end(void **state)
{
    (void)state;
    if (!world.good) {
        show("stockd's log", world_path("stockd.log"));
        show("marketsim", world_path("marketsim.err"));
    }
    processes_end();
    if (getenv("STOCKD_E2E_KEEP") && !world.good)
        print_error("kept: %s\n", world.directory);
    else
        remove_tree(world.directory);
    close(world.alive[1]);
    close(world.alive[0]);
    keep_forget(0);
    return 0;
}

void world_good_but(bool violations)
{
    if (world.daemon) {
        struct ran verify = ctl("store verify");
        if (verify.code) fail_msg("store verify: %s%s", verify.out, verify.err);
        daemon_stop();
    }
    const char *log = daemon_log();
    assert_no_text(log, "AddressSanitizer");
    assert_no_text(log, "LeakSanitizer");
    assert_no_text(log, "ThreadSanitizer");
    assert_no_text(log, "runtime error:");
    if (!violations && sim.pid && sim_violations(&sim))
        fail_msg("violations: %s",
                 (char *)keep(json_dumps(sim_get(&sim, "violations"), JSON_COMPACT)));
    world.good = true;
}

void world_good(void)
{
    world_good_but(false);
}

void test_skip(const char *why)
{
    print_message("skipped: %s\n", why);
    world_end(NULL);
    exit(77);
}

bool under_sanitizer(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#else
    return false;
#endif
}

void text_has(const char *text, const char *part, bool wanted, const char *file, int line)
{
    if ((strstr(text, part) != NULL) == wanted) return;
    fprintf(stderr, "%s '%s' in:\n%.4000s\n", wanted ? "there is no" : "there is a", part, text);
    _fail(file, line);
}

/* ---- the configuration */

void conf_write(const char *file, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    assert_true(vasprintf(&text, format, args) >= 0);
    va_end(args);
    file_text(world_path("conf.d/%s", file), text);
    free(text);
}

void conf_remove(const char *file)
{
    assert_int_equal(unlink(world_path("conf.d/%s", file)), 0);
}

bool conf_guarded;

void conf_daemon(const char *more)
{
    conf_write("10-stockd.yaml",
               "daemon:\n  store: %s\n  store-size: 1GiB\n  socket: %s\n  plugins: [%s]\n"
               "  backups: %s\n%s",
               world_path("store"), world_path("sock"), world_path("plugins"),
               world_path("backups"), more);
    if (!conf_guarded) conf_write("15-guard.yaml", "guard:\n  enabled: no\n");
}

void conf_places(void)
{
    conf_write("30-places.yaml", "warehouses:\n  msk: {name: Moscow}\n  spb: {name: Petersburg}\n");
}

/* On the marketplace's clock: its minute is 60 s / scale. */
static int scaled_ms(int ms)
{
    int scaled = (int)((double)ms / sim.scale + 0.5);
    return scaled < 1 ? 1 : scaled;
}

void conf_ozon(const char *name, const char *client_id, const char *api_key, const char *more)
{
    conf_write(text_format("50-%s.yaml", name),
               "accounts:\n  %s:\n    plugin: ozon\n    first-plan: apply\n    client-id: %s\n    "
               "api-key: %s\n"
               "    endpoints: {api: \"http://127.0.0.1:%d\"}\n"
               "    quotas: {stock: {amount: 80, per: %dms}, all: {amount: 50, per: %dms}}\n%s"
               "links:\n  - {warehouse: msk, account: %s, remote: \"501\"}\n"
               "  - {warehouse: spb, account: %s, remote: \"502\"}\n",
               name, client_id, api_key, sim.port, scaled_ms(60000), scaled_ms(1000), more, name,
               name);
}

void plugin_put(const char *from, const char *name)
{
    file_copy(from, world_path("plugins/%s", name), 0644);
}

/* ---- the daemon */

const char *daemon_program = STOCKD_PROGRAM;

pid_t daemon_pid(void)
{
    return world.daemon;
}

pid_t daemon_begin_under(const char *const *command)
{
    const char *argv[32];
    int count = 0;
    if (access(world_path("conf.d/10-stockd.yaml"), F_OK) != 0) conf_daemon("");
    while (*command && count < 28)
        argv[count++] = *command++;
    argv[count++] = daemon_program;
    argv[count++] = "--config";
    argv[count++] = world_path("conf.d");
    argv[count] = NULL;
    world.daemon = process_start(argv, world_path("stockd.out"), world_path("stockd.log"), NULL);
    return world.daemon;
}

pid_t daemon_begin(void)
{
    return daemon_begin_under((const char *const[]){NULL});
}

static bool is_ready(void)
{
    if (!process_runs(world.daemon))
        fail_msg("stockd ended with code %d instead of getting ready", daemon_ended());
    json_t *status = NULL;
    return api("GET", "/v1/status", NULL, &status) == 200 &&
           json_is_true(json_object_get(status, "ready"));
}

void daemon_wait_ready(void)
{
    WAIT_FOR(SOON_S, is_ready());
}

void daemon_start(void)
{
    daemon_begin();
    daemon_wait_ready();
}

int daemon_ended(void)
{
    int code = process_wait(world.daemon, SOON_S + 10);
    world.daemon = 0;
    return code;
}

void daemon_stop(void)
{
    kill(world.daemon, SIGTERM);
    int code = daemon_ended();
    if (code) fail_msg("stockd ended with code %d", code);
    assert_int_equal(access(world_path("sock"), F_OK), -1);
}

void daemon_kill(void)
{
    kill(world.daemon, SIGKILL);
    assert_int_equal(daemon_ended(), 128 + SIGKILL);
}

struct ran daemon_run(const char *format, ...)
{
    char line[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return run_line(STOCKD_PROGRAM, NULL, NULL, line);
}

const char *daemon_log(void)
{
    return file_read(world_path("stockd.log"));
}

bool daemon_said(const char *text)
{
    return strstr(daemon_log(), text) != NULL;
}
