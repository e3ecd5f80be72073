/* The operator's own record of what was acknowledged: which products there are, what was counted
 * where, which warehouses are linked. A second, much simpler fold than the engine's. */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "world.h"

enum {
    TRUTH_RESERVATIONS_MAX = 400,
    TRUTH_POSTINGS_MAX = 1000, /* of a seller */
    TRUTH_LINES_MAX = 4,
    TRUTH_KNOWN_MAX = 64,
    TRUTH_UNDOABLE = 16,
};

/* When a figure was given as available, and the order lines that had taken pieces of it by then. */
struct truth_available {
    int64_t counted_ms;
    uint32_t known;
    uint64_t lines[TRUTH_KNOWN_MAX]; /* hashes of their keys */
};

struct truth {
    bool product[PLAN_PRODUCTS_MAX];
    bool counted[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX];
    int64_t figure[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX]; /* had orders never taken anything */
    bool link[WORLD_REMOTES_MAX][PLAN_LOCALS_MAX];
    bool mapped_by_hand[PLAN_ACCOUNTS_MAX][PLAN_PRODUCTS_MAX]; /* ever */
    /* Figures that were given as available, which net orders placed before them. */
    struct truth_available *available[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX];
    int64_t counted_ms[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX]; /* of the last figure */
    /* Pieces of orders placed before the last count, of which the process may have known by the
     * time of their change that the count was made without them. */
    int64_t slack[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX];
    bool loose[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX]; /* what that made of on hand cannot be told */
    struct truth_reservation {
        uint64_t number;
        uint32_t product, local;
        int64_t quantity, until_ms; /* by the clock of the machine */
        bool released;
    } reservations[TRUTH_RESERVATIONS_MAX];
    uint32_t reservation_count;
    struct truth_undoable {
        uint64_t sequence;
        bool transfer;
        uint32_t product, local, to_local;
        int64_t amount;
    } undoable[TRUTH_UNDOABLE];
    uint32_t undoable_count;                                               /* ever */
    bool returned[PLAN_ACCOUNTS_MAX][TRUTH_POSTINGS_MAX][TRUTH_LINES_MAX]; /* seller, posting */
    /* What orders make of it: refreshed by oracle_orders.c. */
    int64_t by_orders[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX]; /* of on hand */
    int64_t reserved[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX];
};

enum truth_kind { TRUTH_FIGURE, TRUTH_UNLINKED, TRUTH_UNCOUNTED };

struct truth_wanted {
    enum truth_kind kind;
    int64_t figure;
};

void truth_free(struct truth *truth);

/* What the remote warehouse should show of the product. */
struct truth_wanted truth_wanted(const struct truth *truth, const struct world *world,
                                 uint32_t remote, uint32_t product);

#endif
