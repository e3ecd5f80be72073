/* stockd.conf(5), from the tables that the parser of conf.d reads. */
#include "pages.h"

#include "config/tables.h"
#include "config/value.h"

static const char *const files =
    "`stockd` reads every file of its directory that ends in `.yaml`, in the order of their names, "
    "and "
    "merges them. An empty directory is fine. A section may be spread over files, but a key, an "
    "account or a warehouse stands in one file only. Directory and files must belong to root or to "
    "the user who runs stockd, and not be writable by everybody.";
static const char *const values =
    "YAML here is plain: mappings, lists and text. Every value is text and gets its type from the "
    "key "
    "it belongs to, so `client-id: 007` stays 007. Anchors, aliases, tags, several documents in "
    "one "
    "file and tabs are refused. Durations are written `500ms`, `30s`, `10m`, `6h`, `2d`; sizes "
    "`512B`, `16KiB`, `64GiB`; names in lower-case letters, digits, `.`, `_` and `-`.";
static const char *const references =
    "Values may refer to secrets outside the file: `${file:/path}` a file that only stockd can "
    "read, "
    "`${env:NAME}` an environment variable, `${credential:name}` a credential given by systemd's "
    "LoadCredential=, and `${sealed:NAME}` what `stockctl account secret`, `hook secret` or `alert "
    "secret` sealed. `$${` "
    "is "
    "a plain `${`.";
static const char *const example = "accounts:\n"
                                   "  ozon-main:\n"
                                   "    plugin: ozon\n"
                                   "    client-id: 1234567\n"
                                   "    api-key: ${file:/etc/stockd/ozon.key}\n"
                                   "warehouses:\n"
                                   "  pp: {name: Main warehouse}\n"
                                   "links:\n"
                                   "  - {warehouse: pp, account: ozon-main, remote: \"1020005\"}\n";

static void say_option(struct buf *out, const struct config_option_spec *option)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    roff_tag(out, option->name, NULL);
    config_type_describe(option, &text);
    if (option->required)
        buf_text(&text, "; required");
    else if (option->default_value && *option->default_value)
        buf_format(&text, "; default `%s`", option->default_value);
    roff_text(out, buf_cstr(&text));
    buf_text(out, ".br\n");
    roff_text(out, option->help);
    if (option->restart) roff_text(out, "A change needs a restart.");
    buf_free(&text);
}

void page_conf(struct buf *out)
{
    roff_title(out, "stockd.conf", 5, "configuration of stockd");
    roff_section(out, "SYNOPSIS");
    buf_text(out, "\\fI/etc/stockd/conf.d/*.yaml\\fR\n.br\n\\fI/etc/stockd/NAME.d/*.yaml\\fR\n");
    roff_section(out, "DESCRIPTION");
    roff_text(out, files);
    buf_text(out, ".PP\n");
    roff_text(out, "`stockd --check` says what is wrong, with file and line; `stockctl reload` and "
                   "`systemctl reload stockd` put changes in force, and change nothing where "
                   "there is a mistake.");
    roff_section(out, "VALUES");
    roff_text(out, values);
    buf_text(out, ".PP\n");
    roff_text(out, references);
    roff_section(out, "KEYS");
    for (int id = 0; id < CONFIG_TABLE_COUNT; id++) {
        const struct config_table *table = config_table((enum config_table_id)id);
        buf_format(out, ".SS \"%s\"\n", table->title);
        roff_text(out, table->help);
        for (size_t i = 0; i < table->count; i++)
            say_option(out, &table->options[i]);
    }
    roff_section(out, "INSTANCES");
    roff_text(out, "`stockd -i NAME` reads `/etc/stockd/NAME.d`, and its defaults of `store`, "
                   "`backups` and `socket` are below `/var/lib/stockd-NAME` and "
                   "`/run/stockd-NAME`.");
    roff_section(out, "EXAMPLES");
    roff_lines(out, example, __builtin_strlen(example));
    roff_section(out, "SEE ALSO");
    buf_text(out, ".BR stockd (8),\n.BR stockctl (1)\n.PP\n");
    roff_text(out, "The keys of each marketplace: `stockctl plugin info NAME`, and "
                   "`/usr/share/doc/stockd/marketplaces`.");
}
