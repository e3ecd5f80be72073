/* What a command does to the figures shown, judged. It is tallied in guard_effects.c; counters are
 * guard_window.c's; what becomes of a command that is held is plan.c's. */
#include "engine/guard_mark.h"
#include "engine/guard_private.h"

#include "base/mem.h"
#include "engine/allocate.h"

#include <stdlib.h>

void engine_guard_set(struct engine *engine, const struct engine_guard *guard)
{
    engine->guard->limits = *guard;
}

void engine_guard_wait(struct engine *engine, const uint32_t *accounts, uint32_t count)
{
    struct guard *g = engine->guard;
    g->waiting = mem_resize(g->waiting, (count + 1) * sizeof *g->waiting);
    if (count) memcpy(g->waiting, accounts, count * sizeof *accounts);
    g->waiting_count = count;
}

/* It is new, and nobody applied its first plan yet. */
static bool waits(const struct engine *engine, const struct directory *d, uint32_t account)
{
    const struct guard *g = engine->guard;
    for (uint32_t i = 0; i < g->waiting_count; i++)
        if (g->waiting[i] == account) {
            const struct directory_account *row = directory_account(d, account);
            return row && !row->planned;
        }
    return false;
}

bool guard_is_on(const struct engine *engine)
{
    return engine->guard->limits.on;
}

/* ---- judging */

struct judging {
    const struct guard_limit *limit;
    const struct guard_tally *tally;
    const char *account, *whose; /* ", by one source" or "" */
    struct guard_sums sums;
    struct guard_live live;
    uint32_t at_least;
};

/* More than the share, and more than what may always be changed. */
static bool exceeds(int64_t count, int64_t of, uint32_t percent, uint32_t at_least)
{
    return percent < 100 && count > (int64_t)at_least && count * 100 > of * (int64_t)percent;
}

static enum status judge(const struct judging *j, struct error *error)
{
    const struct guard_limit *limit = j->limit;
    int64_t shown = j->live.showing + j->sums.zeroed;
    int64_t live = j->live.live > j->sums.changed ? j->live.live : j->sums.changed;
    if (j->tally->zeroed && exceeds(j->sums.zeroed, shown, limit->zeroed_percent, j->at_least))
        return error_set(error, ST_HELD,
                         "would have set %lld of the %lld targets of %s that show stock to 0 in "
                         "24 h%s; the limit is %u %%",
                         (long long)j->sums.zeroed, (long long)shown, j->account, j->whose,
                         limit->zeroed_percent);
    if (exceeds(j->sums.changed, live, limit->changed_percent, j->at_least))
        return error_set(error, ST_HELD,
                         "would have changed %lld of %lld live targets of %s in 24 h%s; the limit "
                         "is %u %%",
                         (long long)j->sums.changed, (long long)live, j->account, j->whose,
                         limit->changed_percent);
    if (limit->pieces && j->sums.pieces > limit->pieces)
        return error_set(error, ST_HELD,
                         "would have changed the figures of %s by %lld pieces in 24 h%s; the limit "
                         "is %lld",
                         j->account, (long long)j->sums.pieces, j->whose, (long long)limit->pieces);
    return ST_OK;
}

static enum status judge_account(struct engine *engine, struct store_txn *txn,
                                 const struct guard_tally *t, const struct guard_effects *e,
                                 bool foreseen, struct error *error)
{
    const struct engine_guard *limits = &engine->guard->limits;
    struct directory *d = engine_directory(engine, txn, error);
    if (!d) return ST_DAMAGED;
    if (t->changed == 0 || waits(engine, d, t->account)) return ST_OK;
    const struct directory_account *account = directory_account(d, t->account);
    struct judging j = {
        .tally = t, .account = account ? account->name : "?", .at_least = limits->at_least};
    enum status status = guard_live_get(engine, txn, t->account, &j.live, error);
    if (foreseen) j.live.showing += (int64_t)t->raised - (int64_t)t->zeroed;
    for (int i = 0; i < 2 && status == ST_OK; i++) {
        const struct guard_sums added = guard_tally_sums(t, i == 0);
        j.limit = i ? &limits->source : &limits->account;
        j.whose = i ? " by one source" : "";
        status = guard_window_sums(txn, t->account, i ? e->source : 0, e->hour, &j.sums, error);
        j.sums.changed += added.changed;
        j.sums.zeroed += added.zeroed;
        if (__builtin_add_overflow(j.sums.pieces, added.pieces, &j.sums.pieces))
            j.sums.pieces = INT64_MAX;
        if (status == ST_OK) status = judge(&j, error);
    }
    return status;
}

