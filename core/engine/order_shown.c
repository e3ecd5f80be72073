/* What an order line means for the figure that its marketplace shows: the marketplace lowers it by
 * itself when a buyer orders, and may give back when the order is over. */
#include "engine/order_row.h"

#include "engine/drift.h"
#include "engine/order_effect.h"
#include "engine/target.h"

/* The marketplace has surely lowered the figure that was acknowledged: the order was placed after
 * that. Its time alone does not say so, for clocks differ; but then a drain that began after the
 * write was over would have shown the order. That alone does not either, for orders may be shown
 * late. */
static bool sold_since(const struct order_row *row, const struct target_record *r)
{
    if (!(r->flags & TARGET_ACKED) || r->flags & (TARGET_OPEN | TARGET_UNRESOLVED)) return false;
    int64_t over = r->acked_ms > r->sent_ms ? r->acked_ms : r->sent_ms;
    if (r->closed_ms > over) over = r->closed_ms;
    return row->drained_ms > over && row->now.ordered_ms > over + ORDER_CLOCK_DOUBT_MS;
}

static bool is_over(const struct order_view *o)
{
    return o->state == ORDER_CANCELLED || o->state == ORDER_RETURNED;
}

/* The packs by which its figure is lower for the line. */
static int64_t held_there(const struct order_view *o)
{
    return is_over(o) ? 0 : o->quantity;
}

/* What the marketplace may have given back to its own figure with the line's change. */
static struct drift_return given_back(const struct order_row *row)
{
    const struct order_view *was = row->was, *now = &row->now;
    int64_t before = 0;
    if (was)
        before = held_there(was);
    else if (!now->exempt)
        before = now->quantity; /* ordered and over since the last drain */
    return (struct drift_return){.packs = before - held_there(now),
                                 .from_ms =
                                     now->changed_ms ? now->changed_ms - ORDER_CLOCK_DOUBT_MS : 0,
                                 .drained_ms = row->drained_ms};
}

/* The marketplace lowers its own figure by the `packs` sold, or may have given some back (0): what
 * was acknowledged there is so much less now, or nothing is known any more. Also not by a write
 * under way, which may land before or after, nor by a reading begun before this. */
static enum status target_sold(struct applying *a, const struct order_row *row, int64_t packs)
{
    struct order_place place;
    enum status status = order_resolve(a, row->account, &row->now, &place);
    if (status != ST_OK || place.held) return status;
    const struct target_id id = {.product = place.product,
                                 .listing = place.listing,
                                 .account = row->account,
                                 .remote = place.remote};
    struct target target;
    status = target_load(a->txn, &id, &target, a->error);
    if (status != ST_OK || !target.exists) return status;
    struct target_record *r = &target.record;
    if (packs > 0 && r->acked_value >= packs && sold_since(row, r)) {
        r->acked_value -= packs;
        r->sold_ms = a->command->now_ms;
        status = drift_sold(a, &target);
        if (status != ST_OK) return status;
    } else {
        const struct drift_return back = given_back(row);
        target_doubt(a, &target);
        status = drift_returned(a, &target, &back);
        if (status != ST_OK) return status;
    }
    if (packs > 0) target_try_again(&target); /* refused was a figure of before */
    target_settle(a, &target);
    target_save(a, &target);
    return ST_OK;
}

enum status order_shown_moved(struct applying *a, const struct order_row *row)
{
    const struct order_view *was = row->was, *now = &row->now;
    struct order_taken before = was ? order_taken_of(was) : (struct order_taken){0, 0},
                       after = order_taken_of(now);
    int64_t sold = after.reserved + after.shipped - before.reserved - before.shipped;
    bool over = is_over(now);
    bool restored = was && (now->quantity != was->quantity || (over && now->state != was->state));
    if (!now->lowered || !(sold > 0 || !was || restored)) return ST_OK;
    return target_sold(a, row, restored ? 0 : sold / order_pack(now));
}
