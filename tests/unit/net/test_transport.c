/* The curl transport against a hostile server on the same loop. Every test ends by closing
 * everything: a handle left open fails uv_loop_close, a leak fails under the address sanitizer. */
#include "test_main.h"

#include "http_server.h"
#include "net/curl_transport.h"
#include "net/recorder.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

enum { HELD_MAX = 64, GAP_MAX_MS = 2000, TICK_MS = 5 };

struct fixture {
    uv_loop_t loop;
    struct http_server server;
    struct net_curl *net;
    struct transport *transport;
    struct recorder *recorder;
    uv_timer_t watchdog, ticker;
    uint64_t last_tick_ns, last_kept_ns, gap_ns; /* but for what it waited for a processor */
    bool closed;
};

/* --- the fixture ---------------------------------------------------------------------------------
 */

/* Names: "slow*" never end until released; "dead*" fail, and everything does once `names_dead`;
 * everything else is 127.0.0.1. */
static bool names_dead;
static struct held {
    uv_getaddrinfo_t *lookup;
    uv_getaddrinfo_cb done;
} held[HELD_MAX];
static int held_count, lookups, slow_most;
static int asking; /* lookups that the system was asked for and has not answered */
static uv_getaddrinfo_cb asked;

static void on_asked(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
    asking--;
    asked(lookup, status, found);
}

static int fake_lookup(uv_loop_t *loop, uv_getaddrinfo_t *lookup, uv_getaddrinfo_cb done,
                       const char *host, const char *service, const struct addrinfo *hints)
{
    lookups++;
    if (strncmp(host, "slow", 4) == 0) {
        held[held_count++] = (struct held){lookup, done};
        if (held_count > slow_most) slow_most = held_count;
        return 0;
    }
    const char *as = names_dead || strncmp(host, "dead", 4) == 0 ? "nosuch.invalid" : "127.0.0.1";
    if (strcmp(as, "nosuch.invalid") == 0) return UV_EAI_NONAME;
    asking++;
    asked = done;
    return uv_getaddrinfo(loop, lookup, on_asked, as, service, hints);
}

static const struct resolver_options test_names = {
    .lookup = fake_lookup, .fresh_ms = 50, .negative_ms = 50, .stale_ms = 300};

static void release_held(int status)
{
    int count = held_count;
    struct held now[HELD_MAX];
    memcpy(now, held, sizeof held);
    held_count = 0;
    for (int i = 0; i < count; i++)
        now[i].done(now[i].lookup, status, NULL);
}

static void on_watchdog(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("the test waits for something that does not come");
}

/* What this thread was ready to run and got no processor for; 0 where the kernel does not tell. */
static uint64_t kept_ns(void)
{
    uint64_t ran, kept = 0;
    FILE *file = fopen("/proc/thread-self/schedstat", "re");
    if (!file) return 0;
    if (fscanf(file, "%" SCNu64 " %" SCNu64, &ran, &kept) != 2) kept = 0;
    fclose(file);
    return kept;
}

static void on_tick(uv_timer_t *timer)
{
    struct fixture *f = timer->data;
    uint64_t now = uv_hrtime(), kept = kept_ns();
    if (f->last_tick_ns) {
        uint64_t took = now - f->last_tick_ns, waited = kept - f->last_kept_ns;
        if (took > waited && took - waited > f->gap_ns) f->gap_ns = took - waited;
    }
    f->last_tick_ns = now;
    f->last_kept_ns = kept;
}

static void open_net(struct fixture *f, const struct net_curl_options *options)
{
    struct error error;
    f->net = net_curl_transport_new(&f->loop, options, f->recorder, &error);
    assert_non_null(f->net);
    f->transport = net_curl_transport(f->net);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    signal(SIGPIPE, SIG_IGN);
    setenv("http_proxy", "http://127.0.0.1:1", 1); /* must not be looked at */
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    held_count = lookups = slow_most = asking = 0;
    names_dead = false;
    uv_loop_init(&f->loop);
    http_server_open(&f->server, &f->loop);
    uv_timer_init(&f->loop, &f->watchdog);
    uv_timer_start(&f->watchdog, on_watchdog, 20000, 0);
    uv_timer_init(&f->loop, &f->ticker);
    f->ticker.data = f;
    uv_timer_start(&f->ticker, on_tick, TICK_MS, TICK_MS);
    f->recorder = recorder_new(NULL);
    struct net_curl_options options = {.names = test_names};
    open_net(f, &options);
    *state = f;
    return 0;
}

static void on_closed(void *ctx)
{
    ((struct fixture *)ctx)->closed = true;
}

static void close_net(struct fixture *f)
{
    f->closed = false;
    net_curl_transport_close(f->net, on_closed, f);
    assert_false(f->closed); /* never from inside */
    release_held(UV_ECANCELED);
    while (!f->closed)
        uv_run(&f->loop, UV_RUN_ONCE);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->net) close_net(f);
    http_server_close(&f->server);
    uv_close((uv_handle_t *)&f->watchdog, NULL);
    uv_close((uv_handle_t *)&f->ticker, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&f->loop), 0);
    assert_true(f->gap_ns / 1000000 < GAP_MAX_MS);
    recorder_free(f->recorder);
    free(f);
    return 0;
}

/* --- one call ------------------------------------------------------------------------------------
 */

struct call {
    struct net_request request; /* first */
    struct fixture *f;
    char url[256];
    int done, parts;
    size_t largest_part;
    bool hold; /* do not resume by itself */
    int cancel_at_part;
    enum net_result result;
    int status;
    size_t header_count;
    char error[512], header[512];
    const char *want_header;
    struct buf body;
    struct call *then; /* sent from `done` */
};

