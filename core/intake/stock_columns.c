/* The names of columns, and choosing by them. What a row's fields may hold is stock_csv.c's. */
#include "intake/stock_columns.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 60, NAMES_MAX = 12 };

/* clang-format off */
static const char *const names[STOCK_COLUMNS][NAMES_MAX] = {
    [STOCK_SKU] = {"sku", "offer_id", "offer id", "article", "артикул", "код", "код товара",
                   "артикул продавца", "vendor code", "item number"},
    [STOCK_BARCODE] = {"barcode", "ean", "ean13", "gtin", "штрихкод", "штрих-код", "штрих код"},
    [STOCK_WAREHOUSE] = {"warehouse", "warehouse_key", "склад"},
    [STOCK_QUANTITY] = {"quantity", "qty", "stock", "amount", "остаток", "количество", "кол-во",
                        "конечный остаток", "свободный остаток", "остаток на складе", "в наличии"},
};
/* clang-format on */

static const char *const meanings[STOCK_COLUMNS] = {
    [STOCK_SKU] = "sku",
    [STOCK_BARCODE] = "barcode",
    [STOCK_WAREHOUSE] = "warehouse",
    [STOCK_QUANTITY] = "quantity",
};

/* ---- names */

/* Without the unit behind it: "Остаток, шт." */
static struct bytes bare(struct bytes text)
{
    const char *at = text.data;
    size_t size = 0;
    while (size < text.size && at[size] != ',' && at[size] != '(')
        size++;
    while (size && at[size - 1] == ' ')
        size--;
    return bytes_of(at, size);
}

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

static enum stock_column column_of(struct bytes text)
{
    char name[NAME_MAX_BYTES];
    if (!lower_case(bare(text), name)) return STOCK_COLUMNS;
    for (size_t column = 0; column < STOCK_COLUMNS; column++)
        for (size_t i = 0; i < NAMES_MAX && names[column][i]; i++)
            if (strcmp(names[column][i], name) == 0) return (enum stock_column)column;
    return STOCK_COLUMNS;
}

/* ---- columns */

static void clear(struct stock_columns *columns)
{
    *columns = (struct stock_columns){0};
    for (size_t i = 0; i < STOCK_COLUMNS; i++)
        columns->at[i] = STOCK_NO_COLUMN;
}

/* ST_CONFLICT: two of one meaning. */
static enum status find_named(struct stock_columns *columns, const struct csv_record *record,
                              struct error *error)
{
    for (size_t i = 0; i < record->count; i++) {
        struct bytes text = record->fields[i].text;
        enum stock_column column = column_of(text);
        if (column == STOCK_COLUMNS) continue;
        columns->named = true;
        char *title = columns->titles[column];
        if (columns->at[column] != STOCK_NO_COLUMN)
            return error_set(error, ST_CONFLICT,
                             "the header in line %llu names two columns that could be the %s, '%s' "
                             "and '%.*s'; give one of them another name",
                             (unsigned long long)record->line, meanings[column], title,
                             (int)text.size, (const char *)text.data);
        columns->at[column] = i;
        int size = text.size < STOCK_TITLE_MAX ? (int)text.size : STOCK_TITLE_MAX - 1;
        snprintf(title, STOCK_TITLE_MAX, "%.*s", size, (const char *)text.data);
    }
    return ST_OK;
}

bool stock_text_is_integer(struct bytes text)
{
    const char *at = text.data, *end = at + text.size;
    if (at < end && (*at == '-' || *at == '+')) at++;
    if (at == end) return false;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at == end;
}

/* Without a header: sku, warehouse, quantity; or sku, quantity. */
static void find_by_place(struct stock_columns *columns, const struct csv_record *record)
{
    size_t count = record->count;
    if (count >= 3 && stock_text_is_integer(record->fields[2].text)) {
        columns->at[STOCK_SKU] = 0;
        columns->at[STOCK_WAREHOUSE] = 1;
        columns->at[STOCK_QUANTITY] = 2;
    } else if (count == 2 && stock_text_is_integer(record->fields[1].text)) {
        columns->at[STOCK_SKU] = 0;
        columns->at[STOCK_QUANTITY] = 1;
    }
}

