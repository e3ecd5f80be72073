/* Rows that are gone. That compaction runs at all is settings.c's. */
#include "forgotten.h"

#include "base/mem.h"
#include "market.h"
#include "oracle_store.h"

#include <string.h>

struct copy {
    struct buf key, value;
};

struct copies {
    struct copy *list;
    size_t count, room;
};

struct forgotten {
    struct sim *sim;
    struct copies gone, there; /* there: before the compaction that runs */
};

struct forgotten *forgotten_new(struct sim *sim)
{
    struct forgotten *f = mem_alloc(sizeof *f);
    f->sim = sim;
    return f;
}

static void clear(struct copies *copies)
{
    for (size_t i = 0; i < copies->count; i++) {
        buf_free(&copies->list[i].key);
        buf_free(&copies->list[i].value);
    }
    copies->count = 0;
}

void forgotten_free(struct forgotten *f)
{
    if (!f) return;
    clear(&f->gone);
    clear(&f->there);
    mem_free(f->gone.list);
    mem_free(f->there.list);
    mem_free(f);
}

static void add(struct copies *copies, struct bytes key, struct bytes value)
{
    if (copies->count == copies->room) {
        copies->room = copies->room ? copies->room * 2 : 64;
        copies->list = mem_resize(copies->list, copies->room * sizeof *copies->list);
    }
    struct copy *copy = &copies->list[copies->count++];
    buf_init(&copy->key, KEY_MAX);
    buf_init(&copy->value, RECORD_MAX);
    buf_add(&copy->key, key.data, key.size);
    buf_add(&copy->value, value.data, value.size);
}

static struct bytes bytes_in(const struct buf *buf)
{
    return bytes_of(buf->data, buf->size);
}

static bool find(const struct copies *copies, struct bytes key)
{
    for (size_t i = 0; i < copies->count; i++)
        if (bytes_equal(bytes_in(&copies->list[i].key), key)) return true;
    return false;
}

/* ---- a compaction */

int64_t forgotten_limit(struct forgotten *f, struct store_txn *txn, int64_t before_ms)
{
    const struct world *world = &f->sim->world;
    for (uint32_t a = 0; a < world->account_count; a++) {
        const struct sim_market *market = world->accounts[a].market;
        for (size_t i = 0; i < market->order_count(world, a); i++)
            for (size_t k = 0; k < market->line_count(world, a, i); k++) {
                struct market_line line;
                struct key key = {0};
                market->line(world, a, i, k, &line);
                key_u32(&key, a + 1); /* accounts are declared in this order */
                key_add(&key, bytes_text(line.key));
                bool known = store_get(txn, TABLE_ORDER_LINE, key_bytes(&key), NULL) == ST_OK ||
                             find(&f->gone, key_bytes(&key));
                if (!known && line.placed_ms < before_ms) before_ms = line.placed_ms;
            }
    }
    return before_ms;
}

void forgotten_before(struct forgotten *f, struct store_txn *txn)
{
    struct bytes key, value;
    clear(&f->there);
    struct store_cursor *cursor = store_cursor(txn, TABLE_ORDER_LINE);
    while (store_next(cursor, &key, &value) == ST_OK)
        add(&f->there, key, value);
    store_cursor_close(cursor);
}

static void judge(const struct forgotten *f, struct bytes key, const struct order_view *row)
{
    int64_t reserved = 0;
    for (uint32_t i = 0; i < row->part_count; i++)
        reserved += row->parts[i].reserved;
    if (reserved || row->held || (!row->exempt && row->state == ORDER_OPEN && !row->was_shipped))
        sim_fail(f->sim, "I2", 0, "line %.*s is forgotten although it is not over",
                 (int)key.size - 4, (const char *)key.data + 4);
}

void forgotten_after(struct forgotten *f, struct store_txn *txn)
{
    for (size_t i = 0; i < f->there.count; i++) {
        struct bytes key = bytes_in(&f->there.list[i].key);
        struct bytes value = bytes_in(&f->there.list[i].value);
        struct order_view row;
        if (store_get(txn, TABLE_ORDER_LINE, key, NULL) == ST_OK) continue;
        if (order_read(value, &row) != ST_OK) continue;
        judge(f, key, &row);
        if (row.exempt || find(&f->gone, key)) continue;
        tally_count(&f->sim->tally, "order forgotten");
        add(&f->gone, key, value);
    }
}

/* ---- what they took */

bool forgotten_is(const struct forgotten *f, struct bytes key)
{
    return f && find(&f->gone, key);
}

bool forgotten_row(const struct forgotten *f, struct bytes key, struct order_view *row)
{
    for (size_t i = 0; f && i < f->gone.count; i++)
        if (bytes_equal(bytes_in(&f->gone.list[i].key), key))
            return order_read(bytes_in(&f->gone.list[i].value), row) == ST_OK;
    return false;
}

/* A row that is told again has no effect; one that has, was never gone. */
static bool is_back(struct store_txn *txn, struct bytes key)
{
    struct bytes value;
    struct order_view row;
    return store_get(txn, TABLE_ORDER_LINE, key, &value) == ST_OK &&
           order_read(value, &row) == ST_OK && row.exempt != ORDER_EXEMPT_BEFORE;
}

void forgotten_undone(struct forgotten *f, struct store_txn *txn)
{
    size_t kept = 0;
    for (size_t i = 0; f && i < f->gone.count; i++) {
        struct copy *copy = &f->gone.list[i];
        if (is_back(txn, bytes_in(&copy->key))) {
            buf_free(&copy->key);
            buf_free(&copy->value);
        } else {
            f->gone.list[kept++] = *copy;
        }
    }
    if (f) f->gone.count = kept;
}

void forgotten_each(const struct forgotten *f,
                    void (*each)(void *ctx, struct bytes key, const struct order_view *row),
                    void *ctx)
{
    for (size_t i = 0; f && i < f->gone.count; i++) {
        struct order_view row;
        if (order_read(bytes_in(&f->gone.list[i].value), &row) == ST_OK)
            each(ctx, bytes_in(&f->gone.list[i].key), &row);
    }
}
