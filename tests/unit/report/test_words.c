/* The catalogues of reports and alerts: the same parameters in both languages, forms of words as
 * many as the language has, and no text that nobody says. */
#include "notify/messages.h"
#include "report/words.h"

#include "test_main.h"

#include "base/mem.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCES_MAX = 4 << 20 };

/* The names of a text's parameters, sorted, and whether forms beside them are as many as they
 * should be: "count since why". */
static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void parameters(const char *text, enum lang lang, char out[400])
{
    char names[20][40];
    size_t count = 0;
    for (const char *at = text; (at = strchr(at, '{')); at++) {
        size_t size = strcspn(at + 1, "}"), own = strcspn(at + 1, ":}");
        assert_true(at[1 + size] == '}' && own && own < sizeof names[0] && count < 20);
        snprintf(names[count++], sizeof names[0], "%.*s", (int)own, at + 1);
        if (own == size) continue;
        unsigned forms = 1;
        for (size_t i = own; i < size; i++)
            forms += at[1 + i] == '|';
        if (forms != lang_forms(lang)) fail_msg("%u forms in: %s", forms, text);
        count--; /* it may be said in one language only */
    }
    qsort(names, count, sizeof names[0], by_text);
    out[0] = 0;
    for (size_t i = 0; i < count; i++)
        if (!i || strcmp(names[i], names[i - 1]) != 0)
            snprintf(out + strlen(out), 400 - strlen(out), "%s ", names[i]);
}

static void both_say_the_same(void **state)
{
    (void)state;
    for (int i = 0; i < REPORT_WORDS; i++) {
        const char *en = report_word(LANG_EN, (enum report_word)i),
                   *ru = report_word(LANG_RU, (enum report_word)i);
        char of_en[400], of_ru[400];
        if (!en || !ru || !*en || !*ru) fail_msg("text %d is missing", i);
        parameters(en, LANG_EN, of_en);
        parameters(ru, LANG_RU, of_ru);
        if (strcmp(of_en, of_ru) != 0) fail_msg("%s / %s", en, ru);
    }
}

/* All sources of a folder but the catalogues themselves, one after the other. */
static char *sources(const char *pattern, const char *but)
{
    char *all = mem_alloc(SOURCES_MAX);
    size_t size = 0;
    glob_t found;
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        if (strstr(found.gl_pathv[i], but)) continue;
        FILE *file = fopen(found.gl_pathv[i], "r");
        assert_non_null(file);
        size += fread(all + size, 1, SOURCES_MAX - 1 - size, file);
        fclose(file);
    }
    globfree(&found);
    return all;
}

static bool stands(const char *all, const char *name)
{
    for (const char *at = all; (at = strstr(at, name)); at++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", at[strlen(name)])) return true;
    return false;
}

/* Every name that the header's enum begins with `prefix`. `reckoned`: those are found by counting
 * on from another. */
static void each_is_said(const char *header, const char *prefix, const char *pattern,
                         const char *but, const char *const *reckoned)
{
    char *names = sources(header, "nothing"), *all = sources(pattern, but);
    size_t seen = 0;
    for (char *at = names; (at = strstr(at, prefix)); at++) {
        char name[60];
        size_t size = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
        bool known = false;
        if (!strchr(",", at[size])) continue;
        snprintf(name, sizeof name, "%.*s", (int)size, at);
        for (size_t i = 0; reckoned[i]; i++)
            known |= strncmp(name, reckoned[i], strlen(reckoned[i])) == 0;
        if (!known && !stands(all, name)) fail_msg("nobody says %s", name);
        seen++;
    }
    assert_true(seen > 10);
    mem_free(names);
    mem_free(all);
}

static void no_text_is_unused(void **state)
{
    (void)state;
    static const char *const holds[] = {"WORD_HOLD_", NULL}, *const severities[] = {
                                                                 "PHRASE_WARNING",
                                                                 "PHRASE_CRITICAL", NULL};
    each_is_said(STOCKD_SOURCE_DIR "/core/report/words.h", "WORD_",
                 STOCKD_SOURCE_DIR "/core/report/*.c", "/words_", holds);
    each_is_said(STOCKD_SOURCE_DIR "/core/notify/messages.h", "PHRASE_",
                 STOCKD_SOURCE_DIR "/core/notify/*.c", "/messages_", severities);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(both_say_the_same),
    cmocka_unit_test(no_text_is_unused),
};
TEST_MAIN(cases)
