/* Exchanges: sent, carried out, answered, in whatever order and number the seed says. What goes
 * wrong is chosen in network_fate.c. */
#include "network.h"

#include "base/buf.h"
#include "base/mem.h"
#include "focus_stock.h"
#include "lies.h"
#include "network_fate.h"
#include "oracle.h"
#include "parsed.h"
#include "replica.h"
#include "shops.h"
#include "wire.h"

#include <string.h>

enum { BODIES_KEPT = 16 };

struct network {
    struct transport transport; /* first */
    struct sim *sim;
    struct random random;
    struct exchange exchanges; /* ring */
    uint64_t count;
    struct market_answer answer; /* of what lands just now */
    /* Memory of answers that were given, for the next ones: they need not be copied. */
    struct body {
        char *text;
        size_t room;
    } bodies[BODIES_KEPT];
    uint32_t body_count;
    bool cut;
};

/* ---- exchanges */

static void drop_answer(struct exchange *x)
{
    struct network *n = x->sim->network;
    if (x->answer_room && n->body_count < BODIES_KEPT)
        n->bodies[n->body_count++] = (struct body){x->answer, x->answer_room};
    else
        mem_free(x->answer);
    x->answer = NULL;
    x->answer_size = x->answer_room = 0;
}

void network_answer_is(struct exchange *x, const char *text, size_t size)
{
    drop_answer(x);
    x->answer = mem_text_n(text, size);
    x->answer_size = size;
}

static void exchange_free(struct exchange *x)
{
    if (x->client_event) loop_cancel(x->client_event);
    if (x->server_event) loop_cancel(x->server_event);
    x->prev->next = x->next;
    x->next->prev = x->prev;
    mem_free(x->body);
    arena_free(&x->headers_memory);
    mem_free(x->items);
    drop_answer(x);
    mem_free(x);
}

static void exchange_release(struct exchange *x)
{
    if (!x->client && !x->server_event) exchange_free(x);
}

struct exchange_item *network_item(struct exchange *x, uint32_t pair, int64_t value)
{
    enum { ROOM_FIRST = 16 };
    if (x->item_count == NETWORK_ITEMS_MAX) return NULL;
    if (x->item_count == x->item_room) {
        x->item_room = x->item_room ? x->item_room * 2 : ROOM_FIRST;
        x->items = mem_resize(x->items, x->item_room * sizeof *x->items);
    }
    struct exchange_item *item = &x->items[x->item_count++];
    *item = (struct exchange_item){.pair = pair, .value = value};
    return item;
}

struct exchange_item *network_noted(struct exchange *x, uint32_t pair, int64_t value, bool applied)
{
    for (uint32_t i = 0; i < x->item_count; i++) {
        struct exchange_item *item = &x->items[(x->noted + i) % x->item_count];
        if (item->pair != pair) continue;
        x->noted = (x->noted + i + 1) % x->item_count;
        item->applied |= applied;
        item->refused |= !applied;
        return item;
    }
    sim_fail(x->sim, "address", sim_topic(pair), "%lld lands that nobody sent", (long long)value);
    return NULL;
}

static void keep_header(struct exchange *x, const char *name, const char *value)
{
    if (x->sent_count < NETWORK_HEADERS_MAX)
        x->sent[x->sent_count++] =
            (struct exchange_header){arena_text(&x->headers_memory, bytes_text(name)),
                                     arena_text(&x->headers_memory, bytes_text(value))};
}

static void read_request(struct exchange *x, const struct net_request *request)
{
    for (uint32_t i = 0; i < x->sim->world.account_count; i++)
        if (strcmp(x->sim->world.accounts[i].name, request->account) == 0) x->account = i;
    struct buf value;
    buf_init(&value, 8192);
    for (size_t i = 0; i < request->header_count; i++) {
        buf_reset(&value);
        if (net_header_fill(&request->headers[i], &value))
            keep_header(x, request->headers[i].name, buf_cstr(&value));
    }
    buf_free(&value);
    x->body = mem_text_n(request->body.data ? request->body.data : "", request->body.size);
    x->body_size = request->body.size;
    market_text_copy(x->method, sizeof x->method, request->method);
    const struct sim_market *market = x->sim->world.accounts[x->account].market;
    bool astray = x->sim->plan.mutation == MUTATION_OTHER_HOST;
    if (!market->read_request(x, request->method, astray ? "http://nobody.test/" : request->url))
        sim_fail(x->sim, "address", 0, "a request of %s goes to %s", request->account,
                 request->url);
    network_mutate(x);
    if (!market->wire->is_own(x))
        sim_fail(x->sim, "identity", 0, "a request of %s is sent in another name",
                 request->account);
    else if (x->is_push && !market->wire->write(x))
        sim_fail(x->sim, "address", 0,
                 "item %u of a write to %s names nothing that there is: "
                 "%.300s",
                 x->item_count, x->path, x->body);
}

/* ---- the marketplace's side */

