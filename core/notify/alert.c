/* Alerts as rows: opening, closing, listing. What is to be told is queued in alert_out.c. */
#include "notify/alert.h"

#include "base/mem.h"
#include "base/wire.h"
#include "engine/alert_row.h"
#include "notify/alert_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)ALERT_KEY_MAX == (int)ALERT_FINGERPRINT_MAX, "keys hold whole fingerprints");

static struct bytes number_key(struct key *key, uint64_t number)
{
    alert_row_number_key(key, number);
    return key_bytes(key);
}

static struct bytes open_key(struct key *key, struct bytes fingerprint)
{
    alert_row_open_key(key, fingerprint);
    return key_bytes(key);
}

void alert_write(struct buf *out, const struct alert_view *alert)
{
    const struct alert_row_head head = {.rule = (uint8_t)alert->rule,
                                        .severity = (uint8_t)alert->severity,
                                        .opened_ms = alert->opened_ms,
                                        .closed_ms = alert->closed_ms,
                                        .acked_ms = alert->acked_ms,
                                        .fingerprint = alert->key};
    alert_row_head_put(out, &head);
    wire_put_bytes(out, alert->account);
    wire_put_bytes(out, alert->what);
    wire_put_bytes(out, alert->why);
    wire_put_bytes(out, alert->acked_by);
    wire_put_i64(out, alert->count);
    wire_put_i64(out, alert->limit);
    if (!alert->again) return; /* the row ends here, as it always did */
    wire_put_i64(out, alert->absent_ms);
}

enum status alert_read(struct bytes from, struct alert_view *alert)
{
    struct wire_reader r = wire_reader(from);
    struct alert_row_head head;
    if (!alert_row_head_get(&r, &head)) return ST_DAMAGED;
    *alert = (struct alert_view){.rule = (enum alert_rule)head.rule,
                                 .severity = (enum alert_severity)head.severity,
                                 .opened_ms = head.opened_ms,
                                 .closed_ms = head.closed_ms,
                                 .acked_ms = head.acked_ms,
                                 .key = head.fingerprint};
    alert->account = wire_get_bytes(&r);
    alert->what = wire_get_bytes(&r);
    alert->why = wire_get_bytes(&r);
    alert->acked_by = wire_get_bytes(&r);
    alert->count = wire_get_i64(&r);
    alert->limit = wire_get_i64(&r);
    alert->again = r.ok && !wire_at_end(&r);
    alert->absent_ms = alert->again ? wire_get_i64(&r) : 0;
    bool good = r.ok && alert->rule < ALERT_RULES && alert->severity < ALERT_SEVERITIES;
    return good ? ST_OK : ST_DAMAGED;
}

static void put(struct store_txn *txn, uint64_t number, const struct alert_view *alert)
{
    struct key key;
    struct buf row;
    buf_init(&row, 4096);
    alert_write(&row, alert);
    store_put(txn, TABLE_ALERT, number_key(&key, number), bytes_of(row.data, row.size));
    buf_free(&row);
}

enum status alert_get(struct store_txn *txn, uint64_t number, struct alert_view *alert)
{
    struct key key;
    struct bytes value;
    enum status status = store_get(txn, TABLE_ALERT, number_key(&key, number), &value);
    return status == ST_OK ? alert_read(value, alert) : status;
}

static uint64_t open_number(struct store_txn *txn, struct bytes fingerprint)
{
    struct key key;
    struct bytes value;
    enum status status = store_get(txn, TABLE_ALERT, open_key(&key, fingerprint), &value);
    return status == ST_OK ? alert_row_open_number(value) : 0;
}

