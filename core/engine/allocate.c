/* From stock to the figure to show. */
#include "engine/allocate.h"

#include "engine/route.h"
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

/* Where the plugin chooses the route, its largest figure is known since the target was sorted. */
static void cap(const struct engine_rules *rules, const struct target *target,
                struct allocation *to)
{
    int64_t most = routes_chosen(rules) ? target->record.most : rules->routes[0].max_quantity;
    if (most && to->value > most) {
        to->value = most;
        to->capped = true;
    }
}

static bool writable(enum listing_state state)
{
    return state == LISTING_ACTIVE || state == LISTING_ENDED;
}

static void look_at_listing(const struct directory *d, const struct target_id *id,
                            const struct listing_view *listing, struct allocation *to)
{
    const struct directory_account *account = directory_account(d, id->account);
    if (account && listing->epoch != account->epoch) to->hold |= HOLD_EPOCH;
    if (listing->product != id->product) to->hold |= HOLD_NEVER;
    if (!writable(listing->state)) to->hold |= HOLD_LISTING;
}

/* Without the listing its group is as it was. */
static uint64_t group_of(const struct engine_rules *rules, const struct target *target,
                         const struct listing_view *listing, int64_t wanted)
{
    bool of_listing = rules->routes[0].grouping == GROUPING_LISTING;
    if (routes_chosen(rules) || (of_listing && !listing)) return target->record.group;
    return route_group(rules, 0, &target->id, listing ? listing->group : bytes_of("", 0), wanted);
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
        look_at_listing(d, id, listing, to);
    } else {
        to->hold = target->record.hold & (HOLD_LISTING | HOLD_NEVER | HOLD_EPOCH);
    }
    if (!directory_writable(remote, a->command->now_ms)) to->hold |= HOLD_REMOTE;
    enum status status = sum_links(a, remote, id->product, to);
    if (status != ST_OK) return status;
    to->known = !(to->hold & (HOLD_UNCOUNTED | HOLD_NEVER));
    cap(rules, target, to);
    to->group = group_of(rules, target, listing, to->value);
    return ST_OK;
}
