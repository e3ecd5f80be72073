/* Forking, and bringing together what the processes came to. */
#include "spread.h"

#include "base/mem.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared {
    _Atomic size_t next;
    unsigned char sums[]; /* one of each process */
};

struct child {
    pid_t pid;
    FILE *out;
};

static struct child begin(struct shared *shared, size_t count,
                          void (*run)(void *ctx, size_t index, void *sum), void *ctx, void *sum)
{
    struct child child = {.out = tmpfile()};
    fflush(stdout);
    child.pid = child.out ? fork() : -1;
    if (child.pid != 0) return child;
    dup2(fileno(child.out), STDOUT_FILENO);
    for (size_t i; (i = atomic_fetch_add(&shared->next, 1)) < count;)
        run(ctx, i, sum);
    fflush(stdout);
    _exit(0);
}

/* False: it came to a bad end, or never began. */
static bool end(struct child *child)
{
    int status = 1, c;
    if (child->pid > 0) waitpid(child->pid, &status, 0);
    if (child->out) {
        rewind(child->out);
        while ((c = getc(child->out)) != EOF)
            putchar(c);
        fclose(child->out);
    }
    return child->pid > 0 && status == 0;
}

bool spread(unsigned processes, size_t count, void (*run)(void *ctx, size_t index, void *sum),
            void (*add)(void *ctx, const void *sum), void *ctx, size_t size)
{
    size_t room = sizeof(struct shared) + processes * size;
    struct shared *shared =
        mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("stockd-sim: no memory to share");
        return false;
    }
    struct child *children = mem_array(processes, sizeof *children);
    bool good = true;
    for (unsigned i = 0; i < processes; i++)
        children[i] = begin(shared, count, run, ctx, shared->sums + i * size);
    for (unsigned i = 0; i < processes; i++) {
        good &= end(&children[i]);
        add(ctx, shared->sums + i * size);
    }
    mem_free(children);
    munmap(shared, room);
    return good;
}
