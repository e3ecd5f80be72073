/* What a shop of the seller's own tells by a signed request (a hook): figures of one warehouse, or
 * its orders. Who may tell is the API's to know (api_hook.h); here is what follows.
 *
 * ONCE. Each delivery has an id. What came of it is kept in the transaction of its effect, so that
 * the same delivery again, also after a crash, gets the same answer and does nothing. Values say
 * nothing about this: two equal deltas under two ids are two. Nothing is kept of what was refused
 * or held.
 *
 * ORDERS are lines of TABLE_ORDER_LINE like those of an account, under the number of the hook
 * instead of an account's (hook_is_source), applied by level (I2): a line leads by its SKU to the
 * product, and takes from the hook's one warehouse.
 *
 * TABLE_HOOK: 0, name -> hook; 1, hook name, 0, delivery 16 bytes -> what came of it;
 * 2, forget at u64 ms, the key of that row -> least u64 ms.
 *
 * THREADS. The engine's inside a group, but for what takes a transaction alone (any). */
#ifndef STOCKD_ENGINE_HOOK_H
#define STOCKD_ENGINE_HOOK_H

#include "base/buf.h"
#include "base/digest.h"
#include "engine/command.h"
#include "engine/record_order.h"
#include "store/store.h"

enum {
    HOOK_NAME_MAX = 32,   /* bytes: it is the actor of commands, as "hook:NAME" */
    HOOKS_MAX = 64,       /* as many as conf.d may name (CONFIG_HOOKS_MAX) */
    HOOK_ROWS_MAX = 1000, /* rows, or lines of all orders, of one delivery: more is an import */
    HOOK_DELIVERY_SIZE = OPERATION_ID_SIZE,
    HOOK_DELIVERIES_MAX = 1000000, /* kept: some 150 MB; then those go first that are forgotten
                                      first, but none before its `least_ms` */
    HOOK_FORGOTTEN_AT_ONCE = 4,    /* more than one comes, so none is left over */
};

/* Numbers of hooks as sources of orders: above every account's. */
#define HOOK_SOURCE_FIRST UINT32_C(0x80000000)
static inline bool hook_is_source(uint32_t account)
{
    return account >= HOOK_SOURCE_FIRST;
}

/* Of every delivery. */
struct hook_head {
    struct bytes name;
    uint8_t delivery[HOOK_DELIVERY_SIZE];
    uint8_t content[DIGEST_SIZE]; /* of what it says: an id stands for one content */
    int64_t keep_ms, least_ms;    /* how long it is kept; ... however many there are */
    struct bytes warehouse;
};

struct hook_row {
    struct bytes sku;
    int64_t quantity; /* or by how much */
    enum cause cause;
};
/* COMMAND_HOOK_STOCK: as if each row was set, or adjusted; with `set` at `told_ms`, or (0) now. */
struct hook_stock {
    struct hook_head head;
    bool adjust;
    enum figure_kind kind; /* of what is set */
    int64_t told_ms;
    const struct hook_row *rows;
    uint32_t row_count;
};
void command_hook_stock(struct buf *out, const struct hook_stock *stock);

struct hook_line {
    struct bytes id; /* unique in its order; size 0: the SKU */
    struct bytes sku;
    int64_t quantity; /* pieces of the whole line; less than before gives some back */
};
struct hook_order {
    struct bytes id;
    enum order_state state;
    bool restocked; /* with RETURNED: the pieces are on hand again */
    bool has_version;
    int64_t version, ordered_ms, changed_ms; /* times 0: not said */
    const struct hook_line *lines; /* none: what is said is of all its lines, also those to come */
    uint32_t line_count;
};
/* COMMAND_HOOK_ORDERS */
struct hook_orders {
    struct hook_head head;
    const struct hook_order *orders;
    uint32_t order_count;
};
void command_hook_orders(struct buf *out, const struct hook_orders *orders);

/* Stored: numbers are never used again. */
enum hook_refusal {
    HOOK_UNKNOWN_SKU = 1,
    HOOK_UNCOUNTED = 2, /* a delta to what was never counted */
    HOOK_TOO_BIG = 3,   /* it would be over FIGURE_MAX, or 1000000 pieces of a line */
    HOOK_OLDER = 4,     /* a figure from before the one that is known */
    HOOK_TWICE = 5,     /* the delivery says two things of one SKU or line */
    HOOK_REFUSALS,
};
const char *hook_refusal_name(enum hook_refusal refusal); /* "unknown-sku" ...; static */
const char *hook_refusal_text(enum hook_refusal refusal);

/* What came of a delivery. */
struct hook_refused {
    uint32_t row, line; /* of the delivery, from 0; line: of an order */
    enum hook_refusal why;
};
struct hook_told {
    bool before;       /* it was told before: this is what came of it then */
    uint64_t sequence; /* of the command; 0: nothing was changed */
    int64_t time_ms;
    uint32_t rows, applied, same, held; /* held: lines that wait, as `stockctl order list` shows */
    uint32_t refused_count;
    struct hook_refused refused[HOOK_ROWS_MAX];
};

/* What came of that delivery. ST_NOT_FOUND without a sentence; ST_CONFLICT: the id was used for
 * something else. */
enum status hook_find(struct store_txn *txn, const struct hook_head *head, struct hook_told *told,
                      struct error *error);

/* What is kept of a hook. */
struct hook_view {
    struct bytes name;
    uint32_t source;
    uint64_t deliveries, applied, refused; /* rows, the last two */
    int64_t first_ms, last_ms;
};
enum status hook_read(struct bytes key, struct bytes value, struct hook_view *hook);
/* The hooks that ever told something, in the order of their names. */
enum status hooks_each(struct store_txn *txn, bool (*each)(void *ctx, const struct hook_view *hook),
                       void *ctx);
/* For verify: what a row must be. */
bool hook_row_is_good(struct store_txn *txn, struct bytes key, struct bytes value);

#endif
