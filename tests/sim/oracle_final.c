/* What must be true when a life begins and when all is quiet: the store against the operator's
 * record, the store against itself, and the marketplace against what should be shown. */
#include "engine/record.h"
#include "oracle.h"
#include "oracle_orders.h"
#include "oracle_store.h"
#include "oracle_ties.h"
#include "outside.h"
#include "verify/verify.h"

#include <stdio.h>
#include <string.h>

/* ---- I16: nothing acknowledged is missing, nothing older is back */

/* Where nobody can know whether a figure has a line's pieces, the record says how many they may be:
 * the least and the most. Which of these it is the store says, once it is among them: what is shown
 * is judged by that. */
static void compare_on_hand(struct sim *sim, const char *when, uint32_t p, uint32_t l, bool counted,
                            int64_t on_hand)
{
    struct truth *t = &sim->truth;
    int64_t least = t->figure[p][l] + t->by_orders[p][l], over = t->over[p][l];
    bool inside = on_hand >= least && on_hand <= least + over;
    if (counted != t->counted[p][l] || (counted && !inside)) {
        char most[40] = "";
        if (over) snprintf(most, sizeof most, " to %lld", (long long)(least + over));
        sim_fail(sim, "I16", 0, "%s: %s in %s is %s%lld, and was acknowledged as %s%lld%s", when,
                 sim->world.skus[p], sim->world.locals[l], counted ? "" : "uncounted ",
                 (long long)on_hand, t->counted[p][l] ? "" : "uncounted ", (long long)least, most);
    }
    if (!counted) return;
    tally_figure(&sim->tally, over);
    t->by_orders[p][l] = on_hand - t->figure[p][l];
    t->over[p][l] = 0;
}

static void compare_product(struct sim *sim, struct store_txn *txn, const char *when, uint32_t p)
{
    struct bytes value;
    uint8_t key[12];
    struct truth *t = &sim->truth;
    bool there = store_get(txn, TABLE_PRODUCT_SKU, bytes_text(sim->world.skus[p]), &value) == ST_OK;
    if (there != t->product[p]) {
        sim_fail(sim, "I16", 0, "%s: product %s is %s", when, sim->world.skus[p],
                 there ? "there although nobody was told" : "missing");
        return;
    }
    if (!there) return;
    memcpy(key, value.data, 8);
    for (uint32_t l = 0; l < sim->world.local_count; l++) {
        struct stock_record stock = {0};
        bytes_put_u32(key + 8, l + 1); /* warehouses are made in this order, before all else */
        bool counted = store_get(txn, TABLE_STOCK, bytes_of(key, 12), &value) == ST_OK;
        if (counted) memcpy(&stock, value.data, sizeof stock);
        if (counted && stock.reserved != t->reserved[p][l])
            sim_fail(sim, "I2", 0, "%s: %lld of %s in %s are reserved, orders and people have %lld",
                     when, (long long)stock.reserved, sim->world.skus[p], sim->world.locals[l],
                     (long long)t->reserved[p][l]);
        compare_on_hand(sim, when, p, l, counted, stock.on_hand);
    }
}

static void report(void *ctx, const char *table, const char *sentence)
{
    sim_fail(ctx, "verify", 0, "table %s: %s", table, sentence);
}

void oracle_compare_store(struct sim *sim, const char *when)
{
    struct store_txn *txn;
    struct error error = {0};
    if (store_begin(sim->store, STORE_READ, &txn, &error) != ST_OK) return;
    oracle_orders_refresh(sim, txn);
    oracle_check_ledger(sim, txn, when);
    for (uint32_t p = 0; p < sim->world.product_count && !sim->failed; p++)
        compare_product(sim, txn, when, p);
    const struct verify_hooks hooks = {.report = report, .ctx = sim};
    struct verify_result result;
    if (!sim->failed && engine_verify(txn, &hooks, &result, &error) != ST_OK)
        sim_fail(sim, "verify", 0, "%s: %s", when, error.text);
    store_abort(txn);
}

/* ---- I14: every pair shows what it should */

