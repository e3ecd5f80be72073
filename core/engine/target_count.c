/* Counting targets: differences of a group, the rows they become, and counting anew. As what a
 * target is counted is target_count.h's. */
#include "engine/target_count.h"

#include "base/mem.h"
#include "engine/keys.h"

#include <stdlib.h>

/* The row of an account. A later version may have more at its end. */
struct count_row {
    int64_t of[COUNT_OF_TARGETS];
    int64_t success_ms;
};

struct account_delta {
    uint32_t account;
    struct count_row row; /* what to add; success_ms: the latest */
};

/* So many more figures of the account wait since then. */
struct waiting {
    int64_t since_s, count;
    uint32_t account;
};
struct waiting_list {
    struct waiting *list;
    size_t count, room;
};

struct target_counting {
    struct account_delta *accounts;
    uint32_t account_count, account_room;
    struct waiting_list waiting;
};

struct target_counting *target_counting_new(void)
{
    return mem_alloc(sizeof(struct target_counting));
}

void target_counting_free(struct target_counting *c)
{
    mem_free(c->accounts);
    mem_free(c->waiting.list);
    mem_free(c);
}

void target_count_drop(struct target_counting *c)
{
    c->account_count = 0;
    c->waiting.count = 0;
}

/* ---- what waits since when */

static int compare_waiting(const void *x, const void *y)
{
    const struct waiting *a = x, *b = y;
    if (a->account != b->account) return a->account < b->account ? -1 : 1;
    return (a->since_s > b->since_s) - (a->since_s < b->since_s);
}

/* One entry for each account and second. */
static void merge(struct waiting_list *w)
{
    size_t kept = 0;
    if (w->count) qsort(w->list, w->count, sizeof *w->list, compare_waiting);
    for (size_t i = 0; i < w->count; i++) {
        if (kept && compare_waiting(&w->list[kept - 1], &w->list[i]) == 0)
            w->list[kept - 1].count += w->list[i].count;
        else
            w->list[kept++] = w->list[i];
    }
    w->count = kept;
}

/* Neighbours mostly wait since the same second: the last entry is looked at before one is added. */
static void wait_add(struct waiting_list *w, uint32_t account, int64_t since_s, int64_t count)
{
    enum { ROOM_FIRST = 256 };
    if (!since_s) return;
    for (size_t back = 1; back <= 2 && back <= w->count; back++) {
        struct waiting *last = &w->list[w->count - back];
        if (last->account != account || last->since_s != since_s) continue;
        last->count += count;
        return;
    }
    if (w->count == w->room) {
        merge(w);
        if (w->count * 2 >= w->room) {
            w->room = w->room ? w->room * 2 : ROOM_FIRST;
            w->list = mem_resize(w->list, w->room * sizeof *w->list);
        }
    }
    w->list[w->count++] = (struct waiting){since_s, count, account};
}

/* ---- a group's differences */

static struct account_delta *delta_of(struct target_counting *c, uint32_t account)
{
    for (uint32_t i = 0; i < c->account_count; i++)
        if (c->accounts[i].account == account) return &c->accounts[i];
    if (c->account_count == c->account_room) {
        c->account_room = c->account_room ? c->account_room * 2 : 8;
        c->accounts = mem_resize(c->accounts, c->account_room * sizeof *c->accounts);
    }
    c->accounts[c->account_count] = (struct account_delta){.account = account};
    return &c->accounts[c->account_count++];
}

static void row_add(struct count_row *row, uint8_t bits, int64_t times)
{
    for (int i = 0; i < COUNT_OF_TARGETS; i++)
        row->of[i] += (bits >> i & 1) * times;
}

void target_count_move(struct target_counting *c, uint32_t account,
                       const struct target_counted *before, const struct target_counted *after)
{
    if (before->bits == after->bits && before->since_s == after->since_s &&
        before->acked_ms >= after->acked_ms)
        return;
    struct account_delta *delta = delta_of(c, account);
    row_add(&delta->row, before->bits, -1);
    row_add(&delta->row, after->bits, 1);
    if (after->acked_ms > delta->row.success_ms) delta->row.success_ms = after->acked_ms;
    if (before->since_s == after->since_s) return;
    wait_add(&c->waiting, account, before->since_s, -1);
    wait_add(&c->waiting, account, after->since_s, 1);
}

/* ---- rows */

enum { ACCOUNT_KEY = 4, WAITING_KEY = 12 };

static void waiting_key(uint8_t key[WAITING_KEY], uint32_t account, int64_t since_s)
{
    bytes_put_u32(key, account);
    bytes_put_u64(key + ACCOUNT_KEY, (uint64_t)since_s);
}

