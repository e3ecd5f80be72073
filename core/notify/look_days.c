/* How much of an account changes in a day, and whether that is unusual. One row for each account in
 * TABLE_ALERT: 2, account u32 -> the day of the newest value, and the values, the newest first. A
 * value is what the guard counted over the 24 hours before the first look of a UTC day. */
#include "engine/alert_row.h"
#include "notify/look_private.h"

#include "base/wire.h"
#include "engine/guard.h"
#include "notify/usual.h"

#include <stdio.h>
#include <string.h>

enum { DAYS_VERSION = 1, DAYS_KEPT = 28, DAYS_KEY = 5, CHANGED_LEAST = 10 };

struct days {
    uint32_t day; /* since 1970; 0: none yet */
    int64_t values[DAYS_KEPT];
    size_t count;
};

static void days_key(uint8_t key[DAYS_KEY], uint32_t account)
{
    key[0] = ALERT_ROW_DAYS;
    bytes_put_u32(key + 1, account);
}

static enum status days_read(struct store_txn *txn, uint32_t account, struct days *days)
{
    uint8_t key[DAYS_KEY];
    struct bytes value;
    *days = (struct days){0};
    days_key(key, account);
    enum status status = store_get(txn, TABLE_ALERT, bytes_of(key, sizeof key), &value);
    if (status != ST_OK) return status == ST_NOT_FOUND ? ST_OK : status;
    struct wire_reader r = wire_reader(value);
    bool good = wire_get_u8(&r) == DAYS_VERSION;
    days->day = wire_get_u32(&r);
    days->count = wire_get_u32(&r);
    if (!good || !r.ok || days->count > DAYS_KEPT) return *days = (struct days){0}, ST_OK;
    for (size_t i = 0; i < days->count; i++)
        days->values[i] = wire_get_i64(&r);
    if (!r.ok) *days = (struct days){0}; /* it begins anew: nothing depends on it */
    return ST_OK;
}

static void days_put(struct store_txn *txn, uint32_t account, const struct days *days)
{
    uint8_t key[DAYS_KEY];
    struct buf row;
    buf_init(&row, 1024);
    days_key(key, account);
    wire_put_u8(&row, DAYS_VERSION);
    wire_put_u64(&row, days->day);
    wire_put_u64(&row, days->count);
    for (size_t i = 0; i < days->count; i++)
        wire_put_i64(&row, days->values[i]);
    store_put(txn, TABLE_ALERT, bytes_of(key, sizeof key), bytes_of(row.data, row.size));
    buf_free(&row);
}

static uint32_t day_of(int64_t now_ms)
{
    return (uint32_t)(now_ms / (24 * 60 * 60 * 1000));
}

enum status look_days(const struct looking *l, uint32_t account, const char *name,
                      const struct guard_view *guard)
{
    struct days days;
    struct alert_memory *memory = l->look->memory;
    const struct alert_limits *limits = l->look->limits;
    enum status status = memory ? days_read(l->query->txn, account, &days) : ST_OK;
    if (status != ST_OK || !memory) return status;
    if (days.day < day_of(l->look->now_ms) && memory->day_count < ALERT_DAYS_MAX)
        memory->days[memory->day_count++] =
            (struct alert_day){.account = account, .changed = guard->changed};
    if (!look_wants(l, ALERT_UNUSUAL_CHANGE) || days.count < (size_t)limits->usual_days ||
        guard->changed < CHANGED_LEAST)
        return ST_OK;
    size_t count = days.count;
    struct usual usual = usual_of(days.values, days.count);
    if (guard->changed <= usual.median ||
        !usual_is_far(&usual, guard->changed, limits->usual_times))
        return ST_OK;
    struct alert_finding *f =
        alert_findings_add(l->to, ALERT_UNUSUAL_CHANGE, name, bytes_of("", 0));
    if (!f) return ST_OK;
    snprintf(f->what, sizeof f->what, "%zu", count);
    f->count = guard->changed;
    f->limit = usual.median;
    return ST_OK;
}

enum status alert_days_keep(struct store_txn *txn, const struct alert_memory *memory,
                            int64_t now_ms)
{
    for (size_t i = 0; i < memory->day_count; i++) {
        struct days days;
        const struct alert_day *new = &memory->days[i];
        enum status status = days_read(txn, new->account, &days);
        if (status != ST_OK) return status;
        if (days.day >= day_of(now_ms)) continue;
        size_t kept = days.count < DAYS_KEPT ? days.count : DAYS_KEPT - 1;
        memmove(days.values + 1, days.values, kept * sizeof *days.values);
        days.values[0] = new->changed;
        days.count = kept + 1;
        days.day = day_of(now_ms);
        days_put(txn, new->account, &days);
    }
    return ST_OK;
}
