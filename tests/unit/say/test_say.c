/* The catalogue of what the daemon says: each sentence has words in both languages with the same
 * parameters, is found by what it makes, and clauses are told one by one. */
#include "say/say.h"

#include "test_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct say_row *const tables[] = {say_figures, say_accounts, say_files, say_words};
enum { SENTENCES = 3, TABLES = 4 }; /* the last one has words */

static char *telling(enum lang lang, const char *english)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    say_tell(&out, lang, english);
    char *copy = strdup(buf_cstr(&out));
    buf_free(&out);
    return copy;
}

static void assert_told(const char *english, const char *russian)
{
    char *en = telling(LANG_EN, english), *ru = telling(LANG_RU, english);
    assert_string_equal(en, english);
    assert_string_equal(ru, russian);
    free(en);
    free(ru);
}

/* ---- rows */

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The names of a text's parameters, once each; words that agree must be as many as the language
 * has, beside a number. */
static void parameters(const char *text, enum lang lang, char out[600])
{
    char names[24][48];
    size_t count = 0;
    for (const char *at = text; *at; at++) {
        if (*at != '{') continue;
        size_t size = strcspn(at + 1, "}"), own = strcspn(at + 1, ":}");
        if (at[1 + size] != '}' || !own || own >= sizeof names[0]) fail_msg("in: %s", text);
        assert_true(count < 24);
        unsigned forms = 1;
        for (size_t i = own; i < size; i++)
            forms += at[1 + i] == '|';
        if (own < size && (forms != lang_forms(lang) || at[1] != '#'))
            fail_msg("%u forms in: %s", forms, text);
        if (lang == LANG_EN && own < size) fail_msg("matched by its English: %s", text);
        snprintf(names[count++], sizeof names[0], "%.*s", (int)own, at + 1);
    }
    qsort(names, count, sizeof names[0], by_text);
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        if (!i || strcmp(names[i], names[i - 1]) != 0)
            snprintf(out + strlen(out), 600 - strlen(out), "%s ", names[i]);
}

static void each_has_words_in_both_languages(void **state)
{
    (void)state;
    size_t rows = 0;
    for (size_t i = 0; i < TABLES; i++)
        for (const struct say_row *row = tables[i]; row->en; row++, rows++) {
            char en[600], ru[600];
            if (!*row->en || !row->ru || !*row->ru) fail_msg("no words for: %s", row->en);
            parameters(row->en, LANG_EN, en);
            parameters(row->ru, LANG_RU, ru);
            if (strcmp(en, ru) != 0) fail_msg("%s / %s", row->en, row->ru);
        }
    assert_true(rows > 200);
}

/* What is typed is the same in all languages. */
static void commands_stay_what_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < SENTENCES; i++)
        for (const struct say_row *row = tables[i]; row->en; row++)
            for (const char *at = row->en; (at = strchr(at, '`')); at++) {
                char command[200];
                size_t size = strcspn(at + 1, "`");
                snprintf(command, sizeof command, "%.*s", (int)size + 2, at);
                if (!strstr(row->ru, command)) fail_msg("%s is not in: %s", command, row->ru);
                at += size + 1;
            }
}

static const struct lang_value samples[] = {{"account", "ozon-main", 0},
                                            {"time", "2026-11-21T10:00:00.000Z", 0},
                                            {"next", "2026-11-21T11:00:00.000Z", 0},
                                            {"why", "it was never sent", 0},
                                            {"said", "403: no, really", 0},
                                            {"state", "ended", 0},
                                            {"age", "5 min", 0},
                                            {"word", "semicolon", 0},
                                            {0}};

/* With an example in the place of each parameter. */
static void fill(struct buf *out, const char *text)
{
    for (const char *at = text; *at; at++) {
        size_t size = *at == '{' ? strcspn(at + 1, "}") : 0;
        if (!size) {
            buf_char(out, *at);
            continue;
        }
        const struct lang_value *sample = samples;
        while (sample->name &&
               (strlen(sample->name) != size || strncmp(sample->name, at + 1, size)))
            sample++;
        if (at[1] == '#')
            buf_text(out, "17");
        else
            buf_text(out, sample->name ? sample->text : "A 1, B");
        at += size + 1;
    }
}

