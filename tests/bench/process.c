/* What the kernel says of a process: memory of its own, processor time. */
#include "world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PEAK_EVERY_US = 10000 };

/* Anonymous memory: heap, stacks, and pages of files that were copied on write. The kernel counts
 * pages of the store that are not yet on disk as "private dirty" of whoever maps them, although
 * they are its cache; so that field is not taken. */
double process_private_mib(pid_t pid)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    FILE *stream = fopen(path, "r");
    if (!stream) return 0;
    while (fgets(line, sizeof line, stream))
        if (sscanf(line, "Anonymous: %ld", &kib) == 1) break;
    fclose(stream);
    return (double)kib / 1024;
}

double process_cpu_s(pid_t pid)
{
    char path[64], text[1024];
    unsigned long user = 0, kernel = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *stream = fopen(path, "r");
    if (!stream) return 0;
    size_t size = fread(text, 1, sizeof text - 1, stream);
    fclose(stream);
    text[size] = 0;
    const char *after = strrchr(text, ')'); /* the name may hold anything */
    if (after)
        sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel);
    return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

struct peak {
    pthread_t thread;
    atomic_bool stop;
    pid_t pid;
    double most;
};

static void *sample(void *arg)
{
    struct peak *peak = arg;
    while (!atomic_load(&peak->stop)) {
        double now = process_private_mib(peak->pid);
        if (now > peak->most) peak->most = now;
        usleep(PEAK_EVERY_US);
    }
    return NULL;
}

struct peak *peak_start(pid_t pid)
{
    struct peak *peak = calloc(1, sizeof *peak);
    peak->pid = pid;
    if (pthread_create(&peak->thread, NULL, sample, peak) != 0) bench_fail("no thread");
    return peak;
}

double peak_stop(struct peak *peak)
{
    atomic_store(&peak->stop, true);
    pthread_join(peak->thread, NULL);
    double most = peak->most;
    free(peak);
    return most;
}
