/* Loading plugins for the configuration. How they are shown is in plugins_describe.c. */
#include "daemon/plugins.h"

#include "base/log.h"
#include "base/mem.h"
#include "daemon/plugins_private.h"

#include <string.h>

struct plugins *plugins_new(bool guarded)
{
    struct plugins *plugins = mem_alloc(sizeof *plugins);
    plugins->guarded = guarded;
    uv_mutex_init(&plugins->lock);
    return plugins;
}

static void spec_free(struct plugin_spec *spec)
{
    mem_free((void *)spec->spec.options);
    mem_free((void *)spec->spec.endpoints);
    mem_free((void *)spec->spec.buckets);
    mem_free(spec->id);
    mem_free(spec->refused);
    mem_free(spec);
}

void plugins_free(struct plugins *plugins)
{
    if (!plugins) return;
    while (plugins->specs) {
        struct plugin_spec *next = plugins->specs->next;
        spec_free(plugins->specs);
        plugins->specs = next;
    }
    while (plugins->registries) {
        struct plugin_directories *next = plugins->registries->next;
        plugin_registry_free(plugins->registries->registry);
        mem_free(plugins->registries->key);
        mem_free(plugins->registries);
        plugins->registries = next;
    }
    plugin_guard_close(plugins->guard);
    uv_mutex_destroy(&plugins->lock);
    mem_free(plugins);
}

/* ---- directories: a registry for each list of them that was ever configured */

/* One that another process has says that the store is that one's, too: the store's own refusal says
 * it better, and follows. */
static void open_guard(struct plugins *plugins, const struct config_daemon *daemon, bool ours)
{
    if (!plugins->guarded || plugins->guard) return;
    struct error error = {0};
    char quoted[LOG_QUOTED_MAX];
    char *path = mem_format("%s.guard", daemon->store);
    enum status status = plugin_guard_open(path, clock_system(), &plugins->guard, &error);
    if (status != ST_OK && (ours || status != ST_BUSY))
        log_warning("plugin", "no-guard", "error=%s", log_quote(error.text, quoted));
    mem_free(path);
}

void plugins_store_is_ours(struct plugins *plugins, const struct config_daemon *daemon)
{
    open_guard(plugins, daemon, true);
}

static char *directories_key(const struct config_daemon *daemon)
{
    struct buf key;
    buf_init(&key, 1 << 20);
    for (size_t i = 0; i < daemon->plugin_count; i++)
        buf_format(&key, "%s\n", daemon->plugins[i]);
    return buf_take(&key);
}

static struct plugin_registry *registry_of(struct plugins *plugins,
                                           const struct config_daemon *daemon)
{
    open_guard(plugins, daemon, false);
    char *key = directories_key(daemon);
    struct plugin_directories *d = plugins->registries;
    while (d && strcmp(d->key, key) != 0)
        d = d->next;
    if (d) {
        mem_free(key);
        return d->registry;
    }
    d = mem_alloc(sizeof *d);
    d->key = key;
    d->registry = plugin_registry_new(daemon->plugins, daemon->plugin_count, plugins->guard);
    d->next = plugins->registries;
    plugins->registries = d;
    return d->registry;
}

/* ---- tables */

static void adapt_options(const struct stockd_plugin *from, struct config_plugin_spec *to)
{
    struct config_option_spec *options = mem_array(from->option_count, sizeof *options);
    for (uint32_t i = 0; i < from->option_count; i++) {
        const struct stockd_option *o = &from->options[i];
        options[i] = (struct config_option_spec){.name = o->name,
                                                 .type = (enum config_type)o->type,
                                                 .required = o->required,
                                                 .secret = o->secret,
                                                 .default_value = o->default_value,
                                                 .choices = o->choices,
                                                 .min = o->min,
                                                 .max = o->max,
                                                 .help = o->help};
    }
    to->options = options;
    to->option_count = from->option_count;
}

