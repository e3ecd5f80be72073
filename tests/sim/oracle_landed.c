/* What lands at a marketplace: in what order, within its limits, and what it shows then. */
#include "oracle_pair.h"
#include "oracle_stale.h"
#include "oversold.h"

#include <string.h>

enum {
    RENEWED_EXCUSE_MS = 100000,
    LATE_EXCUSE_MS = 61000, /* how long a request that landed late may spoil a window */
    GRANTED_MS = 3000,      /* from a charge on a quota to the landing, stalls included */
};

/* Of the items that were refused, those for which the process could not know better: its target was
 * made anew, and with it what it knew, or the clock was set forward before this life. */
static bool cadence_excused(const struct oracle *o, const struct exchange *x)
{
    int64_t now = o->sim->loop.now_us;
    for (uint32_t i = 0; i < x->item_count; i++) {
        const struct pair *p = &o->pairs[x->items[i].pair];
        if (!x->items[i].refused) continue;
        bool renewed = now - p->renewed_us < RENEWED_EXCUSE_MS * INT64_C(1000);
        bool reborn = o->crashed_us && now - o->crashed_us < RENEWED_EXCUSE_MS * INT64_C(1000) &&
                      now - o->sim->stepped_us < 2 * RENEWED_EXCUSE_MS * INT64_C(1000);
        if (!renewed && !reborn) return false;
    }
    return true;
}

static journal_topic refused_topic(const struct exchange *x)
{
    for (uint32_t i = 0; i < x->item_count; i++)
        if (x->items[i].refused) return sim_topic(x->items[i].pair);
    return 0;
}

/* ---- refusals that cost ten requests */

static void fine(struct oracle *o, const struct exchange *x)
{
    struct fines *fines = &o->fines[o->sim->world.accounts[x->account].seller];
    fines->list[fines->count++ % ORACLE_FINES] = (struct fine){x->number, o->sim->loop.now_us, 0};
}

void oracle_fine_told(struct oracle *o, const struct exchange *x)
{
    struct fines *fines = &o->fines[o->sim->world.accounts[x->account].seller];
    for (int i = 0; i < ORACLE_FINES; i++)
        if (fines->list[i].exchange == x->number) fines->list[i].told_us = o->sim->loop.now_us;
}

/* From a charge on a quota to the request's leaving: some steps, each of which may stall. */
static int64_t leaving_us(const struct sim *sim)
{
    enum { STEPS = 6 };
    const struct runtime_delays *d = &sim->plan.delays;
    if (d->stall_ppm) return GRANTED_MS * INT64_C(1000);
    return STEPS * (d->engine_us + d->commit_us + d->work_us);
}

/* What was granted before the process was told of a fine cannot know of it. */
static bool unaware(const struct oracle *o, const struct exchange *x)
{
    const struct sim *sim = o->sim;
    const struct fines *fines = &o->fines[sim->world.accounts[x->account].seller];
    int64_t ways_us = 2 * (sim->plan.network.latency_ms + sim->plan.network.jitter_ms);
    int64_t since_us = sim->loop.now_us - (GRANTED_MS + ways_us) * INT64_C(1000);
    for (int i = 0; i < ORACLE_FINES; i++) {
        const struct fine *f = &fines->list[i];
        if (!f->exchange || f->landed_us <= since_us) continue;
        if (!f->told_us || x->sent_us < f->told_us + leaving_us(sim)) return true;
    }
    return false;
}

/* ---- limits */

/* A dead key is no breach, nor is asking again for a token whose answers were all lost; a window
 * may be spoilt by what landed after it was given up. */
static bool excused(const struct oracle *o, const char *kind, const char *detail,
                    const struct exchange *x)
{
    if (strncmp(detail, "no such device_code", 19) == 0) return true;
    uint32_t seller = o->sim->world.accounts[x->account].seller;
    if (strcmp(kind, "access") == 0) return true;
    if (strcmp(kind, "cadence") == 0) return cadence_excused(o, x);
    /* A renewal that lands after it was given up comes behind the one that went in its place. */
    if (strcmp(kind, "token_reuse") == 0)
        return o->late_us[seller] == o->sim->loop.now_us || tokens_excused(&o->tokens, x);
    if (strncmp(kind, "rate", 4) != 0) return false;
    if (unaware(o, x)) return true;
    return o->sim->loop.now_us - o->late_us[seller] < LATE_EXCUSE_MS * INT64_C(1000);
}

