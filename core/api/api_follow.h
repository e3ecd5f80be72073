/* Following what goes on: something is looked at again and again, on a worker, and what is new is
 * told as lines of a stream. For core/api's own files only.
 *
 * A look is bounded by its kind and never runs twice at the same time. It is taken when api_changed
 * says that something happened, at most every FOLLOW_LEAST_MS; when the look before said that there
 * is more; and, while somebody listens, every FOLLOW_IDLE_MS. A client that reads slowly makes the
 * looks wait.
 *
 * Without an exchange nobody listens: the follow only takes note of the end.
 *
 * THREADS. The loop; `look` on a worker. A follow frees itself after follow_end, or when its client
 * has gone away. */
#ifndef STOCKD_API_FOLLOW_H
#define STOCKD_API_FOLLOW_H

#include "api/api_private.h"

enum { FOLLOW_LEAST_MS = 200, FOLLOW_IDLE_MS = 1000 };

struct follow_kind {
    /* [worker] NULL: nothing to look at in the store. */
    enum status (*look)(struct follow *follow, struct query *query);
    /* After each look: writes lines, and calls follow_end when it is over. True: look again at
     * once, there is more. */
    bool (*tell)(struct follow *follow);
    void (*free)(void *state);
    bool server_sent; /* text/event-stream: "event" names the event, "sequence" is its id */
};

struct follow {
    struct follow *next;
    struct api *api;
    struct http_exchange *exchange; /* NULL: nobody listens */
    const struct follow_kind *kind;
    void *state;                  /* the kind's */
    struct api_accounts accounts; /* as of this look */
    uint32_t account;             /* wakes it; 0: any */
    struct timer timer;
    struct work_task task;
    int64_t looked_us;
    bool working, again, full, ended;
    enum status status;
    struct error error;
};

/* Takes `state`. Begins the stream of `exchange` (or NULL) and looks. */
struct follow *follow_start(struct api *api, struct http_exchange *exchange,
                            const struct follow_kind *kind, void *state, uint32_t account);
void follow_line(struct follow *follow, json_t *line); /* takes it */
/* Something to keep the connection alive, which clients pass over. */
void follow_heartbeat(struct follow *follow);
/* The last line, and the end. */
void follow_end(struct follow *follow, json_t *line);
void follow_failed(struct follow *follow, enum status status, const char *detail);

void follows_changed(struct api *api, uint32_t account);
/* Ends all of them, those that are being looked at when that is over. */
void follows_quiet(struct api *api);

#endif
