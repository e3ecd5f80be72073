/* One value: from the node of a file, through its references, to its type; or from the table's
 * default. The one place where a secret's text exists. Not here: what a type looks like (type.c).
 */
#include "config/value.h"

#include "config/report.h"
#include "config/secret.h"

#include "base/mem.h"

#include <string.h>

enum { SENTENCE_MAX = 4 << 10 };

static void complain(const struct config_value *value, const struct config_site *site, int line,
                     enum config_severity severity, const char *sentence)
{
    config_report_add(site->report, severity, site->file, line, "'%s' in %s %s",
                      value->option->name, site->where, sentence);
}

static bool takes_references(enum config_type type)
{
    return type != CONFIG_NAME && type != CONFIG_TEXT && type != CONFIG_SCHEDULE;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < 0x20 && !strchr("\n\r\t", *text)) || *text == 0x7f) return true;
    return false;
}

/* The text with its references filled in, as a copy; NULL after reporting. */
static char *resolve(struct config_value *value, const struct config_site *site,
                     const struct config_node *node, bool *references)
{
    *references = false;
    if (!config_secret_has(node->text)) return mem_text(node->text);
    struct buf sentence;
    buf_init(&sentence, SENTENCE_MAX);
    struct error error, warning;
    size_t count = 0;
    char *text = NULL;
    if (takes_references(value->option->type))
        text = config_secret_resolve(node->text, site->report->sealed, &count, &error, &warning);
    else
        error_set(&error, ST_INVALID, "references such as ${env:...} are not allowed here");
    if (!text) {
        buf_format(&sentence, "cannot be used: %s", error.text);
        complain(value, site, node->line, CONFIG_ERROR, buf_cstr(&sentence));
    } else if (warning.status != ST_OK) {
        buf_format(&sentence, "is exposed: %s", warning.text);
        complain(value, site, node->line, CONFIG_WARNING, buf_cstr(&sentence));
    }
    buf_free(&sentence);
    *references = count > 0;
    return text;
}

static void choice_hint(const char *choices, const char *text, struct buf *out)
{
    enum { CHOICES_MAX = 32 };
    char *copy = mem_text(choices), *rest = copy, *one;
    const char *names[CHOICES_MAX];
    size_t count = 0;
    while (count < CHOICES_MAX && (one = strsep(&rest, "|")))
        names[count++] = one;
    struct buf hint;
    buf_init(&hint, SENTENCE_MAX);
    config_hint(text, names, count, &hint);
    if (strstr(buf_cstr(&hint), "did you mean")) buf_text(out, buf_cstr(&hint));
    buf_free(&hint);
    mem_free(copy);
}

static bool fits(struct config_value *value, const struct config_site *site,
                 const struct config_node *node, const char *text, bool hidden, int64_t *number)
{
    const struct config_option_spec *option = value->option;
    struct buf must;
    buf_init(&must, SENTENCE_MAX);
    char shown[CONFIG_SHOWN_MAX];
    bool good = config_value_number(option, text, number, &must);
    if (option->type == CONFIG_URL && strpbrk(text, "@?#")) hidden = true; /* passwords, tokens */
    if (!good) {
        if (hidden)
            buf_text(&must, ", not ***");
        else if (option->type != CONFIG_SCHEDULE) /* its sentence says that */
            buf_format(&must, ", not '%s'", config_shown(text, shown));
        if (option->type == CONFIG_CHOICE && !hidden) choice_hint(option->choices, text, &must);
    } else if (has_control(text)) {
        good = false;
        buf_text(&must, "holds a control character");
    } else if (option->required && !*text) {
        good = false;
        buf_text(&must, "is empty");
    }
    if (!good) complain(value, site, node->line, CONFIG_ERROR, buf_cstr(&must));
    buf_free(&must);
    return good;
}

static bool is_scalar(struct config_value *value, const struct config_site *site,
                      const struct config_node *node)
{
    const char *fault = NULL;
    if (node->kind == CONFIG_NODE_MAP)
        fault = "must be a single value, not a mapping";
    else if (node->kind == CONFIG_NODE_LIST)
        fault = "must be a single value, not a list";
    else if (config_node_null(node))
        fault = "has no value; write \"\" for an empty one, and what begins with # in quotes";
    else if (strlen(node->text) > CONFIG_VALUE_MAX)
        fault = "is longer than 65536 bytes";
    if (fault) complain(value, site, node->line, CONFIG_ERROR, fault);
    return !fault;
}

