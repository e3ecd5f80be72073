/* Folding what commands do, and adding it up. Who gives, applies and drops is in op_plan.c. */
#include "oracle_guard.h"

#include "base/mem.h"
#include "engine/plan.h"
#include "jobs.h"
#include "oracle_store.h"
#include "script.h"
#include "script_op.h"

#include <stdio.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)
#define UNKNOWN INT64_MIN

enum {
    PEOPLE = 4, /* and 0, of all */
    JOBS = 6,   /* imports, the last ones: what is over is judged no more */
    SOURCES = PEOPLE + JOBS,
    RECENT = 3, /* sources that a target remembers (engine/guard_mark.h) */
    LEAST_HOURS = 24,
    MOST_HOURS = 26,
};

/* What counts of one pair: when it was changed last, by any source (0) and by each. */
struct mark {
    uint32_t recent[RECENT]; /* the sources that changed it last, each once; 0: none */
    struct mark_of {
        int64_t surely_ms, maybe_ms;               /* 0: never */
        int64_t zeroed_surely_ms, zeroed_maybe_ms; /* ... and shows nothing since */
        int64_t again, left_ms, left; /* counts more that there may be; of zeros, since when */
        bool unmarked; /* the newest change was left to a sweep, which may come too late to mark it
                        */
    } of[SOURCES];
};

struct moved {
    int64_t ms, least, most;
    uint32_t account, source;
};

struct guard_oracle {
    struct sim *sim;
    struct mark *marks, *sum; /* by pair; `sum` with what is under way */
    struct moved *moves;
    size_t move_count, move_room, base_moves;
    int64_t *before, *after;
    uint64_t *of_before, *of_after; /* the product that the listing is tied to */
    uint32_t *touched, touched_count;
    bool *is_touched, sweeping;
    uint64_t jobs[JOBS];
    uint32_t job_count; /* ever */
    struct guard_told told;
};

struct guard_oracle *guard_oracle_new(struct sim *sim)
{
    struct guard_oracle *g = mem_alloc(sizeof *g);
    uint32_t pairs = world_pairs(&sim->world);
    g->sim = sim;
    g->marks = mem_array(pairs, sizeof *g->marks);
    g->sum = mem_array(pairs, sizeof *g->sum);
    g->before = mem_array(pairs, sizeof *g->before);
    g->after = mem_array(pairs, sizeof *g->after);
    g->of_before = mem_array(pairs, sizeof *g->of_before);
    g->of_after = mem_array(pairs, sizeof *g->of_after);
    g->touched = mem_array(pairs, sizeof *g->touched);
    g->is_touched = mem_array(pairs, sizeof *g->is_touched);
    return g;
}

void guard_oracle_free(struct guard_oracle *g)
{
    mem_free(g->marks);
    mem_free(g->sum);
    mem_free(g->before);
    mem_free(g->after);
    mem_free(g->of_before);
    mem_free(g->of_after);
    mem_free(g->touched);
    mem_free(g->is_touched);
    mem_free(g->moves);
    mem_free(g);
}

uint32_t guard_oracle_job(struct guard_oracle *g, uint64_t job)
{
    for (uint32_t i = 0; i < JOBS; i++)
        if (g->jobs[i] == job) return PEOPLE + i;
    uint32_t at = g->job_count++ % JOBS;
    g->jobs[at] = job;
    for (uint32_t pair = 0; pair < world_pairs(&g->sim->world); pair++)
        g->marks[pair].of[PEOPLE + at] = (struct mark_of){0};
    for (size_t i = 0; i < g->base_moves; i++)
        if (g->moves[i].source == PEOPLE + at) g->moves[i].source = UINT32_MAX;
    return PEOPLE + at;
}

struct guard_told guard_oracle_told(const struct guard_oracle *g)
{
    return g->told;
}

void guard_seen_free(struct guard_seen *seen)
{
    if (seen) mem_free(seen->rows);
    if (seen) mem_free(seen->same);
    if (seen) mem_free(seen->lost);
    mem_free(seen);
}

/* ---- figures */

static uint64_t listed_product(struct store_txn *txn, const struct target_id *id)
{
    uint8_t key[12];
    struct bytes value;
    struct listing_view view;
    bytes_put_u32(key, id->account);
    bytes_put_u64(key + 4, id->listing);
    return store_get(txn, TABLE_LISTING, bytes_of(key, sizeof key), &value) == ST_OK &&
                   listing_read(value, &view) == ST_OK
               ? view.product
               : 0;
}

