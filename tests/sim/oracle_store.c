/* Selections as they happen: a new row in the table of flights is a batch that is about to leave.
 * Its figures are held against a fold of the stock and the links in that very transaction. */
#include "oracle_store.h"

#include "base/mem.h"
#include "engine/record_rule.h"
#include "oracle_ties.h"
#include "script.h"
#include "store/memory.h"
#include "ties.h"

#include <stdlib.h>
#include <string.h>

static int world_account_by_number(struct sim *sim, struct store_txn *txn, uint32_t number)
{
    uint8_t key[4];
    struct bytes value;
    struct account_view view;
    bytes_put_u32(key, number);
    if (store_get(txn, TABLE_ACCOUNT, bytes_of(key, 4), &value) != ST_OK ||
        account_read(value, &view) != ST_OK)
        return WORLD_NONE;
    for (uint32_t i = 0; i < sim->world.account_count; i++)
        if (bytes_equal(view.name, bytes_text(sim->world.accounts[i].name))) return (int)i;
    return WORLD_NONE;
}

static const char *text_of(struct bytes text, char out[WORLD_ID_MAX])
{
    size_t size = text.size < WORLD_ID_MAX ? text.size : 0;
    memcpy(out, text.data, size);
    out[size] = 0;
    return out;
}

int oracle_pair_of(struct sim *sim, struct store_txn *txn, const uint8_t *target_key)
{
    struct target_id id = target_key_read(target_key);
    int account = world_account_by_number(sim, txn, id.account);
    uint8_t key[12];
    struct bytes value;
    struct remote_view remote;
    struct listing_view listing;
    bytes_put_u32(key, id.account);
    bytes_put_u32(key + 4, id.remote);
    if (account == WORLD_NONE ||
        store_get(txn, TABLE_REMOTE_WAREHOUSE, bytes_of(key, 8), &value) != ST_OK ||
        remote_read(value, &remote) != ST_OK)
        return WORLD_NONE;
    char text[WORLD_ID_MAX];
    int remote_index = world_remote_by_id(&sim->world, (uint32_t)account, text_of(remote.id, text));
    bytes_put_u64(key + 4, id.listing);
    if (store_get(txn, TABLE_LISTING, bytes_of(key, 12), &value) != ST_OK ||
        listing_read(value, &listing) != ST_OK)
        return WORLD_NONE;
    int product =
        world_product_by_listing(&sim->world, (uint32_t)account, text_of(listing.id, text));
    if (remote_index == WORLD_NONE || product == WORLD_NONE) return WORLD_NONE;
    return (int)world_pair(&sim->world, (uint32_t)remote_index, (uint32_t)product);
}

/* What the links of that warehouse which have a share let through: this one's part, by largest
 * remainder, and the first link of two alike. */
static int64_t shared_pieces(struct store_txn *txn, struct bytes link, uint32_t share_ppm,
                             int64_t available)
{
    enum { WHOLE = 1000000 };
    const uint8_t *mine = link.data;
    uint32_t shares = 0;
    int64_t floors = 0, before = 0;
    int64_t remainder = available % WHOLE * share_ppm % WHOLE;
    bool passed = false;
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_LINK);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct link_record rule;
        memcpy(&rule, value.data, sizeof rule);
        if (memcmp((const uint8_t *)key.data + 12, mine + 12, 4) != 0 || !rule.by_share) continue;
        passed |= memcmp(key.data, mine, link.size) == 0;
        int64_t theirs = available % WHOLE * rule.share_ppm % WHOLE;
        shares += rule.share_ppm;
        floors += truth_share(available, rule.share_ppm);
        before += theirs > remainder || (theirs == remainder && !passed);
    }
    store_cursor_close(cursor);
    return truth_share(available, share_ppm) + (before < truth_share(available, shares) - floors);
}

static struct truth_rule rule_of(struct store_txn *txn, uint64_t product, uint32_t account)
{
    uint8_t at[12];
    struct bytes value;
    struct rule_record record;
    struct truth_rule rule = {0};
    bytes_put_u64(at, product);
    bytes_put_u32(at + 8, account);
    if (store_get(txn, TABLE_RULE, bytes_of(at, 12), &value) != ST_OK ||
        rule_read(value, &record) != ST_OK)
        return rule;
    rule.mode = record.mode;
    rule.given = record.given;
    memcpy(rule.fields, record.fields, sizeof rule.fields);
    rule.days = record.days;
    rule.factor = record.factor;
    return rule;
}

