/* Times that have not come. Sync's time never goes back within a life: a clock set back lets it run
 * on ahead (sync/time.h). The next life begins with the clock, and what the one before noted lies
 * in the future then: a cadence counted from there would hold up a zero for as long as the clock
 * was set back, and every reading would be older than the last write. What is ahead counts as just
 * before this life began, then, what waits from there on waits as long as it would have, and what
 * was read is old. */
#include "engine/outcome.h"
#include "engine/target.h"

enum {
    /* What crosses on its way to the engine may be told by times that are so far apart. */
    CROSSED_MS = 1000,
    OLD_MS = 10 * 60 * 1000, /* no figure read so long ago counts as read lately */
};

/* Sooner by so much, but not before now. */
static int64_t sooner(int64_t when_ms, int64_t by_ms, int64_t now)
{
    if (when_ms <= now) return when_ms;
    return when_ms - by_ms > now ? when_ms - by_ms : now;
}

bool target_bring_back(struct applying *a, struct target *t)
{
    struct target_record *r = &t->record;
    int64_t *const times[] = {&r->wanted_ms, &r->sent_before_ms, &r->sent_ms, &r->acked_ms,
                              &r->closed_ms, &r->sold_ms,        &r->late_ms};
    enum { TIMES = sizeof times / sizeof *times };
    int64_t born = a->engine->born_ms, now = a->engine->lived_ms;
    int64_t latest = r->observed_ms, was[TIMES];
    if (!now) return false;
    for (int i = 0; i < TIMES; i++) {
        was[i] = *times[i];
        if (was[i] > latest) latest = was[i];
    }
    if (latest <= now + CROSSED_MS) return false;
    for (int i = 0; i < TIMES; i++) {
        int64_t later = 1; /* which of two was first still shows */
        for (int k = 0; k < TIMES; k++)
            later += was[k] > was[i];
        if (was[i] >= born) *times[i] = born - later;
    }
    if (r->observed_ms > now) r->observed_ms = now - OLD_MS;
    r->due_ms = sooner(r->due_ms, latest - now, now);
    r->land_ms = sooner(r->land_ms, latest - now, now);
    if (r->flags & TARGET_UNRESOLVED && r->look_ms > now)
        outcome_look_at(a, t, sooner(r->look_ms, latest - now, now));
    return true;
}

bool target_sent_before(const struct applying *a, const struct target *t, int64_t other_time_ms)
{
    int64_t born = a->engine->born_ms; /* sync began a little earlier */
    int64_t since = other_time_ms > born ? other_time_ms : born;
    return other_time_ms && t->record.sent_revision && t->record.sent_ms < since;
}
