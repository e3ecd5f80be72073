/* Paths: see answer() below. Requests are read whole (head and Content-Length) before acting. */
#include "http_server.h"

#include "test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { REQUEST_MAX = 4 << 20, DRIP_MS = 10 };

struct http_peer {
    uv_tcp_t tcp;     /* first */
    uv_timer_t timer; /* drips */
    struct http_server *server;
    struct http_peer *next;
    struct buf in;
    bool close_on_next, close_after_write, closing;
    int handles;
};

struct write {
    uv_write_t req; /* first */
    char *data;
    struct http_peer *peer;
    bool then_close;
};

static void peer_gone(uv_handle_t *handle)
{
    struct http_peer *peer = handle->data;
    if (--peer->handles) return;
    struct http_peer **at = &peer->server->peers;
    while (*at != peer)
        at = &(*at)->next;
    *at = peer->next;
    peer->server->open--;
    buf_free(&peer->in);
    free(peer);
}

static void peer_close(struct http_peer *peer)
{
    if (peer->closing) return;
    peer->closing = true;
    uv_close((uv_handle_t *)&peer->tcp, peer_gone);
    uv_close((uv_handle_t *)&peer->timer, peer_gone);
}

static void written(uv_write_t *req, int status)
{
    struct write *write = (struct write *)req;
    (void)status;
    if (write->then_close) peer_close(write->peer);
    free(write->data);
    free(write);
}

static void send_bytes(struct http_peer *peer, const void *data, size_t size, bool then_close)
{
    struct write *write = calloc(1, sizeof *write);
    write->data = malloc(size + 1);
    memcpy(write->data, data, size);
    write->peer = peer;
    write->then_close = then_close;
    uv_buf_t buf = uv_buf_init(write->data, (unsigned)size);
    uv_write(&write->req, (uv_stream_t *)&peer->tcp, &buf, 1, written);
}

static void send_text(struct http_peer *peer, const char *text, bool then_close)
{
    send_bytes(peer, text, strlen(text), then_close);
}

static void send_body(struct http_peer *peer, const char *headers, const void *body, size_t size)
{
    struct buf out;
    buf_init(&out, size + 65536);
    buf_format(&out, "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n", headers, size);
    buf_add(&out, body, size);
    send_bytes(peer, out.data, out.size, false);
    buf_free(&out);
}

static void drip(uv_timer_t *timer)
{
    struct http_peer *peer = timer->data;
    send_text(peer, "x", false);
}

static void drip_headers(uv_timer_t *timer)
{
    struct http_peer *peer = timer->data;
    char line[4096];
    memset(line, 'h', sizeof line);
    memcpy(line, "X-Endless: ", 11);
    memcpy(line + sizeof line - 2, "\r\n", 2);
    for (int i = 0; i < 16; i++)
        send_bytes(peer, line, sizeof line, false);
}

static void start_drip(struct http_peer *peer, uv_timer_cb cb)
{
    uv_timer_start(&peer->timer, cb, 0, DRIP_MS);
}

static void send_gzip(struct http_peer *peer, const char *headers, const void *data, size_t size,
                      size_t cut, int members)
{
    struct buf out;
    buf_init(&out, size + 65536);
    for (int i = 0; i < members; i++) {
        z_stream z = {0};
        deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
        size_t bound = deflateBound(&z, size);
        z.next_in = (z_const Bytef *)data;
        z.avail_in = (uInt)size;
        z.next_out = (Bytef *)buf_reserve(&out, bound);
        z.avail_out = (uInt)bound;
        deflate(&z, Z_FINISH);
        out.size += z.total_out;
        deflateEnd(&z);
    }
    send_body(peer, headers, out.data, out.size - cut);
    buf_free(&out);
}

static void send_pattern(struct http_peer *peer, size_t size)
{
    char *data = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        data[i] = (char)('a' + i % 23);
    send_body(peer, "", data, size);
    free(data);
}

