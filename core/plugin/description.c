/* Looking into a loaded plugin: what it declares, offers, and which routes an item can take. */
#include "plugin/crash.h"
#include "plugin/private.h"

#include <string.h>

const struct stockd_plugin *plugin_declared(const struct plugin *plugin)
{
    return &plugin->declared;
}

const char *plugin_id(const struct plugin *plugin)
{
    return plugin->declared.id;
}

const char *plugin_file(const struct plugin *plugin)
{
    return plugin->file;
}

bool plugin_offers(const struct plugin *plugin, enum stockd_operation operation)
{
    return (unsigned)operation < STOCKD_OPERATION_COUNT && plugin->declared.operations[operation];
}

const struct stockd_option *plugin_option(const struct plugin *plugin, const char *name)
{
    for (uint32_t i = 0; i < plugin->declared.option_count; i++)
        if (strcmp(plugin->declared.options[i].name, name) == 0)
            return &plugin->declared.options[i];
    return NULL;
}

static size_t routes_valid(const struct plugin *plugin, const uint32_t *named, uint32_t count,
                           uint32_t routes[STOCKD_ROUTES_MAX])
{
    uint32_t seen = 0;
    size_t kept = 0;
    for (uint32_t i = 0; i < count && i < STOCKD_ROUTES_MAX; i++) {
        if (named[i] >= plugin->declared.route_count || (seen & 1u << named[i])) continue;
        seen |= 1u << named[i];
        routes[kept++] = named[i];
    }
    return kept;
}

size_t plugin_item_routes(const struct plugin *plugin, const struct stockd_item *item,
                          uint32_t routes[STOCKD_ROUTES_MAX])
{
    if (!plugin->declared.item_routes) {
        routes[0] = 0;
        return 1;
    }
    uint32_t named[STOCKD_ROUTES_MAX] = {0};
    plugin_guard_enter(plugin->guard, plugin->declared.id, "", "item_routes");
    uint32_t count = plugin->declared.item_routes(item, named, STOCKD_ROUTES_MAX);
    plugin_guard_leave(plugin->guard);
    return routes_valid(plugin, named, count, routes);
}

const char *plugin_operation_name(enum stockd_operation operation)
{
    static const char *const names[STOCKD_OPERATION_COUNT] = {
        "list_warehouses", "fetch_stock",    "push_stock",   "check_account",
        "authorize",       "fetch_listings", "fetch_orders", "confirm_stock",
    };
    return (unsigned)operation < STOCKD_OPERATION_COUNT ? names[operation] : "unknown";
}
