/* An account as somebody wants to add it: checked as its file would be, and made into an instance
 * of its plugin that no account uses; and what a person must know of an account's file. Writes
 * nothing. */
#include "base/mem.h"
#include "daemon/daemon.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct drafting {
    struct work_task work;
    struct daemon *daemon;
    json_t *body;
    struct api_draft draft;
    struct error error;
    enum status status;
    daemon_draft_fn *done;
    void *arg;
};

static const char *text(const json_t *body, const char *member)
{
    const char *value = json_string_value(json_object_get(body, member));
    return value ? value : "";
}

static const struct config_option_spec *option_of(const struct config_plugin_spec *spec,
                                                  const char *name)
{
    for (size_t i = 0; i < spec->option_count; i++)
        if (strcmp(spec->options[i].name, name) == 0) return &spec->options[i];
    return NULL;
}

/* Where a file would be refused for it, nothing is asked of the marketplace. */
static enum status check_texts(const struct drafting *d, struct error *error)
{
    static const char *const groups[] = {"options", "endpoints"};
    const char *name;
    json_t *value;
    for (int i = 0; i < 2; i++)
        json_object_foreach (json_object_get(d->body, groups[i]), name, value)
            for (const char *at = json_string_value(value); *at; at++)
                if ((unsigned char)*at < 0x20 || *at == 0x7f)
                    return error_set(error, ST_INVALID, "'%.60s' holds a control character", name);
    return ST_OK;
}

/* A secret that is given as an option would stand in the file for everybody to read. */
static enum status check_kinds(const struct drafting *d, const struct config_plugin_spec *spec,
                               struct error *error)
{
    const char *name;
    json_t *value;
    const char *plugin = text(d->body, "plugin");
    json_object_foreach (json_object_get(d->body, "options"), name, value) {
        const struct config_option_spec *option = option_of(spec, name);
        if (option && option->secret)
            return error_set(error, ST_INVALID, "'%.60s' is a secret: give it with --secret", name);
    }
    json_object_foreach (json_object_get(d->body, "secrets"), name, value) {
        const struct config_option_spec *option = option_of(spec, name);
        if (!option || !option->secret)
            return error_set(error, ST_INVALID, "'%.60s' is no secret option of plugin %s%s", name,
                             plugin, option ? ": give it with --option" : "");
    }
    for (size_t i = 0; i < spec->option_count; i++) {
        const struct config_option_spec *o = &spec->options[i];
        const char *group = o->secret ? "secrets" : "options";
        if (o->required && !json_object_get(json_object_get(d->body, group), o->name))
            return error_set(error, ST_INVALID, "plugin %s needs %s: give it with --%s %s=...",
                             plugin, o->name, o->secret ? "secret" : "option", o->name);
    }
    return ST_OK;
}

/* ---- the file */

static size_t take_values(const json_t *object, struct config_draft_value *values)
{
    const char *name;
    json_t *value;
    size_t count = 0;
    json_object_foreach ((json_t *)object, name, value)
        values[count++] = (struct config_draft_value){name, json_string_value(value)};
    return count;
}

static void write_text(struct drafting *d)
{
    const json_t *options = json_object_get(d->body, "options");
    const json_t *secrets = json_object_get(d->body, "secrets");
    const json_t *endpoints = json_object_get(d->body, "endpoints");
    size_t secret_count = json_object_size(secrets), at = 0;
    struct config_draft_value *values = mem_array(
        json_object_size(options) + json_object_size(endpoints) + secret_count, sizeof *values);
    const char **names = mem_array(secret_count, sizeof *names);
    struct config_draft draft = {.name = text(d->body, "name"),
                                 .plugin = text(d->body, "plugin"),
                                 .options = values,
                                 .option_count = take_values(options, values),
                                 .secrets = names,
                                 .secret_count = secret_count,
                                 .orders_import = strcmp(text(d->body, "orders"), "import") == 0,
                                 .dry_run = json_is_true(json_object_get(d->body, "dry_run")),
                                 .allow_plain_http =
                                     json_is_true(json_object_get(d->body, "allow_plain_http"))};
    draft.endpoints = values + draft.option_count;
    draft.endpoint_count = take_values(endpoints, values + draft.option_count);
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)secrets, name, value)
        names[at++] = name;
    struct buf out;
    buf_init(&out, 1 << 20);
    config_draft_write(&draft, &out);
    d->draft.text = buf_take(&out);
    mem_free(names);
    mem_free(values);
}

