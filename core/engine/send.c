/* Rows of TABLE_SEND: many outcomes in one, so that keeping them costs a push next to nothing. */
#include "engine/send.h"

#include "engine/outcome_private.h"

enum { SEND_VERSION = 1 };

void send_note(struct applying *a, const struct target *t, enum outcome_kind result, int64_t before,
               struct bytes code, struct bytes text)
{
    struct buf *out = &a->engine->sends;
    uint8_t key[TARGET_KEY_SIZE];
    if (a->sends++ == 0) buf_reset(out);
    target_key_write(key, &t->id);
    if (code.size > SEND_TEXT_MAX) code.size = SEND_TEXT_MAX;
    if (text.size > SEND_TEXT_MAX) text.size = SEND_TEXT_MAX;
    buf_add(out, key, sizeof key);
    wire_put_u8(out, (uint8_t)result);
    wire_put_i64(out, t->record.sent_value);
    wire_put_i64(out, before);
    wire_put_i64(out, outcome_base(t));
    wire_put_i64(out, t->record.sent_ms);
    wire_put_bytes(out, code);
    wire_put_bytes(out, text);
}

static void drop_oldest(struct applying *a)
{
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_SEND);
    if (store_next(cursor, NULL, NULL) == ST_OK) store_cursor_delete(cursor);
    store_cursor_close(cursor);
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
    if (store_count(a->txn, TABLE_SEND) > SEND_ROWS_MAX) drop_oldest(a);
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
