/* The preloaded library. Each function here stands before libc's of the same name. */
#include "shim.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

/* What stands behind the functions here. */
#define FUNCTIONS(X)                                                                              \
    X(accept4), X(chmod), X(clock_gettime), X(close), X(connect), X(fchmod), X(fcntl),            \
        X(fdatasync), X(flock), X(fstat), X(fstatat), X(fsync), X(ftruncate), X(lstat), X(mkdir), \
        X(mkdirat), X(mmap), X(msync), X(open), X(openat), X(opendir), X(posix_fallocate),        \
        X(pread), X(pwrite), X(read), X(readdir), X(rename), X(renameat), X(renameat2), X(rmdir), \
        X(send), X(sendmsg), X(sendto), X(socket), X(stat), X(statx), X(unlink), X(unlinkat),     \
        X(write), X(writev)
#define NUMBER(name) NUMBER_##name
#define TEXT(name)   #name
enum function { FUNCTIONS(NUMBER), FUNCTION_COUNT };
static const char *const names[] = {FUNCTIONS(TEXT)};

#define REAL(name) ((__typeof__(&name))(uintptr_t)real(NUMBER_##name))

enum { PAGE = 4096 };

static struct torture *torture;

/* Looked up once, and before anything is done: dlsym takes a lock, and one that is just being taken
 * would stop a handler of signals that writes to a pipe, as libuv's does, for ever. */
static void *real(enum function number)
{
    static void *_Atomic found[FUNCTION_COUNT];
    void *function = atomic_load(&found[number]);
    if (function) return function;
    function = dlsym(RTLD_NEXT, names[number]);
    if (!function) abort();
    atomic_store(&found[number], function);
    return function;
}

