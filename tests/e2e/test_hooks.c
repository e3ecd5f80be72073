/* What a shop tells by signed requests, over TCP: what is taken, once only, and what each trick
 * gets (the table in docs/security.md). Signatures are made here. */
#include "harness.h"

#include "base/hmac.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* MANY: more than a second's share, however slow the machine is. */
enum { MANY = 200, ANSWER_MAX = 1 << 20, WAIT_MS = SOON_S * 1000, FAST = 100, PRODUCTS = 30 };

#define SECRET     "0123456789abcdef0123456789abcdef"
#define SITE       "{kind: stock, secret: \"" SECRET "\", warehouse: msk"
#define NO_HEADERS ""

static int port, products = 3;

static void conf_hooks(const char *more)
{
    conf_write("20-api.yaml", "api: {listen: \"127.0.0.1:0\"}\n");
    conf_write("25-hooks.yaml",
               "hooks:\n"
               "  site: " SITE "%s}\n"
               "  deltas: " SITE ", mode: adjust}\n"
               "  small: " SITE ", max-body: 1KiB, rate: 1}\n"
               "  orders: {kind: orders, secret: \"" SECRET "\", warehouse: msk}\n",
               more);
}

/* Of the last start. */
static void find_port(void)
{
    static const char word[] = "tcp=127.0.0.1:";
    const char *at = strstr(daemon_log(), word);
    assert_non_null(at);
    for (const char *next = at; next; next = strstr(next + 1, word))
        at = next;
    port = atoi(at + strlen(word));
}

static void begin(const char *more)
{
    conf_places();
    conf_hooks(more);
    daemon_start();
    find_port();
    products_add(products);
}

/* ---- asking */

static char *answer_of(int fd)
{
    static char text[ANSWER_MAX + 1];
    size_t size = 0;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    text[0] = 0;
    while (size < ANSWER_MAX && poll(&wait, 1, WAIT_MS) == 1) {
        ssize_t n = recv(fd, text + size, ANSWER_MAX - size, 0);
        if (n <= 0) break;
        size += (size_t)n;
        text[size] = 0;
        const char *body = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
        if (body && length && length < body &&
            size >= (size_t)(body - text) + 4 + strtoul(length + 16, NULL, 10))
            break;
    }
    return text_format("%s", text);
}

static char *post(const char *hook, const char *headers, const char *body)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    char *request = text_format("POST /v1/hooks/%s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                "Content-Type: application/json\r\n%s%s\r\n%s",
                                hook, headers,
                                strstr(headers, "Transfer-Encoding")
                                    ? ""
                                    : text_format("Content-Length: %zu\r\n", strlen(body)),
                                body);
    for (size_t sent = 0, size = strlen(request); sent < size;) {
        ssize_t n = send(fd, request + sent, size - sent, MSG_NOSIGNAL);
        if (n <= 0) break; /* it may hang up before it has read all */
        sent += (size_t)n;
    }
    char *text = answer_of(fd);
    close(fd);
    return text;
}

static char *signature(const char *secret, const char *signed_text)
{
    uint8_t mac[HMAC_SIZE];
    char text[HMAC_TEXT_MAX];
    const struct bytes part = bytes_text(signed_text);
    hmac_sha256(bytes_text(secret), &part, 1, mac);
    return text_format("%s", hmac_text(mac, false, text));
}

/* Signed as it should be, `off_s` from now. */
static char *told(const char *hook, const char *id, int64_t off_s, const char *body)
{
    long long at = (long long)time(NULL) + off_s;
    const char *sign = signature(SECRET, text_format("%lld.%s", at, body));
    return post(hook,
                text_format("X-Stockd-Timestamp: %lld\r\nX-Stockd-Signature: %s\r\n%s%s%s", at,
                            sign, id ? "X-Stockd-Delivery: " : "", id ? id : "", id ? "\r\n" : ""),
                body);
}

static int status_of(const char *answer)
{
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0;
}

static void assert_answer(const char *answer, int status, const char *part)
{
    if (status_of(answer) != status || !strstr(answer, part))
        fail_msg("wanted %d with %s, got: %.900s", status, part, answer);
}

