/* GET /metrics: what it shows is gathered on the loop (sync, the daemon), on the engine thread
 * (what it counted) and on a worker (the store), in this order; the text is made on the worker.
 * What it shows, and how, is metrics.c's. Nothing here grows with the number of targets. */
#include "api/metrics.h"

#include "api/api_exposure.h"

#include "api/metrics_text.h"
#include "backup/backups.h"
#include "base/mem.h"
#include "engine/plan.h"
#include "intake/import.h"
#include "intake/inbox.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

struct scrape {
    struct engine_task counting;
    struct work_task reading;
    struct api *api;
    struct http_exchange *exchange;
    struct metrics metrics;
    struct api_exposures exposures;
    bool expose; /* they are too old */
    struct buf text;
    enum status status;
    struct error error;
};

/* ---- on the loop: what sync and the daemon know */

static struct metrics_account *add_account(struct metrics *m, uint32_t number)
{
    m->accounts = mem_resize(m->accounts, (m->account_count + 1) * sizeof *m->accounts);
    struct metrics_account *a = &m->accounts[m->account_count++];
    *a = (struct metrics_account){.number = number, .state = SYNC_DISABLED};
    return a;
}

static struct metrics_account *find_account(struct metrics *m, uint32_t number)
{
    for (size_t i = 0; i < m->account_count; i++)
        if (m->accounts[i].number == number) return &m->accounts[i];
    return add_account(m, number);
}

static void take_quota(void *ctx, const struct quota_view *view)
{
    struct metrics_account *a = ctx;
    a->quotas = mem_resize(a->quotas, (a->quota_count + 1) * sizeof *a->quotas);
    struct metrics_quota *q = &a->quotas[a->quota_count++];
    *q = (struct metrics_quota){.used = view->used,
                                .free = view->free,
                                .amount = view->spec.amount,
                                .waiting = view->waiting,
                                .closed = view->closed_until_ms > 0};
    snprintf(q->bucket, sizeof q->bucket, "%s", view->label);
}

struct taking {
    struct scrape *scrape;
    struct sync *sync;
};

static void take_account(void *ctx, const struct sync_account_view *view)
{
    const struct taking *taking = ctx;
    struct metrics_account *a = add_account(&taking->scrape->metrics, view->number);
    a->state = view->state;
    a->wait = view->wait;
    a->in_flight = view->in_flight;
    a->requests = view->sends;
    a->items = view->items;
    a->failures = view->failures;
    for (int i = 0; i < SYNC_TASKS; i++)
        a->tasks[i] = (struct metrics_task){.offered = view->tasks[i].offered,
                                            .running = view->tasks[i].running,
                                            .last_ms = view->tasks[i].last_ms,
                                            .failures = view->tasks[i].failures};
    sync_quotas(taking->sync, view->name, take_quota, a);
}

static void take_left_out(void *ctx, uint32_t number, const char *why)
{
    struct scrape *scrape = ctx;
    (void)why;
    find_account(&scrape->metrics, number)->state = SYNC_PARKED;
}

static void take_stuck(void *ctx, uint64_t job, const char *name, const char *why)
{
    struct metrics *m = ctx;
    (void)job, (void)name, (void)why;
    m->imports_stuck++;
}

static void take_intake(struct metrics *m, const struct api_services *s)
{
    if (s->imports) imports_each_stuck(s->imports, take_stuck, m);
    for (size_t i = 0; s->inboxes && i < inboxes_count(s->inboxes); i++) {
        struct inbox_view view;
        inboxes_view(s->inboxes, i, &view);
        m->inboxes_waiting += view.problem[0] != 0;
    }
}

static void take(struct scrape *scrape)
{
    const struct api_services *s = &scrape->api->services;
    struct metrics *m = &scrape->metrics;
    struct taking taking = {scrape, s->sync};
    m->now_ms = api_now_ms(scrape->api);
    m->started_ms = s->started_ms;
    m->ready = api_is_ready(scrape->api);
    take_intake(m, s);
    if (s->sync) sync_each(s->sync, take_account, &taking);
    if (s->left_out) s->left_out(s->ctx, take_left_out, scrape);
    if (s->measure) s->measure(s->ctx, &m->measures);
    if (s->backups) {
        struct backups_view view;
        backups_view(s->backups, &view);
        m->backup_ms = view.last_ok_ms;
    }
    const struct api_exposures *known = scrape->api->exposures;
    if (known) scrape->exposures = *known;
    scrape->expose = !known || m->now_ms - known->at_ms >= API_EXPOSURE_EVERY_MS;
}

/* ---- on a worker: the store, the process, the text */

/* Counters of the kernel's: nothing is walked through for them. */
static void take_process(struct metrics *m)
{
    struct rusage usage;
    char line[256];
    long resident = 0, shared = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file && fgets(line, sizeof line, file) &&
        sscanf(line, "%*d %ld %ld", &resident, &shared) == 2) {
        m->resident_bytes = (int64_t)resident * sysconf(_SC_PAGESIZE);
        m->own_bytes = (int64_t)(resident - shared) * sysconf(_SC_PAGESIZE);
    }
    if (file) fclose(file);
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        m->cpu_us = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                    usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

struct reading {
    struct scrape *scrape;
    struct query *query;
    enum status status;
};

