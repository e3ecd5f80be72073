/* Counting what happened: differences of a group, and the rows they become. Who counts what is in
 * the files where it happens; what is made of it is core/report's. */
#include "engine/day.h"

#include "base/mem.h"
#include "base/wire.h"
#include "engine/keys.h"
#include "engine/state.h"

enum {
    DAY_VERSION = 2,
    DAY_HALVES = 1,         /* the version whose slots were half-hours */
    DAY_ROW_MAX = 16 << 10, /* 96 quarters of 12 figures are less than 11 KiB */
    KEY_SIZE = 8,
};
_Static_assert(DAY_FIGURES <= 64, "a quarter's figures are named by the bits of a number");

static const char span_key[] =
    "report-days"; /* of TABLE_META: since, forgotten: u64 ms, whole u64 */

struct slot_delta {
    uint32_t account, slot; /* quarters of an hour since 1970 */
    struct day_sums sums;
};

struct day_counting {
    bool whole; /* nothing happened in this store before anything was counted */
    struct slot_delta *list;
    uint32_t count, room, last; /* last: where the one before was counted */
};

uint32_t day_slot_of(int64_t ms)
{
    return ms > 0 ? (uint32_t)(ms / DAY_SLOT_MS) : 0;
}

/* ---- sums */

void day_sums_add(struct day_sums *to, const struct day_sums *more)
{
    bool slower = more->of[DAY_SLOWEST_MS] > to->of[DAY_SLOWEST_MS];
    const int64_t ms = slower ? more->of[DAY_SLOWEST_MS] : to->of[DAY_SLOWEST_MS];
    const int64_t product = slower ? more->of[DAY_SLOWEST_PRODUCT] : to->of[DAY_SLOWEST_PRODUCT];
    for (int i = 0; i < DAY_FIGURES; i++)
        to->of[i] += more->of[i];
    to->of[DAY_SLOWEST_MS] = ms;
    to->of[DAY_SLOWEST_PRODUCT] = product;
}

bool day_sums_empty(const struct day_sums *sums)
{
    for (int i = 0; i < DAY_FIGURES; i++)
        if (sums->of[i]) return false;
    return true;
}

/* ---- rows */

static void slot_write(struct buf *out, uint8_t slot, const struct day_sums *sums)
{
    uint64_t there = 0;
    for (int i = 0; i < DAY_FIGURES; i++)
        if (sums->of[i]) there |= UINT64_C(1) << i;
    if (!there) return;
    wire_put_u8(out, slot);
    wire_put_u64(out, there);
    for (; there; there &= there - 1)
        wire_put_u64(out, (uint64_t)sums->of[__builtin_ctzll(there)]);
}

void day_write(struct buf *out, const struct day *day)
{
    wire_put_u8(out, DAY_VERSION);
    for (uint8_t i = 0; i < DAY_SLOTS; i++)
        slot_write(out, i, &day->slots[i]);
}

/* Figures that a later version counts are passed over. */
static void slot_read(struct wire_reader *r, struct day_sums *sums)
{
    uint64_t there = wire_get_u64(r);
    for (; there && r->ok; there &= there - 1) {
        int i = __builtin_ctzll(there);
        uint64_t value = wire_get_u64(r);
        if (value > INT64_MAX) r->ok = false;
        if (i < DAY_FIGURES && r->ok) sums->of[i] = (int64_t)value;
    }
}

enum status day_read(struct bytes from, struct day *day)
{
    struct wire_reader r = wire_reader(from);
    int before = -1;
    *day = (struct day){0};
    uint8_t version = wire_get_u8(&r);
    int each = version == DAY_HALVES ? 2 : 1;
    if (version != DAY_VERSION && version != DAY_HALVES) return ST_DAMAGED;
    while (r.ok && !wire_at_end(&r)) {
        int slot = wire_get_u8(&r) * each;
        if (slot >= DAY_SLOTS || slot <= before) return ST_DAMAGED;
        slot_read(&r, &day->slots[slot]);
        before = slot;
    }
    return r.ok ? ST_OK : ST_DAMAGED;
}

static struct bytes row_key(uint8_t key[KEY_SIZE], uint32_t account, uint32_t day)
{
    bytes_put_u32(key, account);
    bytes_put_u32(key + 4, day);
    return bytes_of(key, KEY_SIZE);
}

