/* Loading: files to trees, trees merged by section, sections built, the whole checked. Each step
 * goes on after errors so that all are told; a configuration is given out only when there was
 * none. */
#include "config/build.h"
#include "config/files.h"
#include "config/report.h"
#include "config/secret.h"
#include "config/tables.h"

#include "base/mem.h"
#include "base/seal.h"

#include <stdlib.h>
#include <string.h>

struct tree {
    const char *file; /* the configuration's */
    struct config_node *root;
};

/* An element of `links`, which is a list and so has no key. */
struct link_entry {
    const char *file;
    const struct config_node *node;
};

struct loading {
    struct config *config;
    struct config_source source;
    struct tree *trees;
    size_t tree_count;
    struct config_entries daemon, guard, schedule, accounts, warehouses, inboxes, mirrors, hooks,
        api, alerts;
    struct link_entry *links;
    size_t link_count;
    bool whole; /* every file could be read */
};

static void read_file(struct loading *l, const char *name)
{
    struct config *config = l->config;
    char *path = mem_format("%s/%s", config->dir, name);
    config->files[config->file_count++] = path;
    struct bytes text;
    if (!config_file_read(path, l->source.report, &text)) {
        l->whole = false;
        return;
    }
    struct tree *tree = &l->trees[l->tree_count];
    tree->file = path;
    if (config_text_check(text, path, l->source.report) &&
        config_node_parse(text, path, l->source.report, &tree->root))
        l->tree_count++;
    else
        l->whole = false;
    config_file_free(text);
}

static void read_files(struct loading *l)
{
    size_t count;
    char **names = config_files_list(l->config->dir, l->source.report, &count);
    l->config->files = mem_array(count, sizeof *l->config->files);
    l->trees = mem_array(count, sizeof *l->trees);
    for (size_t i = 0; i < count; i++) {
        read_file(l, names[i]);
        mem_free(names[i]);
    }
    mem_free(names);
}

static void gather_links(struct loading *l, const char *file, const struct config_node *list)
{
    struct config_report *report = l->source.report;
    if (config_node_null(list)) return;
    if (list->kind != CONFIG_NODE_LIST) {
        config_report_add(report, CONFIG_ERROR, file, list->line,
                          "'links' must be a list (- {warehouse: ..., account: ..., remote: ...}),"
                          " not %s",
                          config_node_kind(list));
        return;
    }
    if (list->count > CONFIG_LINKS_MAX - l->link_count) {
        config_report_add(report, CONFIG_ERROR, file, list->line, "'links': more than %d",
                          CONFIG_LINKS_MAX);
        return;
    }
    l->links = mem_resize(l->links, (l->link_count + list->count) * sizeof *l->links);
    for (size_t i = 0; i < list->count; i++)
        l->links[l->link_count++] = (struct link_entry){file, list->items[i]};
}

static void gather(struct loading *l, const struct tree *tree)
{
    static const struct config_section none = {0};
    const struct config_table *top = config_table(CONFIG_TABLE_TOP);
    const struct config_section names = {top->options, top->count, none.values};
    const struct config_section *tables[] = {&names};
    struct config_site site = {l->source.report, tree->file, "the file"};
    struct config_entries sections = {0};
    config_entries_add(&sections, &site, "the file", tree->root, CONFIG_KEYS_MAX);
    for (size_t i = 0; i < sections.count; i++) {
        struct config_entry *entry = &sections.items[i];
        const char *name = entry->key->text;
        entry->used = true;
        site.where = name;
        if (!strcmp(name, "daemon"))
            config_entries_add(&l->daemon, &site, "'daemon'", entry->value, CONFIG_KEYS_MAX);
        else if (!strcmp(name, "guard"))
            config_entries_add(&l->guard, &site, "'guard'", entry->value, CONFIG_KEYS_MAX);
        else if (!strcmp(name, "schedule"))
            config_entries_add(&l->schedule, &site, "'schedule'", entry->value, CONFIG_KEYS_MAX);
        else if (!strcmp(name, "api"))
            config_entries_add(&l->api, &site, "'api'", entry->value, CONFIG_KEYS_MAX);
        else if (!strcmp(name, "accounts"))
            config_entries_add(&l->accounts, &site, "'accounts'", entry->value,
                               CONFIG_ACCOUNTS_MAX);
        else if (!strcmp(name, "warehouses"))
            config_entries_add(&l->warehouses, &site, "'warehouses'", entry->value,
                               CONFIG_WAREHOUSES_MAX);
        else if (!strcmp(name, "inboxes"))
            config_entries_add(&l->inboxes, &site, "'inboxes'", entry->value, CONFIG_INBOXES_MAX);
        else if (!strcmp(name, "mirrors"))
            config_entries_add(&l->mirrors, &site, "'mirrors'", entry->value, CONFIG_MIRRORS_MAX);
        else if (!strcmp(name, "hooks"))
            config_entries_add(&l->hooks, &site, "'hooks'", entry->value, CONFIG_HOOKS_MAX);
        else if (!strcmp(name, "alerts"))
            config_entries_add(&l->alerts, &site, "'alerts'", entry->value, CONFIG_KEYS_MAX);
        else if (!strcmp(name, "links"))
            gather_links(l, tree->file, entry->value);
        else
            entry->used = false;
    }
    site.where = "the file";
    config_entries_unused(&sections, &site, "section", tables, 1, NULL);
    config_entries_free(&sections);
}