static void each_is_found_by_what_it_makes(void **state)
{
    (void)state;
    for (size_t i = 0; i < SENTENCES; i++)
        for (const struct say_row *row = tables[i]; row->en; row++) {
            struct buf text;
            buf_init(&text, 1 << 12);
            fill(&text, row->en);
            const struct say_row *found = say_row_of(buf_cstr(&text));
            if (found != row)
                fail_msg("'%s' is taken for '%s'", buf_cstr(&text), found ? found->en : "none");
            if (!say_knows(buf_cstr(&text))) fail_msg("not known: %s", buf_cstr(&text));
            buf_free(&text);
        }
}

/* ---- who says them */

/* The next text of a source, with those that follow it without anything between; false: the end. */
static bool next_literal(const char **at, char out[2000])
{
    size_t size = 0;
    const char *from = strchr(*at, '"');
    if (!from) return false;
    while (*from == '"') {
        for (from++; *from != '"'; from++) {
            if (*from == '\\') from++;
            assert_true(size < 1999);
            out[size++] = *from;
        }
        from++;
        const char *next = from + strspn(from, " \n");
        if (*next != '"') break;
        from = next;
    }
    out[size] = '\0';
    *at = from;
    return true;
}

/* A format with examples in the place of what it prints; "%s%.150s" is the rest of a sentence,
 * which may be missing. */
static void expand(const char *format, char out[2000])
{
    size_t size = 0;
    for (const char *at = format; *at; at++) {
        assert_true(size < 1900);
        const char *end = *at == '%' ? at + 1 + strspn(at + 1, "-0123456789.*lz") : at;
        if (*at != '%' || *end == '%') {
            out[size++] = *at;
            at = end;
            continue;
        }
        const bool rest = end[0] == 's' && strncmp(end + 1, "%.", 2) == 0;
        if (rest) end += 1 + strcspn(end + 1, "s");
        if (!rest)
            size +=
                (size_t)snprintf(out + size, 30, "%s", *end == 's' ? "2026-11-21T10:00:00Z" : "17");
        at = end;
    }
    out[size] = '\0';
}

/* Files whose texts of several words are sentences for people, whole as they stand. */
static void whole_sentences_of_the_sources_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t least;
    } files[] = {{"core/query/target.c", 25},
                 {"core/engine/record_drift.c", 7},
                 {"core/intake/import_fill.c", 2},
                 {"core/sync/sync.c", 7}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[600], text[2000], said[2000];
        size_t sentences = 0;
        static char source[1 << 18];
        snprintf(path, sizeof path, "%s/%s", STOCKD_SOURCE_DIR, files[i].path);
        FILE *file = fopen(path, "re");
        assert_non_null(file);
        source[fread(source, 1, sizeof source - 1, file)] = '\0';
        fclose(file);
        const char *at = source;
        while (next_literal(&at, text)) {
            /* A word; a line of the log; what follows something else. */
            if (!strchr(text, ' ') || strstr(text, "=%") || strchr(",;", *text)) continue;
            expand(text, said);
            sentences++;
            if (!say_knows(said)) fail_msg("%s says what has no words: %s", files[i].path, said);
        }
        if (sentences < files[i].least) fail_msg("%s: %zu sentences", files[i].path, sentences);
    }
}

/* ---- sentences */

