/* One operation under way: step on a worker, commit what it told, send what it asks for, and again.
 * Exactly one thing is outstanding at any time: a step, a claim on quotas, a commit, a request, or
 * a wait. Here are its life and its steps; operation_commit.c has what comes between a step and
 * its request, operation_send.c the request and its answer. */
#include "sync/operation_private.h"

#include "base/log.h"
#include "base/mem.h"
#include "net/recorder.h"

#include <stdio.h>
#include <string.h>

static void next_step(struct sync_account *account);

void *sync_operation_ctx(const struct sync_operation *op)
{
    return op->ctx;
}

struct sync_operation *sync_operation_next(struct sync_operation *op)
{
    return op->next;
}

/* ---- the end */

static void give_back_charges(struct sync_operation *op)
{
    struct sync *sync = op->account->sync;
    int64_t now = sync_now_ms(sync);
    if (op->claimed) quota_finish(sync->book, &op->claim, now);
    op->claimed = false;
    if (op->charged) {
        if (op->charge_used)
            quota_finish(sync->book, op->charged, now);
        else
            quota_cancel(sync->book, op->charged, now);
        mem_free(op->charged);
        op->charged = NULL;
    }
    quotas_turn(sync);
}

static void unlink_operation(struct sync_operation *op)
{
    struct sync_operation **at = &op->account->operations;
    while (*at != op)
        at = &(*at)->next;
    *at = op->next;
}

/* What surely did nothing: it never left, or was refused. */
static bool is_unsure(const struct sync_operation *op)
{
    const struct stockd_response *r = &op->response;
    if (op->ending.ok || !op->sent_ms || r->transport == STOCKD_NOT_SENT) return false;
    return r->transport != STOCKD_ARRIVED || r->status < 400 || r->status == 408 ||
           r->status >= 500;
}

static void operation_end(struct sync_operation *op)
{
    struct sync_account *account = op->account;
    op->ending.unsure = is_unsure(op);
    /* It may end before the last part of an answer: the others have nobody to be given to. */
    if (op->streaming) transport_cancel(account->sync->transport, &op->request);
    give_back_charges(op);
    unlink_operation(op);
    op->ended(op, &op->ending);
    operation_runtime(op)->timer_close(operation_runtime(op), &op->timer);
    token_set_unref(op->tokens);
    token_set_unref(op->renewed);
    plugin_operation_free(op->plugin);
    if (op->batch) engine_batch_free(op->batch);
    mem_free(op->batch);
    mem_free(op->telling.told);
    buf_free(&op->url);
    buf_free(&op->body);
    buf_free(&op->payload);
    facts_free(op->facts);
    arena_free(&op->answer);
    mem_free(op);
    sync_busy(account, -1);
    account_turn(account);
}

void operation_end_with(struct sync_operation *op, enum stockd_fail fail, const char *code,
                        const char *text)
{
    op->ending.ok = false;
    op->ending.fail = fail;
    op->ending.code = code;
    op->ending.text = text;
    operation_end(op);
}

static enum stockd_fail fail_of_meaning(enum plugin_meaning meaning)
{
    if (meaning == PLUGIN_MEANS_AUTH) return STOCKD_FAIL_AUTH;
    if (meaning == PLUGIN_MEANS_DENIED) return STOCKD_FAIL_DENIED;
    return STOCKD_FAIL_RETRY;
}

void operation_end_by_verdict(struct sync_operation *op)
{
    const struct plugin_step *step = op->step;
    const struct recorder *recorder = op->account->sync->recorder;
    char text[SYNC_TEXT_MAX], code[SYNC_TEXT_MAX];
    op->ending.ok = step->verdict == STOCKD_DONE;
    op->ending.bug = step->bug != NULL;
    if (step->verdict == STOCKD_FAIL) {
        op->ending.fail = step->fail;
        op->ending.code = step->bug ? "plugin-bug"
                                    : recorder_masked(recorder, op->account->name, step->fail_code,
                                                      code, sizeof code);
        op->ending.text =
            recorder_masked(recorder, op->account->name, step->bug ? step->bug : step->fail_text,
                            text, sizeof text);
    } else if (step->verdict == STOCKD_DEFAULT) {
        op->ending.meaning = step->meaning;
        op->ending.fail = fail_of_meaning(step->meaning);
        op->ending.code = plugin_meaning_name(step->meaning);
        if (op->response.transport == STOCKD_ARRIVED)
            snprintf(text, sizeof text, "answered with status %d", op->response.status);
        else
            snprintf(text, sizeof text, "%s",
                     op->response.error ? op->response.error : "no whole answer came");
        op->ending.text = text;
    }
    if (op->refused && !op->ending.ok && op->ending.fail == STOCKD_FAIL_AUTH &&
        authorize_will_help(op->account, op->generation)) {
        op->ending.fail = STOCKD_FAIL_RETRY;
        op->ending.code = "token-renewed";
        op->ending.text = "the token was refused; it goes again with a newer one";
    } else if (op->refused && !op->ending.ok && op->telling.token_is_good) {
        op->ending.fail = STOCKD_FAIL_RETRY;
        op->ending.code = "http-401";
        op->ending.text = "a token that was just renewed, and works elsewhere, was refused";
    }
    operation_end(op);
}

