/* Pairs, followed from selection to answer. What the store says is read in oracle_store.c, what
 * must hold at the end in oracle_final.c. */
#include "oracle.h"

#include "base/mem.h"
#include "oracle_barrier.h"
#include "oracle_store.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
    SETTLE_MS = 60000,     /* the route's: after that a reading tells what became of a write */
    SETTLE_SLACK_MS = 250, /* clocks cut to milliseconds, and delays between the parts */
    STUCK_MS = 3600000,    /* the ABI's default */
    AT_ONCE_MS = 60000,    /* from selection to the wire, stalls and queues of steps included */
    RENEWED_EXCUSE_MS = 100000,
    AGAIN_FOR_ORDER = 2, /* when it is seen, and when what it leads to is known or changes */
    SELECTIONS_KEPT = 4,
    LATE_EXCUSE_MS = 61000, /* how long a request that landed late may spoil a window */
};

struct pair {
    /* The selection that has not left yet. */
    bool selected, forced_selected;
    int64_t selected_value, selected_us;
    uint64_t selected_revision;
    /* What left last. */
    bool sent, settled_ok; /* settled_ok: the marketplace took it, and the process was told */
    int64_t sent_value, sent_us;
    int64_t before_value; /* what was surely there before that */
    uint64_t sent_revision;
    uint64_t open_exchange; /* not resolved: it may be there or still come */
    bool lost;              /* ... and nobody will say so any more */
    int64_t lost_us;
    bool applied; /* the model took what was sent last */
    bool forced;
    uint32_t again;     /* how often it may be sent again for what buyers did there */
    int64_t renewed_us; /* when its target may have been made anew */
    /* Of marketplaces that are not strict. */
    struct selection {
        int64_t value, us;
        bool passes;
        struct exchange_item barrier;
    } kept[SELECTIONS_KEPT];
    uint32_t selections;
    uint64_t landed; /* the newest request that did something */
    int64_t last_shown;
};

struct oracle {
    struct sim *sim;
    struct pair *pairs;
    struct oracle_flights flights;
    struct barrier *barrier;
    int64_t late_us[PLAN_ACCOUNTS_MAX]; /* by seller: when something last landed late */
    int64_t crashed_us;
    uint64_t violations[MARKET_KINDS], writes;
};

struct oracle *oracle_new(struct sim *sim)
{
    struct oracle *o = mem_alloc(sizeof *o);
    o->sim = sim;
    o->barrier = barrier_new(sim);
    o->pairs = mem_array(world_pairs(&sim->world), sizeof *o->pairs);
    for (uint32_t i = 0; i < world_pairs(&sim->world); i++)
        o->pairs[i].renewed_us = INT64_MIN / 2;
    for (int i = 0; i < PLAN_ACCOUNTS_MAX; i++)
        o->late_us[i] = INT64_MIN / 2;
    return o;
}

void oracle_free(struct oracle *o)
{
    barrier_free(o->barrier);
    oracle_store_free(&o->flights);
    mem_free(o->pairs);
    mem_free(o);
}

uint64_t oracle_writes(const struct oracle *o)
{
    return o->writes;
}

/* ---- selections */

void oracle_selected(struct oracle *o, uint32_t pair, int64_t value, uint64_t revision, bool passes)
{
    struct pair *p = &o->pairs[pair];
    char name[128];
    sim_say(o->sim, sim_topic(pair), "  selected %s = %lld (revision %llu)",
            world_pair_name(&o->sim->world, pair, name), (long long)value,
            (unsigned long long)revision);
    p->selected = true;
    p->selected_value = value;
    p->selected_revision = revision;
    p->selected_us = o->sim->loop.now_us;
    p->forced_selected |= p->forced;
    p->forced = false;
    barrier_selected(o->barrier, pair, passes);
    if (world_account_of(&o->sim->world, pair)->market->strict) return;
    struct selection *s = &p->kept[p->selections++ % SELECTIONS_KEPT];
    *s = (struct selection){.value = value, .us = o->sim->loop.now_us, .passes = passes};
    s->barrier.pair = pair;
    barrier_sent(o->barrier, &s->barrier);
    p->applied = world_shown(&o->sim->world, pair) == value; /* it may be found there */
}

