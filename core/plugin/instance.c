/* The configuration of one account, checked against its plugin's tables. */
#include "plugin/instance.h"

#include "base/seal.h"

#include "base/mem.h"
#include "base/suggest.h"
#include "plugin/text.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

struct option_value {
    char *text; /* NULL: absent, the default counts */
    int64_t number;
};

struct plugin_instance {
    atomic_uint references;
    const struct plugin *plugin;
    char *account;
    struct option_value *options; /* parallel to the plugin's */
    char **endpoints;
};

static int option_index(const struct stockd_plugin *declared, const char *name)
{
    for (uint32_t i = 0; i < declared->option_count; i++)
        if (strcmp(declared->options[i].name, name) == 0) return (int)i;
    return -1;
}

/* "; did you mean 'api-key'?" or "". The names lie `stride` bytes apart, first in each element. */
static void suggestion(char *out, size_t room, const char *word, const void *elements, size_t count,
                       size_t stride)
{
    const char **names = mem_array(count, sizeof *names);
    for (size_t i = 0; i < count; i++)
        memcpy(&names[i], (const char *)elements + i * stride, sizeof *names);
    const char *near = suggest_name(word, names, count);
    snprintf(out, room, "%s%s%s", near ? "; did you mean '" : "", near ? near : "",
             near ? "'?" : "");
    mem_free(names);
}

static enum status options_take(struct plugin_instance *instance,
                                const struct plugin_settings *settings, struct error *error)
{
    const struct stockd_plugin *declared = plugin_declared(instance->plugin);
    for (size_t i = 0; i < settings->value_count; i++) {
        const struct plugin_value *value = &settings->values[i];
        int at = option_index(declared, value->name);
        if (at < 0) {
            char hint[STOCKD_NAME_MAX + 32];
            suggestion(hint, sizeof hint, value->name, declared->options, declared->option_count,
                       sizeof *declared->options);
            return error_set(error, ST_INVALID, "unknown key '%.100s' for plugin %s%s", value->name,
                             declared->id, hint);
        }
        struct option_value *option = &instance->options[at];
        if (option->text)
            return error_set(error, ST_INVALID, "option '%s' is given twice", value->name);
        enum status status =
            plugin_option_check(&declared->options[at], value->text, &option->number, error);
        if (status) return status;
        option->text = mem_text(value->text);
    }
    return ST_OK;
}

static enum status options_complete(struct plugin_instance *instance, struct error *error)
{
    const struct stockd_plugin *declared = plugin_declared(instance->plugin);
    for (uint32_t i = 0; i < declared->option_count; i++) {
        const struct stockd_option *option = &declared->options[i];
        if (instance->options[i].text) continue;
        if (option->default_value) /* checked when the plugin was loaded */
            plugin_option_check(option, option->default_value, &instance->options[i].number, NULL);
        else if (option->required)
            return error_set(error, ST_INVALID, "option '%s' is missing%s%s", option->name,
                             option->help ? ": " : "", option->help ? option->help : "");
    }
    return ST_OK;
}

static enum status endpoint_set(struct plugin_instance *instance, uint32_t index, const char *url,
                                const char *from, struct error *error)
{
    const char *fault = text_url_fault(url);
    if (fault) return error_set(error, ST_INVALID, "%s: address '%.200s' %s", from, url, fault);
    size_t size = strlen(url);
    while (url[size - 1] == '/')
        size--;
    mem_free(instance->endpoints[index]);
    instance->endpoints[index] = mem_text_n(url, size);
    return ST_OK;
}

static enum status endpoints_take(struct plugin_instance *instance,
                                  const struct plugin_settings *settings, struct error *error)
{
    const struct stockd_plugin *declared = plugin_declared(instance->plugin);
    for (size_t i = 0; i < settings->endpoint_count; i++) {
        const struct plugin_value *given = &settings->endpoints[i];
        uint32_t at = 0;
        while (at < declared->endpoint_count &&
               strcmp(declared->endpoints[at].name, given->name) != 0)
            at++;
        if (at == declared->endpoint_count) {
            char hint[STOCKD_NAME_MAX + 32];
            suggestion(hint, sizeof hint, given->name, declared->endpoints,
                       declared->endpoint_count, sizeof *declared->endpoints);
            return error_set(error, ST_INVALID, "plugin %s has no endpoint '%.100s'%s",
                             declared->id, given->name, hint);
        }
        char from[STOCKD_NAME_MAX + 16];
        snprintf(from, sizeof from, "endpoint '%s'", given->name);
        enum status status = endpoint_set(instance, at, given->text, from, error);
        if (status) return status;
    }
    return ST_OK;
}

