/* The HTTP API: resources of docs/api.md on top of http/server.h. Handlers read the store on
 * workers, with a read transaction of their own, and change it by commands through the engine task
 * door; what only the daemon can do comes in as services.
 *
 * THREADS. Everything on the loop thread. */
#ifndef STOCKD_API_API_H
#define STOCKD_API_API_H

#include "base/runtime.h"
#include "engine/engine.h"
#include "store/store.h"
#include "sync/sync.h"

#include <jansson.h>
#include <uv.h>

struct api;
struct backups;
struct http_route;
struct imports;
struct inboxes;
struct mirrors;
struct notify;
struct reports;

/* What a file of conf.d owns: changed there and not by command. */
enum api_owned { API_OWNED_WAREHOUSE, API_OWNED_LINK, API_OWNED_ACCOUNT };

/* An account that somebody wants to add. */
struct api_draft {
    struct plugin_instance *instance;
    char *path, *text; /* the file it would stand in */
    bool login;        /* its plugin needs a person's consent before it can ask for anything */
};

/* What the daemon measures of itself, for metrics: since its start. */
enum { API_TURN_BOUNDS_MAX = 16 };
struct api_measures {
    int64_t turn_bounds_us[API_TURN_BOUNDS_MAX]; /* of the loop's turns */
    uint64_t turns_within[API_TURN_BOUNDS_MAX];  /* turns that took at most so long */
    unsigned turn_bounds;
    uint64_t turns;
    int64_t turn_sum_us, turn_max_us, turn_processor_max_us, turn_own_max_us;
    uint64_t turns_processor_late, turns_own_late;
    uint64_t arrived, not_sent, lost,
        too_large;        /* requests to marketplaces, by what came of them */
    uint64_t connections; /* opened */
};

struct api_services {
    struct runtime *runtime;
    struct engine *engine; /* inside engine tasks only */
    struct store *store;
    struct sync *sync;
    struct imports *imports;
    struct inboxes *inboxes; /* or NULL */
    struct mirrors *mirrors; /* may be NULL */
    struct backups *backups;
    struct notify *notify;   /* may be NULL */
    struct reports *reports; /* may be NULL */
    const char *store_path;  /* copied */
    const char *instance;
    const char *tcp;          /* the address to listen on besides the socket, or NULL; copied */
    const char *const *hosts; /* names it answers to there; copied */
    size_t host_count;
    int64_t started_ms;

    void *ctx; /* of the functions below */
    /* Reads conf.d again; `done` gets an array of sentences (a new reference), or the error. */
    void (*reload)(void *ctx,
                   void (*done)(void *arg, enum status status, const struct error *error,
                                json_t *changes),
                   void *arg);
    /* A new key for all that is sealed; the answer (a new reference) is as docs/api.md says. May be
     * NULL, like the next one. */
    void (*rekey)(void *ctx,
                  void (*done)(void *arg, enum status status, const struct error *error,
                               json_t *answer),
                  void *arg);
    /* Seals a secret option of an account. `value` is copied. */
    void (*seal_secret)(void *ctx, const char *account, const char *option, const char *value,
                        void (*done)(void *arg, enum status status, const struct error *error,
                                     json_t *answer),
                        void *arg);
    /* Checks the body of POST /v1/accounts/probe as a file would be; writes nothing. The draft
     * lives for the call of `done`. May be NULL, like the next one. */
    void (*draft)(void *ctx, json_t *body,
                  void (*done)(void *arg, enum status status, const struct error *error,
                               const struct api_draft *draft),
                  void *arg);
    /* Where the account stands, as docs/api.md says; NULL when no file names it. New reference. */
    json_t *(*account_file)(void *ctx, const char *name);
    /* Every plugin found, as docs/api.md says; `id` for one with its tables, or NULL for all. New
     * reference; NULL when there is none of that id. */
    json_t *(*plugins)(void *ctx, const char *id);
    enum status (*plugin_release)(void *ctx, const char *id, struct error *error);
    /* "conf.d/50-ozon.yaml:12" when a file owns it, else NULL. For a link: warehouse, account,
     * remote. */
    const char *(*owner)(void *ctx, enum api_owned kind, const char *a, const char *b,
                         const char *c);
    /* Members for GET /v1/status that the daemon knows: loop lag, memory, network counters. New
     * reference. */
    json_t *(*vitals)(void *ctx);
    /* May be NULL. */
    void (*measure)(void *ctx, struct api_measures *measures);
    /* Whether what the files declare is in force; NULL: it is. */
    bool (*ready)(void *ctx);
    /* Accounts that are enabled but not in service, since their plugin cannot be used. May be NULL.
     */
    void (*left_out)(void *ctx, void (*each)(void *arg, uint32_t account, const char *why),
                     void *arg);
};

enum status api_open(uv_loop_t *loop, const char *socket_path, const struct api_services *services,
                     struct api **api, struct error *error);
/* The address of TCP with its port, or NULL. */
const char *api_tcp(const struct api *api);
/* Every route there is, for documents and tests; the caller's to mem_free. */
struct http_route *api_routes(size_t *count);
/* Something about that account changed (sync_options.changed): wakes who follows it. */
void api_changed(struct api *api, uint32_t account);
/* Takes nothing new; streams that follow are ended with what is known; then close. */
void api_quiet(struct api *api);
void api_close(struct api *api, void (*closed)(void *ctx), void *ctx);

#endif
