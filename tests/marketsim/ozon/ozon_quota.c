/* Ozon's request quotas: sliding windows per seller, refused requests not counted. The cadence of a
 * (product, warehouse) pair is not here but with the stock write. */
#include "marketsim/ozon/ozon_state.h"

#include <stdio.h>

#define CODE_RATE 8
#define SECOND_MS 1000
#define MINUTE_MS 60000

int64_t ozon_scaled(const struct ozon *ozon, int64_t ms)
{
    return (int64_t)((double)ms / ozon->settings.scale);
}

void ozon_quota_reset(const struct ozon *ozon, struct ozon_seller *seller)
{
    market_window_set(&seller->second, ozon->settings.per_second);
    market_window_set(&seller->stock_minute, ozon->settings.stock_per_minute);
}

/* Both in the marketplace's seconds: at a scale of 10 a client waits a tenth of them. */
static void refuse(struct ozon_call *call, const char *kind, size_t limit, int64_t wait_ms)
{
    char text[24];
    double wait = (double)wait_ms * call->ozon->settings.scale;
    snprintf(text, sizeof(text), "%lld", ((long long)wait + SECOND_MS - 1) / SECOND_MS);
    ozon_violation(call, kind, "%s: more than %zu, free again in %lld ms", call->request->path,
                   limit, (long long)wait_ms);
    ozon_error(call, 429, CODE_RATE, "You have reached request rate limit per second");
    market_answer_header(call->answer, "Retry-After", text);
    market_answer_header(call->answer, "Ratelimit-Remaining", "0");
}

static void tell_remaining(struct ozon_call *call, bool stock_write, int64_t second, int64_t minute)
{
    const struct ozon_seller *seller = call->seller;
    if (!seller->second.limit && !(stock_write && seller->stock_minute.limit)) return;
    size_t left = SIZE_MAX;
    if (seller->second.limit) left = market_window_left(&seller->second, call->now_ms, second);
    if (stock_write && seller->stock_minute.limit) {
        size_t of_minute = market_window_left(&seller->stock_minute, call->now_ms, minute);
        if (of_minute < left) left = of_minute;
    }
    char text[24];
    snprintf(text, sizeof(text), "%zu", left);
    market_answer_header(call->answer, "Ratelimit-Remaining", text);
}

bool ozon_quota_take(struct ozon_call *call, const struct ozon_route *route)
{
    struct ozon_seller *seller = call->seller;
    int64_t second = ozon_scaled(call->ozon, SECOND_MS);
    int64_t minute = ozon_scaled(call->ozon, MINUTE_MS);
    int64_t wait = market_window_wait(&seller->second, call->now_ms, second);
    if (wait > 0) {
        refuse(call, "rate_second", seller->second.limit, wait);
        return false;
    }
    if (route->stock_write) {
        wait = market_window_wait(&seller->stock_minute, call->now_ms, minute);
        if (wait > 0) {
            refuse(call, "rate_stock", seller->stock_minute.limit, wait);
            return false;
        }
        market_window_take(&seller->stock_minute, call->now_ms);
    }
    market_window_take(&seller->second, call->now_ms);
    tell_remaining(call, route->stock_write, second, minute);
    return true;
}
