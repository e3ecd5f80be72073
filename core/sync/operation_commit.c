/* What comes between a step and what it asks for. Order matters twice. What a step told is durable
 * before its request leaves. Charges for readings are claimed before that commit, so that the
 * quota's state goes into it (I13); a write's were claimed before its batch was selected (I7). What
 * was told waits for no charge, though: where there is none at once it is stored alone before, for
 * it may be orders, or a sign of some (I17). */
#include "sync/operation_private.h"

#include "base/log.h"
#include "engine/directory.h"

static void proceed(struct sync_operation *op)
{
    if (op->cancelled) {
        operation_end_with(op, STOCKD_FAIL_RETRY, "cancelled", "it was given up");
        return;
    }
    switch (op->step->verdict) {
    case STOCKD_SEND: operation_send(op); return;
    case STOCKD_WAIT:
        op->phase = PHASE_WAIT;
        operation_runtime(op)->timer_arm(operation_runtime(op), &op->timer, op->step->wait_ms);
        return;
    case STOCKD_MORE:
        op->phase = PHASE_SEND;
        transport_resume(op->account->sync->transport, &op->request);
        return;
    case STOCKD_DONE:
    case STOCKD_FAIL:
    case STOCKD_DEFAULT: operation_end_by_verdict(op); return;
    }
}

/* Who nets the orders may have changed since the reading began, and back again: what it tells is of
 * before the new cut-over, and that it came to its end says nothing of that. */
static bool is_outdated(const struct sync_operation *op, struct store_txn *txn)
{
    if (op->kind != STOCKD_FETCH_ORDERS) return false;
    const struct directory *d = engine_directory(op->account->sync->engine, txn, NULL);
    const struct directory_account *of = d ? directory_account(d, op->account->number) : NULL;
    return of && of->orders_era != op->orders_era;
}

static enum status commit_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct sync_operation *op =
        (struct sync_operation *)((char *)task - offsetof(struct sync_operation, task));
    struct sync *sync = op->account->sync;
    if (op->account->probe) return probe_match(op->account, op->step, txn, error);
    struct command command = {.kind = COMMAND_ROWS,
                              .actor = op->account->name,
                              .now_ms = op->telling.now_ms,
                              .payload = bytes_of(op->payload.data, op->payload.size),
                              .unlogged = !op->logged};
    /* The tokens first: what cannot be sealed has changed nothing. */
    enum status status = ST_OK;
    op->result = (struct command_result){0};
    op->outdated = is_outdated(op, txn);
    if (op->outdated) return ST_OK;
    if (op->renewed)
        status = token_store(sync->seal, txn, op->account->name, op->renewed, op->step,
                             op->telling.now_ms, error);
    if (status == ST_OK && op->commit)
        status = engine_apply(sync->engine, txn, &command, &op->result, error);
    /* What it changed of them is read with it: no task of its own has to. */
    if (status != ST_OK || !op->facts_ms) return status;
    enum engine_facts which = engine_touched_facts_take(sync->engine, op->account->number);
    if (which == FACTS_NONE) return ST_OK;
    return facts_read(op->account, which, op->facts_ms, txn, &op->facts, error);
}

/* They may be the only ones with which the account can be opened: held on to until they are
 * durable. */
static bool hold_tokens(struct sync_operation *op)
{
    enum { STORE_AGAIN_MS = 1000 };
    if (op->step->token_count == 0 || op->cancelled) return false;
    op->store_again = true;
    op->phase = PHASE_WAIT;
    operation_runtime(op)->timer_arm(operation_runtime(op), &op->timer, STORE_AGAIN_MS);
    return true;
}

static void note_refused(struct sync_operation *op)
{
    if (!op->refusals || !op->result.refused) return;
    op->refusals->count += op->result.refused;
    op->refusals->run = op->result.run;
}

static void commit_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct sync_operation *op =
        (struct sync_operation *)((char *)task - offsetof(struct sync_operation, task));
    if (status == ST_OK && op->account->probe) {
        op->cancelled |= probe_took(op->account, op->step) && op->step->verdict == STOCKD_SEND;
        proceed(op);
        return;
    }
    if (status == ST_OK && op->facts) facts_take(op->facts);
    if (status != ST_OK) facts_free(op->facts);
    op->facts = NULL;
    if (status == ST_OK && op->outdated) {
        op->account->facts_stale = true;
        operation_end_with(op, STOCKD_FAIL_RETRY, "cut-over",
                           "meanwhile it changed who nets the orders: they are read anew");
        return;
    }
    if (status == ST_OK) {
        note_refused(op);
        if (op->renewed) authorize_stored(op->account, op->renewed, op->step);
        op->renewed = NULL;
        if (op->unclaimed && !op->cancelled)
            operation_repeat(op);
        else
            proceed(op);
        return;
    }
    char quoted[LOG_QUOTED_MAX];
    log_error("sync", "not-stored", "account=%s operation=%s error=%s", op->account->name,
              plugin_operation_name(op->kind), log_quote(error->text, quoted));
    if (hold_tokens(op)) return;
    op->account->recovered = false; /* its writes are found again by their flight rows */
    operation_end_with(op, STOCKD_FAIL_RETRY, "not-stored", error->text);
}

void operation_store(struct sync_operation *op)
{
    op->phase = PHASE_COMMIT;
    op->facts_ms = op->account->facts_known ? sync_now_ms(op->account->sync) : 0;
    op->task.run = commit_run;
    op->task.done = commit_done;
    op->task.plan = 0;
    operation_runtime(op)->engine_submit(operation_runtime(op), &op->task);
}

static void commit(struct sync_operation *op)
{
    if (op->claimed) {
        struct arena memory = {0};
        uint32_t count;
        struct engine_quota_row *rows =
            quotas_rows(&op->claim, sync_now_ms(op->account->sync), &memory, &count);
        for (uint32_t i = 0; i < count; i++)
            rows_quota(&op->payload, rows[i].bucket, rows[i].state);
        op->commit |= count > 0;
        arena_free(&memory);
    }
    if (op->commit || op->renewed || op->account->probe)
        operation_store(op);
    else
        proceed(op);
}

static void on_granted(struct quota_claim *claim, int64_t now_ms)
{
    (void)now_ms;
    struct sync_operation *op =
        (struct sync_operation *)((char *)claim - offsetof(struct sync_operation, claim));
    op->claimed = true;
    commit(op);
}

void operation_commit(struct sync_operation *op)
{
    struct sync *sync = op->account->sync;
    const struct stockd_request *request =
        op->step->verdict == STOCKD_SEND ? op->step->request : NULL;
    op->unclaimed = false;
    op->claim = (struct quota_claim){.class = op->class, .granted = on_granted};
    if (!request || op->charged ||
        !quotas_claim_fill(op->account, &op->claim, request->charges, 1)) {
        commit(op);
        return;
    }
    op->phase = PHASE_CLAIM;
    if (quota_claim(sync->book, &op->claim, sync_now_ms(sync))) {
        op->claimed = true;
        commit(op);
        return;
    }
    if ((op->commit || op->renewed) && !op->account->probe) {
        quota_cancel(sync->book, &op->claim, sync_now_ms(sync));
        op->unclaimed = true;
        operation_store(op);
        return;
    }
    quotas_turn(sync); /* arms the timer for the time it can be granted */
}

void operation_repeat(struct sync_operation *op)
{
    const struct rows_head head = {.account = op->account->number,
                                   .data_version = op->account->plugin->data_version};
    buf_reset(&op->payload);
    rows_begin(&op->payload, &head);
    op->commit = op->logged = false;
    operation_commit(op);
}
