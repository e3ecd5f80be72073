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

#endif