static void send_call(struct call *call);

static void on_done(struct net_request *request, const struct net_answer *answer)
{
    struct call *call = (struct call *)request;
    call->done++;
    call->result = answer->result;
    call->status = answer->status;
    call->header_count = answer->header_count;
    snprintf(call->error, sizeof call->error, "%s", answer->error ? answer->error : "");
    const char *value = call->want_header ? net_answer_header(answer, call->want_header) : NULL;
    snprintf(call->header, sizeof call->header, "%s", value ? value : "(none)");
    assert_int_equal(((const char *)answer->body.data)[answer->body.size], 0);
    assert_true(answer->result == NET_ARRIVED || answer->error);
    if (answer->body.size) buf_add(&call->body, answer->body.data, answer->body.size);
    if (call->then) send_call(call->then);
}

static void on_part(struct net_request *request, const struct net_answer *head, struct bytes part)
{
    struct call *call = (struct call *)request;
    assert_int_equal(call->done, 0);
    call->parts++;
    call->status = head->status;
    if (part.size > call->largest_part) call->largest_part = part.size;
    buf_add(&call->body, part.data, part.size);
    if (call->parts == call->cancel_at_part) {
        transport_cancel(call->f->transport, request);
        return;
    }
    if (!call->hold) transport_resume(call->f->transport, request);
}

static void call_init(struct call *call, struct fixture *f, const char *method, const char *path)
{
    memset(call, 0, sizeof *call);
    call->f = f;
    buf_init(&call->body, 64 << 20);
    if (strstr(path, "://"))
        snprintf(call->url, sizeof call->url, "%s", path);
    else
        snprintf(call->url, sizeof call->url, "http://127.0.0.1:%d%s", f->server.port, path);
    call->request = (struct net_request){
        .account = "a",
        .method = method,
        .url = call->url,
        .timeout_ms = 10000,
        .part = on_part,
        .done = on_done,
    };
}

static void send_call(struct call *call)
{
    transport_send(call->f->transport, &call->request);
    assert_int_equal(call->done, 0); /* callbacks come later */
}

static void wait_for(struct call *call)
{
    while (!call->done)
        uv_run(&call->f->loop, UV_RUN_ONCE);
    assert_int_equal(call->done, 1);
}

static void run_call(struct call *call)
{
    send_call(call);
    wait_for(call);
}

/* Some turns of the loop without waiting for anything but time. */
static void turn_for(struct fixture *f, uint64_t ms)
{
    uint64_t until = uv_hrtime() + ms * 1000000;
    while (uv_hrtime() < until)
        uv_run(&f->loop, UV_RUN_ONCE); /* the ticker ends each */
}

static void get(struct fixture *f, struct call *call, const char *path)
{
    call_init(call, f, "GET", path);
    run_call(call);
}

/* --- answers of every kind ------------------------------------------------------------------ */

static void answers_mean_what_they_should(void **state)
{
    static const struct {
        const char *path;
        enum net_result result;
        int status;
        const char *body;
    } table[] = {
        {"/ok", NET_ARRIVED, 200, "hello"},
        {"/chunked", NET_ARRIVED, 200, "hello world"},
        {"/until-close", NET_ARRIVED, 200, "all of it"},
        {"/short", NET_ARRIVED, 200, "hel"},
        {"/early", NET_ARRIVED, 418, ""},
        {"/redirect", NET_ARRIVED, 302, ""},
        {"/gzip", NET_ARRIVED, 200, "packed text"},
        {"/close", NET_LOST, 0, NULL},
        {"/half", NET_LOST, 0, NULL},
        {"/garbage", NET_LOST, 0, NULL},
        {"/badlength", NET_LOST, 0, NULL},
        {"/badchunk", NET_LOST, 0, NULL},
        {"/headers-cut", NET_LOST, 0, NULL},
        {"/endless-headers", NET_LOST, 0, NULL},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (int post = 0; post < 2; post++) {
            struct call call;
            int before = f->server.requests;
            call_init(&call, f, post ? "POST" : "GET", table[i].path);
            if (post) call.request.body = bytes_text("{}");
            run_call(&call);
            if (call.result != table[i].result)
                fail_msg("%s: result %d: %s", table[i].path, (int)call.result, call.error);
            if (table[i].status) assert_int_equal(call.status, table[i].status);
            if (table[i].body) assert_string_equal(buf_cstr(&call.body), table[i].body);
            assert_int_equal(f->server.requests, before + 1);
            buf_free(&call.body);
        }
    }
}

static void headers_of_the_last_block_are_kept(void **state)
{
    struct fixture *f = *state;
    struct call call;
    call_init(&call, f, "GET", "/early");
    call.want_header = "x-late";
    run_call(&call);
    assert_string_equal(call.header, "2");
    assert_int_equal(call.header_count, 2); /* and nothing of the 103 */
    buf_free(&call.body);
    call_init(&call, f, "GET", "/chunked");
    call.want_header = "X-T";
    run_call(&call);
    assert_string_equal(call.header, "(none)"); /* a trailer is not a header */
    buf_free(&call.body);
}

static void many_headers_are_cut(void **state)
{
    struct fixture *f = *state;
    struct call call;
    get(f, &call, "/manyheaders");
    assert_int_equal(call.result, NET_ARRIVED);
    assert_int_equal(call.header_count, NET_ANSWER_HEADERS_MAX);
    buf_free(&call.body);
    get(f, &call, "/wideheaders");
    assert_int_equal(call.result, NET_ARRIVED);
    assert_true(call.header_count > 10 && call.header_count < 20); /* 32 KiB of 2 KB lines */
    assert_string_equal(call.body.data, "ok");
    buf_free(&call.body);
}

