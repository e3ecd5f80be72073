/* Durable sweeps, chunk by chunk. */
#include "engine/sweep.h"

#include "engine/account.h"
#include "engine/apply.h"
#include "engine/guard_mark.h"
#include "engine/guard_private.h"
#include "engine/order.h"
#include "engine/target.h"

enum { SWEEP_CHUNK_MAX = 4096 };
#define ORDERS_SWEEP_FIRST (UINT64_C(1) << 63) /* above any number that is counted */

static void sweep_add(struct applying *a, const struct sweep_record *sweep)
{
    uint8_t key[8];
    bytes_put_u64(key, ++a->engine->counters.sweep);
    a->engine->counters_changed = true;
    store_put(a->txn, TABLE_SWEEP, bytes_of(key, sizeof key), bytes_of(sweep, sizeof *sweep));
    a->engine->touched.sweeps = true;
}

void sweep_remote(struct applying *a, uint32_t account, uint32_t remote)
{
    applying_sequence(a);
    struct sweep_record sweep = {.kind = SWEEP_REMOTE, .account = account, .remote = remote};
    if (guard_counts(a, account)) {
        sweep.counted_hour = a->guard->effects.hour;
        bytes_put_u32(sweep.target, guard_source(a->command->actor, a->command->group));
    }
    sweep_add(a, &sweep);
    order_retry(a, account);
}

/* Has a number of its own, so that asking again while it waits adds nothing, and while it goes on
 * begins it anew. */
void sweep_orders(struct applying *a, uint32_t account)
{
    const struct sweep_record sweep = {.kind = SWEEP_ORDERS, .account = account};
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, ORDERS_SWEEP_FIRST + account);
    a->engine->touched.sweeps = true;
    if (store_get(a->txn, TABLE_SWEEP, bytes_of(key, sizeof key), &value) == ST_OK &&
        value.size == sizeof sweep)
        return;
    applying_sequence(a);
    store_put(a->txn, TABLE_SWEEP, bytes_of(key, sizeof key), bytes_of(&sweep, sizeof sweep));
}

void sweep_leave(struct applying *a, uint32_t account)
{
    applying_sequence(a);
    const struct sweep_record sweep = {.kind = SWEEP_LEAVE, .account = account};
    sweep_add(a, &sweep);
}

/* What was read before the restore says nothing about now: each account loads again before it is
 * written. */
static enum status distrust_account(struct applying *a, uint32_t account)
{
    struct buf memory;
    struct account_view view;
    enum status status = account_load(a, account, &memory, &view);
    if (status != ST_OK) return status;
    view.listings_read = view.warehouses_read = false;
    view.checked_ms = view.warehouses_ms = view.listings_ms = view.stock_ms = 0;
    view.since_ms = a->command->now_ms;
    account_save(a, account, &view);
    buf_free(&memory);
    return ST_OK;
}

enum status apply_distrust(struct applying *a, struct wire_reader *r)
{
    (void)r;
    applying_sequence(a);
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    uint32_t accounts[DIRECTORY_ACCOUNTS_MAX], count = 0;
    for (; count < d->account_count && count < DIRECTORY_ACCOUNTS_MAX; count++)
        accounts[count] = d->accounts[count].no;
    for (uint32_t i = 0; i < count; i++) {
        enum status status = distrust_account(a, accounts[i]);
        if (status != ST_OK) return status;
    }
    const struct sweep_record sweep = {.kind = SWEEP_DISTRUST};
    sweep_add(a, &sweep);
    return ST_OK;
}

/* ---- chunks */

struct mapped {
    uint64_t listing, product;
};

/* The next mapped listings of the account; ends early at the end of the account. */
static enum status read_mapped(struct applying *a, const struct sweep_record *sweep,
                               struct mapped *list, uint32_t limit, uint32_t *count, uint64_t *last,
                               bool *end)
{
    uint8_t from[12];
    bytes_put_u32(from, sweep->account);
    bytes_put_u64(from + 4, sweep->after + 1);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_LISTING);
    enum status status = store_seek(cursor, bytes_of(from, sizeof from), &key, &value);
    uint32_t seen = 0;
    for (*count = 0, *last = sweep->after; status == ST_OK && seen < limit; seen++) {
        if (key.size != 12 || bytes_get_u32(key.data) != sweep->account) break;
        struct listing_view view;
        if (listing_read(value, &view) != ST_OK) {
            status = ST_DAMAGED;
            break;
        }
        *last = bytes_get_u64((const uint8_t *)key.data + 4);
        if (view.product) list[(*count)++] = (struct mapped){*last, view.product};
        status = store_next(cursor, &key, &value);
    }
    *end = seen < limit;
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, "listing", a->error);
}

static enum status refresh_or_remove(struct applying *a, const struct target_id *id, bool linked)
{
    struct target target;
    enum status status = target_load(a->txn, id, &target, a->error);
    if (status != ST_OK) return status;
    if (!linked) {
        if (target.exists) target_retire(a, &target);
        return ST_OK;
    }
    if (target.exists && target.record.flags & TARGET_REJECTED) {
        target_try_again(&target); /* the place closed or opened: what was rejected may go now */
        target_save(a, &target);
    }
    return target_refresh(a, id);
}