enum status guard_judge(struct engine *engine, struct store_txn *txn, const struct guard_effects *e,
                        bool foreseen, struct error *error)
{
    enum status status = ST_OK;
    for (uint32_t i = 0; engine->guard->limits.on && i < e->count && status == ST_OK; i++)
        status = judge_account(engine, txn, &e->tallies[i], e, foreseen, error);
    return status;
}

enum status guard_count(struct engine *engine, struct store_txn *txn, const struct guard_effects *e,
                        struct error *error)
{
    enum status status = ST_OK;
    struct directory *d = engine_directory(engine, txn, error);
    if (!d) return ST_DAMAGED;
    for (uint32_t i = 0; engine->guard->limits.on && i < e->count && status == ST_OK; i++) {
        if (waits(engine, d, e->tallies[i].account)) continue;
        status = guard_window_add(txn, 0, &e->tallies[i], e->hour, error);
        if (status == ST_OK)
            status = guard_window_add(txn, e->source, &e->tallies[i], e->hour, error);
        guard_window_clean(txn, e->tallies[i].account, e->hour);
    }
    for (uint32_t i = 0; engine->guard->limits.on && i < e->given_count && status == ST_OK; i++)
        if (e->given[i].count) status = guard_window_give(txn, &e->given[i], e->hour, error);
    return status;
}

/* ---- around one command */

static bool is_judged(const struct command *command)
{
    if (command->unguarded) return false;
    switch (command->kind) {
    case COMMAND_ROWS:
    case COMMAND_WAKE:
    case COMMAND_SWEEP:
    case COMMAND_REQUEUE:
    case COMMAND_RESYNC:
    case COMMAND_RETRY:
    case COMMAND_REBUILD:
    case COMMAND_STOCK_REPAIR: /* one figure, about which a person has decided */
    case COMMAND_RECOVER:
    case COMMAND_REOPEN:
    case COMMAND_DISTRUST:
    case COMMAND_PLAN_APPLY:
    case COMMAND_PLAN_DROP:
    case COMMAND_HOOK_ORDERS:
    case COMMAND_ORDER_RETURN: return false;
    default: return true;
    }
}

void guard_begin(struct applying *a)
{
    struct guard *g = a->engine->guard;
    if (!g->looks && (!g->limits.on || !is_judged(a->command))) return;
    guard_effects_reset(&g->effects, guard_source(a->command->actor, a->command->group),
                        guard_hour_now(a->engine, a->txn, a->command->now_ms));
    a->guard = g;
}

bool guard_counts(struct applying *a, uint32_t account)
{
    struct directory *d =
        a->guard && !a->guard->looks ? engine_directory(a->engine, a->txn, a->error) : NULL;
    return d && !waits(a->engine, d, account);
}

enum status guard_look(struct engine *engine, struct store_txn *txn, const struct command *command,
                       struct command_result *result, struct error *error)
{
    engine->guard->looks = true;
    enum status status = engine_apply(engine, txn, command, result, error);
    engine->guard->looks = false;
    return status;
}

