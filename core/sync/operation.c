/* One operation under way: step on a worker, commit what it told, send what it asks for, and again.
 * Exactly one thing is outstanding at any time: a step, a claim on quotas, a commit, a request, or
 * a wait.
 *
 * Order matters twice. What a step told is durable before its request leaves. Charges for readings
 * are claimed before that commit, so that the quota's state goes into it (I13); a write's were
 * claimed before its batch was selected (I7). */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum phase { PHASE_STEP, PHASE_CLAIM, PHASE_COMMIT, PHASE_SEND, PHASE_WAIT };

enum { HEADERS_KEPT_MAX = 64 };

struct sync_operation {
    struct sync_account *account;
    struct sync_operation *next;      /* of the account's operations */
    struct sync_operation *step_next; /* of those waiting for a step */
    struct plugin_operation *plugin;
    enum stockd_operation kind;
    enum phase phase;
    bool cancelled, streaming;
    uint8_t id[OPERATION_ID_SIZE];
    struct engine_batch *batch;
    struct quota_claim *charged, claim;
    bool claimed, charge_used;
    enum quota_class class;
    void (*answered)(void *ctx);
    sync_ended_fn *ended;
    void *ctx;

    struct work_task work;
    struct engine_task task;
    struct timer timer;
    struct net_request request;
    struct net_header headers[STOCKD_HEADERS_MAX];
    int64_t sent_ms; /* when the last request left, by sync/time.h: the transport's is the wall's */
    struct buf url, body, payload;
    bool commit, logged;

    struct plugin_input input;
    struct stockd_response response;
    struct arena answer; /* what the answer held */
    struct net_header answer_headers[HEADERS_KEPT_MAX];
    size_t answer_header_count;

    const struct plugin_step *step;
    struct sync_telling telling;
    struct sync_ending ending;
};

static void next_step(struct sync_account *account);

static struct runtime *runtime_of(struct sync_operation *op)
{
    return op->account->sync->runtime;
}

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

static void operation_end(struct sync_operation *op)
{
    struct sync_account *account = op->account;
    give_back_charges(op);
    unlink_operation(op);
    op->ended(op, &op->ending);
    runtime_of(op)->timer_close(runtime_of(op), &op->timer);
    plugin_operation_free(op->plugin);
    if (op->batch) engine_batch_free(op->batch);
    mem_free(op->batch);
    mem_free(op->telling.told);
    buf_free(&op->url);
    buf_free(&op->body);
    buf_free(&op->payload);
    arena_free(&op->answer);
    mem_free(op);
    sync_busy(account, -1);
    account_turn(account);
}

