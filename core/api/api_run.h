/* Runs as people see them, and the looking at a push. For core/api's own files only. */
#ifndef STOCKD_API_RUN_H
#define STOCKD_API_RUN_H

#include "api/api_follow.h"
#include "engine/run.h"

/* A run's row as JSON; `number` is its number. [worker] */
json_t *run_json(uint64_t number, const struct run_view *run);
/* ST_NOT_FOUND with a sentence. [worker] */
enum status run_find(struct query *query, uint64_t number, struct run_view *run);
/* The answer is the stream of that run, to its end. */
void run_follow(struct http_exchange *exchange, uint64_t number);
/* A push, a resync, a retry: it sends figures. */
bool run_is_push(const struct run_view *run);
/* Which of the seller's warehouses feed what it is about, and what it sent, batch by batch.
 * [worker]
 */
enum status run_add_places(struct query *query, const struct run_view *run, json_t *json);
enum status run_add_batches(struct query *query, uint64_t number, json_t *json);
/* "r41" -> 41; 0: it is none. */
uint64_t run_number(const char *id);
/* "ozon-main:check": what an account is doing; false: it is none. */
bool run_is_duty(const char *id, char account[201], enum sync_task *task);

/* ---- what an account is doing (api_duty.c) */

json_t *duty_json(const struct sync_account_view *view, enum sync_task task);
/* The account in the path of a request that asks for one of its tasks: with an empty body, and
 * `?follow=true` or not. False: answered. */
bool duty_asked(struct http_exchange *exchange, struct sync_account_view *view);
/* Tells until that task has ended: once more than at `before`, or the one that is going on. */
struct duty_before {
    uint64_t run;
    uint32_t failures;
};
struct duty_before duty_before(const struct sync_account_view *view, enum sync_task task);
void duty_follow(struct http_exchange *exchange, const char *account, enum sync_task task,
                 const struct duty_before *before);
/* It was asked for, of that account of the path: told to its end with `?follow=true`, else 202 and
 * where to follow it. */
void duty_begun(struct http_exchange *exchange, enum sync_task task,
                const struct duty_before *before);

/* ---- logins (api_login.c) */

json_t *prompt_json(const struct sync_prompt *prompt); /* null when there is none */
/* For where one line is all there is. */
void prompt_sentence(const struct sync_prompt *prompt, char *out, size_t room);

/* ---- first loads (api_load.c) */

void load_follow(struct api *api, struct http_exchange *exchange, uint64_t number,
                 struct bytes account);
/* {"run", "state", "stage" ...} of the account's first load; null when there is none. */
json_t *load_json(const struct sync_load_view *load);

/* ---- imports (api_jobs.c) */

void job_follow(struct api *api, struct http_exchange *exchange, uint64_t number);

/* ---- pushes (api_push_look.c) */

enum push_result {
    PUSH_WAITS = 0, /* the only one that is not final */
    PUSH_SENT,      /* acknowledged after the push began */
    PUSH_UNCHANGED, /* nothing had to be sent */
    PUSH_REJECTED,
    PUSH_HELD,
    PUSH_UNRESOLVED, /* nobody knows, for long */
    PUSH_FAILED,     /* tried again and again, and still will be */
    PUSH_DRY_RUN,
    PUSH_OFF,
    PUSH_RESULTS,
};

struct push_look {
    uint64_t number;
    int64_t started_ms;
    uint32_t account, warehouse;
    uint64_t product;
    bool listing; /* somebody wants to hear of each target */
    bool touched; /* a retry: only what was sent, or waits, since it began */

    bool scanned;           /* all targets were seen once */
    struct query_page page; /* where the first sight goes on */
    uint8_t place[QUERY_PLACE_MAX];
    struct target_id *waiting; /* seen, and not final yet */
    uint32_t waiting_count, waiting_room;
    uint32_t blocked; /* of them, of accounts that a person must let go on */
    int64_t counts[PUSH_RESULTS];
    json_t *lines;               /* what is new since the look before */
    char why[SYNC_TEXT_MAX * 2]; /* what it waits for, or "" */
};
void push_look_init(struct push_look *look, uint64_t number, const struct run_view *run);
void push_look_free(struct push_look *look);
/* [worker] One bounded look. */
enum status push_look(struct push_look *look, struct query *query,
                      const struct api_accounts *accounts, int64_t now_ms);
bool push_look_more(const struct push_look *look); /* look again at once */
/* Nothing changes any more, unless somebody lets an account go on. */
bool push_look_over(const struct push_look *look);
/* {"sent": ..} and the run's state and sentence, put into a run's JSON. */
void push_look_json(const struct push_look *look, json_t *run);

/* Once, when accounts are there: those that were not over when the daemon ended. */
void push_resume(struct api *api);
struct follow *push_follow(struct api *api, struct http_exchange *exchange, uint64_t number,
                           const struct run_view *run);

#endif
