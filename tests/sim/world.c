/* Making the world of a plan. */
#include "world.h"

#include <stdio.h>
#include <string.h>

static void make_accounts(struct world *world, const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->accounts; i++) {
        struct world_account *account = &world->accounts[i];
        bool shares = i > 0 && plan->shared_client;
        snprintf(account->name, sizeof account->name, "ozon-%u", i + 1);
        snprintf(account->client_id, sizeof account->client_id, "%u", shares ? 2001 : 2001 + i);
        snprintf(account->api_key, sizeof account->api_key, "key-%u-0", i + 1);
        account->seller = shares ? 0 : world->seller_count;
        if (!shares)
            world->sellers[world->seller_count++] =
                ozon_seller_add(world->ozon, account->client_id, account->api_key);
        ozon_key_set(world->sellers[account->seller], account->api_key, OZON_KEY_ACTIVE);
        account->orders_import = plan->orders.import;
        world->account_count++;
    }
}

static void make_remotes(struct world *world, const struct plan *plan)
{
    for (uint32_t i = 0; i < world->account_count; i++) {
        struct world_account *account = &world->accounts[i];
        account->remote_first = world->remote_count;
        account->remote_count = plan->remotes[i];
        for (uint32_t k = 0; k < account->remote_count; k++) {
            int64_t id = 1000 * (int64_t)(i + 1) + k + 1;
            const struct ozon_warehouse_spec spec = {.id = id,
                                                     .kind = k % 2 ? OZON_RFBS : OZON_FBS};
            ozon_warehouse_add(world->sellers[account->seller], &spec);
            world->remote_account[world->remote_count] = i;
            world->remote_ids[world->remote_count++] = id;
        }
    }
}

static void make_products(struct world *world, const struct plan *plan)
{
    world->product_count = plan->products;
    for (uint32_t s = 0; s < world->seller_count; s++)
        ozon_products_fill(world->sellers[s], "SKU-", 1, plan->products);
    for (uint32_t p = 0; p < plan->products; p++) {
        snprintf(world->skus[p], sizeof world->skus[p], "SKU-%06u", p + 1);
        for (uint32_t s = 0; s < world->seller_count; s++)
            world->product_ids[s][p] =
                ozon_product_find(world->sellers[s], world->skus[p])->product_id;
    }
}

void world_make(struct world *world, const struct plan *plan)
{
    *world = (struct world){.ozon = ozon_create(plan->seed)};
    struct ozon_settings settings = ozon_settings_get(world->ozon);
    if (plan->orders.import) settings.cancel_restores = plan->orders.cancel_restores;
    ozon_settings_set(world->ozon, &settings);
    make_accounts(world, plan);
    make_remotes(world, plan);
    make_products(world, plan);
    world->local_count = plan->locals;
    for (uint32_t i = 0; i < plan->locals; i++)
        snprintf(world->locals[i], sizeof world->locals[i], "w%u", i + 1);
}

void world_free(struct world *world)
{
    ozon_destroy(world->ozon);
}

int world_account_by_client(const struct world *world, const char *client_id)
{
    for (uint32_t i = 0; i < world->account_count; i++)
        if (strcmp(world->accounts[i].client_id, client_id) == 0) return (int)i;
    return WORLD_NONE;
}

int world_remote_by_id(const struct world *world, int64_t id)
{
    for (uint32_t i = 0; i < world->remote_count; i++)
        if (world->remote_ids[i] == id) return (int)i;
    return WORLD_NONE;
}

int world_product_by_id(const struct world *world, uint32_t seller, int64_t product_id)
{
    for (uint32_t i = 0; i < world->product_count; i++)
        if (world->product_ids[seller][i] == product_id) return (int)i;
    return WORLD_NONE;
}

int world_product_by_sku(const struct world *world, const char *sku, size_t size)
{
    for (uint32_t i = 0; i < world->product_count; i++)
        if (strlen(world->skus[i]) == size && memcmp(world->skus[i], sku, size) == 0) return (int)i;
    return WORLD_NONE;
}

int64_t world_shown(const struct world *world, uint32_t pair)
{
    uint32_t remote = pair / world->product_count, product = pair % world->product_count;
    uint32_t seller = world->accounts[world->remote_account[remote]].seller;
    int64_t shown = 0, reserved = 0;
    ozon_stock_get(world->sellers[seller], world->skus[product], world->remote_ids[remote], &shown,
                   &reserved);
    return shown;
}

const char *world_pair_name(const struct world *world, uint32_t pair, char out[64])
{
    uint32_t remote = pair / world->product_count, product = pair % world->product_count;
    snprintf(out, 64, "%s/%lld/%s", world->accounts[world->remote_account[remote]].name,
             (long long)world->remote_ids[remote], world->skus[product]);
    return out;
}
