/* What changes of order lines mean for what is on hand: now, and for a figure that comes late. */
#include "engine/order_effect.h"

#include "engine/keys.h"
#include "engine/record_order.h"

/* ---- one */

/* Whether the order may be in that figure. One that was read at a remote warehouse has the orders
 * of that one: another may have sold what is still shown there, though both are fed from here. An
 * order that names none may have been sold there. */
static bool counted_there(const struct order_effect *e, const struct stock_record *figure)
{
    if (!figure->counted_account) return true;
    if (figure->counted_account != e->account) return false;
    return !figure->counted_remote || !e->remote || figure->counted_remote == e->remote;
}

/* What the figure already knows of it. An available figure nets the orders placed before it (one
 * that was read at an account, those of `counted_there`), also while somebody else counts them, and
 * has what was cancelled before it; a count of what lies there is without the parcels that had
 * left, however many pieces were in them by a later word, unless it says no more of other orders
 * than was known here. What somebody took in again since is in neither. */
int64_t order_effect_on_hand(const struct order_effect *e, const struct stock_record *figure)
{
    const int64_t shipped = e->shipped, more = e->reserved + shipped;
    bool available = figure->counted_kind == FIGURE_AVAILABLE && counted_there(e, figure);
    /* Better too few than too many. */
    int64_t doubt_ms = available ? 0 : shipped < 0 ? -ORDER_CLOCK_DOUBT_MS : ORDER_CLOCK_DOUBT_MS;
    int64_t changed_ms = more > 0 ? order_time_latest(e->changed_ms) : e->changed_ms;
    bool known = figure->counted_ms && e->changed_ms && changed_ms + doubt_ms <= figure->counted_ms;
    if (known && !(e->flags & ORDER_EFFECT_TAKEN_IN)) {
        if (available) return e->reserved; /* what is available stays */
        if (shipped != 0 && !figure->counted_known) return 0;
    }
    bool netted = available && e->placed_ms && e->placed_ms <= figure->counted_ms;
    bool let_go = (e->flags & ORDER_EFFECT_LET_GO) != 0;
    return netted && (more > 0 || let_go) ? more - shipped : -shipped;
}

/* ---- all since a command */

void order_effect_put(struct applying *a, uint64_t product, uint32_t warehouse,
                      const struct order_effect *effect)
{
    struct key key = key_pair(product, warehouse);
    key_u64(&key, applying_sequence(a));
    key_u32(&key, a->entries);
    store_put(a->txn, TABLE_ORDER_EFFECT, key_bytes(&key), bytes_of(effect, sizeof *effect));
}

static enum status add_effect(struct bytes value, const struct stock_record *figure, int64_t *moved)
{
    struct order_effect effect;
    if (value.size != sizeof effect) return ST_DAMAGED;
    memcpy(&effect, value.data, sizeof effect);
    *moved += order_effect_on_hand(&effect, figure);
    return ST_OK;
}

/* Entries that are no change of a line: somebody gave an order for the reason of a change. */
static enum status add_entry(struct applying *a, struct bytes key, struct bytes value,
                             int64_t *moved)
{
    struct ledger_record entry;
    if (value.size != sizeof entry) return ST_DAMAGED;
    memcpy(&entry, value.data, sizeof entry);
    if (entry.cause != CAUSE_ORDER && entry.cause != CAUSE_RETURN) return ST_OK;
    enum status status = store_get(a->txn, TABLE_ORDER_EFFECT, key, &value);
    if (status == ST_NOT_FOUND) *moved += entry.on_hand_after - entry.on_hand_before;
    return status == ST_NOT_FOUND ? ST_OK : status;
}

static enum status add_all(struct applying *a, enum store_table table, const struct key *from,
                           const struct stock_record *figure, int64_t *moved)
{
    const struct bytes pair = bytes_of(from->at, sizeof(uint64_t) + sizeof(uint32_t));
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(a->txn, table);
    enum status status = store_seek(cursor, key_bytes(from), &key, &value);
    while (status == ST_OK && key_starts(key, pair)) {
        status = table == TABLE_LEDGER ? add_entry(a, key, value, moved)
                                       : add_effect(value, figure, moved);
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, store_table_name(table), a->error);
}

enum status order_effect_since(struct applying *a, uint64_t product, uint32_t warehouse,
                               uint64_t basis, const struct stock_record *figure, int64_t *moved)
{
    struct key from = key_pair(product, warehouse);
    *moved = 0;
    if (basis == UINT64_MAX) return ST_OK; /* no command is after that */
    key_u64(&from, basis + 1);
    enum status status = add_all(a, TABLE_ORDER_EFFECT, &from, figure, moved);
    return status == ST_OK ? add_all(a, TABLE_LEDGER, &from, figure, moved) : status;
}