static char *absolute(const char *path)
{
    char *real = realpath(path, NULL), *copy = mem_text(real ? real : path);
    free(real);
    return copy;
}

static enum status find_path(struct drafting *d, struct error *error)
{
    struct buf file;
    buf_init(&file, 4096);
    config_draft_file(text(d->body, "name"), &file);
    char *dir = absolute(d->daemon->config_dir);
    d->draft.path = mem_format("%s/%s", dir, buf_cstr(&file));
    mem_free(dir);
    buf_free(&file);
    if (access(d->draft.path, F_OK) != 0) return ST_OK;
    return error_set(error, ST_EXISTS,
                     "the file %s is there already: choose another name, or move it away",
                     d->draft.path);
}

/* ---- the instance */

static enum status make_instance(struct drafting *d, struct error *error)
{
    const json_t *groups[] = {json_object_get(d->body, "options"),
                              json_object_get(d->body, "secrets"),
                              json_object_get(d->body, "endpoints")};
    size_t sizes[3], count = 0;
    for (int i = 0; i < 3; i++)
        sizes[i] = json_object_size(groups[i]);
    struct plugin_value *values = mem_array(sizes[0] + sizes[1] + sizes[2], sizeof *values);
    for (int i = 0; i < 3; i++) {
        const char *name;
        json_t *value;
        json_object_foreach ((json_t *)groups[i], name, value)
            values[count++] = (struct plugin_value){name, json_string_value(value)};
    }
    const struct plugin_settings settings = {.account = text(d->body, "name"),
                                             .values = values,
                                             .value_count = sizes[0] + sizes[1],
                                             .endpoints = values + sizes[0] + sizes[1],
                                             .endpoint_count = sizes[2]};
    const struct plugin *plugin = plugins_find(d->daemon->plugins, text(d->body, "plugin"));
    if (plugin)
        d->draft.instance = plugin_instance_new(plugin, &settings, error);
    else
        error_set(error, ST_NOT_FOUND, "plugin '%s' is not loaded", text(d->body, "plugin"));
    mem_free(values);
    return d->draft.instance ? ST_OK : error->status;
}

static enum status draft(struct drafting *d)
{
    const struct config_plugin_spec *spec = plugins_spec(
        d->daemon->plugins, &d->daemon->config->daemon, text(d->body, "plugin"), &d->error);
    if (!spec) return d->error.status ? d->error.status : ST_NOT_FOUND;
    if (spec->refused) return error_set(&d->error, ST_UNSUPPORTED, "%s", spec->refused);
    enum status status = check_texts(d, &d->error);
    if (status == ST_OK) status = check_kinds(d, spec, &d->error);
    if (status == ST_OK) status = make_instance(d, &d->error);
    if (status == ST_OK) status = find_path(d, &d->error);
    if (status != ST_OK) return status;
    d->draft.login =
        plugin_declared(plugin_instance_plugin(d->draft.instance))->operations[STOCKD_AUTHORIZE] !=
        NULL;
    write_text(d);
    return ST_OK;
}

static void draft_run(struct work_task *work)
{
    struct drafting *d = (struct drafting *)((char *)work - offsetof(struct drafting, work));
    d->status = draft(d);
}

static void wipe(json_t *body)
{
    const char *name;
    json_t *value;
    json_object_foreach (json_object_get(body, "secrets"), name, value)
        explicit_bzero((char *)json_string_value(value), json_string_length(value));
}

