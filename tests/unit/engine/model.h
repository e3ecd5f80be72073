/* A naive model of what the engine is to do, in plain arrays, and the marketplaces it talks to.
 * What the seller's side knows (struct seller) goes back with the store when that crashes; what the
 * marketplaces show (struct market) does not. */
#ifndef STOCKD_TEST_ENGINE_MODEL_H
#define STOCKD_TEST_ENGINE_MODEL_H

#include "base/random.h"
#include "engine_fixture.h"

enum {
    PRODUCTS = 5,
    WAREHOUSES = 2,
    ACCOUNTS = 2,
    REMOTES = 2,  /* of each account */
    LISTINGS = 6, /* of each account; the last has the SKU of the first */
    PLACES = ACCOUNTS * REMOTES * LISTINGS,
    MODEL_CAP = 40, /* largest quantity of account 0's route */
    MODEL_SETTLE_MS = 5000,
    MODEL_STUCK_MS = 600000,
    MODEL_CADENCE_MS = 30000, /* of account 1 */
};

struct seller {
    int64_t stock[PRODUCTS][WAREHOUSES]; /* FIGURE_UNKNOWN: never counted */
    bool linked[ACCOUNTS][REMOTES][WAREHOUSES];
    bool writable[ACCOUNTS][REMOTES];
    struct {
        int product; /* -1: none */
        int seen; /* 0: not yet; else how many were before it, and 1 */
        bool by_hand;
        enum listing_state state;
    } listing[ACCOUNTS][LISTINGS];
    int sights; /* listings that were seen for the first time */
};

/* A command of which the model knows the effect. */
struct op {
    enum command_kind kind;
    struct buf payload;
    /* What the engine should answer; changes the seller when that is ST_OK. */
    enum status (*effect)(struct seller *seller, const struct op *op);
    int a, b, c;
    int64_t n;
};

/* A random command; the caller frees its payload. `now` is for rows. */
struct op op_random(struct random *random, const struct seller *seller, int64_t now);

void seller_init(struct seller *seller);
/* The figure that should be shown; false when it is not known or must not be written. */
bool seller_wants(const struct seller *seller, int account, int remote, int listing,
                  int64_t *figure);

extern const char *const model_skus[PRODUCTS], *const model_warehouses[WAREHOUSES],
                                                   *const model_accounts[ACCOUNTS],
                                                       *const model_remotes[REMOTES],
                                                           *const model_listings[LISTINGS];
/* The SKU of each listing, as an index of model_skus. */
extern const int model_listing_sku[LISTINGS];

#endif
