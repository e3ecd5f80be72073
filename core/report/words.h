/* What reports say, in English and Russian. Parameters are filled in by lang_fill (base/lang.h):
 * {count} is a number, {count:day|days} the word that agrees with it. What an alert says comes from
 * the catalogue of alerts (notify/messages.h). Pure; any thread. */
#ifndef STOCKD_REPORT_WORDS_H
#define STOCKD_REPORT_WORDS_H

#include "base/lang.h"

enum report_word {
    WORD_TITLE,    /* {from} {until} */
    WORD_TITLE_OF, /* {account} {from} {until} */
    WORD_RAN,      /* {ran} {span} {percent} */
    WORD_COUNTED,  /* {since}: figures are counted from then on */
    WORD_NEEDS,    /* heading */
    WORD_NEEDS_NONE,
    WORD_NEEDS_MORE, /* {count} */
    WORD_TODO,       /* {text} */
    WORD_KNOWN,      /* behind an alert that somebody knows of */
    WORD_HELD,       /* heading */
    WORD_HELD_NONE,
    WORD_PLAN,       /* {id} {since} {count} {why} */
    WORD_PLANS_MORE, /* {count} */
    WORD_HAPPENED,   /* heading */
    WORD_NOW,        /* heading */
    WORD_NO_ACCOUNTS,
    WORD_CONFIRMED, /* labels */
    WORD_REJECTED,
    WORD_FAILED,
    WORD_DRIFT_FOUND,
    WORD_DRIFT_MENDED,
    WORD_OVERSOLD,
    WORD_SLOWEST,
    WORD_MEAN,
    WORD_SERVED,
    WORD_STATE,
    WORD_NOW_UNSENT,
    WORD_NOW_UNRESOLVED,
    WORD_NOW_REJECTED,
    WORD_NOW_DRIFT,
    WORD_NOW_HELD,
    WORD_SLOWEST_OF,  /* {took} {sku} */
    WORD_SERVED_OF,   /* {served} {known} {percent} */
    WORD_OLDEST,      /* {count} {age} */
    WORD_HELD_FOR,    /* {count} {why} */
    WORD_HELD_OTHERS, /* not all were looked at */
    WORD_STATE_ACTIVE,
    WORD_STATE_STARTING,
    WORD_STATE_PAUSED,
    WORD_STATE_PARKED,   /* {why} */
    WORD_HOLD_UNCOUNTED, /* in the order of enum report_hold */
    WORD_HOLD_LISTING,
    WORD_HOLD_EPOCH,
    WORD_HOLD_FOREIGN,
    WORD_HOLD_ROUTE,
    WORD_HOLD_REMOTE,
    WORD_BRIEF,       /* {account} {confirmed} {rejected} {drift} {oversold} */
    WORD_BRIEF_NEEDS, /* {count} */
    WORD_FOOT,
    REPORT_WORDS,
};
const char *report_word(enum lang lang, enum report_word word);

extern const char *const report_words_en[REPORT_WORDS], *const report_words_ru[REPORT_WORDS];

#endif
