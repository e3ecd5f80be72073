/* Whole command lines against a server with canned answers: what is asked, what is printed, and
 * which exit code comes of it. */
#include "ctl/ctl.h"

#include "base/mem.h"
#include "http/server.h"
#include "test_main.h"

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- the daemon's side, on a thread of its own */

struct fake {
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t stop;
    struct http_server *server;
    char folder[64], path[96];
    pthread_mutex_t lock;
    char last[2000]; /* the last request: "METHOD target body" */
};

static struct fake fake;

static void note(const char *method, const char *path, struct bytes body)
{
    pthread_mutex_lock(&fake.lock);
    snprintf(fake.last, sizeof fake.last, "%s %s %.*s", method, path, (int)body.size,
             (const char *)body.data);
    pthread_mutex_unlock(&fake.lock);
}

static void answer(struct http_exchange *x, int status, const char *json)
{
    http_answer_text(x, status, status < 300 ? "application/json" : "application/problem+json",
                     bytes_text(json));
}

static void get_stock(struct http_exchange *x)
{
    note("GET stock", http_path(x, "sku").data, bytes_text(""));
    if (strcmp(http_path(x, "sku").data, "none") == 0)
        answer(x, 404,
               "{\"status\":404,\"code\":\"not-found\",\"detail\":\"there is no product "
               "with SKU none\"}");
    else if (strcmp(http_path(x, "sku").data, "raw") == 0)
        answer(x, 500, "<html>oops</html>");
    else if (strcmp(http_path(x, "sku").data, "text") == 0)
        answer(x, 200, "hello");
    else
        answer(x, 200,
               "{\"sku\":\"A\",\"name\":\"Lamp\",\"stock\":[{\"warehouse\":\"pp\",\"on_hand\":5,"
               "\"reserved\":1,\"available\":4,\"changed\":null}],\"targets\":[]}");
}

static void put_stock(struct http_exchange *x)
{
    note("PUT stock", http_path(x, "warehouse").data, http_body(x));
    if (strcmp(http_path(x, "warehouse").data, "held") == 0)
        answer(x, 202, "{\"held\":{\"plan\":\"p1\",\"reason\":\"would zero too much\"}}");
    else
        answer(x, 200,
               "{\"sku\":\"A\",\"warehouse\":\"pp\",\"sequence\":7,\"changed\":true,"
               "\"before\":{\"on_hand\":null,\"reserved\":0,\"available\":null},"
               "\"after\":{\"on_hand\":7,\"reserved\":1,\"available\":6}}");
}

static void list_products(struct http_exchange *x)
{
    const char *cursor = http_query(x, "cursor"), *search = http_query(x, "search");
    if (search && strcmp(search, "&=?#+ я") == 0)
        answer(x, 200, "{\"items\":[],\"next\":null}");
    else if (!cursor)
        answer(x, 200, "{\"items\":[{\"sku\":\"A\"}],\"next\":\"a+b/c=\"}");
    else if (strcmp(cursor, "a+b/c=") == 0)
        answer(x, 200, "{\"items\":[{\"sku\":\"B\"}],\"next\":null}");
    else
        answer(x, 400, "{\"detail\":\"bad cursor\"}");
}

static void delete_product(struct http_exchange *x)
{
    http_answer_empty(x, 204);
}

static char uploaded[1000];
static size_t uploaded_size;

