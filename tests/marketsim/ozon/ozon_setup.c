/* How an Ozon state begins: told through its own control side, so that both say the same. */
#include "marketsim/ozon/ozon_control.h"

bool ozon_setup(void *state, const struct market_setup *setup, int64_t now_ms, char *error,
                size_t size)
{
    json_t *settings = json_pack("{s:f}", "scale", setup->scale);
    if (setup->quotas_off)
        json_object_update_new(settings, json_pack("{s:i, s:i, s:i}", "per_second", 0,
                                                   "stock_per_minute", 0, "pair_ms", 0));
    if (!market_control_post(&ozon_model, state, now_ms, "/_control/settings", settings, error,
                             size))
        return false;
    const char *client = setup->account ? setup->account : "1001";
    const char *key = setup->key ? setup->key : "test-key";
    if (!market_control_post(&ozon_model, state, now_ms, "/_control/seller",
                             json_pack("{s:s, s:s}", "client_id", client, "api_key", key), error,
                             size))
        return false;
    if (!setup->products && !setup->warehouses) return true;
    return market_control_post(&ozon_model, state, now_ms, "/_control/products",
                               json_pack("{s:s, s:I, s:s, s:I, s:o}", "client_id", client, "count",
                                         (json_int_t)setup->products, "prefix", setup->prefix,
                                         "stock", (json_int_t)setup->stock, "warehouses",
                                         market_control_split(setup->warehouses)),
                               error, size);
}
