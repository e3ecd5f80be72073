/* Starting and stopping what is measured, and waiting for it. */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_LIMIT_S = 60, POLL_US = 2000, ACTIVE_POLL_US = 200000, CONFIG_MAX = 8192 };

/* ---- processes */

static pid_t run(const char *log, char *const arguments[])
{
    pid_t pid = fork();
    if (pid < 0) bench_fail("fork: %s", strerror(errno));
    if (pid > 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* nothing outlives a benchmark that gave up */
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execv(arguments[0], arguments);
    _exit(127);
}

static void end(pid_t *pid, int signal)
{
    if (*pid <= 0) return;
    kill(*pid, signal);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

void world_nap(void)
{
    usleep(POLL_US);
}

static bool ended(pid_t pid)
{
    return waitpid(pid, NULL, WNOHANG) == pid;
}

static void program(const char *name, char out[PATH_SIZE])
{
    snprintf(out, PATH_SIZE, "%s/%s", bench_options.build, name);
    if (access(out, X_OK) != 0) bench_fail("%s is not there: script/build makes it", out);
}

/* ---- the directory */

void world_path(const struct world *world, const char *name, char out[PATH_SIZE])
{
    if (snprintf(out, PATH_SIZE, "%s/%s", world->dir, name) >= PATH_SIZE)
        bench_fail("the path of %s is too long", name);
}

static void shell(const char *format, const char *a, const char *b)
{
    char command[4 * PATH_SIZE];
    snprintf(command, sizeof command, format, a, b);
    if (system(command) != 0) bench_fail("failed: %s", command);
}

void world_open(struct world *world, const char *name)
{
    const char *base = getenv("TMPDIR");
    char plugins[PATH_SIZE];
    *world = (struct world){0};
    if (bench_options.keep) {
        snprintf(world->dir, sizeof world->dir, "%s/%s", bench_options.keep, name);
        shell("rm -rf '%s' && mkdir -p '%s'", world->dir, world->dir);
    } else {
        snprintf(world->dir, sizeof world->dir, "%s/stockd-bench.XXXXXX", base ? base : "/tmp");
        if (!mkdtemp(world->dir)) bench_fail("%s: %s", world->dir, strerror(errno));
    }
    world_path(world, "plugins", plugins);
    mkdir(plugins, 0700);
    shell("cp '%s/plugins/ozon.so' '%s/'", bench_options.build, plugins);
    shell("chmod 644 '%s'/*.so%s", plugins, "");
}

void world_close(struct world *world)
{
    world_daemon_stop(world);
    world_market_stop(world);
    if (!bench_options.keep) shell("rm -rf '%s'%s", world->dir, "");
}

/* ---- marketsim */

static unsigned read_port(const char *file)
{
    unsigned port = 0;
    FILE *stream = fopen(file, "r");
    if (!stream) return 0;
    if (fscanf(stream, "%u", &port) != 1) port = 0;
    fclose(stream);
    return port;
}

void world_market_start(struct world *world, const struct world_shape *shape)
{
    char exe[PATH_SIZE], file[PATH_SIZE], log[PATH_SIZE], products[24], stock[24], scale[24];
    char remotes[256] = "", *at = remotes;
    program("tests/marketsim/marketsim", exe);
    world_path(world, "market.port", file);
    world_path(world, "market.log", log);
    unlink(file);
    snprintf(products, sizeof products, "%zu", shape->products);
    snprintf(stock, sizeof stock, "%d", shape->stock);
    snprintf(scale, sizeof scale, "%d", shape->scale ? shape->scale : 1);
    for (int i = 0; i < shape->remotes; i++)
        at += sprintf(at, "%s%d", i ? "," : "", WORLD_REMOTE_FIRST + i);
    char *arguments[] = {exe,     "--listen",   "127.0.0.1:0", "--port-file",
                         file,    "--products", products,      "--warehouses",
                         remotes, "--stock",    stock,         "--scale",
                         scale,   "--prefix",   WORLD_PREFIX,  shape->quotas ? NULL : "--no-quotas",
                         NULL};
    world->market = run(log, arguments);
    for (int64_t begun = bench_now_ns(); !(world->port = read_port(file)); world_nap())
        if (ended(world->market) || bench_since(begun) > START_LIMIT_S)
            bench_fail("marketsim did not start: see %s", log);
    world->control = client_tcp(world->port);
    if (!world->control) bench_fail("marketsim does not listen");
}

void world_market_stop(struct world *world)
{
    client_close(world->control);
    world->control = NULL;
    end(&world->market, SIGTERM);
}

struct world_writes world_writes(struct world *world)
{
    json_t *all = client_json(world->control, "GET", "/_control/counters", NULL);
    const json_t *path = json_object_get(json_object_get(all, "by_path"), "/v2/products/stocks");
    struct world_writes writes = {
        .requests = json_integer_value(json_object_get(path, "requests")),
        .items = json_integer_value(json_object_get(path, "items")),
        .refused = json_integer_value(json_object_get(path, "refused")),
        .violations = json_integer_value(json_object_get(all, "violations")),
    };
    json_decref(all);
    return writes;
}

/* ---- stockd */

/* It judges everything, and lets it pass: all is changed here, again and again. */
static const char guard_yaml[] =
    "guard: {zeroed: 100, changed: 100, pieces: 0, source-zeroed: 100, source-changed: 100, "
    "source-pieces: 0}\n";

static const char account_yaml[] = "  %s:\n"
                                   "    plugin: ozon\n"
                                   "    first-plan: %s\n"
                                   "    client-id: 1001\n"
                                   "    api-key: ${env:STOCKD_BENCH_KEY}\n"
                                   "    endpoints: {api: \"http://127.0.0.1:%u\"}\n";

/* The first is WORLD_ACCOUNT, those after it have a number behind. */
static void account_name(int index, char out[32])
{
    if (index == 0)
        snprintf(out, 32, WORLD_ACCOUNT);
    else
        snprintf(out, 32, WORLD_ACCOUNT "%d", index + 1);
}

static int account_count(const struct world_shape *shape)
{
    return shape->accounts ? shape->accounts : 1;
}

static int add_account(char *out, size_t size, const struct world *world,
                       const struct world_shape *shape, const char *name)
{
    int used =
        snprintf(out, size, account_yaml, name, shape->waits ? "wait" : "apply", world->port);
    int scale = shape->scale ? shape->scale : 1;
    if (!shape->quotas)
        used += snprintf(out + used, size - (size_t)used,
                         "    quotas: {stock: {amount: 1000000000}, all: {amount: 1000000000}}\n");
    else if (scale > 1)
        used += snprintf(out + used, size - (size_t)used,
                         "    quotas: {stock: {amount: 80, per: %dms}, all: {amount: 50, per: "
                         "%dms}}\n",
                         60000 / scale, 1000 / scale);
    return used;
}

static int add_links(char *out, size_t size, const struct world_shape *shape, const char *name)
{
    int used = 0;
    for (int i = 0; i < shape->remotes; i++)
        used += snprintf(out + used, size - (size_t)used,
                         "  - {warehouse: " WORLD_WAREHOUSE ", account: %s, remote: \"%d\"}\n",
                         name, WORLD_REMOTE_FIRST + i);
    return used;
}

static int add_accounts(char *out, size_t size, const struct world *world,
                        const struct world_shape *shape)
{
    char name[32];
    int used = snprintf(out, size, "%saccounts:\n", guard_yaml);
    for (int i = 0; i < account_count(shape); i++) {
        account_name(i, name);
        used += add_account(out + used, size - (size_t)used, world, shape, name);
    }
    used += snprintf(out + used, size - (size_t)used, "links:\n");
    for (int i = 0; i < account_count(shape); i++) {
        account_name(i, name);
        used += add_links(out + used, size - (size_t)used, shape, name);
    }
    return used;
}

void world_configure(const struct world *world, const struct world_shape *shape)
{
    char text[CONFIG_MAX], path[PATH_SIZE];
    const char *dir = world->dir;
    int used = snprintf(text, sizeof text,
                        "daemon:\n  store: %s/store\n  store-size: 16GiB\n  socket: %s/socket\n"
                        "  plugins: [\"%s/plugins\"]\n  backups: %s/backups\n"
                        "warehouses:\n  " WORLD_WAREHOUSE ": {name: Main}\n",
                        dir, dir, dir, dir);
    if (shape->products) add_accounts(text + used, sizeof text - (size_t)used, world, shape);
    world_path(world, "conf.d", path);
    mkdir(path, 0700);
    world_path(world, "conf.d/10-bench.yaml", path);
    FILE *stream = fopen(path, "w");
    if (!stream || fputs(text, stream) < 0 || fclose(stream) != 0)
        bench_fail("%s cannot be written", path);
    setenv("STOCKD_BENCH_KEY", "test-key", 1);
}

/* It says so in its log when accounts and links are in force; then it must answer, too. */
static bool is_ready(struct world *world, const char *log, long from, const char *socket)
{
    char text[8192];
    FILE *stream = fopen(log, "r");
    if (!stream) return false;
    fseek(stream, from, SEEK_SET);
    size_t size = fread(text, 1, sizeof text - 1, stream);
    fclose(stream);
    text[size] = 0;
    if (!strstr(text, "module=daemon event=ready")) return false;
    if (!world->api) world->api = client_unix(socket);
    return world->api && client_ask(world->api, "GET", "/v1/warehouses", NULL) == 200;
}

static long size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (long)st.st_size : 0;
}

double world_daemon_start(struct world *world)
{
    char exe[PATH_SIZE], config[PATH_SIZE], log[PATH_SIZE], socket[PATH_SIZE];
    program("bin/stockd", exe);
    world_path(world, "conf.d", config);
    world_path(world, "stockd.log", log);
    world_path(world, "socket", socket);
    char *arguments[] = {exe, "--config", config, NULL};
    long from = size_of(log);
    int64_t begun = bench_now_ns();
    world->daemon = run(log, arguments);
    while (!is_ready(world, log, from, socket)) {
        if (ended(world->daemon) || bench_since(begun) > START_LIMIT_S)
            bench_fail("stockd did not start: see %s (--keep DIR keeps it)", log);
        usleep(POLL_US / 10);
    }
    return bench_since(begun);
}

static void forget_daemon(struct world *world)
{
    client_close(world->api);
    world->api = NULL;
}

void world_daemon_stop(struct world *world)
{
    forget_daemon(world);
    end(&world->daemon, SIGTERM);
}

void world_daemon_kill(struct world *world)
{
    forget_daemon(world);
    end(&world->daemon, SIGKILL);
}

void world_store_save(const struct world *world, const char *name)
{
    char from[PATH_SIZE], to[PATH_SIZE];
    world_path(world, "store", from);
    world_path(world, name, to);
    shell("rm -rf '%s' && mkdir -p '%s'", to, to);
    shell("cp --sparse=always '%s'/data.mdb '%s'/", from, to);
}

void world_store_load(const struct world *world, const char *name)
{
    char from[PATH_SIZE], to[PATH_SIZE];
    world_path(world, name, from);
    world_path(world, "store", to);
    shell("rm -rf '%s'*%s", to, "");
    shell("mkdir -m 700 '%s'%s", to, "");
    shell("cp --sparse=always '%s'/data.mdb '%s'/", from, to);
}

/* ---- waiting */

/* The first account that is not active, as "name is state"; "" when all are. */
static void not_active(struct world *world, char out[128])
{
    json_t *all = client_json(world->api, "GET", "/v1/accounts", NULL), *account;
    size_t index;
    out[0] = 0;
    json_array_foreach (json_object_get(all, "items"), index, account) {
        const char *state = json_string_value(json_object_get(account, "state"));
        if (state && (strcmp(state, "active") == 0 || strcmp(state, "dry-run") == 0)) continue;
        snprintf(out, 128, "%s is %s", json_string_value(json_object_get(account, "name")),
                 state ? state : "?");
        break;
    }
    json_decref(all);
}

void world_wait_active(struct world *world, double seconds)
{
    char left[128];
    for (int64_t begun = bench_now_ns();; usleep(ACTIVE_POLL_US)) { /* each look counts targets */
        not_active(world, left);
        if (!left[0]) return;
        if (bench_since(begun) > seconds) bench_fail("after %.0f s the account %s", seconds, left);
    }
}

int64_t world_rows(struct world *world, const char *table)
{
    json_t *store = client_json(world->api, "GET", "/v1/store", NULL), *row;
    size_t index;
    int64_t rows = -1;
    json_array_foreach (json_object_get(store, "tables"), index, row)
        if (strcmp(json_string_value(json_object_get(row, "name")), table) == 0)
            rows = json_integer_value(json_object_get(row, "rows"));
    json_decref(store);
    if (rows < 0) bench_fail("the store has no table '%s'", table);
    return rows;
}

void world_wait_clean(struct world *world, double seconds)
{
    static const char *const tables[] = {"outbox", "flight", "unresolved"};
    for (int64_t begun = bench_now_ns();; world_nap()) {
        int64_t left = 0;
        for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
            left += world_rows(world, tables[i]);
        if (left == 0) return;
        if (bench_since(begun) > seconds)
            bench_fail("%lld targets are still to be sent or looked for after %.0f s",
                       (long long)left, seconds);
    }
}

void world_pause(struct world *world, bool pause)
{
    const char *path =
        pause ? "/v1/accounts/" WORLD_ACCOUNT "/pause" : "/v1/accounts/" WORLD_ACCOUNT "/resume";
    json_decref(client_json(world->api, "POST", path, "{}"));
}

/* ---- stockctl */

double world_stockctl(struct world *world, char *const arguments[])
{
    char exe[PATH_SIZE], socket[PATH_SIZE], log[PATH_SIZE];
    char *all[16] = {exe};
    program("bin/stockctl", exe);
    world_path(world, "socket", socket);
    world_path(world, "stockctl.log", log);
    setenv("STOCKD_SOCKET", socket, 1);
    for (size_t i = 0; arguments[i] && i < 14; i++)
        all[i + 1] = arguments[i];
    int64_t begun = bench_now_ns();
    int status;
    waitpid(run(log, all), &status, 0);
    double took = bench_since(begun);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        bench_fail("stockctl %s failed: see %s (--keep DIR keeps it)", arguments[0], log);
    return took;
}

void world_csv(const char *path, size_t first, size_t count, int quantity, bool shuffled)
{
    FILE *stream = fopen(path, "w");
    size_t *order = malloc(count * sizeof *order);
    uint64_t random = 1;
    if (!stream || !order) bench_fail("%s cannot be written", path);
    for (size_t i = 0; i < count; i++)
        order[i] = first + i;
    for (size_t i = count; shuffled && i > 1; i--) {
        size_t other = bench_random(&random) % i, kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
    fputs("sku,warehouse,quantity\n", stream);
    for (size_t i = 0; i < count; i++)
        fprintf(stream, WORLD_PREFIX "%06zu," WORLD_WAREHOUSE ",%d\n", order[i], quantity);
    free(order);
    if (fclose(stream) != 0) bench_fail("%s cannot be written", path);
}

double world_import(struct world *world, const char *path, bool create)
{
    char *arguments[] = {"stock", "import", (char *)(uintptr_t)path, create ? "--create" : NULL,
                         NULL};
    return world_stockctl(world, arguments);
}
