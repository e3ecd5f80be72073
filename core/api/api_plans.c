/* What the guard holds: /v1/plans. The outbox as a plan is api_plan_outbox.c's. */
#include "api/api_plan.h"

#include "base/mem.h"
#include "intake/import.h"
#include "query/history.h"

#include <string.h>

void api_answer_held(struct http_exchange *exchange, uint64_t plan, const char *reason)
{
    char id[PLAN_ID_TEXT];
    plan_id_text(plan, id);
    http_answer_json(
        exchange, 202,
        json_pack("{s:{s:s, s:o}}", "held", "plan", id, "reason", api_text(bytes_text(reason))));
}

/* False: answered. */
static bool take_id(struct http_exchange *exchange, uint64_t *id)
{
    struct bytes name = http_path(exchange, "plan");
    if (plan_id_parse((const char *)name.data, id)) return true;
    http_answer_problem(exchange, 404, "not-found",
                        "there is no plan '%.40s'; `stockctl plan list` shows those there are",
                        (const char *)name.data);
    return false;
}

/* ---- what is held */

json_t *plan_json(struct query *query, uint64_t id, const struct plan_view *plan)
{
    char text[PLAN_ID_TEXT];
    plan_id_text(id, text);
    const struct directory_account *account =
        plan->account ? directory_account(query->directory, plan->account) : NULL;
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:I}", "id",
                     text, "kind", plan_kind_name(plan->kind), "command",
                     plan->kind == PLAN_OUTBOX ? "" : command_kind_name(plan->command), "actor",
                     api_text_or_null(plan->actor), "reason", api_text_or_null(plan->reason),
                     "created", api_time(plan->created_ms), "job",
                     plan->job ? json_integer((json_int_t)plan->job) : json_null(), "changes",
                     (json_int_t)plan->total, "zeroed", (json_int_t)plan->zeroed, "raised",
                     (json_int_t)plan->raised, "pieces", (json_int_t)plan->pieces, "account",
                     api_cstr_or_null(account ? account->name : NULL), "sequence",
                     (json_int_t)plan->sequence);
}

static enum status query_plans(struct api_read *read, struct query *query)
{
    struct bytes key, value, next = bytes_of("", 0);
    json_t *items = json_array();
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_PLAN);
    struct bytes from = bytes_of(read->page.from, read->page.from_size);
    enum status status = store_seek(cursor, from, &key, &value);
    while (status == ST_OK) {
        struct plan_view plan;
        if (key.size != 8 || plan_read(value, &plan) != ST_OK) {
            status = ST_DAMAGED;
            break;
        }
        if (json_array_size(items) == read->page.limit) {
            next = key;
            break;
        }
        if (plan.kind != PLAN_OUTBOX)
            json_array_append_new(items, plan_json(query, bytes_get_u64(key.data), &plan));
        status = store_next(cursor, &key, &value);
    }
    read->json = api_page_json(items, next);
    return status == ST_OK || status == ST_NOT_FOUND ? ST_OK : api_damaged(query, "plan");
}

static void list_plans(struct http_exchange *exchange)
{
    api_read_list(exchange, query_plans, NULL);
}

static enum status query_one(struct api_read *read, struct query *query)
{
    struct plan_view plan;
    enum status status = plan_get(query->txn, read->number, &plan, query->error);
    if (status == ST_OK) read->json = plan_json(query, read->number, &plan);
    return status;
}

static void get_plan(struct http_exchange *exchange)
{
    uint64_t id;
    if (!take_id(exchange, &id)) return;
    struct api_read *read = api_read_new(exchange, query_one);
    read->number = id;
    api_read_start(read);
}

/* ---- its rows */

static json_t *row_json(struct query *query, const struct guard_row *row)
{
    struct query_product product = {0};
    struct query_target_memory memory;
    struct query_target target = {0};
    const struct target_id *id = &row->target;
    const struct directory_remote *remote =
        directory_remote(query->directory, id->account, id->remote);
    const struct directory_account *account = directory_account(query->directory, id->account);
    query_product_by_number(query, id->product, &product);
    query_target(query, id, &memory, &target);
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "sku", api_text_or_null(product.product.sku),
        "account", api_cstr_or_null(account ? account->name : NULL), "warehouse",
        api_cstr_or_null(remote ? remote->id : NULL), "listing", api_text_or_null(target.listing),
        "before", api_figure(row->before), "after", api_figure(row->after), "now",
        target.record.flags & TARGET_WANTED ? api_figure(target.record.wanted_value) : json_null());
}

