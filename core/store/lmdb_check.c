/* Whether the pages a read transaction sees are sound, looked at beside LMDB while it runs: pages
 * of a snapshot are not written again as long as its reader is there. */
#include "base/mem.h"
#include "store/files.h"
#include "store/lmdb_file.h"
#include "store/lmdb_internal.h"

enum status lmdb_check(struct store_txn *head, struct error *error)
{
    struct lmdb_txn *txn = (struct lmdb_txn *)head;
    struct lmdb_store *store = txn->store;
    char *data = files_join(store->path, FILES_DATA);
    struct lmdb_meta metas[2];
    struct lmdb_walk walk;
    enum status status = lmdb_file_metas(store->data_fd, data, metas, error);
    if (status == ST_OK) {
        uint64_t id = mdb_txn_id(txn->mdb);
        const struct lmdb_meta *meta = metas[0].transaction == id   ? &metas[0]
                                       : metas[1].transaction == id ? &metas[1]
                                                                    : NULL;
        /* Two commits since it began have overwritten its meta page. */
        status = meta ? lmdb_file_walk(store->data_fd, data, meta, &walk, error)
                      : error_set(error, ST_BUSY, "store %s: written too quickly to be looked at",
                                  store->path);
    }
    if (status == ST_DAMAGED) lmdb_error_add_backup(error, store->backups);
    mem_free(data);
    return status;
}
