/* Undoing: what it would do, and doing it: /v1/undo. */
#include "api/api_history.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "engine/undo.h"
#include "query/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what an undo would do */

enum { PLAN_ROWS_MAX = 200 }; /* shown of each kind */

struct planning {
    struct query *query;
    json_t *stock, *changes, *obstacles;
};

static void plan_figure(void *ctx, const struct undo_figure *f)
{
    struct planning *p = ctx;
    if (json_array_size(p->stock) == PLAN_ROWS_MAX) return;
    const struct directory_warehouse *warehouse =
        directory_warehouse(p->query->directory, f->warehouse);
    json_t *by = f->first || f->gone
                     ? json_null()
                     : json_integer((json_int_t)(f->on_hand_before - f->on_hand_after));
    json_array_append_new(
        p->stock,
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "sku", api_sku_of(p->query, f->product), "warehouse",
                  api_cstr_or_null(warehouse ? warehouse->key : NULL), "by", by, "was",
                  api_figures_side(f->on_hand_before, f->reserved_before, !f->first), "became",
                  api_figures_side(f->on_hand_after, f->reserved_after, !f->gone)));
}

static void plan_change(void *ctx, const struct change_view *change)
{
    struct planning *p = ctx;
    if (json_array_size(p->changes) < PLAN_ROWS_MAX)
        json_array_append_new(p->changes, api_change_json(p->query, change));
}

static void plan_obstacle(void *ctx, uint64_t product, const char *text)
{
    struct planning *p = ctx;
    if (json_array_size(p->obstacles) < PLAN_ROWS_MAX)
        json_array_append_new(p->obstacles, json_pack("{s:o, s:s}", "sku",
                                                      api_sku_of(p->query, product), "text", text));
}

static enum status plan_all(struct query *query, const uint64_t *list, size_t count,
                            struct undo_plan *plan)
{
    enum status status = ST_OK;
    for (size_t i = 0; i < count && status == ST_OK; i++)
        status = undo_plan(query->txn, list[i], plan, query->error);
    return status;
}

static enum status no_job(uint64_t job, struct error *error)
{
    return error_set(error, ST_NOT_FOUND,
                     "import %llu changed no stock that could be undone, or is undone already",
                     (unsigned long long)job);
}

/* "882", "p1f0c2a9be410": a command, or what a plan came to. */
static enum status resolve(struct query *query, const char *id, uint64_t *sequence, uint64_t *job)
{
    uint64_t plan;
    struct query_applied applied = {.command = 0};
    *sequence = *job = 0;
    if (!plan_id_parse(id, &plan)) {
        *sequence = strtoull(id, NULL, 10);
        return ST_OK;
    }
    enum status status = query_plan_applied(query, plan, &applied);
    *sequence = applied.command;
    *job = applied.job;
    return status;
}

static enum status query_plan(struct api_read *read, struct query *query)
{
    struct planning p = {query, json_array(), json_array(), json_array()};
    struct undo_plan plan = {
        .figure = plan_figure, .change = plan_change, .obstacle = plan_obstacle, .ctx = &p};
    uint64_t sequence, of_job, *list = NULL;
    size_t count = 1;
    enum status status = resolve(query, read->names[0].data, &sequence, &of_job);
    bool job = read->texts[0] != NULL || of_job;
    if (of_job) sequence = of_job;
    if (status == ST_OK && job) query_group_undoable(query, sequence, &list, &count);
    if (status == ST_OK)
        status = job && !count ? no_job(sequence, query->error)
                               : plan_all(query, job ? list : &sequence, count, &plan);
    mem_free(list);
    read->json = json_pack("{s:I, s:b, s:I, s:I, s:I, s:o, s:o, s:o}", job ? "job" : "sequence",
                           (json_int_t)sequence, "possible", plan.obstacles == 0, "figures",
                           (json_int_t)plan.figures, "others", (json_int_t)plan.changes,
                           "in_the_way", (json_int_t)plan.obstacles, "stock", p.stock, "changes",
                           p.changes, "obstacles", p.obstacles);
    return status;
}

static bool is_number(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++)
        if (((const char *)text.data)[i] < '0' || ((const char *)text.data)[i] > '9') return false;
    return text.size > 0 && text.size < 20;
}

