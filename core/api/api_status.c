/* GET /v1/status. */
#include "api/api_counts.h"
#include "api/api_health.h"
#include "intake/import.h"
#include "intake/inbox.h"

#include <stdio.h>

static json_t *sum_of(const json_t *accounts, const char *member)
{
    int64_t sum = 0;
    size_t i;
    json_t *account;
    json_array_foreach (accounts, i, account) {
        const json_t *value = json_object_get(account, member);
        if (json_is_null(value)) return json_null();
        sum += json_integer_value(value);
    }
    return json_integer(sum);
}

static json_t *counts_json(struct store_txn *txn, const json_t *accounts)
{
    static const char *const sums[] = {"dirty", "unresolved", "rejected", "held", "drifts"};
    json_t *counts = json_object();
    const struct {
        const char *name;
        enum store_table table;
    } tables[] = {{"products", TABLE_PRODUCT},
                  {"warehouses", TABLE_WAREHOUSE},
                  {"listings", TABLE_LISTING},
                  {"targets", TABLE_TARGET},
                  {"conflicts", TABLE_CONFLICT}};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        json_object_set_new(counts, tables[i].name,
                            json_integer((json_int_t)store_count(txn, tables[i].table)));
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        json_object_set_new(counts, sums[i], sum_of(accounts, sums[i]));
    return counts;
}

struct adding {
    struct api_read *read;
    struct api_counts counts;
    json_t *accounts;
};

static bool add_account(void *ctx, const struct query_account *row)
{
    struct adding *a = ctx;
    json_array_append_new(a->accounts,
                          api_account_json(row, api_accounts_find(&a->read->accounts, row->number),
                                           &a->counts, api_now_ms(a->read->api)));
    return true;
}

static enum status query_status(struct api_read *read, struct query *query)
{
    const struct api_services *services = &read->api->services;
    struct adding adding = {.read = read, .accounts = json_array()};
    enum status status = api_counts_take(query, &adding.counts);
    if (status == ST_OK) status = query_accounts(query, add_account, &adding);
    api_counts_free(&adding.counts);
    if (status != ST_OK) {
        json_decref(adding.accounts);
        return status;
    }
    struct store_usage usage = store_usage(services->store);
    read->json = json_pack(
        "{s:s, s:o, s:o, s:b, s:o, s:o, s:{s:I, s:I, s:I}}", "version", STOCKD_VERSION, "instance",
        api_cstr_or_null(services->instance), "started", api_time(services->started_ms), "ready", 1,
        "counts", counts_json(query->txn, adding.accounts), "accounts", adding.accounts, "store",
        "used_bytes", (json_int_t)usage.used_bytes, "file_bytes", (json_int_t)usage.file_bytes,
        "limit_bytes", (json_int_t)usage.limit_bytes);
    api_health_add(read->json, api_now_ms(read->api));
    char text[ERROR_TEXT_MAX];
    if (api_store_is_stuck(services, &usage, text)) api_health_fail(read->json, text);
    return ST_OK;
}

/* What keeps figures from coming in, which the store does not know. */
static void add_stuck(void *ctx, uint64_t job, const char *name, const char *why)
{
    char text[ERROR_TEXT_MAX];
    api_stuck_import(job, name, why, text);
    api_health_warn(ctx, text);
}

static void add_inboxes(struct api_read *read)
{
    const struct inboxes *inboxes = read->api->services.inboxes;
    for (size_t i = 0; inboxes && i < inboxes_count(inboxes); i++) {
        struct inbox_view view;
        char text[ERROR_TEXT_MAX];
        inboxes_view(inboxes, i, &view);
        if (!view.problem[0]) continue;
        snprintf(text, sizeof text, "inbox %s waits: %s", view.name, view.problem);
        api_health_warn(read->json, text);
    }
}

static void add_vitals(struct api_read *read)
{
    const struct api_services *services = &read->api->services;
    json_t *vitals = services->vitals ? services->vitals(services->ctx) : NULL;
    if (vitals) json_object_set_new(read->json, "vitals", vitals);
    if (!api_is_ready(read->api)) json_object_set_new(read->json, "ready", json_false());
    if (services->imports) imports_each_stuck(services->imports, add_stuck, read->json);
    add_inboxes(read);
}

static void get_status(struct http_exchange *exchange)
{
    struct api_read *read = api_read_new(exchange, query_status);
    read->finish = add_vitals;
    api_read_start(read);
}

const struct http_route api_status_routes[] = {
    {.method = "GET",
     .pattern = "/v1/status",
     .scope = HTTP_SCOPE_READ,
     .handle = get_status,
     .summary = "how the daemon and its accounts are"},
    {0},
};
