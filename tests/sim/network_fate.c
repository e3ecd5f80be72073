/* Fates, and the gate in front of the marketplace. */
#include "network_fate.h"

#include "base/buf.h"
#include "wire.h"

#include <stdio.h>
#include <string.h>

static int64_t way(struct random *random, const struct plan_network *network)
{
    return network->latency_ms / 2 + 1 +
           (int64_t)random_below(random, (uint64_t)network->jitter_ms + 1);
}

int64_t network_way_ms(struct exchange *x)
{
    return way(&x->sim->chaos, &x->sim->plan.network);
}

int64_t network_repeat_ms(struct exchange *x)
{
    return 5000 + (int64_t)random_below(&x->sim->chaos, 60000);
}

static struct fate answered_by_network(enum net_result result, int64_t ms)
{
    return (struct fate){.answers = true, .result = result, .answer_ms = ms};
}

static struct fate mutated(struct random *random, const struct exchange *x, struct fate fate)
{
    if (x->is_orders && x->sim->plan.mutation == MUTATION_EMPTY_DRAINS)
        fate.spoil = SPOIL_EMPTY_LIST;
    if (!x->is_push || random_below(random, 10)) return fate;
    switch (x->sim->plan.mutation) {
    case MUTATION_ACK_DROPPED: fate.spoil = SPOIL_FAKE_ACK; break;
    case MUTATION_REPEAT: fate.spoil = SPOIL_REPEAT; break;
    case MUTATION_DENY_SENT:
        fate = answered_by_network(NET_NOT_SENT, 5);
        fate.lands = fate.claims_unsent = true;
        fate.way_ms = 500 + (int64_t)random_below(random, 60000);
        break;
    default: break;
    }
    return fate;
}

/* A host that is gone: nobody listens there, nothing comes back, or what stands before it says no.
 * Nothing is carried out. `denied`: a mutation. */
static struct fate gone(struct random *random, struct fate fate, int64_t timeout, bool denied)
{
    switch (random_below(random, 3)) {
    case 0: return answered_by_network(NET_NOT_SENT, (int64_t)random_below(random, 3000));
    case 1: return answered_by_network(NET_LOST, timeout);
    default: fate.spoil = denied ? SPOIL_DENY_LOGIN : SPOIL_GATE_ERROR; return fate;
    }
}

static bool is_ill(const struct exchange *x)
{
    const struct sim *sim = x->sim;
    bool all = sim->plan.mutation == MUTATION_ALL_ILL && sim->sick != WORLD_NONE;
    return all || (int)x->account == sim->sick;
}

struct fate network_fate(struct random *random, struct exchange *x)
{
    const struct plan_network *p = &x->sim->plan.network;
    struct fate fate = {.lands = true, .way_ms = way(random, p)};
    int64_t timeout = (x->due_us - x->sent_us) / 1000;
    if (is_ill(x)) {
        if (x->sim->plan.sick == SICK_HOST) return answered_by_network(NET_NOT_SENT, 5);
        if (x->sim->plan.sick == SICK_429) fate.spoil = SPOIL_GATE_429_SILENT;
        if (x->sim->plan.sick == SICK_5XX) fate.spoil = SPOIL_GATE_ERROR;
    }
    if (x->sim->phase != SIM_HOSTILE) return fate;
    if (x->is_login && x->sim->loop.now_us < x->sim->login_until_us)
        return gone(random, fate, timeout, x->sim->plan.mutation == MUTATION_DENIED_LOGIN);
    if (sim_chance(random, p->refused))
        return answered_by_network(NET_NOT_SENT, (int64_t)random_below(random, 3000));
    if (sim_chance(random, p->lost_before))
        return answered_by_network(
            NET_LOST, random_below(random, 2) ? timeout : (int64_t)random_below(random, 2000));
    if (sim_chance(random, p->late)) {
        const struct sim_market *market = x->sim->world.accounts[x->account].market;
        fate.way_ms = timeout + (int64_t)random_below(random, (uint64_t)market->late_ms);
        fate.answers = true;
        fate.result = NET_LOST;
        fate.answer_ms = timeout;
        return fate;
    }
    if (sim_chance(random, p->reset_after)) fate.spoil = SPOIL_RESET;
    if (sim_chance(random, p->slow)) fate.spoil = SPOIL_SLOW;
    if (sim_chance(random, p->lost_after)) fate.spoil = SPOIL_SLOW;
    if (sim_chance(random, p->error_after)) fate.spoil = SPOIL_ERROR;
    if (sim_chance(random, p->error_before)) fate.spoil = SPOIL_GATE_ERROR;
    if (sim_chance(random, p->throttled)) fate.spoil = SPOIL_GATE_429;
    if (sim_chance(random, p->throttled_silent)) fate.spoil = SPOIL_GATE_429_SILENT;
    if (x->is_orders && x->sim->loop.now_us < x->sim->dark_until_us) fate.spoil = SPOIL_GATE_ERROR;
    if (x->is_stock_reading && x->sim->loop.now_us < x->sim->blind_until_us)
        fate.spoil = SPOIL_GATE_ERROR;
    return mutated(random, x, fate);
}

void network_answer_header(struct exchange *x, const char *name, const char *value)
{
    x->headers[x->header_count++] =
        (struct net_header){.name = arena_text(&x->headers_memory, bytes_text(name)),
                            .value = arena_text(&x->headers_memory, bytes_text(value))};
}

