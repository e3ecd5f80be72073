/* A directory of backups (store_backup, store.h): what is in it, names by time, and how many stay.
 *
 * NAMES. "auto-20260304T050607Z" are made by the schedule, and only these are ever removed;
 * "backup-20260304T050607Z" are made by hand without a name of one's own. UTC.
 *
 * Any thread. Errors name the path. */
#ifndef STOCKD_STORE_ROTATION_H
#define STOCKD_STORE_ROTATION_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backup_entry {
    char *path;
    int64_t made_ms; /* by its name, else of its file; since 1970, UTC */
    uint64_t bytes;
    bool automatic;
};

struct backup_list {
    struct backup_entry *entries; /* the newest first */
    size_t count;
};

/* Every folder in `directory` that holds a whole backup, by its looks: nothing is read. A directory
 * that is missing is empty. The caller frees the list, also after an error. */
enum status backup_list_read(const char *directory, struct backup_list *list, struct error *error);
void backup_list_free(struct backup_list *list);

/* Of one backup; 0: there is none there. */
uint64_t backup_bytes(const char *path);

/* DIRECTORY/auto-TIME or DIRECTORY/backup-TIME; the directory is made when it is missing (its
 * parent is not). NULL with an error. Caller frees. */
char *backup_path_new(const char *directory, bool automatic, int64_t now_ms, struct error *error);

/* Removes the oldest automatic backups until `keep` are left, and what automatic ones that were
 * killed left behind; how many whole ones went is left in `removed`. */
enum status backup_rotate(const char *directory, uint32_t keep, uint32_t *removed,
                          struct error *error);

#endif
