/* Talking to the daemon and to the marketplace: HTTP, stockctl, and what the answers say. */
#include "harness.h"
#include "harness_private.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- HTTP */

struct body {
    char *data;
    size_t size;
};

static size_t on_data(char *data, size_t one, size_t size, void *ctx)
{
    struct body *body = ctx;
    (void)one;
    body->data = realloc(body->data, body->size + size + 1);
    memcpy(body->data + body->size, data, size);
    body->size += size;
    body->data[body->size] = '\0';
    return size;
}

int http_ask(const char *socket, const char *method, const char *url, const char *body,
             char **answer)
{
    static CURL *curl;  /* keeps connections alive between questions */
    static pid_t owner; /* a forked child must not talk on its parent's */
    if (!curl || owner != getpid()) curl = curl_easy_init();
    owner = getpid();
    curl_easy_reset(curl);
    struct body got = {calloc(1, 1), 0};
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)LONG_S);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &got);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (body) curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    long status = 0;
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    *answer = got.data;
    return (int)status;
}

int api(const char *method, const char *path, const char *body, json_t **answer)
{
    char *text, url[4096];
    snprintf(url, sizeof url, "http://stockd%s", path);
    int status = http_ask(world_path("sock"), method, url, body, &text);
    if (answer) *answer = keep_json(json_loads(text, 0, NULL));
    free(text);
    return status;
}

json_t *api_get(const char *path)
{
    json_t *answer;
    int status = api("GET", path, NULL, &answer);
    if (status != 200 || !answer)
        fail_msg("GET %s: %d %s", path, status, answer ? text_at(answer, "detail") : "");
    return answer;
}

static const json_t *member_at(const json_t *json, const char *path)
{
    char name[64];
    while (json && *path) {
        size_t size = strcspn(path, ".");
        snprintf(name, sizeof name, "%.*s", (int)size, path);
        json = json_is_array(json) ? json_array_get(json, (size_t)atoi(name))
                                   : json_object_get(json, name);
        path += size + (path[size] == '.');
    }
    return json;
}

int64_t number_at(const json_t *json, const char *path)
{
    const json_t *value = member_at(json, path);
    if (!json_is_integer(value))
        fail_msg("there is no number '%s' in %s", path,
                 (char *)keep(json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY)));
    return json_integer_value(value);
}

const char *text_at(const json_t *json, const char *path)
{
    const char *text = json_string_value(member_at(json, path));
    return text ? text : "";
}

/* ---- stockctl */

struct ran ctl(const char *format, ...)
{
    char line[8192];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return run_line(STOCKCTL_PROGRAM, "--socket", world_path("sock"), line);
}

void ctl_ok(const char *format, ...)
{
    char line[8192], said[8192];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    strcpy(said, line);
    struct ran ran = run_line(STOCKCTL_PROGRAM, "--socket", world_path("sock"), line);
    if (ran.code) fail_msg("stockctl %s: exit %d: %s%s", said, ran.code, ran.out, ran.err);
}

pid_t ctl_begin(const char *name, const char *format, ...)
{
    char line[8192];
    const char *words[64] = {STOCKCTL_PROGRAM, "--socket", world_path("sock")};
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    words_split(line, words + 3, 61);
    return process_start(words, world_path("%s.out", name), world_path("%s.err", name), NULL);
}

/* ---- what the daemon says */

void products_add(int count)
{
    for (int i = 1; i <= count; i++) {
        char body[64];
        snprintf(body, sizeof body, "{\"sku\":\"SKU-%06d\"}", i);
        assert_int_equal(api("POST", "/v1/products", body, NULL), 201);
    }
}

const char *account_state(const char *account)
{
    json_t *answer;
    if (api("GET", text_format("/v1/accounts/%s", account), NULL, &answer) != 200) return "";
    return text_at(answer, "state");
}

int64_t account_number(const char *account, const char *member)
{
    return number_at(api_get(text_format("/v1/accounts/%s", account)), member);
}

int64_t targets_in(const char *account, const char *state)
{
    int64_t count = 0;
    const char *cursor = "";
    do {
        json_t *page = api_get(text_format("/v1/targets?account=%s&state=%s&limit=1000%s%s",
                                           account, state, *cursor ? "&cursor=" : "", cursor));
        count += (int64_t)json_array_size(json_object_get(page, "items"));
        cursor = text_at(page, "next");
    } while (*cursor);
    return count;
}

json_t *target_of(const char *account, const char *sku, const char *remote)
{
    json_t *page = api_get(text_format("/v1/targets?account=%s&sku=%s", account, sku)), *target;
    size_t i;
    json_array_foreach (json_object_get(page, "items"), i, target)
        if (strcmp(text_at(target, "warehouse"), remote) == 0) return target;
    return NULL;
}

bool all_sent(void)
{
    json_t *status;
    if (api("GET", "/v1/status", NULL, &status) != 200) return false;
    json_t *accounts = json_object_get(status, "accounts"), *account;
    size_t i;
    json_array_foreach (accounts, i, account)
        if (number_at(account, "dirty") || number_at(account, "unresolved")) return false;
    return true;
}

