/* Errors are values: a status for the program, a sentence for the person. The sentence names the
 * thing, the place, and the way out. Functions that can fail take a `struct error *`, which may be
 * NULL. */
#ifndef STOCKD_BASE_ERROR_H
#define STOCKD_BASE_ERROR_H

enum status {
    ST_OK = 0,
    ST_INVALID,     /* bad input: the caller must change it */
    ST_NOT_FOUND,   /* the named thing does not exist */
    ST_EXISTS,      /* it exists already */
    ST_CONFLICT,    /* a condition on the current state does not hold */
    ST_TOO_BIG,     /* over a named limit */
    ST_FULL,        /* no room: disk, store map, queue */
    ST_DAMAGED,     /* stored bytes are not what was written */
    ST_BUSY,        /* held by another; try later */
    ST_DENIED,      /* not permitted */
    ST_IO,          /* the operating system refused */
    ST_UNSUPPORTED, /* another version, or not offered */
    ST_CANCELLED,
    ST_HELD, /* by the guard: nothing was changed, a plan waits to be applied */
    ST_BUG,  /* a promise between our own parts is broken */
};

enum { ERROR_TEXT_MAX = 1024 };

struct error {
    enum status status;
    char text[ERROR_TEXT_MAX];
};

/* Writes the sentence and returns `status`, so that `return error_set(...)` reads well. */
enum status error_set(struct error *error, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the sentence that is there. Returns its status. */
enum status error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "not-found", "invalid" ... the same word in logs, the API and documents. Static. */
const char *status_name(enum status status);

#endif
