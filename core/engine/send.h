/* What was sent to marketplaces and what became of it: one row of TABLE_SEND for each command that
 * told outcomes, written in its transaction. Bounded: the oldest row goes when there are
 * SEND_ROWS_MAX. */
#ifndef STOCKD_ENGINE_SEND_H
#define STOCKD_ENGINE_SEND_H

#include "base/wire.h"
#include "engine/rows.h"
#include "engine/target.h"

enum {
    SEND_ROWS_MAX = 50000, /* of up to a batch each */
    SEND_TEXT_MAX = 200,   /* bytes of the marketplace's words that are kept */
};

struct send_head {
    uint32_t account, count;
    int64_t time_ms;    /* when the outcome was known */
    struct bytes batch; /* id of the operation, or empty */
};
struct send_item {
    struct target_id target;
    uint8_t result;        /* enum outcome_kind */
    int64_t value;         /* what was sent */
    int64_t before, after; /* what was shown there as far as known, FIGURE_UNKNOWN if not */
    int64_t sent_ms;
    struct bytes code, text;
};

/* `before`: what was believed to be shown; what is believed now is taken from the target. */
void send_note(struct applying *a, const struct target *target, enum outcome_kind result,
               int64_t before, struct bytes code, struct bytes text);
/* At the end of the command. `batch` may have size 0. */
void send_flush(struct applying *a, uint32_t account, struct bytes batch);

/* Reading a row: the head, then `count` items. [any thread] */
struct send_head send_head_read(struct wire_reader *reader);
struct send_item send_item_read(struct wire_reader *reader);

#endif
