/* Checking a spool file row by row: CSV to rows of numbers, in slices, each with a read transaction
 * of its own so that none is kept for long. Nothing here changes the store: SKUs that are to become
 * products are gathered, and looked up again when they have been made.
 *
 * The first slices only look at the bytes: the encoding is known when all of them were seen.
 *
 * A slice ends when SLICE_BYTES were read, or earlier when products must be made. Workers; what a
 * slice left behind may be read by the loop until the next one begins. */
#ifndef STOCKD_SYNC_IMPORT_READER_H
#define STOCKD_SYNC_IMPORT_READER_H

#include "base/buf.h"
#include "base/text_encoding.h"
#include "store/store.h"
#include "sync/import_refused.h"
#include "sync/import_rows.h"

struct import_reader;

struct import_reader_options {
    struct store *store;
    const char *path;
    uint64_t size;         /* what the file must have */
    const char *warehouse; /* or NULL */
    char separator;
    enum text_encoding encoding; /* TEXT_FOUND: to be found */
    bool create;
    uint32_t segment_rows;
    struct import_refused *refused; /* added to */
};

/* Texts must outlive it. Does nothing yet. */
struct import_reader *import_reader_new(const struct import_reader_options *options);
void import_reader_free(struct import_reader *reader); /* NULL is fine */

/* Goes on. Not ST_OK: the file as a whole is of no use. */
enum status import_reader_slice(struct import_reader *reader, struct error *error);

/* Products to be made before the next slice: payloads of COMMAND_PRODUCT_BULK, in SKU order. */
uint32_t import_reader_payload_count(const struct import_reader *reader);
struct bytes import_reader_payload(const struct import_reader *reader, uint32_t index);

/* What was found of the file's form, as far as it is known (stock_csv.h). */
void import_reader_describe(const struct import_reader *reader, struct buf *out);

bool import_reader_at_end(const struct import_reader *reader); /* and no payloads are left */
struct import_reader_counts {
    uint64_t bytes, rows, refused;
};
struct import_reader_counts import_reader_counts(const struct import_reader *reader);

/* At the end: the usable rows, sealed. Lives as long as the reader. */
struct import_rows *import_reader_rows(struct import_reader *reader);
/* Closes the file and gives back what only reading needs. */
void import_reader_done(struct import_reader *reader);

#endif
