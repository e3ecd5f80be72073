/* The families of metrics: names, words, and how each is printed. docs/operations.md says what they
 * mean and what to do. */
#include "api/metrics.h"

#include "api/metrics_text.h"

struct family {
    const char *name, *type, *help;
    void (*samples)(const struct family *family, const struct metrics *metrics, struct buf *out);
    /* For each_account: what of it is shown; false: it has none. */
    bool (*value)(const struct metrics_account *account, int64_t *value);
    int64_t per;
};

static struct metric_labels labels_of(const struct metrics_account *a)
{
    return (struct metric_labels){{{"account", a->name}}};
}

static struct metric_labels with(const struct metrics_account *a, const char *name,
                                 const char *value)
{
    return (struct metric_labels){{{"account", a->name}, {name, value}}};
}

/* ---- of an account, one number */

static void each_account(const struct family *f, const struct metrics *m, struct buf *out)
{
    for (size_t i = 0; i < m->account_count; i++) {
        const struct metrics_account *a = &m->accounts[i];
        const struct metric_labels labels = labels_of(a);
        int64_t value;
        if (a->stored && f->value(a, &value))
            metrics_part(out, f->name, &labels, value, f->per ? f->per : 1);
    }
}

#define COUNT_VALUE(function, of_what)                                    \
    static bool function(const struct metrics_account *a, int64_t *value) \
    {                                                                     \
        *value = a->counts.of[of_what];                                   \
        return a->counted;                                                \
    }
COUNT_VALUE(targets, COUNT_TARGETS)
COUNT_VALUE(unsent, COUNT_UNSENT)
COUNT_VALUE(unresolved, COUNT_UNRESOLVED)
COUNT_VALUE(rejected, COUNT_REJECTED)
COUNT_VALUE(held, COUNT_HELD)
COUNT_VALUE(drifting, COUNT_DRIFT)

#define NUMBER_VALUE(function, member, known)                             \
    static bool function(const struct metrics_account *a, int64_t *value) \
    {                                                                     \
        *value = (int64_t)a->member;                                      \
        return known;                                                     \
    }
NUMBER_VALUE(success, counts.success_ms, a->counts.success_ms > 0)
NUMBER_VALUE(key_expiry, key_expires_ms, a->key_expires_ms > 0)
NUMBER_VALUE(conflicts, conflicts, true)
NUMBER_VALUE(quarantined, quarantined, true)
NUMBER_VALUE(exposure_max, exposure_max_milli, true)
NUMBER_VALUE(exposure_sum, exposure_sum_milli, true)
NUMBER_VALUE(requests, requests, true)
NUMBER_VALUE(items, items, true)
NUMBER_VALUE(failures, failures, true)
NUMBER_VALUE(in_flight, in_flight, true)

/* ---- of an account, several */

static void oldest(const struct family *f, const struct metrics *m, struct buf *out)
{
    for (size_t i = 0; i < m->account_count; i++) {
        const struct metrics_account *a = &m->accounts[i];
        const struct metric_labels labels = labels_of(a);
        const int64_t age = a->counts.since_ms ? m->now_ms - a->counts.since_ms : 0;
        if (a->counted) metrics_part(out, f->name, &labels, age > 0 ? age : 0, 1000);
    }
}

static void info(const struct family *f, const struct metrics *m, struct buf *out)
{
    for (size_t i = 0; i < m->account_count; i++) {
        const struct metric_labels labels = with(&m->accounts[i], "plugin", m->accounts[i].plugin);
        if (m->accounts[i].stored) metrics_number(out, f->name, &labels, 1);
    }
}

static void states(const struct family *f, const struct metrics *m, struct buf *out)
{
    for (size_t i = 0; i < m->account_count; i++) {
        const struct metrics_account *a = &m->accounts[i];
        for (int s = SYNC_NEW; a->stored && s <= SYNC_DISABLED; s++) {
            const struct metric_labels labels =
                with(a, "state", sync_state_name((enum sync_state)s));
            metrics_number(out, f->name, &labels, a->state == (enum sync_state)s);
        }
    }
}

