/* What alerts say, in English and Russian. Two tables of texts rather than gettext: there are some
 * sixty texts, chosen by configuration and not by the process's locale, and a test holds both
 * tables against each other; gettext would bring compiled catalogues to be installed and found.
 * Plain text; numbers are written so that no word has to agree with them. Pure; any thread. */
#ifndef STOCKD_NOTIFY_MESSAGES_H
#define STOCKD_NOTIFY_MESSAGES_H

#include "base/lang.h"
#include "notify/rule.h"

enum alert_lang { ALERT_EN = LANG_EN, ALERT_RU = LANG_RU, ALERT_LANGS };

/* Texts of a rule. {account} {what} {why} {count} {limit} stand for what a finding says. */
struct alert_words {
    const char *title; /* what kind of trouble; no parameters */
    const char *line;  /* one place of it */
    const char *todo;  /* what to do; {account} of the first one */
    const char *over;  /* one place where it is over */
};

/* Texts around them. */
enum alert_phrase {
    PHRASE_SUBJECT_ONE,  /* {title} */
    PHRASE_SUBJECT_MANY, /* {title} {count} */
    PHRASE_OVER_ONE,
    PHRASE_OVER_MANY,
    PHRASE_MORE,  /* {count} */
    PHRASE_TODO,  /* before what to do */
    PHRASE_SINCE, /* {what}: a time */
    PHRASE_FOOT,
    PHRASE_TEST_SUBJECT,
    PHRASE_TEST_TEXT, /* {what}: the channel */
    PHRASE_INFO,      /* severities, in their order */
    PHRASE_WARNING,
    PHRASE_CRITICAL,
    PHRASES,
};

struct alert_catalogue {
    const struct alert_words *words; /* by rule */
    const char *const *phrases;      /* by phrase */
};
const struct alert_catalogue *alert_catalogue(enum alert_lang lang);

struct alert_values {
    enum lang lang; /* that `why` is told in */
    const char *account, *what, *why, *title; /* NULL: "" */
    int64_t count, limit;
};
/* Adds the text with its parameters filled in. */
void alert_fill(struct buf *out, const char *text, const struct alert_values *values);

extern const struct alert_catalogue alert_messages_en, alert_messages_ru;

#endif