/* Its memory is the exchange's from then on. */
static void keep_answer(struct exchange *x, struct market_answer *answer)
{
    drop_answer(x);
    if (!answer->body) market_answer_grow(answer, 0);
    answer->body[answer->len] = 0;
    x->answer = answer->body;
    x->answer_size = answer->len;
    x->answer_room = answer->size;
    answer->body = NULL;
    answer->size = 0;
    x->status = answer->status;
    x->result = answer->drop ? NET_LOST : NET_ARRIVED;
    x->error = answer->drop ? "the connection was closed" : NULL;
    x->header_count = 0;
    for (size_t i = 0; i < answer->header_count && i < NETWORK_ANSWER_HEADERS_MAX; i++)
        network_answer_header(x, answer->headers[i].name, answer->headers[i].value);
}

/* How often the model did what it was told to do wrong. */
static uint64_t fault_hits(const struct world_account *account)
{
    const struct market_faults *faults = account->market->faults(account->model);
    uint64_t hits = 0;
    for (size_t i = 0; i < faults->count; i++)
        hits += faults->list[i].hits;
    return hits;
}

/* The request reaches the marketplace. Returns how long its answer takes beyond the way. */
static int64_t land(struct exchange *x)
{
    struct sim *sim = x->sim;
    const struct world_account *account = &sim->world.accounts[x->account];
    struct market_header headers[NETWORK_HEADERS_MAX];
    for (size_t i = 0; i < x->sent_count; i++)
        headers[i] = (struct market_header){x->sent[i].name, x->sent[i].value};
    char path[sizeof x->path];
    market_text_copy(path, sizeof path, x->path);
    char *query = strchr(path, '?');
    if (query) *query++ = 0;
    const struct market_request request = {.method = x->method,
                                           .path = path,
                                           .query = query,
                                           .headers = headers,
                                           .header_count = x->sent_count,
                                           .body = x->body,
                                           .body_len = x->body_size};
    struct market_answer *answer = &sim->network->answer;
    if (!answer->body && sim->network->body_count) {
        const struct body body = sim->network->bodies[--sim->network->body_count];
        answer->body = body.text;
        answer->size = body.room;
    }
    market_answer_reset(answer);
    uint64_t before = account->market->writes(account->model), hits = fault_hits(account);
    if (!parsed_keeps()) account->market->forget(account->model); /* the long way, for --twice */
    account->market->handle(account->model, &request, loop_true_ms(&sim->loop), answer);
    x->landed_us = sim->loop.now_us;
    x->faulty = fault_hits(account) != hits;
    if (sim->shops) shops_shown(sim, x->account);
    for (uint64_t number = before + 1; number <= account->market->writes(account->model); number++)
        account->market->note(x, number);
    sim_say(sim, 0, "#%llu lands: %s status=%d%s", (unsigned long long)x->number, path,
            answer->status, answer->drop ? " dropped" : "");
    x->status = answer->status;
    oracle_landed(sim->oracle, x, sim->loop.now_us > x->due_us);
    focus_landed(x);
    keep_answer(x, answer);
    return answer->delay_ms;
}

/* ---- the client's side */

static void give_answer(void *ctx)
{
    struct exchange *x = ctx;
    struct net_request *client = x->client;
    x->client_event = NULL;
    if (!client) return;
    x->client = NULL;
    client->slot = NULL;
    int64_t wall = clock_wall_ms(&x->sim->loop.clock);
    int64_t took = (x->sim->loop.now_us - x->sent_us) / 1000;
    if (x->result == NET_ARRIVED && client->body_max && x->answer_size > client->body_max) {
        x->result = NET_TOO_LARGE;
        x->answer_size = 0;
    }
    const struct net_answer answer = {
        .result = x->result,
        .status = x->result == NET_ARRIVED || x->result == NET_TOO_LARGE ? x->status : 0,
        .headers = x->headers,
        .header_count = x->result == NET_ARRIVED ? x->header_count : 0,
        .body = x->result == NET_ARRIVED ? bytes_of(x->answer, x->answer_size) : bytes_of("", 0),
        .sent_ms = wall - took,
        .received_ms = wall,
        .error = x->error};
    static const char *const results[] = {"arrived", "not sent", "lost", "too large"};
    sim_say(x->sim, 0, "#%llu answered: %s status=%d", (unsigned long long)x->number,
            results[x->result], answer.status);
    oracle_answered(x->sim->oracle, x);
    client->done(client, &answer);
    exchange_release(x);
}

static void answer_in(struct exchange *x, int64_t ms)
{
    if (x->client_event) loop_cancel(x->client_event);
    x->client_event = NULL;
    if (!x->client) return;
    int64_t left_us = x->due_us - x->sim->loop.now_us;
    if (ms * 1000 >= left_us && x->result != NET_NOT_SENT) {
        x->result = NET_LOST;
        x->error = "no answer in time";
        ms = left_us > 0 ? left_us / 1000 : 0;
    }
    x->client_event = loop_after(&x->sim->loop, ms * 1000, give_answer, x);
}