static bool check_name(struct loading *l, const struct config_entry *entry, const char *thing)
{
    char shown[CONFIG_SHOWN_MAX];
    if (config_name_valid(entry->key->text)) return true;
    config_report_add(l->source.report, CONFIG_ERROR, entry->file, entry->key->line,
                      "'%s' cannot name %s: use lower-case letters, digits, '.', '_' and '-', at"
                      " most %d, beginning with a letter or digit",
                      config_shown_key(entry->key->text, shown), thing, CONFIG_NAME_MAX);
    return false;
}

static int by_key(const void *a, const void *b)
{
    const struct config_entry *x = a, *y = b;
    return strcmp(x->key->text, y->key->text);
}

static void sort_entries(struct config_entries *entries)
{
    if (entries->count) qsort(entries->items, entries->count, sizeof *entries->items, by_key);
}

static int by_remote(const void *a, const void *b)
{
    const struct config_link *x = a, *y = b;
    int order = strcmp(x->account, y->account);
    if (!order) order = strcmp(x->remote, y->remote);
    if (!order) order = (x->order > y->order) - (x->order < y->order);
    return order ? order : strcmp(x->warehouse, y->warehouse);
}

static void build_links(struct loading *l)
{
    struct config *config = l->config;
    config->links = mem_array(l->link_count, sizeof *config->links);
    for (size_t i = 0; i < l->link_count; i++) {
        struct config_link *link = &config->links[config->link_count];
        config_link_build(link, l->source.report, l->links[i].file, l->links[i].node);
        if (link->warehouse && link->account && link->remote)
            config->link_count++;
        else
            config_section_free(&link->section);
    }
    if (config->link_count)
        qsort(config->links, config->link_count, sizeof *config->links, by_remote);
}

static void build_mirrors(struct loading *l)
{
    struct config *config = l->config;
    sort_entries(&l->mirrors);
    config->mirrors = mem_array(l->mirrors.count, sizeof *config->mirrors);
    for (size_t i = 0; i < l->mirrors.count; i++)
        if (check_name(l, &l->mirrors.items[i], "a mirror"))
            config_mirror_build(&config->mirrors[config->mirror_count++], l->source.report,
                                &l->mirrors.items[i]);
}

static void build_hooks(struct loading *l)
{
    struct config *config = l->config;
    sort_entries(&l->hooks);
    config->hooks = mem_array(l->hooks.count, sizeof *config->hooks);
    for (size_t i = 0; i < l->hooks.count; i++)
        if (check_name(l, &l->hooks.items[i], "a hook"))
            config_hook_build(&config->hooks[config->hook_count++], l->source.report,
                              &l->hooks.items[i]);
}

