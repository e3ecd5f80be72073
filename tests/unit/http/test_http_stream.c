/* Streams both ways: bodies in parts with back-pressure, answers of unknown length, and clients
 * that do not keep up or leave in the middle. */
#include "http_fixture.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

struct seen {
    struct http_exchange *held;
    uint64_t bytes, sum, parts;
    size_t largest;
    bool last, stop_early, refuse;
    int gone, drained, asks;
};

static void on_gone(struct http_exchange *x, void *ctx)
{
    (void)x;
    ((struct seen *)ctx)->gone++;
}

static void on_part(struct http_exchange *x, struct bytes part, bool last)
{
    struct seen *seen = http_context(x);
    assert_false(seen->last);
    assert_true(last ? part.size == 0 : part.size > 0);
    for (size_t i = 0; i < part.size; i++)
        seen->sum = seen->sum * 31 + ((const unsigned char *)part.data)[i];
    seen->bytes += part.size;
    seen->parts++;
    if (part.size > seen->largest) seen->largest = part.size;
    seen->last = last;
    if (seen->stop_early) {
        http_answer_problem(x, 400, "invalid", "the header names no column 'sku'");
        seen->held = NULL;
    } else if (last) {
        http_answer_json(x, 200, json_pack("{s:I}", "bytes", (json_int_t)seen->bytes));
        seen->held = NULL;
    } else if (seen->asks < 0 || seen->asks-- > 1) {
        http_body_next(x, on_part);
    }
}

static void upload(struct http_exchange *x)
{
    struct seen *seen = http_context(x);
    if (seen->refuse) {
        http_answer_problem(x, 503, "busy", "an import is running");
        return;
    }
    seen->held = x;
    http_on_gone(x, on_gone, seen);
    if (seen->asks) http_body_next(x, on_part);
}

static void on_drained(struct http_exchange *x)
{
    ((struct seen *)http_context(x))->drained++;
}

static void follow(struct http_exchange *x)
{
    struct seen *seen = http_context(x);
    seen->held = x;
    http_on_gone(x, on_gone, seen);
    http_answer_stream_begin(x, 200, "application/x-ndjson", on_drained);
}

static const struct http_route routes[] = {
    {"POST", "/v1/imports", HTTP_SCOPE_READ, upload, "take a body", NULL, "text/csv", 0,
     HTTP_BODY_STREAMED, NULL},
    {"GET", "/v1/follow", HTTP_SCOPE_READ, follow, "stream", NULL, NULL, 0, 0, NULL},
};

static struct fixture f;
static struct seen seen;

static int set_up(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    seen.asks = -1;
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

static char block[50000];

static uint64_t send_blocks(struct client *c, int count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)(i * 7 + i / 251);
    for (int n = 0; n < count; n++) {
        for (size_t i = 0; i < sizeof block; i++)
            sum = sum * 31 + (unsigned char)block[i];
        client_send_bytes(c, block, sizeof block);
    }
    return sum;
}

static void a_large_body_arrives_in_parts(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(
        &c, HEAD("POST /v1/imports") "Content-Type: text/csv\r\nContent-Length: 20000000\r\n\r\n");
    uint64_t sum = send_blocks(&c, 400);
    assert_non_null(strstr(client_until_end(&c), "{\"bytes\":20000000}"));
    assert_true(seen.sum == sum);
    assert_true(seen.largest <= HTTP_PART_MAX);
    client_close(&c);
}

static void chunked_and_empty_bodies_arrive_too(void **state)
{
    (void)state;
    assert_asked(&f,
                 HEAD("POST /v1/imports") "Transfer-Encoding: chunked\r\n\r\n"
                                          "5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: 1\r\n\r\n",
                 "200", "{\"bytes\":6}");
    seen.last = false;
    assert_asked(&f, HEAD("POST /v1/imports") "\r\n", "200", "{\"bytes\":6}"); /* no more of them */
}

/* A handler that does not ask stops the client: what is taken in meanwhile is bounded. */
static void a_slow_handler_slows_the_client(void **state)
{
    (void)state;
    seen.asks = 1;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("POST /v1/imports") "Content-Length: 100000000\r\n\r\n");
    size_t sent = 0;
    int idle = 0;
    while (idle < 100) { /* until nothing moves any more */
        size_t n = client_try(&c, block, sizeof block);
        sent += n;
        idle = n ? 0 : idle + 1;
        fixture_turn(&f);
    }
    assert_true(sent < 4 << 20); /* the parts, libmicrohttpd's buffer and the kernel's */
    assert_int_equal(seen.parts, 1);
    uint64_t before = seen.bytes;
    http_body_next(seen.held, on_part);
    seen.asks = -1;
    while (seen.bytes == before)
        fixture_turn(&f);
    while (sent < 100000000) {
        size_t left = 100000000 - sent;
        sent += client_try(&c, block, left < sizeof block ? left : sizeof block);
        fixture_turn(&f);
    }
    assert_non_null(strstr(client_until_end(&c), "{\"bytes\":100000000}"));
    client_close(&c);
}

