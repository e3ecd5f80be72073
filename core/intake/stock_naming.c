/* What a person says of a file's columns, and finding those. What a header's own words mean is
 * stock_columns.c's. */
#include "intake/stock_naming.h"

#include "base/mem.h"
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum {
    TOLD_MAX = 12,       /* titles in a sentence */
    TOLD_BYTES_MAX = 48, /* of one of them */
    SENTENCE_MAX = 800,  /* bytes of all, within ERROR_TEXT_MAX */
};

/* How it is said to the one who can mend it. */
#define MEND "(`--column`, or `columns:` of the inbox)"

const char *stock_column_name(enum stock_column column)
{
    static const char *const names[STOCK_COLUMNS] = {[STOCK_SKU] = "sku",
                                                     [STOCK_BARCODE] = "barcode",
                                                     [STOCK_WAREHOUSE] = "warehouse",
                                                     [STOCK_QUANTITY] = "quantity"};
    return (unsigned)column < STOCK_COLUMNS ? names[column] : "";
}

/* ---- what is said */

enum status stock_naming_set(struct stock_naming *naming, const char *column, const char *title,
                             struct error *error)
{
    size_t at = 0;
    while (at < STOCK_COLUMNS && strcmp(column, stock_column_name((enum stock_column)at)) != 0)
        at++;
    if (at == STOCK_COLUMNS)
        return error_set(error, ST_INVALID,
                         "a file's columns are sku, barcode, warehouse and quantity, not '%.40s'; "
                         "write sku=TITLE or sku=#3",
                         column);
    if (!*title)
        return error_set(error, ST_INVALID,
                         "the column for the %s has no title; write %s=TITLE, or %s=#3 for the "
                         "third column",
                         column, column, column);
    if (strlen(title) >= STOCK_TITLE_MAX)
        return error_set(error, ST_INVALID,
                         "the title for the %s is longer than %d bytes; name it by its number: "
                         "%s=#3",
                         column, STOCK_TITLE_MAX - 1, column);
    if (csv_column_number(title) < 0)
        return error_set(error, ST_INVALID,
                         "the column for the %s is %.20s; columns are numbered from #1 to #%d",
                         column, title, CSV_FIELDS_MAX);
    if (naming->of[at])
        return error_set(error, ST_INVALID, "the column for the %s is named twice, '%s' and '%s'",
                         column, naming->of[at], title);
    naming->of[at] = mem_text(title);
    return ST_OK;
}

enum status stock_naming_add(struct stock_naming *naming, const char *pair, struct error *error)
{
    char column[16];
    const char *equals = strchr(pair, '=');
    size_t size = equals ? (size_t)(equals - pair) : strlen(pair);
    if (!equals)
        return error_set(error, ST_INVALID,
                         "a column is named as sku=TITLE or sku=#3, not as '%.40s'", pair);
    if (size >= sizeof column) size = sizeof column - 1; /* none is so long */
    snprintf(column, sizeof column, "%.*s", (int)size, pair);
    return stock_naming_set(naming, column, equals + 1, error);
}

enum status stock_naming_check(const struct stock_naming *naming, struct error *error)
{
    if (naming->of[STOCK_SKU] && naming->of[STOCK_BARCODE])
        return error_set(error, ST_INVALID,
                         "a row is known by its SKU or by its barcode: name a column for one of "
                         "them, not for both");
    for (size_t i = 0; i < STOCK_COLUMNS; i++)
        for (size_t k = 0; k < i; k++)
            if (naming->of[i] && naming->of[k] && strcmp(naming->of[i], naming->of[k]) == 0)
                return error_set(error, ST_INVALID,
                                 "'%s' is named both for the %s and for the %s; each has a column "
                                 "of its own",
                                 naming->of[i], stock_column_name((enum stock_column)k),
                                 stock_column_name((enum stock_column)i));
    return ST_OK;
}

void stock_naming_copy(struct stock_naming *to, const struct stock_naming *from)
{
    for (size_t i = 0; i < STOCK_COLUMNS; i++)
        to->of[i] = mem_text(from->of[i]);
}

void stock_naming_free(struct stock_naming *naming)
{
    for (size_t i = 0; i < STOCK_COLUMNS; i++)
        mem_free((char *)(uintptr_t)naming->of[i]);
    *naming = (struct stock_naming){0};
}

/* ---- titles */

struct bytes stock_title_bare(struct bytes text)
{
    const char *at = text.data;
    size_t size = 0;
    while (size < text.size && at[size] != ',' && at[size] != '(')
        size++;
    while (size && at[size - 1] == ' ')
        size--;
    return bytes_of(at, size);
}

