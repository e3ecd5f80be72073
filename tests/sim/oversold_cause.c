/* What stood between a piece that was gone and the figure that still counted it. Whatever the
 * process says for itself is believed only where something from outside bears it out: an answer
 * that failed, a key that was dead, a write of the pair a moment ago. */
#include "oversold_private.h"

#include "daemon.h"
#include "engine/record.h"
#include "oracle_orders.h"
#include "oracle_parked.h"
#include "oracle_store.h"
#include "script.h"
#include "script_op.h"
#include "wire.h"

#include <stdio.h>
#include <string.h>

enum {
    FRESHNESS_MS = 10000, /* I17 */
    /* From the decision to compose until the engine does, stalls included (oracle_barrier.c). */
    COMPOSING_MS = 6000,
    TURN_MS = FRESHNESS_MS + COMPOSING_MS,
    DRAIN_EVERY_MS = 10000,
    RETRY_MOST_MS = 75000,   /* between two readings of orders, or two writes, that failed */
    STARTING_MS = 60000,     /* a process that has just come asks who it is before all else */
    OZON_CADENCE_MS = 30000, /* of a pair */
    CLOCK_MS = 5 * 60000,    /* what was counted by it may wait once more for so long */
    /* What a change starts from was read so lately (core/engine/select.c). */
    BASE_FRESH_MS = 5 * 60 * 1000,
    QUEUE_MS = 10 * 60000, /* everything of an account is written in less */
    /* What the marketplace has shut, or says is not for us, is left alone (core/sync/account.c). */
    SHUT_MS = 10 * 60000,
    SETTLING_MS = 3 * 60000, /* a state that has ended: what it kept back is read anew */
    /* What was refused so often in a row goes once in so long (core/engine/outcome.c). */
    REFUSALS_FEW = 5,
    REFUSED_MOST_MS = 18 * 60000,
};

static bool within(const struct oversold *o, int64_t us, int64_t ms)
{
    return o->sim->loop.now_us - us <= ms * 1000;
}

/* It was told 403 by something that shuts everybody out, and says so; or that has just ended. */
static bool shut_out(const struct oversold *o, uint32_t account,
                     const struct sync_account_view *view)
{
    int64_t shut_us = o->accounts[account].shut_us;
    if (within(o, shut_us, SHUT_MS)) return view->wait == SYNC_WAIT_BLOCKED;
    return within(o, shut_us, SHUT_MS + TURN_MS);
}

/* It says that it is in a state in which nothing is written, and the world knows why. */
static bool state_is_witnessed(const struct sim *sim, uint32_t account, enum sync_state state)
{
    return (state == SYNC_PARKED && parked_rightly(sim->parked, account)) ||
           (state == SYNC_PAUSED && script_pauses(sim->script, account));
}

/* Of an account, before anything of it can go on: its latest obstacle, or OVERSOLD_NONE. */
static enum oversold_cause account_obstacle(struct oversold *o, uint32_t account,
                                            struct sync_account_view *view)
{
    struct sim *sim = o->sim;
    if (sim->away[account]) return OVERSOLD_STATE;
    bool up = daemon_is_up(sim->daemon) && daemon_view(sim->daemon, account, view);
    if (!up || within(o, o->up_us, STARTING_MS)) return OVERSOLD_DOWN;
    if (sim->world.accounts[account].key_dead || within(o, o->accounts[account].key_us, CLOCK_MS))
        return OVERSOLD_KEY;
    if (state_is_witnessed(sim, account, view->state))
        o->accounts[account].state_us = sim->loop.now_us;
    if (within(o, o->accounts[account].state_us, SETTLING_MS) ||
        within(o, o->accounts[account].resumed_us, SETTLING_MS))
        return OVERSOLD_STATE;
    if (shut_out(o, account, view)) return OVERSOLD_SHUT;
    if (within(o, sim->stepped_us, CLOCK_MS) ||
        (sim->set_back_ms && within(o, sim->back_us, CLOCK_MS)))
        return OVERSOLD_CLOCK;
    return OVERSOLD_NONE;
}

/* ---- it is not known yet */

