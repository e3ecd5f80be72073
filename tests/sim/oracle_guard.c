/* Judging what was held and what was not, and what plans do. Who gives, applies and drops is in
 * op_plan.c. */
#include "oracle_guard.h"

#include "base/mem.h"
#include "engine/plan.h"
#include "guard_sums.h"
#include "jobs.h"
#include "oracle_store.h"
#include "script.h"
#include "script_op.h"

#include <stdio.h>
#include <string.h>

struct guard_oracle {
    struct sim *sim;
    struct guard_fold *fold;
    struct guard_sums *sums;
    struct guard_told told;
};

struct guard_oracle *guard_oracle_new(struct sim *sim)
{
    struct guard_oracle *g = mem_alloc(sizeof *g);
    g->sim = sim;
    g->fold = guard_fold_new(sim);
    g->sums = guard_sums_new(sim);
    return g;
}

void guard_oracle_free(struct guard_oracle *g)
{
    guard_fold_free(g->fold);
    guard_sums_free(g->sums);
    mem_free(g);
}

uint32_t guard_oracle_job(struct guard_oracle *g, uint64_t job)
{
    return guard_sums_job(g->sums, job);
}

struct guard_told guard_oracle_told(const struct guard_oracle *g)
{
    return g->told;
}

static bool watches(const struct guard_oracle *g, const struct op *op)
{
    return g->sim->guard.on && !op->unguarded;
}

void guard_oracle_before(struct guard_oracle *g, struct op *op, struct store_txn *txn)
{
    guard_seen_free(op->seen);
    op->seen = NULL;
    if (watches(g, op)) guard_fold_before(g->fold, op, txn);
}

void guard_oracle_counts(struct guard_oracle *g, const struct op *op)
{
    guard_sums_keep(g->sums, op);
}

struct add_up {
    struct guard_oracle *g;
    struct store_txn *txn;
    const struct op *but;
};

/* One that is not answered: whether it is there is in the store. */
static void add_open(void *ctx, const struct op *op)
{
    struct add_up *add = ctx;
    if (op == add->but || !op->seen) return;
    bool there = op->followed ? jobs_kept(add->txn, op)
                              : store_get(add->txn, TABLE_COMMAND_ID,
                                          bytes_of(op->id, sizeof op->id), NULL) == ST_OK;
    if (!there) return;
    guard_sums_add(add->g->sums, op);
}

/* ---- judging */

/* Targets of the account that are wanted and not held, and those of them that show something. */
static void count_live(struct store_txn *txn, uint32_t account, int64_t *live, int64_t *showing)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    *live = *showing = 0;
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct target_record r;
        uint8_t at[TARGET_KEY_SIZE];
        memcpy(at, key.data, sizeof at);
        struct target_id id = target_key_read(at);
        target_record_read(value, &r, NULL);
        if (id.account != account + 1 || !(r.flags & TARGET_WANTED) || r.hold) continue;
        ++*live;
        *showing += r.wanted_value > 0;
    }
    store_cursor_close(cursor);
}

static bool over(int64_t count, int64_t of, uint32_t percent, uint32_t at_least)
{
    return percent < 100 && count > (int64_t)at_least && count * 100 > of * (int64_t)percent;
}

struct verdict {
    bool must, may; /* be held */
    char why[400];
};

static void tell_sums(struct verdict *v, const char *of, uint32_t source,
                      const struct guard_totals *s, int64_t live, int64_t showing)
{
    size_t at = strlen(v->why);
    snprintf(v->why + at, sizeof v->why - at,
             "%s%s by source %u: changed %lld..%lld of %lld, zeroed %lld..%lld of %lld, pieces "
             "%lld..%lld",
             at ? "; " : "", of, source, (long long)s->changed.least, (long long)s->changed.most,
             (long long)live, (long long)s->zeroed.least, (long long)s->zeroed.most,
             (long long)showing, (long long)s->pieces.least, (long long)s->pieces.most);
}

static void judge_limit(struct guard_oracle *g, const struct guard_limit *limit,
                        const struct guard_totals *s, int64_t live, int64_t showing, bool zeroes,
                        struct verdict *v)
{
    uint32_t at_least = g->sim->guard.at_least;
    int64_t most_live = live > s->changed.most ? live : s->changed.most;
    int64_t least_live = live > s->changed.least ? live : s->changed.least;
    if (zeroes && over(s->zeroed.least, showing + s->zeroed.most, limit->zeroed_percent, at_least))
        v->must = true;
    if (over(s->changed.least, most_live, limit->changed_percent, at_least)) v->must = true;
    if (limit->pieces && s->pieces.least > limit->pieces) v->must = true;
    v->may |= over(s->zeroed.most, showing + s->zeroed.least, limit->zeroed_percent, at_least) ||
              over(s->changed.most, least_live, limit->changed_percent, at_least) ||
              (limit->pieces && s->pieces.most > limit->pieces);
}

static void judge_account(struct guard_oracle *g, const struct op *op, struct store_txn *txn,
                          uint32_t account, struct verdict *v)
{
    int64_t live, showing;
    bool rows = false, zeroes = false, changes = false;
    for (uint32_t i = 0; i < op->seen->count; i++) {
        const struct guard_seen_row *row = &op->seen->rows[i];
        if (world_pair_account(&g->sim->world, row->pair) != account) continue;
        rows = true;
        changes |= row->certain;
        zeroes |= row->certain && row->after == 0;
    }
    if (!rows) return;
    bool must = v->must;
    count_live(txn, account, &live, &showing);
    for (uint32_t i = 0; op->foreseen && i < op->seen->count; i++) {
        const struct guard_seen_row *row = &op->seen->rows[i];
        if (world_pair_account(&g->sim->world, row->pair) != account ||
            row->before == GUARD_UNKNOWN)
            continue;
        showing += (row->after > 0) - (row->before > 0);
    }
    for (int i = 0; i < 2; i++) {
        struct guard_totals s = guard_sums_of(g->sums, account, i ? op->source : 0, op->now_ms);
        tell_sums(v, g->sim->world.accounts[account].name, i ? op->source : 0, &s, live, showing);
        judge_limit(g, i ? &g->sim->guard.source : &g->sim->guard.account, &s, live, showing,
                    zeroes, v);
    }
    v->must = must || (v->must && changes);
}

