/* What the files of rebuilding share. For rebuild*.c only. */
#ifndef STOCKD_ENGINE_REBUILD_PRIVATE_H
#define STOCKD_ENGINE_REBUILD_PRIVATE_H

#include "engine/rebuild.h"
#include "engine/state.h"

/* Called with each row that should be there. */
typedef void rebuild_emit(void *ctx, enum store_table table, struct bytes key, struct bytes value);

/* ---- rebuild_derive.c */

/* All derived rows of one row of `source`; a row that cannot be read has none. */
void rebuild_derive(enum store_table source, struct bytes key, struct bytes value,
                    rebuild_emit *emit, void *ctx);
/* The row that a derived one is of. False: it can be of none. */
bool rebuild_source(enum store_table table, struct bytes key, struct bytes value,
                    enum store_table *source, struct key *source_key);

/* ---- rebuild_alert.c */

enum rebuild_alert {
    REBUILD_ALERT_RIGHT, /* it is over, or open and in the index */
    REBUILD_ALERT_LOST,  /* open, and the index has nothing of it */
    REBUILD_ALERT_LEFT,  /* open, and the index has another one of the same trouble */
};
enum rebuild_alert rebuild_alert_look(struct store_txn *txn, struct bytes key, struct bytes value);
/* A lost one is put into the index, one that was left is closed. */
void rebuild_alert_mend(struct store_txn *txn, struct bytes key, struct bytes value,
                        enum rebuild_alert what, int64_t now_ms);
/* Rows of the table that are its index; and those of them that lead to an open alert. */
bool rebuild_alert_is_index(struct bytes key);
bool rebuild_alert_is_index_right(struct store_txn *txn, struct bytes key, struct bytes value);

#endif
