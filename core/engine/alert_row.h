/* Rows of TABLE_ALERT as far as the index of open ones follows from them: their keys, and how they
 * begin. What an alert is, and the rest of its row, is notify/alert.h's. */
#ifndef STOCKD_ENGINE_ALERT_ROW_H
#define STOCKD_ENGINE_ALERT_ROW_H

#include "base/buf.h"
#include "base/wire.h"
#include "engine/keys.h"

enum {
    ALERT_ROW_NUMBER = 0, /* then the alert's u64: the alert */
    ALERT_ROW_OPEN = 1,   /* then its fingerprint, while it is open: its u64 */
    ALERT_ROW_DAYS = 2,   /* of an account: notify/look_days.c's */
    ALERT_FINGERPRINT_MAX = 200,
};

void alert_row_number_key(struct key *key, uint64_t number);
void alert_row_open_key(struct key *key, struct bytes fingerprint); /* cut to its most */
/* The number in a key or value; 0: it is none. */
uint64_t alert_row_number(struct bytes key);
uint64_t alert_row_open_number(struct bytes value);

struct alert_row_head {
    uint8_t rule, severity;
    int64_t opened_ms, closed_ms, acked_ms;
    struct bytes fingerprint; /* points into the row */
};
/* False: it cannot be read. The reader is left behind the head. */
bool alert_row_head_get(struct wire_reader *r, struct alert_row_head *head);
void alert_row_head_put(struct buf *out, const struct alert_row_head *head);

#endif
