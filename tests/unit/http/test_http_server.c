/* Requests and answers: routing, refusals, hostile and broken clients, life and death of exchanges.
 */
#include "http_fixture.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What handlers share with the test. */
struct seen {
    struct http_exchange *held; /* answered by the test */
    int gone, calls;
};

static void echo(struct http_exchange *x)
{
    struct seen *seen = http_context(x);
    seen->calls++;
    struct bytes name = http_path(x, "name");
    char hex[200] = "";
    for (size_t i = 0; i < name.size; i++)
        sprintf(hex + 2 * i, "%02x", ((const unsigned char *)name.data)[i]);
    const char *q = http_query(x, "q");
    http_answer_json(
        x, 200,
        json_pack("{s:s, s:s*, s:I}", "name", hex, "q", q, "uid", (json_int_t)http_peer_uid(x)));
}

static void put(struct http_exchange *x)
{
    int64_t limit = 7;
    if (!http_query_int(x, "limit", 1, 100, &limit)) return;
    json_t *body = http_body_object(x);
    if (!body) return;
    json_object_set_new(body, "limit", json_integer(limit));
    http_answer_json(x, 200, body);
}

static void on_gone(struct http_exchange *x, void *ctx)
{
    assert_true(http_is_gone(x));
    ((struct seen *)ctx)->gone++;
}

static void hold(struct http_exchange *x)
{
    struct seen *seen = http_context(x);
    seen->held = x;
    http_on_gone(x, on_gone, seen);
}

static void refuse(struct http_exchange *x)
{
    struct error error;
    error_set(&error, ST_CONFLICT, "the figure is 3, not \xff 5");
    http_answer_error(x, &error);
}

static void drop(struct http_exchange *x)
{
    http_answer_header(x, "Location", "/v1/runs/1");
    http_answer_empty(x, 204);
}

static const struct http_route routes[] = {
    {"GET", "/v1/echo/{name}", HTTP_SCOPE_READ, echo, "say it again", "q limit", NULL, 0, 0, NULL},
    {"PUT", "/v1/echo/{name}", HTTP_SCOPE_READ, put, "read a body", "limit", "application/json",
     100, 0, NULL},
    {"GET", "/v1/hold", HTTP_SCOPE_READ, hold, "answer later", NULL, NULL, 0, 0, NULL},
    {"POST", "/v1/fail", HTTP_SCOPE_READ, refuse, "refuse", NULL, NULL, 0, 0, NULL},
    {"DELETE", "/v1/echo/{name}", HTTP_SCOPE_READ, drop, "nothing to say", NULL, NULL, 0, 0, NULL},
};

static struct fixture f;
static struct seen seen;

