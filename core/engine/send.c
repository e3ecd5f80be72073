/* Rows of TABLE_SEND: many outcomes in one, so that keeping them costs a push next to nothing. */
#include "engine/send.h"

#include "engine/day.h"
#include "engine/outcome_private.h"
#include "engine/stats.h"

enum { SEND_VERSION = 1 };

static const char items_key[] = "sends"; /* of TABLE_META: items in all rows */

/* What was read there before the target was one: its first write has nothing else to start from. */
static int64_t read_before(struct applying *a, const struct target *t)
{
    struct key prefix = {0};
    struct bytes key, value;
    struct observed_record seen;
    int64_t figure = FIGURE_UNKNOWN;
    key_u32(&prefix, t->id.account);
    key_u64(&prefix, t->id.listing);
    key_u32(&prefix, t->id.remote);
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_OBSERVED);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, key_bytes(&prefix));
         status = store_next(cursor, &key, &value)) {
        if (value.size != sizeof seen) break;
        memcpy(&seen, value.data, sizeof seen);
        if (!seen.read_only && seen.read_ms <= t->record.sent_ms) figure = seen.quantity;
    }
    store_cursor_close(cursor);
    return figure;
}

static void put_item(struct applying *a, const struct send_item *item)
{
    struct buf *out = &a->engine->sends;
    uint8_t key[TARGET_KEY_SIZE];
    struct bytes code = item->code, text = item->text;
    if (a->sends++ == 0) buf_reset(out);
    target_key_write(key, &item->target);
    if (code.size > SEND_TEXT_MAX) code.size = SEND_TEXT_MAX;
    if (text.size > SEND_TEXT_MAX) text.size = SEND_TEXT_MAX;
    buf_add(out, key, sizeof key);
    wire_put_u8(out, item->result);
    wire_put_i64(out, item->value);
    wire_put_i64(out, item->before);
    wire_put_i64(out, item->after);
    wire_put_i64(out, item->sent_ms);
    wire_put_bytes(out, code);
    wire_put_bytes(out, text);
}

/* What a report says became of it; nothing yet where it is tried or looked for again. */
static void count(struct applying *a, uint32_t account, enum outcome_kind result)
{
    int figure = send_figure(result);
    if (figure >= 0)
        day_count(a->engine->days, account, a->command->now_ms, (enum day_figure)figure, 1);
}

void send_note(struct applying *a, const struct target *t, enum outcome_kind result, int64_t before,
               struct bytes code, struct bytes text)
{
    stats_outcome(a->engine->stats, t->id.account, result, code);
    count(a, t->id.account, result);
    put_item(a, &(struct send_item){.target = t->id,
                                    .result = (uint8_t)result,
                                    .value = t->record.sent_value,
                                    .before = before == FIGURE_UNKNOWN ? read_before(a, t) : before,
                                    .after = outcome_base(t),
                                    .sent_ms = t->record.sent_ms,
                                    .code = code,
                                    .text = text});
}

void send_note_equal(struct applying *a, const struct target *t)
{
    stats_outcome(a->engine->stats, t->id.account, STATS_EQUAL, bytes_of("", 0));
    put_item(a, &(struct send_item){.target = t->id,
                                    .result = SEND_EQUAL,
                                    .value = t->record.wanted_value,
                                    .before = outcome_base(t),
                                    .after = outcome_base(t),
                                    .sent_ms = a->command->now_ms,
                                    .code = bytes_of("", 0),
                                    .text = bytes_of("", 0)});
}

/* ---- how many there are */

static uint64_t count_items(struct applying *a)
{
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_META, bytes_text(items_key), &value);
    return status == ST_OK && value.size == 8 ? bytes_get_u64(value.data) : 0;
}

static void keep_count(struct applying *a, uint64_t items)
{
    uint8_t value[8];
    bytes_put_u64(value, items);
    store_put(a->txn, TABLE_META, bytes_text(items_key), bytes_of(value, sizeof value));
}

void send_forgotten(struct applying *a, uint32_t items)
{
    uint64_t had = count_items(a);
    keep_count(a, had > items ? had - items : 0);
}

/* So many items went with the oldest row; 0: there is none. */
static uint32_t drop_oldest(struct applying *a)
{
    struct bytes value;
    uint32_t items = 0;
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_SEND);
    if (store_next(cursor, NULL, &value) == ST_OK) {
        struct wire_reader r = wire_reader(value);
        items = send_head_read(&r).count;
        store_cursor_delete(cursor);
    }
    store_cursor_close(cursor);
    return items;
}

void send_flush(struct applying *a, uint32_t account, struct bytes batch)
{
    if (a->sends == 0) return;
    uint8_t key[8];
    bytes_put_u64(key, applying_sequence(a));
    struct buf *record = &a->engine->record;
    buf_reset(record);
    wire_put_u8(record, SEND_VERSION);
    wire_put_u64(record, account);
    wire_put_u64(record, a->sends);
    wire_put_i64(record, a->command->now_ms);
    wire_put_bytes(record, batch);
    buf_add(record, a->engine->sends.data, a->engine->sends.size);
    store_append(a->txn, TABLE_SEND, bytes_of(key, sizeof key),
                 bytes_of(record->data, record->size));
    uint64_t items = count_items(a) + a->sends;
    while (store_count(a->txn, TABLE_SEND) > 1 &&
           (store_count(a->txn, TABLE_SEND) > SEND_ROWS_MAX || items > SEND_ITEMS_MAX)) {
        uint32_t gone = drop_oldest(a);
        items -= gone < items ? gone : items;
    }
    keep_count(a, items);
    a->sends = 0;
}

int send_figure(unsigned result)
{
    if (result == OUTCOME_OK) return DAY_CONFIRMED;
    if (result == OUTCOME_REJECTED) return DAY_REJECTED;
    return result == OUTCOME_RETRY || result == OUTCOME_CHANGED ? DAY_FAILED : -1;
}

struct send_head send_head_read(struct wire_reader *r)
{
    struct send_head head = {0};
    if (wire_get_u8(r) != SEND_VERSION) r->ok = false;
    head.account = wire_get_u32(r);
    head.count = wire_get_u32(r);
    head.time_ms = wire_get_i64(r);
    head.batch = wire_get_bytes(r);
    return head;
}

struct send_item send_item_read(struct wire_reader *r)
{
    struct send_item item = {0};
    if (!r->ok || r->end - r->at < TARGET_KEY_SIZE) {
        r->ok = false;
        return item;
    }
    item.target = target_key_read(r->at);
    r->at += TARGET_KEY_SIZE;
    item.result = wire_get_u8(r);
    item.value = wire_get_i64(r);
    item.before = wire_get_i64(r);
    item.after = wire_get_i64(r);
    item.sent_ms = wire_get_i64(r);
    item.code = wire_get_bytes(r);
    item.text = wire_get_bytes(r);
    return item;
}