static void get_plan(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"job", NULL};
    uint64_t plan;
    if (!is_number(http_path(exchange, "sequence")) &&
        !plan_id_parse(http_path(exchange, "sequence").data, &plan)) {
        http_answer_problem(exchange, 400, "invalid",
                            "what is undone has a number, that of the history or of an import, or "
                            "is a plan that was applied: p1f0c2a9be410");
        return;
    }
    api_read_start(api_read_named(exchange, query_plan, parameters));
}

/* ---- undoing: one command, or those of a job, one after the other */

struct undoing {
    struct work_task look;
    struct engine_task task;
    struct api *api;
    struct http_exchange *exchange;
    uint64_t job, *list;
    size_t count, at;
    char plan[PLAN_ID_TEXT]; /* what it came to is undone; or "" */
    struct buf payload;
    struct command_result result;
    uint64_t rows, others, last;
    int64_t now_ms;
    char actor[API_ACTOR_MAX];
    struct keyed keyed;           /* kept with the last of them */
    bool has_key, existed, known; /* known: done before, by the key; `result` is of all of them */
    enum status status;
    struct error error;
};

static void undoing_free(struct undoing *u)
{
    buf_free(&u->payload);
    mem_free(u->list);
    mem_free(u);
}

static void undoing_end(struct undoing *u, const struct error *error)
{
    if (error && u->at == 0)
        http_answer_error(u->exchange, error);
    else if (error)
        http_answer_problem(u->exchange, 409, "conflict",
                            "%zu of %zu parts of import %llu are undone, then: %s", u->at, u->count,
                            (unsigned long long)u->job, error->text);
    else
        http_answer_json(u->exchange, 200,
                         json_pack("{s:o, s:o, s:I, s:I, s:I}", "undone",
                                   u->job ? json_null() : json_integer((json_int_t)u->list[0]),
                                   "job", u->job ? json_integer((json_int_t)u->job) : json_null(),
                                   "sequence", (json_int_t)u->last, "figures", (json_int_t)u->rows,
                                   "others", (json_int_t)u->others));
    undoing_free(u);
}

static void undo_next(struct undoing *u)
{
    struct runtime *runtime = u->api->services.runtime;
    buf_reset(&u->payload);
    command_undo(&u->payload, u->list[u->at]);
    runtime->engine_submit(runtime, &u->task);
}

static enum status undo_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct undoing *u = (struct undoing *)((char *)task - offsetof(struct undoing, task));
    struct command command = {.kind = COMMAND_UNDO,
                              .actor = u->actor,
                              .now_ms = u->now_ms,
                              .payload = bytes_of(u->payload.data, u->payload.size)};
    bool last = u->has_key && u->at + 1 == u->count;
    if (u->has_key) { /* the same request may have come twice at once */
        enum status found = keyed_find(txn, &u->keyed, &u->result, &u->existed, error);
        u->known = found == ST_OK;
        if (found != ST_NOT_FOUND) return found;
    }
    if (last) memcpy(command.id, u->keyed.id, sizeof command.id);
    enum status status = engine_apply(u->api->services.engine, txn, &command, &u->result, error);
    if (status != ST_OK || !last) return status;
    struct command_result all = u->result;
    all.rows += u->rows;
    all.skipped = u->others;
    keyed_keep(txn, &u->keyed, &all, false, u->now_ms);
    return ST_OK;
}

/* As it was answered then. */
static void undone_before(struct undoing *u)
{
    u->rows = u->result.rows;
    u->last = u->result.sequence;
    u->others = u->result.skipped;
    undoing_end(u, NULL);
}

static void undo_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct undoing *u = (struct undoing *)((char *)task - offsetof(struct undoing, task));
    if (status == ST_HELD && task->plan) {
        api_answer_held(u->exchange, task->plan, error->text);
        undoing_free(u);
        return;
    }
    if (status != ST_OK) {
        undoing_end(u, error);
        return;
    }
    if (u->known) {
        undone_before(u);
        return;
    }
    u->rows += u->result.rows;
    u->last = u->result.sequence;
    u->at++;
    if (u->at < u->count)
        undo_next(u);
    else
        undoing_end(u, NULL);
}

