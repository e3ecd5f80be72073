/* The daemon's section, warehouses and links, from their keys. Accounts are in account.c, inboxes
 * in inbox.c. */
#include "config/build.h"
#include "config/report.h"
#include "config/tables.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Where the key is: a path, a credential's, or beside the store. */
static char *key_path(const struct config_daemon *daemon, struct config_report *report)
{
    const struct config_value *value = config_value(&daemon->section, "secret-key");
    static const char word[] = "credential:";
    const char *text = value->text, *dir = getenv("CREDENTIALS_DIRECTORY");
    if (!text || !text[0]) return mem_format("%s.key", daemon->store);
    if (text[0] == '/') return mem_text(text);
    const char *name = strncmp(text, word, sizeof word - 1) == 0 ? text + sizeof word - 1 : NULL;
    const char *fault = NULL;
    if (!name || !name[0] || strchr(name, '/') || name[0] == '.')
        fault = "must be an absolute path, or credential:NAME";
    else if (!dir || !dir[0])
        fault = "needs systemd's LoadCredential: CREDENTIALS_DIRECTORY is not set";
    if (!fault) return mem_format("%s/%s", dir, name);
    config_report_add(report, CONFIG_ERROR, value->origin.file, value->origin.line,
                      "'secret-key' in daemon %s", fault);
    return mem_format("%s.key", daemon->store);
}

/* The defaults of an instance are those of the table with a folder of its own each: stockd-NAME
 * instead of stockd. */
static void move_defaults(struct config_section *section, const char *instance)
{
    static const char *const roots[] = {"/var/lib/stockd", "/run/stockd"};
    for (size_t i = 0; i < section->count; i++) {
        struct config_value *value = &section->values[i];
        if (value->origin.file || value->option->type != CONFIG_PATH) continue;
        for (size_t r = 0; r < sizeof roots / sizeof *roots; r++) {
            size_t size = strlen(roots[r]);
            if (strncmp(value->text, roots[r], size) != 0 || value->text[size] != '/') continue;
            char *moved = mem_format("%s-%s%s", roots[r], instance, value->text + size);
            mem_free((void *)(uintptr_t)value->text);
            value->text = moved;
            break;
        }
    }
}

void config_daemon_build(struct config_daemon *daemon, const char *instance,
                         struct config_report *report, struct config_entries *entries)
{
    const struct config_table *table = config_table(CONFIG_TABLE_DAEMON);
    struct config_site site = {report, NULL, "daemon"};
    struct config_section *section = &daemon->section;
    config_section_init(section, table->options, table->count);
    config_section_take(section, &site, entries);
    if (instance) move_defaults(section, instance);
    const struct config_section *tables[] = {section};
    config_entries_unused(entries, &site, "key", tables, 1, NULL);

    const struct config_value *socket = config_value(section, "socket");
    const struct config_value *plugins = config_value(section, "plugins");
    if (strlen(socket->text) > CONFIG_SOCKET_MAX)
        config_report_add(report, CONFIG_ERROR, socket->origin.file, socket->origin.line,
                          "'socket' in daemon is longer than the %d bytes a unix socket allows",
                          CONFIG_SOCKET_MAX);
    daemon->store = config_section_text(section, "store");
    daemon->store_size = config_section_number(section, "store-size");
    daemon->socket = socket->text;
    daemon->plugins = plugins->items;
    daemon->plugin_count = plugins->item_count;
    daemon->log_level = (enum log_level)config_section_number(section, "log-level");
    daemon->log_format = (enum log_format)config_section_number(section, "log-format");
    daemon->log_file = config_section_text(section, "log-file");
    daemon->backups = config_section_text(section, "backups");
    daemon->backup_schedule = config_section_text(section, "backup-schedule");
    daemon->backup_keep = config_section_number(section, "backup-keep");
    daemon->secret_key = key_path(daemon, report);
    daemon->sealed = mem_format("%s.sealed", daemon->store);
}

