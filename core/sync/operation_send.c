/* An operation's request and its answer: the address, the secrets that leave with it, and what is
 * kept of the answer for the next step. */
#include "sync/operation_private.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct token *use_token(struct sync_operation *op, const char *name)
{
    const struct token *token = token_set_find(op->tokens, name);
    if (!token) return NULL;
    if (!op->with_token || token->generation > op->generation) op->generation = token->generation;
    op->with_token = true;
    return token;
}

static const char *find_secret(void *ctx, const char *name, bool refresh)
{
    struct sync_operation *op = ctx;
    const char *option =
        refresh ? NULL : plugin_instance_secret(plugin_operation_instance(op->plugin), name);
    if (option) return option;
    const struct token *token = use_token(op, name);
    return !token ? NULL : refresh ? token->refresh : token->value;
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

static void keep_answer(struct sync_operation *op, const struct net_answer *answer,
                        struct bytes body, bool last)
{
    int64_t now = sync_now_ms(op->account->sync);
    arena_reset(&op->answer);
    op->answer_header_count = answer->header_count;
    op->answer_headers =
        arena_alloc(&op->answer, answer->header_count * sizeof *op->answer_headers);
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
    if (op->telling.writes) {
        op->telling.transport = (enum stockd_transport)op->response.transport;
        op->telling.status = answer->status;
        snprintf(op->telling.error, sizeof op->telling.error, "%s",
                 answer->error ? answer->error : "");
    }
    op->telling.begun_ms = op->sent_ms;
    op->telling.other_time_ms = account_other_time(op->account, op->sent_ms);
    op->telling.received_ms = now;
}

const char *operation_answer_header(void *ctx, const char *name)
{
    struct sync_operation *op = ctx;
    for (size_t i = 0; i < op->answer_header_count; i++)
        if (strcasecmp(op->answer_headers[i].name, name) == 0) return op->answer_headers[i].value;
    return NULL;
}

static void on_part(struct net_request *request, const struct net_answer *head, struct bytes part)
{
    struct sync_operation *op =
        (struct sync_operation *)((char *)request - offsetof(struct sync_operation, request));
    op->streaming = op->parts = true;
    keep_answer(op, head, part, false);
    operation_step_later(op, STOCKD_RESPONSE);
}

/* ---- tokens that are too old */

static void give_back_claim(struct sync_operation *op)
{
    struct sync *sync = op->account->sync;
    if (op->claimed) quota_cancel(sync->book, &op->claim, sync_now_ms(sync));
    op->claimed = false;
    quotas_turn(sync);
}

static void wait_for_token(struct sync_operation *op)
{
    op->phase = PHASE_TOKEN;
    give_back_claim(op);
}

/* As if it had not come through: nothing was applied. */
static void do_not_send(struct sync_operation *op, const char *why)
{
    const struct net_answer answer = {.result = NET_NOT_SENT, .error = why};
    give_back_claim(op);
    op->sent_ms = sync_now_ms(op->account->sync);
    keep_answer(op, &answer, bytes_of("", 0), true);
    operation_step_later(op, STOCKD_RESPONSE);
}

/* A 401 to a reading goes again with a newer token, when there is one or will be. A write is never
 * repeated here: its items come back as not applied, and are computed anew. */
static bool try_newer(struct sync_operation *op)
{
    enum { REPEATS_MAX = 2 }; /* with one that was got meanwhile, and with one that is got for it */
    if (!op->refused || op->step->request->flags & STOCKD_REQUEST_WRITE || op->parts ||
        op->cancelled || op->repeats >= REPEATS_MAX ||
        !authorize_will_help(op->account, op->generation))
        return false;
    op->repeats++;
    wait_for_token(op);
    if (op->generation < op->account->authorize.generation && authorize_ready(op->account))
        operation_repeat(op);
    else
        account_turn(op->account); /* begins the renewal */
    return true;
}

static struct sync_operation *waiting_one(struct sync_account *account)
{
    struct sync_operation *op = account->operations;
    while (op && op->phase != PHASE_TOKEN)
        op = op->next;
    return op;
}

void operations_authorized(struct sync_account *account)
{
    for (struct sync_operation *op; (op = waiting_one(account));) { /* each leaves that phase */
        if (authorize_ready(account) &&
            (!op->refused || op->generation < account->authorize.generation))
            operation_repeat(op);
        else if (op->refused) /* its own answer stands */
            operation_step_later(op, STOCKD_RESPONSE);
        else
            do_not_send(op, "there is no token to send it with");
    }
}

/* ---- the answer */

static void answer_noted(struct sync_operation *op, const struct net_answer *answer)
{
    op->refused = op->with_token && op->kind != STOCKD_AUTHORIZE && answer->result == NET_ARRIVED &&
                  answer->status == 401;
    if (!op->with_token || op->kind == STOCKD_AUTHORIZE || answer->result != NET_ARRIVED) return;
    bool wrote = op->step->request->flags & STOCKD_REQUEST_WRITE;
    authorize_answered(op->account, op->generation, op->refused, wrote);
    if (wrote)
        op->telling.token_is_good = op->refused && authorize_is_good(op->account, op->generation);
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
    answer_noted(op, answer);
    if (try_newer(op)) return;
    operation_step_later(op, STOCKD_RESPONSE);
    if (op->answered && op->telling.wrote && answer->result == NET_ARRIVED &&
        answer->status >= 200 && answer->status < 300) {
        void (*answered)(void *) = op->answered;
        op->answered = NULL;
        answered(op->ctx);
    }
}

/* What the request needs is not there. */
static void no_secret(struct sync_operation *op, const struct error *error)
{
    bool offered = op->account->plugin->operations[STOCKD_AUTHORIZE] != NULL;
    const char *why = "the configuration holds no value for a secret that the request needs";
    if (offered) why = "a token that the request needs is not there";
    if (error->status) why = error->text;
    if (offered && (!op->tokens || op->tokens->count == 0)) why = "nobody has logged in yet";
    if (op->batch) op->account->recovered = false; /* its flight row brings the items back */
    operation_end_with(op, STOCKD_FAIL_AUTH, offered ? "no-token" : "no-secret", why);
}

void operation_send(struct sync_operation *op)
{
    const struct stockd_request *from = op->step->request;
    struct plugin_instance *instance = plugin_operation_instance(op->plugin);
    struct sync_account *account = op->account;
    struct error error = {0};
    buf_reset(&op->url);
    buf_reset(&op->body);
    token_set_unref(op->tokens);
    op->tokens = account->authorize.tokens ? token_set_ref(account->authorize.tokens) : NULL;
    op->with_token = op->refused = op->parts = false;
    op->telling.writes = from->flags & STOCKD_REQUEST_WRITE;
    bool ready = plugin_request_url(instance, from, &op->url) && fill_headers(op, from);
    if (ready && plugin_request_fills(from))
        ready = plugin_request_fill(from, find_secret, op, &op->body, &error) == ST_OK;
    if (!ready) {
        no_secret(op, &error);
        return;
    }
    if (op->with_token && op->kind != STOCKD_AUTHORIZE && !authorize_ready(account)) {
        if (from->flags & STOCKD_REQUEST_WRITE || account->parked)
            do_not_send(op, "its token is being renewed");
        else
            wait_for_token(op);
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
    if (op->kind == STOCKD_AUTHORIZE) {
        op->request.timeout_ms = authorize_timeout(account, op->request.timeout_ms);
        op->request.secret_answer = true;
    }
    op->phase = PHASE_SEND;
    op->sent_ms = sync_now_ms(op->account->sync);
    if (op->telling.writes) {
        op->telling.wrote = true;
        op->charge_used = true;
        op->account->sends++;
        if (op->batch) op->account->items += op->batch->count;
    }
    transport_send(op->account->sync->transport, &op->request);
}
