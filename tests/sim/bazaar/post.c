/* The network between the daemon and the bazaar. */
#include "shop.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

struct exchange {
    struct shop *shop;
    struct net_request *client; /* NULL: gone */
    char path[200], *body;
    bool lands, loses;
    enum net_result result;
    int status;
    struct buf answer;
    size_t at;                /* so much of it was given in parts */
    struct loop_event *waits; /* for the word to go on */
    struct exchange *next;
};

static void exchange_free(struct exchange *x)
{
    struct exchange **at = &x->shop->exchanges;
    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    if (x->waits) loop_cancel(x->waits);
    buf_free(&x->answer);
    mem_free(x->body);
    mem_free(x);
}

static struct net_answer answer_of(const struct exchange *x, enum net_result result,
                                   struct bytes body)
{
    return (struct net_answer){.result = result,
                               .status = result == NET_ARRIVED ? x->status : 0,
                               .body = body,
                               .received_ms = clock_wall_ms(&x->shop->loop.clock)};
}

static void end(struct exchange *x, enum net_result result, struct bytes body)
{
    struct net_request *client = x->client;
    const struct net_answer answer = answer_of(x, result, body);
    client->slot = NULL;
    client->done(client, &answer);
    exchange_free(x);
}

/* It was given a part, and does not say what it wants of the others. */
static void forgotten(void *ctx)
{
    struct exchange *x = ctx;
    x->waits = NULL;
    if (x->client)
        shop_failed(x->shop, "an answer in parts to %s is neither read on nor given up", x->path);
}

/* A part may end anywhere, also amid a line. */
static void give_part(void *ctx)
{
    enum { PART_MOST = 600, FORGOTTEN_US = 60 * 1000 * 1000 };
    struct exchange *x = ctx;
    struct shop *s = x->shop;
    size_t size = (size_t)shop_between(s, 1, PART_MOST), left = x->answer.size - x->at;
    if (!x->client) {
        exchange_free(x);
    } else if (left == 0 || (x->at && shop_chance(s, 5))) {
        end(x, left ? NET_LOST : NET_ARRIVED, bytes_of("", 0));
    } else {
        const struct net_answer head = answer_of(x, NET_ARRIVED, bytes_of("", 0));
        const struct bytes part = bytes_of(x->answer.data + x->at, size < left ? size : left);
        x->at += part.size;
        x->waits = loop_after(&s->loop, FORGOTTEN_US, forgotten, x);
        x->client->part(x->client, &head, part);
    }
}

static void give_answer(void *ctx)
{
    struct exchange *x = ctx;
    struct shop *s = x->shop;
    if (!x->client) {
        exchange_free(x);
        return;
    }
    bool arrived = x->result == NET_ARRIVED;
    if (s->trace)
        printf("%9.3f   answer %s: %d %d\n%s", (double)s->loop.now_us / 1e6, x->path,
               (int)x->result, x->status, x->answer.size ? buf_cstr(&x->answer) : "");
    if (arrived && x->status == 200 && x->client->parts)
        give_part(x);
    else
        end(x, x->result,
            arrived ? bytes_of(buf_cstr(&x->answer), x->answer.size) : bytes_of("", 0));
}

static void arrives(void *ctx)
{
    struct exchange *x = ctx;
    struct shop *s = x->shop;
    if (x->lands) {
        int status =
            bazaar_handle(&s->bazaar, x->path, x->body, loop_true_ms(&s->loop), &x->answer);
        if (x->status == 0) x->status = status;
    }
    if (s->trace)
        printf("%9.3f   %s %s\n%s", (double)s->loop.now_us / 1e6, x->lands ? "lands" : "is lost",
               x->path, x->lands && s->trace ? x->body : "");
    if (s->bazaar.fault[0]) shop_failed(s, "the marketplace: %s", s->bazaar.fault);
    loop_after(&s->loop, shop_between(s, 10, x->loses ? 20000 : 300) * 1000, give_answer, x);
}

static void draw_fate(struct exchange *x)
{
    struct shop *s = x->shop;
    x->lands = true;
    x->result = NET_ARRIVED;
    if (shop_chance(s, 3)) {
        x->lands = false;
        x->result = NET_NOT_SENT;
    } else if (shop_chance(s, 8)) {
        x->loses = true;
        x->lands = random_below(&s->random, 2);
        x->result = NET_LOST;
    } else if (shop_chance(s, 5)) {
        x->lands = random_below(&s->random, 2);
        x->status = 503;
    } else if (shop_chance(s, 2)) {
        x->lands = false;
        x->status = 429;
    }
}

static void post_send(struct transport *transport, struct net_request *request)
{
    struct shop *s = (struct shop *)transport;
    struct exchange *x = mem_alloc(sizeof *x);
    x->shop = s;
    x->client = request;
    request->slot = x;
    buf_init(&x->answer, 4 << 20);
    snprintf(x->path, sizeof x->path, "%s", request->url + strlen("https://bazaar.example"));
    x->body = mem_text_n(request->body.data ? request->body.data : "", request->body.size);
    x->next = s->exchanges;
    s->exchanges = x;
    s->requests++;
    if (!s->up) return; /* it is cancelled before long */
    shop_closed_check(s, x->path);
    draw_fate(x);
    loop_after(&s->loop, shop_between(s, 5, 400) * 1000, arrives, x);
}

static void post_cancel(struct transport *transport, struct net_request *request)
{
    struct exchange *x = request->slot;
    (void)transport;
    if (x) x->client = NULL;
    request->slot = NULL;
}

static void post_resume(struct transport *transport, struct net_request *request)
{
    struct shop *s = (struct shop *)transport;
    struct exchange *x = request->slot;
    if (x->waits) loop_cancel(x->waits);
    x->waits = NULL;
    loop_after(&s->loop, shop_between(s, 1, 100) * 1000, give_part, x);
}

struct transport shop_post(void)
{
    return (struct transport){post_send, post_cancel, post_resume};
}

void shop_post_drop(struct shop *s)
{
    for (struct exchange *x = s->exchanges; x; x = x->next)
        x->client = NULL;
}

void shop_post_free(struct shop *s)
{
    while (s->exchanges)
        exchange_free(s->exchanges);
}
