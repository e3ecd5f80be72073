/* Runs: what was done and is going on; asking for a check of an account. */
#include "api/api_run.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BY_ACCOUNT, BY_TASK, BY_STATE };
enum { SHOWN_LOOKS_MAX = 200 }; /* bounded looks at a push that is shown once */

uint64_t run_number(const char *id)
{
    char *end;
    errno = 0;
    if (id[0] != 'r' || id[1] < '1' || id[1] > '9') return 0;
    unsigned long long number = strtoull(id + 1, &end, 10);
    return *end || errno ? 0 : number;
}

static json_t *percent_json(int percent)
{
    return percent == RUN_PERCENT_UNKNOWN ? json_null() : json_integer(percent);
}

static json_t *stages_json(const struct run_view *run)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < run->stage_count; i++) {
        const struct run_stage *s = &run->stages[i];
        json_array_append_new(
            list, json_pack("{s:o, s:s, s:I, s:o, s:o, s:o, s:o, s:o}", "name", api_text(s->name),
                            "state", run_stage_state_name(s->state), "done", (json_int_t)s->done,
                            "total", s->total ? json_integer(s->total) : json_null(), "percent",
                            percent_json(run_stage_percent(s)), "started", api_time(s->started_ms),
                            "ended", api_time(s->ended_ms), "error", api_text_or_null(s->error)));
    }
    return list;
}

json_t *run_json(uint64_t number, const struct run_view *run)
{
    char id[24];
    snprintf(id, sizeof id, "r%llu", (unsigned long long)number);
    json_t *json = json_pack(
        "{s:s, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:I, s:o, s:I, s:o}", "id", id, "task",
        api_text(run->kind), "account", api_text_or_null(run->account), "actor",
        api_text_or_null(run->actor), "detail", api_text_or_null(run->detail), "state",
        run_state_name(run->state), "why", api_text_or_null(run->error), "started",
        api_time(run->started_ms), "ended", api_time(run->ended_ms), "done", (json_int_t)run->done,
        "total", run->total ? json_integer(run->total) : json_null(), "refused",
        (json_int_t)run->refused, "percent", percent_json(run_percent(run)));
    if (run->stage_count) json_object_set_new(json, "stages", stages_json(run));
    return json;
}

enum status run_find(struct query *query, uint64_t number, struct run_view *run)
{
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, number);
    enum status status = store_get(query->txn, TABLE_RUN, bytes_of(key, sizeof key), &value);
    if (status == ST_NOT_FOUND)
        return error_set(query->error, ST_NOT_FOUND,
                         "there is no run r%llu; `stockctl run list` shows those there are",
                         (unsigned long long)number);
    return status == ST_OK && run_read(value, run) == ST_OK ? ST_OK : api_damaged(query, "run");
}

bool run_is_push(const struct run_view *run)
{
    return bytes_equal(run->kind, bytes_text("push")) ||
           bytes_equal(run->kind, bytes_text("resync")) ||
           bytes_equal(run->kind, bytes_text("retry"));
}

/* ---- list: what goes on first, then the rows, the newest first */

static bool fits(const struct api_read *read, const struct run_view *run)
{
    const char *account = read->texts[BY_ACCOUNT], *task = read->texts[BY_TASK];
    const char *state = read->texts[BY_STATE];
    if (account && !bytes_equal(run->account, bytes_text(account))) return false;
    if (task && !bytes_equal(run->kind, bytes_text(task))) return false;
    return !state || strcmp(run_state_name(run->state), state) == 0;
}

static enum status query_runs(struct api_read *read, struct query *query)
{
    struct bytes key, value, next = bytes_of("", 0);
    json_t *items = json_array();
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_RUN);
    struct bytes from = bytes_of(read->page.from, read->page.from_size);
    enum status status = from.size ? store_seek(cursor, from, &key, &value) : ST_NOT_FOUND;
    if (status == ST_NOT_FOUND) status = store_last(cursor, &key, &value);
    while (status == ST_OK) {
        struct run_view run;
        if (key.size != 8 || run_read(value, &run) != ST_OK) break;
        if (json_array_size(items) == read->page.limit) {
            next = key;
            break;
        }
        if (fits(read, &run)) json_array_append_new(items, run_json(bytes_get_u64(key.data), &run));
        status = store_prev(cursor, &key, &value);
    }
    read->json = api_page_json(items, next);
    return status == ST_NOT_FOUND || next.size ? ST_OK : api_damaged(query, "run");
}