struct day_span day_span_get(struct store_txn *txn)
{
    struct bytes value;
    struct day_span span = {0};
    if (store_get(txn, TABLE_META, bytes_text(span_key), &value) != ST_OK || value.size != 24)
        return span;
    span.since_ms = (int64_t)bytes_get_u64(value.data);
    span.forgotten_ms = (int64_t)bytes_get_u64((const uint8_t *)value.data + 8);
    span.whole = bytes_get_u64((const uint8_t *)value.data + 16) != 0;
    return span;
}

static void span_put(struct store_txn *txn, const struct day_span *span)
{
    uint8_t value[24];
    bytes_put_u64(value, (uint64_t)span->since_ms);
    bytes_put_u64(value + 8, (uint64_t)span->forgotten_ms);
    bytes_put_u64(value + 16, span->whole);
    store_put(txn, TABLE_META, bytes_text(span_key), bytes_of(value, sizeof value));
}

/* ---- counting */

struct day_counting *day_counting_new(void)
{
    return mem_alloc(sizeof(struct day_counting));
}

void day_counting_free(struct day_counting *c)
{
    mem_free(c->list);
    mem_free(c);
}

void day_begin(struct day_counting *c, struct store_txn *txn)
{
    c->whole = store_count(txn, TABLE_SEND) == 0 && store_count(txn, TABLE_DRIFT) == 0;
}

void day_drop(struct day_counting *c)
{
    c->count = 0;
}

static struct day_sums *sums_of(struct day_counting *c, uint32_t account, uint32_t slot)
{
    for (uint32_t i = 0; i < c->count; i++) { /* mostly the last one again */
        uint32_t at = c->last + i < c->count ? c->last + i : c->last + i - c->count;
        struct slot_delta *delta = &c->list[at];
        if (delta->account != account || delta->slot != slot) continue;
        c->last = at;
        return &delta->sums;
    }
    if (c->count == c->room) {
        c->room = c->room ? c->room * 2 : 8;
        c->list = mem_resize(c->list, c->room * sizeof *c->list);
    }
    c->last = c->count++;
    c->list[c->last] = (struct slot_delta){.account = account, .slot = slot};
    return &c->list[c->last].sums;
}

void day_count(struct day_counting *c, uint32_t account, int64_t now_ms, enum day_figure figure,
               int64_t more)
{
    if (more > 0) sums_of(c, account, day_slot_of(now_ms))->of[figure] += more;
}

void day_arrived(struct day_counting *c, uint32_t account, int64_t now_ms, uint64_t product,
                 int64_t took_ms)
{
    const int64_t ms = took_ms > 0 ? took_ms : 0;
    const struct day_sums one = {.of = {[DAY_ARRIVED] = 1,
                                        [DAY_ARRIVED_MS] = ms,
                                        [DAY_SLOWEST_MS] = ms,
                                        [DAY_SLOWEST_PRODUCT] = (int64_t)product}};
    day_sums_add(sums_of(c, account, day_slot_of(now_ms)), &one);
}

void engine_day_served(struct engine *engine, uint32_t account, int64_t now_ms, int64_t ms,
                       bool served)
{
    struct day_counting *c = engine->days;
    while (ms > 0 && now_ms > 0) { /* from the end back, each quarter its part */
        int64_t part = now_ms - (int64_t)day_slot_of(now_ms - 1) * DAY_SLOT_MS;
        if (part > ms) part = ms;
        day_count(c, account, now_ms - 1, DAY_KNOWN_MS, part);
        if (served) day_count(c, account, now_ms - 1, DAY_SERVED_MS, part);
        now_ms -= part;
        ms -= part;
    }
}

/* One day of one account, with all that was counted of it. A row that cannot be read is begun anew:
 * a report is no reason to stop. */
static void flush_day(struct day_counting *c, struct store_txn *txn, uint32_t first)
{
    const uint32_t account = c->list[first].account, number = c->list[first].slot / DAY_SLOTS;
    uint8_t key[KEY_SIZE];
    struct bytes value;
    struct day day = {0};
    if (store_get(txn, TABLE_REPORT_DAY, row_key(key, account, number), &value) == ST_OK &&
        day_read(value, &day) != ST_OK)
        day = (struct day){0};
    for (uint32_t i = first; i < c->count; i++)
        if (c->list[i].account == account && c->list[i].slot / DAY_SLOTS == number)
            day_sums_add(&day.slots[c->list[i].slot % DAY_SLOTS], &c->list[i].sums);
    struct buf row;
    buf_init(&row, DAY_ROW_MAX);
    day_write(&row, &day);
    store_put(txn, TABLE_REPORT_DAY, bytes_of(key, sizeof key), bytes_of(row.data, row.size));
    buf_free(&row);
}

