/* Rows of drifts and their indexes. For drift*.c, and for those who read them. */
#ifndef STOCKD_ENGINE_DRIFT_ROWS_H
#define STOCKD_ENGINE_DRIFT_ROWS_H

#include "engine/drift.h"

enum {
    DRIFT_KEY_SIZE = 4 + 8 + TARGET_KEY_SIZE,
    DRIFT_TARGET_KEY_SIZE = TARGET_KEY_SIZE + 8,
    DRIFT_OPEN_KEY_SIZE = 4 + TARGET_KEY_SIZE,
};

/* Newest first: the complement of the time. */
static inline uint64_t drift_newest(int64_t opened_ms)
{
    return UINT64_MAX - (uint64_t)(opened_ms > 0 ? opened_ms : 0);
}
static inline int64_t drift_opened(uint64_t newest)
{
    return (int64_t)(UINT64_MAX - newest);
}

struct key drift_key(const struct target_id *id, int64_t opened_ms);
struct key drift_target_key(const struct target_id *id, int64_t opened_ms);
struct key drift_open_key(const struct target_id *id);

enum status drift_load(struct store_txn *txn, const struct target_id *id, int64_t opened_ms,
                       struct drift_record *record);
/* ST_NOT_FOUND: none is open. */
enum status drift_load_open(struct store_txn *txn, const struct target_id *id,
                            struct drift_record *record);
/* The target's newest one, which is the open one where there is one. ST_NOT_FOUND: it has none. */
enum status drift_load_newest(struct applying *a, const struct target_id *id,
                              struct drift_record *record);
/* The row alone, of one that has those in the indexes. */
void drift_save(struct applying *a, const struct target_id *id, const struct drift_record *record);
/* A new one gets its rows in the indexes. */
void drift_put(struct applying *a, struct target *target, const struct drift_record *record);
enum status drift_close(struct applying *a, struct target *target, enum drift_end end);
/* Repairs of closed drifts of the target since `from_ms`, back to where a person released it, and
 * when the last of them was; 0: none. */
enum status drift_repairs(struct applying *a, const struct target *target, int64_t from_ms,
                          uint32_t *count, int64_t *last_ms);

#endif
