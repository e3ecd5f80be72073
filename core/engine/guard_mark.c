/* What a target's row says of who changed it when, for the guard to count it once. Of each of the
 * last TARGET_SOURCES who did, `hours` has ten bits: how many hours before `changed_hour` that was,
 * and, plus 1, the same of when it was set to 0. */
#include "engine/guard_mark.h"

enum { BITS = 5, MASK = (1 << BITS) - 1 };

_Static_assert(TARGET_SOURCES * 2 * BITS <= 32, "they fit");
_Static_assert(GUARD_WINDOW_HOURS + 1 <= MASK, "and each one");

void guard_marks_read(const struct target_marks *of, struct guard_mark marks[TARGET_SOURCES])
{
    for (int i = 0; i < TARGET_SOURCES; i++) {
        uint32_t bits = of->hours >> (i * 2 * BITS), zeroed = bits >> BITS & MASK;
        marks[i] = (struct guard_mark){of->by[i], 0, 0};
        if (!of->by[i]) continue;
        marks[i].changed_hour = of->changed_hour - (bits & MASK);
        if (zeroed) marks[i].zeroed_hour = of->changed_hour - (zeroed - 1);
    }
}

/* Those of hours that are out of the window are forgotten. */
static void marks_write(struct target_marks *to, const struct guard_mark marks[TARGET_SOURCES])
{
    int count = 0;
    to->hours = 0;
    memset(to->by, 0, sizeof to->by);
    for (int i = 0; i < TARGET_SOURCES; i++) {
        const struct guard_mark *m = &marks[i];
        if (!m->source || !guard_counted(m->changed_hour, to->changed_hour)) continue;
        uint32_t bits = to->changed_hour - m->changed_hour;
        if (guard_counted(m->zeroed_hour, to->changed_hour))
            bits |= (to->changed_hour - m->zeroed_hour + 1) << BITS;
        to->by[count] = m->source;
        to->hours |= bits << (count++ * 2 * BITS);
    }
}

/* What a sweep does counts in an hour that may be over; a mark that is newer by more than a window
 * is of a clock that was ahead. */
static uint32_t later(uint32_t mark, uint32_t hour)
{
    return mark > hour && mark - hour <= GUARD_WINDOW_HOURS ? mark : hour;
}

void guard_mark(struct target_marks *of, uint32_t source, int64_t before, int64_t after,
                uint32_t hour)
{
    struct guard_mark marks[TARGET_SOURCES], mine = {source, hour, 0};
    guard_marks_read(of, marks);
    int at = 0;
    while (at < TARGET_SOURCES - 1 && marks[at].source != source)
        at++;
    if (marks[at].source == source) mine = marks[at]; /* otherwise the oldest one goes */
    for (; at > 0; at--)
        marks[at] = marks[at - 1];
    of->changed_hour = later(of->changed_hour, hour);
    mine.changed_hour = later(mine.changed_hour, hour);
    marks[0] = mine;
    if (after == 0) {
        of->zeroed_hour = later(of->zeroed_hour, hour);
        marks[0].zeroed_hour = later(mine.zeroed_hour, hour);
    } else if (before == 0) {
        of->zeroed_hour = 0;
        for (int i = 0; i < TARGET_SOURCES; i++)
            marks[i].zeroed_hour = 0;
    }
    marks_write(of, marks);
}

struct guard_mark guard_mark_of(const struct target_marks *of, uint32_t source)
{
    struct guard_mark marks[TARGET_SOURCES];
    guard_marks_read(of, marks);
    for (int i = 0; i < TARGET_SOURCES; i++)
        if (marks[i].source == source) return marks[i];
    return (struct guard_mark){source, 0, 0};
}