static void end_with(struct sync_operation *op, enum stockd_fail fail, const char *code,
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

static void end_by_verdict(struct sync_operation *op)
{
    const struct plugin_step *step = op->step;
    char text[SYNC_TEXT_MAX];
    op->ending.ok = step->verdict == STOCKD_DONE;
    op->ending.bug = step->bug != NULL;
    if (step->verdict == STOCKD_FAIL) {
        op->ending.fail = step->fail;
        op->ending.code = step->bug ? "plugin-bug" : step->fail_code;
        op->ending.text = step->bug ? step->bug : step->fail_text;
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
    operation_end(op);
}

/* ---- sending */

static const char *find_secret(void *ctx, const char *name, bool refresh)
{
    struct sync_operation *op = ctx;
    return refresh ? NULL : plugin_instance_secret(plugin_operation_instance(op->plugin), name);
}

static bool fill_headers(struct sync_operation *op, const struct stockd_request *from)
{
    for (uint32_t i = 0; i < from->header_count; i++) {
        const struct stockd_header *h = &from->headers[i];
        const char *secret = h->secret ? find_secret(op, h->secret, false) : NULL;
        if (h->secret && !secret) return false;
        op->headers[i] = (struct net_header){.name = h->name,
                                             .value = h->value,
                                             .secret = secret,
                                             .use = (enum net_secret_use)h->use};
    }
    return true;
}

static enum stockd_transport transport_of(enum net_result result)
{
    switch (result) {
    case NET_ARRIVED: return STOCKD_ARRIVED;
    case NET_NOT_SENT: return STOCKD_NOT_SENT;
    case NET_LOST: return STOCKD_LOST;
    case NET_TOO_LARGE: return STOCKD_TOO_LARGE;
    }
    return STOCKD_LOST;
}

/* When figures are said to have been read. Right after a step of the clock, or a start, the times
 * of writes lie in another time than ours, and a reading must not seem to come late enough after
 * one: it is then taken for older than all of them. */
static int64_t told_begun(const struct sync_operation *op)
{
    enum { BEFORE_ALL_MS = 1 };
    if (op->kind != STOCKD_FETCH_STOCK) return op->sent_ms;
    return op->sent_ms < account_settling_until(op->account) ? BEFORE_ALL_MS : op->sent_ms;
}

static void keep_answer(struct sync_operation *op, const struct net_answer *answer,
                        struct bytes body, bool last)
{
    int64_t now = sync_now_ms(op->account->sync);
    arena_reset(&op->answer);
    op->answer_header_count =
        answer->header_count < HEADERS_KEPT_MAX ? answer->header_count : HEADERS_KEPT_MAX;
    for (size_t i = 0; i < op->answer_header_count; i++)
        op->answer_headers[i] = (struct net_header){
            .name = arena_text(&op->answer, bytes_text(answer->headers[i].name)),
            .value = arena_text(&op->answer, bytes_text(answer->headers[i].value))};
    op->response = (struct stockd_response){
        .size = sizeof op->response,
        .transport = transport_of(answer->result),
        .status = answer->status,
        .last_part = last,
        .body = arena_text(&op->answer, body),
        .body_size = body.size,
        .sent_ms = op->sent_ms,
        .received_ms = now,
        .error = answer->error ? arena_text(&op->answer, bytes_text(answer->error)) : NULL,
    };
    op->telling.transport = (enum stockd_transport)op->response.transport;
    op->telling.status = answer->status;
    op->telling.begun_ms = told_begun(op);
    op->telling.received_ms = now;
}

static const char *answer_header(void *ctx, const char *name)
{
    struct sync_operation *op = ctx;
    for (size_t i = 0; i < op->answer_header_count; i++)
        if (strcasecmp(op->answer_headers[i].name, name) == 0) return op->answer_headers[i].value;
    return NULL;
}

static void step_later(struct sync_operation *op, enum stockd_event event);

static void on_part(struct net_request *request, const struct net_answer *head, struct bytes part)
{
    struct sync_operation *op =
        (struct sync_operation *)((char *)request - offsetof(struct sync_operation, request));
    op->streaming = true;
    keep_answer(op, head, part, false);
    step_later(op, STOCKD_RESPONSE);
}

static void on_answer(struct net_request *request, const struct net_answer *answer)
{
    struct sync_operation *op =
        (struct sync_operation *)((char *)request - offsetof(struct sync_operation, request));
    struct sync *sync = op->account->sync;
    op->streaming = false;
    struct quota_claim *claim = op->claimed ? &op->claim : op->charged;
    if (claim) quotas_answered(op->account, claim, answer);
    if (op->claimed) quota_finish(sync->book, &op->claim, sync_now_ms(sync));
    op->claimed = false;
    quotas_turn(sync);
    keep_answer(op, answer, answer->body, true);
    step_later(op, STOCKD_RESPONSE);
    if (op->answered && op->telling.wrote && answer->result == NET_ARRIVED &&
        answer->status >= 200 && answer->status < 300) {
        void (*answered)(void *) = op->answered;
        op->answered = NULL;
        answered(op->ctx);
    }
}

static void send_request(struct sync_operation *op)
{
    const struct stockd_request *from = op->step->request;
    struct plugin_instance *instance = plugin_operation_instance(op->plugin);
    struct error error = {0};
    buf_reset(&op->url);
    buf_reset(&op->body);
    bool ready = plugin_request_url(instance, from, &op->url) && fill_headers(op, from);
    if (ready && plugin_request_fills(from))
        ready = plugin_request_fill(from, find_secret, op, &op->body, &error) == ST_OK;
    if (!ready) {
        end_with(op, STOCKD_FAIL_AUTH, "no-secret",
                 "the configuration holds no value for a secret that the request needs");
        return;
    }
    op->request = (struct net_request){
        .account = op->account->name,
        .method = from->method,
        .url = buf_cstr(&op->url),
        .headers = op->headers,
        .header_count = from->header_count,
        .body = plugin_request_fills(from) ? bytes_of(op->body.data, op->body.size)
                                           : bytes_of(from->body, from->body_size),
        .body_max = from->body_max ? from->body_max : STOCKD_BODY_DEFAULT,
        .timeout_ms = from->timeout_ms ? from->timeout_ms : op->account->timeout_ms,
        .allow_plain = op->account->allow_plain_http,
        .gunzip = (from->flags & STOCKD_REQUEST_GUNZIP) != 0,
        .parts = (from->flags & STOCKD_REQUEST_PARTS) != 0,
        .part = on_part,
        .done = on_answer,
    };
    op->phase = PHASE_SEND;
    op->sent_ms = sync_now_ms(op->account->sync);
    if (from->flags & STOCKD_REQUEST_WRITE) {
        op->telling.wrote = true;
        op->charge_used = true;
        op->account->sends++;
        if (op->batch) op->account->items += op->batch->count;
    }
    transport_send(op->account->sync->transport, &op->request);
}

/* ---- after a step */

static void on_timer(struct timer *timer)
{
    struct sync_operation *op =
        (struct sync_operation *)((char *)timer - offsetof(struct sync_operation, timer));
    step_later(op, STOCKD_TIMER);
}

static void proceed(struct sync_operation *op)
{
    if (op->cancelled) {
        end_with(op, STOCKD_FAIL_RETRY, "cancelled", "it was given up");
        return;
    }
    switch (op->step->verdict) {
    case STOCKD_SEND: send_request(op); return;
    case STOCKD_WAIT:
        op->phase = PHASE_WAIT;
        runtime_of(op)->timer_arm(runtime_of(op), &op->timer, op->step->wait_ms);
        return;
    case STOCKD_MORE:
        op->phase = PHASE_SEND;
        transport_resume(op->account->sync->transport, &op->request);
        return;
    case STOCKD_DONE:
    case STOCKD_FAIL:
    case STOCKD_DEFAULT: end_by_verdict(op); return;
    }
}

static enum status commit_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct sync_operation *op =
        (struct sync_operation *)((char *)task - offsetof(struct sync_operation, task));
    struct command command = {.kind = COMMAND_ROWS,
                              .actor = op->account->name,
                              .now_ms = op->telling.now_ms,
                              .payload = bytes_of(op->payload.data, op->payload.size),
                              .unlogged = !op->logged};
    return engine_apply(op->account->sync->engine, txn, &command, NULL, error);
}

static void commit_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct sync_operation *op =
        (struct sync_operation *)((char *)task - offsetof(struct sync_operation, task));
    if (status == ST_OK) {
        proceed(op);
        return;
    }
    char quoted[LOG_QUOTED_MAX];
    log_error("sync", "not-stored", "account=%s operation=%s error=%s", op->account->name,
              plugin_operation_name(op->kind), log_quote(error->text, quoted));
    op->account->recovered = false; /* its writes are found again by their flight rows */
    if (op->streaming) transport_cancel(op->account->sync->transport, &op->request);
    end_with(op, STOCKD_FAIL_RETRY, "not-stored", error->text);
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
    if (!op->commit) {
        proceed(op);
        return;
    }
    op->phase = PHASE_COMMIT;
    op->task = (struct engine_task){.run = commit_run, .done = commit_done};
    runtime_of(op)->engine_submit(runtime_of(op), &op->task);
}

