/* What the files of the import share. Each stage has its file: receiving, reading, applying;
 * import.c leads an import from one to the next, import_job.c stores. */
#ifndef STOCKD_INTAKE_IMPORT_PRIVATE_H
#define STOCKD_INTAKE_IMPORT_PRIVATE_H

#include "base/buf.h"
#include "engine/guard_foresee.h"
#include "intake/import.h"
#include "intake/import_fill.h"
#include "intake/import_reader.h"
#include "intake/import_refused.h"

#define IMPORT_FILE_PREFIX "import-" /* of names in the directory that are ours */
enum {
    IMPORT_FILE_NAME_MAX = 64,
    IMPORT_CHUNKS = 2, /* one is applied while the next is made or waits */
};

enum import_stage {
    STAGE_RECEIVING, /* bytes arrive */
    STAGE_ACCEPTING, /* the job is being recorded */
    STAGE_GATHERING, /* the account is being read */
    STAGE_WAITING,   /* for the import before it */
    STAGE_READING,   /* rows are checked, products made */
    STAGE_JUDGING,   /* by the guard */
    STAGE_APPLYING,
    STAGE_ENDING,   /* how it ended is being recorded */
    STAGE_REMOVING, /* its file */
    STAGE_TELLING,
};

enum import_slot_state { SLOT_EMPTY, SLOT_FILLING, SLOT_READY, SLOT_SENT };

/* One chunk on its way to the engine. */
struct import_slot {
    struct engine_task task;
    struct import *import;
    enum import_slot_state state;
    struct import_chunk chunk;
    uint64_t number;            /* the job's `chunks` before it */
    int64_t now_ms;             /* when it was submitted */
    struct import_counts after; /* the job's, with it */
};

struct import {
    struct imports *imports;
    struct import *next;
    enum import_stage stage;
    struct import_events events;
    struct import_options options; /* texts are ours */
    uint64_t job;                  /* 0: not accepted yet */
    char file[IMPORT_FILE_NAME_MAX];
    char *path;
    int64_t started_ms, begun_us;
    struct import_counts counts;
    uint8_t digest[IMPORT_DIGEST_SIZE]; /* of the file, when it has an origin */
    struct keyed keyed;                 /* of the request */
    bool has_key, repeated;             /* repeated: accepted before, under that key */
    bool cancelled, halted;             /* by a person; by imports_stop */
    struct error error;                 /* why it cannot go on */
    enum import_state state;
    struct import_refused refused;

    /* What is on its way. One work task and one engine task at a time, and the chunks. */
    unsigned busy;
    struct work_task work;
    struct error work_error;
    struct engine_task task;
    struct import_counts stored; /* by the engine task: the job's */
    uint64_t new_job;            /* by the engine task */
    int64_t now_ms;              /* when the engine task was submitted */
    struct timer timer;
    void (*on_timer)(struct import *import); /* NULL: not armed */
    char waits[ERROR_TEXT_MAX];              /* what for, or "" */
    bool stuck;                              /* for room on a disk, or for a disk that works */
    int64_t retry_ms;

    /* Receiving: one buffer fills while the other is written. */
    struct buf filling, writing;
    int fd;                            /* the worker's; -1: none */
    bool whole, finishing, want_space; /* finishing: the task on its way is the last one */

    struct import_shop *shop; /* of an import from an account, or NULL (import_shop.c) */

    /* Reading. */
    struct import_source *source;
    char found[IMPORT_FOUND_MAX]; /* of the file's form */
    uint32_t payload;             /* of the source: the next to be applied */

    /* Judging. */
    uint64_t since;               /* a plan made after that command released it; 0: it is judged */
    bool to_judge;                /* there is a guard, and something that it could hold */
    struct guard_effects effects; /* foreseen */
    char because[ERROR_TEXT_MAX]; /* what a chunk was held for */
    uint64_t plan;                /* that it is held by */

    /* Applying. */
    struct import_fill fill;
    struct import_slot slots[IMPORT_CHUNKS];
    unsigned oldest; /* slot */
    uint64_t chunks; /* number of the next chunk to be filled */
    struct stock_row cursor;
    struct import_slot *to_fill; /* the worker's, or NULL */
    bool filled_all;
    struct error slot_error; /* of the oldest chunk that failed; none is sent meanwhile */
};

