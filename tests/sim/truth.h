/* The operator's own record of what was acknowledged: which products there are, what was counted
 * where, which warehouses are linked. A second, much simpler fold than the engine's. */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "world.h"

struct truth {
    bool product[PLAN_PRODUCTS_MAX];
    bool counted[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX];
    int64_t figure[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX];
    bool link[WORLD_REMOTES_MAX][PLAN_LOCALS_MAX];
    bool mapped_by_hand[PLAN_ACCOUNTS_MAX][PLAN_PRODUCTS_MAX]; /* ever */
};

enum truth_kind { TRUTH_FIGURE, TRUTH_UNLINKED, TRUTH_UNCOUNTED };

struct truth_wanted {
    enum truth_kind kind;
    int64_t figure;
};

/* What the remote warehouse should show of the product. */
struct truth_wanted truth_wanted(const struct truth *truth, const struct world *world,
                                 uint32_t remote, uint32_t product);

#endif
