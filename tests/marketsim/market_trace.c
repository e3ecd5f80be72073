/* The rings and counters of market_trace.h. */
#include "market_trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void market_trace_init(struct market_trace *trace)
{
    memset(trace, 0, sizeof(*trace));
    trace->requests = market_alloc(MARKET_TRACE_REQUESTS * sizeof(*trace->requests));
    trace->violations = market_alloc(MARKET_TRACE_VIOLATIONS * sizeof(*trace->violations));
}

void market_trace_free(struct market_trace *trace)
{
    free(trace->requests);
    free(trace->violations);
}

void market_trace_clear(struct market_trace *trace)
{
    for (size_t i = 0; i < MARKET_TRACE_REQUESTS; i++)
        trace->requests[i].seq = 0;
    trace->violation_count = 0;
    trace->kind_count = 0;
    trace->path_count = 0;
}

struct market_trace_request *market_trace_begin(struct market_trace *trace,
                                                const struct market_request *request,
                                                int64_t now_ms, const char *account)
{
    uint64_t seq = ++trace->request_count;
    struct market_trace_request *row = &trace->requests[seq % MARKET_TRACE_REQUESTS];
    memset(row, 0, sizeof(*row));
    row->seq = seq;
    row->now_ms = now_ms;
    row->received_ns = request->received_ns;
    market_text_copy(row->method, sizeof(row->method), request->method);
    market_text_copy(row->path, sizeof(row->path), request->path);
    market_text_copy(row->account, sizeof(row->account), account);
    return row;
}

/* The last entry takes everything that finds no room: paths are the caller's to invent. */
static struct market_trace_path *find_path(struct market_trace *trace, const char *path)
{
    for (size_t i = 0; i < trace->path_count; i++)
        if (strcmp(trace->paths[i].path, path) == 0) return &trace->paths[i];
    if (trace->path_count == MARKET_TRACE_PATHS) return &trace->paths[MARKET_TRACE_PATHS - 1];
    struct market_trace_path *found = &trace->paths[trace->path_count++];
    memset(found, 0, sizeof(*found));
    market_text_copy(found->path, sizeof(found->path),
                     trace->path_count == MARKET_TRACE_PATHS ? "(other)" : path);
    return found;
}

void market_trace_end(struct market_trace *trace, struct market_trace_request *row,
                      const struct market_answer *answer)
{
    row->status = answer->drop ? 0 : answer->status;
    row->items = answer->items;
    struct market_trace_path *path = find_path(trace, row->path);
    path->requests++;
    path->items += answer->items;
    if (answer->drop)
        path->dropped++;
    else if (answer->status < 300)
        path->ok++;
    else if (answer->status < 500)
        path->refused++;
    else
        path->failed++;
}

static void count_kind(struct market_trace *trace, const char *kind)
{
    for (size_t i = 0; i < trace->kind_count; i++)
        if (strcmp(trace->kinds[i].kind, kind) == 0) {
            trace->kinds[i].count++;
            return;
        }
    if (trace->kind_count == MARKET_TRACE_KINDS) abort(); /* kinds are constants of the models */
    market_text_copy(trace->kinds[trace->kind_count].kind, sizeof(trace->kinds[0].kind), kind);
    trace->kinds[trace->kind_count++].count = 1;
}

void market_trace_violation(struct market_trace *trace, int64_t now_ms, const char *account,
                            const char *kind, const char *format, ...)
{
    struct market_trace_violation *row =
        &trace->violations[trace->violation_count++ % MARKET_TRACE_VIOLATIONS];
    row->seq = trace->request_count;
    row->now_ms = now_ms;
    market_text_copy(row->kind, sizeof(row->kind), kind);
    market_text_copy(row->account, sizeof(row->account), account);
    va_list args;
    va_start(args, format);
    vsnprintf(row->detail, sizeof(row->detail), format, args);
    va_end(args);
    count_kind(trace, kind);
}

uint64_t market_trace_violated(const struct market_trace *trace, const char *kind)
{
    if (!kind) return trace->violation_count;
    for (size_t i = 0; i < trace->kind_count; i++)
        if (strcmp(trace->kinds[i].kind, kind) == 0) return trace->kinds[i].count;
    return 0;
}

json_t *market_trace_requests_json(const struct market_trace *trace, uint64_t since,
                                   const char *path)
{
    json_t *rows = json_array();
    uint64_t oldest = trace->request_count > MARKET_TRACE_REQUESTS
                          ? trace->request_count - MARKET_TRACE_REQUESTS
                          : 0;
    for (uint64_t seq = (since > oldest ? since : oldest) + 1; seq <= trace->request_count; seq++) {
        const struct market_trace_request *row = &trace->requests[seq % MARKET_TRACE_REQUESTS];
        if (row->seq != seq || (path && strcmp(row->path, path) != 0)) continue;
        json_array_append_new(
            rows, json_pack("{s:I, s:I, s:I, s:s, s:s, s:s, s:i, s:I, s:i}", "seq",
                            (json_int_t)row->seq, "now_ms", (json_int_t)row->now_ms, "received_ns",
                            (json_int_t)row->received_ns, "method", row->method, "path", row->path,
                            "account", row->account, "status", row->status, "items",
                            (json_int_t)row->items, "fault", row->fault));
    }
    return rows;
}

json_t *market_trace_violations_json(const struct market_trace *trace, const char *kind)
{
    json_t *rows = json_array();
    uint64_t first = trace->violation_count > MARKET_TRACE_VIOLATIONS
                         ? trace->violation_count - MARKET_TRACE_VIOLATIONS
                         : 0;
    for (uint64_t i = first; i < trace->violation_count; i++) {
        const struct market_trace_violation *row = &trace->violations[i % MARKET_TRACE_VIOLATIONS];
        if (kind && strcmp(row->kind, kind) != 0) continue;
        json_array_append_new(rows, json_pack("{s:I, s:I, s:s, s:s, s:s}", "request",
                                              (json_int_t)row->seq, "now_ms",
                                              (json_int_t)row->now_ms, "kind", row->kind, "account",
                                              row->account, "detail", row->detail));
    }
    return rows;
}

json_t *market_trace_counters_json(const struct market_trace *trace)
{
    json_t *paths = json_object();
    for (size_t i = 0; i < trace->path_count; i++) {
        const struct market_trace_path *p = &trace->paths[i];
        json_object_set_new(paths, p->path,
                            json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "requests",
                                      (json_int_t)p->requests, "items", (json_int_t)p->items, "ok",
                                      (json_int_t)p->ok, "refused", (json_int_t)p->refused,
                                      "failed", (json_int_t)p->failed, "dropped",
                                      (json_int_t)p->dropped));
    }
    json_t *kinds = json_object();
    for (size_t i = 0; i < trace->kind_count; i++)
        json_object_set_new(kinds, trace->kinds[i].kind,
                            json_integer((json_int_t)trace->kinds[i].count));
    return json_pack("{s:I, s:I, s:o, s:o}", "requests", (json_int_t)trace->request_count,
                     "violations", (json_int_t)trace->violation_count, "by_path", paths,
                     "violations_by_kind", kinds);
}