static void asking_before_anything_came_is_fine(void **state)
{
    (void)state;
    seen.asks = 0;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("POST /v1/imports") "Content-Length: 4\r\n\r\n");
    while (!seen.held)
        fixture_turn(&f);
    seen.asks = -1;
    http_body_next(seen.held, on_part);
    for (int i = 0; i < 10; i++)
        fixture_turn(&f);
    assert_int_equal(seen.parts, 0);
    client_send(&c, "ab");
    while (seen.parts < 1)
        fixture_turn(&f);
    client_send(&c, "cd");
    assert_non_null(strstr(client_until_end(&c), "{\"bytes\":4}"));
    client_close(&c);
}

static void an_early_answer_reaches_a_client_still_sending(void **state)
{
    (void)state;
    seen.stop_early = true;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("POST /v1/imports") "Content-Length: 20000000\r\n\r\n");
    send_blocks(&c, 400);
    assert_non_null(strstr(client_until_end(&c), "no column 'sku'"));
    assert_int_equal(seen.parts, 1);
    assert_int_equal(seen.gone, 0);
    client_close(&c);
}

static void a_refused_upload_is_told_before_its_body(void **state)
{
    (void)state;
    seen.refuse = true;
    struct client c;
    client_open(&c, &f);
    client_send(
        &c, HEAD("POST /v1/imports") "Expect: 100-continue\r\nContent-Length: 20000000\r\n\r\n");
    const char *answer = client_until_end(&c);
    assert_non_null(strstr(answer, "HTTP/1.1 503"));
    assert_null(strstr(answer, "100 Continue"));
    client_close(&c);
}

static void leaving_amid_an_upload_is_told(void **state)
{
    (void)state;
    for (int asks = 0; asks <= 1; asks++) { /* suspended for want of room, or waiting for bytes */
        memset(&seen, 0, sizeof seen);
        seen.asks = asks ? -1 : 0;
        struct client c;
        client_open(&c, &f);
        client_send(&c, HEAD("POST /v1/imports") "Content-Length: 100000000\r\n\r\n");
        for (int i = 0; i < 200; i++) {
            client_try(&c, block, sizeof block);
            fixture_turn(&f);
        }
        assert_non_null(seen.held);
        client_close(&c);
        while (!seen.gone)
            fixture_turn(&f);
        uint64_t parts = seen.parts;
        http_body_next(seen.held, on_part); /* nothing comes of it */
        for (int i = 0; i < 5; i++)
            fixture_turn(&f);
        assert_true(seen.parts == parts && !seen.last);
        http_answer_empty(seen.held, 204);
        assert_int_equal(seen.gone, 1);
    }
}

static void lines_arrive_as_they_are_written(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("GET /v1/follow") "\r\n");
    client_until(&c, "application/x-ndjson");
    for (int i = 0; i < 20; i++) {
        char want[20];
        snprintf(want, sizeof want, "{\"n\":%d}\n", i);
        assert_true(http_answer_stream_json(seen.held, json_pack("{s:i}", "n", i)));
        fixture_turn(&f); /* at once */
        client_read(&c);
        if (!strstr(buf_cstr(&c.in), want)) fail_msg("%s is late", want);
    }
    http_answer_stream_end(seen.held);
    const char *all = client_until_end(&c);
    assert_string_equal(all + strlen(all) - 5, "0\r\n\r\n");
    assert_int_equal(seen.gone, 0);
    client_close(&c);
}

static void a_stream_may_end_before_anything_was_sent(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("GET /v1/follow") "\r\n");
    while (!seen.held)
        fixture_turn(&f);
    http_answer_stream_write(seen.held, bytes_text("x"));
    http_answer_stream_end(seen.held);
    assert_non_null(strstr(client_until_end(&c), "\r\nx\r\n0\r\n\r\n"));
    client_close(&c);
}

