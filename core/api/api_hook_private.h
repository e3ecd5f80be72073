/* What the files of hooks share. For api_hook*.c only. */
#ifndef STOCKD_API_HOOK_PRIVATE_H
#define STOCKD_API_HOOK_PRIVATE_H

#include "api/api_hook.h"
#include "api/api_private.h"
#include "engine/hook.h"

enum {
    HOOK_BODY_MAX = 1 << 20,           /* of any hook: conf.d names less */
    HOOK_BODY_UNKNOWN_MAX = 256 << 10, /* where there is no such hook: the default of conf.d */
    HOOK_BURST_S = 10,                 /* so many seconds' deliveries at once, after a pause */
    HOOK_MARGIN_MS = 60 * 1000, /* a delivery is known for its window on both sides, and so long */
    HOOK_ID_MAX = 200,          /* bytes of a delivery's id */
    HOOK_SAID_MAX = 200,
    HOOK_SIGNATURES_MAX = 4, /* in one header: while a secret is changed there are two */
};

/* One hook in force, and what happened since the daemon began. */
struct hook_slot {
    struct api_hook settings; /* owned */
    uint8_t *key;
    size_t key_size;
    uint32_t users; /* the list, and deliveries under way */
    int64_t due_us; /* when its next delivery would be due, were they evenly spread */
    uint64_t taken, repeated, held, refused, unsigned_;
    int64_t refused_ms; /* the last one */
    char said[HOOK_SAID_MAX];
};

struct hooks {
    struct hook_slot **list;
    size_t count;
};

struct hook_slot *hook_slot_find(struct api *api, struct bytes name); /* NULL: none */
void hook_slot_leave(struct hook_slot *slot);

/* ---- api_hook_take.c */

void hook_post(struct http_exchange *exchange);
/* http_route.early: a body is not read when it could not be taken. */
bool hook_early(struct http_exchange *exchange);

/* ---- api_hook_check.c: is it signed, and of now [worker] */

enum hook_verdict {
    HOOK_SIGNED = 0,
    HOOK_UNSIGNED, /* no such hook, no signature, a wrong one */
    HOOK_STALE,    /* signed, but of another time */
    HOOK_BAD,      /* signed, but not understood */
};

/* One delivery as it came. Texts live in the exchange. */
struct hook_request {
    const struct hook_slot *slot; /* NULL: there is none of that name */
    const char *signature, *timestamp, *id;
    struct bytes body;
    int64_t now_ms;
    /* Found: */
    int64_t time_ms;          /* when it was signed; 0: the body will say */
    char said[HOOK_SAID_MAX]; /* why not */
};
enum hook_verdict hook_check(struct hook_request *request);
/* The time is near enough. */
bool hook_is_fresh(struct hook_request *request, int64_t time_ms);
/* Seconds, milliseconds, or RFC 3339; -1: none. */
int64_t hook_time(const char *text);
/* The signature that the request would have to have. */
void hook_sign(const struct hook_slot *slot, const char *timestamp, const char *id,
               struct bytes body, uint8_t out[]);

/* ---- api_hook_read.c: what it says [worker] */

struct hook_reading {
    struct hook_request request;
    json_t *json;       /* the body */
    struct buf payload; /* of the command */
    enum command_kind kind;
    bool test;                /* nothing is to be done */
    char id[HOOK_ID_MAX + 1]; /* as it is shown; "" when none was given */
};
enum hook_verdict hook_read_body(struct hook_reading *reading);
/* The SKU of a row, and of an order its id; lives as long as `json`. */
void hook_row_names(const struct hook_reading *reading, const struct hook_refused *refused,
                    const char **sku, const char **order);

#endif
