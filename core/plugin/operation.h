/* One operation of a plugin, driven step by step. No I/O, no clock of its own, no store: an event
 * goes in, a step comes out, and the caller (sync) commits what the step emitted, then sends its
 * request, waits, or ends.
 *
 *     operation = plugin_operation_new(instance, &setup, &error);
 *     step = plugin_operation_step(operation, &(struct plugin_input){.event = STOCKD_START, ...});
 *     ... commit the rows; step->verdict == STOCKD_SEND: send step->request ...
 *     step = plugin_operation_step(operation, &(struct plugin_input){.event = STOCKD_RESPONSE,
 * ...});
 *
 * OWNERSHIP. A step and all it points to (the request with its body among it) belong to the
 * operation and live until its next step or its end: nothing need be copied to send it. Memory is
 * reused from step to step.
 *
 * CONCURRENCY. plugin_operation_step on a worker thread, never two at once for one operation or one
 * account. The rest on any thread while no step runs.
 *
 * TRUST. All the plugin passes is checked and copied at once. A step that broke a rule comes back
 * as STOCKD_FAIL with STOCKD_FAIL_BUG and `bug` set, whatever the plugin returned: its request is
 * not sent; its rows and outcomes that were good are kept, for what they say happened; what would
 * move on past the mistake (state, completes, drained_until, epoch, notes) is dropped. */
#ifndef STOCKD_PLUGIN_OPERATION_H
#define STOCKD_PLUGIN_OPERATION_H

#include "base/bytes.h"
#include "base/error.h"
#include "plugin/instance.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stockd/plugin.h>

/* A value of the account's durable state; size 0 in a step's `states` means deleted. */
struct plugin_state {
    const char *name;
    struct bytes data;
};

/* What an operation begins with; all copied. Data of another data_version must have been left out
 * (of items too) by the caller. */
struct plugin_setup {
    const struct stockd_start *start;
    uint8_t id[16];
    const struct plugin_state *states;
    size_t state_count;
    const struct plugin_value
        *tokens; /* stored tokens by name: only their JWT claims are readable */
    size_t token_count;
};

struct plugin_operation;

/* Takes a reference to the instance. NULL (ST_UNSUPPORTED) when the plugin does not offer it,
 * (ST_BUG) when `start` contradicts the plugin's tables. */
struct plugin_operation *plugin_operation_new(struct plugin_instance *instance,
                                              const struct plugin_setup *setup,
                                              struct error *error);
void plugin_operation_free(struct plugin_operation *operation); /* NULL is fine */
struct plugin_instance *plugin_operation_instance(const struct plugin_operation *operation);
/* The operation's own copy, to find an item by the index that outcomes and notes carry. */
const struct stockd_start *plugin_operation_start(const struct plugin_operation *operation);

/* Default meaning of an answer, where the plugin leaves it to the core. */
enum plugin_meaning {
    PLUGIN_MEANS_RETRY = 1,  /* nothing was applied: later, with back-off */
    PLUGIN_MEANS_UNRESOLVED, /* a write's items without an outcome may have landed */
    PLUGIN_MEANS_AUTH,       /* 401: with an older token tried again, with the newest parks */
    PLUGIN_MEANS_DENIED,     /* 403: closes the operation, not the account */
    /* Another 4xx, or an answer too large to read: halve the batch. Where there are fewer than two
     * items, a write's lone one is rejected, and a reading fails with back-off and counts for the
     * breaker. */
    PLUGIN_MEANS_HALVE,
};
enum plugin_meaning plugin_default_meaning(bool write, enum stockd_transport transport, int status);
const char *plugin_meaning_name(enum plugin_meaning meaning); /* "retry" ... Static. */

struct plugin_input {
    enum stockd_event event;
    int64_t now_ms;                         /* wall clock */
    const struct stockd_response *response; /* STOCKD_RESPONSE only; `size` is filled in here */
    /* The response's header of that name (any case) or NULL; may be NULL itself. */
    const char *(*header)(void *ctx, const char *name);
    void *header_ctx;
};

struct plugin_outcome {
    uint32_t item;
    struct stockd_outcome outcome;
};

struct plugin_item_data {
    uint32_t item;
    struct bytes data; /* size 0 deletes */
};

struct plugin_complete {
    enum stockd_scope scope;
    const char *id; /* STOCKD_SCOPE_WAREHOUSE, else NULL */
};

struct plugin_malformed {
    const char *what, *where; /* `where` may be NULL */
};

struct plugin_ability {
    enum stockd_operation operation;
    bool granted;
    const char *text;
};

struct plugin_warning {
    const char *code, *text;
};

struct plugin_key_expiry {
    const char *secret;
    int64_t ms;
};

/* Array `nouns` with `noun_count` elements, in the order they were emitted. Structs of the ABI are
 * of this ABI's full size, their strings valid UTF-8 within the ABI's limits. */
struct plugin_step {
    enum stockd_verdict verdict;
    const char *bug; /* the rule that was broken, for the log and the run; or NULL */

    const struct stockd_request
        *request;                      /* STOCKD_SEND; full size, body_max and timeout as given */
    int64_t wait_ms;                   /* STOCKD_WAIT */
    enum stockd_fail fail;             /* STOCKD_FAIL */
    const char *fail_code, *fail_text; /* STOCKD_FAIL; either may be NULL */
    enum plugin_meaning meaning;       /* STOCKD_DEFAULT: what it comes to for the last request */
    bool response_was_write;           /* the answered request changed something */

    /* About items. At most one outcome for an item (the last); data and notes: the last counts. */
    const struct plugin_outcome *outcomes;
    const struct plugin_item_data *listing_data;
    const struct plugin_item_data *target_data;
    const struct plugin_item_data *notes; /* to be kept with the unresolved write */
    size_t outcome_count, listing_data_count, target_data_count, note_count;

    /* Rows. */
    const struct stockd_warehouse *warehouses;
    const struct stockd_listing *listings;
    const struct stockd_stock *stocks; /* quantity is STOCKD_UNKNOWN unless kind is NUMBER */
    const struct stockd_order_line *order_lines;
    const struct plugin_malformed *malformed;
    size_t warehouse_count, listing_count, stock_count, order_line_count, malformed_count;
    /* Scopes that were read to their end; and those that would have been, but for malformed rows
     * since the complete before. Nothing is concluded from absence in the latter. */
    const struct plugin_complete *completes;
    const struct plugin_complete *incompletes;
    size_t complete_count, incomplete_count;
    int64_t drained_until_ms; /* STOCKD_UNKNOWN: not said */
    const char *epoch;        /* NULL: not said */

    /* About the account. */
    const struct plugin_state *states;
    const struct stockd_quota_fact *quota_facts;
    const struct plugin_ability *abilities;
    const struct plugin_warning *warnings;
    const struct plugin_key_expiry *key_expiries;
    const struct stockd_token *tokens;
    const char *const *renewals; /* names of tokens whose refresh token is about to be used */
    size_t state_count, quota_fact_count, ability_count, warning_count, key_expiry_count,
        token_count, renewal_count;
    const char *identity;                  /* NULL: not said */
    const struct stockd_prompt *prompt;    /* NULL: none */
    int64_t progress_done, progress_total; /* done is -1 when not said; total 0: not known */
};

/* [worker] One step. Never NULL. After a step that ended the operation (DONE, FAIL) no other may
 * follow. */
const struct plugin_step *plugin_operation_step(struct plugin_operation *operation,
                                                const struct plugin_input *input);

#endif