static void a_slow_reader_pauses_the_writer(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("GET /v1/follow") "\r\n");
    client_until(&c, "\r\n\r\n");
    size_t written = 0;
    memset(block, '~', sizeof block);
    while (http_answer_stream_write(seen.held, bytes_of(block, sizeof block))) {
        written += sizeof block;
        fixture_turn(&f);
    }
    written += sizeof block; /* the last one was taken, too */
    assert_true(written < 2 << 20);
    assert_int_equal(seen.drained, 0);
    while (!seen.drained) {
        client_read(&c);
        fixture_turn(&f);
    }
    assert_int_equal(seen.drained, 1);
    assert_true(http_answer_stream_write(seen.held, bytes_text("z")));
    http_answer_stream_end(seen.held);
    const char *all = client_until_end(&c);
    size_t got = 0;
    for (const char *at = all; *at; at++)
        got += *at == '~';
    assert_int_equal(got, written);
    assert_non_null(strchr(all, 'z'));
    client_close(&c);
}

static void a_reader_that_never_reads_is_cut_off(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("GET /v1/follow") "\r\n");
    while (!seen.held)
        fixture_turn(&f);
    for (int i = 0; i < 200; i++) { /* a writer that does not heed the pause */
        http_answer_stream_write(seen.held, bytes_of(block, sizeof block));
        fixture_turn(&f);
    }
    while (!seen.gone)
        fixture_turn(&f);
    assert_false(http_answer_stream_write(seen.held, bytes_text("x")));
    http_answer_stream_end(seen.held);
    client_close(&c);
}

static void leaving_an_idle_stream_is_told(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("GET /v1/follow") "\r\n");
    client_until(&c, "\r\n\r\n");
    client_close(&c);
    while (!seen.gone)
        fixture_turn(&f);
    assert_false(http_answer_stream_json(seen.held, json_pack("{s:i}", "n", 1)));
    http_answer_stream_end(seen.held);
    assert_int_equal(seen.gone, 1);
}

static void head_of_a_stream_ends_it(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, HEAD("HEAD /v1/follow") "\r\n");
    client_until_end(&c);
    assert_int_equal(seen.gone, 1);
    http_answer_stream_end(seen.held);
    client_close(&c);
}

static void old_clients_get_a_stream_without_chunks(void **state)
{
    (void)state;
    struct client c;
    client_open(&c, &f);
    client_send(&c, "GET /v1/follow HTTP/1.0\r\n\r\n");
    while (!seen.held)
        fixture_turn(&f);
    http_answer_stream_write(seen.held, bytes_text("one\n"));
    client_until(&c, "one\n");
    http_answer_stream_write(seen.held, bytes_text("two\n"));
    http_answer_stream_end(seen.held);
    assert_non_null(strstr(client_until_end(&c), "\r\n\r\none\ntwo\n"));
    client_close(&c);
}

/* Nothing is burnt while everybody waits: with an idle stream, an idle connection and an exchange
 * without an answer, the loop has nothing to do. */
static void waiting_costs_nothing(void **state)
{
    (void)state;
    struct client stream, idle;
    client_open(&stream, &f);
    client_open(&idle, &f);
    client_send(&stream, HEAD("GET /v1/follow") "\r\n");
    client_until(&stream, "\r\n\r\n");
    for (int i = 0; i < 10; i++)
        fixture_turn(&f);
    uv_update_time(&f.loop);
    int timeout = uv_backend_timeout(&f.loop);
    assert_true(timeout < 0 || timeout > 100);
    http_answer_stream_end(seen.held);
    client_close(&stream);
    client_close(&idle);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_large_body_arrives_in_parts, set_up, tear_down),
    cmocka_unit_test_setup_teardown(chunked_and_empty_bodies_arrive_too, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_slow_handler_slows_the_client, set_up, tear_down),
    cmocka_unit_test_setup_teardown(asking_before_anything_came_is_fine, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_early_answer_reaches_a_client_still_sending, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(a_refused_upload_is_told_before_its_body, set_up, tear_down),
    cmocka_unit_test_setup_teardown(leaving_amid_an_upload_is_told, set_up, tear_down),
    cmocka_unit_test_setup_teardown(lines_arrive_as_they_are_written, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_stream_may_end_before_anything_was_sent, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_slow_reader_pauses_the_writer, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_reader_that_never_reads_is_cut_off, set_up, tear_down),
    cmocka_unit_test_setup_teardown(leaving_an_idle_stream_is_told, set_up, tear_down),
    cmocka_unit_test_setup_teardown(head_of_a_stream_ends_it, set_up, tear_down),
    cmocka_unit_test_setup_teardown(old_clients_get_a_stream_without_chunks, set_up, tear_down),
    cmocka_unit_test_setup_teardown(waiting_costs_nothing, set_up, tear_down),
};
TEST_MAIN(cases)
