/* The version of what the tables hold, kept in TABLE_META, and the way from older ones. Engine
 * thread, before anything else uses the store. */
#ifndef STOCKD_STORE_SCHEMA_H
#define STOCKD_STORE_SCHEMA_H

#include "base/error.h"
#include "store/store.h"

#include <stddef.h>
#include <stdint.h>

/* Keys in TABLE_META that this module writes. */
#define STORE_META_SCHEMA "schema" /* u32, big-endian */
/* There from a restore until the engine has begun its new epoch and deletes it: the path of the
 * store that was replaced, or "" when there was none (backup.h). */
#define STORE_META_RESTORED "restored"

/* Brings a store from schema `from` to `from` + 1, inside the transaction that all steps share. A
 * failed write needs no look: the commit refuses. */
struct store_migration {
    uint32_t from;
    /* NULL: it can be done, by who knows the rows (engine/schema.h). */
    enum status (*run)(struct store_txn *txn, struct error *error);
};

struct store_schema {
    uint32_t version;
    const struct store_migration *migrations;
    size_t count;
};

/* STORE_SCHEMA, and from which versions it is reached: enough to say whether a store can be used, and
 * to begin a new one. Static. */
const struct store_schema *store_schema_current(void);

/* ST_NOT_FOUND: an empty store that has none yet. ST_DAMAGED: rows, but no version. */
enum status store_schema_read(struct store_txn *txn, uint32_t *version, struct error *error);
/* ST_UNSUPPORTED with a sentence unless `schema` can use that version, migrating if need be. */
enum status store_schema_known(const struct store_schema *schema, uint32_t version,
                               struct error *error);

/* To be called after opening: writes the version into a new store, accepts the same one, refuses a
 * newer one, and migrates an older one in one transaction, after a backup into the new directory
 * "<copy_base>.schema-<version>" that stays there ("-2", "-3" ... behind it when an attempt that was
 * killed left one); a migration that is refused takes its copy away again. `copy_base` is the store's path; NULL: no copy, for stores in memory. */
enum status store_schema_prepare(struct store *store, const struct store_schema *schema,
                                 const char *copy_base, struct error *error);

#endif
