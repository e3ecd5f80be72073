/* Pairs, followed from selection to the wire. What lands is judged in oracle_landed.c, what comes
 * back in oracle_answer.c, what the store says in oracle_store.c, what must hold at the end in
 * oracle_final.c. */
#include "base/mem.h"
#include "forgotten.h"
#include "oracle_lines.h"
#include "oracle_pair.h"
#include "oracle_parked.h"
#include "oracle_stale.h"
#include "oversold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    AT_ONCE_MS = 60000, /* from selection to the wire, stalls and queues of steps included */
    BASE_FRESH_MS =
        6 * 60000, /* a change starts from a figure read so lately, and a minute's way */
};

struct oracle *oracle_new(struct sim *sim)
{
    struct oracle *o = mem_alloc(sizeof *o);
    o->sim = sim;
    o->lines = oracle_lines_new(sim);
    o->barrier = barrier_new(sim, o->lines);
    o->again = again_new(sim);
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
    again_free(o->again);
    oracle_lines_free(o->lines);
    oracle_store_free(&o->flights);
    tokens_free(&o->tokens);
    mem_free(o->pairs);
    mem_free(o);
}

uint64_t oracle_writes(const struct oracle *o)
{
    return o->writes;
}

/* ---- selections */

void oracle_selected(struct oracle *o, struct store_txn *txn, uint32_t pair, int64_t value,
                     uint64_t revision, bool passes)
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
    p->selected_learned = again_learned(o->again, txn, pair);
    p->forced_selected |= p->forced;
    p->forced = false;
    barrier_selected(o->barrier, pair, passes);
    oversold_composed(o->sim->oversold, pair, value);
    p->passes = passes;
    if (p->forced_selected || value != p->refused_value) p->refused = 0;
    p->refused_value = value;
    p->applied = world_shown(&o->sim->world, pair) == value; /* it may be found there */
}

/* The engine takes the pair's last write as done: because an answer said so, or because a figure
 * was read that is the same. */
void oracle_acknowledged(struct oracle *o, uint32_t pair, int64_t value, uint64_t revision)
{
    const struct pair *p = &o->pairs[pair];
    bool sent = p->sent && p->sent_revision == revision && p->sent_value == value;
    stale_acknowledged(o->sim->stale, pair, value);
    if (oracle_was_told(p, value, sent ? p->sent_us : p->selected_us)) return;
    if (!sent)
        sim_fail(o->sim, "I5", sim_topic(pair),
                 "%lld is acknowledged although it did not leave, and nobody said it is there",
                 (long long)value);
    else if (!p->applied)
        sim_fail(o->sim, "I5", sim_topic(pair), "%lld is acknowledged but was never taken",
                 (long long)value);
    else if (!p->settled_ok)
        sim_fail(o->sim, "I5", sim_topic(pair),
                 "%lld is acknowledged, but no answer says that it is there", (long long)value);
}

/* The engine takes the pair's last write as refused for good. */
void oracle_rejected(struct oracle *o, uint32_t pair)
{
    if (o->pairs[pair].refused) stale_refused(o->sim->stale, pair);
}

void oracle_task_ran(struct oracle *o, struct store_txn *txn, uint64_t task, bool again)
{
    barrier_task_runs(o->barrier, txn);
    oracle_store_task_ran(o->sim, &o->flights, txn, task, again);
    barrier_task_ran(o->barrier, txn);
    if (again) parked_undone(o->sim->parked); /* all that the group did was taken back */
    if (again) oracle_lines_lost(o->lines);
    oracle_lines_task_ran(o->lines, txn);
    oversold_task_ran(o->sim->oversold, txn);
    parked_task_ran(o->sim->parked, txn);
}

/* The marketplace lowered it, or gave back. */
void oracle_shown(struct oracle *o, uint32_t pair)
{
    barrier_shown(o->barrier, pair);
    oversold_shown(o->sim->oversold, pair, OVERSOLD_MARKET);
    oracle_moved(o, world_pair_account(&o->sim->world, pair));
    o->pairs[pair].refused = 0;
}

void oracle_orders_switched(struct oracle *o, uint32_t account)
{
    const struct world_range pairs = world_pairs_of(&o->sim->world, account);
    for (uint32_t i = pairs.first; i < pairs.end; i++)
        o->pairs[i].switched = true;
}

void oracle_resumed(struct oracle *o, uint32_t account)
{
    parked_resumed(o->sim->parked, account);
    const struct world_range pairs = world_pairs_of(&o->sim->world, account);
    for (uint32_t i = pairs.first; i < pairs.end; i++)
        o->pairs[i].refused = 0;
}

