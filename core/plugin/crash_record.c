/* The crash guard's file, and the rule of twice in ten minutes. */
#include "plugin/crash_record.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char crash_magic[8] = "stkguard";
enum { CRASH_VERSION = 1 };

void crash_text(char to[GUARD_TEXT_MAX], const char *from)
{
    size_t size = from ? strnlen(from, GUARD_TEXT_MAX - 1) : 0;
    if (size) memcpy(to, from, size);
    memset(to + size, 0, GUARD_TEXT_MAX - size);
}

static bool whole(const struct crash_file *file)
{
    if (memcmp(file->magic, crash_magic, sizeof crash_magic) != 0 ||
        file->version != CRASH_VERSION || file->size != sizeof *file)
        return false;
    for (size_t i = 0; i < GUARD_SLOTS; i++) {
        const struct crash_mark *mark = &file->marks[i];
        if (mark->plugin[GUARD_TEXT_MAX - 1] || mark->account[GUARD_TEXT_MAX - 1] ||
            mark->operation[GUARD_TEXT_MAX - 1])
            return false;
    }
    for (size_t i = 0; i < GUARD_PLUGINS; i++) {
        const struct crash_record *record = &file->records[i];
        if (record->plugin[GUARD_TEXT_MAX - 1] || record->account[GUARD_TEXT_MAX - 1] ||
            record->operation[GUARD_TEXT_MAX - 1])
            return false;
    }
    return true;
}

static void begin_anew(struct crash_file *file)
{
    memset((void *)file, 0, sizeof *file);
    memcpy(file->magic, crash_magic, sizeof crash_magic);
    file->version = CRASH_VERSION;
    file->size = sizeof *file;
}

static enum status open_locked(const char *path, int *fd, struct error *error)
{
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (*fd < 0) return error_set(error, ST_IO, "crash guard %s: %s", path, strerror(errno));
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0) return ST_OK;
    close(*fd);
    return error_set(error, ST_BUSY, "crash guard %s: in use by another process", path);
}

enum status crash_file_open(const char *path, struct crash_file **file, int *fd,
                            struct error *error)
{
    struct stat st;
    enum status status = open_locked(path, fd, error);
    if (status) return status;
    int why = fstat(*fd, &st) != 0 ? errno : S_ISREG(st.st_mode) ? 0 : EINVAL;
    bool fits = !why && st.st_size == (off_t)sizeof **file;
    if (!why && !fits && ftruncate(*fd, 0) != 0) why = errno;
    /* Real blocks, so that a full disk is an error here and not a SIGBUS at the first mark. */
    if (!why) why = posix_fallocate(*fd, 0, (off_t)sizeof **file);
    void *at =
        why ? MAP_FAILED : mmap(NULL, sizeof **file, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (at == MAP_FAILED) {
        if (!why) why = errno;
        close(*fd);
        return error_set(error, ST_IO, "crash guard %s: %s", path, strerror(why));
    }
    *file = at;
    if (fits && whole(*file)) return ST_OK;
    if (st.st_size > 0) {
        char quoted[LOG_QUOTED_MAX];
        log_warning("plugin", "guard-begun-anew",
                    "file=%s why=\"not a crash guard of this version\"", log_quote(path, quoted));
    }
    begin_anew(*file);
    return ST_OK;
}

struct crash_record *crash_file_find(struct crash_file *file, const char *plugin)
{
    char name[GUARD_TEXT_MAX];
    crash_text(name, plugin);
    for (size_t i = 0; name[0] && i < GUARD_PLUGINS; i++)
        if (memcmp(file->records[i].plugin, name, sizeof name) == 0) return &file->records[i];
    return NULL;
}

/* The plugin's record, a free one, or that of the plugin that has been quiet longest: one in
 * quarantine only when there is no other. */
static struct crash_record *record_for(struct crash_file *file, const char *plugin)
{
    struct crash_record *oldest = NULL, *found = crash_file_find(file, plugin);
    if (found) return found;
    for (size_t i = 0; i < GUARD_PLUGINS; i++) {
        struct crash_record *record = &file->records[i];
        if (!record->plugin[0]) return record;
        if (!oldest || record->quarantined < oldest->quarantined ||
            (record->quarantined == oldest->quarantined &&
             record->times_ms[0] < oldest->times_ms[0]))
            oldest = record;
    }
    memset(oldest, 0, sizeof *oldest);
    return oldest;
}

void crash_file_add(struct crash_file *file, const char *plugin, const char *account,
                    const char *operation, int signal, int64_t when_ms)
{
    if (!plugin[0]) return;
    struct crash_record *record = record_for(file, plugin);
    crash_text(record->plugin, plugin);
    crash_text(record->account, account);
    crash_text(record->operation, operation);
    memmove(&record->times_ms[1], &record->times_ms[0],
            sizeof record->times_ms - sizeof record->times_ms[0]);
    record->times_ms[0] = when_ms;
    record->signal = signal;
    record->in_last_run = 1;
    if (record->crashes < UINT32_MAX) record->crashes++;
    /* A clock that stepped back makes the span negative: near enough, and the safe side. */
    if (record->crashes >= GUARD_CRASHES &&
        when_ms - record->times_ms[GUARD_CRASHES - 1] <= GUARD_WINDOW_MS)
        record->quarantined = 1;
}

void crash_file_settle(struct crash_file *file)
{
    for (size_t i = 0; i < GUARD_PLUGINS; i++)
        file->records[i].in_last_run = 0;
    for (size_t i = 0; i < GUARD_SLOTS; i++) {
        struct crash_mark *mark = &file->marks[i];
        if (atomic_load(&mark->state) == MARK_CRASHED)
            crash_file_add(file, mark->plugin, mark->account, mark->operation, mark->signal,
                           mark->entered_ms);
        memset((void *)mark, 0, sizeof *mark);
    }
}