static void arrives(void *ctx)
{
    struct exchange *x = ctx;
    x->server_event = NULL;
    if (!network_gate(x)) {
        exchange_release(x);
        return;
    }
    int64_t extra = land(x);
    replica_spoil(x);
    lies_spoil(x);
    if (x->claimed_unsent || !x->client) {
        exchange_release(x);
        return;
    }
    int64_t way = network_way_ms(x);
    answer_in(x, way + extra + network_spoil(x));
    if (x->spoil != SPOIL_REPEAT) return;
    x->spoil = SPOIL_NONE;
    x->server_event = loop_after(&x->sim->loop, network_repeat_ms(x) * 1000, arrives, x);
}

void network_answer_now(struct exchange *x, int64_t ms)
{
    answer_in(x, ms);
}

static void count_fate(struct sim *sim, const struct fate *fate)
{
    static const char *const spoils[] = {
        [SPOIL_RESET] = "answer lost or late",
        [SPOIL_SLOW] = "answer lost or late",
        [SPOIL_ERROR] = "5xx, carried out",
        [SPOIL_GATE_ERROR] = "5xx, not carried out",
        [SPOIL_GATE_429] = "429 with Retry-After",
        [SPOIL_GATE_429_SILENT] = "429 without",
        [SPOIL_REPEAT] = NULL,
    };
    const char *name = spoils[fate->spoil];
    if (fate->answers && !fate->lands)
        name = fate->result == NET_NOT_SENT ? "refused" : "lost before it was carried out";
    if (fate->answers && fate->lands) name = "carried out after it was given up";
    if (name) tally_count(&sim->tally, name);
}

/* ---- the transport */

static void transport_send_(struct transport *transport, struct net_request *request)
{
    struct network *n = (struct network *)transport;
    struct exchange *x = mem_alloc(sizeof *x);
    x->sim = n->sim;
    x->client = request;
    x->prev = n->exchanges.prev;
    x->next = &n->exchanges;
    x->prev->next = x->next->prev = x;
    request->slot = x;
    if (n->cut) return; /* it is cancelled before long */
    x->number = ++n->count;
    x->sent_us = n->sim->loop.now_us;
    x->due_us =
        x->sent_us + (request->timeout_ms ? request->timeout_ms : NET_TIMEOUT_DEFAULT_MS) * 1000;
    read_request(x, request);
    sim_say(n->sim, 0, "#%llu leaves: %s %s items=%u", (unsigned long long)x->number,
            request->account, x->path, x->item_count);
    oracle_sent(n->sim->oracle, x);
    network_alter(x);
    struct fate fate = network_fate(&n->random, x);
    x->spoil = fate.spoil;
    if (n->sim->phase == SIM_HOSTILE) count_fate(n->sim, &fate);
    x->will_land = fate.lands;
    x->claimed_unsent = fate.claims_unsent;
    if (fate.lands) x->server_event = loop_after(&n->sim->loop, fate.way_ms * 1000, arrives, x);
    if (!fate.answers) return;
    x->result = fate.result;
    x->error = "the network said so";
    answer_in(x, fate.answer_ms);
}

static void transport_cancel_(struct transport *transport, struct net_request *request)
{
    (void)transport;
    struct exchange *x = request->slot;
    request->slot = NULL;
    if (!x) return;
    x->client = NULL;
    if (x->client_event) loop_cancel(x->client_event);
    x->client_event = NULL;
    exchange_release(x);
}

static void transport_resume_(struct transport *transport, struct net_request *request)
{
    (void)transport;
    (void)request;
}

struct network *network_new(struct sim *sim)
{
    struct network *n = mem_alloc(sizeof *n);
    n->transport = (struct transport){transport_send_, transport_cancel_, transport_resume_};
    n->sim = sim;
    n->exchanges.prev = n->exchanges.next = &n->exchanges;
    random_seed(&n->random, sim->plan.seed ^ UINT64_C(0x6e65747730726b));
    return n;
}

void network_free(struct network *n)
{
    while (n->exchanges.next != &n->exchanges)
        exchange_free(n->exchanges.next);
    market_answer_free(&n->answer);
    while (n->body_count)
        mem_free(n->bodies[--n->body_count].text);
    mem_free(n);
}

struct transport *network_transport(struct network *n)
{
    n->cut = false;
    return &n->transport;
}

uint64_t network_requests(const struct network *n)
{
    return n->count;
}

void network_cut(struct network *n)
{
    n->cut = true;
    for (struct exchange *x = n->exchanges.next; x != &n->exchanges; x = x->next) {
        if (x->client_event) loop_cancel(x->client_event);
        x->client_event = NULL;
        if (!x->client || !x->server_event || random_below(&n->random, 2)) continue;
        loop_cancel(x->server_event); /* its bytes had not left yet */
        x->server_event = NULL;
    }
}