bool stock_title_lower(struct bytes text, char *out, size_t room)
{
    if (text.size >= room) return false;
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

/* Not amid a letter. */
static int shown_size(struct bytes text)
{
    const unsigned char *at = text.data;
    size_t size = text.size < TOLD_BYTES_MAX ? text.size : TOLD_BYTES_MAX;
    while (size < text.size && size && (at[size] & 0xc0) == 0x80)
        size--;
    return (int)size;
}

void stock_titles_tell(const struct csv_record *record, struct buf *out)
{
    size_t told = 0;
    for (; told < record->count && told < TOLD_MAX; told++) {
        struct bytes text = record->fields[told].text;
        buf_format(out, "%s'%.*s'", told ? ", " : " ", shown_size(text), (const char *)text.data);
    }
    if (told < record->count) buf_format(out, " and %zu more", record->count - told);
}

/* ---- finding */

bool stock_naming_is_empty(const struct stock_naming *naming)
{
    for (size_t i = 0; i < STOCK_COLUMNS; i++)
        if (naming->of[i]) return false;
    return true;
}

bool stock_naming_has_title(const struct stock_naming *naming)
{
    for (size_t i = 0; i < STOCK_COLUMNS; i++)
        if (naming->of[i] && csv_column_number(naming->of[i]) == 0) return true;
    return false;
}

static bool is_called(struct bytes text, const char *title, bool exactly)
{
    char a[STOCK_TITLE_MAX], b[STOCK_TITLE_MAX], whole[STOCK_TITLE_MAX];
    if (exactly) return bytes_equal(text, bytes_text(title));
    return stock_title_lower(bytes_text(title), b, sizeof b) &&
           ((stock_title_lower(text, whole, sizeof whole) && strcmp(whole, b) == 0) ||
            (stock_title_lower(stock_title_bare(text), a, sizeof a) && strcmp(a, b) == 0));
}

static enum status not_there(const char *title, enum stock_column column,
                             const struct csv_record *record, struct error *error)
{
    char texts[CSV_FIELDS_MAX][TOLD_BYTES_MAX + 1];
    const char *names[CSV_FIELDS_MAX];
    struct buf has;
    for (size_t i = 0; i < record->count && i < CSV_FIELDS_MAX; i++) {
        struct bytes text = record->fields[i].text;
        snprintf(texts[i], sizeof texts[i], "%.*s", shown_size(text), (const char *)text.data);
        names[i] = texts[i];
    }
    const char *near = suggest_name(title, names, record->count);
    buf_init(&has, SENTENCE_MAX);
    stock_titles_tell(record, &has);
    error_set(error, ST_INVALID,
              "line %llu has no column '%.60s' for the %s%s%s%s; its columns are%s " MEND,
              (unsigned long long)record->line, title, stock_column_name(column),
              near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "", buf_cstr(&has));
    buf_free(&has);
    return ST_INVALID;
}

static enum status beyond(int number, enum stock_column column, const struct csv_record *record,
                          struct error *error)
{
    struct buf has;
    buf_init(&has, SENTENCE_MAX);
    stock_titles_tell(record, &has);
    error_set(error, ST_INVALID, "the %s is to be in column #%d, but line %llu has %zu %s:%s " MEND,
              stock_column_name(column), number, (unsigned long long)record->line, record->count,
              record->count == 1 ? "column" : "columns", buf_cstr(&has));
    buf_free(&has);
    return ST_INVALID;
}

enum status stock_naming_find(const struct stock_naming *naming, enum stock_column column,
                              const struct csv_record *record, size_t *index, struct error *error)
{
    const char *title = naming->of[column];
    int number = csv_column_number(title);
    if (number) {
        *index = (size_t)number - 1;
        return *index < record->count ? ST_OK : beyond(number, column, record, error);
    }
    for (int pass = 0; pass < 2; pass++) {
        size_t found = STOCK_NO_COLUMN;
        for (size_t i = 0; i < record->count; i++) {
            if (!is_called(record->fields[i].text, title, pass == 0)) continue;
            if (found != STOCK_NO_COLUMN)
                return error_set(error, ST_INVALID,
                                 "line %llu has two columns '%.60s', #%zu and #%zu; say which is "
                                 "the %s by its number: %s=#%zu " MEND,
                                 (unsigned long long)record->line, title, found + 1, i + 1,
                                 stock_column_name(column), stock_column_name(column), found + 1);
            found = i;
        }
        *index = found;
        if (found != STOCK_NO_COLUMN) return ST_OK;
    }
    return not_there(title, column, record, error);
}
