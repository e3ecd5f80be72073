/* The API as a whole: its table of resources, opening and closing. */
#include "api/api.h"

#include "api/api_access.h"
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
    api_backup_routes,
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
    api_metrics_routes,
    api_ready_routes,
    api_schedule_routes,
    api_token_routes,
    api_document_routes,
    api_event_routes,
    api_alert_routes,
    api_report_routes,
    api_hook_routes,
    api_exposure_routes,
};
/* clang-format on */

struct http_route *api_routes(size_t *count)
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

static void take_hosts(struct api *api, const struct api_services *services)
{
    api->hosts = mem_array(services->host_count, sizeof *api->hosts);
    for (size_t i = 0; i < services->host_count; i++)
        api->hosts[api->host_count++] = mem_text(services->hosts[i]);
}

static void api_free(struct api *api)
{
    for (size_t i = 0; i < api->host_count; i++)
        mem_free((void *)(uintptr_t)api->hosts[i]);
    mem_free(api->hosts);
    mem_free(api->routes);
    api_access_free(api);
    api_hooks_free(api);
    mem_free(api->exposures);
    mem_free(api->store_path);
    mem_free(api);
}

enum status api_open(uv_loop_t *loop, const char *socket_path, const struct api_services *services,
                     struct api **out, struct error *error)
{
    struct api *api = mem_alloc(sizeof *api);
    struct http_config config = {.socket_path = socket_path, .context = api};
    api->loop = loop;
    api->services = *services;
    api->store_path = services->store_path ? mem_text(services->store_path) : NULL;
    api->services.store_path = api->store_path; /* a reload frees what the configuration has */
    config.routes = api->routes = api_routes(&config.route_count);
    config.tcp = services->tcp;
    take_hosts(api, services);
    config.hosts = api->hosts;
    config.host_count = api->host_count;
    config.admit = api_access_admit;
    config.tell = api_tell;
    enum status status = http_server_open(loop, &config, &api->server, error);
    if (status != ST_OK) {
        api_free(api);
        return status;
    }
    if (services->tcp) api_access_load(api, NULL, NULL);
    *out = api;
    return ST_OK;
}

const char *api_tcp(const struct api *api)
{
    return http_server_tcp(api->server);
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
    api_free(api);
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
