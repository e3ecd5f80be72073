/* What a bulk job would do, before its first chunk: its rows in key order against the targets as
 * one read transaction sees them. Nothing is written. [any thread; on a worker, for it reads every
 * target of every product named]
 *
 * A figure above a route's largest, which only the engine's own rules know, is foreseen as it is:
 * more pieces, never another share. */
#ifndef STOCKD_ENGINE_GUARD_FORESEE_H
#define STOCKD_ENGINE_GUARD_FORESEE_H

#include "engine/guard.h"

struct guard_foresee;

/* `source`: guard_source. */
enum status guard_foresee_new(struct store_txn *txn, uint32_t source, int64_t now_ms,
                              struct guard_foresee **foresee, struct error *error);
void guard_foresee_free(struct guard_foresee *foresee); /* NULL is fine */

/* The rows of one COMMAND_STOCK_BULK, by product and rising from call to call. The rows of one
 * product may be spread over two calls. */
enum status guard_foresee_bulk(struct guard_foresee *foresee, struct bytes payload,
                               struct error *error);
/* That was all. The effects are the caller's (guard_effects_free). */
enum status guard_foresee_end(struct guard_foresee *foresee, struct guard_effects *effects,
                              struct error *error);

#endif