static struct plugin_spec *adapt(const struct plugin *plugin)
{
    const struct stockd_plugin *from = plugin_declared(plugin);
    struct plugin_spec *spec = mem_alloc(sizeof *spec);
    spec->plugin = plugin;
    spec->spec.id = from->id;
    adapt_options(from, &spec->spec);
    struct config_endpoint_spec *endpoints = mem_array(from->endpoint_count, sizeof *endpoints);
    for (uint32_t i = 0; i < from->endpoint_count; i++)
        endpoints[i] = (struct config_endpoint_spec){.name = from->endpoints[i].name,
                                                     .default_url = from->endpoints[i].base_url,
                                                     .url_option = from->endpoints[i].url_option};
    const char **buckets = mem_array(from->bucket_count, sizeof *buckets);
    for (uint32_t i = 0; i < from->bucket_count; i++)
        buckets[i] = from->buckets[i].name;
    spec->spec.endpoints = endpoints;
    spec->spec.endpoint_count = from->endpoint_count;
    spec->spec.buckets = buckets;
    spec->spec.bucket_count = from->bucket_count;
    return spec;
}

/* A plugin that does not fit, or is quarantined, takes only its own accounts with it: they are left
 * out. But only when it was so at the start: a reload that would end what works is refused, and so
 * is a file that is not there, which is a misspelt name more often than anything else. */
static struct plugin_spec *leave_out(struct plugins *plugins, const char *id,
                                     const struct error *error)
{
    if (!plugins->guarded || error->status == ST_NOT_FOUND) return NULL;
    struct plugin_spec *spec = plugins->specs;
    while (spec && (spec->plugin || strcmp(spec->id, id) != 0))
        spec = spec->next;
    if (spec || plugins->current) return spec;
    spec = mem_alloc(sizeof *spec);
    spec->id = mem_text(id);
    spec->refused = mem_text(error->text);
    spec->spec = (struct config_plugin_spec){.id = spec->id, .refused = spec->refused};
    spec->next = plugins->specs;
    plugins->specs = spec;
    return spec;
}

const struct config_plugin_spec *plugins_spec(void *ctx, const struct config_daemon *daemon,
                                              const char *id, struct error *error)
{
    struct plugins *plugins = ctx;
    const struct plugin *plugin = NULL;
    uv_mutex_lock(&plugins->lock);
    enum status status = plugin_registry_load(registry_of(plugins, daemon), id, &plugin, error);
    struct plugin_spec *spec = plugins->specs;
    while (spec && spec->plugin != plugin)
        spec = spec->next;
    if (status != ST_OK) spec = leave_out(plugins, id, error);
    if (status == ST_OK && !spec) {
        spec = adapt(plugin);
        spec->next = plugins->specs;
        plugins->specs = spec;
    }
    uv_mutex_unlock(&plugins->lock);
    return spec ? &spec->spec : NULL;
}

const struct plugin *plugins_find(struct plugins *plugins, const char *id)
{
    const struct plugin *found = NULL;
    uv_mutex_lock(&plugins->lock);
    for (struct plugin_spec *spec = plugins->specs; spec && !found; spec = spec->next)
        if (spec->plugin && strcmp(spec->spec.id, id) == 0)
            found = spec->plugin; /* the newest file of that name comes first */
    uv_mutex_unlock(&plugins->lock);
    return found;
}

void plugins_ready(struct plugins *plugins, const struct config_daemon *daemon)
{
    uv_mutex_lock(&plugins->lock);
    plugins->current = registry_of(plugins, daemon);
    uv_mutex_unlock(&plugins->lock);
}

struct plugin_guard *plugins_guard(struct plugins *plugins)
{
    return plugins->guard;
}

enum status plugins_release(struct plugins *plugins, const char *id, struct error *error)
{
    uv_mutex_lock(&plugins->lock);
    enum status status = plugin_guard_release(plugins->guard, id, error);
    uv_mutex_unlock(&plugins->lock);
    return status;
}
