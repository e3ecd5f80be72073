/* What a model saw: requests (bounded ring), violations of the marketplace's rules by the caller
 * (bounded ring plus totals per kind), counters per path. Injected faults are never violations. */
#ifndef MARKETSIM_MARKET_TRACE_H
#define MARKETSIM_MARKET_TRACE_H

#include "market.h"

#include <jansson.h>

#define MARKET_TRACE_REQUESTS   8192
#define MARKET_TRACE_VIOLATIONS 4096
#define MARKET_TRACE_KINDS      64
#define MARKET_TRACE_PATHS      64

struct market_trace_request {
    uint64_t seq; /* from 1, without gaps */
    int64_t now_ms;
    int64_t received_ns;
    char method[8];
    char path[64];
    char account[24];
    int status; /* 0: nothing was answered */
    size_t items;
    int fault; /* id of the injected fault that took part, or 0 */
};

struct market_trace_violation {
    uint64_t seq; /* of the request */
    int64_t now_ms;
    char kind[32];
    char account[24];
    char detail[200];
};

struct market_trace_path {
    char path[64];
    uint64_t requests, items, ok, refused, failed, dropped;
};

struct market_trace {
    struct market_trace_request *requests;
    struct market_trace_violation *violations;
    uint64_t request_count; /* ever seen; the ring keeps the last ones */
    uint64_t violation_count;
    struct {
        char kind[32];
        uint64_t count;
    } kinds[MARKET_TRACE_KINDS];
    size_t kind_count;
    struct market_trace_path paths[MARKET_TRACE_PATHS];
    size_t path_count;
};

void market_trace_init(struct market_trace *trace);
void market_trace_free(struct market_trace *trace);
void market_trace_clear(struct market_trace *trace); /* the numbering of requests goes on */

/* Begins the row of a request; market_trace_end() fills in how it was answered. */
struct market_trace_request *market_trace_begin(struct market_trace *trace,
                                                const struct market_request *request,
                                                int64_t now_ms, const char *account);
void market_trace_end(struct market_trace *trace, struct market_trace_request *row,
                      const struct market_answer *answer);

void market_trace_violation(struct market_trace *trace, int64_t now_ms, const char *account,
                            const char *kind, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* How often a kind was violated, ever since the last clear; NULL: all kinds. */
uint64_t market_trace_violated(const struct market_trace *trace, const char *kind);

/* JSON for the control side; the caller owns the value. `since` leaves out rows up to that number,
 * `path` and `kind` (NULL: all) select. */
json_t *market_trace_requests_json(const struct market_trace *trace, uint64_t since,
                                   const char *path);
json_t *market_trace_violations_json(const struct market_trace *trace, const char *kind);
json_t *market_trace_counters_json(const struct market_trace *trace);

#endif
