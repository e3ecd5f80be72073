/* What stockctl says to people in other languages than English. The English texts stand where they
 * are said, in the tables of verbs and in run_*.c, and are the keys of the catalogue: words_ru.c. A
 * test finds those that are said and are in no catalogue, and those that nobody says.
 *
 * A number and the word beside it: "{n} {n:figure|figures}" (base/lang.h). Machine formats (--json,
 * --csv) and what the daemon itself says are not translated here. */
#ifndef STOCKD_CTL_WORDS_H
#define STOCKD_CTL_WORDS_H

#include "base/lang.h"

/* One run of stockctl speaks one language: set once, before anything is said. */
void ctl_lang_set(enum lang lang);
enum lang ctl_lang(void);
/* --lang, else STOCKCTL_LANG, else the first of LC_ALL, LC_MESSAGES and LANG that is not empty. */
enum lang ctl_lang_choose(const char *flag);

/* A heading or a sentence; itself where there is no other. */
const char *ctl_text(const char *english) __attribute__((format_arg(1)));
/* A word that the daemon uses for a state or kind: "dirty". */
const char *ctl_state_word(const char *word);

struct ctl_words {
    const char *en, *ru;
};
/* Both end with {0}, sorted by the bytes of `en`. */
extern const struct ctl_words ctl_texts_ru[], ctl_states_ru[];

#endif