/* What the ledger says was sold from the pair in the days before that time. */
static int64_t sold_before(struct store_txn *txn, const uint8_t pair[12], int64_t now_ms,
                           uint32_t days)
{
    const int64_t day_ms = 24 * 3600000;
    int64_t sold = 0;
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_LEDGER);
    enum status status = store_seek(cursor, bytes_of(pair, 12), &key, &value);
    for (; days && status == ST_OK && key_starts(key, bytes_of(pair, 12));
         status = store_next(cursor, &key, &value)) {
        struct ledger_record e;
        memcpy(&e, value.data, sizeof e);
        if (e.time_ms > now_ms - days * day_ms && (e.cause == CAUSE_SALE || e.cause == CAUSE_ORDER))
            sold += e.on_hand_before - e.reserved_before - e.on_hand_after + e.reserved_after;
    }
    store_cursor_close(cursor);
    return sold > 0 ? sold : 0;
}

/* ... by when a figure may have been composed: the least and the most of every moment since then.
 * What was sold, and what was given back of it, fall out of the days one after the other. */
static struct sold {
    int64_t least, most;
} sold_since(struct store_txn *txn, const uint8_t pair[12], int64_t from_ms, int64_t now_ms,
             uint32_t days)
{
    const int64_t back_ms = days * INT64_C(24) * 3600000;
    int64_t sold = days ? sold_before(txn, pair, now_ms, days) : 0;
    struct sold range = {sold, sold};
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_LEDGER);
    enum status status = store_seek(cursor, bytes_of(pair, 12), &key, &value);
    for (; days && status == ST_OK && key_starts(key, bytes_of(pair, 12));
         status = store_next(cursor, &key, &value)) {
        struct ledger_record e;
        memcpy(&e, value.data, sizeof e);
        if (e.time_ms <= from_ms - back_ms || e.time_ms > now_ms - back_ms) continue;
        for (int64_t out_ms = 0; out_ms < 2; out_ms++) { /* while it was in, and when it was out */
            sold = sold_before(txn, pair, e.time_ms + back_ms - 1 + out_ms, days);
            if (sold < range.least) range.least = sold;
            if (sold > range.most) range.most = sold;
        }
    }
    store_cursor_close(cursor);
    return range;
}

struct truth_wanted oracle_store_wanted(const struct sim *sim, struct store_txn *txn,
                                        const uint8_t *target_key, int64_t most)
{
    enum { TURN_MS = 60000 }; /* a figure is composed at the time at which its turn was asked for */
    struct target_id id = target_key_read(target_key);
    const struct truth_rule everywhere = rule_of(txn, id.product, 0);
    const struct truth_rule here = rule_of(txn, id.product, id.account);
    uint32_t days = truth_days(&everywhere, &here);
    int64_t now_ms = clock_wall_ms(&sim->loop.clock);
    struct sold sold = {0, 0};
    struct truth_wanted wanted = {.kind = TRUTH_UNLINKED, .timed = days != 0};
    bool uncounted = false;
    int64_t pieces = 0;
    uint8_t prefix[8], stock_key[12];
    bytes_put_u32(prefix, id.account);
    bytes_put_u32(prefix + 4, id.remote);
    struct bytes key, value;
    struct store_cursor *links = store_cursor(txn, TABLE_LINK);
    enum status status = store_seek(links, bytes_of(prefix, 8), &key, &value);
    while (status == ST_OK && key_starts(key, bytes_of(prefix, 8))) {
        uint32_t warehouse = bytes_get_u32((const uint8_t *)key.data + 12);
        struct stock_record stock;
        struct link_record link;
        memcpy(&link, value.data, sizeof link);
        wanted.kind = TRUTH_FIGURE;
        bytes_put_u64(stock_key, id.product);
        bytes_put_u32(stock_key + 8, warehouse);
        struct sold part = sold_since(txn, stock_key, now_ms - TURN_MS, now_ms, days);
        sold.least += part.least;
        sold.most += part.most;
        if (store_get(txn, TABLE_STOCK, bytes_of(stock_key, 12), &value) != ST_OK) {
            uncounted = true;
        } else {
            memcpy(&stock, value.data, sizeof stock);
            int64_t available = stock.on_hand - stock.reserved;
            if (available > 0)
                pieces +=
                    link.by_share ? shared_pieces(txn, key, link.share_ppm, available) : available;
        }
        status = store_next(links, &key, &value);
    }
    store_cursor_close(links);
    struct truth_wanted highest = wanted;
    truth_apply_sold(&everywhere, &here, pieces, sold.most, most, &wanted);
    truth_apply_sold(&everywhere, &here, pieces, sold.least, most, &highest);
    wanted.most = highest.figure;
    if (uncounted) wanted.kind = TRUTH_UNCOUNTED;
    return wanted;
}

/* ---- flights */

