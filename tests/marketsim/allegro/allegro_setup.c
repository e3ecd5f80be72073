/* How an Allegro state begins. */
#include "marketsim/allegro/allegro_control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first seller moves over to the application that is asked for. */
static void set_account(struct allegro *allegro, const char *client, const char *secret)
{
    struct allegro_app *app = &allegro->apps[0];
    free(app->client_id);
    free(app->secret);
    app->client_id = market_strdup(client);
    app->secret = market_strdup(secret);
}

bool allegro_setup(void *state, const struct market_setup *setup, int64_t now_ms, char *error,
                   size_t size)
{
    struct allegro *allegro = state;
    struct allegro_settings *s = &allegro->settings;
    (void)now_ms;
    s->scale = setup->scale > 0 ? setup->scale : 1;
    if (setup->quotas_off)
        s->client_per_minute = s->get_per_minute = s->patch_per_minute = s->command_per_minute =
            s->command_per_hour = s->bulk_per_hour = s->report_per_minute = 0;
    if (setup->warehouses && strcmp(setup->warehouses, ALLEGRO_WAREHOUSE) != 0) {
        snprintf(error, size, "Allegro knows no warehouses: leave them out, or say %s",
                 ALLEGRO_WAREHOUSE);
        return false;
    }
    set_account(allegro, setup->account ? setup->account : ALLEGRO_DEFAULT_CLIENT,
                setup->key ? setup->key : ALLEGRO_DEFAULT_SECRET);
    if (setup->products)
        allegro_offers_fill(allegro, allegro->sellers[0], setup->prefix ? setup->prefix : "SKU-", 1,
                            setup->products, setup->stock, 0);
    return true;
}
