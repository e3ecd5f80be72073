/* The rows of an import from an account on disk, so that it can go on after a crash, or after it
 * was held, with what was read once. A file of one machine: structs as they stand in memory.
 * Workers. */
#ifndef STOCKD_INTAKE_IMPORT_SHOP_SPOOL_H
#define STOCKD_INTAKE_IMPORT_SHOP_SPOOL_H

#include "intake/import_shop_take.h"
#include "intake/import_source.h"

/* `size`: of the whole file, which is on disk then. */
enum status shop_spool_write(const char *path, const struct shop_take *take, uint64_t *size,
                             struct error *error);

/* As a source. The path must outlive it; `refused` is added to. */
struct import_source *shop_spool_source(const char *path, uint64_t size, uint32_t segment_rows,
                                        struct import_refused *refused);

#endif
