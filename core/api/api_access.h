/* Who may ask over TCP: tokens, held in memory as they are in the store, and how often each may
 * ask. For core/api's own files only. Loop thread.
 *
 * A change of tokens is in force before it is answered. Where they cannot be read nobody is let in.
 */
#ifndef STOCKD_API_ACCESS_H
#define STOCKD_API_ACCESS_H

#include "api/api_private.h"
#include "base/secret.h"
#include "engine/api_token.h"

enum {
    /* One program's share: far above what a shop's script needs, far below what keeps the daemon
     * from its work (it answers some 30,000 a second). */
    API_TOKEN_PER_S = 100,
    API_TOKEN_BURST = 400, /* at once, after a pause */
    /* Requests without a valid token, by address: enough for a person who mends a script. It costs
     * nothing to those with a token, who may come from the same address (a proxy's). */
    API_REFUSED_PER_S = 1,
    API_REFUSED_BURST = 20,
    API_REFUSED_ADDRESSES = 256, /* remembered; the one that was quiet for longest is forgotten */
    API_SECRET_PREFIX = 7,       /* "stockd_": so that scanners of code know it when they see it */
    API_SECRET_TEXT = API_SECRET_PREFIX + SECRET_TEXT,
};

/* http_config.admit */
enum http_scope api_access_admit(struct http_exchange *exchange);
/* One more at `now`, of `per_s` and `burst` at once: 0, or after how many microseconds. */
int64_t api_access_turn(int64_t *due_us, int64_t now_us, int64_t per_s, int64_t burst);
/* 429: too many `who`. */
void api_access_wait(struct http_exchange *exchange, int64_t wait_us, const char *who);
/* 401, or 429 after too many from that address. */
void api_access_refuse(struct http_exchange *exchange, const char *authenticate, const char *why);
/* Reads them from the store; then `done` (or NULL). */
void api_access_load(struct api *api, void (*done)(void *arg), void *arg);
/* False: over TCP nobody is let in yet, for they have not been read. */
bool api_access_ready(const struct api *api);
void api_access_free(struct api *api);
/* When that token was last seen by this process; 0: not yet. */
int64_t api_access_used_ms(const struct api *api, struct bytes name);

#endif