static enum status chunk_remote(struct applying *a, struct sweep_record *sweep, uint32_t limit,
                                bool *end)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_remote *remote = directory_remote(d, sweep->account, sweep->remote);
    bool linked = remote && remote->link_count > 0;
    a->counted_hour = sweep->counted_hour;
    a->counted_source = bytes_get_u32(sweep->target);
    struct mapped list[SWEEP_CHUNK_MAX];
    uint32_t count;
    enum status status = read_mapped(a, sweep, list, limit, &count, &sweep->after, end);
    for (uint32_t i = 0; i < count && status == ST_OK; i++) {
        const struct target_id id = {.product = list[i].product,
                                     .listing = list[i].listing,
                                     .account = sweep->account,
                                     .remote = sweep->remote};
        status = refresh_or_remove(a, &id, linked);
    }
    a->result->rows += count;
    return status;
}

static enum status chunk_distrust(struct applying *a, struct sweep_record *sweep, uint32_t limit,
                                  bool *end)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_TARGET);
    enum status status = store_seek(cursor, bytes_of(sweep->target, TARGET_KEY_SIZE), &key, &value);
    struct target_id ids[SWEEP_CHUNK_MAX];
    uint32_t count = 0;
    for (; status == ST_OK && count < limit; status = store_next(cursor, &key, &value))
        ids[count++] = target_key_read(key.data);
    *end = status == ST_NOT_FOUND;
    if (status == ST_OK) memcpy(sweep->target, key.data, TARGET_KEY_SIZE);
    store_cursor_close(cursor);
    status = engine_read_failed(a->txn, status, "target", a->error);
    for (uint32_t i = 0; i < count && status == ST_OK; i++) {
        struct target target;
        status = target_load(a->txn, &ids[i], &target, a->error);
        if (status != ST_OK) break;
        target_forget_acked(&target);
        target.record.flags &= ~(uint32_t)TARGET_OBSERVED;
        target.record.closed_ms = a->command->now_ms; /* it may have been written until just now */
        target_settle(a, &target);
        target_save(a, &target);
    }
    a->result->rows += count;
    return status;
}

/* The oldest sweep: its number, its record, and what stands behind that. */
static enum status first_sweep(struct applying *a, uint8_t number[8], struct sweep_record *sweep,
                               struct key *tail)
{
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_SWEEP);
    struct bytes key, value;
    enum status status = store_seek(cursor, bytes_of("", 0), &key, &value);
    bool whole = status == ST_OK && key.size == 8 && value.size >= sizeof *sweep &&
                 value.size <= sizeof *sweep + KEY_MAX;
    if (whole) {
        memcpy(number, key.data, 8);
        memcpy(sweep, value.data, sizeof *sweep);
        tail->size = 0;
        key_add(tail,
                bytes_of((const uint8_t *)value.data + sizeof *sweep, value.size - sizeof *sweep));
    }
    store_cursor_close(cursor);
    return status == ST_OK && !whole ? ST_DAMAGED : status;
}

static void put_sweep(struct applying *a, const uint8_t number[8], const struct sweep_record *sweep,
                      const struct key *tail)
{
    uint8_t row[sizeof *sweep + KEY_MAX];
    memcpy(row, sweep, sizeof *sweep);
    memcpy(row + sizeof *sweep, tail->at, tail->size);
    store_put(a->txn, TABLE_SWEEP, bytes_of(number, 8), bytes_of(row, sizeof *sweep + tail->size));
}

enum status apply_sweep(struct applying *a, struct wire_reader *r)
{
    uint32_t limit = wire_get_u32(r);
    if (limit == 0 || limit > SWEEP_CHUNK_MAX) limit = SWEEP_CHUNK_MAX;
    struct sweep_record sweep;
    struct key tail;
    uint8_t number[8];
    enum status status = first_sweep(a, number, &sweep, &tail);
    if (status != ST_OK) return engine_read_failed(a->txn, status, "sweep", a->error);
    applying_sequence(a);
    bool end = false;
    switch (sweep.kind) {
    case SWEEP_REMOTE: status = chunk_remote(a, &sweep, limit, &end); break;
    case SWEEP_ORDERS: status = order_retry_chunk(a, sweep.account, &tail, limit, &end); break;
    case SWEEP_LEAVE: status = order_leave_chunk(a, sweep.account, limit, &end); break;
    default: status = chunk_distrust(a, &sweep, limit, &end);
    }
    if (status != ST_OK) return status;
    if (end)
        store_delete(a->txn, TABLE_SWEEP, bytes_of(number, sizeof number));
    else
        put_sweep(a, number, &sweep, &tail);
    a->result->more = !end || store_count(a->txn, TABLE_SWEEP) > 0;
    return ST_OK;
}
