/* Commands about imports: a part of one is undone; one that the guard held is applied or dropped.
 */
#include "clerk.h"
#include "daemon.h"
#include "engine/plan.h"
#include "intake/import.h"
#include "jobs.h"
#include "op_theme.h"

/* Of which they are the clerk says. */

/* ---- undone */

static void record_undo(struct op *op, struct truth *t)
{
    const struct truth_past *past = clerk_undone(op->sim->clerk, op->undoes);
    if (past && op->sim->plan.mutation != MUTATION_LOST_UNDO)
        past_take_steps_back(t, past, false, op_latest_ms(op));
}

/* ---- decided */

/* What it is at that moment, read without the engine. */
static void look(struct op *op, struct store_txn *txn)
{
    struct import_job job;
    struct plan_view plan;
    op->may = jobs_row(txn, op->job, &job) && job.state == IMPORT_HELD && job.plan == op->plan;
    op->since = plan_get(txn, op->plan, &plan, NULL) == ST_OK ? plan.sequence : 0;
}

static bool applies(const struct op *op)
{
    return op->kind == OP_APPLY_IMPORT || op->sim->plan.mutation == MUTATION_DROP_APPLIES;
}

static enum command_kind write_decision(const struct op *op, struct store_txn *txn, struct buf *out)
{
    (void)txn;
    command_plan(out, op->plan);
    return applies(op) ? COMMAND_PLAN_APPLY : COMMAND_PLAN_DROP;
}

/* In the same transaction, as the API does. */
static enum status after(struct op *op, struct store_txn *txn, const struct command_result *result,
                         struct error *error)
{
    struct engine *engine = daemon_engine(op->sim->daemon);
    if (result->job != op->job)
        sim_fail(op->sim, "import", 0, "the plan of import %llu is of job %llu",
                 (unsigned long long)op->job, (unsigned long long)result->job);
    return applies(op) ? imports_release_run(engine, txn, op->job, op->since, error)
                       : imports_drop_run(engine, txn, op->job, op->now_ms, error);
}

static enum op_expected expect_decision(const struct op *op, const struct truth *t)
{
    (void)t;
    return op->may ? OP_TAKEN : OP_REFUSED;
}

static void record_applied(struct op *op, struct truth *t)
{
    (void)t;
    tally_count(&op->sim->tally, "held import goes on");
}

static void record_dropped(struct op *op, struct truth *t)
{
    (void)t;
    jobs_dropped(op->sim->jobs, op->job);
}

static void ended_decision(struct op *op, enum status status)
{
    if (status == ST_OK) jobs_look_again(op->sim->jobs);
}

const struct op_theme op_undo_import = {.name = "undo-import",
                                        .write = op_write_undo,
                                        .expected =
                                            op_expect_either, /* clerk.c knows what came since */
                                        .record = record_undo,
                                        .ended = clerk_answered};
const struct op_theme op_apply_import = {.name = "apply-import",
                                         .write = write_decision,
                                         .look = look,
                                         .after = after,
                                         .expected = expect_decision,
                                         .record = record_applied,
                                         .ended = ended_decision};
const struct op_theme op_drop_import = {.name = "drop-import",
                                        .write = write_decision,
                                        .look = look,
                                        .after = after,
                                        .expected = expect_decision,
                                        .record = record_dropped,
                                        .ended = ended_decision};