/* The engine takes the pair's last write as done. */
void oracle_acknowledged(struct oracle *o, uint32_t pair, int64_t value)
{
    struct pair *p = &o->pairs[pair];
    if (!world_account_of(&o->sim->world, pair)->market->strict) {
        if (p->selected_value == value && !p->applied && world_shown(&o->sim->world, pair) != value)
            sim_fail(o->sim, "I5", sim_topic(pair), "%lld is acknowledged but never landed",
                     (long long)value);
        return;
    }
    if (p->sent && p->sent_value == value && !p->applied)
        sim_fail(o->sim, "I5", sim_topic(pair), "%lld is acknowledged but was never taken",
                 (long long)value);
}

void oracle_task_ran(struct oracle *o, struct store_txn *txn, uint64_t task, bool again)
{
    oracle_store_task_ran(o->sim, &o->flights, txn, task, again);
    barrier_task_ran(o->barrier, txn);
}

/* The marketplace lowered it, or gave back: it may be sent again when the order is seen. */
void oracle_shown(struct oracle *o, uint32_t pair)
{
    barrier_shown(o->barrier, pair);
    o->pairs[pair].again += AGAIN_FOR_ORDER;
}

void oracle_orders_switched(struct oracle *o, uint32_t account)
{
    for (uint32_t i = 0; i < world_pairs(&o->sim->world); i++)
        if (o->sim->world.remote_account[i / o->sim->world.product_count] == account)
            o->pairs[i].again++;
}

void oracle_task_kept(struct oracle *o, uint64_t task, bool kept)
{
    oracle_store_task_kept(&o->flights, task, kept);
}

void oracle_forced(struct oracle *o, uint32_t pair)
{
    o->pairs[pair].forced = true;
}

void oracle_renewed(struct oracle *o, uint32_t pair)
{
    o->pairs[pair].forced = true;
    o->pairs[pair].renewed_us = o->sim->loop.now_us;
}

/* ---- what leaves */

static void check_open(struct oracle *o, uint32_t pair, const struct pair *p, int64_t value)
{
    if (!p->open_exchange) return;
    int64_t age_ms = (o->sim->loop.now_us - p->sent_us) / 1000;
    /* A clock set forward makes it seem so old; settled it is in any case. */
    bool old = age_ms >= STUCK_MS - SETTLE_MS || o->sim->stepped_us > p->sent_us;
    bool abandoned = p->lost && old && age_ms >= SETTLE_MS;
    int64_t shown = world_shown(&o->sim->world, pair);
    int64_t most = shown > p->sent_value ? shown : p->sent_value;
    if (p->before_value > most) most = p->before_value;
    if (abandoned && value <= most) return; /* a decrease from whatever may be there */
    sim_fail(o->sim, "I4", sim_topic(pair),
             "%lld leaves while what became of %lld (request #%llu, %lld s ago) is not known",
             (long long)value, (long long)p->sent_value, (unsigned long long)p->open_exchange,
             (long long)age_ms / 1000);
}

static void check_send(struct oracle *o, const struct exchange *x, uint32_t pair, int64_t value)
{
    struct sim *sim = o->sim;
    struct pair *p = &o->pairs[pair];
    int64_t waited_ms = (sim->loop.now_us - p->selected_us) / 1000;
    if (!p->selected)
        sim_fail(sim, "I5", sim_topic(pair), "%lld leaves without having been selected",
                 (long long)value);
    else if (p->selected_value != value)
        sim_fail(sim, "I7", sim_topic(pair), "%lld leaves, but %lld was selected", (long long)value,
                 (long long)p->selected_value);
    else if (waited_ms > AT_ONCE_MS)
        sim_fail(sim, "I7", sim_topic(pair), "%lld leaves %lld ms after its selection",
                 (long long)value, (long long)waited_ms);
    else if (p->sent && p->selected_revision < p->sent_revision)
        sim_fail(sim, "I5", sim_topic(pair), "revision %llu leaves after revision %llu",
                 (unsigned long long)p->selected_revision, (unsigned long long)p->sent_revision);
    else if (p->sent && p->settled_ok && !p->forced_selected && value == p->sent_value &&
             p->again-- == 0)
        sim_fail(sim, "I8", sim_topic(pair), "%lld leaves again although it was taken",
                 (long long)value);
    check_open(o, pair, p, value);
    if (p->settled_ok) p->before_value = p->sent_value;
    p->selected = p->forced_selected = false;
    p->sent = true;
    p->settled_ok = p->applied = p->lost = false;
    p->sent_value = value;
    p->sent_revision = p->selected_revision;
    p->sent_us = sim->loop.now_us;
    p->open_exchange = x->number;
}

