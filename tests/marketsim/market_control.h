/* The control side's common part: one control request, how endpoints read it and answer it, and the
 * endpoints that every model has (fault, faults, faults/clear, log, violations, counters, clear).
 * A model fills in a struct market_control, names its own endpoints and calls
 * market_control_run(). */
#ifndef MARKETSIM_MARKET_CONTROL_H
#define MARKETSIM_MARKET_CONTROL_H

#include "market_fault.h"
#include "market_trace.h"

struct market_control {
    void *state;   /* the model's */
    void *account; /* the seller that "client_id" names, in the body or the query; else the first */
    struct market_faults *faults;
    struct market_trace *trace;
    uint64_t writes; /* ever made, for the counters */
    const struct market_request *request;
    struct market_answer *answer;
    json_t *body; /* an object, "client_id" taken out; empty where none was sent */
    int64_t now_ms;
};

struct market_control_endpoint {
    const char *method;
    const char *path; /* after "/_control/" */
    void (*handle)(struct market_control *control);
};

/* Reads the body, finds the account and calls the endpoint. `find` gives the account of an id
 * (NULL: the first one), or NULL. The table ends with a row without a method; "seller" alone may
 * name an account that is not there, and keeps its "client_id". */
void market_control_run(struct market_control *control,
                        const struct market_control_endpoint *endpoints,
                        void *(*find)(void *state, const char *id));

void market_control_ok(struct market_control *control);
void market_control_error(struct market_control *control, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Takes the value over. */
void market_control_json(struct market_control *control, json_t *value);
/* Unpacks the whole body as json_unpack_ex() does; false after having answered. */
bool market_control_unpack(struct market_control *control, const char *format, ...);
/* A body of {"<list>": [...]} or a single object: calls `each` for every one. */
void market_control_each(struct market_control *control, const char *list,
                         bool (*each)(struct market_control *control, json_t *spec));
/* A number out of the query. */
int64_t market_control_number(const struct market_control *control, const char *name,
                              int64_t otherwise);

/* For a model's setup(): one POST to its own control side; takes the body over. False: `error`
 * holds the answer. */
bool market_control_post(const struct market_model *model, void *state, int64_t now_ms,
                         const char *path, json_t *body, char *error, size_t size);
/* A list of ids out of "501,502". */
json_t *market_control_split(const char *list);

#endif
