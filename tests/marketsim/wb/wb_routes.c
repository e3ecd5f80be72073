/* Which paths there are, on which host, and who answers them. */
#include "marketsim/wb/wb_state.h"

#include <string.h>

static const struct {
    const char *name;
} hosts[WB_HOSTS] = {{"common"},    {"content"}, {"marketplace"}, {"statistics"},
                     {"analytics"}, {"advert"},  {"prices"}};

#define MP WB_HOST_MARKETPLACE
#define CN WB_HOST_CONTENT
#define AN WB_HOST_ANALYTICS

static const struct wb_route routes[] = {
    {"GET", "/ping", WB_HOST_COMMON, WB_PING, false, false, NULL, wb_ping},
    {"GET", "/api/v1/seller-info", WB_HOST_COMMON, WB_SELLER_INFO, false, false, NULL,
     wb_seller_info},
    {"POST", "/content/v2/get/cards/list", CN, WB_CONTENT, false, true, wb_cards_fields,
     wb_cards_list},
    {"POST", "/content/v2/get/cards/trash", CN, WB_CONTENT, false, true, wb_trash_fields,
     wb_cards_trash},
    {"GET", "/api/v3/warehouses", MP, WB_WAREHOUSES, false, false, NULL, wb_warehouse_list},
    {"PUT", "/api/v3/stocks/", MP, WB_STOCKS, true, true, NULL, wb_stocks_put},
    {"POST", "/api/v3/stocks/", MP, WB_STOCKS, false, true, NULL, wb_stocks_post},
    {"DELETE", "/api/v3/stocks/", MP, WB_STOCKS_DELETE, true, true, NULL, wb_stocks_delete},
    {"GET", "/api/v3/orders/new", MP, WB_ORDERS, false, false, NULL, wb_orders_new},
    {"GET", "/api/v3/orders", MP, WB_ORDERS, false, false, NULL, wb_orders_list},
    {"POST", "/api/v3/orders/status", MP, WB_ORDERS, false, true, wb_status_fields,
     wb_orders_status},
    {"POST", "/api/analytics/v1/stocks-report/wb-warehouses", AN, WB_REPORTS, false, true,
     wb_report_fields, wb_report_own},
    {"POST", "/api/analytics/v1/stocks-report/seller-warehouses", AN, WB_REPORTS_SELLERS, false,
     true, wb_report_fields, wb_report_sellers},
};

#define ROUTES (sizeof(routes) / sizeof(routes[0]))

const char *wb_host_name(enum wb_host host)
{
    return host < WB_HOSTS ? hosts[host].name : hosts[WB_HOST_COMMON].name;
}

static bool path_is(const struct wb_route *route, const char *path)
{
    const char *wanted = route->path;
    for (; *wanted; wanted++, path++)
        if (*wanted != *path) return false;
    return wanted[-1] == '/' ? *path && !strchr(path, '/') : !*path;
}

/* /content/v2/... is a path of its own, /content/content/v2/... the same one behind its host. */
const char *wb_route_strip(const char *path, enum wb_host *host)
{
    *host = WB_HOSTS;
    for (size_t i = 0; i < ROUTES; i++)
        if (path_is(&routes[i], path)) return path;
    for (int i = 0; i < WB_HOSTS && *path == '/'; i++) {
        size_t len = strlen(hosts[i].name);
        if (strncmp(path + 1, hosts[i].name, len) != 0 || path[len + 1] != '/') continue;
        *host = (enum wb_host)i;
        return path + 1 + len;
    }
    return path;
}

const struct wb_route *wb_route_find(const char *method, const char *path, enum wb_host host,
                                     bool *known)
{
    *known = false;
    for (size_t i = 0; i < ROUTES; i++) {
        const struct wb_route *route = &routes[i];
        bool there = host == WB_HOSTS || host == route->host || route->group == WB_PING;
        if (!there || !path_is(route, path)) continue;
        *known = true;
        if (strcmp(route->method, method) == 0) return route;
    }
    return NULL;
}
