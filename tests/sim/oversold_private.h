/* What oversold*.c keep. */
#ifndef SIM_OVERSOLD_PRIVATE_H
#define SIM_OVERSOLD_PRIVATE_H

#include "oversold.h"

enum { OVERSOLD_FALLS = 16, OVERSOLD_RISES = 8, OVERSOLD_HOMES = 4, OVERSOLD_TIED_END = -1 };
_Static_assert(PLAN_ACCOUNTS_MAX *PLAN_PRODUCTS_MAX <= INT16_MAX, "a listing is an int16_t");

#define OVERSOLD_NEVER     INT64_MIN
#define OVERSOLD_UNCOUNTED INT64_MIN
#define OVERSOLD_UNLOOKED  UINT64_MAX
#define OVERSOLD_UNFED     INT64_MAX /* in place of a figure: stockd shows none there */

/* One line of an order at a marketplace. */
struct oversold_line {
    uint32_t account, pair;
    uint64_t hash;
    char key[MARKET_KEY_MAX];
    int64_t quantity, pack;
    int64_t placed_us, listed_us, known_us;
    int64_t shipped_us;        /* when its pieces left */
    int64_t left_us;           /* ... also where they have come back since; OVERSOLD_NEVER */
    int64_t back_us, back;     /* when so many that had left came back; OVERSOLD_NEVER */
    int64_t gone_us;           /* when it was over without them; OVERSOLD_NEVER */
    int64_t reserved, shipped; /* pieces that it takes now */
    bool seen, held, exempt;
    bool fresh; /* it has just become known, or known otherwise */
    /* Where its pieces come from: our own guess, until the process has said where. */
    uint32_t home_count;
    struct oversold_home {
        uint32_t product, local;
        int64_t pieces;
        int64_t base; /* of them: what the last figure there was given without */
    } homes[OVERSOLD_HOMES];
};

/* A figure that should be shown became lower, as far as the process knows. */
struct oversold_fall {
    int64_t at_us, from, to;
    int line; /* of oversold.lines, which became known; -1: a person's command, taken then */
    uint32_t kind;
};

struct oversold_pair {
    int64_t wanted, shown;           /* wanted: by what the process knows */
    uint32_t fall_count, rise_count; /* ever */
    struct oversold_fall falls[OVERSOLD_FALLS];
    struct oversold_rise {
        int64_t at_us, from, to;
        enum oversold_by by;
        int64_t composed_us, drained_us, landed_us, value; /* of the write */
        int64_t last_value, last_us; /* ... and of the one that was taken before it */
        bool passes, imported;
        bool astray;  /* by a change that started from less than was there */
        bool unclear; /* what was known could not be told then */
        bool ahead;   /* what was known was given by a clock that was ahead */
    } rises[OVERSOLD_RISES];
    /* The newest write, by when it was composed. */
    struct oversold_write {
        int64_t composed_us, sent_us, landed_us, over_us, value, drained_us;
        int64_t last_value, last_us; /* of the one that was taken before it, and when it was */
        uint64_t exchange;
        bool applied, refused, passes, imported;
        bool unclear, ahead; /* of what was known when it was composed, as of a rise */
    } write, landed, before; /* landed: the last that was taken; before: the one before that */
    int64_t wrote_us;        /* when one last left or was over */
    int64_t found_us;        /* ... when a reading last told what had become of one */
    int64_t refused_us;
    uint32_t refusals; /* in a row */
};