/* The key begins with the account's number; `value` is the listing's. False: it was never told. */
static bool find_listing(struct sim *sim, struct store_txn *txn, uint32_t account, uint32_t listing,
                         struct key *key, struct bytes *value)
{
    uint32_t seller = sim->world.accounts[account].seller;
    key_u32(key, account + 1); /* accounts are declared in this order */
    key_add(key, bytes_text(sim->world.listing_ids[seller][listing]));
    return store_get(txn, TABLE_LISTING_ID, key_bytes(key), value) == ST_OK;
}

bool oracle_knows_listing(struct sim *sim, struct store_txn *txn, uint32_t account,
                          uint32_t listing)
{
    struct key key = {0};
    struct bytes value;
    return find_listing(sim, txn, account, listing, &key, &value);
}

int oracle_product_of(struct sim *sim, struct store_txn *txn, uint64_t number)
{
    struct key key = {0};
    struct bytes value;
    struct product_view product;
    key_u64(&key, number);
    if (store_get(txn, TABLE_PRODUCT, key_bytes(&key), &value) != ST_OK ||
        product_read(value, &product) != ST_OK)
        return WORLD_NONE;
    return world_product_by_sku(&sim->world, product.sku.data, product.sku.size);
}

int oracle_mapped_product(struct sim *sim, struct store_txn *txn, uint32_t account,
                          uint32_t listing)
{
    struct key key = {0};
    struct bytes value;
    struct listing_view view;
    if (!find_listing(sim, txn, account, listing, &key, &value)) return WORLD_NONE;
    key.size = 4;
    key_add(&key, value);
    if (store_get(txn, TABLE_LISTING, key_bytes(&key), &value) != ST_OK ||
        listing_read(value, &view) != ST_OK || !view.product)
        return WORLD_NONE;
    return oracle_product_of(sim, txn, view.product);
}

/* Whether it may be shown for good, by what is said of the product. */
static bool may_show(const struct truth_wanted *wanted, int64_t shown)
{
    if (wanted->kind != TRUTH_FIGURE || wanted->off) return true;
    if (shown < wanted->figure) return wanted->direction < 0;
    return shown <= wanted->most || wanted->direction > 0;
}

bool oracle_was_away(const struct sim *sim, uint32_t pair)
{
    uint32_t seller = world_account_of(&sim->world, pair)->seller;
    return sim->meddled[seller][pair % sim->world.product_count] & 1u << MEDDLE_KINDS;
}

/* Refused while its card was away, by name: that is shown as such, and waits for another figure, a
 * person, or a reading that finds the card back. */
static bool may_be_rejected(struct sim *sim, struct store_txn *txn, uint32_t pair)
{
    if (!oracle_was_away(sim, pair)) return false;
    struct bytes key, value;
    bool rejected = false;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    while (store_next(cursor, &key, &value) == ST_OK && !rejected) {
        struct target_record r;
        uint8_t at[TARGET_KEY_SIZE];
        memcpy(at, key.data, sizeof at);
        target_record_read(value, &r, NULL);
        rejected = r.flags & TARGET_REJECTED && oracle_pair_of(sim, txn, at) == (int)pair;
    }
    store_cursor_close(cursor);
    return rejected;
}

/* The most pieces that the pair may show too few: those that somebody else may have sold are left
 * alone for a day (engine/drift.h), also where it was a lie that took them away. */
static int64_t may_be_fewer(struct sim *sim, uint32_t account, uint32_t pair)
{
    bool elsewhere = !sim->plan.orders.import || outside_is(sim, account);
    int64_t astray = elsewhere ? oracle_astray(sim->oracle, pair) : 0;
    return outside_fewer(sim, pair) + (astray > 0 ? astray : 0);
}

static bool pair_differs(struct sim *sim, struct store_txn *txn, uint32_t pair, char *why,
                         size_t size)
{
    uint32_t remote = pair / sim->world.product_count, listing = pair % sim->world.product_count;
    uint32_t account = sim->world.remote_account[remote];
    char name[128];
    if (oracle_tie_differs(sim, txn, account, listing, why, size)) return true;
    int product = oracle_mapped_product(sim, txn, account, listing); /* or it may wait for it */
    if (product == WORLD_NONE) return false;
    truth_at(&sim->truth, clock_wall_ms(&sim->loop.clock));
    struct truth_wanted wanted = truth_wanted(&sim->truth, &sim->world, remote, (uint32_t)product);
    int64_t shown = world_shown(&sim->world, pair);
    if (may_show(&wanted, shown)) return false;
    if (shown < wanted.figure && wanted.figure - shown <= may_be_fewer(sim, account, pair))
        return false;
    if (may_be_rejected(sim, txn, pair)) return false;
    snprintf(why, size, "%s shows %lld and should show %lld",
             world_pair_name(&sim->world, pair, name), (long long)shown, (long long)wanted.figure);
    return true;
}