static bool read_account(void *ctx, const struct query_account *row)
{
    struct reading *r = ctx;
    struct metrics_account *a = find_account(&r->scrape->metrics, row->number);
    const struct account_view *v = &row->account;
    struct query_count count;
    snprintf(a->name, sizeof a->name, "%.*s", (int)v->name.size, (const char *)v->name.data);
    snprintf(a->plugin, sizeof a->plugin, "%.*s", (int)v->plugin.size,
             (const char *)v->plugin.data);
    a->stored = true;
    a->key_expires_ms = v->key_expires_ms;
    a->counted = target_counts_get(r->query->txn, row->number, &a->counts);
    r->status = query_conflict_count(r->query, row->number, &count);
    if (r->status != ST_OK) return false;
    a->conflicts = count.count;
    r->status = query_quarantined_count(r->query, row->number, &count);
    a->quarantined = count.count;
    return r->status == ST_OK;
}

/* Held by the guard; plans of the outbox are only looked at. At most PLANS_MAX rows. */
static uint64_t count_held(struct store_txn *txn)
{
    uint64_t held = 0;
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_PLAN);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct plan_view plan;
        held += plan_read(value, &plan) == ST_OK && plan.kind != PLAN_OUTBOX;
    }
    store_cursor_close(cursor);
    return held;
}

static enum status read_exposures(struct scrape *scrape, struct query *query)
{
    struct metrics *m = &scrape->metrics;
    enum status status = ST_OK;
    if (scrape->expose) status = api_exposures_read(query, m->now_ms, &scrape->exposures);
    for (size_t i = 0; i < scrape->exposures.count && status == ST_OK; i++) {
        const struct api_exposed *from = &scrape->exposures.list[i];
        struct metrics_account *a = find_account(m, from->account);
        a->exposure_max_milli = from->max_milli;
        a->exposure_sum_milli = from->sum_milli;
    }
    return status;
}

static enum status read_store(struct scrape *scrape, struct store_txn *txn)
{
    struct metrics *m = &scrape->metrics;
    struct query query;
    struct reading reading = {.scrape = scrape, .query = &query};
    enum status status = query_open(&query, txn, &scrape->error);
    if (status != ST_OK) return status;
    status = query_accounts(&query, read_account, &reading);
    if (status == ST_OK) status = reading.status;
    if (status == ST_OK) status = read_exposures(scrape, &query);
    m->products = store_count(txn, TABLE_PRODUCT);
    m->listings = store_count(txn, TABLE_LISTING);
    m->plans_held = count_held(txn);
    query_close(&query);
    return status;
}

static void find_stats(struct metrics *m)
{
    for (uint32_t i = 0; i < m->stats.count; i++)
        for (size_t k = 0; k < m->account_count; k++)
            if (m->accounts[k].number == m->stats.list[i].account)
                m->accounts[k].stats = &m->stats.list[i];
}

static void read_run(struct work_task *task)
{
    struct scrape *scrape = (struct scrape *)((char *)task - offsetof(struct scrape, reading));
    struct store *store = scrape->api->services.store;
    struct store_txn *txn;
    scrape->status = store_begin(store, STORE_READ, &txn, &scrape->error);
    if (scrape->status != ST_OK) return;
    scrape->status = read_store(scrape, txn);
    store_abort(txn);
    if (scrape->status != ST_OK) return;
    scrape->metrics.usage = store_usage(store);
    take_process(&scrape->metrics);
    find_stats(&scrape->metrics);
    metrics_print(&scrape->metrics, &scrape->text);
}

static void scrape_free(struct scrape *scrape)
{
    struct metrics *m = &scrape->metrics;
    for (size_t i = 0; i < m->account_count; i++)
        mem_free(m->accounts[i].quotas);
    mem_free(m->accounts);
    mem_free(m->stats.list);
    buf_free(&scrape->text);
    mem_free(scrape);
}

static void read_done(struct work_task *task)
{
    struct scrape *scrape = (struct scrape *)((char *)task - offsetof(struct scrape, reading));
    if (scrape->status == ST_OK && scrape->expose) {
        struct api *api = scrape->api;
        if (!api->exposures) api->exposures = mem_alloc(sizeof *api->exposures);
        *api->exposures = scrape->exposures;
    }
    if (scrape->status == ST_OK)
        http_answer_text(scrape->exchange, 200, METRICS_TYPE,
                         bytes_of(buf_cstr(&scrape->text), scrape->text.size));
    else
        http_answer_error(scrape->exchange, &scrape->error);
    scrape_free(scrape);
}

/* ---- on the engine thread: what it counted */

static enum status count_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct scrape *scrape = (struct scrape *)((char *)task - offsetof(struct scrape, counting));
    (void)txn;
    (void)error;
    mem_free(scrape->metrics.stats.list); /* of a group that had to be run again */
    scrape->metrics.stats = stats_copy(scrape->api->services.engine);
    return ST_OK;
}

static void count_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct scrape *scrape = (struct scrape *)((char *)task - offsetof(struct scrape, counting));
    struct runtime *runtime = scrape->api->services.runtime;
    (void)status; /* a store that cannot be written can still be read */
    (void)error;
    runtime->work_submit(runtime, &scrape->reading);
}

static void get_metrics(struct http_exchange *exchange)
{
    struct scrape *scrape = mem_alloc(sizeof *scrape);
    scrape->api = api_of(exchange);
    scrape->exchange = exchange;
    buf_init(&scrape->text, METRICS_TEXT_MAX);
    scrape->counting = (struct engine_task){.run = count_run, .done = count_done};
    scrape->reading = (struct work_task){.run = read_run, .done = read_done};
    take(scrape);
    struct runtime *runtime = scrape->api->services.runtime;
    runtime->engine_submit(runtime, &scrape->counting);
}

const struct http_route api_metrics_routes[] = {
    {.method = "GET",
     .pattern = "/metrics",
     .scope = HTTP_SCOPE_READ,
     .handle = get_metrics,
     .summary = "what Prometheus reads: figures about the daemon and its accounts"},
    {0},
};
