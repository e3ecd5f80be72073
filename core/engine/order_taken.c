/* What an order line should have taken, and bringing its parts and the stock to that. Which product
 * and which warehouses it leads to is found in order_resolve.c; what the last figure knew of it is
 * order_effect.c's. */
#include "engine/order_row.h"

#include "engine/directory.h"
#include "engine/hook.h"
#include "engine/order_effect.h"
#include "engine/rule.h"
#include "engine/stock.h"

/* ---- what should have been taken */

static struct order_taken taken_wanted(const struct order_view *o)
{
    struct order_taken t = {0, 0};
    int64_t pieces = o->quantity * order_pack(o);
    if (o->exempt) return t;
    if (o->was_shipped)
        t.shipped = o->return_confirmed ? 0 : pieces;
    else if (o->state == ORDER_OPEN)
        t.reserved = pieces;
    return t;
}

struct order_taken order_taken_of(const struct order_view *o)
{
    struct order_taken t = {0, 0};
    for (uint32_t i = 0; i < o->part_count; i++) {
        t.reserved += o->parts[i].reserved;
        t.shipped += o->parts[i].shipped;
    }
    return t;
}

/* Gives pieces back, from the last part on. */
static void parts_shrink(struct order_view *o, int64_t by)
{
    for (uint32_t i = o->part_count; i-- > 0 && by > 0;) {
        struct order_part *part = &o->parts[i];
        int64_t reserved = part->reserved < by ? part->reserved : by;
        part->reserved -= reserved;
        by -= reserved;
        int64_t shipped = part->shipped < by ? part->shipped : by;
        part->shipped -= shipped;
        by -= shipped;
    }
}

static void parts_ship(struct order_view *o)
{
    for (uint32_t i = 0; i < o->part_count; i++) {
        o->parts[i].shipped += o->parts[i].reserved;
        o->parts[i].reserved = 0;
    }
}

static int64_t pieces_missing(const struct order_view *o)
{
    struct order_taken want = taken_wanted(o), have = order_taken_of(o);
    return want.reserved + want.shipped - have.reserved - have.shipped;
}

/* The first time that the line leads to a product its pack is fixed: what is reserved stays true
 * when the rule changes. */
static enum status pack_fix(struct applying *a, const struct order_row *row,
                            const struct order_place *place, struct order_view *now)
{
    struct rule rule;
    if (now->pack) return ST_OK;
    if (hook_is_source(row->account)) { /* it counts pieces */
        now->pack = 1;
        return ST_OK;
    }
    enum status status = rule_find(a->txn, place->product, row->account, &rule);
    if (status != ST_OK) return engine_read_failed(a->txn, status, "rule", a->error), ST_DAMAGED;
    now->pack = rule.pack;
    return ST_OK;
}

static enum status parts_grow(struct applying *a, struct order_row *row)
{
    struct order_view *now = &row->now;
    struct order_place place;
    enum status status = order_resolve(a, row->account, now, &place);
    now->listing = place.listing;
    if (status == ST_OK && !place.held) status = pack_fix(a, row, &place, now);
    if (status == ST_OK && !place.held)
        status = order_take(a, row->account, &place, pieces_missing(now), now, &place.held);
    now->held = place.held;
    return status;
}

enum status order_taken_adjust(struct applying *a, struct order_row *row)
{
    struct order_view *now = &row->now;
    int64_t missing = pieces_missing(now); /* of some number of pieces when no pack is fixed yet */
    now->held = ORDER_HELD_NOT;
    if (missing > 0) {
        enum status status = parts_grow(a, row);
        if (status != ST_OK) return status;
    } else if (missing < 0) {
        parts_shrink(now, -missing);
    }
    if (taken_wanted(now).shipped && !now->held) parts_ship(now);
    return ST_OK;
}

/* ---- the stock */

static struct order_effect effect_of(const struct applying *a, const struct directory *d,
                                     const struct order_row *row)
{
    const struct order_view *o = &row->now, *was = row->was;
    struct order_effect effect = {.placed_ms = o->ordered_ms ? order_placed_ms(o) : 0,
                                  .changed_ms = o->changed_ms,
                                  .time_ms = a->command->now_ms,
                                  .account = row->account};
    if (o->remote.size) {
        const struct directory_remote *r = directory_remote_by_id(d, row->account, o->remote);
        effect.remote = r ? r->no : UINT32_MAX;
    }
    if (o->return_confirmed && !(was && was->return_confirmed))
        effect.flags |= ORDER_EFFECT_TAKEN_IN;
    if (o->exempt && was && !was->exempt) effect.flags |= ORDER_EFFECT_LET_GO;
    return effect;
}

/* How many of the pieces that are taken were not there. */
static int64_t taken_beyond(const struct stock_record *stock, int64_t on_hand, int64_t reserved)
{
    const int64_t before = stock->on_hand - stock->reserved, after = before + on_hand - reserved;
    const int64_t more = (before < 0 ? before : 0) - (after < 0 ? after : 0);
    return more > 0 ? more : 0;
}

static enum status part_apply(struct applying *a, struct order_row *row,
                              const struct order_part *now, const struct order_part *was)
{
    int64_t reserved = now->reserved - (was ? was->reserved : 0);
    int64_t shipped = now->shipped - (was ? was->shipped : 0);
    const struct stock_seen *seen;
    if (reserved == 0 && shipped == 0) return ST_OK;
    const struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    enum status status = stock_look(a, now->product, now->warehouse, &seen);
    if (status != ST_OK) return status;
    struct order_effect effect = effect_of(a, d, row);
    effect.reserved = reserved;
    effect.shipped = shipped;
    int64_t on_hand = order_effect_on_hand(&effect, &seen->stock);
    if (reserved + shipped > 0) row->beyond += taken_beyond(&seen->stock, on_hand, reserved);
    order_effect_put(a, now->product, now->warehouse, &effect);
    if (on_hand == 0 && reserved == 0) { /* the last figure knew all of it */
        a->entries++;
        return ST_OK;
    }
    return stock_move(a, now->product, now->warehouse, on_hand, reserved,
                      shipped < 0 ? CAUSE_RETURN : CAUSE_ORDER);
}

static const struct order_part *part_of(const struct order_view *o, const struct order_part *like)
{
    for (uint32_t i = 0; o && i < o->part_count; i++)
        if (o->parts[i].product == like->product && o->parts[i].warehouse == like->warehouse)
            return &o->parts[i];
    return NULL;
}

enum status order_taken_apply(struct applying *a, struct order_row *row)
{
    enum status status = ST_OK;
    for (uint32_t i = 0; i < row->now.part_count && status == ST_OK; i++)
        status = part_apply(a, row, &row->now.parts[i], part_of(row->was, &row->now.parts[i]));
    return status;
}
