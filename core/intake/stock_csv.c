/* What the columns of a stock file mean. Reading CSV itself is csv.c's. */
#include "intake/stock_csv.h"

#include "base/buf.h"
#include "base/csv.h"
#include "base/mem.h"
#include "intake/stock_columns.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    PROBLEM_MAX = 200,
    QUANTITY_SHOWN = 40,  /* bytes of a quantity that are repeated in the reason */
    QUANTITY_DIGITS = 13, /* of STOCK_CSV_QUANTITY_MAX */
};

struct stock_csv {
    struct csv_reader *reader;
    char *warehouse;
    struct stock_naming naming;
    stock_csv_row_fn row;
    void *ctx;
    bool started; /* the columns are known */
    struct stock_columns columns;
    uint64_t header; /* its line; 0: none */
    enum text_encoding encoding;
    struct text_decoder *decoder; /* NULL: it is UTF-8 */
    bool marked;
    struct error error; /* why the file is unusable */
    char problem[PROBLEM_MAX];
};

/* Valid UTF-8 (RFC 3629) without control characters. */
static bool is_text(struct bytes text)
{
    const unsigned char *at = text.data, *end = at + text.size;
    while (at < end) {
        unsigned char c = *at;
        if (c < 0x80) {
            if (c < 0x20 || c == 0x7f) return false;
            at++;
            continue;
        }
        size_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
        if (c < 0xc2 || c > 0xf4 || (size_t)(end - at) <= more) return false;
        if ((c == 0xe0 && at[1] < 0xa0) || (c == 0xed && at[1] > 0x9f) ||
            (c == 0xf0 && at[1] < 0x90) || (c == 0xf4 && at[1] > 0x8f))
            return false;
        for (size_t i = 1; i <= more; i++)
            if ((at[i] & 0xc0) != 0x80) return false;
        at += more + 1;
    }
    return true;
}

static struct bytes field(const struct stock_csv *csv, const struct csv_record *record,
                          enum stock_column column)
{
    size_t index = csv->columns.at[column];
    return index < record->count ? record->fields[index].text : bytes_of("", 0);
}

static const char *say(struct stock_csv *csv, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static const char *say(struct stock_csv *csv, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(csv->problem, sizeof csv->problem, format, args);
    va_end(args);
    return csv->problem;
}

/* ---- quantities: digits and nothing else. What a person would read as a number is refused all the
 * same, for "1,234" is one thing in London and another in Moscow; the reason says how to mend it.
 */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits, one '.' or ',', digits: where the mark is; else 0. */
static size_t decimal_mark(const char *at, size_t size)
{
    size_t mark = 0;
    for (size_t i = 0; i < size; i++) {
        if (is_digit(at[i])) continue;
        if (i == 0 || mark || (at[i] != '.' && at[i] != ',')) return 0;
        mark = i;
    }
    return mark;
}

/* Digits in groups, with spaces, apostrophes, points or commas between: "1 234", "1'234.567". */
static bool is_grouped(const char *at, size_t size)
{
    bool marks = false;
    if (!is_digit(at[0]) || !is_digit(at[size - 1])) return false;
    for (size_t i = 0; i < size; i++) {
        bool mark = at[i] < 0 || strchr(" '.,_", at[i]); /* no-break spaces are not ASCII */
        if (!mark && !is_digit(at[i])) return false;
        marks = marks || mark;
    }
    return marks;
}

static bool all_zeros(const char *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i] != '0') return false;
    return true;
}

/* Why `text`, which is not an integer, is no quantity. */
static const char *not_whole(struct stock_csv *csv, struct bytes text)
{
    int size = text.size > QUANTITY_SHOWN || !is_text(text) ? 0 : (int)text.size;
    const char *at = text.data;
    size_t mark = decimal_mark(at, text.size);
    if (mark && all_zeros(at + mark + 1, text.size - mark - 1) && text.size - mark - 1 != 3)
        return say(csv, "the quantity '%.*s' has a decimal part; write %.*s", size, at,
                   size ? (int)mark : 0, at);
    if (mark && text.size - mark - 1 != 3)
        return say(csv, "the quantity '%.*s' is not whole; stock is counted in whole pieces", size,
                   at);
    if (is_grouped(at, text.size))
        return say(csv, "the quantity '%.*s' has marks between its digits; write digits only", size,
                   at);
    return say(csv, "the quantity '%.*s' is not a whole number; write digits only", size, at);
}

