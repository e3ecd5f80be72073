/* Rules of products in JSON. For core/api's own files only. */
#ifndef STOCKD_API_RULES_H
#define STOCKD_API_RULES_H

#include "api/api_private.h"
#include "engine/command.h"
#include "query/rule.h"

/* What is said: {"account", "mode", "buffer", "cap", "min", "pack", "velocity", "text", "since"};
 * what is not said is null. [worker] */
json_t *api_rule_json(const struct query_rule *rule);
/* What applies: the same members, each with its value. [worker] */
json_t *api_rule_applies_json(const struct rule *rule);
/* The rules of a product, as a list. [worker] */
enum status api_rules_of(struct query *query, struct bytes sku, json_t **list);

/* Adds what an object says: its members "mode" ... "velocity" (null: forgotten), and "words", a
 * list of such as "off" and "buffer=2". Other members are the caller's. ST_INVALID with a sentence.
 */
enum status api_rule_read(const json_t *object, struct rule_change *change, struct error *error);

#endif
