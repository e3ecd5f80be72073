/* How long turns of the loop take: all that it does between two times of waiting, what sockets ask
 * for included. By the clock, by the processor time that they used, and less what the thread
 * waited for a processor: on a busy machine only that last says what is the daemon's own.
 *
 * Loop thread only. */
#ifndef STOCKD_DAEMON_LOOP_LAG_H
#define STOCKD_DAEMON_LOOP_LAG_H

#include "base/clock.h"

#include <stdint.h>
#include <uv.h>

/* The bounds of the histogram: around the 5 ms that one turn in a hundred may take and the 50 ms
 * that none may; one that takes longer is logged. */
enum { LOOP_LAG_BOUNDS = 9, LOOP_TURN_LATE_US = 5000, LOOP_TURN_MOST_US = 50000 };
extern const int64_t loop_lag_bounds_us[LOOP_LAG_BOUNDS];

struct loop_lag {
    uint64_t turns;
    uint64_t within[LOOP_LAG_BOUNDS]; /* turns that took at most so long */
    int64_t sum_us;
    int64_t p50_us, p99_us,
        max_us; /* since start; percentiles to the next power of two's quarter */
    /* The most that a turn used of a processor, and the most that it took less what it waited for
     * one: what is left then is work, locks and the disk. What it waited for when it woke in the
     * poll cannot be told apart and is taken off, too; of work nothing is. Where the kernel does
     * not tell how long a thread waits for a processor, `own` is as by the clock. Not always the
     * same turn as max_us.
     */
    int64_t processor_max_us, own_max_us;
    uint64_t processor_late, own_late; /* turns that took more than LOOP_TURN_LATE_US so */
};

struct loop_lag_meter;
/* Makes the loop measure how long it is idle. On the loop's own thread. */
struct loop_lag_meter *loop_lag_open(uv_loop_t *loop, const struct clock_source *clock);
void loop_lag_close(struct loop_lag_meter *meter);
/* The loop goes to poll: a turn ends, the next begins. */
void loop_lag_turn(struct loop_lag_meter *meter);
/* From a signal's callback: this turn is not counted. Where a signal interrupts the loop's waiting,
 * libuv forgets what it had waited by then, which would look like a turn of that length. */
void loop_lag_interrupted(struct loop_lag_meter *meter);
struct loop_lag loop_lag_read(const struct loop_lag_meter *meter);

#endif
