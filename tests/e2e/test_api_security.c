/* What each trick against the API gets, over TCP and on the unix socket: the table in
 * docs/security.md. Written byte by byte, for no library would send most of it. */
#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_MAX = 1 << 20, WAIT_MS = SOON_S * 1000 };

static int port;
static char read_token[80], write_token[80], admin_token[80];

/* ---- the world */

static void make_token(const char *name, char out[80])
{
    json_t *answer;
    char *body = text_format("{\"name\":\"%s\",\"scope\":\"%s\"}", name, name);
    assert_int_equal(api("POST", "/v1/tokens", body, &answer), 201);
    snprintf(out, 80, "%s", text_at(answer, "token"));
    assert_int_equal(strncmp(out, "stockd_", 7), 0);
    assert_int_equal(strlen(out), 7 + 43);
}

static void find_port(void)
{
    const char *at = strstr(daemon_log(), "tcp=127.0.0.1:");
    assert_non_null(at);
    port = atoi(at + strlen("tcp=127.0.0.1:"));
    assert_true(port > 0);
}

static int begin_with(void **state, bool shop)
{
    if (world_begin(state)) return -1;
    conf_places();
    if (shop) {
        plugin_put(FAST_OZON_PLUGIN, "ozon.so");
        sim_start(100, "--products 3 --warehouses 501,502 --stock 1");
        conf_ozon("ozon-main", "1001", "test-key", "");
    }
    conf_write("20-api.yaml", "api:\n  listen: 127.0.0.1:0\n  hosts: shop.example\n");
    daemon_start();
    find_port();
    make_token("read", read_token);
    make_token("write", write_token);
    make_token("admin", admin_token);
    return 0;
}

static int begin(void **state)
{
    return begin_with(state, false);
}

static int begin_shop(void **state)
{
    return begin_with(state, true);
}

/* ---- asking */

static int dial_tcp(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static bool readable(int fd, int ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, ms) == 1;
}

/* Everything until the daemon hangs up, or the whole of one answer. */
static char *answer_of(int fd)
{
    static char text[ANSWER_MAX + 1];
    size_t size = 0;
    text[0] = '\0';
    while (size < ANSWER_MAX && readable(fd, WAIT_MS)) {
        ssize_t n = recv(fd, text + size, ANSWER_MAX - size, 0);
        if (n <= 0) break;
        size += (size_t)n;
        text[size] = '\0';
        const char *body = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
        if (body && length && length < body &&
            size >= (size_t)(body - text) + 4 + strtoul(length + 16, NULL, 10))
            break;
        if (size >= 7 && strcmp(text + size - 7, "\r\n0\r\n\r\n") == 0)
            break; /* chunks, to their end */
    }
    return text;
}

static char *ask_bytes(const char *request, size_t size)
{
    int fd = dial_tcp();
    for (size_t sent = 0; sent < size;) {
        ssize_t n = send(fd, request + sent, size - sent, MSG_NOSIGNAL);
        if (n <= 0) break; /* it may hang up before it has read all */
        sent += (size_t)n;
    }
    char *text = answer_of(fd);
    close(fd);
    return text;
}

static int status_of(const char *answer)
{
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0;
}

/* One with that token (NULL: none) and these header lines. */
static char *ask(const char *method, const char *target, const char *token, const char *headers,
                 const char *body)
{
    char *request = text_format(
        "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s%s%s%s\r\n%s", method, target, port,
        token ? "Authorization: Bearer " : "", token ? token : "", token ? "\r\n" : "",
        headers ? headers
                : text_format("Content-Type: application/json\r\nContent-Length: %zu\r\n",
                              body ? strlen(body) : (size_t)0),
        body ? body : "");
    return ask_bytes(request, strlen(request));
}

static void assert_problem(const char *answer, int status, const char *detail)
{
    if (status_of(answer) != status || !strstr(answer, detail))
        fail_msg("wanted %d with \"%s\", got: %.600s", status, detail, answer);
    if (status != 431) assert_text(answer, "application/problem+json");
}

