/* Counts for people: what there is, and how it goes, per account and in all. For core/api's own
 * files only. [worker]
 *
 * What its targets are the engine keeps count of (engine/target_count.h). Listings are walked
 * through, at most COUNT_LISTINGS_MAX of them: some tenths of a second. In a larger store it is not
 * known how many of them each account has. */
#ifndef STOCKD_API_COUNTS_H
#define STOCKD_API_COUNTS_H

#include "api/api_private.h"
#include "engine/target_count.h"

enum { COUNT_LISTINGS_MAX = 2 * 1000 * 1000 };

struct account_counts {
    uint32_t account;
    bool known; /* all but the listings */
    int64_t listings, targets, dirty, unresolved, rejected, held, drifts;
    int64_t oldest_ms;  /* when the oldest figure that is not there yet was wanted; 0: none */
    int64_t success_ms; /* the last acknowledgement; 0: none */
};

struct api_counts {
    struct account_counts *list;
    size_t count;
    bool listings; /* they were counted */
};
enum status api_counts_take(struct query *query, struct api_counts *counts);
void api_counts_free(struct api_counts *counts);

/* One account as a JSON object (docs/api.md, Accounts); `counts` may be NULL. `seen`: as sync sees
 * it, or NULL. */
json_t *api_account_json(const struct query_account *account, const struct api_account *seen,
                         const struct api_counts *counts, int64_t now_ms);

#endif
