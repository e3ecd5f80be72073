/* What people read: the result of a check, the configuration in force, a table of options. Secrets
 * are printed by config_value_shown alone, which does not. */
#include "config/tables.h"
#include "config/value.h"

#include "base/share.h"

#include <string.h>

static void count_print(struct buf *out, size_t count, const char *noun)
{
    buf_format(out, "%zu %s%s", count, noun, count == 1 ? "" : "s");
}

void config_check_print(const char *dir, const struct config *config,
                        const struct config_report *report, struct buf *out)
{
    for (size_t i = 0; i < report->count; i++)
        buf_format(out, "%s: %s\n",
                   report->messages[i].severity == CONFIG_ERROR ? "error" : "warning",
                   report->messages[i].text);
    size_t hidden = report->errors + report->warnings - report->count;
    if (hidden) buf_format(out, "... and %zu more\n", hidden);
    if (config) {
        buf_format(out, "%s: good: ", config->dir);
        count_print(out, config->file_count, "file");
        buf_text(out, ", ");
        count_print(out, config->account_count, "account");
        buf_text(out, ", ");
        count_print(out, config->warehouse_count, "warehouse");
        buf_text(out, ", ");
        count_print(out, config->link_count, "link");
        if (config->mirror_count) buf_text(out, ", ");
        if (config->mirror_count) count_print(out, config->mirror_count, "mirror");
    } else {
        buf_format(out, "%s: refused: ", dir);
        count_print(out, report->errors, "error");
    }
    if (report->warnings) {
        buf_text(out, ", ");
        count_print(out, report->warnings, "warning");
    }
    buf_char(out, '\n');
}

/* In double quotes when it could read as anything else. */
static void scalar_print(struct buf *out, const char *text)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_-";
    if (*text && *text != '-' && !text[strspn(text, safe)]) {
        buf_text(out, text);
        return;
    }
    buf_char(out, '"');
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            buf_format(out, "\\x%02x", (unsigned)(unsigned char)*text);
        else {
            if (*text == '"' || *text == '\\') buf_char(out, '\\');
            buf_char(out, *text);
        }
    }
    buf_char(out, '"');
}

static void value_print(struct buf *out, const struct config_value *value)
{
    if (value->option->type != CONFIG_PATHS || value->secret || value->source) {
        scalar_print(out, config_value_shown(value));
        return;
    }
    buf_char(out, '[');
    for (size_t i = 0; i < value->item_count; i++) {
        if (i) buf_text(out, ", ");
        scalar_print(out, value->items[i]);
    }
    buf_char(out, ']');
}

static void section_print(struct buf *out, int indent, const struct config_section *section)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct config_value *value = &section->values[i];
        if (!value->text) continue;
        buf_format(out, "%*s%s: ", indent, "", section->options[i].name);
        value_print(out, value);
        if (value->origin.file) buf_format(out, " # %s:%d", value->origin.file, value->origin.line);
        buf_char(out, '\n');
    }
}

static bool section_any(const struct config_section *section)
{
    for (size_t i = 0; i < section->count; i++)
        if (section->values[i].text) return true;
    return false;
}

static void account_print(struct buf *out, const struct config_account *account)
{
    buf_format(out, "  %s:\n", account->name);
    section_print(out, 4, &account->section);
    section_print(out, 4, &account->options);
    if (section_any(&account->endpoints)) {
        buf_text(out, "    endpoints:\n");
        section_print(out, 6, &account->endpoints);
    }
    if (section_any(&account->schedule.section)) {
        buf_text(out, "    schedule:\n");
        section_print(out, 6, &account->schedule.section);
    }
    if (account->quota_count) buf_text(out, "    quotas:\n");
    for (size_t i = 0; i < account->quota_count; i++) {
        buf_format(out, "      %s:\n", account->quotas[i].name);
        section_print(out, 8, &account->quotas[i].section);
    }
}

