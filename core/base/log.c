/* Log lines: where they go, and logfmt. How they become JSON is log_json.c's. */
#include "base/log.h"

#include "base/clock.h"
#include "base/log_json.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static atomic_int current_level = LOG_INFO;
static atomic_int current_format = LOG_LOGFMT;
static atomic_int current_fd = 2;
static pthread_mutex_t path_lock = PTHREAD_MUTEX_INITIALIZER;
static char current_path[4096];
/* The number under which every file of the log is open, one after the other: a thread that is about
 * to write to it never finds something else there. -1: none was opened yet. */
static int file_fd = -1;

void log_level_set(enum log_level level)
{
    atomic_store(&current_level, (int)level);
}

enum log_level log_level_get(void)
{
    return (enum log_level)atomic_load(&current_level);
}

void log_format_set(enum log_format format)
{
    atomic_store(&current_format, (int)format);
}

/* 0, or an errno: then the file before it is the log still. */
static int open_file(const char *path)
{
    int failed = 0, fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0) return errno;
    if (file_fd < 0) {
        file_fd = fd;
        return 0;
    }
    if (dup3(fd, file_fd, O_CLOEXEC) < 0) failed = errno;
    close(fd);
    return failed;
}

int log_open(const char *path)
{
    pthread_mutex_lock(&path_lock);
    int failed = path && path[0] ? open_file(path) : 0;
    if (!failed) {
        snprintf(current_path, sizeof current_path, "%s", path ? path : "");
        atomic_store(&current_fd, current_path[0] ? file_fd : 2);
    }
    pthread_mutex_unlock(&path_lock);
    return failed;
}
int log_reopen(void)
{
    pthread_mutex_lock(&path_lock);
    int failed = current_path[0] ? open_file(current_path) : 0;
    if (!failed) atomic_store(&current_fd, current_path[0] ? file_fd : 2);
    pthread_mutex_unlock(&path_lock);
    return failed;
}

static void put(const char *line, size_t size)
{
    ssize_t written = write(atomic_load(&current_fd), line, size);
    (void)written; /* a log that cannot be written has nowhere to say so */
}

void log_line(enum log_level level, const char *module, const char *event, const char *format, ...)
{
    if ((int)level > atomic_load(&current_level)) return;
    static const char *const names[] = {"error", "warning", "info", "debug"};
    char line[LOG_LINE_MAX], when[CLOCK_TEXT_MAX];
    int n = snprintf(line, sizeof line, "time=%s level=%s module=%s event=%s ",
                     clock_text(clock_wall_ms(clock_system()), when), names[level], module, event);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
    va_end(args);
    size_t size = (size_t)n + (more > 0 ? (size_t)more : 0);
    if (size > sizeof line - 2) size = sizeof line - 2;
    line[size] = 0;
    if (atomic_load(&current_format) == LOG_JSON) {
        char json[LOG_JSON_MAX];
        put(json, log_json(line, json));
        return;
    }
    for (size_t i = 0; i < size; i++)
        if (line[i] == '\n' || line[i] == '\r') line[i] = ' ';
    line[size++] = '\n';
    put(line, size);
}

const char *log_quote(const char *text, char out[LOG_QUOTED_MAX])
{
    if (!text) text = "";
    size_t n = strcspn(text, " \"=\\\t\r\n");
    if (text[n] == 0 && n > 0 && n < LOG_QUOTED_MAX) {
        memcpy(out, text, n + 1);
        return out;
    }
    size_t o = 0;
    out[o++] = '"';
    for (const char *c = text; *c && o < LOG_QUOTED_MAX - 4; c++) {
        if (*c == '"' || *c == '\\') out[o++] = '\\';
        out[o++] = (unsigned char)*c < ' ' ? ' ' : *c;
    }
    out[o++] = '"';
    out[o] = 0;
    return out;
}
