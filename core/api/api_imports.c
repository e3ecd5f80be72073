/* POST /v1/imports: a file comes in parts, each taken before the next is asked for, and its import
 * tells how it goes. What is stored about imports is read in api_jobs.c. */
#include "api/api_import.h"

#include "base/mem.h"
#include "engine/plan.h"
#include "intake/import_shop.h"

#include <string.h>

enum { REFUSED_TOLD_MAX = 100, PROGRESS_LEAST_MS = 100 };

static void importing_free(struct importing *i)
{
    digest_free(i->digest);
    mem_free(i);
}

/* Nothing of the exchange calls back any more: it may go with its answer. */
static void detach(struct importing *i)
{
    http_on_gone(i->exchange, NULL, NULL);
    http_user_set(i->exchange, NULL);
}

/* ---- what the import tells */

static json_t *counts_line(const char *event, const struct import_counts *c)
{
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "event", event, "rows",
                     (json_int_t)c->rows, "done", (json_int_t)c->done, "changed",
                     (json_int_t)c->changed, "same", (json_int_t)c->unchanged, "refused",
                     (json_int_t)c->refused, "created", (json_int_t)c->created);
}

static void tell_accepted(struct importing *i, uint64_t job, bool repeated)
{
    json_t *line = json_pack("{s:s, s:I}", "event", "accepted", "job", (json_int_t)job);
    if (repeated) json_object_set_new(line, "repeated", json_true());
    http_answer_stream_json(i->exchange, line);
}

static void on_accepted(void *ctx, uint64_t job)
{
    tell_accepted(ctx, job, false);
}

static void on_progress(void *ctx, const struct import_counts *counts, const char *waiting)
{
    struct importing *i = ctx;
    int64_t now_us = clock_mono_us(i->api->services.runtime->clock);
    if (!i->streaming || (!*waiting && now_us - i->told_us < PROGRESS_LEAST_MS * 1000)) return;
    i->told_us = now_us;
    json_t *line = counts_line("progress", counts);
    json_object_set_new(line, "bytes", json_integer((json_int_t)counts->bytes));
    json_object_set_new(line, "bytes_read", json_integer((json_int_t)counts->bytes_read));
    json_object_set_new(line, "waiting", api_cstr_or_null(waiting));
    http_answer_stream_json(i->exchange, line);
}

static void on_stage(void *ctx, uint32_t stage, int64_t done, int64_t total, const char *waiting)
{
    struct importing *i = ctx;
    if (!i->streaming) return;
    http_answer_stream_json(i->exchange, json_pack("{s:s, s:s, s:i, s:i, s:I, s:o, s:o}", "event",
                                                   "stage", "stage", import_shop_stage_name(stage),
                                                   "number", (int)stage + 1, "of", (int)SHOP_STAGES,
                                                   "done", (json_int_t)done, "total",
                                                   total ? json_integer(total) : json_null(),
                                                   "waiting", api_cstr_or_null(waiting)));
}

json_t *import_shop_counts_json(const struct import_shop_counts *c)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "listed",
                     (json_int_t)c->listed, "matched", (json_int_t)c->matched, "changed",
                     (json_int_t)c->changed, "unchanged", (json_int_t)c->unchanged, "unmatched",
                     (json_int_t)c->unmatched, "conflicting", (json_int_t)c->conflicting, "refused",
                     (json_int_t)c->refused, "absent", (json_int_t)c->absent, "zeroed",
                     (json_int_t)c->zeroed);
}

static void tell_rows(struct importing *i, const struct import_report *report)
{
    for (uint32_t n = 0; n < report->shown_count; n++) {
        const struct import_shown *row = &report->shown[n];
        http_answer_stream_json(i->exchange,
                                json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "event",
                                          "row", "sku", api_text_or_null(bytes_text(row->sku)),
                                          "listing", api_text_or_null(bytes_text(row->listing)),
                                          "title", api_text_or_null(bytes_text(row->title)),
                                          "there", api_figure(row->there), "before",
                                          api_figure(row->before), "after", api_figure(row->after),
                                          "why", api_cstr_or_null(row->why)));
    }
}

static void add_report(json_t *line, const struct import_report *report)
{
    const struct import_shop_counts *c = &report->counts;
    json_object_set_new(line, "account", api_text(bytes_text(report->account)));
    json_object_set_new(line, "remote", api_text(bytes_text(report->remote)));
    json_object_set_new(line, "warehouse", api_text(bytes_text(report->warehouse)));
    json_object_set_new(line, "figures", json_string(report->kind));
    json_object_set_new(line, "doubt", api_cstr_or_null(report->doubt));
    json_object_set_new(line, "counts", import_shop_counts_json(c));
    json_object_set_new(line, "creatable", json_integer((json_int_t)c->creatable));
    json_object_set_new(line, "shown", json_integer((json_int_t)report->shown_count));
    json_object_set_new(line, "to_show", json_integer((json_int_t)report->shown_total));
}

