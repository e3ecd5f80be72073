/* Making the world of a plan. */
#include "world.h"

#include "marketsim/market.h"
#include "marketsim/market_digits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sim_market *const markets[MARKET_KINDS] = {
    [MARKET_OZON] = &market_ozon,       [MARKET_WB] = &market_wb,
    [MARKET_ALLEGRO] = &market_allegro, [MARKET_WIX_V3] = &market_wix_v3,
    [MARKET_WIX_V1] = &market_wix_v1,
};

static const char *const kind_names[MARKET_KINDS] = {"ozon", "wb", "allegro", "wix", "wix-v1"};

const struct sim_market *market_of(enum market_kind kind)
{
    return markets[kind];
}

enum market_kind market_parse(const char *name)
{
    int i = 0;
    while (i < MARKET_KINDS && strcmp(kind_names[i], name) != 0)
        i++;
    return (enum market_kind)i;
}

static void make_account(struct world *world, const struct plan *plan, uint32_t i)
{
    struct world_account *account = &world->accounts[i];
    bool shares = i == 1 && plan->shared_client;
    account->kind = plan->kinds[i];
    account->market = market_of(account->kind);
    snprintf(account->name, sizeof account->name, "%s-%u", account->market->plugin, i + 1);
    snprintf(account->client_id, sizeof account->client_id, "%u", shares ? 2001 : 2001 + i);
    snprintf(account->api_key, sizeof account->api_key, "key-%u-0", i + 1);
    account->seller = shares ? 0 : world->seller_count;
    if (!shares) world->seller_account[world->seller_count++] = i;
    account->orders_import = plan->orders.import && !(plan->orders.outside >> i & 1);
    account->remote_first = world->remote_count;
    account->remote_count = plan->remotes[i];
    for (uint32_t k = 0; k < account->remote_count; k++) {
        uint32_t remote = world->remote_count++;
        world->remote_account[remote] = i;
        snprintf(world->remote_ids[remote], sizeof world->remote_ids[remote], "%u",
                 1000 * (i + 1) + k + 1); /* unless the marketplace has another kind of ids */
    }
    world->account_count++;
}

void world_make(struct world *world, const struct plan *plan)
{
    memset(world, 0, sizeof *world);
    world->product_count = plan->products;
    for (uint32_t p = 0; p < plan->products; p++)
        snprintf(world->skus[p], sizeof world->skus[p], "SKU-%06u", p + 1);
    for (uint32_t i = 0; i < plan->accounts; i++)
        make_account(world, plan, i);
    for (uint32_t i = 0; i < plan->accounts; i++)
        world->accounts[i].market->make(world, i, plan);
    world->local_count = plan->locals;
    for (uint32_t i = 0; i < plan->locals; i++)
        snprintf(world->locals[i], sizeof world->locals[i], "w%u", i + 1);
}

void world_free(struct world *world)
{
    for (int kind = 0; kind < MARKET_KINDS; kind++)
        if (world->models[kind]) markets[kind]->destroy(world->models[kind]);
    for (uint32_t s = 0; s < world->seller_count; s++)
        market_map_free(&world->by_listing[s]);
}

void world_listing(struct world *world, uint32_t seller, uint32_t product, const char *id)
{
    char *kept = world->listing_ids[seller][product];
    snprintf(kept, WORLD_ID_MAX, "%s", id);
    market_map_put_text(&world->by_listing[seller], kept, product);
}

int world_remote_by_id(const struct world *world, uint32_t account, const char *id)
{
    for (uint32_t i = 0; i < world->remote_count; i++)
        if (world->accounts[world->remote_account[i]].seller == world->accounts[account].seller &&
            strcmp(world->remote_ids[i], id) == 0)
            return (int)i;
    return WORLD_NONE;
}

int world_product_by_listing(const struct world *world, uint32_t account, const char *listing)
{
    const struct market_map *map = &world->by_listing[world->accounts[account].seller];
    size_t found = market_map_get_text(map, listing);
    return found == MARKET_MAP_NONE ? WORLD_NONE : (int)found;
}

int world_remote_by_number(const struct world *world, uint32_t account, int64_t id)
{
    char text[MARKET_DIGITS_SIZE];
    return world_remote_by_id(world, account, market_digits(id, text));
}

int world_product_by_number(const struct world *world, uint32_t account, int64_t id)
{
    char text[MARKET_DIGITS_SIZE];
    return world_product_by_listing(world, account, market_digits(id, text));
}

/* "SKU-000007" is the seventh. */
int world_product_by_sku(const struct world *world, const char *sku, size_t size)
{
    enum { PREFIX = 4 };
    if (size != strlen(world->skus[0]) || size <= PREFIX) return WORLD_NONE;
    int number = 0;
    for (size_t i = PREFIX; i < size; i++)
        number = number * 10 + (sku[i] - '0');
    if (number < 1 || (uint32_t)number > world->product_count) return WORLD_NONE;
    return memcmp(world->skus[number - 1], sku, size) == 0 ? number - 1 : WORLD_NONE;
}

int64_t world_shown(const struct world *world, uint32_t pair)
{
    uint32_t remote = pair / world->product_count, product = pair % world->product_count;
    return world_account_of(world, pair)->market->shown(world, remote, product);
}

const char *world_pair_name(const struct world *world, uint32_t pair, char out[128])
{
    uint32_t remote = pair / world->product_count, product = pair % world->product_count;
    market_text_join(out, 128,
                     (const char *const[]){world->accounts[world->remote_account[remote]].name, "/",
                                           world->remote_ids[remote], "/", world->skus[product],
                                           NULL});
    return out;
}
