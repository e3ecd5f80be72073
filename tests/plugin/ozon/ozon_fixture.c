/* Loads the plugin as the daemon would, and makes hosts and items. */
#include "ozon_fixture.h"

#include <dlfcn.h>
#include <stdio.h>

const struct stockd_plugin *ozon_plugin(void)
{
    static const struct stockd_plugin *plugin;
    if (plugin) return plugin;
    void *file = dlopen(OZON_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    if (!file) fprintf(stderr, "%s\n", dlerror());
    assert_non_null(file);
    plugin = dlsym(file, "stockd_plugin");
    assert_non_null(plugin);
    return plugin;
}

struct check *ozon_host(void)
{
    struct check *host = check_new(ozon_plugin());
    check_option(host, "client-id", "42");
    return host;
}

void ozon_end(struct check *host)
{
    for (size_t i = 0; i < host->problems.count; i++)
        fprintf(stderr, "problem: %s\n", host->problems.at[i]);
    assert_int_equal(host->problems.count, 0);
    check_free(host);
}

struct stockd_start ozon_start(enum stockd_operation operation)
{
    return (struct stockd_start){.size = sizeof(struct stockd_start), .operation = operation};
}

void ozon_items(struct ozon_items *at, enum stockd_operation operation, uint32_t count)
{
    memset(at, 0, sizeof(*at));
    at->start = ozon_start(operation);
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

json_t *ozon_asked_json(const struct check *host)
{
    json_t *json = json_loads(check_request_body(host), 0, NULL);
    assert_non_null(json);
    return json;
}

void ozon_asked(const struct check *host, const char *path, const char *text)
{
    const struct stockd_request *request = check_request(host);
    assert_non_null(request);
    assert_string_equal(request->path, path);
    json_t *is = ozon_asked_json(host), *should = json_loads(text, 0, NULL);
    assert_non_null(should);
    if (!json_equal(is, should)) assert_string_equal(check_request_body(host), text);
    json_decref(is);
    json_decref(should);
}

const char *ozon_key_of(const struct stockd_listing *row, const char *kind)
{
    for (uint32_t i = 0; i < row->key_count; i++)
        if (strcmp(row->keys[i].kind, kind) == 0) return row->keys[i].value;
    return NULL;
}

bool ozon_completed(const struct check *host, enum stockd_scope scope, const char *id)
{
    for (size_t i = 0; i < host->completes.count; i++) {
        const struct check_complete *done = &host->completes.at[i];
        if (done->scope == scope && (!id || (done->id && strcmp(done->id, id) == 0))) return true;
    }
    return false;
}