static void on_part(struct http_exchange *x, struct bytes part, bool last)
{
    size_t room = sizeof uploaded - 1 - uploaded_size;
    if (part.size < room) room = part.size;
    memcpy(uploaded + uploaded_size, part.data, room);
    uploaded_size += room;
    uploaded[uploaded_size] = '\0';
    if (!last) {
        http_body_next(x, on_part);
        return;
    }
    http_answer_stream_begin(x, 200, "application/x-ndjson", NULL);
    const char *how = http_query(x, "warehouse");
    static const char progress[] = "{\"event\":\"accepted\",\"job\":1,\"rows\":3}\n"
                                   "{\"event\":\"progress\",\"rows\":3,\"done\":1,\"refused\":0}\n";
    http_answer_stream_write(x, bytes_text(progress));
    if (!how)
        http_answer_stream_write(x, bytes_text("{\"event\":\"result\",\"rows\":3,\"changed\":2,"
                                               "\"same\":1,\"refused\":0}\n"));
    else if (strcmp(how, "partly") == 0)
        http_answer_stream_write(
            x, bytes_text("{\"event\":\"refused\",\"line\":2,\"column\":null,\"detail\":\"cut\"}\n"
                          "{\"event\":\"refused\",\"line\":3,\"column\":2,\"detail\":\"no "
                          "quantity\"}\n"
                          "{\"event\":\"result\",\"rows\":3,\"changed\":1,\"same\":1,"
                          "\"refused\":1}"));
    else if (strcmp(how, "held") == 0)
        http_answer_stream_write(
            x, bytes_text("{\"event\":\"held\",\"plan\":\"p2\",\"detail\":\"too many zeros\"}\n"
                          "{\"event\":\"result\",\"rows\":3,\"held\":true}\n"));
    else if (strcmp(how, "failed") == 0)
        http_answer_stream_write(
            x, bytes_text("{\"event\":\"failed\",\"code\":\"invalid\",\"detail\":\"the header in "
                          "line 1 names no column 'sku'\"}\n"));
    http_answer_stream_end(x); /* "cut": without a result */
}

static char columns[200]; /* of the last import, each with a space behind it */

static void note_column(void *ctx, const char *name, const char *value)
{
    size_t size = strlen(columns);
    (void)ctx;
    if (strcmp(name, "column") == 0) snprintf(columns + size, sizeof columns - size, "%s ", value);
}

static void import(struct http_exchange *x)
{
    uploaded_size = 0;
    columns[0] = '\0';
    http_query_each(x, note_column, NULL);
    note("POST imports", http_query(x, "name"), bytes_text(""));
    http_body_next(x, on_part);
}

static const char pushed[] =
    "{\"event\":\"accepted\",\"run\":{\"id\":\"r41\"}}\n"
    "{\"event\":\"target\",\"result\":\"sent\",\"sku\":\"A\",\"account\":\"shop\","
    "\"warehouse_name\":\"North\",\"acknowledged\":5}\n"
    "{\"event\":\"target\",\"result\":\"rejected\",\"sku\":\"B\",\"account\":\"shop\","
    "\"warehouse_name\":\"North\",\"wanted\":2,\"why\":\"NO_CARD: archived\"}\n"
    "{\"event\":\"result\",\"run\":{\"task\":\"push\",\"account\":null,\"state\":\"partial\","
    "\"counts\":{\"sent\":9,\"unchanged\":0,\"rejected\":1}}}\n";

static void push(struct http_exchange *x)
{
    note("POST push", http_query(x, "follow") ? "follow" : "", http_body(x));
    if (!http_query(x, "follow")) {
        answer(x, 202, "{\"id\":\"r41\",\"task\":\"push\",\"state\":\"running\",\"total\":3}");
        return;
    }
    http_answer_stream_begin(x, 200, "application/x-ndjson", NULL);
    http_answer_stream_write(x, bytes_text(pushed));
    http_answer_stream_end(x);
}

static void follow(struct http_exchange *x)
{
    static const struct {
        const char *id, *line;
    } runs[] = {
        {"r2", "{\"event\":\"result\",\"run\":{\"task\":\"push\",\"account\":\"wb\",\"state\":"
               "\"failed\",\"why\":\"the token is dead\"}}\n"},
        {"r3", "{\"event\":\"result\",\"run\":{\"task\":\"push\",\"account\":null,\"state\":"
               "\"waiting\",\"why\":\"account wb is paused\",\"counts\":{\"waiting\":2}}}\n"},
        {"r4", "{\"event\":\"result\",\"run\":{\"task\":\"push\",\"account\":null,\"state\":"
               "\"done\",\"counts\":{\"sent\":0}}}\n"},
        {"r5",
         "{\"event\":\"failed\",\"code\":\"cancelled\",\"detail\":\"the daemon is stopping\"}\n"},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        if (strcmp(http_path(x, "id").data, runs[i].id) != 0) continue;
        http_answer_stream_begin(x, 200, "application/x-ndjson", NULL);
        http_answer_stream_write(x, bytes_text(runs[i].line));
        http_answer_stream_end(x);
        return;
    }
    answer(x, 404, "{\"detail\":\"there is no such run\"}");
}

