/* Columns of a stock file as a person names them, where the header's own words leave a doubt or
 * there is no header: the title that stands there, or the column's number as "#3". Pure; any
 * thread.
 *
 * A title is taken as it stands; where no column is called exactly so, without case and without a
 * unit behind it ("Остаток, шт." is 'остаток'). What is named is never guessed otherwise: a title
 * that is not there, or is there twice, is an error that says what the file has. */
#ifndef STOCKD_INTAKE_STOCK_NAMING_H
#define STOCKD_INTAKE_STOCK_NAMING_H

#include "base/buf.h"
#include "base/csv.h"

enum stock_column {
    STOCK_SKU,
    STOCK_BARCODE, /* looked at when there is no column of SKUs */
    STOCK_WAREHOUSE,
    STOCK_QUANTITY,
    STOCK_COLUMNS,
};
enum {
    STOCK_NO_COLUMN = CSV_FIELDS_MAX,
    STOCK_TITLE_MAX = 201, /* bytes of a title, its end included; as long as an SKU */
};

/* "sku", "barcode", "warehouse", "quantity". Static. */
const char *stock_column_name(enum stock_column column);

struct stock_naming {
    const char *of[STOCK_COLUMNS]; /* NULL: by the words of the header */
};

/* Texts are copied. ST_INVALID with a sentence: no such column, no title, a number that cannot be,
 * or a second naming of the same. */
enum status stock_naming_set(struct stock_naming *naming, const char *column, const char *title,
                             struct error *error);
/* The same from "sku=Артикул". */
enum status stock_naming_add(struct stock_naming *naming, const char *pair, struct error *error);
/* Of all that was named: ST_INVALID, SKU and barcode both, or one number for two. */
enum status stock_naming_check(const struct stock_naming *naming, struct error *error);
void stock_naming_copy(struct stock_naming *to, const struct stock_naming *from);
void stock_naming_free(struct stock_naming *naming);

bool stock_naming_is_empty(const struct stock_naming *naming);
/* Whether some column has a title, so that the first line must be a header. */
bool stock_naming_has_title(const struct stock_naming *naming);
/* Where the named column of a file is whose first record this is. ST_INVALID with what it has. */
enum status stock_naming_find(const struct stock_naming *naming, enum stock_column column,
                              const struct csv_record *record, size_t *index, struct error *error);
/* " 'Артикул', 'Склад' and 3 more": what a record has. */
void stock_titles_tell(const struct csv_record *record, struct buf *out);

/* Without the unit behind it. */
struct bytes stock_title_bare(struct bytes text);
/* Lower case for ASCII and the Russian letters, with an end; false: it has no room. */
bool stock_title_lower(struct bytes text, char *out, size_t room);

#endif