static enum status query_rows(struct api_read *read, struct query *query)
{
    uint8_t prefix[8];
    struct plan_view plan;
    struct bytes key, value, next = bytes_of("", 0);
    enum status status = plan_get(query->txn, read->number, &plan, query->error);
    if (status != ST_OK) return status;
    if (plan.kind == PLAN_OUTBOX) return plan_outbox_rows(read, query, plan.account, -1);
    bytes_put_u64(prefix, read->number);
    struct bytes all = bytes_of(prefix, sizeof prefix);
    struct bytes from =
        read->page.from_size ? bytes_of(read->page.from, read->page.from_size) : all;
    json_t *items = json_array();
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_PLAN_ROW);
    status = store_seek(cursor, from, &key, &value);
    while (status == ST_OK && key_starts(key, all)) {
        struct guard_row row;
        if (!plan_row_read(value, &row)) {
            status = ST_DAMAGED;
            break;
        }
        if (json_array_size(items) == read->page.limit) {
            next = key;
            break;
        }
        json_array_append_new(items, row_json(query, &row));
        status = store_next(cursor, &key, &value);
    }
    read->json = api_page_json(items, next);
    return status == ST_OK || status == ST_NOT_FOUND ? ST_OK : api_damaged(query, "plan_row");
}

static void list_rows(struct http_exchange *exchange)
{
    uint64_t id;
    struct api_page page;
    if (!take_id(exchange, &id) || !api_page_take(exchange, &page)) return;
    struct api_read *read = api_read_new(exchange, query_rows);
    read->number = id;
    read->page = page;
    api_read_start(read);
}

/* ---- applying, dropping */

struct deciding {
    struct engine_task task;
    struct api *api;
    struct http_exchange *exchange;
    struct buf payload;
    struct command_result result;
    uint64_t id;
    enum command_kind kind;
    int64_t now_ms;
    char actor[API_ACTOR_MAX];
    struct keyed keyed;
    bool has_key, known; /* known: decided before, by the key */
    json_t *live;        /* accounts that a plan of the outbox made live, or NULL */
};

static void add_live(void *ctx, struct bytes account)
{
    json_array_append_new(ctx, api_text(account));
}

/* The accounts that are live from now on. */
static enum status find_live(struct deciding *d, struct store_txn *txn, struct error *error)
{
    struct query query = {.txn = txn, .error = error};
    json_decref(d->live);
    d->live = json_array();
    return query_made_live(&query, d->result.sequence, add_live, d->live);
}

/* An answer that is kept has no place for a job's number but that of a product, which a plan's
 * answer does not have. */
static enum status find_known(struct deciding *d, struct store_txn *txn, struct error *error)
{
    bool outbox = false;
    if (!d->has_key) return ST_NOT_FOUND;
    enum status status = keyed_find(txn, &d->keyed, &d->result, &outbox, error);
    if (status != ST_OK) return status;
    d->known = true;
    d->result.job = d->result.product;
    return outbox ? find_live(d, txn, error) : ST_OK;
}

static void keep_known(const struct deciding *d, struct store_txn *txn, bool outbox)
{
    struct command_result result = d->result;
    result.product = d->result.job;
    keyed_keep(txn, &d->keyed, &result, outbox, d->now_ms);
}

static enum status decide_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct deciding *d = (struct deciding *)((char *)task - offsetof(struct deciding, task));
    struct command command = {.kind = d->kind,
                              .actor = d->actor,
                              .now_ms = d->now_ms,
                              .payload = bytes_of(d->payload.data, d->payload.size)};
    struct plan_view plan;
    enum status found = find_known(d, txn, error);
    if (found != ST_NOT_FOUND) return found;
    if (d->has_key) memcpy(command.id, d->keyed.id, sizeof command.id);
    enum status status = plan_get(txn, d->id, &plan, error);
    uint64_t sequence = plan.sequence;
    if (status == ST_OK)
        status = engine_apply(d->api->services.engine, txn, &command, &d->result, error);
    if (status == ST_OK && plan.kind == PLAN_OUTBOX) status = find_live(d, txn, error);
    if (status == ST_OK && d->has_key) keep_known(d, txn, plan.kind == PLAN_OUTBOX);
    if (status != ST_OK || !d->result.job) return status;
    if (d->kind == COMMAND_PLAN_APPLY)
        return imports_release_run(d->api->services.engine, txn, d->result.job, sequence, error);
    return imports_drop_run(d->api->services.engine, txn, d->result.job, d->now_ms, error);
}