static void link_print(struct buf *out, const struct config_link *link)
{
    buf_text(out, "  - {warehouse: ");
    scalar_print(out, link->warehouse);
    buf_text(out, ", account: ");
    scalar_print(out, link->account);
    buf_text(out, ", remote: ");
    scalar_print(out, link->remote);
    buf_format(out, ", order: %lld", (long long)link->order);
    if (link->share_ppm) {
        char share[SHARE_TEXT_MAX];
        buf_format(out, ", share: %s", share_text(link->share_ppm, share));
    }
    buf_format(out, "} # %s:%d\n", link->origin.file, link->origin.line);
}

static void alerts_print(struct buf *out, const struct config_alerts *alerts)
{
    buf_text(out, "alerts:\n");
    section_print(out, 2, &alerts->section);
    buf_text(out, "  rules:\n");
    section_print(out, 4, &alerts->rules);
    buf_text(out, "  reports:\n");
    section_print(out, 4, &alerts->reports.section);
    if (alerts->channel_count) buf_text(out, "  channels:\n");
    for (size_t i = 0; i < alerts->channel_count; i++) {
        buf_format(out, "    %s:\n", alerts->channels[i].name);
        section_print(out, 6, &alerts->channels[i].section);
    }
}

void config_dump(const struct config *config, struct buf *out)
{
    buf_text(out, "daemon:\n");
    section_print(out, 2, &config->daemon.section);
    buf_text(out, "guard:\n");
    section_print(out, 2, &config->guard.section);
    buf_text(out, "schedule:\n");
    section_print(out, 2, &config->schedule.section);
    buf_text(out, "api:\n");
    section_print(out, 2, &config->api.section);
    alerts_print(out, &config->alerts);
    if (config->account_count) buf_text(out, "accounts:\n");
    for (size_t i = 0; i < config->account_count; i++)
        account_print(out, &config->accounts[i]);
    if (config->warehouse_count) buf_text(out, "warehouses:\n");
    for (size_t i = 0; i < config->warehouse_count; i++) {
        buf_format(out, "  %s:\n    name: ", config->warehouses[i].name);
        scalar_print(out, config->warehouses[i].title);
        buf_format(out, " # %s:%d\n", config->warehouses[i].origin.file,
                   config->warehouses[i].origin.line);
    }
    if (config->link_count) buf_text(out, "links:\n");
    for (size_t i = 0; i < config->link_count; i++)
        link_print(out, &config->links[i]);
    if (config->inbox_count) buf_text(out, "inboxes:\n");
    for (size_t i = 0; i < config->inbox_count; i++) {
        buf_format(out, "  %s:\n", config->inboxes[i].name);
        section_print(out, 4, &config->inboxes[i].section);
        if (!section_any(&config->inboxes[i].columns)) continue;
        buf_text(out, "    columns:\n");
        section_print(out, 6, &config->inboxes[i].columns);
    }
    if (config->hook_count) buf_text(out, "hooks:\n");
    for (size_t i = 0; i < config->hook_count; i++) {
        buf_format(out, "  %s:\n", config->hooks[i].name);
        section_print(out, 4, &config->hooks[i].section);
    }
    if (config->mirror_count) buf_text(out, "mirrors:\n");
    for (size_t i = 0; i < config->mirror_count; i++) {
        buf_format(out, "  %s:\n", config->mirrors[i].name);
        section_print(out, 4, &config->mirrors[i].section);
    }
}

void config_options_print(const struct config_option_spec *options, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        buf_format(out, "  %s: ", options[i].name);
        config_type_describe(&options[i], out);
        if (options[i].required) buf_text(out, "; required");
        if (options[i].secret) buf_text(out, "; secret");
        if (options[i].default_value)
            buf_format(out, "; default %s",
                       *options[i].default_value ? options[i].default_value : "empty");
        if (options[i].restart) buf_text(out, "; a change needs a restart");
        buf_char(out, '\n');
        if (options[i].help) buf_format(out, "      %s\n", options[i].help);
    }
}
