/* The bulk import of stock figures: a CSV of (SKU, warehouse, quantity) becomes durable first, then
 * is checked row by row, sorted, and applied in chunks that let small commands pass.
 *
 * THE WAY OF AN IMPORT. import_new, import_write until the bytes are all there, import_end. The
 * bytes go to a spool file. When it is on disk and a row of TABLE_JOB says so, the import is
 * *accepted*: from here on it goes on without its caller, and after a crash by itself
 * (imports_resume). One import after the other is then read, in the order of acceptance: rows that
 * cannot be used are refused with line and reason, the others are looked up and sorted on disk by
 * (product, warehouse). Nothing is applied before the whole file was read. Then they go through
 * the engine's one door, IMPORT_CHUNK_ROWS at a time, the job's cursor and counts in the same
 * transaction (I3). What the file does not name stays as it is; an unusable row never becomes a
 * figure (I9).
 *
 * NUMBERS. A job is also a run of the kind "import" and has the run's number, which is the group of
 * its commands. rows = changed + unchanged + refused, when it has ended.
 *
 * DUPLICATES. The same SKU and warehouse twice with one figure is applied once (the others count as
 * unchanged); with different figures all of those rows are refused.
 *
 * MEMORY. Rows are sorted in segments of IMPORT_SEGMENT_ROWS; an import that is read needs about
 * 30 MiB, one that is received IMPORT_BUFFER_BYTES twice, one that waits next to nothing.
 *
 * CONCURRENCY. Everything here on the loop thread, but for the readers of stored rows at the end
 * (any thread). Files are written and read, and SKUs looked up, on workers; callbacks come on the
 * loop thread and never from inside a call into this header.
 *
 * OWNERSHIP. A `struct import` is valid until `ended` was called or import_release. What `ended`
 * shows lives for the call.
 *
 * DISK. The spool takes the file's size and, while it is applied, 24 bytes per row beside it. */
#ifndef STOCKD_INTAKE_IMPORT_H
#define STOCKD_INTAKE_IMPORT_H

#include "base/digest.h"
#include "base/runtime.h"
#include "base/text_encoding.h"
#include "engine/command.h"
#include "engine/engine.h"
#include "engine/keyed.h"
#include "intake/stock_naming.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    IMPORT_BUFFER_BYTES = 1 << 20, /* of a file arriving; two of them: one fills, one is written */
    IMPORT_SEGMENT_ROWS = 1 << 19, /* sorted at once: 12 MiB, and as much beside it to sort */
    IMPORT_CHUNK_ROWS = 4096,      /* in one command; measured by tests/bench/bench_import */
    IMPORT_REFUSED_KEPT = 1000,    /* rows of a job whose reason is kept; more are counted */
    IMPORT_JOBS_KEPT = 100,        /* jobs that have ended; older ones are removed */
    IMPORT_RETRY_FIRST_MS = 1000,  /* the store is full or busy: tried again, later and later */
    IMPORT_RETRY_LAST_MS = 60000,
    IMPORT_FOUND_MAX = 600, /* bytes of what was found of a file's form */
    IMPORT_DIGEST_SIZE = DIGEST_SIZE,
};
#define IMPORT_BYTES_MAX INT64_C(4000000000) /* of a file: its lines can be counted by 32 bits */

/* ---- all imports */

struct imports;

struct sync;

struct imports_options {
    struct runtime *runtime;
    struct sync *sync;     /* reads accounts; NULL: none can be imported from */
    struct engine *engine; /* used inside engine tasks only */
    struct store *store;   /* read by workers */
    const char *directory; /* of the spool files; made when missing (its parent must exist) */
    /* An import ended, was held, applied or dropped; may be NULL. */
    void (*settled)(void *ctx);
    void *ctx;
    /* Tests: 0 means the constants above. */
    uint32_t segment_rows, chunk_rows;
};

/* The options' objects must outlive imports_free; texts are copied. */
struct imports *imports_new(const struct imports_options *options);
/* At start, once, before any import_new: goes on with jobs that did not end, and removes files in
 * the directory that belong to none. */
void imports_resume(struct imports *imports);
/* Starts nothing more. What is being received is given up; what was accepted stops at the next
 * chunk and goes on at the next start. `ended` is still called for each (ST_CANCELLED), then
 * `stopped`. */
void imports_stop(struct imports *imports, void (*stopped)(void *ctx), void *ctx);
void imports_free(struct imports *imports); /* after `stopped`; NULL is fine */
/* Ends an accepted job at the next chunk; what was applied stays. False: none such is going on. */
bool imports_cancel(struct imports *imports, uint64_t job);

/* [loop] Why an accepted import does not go on just now, or NULL. Lives until the next call of it.
 */
const char *imports_waits(const struct imports *imports, uint64_t job);
/* [loop] Accepted imports that a full or failing disk keeps from going on: each is tried again by
 * itself, and is not among them once that worked. Texts live for the call; `name` may be "". */
