/* Noticing steps of the wall clock by a glance at the monotonic one. */
#include "sync/time.h"

#include "net/quota.h"

enum {
    NOISE_MS = 2, /* two clocks read one after the other, each cut to milliseconds */
    CATCH_UP_PART = 20,
};

void sync_time_init(struct sync_time *time, const struct clock_source *source,
                    struct quota_book *book)
{
    *time = (struct sync_time){.source = source, .book = book};
}

static void catch_up(struct sync_time *time, int64_t mono)
{
    time->owed_ms = time->ahead_ms ? time->owed_ms + mono - time->mono_ms : 0;
    time->mono_ms = mono;
    int64_t lost = time->owed_ms / CATCH_UP_PART;
    time->owed_ms -= lost * CATCH_UP_PART;
    time->ahead_ms = lost < time->ahead_ms ? time->ahead_ms - lost : 0;
}

static void step(struct sync_time *time, int64_t by, int64_t wall)
{
    if (by < 0) {
        time->ahead_ms -= by;
        return;
    }
    int64_t eaten = by < time->ahead_ms ? by : time->ahead_ms;
    time->ahead_ms -= eaten;
    if (by == eaten) return;
    if (time->book) quota_stepped(time->book, by - eaten);
    time->stepped_by_ms = by - eaten;
    time->stepped_ms = wall + time->ahead_ms;
}

/* How far the wall has stepped against the monotonic clock, which was read before and after it: a
 * thread that was kept waiting between the two readings has seen no step. */
static int64_t stepped_by(struct sync_time *time, int64_t before, int64_t wall, int64_t after)
{
    int64_t least = wall - after, most = wall - before; /* the offset is between them */
    int64_t by = 0;
    if (time->offset_ms < least - NOISE_MS) by = least - time->offset_ms;
    if (time->offset_ms > most + NOISE_MS) by = most - time->offset_ms;
    time->offset_ms += by;
    return by;
}

int64_t sync_time_now(struct sync_time *time)
{
    int64_t mono = clock_mono_us(time->source) / 1000, wall = clock_wall_ms(time->source);
    /* Asked again within the same moment of both clocks: as before. */
    if (time->started && mono == time->mono_ms && wall == time->wall_ms)
        return wall + time->ahead_ms;
    if (time->started) {
        int64_t by = stepped_by(time, mono, wall, clock_mono_us(time->source) / 1000);
        if (by) step(time, by, wall);
        catch_up(time, mono);
    } else {
        time->offset_ms = wall - mono;
        time->started_ms = wall;
    }
    time->mono_ms = mono;
    time->wall_ms = wall;
    time->started = true;
    return wall + time->ahead_ms;
}
