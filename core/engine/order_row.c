/* One order line: what it should have taken, and writing the difference to the stock, to what is
 * shown at the marketplace, and to its rows. What was told is merged in order.c; what a line leads
 * to is found in order_resolve.c. */
#include "engine/order_row.h"

#include "engine/apply.h"
#include "engine/day.h"
#include "engine/drift.h"
#include "engine/hook.h"
#include "engine/rule.h"
#include "engine/stock.h"
#include "engine/target.h"

enum {
    /* The marketplace's clock and this one may differ by so much; what lies closer counts as not
     * known to be before or after. */
    CLOCK_DOUBT_MS = 5000,
};

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

struct order_taken order_row_taken(const struct order_view *o)
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
    struct order_taken want = taken_wanted(o), have = order_row_taken(o);
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

/* Brings the parts to what should be taken. A line that cannot be resolved keeps what it has. */
static enum status parts_adjust(struct applying *a, struct order_row *row)
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

/* What the pair's last figure already knows of this line. An available figure nets the orders
 * placed before it (one that was read at an account, those of that account), and has what was
 * cancelled before it; a count of what lies there is without the parcels that had left, however
 * many pieces were in them by a later word. What somebody took in again since is in neither. */
static int64_t on_hand_change(const struct order_row *row, const struct stock_record *stock,
                              int64_t reserved, int64_t shipped, bool taken_in)
{
    const struct order_view *o = &row->now;
    int64_t more = reserved + shipped;
    bool ours = !stock->counted_account || stock->counted_account == row->account;
    bool available = stock->counted_kind == FIGURE_AVAILABLE && ours;
    /* Better too few than too many. */
    int64_t doubt_ms = available ? 0 : shipped < 0 ? -CLOCK_DOUBT_MS : CLOCK_DOUBT_MS;
    bool known =
        stock->counted_ms && o->changed_ms && o->changed_ms + doubt_ms <= stock->counted_ms;
    if (known && !taken_in) {
        if (available) return reserved; /* what is available stays */
        if (shipped != 0) return 0;
    }
    bool netted = available && o->ordered_ms && o->ordered_ms <= stock->counted_ms;
    return netted && more > 0 ? more - shipped : -shipped;
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
    enum status status = stock_look(a, now->product, now->warehouse, &seen);
    if (status != ST_OK) return status;
    int64_t on_hand = on_hand_change(row, &seen->stock, reserved, shipped, taken_in);
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

static enum status parts_apply(struct applying *a, struct order_row *row)
{
    enum status status = ST_OK;
    for (uint32_t i = 0; i < row->now.part_count && status == ST_OK; i++)
        status = part_apply(a, row, &row->now.parts[i], part_of(row->was, &row->now.parts[i]));
    return status;
}

/* ---- what is shown at the marketplace */

/* The marketplace has surely lowered the figure that was acknowledged: the order was placed after
 * that. Its time alone does not say so, for clocks differ; but then a drain that began after the
 * write was over would have shown the order. That alone does not either, for orders may be shown
 * late. */
static bool sold_since(const struct order_row *row, const struct target_record *r)
{
    if (!(r->flags & TARGET_ACKED) || r->flags & (TARGET_OPEN | TARGET_UNRESOLVED)) return false;
    int64_t over = r->acked_ms > r->sent_ms ? r->acked_ms : r->sent_ms;
    if (r->closed_ms > over) over = r->closed_ms;
    return row->drained_ms > over && row->now.ordered_ms > over + CLOCK_DOUBT_MS;
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
                                 .from_ms = now->changed_ms ? now->changed_ms - CLOCK_DOUBT_MS : 0,
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

/* What the line's change means for the figure that the marketplace shows. */
static enum status marketplace_moved(struct applying *a, const struct order_row *row)
{
    const struct order_view *was = row->was, *now = &row->now;
    struct order_taken before = was ? order_row_taken(was) : (struct order_taken){0, 0},
                       after = order_row_taken(now);
    int64_t sold = after.reserved + after.shipped - before.reserved - before.shipped;
    bool over = is_over(now);
    bool restored = was && (now->quantity != was->quantity || (over && now->state != was->state));
    if (!now->lowered || !(sold > 0 || !was || restored)) return ST_OK;
    return target_sold(a, row, restored ? 0 : sold / order_pack(now));
}

/* ---- rows */

struct key order_row_key(uint32_t account, struct bytes line)
{
    struct key key = {0};
    key_u32(&key, account);
    key_add(&key, line);
    return key;
}

static void row_switch(struct applying *a, enum store_table table, const struct key *key, bool was,
                       bool is)
{
    if (is && !was) store_put(a->txn, table, key_bytes(key), bytes_of("", 0));
    if (was && !is) store_delete(a->txn, table, key_bytes(key));
}

static bool is_open(const struct order_view *o)
{
    return o && order_is_open(o);
}

static struct key order_key(const struct order_row *row, struct bytes order_id)
{
    struct key key = {0};
    key_u32(&key, row->account);
    key_add(&key, order_id);
    key_u8(&key, 0);
    key_add(&key, row->key);
    return key;
}

static bool has_product(const struct order_view *o, uint64_t product)
{
    for (uint32_t i = 0; o && i < o->part_count; i++)
        if (o->parts[i].product == product) return true;
    return false;
}

static struct key product_key(const struct order_row *row, uint64_t product)
{
    struct key key = {0};
    key_u64(&key, product);
    key_u32(&key, row->account);
    key_add(&key, row->key);
    return key;
}

static void index_products(struct applying *a, const struct order_row *row)
{
    const struct order_view *was = row->was, *now = &row->now;
    for (uint32_t i = 0; i < now->part_count; i++) {
        struct key key = product_key(row, now->parts[i].product);
        if (!part_of(was, &now->parts[i]))
            store_put(a->txn, TABLE_ORDER_PRODUCT, key_bytes(&key), bytes_of("", 0));
    }
    for (uint32_t i = 0; was && i < was->part_count; i++) { /* its place was taken */
        struct key key = product_key(row, was->parts[i].product);
        if (!has_product(now, was->parts[i].product))
            store_delete(a->txn, TABLE_ORDER_PRODUCT, key_bytes(&key));
    }
}

void order_row_save(struct applying *a, struct order_row *row)
{
    struct key key = order_row_key(row->account, row->key);
    struct buf *record = &a->engine->record;
    const struct order_view *was = row->was, *now = &row->now;
    applying_sequence(a);
    buf_reset(record);
    order_write(record, now);
    store_put(a->txn, TABLE_ORDER_LINE, key_bytes(&key), bytes_of(record->data, record->size));
    bool renamed = was && !bytes_equal(was->order_id, now->order_id);
    if (renamed) {
        struct key old = order_key(row, was->order_id);
        store_delete(a->txn, TABLE_ORDER, key_bytes(&old));
    }
    if (!was || renamed) {
        struct key new = order_key(row, now->order_id);
        store_put(a->txn, TABLE_ORDER, key_bytes(&new), bytes_of("", 0));
    }
    row_switch(a, TABLE_ORDER_OPEN, &key, is_open(was), is_open(now));
    row_switch(a, TABLE_ORDER_HELD, &key, was && was->held, now->held);
    index_products(a, row);
}

/* ---- one line */

enum status order_row_load(struct applying *a, const struct key *key, struct buf *memory,
                           struct order_view *order)
{
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_ORDER_LINE, key_bytes(key), &value);
    if (status == ST_NOT_FOUND) return status;
    buf_init(memory, RECORD_MAX);
    if (status == ST_OK) {
        buf_add(memory, value.data, value.size);
        status = order_read(bytes_of(memory->data, memory->size), order);
    }
    if (status == ST_OK) return ST_OK;
    buf_free(memory);
    engine_read_failed(a->txn, ST_DAMAGED, "order_line", a->error);
    return ST_DAMAGED;
}

static bool same(const struct order_view *x, const struct order_view *y)
{
    if (!x || x->part_count != y->part_count) return false;
    return bytes_equal(x->order_id, y->order_id) && bytes_equal(x->status, y->status) &&
           bytes_equal(x->remote, y->remote) && x->ref_count == y->ref_count &&
           x->state == y->state && x->has_version == y->has_version && x->version == y->version &&
           x->lowered == y->lowered && x->oversell == y->oversell && x->quantity == y->quantity &&
           x->changed_ms == y->changed_ms && x->was_shipped == y->was_shipped &&
           x->return_confirmed == y->return_confirmed && x->held == y->held &&
           x->exempt == y->exempt && x->listing == y->listing && x->pack == y->pack &&
           memcmp(x->parts, y->parts, x->part_count * sizeof *x->parts) == 0;
}

/* What the marketplace says was sold without stock counts as a whole. */
static void count_oversold(struct applying *a, const struct order_row *row)
{
    const struct order_view *now = &row->now;
    const bool marked = now->oversell && !(row->was && row->was->oversell) && !now->exempt;
    int64_t pieces = row->beyond, all = now->quantity * order_pack(now);
    if (marked && all > pieces) pieces = all;
    day_count(a->engine->days, row->account, a->command->now_ms, DAY_OVERSOLD, pieces);
}

enum status order_row_apply(struct applying *a, struct order_row *row)
{
    enum status status = parts_adjust(a, row);
    if (status != ST_OK || same(row->was, &row->now)) return status;
    row->now.applied_ms = a->command->now_ms;
    order_row_save(a, row);
    status = parts_apply(a, row);
    if (status == ST_OK) count_oversold(a, row);
    return status == ST_OK ? marketplace_moved(a, row) : status;
}
