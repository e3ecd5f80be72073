/* Two times in the account's state: the newest change, and when the last whole drain began. Both
 * are there only where whole drains take many pages. */
#include "kit/brief.h"

#include "kit/state.h"

#define NEWEST "orders-newest"
#define WHOLE  "orders-whole"

int64_t kit_brief_from(const struct stockd_call *call, int64_t cursor_ms, int64_t from_ms,
                       struct kit_brief *at)
{
    int64_t newest = kit_state_time(call, NEWEST);
    *at = (struct kit_brief){.whole_ms = kit_state_time(call, WHOLE)};
    int64_t since = call->now_ms - at->whole_ms;
    if (!newest || !at->whole_ms || since < 0 || since >= KIT_BRIEF_WHOLE_MS) return from_ms;
    int64_t brief = (newest < cursor_ms ? newest : cursor_ms) - KIT_BRIEF_BACK_MS;
    if (brief <= from_ms) return from_ms;
    at->brief = true;
    at->newest_ms = newest;
    return brief;
}

static void drop(const struct stockd_call *call, const char *name)
{
    size_t size;
    if (call->host->state_get(call->ctx, name, &size))
        call->host->state_put(call->ctx, name, "", 0);
}

void kit_brief_end(const struct stockd_call *call, int64_t started_ms, uint32_t pages,
                   const struct kit_brief *at)
{
    bool many = at->brief || pages >= KIT_BRIEF_PAGES;
    if (!many || at->newest_ms <= 0) {
        drop(call, NEWEST);
        drop(call, WHOLE);
        return;
    }
    kit_state_time_put(call, NEWEST, at->newest_ms);
    if (!at->brief) kit_state_time_put(call, WHOLE, started_ms);
}