static int64_t figure(const char *sku, const char *member)
{
    json_t *stock =
        json_object_get(api_get(text_format("/v1/stock/%s?warehouse=msk", sku)), "stock");
    return number_at(json_array_get(stock, 0), member);
}

/* ---- stock */

static void a_delivery_is_done_once_also_after_a_kill(void **state)
{
    (void)state;
    begin("");
    assert_answer(told("site", "a", 0, "{\"stock\":[{\"sku\":\"SKU-000001\",\"quantity\":9}]}"),
                  200, "\"applied\":1");
    const char *minus = "{\"stock\":[{\"sku\":\"SKU-000001\",\"by\":-2,\"cause\":\"sale\"}]}";
    assert_answer(told("deltas", "b", 0, minus), 200, "\"repeated\":false");
    daemon_kill();
    daemon_start();
    find_port();
    assert_answer(told("deltas", "b", 1, minus), 200, "\"repeated\":true");
    assert_int_equal(figure("SKU-000001", "on_hand"), 7);
    assert_answer(told("deltas", "c", 0, minus), 200, "\"repeated\":false");
    assert_int_equal(figure("SKU-000001", "on_hand"), 5);
    /* Without an id what was signed stands for the delivery: at another time it is another one. */
    const char *one = told("deltas", NULL, 0, minus), *two = told("deltas", NULL, 1, minus);
    assert_answer(one, 200, "\"delivery\":null");
    assert_answer(two, 200, "\"repeated\":false");
    assert_int_equal(figure("SKU-000001", "on_hand"), 1);
    /* An id stands for one content. */
    assert_answer(told("deltas", "c", 0, "{\"stock\":[{\"sku\":\"SKU-000001\",\"by\":-3}]}"), 409,
                  "was used for something else");
    assert_text(ctl("history SKU-000001").out, "hook:deltas");
    assert_no_text(daemon_log(), SECRET);
    world_good();
}

static void rows_are_refused_by_themselves(void **state)
{
    (void)state;
    begin("");
    const char *answer = told("site", "a", 0,
                              "{\"stock\":[{\"sku\":\"SKU-000001\",\"quantity\":4},"
                              "{\"sku\":\"none\",\"quantity\":4}]}");
    assert_answer(answer, 200, "\"applied\":1");
    assert_text(answer, "\"row\":1,\"sku\":\"none\",\"order\":null,\"code\":\"unknown-sku\"");
    assert_int_equal(figure("SKU-000001", "on_hand"), 4);
    const char *none = "{\"stock\":[{\"sku\":\"later\",\"quantity\":4}]}";
    answer = told("site", "b", 0, none);
    assert_answer(answer, 422, "none of the 1 rows could be applied");
    assert_text(answer, "unknown-sku");
    ctl_ok("product add later");
    assert_answer(told("site", "b", 0, none), 200, "\"applied\":1");
    const char *list = ctl("hook list").out;
    assert_text(list, "none of the 1 rows");
    assert_no_text(list, SECRET);
    world_good();
}

/* ---- orders */

static void orders_are_reserved_shipped_and_taken_back(void **state)
{
    (void)state;
    begin("");
    ctl_ok("stock set SKU-000001 10 --warehouse msk");
    const char *lines = "\"lines\":[{\"sku\":\"SKU-000001\",\"quantity\":3}]";
    const char *placed =
        text_format("{\"orders\":[{\"id\":\"N1\",\"state\":\"placed\",%s}]}", lines);
    assert_answer(told("orders", "1", 0, placed), 200, "\"applied\":1");
    assert_answer(told("orders", "2", 0, placed), 200, "\"same\":1");
    assert_int_equal(figure("SKU-000001", "available"), 7);
    assert_text(ctl("order list --account hook:orders").out, "N1/SKU-000001");
    assert_answer(told("orders", "3", 0, "{\"orders\":[{\"id\":\"N1\",\"state\":\"shipped\"}]}"),
                  200, "\"applied\":1");
    assert_int_equal(figure("SKU-000001", "on_hand"), 7);
    ctl_ok("order return hook:orders N1/SKU-000001");
    assert_int_equal(figure("SKU-000001", "on_hand"), 10);
    assert_answer(told("orders", "4", 0, "{\"orders\":[{\"id\":\"N2\",\"state\":\"cancelled\"}]}"),
                  200, "\"same\":1");
    assert_answer(
        told("orders", "5", 0,
             text_format("{\"orders\":[{\"id\":\"N2\",\"state\":\"placed\",%s}]}", lines)),
        200, "\"same\":1");
    assert_int_equal(figure("SKU-000001", "available"), 10);
    world_good();
}

