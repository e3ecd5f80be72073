/* Live events: what is told, going on where one was, and what is no longer at hand. */
#include "harness.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 20, FAST = 100 };

struct stream {
    int fd;
    size_t size;
    char text[TEXT_MAX];
};

static struct stream *stream_open(const char *last)
{
    struct stream *s = calloc(1, sizeof *s);
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s", world_path("sock"));
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(s->fd, (struct sockaddr *)&to, sizeof to), 0);
    char *request =
        text_format("GET /v1/events HTTP/1.1\r\nHost: stockd\r\n%s%s%s\r\n",
                    last ? "Last-Event-ID: " : "", last ? last : "", last ? "\r\n" : "");
    assert_int_equal(send(s->fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    return s;
}

static void stream_close(struct stream *s)
{
    close(s->fd);
    free(s);
}

/* Reads on until that text was told. */
static const char *told(struct stream *s, const char *text)
{
    int64_t until = now_ms() + SOON_S * 1000;
    while (!strstr(s->text, text)) {
        struct pollfd wait = {.fd = s->fd, .events = POLLIN};
        if (now_ms() > until || s->size + 1 >= TEXT_MAX ||
            poll(&wait, 1, (int)(until - now_ms())) != 1)
            fail_msg("never told '%s': %.2000s", text, s->text);
        ssize_t n = recv(s->fd, s->text + s->size, TEXT_MAX - 1 - s->size, 0);
        if (n <= 0) fail_msg("ended before '%s': %.2000s", text, s->text);
        s->size += (size_t)n;
    }
    return strstr(s->text, text);
}

static void changes_are_told_and_missed_ones_again(void **state)
{
    char id[24];
    (void)state;
    conf_places();
    daemon_start();
    products_add(1);
    struct stream *s = stream_open("1"); /* the first command: what came after it is told at once */
    told(s, "Content-Type: text/event-stream");
    told(s, "SKU-000001");
    ctl_ok("stock set SKU-000001 5 --warehouse msk");
    told(s, "event: change");
    told(s, "\"command\":\"stock set\"");
    told(s, "\"after\":{\"on_hand\":5,\"reserved\":0}");
    const char *at = NULL; /* the id of the last one */
    for (const char *next = s->text; (next = strstr(next, "\nid: ")); next++)
        at = next;
    assert_non_null(at);
    snprintf(id, sizeof id, "%d", atoi(at + 5));
    stream_close(s);
    ctl_ok("stock set SKU-000001 6 --warehouse msk");
    ctl_ok("stock set SKU-000001 7 --warehouse msk");
    daemon_kill();
    daemon_start();
    s = stream_open(id);
    told(s, "\"after\":{\"on_hand\":7,\"reserved\":0}");
    const char *six = strstr(s->text, "\"after\":{\"on_hand\":6,\"reserved\":0}");
    assert_non_null(six);
    assert_true(six < strstr(s->text, "\"after\":{\"on_hand\":7,\"reserved\":0}"));
    assert_null(strstr(s->text, "\"after\":{\"on_hand\":5,"));
    stream_close(s);
    world_good();
}

static void what_is_not_at_hand_is_a_reset(void **state)
{
    (void)state;
    conf_places();
    daemon_start();
    struct stream *s = stream_open("99999");
    told(s, "event: reset");
    ctl_ok("product add LATER");
    told(s, "LATER");
    stream_close(s);
    s = stream_open("none");
    told(s, "400 Bad Request");
    stream_close(s);
    /* A daemon that stops says so. */
    s = stream_open("99999");
    told(s, "event: reset");
    daemon_stop();
    told(s, "event: failed");
    told(s, "cancelled");
    stream_close(s);
    daemon_start();
    assert_text(ctl("events").out, "product");
    world_good();
}

static const char *followed(void)
{
    return file_read(world_path("follower.out"));
}

/* The figures change until the first change is seen: nobody knows when the follower listens. */
static bool change_is_followed(void)
{
    static int figure;
    ctl_ok("stock set SKU-000001 %d --warehouse msk", ++figure);
    return strstr(followed(), "    SKU-000001 in msk: ") != NULL;
}

/* As a person reads it, until the daemon goes. */
static void it_can_be_followed_as_text(void **state)
{
    (void)state;
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, "--products 1 --warehouses 501,502 --stock 1");
    conf_places();
    conf_ozon("ozon-main", "1001", "test-key", "");
    daemon_start();
    products_add(1);
    wait_active("ozon-main");
    pid_t follower = ctl_begin("follower", "events --follow");
    WAIT_FOR(SOON_S, change_is_followed());
    assert_text(followed(), "  stock set by ");
    assert_text(followed(), " -> ");
    ctl_ok("account pause ozon-main");
    WAIT_FOR(SOON_S, strstr(followed(), "account ozon-main is paused") != NULL);
    ctl_ok("account resume ozon-main");
    WAIT_FOR(SOON_S, strstr(followed(), "account ozon-main is active") != NULL);
    ctl_ok("account refresh ozon-main --task listings");
    WAIT_FOR(SOON_S, strstr(followed(), "(listings) is done") != NULL);
    daemon_stop();
    assert_int_not_equal(process_wait(follower, SOON_S), 0);
    assert_text(file_read(world_path("follower.err")), "stockctl: ");
    daemon_start();
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(it_can_be_followed_as_text, world_begin, world_end),
    cmocka_unit_test_setup_teardown(changes_are_told_and_missed_ones_again, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_is_not_at_hand_is_a_reset, world_begin, world_end),
};

TEST_MAIN(cases)
