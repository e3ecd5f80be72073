/* Mappings against tables: duplicate keys, unknown keys, missing keys, defaults. Not here: what a
 * value must be (value.c), which sections there are (load.c, account.c). */
#include "config/section.h"

#include "config/report.h"

#include "base/mem.h"

#include <string.h>

enum {
    NAMES_MAX = 512, /* names of all tables of a section considered for a hint */
    HINT_MAX = 1 << 10,
};

struct config_entry *config_entries_find(const struct config_entries *entries, const char *key)
{
    for (size_t i = 0; i < entries->count; i++)
        if (!strcmp(entries->items[i].key->text, key)) return &entries->items[i];
    return NULL;
}

static bool add_one(struct config_entries *entries, const struct config_site *site,
                    const struct config_node *key, const struct config_node *value)
{
    const struct config_entry *first = config_entries_find(entries, key->text);
    if (first) {
        char shown[CONFIG_SHOWN_MAX];
        config_report_add(site->report, CONFIG_ERROR, site->file, key->line,
                          "'%s' in %s is given twice; the first is at %s:%d",
                          config_shown_key(key->text, shown), site->where, first->file,
                          first->key->line);
        return false;
    }
    if (entries->count == entries->room) {
        entries->room = entries->room ? entries->room * 2 : 8;
        entries->items = mem_resize(entries->items, entries->room * sizeof *entries->items);
    }
    entries->items[entries->count++] =
        (struct config_entry){.file = site->file, .key = key, .value = value};
    return true;
}

bool config_entries_add(struct config_entries *entries, const struct config_site *site,
                        const char *name, const struct config_node *map, size_t max)
{
    if (config_node_null(map)) return true;
    if (map->kind != CONFIG_NODE_MAP) {
        config_report_add(site->report, CONFIG_ERROR, site->file, map->line,
                          "%s must be a mapping (key: value), not %s", name, config_node_kind(map));
        return false;
    }
    bool good = true;
    for (size_t i = 0; i < map->count; i += 2) {
        if (entries->count >= max) {
            config_report_add(site->report, CONFIG_ERROR, site->file, map->items[i]->line,
                              "%s: more than %zu", name, max);
            return false;
        }
        if (!add_one(entries, site, map->items[i], map->items[i + 1])) good = false;
    }
    return good;
}

void config_entries_free(struct config_entries *entries)
{
    mem_free(entries->items);
    *entries = (struct config_entries){0};
}

bool config_section_init(struct config_section *section, const struct config_option_spec *options,
                         size_t count)
{
    *section = (struct config_section){options, count, mem_array(count, sizeof *section->values)};
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        section->values[i].option = &options[i];
        section->values[i].secret = options[i].secret;
        if (!config_value_default(&section->values[i])) good = false;
    }
    return good;
}

void config_section_free(struct config_section *section)
{
    for (size_t i = 0; i < section->count; i++)
        config_value_clear(&section->values[i]);
    mem_free(section->values);
    *section = (struct config_section){0};
}

void config_section_take(struct config_section *section, const struct config_site *site,
                         struct config_entries *entries)
{
    for (size_t i = 0; i < section->count; i++) {
        struct config_entry *entry = config_entries_find(entries, section->options[i].name);
        if (!entry) continue;
        entry->used = true;
        if (section->options[i].type == CONFIG_MAP) continue;
        struct config_site here = {site->report, entry->file, site->where};
        config_value_take(&section->values[i], &here, entry->value);
    }
}

void config_section_require(const struct config_section *section, const struct config_site *site,
                            int line)
{
    for (size_t i = 0; i < section->count; i++)
        if (section->options[i].required && !section->values[i].origin.file)
            config_report_add(site->report, CONFIG_ERROR, site->file, line, "%s needs '%s': %s",
                              site->where, section->options[i].name,
                              section->options[i].help ? section->options[i].help : "(required)");
}

/* A key that holds what ends a key was meant as "key: value". */
static void unused_hint(const char *key, const char *const *names, size_t count,
                        const char *otherwise, struct buf *hint)
{
    if (strpbrk(key, ":=")) {
        buf_text(hint, "; a key ends with a colon and a space");
        return;
    }
    config_hint(key, names, count, hint);
    if (!hint->size && otherwise) buf_text(hint, otherwise);
}

void config_entries_unused(const struct config_entries *entries, const struct config_site *site,
                           const char *thing, const struct config_section *const *tables,
                           size_t table_count, const char *otherwise)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (size_t t = 0; t < table_count; t++)
        for (size_t i = 0; i < tables[t]->count && count < NAMES_MAX; i++)
            names[count++] = tables[t]->options[i].name;
    for (size_t i = 0; i < entries->count; i++) {
        const struct config_entry *entry = &entries->items[i];
        if (entry->used) continue;
        struct buf hint;
        char shown[CONFIG_SHOWN_MAX];
        buf_init(&hint, HINT_MAX);
        unused_hint(entry->key->text, names, count, otherwise, &hint);
        config_report_add(site->report, CONFIG_ERROR, entry->file, entry->key->line,
                          "unknown %s '%s' in %s%s", thing,
                          config_shown_key(entry->key->text, shown), site->where, buf_cstr(&hint));
        buf_free(&hint);
    }
}

struct config_value *config_section_find(const struct config_section *section, const char *name)
{
    for (size_t i = 0; i < section->count; i++)
        if (!strcmp(section->options[i].name, name)) return &section->values[i];
    return NULL;
}

const struct config_value *config_value(const struct config_section *section, const char *name)
{
    return config_section_find(section, name);
}

const char *config_section_text(const struct config_section *section, const char *name)
{
    const struct config_value *value = config_section_find(section, name);
    return value ? value->text : NULL;
}

int64_t config_section_number(const struct config_section *section, const char *name)
{
    const struct config_value *value = config_section_find(section, name);
    return value ? value->number : 0;
}
