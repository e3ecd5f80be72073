/* A marketplace as a pure function: (state, request, now) -> answer. No I/O, no clock, no global
 * state. The HTTP server (server.c) and the simulator drive every model through this interface.
 * What is common to the models lives beside it in market_*.h; each marketplace has its own header.
 */
#ifndef MARKETSIM_MARKET_H
#define MARKETSIM_MARKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MARKET_ANSWER_HEADERS 8

struct market_header {
    const char *name;
    const char *value;
};

/* All memory belongs to the caller and is only read during the call. */
struct market_request {
    const char *method;
    const char *path;  /* without the query */
    const char *query; /* without '?', not decoded; NULL or "" where there is none */
    const struct market_header *headers;
    size_t header_count;
    const char *body;
    size_t body_len;
    int64_t received_ns; /* the caller's own monotonic time of receipt, kept in the log; 0: none */
};

/* Zero it, or call market_answer_reset() to use it again with the memory it has. */
struct market_answer {
    int status;
    struct {
        char name[32];
        char value[192]; /* a Location with two ids in it is 110 bytes */
    } headers[MARKET_ANSWER_HEADERS];
    size_t header_count;
    char *body;
    size_t len;
    size_t size;
    bool drop; /* the connection is closed and nothing is answered */
    int64_t
        delay_ms; /* the answer (or the drop) comes this much later; the effect is already there */
    size_t items; /* for the log: pairs written, rows read */
};

/* How a state begins, as the command line of the server says it. What a model has no use for it
 * leaves alone; what it cannot do it refuses. */
struct market_setup {
    double scale;        /* the marketplace's windows last 1/scale of their time */
    bool quotas_off;     /* no limits are kept */
    const char *account; /* id of the first seller, and the key it is reached with; NULL: the
                            model's own */
    const char *key;
    size_t products;        /* made in bulk */
    const char *prefix;     /* of their SKUs */
    const char *warehouses; /* ids joined by ','; NULL: none, or the model's one */
    int64_t stock;          /* figure of each product at each of them; -1: none */
};

/* One marketplace. setup() is called once, before anything else. handle() is what the seller's
 * software reaches; control() is what tests reach under /_control/. Neither keeps a pointer into
 * the request. One thread at a time per state. */
struct market_model {
    const char *name;
    void *(*create)(uint64_t seed);
    void (*destroy)(void *state);
    /* False: `error` says what is wrong. */
    bool (*setup)(void *state, const struct market_setup *setup, int64_t now_ms, char *error,
                  size_t size);
    void (*handle)(void *state, const struct market_request *request, int64_t now_ms,
                   struct market_answer *answer);
    void (*control)(void *state, const struct market_request *request, int64_t now_ms,
                    struct market_answer *answer);
};

/* The model of that name, or NULL. */
const struct market_model *market_model_find(const char *name);
/* Their names, joined by ", ". */
const char *market_model_names(void);

/* The header's value (names compare without case), or NULL. */
const char *market_request_header(const struct market_request *request, const char *name);

/* Copies the decoded value of a query parameter; false where it is absent. */
bool market_request_query(const struct market_request *request, const char *name, char *value,
                          size_t size);
/* The same for one that is repeated: `nth` counts its values from 0. */
bool market_request_query_at(const struct market_request *request, const char *name, size_t nth,
                             char *value, size_t size);
/* "GET /path", or what of it has room: how faults name a request. */
void market_request_line(const struct market_request *request, char *line, size_t size);

void market_answer_reset(struct market_answer *answer);
void market_answer_free(struct market_answer *answer);
void market_answer_header(struct market_answer *answer, const char *name, const char *value);
void market_answer_header_int(struct market_answer *answer, const char *name, int64_t value);
const char *market_answer_header_get(const struct market_answer *answer, const char *name);

/* Room for so many bytes more, and a 0. */
void market_answer_grow(struct market_answer *answer, size_t more);
static inline void market_answer_reserve(struct market_answer *answer, size_t more)
{
    if (answer->size - answer->len <= more) market_answer_grow(answer, more);
}

/* Appending to the body. market_answer_string() quotes and escapes for JSON. What is appended is
 * mostly a constant of some bytes: these are here so that it is written in place. */
static inline void market_answer_bytes(struct market_answer *answer, const char *bytes, size_t len)
{
    market_answer_reserve(answer, len);
    memcpy(answer->body + answer->len, bytes, len);
    answer->len += len;
    answer->body[answer->len] = '\0';
}
static inline void market_answer_text(struct market_answer *answer, const char *text)
{
    market_answer_bytes(answer, text, strlen(text));
}
void market_answer_int(struct market_answer *answer, int64_t value);
void market_answer_string(struct market_answer *answer, const char *text);
void market_answer_printf(struct market_answer *answer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* malloc and friends for models: out of memory ends the program, as a test tool may. */
void *market_alloc(size_t size);
void *market_realloc(void *memory, size_t size);
char *market_strdup(const char *text);
/* What of `from` has room, and a 0. */
void market_text_copy(char *to, size_t size, const char *from);
/* The parts, up to a NULL, one after the other; cut as above. Lists have many names of several
 * parts, and printf would be most of what they cost. */
void market_text_join(char *to, size_t size, const char *const parts[]);

/* splitmix64: the only randomness a model has, seeded at its creation. */
uint64_t market_random(uint64_t *state);
double market_random_share(uint64_t *state); /* in [0, 1) */

#endif
