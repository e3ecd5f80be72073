/* The section `hooks`: what shops of one's own may tell by signed requests. */
#include "config/build.h"
#include "config/report.h"

#include "base/mem.h"

#include <string.h>

enum {
    SECRET_LEAST = 16, /* bytes: what is shorter can be guessed from one delivery */
    NAME_MOST = 32,    /* HOOK_NAME_MAX: "hook:NAME" is the actor of what it tells */
};

static void complain(const struct config_hook *hook, const struct config_site *site,
                     const char *key, const char *must)
{
    const struct config_value *value = config_value(&hook->section, key);
    const struct config_origin *at = value->origin.file ? &value->origin : &hook->origin;
    config_report_add(site->report, CONFIG_ERROR, at->file, at->line, "'%s' in %s %s", key,
                      site->where, must);
}

/* A token of RFC 9110. */
static bool is_header(const char *text)
{
    static const char others[] = "!#$%&'*+-.^_`|~";
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && !strchr(others, c)) return false;
    }
    return n > 0 && n <= CONFIG_NAME_MAX;
}

static void check(const struct config_hook *hook, const struct config_site *site)
{
    static const char *const headers[] = {"signature-header", "timestamp-header",
                                          "delivery-header"};
    const char *texts[] = {hook->signature_header, hook->timestamp_header, hook->delivery_header};
    if (strlen(hook->name) > NAME_MOST)
        config_report_add(site->report, CONFIG_ERROR, hook->origin.file, hook->origin.line,
                          "%s: a hook's name has at most %d bytes", site->where, NAME_MOST);
    if (hook->secret && strlen(hook->secret) < SECRET_LEAST)
        complain(hook, site, "secret",
                 "must have 16 bytes or more: `openssl rand -hex 32` makes one");
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (!is_header(texts[i])) complain(hook, site, headers[i], "must be the name of a header");
    if (hook->keep_ms < 2 * hook->window_ms)
        complain(hook, site, "keep",
                 "must be twice 'window' or more, or deliveries could be "
                 "replayed");
}

void config_hook_build(struct config_hook *hook, struct config_report *report,
                       const struct config_entry *entry)
{
    hook->name = mem_text(entry->key->text);
    hook->origin = (struct config_origin){entry->file, entry->key->line};
    char *where = mem_format("hook '%s'", hook->name);
    struct config_site site = {report, entry->file, where};
    struct config_section *section = &hook->section;
    config_section_build(section, CONFIG_TABLE_HOOK, &site, entry->value, entry->key->line);
    hook->orders = config_section_number(section, "kind") == 1;
    hook->enabled = config_section_number(section, "enabled") != 0;
    hook->adjust = config_section_number(section, "mode") == 1;
    hook->available = config_section_number(section, "figure") == 1;
    hook->signs = (enum config_hook_signs)config_section_number(section, "signs");
    hook->base64 = config_section_number(section, "encoding") == 1;
    hook->secret = config_section_text(section, "secret");
    hook->warehouse = config_section_text(section, "warehouse");
    hook->signature_header = config_section_text(section, "signature-header");
    hook->timestamp_header = config_section_text(section, "timestamp-header");
    hook->delivery_header = config_section_text(section, "delivery-header");
    hook->window_ms = config_section_number(section, "window");
    hook->keep_ms = config_section_number(section, "keep");
    hook->body_max = config_section_number(section, "max-body");
    hook->rate = config_section_number(section, "rate");
    check(hook, &site);
    mem_free(where);
}

void config_hook_free(struct config_hook *hook)
{
    config_section_free(&hook->section);
    mem_free((void *)(uintptr_t)hook->name);
}
