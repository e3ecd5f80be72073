/* What the simulator is asked for: its command line, and lines of a file of seeds. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include "focus.h"
#include "market.h"
#include "plan.h"

#include <stdbool.h>
#include <stdint.h>

extern const char options_help[];

struct options {
    uint64_t first, last, stride;
    uint64_t at_once;
    uint64_t seconds; /* 0: no end */
    bool fresh, said_seeds;
    const char *file;
    double hours;
    unsigned kinds;
    const char *judge, *less, *log, *plugins; /* of argv */
    const char *world;                        /* of --fresh: the options that the seed stands for */
    bool jobs, intake, shops, days, mixed, settings, oversold, count, all_occur, twice, calm,
        external, foreign, lies, plain, house, until_failure, trace, each, expect_failure, shrink,
        speed, busy;
    enum mutation mutation;
    enum focus focus;
};

/* One run of seed 1, in a world of all marketplaces. */
struct options options_none(void);
/* False: it cannot be understood. Ends the process where a list is asked for, or a name is given
 * that there is not. */
bool options_read(int argc, char **argv, struct options *options);
/* "SEED [OPTIONS]  # text": its own options come on top of those that are there. Keeps `line`. */
bool options_read_line(char *line, struct options *options, uint64_t *seed);
/* Seeds that nobody has run, where none are given (cli_fresh). */
bool options_fresh(struct options *options);
/* Whether anything is said of the worlds that are to be drawn. */
bool options_say_world(const struct options *options);

#endif
