/* Adding up what commands did. What each did is guard_fold.c's. */
#include "guard_sums.h"

#include "base/mem.h"
#include "guard_fold.h"
#include "script_op.h"

#include <string.h>

#define HOUR_MS INT64_C(3600000)

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

struct guard_sums {
    struct sim *sim;
    struct mark *marks, *sum; /* by pair; `sum` with what is tried */
    struct moved *moves;
    size_t move_count, move_room, base_moves;
    uint64_t jobs[JOBS];
    uint32_t job_count; /* ever */
};

struct guard_sums *guard_sums_new(struct sim *sim)
{
    struct guard_sums *g = mem_alloc(sizeof *g);
    uint32_t pairs = world_pairs(&sim->world);
    g->sim = sim;
    g->marks = mem_array(pairs, sizeof *g->marks);
    g->sum = mem_array(pairs, sizeof *g->sum);
    return g;
}

void guard_sums_free(struct guard_sums *g)
{
    mem_free(g->marks);
    mem_free(g->sum);
    mem_free(g->moves);
    mem_free(g);
}

uint32_t guard_sums_job(struct guard_sums *g, uint64_t job)
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

/* ---- adding up */

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

static void add_move(struct guard_sums *g, uint32_t account, uint32_t source, int64_t ms,
                     const struct guard_seen_row *row)
{
    if (g->move_count == g->move_room) {
        g->move_room = g->move_room ? g->move_room * 2 : 256;
        g->moves = mem_resize(g->moves, g->move_room * sizeof *g->moves);
    }
    int64_t before = row->before == GUARD_UNKNOWN ? 0 : row->before;
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
static void remember(const struct guard_sums *g, struct mark *m, uint32_t source)
{
    uint32_t at = 0, who = source < PEOPLE ? source : PEOPLE + (uint32_t)g->jobs[source - PEOPLE];
    m->of[source].again += m->recent[RECENT - 1] && m->of[source].maybe_ms;
    while (at < RECENT - 1 && m->recent[at] != who)
        at++;
    memmove(m->recent + 1, m->recent, at * sizeof *m->recent);
    m->recent[0] = who;
}

static void add_rows(struct guard_sums *g, struct mark *marks, const struct op *op)
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
        bool nothing = row->before == 0 || row->before == GUARD_UNKNOWN;
        if (nothing && row->after != 0) mark_shown(m, row->certain);
        add_move(g, world_pair_account(&g->sim->world, row->pair), op->source, op->now_ms, row);
    }
}

void guard_sums_keep(struct guard_sums *g, const struct op *op)
{
    g->move_count = g->base_moves;
    add_rows(g, g->marks, op);
    g->base_moves = g->move_count;
}

void guard_sums_try(struct guard_sums *g)
{
    memcpy(g->sum, g->marks, world_pairs(&g->sim->world) * sizeof *g->sum);
    g->move_count = g->base_moves;
}

void guard_sums_add(struct guard_sums *g, const struct op *op)
{
    add_rows(g, g->sum, op);
}

void guard_sums_end(struct guard_sums *g)
{
    g->move_count = g->base_moves;
}

/* ---- what it comes to */

/* A clock that was set back leaves it in the window. */
static bool within(int64_t ms, int64_t now_ms, int hours)
{
    return ms && now_ms - ms < hours * HOUR_MS;
}

struct guard_totals guard_sums_of(const struct guard_sums *g, uint32_t account, uint32_t source,
                                  int64_t now_ms)
{
    struct guard_totals s = {0};
    for (uint32_t pair = 0; pair < world_pairs(&g->sim->world); pair++) {
        const struct mark_of *m = &g->sum[pair].of[source];
        if (!m->maybe_ms || world_pair_account(&g->sim->world, pair) != account) continue;
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
