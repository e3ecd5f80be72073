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

/* ---- names */

static enum stock_column column_of(struct bytes text)
{
    char name[NAME_MAX_BYTES];
    if (!stock_title_lower(stock_title_bare(text), name, sizeof name)) return STOCK_COLUMNS;
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

static void set(struct stock_columns *columns, enum stock_column column,
                const struct csv_record *record, size_t index)
{
    struct bytes text = record->fields[index].text;
    int size = text.size < STOCK_SHOWN_MAX ? (int)text.size : STOCK_SHOWN_MAX - 1;
    columns->at[column] = index;
    snprintf(columns->titles[column], STOCK_SHOWN_MAX, "%.*s", size, (const char *)text.data);
}

static enum status two_of_one(const struct csv_record *record, enum stock_column column, size_t a,
                              size_t b, struct error *error)
{
    const char *name = stock_column_name(column);
    struct bytes x = record->fields[a].text, y = record->fields[b].text;
    return error_set(error, ST_CONFLICT,
                     "the header in line %llu names two columns that could be the %s, '%.*s' and "
                     "'%.*s'; say which: --column %s=#%zu or %s=#%zu, by number or by title (an "
                     "inbox: `columns:`)",
                     (unsigned long long)record->line, name, (int)x.size, (const char *)x.data,
                     (int)y.size, (const char *)y.data, name, a + 1, name, b + 1);
}

/* Nobody named it, nor the other column by which rows could be known. */
static bool is_looked_for(const struct stock_naming *naming, enum stock_column column)
{
    bool key = column == STOCK_SKU || column == STOCK_BARCODE;
    if (key && (naming->of[STOCK_SKU] || naming->of[STOCK_BARCODE])) return false;
    return naming->of[column] == NULL;
}

static bool is_taken(const struct stock_columns *columns, size_t index)
{
    for (size_t i = 0; i < STOCK_COLUMNS; i++)
        if (columns->at[i] == index) return true;
    return false;
}

/* By the words of the header. ST_CONFLICT: two of one meaning. */
static enum status find_worded(struct stock_columns *columns, const struct csv_record *record,
                               const struct stock_naming *naming, struct error *error)
{
    for (size_t i = 0; i < record->count; i++) {
        enum stock_column column = column_of(record->fields[i].text);
        if (column == STOCK_COLUMNS) continue;
        columns->named = true;
        if (!is_looked_for(naming, column) || is_taken(columns, i)) continue;
        if (columns->at[column] != STOCK_NO_COLUMN)
            return two_of_one(record, column, columns->at[column], i, error);
        set(columns, column, record, i);
    }
    return ST_OK;
}

/* As a person named them. */
static enum status find_named(struct stock_columns *columns, const struct csv_record *record,
                              const struct stock_naming *naming, struct error *error)
{
    columns->named = stock_naming_has_title(naming);
    for (size_t i = 0; i < STOCK_COLUMNS; i++) {
        enum stock_column column = (enum stock_column)i;
        size_t index;
        if (!naming->of[i]) continue;
        enum status status = stock_naming_find(naming, column, record, &index, error);
        if (status != ST_OK) return status;
        if (is_taken(columns, index))
            return error_set(error, ST_INVALID,
                             "column #%zu of line %llu is named twice, as '%s' for the %s and for "
                             "another; each has a column of its own",
                             index + 1, (unsigned long long)record->line, naming->of[i],
                             stock_column_name(column));
        set(columns, column, record, index);
    }
    return ST_OK;
}

/* "Menge", or "Кол.", where figures are to be: what stands there is a title. */
static bool has_letters_only(struct bytes text)
{
    const unsigned char *at = text.data;
    bool letters = false;
    for (size_t i = 0; i < text.size; i++) {
        if (at[i] >= '0' && at[i] <= '9') return false;
        letters = letters || at[i] >= 0x80 || (at[i] | 0x20u) - 'a' < 26u;
    }
    return letters;
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

static enum status say_lacking(const struct stock_columns *columns, const char *lacks,
                               const struct csv_record *record, bool numbered, struct error *error)
{
    unsigned long long line = record->line;
    if (numbered && !columns->named)
        return error_set(error, ST_INVALID,
                         "line %llu is no header, so each column needs its number; name the %s, "
                         "too: --column %s=#1 (an inbox: `columns:`)",
                         line, lacks, lacks);
    if (!columns->named)
        return error_set(error, ST_INVALID,
                         "line %llu is neither a header (sku, warehouse, quantity) nor a row of "
                         "that shape; which columns are meant can be said: --column sku=#1 "
                         "--column quantity=#3, by number or by title (an inbox: `columns:`)",
                         line);
    struct buf has;
    buf_init(&has, ERROR_TEXT_MAX / 2);
    stock_titles_tell(record, &has);
    error_set(error, ST_INVALID,
              "the header in line %llu names no column '%s'; it needs sku (or barcode) and "
              "quantity, and warehouse unless one is given for the whole file. It has%s; say which "
              "it is: --column %s=TITLE (an inbox: `columns:`)",
              line, lacks, buf_cstr(&has), lacks);
    buf_free(&has);
    return ST_INVALID;
}

/* Columns are named by numbers alone: whether the line is a header says what it has where the
 * quantity is to be. A row whose warehouse is called "склад" is a row. */
static enum status find_numbered(struct stock_columns *columns, const struct csv_record *record,
                                 const struct stock_naming *naming, struct error *error)
{
    size_t quantity = columns->at[STOCK_QUANTITY];
    if (quantity == STOCK_NO_COLUMN) return ST_OK;
    struct bytes text = record->fields[quantity].text;
    if (stock_text_is_integer(text)) {
        clear(columns);
        return find_named(columns, record, naming, error);
    }
    columns->named = columns->named || has_letters_only(text);
    return ST_OK;
}

enum status stock_columns_find(struct stock_columns *columns, const struct csv_record *record,
                               const struct stock_naming *naming, bool warehouse,
                               struct error *error)
{
    bool numbered = !stock_naming_has_title(naming) && !stock_naming_is_empty(naming);
    clear(columns);
    if (find_named(columns, record, naming, error) != ST_OK) return ST_INVALID;
    if (find_worded(columns, record, naming, error) != ST_OK) return ST_INVALID;
    if (numbered && find_numbered(columns, record, naming, error) != ST_OK) return ST_INVALID;
    if (!numbered && !columns->named) find_by_place(columns, record);
    const char *lacks = lacking(columns);
    if (lacks) return say_lacking(columns, lacks, record, numbered, error);
    if (columns->at[STOCK_WAREHOUSE] == STOCK_NO_COLUMN && !warehouse)
        return error_set(error, ST_INVALID,
                         "the file has no column 'warehouse', and none was given for the whole "
                         "file; give it with --warehouse (an inbox: `warehouse:`), or say which "
                         "column it is: --column warehouse=TITLE (an inbox: `columns:`)");
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

struct trial {
    const struct stock_naming *naming;
    bool header;
};

static bool note_header(const struct csv_record *record, void *ctx)
{
    struct stock_columns columns;
    struct trial *trial = ctx;
    if (record->problem) return false;
    clear(&columns);
    if (find_named(&columns, record, trial->naming, NULL) != ST_OK) return false;
    enum status status = find_worded(&columns, record, trial->naming, NULL);
    trial->header = columns.named && (status == ST_CONFLICT || !lacking(&columns));
    return false;
}

/* Whether the line is a header when that separates it. */
static bool makes_header(struct bytes line, const struct stock_naming *naming, char separator)
{
    struct trial trial = {.naming = naming};
    struct csv_reader *reader = csv_new(separator, note_header, &trial);
    csv_feed(reader, line, NULL);
    csv_end(reader, NULL);
    csv_free(reader);
    return trial.header;
}

char stock_columns_separator(struct bytes line, const struct stock_naming *naming,
                             struct error *error)
{
    static const char candidates[] = CSV_SEPARATORS;
    const char *at = line.data;
    char possible[sizeof candidates] = "", headers[sizeof candidates] = "";
    if (line.size >= 5 && memcmp(at, "sep=", 4) == 0 && strchr(candidates, at[4])) return at[4];
    for (size_t i = 0; candidates[i]; i++) {
        if (!occurs(line, candidates[i])) continue;
        possible[strlen(possible)] = candidates[i];
        if (makes_header(line, naming, candidates[i])) headers[strlen(headers)] = candidates[i];
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
