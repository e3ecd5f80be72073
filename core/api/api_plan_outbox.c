/* What would be sent now: POST /v1/plans and GET /v1/plan/rows. Making a plan reads every target on
 * a worker, then keeps its id and what it is of by one small engine task. */
#include "api/api_plan.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- rows */

struct rows {
    json_t *items;
};

static json_t *target_row(const struct query_plan_row *row)
{
    const struct query_target *t = row->target;
    bool wanted = t->record.flags & TARGET_WANTED;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "sku", api_text_or_null(t->sku), "account",
        api_cstr_or_null(t->account ? t->account->name : NULL), "warehouse",
        api_cstr_or_null(t->remote ? t->remote->id : NULL), "listing", api_text_or_null(t->listing),
        "bucket", plan_bucket_name(row->bucket), "there", api_figure(row->there), "wanted",
        wanted ? api_figure(t->record.wanted_value) : json_null(), "why",
        row->bucket == BUCKET_REJECTED && t->text.size ? api_text(t->text)
        : row->bucket >= BUCKET_OFF                    ? api_cstr_or_null(t->why)
        : row->bucket == BUCKET_ZERO
            ? api_cstr_or_null(zero_reason_name((enum zero_reason)t->record.zero_reason))
            : json_null());
}

static json_t *listing_row(const struct query_listing *l)
{
    return json_pack("{s:n, s:o, s:n, s:o, s:s, s:n, s:n, s:s}", "sku", "account",
                     api_cstr_or_null(l->account ? l->account->name : NULL), "warehouse", "listing",
                     api_text(l->listing.id), "bucket", plan_bucket_name(BUCKET_UNMAPPED), "there",
                     "wanted", "why", "the listing is tied to no product");
}

static bool add_row(void *ctx, const struct query_plan_row *row)
{
    struct rows *rows = ctx;
    json_array_append_new(rows->items, row->target ? target_row(row) : listing_row(row->listing));
    return true;
}

enum status plan_outbox_rows(struct api_read *read, struct query *query, uint32_t account,
                             int bucket)
{
    const struct directory_account *of =
        account ? directory_account(query->directory, account) : NULL;
    struct query_page page = api_query_page(&read->page);
    struct rows rows = {json_array()};
    enum status status =
        query_plan_rows(query, bytes_text(of ? of->name : ""), bucket, &page, add_row, &rows);
    read->json = api_page_of(rows.items, &page);
    return status;
}

static enum status query_now_rows(struct api_read *read, struct query *query)
{
    const char *name = read->texts[0], *bucket = read->texts[1];
    const struct directory_account *account =
        name ? directory_account_by_name(query->directory, bytes_text(name)) : NULL;
    if (name && !account) return api_no_account(bytes_text(name), query->error);
    int number = bucket ? plan_bucket_parse(bucket) : -1;
    if (bucket && number < 0)
        return error_set(query->error, ST_INVALID,
                         "parameter 'bucket' is raise, lower, zero, unchanged, off, rejected, held "
                         "or unmapped, not '%.40s'",
                         bucket);
    return plan_outbox_rows(read, query, account ? account->no : 0, number);
}

void api_plan_now_rows(struct http_exchange *exchange)
{
    static const char *const parameters[] = {"account", "bucket", NULL};
    api_read_list(exchange, query_now_rows, parameters);
}

/* ---- making one */

struct making {
    struct work_task work;
    struct engine_task task;
    struct api *api;
    struct http_exchange *exchange;
    struct api_accounts accounts;
    json_t *body, *json;
    struct keyed keyed;
    bool has_key, known; /* known: asked for before, under that key; `json` is the answer of then */
    char *answer;        /* what a repeated request is answered: the plan's payload */
    struct plan_view plan;
    uint64_t id;
    int64_t now_ms;
    enum status status;
    struct error error;
    char actor[API_ACTOR_MAX];
};

static json_t *counts_json(const struct query_plan_account *account, const char *name)
{
    json_t *json = json_pack("{s:s}", "account", name);
    for (int i = 0; i < BUCKETS; i++)
        json_object_set_new(json, plan_bucket_name((enum plan_bucket)i),
                            json_integer((json_int_t)account->by_bucket[i]));
    json_object_set_new(json, "pieces", json_integer((json_int_t)account->pieces));
    return json;
}

static void take_plan(struct making *m, struct query *query, const struct query_plan *plan,
                      struct bytes account)
{
    const struct directory *d = query->directory;
    const struct directory_account *only =
        account.size ? directory_account_by_name(d, account) : NULL;
    json_t *accounts = json_array();
    for (uint32_t i = 0; i < d->account_count && i < DIRECTORY_ACCOUNTS_MAX; i++) {
        if (only && only != &d->accounts[i]) continue;
        json_array_append_new(accounts, counts_json(&plan->accounts[i], d->accounts[i].name));
        m->plan.zeroed += plan->accounts[i].by_bucket[BUCKET_ZERO];
        m->plan.raised += plan->accounts[i].by_bucket[BUCKET_RAISE];
        m->plan.pieces += plan->accounts[i].pieces;
    }
    char id[PLAN_ID_TEXT];
    plan_id_text(plan->id, id);
    m->id = plan->id;
    m->plan.kind = PLAN_OUTBOX;
    m->plan.sequence = plan->sequence;
    m->plan.account = only ? only->no : 0;
    m->plan.total = plan->total;
    m->json = json_pack("{s:s, s:I, s:o}", "id", id, "changes", (json_int_t)plan->total, "accounts",
                        accounts);
}

