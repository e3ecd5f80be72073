/* The TCP door of the HTTP server: who is let in, who is cut off, and that it takes nothing away
 * from the unix socket. */
#include "http_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void answer(struct http_exchange *exchange)
{
    http_answer_text(exchange, 200, "text/plain", bytes_text(http_actor(exchange)));
}

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/read", .scope = HTTP_SCOPE_READ, .handle = answer},
    {.method = "GET", .pattern = "/forgotten", .handle = answer},
};

static enum http_scope admit(struct http_exchange *exchange)
{
    http_actor_set(exchange, "somebody");
    return HTTP_SCOPE_ADMIN;
}

struct world {
    struct fixture f;
    struct sockaddr_in address;
};

static void world_open(struct world *w, int64_t header_ms)
{
    struct error error;
    memset(w, 0, sizeof *w);
    strcpy(w->f.folder, "/tmp/stockd-test-XXXXXX");
    assert_non_null(mkdtemp(w->f.folder));
    snprintf(w->f.path, sizeof w->f.path, "%s/s", w->f.folder);
    assert_int_equal(uv_loop_init(&w->f.loop), 0);
    const struct http_config config = {.socket_path = w->f.path,
                                       .tcp = "127.0.0.1:0",
                                       .routes = routes,
                                       .route_count = sizeof routes / sizeof *routes,
                                       .admit = admit,
                                       .header_time_ms = header_ms};
    if (http_server_open(&w->f.loop, &config, &w->f.server, &error) != ST_OK)
        fail_msg("%s", error.text);
    const char *bound = http_server_tcp(w->f.server);
    assert_int_equal(strncmp(bound, "127.0.0.1:", 10), 0);
    w->address.sin_family = AF_INET;
    w->address.sin_port = htons((uint16_t)atoi(bound + 10));
    w->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
}

static int dial(const struct world *w)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&w->address, sizeof w->address), 0);
    return fd;
}

/* Turns the loop until the daemon hung up or a whole small answer is there. */
static const char *answer_of(struct world *w, int fd)
{
    static char text[4096];
    size_t size = 0;
    memset(text, 0, sizeof text);
    for (;;) {
        fixture_turn(&w->f);
        ssize_t n = recv(fd, text + size, sizeof text - 1 - size, MSG_DONTWAIT);
        if (n == 0 || strstr(text, "somebody") || strstr(text, "}")) return text;
        if (n > 0) size += (size_t)n;
    }
}

static const char *tcp_ask(struct world *w, const char *path)
{
    char request[200];
    int fd = dial(w);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    const char *text = answer_of(w, fd);
    close(fd);
    return text;
}

static void a_route_without_a_scope_is_refused(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, 0);
    assert_non_null(strstr(tcp_ask(&w, "/read"), "200 OK"));
    assert_non_null(strstr(tcp_ask(&w, "/forgotten"), "403 Forbidden"));
    fixture_close(&w.f);
}

static void a_slow_client_is_cut_off(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, 1);
    int fd = dial(&w);
    assert_int_equal(send(fd, "GET /re", 7, MSG_NOSIGNAL), 7);
    assert_string_equal(answer_of(&w, fd), "");
    close(fd);
    fixture_close(&w.f);
}

static void a_full_door_leaves_the_socket_as_it_is(void **state)
{
    struct world w;
    int held[HTTP_TCP_CONNECTIONS_MAX + 1];
    (void)state;
    world_open(&w, 0);
    for (int i = 0; i <= HTTP_TCP_CONNECTIONS_MAX; i++) {
        held[i] = dial(&w);
        fixture_turn(&w.f);
    }
    struct client c;
    client_open(&c, &w.f);
    client_send(&c, "GET /read HTTP/1.1\r\nHost: x\r\n\r\n");
    client_until(&c, "uid:");
    client_close(&c);
    /* One that waits is served when another goes. */
    static const char request[] = "GET /read HTTP/1.1\r\nHost: localhost\r\n\r\n";
    int last = held[HTTP_TCP_CONNECTIONS_MAX];
    assert_int_equal(send(last, request, sizeof request - 1, MSG_NOSIGNAL), sizeof request - 1);
    close(held[0]);
    assert_non_null(strstr(answer_of(&w, last), "somebody"));
    for (int i = 1; i <= HTTP_TCP_CONNECTIONS_MAX; i++)
        close(held[i]);
    fixture_close(&w.f);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(a_route_without_a_scope_is_refused),
    cmocka_unit_test(a_slow_client_is_cut_off),
    cmocka_unit_test(a_full_door_leaves_the_socket_as_it_is),
};

TEST_MAIN(cases)
