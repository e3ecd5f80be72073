/* Each call to the kernel failing in turn, once and for good, in everything the daemon does with
 * files: each time it says what it could not do and where, keeps what it had, and does it when the
 * call works again. */
#include "torture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PRODUCTS = 5, TRIED_MAX = 60 /* of script/torture, of each kind of call */ };

static const struct fault {
    enum torture_call call;
    int error;
} faults[] = {
    {TORTURE_OPEN, EMFILE},  {TORTURE_OPEN, EACCES}, {TORTURE_READ_OPEN, EIO}, {TORTURE_READ, EIO},
    {TORTURE_WRITE, ENOSPC}, {TORTURE_SYNC, EIO},    {TORTURE_CHANGE, EROFS},  {TORTURE_LOOK, EIO},
    {TORTURE_LOCK, ENOLCK},  {TORTURE_MAP, ENOMEM},  {TORTURE_CLOSE, EIO},
};

static int serial;
static char said[4096]; /* by the last work, when it failed */

static void say(const char *text)
{
    snprintf(said, sizeof said, "%s", text);
}

static bool asked(const char *method, const char *path, const char *body)
{
    json_t *answer = NULL;
    int status = api(method, path, body, &answer);
    if (status >= 200 && status < 300) return true;
    say(status ? text_at(answer, "detail") : "");
    return false;
}

static bool gone(void)
{
    return !process_runs(daemon_pid());
}

/* ---- what is done; true: it was done */

static bool reload(void)
{
    conf_write("40-more.yaml", "warehouses:\n  w%d: {name: More}\n", ++serial);
    if (!asked("POST", "/v1/reload", NULL)) return false;
    return api("GET", text_format("/v1/warehouses/w%d", serial), NULL, NULL) == 200 ||
           strstr(ctl("warehouse list").out, text_format("w%d", serial));
}

static bool backup(void)
{
    const char *to = world_path("backups/b%d", ++serial);
    return asked("POST", "/v1/backup", text_format("{\"path\":\"%s\"}", to));
}

static bool import(void)
{
    struct figures list = {.products = PRODUCTS};
    serial++;
    for (int p = 1; p <= PRODUCTS; p++)
        list.at[0][p] = list.at[1][p] = serial;
    figures_csv(&list, world_path("import.csv"));
    size_t logged = strlen(daemon_log());
    unlink(world_path("import.err"));
    pid_t pid = ctl_begin("import", "stock import %s", world_path("import.csv"));
    /* Where the disk is full it waits, and goes on by itself. */
    WAIT_FOR(SOON_S, !process_runs(pid) || strstr(daemon_log() + logged, "event=waits"));
    torture_mend();
    int code = process_wait(pid, SOON_S);
    if (code) say(file_read(world_path("import.err")));
    return code == 0;
}

static bool rekey(void)
{
    return asked("POST", "/v1/secrets/rekey", NULL);
}

static bool seal(void)
{
    const char *path = text_format("/v1/accounts/shop-%d/secrets/api-key", ++serial);
    return asked("PUT", path, "{\"value\":\"a-key-of-a-shop\"}");
}

/* ---- */

struct work {
    bool (*work)(void);
    unsigned done, refused, ended;
};

static void restart(struct work *work, const char *when)
{
    int code = daemon_ended();
    if (code != 1 && code != 75) fail_msg("%s: stockd ended with code %d", when, code);
    work->ended++;
    torture_start();
}

/* Names the file, and why. Where it begins anew it says so, or the answer breaks off. */
static void judge_words(const char *when)
{
    if (!said[0] || strstr(said, "begins anew") || strstr(said, "broke off")) return;
    if (!strchr(said, '/')) fail_msg("%s: it does not name the file: %s", when, said);
    if (strstr(said, "errno")) fail_msg("%s: not for people: %s", when, said);
}

static void try_call(struct work *work, const struct fault *fault, uint64_t at, bool for_good)
{
    const char *when = text_format("call %llu to %s fails%s (%s)", (unsigned long long)at,
                                   torture_call_name(fault->call),
                                   for_good ? " with all after it" : "", strerror(fault->error));
    said[0] = '\0';
    torture_fail(fault->call, fault->error, (int64_t)at - 1, for_good ? -1 : 1);
    bool done = work->work();
    torture_mend();
    *(done ? &work->done : &work->refused) += 1;
    if (gone()) restart(work, when);
    if (getenv("TORTURE_TELL")) print_message("%s: %s\n", when, done ? "done" : said);
    judge_words(when);
    WAIT_FOR(SOON_S, work->work() || gone());
    if (gone()) restart(work, when);
    struct ran verify = ctl("store verify");
    if (verify.code) fail_msg("%s: %s%s", when, verify.out, verify.err);
}

static void each_call_fails(bool (*fn)(void))
{
    struct work work = {.work = fn};
    uint64_t before[TORTURE_CALLS], calls[TORTURE_CALLS];
    assert_true(fn());
    for (int i = 0; i < TORTURE_CALLS; i++)
        before[i] = torture->rules[i].seen;
    assert_true(fn());
    for (int i = 0; i < TORTURE_CALLS; i++)
        calls[i] = torture->rules[i].seen - before[i];
    const size_t kinds = sizeof faults / sizeof faults[0];
    struct torture_walk time = torture_walk(kinds);
    for (size_t k = 0; torture_full() ? k < kinds : torture_next(&time); k++) {
        const struct fault *fault = &faults[torture_full() ? k : time.at - 1];
        uint64_t all = calls[fault->call];
        if (!all) continue;
        uint64_t stride = (all + TRIED_MAX - 1) / TRIED_MAX;
        uint64_t first = torture_full() ? 1 : 1 + (uint64_t)random() % all;
        for (uint64_t at = first; at <= all; at += torture_full() ? stride : all)
            for (int good = 0; good < 2; good++)
                if (torture_full() || time.turn % 2 == (uint64_t)good)
                    try_call(&work, fault, at, good);
    }
    print_message("%u done all the same, %u refused, ended %u times\n", work.done, work.refused,
                  work.ended);
    if (torture_full()) assert_true(work.refused + work.ended > 0); /* of few, all may do no harm */
    world_good();
}

static void begin(void)
{
    conf_places();
    mkdir(world_path("backups"), 0700);
    torture_start();
    products_add(PRODUCTS);
}

static void in_a_reload(void **state)
{
    (void)state;
    begin();
    each_call_fails(reload);
}

static void in_a_backup(void **state)
{
    (void)state;
    begin();
    each_call_fails(backup);
}

static void in_an_import(void **state)
{
    (void)state;
    begin();
    each_call_fails(import);
}

static void while_all_is_sealed_anew(void **state)
{
    (void)state;
    begin();
    seal();
    each_call_fails(rekey);
}

static void while_a_secret_is_sealed(void **state)
{
    (void)state;
    begin();
    each_call_fails(seal);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(in_a_reload, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(in_a_backup, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(in_an_import, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(while_all_is_sealed_anew, torture_begin, torture_end),
    cmocka_unit_test_setup_teardown(while_a_secret_is_sealed, torture_begin, torture_end),
};

TEST_MAIN(cases)
