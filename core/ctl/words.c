/* Choosing the language and looking texts up. */
#include "ctl/words.h"

#include <stdlib.h>
#include <string.h>

static enum lang spoken = LANG_EN;

void ctl_lang_set(enum lang lang)
{
    spoken = lang;
}

enum lang ctl_lang(void)
{
    return spoken;
}

enum lang ctl_lang_choose(const char *flag)
{
    static const char *const locales[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *named = flag ? flag : getenv("STOCKCTL_LANG");
    if (named && *named) {
        int lang = lang_parse(named);
        return lang >= 0 ? (enum lang)lang : lang_of_locale(named);
    }
    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        const char *locale = getenv(locales[i]);
        if (locale && *locale) return lang_of_locale(locale);
    }
    return LANG_EN;
}

static const char *find(const struct ctl_words *list, const char *english)
{
    if (spoken != LANG_RU) return english;
    for (; list->en; list++)
        if (strcmp(list->en, english) == 0) return list->ru;
    return english;
}

const char *ctl_text(const char *english)
{
    return find(ctl_texts_ru, english);
}

const char *ctl_state_word(const char *word)
{
    return find(ctl_states_ru, word);
}
