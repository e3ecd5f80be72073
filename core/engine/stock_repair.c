/* A figure that contradicts its ledger: a person says which of the two is right. Upholds I1: the
 * ledger first gets an entry that leads from what it came to to what the figure says, which nobody
 * wrote down; where the ledger is the right one, a second leads back. So nothing is rewritten, both
 * are in the history, and an undo brings the other one. */
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/command.h"
#include "engine/order.h"
#include "engine/target.h"

enum { PAIR = 12, ENTRY = 24 };

/* What one of the two says. */
struct side {
    bool counted;
    int64_t on_hand, reserved;
};

struct repair {
    uint64_t product;
    const struct directory_warehouse *warehouse;
    struct stock_record stock; /* the row as it was; all 0: none */
    struct side figure, ledger;
    uint64_t revision; /* of the ledger's last entry */
    uint8_t key[PAIR];
};

static bool same(const struct side *a, const struct side *b)
{
    return a->counted == b->counted && a->on_hand == b->on_hand && a->reserved == b->reserved;
}

static enum status read_figure(struct applying *a, struct repair *p)
{
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_STOCK, bytes_of(p->key, PAIR), &value);
    if (status == ST_NOT_FOUND) return ST_OK;
    if (status != ST_OK || value.size != sizeof p->stock) {
        engine_read_failed(a->txn, ST_DAMAGED, "stock", a->error);
        return ST_DAMAGED;
    }
    memcpy(&p->stock, value.data, sizeof p->stock);
    p->figure = (struct side){true, p->stock.on_hand, p->stock.reserved};
    return ST_OK;
}

/* Its last entry says what it comes to. */
static enum status read_ledger(struct applying *a, struct repair *p)
{
    struct key behind = {0};
    struct bytes key, value;
    struct ledger_record entry;
    key_add(&behind, bytes_of(p->key, PAIR));
    key_u64(&behind, UINT64_MAX);
    key_u32(&behind, UINT32_MAX);
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_LEDGER);
    store_seek(cursor, key_bytes(&behind), &key, &value);
    enum status status = store_prev(cursor, &key, &value);
    bool any = status == ST_OK && key_starts(key, bytes_of(p->key, PAIR));
    if (any && (key.size != ENTRY || value.size != sizeof entry)) status = ST_DAMAGED;
    if (any && status == ST_OK) {
        memcpy(&entry, value.data, sizeof entry);
        p->revision = bytes_get_u64((const uint8_t *)key.data + PAIR);
        p->ledger = (struct side){!entry.gone, entry.on_hand_after, entry.reserved_after};
    }
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, "ledger", a->error);
}

/* The ledger goes from what one side says to what the other does. */
static void put_entry(struct applying *a, const struct repair *p, const struct side *from,
                      const struct side *to)
{
    const struct ledger_record entry = {.on_hand_before = from->on_hand,
                                        .on_hand_after = to->on_hand,
                                        .reserved_before = from->reserved,
                                        .reserved_after = to->reserved,
                                        .time_ms = a->command->now_ms,
                                        .cause = CAUSE_REPAIR,
                                        .first = !from->counted,
                                        .gone = from->counted && !to->counted};
    struct key key = {0};
    key_add(&key, bytes_of(p->key, PAIR));
    key_u64(&key, applying_sequence(a));
    key_u32(&key, a->entries++);
    store_put(a->txn, TABLE_LEDGER, key_bytes(&key), bytes_of(&entry, sizeof entry));
}

static void put_figure(struct applying *a, struct repair *p, const struct side *is)
{
    struct stock_seen seen = {.product = p->product, .warehouse = p->warehouse->no};
    if (is->counted) {
        p->stock.on_hand = is->on_hand;
        p->stock.reserved = is->reserved;
        p->stock.revision = applying_sequence(a);
        p->stock.changed_ms = a->command->now_ms;
        store_put(a->txn, TABLE_STOCK, bytes_of(p->key, PAIR),
                  bytes_of(&p->stock, sizeof p->stock));
        seen.counted = true;
        seen.stock = p->stock;
    } else if (p->figure.counted) {
        store_delete(a->txn, TABLE_STOCK, bytes_of(p->key, PAIR));
    }
    a->engine->stock_seen[p->warehouse->no % STOCK_SEEN] = seen;
    a->result->after = seen.stock;
}

static enum status find(struct applying *a, struct bytes sku, struct bytes warehouse,
                        struct repair *p)
{
    enum status status = apply_find_product(a, sku, &p->product);
    if (status == ST_OK) status = apply_find_warehouse(a, warehouse, &p->warehouse);
    if (status != ST_OK) return status;
    bytes_put_u64(p->key, p->product);
    bytes_put_u32(p->key + 8, p->warehouse->no);
    status = read_figure(a, p);
    return status == ST_OK ? read_ledger(a, p) : status;
}

enum status apply_stock_repair(struct applying *a, struct wire_reader *r)
{
    struct bytes sku = wire_get_bytes(r), warehouse = wire_get_bytes(r);
    enum stock_keep keep = (enum stock_keep)wire_get_u8(r);
    struct repair p = {0};
    if (keep != STOCK_KEEP_FIGURE && keep != STOCK_KEEP_LEDGER)
        return error_set(a->error, ST_INVALID, "what is kept is the figure or the ledger");
    enum status status = find(a, sku, warehouse, &p);
    if (status != ST_OK) return status;
    if (same(&p.figure, &p.ledger) && p.stock.revision == (p.figure.counted ? p.revision : 0))
        return error_set(a->error, ST_CONFLICT,
                         "the figure of '%.*s' in '%s' is what its ledger comes to: there is "
                         "nothing to repair",
                         (int)sku.size, (const char *)sku.data, p.warehouse->key);
    a->result->before = p.stock;
    const struct side *is = keep == STOCK_KEEP_FIGURE ? &p.figure : &p.ledger;
    if (p.figure.counted || p.ledger.counted) put_entry(a, &p, &p.ledger, &p.figure);
    if (keep == STOCK_KEEP_LEDGER) put_entry(a, &p, &p.figure, &p.ledger);
    put_figure(a, &p, is);
    change_figure(a, p.product, p.warehouse->no);
    if (is->counted && !p.figure.counted) order_retry_all(a); /* lines may have waited for it */
    return p.warehouse->linked ? target_refresh_product(a, p.product, p.warehouse->no) : ST_OK;
}
