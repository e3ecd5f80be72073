/* What was sent to marketplaces and what became of it: one row of TABLE_SEND for each command that
 * told outcomes, written in its transaction. Bounded: the oldest rows go when there are
 * SEND_ROWS_MAX, or SEND_ITEMS_MAX in them. */
#ifndef STOCKD_ENGINE_SEND_H
#define STOCKD_ENGINE_SEND_H

#include "base/wire.h"
#include "engine/rows.h"
#include "engine/target.h"

enum {
    SEND_ROWS_MAX = 50000,
    SEND_ITEMS_MAX = 5000000, /* some 100 bytes each */
    SEND_TEXT_MAX = 200,      /* bytes of the marketplace's words that are kept */
};

/* A result besides those of enum outcome_kind: the figure was there already, nothing was sent. */
enum { SEND_EQUAL = 100 };

struct send_head {
    uint32_t account, count;
    int64_t time_ms;    /* when the outcome was known */
    struct bytes batch; /* id of the operation, or empty */
};
struct send_item {
    struct target_id target;
    uint8_t result;        /* enum outcome_kind, or SEND_EQUAL */
    int64_t value;         /* what was sent */
    int64_t before, after; /* what was shown there as far as known, FIGURE_UNKNOWN if not */
    int64_t sent_ms;       /* EQUAL: when that was found */
    struct bytes code, text;
};

/* `before`: what was believed to be shown; what is believed now is taken from the target. */
void send_note(struct applying *a, const struct target *target, enum outcome_kind result,
               int64_t before, struct bytes code, struct bytes text);
/* It was to be sent, or somebody asked for it, and what is wanted is known to be there. */
void send_note_equal(struct applying *a, const struct target *target);
/* One row less, with so many items. */
void send_forgotten(struct applying *a, uint32_t items);
/* At the end of the command. `batch` may have size 0. */
void send_flush(struct applying *a, uint32_t account, struct bytes batch);

/* As which figure of a day a result is counted (enum day_figure); -1: as none. */
int send_figure(unsigned result);

/* Reading a row: the head, then `count` items. [any thread] */
struct send_head send_head_read(struct wire_reader *reader);
struct send_item send_item_read(struct wire_reader *reader);

#endif
