/* Push groups. Who asks the plugin, and when, is sort.c. */
#include "engine/route.h"

/* FNV-1a: groups are only compared for equality. */
static uint64_t hash(struct bytes bytes)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < bytes.size; i++)
        h = (h ^ ((const uint8_t *)bytes.data)[i]) * 1099511628211u;
    return h;
}

uint64_t route_group(const struct engine_rules *rules, uint32_t route, const struct target_id *id,
                     struct bytes listing_group, int64_t wanted)
{
    const uint64_t low = (UINT64_C(1) << 56) - 1;
    uint64_t key = 0;
    switch (rules->routes[route].grouping) {
    case GROUPING_NONE: break;
    case GROUPING_WAREHOUSE: key = id->remote; break;
    case GROUPING_LISTING: key = hash(listing_group); break;
    case GROUPING_VALUE: key = (uint64_t)wanted; break;
    }
    return routes_chosen(rules) ? route_first_group(route) | (key & low) : key;
}
