/* What the files of the resources share: how a handler reads, how it changes, how lists are paged,
 * how values become JSON. For core/api's own files only.
 *
 * READING. A handler makes a `struct api_read`, fills in what its query needs, and starts it: the
 * query runs on a worker inside a read transaction and builds `json`; back on the loop `finish` may
 * add what only the loop knows; then the exchange is answered. What `names` and `texts` point to
 * lives in the exchange, which lives until it is answered.
 *
 * CHANGING. A handler writes a payload into a `struct api_change` and submits it: one command
 * through the engine's door, and once it is durable `answer` answers. Nothing lies between the
 * request and the engine but the reading of its body.
 *
 * THREADS. The loop, but for queries (marked [worker]), which touch nothing but their own read. */
#ifndef STOCKD_API_PRIVATE_H
#define STOCKD_API_PRIVATE_H

#include "api/api.h"
#include "engine/keyed.h"
#include "http/server.h"
#include "query/query.h"

enum {
    API_NAMES_MAX = 3, /* parts of a path that are names */
    API_TEXTS_MAX = 8, /* parameters of a query */
    API_ACTOR_MAX = HTTP_ACTOR_MAX,
};

struct api_access;
struct follow;
struct verification;
struct hooks;
struct api_exposures;

struct api {
    uv_loop_t *loop;
    struct api_services services;
    char *store_path;          /* what services has of it; owned */
    struct http_route *routes; /* all groups in one table */
    const char **hosts;        /* names it answers to over TCP; owned */
    size_t host_count;
    struct http_server *server;
    struct follow *follows;
    struct verification *verification; /* the one going on, or NULL */
    struct api_access *access;         /* who is let in over TCP */
    struct hooks *hooks;               /* what shops may tell, or NULL */
    struct api_exposures *exposures;   /* as metrics showed them last, or NULL */
    uint32_t busy;                     /* tasks that belong to no exchange */
    bool resumed;                      /* push_resume */
    bool quiet, reloading, server_closed;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* ---- accounts as sync sees them, copied on the loop so that a query can use them */

struct api_account {
    uint32_t number, in_flight;
    enum sync_state state;
    enum sync_wait wait;
    int64_t since_ms, waiting_since_ms, waiting_until_ms, next_due_ms;
    char reason[SYNC_TEXT_MAX], waiting[SYNC_TEXT_MAX];
};
struct api_accounts {
    struct api_account *list;
    size_t count;
};
struct api_accounts api_accounts_take(struct api *api);
void api_accounts_free(struct api_accounts *accounts);
/* Tells the query which accounts are off. */
void api_accounts_tell(const struct api_accounts *accounts, struct query *query);
/* NULL: in no file of conf.d. [worker] */
const struct api_account *api_accounts_find(const struct api_accounts *accounts, uint32_t number);

/* ---- pages */

struct api_page {
    uint32_t limit;
    uint8_t from[QUERY_PLACE_MAX]; /* where the page begins; size 0: at the beginning */
    size_t from_size;
};
/* From ?limit= and ?cursor=. False: answered. */
bool api_page_take(struct http_exchange *exchange, struct api_page *page);
struct query_page api_query_page(const struct api_page *page); /* points into it */
/* {"items": items, "next": ...}; `next` with size 0: there is no more. Takes `items`. [worker] */
json_t *api_page_json(json_t *items, struct bytes next);
json_t *api_page_of(json_t *items, const struct query_page *page);

/* ---- reading */

struct api_read;
typedef enum status api_query_fn(struct api_read *read, struct query *query);

struct api_read {
    struct work_task task;
    struct api *api;
    struct http_exchange *exchange;
    api_query_fn *query;
    void (*finish)(struct api_read *read); /* [loop] or NULL */
    struct bytes names[API_NAMES_MAX];
    const char *texts[API_TEXTS_MAX];
    uint64_t number; /* of a product, a run ... */
    struct api_page page;
    struct api_accounts accounts; /* taken by api_read_new */
    json_t *json;
    int http_status; /* 200 unless set */
    enum status status;
    struct error error;
};
struct api_read *api_read_new(struct http_exchange *exchange, api_query_fn *query);
/* With names[i] = the i-th name of the path, texts[i] = the i-th of these query parameters. */
struct api_read *api_read_named(struct http_exchange *exchange, api_query_fn *query,
                                const char *const *parameters);
void api_read_start(struct api_read *read);
/* The whole of a handler for a list: takes the page too. */
void api_read_list(struct http_exchange *exchange, api_query_fn *query,
                   const char *const *parameters);

/* ---- changing */

struct api_change {
    struct engine_task task;
    struct api *api;
    struct http_exchange *exchange;
    enum command_kind kind;
    struct buf payload;
    struct command_result result;
    struct bytes names[API_NAMES_MAX]; /* of the path: the exchange is the loop's */
    struct keyed keyed;
    bool has_key; /* the request has an Idempotency-Key */
    /* [engine thread] Refuses (412) where a condition of the request does not hold; or NULL. */
    enum status (*check)(struct api_change *change, struct store_txn *txn, struct error *error);
    bool unmet;  /* ... it did */
    char *match; /* If-Match, or NULL */
    /* [engine thread] Before the command, in its transaction; or NULL. */
    void (*look)(struct api_change *change, struct store_txn *txn);
    bool existed; /* what `look` found */
    /* Durable: answers. `body` is dropped after it. */
    void (*answer)(struct api_change *change);
    json_t *body; /* of the request, or NULL */
    int64_t now_ms;
    char actor[API_ACTOR_MAX];
};
/* What an answer says, in the language of its request (api_say.c). Takes `body`. */
json_t *api_tell(const struct http_exchange *exchange, json_t *body);
/* Whether the store takes no change, or soon will not, and why. */
bool api_store_is_stuck(const struct api_services *services, const struct store_usage *usage,
                        char text[ERROR_TEXT_MAX]);
/* "import 12 (stock.csv) waits: ..." */
void api_stuck_import(uint64_t job, const char *name, const char *why, char text[ERROR_TEXT_MAX]);
/* The request's Idempotency-Key, for handlers that make no api_change; false: it has none. `body`:
 * the request's, or where it comes in parts its digest. */
bool api_key_take(struct http_exchange *exchange, struct bytes body, struct keyed *keyed);
/* Takes `body`. */
struct api_change *api_change_new(struct http_exchange *exchange, enum command_kind kind,
                                  json_t *body, void (*answer)(struct api_change *change));
void api_change_submit(struct api_change *change);
/* The request's If-Match against what is there now: `revision` 0: nothing is. For `check`. */
enum status api_change_match(struct api_change *change, uint64_t revision, const char *what,
                             struct error *error);
void api_answer_etag(struct http_exchange *exchange, uint64_t revision);
void api_actor(const struct http_exchange *exchange, char actor[API_ACTOR_MAX]);

/* 202: the guard held it; nothing was changed. */
void api_answer_held(struct http_exchange *exchange, uint64_t plan, const char *reason);

/* Calls `closed` when nothing is left; to be called whenever something ended. */
void api_maybe_closed(struct api *api);

static inline struct api *api_of(const struct http_exchange *exchange)
{
    return http_context(exchange);
}
int64_t api_now_ms(const struct api *api);
/* What the files declare is in force, who is let in is known, and it is not stopping. api_ready.c
 */
bool api_is_ready(const struct api *api);

/* Answers 403 when a file owns that thing; then true. Names are NUL-terminated; unused ones NULL.
 */
bool api_refused_owned(struct http_exchange *exchange, enum api_owned kind, const char *a,
                       const char *b, const char *c, const char *what);

/* ---- bodies */

enum api_type {
    API_TEXT,
    API_TEXT_OR_NULL,
    API_INTEGER,
    API_INTEGER_OR_NULL,
    API_TEXTS,
    API_SWITCH,
    API_OBJECT_OR_NULL,
    API_LIST /* of anything */
};
struct api_member {
    const char *name;
    enum api_type type;
    bool required;
};
/* The body as an object with these members and no others; NULL: answered. With `may_be_empty` no
 * body at all is an empty object. */
json_t *api_body(struct http_exchange *exchange, const struct api_member *members, size_t count,
                 bool may_be_empty);
/* Text of the member, size 0 and data NULL when it is absent or null. Lives as long as `body`. */
struct bytes api_body_text(const json_t *body, const char *name);

/* ---- values */

json_t *api_text(struct bytes bytes);         /* bytes that are no UTF-8 are shown as U+FFFD */
json_t *api_text_or_null(struct bytes bytes); /* null when empty */
json_t *api_cstr_or_null(const char *text);   /* null when NULL or empty */
json_t *api_time(int64_t wall_ms);            /* null when 0 or below */
json_t *api_figure(int64_t figure);           /* null when FIGURE_UNKNOWN */

/* What a query refuses when a row cannot be read. [worker] */
enum status api_damaged(struct query *query, const char *table);
enum status api_no_account(struct bytes name, struct error *error);
enum status api_no_warehouse(struct bytes key, struct error *error);

/* ---- what the groups offer each other */

void api_verification_stop(struct api *api);
void api_hooks_free(struct api *api);
/* Seals the member `value` of the body under NAME.OPTION, and answers. */
void api_seal_secret(struct http_exchange *exchange, const char *name, const char *option);
/* The tables of the groups; each ends with a method of NULL. */
/* clang-format off */
extern const struct http_route api_status_routes[];
extern const struct http_route api_stock_routes[];
extern const struct http_route api_product_routes[];
extern const struct http_route api_place_routes[];
extern const struct http_route api_account_routes[];
extern const struct http_route api_listing_routes[];
extern const struct http_route api_target_routes[];
extern const struct http_route api_push_routes[];
extern const struct http_route api_run_routes[];
extern const struct http_route api_plugin_routes[];
extern const struct http_route api_store_routes[];
extern const struct http_route api_backup_routes[];
extern const struct http_route api_import_routes[];
extern const struct http_route api_job_routes[];
extern const struct http_route api_login_routes[];
extern const struct http_route api_secret_routes[];
extern const struct http_route api_order_routes[];
extern const struct http_route api_reservation_routes[];
extern const struct http_route api_refresh_routes[];
extern const struct http_route api_catalogue_routes[];
extern const struct http_route api_history_routes[];
extern const struct http_route api_undo_routes[];
extern const struct http_route api_send_routes[];
extern const struct http_route api_probe_routes[];
extern const struct http_route api_plan_routes[];
extern const struct http_route api_drift_routes[];
extern const struct http_route api_verify_routes[];
extern const struct http_route api_refused_routes[];
extern const struct http_route api_rule_routes[];
extern const struct http_route api_rules_many_routes[];
extern const struct http_route api_explain_routes[];
extern const struct http_route api_stock_list_routes[];
extern const struct http_route api_rejected_routes[];
extern const struct http_route api_shop_routes[];
extern const struct http_route api_inbox_routes[];
extern const struct http_route api_rebuild_routes[];
extern const struct http_route api_mirror_routes[];
extern const struct http_route api_metrics_routes[];
extern const struct http_route api_ready_routes[];
extern const struct http_route api_schedule_routes[];
extern const struct http_route api_token_routes[];
extern const struct http_route api_document_routes[];
extern const struct http_route api_event_routes[];
extern const struct http_route api_alert_routes[];
extern const struct http_route api_report_routes[];
extern const struct http_route api_hook_routes[];
extern const struct http_route api_exposure_routes[];
/* clang-format on */

#endif
