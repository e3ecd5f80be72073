/* The store in memory, for tests and the simulator: same promises as the LMDB store, plus crashes
 * and faults on demand. Everything on one thread; a write while a read transaction is open, or a
 * read transaction begun amid writes, ends the process with a sentence (there is one version of the
 * data, so the reader would see what it must not). store_backup is ST_UNSUPPORTED.
 *
 * CRASHES. A commit of a real store may be lost by a crash until somebody was told of it. So
 * commits are kept undoable, at most STORE_MEMORY_COMMITS of them (older ones count as
 * acknowledged), until store_memory_acknowledge; store_memory_crash takes the last ones back. */
#ifndef STOCKD_STORE_MEMORY_H
#define STOCKD_STORE_MEMORY_H

#include "base/error.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

enum { STORE_MEMORY_COMMITS = 1024 };

struct store *store_open_memory(void);

/* Everything committed up to now is durable; or all of it but the `newest` commits. */
void store_memory_acknowledge(struct store *store);
void store_memory_acknowledge_but(struct store *store, uint64_t newest);
/* Commits that a crash can take back. */
uint64_t store_memory_unacknowledged(const struct store *store);
/* As after kill -9 and a restart: open transactions are gone (their handles die with them), and so
 * are the last `commits_lost` commits, at most the unacknowledged ones. Returns how many. */
uint64_t store_memory_crash(struct store *store, uint64_t commits_lost);

/* Rises with every change of a row, and with every change that is taken back: while it stays, the
 * table is as it was, also inside a transaction. */
uint64_t store_memory_changes(const struct store *store, enum store_table table);

enum store_memory_fault { STORE_FAULT_BEGIN, STORE_FAULT_WRITE, STORE_FAULT_COMMIT };
/* Lets `after` more calls of this kind through, then fails with `status`: one call, or with
 * `always` all of them until this is called again. ST_OK: no more faults of this kind. A failed
 * commit is undone. */
void store_memory_fail_next(struct store *store, enum store_memory_fault fault, uint64_t after,
                            enum status status, bool always);

/* Strict: what get and cursors return is a copy that is freed at the next write, so that address
 * sanitizer or valgrind see what LMDB would make of a use after it. On by itself where the program
 * is built with address sanitizer. */
void store_memory_strict(struct store *store, bool strict);

#endif
