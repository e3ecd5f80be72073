/* The source of rows that is a file: a spool file checked row by row, CSV to rows of numbers. SKUs
 * that are to become products are gathered, and looked up again when they have been made.
 *
 * The first slices only look at the bytes: the encoding is known when all of them were seen. A
 * slice ends when SLICE_BYTES were read, or earlier when products must be made. */
#ifndef STOCKD_INTAKE_IMPORT_READER_H
#define STOCKD_INTAKE_IMPORT_READER_H

#include "base/text_encoding.h"
#include "intake/import_refused.h"
#include "intake/import_source.h"
#include "intake/stock_naming.h"
#include "store/store.h"

struct import_reader_options {
    struct store *store;
    const char *path;
    uint64_t size;         /* what the file must have */
    const char *warehouse; /* or NULL */
    char separator;
    struct stock_naming columns;
    enum text_encoding encoding; /* TEXT_FOUND: to be found */
    bool create;
    uint32_t segment_rows;
    struct import_refused *refused; /* added to */
};

/* Texts must outlive it. Does nothing yet. */
struct import_source *import_reader_new(const struct import_reader_options *options);

#endif
