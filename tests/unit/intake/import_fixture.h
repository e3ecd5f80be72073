/* What tests of the import share: a store with two warehouses and some products, a runtime, and
 * short ways to import a text and to look at what came of it. */
#ifndef STOCKD_TEST_IMPORT_FIXTURE_H
#define STOCKD_TEST_IMPORT_FIXTURE_H

#include "intake/import.h"
#include "test_runtime.h"
#include "unit/store/fixture.h"

struct fixture {
    struct scratch scratch;
    struct store *store;
    struct engine *engine;
    struct test_runtime *runtime;
    struct imports *imports;
    char spool[FIXTURE_PATH_MAX + 16];
};

/* Warehouses pp and kot; products A, B, C. 0 rows: the ordinary numbers. */
void fixture_make(struct fixture *f, enum fixture_kind kind, uint64_t seed, uint32_t segment_rows,
                  uint32_t chunk_rows);
void fixture_free(struct fixture *f);
/* As after kill -9 and a restart, with the last `lost` commits gone (memory). What ran is dropped
 * where it was. imports_resume is the caller's. */
void fixture_crash(struct fixture *f, uint64_t lost);
/* Applies one command in a transaction of its own. */
struct command_result fixture_apply(struct fixture *f, enum command_kind kind,
                                    const struct buf *payload);
void fixture_products(struct fixture *f, const char *prefix, uint32_t count); /* "<prefix>000017" */
void fixture_set(struct fixture *f, const char *sku, const char *warehouse, int64_t quantity);

/* What an import told. */
enum { TOLD_REFUSED_MAX = 40 };
struct told {
    struct import *import; /* NULL after the end */
    bool accepted, ended, writable;
    uint64_t job;
    uint32_t progress;
    char waiting[ERROR_TEXT_MAX];
    struct import_counts last;
    enum import_state state;
    enum status status;
    char error[ERROR_TEXT_MAX];
    struct import_counts counts;
    uint32_t refused_count, lines[TOLD_REFUSED_MAX], columns[TOLD_REFUSED_MAX];
    char reasons[TOLD_REFUSED_MAX][400];
};

/* NULL options: rows name their warehouse, figures are on hand, nothing is created. */
void fixture_begin_import(struct fixture *f, struct told *told,
                          const struct import_options *options);
/* All of it, stepping the runtime where there is no room; then import_end. */
void fixture_send(struct fixture *f, struct told *told, const char *text, size_t size);
/* From the first byte to the end. */
void fixture_import(struct fixture *f, struct told *told, const struct import_options *options,
                    const char *text);

/* FIGURE_UNKNOWN: uncounted, or no such product. */
int64_t fixture_figure(struct fixture *f, const char *sku, const char *warehouse);
void fixture_expect_figure(struct fixture *f, const char *sku, const char *warehouse,
                           int64_t quantity);
uint64_t fixture_count(struct fixture *f, enum store_table table);
uint32_t fixture_files(const struct fixture *f); /* in the spool directory */
/* The stored job; its texts live in static storage until the next call. */
struct import_job fixture_job(struct fixture *f, uint64_t job);
/* Figures are the fold of their ledger entries (I1), and every job has its run. */
void fixture_check(struct fixture *f);

#endif
