/* Selection: the next batch of an account. One call inside a write transaction takes what is due
 * (decreases first), computes each figure from the stock as it is now, records it as sent, and
 * gives the items; the request is built and leaves at once (I7). Charges on the quotas were taken
 * before. */
#ifndef STOCKD_ENGINE_SELECT_H
#define STOCKD_ENGINE_SELECT_H

#include "base/arena.h"
#include "engine/engine.h"

/* One item of a batch, or a target to be looked at. Everything it points to is in the batch's
 * memory. */
struct engine_item {
    struct target_id target;
    const char *listing_id, *group, *remote_id;
    const struct engine_key *keys;
    uint32_t key_count;
    enum listing_state listing_state;
    struct bytes listing_data, target_data, note; /* size 0: none, or of another data version */
    int64_t wanted, base; /* base: what is believed to be there; -1: not known */
    int64_t sent_ms;      /* of its last write; of what is looked for: that one */
    uint64_t revision;
};

struct engine_key {
    const char *kind, *value;
};

enum {
    ENGINE_BATCH_MAX = 10000,
    ENGINE_SCAN_MAX = 20000, /* outbox rows looked at by one selection: bounds its time */
};

/* Owns the items; made by the caller, used again and again. One thread at a time. */
struct engine_batch {
    struct engine_item *items;
    uint32_t count, room;
    struct arena memory; /* texts and keys */
    /* What else the selection saw: */
    uint32_t other_routes;    /* bit per route that due items want instead */
    uint32_t other_decreases; /* ... of which some are zeros or decreases */
    uint32_t settled;         /* due rows that turned out to need nothing */
    int64_t next_due_ms;      /* when something is due that is not yet; INT64_MAX: nothing waits */
    int64_t next_decrease_ms; /* ... that is a zero or a decrease */
    bool more;                /* more is due now than was taken */
    bool barred;              /* something due waits for the barrier */
    bool decreases;           /* what is left begins with zeros or decreases */
    bool reading;             /* the items are only asked about: none was written */
    uint32_t route;           /* of looks by notes */
    uint64_t last_listing;    /* readings: the number of the last listing looked at */
};

void engine_batch_init(struct engine_batch *batch);
void engine_batch_free(struct engine_batch *batch);

/* The order barrier (I17): what must wait until the account's orders were read. A zero never waits.
 */
enum engine_barrier {
    BARRIER_OPEN = 0,
    BARRIER_INCREASES, /* increases wait */
    BARRIER_ALL,       /* decreases too */
};

struct engine_select {
    uint32_t account, route;
    uint32_t most; /* items */
    uint8_t operation[OPERATION_ID_SIZE];
    int64_t now_ms;
    const struct engine_quota_row *quotas; /* charged for it: stored in the same transaction */
    uint32_t quota_count;
    enum engine_barrier barrier;
    bool holding; /* nothing may be written now (paused, parked, loading): only tells what waits */
};

struct engine_quota_row {
    const char *bucket;
    struct bytes state;
};

/* [engine thread, write transaction] */
enum status engine_select(struct engine *engine, struct store_txn *txn,
                          const struct engine_select *select, struct engine_batch *batch,
                          struct error *error);

/* Which unresolved writes to look for. */
struct engine_looks {
    uint32_t account;
    bool notes;      /* those confirmed by a note, of one route; otherwise only the others */
    bool one_remote; /* of one remote warehouse */
    uint32_t most;   /* items */
    int64_t now_ms;
    int64_t lease_ms;      /* each is put off by it, so that it is not taken twice */
    int64_t other_time_ms; /* those sent before that are left for later; 0: none (rows.h) */
};

/* [engine thread, write transaction] Those to look for now. batch->route is that of notes;
 * batch->next_due_ms says when the next is due. */
enum status engine_select_looks(struct engine *engine, struct store_txn *txn,
                                const struct engine_looks *ask, struct engine_batch *batch,
                                struct error *error);

/* Figures that are to be read again (drift.h). */
struct engine_rereads {
    uint32_t account;
    bool one_remote; /* of one remote warehouse */
    uint32_t most;   /* items */
    int64_t now_ms;
};

/* [engine thread, write transaction] Those that are due, taken off the list. batch->next_due_ms
 * says when the next is. */
enum status engine_select_rereads(struct engine *engine, struct store_txn *txn,
                                  const struct engine_rereads *ask, struct engine_batch *batch,
                                  struct error *error);

/* The account's listings, to ask for their stock by id. */
struct engine_readings {
    uint32_t account;
    const char *remote_id; /* the remote warehouse to read, or NULL: not about one */
    uint64_t after;        /* go on after the listing of this number; 0: from the first */
    uint32_t most;         /* items */
    int64_t now_ms;
};

/* [engine thread, any transaction] The next of them in the order of their numbers, mapped or not.
 * batch->more: there are others after batch->last_listing, even if none was found here. */
enum status engine_select_readings(struct engine *engine, struct store_txn *txn,
                                   const struct engine_readings *ask, struct engine_batch *batch,
                                   struct error *error);

#endif
