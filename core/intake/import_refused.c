/* Refused rows, kept. */
#include "intake/import_refused.h"

#include "base/buf.h"
#include "base/mem.h"

#include <stdlib.h>

enum { REASON_MAX = 600 }; /* a sentence of ours with an SKU in it twice */

bool import_refused_wanted(const struct import_refused *refused)
{
    return refused->count < IMPORT_REFUSED_KEPT;
}

void import_refused_add(struct import_refused *refused, uint32_t line, uint32_t column,
                        const char *format, ...)
{
    if (!import_refused_wanted(refused)) return;
    if (!refused->at) refused->at = mem_array(IMPORT_REFUSED_KEPT, sizeof *refused->at);
    struct buf reason;
    buf_init(&reason, REASON_MAX);
    va_list args;
    va_start(args, format);
    if (!buf_vformat(&reason, format, args)) buf_text(&reason, "it cannot be used");
    va_end(args);
    refused->at[refused->count++] = (struct import_refusal){line, column, buf_take(&reason)};
}

static int by_line(const void *a, const void *b)
{
    const struct import_refusal *x = a, *y = b;
    return (x->line > y->line) - (x->line < y->line);
}

void import_refused_sort(struct import_refused *refused)
{
    if (refused->count) qsort(refused->at, refused->count, sizeof *refused->at, by_line);
}

void import_refused_free(struct import_refused *refused)
{
    for (uint32_t i = 0; i < refused->count; i++)
        mem_free((char *)(uintptr_t)refused->at[i].reason);
    mem_free(refused->at);
    *refused = (struct import_refused){0};
}
