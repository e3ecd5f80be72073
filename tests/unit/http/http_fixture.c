/* The fixture of the server's tests. */
#include "http_fixture.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void fixture_open(struct fixture *f, const struct http_route *routes, size_t count, void *context,
                  int64_t header_ms, int64_t body_ms)
{
    memset(f, 0, sizeof *f);
    strcpy(f->folder, "/tmp/stockd-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/s", f->folder);
    assert_int_equal(uv_loop_init(&f->loop), 0);
    struct http_config config = {.socket_path = f->path,
                                 .routes = routes,
                                 .route_count = count,
                                 .context = context,
                                 .header_time_ms = header_ms,
                                 .body_time_ms = body_ms};
    struct error error;
    if (http_server_open(&f->loop, &config, &f->server, &error) != ST_OK)
        fail_msg("%s", error.text);
}

static void on_closed(void *ctx)
{
    ((struct fixture *)ctx)->closed = true;
}

void fixture_close(struct fixture *f)
{
    http_server_close(f->server, on_closed, f);
    while (!f->closed)
        uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_int_equal(access(f->path, F_OK), -1);
    assert_int_equal(uv_run(&f->loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    assert_int_equal(rmdir(f->folder), 0);
}

void fixture_turn(struct fixture *f)
{
    uv_run(&f->loop, UV_RUN_NOWAIT);
}

void client_open(struct client *c, struct fixture *f)
{
    memset(c, 0, sizeof *c);
    c->f = f;
    buf_init(&c->in, 256 << 20);
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(c->fd >= 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, f->path, strlen(f->path));
    assert_int_equal(connect(c->fd, (struct sockaddr *)&address, sizeof address), 0);
}

void client_close(struct client *c)
{
    close(c->fd);
    c->fd = -1;
    buf_free(&c->in);
}

size_t client_try(struct client *c, const void *data, size_t size)
{
    ssize_t n = send(c->fd, data, size, MSG_NOSIGNAL);
    return n > 0 ? (size_t)n : 0;
}

void client_send_bytes(struct client *c, const void *data, size_t size)
{
    const char *at = data;
    while (size) {
        ssize_t n = send(c->fd, at, size, MSG_NOSIGNAL);
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) return; /* the server had enough */
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        }
        fixture_turn(c->f);
    }
}

void client_send(struct client *c, const char *text)
{
    client_send_bytes(c, text, strlen(text));
}

void client_read(struct client *c)
{
    char part[65536];
    ssize_t n = recv(c->fd, part, sizeof part, 0);
    if (n > 0) assert_true(buf_add(&c->in, part, (size_t)n));
    if (n == 0 || (n < 0 && errno != EAGAIN)) c->ended = true;
}

const char *client_until(struct client *c, const char *text)
{
    while (!strstr(buf_cstr(&c->in), text)) {
        if (c->ended) fail_msg("closed without '%s': %s", text, buf_cstr(&c->in));
        fixture_turn(c->f);
        client_read(c);
    }
    return buf_cstr(&c->in);
}

const char *client_until_end(struct client *c)
{
    while (!c->ended) {
        fixture_turn(c->f);
        client_read(c);
    }
    return buf_cstr(&c->in);
}

char *ask(struct fixture *f, const char *request)
{
    struct client c;
    client_open(&c, f);
    client_send(&c, request);
    char *answer = mem_text(client_until_end(&c));
    client_close(&c);
    return answer;
}

void assert_asked(struct fixture *f, const char *request, const char *status, const char *says)
{
    char *answer = ask(f, request);
    if (strncmp(answer, "HTTP/1.1 ", 9) != 0 || strncmp(answer + 9, status, strlen(status)) != 0 ||
        (says && !strstr(answer, says)))
        fail_msg("%s\nwanted %s with '%s', got:\n%s", request, status, says ? says : "", answer);
    mem_free(answer);
}
