/* Odd answers: each is one that a marketplace may give, and none is a promise that it breaks. */
#include "odd.h"

#include "counts.h"

#include <inttypes.h>
#include <string.h>

enum { SOON_MS = 20000, FIGURE_MOST = 100 };

static bool odd(struct bazaar *b)
{
    return random_below(&b->odd, 100) < b->odd_share;
}

static bool say(struct buf *out, const char *name, uint32_t item, enum stockd_outcome_kind kind,
                int64_t until_ms, int64_t observed, const char *code)
{
    char line[120];
    int size = snprintf(line, sizeof line, "o %u %d %" PRId64 " %" PRId64 " %s\n", item, kind,
                        until_ms, observed, code);
    buf_add(out, line, (size_t)size);
    counts_count(name);
    return true;
}

/* Somebody else was faster. */
static int64_t moved(struct bazaar *b, uint32_t place, uint32_t listing)
{
    int64_t *figure = &b->figures[place][listing];
    if (*figure < FIGURE_MOST) {
        ++*figure;
        b->others[place][listing] = true;
    }
    return *figure;
}

bool odd_silence(struct bazaar *b, const char *of)
{
    if (!odd(b)) return false;
    counts_count(of);
    return true;
}

/* Nothing is said of it, and it was done or not, where that is no promise that it was. */
static bool silent_write(struct bazaar *b, const char *how, uint32_t listing, uint32_t place,
                         int64_t wanted, bool done)
{
    bool lone = strcmp(how, "one") == 0;
    if (done || !lone) /* of others a success says that they were taken */
        bazaar_write(b, place, listing, wanted);
    counts_count(lone ? "an item of a push: nothing said, and none can be asked"
                      : "an item of a push: nothing said, to be read back");
    return true;
}

bool odd_write(struct bazaar *b, const char *how, uint32_t listing, uint32_t place, int64_t wanted,
               uint32_t item, int64_t now_ms, struct buf *out)
{
    if (!odd(b)) return false;
    bool done = random_below(&b->odd, 2);
    switch (random_below(&b->odd, 5)) {
    case 0: return say(out, "an item of a push: later", item, STOCKD_RETRY, 0, -1, "LATER");
    case 1:
        return say(out, "an item of a push: slower", item, STOCKD_THROTTLED, now_ms + SOON_MS, -1,
                   "SLOWER");
    case 2:
        return say(out, "an item of a push: moved", item, STOCKD_CHANGED, 0,
                   moved(b, place, listing), "MOVED");
    case 3:
        if (done) bazaar_write(b, place, listing, wanted);
        return say(out, "an item of a push: not known", item, STOCKD_UNRESOLVED, now_ms + SOON_MS,
                   -1, "UNSURE");
    default: return silent_write(b, how, listing, place, wanted, done);
    }
}

bool odd_question(struct bazaar *b, struct bazaar_command *command, uint32_t item, int64_t now_ms,
                  struct buf *out)
{
    if (!odd(b)) return false;
    uint64_t which = random_below(&b->odd, 5);
    command->given_up = which < 3;
    command->done |= command->given_up;
    switch (which) {
    case 0: return say(out, "an item of a question: later", item, STOCKD_RETRY, 0, -1, "LATER");
    case 1:
        return say(out, "an item of a question: slower", item, STOCKD_THROTTLED, now_ms + SOON_MS,
                   -1, "SLOWER");
    case 2:
        return say(out, "an item of a question: moved", item, STOCKD_CHANGED, 0,
                   moved(b, command->place, command->listing), "MOVED");
    case 3:
        return say(out, "an item of a question: not known", item, STOCKD_UNRESOLVED,
                   now_ms + SOON_MS, -1, "UNSURE");
    default: counts_count("an item of a question: nothing said"); return true;
    }
}

bool odd_end(struct bazaar *b, struct buf *out)
{
    /* What closes much for long is rarer. */
    static const enum stockd_fail reasons[] = {
        STOCKD_FAIL_RETRY,  STOCKD_FAIL_RETRY,   STOCKD_FAIL_RETRY,   STOCKD_FAIL_RETRY,
        STOCKD_FAIL_RETRY,  STOCKD_FAIL_BLOCKED, STOCKD_FAIL_BLOCKED, STOCKD_FAIL_AUTH,
        STOCKD_FAIL_DENIED, STOCKD_FAIL_BUG};
    char line[16];
    if (random_below(&b->odd, 1000) >= b->end_share) return false;
    int size = snprintf(line, sizeof line, "f %d\n",
                        reasons[random_below(&b->odd, sizeof reasons / sizeof *reasons)]);
    buf_add(out, line, (size_t)size);
    return true;
}
