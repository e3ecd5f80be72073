/* The writers of market_field.h. */
#include "market_field.h"

#include "market_time.h"

void market_field_text(struct market_answer *answer, const char *name, const char *value)
{
    market_answer_text(answer, name);
    market_answer_string(answer, value);
}

void market_field_int(struct market_answer *answer, const char *name, int64_t value)
{
    market_answer_text(answer, name);
    market_answer_int(answer, value);
}

void market_field_int_text(struct market_answer *answer, const char *name, int64_t value)
{
    market_answer_text(answer, name);
    market_answer_bytes(answer, "\"", 1);
    market_answer_int(answer, value);
    market_answer_bytes(answer, "\"", 1);
}

void market_field_bool(struct market_answer *answer, const char *name, bool value)
{
    market_answer_text(answer, name);
    market_answer_text(answer, value ? "true" : "false");
}

void market_field_time(struct market_answer *answer, const char *name, int64_t ms)
{
    char text[MARKET_TIME_SIZE];
    market_answer_text(answer, name);
    market_answer_bytes(answer, "\"", 1);
    market_answer_text(answer, market_time_format(ms, text));
    market_answer_bytes(answer, "\"", 1);
}