static void give_up(struct http_exchange *x, void *ctx)
{
    (void)ctx;
    http_answer_empty(x, 204);
}

static void hang(struct http_exchange *x)
{
    http_on_gone(x, give_up, NULL);
}

static void put_link(struct http_exchange *x)
{
    char path[200];
    snprintf(path, sizeof path, "%s|%s|%s", (const char *)http_path(x, "w").data,
             (const char *)http_path(x, "a").data, (const char *)http_path(x, "r").data);
    note("PUT link", path, http_body(x));
    answer(x, 201, "{}");
}

static const struct http_route routes[] = {
    {"GET", "/v1/stock/{sku}", HTTP_SCOPE_READ, get_stock, "", "warehouse", NULL, 0, 0, NULL},
    {"PUT", "/v1/stock/{sku}/{warehouse}", HTTP_SCOPE_READ, put_stock, "", NULL, "application/json",
     0, 0, NULL},
    {"GET", "/v1/products", HTTP_SCOPE_READ, list_products, "", "search cursor", NULL, 0, 0, NULL},
    {"DELETE", "/v1/products/{sku}", HTTP_SCOPE_READ, delete_product, "", NULL, NULL, 0, 0, NULL},
    {"POST", "/v1/imports", HTTP_SCOPE_READ, import, "", "warehouse kind name cause create column",
     "text/csv", 0, HTTP_BODY_STREAMED, NULL},
    {"POST", "/v1/push", HTTP_SCOPE_READ, push, "", "follow", "application/json", 0, 0, NULL},
    {"GET", "/v1/runs/{id}/follow", HTTP_SCOPE_READ, follow, "", NULL, NULL, 0, 0, NULL},
    {"GET", "/v1/store", HTTP_SCOPE_READ, hang, "", NULL, NULL, 0, 0, NULL},
    {"PUT", "/v1/links/{w}/{a}/{r}", HTTP_SCOPE_READ, put_link, "", NULL, "application/json", 0, 0,
     NULL},
};

static void on_stop(uv_async_t *stop)
{
    http_server_close(fake.server, NULL, NULL);
    uv_close((uv_handle_t *)stop, NULL);
}

static void *serve(void *ctx)
{
    (void)ctx;
    uv_run(&fake.loop, UV_RUN_DEFAULT);
    return NULL;
}