static void waits(const struct family *f, const struct metrics *m, struct buf *out)
{
    static const struct {
        const char *name;
        enum sync_wait wait;
    } reasons[] = {{"blocked", SYNC_WAIT_BLOCKED},
                   {"denied", SYNC_WAIT_DENIED},
                   {"orders", SYNC_WAIT_ORDERS},
                   {"quota", SYNC_WAIT_QUOTA},
                   {"failures", SYNC_WAIT_PAUSE}};
    for (size_t i = 0; i < m->account_count; i++) {
        const struct metrics_account *a = &m->accounts[i];
        for (size_t r = 0; a->stored && r < sizeof reasons / sizeof *reasons; r++) {
            const struct metric_labels labels = with(a, "reason", reasons[r].name);
            metrics_number(out, f->name, &labels, a->wait == reasons[r].wait);
        }
    }
}

static void latency(const struct family *f, const struct metrics *m, struct buf *out)
{
    static const struct stats_account none = {0};
    for (size_t i = 0; i < m->account_count; i++) {
        const struct metrics_account *a = &m->accounts[i];
        const struct stats_account *s = a->stats ? a->stats : &none;
        const struct metric_labels labels = labels_of(a);
        uint64_t within[STATS_BOUNDS], sum = 0;
        for (int b = 0; b < STATS_BOUNDS; b++)
            within[b] = sum += s->within[b];
        const struct metric_histogram histogram = {.bounds = stats_bounds_ms,
                                                   .within = within,
                                                   .bound_count = STATS_BOUNDS,
                                                   .count = sum + s->within[STATS_BOUNDS],
                                                   .sum = s->latency_sum_ms,
                                                   .per = 1000};
        if (a->stored) metrics_histogram(out, f->name, &labels, &histogram);
    }
}

static void outcomes(const struct family *f, const struct metrics *m, struct buf *out)
{
    static const char *const names[STATS_OUTCOMES] = {
        [STATS_EQUAL] = "equal",           [OUTCOME_OK] = "ok",
        [OUTCOME_ACCEPTED] = "accepted",   [OUTCOME_RETRY] = "retry",
        [OUTCOME_THROTTLED] = "throttled", [OUTCOME_CHANGED] = "changed",
        [OUTCOME_REJECTED] = "rejected",   [OUTCOME_UNRESOLVED] = "unresolved",
        [OUTCOME_SPLIT] = "split",         [OUTCOME_UNSENT] = "unsent",
        [OUTCOME_LOOK] = "not-seen",       [OUTCOME_AGAIN] = "again",
    };
    for (size_t i = 0; i < m->account_count; i++) {
        const struct metrics_account *a = &m->accounts[i];
        for (int k = 0; a->stored && k < STATS_OUTCOMES; k++) {
            const struct metric_labels labels = with(a, "outcome", names[k]);
            metrics_number(out, f->name, &labels, a->stats ? (int64_t)a->stats->outcomes[k] : 0);
        }
    }
}

static void codes(const struct family *f, const struct metrics *m, struct buf *out)
{
    for (size_t i = 0; i < m->account_count; i++) {
        const struct metrics_account *a = &m->accounts[i];
        const struct metric_labels rest = with(a, "code", STATS_OTHER);
        for (uint32_t c = 0; a->stored && a->stats && c < a->stats->code_count; c++) {
            const struct metric_labels labels = with(a, "code", a->stats->codes[c].name);
            metrics_number(out, f->name, &labels, (int64_t)a->stats->codes[c].count);
        }
        if (a->stored) metrics_number(out, f->name, &rest, a->stats ? (int64_t)a->stats->other : 0);
    }
}

/* ---- quotas and tasks */

static int64_t quota_used(const struct metrics_quota *q)
{
    return q->used;
}
static int64_t quota_free(const struct metrics_quota *q)
{
    return q->free;
}
static int64_t quota_amount(const struct metrics_quota *q)
{
    return q->amount;
}
static int64_t quota_waiting(const struct metrics_quota *q)
{
    return q->waiting;
}
static int64_t quota_closed(const struct metrics_quota *q)
{
    return q->closed;
}

