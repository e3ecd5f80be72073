/* Errors as values. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status error_set(struct error *error, enum status status, const char *format, ...)
{
    if (!error) return status;
    error->status = status;
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return status;
}

enum status error_prefix(struct error *error, const char *format, ...)
{
    if (!error) return ST_BUG;
    char old[ERROR_TEXT_MAX];
    memcpy(old, error->text, sizeof old);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof error->text) {
        char *rest = error->text + n; /* what does not fit is cut */
        if (snprintf(rest, sizeof error->text - (size_t)n, ": %s", old) < 0) *rest = 0;
    }
    return error->status;
}

const char *status_name(enum status status)
{
    switch (status) {
    case ST_OK: return "ok";
    case ST_INVALID: return "invalid";
    case ST_NOT_FOUND: return "not-found";
    case ST_EXISTS: return "exists";
    case ST_CONFLICT: return "conflict";
    case ST_TOO_BIG: return "too-big";
    case ST_FULL: return "full";
    case ST_DAMAGED: return "damaged";
    case ST_BUSY: return "busy";
    case ST_DENIED: return "denied";
    case ST_IO: return "io";
    case ST_UNSUPPORTED: return "unsupported";
    case ST_CANCELLED: return "cancelled";
    case ST_HELD: return "held";
    case ST_BUG: return "bug";
    }
    return "unknown";
}
