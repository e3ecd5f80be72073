/* stockd/check_host.h - a plugin host for tests: bytes in, rows out, no daemon.
 *
 * A test makes a host for a plugin, gives it options, starts one operation, answers the requests it
 * makes, and looks at what was emitted:
 *
 *     struct check *host = check_new(&stockd_plugin);
 *     check_option(host, "client-id", "42");
 *     struct stockd_start start = {.size = sizeof(start), .operation = STOCKD_LIST_WAREHOUSES};
 *     check_start(host, &start);                      // STOCKD_SEND: see check_request(host)
 *     check_reply(host, 200, "{\"warehouses\":[]}");  // STOCKD_DONE: see host->warehouses
 *     check_free(host);
 *
 * Everything emitted is copied and stays readable until check_free or check_forget. What a real
 * host would refuse (too long, not UTF-8, an index out of range, a verdict without what it needs)
 * is refused here too, and each refusal leaves a sentence in `problems`: a test should end with
 * `host->problems.count == 0`.
 *
 * One thread. One operation at a time. `start` and what it points to belong to the caller and must
 * live until the operation ends. Memory that runs out ends the process. */
#ifndef STOCKD_CHECK_HOST_H
#define STOCKD_CHECK_HOST_H

#include <stockd/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CHECK_LIST(type)    \
    struct {                \
        type *at;           \
        size_t count, room; \
    }

struct check_pair {
    const char *name, *value;
};

struct check_bytes {
    const char *name; /* of a state value; NULL for data of items */
    uint32_t item;    /* of listing_data, target_data and notes */
    const void *data;
    size_t size;
};

struct check_complete {
    enum stockd_scope scope;
    const char *id;
};

struct check_outcome {
    int given; /* how many times */
    struct stockd_outcome last;
};

struct check_ability {
    enum stockd_operation operation;
    int granted;
    const char *text;
};

struct check_expiry {
    const char *secret;
    int64_t ms;
};

struct check_failure {
    enum stockd_fail why; /* 0: the operation has not failed */
    const char *code, *text;
};

/* Read it, do not write it (but for `now_ms`, the time the next step sees). */
struct check {
    const struct stockd_plugin *plugin;
    int64_t now_ms;

    enum stockd_verdict verdict; /* of the last step; 0 before the first */
    uint32_t steps;              /* of this operation */
    int64_t step_us;             /* processor time of the last step */
    int64_t slowest_us;          /* the slowest step of this host */
    size_t scratch_size;         /* the most the operation asked for */
    int64_t wait_ms;             /* of the last STOCKD_WAIT */
    int64_t drained_ms;          /* 0: not said */
    const char *epoch, *seller;
    struct check_failure failure;

    CHECK_LIST(const char *) problems;          /* rules of the ABI that were broken */
    CHECK_LIST(struct stockd_request) requests; /* all of the operation, the newest last */
    CHECK_LIST(struct stockd_warehouse) warehouses;
    CHECK_LIST(struct stockd_listing) listings;
    CHECK_LIST(struct stockd_stock) stocks;
    CHECK_LIST(struct stockd_order_line) lines;
    CHECK_LIST(struct check_pair) malformed; /* name: what, value: where */
    CHECK_LIST(struct check_complete) completes;
    CHECK_LIST(struct check_complete) incompletes; /* completed after a malformed row: with holes */
    CHECK_LIST(struct check_outcome) outcomes;     /* one for each item of the operation */
    CHECK_LIST(struct stockd_quota_fact) quotas;
    CHECK_LIST(struct check_ability) abilities;
    CHECK_LIST(struct check_pair) warnings; /* name: code, value: text */
    CHECK_LIST(struct check_expiry) expiries;
    CHECK_LIST(struct check_bytes)
    states; /* the account's state as it is now; kept by check_start */
    CHECK_LIST(struct check_bytes) listing_data;
    CHECK_LIST(struct check_bytes) target_data;
    CHECK_LIST(struct check_bytes) notes;
    CHECK_LIST(struct stockd_token) tokens;
    CHECK_LIST(const char *) renewing;
    CHECK_LIST(struct stockd_prompt) prompts;
    CHECK_LIST(struct check_pair) logs; /* name: level as a digit, value: text */

    struct check_inner *inner;
};

struct check_answer {
    enum stockd_transport transport; /* 0: STOCKD_ARRIVED */
    int status;
    const char *body; /* NULL: empty */
    size_t body_size; /* 0 with a body: strlen(body) */
    const struct check_pair *headers;
    size_t header_count;
    int more_parts; /* 1: this is a part, and not the last; the next check_answer gives the next */
};

struct check *check_new(const struct stockd_plugin *plugin);
void check_free(struct check *check);

/* The text of an option, or the unsigned claims of a JWT kept as a secret. */
void check_option(struct check *check, const char *name, const char *value);
void check_jwt_claims(struct check *check, const char *secret, const char *json);
/* Sets durable state as an earlier operation would have left it. */
void check_state(struct check *check, const char *name, const void *data, size_t size);
/* The state now, or NULL. */
const struct check_bytes *check_state_of(const struct check *check, const char *name);

/* Begins an operation: forgets what was emitted, keeps options and state, runs the first step.
 * Returns its verdict, or 0 when the plugin does not offer the operation or the verdict was none.
 */
enum stockd_verdict check_start(struct check *check, const struct stockd_start *start);
/* The next step. Answering when nothing was asked is a problem of the test, and is noted as one. */
enum stockd_verdict check_answer(struct check *check, const struct check_answer *answer);
enum stockd_verdict check_reply(struct check *check, int status, const char *body);
enum stockd_verdict check_timer(struct check *check);

/* Forgets the rows emitted so far; the operation goes on. */
void check_forget(struct check *check);

/* The newest request, or NULL; and one of its headers (the value before any secret), or NULL. */
const struct stockd_request *check_request(const struct check *check);
const char *check_request_header(const struct check *check, const char *name);
/* Its body as text; never NULL. */
const char *check_request_body(const struct check *check);

/* 1 when the bytes are UTF-8 without NUL, surrogates or overlong forms. */
int check_is_utf8(const char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
