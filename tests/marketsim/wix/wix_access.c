/* Who may do what: keys and headers, the quota of a site, and the catalogue a path belongs to. */
#include "marketsim/wix/wix_state.h"

#include <stdio.h>
#include <string.h>

#define MINUTE_MS 60000
#define SECOND_MS 1000
/* Requests that were on their way when the caller learned of another catalogue are forgiven. */
#define TOLD_GRACE_MS 5000

void wix_key_set(struct wix_site *site, const char *key, unsigned abilities, bool active)
{
    size_t i = 0;
    while (i < site->key_count && strcmp(site->keys[i].text, key) != 0)
        i++;
    if (i == site->key_count) {
        site->keys = market_realloc(site->keys, (site->key_count + 1) * sizeof(*site->keys));
        site->keys[site->key_count++].text = market_strdup(key);
    }
    site->keys[i].abilities = abilities;
    site->keys[i].active = active;
}

static const struct wix_key *find_key(const struct wix_site *site, const char *text)
{
    for (size_t i = 0; i < site->key_count; i++)
        if (strcmp(site->keys[i].text, text) == 0) return &site->keys[i];
    return NULL;
}

static bool key_known(const struct wix *wix, const char *text)
{
    for (size_t i = 0; i < wix->site_count; i++)
        if (find_key(wix->sites[i], text)) return true;
    return false;
}

static bool deny(struct wix_call *call, int status, const char *code, const char *message)
{
    wix_violation(call, "access", "%s: %s", call->request->path, message);
    wix_error(call, status, code, message);
    return false;
}

bool wix_access_check(struct wix_call *call)
{
    const char *key = market_request_header(call->request, "Authorization");
    const char *site = market_request_header(call->request, "wix-site-id");
    if (!key || !key_known(call->wix, key))
        return deny(call, 401, "UNAUTHENTICATED",
                    key && strncmp(key, "Bearer ", 7) == 0 ? "An API key is sent without Bearer"
                                                           : "Unauthenticated");
    if (market_request_header(call->request, "wix-account-id"))
        return deny(call, 403, "PERMISSION_DENIED",
                    site ? "wix-site-id and wix-account-id exclude each other"
                         : "A site-level call needs wix-site-id");
    if (!site) return deny(call, 403, "PERMISSION_DENIED", "A site-level call needs wix-site-id");
    call->site = wix_site_find(call->wix, site);
    if (!call->site) return deny(call, 404, "META_SITE_NOT_FOUND", "Meta site not found");
    call->key = find_key(call->site, key);
    if (!call->key || !call->key->active)
        return deny(call, call->key ? 401 : 403,
                    call->key ? "UNAUTHENTICATED" : "PERMISSION_DENIED",
                    "The API key is not valid for this site");
    if ((call->key->abilities & call->route->ability) != call->route->ability) {
        /* what a key may do is the seller's choice, finding it out is no breach */
        wix_error(call, 403, "PERMISSION_DENIED", "Permission denied");
        return false;
    }
    return true;
}

bool wix_quota_take(struct wix_call *call)
{
    const struct wix_settings *settings = &call->wix->settings;
    struct wix_site *site = call->site;
    int64_t wait =
        market_window_wait(&site->minute, call->now_ms, wix_scaled(call->wix, MINUTE_MS));
    if (wait <= 0) {
        market_window_take(&site->minute, call->now_ms);
        return true;
    }
    wix_violation(call, "rate_minute", "%s: more than %zu, free again in %lld ms",
                  call->request->path, site->minute.limit, (long long)wait);
    if (settings->throttle_403) {
        call->answer->status = 403;
        return false;
    }
    wix_error(call, 429, "RESOURCE_EXHAUSTED", "Too many requests");
    if (settings->retry_after >= 0)
        market_answer_header_int(call->answer, "Retry-After", settings->retry_after);
    return false;
}

void wix_site_told(struct wix_call *call)
{
    if (call->site->told) return;
    call->site->told = true;
    call->site->told_ms = call->now_ms;
}

bool wix_world_check(struct wix_call *call)
{
    struct wix_site *site = call->site;
    enum wix_world world = call->route->world;
    if (world == WORLD_ANY) return true;
    if (site->catalog == (world == WORLD_V1 ? WIX_V1 : WIX_V3)) return true;
    if (site->catalog == WIX_V3 && call->route->old_reader && call->wix->settings.old_readers)
        return true;
    if (site->told && call->now_ms > site->told_ms + wix_scaled(call->wix, TOLD_GRACE_MS))
        wix_violation(call, "wrong_catalog", "%.10s %.100s", call->request->method,
                      call->request->path);
    wix_site_told(call);
    if (site->catalog == WIX_NO_STORES)
        wix_error(call, 428, "REQUIRED_APP_NOT_INSTALLED", "Wix Stores is not installed");
    else if (world == WORLD_V1)
        wix_error(call, 428, "CATALOG_V3_CALLING_CATALOG_V1_API",
                  "Endpoint belongs to CATALOG_V1, but your site is using CATALOG_V3");
    else
        wix_error(call, 428, "CATALOG_V1_CALLING_CATALOG_V3_API",
                  "Endpoint belongs to CATALOG_V3, but your site is using CATALOG_V1");
    return false;
}

void wix_version(struct wix_call *call)
{
    static const char *const names[] = {"V1_CATALOG", "V3_CATALOG", "STORES_NOT_INSTALLED"};
    wix_site_told(call);
    wix_answer(call, json_pack("{s:s}", "catalogVersion", names[call->site->catalog]));
}
