/* The shim's other side, and which effects are tried. */
#include "torture.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct torture *torture;

int torture_begin(void **state)
{
    if (world_begin(state)) return -1;
    if (under_sanitizer()) test_skip("a sanitizer wants to be loaded first");
    const char *seed = getenv("STOCKD_TEST_SEED");
    srandom((unsigned)(seed ? atol(seed) : 7));
    int fd = open(world_path("torture"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, sizeof *torture), 0);
    torture = mmap(NULL, sizeof *torture, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(torture != MAP_FAILED);
    close(fd);
    return 0;
}

int torture_end(void **state)
{
    if (torture) munmap(torture, sizeof *torture);
    torture = NULL;
    return world_end(state);
}

bool torture_full(void)
{
    const char *full = getenv("STOCKD_TORTURE");
    return full && strcmp(full, "full") == 0;
}

const char *const *torture_words(void)
{
    static const char *words[4];
    words[0] = "/usr/bin/env";
    words[1] = "LD_PRELOAD=" TORTURE_SHIM;
    words[2] = text_format("TORTURE_CONTROL=%s", world_path("torture"));
    return words;
}

void torture_start_begin(void)
{
    torture->killed_in = 0;
    daemon_begin_under(torture_words());
}

void torture_start(void)
{
    torture_start_begin();
    daemon_wait_ready();
}

/* ---- failing */

void torture_fail(enum torture_call call, int error, int64_t skip, int64_t times)
{
    struct torture_rule *rule = &torture->rules[call];
    rule->error = 0;
    rule->skip = skip;
    rule->times = times;
    rule->error = error;
}

void torture_mend(void)
{
    for (int i = 0; i < TORTURE_CALLS; i++)
        torture->rules[i].error = 0;
}

/* ---- killing */

void torture_kill_at(uint64_t at, enum torture_how how)
{
    torture->killed_in = 0;
    torture->kill_how = how;
    torture->kill_at = torture->effects + at;
}

void torture_kill_never(void)
{
    torture->kill_at = 0;
}

void torture_kill_ends(void)
{
    if (process_runs(daemon_pid())) {
        torture_kill_never();
        daemon_kill();
        return;
    }
    int code = daemon_ended();
    if (code != 128 + SIGKILL || !torture_killed())
        fail_msg("stockd ended by itself with code %d", code);
}

bool torture_killed(void)
{
    return torture->killed_in != 0;
}

const char *torture_call_name(enum torture_call call)
{
    static const char *const names[TORTURE_CALLS] = {[TORTURE_OPEN] = "opening",
                                                     [TORTURE_WRITE] = "a write",
                                                     [TORTURE_SYNC] = "a sync",
                                                     [TORTURE_CHANGE] = "a renaming",
                                                     [TORTURE_SEND] = "a sending",
                                                     [TORTURE_CONNECT] = "a connection",
                                                     [TORTURE_SOCKET] = "a socket",
                                                     [TORTURE_ACCEPT] = "an accepting",
                                                     [TORTURE_READ_OPEN] = "opening for reading",
                                                     [TORTURE_READ] = "a read",
                                                     [TORTURE_LOOK] = "a look at a file",
                                                     [TORTURE_LOCK] = "a lock",
                                                     [TORTURE_MAP] = "a mapping",
                                                     [TORTURE_CLOSE] = "a closing",
                                                     [TORTURE_MEMORY] = "an allocation"};
    return names[call];
}

const char *torture_place(void)
{
    static const char *const hows[] = {"before", "after", "in the midst of"};
    uint32_t in = torture->killed_in;
    return in ? text_format("%s %s", hows[torture->kill_how % 3],
                            torture_call_name((enum torture_call)(in - 1)))
              : "nowhere";
}

/* ---- which */

struct torture_walk torture_walk(uint64_t effects)
{
    print_message("%llu effects\n", (unsigned long long)effects);
    return (struct torture_walk){
        .effects = effects, .stride = 1, .until_ms = now_ms() + TORTURE_SHORT_MS};
}

struct torture_walk torture_walk_most(uint64_t effects, uint64_t most)
{
    struct torture_walk walk = torture_walk(effects);
    if (effects > most) walk.stride = (effects + most - 1) / most;
    return walk;
}

bool torture_next(struct torture_walk *walk)
{
    enum { HOWS = 3 };
    if (torture_full()) {
        walk->at = walk->turn / HOWS * walk->stride + 1;
        walk->how = (enum torture_how)(walk->turn % HOWS);
        walk->turn++;
        return walk->at <= walk->effects;
    }
    walk->turn++;
    walk->at = 1 + (uint64_t)random() % walk->effects;
    walk->how = (enum torture_how)(random() % HOWS);
    return now_ms() < walk->until_ms;
}
