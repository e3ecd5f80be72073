/* Hooks: what a shop of one's own tells by signed requests (POST /v1/hooks/{name}). Settings come
 * from conf.d; what follows from a delivery is engine/hook.h.
 *
 * WHO. No token: the signature says who asks. Nothing is told of a hook, not even that there is
 * one, before a signature is right; wrong ones are counted by address, like wrong tokens. A
 * signature is compared in constant time, on a worker, since hashing a whole body takes longer than
 * the loop may.
 *
 * THREADS. The loop; what is marked [worker] touches its own delivery alone. */
#ifndef STOCKD_API_HOOK_H
#define STOCKD_API_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api;

enum api_hook_signs { API_HOOK_TIME, API_HOOK_ID_TIME, API_HOOK_BODY };

struct api_hook {
    const char *name;
    bool orders; /* else stock */
    bool adjust, available, base64;
    enum api_hook_signs signs;
    const char *secret, *warehouse, *signature_header, *timestamp_header, *delivery_header;
    int64_t window_ms, keep_ms, rate; /* rate: a second */
    size_t body_max;
};

/* Those that are in force from now on; copied. What is under way ends by the old settings. */
void api_hooks_put(struct api *api, const struct api_hook *hooks, size_t count);

#endif
