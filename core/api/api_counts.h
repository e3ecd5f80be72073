/* Counts for people: what there is, and how it goes, per account and in all. For core/api's own
 * files only. [worker]
 *
 * Targets are walked through, at most COUNT_TARGETS_MAX of them: about a second. In a larger store
 * what only a walk can tell is not known. */
#ifndef STOCKD_API_COUNTS_H
#define STOCKD_API_COUNTS_H

#include "api/api_private.h"

enum { COUNT_TARGETS_MAX = 2 * 1000 * 1000 };

struct account_counts {
    uint32_t account;
    int64_t listings, targets, dirty, unresolved, rejected, held, drifts;
    int64_t oldest_ms;  /* when the oldest figure that is not there yet was wanted; 0: none */
    int64_t success_ms; /* the last acknowledgement; 0: none */
};

struct api_counts {
    struct account_counts *list;
    size_t count;
    bool known;
};
enum status api_counts_take(struct query *query, struct api_counts *counts);
void api_counts_free(struct api_counts *counts);

/* One account as a JSON object (docs/api.md, Accounts); `counts` may be NULL. `seen`: as sync sees
 * it, or NULL. */
json_t *api_account_json(const struct query_account *account, const struct api_account *seen,
                         const struct api_counts *counts, int64_t now_ms);

#endif
