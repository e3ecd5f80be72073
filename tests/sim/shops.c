/* Taking over figures, and what may come of it. */
#include "shops.h"

#include "base/mem.h"
#include "daemon.h"
#include "intake/mirrors.h"
#include "jobs_private.h"
#include "oracle_store.h"

#include <stdio.h>
#include <string.h>

enum { SEEN = 24, PACKS_MOST = 64 };
#define DRY    "dry-"
#define MIRROR "copy"

struct shops {
    struct sim *sim;
    struct random random;
    uint64_t count;
    struct seen { /* by pair: the last figures that were told, each until the next one was */
        uint32_t count;
        int64_t figure[SEEN], from_ms[SEEN];
    } * seen;
    uint32_t mirror_remote, mirror_local;
    int64_t mirror_ms;
    bool mirror_zero;
};

static uint32_t below(struct shops *s, uint32_t limit)
{
    return (uint32_t)random_below(&s->random, limit);
}

struct shops *shops_new(struct sim *sim)
{
    enum { MIRROR_LEAST_MS = 60000, MIRROR_DOUBLED = 5 };
    struct shops *s = mem_alloc(sizeof *s);
    s->sim = sim;
    s->seen = mem_array(world_pairs(&sim->world), sizeof *s->seen);
    random_seed(&s->random, sim->plan.seed ^ UINT64_C(0x73686f7073));
    s->mirror_remote = below(s, sim->world.remote_count);
    s->mirror_local = below(s, sim->world.local_count);
    s->mirror_ms = (int64_t)MIRROR_LEAST_MS << below(s, MIRROR_DOUBLED);
    s->mirror_zero = below(s, 2);
    return s;
}

void shops_free(struct shops *s)
{
    if (s) mem_free(s->seen);
    mem_free(s);
}

/* ---- what is shown */

static int64_t told(const struct world *world, uint32_t pair)
{
    const struct sim_market *market = world_account_of(world, pair)->market;
    if (!market->told) return world_shown(world, pair);
    return market->told(world, pair / world->product_count, pair % world->product_count);
}

void shops_shown(struct sim *sim, uint32_t account)
{
    struct shops *s = sim->shops;
    const struct world_account *of = &sim->world.accounts[account];
    uint32_t first = world_pair(&sim->world, of->remote_first, 0);
    uint32_t end = first + of->remote_count * sim->world.product_count;
    for (uint32_t pair = first; pair < end; pair++) {
        struct seen *seen = &s->seen[pair];
        int64_t now = told(&sim->world, pair);
        if (seen->count && seen->figure[(seen->count - 1) % SEEN] == now) continue;
        seen->figure[seen->count % SEEN] = now;
        seen->from_ms[seen->count % SEEN] = loop_true_ms(&sim->loop);
        seen->count++;
    }
}

/* Whether that figure, times a pack, was shown in the pair at some time since then. */
static bool was_shown(const struct shops *s, uint32_t pair, int64_t figure, int64_t since_ms)
{
    const struct seen *seen = &s->seen[pair];
    int64_t until_ms = INT64_MAX;
    for (uint32_t i = seen->count; i > 0 && i + SEEN > seen->count && until_ms >= since_ms; i--) {
        int64_t shown = seen->figure[(i - 1) % SEEN];
        for (int pack = 1; pack < PACKS_MOST; pack++)
            if ((pack == 1 || s->sim->packs >> pack & 1) && shown * pack == figure) return true;
        until_ms = seen->from_ms[(i - 1) % SEEN];
    }
    return false;
}

/* ---- judging */

static int account_named(const struct world *world, struct bytes name)
{
    for (uint32_t i = 0; i < world->account_count; i++)
        if (bytes_equal(name, bytes_text(world->accounts[i].name))) return (int)i;
    return WORLD_NONE;
}

/* Somebody may have led a listing there to another product than that of its SKU. */
static bool ties_may_differ(const struct sim *sim, uint32_t account)
{
    bool moved = sim->ties_moved || sim->plan.meddle_ms;
    for (uint32_t p = 0; p < sim->world.product_count; p++)
        moved |= sim->truth.mapped_by_hand[account][p];
    return moved;
}

static bool may_bring(const struct shops *s, struct store_txn *txn, const struct import_job *job,
                      uint32_t account, uint32_t remote, uint32_t product, int64_t figure)
{
    const struct world *world = &s->sim->world;
    int64_t since_ms = job->started_ms - s->sim->loop.wall_offset_ms - 1;
    bool any = ties_may_differ(s->sim, account);
    for (uint32_t listing = 0; listing < world->product_count; listing++)
        if ((any || listing == product) &&
            was_shown(s, world_pair(world, remote, listing), figure, since_ms))
            return true;
    /* What is not there becomes 0, where that was asked for. */
    return job->shop.absent_zero && figure == 0 &&
           (any || oracle_mapped_product(s->sim, txn, account, product) == WORLD_NONE);
}

