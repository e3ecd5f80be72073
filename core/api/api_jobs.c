/* Imports as they are stored: shown, listed, cancelled, followed. */
#include "api/api_import.h"
#include "api/api_run.h"

#include "base/mem.h"
#include "intake/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *import_job_json(uint64_t number, const struct import_job *job)
{
    const struct import_counts *c = &job->counts;
    char run[24];
    snprintf(run, sizeof run, "r%llu", (unsigned long long)number);
    json_t *json =
        json_pack("{s:I, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:b, s:o, s:o}", "job",
                  (json_int_t)number, "run", run, "state", import_state_name(job->state), "name",
                  api_text_or_null(job->name), "actor", api_text_or_null(job->actor), "warehouse",
                  api_text_or_null(job->warehouse), "detail", api_text_or_null(job->error), "kind",
                  job->kind == FIGURE_AVAILABLE ? "available" : "on-hand", "create", job->create,
                  "started", api_time(job->started_ms), "ended", api_time(job->ended_ms));
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {{"bytes", c->bytes},     {"rows", c->rows},      {"done", c->done},
                  {"changed", c->changed}, {"same", c->unchanged}, {"refused", c->refused},
                  {"left", c->left},       {"created", c->created}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_object_set_new(json, counts[i].name, json_integer((json_int_t)counts[i].value));
    json_object_set_new(json, "found", api_text_or_null(job->found));
    if (job->shop.account.size == 0) return json;
    json_object_set_new(
        json, "source",
        json_pack("{s:o, s:o, s:b, s:s, s:b, s:o}", "account", api_text(job->shop.account),
                  "remote", api_text_or_null(job->shop.remote), "add", job->shop.add, "absent",
                  job->shop.absent_zero ? "zero" : "keep", "external", job->shop.external, "counts",
                  import_shop_counts_json(&job->shop.counts)));
    return json;
}

static enum status find(struct query *query, uint64_t number, struct import_job *job)
{
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, number);
    enum status status = store_get(query->txn, TABLE_JOB, bytes_of(key, sizeof key), &value);
    if (status == ST_NOT_FOUND)
        return error_set(query->error, ST_NOT_FOUND,
                         "there is no import %llu; `stockctl import list` shows those there are",
                         (unsigned long long)number);
    return status == ST_OK && import_job_read(value, job) == ST_OK ? ST_OK
                                                                   : api_damaged(query, "job");
}

/* ---- one */

/* False: answered. */
static bool take_number(struct http_exchange *exchange, uint64_t *number)
{
    const char *text = http_path(exchange, "job").data;
    char *end;
    errno = 0;
    *number = text[0] >= '1' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
    if (*number && !*end && !errno) return true;
    http_answer_problem(exchange, 404, "not-found",
                        "there is no import '%.40s'; an import is named by its number", text);
    return false;
}

static enum status query_job(struct api_read *read, struct query *query)
{
    struct import_job job;
    enum status status = find(query, read->number, &job);
    if (status == ST_OK) read->json = import_job_json(read->number, &job);
    return status;
}

/* What is not in the store: why one that goes on does not go on just now. */
static void add_wait(const struct api *api, json_t *job)
{
    const char *state = json_string_value(json_object_get(job, "state"));
    if (!api->services.imports || !state || strcmp(state, import_state_name(IMPORT_RUNNING)) != 0)
        return;
    const char *why = imports_waits(api->services.imports,
                                    (uint64_t)json_integer_value(json_object_get(job, "job")));
    if (why) json_object_set_new(job, "detail", api_text(bytes_text(why)));
}

static void finish_job(struct api_read *read)
{
    add_wait(read->api, read->json);
}

static void get_job(struct http_exchange *exchange)
{
    uint64_t number;
    if (!take_number(exchange, &number)) return;
    struct api_read *read = api_read_new(exchange, query_job);
    read->number = number;
    read->finish = finish_job;
    api_read_start(read);
}

/* ---- all, the newest first */

static enum status query_jobs(struct api_read *read, struct query *query)
{
    struct bytes key, value, next = bytes_of("", 0);
    json_t *items = json_array();
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_JOB);
    struct bytes from = bytes_of(read->page.from, read->page.from_size);
    enum status status = from.size ? store_seek(cursor, from, &key, &value) : ST_NOT_FOUND;
    if (status == ST_NOT_FOUND) status = store_last(cursor, &key, &value);
    while (status == ST_OK) {
        struct import_job job;
        if (key.size != 8 || import_job_read(value, &job) != ST_OK) break;
        if (json_array_size(items) == read->page.limit) {
            next = key;
            break;
        }
        json_array_append_new(items, import_job_json(bytes_get_u64(key.data), &job));
        status = store_prev(cursor, &key, &value);
    }
    read->json = api_page_json(items, next);
    return status == ST_NOT_FOUND || next.size ? ST_OK : api_damaged(query, "job");
}

static void finish_jobs(struct api_read *read)
{
    size_t i;
    json_t *job;
    json_array_foreach (json_object_get(read->json, "items"), i, job)
        add_wait(read->api, job);
}

