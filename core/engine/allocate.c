/* From stock and rules to the figure to show. The arithmetic of rules is in rule.c. */
#include "engine/allocate.h"

#include "engine/route.h"
#include "engine/rule.h"
#include "engine/stock.h"
#include "engine/wake.h"

/* What the links bring, and what was sold from their warehouses. */
struct linked {
    int64_t pieces, sold, oldest_ms;
    bool available, shortfall;
    struct allocation_trace *trace; /* or NULL */
};

static enum status sold_from(struct applying *a, uint64_t product, uint32_t warehouse,
                             const struct rule *rule, int64_t *sold, struct linked *sum)
{
    *sold = 0;
    if (!rule->days) return ST_OK;
    enum status status = rule_sold(a->txn, product, warehouse, a->command->now_ms, rule->days, sold,
                                   &sum->oldest_ms);
    if (status != ST_OK) {
        engine_read_failed(a->txn, status, "ledger", a->error);
        return ST_DAMAGED;
    }
    sum->sold += *sold;
    return ST_OK;
}

static void tell_link(const struct linked *sum, const struct allocation_link *link)
{
    if (sum->trace && sum->trace->link) sum->trace->link(sum->trace->ctx, link);
}

static enum status sum_links(struct applying *a, const struct directory_remote *remote,
                             uint64_t product, const struct rule *rule, struct allocation *to,
                             struct linked *sum)
{
    const struct directory *d = a->engine->directory;
    for (uint32_t i = 0; i < remote->link_count; i++) {
        struct allocation_link brings = {.link = &d->links[remote->link_first + i]};
        const struct stock_seen *seen;
        enum status status = stock_look(a, product, brings.link->warehouse, &seen);
        if (status != ST_OK) return status;
        if (!seen->counted) {
            to->hold |= HOLD_UNCOUNTED;
            tell_link(sum, &brings);
            continue;
        }
        brings.counted = true;
        brings.stock = seen->stock;
        brings.available = seen->stock.on_hand - seen->stock.reserved;
        brings.pieces = rule_link_pieces(d, brings.link, brings.available);
        sum->shortfall |= brings.available < 0;
        sum->available |= brings.available > 0;
        sum->pieces += brings.pieces;
        status = sold_from(a, product, brings.link->warehouse, rule, &brings.sold, sum);
        if (status != ST_OK) return status;
        tell_link(sum, &brings);
    }
    return ST_OK;
}

static uint8_t why_nothing(const struct linked *sum)
{
    if (sum->available) return ZERO_SHARE;
    return sum->shortfall ? ZERO_SHORTFALL : ZERO_STOCK;
}

/* The figure by stock and rule. What sold lately counts until a moment that is known: then it is
 * computed anew (I6). */
static enum status compute(struct applying *a, const struct directory_remote *remote,
                           const struct target_id *id, struct allocation *to,
                           struct allocation_trace *trace)
{
    struct rule rule;
    struct rule_steps steps;
    struct linked sum = {.oldest_ms = INT64_MAX, .trace = trace};
    enum status status = rule_find(a->txn, id->product, id->account, &rule);
    if (status != ST_OK) {
        engine_read_failed(a->txn, status, "rule", a->error);
        return ST_DAMAGED;
    }
    status = sum_links(a, remote, id->product, &rule, to, &sum);
    if (status != ST_OK) return status;
    /* What is only foreseen, maybe in a read transaction, leaves nothing behind. */
    if (sum.oldest_ms != INT64_MAX && !a->engine->pretended_count && !trace)
        wake_put(a, sum.oldest_ms + rule.days * RULE_DAY_MS, WAKE_VELOCITY, id->product);
    rule_apply(&rule, sum.pieces, sum.sold, &steps);
    if (trace) {
        trace->ruled = true;
        trace->rule = rule;
        trace->sold = sum.sold;
        trace->steps = steps;
    }
    to->value = steps.value;
    to->capped = steps.capped ? CAP_RULE : CAP_NONE;
    to->zero_reason = steps.value ? ZERO_NONE : steps.zero ? steps.zero : why_nothing(&sum);
    if (rule.mode == RULE_OFF) to->hold |= HOLD_OFF;
    if (rule.mode == RULE_UP_ONLY) to->direction = DIRECTION_UP;
    if (rule.mode == RULE_DOWN_ONLY) to->direction = DIRECTION_DOWN;
    return ST_OK;
}

/* Where the plugin chooses the route, its largest figure is known since the target was sorted. */
static void cap(const struct engine_rules *rules, const struct target *target,
                struct allocation *to)
{
    int64_t most = routes_chosen(rules) ? target->record.most : rules->routes[0].max_quantity;
    if (most && to->value > most) {
        to->value = most;
        to->capped = CAP_ROUTE;
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

enum status allocate_traced(struct applying *a, const struct target *target,
                            const struct listing_view *listing, struct allocation *to,
                            struct allocation_trace *trace)
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
    enum status status = compute(a, remote, id, to, trace);
    if (status != ST_OK) return status;
    to->known = !(to->hold & (HOLD_UNCOUNTED | HOLD_NEVER));
    cap(rules, target, to);
    to->group = group_of(rules, target, listing, to->value);
    return ST_OK;
}

enum status allocate(struct applying *a, const struct target *target,
                     const struct listing_view *listing, struct allocation *to)
{
    return allocate_traced(a, target, listing, to, NULL);
}