/* ---- who asks */

static void nobody_is_let_in_without_a_token(void **state)
{
    (void)state;
    char *answer = ask("GET", "/v1/status", NULL, NULL, NULL);
    assert_problem(answer, 401, "the request has no token");
    assert_text(answer, "WWW-Authenticate: Bearer");
    /* Nor is it told what there is. */
    assert_problem(ask("GET", "/v1/nothing", NULL, NULL, NULL), 401, "no token");
    assert_problem(ask("GET", "/v1/status", "stockd_wrong", NULL, NULL), 401, "not known");
    assert_problem(ask("GET", "/v1/status", "", NULL, NULL), 401, "");
    assert_problem(ask("GET", "/v1/status", NULL, "Authorization: Basic YTpi\r\n", NULL), 401,
                   "Bearer");
    assert_problem(ask("GET", text_format("/v1/status?token=%s", read_token), NULL, NULL, NULL),
                   401, "no token");
    assert_problem(
        ask("GET", "/v1/status", NULL, text_format("Cookie: token=%s\r\n", read_token), NULL), 401,
        "no token");
    assert_int_equal(status_of(ask("GET", "/v1/status", read_token, NULL, NULL)), 200);
    world_good();
}

static void scopes_are_kept(void **state)
{
    static const struct {
        const char *method, *target, *body;
        int read, write, admin;
    } cases[] = {
        {"GET", "/v1/products", NULL, 200, 200, 200},
        {"POST", "/v1/products", "{\"sku\":\"A\"}", 403, 201, 409},
        {"DELETE", "/v1/products/none", NULL, 403, 404, 404},
        {"GET", "/v1/tokens", NULL, 403, 403, 200},
        {"POST", "/v1/reload", NULL, 403, 403, 200},
        {"POST", "/v1/secrets/rekey", NULL, 403, 403, 200},
        {"PUT", "/v1/accounts/a/secrets/b", "{\"value\":\"x\"}", 403, 403, 200},
        {"POST", "/v1/plugins/none/release", NULL, 403, 403, 404},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const tokens[] = {read_token, write_token, admin_token};
        const int wanted[] = {cases[i].read, cases[i].write, cases[i].admin};
        for (int t = 0; t < 3; t++) {
            char *answer = ask(cases[i].method, cases[i].target, tokens[t], NULL, cases[i].body);
            if (status_of(answer) != wanted[t])
                fail_msg("%s %s as %d: wanted %d, got %.300s", cases[i].method, cases[i].target, t,
                         wanted[t], answer);
            if (wanted[t] == 403) assert_text(answer, "this takes a token with the scope '");
        }
    }
    json_t *history = api_get("/v1/history?limit=50");
    char *text = json_dumps(history, 0);
    assert_text(text, "\"token:write\"");
    free(text);
    world_good();
}

static void a_revoked_token_is_refused_at_once_and_after_a_restart(void **state)
{
    (void)state;
    assert_int_equal(status_of(ask("GET", "/v1/status", write_token, NULL, NULL)), 200);
    ctl_ok("token revoke write");
    assert_problem(ask("GET", "/v1/status", write_token, NULL, NULL), 401, "not known");
    struct ran list = ctl("token list");
    assert_text(list.out, "read");
    assert_no_text(list.out, "stockd_");
    daemon_kill();
    daemon_start();
    for (const char *at = daemon_log(); (at = strstr(at, "tcp=127.0.0.1:")); at++)
        port = atoi(at + strlen("tcp=127.0.0.1:"));
    assert_problem(ask("GET", "/v1/status", write_token, NULL, NULL), 401, "not known");
    assert_int_equal(status_of(ask("GET", "/v1/status", read_token, NULL, NULL)), 200);
    assert_int_equal(ctl("token add read --scope admin").code, 1);
    assert_int_equal(ctl("token revoke none").code, 1);
    world_good();
}

