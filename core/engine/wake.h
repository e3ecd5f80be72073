/* What changes with time: rows that say when (I6). For the engine's own files only. A row is left
 * in the transaction that makes something expire, and taken by COMMAND_WAKE once it is due; who
 * runs the engine asks when that is (engine_wake_next). */
#ifndef STOCKD_ENGINE_WAKE_H
#define STOCKD_ENGINE_WAKE_H

#include "engine/state.h"

enum wake_kind { WAKE_RESERVATION = 1, WAKE_VELOCITY = 2 /* number: the product */ };

struct key wake_key(int64_t due_ms, enum wake_kind kind, uint64_t number);
void wake_put(struct applying *a, int64_t due_ms, enum wake_kind kind, uint64_t number);
void wake_delete(struct applying *a, int64_t due_ms, enum wake_kind kind, uint64_t number);

/* ---- what wakes */
enum status reservation_expired(struct applying *a, uint64_t reservation); /* reserve.c */
enum status velocity_passed(struct applying *a, uint64_t product);         /* rule_set.c */

#endif
