/* Rebuilding what is derived: POST /v1/store/rebuild, a stream. Chunk after chunk, others passing
 * between; with dry_run each chunk only looks, on a worker. */
#include "api/api_private.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "engine/rebuild.h"
#include "engine/run.h"

#include <stdio.h>

struct rebuilding {
    struct engine_task mend;
    struct work_task look;
    struct engine_task keep;
    struct api *api;
    struct http_exchange *exchange;
    struct buf payload;
    struct rebuild_told told, before; /* before this chunk: a group may be tried twice */
    struct command_result result;
    uint64_t total, run;
    int64_t started_ms, now_ms;
    bool dry, gone;
    char actor[API_ACTOR_MAX];
    enum status status;
    struct error error;
};

/* ---- the end */

static uint64_t sum(const struct rebuild_told *told, bool mended)
{
    uint64_t all = 0;
    for (int i = 0; i < TABLE_COUNT; i++)
        all += mended ? told->counts[i].mended : told->counts[i].missing + told->counts[i].surplus;
    return all;
}

static json_t *tables_json(const struct rebuild_told *told)
{
    json_t *tables = json_array();
    for (int i = 0; i < TABLE_COUNT; i++) {
        const struct rebuild_count *c = &told->counts[i];
        if (!rebuild_is_derived((enum store_table)i)) continue;
        json_array_append_new(
            tables,
            json_pack("{s:s, s:I, s:I, s:I, s:I}", "table", store_table_name((enum store_table)i),
                      "right", (json_int_t)c->right, "missing", (json_int_t)c->missing, "surplus",
                      (json_int_t)c->surplus, "mended", (json_int_t)c->mended));
    }
    return tables;
}

static void end(struct rebuilding *r)
{
    struct api *api = r->api;
    json_t *last;
    if (r->status == ST_OK)
        last = json_pack("{s:s, s:I, s:I, s:I, s:b, s:o, s:o}", "event", "result", "rows",
                         (json_int_t)r->told.rows, "wrong", (json_int_t)sum(&r->told, false),
                         "mended", (json_int_t)sum(&r->told, true), "dry_run", r->dry, "run",
                         r->run ? json_sprintf("r%llu", (unsigned long long)r->run) : json_null(),
                         "tables", tables_json(&r->told));
    else
        last = json_pack("{s:s, s:s, s:o}", "event", "failed", "code", status_name(r->status),
                         "detail", api_text(bytes_text(r->error.text)));
    http_answer_stream_json(r->exchange, last);
    http_on_gone(r->exchange, NULL, NULL);
    http_answer_stream_end(r->exchange);
    buf_free(&r->payload);
    mem_free(r);
    api->busy--;
    api_maybe_closed(api);
}

/* A run like any other, kept when it is over. */
static enum status keep_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct rebuilding *r = (struct rebuilding *)((char *)task - offsetof(struct rebuilding, keep));
    uint64_t wrong = sum(&r->told, false), mended = sum(&r->told, true);
    char why[200] = "";
    if (r->status != ST_OK)
        snprintf(why, sizeof why, "%.190s", r->error.text);
    else if (wrong)
        snprintf(why, sizeof why, "%llu rows were missing, wrong or surplus; %llu are mended",
                 (unsigned long long)wrong, (unsigned long long)mended);
    const struct run_view run = {.kind = bytes_text("rebuild"),
                                 .account = bytes_of("", 0),
                                 .actor = bytes_text(r->actor),
                                 .detail = bytes_text("the tables that are derived from others"),
                                 .error = bytes_text(why),
                                 .state = r->status != ST_OK ? RUN_FAILED
                                          : mended == wrong  ? RUN_DONE
                                                             : RUN_PARTIAL,
                                 .started_ms = r->started_ms,
                                 .ended_ms = r->now_ms,
                                 .done = (int64_t)r->told.rows,
                                 .total = (int64_t)r->told.rows,
                                 .refused = (int64_t)(wrong - mended)};
    r->run = 0;
    return run_put(r->api->services.engine, txn, &r->run, &run, error);
}

static void keep_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct rebuilding *r = (struct rebuilding *)((char *)task - offsetof(struct rebuilding, keep));
    (void)error;
    if (status != ST_OK) r->run = 0;
    end(r);
}

