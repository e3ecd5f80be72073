/* Fields of JSON objects, written straight into an answer: lists are full of them, and printf would
 * be most of what they cost. `name` is everything that stands before the value: ",\"id\":". */
#ifndef MARKETSIM_MARKET_FIELD_H
#define MARKETSIM_MARKET_FIELD_H

#include "market.h"

void market_field_text(struct market_answer *answer, const char *name, const char *value);
void market_field_int(struct market_answer *answer, const char *name, int64_t value);
void market_field_int_text(struct market_answer *answer, const char *name, int64_t value); /* "7" */
void market_field_bool(struct market_answer *answer, const char *name, bool value);
void market_field_time(struct market_answer *answer, const char *name, int64_t ms);

#endif