static void tell_refused(struct importing *i, const struct import_ending *ending)
{
    for (uint32_t at = 0; at < ending->refused_count && at < REFUSED_TOLD_MAX; at++) {
        const struct import_refusal *row = &ending->refused[at];
        http_answer_stream_json(i->exchange,
                                json_pack("{s:s, s:I, s:o, s:o}", "event", "refused", "line",
                                          (json_int_t)row->line, "column",
                                          row->column ? json_integer(row->column) : json_null(),
                                          "detail", api_text(bytes_text(row->reason))));
    }
}

static void tell_held(struct importing *i, const struct import_ending *ending)
{
    char id[PLAN_ID_TEXT];
    plan_id_text(ending->plan, id);
    http_answer_stream_json(i->exchange, json_pack("{s:s, s:s, s:o}", "event", "held", "plan", id,
                                                   "detail", api_text(bytes_text(ending->error))));
}

static json_t *last_line(const struct import_ending *ending)
{
    bool well = ending->state == IMPORT_DONE || ending->state == IMPORT_HELD ||
                (ending->state == IMPORT_PARTIAL && ending->status == ST_OK) ||
                (ending->state == IMPORT_RUNNING && ending->repeated);
    json_t *line = counts_line(well ? "result" : "failed", &ending->counts);
    json_object_del(line, "done");
    json_object_set_new(line, "job",
                        ending->job ? json_integer((json_int_t)ending->job) : json_null());
    json_object_set_new(line, "state", json_string(import_state_name(ending->state)));
    json_object_set_new(line, "duration_ms", json_integer((json_int_t)ending->duration_ms));
    json_object_set_new(line, "found", api_text_or_null(bytes_text(ending->found)));
    if (ending->state == IMPORT_HELD) json_object_set_new(line, "held", json_true());
    if (ending->repeated) json_object_set_new(line, "repeated", json_true());
    if (well) return line;
    bool stopped = ending->state == IMPORT_RUNNING;
    const char *code = status_name(stopped ? ST_CANCELLED : ending->status);
    json_object_set_new(line, "code", json_string(code));
    json_object_set_new(
        line, "detail",
        stopped ? json_string("the daemon is stopping; the import goes on when it is back")
                : api_text(bytes_text(ending->error)));
    return line;
}

static void on_ended(void *ctx, const struct import_ending *ending)
{
    struct importing *i = ctx;
    detach(i);
    if (i->streaming) {
        json_t *last = last_line(ending);
        if (ending->repeated) tell_accepted(i, ending->job, true);
        if (ending->report) tell_rows(i, ending->report);
        if (ending->report) add_report(last, ending->report);
        if (!i->only_asks) tell_refused(i, ending);
        if (ending->state == IMPORT_HELD) tell_held(i, ending);
        http_answer_stream_json(i->exchange, last);
        http_answer_stream_end(i->exchange);
    } else { /* before the file was all here */
        struct error error;
        error_set(&error, ending->status == ST_OK ? ST_CANCELLED : ending->status, "%s",
                  ending->error);
        http_answer_error(i->exchange, &error);
    }
    importing_free(i);
}

/* ---- the file */

static void take_part(struct importing *i);

/* The whole file is here: what the key stands for is known. */
static void take_key(struct importing *i)
{
    uint8_t hash[DIGEST_SIZE];
    struct keyed keyed;
    if (!i->digest) return;
    digest_end(i->digest, hash);
    if (api_key_take(i->exchange, bytes_of(hash, sizeof hash), &keyed))
        import_key(i->import, &keyed);
}

static void on_part(struct http_exchange *exchange, struct bytes part, bool last)
{
    struct importing *i = http_user(exchange);
    if (!i) return;
    i->part = part;
    i->last = last;
    if (i->digest) digest_add(i->digest, part);
    take_part(i);
}

static void take_part(struct importing *i)
{
    size_t taken = import_write(i->import, i->part);
    i->part = bytes_of((const char *)i->part.data + taken, i->part.size - taken);
    if (i->part.size) return; /* on_writable goes on */
    if (!i->last) {
        http_body_next(i->exchange, on_part);
        return;
    }
    i->streaming = true;
    take_key(i);
    http_answer_stream_begin(i->exchange, 200, "application/x-ndjson", NULL);
    import_end(i->import);
}

static void on_writable(void *ctx)
{
    struct importing *i = ctx;
    if (i->part.size) take_part(i);
}

