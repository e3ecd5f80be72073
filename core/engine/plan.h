/* Plans: what a held command, a held job or the whole outbox would send, kept under an id that is
 * bound to its content, until somebody applies or drops it.
 *
 * A held command is applied again as it was given, unguarded, unless the stock of a product in its
 * plan, or of another one whose figures it would change by now, was changed since by anything but
 * orders: then it is refused and says what differs. A held
 * job goes on with the rows for which that is so, and refuses the others (import.h). A plan of the
 * outbox makes a new account live; what was changed since it is left for the next plan.
 *
 * IDS. "p" and twelve hexadecimal digits: a hash of what it would do. The same command held again
 * is the same plan.
 *
 * THREADS. The engine's inside its transaction, but for plan_read, plan_id_* and the queries. */
#ifndef STOCKD_ENGINE_PLAN_H
#define STOCKD_ENGINE_PLAN_H

#include "engine/guard.h"

enum {
    PLAN_ID_TEXT = 16,      /* bytes of an id as text, with its end */
    PLANS_MAX = 1000,       /* kept; no more is held then, but refused */
    PLANS_OUTBOX_KEPT = 50, /* of them: of the outbox; older ones are forgotten */
};

enum plan_kind { PLAN_COMMAND = 1, PLAN_JOB = 2, PLAN_OUTBOX = 3 };
const char *plan_kind_name(enum plan_kind kind);

/* What a plan that was applied came to, in the history: followed by a number, but for the last
 * two. */
#define PLAN_AS_COMMAND "command"
#define PLAN_AS_IMPORT  "import"
#define PLAN_AS_OUTBOX  "sent"
#define PLAN_AS_NOTHING "nothing to do"
/* An account that was new sends from then on. */
#define PLAN_LIVE "live"

/* A row of TABLE_PLAN. Texts point into the bytes. */
struct plan_view {
    enum plan_kind kind;
    uint64_t sequence; /* what was changed by later commands is not in it */
    int64_t created_ms;
    struct bytes actor, reason;
    struct bytes payload; /* of the held command; PLAN_OUTBOX: what was answered who made it */
    uint32_t command;     /* enum command_kind */
    uint64_t job;         /* PLAN_JOB */
    uint32_t account;     /* PLAN_OUTBOX; 0: all */
    uint64_t total;       /* figures that would be changed */
    uint64_t zeroed, raised;
    int64_t pieces;
};
bool plan_write(struct buf *out, const struct plan_view *plan);
enum status plan_read(struct bytes from, struct plan_view *plan);

void plan_id_text(uint64_t id, char text[PLAN_ID_TEXT]);
bool plan_id_parse(const char *text, uint64_t *id);

/* ST_NOT_FOUND with a sentence. */
enum status plan_get(struct store_txn *txn, uint64_t id, struct plan_view *plan,
                     struct error *error);
bool plan_row_read(struct bytes value, struct guard_row *row);

/* After engine_apply said ST_HELD and its transaction was given up: in a new one, keeps the command
 * with its plan. The sentence goes into `reason`. Nothing is kept (ST_NOT_FOUND) of commands that
 * belong to a job: the job is held as a whole. */
enum status plan_keep_held(struct engine *engine, struct store_txn *txn, uint64_t *id,
                           struct error *reason);
/* Keeps a job that was judged before its first chunk (or held amid). */
enum status plan_keep_job(struct engine *engine, struct store_txn *txn, uint64_t job,
                          const struct guard_effects *effects, const char *actor,
                          const char *reason, int64_t now_ms, uint64_t *id, struct error *error);
/* Keeps a plan of the outbox whose content has this hash. */
enum status plan_keep_outbox(struct engine *engine, struct store_txn *txn, uint64_t id,
                             const struct plan_view *plan, struct error *error);

/* COMMAND_PLAN_APPLY, COMMAND_PLAN_DROP. result.job: of a held job, which is to go on (or to be
 * given up); result.rows: figures that were changed. */
void command_plan(struct buf *out, uint64_t id);

/* Whether anything but orders changed the product's stock after that command, and before the other
 * one (UINT64_MAX: until now). [any thread] */
enum status plan_product_changed(struct store_txn *txn, uint64_t product, uint64_t sequence,
                                 uint64_t before, bool *changed, struct error *error);

#endif
