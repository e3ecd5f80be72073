/* Calls that fail, once and for good: each time the daemon lives on and says what it is, nothing
 * that was acknowledged is missing, and it goes on when the fault is over. */
#include "torture.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { FAST = 100, PRODUCTS = 5 };
#define DAY_MS INT64_C(86400000)

static struct figures figures;
static int64_t value; /* the last one asked for, of SKU-000001 in msk */

static void shop_begin(void)
{
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 0", PRODUCTS));
    conf_places();
    /* A clock that is far ahead makes the weekly resync due, and that has two minutes' patience. */
    conf_ozon("ozon-main", "1001", "test-key", "    timeout: 1s\n    schedule: {resync: off}\n");
    torture_start();
    products_add(PRODUCTS);
    wait_active("ozon-main");
}

static int set(json_t **problem)
{
    value++;
    return api("PUT", "/v1/stock/SKU-000001/msk",
               text_format("{\"quantity\":%lld,\"kind\":\"on-hand\"}", (long long)value), problem);
}

/* -1: no answer, which a daemon that begins anew owes for a moment. */
static int64_t on_hand_now(void)
{
    json_t *answer = NULL;
    if (api("GET", "/v1/stock/SKU-000001?warehouse=msk", NULL, &answer) != 200) return -1;
    json_t *row = json_array_get(json_object_get(answer, "stock"), 0);
    return json_is_integer(json_object_get(row, "on_hand")) ? number_at(row, "on_hand") : 0;
}

static int64_t on_hand(void)
{
    int64_t there = -1;
    WAIT_FOR(SOON_S, (there = on_hand_now()) >= 0);
    return there;
}

static void arrives(void)
{
    figures.products = PRODUCTS;
    for (int p = 1; p <= PRODUCTS; p++)
        for (int w = 0; w < 2; w++)
            figures.at[w][p] = -1;
    figures.at[0][1] = on_hand();
    wait_shown(&figures, LONG_S);
}

/* Works again, by itself: at once, or when it has begun anew (LMDB does not go on after some of the
 * writes that fail). */
static void goes_on(const char *after)
{
    json_t *problem = NULL;
    int status;
    WAIT_FOR(SOON_S, ((status = set(&problem)) == 200 ||
                      (status && !strstr(text_at(problem, "detail"), "begins anew"))));
    if (status != 200) fail_msg("after %s: %d %s", after, status, text_at(problem, "detail"));
    assert_int_equal(on_hand(), value);
    struct ran verify = ctl("store verify");
    if (verify.code) fail_msg("after %s: %s%s", after, verify.out, verify.err);
}

/* ---- the disk */

static const struct fault {
    const char *name;
    enum torture_call call;
    int error;
    const char *says; /* in the refusal */
} disk_faults[] = {
    {"a full disk", TORTURE_WRITE, ENOSPC, "the disk is full"},
    {"a quota that is used up", TORTURE_WRITE, EDQUOT, "the disk is full"},
    {"a disk that refuses writes", TORTURE_WRITE, EIO, "the disk refused"},
    {"a disk that was made read-only", TORTURE_WRITE, EROFS, "Read-only"},
    {"a disk that refuses to sync", TORTURE_SYNC, EIO, "the disk refused"},
};

static void a_disk_fails_for_a_while(void **state)
{
    (void)state;
    shop_begin();
    goes_on("the start");
    for (size_t i = 0; i < sizeof disk_faults / sizeof disk_faults[0]; i++) {
        const struct fault *fault = &disk_faults[i];
        int64_t before = value;
        json_t *problem = NULL;
        torture_fail(fault->call, fault->error, 0, -1);
        for (int again = 0; again < 3; again++) {
            int status = set(&problem);
            const char *detail = status ? text_at(problem, "detail") : "";
            if (status != 507 && status != 503 && status != 500 && status != 0)
                fail_msg("%s: %d %s", fault->name, status, detail);
            if (status && !strstr(detail, fault->says) && !strstr(detail, "begins anew"))
                fail_msg("%s: %s", fault->name, detail);
            assert_int_equal(on_hand(), before); /* reading goes on */
        }
        torture_mend();
        value = before;
        goes_on(fault->name);
    }
    arrives();
    world_good();
}

