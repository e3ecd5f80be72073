/* What the oracle reads in the engine's transactions. For the oracle's own files only. */
#ifndef SIM_ORACLE_STORE_H
#define SIM_ORACLE_STORE_H

#include "oracle.h"

enum { ORACLE_FLIGHTS_MAX = 256, ORACLE_FLIGHT_ITEMS = 1000 };

/* The batches on their way: what is committed, and what the tasks of this moment did. */
struct oracle_flights {
    struct oracle_flight {
        uint8_t id[16];
        bool old;               /* found at start, not selected by this life */
        uint64_t made, removed; /* by a task that is not known to be kept yet; 0: by none */
        uint32_t count;
        struct oracle_item {
            uint32_t pair;
            uint8_t key[25];
            uint64_t revision;
            int64_t sent_ms, acked_ms; /* acked: what it was when this was selected */
        } * items;
    } list[ORACLE_FLIGHTS_MAX];
    uint32_t count;
    bool alone; /* tasks run in transactions of their own */
    bool looked;
    uint64_t changes; /* of the table, when it was looked at */
};

void oracle_store_task_ran(struct sim *sim, struct oracle_flights *flights, struct store_txn *txn,
                           uint64_t task, bool again);
void oracle_store_task_kept(struct oracle_flights *flights, uint64_t task, bool kept);
/* A new life begins with what the last one left. */
void oracle_store_begun(struct oracle_flights *flights, struct store_txn *txn);

void oracle_store_free(struct oracle_flights *flights);

/* oracle.c's. `passes`: an abandoned write, of which nobody knows whether it is there. */
void oracle_selected(struct oracle *oracle, struct store_txn *txn, uint32_t pair, int64_t value,
                     uint64_t revision, bool passes);
void oracle_acknowledged(struct oracle *oracle, uint32_t pair, int64_t value, uint64_t revision);
void oracle_rejected(struct oracle *oracle, uint32_t pair);

/* The product that the store ties the account's listing to; WORLD_NONE: to none. */
int oracle_mapped_product(struct sim *sim, struct store_txn *txn, uint32_t account,
                          uint32_t listing);

/* The product with that number; WORLD_NONE: it is not there. */
int oracle_product_of(struct sim *sim, struct store_txn *txn, uint64_t number);
/* Whether the marketplace's listing was ever told of. */
bool oracle_knows_listing(struct sim *sim, struct store_txn *txn, uint32_t account,
                          uint32_t listing);

/* Every figure is what its ledger makes of it, from the first entry to the last (I1). */
void oracle_check_ledger(struct sim *sim, struct store_txn *txn, const char *when);

/* The pair of a target key; WORLD_NONE when the store does not know its listing or warehouse. */
int oracle_pair_of(struct sim *sim, struct store_txn *txn, const uint8_t *target_key);
/* What the store itself says should be shown: its own stock under its own links. */
struct truth_wanted oracle_store_wanted(const struct sim *sim, struct store_txn *txn,
                                        const uint8_t *target_key, int64_t most);

#endif
