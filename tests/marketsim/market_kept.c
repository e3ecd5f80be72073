/* The memory of market_kept.h. */
#include "market_kept.h"

#include <stdlib.h>

void market_kept_take(struct market_kept *kept, const struct market_answer *answer, size_t from)
{
    kept->len = answer->len - from;
    kept->text = market_realloc(kept->text, kept->len);
    memcpy(kept->text, answer->body + from, kept->len);
}

void market_kept_forget(struct market_kept *kept)
{
    free(kept->text);
    *kept = (struct market_kept){0};
}