static enum oversold_cause not_known(struct oversold *o, const struct oversold_line *line,
                                     struct oversold_row *row)
{
    struct sim *sim = o->sim;
    struct sync_account_view view = {0};
    const struct plan_network *n = &sim->plan.network;
    /* One interval, a reading that began too early for it, and its own. */
    int64_t reading_ms = 4 * 2 * (n->latency_ms + n->jitter_ms) + COMPOSING_MS;
    int64_t allowed_ms = DRAIN_EVERY_MS + 2 * reading_ms;
    if (line->listed_us > sim->loop.now_us) return OVERSOLD_NOT_LISTED;
    if (within(o, line->listed_us, allowed_ms)) return OVERSOLD_INTERVAL;
    enum oversold_cause cause = account_obstacle(o, line->account, &view);
    if (cause != OVERSOLD_NONE) return cause;
    if (sim->loop.wall_offset_ms > ORDERS_AHEAD_MS || sim->set_back_ms) return OVERSOLD_CLOCK;
    if (within(o, sim->dark_until_us, RETRY_MOST_MS) ||
        within(o, sim->lied_us[line->account], CLOCK_MS) ||
        within(o, o->accounts[line->account].failed_us, RETRY_MOST_MS + allowed_ms))
        return OVERSOLD_LIST_FAILS;
    if (within(o, o->accounts[line->account].orders_shut_us, SHUT_MS + TURN_MS))
        return OVERSOLD_SHUT;
    const struct sync_task_view *orders = &view.tasks[SYNC_ORDERS];
    /* What was read could not be kept; after other failures it is read again as late as after
     * those. */
    if (orders->failures && within(o, sim->unstored_us, RETRY_MOST_MS + allowed_ms))
        return OVERSOLD_LIST_FAILS;
    snprintf(row->note, sizeof row->note, "listed %lld s ago; readings: %s last=%lld failures=%u",
             (long long)((sim->loop.now_us - line->listed_us) / 1000000),
             orders->running ? "running" : "idle", (long long)orders->last_ms, orders->failures);
    return orders->running ? OVERSOLD_QUOTA : OVERSOLD_NONE;
}

/* ---- it is known */

static bool find_target(struct sim *sim, uint32_t pair, struct target_record *record)
{
    struct store_txn *txn;
    struct bytes key, value;
    bool found = false;
    if (store_begin(sim->store, STORE_READ, &txn, NULL) != ST_OK) return false;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    while (!found && store_next(cursor, &key, &value) == ST_OK) {
        uint8_t at[TARGET_KEY_SIZE];
        memcpy(at, key.data, sizeof at);
        found = oracle_pair_of(sim, txn, at) == (int)pair;
        if (found) target_record_read(value, record, NULL);
    }
    store_cursor_close(cursor);
    store_abort(txn);
    return found;
}

static enum oversold_cause by_hold(uint32_t hold)
{
    if (hold & HOLD_OFF) return OVERSOLD_RULE;
    if (hold & HOLD_FOREIGN) return OVERSOLD_FOREIGN;
    if (hold) return OVERSOLD_PLACE;
    return OVERSOLD_NONE;
}

static bool rule_forbids(const struct oversold *o, uint32_t pair)
{
    int product = oversold_product(o, pair);
    uint32_t account = world_pair_account(&o->sim->world, pair);
    if (product == WORLD_NONE) return false;
    struct truth_wanted wanted = {0};
    const struct truth_rule *rules = o->sim->truth.rules[product];
    truth_apply_rule(&rules[0], &rules[account + 1], 0, 1, &wanted);
    return wanted.off || wanted.direction > 0;
}

/* The newest write of it was refused, as were those before: it goes again at growing intervals.
 * Another figure does not wait for it, unless the marketplace asked to be left alone. */
static bool is_refused(const struct oversold *o, uint32_t pair, const struct target_record *r)
{
    const struct oversold_pair *p = &o->pairs[pair];
    if (within(o, p->refused_us, TURN_MS) || r->flags & TARGET_REJECTED) return true;
    if (r->flags & TARGET_PAUSE && p->write.value != p->wanted) return false;
    return within(o, p->refused_us, CLOCK_MS) ||
           (p->write.refused && p->refusals >= REFUSALS_FEW &&
            within(o, p->refused_us, REFUSED_MOST_MS + TURN_MS));
}

