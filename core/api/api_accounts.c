/* Accounts: how they are, pausing and resuming, their traffic. Asking for a check is in
 * api_runs.c. */
#include "api/api_counts.h"
#include "api/api_run.h"

#include "base/wire.h"

#include <string.h>

/* ---- reading */

struct adding {
    struct api_read *read;
    struct api_counts counts;
    json_t *items;
};

static bool add_account(void *ctx, const struct query_account *row)
{
    struct adding *a = ctx;
    json_array_append_new(a->items,
                          api_account_json(row, api_accounts_find(&a->read->accounts, row->number),
                                           &a->counts, api_now_ms(a->read->api)));
    return true;
}

static enum status query_list(struct api_read *read, struct query *query)
{
    struct adding adding = {.read = read, .items = json_array()};
    enum status status = api_counts_take(query, &adding.counts);
    if (status == ST_OK) status = query_accounts(query, add_account, &adding);
    read->json = api_page_json(adding.items, bytes_of("", 0));
    api_counts_free(&adding.counts);
    return status;
}

static void list_accounts(struct http_exchange *exchange)
{
    api_read_list(exchange, query_list, NULL);
}

/* "operation, granted, text" triples. */
static json_t *abilities_json(struct bytes abilities)
{
    json_t *list = json_array();
    struct wire_reader r = wire_reader(abilities);
    while (r.ok && !wire_at_end(&r)) {
        uint8_t operation = wire_get_u8(&r);
        bool granted = wire_get_u8(&r) != 0;
        struct bytes text = wire_get_bytes(&r);
        if (!r.ok) break;
        const char *name = sync_operation_name(operation);
        json_array_append_new(list, json_pack("{s:s, s:b, s:o}", "operation", name, "granted",
                                              granted, "text", api_text_or_null(text)));
    }
    return list;
}

static enum status query_one(struct api_read *read, struct query *query)
{
    struct api_counts counts = {0};
    struct query_account account;
    enum status status = query_account(query, read->names[0], &account);
    if (status == ST_OK) status = api_counts_take(query, &counts);
    if (status == ST_OK) {
        read->json = api_account_json(&account, api_accounts_find(&read->accounts, account.number),
                                      &counts, api_now_ms(read->api));
        json_object_set_new(read->json, "abilities", abilities_json(account.account.abilities));
        json_object_set_new(read->json, "epoch", api_text_or_null(account.account.epoch));
    }
    api_counts_free(&counts);
    return status;
}

/* ---- what only sync knows */

static void add_quota(void *ctx, const struct quota_view *q)
{
    json_array_append_new(
        ctx,
        json_pack("{s:o, s:I, s:I, s:I, s:I, s:o, s:I}", "bucket", api_text(bytes_text(q->label)),
                  "used", (json_int_t)q->used, "free", (json_int_t)q->free, "amount",
                  (json_int_t)q->spec.amount, "per_ms", (json_int_t)q->spec.per_ms, "closed_until",
                  api_time(q->closed_until_ms), "waiting", (json_int_t)q->waiting));
}

static json_t *tasks_json(const struct sync_account_view *view)
{
    json_t *list = json_array();
    for (int i = 0; i < SYNC_TASKS; i++) {
        const struct sync_task_view *t = &view->tasks[i];
        if (!t->offered) continue;
        json_array_append_new(list, json_pack("{s:s, s:b, s:o, s:o, s:i, s:o, s:I, s:I}", "task",
                                              sync_task_name((enum sync_task)i), "running",
                                              t->running, "last", api_time(t->last_ms), "next",
                                              api_time(t->next_ms), "failures", (int)t->failures,
                                              "error", api_cstr_or_null(t->error), "done",
                                              (json_int_t)t->done, "total", (json_int_t)t->total));
    }
    return list;
}

static void add_sync(struct api_read *read)
{
    struct sync *sync = read->api->services.sync;
    const char *name = json_string_value(json_object_get(read->json, "name"));
    struct sync_account_view view;
    if (!sync || !name || !sync_account_view(sync, name, &view)) return;
    json_object_set_new(read->json, "waiting", api_cstr_or_null(view.waiting));
    json_object_set_new(read->json, "in_flight", json_integer(view.in_flight));
    json_object_set_new(read->json, "tasks", tasks_json(&view));
    json_object_set_new(read->json, "load", load_json(&view.load));
    json_object_set_new(read->json, "prompt", prompt_json(&view.prompt));
    json_t *quotas = json_array();
    sync_quotas(sync, name, add_quota, quotas);
    json_object_set_new(read->json, "quotas", quotas);
}

static void get_account(struct http_exchange *exchange)
{
    struct api_read *read = api_read_named(exchange, query_one, NULL);
    read->finish = add_sync;
    api_read_start(read);
}

/* ---- pausing and resuming */

