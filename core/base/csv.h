/* Reading CSV as it arrives: bytes in, records out. Pure: no files, no threads; one thread at a
 * time per reader.
 *
 * What is read: RFC 4180 with what spreadsheets make of it. Separator ',', ';', '|' or tab, found
 * in the first record unless given; quoted fields with "" for a quote and line breaks inside; LF or
 * CRLF; a UTF-8 byte order mark; a quote inside an unquoted field is a letter like any other.
 * Spaces around unquoted fields are dropped, blank lines are skipped.
 *
 * What is wrong with a record (a quote never closed, too long) is reported as a record with
 * `problem` set, and reading goes on with the next line: one bad row never costs the file. Only a
 * UTF-16 file fails as a whole (base/text_encoding.h makes UTF-8 of it first).
 *
 * OWNERSHIP. A record and its fields live for the callback. */
#ifndef STOCKD_BASE_CSV_H
#define STOCKD_BASE_CSV_H

#include "base/bytes.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    CSV_FIELDS_MAX = 64,       /* further ones are not looked at */
    CSV_RECORD_MAX = 64 << 10, /* bytes of one record, line breaks included */
};

struct csv_field {
    struct bytes text;
    bool quoted;
};

struct csv_record {
    uint64_t line; /* where it begins, from 1 */
    const struct csv_field *fields;
    size_t count;
    const char *problem; /* NULL, or why there are no fields */
};

struct csv_reader;

/* False from the callback ends reading: csv_feed then returns ST_CANCELLED, now and later. */
typedef bool (*csv_record_fn)(const struct csv_record *record, void *ctx);

#define CSV_SEPARATORS ",;\t|"

/* `separator` 0 finds it. */
struct csv_reader *csv_new(char separator, csv_record_fn record, void *ctx);
void csv_free(struct csv_reader *reader);
/* Before the first bytes: who finds the separator from the first line that is not empty, instead of
 * taking the most frequent one. 0 ends reading (as false from the callback does). */
typedef char (*csv_separator_fn)(struct bytes line, void *ctx);
void csv_on_separator(struct csv_reader *reader, csv_separator_fn choose);
char csv_separator(const struct csv_reader *reader); /* 0: not known yet */
enum status csv_feed(struct csv_reader *reader, struct bytes bytes, struct error *error);
/* The last record may lack its line break. */
enum status csv_end(struct csv_reader *reader, struct error *error);
/* A column as people number it, from 1: 3 of "#3". 0: it is no number but a title. -1: a number
 * that no column has (CSV_FIELDS_MAX). */
int csv_column_number(const char *text);
uint64_t csv_line(const struct csv_reader *reader); /* the line being read */

#endif