/* What only the pair itself tells. */
static enum oversold_cause pair_obstacle(struct oversold *o, uint32_t pair,
                                         struct oversold_row *row)
{
    const struct oversold_pair *p = &o->pairs[pair];
    const struct sim_market *market = world_account_of(&o->sim->world, pair)->market;
    struct target_record r = {0};
    bool there = find_target(o->sim, pair, &r);
    snprintf(row->note, sizeof row->note,
             "%s flags=%#x hold=%#x wanted=%lld acked=%lld due=%lld closed=%lld",
             there ? "target" : "no target", r.flags, r.hold, (long long)r.wanted_value,
             (long long)r.acked_value, (long long)(r.due_ms - clock_wall_ms(&o->sim->loop.clock)),
             (long long)(r.closed_ms - clock_wall_ms(&o->sim->loop.clock)));
    if (!there) return OVERSOLD_PLACE; /* its listing was not read, or is in conflict */
    if (by_hold(r.hold) != OVERSOLD_NONE) return by_hold(r.hold);
    if (rule_forbids(o, pair)) return OVERSOLD_RULE;
    /* It says that something is open: a write of it must have left lately, or be looked for. */
    int64_t open_ms = market->wire->stuck_ms + market->wire->settle_ms + CLOCK_MS;
    if (r.flags & (TARGET_OPEN | TARGET_ABANDONED | TARGET_ASKED) &&
        within(o, p->wrote_us, open_ms))
        return OVERSOLD_UNRESOLVED;
    if (is_refused(o, pair, &r)) return OVERSOLD_REFUSED;
    /* Of a write that no answer told of, it counts from when it was found. */
    int64_t over_us = p->found_us > p->wrote_us ? p->found_us : p->wrote_us;
    if (market == &market_ozon && within(o, over_us, OZON_CADENCE_MS + TURN_MS))
        return OVERSOLD_CADENCE;
    return OVERSOLD_NONE;
}

static enum oversold_cause not_composed(struct oversold *o, uint32_t pair, int64_t known_us,
                                        struct oversold_row *row)
{
    struct sync_account_view view = {0};
    uint32_t index = world_pair_account(&o->sim->world, pair);
    const struct oversold_account *account = &o->accounts[index];
    if (within(o, known_us, TURN_MS)) return OVERSOLD_TURN;
    enum oversold_cause cause = account_obstacle(o, index, &view);
    if (cause == OVERSOLD_NONE) cause = pair_obstacle(o, pair, row);
    if (cause != OVERSOLD_NONE) return cause;
    bool failed = within(o, account->failed_us, RETRY_MOST_MS + TURN_MS);
    /* The account says what its increases wait for; a zero waits for no reading of orders, but for
     * its turn on the quota as they do. */
    bool zero = o->pairs[pair].wanted == 0;
    /* It waits for a reading of orders, and one was told 403. */
    if (view.wait == SYNC_WAIT_ORDERS && within(o, account->orders_shut_us, SHUT_MS + TURN_MS))
        return OVERSOLD_SHUT;
    if ((view.wait == SYNC_WAIT_ORDERS || within(o, o->sim->dark_until_us, RETRY_MOST_MS)) &&
        (failed || !zero))
        return failed ? OVERSOLD_BARRIER : OVERSOLD_NONE;
    if (failed) return OVERSOLD_BREAKER;
    bool busy = within(o, account->composed_us, TURN_MS) || view.wait == SYNC_WAIT_QUOTA;
    return busy && within(o, known_us, QUEUE_MS) ? OVERSOLD_QUOTA : OVERSOLD_NONE;
}

/* A change that was taken starts from what was read; what the marketplace, or somebody else, added
 * in between is left over, and no more than that. */
static enum oversold_cause left_over(const struct oversold_pair *p, int64_t level, int64_t value,
                                     int64_t landed_us)
{
    uint32_t kept = p->rise_count < OVERSOLD_RISES ? p->rise_count : OVERSOLD_RISES;
    for (uint32_t i = 1; i <= kept && level > value; i++) {
        const struct oversold_rise *rise = &p->rises[(p->rise_count - i) % OVERSOLD_RISES];
        int64_t before_us = landed_us - rise->at_us;
        bool between = before_us >= 0 && before_us <= BASE_FRESH_MS * INT64_C(1000);
        if (!between || rise->by == OVERSOLD_WRITE) continue;
        value += rise->to - rise->from;
        if (level > value) continue;
        return rise->by == OVERSOLD_MARKET ? OVERSOLD_GIVEN_BACK : OVERSOLD_FOREIGN;
    }
    return OVERSOLD_NONE;
}