static int set_up(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    fixture_open(&f, routes, sizeof routes / sizeof *routes, &seen, 0, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_close(&f);
    return 0;
}

#define HEAD(line) line " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"

static void requests_are_routed(void **state)
{
    (void)state;
    static const struct {
        const char *request, *status, *says;
    } table[] = {
        {HEAD("GET /v1/echo/a%2Fb?q=x+y%26") "\r\n", "200", "{\"name\":\"612f62\",\"q\":\"x y&\""},
        {HEAD("GET /v1/echo/..") "\r\n", "200", "\"name\":\"2e2e\""},
        {HEAD("GET /v1/echo/%00%ff") "\r\n", "200", "\"name\":\"00ff\""},
        {HEAD("GET http://any/v1/echo/a") "\r\n", "200", "\"name\":\"61\""},
        {HEAD("DELETE /v1/echo/a") "\r\n", "204", "Location: /v1/runs/1"},
        {HEAD("POST /v1/fail") "\r\n", "409",
         "\"status\":409,\"code\":\"conflict\",\"detail\":\"the figure is 3, not ? 5\""},
        {HEAD("OPTIONS /v1/echo/a") "\r\n", "204", "Allow: GET, HEAD, PUT, DELETE, OPTIONS"},
        {HEAD("OPTIONS *") "\r\n", "204", NULL},
        {HEAD("GET /v1/nothing") "\r\n", "404", "\"code\":\"not-found\""},
        {HEAD("GET /v1/echo/") "\r\n", "404", "application/problem+json"},
        {HEAD("GET /v1/echo/a/../b") "\r\n", "404", NULL},
        {HEAD("GET //v1/echo/a") "\r\n", "404", NULL},
        {HEAD("OPTIONS /v1/nothing") "\r\n", "404", NULL},
        {HEAD("PATCH /v1/echo/a") "\r\n", "405", "Allow: GET, HEAD, PUT, DELETE, OPTIONS"},
        {HEAD("BREW /v1/hold") "\r\n", "405", "BREW is not offered here; this resource takes GET"},
        {HEAD("GET /v1/echo/%4") "\r\n", "400", "part 3 of the path has a '%'"},
        {HEAD("GET /v1/echo/a?lmit=5") "\r\n", "400", "'lmit'; did you mean 'limit'?"},
        {HEAD("GET /v1/echo/a?zzzzz=5") "\r\n", "400", "'zzzzz'; it takes: q limit"},
        {HEAD("GET /v1/hold?x") "\r\n", "400", "'x'; this resource takes none"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_asked(&f, table[i].request, table[i].status, table[i].says);
}

static void bodies_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *request, *status, *says;
    } table[] = {
        {HEAD("PUT /v1/echo/a?limit=9") "Content-Length: 7\r\n\r\n{\"a\":1}", "200",
         "{\"a\":1,\"limit\":9}"},
        {HEAD("PUT /v1/echo/a") "Transfer-Encoding: "
                                "chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n",
         "200", "{\"a\":1,\"limit\":7}"},
        {HEAD("PUT /v1/echo/a") "Content-Type: application/json; charset=utf-8\r\n"
                                "Content-Length: 2\r\n\r\n{}",
         "200", "{\"limit\":7}"},
        {HEAD("PUT /v1/echo/a?limit=101") "Content-Length: 2\r\n\r\n{}", "400",
         "whole number from 1 to 100, not '101'"},
        {HEAD("PUT /v1/echo/a?limit=") "Content-Length: 2\r\n\r\n{}", "400", "not ''"},
        {HEAD("PUT /v1/echo/a?limit=99999999999999999999") "Content-Length: 2\r\n\r\n{}", "400",
         NULL},
        {HEAD("PUT /v1/echo/a") "\r\n", "400", "the body is empty"},
        {HEAD("PUT /v1/echo/a") "Content-Length: 3\r\n\r\n[1]", "400", "must be a JSON object"},
        {HEAD("PUT /v1/echo/a") "Content-Length: 5\r\n\r\n{\"a\":", "400", "line 1, column 5"},
        {HEAD("PUT /v1/echo/a") "Content-Length: 13\r\n\r\n{\"a\":1,\"a\":2}", "400", "duplicate"},
        {HEAD("PUT /v1/echo/a") "Content-Type: text/xml\r\nContent-Length: 2\r\n\r\n{}", "415",
         "'text/xml' is not understood here; send application/json"},
        {HEAD("PUT /v1/echo/a") "Content-Length: 101\r\n\r\n", "413", "longer than the 100 bytes"},
        {HEAD("PUT /v1/echo/a") "Content-Length: 999999999999\r\n\r\n", "413", NULL},
        {HEAD("PUT /v1/echo/a") "Expect: 100-continue\r\nContent-Length: 2000\r\n\r\n", "413",
         NULL},
        {HEAD("PUT /v1/echo/a") "Content-Length: minus\r\n\r\n", "400", NULL},
        {HEAD("GET /v1/echo/a") "Content-Length: 3\r\n\r\nabc", "200", NULL},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *request = table[i].request;
        if (strstr(request, "Content-Length: 101\r")) { /* a small one is read to its end */
            char whole[400];
            snprintf(whole, sizeof whole, "%s%0101d", request, 0);
            assert_asked(&f, whole, table[i].status, table[i].says);
            continue;
        }
        assert_asked(&f, request, table[i].status, table[i].says);
    }
}

static void a_chunked_body_over_the_maximum_is_refused(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("PUT /v1/echo/a") "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 1000; i++)
        client_send(&c, "20\r\n0123456789abcdef0123456789abcdef\r\n");
    client_send(&c, "0\r\n\r\n");
    assert_non_null(strstr(client_until_end(&c), "HTTP/1.1 413"));
    client_close(&c);
}

static void a_client_is_told_to_go_on_with_its_body(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("PUT /v1/echo/a") "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    client_until(&c, "HTTP/1.1 100 Continue\r\n\r\n");
    client_send(&c, "{}");
    assert_non_null(strstr(client_until_end(&c), "HTTP/1.1 200"));
    client_close(&c);
}

static void head_is_get_without_the_body(void **state)
{
    (void)state;
    char *answer = ask(&f, HEAD("HEAD /v1/echo/abc") "\r\n");
    assert_non_null(strstr(answer, "HTTP/1.1 200"));
    assert_non_null(strstr(answer, "Content-Length: "));
    assert_null(strstr(answer, "{"));
    assert_int_equal(seen.calls, 1);
    mem_free(answer);
}

static void a_request_may_come_byte_by_byte(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    const char *text = HEAD("PUT /v1/echo/a") "Content-Length: 7\r\n\r\n{\"a\":1}";
    for (const char *at = text; *at; at++) {
        client_send_bytes(&c, at, 1);
        fixture_turn(&f);
    }
    assert_non_null(strstr(client_until_end(&c), "{\"a\":1,\"limit\":7}"));
    client_close(&c);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    for (int i = 0; i < 50; i++) {
        char request[100];
        snprintf(request, sizeof request, "GET /v1/echo/a?q=%d HTTP/1.1\r\nHost: x\r\n\r\n", i);
        client_send(&c, request);
    }
    client_send(&c, HEAD("GET /v1/echo/z") "\r\n");
    const char *at = client_until_end(&c);
    for (int i = 0; i < 50; i++) {
        char want[40];
        snprintf(want, sizeof want, "\"q\":\"%d\"", i);
        at = strstr(at, want);
        if (!at) fail_msg("no %s in order", want);
    }
    assert_non_null(strstr(at, "\"name\":\"7a\""));
    client_close(&c);
}

static void a_refusal_leaves_the_connection_usable(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, "GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n");
    client_until(&c, "no such resource");
    client_send(&c, "PUT /v1/hold HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde");
    client_until(&c, "PUT is not offered");
    client_send(&c, HEAD("GET /v1/echo/a") "\r\n");
    assert_non_null(strstr(client_until_end(&c), "\"name\":\"61\""));
    client_close(&c);
}

