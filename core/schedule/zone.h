/* Time zones of the tz database: a file in the format of RFC 9636 (TZif), with the rule in its
 * footer (POSIX TZ) for the years behind its table. Immutable; any thread. */
#ifndef STOCKD_SCHEDULE_ZONE_H
#define STOCKD_SCHEDULE_ZONE_H

#include "base/bytes.h"
#include "base/error.h"

struct zone;

/* By name ("Europe/Moscow"; "UTC" needs no file). */
enum status zone_open(const char *name, struct zone **zone, struct error *error);
/* From the bytes of such a file; `name` for messages. */
enum status zone_parse(const char *name, struct bytes file, struct zone **zone,
                       struct error *error);
void zone_free(struct zone *zone);

/* Seconds east of UTC at that moment. */
int64_t zone_offset(const struct zone *zone, int64_t utc_s);
/* The moment at which clocks there show that (as if it were UTC): the first, when there are two;
 * when there is none, as long after the change of clocks as they would show without it. */
int64_t zone_to_utc(const struct zone *zone, int64_t local_s);

#endif
