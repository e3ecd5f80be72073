/* Commands: every change of facts, as versioned bytes. Written by the functions here, applied by
 * engine_apply (engine.h) in the order of their sequence numbers. Applying is a pure function of
 * store and command. */
#ifndef STOCKD_ENGINE_COMMAND_H
#define STOCKD_ENGINE_COMMAND_H

#include "base/buf.h"
#include "base/wire.h"
#include "engine/record_rule.h"

enum command_kind {
    COMMAND_STOCK_SET = 1,
    COMMAND_STOCK_ADJUST = 2,
    COMMAND_STOCK_TRANSFER = 3,
    COMMAND_STOCK_BULK = 4,
    COMMAND_PRODUCT_PUT = 5,
    COMMAND_PRODUCT_DELETE = 6,
    COMMAND_PRODUCT_BULK = 7,
    COMMAND_WAREHOUSE_PUT = 8,
    COMMAND_LINK_PUT = 9,
    COMMAND_LINK_DELETE = 10,
    COMMAND_ACCOUNT_PUT = 11,
    COMMAND_ACCOUNT_SWITCH = 12,
    COMMAND_LISTING_MAP = 13,
    COMMAND_ROWS = 14,     /* what one step of an operation told: see rows.h */
    COMMAND_REQUEUE = 15,  /* push: send these targets again */
    COMMAND_SWEEP = 16,    /* one chunk of a durable sweep */
    COMMAND_RECOVER = 17,  /* writes that were on their way when the daemon ended */
    COMMAND_DISTRUST = 18, /* after a restore: acknowledged values are no longer known */
    COMMAND_REOPEN = 19,   /* the time is over that remote warehouses were closed until */
    COMMAND_RESERVE = 30,
    COMMAND_RELEASE = 31,
    COMMAND_WAKE = 32,       /* what changes with time and is due */
    COMMAND_PLAN_APPLY = 60, /* what the guard held is done, or a plan of the outbox sent */
    COMMAND_PLAN_DROP = 61,
    COMMAND_ORDER_RETURN = 33, /* the pieces of a line are back */
    COMMAND_PRODUCT_RENAME = 40,
    COMMAND_PRODUCT_MERGE = 41,
    COMMAND_UNDO = 42,
    COMMAND_COMPACT = 43,       /* forgets what is older than it has to be kept */
    COMMAND_RULE_SET = 50,      /* rules and switches of products */
    COMMAND_DRIFT_RESOLVE = 70, /* a person says that our figure is the right one */
    COMMAND_REREAD = 71,        /* the figures of a product are to be read again now */
    COMMAND_RESYNC = 90,        /* what is shown there is read again, and sent where it differs */
    COMMAND_RETRY = 91,         /* what was rejected is tried again */
    COMMAND_REBUILD = 92,       /* one chunk of mending what is derived (rebuild.h) */
    COMMAND_STOCK_REPAIR = 93,  /* a figure or its ledger is right, where they differ */
    COMMAND_TOKEN_ADD = 110,    /* a program may ask over TCP (api_token.h) */
    COMMAND_TOKEN_REVOKE = 111,
    COMMAND_HOOK_STOCK = 130, /* what a shop told by a signed request (hook.h) */
    COMMAND_HOOK_ORDERS = 131,
};

/* "stock set" ...: for people. Static. */
const char *command_kind_name(uint32_t kind);

enum { COMMAND_PAYLOAD_MAX = 32 << 20 };

struct rebuild_told;
struct hook_told;

struct command {
    enum command_kind kind;
    const char *actor;             /* who asked: "stockctl", "api", "ozon-main", "conf.d" */
    uint8_t id[OPERATION_ID_SIZE]; /* all zero: none */
    int64_t now_ms;
    uint64_t group; /* of the job it belongs to, or 0 */
    struct bytes payload;
    struct rebuild_told *rebuilt; /* REBUILD: what was found; or NULL */
    struct hook_told *told;       /* HOOK_STOCK, HOOK_ORDERS: what came of it; or NULL */
    bool unlogged;                /* its payload is not kept in the log (readings) */
    bool unguarded; /* not judged by the guard, and not counted: a person saw to it (guard.h) */
};

struct command_result {
    uint64_t sequence; /* its number: the revision of what it changed */
    bool changed;      /* false: everything was so already */
    struct stock_record before,
        after; /* STOCK_SET, STOCK_ADJUST, STOCK_REPAIR: the pair; STOCK_TRANSFER: the source */
    struct stock_record to_after; /* STOCK_TRANSFER: the destination */
    uint64_t product;             /* PRODUCT_PUT */
    uint64_t reservation;         /* RESERVE */
    uint64_t skipped;             /* STOCK_BULK: rows whose product is gone since they were read;
                                     PLAN_APPLY: figures left out, for they were changed since */
    uint64_t differ;              /* STOCK_BULK: rows left out, for they were changed since */
    uint64_t rows;                /* bulk: rows applied; REQUEUE, RESYNC, RETRY, SWEEP: targets
                                     marked */
    uint64_t job;                 /* PLAN_APPLY, PLAN_DROP: the job that was held; 0: none */
    uint64_t refused;             /* ROWS: rows that cannot be, and changed nothing */
    uint64_t run;                 /* ROWS: the run they are kept with; 0: none was refused */
    bool more;                    /* SWEEP, REQUEUE: not at the end */
    struct target_id next;        /* REQUEUE, RESYNC, RETRY: where to go on */
};

