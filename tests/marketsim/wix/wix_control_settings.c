/* Control endpoints for settings, sites, keys and the catalogue's version. */
#include "marketsim/wix/wix_control.h"

#include <stdio.h>
#include <string.h>

static const char *const deducts[] = {"placed", "paid"};
static const char *const catalogs[] = {"V1_CATALOG", "V3_CATALOG", "STORES_NOT_INSTALLED"};
static const char *const abilities[] = {"catalog",         "products",  "hidden", "inventory-read",
                                        "inventory-write", "locations", "orders"};

static int index_of(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0) return (int)i;
    return -1;
}

void wix_control_settings_get(struct market_control *control)
{
    const struct wix_settings *s = &wix_of(control)->settings;
    market_control_json(
        control,
        json_pack("{s:f, s:I, s:I, s:b, s:I, s:I, s:s, s:b, s:b, s:b, s:f, s:b, s:s}", "scale",
                  s->scale, "per_minute", (json_int_t)s->per_minute, "retry_after",
                  (json_int_t)s->retry_after, "throttle_403", s->throttle_403, "clock_offset_ms",
                  (json_int_t)s->clock_offset_ms, "read_lag_ms", (json_int_t)s->read_lag_ms,
                  "deduct", deducts[s->deduct], "cancel_restores", s->cancel_restores,
                  "old_readers", s->old_readers, "numeric_revision", s->numeric_revision,
                  "short_results", s->short_results, "patch_drops_preorder",
                  s->patch_drops_preorder, "stale_code", s->stale_code));
}

void wix_control_settings_set(struct market_control *control)
{
    struct wix_settings s = wix_of(control)->settings;
    json_int_t minute = (json_int_t)s.per_minute, retry = s.retry_after;
    json_int_t offset = s.clock_offset_ms, lag = s.read_lag_ms;
    int throttle = s.throttle_403, restores = s.cancel_restores, old = s.old_readers;
    int numeric = s.numeric_revision, drops = s.patch_drops_preorder;
    const char *deduct = deducts[s.deduct], *stale = NULL;
    if (!market_control_unpack(
            control, "{s?F, s?I, s?I, s?b, s?I, s?I, s?s, s?b, s?b, s?b, s?F, s?b, s?s}", "scale",
            &s.scale, "per_minute", &minute, "retry_after", &retry, "throttle_403", &throttle,
            "clock_offset_ms", &offset, "read_lag_ms", &lag, "deduct", &deduct, "cancel_restores",
            &restores, "old_readers", &old, "numeric_revision", &numeric, "short_results",
            &s.short_results, "patch_drops_preorder", &drops, "stale_code", &stale))
        return;
    int when = index_of(deducts, 2, deduct);
    if (s.scale <= 0 || minute < 0 || minute > 1000000 || when < 0) {
        market_control_error(control,
                             "scale above 0, per_minute 0..1000000, deduct placed or paid");
        return;
    }
    s.per_minute = (size_t)minute;
    s.retry_after = retry;
    s.throttle_403 = throttle;
    s.clock_offset_ms = offset;
    s.read_lag_ms = lag;
    s.deduct = (enum wix_deduct)when;
    s.cancel_restores = restores;
    s.old_readers = old;
    s.numeric_revision = numeric;
    s.patch_drops_preorder = drops;
    if (stale) snprintf(s.stale_code, sizeof(s.stale_code), "%s", stale);
    wix_settings_set(wix_of(control), &s);
    market_control_ok(control);
}

/* A new site begins with the catalogue of the first one unless told otherwise. */
void wix_control_seller(struct market_control *control)
{
    const char *id, *key = NULL, *catalog = NULL;
    if (!market_control_unpack(control, "{s:s, s?s, s?s}", "client_id", &id, "api_key", &key,
                               "catalog", &catalog))
        return;
    struct wix *wix = wix_of(control);
    int version = catalog ? index_of(catalogs, 3, catalog) : (int)wix->sites[0]->catalog;
    if (version < 0) {
        market_control_error(control, "catalog: V1_CATALOG, V3_CATALOG or STORES_NOT_INSTALLED");
        return;
    }
    struct wix_site *site = wix_site_find(wix, id);
    bool made = site == NULL;
    if (made) site = wix_site_add(wix, id, (enum wix_catalog)version);
    if (made || key) wix_key_set(site, key ? key : WIX_DEFAULT_KEY, WIX_MAY_ALL, true);
    if (!made && catalog) wix_catalog_set(wix, site, (enum wix_catalog)version, control->now_ms);
    market_control_ok(control);
}

void wix_control_catalog(struct market_control *control)
{
    const char *catalog;
    if (!market_control_unpack(control, "{s:s}", "catalog", &catalog)) return;
    int version = index_of(catalogs, 3, catalog);
    if (version < 0) {
        market_control_error(control, "catalog: V1_CATALOG, V3_CATALOG or STORES_NOT_INSTALLED");
        return;
    }
    wix_catalog_set(wix_of(control), site_of(control), (enum wix_catalog)version, control->now_ms);
    market_control_ok(control);
}

void wix_control_key(struct market_control *control)
{
    const char *key = WIX_DEFAULT_KEY, *state = "active";
    json_t *list = NULL;
    unsigned may = WIX_MAY_ALL;
    if (!market_control_unpack(control, "{s?s, s?s, s?o}", "api_key", &key, "state", &state,
                               "permissions", &list))
        return;
    if (list) may = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        int ability =
            name ? index_of(abilities, sizeof(abilities) / sizeof(abilities[0]), name) : -1;
        if (ability < 0) {
            market_control_error(control, "permissions: catalog, products, hidden, inventory-read, "
                                          "inventory-write, locations, orders");
            return;
        }
        may |= 1u << ability;
    }
    wix_key_set(site_of(control), key, may, strcmp(state, "deactivated") != 0);
    market_control_ok(control);
}
