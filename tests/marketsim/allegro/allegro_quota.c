/* Allegro's quotas: requests of a Client ID, which is shut for a minute when it goes over, and the
 * sellers' own, which count offers. Refused requests count on none; trying prolongs the shutting.
 */
#include "marketsim/allegro/allegro_state.h"

#include <stdio.h>
#include <stdlib.h>

#define MINUTE_MS 60000
#define HOUR_MS   3600000

int64_t allegro_scaled(const struct allegro *allegro, int64_t ms)
{
    return (int64_t)((double)ms / allegro->settings.scale);
}

void allegro_window_free(struct allegro_window *window)
{
    free(window->rows);
    *window = (struct allegro_window){0};
}

static void forget(struct allegro_window *window, int64_t until_ms)
{
    while (window->count && window->rows[window->first].at_ms <= until_ms) {
        window->sum -= window->rows[window->first].amount;
        window->first = (window->first + 1) % window->room;
        window->count--;
    }
}

static void grow(struct allegro_window *window)
{
    size_t room = window->room ? window->room * 2 : 64;
    struct allegro_taken *rows = market_alloc(room * sizeof(*rows));
    for (size_t i = 0; i < window->count; i++)
        rows[i] = window->rows[(window->first + i) % window->room];
    free(window->rows);
    window->rows = rows;
    window->room = room;
    window->first = 0;
}

static void take(struct allegro_window *window, int64_t now_ms, size_t amount)
{
    if (window->count == window->room) grow(window);
    window->rows[(window->first + window->count++) % window->room] =
        (struct allegro_taken){now_ms, amount};
    window->sum += amount;
}

/* Milliseconds until `amount` more fits, 0 for now. */
static int64_t wait(struct allegro_window *window, size_t limit, int64_t now_ms, int64_t span_ms,
                    size_t amount)
{
    forget(window, now_ms - span_ms);
    size_t sum = window->sum;
    for (size_t i = 0; i < window->count && sum + amount > limit; i++) {
        const struct allegro_taken *row = &window->rows[(window->first + i) % window->room];
        sum -= row->amount;
        if (sum + amount <= limit) return row->at_ms + span_ms - now_ms;
    }
    return sum + amount <= limit ? 0 : span_ms;
}

static void refuse(struct allegro_call *call, const char *code, int64_t wait_ms)
{
    allegro_error(call, 429, code, "Too many requests, please try again later.", NULL);
    if (!call->allegro->settings.retry_after) return;
    char text[24];
    double seconds = (double)wait_ms * call->allegro->settings.scale;
    snprintf(text, sizeof(text), "%lld", ((long long)seconds + 999) / 1000);
    market_answer_header(call->answer, "Retry-After", text);
}

bool allegro_quota_client(struct allegro_call *call)
{
    struct allegro_app *app = call->app;
    size_t limit = call->allegro->settings.client_per_minute;
    int64_t span = allegro_scaled(call->allegro, MINUTE_MS);
    if (call->now_ms < app->shut_until_ms) {
        allegro_violation(call, "rate_shut", "%s while the Client ID is shut for %lld ms more",
                          call->request->path, (long long)(app->shut_until_ms - call->now_ms));
        app->shut_until_ms = call->now_ms + span;
        refuse(call, "RateLimitExceedException", span);
        return false;
    }
    if (!limit) return true;
    if (wait(&app->minute, limit, call->now_ms, span, 1) > 0) {
        allegro_violation(call, "rate_client", "%s: more than %zu a minute", call->request->path,
                          limit);
        app->shut_until_ms = call->now_ms + span;
        refuse(call, "RateLimitExceedException", span);
        return false;
    }
    take(&app->minute, call->now_ms, 1);
    return true;
}

bool allegro_quota_take(struct allegro_call *call, struct allegro_window *window, size_t limit,
                        int64_t span_ms, size_t amount, const char *kind)
{
    if (!limit) return true;
    int64_t span = allegro_scaled(call->allegro, span_ms);
    int64_t wait_ms = wait(window, limit, call->now_ms, span, amount);
    if (wait_ms > 0) {
        allegro_violation(call, kind, "%s: %zu more than %zu allow, free again in %lld ms",
                          call->request->path, amount, limit, (long long)wait_ms);
        refuse(call, "TOO_MANY_REQUESTS", wait_ms);
        return false;
    }
    take(window, call->now_ms, amount);
    return true;
}

bool allegro_quota_command(struct allegro_call *call, enum allegro_command_kind kind, size_t amount)
{
    struct allegro_seller *seller = call->seller;
    const struct allegro_settings *s = &call->allegro->settings;
    struct allegro_window *minute = &seller->quantity_minute, *hour = &seller->quantity_hour;
    size_t per_hour = s->command_per_hour;
    if (kind == COMMAND_PUBLICATION) {
        minute = &seller->publication_minute;
        hour = &seller->publication_hour;
    }
    if (kind == COMMAND_BULK) {
        minute = &seller->bulk_minute;
        hour = &seller->bulk_hour;
        per_hour = s->bulk_per_hour;
    }
    /* one that the hour refuses must not have counted on the minute: the hour is asked first */
    int64_t span = allegro_scaled(call->allegro, MINUTE_MS);
    if (s->command_per_minute &&
        wait(minute, s->command_per_minute, call->now_ms, span, amount) > 0)
        return allegro_quota_take(call, minute, s->command_per_minute, MINUTE_MS, amount,
                                  "rate_command");
    return allegro_quota_take(call, hour, per_hour, HOUR_MS, amount, "rate_command") &&
           allegro_quota_take(call, minute, s->command_per_minute, MINUTE_MS, amount,
                              "rate_command");
}

bool allegro_quota_reports(struct allegro_call *call, size_t amount)
{
    return allegro_quota_take(call, &call->seller->reports,
                              call->allegro->settings.report_per_minute, MINUTE_MS, amount,
                              "rate_report");
}