void oracle_sent(struct oracle *o, struct exchange *x)
{
    if (x->is_orders) barrier_reads(o->barrier, x->account);
    if (x->begins_drain) barrier_begun(o->barrier, x->account);
    for (uint32_t i = 0; i < x->item_count; i++) {
        char name[128];
        uint32_t pair = x->items[i].pair;
        sim_say(o->sim, sim_topic(pair), "  #%llu %s = %lld", (unsigned long long)x->number,
                world_pair_name(&o->sim->world, pair, name), (long long)x->items[i].value);
        if (o->sim->world.remote_account[pair / o->sim->world.product_count] != x->account)
            sim_fail(o->sim, "address", sim_topic(pair), "another account writes it");
        check_send(o, x, pair, x->items[i].value);
        barrier_sent(o->barrier, &x->items[i]);
        o->writes++;
    }
    bool strict = o->sim->world.accounts[x->account].market->strict;
    if (o->sim->phase == SIM_SILENT && x->is_push && strict)
        sim_fail(o->sim, "I8", x->item_count ? sim_topic(x->items[0].pair) : 0,
                 "a write leaves although everything shows what it should");
}

/* ---- what lands */

/* Of the items that were refused, those for which the process could not know better: its target was
 * made anew, and with it what it knew, or the clock was set forward before this life. */
static bool cadence_excused(const struct oracle *o, const struct exchange *x)
{
    int64_t now = o->sim->loop.now_us;
    for (uint32_t i = 0; i < x->item_count; i++) {
        const struct pair *p = &o->pairs[x->items[i].pair];
        if (!x->items[i].refused) continue;
        bool renewed = now - p->renewed_us < RENEWED_EXCUSE_MS * INT64_C(1000);
        bool reborn = o->crashed_us && now - o->crashed_us < RENEWED_EXCUSE_MS * INT64_C(1000) &&
                      now - o->sim->stepped_us < 2 * RENEWED_EXCUSE_MS * INT64_C(1000);
        if (!renewed && !reborn) return false;
    }
    return true;
}

static journal_topic refused_topic(const struct exchange *x)
{
    for (uint32_t i = 0; i < x->item_count; i++)
        if (x->items[i].refused) return sim_topic(x->items[i].pair);
    return 0;
}

/* A dead key is no breach, nor is asking again for a token whose answer was lost; a window may be
 * spoilt by what landed after it was given up. */
static bool excused(const struct oracle *o, const char *kind, const char *detail,
                    const struct exchange *x)
{
    if (strncmp(detail, "no such device_code", 19) == 0) return true;
    uint32_t seller = o->sim->world.accounts[x->account].seller;
    if (strcmp(kind, "access") == 0) return true;
    if (strcmp(kind, "cadence") == 0) return cadence_excused(o, x);
    return strncmp(kind, "rate", 4) == 0 &&
           o->sim->loop.now_us - o->late_us[seller] < LATE_EXCUSE_MS * INT64_C(1000);
}

static void check_limits(struct oracle *o, const struct exchange *x)
{
    const struct world_account *account = &o->sim->world.accounts[x->account];
    const struct market_trace *trace = account->market->trace(account->model);
    uint64_t *seen = &o->violations[account->kind];
    for (; *seen < trace->violation_count; ++*seen) {
        const char *kind = trace->violations[*seen % MARKET_TRACE_VIOLATIONS].kind;
        const char *detail = trace->violations[*seen % MARKET_TRACE_VIOLATIONS].detail;
        if (!excused(o, kind, detail, x))
            sim_fail(o->sim, "I13", refused_topic(x), "%s: %s: %s", account->name, kind, detail);
    }
}

