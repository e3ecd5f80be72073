/* What a test sees and sets of a daemon that runs with libtorture-shim.so preloaded: its calls to
 * the kernel are counted, and are made to fail, or to be its last, while it runs.
 *
 * Why a preloaded library and no points in the code: it needs nothing in core/, it is the program
 * that is shipped, and no effect can be forgotten, for everything that outlives a process goes
 * through these calls (LMDB's own among them). What it does not see: stdio's writes (of which
 * stockd does none that matter) and memory, since kill -9 leaves the page cache alone.
 *
 * The struct lies in a file that both map; the file is named by TORTURE_CONTROL. */
#ifndef STOCKD_TORTURE_SHIM_H
#define STOCKD_TORTURE_SHIM_H

#include <stdatomic.h>
#include <stdint.h>

enum torture_call {
    TORTURE_OPEN,   /* for writing */
    TORTURE_WRITE,  /* to a regular file but the log: write, pwrite, writev, posix_fallocate */
    TORTURE_SYNC,   /* fsync, fdatasync, msync */
    TORTURE_CHANGE, /* of a directory: rename, unlink, mkdir, and ftruncate */
    TORTURE_SEND,   /* on a connection */
    TORTURE_CONNECT,
    TORTURE_SOCKET,
    TORTURE_ACCEPT,
    TORTURE_READ_OPEN, /* open for reading, opendir */
    TORTURE_READ,      /* from a regular file; readdir */
    TORTURE_LOOK,      /* fstat, stat, lstat, statx */
    TORTURE_LOCK,      /* flock; fcntl's locks and leases */
    TORTURE_MAP,       /* mmap of a file */
    TORTURE_CLOSE,     /* of a regular file: it is closed, and yet fails */
    TORTURE_MEMORY,    /* malloc and its kin, those of the libraries too */
    TORTURE_CALLS,
};

enum torture_how {
    TORTURE_BEFORE,
    TORTURE_AFTER,
    TORTURE_TORN, /* a write of several pages after half of them; others after them */
};

struct torture_rule {
    _Atomic uint64_t seen;
    _Atomic int error;     /* errno; 0: works */
    _Atomic int64_t skip;  /* so many more work first */
    _Atomic int64_t times; /* so many fail then; negative: all */
};

struct torture {
    /* Of those that leave something behind: the first six but for failed ones. */
    _Atomic uint64_t effects;
    _Atomic uint64_t kill_at; /* at this one, by SIGKILL; 0: never */
    _Atomic uint32_t kill_how;
    _Atomic uint32_t killed_in; /* enum torture_call, plus 1 */
    struct torture_rule rules[TORTURE_CALLS];
    _Atomic int64_t clock_ms; /* added to the wall clock */
};

#endif
