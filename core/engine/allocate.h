/* Allocation: the wanted figure of a target from the stock of the warehouses linked to it, by the
 * links' shares and the product's rule (rule.h). Leaves the wake-up row of what changes with time
 * (I6). Upholds I9: what is not known is
 * never a zero, and each zero carries a reason. For the engine's own files only. */
#ifndef STOCKD_ENGINE_ALLOCATE_H
#define STOCKD_ENGINE_ALLOCATE_H

#include "engine/rule.h"
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

/* What each link brings. */
struct allocation_link {
    const struct directory_link *link;
    bool counted;
    struct stock_record stock; /* when counted */
    int64_t available;         /* below 0: a shortfall */
    int64_t pieces;            /* of which so many through this link */
    int64_t sold;              /* in the days of the rule's velocity */
};

/* The way to the figure, for whoever asks why it is so. */
struct allocation_trace {
    void (*link)(void *ctx, const struct allocation_link *link);
    void *ctx;
    /* Filled in: */
    bool ruled; /* there are links, and what follows means something */
    struct rule rule;
    int64_t sold;
    struct rule_steps steps;
};

/* With `listing` NULL what the listing decides (push group, holds) is as the target's record says:
 * right wherever the listing did not change, for a change of a listing looks at its targets. */
enum status allocate(struct applying *a, const struct target *target,
                     const struct listing_view *listing, struct allocation *to);

/* The same for somebody who only looks, in a read transaction: leaves nothing behind. */
enum status allocate_traced(struct applying *a, const struct target *target,
                            const struct listing_view *listing, struct allocation *to,
                            struct allocation_trace *trace);

#endif