static void bodies_are_capped_to_the_byte(void **state)
{
    static const struct {
        const char *path;
        size_t max;
        bool gunzip;
        enum net_result result;
    } table[] = {
        {"/pattern/1000", 1000, false, NET_ARRIVED},
        {"/pattern/1001", 1000, false, NET_TOO_LARGE},
        {"/pattern/300000", 1000, false, NET_TOO_LARGE},
        {"/gzfile", 11, true, NET_ARRIVED},
        {"/gzfile", 10, true, NET_TOO_LARGE},
        {"/gzip", 10, false, NET_TOO_LARGE},
        {"/bomb", 100000, true, NET_TOO_LARGE},
        {"/pattern/9000000", 0, false, NET_TOO_LARGE},
        {"/pattern/8388608", 0, false, NET_ARRIVED},
        {"/drip", 50, false, NET_TOO_LARGE},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct call call;
        call_init(&call, f, "GET", table[i].path);
        call.request.body_max = table[i].max;
        call.request.gunzip = table[i].gunzip;
        run_call(&call);
        if (call.result != table[i].result)
            fail_msg("%s, %zu: result %d: %s", table[i].path, table[i].max, (int)call.result,
                     call.error);
        assert_int_equal(call.status, 200);
        if (table[i].max) assert_true(call.body.size <= table[i].max);
        buf_free(&call.body);
    }
}

static void gunzip_looks_at_the_bytes(void **state)
{
    static const struct {
        const char *path;
        enum net_result result;
        const char *body;
    } table[] = {
        {"/gzfile", NET_ARRIVED, "packed text"},
        {"/gzip", NET_ARRIVED, "packed text"},
        {"/gzmembers", NET_ARRIVED, "packed textpacked textpacked text"},
        {"/ok", NET_ARRIVED, "hello"}, /* an error page that is not packed */
        {"/gzcut", NET_LOST, NULL},
    };
    struct fixture *f = *state;
    for (int parts = 0; parts < 2; parts++) {
        for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
            struct call call;
            call_init(&call, f, "GET", table[i].path);
            call.request.gunzip = true;
            call.request.parts = parts;
            run_call(&call);
            if (call.result != table[i].result)
                fail_msg("%s: result %d: %s", table[i].path, (int)call.result, call.error);
            if (table[i].body) assert_string_equal(buf_cstr(&call.body), table[i].body);
            buf_free(&call.body);
        }
    }
}

/* --- what never leaves, and what leaves once ------------------------------------------------ */

static void what_must_not_leave_is_refused(void **state)
{
    static const struct {
        const char *url, *says;
    } table[] = {
        {"http://example.test/", "plain"},
        {"http://10.0.0.1/", "plain"},
        {"http://127.0.0.1.example.test/", "plain"},
        {"ftp://127.0.0.1/", "https://"},
        {"file:///etc/passwd", "https://"},
        {"https://user:pass@example.test/", "user name"},
        {"https://example.test/a b", "percent-encoded"},
        {"https://example.test/\xc3\xa9", "percent-encoded"},
        {"https://example.test/\r\nX: y", "percent-encoded"},
        {"https://", "malformed"},
        {"https://[::1/", "malformed"},
        {"", "empty"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct call call;
        call_init(&call, f, "GET", "http://x/");
        snprintf(call.url, sizeof call.url, "%s", table[i].url);
        run_call(&call);
        assert_int_equal(call.result, NET_NOT_SENT);
        if (!strstr(call.error, table[i].says)) fail_msg("%s: %s", table[i].url, call.error);
    }
    assert_int_equal(f->server.connections, 0);
    assert_int_equal(lookups, 0);
}

static void bad_headers_are_refused(void **state)
{
    static const struct net_header table[] = {
        {"X-A", "a\r\nX-B: b", NULL, NET_SECRET_NONE},
        {"X-A", "", "secret\nX-B: b", NET_SECRET_PLAIN},
        {"X-A", "", NULL, NET_SECRET_BEARER},
        {"X A", "a", NULL, NET_SECRET_NONE},
        {"X-A:", "a", NULL, NET_SECRET_NONE},
        {"", "a", NULL, NET_SECRET_NONE},
        {"Content-Length", "3", NULL, NET_SECRET_NONE},
        {"transfer-encoding", "chunked", NULL, NET_SECRET_NONE},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct call call;
        call_init(&call, f, "POST", "/ok");
        call.request.headers = &table[i];
        call.request.header_count = 1;
        run_call(&call);
        if (call.result != NET_NOT_SENT) fail_msg("row %zu left", i);
        assert_null(strstr(call.error, "secret\n"));
    }
    assert_int_equal(f->server.connections, 0);
}

static void what_cannot_be_reached_was_not_sent(void **state)
{
    struct fixture *f = *state;
    struct call call;
    get(f, &call, "http://127.0.0.1:1/"); /* nobody listens */
    assert_int_equal(call.result, NET_NOT_SENT);
    assert_non_null(strstr(call.error, "127.0.0.1"));
    get(f, &call, "https://dead.test/");
    assert_int_equal(call.result, NET_NOT_SENT);
    assert_non_null(strstr(call.error, "dead.test"));
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%d/ok", f->server.port); /* not TLS there */
    call_init(&call, f, "POST", url);
    call.request.timeout_ms = 300; /* the server reads on, and says nothing */
    run_call(&call);
    assert_int_equal(call.result, NET_NOT_SENT);
    assert_int_equal(f->server.requests, 0);
}

static void a_name_that_does_not_exist_is_refused_by_the_real_resolver(void **state)
{
    struct fixture *f = *state;
    close_net(f);
    open_net(f, NULL);
    struct call call;
    call_init(&call, f, "GET", "https://nosuch.invalid/");
    run_call(&call);
    assert_int_equal(call.result, NET_NOT_SENT);
    assert_non_null(strstr(call.error, "nosuch.invalid"));
}

/* The server answers, keeps the connection, and drops it as soon as the next request arrives:
 * libcurl would then send that request again on a fresh connection. */
static void a_request_on_a_dying_connection_is_not_repeated(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE", "GET", "HEAD"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        struct call first, second;
        get(f, &first, "/last");
        assert_int_equal(first.result, NET_ARRIVED);
        buf_free(&first.body);
        int before = f->server.requests;
        call_init(&second, f, methods[i], "/ok");
        if (methods[i][0] == 'P') second.request.body = bytes_text("{\"stock\":1}");
        run_call(&second);
        assert_int_equal(second.result, NET_LOST);
        assert_true(second.error[0]);
        turn_for(f, 30);
        assert_int_equal(f->server.requests, before + 1);
    }
}