static void fold_target(struct guard_oracle *g, struct store_txn *txn, const uint8_t *key,
                        int64_t *figures)
{
    struct target_id id = target_key_read(key);
    int found = oracle_pair_of(g->sim, txn, key);
    if (found == WORLD_NONE || listed_product(txn, &id) != id.product) return;
    uint32_t pair = (uint32_t)found;
    int64_t most = world_account_of(&g->sim->world, pair)->market->most;
    struct truth_wanted wanted = oracle_store_wanted(g->sim, txn, key, most);
    if (!g->is_touched[pair]) {
        g->is_touched[pair] = true;
        g->touched[g->touched_count++] = pair;
        g->before[pair] = g->after[pair] = UNKNOWN;
        g->of_before[pair] = g->of_after[pair] = 0;
    }
    (figures == g->before ? g->of_before : g->of_after)[pair] = id.product;
    figures[pair] = wanted.kind == TRUTH_FIGURE ? wanted.figure : UNKNOWN;
}

/* Of one product, or (size 0) of all. */
static void fold_targets(struct guard_oracle *g, struct store_txn *txn, struct bytes product,
                         int64_t *figures)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    enum status status = store_seek(cursor, product, &key, &value);
    for (; status == ST_OK && key_starts(key, product); status = store_next(cursor, &key, &value)) {
        uint8_t at[TARGET_KEY_SIZE];
        memcpy(at, key.data, sizeof at);
        fold_target(g, txn, at, figures);
    }
    store_cursor_close(cursor);
}

static void fold_named(struct guard_oracle *g, struct store_txn *txn, uint32_t product,
                       int64_t *figures)
{
    struct bytes value;
    uint8_t number[8];
    const char *sku = g->sim->world.skus[product];
    if (store_get(txn, TABLE_PRODUCT_SKU, bytes_text(sku), &value) != ST_OK) return;
    memcpy(number, value.data, sizeof number);
    fold_targets(g, txn, bytes_of(number, sizeof number), figures);
}

/* What the command may touch. */
static void fold(struct guard_oracle *g, const struct op *op, struct store_txn *txn,
                 int64_t *figures)
{
    if (op->followed) { /* it names its rows when it has run */
        fold_targets(g, txn, bytes_of("", 0), figures);
        return;
    }
    switch (op->kind) {
    case OP_SET:
    case OP_AVAILABLE:
    case OP_ADJUST:
    case OP_TRANSFER:
    case OP_RESERVE:
    case OP_RULE:
    case OP_PRODUCT: fold_named(g, txn, op->product, figures); return;
    case OP_RENAME:
    case OP_MERGE:
        fold_named(g, txn, op->product, figures);
        if (op->other != op->product) fold_named(g, txn, op->other, figures);
        return;
    case OP_BULK:
        for (uint32_t i = 0; i < op->bulk_count; i++)
            fold_named(g, txn, op->bulk[i].product, figures);
        return;
    case OP_PAUSE:
    case OP_RESUME:
    case OP_REQUEUE:
    case OP_RETURN: return;
    default: /* OP_DELETE: its listings go to whoever bears their names */
        fold_targets(g, txn, bytes_of("", 0), figures);
        return;
    }
}

static bool watches(const struct guard_oracle *g, const struct op *op)
{
    return g->sim->guard.on && !op->unguarded;
}

void guard_oracle_before(struct guard_oracle *g, struct op *op, struct store_txn *txn)
{
    for (uint32_t i = 0; i < g->touched_count; i++)
        g->is_touched[g->touched[i]] = false;
    g->touched_count = 0;
    guard_seen_free(op->seen);
    op->seen = NULL;
    if (!watches(g, op)) return;
    g->sweeping = store_count(txn, TABLE_SWEEP) > 0;
    fold(g, op, txn, g->before);
}

/* ---- adding up */

static uint32_t account_of(const struct guard_oracle *g, uint32_t pair)
{
    return g->sim->world.remote_account[pair / g->sim->world.product_count];
}

/* A target that a sweep has yet to come to is counted again. So is one of which a link was counted
 * and whose figure something else brought there before the sweep did (an order, a command, what is
 * sent again): the sweep found nothing to change, and marked nothing (docs/roadmap.md). */
static void mark_changed(struct mark_of *m, const struct guard_seen_row *row, int64_t ms)
{
    m->again += (row->swept && m->maybe_ms) || m->unmarked;
    m->unmarked = row->left;
    m->maybe_ms = ms;
    if (row->certain) m->surely_ms = ms;
    if (row->after != 0) return;
    m->zeroed_maybe_ms = ms;
    if (row->certain) m->zeroed_surely_ms = ms;
}

