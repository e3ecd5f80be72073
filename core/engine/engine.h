/* The engine: what should be. It holds the seller's stock and what every marketplace is to show,
 * decides what is due, and takes the outcomes back. It does no input or output but through the
 * store, starts no thread and never looks at a clock: time comes with each command.
 *
 * CONCURRENCY. One thread, the engine's, inside the write transaction given to it. Queries
 * (query.h) work on any thread with a read transaction of their own and do not touch `struct
 * engine`.
 *
 * GROUPS. Several commands share one commit. The runner calls engine_group_begin after it began the
 * write transaction, then any commands, then engine_group_flush, then commits. When the transaction
 * is given up or its commit fails, it calls engine_group_drop (before or after the abort), and
 * everything the engine remembered of it is forgotten.
 */
#ifndef STOCKD_ENGINE_ENGINE_H
#define STOCKD_ENGINE_ENGINE_H

#include "base/error.h"
#include "engine/command.h"
#include "engine/record.h"
#include "store/store.h"

struct engine;
struct engine_item;

struct engine *engine_new(void);
void engine_free(struct engine *engine);

enum status engine_group_begin(struct engine *engine, struct store_txn *txn, struct error *error);
enum status engine_group_flush(struct engine *engine, struct store_txn *txn, struct error *error);
void engine_group_drop(struct engine *engine);

/* The one door: applies a command, all or (with anything but ST_OK) nothing that the runner may
 * commit. A refusal (ST_INVALID, ST_NOT_FOUND, ST_CONFLICT, ST_EXISTS, ST_TOO_BIG) is found before
 * the first write, so the transaction may go on without the command; any other status means that
 * the group must be dropped. */
enum status engine_apply(struct engine *engine, struct store_txn *txn,
                         const struct command *command, struct command_result *result,
                         struct error *error);

/* What a plugin declares about writing, as far as the engine must know it. In memory only: given
 * again at each start, before the account is worked on. */
enum { ENGINE_ROUTES_MAX = 16 }; /* STOCKD_ROUTES_MAX of the plugin ABI */

enum engine_grouping { GROUPING_NONE, GROUPING_WAREHOUSE, GROUPING_LISTING, GROUPING_VALUE };

struct engine_route {
    enum engine_grouping grouping;
    uint32_t min_items, max_items;
    int64_t cadence_ms, settle_ms, stuck_after_ms, max_quantity;
    bool delta;   /* says the difference to what is there: that must have been read */
    bool compare; /* says what is there: that must be known */
    bool by_note; /* confirmed by confirm_stock */
};

struct engine_rules {
    struct engine_route routes[ENGINE_ROUTES_MAX];
    uint32_t route_count;
    uint32_t attempts;     /* failures in a row before the slow timer */
    uint32_t data_version; /* of plugin data; data of another version reads as absent */
    int64_t timeout_ms;    /* a request that has left is given up after that */
    /* [any thread] The routes an item can take, best first; NULL: route 0 for all. */
    uint32_t (*item_routes)(void *ctx, const struct engine_item *item, uint32_t *routes,
                            uint32_t max);
    void *ctx; /* must outlive the rules */
};

void engine_rules_set(struct engine *engine, uint32_t account, const struct engine_rules *rules);

/* Accounts, by their numbers modulo its size: a collision would wake one for nothing. */
enum { ENGINE_TOUCHED_BITS = 256 };
struct engine_accounts {
    uint64_t words[ENGINE_TOUCHED_BITS / 64];
};

static inline bool engine_accounts_has(const struct engine_accounts *set, uint32_t account)
{
    return set->words[account % ENGINE_TOUCHED_BITS / 64] >> account % 64 & 1;
}

static inline void engine_accounts_put(struct engine_accounts *set, uint32_t account)
{
    set->words[account % ENGINE_TOUCHED_BITS / 64] |= UINT64_C(1) << account % 64;
}

