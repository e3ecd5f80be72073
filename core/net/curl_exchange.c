/* One exchange through libcurl: its handle, what libcurl calls, and what its outcome means. */
#include "base/mem.h"
#include "net/curl_internal.h"
#include "net/recorder.h"

#include <stdio.h>
#include <string.h>

/* --- what libcurl calls (never the caller's callbacks from here) --------------------------------
 */

/* Just before a request leaves; the second time libcurl would repeat it. */
static int on_leaving(void *ctx, char *to, char *from, int to_port, int from_port)
{
    struct exchange *exchange = ctx;
    (void)to, (void)from, (void)to_port, (void)from_port;
    if (exchange->attempts++ > 0) return CURL_PREREQFUNC_ABORT;
    exchange->sent_ms = clock_wall_ms(exchange->net->clock);
    return CURL_PREREQFUNC_OK;
}

static size_t on_header(char *line, size_t one, size_t size, void *ctx)
{
    struct exchange *exchange = ctx;
    (void)one;
    if (exchange->body.begun) return size; /* a trailer */
    if (head_line(&exchange->head, line, size)) return size;
    snprintf(exchange->error, sizeof exchange->error, "the answer's headers do not end");
    return 0;
}

static bool says_gzip(const struct exchange *exchange)
{
    const char *coding = head_find(&exchange->head, "Content-Encoding");
    return coding && strstr(coding, "gzip") != NULL;
}

static size_t on_body(char *data, size_t one, size_t size, void *ctx)
{
    struct exchange *exchange = ctx;
    struct body *body = &exchange->body;
    (void)one;
    if (body_pending(body)) {
        exchange->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (!body->begun && !body->has_first)
        body->unpack = exchange->request->gunzip || says_gzip(exchange);
    size_t used = body_take(body, data, size);
    if (body->over || body->damaged) return 0;
    if (used < size && !body_keep(body, data + used, size - used)) return 0;
    if (body->parts && body->data.size) exchange_ready(exchange);
    return size;
}

/* Called only when an address is not in libcurl's cache: an address in the URL itself is fine, and
 * a name that was not handed over must not be looked up by libcurl. */
static int on_resolving(void *resolver, void *reserved, void *ctx)
{
    struct exchange *exchange = ctx;
    const struct target *via = exchange->resolve_text ? NULL : &exchange->target;
    (void)resolver, (void)reserved;
    if (exchange->net->proxy && !exchange->target.loopback && !exchange->resolve_text)
        via = &exchange->net->proxy_target;
    return via && via->literal ? 0 : 1;
}

/* --- the handle ----------------------------------------------------------------------------- */

static void set_constant(const struct net_curl *net, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_SHARE, net->share);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    authorities_apply(net, easy);
    curl_easy_setopt(easy, CURLOPT_PROXY, net->proxy ? net->proxy : ""); /* "": not even the
                                                                             environment's */
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "localhost,127.0.0.1,127.0.0.0/8,::1");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, net->user_agent);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)NET_IDLE_MAX_S);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_leaving);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, on_resolving);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static CURL *handle_take(struct net_curl *net)
{
    if (net->kept_count) return net->kept[--net->kept_count];
    CURL *easy = curl_easy_init();
    if (easy) set_constant(net, easy);
    return easy;
}

static void handle_give(struct net_curl *net, CURL *easy)
{
    if (net->closing || net->kept_count == NET_HANDLES_KEPT_MAX) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(easy, CURLOPT_RESOLVE, NULL);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL);
    net->kept[net->kept_count++] = easy;
}

static void set_own(struct exchange *exchange, int64_t left_ms)
{
    CURL *easy = exchange->easy;
    int64_t connect = exchange->net->connect_timeout_ms;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, exchange);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange->curl_error);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, exchange);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)left_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)(connect < left_ms ? connect : left_ms));
    if (exchange->resolve_text) {
        exchange->resolve = (struct curl_slist){exchange->resolve_text, NULL};
        curl_easy_setopt(easy, CURLOPT_RESOLVE, &exchange->resolve);
    }
    request_apply(easy, exchange->request, &exchange->lines);
}

