/* Stock and its ledger: set, adjust, transfer, bulk. Upholds I1: the figures of a pair are the fold
 * of its ledger entries, for every change writes both. */
#include "engine/stock.h"

#include "engine/apply.h"
#include "engine/change.h"
#include "engine/order.h"
#include "engine/order_effect.h"
#include "engine/plan.h"
#include "engine/target.h"

#include <stdio.h>

struct pair {
    uint64_t product;
    const struct directory_warehouse *warehouse;
    struct stock_record stock;
    bool counted;
};

enum status stock_look(struct applying *a, uint64_t product, uint32_t warehouse,
                       const struct stock_seen **out)
{
    for (uint32_t i = 0; i < a->engine->pretended_count; i++)
        if (a->engine->pretended[i].warehouse == warehouse &&
            a->engine->pretended[i].product == product) {
            *out = &a->engine->pretended[i];
            return ST_OK;
        }
    struct stock_seen *seen = &a->engine->stock_seen[warehouse % STOCK_SEEN];
    *out = seen;
    if (seen->product == product && seen->warehouse == warehouse) return ST_OK;
    uint8_t key[12];
    bytes_put_u64(key, product);
    bytes_put_u32(key + 8, warehouse);
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_STOCK, bytes_of(key, sizeof key), &value);
    if (status != ST_NOT_FOUND && (status != ST_OK || value.size != sizeof seen->stock)) {
        engine_read_failed(a->txn, ST_DAMAGED, "stock", a->error);
        return ST_DAMAGED;
    }
    *seen =
        (struct stock_seen){.product = product, .warehouse = warehouse, .counted = status == ST_OK};
    if (seen->counted) memcpy(&seen->stock, value.data, sizeof seen->stock);
    return ST_OK;
}

static enum status pair_load(struct applying *a, struct pair *p)
{
    const struct stock_seen *seen;
    enum status status = stock_look(a, p->product, p->warehouse->no, &seen);
    if (status != ST_OK) return status;
    p->counted = seen->counted;
    p->stock = seen->stock;
    return ST_OK;
}

static void pair_put(struct applying *a, const struct pair *p)
{
    uint8_t key[12];
    bytes_put_u64(key, p->product);
    bytes_put_u32(key + 8, p->warehouse->no);
    store_put(a->txn, TABLE_STOCK, bytes_of(key, sizeof key), bytes_of(&p->stock, sizeof p->stock));
    a->engine->stock_seen[p->warehouse->no % STOCK_SEEN] = (struct stock_seen){
        .product = p->product, .warehouse = p->warehouse->no, .counted = true, .stock = p->stock};
}

static void ledger_put(struct applying *a, const struct pair *p, const struct ledger_record *entry)
{
    uint8_t key[24];
    bytes_put_u64(key, p->product);
    bytes_put_u32(key + 8, p->warehouse->no);
    bytes_put_u64(key + 12, applying_sequence(a));
    bytes_put_u32(key + 20, a->entries++);
    store_put(a->txn, TABLE_LEDGER, bytes_of(key, sizeof key), bytes_of(entry, sizeof *entry));
}

/* Writes the pair's new figures and the ledger entry that says how they came about. */
static void pair_save(struct applying *a, struct pair *p, int64_t on_hand, int64_t reserved,
                      enum cause cause)
{
    struct ledger_record entry = {
        .on_hand_before = p->stock.on_hand,
        .on_hand_after = on_hand,
        .reserved_before = p->stock.reserved,
        .reserved_after = reserved,
        .time_ms = a->command->now_ms,
        .cause = cause,
        .first = !p->counted,
    };
    p->stock.on_hand = on_hand;
    p->stock.reserved = reserved;
    p->stock.revision = applying_sequence(a);
    p->stock.changed_ms = a->command->now_ms;
    ledger_put(a, p, &entry);
    if (!p->counted) order_retry_all(a); /* lines may have waited for a first figure */
    p->counted = true;
    pair_put(a, p);
}

/* Whether the time and kind of a figure that changes nothing are worth a write. While no account
 * imports its orders they matter to those that will be imported later: what is given again and
 * again is left alone then, and at worst nets too few of them. */
