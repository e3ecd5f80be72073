/* Which column of a stock file is what, and what stands between columns, from its first line. Pure;
 * any thread.
 *
 * Names are one table (stock_columns.c) of English and Russian words, compared without case; what
 * follows a comma or a bracket is a unit ("Остаток, шт."). Nothing is guessed between two columns:
 * a file with two of one meaning is refused, naming both. */
#ifndef STOCKD_INTAKE_STOCK_COLUMNS_H
#define STOCKD_INTAKE_STOCK_COLUMNS_H

#include "base/csv.h"

enum stock_column {
    STOCK_SKU,
    STOCK_BARCODE, /* looked at when there is no column of SKUs */
    STOCK_WAREHOUSE,
    STOCK_QUANTITY,
    STOCK_COLUMNS,
};
enum { STOCK_NO_COLUMN = CSV_FIELDS_MAX, STOCK_TITLE_MAX = 64 };

struct stock_columns {
    size_t at[STOCK_COLUMNS]; /* or STOCK_NO_COLUMN */
    bool named;               /* by a header */
    char titles[STOCK_COLUMNS][STOCK_TITLE_MAX];
};

/* The columns of a file whose first record this is. ST_INVALID with a sentence: none that are of
 * use. `warehouse`: one is given for rows that name none. */
enum status stock_columns_find(struct stock_columns *columns, const struct csv_record *record,
                               bool warehouse, struct error *error);
/* The separator of a file with that first line; 0 with a sentence: several are possible. */
char stock_columns_separator(struct bytes line, struct error *error);
const char *stock_separator_name(char separator); /* "semicolon" ... Static. */
bool stock_text_is_integer(struct bytes text);

#endif
