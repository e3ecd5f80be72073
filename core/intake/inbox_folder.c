/* Looking into an inbox's folder. Nothing is moved and nothing is decided about the store here. */
#include "intake/inbox_folder.h"

#include "base/mem.h"
#include "intake/inbox_report.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char *const subs[INBOX_PLACES] = {"", "taken", "done", "failed"};

/* ---- opening */

static enum status open_sub(struct inbox_folder *folder, enum inbox_place place,
                            struct error *error)
{
    const char *path = folder->path[place];
    if (mkdirat(folder->at[INBOX_FOLDER], subs[place], 0770) != 0 && errno != EEXIST)
        return error_set(error, errno == ENOSPC ? ST_FULL : ST_IO,
                         "%s: the directory cannot be made: %s; stockd must be able to write in "
                         "the folder",
                         path, strerror(errno));
    folder->at[place] = openat(folder->at[INBOX_FOLDER], subs[place],
                               O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder->at[place] >= 0) return ST_OK;
    return error_set(error, ST_IO,
                     "%s: cannot be opened: %s; it must be a directory of its own, readable by "
                     "stockd",
                     path, strerror(errno));
}

enum status inbox_folder_open(struct inbox_folder *folder, const char *path, struct error *error)
{
    struct stat st;
    for (int i = 0; i < INBOX_PLACES; i++) {
        folder->at[i] = -1;
        folder->path[i] = i ? mem_format("%s/%s", path, subs[i]) : mem_text(path);
    }
    folder->at[INBOX_FOLDER] = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->at[INBOX_FOLDER] < 0 && errno == ENOENT)
        return error_set(error, ST_NOT_FOUND,
                         "%s: there is no such folder; make it, or mount what it is on", path);
    if (folder->at[INBOX_FOLDER] < 0 || fstat(folder->at[INBOX_FOLDER], &st) != 0)
        return error_set(error, ST_IO, "%s: the folder cannot be opened: %s", path,
                         strerror(errno));
    if (st.st_mode & S_IWOTH)
        return error_set(error, ST_DENIED,
                         "%s: everybody may write into the folder, so anybody could change the "
                         "stock; `chmod o-w %s`, and give it a group that the sender is in",
                         path, path);
    enum status status = ST_OK;
    for (int i = INBOX_TAKEN; i < INBOX_PLACES && status == ST_OK; i++)
        status = open_sub(folder, (enum inbox_place)i, error);
    return status;
}

void inbox_folder_close(struct inbox_folder *folder)
{
    for (int i = 0; i < INBOX_PLACES; i++) {
        if (folder->at[i] >= 0) close(folder->at[i]);
        mem_free(folder->path[i]);
    }
}

/* ---- names */

static bool ends_in(const char *name, const char *end)
{
    size_t size = strlen(name), end_size = strlen(end);
    return size >= end_size && strcasecmp(name + size - end_size, end) == 0;
}

/* Not meant for us, or not yet. */
static bool is_left_alone(const char *name, bool claimed)
{
    if (name[0] == '.') return true;
    if (claimed) return ends_in(name, INBOX_REPORT_SUFFIX);
    for (int i = INBOX_TAKEN; i < INBOX_PLACES; i++)
        if (strcmp(name, subs[i]) == 0) return true;
    return ends_in(name, ".tmp") || ends_in(name, ".part") || ends_in(name, ".filepart") ||
           ends_in(name, "~");
}

