/* One YAML file as a tree of texts, mappings and lists, each with its line (inside config). Texts
 * are not interpreted. Trees are wiped when freed: any text may be a secret. */
#ifndef STOCKD_CONFIG_NODE_H
#define STOCKD_CONFIG_NODE_H

#include "base/bytes.h"
#include "config/config.h"

enum config_node_kind { CONFIG_NODE_TEXT, CONFIG_NODE_MAP, CONFIG_NODE_LIST };

struct config_node {
    enum config_node_kind kind;
    bool plain; /* a text without quotes */
    int line;
    char *text;                 /* UTF-8 without NUL */
    struct config_node **items; /* of a mapping: key, value, key, value ...; keys are texts */
    size_t count;
};

/* The tree of `text` into `root`, NULL when there is nothing but comments. False after reporting
 * what is wrong, which then is one thing only: behind a fault of form nothing can be trusted. */
bool config_node_parse(struct bytes text, const char *file, struct config_report *report,
                       struct config_node **root);
void config_node_free(struct config_node *node);
/* A key without value: nothing, ~ or null, not in quotes. */
bool config_node_null(const struct config_node *node);
const char *config_node_kind(const struct config_node *node); /* "a list" */

/* Fails on what YAML would let pass or explain badly: NUL, byte order marks, tabs, bytes that are
 * not UTF-8. */
bool config_text_check(struct bytes text, const char *file, struct config_report *report);
bool config_text_is_utf8(const char *text, size_t size);

void config_wipe(void *at, size_t size);
void config_wipe_text(const char *text); /* and frees */

#endif
