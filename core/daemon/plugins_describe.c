/* Plugins as people see them: docs/api.md, Plugins. */
#include "daemon/plugins_private.h"

#include <string.h>

static json_t *text_or_null(const char *text)
{
    return text ? json_string_nocheck(text) : json_null();
}

static json_t *describe_options(const struct stockd_plugin *p)
{
    static const char *const types[] = {"", "string", "int", "bool", "choice", "duration"};
    json_t *list = json_array();
    for (uint32_t i = 0; i < p->option_count; i++) {
        const struct stockd_option *o = &p->options[i];
        json_t *option =
            json_pack("{s:s, s:s, s:b, s:b, s:s}", "name", o->name, "type",
                      o->type < sizeof types / sizeof *types ? types[o->type] : "", "required",
                      o->required, "secret", o->secret, "help", o->help ? o->help : "");
        json_object_set_new(option, "default", text_or_null(o->default_value));
        if (o->choices) json_object_set_new(option, "choices", json_string(o->choices));
        json_array_append_new(list, option);
    }
    return list;
}

static json_t *describe_quotas(const struct stockd_plugin *p)
{
    static const char *const kinds[] = {"", "tokens", "window", "in-flight"};
    json_t *list = json_array();
    for (uint32_t i = 0; i < p->bucket_count; i++) {
        const struct stockd_bucket *b = &p->buckets[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:I, s:I, s:I}", "name", b->name, "kind",
                            b->kind < 4 ? kinds[b->kind] : "", "amount", (json_int_t)b->amount,
                            "per_ms", (json_int_t)b->per_ms, "burst", (json_int_t)b->burst));
    }
    return list;
}

static json_t *describe_routes(const struct stockd_plugin *p)
{
    static const char *const confirmations[] = {"answer", "note", "read-back"};
    json_t *list = json_array();
    for (uint32_t i = 0; i < p->route_count; i++) {
        const struct stockd_route *r = &p->routes[i];
        json_array_append_new(
            list, json_pack("{s:s, s:i, s:I, s:I, s:s}", "name", r->name ? r->name : "",
                            "max_items", (int)r->max_items, "cadence_ms", (json_int_t)r->cadence_ms,
                            "max_quantity", (json_int_t)r->max_quantity, "confirmation",
                            r->confirmation < 3 ? confirmations[r->confirmation] : ""));
    }
    return list;
}

static json_t *describe_tables(const struct plugin *plugin, json_t *to)
{
    const struct stockd_plugin *p = plugin_declared(plugin);
    json_t *endpoints = json_array(), *operations = json_array();
    for (uint32_t i = 0; i < p->endpoint_count; i++) {
        json_t *e = json_pack("{s:s}", "name", p->endpoints[i].name);
        json_object_set_new(e, "url", text_or_null(p->endpoints[i].base_url));
        json_array_append_new(endpoints, e);
    }
    for (int i = 0; i < STOCKD_OPERATION_COUNT; i++)
        if (plugin_offers(plugin, (enum stockd_operation)i))
            json_array_append_new(operations,
                                  json_string(plugin_operation_name((enum stockd_operation)i)));
    json_object_set_new(to, "options", describe_options(p));
    json_object_set_new(to, "endpoints", endpoints);
    json_object_set_new(to, "quotas", describe_quotas(p));
    json_object_set_new(to, "routes", describe_routes(p));
    json_object_set_new(to, "operations", operations);
    return to;
}

struct describing {
    const struct plugins *plugins;
    const struct config *config;
    const char *only;
    json_t *list;
};

static int count_accounts(const struct config *config, const char *plugin)
{
    int count = 0;
    for (size_t i = 0; config && i < config->account_count; i++)
        count += strcmp(config->accounts[i].plugin, plugin) == 0;
    return count;
}

static void describe_one(void *ctx, const char *name, const struct plugin *plugin,
                         const struct error *error)
{
    struct describing *d = ctx;
    struct error why = {0};
    if (d->only && strcmp(d->only, name) != 0) return;
    bool quarantined = plugin_guard_check(d->plugins->guard, name, &why) != ST_OK;
    json_t *one = json_pack("{s:s, s:s, s:i}", "id", name, "state",
                            quarantined ? "quarantined"
                            : plugin    ? "loaded"
                                        : "refused",
                            "accounts", count_accounts(d->config, name));
    const struct stockd_plugin *p = plugin ? plugin_declared(plugin) : NULL;
    json_object_set_new(one, "version", text_or_null(p ? p->version : NULL));
    json_object_set_new(one, "title", text_or_null(p ? p->title : NULL));
    json_object_set_new(one, "file", text_or_null(plugin ? plugin_file(plugin) : NULL));
    json_object_set_new(one, "why",
                        quarantined ? json_string(why.text)
                                    : text_or_null(plugin ? NULL : error->text));
    if (d->only && plugin) describe_tables(plugin, one);
    json_array_append_new(d->list, one);
}

json_t *plugins_describe(struct plugins *plugins, const struct config *config, const char *id)
{
    struct describing d = {.plugins = plugins, .config = config, .only = id, .list = json_array()};
    uv_mutex_lock(&plugins->lock);
    if (plugins->current) plugin_registry_each(plugins->current, describe_one, &d);
    uv_mutex_unlock(&plugins->lock);
    if (!id) return d.list;
    json_t *one = json_incref(json_array_get(d.list, 0));
    json_decref(d.list);
    return one;
}
