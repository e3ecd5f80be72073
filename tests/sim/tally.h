/* What really happened in runs: how often each thing that can go wrong went wrong, and what became
 * of each kind of command. So that nobody has to believe that an ingredient occurs
 * (`stockd-sim --count`), and a run in which one never does can fail (`--all-occur`). */
#ifndef SIM_TALLY_H
#define SIM_TALLY_H

#include "plan.h"

#include <stdio.h>

enum { TALLY_NAMES_MAX = 100 };
/* None; up to 3, 10, 30, and more. */
enum { TALLY_WIDTHS = 5 };
enum tally_end { TALLY_TAKEN, TALLY_REFUSED, TALLY_HELD, TALLY_FAILED, TALLY_ENDS };

struct tally {
    uint64_t of[TALLY_NAMES_MAX]; /* in the order of tally.c's table */
    uint64_t commands[OP_KINDS][TALLY_ENDS];
    uint64_t accounts[MARKET_KINDS]; /* runs that had some */
    /* Comparisons of what is on hand with the record: by how many pieces that could not be told. */
    uint64_t figures[TALLY_WIDTHS], pieces_untold;
};

/* `name` is one of tally.c's; anything else ends the program. */
void tally_count(struct tally *tally, const char *name);
void tally_add(struct tally *to, const struct tally *of);
void tally_tell(const struct tally *tally, FILE *out);
/* A figure was compared, of which so many pieces cannot be told. */
void tally_figure(struct tally *tally, int64_t pieces);
/* How many kinds of things never happened; names them. */
uint32_t tally_missing(const struct tally *tally, FILE *out);

#endif
