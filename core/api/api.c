/* The API as a whole: its table of resources, opening and closing. */
#include "api/api.h"

#include "api/api_run.h"
#include "base/mem.h"

/* One a line. */
/* clang-format off */
static const struct http_route *const groups[] = {
    api_status_routes,
    api_stock_routes,
    api_stock_list_routes,
    api_product_routes,
    api_place_routes,
    api_account_routes,
    api_run_routes,
    api_listing_routes,
    api_target_routes,
    api_push_routes,
    api_plugin_routes,
    api_store_routes,
    api_import_routes,
    api_job_routes,
    api_inbox_routes,
    api_login_routes,
    api_secret_routes,
    api_order_routes,
    api_reservation_routes,
    api_refresh_routes,
    api_catalogue_routes,
    api_history_routes,
    api_undo_routes,
    api_send_routes,
    api_probe_routes,
    api_plan_routes,
    api_drift_routes,
    api_refused_routes,
    api_verify_routes,
    api_rule_routes,
    api_rules_many_routes,
    api_explain_routes,
    api_rejected_routes,
    api_shop_routes,
    api_rebuild_routes,
    api_mirror_routes,
    api_alert_routes,
};
/* clang-format on */

/* One table for the router. */
static struct http_route *join_groups(size_t *count)
{
    size_t total = 0, at = 0;
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (const struct http_route *route = groups[g]; route->method; route++)
            total++;
    struct http_route *routes = mem_array(total, sizeof *routes);
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++)
        for (const struct http_route *route = groups[g]; route->method; route++)
            routes[at++] = *route;
    *count = total;
    return routes;
}

enum status api_open(uv_loop_t *loop, const char *socket_path, const struct api_services *services,
                     struct api **out, struct error *error)
{
    struct api *api = mem_alloc(sizeof *api);
    struct http_config config = {.socket_path = socket_path, .context = api};
    api->loop = loop;
    api->services = *services;
    config.routes = api->routes = join_groups(&config.route_count);
    enum status status = http_server_open(loop, &config, &api->server, error);
    if (status != ST_OK) {
        mem_free(api->routes);
        mem_free(api);
        return status;
    }
    *out = api;
    return ST_OK;
}

void api_changed(struct api *api, uint32_t account)
{
    if (!api) return;
    push_resume(api);
    follows_changed(api, account);
}

void api_quiet(struct api *api)
{
    if (!api || api->quiet) return;
    api->quiet = true;
    http_server_quiet(api->server);
    follows_quiet(api);
    api_verification_stop(api);
}

void api_maybe_closed(struct api *api)
{
    if (!api->server_closed || api->follows || api->busy) return;
    void (*closed)(void *ctx) = api->closed;
    void *ctx = api->closed_ctx;
    mem_free(api->routes);
    mem_free(api);
    closed(ctx);
}

static void on_server_closed(void *ctx)
{
    struct api *api = ctx;
    api->server_closed = true;
    api_maybe_closed(api);
}

void api_close(struct api *api, void (*closed)(void *ctx), void *ctx)
{
    api->closed = closed;
    api->closed_ctx = ctx;
    api_quiet(api);
    http_server_close(api->server, on_server_closed, api);
}