/* ---- who may tell */

static const char good_body[] = "{\"stock\":[{\"sku\":\"SKU-000001\",\"quantity\":4}]}";

static void nothing_is_told_before_the_signature_is_right(void **state)
{
    (void)state;
    begin("");
    long long now = (long long)time(NULL);
    const char *right = signature(SECRET, text_format("%lld.%s", now, good_body));
    char *off_by_one = text_format("%s", right);
    off_by_one[63] = off_by_one[63] == '0' ? '1' : '0';
    const char *stamp = text_format("X-Stockd-Timestamp: %lld\r\n", now);
    const struct {
        const char *hook, *headers;
    } cases[] = {
        {"site", stamp},
        {"site", text_format("%sX-Stockd-Signature: \r\n", stamp)},
        {"site", text_format("%sX-Stockd-Signature: %s\r\n", stamp, off_by_one)},
        {"site", text_format("%sX-Stockd-Signature: %.63s\r\n", stamp, right)},
        {"site", text_format("%sX-Stockd-Signature: %s00\r\n", stamp, right)},
        {"site", text_format("X-Stockd-Signature: %s\r\n", right)}, /* of another time: none */
        {"site",
         text_format("X-Stockd-Timestamp: %lld\r\nX-Stockd-Signature: %s\r\n", now + 1, right)},
        {"site", text_format("%sX-Stockd-Signature: %s\r\n", stamp, signature(SECRET, good_body))},
        {"site", text_format("%sX-Stockd-Signature: %s\r\n", stamp,
                             signature("", text_format("%lld.%s", now, good_body)))},
        {"nobody", text_format("%sX-Stockd-Signature: %s\r\n", stamp, right)},
        {"site%00", text_format("%sX-Stockd-Signature: %s\r\n", stamp, right)},
    };
    size_t count = sizeof cases / sizeof *cases;
    for (size_t i = 0; i < count; i++) {
        const char *answer = post(cases[i].hook, cases[i].headers, good_body);
        assert_answer(answer, 401, "there is no such hook, or the delivery is not signed");
        assert_text(answer, "WWW-Authenticate: HMAC-SHA256");
    }
    assert_true(json_is_null(json_object_get(
        json_array_get(json_object_get(api_get("/v1/stock/SKU-000001?warehouse=msk"), "stock"), 0),
        "on_hand")));
    /* Wrong ones are counted by address; the right one goes through all the same. */
    const char *last = "";
    for (int i = 0; i < MANY && status_of(last) != 429; i++)
        last = post("site", stamp, good_body);
    assert_answer(last, 429, "Retry-After: ");
    assert_answer(told("site", "a", 0, good_body), 200, "\"applied\":1");
    /* A signature opens no other resource: it asks for a token, or says 429 as just now. */
    int beside = status_of(post("site/sample", stamp, "{}"));
    assert_true(beside == 401 || beside == 429);
    world_good();
}

static void a_replay_is_refused(void **state)
{
    (void)state;
    begin(", window: 60s");
    assert_answer(told("site", "a", -61, good_body), 401, "before this machine's clock");
    assert_answer(told("site", "a", 63, good_body), 401, "after this machine's clock");
    assert_answer(told("site", "a", -50, good_body), 200, "\"applied\":1");
    assert_text(ctl("hook list").out, "the window is 60 s");
    world_good();
}