__attribute__((constructor)) static void begin(void)
{
    for (int i = 0; i < FUNCTION_COUNT; i++)
        real((enum function)i);
    const char *path = getenv("TORTURE_CONTROL");
    if (!path) return;
    int fd = REAL(open)(path, O_RDWR | O_CLOEXEC);
    void *at = fd < 0 ? MAP_FAILED
                      : mmap(NULL, sizeof *torture, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    if (at != MAP_FAILED) torture = at;
}

/* ---- one call */

struct call {
    enum torture_call kind;
    bool last;
    enum torture_how how;
};

static void die(enum torture_call kind)
{
    torture->killed_in = (uint32_t)kind + 1;
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* Takes one from a number of so many, if there is one. */
static bool take(_Atomic int64_t *number)
{
    int64_t n = atomic_load(number);
    while (n > 0)
        if (atomic_compare_exchange_weak(number, &n, n - 1)) return true;
    return false;
}

/* False: it is to fail, errno says how. */
static bool enter(enum torture_call kind, struct call *call)
{
    *call = (struct call){.kind = kind};
    if (!torture) return true;
    struct torture_rule *rule = &torture->rules[kind];
    rule->seen++;
    int error = atomic_load(&rule->error);
    if (error && !take(&rule->skip) && (atomic_load(&rule->times) < 0 || take(&rule->times))) {
        errno = error;
        return false;
    }
    if (kind > TORTURE_CONNECT) return true;
    call->last = ++torture->effects == atomic_load(&torture->kill_at);
    call->how = (enum torture_how)atomic_load(&torture->kill_how);
    if (call->last && call->how == TORTURE_BEFORE) die(kind);
    return true;
}

static void leave(const struct call *call)
{
    if (call->last) die(call->kind);
}

/* How much of a write is written: all, or half its pages. */
static size_t cut(const struct call *call, size_t size)
{
    if (!call->last || call->how != TORTURE_TORN || size < 2 * PAGE) return size;
    return size / 2 / PAGE * PAGE;
}

/* Not the log, not a socket, pipe or eventfd. */
static bool counts(int fd)
{
    struct stat st;
    return torture && fd > STDERR_FILENO && REAL(fstat)(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* ---- files */

EXPORT ssize_t write(int fd, const void *data, size_t size)
{
    struct call call;
    if (!counts(fd)) return REAL(write)(fd, data, size);
    if (!enter(TORTURE_WRITE, &call)) return -1;
    ssize_t n = REAL(write)(fd, data, cut(&call, size));
    leave(&call);
    return n;
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    struct call call;
    if (!counts(fd)) return REAL(pwrite)(fd, data, size, at);
    if (!enter(TORTURE_WRITE, &call)) return -1;
    ssize_t n = REAL(pwrite)(fd, data, cut(&call, size), at);
    leave(&call);
    return n;
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    struct call call;
    if (!counts(fd)) return REAL(writev)(fd, parts, count);
    if (!enter(TORTURE_WRITE, &call)) return -1;
    if (call.last && call.how == TORTURE_TORN && count > 1) count /= 2;
    ssize_t n = REAL(writev)(fd, parts, count);
    leave(&call);
    return n;
}

EXPORT int posix_fallocate(int fd, off_t at, off_t size)
{
    struct call call;
    if (!enter(TORTURE_WRITE, &call)) return errno;
    int rc = REAL(posix_fallocate)(fd, at, size);
    leave(&call);
    return rc;
}

/* CALL(kind, rename, (from, to)): the rest of a function whose call gives -1 on failure. */
#define CALL(kind, name, arguments)         \
    do {                                    \
        struct call call;                   \
        if (!enter(kind, &call)) return -1; \
        int rc = REAL(name) arguments;      \
        int error = errno;                  \
        leave(&call);                       \
        errno = error;                      \
        return rc;                          \
    } while (0)

/* The whole of such a function. */
#define WRAPPED(kind, name, parameters, arguments) \
    EXPORT int name parameters                     \
    {                                              \
        CALL(kind, name, arguments);               \
    }                                              \
    _Static_assert(1, #name)

WRAPPED(TORTURE_SYNC, fsync, (int fd), (fd));
WRAPPED(TORTURE_SYNC, fdatasync, (int fd), (fd));
WRAPPED(TORTURE_SYNC, msync, (void *at, size_t size, int flags), (at, size, flags));
WRAPPED(TORTURE_CHANGE, ftruncate, (int fd, off_t size), (fd, size));
WRAPPED(TORTURE_CHANGE, rename, (const char *from, const char *to), (from, to));
WRAPPED(TORTURE_CHANGE, renameat, (int a, const char *from, int b, const char *to),
        (a, from, b, to));
WRAPPED(TORTURE_CHANGE, renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
        (a, from, b, to, flags));
WRAPPED(TORTURE_CHANGE, unlink, (const char *path), (path));
WRAPPED(TORTURE_CHANGE, unlinkat, (int fd, const char *path, int flags), (fd, path, flags));
WRAPPED(TORTURE_CHANGE, mkdir, (const char *path, mode_t mode), (path, mode));
WRAPPED(TORTURE_CHANGE, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode));
WRAPPED(TORTURE_CHANGE, rmdir, (const char *path), (path));
WRAPPED(TORTURE_CHANGE, chmod, (const char *path, mode_t mode), (path, mode));
WRAPPED(TORTURE_CHANGE, fchmod, (int fd, mode_t mode), (fd, mode));

static enum torture_call opening(int flags)
{
    return (flags & O_ACCMODE) == O_RDONLY && !(flags & O_CREAT) ? TORTURE_READ_OPEN : TORTURE_OPEN;
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, mode_t) : 0;
}

EXPORT int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    CALL(opening(flags), open, (path, flags, mode));
}

EXPORT int openat(int fd, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    CALL(opening(flags), openat, (fd, path, flags, mode));
}

EXPORT DIR *opendir(const char *path)
{
    struct call call;
    return enter(TORTURE_READ_OPEN, &call) ? REAL(opendir)(path) : NULL;
}

EXPORT ssize_t read(int fd, void *data, size_t size)
{
    struct call call;
    if (counts(fd) && !enter(TORTURE_READ, &call)) return -1;
    return REAL(read)(fd, data, size);
}

EXPORT ssize_t pread(int fd, void *data, size_t size, off_t at)
{
    struct call call;
    if (counts(fd) && !enter(TORTURE_READ, &call)) return -1;
    return REAL(pread)(fd, data, size, at);
}

EXPORT int fstat(int fd, struct stat *st)
{
    struct call call;
    return enter(TORTURE_LOOK, &call) ? REAL(fstat)(fd, st) : -1;
}

EXPORT int stat(const char *path, struct stat *st)
{
    struct call call;
    return enter(TORTURE_LOOK, &call) ? REAL(stat)(path, st) : -1;
}

EXPORT int lstat(const char *path, struct stat *st)
{
    struct call call;
    return enter(TORTURE_LOOK, &call) ? REAL(lstat)(path, st) : -1;
}

EXPORT int fstatat(int fd, const char *path, struct stat *st, int flags)
{
    struct call call;
    return enter(TORTURE_LOOK, &call) ? REAL(fstatat)(fd, path, st, flags) : -1;
}

EXPORT int statx(int fd, const char *path, int flags, unsigned mask, struct statx *st)
{
    struct call call;
    return enter(TORTURE_LOOK, &call) ? REAL(statx)(fd, path, flags, mask, st) : -1;
}

EXPORT int flock(int fd, int operation)
{
    struct call call;
    return enter(TORTURE_LOCK, &call) ? REAL(flock)(fd, operation) : -1;
}

/* Its third argument is a number or an address; both travel alike. */
EXPORT int fcntl(int fd, int command, ...)
{
    struct call call;
    va_list args;
    va_start(args, command);
    void *argument = va_arg(args, void *);
    va_end(args);
    bool locks = command == F_SETLK || command == F_SETLKW || command == F_SETLEASE;
    return !locks || enter(TORTURE_LOCK, &call) ? REAL(fcntl)(fd, command, argument) : -1;
}

EXPORT void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t from)
{
    struct call call;
    if (fd >= 0 && !enter(TORTURE_MAP, &call)) return MAP_FAILED;
    return REAL(mmap)(at, size, protection, flags, fd, from);
}

EXPORT int close(int fd)
{
    struct call call;
    bool fails = counts(fd) && !enter(TORTURE_CLOSE, &call);
    int error = errno, rc = REAL(close)(fd);
    if (!fails) return rc;
    errno = error;
    return -1;
}

EXPORT struct dirent *readdir(DIR *directory)
{
    struct call call;
    return enter(TORTURE_READ, &call) ? REAL(readdir)(directory) : NULL;
}

/* ---- memory: glibc's own names for what stands before it here */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static bool has_memory(void)
{
    struct call call;
    return enter(TORTURE_MEMORY, &call);
}

EXPORT void *malloc(size_t size)
{
    return has_memory() ? __libc_malloc(size) : NULL;
}

EXPORT void *calloc(size_t count, size_t size)
{
    return has_memory() ? __libc_calloc(count, size) : NULL;
}

EXPORT void *realloc(void *at, size_t size)
{
    return has_memory() ? __libc_realloc(at, size) : NULL;
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return has_memory() ? __libc_memalign(alignment, size) : NULL;
}

EXPORT int posix_memalign(void **at, size_t alignment, size_t size)
{
    if (!has_memory()) return ENOMEM;
    *at = __libc_memalign(alignment, size);
    return *at ? 0 : ENOMEM;
}

/* ---- connections */

EXPORT ssize_t send(int fd, const void *data, size_t size, int flags)
{
    struct call call;
    if (!enter(TORTURE_SEND, &call)) return -1;
    ssize_t n = REAL(send)(fd, data, size, flags);
    int error = errno;
    leave(&call);
    errno = error;
    return n;
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct call call;
    if (!enter(TORTURE_SEND, &call)) return -1;
    ssize_t n = REAL(sendmsg)(fd, message, flags);
    int error = errno;
    leave(&call);
    errno = error;
    return n;
}

EXPORT ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
                      socklen_t to_size)
{
    struct call call;
    if (!enter(TORTURE_SEND, &call)) return -1;
    ssize_t n = REAL(sendto)(fd, data, size, flags, to, to_size);
    int error = errno;
    leave(&call);
    errno = error;
    return n;
}

WRAPPED(TORTURE_CONNECT, connect, (int fd, const struct sockaddr *to, socklen_t size),
        (fd, to, size));
WRAPPED(TORTURE_SOCKET, socket, (int domain, int type, int protocol), (domain, type, protocol));
WRAPPED(TORTURE_ACCEPT, accept4, (int fd, struct sockaddr *from, socklen_t *size, int flags),
        (fd, from, size, flags));

/* ---- the wall clock */

static int64_t shift_ms(void)
{
    return torture ? atomic_load(&torture->clock_ms) : 0;
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *now)
{
    int rc = REAL(clock_gettime)(clock, now);
    int64_t ms = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? shift_ms() : 0;
    if (rc || !ms) return rc;
    int64_t ns = now->tv_sec * INT64_C(1000000000) + now->tv_nsec + ms * 1000000;
    now->tv_sec = ns / 1000000000;
    now->tv_nsec = ns % 1000000000;
    return 0;
}

EXPORT time_t time(time_t *at)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

EXPORT int gettimeofday(struct timeval *restrict at, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *at = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}