static void malformed_requests_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *request, *status;
    } table[] = {
        {"GET /v1/echo/a HTTP/1.1\r\nConnection: close\r\n\r\n", "400"}, /* no Host */
        {"GET /v1/echo/a HTTP/2.0\r\nHost: x\r\n\r\n", "505"},
        {HEAD("GET /v1/echo/a") "no colon here\r\n\r\n", "400"},
        {HEAD("PUT /v1/echo/a") "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
        {HEAD("PUT /v1/echo/a") "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n",
         "413"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_asked(&f, table[i].request, table[i].status, NULL);
    /* These are dropped without a word, and nothing else suffers. */
    static const char *const dropped[] = {"\x16\x03\x01\x02\n\n", "GET\r\n\r\n", "/\r\n\r\n"};
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++)
        mem_free(ask(&f, dropped[i]));
    assert_asked(&f, HEAD("GET /v1/echo/a") "\r\n", "200", NULL);
    assert_int_equal(seen.calls, 1);
}

static void giant_headers_are_refused(void **state)
{
    (void)state;
    static const char *const starts[] = {
        "GET /v1/echo/",
        "GET /v1/echo/a HTTP/1.1\r\nHost: x\r\nX: ", "GET /v1/echo/a HTTP/1.1\r\nHost: x\r\n"};
    for (size_t n = 0; n < 3; n++) {
        struct client c;
        client_open(&c, &f);
        client_send(&c, starts[n]);
        for (int i = 0; i < 4096 && !c.ended; i++) {
            client_send(&c, n == 2 ? "A-header-of-some-length: 0123456789\r\n"
                                   : "0123456789abcdef0123456789abcdef");
            client_read(&c);
        }
        const char *answer = client_until_end(&c);
        if (!strstr(answer, "HTTP/1.1 4")) fail_msg("case %zu: <%s>", n, answer);
        client_close(&c);
    }
    assert_int_equal(seen.calls, 0);
}

static void an_answer_may_come_later(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("GET /v1/hold") "\r\n");
    while (!seen.held)
        fixture_turn(&f);
    for (int i = 0; i < 20; i++)
        fixture_turn(&f);
    assert_int_equal(http_server_exchanges(f.server), 1);
    http_answer_json(seen.held, 200, json_pack("{s:s}", "at", "last"));
    assert_int_equal(http_server_exchanges(f.server), 0);
    fixture_turn(&f); /* it leaves in the very next turn */
    client_read(&c);
    assert_non_null(strstr(buf_cstr(&c.in), "{\"at\":\"last\"}"));
    client_until_end(&c);
    assert_int_equal(seen.gone, 0);
    client_close(&c);
}

