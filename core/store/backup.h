/* Putting a backup (store_backup, store.h) in the place of a store, offline. */
#ifndef STOCKD_STORE_BACKUP_H
#define STOCKD_STORE_BACKUP_H

#include "base/error.h"

/* Copies the backup, looks the copy through (pages, rows, a schema this program can use), and swaps
 * it with the store in one rename. The backup is only read. The old store stays beside the new one,
 * named "<store>.before-restore-<UTC time>"; its path is left in the new store's TABLE_META
 * (STORE_META_RESTORED, schema.h), by which the engine knows to begin a new epoch and where newer
 * tokens are. On any error the store is what it was.
 *
 * ST_NOT_FOUND: no backup there. ST_DAMAGED, ST_UNSUPPORTED: not one that can be used. ST_BUSY: the
 * store is in use, or what was named as the backup is a store in use. ST_FULL: no room. */
enum status store_restore(const char *backup_path, const char *store_path, struct error *error);

/* Whether store_restore would take it, by copying nothing: reads every page. */
enum status store_backup_verify(const char *backup_path, struct error *error);

#endif
