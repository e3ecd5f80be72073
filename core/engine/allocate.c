/* From stock to the figure to show. */
#include "engine/allocate.h"

#include "engine/stock.h"

/* Sums what is available in the linked warehouses. A link's share is in millionths; the sum is
 * rounded down once, so that no piece is promised twice. */
static enum status sum_links(struct applying *a, const struct directory_remote *remote,
                             uint64_t product, struct allocation *to)
{
    bool shortfall = false;
    int64_t sum = 0;
    for (uint32_t i = 0; i < remote->link_count; i++) {
        const struct directory_link *link = &a->engine->directory->links[remote->link_first + i];
        const struct stock_seen *seen;
        enum status status = stock_look(a, product, link->warehouse, &seen);
        if (status != ST_OK) return status;
        if (!seen->counted) {
            to->hold |= HOLD_UNCOUNTED;
            continue;
        }
        int64_t available = seen->stock.on_hand - seen->stock.reserved;
        shortfall |= available < 0;
        if (available > 0)
            sum += available / 1000000 * link->rule.share_ppm +
                   available % 1000000 * link->rule.share_ppm / 1000000;
    }
    to->value = sum;
    to->zero_reason = sum ? ZERO_NONE : shortfall ? ZERO_SHORTFALL : ZERO_STOCK;
    return ST_OK;
}

static void cap(const struct engine_rules *rules, struct allocation *to)
{
    int64_t most = 0;
    for (uint32_t i = 0; i < rules->route_count; i++) {
        if (rules->routes[i].max_quantity == 0) return;
        if (rules->routes[i].max_quantity > most) most = rules->routes[i].max_quantity;
    }
    if (most && to->value > most) {
        to->value = most;
        to->capped = true;
    }
}

/* FNV-1a: groups are only compared for equality. */
static uint64_t hash(struct bytes bytes)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < bytes.size; i++)
        h = (h ^ ((const uint8_t *)bytes.data)[i]) * 1099511628211u;
    return h;
}

static bool writable(enum listing_state state)
{
    return state == LISTING_ACTIVE || state == LISTING_ENDED;
}

static void look_at_listing(const struct target_id *id, const struct engine_rules *rules,
                            const struct listing_view *listing, struct allocation *to)
{
    if (listing->product != id->product) to->hold |= HOLD_NEVER;
    if (!writable(listing->state)) to->hold |= HOLD_LISTING;
    for (uint32_t i = 0; i < rules->route_count; i++) {
        if (rules->routes[i].grouping == GROUPING_LISTING) to->group = hash(listing->group);
        if (rules->routes[i].grouping == GROUPING_WAREHOUSE && to->group == 0)
            to->group = id->remote;
    }
}

enum status allocate(struct applying *a, const struct target *target,
                     const struct listing_view *listing, struct allocation *to)
{
    const struct target_id *id = &target->id;
    *to = (struct allocation){0};
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_remote *remote = directory_remote(d, id->account, id->remote);
    if (!remote || remote->link_count == 0) {
        to->hold = HOLD_NEVER;
        return ST_OK;
    }
    const struct engine_rules *rules = engine_rules(a->engine, id->account);
    if (listing) {
        look_at_listing(id, rules, listing, to);
    } else {
        to->hold = target->record.hold & (HOLD_LISTING | HOLD_NEVER);
        to->group = target->record.group;
    }
    if (remote->gone || !remote->writable) to->hold |= HOLD_REMOTE;
    enum status status = sum_links(a, remote, id->product, to);
    if (status != ST_OK) return status;
    to->known = !(to->hold & (HOLD_UNCOUNTED | HOLD_NEVER));
    cap(rules, to);
    return ST_OK;
}