static void each_quota(const struct family *f, const struct metrics *m, struct buf *out,
                       int64_t (*value)(const struct metrics_quota *quota))
{
    for (size_t i = 0; i < m->account_count; i++) {
        const struct metrics_account *a = &m->accounts[i];
        for (unsigned q = 0; a->stored && q < a->quota_count; q++) {
            const struct metric_labels labels = with(a, "bucket", a->quotas[q].bucket);
            metrics_number(out, f->name, &labels, value(&a->quotas[q]));
        }
    }
}

#define QUOTA_FAMILY(function, value)                                                      \
    static void function(const struct family *f, const struct metrics *m, struct buf *out) \
    {                                                                                      \
        each_quota(f, m, out, value);                                                      \
    }
QUOTA_FAMILY(quotas_used, quota_used)
QUOTA_FAMILY(quotas_free, quota_free)
QUOTA_FAMILY(quotas_amount, quota_amount)
QUOTA_FAMILY(quotas_waiting, quota_waiting)
QUOTA_FAMILY(quotas_closed, quota_closed)

enum task_value { TASK_LAST, TASK_FAILURES, TASK_RUNNING };

static void each_task(const struct family *f, const struct metrics *m, struct buf *out,
                      enum task_value what)
{
    for (size_t i = 0; i < m->account_count; i++) {
        const struct metrics_account *a = &m->accounts[i];
        for (int t = 0; a->stored && t < SYNC_TASKS; t++) {
            const struct metrics_task *task = &a->tasks[t];
            const struct metric_labels labels = with(a, "task", sync_task_name((enum sync_task)t));
            if (!task->offered || (what == TASK_LAST && !task->last_ms)) continue;
            if (what == TASK_LAST)
                metrics_part(out, f->name, &labels, task->last_ms, 1000);
            else
                metrics_number(out, f->name, &labels,
                               what == TASK_RUNNING ? task->running : task->failures);
        }
    }
}

static void tasks_last(const struct family *f, const struct metrics *m, struct buf *out)
{
    each_task(f, m, out, TASK_LAST);
}

static void tasks_failures(const struct family *f, const struct metrics *m, struct buf *out)
{
    each_task(f, m, out, TASK_FAILURES);
}

static void tasks_running(const struct family *f, const struct metrics *m, struct buf *out)
{
    each_task(f, m, out, TASK_RUNNING);
}

/* ---- of the daemon */

static void build(const struct family *f, const struct metrics *m, struct buf *out)
{
    const struct metric_labels labels = {{{"version", STOCKD_VERSION}}};
    (void)m;
    metrics_number(out, f->name, &labels, 1);
}

#define SINGLE(function, expression, per)                                                  \
    static void function(const struct family *f, const struct metrics *m, struct buf *out) \
    {                                                                                      \
        metrics_part(out, f->name, NULL, (int64_t)(expression), per);                      \
    }
SINGLE(started, m->started_ms, 1000)
SINGLE(in_force, m->ready, 1)
SINGLE(resident, m->resident_bytes, 1)
SINGLE(own, m->own_bytes, 1)
SINGLE(cpu, m->cpu_us, 1000000)
SINGLE(turn_max, m->measures.turn_max_us, 1000000)
SINGLE(turn_own_max, m->measures.turn_own_max_us, 1000000)
SINGLE(turns_processor_late, m->measures.turns_processor_late, 1)
SINGLE(turns_own_late, m->measures.turns_own_late, 1)
SINGLE(turn_processor_max, m->measures.turn_processor_max_us, 1000000)
SINGLE(connections, m->measures.connections, 1)
SINGLE(store_used, m->usage.used_bytes, 1)
SINGLE(store_file, m->usage.file_bytes, 1)
SINGLE(store_limit, m->usage.limit_bytes, 1)
SINGLE(products, m->products, 1)
SINGLE(listings, m->listings, 1)
SINGLE(plans, m->plans_held, 1)
SINGLE(imports_stuck, m->imports_stuck, 1)
SINGLE(inboxes_waiting, m->inboxes_waiting, 1)

