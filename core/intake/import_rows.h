/* The rows of one import on their way from the file's order to the store's: gathered in a segment,
 * sorted by (product, warehouse), written as a run to a file that has no name, and merged from
 * there. Rows of one pair come in the order they were added. Any thread, one at a time. */
#ifndef STOCKD_INTAKE_IMPORT_ROWS_H
#define STOCKD_INTAKE_IMPORT_ROWS_H

#include "base/error.h"
#include "engine/command.h"

#include <stdbool.h>
#include <stdint.h>

struct import_rows;

/* `path`: of the file, removed as soon as it is made. */
struct import_rows *import_rows_new(const char *path, uint32_t segment_rows);
void import_rows_free(struct import_rows *rows); /* NULL is fine */

enum status import_rows_add(struct import_rows *rows, const struct stock_row *row,
                            struct error *error);
/* That was all: gives the memory back and stands before the first row. */
enum status import_rows_seal(struct import_rows *rows, struct error *error);
/* Sealed: stands before the first row again. */
enum status import_rows_rewind(struct import_rows *rows, struct error *error);
uint64_t import_rows_count(const struct import_rows *rows);

/* The row it stands on, or NULL at the end. Lives until import_rows_next. */
const struct stock_row *import_rows_at(const struct import_rows *rows);
enum status import_rows_next(struct import_rows *rows, struct error *error);

static inline int stock_row_order(const struct stock_row *a, const struct stock_row *b)
{
    if (a->product != b->product) return a->product < b->product ? -1 : 1;
    return (a->warehouse > b->warehouse) - (a->warehouse < b->warehouse);
}

#endif
