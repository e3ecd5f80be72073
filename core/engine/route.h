/* Which way a write goes, and with what it shares a batch. For the engine's own files only.
 *
 * Where every item takes route 0 a target's push group is what must be equal in that route's
 * batches, known as soon as its figure is. Where the plugin chooses among routes, asking it at each
 * change of stock would cost too much: a dirty target waits in ROUTE_UNSORTED until a selection
 * asks, once, and puts it where its route's batches are made. So a selection looks at what can go
 * by its own route and in one batch, and at nothing else. */
#ifndef STOCKD_ENGINE_ROUTE_H
#define STOCKD_ENGINE_ROUTE_H

#include "engine/state.h"

enum { ROUTE_UNSORTED = 0 };

/* The plugin chooses: groups name a route, and targets are sorted among them. */
static inline bool routes_chosen(const struct engine_rules *rules)
{
    return rules->item_routes != NULL;
}

/* Figures may be changed there by what is added to them: what is not on sale has one all the same,
 * and that counts, for a change that started from 0 would be added to it. */
static inline bool routes_add(const struct engine_rules *rules)
{
    bool add = false;
    for (uint32_t i = 0; i < rules->route_count; i++)
        add |= rules->routes[i].delta;
    return add;
}

/* The groups of a route's batches: from the first to before the last. */
static inline uint64_t route_first_group(uint32_t route)
{
    return (uint64_t)(route + 1) << 56;
}

/* The route of a sorted target's group. */
static inline uint32_t route_of_group(uint64_t group)
{
    return (uint32_t)(group >> 56) - 1;
}

/* The push group by the route: items of equal groups share its batches. */
uint64_t route_group(const struct engine_rules *rules, uint32_t route, const struct target_id *id,
                     struct bytes listing_group, int64_t wanted);

#endif
