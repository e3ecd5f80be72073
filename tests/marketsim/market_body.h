/* Bodies of requests as trees. Who polls sends one body again and again with other times in it: the
 * last short one is kept with its tree, which serves again where a new one differs from it in
 * nothing but the text of some values. */
#ifndef MARKETSIM_MARKET_BODY_H
#define MARKETSIM_MARKET_BODY_H

#include <jansson.h>
#include <stddef.h>

/* Zero it. */
struct market_body {
    char *text;
    size_t size;
    json_t *tree; /* nobody else's: its texts change */
    struct market_body_string {
        json_t *value;  /* of the tree; NULL: a field's name */
        size_t at, len; /* in the text, without its quotes */
    } * strings;        /* in the order of the text */
    size_t string_count;
};

/* Repeated names of fields are refused; NULL: it is no JSON, and `error` says why. The caller gives
 * the tree back by json_decref(), before the next call, and copies what is to outlive it. */
json_t *market_body_read(struct market_body *body, const char *text, size_t size,
                         json_error_t *error);
void market_body_free(struct market_body *body);

#endif