static void a_connection_closed_while_idle_is_not_used(void **state)
{
    struct fixture *f = *state;
    struct call call;
    get(f, &call, "/ok");
    buf_free(&call.body);
    http_server_drop_peers(&f->server);
    turn_for(f, 20);
    call_init(&call, f, "POST", "/ok");
    run_call(&call);
    assert_int_equal(call.result, NET_ARRIVED);
    assert_int_equal(f->server.connections, 2);
    buf_free(&call.body);
}

static void connections_are_reused(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 20; i++) {
        struct call call;
        call_init(&call, f, i % 2 ? "POST" : "GET", "/ok");
        run_call(&call);
        assert_int_equal(call.result, NET_ARRIVED);
        buf_free(&call.body);
    }
    assert_int_equal(f->server.connections, 1);
    struct net_curl_view view;
    net_curl_view(f->net, &view);
    assert_int_equal(view.connections, 1);
    assert_int_equal(view.arrived, 20);
    assert_int_equal(view.open, 0);
}

/* --- what leaves ---------------------------------------------------------------------------------
 */

static void a_request_leaves_as_written(void **state)
{
    struct fixture *f = *state;
    static const struct net_header headers[] = {
        {"Client-Id", "007", NULL, NET_SECRET_NONE},
        {"Api-Key", "", "s3cret", NET_SECRET_PLAIN},
        {"Authorization", "user", "pass", NET_SECRET_BASIC},
        {"X-Bearer", NULL, "tok", NET_SECRET_BEARER},
        {"X-Sign", "what do ya want for nothing?", "Jefe", NET_SECRET_HMAC_SHA256_HEX},
        {"X-Empty", "", NULL, NET_SECRET_NONE},
    };
    struct call call;
    call_init(&call, f, "PATCH", "/echo/../a%20b?x=1#");
    snprintf(call.url, sizeof call.url, "http://127.0.0.1:%d/echo/../a%%20b?x=1", f->server.port);
    call.request.headers = headers;
    call.request.header_count = 6;
    call.request.body = bytes_of("{\"a\":\"\0\"}", 9);
    run_call(&call);
    const char *got = buf_cstr(&call.body);
    assert_true(strncmp(got, "PATCH /echo/../a%20b?x=1 HTTP/1.1\r\n", 35) == 0);
    static const char *const lines[] = {
        "\r\nClient-Id: 007\r\n",
        "\r\nApi-Key: s3cret\r\n",
        "\r\nAuthorization: Basic dXNlcjpwYXNz\r\n",
        "\r\nX-Bearer: Bearer tok\r\n",
        "\r\nX-Sign: 5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843\r\n",
        "\r\nX-Empty:",
        "\r\nUser-Agent: stockd/",
        "\r\nContent-Length: 9\r\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (!strstr(got, lines[i])) fail_msg("no %s in\n%s", lines[i], got);
    static const char *const absent[] = {"Content-Type", "Expect", "Cookie", "Proxy", "Accept-Enc"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        if (strcasestr(got, absent[i])) fail_msg("%s in\n%s", absent[i], got);
    assert_memory_equal(call.body.data + call.body.size - 9, "{\"a\":\"\0\"}", 9);
    buf_free(&call.body);
}

static void a_handle_used_again_keeps_nothing(void **state)
{
    struct fixture *f = *state;
    struct call call;
    static const struct net_header header = {"X-A", "a", NULL, NET_SECRET_NONE};
    call_init(&call, f, "PUT", "/cookie");
    call.request.headers = &header;
    call.request.header_count = 1;
    call.request.body = bytes_text("body");
    run_call(&call);
    get(f, &call, "/echo");
    assert_true(strncmp(call.body.data, "GET /echo HTTP/1.1\r\n", 20) == 0);
    assert_null(strstr(call.body.data, "X-A"));
    assert_null(strstr(call.body.data, "Content-Length"));
    assert_null(strcasestr(call.body.data, "Cookie"));
    buf_free(&call.body);
    call_init(&call, f, "POST", "/echo");
    run_call(&call);
    assert_non_null(strstr(call.body.data, "Content-Length: 0\r\n"));
    buf_free(&call.body);
    call_init(&call, f, "HEAD", "/ok");
    run_call(&call);
    assert_int_equal(call.result, NET_ARRIVED);
    assert_int_equal(call.body.size, 0);
    buf_free(&call.body);
}

static void a_large_body_is_sent_without_asking_first(void **state)
{
    struct fixture *f = *state;
    size_t size = 3 << 20;
    char *body = calloc(1, size);
    struct call call;
    call_init(&call, f, "POST", "/ok");
    call.request.body = bytes_of(body, size);
    run_call(&call);
    assert_int_equal(call.result, NET_ARRIVED);
    assert_null(strcasestr(f->server.last.data, "Expect"));
    assert_true(f->server.last.size > size);
    free(body);
    buf_free(&call.body);
}

/* --- time ----------------------------------------------------------------------------------- */

static void the_deadline_is_for_the_whole_exchange(void **state)
{
    static const char *const paths[] = {"/stall", "/drip"};
    struct fixture *f = *state;
    for (size_t i = 0; i < 2; i++) {
        struct call call;
        uint64_t began = uv_hrtime();
        call_init(&call, f, "POST", paths[i]);
        call.request.timeout_ms = 200;
        run_call(&call);
        uint64_t took = (uv_hrtime() - began) / 1000000;
        assert_int_equal(call.result, NET_LOST);
        assert_true(took >= 190 && took < 3000);
        buf_free(&call.body);
    }
}

static void a_name_not_resolved_in_time_was_not_sent(void **state)
{
    struct fixture *f = *state;
    struct call call;
    call_init(&call, f, "GET", "https://slow.test/");
    call.request.timeout_ms = 100;
    run_call(&call);
    assert_int_equal(call.result, NET_NOT_SENT);
    assert_non_null(strstr(call.error, "slow.test"));
}

static void slow_and_dead_names_delay_no_other(void **state)
{
    struct fixture *f = *state;
    struct call slow[8], fine;
    for (int i = 0; i < 8; i++) { /* known to be bad: each has failed once */
        char url[64];
        snprintf(url, sizeof url, "https://slow%d.test/", i);
        call_init(&slow[i], f, "GET", url);
        slow[i].request.timeout_ms = 30;
        run_call(&slow[i]);
        release_held(UV_EAI_AGAIN);
        call_init(&slow[i], f, "GET", url);
        slow[i].request.timeout_ms = 60000;
    }
    slow_most = 0;
    turn_for(f, (uint64_t)test_names.negative_ms + 10);
    for (int i = 0; i < 8; i++)
        send_call(&slow[i]);
    turn_for(f, 10);
    assert_int_equal(slow_most, 1); /* the others of their kind wait behind the first */
    char url[64];
    snprintf(url, sizeof url, "http://good.test:%d/ok", f->server.port);
    call_init(&fine, f, "GET", url);
    fine.request.allow_plain = true;
    run_call(&fine);
    assert_int_equal(fine.result, NET_ARRIVED);
    buf_free(&fine.body);
    for (int i = 0; i < 8; i++)
        assert_int_equal(slow[i].done, 0);
}

static void a_name_is_looked_up_once(void **state)
{
    struct fixture *f = *state;
    char url[64];
    snprintf(url, sizeof url, "http://good.test:%d/echo", f->server.port);
    struct call calls[5];
    for (int i = 0; i < 5; i++) {
        call_init(&calls[i], f, "GET", url);
        calls[i].request.allow_plain = true;
        send_call(&calls[i]);
    }
    for (int i = 0; i < 5; i++) {
        wait_for(&calls[i]);
        assert_int_equal(calls[i].result, NET_ARRIVED);
        assert_non_null(strstr(calls[i].body.data, "Host: good.test:"));
        buf_free(&calls[i].body);
    }
    assert_int_equal(lookups, 1);
    struct call dead;
    get(f, &dead, "https://dead.test/");
    get(f, &dead, "https://dead.test/"); /* and a failure is remembered for a while */
    assert_int_equal(lookups, 2);
}

static void an_old_address_is_used_until_a_new_one_is_known(void **state)
{
    enum { FRESH_MS = 50, OLD_MS = 60, STALE_MS = 2000, TOO_OLD_MS = 2100 };
    struct fixture *f = *state;
    struct net_curl_options options = {.names = {.lookup = fake_lookup,
                                                 .fresh_ms = FRESH_MS,
                                                 .negative_ms = FRESH_MS,
                                                 .stale_ms = STALE_MS}};
    close_net(f);
    open_net(f, &options);
    char url[64];
    struct call call;
    snprintf(url, sizeof url, "http://good.test:%d/ok", f->server.port);
    static const struct {
        bool dead;
        uint64_t after_ms;
        enum net_result result;
        int lookups;
    } table[] = {
        {false, 0, NET_ARRIVED, 1},          /* asked for */
        {false, OLD_MS, NET_ARRIVED, 2},     /* old: used, and asked for again */
        {true, OLD_MS, NET_ARRIVED, 3},      /* cannot be asked for: still used */
        {true, TOO_OLD_MS, NET_NOT_SENT, 4}, /* too old */
        {false, OLD_MS, NET_ARRIVED, 5},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        names_dead = table[i].dead;
        turn_for(f, table[i].after_ms);
        call_init(&call, f, "GET", url);
        call.request.allow_plain = true;
        run_call(&call);
        while (asking)
            uv_run(&f->loop, UV_RUN_ONCE);
        assert_int_equal(call.result, table[i].result);
        assert_int_equal(lookups, table[i].lookups);
        buf_free(&call.body);
    }
}

/* --- cancelling ----------------------------------------------------------------------------- */

static void a_request_can_be_cancelled_at_every_moment(void **state)
{
    static const char *const paths[] = {
        "/ok", "/stall", "/drip", "/pattern/500000", "https://slow.test/", "ftp://refused/"};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        for (int turns = 0; turns < 12; turns++) {
            struct call *call = malloc(sizeof *call);
            char *body = malloc(100000);
            memset(body, 'b', 100000);
            call_init(call, f, "POST", paths[i]);
            call->request.body = bytes_of(body, 100000);
            call->request.parts = turns % 2;
            call->hold = turns % 4 == 1;
            send_call(call);
            for (int t = 0; t < turns && !call->done; t++)
                uv_run(&f->loop, UV_RUN_ONCE);
            int done = call->done;
            transport_cancel(f->transport, &call->request);
            transport_cancel(f->transport, &call->request); /* again: nothing */
            assert_int_equal(call->done, done);
            buf_free(&call->body);
            free(body); /* the sanitizer sees who still reads them */
            free(call);
        }
        turn_for(f, 10);
    }
}

static struct call *to_cancel[2];

static void done_cancels_others(struct net_request *request, const struct net_answer *answer)
{
    on_done(request, answer);
    struct fixture *f = ((struct call *)request)->f;
    for (int i = 0; i < 2; i++) {
        if (!to_cancel[i] || to_cancel[i] == (struct call *)request) continue;
        transport_cancel(f->transport, &to_cancel[i]->request);
        buf_free(&to_cancel[i]->body);
        free(to_cancel[i]);
        to_cancel[i] = NULL;
    }
    transport_cancel(f->transport, request); /* its own: over already, nothing */
}

static void a_callback_may_cancel_others(void **state)
{
    struct fixture *f = *state;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 2; i++) {
            to_cancel[i] = malloc(sizeof(struct call));
            call_init(to_cancel[i], f, "GET", i ? "ftp://refused/" : "gopher://refused/");
            to_cancel[i]->request.done = done_cancels_others;
            send_call(to_cancel[i]);
        }
        turn_for(f, 5);
        struct call *left = to_cancel[0] ? to_cancel[0] : to_cancel[1];
        assert_true(left && left->done == 1);
        assert_true(!to_cancel[0] || !to_cancel[1]);
        free(left);
    }
}

