/* A target as people see it: the state that follows from its facts, and why. For core/api's own
 * files only. [worker] */
#ifndef STOCKD_API_TARGET_H
#define STOCKD_API_TARGET_H

#include "api/api_private.h"

/* The first that applies, in this order. */
enum target_state {
    TARGET_STATE_OFF = 0,
    TARGET_STATE_PARKED,
    TARGET_STATE_HELD,
    TARGET_STATE_UNRESOLVED,
    TARGET_STATE_IN_FLIGHT,
    TARGET_STATE_REJECTED,
    TARGET_STATE_DIRTY,
    TARGET_STATE_SYNCED,
    TARGET_STATES,
};
const char *target_state_name(enum target_state state);
int target_state_parse(const char *name); /* -1: no such state */

struct target_facts {
    struct target_id id;
    struct target_record record;
    struct bytes code, text; /* point into the row */
};
bool target_facts_read(struct bytes key, struct bytes value, struct target_facts *facts);

/* `account`: as sync sees it; NULL: in no file. */
enum target_state target_state_of(const struct target_record *record,
                                  const struct api_account *account);

enum { TARGET_WHY_MAX = 1400 };
/* A sentence, "" when there is nothing to say. */
void target_why(struct store_txn *txn, const struct directory *directory,
                const struct target_facts *facts, const struct api_account *account,
                char why[TARGET_WHY_MAX]);

json_t *target_json(struct store_txn *txn, const struct directory *directory,
                    const struct target_facts *facts, const struct api_account *account);

/* All of a product, appended to `items`. */
enum status targets_of_product(struct store_txn *txn, const struct directory *directory,
                               const struct api_accounts *accounts, uint64_t product, json_t *items,
                               struct error *error);

#endif
