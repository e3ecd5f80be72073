/* Time as an interface: the daemon gives the system's, the simulator its own. Any thread. */
#ifndef STOCKD_BASE_CLOCK_H
#define STOCKD_BASE_CLOCK_H

#include <stdint.h>

struct clock_source {
    int64_t (*wall_ms)(void *ctx); /* since 1970-01-01 UTC; may step back and forth */
    int64_t (*mono_us)(void *ctx); /* since an unknown start; never steps back */
    void *ctx;
};

static inline int64_t clock_wall_ms(const struct clock_source *clock)
{
    return clock->wall_ms(clock->ctx);
}

static inline int64_t clock_mono_us(const struct clock_source *clock)
{
    return clock->mono_us(clock->ctx);
}

/* The machine's clocks. Static. */
const struct clock_source *clock_system(void);

enum { CLOCK_TEXT_MAX = 32 };
/* "2026-03-04T05:06:07.089Z" into `out`; returns `out`. 0 and below give "never". */
const char *clock_text(int64_t wall_ms, char out[CLOCK_TEXT_MAX]);

/* Reads RFC 3339 text ("2026-03-04T05:06:07[.fraction](Z|+hh:mm)"); -1 when it is not. */
int64_t clock_parse(const char *text);

#endif
