/* Verifying stock against its ledger (I1): both are ordered by (product, warehouse), so two
 * cursors walk side by side. */
#include "verify/rows.h"

#include <stdio.h>

enum { PAIR = 12, ENTRY = 24 };

/* What the ledger of one pair comes to. */
struct fold {
    uint8_t pair[PAIR];
    int64_t on_hand, reserved;
    uint64_t revision;
    bool any;
};

static unsigned long long product_of(const uint8_t *pair)
{
    return bytes_get_u64(pair);
}

static void fold_entry(struct verifying *v, struct fold *fold, const uint8_t *key,
                       const struct ledger_record *entry)
{
    uint64_t sequence = bytes_get_u64(key + PAIR);
    bool first = !fold->any;
    if ((entry->first != 0) != first || entry->on_hand_before != fold->on_hand ||
        entry->reserved_before != fold->reserved)
        verify_finding(v, TABLE_LEDGER,
                       "product %llu, warehouse %u: entry %llu begins at %lld (reserved %lld), the "
                       "one before ends at %lld (reserved %lld)",
                       product_of(fold->pair), bytes_get_u32(fold->pair + 8),
                       (unsigned long long)sequence, (long long)entry->on_hand_before,
                       (long long)entry->reserved_before, (long long)fold->on_hand,
                       (long long)fold->reserved);
    if (sequence == 0 || sequence > v->counters.sequence)
        verify_finding(v, TABLE_LEDGER,
                       "product %llu: entry %llu is above the sequence counter, which is %llu",
                       product_of(fold->pair), (unsigned long long)sequence,
                       (unsigned long long)v->counters.sequence);
    if (entry->gone && (entry->on_hand_after || entry->reserved_after))
        verify_finding(v, TABLE_LEDGER, "product %llu: entry %llu ends a figure, but not at 0",
                       product_of(fold->pair), (unsigned long long)sequence);
    fold->any = !entry->gone;
    fold->on_hand = entry->on_hand_after;
    fold->reserved = entry->reserved_after;
    fold->revision = sequence;
}

struct ledger_walk {
    struct store_cursor *cursor;
    struct bytes key, value;
    enum status status;
};

/* Folds all entries of the pair the walk stands on, and goes on to the next pair. */
static struct fold fold_pair(struct verifying *v, struct ledger_walk *walk)
{
    struct fold fold = {0};
    memcpy(fold.pair, walk->key.data, PAIR);
    while (walk->status == ST_OK && memcmp(walk->key.data, fold.pair, PAIR) == 0) {
        struct ledger_record entry;
        if (walk->key.size == ENTRY && walk->value.size == sizeof entry) {
            memcpy(&entry, walk->value.data, sizeof entry);
            fold_entry(v, &fold, walk->key.data, &entry);
        } else {
            verify_finding(v, TABLE_LEDGER, "product %llu: an entry cannot be read",
                           product_of(fold.pair));
        }
        if (!verify_step(v)) break;
        walk->status = store_next(walk->cursor, &walk->key, &walk->value);
    }
    return fold;
}

/* What a person can do about it, by the names that people use; "" where one has none. */
static const char *repair_text(struct verifying *v, const uint8_t *pair, char text[400])
{
    struct bytes value;
    struct product_view product;
    const struct directory_warehouse *warehouse =
        directory_warehouse(v->directory, bytes_get_u32(pair + 8));
    bool named = warehouse && verify_get(v, TABLE_PRODUCT, bytes_of(pair, 8), &value) &&
                 product_read(value, &product) == ST_OK;
    text[0] = 0;
    if (named)
        snprintf(text, 400, "; 'stockctl store repair %.*s --warehouse %s' says which is right",
                 (int)product.sku.size, (const char *)product.sku.data, warehouse->key);
    return text;
}

static void orphan_fold(struct verifying *v, const struct fold *fold)
{
    char text[400];
    if (!fold->any) return; /* its figure is gone */
    verify_finding(v, TABLE_LEDGER,
                   "product %llu, warehouse %u: the ledger comes to %lld, but there is no figure%s",
                   product_of(fold->pair), bytes_get_u32(fold->pair + 8), (long long)fold->on_hand,
                   repair_text(v, fold->pair, text));
}

static void check_names(struct verifying *v, const uint8_t *pair)
{
    struct bytes value;
    if (!verify_get(v, TABLE_PRODUCT, bytes_of(pair, 8), &value))
        verify_finding(v, TABLE_STOCK, "product %llu has a figure, but is missing",
                       product_of(pair));
    if (!directory_warehouse(v->directory, bytes_get_u32(pair + 8)))
        verify_finding(v, TABLE_STOCK,
                       "product %llu has a figure in warehouse %u, which is missing",
                       product_of(pair), bytes_get_u32(pair + 8));
}

static void check_stock(struct verifying *v, struct bytes key, struct bytes value,
                        const struct fold *fold)
{
    struct stock_record stock;
    char text[400];
    memcpy(&stock, value.data, sizeof stock);
    check_names(v, key.data);
    if (!fold->any || stock.on_hand != fold->on_hand || stock.reserved != fold->reserved)
        verify_finding(v, TABLE_STOCK,
                       "product %llu, warehouse %u: the figure is %lld (reserved %lld), the ledger "
                       "comes to %lld (reserved %lld)%s",
                       product_of(key.data), bytes_get_u32((const uint8_t *)key.data + 8),
                       (long long)stock.on_hand, (long long)stock.reserved,
                       (long long)fold->on_hand, (long long)fold->reserved,
                       repair_text(v, key.data, text));
    else if (stock.revision != fold->revision)
        verify_finding(v, TABLE_STOCK,
                       "product %llu, warehouse %u: last changed by %llu, the ledger says %llu%s",
                       product_of(key.data), bytes_get_u32((const uint8_t *)key.data + 8),
                       (unsigned long long)stock.revision, (unsigned long long)fold->revision,
                       repair_text(v, key.data, text));
}

void verify_stock(struct verifying *v)
{
    struct store_cursor *stocks = store_cursor(v->txn, TABLE_STOCK);
    struct ledger_walk ledger = {.cursor = store_cursor(v->txn, TABLE_LEDGER)};
    ledger.status = store_next(ledger.cursor, &ledger.key, &ledger.value);
    struct bytes key, value;
    enum status status = store_next(stocks, &key, &value);
    while (v->status == ST_OK && status == ST_OK) {
        if (key.size != PAIR || value.size != sizeof(struct stock_record)) {
            verify_finding(v, TABLE_STOCK, "a row cannot be read");
        } else {
            struct fold fold = {0};
            while (ledger.status == ST_OK && memcmp(ledger.key.data, key.data, PAIR) <= 0) {
                fold = fold_pair(v, &ledger);
                if (memcmp(fold.pair, key.data, PAIR) == 0) break;
                orphan_fold(v, &fold);
                fold = (struct fold){0};
            }
            check_stock(v, key, value, &fold);
        }
        if (!verify_step(v)) break;
        status = store_next(stocks, &key, &value);
    }
    while (v->status == ST_OK && ledger.status == ST_OK) {
        struct fold fold = fold_pair(v, &ledger);
        orphan_fold(v, &fold);
    }
    store_cursor_close(ledger.cursor);
    store_cursor_close(stocks);
    if (v->status == ST_OK) v->status = store_failed(v->txn, v->error);
}
