/* How a Wildberries state begins: told through its own control side, so that both say the same. */
#include "marketsim/wb/wb_control.h"

#include <string.h>

bool wb_setup(void *state, const struct market_setup *setup, int64_t now_ms, char *error,
              size_t size)
{
    const char *client = setup->account ? setup->account : "1001";
    if (!market_control_post(
            &wb_model, state, now_ms, "/_control/settings",
            json_pack("{s:f, s:b}", "scale", setup->scale, "quotas", !setup->quotas_off), error,
            size))
        return false;
    json_t *seller = json_pack("{s:s}", "client_id", client);
    if (setup->key) json_object_set_new(seller, "api_key", json_string(setup->key));
    if (!market_control_post(&wb_model, state, now_ms, "/_control/seller", seller, error, size))
        return false;
    if (!setup->products && !setup->warehouses) return true;
    return market_control_post(&wb_model, state, now_ms, "/_control/products",
                               json_pack("{s:s, s:I, s:s, s:I, s:o}", "client_id", client, "count",
                                         (json_int_t)setup->products, "prefix", setup->prefix,
                                         "stock", (json_int_t)setup->stock, "warehouses",
                                         market_control_split(setup->warehouses)),
                               error, size);
}
