/* What response headers say: whole numbers, and the time. */
#include "kit/header.h"

#include <time.h>

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

int64_t kit_header_date(const struct stockd_call *call)
{
    struct tm tm = {0};
    const char *text = call->host->header(call->ctx, "Date");
    const char *end = text ? strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm) : NULL;
    return end && !*end ? (int64_t)timegm(&tm) * 1000 : 0;
}