static bool row_get(struct store_txn *txn, uint32_t account, struct count_row *row)
{
    uint8_t key[ACCOUNT_KEY];
    struct bytes value;
    bytes_put_u32(key, account);
    *row = (struct count_row){0};
    if (store_get(txn, TABLE_TARGET_COUNT, bytes_of(key, sizeof key), &value) != ST_OK ||
        value.size != sizeof *row)
        return false;
    memcpy(row, value.data, sizeof *row);
    return true;
}

static void row_put(struct store_txn *txn, uint32_t account, const struct count_row *row)
{
    uint8_t key[ACCOUNT_KEY];
    bytes_put_u32(key, account);
    store_put(txn, TABLE_TARGET_COUNT, bytes_of(key, sizeof key), bytes_of(row, sizeof *row));
}

static int64_t waiting_get(struct store_txn *txn, const uint8_t key[WAITING_KEY])
{
    struct bytes value;
    enum status status = store_get(txn, TABLE_TARGET_COUNT, bytes_of(key, WAITING_KEY), &value);
    return status == ST_OK && value.size == 8 ? (int64_t)bytes_get_u64(value.data) : 0;
}

static void waiting_put(struct store_txn *txn, const uint8_t key[WAITING_KEY], int64_t count)
{
    uint8_t value[8];
    bytes_put_u64(value, (uint64_t)count);
    if (count > 0)
        store_put(txn, TABLE_TARGET_COUNT, bytes_of(key, WAITING_KEY), bytes_of(value, 8));
    else
        store_delete(txn, TABLE_TARGET_COUNT, bytes_of(key, WAITING_KEY));
}

void target_count_begin(struct store_txn *txn, uint32_t account)
{
    const struct count_row none = {0};
    row_put(txn, account, &none);
}

bool target_counts_get(struct store_txn *txn, uint32_t account, struct target_counts *counts)
{
    uint8_t from[WAITING_KEY];
    struct count_row row;
    struct bytes key;
    *counts = (struct target_counts){0};
    if (!row_get(txn, account, &row)) return false;
    memcpy(counts->of, row.of, sizeof counts->of);
    counts->success_ms = row.success_ms;
    waiting_key(from, account, 0);
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET_COUNT);
    if (store_seek(cursor, bytes_of(from, sizeof from), &key, NULL) == ST_OK &&
        key.size == WAITING_KEY && memcmp(key.data, from, ACCOUNT_KEY) == 0)
        counts->since_ms = (int64_t)bytes_get_u64((const uint8_t *)key.data + ACCOUNT_KEY) * 1000;
    store_cursor_close(cursor);
    return true;
}

/* ---- counting anew */

struct recount {
    const uint32_t *accounts;
    uint32_t count;
    struct count_row *rows; /* as accounts */
    struct waiting_list waiting;
};

static void recount(struct store_txn *txn, struct recount *r)
{
    struct bytes key, value;
    r->rows = mem_array(r->count ? r->count : 1, sizeof *r->rows);
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct target_record record;
        uint32_t i = 0;
        if (key.size != TARGET_KEY_SIZE || target_record_read(value, &record, NULL) != ST_OK)
            continue;
        const uint32_t account = target_key_read(key.data).account;
        while (i < r->count && r->accounts[i] != account)
            i++;
        if (i == r->count) continue;
        const struct target_counted counted = target_counted_of(&record);
        row_add(&r->rows[i], counted.bits, 1);
        if (counted.acked_ms > r->rows[i].success_ms) r->rows[i].success_ms = counted.acked_ms;
        wait_add(&r->waiting, account, counted.since_s, 1);
    }
    store_cursor_close(cursor);
    merge(&r->waiting);
}

static void recount_free(struct recount *r)
{
    mem_free(r->rows);
    mem_free(r->waiting.list);
}

/* Rows of the account that wait since some second, compared with what was counted. */
static bool same_waiting(struct store_txn *txn, const struct recount *r, uint32_t account)
{
    uint8_t from[WAITING_KEY];
    struct bytes key, value;
    bool same = true;
    size_t at = 0;
    while (at < r->waiting.count && r->waiting.list[at].account != account)
        at++;
    waiting_key(from, account, 0);
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET_COUNT);
    enum status status = store_seek(cursor, bytes_of(from, sizeof from), &key, &value);
    for (; same && status == ST_OK && memcmp(key.data, from, ACCOUNT_KEY) == 0;
         status = store_next(cursor, &key, &value), at++) {
        const struct waiting *w = at < r->waiting.count ? &r->waiting.list[at] : NULL;
        same = w && w->account == account && key.size == WAITING_KEY && value.size == 8 &&
               bytes_get_u64((const uint8_t *)key.data + ACCOUNT_KEY) == (uint64_t)w->since_s &&
               bytes_get_u64(value.data) == (uint64_t)w->count;
    }
    store_cursor_close(cursor);
    return same && (at >= r->waiting.count || r->waiting.list[at].account != account);
}

