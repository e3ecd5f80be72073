/* The LMDB store: one environment in a directory of its own (data.mdb, and LMDB's lock.mdb), held
 * by one process at a time (a lock on the file "<directory>.lock" beside it).
 *
 * Opening looks at the file before LMDB maps it, because LMDB trusts what it maps: a truncated file
 * would end the daemon with SIGBUS, and an empty one would be taken for a new store. What is
 * damaged is refused (ST_DAMAGED), left as it is, and the newest backup is named. Schema versions
 * are not looked at here: call store_schema_prepare (schema.h) next.
 *
 * A full disk or map fails the transaction (ST_FULL) with what is free and what to do; later
 * transactions work when there is room. */
#ifndef STOCKD_STORE_LMDB_STORE_H
#define STOCKD_STORE_LMDB_STORE_H

#include "base/error.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

/* Addresses reserved, not memory or disk: growing a map needs every transaction to stop. */
#define STORE_MAP_BYTES_DEFAULT ((uint64_t)64 << 30)
/* Read transactions at once, LMDB's own default: far above the worker pool's threads. */
enum { STORE_READERS_MAX = 126 };

struct store_options {
    const char *path;        /* the directory; its parent must exist when it is to be made */
    const char *backups;     /* where backups are kept, for messages; may be NULL */
    uint64_t map_bytes;      /* 0: STORE_MAP_BYTES_DEFAULT */
    bool create;             /* make it when there is none; otherwise ST_NOT_FOUND */
    bool without_durability; /* tests: commits do not wait for the disk */
};

/* ST_BUSY: another process has it; the sentence names it. */
enum status store_open_lmdb(const struct store_options *options, struct store **store,
                            struct error *error);

#endif
