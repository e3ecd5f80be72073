/* What comes back: of each item of a write, and of the figures that were read. */
#include "oracle_pair.h"
#include "oracle_parked.h"
#include "oversold.h"

#include <stdio.h>
#include <string.h>

static void close_pair(const struct oracle *o, struct pair *p, bool ok)
{
    if (p->open_exchange) p->known_us = o->sim->loop.now_us; /* it may be told of once more */
    p->open_exchange = 0;
    p->settled_ok = ok;
    p->lost = false;
    if (ok) p->read_value = 0;
}

/* ---- writes */

/* The pauses between tries grow, so that what is refused again and again costs little (I13). Only
 * after a 429 that names no time they may stay the same, a quarter of the minute by which the
 * marketplace counts. */
static void check_pauses(struct oracle *o, uint32_t pair, bool refused, int status)
{
    enum { WITHIN_MS = 5 * 60000, THROTTLED_MS = 15000, TRIES = 8 };
    /* With pauses of 1, 2, 4 s ... it is seven, and an answer may have got lost. Half a minute each
     * time would be ten. */
    const uint32_t tries = status == 429 ? WITHIN_MS / THROTTLED_MS : TRIES;
    struct pair *p = &o->pairs[pair];
    int64_t now_us = o->sim->loop.now_us;
    if (!refused || p->refused == 0 || now_us - p->refused_us > WITHIN_MS * INT64_C(1000)) {
        p->refused = refused;
        p->refused_us = now_us;
        return;
    }
    if (++p->refused <= tries) return;
    sim_fail(o->sim, "I13", sim_topic(pair),
             "%lld was refused %u times within %lld s, and goes again and again",
             (long long)p->refused_value, p->refused,
             (long long)(now_us - p->refused_us) / 1000000);
}

static void push_answered(struct oracle *o, const struct exchange *x, const json_t *doc)
{
    enum wire_word words[NETWORK_ITEMS_MAX] = {WIRE_SILENT};
    if (x->result == NET_ARRIVED)
        oracle_market_of(o, x->items[0].pair)->wire->answer(x, doc, words);
    if (x->result == NET_NOT_SENT) wire_all(x, words, WIRE_REFUSED);
    for (uint32_t i = 0; i < x->item_count; i++) {
        struct pair *p = &o->pairs[x->items[i].pair];
        if (p->open_exchange != x->number) continue;
        if (x->claimed_unsent) continue; /* a lie: it is under way */
        check_pauses(o, x->items[i].pair, words[i] == WIRE_REFUSED, x->status);
        if (words[i] == WIRE_REFUSED || words[i] == WIRE_DONE) {
            close_pair(o, p, words[i] == WIRE_DONE);
            if (words[i] == WIRE_REFUSED) p->wrote_us = p->wrote_before_us;
            continue;
        }
        p->lost = true;
        p->lost_us = o->sim->loop.now_us;
    }
}

/* ---- figures, and what became of commands */

struct reading {
    struct oracle *o;
    const struct exchange *x;
};

bool oracle_was_told(const struct pair *p, int64_t figure, int64_t since_us)
{
    for (uint32_t i = 1; i <= ORACLE_TOLD && i <= p->told_count; i++) {
        const struct told *told = &p->told[(p->told_count - i) % ORACLE_TOLD];
        if (told->figure == figure && told->asked_us >= since_us) return true;
    }
    return false;
}

bool oracle_was_lied(const struct pair *p, int64_t figure)
{
    for (uint32_t i = 1; i <= ORACLE_TOLD && i <= p->told_count; i++) {
        const struct told *told = &p->told[(p->told_count - i) % ORACLE_TOLD];
        if (told->figure == figure) return told->lie;
    }
    return false;
}

/* For a while after a start, and after the clock was set forward, no figure counts as read after a
 * write from before (engine/rows.h): the process goes on looking for it, and if by the clock it is
 * stuck by then, the same figure may pass it once. After the clock was set the while begins when
 * the process sees it, which it need not do before it has something to send. */
static bool in_another_time(const struct reading *r, const struct pair *p, int64_t settle_ms)
{
    const struct sim *sim = r->o->sim;
    int64_t wait_us = (settle_ms + sim->plan.network.timeout_ms) * INT64_C(1000);
    int64_t from_us = sim->stepped_us > r->o->saw_us ? sim->stepped_us : r->o->saw_us;
    bool stepped = sim->stepped_us > p->sent_us && r->x->sent_us < from_us + wait_us;
    return stepped || (r->o->begun_us > p->sent_us && r->x->sent_us < r->o->begun_us + wait_us);
}

/* The same once more is no other one: those before it may still be what a change starts from. */
static void note_told(struct pair *p, const struct told *told)
{
    struct told *last = p->told_count ? &p->told[(p->told_count - 1) % ORACLE_TOLD] : NULL;
    if (!last || last->figure != told->figure || last->lie != told->lie)
        p->told[p->told_count++ % ORACLE_TOLD] = *told;
    else if (last->asked_us < told->asked_us)
        *last = *told;
}

