/* The seller and the marketplace: accounts, warehouses on both sides, products, and the Ozon model
 * that plays the other side. Numbers are indices into these tables; a pair is (remote warehouse,
 * product), where a figure is shown. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "marketsim/ozon/ozon.h"
#include "plan.h"

enum {
    WORLD_REMOTES_MAX = PLAN_ACCOUNTS_MAX * PLAN_REMOTES_MAX,
    WORLD_PAIRS_MAX = WORLD_REMOTES_MAX * PLAN_PRODUCTS_MAX,
    WORLD_NONE = -1,
};

struct world_account {
    char name[16], client_id[16], api_key[24];
    uint32_t seller;
    uint32_t remote_first, remote_count;
    uint32_t keys; /* Api-Keys made so far */
    bool key_dead;
    bool orders_import; /* says the configuration file */
};

struct world {
    struct ozon *ozon;
    struct ozon_seller *sellers[PLAN_ACCOUNTS_MAX];
    struct world_account accounts[PLAN_ACCOUNTS_MAX];
    int64_t remote_ids[WORLD_REMOTES_MAX];
    uint32_t remote_account[WORLD_REMOTES_MAX];
    int64_t product_ids[PLAN_ACCOUNTS_MAX][PLAN_PRODUCTS_MAX]; /* by seller */
    char skus[PLAN_PRODUCTS_MAX][16];
    char locals[PLAN_LOCALS_MAX][16];
    uint32_t account_count, seller_count, remote_count, product_count, local_count;
};

void world_make(struct world *world, const struct plan *plan);
void world_free(struct world *world);

/* WORLD_NONE when there is no such thing. */
int world_account_by_client(const struct world *world, const char *client_id); /* the first */
int world_remote_by_id(const struct world *world, int64_t id);
int world_product_by_id(const struct world *world, uint32_t seller, int64_t product_id);
int world_product_by_sku(const struct world *world, const char *sku, size_t size);

static inline uint32_t world_pair(const struct world *world, uint32_t remote, uint32_t product)
{
    return remote * world->product_count + product;
}

static inline uint32_t world_pairs(const struct world *world)
{
    return world->remote_count * world->product_count;
}

/* What buyers can take there now. */
int64_t world_shown(const struct world *world, uint32_t pair);
/* "ozon-1/1002/SKU-000007" */
const char *world_pair_name(const struct world *world, uint32_t pair, char out[64]);

#endif
