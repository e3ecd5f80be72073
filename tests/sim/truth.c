/* From the record to what should be shown. What commands do to the record is in op_*.c. */
#include "truth.h"

#include "base/mem.h"
#include "engine/record_rule.h"

void truth_free(struct truth *truth)
{
    for (uint32_t p = 0; p < PLAN_PRODUCTS_MAX; p++)
        for (uint32_t l = 0; l < PLAN_LOCALS_MAX; l++)
            mem_free(truth->count[p][l]);
    mem_free(truth->sales);
    mem_free(truth->tied);
    for (uint32_t i = 0; i < TRUTH_PAST; i++) {
        mem_free(truth->past[i].steps);
        mem_free(truth->past[i].gone);
        mem_free(truth->past[i].ties);
    }
}

void truth_counted(struct truth *truth, uint32_t product, uint32_t local, struct truth_count *count)
{
    mem_free(truth->count[product][local]);
    truth->count[product][local] = count;
    truth->unsure[product][local] = (struct truth_unsure){0};
}

void truth_doubt(struct truth *truth, uint32_t product, uint32_t local, bool all, int64_t now_ms)
{
    struct truth_unsure *unsure = &truth->unsure[product][local];
    struct truth_count *count = truth->count[product][local];
    if (count && count->at_ms > now_ms) now_ms = count->at_ms; /* by a clock that was ahead */
    if (unsure->until_ms < now_ms) unsure->until_ms = now_ms;
    unsure->all |= all || (count && count->available);
    unsure->times++;
    mem_free(count);
    truth->count[product][local] = NULL;
}

int truth_find(const struct truth *truth, uint32_t incarnation)
{
    for (int p = 0; incarnation && p < PLAN_PRODUCTS_MAX; p++)
        if (truth->product[p] && truth->incarnation[p] == incarnation) return p;
    return WORLD_NONE;
}

/* ---- rules: the same sentences of the manual as engine/rule.c, told again */

static int64_t said(const struct truth_rule *everywhere, const struct truth_rule *here, int field,
                    int64_t otherwise)
{
    if (here->given & 1u << field) return here->fields[field];
    if (everywhere->given & 1u << field) return everywhere->fields[field];
    return otherwise;
}

uint32_t truth_days(const struct truth_rule *everywhere, const struct truth_rule *here)
{
    return here->days ? here->days : everywhere->days;
}

/* Packs, whole ones, that are kept back for what sold. */
static int64_t lately(const struct truth_rule *everywhere, const struct truth_rule *here,
                      int64_t sold, int64_t pack)
{
    const int64_t whole = 1000000 * pack;
    int64_t factor = here->days ? here->factor : everywhere->factor;
    return truth_days(everywhere, here) ? (sold * factor + whole - 1) / whole : 0;
}

static int64_t ruled(const struct truth_rule *everywhere, const struct truth_rule *here, int mode,
                     int64_t pieces, int64_t sold)
{
    int64_t pack = said(everywhere, here, RULE_PACK, 1), packs = pieces / pack;
    int64_t cap = said(everywhere, here, RULE_CAP, -1);
    packs -= said(everywhere, here, RULE_BUFFER, 0) + lately(everywhere, here, sold, pack);
    if (mode == RULE_OFF_ZERO || packs < 0) packs = 0;
    if (packs < said(everywhere, here, RULE_MIN, 0)) packs = 0;
    return cap >= 0 && packs > cap ? cap : packs;
}

void truth_apply_rule(const struct truth_rule *everywhere, const struct truth_rule *here,
                      int64_t pieces, int64_t market_most, struct truth_wanted *wanted)
{
    truth_apply_sold(everywhere, here, pieces, 0, market_most, wanted);
}

void truth_at(struct truth *truth, int64_t now_ms)
{
    truth->now_ms = now_ms;
}

void truth_apply_sold(const struct truth_rule *everywhere, const struct truth_rule *here,
                      int64_t pieces, int64_t sold, int64_t market_most,
                      struct truth_wanted *wanted)
{
    int mode = here->mode ? here->mode : everywhere->mode;
    wanted->off = mode == RULE_OFF;
    wanted->direction = mode == RULE_UP_ONLY ? 1 : mode == RULE_DOWN_ONLY ? -1 : 0;
    wanted->figure = ruled(everywhere, here, mode, pieces, sold);
    if (wanted->figure > market_most) wanted->figure = market_most;
    wanted->most = wanted->figure;
}

int64_t truth_share(int64_t available, uint32_t share_ppm)
{
    enum { WHOLE = 1000000 };
    return available / WHOLE * share_ppm + available % WHOLE * share_ppm / WHOLE;
}

struct truth_wanted truth_wanted(const struct truth *truth, const struct world *world,
                                 uint32_t remote, uint32_t product)
{
    struct truth_wanted wanted = {.kind = TRUTH_UNLINKED}, most = wanted;
    uint32_t account = world->remote_account[remote];
    bool uncounted = false;
    int64_t pieces = 0, over = 0; /* the pieces that rounding may bring, or orders took or not */
    const struct truth_rule *rules = truth->rules[product];
    uint32_t days = truth_days(&rules[0], &rules[account + 1]);
    int64_t sold = 0;
    for (uint32_t l = 0; l < world->local_count; l++) {
        if (!truth->link[remote][l]) continue;
        wanted.kind = TRUTH_FIGURE;
        uncounted |= !truth->counted[product][l];
        if (days) sold += truth_sold_since(truth, product, l, truth->now_ms, days);
        int64_t available =
            truth->figure[product][l] + truth->by_orders[product][l] - truth->reserved[product][l];
        uint32_t share_ppm = truth->share_ppm[remote][l];
        int64_t best = available + truth->over[product][l];
        if (best <= 0) continue;
        if (available < 0) available = 0;
        pieces += share_ppm ? truth_share(available, share_ppm) : available;
        over += share_ppm ? truth_share(best, share_ppm) - truth_share(available, share_ppm) + 1
                          : best - available;
    }
    if (uncounted) wanted.kind = TRUTH_UNCOUNTED;
    int64_t market_most = world->accounts[account].market->most;
    truth_apply_sold(&rules[0], &rules[account + 1], pieces, sold, market_most, &wanted);
    truth_apply_sold(&rules[0], &rules[account + 1], pieces + over, sold, market_most, &most);
    wanted.most = most.figure;
    return wanted;
}
