/* Mappings of the files against tables (inside config). */
#ifndef STOCKD_CONFIG_SECTION_H
#define STOCKD_CONFIG_SECTION_H

#include "config/config.h"
#include "config/node.h"
#include "config/value.h"

/* One key as a file gives it. */
struct config_entry {
    const char *file;
    const struct config_node *key, *value;
    bool used;
};

/* The keys of one mapping, which may come from several files; each key is there once. */
struct config_entries {
    struct config_entry *items;
    size_t count, room;
};

/* Adds the keys of `map`. A key that is there already is reported with both places. A mapping
 * without value counts as empty, anything else than a mapping is reported: "'daemon' must be ...".
 * `max` bounds the whole. False when something was reported. */
bool config_entries_add(struct config_entries *entries, const struct config_site *site,
                        const char *name, const struct config_node *map, size_t max);
struct config_entry *config_entries_find(const struct config_entries *entries, const char *key);
void config_entries_free(struct config_entries *entries);

/* All values of a table at their defaults. False when a default is not of its type. */
bool config_section_init(struct config_section *section, const struct config_option_spec *options,
                         size_t count);
void config_section_free(struct config_section *section);
/* Takes the keys of this table and marks them used; maps are left to the caller, but marked too. */
void config_section_take(struct config_section *section, const struct config_site *site,
                         struct config_entries *entries);
/* Reports required keys that were not given, at `line` of the site's file. */
void config_section_require(const struct config_section *section, const struct config_site *site,
                            int line);
/* Reports each key that nobody used; `tables` are where names may come from, `otherwise` is the
 * sentence's end when none of them is near ("; ..."), or NULL for a list of a few names. */
void config_entries_unused(const struct config_entries *entries, const struct config_site *site,
                           const char *thing, const struct config_section *const *tables,
                           size_t table_count, const char *otherwise);
struct config_value *config_section_find(const struct config_section *section, const char *name);
const char *config_section_text(const struct config_section *section, const char *name);
int64_t config_section_number(const struct config_section *section, const char *name);

#endif