static void a_callback_may_send_again(void **state)
{
    struct fixture *f = *state;
    struct call a, b, c;
    call_init(&a, f, "GET", "/ok");
    call_init(&b, f, "GET", "ftp://refused/");
    call_init(&c, f, "GET", "/ok");
    a.then = &b;
    b.then = &c;
    send_call(&a);
    wait_for(&c);
    assert_int_equal(c.result, NET_ARRIVED);
    buf_free(&a.body);
    buf_free(&c.body);
}

static void closing_cancels_what_is_open(void **state)
{
    static const char *const paths[] = {"/stall", "/drip", "/pattern/500000", "https://slow.test/",
                                        "ftp://refused/"};
    struct fixture *f = *state;
    struct call calls[5];
    for (int turns = 0; turns < 6; turns++) {
        for (int i = 0; i < 5; i++) {
            call_init(&calls[i], f, "GET", paths[i]);
            send_call(&calls[i]);
        }
        for (int t = 0; t < turns; t++)
            uv_run(&f->loop, UV_RUN_ONCE);
        int done = 0;
        for (int i = 0; i < 5; i++)
            done += calls[i].done;
        close_net(f);
        for (int i = 0; i < 5; i++) {
            done -= calls[i].done;
            buf_free(&calls[i].body);
        }
        assert_int_equal(done, 0);
        struct net_curl_options options = {.names = test_names};
        open_net(f, &options);
    }
}

