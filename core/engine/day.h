/* What happened at each account, counted in the transactions that made it happen: so a report is
 * true over restarts, and of any time that is kept. For people only; nothing the engine decides
 * depends on it.
 *
 * KEPT AS rows of TABLE_REPORT_DAY: one for an account and a day (UTC), with its quarters of an
 * hour in which something happened; so a day may begin at midnight of any time zone. Sums, but for
 * the slowest. Rows of the first version have half-hours: each counts as its first quarter. Rows go
 * with the log (compact.c).
 *
 * Differences are gathered in memory and written once a group, as target_count.h does.
 *
 * THREADS. The engine's inside its group, but for the reading ones. */
#ifndef STOCKD_ENGINE_DAY_H
#define STOCKD_ENGINE_DAY_H

#include "base/buf.h"
#include "base/error.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* Stored: numbers are never used again. At most 64. */
enum day_figure {
    DAY_CONFIRMED = 0,    /* figures that a marketplace took */
    DAY_REJECTED = 1,     /* ... refused */
    DAY_FAILED = 2,       /* attempts that came to nothing and were repeated */
    DAY_DRIFT_FOUND = 3,  /* figures read to be another than should be there */
    DAY_DRIFT_MENDED = 4, /* ... sent again for that */
    DAY_OVERSOLD = 5,     /* pieces that orders took beyond what was available */
    DAY_ARRIVED = 6,      /* changes that came to be shown */
    DAY_ARRIVED_MS = 7,   /* ... how long all of them together took */
    DAY_SLOWEST_MS = 8,   /* ... and the one that took longest: not a sum */
    DAY_SLOWEST_PRODUCT = 9,
    DAY_KNOWN_MS = 10,  /* the daemon ran with it in its configuration */
    DAY_SERVED_MS = 11, /* ... and in service: neither parked, paused nor starting */
    DAY_FIGURES,
};

#define DAY_SLOT_MS (INT64_C(15) * 60 * 1000)
enum { DAY_SLOTS = 96 };

struct day_sums {
    int64_t of[DAY_FIGURES];
};
/* Adds up; of the slowest the slower one is kept. */
void day_sums_add(struct day_sums *to, const struct day_sums *more);
bool day_sums_empty(const struct day_sums *sums);

struct day {
    struct day_sums slots[DAY_SLOTS];
};
void day_write(struct buf *out, const struct day *day);
enum status day_read(struct bytes from, struct day *day);

/* The quarter of a time; times before 1970 are of the first one. */
uint32_t day_slot_of(int64_t ms);

/* What happened at the account in the quarters that begin within [from, until). ST_DAMAGED: a row
 * cannot be read. [any thread with a transaction] */
enum status day_sum(struct store_txn *txn, uint32_t account, int64_t from_ms, int64_t until_ms,
                    struct day_sums *sums);

/* From when on things were counted, and up to when they are forgotten; 0: never yet. [as above] */
struct day_span {
    int64_t since_ms, forgotten_ms;
    bool whole; /* nothing happened in this store before, whatever its clock said */
};
struct day_span day_span_get(struct store_txn *txn);

/* ---- the engine's */

struct day_counting;
struct day_counting *day_counting_new(void);
void day_counting_free(struct day_counting *counting);

/* A group begins, the first one or one after a group that was dropped. */
void day_begin(struct day_counting *counting, struct store_txn *txn);

void day_count(struct day_counting *counting, uint32_t account, int64_t now_ms,
               enum day_figure figure, int64_t more);
/* A change of the product came to be shown so long after it was made. */
void day_arrived(struct day_counting *counting, uint32_t account, int64_t now_ms, uint64_t product,
                 int64_t took_ms);
enum status day_flush(struct day_counting *counting, struct store_txn *txn);
void day_drop(struct day_counting *counting);

/* Forgets days that ended before that time, at most `*left` rows, which is made less by them;
 * false: there is none. */
bool day_forget(struct store_txn *txn, int64_t before_ms, uint32_t *left);

/* ---- what only the daemon knows, in an engine task: the account was known, and served, during the
 * `ms` before `now_ms`. */
struct engine;
void engine_day_served(struct engine *engine, uint32_t account, int64_t now_ms, int64_t ms,
                       bool served);

#endif
