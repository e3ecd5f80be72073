/* What the curl_*.c files share. Nobody else includes it.
 *
 * LIFE OF AN EXCHANGE. send makes it: RESOLVING until its host has an address, RUNNING while
 * libcurl has it, ENDED when its outcome is known. Callbacks of the caller are made by
 * curl_deliver.c alone and never from inside libcurl, so they may send and cancel freely. It is
 * freed after `done`, or by cancel; when cancelled from its own callback, after that callback. */
#ifndef STOCKD_NET_CURL_INTERNAL_H
#define STOCKD_NET_CURL_INTERNAL_H

#include "base/buf.h"
#include "net/curl_transport.h"

#include <curl/curl.h>
#include <zlib.h>

struct exchange;
struct recorder;

/* Intrusive ring; a lone link is not in any. */
struct link {
    struct link *prev, *next;
};

void link_init(struct link *head);
void link_add(struct link *head, struct link *link);
void link_remove(struct link *link); /* nothing when it is in no ring */
static inline bool link_empty(const struct link *head)
{
    return head->next == head;
}

/* The answer's body as it comes (curl_body.c). */
struct body {
    struct buf data;    /* decoded; one byte more than `limit` shows that it is too long */
    struct buf pending; /* PARTS: came, but no room in `data` yet; as it came */
    size_t limit, pending_at;
    bool parts, over, damaged;
    bool unpack;    /* set before the first byte when it may be gzip */
    bool begun;     /* whether it is gzip has been decided */
    bool has_first; /* the first byte is that of a gzip, and is held back until then */
    bool in_member; /* inside a gzip member */
    bool stalled;   /* inside one, and no room for what it holds */
    bool padding;   /* after the last member: what comes is dropped */
    z_stream *stream;
};

void body_init(struct body *body, size_t limit, bool parts);
void body_free(struct body *body);
/* Returns how much was taken: less than `size` only when there is no room (with parts; otherwise
 * `over` is set) or when the gzip is damaged. */
size_t body_take(struct body *body, const void *data, size_t size);
/* Keeps what body_take left (false: too much); takes again from what was kept. */
bool body_keep(struct body *body, const void *data, size_t size);
void body_refill(struct body *body);
bool body_pending(const struct body *body);
/* No more comes: false when something is missing (a gzip cut short). */
bool body_end(struct body *body);

/* The answer's headers as they come (curl_head.c). */
struct head {
    struct buf text; /* name NUL value NUL ... */
    uint32_t at[NET_ANSWER_HEADERS_MAX][2];
    size_t count, seen_bytes;
    bool ended; /* libcurl takes headers cut short by a close for a whole answer; we do not */
    struct net_header headers[NET_ANSWER_HEADERS_MAX]; /* made by head_list */
};

void head_init(struct head *head);
void head_free(struct head *head);
/* One line as libcurl gives it. False when headers go on beyond all reason. */
bool head_line(struct head *head, const char *line, size_t size);
const struct net_header *head_list(struct head *head);
const char *head_find(const struct head *head, const char *name);

/* The request as libcurl takes it (curl_request.c). */
struct target {
    char *host; /* without brackets; lower case as curl gives it */
    unsigned port;
    bool https, literal, loopback;
};

enum { REQUEST_ERROR_MAX = 256 };
/* Checks the whole request; a sentence in `why` when it must not leave. */
bool target_of(const struct net_request *request, struct target *target,
               char why[REQUEST_ERROR_MAX]);
void target_free(struct target *target);
/* The header lines with their secrets, in one piece of memory that request_lines_wipe clears. */
struct lines {
    struct curl_slist *list; /* points into `nodes` and `text` */
    struct curl_slist *nodes;
    size_t count;
    struct buf text;
};
bool request_lines(const struct net_request *request, struct lines *lines,
                   char why[REQUEST_ERROR_MAX]);
void request_lines_wipe(struct lines *lines);
/* Method, address, body and header lines into the handle. */
void request_apply(CURL *easy, const struct net_request *request, const struct lines *lines);

enum phase { PHASE_RESOLVING, PHASE_RUNNING, PHASE_ENDED };

struct exchange {
    struct net_curl *net;
    struct net_request *request; /* NULL: cancelled */
    struct link all;             /* in net->exchanges */
    struct link ready;           /* in net->ready while curl_deliver.c has something to do */
    enum phase phase;
    struct resolver_wait wait;
    struct target target;
    int64_t deadline_ms; /* of the loop's clock */
    CURL *easy;
    struct curl_slist resolve;
    char *resolve_text;
    struct lines lines;
    struct head head;
    struct body body;
    struct buf sample; /* of a body taken in parts, for the recording */
    int attempts;      /* times the request was about to leave */
    int status;
    bool paused, part_out, in_callback, dead;
    enum net_result result;
    int64_t sent_ms, received_ms;
    char error[CURL_ERROR_SIZE + REQUEST_ERROR_MAX];
    char curl_error[CURL_ERROR_SIZE];
};

struct net_curl {
    struct transport transport; /* first: the interface gives it back */
    uv_loop_t *loop;
    const struct clock_source *clock;
    struct recorder *recorder;
    struct resolver *resolver;
    CURLM *multi;
    CURLSH *share;
    CURL *kept[NET_HANDLES_KEPT_MAX];
    uint32_t kept_count;
    struct link exchanges, ready, polls;
    uv_timer_t curl_timer;    /* libcurl's */
    uv_timer_t kick_timer;    /* deliver soon, from the loop */
    uv_timer_t resolve_timer; /* the next deadline among the RESOLVING */
    uint32_t handles_open;
    bool closing, resolver_gone;
    bool acting; /* libcurl is at work, and deliver_all follows */
    void (*closed)(void *ctx);
    void *closed_ctx;
    char *ca_file, *proxy, *user_agent;
    const char *ca_dir; /* static; NULL: none by hash */
    struct buf ca_both; /* without one: the extra authorities and the system's */
    struct target proxy_target;
    int64_t connect_timeout_ms;
    struct net_curl_view counts;
};

/* curl_loop.c: libcurl's sockets and timer on the loop. */
bool loop_open(struct net_curl *net, struct error *error);
void loop_close(struct net_curl *net);
void loop_kick(struct net_curl *net);

/* curl_authorities.c */
bool authorities_open(struct net_curl *net, const char *extra, struct error *error);
void authorities_apply(const struct net_curl *net, CURL *easy);
void authorities_close(struct net_curl *net);

/* curl_exchange.c: one exchange through libcurl. */
void exchange_start(struct exchange *exchange, const char *resolve_text);
void exchange_end(struct exchange *exchange, CURLcode code);
void exchange_fail(struct exchange *exchange, enum net_result result);
/* Takes it from resolver and libcurl; nothing of the request is touched after. */
void exchange_detach(struct exchange *exchange);
void exchange_free(struct exchange *exchange);
void exchange_ready(struct exchange *exchange);

/* curl_deliver.c: the caller's callbacks. */
void deliver_all(struct net_curl *net);

#endif
