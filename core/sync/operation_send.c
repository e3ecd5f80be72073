/* An operation's request and its answer: the address, the secrets that leave with it, and what is
 * kept of the answer for the next step. */
#include "sync/operation_private.h"

#include <string.h>
#include <strings.h>

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
    op->streaming = true;
    keep_answer(op, head, part, false);
    operation_step_later(op, STOCKD_RESPONSE);
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
    operation_step_later(op, STOCKD_RESPONSE);
    if (op->answered && op->telling.wrote && answer->result == NET_ARRIVED &&
        answer->status >= 200 && answer->status < 300) {
        void (*answered)(void *) = op->answered;
        op->answered = NULL;
        answered(op->ctx);
    }
}

void operation_send(struct sync_operation *op)
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
        operation_end_with(op, STOCKD_FAIL_AUTH, "no-secret",
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
