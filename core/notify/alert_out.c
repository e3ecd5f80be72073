/* The queue of what channels are to be told: rows "channel, 0, number". */
#include "base/wire.h"
#include "notify/alert_private.h"

#include <string.h>

enum {
    OUT_VERSION = 1,
    CHANNEL_NAME_MAX = 64,
    OUT_KEY_MAX = CHANNEL_NAME_MAX + 1 + 8,
    ROW_MAX = 256
};

struct out_key {
    uint8_t bytes[OUT_KEY_MAX];
    size_t head; /* channel and 0 */
};

static struct out_key key_of(const char *channel)
{
    struct out_key key;
    size_t size = strnlen(channel, CHANNEL_NAME_MAX);
    memcpy(key.bytes, channel, size);
    key.bytes[size] = 0;
    key.head = size + 1;
    return key;
}

static struct bytes row_key(struct out_key *key, uint64_t number)
{
    bytes_put_u64(key->bytes + key->head, number);
    return bytes_of(key->bytes, key->head + 8);
}

static bool is_of(struct bytes key, const struct out_key *of)
{
    return key.size == of->head + 8 && memcmp(key.data, of->bytes, of->head) == 0;
}

static uint64_t number_of(struct bytes key)
{
    return key.size > 8 ? bytes_get_u64((const uint8_t *)key.data + key.size - 8) : 0;
}

static void report_read(struct wire_reader *r, struct alert_report *report)
{
    report->from_ms = wire_get_i64(r);
    report->until_ms = wire_get_i64(r);
    const struct bytes zone = wire_get_bytes(r);
    size_t size = zone.size < ALERT_ZONE_MAX ? zone.size : ALERT_ZONE_MAX - 1;
    memcpy(report->zone, zone.data, size);
    report->zone[size] = 0;
}

/* `report` is written only of one. */
static bool row_read(struct bytes key, struct bytes value, struct alert_out *row,
                     struct alert_report *report)
{
    struct wire_reader r = wire_reader(value);
    bool known = wire_get_u8(&r) == OUT_VERSION;
    row->number = number_of(key);
    row->alert = wire_get_u64(&r);
    row->news = (enum alert_news)wire_get_u8(&r);
    row->rule = (enum alert_rule)wire_get_u8(&r);
    row->severity = (enum alert_severity)wire_get_u8(&r);
    row->queued_ms = wire_get_i64(&r);
    row->due_ms = wire_get_i64(&r);
    row->attempts = wire_get_u32(&r);
    if (row->news == ALERT_NEWS_REPORT) report_read(&r, report);
    return known && r.ok && row->rule < ALERT_RULES && row->severity < ALERT_SEVERITIES;
}

static void row_write(struct buf *out, const struct alert_out *row,
                      const struct alert_report *report)
{
    buf_reset(out);
    wire_put_u8(out, OUT_VERSION);
    wire_put_u64(out, row->alert);
    wire_put_u8(out, (uint8_t)row->news);
    wire_put_u8(out, (uint8_t)row->rule);
    wire_put_u8(out, (uint8_t)row->severity);
    wire_put_i64(out, row->queued_ms);
    wire_put_i64(out, row->due_ms);
    wire_put_u64(out, row->attempts);
    if (row->news != ALERT_NEWS_REPORT) return;
    wire_put_i64(out, report->from_ms);
    wire_put_i64(out, report->until_ms);
    wire_put_text(out, report->zone);
}

static void row_put(struct store_txn *txn, const char *channel, const struct alert_out *row,
                    const struct alert_report *report)
{
    struct out_key key = key_of(channel);
    struct buf value;
    buf_init(&value, ROW_MAX);
    row_write(&value, row, report);
    store_put(txn, TABLE_ALERT_OUT, row_key(&key, row->number), bytes_of(value.data, value.size));
    buf_free(&value);
}

/* ---- queueing */

static uint64_t number_next(struct store_txn *txn, const char *channel)
{
    struct out_key at = key_of(channel);
    struct bytes key;
    uint64_t number = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_ALERT_OUT);
    store_seek(cursor, row_key(&at, UINT64_MAX), &key, NULL);
    if (store_prev(cursor, &key, NULL) == ST_OK && is_of(key, &at)) number = number_of(key);
    store_cursor_close(cursor);
    return number + 1;
}