void wait_active(const char *account)
{
    WAIT_FOR(SOON_S, strcmp(account_state(account), "active") == 0);
}

/* ---- the marketplace */

struct sim sim;

struct sim sim_another(double scale, const char *options)
{
    static int serial;
    struct sim made = {.scale = scale};
    char line[1024];
    const char *file = world_path("marketsim-%d.port", ++serial);
    snprintf(line, sizeof line, "--listen 127.0.0.1:0 --port-file %s --scale %g %s", file, scale,
             options);
    const char *words[64] = {MARKETSIM_PROGRAM};
    words_split(line, words + 1, 63);
    made.pid = process_start(words, "/dev/null", world_path("marketsim.err"), NULL);
    WAIT_FOR(SOON_S, access(file, F_OK) == 0 || !process_runs(made.pid));
    made.port = atoi(file_read(file));
    if (!made.port) fail_msg("marketsim: %s", file_read(world_path("marketsim.err")));
    return made;
}

void sim_start(double scale, const char *options)
{
    sim = sim_another(scale, options);
}

static json_t *sim_ask(const struct sim *of, const char *method, const char *what, const char *body)
{
    char *text, url[512];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/_control/%s", of->port, what);
    int status = http_ask(NULL, method, url, body, &text);
    json_t *answer = keep_json(json_loads(text, 0, NULL));
    if (status != 200) fail_msg("marketsim %s %s: %d %s", what, body ? body : "", status, text);
    free(text);
    return answer;
}

json_t *sim_get(const struct sim *of, const char *what)
{
    return sim_ask(of, "GET", what, NULL);
}

json_t *sim_post(const struct sim *of, const char *what, const char *format, ...)
{
    char *body = NULL;
    va_list args;
    va_start(args, format);
    assert_true(vasprintf(&body, format, args) >= 0);
    va_end(args);
    json_t *answer = sim_ask(of, "POST", what, body);
    free(body);
    return answer;
}

int64_t sim_violations(const struct sim *of)
{
    return number_at(sim_get(of, "violations"), "total");
}

int64_t sim_figure(const struct sim *of, const char *sku, int64_t warehouse)
{
    json_t *state = sim_get(
        of, text_format("state?prefix=%s&warehouse_id=%lld&limit=1", sku, (long long)warehouse));
    json_t *row = json_array_get(json_object_get(state, "pairs"), 0);
    return row ? json_integer_value(json_array_get(row, 2)) : -1;
}

int64_t sim_requests(const struct sim *of, const char *path)
{
    if (!path) return number_at(sim_get(of, "state?limit=1"), "requests");
    json_t *log = sim_get(of, text_format("log?path=%s", path));
    return (int64_t)json_array_size(json_object_get(log, "requests"));
}

void figures_csv(const struct figures *figures, const char *path)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "sku,warehouse,quantity\n");
    for (int i = 1; i <= figures->products; i++)
        for (int w = 0; w < 2; w++)
            if (figures->at[w][i] >= 0)
                fprintf(file, "SKU-%06d,%s,%lld\n", i, w ? "spb" : "msk",
                        (long long)figures->at[w][i]);
    assert_int_equal(fclose(file), 0);
}

int figures_differ(const struct sim *of, const struct figures *figures)
{
    static bool seen[2][20001];
    memset(seen, 0, sizeof seen);
    json_t *state = sim_get(of, "state?prefix=SKU-"), *row;
    size_t i;
    int wrong = 0;
    json_array_foreach (json_object_get(state, "pairs"), i, row) {
        int product = atoi(json_string_value(json_array_get(row, 0)) + 4);
        int w = json_integer_value(json_array_get(row, 1)) == 502;
        if (product < 1 || product > figures->products) continue;
        seen[w][product] = true;
        int64_t wanted = figures->at[w][product];
        wrong += wanted >= 0 && json_integer_value(json_array_get(row, 2)) != wanted;
    }
    for (int w = 0; w < 2; w++)
        for (int p = 1; p <= figures->products; p++)
            wrong += figures->at[w][p] >= 0 && !seen[w][p];
    return wrong;
}

static bool settled(const struct figures *figures, int64_t *writes)
{
    json_t *state = sim_get(&sim, "state?limit=1");
    bool moved = number_at(state, "writes") != *writes;
    *writes = number_at(state, "writes");
    return !moved && all_sent() && figures_differ(&sim, figures) == 0;
}

void wait_shown(const struct figures *figures, int seconds)
{
    int64_t writes = -1;
    size_t mark = keep_mark();
    int64_t began = now_ms();
    while (!settled(figures, &writes)) {
        if (now_ms() >= began + (int64_t)seconds * 1000)
            fail_msg("after %d s %d figures are not shown: %s", seconds,
                     figures_differ(&sim, figures),
                     (char *)keep(json_dumps(api_get("/v1/status"), JSON_COMPACT)));
        keep_forget(mark);
        wait_pause(began);
    }
}