/* Whatever answers say: what is sent is what people counted (I10), and nothing is where nobody
 * counted or linked anything (I9). Told at once, and not when the store is compared; where orders
 * and ties by hand have no part in it, and no command is under way. */
static void check_record(struct sim *sim, uint32_t pair, int64_t value)
{
    uint32_t remote = pair / sim->world.product_count;
    uint32_t account = sim->world.remote_account[remote];
    if (!sim->plan.lies.kinds || sim->plan.orders.import || !script_idle(sim->script)) return;
    for (uint32_t p = 0; p < sim->world.product_count; p++)
        if (sim->truth.mapped_by_hand[account][p]) return;
    int product = ties_product(&sim->truth, account, pair % sim->world.product_count);
    struct truth_wanted wanted = {.kind = TRUTH_UNLINKED};
    if (product != WORLD_NONE)
        wanted = truth_wanted(&sim->truth, &sim->world, remote, (uint32_t)product);
    if (wanted.kind != TRUTH_FIGURE)
        sim_fail(sim, "I9", sim_topic(pair), "%lld is selected, and by the record nobody %s",
                 (long long)value, wanted.kind == TRUTH_UNLINKED ? "linked it" : "counted it");
    else if (value < wanted.figure || value > wanted.most) /* who gets what is left over is open */
        sim_fail(sim, "I10", sim_topic(pair), "%lld is selected, and the record makes %lld",
                 (long long)value, (long long)wanted.figure);
}

static void check_item(struct sim *sim, struct store_txn *txn, struct oracle_flight *flight,
                       const uint8_t *target_key)
{
    struct bytes value;
    struct target_record record;
    int pair = oracle_pair_of(sim, txn, target_key);
    if (pair == WORLD_NONE ||
        store_get(txn, TABLE_TARGET, bytes_of(target_key, TARGET_KEY_SIZE), &value) != ST_OK) {
        sim_fail(sim, "I7", 0, "a batch holds a target that is nowhere");
        return;
    }
    target_record_read(value, &record, NULL);
    const struct sim_market *market = world_account_of(&sim->world, (uint32_t)pair)->market;
    struct truth_wanted wanted = oracle_store_wanted(sim, txn, target_key, market->most);
    if (wanted.kind != TRUTH_FIGURE)
        sim_fail(sim, "I9", sim_topic((uint32_t)pair), "%lld is selected although %s",
                 (long long)record.sent_value,
                 wanted.kind == TRUTH_UNLINKED ? "nothing is linked" : "something is uncounted");
    else if (record.sent_value < wanted.figure || record.sent_value > wanted.most)
        sim_fail(sim, "I7", sim_topic((uint32_t)pair),
                 "%lld is selected, but the store's stock makes %lld", (long long)record.sent_value,
                 (long long)wanted.figure);
    else if (wanted.off)
        sim_fail(sim, "rules", sim_topic((uint32_t)pair), "%lld is selected although it is off",
                 (long long)record.sent_value);
    else if (record.flags & TARGET_ACKED &&
             wanted.direction * (record.sent_value - record.acked_value) < 0)
        sim_fail(sim, "rules", sim_topic((uint32_t)pair),
                 "%lld is selected although %lld is there, and it may only go %s",
                 (long long)record.sent_value, (long long)record.acked_value,
                 wanted.direction > 0 ? "up" : "down");
    else
        check_record(sim, (uint32_t)pair, record.sent_value);
    oracle_tie_selected(sim, txn, (uint32_t)pair, target_key_read(target_key).product);
    if (!(record.flags & TARGET_OPEN))
        sim_fail(sim, "I4", sim_topic((uint32_t)pair), "it is selected and not open");
    struct oracle_item *item = &flight->items[flight->count++];
    *item = (struct oracle_item){.pair = (uint32_t)pair,
                                 .sent_ms = record.sent_ms,
                                 .acked_ms = record.acked_ms,
                                 .revision = record.sent_revision};
    memcpy(item->key, target_key, TARGET_KEY_SIZE);
    oracle_selected(sim->oracle, txn, (uint32_t)pair, record.sent_value, record.sent_revision,
                    record.flags & TARGET_ABANDONED);
}

static struct oracle_flight *find(struct oracle_flights *f, const uint8_t *id)
{
    for (uint32_t i = 0; i < f->count; i++)
        if (memcmp(f->list[i].id, id, 16) == 0) return &f->list[i];
    return NULL;
}