static void content_that_is_not_understood_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *hook, *body, *detail;
    } cases[] = {
        {"site", "", "not a JSON object"},
        {"site", "[]", "not a JSON object"},
        {"site", "{\"stock\":", "not a JSON object"},
        {"site", "{\"stock\":[],\"stock\":[]}", "duplicate"},
        {"site", "{}", "needs 'stock'"},
        {"site", "{\"stock\":[]}", "1 to 1000 rows"},
        {"site", "{\"stok\":[]}", "unknown member 'stok'"},
        {"site", "{\"orders\":[]}", "unknown member 'orders'"},
        {"site", "{\"stock\":[1]}", "row 0 of 'stock' is not an object"},
        {"site", "{\"stock\":[{\"sku\":\"A\"}]}", "needs 'quantity'"},
        {"site", "{\"stock\":[{\"sku\":\"A\",\"by\":1}]}", "unknown member 'by'"},
        {"site", "{\"stock\":[{\"sku\":\"A\",\"quantity\":\"1\"}]}", "a whole number"},
        {"site", "{\"stock\":[{\"sku\":\"A\",\"quantity\":1.5}]}", "a whole number"},
        {"site", "{\"stock\":[{\"sku\":\"A\",\"quantity\":99999999999999999999}]}",
         "not a JSON object"},
        {"site", "{\"stock\":[{\"sku\":\"SKU-000001\",\"quantity\":-1}]}", "too-big"},
        {"site", "{\"stock\":[{\"sku\":7,\"quantity\":1}]}", "needs 'sku'"},
        {"site", "{\"stock\":[{\"sku\":\"\\u0000\",\"quantity\":1}]}", "not a JSON object"},
        {"site", "{\"stock\":[{\"sku\":\"A\",\"quantity\":1,\"cause\":\"order\"}]}", "'cause'"},
        {"site", "{\"id\":7,\"stock\":[{\"sku\":\"A\",\"quantity\":1}]}", "'id' is not a text"},
        {"site", "{\"time\":\"noon\",\"stock\":[{\"sku\":\"A\",\"quantity\":1}]}", "'time'"},
        {"orders", "{\"orders\":[{\"id\":\"1\",\"state\":\"new\"}]}", "'state' of order 0"},
        {"orders", "{\"orders\":[{\"id\":\"\",\"state\":\"placed\"}]}", "needs 'id'"},
        {"orders", "{\"orders\":[{\"id\":\"1\",\"state\":\"placed\"}]}", "needs 'lines'"},
        {"orders", "{\"orders\":[{\"id\":\"1\",\"state\":\"shipped\",\"lines\":[]}]}", "is empty"},
        {"orders",
         "{\"orders\":[{\"id\":\"1\",\"state\":\"placed\",\"lines\":[{\"sku\":\"A\",\"quantity\":1}"
         ","
         "{\"sku\":\"A\",\"quantity\":2}]}]}",
         "a line twice"},
        {"orders",
         "{\"orders\":[{\"id\":\"1\",\"state\":\"placed\",\"lines\":[{\"sku\":\"A\",\"quantity\":-"
         "1}]}]}",
         "from 0 on"},
    };
    begin("");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_answer(told(cases[i].hook, NULL, 0, cases[i].body), 422, cases[i].detail);
    world_good();
}

static void what_is_too_much_is_refused(void **state)
{
    (void)state;
    begin("");
    char *large = text_format("{\"stock\":[%*s]}", 2000, "");
    assert_answer(told("small", "a", 0, large), 413, "at most 1024 bytes");
    assert_answer(post("small",
                       text_format("X-Stockd-Signature: 00\r\nTransfer-Encoding: chunked\r\n"),
                       text_format("%zx\r\n%s\r\n0\r\n\r\n", strlen(large), large)),
                  413, "at most 1024 bytes");
    assert_answer(post("site", "Content-Length: 5000000\r\n", ""), 400, "Content-Length");
    const char *answer = "";
    for (int i = 0; i < MANY && status_of(answer) != 429; i++) {
        answer = told("small", text_format("b%d", i), 0, good_body);
        if (i < 10) assert_answer(answer, 200, "\"rows\":1");
    }
    assert_answer(answer, 429, "Retry-After: ");
    assert_text(answer, "of this hook");
    assert_answer(told("site", "a", 0, good_body), 200, "\"rows\":1"); /* another hook's own */
    world_good();
}

/* ---- other forms of signatures */