static void clauses_are_told_one_by_one(void **state)
{
    (void)state;
    assert_told("it was never sent", "он ещё ни разу не отправлялся");
    assert_told("try 3 failed: 429: Too many; wait; it is tried again at 2026-11-21T10:00:00Z; the "
                "figure is 5 min old",
                "попытка 3 не удалась: 429: Too many; wait; следующая попытка в "
                "2026-11-21T10:00:00Z; остатку 5 мин");
    assert_told("account ozon-main is parked since 2026-11-21T10:00:00Z: http-403: Api-key is off; "
                "`stockctl account resume ozon-main` when that is mended",
                "аккаунт ozon-main остановлен с 2026-11-21T10:00:00Z: http-403: Api-key is off; "
                "когда причина устранена — `stockctl account resume ozon-main`");
    assert_told("what nobody ever said; it was never sent",
                "what nobody ever said; он ещё ни разу не отправлялся");
    assert_told("2 of 9 rows were refused; the first is line 4, column 3: the quantity 'x' is not "
                "a whole number; write digits only",
                "отклонено строк: 2 из 9; первая — строка 4, столбец 3: количество «x» — не целое "
                "число; пишите только цифры");
}

static void words_agree_with_numbers(void **state)
{
    (void)state;
    assert_told("2 kept back, for 21 pieces sold in 3 days",
                "придержано 2: продано 21 штука за 3 дня");
    assert_told("2 kept back, for 12 pieces sold in 30 days",
                "придержано 2: продано 12 штук за 30 дней");
}

static void what_is_unknown_stays(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        ";",
                                        "; ",
                                        "Карточка в архиве",
                                        "NO_CARD: archived",
                                        "account  is parked",
                                        "account a b is parked",
                                        "packs of many",
                                        "17 kept",
                                        "  it was never sent",
                                        "the figure is ten old",
                                        "\xff\xfe; \x01"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_false(say_knows(texts[i]));
        assert_told(texts[i], texts[i]);
    }
}

/* A reason that holds itself, and one that is long, cost a bounded time. */
/* A text in which all between a row's parameters stands hundreds of times, and that does not end as
 * the row does: it fits in more ways than can be tried (and without a limit they were). */
static void make_long(const char *row, char *text, size_t room)
{
    size_t count = 0, n = 0;
    for (const char *at = row; *at; at++)
        count += *at == '{';
    const size_t most = (room - 400) / (count ? count : 1);
    for (const char *at = row; *at;) {
        if (*at != '{') {
            text[n++] = *at++;
            continue;
        }
        const size_t begun = n;
        at = strchr(at, '}') + 1;
        const size_t between = strcspn(at, "{");
        while (between && n - begun + between + 1 < most) {
            text[n++] = 'a';
            memcpy(text + n, at, between);
            n += between;
        }
        text[n++] = 'a';
    }
    strcpy(text + n, "\x01");
}

static void what_fits_in_very_many_ways_stays(void **state)
{
    enum { ROOM = 4000, ROW_MAX = 2000 };
    (void)state;
    for (size_t t = 0; t < SENTENCES; t++)
        for (const struct say_row *row = tables[t]; row->en; row++) {
            char text[ROOM + ROW_MAX];
            make_long(row->en, text, ROOM);
            char *told = telling(LANG_RU, text);
            assert_non_null(told);
            free(told);
        }
}

static void depth_and_length_are_bounded(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 16);
    for (int i = 0; i < 200; i++)
        buf_text(&text, "account a: ");
    buf_text(&text, "it was never sent");
    char *ru = telling(LANG_RU, buf_cstr(&text));
    assert_non_null(strstr(ru, "аккаунт a: аккаунт a: "));
    assert_non_null(strstr(ru, "account a: "));
    free(ru);
    buf_reset(&text);
    for (int i = 0; i < 250; i++)
        buf_text(&text, "the quantity '; ");
    ru = telling(LANG_RU, buf_cstr(&text));
    assert_string_equal(ru, buf_cstr(&text));
    free(ru);
    buf_free(&text);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(each_has_words_in_both_languages),
    cmocka_unit_test(commands_stay_what_they_are),
    cmocka_unit_test(each_is_found_by_what_it_makes),
    cmocka_unit_test(whole_sentences_of_the_sources_are_known),
    cmocka_unit_test(clauses_are_told_one_by_one),
    cmocka_unit_test(words_agree_with_numbers),
    cmocka_unit_test(what_is_unknown_stays),
    cmocka_unit_test(what_fits_in_very_many_ways_stays),
    cmocka_unit_test(depth_and_length_are_bounded),
};
TEST_MAIN(cases)