/* What is not counted leaves no marks either: they say that it was. */
void guard_changed(struct applying *a, struct target *t, int64_t before, int64_t after)
{
    struct target_marks unmarked = t->record.guard;
    bool counts = guard_counts(a, t->id.account);
    guard_effects_add(&a->guard->effects, &t->id, counts ? &t->record.guard : &unmarked, before,
                      after);
}

void guard_was_counted(const struct applying *a, struct target *t, int64_t before, int64_t after)
{
    if (before == FIGURE_UNKNOWN || before == after) return;
    guard_mark(&t->record.guard, a->counted_source, before, after, a->counted_hour);
}

void guard_unknown(struct applying *a, struct target *t)
{
    guard_effects_forget(&a->guard->effects, &t->id, &t->record.guard);
}

/* What guard_keep needs, for the transaction is about to be given up. */
static void remember(struct applying *a, const struct error *reason)
{
    struct guard *g = a->guard;
    const struct command *c = a->command;
    const char *actor = c->actor ? c->actor : "";
    buf_reset(&g->memory);
    buf_add(&g->memory, actor, strlen(actor) + 1);
    buf_add(&g->memory, c->payload.data, c->payload.size);
    g->command = *c;
    g->command.actor = (const char *)g->memory.data;
    g->command.payload =
        bytes_of((const char *)g->memory.data + strlen(actor) + 1, c->payload.size);
    g->reason = *reason;
    g->held = true;
}

enum status guard_end(struct applying *a)
{
    struct guard *g = a->guard;
    if (!g || g->looks || g->effects.count == 0) return ST_OK;
    struct error reason = {0};
    enum status status = guard_judge(a->engine, a->txn, &g->effects, false, &reason);
    if (status == ST_HELD) remember(a, &reason);
    if (status != ST_OK) {
        if (a->error) *a->error = reason;
        return status;
    }
    return guard_count(a->engine, a->txn, &g->effects, a->error);
}

/* ---- what a sweep will do */

static enum status foresee_target(struct applying *a, const struct target_id *id,
                                  const struct listing_view *listing)
{
    struct target t;
    struct allocation to;
    enum status status = target_load(a->txn, id, &t, a->error);
    if (status == ST_OK) status = allocate(a, &t, listing, &to);
    if (status != ST_OK || !to.known) return status;
    int64_t value = to.value;
    if (t.record.capped == CAP_ROUTE && value > t.record.wanted_value)
        value = t.record.wanted_value;
    guard_changed(a, &t, target_figure(&t.record), value);
    return ST_OK;
}

enum status guard_foresee_remote(struct applying *a, uint32_t account, uint32_t remote)
{
    if (!guard_watches(a)) return ST_OK;
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    const struct directory_remote *place = directory_remote(d, account, remote);
    if (!place || place->link_count == 0) return ST_OK; /* what is shown there stays */
    uint8_t prefix[4];
    struct bytes key, value;
    bytes_put_u32(prefix, account);
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_LISTING);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    while (status == ST_OK && key.size == 12 && key_starts(key, bytes_of(prefix, sizeof prefix))) {
        struct listing_view view;
        if (listing_read(value, &view) != ST_OK) {
            status = ST_DAMAGED;
            break;
        }
        const struct target_id id = {.product = view.product,
                                     .listing = bytes_get_u64((const uint8_t *)key.data + 4),
                                     .account = account,
                                     .remote = remote};
        if (view.product) status = foresee_target(a, &id, &view);
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, "listing", a->error);
}

enum status guard_judge_zeroed(const struct engine *engine, uint64_t zeroed, uint64_t of,
                               struct error *error)
{
    const struct engine_guard *limits = &engine->guard->limits;
    uint32_t percent = limits->source.zeroed_percent;
    if (!limits->on || !exceeds((int64_t)zeroed, (int64_t)of, percent, limits->at_least))
        return ST_OK;
    return error_set(
        error, ST_HELD,
        "would set %llu of the %llu products with stock there to 0; the limit is %u %%",
        (unsigned long long)zeroed, (unsigned long long)of, percent);
}
