/* From the record to what should be shown. */
#include "truth.h"

#include "base/mem.h"

void truth_free(struct truth *truth)
{
    for (uint32_t p = 0; p < PLAN_PRODUCTS_MAX; p++)
        for (uint32_t l = 0; l < PLAN_LOCALS_MAX; l++)
            mem_free(truth->available[p][l]);
}

struct truth_wanted truth_wanted(const struct truth *truth, const struct world *world,
                                 uint32_t remote, uint32_t product)
{
    struct truth_wanted wanted = {.kind = TRUTH_UNLINKED};
    bool uncounted = false;
    for (uint32_t l = 0; l < world->local_count; l++) {
        if (!truth->link[remote][l]) continue;
        wanted.kind = TRUTH_FIGURE;
        uncounted |= !truth->counted[product][l];
        int64_t available =
            truth->figure[product][l] + truth->by_orders[product][l] - truth->reserved[product][l];
        if (available > 0) wanted.figure += available;
    }
    if (uncounted) wanted.kind = TRUTH_UNCOUNTED;
    int64_t most = world->accounts[world->remote_account[remote]].market->most;
    if (wanted.figure > most) wanted.figure = most;
    return wanted;
}
