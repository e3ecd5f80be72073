/* What the columns of a stock file mean. Reading CSV itself is csv.c's. */
#include "sync/stock_csv.h"

#include "base/buf.h"
#include "base/csv.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum column { COLUMN_SKU, COLUMN_WAREHOUSE, COLUMN_QUANTITY, COLUMN_COUNT };
enum {
    NO_COLUMN = CSV_FIELDS_MAX,
    NAME_MAX_BYTES = 40,
    PROBLEM_MAX = 200,
    QUANTITY_SHOWN = 40, /* bytes of a quantity that are repeated in the reason */
    QUANTITY_DIGITS = 13,
    /* of STOCK_CSV_QUANTITY_MAX */
};

static const char *const names[COLUMN_COUNT][8] = {
    [COLUMN_SKU] = {"sku", "offer_id", "offer id", "article", "артикул", "код"},
    [COLUMN_WAREHOUSE] = {"warehouse", "warehouse_key", "склад"},
    [COLUMN_QUANTITY] = {"quantity", "qty", "stock", "amount", "остаток", "количество", "кол-во"},
};

struct stock_csv {
    struct csv_reader *reader;
    char *warehouse;
    stock_csv_row_fn row;
    void *ctx;
    bool started; /* the columns are known */
    size_t columns[COLUMN_COUNT];
    struct error error; /* why the file is unusable */
    char problem[PROBLEM_MAX];
};

/* Lower case for ASCII and the Russian letters; false when the name is too long to be one of ours.
 */
static bool lower_case(struct bytes text, char out[NAME_MAX_BYTES])
{
    if (text.size >= NAME_MAX_BYTES) return false;
    const unsigned char *in = text.data;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = in[i], next = i + 1 < text.size ? in[i + 1] : 0;
        if (c >= 'A' && c <= 'Z') {
            out[i] = (char)(c + 32);
        } else if (c == 0xd0 && next >= 0x90 && next <= 0x9f) { /* А-П */
            out[i++] = (char)c;
            out[i] = (char)(next + 0x20);
        } else if (c == 0xd0 && next >= 0xa0 && next <= 0xaf) { /* Р-Я */
            out[i++] = (char)0xd1;
            out[i] = (char)(next - 0x20);
        } else {
            out[i] = (char)c;
        }
    }
    out[text.size] = '\0';
    return true;
}

static enum column column_of(struct bytes text)
{
    char name[NAME_MAX_BYTES];
    if (!lower_case(text, name)) return COLUMN_COUNT;
    for (size_t column = 0; column < COLUMN_COUNT; column++)
        for (size_t i = 0; i < 8 && names[column][i]; i++)
            if (strcmp(names[column][i], name) == 0) return (enum column)column;
    return COLUMN_COUNT;
}

static bool find_named(struct stock_csv *csv, const struct csv_record *record)
{
    bool any = false;
    for (size_t i = 0; i < record->count; i++) {
        enum column column = column_of(record->fields[i].text);
        if (column == COLUMN_COUNT) continue;
        any = true;
        if (csv->columns[column] == NO_COLUMN) csv->columns[column] = i;
    }
    return any;
}

static bool is_integer(struct bytes text)
{
    const char *at = text.data, *end = at + text.size;
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end) return false;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at == end;
}

static void guess_columns(struct stock_csv *csv, const struct csv_record *record)
{
    size_t count = record->count;
    if (count >= 3 && is_integer(record->fields[2].text)) {
        csv->columns[COLUMN_SKU] = 0;
        csv->columns[COLUMN_WAREHOUSE] = 1;
        csv->columns[COLUMN_QUANTITY] = 2;
    } else if (count == 2 && is_integer(record->fields[1].text)) {
        csv->columns[COLUMN_SKU] = 0;
        csv->columns[COLUMN_QUANTITY] = 1;
    }
}

