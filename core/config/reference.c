/* The generated part of docs/configuration.md, from the tables the parser reads. */
#include "config/tables.h"
#include "config/value.h"

static void cell_default(const struct config_option_spec *option, struct buf *out)
{
    if (option->required)
        buf_text(out, "**required**");
    else if (!option->default_value)
        buf_text(out, "-");
    else if (!*option->default_value)
        buf_text(out, "empty");
    else if (option->type == CONFIG_PATHS)
        buf_format(out, "`[%s]`", option->default_value);
    else
        buf_format(out, "`%s`", option->default_value);
}

static void row_write(const struct config_option_spec *option, struct buf *out)
{
    buf_format(out, "| `%s` | ", option->name);
    config_type_describe(option, out);
    buf_text(out, " | ");
    cell_default(option, out);
    buf_format(out, " | %s%s |\n", option->help,
               option->restart ? " A change needs a restart." : "");
}

static void limits_write(struct buf *out)
{
    static const struct {
        const char *what;
        long long limit;
    } limits[] = {
        {"bytes of one file", CONFIG_FILE_MAX},
        {"files", CONFIG_FILES_MAX},
        {"nested mappings and lists", CONFIG_DEPTH_MAX},
        {"values in one file", CONFIG_NODES_MAX},
        {"keys in one mapping", CONFIG_KEYS_MAX},
        {"accounts", CONFIG_ACCOUNTS_MAX},
        {"warehouses", CONFIG_WAREHOUSES_MAX},
        {"links", CONFIG_LINKS_MAX},
        {"inboxes", CONFIG_INBOXES_MAX},
        {"mirrors", CONFIG_MIRRORS_MAX},
        {"hooks", CONFIG_HOOKS_MAX},
        {"channels of alerts", CONFIG_CHANNELS_MAX},
        {"paths in one list", CONFIG_PATHS_MAX},
        {"bytes of a name", CONFIG_NAME_MAX},
        {"bytes of a remote id or a title", CONFIG_TEXT_MAX},
        {"bytes of any other value, references filled in", CONFIG_VALUE_MAX},
        {"bytes of the socket's path", CONFIG_SOCKET_MAX},
        {"errors told at once, and as many warnings", CONFIG_MESSAGES_MAX},
    };
    buf_text(out, "\n### Limits\n\n| what | at most |\n|---|---|\n");
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        buf_format(out, "| %s | %lld |\n", limits[i].what, limits[i].limit);
}

void config_reference_write(struct buf *out)
{
    for (int id = 0; id < CONFIG_TABLE_COUNT; id++) {
        const struct config_table *table = config_table((enum config_table_id)id);
        buf_format(out,
                   "%s### %s\n\n%s\n\n| key | value | default | meaning |\n|---|---|---|---|\n",
                   id ? "\n" : "", table->title, table->help);
        for (size_t i = 0; i < table->count; i++)
            row_write(&table->options[i], out);
    }
    limits_write(out);
}
