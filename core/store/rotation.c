/* The directory of backups. What a backup is: lmdb_backup.c. */
#include "store/rotation.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define AUTOMATIC "auto-"
#define BY_HAND   "backup-"
#define PARTIAL   ".partial" /* lmdb_backup.c fills such a folder, and renames it */
enum { STAMP_SIZE = 16 };    /* 20260304T050607Z */

/* -1: it is no stamp. */
static int64_t stamp_read(const char *text)
{
    int y, mo, d, h, mi, s, end = 0;
    char iso[40];
    if (strlen(text) < STAMP_SIZE ||
        sscanf(text, "%4d%2d%2dT%2d%2d%2dZ%n", &y, &mo, &d, &h, &mi, &s, &end) != 6 ||
        end != STAMP_SIZE)
        return -1;
    snprintf(iso, sizeof iso, "%04d-%02d-%02dT%02d:%02d:%02dZ", y, mo, d, h, mi, s);
    return clock_parse(iso);
}

/* Of a name that this file gave; -1: of no such name. `rest` is what comes behind the stamp. */
static int64_t time_of(const char *name, const char *prefix, const char *rest)
{
    size_t size = strlen(prefix);
    if (strncmp(name, prefix, size) != 0) return -1;
    int64_t made = stamp_read(name + size);
    return made >= 0 && strcmp(name + size + STAMP_SIZE, rest) == 0 ? made : -1;
}

/* ---- what is there */

static void add(struct backup_list *list, const char *directory, const char *name)
{
    char *path = files_join(directory, name), *data = files_join(path, FILES_DATA);
    struct stat st;
    if (strstr(name, PARTIAL) || stat(data, &st) != 0 || !S_ISREG(st.st_mode)) {
        mem_free(path);
        mem_free(data);
        return;
    }
    list->entries = mem_resize(list->entries, (list->count + 1) * sizeof *list->entries);
    int64_t automatic = time_of(name, AUTOMATIC, ""), by_hand = time_of(name, BY_HAND, "");
    list->entries[list->count++] =
        (struct backup_entry){.path = path,
                              .made_ms = automatic >= 0 ? automatic
                                         : by_hand >= 0 ? by_hand
                                                        : (int64_t)st.st_mtime * 1000,
                              .bytes = (uint64_t)st.st_size,
                              .automatic = automatic >= 0};
    mem_free(data);
}

static int newest_first(const void *x, const void *y)
{
    const struct backup_entry *a = x, *b = y;
    if (a->made_ms != b->made_ms) return a->made_ms > b->made_ms ? -1 : 1;
    return strcmp(b->path, a->path);
}

static enum status cannot(const char *directory, const char *what, struct error *error)
{
    return error_set(error, errno == EACCES ? ST_DENIED : ST_IO,
                     "directory of backups %s: cannot %s: %s", directory, what, strerror(errno));
}

enum status backup_list_read(const char *directory, struct backup_list *list, struct error *error)
{
    *list = (struct backup_list){0};
    DIR *dir = opendir(directory);
    if (!dir) return errno == ENOENT ? ST_OK : cannot(directory, "read it", error);
    struct dirent *entry;
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.') add(list, directory, entry->d_name);
    closedir(dir);
    if (list->count) qsort(list->entries, list->count, sizeof *list->entries, newest_first);
    return ST_OK;
}

void backup_list_free(struct backup_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        mem_free(list->entries[i].path);
    mem_free(list->entries);
    *list = (struct backup_list){0};
}

uint64_t backup_bytes(const char *path)
{
    char *data = files_join(path, FILES_DATA);
    struct stat st;
    uint64_t bytes = stat(data, &st) == 0 ? (uint64_t)st.st_size : 0;
    mem_free(data);
    return bytes;
}

/* ---- a new one */

char *backup_path_new(const char *directory, bool automatic, int64_t now_ms, struct error *error)
{
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm tm;
    char stamp[STAMP_SIZE + 1];
    if (mkdir(directory, 0700) != 0 && errno != EEXIST) {
        cannot(directory, "make it", error);
        return NULL;
    }
    gmtime_r(&seconds, &tm);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
    return mem_format("%s/%s%s", directory, automatic ? AUTOMATIC : BY_HAND, stamp);
}

/* ---- how many stay */

/* One that is being written is locked by who writes it. */
static void remove_if_left(const char *path)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir < 0) return;
    if (flock(dir, LOCK_EX | LOCK_NB) == 0) files_remove_directory(path);
    close(dir);
}

static enum status remove_left(const char *directory, struct error *error)
{
    DIR *dir = opendir(directory);
    if (!dir) return errno == ENOENT ? ST_OK : cannot(directory, "read it", error);
    struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (time_of(entry->d_name, AUTOMATIC, PARTIAL) < 0) continue;
        char *path = files_join(directory, entry->d_name);
        remove_if_left(path);
        mem_free(path);
    }
    closedir(dir);
    return ST_OK;
}

enum status backup_rotate(const char *directory, uint32_t keep, uint32_t *removed,
                          struct error *error)
{
    struct backup_list list;
    *removed = 0;
    enum status status = remove_left(directory, error);
    if (status == ST_OK) status = backup_list_read(directory, &list, error);
    if (status != ST_OK) return status;
    for (size_t i = 0; i < list.count; i++) {
        if (!list.entries[i].automatic) continue;
        if (keep) {
            keep--;
            continue;
        }
        files_remove_directory(list.entries[i].path);
        if (!files_exists(list.entries[i].path))
            ++*removed;
        else
            status = cannot(list.entries[i].path, "remove this old one", error);
    }
    backup_list_free(&list);
    return status;
}
