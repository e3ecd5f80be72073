/* The catalogue of stockctl against its sources: every heading and sentence for people has a
 * Russian text with the same parameters, and no text is one that nobody says. The sources are read
 * as tokens: what stands in tables and calls is C. Then what a person sees, with plurals. */
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "ctl/words.h"

#include "test_main.h"

#include "base/mem.h"
#include "engine/record_drift.h"
#include "engine/run.h"
#include "query/query.h"
#include "query/send.h"

#include <ctype.h>
#include <glob.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_MAX = 1 << 20, TOKENS_MAX = 200000, TOKEN_MAX = 900 };

struct token {
    bool text; /* a string literal, neighbours joined, escapes as the compiler reads them */
    char *is;
};

static struct token tokens[TOKENS_MAX];
static size_t token_count;

static char unescaped(char c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c;
}

static const char *take_literal(const char *at, char *to)
{
    size_t size = strlen(to);
    for (at++; *at && *at != '"'; at++) {
        char c = *at;
        if (c == '\\') c = unescaped(*++at);
        if (size < TOKEN_MAX - 1) to[size++] = c;
    }
    to[size] = 0;
    return at + 1;
}

static void add_token(bool text, const char *is)
{
    assert_true(token_count < TOKENS_MAX);
    if (text && token_count && tokens[token_count - 1].text) {
        struct token *last = &tokens[token_count - 1];
        char *joined = mem_format("%s%s", last->is, is);
        mem_free(last->is);
        last->is = joined;
        return;
    }
    tokens[token_count++] = (struct token){text, mem_text(is)};
}

static void tokenize(const char *at)
{
    char word[TOKEN_MAX];
    while (*at) {
        word[0] = 0;
        if (isspace((unsigned char)*at)) {
            at++;
        } else if (at[0] == '/' && at[1] == '*') {
            at = strstr(at, "*/") + 2;
        } else if (*at == '#') { /* a directive; those over several lines say no texts */
            at += strcspn(at, "\n");
        } else if (*at == '\'') {
            at += at[1] == '\\' ? 4 : 3;
        } else if (*at == '"') {
            at = take_literal(at, word);
            add_token(true, word);
        } else if (isalnum((unsigned char)*at) || *at == '_') {
            size_t size = 0;
            while (isalnum((unsigned char)at[size]) || at[size] == '_')
                size++;
            snprintf(word, sizeof word, "%.*s", (int)size, at);
            add_token(false, word);
            at += size;
        } else {
            word[0] = *at++;
            word[1] = 0;
            add_token(false, word);
        }
    }
}