/* What buyers cancelled was added to the figure that was written while neither was to be seen. */
static bool given_back_unseen(const struct oversold *o, uint32_t pair, int64_t level,
                              const struct oversold_rise *rise)
{
    int64_t most = rise->value;
    for (size_t i = 0; i < o->line_count; i++) {
        const struct oversold_line *line = &o->lines[i];
        bool meanwhile = line->gone_us > rise->landed_us && line->gone_us <= rise->at_us;
        if (line->pair == pair && meanwhile) most += line->quantity;
    }
    return level > rise->value && level <= most;
}

static enum oversold_cause composed(const struct oversold *o, uint32_t pair, int64_t level)
{
    const struct oversold_write *w = &o->pairs[pair].write;
    if (!w->sent_us) return OVERSOLD_WIRE;
    if (!w->landed_us) return w->over_us ? OVERSOLD_UNRESOLVED : OVERSOLD_WIRE;
    if (w->refused) return OVERSOLD_REFUSED;
    const struct sim_market *market = world_account_of(&o->sim->world, pair)->market;
    /* What is not on sale takes figures and shows none. */
    bool shows = !market->async && o->pairs[pair].landed.imported;
    if (!shows) return OVERSOLD_NOT_SHOWN;
    /* Known to be more than there was, whatever figure came since. */
    if (w->ahead && level <= w->value) return OVERSOLD_CLOCK;
    if (w->unclear && level <= w->value) return OVERSOLD_NOT_TOLD;
    return left_over(&o->pairs[pair], level, w->value, w->landed_us);
}

/* ---- */

static const struct oversold_fall *find_fall(const struct oversold_pair *p, int64_t level)
{
    uint32_t kept = p->fall_count < OVERSOLD_FALLS ? p->fall_count : OVERSOLD_FALLS;
    for (uint32_t i = 1; i <= kept; i++) {
        const struct oversold_fall *fall = &p->falls[(p->fall_count - i) % OVERSOLD_FALLS];
        bool oldest = i == kept && p->fall_count > OVERSOLD_FALLS;
        if (fall->to < level && (level <= fall->from || oldest)) return fall;
    }
    return NULL;
}

static const struct oversold_rise *find_rise(const struct oversold_pair *p, int64_t level)
{
    uint32_t kept = p->rise_count < OVERSOLD_RISES ? p->rise_count : OVERSOLD_RISES;
    for (uint32_t i = 1; i <= kept; i++) {
        const struct oversold_rise *rise = &p->rises[(p->rise_count - i) % OVERSOLD_RISES];
        if (rise->from < level && level <= rise->to) return rise;
    }
    return NULL;
}

/* The oldest order that takes from what feeds the pair, and of which the process does not know. */
static struct oversold_line *find_hidden(const struct oversold *o, uint32_t pair, int before)
{
    int product = oversold_product(o, pair);
    uint32_t remote = pair / o->sim->world.product_count;
    for (int i = 0; i < before; i++) {
        struct oversold_line *line = &o->lines[i];
        if (!oversold_hidden(line) || line->reserved + line->shipped == 0) continue;
        for (uint32_t h = 0; h < line->home_count; h++)
            if ((int)line->homes[h].product == product &&
                o->sim->truth.link[remote][line->homes[h].local] &&
                oversold_takes_since(line, &line->homes[h]) > 0)
                return line;
    }
    return NULL;
}

/* What moved figures elsewhere moved what was known of them. */
bool oversold_unclear(const struct oversold *o, uint32_t pair)
{
    const struct truth *t = &o->sim->truth;
    int product = oversold_product(o, pair);
    uint32_t remote = pair / o->sim->world.product_count;
    for (uint32_t l = 0; product != WORLD_NONE && l < o->sim->world.local_count; l++)
        if (t->link[remote][l] && o->unclear[product][l]) return true;
    return product == WORLD_NONE;
}

/* The figure was given before the line took its pieces from there, and by its clock after that. */
static bool taken_ahead(const struct oversold_line *line, const struct oversold_count *count)
{
    bool left = line->left_us > count->ahead_from_us && line->left_us <= count->ahead_until_us;
    bool placed =
        line->placed_us > count->ahead_from_us && line->placed_us <= count->ahead_until_us;
    return left || (count->available && placed);
}

