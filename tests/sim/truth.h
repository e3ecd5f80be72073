/* The operator's own record of what was acknowledged: which products there are, what was counted
 * where, which warehouses are linked. A second, much simpler fold than the engine's. */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "world.h"

enum {
    TRUTH_RESERVATIONS_MAX = 400,
    TRUTH_POSTINGS_MAX = 1000, /* of a seller */
    TRUTH_LINES_MAX = 4,
    TRUTH_UNDOABLE = 16,
    TRUTH_PAST = 24,
};

/* The last figure that was given of a place, and what the process knew by then of the order lines
 * that take from there: oracle_counts.c's. */
struct truth_count {
    int64_t at_ms;  /* by the clock of the machine */
    bool available; /* without what was ordered by then; or what lay there, without what had left */
    uint32_t known;
    struct truth_knew {
        uint64_t line; /* hash of its key */
        int64_t reserved, shipped;
        bool left;   /* it had been told as shipped, also where that is back */
        bool let_go; /* its orders were not imported then: it held nothing */
        bool held;   /* nothing said what to take: it held nothing yet, or a part */
    } lines[];
};

/* Nobody can tell any more which figure a line that was placed by `until_ms` was judged by: figures
 * were taken back or put together. `times`: each piece of such a line may be on the shelf so many
 * times too often, or too seldom; 0: nothing of the kind. */
struct truth_unsure {
    int64_t until_ms; /* by the clock of the machine or the marketplaces', whichever is later */
    uint32_t times;
    bool all; /* of any line; else only where the marketplace tells when an order changed */
};

/* What was said of a product, everywhere or at one account. */
enum { TRUTH_FIELDS = 4 }; /* buffer, cap, min, pack: the engine's enum rule_field */
struct truth_rule {
    uint8_t mode; /* the engine's enum rule_mode */
    uint16_t given;
    int64_t fields[TRUTH_FIELDS];
    uint32_t days, factor; /* velocity; days 0: not given */
};

/* Pieces that were sold, or given back. */
struct truth_sale {
    uint32_t product, local; /* incarnation */
    int64_t pieces, time_ms;
};

/* What a listing is tied to: by its SKU, or by hand, to the product of that incarnation, 0 being
 * none (ties.h). */
struct truth_tie {
    bool by_hand;
    uint32_t product; /* of one that is not by hand: 0 */
};
struct truth_tie_then {
    uint32_t account, listing;
    struct truth_tie was;
    uint32_t by_sku; /* incarnation of the product that it was tied to by its SKU; or 0 */
};
/* A product that it belonged to until then, in true time. */
struct truth_tied {
    uint32_t account, listing, product; /* product: incarnation */
    int64_t until_ms;
};

/* What a command did, for whoever takes it back. */
struct truth_past {
    uint64_t sequence;
    uint32_t kind;             /* enum op_kind */
    uint32_t asked;            /* by so many that are not answered: it is kept for them */
    uint32_t product;          /* incarnation */
    uint32_t name, other_name; /* what it, and the one merged into it, were called: by index */
    uint32_t account;          /* of a rule: 0, or the account's index + 1 */
    struct truth_rule rule, rule_after; /* as it was before, and became */
    uint32_t step_count;
    struct truth_step {
        uint32_t product; /* incarnation */
        uint32_t local;
        int64_t by;
        bool first, count, all; /* count: it was given; all: struct truth_unsure's */
    } * steps;
    struct truth_product *gone; /* what there was of a product that went */
    uint32_t tie_count;
    struct truth_tie_then *ties; /* what it changed, as it was before */
};

