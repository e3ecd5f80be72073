/* Finding and hiding secrets in text; the recorder's. */
#ifndef STOCKD_NET_RECORDER_MASK_H
#define STOCKD_NET_RECORDER_MASK_H

#include "base/buf.h"
#include "base/bytes.h"

struct mask {
    struct buf *forms; /* each secret as it may be written */
    size_t count, longest;
};

/* False when the limits of recorder.h are exceeded; the mask is empty then. */
bool mask_set(struct mask *mask, const char *const *values, size_t count);
void mask_wipe(struct mask *mask);
/* `text` with "***" for what must not be seen, at most `max` bytes of it, to the end of `out`. */
void mask_text(const struct mask *mask, struct bytes text, size_t max, struct buf *out);

#endif
