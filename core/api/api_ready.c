/* GET /livez and GET /readyz, for supervisors and load balancers: whether the process works at all,
 * and whether it does its work. What is late is judged as for GET /v1/status (api_health.h). */
#include "api/api_access.h"
#include "api/api_health.h"
#include "api/api_private.h"
#include "base/mem.h"
#include "engine/target_count.h"
#include "intake/import.h"

#include <stdio.h>

/* ---- alive: the loop turns, or nobody would answer; the engine thread must within a bound */

struct livez {
    struct engine_task task;
    struct timer timer;
    struct api *api;
    struct http_exchange *exchange; /* NULL: answered */
};

static struct livez *livez_of(struct engine_task *task)
{
    return (struct livez *)((char *)task - offsetof(struct livez, task));
}

static enum status livez_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    (void)task;
    (void)txn;
    (void)error;
    return ST_OK;
}

/* Whatever its store says: the thread is there. */
static void livez_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct livez *l = livez_of(task);
    struct api *api = l->api;
    (void)status;
    (void)error;
    if (l->exchange) http_answer_json(l->exchange, 200, json_pack("{s:b}", "alive", 1));
    api->services.runtime->timer_close(api->services.runtime, &l->timer);
    mem_free(l);
    api->busy--;
    api_maybe_closed(api);
}

static void livez_late(struct timer *timer)
{
    struct livez *l = (struct livez *)((char *)timer - offsetof(struct livez, timer));
    http_answer_problem(l->exchange, 503, "stuck",
                        "the engine thread has not answered for %d seconds; the log says what it "
                        "does, and a restart loses nothing",
                        HEALTH_ENGINE_MS / 1000);
    l->exchange = NULL;
}

static void get_livez(struct http_exchange *exchange)
{
    struct livez *l = mem_alloc(sizeof *l);
    l->api = api_of(exchange);
    l->exchange = exchange;
    l->task = (struct engine_task){.run = livez_run, .done = livez_done};
    l->timer.fire = livez_late;
    l->api->busy++;
    struct runtime *runtime = l->api->services.runtime;
    runtime->timer_arm(runtime, &l->timer, HEALTH_ENGINE_MS);
    runtime->engine_submit(runtime, &l->task);
}

/* ---- ready */

static void not_ready(json_t *list, const char *what, const char *account, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void not_ready(json_t *list, const char *what, const char *account, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_t *reason = json_pack("{s:s, s:o}", "what", what, "text", api_text(bytes_text(text)));
    if (account) json_object_set_new(reason, "account", api_text(bytes_text(account)));
    json_array_append_new(list, reason);
}

struct judging {
    struct api_read *read;
    struct query *query;
};

static bool judge_account(void *ctx, const struct query_account *row)
{
    struct judging *j = ctx;
    const struct api_account *seen = api_accounts_find(&j->read->accounts, row->number);
    struct target_counts counts;
    char *name = mem_text_n(row->account.name.data, row->account.name.size);
    target_counts_get(j->query->txn, row->number, &counts);
    int64_t late = counts.since_ms ? api_now_ms(j->read->api) - counts.since_ms : 0;
    if (seen && seen->state == SYNC_PARKED)
        not_ready(j->read->json, "account", name, "account %s is parked: %s", name,
                  seen->reason[0] ? seen->reason : "see `stockctl account show`");
    else if (seen && seen->state == SYNC_ACTIVE && late >= HEALTH_LATE_MS)
        not_ready(j->read->json, "account", name,
                  "account %s: a figure is not there after %lld minutes%s%s", name,
                  (long long)(late / 60000), seen->waiting[0] ? "; it waits: " : "", seen->waiting);
    mem_free(name);
    return true;
}

static enum status query_ready(struct api_read *read, struct query *query)
{
    struct judging judging = {read, query};
    const struct api_services *services = &read->api->services;
    const struct store_usage usage = store_usage(services->store);
    char text[ERROR_TEXT_MAX];
    read->json = json_array();
    if (api_store_is_stuck(services, &usage, text))
        not_ready(read->json, "store", NULL, "%s", text);
    return query_accounts(query, judge_account, &judging);
}

/* In one sentence, for people and programs alike. */
void api_stuck_import(uint64_t job, const char *name, const char *why, char text[ERROR_TEXT_MAX])
{
    bool named = name[0] != '\0';
    snprintf(text, ERROR_TEXT_MAX, "import %llu%s%.200s%s waits: %.700s", (unsigned long long)job,
             named ? " (" : "", name, named ? ")" : "", why);
}

static void add_stuck(void *ctx, uint64_t job, const char *name, const char *why)
{
    char text[ERROR_TEXT_MAX];
    api_stuck_import(job, name, why, text);
    not_ready(ctx, "import", NULL, "%s", text);
}

static bool is_declared(const struct api *api)
{
    const struct api_services *s = &api->services;
    return !s->ready || s->ready(s->ctx);
}

bool api_is_ready(const struct api *api)
{
    return !api->quiet && is_declared(api) && api_access_ready(api);
}

static void finish_ready(struct api_read *read)
{
    const struct api_services *s = &read->api->services;
    if (read->api->quiet)
        not_ready(read->json, "stopping", NULL, "stockd is stopping");
    else if (!is_declared(read->api))
        not_ready(read->json, "config", NULL, "what the files declare is not in force yet");
    if (!api_access_ready(read->api))
        not_ready(read->json, "tokens", NULL, "the tokens have not been read yet");
    if (s->imports) imports_each_stuck(s->imports, add_stuck, read->json);
    const bool ready = json_array_size(read->json) == 0;
    read->http_status = ready ? 200 : 503;
    read->json = json_pack("{s:b, s:o}", "ready", ready, "reasons", read->json);
}

static void get_readyz(struct http_exchange *exchange)
{
    struct api_read *read = api_read_new(exchange, query_ready);
    read->finish = finish_ready;
    api_read_start(read);
}

const struct http_route api_ready_routes[] = {
    {.method = "GET",
     .pattern = "/livez",
     .scope = HTTP_SCOPE_READ,
     .handle = get_livez,
     .summary = "200 as long as the process works at all"},
    {.method = "GET",
     .pattern = "/readyz",
     .scope = HTTP_SCOPE_READ,
     .handle = get_readyz,
     .summary = "200 when everything does its work, else 503 and what does not"},
    {0},
};