/* ---- steps, one at a time in an account */

static void note_step(struct sync_operation *op)
{
    const struct plugin_step *step = op->step;
    char quoted[LOG_QUOTED_MAX];
    uint64_t before = op->ending.rows;
    op->ending.rows +=
        step->warehouse_count + step->listing_count + step->stock_count + step->order_line_count;
    op->ending.completed |= step->complete_count > 0;
    for (size_t i = 0; i < step->complete_count; i++) {
        op->ending.listed |= step->completes[i].scope == STOCKD_SCOPE_LISTINGS;
        op->ending.all_stock |= step->completes[i].scope == STOCKD_SCOPE_ALL_STOCK;
    }
    op->ending.kept |= step->state_count > 0;
    op->ending.drained |= step->drained_until_ms != STOCKD_UNKNOWN;
    op->ending.malformed |= step->malformed_count > 0;
    char masked[SYNC_TEXT_MAX];
    const struct recorder *recorder = op->account->sync->recorder;
    const char *account = op->account->name;
    if (step->bug)
        log_error("sync", "plugin-bug", "account=%s operation=%s error=%s", account,
                  plugin_operation_name(op->kind),
                  log_quote(recorder_masked(recorder, account, step->bug, masked, sizeof masked),
                            quoted));
    for (size_t i = 0; i < step->malformed_count && i < 5; i++)
        log_warning("sync", "malformed-row", "account=%s operation=%s what=%s", account,
                    plugin_operation_name(op->kind),
                    log_quote(recorder_masked(recorder, account, step->malformed[i].what, masked,
                                              sizeof masked),
                              quoted));
    for (int i = 0; i < SYNC_TASKS; i++) {
        struct sync_duty *duty = &op->account->duties[i];
        if (duty->operation != op) continue;
        bool rows = op->ending.rows != before;
        if (rows)
            duty->kept = duty_goes_on(op->account, (enum sync_task)i) && step->state_count > 0;
        if (rows || (step->progress_done >= 0 &&
                     (step->progress_done != duty->done || step->progress_total != duty->total)))
            duty->moved_ms = sync_now_ms(op->account->sync);
        duty->told |= step->progress_done > 0;
        duty->done = step->progress_done >= 0 ? step->progress_done : (int64_t)op->ending.rows;
        duty->total = step->progress_done >= 0 ? step->progress_total : 0;
        load_stage_progress(op->account, (enum sync_task)i);
    }
    if (step->prompt && op->kind == STOCKD_AUTHORIZE) authorize_prompt(op->account, step->prompt);
    quotas_learn(op->account, step->quota_facts, step->quota_fact_count,
                 op->claimed ? &op->claim : op->charged);
}

static void step_run(struct work_task *work)
{
    struct sync_operation *op =
        (struct sync_operation *)((char *)work - offsetof(struct sync_operation, work));
    op->step = plugin_operation_step(op->plugin, &op->input);
    op->commit = sync_translate(op->step, &op->telling, &op->payload, &op->logged);
}

static void step_done(struct work_task *work)
{
    struct sync_operation *op =
        (struct sync_operation *)((char *)work - offsetof(struct sync_operation, work));
    struct sync_account *account = op->account;
    account->step_running = NULL;
    next_step(account);
    note_step(op);
    op->renewed = token_set_next(account->authorize.tokens, op->step,
                                 account->authorize.generation + 1, op->telling.now_ms);
    op->repeats = 0;
    operation_commit(op);
}

