/* How many targets of each account are what, and since when the oldest of them waits (I15): kept in
 * step with the targets, in the same transaction, so that asking costs a row and not a walk. For
 * people, metrics and health; nothing the engine decides depends on it.
 *
 * KEPT AS in TABLE_TARGET_COUNT: the counts of an account, and for each second in which a figure
 * was wanted that is not there yet, how many there are. Differences are gathered in memory and
 * written once a group. An account without a row (of a store from before there were any) is counted
 * from its targets when one of them first changes.
 *
 * THREADS. The engine's inside its group, but for the reading ones. */
#ifndef STOCKD_ENGINE_TARGET_COUNT_H
#define STOCKD_ENGINE_TARGET_COUNT_H

#include "base/error.h"
#include "engine/record.h"
#include "store/store.h"

enum target_count_of {
    COUNT_TARGETS,    /* all of them */
    COUNT_UNSENT,     /* with a figure to send, on its way, or waiting for a reading */
    COUNT_UNRESOLVED, /* nobody knows yet whether the last write landed */
    COUNT_REJECTED,   /* refused by the marketplace, and not held */
    COUNT_HELD,
    COUNT_DRIFT, /* read to be another figure than should be there */
    COUNT_OF_TARGETS,
};

/* As what one target is counted; all 0: not at all. */
struct target_counted {
    uint8_t bits;     /* 1 << enum target_count_of */
    int64_t since_s;  /* its figure is not there yet, and wanted since then; 0: it is there */
    int64_t acked_ms; /* 0: nothing is acknowledged */
};
/* Its figure is to be sent or on its way; or a write of it waits for a reading, or for what became
 * of another write (where it is read only to compare, for a figure that was wanted since). */
static inline bool target_is_unsent(const struct target_record *r)
{
    const bool compares = r->flags & TARGET_RESYNC && r->wanted_revision <= r->sent_revision;
    return r->flags & (TARGET_OPEN | TARGET_QUEUED) ||
           (r->flags & (TARGET_ASKED | TARGET_UNRESOLVED) && !compares);
}

/* Its figure is not there, and nothing holds it back. */
static inline bool target_waits(const struct target_record *r)
{
    return target_is_unsent(r) && !(r->flags & TARGET_ACKED && r->acked_value == r->wanted_value);
}

/* `late_ms` of what is saved now: the first moment at which it was not there, however often it was
 * changed or sent in vain since then. What was acknowledged had all that came before it was
 * composed; one that was acknowledged before the last was sent is another write, of the same
 * revision perhaps. */
static inline int64_t target_late_ms(const struct target_record *r, int64_t now_ms)
{
    if (!target_waits(r)) return 0;
    if (!r->late_ms) return now_ms > 0 ? now_ms : 1;
    const bool taken = r->flags & TARGET_ACKED && r->acked_revision == r->sent_revision &&
                       r->acked_ms >= r->sent_ms;
    return taken && r->sent_ms > r->late_ms ? r->sent_ms : r->late_ms;
}

/* Since when its figure waits; 0: it is there, or held back. A row of before there was `late_ms`
 * knows when it was wanted. */
static inline int64_t target_waits_since_ms(const struct target_record *r)
{
    if (!target_waits(r)) return 0;
    if (r->late_ms) return r->late_ms;
    return r->wanted_ms < 1 ? 1 : r->wanted_ms;
}

static inline struct target_counted target_counted_of(const struct target_record *r)
{
    const bool unsent = target_is_unsent(r);
    const int64_t since_ms = target_waits_since_ms(r);
    const struct target_counted counted = {
        .bits = (uint8_t)(1u << COUNT_TARGETS | (unsigned)unsent << COUNT_UNSENT |
                          (r->flags & TARGET_UNRESOLVED ? 1u << COUNT_UNRESOLVED : 0) |
                          (!r->hold && r->flags & TARGET_REJECTED ? 1u << COUNT_REJECTED : 0) |
                          (r->hold ? 1u << COUNT_HELD : 0) |
                          (r->flags & TARGET_DRIFT ? 1u << COUNT_DRIFT : 0)),
        .since_s = !since_ms         ? 0
                   : since_ms < 1000 ? 1
                                     : since_ms / 1000,
        .acked_ms = r->flags & TARGET_ACKED ? r->acked_ms : 0};
    return counted;
}

struct target_counts {
    int64_t of[COUNT_OF_TARGETS];
    int64_t success_ms; /* the last acknowledgement ever; 0: none */
    int64_t since_ms;   /* since when the oldest figure waits, to the second; 0: none does */
};
/* False: this account was not counted yet (see above), or the row cannot be read. [any thread with
 * a transaction] */
bool target_counts_get(struct store_txn *txn, uint32_t account, struct target_counts *counts);

/* ---- the engine's */

struct target_counting;
struct target_counting *target_counting_new(void);
void target_counting_free(struct target_counting *counting);

/* A new account has none. */
void target_count_begin(struct store_txn *txn, uint32_t account);
void target_count_move(struct target_counting *counting, uint32_t account,
                       const struct target_counted *before, const struct target_counted *after);
enum status target_count_flush(struct target_counting *counting, struct store_txn *txn);
void target_count_drop(struct target_counting *counting);

/* Counts all targets anew, for verify and rebuild: whether what is stored says the same, account by
 * account (`told` may be NULL); with `mend` it is written. What a group has gathered must have been
 * flushed. [any thread with a transaction; to mend, the engine's] */
enum status target_count_check(struct store_txn *txn, const uint32_t *accounts, uint32_t count,
                               bool mend, void (*told)(void *ctx, uint32_t account, bool right),
                               void *ctx);

#endif