static bool count_matters(struct applying *a, const struct stock_record *was,
                          const struct stock_record *now)
{
    return a->engine->directory->orders_imported || was->counted_kind != now->counted_kind ||
           was->counted_account != now->counted_account ||
           was->counted_remote != now->counted_remote || was->counted_known != now->counted_known ||
           store_count(a->txn, TABLE_ORDER_LINE) > 0;
}

/* The sum of what two places of an account show has the orders of both, and surely those of before
 * the first of them was read. */
static bool is_sum(const struct stock_record *was, const struct stock_shown *shown)
{
    return shown && shown->add && was->counted_kind == FIGURE_AVAILABLE &&
           was->counted_account == shown->account && was->counted_remote != shown->remote;
}

/* Of whose orders it says something, and as of when. */
static void figure_says(struct stock_record *figure, const struct stock_shown *shown)
{
    figure->counted_ms = shown->read_ms;
    figure->counted_account = shown->account;
    figure->counted_remote = shown->remote;
    figure->counted_known = shown->known;
}

/* A figure was given: what it says of orders depends on when, even if it changes nothing. `shown`:
 * where it was read, or NULL. */
static void pair_count(struct applying *a, struct pair *p, int64_t on_hand, enum figure_kind kind,
                       const struct stock_shown *shown, enum cause cause)
{
    static const struct stock_shown nowhere;
    struct stock_record was = p->stock;
    p->stock.counted_kind = (uint32_t)kind;
    figure_says(&p->stock, shown ? shown : &nowhere);
    if (!shown) p->stock.counted_ms = a->command->now_ms;
    if (is_sum(&was, shown)) {
        p->stock.counted_remote = 0;
        p->stock.counted_known |= was.counted_known; /* better too few than too many */
        if (was.counted_ms < p->stock.counted_ms) p->stock.counted_ms = was.counted_ms;
    }
    if (!p->counted || p->stock.on_hand != on_hand)
        pair_save(a, p, on_hand, p->stock.reserved, cause);
    else if (count_matters(a, &was, &p->stock))
        pair_put(a, p);
}

static enum status pair_changed(struct applying *a, const struct pair *p)
{
    return p->warehouse->linked ? target_refresh_product(a, p->product, p->warehouse->no) : ST_OK;
}

static enum status pair_find(struct applying *a, struct bytes sku, struct bytes warehouse,
                             struct pair *p)
{
    enum status status = apply_find_product(a, sku, &p->product);
    if (status == ST_OK) status = apply_find_warehouse(a, warehouse, &p->warehouse);
    if (status == ST_OK) status = pair_load(a, p);
    return status;
}

static enum status check_figure(struct applying *a, int64_t figure)
{
    if (figure >= 0 && figure <= FIGURE_MAX) return ST_OK;
    return error_set(a->error, ST_INVALID,
                     "a figure is a whole number from 0 to %lld; this one is %lld",
                     (long long)FIGURE_MAX, (long long)figure);
}

static enum status check_kind(struct applying *a, enum figure_kind kind, enum cause cause)
{
    if (kind != FIGURE_ON_HAND && kind != FIGURE_AVAILABLE)
        return error_set(a->error, ST_INVALID, "a figure is of the kind on-hand or available");
    if ((unsigned)cause == 0 || (unsigned)cause >= CAUSE_COUNT_OF)
        return error_set(a->error, ST_INVALID, "a change of stock has a cause; %d is none",
                         (int)cause);
    return ST_OK;
}

static enum status refuse_condition(struct applying *a, struct bytes sku, const struct pair *p,
                                    int64_t figure, const struct stock_set *set)
{
    char expected[32] = "uncounted", actual[32] = "uncounted";
    if (set->expected != FIGURE_UNKNOWN)
        snprintf(expected, sizeof expected, "%lld", (long long)set->expected);
    if (p->counted) snprintf(actual, sizeof actual, "%lld", (long long)figure);
    return error_set(
        a->error, ST_CONFLICT,
        "'%.*s' in '%s' is %s now, not %s: somebody changed it; look again before you set it",
        (int)sku.size, (const char *)sku.data, p->warehouse->key, actual, expected);
}

