/* What the plugin's failures forbid: after a refused key nothing until somebody resumes the
 * account, after a missing ability nothing of its kind for as long as core/sync/account.c says, and
 * nothing again and again without a pause. By what the steps said, not by what sync makes of it. */
#include "counts.h"
#include "shop.h"

#include <string.h>

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE,
    SHUT_MS = 10 * MINUTE,
    ON_ITS_WAY_MS = 60 * SECOND, /* steps and requests that were begun before */
    PACE_MOST = 900, /* operations a minute: the quotas allow 600 readings and 300 writes */
};

static enum stockd_operation operation_of(const char *path)
{
    return strncmp(path, "/push", 5) == 0 || strstr(path, SCRIPTED_OF_PUSH) ? STOCKD_PUSH_STOCK
           : strcmp(path, "/warehouses") == 0                               ? STOCKD_LIST_WAREHOUSES
           : strcmp(path, "/listings") == 0                                 ? STOCKD_FETCH_LISTINGS
           : strcmp(path, "/confirm") == 0                                  ? STOCKD_CONFIRM_STOCK
                                                                            : STOCKD_FETCH_STOCK;
}

static bool within(int64_t since_ms, int64_t now_ms, int64_t length_ms)
{
    return since_ms && now_ms > since_ms + ON_ITS_WAY_MS && now_ms < since_ms + length_ms;
}

void shop_closed_check(struct shop *s, const char *path)
{
    int64_t now = loop_true_ms(&s->loop);
    enum stockd_operation kind = operation_of(path);
    const int64_t *of = counts.failed_ms[kind];
    for (int i = 0; i < STOCKD_OPERATION_COUNT; i++)
        if (within(counts.failed_ms[i][STOCKD_FAIL_AUTH], now, INT64_MAX / 2))
            shop_failed(s, "%s is asked although the key was refused", path);
    const char *why = NULL;
    if (within(of[STOCKD_FAIL_DENIED], now, SHUT_MS)) why = "denied";
    if (within(of[STOCKD_FAIL_BLOCKED], now, SHUT_MS)) why = "blocked";
    if (within(of[STOCKD_FAIL_UNSUPPORTED], now, 6 * HOUR)) why = "unsupported";
    if (why)
        shop_failed(s, "%s is asked at %lld s although it was %s", path,
                    (long long)(s->loop.now_us / 1000000), why);
}

void shop_asked(enum sync_task task)
{
    static const enum stockd_operation of[SYNC_TASKS][2] = {
        [SYNC_WAREHOUSES] = {STOCKD_LIST_WAREHOUSES, STOCKD_LIST_WAREHOUSES},
        [SYNC_STOCK] = {STOCKD_FETCH_STOCK, STOCKD_FETCH_LISTINGS}}; /* which may carry it */
    for (int i = 0; i < 2; i++) {
        int64_t *failed_ms = counts.failed_ms[of[task][i]];
        failed_ms[STOCKD_FAIL_DENIED] = failed_ms[STOCKD_FAIL_BLOCKED] = 0;
        failed_ms[STOCKD_FAIL_UNSUPPORTED] = 0;
    }
    counts.failed_ms[STOCKD_PUSH_STOCK][STOCKD_FAIL_BLOCKED] = 0;
}

void shop_resumed(void)
{
    for (int i = 0; i < STOCKD_OPERATION_COUNT; i++)
        counts.failed_ms[i][STOCKD_FAIL_AUTH] = 0;
}

bool shop_is_closed(struct shop *s)
{
    int64_t now = loop_true_ms(&s->loop);
    for (int i = 0; i < STOCKD_OPERATION_COUNT; i++) {
        const int64_t *of = counts.failed_ms[i];
        if (of[STOCKD_FAIL_UNSUPPORTED] && now < of[STOCKD_FAIL_UNSUPPORTED] + 6 * HOUR + MINUTE)
            return true;
        if (of[STOCKD_FAIL_DENIED] && now < of[STOCKD_FAIL_DENIED] + SHUT_MS + MINUTE) return true;
    }
    return false;
}

void shop_pace_check(struct shop *s)
{
    if (s->loop.now_us - s->begun_us < MINUTE * INT64_C(1000)) return;
    int64_t minutes = (s->loop.now_us - s->begun_us) / (MINUTE * INT64_C(1000)) + 1;
    if (counts.begun - s->begun > (uint64_t)(PACE_MOST * minutes))
        shop_failed(s, "%llu operations within %lld minutes",
                    (unsigned long long)(counts.begun - s->begun), (long long)minutes);
    s->begun = counts.begun;
    s->begun_us = s->loop.now_us;
}