static void done_closes(struct net_request *request, const struct net_answer *answer)
{
    on_done(request, answer);
    struct fixture *f = ((struct call *)request)->f;
    net_curl_transport_close(f->net, on_closed, f);
    f->net = NULL;
}

static void a_callback_may_close_the_transport(void **state)
{
    struct fixture *f = *state;
    struct call call, other;
    call_init(&call, f, "GET", "/ok");
    call.request.done = done_closes;
    call_init(&other, f, "GET", "/stall");
    send_call(&other);
    run_call(&call);
    while (!f->closed)
        uv_run(&f->loop, UV_RUN_ONCE);
    assert_int_equal(other.done, 0);
    buf_free(&call.body);
}

/* --- parts ---------------------------------------------------------------------------------- */

static void check_pattern(const struct buf *body, size_t size)
{
    assert_int_equal(body->size, size);
    for (size_t i = 0; i < size; i++)
        if (body->data[i] != (char)('a' + i % 23)) fail_msg("byte %zu is wrong", i);
}

static void parts_come_in_order_and_bounded(void **state)
{
    struct fixture *f = *state;
    struct call call;
    call_init(&call, f, "GET", "/pattern/3000000");
    call.request.parts = true;
    call.request.body_max = 1000; /* not for parts */
    run_call(&call);
    assert_int_equal(call.result, NET_ARRIVED);
    assert_true(call.parts >= 3000000 / NET_PART_MAX);
    assert_true(call.largest_part <= NET_PART_MAX);
    check_pattern(&call.body, 3000000);
    buf_free(&call.body);
}

