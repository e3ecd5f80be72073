/* Sweeps: a change that touches more targets than one command should (a new link, a warehouse that
 * opens) leaves a durable row; chunks of it are applied between other commands until it is done
 * (I6). For the engine's own files only. */
#ifndef STOCKD_ENGINE_SWEEP_H
#define STOCKD_ENGINE_SWEEP_H

#include "engine/state.h"

enum sweep_kind { SWEEP_REMOTE = 1, SWEEP_DISTRUST = 2, SWEEP_ORDERS = 3, SWEEP_LEAVE = 4 };

/* A row of TABLE_SWEEP; SWEEP_ORDERS: behind it the key of TABLE_ORDER_HELD where to go on. */
struct sweep_record {
    uint64_t after; /* SWEEP_REMOTE: the last listing done */
    uint32_t account, remote;
    uint8_t kind;
    /* SWEEP_DISTRUST: where to go on. SWEEP_REMOTE: who asked, u32. */
    uint8_t target[TARGET_KEY_SIZE];
    uint8_t unused[2];
    uint32_t counted_hour; /* SWEEP_REMOTE: when the guard counted what it changes; 0: it did not */
};

/* Every target of that remote warehouse has to be looked at again. */
void sweep_remote(struct applying *a, uint32_t account, uint32_t remote);

/* Held order lines of the account (0: of all) may be resolved by now. At most one such sweep waits
 * for each. */
void sweep_orders(struct applying *a, uint32_t account);

/* The account's orders are not imported any more. */
void sweep_leave(struct applying *a, uint32_t account);

#endif
