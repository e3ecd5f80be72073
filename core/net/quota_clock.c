/* Notices steps of the wall clock for the quotas. */
#include "net/quota_clock.h"

#include "net/quota.h"

/* Two clocks read one after the other, each cut to milliseconds, differ by this without a step. */
enum { CLOCK_NOISE_MS = 2 };

static int64_t offset_now(const struct clock_source *source, int64_t *wall)
{
    int64_t mono = clock_mono_us(source) / 1000;
    *wall = clock_wall_ms(source);
    return *wall - mono;
}

void quota_clock_init(struct quota_clock *clock, const struct clock_source *source,
                      struct quota_book *book)
{
    *clock = (struct quota_clock){.source = source, .book = book};
}

int64_t quota_clock_now(struct quota_clock *clock)
{
    int64_t wall;
    int64_t offset = offset_now(clock->source, &wall);
    int64_t step = offset - clock->offset_ms;
    if (clock->started && step <= CLOCK_NOISE_MS && step >= -CLOCK_NOISE_MS) return wall;
    if (clock->started) quota_stepped(clock->book, step);
    clock->offset_ms = offset;
    clock->started = true;
    return wall;
}
