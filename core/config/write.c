/* The text of a new file of conf.d. Where it is put, and by whom, is others' business. */
#include "config/config.h"

#include <string.h>
#include <strings.h>

/* Words that need no quotes in YAML whatever reads it. */
static bool is_plain(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char more[] = "0123456789._/-+@";
    size_t begin = strspn(text, letters);
    size_t digits = strspn(text, "0123456789");
    if (text[digits] == '\0') return digits > 0;
    if (begin == 0 || strcasecmp(text, "null") == 0) return false; /* that would be no value */
    for (const char *at = text; *at; at++)
        if (!strchr(letters, *at) && !strchr(more, *at)) return false;
    return true;
}

static void add_value(struct buf *out, const char *text)
{
    if (is_plain(text)) {
        buf_text(out, text);
        return;
    }
    buf_char(out, '"');
    for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
        if (*at == '$' && at[1] == '{') buf_char(out, '$'); /* no reference: it is meant so */
        if (*at == '"' || *at == '\\') buf_char(out, '\\');
        if (*at < 0x20 || *at == 0x7f)
            buf_format(out, "\\x%02x", *at);
        else
            buf_char(out, (char)*at);
    }
    buf_char(out, '"');
}

void config_draft_write(const struct config_draft *draft, struct buf *out)
{
    buf_format(out, "accounts:\n  %s:\n    plugin: %s\n", draft->name, draft->plugin);
    for (size_t i = 0; i < draft->option_count; i++) {
        buf_format(out, "    %s: ", draft->options[i].name);
        add_value(out, draft->options[i].text);
        buf_char(out, '\n');
    }
    for (size_t i = 0; i < draft->secret_count; i++)
        buf_format(out, "    %s: ${sealed:%s.%s}\n", draft->secrets[i], draft->name,
                   draft->secrets[i]);
    buf_format(out, "    orders: %s\n", draft->orders_import ? "import" : "external");
    if (draft->dry_run) buf_text(out, "    dry-run: yes\n");
    if (draft->allow_plain_http) buf_text(out, "    allow-plain-http: yes\n");
    if (draft->endpoint_count) buf_text(out, "    endpoints:\n");
    for (size_t i = 0; i < draft->endpoint_count; i++) {
        buf_format(out, "      %s: ", draft->endpoints[i].name);
        add_value(out, draft->endpoints[i].text);
        buf_char(out, '\n');
    }
}

void config_draft_file(const char *name, struct buf *out)
{
    buf_format(out, "50-%s.yaml", name);
}
