/* What rows of figures said when they were read before. A row that comes again in whatever answer
 * is the same element (parsed_element.h): what it says is found by where it lies, and its names and
 * texts are not looked at again. Of one run, for in another world ids mean something else. Nothing
 * is kept where nothing parsed is (parsed.h). One thread. */
#ifndef SIM_WIRE_KNOWN_H
#define SIM_WIRE_KNOWN_H

#include "wire.h"

struct wire_known;

struct wire_known *wire_known_new(void);
void wire_known_free(struct wire_known *known);

/* What the row says, to that account and of that place (WORLD_NONE: it names it itself), or NULL:
 * it has to be read. Stands until the next is kept. */
const struct wire_row *wire_known_find(const struct wire_known *known, uint32_t account, int remote,
                                       const json_t *row);
void wire_known_keep(struct wire_known *known, uint32_t account, int remote, json_t *row,
                     const struct wire_row *said);

#endif