void shops_check_row(struct shops *s, struct store_txn *txn, const struct import_job *job,
                     uint32_t product, uint32_t local, int64_t before, int64_t after)
{
    struct sim *sim = s->sim;
    char id[40];
    int account = account_named(&sim->world, job->shop.account);
    snprintf(id, sizeof id, "%.*s", (int)job->shop.remote.size,
             (const char *)job->shop.remote.data);
    int remote =
        account == WORLD_NONE ? WORLD_NONE : world_remote_by_id(&sim->world, (uint32_t)account, id);
    if (remote == WORLD_NONE || !bytes_equal(job->warehouse, bytes_text(sim->world.locals[local])))
        sim_fail(sim, "import", 0,
                 "an import from '%s' brings %s in %s, which it was not asked for", id,
                 sim->world.skus[product], sim->world.locals[local]);
    else if (!sim->plan.lies.kinds && !sim->plan.orders.import && !sim->plan.step_ms &&
             !may_bring(s, txn, job, (uint32_t)account, (uint32_t)remote, product,
                        after - (job->shop.add ? before : 0)))
        /* A 0 that was shown nowhere comes of a row that was looked for and not found (I10). */
        sim_fail(sim, job->shop.absent_zero && after == 0 ? "I10" : "import", 0,
                 "an import from '%s' brings %lld of %s, which was not shown there", id,
                 (long long)after, sim->world.skus[product]);
}

void shops_check_new(struct shops *s, struct store_txn *txn, const struct import_job *job,
                     uint64_t number)
{
    struct bytes key, value;
    bool mirror = bytes_equal(job->actor, bytes_text("mirror " MIRROR));
    if (key_starts(job->name, bytes_text(DRY)))
        sim_fail(s->sim, "import", 0, "a dry run came to job %llu", (unsigned long long)number);
    if (!mirror) return;
    tally_count(&s->sim->tally, "mirror begins a run");
    struct store_cursor *cursor = store_cursor(txn, TABLE_JOB);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct import_job other;
        if (bytes_get_u64(key.data) == number || import_job_read(value, &other) != ST_OK ||
            !bytes_equal(other.actor, bytes_text("mirror " MIRROR)))
            continue;
        if (other.state == IMPORT_RUNNING || other.state == IMPORT_HELD)
            sim_fail(s->sim, "import", 0, "a mirror begins run %llu while run %llu is %s",
                     (unsigned long long)number, (unsigned long long)bytes_get_u64(key.data),
                     import_state_name(other.state));
    }
    store_cursor_close(cursor);
}

/* ---- taking over */

static void ended(void *ctx, const struct import_ending *ending)
{
    struct sim *sim = ctx;
    const struct import_counts *c = &ending->counts;
    sim_say(sim, 0, "import %llu from an account: %s, %llu rows: %llu changed, %llu refused %s",
            (unsigned long long)ending->job, import_state_name(ending->state),
            (unsigned long long)c->rows, (unsigned long long)c->changed,
            (unsigned long long)c->refused, ending->error);
    bool whole = ending->state == IMPORT_DONE || ending->state == IMPORT_PARTIAL;
    if (whole && ending->status == ST_OK)
        tally_count(&sim->tally, ending->job ? "figures taken over from an account"
                                             : "dry run of an import from an account");
    if (ending->status == ST_BUG || ending->status == ST_DAMAGED)
        sim_fail(sim, "import", 0, "an import from an account fails: %s", ending->error);
}

void shops_take(struct sim *sim)
{
    struct shops *s = sim->shops;
    struct jobs *j = sim->jobs;
    char name[24];
    enum { DRY_IN = 3 };
    uint32_t remote = below(s, sim->world.remote_count), local = below(s, sim->world.local_count);
    bool dry = below(s, DRY_IN) == 0, add = below(s, 3) == 0, zero = !add && below(s, 2);
    if (!daemon_is_up(sim->daemon) || !jobs_idle(sim)) return;
    snprintf(name, sizeof name, "%s%llu", dry ? DRY : "shop-", (unsigned long long)++s->count);
    const struct world_account *account = &sim->world.accounts[sim->world.remote_account[remote]];
    const struct import_events events = {.ended = ended, .ctx = sim};
    const struct import_options options = {.shop = {.account = account->name,
                                                    .remote = sim->world.remote_ids[remote],
                                                    .add = add,
                                                    .absent_zero = zero,
                                                    .dry_run = dry},
                                           .warehouse = sim->world.locals[local],
                                           .cause = CAUSE_IMPORT,
                                           .name = name,
                                           .actor = "clerk"};
    for (uint32_t i = 0; i < sim->world.account_count; i++)
        shops_shown(sim, i);
    sim_say(sim, 0, "%s: %s of %s into %s%s%s", name, sim->world.remote_ids[remote], account->name,
            sim->world.locals[local], add ? ", added" : "", zero ? ", absent is 0" : "");
    import_from_account(j->imports, &options, &events);
}

void shops_mirror(struct sim *sim)
{
    const struct shops *s = sim->shops;
    const struct world *world = &sim->world;
    const struct mirror_settings settings = {
        .name = MIRROR,
        .account = world->accounts[world->remote_account[s->mirror_remote]].name,
        .warehouse = world->locals[s->mirror_local],
        .remote = world->remote_ids[s->mirror_remote],
        .every_ms = s->mirror_ms,
        .absent_zero = s->mirror_zero,
        .enabled = true};
    if (sim->jobs->mirrors)
        mirrors_put(sim->jobs->mirrors, &settings,
                    sim->plan.shops.mirror && sim->phase == SIM_HOSTILE);
}
