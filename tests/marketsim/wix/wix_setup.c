/* How a Wix state begins: told through its own control side, so that both say the same. */
#include "marketsim/wix/wix_control.h"

static bool post(void *state, int64_t now_ms, const char *path, json_t *body, char *error,
                 size_t size)
{
    return market_control_post(&wix_model, state, now_ms, path, body, error, size);
}

bool wix_setup(void *state, const struct market_setup *setup, int64_t now_ms, char *error,
               size_t size)
{
    const char *site = setup->account ? setup->account : WIX_DEFAULT_SITE;
    const char *key = setup->key ? setup->key : WIX_DEFAULT_KEY;
    const char *places = setup->warehouses ? setup->warehouses : WIX_DEFAULT_LOCATION;
    json_t *settings = json_pack("{s:f}", "scale", setup->scale);
    if (setup->quotas_off) json_object_set_new(settings, "per_minute", json_integer(0));
    if (!post(state, now_ms, "/_control/settings", settings, error, size)) return false;
    if (!post(state, now_ms, "/_control/seller",
              json_pack("{s:s, s:s}", "client_id", site, "api_key", key), error, size))
        return false;
    return post(state, now_ms, "/_control/products",
                json_pack("{s:s, s:I, s:s, s:I, s:o}", "client_id", site, "count",
                          (json_int_t)setup->products, "prefix",
                          setup->prefix ? setup->prefix : "SKU-", "stock", (json_int_t)setup->stock,
                          "warehouses", market_control_split(places)),
                error, size);
}
