/* The payload of COMMAND_ROWS: what one step of a marketplace operation told, as rows of tagged
 * fields. Written by sync from what a plugin emitted; applied by the engine in one transaction.
 *
 * A payload is rows_begin, then any rows in any order. Everything about one operation that must be
 * true together is in one payload. */
#ifndef STOCKD_ENGINE_ROWS_H
#define STOCKD_ENGINE_ROWS_H

#include "base/buf.h"
#include "base/wire.h"
#include "engine/record.h"
#include "engine/record_order.h"

enum row_tag {
    ROW_END = 0,
    ROW_REMOTE = 1,
    ROW_LISTING = 2,
    ROW_STOCK = 3,
    ROW_COMPLETE = 4,
    ROW_OUTCOME = 5,
    ROW_NOTE = 6,
    ROW_TARGET_DATA = 7,
    ROW_LISTING_DATA = 8,
    ROW_STATE = 9,
    ROW_ACCOUNT = 10,
    ROW_QUOTA = 11,
    ROW_FLIGHT_ENDED = 12,
    ROW_LOOKED_DATA = 13,
    ROW_ORDER_LINE = 20,
    ROW_DRAINED = 21,
    ROW_MALFORMED = 70,
};

struct rows_head {
    uint32_t account;
    uint32_t data_version; /* of the plugin's data in these rows */
    int64_t begun_ms;      /* when the request that told this left; 0: no request */
    int64_t received_ms;
    int64_t drained_ms; /* when the account's newest drain that was read to its end began; 0: not
                           known */
    /* Writes sent before that lie in another time than `begun_ms` (before a start, before the clock
     * was set): no figure here counts as read after them. 0: there are none such. */
    int64_t other_time_ms;
    /* The reading they are of, when it is a run: one that goes through several operations has one
     * number. 0: none. */
    uint32_t reading;
    uint64_t run;     /* number of its run, when it has one already (result.run) */
    uint64_t refused; /* rows of it that were refused before */
};
void rows_begin(struct buf *out, const struct rows_head *head);
struct rows_head rows_head_read(struct wire_reader *reader);

void rows_remote(struct buf *out, const struct remote_view *remote);
struct remote_view rows_remote_read(struct wire_reader *reader);

/* `product`, `former`, `by_hand` and `seen_ms` are not written. `keep_data`: data stays as it is.
 */
void rows_listing(struct buf *out, const struct listing_view *listing, bool keep_data);
struct listing_view rows_listing_read(struct wire_reader *reader, bool *keep_data);

/* A figure as a marketplace told it. */
struct seen_stock {
    struct bytes remote, remote_name, listing, type;
    enum observed_kind kind;
    bool read_only;
    int64_t quantity, reserved, marketplace_ms;
};
void rows_stock(struct buf *out, const struct seen_stock *seen);
struct seen_stock rows_stock_read(struct wire_reader *reader);

enum rows_scope {
    SCOPE_WAREHOUSE = 1,
    SCOPE_ALL_STOCK = 2,
    SCOPE_ITEMS = 3,
    SCOPE_LISTINGS = 4,
    SCOPE_WAREHOUSES = 5,
};
void rows_complete(struct buf *out, enum rows_scope scope, struct bytes id);

enum outcome_kind {
    OUTCOME_OK = 1,
    OUTCOME_ACCEPTED = 2,
    OUTCOME_RETRY = 3,
    OUTCOME_THROTTLED = 4,
    OUTCOME_CHANGED = 5,
    OUTCOME_REJECTED = 6,
    OUTCOME_UNRESOLVED = 7,
    OUTCOME_SPLIT = 8,  /* surely not applied; try again in a batch of at most half the size
                           (`observed` holds it) */
    OUTCOME_UNSENT = 9, /* it never left: back to the outbox as if never taken */
    OUTCOME_AGAIN = 11, /* surely not applied, for the sake of others in the batch: at once */
    OUTCOME_LOOK = 10,  /* read back or asked for in vain: look again at until_ms */
};
const char *outcome_kind_name(enum outcome_kind kind);

struct outcome {
    struct target_id target;
    uint64_t revision; /* the one that was sent */
    int64_t value;     /* what was sent */
    enum outcome_kind kind;
    int64_t until_ms;
    int64_t observed; /* FIGURE_UNKNOWN when the answer does not show it */
    int64_t sent_ms; /* of the write that was looked for; 0: it is the answer to the write itself */
    struct bytes code, text;
};
void rows_outcome(struct buf *out, const struct outcome *outcome);
struct outcome rows_outcome_read(struct wire_reader *reader);

void rows_note(struct buf *out, const struct target_id *target, struct bytes note);
void rows_target_data(struct buf *out, const struct target_id *target, struct bytes data);
void rows_listing_data(struct buf *out, uint64_t listing, struct bytes data);
/* ... as a reading or a question leaves it that began when the target's last write was of
 * `sent_ms`: ignored where there was another one since, which knew better. */
void rows_looked_data(struct buf *out, const struct target_id *target, int64_t sent_ms,
                      struct bytes data);
void rows_state(struct buf *out, const char *name, struct bytes data);

/* Facts about the account. Fields with NULL data and times of 0 keep what is there. */
struct account_fact {
    struct bytes identity, epoch;
    struct bytes warnings, abilities; /* as in struct account_view */
    int64_t key_expires_ms;
    bool checked;
    uint64_t print; /* of the settings that all this was found under; 0: not said */
};
void rows_account(struct buf *out, const struct account_fact *fact);
struct account_fact rows_account_read(struct wire_reader *reader);

void rows_quota(struct buf *out, const char *bucket, struct bytes state);
/* A row that the plugin could not read: what it is, and where in the answer. */
void rows_malformed(struct buf *out, const char *what, const char *place);
/* The operation that sent these writes is over. */
void rows_flight_ended(struct buf *out, const uint8_t operation[OPERATION_ID_SIZE]);

/* A line of an order; of `order` the fields that a marketplace tells. */
void rows_order_line(struct buf *out, struct bytes line, const struct order_view *order);
/* One reading of the account's orders, begun at the head's begun_ms or before, came to its end. */
void rows_drained(struct buf *out, int64_t begun_ms);

struct target_id rows_target_read(struct wire_reader *reader);

#endif