static enum status endpoints_complete(struct plugin_instance *instance, struct error *error)
{
    const struct stockd_plugin *declared = plugin_declared(instance->plugin);
    for (uint32_t i = 0; i < declared->endpoint_count; i++) {
        const struct stockd_endpoint *endpoint = &declared->endpoints[i];
        if (instance->endpoints[i]) continue;
        const char *url = endpoint->base_url;
        if (!url) url = plugin_instance_option(instance, endpoint->url_option);
        if (!url)
            return error_set(error, ST_INVALID,
                             "endpoint '%s' has no address: give option '%s', or 'endpoints: {%s: "
                             "https://...}'",
                             endpoint->name, endpoint->url_option, endpoint->name);
        char from[STOCKD_NAME_MAX + 16];
        snprintf(from, sizeof from, "option '%s'",
                 endpoint->url_option ? endpoint->url_option : endpoint->name);
        enum status status = endpoint_set(instance, i, url, from, error);
        if (status) return status;
    }
    return ST_OK;
}

struct plugin_instance *plugin_instance_new(const struct plugin *plugin,
                                            const struct plugin_settings *settings,
                                            struct error *error)
{
    const struct stockd_plugin *declared = plugin_declared(plugin);
    struct plugin_instance *instance = mem_alloc(sizeof *instance);
    atomic_init(&instance->references, 1);
    instance->plugin = plugin;
    instance->account = mem_text(settings->account ? settings->account : "");
    instance->options = mem_array(declared->option_count, sizeof *instance->options);
    instance->endpoints = mem_array(declared->endpoint_count, sizeof *instance->endpoints);
    enum status status = options_take(instance, settings, error);
    if (!status) status = options_complete(instance, error);
    if (!status) status = endpoints_take(instance, settings, error);
    if (!status) status = endpoints_complete(instance, error);
    if (!status) return instance;
    plugin_instance_unref(instance);
    return NULL;
}

struct plugin_instance *plugin_instance_ref(struct plugin_instance *instance)
{
    atomic_fetch_add(&instance->references, 1);
    return instance;
}

void plugin_instance_unref(struct plugin_instance *instance)
{
    if (!instance || atomic_fetch_sub(&instance->references, 1) != 1) return;
    const struct stockd_plugin *declared = plugin_declared(instance->plugin);
    for (uint32_t i = 0; i < declared->option_count; i++) {
        char *text = instance->options[i].text;
        if (text) explicit_bzero(text, strlen(text));
        mem_free(text);
    }
    for (uint32_t i = 0; i < declared->endpoint_count; i++)
        mem_free(instance->endpoints[i]);
    mem_free(instance->options);
    mem_free(instance->endpoints);
    mem_free(instance->account);
    mem_free(instance);
}

/* ---------------------------------------------------------------------------------------------- */

const struct plugin *plugin_instance_plugin(const struct plugin_instance *instance)
{
    return instance->plugin;
}

const char *plugin_instance_account(const struct plugin_instance *instance)
{
    return instance->account;
}

const char *plugin_instance_option(const struct plugin_instance *instance, const char *name)
{
    const struct stockd_plugin *declared = plugin_declared(instance->plugin);
    int at = option_index(declared, name);
    if (at < 0 || declared->options[at].secret) return NULL;
    const char *text = instance->options[at].text;
    return text ? text : declared->options[at].default_value;
}

int64_t plugin_instance_option_int(const struct plugin_instance *instance, const char *name)
{
    int at = option_index(plugin_declared(instance->plugin), name);
    return at < 0 ? 0 : instance->options[at].number;
}

const char *plugin_instance_secret(const struct plugin_instance *instance, const char *name)
{
    const struct stockd_plugin *declared = plugin_declared(instance->plugin);
    int at = option_index(declared, name);
    return at < 0 || !declared->options[at].secret ? NULL : instance->options[at].text;
}

const char *plugin_instance_endpoint(const struct plugin_instance *instance, uint32_t index)
{
    return index < plugin_declared(instance->plugin)->endpoint_count ? instance->endpoints[index]
                                                                     : NULL;
}

uint64_t plugin_instance_print(const struct plugin_instance *instance)
{
    const struct stockd_plugin *declared = plugin_declared(instance->plugin);
    struct buf all;
    buf_init(&all, SIZE_MAX);
    for (uint32_t i = 0; i < declared->option_count; i++) {
        if (!instance->options[i].text) continue;
        buf_text(&all, declared->options[i].name);
        buf_text(&all, "=");
        buf_text(&all, instance->options[i].text);
        buf_text(&all, "\n");
    }
    for (uint32_t i = 0; i < declared->endpoint_count; i++) {
        buf_text(&all, "@");
        buf_text(&all, plugin_instance_endpoint(instance, i));
        buf_text(&all, "\n");
    }
    uint64_t print = seal_print(bytes_of(all.data ? all.data : "", all.size));
    seal_buf_free(&all);
    return print;
}
