/* Starting, stopping, and refusing to start; what the command line says. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void starts_answers_and_stops(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) { /* the second start finds a store */
        daemon_start();
        struct ran status = ctl("status");
        assert_int_equal(status.code, 0);
        assert_text(status.out, "stockctl account add");
        assert_string_equal(status.err, "");
        json_t *json = api_get("/v1/status");
        assert_string_equal(text_at(json, "version"), STOCKD_VERSION);
        assert_string_equal(text_at(json, "health"), "ok");
        assert_int_equal(number_at(json, "counts.products"), 0);
        daemon_stop();
        assert_text(daemon_log(), "stopped exit=0");
        assert_int_equal(ctl("status").code, 3);
    }
    daemon_start();
    kill(daemon_pid(), SIGINT);
    assert_int_equal(daemon_ended(), 0);
    world_good();
}

static void says_how_to_reach_it(void **state)
{
    (void)state;
    struct ran ran = ctl("status");
    assert_int_equal(ran.code, 3);
    assert_text(ran.err, world_path("sock"));
    assert_text(ran.err, "stockd");
    assert_string_equal(ran.out, "");
    world_good();
}

static void a_second_one_on_the_store_is_refused(void **state)
{
    (void)state;
    daemon_start();
    /* Another socket, the same store. */
    file_text(world_path("conf.d/10-stockd.yaml"),
              text_format("daemon:\n  store: %s\n  socket: %s\n  plugins: [%s]\n",
                          world_path("store"), world_path("other"), world_path("plugins")));
    struct ran second = daemon_run("--config %s", world_path("conf.d"));
    assert_int_equal(second.code, 1);
    assert_text(second.err, world_path("store"));
    assert_text(second.err, "in use");
    assert_no_text(second.err, "guard"); /* one message, and the one that says what to do */
    assert_ptr_equal(strchr(second.err, '\n'), strrchr(second.err, '\n'));
    assert_int_equal(access(world_path("other"), F_OK), -1);
    /* Another store, the same socket. */
    file_text(world_path("conf.d/10-stockd.yaml"),
              text_format("daemon:\n  store: %s\n  socket: %s\n  plugins: [%s]\n",
                          world_path("elsewhere"), world_path("sock"), world_path("plugins")));
    struct ran third = daemon_run("--config %s", world_path("conf.d"));
    assert_int_equal(third.code, 1);
    assert_text(third.err, world_path("sock"));
    /* The first one was not disturbed by either. */
    assert_int_equal(ctl("status").code, 0);
    world_good();
}

static void takes_over_what_a_crash_left(void **state)
{
    (void)state;
    conf_places();
    daemon_start();
    ctl_ok("product add A-1");
    ctl_ok("stock set A-1 7 --warehouse msk");
    daemon_kill();
    assert_int_equal(access(world_path("sock"), F_OK), 0); /* a dead socket is in the way */
    daemon_start();
    assert_int_equal(number_at(api_get("/v1/stock/A-1?warehouse=msk"), "stock.0.on_hand"), 7);
    world_good();
}

/* What may be there and is no socket of ours is never removed. */
static void a_file_at_the_sockets_place_stays(void **state)
{
    (void)state;
    conf_daemon("");
    file_text(world_path("sock"), "precious");
    struct ran ran = daemon_run("--config %s", world_path("conf.d"));
    assert_int_equal(ran.code, 1);
    assert_text(ran.err, world_path("sock"));
    assert_string_equal(file_read(world_path("sock")), "precious");
    world_good();
}