/* COMMAND_STOCK_SET */
struct stock_set {
    struct bytes sku, warehouse;
    int64_t quantity; /* 0 and above */
    enum figure_kind kind;
    enum cause cause;
    bool conditional; /* only if the figure (of that kind) is `expected`; FIGURE_UNKNOWN: only if
                         uncounted */
    int64_t expected;
};
void command_stock_set(struct buf *out, const struct stock_set *set);

/* COMMAND_STOCK_ADJUST */
struct stock_adjust {
    struct bytes sku, warehouse;
    int64_t by;
    enum cause cause;
};
void command_stock_adjust(struct buf *out, const struct stock_adjust *adjust);

/* COMMAND_STOCK_TRANSFER: refused when less than `quantity` is available in `from`. */
struct stock_transfer {
    struct bytes sku, from, to;
    int64_t quantity;
};
void command_stock_transfer(struct buf *out, const struct stock_transfer *transfer);

/* COMMAND_STOCK_REPAIR: refused where the two do not differ. */
enum stock_keep { STOCK_KEEP_FIGURE = 1, STOCK_KEEP_LEDGER = 2 };
void command_stock_repair(struct buf *out, struct bytes sku, struct bytes warehouse,
                          enum stock_keep keep);

/* COMMAND_STOCK_BULK: rows in key order. `job` and `cursor` are kept in the same transaction (I3).
 */
struct stock_row {
    uint64_t product;
    uint32_t warehouse;
    uint32_t line;
    int64_t quantity;
};
/* Where figures come from that were read at an account. They are what lies there: what the
 * marketplace shows and what it has promised, as of `read_ms`; so orders placed there before then
 * and first seen later raise on hand too, and what orders took from on hand after the command
 * `basis` is taken off again. The kind is AVAILABLE, what the remote warehouse has promised is in
 * the figure. */
struct stock_shown {
    uint32_t account;
    uint32_t remote; /* 0: a command of before this was told */
    bool add;        /* to what is there */
    bool known; /* what all others have promised was added, too: of their orders the figures say
                   what was known here, so a parcel that had left by then is still in them */
    int64_t read_ms;
    uint64_t basis;
};
struct stock_bulk {
    enum figure_kind kind;
    enum cause cause;
    uint64_t job;
    uint64_t since; /* not 0: rows whose product was changed after that command by more than orders
                       are left out (result.differ) */
    struct stock_shown shown; /* account 0: the figures come from no account */
    const struct stock_row *rows;
    uint32_t row_count;
};
void command_stock_bulk(struct buf *out, const struct stock_bulk *bulk);
/* Reading it: the head (`rows` stays NULL), then each row after the one before (the first after one
 * that is all 0; `line` is not kept). */
void command_stock_bulk_head(struct wire_reader *reader, struct stock_bulk *head);
void command_stock_bulk_row(struct wire_reader *reader, struct stock_row *row);

/* COMMAND_PRODUCT_PUT: creates or changes. Fields with NULL data keep what is there. */
struct product_put {
    struct bytes sku, name, brand, description, image, attributes;
    const struct bytes *barcodes; /* NULL keeps them */
    uint32_t barcode_count;
    bool must_be_new, must_exist;
};
void command_product_put(struct buf *out, const struct product_put *put);

/* COMMAND_PRODUCT_DELETE: with its figures, and its listings tied to nothing; refused while pieces
 * of it are promised. */
void command_product_delete(struct buf *out, struct bytes sku);

/* COMMAND_PRODUCT_RENAME: everything that hangs on the product stays with it. */
void command_product_rename(struct buf *out, struct bytes from, struct bytes to);

/* COMMAND_PRODUCT_MERGE: `other` becomes part of `sku`: its listings, barcodes, promised pieces and
 * past. Of its figures MERGE_SUM adds all; MERGE_KEEP takes those of warehouses where `sku` has
 * none. */
enum merge_stock { MERGE_SUM = 1, MERGE_KEEP = 2 };
void command_product_merge(struct buf *out, struct bytes sku, struct bytes other,
                           enum merge_stock stock);

/* COMMAND_UNDO: of the command with that sequence number: refused when something later stands in
 * the way (undo.h). */
void command_undo(struct buf *out, uint64_t sequence);

/* COMMAND_COMPACT: one chunk, of at most `limit` rows: commands, their changes and sends from
 * before that time go, older ledger entries become one. result.more: not at the end. */
void command_compact(struct buf *out, int64_t before_ms, uint32_t limit);

