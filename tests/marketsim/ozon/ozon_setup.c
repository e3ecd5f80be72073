/* How an Ozon state begins: told through its own control side, so that both say the same. */
#include "marketsim/ozon/ozon_control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes the body over. */
static bool control(void *state, int64_t now_ms, const char *path, json_t *body, char *error,
                    size_t size)
{
    struct market_answer answer = {0};
    char *text = json_dumps(body, JSON_COMPACT);
    struct market_request request = {
        .method = "POST", .path = path, .body = text, .body_len = text ? strlen(text) : 0};
    ozon_model.control(state, &request, now_ms, &answer);
    bool done = answer.status == 200;
    if (!done) snprintf(error, size, "%s", answer.body ? answer.body : path);
    market_answer_free(&answer);
    free(text);
    json_decref(body);
    return done;
}

static json_t *split(const char *list)
{
    json_t *ids = json_array();
    for (const char *at = list ? list : ""; *at;) {
        size_t len = strcspn(at, ",");
        json_array_append_new(ids, json_stringn(at, len));
        at += len;
        if (*at == ',') at++;
    }
    return ids;
}

bool ozon_setup(void *state, const struct market_setup *setup, int64_t now_ms, char *error,
                size_t size)
{
    json_t *settings = json_pack("{s:f}", "scale", setup->scale);
    if (setup->quotas_off)
        json_object_update_new(settings, json_pack("{s:i, s:i, s:i}", "per_second", 0,
                                                   "stock_per_minute", 0, "pair_ms", 0));
    if (!control(state, now_ms, "/_control/settings", settings, error, size)) return false;
    const char *client = setup->account ? setup->account : "1001";
    const char *key = setup->key ? setup->key : "test-key";
    if (!control(state, now_ms, "/_control/seller",
                 json_pack("{s:s, s:s}", "client_id", client, "api_key", key), error, size))
        return false;
    if (!setup->products && !setup->warehouses) return true;
    return control(state, now_ms, "/_control/products",
                   json_pack("{s:s, s:I, s:s, s:I, s:o}", "client_id", client, "count",
                             (json_int_t)setup->products, "prefix", setup->prefix, "stock",
                             (json_int_t)setup->stock, "warehouses", split(setup->warehouses)),
                   error, size);
}