static void forms_that_shops_send(void **state)
{
    (void)state;
    begin("");
    conf_write(
        "26-forms.yaml",
        "hooks:\n"
        "  standard: {kind: stock, secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=,"
        " warehouse: msk, signs: id-timestamp-body, encoding: base64, signature-header: "
        "webhook-signature, timestamp-header: webhook-timestamp, delivery-header: webhook-id}\n"
        "  bare: {kind: stock, secret: \"" SECRET "\", warehouse: msk, signs: body, "
        "signature-header: X-Hub-Signature-256}\n");
    ctl_ok("reload");
    char text[HMAC_TEXT_MAX];
    uint8_t mac[HMAC_SIZE];
    long long now = (long long)time(NULL);
    char *content = text_format("msg_1.%lld.%s", now, good_body);
    hmac_sha256(bytes_text(SECRET), &(struct bytes){content, strlen(content)}, 1, mac);
    const char *headers = text_format("webhook-id: msg_1\r\nwebhook-timestamp: %lld\r\n"
                                      "webhook-signature: v1,AAAA v1,%s\r\n",
                                      now, hmac_text(mac, true, text));
    assert_answer(post("standard", headers, good_body), 200, "\"delivery\":\"msg_1\"");
    assert_answer(post("standard", headers, good_body), 200, "\"repeated\":true");
    char *body =
        text_format("{\"id\":\"7\",\"time\":%lld,\"stock\":[{\"sku\":\"SKU-000001\",\"quantity\":"
                    "3}]}",
                    now);
    headers = text_format("X-Hub-Signature-256: sha256=%s\r\n", signature(SECRET, body));
    assert_answer(post("bare", headers, body), 200, "\"applied\":1");
    headers = text_format("X-Hub-Signature-256: %s\r\n", signature(SECRET, good_body));
    assert_answer(post("bare", headers, good_body), 422, "needs the members 'id'");
    body = text_format("{\"id\":\"8\",\"time\":%lld,\"stock\":[]}", now - 301);
    headers = text_format("X-Hub-Signature-256: %s\r\n", signature(SECRET, body));
    assert_answer(post("bare", headers, body), 401, "the window is 300 s");
    world_good();
}

/* ---- a person tries it */

static void a_signed_example_shows_no_secret(void **state)
{
    (void)state;
    begin("");
    struct ran ran = ctl("hook test site");
    assert_int_equal(ran.code, 0);
    assert_no_text(ran.out, SECRET);
    file_text(world_path("command.sh"), ran.out);
    ran = run("/bin/sh", "%s", world_path("command.sh"));
    assert_text(ran.out, "\"test\":true");
    file_text(world_path("body.json"), "{\"stock\":[{\"sku\":\"SKU-000002\",\"quantity\":6}],"
                                       "\"id\":\"it's mine\"}");
    ran = ctl("hook test site --body %s", world_path("body.json"));
    file_text(world_path("command.sh"), ran.out);
    ran = run("/bin/sh", "%s", world_path("command.sh"));
    assert_text(ran.out, "\"delivery\":\"it's mine\"");
    assert_int_equal(figure("SKU-000002", "on_hand"), 6);
    assert_int_equal(ctl("hook test nobody").code, 1);
    /* The secret is sealed, and changed by a reload. */
    file_text(world_path("secret"), "another secret of this shop\n");
    ran = run("/bin/sh", "-c '%s --socket %s hook secret site < %s'", STOCKCTL_PROGRAM,
              world_path("sock"), world_path("secret"));
    assert_text(ran.out, "${sealed:hook.site.secret}");
    conf_write("25-hooks.yaml",
               "hooks:\n  site: {kind: stock, secret: \"${sealed:hook.site.secret}\","
               " warehouse: msk}\n");
    ctl_ok("reload");
    assert_answer(told("site", "x", 0, good_body), 401, "not signed");
    file_text(world_path("command.sh"), ctl("hook test site").out);
    assert_text(run("/bin/sh", "%s", world_path("command.sh")).out, "\"test\":true");
    world_good();
}

/* ---- the guard */