static void a_part_that_is_not_resumed_holds_the_rest(void **state)
{
    struct fixture *f = *state;
    struct call call;
    call_init(&call, f, "GET", "/pattern/3000000");
    call.request.parts = true;
    call.hold = true;
    send_call(&call);
    for (int parts = 1; !call.done; parts++) {
        while (call.parts < parts && !call.done)
            uv_run(&f->loop, UV_RUN_ONCE);
        if (parts < 4) turn_for(f, 20);
        assert_true(call.parts <= parts);
        if (!call.done) transport_resume(f->transport, &call.request);
        transport_resume(f->transport, &call.request); /* once too often: nothing */
    }
    check_pattern(&call.body, 3000000);
    buf_free(&call.body);
}

static void a_gzip_taken_in_parts_is_bounded(void **state)
{
    struct fixture *f = *state;
    struct call call;
    call_init(&call, f, "GET", "/bomb"); /* 64 MiB of zeros in eight members */
    call.request.timeout_ms = 20000;     /* a machine may have more to do */
    call.request.parts = true;
    call.request.gunzip = true;
    run_call(&call);
    assert_int_equal(call.result, NET_ARRIVED);
    assert_true(call.largest_part <= NET_PART_MAX);
    assert_int_equal(call.body.size, 64 << 20);
    buf_free(&call.body);
}

static void parts_of_a_broken_answer_end_as_lost(void **state)
{
    struct fixture *f = *state;
    struct call call;
    call_init(&call, f, "GET", "/half");
    call.request.parts = true;
    run_call(&call);
    assert_int_equal(call.result, NET_LOST);
    buf_free(&call.body);
    call_init(&call, f, "GET", "/drip");
    call.request.parts = true;
    call.request.timeout_ms = 200;
    run_call(&call);
    assert_int_equal(call.result, NET_LOST);
    assert_true(call.parts > 2);
    buf_free(&call.body);
}

static void a_part_may_cancel_its_own_request(void **state)
{
    struct fixture *f = *state;
    for (int at = 1; at < 4; at++) {
        struct call call;
        call_init(&call, f, "GET", "/pattern/3000000");
        call.request.parts = true;
        call.cancel_at_part = at;
        send_call(&call);
        while (call.parts < at)
            uv_run(&f->loop, UV_RUN_ONCE);
        turn_for(f, 10);
        assert_int_equal(call.parts, at);
        assert_int_equal(call.done, 0);
        buf_free(&call.body);
    }
}

/* --- recording, TLS, cost ------------------------------------------------------------------- */

static bool first_entry(const struct recorder_entry *entry, void *ctx)
{
    *(struct recorder_entry *)ctx = *entry;
    return false;
}

static void what_passes_is_recorded_without_secrets(void **state)
{
    struct fixture *f = *state;
    static const struct net_header header = {"Api-Key", "", "s3cret-value", NET_SECRET_PLAIN};
    const char *secret = "s3cret-value";
    assert_true(recorder_mask_set(f->recorder, "a", &secret, 1));
    struct call call;
    call_init(&call, f, "POST", "/echo");
    call.request.headers = &header;
    call.request.header_count = 1;
    call.request.body = bytes_text("{\"x\":\"s3cret-value\"}");
    run_call(&call);
    assert_non_null(strstr(call.body.data, "s3cret-value")); /* it left */
    struct recorder_entry entry = {0};
    recorder_each(f->recorder, "a", first_entry, &entry);
    assert_string_equal(entry.request_headers, "Api-Key: ***\n");
    assert_string_equal(entry.request_body.data, "{\"x\":\"***\"}");
    assert_null(strstr(entry.answer_body.data, "s3cret"));
    assert_int_equal(entry.status, 200);
    buf_free(&call.body);
    call_init(&call, f, "GET", "/pattern/300000");
    call.request.parts = true;
    run_call(&call);
    recorder_each(f->recorder, "a", first_entry, &entry);
    assert_int_equal(entry.answer_body.size, RECORDER_BODY_MAX); /* the beginning */
    buf_free(&call.body);
}

static void tls_is_verified(void **state)
{
    struct fixture *f = *state;
    char dir[] = "/tmp/stockd-tls-XXXXXX", command[1024];
    assert_non_null(mkdtemp(dir));
    snprintf(command, sizeof command,
             "cd %s && openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 "
             "-subj /CN=localhost -addext subjectAltName=DNS:localhost >/dev/null 2>&1 && exec "
             "openssl s_server -accept 127.0.0.1:0 -naccept 3 -www -cert cert -key key 2>&1",
             dir);
    FILE *server = popen(command, "r");
    char line[256] = "";
    int port = 0;
    while (!port && fgets(line, sizeof line, server))
        sscanf(line, "ACCEPT 127.0.0.1:%d", &port);
    f->last_tick_ns = 0; /* waiting for it was the test's doing, not the transport's */
    if (!port) {
        pclose(server);
        skip(); /* no openssl program here */
    }
    char url[64], ca[64];
    snprintf(ca, sizeof ca, "%s/cert", dir);
    snprintf(url, sizeof url, "https://localhost:%d/", port);
    struct call call;
    get(f, &call, url);
    assert_int_equal(call.result, NET_NOT_SENT);
    close_net(f);
    struct net_curl_options options = {.ca_file = ca, .names = test_names};
    open_net(f, &options);
    get(f, &call, url);
    if (call.result != NET_ARRIVED) fail_msg("%s", call.error);
    assert_int_equal(call.status, 200);
    print_message("longest turn with TLS handshakes: %.1f ms\n", (double)f->gap_ns / 1e6);
    buf_free(&call.body);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", port); /* another name than it is for */
    get(f, &call, url);
    assert_int_equal(call.result, NET_NOT_SENT);
    pclose(server);
    f->last_tick_ns = 0;
    snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}

