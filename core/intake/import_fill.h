/* Cutting the sorted rows of an import into chunks, and finding in passing what the file says
 * twice. Workers. */
#ifndef STOCKD_INTAKE_IMPORT_FILL_H
#define STOCKD_INTAKE_IMPORT_FILL_H

#include "base/buf.h"
#include "intake/import_refused.h"
#include "intake/import_rows.h"

/* Some thousand rows in order, as one command. */
struct import_chunk {
    struct stock_row *rows;
    uint32_t count;
    struct buf payload;          /* of COMMAND_STOCK_BULK; empty when there are no rows */
    uint64_t repeated, refused;  /* rows that were passed */
    uint32_t kept_from, kept_to; /* of the refusals kept: those that came with it */
    struct stock_row last;       /* the last pair passed, or the cursor before it */
};

struct import_fill {
    struct import_rows *rows;
    struct import_refused *refused; /* added to */
    struct stock_row cursor;        /* pairs up to it have been applied before */
    uint32_t chunk_rows;
    enum figure_kind kind;
    enum cause cause;
    uint64_t job;
    uint64_t since;                  /* stock_bulk's */
    const struct stock_shown *shown; /* the same; or NULL */
};

/* Fills the chunk, which may have been used before. With nothing left it stays empty: no rows, none
 * passed. */
enum status import_fill_next(struct import_fill *fill, struct import_chunk *chunk,
                             struct error *error);
static inline bool import_chunk_is_empty(const struct import_chunk *chunk)
{
    return chunk->count == 0 && chunk->repeated == 0 && chunk->refused == 0;
}
void import_chunk_free(struct import_chunk *chunk);

#endif