static void read_sources(void)
{
    glob_t found;
    char *text = mem_alloc(SOURCE_MAX);
    assert_int_equal(glob(STOCKD_SOURCE_DIR "/core/ctl/*.c", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (strstr(found.gl_pathv[i], "/words_ru.c")) continue;
        FILE *file = fopen(found.gl_pathv[i], "r");
        assert_non_null(file);
        size_t size = fread(text, 1, SOURCE_MAX - 1, file);
        assert_true(size < SOURCE_MAX - 1);
        text[size] = 0;
        fclose(file);
        tokenize(text);
        add_token(false, ";");
    }
    globfree(&found);
    mem_free(text);
}

static bool is(size_t i, const char *word)
{
    return i < token_count && !tokens[i].text && strcmp(tokens[i].is, word) == 0;
}

/* A text that people read: of a view, a column, or of a call that translates it. */
static bool is_said(size_t i)
{
    if (!tokens[i].text || i < 3) return false;
    if (is(i - 1, "="))
        return is(i - 3, ".") && (is(i - 2, "sentence") || is(i - 2, "same") || is(i - 2, "empty"));
    if (is(i - 1, "(")) return is(i - 2, "ctl_text");
    if (is(i - 1, "{") && is(i + 1, ",") && i + 4 < token_count && tokens[i + 2].text)
        return is(i + 3, ",") && !tokens[i + 4].text && strncmp(tokens[i + 4].is, "CELL_", 5) == 0;
    /* ctl_sentence(out, "..." */
    for (size_t back = 2; is(i - 1, ",") && back < 5 && back < i; back++)
        if (is(i - back, "("))
            return is(i - back - 1, "ctl_sentence") || is(i - back - 1, "ctl_phrase") ||
                   is(i - back - 1, "ctl_tell");
    return false;
}

static const char *in(const struct ctl_words *list, const char *english)
{
    for (; list->en; list++)
        if (strcmp(list->en, english) == 0) return list->ru;
    return NULL;
}

static int has_letters(const char *text)
{
    for (const char *at = text; *at; at++) {
        if (*at == '{') at += strcspn(at, "}");
        if (isalpha((unsigned char)*at)) return 1;
    }
    return 0;
}

static void everything_said_is_in_the_catalogue(void **state)
{
    (void)state;
    size_t said = 0, missing = 0;
    read_sources();
    for (size_t i = 0; i < token_count; i++) {
        if (!is_said(i) || !has_letters(tokens[i].is)) continue;
        said++;
        if (in(ctl_texts_ru, tokens[i].is)) continue;
        print_message("not in words_ru.c: \"%s\"\n", tokens[i].is);
        missing++;
    }
    assert_true(said > 250);
    assert_int_equal(missing, 0);
}

static void nothing_is_in_it_that_nobody_says(void **state)
{
    (void)state;
    size_t unused = 0;
    read_sources();
    for (const struct ctl_words *word = ctl_texts_ru; word->en; word++) {
        bool known = false;
        for (size_t i = 0; i < token_count && !known; i++)
            known = tokens[i].text && strcmp(tokens[i].is, word->en) == 0;
        if (known) continue;
        print_message("nobody says: \"%s\"\n", word->en);
        unused++;
    }
    assert_int_equal(unused, 0);
}

/* ---- parameters */

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* {names} and %specs of a text, as one text; the forms of words must be as many as the language
 * has. */
static void parameters(const char *text, enum lang lang, char out[600])
{
    char names[24][48];
    size_t count = 0;
    for (const char *at = text; *at; at++) {
        if (*at == '%') {
            size_t size = 1 + strspn(at + 1, "-0123456789.*lhz");
            assert_true(count < 24);
            snprintf(names[count], sizeof names[0], "%zu%.*s", count, (int)size + 1, at);
            count++;
            at += size;
        }
        if (*at != '{') continue;
        size_t size = strcspn(at + 1, "}"), own = strcspn(at + 1, ":}");
        assert_true(at[1 + size] == '}' && own && own < sizeof names[0] && count < 24);
        unsigned forms = 1;
        for (size_t i = own; i < size; i++)
            forms += at[1 + i] == '|';
        if (own < size && forms != lang_forms(lang)) fail_msg("%u forms in: %s", forms, text);
        if (own == size) snprintf(names[count++], sizeof names[0], "%.*s", (int)own, at + 1);
    }
    qsort(names, count, sizeof names[0], by_text);
    out[0] = 0;
    for (size_t i = 0; i < count; i++)
        if (!i || strcmp(names[i], names[i - 1]) != 0)
            snprintf(out + strlen(out), 600 - strlen(out), "%s ", names[i]);
}

static void both_have_the_same_parameters(void **state)
{
    (void)state;
    const struct ctl_words *before = NULL;
    for (const struct ctl_words *word = ctl_texts_ru; word->en; before = word++) {
        char en[600], ru[600];
        if (!word->ru || !*word->ru) fail_msg("no text for: %s", word->en);
        parameters(word->en, LANG_EN, en);
        parameters(word->ru, LANG_RU, ru);
        if (strcmp(en, ru) != 0) fail_msg("%s / %s", word->en, word->ru);
        const size_t e = strlen(word->en), r = strlen(word->ru);
        assert_int_equal(word->en[e - 1] == '\n', word->ru[r - 1] == '\n');
        if (before && strcmp(before->en, word->en) >= 0) fail_msg("not in order: %s", word->en);
    }
}

/* Commands within '...', which are the same in all languages. */
static void commands_stay_what_they_are(void **state)
{
    (void)state;
    for (const struct ctl_words *word = ctl_texts_ru; word->en; word++)
        for (const char *at = word->en; (at = strstr(at, "'stockctl")); at++) {
            char command[200];
            snprintf(command, sizeof command, "%.*s", (int)strcspn(at + 1, "'"), at + 1);
            if (!strstr(word->ru, command)) fail_msg("'%s' is not in: %s", command, word->ru);
        }
}

/* ---- states */

static void states_have_words(void **state)
{
    (void)state;
    /* Said by the API and not by a function of the engine. */
    static const char *const others[] = {
        "new",        "loading",    "active",   "dry-run",    "paused",   "parked", "disabled",
        "starting",   "ok",         "warning",  "critical",   "info",     "known",  "open",
        "over",       "waiting",    "skipped",  "sent",       "ended",    "gone",   "cancelled",
        "no-listing", "not-linked", "conflict", "not-mapped", "no-target"};
    /* The steps of an explanation. */
    static const char *const steps[] = {"stock", "share", "pack",  "buffer", "velocity",
                                        "min",   "cap",   "route", "switch"};
    const char *names[200];
    size_t count = 0, seen = 0;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        names[count++] = others[i];
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        names[count++] = steps[i];
    for (int i = ZERO_STOCK; i <= ZERO_OFF; i++)
        names[count++] = zero_reason_name((enum zero_reason)i);
    for (int i = 0; i < STATE_COUNT; i++)
        names[count++] = target_state_name((enum target_state)i);
    for (int i = RUN_GOING; i <= RUN_HELD; i++)
        names[count++] = run_state_name((enum run_state)i);
    for (int i = 1; i < DRIFT_CODES; i++)
        names[count++] = drift_code_name((enum drift_code)i);
    for (int i = 1; i < DRIFT_ENDS; i++)
        names[count++] = drift_end_name((enum drift_end)i);
    for (int i = 0; i < LISTING_STATES; i++)
        names[count++] = listing_state_name((enum listing_state)i);
    for (int i = 0; i < ORDER_STATES; i++)
        names[count++] = order_state_name((enum order_state)i);
    for (int i = 1; i <= OUTCOME_LOOK; i++)
        names[count++] = send_result_name((uint8_t)i);
    names[count++] = send_result_name(SEND_EQUAL);
    for (int i = REMOTE_OPEN; i <= REMOTE_MARKETPLACE; i++)
        names[count++] = remote_state_name((enum remote_state)i);
    for (size_t i = 0; i < count; i++)
        if (*names[i] && !in(ctl_states_ru, names[i])) fail_msg("no word for '%s'", names[i]);
    for (const struct ctl_words *word = ctl_states_ru; word->en; word++, seen++) {
        bool known = false;
        for (size_t i = 0; i < count && !known; i++)
            known = strcmp(names[i], word->en) == 0;
        if (!known) fail_msg("nothing is called '%s'", word->en);
        if (seen && strcmp(word[-1].en, word->en) >= 0) fail_msg("not in order: %s", word->en);
    }
}

/* ---- what people see */

static void plurals_are_right(void **state)
{
    (void)state;
    static const struct {
        int n;
        const char *en, *ru;
    } table[] = {
        {1, "Plan p1: 1 figure would be sent.\n", "План p1: был бы отправлен 1 остаток.\n"},
        {2, "Plan p1: 2 figures would be sent.\n", "План p1: было бы отправлено 2 остатка.\n"},
        {5, "Plan p1: 5 figures would be sent.\n", "План p1: было бы отправлено 5 остатков.\n"},
    };
    static const char sentence[] = "Plan {id}: {changes} {changes:figure|figures} would be sent.";
    struct buf out;
    buf_init(&out, 4096);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        json_t *plan = json_pack("{s:s, s:i}", "id", "p1", "changes", table[i].n);
        for (int lang = 0; lang < LANGS; lang++) {
            buf_reset(&out);
            ctl_lang_set((enum lang)lang);
            ctl_sentence(&out, sentence, NULL, plan);
            assert_string_equal(buf_cstr(&out), lang == LANG_RU ? table[i].ru : table[i].en);
        }
        json_decref(plan);
    }
    buf_free(&out);
}

