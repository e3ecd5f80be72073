/* Reading stock inside a group. For the engine's own files only. */
#ifndef STOCKD_ENGINE_STOCK_H
#define STOCKD_ENGINE_STOCK_H

#include "engine/state.h"

/* The pair as this transaction sees it; lives until the next call. The pairs read last are
 * remembered in the group: one change of stock asks for the same one for each of its targets. */
enum status stock_look(struct applying *a, uint64_t product, uint32_t warehouse,
                       const struct stock_seen **seen);

/* Changes a counted pair by these amounts, writes its ledger entry and refreshes what it feeds. */
enum status stock_move(struct applying *a, uint64_t product, uint32_t warehouse, int64_t on_hand,
                       int64_t reserved, enum cause cause);

/* The same, and the pair is counted afterwards even if it was not and nothing is added. */
enum status stock_give(struct applying *a, uint64_t product, uint32_t warehouse, int64_t on_hand,
                       int64_t reserved, enum cause cause);

/* A figure is given, by somebody who counted at `told_ms` (0: now); `changed`: it is another one.
 */
enum status stock_count(struct applying *a, uint64_t product, uint32_t warehouse, int64_t quantity,
                        enum figure_kind kind, enum cause cause, int64_t told_ms, bool *changed);

/* The pair is uncounted from now on: its ledger says so, its row goes. Nothing if it was. */
enum status stock_forget(struct applying *a, uint64_t product, uint32_t warehouse,
                         enum cause cause);

#endif