static void list_jobs(struct http_exchange *exchange)
{
    struct api_page page;
    if (!api_page_take(exchange, &page)) return;
    struct api_read *read = api_read_new(exchange, query_jobs);
    read->page = page;
    read->finish = finish_jobs;
    api_read_start(read);
}

/* ---- the rows that were refused */

static enum status query_refused(struct api_read *read, struct query *query)
{
    uint8_t prefix[8];
    struct bytes key, value, reason, next = bytes_of("", 0);
    uint32_t column;
    struct import_job job;
    enum status status = find(query, read->number, &job);
    if (status != ST_OK) return status;
    bytes_put_u64(prefix, read->number);
    struct bytes all = bytes_of(prefix, sizeof prefix);
    struct bytes from =
        read->page.from_size ? bytes_of(read->page.from, read->page.from_size) : all;
    json_t *items = json_array();
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_JOB_BAD);
    status = store_seek(cursor, from, &key, &value);
    while (status == ST_OK && key.size == 16 && key_starts(key, all)) {
        if (json_array_size(items) == read->page.limit) {
            next = key;
            break;
        }
        if (import_refusal_read(value, &column, &reason) != ST_OK) status = ST_DAMAGED;
        if (status != ST_OK) break;
        uint64_t line = bytes_get_u64((const uint8_t *)key.data + 8);
        json_array_append_new(items,
                              json_pack("{s:I, s:o, s:o}", "line", (json_int_t)line, "column",
                                        column ? json_integer(column) : json_null(), "detail",
                                        api_text(reason)));
        status = store_next(cursor, &key, &value);
    }
    read->json = api_page_json(items, next);
    return status == ST_OK || status == ST_NOT_FOUND ? ST_OK : api_damaged(query, "job_bad");
}

static void list_refused(struct http_exchange *exchange)
{
    uint64_t number;
    struct api_page page;
    if (!take_number(exchange, &number) || !api_page_take(exchange, &page)) return;
    struct api_read *read = api_read_new(exchange, query_refused);
    read->number = number;
    read->page = page;
    api_read_start(read);
}

static void cancel_job(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    uint64_t number;
    if (!take_number(exchange, &number)) return;
    json_t *body = api_body(exchange, NULL, 0, true);
    if (!body) return;
    json_decref(body);
    if (api->services.imports && imports_cancel(api->services.imports, number)) {
        http_answer_json(exchange, 202,
                         json_pack("{s:I, s:b}", "job", (json_int_t)number, "cancelled", 1));
        return;
    }
    http_answer_problem(exchange, 409, "conflict", "import %llu is not going on",
                        (unsigned long long)number);
}

/* ---- following one */

struct job_follow {
    uint64_t number;
    json_t *now, *told;
    bool ended;
};

static enum status job_look(struct follow *f, struct query *query)
{
    struct job_follow *j = f->state;
    struct import_job job;
    struct run_view run;
    enum status status = run_find(query, j->number, &run);
    if (status != ST_OK) return status;
    json_decref(j->now);
    j->now = run_json(j->number, &run);
    j->ended = run.state != RUN_GOING;
    if (find(query, j->number, &job) == ST_OK)
        json_object_set_new(j->now, "import", import_job_json(j->number, &job));
    return ST_OK;
}

static bool job_tell(struct follow *f)
{
    struct job_follow *j = f->state;
    json_t *line =
        json_pack("{s:s, s:O}", "event", j->ended ? "result" : "progress", "run", j->now);
    if (j->ended) {
        follow_end(f, line);
        return false;
    }
    if (!json_equal(line, j->told)) {
        json_decref(j->told);
        j->told = json_incref(line);
        follow_line(f, json_incref(line));
    }
    json_decref(line);
    return false;
}

static void job_free(void *state)
{
    struct job_follow *j = state;
    json_decref(j->now);
    json_decref(j->told);
    mem_free(j);
}

static const struct follow_kind job_kind = {job_look, job_tell, job_free, false};

void job_follow(struct api *api, struct http_exchange *exchange, uint64_t number)
{
    struct job_follow *j = mem_alloc(sizeof *j);
    j->number = number;
    follow_start(api, exchange, &job_kind, j, UINT32_MAX); /* no account wakes it */
}

const struct http_route api_job_routes[] = {
    {.method = "GET",
     .pattern = "/v1/imports",
     .scope = HTTP_SCOPE_READ,
     .handle = list_jobs,
     .summary = "imports, the newest first",
     .query = "limit cursor"},
    {.method = "GET",
     .pattern = "/v1/imports/{job}",
     .scope = HTTP_SCOPE_READ,
     .handle = get_job,
     .summary = "one import"},
    {.method = "GET",
     .pattern = "/v1/imports/{job}/refused",
     .scope = HTTP_SCOPE_READ,
     .handle = list_refused,
     .summary = "its rows that were refused",
     .query = "limit cursor"},
    {.method = "POST",
     .pattern = "/v1/imports/{job}/cancel",
     .scope = HTTP_SCOPE_WRITE,
     .handle = cancel_job,
     .summary = "ends it; what was applied stays",
     .accept = "application/json"},
    {0},
};