static void a_client_that_leaves_is_noticed_while_it_waits(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("GET /v1/hold") "\r\n");
    while (!seen.held)
        fixture_turn(&f);
    client_close(&c);
    while (!seen.gone)
        fixture_turn(&f);
    http_answer_problem(seen.held, 500, "late", "nobody hears this");
    for (int i = 0; i < 5; i++)
        fixture_turn(&f);
    assert_int_equal(seen.gone, 1);
    assert_asked(&f, HEAD("GET /v1/echo/a") "\r\n", "200", NULL);
}

static void a_client_that_only_stops_sending_still_gets_its_answer(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("GET /v1/hold") "\r\n");
    shutdown(c.fd, SHUT_WR);
    while (!seen.held)
        fixture_turn(&f);
    for (int i = 0; i < 20; i++)
        fixture_turn(&f);
    assert_int_equal(seen.gone, 0);
    http_answer_json(seen.held, 200, json_pack("{s:s}", "at", "last"));
    assert_non_null(strstr(client_until_end(&c), "last"));
    client_close(&c);
}

static void a_slow_header_is_cut_off(void **state)
{
    (void)state;
    struct fixture slow;
    fixture_open(&slow, routes, sizeof routes / sizeof *routes, &seen, 1, 1);
    struct client header, body;
    client_open(&header, &slow);
    client_send(&header, "GET /v1/ec");
    client_open(&body, &slow);
    client_send(&body, HEAD("PUT /v1/echo/a") "Content-Length: 7\r\n\r\n{\"a");
    assert_string_equal(client_until_end(&header), "");
    assert_string_equal(client_until_end(&body), "");
    client_close(&header);
    client_close(&body);
    fixture_close(&slow);
}

static void waiting_for_us_is_not_slow(void **state)
{
    (void)state;
    struct fixture slow;
    fixture_open(&slow, routes, sizeof routes / sizeof *routes, &seen, 1, 1);
    struct client idle, c;
    client_open(&c, &slow);
    client_send(&c, HEAD("GET /v1/hold") "\r\n");
    while (!seen.held)
        fixture_turn(&slow);
    client_open(&idle, &slow);
    client_until_end(&idle); /* a tick has passed */
    http_answer_json(seen.held, 200, json_pack("{s:s}", "at", "last"));
    assert_non_null(strstr(client_until_end(&c), "last"));
    client_close(&idle);
    client_close(&c);
    fixture_close(&slow);
}

