/* What one seed asks for: the size of the world, what the operator does, what goes wrong and how
 * often. Drawn as in swarm testing: each ingredient is in about half of the runs, so that rare
 * combinations are not drowned by frequent ones. Rates are in millionths, intervals in simulated
 * milliseconds between two of a kind on average; 0 is never. */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include "engine/guard.h"
#include "runtime.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    PLAN_ACCOUNTS_MAX = 5,
    PLAN_REMOTES_MAX = 4, /* of an account */
    PLAN_LOCALS_MAX = 5,
    PLAN_PRODUCTS_MAX = 500,
};

/* Kinds of marketplaces. A Wix site of either catalogue is a kind of its own. */
enum market_kind {
    MARKET_OZON,
    MARKET_WB,
    MARKET_ALLEGRO,
    MARKET_WIX_V3,
    MARKET_WIX_V1,
    MARKET_KINDS,
};

/* Ways in which the harness itself is wrong, to prove that the oracles see it. */
enum mutation {
    MUTATION_NONE,
    MUTATION_ACK_DROPPED,   /* writes are dropped and answered as done */
    MUTATION_ALTER_FIGURE,  /* a figure changes on its way */
    MUTATION_DENY_SENT,     /* "it never left" of a write that lands later */
    MUTATION_REPEAT,        /* a write lands twice, the second time late */
    MUTATION_FREE_QUOTA,    /* charges do not count */
    MUTATION_NO_CADENCE,    /* the route declares no cadence */
    MUTATION_LOSE_COMMITS,  /* a crash takes commits that were acknowledged */
    MUTATION_NO_WAKEUPS,    /* nobody is told what a commit touched */
    MUTATION_SECRET_FORCE,  /* an operator asks for sends without saying so */
    MUTATION_SILENT_STOCK,  /* stock changes in the store without a command */
    MUTATION_ZERO_READINGS, /* readings say 0 of everything */
    MUTATION_LATE_ORDERS,   /* orders are shown long after drains have passed them */
    MUTATION_SILENT_CANCEL, /* postings are cancelled without a change that could be read */
    MUTATION_NO_BARRIER,    /* the process is told that somebody else nets the orders */
    MUTATION_EMPTY_DRAINS,  /* the list of orders is answered as if there were none */
    MUTATION_NO_EXPIRY,     /* reservations that should end by themselves do not */
    MUTATION_LOST_RETURN,   /* the operator's record says of returns that nothing came back */
    MUTATION_BELIEVED_ZERO, /* ... of zeros, that nobody gave them */
    MUTATION_OTHER_NAME,    /* a request leaves in another account's name */
    MUTATION_OTHER_FIGURE,  /* another figure leaves than was selected */
    MUTATION_NEW_REVISION,  /* a write names a revision that nobody told */
    MUTATION_NO_GUARD,      /* the process has no guard, and nobody was told */
    MUTATION_TIGHT_GUARD,   /* ... one that holds what exceeds half of a limit */
    MUTATION_DROP_APPLIES,  /* what is to be dropped is applied */
    MUTATION_LOST_RULE,     /* the operator's record forgets what was said of products */
    MUTATION_LOST_MERGE,    /* ... and the figures of one that became part of another */
    MUTATION_LOST_IMPORT,   /* ... of what imports of files brought, nothing */
    MUTATION_LOST_ROW,      /* a file that is brought lacks a row that somebody put in */
    MUTATION_LOST_UNDO,     /* the operator's record forgets that imports were undone */
    MUTATION_NO_AGE,        /* nothing is told to wait */
    MUTATION_OTHER_ROW,     /* an import brings another figure than it read */
    MUTATION_COUNTED_TWICE, /* the operator's record counts what orders reserve twice */
    MUTATION_ALL_ILL,       /* when one account falls ill, the hosts of all others do, too */
    MUTATION_DENIED_LOGIN,  /* a host of tokens that is gone says that they are no good */
    MUTATION_LOST_TIE,      /* the operator's record forgets what was tied by hand */
    MUTATION_NEEDLESS_PARK, /* accounts are parked that nothing refused */
    MUTATION_OTHER_HOST,    /* a request leaves for a host of nobody's */
    MUTATION_LOST_OPTION,   /* accounts are configured without their last option */
    MUTATION_LOST_END,      /* what waits when a process ends is not told so */
    MUTATION_LOST_PART,     /* the operator's record forgets a part of an import */
    MUTATION_NO_COUNTS,     /* accounts have no row of counts */
    MUTATION_COUNT,
};
const char *mutation_name(enum mutation mutation);
enum mutation mutation_parse(const char *name); /* MUTATION_COUNT: there is none such */