bool oversold_ahead(const struct oversold *o, uint32_t pair)
{
    int product = oversold_product(o, pair);
    uint32_t remote = pair / o->sim->world.product_count;
    bool any = false;
    for (uint32_t l = 0; product != WORLD_NONE && l < o->sim->world.local_count; l++)
        any |= o->counts[product][l].ahead_until_us != 0;
    for (size_t i = 0; i < o->line_count && any; i++)
        for (uint32_t h = 0; h < o->lines[i].home_count; h++) {
            const struct oversold_home *home = &o->lines[i].homes[h];
            if ((int)home->product == product && o->sim->truth.link[remote][home->local] &&
                taken_ahead(&o->lines[i], &o->counts[product][home->local]))
                return true;
        }
    return false;
}

/* It told of fewer than was believed to be shown: than the last write that was taken, less what was
 * known by then to be sold there since. A decrease waits for a reading of orders at most so long
 * (I17), whatever it turns out to be where buyers took more. */
static bool is_decrease(const struct oversold *o, uint32_t pair, const struct oversold_rise *rise)
{
    int64_t believed = rise->last_value;
    for (size_t i = 0; i < o->line_count; i++) {
        const struct oversold_line *line = &o->lines[i];
        if (line->pair == pair && line->known_us > rise->last_us &&
            line->known_us <= rise->composed_us)
            believed -= line->quantity;
    }
    return rise->last_us && rise->to < believed;
}

/* The figure was written up after the piece was gone, and the order that took it was not known: its
 * account's orders must have been read a short time before (I17). */
static bool barrier_broken(const struct oversold *o, uint32_t account,
                           const struct oversold_rise *rise, const struct oversold_line *line)
{
    int64_t stale_us = rise->composed_us - TURN_MS * INT64_C(1000);
    bool ahead = rise->drained_us == OVERSOLD_NEVER
                     ? o->sim->ahead_us > 0
                     : oracle_drain_was_ahead(o->sim, rise->drained_us);
    return line->account == account && rise->imported && !rise->passes && !ahead &&
           line->listed_us < stale_us && rise->drained_us < stale_us &&
           rise->drained_us <= line->listed_us && line->listed_us > o->sim->lied_us[account];
}

static void tell_line(const struct oversold *o, const struct oversold_line *line,
                      struct oversold_row *row)
{
    row->happened_us = line->placed_us;
    row->listed_us = line->listed_us;
    row->known_us = line->known_us;
    snprintf(row->origin, sizeof row->origin, "order %.50s at %s", line->key,
             o->sim->world.accounts[line->account].name);
}

/* Of two things of one moment the figure tells which was first. */
static bool composed_since(const struct oversold_pair *p, const struct oversold_fall *fall)
{
    const struct oversold_write *w = &p->write;
    if (w->composed_us == fall->at_us) return w->value <= fall->to;
    return w->composed_us > fall->at_us;
}

static void tell_fall(const struct oversold *o, const struct oversold_fall *fall,
                      const struct oversold_pair *p, struct oversold_row *row)
{
    row->happened_us = row->listed_us = row->known_us = fall->at_us;
    if (fall->line >= 0) tell_line(o, &o->lines[fall->line], row);
    if (fall->line < 0)
        snprintf(row->origin, sizeof row->origin, "%s",
                 fall->kind < OP_KINDS ? op_name((enum op_kind)fall->kind) : "what was told anew");
    bool since = composed_since(p, fall);
    row->composed_us = since ? p->write.composed_us : -1;
    row->landed_us = since && p->write.landed_us ? p->write.landed_us : -1;
}

/* By what it knows the process would still show the piece. */
static enum oversold_cause by_hidden(struct oversold *o, uint32_t pair,
                                     const struct oversold_rise *rise,
                                     const struct oversold_line *line, struct oversold_row *row)
{
    uint32_t account = world_pair_account(&o->sim->world, pair);
    tell_line(o, line, row);
    if (line->held) return OVERSOLD_HELD;
    if (rise && rise->at_us > line->placed_us && !is_decrease(o, pair, rise) &&
        barrier_broken(o, account, rise, line)) {
        snprintf(row->note, sizeof row->note, "written up without reading orders");
        return OVERSOLD_NONE;
    }
    return not_known(o, line, row);
}

