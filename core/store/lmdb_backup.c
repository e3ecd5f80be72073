/* Hot backup of an LMDB store. */
#include "store/lmdb_internal.h"
enum status lmdb_backup(struct store *store, const char *path, struct error *error)
{
    (void)store;
    (void)path;
    return error_set(error, ST_UNSUPPORTED, "not yet");
}
enum status lmdb_check(struct store_txn *txn, struct error *error)
{
    (void)txn;
    (void)error;
    return ST_OK;
}