enum op_kind {
    OP_SET,
    OP_ADJUST,
    OP_TRANSFER,
    OP_BULK,
    OP_PRODUCT,
    OP_LINK,
    OP_UNLINK,
    OP_MAP,
    OP_UNMAP,
    OP_REQUEUE,
    OP_PAUSE,
    OP_RESUME,
    /* Only where orders are imported: */
    OP_AVAILABLE, /* a figure that nets orders already */
    OP_RESERVE,
    OP_RELEASE,
    OP_RETURN, /* the pieces of a line are back */
    OP_SWITCH, /* the account's orders: imported or not */
    /* Not in worlds of Ozon alone: */
    OP_UNDO, /* an adjustment or a transfer */
    /* What tidies up (plan_house), at moments and by draws of its own: */
    OP_RENAME,
    OP_MERGE,
    OP_DELETE,
    OP_RULE,      /* of a product, everywhere or at one account */
    OP_SHARE,     /* a link that lets a share through */
    OP_TAKE_BACK, /* undoes whichever command can be undone */
    OP_REMAP,     /* a listing to another product, by hand */
    OP_APPLY,     /* what the guard held */
    OP_DROP,
    /* Where somebody sees to imports (plan_intake), by draws of its own: */
    OP_UNDO_IMPORT, /* a part of one */
    OP_APPLY_IMPORT,
    OP_DROP_IMPORT,
    /* In worlds of days (plan_days): */
    OP_VELOCITY, /* pieces kept back for what sold lately */
    OP_KINDS,
};

/* What an operator does besides moving stock. Drawn from a stream of its own, so that a seed
 * without it is what it was. */
struct plan_house {
    int64_t every_ms;
    uint32_t weights[OP_KINDS];
    /* The guard; `on` in about half of the seeds. */
    struct engine_guard guard;
};

struct plan_network {
    int64_t latency_ms, jitter_ms; /* one way */
    int64_t timeout_ms;            /* the account's */
    uint32_t refused, lost_before, lost_after, reset_after, late, slow;
    uint32_t error_before, error_after;   /* 5xx, applied or not */
    uint32_t throttled, throttled_silent; /* 429 with and without Retry-After */
};

/* Faults of the marketplace itself (marketsim's): share of requests. */
struct plan_market {
    uint32_t item_codes, short_result, malformed, truncated, mistyped, duplicate, html, forbidden,
        circuit, oversized;
};

/* Orders that stockd nets itself. Drawn from a stream of their own, so that a seed without them is
 * what it was. */
struct plan_orders {
    bool import;
    unsigned outside; /* bits 1 << account: somebody else nets that one's */
    bool cancel_restores, keep_parent;
    int64_t place_ms, step_ms;        /* a buyer orders; something happens to an order */
    int64_t visible_ms;               /* how long an order is in no list yet, at most */
    int64_t dark_ms, dark_most_ms;    /* the list of orders fails; for how long, at most */
    uint32_t oversell, split, cancel; /* of what happens */
};

/* Answers that lie. From a stream of their own, too, and only where they are asked for. */
enum lie {
    LIE_ZEROS,  /* every figure is 0 */
    LIE_OTHERS, /* figures of another account */
    LIE_TWICE,  /* every row twice, with another figure */
    LIE_EMPTY,
    LIE_HALF, /* and no word of the rest */
    LIE_HTML,
    LIE_CUT,
    LIE_CUT_GZIP,
    LIE_KINDS,
};
/* Worlds that are dense in one thing: focus.h. */
enum focus {
    FOCUS_NONE,
    FOCUS_ITEMS,    /* single items are refused */
    FOCUS_FINES,    /* refusals that cost ten requests */
    FOCUS_TORN,     /* rows that cannot be read, of lists that grow */
    FOCUS_BURSTS,   /* lives of seconds, each of which reads everything */
    FOCUS_SOLD_OUT, /* orders of what is not shown */
    FOCUS_SIGNS,    /* slow readings of orders, and figures that tell of more of them */
    /* focus_stock.c's: */
    FOCUS_CUT_OVER,  /* the import of orders is switched off and on */
    FOCUS_COUNTS,    /* shelves are counted while orders are not read */
    FOCUS_SMALL,     /* figures of a few pieces: sold out, put back, the same by chance */
    FOCUS_CAPPED,    /* what is wanted stays the same, whatever is sold */
    FOCUS_BLIND,     /* figures cannot be read for hours */
    FOCUS_BEHIND,    /* lists of orders show some of them as they were before */
    FOCUS_REFUSED,   /* no item is taken */
    FOCUS_LEFT_OUT,  /* lists of figures leave out rows, and say that they are whole */
    FOCUS_ENDED,     /* offers end while they are written to */
    FOCUS_READ,      /* figures are read all the time, slowly, while writes are looked for */
    FOCUS_RESENT,    /* questions about commands are answered late, and meanwhile they go again */
    FOCUS_FORGOTTEN, /* orders that are over are forgotten all the time, and read again */
    FOCUS_PASSED,    /* commands take hours, and what is to pass them is turned away */
    FOCUS_ZEROS,     /* most of what people count is 0, and only how many become 0 is limited */
    FOCUS_VELOCITY,  /* what orders took lately is kept back, until it stops counting by itself */
    FOCUS_LOGIN,     /* the host that renews tokens is gone for longer than a token lives */
    FOCUS_KINDS,
    FOCUS_ANY,
};

/* What an account suffers from alone, in the quiet: the others must not notice (I12). */
enum sickness { SICK_KEY, SICK_HOST, SICK_429, SICK_5XX, SICK_KINDS };