/* Sync learns of it in the same turn, but after this: what was asked for is what is shown. */
static void answer_switched(struct api_change *change, enum account_switch to)
{
    const char *name = http_path(change->exchange, "name").data;
    struct sync *sync = change->api->services.sync;
    struct sync_account_view view;
    bool disabled = sync && (!sync_account_view(sync, name, &view) || view.state == SYNC_DISABLED);
    json_t *json = json_pack("{s:o, s:b}", "name", api_text(bytes_text(name)), "changed",
                             change->result.changed);
    json_object_set_new(json, "state",
                        json_string(to == ACCOUNT_PAUSE ? "paused"
                                    : disabled          ? "disabled"
                                                        : "active"));
    http_answer_json(change->exchange, 200, json);
}

static void answer_paused(struct api_change *change)
{
    answer_switched(change, ACCOUNT_PAUSE);
}

static void answer_resumed(struct api_change *change)
{
    answer_switched(change, ACCOUNT_RESUME);
}

static void change_switch(struct http_exchange *exchange, enum account_switch to)
{
    json_t *body = api_body(exchange, NULL, 0, true);
    if (!body) return;
    json_decref(body);
    struct api_change *change =
        api_change_new(exchange, COMMAND_ACCOUNT_SWITCH, NULL,
                       to == ACCOUNT_PAUSE ? answer_paused : answer_resumed);
    command_account_switch(&change->payload, http_path(exchange, "name"), to, "", "");
    api_change_submit(change);
}

static void pause_account(struct http_exchange *exchange)
{
    change_switch(exchange, ACCOUNT_PAUSE);
}

static void resume_account(struct http_exchange *exchange)
{
    change_switch(exchange, ACCOUNT_RESUME);
}

/* ---- traffic */

struct traffic {
    json_t *items;
    int64_t left;
    bool bodies;
};

static void add_bodies(json_t *item, const struct sync_exchange *e)
{
    json_object_set_new(item, "request_headers", api_text(bytes_text(e->request_headers)));
    json_object_set_new(item, "request_body", api_text(e->request_body));
    json_object_set_new(item, "answer_headers", api_text(bytes_text(e->answer_headers)));
    json_object_set_new(item, "answer_body", api_text(e->answer_body));
}

static bool add_entry(const struct sync_exchange *e, void *ctx)
{
    struct traffic *traffic = ctx;
    json_t *item = json_pack(
        "{s:o, s:o, s:o, s:o, s:s, s:I, s:I, s:I, s:o}", "time", api_time(e->sent_ms), "method",
        api_text(bytes_text(e->method)), "url", api_text(bytes_text(e->url)), "status",
        e->status ? json_integer(e->status) : json_null(), "result", e->result, "duration_ms",
        (json_int_t)(e->received_ms - e->sent_ms), "sent_bytes", (json_int_t)e->request_size,
        "received_bytes", (json_int_t)e->answer_size, "error", api_cstr_or_null(e->error));
    if (traffic->bodies) add_bodies(item, e);
    json_array_append_new(traffic->items, item);
    return --traffic->left > 0;
}

static void get_traffic(struct http_exchange *exchange)
{
    struct sync *sync = api_of(exchange)->services.sync;
    const char *bodies = http_query(exchange, "bodies");
    struct traffic traffic = {.left = 20, .bodies = bodies != NULL};
    if (!http_query_int(exchange, "last", 1, HTTP_PAGE_MAX, &traffic.left)) return;
    if (bodies && strcmp(bodies, "true") != 0) {
        http_answer_problem(exchange, 400, "invalid", "parameter 'bodies' is 'true', or left out");
        return;
    }
    struct bytes name = http_path(exchange, "name");
    traffic.items = json_array();
    if (sync && sync_traffic(sync, name.data, add_entry, &traffic)) {
        http_answer_json(exchange, 200, api_page_json(traffic.items, bytes_of("", 0)));
        return;
    }
    struct error error;
    json_decref(traffic.items);
    api_no_account(name, &error);
    http_answer_error(exchange, &error);
}

const struct http_route api_account_routes[] = {
    {.method = "GET",
     .pattern = "/v1/accounts",
     .scope = HTTP_SCOPE_READ,
     .handle = list_accounts,
     .summary = "accounts and how they are",
     .query = "limit cursor"},
    {.method = "GET",
     .pattern = "/v1/accounts/{name}",
     .scope = HTTP_SCOPE_READ,
     .handle = get_account,
     .summary = "one account"},
    {.method = "POST",
     .pattern = "/v1/accounts/{name}/pause",
     .scope = HTTP_SCOPE_WRITE,
     .handle = pause_account,
     .summary = "stops all work on an account",
     .accept = "application/json"},
    {.method = "POST",
     .pattern = "/v1/accounts/{name}/resume",
     .scope = HTTP_SCOPE_WRITE,
     .handle = resume_account,
     .summary = "lets it go on",
     .accept = "application/json"},
    {.method = "GET",
     .pattern = "/v1/accounts/{name}/traffic",
     .scope = HTTP_SCOPE_READ,
     .handle = get_traffic,
     .summary = "its last requests and answers",
     .query = "last bodies limit"},
    {0},
};