struct adding {
    struct api_read *read;
    json_t *items;
};

static void add_going(void *ctx, const struct sync_account_view *view)
{
    struct adding *adding = ctx;
    const char *const *texts = adding->read->texts;
    if (texts[BY_ACCOUNT] && strcmp(texts[BY_ACCOUNT], view->name) != 0) return;
    if (texts[BY_STATE] && strcmp(texts[BY_STATE], "running") != 0) return;
    for (int i = 0; i < SYNC_TASKS; i++) {
        const char *name = sync_task_name((enum sync_task)i);
        if (!view->tasks[i].running || (texts[BY_TASK] && strcmp(texts[BY_TASK], name) != 0))
            continue;
        json_array_append_new(adding->items, duty_json(view, (enum sync_task)i));
    }
}

static void add_all_going(struct api_read *read)
{
    struct adding adding = {read, json_array()};
    json_t *rows = json_object_get(read->json, "items");
    if (read->page.from_size == 0 && read->api->services.sync)
        sync_each(read->api->services.sync, add_going, &adding);
    json_array_extend(adding.items, rows);
    json_object_set_new(read->json, "items", adding.items);
}

static void list_runs(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", "task", "state", NULL};
    static const char *const states = " running done partial failed held ";
    const char *state = http_query(exchange, "state");
    char word[40];
    snprintf(word, sizeof word, " %.30s ", state ? state : "done");
    if (!strstr(states, word)) {
        http_answer_problem(exchange, 400, "invalid",
                            "there is no state '%.30s'; there are running, done, partial, "
                            "failed and held",
                            state);
        return;
    }
    struct api_page page;
    if (!api_page_take(exchange, &page)) return;
    struct api_read *read = api_read_named(exchange, query_runs, parameters);
    read->page = page;
    read->finish = add_all_going;
    api_read_start(read);
}

/* ---- one */

/* How far a push is, from its targets as they are now. */
static enum status add_push(struct api_read *read, struct query *query, const struct run_view *run)
{
    struct push_look look;
    push_look_init(&look, read->number, run);
    enum status status;
    uint32_t looks = 0;
    do
        status = push_look(&look, query, &read->accounts, api_now_ms(read->api));
    while (status == ST_OK && push_look_more(&look) && ++looks < SHOWN_LOOKS_MAX);
    if (status == ST_OK) push_look_json(&look, read->json);
    push_look_free(&look);
    return status;
}

static enum status query_run(struct api_read *read, struct query *query)
{
    struct run_view run;
    enum status status = run_find(query, read->number, &run);
    if (status != ST_OK) return status;
    read->json = run_json(read->number, &run);
    status = run_add_places(query, &run, read->json);
    if (status != ST_OK || !run_is_push(&run)) return status;
    status = run_add_batches(query, read->number, read->json);
    return status == ST_OK && run.state == RUN_GOING ? add_push(read, query, &run) : status;
}

static void refuse_id(struct http_exchange *exchange, const char *id)
{
    http_answer_problem(exchange, 404, "not-found",
                        "there is no run '%.80s'; `stockctl run list` shows those there are", id);
}

/* What goes on without a row yet. False: it is not the id of such a thing. */
static bool find_duty(struct http_exchange *exchange, const char *id, enum sync_task *task,
                      char account[201], struct sync_account_view *view)
{
    struct sync *sync = api_of(exchange)->services.sync;
    if (run_is_duty(id, account, task) && sync && sync_account_view(sync, account, view))
        return true;
    refuse_id(exchange, id);
    return false;
}

static void get_run(struct http_exchange *exchange)
{
    const char *id = http_path(exchange, "id").data;
    char account[201];
    enum sync_task task;
    struct sync_account_view view;
    uint64_t number = run_number(id);
    if (number) {
        struct api_read *read = api_read_new(exchange, query_run);
        read->number = number;
        api_read_start(read);
    } else if (find_duty(exchange, id, &task, account, &view)) {
        http_answer_json(exchange, 200, duty_json(&view, task));
    }
}

/* ---- follow */

struct following {
    struct work_task task;
    struct api *api;
    struct http_exchange *exchange;
    uint64_t number;
    enum status status;
    struct error error;
    struct buf memory;
    struct run_view run; /* points into memory */
};

