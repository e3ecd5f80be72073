/* Files and directories as the store needs them: locked, synced, renamed, removed. Private to this
 * module. Errors name the path. */
#ifndef STOCKD_STORE_FILES_H
#define STOCKD_STORE_FILES_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* LMDB's names inside its directory. */
#define FILES_DATA "data.mdb"
#define FILES_LOCK "lock.mdb"

/* `path` without links, dots and slashes at its end, so that one directory has one name; the last
 * part need not exist. NULL with an error. Caller frees. */
char *files_real_path(const char *path, struct error *error);
char *files_join(const char *directory, const char *name);
bool files_exists(const char *path);
/* Syncs a file or directory by path. */
enum status files_sync(const char *path, struct error *error);
/* The directory that holds `path`. */
enum status files_sync_parent(const char *path, struct error *error);
/* Removes a directory and the files in it; it has no directories. What is not there is fine. */
void files_remove_directory(const char *path);
/* Bytes an unprivileged writer can still use on the file system of `path`; 0 when unknown. */
uint64_t files_free_bytes(const char *path);
/* Renames without ever replacing: ST_EXISTS. */
enum status files_rename_new(const char *from, const char *to, struct error *error);

/* Takes the lock of the store at `path` (real), writing our pid into it; ST_BUSY names the holder.
 * The lock ends with files_unlock or the process. */
enum status files_lock_store(const char *path, int *lock, struct error *error);
void files_unlock(int lock);

/* The newest directory in `directory` with a data.mdb in it; NULL when there is none. Caller frees.
 */
char *files_newest_backup(const char *directory);

#endif
