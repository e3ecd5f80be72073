/* Processes of a test: started so that they cannot outlive it, waited for with a deadline. */
#include "harness.h"
#include "harness_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CHILDREN_MAX = 512, WORDS_MAX = 64, PAUSE_MIN_MS = 5, PAUSE_MAX_MS = 100 };

static struct {
    pid_t pid;
    int ended; /* a pidfd: readable when it has ended */
} children[CHILDREN_MAX];

int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct waiting wait_begin(int seconds)
{
    int64_t now = now_ms();
    return (struct waiting){now, now + (int64_t)seconds * 1000, keep_mark()};
}

/* What takes long is asked for less often: the asking would be most of the work of a machine that
 * has more to do. */
void wait_pause(int64_t began_ms)
{
    int64_t pause = (now_ms() - began_ms) / 16;
    poll(NULL, 0,
         pause < PAUSE_MIN_MS   ? PAUSE_MIN_MS
         : pause > PAUSE_MAX_MS ? PAUSE_MAX_MS
                                : (int)pause);
}

void wait_step(const struct waiting *waiting, const char *what, const char *file, int line)
{
    keep_forget(waiting->kept);
    if (now_ms() >= waiting->until_ms) {
        print_error("waited in vain for: %s\n", what);
        _fail(file, line);
    }
    wait_pause(waiting->began_ms);
}

static void remember(pid_t pid)
{
    for (int i = 0; i < CHILDREN_MAX; i++) {
        if (children[i].pid) continue;
        children[i].pid = pid;
        children[i].ended = (int)syscall(SYS_pidfd_open, pid, 0);
        assert_true(children[i].ended >= 0);
        return;
    }
    fail_msg("more than %d processes at once", CHILDREN_MAX);
}

static int index_of(pid_t pid)
{
    for (int i = 0; i < CHILDREN_MAX; i++)
        if (children[i].pid == pid) return i;
    fail_msg("process %d is not of this test, or was waited for already", (int)pid);
    return 0;
}

static void redirect(const char *path, int fd)
{
    if (!path) return;
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0 || dup2(file, fd) < 0) _exit(126);
    if (file != fd) close(file);
}

pid_t process_start(const char *const *argv, const char *out, const char *err,
                    const char *const *environment)
{
    pid_t parent = getpid(), pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(126);
        signal(SIGINT,
               SIG_DFL); /* a shell's background job ignores it, and so would its children */
        redirect("/dev/null", STDIN_FILENO);
        redirect(out, STDOUT_FILENO);
        redirect(err, STDERR_FILENO);
        for (; environment && *environment; environment++)
            putenv((char *)*environment);
        execv(argv[0], (char *const *)argv);
        dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    remember(pid);
    return pid;
}

bool process_runs(pid_t pid)
{
    struct pollfd ended = {children[index_of(pid)].ended, POLLIN, 0};
    return poll(&ended, 1, 0) == 0;
}

static int reap(int index)
{
    int status = 0;
    assert_int_equal(waitpid(children[index].pid, &status, 0), children[index].pid);
    close(children[index].ended);
    children[index].pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- one that does not end */

/* One line of a file of /proc, or those that begin with one of these words. */
static void tell_lines(const char *path, const char *const *words)
{
    char line[512];
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        bool wanted = !words;
        for (const char *const *word = words; word && *word; word++)
            wanted |= strncmp(line, *word, strlen(*word)) == 0;
        if (wanted) fprintf(stderr, "  %.*s\n", (int)strcspn(line, "\n"), line);
    }
    if (file) fclose(file);
}

/* What each of its threads does: where it waits, which signals are on their way, and its stack
 * where there is a debugger. */
static void tell_threads(pid_t pid)
{
    static const char *const words[] = {
        "Name:", "State:", "SigPnd:", "ShdPnd:", "SigBlk:", "SigCgt:", NULL};
    char path[64], command[128];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        if (task->d_name[0] == '.') continue;
        fprintf(stderr, "---- thread %s\n", task->d_name);
        tell_lines(text_format("%s/%s/status", path, task->d_name), words);
        tell_lines(text_format("%s/%s/wchan", path, task->d_name), NULL);
        fprintf(stderr, "\n");
        tell_lines(text_format("%s/%s/syscall", path, task->d_name), NULL);
    }
    if (tasks) closedir(tasks);
    snprintf(
        command, sizeof command,
        "command -v gdb >/dev/null && timeout 20 gdb -p %d -batch -ex 'thread apply all bt' >&2",
        (int)pid);
    if (system(command) != 0) fprintf(stderr, "(no stacks: there is no gdb, or it may not look)\n");
}

int process_wait(pid_t pid, int seconds)
{
    int index = index_of(pid);
    struct pollfd ended = {children[index].ended, POLLIN, 0};
    int64_t until = now_ms() + (int64_t)seconds * 1000;
    int ready = 0;
    do
        ready = poll(&ended, 1, (int)(until > now_ms() ? until - now_ms() : 0));
    while (ready < 0 && errno == EINTR);
    if (ready == 0) {
        char *command = file_read(text_format("/proc/%d/cmdline", (int)pid));
        tell_threads(pid);
        fail_msg("process %d (%s ...) did not end within %d s", (int)pid, command, seconds);
    }
    return reap(index);
}

void processes_end(void)
{
    for (int i = 0; i < CHILDREN_MAX; i++) {
        if (!children[i].pid) continue;
        kill(children[i].pid, SIGKILL);
        reap(i);
    }
}

/* ---- run to the end */

static int serial;

struct ran run_words(const char *const *argv)
{
    const char *out = world_path("run-%d.out", ++serial), *err = world_path("run-%d.err", serial);
    struct ran ran;
    ran.code = process_wait(process_start(argv, out, err, NULL), LONG_S);
    ran.out = file_read(out);
    ran.err = file_read(err);
    unlink(out);
    unlink(err);
    return ran;
}

int words_split(char *line, const char **words, int max)
{
    int count = 0;
    for (char *at = line; *at;) {
        if (*at == ' ') {
            at++;
            continue;
        }
        bool quoted = *at == '\'';
        if (quoted) at++;
        assert_true(count < max - 1);
        words[count++] = at;
        at += strcspn(at, quoted ? "'" : " ");
        if (*at) *at++ = '\0';
    }
    words[count] = NULL;
    return count;
}

struct ran run_line(const char *program, const char *first, const char *second, char *line)
{
    const char *words[WORDS_MAX] = {program, first, second};
    int count = second ? 3 : first ? 2 : 1;
    words_split(line, words + count, WORDS_MAX - count);
    return run_words(words);
}

struct ran run(const char *program, const char *format, ...)
{
    char line[8192];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return run_line(program, NULL, NULL, line);
}