enum status alert_each(struct store_txn *txn, uint64_t below,
                       bool (*each)(void *ctx, uint64_t number, const struct alert_view *alert),
                       void *ctx)
{
    struct key at;
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_ALERT);
    store_seek(cursor, number_key(&at, below ? below : UINT64_MAX), &key, &value);
    enum status status = store_prev(cursor, &key, &value);
    while (status == ST_OK && key.size == 9 && *(const uint8_t *)key.data == ALERT_ROW_NUMBER) {
        struct alert_view alert;
        status = alert_read(value, &alert);
        if (status != ST_OK) break;
        if (!each(ctx, bytes_get_u64((const uint8_t *)key.data + 1), &alert)) break;
        status = store_prev(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

enum status alert_open_each(struct store_txn *txn, enum alert_rule rule,
                            bool (*each)(void *ctx, struct bytes subject), void *ctx)
{
    struct key at;
    struct bytes key;
    char text[ALERT_KEY_MAX];
    snprintf(text, sizeof text, "%s//", alert_rule_name(rule));
    struct bytes prefix = open_key(&at, bytes_text(text));
    struct store_cursor *cursor = store_cursor(txn, TABLE_ALERT);
    enum status status = store_seek(cursor, prefix, &key, NULL);
    while (status == ST_OK && key.size >= prefix.size &&
           memcmp(key.data, prefix.data, prefix.size) == 0) {
        if (!each(ctx, bytes_of((const char *)key.data + prefix.size, key.size - prefix.size)))
            break;
        status = store_next(cursor, &key, NULL);
    }
    store_cursor_close(cursor);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

/* ---- what is found and what is open */

static bool same(const struct alert_finding *f, const struct alert_view *a)
{
    return !a->absent_ms && a->count == f->count && a->limit == f->limit &&
           bytes_equal(a->what, bytes_text(f->what)) && bytes_equal(a->why, bytes_text(f->why));
}

static int by_key(const void *a, const void *b)
{
    return strcmp((*(const struct alert_finding *const *)a)->key,
                  (*(const struct alert_finding *const *)b)->key);
}

static int key_order(const void *a, const void *b)
{
    const struct bytes *key = a;
    const char *text = (*(const struct alert_finding *const *)b)->key;
    return bytes_compare(*key, bytes_text(text));
}

static const struct alert_finding **sorted(const struct alert_findings *findings)
{
    const struct alert_finding **list =
        mem_array(findings->count ? findings->count : 1, sizeof(struct alert_finding *));
    for (size_t i = 0; i < findings->count; i++)
        list[i] = &findings->list[i];
    if (findings->count) qsort(list, findings->count, sizeof *list, by_key);
    return list;
}

static bool found(const struct alert_finding **list, size_t count, struct bytes key)
{
    return count && bsearch(&key, list, count, sizeof *list, key_order);
}

/* Calls back for each that is open and was not found, unless its rule was not looked at whole. */
static enum status each_ended(struct store_txn *txn, const struct alert_findings *findings,
                              bool (*ended)(void *ctx, uint64_t number,
                                            const struct alert_view *alert),
                              void *ctx)
{
    static const uint8_t first[] = {ALERT_ROW_OPEN};
    const struct alert_finding **list = sorted(findings);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_ALERT);
    enum status status = store_seek(cursor, bytes_of(first, 1), &key, &value);
    while (status == ST_OK && *(const uint8_t *)key.data == ALERT_ROW_OPEN) {
        const struct bytes fingerprint = bytes_of((const char *)key.data + 1, key.size - 1);
        struct alert_view alert;
        if (value.size == 8 && !found(list, findings->count, fingerprint)) {
            uint64_t number = bytes_get_u64(value.data);
            enum status got = alert_get(txn, number, &alert);
            if (got != ST_OK && got != ST_NOT_FOUND) status = got;
            if (status != ST_OK) break;
            if (got == ST_OK && !findings->partial[alert.rule] && !ended(ctx, number, &alert))
                break;
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    mem_free(list);
    return status == ST_NOT_FOUND ? ST_OK : status;
}

/* What is not found is over; what came back before is so only when it stays away. */
enum absence { ABSENCE_BEGINS, ABSENCE_LASTS, ABSENCE_IS_END };

static enum absence absence_of(const struct alert_view *alert, const struct alert_told *told)
{
    if (!alert->again) return ABSENCE_IS_END;
    if (!alert->absent_ms) return ABSENCE_BEGINS;
    int64_t away = told->time_ms - alert->absent_ms; /* below 0: of another life (alert_out_take) */
    return away >= told->keep_ms || away < 0 ? ABSENCE_IS_END : ABSENCE_LASTS;
}

struct ended {
    const struct alert_told *told;
    bool any; /* of which something is to be written */
};

static bool note_ended(void *ctx, uint64_t number, const struct alert_view *alert)
{
    struct ended *ended = ctx;
    (void)number;
    ended->any = absence_of(alert, ended->told) != ABSENCE_LASTS;
    return !ended->any;
}

bool alert_all_known(struct store_txn *txn, const struct alert_findings *findings,
                     const struct alert_told *told)
{
    struct ended ended = {.told = told};
    for (size_t i = 0; i < findings->count; i++) {
        struct alert_view alert;
        uint64_t number = open_number(txn, bytes_text(findings->list[i].key));
        if (!number || alert_get(txn, number, &alert) != ST_OK) return false;
        if (!same(&findings->list[i], &alert)) return false;
    }
    return each_ended(txn, findings, note_ended, &ended) == ST_OK && !ended.any;
}

static uint64_t number_last(struct store_txn *txn)
{
    struct key at;
    struct bytes key;
    uint64_t number = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_ALERT);
    store_seek(cursor, number_key(&at, UINT64_MAX), &key, NULL);
    if (store_prev(cursor, &key, NULL) == ST_OK && key.size == 9 &&
        *(const uint8_t *)key.data == ALERT_ROW_NUMBER)
        number = bytes_get_u64((const uint8_t *)key.data + 1);
    store_cursor_close(cursor);
    return number;
}

static void forget(struct store_txn *txn, uint64_t number)
{
    struct alert_view old;
    struct key key;
    if (number <= ALERTS_KEPT) return;
    number -= ALERTS_KEPT;
    if (alert_get(txn, number, &old) == ST_OK && old.closed_ms)
        store_delete(txn, TABLE_ALERT, number_key(&key, number));
}

static struct alert_view view_of(const struct alert_finding *f)
{
    return (struct alert_view){.rule = f->rule,
                               .severity = alert_rule_severity(f->rule),
                               .key = bytes_text(f->key),
                               .account = bytes_text(f->account),
                               .what = bytes_text(f->what),
                               .why = bytes_text(f->why),
                               .acked_by = bytes_text(""),
                               .count = f->count,
                               .limit = f->limit};
}

/* ---- writing */

static void open_one(struct store_txn *txn, const struct alert_finding *f, bool again,
                     struct alert_told *told)
{
    uint64_t number = number_last(txn) + 1;
    struct alert_view alert = view_of(f);
    alert.again = again;
    struct key key;
    uint8_t value[8];
    alert.opened_ms = told->now_ms;
    bytes_put_u64(value, number);
    put(txn, number, &alert);
    store_put(txn, TABLE_ALERT, open_key(&key, alert.key), bytes_of(value, sizeof value));
    forget(txn, number);
    alert_out_opened(txn, number, &alert, told);
    told->opened++;
}

static void update_one(struct store_txn *txn, const struct alert_finding *f, uint64_t number)
{
    struct alert_view old, alert = view_of(f);
    char actor[ALERT_KEY_MAX];
    if (alert_get(txn, number, &old) != ST_OK || same(f, &old)) return;
    size_t size = old.acked_by.size < sizeof actor ? old.acked_by.size : sizeof actor;
    memcpy(actor, old.acked_by.data, size);
    alert.acked_by = bytes_of(actor, size);
    alert.opened_ms = old.opened_ms;
    alert.acked_ms = old.acked_ms;
    alert.again = old.again;
    put(txn, number, &alert);
}

struct closing {
    uint64_t *numbers;
    size_t count;
};

static bool note_number(void *ctx, uint64_t number, const struct alert_view *alert)
{
    struct closing *closing = ctx;
    (void)alert;
    closing->numbers = mem_resize(closing->numbers, (closing->count + 1) * sizeof(uint64_t));
    closing->numbers[closing->count++] = number;
    return true;
}

/* It is over; or not seen for the moment, if it may come back. */
static void close_one(struct store_txn *txn, uint64_t number, struct alert_told *told)
{
    struct alert_view alert;
    struct key key;
    if (alert_get(txn, number, &alert) != ST_OK) return;
    struct buf copy; /* what the row holds is not good after the first write */
    buf_init(&copy, 4096);
    enum absence absence = absence_of(&alert, told);
    if (absence == ABSENCE_BEGINS) alert.absent_ms = told->time_ms;
    if (absence == ABSENCE_IS_END) alert.closed_ms = told->now_ms;
    alert_write(&copy, &alert);
    alert_read(bytes_of(copy.data, copy.size), &alert);
    if (absence == ABSENCE_IS_END) store_delete(txn, TABLE_ALERT, open_key(&key, alert.key));
    if (absence != ABSENCE_LASTS) put(txn, number, &alert);
    if (absence == ABSENCE_IS_END) alert_out_closed(txn, number, &alert, told);
    told->closed += absence == ABSENCE_IS_END;
    buf_free(&copy);
}

enum status alert_update(struct store_txn *txn, const struct alert_findings *findings,
                         struct alert_told *told, struct error *error)
{
    struct closing closing = {0};
    struct alert_recent recent = {0};
    bool read = false;
    told->opened = told->closed = told->dropped = 0;
    enum status status = each_ended(txn, findings, note_number, &closing);
    for (size_t i = 0; i < closing.count; i++)
        close_one(txn, closing.numbers[i], told);
    mem_free(closing.numbers);
    if (status != ST_OK) return error_set(error, status, "an alert in the store cannot be read");
    for (size_t i = 0; i < findings->count; i++) {
        uint64_t number = open_number(txn, bytes_text(findings->list[i].key));
        struct alert_view old;
        if (number && alert_get(txn, number, &old) == ST_OK) {
            update_one(txn, &findings->list[i], number);
            continue;
        }
        if (!read) alert_recent_read(txn, told->now_ms, &recent);
        read = true;
        open_one(txn, &findings->list[i], alert_is_recent(&recent, findings->list[i].key), told);
    }
    alert_recent_free(&recent);
    return store_failed(txn, error);
}

enum status alert_ack(struct store_txn *txn, uint64_t number, const char *actor, int64_t now_ms,
                      struct error *error)
{
    struct alert_view alert;
    enum status status = alert_get(txn, number, &alert);
    if (status != ST_OK)
        return error_set(
            error, status,
            "there is no alert %llu; `stockctl alert list --all` shows those there are",
            (unsigned long long)number);
    struct buf copy;
    buf_init(&copy, 4096);
    alert_write(&copy, &alert);
    alert_read(bytes_of(copy.data, copy.size), &alert);
    if (!alert.acked_ms) {
        alert.acked_ms = now_ms;
        alert.acked_by = bytes_text(actor);
        put(txn, number, &alert);
        alert_out_forget(txn, number);
    }
    buf_free(&copy);
    return store_failed(txn, error);
}
