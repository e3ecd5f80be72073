/* Why pieces are sold that are not there: for each piece that buyers bought beyond what there was,
 * the one delay that it came of (I17), judged from outside. What there was is the operator's record
 * (truth.h) less what the marketplaces' own orders took; what is shown is the models'. A piece that
 * is shown and not there has stopped being there at one moment: the last one at which the figure
 * that should be shown fell below it. What kept that from the buyers' eyes is the cause.
 *
 *   oversold.c         what should be shown, and when that fell; what is shown, and when that rose
 *   oversold_lines.c   what the marketplaces' orders took, and when the process knew of them
 *   oversold_moves.c   products that are called otherwise, merged, taken back
 *   oversold_cause.c   what stood between the two at the sale
 *   oversold_tell.c    the report
 *
 * Only where stockd imports the orders. Everything on the simulator's one thread. */
#ifndef SIM_OVERSOLD_H
#define SIM_OVERSOLD_H

#include "market.h"
#include "network.h"
#include "sim.h"
#include "store/store.h"

struct op;
struct oversold;

enum oversold_cause {
    OVERSOLD_BY_MARKET,  /* it sold more than it showed */
    OVERSOLD_GIVEN_BACK, /* it showed more by itself: what a buyer cancelled */
    OVERSOLD_FOREIGN,    /* somebody else wrote more */
    OVERSOLD_LIED,       /* a change started from a figure that an answer had made up */
    OVERSOLD_NOT_LISTED, /* ordered, and in no list of the marketplace yet */
    OVERSOLD_INTERVAL,   /* listed, and the next reading is not over yet */
    OVERSOLD_LIST_FAILS, /* listed, and readings fail */
    OVERSOLD_DOWN,       /* the process was not there, or has just come */
    OVERSOLD_KEY,        /* the account's key was dead */
    OVERSOLD_STATE,      /* the account was paused, parked, or read for the first time */
    OVERSOLD_CLOCK,      /* the clock was set */
    OVERSOLD_QUOTA,      /* known, and waits for its turn on the quota */
    OVERSOLD_TURN,       /* known, and within the time that I17 gives for composing it */
    OVERSOLD_CADENCE,    /* known, and written too short a time ago */
    OVERSOLD_BARRIER,    /* known, and waits for a reading of orders that fails */
    OVERSOLD_UNRESOLVED, /* a write before it is under way, or its answer was lost */
    OVERSOLD_BREAKER,    /* writes of the account failed, and it waits before the next */
    OVERSOLD_SHUT,       /* it was told 403, and leaves the marketplace alone for a while */
    OVERSOLD_REFUSED,    /* the marketplace refused this one */
    OVERSOLD_PLACE,      /* the warehouse is closed, or the listing not on sale */
    OVERSOLD_HELD,       /* the order itself is held: nothing says what it takes from */
    OVERSOLD_RULE,       /* a rule says that nothing, or nothing less, is shown */
    OVERSOLD_GUARD,      /* the guard held the command that lowers it */
    OVERSOLD_WIRE,       /* composed, and on its way */
    OVERSOLD_NOT_SHOWN,  /* taken by the marketplace, and not in effect yet */
    OVERSOLD_EXTERNAL,   /* the orders are not stockd's at the moment */
    OVERSOLD_NOT_TOLD,   /* what was there cannot be told: see truth.h, loose */
    OVERSOLD_NONE,       /* none of these: known, could be written, and was not. A failure */
    OVERSOLD_CAUSES,
};

/* Some pieces of one sale that have one cause. */
struct oversold_row {
    int64_t at_us;
    enum oversold_cause cause;
    char pair[64], order[MARKET_KEY_MAX], origin[96], note[400];
    int64_t sold, shown, there, pieces; /* pieces: of the sale, beyond what was there */
    /* What took the pieces: when it happened, was in a list, was known, and what followed at the
     * pair; -1: not (yet). */
    int64_t happened_us, listed_us, known_us, composed_us, landed_us;
};

/* Of runs: filled by oversold_add, and told by oversold_totals. */
struct oversold_list {
    struct oversold_row *rows;
    size_t count, room;
    uint64_t orders, pieces; /* sold in all */
};

struct oversold *oversold_new(struct sim *sim);
void oversold_free(struct oversold *o);

/* The operator's command was recorded. */
void oversold_recorded(struct oversold *o, const struct op *op);
/* Around the placing of an order. */
void oversold_before(struct oversold *o, const struct market_order *order);
void oversold_after(struct oversold *o, uint32_t account, const struct market_order *order);
/* Something else happened to orders of the account's seller. */
void oversold_moved(struct oversold *o, uint32_t account);

enum oversold_by { OVERSOLD_WRITE, OVERSOLD_MARKET, OVERSOLD_OTHER };
/* What the pair shows may have changed. */
void oversold_shown(struct oversold *o, uint32_t pair, enum oversold_by by);

/* The account has a new key. */
void oversold_key(struct oversold *o, uint32_t account);

/* A write, on its way. */
void oversold_composed(struct oversold *o, uint32_t pair, int64_t value);
void oversold_sent(struct oversold *o, const struct exchange *x);
void oversold_landed(struct oversold *o, const struct exchange *x,
                     const struct exchange_item *item);
void oversold_answered(struct oversold *o, const struct exchange *x);
/* No answer had said what became of the pair's write: a figure that was read does. */
void oversold_found(struct oversold *o, uint32_t pair);

/* The engine's transactions, and lives of the process. */
void oversold_task_ran(struct oversold *o, struct store_txn *txn);
void oversold_lost(struct oversold *o); /* what was seen in one may not be there */
void oversold_booted(struct oversold *o);

/* What was found; the list's own. */
void oversold_take(struct oversold *o, struct oversold_list *list);
void oversold_add(struct oversold_list *to, const struct oversold_list *of);
void oversold_list_free(struct oversold_list *list);
const char *oversold_cause_name(enum oversold_cause cause);
void oversold_rows(const struct oversold_list *list, FILE *out);
void oversold_totals(const struct oversold_list *list, FILE *out);

#endif
