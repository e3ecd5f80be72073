/* Verifying what reports count: each day can be read, and has at least what is still known of it
 * from what was sent and from drifts, of which older rows are forgotten sooner. */
#include "engine/day.h"
#include "engine/drift_rows.h"
#include "engine/send.h"
#include "verify/rows.h"

#include "base/mem.h"

#include <stdlib.h>

/* Rows of the first version tell half-hours only. */
#define HALF_MS (2 * DAY_SLOT_MS)

struct known {
    uint32_t account, half; /* half-hours since 1970 */
    struct day_sums sums;
};
struct fold {
    struct day_span span;
    struct known *list;
    size_t count, room;
};

/* Neighbours are mostly of the same half-hour. */
static void fold_add(struct fold *f, uint32_t account, int64_t ms, enum day_figure figure)
{
    enum {
        LOOKED_AT = 16
    }; /* then it has another entry: what is there suffices for each of them */
    const uint32_t half = day_slot_of(ms) / 2;
    if (!f->span.since_ms || (!f->span.whole && ms < f->span.since_ms)) return;
    if (ms < f->span.forgotten_ms) return;
    for (size_t back = 1; back <= LOOKED_AT && back <= f->count; back++) {
        struct known *k = &f->list[f->count - back];
        if (k->account != account || k->half != half) continue;
        k->sums.of[figure]++;
        return;
    }
    if (f->count == f->room) {
        f->room = f->room ? f->room * 2 : 64;
        f->list = mem_resize(f->list, f->room * sizeof *f->list);
    }
    f->list[f->count] = (struct known){.account = account, .half = half};
    f->list[f->count++].sums.of[figure] = 1;
}

static void fold_sends(struct verifying *v, struct fold *f)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(v->txn, TABLE_SEND);
    while (v->status == ST_OK && store_next(cursor, &key, &value) == ST_OK) {
        struct wire_reader r = wire_reader(value);
        struct send_head head = send_head_read(&r);
        for (uint32_t i = 0; i < head.count && r.ok; i++) {
            struct send_item item = send_item_read(&r);
            int figure = send_figure(item.result);
            if (r.ok && figure >= 0)
                fold_add(f, item.target.account, head.time_ms, (enum day_figure)figure);
        }
        if (!verify_step(v)) break;
    }
    store_cursor_close(cursor);
}

static void fold_drifts(struct verifying *v, struct fold *f)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(v->txn, TABLE_DRIFT);
    while (v->status == ST_OK && store_next(cursor, &key, &value) == ST_OK) {
        struct drift_record record;
        if (key.size == DRIFT_KEY_SIZE && value.size == sizeof record) {
            memcpy(&record, value.data, sizeof record);
            fold_add(f, bytes_get_u32(key.data), record.opened_ms, DAY_DRIFT_FOUND);
        }
        if (!verify_step(v)) break;
    }
    store_cursor_close(cursor);
}

static void check_known(struct verifying *v, const struct known *k)
{
    static const struct {
        enum day_figure figure;
        const char *what;
    } compared[] = {{DAY_CONFIRMED, "confirmed"},
                    {DAY_REJECTED, "rejected"},
                    {DAY_FAILED, "failed"},
                    {DAY_DRIFT_FOUND, "found to differ"}};
    const int64_t from_ms = (int64_t)k->half * HALF_MS;
    struct day_sums sums;
    if (day_sum(v->txn, k->account, from_ms, from_ms + HALF_MS, &sums) != ST_OK) return;
    for (size_t i = 0; i < sizeof compared / sizeof *compared; i++) {
        const int64_t has = sums.of[compared[i].figure], least = k->sums.of[compared[i].figure];
        if (has < least)
            verify_finding(v, TABLE_REPORT_DAY,
                           "account %u, half-hour %u: %lld figures are %s, but %lld are known",
                           k->account, k->half, (long long)has, compared[i].what, (long long)least);
    }
}

static void check_day(struct verifying *v, struct bytes key, struct bytes value)
{
    struct day day;
    if (key.size != 8 || day_read(value, &day) != ST_OK) {
        verify_finding(v, TABLE_REPORT_DAY, "a row cannot be read");
        return;
    }
    for (int i = 0; i < DAY_SLOTS; i++) {
        const int64_t *of = day.slots[i].of;
        if (of[DAY_SERVED_MS] > of[DAY_KNOWN_MS] || of[DAY_SLOWEST_MS] > of[DAY_ARRIVED_MS])
            verify_finding(v, TABLE_REPORT_DAY,
                           "account %u, day %u, quarter %d: a part is more than the whole",
                           bytes_get_u32(key.data), bytes_get_u32((const uint8_t *)key.data + 4),
                           i);
    }
}

void verify_days(struct verifying *v)
{
    struct fold f = {.span = day_span_get(v->txn)};
    verify_walk(v, TABLE_REPORT_DAY, check_day);
    if (v->status == ST_OK) fold_sends(v, &f);
    if (v->status == ST_OK) fold_drifts(v, &f);
    for (size_t i = 0; i < f.count && v->status == ST_OK; i++)
        check_known(v, &f.list[i]);
    mem_free(f.list);
}