void imports_each_stuck(const struct imports *imports,
                        void (*each)(void *ctx, uint64_t job, const char *name, const char *why),
                        void *ctx);

/* GUARD. What an import would do is judged after the whole file was read and before its first row
 * is applied (engine/guard.h); each chunk again, for other commands pass between. One that is held
 * ends with its file kept. In an engine task, with the plan being applied: it goes on where it
 * stopped, but for rows changed since by more than orders, which are refused. Or it is given up. */
enum status imports_release_run(struct engine *engine, struct store_txn *txn, uint64_t job,
                                uint64_t since, struct error *error);
enum status imports_drop_run(struct engine *engine, struct store_txn *txn, uint64_t job,
                             int64_t now_ms, struct error *error);
/* [loop] After either is durable. */
void imports_look_again(struct imports *imports);

/* ---- one import */

struct import;

struct import_counts {
    uint64_t bytes;      /* of the file, as received */
    uint64_t bytes_read; /* of them, checked so far */
    uint64_t rows;       /* read so far, header and blank lines not counted */
    uint64_t done;       /* of them, applied, refused or left: the sum of these four */
    uint64_t changed, unchanged, refused;
    uint64_t left;    /* a plan released the import, but their stock was changed since by others; or
                         their product is gone */
    uint64_t created; /* products */
};

enum import_state {
    IMPORT_RUNNING = 1,
    IMPORT_DONE = 2,      /* every row was used */
    IMPORT_PARTIAL = 3,   /* some were refused, the others are applied; or cancelled amid */
    IMPORT_FAILED = 4,    /* nothing was changed but, perhaps, products created */
    IMPORT_CANCELLED = 5, /* before anything was changed */
    IMPORT_HELD = 6,      /* by the guard, with its file: a plan waits to be applied or dropped */
};
/* "running", "done" ... Static. */
const char *import_state_name(enum import_state state);

struct import_refusal {
    uint32_t line;   /* in the file, from 1 */
    uint32_t column; /* from 1; 0: of the row as a whole, or it is not known */
    const char *reason;
};

struct import_report; /* import_shop.h */

struct import_ending {
    const struct import_report *report; /* of a reading; NULL: a file, or it came to none */
    uint64_t job;                       /* 0: it was never accepted */
    enum import_state state;            /* RUNNING: stopped; it goes on at the next start */
    enum status status;                 /* ST_OK: done, or partial by refused rows */
    const char *error;                  /* a sentence, or "" */
    uint64_t plan;                      /* HELD: engine/plan.h */
    const char *found;                  /* encoding, separator, columns: in words; "": not known */
    struct import_counts counts;
    /* The first of the refused rows, by line; at most IMPORT_REFUSED_KEPT. */
    const struct import_refusal *refused;
    uint32_t refused_count;
    bool repeated; /* accepted before, under the same key: `job`, `state`, `counts`, `plan` and
                      `found` are that one's, as far as it is */
    int64_t duration_ms; /* from import_new, or from the resuming */
};

/* All but `ended` may be NULL. */
struct import_events {
    void (*writable)(void *ctx); /* import_write took less than it was given; it can take more */
    void (*accepted)(void *ctx, uint64_t job); /* durable */
    /* Something moved on. `waiting` is "" or says why nothing does for now. */
    void (*progress)(void *ctx, const struct import_counts *counts, const char *waiting);
    void (*ended)(void *ctx, const struct import_ending *ending); /* once, last */
    void *ctx;
    /* Of a reading: which of the stages goes on, and how far it is (total 0: not known). */
    void (*stage)(void *ctx, uint32_t stage, int64_t done, int64_t total, const char *waiting);
};

/* What an import from an account found there (import_shop.h). */
enum import_bucket {
    IMPORT_BUCKET_NONE = 0,
    IMPORT_BUCKET_CHANGED,     /* products whose figure is another one here */
    IMPORT_BUCKET_UNCHANGED,   /* products whose figure is the same */
    IMPORT_BUCKET_UNMATCHED,   /* listings that are tied to no product */
    IMPORT_BUCKET_CONFLICTING, /* listings of one product with different figures */
    IMPORT_BUCKET_REFUSED,     /* figures that are none */
    IMPORT_BUCKET_ABSENT,      /* products with pieces here that are not there */
    IMPORT_BUCKETS,
};
const char *import_bucket_name(enum import_bucket bucket);

struct import_shop_options {
    const char *account;     /* NULL: the rows come from a file */
    const char *remote;      /* the id of the remote warehouse; NULL: its only one */
    const char *mirror;      /* whose run it is (mirrors.h), or NULL */
    bool add;                /* to what is there, instead of replacing it */
    bool absent_zero;        /* what is not there becomes 0 */
    bool dry_run;            /* nothing is changed, and there is no job */
    enum import_bucket show; /* whose rows the report has */
};

/* Where the file of an import came from, when it was an inbox: a row of TABLE_INBOX says so in the
 * transaction that accepts it (inbox_record.h). */
