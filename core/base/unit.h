/* Durations and sizes as people write them: a whole number and one unit. Pure. */
#ifndef STOCKD_BASE_UNIT_H
#define STOCKD_BASE_UNIT_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

/* "500ms", "30s", "10m", "6h", "2d" -> milliseconds. False: it is none, or does not fit. */
bool unit_duration_read(const char *text, int64_t *ms);
/* "512MiB", "64GiB", "100B" -> bytes. */
bool unit_size_read(const char *text, int64_t *bytes);
/* In the largest unit that leaves nothing over. */
void unit_duration_text(int64_t ms, struct buf *out);
void unit_size_text(int64_t bytes, struct buf *out);
/* The digits at `*text`, which moves past them. False: there are none, or too many. */
bool unit_digits(const char **text, int64_t *number);

#endif
