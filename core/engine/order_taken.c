/* What an order line should have taken, and bringing its parts and the stock to that. Which product
 * and which warehouses it leads to is found in order_resolve.c. */
#include "engine/order_row.h"

#include "engine/directory.h"
#include "engine/hook.h"
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

/* Whether the line's order may be in the pair's last figure. One that was read at a remote
 * warehouse has the orders of that one: another may have sold what is still shown there, though
 * both are fed from here. An order that names none may have been sold there. */
static bool counted_there(const struct directory *d, const struct order_row *row,
                          const struct stock_record *stock)
{
    if (!stock->counted_account) return true;
    if (stock->counted_account != row->account) return false;
    if (!stock->counted_remote || !row->now.remote.size) return true;
    const struct directory_remote *remote =
        directory_remote(d, stock->counted_account, stock->counted_remote);
    return remote && bytes_equal(row->now.remote, bytes_text(remote->id));
}

/* What the pair's last figure already knows of this line. An available figure nets the orders
 * placed before it (one that was read at an account, those of `there`), also while somebody else
 * counts them, and has what was cancelled before it; a count of what lies there is without the
 * parcels that had left, however many pieces were in them by a later word, unless it says no more
 * of other orders than was known here. What somebody took in again since is in neither. */
static int64_t on_hand_change(const struct order_row *row, const struct stock_record *stock,
                              bool there, int64_t reserved, int64_t shipped, bool taken_in)
{
    const struct order_view *o = &row->now;
    int64_t more = reserved + shipped;
    bool available = stock->counted_kind == FIGURE_AVAILABLE && there;
    /* Better too few than too many. */
    int64_t doubt_ms = available ? 0 : shipped < 0 ? -ORDER_CLOCK_DOUBT_MS : ORDER_CLOCK_DOUBT_MS;
    int64_t changed_ms = more > 0 ? order_time_latest(o->changed_ms) : o->changed_ms;
    bool known = stock->counted_ms && o->changed_ms && changed_ms + doubt_ms <= stock->counted_ms;
    if (known && !taken_in) {
        if (available) return reserved; /* what is available stays */
        if (shipped != 0 && !stock->counted_known) return 0;
    }
    bool netted = available && o->ordered_ms && order_placed_ms(o) <= stock->counted_ms;
    bool let_go = o->exempt && row->was && !row->was->exempt;
    return netted && (more > 0 || let_go) ? more - shipped : -shipped;
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
    bool taken_in = row->now.return_confirmed && !(row->was && row->was->return_confirmed);
    int64_t reserved = now->reserved - (was ? was->reserved : 0);
    int64_t shipped = now->shipped - (was ? was->shipped : 0);
    const struct stock_seen *seen;
    if (reserved == 0 && shipped == 0) return ST_OK;
    const struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    enum status status = stock_look(a, now->product, now->warehouse, &seen);
    if (status != ST_OK) return status;
    bool there = counted_there(d, row, &seen->stock);
    int64_t on_hand = on_hand_change(row, &seen->stock, there, reserved, shipped, taken_in);
    bool back = shipped < 0;
    if (reserved + shipped > 0) row->beyond += taken_beyond(&seen->stock, on_hand, reserved);
    return stock_move(a, now->product, now->warehouse, on_hand, reserved,
                      back ? CAUSE_RETURN : CAUSE_ORDER);
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
