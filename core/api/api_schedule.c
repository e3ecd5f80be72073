/* GET /v1/schedule: what is done when, and how it went last: the tasks of all accounts that are in
 * service, and the mirrors. */
#include "api/api_import.h"
#include "intake/mirrors.h"

#include "base/unit.h"

#include <string.h>

struct listing {
    json_t *items;
    const char *account; /* only of it; or NULL */
};

static void add_task(void *ctx, const struct sync_schedule_view *view)
{
    const struct listing *listing = ctx;
    json_array_append_new(
        listing->items,
        json_pack("{s:o, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o}", "account",
                  api_text(bytes_text(view->account)), "task", view->task, "schedule",
                  view->schedule, "running", view->running, "last", api_time(view->last_ms), "next",
                  api_time(view->next_ms), "duration_ms",
                  view->took_ms >= 0 ? json_integer(view->took_ms) : json_null(), "result",
                  api_cstr_or_null(view->result), "missed", api_time(view->missed_ms), "why",
                  api_cstr_or_null(view->error)));
}

static json_t *every(const struct mirror_settings *settings)
{
    struct buf text;
    buf_init(&text, 64);
    buf_text(&text, settings->enabled ? "every " : "off");
    if (settings->enabled) unit_duration_text(settings->every_ms, &text);
    json_t *json = json_string(buf_cstr(&text));
    buf_free(&text);
    return json;
}

static void add_mirror(void *ctx, const struct mirror_view *view)
{
    const struct listing *listing = ctx;
    const struct mirror_settings *s = &view->settings;
    if (listing->account && strcmp(listing->account, s->account) != 0) return;
    json_array_append_new(
        listing->items, json_pack("{s:o, s:s, s:o, s:o, s:b, s:n, s:o, s:n, s:n, s:n, s:n}",
                                  "account", api_text(bytes_text(s->account)), "task", "mirror",
                                  "mirror", api_text(bytes_text(s->name)), "schedule", every(s),
                                  "running", view->running, "last", "next", api_time(view->next_ms),
                                  "duration_ms", "result", "missed", "why"));
}

static enum status add_last(struct query *query, json_t *row, const char *name)
{
    uint64_t number;
    uint8_t key[8];
    struct bytes value;
    struct import_job job;
    enum status status = mirror_last_job(query->txn, name, &number, query->error);
    if (status != ST_OK || !number) return status;
    bytes_put_u64(key, number);
    if (store_get(query->txn, TABLE_JOB, bytes_of(key, sizeof key), &value) != ST_OK) return ST_OK;
    if (import_job_read(value, &job) != ST_OK) return api_damaged(query, "job");
    bool going = job.state == IMPORT_RUNNING;
    json_object_set_new(row, "last", api_time(job.started_ms));
    json_object_set_new(row, "result", json_string(import_state_name(job.state)));
    json_object_set_new(row, "why", api_text_or_null(job.error));
    if (job.ended_ms)
        json_object_set_new(row, "duration_ms", json_integer(job.ended_ms - job.started_ms));
    if (going) json_object_set_new(row, "running", json_true());
    if (going) json_object_set_new(row, "next", json_null());
    return ST_OK;
}

/* [worker] The last run of each mirror. */
static enum status query_mirrors(struct api_read *read, struct query *query)
{
    json_t *row;
    size_t i;
    json_array_foreach (json_object_get(read->json, "items"), i, row) {
        const char *name = json_string_value(json_object_get(row, "mirror"));
        enum status status = name ? add_last(query, row, name) : ST_OK;
        if (status != ST_OK) return status;
    }
    return ST_OK;
}

static void list_schedule(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    struct sync_account_view view;
    struct error error;
    struct listing listing = {.account = http_query(exchange, "account")};
    if (listing.account &&
        (!api->services.sync || !sync_account_view(api->services.sync, listing.account, &view))) {
        api_no_account(bytes_text(listing.account), &error);
        http_answer_error(exchange, &error);
        return;
    }
    listing.items = json_array();
    if (api->services.sync)
        sync_each_schedule(api->services.sync, listing.account, add_task, &listing);
    if (api->services.mirrors) mirrors_each(api->services.mirrors, add_mirror, &listing);
    struct api_read *read = api_read_new(exchange, query_mirrors);
    read->json = api_page_json(listing.items, bytes_of("", 0));
    api_read_start(read);
}

const struct http_route api_schedule_routes[] = {
    {.method = "GET",
     .pattern = "/v1/schedule",
     .scope = HTTP_SCOPE_READ,
     .handle = list_schedule,
     .summary = "what is done when, and how it went last",
     .query = "account"},
    {0},
};