static void build(struct loading *l)
{
    struct config *config = l->config;
    config_daemon_build(&config->daemon, config->instance, l->source.report, &l->daemon);
    const struct config_sealed sealed = {config->daemon.sealed,
                                         seal_new(config->daemon.secret_key)};
    l->source.report->sealed = &sealed;
    config_guard_build(&config->guard, l->source.report, &l->guard);
    config_schedule_build(&config->schedule, l->source.report, &l->schedule);
    l->source.schedule = &config->schedule;
    config_api_build(&config->api, l->source.report, &l->api);
    sort_entries(&l->accounts);
    sort_entries(&l->warehouses);
    config->accounts = mem_array(l->accounts.count, sizeof *config->accounts);
    config->warehouses = mem_array(l->warehouses.count, sizeof *config->warehouses);
    for (size_t i = 0; i < l->accounts.count; i++)
        if (check_name(l, &l->accounts.items[i], "an account"))
            config_account_build(&config->accounts[config->account_count++], &l->source,
                                 &config->daemon, &l->accounts.items[i]);
    for (size_t i = 0; i < l->warehouses.count; i++)
        if (check_name(l, &l->warehouses.items[i], "a warehouse"))
            config_warehouse_build(&config->warehouses[config->warehouse_count++], l->source.report,
                                   &l->warehouses.items[i]);
    build_links(l);
    sort_entries(&l->inboxes);
    config->inboxes = mem_array(l->inboxes.count, sizeof *config->inboxes);
    for (size_t i = 0; i < l->inboxes.count; i++)
        if (check_name(l, &l->inboxes.items[i], "an inbox"))
            config_inbox_build(&config->inboxes[config->inbox_count++], l->source.report,
                               &l->inboxes.items[i]);
    build_mirrors(l);
    build_hooks(l);
    config_alerts_build(&config->alerts, l->source.report, &l->alerts);
    l->source.report->sealed = NULL;
    seal_free(sealed.seal);
}

static void loading_free(struct loading *l)
{
    for (size_t i = 0; i < l->tree_count; i++)
        config_node_free(l->trees[i].root);
    mem_free(l->trees);
    mem_free(l->links);
    config_entries_free(&l->daemon);
    config_entries_free(&l->guard);
    config_entries_free(&l->schedule);
    config_entries_free(&l->api);
    config_entries_free(&l->accounts);
    config_entries_free(&l->warehouses);
    config_entries_free(&l->inboxes);
    config_entries_free(&l->mirrors);
    config_entries_free(&l->hooks);
    config_entries_free(&l->alerts);
}

/* Without the slashes at its end, so that messages read "conf.d/x.yaml". */
static char *plain_dir(const char *dir)
{
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    return mem_text_n(dir, n);
}

struct config *config_load(const char *dir, config_plugin_fn plugin, void *ctx,
                           struct config_report *report)
{
    return config_load_instance(dir, NULL, plugin, ctx, report);
}

struct config *config_load_instance(const char *dir, const char *instance, config_plugin_fn plugin,
                                    void *ctx, struct config_report *report)
{
    *report = (struct config_report){0};
    struct config *config = mem_alloc(sizeof *config);
    config->dir = plain_dir(dir);
    config->instance = instance ? mem_text(instance) : NULL;
    struct loading l = {.config = config,
                        .source = {.report = report, .plugin = plugin, .ctx = ctx},
                        .whole = true};
    read_files(&l);
    for (size_t i = 0; i < l.tree_count; i++)
        if (l.trees[i].root) gather(&l, &l.trees[i]);
    build(&l);
    if (l.whole) config_check(config, report); /* else names may be missing with their file */
    loading_free(&l);
    config_report_sort(report);
    if (!report->errors) return config;
    config_free(config);
    return NULL;
}

void config_free(struct config *config)
{
    if (!config) return;
    config_section_free(&config->daemon.section);
    config_section_free(&config->guard.section);
    config_schedule_free(&config->schedule);
    config_api_free(&config->api);
    mem_free((void *)(uintptr_t)config->daemon.secret_key);
    mem_free((void *)(uintptr_t)config->daemon.sealed);
    for (size_t i = 0; i < config->account_count; i++)
        config_account_free(&config->accounts[i]);
    for (size_t i = 0; i < config->warehouse_count; i++) {
        config_section_free(&config->warehouses[i].section);
        mem_free((void *)(uintptr_t)config->warehouses[i].name);
    }
    for (size_t i = 0; i < config->link_count; i++)
        config_section_free(&config->links[i].section);
    for (size_t i = 0; i < config->inbox_count; i++) {
        config_inbox_free(&config->inboxes[i]);
    }
    for (size_t i = 0; i < config->mirror_count; i++) {
        config_section_free(&config->mirrors[i].section);
        mem_free((void *)(uintptr_t)config->mirrors[i].name);
    }
    mem_free(config->mirrors);
    for (size_t i = 0; i < config->hook_count; i++)
        config_hook_free(&config->hooks[i]);
    mem_free(config->hooks);
    config_alerts_free(&config->alerts);
    for (size_t i = 0; i < config->file_count; i++)
        mem_free(config->files[i]);
    mem_free(config->files);
    mem_free(config->accounts);
    mem_free(config->warehouses);
    mem_free(config->links);
    mem_free(config->inboxes);
    mem_free((void *)(uintptr_t)config->dir);
    mem_free((void *)(uintptr_t)config->instance);
    mem_free(config);
}
