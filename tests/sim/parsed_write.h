/* JSON that is plain, written quickly: what models answer. */
#ifndef SIM_PARSED_WRITE_H
#define SIM_PARSED_WRITE_H

#include <jansson.h>

/* The text that jansson makes of the document with JSON_COMPACT, to be freed; NULL where that is
 * for jansson to say: escapes, letters beyond ASCII, fractions, deep nesting. */
char *parsed_write(const json_t *document);

#endif
