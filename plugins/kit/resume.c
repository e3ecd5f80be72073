/* One value of the account's state for each list, and for each mode of reading orders:
 * "READING STARTED FROM KEPT PLACE", of a list "READING TOLD KEPT PLACE"; times in decimal
 * milliseconds. READING is start->reading_ms. */
#include "kit/resume.h"

#include "kit/json.h"

#include <stdio.h>
#include <string.h>

static const char *name_of(const struct stockd_call *call)
{
    switch (call->start->operation) {
    case STOCKD_FETCH_LISTINGS: return "listings-place";
    case STOCKD_FETCH_STOCK: return "stock-place";
    default:
        return call->start->orders_mode == STOCKD_ORDERS_SWEEP ? "orders-sweep-place"
                                                               : "orders-drain-place";
    }
}

/* The number before the next blank; 0: none. */
static int64_t take_number(const char **text)
{
    const char *blank = strchr(*text, ' ');
    char digits[KIT_ID_TEXT] = "";
    if (!blank || (size_t)(blank - *text) >= sizeof(digits)) return 0;
    memcpy(digits, *text, (size_t)(blank - *text));
    *text = blank + 1;
    return kit_id_of(digits);
}

struct kept {
    int64_t numbers[2]; /* what they are is the caller's */
    char memory[STOCKD_STATE_MAX + 1];
    const char *place; /* in `memory` */
};

/* False: nothing, or nothing that is of use any more. */
static bool read_kept(const struct stockd_call *call, uint32_t numbers, struct kept *kept)
{
    size_t size;
    const void *data = call->host->state_get(call->ctx, name_of(call), &size);
    if (!data || size >= sizeof(kept->memory)) return false;
    memcpy(kept->memory, data, size);
    kept->memory[size] = '\0';
    kept->place = kept->memory;
    int64_t reading = take_number(&kept->place);
    for (uint32_t i = 0; i < numbers; i++)
        kept->numbers[i] = take_number(&kept->place);
    int64_t kept_ms = take_number(&kept->place);
    return reading == call->start->reading_ms && kept_ms > 0 && kept_ms <= call->now_ms &&
           call->now_ms - kept_ms <= KIT_RESUME_MS && strlen(kept->place) <= KIT_PLACE_MAX;
}

static void write_kept(const struct stockd_call *call, const int64_t *numbers, uint32_t count,
                       const char *place)
{
    char text[STOCKD_STATE_MAX];
    if (strlen(place) > KIT_PLACE_MAX) return;
    int size = snprintf(text, sizeof(text), "%lld ", (long long)call->start->reading_ms);
    for (uint32_t i = 0; i < count; i++)
        size += snprintf(text + size, sizeof(text) - (size_t)size, "%lld ", (long long)numbers[i]);
    size += snprintf(text + size, sizeof(text) - (size_t)size, "%lld %s", (long long)call->now_ms,
                     place);
    call->host->state_put(call->ctx, name_of(call), text, (size_t)size);
}

bool kit_resume(const struct stockd_call *call, struct kit_resume *at)
{
    struct kept kept;
    if (!read_kept(call, 2, &kept) || kept.numbers[0] <= 0 || kept.numbers[1] <= 0) return false;
    if (kept.numbers[0] > call->now_ms) return false;
    at->started_ms = kept.numbers[0];
    at->from_ms = kept.numbers[1];
    strcpy(at->place, kept.place);
    return true;
}

void kit_resume_put(const struct stockd_call *call, int64_t started_ms, int64_t from_ms,
                    const char *place)
{
    const int64_t numbers[] = {started_ms, from_ms};
    if (started_ms > 0 && from_ms > 0) write_kept(call, numbers, 2, place);
}

/* ---- lists */

bool kit_list_resume(const struct stockd_call *call, struct kit_list *at)
{
    struct kept kept;
    if (!call->start->reading_ms || !read_kept(call, 1, &kept)) return false;
    at->told = kept.numbers[0];
    strcpy(at->place, kept.place);
    call->host->progress(call->ctx, at->told, 0);
    return true;
}

void kit_list_put(const struct stockd_call *call, int64_t told, const char *place)
{
    if (call->start->reading_ms > 0) write_kept(call, &told, 1, place);
}

/* ---- */

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
