/* An operation from the inside, and what its files call of each other. For core/sync/operation*.c
 * only. */
#ifndef STOCKD_SYNC_OPERATION_PRIVATE_H
#define STOCKD_SYNC_OPERATION_PRIVATE_H

#include "sync/private.h"

enum phase { PHASE_STEP, PHASE_CLAIM, PHASE_COMMIT, PHASE_SEND, PHASE_WAIT, PHASE_TOKEN };

struct sync_operation {
    struct sync_account *account;
    struct sync_operation *next;      /* of the account's operations */
    struct sync_operation *step_next; /* of those waiting for a step */
    struct plugin_operation *plugin;
    enum stockd_operation kind;
    enum phase phase;
    bool cancelled, streaming;
    uint8_t id[OPERATION_ID_SIZE];
    struct engine_batch *batch;
    struct quota_claim *charged, claim;
    bool claimed, charge_used;
    bool unclaimed; /* what the step told is being stored; its request's charges are claimed then */
    enum quota_class class;
    struct sync_refusals *refusals;
    struct command_result result; /* of the last commit */
    void (*answered)(void *ctx);
    sync_ended_fn *ended;
    void *ctx;

    struct work_task work;
    struct engine_task task;
    struct timer timer;
    struct net_request request;
    struct net_header headers[STOCKD_HEADERS_MAX];
    int64_t sent_ms; /* when the last request left, by sync/time.h: the transport's is the wall's */
    struct buf url, body, payload;
    bool commit, logged;
    uint32_t orders_era; /* of a reading of orders */
    bool outdated;       /* ... which is over: this step was not stored */

    struct token_set *tokens;  /* those that the request under way leaves with */
    struct token_set *renewed; /* what the step made of them, being committed */
    uint64_t generation;       /* of the newest token in the request; only with_token */
    uint32_t repeats;          /* of the request, each with a newer token */
    bool with_token, refused;  /* refused: its last answer was a 401 */
    bool parts;                /* some of the answer was given to the plugin */
    bool store_again;          /* the timer is for a commit that failed */

    struct plugin_input input;
    struct stockd_response response;
    struct arena answer; /* what the answer held */
    struct net_header *answer_headers;
    size_t answer_header_count;

    struct sync_facts
        *facts;       /* as the commit under way left them, where it changed them; or NULL */
    int64_t facts_ms; /* the time they are read by; 0: they are not known yet */

    const struct plugin_step *step;
    struct sync_telling telling;
    struct sync_ending ending;
};

static inline struct runtime *operation_runtime(struct sync_operation *op)
{
    return op->account->sync->runtime;
}

/* operation.c */
void operation_step_later(struct sync_operation *op, enum stockd_event event);
/* The operation is gone afterwards; texts need live for the call only. */
void operation_end_with(struct sync_operation *op, enum stockd_fail fail, const char *code,
                        const char *text);
void operation_end_by_verdict(struct sync_operation *op);

/* operation_commit.c: claims what the step's request costs, commits what it told, goes on. */
void operation_commit(struct sync_operation *op);

/* The request of the step again: its charges are claimed anew, its rows are durable already. */
void operation_repeat(struct sync_operation *op);
void operation_store(struct sync_operation *op); /* the commit alone */

/* operation_send.c: the step's request leaves; its answer is the next event. */
void operation_send(struct sync_operation *op);
const char *operation_answer_header(void *ctx, const char *name);

#endif