void oracle_task_kept(struct oracle *o, uint64_t task, bool kept)
{
    oracle_store_task_kept(&o->flights, task, kept);
    if (!kept) parked_undone(o->sim->parked);
    parked_group_ended(o->sim->parked);
    if (kept) return;
    oracle_lines_lost(o->lines);
    oversold_lost(o->sim->oversold);
}

void oracle_requeued(struct oracle *o, uint32_t pair)
{
    o->pairs[pair].refused = 0;
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

/* What a task told is not in the store: the process looks again for what it had been told of just
 * before. Which task it was is not known here. */
void oracle_unstored(struct oracle *o)
{
    int64_t since_us = o->sim->loop.now_us - AT_ONCE_MS * INT64_C(1000);
    for (uint32_t i = 0; i < world_pairs(&o->sim->world); i++) {
        struct pair *p = &o->pairs[i];
        p->sought |= p->settled_ok && p->known_us >= since_us;
    }
}

/* ---- what leaves */

/* By the clock it left so long ago that a decrease may pass it: one that was set forward makes it
 * seem so old. */
static bool seems_stuck(const struct oracle *o, uint32_t pair, const struct pair *p)
{
    const struct sim_wire *wire = oracle_market_of(o, pair)->wire;
    return o->sim->loop.now_us - p->sent_us >= (wire->stuck_ms - wire->settle_ms) * INT64_C(1000) ||
           o->sim->stepped_us > p->sent_us;
}

/* What was asked for when the last write was known to be there, and had settled, told of another
 * figure. By a clock that was set forward since it may have settled sooner; and what has ended
 * since, which shows none, says so at once. */
static bool told_otherwise(const struct oracle *o, uint32_t pair, const struct pair *p)
{
    int64_t settle_ms = oracle_market_of(o, pair)->wire->settle_ms - ORACLE_SLACK_MS;
    int64_t settled_us = p->sent_us;
    if (o->sim->stepped_us <= p->sent_us) settled_us += settle_ms * INT64_C(1000);
    for (uint32_t i = 0; i < ORACLE_TOLD && i < p->told_count; i++) {
        const struct told *told = &p->told[i];
        bool true_then = !told->lie && told->other;
        if (!true_then || told->figure == p->sent_value || told->asked_us < p->known_us) continue;
        if (told->asked_us >= settled_us || told->figure == 0) return true;
    }
    return false;
}

/* What was taken goes once more where the process learned something of the pair since: what was
 * written then is compared with that, and what was learned before it excuses nothing any more. And
 * where the process may not know that it was taken: it is looked for, and when it is given up the
 * same figure passes it, if it is lower than what was there before. */
static bool may_go_again(const struct oracle *o, uint32_t pair, const struct pair *p)
{
    int64_t before = p->before_value > p->read_before ? p->before_value : p->read_before;
    if (p->selected_learned != p->sent_learned || told_otherwise(o, pair, p)) return true;
    if (p->switched && again_ordered(o->again, pair)) return true;
    return p->again || (p->sought && seems_stuck(o, pair, p) && p->sent_value < before);
}

/* Another figure that was read before it, a lie perhaps, may be there still for all that the
 * process knows, as long as what became of it is not known: to pass it is a decrease from that,
 * too. */
static void check_open(struct oracle *o, uint32_t pair, const struct pair *p, int64_t value)
{
    if (!p->open_exchange) return;
    int64_t age_ms = (o->sim->loop.now_us - p->sent_us) / 1000;
    bool settled = age_ms >= oracle_market_of(o, pair)->wire->settle_ms; /* in any case */
    bool abandoned = p->lost && seems_stuck(o, pair, p) && settled;
    int64_t shown = world_shown(&o->sim->world, pair);
    int64_t most = shown > p->sent_value ? shown : p->sent_value;
    if (p->before_value > most) most = p->before_value;
    if (p->read_before > most) most = p->read_before;
    if (abandoned && value <= most) return; /* a decrease from whatever may be there */
    sim_fail(o->sim, "I4", sim_topic(pair),
             "%lld leaves while what became of %lld (request #%llu, %lld s ago) is not known",
             (long long)value, (long long)p->sent_value, (unsigned long long)p->open_exchange,
             (long long)age_ms / 1000);
}

/* A change starts from what was read to be there, after all that was written before; a revision is
 * one that was told, and never an older one than was named before. */
static void check_start(struct oracle *o, uint32_t pair, struct pair *p,
                        const struct exchange_item *item)
{
    struct sim *sim = o->sim;
    int64_t now_us = sim->loop.now_us, base = p->selected_value - item->value;
    int64_t fresh_us = BASE_FRESH_MS * INT64_C(1000), since_us = now_us - fresh_us;
    if (p->wrote_us > since_us) since_us = p->wrote_us;
    /* A clock that was set back makes old readings young, and those since seem older. */
    bool young =
        sim->set_back_ms && now_us - sim->back_us < sim->set_back_ms * INT64_C(1000) + fresh_us;
    if (item->change && !young && !oracle_was_told(p, base, since_us))
        sim_fail(sim, "I7", sim_topic(pair),
                 "a change by %lld to %lld starts from %lld, which was not read there lately",
                 (long long)item->value, (long long)p->selected_value, (long long)base);
    if (!item->revision) return;
    if (item->revision > p->told_revision)
        sim_fail(sim, "I5", sim_topic(pair), "revision %lld there was never told",
                 (long long)item->revision);
    if (item->revision < p->named_revision)
        sim_fail(sim, "I5", sim_topic(pair), "revision %lld there is named after %lld",
                 (long long)item->revision, (long long)p->named_revision);
    p->named_revision = item->revision;
}

/* A figure that lies is followed: a change starts from it. */
static int64_t astray(const struct oracle *o, uint32_t pair, const struct exchange_item *item)
{
    const struct pair *p = &o->pairs[pair];
    int64_t base = p->selected_value - item->value;
    if (!item->change || !oracle_was_lied(p, base)) return 0;
    return base - world_shown(&o->sim->world, pair);
}

int64_t oracle_astray(const struct oracle *o, uint32_t pair)
{
    return o->pairs[pair].astray;
}

static void check_send(struct oracle *o, const struct exchange *x, struct exchange_item *item)
{
    struct sim *sim = o->sim;
    uint32_t pair = item->pair;
    struct pair *p = &o->pairs[pair];
    /* A change is of the figure that was selected; from what it starts is judged by itself. */
    int64_t value = item->change ? p->selected_value : item->value;
    const struct sim_wire *wire = oracle_market_of(o, pair)->wire;
    int64_t waited_ms = (sim->loop.now_us - p->selected_us) / 1000;
    if (!p->selected)
        sim_fail(sim, "I5", sim_topic(pair), "%lld leaves without having been selected",
                 (long long)item->value);
    else if (p->selected_value != value)
        sim_fail(sim, "I7", sim_topic(pair), "%lld leaves, but %lld was selected", (long long)value,
                 (long long)p->selected_value);
    else if (waited_ms > AT_ONCE_MS + wire->before * sim->plan.network.timeout_ms)
        sim_fail(sim, "I7", sim_topic(pair), "%lld leaves %lld ms after its selection",
                 (long long)value, (long long)waited_ms);
    else if (p->sent && p->selected_revision < p->sent_revision)
        sim_fail(sim, "I5", sim_topic(pair), "revision %llu leaves after revision %llu",
                 (unsigned long long)p->selected_revision, (unsigned long long)p->sent_revision);
    else if (p->sent && p->settled_ok && !p->forced_selected && value == p->sent_value &&
             !may_go_again(o, pair, p))
        sim_fail(sim, "I8", sim_topic(pair), "%lld leaves again although it was taken",
                 (long long)value);
    check_start(o, pair, p, item);
    check_open(o, pair, p, value);
    if (p->settled_ok) p->before_value = p->sent_value;
    p->read_before = p->read_value;
    p->told_before = p->told_count && p->told[(p->told_count - 1) % ORACLE_TOLD].figure == value;
    p->selected = p->forced_selected = false;
    p->sent = true;
    p->settled_ok = p->applied = p->lost = p->sought = p->again = p->switched = false;
    p->astray = astray(o, pair, item);
    p->sent_value = value;
    p->sent_revision = p->selected_revision;
    p->sent_learned = p->selected_learned;
    p->sent_us = sim->loop.now_us;
    p->wrote_before_us = p->wrote_us;
    p->wrote_us = p->sent_us;
    p->open_exchange = x->number;
    snprintf(p->command, sizeof p->command, "%s", x->command);
    item->passes = p->passes;
}

/* What was held or refused because its card was away goes once when a reading of the cards, half a
 * day later perhaps, finds it back (core/engine/listing.c): also a figure that is there already,
 * where somebody had asked for it all the same. And where a list of cards left some out that were
 * never told before, their figures begin with the next one. */
static void check_silence(struct oracle *o, const struct exchange *x)
{
    bool waited = x->item_count > 0;
    for (uint32_t i = 0; i < x->item_count; i++) {
        waited &= o->pairs[x->items[i].pair].waits;
        o->pairs[x->items[i].pair].waits = false;
    }
    if (!waited)
        sim_fail(o->sim, "I8", x->item_count ? sim_topic(x->items[0].pair) : 0,
                 "a write leaves although everything shows what it should");
}

void oracle_sent(struct oracle *o, struct exchange *x)
{
    tokens_sent(&o->tokens, x);
    if (o->saw_us < o->sim->stepped_us) o->saw_us = o->sim->loop.now_us;
    if (x->is_orders) barrier_reads(o->barrier, x->account);
    if (x->begins_drain) barrier_begun(o->barrier, x->account);
    for (uint32_t i = 0; i < x->item_count; i++) {
        char name[128];
        uint32_t pair = x->items[i].pair;
        sim_say(o->sim, sim_topic(pair), "  #%llu %s = %lld", (unsigned long long)x->number,
                world_pair_name(&o->sim->world, pair, name), (long long)x->items[i].value);
        if (world_pair_account(&o->sim->world, pair) != x->account)
            sim_fail(o->sim, "address", sim_topic(pair), "another account writes it");
        check_send(o, x, &x->items[i]);
        barrier_sent(o->barrier, &x->items[i]);
        o->writes++;
    }
    oversold_sent(o->sim->oversold, x);
    if (o->sim->phase == SIM_SILENT && x->is_push) check_silence(o, x);
}

void oracle_silent(struct oracle *o)
{
    struct store_txn *txn;
    struct bytes key, value;
    if (store_begin(o->sim->store, STORE_READ, &txn, NULL) != ST_OK) return;
    for (uint32_t pair = 0; pair < world_pairs(&o->sim->world); pair++) /* those without target */
        o->pairs[pair].waits = o->sim->lied_cards[world_pair_account(&o->sim->world, pair)];
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct target_record r;
        int pair = oracle_pair_of(o->sim, txn, key.data);
        target_record_read(value, &r, NULL);
        bool kept_back = r.flags & TARGET_REJECTED || r.hold & HOLD_LISTING;
        if (pair != WORLD_NONE)
            o->pairs[pair].waits = kept_back && oracle_was_away(o->sim, (uint32_t)pair);
    }
    store_cursor_close(cursor);
    store_abort(txn);
}