/* Where the oracle does not read what leaves: what lands was selected, in its order. */
static void check_landing(struct oracle *o, const struct exchange *x, struct exchange_item *item)
{
    struct sim *sim = o->sim;
    struct pair *p = &o->pairs[item->pair];
    const struct selection *of = NULL;
    for (uint32_t i = 1; i <= SELECTIONS_KEPT && i <= p->selections && !of; i++) {
        const struct selection *s = &p->kept[(p->selections - i) % SELECTIONS_KEPT];
        if (s->us <= x->sent_us) of = s;
    }
    if (world_account_of(&sim->world, item->pair) != &sim->world.accounts[x->account])
        sim_fail(sim, "address", sim_topic(item->pair), "another account writes it");
    if (!of) {
        if (p->selections <= SELECTIONS_KEPT)
            sim_fail(sim, "I5", sim_topic(item->pair), "%lld lands without having been selected",
                     (long long)item->value);
        return;
    }
    if (!item->change && of->value != item->value)
        sim_fail(sim, "I7", sim_topic(item->pair), "%lld lands, but %lld was selected",
                 (long long)item->value, (long long)of->value);
    if (item->applied && x->number < p->landed && !of->passes)
        sim_fail(sim, "I5", sim_topic(item->pair), "%lld of request #%llu lands after #%llu",
                 (long long)item->value, (unsigned long long)x->number,
                 (unsigned long long)p->landed);
    if (item->applied && x->number > p->landed) p->landed = x->number;
    item->composed_us = of->barrier.composed_us;
    item->drained_us = of->barrier.drained_us;
    item->bound_us = of->barrier.bound_us;
    item->imported = of->barrier.imported && !item->change;
    if (item->applied && of->us == p->selected_us) p->applied = true;
    o->writes++;
}

/* What is accepted shows later, and nobody says when. */
static void look_at_all(struct oracle *o, uint32_t account)
{
    const struct world *world = &o->sim->world;
    const struct world_account *of = &world->accounts[account];
    for (uint32_t r = of->remote_first; r < of->remote_first + of->remote_count; r++)
        for (uint32_t p = 0; p < world->product_count; p++) {
            uint32_t pair = world_pair(world, r, p);
            int64_t shown = of->market->shown(world, r, p);
            if (shown == o->pairs[pair].last_shown) continue;
            o->pairs[pair].last_shown = shown;
            barrier_shown(o->barrier, pair);
        }
}

void oracle_landed(struct oracle *o, struct exchange *x, bool late)
{
    const struct sim_market *market = o->sim->world.accounts[x->account].market;
    if (late) o->late_us[o->sim->world.accounts[x->account].seller] = o->sim->loop.now_us;
    check_limits(o, x);
    for (uint32_t i = 0; i < x->item_count; i++) {
        struct pair *p = &o->pairs[x->items[i].pair];
        char name[128];
        sim_say(o->sim, sim_topic(x->items[i].pair), "  #%llu %s %s %lld",
                (unsigned long long)x->number,
                world_pair_name(&o->sim->world, x->items[i].pair, name),
                x->items[i].applied ? "takes" : "refuses", (long long)x->items[i].value);
        if (!market->strict) check_landing(o, x, &x->items[i]);
        if (p->open_exchange == x->number) p->applied |= x->items[i].applied;
        if (!x->items[i].applied) continue;
        barrier_landed(o->barrier, &x->items[i]);
        if (market->async) barrier_accepted(o->barrier, x->items[i].pair, x->items[i].value);
        barrier_shown(o->barrier, x->items[i].pair);
    }
    if (market->advance)
        market->advance(o->sim->world.accounts[x->account].model, loop_true_ms(&o->sim->loop));
    if (market->async) look_at_all(o, x->account);
    if (market->strict) return;
    if (o->sim->phase == SIM_SILENT && x->item_count)
        sim_fail(o->sim, "I8", sim_topic(x->items[0].pair),
                 "a write lands although everything shows what it should");
    x->item_count = 0;
}

/* ---- what comes back */

/* Whether the answer says of the item that it was taken or refused. */
static bool answer_tells(const json_t *doc, const struct exchange *x, uint32_t item, bool *ok)
{
    const struct world *world = &x->sim->world;
    uint32_t pair = x->items[item].pair, product = pair % world->product_count;
    int64_t remote_id = strtoll(world->remote_ids[pair / world->product_count], NULL, 10);
    const json_t *row;
    size_t index, told = 0;
    json_array_foreach (json_object_get(doc, "result"), index, row) {
        const char *offer = json_string_value(json_object_get(row, "offer_id"));
        if (json_integer_value(json_object_get(row, "warehouse_id")) != remote_id || !offer ||
            strcmp(offer, world->skus[product]) != 0)
            continue;
        const json_t *updated = json_object_get(row, "updated");
        if (!json_is_boolean(updated)) return false;
        *ok = json_is_true(updated);
        told++;
    }
    return told > 0;
}