/* The problem with the text of a quantity, or NULL. */
static const char *parse_quantity(struct stock_csv *csv, struct bytes text, int64_t *quantity)
{
    const char *at = text.data;
    if (text.size == 0) return "there is no quantity; write 0 where there is nothing";
    if (!stock_text_is_integer(text)) return not_whole(csv, text);
    bool negative = *at == '-';
    size_t i = negative || *at == '+';
    while (i + 1 < text.size && at[i] == '0')
        i++;
    bool fits = text.size - i <= QUANTITY_DIGITS;
    int64_t value = 0;
    for (; fits && i < text.size; i++)
        value = value * 10 + (at[i] - '0');
    if (negative && (value || !fits)) return "the quantity is below 0; the least is 0";
    if (!fits || value > STOCK_CSV_QUANTITY_MAX) return "the quantity is over 1000000000000";
    *quantity = value;
    return NULL;
}

static const char *check_sku(struct bytes sku)
{
    if (sku.size == 0) return "there is no SKU";
    if (sku.size > STOCK_CSV_SKU_MAX) return "the SKU is longer than 200 bytes";
    return is_text(sku) ? NULL : "the SKU is not UTF-8 text; save the file as UTF-8";
}

static const char *check_barcode(struct bytes barcode)
{
    if (barcode.size == 0) return "there is no barcode";
    if (barcode.size > STOCK_CSV_SKU_MAX) return "the barcode is longer than 200 bytes";
    return is_text(barcode) ? NULL : "the barcode is not UTF-8 text; save the file as UTF-8";
}

static enum stock_column key_column(const struct stock_csv *csv)
{
    return csv->columns.at[STOCK_SKU] != STOCK_NO_COLUMN ? STOCK_SKU : STOCK_BARCODE;
}

static const char *check_warehouse(struct bytes warehouse)
{
    if (warehouse.size == 0)
        return "there is no warehouse; name it, or give one for the whole file with --warehouse";
    if (warehouse.size > STOCK_CSV_WAREHOUSE_MAX) return "the warehouse is longer than 64 bytes";
    if (!is_text(warehouse)) return "the warehouse is not UTF-8 text; save the file as UTF-8";
    return NULL;
}

/* The problem, with the column it is in. */
static const char *read_row(struct stock_csv *csv, const struct csv_record *record,
                            struct stock_csv_row *row)
{
    if (record->problem) return record->problem;
    enum stock_column key = key_column(csv);
    size_t last = csv->columns.at[key] > csv->columns.at[STOCK_QUANTITY]
                      ? csv->columns.at[key]
                      : csv->columns.at[STOCK_QUANTITY];
    if (last >= record->count)
        return say(csv, "the row has %zu of the %zu columns it needs", record->count, last + 1);
    struct bytes warehouse = field(csv, record, STOCK_WAREHOUSE);
    if (warehouse.size == 0 && csv->warehouse) warehouse = bytes_text(csv->warehouse);
    row->sku = field(csv, record, key);
    row->by_barcode = key == STOCK_BARCODE;
    row->column = stock_csv_column(csv, key);
    const char *problem = row->by_barcode ? check_barcode(row->sku) : check_sku(row->sku);
    if (problem) return problem;
    row->column = stock_csv_column(csv, STOCK_WAREHOUSE);
    if ((problem = check_warehouse(warehouse))) return problem;
    row->warehouse = warehouse;
    row->column = stock_csv_column(csv, STOCK_QUANTITY);
    problem = parse_quantity(csv, field(csv, record, STOCK_QUANTITY), &row->quantity);
    if (!problem) row->column = 0;
    return problem;
}

/* Excel's first line "sep=;", which is no row. */
static bool is_separator_line(const struct csv_record *record)
{
    return record->count && record->fields[0].text.size == 4 && record->count <= 2 &&
           memcmp(record->fields[0].text.data, "sep=", 4) == 0;
}

static bool on_record(const struct csv_record *record, void *ctx)
{
    struct stock_csv *csv = ctx;
    if (!csv->started && !record->problem) {
        if (is_separator_line(record)) return true;
        if (stock_columns_find(&csv->columns, record, &csv->naming, csv->warehouse, &csv->error) !=
            ST_OK)
            return false;
        csv->started = true;
        if (csv->columns.named) csv->header = record->line;
        if (csv->columns.named) return true;
    }
    struct stock_csv_row row = {.line = record->line};
    row.problem = read_row(csv, record, &row);
    return csv->row(&row, csv->ctx);
}

