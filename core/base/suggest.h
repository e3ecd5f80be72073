/* "did you mean": the nearest of some names. Any thread. */
#ifndef STOCKD_BASE_SUGGEST_H
#define STOCKD_BASE_SUGGEST_H

#include <stddef.h>

/* The name nearest to `word` (Damerau-Levenshtein distance, at most a third of its length, at least
 * 1), or NULL when none is near. */
const char *suggest_name(const char *word, const char *const *names, size_t count);

#endif
