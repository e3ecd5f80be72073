/* Loads the plugin as the daemon would, and makes hosts and items. */
#include "ozon_fixture.h"

#include <stdio.h>

const struct stockd_plugin *ozon_plugin(void)
{
    static const struct stockd_plugin *plugin;
    if (!plugin) plugin = fixture_load(OZON_PLUGIN);
    return plugin;
}

struct check *ozon_host(void)
{
    struct check *host = check_new(ozon_plugin());
    check_option(host, "client-id", "42");
    return host;
}

void ozon_items(struct ozon_items *at, enum stockd_operation operation, uint32_t count)
{
    memset(at, 0, sizeof(*at));
    at->start = fixture_start(operation);
    at->start.items = at->items;
    at->start.item_count = count;
    for (uint32_t i = 0; i < count; i++) {
        snprintf(at->listing[i], sizeof(at->listing[i]), "%u", 1001 + i);
        snprintf(at->offer[i], sizeof(at->offer[i]), "art-%u", i);
        at->keys[i] = (struct stockd_key){"sku", at->offer[i]};
        at->items[i] = (struct stockd_item){
            .listing_id = at->listing[i],
            .warehouse_id = "7001",
            .keys = &at->keys[i],
            .key_count = 1,
            .wanted = 5 + i,
            .base = -1,
        };
    }
}