/* Each call of a round fails once: a refusal has no effect, what was acknowledged has. */
static void each_call_fails_once(enum torture_call call, int error)
{
    struct torture_rule *rule = &torture->rules[call];
    uint64_t before = rule->seen;
    goes_on("nothing");
    arrives();
    uint64_t calls = rule->seen - before;
    for (struct torture_walk walk = torture_walk(calls ? calls : 1); torture_next(&walk);) {
        if (torture_full() && walk.how) continue;
        int64_t held = on_hand();
        torture_fail(call, error, (int64_t)walk.at - 1, 1);
        json_t *problem = NULL;
        int status = set(&problem);
        torture_mend();
        if (!process_runs(daemon_pid())) fail_msg("stockd ended with code %d", daemon_ended());
        int64_t there = on_hand();
        if (status == 200 ? there != value : there != value && there != held)
            fail_msg("call %llu: answered %d, %lld is there of %lld", (unsigned long long)walk.at,
                     status, (long long)there, (long long)value);
        goes_on(text_format("call %llu failed and was answered %d %s", (unsigned long long)walk.at,
                            status, problem ? text_at(problem, "detail") : ""));
    }
    arrives();
    world_good();
}

static void each_write_fails_once(void **state)
{
    (void)state;
    shop_begin();
    each_call_fails_once(TORTURE_WRITE, EIO);
}

static void each_sync_fails_once(void **state)
{
    (void)state;
    shop_begin();
    each_call_fails_once(TORTURE_SYNC, EIO);
}

static void each_sending_fails_once(void **state)
{
    (void)state;
    shop_begin();
    each_call_fails_once(TORTURE_SEND, ECONNRESET);
}

/* ---- imports: the upload is kept in a file of its own */

static void an_import_meets_a_full_disk(void **state)
{
    (void)state;
    shop_begin();
    figures.products = PRODUCTS;
    for (int p = 1; p <= PRODUCTS; p++)
        for (int w = 0; w < 2; w++)
            figures.at[w][p] = 40 + p;
    figures_csv(&figures, world_path("import.csv"));
    uint64_t before = torture->rules[TORTURE_WRITE].seen;
    ctl_ok("stock import %s", world_path("import.csv"));
    for (struct torture_walk walk = torture_walk(torture->rules[TORTURE_WRITE].seen - before);
         torture_next(&walk);) {
        if (torture_full() && walk.how) continue;
        torture_fail(TORTURE_WRITE, ENOSPC, (int64_t)walk.at - 1,
                     1); /* an import waits longer each time */
        for (int p = 1; p <= PRODUCTS; p++)
            figures.at[0][p] = figures.at[1][p] = 50 + (int64_t)walk.turn;
        figures_csv(&figures, world_path("import.csv"));
        struct ran ran = ctl("stock import %s", world_path("import.csv"));
        torture_mend();
        if (ran.code && !ran.err[0]) fail_msg("write %llu: no word", (unsigned long long)walk.at);
        /* Taken or not, and if it had to begin anew: the next try is taken. */
        if (ran.code) WAIT_FOR(SOON_S, ctl("stock import %s", world_path("import.csv")).code == 0);
    }
    wait_shown(&figures, LONG_S);
    world_good();
}

/* ---- starting */