static void an_expired_token_is_refused(void **state)
{
    json_t *answer;
    (void)state;
    assert_int_equal(api("POST", "/v1/tokens",
                         "{\"name\":\"s\",\"scope\":\"read\",\"expires_in_ms\":1000}", &answer),
                     201);
    char *token = text_format("%s", text_at(answer, "token"));
    WAIT_FOR(SOON_S, strstr(ask("GET", "/v1/status", token, NULL, NULL), "has expired"));
    world_good();
}

static void too_many_requests_wait(void **state)
{
    (void)state;
    char *answer = NULL;
    int tries = 0;
    for (; tries < 200; tries++)
        if (status_of(answer = ask("GET", "/v1/status", "stockd_no", NULL, NULL)) == 429) break;
    assert_true(tries >= 20);
    assert_problem(answer, 429, "from this address");
    assert_text(answer, "Retry-After: ");
    /* Those with a token come from the same address, and are let in. */
    assert_int_equal(status_of(ask("GET", "/v1/plugins", read_token, NULL, NULL)), 200);
    world_good();
}

static void one_token_cannot_take_all(void **state)
{
    (void)state;
    enum { ASKED = 3000 };
    int fd = dial_tcp(), refused = 0;
    char *request = text_format("GET /v1/plugins HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                                "Bearer %s\r\n\r\n",
                                read_token);
    for (int i = 0; i < ASKED && !refused; i++) {
        assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
        char *answer = answer_of(fd);
        refused += status_of(answer) == 429;
        if (refused) assert_problem(answer, 429, "with this token");
    }
    if (!under_sanitizer()) assert_int_equal(refused, 1);
    close(fd);
    assert_int_equal(status_of(ask("GET", "/v1/plugins", write_token, NULL, NULL)), 200);
    world_good();
}

/* ---- how it asks */

