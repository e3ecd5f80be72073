/* Which parcels a count knew of, and what follows for the others. */
#include "oracle_counts.h"

#include "forgotten.h"
#include "oracle_orders.h"

enum {
    /* What left so shortly before the count may be in it or not: clocks differ. */
    DOUBT_MS = 5000,
};

bool oracle_counts_are_judged(const struct sim *sim)
{
    bool parcels = sim->plan.focus == FOCUS_COUNTS || sim->plan.focus == FOCUS_FORGOTTEN;
    return parcels && !sim->plan.step_ms;
}

static bool knows(const struct truth_available *parcels, uint64_t hash)
{
    for (uint32_t i = 0; i < parcels->known; i++)
        if (parcels->lines[i] == hash) return true;
    return false;
}

struct note_then {
    struct truth_available *parcels;
    struct orders_place place;
};

static void note_then(void *ctx, struct bytes key, const struct order_view *row)
{
    const struct note_then *then = ctx;
    struct truth_available *parcels = then->parcels;
    for (uint32_t i = 0; i < row->part_count; i++)
        if (row->parts[i].product == then->place.product &&
            row->parts[i].warehouse == then->place.warehouse && row->parts[i].shipped &&
            parcels->known < TRUTH_KNOWN_MAX)
            parcels->lines[parcels->known++] = oracle_line_hash(key);
}

void oracle_counts_note(struct sim *sim, struct store_txn *txn, uint32_t product, uint32_t local,
                        struct truth_available *parcels)
{
    struct bytes key, value;
    struct orders_place place;
    parcels->known = 0;
    if (!oracle_place(sim, txn, product, local, &place)) return;
    struct note_then then = {parcels, place};
    struct store_cursor *cursor = store_cursor(txn, TABLE_ORDER_LINE);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct order_view row;
        if (order_read(value, &row) == ST_OK) note_then(&then, key, &row);
    }
    store_cursor_close(cursor);
    forgotten_each(sim->forgotten, note_then, &then);
}

void oracle_counts_judge(struct truth *truth, uint32_t product, uint32_t local, struct bytes line,
                         const struct order_view *row, const struct order_part *part)
{
    const struct truth_available *parcels = truth->parcels[product][local];
    bool full = parcels && parcels->known == TRUTH_KNOWN_MAX;
    if (!row->was_shipped) return;
    if (!parcels || full || row->return_confirmed || !row->changed_ms) {
        truth->loose[product][local] = true;
        return;
    }
    if (knows(parcels, oracle_line_hash(line)) || row->ordered_ms > parcels->counted_ms) return;
    if (row->changed_ms + DOUBT_MS <= parcels->counted_ms)
        truth->by_orders[product][local] += part->shipped;
    else
        truth->loose[product][local] = true;
}