/* Once, each in turn; or with all after it, as long as it starts. */
static void each_call_of_a_start_fails(enum torture_call call, int error)
{
    conf_places();
    mkdir(world_path("old"), 0700);
    torture_start();
    uint64_t calls = torture->rules[call].seen;
    daemon_stop();
    int serial = 0;
    for (struct torture_walk walk = torture_walk(calls); torture_next(&walk);) {
        if (torture_full() && walk.how == TORTURE_TORN) continue;
        serial++;
        if (serial % 2) rename(world_path("store"), world_path("old/%d", serial));
        unlink(world_path("stockd.log"));
        torture_fail(call, error, (int64_t)walk.at - 1, walk.how == TORTURE_BEFORE ? 1 : -1);
        torture_start_begin();
        WAIT_FOR(SOON_S, !process_runs(daemon_pid()) ||
                             api("GET", "/v1/warehouses", NULL, NULL) == 200 ||
                             daemon_said("level=error"));
        torture_mend();
        if (process_runs(daemon_pid())) {
            WAIT_FOR(SOON_S, !process_runs(daemon_pid()) ||
                                 api("GET", "/v1/warehouses", NULL, NULL) == 200);
        }
        if (process_runs(daemon_pid())) {
            daemon_stop();
        } else {
            int code = daemon_ended();
            const char *word = strstr(daemon_log(), "stockd: ");
            if ((code != 1 && code != 78) || !word || !strchr(word, '/'))
                fail_msg("call %llu%s: exit %d: %s", (unsigned long long)walk.at,
                         walk.how == TORTURE_BEFORE ? "" : " and all after it", code, daemon_log());
        }
        torture_start();
        assert_int_equal(ctl("store verify").code, 0);
        daemon_stop();
    }
    torture_start();
    world_good();
}

static void a_start_cannot_write(void **state)
{
    (void)state;
    each_call_of_a_start_fails(TORTURE_WRITE, ENOSPC);
}

static void a_start_cannot_sync(void **state)
{
    (void)state;
    each_call_of_a_start_fails(TORTURE_SYNC, EIO);
}

static void a_start_cannot_open(void **state)
{
    (void)state;
    each_call_of_a_start_fails(TORTURE_OPEN, EMFILE);
}

static void a_start_cannot_read(void **state)
{
    (void)state;
    each_call_of_a_start_fails(TORTURE_READ_OPEN, EIO);
}

static void a_start_cannot_change_directories(void **state)
{
    (void)state;
    each_call_of_a_start_fails(TORTURE_CHANGE, EROFS);
}

static void a_start_reads_nothing(void **state)
{
    (void)state;
    each_call_of_a_start_fails(TORTURE_READ, EIO);
}

static void a_start_cannot_look(void **state)
{
    (void)state;
    each_call_of_a_start_fails(TORTURE_LOOK, EIO);
}

static void a_start_cannot_lock(void **state)
{
    (void)state;
    each_call_of_a_start_fails(TORTURE_LOCK, ENOLCK);
}

static void a_start_cannot_map(void **state)
{
    (void)state;
    each_call_of_a_start_fails(TORTURE_MAP, ENOMEM);
}

static void a_start_gets_no_socket(void **state)
{
    (void)state;
    each_call_of_a_start_fails(TORTURE_SOCKET, EMFILE);
}

/* Figures from before a restore are believed by nobody, though the disk refuses to have that noted.
 */
static void a_restored_store_waits_for_its_epoch(void **state)
{
    (void)state;
    mkdir(world_path("backups"), 0700);
    shop_begin();
    goes_on("the start");
    arrives();
    ctl_ok("backup %s", world_path("backups/one"));
    daemon_stop();
    ctl_ok("restore %s --store %s --yes", world_path("backups/one"), world_path("store"));
    int64_t before = sim_requests(&sim, NULL);
    torture_fail(TORTURE_WRITE, ENOSPC, 0, -1);
    torture_start_begin();
    WAIT_FOR(SOON_S, daemon_said("event=epoch-failed"));
    WAIT_FOR(SOON_S, on_hand_now() >= 0);
    assert_false(daemon_said("event=restored"));
    assert_int_equal(sim_requests(&sim, NULL), before);
    torture_mend();
    WAIT_FOR(SOON_S, daemon_said("event=restored"));
    daemon_wait_ready();
    goes_on("the disk works again");
    arrives();
    world_good();
}

/* ---- descriptors */