static void decide_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct deciding *d = (struct deciding *)((char *)task - offsetof(struct deciding, task));
    char id[PLAN_ID_TEXT];
    plan_id_text(d->id, id);
    if (status != ST_OK) {
        http_answer_error(d->exchange, error);
    } else {
        struct imports *imports = d->api->services.imports;
        bool apply = d->kind == COMMAND_PLAN_APPLY;
        if (d->result.job && imports && !d->known) imports_look_again(imports);
        http_answer_json(
            d->exchange, 200,
            json_pack("{s:s, s:b, s:b, s:I, s:I, s:O?, s:o}", "plan", id, "applied", apply,
                      "dropped", !apply, "changes", (json_int_t)d->result.rows, "left",
                      (json_int_t)d->result.skipped, "live", d->live, "job",
                      d->result.job ? json_integer((json_int_t)d->result.job) : json_null()));
    }
    buf_free(&d->payload);
    json_decref(d->live);
    mem_free(d);
}

static void decide(struct http_exchange *exchange, enum command_kind kind)
{
    uint64_t id;
    if (!take_id(exchange, &id)) return;
    json_t *body = api_body(exchange, NULL, 0, true);
    if (!body) return;
    json_decref(body);
    struct deciding *d = mem_alloc(sizeof *d);
    d->api = api_of(exchange);
    d->exchange = exchange;
    d->id = id;
    d->kind = kind;
    d->now_ms = api_now_ms(d->api);
    api_actor(exchange, d->actor);
    d->has_key = api_key_take(exchange, http_body(exchange), &d->keyed);
    buf_init(&d->payload, 64);
    command_plan(&d->payload, id);
    d->task = (struct engine_task){.run = decide_run, .done = decide_done};
    d->api->services.runtime->engine_submit(d->api->services.runtime, &d->task);
}

static void apply_plan(struct http_exchange *exchange)
{
    decide(exchange, COMMAND_PLAN_APPLY);
}

static void drop_plan(struct http_exchange *exchange)
{
    decide(exchange, COMMAND_PLAN_DROP);
}

const struct http_route api_plan_routes[] = {
    {.method = "GET",
     .pattern = "/v1/plans",
     .scope = HTTP_SCOPE_READ,
     .handle = list_plans,
     .summary = "what the guard holds",
     .query = "limit cursor"},
    {.method = "POST",
     .pattern = "/v1/plans",
     .scope = HTTP_SCOPE_WRITE,
     .handle = api_plan_make,
     .summary = "what would be sent now, kept under an id",
     .accept = "application/json",
     .flags = HTTP_KEYED},
    {.method = "GET",
     .pattern = "/v1/plan/rows",
     .scope = HTTP_SCOPE_READ,
     .handle = api_plan_now_rows,
     .summary = "what would be sent now, figure by figure",
     .query = "account bucket limit cursor"},
    {.method = "GET",
     .pattern = "/v1/plans/{plan}",
     .scope = HTTP_SCOPE_READ,
     .handle = get_plan,
     .summary = "one plan"},
    {.method = "GET",
     .pattern = "/v1/plans/{plan}/rows",
     .scope = HTTP_SCOPE_READ,
     .handle = list_rows,
     .summary = "its figures",
     .query = "limit cursor"},
    {.method = "POST",
     .pattern = "/v1/plans/{plan}/apply",
     .scope = HTTP_SCOPE_WRITE,
     .handle = apply_plan,
     .summary = "does what is held",
     .accept = "application/json",
     .flags = HTTP_KEYED},
    {.method = "POST",
     .pattern = "/v1/plans/{plan}/drop",
     .scope = HTTP_SCOPE_WRITE,
     .handle = drop_plan,
     .summary = "forgets what is held",
     .accept = "application/json",
     .flags = HTTP_KEYED},
    {0},
};
