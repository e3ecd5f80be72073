/* Finding the row that a text was made by, and telling it anew. The rows are in say_*.c. */
#include "say/say.h"

#include <stdlib.h>
#include <string.h>

enum {
    PARAMETERS_MAX = 12, /* of one row; the richest has 6 */
    DEPTH_MAX = 4,       /* a reason in a reason in a reason */
    DIGITS_MAX = 19,
    CLAUSES_MAX = 6,    /* looked at as one row; the longest has 3 */
    TOLD_MAX = 4 << 10, /* bytes; a longer text is none of ours: ERROR_TEXT_MAX is a quarter */
};

static const char joint[] = "; ";

struct piece {
    const char *at;
    size_t size;
};

struct found {
    struct piece names[PARAMETERS_MAX], values[PARAMETERS_MAX];
    size_t count;
};

static bool is(struct piece piece, const char *text)
{
    return strlen(text) == piece.size && memcmp(piece.at, text, piece.size) == 0;
}

static const char *find_in(struct piece text, const char *what, size_t size)
{
    return size ? memmem(text.at, text.size, what, size) : text.at + text.size;
}

/* ---- matching */

static bool is_number(struct piece value)
{
    size_t i = value.size && *value.at == '-';
    if (i == value.size || value.size - i > DIGITS_MAX) return false;
    for (; i < value.size; i++)
        if (value.at[i] < '0' || value.at[i] > '9') return false;
    return true;
}

static const struct say_row *find_row(const struct say_row *rows, struct piece text,
                                      struct found *found);

static bool may_be(struct piece name, struct piece value)
{
    struct found unused;
    if (value.size == 0) return false;
    if (*name.at == '#') return is_number(value);
    if (is(name, "why") || is(name, "said")) return true;
    if (is(name, "state") || is(name, "age")) return find_row(say_words, value, &unused) != NULL;
    if (is(name, "account") || is(name, "time")) return !memchr(value.at, ' ', value.size);
    return !find_in(value, joint, sizeof joint - 1);
}

/* A name that stands twice must hold the same twice. */
static bool put(struct found *found, struct piece name, struct piece value)
{
    for (size_t i = 0; i < found->count; i++)
        if (found->names[i].size == name.size &&
            memcmp(found->names[i].at, name.at, name.size) == 0)
            return found->values[i].size == value.size &&
                   memcmp(found->values[i].at, value.at, value.size) == 0;
    if (found->count == PARAMETERS_MAX || !may_be(name, value)) return false;
    found->names[found->count] = name;
    found->values[found->count++] = value;
    return true;
}

/* The first place where what follows a parameter can be found, and then the rest, too. */
static bool match(const char *row, struct piece text, struct found *found)
{
    size_t literal = strcspn(row, "{");
    if (literal > text.size || memcmp(row, text.at, literal) != 0) return false;
    row += literal;
    text = (struct piece){text.at + literal, text.size - literal};
    if (!*row) return text.size == 0;
    const struct piece name = {row + 1, strcspn(row + 1, "}")};
    const char *next = name.at + name.size + 1;
    const size_t next_size = strcspn(next, "{"), count = found->count;
    for (struct piece rest = text; rest.size;) {
        const char *at = find_in(rest, next, next_size);
        if (!at) return false;
        const struct piece after = {at, text.size - (size_t)(at - text.at)};
        if (put(found, name, (struct piece){text.at, (size_t)(at - text.at)}) &&
            match(next, after, found))
            return true;
        found->count = count;
        if (after.size == 0) return false;
        rest = (struct piece){at + 1, after.size - 1};
    }
    return false;
}

static const struct say_row *find_row(const struct say_row *rows, struct piece text,
                                      struct found *found)
{
    for (; rows->en; rows++) {
        if (rows->en[0] != '{' && rows->en[0] != *text.at) continue;
        found->count = 0;
        if (match(rows->en, text, found)) return rows;
    }
    return NULL;
}

static const struct say_row *find_sentence(struct piece text, struct found *found)
{
    static const struct say_row *const tables[] = {say_figures, say_accounts, say_files};
    const struct say_row *row = NULL;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && text.size && !row; i++)
        row = find_row(tables[i], text, found);
    return row;
}

/* ---- telling */

static void tell(struct buf *out, enum lang lang, struct piece text, int depth);