static void push_answered(struct oracle *o, const struct exchange *x)
{
    bool arrived = x->result == NET_ARRIVED;
    json_t *doc =
        arrived && x->status == 200 ? json_loadb(x->answer, x->answer_size, 0, NULL) : NULL;
    bool refused = arrived && x->status >= 400 && x->status < 500 && x->status != 408;
    for (uint32_t i = 0; i < x->item_count; i++) {
        struct pair *p = &o->pairs[x->items[i].pair];
        bool ok = false;
        if (p->open_exchange != x->number) continue;
        if (x->claimed_unsent) continue; /* a lie: it is under way */
        if (x->result == NET_NOT_SENT || refused || answer_tells(doc, x, i, &ok)) {
            p->open_exchange = 0;
            p->settled_ok = ok;
            continue;
        }
        p->lost = true;
        p->lost_us = o->sim->loop.now_us;
    }
    json_decref(doc);
}

/* A reading that began late enough tells what became of a write. */
static void pair_read(struct oracle *o, const struct exchange *x, uint32_t pair, bool known,
                      int64_t figure)
{
    struct pair *p = &o->pairs[pair];
    if (!p->open_exchange || !p->lost) return;
    int64_t settled_us = p->lost_us + (SETTLE_MS - SETTLE_SLACK_MS) * INT64_C(1000);
    if (x->sent_us < settled_us) return;
    p->open_exchange = 0;
    p->settled_ok = known && figure == p->sent_value;
    p->applied |= p->settled_ok;
}

/* Dumps have theirs as texts. */
static int64_t number_of(const json_t *value)
{
    return json_is_string(value) ? strtoll(json_string_value(value), NULL, 10)
                                 : json_integer_value(value);
}

static void stock_answered(struct oracle *o, const struct exchange *x)
{
    if (x->result != NET_ARRIVED || x->status != 200) return;
    const struct world *world = &o->sim->world;
    const struct world_account *account = &world->accounts[x->account];
    json_t *doc = json_loadb(x->answer, x->answer_size, 0, NULL);
    const json_t *rows = json_object_get(doc, "products"), *row;
    if (!rows) rows = json_object_get(doc, "stocks");
    json_t *asked = json_loadb(x->body, x->body_size, 0, NULL);
    const json_t *place = json_object_get(asked, "warehouse_id"); /* of a dump */
    size_t index;
    json_array_foreach (rows, index, row) {
        int remote = world_remote_by_number(
            world, x->account, number_of(place ? place : json_object_get(row, "warehouse_id")));
        int product = world_product_by_number(world, x->account,
                                              number_of(json_object_get(row, "product_id")));
        if (remote >= 0 && product >= 0)
            pair_read(o, x, world_pair(world, (uint32_t)remote, (uint32_t)product), true,
                      number_of(json_object_get(row, "free_stock")));
    }
    /* What was asked for and is not there. */
    json_array_foreach (json_object_get(asked, "offer_id"), index, row) {
        int product = world_product_by_sku(world, json_string_value(row), json_string_length(row));
        for (uint32_t r = 0; product >= 0 && r < account->remote_count; r++)
            pair_read(o, x, world_pair(world, account->remote_first + r, (uint32_t)product), false,
                      0);
    }
    json_decref(asked);
    json_decref(doc);
}

void oracle_answered(struct oracle *o, struct exchange *x)
{
    if (!o->sim->world.accounts[x->account].market->strict) return;
    if (x->is_push) push_answered(o, x);
    if (x->is_stock_reading) stock_answered(o, x);
}

/* ---- the process and the machine */

void oracle_crashed(struct oracle *o)
{
    o->crashed_us = o->sim->loop.now_us;
    barrier_crashed(o->barrier);
    for (uint32_t i = 0; i < world_pairs(&o->sim->world); i++) {
        struct pair *p = &o->pairs[i];
        p->forced |= p->selected && p->forced_selected; /* its commit may be lost */
        p->selected = p->forced_selected = false;
        if (!p->open_exchange || p->lost) continue;
        p->lost = true;
        p->lost_us = o->sim->loop.now_us;
    }
}

void oracle_begun(struct oracle *o, struct store_txn *txn)
{
    oracle_store_begun(&o->flights, txn);
}
