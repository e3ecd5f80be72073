/* When something is due: "every 30m", "daily 03:00 Europe/Moscow", "weekly sun 04:00",
 * "cron 15 3 * * mon-fri Europe/Berlin", or "off".
 *
 * What is due is found from when it was last done, never from a list of appointments: so a machine
 * that slept, or a daemon that was down, finds what it missed once, not once for each time.
 *
 * CLOCK CHANGES. A time of day that does not exist on some day (clocks go forward) is taken as long
 * after midnight as it says; one that exists twice is taken once, the first time.
 *
 * Pure but for reading the zone's file when a schedule is made; any thread. */
#ifndef STOCKD_SCHEDULE_SCHEDULE_H
#define STOCKD_SCHEDULE_SCHEDULE_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SCHEDULE_TEXT_MAX = 200,
    SCHEDULE_EVERY_MIN_MS = 1000, /* shorter is no schedule but a load */
    SCHEDULE_YEARS_MAX =
        8, /* so far ahead a date is looked for: 29 February, at a century's turn */
};

struct schedule; /* immutable; counted by who holds it, on any thread */

/* Reads the text. A time zone is a name of the tz database (default UTC); its file is taken from
 * $TZDIR, else /usr/share/zoneinfo. Words may be in any case; "at" and "on" may stand where people
 * put them. ST_INVALID, ST_NOT_FOUND (no such zone), ST_DAMAGED (its file) with a sentence. The
 * caller frees it. */
enum status schedule_new(const char *text, struct schedule **schedule, struct error *error);
struct schedule *schedule_ref(struct schedule *schedule);
void schedule_free(struct schedule *schedule); /* gives one back; NULL is fine */

/* The text in its usual form; lives as long as the schedule. */
const char *schedule_text(const struct schedule *schedule);

/* When it is due, having been done last at `last_ms` (0: never): an interval after that, or the
 * first appointed time after it. What was never done is due at once by an interval, and at the next
 * appointed time after `now_ms` otherwise. INT64_MAX: it is off. Milliseconds since 1970, UTC. */
int64_t schedule_due(const struct schedule *schedule, int64_t last_ms, int64_t now_ms);

/* The interval in milliseconds, which a caller may vary so that many do not march in step; 0: it
 * has appointed times, which are kept. */
int64_t schedule_interval_ms(const struct schedule *schedule);
bool schedule_is_off(const struct schedule *schedule);

#endif
