/* Loads the plugin as the daemon would, and makes hosts, items and answers. */
#include "wix_fixture.h"

#include <stdio.h>

const struct stockd_plugin *wix_plugin(void)
{
    static const struct stockd_plugin *plugin;
    if (!plugin) plugin = fixture_load(WIX_PLUGIN);
    return plugin;
}

struct check *wix_host(int catalog)
{
    struct check *host = check_new(wix_plugin());
    check_option(host, "site-id", "site-42");
    if (catalog) check_state(host, "catalog", catalog == 1 ? "V1_CATALOG" : "V3_CATALOG", 10);
    return host;
}

void wix_items(struct wix_items *at, enum stockd_operation operation, uint32_t route,
               const char *place, uint32_t count)
{
    bool v1 = strcmp(place, "default") == 0;
    memset(at, 0, sizeof(*at));
    at->start = fixture_start(operation);
    at->start.route = route;
    at->start.items = at->items;
    at->start.item_count = count;
    for (uint32_t i = 0; i < count; i++) {
        snprintf(at->listing[i], sizeof(at->listing[i]), "%s/22222222-0000-4000-8000-%012x",
                 PRODUCT, i + 1);
        at->items[i] = (struct stockd_item){
            .listing_id = at->listing[i],
            .group = PRODUCT,
            .warehouse_id = place,
            .listing_data = v1 ? "1T-" : "3?-",
            .listing_data_size = 3,
            .wanted = 5 + i,
            .base = 3 + i,
        };
    }
}

void wix_items_hold(struct wix_items *at, uint32_t item, int64_t revision, bool tracked)
{
    unsigned char *data = at->target[item];
    data[0] = 1;
    data[1] = tracked;
    for (int i = 0; i < 8; i++)
        data[2 + i] = (unsigned char)((uint64_t)revision >> (8 * i));
    snprintf((char *)data + 10, 37, "33333333-0000-4000-8000-%012x", item + 1);
    at->items[item].target_data = data;
    at->items[item].target_data_size = 47;
}

char *wix_answer(const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), WIX_ANSWERS "/%s.json", name);
    json_t *file = json_load_file(path, 0, NULL);
    assert_non_null(file);
    char *text = json_dumps(json_object_get(file, "body"), JSON_COMPACT);
    json_decref(file);
    assert_non_null(text);
    return text;
}
