/* JSON that is plain, read quickly: what models and plugins write when nothing is the matter. Half
 * of what parsing costs in a run is jansson's reading byte by byte. */
#ifndef SIM_PARSED_PLAIN_H
#define SIM_PARSED_PLAIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* The document that jansson would make of the text; NULL where that is for jansson to say: errors,
 * escapes, fractions, long numbers, deep nesting, and, where names must be `unique`, one that comes
 * twice. */
json_t *parsed_plain(const char *text, size_t size, bool unique);

#endif