static void tell_value(struct buf *out, enum lang lang, struct piece name, struct piece value,
                       int depth)
{
    struct found found;
    bool word = is(name, "state") || is(name, "age");
    const struct say_row *row = word ? find_row(say_words, value, &found) : NULL;
    if (row)
        lang_fill(out, lang, row->ru,
                  (const struct lang_value[]){
                      {"#n", NULL, found.count ? strtoll(found.values[0].at, NULL, 10) : 0}, {0}});
    else if (is(name, "why") || is(name, "said")) /* clauses of ours may stand behind theirs */
        tell(out, lang, value, depth + 1);
    else
        buf_add(out, value.at, value.size);
}

static void fill(struct buf *out, enum lang lang, const char *text, const struct found *found,
                 int depth)
{
    for (const char *at = text; *at; at++) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (!end) {
            buf_char(out, *at);
            continue;
        }
        const struct piece name = {at + 1, strcspn(at + 1, ":}")};
        const char *forms = name.at + name.size + 1;
        for (size_t i = 0; i < found->count; i++) {
            const struct piece *own = &found->names[i];
            if (own->size != name.size || memcmp(own->at, name.at, name.size) != 0) continue;
            if (forms <= end)
                lang_put_form(out, lang, forms, (size_t)(end - forms),
                              strtoll(found->values[i].at, NULL, 10));
            else
                tell_value(out, lang, name, found->values[i], depth);
        }
        at = end;
    }
}

static bool tell_row(struct buf *out, enum lang lang, struct piece text, int depth)
{
    struct found found;
    const struct say_row *row = depth < DEPTH_MAX ? find_sentence(text, &found) : NULL;
    if (row) fill(out, lang, row->ru, &found, depth);
    return row != NULL;
}

/* Where its first clauses end, at most CLAUSES_MAX of them: no row holds more. */
static size_t find_ends(struct piece text, const char *ends[CLAUSES_MAX])
{
    size_t count = 0;
    const char *at;
    while (count < CLAUSES_MAX && (at = find_in(text, joint, sizeof joint - 1))) {
        ends[count++] = at++;
        text = (struct piece){at, text.size - (size_t)(at - text.at)};
    }
    return count;
}

static void tell_rest(struct buf *out, enum lang lang, struct piece text, const char *end,
                      int depth)
{
    const char *next = end + sizeof joint - 1;
    buf_text(out, joint);
    tell(out, lang, (struct piece){next, text.size - (size_t)(next - text.at)}, depth);
}

/* As many clauses at once as a row holds. */
static void tell(struct buf *out, enum lang lang, struct piece text, int depth)
{
    const char *ends[CLAUSES_MAX];
    const size_t count = find_ends(text, ends);
    if (!tell_row(out, lang, text, depth)) {
        for (size_t i = count; i--;)
            if (tell_row(out, lang, (struct piece){text.at, (size_t)(ends[i] - text.at)}, depth)) {
                tell_rest(out, lang, text, ends[i], depth);
                return;
            }
        buf_add(out, text.at, count ? (size_t)(ends[0] - text.at) : text.size);
        if (count) tell_rest(out, lang, text, ends[0], depth);
    }
}

void say_tell(struct buf *out, enum lang lang, const char *english)
{
    if (lang == LANG_EN || strlen(english) > TOLD_MAX)
        buf_text(out, english);
    else
        tell(out, lang, (struct piece){english, strlen(english)}, 0);
}

/* ---- looking */

static bool knows(struct piece text, int depth)
{
    struct found found;
    const char *ends[CLAUSES_MAX];
    const struct say_row *row = depth < DEPTH_MAX ? find_sentence(text, &found) : NULL;
    for (size_t i = row ? 0 : find_ends(text, ends); i--;) {
        const char *next = ends[i] + sizeof joint - 1;
        const struct piece first = {text.at, (size_t)(ends[i] - text.at)};
        if (find_sentence(first, &found))
            return knows(first, depth) &&
                   knows((struct piece){next, text.size - (size_t)(next - text.at)}, depth);
    }
    for (size_t i = 0; row && i < found.count; i++)
        if (is(found.names[i], "why") && !knows(found.values[i], depth + 1)) return false;
    return row != NULL;
}

bool say_knows(const char *english)
{
    return knows((struct piece){english, strlen(english)}, 0);
}

const struct say_row *say_row_of(const char *english)
{
    struct found found;
    return find_sentence((struct piece){english, strlen(english)}, &found);
}