static enum status look(struct undoing *u, struct query *query)
{
    struct undo_plan plan = {0};
    uint64_t sequence = 0;
    enum status status = u->plan[0] ? resolve(query, u->plan, &sequence, &u->job) : ST_OK;
    if (status != ST_OK) return status;
    if (u->has_key) {
        status = keyed_find(query->txn, &u->keyed, &u->result, &u->existed, query->error);
        u->known = status == ST_OK;
        if (status != ST_OK && status != ST_NOT_FOUND) return status;
    }
    if (sequence) {
        u->list = mem_array(1, sizeof *u->list);
        u->list[0] = sequence;
        u->count = 1;
        if (u->known) return ST_OK;
        if (undo_plan(query->txn, sequence, &plan, NULL) == ST_OK) u->others = plan.changes;
        return ST_OK; /* the command itself says what is in its way */
    }
    if (u->known) return ST_OK;
    query_group_undoable(query, u->job, &u->list, &u->count);
    if (!u->count) return no_job(u->job, query->error);
    status = plan_all(query, u->list, u->count, &plan);
    u->others = plan.changes;
    if (status != ST_OK || !plan.obstacles) return status;
    return error_set(query->error, ST_CONFLICT,
                     "import %llu cannot be undone, %llu things stand in the way, the first: %s; "
                     "`stockctl undo %llu --import --dry-run` shows all",
                     (unsigned long long)u->job, (unsigned long long)plan.obstacles, plan.first,
                     (unsigned long long)u->job);
}

static void look_run(struct work_task *task)
{
    struct undoing *u = (struct undoing *)((char *)task - offsetof(struct undoing, look));
    struct store_txn *txn;
    struct query query;
    u->status = store_begin(u->api->services.store, STORE_READ, &txn, &u->error);
    if (u->status != ST_OK) return;
    u->status = query_open(&query, txn, &u->error);
    if (u->status == ST_OK) {
        u->status = look(u, &query);
        query_close(&query);
    }
    store_abort(txn);
}

static void look_done(struct work_task *task)
{
    struct undoing *u = (struct undoing *)((char *)task - offsetof(struct undoing, look));
    if (u->known)
        undone_before(u);
    else if (u->status == ST_OK)
        undo_next(u);
    else
        undoing_end(u, &u->error);
}

static void post_undo(struct http_exchange *exchange)
{
    static const struct api_member members[] = {
        {"sequence", API_INTEGER, false}, {"job", API_INTEGER, false}, {"plan", API_TEXT, false}};
    json_t *body = api_body(exchange, members, 3, false);
    if (!body) return;
    uint64_t unused;
    struct bytes plan = api_body_text(body, "plan");
    char id[PLAN_ID_TEXT] = "";
    bool good = !plan.data || plan_id_parse(plan.data, &unused);
    if (good && plan.data) snprintf(id, sizeof id, "%s", (const char *)plan.data);
    json_int_t sequence = json_integer_value(json_object_get(body, "sequence"));
    json_int_t job = json_integer_value(json_object_get(body, "job"));
    json_decref(body);
    if (!good || (sequence > 0) + (job > 0) + (id[0] != 0) != 1) {
        http_answer_problem(exchange, 400, "invalid",
                            "one of 'sequence', the number of a command, 'job', that of an import, "
                            "and 'plan', the id of a plan that was applied");
        return;
    }
    struct undoing *u = mem_alloc(sizeof *u);
    u->api = api_of(exchange);
    u->exchange = exchange;
    u->job = (uint64_t)job;
    u->now_ms = api_now_ms(u->api);
    api_actor(exchange, u->actor);
    u->has_key = api_key_take(exchange, http_body(exchange), &u->keyed);
    buf_init(&u->payload, COMMAND_PAYLOAD_MAX);
    u->task = (struct engine_task){.run = undo_run, .done = undo_done};
    u->look = (struct work_task){.run = look_run, .done = look_done};
    struct runtime *runtime = u->api->services.runtime;
    memcpy(u->plan, id, sizeof id);
    if (job || id[0]) {
        runtime->work_submit(runtime, &u->look);
        return;
    }
    u->list = mem_array(1, sizeof *u->list);
    u->list[0] = (uint64_t)sequence;
    u->count = 1;
    undo_next(u);
}

const struct http_route api_undo_routes[] = {
    {.method = "GET",
     .pattern = "/v1/undo/{sequence}",
     .scope = HTTP_SCOPE_READ,
     .handle = get_plan,
     .summary = "what undoing would do, and what stands in its way",
     .query = "job"},
    {.method = "POST",
     .pattern = "/v1/undo",
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_undo,
     .summary = "undoes a command, or an import",
     .accept = "application/json",
     .flags = HTTP_KEYED},
    {0},
};