/* ---- the process and the machine */

void oracle_absent(struct oracle *o, uint32_t account)
{
    tokens_absent(&o->tokens, account, o->sim->loop.now_us);
    parked_absent(o->sim->parked, account);
}

void oracle_locked_out(struct oracle *o, uint32_t account, const char *why)
{
    if (o->sim->plan.focus != FOCUS_LOGIN || tokens_lost(&o->tokens, account)) return;
    sim_fail(o->sim, "I12", 0, "%s is parked, although the host that gives tokens is only gone: %s",
             o->sim->world.accounts[account].name, why);
}

void oracle_crashed(struct oracle *o)
{
    o->crashed_us = o->sim->loop.now_us;
    for (uint32_t i = 0; i < o->sim->world.account_count; i++)
        oracle_absent(o, i);
    barrier_crashed(o->barrier);
    oracle_lines_lost(o->lines);
    oversold_lost(o->sim->oversold);
    for (uint32_t i = 0; i < world_pairs(&o->sim->world); i++) {
        struct pair *p = &o->pairs[i];
        p->forced |= p->selected && p->forced_selected; /* its commit may be lost */
        /* For all that the next life knows it has left: what was there goes once more. */
        if (p->selected) p->again = true;
        p->selected = p->forced_selected = false;
        if (!p->open_exchange || p->lost) continue;
        p->lost = true;
        p->lost_us = o->sim->loop.now_us;
    }
}

/* What the last life was told when it died may not be in the store: by this one's rows the write is
 * still to be looked for. */
static void find_sought(struct oracle *o, struct store_txn *txn)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct target_record r;
        int pair = oracle_pair_of(o->sim, txn, key.data);
        if (pair == WORLD_NONE) continue;
        struct pair *p = &o->pairs[pair];
        target_record_read(value, &r, NULL);
        bool open = r.flags & (TARGET_OPEN | TARGET_UNRESOLVED) && !(r.flags & TARGET_ASKED);
        p->sought = p->settled_ok && open && r.sent_revision == p->sent_revision;
    }
    store_cursor_close(cursor);
}

void oracle_begun(struct oracle *o, struct store_txn *txn)
{
    find_sought(o, txn);
    o->begun_us = o->sim->loop.now_us;
    forgotten_undone(o->sim->forgotten, txn);
    oracle_store_begun(&o->flights, txn);
    oversold_booted(o->sim->oversold);
}
