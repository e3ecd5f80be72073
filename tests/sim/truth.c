/* From the record to what should be shown. */
#include "truth.h"

enum { OZON_MOST = 999999 };

struct truth_wanted truth_wanted(const struct truth *truth, const struct world *world,
                                 uint32_t remote, uint32_t product)
{
    struct truth_wanted wanted = {.kind = TRUTH_UNLINKED};
    bool uncounted = false;
    for (uint32_t l = 0; l < world->local_count; l++) {
        if (!truth->link[remote][l]) continue;
        wanted.kind = TRUTH_FIGURE;
        uncounted |= !truth->counted[product][l];
        if (truth->figure[product][l] > 0) wanted.figure += truth->figure[product][l];
    }
    if (uncounted) wanted.kind = TRUTH_UNCOUNTED;
    if (wanted.figure > OZON_MOST) wanted.figure = OZON_MOST;
    return wanted;
}
