/* GET /v1/status. */
#include "api/api_counts.h"

#include <stdio.h>
#include <string.h>

enum { KEY_SOON_MS = 14 * 24 * 3600 * 1000 }; /* a key that expires within that is a warning */

static void add_reason(json_t *reasons, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_reason(json_t *reasons, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_array_append_new(reasons, api_text(bytes_text(text)));
}

/* 0: fine, 1: a warning, 2: failing. */
static int judge_account(const json_t *account, int64_t now_ms, json_t *reasons)
{
    const char *name = json_string_value(json_object_get(account, "name"));
    const char *state = json_string_value(json_object_get(account, "state"));
    const char *why = json_string_value(json_object_get(account, "why"));
    const char *expires = json_string_value(json_object_get(account, "key_expires"));
    int64_t rejected = json_integer_value(json_object_get(account, "rejected"));
    int64_t unresolved = json_integer_value(json_object_get(account, "unresolved"));
    int worst = 0;
    if (strcmp(state, "parked") == 0) {
        add_reason(reasons, "account %s is parked: %s", name, why ? why : "no reason is known");
        worst = 2;
    } else if ((strcmp(state, "active") == 0 || strcmp(state, "new") == 0 ||
                strcmp(state, "loading") == 0) &&
               why) {
        add_reason(reasons, "account %s: %s", name, why);
        worst = 1;
    }
    if (expires && clock_parse(expires) - now_ms < KEY_SOON_MS) {
        add_reason(reasons, "the key of account %s expires at %s", name, expires);
        worst = worst > 1 ? worst : 1;
    }
    if (rejected || unresolved) {
        add_reason(reasons, "account %s: %lld rejected, %lld unresolved", name, (long long)rejected,
                   (long long)unresolved);
        worst = worst > 1 ? worst : 1;
    }
    return worst;
}

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

static void add_health(json_t *status, int64_t now_ms)
{
    static const char *const names[] = {"ok", "warning", "failing"};
    json_t *reasons = json_array(), *account;
    int worst = 0;
    size_t i;
    json_array_foreach (json_object_get(status, "accounts"), i, account) {
        int health = judge_account(account, now_ms, reasons);
        if (health > worst) worst = health;
    }
    int64_t conflicts =
        json_integer_value(json_object_get(json_object_get(status, "counts"), "conflicts"));
    if (conflicts) {
        add_reason(reasons, "%lld listings are in conflict; see `stockctl conflict list`",
                   (long long)conflicts);
        if (worst < 1) worst = 1;
    }
    json_object_set_new(status, "health", json_string(names[worst]));
    json_object_set_new(status, "reasons", reasons);
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
    add_health(read->json, api_now_ms(read->api));
    return ST_OK;
}

static void add_vitals(struct api_read *read)
{
    const struct api_services *services = &read->api->services;
    json_t *vitals = services->vitals ? services->vitals(services->ctx) : NULL;
    if (vitals) json_object_set_new(read->json, "vitals", vitals);
    bool ready = !read->api->quiet && (!services->ready || services->ready(services->ctx));
    if (!ready) json_object_set_new(read->json, "ready", json_false());
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
     .handle = get_status,
     .summary = "how the daemon and its accounts are"},
    {0},
};
