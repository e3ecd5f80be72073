/* What the daemon says to people, in their language: why a figure is what it is or is not there
 * yet, what an account waits for, why the guard holds something, what is wrong with a file.
 *
 * Who makes a sentence (the engine, sync, an import) makes it in English and knows of no language;
 * rows, logs and programs have it so. Who shows it to a person who reads another one tells it anew
 * (say_tell): each sentence is a row of the catalogue, the English one with {parameters} beside the
 * others; the row that fits is found, and its parameters are filled in on the other side. So a
 * sentence that was stored years ago is told in the language of today's reader, too. What no row
 * fits, a marketplace's own words above all, stays as it is.
 *
 * CLAUSES. Sentences are put together from clauses with "; " between them; each is a row of its
 * own, and those that are known are told among those that are not.
 *
 * PARAMETERS. {#count} is a whole number; with {#count:form|form|form} the word that agrees with it
 * (base/lang.h). {account} and {time} hold no blank. {why} is a sentence, and is told, too;
 * {state}, {age} and {word} are words, of a list of their own. {said} is somebody else's text:
 * anything, and perhaps clauses of ours behind it. All others hold no "; ".
 *
 * Tests hold the tables: each row has the same parameters on both sides and is found by what it
 * makes; and the tests of who makes sentences ask say_knows of each. Pure; any thread. */
#ifndef STOCKD_SAY_SAY_H
#define STOCKD_SAY_SAY_H

#include "base/lang.h"

struct say_row {
    const char *en, *ru; /* NULL: the list's end */
};
/* Rows that begin alike stand with the most special one first. */
extern const struct say_row say_figures[], say_accounts[], say_files[];
extern const struct say_row say_words[];

/* Adds the text in that language. */
void say_tell(struct buf *out, enum lang lang, const char *english);
/* Is each of its clauses a row, that of {why} included? */
bool say_knows(const char *english);
/* The row that a text is, as a whole; NULL: none. For tests. */
const struct say_row *say_row_of(const char *english);

#endif
