/* Response headers that say how long to wait, and what time it is there. [worker] */
#ifndef KIT_HEADER_H
#define KIT_HEADER_H

#include <stockd/plugin.h>

/* The whole number in a header; -1 when it is missing or no number ("soon", a date). Larger ones
 * count as `most`. */
int64_t kit_header_int(const struct stockd_call *call, const char *name, int64_t most);
/* When the answer was made, by the other side's clock (Date); 0 when it does not say. */
int64_t kit_header_date(const struct stockd_call *call);

#endif