static enum status copy_row(struct following *f, struct store_txn *txn)
{
    uint8_t key[8];
    struct bytes value;
    struct query query = {.txn = txn, .error = &f->error};
    enum status status = run_find(&query, f->number, &f->run);
    bytes_put_u64(key, f->number);
    if (status == ST_OK) status = store_get(txn, TABLE_RUN, bytes_of(key, sizeof key), &value);
    if (status != ST_OK) return status;
    buf_add(&f->memory, value.data, value.size);
    return run_read(bytes_of(f->memory.data, f->memory.size), &f->run);
}

static void following_run(struct work_task *task)
{
    struct following *f = (struct following *)((char *)task - offsetof(struct following, task));
    struct store_txn *txn;
    f->status = store_begin(f->api->services.store, STORE_READ, &txn, &f->error);
    if (f->status != ST_OK) return;
    f->status = copy_row(f, txn);
    store_abort(txn);
}

static void answer_ended(struct http_exchange *exchange, json_t *run)
{
    http_answer_stream_begin(exchange, 200, "application/x-ndjson", NULL);
    http_answer_stream_json(exchange, json_pack("{s:s, s:o}", "event", "result", "run", run));
    http_answer_stream_end(exchange);
}

static void following_done(struct work_task *task)
{
    struct following *f = (struct following *)((char *)task - offsetof(struct following, task));
    if (f->status != ST_OK)
        http_answer_error(f->exchange, &f->error);
    else if (f->run.state == RUN_GOING && run_is_push(&f->run))
        push_follow(f->api, f->exchange, f->number, &f->run);
    else if (f->run.state == RUN_GOING && bytes_equal(f->run.kind, bytes_text("import")))
        job_follow(f->api, f->exchange, f->number);
    else if (f->run.state == RUN_GOING)
        load_follow(f->api, f->exchange, f->number, f->run.account);
    else
        answer_ended(f->exchange, run_json(f->number, &f->run));
    buf_free(&f->memory);
    mem_free(f);
}

void run_follow(struct http_exchange *exchange, uint64_t number)
{
    struct following *f = mem_alloc(sizeof *f);
    f->api = api_of(exchange);
    f->exchange = exchange;
    f->number = number;
    buf_init(&f->memory, RECORD_MAX);
    f->task = (struct work_task){.run = following_run, .done = following_done};
    f->api->services.runtime->work_submit(f->api->services.runtime, &f->task);
}

static void follow_run(struct http_exchange *exchange)
{
    const char *id = http_path(exchange, "id").data;
    char account[201];
    enum sync_task task;
    struct sync_account_view view;
    uint64_t number = run_number(id);
    if (number)
        run_follow(exchange, number);
    else if (find_duty(exchange, id, &task, account, &view))
        duty_follow(exchange, account, task, NULL);
}

/* ---- asking for a check */

static void post_check(struct http_exchange *exchange)
{
    struct sync *sync = api_of(exchange)->services.sync;
    const char *name = http_path(exchange, "name").data;
    struct sync_account_view view;
    if (!duty_asked(exchange, &view)) return;
    if (view.state == SYNC_PAUSED) {
        http_answer_problem(exchange, 409, "conflict",
                            "account '%s' is paused; `stockctl account resume %s` comes first",
                            name, name);
        return;
    }
    bool offered = view.tasks[SYNC_CHECK].offered;
    const struct duty_before before = duty_before(&view, SYNC_CHECK);
    if (offered && sync_ask(sync, name, SYNC_CHECK)) {
        duty_begun(exchange, SYNC_CHECK, &before);
        return;
    }
    http_answer_problem(exchange, 409, "conflict", "account '%s' cannot be checked: %s", name,
                        offered ? "it is disabled in its file of conf.d"
                                : "its plugin has no way to ask");
}

const struct http_route api_run_routes[] = {
    {.method = "GET",
     .pattern = "/v1/runs",
     .scope = HTTP_SCOPE_READ,
     .handle = list_runs,
     .summary = "what was and is being done",
     .query = "account task state limit cursor"},
    {.method = "GET",
     .pattern = "/v1/runs/{id}",
     .scope = HTTP_SCOPE_READ,
     .handle = get_run,
     .summary = "one run"},
    {.method = "GET",
     .pattern = "/v1/runs/{id}/follow",
     .scope = HTTP_SCOPE_READ,
     .handle = follow_run,
     .summary = "waits for its end"},
    {.method = "POST",
     .pattern = "/v1/accounts/{name}/check",
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_check,
     .summary = "asks the marketplace who we are and what we may",
     .query = "follow",
     .accept = "application/json"},
    {0},
};