static inline void engine_accounts_drop(struct engine_accounts *set, uint32_t account)
{
    set->words[account % ENGINE_TOUCHED_BITS / 64] &= ~(UINT64_C(1) << account % 64);
}

static inline void engine_accounts_join(struct engine_accounts *set,
                                        const struct engine_accounts *others)
{
    for (int i = 0; i < ENGINE_TOUCHED_BITS / 64; i++)
        set->words[i] |= others->words[i];
}

/* Which accounts got something new to do since the last call. Call after the commit. */
struct engine_touched {
    struct engine_accounts sends; /* there is something to send */
    /* ... that no selection has given a route yet: one of whatever route does, and tells which
     * others have work. */
    struct engine_accounts unsorted;
    struct engine_accounts decreases; /* of what either says, something is a zero or a decrease */
    struct engine_accounts looks;     /* something is to be looked for, or read */
    /* Their row, warehouses, links or plugin state changed; for the last alone they are not among
     * `sends`. */
    struct engine_accounts facts;
    struct engine_accounts orders;   /* there seem to be orders not seen yet... */
    struct engine_accounts oversold; /* ... for one was of what was sold out there */
    bool sweeps;                     /* there is a sweep to go on with */
    bool wakes;                      /* something new changes with time: see engine_wake_next */
    bool rereads; /* a figure is to be read again: of one of the accounts in `looks` */
};
/* The ids of the account's orders with open lines, at most so many, in `memory`. [any thread with a
 * transaction] */
enum { ENGINE_OPEN_ORDERS_MAX = 20000 };
struct arena;
struct engine_open_orders {
    const char **ids;
    uint32_t count;
};
enum status engine_open_orders(struct store_txn *txn, uint32_t account, struct arena *memory,
                               struct engine_open_orders *open, struct error *error);

/* When the next COMMAND_WAKE has something to do, by the wall clock; INT64_MAX: nothing waits. [any
 * thread with a transaction] */
int64_t engine_wake_next(struct store_txn *txn);

struct engine_touched engine_touched_take(struct engine *engine);

/* Of this group: what put the account among `facts`. A task that reads it itself takes the sign
 * with it. */
enum engine_facts { FACTS_NONE, FACTS_STATE /* its plugin's alone */, FACTS_ALL };
enum engine_facts engine_touched_facts_take(struct engine *engine, uint32_t account);

static inline bool engine_touched_has(const struct engine_touched *touched, uint32_t account)
{
    return engine_accounts_has(&touched->sends, account);
}

static inline bool engine_touched_unsorted(const struct engine_touched *touched, uint32_t account)
{
    return engine_accounts_has(&touched->unsorted, account);
}

static inline bool engine_touched_decreases(const struct engine_touched *touched, uint32_t account)
{
    return engine_accounts_has(&touched->decreases, account);
}

static inline bool engine_touched_looks(const struct engine_touched *touched, uint32_t account)
{
    return engine_accounts_has(&touched->looks, account);
}

static inline bool engine_touched_facts(const struct engine_touched *touched, uint32_t account)
{
    return engine_accounts_has(&touched->facts, account);
}

static inline bool engine_touched_orders(const struct engine_touched *touched, uint32_t account)
{
    return engine_accounts_has(&touched->orders, account);
}

static inline bool engine_touched_oversold(const struct engine_touched *touched, uint32_t account)
{
    return engine_accounts_has(&touched->oversold, account);
}

static inline void engine_touched_add(struct engine_touched *to, const struct engine_touched *from)
{
    engine_accounts_join(&to->sends, &from->sends);
    engine_accounts_join(&to->unsorted, &from->unsorted);
    engine_accounts_join(&to->decreases, &from->decreases);
    engine_accounts_join(&to->looks, &from->looks);
    engine_accounts_join(&to->facts, &from->facts);
    engine_accounts_join(&to->orders, &from->orders);
    engine_accounts_join(&to->oversold, &from->oversold);
    to->sweeps |= from->sweeps;
    to->wakes |= from->wakes;
    to->rereads |= from->rereads;
}

#endif
