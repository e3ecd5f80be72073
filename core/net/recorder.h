/* The last requests and answers of each account, for `stockctl traffic`: redacted, bounded. Loop
 * thread only.
 *
 * REDACTED. A header with a secret is kept as "Name: ***". Values given to recorder_mask_set are
 * masked wherever they appear, also percent-encoded or with JSON's escapes; so are the values of
 * fields that hold tokens ("access_token": "...", refresh_token=...), Set-Cookie, and whatever
 * looks like a token inside "error_description". A good answer to a request that says secret_answer
 * is masked as a whole: tokens nobody has seen yet can be told by no value. It happens before
 * anything is kept, so that neither memory nor a later change of the values shows them.
 *
 * BOUNDED. Per account: entries and bytes; per text: body_max. The oldest go first. */
#ifndef STOCKD_NET_RECORDER_H
#define STOCKD_NET_RECORDER_H

#include "net/transport.h"

enum {
    RECORDER_ENTRIES = 50,
    RECORDER_BODY_MAX = 16 * 1024,
    RECORDER_BYTES_MAX = 1024 * 1024,  /* of one account */
    RECORDER_SECRET_LEAST = 4,         /* shorter ones would mask ordinary text */
    RECORDER_SECRETS_MAX = 32,         /* of one account */
    RECORDER_SECRET_BYTES_MAX = 16384, /* of one secret; a JWT can be long */
};

struct recorder_options {
    size_t entries, body_max, bytes_max; /* 0: as above */
};

struct recorder;

struct recorder *recorder_new(const struct recorder_options *options); /* NULL: as above */
void recorder_free(struct recorder *recorder);
/* Off: nothing new is kept, and recording costs nothing. What is there stays. */
void recorder_switch(struct recorder *recorder, bool on);
/* How much of a body is worth bringing; 0 when `recorder` is NULL or off. */
size_t recorder_body_max(const struct recorder *recorder);

/* The secrets of an account, replacing those given before. Copied, and wiped when replaced. False
 * when there are more or longer ones than the limits: the account is then not recorded. */
bool recorder_mask_set(struct recorder *recorder, const char *account, const char *const *values,
                       size_t count);
/* `text` as it may be shown and logged: a marketplace may repeat a secret in what it says. Cut to
 * `room`, with its end; returns `out`. `recorder` may be NULL. */
const char *recorder_masked(const struct recorder *recorder, const char *account, const char *text,
                            char *out, size_t room);
/* The account is gone: entries and secrets. */
void recorder_forget(struct recorder *recorder, const char *account);

/* Called by the transport when an exchange has ended; `recorder` may be NULL. */
void recorder_add(struct recorder *recorder, const struct net_request *request,
                  const struct net_answer *answer);

struct recorder_entry {
    uint64_t id; /* rising; the same on a later look */
    int64_t sent_ms, received_ms;
    const char *method, *url;
    const char *request_headers; /* "Name: value\n" each */
    struct bytes request_body;   /* NUL-terminated past its size, cut at body_max */
    size_t request_size;         /* what it was */
    enum net_result result;
    int status;
    const char *error; /* "" when there is none */
    const char *answer_headers;
    struct bytes answer_body;
    size_t answer_size; /* of what was kept in memory: with parts, of the beginning */
};

/* Newest first, until `each` returns false. Nothing may be recorded meanwhile. */
void recorder_each(const struct recorder *recorder, const char *account,
                   bool (*each)(const struct recorder_entry *entry, void *ctx), void *ctx);

#endif
