/* Account rows. For the engine's own files only. */
#ifndef STOCKD_ENGINE_ACCOUNT_H
#define STOCKD_ENGINE_ACCOUNT_H

#include "engine/rows.h"
#include "engine/state.h"

/* The record, copied into `memory` so that it outlives writes. */
enum status account_load(struct applying *a, uint32_t account, struct buf *memory,
                         struct account_view *view);
void account_save(struct applying *a, uint32_t account, const struct account_view *view);

/* What an operation learnt about the account. Another seller behind the key parks it; a new epoch
 * asks for the listings to be read again before anything is written. */
enum status account_learn(struct applying *a, uint32_t account, const struct account_fact *fact);

/* A scope was read to its end by an operation begun at `begun_ms`. */
enum status account_complete(struct applying *a, uint32_t account, enum rows_scope scope,
                             int64_t begun_ms);

#endif
