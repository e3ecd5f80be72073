/* What the store knows of files from inboxes: TABLE_INBOX. A file is claimed under a name that was
 * never used before; in the transaction that accepts its import a row says which import that is.
 * From then on it is never read again, whatever happens to the file; the row goes when the file
 * lies where it belongs. Beside them is one row per inbox about its last file. Any thread. */
#ifndef STOCKD_INTAKE_INBOX_RECORD_H
#define STOCKD_INTAKE_INBOX_RECORD_H

#include "intake/import.h"
#include "store/store.h"

struct inbox_row {
    uint64_t job;
    struct bytes inbox, file;
    uint64_t size; /* when it was read */
    int64_t modified_ms;
    uint8_t digest[IMPORT_DIGEST_SIZE];
    uint64_t same_as; /* the job of the inbox's file before it, when that had the same content */
};
enum status inbox_row_read(struct bytes from, struct inbox_row *row);

/* The file of an inbox that was dealt with last. */
struct inbox_last {
    uint64_t job;
    struct bytes claim, file;
    int64_t when_ms;
    enum import_state state;
    bool failed; /* it lies in failed/, otherwise in done/ */
    struct import_counts counts;
    struct bytes detail;
    uint8_t digest[IMPORT_DIGEST_SIZE];
};
enum status inbox_last_read(struct bytes from, struct inbox_last *last);

/* Failures are the transaction's (store_failed). [engine thread] */
void inbox_row_put(struct store_txn *txn, const struct import_origin *origin, uint64_t job,
                   uint64_t size, const uint8_t digest[IMPORT_DIGEST_SIZE]);
/* The file lies where it belongs. */
void inbox_row_finish(struct store_txn *txn, const char *inbox, const char *claim,
                      const struct inbox_last *last);
enum status inbox_row_get(struct store_txn *txn, struct bytes claim, struct bytes *value);
enum status inbox_last_get(struct store_txn *txn, const char *inbox, struct inbox_last *last);
bool inbox_key_is_claim(struct bytes key); /* of TABLE_INBOX */

#endif
