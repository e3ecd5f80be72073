/* Response headers that say how long to wait. [worker] */
#ifndef KIT_HEADER_H
#define KIT_HEADER_H

#include <stockd/plugin.h>

/* The whole number in a header; -1 when it is missing or no number ("soon", a date). Larger ones
 * count as `most`. */
int64_t kit_header_int(const struct stockd_call *call, const char *name, int64_t most);

#endif
