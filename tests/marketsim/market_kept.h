/* What a row of a list looks like, kept as it was written until it changes: who polls asks for the
 * same rows again and again. A writer of rows begins
 *
 *     if (market_kept_write(&order->look, answer)) return;
 *     size_t from = answer->len;
 *
 * and ends with market_kept_take(&order->look, answer, from). Who changes the row, or anything else
 * that is written in it (settings, the name of a product), calls market_kept_forget(). What changes
 * by time alone is not kept. */
#ifndef MARKETSIM_MARKET_KEPT_H
#define MARKETSIM_MARKET_KEPT_H

#include "market.h"

/* Zero it: nothing is kept. */
struct market_kept {
    char *text;
    size_t len;
};

/* False: nothing is kept, and nothing was written. */
static inline bool market_kept_write(const struct market_kept *kept, struct market_answer *answer)
{
    if (!kept->text) return false;
    market_answer_bytes(answer, kept->text, kept->len);
    return true;
}

/* Keeps a copy of the body from `from` to its end. */
void market_kept_take(struct market_kept *kept, const struct market_answer *answer, size_t from);
void market_kept_forget(struct market_kept *kept);

#endif
