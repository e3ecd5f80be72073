/* YAML to a tree, by libyaml, without what makes YAML surprising: anchors, aliases, tags, merge
 * keys, several documents. Not here: what the keys mean. */
#include "config/node.h"
#include "config/report.h"

#include "base/mem.h"

#include <string.h>
#include <yaml.h>

struct parse {
    yaml_parser_t yaml;
    struct bytes text;
    const char *file;
    struct config_report *report;
    struct config_node *stack[CONFIG_DEPTH_MAX];
    size_t depth, nodes;
    struct config_node *root;
    bool document;
};

static bool fail(struct parse *p, size_t line, const char *sentence)
{
    config_report_add(p->report, CONFIG_ERROR, p->file, (int)line + 1, "%s", sentence);
    return false;
}

void config_node_free(struct config_node *node)
{
    if (!node) return;
    for (size_t i = 0; i < node->count; i++)
        config_node_free(node->items[i]);
    mem_free(node->items);
    config_wipe_text(node->text);
    mem_free(node);
}

bool config_node_null(const struct config_node *node)
{
    if (node->kind != CONFIG_NODE_TEXT || !node->plain) return false;
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++)
        if (!strcmp(node->text, nulls[i])) return true;
    return false;
}

const char *config_node_kind(const struct config_node *node)
{
    if (node->kind == CONFIG_NODE_MAP) return "a mapping";
    if (node->kind == CONFIG_NODE_LIST) return "a list";
    return "a single value";
}

static bool check_key(struct parse *p, const struct config_node *map, const struct config_node *key,
                      size_t line)
{
    if (key->kind != CONFIG_NODE_TEXT)
        return fail(p, line, "a mapping or a list stands where a key must be");
    if (key->plain && !strcmp(key->text, "<<"))
        return fail(p, line, "merge keys ('<<') are not allowed; write the keys out");
    if (map->count / 2 >= CONFIG_KEYS_MAX) {
        config_report_add(p->report, CONFIG_ERROR, p->file, key->line,
                          "more than %d keys in one mapping", CONFIG_KEYS_MAX);
        return false;
    }
    return true;
}

/* Takes the node in any case. */
static bool attach(struct parse *p, struct config_node *node, size_t line)
{
    if (!p->depth) {
        p->root = node;
        return true;
    }
    struct config_node *parent = p->stack[p->depth - 1];
    bool is_key = parent->kind == CONFIG_NODE_MAP && parent->count % 2 == 0;
    if (is_key && !check_key(p, parent, node, line)) {
        config_node_free(node);
        return false;
    }
    if ((parent->count & (parent->count - 1)) == 0) /* full at every power of two */
        parent->items = mem_resize(parent->items, (parent->count ? parent->count * 2 : 1) *
                                                      sizeof(struct config_node *));
    parent->items[parent->count++] = node;
    return true;
}

static bool add_node(struct parse *p, enum config_node_kind kind, size_t line,
                     const yaml_event_t *scalar)
{
    if (++p->nodes > CONFIG_NODES_MAX)
        return fail(p, line, "the file holds too many values; split it");
    struct config_node *node = mem_alloc(sizeof *node);
    node->kind = kind;
    node->line = (int)line + 1;
    if (scalar) {
        node->text =
            mem_text_n((const char *)scalar->data.scalar.value, scalar->data.scalar.length);
        node->plain = scalar->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        if (strlen(node->text) != scalar->data.scalar.length) {
            config_node_free(node);
            return fail(p, line, "a value holds a NUL character");
        }
        return attach(p, node, line);
    }
    if (p->depth == CONFIG_DEPTH_MAX) {
        config_node_free(node);
        return fail(p, line, "nested too deep");
    }
    if (!attach(p, node, line)) return false;
    p->stack[p->depth++] = node;
    return true;
}

static bool refuse_marks(struct parse *p, const yaml_event_t *event)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    }
    size_t line = event->start_mark.line;
    if (anchor)
        return fail(p, line, "anchors ('&') are not allowed; put a text with '&' in quotes");
    if (tag) return fail(p, line, "tags ('!') are not allowed; put a text with '!' in quotes");
    return true;
}

static bool begin_document(struct parse *p, const yaml_event_t *event)
{
    size_t line = event->start_mark.line;
    if (p->document)
        return fail(p, line, "a second document ('---') is not allowed; use another file");
    p->document = true;
    if (event->data.document_start.version_directive ||
        event->data.document_start.tag_directives.start !=
            event->data.document_start.tag_directives.end)
        return fail(p, line, "directives ('%') are not allowed");
    return true;
}

static bool take(struct parse *p, const yaml_event_t *event)
{
    size_t line = event->start_mark.line;
    if (!refuse_marks(p, event)) return false;
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT: return begin_document(p, event);
    case YAML_ALIAS_EVENT:
        return fail(p, line, "aliases ('*') are not allowed; put a text with '*' in quotes");
    case YAML_SCALAR_EVENT: return add_node(p, CONFIG_NODE_TEXT, line, event);
    case YAML_SEQUENCE_START_EVENT: return add_node(p, CONFIG_NODE_LIST, line, NULL);
    case YAML_MAPPING_START_EVENT: return add_node(p, CONFIG_NODE_MAP, line, NULL);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: p->depth--; return true;
    default: return true;
    }
}

/* libyaml's own sentences name no content of the file. Reader errors know an offset, not a line. */
static void report_problem(struct parse *p)
{
    size_t line = p->yaml.problem_mark.line;
    if (p->yaml.error == YAML_MEMORY_ERROR) mem_must(NULL, "the configuration");
    if (p->yaml.error == YAML_READER_ERROR) {
        line = 0;
        for (size_t i = 0; i < p->yaml.problem_offset && i < p->text.size; i++)
            if (((const char *)p->text.data)[i] == '\n') line++;
    }
    const char *context = p->yaml.context;
    config_report_add(p->report, CONFIG_ERROR, p->file, (int)line + 1, "not valid YAML: %s%s%s",
                      p->yaml.problem ? p->yaml.problem : "cannot be parsed", context ? ", " : "",
                      context ? context : "");
}

/* libyaml frees without wiping; what it holds at the end of a file is its input as it read it. */
static void wipe_parser(yaml_parser_t *yaml)
{
    if (yaml->buffer.start)
        config_wipe(yaml->buffer.start, (size_t)(yaml->buffer.end - yaml->buffer.start));
    if (yaml->raw_buffer.start)
        config_wipe(yaml->raw_buffer.start,
                    (size_t)(yaml->raw_buffer.end - yaml->raw_buffer.start));
    yaml_parser_delete(yaml);
}

bool config_node_parse(struct bytes text, const char *file, struct config_report *report,
                       struct config_node **root)
{
    struct parse p = {.text = text, .file = file, .report = report};
    *root = NULL;
    if (!yaml_parser_initialize(&p.yaml)) mem_must(NULL, "the configuration");
    yaml_parser_set_input_string(&p.yaml, text.data, text.size);
    yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
    bool good = true, end = false;
    while (good && !end) { /* each event takes input or ends the loop */
        yaml_event_t event;
        if (!yaml_parser_parse(&p.yaml, &event)) {
            report_problem(&p);
            good = false;
            break;
        }
        good = take(&p, &event);
        end = event.type == YAML_STREAM_END_EVENT;
        if (event.type == YAML_SCALAR_EVENT)
            config_wipe(event.data.scalar.value, event.data.scalar.length);
        yaml_event_delete(&event);
    }
    wipe_parser(&p.yaml);
    if (good) {
        *root = p.root;
        return true;
    }
    config_node_free(p.root);
    return false;
}
