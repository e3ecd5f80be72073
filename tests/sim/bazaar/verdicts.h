/* What a scripted plugin's steps return besides what their answers tell them to: waits, failures of
 * each kind, and verdicts that break a rule of the ABI. Drawn from the operation's own id, which is
 * random, so that a seed replays; the option "odd" says of how many in a hundred. */
#ifndef SIM_VERDICTS_H
#define SIM_VERDICTS_H

#include <stockd/plugin.h>

#include <stdbool.h>
#include <stddef.h>

enum { VERDICTS_LINE_MAX = 256 };

/* An operation's scratch memory. */
struct verdicts {
    bool answered, again; /* an answer, or a part, was read; another request was made after it */
    size_t left;          /* of a line whose end is in the next part */
    char line[VERDICTS_LINE_MAX];
};

/* Whether the answer is to be taken in parts. */
bool verdicts_parts(const struct stockd_call *call);
/* True: `verdict` is what the step returns, instead of asking (BEFORE), of taking the next part
 * (AMID) or of ending (AFTER). */
bool verdicts_before(const struct stockd_call *call, enum stockd_verdict *verdict);
bool verdicts_amid(const struct stockd_call *call, enum stockd_verdict *verdict);
bool verdicts_after(const struct stockd_call *call, enum stockd_verdict *verdict);
enum stockd_verdict verdicts_fail(const struct stockd_call *call, enum stockd_fail why);
/* Whether an operation that was answered asks once more. */
bool verdicts_again(const struct stockd_call *call);

#endif