static void draft_done(struct work_task *work)
{
    struct drafting *d = (struct drafting *)((char *)work - offsetof(struct drafting, work));
    d->daemon->reloading = false;
    d->done(d->arg, d->status, &d->error, d->status == ST_OK ? &d->draft : NULL);
    plugin_instance_unref(d->draft.instance);
    mem_free(d->draft.text);
    mem_free(d->draft.path);
    wipe(d->body);
    json_decref(d->body);
    mem_free(d);
}

static enum status check_name(const struct daemon *daemon, const char *name, struct error *error)
{
    if (!config_name_valid(name))
        return error_set(error, ST_INVALID,
                         "'%.80s' is no name for an account: lower-case letters, digits, '.', '_' "
                         "and '-', at most %d, beginning with a letter or digit",
                         name, CONFIG_NAME_MAX);
    const struct config_account *there = config_account(daemon->config, name);
    if (there)
        return error_set(error, ST_EXISTS, "there is an account '%s' already, in %s:%d", name,
                         there->origin.file, there->origin.line);
    return ST_OK;
}

/* No reload at the same time: it would put another configuration under the one that is read. */
void daemon_draft(struct daemon *daemon, json_t *body, daemon_draft_fn *done, void *arg)
{
    struct error error = {0};
    enum status status = check_name(daemon, text(body, "name"), &error);
    if (status == ST_OK && (daemon->reloading || daemon->stopping))
        status = error_set(&error, ST_BUSY, "a reload is under way; try again in a moment");
    if (status != ST_OK) {
        wipe(body);
        done(arg, status, &error, NULL);
        return;
    }
    struct drafting *d = mem_alloc(sizeof *d);
    struct runtime *runtime = loop_runtime(daemon->runtime);
    daemon->reloading = true;
    d->daemon = daemon;
    d->body = json_incref(body);
    d->done = done;
    d->arg = arg;
    d->work = (struct work_task){.run = draft_run, .done = draft_done};
    runtime->work_submit(runtime, &d->work);
}

/* ---- an account's file, for who wants to take it away */

static void add_other(json_t *others, const char *file, const struct config_origin *origin,
                      const char *what, const char *name)
{
    if (!origin->file || strcmp(origin->file, file) != 0) return;
    char *sentence = mem_format("%s %s", what, name);
    json_array_append_new(others, json_string(sentence));
    mem_free(sentence);
}

json_t *daemon_account_file(struct daemon *daemon, const char *name)
{
    const struct config *c = daemon->config;
    const struct config_account *account = config_account(c, name);
    if (!account) return NULL;
    const char *file = account->origin.file;
    json_t *others = json_array(), *links = json_array();
    for (size_t i = 0; i < c->account_count; i++)
        if (&c->accounts[i] != account)
            add_other(others, file, &c->accounts[i].origin, "account", c->accounts[i].name);
    for (size_t i = 0; i < c->warehouse_count; i++)
        add_other(others, file, &c->warehouses[i].origin, "warehouse", c->warehouses[i].name);
    for (size_t i = 0; i < c->daemon.section.count; i++)
        add_other(others, file, &c->daemon.section.values[i].origin, "daemon",
                  c->daemon.section.options[i].name);
    for (size_t i = 0; i < c->link_count; i++) {
        const struct config_link *link = &c->links[i];
        bool mine = strcmp(link->account, name) == 0;
        bool here = link->origin.file && strcmp(link->origin.file, file) == 0;
        if (mine == here) continue;
        char *sentence = mem_format("link %s -> %s/%s (%s:%d)", link->warehouse, link->account,
                                    link->remote, link->origin.file, link->origin.line);
        json_array_append_new(mine ? links : others, json_string(sentence));
        mem_free(sentence);
    }
    char *path = absolute(file);
    json_t *json = json_pack("{s:s, s:i, s:o, s:o}", "path", path, "line", account->origin.line,
                             "others", others, "links_elsewhere", links);
    mem_free(path);
    return json;
}