static int64_t cpu_ms(void)
{
    const char *stat = file_read(text_format("/proc/%d/stat", (int)daemon_pid()));
    const char *at = strrchr(stat, ')');
    unsigned long user = 0, system = 0;
    assert_non_null(at);
    assert_int_equal(
        sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system), 2);
    return (int64_t)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
}

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", world_path("sock"));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void no_descriptor_is_left(void **state)
{
    (void)state;
    enum { CLIENTS = 40, SPARE = 8 };
    shop_begin();
    goes_on("the start");
    int clients[CLIENTS];
    struct rlimit before, low;
    int highest = 0;
    for (int fd = 0; fd < 1024; fd++)
        if (access(text_format("/proc/%d/fd/%d", (int)daemon_pid(), fd), F_OK) == 0) highest = fd;
    assert_int_equal(prlimit(daemon_pid(), RLIMIT_NOFILE, NULL, &before), 0);
    low = before;
    low.rlim_cur = (rlim_t)(highest + 1 + SPARE);
    assert_int_equal(prlimit(daemon_pid(), RLIMIT_NOFILE, &low, NULL), 0);
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = dial();
    int64_t cpu = cpu_ms(), since = now_ms();
    WAIT_FOR(SOON_S, now_ms() - since > 1500);
    if (cpu_ms() - cpu > 500)
        fail_msg("%lld ms of the processor in 1.5 s with nothing to do",
                 (long long)(cpu_ms() - cpu));
    for (int i = 0; i < CLIENTS; i++)
        close(clients[i]);
    goes_on("the clients left"); /* some were served only now */
    assert_int_equal(prlimit(daemon_pid(), RLIMIT_NOFILE, &before, NULL), 0);
    goes_on("the limit was raised");
    arrives();
    world_good();
}

static void no_socket_for_the_marketplace(void **state)
{
    (void)state;
    static const struct {
        enum torture_call call;
        int error;
    } faults[] = {{TORTURE_SOCKET, EMFILE}, {TORTURE_CONNECT, ENETUNREACH}, {TORTURE_CONNECT, EIO}};
    shop_begin();
    arrives();
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        uint64_t before = torture->rules[faults[i].call].seen;
        torture_fail(faults[i].call, faults[i].error, 0, -1);
        torture_fail(TORTURE_SEND, EPIPE, 0, 0);
        sim_post(&sim, "fault",
                 "{\"kind\":\"drop_before\",\"path\":\"/v2/products/stocks\",\"count\":1}");
        goes_on(
            "the start"); /* on a connection that is open, dropped: then on one that cannot be */
        WAIT_FOR(LONG_S, torture->rules[faults[i].call].seen > before);
        goes_on("no socket");
        assert_int_equal(ctl("status").code, 0);
        torture_mend();
        arrives();
    }
    world_good();
}

/* ---- the clock */

static void a_clock_that_is_set(void **state)
{
    (void)state;
    static const int64_t steps_ms[] = {60000,
                                       -60000,
                                       3600000,
                                       0,
                                       -3600000,
                                       0,
                                       86400000,
                                       0,
                                       -86400000,
                                       400 * DAY_MS,
                                       0,
                                       -400 * DAY_MS,
                                       0,
                                       20 * 366 * DAY_MS,
                                       -20 * 366 * DAY_MS,
                                       0};
    shop_begin();
    for (size_t i = 0; i < sizeof steps_ms / sizeof steps_ms[0]; i++) {
        torture->clock_ms = steps_ms[i];
        goes_on(text_format("the clock was set to %lld s from the true time",
                            (long long)(steps_ms[i] / 1000)));
        if (steps_ms[i] == 0) arrives();
    }
    torture->clock_ms = 0;
    goes_on("all of it");
    arrives();
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_disk_fails_for_a_while, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(each_write_fails_once, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(each_sync_fails_once, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(each_sending_fails_once, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(an_import_meets_a_full_disk, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(a_start_cannot_write, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(a_start_cannot_sync, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(a_start_cannot_open, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(a_start_cannot_read, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(a_start_cannot_change_directories, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(a_start_reads_nothing, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(a_start_cannot_look, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(a_start_cannot_lock, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(a_start_cannot_map, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(a_start_gets_no_socket, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(a_restored_store_waits_for_its_epoch, torture_begin,
                                    torture_end),
    cmocka_unit_test_setup_teardown(no_descriptor_is_left, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(no_socket_for_the_marketplace, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(a_clock_that_is_set, torture_begin, torture_end),
};

TEST_MAIN(cases)