static enum status check_columns(struct stock_csv *csv, uint64_t line, bool named)
{
    const char *lacks = csv->columns[COLUMN_SKU] == NO_COLUMN        ? "sku"
                        : csv->columns[COLUMN_QUANTITY] == NO_COLUMN ? "quantity"
                                                                     : NULL;
    if (lacks && named)
        return error_set(&csv->error, ST_INVALID,
                         "the header in line %llu names no column '%s'; it needs sku and quantity, "
                         "and warehouse unless one is given for the whole file",
                         (unsigned long long)line, lacks);
    if (lacks)
        return error_set(&csv->error, ST_INVALID,
                         "line %llu is neither a header (sku, warehouse, quantity) nor a row of "
                         "that shape",
                         (unsigned long long)line);
    if (csv->columns[COLUMN_WAREHOUSE] == NO_COLUMN && !csv->warehouse)
        return error_set(&csv->error, ST_INVALID,
                         "the file has no column 'warehouse', and none was given for the whole "
                         "file; give it with --warehouse");
    return ST_OK;
}

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
                          enum column column)
{
    size_t index = csv->columns[column];
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
    if (!is_integer(text)) return not_whole(csv, text);
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

static const char *read_row(struct stock_csv *csv, const struct csv_record *record,
                            struct stock_csv_row *row)
{
    if (record->problem) return record->problem;
    size_t last = csv->columns[COLUMN_SKU] > csv->columns[COLUMN_QUANTITY]
                      ? csv->columns[COLUMN_SKU]
                      : csv->columns[COLUMN_QUANTITY];
    if (last >= record->count)
        return say(csv, "the row has %zu of the %zu columns it needs", record->count, last + 1);
    struct bytes sku = field(csv, record, COLUMN_SKU);
    struct bytes warehouse = field(csv, record, COLUMN_WAREHOUSE);
    if (warehouse.size == 0 && csv->warehouse) warehouse = bytes_text(csv->warehouse);
    if (sku.size == 0) return "there is no SKU";
    if (sku.size > STOCK_CSV_SKU_MAX) return "the SKU is longer than 200 bytes";
    if (!is_text(sku)) return "the SKU is not UTF-8 text; save the file as UTF-8";
    if (warehouse.size == 0)
        return "there is no warehouse; name it, or give one for the whole file with --warehouse";
    if (warehouse.size > STOCK_CSV_WAREHOUSE_MAX) return "the warehouse is longer than 64 bytes";
    if (!is_text(warehouse)) return "the warehouse is not UTF-8 text; save the file as UTF-8";
    row->sku = sku;
    row->warehouse = warehouse;
    return parse_quantity(csv, field(csv, record, COLUMN_QUANTITY), &row->quantity);
}

static bool on_record(const struct csv_record *record, void *ctx)
{
    struct stock_csv *csv = ctx;
    if (!csv->started && !record->problem) {
        bool named = find_named(csv, record);
        if (!named) guess_columns(csv, record);
        if (check_columns(csv, record->line, named) != ST_OK) return false;
        csv->started = true;
        if (named) return true;
    }
    struct stock_csv_row row = {.line = record->line};
    row.problem = read_row(csv, record, &row);
    return csv->row(&row, csv->ctx);
}

struct stock_csv *stock_csv_new(char separator, const char *warehouse, stock_csv_row_fn row,
                                void *ctx)
{
    struct stock_csv *csv = mem_alloc(sizeof *csv);
    csv->reader = csv_new(separator, on_record, csv);
    csv->warehouse = mem_text(warehouse);
    csv->row = row;
    csv->ctx = ctx;
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        csv->columns[i] = NO_COLUMN;
    return csv;
}

void stock_csv_free(struct stock_csv *csv)
{
    if (!csv) return;
    csv_free(csv->reader);
    mem_free(csv->warehouse);
    mem_free(csv);
}

static enum status translate(struct stock_csv *csv, enum status status, struct error *error)
{
    if (status != ST_CANCELLED || csv->error.status == ST_OK) return status;
    return error_set(error, csv->error.status, "%s", csv->error.text);
}

enum status stock_csv_feed(struct stock_csv *csv, struct bytes bytes, struct error *error)
{
    return translate(csv, csv_feed(csv->reader, bytes, error), error);
}

enum status stock_csv_end(struct stock_csv *csv, struct error *error)
{
    return translate(csv, csv_end(csv->reader, error), error);
}
