/* The languages that people are spoken to in, how words agree with numbers in them, and filling in
 * texts of a catalogue. Two tables of texts rather than gettext: a language is chosen by
 * configuration or flag, not by the process's locale, and a test holds the tables against each
 * other; gettext would bring compiled catalogues to be installed and found. Pure; any thread. */
#ifndef STOCKD_BASE_LANG_H
#define STOCKD_BASE_LANG_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum lang { LANG_EN = 0, LANG_RU = 1, LANGS };

const char *lang_name(enum lang lang); /* "en", "ru" */
int lang_parse(const char *name);      /* -1: none of that name */
/* The one that an Accept-Language header wants most ("ru-RU,ru;q=0.9,en;q=0.8"); NULL, or none of
 * ours: English. */
enum lang lang_of_header(const char *header);
/* Of a locale: "ru_RU.UTF-8". Anything but a Russian one is English. */
enum lang lang_of_locale(const char *locale);

/* So many forms a word has beside a number: "product|products", "товар|товара|товаров"; and which
 * of them, from 0 on. */
unsigned lang_forms(enum lang lang);
unsigned lang_form(enum lang lang, int64_t number);
/* Adds the form that agrees with the number; `forms` of `size` bytes have '|' between them. Where
 * there are too few, the last. */
void lang_put_form(struct buf *out, enum lang lang, const char *forms, size_t size, int64_t number);

/* {name} stands for a value, {name:form|form} for the word that agrees with it. What is not known
 * is left out. */
struct lang_value {
    const char *name; /* NULL: the list's end */
    const char *text; /* NULL: the number */
    int64_t number;
};
void lang_fill(struct buf *out, enum lang lang, const char *text, const struct lang_value *values);

/* "1 d 3 h", "2 min 5 s", "800 ms": the two largest units. */
void lang_duration(struct buf *out, enum lang lang, int64_t ms);

#endif
