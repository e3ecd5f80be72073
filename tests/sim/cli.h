/* What both simulators read in the same way from their command line and environment. */
#ifndef SIM_CLI_H
#define SIM_CLI_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits alone. False: it is no number from `least` to `most`. */
bool cli_number(const char *text, uint64_t least, uint64_t most, uint64_t *number);

/* The first of the seeds that nobody has run: STOCKD_SIM_SEED, or by the date. Says on stdout how
 * the same ones are run again; false, having said so on stderr: the variable is no number. */
bool cli_fresh(const char *program, uint64_t *first);

#endif
