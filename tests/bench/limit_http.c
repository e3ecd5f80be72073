/* What HTTP alone does on this machine: a round trip, prebuilt requests against marketsim, and
 * libcurl with jansson against it. */
#include "limits.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 100, CONNECTIONS_MAX = 16, BODY_MAX = 16 << 10 };

static const char headers[] = "Client-Id: 1001\r\nApi-Key: test-key\r\n";
static const char path[] = "/v2/products/stocks";

void limit_round_trips(struct client *client, const char *at, size_t count, struct samples *seconds)
{
    for (size_t i = 0; i < count; i++) {
        int64_t begun = bench_now_ns();
        if (client_ask(client, "GET", at, NULL) == 0) bench_fail("GET %s was not answered", at);
        samples_add(seconds, bench_since(begun));
    }
}

/* The body a plugin builds, for 100 products from `first` on. */
static size_t build_body(char *out, size_t first)
{
    size_t used = (size_t)sprintf(out, "{\"stocks\":[");
    for (size_t i = 0; i < ITEMS; i++)
        used += (size_t)sprintf(
            out + used, "%s{\"product_id\":%zu,\"stock\":%zu,\"warehouse_id\":%d}", i ? "," : "",
            100000001 + first + i, (first + i) % 97, WORLD_REMOTE_FIRST);
    return used + (size_t)sprintf(out + used, "]}");
}

/* ---- prebuilt */

double limit_market(const struct world *world, size_t requests, int connections)
{
    static char built[CONNECTIONS_MAX][BODY_MAX + 512];
    char body[BODY_MAX];
    size_t sizes[CONNECTIONS_MAX], sent = 0, answered = 0;
    struct client *clients[CONNECTIONS_MAX];
    struct pollfd fds[CONNECTIONS_MAX];
    for (int i = 0; i < connections; i++) {
        clients[i] = client_tcp(world->port);
        if (!clients[i]) bench_fail("marketsim does not listen");
        fds[i] = (struct pollfd){.fd = clients[i]->fd, .events = POLLIN};
        size_t size = build_body(body, (size_t)i * ITEMS);
        sizes[i] = client_build(built[i], sizeof built[i], "POST", path, headers, body, size);
    }
    int64_t begun = bench_now_ns();
    for (int i = 0; i < connections && sent < requests; i++, sent++)
        client_send(clients[i], built[i], sizes[i]);
    while (answered < sent) {
        poll(fds, (nfds_t)connections, -1);
        for (int i = 0; i < connections; i++) {
            if (!fds[i].revents) continue;
            if (client_answer(clients[i]) != 200) bench_fail("marketsim refused a write");
            answered++;
            if (sent == requests) continue;
            client_send(clients[i], built[i], sizes[i]);
            sent++;
        }
    }
    double took = bench_since(begun);
    for (int i = 0; i < connections; i++)
        client_close(clients[i]);
    return (double)(requests * ITEMS) / took;
}

/* ---- libcurl and jansson */

struct post {
    CURL *easy;
    char body[BODY_MAX], *answer;
    size_t size, room;
};

static size_t on_body(char *data, size_t one, size_t size, void *ctx)
{
    struct post *post = ctx;
    (void)one;
    if (post->size + size > post->room) {
        post->room = (post->size + size) * 2;
        post->answer = realloc(post->answer, post->room);
    }
    memcpy(post->answer + post->size, data, size);
    post->size += size;
    return size;
}

static void begin(CURLM *multi, struct post *post, size_t number)
{
    size_t size = build_body(post->body, number * ITEMS % 10000);
    post->size = 0;
    curl_easy_setopt(post->easy, CURLOPT_POSTFIELDS, post->body);
    curl_easy_setopt(post->easy, CURLOPT_POSTFIELDSIZE, (long)size);
    curl_multi_add_handle(multi, post->easy);
}

/* Every item is looked at, as a client that believes nothing must. */
static void judge(const struct post *post)
{
    json_t *doc = json_loadb(post->answer, post->size, 0, NULL), *row;
    size_t index, good = 0;
    json_array_foreach (json_object_get(doc, "result"), index, row)
        good += json_is_true(json_object_get(row, "updated"));
    if (good != ITEMS) bench_fail("marketsim took %zu of %d items", good, ITEMS);
    json_decref(doc);
}

static void post_open(struct post *post, const char *url, struct curl_slist *lines)
{
    post->easy = curl_easy_init();
    curl_easy_setopt(post->easy, CURLOPT_URL, url);
    curl_easy_setopt(post->easy, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(post->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(post->easy, CURLOPT_WRITEDATA, post);
    curl_easy_setopt(post->easy, CURLOPT_PRIVATE, post);
    curl_easy_setopt(post->easy, CURLOPT_PROXY, "");
}

static size_t finish_ended(CURLM *multi, size_t *begun, size_t requests)
{
    size_t count = 0;
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
        struct post *post;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&post);
        if (message->data.result != CURLE_OK) bench_fail("libcurl: a request failed");
        curl_multi_remove_handle(multi, post->easy);
        judge(post);
        count++;
        if (*begun < requests) begin(multi, post, (*begun)++);
    }
    return count;
}

double limit_curl(unsigned port, size_t requests, int connections)
{
    char url[96];
    size_t begun = 0, ended = 0;
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", port, path);
    struct curl_slist *lines = curl_slist_append(NULL, "Client-Id: 1001");
    lines = curl_slist_append(lines, "Api-Key: test-key");
    lines = curl_slist_append(lines, "Content-Type: application/json");
    lines = curl_slist_append(lines, "Expect:");
    CURLM *multi = curl_multi_init();
    struct post *posts = calloc((size_t)connections, sizeof *posts);
    int64_t at = bench_now_ns();
    for (int i = 0; i < connections; i++) {
        post_open(&posts[i], url, lines);
        if (begun < requests) begin(multi, &posts[i], begun++);
    }
    while (ended < requests) {
        int running;
        curl_multi_perform(multi, &running);
        size_t now = finish_ended(multi, &begun, requests);
        ended += now;
        if (!now && running) curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    double took = bench_since(at);
    for (int i = 0; i < connections; i++) {
        curl_easy_cleanup(posts[i].easy);
        free(posts[i].answer);
    }
    free(posts);
    curl_multi_cleanup(multi);
    curl_slist_free_all(lines);
    return (double)(requests * ITEMS) / took;
}