static void tables_have_russian_headings(void **state)
{
    (void)state;
    static const struct ctl_column columns[] = {{"SKU", "sku", CELL_TEXT},
                                                {"STATE", "state", CELL_WORD},
                                                {"OLDEST", "age", CELL_AGE},
                                                {"WRITABLE", "open", CELL_TEXT},
                                                {0}};
    struct buf out;
    json_t *rows = json_loads("[{\"sku\":\"dirty\",\"state\":\"dirty\",\"age\":90000,"
                              "\"open\":true},{\"sku\":\"Б\",\"state\":\"unheard-of\",\"age\":5,"
                              "\"open\":false}]",
                              0, NULL);
    assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
    buf_init(&out, 4096);
    ctl_lang_set(LANG_RU);
    ctl_table(&out, columns, rows);
    assert_string_equal(buf_cstr(&out), "АРТИКУЛ  СОСТОЯНИЕ      ДАВНО  МОЖНО ПИСАТЬ\n"
                                        "dirty    не отправлено   90 с  да\n"
                                        "Б        unheard-of      5 мс  нет\n");
    buf_free(&out);
    json_decref(rows);
}

static void the_language_is_chosen(void **state)
{
    (void)state;
    static const char *const names[] = {"STOCKCTL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"};
    static const struct {
        const char *flag, *values[4];
        enum lang lang;
    } table[] = {
        {NULL, {NULL, NULL, NULL, NULL}, LANG_EN},
        {NULL, {NULL, NULL, NULL, "ru_RU.UTF-8"}, LANG_RU},
        {NULL, {NULL, NULL, "en_US.UTF-8", "ru_RU.UTF-8"}, LANG_EN},
        {NULL, {NULL, "C.UTF-8", "ru_RU.UTF-8", "ru_RU.UTF-8"}, LANG_EN},
        {NULL, {NULL, "", "ru", "en"}, LANG_RU},
        {NULL, {"ru", "en_US.UTF-8", NULL, NULL}, LANG_RU},
        {NULL, {"en", "ru_RU.UTF-8", NULL, NULL}, LANG_EN},
        {NULL, {"", "ru_RU.UTF-8", NULL, NULL}, LANG_RU},
        {"en", {"ru", "ru_RU.UTF-8", NULL, NULL}, LANG_EN},
        {"ru", {"en", NULL, NULL, NULL}, LANG_RU},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        for (size_t k = 0; k < 4; k++)
            if (table[i].values[k])
                setenv(names[k], table[i].values[k], 1);
            else
                unsetenv(names[k]);
        assert_int_equal(ctl_lang_choose(table[i].flag), table[i].lang);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(everything_said_is_in_the_catalogue),
    cmocka_unit_test(nothing_is_in_it_that_nobody_says),
    cmocka_unit_test(both_have_the_same_parameters),
    cmocka_unit_test(commands_stay_what_they_are),
    cmocka_unit_test(states_have_words),
    cmocka_unit_test(plurals_are_right),
    cmocka_unit_test(tables_have_russian_headings),
    cmocka_unit_test(the_language_is_chosen),
};
TEST_MAIN(cases)
