/* Why a product shows what it shows: the way from the stock to the figure of each of its targets,
 * computed by what allocates (allocate.h), and from that figure to what was last seen at the
 * marketplace. As query.h: inside the caller's read transaction, on any thread. Reads only rows of
 * the product, its listings and the commands they name: what it costs does not grow with the
 * store. */
#ifndef STOCKD_QUERY_EXPLAIN_H
#define STOCKD_QUERY_EXPLAIN_H

#include "engine/rule.h"
#include "query/query.h"
#include "query/send.h"

/* A command of the log. */
struct explain_command {
    uint64_t sequence; /* 0: none */
    uint32_t kind;     /* enum command_kind; 0: no longer in the log */
    uint32_t cause;    /* enum cause, by the ledger; 0: it changed no stock there */
    int64_t time_ms;
    struct bytes actor;
};

/* What one linked warehouse brings. */
struct explain_link {
    const struct directory_warehouse *warehouse; /* NULL: missing */
    uint32_t share_ppm;                          /* by share; 0: the whole */
    bool counted;
    struct stock_record stock;
    int64_t available, pieces, sold;
    struct explain_command last; /* that changed the figure */
};

struct explain_target {
    struct query_target target;
    struct listing_view listing;
    const struct explain_link *links;
    uint32_t link_count;
    bool ruled; /* rule, sold, steps and figure mean something */
    struct rule rule;
    int64_t sold;
    struct rule_steps steps;
    int64_t figure;                /* what comes of it, the route's largest figure included ... */
    bool figure_known;             /* ... unless something is uncounted */
    bool figure_capped;            /* by the route */
    struct explain_command wanted; /* that changed the wanted figure last */
    bool sent;                     /* the row of the last write's outcome is there */
    struct query_send send;
};

/* An account where the product has no target, and why. */
enum explain_missing {
    EXPLAIN_NO_LINK,    /* no warehouse feeds any of the account's */
    EXPLAIN_CONFLICT,   /* a listing has its keys, but is in conflict */
    EXPLAIN_NO_LISTING, /* no listing has its keys */
    EXPLAIN_UNTIED,     /* a listing has its keys, and is tied to something else or nothing */
    EXPLAIN_NO_TARGET,  /* a listing is tied to it, and has no target (yet) */
};
struct explain_absent {
    const struct directory_account *account;
    enum explain_missing missing;
    struct bytes listing, code; /* the listing's id; the conflict's code */
    struct bytes other;         /* SKU of what it is tied to; size 0: nothing */
    bool conflicts;             /* the account has some */
};

struct explain_rows {
    bool (*target)(void *ctx, const struct explain_target *target);
    bool (*absent)(void *ctx, const struct explain_absent *absent);
    void *ctx;
};
/* `account` with size 0: every one. What a row points to lives for the callback. */
enum status query_explain(struct query *query, struct bytes sku, struct bytes account,
                          int64_t now_ms, const struct explain_rows *rows);

#endif
