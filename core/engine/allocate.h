/* Allocation: the wanted figure of a target from the stock of the warehouses linked to it, by the
 * links' shares and the product's rule (rule.h). Leaves the wake-up row of what changes with time
 * (I6). Upholds I9: what is not known is
 * never a zero, and each zero carries a reason. For the engine's own files only. */
#ifndef STOCKD_ENGINE_ALLOCATE_H
#define STOCKD_ENGINE_ALLOCATE_H

#include "engine/target.h"

struct allocation {
    bool known; /* value means something */
    int64_t value;
    uint16_t hold;       /* enum target_hold */
    uint8_t zero_reason; /* when value is 0 */
    uint8_t capped;      /* enum target_cap */
    uint8_t direction;   /* enum target_direction */
    uint64_t group;      /* push group */
};

/* With `listing` NULL what the listing decides (push group, holds) is as the target's record says:
 * right wherever the listing did not change, for a change of a listing looks at its targets. */
enum status allocate(struct applying *a, const struct target *target,
                     const struct listing_view *listing, struct allocation *to);

#endif
