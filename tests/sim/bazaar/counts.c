/* Names of what is counted. */
#include "counts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct counts counts;

/* Everything odd that a run can draw. A new oddity gets a line here, and its place counts itself.
 */
static const char *const names[] = {
    "an item of a push: later",
    "an item of a push: slower",
    "an item of a push: moved",
    "an item of a push: not known",
    "an item of a push: nothing said, to be read back",
    "an item of a push: nothing said, to be asked for",
    "an item of a push: nothing said, and none can be asked",
    "an item of a question: later",
    "an item of a question: slower",
    "an item of a question: moved",
    "an item of a question: not known",
    "an item of a question: nothing said",
    "an item of a reading: nothing said",
    "a push that fails amid its items",
    "a reading that fails amid its rows",
    "fails before it asks: retry",
    "fails before it asks: auth",
    "fails before it asks: denied",
    "fails before it asks: blocked",
    "fails before it asks: unsupported",
    "fails before it asks: bug",
    "fails after an answer: retry",
    "fails after an answer: auth",
    "fails after an answer: denied",
    "fails after an answer: blocked",
    "fails after an answer: unsupported",
    "fails after an answer: bug",
    "fails before it asks, whatever it is, for a while",
    "waits before it asks",
    "waits after an answer",
    "asks again",
    "a push asks how it went",
    "an answer in parts",
    "an answer in parts that breaks off",
    "ends before the last part",
    "fails before the last part",
    "DEFAULT",
    "a verdict that does not exist, before it asks",
    "a verdict that does not exist, after an answer",
    "SEND without a request",
    "WAIT without a time",
    "WAIT before the last part",
    "FAIL without a reason",
    "DEFAULT without an answer",
    "MORE without a part",
    "DONE without having asked",
};
enum { NAMES = sizeof names / sizeof *names };
_Static_assert((int)NAMES <= (int)COUNTS_NAMES_MAX, "room for each");

void counts_count(const char *name)
{
    for (int i = 0; i < NAMES; i++) {
        if (strcmp(names[i], name) != 0) continue;
        counts.of[i]++;
        return;
    }
    fprintf(stderr, "stockd-bazaar: nothing is called '%s' (counts.c)\n", name);
    abort();
}

void counts_failed(enum stockd_operation operation, enum stockd_fail why, bool asked,
                   int64_t now_ms)
{
    static const char *const reasons[COUNTS_FAILS] = {"",        "retry",       "auth", "denied",
                                                      "blocked", "unsupported", "bug"};
    char name[64];
    snprintf(name, sizeof name, "fails %s: %s", asked ? "after an answer" : "before it asks",
             reasons[why]);
    counts_count(name);
    counts.failed_ms[operation][why] = now_ms;
}

void counts_done(enum stockd_operation operation)
{
    int64_t *of = counts.failed_ms[operation];
    if (operation == STOCKD_PUSH_STOCK) return;
    of[STOCKD_FAIL_DENIED] = of[STOCKD_FAIL_BLOCKED] = of[STOCKD_FAIL_UNSUPPORTED] = 0;
}

void counts_new_life(void)
{
    memset(counts.failed_ms, 0, sizeof counts.failed_ms);
    counts.epoch = 0;
}

void counts_tell(FILE *out)
{
    for (int i = 0; i < NAMES; i++)
        fprintf(out, "  %-56s %10" PRIu64 "\n", names[i], counts.of[i]);
}

uint32_t counts_missing(FILE *out)
{
    uint32_t missing = 0;
    for (int i = 0; i < NAMES; i++) {
        if (counts.of[i]) continue;
        fprintf(out, "never happened: %s\n", names[i]);
        missing++;
    }
    return missing;
}
