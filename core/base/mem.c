/* Memory that is there or ends the process. */
#include "base/mem.h"

#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __GLIBC__
#include <malloc.h>

/* What is larger than this is given back to the kernel when it is freed; said, because the
 * allocator raises its own limit to the largest block that it saw. */
enum { ARENAS = 2, KEPT_MOST = 256 << 10, FREE_MOST = 4 << 20 };

void mem_few_arenas(void)
{
    mallopt(M_ARENA_MAX, ARENAS);
    mallopt(M_MMAP_THRESHOLD, KEPT_MOST);
    mallopt(M_TRIM_THRESHOLD, 2 * KEPT_MOST);
}

void mem_give_back(void)
{
    if (mallinfo2().fordblks > FREE_MOST) malloc_trim(0);
}
#else
void mem_few_arenas(void)
{
}

void mem_give_back(void)
{
}
#endif

/* Whoever is in a step when memory ends is not to blame: plugin/crash.h counts what is raised. */
static _Noreturn void stop(void)
{
    signal(SIGABRT, SIG_DFL);
    abort();
}

static void *must(void *at, size_t size)
{
    if (at) return at;
    fprintf(stderr,
            "stockd: out of memory asking for %zu bytes; stopping. Nothing acknowledged is lost.\n",
            size);
    stop();
}

void *mem_must(void *at, const char *what)
{
    if (at) return at;
    fprintf(stderr, "stockd: out of memory for %s; stopping. Nothing acknowledged is lost.\n",
            what);
    stop();
}

void *mem_alloc(size_t size)
{
    return must(calloc(1, size ? size : 1), size);
}

void *mem_bare(size_t size)
{
    return must(malloc(size ? size : 1), size);
}

void *mem_array(size_t count, size_t size)
{
    return must(calloc(count ? count : 1, size ? size : 1), count * size);
}

void *mem_resize(void *old, size_t size)
{
    return must(realloc(old, size ? size : 1), size);
}

char *mem_text_n(const char *text, size_t size)
{
    char *copy = mem_bare(size + 1);
    if (size) memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

char *mem_text(const char *text)
{
    return text ? mem_text_n(text, strlen(text)) : NULL;
}

char *mem_format(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int n = vasprintf(&text, format, args);
    va_end(args);
    return must(n < 0 ? NULL : text, 0);
}

void mem_free(void *at)
{
    free(at);
}
