/* Times kept in the account's durable state, and the end of a drain, which moves one. [worker] */
#ifndef KIT_STATE_H
#define KIT_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stockd/plugin.h>

/* The time kept under that name; 0: there is none. */
int64_t kit_state_time(const struct stockd_call *call, const char *name);
/* The same of something that is over: a time to come, left by a clock that was set, counts as now.
 */
int64_t kit_state_past(const struct stockd_call *call, const char *name);
void kit_state_time_put(const struct stockd_call *call, const char *name, int64_t ms);

/* Ends a reading of orders begun at `started_ms`: the cursor `name` moves there, unless the orders
 * were not read to their end (`lost`), or the reading began after what is known (`gap`). The
 * verdict to return. */
enum stockd_verdict kit_drain_end(const struct stockd_call *call, const char *name,
                                  int64_t started_ms, bool lost, bool gap);

#endif
