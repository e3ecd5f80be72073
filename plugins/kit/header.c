/* Numbers in response headers. */
#include "kit/header.h"

int64_t kit_header_int(const struct stockd_call *call, const char *name, int64_t most)
{
    const char *text = call->host->header(call->ctx, name);
    int64_t value = 0;
    if (!text || !*text) return -1;
    for (; *text >= '0' && *text <= '9'; text++)
        if (value < most) value = value * 10 + (*text - '0');
    if (*text) return -1;
    return value < most ? value : most;
}
