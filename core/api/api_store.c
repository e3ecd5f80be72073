/* The store: how large it is, whether it takes changes, verifying it. */
#include "api/api_health.h"
#include "api/api_private.h"

#include "base/mem.h"
#include "store/files.h"
#include "verify/verify.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* ---- how large */

static enum status query_store(struct api_read *read, struct query *query)
{
    const struct api_services *services = &read->api->services;
    struct store_usage usage = store_usage(services->store);
    json_t *tables = json_array();
    for (int i = 0; i < TABLE_COUNT; i++)
        json_array_append_new(
            tables, json_pack("{s:s, s:I}", "name", store_table_name((enum store_table)i), "rows",
                              (json_int_t)store_count(query->txn, (enum store_table)i)));
    read->json =
        json_pack("{s:o, s:i, s:I, s:I, s:I, s:o}", "path", api_cstr_or_null(services->store_path),
                  "schema", STORE_SCHEMA, "used_bytes", (json_int_t)usage.used_bytes, "file_bytes",
                  (json_int_t)usage.file_bytes, "limit_bytes", (json_int_t)usage.limit_bytes,
                  "tables", tables);
    return ST_OK;
}

static void get_store(struct http_exchange *exchange)
{
    api_read_start(api_read_new(exchange, query_store));
}

/* ---- whether it takes changes */

static bool is_full(const struct store_usage *usage)
{
    return usage->used_bytes >= usage->limit_bytes / 100 * HEALTH_STORE_FULL_PERCENT ||
           usage->used_bytes + HEALTH_STORE_ROOM_BYTES > usage->limit_bytes;
}

bool api_store_is_stuck(const struct api_services *services, const struct store_usage *usage,
                        char text[ERROR_TEXT_MAX])
{
    const char *path = services->store_path;
    uint64_t room = path ? files_free_bytes(path) : UINT64_MAX;
    if (store_is_lost(services->store))
        snprintf(text, ERROR_TEXT_MAX,
                 "the disk refused a write; the process begins anew by itself");
    else if (is_full(usage))
        snprintf(text, ERROR_TEXT_MAX,
                 "the store is full: %llu of %llu bytes are used; raise store-size in conf.d and "
                 "restart",
                 (unsigned long long)usage->used_bytes, (unsigned long long)usage->limit_bytes);
    else if (room < HEALTH_STORE_ROOM_BYTES)
        snprintf(
            text, ERROR_TEXT_MAX,
            "the disk of the store %.400s is full (%llu bytes free): changes are refused until "
            "there is room",
            path, (unsigned long long)room);
    else
        return false;
    return true;
}

/* ---- verifying: the walk is on a worker, which hands lines over to the loop */

enum { FINDINGS_TOLD_MAX = 1000, LINES_MAX = 4 << 20 };

struct verification {
    struct work_task task;
    uv_async_t told;
    uv_mutex_t lock;
    struct buf lines; /* under lock */
    atomic_bool stop;
    struct api *api;
    struct http_exchange *exchange;
    uint32_t findings_told;
    struct verify_result result;
    enum status status;
    struct error error;
};

/* [worker] Takes `line`. */
static void hand_over(struct verification *v, json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT);
    uv_mutex_lock(&v->lock);
    if (text && v->lines.size + strlen(text) + 1 < v->lines.max) {
        buf_text(&v->lines, text);
        buf_char(&v->lines, '\n');
    }
    uv_mutex_unlock(&v->lock);
    free(text);
    json_decref(line);
    uv_async_send(&v->told);
}

static void on_finding(void *ctx, const char *table, const char *sentence)
{
    struct verification *v = ctx;
    if (v->findings_told++ < FINDINGS_TOLD_MAX)
        hand_over(v, json_pack("{s:s, s:s, s:o}", "event", "finding", "table", table, "detail",
                               api_text(bytes_text(sentence))));
}

static bool on_progress(void *ctx, uint64_t done, uint64_t total)
{
    struct verification *v = ctx;
    hand_over(v, json_pack("{s:s, s:I, s:I}", "event", "progress", "done", (json_int_t)done,
                           "total", (json_int_t)total));
    return !atomic_load(&v->stop);
}

static void verify_run(struct work_task *task)
{
    struct verification *v =
        (struct verification *)((char *)task - offsetof(struct verification, task));
    const struct verify_hooks hooks = {on_finding, on_progress, v};
    struct store_txn *txn;
    v->status = store_begin(v->api->services.store, STORE_READ, &txn, &v->error);
    if (v->status != ST_OK) return;
    v->status = engine_verify(txn, &hooks, &v->result, &v->error);
    store_abort(txn);
}

static void write_lines(struct verification *v)
{
    uv_mutex_lock(&v->lock);
    if (v->lines.size)
        http_answer_stream_write(v->exchange, bytes_of(v->lines.data, v->lines.size));
    buf_reset(&v->lines);
    uv_mutex_unlock(&v->lock);
}

static void on_told(uv_async_t *async)
{
    write_lines(async->data);
}

static void verification_closed(uv_handle_t *handle)
{
    struct verification *v = handle->data;
    struct api *api = v->api;
    uv_mutex_destroy(&v->lock);
    buf_free(&v->lines);
    mem_free(v);
    api->busy--;
    api_maybe_closed(api);
}

static void verify_done(struct work_task *task)
{
    struct verification *v =
        (struct verification *)((char *)task - offsetof(struct verification, task));
    json_t *last;
    write_lines(v);
    if (v->status == ST_OK)
        last = json_pack("{s:s, s:I, s:I}", "event", "result", "checked",
                         (json_int_t)v->result.checked, "findings", (json_int_t)v->result.findings);
    else
        last = json_pack("{s:s, s:s, s:o}", "event", "failed", "code", status_name(v->status),
                         "detail", api_text(bytes_text(v->error.text)));
    http_answer_stream_json(v->exchange, last);
    http_on_gone(v->exchange, NULL, NULL);
    http_answer_stream_end(v->exchange);
    v->api->verification = NULL;
    uv_close((uv_handle_t *)&v->told, verification_closed);
}

static void on_gone(struct http_exchange *exchange, void *ctx)
{
    struct verification *v = ctx;
    (void)exchange;
    atomic_store(&v->stop, true);
}

void api_verification_stop(struct api *api)
{
    if (api->verification) atomic_store(&api->verification->stop, true);
}

static void post_verify(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    json_t *body = api_body(exchange, NULL, 0, true);
    if (!body) return;
    json_decref(body);
    if (api->verification) {
        http_answer_problem(exchange, 503, "busy",
                            "the store is being verified already; ask again when that is over");
        return;
    }
    struct verification *v = mem_alloc(sizeof *v);
    v->api = api;
    v->exchange = exchange;
    buf_init(&v->lines, LINES_MAX);
    uv_mutex_init(&v->lock);
    uv_async_init(api->loop, &v->told, on_told);
    v->told.data = v;
    v->task = (struct work_task){.run = verify_run, .done = verify_done};
    api->verification = v;
    api->busy++;
    http_on_gone(exchange, on_gone, v);
    http_answer_stream_begin(exchange, 200, "application/x-ndjson", NULL);
    api->services.runtime->work_submit(api->services.runtime, &v->task);
}

const struct http_route api_store_routes[] = {
    {.method = "GET",
     .pattern = "/v1/store",
     .scope = HTTP_SCOPE_READ,
     .handle = get_store,
     .summary = "how large the store is"},
    {.method = "POST",
     .pattern = "/v1/store/verify",
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_verify,
     .summary = "recomputes every fold and index",
     .accept = "application/json"},
    {0},
};
