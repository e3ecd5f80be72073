/* Faults on demand: what a marketplace does wrong, when, how often. A fault is matched against each
 * request of its path and account; what fires is gathered in an effect that the model carries out.
 */
#ifndef MARKETSIM_MARKET_FAULT_H
#define MARKETSIM_MARKET_FAULT_H

#include "market.h"

#include <jansson.h>

enum market_fault_kind {
    /* Instead of an answer: nothing is applied. */
    FAULT_RATE,        /* 429, Retry-After where retry_after >= 0 */
    FAULT_STATUS,      /* `status` with a JSON error (default 500) */
    FAULT_HTML,        /* nginx's 502 page, or `status` */
    FAULT_DROP_BEFORE, /* the connection is closed, delay_ms after the request */
    FAULT_DEAD_KEY,    /* 401 */
    FAULT_EMPTY_403,   /* 403 without a body */
    FAULT_CIRCUIT,     /* 429 "Circle is open", as after too many requests */
    /* The request is carried out, and then. */
    FAULT_DROP_AFTER,   /* applied, but nothing is answered */
    FAULT_LATE,         /* nothing is answered, and it is applied late_ms later */
    FAULT_SLOW,         /* answered delay_ms later */
    FAULT_NO_EFFECT,    /* answered as if applied, but nothing is; with `offers` or a `share` those
                           items only */
    FAULT_ITEM,         /* per-item `code` for `offers` (none given: a `share` of all) */
    FAULT_SHORT_RESULT, /* applied, but a `share` of the items is missing in the answer */
    /* The answer is spoilt. */
    FAULT_EMPTY_LIST,
    FAULT_MALFORMED, /* every second row is broken */
    FAULT_TRUNCATED, /* half of the bytes */
    FAULT_MISTYPED,  /* numbers and truth values become text */
    FAULT_DUPLICATE, /* every row twice */
    FAULT_ZEROS,     /* every figure of stock is 0 */
    FAULT_OVERSIZED, /* the body is padded to `bytes` */
    FAULT_KINDS,
};

struct market_fault {
    int id; /* given by market_fault_add() */
    enum market_fault_kind kind;
    char *path;    /* NULL: any; a trailing '*' matches the rest; "PUT /path" where the model tells
                      methods apart */
    char *account; /* NULL: any */
    char **offers; /* FAULT_ITEM, FAULT_NO_EFFECT: the offers it is for */
    size_t offer_count;
    char *code; /* FAULT_ITEM */
    char *message;
    int64_t left;       /* how often it may still fire; < 0: always */
    int64_t skip;       /* matching requests let through first */
    double probability; /* of firing on a match */
    double share;       /* of a request's items */
    int status;
    int64_t retry_after; /* seconds; < 0: no header */
    int64_t delay_ms;
    int64_t late_ms;
    size_t bytes;
    uint64_t hits;
};

struct market_faults {
    struct market_fault *list;
    size_t count;
    int last_id;
};

#define MARKET_EFFECT_ITEMS 8

struct market_effect {
    const struct market_fault *instead; /* the whole answer, or NULL */
    const struct market_fault *items[MARKET_EFFECT_ITEMS];
    size_t item_count;
    bool drop_after;
    const struct market_fault *no_effect;
    int64_t late_ms; /* < 0: at once */
    int64_t delay_ms;
    double short_share;
    unsigned spoils; /* bits 1 << kind */
    size_t bytes;
    int fired; /* id of the first fault that fired, or 0 */
};

/* A fault that fires on the next request of any path. Fill in the rest by hand. */
struct market_fault market_fault_make(enum market_fault_kind kind);

/* Copies what the fault points to; gives its id. */
int market_fault_add(struct market_faults *faults, const struct market_fault *fault);
bool market_fault_remove(struct market_faults *faults, int id);
void market_fault_clear(struct market_faults *faults);
uint64_t market_fault_hits(const struct market_faults *faults, int id);

/* Adds one from JSON, {"kind": "drop_after", "path": ..., "count": ...}; 0 and a text on error. */
int market_fault_add_json(struct market_faults *faults, const json_t *spec, char *error,
                          size_t size);
json_t *market_fault_json(const struct market_faults *faults);

/* What fires for a request. The effect points into the table: use it before the table changes. */
void market_fault_match(struct market_faults *faults, const char *path, const char *account,
                        uint64_t *random, struct market_effect *effect);

/* The fault that hits this item of the request, or NULL. */
const struct market_fault *market_fault_item(const struct market_effect *effect, const char *offer,
                                             uint64_t *random);

/* Whether this item is answered as done although nothing happens to it. */
bool market_fault_loses(const struct market_effect *effect, const char *offer, uint64_t *random);

/* Spoils a finished answer: `figures` ends with NULL and names the fields that are stock. */
void market_fault_spoil(const struct market_effect *effect, const char *const *figures,
                        struct market_answer *answer);

#endif
