/* What the bazaar answers now and then in place of what it should: of a single item, or of a whole
 * operation. Drawn from a stream of its own. */
#ifndef SIM_ODD_H
#define SIM_ODD_H

#include "bazaar.h"

/* Of one item of a push. True: that is all that is said of it; it may have been done or not. */
bool odd_write(struct bazaar *b, const char *how, uint32_t listing, uint32_t place, int64_t wanted,
               uint32_t item, int64_t now_ms, struct buf *out);
/* Of one item that is asked for, whose command is still under way. True: that is all. What surely
 * was not applied is not carried out any more. */
bool odd_question(struct bazaar *b, struct bazaar_command *command, uint32_t item, int64_t now_ms,
                  struct buf *out);
/* Whether nothing is said of an item, so that its answer is not whole. */
bool odd_silence(struct bazaar *b, const char *of);
/* The operation fails here; true when it does. */
bool odd_end(struct bazaar *b, struct buf *out);

#endif
