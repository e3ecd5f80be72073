/* How things are, in one word, and why: from what GET /v1/status says of the accounts. Pure. */
#ifndef STOCKD_API_HEALTH_H
#define STOCKD_API_HEALTH_H

#include <jansson.h>
#include <stdint.h>

/* A figure that is not at the marketplace after that is late: every marketplace's quota lets 10,000
 * of them pass in that time. */
enum { HEALTH_LATE_MS = 15 * 60 * 1000 };
/* The longest group of commands that the engine thread is meant to apply, a rebuild's last chunk
 * over millions of targets, takes seconds. After this it counts as stuck. */
enum { HEALTH_ENGINE_MS = 10 * 1000 };
/* A store as full as this takes no more writes soon: commits need free pages of their own. */
enum { HEALTH_STORE_FULL_PERCENT = 98 };
/* So does one with less room than this, or whose disk has: one write of LMDB's has at most 64 pages
 * of 4 KiB. */
enum { HEALTH_STORE_ROOM_BYTES = 64 * 4096 };

/* Adds "health" and "reasons" to a status with "accounts" and "counts". */
void api_health_add(json_t *status, int64_t now_ms);
/* Then: one more reason, which is a warning, or a failure. */
void api_health_warn(json_t *status, const char *reason);
void api_health_fail(json_t *status, const char *reason);

#endif
