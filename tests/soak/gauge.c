/* What the daemon takes while it works: what the kernel and it itself say, second by second. */
#include "soak.h"

#include "../e2e/harness_private.h"
#include "exposition.h"

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES_MAX = 7200, WARM_PARTS = 2, SPIN_US = 250, SPIN_EVERY_US = 5000, LATE_US = 5000 };

static struct sample {
    double at_s, memory_kib, processor_s;
    int files, threads;
} samples[SAMPLES_MAX];
static size_t sample_count;
static struct gauges most;

/* ---- a witness: how long the machine keeps a thread that wants to run from running */

static pthread_t witness;
static atomic_bool witness_ends;
static atomic_long witness_us, witness_slices, witness_late;

static int64_t clock_us(clockid_t id)
{
    struct timespec at;
    clock_gettime(id, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void *watch(void *arg)
{
    while (!atomic_load(&witness_ends)) {
        int64_t from = clock_us(CLOCK_MONOTONIC), used = clock_us(CLOCK_THREAD_CPUTIME_ID);
        while (clock_us(CLOCK_THREAD_CPUTIME_ID) - used < SPIN_US) {
        }
        long kept = (long)(clock_us(CLOCK_MONOTONIC) - from - SPIN_US);
        atomic_fetch_add(&witness_slices, 1);
        atomic_fetch_add(&witness_late, kept > LATE_US);
        if (kept > atomic_load(&witness_us)) atomic_store(&witness_us, kept);
        usleep(SPIN_EVERY_US);
    }
    return arg;
}

void gauge_open(void)
{
    sample_count = 0;
    most = (struct gauges){0};
    atomic_store(&witness_ends, false);
    atomic_store(&witness_us, 0);
    atomic_store(&witness_late, 0);
    atomic_store(&witness_slices, 1);
    assert_int_equal(pthread_create(&witness, NULL, watch, NULL), 0);
}

void gauge_close(void)
{
    atomic_store(&witness_ends, true);
    pthread_join(witness, NULL);
}

/* ---- one sample */

/* Anonymous memory: heap, stacks, pages copied on write. "Private dirty" holds pages of the store's
 * file too, which are the kernel's cache. */
static double memory_kib(pid_t pid)
{
    const char *text = file_read(text_format("/proc/%d/smaps_rollup", (int)pid));
    const char *line = strstr(text, "Anonymous:");
    return line ? strtod(line + strlen("Anonymous:"), NULL) : 0;
}

static int entries(const char *path)
{
    int count = 0;
    DIR *dir = opendir(path);
    if (!dir) return 0;
    for (const struct dirent *e; (e = readdir(dir));)
        count += e->d_name[0] != '.';
    closedir(dir);
    return count;
}

static double processor_s(pid_t pid)
{
    const char *text = file_read(text_format("/proc/%d/stat", (int)pid));
    const char *after = strrchr(text, ')');
    unsigned long user = 0, kernel = 0;
    if (after)
        sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static double value(const struct exposition *e, const char *name, const char *labels)
{
    double v = exposition_value(e, name, labels);
    if (isnan(v)) fail_msg("there is no metric %s{%s}", name, labels);
    return v;
}

static void read_metrics(const struct soak *soak)
{
    char *text;
    assert_int_equal(http_ask(world_path("sock"), "GET", "http://stockd/metrics", NULL, &text),
                     200);
    struct exposition *e = exposition_read(text);
    free(text);
    most.turns = value(e, "stockd_loop_turn_seconds_count", "");
    most.late_turns = most.turns - value(e, "stockd_loop_turn_seconds_bucket", "le=\"0.005\"");
    most.turn_most_ms = value(e, "stockd_loop_turn_max_seconds", "") * 1e3;
    most.own_late_turns = value(e, "stockd_loop_own_late_turns_total", "");
    most.processor_late_turns = value(e, "stockd_loop_processor_late_turns_total", "");
    most.turn_own_most_ms = value(e, "stockd_loop_turn_own_max_seconds", "") * 1e3;
    most.turn_processor_most_ms = value(e, "stockd_loop_turn_processor_max_seconds", "") * 1e3;
    for (int s = 0; s < SHOPS; s++) {
        const char *label = text_format("account=\"%s\"", soak->shops[s].account);
        double age = value(e, "stockd_oldest_unsent_seconds", label);
        if (age > most.unsent_s) most.unsent_s = age;
    }
    exposition_free(e);
}

static double seconds_of(const char *text)
{
    struct tm tm = {0};
    return strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) ? (double)timegm(&tm) : 0;
}

/* How late what is to come by its schedule is, and how long ago orders were read. */
static void read_schedule(void)
{
    enum { KEPT = 8 }; /* a figure is judged some seconds after it was told */
    static double unread[KEPT];
    static unsigned at;
    double longest = 0;
    json_t *items = json_object_get(api_get("/v1/schedule"), "items"), *item;
    double now = (double)time(NULL);
    size_t i;
    json_array_foreach (items, i, item) {
        double next = seconds_of(text_at(item, "next")), last = seconds_of(text_at(item, "last"));
        if (strcmp(text_at(item, "task"), "orders") == 0 && now - last > longest) {
            longest = now - last;
            if (longest > most.unread_s)
                snprintf(most.unread, sizeof most.unread, "%s", text_at(item, "account"));
        }
        if (json_is_true(json_object_get(item, "running")) || next == 0) continue;
        if (now - next <= most.overdue_s) continue;
        most.overdue_s = now - next;
        snprintf(most.overdue, sizeof most.overdue, "%s of %s", text_at(item, "task"),
                 text_at(item, "account"));
    }
    unread[at++ % KEPT] = longest;
    for (int k = 0; k < KEPT; k++)
        if (unread[k] > longest) longest = unread[k];
    if (longest > most.unread_s) most.unread_s = longest;
    book_unread((int64_t)(longest * 1000));
}

void gauge_sample(const struct soak *soak)
{
    size_t mark = keep_mark();
    pid_t pid = daemon_pid();
    if (sample_count == SAMPLES_MAX) return;
    read_metrics(soak);
    read_schedule();
    samples[sample_count++] =
        (struct sample){.at_s = (double)(now_ms() - soak->begun_ms) / 1000,
                        .memory_kib = memory_kib(pid),
                        .processor_s = processor_s(pid),
                        .files = entries(text_format("/proc/%d/fd", (int)pid)),
                        .threads = entries(text_format("/proc/%d/task", (int)pid))};
    keep_forget(mark);
}

/* ---- what they say */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return count ? values[count / 2] : 0;
}

/* The median of the slopes between all pairs of samples: a few that are far off move it little. */
static double slope_kib_s(const struct sample *from, size_t count)
{
    double *slopes = calloc(count * count / 2 + 1, sizeof *slopes);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            if (from[k].at_s > from[i].at_s)
                slopes[n++] =
                    (from[k].memory_kib - from[i].memory_kib) / (from[k].at_s - from[i].at_s);
    double middle = median(slopes, n);
    free(slopes);
    return middle;
}

static double median_files(const struct sample *from, size_t count)
{
    double values[SAMPLES_MAX];
    for (size_t i = 0; i < count; i++)
        values[i] = from[i].files;
    return median(values, count);
}

struct gauges gauge_read(const struct soak *soak)
{
    static double values[SAMPLES_MAX];
    struct gauges g = most;
    size_t warm = sample_count / WARM_PARTS, quarter = (sample_count - warm) / 4 + 1;
    const struct sample *from = samples + warm, *last = samples + sample_count - 1;
    (void)soak;
    g.samples = sample_count - warm;
    for (size_t i = 0; i < g.samples; i++) {
        values[i] = from[i].memory_kib;
        if (from[i].memory_kib / 1024 > g.memory_most_mib)
            g.memory_most_mib = from[i].memory_kib / 1024;
        if (from[i].files > g.files_most) g.files_most = from[i].files;
        if (from[i].threads > g.threads_most) g.threads_most = from[i].threads;
    }
    g.memory_mib = median(values, g.samples) / 1024;
    g.growth_mib = slope_kib_s(from, g.samples) * (last->at_s - from->at_s) / 1024;
    g.files_before = median_files(from, quarter);
    g.files_after = median_files(last - quarter + 1, quarter);
    g.kept_late = (double)atomic_load(&witness_late) / (double)atomic_load(&witness_slices);
    g.kept_waiting_ms = (double)atomic_load(&witness_us) / 1e3;
    if (last->at_s > from->at_s)
        g.processor = (last->processor_s - from->processor_s) / (last->at_s - from->at_s);
    return g;
}