static int set_up(void **state)
{
    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    unsetenv("STOCKD_SOCKET");
    memset(&fake, 0, sizeof fake);
    pthread_mutex_init(&fake.lock, NULL);
    strcpy(fake.folder, "/tmp/stockd-test-XXXXXX");
    assert_non_null(mkdtemp(fake.folder));
    snprintf(fake.path, sizeof fake.path, "%s/s", fake.folder);
    uv_loop_init(&fake.loop);
    uv_async_init(&fake.loop, &fake.stop, on_stop);
    struct http_config config = {
        .socket_path = fake.path, .routes = routes, .route_count = sizeof routes / sizeof *routes};
    struct error error;
    assert_int_equal(http_server_open(&fake.loop, &config, &fake.server, &error), ST_OK);
    assert_int_equal(pthread_create(&fake.thread, NULL, serve, NULL), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    uv_async_send(&fake.stop);
    pthread_join(fake.thread, NULL);
    assert_int_equal(uv_loop_close(&fake.loop), 0);
    pthread_mutex_destroy(&fake.lock);
    return rmdir(fake.folder);
}

/* ---- our side */

struct outcome {
    int code;
    char *out, *err;
};

static struct outcome run(const char *const *words)
{
    struct outcome outcome = {0};
    size_t out_size, err_size;
    FILE *out = open_memstream(&outcome.out, &out_size);
    FILE *err = open_memstream(&outcome.err, &err_size);
    char *argv[20] = {(char *)"stockctl", (char *)"--socket", fake.path};
    int argc = 3;
    for (; *words; words++)
        argv[argc++] = (char *)*words;
    setenv("STOCKCTL_LANG", "en", 1); /* whoever runs the tests */
    outcome.code = ctl_main(argc, argv, out, err);
    fclose(out);
    fclose(err);
    return outcome;
}

static void assert_run(const char *const *words, int code, const char *out, const char *err)
{
    struct outcome got = run(words);
    if (got.code != code || strcmp(got.out, out) != 0 || strcmp(got.err, err) != 0)
        fail_msg("%s %s\n got %d\n%s---\n%s\nwant %d\n%s---\n%s", words[0], words[1], got.code,
                 got.out, got.err, code, out, err);
    free(got.out);
    free(got.err);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_asked(const char *request)
{
    pthread_mutex_lock(&fake.lock);
    assert_string_equal(fake.last, request);
    pthread_mutex_unlock(&fake.lock);
}

static void answers_are_shown(void **state)
{
    (void)state;
    assert_run(WORDS("stock", "get", "A"), 0,
               "WAREHOUSE  ON HAND  RESERVED  AVAILABLE  CHANGED\n"
               "pp               5         1          4  -\n",
               "");
    assert_run(WORDS("stock", "set", "A", "7", "--warehouse", "pp"), 0,
               "A in pp: on hand - -> 7, reserved 1, available 6\n", "");
    assert_asked("PUT stock pp {\"quantity\":7,\"kind\":\"on-hand\",\"cause\":\"count\"}");
    assert_run(WORDS("stock", "set", "A", "7", "--warehouse", "pp", "--if-figure", "0"), 0,
               "A in pp: on hand - -> 7, reserved 1, available 6\n", "");
    assert_asked("PUT stock pp "
                 "{\"quantity\":7,\"kind\":\"on-hand\",\"cause\":\"count\",\"if_figure\":0}");
    assert_run(WORDS("product", "delete", "A/1"), 0, "A/1 is deleted.\n", "");
}

static void skus_are_any_bytes(void **state)
{
    (void)state;
    static const char *const skus[] = {"a/b", "..", ".", "%41", "a b", "?x#y", "ключ", "\xff\x01"};
    for (size_t i = 0; i < sizeof skus / sizeof *skus; i++) {
        char want[100];
        struct outcome got = run(WORDS("stock", "get", skus[i]));
        assert_int_equal(got.code, 0);
        snprintf(want, sizeof want, "GET stock %s ", skus[i]);
        assert_asked(want);
        free(got.out);
        free(got.err);
    }
    assert_run(WORDS("warehouse", "link", "a/b", "c d", "..", "--order", "2"), 0,
               "a/b now feeds .. of c d.\n", "");
    assert_asked("PUT link a/b|c d|.. {\"order\":2}");
}

static void pages_are_joined(void **state)
{
    (void)state;
    assert_run(WORDS("product", "list"), 0,
               "SKU  NAME  BRAND  BARCODES  CHANGED\n"
               "A    -     -      -         -\n"
               "B    -     -      -         -\n",
               "");
    struct outcome got = run(WORDS("product", "list", "--json"));
    json_t *all = json_loads(got.out, 0, NULL);
    assert_int_equal(json_array_size(json_object_get(all, "items")), 2);
    assert_true(json_is_null(json_object_get(all, "next")));
    json_decref(all);
    free(got.out);
    free(got.err);
    assert_run(WORDS("product", "list", "--search", "&=?#+ я"), 0, "There are no such products.\n",
               "");
}

static void refusals_are_sentences(void **state)
{
    (void)state;
    assert_run(WORDS("stock", "get", "none"), 1, "",
               "stockctl: there is no product with SKU none\n");
    assert_run(WORDS("stock", "get", "raw"), 1, "",
               "stockctl: the daemon answered 500 without a reason; its log may say more\n");
    struct outcome got = run(WORDS("stock", "get", "text"));
    assert_int_equal(got.code, 1);
    assert_non_null(strstr(got.err, "not JSON"));
    free(got.out);
    free(got.err);
    assert_run(WORDS("status", "--json"), 1,
               "{\n  \"type\": \"about:blank\",\n  \"title\": \"Not Found\",\n  \"status\": 404,\n"
               "  \"code\": \"not-found\",\n  \"detail\": \"there is no such resource\"\n}\n",
               "stockctl: there is no such resource\n");
    assert_run(WORDS("stock", "set", "A", "0", "--warehouse", "held"), 5, "",
               "stockctl: held, nothing was changed yet: would zero too much; see 'stockctl plan "
               "show p1'\n");
    assert_run(WORDS("store", "stat", "--timeout", "1"), 5, "",
               "stockctl: no answer within 1 s; what was asked for may still be done\n");
    assert_run(WORDS("stock", "set", "A", "x", "--warehouse", "pp"), 2, "",
               "stockctl: N must be a whole number, 0 or more, not 'x'\n");
}

/* ---- a daemon that ends while it answers */

struct ending {
    int socket;
    const char *const *whole; /* what it answers before that; ends with NULL */
};

static void *answer_half(void *ctx)
{
    const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{";
    const struct ending *ending = ctx;
    char asked[4096];
    int end = accept(ending->socket, NULL, NULL);
    for (const char *const *whole = ending->whole; *whole; whole++) {
        assert_true(read(end, asked, sizeof asked) > 0);
        dprintf(end, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(*whole), *whole);
    }
    assert_true(read(end, asked, sizeof asked) > 0);
    assert_int_equal(write(end, half, sizeof half - 1), sizeof half - 1);
    while (shutdown(end, SHUT_WR) == 0 && read(end, asked, sizeof asked) > 0) {
    }
    close(end);
    return NULL;
}

/* Against such a one: `said` is in what it says. */
static void assert_cut_off_after(const char *const *whole, const char *const *words, int code,
                                 const char *said)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char usual[sizeof fake.path];
    pthread_t thread;
    int end = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strcpy(usual, fake.path);
    snprintf(fake.path, sizeof fake.path, "%.64s/half", fake.folder);
    snprintf(at.sun_path, sizeof at.sun_path, "%s", fake.path);
    assert_int_equal(bind(end, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(end, 1), 0);
    struct ending ending = {end, whole};
    assert_int_equal(pthread_create(&thread, NULL, answer_half, &ending), 0);
    struct outcome got = run(words);
    pthread_join(thread, NULL);
    close(end);
    unlink(fake.path);
    strcpy(fake.path, usual);
    assert_int_equal(got.code, code);
    assert_non_null(strstr(got.err, "the daemon's answer broke off: "));
    if (!strstr(got.err, said)) fail_msg("no '%s' in: %s", said, got.err);
    free(got.out);
    free(got.err);
}

static void assert_cut_off(const char *const *words, int code, const char *said)
{
    static const char *const nothing[] = {NULL};
    assert_cut_off_after(nothing, words, code, said);
}

/* A file in the test's folder; its path. */
static void put_file(char path[120], const char *name, const char *text)
{
    snprintf(path, 120, "%s/%s", fake.folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void an_answer_that_breaks_off_may_have_been_done(void **state)
{
    (void)state;
    char file[120];
    put_file(file, "a.csv", "sku,quantity\nA,5\n");
    assert_cut_off(WORDS("stock", "set", "A", "7", "--warehouse", "pp"), 5,
                   "may have been done: 'stockctl history' tells");
    assert_cut_off(WORDS("stock", "import", file), 5,
                   "may have been done: 'stockctl import list' tells");
    assert_cut_off(WORDS("push", "--follow"), 5, "may have been done: 'stockctl run list' tells");
    assert_cut_off(WORDS("stock", "get", "A"), 1, "nothing was to be changed, so ask again");
    unlink(file);
}

/* What follows of a refusal does not follow of that. */
static void a_reload_that_breaks_off_takes_nothing_back(void **state)
{
    (void)state;
    char path[120], aside[140], file[300];
    put_file(path, "50-shop.yaml", "");
    snprintf(aside, sizeof aside, "%s.removed", path);
    snprintf(file, sizeof file, "{\"path\":\"%s\",\"others\":[],\"links_elsewhere\":[]}", path);
    const char *const whole[] = {file, "{\"name\":\"shop\"}", NULL};
    assert_cut_off_after(whole, WORDS("account", "remove", "shop", "--yes", "--json"), 5,
                         "may have been done: 'stockctl history' tells");
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(unlink(aside), 0);
}

static void an_import_of_links_that_breaks_off_ends_there(void **state)
{
    (void)state;
    char file[120];
    put_file(file, "links.csv", "shop,1,A\nshop,2,B\nshop,3,C\n");
    static const char *const one[] = {"{}", NULL};
    assert_cut_off_after(one, WORDS("listing", "import", file), 5,
                         "links.csv:2: not known to be linked, and nothing after it was");
    unlink(file);
}

static void a_dry_run_of_rules_changes_nothing(void **state)
{
    (void)state;
    char file[120];
    put_file(file, "rules.csv", "sku,cap\nA,5\n");
    assert_cut_off(WORDS("listing", "import", file, "--dry-run"), 1,
                   "nothing was to be changed, so ask again");
    unlink(file);
}

static void imports_end_in_the_right_exit_code(void **state)
{
    (void)state;
    char file[120], err[300];
    put_file(file, "a b.csv", "sku,quantity\nA,5\n");
    assert_run(WORDS("stock", "import", file), 0,
               "3 rows: 2 changed, 1 was so already, 0 refused\n", "");
    assert_string_equal(uploaded, "sku,quantity\nA,5\n");
    snprintf(err, sizeof err, "POST imports %s ", file);
    assert_asked(err);
    snprintf(err, sizeof err, "stockctl: %s:2: cut\nstockctl: %s:3, column 2: no quantity\n", file,
             file);
    assert_run(WORDS("stock", "import", file, "--warehouse", "partly"), 4,
               "3 rows: 1 changed, 1 was so already, 1 refused\n", err);
    assert_run(WORDS("stock", "import", file, "--warehouse", "held"), 5, "",
               "stockctl: held, nothing was changed yet: too many zeros; see 'stockctl plan show "
               "p2'\n");
    assert_run(WORDS("stock", "import", file, "--warehouse", "failed"), 1, "",
               "stockctl: the header in line 1 names no column 'sku'\n");
    assert_run(WORDS("stock", "import", file, "--warehouse", "cut"), 5, "",
               "stockctl: the daemon ended its answer before the result; it may still be at "
               "work\n");
    assert_run(WORDS("stock", "import", file, "--column", "sku=Код & Ко", "--column=quantity=#3"),
               0, "3 rows: 2 changed, 1 was so already, 0 refused\n", "");
    assert_string_equal(columns, "sku=Код & Ко quantity=#3 ");
    assert_run(WORDS("stock", "import", file, "--column", "Код"), 2, "",
               "stockctl: --column must be NAME=VALUE, not 'Код'\n");
    struct outcome got = run(WORDS("stock", "import", file, "--json"));
    assert_non_null(strstr(got.out, "{\"event\":\"progress\""));
    free(got.out);
    free(got.err);
    unlink(file);
    snprintf(err, sizeof err, "stockctl: cannot read %s: No such file or directory\n", file);
    assert_run(WORDS("stock", "import", file), 1, "", err);
    snprintf(err, sizeof err, "stockctl: cannot read %s: Is a directory\n", fake.folder);
    assert_run(WORDS("stock", "import", fake.folder), 1, "", err);
}

static void pushes_are_followed(void **state)
{
    (void)state;
    assert_run(WORDS("push", "--sku", "A"), 0,
               "Run r41 has begun: 3 targets. 'stockctl run follow r41' waits for its end.\n", "");
    assert_asked("POST push  {\"sku\":\"A\"}");
    assert_run(WORDS("push", "--follow", "--force"), 4,
               "B at shop, North: 2 was rejected: NO_CARD: archived\n"
               "push: 9 sent, 1 rejected\n",
               "");
    assert_asked("POST push follow {\"force\":true}");
    assert_run(WORDS("push", "--follow", "--sku", "A"), 4,
               "A at shop, North: 5 is there\n"
               "B at shop, North: 2 was rejected: NO_CARD: archived\n"
               "push: 9 sent, 1 rejected\n",
               "");
    assert_run(WORDS("run", "follow", "r2"), 1, "",
               "stockctl: push of wb failed: the token is dead\n");
    assert_run(WORDS("run", "follow", "r3"), 5, "push: 2 waiting; account wb is paused\n", "");
    assert_run(WORDS("run", "follow", "r4"), 0, "push: nothing to send\n", "");
    assert_run(WORDS("run", "follow", "r5"), 5, "", "stockctl: the daemon is stopping\n");
    assert_run(WORDS("run", "follow", "r6"), 1, "", "stockctl: there is no such run\n");
}

static void no_daemon_is_told_with_the_way_out(void **state)
{
    (void)state;
    static const struct {
        const char *path, *says;
    } table[] = {
        {"/nowhere/s",
         "stockctl: no daemon answers on /nowhere/s: No such file or directory; start "
         "it with 'systemctl start stockd', or say where it listens with --socket or "
         "-i\n"},
        {"/etc/passwd", "stockctl: no daemon answers on /etc/passwd: Connection refused; start it "
                        "with 'systemctl start stockd', or say where it listens with --socket or "
                        "-i\n"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct outcome got = {0};
        size_t size;
        FILE *out = open_memstream(&got.out, &size), *err = open_memstream(&got.err, &size);
        char *argv[] = {(char *)"stockctl", (char *)"--socket", (char *)table[i].path,
                        (char *)"status", NULL};
        assert_int_equal(ctl_main(4, argv, out, err), 3);
        fclose(out);
        fclose(err);
        assert_string_equal(got.err, table[i].says);
        free(got.out);
        free(got.err);
    }
}

static void the_socket_is_chosen_in_this_order(void **state)
{
    (void)state;
    static const struct {
        const char *environment;
        const char *words[6];
        const char *path;
    } table[] = {
        {NULL, {"status"}, "/run/stockd/stockd.sock"},
        {"/nowhere/env", {"status"}, "/nowhere/env"},
        {"/nowhere/env", {"status", "-i", "kot"}, "/run/stockd-kot/stockd.sock"},
        {"/nowhere/env", {"status", "--socket", "/nowhere/arg"}, "/nowhere/arg"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (access(table[i].path, F_OK) == 0) continue; /* stockd is at work on this machine */
        if (table[i].environment) setenv("STOCKD_SOCKET", table[i].environment, 1);
        char *argv[8] = {(char *)"stockctl"};
        int argc = 1;
        for (; table[i].words[argc - 1]; argc++)
            argv[argc] = (char *)table[i].words[argc - 1];
        char *said = NULL;
        size_t size;
        FILE *err = open_memstream(&said, &size);
        assert_int_equal(ctl_main(argc, argv, stdout, err), 3);
        fclose(err);
        if (!strstr(said, table[i].path)) fail_msg("%s lacks %s", said, table[i].path);
        free(said);
    }
    unsetenv("STOCKD_SOCKET");
    assert_run(WORDS("status", "-i", "kot"), 2, "",
               "stockctl: --socket and -i name two places; give one of them\n");
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test_setup_teardown(answers_are_shown, set_up, tear_down),
    cmocka_unit_test_setup_teardown(skus_are_any_bytes, set_up, tear_down),
    cmocka_unit_test_setup_teardown(pages_are_joined, set_up, tear_down),
    cmocka_unit_test_setup_teardown(refusals_are_sentences, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_answer_that_breaks_off_may_have_been_done, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(a_reload_that_breaks_off_takes_nothing_back, set_up, tear_down),
    cmocka_unit_test_setup_teardown(an_import_of_links_that_breaks_off_ends_there, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(a_dry_run_of_rules_changes_nothing, set_up, tear_down),
    cmocka_unit_test_setup_teardown(imports_end_in_the_right_exit_code, set_up, tear_down),
    cmocka_unit_test_setup_teardown(pushes_are_followed, set_up, tear_down),
    cmocka_unit_test_setup_teardown(no_daemon_is_told_with_the_way_out, set_up, tear_down),
    cmocka_unit_test_setup_teardown(the_socket_is_chosen_in_this_order, set_up, tear_down),
};
TEST_MAIN(cases)
