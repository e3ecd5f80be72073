/* Simulated time and what happens in it: one heap of events, two clocks. Events at the same
 * microsecond happen in the order they were made. One thread; nothing here is random. */
#ifndef SIM_LOOP_H
#define SIM_LOOP_H

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop_event {
    void (*happen)(void *ctx); /* NULL: cancelled */
    void *ctx;
    struct loop_event *next; /* of those to be used again */
};

struct loop {
    int64_t now_us;         /* since the simulation began; never steps */
    int64_t wall_offset_ms; /* wall time of the machine minus the marketplace's true time */
    struct loop_place {
        int64_t at_us;
        uint64_t order;
        struct loop_event *event;
    } * heap;
    size_t count, room;
    struct loop_event *spare;
    uint64_t next_order;
    uint64_t happened;
    struct clock_source clock; /* the machine's clocks: its wall can be stepped */
};

/* The true wall time at which each simulation begins. */
#define LOOP_START_MS INT64_C(1780000000000)

void loop_init(struct loop *loop);
void loop_free(struct loop *loop);

/* The event is the loop's; it may be cancelled, once, until it happens. */
struct loop_event *loop_after(struct loop *loop, int64_t us, void (*happen)(void *ctx), void *ctx);
void loop_cancel(struct loop_event *event);

/* Lets the next event happen; false when there is none. */
bool loop_step(struct loop *loop);
/* When the next event happens, or INT64_MAX. */
int64_t loop_next_us(struct loop *loop);

/* The true time, which marketplaces have. */
int64_t loop_true_ms(const struct loop *loop);

#endif