static enum oversold_cause judge(struct oversold *o, uint32_t pair, int64_t level, int before,
                                 struct oversold_row *row)
{
    const struct oversold_pair *p = &o->pairs[pair];
    uint32_t account = world_pair_account(&o->sim->world, pair);
    const struct oversold_fall *fall = find_fall(p, level);
    const struct oversold_rise *rise = find_rise(p, level);
    const struct oversold_line *hidden = level <= p->wanted ? find_hidden(o, pair, before) : NULL;
    int64_t gone_us = hidden ? hidden->placed_us : fall ? fall->at_us : INT64_MIN;
    if (rise && rise->at_us > gone_us && rise->by == OVERSOLD_OTHER) return OVERSOLD_FOREIGN;
    if (rise && rise->at_us > gone_us && rise->by == OVERSOLD_MARKET) return OVERSOLD_GIVEN_BACK;
    if (rise && rise->at_us > gone_us && rise->astray) return OVERSOLD_LIED;
    if (!o->sim->world.accounts[account].orders_import ||
        within(o, o->accounts[account].external_us, SETTLING_MS))
        return OVERSOLD_EXTERNAL;
    if (hidden) return by_hidden(o, pair, rise, hidden, row);
    if (!fall) {
        snprintf(row->note, sizeof row->note, "%lld was never there to be shown", (long long)level);
        return OVERSOLD_NONE;
    }
    tell_fall(o, fall, p, row);
    if (rise && rise->at_us > fall->at_us && rise->composed_us > fall->at_us) {
        snprintf(row->note, sizeof row->note, "written %lld ms after it was known",
                 (long long)((rise->composed_us - fall->at_us) / 1000));
        if (rise->ahead) return OVERSOLD_CLOCK; /* whatever was counted since, by a right one */
        if (rise->unclear) return OVERSOLD_NOT_TOLD;
        if (given_back_unseen(o, pair, level, rise)) return OVERSOLD_GIVEN_BACK;
        return left_over(p, level, rise->value, rise->at_us);
    }
    if (!composed_since(p, fall)) return not_composed(o, pair, fall->at_us, row);
    return composed(o, pair, level);
}

static void describe(const struct oversold *o, uint32_t pair, struct oversold_row *row)
{
    const struct truth *t = &o->sim->truth;
    int p = oversold_product(o, pair);
    size_t at = strlen(row->note), size = sizeof row->note;
    at += (size_t)snprintf(row->note + at, size - at, "; happened %lld ms, known %lld ms ago",
                           (long long)((row->at_us - row->happened_us) / 1000),
                           (long long)((row->at_us - row->known_us) / 1000));
    at += (size_t)snprintf(row->note + at, size - at, "; wanted %lld",
                           (long long)o->pairs[pair].wanted);
    for (uint32_t l = 0; p != WORLD_NONE && l < o->sim->world.local_count && at < size; l++)
        if (t->link[pair / o->sim->world.product_count][l])
            at += (size_t)snprintf(row->note + at, size - at,
                                   "; %u: %scounted %lld%+lld less %lld, %lld shipped%s", l,
                                   t->counted[p][l] ? "" : "un", (long long)t->figure[p][l],
                                   (long long)o->shift[p][l], (long long)o->taken[p][l],
                                   (long long)o->shipped[p][l], o->unclear[p][l] ? " unclear" : "");
}

enum oversold_cause oversold_judge(struct oversold *o, uint32_t pair, int64_t level, int before,
                                   struct oversold_row *row)
{
    row->happened_us = row->listed_us = row->known_us = row->composed_us = row->landed_us = -1;
    enum oversold_cause cause = judge(o, pair, level, before, row);
    if (row->known_us == OVERSOLD_NEVER) row->known_us = -1;
    if (cause == OVERSOLD_NONE || cause == OVERSOLD_NOT_TOLD) describe(o, pair, row);
    if (cause == OVERSOLD_NONE && oversold_ahead(o, pair)) return OVERSOLD_CLOCK;
    return cause == OVERSOLD_NONE && oversold_unclear(o, pair) ? OVERSOLD_NOT_TOLD : cause;
}