void config_guard_build(struct config_guard *guard, struct config_report *report,
                        struct config_entries *entries)
{
    const struct config_table *table = config_table(CONFIG_TABLE_GUARD);
    struct config_site site = {report, NULL, "guard"};
    struct config_section *section = &guard->section;
    config_section_init(section, table->options, table->count);
    config_section_take(section, &site, entries);
    const struct config_section *tables[] = {section};
    config_entries_unused(entries, &site, "key", tables, 1, NULL);
    guard->enabled = config_section_number(section, "enabled") != 0;
    guard->zeroed = (uint32_t)config_section_number(section, "zeroed");
    guard->changed = (uint32_t)config_section_number(section, "changed");
    guard->pieces = config_section_number(section, "pieces");
    guard->source_zeroed = (uint32_t)config_section_number(section, "source-zeroed");
    guard->source_changed = (uint32_t)config_section_number(section, "source-changed");
    guard->source_pieces = config_section_number(section, "source-pieces");
    guard->at_least = (uint32_t)config_section_number(section, "at-least");
}

/* One mapping against one table. */
void config_section_build(struct config_section *section, enum config_table_id id,
                          const struct config_site *site, const struct config_node *node, int line)
{
    const struct config_table *table = config_table(id);
    struct config_entries entries = {0};
    config_section_init(section, table->options, table->count);
    if (config_entries_add(&entries, site, site->where, node, CONFIG_KEYS_MAX)) {
        config_section_take(section, site, &entries);
        config_section_require(section, site, line);
        const struct config_section *tables[] = {section};
        config_entries_unused(&entries, site, "key", tables, 1, NULL);
    }
    config_entries_free(&entries);
}

void config_warehouse_build(struct config_warehouse *warehouse, struct config_report *report,
                            const struct config_entry *entry)
{
    warehouse->name = mem_text(entry->key->text);
    warehouse->origin = (struct config_origin){entry->file, entry->key->line};
    char *where = mem_format("warehouse '%s'", warehouse->name);
    struct config_site site = {report, entry->file, where};
    config_section_build(&warehouse->section, CONFIG_TABLE_WAREHOUSE, &site, entry->value,
                         entry->key->line);
    mem_free(where);
    warehouse->title = config_section_text(&warehouse->section, "name");
    if (!warehouse->title) warehouse->title = warehouse->name;
}

void config_link_build(struct config_link *link, struct config_report *report, const char *file,
                       const struct config_node *node)
{
    struct config_site site = {report, file, "this link"};
    *link = (struct config_link){.origin = {file, node->line}};
    config_section_build(&link->section, CONFIG_TABLE_LINK, &site, node, node->line);
    link->warehouse = config_section_text(&link->section, "warehouse");
    link->account = config_section_text(&link->section, "account");
    link->remote = config_section_text(&link->section, "remote");
    link->order = config_section_number(&link->section, "order");
    link->share_ppm = (uint32_t)config_section_number(&link->section, "share");
}

void config_mirror_build(struct config_mirror *mirror, struct config_report *report,
                         const struct config_entry *entry)
{
    mirror->name = mem_text(entry->key->text);
    mirror->origin = (struct config_origin){entry->file, entry->key->line};
    char *where = mem_format("mirror '%s'", mirror->name);
    struct config_site site = {report, entry->file, where};
    struct config_section *section = &mirror->section;
    config_section_build(section, CONFIG_TABLE_MIRROR, &site, entry->value, entry->key->line);
    mem_free(where);
    mirror->account = config_section_text(section, "account");
    mirror->remote = config_section_text(section, "remote");
    mirror->warehouse = config_section_text(section, "warehouse");
    mirror->every_ms = config_section_number(section, "every");
    mirror->absent_zero = config_section_number(section, "absent") == 1;
    mirror->create = config_section_number(section, "create") != 0;
    mirror->enabled = config_section_number(section, "enabled") != 0;
}