static enum status pair_by_number(struct applying *a, uint64_t product, uint32_t warehouse,
                                  struct pair *p)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    *p = (struct pair){.product = product, .warehouse = directory_warehouse(d, warehouse)};
    if (!p->warehouse) return error_set(a->error, ST_BUG, "warehouse %u is not known", warehouse);
    return pair_load(a, p);
}

enum status stock_forget(struct applying *a, uint64_t product, uint32_t warehouse, enum cause cause)
{
    struct pair p;
    enum status status = pair_by_number(a, product, warehouse, &p);
    if (status != ST_OK || !p.counted) return status;
    const struct ledger_record entry = {.on_hand_before = p.stock.on_hand,
                                        .reserved_before = p.stock.reserved,
                                        .time_ms = a->command->now_ms,
                                        .cause = cause,
                                        .gone = 1};
    ledger_put(a, &p, &entry);
    uint8_t key[12];
    bytes_put_u64(key, product);
    bytes_put_u32(key + 8, warehouse);
    store_delete(a->txn, TABLE_STOCK, bytes_of(key, sizeof key));
    a->engine->stock_seen[warehouse % STOCK_SEEN] =
        (struct stock_seen){.product = product, .warehouse = warehouse};
    return pair_changed(a, &p);
}

enum status stock_give(struct applying *a, uint64_t product, uint32_t warehouse, int64_t on_hand,
                       int64_t reserved, enum cause cause)
{
    struct pair p;
    enum status status = pair_by_number(a, product, warehouse, &p);
    if (status != ST_OK || (p.counted && on_hand == 0 && reserved == 0)) return status;
    pair_save(a, &p, p.stock.on_hand + on_hand, p.stock.reserved + reserved, cause);
    return pair_changed(a, &p);
}

enum status stock_move(struct applying *a, uint64_t product, uint32_t warehouse, int64_t on_hand,
                       int64_t reserved, enum cause cause)
{
    struct pair p;
    enum status status = pair_by_number(a, product, warehouse, &p);
    if (status != ST_OK || (on_hand == 0 && reserved == 0)) return status;
    pair_save(a, &p, p.stock.on_hand + on_hand, p.stock.reserved + reserved, cause);
    return pair_changed(a, &p);
}

enum status stock_count(struct applying *a, uint64_t product, uint32_t warehouse, int64_t quantity,
                        enum figure_kind kind, enum cause cause, int64_t told_ms, bool *changed)
{
    struct pair p;
    const struct stock_shown told = {.read_ms = told_ms};
    enum status status = pair_by_number(a, product, warehouse, &p);
    if (status != ST_OK) return status;
    int64_t on_hand = quantity + (kind == FIGURE_AVAILABLE ? p.stock.reserved : 0);
    *changed = !p.counted || p.stock.on_hand != on_hand;
    pair_count(a, &p, on_hand, kind, told_ms ? &told : NULL, cause);
    return *changed ? pair_changed(a, &p) : ST_OK;
}

enum status apply_stock_set(struct applying *a, struct wire_reader *r)
{
    struct stock_set set = {.sku = wire_get_bytes(r), .warehouse = wire_get_bytes(r)};
    set.quantity = wire_get_i64(r);
    set.kind = (enum figure_kind)wire_get_u8(r);
    set.cause = (enum cause)wire_get_u8(r);
    set.conditional = wire_get_u8(r) != 0;
    set.expected = wire_get_i64(r);
    struct pair p;
    enum status status = check_figure(a, set.quantity);
    if (status == ST_OK) status = check_kind(a, set.kind, set.cause);
    if (status == ST_OK) status = pair_find(a, set.sku, set.warehouse, &p);
    if (status != ST_OK) return status;
    int64_t reserved = set.kind == FIGURE_AVAILABLE ? p.stock.reserved : 0;
    a->result->before = p.stock;
    int64_t figure = p.stock.on_hand - reserved;
    if (set.conditional &&
        (set.expected == FIGURE_UNKNOWN ? p.counted : !p.counted || figure != set.expected))
        return refuse_condition(a, set.sku, &p, figure, &set);
    bool changes = !p.counted || p.stock.on_hand != set.quantity + reserved;
    pair_count(a, &p, set.quantity + reserved, set.kind, NULL, set.cause);
    if (changes) {
        change_figure(a, p.product, p.warehouse->no);
        status = pair_changed(a, &p);
    }
    a->result->after = p.stock;
    return status;
}

