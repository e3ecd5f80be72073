/* The section inboxes: each folder's keys, and how columns of its files are named. What a file then
 * has is core/intake's. */
#include "config/build.h"
#include "config/report.h"
#include "config/tables.h"

#include "base/csv.h"
#include "base/mem.h"

#include <string.h>

static void fault(const struct config_value *value, const struct config_site *site,
                  const char *text)
{
    config_report_add(site->report, CONFIG_ERROR, value->origin.file, value->origin.line,
                      "'%s' in %s %s", value->option->name, site->where, text);
}

/* What can be said of it before there is a file. */
static void check_columns(const struct config_section *section, const struct config_site *site)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct config_value *value = &section->values[i];
        if (!value->text) continue;
        if (csv_column_number(value->text) < 0)
            fault(value, site, "must be a title, or a number from \"#1\" to \"#64\"");
        for (size_t k = 0; k < i; k++)
            if (section->values[k].text && !strcmp(section->values[k].text, value->text))
                fault(value, site, "is a column that another key names, too");
    }
    const struct config_value *barcode = config_value(section, "barcode");
    if (barcode->text && config_section_text(section, "sku"))
        fault(barcode, site,
              "cannot stand beside 'sku': a row is known by one of them; leave one out");
}

static void take_columns(struct config_inbox *inbox, struct config_report *report,
                         const struct config_entry *entry)
{
    struct config_section *section = &inbox->columns;
    char *where = mem_format("columns of inbox '%s'", inbox->name);
    struct config_site site = {report, entry->file, where};
    config_section_build(section, CONFIG_TABLE_INBOX_COLUMNS, &site, entry->value,
                         entry->key->line);
    check_columns(section, &site);
    mem_free(where);
}

void config_inbox_build(struct config_inbox *inbox, struct config_report *report,
                        const struct config_entry *entry)
{
    const struct config_table *table = config_table(CONFIG_TABLE_INBOX);
    struct config_entries entries = {0};
    inbox->name = mem_text(entry->key->text);
    inbox->origin = (struct config_origin){entry->file, entry->key->line};
    char *where = mem_format("inbox '%s'", inbox->name);
    struct config_site site = {report, entry->file, where};
    struct config_section *section = &inbox->section;
    config_section_init(section, table->options, table->count);
    if (config_entries_add(&entries, &site, where, entry->value, CONFIG_KEYS_MAX)) {
        config_section_take(section, &site, &entries);
        config_section_require(section, &site, entry->key->line);
        const struct config_section *tables[] = {section};
        config_entries_unused(&entries, &site, "key", tables, 1, NULL);
        const struct config_entry *columns = config_entries_find(&entries, "columns");
        if (columns) take_columns(inbox, report, columns);
    }
    config_entries_free(&entries);
    mem_free(where);
    inbox->folder = config_section_text(section, "folder");
    inbox->enabled = config_section_number(section, "enabled") != 0;
    inbox->warehouse = config_section_text(section, "warehouse");
    inbox->available = config_section_number(section, "kind") != 0;
    inbox->create = config_section_number(section, "unknown") != 0;
    inbox->encoding = (unsigned)config_section_number(section, "encoding");
    inbox->separator = "\0,;\t|"[config_section_number(section, "separator")];
    inbox->settle_ms = config_section_number(section, "settle");
    inbox->poll_ms = config_section_number(section, "poll");
    inbox->size_max = config_section_number(section, "max-size");
}

void config_inbox_free(struct config_inbox *inbox)
{
    config_section_free(&inbox->section);
    config_section_free(&inbox->columns);
    mem_free((void *)(uintptr_t)inbox->name);
}
