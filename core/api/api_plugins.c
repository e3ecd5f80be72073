/* Plugins, and reading conf.d again: what the daemon does for us. */
#include "api/api_private.h"

#include "base/mem.h"

static void list_plugins(struct http_exchange *exchange)
{
    const struct api_services *services = &api_of(exchange)->services;
    json_t *list = services->plugins ? services->plugins(services->ctx, NULL) : NULL;
    http_answer_json(exchange, 200, api_page_json(list ? list : json_array(), bytes_of("", 0)));
}

static void answer_no_plugin(struct http_exchange *exchange, const char *id)
{
    http_answer_problem(exchange, 404, "not-found",
                        "there is no plugin '%.80s'; `stockctl plugin list` shows those there are",
                        id);
}

static void get_plugin(struct http_exchange *exchange)
{
    const struct api_services *services = &api_of(exchange)->services;
    const char *id = http_path(exchange, "id").data;
    json_t *plugin = services->plugins ? services->plugins(services->ctx, id) : NULL;
    if (plugin)
        http_answer_json(exchange, 200, plugin);
    else
        answer_no_plugin(exchange, id);
}

static void release_plugin(struct http_exchange *exchange)
{
    const struct api_services *services = &api_of(exchange)->services;
    const char *id = http_path(exchange, "id").data;
    struct error error = {0};
    json_t *body = api_body(exchange, NULL, 0, true);
    if (!body) return;
    json_decref(body);
    json_t *plugin = services->plugins ? services->plugins(services->ctx, id) : NULL;
    if (!plugin || !services->plugin_release) {
        json_decref(plugin);
        answer_no_plugin(exchange, id);
        return;
    }
    json_decref(plugin);
    if (services->plugin_release(services->ctx, id, &error) == ST_OK)
        http_answer_json(exchange, 200, services->plugins(services->ctx, id));
    else
        http_answer_error(exchange, &error);
}

/* ---- reload */

struct reloading {
    struct api *api;
    struct http_exchange *exchange;
};

static void on_reloaded(void *arg, enum status status, const struct error *error, json_t *changes)
{
    struct reloading *r = arg;
    struct api *api = r->api;
    api->reloading = false;
    if (status == ST_OK) {
        http_answer_json(r->exchange, 200,
                         json_pack("{s:o}", "changed", changes ? changes : json_array()));
    } else {
        json_decref(changes);
        http_answer_error(r->exchange, error);
    }
    mem_free(r);
}

static void post_reload(struct http_exchange *exchange)
{
    struct api *api = api_of(exchange);
    json_t *body = api_body(exchange, NULL, 0, true);
    if (!body) return;
    json_decref(body);
    if (!api->services.reload) {
        http_answer_problem(exchange, 501, "unsupported", "this daemon has no conf.d");
        return;
    }
    if (api->reloading) {
        http_answer_problem(exchange, 503, "busy",
                            "conf.d is being read already; ask again when that is over");
        return;
    }
    struct reloading *r = mem_alloc(sizeof *r);
    r->api = api;
    r->exchange = exchange;
    api->reloading = true;
    api->services.reload(api->services.ctx, on_reloaded, r);
}

const struct http_route api_plugin_routes[] = {
    {.method = "GET",
     .pattern = "/v1/plugins",
     .scope = HTTP_SCOPE_READ,
     .handle = list_plugins,
     .summary = "the plugins found",
     .query = "limit cursor"},
    {.method = "GET",
     .pattern = "/v1/plugins/{id}",
     .scope = HTTP_SCOPE_READ,
     .handle = get_plugin,
     .summary = "one plugin with what it declares"},
    {.method = "POST",
     .pattern = "/v1/plugins/{id}/release",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = release_plugin,
     .summary = "lets a quarantined one back at the next start",
     .accept = "application/json"},
    {.method = "POST",
     .pattern = "/v1/reload",
     .scope = HTTP_SCOPE_ADMIN,
     .handle = post_reload,
     .summary = "reads conf.d again",
     .accept = "application/json"},
    {0},
};
