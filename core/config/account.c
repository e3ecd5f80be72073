/* One account: the core's keys, then the plugin's options, endpoints and quotas by its tables. Not
 * here: what must hold between accounts (check.c). */
#include "config/build.h"
#include "config/report.h"
#include "config/tables.h"

#include "base/address.h"
#include "base/mem.h"

#include <string.h>
#include <strings.h>

struct building {
    struct config_account *account;
    struct config_site site;
    struct config_entries entries;
    int line;
};

/* http:// to another host only when allowed by name: the secret would travel readable. */
static void check_plain_http(const struct building *b, const struct config_value *value,
                             const char *name)
{
    if (b->account->allow_plain_http || !value->text) return;
    if (strncasecmp(value->text, "http://", 7) != 0) return;
    if (address_url_is_loopback(value->text)) return;
    config_report_add(b->site.report, CONFIG_ERROR, value->origin.file, value->origin.line,
                      "'%s' in %s is plain http to another host; use https, or set"
                      " allow-plain-http: yes",
                      name, b->site.where);
}

static struct config_option_spec *endpoint_table(const struct config_plugin_spec *spec)
{
    struct config_option_spec *table = mem_array(spec->endpoint_count, sizeof *table);
    for (size_t i = 0; i < spec->endpoint_count; i++)
        table[i] = (struct config_option_spec){.name = spec->endpoints[i].name, .type = CONFIG_URL};
    return table;
}

static void check_option_urls(const struct building *b)
{
    const struct config_plugin_spec *spec = b->account->spec;
    for (size_t i = 0; i < spec->endpoint_count; i++) {
        const char *name = spec->endpoints[i].url_option;
        const struct config_value *value = name ? config_value(&b->account->options, name) : NULL;
        if (!value || !value->text || !*value->text) continue;
        const struct config_option_spec url = {.name = name, .type = CONFIG_URL};
        struct buf must;
        int64_t number;
        buf_init(&must, CONFIG_TEXT_MAX);
        if (config_value_number(&url, value->text, &number, &must))
            check_plain_http(b, value, name);
        else
            config_report_add(b->site.report, CONFIG_ERROR, value->origin.file, value->origin.line,
                              "'%s' in %s %s", name, b->site.where, buf_cstr(&must));
        buf_free(&must);
    }
}

/* The keys of a mapping within the account: endpoints, quotas. */
static void add_map(const struct building *b, struct config_entries *entries,
                    const struct config_entry *entry)
{
    char *name = mem_format("'%s' in %s", entry->key->text, b->site.where);
    const struct config_site site = {b->site.report, b->site.file, name};
    config_entries_add(entries, &site, name, entry->value, CONFIG_KEYS_MAX);
    mem_free(name);
}

static void take_endpoints(struct building *b)
{
    struct config_account *account = b->account;
    struct config_option_spec *table = endpoint_table(account->spec);
    config_section_init(&account->endpoints, table, account->spec->endpoint_count);
    const struct config_entry *entry = config_entries_find(&b->entries, "endpoints");
    if (!entry) return;
    struct config_entries entries = {0};
    add_map(b, &entries, entry);
    config_section_take(&account->endpoints, &b->site, &entries);
    const struct config_section *tables[] = {&account->endpoints};
    config_entries_unused(&entries, &b->site, "endpoint", tables, 1, NULL);
    for (size_t i = 0; i < account->endpoints.count; i++)
        check_plain_http(b, &account->endpoints.values[i], table[i].name);
    config_entries_free(&entries);
}

static void take_quota(struct building *b, const char *bucket, const struct config_entry *entry)
{
    struct config_account *account = b->account;
    const struct config_table *table = config_table(CONFIG_TABLE_QUOTA);
    account->quotas =
        mem_resize(account->quotas, (account->quota_count + 1) * sizeof *account->quotas);
    struct config_quota *quota = &account->quotas[account->quota_count++];
    *quota = (struct config_quota){.name = mem_text(bucket)};
    config_section_init(&quota->section, table->options, table->count);

    char *where = mem_format("quota '%s' of %s", bucket, b->site.where);
    struct config_site site = {b->site.report, b->site.file, where};
    struct config_entries entries = {0};
    config_entries_add(&entries, &site, where, entry->value, CONFIG_KEYS_MAX);
    config_section_take(&quota->section, &site, &entries);
    const struct config_section *tables[] = {&quota->section};
    config_entries_unused(&entries, &site, "key", tables, 1, NULL);
    if (config_node_null(entry->value) || (!entry->value->text && !entry->value->count))
        config_report_add(site.report, CONFIG_ERROR, site.file, entry->key->line,
                          "%s is empty; give amount, per or burst, or leave it out", where);
    config_entries_free(&entries);
    mem_free(where);
    quota->amount = config_section_number(&quota->section, "amount");
    quota->per_ms = config_section_number(&quota->section, "per");
    quota->burst = config_section_number(&quota->section, "burst");
}

static void take_quotas(struct building *b)
{
    const struct config_plugin_spec *spec = b->account->spec;
    const struct config_entry *all = config_entries_find(&b->entries, "quotas");
    if (!all) return;
    struct config_entries entries = {0};
    add_map(b, &entries, all);
    struct config_option_spec *names = mem_array(spec->bucket_count, sizeof *names);
    struct config_section known = {names, spec->bucket_count, NULL};
    for (size_t i = 0; i < spec->bucket_count; i++) { /* in the plugin's order */
        names[i].name = spec->buckets[i];
        struct config_entry *entry = config_entries_find(&entries, spec->buckets[i]);
        if (!entry) continue;
        entry->used = true;
        take_quota(b, spec->buckets[i], entry);
    }
    const struct config_section *tables[] = {&known};
    config_entries_unused(&entries, &b->site, "quota", tables, 1, NULL);
    config_entries_free(&entries);
    mem_free(names);
}