static void on_granted(struct quota_claim *claim, int64_t now_ms)
{
    (void)now_ms;
    struct sync_operation *op =
        (struct sync_operation *)((char *)claim - offsetof(struct sync_operation, claim));
    op->claimed = true;
    commit(op);
}

static void claim_or_commit(struct sync_operation *op)
{
    struct sync *sync = op->account->sync;
    const struct stockd_request *request =
        op->step->verdict == STOCKD_SEND ? op->step->request : NULL;
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
    quotas_turn(sync); /* arms the timer for the time it can be granted */
}

static void note_step(struct sync_operation *op)
{
    const struct plugin_step *step = op->step;
    char quoted[LOG_QUOTED_MAX];
    op->ending.rows +=
        step->warehouse_count + step->listing_count + step->stock_count + step->order_line_count;
    op->ending.completed |= step->complete_count > 0;
    if (step->bug)
        log_error("sync", "plugin-bug", "account=%s operation=%s error=%s", op->account->name,
                  plugin_operation_name(op->kind), log_quote(step->bug, quoted));
    for (size_t i = 0; i < step->malformed_count && i < 5; i++)
        log_warning("sync", "malformed-row", "account=%s operation=%s what=%s", op->account->name,
                    plugin_operation_name(op->kind), log_quote(step->malformed[i].what, quoted));
    for (int i = 0; i < SYNC_TASKS; i++) {
        struct sync_duty *duty = &op->account->duties[i];
        if (duty->operation != op) continue;
        duty->done = step->progress_done >= 0 ? step->progress_done : (int64_t)op->ending.rows;
        duty->total = step->progress_done >= 0 ? step->progress_total : 0;
    }
    quotas_learn(op->account, step->quota_facts, step->quota_fact_count,
                 op->claimed ? &op->claim : op->charged);
}

