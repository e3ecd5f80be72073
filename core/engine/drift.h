/* Drift: a figure that was read at a marketplace against what should be there, and what follows.
 * For the engine's own files only.
 *
 * EXPECTED is the acknowledged figure less what was sold since (orders lower it as they are
 * applied). A reading says something of a target only when no write of it was open from its request
 * on until its route's settle time had passed, and no order moved the figure inside that span;
 * otherwise it is unclear, and the figure is read again.
 *
 * WHICH WAY IS SAFE. Too many shown is sold twice; too few shown is only not sold. So:
 *  - Higher than expected goes down to our figure at once.
 *  - Lower is most likely somebody's order, and going up again would sell the piece twice. Where
 *    stockd imports the orders they are read first, and it is raised when a reading begun after
 *    DRIFT_LATE_MS still shows it and a drain begun since explains nothing. Where the seller's own
 *    system nets them it is left for DRIFT_EXTERNAL_MS: our figure does not know the order until
 *    that system says so.
 *  - A figure that was repaired DRIFT_REPAIRS_MAX times within DRIFT_WINDOW_MS, each time taken,
 * and is another one again is not fought: the target is held (HOLD_FOREIGN) and named. While it is,
 *    a new wanted figure that is lower than what is shown still goes out, once: those pieces are
 *    gone, and showing them sells what is not there. The same figure is not sent a second time, and
 *    nothing that would raise it is sent. `drift resolve`, or a push with force, releases it.
 *  - A marketplace raises its own figure when an order is cancelled or returned there, and tells of
 *    it later. Told of as many pieces, before a drain that began DRIFT_LATE_MS after the reading is
 *    through, or at any time where the marketplace says when that was, that explains the reading:
 *    its repair is not counted any more, and a target that was named for it is let go.
 *  - Untracked and absent say no figure: they are shown, and nothing follows (I9). Absent confirms
 * a sent 0. Nothing here changes stock of ours. Repairs go through the outbox like any change: what
 * is off, held, rejected or against its rule's direction is left, and shown as such.
 *
 * DURABLE. Everything a decision needs is in the drift's row and the target's; it is taken when a
 * figure is read, so a crash costs one reading. */
#ifndef STOCKD_ENGINE_DRIFT_H
#define STOCKD_ENGINE_DRIFT_H

#include "engine/record_drift.h"
#include "engine/target.h"

enum {
    /* Marketplaces show an order in their lists up to some minutes after it lowered the figure. */
    DRIFT_LATE_MS = 15 * 60 * 1000,
    /* Many sellers' systems tell their stock once a day, and some are late: a day and two hours. */
    DRIFT_EXTERNAL_MS = 26 * 60 * 60 * 1000,
    /* One may be a slip of a hand, two an answer that came late. */
    DRIFT_REPAIRS_MAX = 3,
    DRIFT_WINDOW_MS = 24 * 60 * 60 * 1000,
    DRIFT_KEPT_PER_TARGET = 20, /* closed ones; older than others they go after 90 days as well */
    REREAD_SOON_MS = 60 * 1000, /* beyond the settle time */
};

/* One figure of one target. */
struct drift_reading {
    enum observed_kind kind;
    int64_t quantity;          /* only of a number */
    int64_t begun_ms, read_ms; /* when its request left and was answered */
    int64_t drained_ms; /* when the newest drain that was read to its end began; 0: not known */
};

/* A reading that counts. May change the target, which the caller settles and saves. */
enum status drift_compare(struct applying *a, struct target *target,
                          const struct drift_reading *reading);
/* One that does not, for something moved meanwhile: when it is not as expected, it is read again.
 */
void drift_unclear(struct applying *a, struct target *target, const struct drift_reading *reading);
/* An order lowered what is expected there: that may be what was read. */
enum status drift_sold(struct applying *a, struct target *target);
/* What an order that is over, or of less than before, gave back there. */
struct drift_return {
    int64_t packs;
    int64_t from_ms;    /* not before this; 0 or less: not known */
    int64_t drained_ms; /* when the newest drain that was read to its end began; 0: not known */
};
/* That may be what was read before it was told. What is acknowledged there is in doubt already; the
 * caller settles and saves. drift_return.c */
enum status drift_returned(struct applying *a, struct target *target,
                           const struct drift_return *back);
/* The target is about to be deleted. */
void drift_gone(struct applying *a, struct target *target);
/* A person decides that ours is right: what is open is closed, repairs count anew, and our figure
 * is to be sent. The caller settles and saves. */
enum status drift_release(struct applying *a, struct target *target);

/* What a target that is held for HOLD_FOREIGN alone may still send. */
bool drift_lets(const struct target_record *record);

/* Closed drifts from before that time go; at most `*left` rows are looked at. compact.c */
enum status drift_forget(struct applying *a, int64_t before_ms, uint32_t *left);

/* ---- reread.c: figures to be read again, by id */

void reread_ask(struct applying *a, struct target *target, int64_t when_ms);

#endif