/* A text of the file, resolved and typed; NULL after reporting. */
static char *scalar(struct config_value *value, const struct config_site *site,
                    const struct config_node *node, bool *references, int64_t *number)
{
    if (!is_scalar(value, site, node)) return NULL;
    char *text = resolve(value, site, node, references);
    if (!text) return NULL;
    if (fits(value, site, node, text, value->secret || *references, number)) return text;
    config_wipe_text(text);
    return NULL;
}

static void take_text(struct config_value *value, const struct config_site *site,
                      const struct config_node *node)
{
    bool references;
    int64_t number;
    char *text = scalar(value, site, node, &references, &number);
    if (!text) return;
    struct config_value old = *value;
    value->text = text;
    value->source = references ? mem_text(node->text) : NULL;
    value->number = number;
    config_wipe_text(old.text);
    config_wipe_text(old.source);
    if (value->secret && !references && *text)
        complain(value, site, node->line, CONFIG_WARNING,
                 "is a secret written in plain; seal it (`stockctl account secret`, `hook secret`, "
                 "`alert secret`) and write what that says, or ${file:/path}");
}

static void drop_items(struct config_value *value)
{
    for (size_t i = 0; i < value->item_count; i++)
        config_wipe_text(value->items[i]);
    mem_free((void *)(uintptr_t)value->items);
    value->items = NULL;
    value->item_count = 0;
}

/* A list's text is "[a, b]", its source the same with the references as written. */
static void take_list(struct config_value *value, const struct config_site *site,
                      const struct config_node *node)
{
    if (node->kind != CONFIG_NODE_LIST || node->count > CONFIG_PATHS_MAX) {
        complain(value, site, node->line, CONFIG_ERROR,
                 "must be a list of at most 16 paths: [/a, /b]");
        return;
    }
    char **items = mem_array(node->count, sizeof *items);
    struct buf text, source;
    buf_init(&text, CONFIG_PATHS_MAX * (CONFIG_VALUE_MAX + 2));
    buf_init(&source, CONFIG_PATHS_MAX * (CONFIG_VALUE_MAX + 2));
    size_t count = 0;
    bool any = false;
    for (size_t i = 0; i < node->count; i++) {
        bool references;
        int64_t number;
        char *one = scalar(value, site, node->items[i], &references, &number);
        if (!one) continue;
        any = any || references;
        buf_format(&text, "%s%s", count ? ", " : "[", one);
        buf_format(&source, "%s%s", count ? ", " : "[", node->items[i]->text);
        items[count++] = one;
    }
    buf_text(&text, count ? "]" : "[]");
    buf_text(&source, count ? "]" : "[]");
    config_value_clear(value);
    value->items = (const char *const *)items;
    value->item_count = count;
    value->text = buf_take(&text);
    if (any) value->source = buf_take(&source);
    buf_free(&source);
}

void config_value_take(struct config_value *value, const struct config_site *site,
                       const struct config_node *node)
{
    if (value->option->type == CONFIG_PATHS)
        take_list(value, site, node);
    else
        take_text(value, site, node);
    value->origin = (struct config_origin){site->file, node->line};
}

bool config_value_default(struct config_value *value)
{
    const char *text = value->option->default_value;
    if (!text) return true;
    struct buf must;
    buf_init(&must, SENTENCE_MAX);
    bool good = config_value_number(value->option, text, &value->number, &must);
    buf_free(&must);
    if (!good) return false;
    if (value->option->type == CONFIG_PATHS) {
        char **items = mem_array(1, sizeof *items);
        items[0] = mem_text(text);
        value->items = (const char *const *)items;
        value->item_count = 1;
        value->text = mem_format("[%s]", text);
    } else {
        value->text = mem_text(text);
    }
    return true;
}

void config_value_clear(struct config_value *value)
{
    drop_items(value);
    config_wipe_text(value->text);
    config_wipe_text(value->source);
    value->text = value->source = NULL;
}

const char *config_value_shown(const struct config_value *value)
{
    if (!value->text) return "";
    if (value->secret) return "***";
    return value->source ? value->source : value->text;
}