/* ---- chunks */

static void next(struct rebuilding *r);

static void chunk_done(struct rebuilding *r)
{
    struct runtime *runtime = r->api->services.runtime;
    bool stop = r->gone || r->api->quiet;
    r->now_ms = api_now_ms(r->api);
    if (r->status == ST_OK && !r->told.next.end && !stop) {
        http_answer_stream_json(r->exchange,
                                json_pack("{s:s, s:I, s:I}", "event", "progress", "done",
                                          (json_int_t)r->told.rows, "total", (json_int_t)r->total));
        next(r);
    } else {
        if (r->status == ST_OK && !r->told.next.end)
            r->status = error_set(&r->error, ST_CANCELLED,
                                  "it was stopped; what was mended until then stays so");
        if (r->dry)
            end(r);
        else
            runtime->engine_submit(runtime, &r->keep);
    }
}

static void look_run(struct work_task *task)
{
    struct rebuilding *r = (struct rebuilding *)((char *)task - offsetof(struct rebuilding, look));
    struct store_txn *txn;
    r->status = store_begin(r->api->services.store, STORE_READ, &txn, &r->error);
    if (r->status != ST_OK) return;
    r->total = rebuild_total(txn);
    if (r->dry) r->status = rebuild_look(txn, REBUILD_CHUNK, &r->told, &r->error);
    store_abort(txn);
}

static void look_done(struct work_task *task)
{
    struct rebuilding *r = (struct rebuilding *)((char *)task - offsetof(struct rebuilding, look));
    if (r->dry || r->status != ST_OK)
        chunk_done(r);
    else
        next(r);
}

static enum status mend_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct rebuilding *r = (struct rebuilding *)((char *)task - offsetof(struct rebuilding, mend));
    r->told = r->before;
    const struct command command = {.kind = COMMAND_REBUILD,
                                    .actor = r->actor,
                                    .now_ms = r->now_ms,
                                    .payload = bytes_of(r->payload.data, r->payload.size),
                                    .rebuilt = &r->told};
    return engine_apply(r->api->services.engine, txn, &command, &r->result, error);
}

static void mend_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct rebuilding *r = (struct rebuilding *)((char *)task - offsetof(struct rebuilding, mend));
    r->status = status;
    if (status != ST_OK) r->error = *error;
    chunk_done(r);
}

static void next(struct rebuilding *r)
{
    struct runtime *runtime = r->api->services.runtime;
    if (r->dry) {
        runtime->work_submit(runtime, &r->look);
        return;
    }
    r->before = r->told;
    buf_reset(&r->payload);
    command_rebuild(&r->payload, &r->told.next, REBUILD_CHUNK);
    runtime->engine_submit(runtime, &r->mend);
}

static void on_gone(struct http_exchange *exchange, void *ctx)
{
    struct rebuilding *r = ctx;
    (void)exchange;
    r->gone = true;
}

static void post_rebuild(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"dry_run", API_SWITCH, false}};
    json_t *body = api_body(exchange, members, 1, true);
    if (!body) return;
    struct rebuilding *r = mem_alloc(sizeof *r);
    r->api = api_of(exchange);
    r->exchange = exchange;
    r->dry = json_is_true(json_object_get(body, "dry_run"));
    json_decref(body);
    r->started_ms = r->now_ms = api_now_ms(r->api);
    api_actor(exchange, r->actor);
    buf_init(&r->payload, 4096);
    r->mend = (struct engine_task){.run = mend_run, .done = mend_done};
    r->look = (struct work_task){.run = look_run, .done = look_done};
    r->keep = (struct engine_task){.run = keep_run, .done = keep_done};
    r->api->busy++;
    http_on_gone(exchange, on_gone, r);
    http_answer_stream_begin(exchange, 200, "application/x-ndjson", NULL);
    r->api->services.runtime->work_submit(r->api->services.runtime, &r->look);
}

const struct http_route api_rebuild_routes[] = {
    {.method = "POST",
     .pattern = "/v1/store/rebuild",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = post_rebuild,
     .summary = "mends every index and count that is derived from other rows",
     .accept = "application/json"},
    {0},
};