static void queue(struct store_txn *txn, const char *channel, uint64_t alert,
                  const struct alert_view *view, enum alert_news news, struct alert_told *told)
{
    int64_t wait = told->group_ms;
    if (view->severity == ALERT_CRITICAL && wait > ALERT_CRITICAL_WAIT_MS)
        wait = ALERT_CRITICAL_WAIT_MS;
    if (store_count(txn, TABLE_ALERT_OUT) >= ALERT_OUT_MAX) {
        told->dropped++;
        return;
    }
    const struct alert_out row = {.number = number_next(txn, channel),
                                  .alert = alert,
                                  .news = news,
                                  .rule = view->rule,
                                  .severity = view->severity,
                                  .queued_ms = told->time_ms,
                                  .due_ms = told->time_ms + wait};
    row_put(txn, channel, &row, NULL);
}

bool alert_out_report(struct store_txn *txn, const char *channel, const struct alert_report *report,
                      int64_t now_ms)
{
    if (store_count(txn, TABLE_ALERT_OUT) >= ALERT_OUT_MAX) return false;
    const struct alert_out row = {.number = number_next(txn, channel),
                                  .news = ALERT_NEWS_REPORT,
                                  .severity = ALERT_INFO,
                                  .queued_ms = now_ms,
                                  .due_ms = now_ms};
    row_put(txn, channel, &row, report);
    return true;
}

void alert_out_opened(struct store_txn *txn, uint64_t number, const struct alert_view *alert,
                      struct alert_told *told)
{
    for (size_t i = 0; i < told->channel_count; i++)
        if (alert->severity >= told->channels[i].least)
            queue(txn, told->channels[i].name, number, alert, ALERT_NEWS_OPENED, told);
}

/* Takes the row away that was to tell of it. True: nobody there can have heard of it. */
static bool take_back(struct store_txn *txn, const char *channel, uint64_t alert)
{
    struct out_key at = key_of(channel);
    struct bytes key, value;
    bool unheard = false;
    struct store_cursor *cursor = store_cursor(txn, TABLE_ALERT_OUT);
    enum status status = store_seek(cursor, row_key(&at, 0), &key, &value);
    while (status == ST_OK && is_of(key, &at)) {
        struct alert_out row;
        struct alert_report report;
        if (row_read(key, value, &row, &report) && row.alert == alert) {
            unheard = row.news == ALERT_NEWS_OPENED && row.attempts == 0;
            store_cursor_delete(cursor);
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return unheard;
}

void alert_out_closed(struct store_txn *txn, uint64_t number, const struct alert_view *alert,
                      struct alert_told *told)
{
    for (size_t i = 0; i < told->channel_count; i++) {
        const char *channel = told->channels[i].name;
        if (alert->severity < told->channels[i].least) continue;
        if (!take_back(txn, channel, number))
            queue(txn, channel, number, alert, ALERT_NEWS_CLOSED, told);
    }
}

void alert_out_forget(struct store_txn *txn, uint64_t number)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_ALERT_OUT);
    enum status status = store_next(cursor, &key, &value);
    while (status == ST_OK) {
        struct alert_out row;
        struct alert_report report;
        if (row_read(key, value, &row, &report) && row.alert == number &&
            row.news == ALERT_NEWS_OPENED)
            store_cursor_delete(cursor);
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
}

void alert_out_keep(struct store_txn *txn, const struct alert_channel_place *channels, size_t count)
{
    struct bytes key;
    struct store_cursor *cursor = store_cursor(txn, TABLE_ALERT_OUT);
    enum status status = store_next(cursor, &key, NULL);
    while (status == ST_OK) {
        bool known = false;
        for (size_t i = 0; i < count && !known; i++) {
            struct out_key of = key_of(channels[i].name);
            known = is_of(key, &of);
        }
        if (!known) store_cursor_delete(cursor);
        status = store_next(cursor, &key, NULL);
    }
    store_cursor_close(cursor);
}

/* ---- taking */

int64_t alert_retry_ms(uint32_t attempts)
{
    int64_t ms = ALERT_RETRY_FIRST_MS;
    for (uint32_t i = 1; i < attempts && ms < ALERT_RETRY_MOST_MS; i++)
        ms *= 2;
    return ms < ALERT_RETRY_MOST_MS ? ms : ALERT_RETRY_MOST_MS;
}

/* Of a life whose time was ahead of this one's. Tried again, it waits from now on. */
static bool is_ahead(const struct alert_out *row, int64_t now_ms)
{
    return row->queued_ms > now_ms ||
           (row->attempts && row->due_ms > now_ms + alert_retry_ms(row->attempts));
}

/* `first`: the row that the group began with. A report is a message by itself. */
static bool belongs(const struct alert_group *group, uint64_t first, const struct alert_out *row)
{
    if (group->news == ALERT_NEWS_REPORT) return row->number == first;
    return group->rule == row->rule && group->news == row->news;
}

/* The rule and news of the first row that is due; its number, or 0. */
static uint64_t find_due(struct store_txn *txn, const struct out_key *of, enum alert_severity least,
                         int64_t now_ms, struct alert_group *group)
{
    struct out_key at = *of;
    struct bytes key, value;
    uint64_t found = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_ALERT_OUT);
    enum status status = store_seek(cursor, row_key(&at, 0), &key, &value);
    for (; status == ST_OK && is_of(key, of) && !found; status = store_next(cursor, &key, &value)) {
        struct alert_out row;
        struct alert_report report;
        if (!row_read(key, value, &row, &report) || row.severity < least) continue;
        found = row.due_ms <= now_ms || is_ahead(&row, now_ms) ? row.number : 0;
        if (found) group->rule = row.rule;
        if (found) group->news = row.news;
    }
    store_cursor_close(cursor);
    return found;
}

