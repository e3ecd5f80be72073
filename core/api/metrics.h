/* What GET /metrics shows, and its text. Gathered by api_metrics.c; for core/api's own files only.
 * Pure. */
#ifndef STOCKD_API_METRICS_H
#define STOCKD_API_METRICS_H

#include "api/api_private.h"
#include "engine/stats.h"
#include "engine/target_count.h"

enum { METRICS_NAME_MAX = 64 }; /* of accounts and buckets: the engine and the ABI allow no more */

struct metrics_task {
    bool offered, running;
    int64_t last_ms; /* that it ended well; 0: never */
    uint32_t failures;
};
struct metrics_quota {
    char bucket[METRICS_NAME_MAX];
    int64_t used, free, amount, waiting;
    bool closed;
};
struct metrics_account {
    uint32_t number;
    char name[METRICS_NAME_MAX], plugin[METRICS_NAME_MAX];
    /* From sync; what no file describes is disabled. */
    enum sync_state state;
    enum sync_wait wait;
    uint32_t in_flight;
    uint64_t requests, items, failures;
    struct metrics_task tasks[SYNC_TASKS];
    struct metrics_quota *quotas;
    unsigned quota_count;
    /* From the store. */
    bool stored, counted;
    struct target_counts counts;
    int64_t key_expires_ms;
    uint64_t conflicts, quarantined;
    int64_t exposure_max_milli, exposure_sum_milli; /* pieces */
    /* From the engine; NULL: nothing happened yet. */
    const struct stats_account *stats;
};
struct metrics {
    struct metrics_account *accounts;
    size_t account_count;
    int64_t now_ms, started_ms;
    bool ready;
    struct api_measures measures;
    struct stats_list stats;
    struct store_usage usage;
    uint64_t products, listings, plans_held;
    uint64_t imports_stuck, inboxes_waiting;
    int64_t backup_ms; /* when the newest one by schedule was made; 0: there is none */
    int64_t resident_bytes, own_bytes, cpu_us; /* of the process */
};

/* At most METRICS_TEXT_MAX bytes; every account that is `stored`. */
enum { METRICS_TEXT_MAX = 16 << 20 };
void metrics_print(const struct metrics *metrics, struct buf *out);

#endif