/* A plugin whose table contradicts the core's or itself is not configured at all. */
static bool check_spec(const struct building *b, bool defaults_good)
{
    const struct config_plugin_spec *spec = b->account->spec;
    const char *fault = defaults_good ? NULL : "a default that is not of its option's type";
    for (size_t i = 0; i < spec->option_count && !fault; i++)
        if (config_value(&b->account->section, spec->options[i].name))
            fault = "an option with the name of a key of the core";
    if (!fault) return true;
    config_report_add(b->site.report, CONFIG_ERROR, b->site.file, b->line,
                      "%s cannot be used: the plugin declares %s; it needs another version",
                      b->site.where, fault);
    return false;
}

static void take_core(struct building *b, const struct config_schedule *schedule)
{
    struct config_account *account = b->account;
    const struct config_table *table = config_table(CONFIG_TABLE_ACCOUNT);
    config_section_init(&account->section, table->options, table->count);
    config_section_take(&account->section, &b->site, &b->entries);
    account->plugin = config_section_text(&account->section, "plugin");
    account->enabled = config_section_number(&account->section, "enabled") != 0;
    account->dry_run = config_section_number(&account->section, "dry-run") != 0;
    account->first_plan = config_section_number(&account->section, "first-plan") == 0;
    account->orders = config_section_number(&account->section, "orders") == 0
                          ? CONFIG_ORDERS_IMPORT
                          : CONFIG_ORDERS_EXTERNAL;
    account->timeout_ms = config_section_number(&account->section, "timeout");
    account->batch = config_section_number(&account->section, "batch");
    account->attempts = config_section_number(&account->section, "attempts");
    account->allow_plain_http = config_section_number(&account->section, "allow-plain-http") != 0;
    config_schedule_of_account(account, schedule, &b->site,
                               config_entries_find(&b->entries, "schedule"));
}

static void take_plugin(struct building *b)
{
    struct config_account *account = b->account;
    bool good =
        config_section_init(&account->options, account->spec->options, account->spec->option_count);
    if (!check_spec(b, good)) return;
    config_section_take(&account->options, &b->site, &b->entries);
    config_section_require(&account->options, &b->site, b->line);
    take_endpoints(b);
    check_option_urls(b);
    take_quotas(b);
    const struct config_section *tables[] = {&account->section, &account->options};
    char *otherwise = mem_format("; `stockctl plugin info %s` lists its options", account->plugin);
    config_entries_unused(&b->entries, &b->site, "key", tables, 2, otherwise);
    mem_free(otherwise);
}

static void find_plugin(struct building *b, const struct config_source *source,
                        const struct config_daemon *daemon)
{
    struct config_account *account = b->account;
    if (!account->plugin) return;
    struct error error = {.status = ST_NOT_FOUND, .text = "it cannot be loaded"};
    account->spec = source->plugin(source->ctx, daemon, account->plugin, &error);
    const char *refused = account->spec ? account->spec->refused : NULL;
    if (account->spec && !refused) return;
    account->spec = NULL;
    if (account->enabled) account->left_out = refused;
    const struct config_value *plugin = config_value(&account->section, "plugin");
    config_report_add(source->report, account->enabled && !refused ? CONFIG_ERROR : CONFIG_WARNING,
                      plugin->origin.file, plugin->origin.line, "plugin '%s' of %s: %s%s",
                      account->plugin, b->site.where, refused ? refused : error.text,
                      !account->enabled ? ""
                      : refused         ? "; the account is left out"
                                        : "; or set enabled: no");
}

void config_account_build(struct config_account *account, const struct config_source *source,
                          const struct config_daemon *daemon, const struct config_entry *entry)
{
    account->name = mem_text(entry->key->text);
    account->origin = (struct config_origin){entry->file, entry->key->line};
    char *where = mem_format("account '%s'", account->name);
    struct building b = {
        .account = account, .site = {source->report, entry->file, where}, .line = entry->key->line};
    bool mapping = entry->value->kind == CONFIG_NODE_MAP || config_node_null(entry->value);
    config_entries_add(&b.entries, &b.site, where, entry->value, CONFIG_KEYS_MAX);
    take_core(&b, source->schedule);
    if (mapping) config_section_require(&account->section, &b.site, b.line);
    find_plugin(&b, source, daemon);
    if (account->spec) {
        char *full = mem_format("account '%s' (plugin %s)", account->name, account->plugin);
        b.site.where = full;
        take_plugin(&b);
        mem_free(full);
    }
    mem_free(where);
    config_entries_free(&b.entries);
}

void config_account_free(struct config_account *account)
{
    const struct config_option_spec *endpoints = account->endpoints.options;
    config_section_free(&account->section);
    config_section_free(&account->options);
    config_section_free(&account->endpoints);
    config_schedule_free(&account->schedule);
    mem_free((void *)(uintptr_t)endpoints);
    for (size_t i = 0; i < account->quota_count; i++) {
        config_section_free(&account->quotas[i].section);
        mem_free((void *)(uintptr_t)account->quotas[i].name);
    }
    mem_free(account->quotas);
    mem_free((void *)(uintptr_t)account->name);
}
