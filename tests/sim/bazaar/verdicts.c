/* Steps that return something else. What they return otherwise is in scripted.c. */
#include "verdicts.h"

#include "counts.h"

#include <stdlib.h>

/* Each draw has bytes of the id of its own: those of one decision tell nothing of another. */
enum draw { DRAW_BEFORE = 0, DRAW_AFTER = 4, DRAW_AMID = 8, DRAW_PARTS = 12, DRAW_AGAIN = 13 };

static bool odd(const struct stockd_call *call, enum draw draw, int times)
{
    const char *share = call->host->option(call->ctx, "odd");
    return !counts.quiet && call->id[draw] * 100 < 256 * times * (share ? atoi(share) : 0);
}

bool verdicts_parts(const struct stockd_call *call)
{
    return odd(call, DRAW_PARTS, 5);
}

bool verdicts_again(const struct stockd_call *call)
{
    if (!odd(call, DRAW_AGAIN, 2)) return false;
    counts_count(call->operation == STOCKD_PUSH_STOCK ? "a push asks how it went" : "asks again");
    return true;
}

enum stockd_verdict verdicts_fail(const struct stockd_call *call, enum stockd_fail why)
{
    counts_failed((enum stockd_operation)call->operation, why, call->event == STOCKD_RESPONSE,
                  call->now_ms);
    call->host->fail(call->ctx, why, "SCRIPTED", "the script says so");
    return STOCKD_FAIL;
}

/* What closes much for long is rarer: nothing else happens meanwhile. */
static enum stockd_fail why_of(uint8_t byte)
{
    return byte < 110   ? STOCKD_FAIL_RETRY
           : byte < 165 ? STOCKD_FAIL_BUG
           : byte < 200 ? STOCKD_FAIL_BLOCKED
           : byte < 225 ? STOCKD_FAIL_AUTH
           : byte < 246 ? STOCKD_FAIL_DENIED
                        : STOCKD_FAIL_UNSUPPORTED;
}

static enum stockd_verdict wait(const struct stockd_call *call, uint8_t byte)
{
    counts_count(call->event == STOCKD_START ? "waits before it asks" : "waits after an answer");
    call->host->wait(call->ctx, 20 * (int64_t)byte);
    return STOCKD_WAIT;
}

static enum stockd_verdict wrong(enum stockd_verdict verdict, const char *name)
{
    counts_count(name);
    counts.wrong |= verdict != STOCKD_DONE;
    return verdict;
}

enum { NO_VERDICT = 77 };

bool verdicts_before(const struct stockd_call *call, enum stockd_verdict *verdict)
{
    const uint8_t *id = call->id + DRAW_BEFORE;
    if (!counts.quiet && call->now_ms < counts.spell_until_ms) {
        counts_count("fails before it asks, whatever it is, for a while");
        *verdict = verdicts_fail(call, STOCKD_FAIL_RETRY);
        return true;
    }
    if (!odd(call, DRAW_BEFORE, 1)) return false;
    switch (id[1] % 16) {
    case 0: *verdict = wrong(STOCKD_SEND, "SEND without a request"); return true;
    case 1: *verdict = wrong(STOCKD_WAIT, "WAIT without a time"); return true;
    case 2: *verdict = wrong(STOCKD_FAIL, "FAIL without a reason"); return true;
    case 3: *verdict = wrong(STOCKD_DEFAULT, "DEFAULT without an answer"); return true;
    case 4: *verdict = wrong(STOCKD_DONE, "DONE without having asked"); return true;
    case 5:
        *verdict =
            wrong((enum stockd_verdict)NO_VERDICT, "a verdict that does not exist, before it asks");
        return true;
    case 6:
    case 7:
    case 8:
    case 9: *verdict = wait(call, id[2]); return true;
    default: *verdict = verdicts_fail(call, why_of(id[2])); return true;
    }
}

bool verdicts_amid(const struct stockd_call *call, enum stockd_verdict *verdict)
{
    const uint8_t *id = call->id + DRAW_AMID;
    if (!odd(call, DRAW_AMID, 5)) return false;
    switch (id[1] % 4) {
    case 0: *verdict = wrong(STOCKD_DONE, "ends before the last part"); return true;
    case 1:
        call->host->wait(call->ctx, 1000);
        *verdict = wrong(STOCKD_WAIT, "WAIT before the last part");
        return true;
    default:
        counts_count("fails before the last part");
        *verdict = verdicts_fail(call, why_of(id[2]));
        return true;
    }
}

bool verdicts_after(const struct stockd_call *call, enum stockd_verdict *verdict)
{
    const uint8_t *id = call->id + DRAW_AFTER;
    if (!odd(call, DRAW_AFTER, 1)) return false;
    switch (id[1] % 8) {
    case 0: *verdict = wrong(STOCKD_MORE, "MORE without a part"); return true;
    case 1:
        *verdict = wrong((enum stockd_verdict)0, "a verdict that does not exist, after an answer");
        return true;
    case 2:
    case 3: *verdict = wait(call, id[2]); return true;
    default: *verdict = verdicts_fail(call, why_of(id[2])); return true;
    }
}