static void checks_its_configuration(void **state)
{
    (void)state;
    plugin_put(OZON_PLUGIN, "ozon.so");
    conf_daemon("");
    conf_places();
    struct ran good = daemon_run("--check --config %s", world_path("conf.d"));
    assert_int_equal(good.code, 0);
    assert_string_equal(good.err, "");
    conf_write("50-bad.yaml",
               "accounts:\n  ozon-main:\n    plugin: ozon\n    client-id: 7\n    api_kay: x\n"
               "  other:\n    plugin: nowhere\n");
    struct ran bad = daemon_run("--check --config %s", world_path("conf.d"));
    assert_int_equal(bad.code, 78);
    assert_text(bad.err, "50-bad.yaml:5: unknown key 'api_kay'");
    assert_text(bad.err, "did you mean 'api-key'?");
    assert_text(bad.err, "50-bad.yaml:7: plugin 'nowhere'");
    assert_text(bad.err, "refused: 3 errors"); /* and the api-key that is missing */
    struct ran start = daemon_run("--config %s", world_path("conf.d"));
    assert_int_equal(start.code, 78);
    assert_text(start.err, "unknown key 'api_kay'");
    assert_text(start.err, "stockd: not started; `stockd --check --config");
    assert_int_equal(access(world_path("store"), F_OK), -1); /* nothing was touched */
    struct ran absent = daemon_run("--check --config %s", world_path("absent"));
    assert_int_equal(absent.code, 78);
    assert_text(absent.err, world_path("absent"));
    world_good();
}

static void says_what_it_is(void **state)
{
    (void)state;
    struct ran help = daemon_run("--help"), version = daemon_run("--version");
    assert_int_equal(help.code, 0);
    assert_text(help.out, "Usage: stockd [--config DIR]");
    assert_string_equal(help.err, "");
    assert_int_equal(version.code, 0);
    assert_string_equal(version.out, "stockd " STOCKD_VERSION "\n");
    struct ran unknown = daemon_run("--frobnicate"), word = daemon_run("start");
    assert_int_equal(unknown.code, 2);
    assert_text(unknown.err, "--frobnicate");
    assert_text(unknown.err, "stockd --help");
    assert_string_equal(unknown.out, "");
    assert_int_equal(word.code, 2);
    assert_text(word.err, "'start' is one word too many");
    assert_int_equal(run(STOCKCTL_PROGRAM, "--help").code, 0);
    assert_text(run(STOCKCTL_PROGRAM, "stock set --help").out, "Example:");
    assert_int_equal(run(STOCKCTL_PROGRAM, "frobnicate").code, 2);
    assert_int_equal(run(STOCKCTL_PROGRAM, "stock set A-1 many --warehouse msk").code, 2);
    world_good();
}

/* A client that says nothing, half a request, or nonsense disturbs nobody. */
static void bears_rude_clients(void **state)
{
    (void)state;
    static const char *const said[] = {
        "", "GET /v1/sta", "\x16\x03\x01\x02\x00", "GET /v1/status HTTP/9.9\r\n\r\n",
        "PUT /v1/stock/A/msk HTTP/1.1\r\nContent-Length: -5\r\n\r\n"};
    enum { CLIENTS = 100 };
    int fds[CLIENTS];
    daemon_start();
    for (int i = 0; i < CLIENTS; i++) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        strcpy(address.sun_path, world_path("sock"));
        fds[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(fds[i], (struct sockaddr *)&address, sizeof address), 0);
        const char *text = said[i % 5];
        assert_int_equal(send(fds[i], text, strlen(text), MSG_NOSIGNAL), strlen(text));
        if (i % 3 == 0) close(fds[i]);
    }
    assert_int_equal(ctl("status").code, 0);
    assert_int_equal(api("GET", "/v1/../../etc/passwd", NULL, NULL), 404);
    assert_int_equal(api("GET", "/v1/stock/..", NULL, NULL), 404);
    for (int i = 0; i < CLIENTS; i++)
        if (i % 3) close(fds[i]);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(starts_answers_and_stops, world_begin, world_end),
    cmocka_unit_test_setup_teardown(says_how_to_reach_it, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_second_one_on_the_store_is_refused, world_begin, world_end),
    cmocka_unit_test_setup_teardown(takes_over_what_a_crash_left, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_file_at_the_sockets_place_stays, world_begin, world_end),
    cmocka_unit_test_setup_teardown(checks_its_configuration, world_begin, world_end),
    cmocka_unit_test_setup_teardown(says_what_it_is, world_begin, world_end),
    cmocka_unit_test_setup_teardown(bears_rude_clients, world_begin, world_end),
};

TEST_MAIN(cases)
