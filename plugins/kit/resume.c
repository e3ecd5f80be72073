/* One value of the account's state for each mode: "STARTED FROM KEPT PLACE", times in decimal
 * milliseconds. */
#include "kit/resume.h"

#include "kit/json.h"

#include <stdio.h>
#include <string.h>

static const char *name_of(const struct stockd_call *call)
{
    return call->start->orders_mode == STOCKD_ORDERS_SWEEP ? "orders-sweep-place"
                                                           : "orders-drain-place";
}

/* The number before the next blank; 0: none. */
static int64_t take_time(const char **text)
{
    const char *blank = strchr(*text, ' ');
    char digits[KIT_ID_TEXT] = "";
    if (!blank || (size_t)(blank - *text) >= sizeof(digits)) return 0;
    memcpy(digits, *text, (size_t)(blank - *text));
    *text = blank + 1;
    return kit_id_of(digits);
}

bool kit_resume(const struct stockd_call *call, struct kit_resume *at)
{
    size_t size;
    char memory[STOCKD_STATE_MAX + 1];
    const void *data = call->host->state_get(call->ctx, name_of(call), &size);
    if (!data || size >= sizeof(memory)) return false;
    memcpy(memory, data, size);
    memory[size] = '\0';
    const char *text = memory;
    at->started_ms = take_time(&text);
    at->from_ms = take_time(&text);
    int64_t kept_ms = take_time(&text);
    bool good = at->started_ms > 0 && at->from_ms > 0 && kept_ms >= at->started_ms &&
                kept_ms <= call->now_ms && call->now_ms - kept_ms <= KIT_RESUME_MS &&
                strlen(text) <= KIT_PLACE_MAX;
    if (good) strcpy(at->place, text);
    return good;
}

void kit_resume_put(const struct stockd_call *call, int64_t started_ms, int64_t from_ms,
                    const char *place)
{
    char text[STOCKD_STATE_MAX];
    if (started_ms <= 0 || from_ms <= 0 || strlen(place) > KIT_PLACE_MAX) return;
    int size = snprintf(text, sizeof(text), "%lld %lld %lld %s", (long long)started_ms,
                        (long long)from_ms, (long long)call->now_ms, place);
    call->host->state_put(call->ctx, name_of(call), text, (size_t)size);
}

void kit_resume_drop(const struct stockd_call *call)
{
    size_t size;
    if (call->host->state_get(call->ctx, name_of(call), &size))
        call->host->state_put(call->ctx, name_of(call), "", 0);
}

void kit_resume_refused(const struct stockd_call *call)
{
    const struct stockd_response *answer = call->response;
    if (!answer || answer->transport != STOCKD_ARRIVED) return;
    int status = answer->status;
    bool said = status >= 400 && status < 500 && status != 401 && status != 403 && status != 408 &&
                status != 425 && status != 429;
    if (said) kit_resume_drop(call);
}
