/* What a list of rule changes would make of the rules, one after the other, without writing: used
 * by the command before its first write, and by whoever wants to know beforehand.
 * [any thread with a transaction, which must outlive the plan] */
#ifndef STOCKD_ENGINE_RULE_PLAN_H
#define STOCKD_ENGINE_RULE_PLAN_H

#include "engine/command.h"
#include "engine/directory.h"
#include "store/store.h"

struct rule_plan;

struct rule_planned {
    struct bytes sku; /* the change's */
    uint64_t product;
    uint32_t account; /* 0: everywhere */
    struct rule_record before, after;
    bool changed; /* the two differ */
};

/* What is said now, over what was said before. */
struct rule_record rule_merged(const struct rule_record *before, const struct rule_change *change);

struct rule_plan *rule_plan_new(struct store_txn *txn, const struct directory *directory);
void rule_plan_free(struct rule_plan *plan); /* may be NULL */

/* Adds a change; its texts must outlive the plan. What makes no sense by itself is refused with a
 * sentence and is not in the plan: a product or account that there is not (ST_NOT_FOUND), a value
 * out of range, a second change of the same rule (ST_INVALID). */
enum status rule_plan_add(struct rule_plan *plan, const struct rule_change *change,
                          struct error *error);
/* When all were added: whether the rule that comes of this one contradicts itself or what is said
 * elsewhere of the product, a least figure above the largest (ST_INVALID). */
enum status rule_plan_check(struct rule_plan *plan, size_t index, struct error *error);

size_t rule_plan_count(const struct rule_plan *plan);
const struct rule_planned *rule_plan_at(const struct rule_plan *plan, size_t index);
/* How many rows of the store would differ afterwards. */
uint32_t rule_plan_changes(const struct rule_plan *plan);

#endif
