/* What the engine counts of its work since the process began, for metrics: how long changes take to
 * be acknowledged, what became of what was sent, and with which of the marketplace's codes. In
 * memory only. What a group counted is kept when the group is, and forgotten with it.
 *
 * THREADS. The engine's; stats_copy from inside an engine task, whose copy is then the caller's. */
#ifndef STOCKD_ENGINE_STATS_H
#define STOCKD_ENGINE_STATS_H

#include "base/bytes.h"
#include "engine/rows.h"

enum {
    STATS_BOUNDS = 18,     /* stats_bounds_ms */
    STATS_OUTCOMES = 12,   /* by enum outcome_kind; STATS_EQUAL */
    STATS_EQUAL = 0,       /* what is wanted was there already: nothing was sent */
    STATS_CODES_MAX = 32,  /* of one account: what a person can still look at; then STATS_OTHER */
    STATS_CODE_BYTES = 64, /* with its end; longer ones are cut */
};

/* Upper bounds of the latency's buckets, in milliseconds: from the quickest answer that a
 * marketplace gives to the hour after which a write counts as stuck (outcome.c); among them what is
 * late for health (api_health.h). */
extern const int64_t stats_bounds_ms[STATS_BOUNDS];

struct stats_code {
    char name[STATS_CODE_BYTES]; /* printable ASCII; other bytes are "?" */
    uint64_t count;
};
struct stats_account {
    uint32_t account;
    uint64_t within[STATS_BOUNDS + 1]; /* each bucket by itself; the last: longer than all bounds */
    int64_t latency_sum_ms;
    uint64_t outcomes[STATS_OUTCOMES];
    struct stats_code codes[STATS_CODES_MAX];
    uint32_t code_count;
    uint64_t other; /* of codes beyond STATS_CODES_MAX, and of one with just this name */
};
#define STATS_OTHER "other"

struct engine;
struct stats_list {
    struct stats_account *list;
    uint32_t count;
};
/* To be freed by mem_free(list). */
struct stats_list stats_copy(const struct engine *engine);

/* ---- the engine's */

struct stats;
struct stats *stats_new(void);
void stats_free(struct stats *stats);
/* A change was acknowledged so long after it was made. */
void stats_latency(struct stats *stats, uint32_t account, int64_t took_ms);
/* `kind`: enum outcome_kind, or STATS_EQUAL. */
void stats_outcome(struct stats *stats, uint32_t account, unsigned kind, struct bytes code);
void stats_keep(struct stats *stats);
void stats_drop(struct stats *stats);

#endif