/* The last success may be of a target that is gone by now. */
static bool same_row(struct store_txn *txn, const struct recount *r, uint32_t i)
{
    struct count_row row;
    return row_get(txn, r->accounts[i], &row) &&
           memcmp(row.of, r->rows[i].of, sizeof row.of) == 0 &&
           row.success_ms >= r->rows[i].success_ms;
}

static void write_anew(struct store_txn *txn, const struct recount *r, uint32_t i)
{
    uint8_t key_of[WAITING_KEY];
    struct bytes key;
    struct count_row row;
    const uint32_t account = r->accounts[i];
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET_COUNT);
    waiting_key(key_of, account, 0);
    enum status status = store_seek(cursor, bytes_of(key_of, sizeof key_of), &key, NULL);
    while (status == ST_OK && memcmp(key.data, key_of, ACCOUNT_KEY) == 0) {
        store_cursor_delete(cursor);
        status = store_next(cursor, &key, NULL);
    }
    store_cursor_close(cursor);
    row_get(txn, account, &row);
    if (r->rows[i].success_ms > row.success_ms) row.success_ms = r->rows[i].success_ms;
    memcpy(row.of, r->rows[i].of, sizeof row.of);
    row_put(txn, account, &row);
    for (size_t w = 0; w < r->waiting.count; w++) {
        if (r->waiting.list[w].account != account) continue;
        waiting_key(key_of, account, r->waiting.list[w].since_s);
        waiting_put(txn, key_of, r->waiting.list[w].count);
    }
}

enum status target_count_check(struct store_txn *txn, const uint32_t *accounts, uint32_t count,
                               bool mend, void (*told)(void *ctx, uint32_t account, bool right),
                               void *ctx)
{
    struct recount r = {.accounts = accounts, .count = count};
    recount(txn, &r);
    for (uint32_t i = 0; i < count; i++) {
        const bool right = same_row(txn, &r, i) && same_waiting(txn, &r, accounts[i]);
        if (!right && mend) write_anew(txn, &r, i);
        if (told) told(ctx, accounts[i], right);
    }
    recount_free(&r);
    return store_failed(txn, NULL);
}

/* ---- the end of a group */

/* Its targets are as this group leaves them, so the group's differences are in the count. */
static void count_first(struct store_txn *txn, uint32_t account)
{
    struct recount r = {.accounts = &account, .count = 1};
    recount(txn, &r);
    write_anew(txn, &r, 0);
    recount_free(&r);
}

static bool is_empty(const struct count_row *row)
{
    static const struct count_row none = {0};
    return memcmp(row, &none, sizeof none) == 0;
}

static void flush_account(struct target_counting *c, struct store_txn *txn,
                          const struct account_delta *delta)
{
    struct count_row row;
    if (!row_get(txn, delta->account, &row)) {
        count_first(txn, delta->account);
        for (size_t i = 0; i < c->waiting.count; i++)
            if (c->waiting.list[i].account == delta->account) c->waiting.list[i].count = 0;
        return;
    }
    if (is_empty(&delta->row)) return;
    for (int i = 0; i < COUNT_OF_TARGETS; i++)
        row.of[i] += delta->row.of[i];
    if (delta->row.success_ms > row.success_ms) row.success_ms = delta->row.success_ms;
    row_put(txn, delta->account, &row);
}

enum status target_count_flush(struct target_counting *c, struct store_txn *txn)
{
    if (c->account_count == 0 || store_failed(txn, NULL) != ST_OK) return store_failed(txn, NULL);
    merge(&c->waiting);
    for (uint32_t i = 0; i < c->account_count; i++)
        flush_account(c, txn, &c->accounts[i]);
    for (size_t i = 0; i < c->waiting.count; i++) {
        const struct waiting *w = &c->waiting.list[i];
        uint8_t key[WAITING_KEY];
        if (w->count == 0) continue;
        waiting_key(key, w->account, w->since_s);
        waiting_put(txn, key, waiting_get(txn, key) + w->count);
    }
    target_count_drop(c);
    return store_failed(txn, NULL);
}