static const char *lacking(const struct stock_columns *columns)
{
    bool keyed =
        columns->at[STOCK_SKU] != STOCK_NO_COLUMN || columns->at[STOCK_BARCODE] != STOCK_NO_COLUMN;
    return !keyed ? "sku" : columns->at[STOCK_QUANTITY] == STOCK_NO_COLUMN ? "quantity" : NULL;
}

enum status stock_columns_find(struct stock_columns *columns, const struct csv_record *record,
                               bool warehouse, struct error *error)
{
    unsigned long long line = record->line;
    clear(columns);
    if (find_named(columns, record, error) != ST_OK) return ST_INVALID;
    if (!columns->named) find_by_place(columns, record);
    const char *lacks = lacking(columns);
    if (lacks && columns->named)
        return error_set(error, ST_INVALID,
                         "the header in line %llu names no column '%s'; it needs sku (or barcode) "
                         "and quantity, and warehouse unless one is given for the whole file",
                         line, lacks);
    if (lacks)
        return error_set(error, ST_INVALID,
                         "line %llu is neither a header (sku, warehouse, quantity) nor a row of "
                         "that shape",
                         line);
    if (columns->at[STOCK_WAREHOUSE] == STOCK_NO_COLUMN && !warehouse)
        return error_set(error, ST_INVALID,
                         "the file has no column 'warehouse', and none was given for the whole "
                         "file; give it with --warehouse (an inbox: `warehouse:`)");
    return ST_OK;
}

/* ---- the separator */

const char *stock_separator_name(char separator)
{
    switch (separator) {
    case ',': return "comma";
    case ';': return "semicolon";
    case '\t': return "tab";
    case '|': return "bar";
    default: return "";
    }
}

static bool occurs(struct bytes line, char separator)
{
    const char *at = line.data, *end = at + line.size;
    bool quoted = false;
    for (; at < end; at++) {
        if (*at == '"') quoted = !quoted;
        if (!quoted && *at == separator) return true;
    }
    return false;
}

static bool note_header(const struct csv_record *record, void *ctx)
{
    struct stock_columns columns;
    bool *header = ctx;
    if (record->problem) return false;
    clear(&columns);
    enum status status = find_named(&columns, record, NULL);
    *header = columns.named && (status == ST_CONFLICT || !lacking(&columns));
    return false;
}

/* Whether the line is a header when that separates it. */
static bool makes_header(struct bytes line, char separator)
{
    bool header = false;
    struct csv_reader *reader = csv_new(separator, note_header, &header);
    csv_feed(reader, line, NULL);
    csv_end(reader, NULL);
    csv_free(reader);
    return header;
}

char stock_columns_separator(struct bytes line, struct error *error)
{
    static const char candidates[] = CSV_SEPARATORS;
    const char *at = line.data;
    char possible[sizeof candidates] = "", headers[sizeof candidates] = "";
    if (line.size >= 5 && memcmp(at, "sep=", 4) == 0 && strchr(candidates, at[4])) return at[4];
    for (size_t i = 0; candidates[i]; i++) {
        if (!occurs(line, candidates[i])) continue;
        possible[strlen(possible)] = candidates[i];
        if (makes_header(line, candidates[i])) headers[strlen(headers)] = candidates[i];
    }
    const char *best = *headers ? headers : possible;
    if (best[0] && best[1]) {
        error_set(error, ST_INVALID,
                  "the columns of the first line could be separated by %s or by %s; say which "
                  "(`--separator`, or `separator:` of the inbox)",
                  stock_separator_name(best[0]), stock_separator_name(best[1]));
        return 0;
    }
    return best[0] ? best[0] : candidates[0];
}