static char on_separator(struct bytes line, void *ctx)
{
    struct stock_csv *csv = ctx;
    return stock_columns_separator(line, &csv->naming, &csv->error);
}

struct stock_csv *stock_csv_new(const struct stock_csv_options *options, stock_csv_row_fn row,
                                void *ctx)
{
    struct stock_csv *csv = mem_alloc(sizeof *csv);
    csv->reader = csv_new(options->separator, on_record, csv);
    csv_on_separator(csv->reader, on_separator);
    csv->warehouse = mem_text(options->warehouse);
    stock_naming_copy(&csv->naming, &options->naming);
    csv->row = row;
    csv->ctx = ctx;
    csv->encoding = TEXT_UTF8;
    for (size_t i = 0; i < STOCK_COLUMNS; i++)
        csv->columns.at[i] = STOCK_NO_COLUMN;
    return csv;
}

uint32_t stock_csv_column(const struct stock_csv *csv, enum stock_column column)
{
    if (column == STOCK_SKU || column == STOCK_BARCODE) column = key_column(csv);
    size_t at = csv->columns.at[column];
    return at == STOCK_NO_COLUMN ? 0 : (uint32_t)at + 1;
}

enum status stock_csv_encoded(struct stock_csv *csv, enum text_encoding encoding, bool marked,
                              struct error *error)
{
    csv->encoding = encoding;
    csv->marked = marked;
    if (encoding == TEXT_UTF8) return ST_OK;
    return text_decoder_new(encoding, &csv->decoder, error);
}

static void describe_column(const struct stock_columns *columns, enum stock_column column,
                            const char *meaning, struct buf *out)
{
    if (columns->at[column] == STOCK_NO_COLUMN) return;
    if (columns->named)
        buf_format(out, ", %s is '%s'", meaning, columns->titles[column]);
    else
        buf_format(out, ", %s is column %zu", meaning, columns->at[column] + 1);
}

void stock_csv_describe(const struct stock_csv *csv, struct buf *out)
{
    const struct stock_columns *columns = &csv->columns;
    buf_format(out, "%s%s", text_encoding_name(csv->encoding),
               csv->marked && csv->encoding == TEXT_UTF8 ? " with a byte order mark" : "");
    char separator = csv_separator(csv->reader);
    if (separator) buf_format(out, ", separated by %s", stock_separator_name(separator));
    if (!csv->started) return;
    if (csv->header) buf_format(out, ", header in line %llu", (unsigned long long)csv->header);
    if (!csv->header) buf_text(out, ", no header");
    bool by_sku = columns->at[STOCK_SKU] != STOCK_NO_COLUMN;
    describe_column(columns, by_sku ? STOCK_SKU : STOCK_BARCODE, by_sku ? "sku" : "barcode", out);
    describe_column(columns, STOCK_WAREHOUSE, "warehouse", out);
    describe_column(columns, STOCK_QUANTITY, "quantity", out);
}

void stock_csv_free(struct stock_csv *csv)
{
    if (!csv) return;
    csv_free(csv->reader);
    text_decoder_free(csv->decoder);
    stock_naming_free(&csv->naming);
    mem_free(csv->warehouse);
    mem_free(csv);
}

static enum status translate(struct stock_csv *csv, enum status status, struct error *error)
{
    if (status != ST_CANCELLED || csv->error.status == ST_OK) return status;
    return error_set(error, csv->error.status, "%s", csv->error.text);
}

static enum status take_text(struct bytes utf8, void *ctx, struct error *error)
{
    return csv_feed(((struct stock_csv *)ctx)->reader, utf8, error);
}

enum status stock_csv_feed(struct stock_csv *csv, struct bytes bytes, struct error *error)
{
    enum status status = csv->decoder
                             ? text_decode(csv->decoder, bytes, false, take_text, csv, error)
                             : csv_feed(csv->reader, bytes, error);
    return translate(csv, status, error);
}

enum status stock_csv_end(struct stock_csv *csv, struct error *error)
{
    enum status status = ST_OK;
    if (csv->decoder)
        status = text_decode(csv->decoder, bytes_of("", 0), true, take_text, csv, error);
    if (status == ST_OK) status = csv_end(csv->reader, error);
    return translate(csv, status, error);
}
