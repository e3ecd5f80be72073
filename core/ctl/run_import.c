/* stock import: a file up, its progress and its bad rows back. */
#include "ctl/ctl.h"
#include "ctl/words.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SAY_EVERY_MS = 200 };

struct import {
    const char *file; /* as the user named it */
    int64_t said_ms;
    bool held, waits;
    long long said; /* refused rows */
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_sent(struct ctl *ctl, uint64_t bytes, int64_t of, void *ctx)
{
    struct import *import = ctx;
    if (!ctl->progress || now_ms() - import->said_ms < SAY_EVERY_MS) return;
    import->said_ms = now_ms();
    if (of > 0)
        ctl_progress(ctl, "sending %s: %d %%", import->file, (int)(bytes * 100 / (uint64_t)of));
    else
        ctl_progress(ctl, "sending %s: %llu bytes", import->file, (unsigned long long)bytes);
}

static long long number(const json_t *line, const char *name)
{
    return (long long)json_integer_value(json_object_get(line, name));
}

static int on_result(struct ctl *ctl, const struct import *import, const json_t *line)
{
    long long refused = number(line, "refused");
    if (import->held || json_is_true(json_object_get(line, "held"))) return CTL_WAITING;
    if (!ctl->json) {
        ctl_progress_clear(ctl);
        if (number(line, "created"))
            ctl_tell(
                ctl,
                "{rows} {rows:row|rows}: {changed} changed, {same} {same:was|were} so already, "
                "{refused} refused, {created} {created:product|products} created",
                line);
        else
            ctl_tell(
                ctl,
                "{rows} {rows:row|rows}: {changed} changed, {same} {same:was|were} so already, "
                "{refused} refused",
                line);
        if (json_is_string(json_object_get(line, "found"))) ctl_tell(ctl, "read as {found}", line);
        if (refused > import->said)
            ctl_tell(ctl, "'stockctl import refused {job}' lists the refused rows", line);
    }
    return refused ? CTL_PARTLY : CTL_OK;
}

static int on_event(struct ctl *ctl, const char *event, const json_t *line, void *ctx)
{
    struct import *import = ctx;
    const char *detail = json_string_value(json_object_get(line, "detail"));
    if (strcmp(event, "progress") == 0) {
        const char *waiting = json_string_value(json_object_get(line, "waiting"));
        ctl_progress(ctl, "importing: %lld of %lld rows, %lld refused%s%s", number(line, "done"),
                     number(line, "rows"), number(line, "refused"), waiting ? "; waits: " : "",
                     waiting ? waiting : "");
        /* Once, where there is no line that is written over. */
        if (waiting && !import->waits && !ctl->progress)
            ctl_say(ctl, ctl_text("the import waits, and goes on by itself: %s"), waiting);
        import->waits = waiting != NULL;
    } else if (strcmp(event, "refused") == 0 && !ctl->json) {
        import->said++;
        if (number(line, "column"))
            ctl_say(ctl, ctl_text("%s:%lld, column %lld: %s"), import->file, number(line, "line"),
                    number(line, "column"), detail ? detail : "refused");
        else
            ctl_say(ctl, "%s:%lld: %s", import->file, number(line, "line"),
                    detail ? detail : "refused");
    } else if (strcmp(event, "held") == 0) {
        import->held = true;
        const char *plan = json_string_value(json_object_get(line, "plan"));
        ctl_say(ctl, ctl_text("held, nothing was changed yet: %s; see 'stockctl plan show %s'"),
                detail ? detail : ctl_text("it exceeds the guard's limits"), plan ? plan : "");
    } else if (strcmp(event, "result") == 0) {
        return on_result(ctl, import, line);
    }
    return CTL_OK;
}

int ctl_run_import(struct ctl *ctl, const struct ctl_call *call)
{
    const char *name = ctl_value(call, "FILE");
    bool from_input = strcmp(name, "-") == 0;
    struct import import = {.file = from_input ? "standard input" : name};
    struct stat st = {0};
    int fd = from_input ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    int why = fd < 0 || fstat(fd, &st) != 0 ? errno : S_ISDIR(st.st_mode) ? EISDIR : 0;
    if (why) {
        ctl_say(ctl, "cannot read %s: %s", name, strerror(why));
        if (fd > STDIN_FILENO) close(fd);
        return CTL_REFUSED;
    }
    char *path = ctl_call_path(call);
    struct buf full;
    buf_init(&full, 64 << 10);
    buf_format(&full, "%s&name=", path); /* there is always a kind before it */
    ctl_encode(&full, import.file);
    off_t at = S_ISREG(st.st_mode) ? lseek(fd, 0, SEEK_CUR) : -1;
    struct ctl_stream stream = {.method = "POST",
                                .path = buf_cstr(&full),
                                .look = "stockctl import list",
                                .upload = fd,
                                .upload_size = at >= 0 ? st.st_size - at : -1,
                                .event = on_event,
                                .sent = on_sent,
                                .ctx = &import};
    int code = ctl_stream(ctl, &stream);
    if (!from_input) close(fd);
    buf_free(&full);
    mem_free(path);
    return code;
}