enum status apply_stock_adjust(struct applying *a, struct wire_reader *r)
{
    struct bytes sku = wire_get_bytes(r), warehouse = wire_get_bytes(r);
    int64_t by = wire_get_i64(r);
    enum cause cause = (enum cause)wire_get_u8(r);
    if (by < -FIGURE_MAX || by > FIGURE_MAX)
        return error_set(a->error, ST_INVALID,
                         "a change is a whole number up to %lld; this one is %lld",
                         (long long)FIGURE_MAX, (long long)by);
    struct pair p;
    enum status status = check_kind(a, FIGURE_ON_HAND, cause);
    if (status == ST_OK) status = pair_find(a, sku, warehouse, &p);
    if (status != ST_OK) return status;
    if (!p.counted)
        return error_set(
            a->error, ST_CONFLICT,
            "'%.*s' was never counted in '%s', so it cannot be changed by %lld; set a figure first",
            (int)sku.size, (const char *)sku.data, p.warehouse->key, (long long)by);
    if (by > FIGURE_MAX - p.stock.on_hand || by < -FIGURE_MAX - p.stock.on_hand)
        return error_set(a->error, ST_TOO_BIG, "%lld and %lld more is over the limit of %lld",
                         (long long)p.stock.on_hand, (long long)by, (long long)FIGURE_MAX);
    a->result->before = p.stock;
    if (by != 0) {
        /* Below 0 is a shortfall: recorded, not hidden (I1). */
        pair_save(a, &p, p.stock.on_hand + by, p.stock.reserved, cause);
        change_figure(a, p.product, p.warehouse->no);
        status = pair_changed(a, &p);
    }
    a->result->after = p.stock;
    return status;
}

enum status apply_stock_transfer(struct applying *a, struct wire_reader *r)
{
    struct bytes sku = wire_get_bytes(r), from_key = wire_get_bytes(r), to_key = wire_get_bytes(r);
    int64_t quantity = wire_get_i64(r);
    if (quantity <= 0 || quantity > FIGURE_MAX)
        return error_set(a->error, ST_INVALID,
                         "a transfer moves a whole number from 1 to %lld; this one is %lld",
                         (long long)FIGURE_MAX, (long long)quantity);
    if (bytes_equal(from_key, to_key))
        return error_set(a->error, ST_INVALID,
                         "a transfer goes from one warehouse to another; both are '%.*s'",
                         (int)from_key.size, (const char *)from_key.data);
    struct pair from, to;
    enum status status = pair_find(a, sku, from_key, &from);
    if (status == ST_OK) status = pair_find(a, sku, to_key, &to);
    if (status != ST_OK) return status;
    int64_t available = from.stock.on_hand - from.stock.reserved;
    if (!from.counted || available < quantity)
        return error_set(a->error, ST_CONFLICT, "'%.*s' has %lld available in '%s', not %lld",
                         (int)sku.size, (const char *)sku.data,
                         (long long)(from.counted ? available : 0), from.warehouse->key,
                         (long long)quantity);
    if (quantity > FIGURE_MAX - to.stock.on_hand)
        return error_set(a->error, ST_TOO_BIG, "%lld and %lld more is over the limit of %lld",
                         (long long)to.stock.on_hand, (long long)quantity, (long long)FIGURE_MAX);
    a->result->before = from.stock;
    pair_save(a, &from, from.stock.on_hand - quantity, from.stock.reserved, CAUSE_TRANSFER);
    pair_save(a, &to, to.stock.on_hand + quantity, to.stock.reserved, CAUSE_TRANSFER);
    change_figure(a, from.product, from.warehouse->no);
    change_figure(a, to.product, to.warehouse->no);
    a->result->after = from.stock;
    a->result->to_after = to.stock;
    status = pair_changed(a, &from);
    return status == ST_OK ? pair_changed(a, &to) : status;
}