/* A reading that began late enough tells what became of a write. */
static void pair_read(const struct reading *r, struct pair *p, const struct wire_told *told)
{
    const struct sim_wire *wire = oracle_market_of(r->o, told->pair)->wire;
    bool known = told->telling == WIRE_FIGURE;
    if (known || told->telling == WIRE_DOUBTFUL)
        note_told(p, &(struct told){.figure = told->figure,
                                    .asked_us = r->x->sent_us,
                                    .lie = r->x->lies,
                                    .other = world_shown(&r->o->sim->world, told->pair) !=
                                             p->sent_value});
    if (told->revision > p->told_revision) p->told_revision = told->revision;
    /* Said to show another figure: that costs a write that nothing asked for. That nothing is there
     * says nothing of what is known to be taken; but where the store refused what was told of it,
     * or read, or it may not know it (sought), the process still looks for it. */
    bool looked_for = r->o->sim->unstored_us > p->sent_us || p->sought;
    bool lied =
        r->x->lies && (told->telling != WIRE_ABSENT || looked_for) && told->figure != p->sent_value;
    if (lied) p->again = true;
    /* Asked for before the clock was set, and told after that: for all that the process can tell
     * it was asked for after the write (core/engine/target.c). */
    const struct sim *sim = r->o->sim;
    bool apart = r->x->sent_us < sim->stepped_us && p->sent_us < sim->stepped_us;
    if (apart && known && told->figure != p->sent_value) p->again = true;
    if (!p->open_exchange || !p->lost || told->telling == WIRE_DOUBTFUL) return;
    int64_t settled_us = p->lost_us + (wire->settle_ms - ORACLE_SLACK_MS) * INT64_C(1000);
    if (r->x->sent_us < settled_us) return;
    /* A missing row proves a zero, and no other figure. */
    bool ok = known ? told->figure == p->sent_value : p->sent_value == 0;
    if (ok && in_another_time(r, p, wire->settle_ms)) p->again = true;
    /* Within the slack it may have been too early for the process, which goes on looking then. */
    if (ok && r->x->sent_us < p->lost_us + wire->settle_ms * INT64_C(1000)) p->sought = true;
    close_pair(r->o, p, ok);
    oversold_found(r->o->sim->oversold, told->pair);
    p->applied |= ok;
}

static void note_there(const struct reading *r, struct pair *p, const struct wire_told *told)
{
    const struct sim_wire *wire = oracle_market_of(r->o, told->pair)->wire;
    int64_t settled_us = p->wrote_us + (wire->settle_ms - ORACLE_SLACK_MS) * INT64_C(1000);
    if (told->telling != WIRE_FIGURE || p->open_exchange) return;
    if (!p->wrote_us || r->x->sent_us >= settled_us) p->read_value = told->figure;
}

static void write_told(const struct oracle *o, struct pair *p, const struct wire_told *told)
{
    if (strcmp(p->command, told->command) != 0) return;
    if (told->word == WIRE_DONE) close_pair(o, p, true);
    if (told->word == WIRE_REFUSED) close_pair(o, p, false);
}

static void command_unknown(const struct reading *r, const char *command)
{
    const struct world *world = &r->o->sim->world;
    const struct sim_wire *wire = world->accounts[r->x->account].market->wire;
    const struct world_range pairs = world_pairs_of(world, r->x->account);
    for (uint32_t i = pairs.first; i < pairs.end; i++) {
        struct pair *p = &r->o->pairs[i];
        /* A clock set forward makes it seem so old. */
        bool old = r->o->sim->loop.now_us - p->sent_us >=
                       (wire->unknown_ms - ORACLE_SLACK_MS) * INT64_C(1000) ||
                   r->o->sim->stepped_us > p->sent_us;
        if (!old || strcmp(p->command, command) != 0) continue;
        /* Closed by a figure that had been there before as well: of this command that said
         * nothing, and what somebody asked for is still to go. */
        bool same = p->settled_ok && (p->told_before || p->before_value == p->sent_value);
        if (p->open_exchange)
            close_pair(r->o, p, false);
        else if (same)
            p->again = true;
    }
}

static void tell(void *ctx, const struct wire_told *told)
{
    const struct reading *r = ctx;
    if (told->telling == WIRE_NO_WRITE) {
        command_unknown(r, told->command);
        return;
    }
    struct pair *p = &r->o->pairs[told->pair];
    if (told->telling != WIRE_OF_WRITE) {
        pair_read(r, p, told);
        note_there(r, p, told);
    } else if (told->word == WIRE_TAKEN && r->x->is_push && p->open_exchange == r->x->number) {
        snprintf(p->command, sizeof p->command, "%s", told->command);
    } else {
        write_told(r->o, p, told);
    }
}

void oracle_answered(struct oracle *o, struct exchange *x)
{
    struct reading reading = {o, x};
    oversold_answered(o->sim->oversold, x);
    tokens_answered(&o->tokens, x);
    parked_answered(o->sim->parked, x);
    if (x->result == NET_ARRIVED) oracle_fine_told(o, x);
    if (!x->is_push && !x->is_stock_reading) return;
    bool arrived = x->result == NET_ARRIVED;
    json_t *doc = arrived ? json_loadb(x->answer, x->answer_size, 0, NULL) : NULL;
    if (x->is_push && x->item_count) push_answered(o, x, doc);
    if (arrived) o->sim->world.accounts[x->account].market->wire->read(x, doc, tell, &reading);
    if (arrived) barrier_answered(o->barrier, x, doc);
    json_decref(doc);
}
