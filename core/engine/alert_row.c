/* Keys and heads of rows of TABLE_ALERT. */
#include "engine/alert_row.h"

enum { ALERT_ROW_VERSION = 1, NUMBER_KEY = 9 };

void alert_row_number_key(struct key *key, uint64_t number)
{
    key->size = 0;
    key_u8(key, ALERT_ROW_NUMBER);
    key_u64(key, number);
}

void alert_row_open_key(struct key *key, struct bytes fingerprint)
{
    key->size = 0;
    key_u8(key, ALERT_ROW_OPEN);
    if (fingerprint.size > ALERT_FINGERPRINT_MAX) fingerprint.size = ALERT_FINGERPRINT_MAX;
    key_add(key, fingerprint);
}

uint64_t alert_row_number(struct bytes key)
{
    const uint8_t *at = key.data;
    return key.size == NUMBER_KEY && at[0] == ALERT_ROW_NUMBER ? bytes_get_u64(at + 1) : 0;
}

uint64_t alert_row_open_number(struct bytes value)
{
    return value.size == 8 ? bytes_get_u64(value.data) : 0;
}

bool alert_row_head_get(struct wire_reader *r, struct alert_row_head *head)
{
    if (wire_get_u8(r) != ALERT_ROW_VERSION) return false;
    head->rule = wire_get_u8(r);
    head->severity = wire_get_u8(r);
    head->opened_ms = wire_get_i64(r);
    head->closed_ms = wire_get_i64(r);
    head->acked_ms = wire_get_i64(r);
    head->fingerprint = wire_get_bytes(r);
    return r->ok;
}

void alert_row_head_put(struct buf *out, const struct alert_row_head *head)
{
    wire_put_u8(out, ALERT_ROW_VERSION);
    wire_put_u8(out, head->rule);
    wire_put_u8(out, head->severity);
    wire_put_i64(out, head->opened_ms);
    wire_put_i64(out, head->closed_ms);
    wire_put_i64(out, head->acked_ms);
    wire_put_bytes(out, head->fingerprint);
}