/* One with a figure cannot have been deleted; the others may have been, since the job read its
 * rows. */
static bool product_gone(struct applying *a, const struct pair *p)
{
    if (p->counted) return false;
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, p->product);
    return store_get(a->txn, TABLE_PRODUCT, bytes_of(key, sizeof key), &value) == ST_NOT_FOUND;
}

/* Somebody changed it since the plan that was applied was made, and not only orders did. */
static enum status changed_since(struct applying *a, const struct pair *p, uint64_t since,
                                 bool *changed)
{
    *changed = false;
    if (!since || !p->counted || p->stock.revision <= since) return ST_OK;
    return plan_product_changed(a->txn, p->product, since, UINT64_MAX, changed, a->error);
}

/* What orders did since it was read, as they would have done it with this figure: the pair may have
 * had another one meanwhile, which knew of others. */
static enum status moved_since(struct applying *a, const struct pair *p,
                               const struct stock_bulk *bulk, int64_t *moved)
{
    struct stock_record figure = {.counted_kind = (uint32_t)bulk->kind};
    *moved = 0;
    if (!p->counted) return ST_OK;
    figure_says(&figure, &bulk->shown);
    return order_effect_since(a, p->product, p->warehouse->no, bulk->shown.basis, &figure, moved);
}

/* The figure that a row asks for. */
static enum status bulk_figure(struct applying *a, const struct pair *p,
                               const struct stock_bulk *bulk, int64_t quantity, int64_t *on_hand)
{
    const struct stock_shown *shown = &bulk->shown;
    int64_t moved = 0;
    *on_hand = quantity;
    if (shown->account && shown->add)
        *on_hand += p->stock.on_hand;
    else if (shown->account) {
        enum status status = moved_since(a, p, bulk, &moved);
        *on_hand += moved;
        return status;
    } else if (bulk->kind == FIGURE_AVAILABLE)
        *on_hand += p->stock.reserved;
    return ST_OK;
}

static enum status bulk_row(struct applying *a, struct pair *p, const struct stock_bulk *bulk,
                            int64_t quantity)
{
    const struct stock_shown *shown = bulk->shown.account ? &bulk->shown : NULL;
    int64_t on_hand;
    enum status status = pair_load(a, p);
    if (status == ST_OK) status = bulk_figure(a, p, bulk, quantity, &on_hand);
    if (status != ST_OK) return status;
    if (p->counted && p->stock.on_hand == on_hand) {
        /* Nothing that is added says nothing, and what was counted since knows better. */
        bool says = !shown || (!shown->add && p->stock.counted_ms <= shown->read_ms);
        if (says) pair_count(a, p, on_hand, bulk->kind, shown, bulk->cause);
        return ST_OK;
    }
    bool differs;
    status = changed_since(a, p, bulk->since, &differs);
    if (status != ST_OK) return status;
    a->result->differ += differs;
    if (differs) return ST_OK;
    if (product_gone(a, p)) {
        a->result->skipped++;
        return ST_OK;
    }
    pair_count(a, p, on_hand, bulk->kind, shown, bulk->cause);
    a->result->rows++;
    return pair_changed(a, p);
}

/* Rows come sorted and checked by the job that read them; what is wrong here is a bug of ours. */
enum status apply_stock_bulk(struct applying *a, struct wire_reader *r)
{
    struct stock_bulk bulk;
    command_stock_bulk_head(r, &bulk);
    enum status status = check_kind(a, bulk.kind, bulk.cause);
    if (status != ST_OK) return status;
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    struct pair p = {0};
    struct stock_row row = {0};
    for (uint32_t i = 0; i < bulk.row_count && r->ok; i++) {
        command_stock_bulk_row(r, &row);
        if (!p.warehouse || p.warehouse->no != row.warehouse)
            p.warehouse = directory_warehouse(d, row.warehouse);
        if (!p.warehouse || row.quantity < 0 || row.quantity > FIGURE_MAX)
            return error_set(a->error, ST_BUG, "bulk row %u is not valid", i);
        p.product = row.product;
        status = bulk_row(a, &p, &bulk, row.quantity);
        if (status != ST_OK) return status;
    }
    return ST_OK;
}