static void tricks_are_refused(void **state)
{
    static const struct {
        const char *request, *says;
        int status;
    } cases[] = {
        {"GET /v1/status HTTP/1.0\r\n\r\n", "no Host", 400},
        {"GET /v1/status HTTP/1.1\r\nHost: evil.example\r\n\r\n", "evil.example", 421},
        {"GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1.evil.example:80\r\n\r\n", "evil", 421},
        {"GET /v1/status HTTP/1.1\r\nHost: \r\n\r\n", "", 421},
        {"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
         "more than one Host", 400},
        {"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer a\r\n"
         "Authorization: Bearer b\r\n\r\n",
         "more than one Authorization", 400},
        {"POST /v1/products HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
         "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "both Content-Length and Transfer-Encoding", 400},
        {"POST /v1/products HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
         "Content-Length: 3\r\n\r\n{}x",
         "more than once", 400},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_problem(ask_bytes(cases[i].request, strlen(cases[i].request)), cases[i].status,
                       cases[i].says);
    char *named = text_format("GET /v1/status HTTP/1.1\r\nHost: Shop.example:443\r\n"
                              "Authorization: bearer %s\r\n\r\n",
                              read_token);
    assert_int_equal(status_of(ask_bytes(named, strlen(named))), 200);
    world_good();
}

static void paths_are_names(void **state)
{
    static const struct {
        const char *target, *says;
        int status;
    } cases[] = {
        {"/v1/%2e%2e/status", "", 404},
        {"/v1/stock/../status", "", 405},
        {"/v1/products/%2e%2e%2fstatus", "", 404},
        {"//v1/status", "", 404},
        {"/v1//status", "", 404},
        {"/v1/status/", "", 404},
        {"/v1/products/%00", "", 404},
        {"/v1/products/A%00B", "", 404},
        {"/v1/products/%zz", "two hex digits", 400},
        {"/v1/products?cursor=%00", "zero byte", 400},
        {"/v1/products?nope=1", "unknown parameter", 400},
        {"/v1/products?limit=-1", "limit", 400},
        {"/v1/products?limit=99999999999999999999", "limit", 400},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_problem(ask("GET", cases[i].target, read_token, NULL, NULL), cases[i].status,
                       cases[i].says);
    world_good();
}

static void bodies_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target, *headers, *body, *says;
        int status;
    } cases[] = {
        {"PATCH", "/v1/status", NULL, NULL, "not offered here", 405},
        {"BREW", "/v1/status", NULL, NULL, "not offered here", 405},
        {"POST", "/v1/products", "Content-Type: text/plain\r\nContent-Length: 2\r\n", "{}",
         "not understood", 415},
        {"POST", "/v1/products", "Content-Length: 2000000\r\n", NULL, "longer than", 413},
        {"POST", "/v1/products", NULL, "{\"sku\":\"\xff\"}", "not JSON", 400},
        {"POST", "/v1/products", NULL, "{\"sku\":\"A\",\"sku\":\"B\"}", "not JSON", 400},
        {"POST", "/v1/products", NULL, "[]", "must be a JSON object", 400},
        {"POST", "/v1/products", NULL, "{\"nope\":1}", "nope", 400},
        {"POST", "/v1/products", NULL, NULL, "empty", 400},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_problem(
            ask(cases[i].method, cases[i].target, write_token, cases[i].headers, cases[i].body),
            cases[i].status, cases[i].says);
    char *large = malloc(200001);
    memset(large, 'a', 200000);
    large[200000] = '\0';
    char *answer = ask("GET", "/v1/status", read_token, text_format("X: %s\r\n", large), NULL);
    free(large);
    if (status_of(answer) != 431 && status_of(answer) != 413) fail_msg("got %.200s", answer);
    world_good();
}

/* ---- requests sent twice, and conditions */

/* With this key and these further lines; the JSON of the answer's body. */
static char *ask_keyed(const char *method, const char *target, const char *lines, const char *body)
{
    return ask(method, target, write_token,
               text_format("%sContent-Type: application/json\r\nContent-Length: %zu\r\n", lines,
                           strlen(body)),
               body);
}

static char *body_of(const char *answer)
{
    const char *at = strstr(answer, "\r\n\r\n");
    return text_format("%s", at ? at + 4 : "");
}

static void one_key_does_it_once(void **state)
{
    static const char adjust[] = "/v1/stock/SKU-000001/msk/adjust",
                      key[] = "Idempotency-Key: k1\r\n";
    (void)state;
    products_add(2);
    ctl_ok("stock set SKU-000001 10 --warehouse msk");
    char *first = text_format("%s", ask_keyed("POST", adjust, key, "{\"by\":-2}"));
    assert_int_equal(status_of(first), 200);
    char *again = ask_keyed("POST", adjust, key, "{\"by\":-2}");
    assert_string_equal(body_of(again), body_of(first));
    assert_problem(ask_keyed("POST", adjust, key, "{\"by\":-3}"), 409, "another request");
    assert_problem(ask_keyed("POST", "/v1/stock/SKU-000002/msk/adjust", key, "{\"by\":-2}"), 409,
                   "another request");
    daemon_kill();
    daemon_start();
    for (const char *at = daemon_log(); (at = strstr(at, "tcp=127.0.0.1:")); at++)
        port = atoi(at + strlen("tcp=127.0.0.1:"));
    assert_string_equal(body_of(ask_keyed("POST", adjust, key, "{\"by\":-2}")), body_of(first));
    json_t *stock = api_get("/v1/stock/SKU-000001?warehouse=msk");
    assert_int_equal(number_at(json_array_get(json_object_get(stock, "stock"), 0), "on_hand"), 8);
    /* Another asker's key is another key. */
    char *other = ask("POST", adjust, admin_token, text_format("%sContent-Length: 9\r\n", key),
                      "{\"by\":-2}");
    assert_int_equal(status_of(other), 200);
    /* What was refused was not done: the key is free. */
    static const char later[] = "Idempotency-Key: k2\r\n";
    assert_int_equal(status_of(ask_keyed("POST", "/v1/products", later, "{\"sku\":\"\"}")), 400);
    assert_int_equal(status_of(ask_keyed("POST", "/v1/products", later, "{\"sku\":\"K\"}")), 201);
    assert_int_equal(status_of(ask_keyed("POST", "/v1/products", later, "{\"sku\":\"K\"}")), 201);
    assert_problem(ask_keyed("POST", "/v1/inboxes/look", later, "{}"), 400,
                   "takes no Idempotency-Key");
    assert_problem(ask_keyed("POST", adjust, "Idempotency-Key: \r\n", "{\"by\":-2}"), 400,
                   "printable");
    world_good();
}

static char *import_keyed(const char *key, const char *csv)
{
    return ask("POST", "/v1/imports?warehouse=msk", write_token,
               text_format("Idempotency-Key: %s\r\nContent-Type: text/csv\r\n"
                           "Content-Length: %zu\r\n",
                           key, strlen(csv)),
               csv);
}

static int64_t on_hand(const char *sku)
{
    json_t *stock = api_get(text_format("/v1/stock/%s?warehouse=msk", sku));
    return number_at(json_array_get(json_object_get(stock, "stock"), 0), "on_hand");
}

static int64_t imports_there_are(void)
{
    return (int64_t)json_array_size(json_object_get(api_get("/v1/imports"), "items"));
}

/* A file, undoing it, rules: what a client sends again because no answer came. */
static void one_key_does_what_is_large_once(void **state)
{
    static const char csv[] = "sku,quantity\nSKU-000001,7\nSKU-000002,8\n",
                      rules[] = "{\"rows\":[{\"sku\":\"SKU-000001\",\"buffer\":2}]}",
                      key[] = "Idempotency-Key: big\r\n", undo[] = "Idempotency-Key: undo\r\n";
    (void)state;
    products_add(2);
    char *first = text_format("%s", import_keyed("file", csv));
    assert_text(first, "\"event\":\"result\"");
    assert_no_text(first, "repeated");
    ctl_ok("stock set SKU-000001 3 --warehouse msk");
    char *again = import_keyed("file", csv);
    assert_text(again, "\"repeated\":true");
    assert_text(again, "\"state\":\"done\"");
    assert_text(again, "\"changed\":2");
    assert_int_equal(on_hand("SKU-000001"), 3);
    assert_int_equal(imports_there_are(), 1);
    assert_text(import_keyed("file", "sku,quantity\nSKU-000001,9\n"), "another request");
    assert_int_equal(imports_there_are(), 1);
    /* One undo, told twice, also after what it undid was done anew. */
    ctl_ok("stock set SKU-000001 7 --warehouse msk");
    int64_t sequence = number_at(
        json_array_get(json_object_get(api_get("/v1/history?limit=1"), "items"), 0), "sequence");
    char *body = text_format("{\"sequence\":%lld}", (long long)sequence);
    char *undone = text_format("%s", ask_keyed("POST", "/v1/undo", undo, body));
    assert_int_equal(status_of(undone), 200);
    assert_int_equal(on_hand("SKU-000001"), 3);
    daemon_kill();
    daemon_start();
    for (const char *at = daemon_log(); (at = strstr(at, "tcp=127.0.0.1:")); at++)
        port = atoi(at + strlen("tcp=127.0.0.1:"));
    assert_string_equal(body_of(ask_keyed("POST", "/v1/undo", undo, body)), body_of(undone));
    assert_int_equal(status_of(ask_keyed("POST", "/v1/undo", "", body)), 409);
    /* A whole import. */
    assert_text(import_keyed("second", "sku,quantity\nSKU-000002,9\n"), "\"event\":\"result\"");
    int64_t job =
        number_at(json_array_get(json_object_get(api_get("/v1/imports"), "items"), 0), "job");
    body = text_format("{\"job\":%lld}", (long long)job);
    undone = text_format("%s", ask_keyed("POST", "/v1/undo", "Idempotency-Key: all\r\n", body));
    again = ask_keyed("POST", "/v1/undo", "Idempotency-Key: all\r\n", body);
    assert_int_equal(status_of(undone), 200);
    assert_string_equal(body_of(again), body_of(undone));
    assert_int_equal(on_hand("SKU-000002"), 8);
    /* Rules, with others set meanwhile. */
    char *set = text_format("%s", ask_keyed("POST", "/v1/rules", key, rules));
    assert_int_equal(status_of(set), 200);
    ctl_ok("listing set SKU-000001 buffer=5");
    assert_string_equal(body_of(ask_keyed("POST", "/v1/rules", key, rules)), body_of(set));
    assert_text(ctl("listing rules SKU-000001").out, "5");
    world_good();
}

static int64_t pushes_there_are(void)
{
    return (int64_t)json_array_size(json_object_get(api_get("/v1/runs?task=push"), "items"));
}

static char *id_in(const char *answer)
{
    json_t *json = json_loads(body_of(answer), 0, NULL);
    char *id = text_format("%s", text_at(json, "id"));
    json_decref(json);
    return id;
}

/* Work that a client begins again because no answer came: the same run, the same plan. */
static void one_key_begins_one_run(void **state)
{
    static const char forced[] = "{\"force\":true}", push[] = "Idempotency-Key: push\r\n",
                      retry[] = "Idempotency-Key: retry\r\n", plan[] = "Idempotency-Key: p\r\n";
    (void)state;
    products_add(3);
    wait_active("ozon-main");
    ctl_ok("stock set SKU-000001 5 --warehouse msk");
    char *first = text_format("%s", ask_keyed("POST", "/v1/push", push, forced));
    assert_int_equal(status_of(first), 202);
    assert_no_text(first, "repeated");
    char *again = text_format("%s", ask_keyed("POST", "/v1/push", push, forced));
    assert_int_equal(status_of(again), 202);
    assert_text(again, "\"repeated\":true");
    assert_string_equal(id_in(again), id_in(first));
    assert_text(again, text_format("Location: /v1/runs/%s\r\n", id_in(first)));
    assert_int_equal(pushes_there_are(), 1);
    assert_problem(ask_keyed("POST", "/v1/push", push, "{}"), 409, "another request");
    assert_problem(ask_keyed("POST", "/v1/resync", push, "{\"account\":\"ozon-main\"}"), 409,
                   "another request");
    char *tried = text_format("%s", ask_keyed("POST", "/v1/retry", retry, "{}"));
    assert_text(tried, "nothing of that kind is rejected");
    assert_string_equal(id_in(ask_keyed("POST", "/v1/retry", retry, "{}")), id_in(tried));
    /* A plan is what it was, whatever came since. */
    char *planned = text_format("%s", ask_keyed("POST", "/v1/plans", plan, "{}"));
    assert_int_equal(status_of(planned), 200);
    ctl_ok("stock set SKU-000002 7 --warehouse msk");
    daemon_kill();
    daemon_start();
    for (const char *at = daemon_log(); (at = strstr(at, "tcp=127.0.0.1:")); at++)
        port = atoi(at + strlen("tcp=127.0.0.1:"));
    assert_string_equal(body_of(ask_keyed("POST", "/v1/plans", plan, "{}")), body_of(planned));
    again = text_format("%s", ask_keyed("POST", "/v1/push", push, forced));
    assert_string_equal(id_in(again), id_in(first));
    /* Followed: that run, to its end. */
    static const char follow[] = "/v1/push?follow=true", told[] = "Idempotency-Key: told\r\n",
                      third[] = "{\"sku\":\"SKU-000003\"}"; /* never counted: over at once */
    first = text_format("%s", ask_keyed("POST", follow, told, third));
    assert_text(first, "\"event\":\"result\"");
    again = text_format("%s", ask_keyed("POST", follow, told, third));
    assert_text(again, "\"event\":\"result\"");
    assert_int_equal(pushes_there_are(), 2);
    ctl_ok("drop %s", id_in(planned));
    assert_problem(ask_keyed("POST", "/v1/plans", plan, "{}"), 409, "was applied or dropped");
    world_good();
}

static void what_was_read_must_still_hold(void **state)
{
    static const char put[] = "{\"quantity\":5,\"kind\":\"on-hand\"}";
    char tag[64];
    (void)state;
    products_add(1);
    const char *path = "/v1/stock/SKU-000001/msk";
    assert_problem(ask_keyed("PUT", path, "If-Match: *\r\n", put), 412, "not there");
    ctl_ok("stock set SKU-000001 10 --warehouse msk");
    char *read = ask("GET", "/v1/stock/SKU-000001?warehouse=msk", read_token, NULL, NULL);
    const char *at = strstr(read, "ETag: ");
    assert_non_null(at);
    snprintf(tag, sizeof tag, "If-Match: %.*s\r\n", (int)strcspn(at + 6, "\r"), at + 6);
    ctl_ok("stock set SKU-000001 9 --warehouse msk");
    assert_problem(ask_keyed("PUT", path, tag, put), 412, "read it again");
    assert_int_equal(status_of(ask_keyed("PUT", path, "If-Match: *\r\n", put)), 200);
    read = ask("GET", "/v1/products/SKU-000001", read_token, NULL, NULL);
    at = strstr(read, "ETag: ");
    assert_non_null(at);
    snprintf(tag, sizeof tag, "If-Match: %.*s\r\n", (int)strcspn(at + 6, "\r"), at + 6);
    const char *product = "/v1/products/SKU-000001";
    assert_int_equal(status_of(ask_keyed("PATCH", product, tag, "{\"name\":\"Lamp\"}")), 200);
    assert_problem(ask_keyed("PATCH", product, tag, "{\"name\":\"Tree\"}"), 412, "read it again");
    assert_problem(ask_keyed("POST", "/v1/push", tag, "{}"), 400, "takes no If-Match");
    world_good();
}

/* ---- files */

static void files_are_guarded(void **state)
{
    struct stat st;
    (void)state;
    assert_int_equal(stat(world_path("sock"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0660);
    daemon_stop();
    assert_int_equal(symlink(world_path("elsewhere"), world_path("sock")), 0);
    pid_t pid = daemon_begin();
    (void)pid;
    assert_true(daemon_ended() != 0);
    assert_true(daemon_said("symbolic link"));
    assert_int_equal(unlink(world_path("sock")), 0);
    conf_write("20-api.yaml", "api:\n  listen: 0.0.0.0:8321\n");
    struct ran check = daemon_run("--check --config %s", world_path("conf.d"));
    assert_true(check.code != 0);
    assert_text(text_format("%s%s", check.out, check.err), "behind-tls: yes");
    conf_write("20-api.yaml", "api:\n  listen: 127.0.0.1:0\n");
    daemon_start();
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(nobody_is_let_in_without_a_token, begin, world_end),
    cmocka_unit_test_setup_teardown(scopes_are_kept, begin, world_end),
    cmocka_unit_test_setup_teardown(a_revoked_token_is_refused_at_once_and_after_a_restart, begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(an_expired_token_is_refused, begin, world_end),
    cmocka_unit_test_setup_teardown(too_many_requests_wait, begin, world_end),
    cmocka_unit_test_setup_teardown(one_token_cannot_take_all, begin, world_end),
    cmocka_unit_test_setup_teardown(tricks_are_refused, begin, world_end),
    cmocka_unit_test_setup_teardown(paths_are_names, begin, world_end),
    cmocka_unit_test_setup_teardown(bodies_are_checked, begin, world_end),
    cmocka_unit_test_setup_teardown(one_key_does_it_once, begin, world_end),
    cmocka_unit_test_setup_teardown(one_key_does_what_is_large_once, begin, world_end),
    cmocka_unit_test_setup_teardown(one_key_begins_one_run, begin_shop, world_end),
    cmocka_unit_test_setup_teardown(what_was_read_must_still_hold, begin, world_end),
    cmocka_unit_test_setup_teardown(files_are_guarded, begin, world_end),
};

TEST_MAIN(cases)