/* The request came before: its plan, as it was. ST_NOT_FOUND: it did not. */
static enum status find_known(struct making *m, struct store_txn *txn, struct error *error)
{
    struct command_result kept;
    struct plan_view plan;
    char id[PLAN_ID_TEXT];
    bool unused;
    if (!m->has_key) return ST_NOT_FOUND;
    enum status status = keyed_find(txn, &m->keyed, &kept, &unused, error);
    if (status != ST_OK) return status;
    plan_id_text(kept.sequence, id);
    status = plan_get(txn, kept.sequence, &plan, error);
    if (status != ST_OK && status != ST_NOT_FOUND) return status;
    json_t *json =
        status == ST_OK ? json_loadb(plan.payload.data, plan.payload.size, 0, NULL) : NULL;
    if (!json)
        return error_set(error, ST_CONFLICT,
                         "this Idempotency-Key was used for plan %s, which was applied or dropped, "
                         "or is no longer kept; nothing was done",
                         id);
    json_decref(m->json);
    m->json = json;
    m->known = true;
    return ST_OK;
}

static void make_run(struct work_task *task)
{
    struct making *m = (struct making *)((char *)task - offsetof(struct making, work));
    struct bytes account = api_body_text(m->body, "account");
    struct query query;
    struct store_txn *txn;
    m->status = store_begin(m->api->services.store, STORE_READ, &txn, &m->error);
    if (m->status != ST_OK) return;
    m->status = find_known(m, txn, &m->error);
    if (m->status == ST_NOT_FOUND) m->status = query_open(&query, txn, &m->error);
    if (m->status == ST_OK && !m->known) {
        struct query_plan *plan = mem_alloc(sizeof *plan);
        api_accounts_tell(&m->accounts, &query);
        m->status = query_plan(&query, account, plan);
        if (m->status == ST_OK) take_plan(m, &query, plan, account);
        mem_free(plan);
        query_close(&query);
    }
    store_abort(txn);
}

static void make_end(struct making *m)
{
    if (m->status == ST_OK) {
        http_answer_json(m->exchange, 200, m->json);
    } else {
        json_decref(m->json);
        http_answer_error(m->exchange, &m->error);
    }
    api_accounts_free(&m->accounts);
    json_decref(m->body);
    free(m->answer); /* jansson's */
    mem_free(m);
}

static enum status keep_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct making *m = (struct making *)((char *)task - offsetof(struct making, task));
    enum status status = find_known(m, txn, error); /* the same may have come twice at once */
    if (status != ST_NOT_FOUND) return status;
    status = plan_keep_outbox(m->api->services.engine, txn, m->id, &m->plan, error);
    if (status == ST_OK && m->has_key)
        keyed_keep(txn, &m->keyed, &(struct command_result){.sequence = m->id, .changed = true},
                   false, m->now_ms);
    return status;
}

static void keep_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct making *m = (struct making *)((char *)task - offsetof(struct making, task));
    m->status = status;
    if (status != ST_OK) m->error = *error;
    make_end(m);
}

static void make_done(struct work_task *task)
{
    struct making *m = (struct making *)((char *)task - offsetof(struct making, work));
    if (m->status != ST_OK || m->known) {
        make_end(m);
        return;
    }
    m->answer = json_dumps(m->json, JSON_COMPACT);
    m->plan.created_ms = m->now_ms;
    m->plan.actor = bytes_text(m->actor);
    m->plan.reason = bytes_of("", 0);
    m->plan.payload = bytes_text(m->answer ? m->answer : "");
    m->task = (struct engine_task){.run = keep_run, .done = keep_done};
    m->api->services.runtime->engine_submit(m->api->services.runtime, &m->task);
}

void api_plan_make(struct http_exchange *exchange)
{
    static const struct api_member members[] = {{"account", API_TEXT, false}};
    json_t *body = api_body(exchange, members, 1, true);
    if (!body) return;
    struct making *m = mem_alloc(sizeof *m);
    m->api = api_of(exchange);
    m->exchange = exchange;
    m->body = body;
    m->accounts = api_accounts_take(m->api);
    m->now_ms = api_now_ms(m->api);
    api_actor(exchange, m->actor);
    m->has_key = api_key_take(exchange, http_body(exchange), &m->keyed);
    m->work = (struct work_task){.run = make_run, .done = make_done};
    m->api->services.runtime->work_submit(m->api->services.runtime, &m->work);
}