static void next_step(struct sync_account *account)
{
    struct sync_operation *op = account->step_first;
    if (!op || account->step_running) return;
    account->step_first = op->step_next;
    if (!account->step_first) account->step_last = NULL;
    account->step_running = op;
    op->input.now_ms = op->telling.now_ms = sync_now_ms(account->sync);
    op->telling.drained_ms = account->orders.drained_ms; /* the worker must not look there */
    if (op->refusals) op->telling.refusals = *op->refusals;
    /* Its cursor is a time of the marketplace's: sync's own runs ahead of the clock when that is
     * set back, and would ask for a time to come. */
    if (op->kind == STOCKD_FETCH_ORDERS)
        op->input.now_ms = clock_wall_ms(account->sync->runtime->clock);
    op->work = (struct work_task){.run = step_run, .done = step_done};
    operation_runtime(op)->work_submit(operation_runtime(op), &op->work);
}

void operation_step_later(struct sync_operation *op, enum stockd_event event)
{
    struct sync_account *account = op->account;
    op->phase = PHASE_STEP;
    op->input = (struct plugin_input){.event = event};
    if (event == STOCKD_RESPONSE) {
        op->input.response = &op->response;
        op->input.header = operation_answer_header;
        op->input.header_ctx = op;
    }
    op->step_next = NULL;
    if (account->step_last)
        account->step_last->step_next = op;
    else
        account->step_first = op;
    account->step_last = op;
    next_step(account);
}

/* ---- the beginning */

static void on_timer(struct timer *timer)
{
    struct sync_operation *op =
        (struct sync_operation *)((char *)timer - offsetof(struct sync_operation, timer));
    if (op->store_again) {
        op->store_again = false;
        operation_store(op);
        return;
    }
    operation_step_later(op, STOCKD_TIMER);
}

bool sync_operation_start(const struct sync_setup *setup, struct sync_operation **operation,
                          struct error *error)
{
    struct sync_account *account = setup->account;
    struct plugin_setup with = {
        .start = setup->start, .states = setup->states, .state_count = setup->state_count};
    memcpy(with.id, setup->id, sizeof with.id);
    struct plugin_value tokens[TOKENS_MAX];
    const struct token_set *set = account->authorize.tokens;
    for (uint32_t i = 0; set && i < set->count; i++)
        tokens[with.token_count++] = (struct plugin_value){set->list[i].name, set->list[i].value};
    with.tokens = tokens;
    struct plugin_operation *plugin = plugin_operation_new(account->instance, &with, error);
    if (!plugin) return false;
    struct sync_operation *op = mem_alloc(sizeof *op);
    op->account = account;
    op->plugin = plugin;
    op->kind = setup->kind;
    memcpy(op->id, setup->id, sizeof op->id);
    op->batch = setup->batch;
    op->charged = setup->charged;
    op->class = setup->class;
    op->refusals = setup->refusals;
    op->orders_era = setup->orders_era;
    op->answered = setup->answered;
    op->ended = setup->ended;
    op->ctx = setup->ctx;
    op->timer.fire = on_timer;
    buf_init(&op->url, STOCKD_PATH_MAX + 1024);
    buf_init(&op->body, STOCKD_BODY_MAX);
    buf_init(&op->payload, COMMAND_PAYLOAD_MAX);
    op->telling =
        (struct sync_telling){.account = account,
                              .plugin = account->plugin,
                              .batch = op->batch,
                              .told = op->batch ? mem_array(op->batch->count, sizeof(bool)) : NULL,
                              .flight = setup->flight,
                              .id = op->id,
                              .print = account->print,
                              .kind = op->kind,
                              .route = setup->start->route};
    op->next = account->operations;
    account->operations = op;
    sync_busy(account, 1);
    if (operation) *operation = op;
    operation_step_later(op, STOCKD_START);
    return true;
}

void sync_operation_cancel(struct sync_operation *op)
{
    struct sync *sync = op->account->sync;
    if (op->cancelled) return;
    op->cancelled = true;
    switch (op->phase) {
    case PHASE_CLAIM: quota_cancel(sync->book, &op->claim, sync_now_ms(sync)); break;
    case PHASE_SEND:
        transport_cancel(sync->transport, &op->request);
        op->streaming = false;
        break;
    case PHASE_WAIT: sync->runtime->timer_stop(sync->runtime, &op->timer); break;
    case PHASE_TOKEN: break;
    case PHASE_STEP:
    case PHASE_COMMIT: return; /* ends when that comes back */
    }
    operation_end_with(op, STOCKD_FAIL_RETRY, "cancelled", "it was given up");
}