struct plan_lies {
    unsigned kinds;      /* bits 1 << lie; 0: none */
    uint32_t share;      /* of answers */
    int64_t ms, most_ms; /* spells in which every answer of an account lies; how long, at most */
    bool orders;         /* lists of orders are empty or halved as well */
};

/* What changes in the configuration, and is forgotten of the store. Only where it is asked for. */
struct plan_settings {
    int64_t guard_ms, leave_ms, away_most_ms, compact_ms;
};

/* Somebody sees to imports: undoes one as a whole, applies or drops what the guard held. Only where
 * it is asked for, from a stream of its own. */
struct plan_intake {
    bool on;
    int64_t undo_ms, decide_ms;
    uint32_t drop; /* of decisions */
};

/* Figures are taken over from accounts; likewise. */
struct plan_shops {
    int64_t take_ms; /* 0: never */
    bool mirror;
};

struct plan {
    uint64_t seed;
    uint32_t accounts, remotes[PLAN_ACCOUNTS_MAX], locals, products;
    enum market_kind kinds[PLAN_ACCOUNTS_MAX];
    bool own_streams;   /* what happens again and again is drawn from streams of its own, so that
                           taking one thing away leaves the others as they were */
    bool shared_client; /* the first two accounts, both at Ozon, have one Client-Id */
    int64_t hostile_ms, quiet_ms, silence_ms;
    bool days; /* what sold lately is to be forgotten before all is quiet */
    int64_t op_ms;
    uint32_t op_weights[OP_KINDS];
    uint32_t burst; /* operations at once, at most */
    struct runtime_delays delays;
    struct plan_network network;
    struct plan_market market;
    int64_t crash_ms, restart_ms, reload_ms, step_ms, step_most_ms, store_fault_ms, dead_key_ms,
        remote_ms;
    struct plan_orders orders;
    struct plan_house house;
    int64_t jobs_ms; /* somebody brings a file to be imported */
    struct plan_intake intake;
    struct plan_shops shops;
    int64_t foreign_ms; /* somebody else writes a figure */
    int64_t meddle_ms;  /* somebody does something there by hand (meddle.h) */
    struct plan_lies lies;
    uint32_t sick; /* enum sickness of one account while all else is quiet; SICK_KINDS: of none */
    struct plan_settings settings;
    int64_t boot_ms; /* how long the process is gone after a crash, at most */
    enum focus focus;
    int64_t figure_least, figure_most; /* that people count; 0: as ever */
    int64_t slow_push_ms;              /* writes are answered so much later, at most */
    int64_t slow_read_ms;              /* ... and readings of figures */
    int64_t slow_tasks_ms;             /* ... and questions about commands */
    int64_t held_ms;                 /* commands are carried out when they are so old, and later */
    int64_t away_ms;                 /* the process is gone until those that it sent are so old */
    int64_t ask_ms;                  /* somebody asks for everything to be read */
    int64_t blind_ms, blind_most_ms; /* readings of figures fail; for how long, at most */
    int64_t login_ms, login_most_ms; /* no token is renewed; for how long, at most */
    uint32_t behind;                 /* of orders that a list shows, those as they were before */
    enum mutation mutation;
    const char *judge; /* the one oracle that counts; NULL: all */
};

/* `hours` 0: drawn too. */
void plan_draw(struct plan *plan, uint64_t seed, double hours);
/* As before, but with accounts at marketplaces drawn from `kinds` (bits 1 << kind). */
void plan_mix(struct plan *plan, unsigned kinds);
/* Four accounts, one at each marketplace, with 500 products, where nothing goes wrong: how fast the
 * simulation is, is measured with it. An order and a command each five minutes, and orders are
 * packed and handed over as they come; `busy`: a command each minute (many are of dozens of
 * figures), and orders wait, so that all lists of them are long. */
void plan_speed(struct plan *plan, double hours, bool busy);
/* As before, but somebody tidies up, or there is a guard, or both, or neither: see plan_house. */
void plan_tidy(struct plan *plan);
/* As before, but with somebody else netting the orders. */
void plan_external(struct plan *plan);
/* As before, but of several accounts at least one imports its orders, and at least one does not. */
void plan_mixed(struct plan *plan);
/* As before, but somebody else writes to the marketplace, too. */
void plan_foreign(struct plan *plan);
/* As before, but without the guard and with imports of files. */
void plan_jobs(struct plan *plan);
/* As before, but with imports of files whether there is a guard or not, and somebody who sees to
 * them. */
void plan_intake(struct plan *plan);
/* As before, but figures are taken over from accounts. */
void plan_shops(struct plan *plan);
/* A few products for some days, with rules that go by what sold lately, and nobody who nets orders.
 */
void plan_days(struct plan *plan);
/* As before, but the configuration changes, too. */
void plan_settings(struct plan *plan);
/* As before, but answers lie. */
void plan_lie(struct plan *plan);
/* No ingredient but stock that changes: the least that must work. */
void plan_calm(struct plan *plan);

#endif