/* COMMAND_PRODUCT_BULK: creates those that do not exist, in the order given. */
void command_product_bulk(struct buf *out, const struct bytes *skus, uint32_t count);

/* COMMAND_WAREHOUSE_PUT */
void command_warehouse_put(struct buf *out, struct bytes key, struct bytes name);

/* COMMAND_LINK_PUT, COMMAND_LINK_DELETE. A remote warehouse not seen yet may be linked: it is shown
 * as such. */
struct link_change {
    struct bytes warehouse, account, remote;
    uint32_t order;
    uint32_t share_ppm; /* 0: the whole, whatever other links take (record.h) */
};
void command_link(struct buf *out, const struct link_change *link);

/* COMMAND_ACCOUNT_PUT: an account named by configuration. With `orders_import` stockd nets its
 * orders itself: from the first drain on, those over by then have no effect. */
void command_account_put(struct buf *out, struct bytes name, struct bytes plugin,
                         bool orders_import);

/* COMMAND_ACCOUNT_SWITCH */
enum account_switch { ACCOUNT_PAUSE = 1, ACCOUNT_RESUME = 2, ACCOUNT_PARK = 3 };
void command_account_switch(struct buf *out, struct bytes name, enum account_switch change,
                            const char *code, const char *text);
/* ACCOUNT_PARK for what the settings with this print were answered: a check that is passed, under
 * whatever settings, ends it. */
void command_account_park(struct buf *out, struct bytes name, const char *code, const char *text,
                          uint64_t print);

/* COMMAND_LISTING_MAP: `sku` with size 0 unmaps. */
void command_listing_map(struct buf *out, struct bytes account, struct bytes listing,
                         struct bytes sku);

/* COMMAND_REQUEUE: what matches is due now: rejected ones are tried again, back-offs end; what is
 * there already is not sent again unless forced. At most `limit` targets, from `from` on. */
struct requeue {
    uint32_t account;   /* 0: any */
    uint32_t warehouse; /* local; 0: any */
    uint64_t product;   /* 0: any */
    bool force;         /* also what is known to be there already */
    struct target_id from;
    uint32_t limit;
};
void command_requeue(struct buf *out, const struct requeue *requeue);
/* COMMAND_RESYNC: what was acknowledged is no longer believed. What is read then and differs is
 * sent; so is what cannot be read. `patient`: a reading of the whole account is under way, and only
 * what it leaves out is asked for. `force` and `warehouse` have no meaning here. */
void command_resync(struct buf *out, const struct requeue *requeue, bool patient);
/* COMMAND_RETRY: only what was rejected; with `code`, of size not 0, only for that. */
void command_retry(struct buf *out, const struct requeue *requeue, struct bytes code);

/* COMMAND_SWEEP: one chunk of the oldest sweep, at most `limit` rows. */
void command_sweep(struct buf *out, uint32_t limit);

/* COMMAND_RESERVE: refused when less than `quantity` is available. */
struct reserve {
    struct bytes sku, warehouse;
    int64_t quantity;
    int64_t until_ms;  /* it ends by itself then; 0: it does not */
    struct bytes note; /* for whom, or why */
};
void command_reserve(struct buf *out, const struct reserve *reserve);

/* COMMAND_RELEASE: the reservation ends now. */
void command_release(struct buf *out, uint64_t reservation);

/* COMMAND_WAKE: at most `limit` of what is due at the command's time. result.more: there is more
 * due. */
void command_wake(struct buf *out, uint32_t limit);

/* COMMAND_ORDER_RETURN: somebody has the pieces of that line in hand again; they are on hand from
 * now on. */
void command_order_return(struct buf *out, struct bytes account, struct bytes line);

/* COMMAND_RULE_SET: all rows or none. What a row does not speak of stays as it is. */
struct rule_change {
    struct bytes sku;
    struct bytes account;    /* size 0: everywhere */
    bool replace;            /* what was said before is forgotten */
    struct rule_record rule; /* what is said now */
    uint16_t clear;          /* fields of which nothing is said any more, by bit */
    bool clear_mode, clear_velocity;
};
enum { RULE_CHANGES_MAX = 1000 };
void command_rule_set(struct buf *out, const struct rule_change *changes, uint32_t count);

/* COMMAND_DRIFT_RESOLVE: of that listing, at all its remote warehouses or (size above 0) at one.
 * What is held for a foreign writer goes on, with our figure. */
void command_drift_resolve(struct buf *out, struct bytes account, struct bytes listing,
                           struct bytes remote);

/* COMMAND_REREAD: at that account (size 0: at all). result.rows: how many figures. */
void command_reread(struct buf *out, struct bytes sku, struct bytes account);

/* COMMAND_REOPEN: of that account. `rows` says how many opened. */
void command_reopen(struct buf *out, uint32_t account);

/* COMMAND_RECOVER: of that account; at most `limit` writes. */
void command_recover(struct buf *out, uint32_t account, uint32_t limit);

#endif
