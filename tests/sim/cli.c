#include "cli.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool cli_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 19) return false;
    *number = strtoull(text, NULL, 10);
    return *number >= least && *number <= most;
}

bool cli_fresh(const char *program, uint64_t *first)
{
    const char *given = getenv("STOCKD_SIM_SEED");
    *first = (uint64_t)time(NULL) * 1000;
    if (given && *given && !cli_number(given, 0, UINT64_MAX, first)) {
        fprintf(stderr, "%s: STOCKD_SIM_SEED is no number: '%s'\n", program, given);
        return false;
    }
    printf("%s: fresh seeds from STOCKD_SIM_SEED=%" PRIu64 " on\n", program, *first);
    return true;
}