static void too_much_at_once_is_held_once(void **state)
{
    (void)state;
    conf_guarded = true;
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_ozon("ozon-main", "1001", "test-key", "");
    products = PRODUCTS;
    begin("");
    wait_active("ozon-main");
    for (int i = 1; i <= 5; i++)
        ctl_ok("stock set SKU-%06d 5 --warehouse msk", i);
    for (int i = 1; i <= 5; i++)
        ctl_ok("stock set SKU-%06d 5 --warehouse spb", i);
    WAIT_FOR(SOON_S, all_sent());
    conf_write("15-guard.yaml", "guard: {changed: 30, source-changed: 10, at-least: 1}\n");
    ctl_ok("reload");
    const char *body = "{\"stock\":[{\"sku\":\"SKU-000001\",\"quantity\":1},"
                       "{\"sku\":\"SKU-000002\",\"quantity\":1}]}";
    assert_answer(told("site", "a", 0, body), 202, "\"held\":{\"plan\":\"p");
    assert_answer(told("site", "a", 0, body), 202, "\"held\":{\"plan\":\"p");
    json_t *plans = json_object_get(api_get("/v1/plans"), "items");
    assert_int_equal(json_array_size(plans), 1);
    assert_int_equal(figure("SKU-000001", "on_hand"), 5);
    ctl_ok("apply %s", text_at(json_array_get(plans, 0), "id"));
    assert_int_equal(figure("SKU-000001", "on_hand"), 1);
    assert_answer(told("site", "a", 0, body), 200, "\"repeated\":true");
    world_good();
}

/* ---- what a hook sells is what an account may sell again */

static void what_sells_at_the_shop_exposes_the_marketplace(void **state)
{
    (void)state;
    plugin_put(FAST_OZON_PLUGIN, "ozon.so");
    sim_start(FAST, text_format("--products %d --warehouses 501,502 --stock 1", PRODUCTS));
    conf_ozon("ozon-main", "1001", "test-key", "");
    products = PRODUCTS;
    begin("");
    wait_active("ozon-main");
    ctl_ok("stock set SKU-000001 1000000 --warehouse msk");
    for (int i = 0; i < 6; i++) { /* 604800 pieces in a week, known after a minute or so */
        const char *order = text_format(
            "{\"orders\":[{\"id\":\"%d\",\"state\":\"placed\",\"ordered\":%lld,\"lines\":[{\"sku\":"
            "\"SKU-000001\",\"quantity\":100800}]}]}",
            i, (long long)time(NULL) - 60);
        assert_answer(told("orders", NULL, i, order), 200, "\"applied\":1");
    }
    WAIT_FOR(SOON_S, all_sent());
    json_t *answer = api_get("/v1/exposure?account=ozon-main"),
           *row = json_array_get(json_object_get(answer, "items"), 0);
    assert_string_equal(text_at(row, "sku"), "SKU-000001");
    assert_int_equal(number_at(row, "sold"), 604800);
    assert_true(number_at(row, "visibility_ms") >= 60000);
    assert_true(json_real_value(json_object_get(row, "exposure")) >= 60);
    assert_text(ctl("exposure --limit 3").out, "SKU-000001");
    assert_text(ctl("explain SKU-000001").out,
                "pieces may be sold that are sold already (604800 sold ");
    json_t *explained = json_object_get(api_get("/v1/explain/SKU-000001"), "exposure");
    assert_int_equal(json_array_size(explained), 1);
    assert_int_equal(api("GET", "/v1/exposure?account=nobody", NULL, NULL), 404);
    world_good();
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(a_delivery_is_done_once_also_after_a_kill, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(rows_are_refused_by_themselves, world_begin, world_end),
    cmocka_unit_test_setup_teardown(orders_are_reserved_shipped_and_taken_back, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(nothing_is_told_before_the_signature_is_right, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(a_replay_is_refused, world_begin, world_end),
    cmocka_unit_test_setup_teardown(content_that_is_not_understood_is_named, world_begin,
                                    world_end),
    cmocka_unit_test_setup_teardown(what_is_too_much_is_refused, world_begin, world_end),
    cmocka_unit_test_setup_teardown(forms_that_shops_send, world_begin, world_end),
    cmocka_unit_test_setup_teardown(a_signed_example_shows_no_secret, world_begin, world_end),
    cmocka_unit_test_setup_teardown(too_much_at_once_is_held_once, world_begin, world_end),
    cmocka_unit_test_setup_teardown(what_sells_at_the_shop_exposes_the_marketplace, world_begin,
                                    world_end),
};

TEST_MAIN(cases)
