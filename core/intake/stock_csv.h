/* Stock figures from CSV: which column is what, and whether a row makes sense. Pure; one thread at
 * a time per reader.
 *
 * Columns are found by their names in the first record, in any order, in any case, English or
 * Russian (stock_columns.c has the table: sku or артикул, warehouse or склад, quantity or остаток,
 * barcode or штрихкод ...). Others are ignored; two of one meaning make the file unusable, for
 * which is meant would be a guess; a person can say (stock_naming.h). Without such names the
 * columns are sku, warehouse, quantity; or sku, quantity, when a warehouse is given beforehand.
 * Where there is a barcode and no SKU, rows are by barcode.
 *
 * A row that makes no sense is reported with the reason and never becomes a figure: an empty or
 * broken quantity is not 0 (invariant I9). Text is UTF-8 unless
 * stock_csv_encoded says what it is. */
#ifndef STOCKD_INTAKE_STOCK_CSV_H
#define STOCKD_INTAKE_STOCK_CSV_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/text_encoding.h"
#include "intake/stock_naming.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    STOCK_CSV_SKU_MAX = 200,      /* bytes: STOCKD_ID_MAX of the plugin ABI */
    STOCK_CSV_WAREHOUSE_MAX = 64, /* bytes of a warehouse's key */
};
#define STOCK_CSV_QUANTITY_MAX INT64_C(1000000000000)

struct stock_csv_row {
    uint64_t line;
    struct bytes sku, warehouse; /* live for the callback */
    bool by_barcode;             /* `sku` is a barcode */
    int64_t quantity;
    const char *problem; /* NULL, or why the row is refused; the other members but line and column
                            may then be empty. Lives for the callback */
    uint32_t column;     /* from 1: where the problem is; 0: in the row as a whole */
};

typedef bool (*stock_csv_row_fn)(const struct stock_csv_row *row, void *ctx);

struct stock_csv;

struct stock_csv_options {
    char separator;        /* 0: found */
    const char *warehouse; /* for rows that name none; or NULL */
    struct stock_naming naming;
};

/* Texts are copied. */
struct stock_csv *stock_csv_new(const struct stock_csv_options *options, stock_csv_row_fn row,
                                void *ctx);
void stock_csv_free(struct stock_csv *csv);
/* Before the first bytes: what they are; `marked` (for what is told) with a byte order mark. */
enum status stock_csv_encoded(struct stock_csv *csv, enum text_encoding encoding, bool marked,
                              struct error *error);
/* What was found, as far as it is known: "windows-1251, separated by semicolon, header in line 1,
 * sku is 'Артикул', quantity is 'Остаток'". */
void stock_csv_describe(const struct stock_csv *csv, struct buf *out);
/* The number of a column in the file, from 1; 0: there is none, or it is not known yet. Rows are by
 * SKU or by barcode; both are the number of that column. */
uint32_t stock_csv_column(const struct stock_csv *csv, enum stock_column column);
/* ST_INVALID: the file as a whole is unusable (no such columns). ST_CANCELLED: the callback said
 * so. */
enum status stock_csv_feed(struct stock_csv *csv, struct bytes bytes, struct error *error);
enum status stock_csv_end(struct stock_csv *csv, struct error *error);

#endif
