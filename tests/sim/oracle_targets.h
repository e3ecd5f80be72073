/* The targets of the store, looked at again and again: what each row says, and what the store's own
 * stock makes of its place. From one look to the next it is remembered, and only what the store has
 * changed meanwhile is read and folded anew: rows whose bytes are others, products whose stock is,
 * and everything once links, rules or accounts are. What a figure makes of sales of the last days
 * changes by itself and is folded at each look. For the oracle's own files. */
#ifndef SIM_ORACLE_TARGETS_H
#define SIM_ORACLE_TARGETS_H

#include "engine/keys.h"
#include "engine/record.h"
#include "sim.h"

struct oracle_target {
    uint8_t key[TARGET_KEY_SIZE];
    uint32_t pair;
    struct target_record record;
    struct truth_wanted wanted;
};

/* False: there is nothing to see, and will not be until its row or what is wanted of it is another
 * one; it need not be told again before. */
typedef bool oracle_target_each(void *ctx, const struct oracle_target *target);

struct oracle_targets;
struct oracle_targets *oracle_targets_new(struct sim *sim);
void oracle_targets_free(struct oracle_targets *targets);

/* The targets of places that the world has, in the order of the table. */
void oracle_targets_look(struct oracle_targets *targets, struct store_txn *txn,
                         oracle_target_each *each, void *ctx);

#endif