void oracle_describe(struct sim *sim, uint32_t pair, FILE *out)
{
    struct store_txn *txn;
    struct bytes key, value;
    if (store_begin(sim->store, STORE_READ, &txn, NULL) != ST_OK) return;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct target_record r;
        uint8_t at[TARGET_KEY_SIZE];
        memcpy(at, key.data, sizeof at);
        if (oracle_pair_of(sim, txn, at) != (int)pair) continue;
        struct bytes tail;
        target_record_read(value, &r, &tail);
        int said = r.code_size + r.text_size;
        fprintf(out,
                "its target: flags=%#x hold=%#x wanted=%lld sent=%lld acked=%lld observed=%lld "
                "sent_ms=%lld acked_ms=%lld observed_ms=%lld closed_ms=%lld due_ms=%lld "
                "look_ms=%lld attempts=%u vain=%u route=%u capped=%u direction=%u %.*s\n",
                r.flags, r.hold, (long long)r.wanted_value, (long long)r.sent_value,
                (long long)r.acked_value, (long long)r.observed_value, (long long)r.sent_ms,
                (long long)r.acked_ms, (long long)r.observed_ms, (long long)r.closed_ms,
                (long long)r.due_ms, (long long)r.look_ms, r.attempts, r.vain, r.route, r.capped,
                r.direction, said, (const char *)tail.data + r.note_size + r.data_size);
    }
    store_cursor_close(cursor);
    store_abort(txn);
}

/* What comes to pass there by itself (an offer that was activated is active) does so whether
 * anybody asks or not. */
static void time_passes_there(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->world.account_count; i++) {
        const struct world_account *account = &sim->world.accounts[i];
        if (account->market->advance)
            account->market->advance(account->model, loop_true_ms(&sim->loop));
    }
}

uint32_t oracle_differences(struct sim *sim, char *why, size_t size, journal_topic *topic)
{
    struct store_txn *txn;
    uint32_t count = 0;
    if (store_begin(sim->store, STORE_READ, &txn, NULL) != ST_OK) return UINT32_MAX;
    time_passes_there(sim);
    oracle_orders_refresh(sim, txn);
    for (uint32_t p = 0; p < sim->world.product_count && !sim->failed && sim->plan.orders.import;
         p++)
        compare_product(sim, txn, "in the quiet", p);
    count = oracle_orders_differences(sim, txn, why, size, topic);
    for (uint32_t pair = 0; pair < world_pairs(&sim->world); pair++) {
        char text[200];
        if (!pair_differs(sim, txn, pair, text, sizeof text)) continue;
        if (count++ == 0) {
            snprintf(why, size, "%s", text);
            *topic = sim_topic(pair);
        }
    }
    store_abort(txn);
    return count;
}

uint32_t oracle_others_differ(struct sim *sim, uint32_t seller, char *why, size_t size,
                              journal_topic *topic)
{
    struct store_txn *txn;
    uint32_t count = 0;
    if (store_begin(sim->store, STORE_READ, &txn, NULL) != ST_OK) return UINT32_MAX;
    time_passes_there(sim);
    oracle_orders_refresh(sim, txn);
    for (uint32_t p = 0; p < sim->world.product_count && !sim->failed && sim->plan.orders.import;
         p++) /* what only the store can know of counts near orders */
        compare_product(sim, txn, "while one account is ill", p);
    for (uint32_t pair = 0; pair < world_pairs(&sim->world); pair++) {
        char text[200];
        if (world_account_of(&sim->world, pair)->seller == seller ||
            !pair_differs(sim, txn, pair, text, sizeof text) || count++)
            continue;
        snprintf(why, size, "%s", text);
        *topic = sim_topic(pair);
    }
    store_abort(txn);
    return count;
}