static void send_many_headers(struct http_peer *peer, int count, int size)
{
    struct buf out;
    buf_init(&out, 4 << 20);
    buf_text(&out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n");
    for (int i = 0; i < count; i++)
        buf_format(&out, "X-%d: %0*d\r\n", i, size, i);
    buf_text(&out, "\r\nok");
    send_bytes(peer, out.data, out.size, false);
    buf_free(&out);
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static void answer_text(struct http_peer *peer, const char *path)
{
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    if (starts(path, "/ok"))
        send_text(peer, ok, false);
    else if (starts(path, "/close "))
        peer_close(peer);
    else if (starts(path, "/half "))
        send_text(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", true);
    else if (starts(path, "/garbage "))
        send_text(peer, "\x01\x02 what\r\n\r\n", true);
    else if (starts(path, "/short "))
        send_text(peer, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhello", true);
    else if (starts(path, "/badlength "))
        send_text(peer, "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nhello", true);
    else if (starts(path, "/until-close "))
        send_text(peer, "HTTP/1.1 200 OK\r\n\r\nall of it", true);
    else if (starts(path, "/headers-cut "))
        send_text(peer, "HTTP/1.1 200 OK\r\nX-A: b\r\n", true);
    else if (starts(path, "/chunked "))
        send_text(peer,
                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
                  "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nX-T: late\r\n\r\n",
                  false);
    else if (starts(path, "/badchunk "))
        send_text(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello", true);
    else if (starts(path, "/early "))
        send_text(peer,
                  "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n"
                  "HTTP/1.1 418 Teapot\r\nX-Late: 2\r\nContent-Length: 0\r\n\r\n",
                  false);
    else if (starts(path, "/redirect "))
        send_text(peer, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", false);
    else if (starts(path, "/cookie "))
        send_text(peer, "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n", false);
    else if (starts(path, "/last")) {
        send_text(peer, ok, false);
        peer->close_on_next = true;
    } else if (starts(path, "/drip ")) {
        send_text(peer, "HTTP/1.1 200 OK\r\n\r\n", false);
        start_drip(peer, drip);
    } else if (starts(path, "/endless-headers ")) {
        send_text(peer, "HTTP/1.1 200 OK\r\n", false);
        start_drip(peer, drip_headers);
    } /* else "/stall": nothing, for ever */
}

static void answer(struct http_peer *peer, const char *path)
{
    static char zeros[8 << 20];
    if (starts(path, "/pattern/"))
        send_pattern(peer, strtoul(path + 9, NULL, 10));
    else if (starts(path, "/echo"))
        send_body(peer, "", peer->server->last.data, peer->server->last.size);
    else if (starts(path, "/gzip "))
        send_gzip(peer, "Content-Encoding: gzip\r\n", "packed text", 11, 0, 1);
    else if (starts(path, "/gzfile "))
        send_gzip(peer, "", "packed text", 11, 0, 1);
    else if (starts(path, "/gzmembers "))
        send_gzip(peer, "", "packed text", 11, 0, 3);
    else if (starts(path, "/gzcut "))
        send_gzip(peer, "", "packed text", 11, 6, 1);
    else if (starts(path, "/bomb "))
        send_gzip(peer, "", zeros, sizeof zeros, 0, 8);
    else if (starts(path, "/manyheaders "))
        send_many_headers(peer, 200, 40);
    else if (starts(path, "/wideheaders "))
        send_many_headers(peer, 60, 2000);
    else
        answer_text(peer, path);
}

/* The size of the first whole request in what came, or 0. */
static size_t whole(const struct buf *in)
{
    const char *end = in->size ? strstr(in->data, "\r\n\r\n") : NULL;
    if (!end) return 0;
    const char *length = strcasestr(in->data, "\r\nContent-Length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    size_t size = (size_t)(end - in->data) + 4 + body;
    return in->size >= size ? size : 0;
}

static void on_alloc(uv_handle_t *handle, size_t want, uv_buf_t *buf)
{
    (void)handle;
    *buf = uv_buf_init(malloc(want), (unsigned)want);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *data)
{
    struct http_peer *peer = (struct http_peer *)stream;
    struct http_server *server = peer->server;
    if (size > 0) {
        buf_add(&peer->in, data->base, (size_t)size);
        server->received_bytes += (int)size;
    }
    free(data->base);
    if (size < 0 || peer->close_on_next) {
        if (size > 0) server->requests++;
        peer_close(peer);
        return;
    }
    size_t request = whole(&peer->in);
    if (!request || peer->closing) return;
    server->requests++;
    buf_reset(&server->last);
    buf_add(&server->last, peer->in.data, request);
    assert_int_equal(request, peer->in.size); /* no pipelining */
    buf_reset(&peer->in);
    answer(peer, strchr(server->last.data, ' ') + 1);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct http_server *server = (struct http_server *)listener;
    assert_int_equal(status, 0);
    struct http_peer *peer = calloc(1, sizeof *peer);
    peer->server = server;
    peer->next = server->peers;
    server->peers = peer;
    server->connections++;
    server->open++;
    peer->handles = 2;
    buf_init(&peer->in, REQUEST_MAX);
    uv_tcp_init(listener->loop, &peer->tcp);
    uv_timer_init(listener->loop, &peer->timer);
    peer->tcp.data = peer->timer.data = peer;
    uv_accept(listener, (uv_stream_t *)&peer->tcp);
    uv_read_start((uv_stream_t *)&peer->tcp, on_alloc, on_read);
}

void http_server_open(struct http_server *server, uv_loop_t *loop)
{
    memset(server, 0, sizeof *server);
    buf_init(&server->last, REQUEST_MAX);
    struct sockaddr_in at;
    uv_ip4_addr("127.0.0.1", 0, &at);
    uv_tcp_init(loop, &server->listener);
    assert_int_equal(uv_tcp_bind(&server->listener, (struct sockaddr *)&at, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&server->listener, 128, on_connection), 0);
    int size = sizeof at;
    uv_tcp_getsockname(&server->listener, (struct sockaddr *)&at, &size);
    server->port = ntohs(at.sin_port);
}

void http_server_drop_peers(struct http_server *server)
{
    for (struct http_peer *peer = server->peers; peer; peer = peer->next)
        peer_close(peer);
}

void http_server_close(struct http_server *server)
{
    http_server_drop_peers(server);
    uv_close((uv_handle_t *)&server->listener, NULL);
    buf_free(&server->last);
}