struct truth {
    bool product[PLAN_PRODUCTS_MAX];
    bool counted[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX];
    int64_t figure[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX]; /* had orders never taken anything */
    bool link[WORLD_REMOTES_MAX][PLAN_LOCALS_MAX];
    int64_t unlinked_ms[WORLD_REMOTES_MAX][PLAN_LOCALS_MAX];   /* last, in true time; 0: never */
    bool imports[PLAN_ACCOUNTS_MAX];                           /* the account's orders */
    bool paused[PLAN_ACCOUNTS_MAX];                            /* by a person, and not resumed */
    bool mapped_by_hand[PLAN_ACCOUNTS_MAX][PLAN_PRODUCTS_MAX]; /* ever */
    struct truth_tie ties[PLAN_ACCOUNTS_MAX][PLAN_PRODUCTS_MAX];
    struct truth_tied *tied; /* ties.c's: former ones */
    size_t tied_count, tied_room;
    int64_t recorded_ms; /* when the command that is recorded was answered, in true time */
    struct truth_count *count[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX]; /* NULL: nobody knows it */
    struct truth_unsure unsure[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX];
    struct truth_reservation {
        uint64_t number;
        uint32_t product, local;
        int64_t quantity, until_ms; /* by the clock of the machine */
        bool released;
        bool ended; /* its time came, and the process has seen to it: a clock set back brings none
                       back */
        uint32_t merged; /* the incarnation of the product that it was of */
    } reservations[TRUTH_RESERVATIONS_MAX];
    uint32_t reservation_count;
    struct truth_undoable {
        uint64_t sequence;
        bool transfer;
        uint32_t incarnation;
        uint32_t product, local, to_local;
        int64_t amount;
    } undoable[TRUTH_UNDOABLE];
    uint32_t undoable_count; /* ever */
    /* Products come, go and are called otherwise: each has a number of its own, never used again.
     */
    uint32_t incarnation[PLAN_PRODUCTS_MAX], incarnations;
    struct truth_rule rules[PLAN_PRODUCTS_MAX][PLAN_ACCOUNTS_MAX + 1]; /* [0]: everywhere */
    uint32_t share_ppm[WORLD_REMOTES_MAX][PLAN_LOCALS_MAX];            /* of a link; 0: the whole */
    struct truth_past past[TRUTH_PAST];
    uint32_t past_count;                                                   /* ever */
    bool returned[PLAN_ACCOUNTS_MAX][TRUTH_POSTINGS_MAX][TRUTH_LINES_MAX]; /* seller, posting */
    struct truth_sale *sales; /* op_velocity.c's: in worlds of days */
    size_t sale_count, sale_room;
    int64_t now_ms;
    /* What orders make of it: refreshed by oracle_orders.c. */
    int64_t by_orders[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX]; /* of on hand, at least; */
    int64_t over[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX];      /* by so many pieces more at most */
    int64_t reserved[PLAN_PRODUCTS_MAX][PLAN_LOCALS_MAX];
};

/* Everything that is known of one product. */
struct truth_product {
    uint32_t incarnation;
    bool counted[PLAN_LOCALS_MAX];
    int64_t figure[PLAN_LOCALS_MAX];
    struct truth_unsure unsure[PLAN_LOCALS_MAX];
    struct truth_rule rules[PLAN_ACCOUNTS_MAX + 1];
};

enum truth_kind { TRUTH_FIGURE, TRUTH_UNLINKED, TRUTH_UNCOUNTED };

struct truth_wanted {
    enum truth_kind kind;
    int64_t figure;
    int64_t most;  /* where shares are rounded nobody has to know which link gets the piece over */
    bool off;      /* nothing is sent, not even 0 */
    int direction; /* 1: a decrease is held; -1: an increase is */
    bool timed;    /* it becomes another one by itself, as sales grow old */
};

void truth_free(struct truth *truth);

/* What the rules make of pieces: fills in all of `wanted` but its kind. */
void truth_apply_rule(const struct truth_rule *everywhere, const struct truth_rule *here,
                      int64_t pieces, int64_t market_most, struct truth_wanted *wanted);
/* The same, with pieces kept back for those that were sold in the last `truth_days`. */
void truth_apply_sold(const struct truth_rule *everywhere, const struct truth_rule *here,
                      int64_t pieces, int64_t sold, int64_t market_most,
                      struct truth_wanted *wanted);
uint32_t truth_days(const struct truth_rule *everywhere, const struct truth_rule *here);
void truth_sold(struct truth *truth, uint32_t product, uint32_t local, int64_t pieces,
                int64_t now_ms);
int64_t truth_sold_since(const struct truth *truth, uint32_t product, uint32_t local,
                         int64_t now_ms, uint32_t days);
/* Of so many, by a share in millionths, rounded down. */
int64_t truth_share(int64_t available, uint32_t share_ppm);

/* The place's last figure is this one now; `count` is the record's from now on. */
void truth_counted(struct truth *truth, uint32_t product, uint32_t local,
                   struct truth_count *count);
/* Which figure lines were judged by cannot be told any more of those that there are by then. */
void truth_doubt(struct truth *truth, uint32_t product, uint32_t local, bool all, int64_t now_ms);

/* The product of that incarnation; WORLD_NONE: it is not there. */
int truth_find(const struct truth *truth, uint32_t incarnation);

/* What the remote warehouse should show of the product. */
struct truth_wanted truth_wanted(const struct truth *truth, const struct world *world,
                                 uint32_t remote, uint32_t product);
/* ... at that time by the clock of the machine: in worlds of days. */
void truth_at(struct truth *truth, int64_t now_ms);

#endif
