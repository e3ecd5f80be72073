/* Times as decimal milliseconds in the account's state. */
#include "kit/state.h"

#include "kit/json.h"

#include <string.h>

int64_t kit_state_time(const struct stockd_call *call, const char *name)
{
    size_t size;
    char digits[KIT_ID_TEXT] = "";
    const void *data = call->host->state_get(call->ctx, name, &size);
    if (!data || size >= sizeof(digits)) return 0;
    memcpy(digits, data, size);
    return kit_id_of(digits);
}

int64_t kit_state_past(const struct stockd_call *call, const char *name)
{
    int64_t time = kit_state_time(call, name);
    return time <= call->now_ms ? time : call->now_ms;
}

void kit_state_time_put(const struct stockd_call *call, const char *name, int64_t ms)
{
    char digits[KIT_ID_TEXT];
    size_t size = kit_digits(ms, digits);
    call->host->state_put(call->ctx, name, digits, size);
}

enum stockd_verdict kit_drain_end(const struct stockd_call *call, const char *name,
                                  int64_t started_ms, bool lost, bool gap)
{
    if (lost) {
        call->host->log(call->ctx, 1, "orders were not read to their end; the cursor stays");
        return STOCKD_DONE;
    }
    if (gap) return STOCKD_DONE;
    kit_state_time_put(call, name, started_ms);
    call->host->drained_until(call->ctx, started_ms);
    return STOCKD_DONE;
}
