/* /v1/mirrors: the accounts that feed a warehouse on a schedule, and running one now. */
#include "api/api_import.h"
#include "intake/mirrors.h"

/* ---- the list */

static void add_mirror(void *ctx, const struct mirror_view *view)
{
    const struct mirror_settings *s = &view->settings;
    json_array_append_new(
        ctx,
        json_pack("{s:o, s:o, s:o, s:o, s:I, s:s, s:b, s:b, s:b, s:o, s:n}", "name",
                  api_text(bytes_text(s->name)), "account", api_text(bytes_text(s->account)),
                  "remote", api_cstr_or_null(s->remote), "warehouse",
                  api_text(bytes_text(s->warehouse)), "every_ms", (json_int_t)s->every_ms, "absent",
                  s->absent_zero ? "zero" : "keep", "create", s->create, "enabled", s->enabled,
                  "running", view->running, "next", api_time(view->next_ms), "last"));
}

/* The last job of each. */
static enum status query_last(struct api_read *read, struct query *query)
{
    json_t *mirror;
    size_t i;
    json_array_foreach (json_object_get(read->json, "items"), i, mirror) {
        const char *name = json_string_value(json_object_get(mirror, "name"));
        uint64_t number;
        uint8_t key[8];
        struct bytes value;
        struct import_job job;
        enum status status = mirror_last_job(query->txn, name, &number, query->error);
        if (status != ST_OK) return status;
        bytes_put_u64(key, number);
        if (!number || store_get(query->txn, TABLE_JOB, bytes_of(key, sizeof key), &value) != ST_OK)
            continue;
        if (import_job_read(value, &job) != ST_OK) return api_damaged(query, "job");
        json_object_set_new(mirror, "last", import_job_json(number, &job));
        if (job.state != IMPORT_RUNNING) continue;
        json_object_set_new(mirror, "running", json_true());
        json_object_set_new(mirror, "next", json_null());
    }
    return ST_OK;
}

static void list_mirrors(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    struct api_read *read = api_read_new(exchange, query_last);
    json_t *items = json_array();
    if (api->services.mirrors) mirrors_each(api->services.mirrors, add_mirror, items);
    read->json = api_page_json(items, bytes_of("", 0));
    api_read_start(read);
}

/* ---- now */

static void run_mirror(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    const char *name = http_path(exchange, "name").data;
    struct import_options options;
    char actor[API_ACTOR_MAX];
    struct keyed keyed;
    json_t *body = api_body(exchange, NULL, 0, true);
    if (!body) return;
    json_decref(body);
    if (!api->services.mirrors || !mirrors_options(api->services.mirrors, name, &options)) {
        http_answer_problem(exchange, 404, "not-found",
                            "there is no mirror '%.80s'; `stockctl mirror list` shows those there "
                            "are in conf.d",
                            name);
        return;
    }
    if (api->quiet) {
        http_answer_problem(exchange, 503, "cancelled", "the daemon is stopping");
        return;
    }
    api_actor(exchange, actor);
    options.actor = actor;
    if (api_key_take(exchange, http_body(exchange), &keyed)) options.keyed = &keyed;
    importing_from_account(exchange, &options);
}

const struct http_route api_mirror_routes[] = {
    {.method = "GET",
     .pattern = "/v1/mirrors",
     .scope = HTTP_SCOPE_READ,
     .handle = list_mirrors,
     .summary = "accounts that feed a warehouse on a schedule"},
    {.method = "POST",
     .pattern = "/v1/mirrors/{name}/run",
     .scope = HTTP_SCOPE_WRITE,
     .handle = run_mirror,
     .summary = "takes its figures now",
     .accept = "application/json",
     .flags = HTTP_KEYED},
    {0},
};
