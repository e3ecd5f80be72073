/* What the changes of order lines did to a pair, as they were told. How much of one is taken off
 * what is on hand depends on the pair's last figure, which may have known of it. So each change is
 * kept as it was told: a figure of before that comes late (an import from an account, which may be
 * held for days) knows of other orders than the one that the pair had meanwhile. For the engine's
 * own files only. */
#ifndef STOCKD_ENGINE_ORDER_EFFECT_H
#define STOCKD_ENGINE_ORDER_EFFECT_H

#include "engine/record.h"
#include "engine/state.h"

enum {
    /* The marketplace's clock and this one may differ by so much; what lies closer counts as not
     * known to be before or after. */
    ORDER_CLOCK_DOUBT_MS = 5000,
};

enum order_effect_flag {
    ORDER_EFFECT_TAKEN_IN = 1u << 0, /* somebody took the pieces in again */
    ORDER_EFFECT_LET_GO = 1u << 1,   /* it has no effect from then on */
};

/* A row of TABLE_ORDER_EFFECT. Its key is that of the ledger entry, where there is one. */
struct order_effect {
    int64_t reserved, shipped; /* pieces more than before that are promised, and that have left */
    int64_t placed_ms;         /* order_placed_ms; 0: nobody says when it was ordered */
    int64_t changed_ms;        /* when it became so; 0: not said */
    int64_t time_ms;           /* when it was told */
    uint32_t account;
    uint32_t remote; /* where it was sold. 0: it names none; UINT32_MAX: none that is known */
    uint32_t flags;
    uint32_t spare; /* 0 */
};

/* What it adds to what is on hand, where `figure` is the last one that was given. */
int64_t order_effect_on_hand(const struct order_effect *effect, const struct stock_record *figure);

/* Keeps it, before its ledger entry is written; without one the caller takes the entry's number. */
void order_effect_put(struct applying *a, uint64_t product, uint32_t warehouse,
                      const struct order_effect *effect);

/* What orders would have added to on hand after the command `basis` (mostly: taken from it), had
 * `figure` been the last one since then. */
enum status order_effect_since(struct applying *a, uint64_t product, uint32_t warehouse,
                               uint64_t basis, const struct stock_record *figure, int64_t *moved);

#endif