enum status alert_out_take(struct store_txn *txn, const char *channel, enum alert_severity least,
                           int64_t now_ms, struct alert_group *group, struct error *error)
{
    const struct out_key of = key_of(channel);
    struct out_key at = of;
    struct bytes key, value;
    group->count = 0;
    group->given_up = 0;
    group->severity = ALERT_INFO;
    group->next_ms = INT64_MAX;
    const uint64_t first = find_due(txn, &of, least, now_ms, group);
    struct store_cursor *cursor = store_cursor(txn, TABLE_ALERT_OUT);
    struct buf record;
    buf_init(&record, ROW_MAX);
    enum status status = store_seek(cursor, row_key(&at, 0), &key, &value);
    for (; status == ST_OK && is_of(key, &of); status = store_next(cursor, &key, &value)) {
        struct alert_out row;
        struct alert_report report;
        bool good = row_read(key, value, &row, &report);
        if (!good || row.queued_ms + ALERT_OUT_KEPT_MS < now_ms) {
            group->given_up++;
            store_cursor_delete(cursor);
            continue;
        }
        if (first && belongs(group, first, &row) && row.severity >= least &&
            group->count < ALERT_GROUP_MAX) {
            if (row.queued_ms > now_ms) row.queued_ms = now_ms;
            row.attempts++;
            row.due_ms = now_ms + alert_retry_ms(row.attempts);
            row_write(&record, &row, &report);
            if (row.news == ALERT_NEWS_REPORT) group->report = report;
            store_cursor_put(cursor, bytes_of(record.data, record.size));
            if (row.severity > group->severity) group->severity = row.severity;
            group->rows[group->count++] = row;
        }
        if (row.severity >= least && row.due_ms < group->next_ms) group->next_ms = row.due_ms;
    }
    buf_free(&record);
    store_cursor_close(cursor);
    return store_failed(txn, error);
}

enum status alert_out_done(struct store_txn *txn, const char *channel,
                           const struct alert_group *group, struct error *error)
{
    for (size_t i = 0; i < group->count; i++) {
        struct out_key at = key_of(channel);
        struct bytes key = row_key(&at, group->rows[i].number), value;
        struct alert_out row;
        struct alert_report report;
        if (store_get(txn, TABLE_ALERT_OUT, key, &value) != ST_OK) continue;
        if (row_read(key, value, &row, &report) && row.alert == group->rows[i].alert &&
            row.news == group->rows[i].news)
            store_delete(txn, TABLE_ALERT_OUT, key);
    }
    return store_failed(txn, error);
}
