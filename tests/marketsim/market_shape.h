/* Request bodies held against a table of their fields: unknown, mistyped, missing, out of range.
 * Messages follow the gRPC gateways behind such APIs; models choose the status and the envelope. */
#ifndef MARKETSIM_MARKET_SHAPE_H
#define MARKETSIM_MARKET_SHAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum market_shape_kind {
    SHAPE_STRING,
    SHAPE_INT,
    SHAPE_BOOL,
    SHAPE_TIME, /* RFC 3339 text */
    SHAPE_ENUM, /* text out of `values` */
    SHAPE_STRINGS,
    SHAPE_IDS, /* list of int64, as text or as numbers: documents and their examples disagree */
    SHAPE_OBJECT,
    SHAPE_OBJECTS,
};

/* A table ends with a row without a name. `min` and `max` bound a number's value, a list's length;
 * both 0 means unbounded. An object without `fields` may hold anything. */
struct market_shape {
    const char *name;
    enum market_shape_kind kind;
    bool required;
    int64_t min;
    int64_t max;
    const struct market_shape *fields;
    const char *const *values;
};

struct market_shape_error {
    char message[320]; /* as the marketplace says it */
    char detail[160];  /* the exact place, for the violation */
    bool too_many;     /* a list was longer, or a page larger, than allowed */
};

bool market_shape_check(const json_t *object, const struct market_shape *fields, const char *title,
                        struct market_shape_error *error);

/* An int64 out of a JSON number or a decimal text. */
bool market_shape_id(const json_t *value, int64_t *id);

#endif