enum status day_flush(struct day_counting *c, struct store_txn *txn)
{
    if (!c->count) return ST_OK;
    struct day_span span = day_span_get(txn);
    if (!span.since_ms) { /* of a store from before this: not the quarter that goes on */
        span.whole = c->whole;
        span.since_ms = ((int64_t)c->list[0].slot + !c->whole) * DAY_SLOT_MS;
        if (!span.since_ms) span.since_ms = 1;
        span_put(txn, &span);
    }
    for (uint32_t i = 0; i < c->count; i++) {
        bool done = false;
        for (uint32_t k = 0; k < i && !done; k++)
            done = c->list[k].account == c->list[i].account &&
                   c->list[k].slot / DAY_SLOTS == c->list[i].slot / DAY_SLOTS;
        if (!done) flush_day(c, txn, i);
    }
    c->count = c->last = 0;
    return ST_OK;
}

/* ---- reading and forgetting */

enum status day_sum(struct store_txn *txn, uint32_t account, int64_t from_ms, int64_t until_ms,
                    struct day_sums *sums)
{
    const uint32_t from = day_slot_of(from_ms + DAY_SLOT_MS - 1),
                   until = day_slot_of(until_ms + DAY_SLOT_MS - 1);
    uint8_t from_key[KEY_SIZE];
    struct bytes key, value;
    struct day day;
    *sums = (struct day_sums){0};
    struct store_cursor *cursor = store_cursor(txn, TABLE_REPORT_DAY);
    enum status status =
        store_seek(cursor, row_key(from_key, account, from / DAY_SLOTS), &key, &value);
    for (; status == ST_OK; status = store_next(cursor, &key, &value)) {
        if (key.size != KEY_SIZE || bytes_get_u32(key.data) != account) break;
        uint32_t first = bytes_get_u32((const uint8_t *)key.data + 4) * DAY_SLOTS;
        if (first >= until) break;
        status = day_read(value, &day);
        if (status != ST_OK) break;
        for (uint32_t i = 0; i < DAY_SLOTS; i++)
            if (first + i >= from && first + i < until) day_sums_add(sums, &day.slots[i]);
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

/* Those of one account; where the next one's may begin. */
static void forget_account(struct store_cursor *cursor, uint32_t account, uint32_t before,
                           uint32_t *left, uint32_t *last)
{
    uint8_t from[KEY_SIZE];
    struct bytes key;
    enum status status = store_seek(cursor, row_key(from, account, 0), &key, NULL);
    for (; status == ST_OK && *left; status = store_next(cursor, &key, NULL)) {
        if (key.size != KEY_SIZE || bytes_get_u32(key.data) != account) return;
        const uint32_t day = bytes_get_u32((const uint8_t *)key.data + 4);
        if (day >= before) return;
        if (day > *last) *last = day;
        store_cursor_delete(cursor);
        --*left;
    }
}

bool day_forget(struct store_txn *txn, int64_t before_ms, uint32_t *left)
{
    const uint32_t before = day_slot_of(before_ms) / DAY_SLOTS, had = *left;
    uint8_t from[KEY_SIZE];
    uint32_t account = 0, last = 0;
    struct bytes key;
    struct store_cursor *cursor = store_cursor(txn, TABLE_REPORT_DAY);
    while (*left && store_seek(cursor, row_key(from, account, 0), &key, NULL) == ST_OK) {
        account = key.size == KEY_SIZE ? bytes_get_u32(key.data) : account;
        forget_account(cursor, account, before, left, &last);
        if (account++ == UINT32_MAX) break;
    }
    store_cursor_close(cursor);
    struct day_span span = day_span_get(txn);
    const int64_t ended_ms = ((int64_t)last + 1) * DAY_SLOTS * DAY_SLOT_MS;
    if (*left == had) return false;
    if (ended_ms > span.forgotten_ms) {
        span.forgotten_ms = ended_ms;
        span_put(txn, &span);
    }
    return true;
}
