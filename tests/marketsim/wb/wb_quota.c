/* Wildberries' request quotas: a bucket per seller and group of methods, requests answered 4XX
 * counted many times, and /ping's window per host. */
#include "marketsim/wb/wb_state.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    const char *violation;
    double interval_ms;
    int64_t burst;
    bool penalty;
} groups[WB_GROUPS] = {
    [WB_STOCKS] = {"stocks", "rate_stocks", 200, 20, true},
    [WB_STOCKS_DELETE] = {"stocks_delete", "rate_stocks_delete", 6000, 2, false},
    [WB_WAREHOUSES] = {"warehouses", "rate_warehouses", 200, 20, true},
    [WB_ORDERS] = {"orders", "rate_orders", 200, 20, true},
    [WB_CONTENT] = {"content", "rate_content", 600, 5, false},
    [WB_REPORTS] = {"reports", "rate_reports", 20000, 1, false},
    [WB_REPORTS_SELLERS] = {"reports_sellers", "rate_reports_sellers", 20000, 1, false},
    [WB_SELLER_INFO] = {"seller_info", "rate_seller_info", 60000, 10, false},
    [WB_PING] = {"ping", "ping", 0, 0, false},
};

const char *wb_group_name(enum wb_group group)
{
    return groups[group].name;
}

void wb_quota_defaults(struct wb_settings *settings)
{
    for (int i = 0; i < WB_GROUPS; i++)
        settings->limits[i] = (struct market_bucket_limit){groups[i].interval_ms, groups[i].burst};
}

static struct market_bucket_limit scaled(const struct wb *wb, enum wb_group group)
{
    struct market_bucket_limit limit = wb->settings.limits[group];
    limit.interval_ms = wb->settings.quotas ? limit.interval_ms / wb->settings.scale : 0;
    return limit;
}

/* In the marketplace's seconds: at a scale of 10 a client waits a tenth of them. */
static void seconds_header(struct wb_call *call, const char *name, int64_t wait_ms)
{
    double wait = (double)wait_ms * call->wb->settings.scale;
    market_answer_header_int(call->answer, name, ((int64_t)wait + 999) / 1000);
}

static void refuse(struct wb_call *call, int64_t limit, int64_t wait_ms, int64_t reset_ms)
{
    wb_violation(call, groups[call->route->group].violation,
                 "%s %.60s: more than %lld, free again in %lld ms", call->request->method,
                 call->request->path, (long long)limit, (long long)wait_ms);
    wb_limited(call);
    if (call->wb->settings.retry_header) seconds_header(call, "X-Ratelimit-Retry", wait_ms);
    market_answer_header_int(call->answer, "X-Ratelimit-Limit", limit);
    seconds_header(call, "X-Ratelimit-Reset", reset_ms);
}

/* Each host has its own three; switching quotas off does not make /ping a health check. */
static bool take_ping(struct wb_call *call)
{
    struct market_window *window = &call->seller->pings[call->host];
    if (!window->limit) market_window_set(window, WB_PING_REQUESTS);
    int64_t span = (int64_t)(WB_PING_MS / call->wb->settings.scale);
    int64_t wait = market_window_wait(window, call->now_ms, span);
    if (wait > 0) {
        refuse(call, WB_PING_REQUESTS, wait, wait);
        return false;
    }
    market_window_take(window, call->now_ms);
    return true;
}

bool wb_quota_take(struct wb_call *call)
{
    enum wb_group group = call->route->group;
    if (group == WB_PING) return take_ping(call);
    struct market_bucket *bucket = &call->seller->buckets[group];
    struct market_bucket_limit limit = scaled(call->wb, group);
    int64_t wait = market_bucket_wait(bucket, &limit, call->now_ms);
    if (wait > 0) {
        refuse(call, limit.burst, wait, market_bucket_refill(bucket, call->now_ms));
        return false;
    }
    market_bucket_charge(bucket, &limit, call->now_ms, 1);
    call->charged = true;
    return true;
}

static bool penalized(const struct wb_call *call)
{
    const struct wb_settings *settings = &call->wb->settings;
    int status = call->answer->status;
    if (!groups[call->route->group].penalty) return false;
    if (status == 429) return settings->penalty_429 && settings->penalty_on == WB_PENALTY_4XX;
    switch (settings->penalty_on) {
    case WB_PENALTY_4XX: return status >= 400 && status < 500;
    case WB_PENALTY_409: return status == 409;
    case WB_PENALTY_NONE: break;
    }
    return false;
}

/* A request that access refused has not been charged yet: it counts as ten all the same. */
void wb_quota_settle(struct wb_call *call)
{
    if (!call->seller || !call->route || call->route->group == WB_PING) return;
    enum wb_group group = call->route->group;
    struct market_bucket *bucket = &call->seller->buckets[group];
    struct market_bucket_limit limit = scaled(call->wb, group);
    int status = call->answer->status;
    if (penalized(call))
        market_bucket_charge(bucket, &limit, call->now_ms,
                             call->wb->settings.penalty - (call->charged ? 1 : 0));
    if (status == 429 || limit.interval_ms <= 0) return;
    if (call->wb->settings.left_hidden && status >= 400) return;
    int64_t left = market_bucket_left(bucket, &limit, call->now_ms);
    market_answer_header_int(call->answer, "X-Ratelimit-Remaining", left > 0 ? left : 0);
    if (!call->wb->settings.limit_headers) return;
    market_answer_header_int(call->answer, "X-Ratelimit-Limit", limit.burst);
    seconds_header(call, "X-Ratelimit-Reset", market_bucket_refill(bucket, call->now_ms));
}