static void check_limits(struct oracle *o, const struct exchange *x)
{
    const struct world_account *account = &o->sim->world.accounts[x->account];
    const struct market_trace *trace = account->market->trace(account->model);
    uint64_t *seen = &o->violations[account->kind];
    for (; *seen < trace->violation_count; ++*seen) {
        const char *kind = trace->violations[*seen % MARKET_TRACE_VIOLATIONS].kind;
        const char *detail = trace->violations[*seen % MARKET_TRACE_VIOLATIONS].detail;
        if (!excused(o, kind, detail, x))
            sim_fail(o->sim, "I13", refused_topic(x), "%s: %s: %s", account->name, kind, detail);
    }
}

/* A figure behind a younger one; one that passes an abandoned write may be overtaken by it. */
static void check_landing(struct oracle *o, const struct exchange *x,
                          const struct exchange_item *item)
{
    struct pair *p = &o->pairs[item->pair];
    if (x->number < p->landed && !item->passes)
        sim_fail(o->sim, "I5", sim_topic(item->pair), "%lld of request #%llu lands after #%llu",
                 (long long)item->value, (unsigned long long)x->number,
                 (unsigned long long)p->landed);
    if (x->number > p->landed) p->landed = x->number;
}

void oracle_moved(struct oracle *o, uint32_t account)
{
    const struct world *world = &o->sim->world;
    for (uint32_t i = 0; i < world->account_count; i++)
        o->later[i].moved |= world->accounts[i].seller == world->accounts[account].seller;
}

/* What is accepted shows later, and nobody says when: as long as nothing was done there, and
 * nothing that waited fell due, all is as it was. */
static void look_at_all(struct oracle *o, uint32_t account)
{
    const struct world *world = &o->sim->world;
    const struct world_account *of = &world->accounts[account];
    struct later *later = &o->later[account];
    if (!later->moved && loop_true_ms(&o->sim->loop) < later->due_ms) return;
    *later = (struct later){false, of->market->wire->next_ms(of->model)};
    for (uint32_t r = of->remote_first; r < of->remote_first + of->remote_count; r++)
        for (uint32_t p = 0; p < world->product_count; p++) {
            uint32_t pair = world_pair(world, r, p);
            int64_t shown = of->market->shown(world, r, p);
            if (shown == o->pairs[pair].last_shown) continue;
            o->pairs[pair].last_shown = shown;
            barrier_shown(o->barrier, pair);
            stale_written(o->sim->stale, pair);
            oversold_shown(o->sim->oversold, pair, OVERSOLD_WRITE);
        }
}

void oracle_time_passes(struct oracle *o)
{
    const struct world *world = &o->sim->world;
    const int64_t now_ms = loop_true_ms(&o->sim->loop);
    for (uint32_t i = 0; i < world->account_count; i++) {
        const struct world_account *account = &world->accounts[i];
        if (!account->market->async || now_ms < o->later[i].due_ms) continue;
        account->market->advance(account->model, now_ms);
        look_at_all(o, i);
    }
}

void oracle_landed(struct oracle *o, struct exchange *x, bool late)
{
    const struct sim_market *market = o->sim->world.accounts[x->account].market;
    if (late) o->late_us[o->sim->world.accounts[x->account].seller] = o->sim->loop.now_us;
    tokens_landed(&o->tokens, x);
    check_limits(o, x);
    if (x->status >= 400 && x->status < 500 && x->status != 429 && market == &market_wb) fine(o, x);
    for (uint32_t i = 0; i < x->item_count; i++) {
        struct pair *p = &o->pairs[x->items[i].pair];
        char name[128];
        sim_say(o->sim, sim_topic(x->items[i].pair), "  #%llu %s %s %lld",
                (unsigned long long)x->number,
                world_pair_name(&o->sim->world, x->items[i].pair, name),
                x->items[i].applied ? "takes" : "refuses", (long long)x->items[i].value);
        if (p->open_exchange == x->number) p->applied |= x->items[i].applied;
        oversold_landed(o->sim->oversold, x, &x->items[i]);
        if (!x->items[i].applied) continue;
        check_landing(o, x, &x->items[i]);
        barrier_landed(o->barrier, &x->items[i]);
        if (market->async)
            barrier_accepted(o->barrier, x->items[i].pair, x->items[i].value);
        else
            barrier_shown(o->barrier, x->items[i].pair);
        stale_written(o->sim->stale, x->items[i].pair);
        oversold_shown(o->sim->oversold, x->items[i].pair, OVERSOLD_WRITE);
    }
    if (x->is_push) oracle_moved(o, x->account);
    if (market->advance)
        market->advance(o->sim->world.accounts[x->account].model, loop_true_ms(&o->sim->loop));
    if (market->async) look_at_all(o, x->account);
}