struct oversold {
    struct sim *sim;
    bool on;
    struct oversold_line *lines;
    size_t line_count, line_room;
    uint32_t *open; /* of the lines, those that the process does not know, or holds; rising */
    size_t open_count;
    bool fresh; /* some line is */
    struct oversold_pair *pairs;
    int16_t (*ties)[PLAN_PRODUCTS_MAX];  /* by account and listing: the product's index */
    bool tied_by_sku[PLAN_ACCOUNTS_MAX]; /* its ties are those that nobody has changed */
    int16_t *tied; /* by product: its first listing, of the account by its PLAN_PRODUCTS_MAX */
    int16_t (*tied_next)[PLAN_PRODUCTS_MAX]; /* ... and the one after that listing */
    bool ties_stale;
    uint64_t ties_read; /* what their table had been through when they were read */
    bool recheck;
    /* When the lines' rows were looked at: what the tables had been through by then, and when the
     * next line that nobody can know of yet will be in a list. */
    uint64_t looked;
    uint64_t reservations; /* likewise, of theirs */
    int64_t listed_us;
    int64_t (*taken)[PLAN_LOCALS_MAX], (*shipped)[PLAN_LOCALS_MAX]; /* by product: by lines */
    int64_t (*there)[PLAN_LOCALS_MAX];                              /* available, as last made */
    /* Of `taken`, without what the last figure was given without anyway: by lines of which the
     * process does not know. */
    int64_t (*hidden)[PLAN_LOCALS_MAX];
    struct oversold_sums { /* the products of which any of these three may be other than 0 */
        uint16_t *products;
        uint32_t count;
    } sums, older;                     /* older: before these were last added up */
    bool *in_sum;                      /* by product: it is one of `sums` */
    int64_t (*known)[PLAN_LOCALS_MAX]; /* available, had these taken nothing */
    int64_t (*shift)[PLAN_LOCALS_MAX]; /* all bases, less what the process knew of them then */
    struct oversold_count {
        int64_t at_us; /* when the last figure was given; OVERSOLD_NEVER */
        bool available;
        /* Given in the former moment, by a clock by which it was the latter at most; both 0: by one
         * that was not ahead. */
        int64_t ahead_from_us, ahead_until_us;
    } (*counts)[PLAN_LOCALS_MAX];
    bool (*unclear)[PLAN_LOCALS_MAX];
    int64_t (*figures)[PLAN_LOCALS_MAX]; /* the record's, as last seen */
    uint32_t *products;                  /* incarnations, as last seen; 0: none */
    bool found;                          /* all of these once */
    bool *present;                       /* which products there were, as last seen */
    int64_t up_us;
    struct oversold_account {
        int64_t failed_us, composed_us, resumed_us, key_us, external_us, state_us;
        int64_t shut_us;        /* when a write, or a reading of orders, was last told 403 */
        int64_t orders_shut_us; /* when a reading of orders was, and none got through since */
    } accounts[PLAN_ACCOUNTS_MAX];
    struct oversold_sale {
        uint32_t pair;
        int64_t shown, there;
    } sales[MARKET_LINES_MAX];
    struct oversold_list list;
};

/* oversold.c */
void oversold_tie(struct oversold *o); /* listings are tied otherwise */
void oversold_refresh(struct oversold *o, const struct op *op, bool all);
int64_t oversold_there(const struct oversold *o, uint32_t pair);
bool oversold_hidden(const struct oversold_line *line);
int oversold_product(const struct oversold *o, uint32_t pair);
/* True when some are over, or not after all: what ended them was not committed. */
bool oversold_end_reservations(struct oversold *o, struct store_txn *txn);

/* oversold_lines.c */
#define OVERSOLD_EVERY UINT32_MAX
void oversold_read_lines(struct oversold *o, uint32_t seller);
void oversold_add_up(struct oversold *o);
void oversold_sums(struct oversold *o, uint32_t product); /* before something of it is added */
/* A figure was given: the process knew of `known` pieces that orders had taken. */
void oversold_count_bases(struct oversold *o, uint32_t product, uint32_t local, int64_t known);
/* The pieces that the line takes there, less those without which the last figure was given anyway.
 */
int64_t oversold_takes_since(const struct oversold_line *line, const struct oversold_home *home);
/* What is known of the figures that feed the pair cannot be told: see there. (oversold_cause.c) */
bool oversold_unclear(const struct oversold *o, uint32_t pair);
/* A figure that feeds the pair was given by a clock that was ahead, and an order that left, or for
 * an available figure was placed, a while after it had by that clock left before.
 * (oversold_cause.c) */
bool oversold_ahead(const struct oversold *o, uint32_t pair);
/* Of the `known` pieces that the process holds there for orders, some were given back already, at a
 * marketplace that does not say when: whether an available figure that is given now has them, the
 * process cannot tell; nor of any figure that is given by a clock that is behind, for by that it is
 * older than what came back. */
bool oversold_gave_back(const struct oversold *o, uint32_t product, uint32_t local, int64_t known);
/* Somebody has said that the line's pieces are back, which the process counted as away. */
void oversold_line_returned(struct oversold *o, uint32_t account, const char *key, int64_t at_us);
struct oversold_line *oversold_line_new(struct oversold *o, const struct market_line *of,
                                        uint32_t account);

/* oversold_moves.c: the command was recorded, and had been run then. */
void oversold_follow_products(struct oversold *o, const struct op *op, int64_t at_us);

/* oversold_cause.c: of the figure `level` that the pair shows, what happened before `before` of
 * the lines. */
enum oversold_cause oversold_judge(struct oversold *o, uint32_t pair, int64_t level, int before,
                                   struct oversold_row *row);

#endif
