/* From the configuration's hooks to the API's. */
#include "api/api_hook.h"
#include "base/mem.h"
#include "daemon/daemon.h"

static struct api_hook hook_of(const struct config_hook *h)
{
    return (struct api_hook){.name = h->name,
                             .orders = h->orders,
                             .adjust = h->adjust,
                             .available = h->available,
                             .base64 = h->base64,
                             .signs = (enum api_hook_signs)h->signs,
                             .secret = h->secret,
                             .warehouse = h->warehouse,
                             .signature_header = h->signature_header,
                             .timestamp_header = h->timestamp_header,
                             .delivery_header = h->delivery_header,
                             .window_ms = h->window_ms,
                             .keep_ms = h->keep_ms,
                             .rate = h->rate,
                             .body_max = (size_t)h->body_max};
}

void daemon_hooks_put(struct daemon *d, const struct config *config)
{
    _Static_assert((int)CONFIG_SIGNS_BODY == (int)API_HOOK_BODY, "the same words in both");
    struct api_hook *hooks = mem_array(config->hook_count, sizeof *hooks);
    size_t count = 0;
    for (size_t i = 0; i < config->hook_count; i++)
        if (config->hooks[i].enabled) hooks[count++] = hook_of(&config->hooks[i]);
    if (!d->stopping) api_hooks_put(d->api, hooks, count);
    mem_free(hooks);
}
