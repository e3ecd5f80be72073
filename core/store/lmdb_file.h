/* LMDB's file, read with pread and trusted in nothing: LMDB maps its file and follows what it
 * finds, so damage ends the process there. Here it becomes a sentence. Format: LMDB 0.9, data
 * version 1 (struct MDB_meta, MDB_db, MDB_page, MDB_node of its mdb.c), in the byte order of the
 * machine. Private to this module. */
#ifndef STOCKD_STORE_LMDB_FILE_H
#define STOCKD_STORE_LMDB_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct lmdb_tree {
    uint16_t flags, depth;
    uint64_t branch_pages, leaf_pages, overflow_pages, rows;
    uint64_t root; /* LMDB_NO_PAGE: empty */
};
#define LMDB_NO_PAGE (~(uint64_t)0)

struct lmdb_meta {
    uint32_t page_bytes;
    uint64_t last_page, transaction;
    struct lmdb_tree free, main;
};

/* The two meta pages, older or newer first as they lie. `path` is for messages. */
enum status lmdb_file_metas(int fd, const char *path, struct lmdb_meta metas[2],
                            struct error *error);

struct lmdb_walk {
    uint64_t used_pages, free_pages, lost_pages; /* lost: in no tree and not free; harmless */
    uint64_t rows;
};
/* Walks every page of the trees of `meta`: each must lie inside the file, be what its parent says,
 * hold sane nodes in ascending order, be used once; the counts must match. */
enum status lmdb_file_walk(int fd, const char *path, const struct lmdb_meta *meta,
                           struct lmdb_walk *walk, struct error *error);
/* Only the tree of tables and the first page of each table. */
enum status lmdb_file_roots(int fd, const char *path, const struct lmdb_meta *meta,
                            struct error *error);

/* Both metas, the length of the file, the roots. Walks everything when the file is shorter than the
 * newest meta says, which is no damage if only free pages are missing. `whole` always walks. */
enum status lmdb_file_check(const char *path, bool whole, struct error *error);

#endif
