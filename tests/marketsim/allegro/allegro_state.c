/* Life of a state: applications, sellers, settings. Offers are in allegro_offers.c, tokens in
 * allegro_token.c, orders in allegro_orders.c. */
#include "marketsim/allegro/allegro_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct allegro_settings first_settings = {
    .scale = 1,
    .client_per_minute = ALLEGRO_CLIENT_PER_MINUTE,
    .get_per_minute = ALLEGRO_GET_PER_MINUTE,
    .patch_per_minute = ALLEGRO_PATCH_PER_MINUTE,
    .command_per_minute = ALLEGRO_COMMAND_PER_MINUTE,
    .command_per_hour = ALLEGRO_COMMAND_PER_HOUR,
    .bulk_per_hour = ALLEGRO_BULK_PER_HOUR,
    .report_per_minute = ALLEGRO_REPORT_PER_MINUTE,
    .user_agent = true,
    .accept = true,
    .access_ms = ALLEGRO_ACCESS_MS,
    .refresh_ms = ALLEGRO_REFRESH_MS,
    .grace_ms = ALLEGRO_GRACE_MS,
    .echo_refresh = true,
    .device_ms = 600000, /* not published; a third party's manual says ten minutes */
    .device_interval = 5,
    .patch_retry_s = 5,
    .location_port = true,
    .register_ms = 100,
    .command_ms = 500,
    .in_progress_limit = true,
};

struct allegro *allegro_create(uint64_t seed)
{
    struct allegro *allegro = market_alloc(sizeof(*allegro));
    allegro->random = seed;
    allegro->settings = first_settings;
    allegro->writes = market_alloc(ALLEGRO_WRITES * sizeof(*allegro->writes));
    market_trace_init(&allegro->trace);
    allegro_app_set(allegro, ALLEGRO_DEFAULT_CLIENT, ALLEGRO_DEFAULT_SECRET);
    allegro_seller_add(allegro, ALLEGRO_DEFAULT_CLIENT, ALLEGRO_DEFAULT_SELLER);
    return allegro;
}

static void seller_free(struct allegro_seller *seller)
{
    struct allegro_window *windows[] = {&seller->gets,
                                        &seller->patches,
                                        &seller->quantity_minute,
                                        &seller->quantity_hour,
                                        &seller->publication_minute,
                                        &seller->publication_hour,
                                        &seller->bulk_minute,
                                        &seller->bulk_hour,
                                        &seller->reports,
                                        &seller->tokens};
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++)
        allegro_window_free(windows[i]);
    allegro_offers_free(seller);
    allegro_operations_free(seller);
    allegro_commands_free(seller);
    allegro_orders_free(seller);
    free(seller);
}

static void tokens_free(struct allegro *allegro)
{
    for (size_t i = 0; i < allegro->pair_count; i++) {
        free(allegro->pairs[i]->access);
        free(allegro->pairs[i]->refresh);
        free(allegro->pairs[i]);
    }
    for (size_t i = 0; i < allegro->device_count; i++)
        free(allegro->devices[i].code);
    free(allegro->pairs);
    free(allegro->devices);
    market_map_free(&allegro->by_access);
    market_map_free(&allegro->by_refresh);
}

void allegro_destroy(struct allegro *allegro)
{
    for (size_t i = 0; i < allegro->seller_count; i++)
        seller_free(allegro->sellers[i]);
    for (size_t i = 0; i < allegro->app_count; i++) {
        allegro_window_free(&allegro->apps[i].minute);
        free(allegro->apps[i].client_id);
        free(allegro->apps[i].secret);
        free(allegro->apps[i].name);
    }
    tokens_free(allegro);
    free(allegro->apps);
    free(allegro->sellers);
    free(allegro->due);
    free(allegro->writes);
    market_trace_free(&allegro->trace);
    market_fault_clear(&allegro->faults);
    free(allegro);
}

struct allegro_settings allegro_settings_get(const struct allegro *allegro)
{
    return allegro->settings;
}

void allegro_settings_set(struct allegro *allegro, const struct allegro_settings *settings)
{
    allegro->settings = *settings;
    if (allegro->settings.scale <= 0) allegro->settings.scale = 1;
    allegro_forget(allegro);
}

void allegro_forget(struct allegro *allegro)
{
    for (size_t i = 0; i < allegro->seller_count; i++)
        allegro_orders_forget(allegro->sellers[i]);
}

struct market_faults *allegro_faults(struct allegro *allegro)
{
    return &allegro->faults;
}

struct market_trace *allegro_trace(struct allegro *allegro)
{
    return &allegro->trace;
}

static struct allegro_app *find_app(struct allegro *allegro, const char *client_id)
{
    for (size_t i = 0; i < allegro->app_count; i++)
        if (strcmp(allegro->apps[i].client_id, client_id) == 0) return &allegro->apps[i];
    return NULL;
}

void allegro_app_set(struct allegro *allegro, const char *client_id, const char *secret)
{
    struct allegro_app *app = find_app(allegro, client_id);
    if (app) {
        free(app->secret);
        app->secret = market_strdup(secret);
        return;
    }
    allegro->apps =
        market_realloc(allegro->apps, (allegro->app_count + 1) * sizeof(*allegro->apps));
    allegro->apps[allegro->app_count++] =
        (struct allegro_app){.client_id = market_strdup(client_id),
                             .secret = market_strdup(secret),
                             .name = market_strdup(""),
                             .shut_until_ms = ALLEGRO_NEVER_MS};
}

void allegro_app_name(struct allegro *allegro, const char *client_id, const char *name)
{
    struct allegro_app *app = find_app(allegro, client_id);
    if (!app) return;
    free(app->name);
    app->name = market_strdup(name);
}

void allegro_app_shut(struct allegro *allegro, const char *client_id, int64_t until_ms)
{
    struct allegro_app *app = find_app(allegro, client_id);
    if (app) app->shut_until_ms = until_ms;
}

struct allegro_seller *allegro_seller_add(struct allegro *allegro, const char *client_id,
                                          const char *seller_id)
{
    struct allegro_seller *seller = allegro_seller_find(allegro, NULL, seller_id);
    if (seller) return seller;
    if (!find_app(allegro, client_id)) allegro_app_set(allegro, client_id, ALLEGRO_DEFAULT_SECRET);
    seller = market_alloc(sizeof(*seller));
    snprintf(seller->id, sizeof(seller->id), "%s", seller_id);
    snprintf(seller->login, sizeof(seller->login), "Client:%.24s", seller_id);
    seller->app = (size_t)(find_app(allegro, client_id) - allegro->apps);
    allegro->sellers =
        market_realloc(allegro->sellers, (allegro->seller_count + 1) * sizeof(*allegro->sellers));
    allegro->sellers[allegro->seller_count++] = seller;
    return seller;
}

struct allegro_seller *allegro_seller_find(struct allegro *allegro, const char *client_id,
                                           const char *seller_id)
{
    for (size_t i = 0; i < allegro->seller_count; i++) {
        struct allegro_seller *seller = allegro->sellers[i];
        if (seller_id && strcmp(seller->id, seller_id) != 0) continue;
        if (client_id && strcmp(allegro->apps[seller->app].client_id, client_id) != 0) continue;
        return seller;
    }
    return NULL;
}