static void judge(struct guard_oracle *g, struct op *op, struct store_txn *txn, bool held)
{
    struct verdict v = {.must = false};
    const struct engine_guard *l = &g->sim->guard;
    struct add_up add = {g, txn, op};
    char text[160];
    guard_sums_try(g->sums);
    script_each_open(g->sim->script, add_open, &add);
    guard_sums_add(g->sums, op);
    for (uint32_t i = 0; i < g->sim->world.account_count; i++)
        judge_account(g, op, txn, i, &v);
    guard_sums_end(g->sums);
    g->told.judged++;
    g->told.held += held;
    if (v.must == held || (held && v.may)) return;
    sim_fail(g->sim, "I11", 0,
             "%s: %s (%s; limits %u %% and %u %% and %lld pieces, of a source %u %% and %u %% and "
             "%lld, at least %u)",
             held ? "held although it exceeds nothing" : "it exceeds a limit and was not held",
             op_text(op, text), v.why, l->account.zeroed_percent, l->account.changed_percent,
             (long long)l->account.pieces, l->source.zeroed_percent, l->source.changed_percent,
             (long long)l->source.pieces, l->at_least);
}

static bool was_there(const struct guard_seen *plan, uint32_t pair)
{
    for (uint32_t i = 0; i < plan->same_count; i++)
        if (plan->same[i] == pair) return true;
    return false;
}

/* A plan that is applied brings what it held; one that is dropped brings nothing. */
static void check_plan(struct guard_oracle *g, const struct op *op)
{
    const struct guard_seen *plan = op->held ? op->held->seen : NULL;
    char name[128];
    for (uint32_t i = 0; i < op->seen->count; i++) {
        const struct guard_seen_row *row = &op->seen->rows[i], *of = NULL;
        for (uint32_t k = 0; plan && op->kind == OP_APPLY && k < plan->count; k++)
            if (plan->rows[k].pair == row->pair) of = &plan->rows[k];
        bool same = of && (of->after == row->after || of->before != row->before || !of->certain ||
                           !row->certain);
        /* Orders and other links make something else of the same command. */
        bool other =
            op->held && (g->sim->plan.orders.import || g->sim->arranged != op->held->arranged);
        bool new = plan && !of && !was_there(plan, row->pair); /* its listing was read since */
        if (row->before == row->after || (op->kind == OP_APPLY && (same || other || new))) continue;
        sim_fail(g->sim, "I11", sim_topic(row->pair),
                 "a plan was %s, and %s goes from %lld to %lld, not from %lld to %lld",
                 op->kind == OP_APPLY ? "applied" : "dropped",
                 world_pair_name(&g->sim->world, row->pair, name), (long long)row->before,
                 (long long)row->after, (long long)(of ? of->before : GUARD_UNKNOWN),
                 (long long)(of ? of->after : GUARD_UNKNOWN));
    }
    g->told.applied += op->kind == OP_APPLY;
    g->told.dropped += op->kind == OP_DROP;
}

void guard_oracle_after(struct guard_oracle *g, struct op *op, struct store_txn *txn,
                        enum status status)
{
    if (!watches(g, op) || (status != ST_OK && status != ST_HELD)) return;
    op->seen = guard_fold_after(g->fold, op, txn);
    if (op->kind == OP_APPLY || op->kind == OP_DROP) {
        check_plan(g, op);
        op->seen->count = 0; /* what a person applied is not counted */
        return;
    }
    judge(g, op, txn, status == ST_HELD);
}

/* ---- the plan in the store */

static const struct guard_seen_row *row_of(const struct guard_seen *seen, int pair)
{
    for (uint32_t i = 0; i < seen->count; i++)
        if ((int)seen->rows[i].pair == pair) return &seen->rows[i];
    return NULL;
}

void guard_oracle_held(struct guard_oracle *g, const struct op *op, uint64_t plan)
{
    struct store_txn *txn;
    struct bytes key, value;
    uint8_t prefix[8];
    uint32_t rows = 0;
    if (!op->seen || !op->seen->certain ||
        store_begin(g->sim->store, STORE_READ, &txn, NULL) != ST_OK)
        return;
    bytes_put_u64(prefix, plan);
    struct store_cursor *cursor = store_cursor(txn, TABLE_PLAN_ROW);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, bytes_of(prefix, sizeof prefix)); rows++) {
        struct guard_row row;
        uint8_t at[TARGET_KEY_SIZE];
        plan_row_read(value, &row);
        target_key_write(at, &row.target);
        const struct guard_seen_row *of = row_of(op->seen, oracle_pair_of(g->sim, txn, at));
        if (!of || of->before != row.before || of->after != row.after)
            sim_fail(g->sim, "I11", of ? sim_topic(of->pair) : 0,
                     "the plan says %lld to %lld of what would go from %lld to %lld",
                     (long long)row.before, (long long)row.after,
                     (long long)(of ? of->before : GUARD_UNKNOWN),
                     (long long)(of ? of->after : GUARD_UNKNOWN));
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    store_abort(txn);
    if (rows != op->seen->count)
        sim_fail(g->sim, "I11", 0, "the plan has %u figures, and %u would be changed", rows,
                 op->seen->count);
}