/* Its target goes, and what was counted stays: one that is made there later begins anew. */
static void mark_lost(struct mark *m)
{
    for (int i = 0; i < SOURCES; i++) {
        struct mark_of *of = &m->of[i];
        of->again += of->maybe_ms != 0;
        of->left += of->zeroed_maybe_ms != 0;
        if (of->zeroed_maybe_ms) of->left_ms = of->zeroed_maybe_ms;
    }
}

static void mark_shown(struct mark *m, bool certain)
{
    for (int i = 0; i < SOURCES; i++) {
        m->of[i].zeroed_surely_ms = 0;
        if (certain) m->of[i].zeroed_maybe_ms = 0;
    }
}

static void add_move(struct guard_oracle *g, uint32_t account, uint32_t source, int64_t ms,
                     const struct guard_seen_row *row)
{
    if (g->move_count == g->move_room) {
        g->move_room = g->move_room ? g->move_room * 2 : 256;
        g->moves = mem_resize(g->moves, g->move_room * sizeof *g->moves);
    }
    int64_t before = row->before == UNKNOWN ? 0 : row->before;
    int64_t by = row->after > before ? row->after - before : before - row->after;
    int64_t most = by;
    if (!row->certain) { /* it may have been anything that is there */
        int64_t shown = world_shown(&g->sim->world, row->pair);
        int64_t other = shown > row->after ? shown - row->after : row->after - shown;
        most += other + world_account_of(&g->sim->world, row->pair)->market->most;
    }
    g->moves[g->move_count++] = (struct moved){ms, row->certain ? by : 0, most, account, source};
}

/* One that a target has forgotten over others is counted for it again: which one that is, is the
 * engine's. */
static void remember(const struct guard_oracle *g, struct mark *m, uint32_t source)
{
    uint32_t at = 0, who = source < PEOPLE ? source : PEOPLE + (uint32_t)g->jobs[source - PEOPLE];
    m->of[source].again += m->recent[RECENT - 1] && m->of[source].maybe_ms;
    while (at < RECENT - 1 && m->recent[at] != who)
        at++;
    memmove(m->recent + 1, m->recent, at * sizeof *m->recent);
    m->recent[0] = who;
}

static void add_rows(struct guard_oracle *g, struct mark *marks, const struct op *op)
{
    for (uint32_t i = 0; op->seen && i < op->seen->lost_count; i++)
        mark_lost(&marks[op->seen->lost[i]]);
    for (uint32_t i = 0; op->seen && i < op->seen->count; i++) {
        const struct guard_seen_row *row = &op->seen->rows[i];
        struct mark *m = &marks[row->pair];
        remember(g, m, op->source);
        mark_changed(&m->of[0], row, op->now_ms);
        mark_changed(&m->of[op->source], row, op->now_ms);
        /* Also from no figure: one that was held since it was zeroed (a linked warehouse that
         * nobody has counted) shows something again. */
        bool nothing = row->before == 0 || row->before == UNKNOWN;
        if (nothing && row->after != 0) mark_shown(m, row->certain);
        add_move(g, account_of(g, row->pair), op->source, op->now_ms, row);
    }
}

void guard_oracle_counts(struct guard_oracle *g, const struct op *op)
{
    g->move_count = g->base_moves;
    add_rows(g, g->marks, op);
    g->base_moves = g->move_count;
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
    add_rows(add->g, add->g->sum, op);
}

/* ---- judging */

struct range {
    int64_t least, most;
};

struct sums {
    struct range changed, zeroed, pieces;
};

/* A clock that was set back leaves it in the window. */
static bool within(int64_t ms, int64_t now_ms, int hours)
{
    return ms && now_ms - ms < hours * HOUR_MS;
}

static struct sums sum_up(const struct guard_oracle *g, uint32_t account, uint32_t source,
                          int64_t now_ms)
{
    struct sums s = {0};
    for (uint32_t pair = 0; pair < world_pairs(&g->sim->world); pair++) {
        const struct mark_of *m = &g->sum[pair].of[source];
        if (!m->maybe_ms || account_of(g, pair) != account) continue;
        s.changed.least += within(m->surely_ms, now_ms, LEAST_HOURS);
        if (within(m->maybe_ms, now_ms, MOST_HOURS)) s.changed.most += 1 + m->again;
        s.zeroed.least += within(m->zeroed_surely_ms, now_ms, LEAST_HOURS);
        if (within(m->zeroed_maybe_ms, now_ms, MOST_HOURS)) s.zeroed.most += 1 + m->again;
        if (within(m->left_ms, now_ms, MOST_HOURS)) s.zeroed.most += m->left;
    }
    for (size_t i = 0; i < g->move_count; i++) {
        const struct moved *m = &g->moves[i];
        if (m->account != account || (source && m->source != source)) continue;
        s.pieces.least += within(m->ms, now_ms, LEAST_HOURS) ? m->least : 0;
        s.pieces.most += within(m->ms, now_ms, MOST_HOURS) ? m->most : 0;
    }
    return s;
}