static void on_gone(struct http_exchange *exchange, void *ctx)
{
    struct importing *i = ctx;
    if (i->only_asks) import_cancel(i->import);
    import_release(i->import); /* accepted: it goes on */
    detach(i);
    if (i->streaming)
        http_answer_stream_end(exchange);
    else
        http_answer_empty(exchange, 503); /* nobody hears it */
    importing_free(i);
}

struct importing *importing_new(struct http_exchange *exchange)
{
    struct importing *i = mem_alloc(sizeof *i);
    i->api = api_of(exchange);
    i->exchange = exchange;
    http_user_set(exchange, i);
    http_on_gone(exchange, on_gone, i);
    return i;
}

struct import_events importing_events(struct importing *i)
{
    return (struct import_events){.writable = on_writable,
                                  .accepted = on_accepted,
                                  .stage = on_stage,
                                  .progress = on_progress,
                                  .ended = on_ended,
                                  .ctx = i};
}

/* ---- what is asked for */

static bool choose(struct http_exchange *exchange, const char *name, const char *const *words,
                   size_t count, size_t *chosen)
{
    const char *text = http_query(exchange, name);
    char known[128] = "";
    if (!text) return true;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0) {
            *chosen = i;
            return true;
        }
        if (i) strcat(known, i + 1 == count ? " or " : ", ");
        strcat(known, words[i]);
    }
    http_answer_problem(exchange, 400, "invalid", "parameter '%s' is %s, not '%.40s'", name, known,
                        text);
    return false;
}

/* "column=sku=Артикул", for each column that is named. */
struct naming {
    struct stock_naming *to;
    struct error *error;
};

static void take_column(void *ctx, const char *name, const char *value)
{
    struct naming *naming = ctx;
    if (strcmp(name, "column") == 0 && naming->error->status == ST_OK)
        stock_naming_add(naming->to, value, naming->error);
}

/* False: answered. */
static bool take_columns(struct http_exchange *exchange, struct stock_naming *to)
{
    struct error error = {0};
    struct naming naming = {to, &error};
    http_query_each(exchange, take_column, &naming);
    if (error.status == ST_OK) stock_naming_check(to, &error);
    if (error.status == ST_OK) return true;
    http_answer_problem(exchange, 400, "invalid", "parameter 'column': %s", error.text);
    stock_naming_free(to);
    return false;
}

/* False: answered. */
static bool take_options(struct http_exchange *exchange, struct import_options *to)
{
    static const char *const kinds[] = {"on-hand", "available"};
    static const char *const causes[] = {"import", "count", "receipt"};
    static const char *const separators[] = {"comma", "semicolon", "tab", "bar"};
    static const char *const encodings[] = {"found",    "utf-8",        "utf-16le",
                                            "utf-16be", "windows-1251", "windows-1252"};
    static const char *const yes[] = {"false", "true"};
    static const enum cause cause_of[] = {CAUSE_IMPORT, CAUSE_COUNT, CAUSE_RECEIPT};
    size_t kind = 0, cause = 0, separator = 4, create = 0, encoding = 0;
    if (!choose(exchange, "kind", kinds, 2, &kind) ||
        !choose(exchange, "cause", causes, 3, &cause) ||
        !choose(exchange, "separator", separators, 4, &separator) ||
        !choose(exchange, "encoding", encodings, 6, &encoding) ||
        !choose(exchange, "create", yes, 2, &create) || !take_columns(exchange, &to->columns))
        return false;
    to->kind = kind ? FIGURE_AVAILABLE : FIGURE_ON_HAND;
    to->cause = cause_of[cause];
    to->separator = ",;\t|"[separator];          /* the end of the text: to be found */
    to->encoding = (enum text_encoding)encoding; /* in its order */
    to->create = create == 1;
    to->warehouse = http_query(exchange, "warehouse");
    to->name = http_query(exchange, "name");
    return true;
}

static void post_import(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    struct import_options options = {0};
    char actor[API_ACTOR_MAX];
    if (!take_options(exchange, &options)) return;
    if (!api->services.imports || api->quiet) {
        stock_naming_free(&options.columns);
        http_answer_problem(exchange, 503, "cancelled", "the daemon is stopping");
        return;
    }
    api_actor(exchange, actor);
    options.actor = actor;
    struct importing *i = importing_new(exchange);
    const struct import_events events = importing_events(i);
    if (http_header(exchange, "Idempotency-Key")) i->digest = digest_new();
    i->import = import_new(api->services.imports, &options, &events);
    stock_naming_free(&options.columns);
    http_body_next(exchange, on_part);
}

const struct http_route api_import_routes[] = {
    {.method = "POST",
     .pattern = "/v1/imports",
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_import,
     .summary = "sets many figures from a CSV file",
     .query = "warehouse kind cause separator encoding column name create",
     .accept = "text/csv",
     .flags = HTTP_BODY_STREAMED | HTTP_KEYED},
    {0},
};
