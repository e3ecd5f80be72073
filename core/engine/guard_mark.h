/* The marks on a target by which the guard counts it once in a window, however often it is changed:
 * one for all sources together, and one for each of the last TARGET_SOURCES that changed it. Who
 * changes it again after so many others is counted for it again: too much, never too little.
 *
 * For the engine's own files only. */
#ifndef STOCKD_ENGINE_GUARD_MARK_H
#define STOCKD_ENGINE_GUARD_MARK_H

#include "engine/guard.h"

struct guard_mark {
    uint32_t source;                    /* 0: none */
    uint32_t changed_hour, zeroed_hour; /* 0: never */
};

static inline uint32_t guard_hour(int64_t now_ms)
{
    return now_ms > 0 ? (uint32_t)(now_ms / (60 * 60 * 1000)) : 0;
}

/* A mark of an hour that is still in the window, and has come: one that has not is of a clock that
 * was far ahead. */
static inline bool guard_counted(uint32_t mark, uint32_t hour)
{
    return mark && mark <= hour && mark + GUARD_WINDOW_HOURS >= hour;
}

void guard_marks_read(const struct target_marks *of, struct guard_mark marks[TARGET_SOURCES]);
struct guard_mark guard_mark_of(const struct target_marks *of, uint32_t source);

/* The source brings its figure from `before` to `after` in that hour. */
void guard_mark(struct target_marks *of, uint32_t source, int64_t before, int64_t after,
                uint32_t hour);

#endif