/* Targets of the account that are wanted and not held, and those of them that show something. */
static void count_live(struct guard_oracle *g, struct store_txn *txn, uint32_t account,
                       int64_t *live, int64_t *showing)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    *live = *showing = 0;
    (void)g;
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

static void tell_sums(struct verdict *v, const char *of, uint32_t source, const struct sums *s,
                      int64_t live, int64_t showing)
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
                        const struct sums *s, int64_t live, int64_t showing, bool zeroes,
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
        if (account_of(g, row->pair) != account) continue;
        rows = true;
        changes |= row->certain;
        zeroes |= row->certain && row->after == 0;
    }
    if (!rows) return;
    bool must = v->must;
    count_live(g, txn, account, &live, &showing);
    for (uint32_t i = 0; op->foreseen && i < op->seen->count; i++) {
        const struct guard_seen_row *row = &op->seen->rows[i];
        if (account_of(g, row->pair) != account || row->before == UNKNOWN) continue;
        showing += (row->after > 0) - (row->before > 0);
    }
    for (int i = 0; i < 2; i++) {
        struct sums s = sum_up(g, account, i ? op->source : 0, op->now_ms);
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
    memcpy(g->sum, g->marks, world_pairs(&g->sim->world) * sizeof *g->sum);
    g->move_count = g->base_moves;
    script_each_open(g->sim->script, add_open, &add);
    add_rows(g, g->sum, op);
    for (uint32_t i = 0; i < g->sim->world.account_count; i++)
        judge_account(g, op, txn, i, &v);
    g->move_count = g->base_moves;
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

static void add_row(struct guard_oracle *g, struct op *op, uint32_t pair)
{
    struct guard_seen *seen = op->seen;
    int64_t before = g->before[pair], after = g->after[pair];
    int64_t most = world_account_of(&g->sim->world, pair)->market->most;
    /* A target that moves to another product begins with what is shown, not with what was wanted.
     */
    bool moves = g->of_before[pair] != g->of_after[pair];
    if (before != UNKNOWN && after == UNKNOWN) seen->lost[seen->lost_count++] = pair;
    if (before == after && after != UNKNOWN) seen->same[seen->same_count++] = pair;
    /* What a sweep has yet to come to is another figure in its target; and one that is above the
     * largest is cut when its route is chosen. */
    if ((before == after && !moves && !g->sweeping && after < most) || after == UNKNOWN) return;
    if (seen->count == seen->room) {
        seen->room = seen->room ? seen->room * 2 : 8;
        seen->rows = mem_resize(seen->rows, seen->room * sizeof *seen->rows);
    }
    bool certain = before != UNKNOWN && !moves && !g->sweeping && before < most && after < most;
    seen->certain &= certain;
    bool left = op->kind == OP_LINK || op->kind == OP_UNLINK || op->kind == OP_SHARE;
    seen->rows[seen->count++] =
        (struct guard_seen_row){pair, before, after, certain, g->sweeping, left};
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
                 (long long)row->after, (long long)(of ? of->before : UNKNOWN),
                 (long long)(of ? of->after : UNKNOWN));
    }
    g->told.applied += op->kind == OP_APPLY;
    g->told.dropped += op->kind == OP_DROP;
}

void guard_oracle_after(struct guard_oracle *g, struct op *op, struct store_txn *txn,
                        enum status status)
{
    if (!watches(g, op) || (status != ST_OK && status != ST_HELD)) return;
    fold(g, op, txn, g->after);
    op->seen = mem_alloc(sizeof *op->seen);
    op->seen->certain = true;
    op->seen->same = mem_array(g->touched_count + 1, sizeof *op->seen->same);
    op->seen->lost = mem_array(g->touched_count + 1, sizeof *op->seen->lost);
    for (uint32_t i = 0; i < g->touched_count; i++)
        add_row(g, op, g->touched[i]);
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
                     (long long)(of ? of->before : UNKNOWN), (long long)(of ? of->after : UNKNOWN));
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    store_abort(txn);
    if (rows != op->seen->count)
        sim_fail(g->sim, "I11", 0, "the plan has %u figures, and %u would be changed", rows,
                 op->seen->count);
}
