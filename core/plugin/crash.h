/* Which plugin broke the daemon. A mapped file holds one slot for each thread that runs plugin
 * code; around each step the thread's slot names plugin, account and operation. When SEGV, BUS,
 * ILL, FPE or ABRT is raised in such a thread, a handler marks its slot and lets the signal take
 * its course. Nothing else counts: a kill -9, a power cut, a crash of our own in another thread
 * leave no mark. A step that runs longer than GUARD_HANG_MS counts as a crash too.
 *
 * At the next start the marks are read. GUARD_CRASHES crashes within GUARD_WINDOW_MS quarantine a
 * plugin: the loader refuses it until plugin_guard_release (`stockctl plugin release NAME`). The
 * record of crashes lives in the same file; it survives restarts, and a damaged file is begun anew
 * with a warning.
 *
 * HANGS. The loop's timer calls plugin_guard_overdue every second or so. What it returns is already
 * recorded as a crash. A thread cannot be stopped safely, so it is lost, and its account with it:
 * the daemon parks the account by a command, waits for its commit, and then starts itself anew
 * (execve of its own image; its supervisor does the same after exit status 75). A step that comes
 * back after all stays recorded.
 *
 * CONCURRENCY. enter and leave on any thread, never nested; the rest on the loop thread. One guard
 * per process, since signal actions are the process's. */
#ifndef STOCKD_PLUGIN_CRASH_H
#define STOCKD_PLUGIN_CRASH_H

#include "base/clock.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GUARD_SLOTS = 64,         /* threads that run plugin code at once; more run unmarked */
    GUARD_PLUGINS = 64,       /* plugins with a record; the one idle longest gives way */
    GUARD_CRASHES = 2,        /* design: twice in ten minutes */
    GUARD_WINDOW_MS = 600000, /* ten minutes */
    GUARD_SLOW_MS = 50,       /* a longer step is logged */
    GUARD_HANG_MS = 10000,    /* a longer step counts as a crash */
    GUARD_TEXT_MAX = 64,      /* bytes kept of a name, with its end */
};

/* What signal number stands for a hang in a record. */
enum { GUARD_HANG = 0 };

struct plugin_guard;

/* Opens or makes the file (mode 0600), reads the marks of the last run and installs the handlers.
 * ST_EXISTS when this process has a guard already; ST_IO. `clock` must outlive it. */
enum status plugin_guard_open(const char *path, const struct clock_source *clock,
                              struct plugin_guard **guard, struct error *error);
/* Gives the signals back. No thread may be inside. NULL is fine. */
void plugin_guard_close(struct plugin_guard *guard);

/* Around every call of plugin code (plugin_operation_step, the loader and plugin_item_routes do it
 * themselves). `guard` NULL does nothing. */
void plugin_guard_enter(struct plugin_guard *guard, const char *plugin, const char *account,
                        const char *operation);
void plugin_guard_leave(struct plugin_guard *guard);

struct plugin_overdue {
    char plugin[GUARD_TEXT_MAX], account[GUARD_TEXT_MAX], operation[GUARD_TEXT_MAX];
    int64_t running_ms;
};
/* Steps past GUARD_HANG_MS, each told once, now recorded as crashes. `now_us` is the clock's
 * mono_us. */
size_t plugin_guard_overdue(struct plugin_guard *guard, int64_t now_us,
                            struct plugin_overdue out[GUARD_SLOTS]);

/* ST_DENIED with a sentence when the plugin is quarantined. `guard` may be NULL. */
enum status plugin_guard_check(struct plugin_guard *guard, const char *plugin, struct error *error);
/* Forgets its crashes too. ST_NOT_FOUND when it is not quarantined. */
enum status plugin_guard_release(struct plugin_guard *guard, const char *plugin,
                                 struct error *error);

/* For people: the record of each plugin that ever crashed, and whether it did in the last run. */
struct plugin_crash {
    char plugin[GUARD_TEXT_MAX], account[GUARD_TEXT_MAX], operation[GUARD_TEXT_MAX];
    int64_t last_ms;  /* wall clock */
    int signal;       /* of the last, GUARD_HANG for a hang */
    uint32_t crashes; /* since the last release */
    bool quarantined;
    bool in_last_run; /* found by this start, or a hang of this run: worth an alert */
};
size_t plugin_guard_list(struct plugin_guard *guard, struct plugin_crash out[GUARD_PLUGINS]);

#endif