void exchange_start(struct exchange *exchange, const char *resolve_text)
{
    struct net_curl *net = exchange->net;
    int64_t left = exchange->deadline_ms - (int64_t)uv_now(net->loop);
    if (left <= 0) {
        snprintf(exchange->error, sizeof exchange->error, "its time was up before it could leave");
        exchange_fail(exchange, NET_NOT_SENT);
        return;
    }
    exchange->resolve_text = mem_text(resolve_text);
    exchange->easy = handle_take(net);
    exchange->phase = PHASE_RUNNING;
    if (exchange->easy) set_own(exchange, left);
    if (exchange->easy && curl_multi_add_handle(net->multi, exchange->easy) == CURLM_OK) return;
    snprintf(exchange->error, sizeof exchange->error, "libcurl did not take the request");
    exchange_fail(exchange, NET_NOT_SENT);
}

/* --- the end -------------------------------------------------------------------------------- */

static void handle_drop(struct exchange *exchange)
{
    if (!exchange->easy) return;
    if (exchange->net->multi) curl_multi_remove_handle(exchange->net->multi, exchange->easy);
    handle_give(exchange->net, exchange->easy);
    exchange->easy = NULL;
    request_lines_wipe(&exchange->lines);
}

static enum net_result meaning(const struct exchange *exchange, CURLcode code)
{
    if (exchange->body.over) return NET_TOO_LARGE;
    bool whole = code == CURLE_OK && exchange->head.ended && !exchange->body.damaged;
    if (whole && exchange->status > 0) return NET_ARRIVED;
    return exchange->attempts ? NET_LOST : NET_NOT_SENT;
}

static void say_why(struct exchange *exchange, CURLcode code)
{
    const char *why = exchange->curl_error[0] ? exchange->curl_error : curl_easy_strerror(code);
    if (exchange->body.over)
        why = "the answer is longer than allowed";
    else if (exchange->body.damaged)
        why = "the gzip in the answer is damaged or cut short";
    else if (exchange->attempts > 1)
        why = "the connection was closed before an answer came";
    else if (exchange->error[0])
        return;
    snprintf(exchange->error, sizeof exchange->error, "%s: %s", exchange->target.host, why);
}

void exchange_end(struct exchange *exchange, CURLcode code)
{
    struct net_curl *net = exchange->net;
    long status = 0, connects = 0;
    curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(exchange->easy, CURLINFO_NUM_CONNECTS, &connects);
    net->counts.connections += (uint64_t)connects;
    exchange->status = exchange->attempts ? (int)status : 0; /* a proxy's is not the answer's */
    handle_drop(exchange);
    /* With parts something may still wait for room; its end is looked at when it has had it. */
    if (code == CURLE_OK && !body_pending(&exchange->body) && !body_end(&exchange->body))
        exchange->body.damaged = true;
    enum net_result result = meaning(exchange, code);
    if (result != NET_ARRIVED) say_why(exchange, code);
    exchange_fail(exchange, result);
}

void exchange_fail(struct exchange *exchange, enum net_result result)
{
    handle_drop(exchange);
    exchange->phase = PHASE_ENDED;
    exchange->result = result;
    exchange->received_ms = clock_wall_ms(exchange->net->clock);
    exchange_ready(exchange);
}

void exchange_ready(struct exchange *exchange)
{
    if (!exchange->ready.next) link_add(&exchange->net->ready, &exchange->ready);
    loop_kick(exchange->net);
}

void exchange_detach(struct exchange *exchange)
{
    if (exchange->request) exchange->request->slot = NULL;
    exchange->request = NULL;
    resolver_forget(&exchange->wait);
    handle_drop(exchange);
    link_remove(&exchange->all);
    link_remove(&exchange->ready);
}

void exchange_free(struct exchange *exchange)
{
    request_lines_wipe(&exchange->lines);
    head_free(&exchange->head);
    body_free(&exchange->body);
    buf_free(&exchange->sample);
    target_free(&exchange->target);
    mem_free(exchange->resolve_text);
    mem_free(exchange);
}
