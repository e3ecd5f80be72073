/* Which column of a stock file is what, and what stands between columns, from its first line. Pure;
 * any thread.
 *
 * What a person named (stock_naming.h) comes first. For the rest names are one table
 * (stock_columns.c) of English and Russian words, compared without case; what follows a comma or a
 * bracket is a unit ("Остаток, шт."). Nothing is guessed between two columns: a file with two of
 * one meaning is refused, naming both, until somebody says which.
 *
 * The first line is a header when it has such words or a title that was named, or when the column
 * that was named for the quantity by its number holds letters there and no digit. */
#ifndef STOCKD_INTAKE_STOCK_COLUMNS_H
#define STOCKD_INTAKE_STOCK_COLUMNS_H

#include "intake/stock_naming.h"

enum { STOCK_SHOWN_MAX = 64 }; /* bytes of a title that are told, its end included */

struct stock_columns {
    size_t at[STOCK_COLUMNS]; /* or STOCK_NO_COLUMN */
    bool named;               /* by a header */
    char titles[STOCK_COLUMNS][STOCK_SHOWN_MAX];
};

/* The columns of a file whose first record this is. ST_INVALID with a sentence: none that are of
 * use. `warehouse`: one is given for rows that name none. */
enum status stock_columns_find(struct stock_columns *columns, const struct csv_record *record,
                               const struct stock_naming *naming, bool warehouse,
                               struct error *error);
/* The separator of a file with that first line; 0 with a sentence: several are possible. */
char stock_columns_separator(struct bytes line, const struct stock_naming *naming,
                             struct error *error);
const char *stock_separator_name(char separator); /* "semicolon" ... Static. */
bool stock_text_is_integer(struct bytes text);

#endif