static void more_clients_than_the_limit_wait_their_turn(void **state)
{
    (void)state;
    enum { COUNT = HTTP_CONNECTIONS_MAX + 5 };
    static struct client clients[COUNT];
    for (int i = 0; i < COUNT; i++) {
        client_open(&clients[i], &f);
        fixture_turn(&f);
    }
    client_send(&clients[COUNT - 1], HEAD("GET /v1/echo/a") "\r\n");
    for (int i = 0; i < 50; i++)
        fixture_turn(&f);
    client_read(&clients[COUNT - 1]);
    assert_int_equal(clients[COUNT - 1].in.size, 0);
    for (int i = 0; i < 5; i++)
        client_close(&clients[i]);
    assert_non_null(strstr(client_until_end(&clients[COUNT - 1]), "HTTP/1.1 200"));
    for (int i = 5; i < COUNT; i++)
        client_close(&clients[i]);
}

static void closing_tells_the_handlers(void **state)
{
    (void)state;
    struct fixture own;
    fixture_open(&own, routes, sizeof routes / sizeof *routes, &seen, 0, 0);
    struct client waiting, half, idle;
    client_open(&waiting, &own);
    client_open(&half, &own);
    client_open(&idle, &own);
    client_send(&waiting, HEAD("GET /v1/hold") "\r\n");
    client_send(&half, HEAD("PUT /v1/echo/a") "Content-Length: 7\r\n\r\n{\"a");
    while (!seen.held)
        fixture_turn(&own);
    http_server_close(own.server, NULL, NULL);
    assert_int_equal(seen.gone, 1);
    for (int i = 0; i < 10; i++)
        fixture_turn(&own);
    http_answer_empty(seen.held, 204); /* still owed; the last of the server goes with it */
    assert_string_equal(client_until_end(&waiting), "");
    client_close(&waiting);
    client_close(&half);
    client_close(&idle);
    assert_int_equal(uv_run(&own.loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&own.loop), 0);
    assert_int_equal(rmdir(own.folder), 0);
}

static void a_quiet_server_finishes_what_it_began(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("GET /v1/hold") "\r\n");
    while (!seen.held)
        fixture_turn(&f);
    http_server_quiet(f.server);
    assert_int_equal(access(f.path, F_OK), -1);
    http_answer_json(seen.held, 200, json_pack("{s:s}", "at", "last"));
    assert_non_null(strstr(client_until_end(&c), "last"));
    client_close(&c);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(requests_are_routed, set_up, tear_down),
    cmocka_unit_test_setup_teardown(bodies_are_checked, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_chunked_body_over_the_maximum_is_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_client_is_told_to_go_on_with_its_body, set_up, tear_down),
    cmocka_unit_test_setup_teardown(head_is_get_without_the_body, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_request_may_come_byte_by_byte, set_up, tear_down),
    cmocka_unit_test_setup_teardown(pipelined_requests_are_answered_in_order, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_refusal_leaves_the_connection_usable, set_up, tear_down),
    cmocka_unit_test_setup_teardown(malformed_requests_are_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(giant_headers_are_refused, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_answer_may_come_later, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_client_that_leaves_is_noticed_while_it_waits, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(a_client_that_only_stops_sending_still_gets_its_answer, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(a_slow_header_is_cut_off, set_up, tear_down),
    cmocka_unit_test_setup_teardown(waiting_for_us_is_not_slow, set_up, tear_down),
    cmocka_unit_test_setup_teardown(more_clients_than_the_limit_wait_their_turn, set_up, tear_down),
    cmocka_unit_test_setup_teardown(closing_tells_the_handlers, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_quiet_server_finishes_what_it_began, set_up, tear_down),
};
TEST_MAIN(cases)