static void answer_with(struct exchange *x, int status, const char *body)
{
    network_answer_is(x, body, strlen(body));
    x->status = status;
    x->result = NET_ARRIVED;
    x->header_count = 0;
    x->error = NULL;
}

static int some_5xx(struct exchange *x)
{
    static const int statuses[] = {500, 502, 503, 504, 408};
    return statuses[random_below(&x->sim->chaos, 5)];
}

/* What a marketplace would say had it taken every item. */
static void fake_ack(struct exchange *x)
{
    struct buf body;
    buf_init(&body, 1 << 20);
    int status = x->sim->world.accounts[x->account].market->wire->fake(x, &body);
    answer_with(x, status, buf_cstr(&body));
    buf_free(&body);
}

bool network_gate(struct exchange *x)
{
    switch (x->spoil) {
    case SPOIL_GATE_ERROR: answer_with(x, some_5xx(x), "<html>bad gateway</html>"); break;
    case SPOIL_GATE_429:
        answer_with(x, 429, "{\"code\":8,\"message\":\"rate limit\"}");
        char seconds[8];
        snprintf(seconds, sizeof seconds, "%u", 1 + (unsigned)random_below(&x->sim->chaos, 20));
        network_answer_header(x, "Retry-After", seconds);
        break;
    case SPOIL_GATE_429_SILENT:
        answer_with(x, 429, "{\"code\":8,\"message\":\"rate limit\"}");
        break;
    case SPOIL_FAKE_ACK: fake_ack(x); break;
    case SPOIL_EMPTY_LIST:
        answer_with(x, 200, "{\"postings\":[],\"has_next\":false,\"cursor\":\"\"}");
        break;
    case SPOIL_DENY_LOGIN: answer_with(x, 400, "{\"error\":\"invalid_grant\"}"); break;
    default: return true;
    }
    if (x->client) network_answer_now(x, network_way_ms(x));
    return false;
}

int64_t network_spoil(struct exchange *x)
{
    enum { TOO_LONG_MS = 3600000 };
    const struct plan *plan = &x->sim->plan;
    int64_t slow_ms = x->is_push                   ? plan->slow_push_ms
                      : strstr(x->path, "/tasks?") ? plan->slow_tasks_ms
                      : x->is_stock_reading        ? plan->slow_read_ms
                                                   : 0;
    if (x->sim->phase != SIM_HOSTILE) slow_ms = 0;
    if (x->spoil == SPOIL_SLOW) return TOO_LONG_MS;
    if (slow_ms && x->spoil == SPOIL_NONE)
        return (int64_t)random_below(&x->sim->lies, (uint64_t)slow_ms);
    if (x->spoil == SPOIL_ERROR) answer_with(x, some_5xx(x), "<html>gateway timeout</html>");
    if (x->spoil != SPOIL_RESET) return 0;
    x->result = NET_LOST;
    x->error = "the connection broke";
    return 0;
}

/* The first figure of the body, or NULL. */
static char *figure_of(struct exchange *x)
{
    static const char *const names[] = {
        "\"stock\":",       "\"amount\":",      "\"available\":", "\"value\":",
        "\"incrementBy\":", "\"decrementBy\":", "\"quantity\":"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *at = strstr(x->body, names[i]);
        if (at) at += strlen(names[i]);
        if (at && *at >= '0' && *at <= '9') return at;
    }
    return NULL;
}

static void alter(char *digit)
{
    *digit = *digit == '9' ? '8' : (char)(*digit + 1);
}

void network_alter(struct exchange *x)
{
    char *at = x->sim->plan.mutation == MUTATION_ALTER_FIGURE && x->is_push ? figure_of(x) : NULL;
    if (!at || random_below(&x->sim->chaos, 10)) return;
    alter(at);
}

/* Each seller's requests of that kind in the name of the next one. */
static void send_as_other(struct exchange *x)
{
    static const char *const names[] = {"Client-Id", "wix-site-id", "Authorization"};
    const struct world *world = &x->sim->world;
    const struct world_account *of = &world->accounts[x->account], *other = NULL;
    for (uint32_t i = 0; i < world->account_count; i++)
        if (world->accounts[i].market == of->market && world->accounts[i].seller != of->seller)
            other = &world->accounts[i];
    for (size_t i = 0; other && i < x->sent_count; i++) {
        bool token = strcasecmp(x->sent[i].name, names[2]) == 0 && other->market != &market_allegro;
        bool number = strcasecmp(x->sent[i].name, names[0]) == 0 ||
                      strcasecmp(x->sent[i].name, names[1]) == 0;
        if (!token && !number) continue;
        const char *value = token ? other->api_key : other->client_id;
        x->sent[i].value = arena_text(&x->headers_memory, bytes_text(value));
        return;
    }
}

void network_mutate(struct exchange *x)
{
    enum mutation mutation = x->sim->plan.mutation;
    if (mutation < MUTATION_OTHER_NAME || random_below(&x->sim->chaos, 10)) return;
    if (mutation == MUTATION_OTHER_NAME) send_as_other(x);
    if (!x->is_push) return;
    char *at = mutation == MUTATION_OTHER_FIGURE ? figure_of(x) : NULL;
    if (mutation == MUTATION_NEW_REVISION) {
        at = strstr(x->body, "\"revision\":\"");
        if (at) at += strcspn(at + strlen("\"revision\":\""), "\"") + strlen("\"revision\":");
        if (at && *at == '9') at = NULL;
    }
    if (at) alter(at);
}
