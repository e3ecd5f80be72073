/* One selection under way: what select.c and sort.c share. */
#ifndef STOCKD_ENGINE_SELECTING_H
#define STOCKD_ENGINE_SELECTING_H

#include "engine/item.h"
#include "engine/route.h"
#include "engine/select.h"

struct selecting {
    struct applying a;
    const struct engine_select *ask;
    const struct engine_rules *rules;
    const struct engine_route *route;
    struct engine_batch *batch;
    enum engine_barrier barrier;
    struct store_cursor *outbox;
    struct target *waiting; /* the first items, until there are as many as the route needs */
    uint32_t least;         /* items the route needs */
    uint32_t most;          /* shrinks to the smallest cap of an item taken */
    uint32_t scanned;
    uint64_t first, last; /* the groups of its batches, both included */
    uint64_t urgent_from; /* no zero or decrease waits in a group before */
    uint64_t group;       /* of the first item */
};

/* Something due waits for that route. */
void select_tell_route(struct selecting *s, uint32_t route, uint8_t priority);
/* Something is due then. */
void select_tell_due(struct selecting *s, int64_t due_ms, uint8_t priority);

/* ---- sort.c */

/* Gives due targets that are not sorted yet their place among the routes' batches. */
enum status select_sort(struct selecting *s);
/* Moves it to the first of its choices from number `from` (0: the best) that can take its figure;
 * false when there is none. It is saved in any case. */
enum status select_sort_one(struct selecting *s, struct target *t,
                            const struct listing_view *listing, uint32_t from, bool *placed);
/* Whether it still can go by the route asked for, as the choice it was sorted by. */
bool select_takes_route(struct selecting *s, const struct target *t,
                        const struct engine_item *item);

#endif