/* ---- steps, one at a time in an account */

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
    if (op->cancelled && op->streaming) transport_cancel(account->sync->transport, &op->request);
    claim_or_commit(op);
}

static void next_step(struct sync_account *account)
{
    struct sync_operation *op = account->step_first;
    if (!op || account->step_running) return;
    account->step_first = op->step_next;
    if (!account->step_first) account->step_last = NULL;
    account->step_running = op;
    op->input.now_ms = op->telling.now_ms = sync_now_ms(account->sync);
    op->work = (struct work_task){.run = step_run, .done = step_done};
    runtime_of(op)->work_submit(runtime_of(op), &op->work);
}

static void step_later(struct sync_operation *op, enum stockd_event event)
{
    struct sync_account *account = op->account;
    op->phase = PHASE_STEP;
    op->input = (struct plugin_input){.event = event};
    if (event == STOCKD_RESPONSE) {
        op->input.response = &op->response;
        op->input.header = answer_header;
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

bool sync_operation_start(const struct sync_setup *setup, struct sync_operation **operation,
                          struct error *error)
{
    struct sync_account *account = setup->account;
    struct plugin_setup with = {
        .start = setup->start, .states = setup->states, .state_count = setup->state_count};
    memcpy(with.id, setup->id, sizeof with.id);
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
    op->answered = setup->answered;
    op->ended = setup->ended;
    op->ctx = setup->ctx;
    op->timer.fire = on_timer;
    buf_init(&op->url, STOCKD_PATH_MAX + 1024);
    buf_init(&op->body, STOCKD_BODY_MAX);
    buf_init(&op->payload, COMMAND_PAYLOAD_MAX);
    op->telling =
        (struct sync_telling){.account = account,
                              .batch = op->batch,
                              .told = op->batch ? mem_array(op->batch->count, sizeof(bool)) : NULL,
                              .flight = setup->flight,
                              .id = op->id,
                              .kind = op->kind,
                              .route = setup->start->route};
    op->next = account->operations;
    account->operations = op;
    sync_busy(account, 1);
    if (operation) *operation = op;
    step_later(op, STOCKD_START);
    return true;
}

void sync_operation_cancel(struct sync_operation *op)
{
    struct sync *sync = op->account->sync;
    if (op->cancelled) return;
    op->cancelled = true;
    switch (op->phase) {
    case PHASE_CLAIM: quota_cancel(sync->book, &op->claim, sync_now_ms(sync)); break;
    case PHASE_SEND: transport_cancel(sync->transport, &op->request); break;
    case PHASE_WAIT: sync->runtime->timer_stop(sync->runtime, &op->timer); break;
    case PHASE_STEP:
    case PHASE_COMMIT: return; /* ends when that comes back */
    }
    end_with(op, STOCKD_FAIL_RETRY, "cancelled", "it was given up");
}
