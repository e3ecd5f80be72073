/* Which parcels a count knew of, and what follows for the others. */
#include "oracle_counts.h"

#include "oracle_orders.h"

enum {
    /* What left so shortly before the count may be in it or not: clocks differ. */
    DOUBT_MS = 5000,
};

bool oracle_counts_are_judged(const struct sim *sim)
{
    return sim->plan.focus == FOCUS_COUNTS && !sim->plan.step_ms;
}

static bool knows(const struct truth_available *parcels, uint64_t hash)
{
    for (uint32_t i = 0; i < parcels->known; i++)
        if (parcels->lines[i] == hash) return true;
    return false;
}

void oracle_counts_note(struct sim *sim, struct store_txn *txn, uint32_t product, uint32_t local,
                        struct truth_available *parcels)
{
    struct bytes key, value;
    struct orders_place place;
    parcels->known = 0;
    if (!oracle_place(sim, txn, product, local, &place)) return;
    struct store_cursor *cursor = store_cursor(txn, TABLE_ORDER_LINE);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct order_view row;
        if (order_read(value, &row) != ST_OK) continue;
        for (uint32_t i = 0; i < row.part_count; i++)
            if (row.parts[i].product == place.product &&
                row.parts[i].warehouse == place.warehouse && row.parts[i].shipped &&
                parcels->known < TRUTH_KNOWN_MAX)
                parcels->lines[parcels->known++] = oracle_line_hash(key);
    }
    store_cursor_close(cursor);
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
