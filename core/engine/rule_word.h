/* The words of rules, as people write and read them: "off", "buffer=2", "cap=", "velocity=7x0.5".
 * One place for the command line, files, the API and the way back of undo. Pure. */
#ifndef STOCKD_ENGINE_RULE_WORD_H
#define STOCKD_ENGINE_RULE_WORD_H

#include "engine/command.h"

/* What a rule speaks of. The first after the mode are those of enum rule_field. */
enum rule_word {
    RULE_WORD_MODE,
    RULE_WORD_FIELDS,
    RULE_WORD_VELOCITY = RULE_WORD_FIELDS + RULE_FIELDS,
    RULE_WORDS
};
/* "mode", "buffer" ... "velocity". Static. */
const char *rule_word_name(enum rule_word word);
int rule_word_find(struct bytes name); /* -1: none of that name */

/* What the rule says of it, as it is written behind "=": "off", "2", "7x0.5"; "" for nothing. */
enum { RULE_WORD_TEXT_MAX = 40 };
const char *rule_word_text(const struct rule_record *rule, enum rule_word word,
                           char text[RULE_WORD_TEXT_MAX]);

/* Adds to the change what a value says: empty or "none", nothing is said of it any more. Refused
 * (ST_INVALID) with a sentence that names what would have made sense, or what it contradicts. */
enum status rule_word_set(struct rule_change *change, enum rule_word word, struct bytes value,
                          struct error *error);
/* The same for a whole word: a mode, or NAME=VALUE. */
enum status rule_word_take(struct rule_change *change, struct bytes word, struct error *error);

#endif