static void flight_seen(struct sim *sim, struct oracle_flights *f, struct store_txn *txn,
                        const uint8_t *id, struct bytes targets, uint64_t task)
{
    if (find(f, id) || f->count == ORACLE_FLIGHTS_MAX) return;
    struct oracle_flight *flight = &f->list[f->count++];
    *flight = (struct oracle_flight){.made = task};
    memcpy(flight->id, id, 16);
    uint8_t *keys = mem_alloc(targets.size + 1);
    flight->items = mem_array(targets.size / TARGET_KEY_SIZE + 1, sizeof *flight->items);
    memcpy(keys, targets.data, targets.size);
    for (size_t at = 0; at + TARGET_KEY_SIZE <= targets.size && flight->count < ORACLE_FLIGHT_ITEMS;
         at += TARGET_KEY_SIZE)
        check_item(sim, txn, flight, keys + at);
    mem_free(keys);
}

/* A batch that is over: what of it does the engine take as done? */
static void check_ended(struct sim *sim, struct store_txn *txn, const struct oracle_flight *flight)
{
    for (uint32_t i = 0; i < flight->count; i++) {
        struct bytes value;
        struct target_record r;
        const struct oracle_item *item = &flight->items[i];
        if (store_get(txn, TABLE_TARGET, bytes_of(item->key, TARGET_KEY_SIZE), &value) != ST_OK)
            continue;
        target_record_read(value, &r, NULL);
        if (r.flags & TARGET_ACKED && !(r.flags & TARGET_OPEN) &&
            r.sent_revision == item->revision && r.acked_value == r.sent_value &&
            r.acked_ms > item->sent_ms && /* by this write, not one before it, */
            r.acked_ms != item->acked_ms) /* which may bear a later time, from a clock ahead */
            oracle_acknowledged(sim->oracle, item->pair, r.acked_value, item->revision);
        if (r.flags & TARGET_REJECTED && r.rejected_revision == item->revision)
            oracle_rejected(sim->oracle, item->pair);
    }
}

/* The group was given up: nothing of what its tasks did is there. */
static void take_back(struct oracle_flights *f)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < f->count; i++) {
        f->list[i].removed = 0;
        if (!f->list[i].made)
            f->list[kept++] = f->list[i];
        else
            mem_free(f->list[i].items);
    }
    f->count = kept;
}

void oracle_store_task_ran(struct sim *sim, struct oracle_flights *f, struct store_txn *txn,
                           uint64_t task, bool again)
{
    if (again && !f->alone) take_back(f);
    f->alone = again;
    uint64_t changes = store_memory_changes(sim->store, TABLE_FLIGHT);
    if (f->looked && f->changes == changes && f->count < ORACLE_FLIGHTS_MAX) return;
    f->looked = true;
    f->changes = changes;
    bool there[ORACLE_FLIGHTS_MAX] = {false};
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_FLIGHT);
    enum status status = store_next(cursor, &key, &value);
    for (; status == ST_OK; status = store_next(cursor, &key, &value)) {
        uint8_t id[16];
        memcpy(id, (const uint8_t *)key.data + 4, sizeof id);
        flight_seen(sim, f, txn, id, value, task);
        struct oracle_flight *flight = find(f, id);
        if (flight) there[flight - f->list] = true;
    }
    store_cursor_close(cursor);
    for (uint32_t i = 0; i < f->count; i++) {
        if (there[i] || f->list[i].removed) continue;
        f->list[i].removed = task;
        if (!f->list[i].old) check_ended(sim, txn, &f->list[i]);
    }
}

void oracle_store_task_kept(struct oracle_flights *f, uint64_t task, bool keep)
{
    uint32_t kept = 0;
    f->alone = false;
    for (uint32_t i = 0; i < f->count; i++) {
        struct oracle_flight *flight = &f->list[i];
        bool drop = (flight->removed == task && keep) || (flight->made == task && !keep);
        if (flight->removed == task) flight->removed = 0;
        if (flight->made == task) flight->made = 0;
        if (drop)
            mem_free(flight->items);
        else
            f->list[kept++] = *flight;
    }
    f->count = kept;
}

void oracle_store_free(struct oracle_flights *f)
{
    for (uint32_t i = 0; i < f->count; i++)
        mem_free(f->list[i].items);
    f->count = 0;
    f->alone = f->looked = false;
}

void oracle_store_begun(struct oracle_flights *f, struct store_txn *txn)
{
    struct bytes key, value;
    oracle_store_free(f);
    struct store_cursor *cursor = store_cursor(txn, TABLE_FLIGHT);
    enum status status = store_next(cursor, &key, &value);
    while (status == ST_OK && f->count < ORACLE_FLIGHTS_MAX) {
        struct oracle_flight *flight = &f->list[f->count++];
        *flight = (struct oracle_flight){.old = true};
        memcpy(flight->id, (const uint8_t *)key.data + 4, 16);
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
}
