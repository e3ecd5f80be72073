/* Conservation (I1): the figures of each pair against the fold of its ledger entries, told without
 * the engine. */
#include "engine/record.h"
#include "oracle_store.h"

#include <string.h>

/* The pair whose entries are being read. */
struct fold {
    uint8_t pair[12]; /* product, warehouse */
    bool any, there;
    int64_t on_hand, reserved;
    uint64_t sequence;
};

static void entry_follows(struct sim *sim, struct fold *f, const struct ledger_record *e,
                          uint64_t sequence, const char *when)
{
    bool same = e->on_hand_before == f->on_hand && e->reserved_before == f->reserved;
    bool begins = e->first && e->on_hand_before == 0 && e->reserved_before == 0;
    if (f->there ? !same || e->first : !begins)
        sim_fail(sim, "I1", 0,
                 "%s: the ledger of product %llu in %u goes from %lld/%lld, but command %llu found "
                 "%lld/%lld",
                 when, (unsigned long long)bytes_get_u64(f->pair), bytes_get_u32(f->pair + 8),
                 (long long)f->on_hand, (long long)f->reserved, (unsigned long long)sequence,
                 (long long)e->on_hand_before, (long long)e->reserved_before);
    if (sequence < f->sequence)
        sim_fail(sim, "I1", 0, "%s: the ledger goes back from command %llu to %llu", when,
                 (unsigned long long)f->sequence, (unsigned long long)sequence);
    f->any = true;
    f->there = !e->gone;
    f->on_hand = e->on_hand_after;
    f->reserved = e->reserved_after;
    f->sequence = sequence;
}

/* What the entries of the pair came to is what the store says. Gives whether it has a figure. */
static bool pair_ends(struct sim *sim, struct store_txn *txn, const struct fold *f,
                      const char *when)
{
    struct bytes value;
    struct stock_record stock = {0};
    if (!f->any) return false;
    bool there = store_get(txn, TABLE_STOCK, bytes_of(f->pair, sizeof f->pair), &value) == ST_OK;
    if (there) memcpy(&stock, value.data, sizeof stock);
    if (there != f->there ||
        (there && (stock.on_hand != f->on_hand || stock.reserved != f->reserved)))
        sim_fail(sim, "I1", 0,
                 "%s: product %llu in %u is %s%lld/%lld, its ledger makes %s%lld/%lld", when,
                 (unsigned long long)bytes_get_u64(f->pair), bytes_get_u32(f->pair + 8),
                 there ? "" : "uncounted ", (long long)stock.on_hand, (long long)stock.reserved,
                 f->there ? "" : "uncounted ", (long long)f->on_hand, (long long)f->reserved);
    return there;
}

void oracle_check_ledger(struct sim *sim, struct store_txn *txn, const char *when)
{
    struct fold f = {.any = false};
    struct bytes key, value;
    uint64_t figures = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_LEDGER);
    while (store_next(cursor, &key, &value) == ST_OK && !sim->failed) {
        struct ledger_record entry;
        memcpy(&entry, value.data, sizeof entry);
        if (!f.any || memcmp(f.pair, key.data, sizeof f.pair) != 0) {
            figures += pair_ends(sim, txn, &f, when);
            f = (struct fold){.any = false};
            memcpy(f.pair, key.data, sizeof f.pair);
        }
        entry_follows(sim, &f, &entry, bytes_get_u64((const uint8_t *)key.data + 12), when);
    }
    store_cursor_close(cursor);
    figures += pair_ends(sim, txn, &f, when);
    if (figures != store_count(txn, TABLE_STOCK))
        sim_fail(sim, "I1", 0, "%s: %llu figures have a ledger, and there are %llu", when,
                 (unsigned long long)figures, (unsigned long long)store_count(txn, TABLE_STOCK));
}
