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
    /* Parameters tried for a text; those of ours take some hundreds. What a marketplace says may be
     * made so that each row nearly fits in very many ways: then the rest of it stays as it is. */
    TRIES_MAX = 2000,
};

static const char joint[] = "; ";

struct piece {
    const char *at;
    size_t size;
};

struct found {
    struct piece names[PARAMETERS_MAX], values[PARAMETERS_MAX];
    size_t count;
    int depth;       /* reasons in reasons */
    bool loose;      /* {why} and {said} may hold any clauses, also such as are none of theirs */
    unsigned *tries; /* left for the whole text */
};

static bool is(struct piece piece, const char *text)
{
    return strlen(text) == piece.size && memcmp(piece.at, text, piece.size) == 0;
}

static const char *find_in(struct piece text, const char *what, size_t size)
{
    return size ? memmem(text.at, text.size, what, size) : text.at + text.size;
}

static bool is_word(struct piece name)
{
    return is(name, "state") || is(name, "age") || is(name, "word");
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
static const struct say_row *find_sentence(struct piece text, struct found *found);

static bool may_be(const struct found *found, struct piece name, struct piece value)
{
    struct found inner = {.depth = found->depth + 1, .tries = found->tries};
    if (value.size == 0) return false;
    if (*name.at == '#') return is_number(value);
    if (is_word(name)) return find_row(say_words, value, &inner) != NULL;
    if (is(name, "account") || is(name, "time")) return !memchr(value.at, ' ', value.size);
    if (!find_in(value, joint, sizeof joint - 1)) return true;
    if (is(name, "why") || is(name, "said"))
        return found->loose || (is(name, "why") && find_sentence(value, &inner));
    return false;
}

/* A name that stands twice must hold the same twice. */
static bool put(struct found *found, struct piece name, struct piece value)
{
    for (size_t i = 0; i < found->count; i++)
        if (found->names[i].size == name.size &&
            memcmp(found->names[i].at, name.at, name.size) == 0)
            return found->values[i].size == value.size &&
                   memcmp(found->values[i].at, value.at, value.size) == 0;
    if (found->count == PARAMETERS_MAX || !may_be(found, name, value)) return false;
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
    for (struct piece rest = text; rest.size && *found->tries;) {
        --*found->tries;
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

/* The row that a text is as a whole. */
static const struct say_row *find_sentence(struct piece text, struct found *found)
{
    static const struct say_row *const tables[] = {say_figures, say_accounts, say_files};
    const struct say_row *row = NULL;
    if (found->depth >= DEPTH_MAX || text.size == 0) return NULL;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && !row; i++)
        row = find_row(tables[i], text, found);
    return row;
}

/* Where the first clauses of a text end, at most CLAUSES_MAX of them, and the text itself. */
static size_t find_ends(struct piece text, size_t ends[CLAUSES_MAX + 1])
{
    size_t count = 0, from = 0;
    while (count < CLAUSES_MAX) {
        const struct piece rest = {text.at + from, text.size - from};
        const char *at = find_in(rest, joint, sizeof joint - 1);
        if (!at) break;
        ends[count++] = (size_t)(at - text.at);
        from = ends[count - 1] + 1;
    }
    ends[count++] = text.size;
    return count;
}

/* The row that a text begins with, as many clauses as it holds; `size` is what of the text that
 * is. NULL: none, and `size` is the first clause. */
static const struct say_row *find_first(struct piece text, struct found *found, size_t *size)
{
    size_t ends[CLAUSES_MAX + 1];
    const struct found begun = *found;
    const size_t count = find_ends(text, ends);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = count; i--;) {
            *found = begun;
            found->loose = pass == 1;
            *size = ends[i];
            const struct say_row *row = find_sentence((struct piece){text.at, ends[i]}, found);
            if (row) return row;
        }
    *size = ends[0];
    return NULL;
}

/* ---- telling */

static void tell(struct buf *out, enum lang lang, struct piece text, int depth, unsigned *tries);

static void tell_value(struct buf *out, enum lang lang, struct piece name, struct piece value,
                       int depth, unsigned *tries)
{
    struct found found = {.tries = tries};
    bool word = is_word(name);
    const struct say_row *row = word ? find_row(say_words, value, &found) : NULL;
    if (row)
        lang_fill(out, lang, row->ru,
                  (const struct lang_value[]){
                      {"#n", NULL, found.count ? strtoll(found.values[0].at, NULL, 10) : 0}, {0}});
    else if (is(name, "why") || is(name, "said")) /* clauses of ours may stand behind theirs */
        tell(out, lang, value, depth + 1, tries);
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
                tell_value(out, lang, name, found->values[i], depth, found->tries);
        }
        at = end;
    }
}

/* Clause by clause. */
static void tell(struct buf *out, enum lang lang, struct piece text, int depth, unsigned *tries)
{
    while (text.size) {
        struct found found = {.depth = depth, .tries = tries};
        size_t size;
        const struct say_row *row = find_first(text, &found, &size);
        if (row)
            fill(out, lang, row->ru, &found, depth);
        else
            buf_add(out, text.at, size);
        if (size == text.size) return;
        size += sizeof joint - 1;
        buf_text(out, joint);
        text = (struct piece){text.at + size, text.size - size};
    }
}

void say_tell(struct buf *out, enum lang lang, const char *english)
{
    unsigned tries = TRIES_MAX;
    if (lang == LANG_EN || strlen(english) > TOLD_MAX)
        buf_text(out, english);
    else
        tell(out, lang, (struct piece){english, strlen(english)}, 0, &tries);
}

/* ---- looking */

static bool knows(struct piece text, int depth, unsigned *tries)
{
    for (;;) {
        struct found found = {.depth = depth, .tries = tries};
        size_t size;
        if (!find_first(text, &found, &size)) return false;
        for (size_t i = 0; i < found.count; i++)
            if (is(found.names[i], "why") && !knows(found.values[i], depth + 1, tries))
                return false;
        if (size == text.size) return true;
        size += sizeof joint - 1;
        text = (struct piece){text.at + size, text.size - size};
    }
}

bool say_knows(const char *english)
{
    unsigned tries = TRIES_MAX;
    return knows((struct piece){english, strlen(english)}, 0, &tries);
}

const struct say_row *say_row_of(const char *english)
{
    unsigned tries = TRIES_MAX;
    struct found found = {.loose = true, .tries = &tries};
    return find_sentence((struct piece){english, strlen(english)}, &found);
}
