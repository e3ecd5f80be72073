/* What the engine remembers inside one group of commands. For the engine's own files only. */
#ifndef STOCKD_ENGINE_STATE_H
#define STOCKD_ENGINE_STATE_H

#include "engine/directory.h"
#include "engine/engine.h"

/* Numbers that only rise. Stored as one row, written once a group. */
struct counters {
    uint64_t sequence, product, warehouse, account, remote, listing, run, job, sweep, reservation;
};

struct rules_slot {
    uint32_t account;
    struct engine_rules rules;
};

/* A pair of (product, warehouse) as it was read or written last in this group. */
struct stock_seen {
    uint64_t product; /* 0: nothing */
    uint32_t warehouse;
    bool counted;
    struct stock_record stock;
};

enum { STOCK_SEEN = 8 }; /* by warehouse: the linked ones of one product, mostly */

struct guard;           /* guard_private.h */
struct target_counting; /* target_count.h */
struct stats;           /* stats.h */
struct day_counting;    /* day.h */

struct engine {
    struct directory *directory; /* NULL: to be loaded from the group's transaction */
    struct counters counters;
    bool counters_loaded, counters_changed;
    struct rules_slot *rules;
    uint32_t rules_count;
    int64_t born_ms, lived_ms;     /* see engine_lives; 0: sync was not here yet */
    uint32_t life;                 /* this one's mark, which no other bears; 0: as above */
    struct engine_touched touched; /* by this group */
    /* Of those among its `facts`: not their plugin's state alone. */
    struct engine_accounts facts_all;
    struct engine_touched pending;            /* by groups that were flushed */
    struct store_cursor *targets;             /* of this group, or NULL */
    struct stock_seen stock_seen[STOCK_SEEN]; /* of this group */
    const struct stock_seen *pretended;       /* pairs that are looked up as if they were so */
    uint32_t pretended_count;                 /* 0, but where something is only foreseen */
    struct buf sends;                         /* of this command: items of a row of TABLE_SEND */
    struct buf record;                        /* where records are written before they are put */
    struct guard *guard;                      /* never NULL */
    struct target_counting *counting;         /* never NULL */
    struct stats *stats;                      /* never NULL */
    struct day_counting *days;                /* never NULL */
};

/* One command being applied. */
struct applying {
    struct engine *engine;
    struct store_txn *txn;
    const struct command *command;
    struct command_result *result;
    struct error *error;
    uint64_t sequence;   /* 0 until the first change */
    uint32_t entries;    /* ledger entries written by this command */
    uint32_t changes;    /* rows of TABLE_CHANGE written by it */
    uint32_t sends;      /* outcomes noted by it (send.h) */
    struct guard *guard; /* tallies what it does; NULL: it is not judged */
    /* Sweeps: what they do was counted when they were asked for, in that hour; 0: it was not. */
    uint32_t counted_hour, counted_source;
    bool selects; /* a selection, which tells itself what it leaves in the outbox */
};

/* The command's sequence number: taken when something first changes. */
uint64_t applying_sequence(struct applying *a);

/* The small tables (engine_directory) changed: load them again at the next look. */
void engine_directory_stale(struct engine *engine);

/* How late it is in this life: by sync's own time, which never goes back in it, and since sync was
 * first here (then it was born) by every command, for what one notes is no time of another life.
 * Whoever makes a struct applying that may change a target tells it. */
void engine_lives(struct engine *engine, int64_t now_ms);

const struct engine_rules *engine_rules(const struct engine *engine,
                                        uint32_t account); /* never NULL */

/* There is something to send; by a route that a selection has yet to name; something of either that
 * is a zero or a decrease; something to look for, or to read. */
void engine_touch(struct engine *engine, uint32_t account);
void engine_touch_unsorted(struct engine *engine, uint32_t account);
void engine_touch_decreases(struct engine *engine, uint32_t account);
void engine_touch_looks(struct engine *engine, uint32_t account);

/* Its row, warehouses, links or plugin state changed. */
void engine_touch_facts(struct engine *engine, uint32_t account);
/* ... its plugin's state alone: nothing is to be sent for that. */
void engine_touch_state(struct engine *engine, uint32_t account);

/* The marketplace holds more for buyers than the orders seen by now explain. */
void engine_touch_orders(struct engine *engine, uint32_t account);
void engine_touch_oversold(struct engine *engine, uint32_t account);

/* Why a read came to nothing: ST_OK for "not there", else an error that must drop the group. */
enum status engine_read_failed(struct store_txn *txn, enum status status, const char *table,
                               struct error *error);

#endif