void inbox_file_says(struct inbox_file *file, const char *format, ...)
{
    char text[INBOX_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    mem_free(file->why);
    file->why = mem_text(text);
}

static const char *kind_of(mode_t mode)
{
    if (S_ISLNK(mode)) return "a symbolic link";
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

/* What makes a file one that stays where it is. */
static void judge(struct inbox_file *file, const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        inbox_file_says(file, "it is %s; only files are taken", kind_of(st->st_mode));
    else if (st->st_mode & S_IWOTH)
        inbox_file_says(file, "everybody may write into it; `chmod o-w` it, or set the sender's "
                              "umask");
    else if (!file->claimed && strlen(file->name) > INBOX_NAME_BYTES)
        inbox_file_says(file, "its name is longer than %d bytes; give it a shorter one",
                        INBOX_NAME_BYTES);
    else if (!file->claimed && ends_in(file->name, INBOX_REPORT_SUFFIX))
        inbox_file_says(file, "it is named like a report (%s); give it another name",
                        INBOX_REPORT_SUFFIX);
}

/* ---- the list */

static int by_name(const void *a, const void *b)
{
    const struct inbox_file *x = a, *y = b;
    return x->claimed != y->claimed ? (int)y->claimed - (int)x->claimed : strcmp(x->name, y->name);
}

struct listing {
    struct inbox_file *files;
    size_t count, scanned;
};

static enum status list_one(const struct inbox_folder *folder, enum inbox_place place,
                            struct listing *list, int64_t now_us, struct error *error)
{
    int fd = openat(folder->at[place], ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    struct stat st;
    bool claimed = place == INBOX_TAKEN;
    if (!directory)
        return error_set(error, ST_IO, "%s: cannot be read: %s", folder->path[place],
                         strerror(errno));
    while ((errno = 0, entry = readdir(directory)) && list->count < INBOX_FILES_MAX &&
           list->scanned++ < INBOX_SCANNED_MAX) {
        if (is_left_alone(entry->d_name, claimed)) continue;
        if (fstatat(folder->at[place], entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT) continue;
            entry = NULL;
            break;
        }
        list->files = mem_resize(list->files, (list->count + 1) * sizeof *list->files);
        struct inbox_file *file = &list->files[list->count++];
        *file = (struct inbox_file){.name = mem_text(entry->d_name),
                                    .claimed = claimed,
                                    .size = (uint64_t)st.st_size,
                                    .inode = st.st_ino,
                                    .modified_ns =
                                        st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec,
                                    .since_us = now_us};
        judge(file, &st);
    }
    enum status status = ST_OK;
    if (!entry && errno) /* what was not read is not gone */
        status =
            error_set(error, ST_IO, "%s: cannot be read: %s", folder->path[place], strerror(errno));
    closedir(directory);
    return status;
}

enum status inbox_folder_list(const struct inbox_folder *folder, struct inbox_round *round,
                              struct error *error)
{
    struct listing list = {0};
    enum status status = list_one(folder, INBOX_TAKEN, &list, round->now_us, error);
    if (status == ST_OK) status = list_one(folder, INBOX_FOLDER, &list, round->now_us, error);
    if (list.count) qsort(list.files, list.count, sizeof *list.files, by_name);
    for (size_t i = 0, k = 0; i < list.count && k < round->file_count;) {
        struct inbox_file *now = &list.files[i], *old = &round->files[k];
        int order = by_name(now, old);
        if (order == 0 && now->size == old->size && now->inode == old->inode &&
            now->modified_ns == old->modified_ns)
            now->since_us = old->since_us;
        i += order <= 0;
        k += order >= 0;
    }
    for (size_t i = 0; i < round->file_count; i++) {
        mem_free(round->files[i].name);
        mem_free(round->files[i].why);
    }
    mem_free(round->files);
    round->files = list.files;
    round->file_count = list.count;
    return status;
}

/* ---- settled */

/* A lease for reading is given only when nobody has the file open for writing, where the file
 * system can tell. It is given back at once (SIGIO is ignored by the daemon). */
static bool is_open_for_writing(int fd)
{
    if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
    fcntl(fd, F_SETLEASE, F_UNLCK);
    return false;
}

bool inbox_file_settled(const struct inbox_folder *folder, struct inbox_round *round,
                        struct inbox_file *file)
{
    int64_t age_ms = (round->now_us - file->since_us) / 1000;
    int64_t settle_ms = round->options->settle_ms;
    if (file->why) return false;
    if (age_ms < settle_ms) {
        int64_t left = settle_ms - age_ms;
        if (!round->next_ms || left < round->next_ms) round->next_ms = left;
        return false;
    }
    int at = folder->at[file->claimed ? INBOX_TAKEN : INBOX_FOLDER];
    int fd = openat(at, file->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        inbox_file_says(file, "it cannot be opened: %s; stockd must be able to read it",
                        strerror(errno));
        return false;
    }
    bool open_elsewhere = age_ms < INBOX_OPEN_WAIT_MS && is_open_for_writing(fd);
    close(fd);
    if (open_elsewhere) {
        inbox_file_says(file, "somebody is still writing into it");
        if (!round->next_ms || settle_ms < round->next_ms) round->next_ms = settle_ms;
    }
    return !open_elsewhere;
}
