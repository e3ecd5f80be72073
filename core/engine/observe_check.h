/* What a row of a reading must be before it is used. For the engine's own files only.
 *
 * A row that fails is refused: it changes nothing, is counted (result.refused) and, when the
 * reading belongs to a run, kept with it (run_bad.h). */
#ifndef STOCKD_ENGINE_OBSERVE_CHECK_H
#define STOCKD_ENGINE_OBSERVE_CHECK_H

#include "engine/rows.h"
#include "engine/run_bad.h"
#include "engine/state.h"

/* More pieces of one thing than any marketplace takes or any seller has. The largest quantity of a
 * route is no limit here: what can be shown is more than what can be written, for pieces of a
 * cancelled order come back on top of it; refused, such a figure would never be repaired. */
#define OBSERVED_MOST INT64_C(1000000000)

void observe_refuse(struct applying *a, const struct rows_head *head, const struct run_bad *bad);

/* False: it was refused. `listing` is its number, 0 when there is none of that id. */
bool observe_check_stock(struct applying *a, const struct rows_head *head,
                         const struct seen_stock *seen, uint64_t listing);
/* The second half, for one whose places are known: whether the same reading said another figure of
 * it before. */
bool observe_check_twice(struct applying *a, const struct rows_head *head,
                         const struct seen_stock *seen, struct bytes observed_key);

#endif
