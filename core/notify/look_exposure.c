/* Products of which too many pieces may be sold that are sold already. All order lines are read for
 * it, so it is looked at every EVERY-th time only; in between nothing follows. */
#include "notify/look_private.h"
#include "query/exposure.h"

#include "base/mem.h"

#include <stdio.h>

enum { EVERY = 10, MINUTE_S = 60 };

static bool add(const struct looking *l, const struct exposure *e)
{
    const struct directory_account *account = directory_account(l->query->directory, e->account);
    const struct bytes sku = query_sku(l->query, e->product);
    struct alert_finding *f =
        alert_findings_add(l->to, ALERT_EXPOSURE, account ? account->name : "", sku);
    if (!f) return false;
    alert_text(f->what, sku);
    snprintf(f->why, sizeof f->why, "%lld / %d d, %lld + %lld s, - %lld", (long long)e->sold,
             EXPOSURE_DAYS, (long long)e->visibility_ms / 1000, (long long)e->propagation_ms / 1000,
             (long long)e->buffer);
    f->count = (e->milli + EXPOSURE_MILLI - 1) / EXPOSURE_MILLI;
    f->limit = l->look->limits->exposure;
    return true;
}

enum status look_exposure(const struct looking *l)
{
    struct alert_memory *memory = l->look->memory;
    struct exposures all;
    if (!look_wants(l, ALERT_EXPOSURE) || !memory) return ST_OK;
    if (memory->exposure_in-- > 0) {
        l->to->partial[ALERT_EXPOSURE] = true;
        return ST_OK;
    }
    memory->exposure_in = EVERY - 1;
    enum status status = query_exposures(l->query, l->look->now_ms, &all);
    for (size_t i = 0; i < all.count && status == ST_OK; i++)
        if (all.list[i].milli < l->look->limits->exposure * EXPOSURE_MILLI || !add(l, &all.list[i]))
            break;
    if (!all.whole) l->to->partial[ALERT_EXPOSURE] = true;
    mem_free(all.list);
    return status;
}