struct import_origin {
    const char *inbox; /* its name; NULL: none */
    const char *claim; /* what the file is called there from now on */
    const char *file;  /* what it was called */
    int64_t modified_ms;
};

struct import_options {
    struct import_shop_options shop;
    const char *warehouse; /* of rows that name none; or NULL */
    enum figure_kind kind;
    enum cause cause; /* 0: CAUSE_IMPORT */
    bool create;      /* products of unknown SKUs are made; otherwise the row is refused */
    char separator;   /* 0: found in the first line */
    struct stock_naming columns; /* of the file, as far as somebody named them */
    enum text_encoding encoding; /* TEXT_FOUND: found in the bytes */
    const char *name;            /* of the source, for people: "prices.csv"; or NULL */
    const char *actor;           /* who asked */
    struct import_origin origin;
    const struct keyed *keyed; /* engine/keyed.h: of an import from an account; or NULL */
};

/* Texts are copied. Never NULL: what is wrong is told by `ended`. With shop.account there is
 * nothing to write: import_from_account. */
struct import *import_new(struct imports *imports, const struct import_options *options,
                          const struct import_events *events);
/* An import whose rows are the figures of an account in one remote warehouse of it, read now. */
struct import *import_from_account(struct imports *imports, const struct import_options *options,
                                   const struct import_events *events);
/* Takes as much as there is room for and returns how much that was. Less than given: `writable`
 * will be called. After a failure everything is taken and thrown away, and `ended` follows. */
size_t import_write(struct import *import, struct bytes bytes);
/* Before import_end: the hash of the whole file, for its origin's row. */
void import_digest(struct import *import, const uint8_t digest[IMPORT_DIGEST_SIZE]);
/* Before import_end: the request's key. An import that was accepted under it before is not made
 * again; `ended` shows that one (`repeated`). */
void import_key(struct import *import, const struct keyed *keyed);
/* That was all. `accepted` or `ended` follows. */
void import_end(struct import *import);
/* Before `accepted`: nothing remains. After: as imports_cancel. `ended` follows either way. */
void import_cancel(struct import *import);
/* The caller goes away: no callback is called any more. Before import_end that gives the import up;
 * after it, the import goes on. The handle is no longer valid. */
void import_release(struct import *import);

/* ---- what is stored [any thread] */

/* The stages of an import from an account. */
enum import_shop_stage {
    SHOP_STAGE_ORDERS = 0,
    SHOP_STAGE_LISTS = 1,
    SHOP_STAGE_STOCK = 2,
    SHOP_STAGE_FIGURES = 3, /* the orders again, and what comes of it all */
    SHOP_STAGE_APPLY = 4,
    SHOP_STAGES = 5,
};
const char *import_shop_stage_name(uint32_t stage);

struct import_shop_counts {
    uint64_t listed; /* listings with a figure there */
    uint64_t matched, unmatched, conflicting, refused;
    uint64_t changed, unchanged; /* products, as foreseen */
    uint64_t absent, zeroed, creatable;
    uint64_t positive; /* figures above 0 */
    uint64_t stocked;  /* products with pieces in the warehouse before */
};

struct import_job_shop {
    struct bytes account, remote; /* account of size 0: a file's */
    bool add, absent_zero;
    bool external;            /* the account's orders are not netted here */
    struct stock_shown shown; /* account 0: not read yet */
    struct import_shop_counts counts;
    struct import_stage_times {
        int64_t done, started_ms, ended_ms;
    } stages[SHOP_STAGES];
};

/* A row of TABLE_JOB (job u64 -> this). Texts point into the bytes. */
struct import_job {
    struct import_job_shop shop;
    enum import_state state;
    struct bytes file; /* the spool's name in the directory */
    struct bytes name, actor, warehouse, error;
    enum figure_kind kind;
    enum cause cause;
    bool create;
    char separator;
    int64_t started_ms, ended_ms;
    struct import_counts counts; /* `bytes_read` is not kept */
    /* The last pair that was applied; rows up to it are not applied again. 0: none. */
    uint64_t cursor_product;
    uint32_t cursor_warehouse;
    uint64_t chunks; /* recorded so far */
    uint64_t since;  /* released by a plan made after that command; 0: judged by the guard */
    uint64_t plan;   /* HELD: the plan that it waits for */
    enum text_encoding encoding;         /* as it was said */
    struct bytes found;                  /* of the file's form */
    struct bytes columns[STOCK_COLUMNS]; /* as they were named; "": by the words of the header */
};
enum status import_job_read(struct bytes from, struct import_job *job);
bool import_job_write(struct buf *out, const struct import_job *job);

/* A row of TABLE_JOB_BAD (job u64, line u64 -> this): the column (0: none) and the sentence. */
enum status import_refusal_read(struct bytes from, uint32_t *column, struct bytes *reason);
bool import_refusal_write(struct buf *out, uint32_t column, const char *reason);

#endif
