/* The guard's counters: live targets of each account, and what was changed in each hour of the
 * last 24. What counts, and what is too much, is guard.c's. */
#include "engine/guard_mark.h"
#include "engine/guard_private.h"

#include "base/mem.h"

enum { SLOTS = GUARD_WINDOW_HOURS + 1 };

/* Rows of TABLE_GUARD. Key account u32: live targets. */
struct live_row {
    int64_t live, showing;
};

/* Key account u32, source u32 (0: all). The hour under way and the 24 before it, so the window is
 * never shorter than 24 h. */
struct window_row {
    uint32_t hour, unused; /* the newest */
    int64_t changed[SLOTS], zeroed[SLOTS], pieces[SLOTS];
};

static enum status damaged(struct store_txn *txn, struct error *error)
{
    engine_read_failed(txn, ST_DAMAGED, "guard", error);
    return ST_DAMAGED;
}

/* ---- live targets */

enum status guard_live_get(struct engine *engine, struct store_txn *txn, uint32_t account,
                           struct guard_live *live, struct error *error)
{
    uint8_t key[4];
    struct bytes value;
    struct live_row row = {0};
    bytes_put_u32(key, account);
    enum status status = store_get(txn, TABLE_GUARD, bytes_of(key, sizeof key), &value);
    if (status != ST_NOT_FOUND && (status != ST_OK || value.size != sizeof row))
        return damaged(txn, error);
    if (status == ST_OK) memcpy(&row, value.data, sizeof row);
    *live = (struct guard_live){account, row.live, row.showing};
    for (uint32_t i = 0; engine && i < engine->guard->live_count; i++)
        if (engine->guard->lives[i].account == account) {
            live->live += engine->guard->lives[i].live;
            live->showing += engine->guard->lives[i].showing;
        }
    return ST_OK;
}

void guard_live_add(struct engine *engine, uint32_t account, int64_t live, int64_t showing)
{
    struct guard *g = engine->guard;
    uint32_t i = 0;
    while (i < g->live_count && g->lives[i].account != account)
        i++;
    if (i == g->live_count) {
        g->lives = mem_resize(g->lives, (i + 1) * sizeof *g->lives);
        g->lives[g->live_count++] = (struct guard_live){.account = account};
    }
    g->lives[i].live += live;
    g->lives[i].showing += showing;
}

void guard_live_move(struct engine *engine, uint32_t account, uint8_t before, uint8_t after)
{
    guard_live_add(engine, account, (after & LIVE) - (before & LIVE),
                   (after & LIVE_SHOWING) / LIVE_SHOWING - (before & LIVE_SHOWING) / LIVE_SHOWING);
}

enum status guard_live_flush(struct engine *engine, struct store_txn *txn)
{
    struct guard *g = engine->guard;
    for (uint32_t i = 0; i < g->live_count; i++) {
        struct guard_live live;
        if (g->lives[i].live == 0 && g->lives[i].showing == 0) continue;
        uint32_t account = g->lives[i].account;
        enum status status = guard_live_get(engine, txn, account, &live, NULL);
        if (status != ST_OK) return status;
        const struct live_row row = {live.live, live.showing};
        uint8_t key[4];
        bytes_put_u32(key, account);
        if (row.live || row.showing)
            store_put(txn, TABLE_GUARD, bytes_of(key, sizeof key), bytes_of(&row, sizeof row));
        else
            store_delete(txn, TABLE_GUARD, bytes_of(key, sizeof key));
    }
    g->live_count = 0;
    return ST_OK;
}

/* ---- windows */

static bool far_ahead(uint32_t newest, uint32_t hour)
{
    return newest > hour && newest - hour > GUARD_WINDOW_HOURS;
}

/* Moves it on to `hour`; a clock that went back leaves it where it is, but for one that was far
 * ahead: nobody knows how long ago that was, so all that is forgotten, as when it was set ahead. */
static void move_on(struct window_row *row, uint32_t hour)
{
    if (far_ahead(row->hour, hour)) *row = (struct window_row){.hour = hour};
    for (uint32_t n = 0; row->hour < hour && n < SLOTS; n++) {
        uint32_t slot = (hour - n) % SLOTS;
        if (hour - n <= row->hour) break;
        row->changed[slot] = row->zeroed[slot] = row->pieces[slot] = 0;
    }
    if (row->hour < hour) row->hour = hour;
}

static enum status window_get(struct store_txn *txn, uint32_t account, uint32_t source,
                              uint32_t hour, struct window_row *row, struct error *error)
{
    uint8_t key[8];
    struct bytes value;
    bytes_put_u32(key, account);
    bytes_put_u32(key + 4, source);
    *row = (struct window_row){0};
    enum status status = store_get(txn, TABLE_GUARD, bytes_of(key, sizeof key), &value);
    if (status != ST_NOT_FOUND && (status != ST_OK || value.size != sizeof *row))
        return damaged(txn, error);
    if (status == ST_OK) memcpy(row, value.data, sizeof *row);
    move_on(row, hour);
    return ST_OK;
}

