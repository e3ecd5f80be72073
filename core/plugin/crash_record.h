/* Private to core/plugin: the file of the crash guard: marks of running steps, records of crashes.
 * Marks are written by the thread they belong to, records on the loop thread. */
#ifndef STOCKD_PLUGIN_CRASH_RECORD_H
#define STOCKD_PLUGIN_CRASH_RECORD_H

#include "plugin/crash.h"

#include <stdatomic.h>

enum mark_state { MARK_FREE = 0, MARK_INSIDE = 1, MARK_CRASHED = 2 };

struct crash_mark {
    _Atomic uint32_t state; /* enum mark_state; lock-free, so a signal handler may write it */
    int32_t signal;
    int64_t entered_ms; /* wall clock */
    char plugin[GUARD_TEXT_MAX], account[GUARD_TEXT_MAX], operation[GUARD_TEXT_MAX];
};

struct crash_record {
    char plugin[GUARD_TEXT_MAX]; /* "" : free */
    char account[GUARD_TEXT_MAX], operation[GUARD_TEXT_MAX];
    int64_t times_ms[GUARD_CRASHES]; /* the last ones, newest first; 0: none */
    uint32_t crashes;
    int32_t signal;
    uint8_t quarantined, in_last_run, reserved[6];
};

struct crash_file {
    char magic[8];
    uint32_t version, size;
    struct crash_mark marks[GUARD_SLOTS];
    struct crash_record records[GUARD_PLUGINS];
};

/* Opens or makes, locks, maps. A file that is not ours is begun anew. */
enum status crash_file_open(const char *path, struct crash_file **file, int *fd,
                            struct error *error);
/* Turns the marks of the last run into records. */
void crash_file_settle(struct crash_file *file);
void crash_file_add(struct crash_file *file, const char *plugin, const char *account,
                    const char *operation, int signal, int64_t when_ms);
struct crash_record *crash_file_find(struct crash_file *file, const char *plugin);

/* Copies and cuts; the rest of `to` is zeroed. */
void crash_text(char to[GUARD_TEXT_MAX], const char *from);

#endif
