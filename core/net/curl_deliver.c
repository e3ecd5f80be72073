/* The caller's callbacks: parts as they come, the answer at the end. From the loop, never from
 * inside libcurl; each may cancel this exchange or any other. */
#include "net/curl_internal.h"
#include "net/recorder.h"

#include <stdio.h>

static void fill_answer(struct exchange *exchange, struct net_answer *answer)
{
    *answer = (struct net_answer){
        .result = exchange->result,
        .status = exchange->status,
        .headers = head_list(&exchange->head),
        .header_count = exchange->head.count,
        .body = {"", 0},
        .sent_ms = exchange->sent_ms,
        .received_ms = exchange->received_ms,
        .error = exchange->error[0] ? exchange->error : NULL,
    };
}

/* False: it was cancelled in its own callback, and is gone. */
static bool after_callback(struct exchange *exchange)
{
    exchange->in_callback = false;
    if (!exchange->dead) return true;
    exchange_free(exchange);
    return false;
}

static void sample(struct exchange *exchange)
{
    size_t room = exchange->sample.max - exchange->sample.size;
    size_t n = exchange->body.data.size < room ? exchange->body.data.size : room;
    if (n) buf_add(&exchange->sample, exchange->body.data.data, n);
}

static bool give_part(struct exchange *exchange)
{
    struct net_answer head;
    long status = exchange->status;
    if (exchange->easy) curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
    fill_answer(exchange, &head);
    head.result = NET_ARRIVED;
    head.status = (int)status;
    head.error = NULL;
    sample(exchange);
    exchange->part_out = exchange->in_callback = true;
    struct net_request *request = exchange->request;
    request->part(request, &head, bytes_of(exchange->body.data.data, exchange->body.data.size));
    if (!after_callback(exchange)) return false;
    buf_reset(&exchange->body.data);
    body_refill(&exchange->body);
    if (exchange->body.damaged && exchange->phase == PHASE_RUNNING)
        exchange_end(exchange, CURLE_WRITE_ERROR);
    else if (exchange->paused && !body_pending(&exchange->body)) {
        exchange->paused = false;
        if (exchange->easy) curl_easy_pause(exchange->easy, CURLPAUSE_CONT);
    }
    return true;
}

static void count(struct exchange *exchange)
{
    struct net_curl_view *counts = &exchange->net->counts;
    switch (exchange->result) {
    case NET_ARRIVED: counts->arrived++; break;
    case NET_NOT_SENT: counts->not_sent++; break;
    case NET_LOST: counts->lost++; break;
    case NET_TOO_LARGE: counts->too_large++; break;
    }
}

static void buf_cut(struct buf *buf, size_t size)
{
    buf->size = size;
    buf->data[size] = 0;
}

static void give_answer(struct exchange *exchange)
{
    struct net_request *request = exchange->request;
    struct net_answer answer;
    if (request->parts && exchange->result == NET_ARRIVED && !body_end(&exchange->body)) {
        exchange->result = NET_LOST;
        snprintf(exchange->error, sizeof exchange->error,
                 "the gzip in the answer is damaged or cut short");
    }
    fill_answer(exchange, &answer);
    if (exchange->body.over) buf_cut(&exchange->body.data, exchange->body.limit);
    struct buf *body = request->parts ? &exchange->sample : &exchange->body.data;
    if (body->size) answer.body = bytes_of(body->data, body->size);
    recorder_add(exchange->net->recorder, request, &answer);
    if (request->parts) answer.body = bytes_of("", 0);
    count(exchange);
    exchange_detach(exchange);
    request->done(request, &answer);
    exchange_free(exchange);
}

static void deliver(struct exchange *exchange)
{
    /* Ends: each part given empties what is held, and more comes only from what is kept. */
    while (exchange->request->parts && !exchange->part_out) {
        if (exchange->body.data.size == 0) body_refill(&exchange->body);
        if (exchange->body.data.size == 0) break;
        if (exchange->phase == PHASE_ENDED && exchange->result != NET_ARRIVED) break;
        if (!give_part(exchange)) return;
    }
    if (exchange->phase == PHASE_ENDED && !exchange->part_out) give_answer(exchange);
}

void deliver_all(struct net_curl *net)
{
    /* Only what is ready now: what a callback makes ready has a turn of the loop of its own. */
    struct link now;
    link_init(&now);
    while (!link_empty(&net->ready)) {
        struct link *link = net->ready.next;
        link_remove(link);
        link_add(&now, link);
    }
    while (!link_empty(&now)) {
        struct link *link = now.next;
        link_remove(link);
        deliver((struct exchange *)((char *)link - offsetof(struct exchange, ready)));
    }
}
