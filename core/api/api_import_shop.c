/* POST /v1/imports/from-account: the stock of an account, in one remote warehouse of it, becomes
 * that of a warehouse here. How it is told is in api_imports.c. */
#include "api/api_import.h"

#include <string.h>

static bool choose_bucket(struct http_exchange *exchange, struct bytes name,
                          enum import_bucket *bucket)
{
    *bucket = IMPORT_BUCKET_NONE;
    if (!name.data) return true;
    for (int i = 1; i < IMPORT_BUCKETS; i++)
        if (bytes_equal(name, bytes_text(import_bucket_name((enum import_bucket)i)))) {
            *bucket = (enum import_bucket)i;
            return true;
        }
    http_answer_problem(exchange, 400, "invalid",
                        "'show' is changed, unchanged, unmatched, conflicting, refused or absent");
    return false;
}

static bool choose_absent(struct http_exchange *exchange, struct bytes name, bool *zero)
{
    *zero = name.data && bytes_equal(name, bytes_text("zero"));
    if (!name.data || *zero || bytes_equal(name, bytes_text("keep"))) return true;
    http_answer_problem(exchange, 400, "invalid", "'absent' is keep or zero");
    return false;
}

static bool is_on(const json_t *body, const char *name)
{
    return json_is_true(json_object_get(body, name));
}

void importing_from_account(struct http_exchange *exchange, const struct import_options *options)
{
    struct api *api = api_of(exchange);
    struct importing *i = importing_new(exchange);
    i->only_asks = options->shop.dry_run;
    i->streaming = true;
    http_answer_stream_begin(exchange, 200, "application/x-ndjson", NULL);
    const struct import_events events = importing_events(i);
    i->import = import_from_account(api->services.imports, options, &events);
}

static void post_from_account(struct http_exchange *exchange)
{
    static const struct api_member members[] = {
        {"account", API_TEXT, true},    {"remote", API_TEXT_OR_NULL, false},
        {"warehouse", API_TEXT, true},  {"add", API_SWITCH, false},
        {"absent", API_TEXT, false},    {"create", API_SWITCH, false},
        {"dry_run", API_SWITCH, false}, {"show", API_TEXT_OR_NULL, false}};
    struct api *api = api_of(exchange);
    struct import_options options = {.cause = CAUSE_IMPORT};
    char actor[API_ACTOR_MAX];
    struct keyed keyed;
    json_t *body = api_body(exchange, members, sizeof members / sizeof *members, false);
    if (!body) return;
    struct import_shop_options *shop = &options.shop;
    shop->account = json_string_value(json_object_get(body, "account"));
    shop->remote = json_string_value(json_object_get(body, "remote"));
    shop->add = is_on(body, "add");
    shop->dry_run = is_on(body, "dry_run");
    options.create = is_on(body, "create");
    options.warehouse = json_string_value(json_object_get(body, "warehouse"));
    if (choose_absent(exchange, api_body_text(body, "absent"), &shop->absent_zero) &&
        choose_bucket(exchange, api_body_text(body, "show"), &shop->show)) {
        char name[400];
        snprintf(name, sizeof name, "%.150s%s%.150s -> %.60s", shop->account,
                 shop->remote ? ":" : "", shop->remote ? shop->remote : "", options.warehouse);
        options.name = name;
        api_actor(exchange, actor);
        options.actor = actor;
        if (api_key_take(exchange, http_body(exchange), &keyed)) options.keyed = &keyed;
        if (!api->services.imports || api->quiet)
            http_answer_problem(exchange, 503, "cancelled", "the daemon is stopping");
        else
            importing_from_account(exchange, &options);
    }
    json_decref(body);
}

const struct http_route api_shop_routes[] = {
    {.method = "POST",
     .pattern = "/v1/imports/from-account",
     .scope = HTTP_SCOPE_WRITE,
     .handle = post_from_account,
     .summary = "takes the stock of a warehouse from an account",
     .accept = "application/json",
     .flags = HTTP_KEYED},
    {0},
};