struct imports {
    struct imports_options options;
    char *directory;
    struct import *first;
    struct import *running;       /* being read or applied */
    struct import_resume *resume; /* going on; NULL: no */
    bool look_again;              /* after that */
    struct timer retry;           /* looks again where the store could not be read */
    int64_t retry_ms;             /* ... by how much it waited last; 0: it could */
    bool stopping;
    struct timer timer; /* tells `stopped` */
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

static inline struct import *import_of_work(struct work_task *task)
{
    return (struct import *)((char *)task - offsetof(struct import, work));
}

static inline struct import *import_of_task(struct engine_task *task)
{
    return (struct import *)((char *)task - offsetof(struct import, task));
}

/* ---- import.c */

struct import *import_make(struct imports *imports, const struct import_options *options);
/* Its file in the directory, of a name that no other has. */
void import_name_file(struct import *import, const char *suffix);
void import_work(struct import *import, void (*run)(struct work_task *),
                 void (*done)(struct work_task *));
struct import *import_work_done(struct work_task *task);
void import_engine(struct import *import,
                   enum status (*run)(struct engine_task *, struct store_txn *, struct error *),
                   void (*done)(struct engine_task *, enum status, const struct error *));
struct import *import_engine_done(struct engine_task *task);
/* `fire` on a later turn; earlier when it is cancelled meanwhile. */
void import_later(struct import *import, int64_t ms, void (*fire)(struct import *));
/* How long to wait after a pause of so much, which was in vain; 0: after none. */
int64_t import_retry_ms(int64_t before_ms);
/* Something that passes by itself (a full disk): true, and `again` comes. */
bool import_retry(struct import *import, const struct error *error, void (*again)(struct import *));
void import_progress(struct import *import, const char *waiting);
/* True when it is cancelled or halted: then it is being ended, and the caller returns. Nothing may
 * be on its way. */
bool import_ends_early(struct import *import);
/* It ended, by import->error when there is one. Nothing may be on its way. */
void import_finish(struct import *import);
void import_told_held(struct import *import); /* it ended so, durably */
void imports_turn(struct imports *imports);   /* the next one may be read */
void imports_check_stopped(struct imports *imports);

/* ---- import_shop.c: imports from an account */

bool import_is_shop(const struct import *import);
void import_shop_start(struct import *import); /* reads the account, or reads it again */
void import_shop_stop(struct import *import);  /* what it waits for, it waits for no more */
void import_shop_free(struct import *import);
/* With the job's facts: what was read before the process ended. */
void import_shop_resume(struct import *import, const struct import_job *job);
/* Its spool as a source. */
struct import_source *import_shop_source(struct import *import);
const struct stock_shown *import_shop_shown(const struct import *import);
void import_shop_stage(struct import *import, uint32_t stage);
/* [engine] Whether it looks like an error of the marketplace: ST_HELD with a sentence. */
enum status import_shop_judge(const struct import *import, struct error *error);
/* Before an engine task: the job's facts as they are now, which it may look at. */
void import_shop_send(struct import *import);
/* [engine] Those. */
void import_shop_describe(const struct import *import, struct import_job_shop *shop);
const struct import_report *import_shop_report(const struct import *import);

/* ---- the stages */

void import_accept(struct import *import);

void import_receive_turn(struct import *import);
void import_read_start(struct import *import);
void import_judge_start(struct import *import);
/* A chunk was held: so is the rest of the import. */
void import_hold(struct import *import, const char *reason);
void import_apply_start(struct import *import);
void import_apply_free(struct import *import);

/* ---- import_job.c: inside engine tasks */

enum status import_job_accept(struct import *import, struct store_txn *txn, struct error *error);
enum status import_job_created(struct import *import, struct store_txn *txn, uint64_t created,
                               struct error *error);
/* What was read at the account, or how far that is. */
enum status import_job_shop(struct import *import, struct store_txn *txn, struct error *error);
enum status import_job_checked(struct import *import, struct store_txn *txn, struct error *error);
/* ST_CONFLICT: the chunk before it is missing. */
enum status import_job_chunk(struct import *import, struct import_slot *slot, struct store_txn *txn,
                             struct error *error);
/* Held: the job's row, its run and the plan. */
enum status import_job_held(struct import *import, const struct guard_effects *effects,
                            const char *reason, struct store_txn *txn, struct error *error);
enum status import_job_ended(struct import *import, struct store_txn *txn, struct error *error);

#endif