static void backup(const struct family *f, const struct metrics *m, struct buf *out)
{
    if (m->backup_ms) metrics_part(out, f->name, NULL, m->backup_ms, 1000);
}

static void turns(const struct family *f, const struct metrics *m, struct buf *out)
{
    const struct metric_histogram histogram = {.bounds = m->measures.turn_bounds_us,
                                               .within = m->measures.turns_within,
                                               .bound_count = m->measures.turn_bounds,
                                               .count = m->measures.turns,
                                               .sum = m->measures.turn_sum_us,
                                               .per = 1000000};
    metrics_histogram(out, f->name, NULL, &histogram);
}

static void network(const struct family *f, const struct metrics *m, struct buf *out)
{
    const struct {
        const char *name;
        uint64_t count;
    } results[] = {{"arrived", m->measures.arrived},
                   {"not-sent", m->measures.not_sent},
                   {"lost", m->measures.lost},
                   {"too-large", m->measures.too_large}};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        const struct metric_labels labels = {{{"result", results[i].name}}};
        metrics_number(out, f->name, &labels, (int64_t)results[i].count);
    }
}

/* clang-format off */
static const struct family families[] = {
    {"stockd_build_info", "gauge", "Always 1; which version runs.", build, NULL, 0},
    {"stockd_start_time_seconds", "gauge", "When the process began, as seconds since 1970.", started, NULL, 0},
    {"stockd_config_in_force", "gauge", "1 when what the files declare is in force.", in_force, NULL, 0},
    {"stockd_process_resident_memory_bytes", "gauge", "Memory in use, with the pages of the store that the kernel keeps.", resident, NULL, 0},
    {"stockd_process_own_memory_bytes", "gauge", "Memory that is this process's own.", own, NULL, 0},
    {"stockd_process_cpu_seconds_total", "counter", "Processor time used.", cpu, NULL, 0},
    {"stockd_loop_turn_seconds", "histogram", "How long turns of the loop take.", turns, NULL, 0},
    {"stockd_loop_turn_max_seconds", "gauge", "The longest turn of the loop since the start.", turn_max, NULL, 0},
    {"stockd_loop_turn_own_max_seconds", "gauge", "The longest turn of the loop since the start, waiting for a processor not counted.", turn_own_max, NULL, 0},
    {"stockd_loop_own_late_turns_total", "counter", "Turns of the loop above 5 ms, waiting for a processor not counted.", turns_own_late, NULL, 0},
    {"stockd_loop_processor_late_turns_total", "counter", "Turns of the loop that used more than 5 ms of a processor.", turns_processor_late, NULL, 0},
    {"stockd_loop_turn_processor_max_seconds", "gauge", "The most processor time that a turn of the loop used since the start.", turn_processor_max, NULL, 0},
    {"stockd_network_requests_total", "counter", "Requests to marketplaces, by what came of them.", network, NULL, 0},
    {"stockd_network_connections_total", "counter", "Connections opened to marketplaces.", connections, NULL, 0},
    {"stockd_store_used_bytes", "gauge", "Pages of the store in use.", store_used, NULL, 0},
    {"stockd_store_file_bytes", "gauge", "Size of the store's file.", store_file, NULL, 0},
    {"stockd_store_limit_bytes", "gauge", "What the store can grow to.", store_limit, NULL, 0},
    {"stockd_products", "gauge", "Products there are.", products, NULL, 0},
    {"stockd_listings", "gauge", "Listings that were read, of all accounts.", listings, NULL, 0},
    {"stockd_plans_held", "gauge", "Changes that the guard holds until somebody applies or drops them.", plans, NULL, 0},
    {"stockd_imports_waiting", "gauge", "Imports that a full or failing disk keeps from going on.", imports_stuck, NULL, 0},
    {"stockd_inboxes_waiting", "gauge", "Inboxes that wait for something: their folder, room on a disk.", inboxes_waiting, NULL, 0},
    {"stockd_backup_last_success_timestamp_seconds", "gauge", "When the newest backup by schedule was made, where there is one.", backup, NULL, 0},
    {"stockd_account_info", "gauge", "Always 1; which plugin the account is of.", info, NULL, 0},
    {"stockd_account_state", "gauge", "1 for the state the account is in, 0 for the others.", states, NULL, 0},
    {"stockd_account_waiting", "gauge", "1 for what the account's next write waits for.", waits, NULL, 0},
    {"stockd_key_expiry_timestamp_seconds", "gauge", "When the account's key expires, where that is known.", each_account, key_expiry, 1000},
    {"stockd_last_success_timestamp_seconds", "gauge", "When a figure was last acknowledged.", each_account, success, 1000},
    {"stockd_oldest_unsent_seconds", "gauge", "Age of the oldest change that is not at the marketplace; 0 when there is none.", oldest, NULL, 0},
    {"stockd_propagation_seconds", "histogram", "From a change to its acknowledgement by the marketplace.", latency, NULL, 0},
    {"stockd_targets", "gauge", "Places where a figure is shown.", each_account, targets, 0},
    {"stockd_targets_unsent", "gauge", "Of them: with a figure to send, or on its way.", each_account, unsent, 0},
    {"stockd_targets_unresolved", "gauge", "Of them: nobody knows yet whether the last write landed.", each_account, unresolved, 0},
    {"stockd_targets_rejected", "gauge", "Of them: refused by the marketplace.", each_account, rejected, 0},
    {"stockd_targets_held", "gauge", "Of them: held for a reason of ours.", each_account, held, 0},
    {"stockd_targets_drifting", "gauge", "Of them: read to be another figure than should be there.", each_account, drifting, 0},
    {"stockd_requests_total", "counter", "Requests that sent figures.", each_account, requests, 0},
    {"stockd_items_total", "counter", "Figures in them.", each_account, items, 0},
    {"stockd_request_failures_total", "counter", "Of the requests: those that came to nothing.", each_account, failures, 0},
    {"stockd_requests_in_flight", "gauge", "Requests that send figures, on their way now.", each_account, in_flight, 0},
    {"stockd_outcomes_total", "counter", "What became of figures, one by one.", outcomes, NULL, 0},
    {"stockd_outcome_codes_total", "counter", "Outcomes that came with a code of the marketplace's.", codes, NULL, 0},
    {"stockd_quota_used", "gauge", "Of a quota's bucket: what counts as used now.", quotas_used, NULL, 0},
    {"stockd_quota_free", "gauge", "Of a quota's bucket: what can be used at once.", quotas_free, NULL, 0},
    {"stockd_quota_amount", "gauge", "Of a quota's bucket: what there is in all.", quotas_amount, NULL, 0},
    {"stockd_quota_waiting", "gauge", "Of a quota's bucket: requests that wait for it.", quotas_waiting, NULL, 0},
    {"stockd_quota_closed", "gauge", "1 while the marketplace has closed a quota's bucket.", quotas_closed, NULL, 0},
    {"stockd_task_last_success_timestamp_seconds", "gauge", "When a task of the account last ended well.", tasks_last, NULL, 0},
    {"stockd_task_failures", "gauge", "Failures of a task in a row; 0 after it ended well.", tasks_failures, NULL, 0},
    {"stockd_task_running", "gauge", "1 while the task goes on.", tasks_running, NULL, 0},
    {"stockd_orders_quarantined", "gauge", "Lines of orders that could not be resolved.", each_account, quarantined, 0},
    {"stockd_exposure_max_pieces", "gauge", "Pieces that may be sold that are sold already: of the worst product.", each_account, exposure_max, 1000},
    {"stockd_exposure_sum_pieces", "gauge", "Pieces that may be sold that are sold already: of all products.", each_account, exposure_sum, 1000},
    {"stockd_conflicts", "gauge", "Listings that mapping will not guess.", each_account, conflicts, 0},
};
/* clang-format on */

void metrics_print(const struct metrics *m, struct buf *out)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        metrics_family(out, families[i].name, families[i].type, families[i].help);
        families[i].samples(&families[i], m, out);
    }
}
