/* stockd under a service manager: what it tells, what an instance is, and its exit codes. */
#include "harness.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int manager = -1;

static void manager_listen(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    bool named = name[0] == '/';
    size_t size = strlen(name);
    assert_true(size < sizeof address.sun_path);
    memcpy(address.sun_path, name, size);
    if (!named) address.sun_path[0] = 0;
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(manager, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + named)),
                     0);
    setenv("NOTIFY_SOCKET", name, 1);
}

/* The next datagram that has this line in it; of those before it, none may hold `never`. */
static const char *told(const char *line, const char *never)
{
    static char text[4096];
    for (struct pollfd fd = {manager, POLLIN, 0};;) {
        if (poll(&fd, 1, SOON_S * 1000) != 1) fail_msg("was not told: %s", line);
        ssize_t size = recv(manager, text, sizeof text - 1, 0);
        assert_true(size > 0);
        text[size] = 0;
        if (strstr(text, line)) return text;
        if (never) assert_no_text(text, never);
    }
}

static void tells_the_service_manager(void **state)
{
    (void)state;
    manager_listen(world_path("manager"));
    setenv("WATCHDOG_USEC", "2000000", 1);
    daemon_start();
    told("READY=1", "WATCHDOG=1");
    told("WATCHDOG=1", NULL);
    told("WATCHDOG=1", NULL); /* again and again */

    int64_t before_us = now_ms() * 1000;
    kill(daemon_pid(), SIGHUP);
    const char *at = strstr(told("RELOADING=1", "READY=1"), "\nMONOTONIC_USEC=");
    assert_non_null(at);
    long long then_us = strtoll(at + strlen("\nMONOTONIC_USEC="), NULL, 10);
    assert_true(then_us >= before_us && then_us / 1000 <= now_ms());
    assert_text(told("READY=1", "STOPPING=1"), "STATUS=ready, with the new configuration");

    conf_write("90-wrong.yaml", "wrong: 1\n");
    kill(daemon_pid(), SIGHUP);
    told("RELOADING=1", "READY=1");
    assert_text(told("READY=1", "STOPPING=1"), "refused");
    conf_remove("90-wrong.yaml");

    kill(daemon_pid(), SIGTERM);
    told("STOPPING=1", "READY=1");
    assert_int_equal(daemon_ended(), 0);
    world_good();
}

static bool has_ended(pid_t pid)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

/* A logrotate, or a reload, that comes when it is about to end. */
static void late_signals_do_not_end_it(void **state)
{
    (void)state;
    daemon_start();
    kill(daemon_pid(), SIGTERM);
    while (!has_ended(daemon_pid())) {
        kill(daemon_pid(), SIGHUP);
        kill(daemon_pid(), SIGUSR1);
    }
    assert_int_equal(daemon_ended(), 0);
}

static void tells_at_a_name_without_a_file(void **state)
{
    (void)state;
    manager_listen(text_format("@stockd-test-%ld", (long)getpid()));
    setenv("WATCHDOG_USEC", "2000000", 1);
    setenv("WATCHDOG_PID", "1", 1); /* somebody else's */
    daemon_start();
    told("READY=1", "WATCHDOG=1");
    /* So long that its turn would have come twice. */
    for (int64_t end_ms = now_ms() + 2200; now_ms() < end_ms;) {
        kill(daemon_pid(), SIGHUP);
        told("RELOADING=1", "WATCHDOG=1");
        told("READY=1", "WATCHDOG=1");
    }
    kill(daemon_pid(), SIGTERM);
    told("STOPPING=1", "WATCHDOG=1");
    assert_int_equal(daemon_ended(), 0);
    world_good();
}

static void bears_a_manager_that_is_not_there(void **state)
{
    (void)state;
    static const char *const names[] = {"/nowhere/at/all", "no path", "@", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        daemon_start();
        daemon_stop();
    }
    world_good();
}

static void an_instance_has_its_own_places(void **state)
{
    (void)state;
    assert_int_equal(mkdir(world_path("empty"), 0755), 0);
    struct ran ran = daemon_run("--dump -i shop2 --config %s", world_path("empty"));
    assert_int_equal(ran.code, 0);
    assert_text(ran.out, "/var/lib/stockd-shop2/store");
    assert_text(ran.out, "/run/stockd-shop2/stockd.sock");
    assert_no_text(ran.out, "/var/lib/stockd/");
    ran = daemon_run("--check -i no-such-shop");
    assert_int_equal(ran.code, 78);
    assert_text(ran.err, "/etc/stockd/no-such-shop.d");
    world_good();
}

static void an_instance_says_its_name(void **state)
{
    (void)state;
    conf_daemon("");
    const char *const argv[] = {STOCKD_PROGRAM,       "-i", "shop2", "--config",
                                world_path("conf.d"), NULL};
    pid_t pid = process_start(argv, world_path("i.out"), world_path("i.log"), NULL);
    json_t *status = NULL;
    WAIT_FOR(SOON_S, api("GET", "/v1/status", NULL, &status) == 200);
    assert_string_equal(text_at(status, "instance"), "shop2");
    kill(pid, SIGTERM);
    assert_int_equal(process_wait(pid, SOON_S), 0);
    world_good();
}

static void its_exit_codes(void **state)
{
    (void)state;
    conf_daemon("");
    assert_int_equal(mkdir(world_path("wrong.d"), 0755), 0);
    assert_int_equal(mkdir(world_path("taken.d"), 0755), 0);
    conf_write("../wrong.d/10.yaml", "daemon:\n  store: relative\n");
    conf_write("../taken.d/10.yaml", "daemon:\n  store: %s/below\n  socket: %s\n",
               world_path("conf.d/10-stockd.yaml"), world_path("other"));
    const struct {
        const char *words;
        int code;
        const char *says; /* on standard error */
    } rows[] = {
        {"--help", 0, ""},
        {"--version", 0, ""},
        {text_format("--check --config %s", world_path("conf.d")), 0, ""},
        {text_format("--dump --config %s", world_path("conf.d")), 0, ""},
        {text_format("--config %s", world_path("taken.d")), 1, "stockd: "},
        {"--no-such-flag", 2, "--help"},
        {"one-word", 2, "one word too many"},
        {"-i ../etc", 2, "cannot name an instance"},
        {"-i conf", 2, "cannot name an instance"},
        {"-i ''", 2, "cannot name an instance"},
        {text_format("--config %s", world_path("wrong.d")), 78, "stockd --check"},
        {text_format("--check --config %s", world_path("wrong.d")), 78, "absolute path"},
        {text_format("--check --config %s", world_path("nowhere")), 78, "nowhere"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ran ran = daemon_run("%s", rows[i].words);
        if (ran.code != rows[i].code)
            fail_msg("stockd %s ended with %d instead of %d: %s", rows[i].words, ran.code,
                     rows[i].code, ran.err);
        assert_text(ran.err, rows[i].says);
    }
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(tells_the_service_manager, world_begin, world_end),
    cmocka_unit_test_setup_teardown(late_signals_do_not_end_it, world_begin, world_end),
    cmocka_unit_test_setup_teardown(tells_at_a_name_without_a_file, world_begin, world_end),
    cmocka_unit_test_setup_teardown(bears_a_manager_that_is_not_there, world_begin, world_end),
    cmocka_unit_test_setup_teardown(an_instance_has_its_own_places, world_begin, world_end),
    cmocka_unit_test_setup_teardown(an_instance_says_its_name, world_begin, world_end),
    cmocka_unit_test_setup_teardown(its_exit_codes, world_begin, world_end),
};

TEST_MAIN(cases)
