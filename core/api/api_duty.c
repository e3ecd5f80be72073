/* What an account is reading: shown, asked for, followed to its end. */
#include "api/api_run.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

bool run_is_duty(const char *id, char account[201], enum sync_task *task)
{
    const char *colon = strrchr(id, ':');
    if (!colon || colon == id || colon - id > 200) return false;
    for (int i = 0; i < SYNC_TASKS; i++)
        if (strcmp(colon + 1, sync_task_name((enum sync_task)i)) == 0) {
            snprintf(account, 201, "%.*s", (int)(colon - id), id);
            *task = (enum sync_task)i;
            return true;
        }
    return false;
}

/* Of what goes on; 100 is for what is done. */
static json_t *duty_percent(const struct sync_task_view *t)
{
    if (!t->running || !t->total) return json_null();
    int64_t percent = (int64_t)(100.0 * (double)t->done / (double)t->total);
    return json_integer(percent > 99 ? 99 : percent);
}

json_t *duty_json(const struct sync_account_view *view, enum sync_task task)
{
    const struct sync_task_view *t = &view->tasks[task];
    char id[256];
    snprintf(id, sizeof id, "%.200s:%s", view->name, sync_task_name(task));
    json_t *run = json_pack("{s:o, s:s, s:o, s:n, s:n, s:s, s:o, s:n, s:n, s:I, s:o, s:i, s:o}",
                            "id", api_text(bytes_text(id)), "task", sync_task_name(task), "account",
                            api_text(bytes_text(view->name)), "actor", "detail", "state",
                            t->running ? "running" : "waiting", "why", api_cstr_or_null(t->error),
                            "started", "ended", "done", (json_int_t)t->done, "total",
                            t->total ? json_integer(t->total) : json_null(), "refused", 0,
                            "percent", duty_percent(t));
    if (task == SYNC_LOGIN) json_object_set_new(run, "prompt", prompt_json(&view->prompt));
    return run;
}

/* ---- following */

struct duty {
    char account[201];
    enum sync_task task;
    struct duty_before before;
    bool begun;       /* it was seen to run, or asked for */
    uint32_t refused; /* looks in a row that saw a failure without a run */
    uint64_t ended;   /* the number of the run, when it has ended */
    json_t *row;      /* and its row */
    json_t *told;     /* the last progress */
};

/* The row of the run that has ended. */
static enum status duty_look(struct follow *f, struct query *query)
{
    struct duty *d = f->state;
    struct run_view run;
    if (!d->ended || d->row) return ST_OK;
    enum status status = run_find(query, d->ended, &run);
    if (status == ST_OK) d->row = run_json(d->ended, &run);
    return status;
}

static void end_as(struct follow *f, const struct sync_account_view *view, const char *state,
                   const char *why)
{
    struct duty *d = f->state;
    json_t *run = duty_json(view, d->task);
    json_object_set_new(run, "state", json_string(state));
    json_object_set_new(run, "why", api_cstr_or_null(why));
    follow_end(f, json_pack("{s:s, s:o}", "event", "result", "run", run));
}

/* Why it will not run by itself, or NULL. */
static const char *held_up(const struct sync_account_view *view, enum sync_task task)
{
    if (view->tasks[task].running) return NULL;
    if (view->state == SYNC_DISABLED) return "the account is disabled in its file of conf.d";
    if (task == SYNC_LOGIN || task == SYNC_RENEW) return NULL;
    if (view->state == SYNC_PAUSED) return "the account is paused; 'stockctl account resume'";
    if (view->state == SYNC_PARKED && task != SYNC_CHECK) return view->reason;
    return view->tasks[task].offered ? NULL : "the plugin does not offer it";
}

static void tell_progress(struct follow *f, const struct sync_account_view *view)
{
    struct duty *d = f->state;
    json_t *now = json_pack("{s:s, s:o}", "event", "progress", "run", duty_json(view, d->task));
    if (!json_equal(now, d->told)) {
        json_decref(d->told);
        d->told = json_incref(now);
        follow_line(f, json_incref(now));
    }
    json_decref(now);
}

/* It has failed, and twice there was no row of it: the plugin refused to begin. (Otherwise the row
 * comes a moment after the end.) */
static bool was_refused(struct duty *d, const struct sync_task_view *t)
{
    if (t->running || t->failures <= d->before.failures)
        d->refused = 0;
    else
        d->refused++;
    return d->refused > 1;
}

static bool duty_tell(struct follow *f)
{
    struct duty *d = f->state;
    struct sync_account_view view;
    if (!sync_account_view(f->api->services.sync, d->account, &view)) {
        follow_failed(f, ST_NOT_FOUND, "the account was removed from conf.d meanwhile");
        return false;
    }
    if (d->row) {
        follow_end(f, json_pack("{s:s, s:O}", "event", "result", "run", d->row));
        return false;
    }
    const struct sync_task_view *t = &view.tasks[d->task];
    const char *why = held_up(&view, d->task);
    d->begun |= t->running;
    if (!t->running && t->run && t->run != d->before.run) {
        d->ended = t->run;
        return true; /* for its row */
    }
    if (why)
        end_as(f, &view, "waiting", why);
    else if (!d->begun)
        end_as(f, &view, "waiting", "it is not being done now");
    else if (was_refused(d, t))
        end_as(f, &view, "failed", t->error);
    else
        tell_progress(f, &view);
    return false;
}

static void duty_free(void *state)
{
    struct duty *d = state;
    json_decref(d->told);
    json_decref(d->row);
    mem_free(d);
}

static const struct follow_kind duty_kind = {duty_look, duty_tell, duty_free, false};

void duty_follow(struct http_exchange *exchange, const char *account, enum sync_task task,
                 const struct duty_before *before)
{
    struct api *api = api_of(exchange);
    struct sync_account_view view;
    struct duty *d = mem_alloc(sizeof *d);
    snprintf(d->account, sizeof d->account, "%s", account);
    d->task = task;
    d->begun = before != NULL;
    if (before) d->before = *before;
    uint32_t number = sync_account_view(api->services.sync, account, &view) ? view.number : 0;
    follow_start(api, exchange, &duty_kind, d, number);
}

/* ---- asking for it */

bool duty_asked(struct http_exchange *exchange, struct sync_account_view *view)
{
    struct sync *sync = api_of(exchange)->services.sync;
    struct bytes name = http_path(exchange, "name");
    const char *follow = http_query(exchange, "follow");
    struct error error;
    if (follow && strcmp(follow, "true") != 0) {
        http_answer_problem(exchange, 400, "invalid", "parameter 'follow' is 'true', or left out");
        return false;
    }
    json_t *body = api_body(exchange, NULL, 0, true);
    if (!body) return false;
    json_decref(body);
    if (sync && sync_account_view(sync, name.data, view)) return true;
    api_no_account(name, &error);
    http_answer_error(exchange, &error);
    return false;
}

struct duty_before duty_before(const struct sync_account_view *view, enum sync_task task)
{
    return (struct duty_before){view->tasks[task].run, view->tasks[task].failures};
}

void duty_begun(struct http_exchange *exchange, enum sync_task task,
                const struct duty_before *before)
{
    struct sync_account_view view;
    const char *name = http_path(exchange, "name").data;
    if (http_query(exchange, "follow")) {
        duty_follow(exchange, name, task, before);
        return;
    }
    if (!sync_account_view(api_of(exchange)->services.sync, name, &view)) return;
    char *location = mem_format("/v1/runs/%s:%s", view.name, sync_task_name(task));
    http_answer_header(exchange, "Location", location);
    mem_free(location);
    http_answer_json(exchange, 202, duty_json(&view, task));
}
