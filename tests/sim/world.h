/* The seller and the marketplaces: accounts, warehouses on both sides, products, and the models
 * that play the other side. Numbers are indices into these tables; a pair is (remote warehouse,
 * product), where a figure is shown. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "market.h"
#include "marketsim/market_map.h"
#include "plan.h"

enum {
    WORLD_REMOTES_MAX = PLAN_ACCOUNTS_MAX * PLAN_REMOTES_MAX,
    WORLD_PAIRS_MAX = WORLD_REMOTES_MAX * PLAN_PRODUCTS_MAX,
    WORLD_NONE = -1,
    WORLD_ID_MAX = 80,
    WORLD_ORDERS_MAX = 1000,
};

struct world_account {
    char name[16], client_id[40], api_key[512]; /* the key: whatever it is let in with */
    const struct sim_market *market;
    enum market_kind kind;
    void *model;     /* the world's, of that kind */
    void *side;      /* what the model has of it: the seller, the site */
    uint32_t seller; /* accounts with one number are one seller */
    uint32_t remote_first, remote_count;
    uint32_t keys; /* made so far */
    bool key_dead;
    bool orders_import;     /* says the configuration file */
    const char *reactivate; /* Allegro: so does it, which ended offers come back */
};

struct world {
    void *models[MARKET_KINDS];
    struct world_account accounts[PLAN_ACCOUNTS_MAX];
    char remote_ids[WORLD_REMOTES_MAX][40];
    bool remote_closed[WORLD_REMOTES_MAX];
    uint32_t remote_account[WORLD_REMOTES_MAX];
    char listing_ids[PLAN_ACCOUNTS_MAX][PLAN_PRODUCTS_MAX][WORLD_ID_MAX]; /* by seller */
    struct market_map by_listing[PLAN_ACCOUNTS_MAX];
    char skus[PLAN_PRODUCTS_MAX][16];
    char locals[PLAN_LOCALS_MAX][16];
    uint32_t account_count, seller_count, remote_count, product_count, local_count;
    /* Allegro's forms do not tell when their fulfilment changed: by account and order. */
    int64_t touched_ms[PLAN_ACCOUNTS_MAX][WORLD_ORDERS_MAX];
    uint32_t seller_account[PLAN_ACCOUNTS_MAX]; /* the first account of each seller */
};

void world_make(struct world *world, const struct plan *plan);
void world_free(struct world *world);

/* WORLD_NONE when there is no such thing. A remote warehouse is found by any account of its seller.
 */
int world_remote_by_id(const struct world *world, uint32_t account, const char *id);
int world_product_by_listing(const struct world *world, uint32_t account, const char *listing);
int world_product_by_sku(const struct world *world, const char *sku, size_t size);
/* Both of numbers. */
int world_remote_by_number(const struct world *world, uint32_t account, int64_t id);
int world_product_by_number(const struct world *world, uint32_t account, int64_t id);
/* For models that make ids themselves; `id` is copied. */
void world_listing(struct world *world, uint32_t seller, uint32_t product, const char *id);

static inline uint32_t world_pair(const struct world *world, uint32_t remote, uint32_t product)
{
    return remote * world->product_count + product;
}

static inline uint32_t world_pairs(const struct world *world)
{
    return world->remote_count * world->product_count;
}

/* Those of an account: from `first` to before `end`. */
struct world_range {
    uint32_t first, end;
};
static inline struct world_range world_pairs_of(const struct world *world, uint32_t account)
{
    const struct world_account *of = &world->accounts[account];
    return (struct world_range){of->remote_first * world->product_count,
                                (of->remote_first + of->remote_count) * world->product_count};
}

static inline uint32_t world_pair_account(const struct world *world, uint32_t pair)
{
    return world->remote_account[pair / world->product_count];
}

static inline const struct world_account *world_account_of(const struct world *world, uint32_t pair)
{
    return &world->accounts[world_pair_account(world, pair)];
}

/* What buyers can take there now. */
int64_t world_shown(const struct world *world, uint32_t pair);
/* "ozon-1/1002/SKU-000007" */
const char *world_pair_name(const struct world *world, uint32_t pair, char out[128]);

#endif