static enum status window_put(struct store_txn *txn, uint32_t account, uint32_t source,
                              const struct window_row *row)
{
    uint8_t key[8];
    bytes_put_u32(key, account);
    bytes_put_u32(key + 4, source);
    return store_put(txn, TABLE_GUARD, bytes_of(key, sizeof key), bytes_of(row, sizeof *row));
}

static uint32_t newest_hour(struct store_txn *txn)
{
    uint32_t newest = 0;
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_GUARD);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct window_row row;
        if (value.size != sizeof row) continue;
        memcpy(&row, value.data, sizeof row);
        if (row.hour > newest) newest = row.hour;
    }
    store_cursor_close(cursor);
    return newest;
}

uint32_t guard_hour_now(struct engine *engine, struct store_txn *txn, int64_t now_ms)
{
    struct guard *g = engine->guard;
    uint32_t hour = guard_hour(now_ms);
    if (g->newest == 0) g->newest = newest_hour(txn);
    if (g->newest < hour || far_ahead(g->newest, hour)) g->newest = hour;
    return g->newest;
}

static int64_t sum(const int64_t slots[SLOTS])
{
    int64_t total = 0;
    for (int i = 0; i < SLOTS; i++)
        if (__builtin_add_overflow(total, slots[i], &total)) return INT64_MAX;
    return total;
}

enum status guard_window_sums(struct store_txn *txn, uint32_t account, uint32_t source,
                              uint32_t hour, struct guard_sums *sums, struct error *error)
{
    struct window_row row;
    enum status status = window_get(txn, account, source, hour, &row, error);
    if (status == ST_OK)
        *sums = (struct guard_sums){sum(row.changed), sum(row.zeroed), sum(row.pieces)};
    return status;
}

struct guard_sums guard_tally_sums(const struct guard_tally *t, bool of_all)
{
    const struct guard_before *b = of_all ? &t->all : &t->mine;
    struct guard_sums sums = {(int64_t)t->changed, (int64_t)t->zeroed, t->pieces};
    for (int i = 0; i < SLOTS; i++) {
        sums.changed -= b->changed[i];
        sums.zeroed -= (int64_t)b->zeroed[i] + b->restored[i];
    }
    return sums;
}

/* What was counted in an hour is not counted again there. */
static void take_away(int64_t *slot, uint32_t count)
{
    *slot = *slot > count ? *slot - count : 0;
}

enum status guard_window_add(struct store_txn *txn, uint32_t source, const struct guard_tally *t,
                             uint32_t hour, struct error *error)
{
    struct window_row row;
    enum status status = window_get(txn, t->account, source, hour, &row, error);
    if (status != ST_OK) return status;
    const struct guard_before *b = source ? &t->mine : &t->all;
    uint32_t now = row.hour % SLOTS;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        take_away(&row.changed[slot], b->changed[slot]);
        take_away(&row.zeroed[slot], b->zeroed[slot] + b->restored[slot]);
    }
    row.changed[now] += (int64_t)t->changed;
    row.zeroed[now] += (int64_t)t->zeroed;
    if (__builtin_add_overflow(row.pieces[now], t->pieces, &row.pieces[now]))
        row.pieces[now] = INT64_MAX;
    return window_put(txn, t->account, source, &row);
}

enum status guard_window_give(struct store_txn *txn, const struct guard_given *given, uint32_t hour,
                              struct error *error)
{
    struct window_row row;
    enum status status = window_get(txn, given->account, given->source, hour, &row, error);
    if (status != ST_OK || given->hour > row.hour || given->hour + SLOTS <= row.hour) return status;
    take_away(&row.zeroed[given->hour % SLOTS], given->count);
    return window_put(txn, given->account, given->source, &row);
}

void guard_window_clean(struct store_txn *txn, uint32_t account, uint32_t hour)
{
    uint8_t prefix[4], from[8];
    struct bytes key, value;
    bytes_put_u32(prefix, account);
    bytes_put_u32(from, account);
    bytes_put_u32(from + 4, 1);
    struct store_cursor *cursor = store_cursor(txn, TABLE_GUARD);
    enum status status = store_seek(cursor, bytes_of(from, sizeof from), &key, &value);
    while (status == ST_OK && key_starts(key, bytes_of(prefix, sizeof prefix))) {
        struct window_row row;
        bool old = value.size == sizeof row;
        if (old) {
            memcpy(&row, value.data, sizeof row);
            old = row.hour + SLOTS <= hour;
        }
        if (old) store_cursor_delete(cursor);
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
}

enum status guard_view_get(struct store_txn *txn, uint32_t account, int64_t now_ms,
                           struct guard_view *view, struct error *error)
{
    struct guard_live live;
    struct guard_sums sums;
    enum status status = guard_live_get(NULL, txn, account, &live, error);
    if (status == ST_OK)
        status = guard_window_sums(txn, account, 0, guard_hour(now_ms), &sums, error);
    if (status == ST_OK)
        *view = (struct guard_view){sums.changed, sums.zeroed, sums.pieces, live.live};
    return status;
}