static void bad_options_are_refused_with_a_sentence(void **state)
{
    struct fixture *f = *state;
    static const struct net_curl_options table[] = {{.ca_file = "/nonexistent/ca.pem"},
                                                    {.proxy = "socks5://127.0.0.1:1"},
                                                    {.proxy = "http://us er@x"}};
    static const char *const says[] = {"/nonexistent/ca.pem", "proxy", "proxy"};
    for (size_t i = 0; i < 3; i++) {
        struct error error;
        assert_null(net_curl_transport_new(&f->loop, &table[i], NULL, &error));
        if (!strstr(error.text, says[i])) fail_msg("%s", error.text);
    }
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The figure holds the test's server too, on the same thread. */
static void a_request_costs_little(void **state)
{
    enum { REQUESTS = 10000, AT_ONCE = 8, BODY = 10 * 1024 };
    struct fixture *f = *state;
    static struct call calls[AT_ONCE];
    static char body[BODY];
    memset(body, 'x', sizeof body);
    for (int recording = 0; recording < 2; recording++) {
        recorder_switch(f->recorder, recording);
        double began = cpu_seconds();
        for (int sent = 0; sent < REQUESTS / (SANITIZED ? 20 : 1);) {
            for (int i = 0; i < AT_ONCE; i++, sent++) {
                call_init(&calls[i], f, "POST", "/pattern/5000");
                calls[i].request.body = bytes_of(body, sizeof body);
                send_call(&calls[i]);
            }
            for (int i = 0; i < AT_ONCE; i++) {
                wait_for(&calls[i]);
                assert_int_equal(calls[i].result, NET_ARRIVED);
                buf_free(&calls[i].body);
            }
        }
        double each = (cpu_seconds() - began) / (REQUESTS / (SANITIZED ? 20 : 1));
        print_message("%s recording: %.1f us of processor a request, server included\n",
                      recording ? "with" : "without", each * 1e6);
        if (!SANITIZED) assert_true(each < 1.0 / 3000);
    }
    assert_true(f->server.connections <= 2 * AT_ONCE);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(answers_mean_what_they_should, setup, teardown),
    cmocka_unit_test_setup_teardown(headers_of_the_last_block_are_kept, setup, teardown),
    cmocka_unit_test_setup_teardown(many_headers_are_cut, setup, teardown),
    cmocka_unit_test_setup_teardown(bodies_are_capped_to_the_byte, setup, teardown),
    cmocka_unit_test_setup_teardown(gunzip_looks_at_the_bytes, setup, teardown),
    cmocka_unit_test_setup_teardown(what_must_not_leave_is_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(bad_headers_are_refused, setup, teardown),
    cmocka_unit_test_setup_teardown(what_cannot_be_reached_was_not_sent, setup, teardown),
    cmocka_unit_test_setup_teardown(a_name_that_does_not_exist_is_refused_by_the_real_resolver,
                                    setup, teardown),
    cmocka_unit_test_setup_teardown(a_request_on_a_dying_connection_is_not_repeated, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(a_connection_closed_while_idle_is_not_used, setup, teardown),
    cmocka_unit_test_setup_teardown(connections_are_reused, setup, teardown),
    cmocka_unit_test_setup_teardown(a_request_leaves_as_written, setup, teardown),
    cmocka_unit_test_setup_teardown(a_handle_used_again_keeps_nothing, setup, teardown),
    cmocka_unit_test_setup_teardown(a_large_body_is_sent_without_asking_first, setup, teardown),
    cmocka_unit_test_setup_teardown(the_deadline_is_for_the_whole_exchange, setup, teardown),
    cmocka_unit_test_setup_teardown(a_name_not_resolved_in_time_was_not_sent, setup, teardown),
    cmocka_unit_test_setup_teardown(slow_and_dead_names_delay_no_other, setup, teardown),
    cmocka_unit_test_setup_teardown(a_name_is_looked_up_once, setup, teardown),
    cmocka_unit_test_setup_teardown(an_old_address_is_used_until_a_new_one_is_known, setup,
                                    teardown),
    cmocka_unit_test_setup_teardown(a_request_can_be_cancelled_at_every_moment, setup, teardown),
    cmocka_unit_test_setup_teardown(a_callback_may_cancel_others, setup, teardown),
    cmocka_unit_test_setup_teardown(a_callback_may_send_again, setup, teardown),
    cmocka_unit_test_setup_teardown(closing_cancels_what_is_open, setup, teardown),
    cmocka_unit_test_setup_teardown(a_callback_may_close_the_transport, setup, teardown),
    cmocka_unit_test_setup_teardown(parts_come_in_order_and_bounded, setup, teardown),
    cmocka_unit_test_setup_teardown(a_part_that_is_not_resumed_holds_the_rest, setup, teardown),
    cmocka_unit_test_setup_teardown(a_gzip_taken_in_parts_is_bounded, setup, teardown),
    cmocka_unit_test_setup_teardown(parts_of_a_broken_answer_end_as_lost, setup, teardown),
    cmocka_unit_test_setup_teardown(a_part_may_cancel_its_own_request, setup, teardown),
    cmocka_unit_test_setup_teardown(what_passes_is_recorded_without_secrets, setup, teardown),
    cmocka_unit_test_setup_teardown(tls_is_verified, setup, teardown),
    cmocka_unit_test_setup_teardown(bad_options_are_refused_with_a_sentence, setup, teardown),
    cmocka_unit_test_setup_teardown(a_request_costs_little, setup, teardown),
};

TEST_MAIN(cases)
