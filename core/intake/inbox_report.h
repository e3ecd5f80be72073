/* Files of an inbox on their way out: the report beside them, and the moves. Workers. */
#ifndef STOCKD_INTAKE_INBOX_REPORT_H
#define STOCKD_INTAKE_INBOX_REPORT_H

#include "base/buf.h"
#include "intake/inbox_record.h"
#include "store/store.h"

enum { INBOX_REPORT_MAX = 1 << 20 };
#define INBOX_REPORT_SUFFIX ".report.txt"

/* What is said about one file. `job` NULL: its import's record is gone, or it never had one. */
struct inbox_report {
    const char *inbox, *file, *kind;
    const struct inbox_row *row;  /* or NULL */
    const struct import_job *job; /* or NULL */
    const char *detail;           /* without a job: what happened */
    bool written_later;           /* its bytes are not those that were read any more */
    struct store_txn *txn;        /* for the refused rows; or NULL */
};
void inbox_report_write(struct buf *out, const struct inbox_report *report);

/* CLAIM.report.txt in the directory: whole or not at all, on disk. */
enum status inbox_report_put(int directory, const char *path, const char *claim,
                             const struct buf *text, struct error *error);
/* Renames without ever replacing; both directories are synced. ST_NOT_FOUND: there is no such file.
 */
enum status inbox_move(int from, const char *from_name, int to, const char *to_name,
                       const char *to_path, struct error *error);

#endif
