/* What is remembered of targets between two looks, and what makes it void. What a target's figure
 * and place are is told in oracle_store.c. */
#include "oracle_targets.h"

#include "base/mem.h"
#include "oracle_store.h"
#include "parsed_hash.h"
#include "store/memory.h"

#include <string.h>

enum { STOCK_KEY_SIZE = 12, ROOM_FIRST = 256 };

/* What is looked at each time comes first, and lies together. */
struct kept {
    uint64_t print; /* of its row: two that differ have the same one by a chance of 2^-64 */
    int pair;       /* WORLD_NONE: of nothing that the world has */
    bool known;     /* its row could be read */
    bool seen;      /* there is nothing to see, see oracle_target_each */
    struct oracle_target target;
};

/* A figure of the stock, as it was at the last look. */
struct stock {
    uint8_t key[STOCK_KEY_SIZE];
    int64_t on_hand, reserved;
};

struct oracle_targets {
    struct sim *sim;
    bool looked;
    struct kept *list; /* in the order of the table */
    size_t count, room;
    struct stock *stock; /* so is this */
    size_t stock_count;
    uint64_t *moved; /* products whose stock is another than at the last look, rising */
    size_t moved_count, moved_room, moved_at;
    /* What the tables had been through. */
    uint64_t targets, stocks, rules, listings, remotes, accounts;
    struct names {
        struct name {
            uint32_t number;
            char text[32];
        } of[PLAN_ACCOUNTS_MAX];
    } names;  /* what the accounts are called */
    bool all; /* every figure may be another one */
    bool names_moved, listings_moved;
};

struct oracle_targets *oracle_targets_new(struct sim *sim)
{
    struct oracle_targets *t = mem_alloc(sizeof *t);
    t->sim = sim;
    return t;
}

void oracle_targets_free(struct oracle_targets *t)
{
    mem_free(t->list);
    mem_free(t->stock);
    mem_free(t->moved);
    mem_free(t);
}

/* ---- what the store has changed */

/* Whether the tables have been through something since the last look. */
static bool moved_on(struct oracle_targets *t, uint64_t *was, enum store_table a,
                     enum store_table b)
{
    uint64_t now = store_memory_changes(t->sim->store, a);
    if (b != a) now += store_memory_changes(t->sim->store, b);
    bool moved = !t->looked || now != *was;
    *was = now;
    return moved;
}

/* Accounts' rows change all the time, and what they are called does not. */
static bool names_moved(struct oracle_targets *t, struct store_txn *txn)
{
    struct bytes key, value;
    struct names now = {0};
    struct store_cursor *cursor = store_cursor(txn, TABLE_ACCOUNT);
    for (size_t i = 0; i < PLAN_ACCOUNTS_MAX && store_next(cursor, &key, &value) == ST_OK; i++) {
        struct account_view view;
        now.of[i].number = bytes_get_u32(key.data);
        if (account_read(value, &view) == ST_OK && view.name.size < sizeof now.of[i].text)
            memcpy(now.of[i].text, view.name.data, view.name.size);
    }
    store_cursor_close(cursor);
    bool moved = memcmp(&now, &t->names, sizeof now) != 0;
    t->names = now;
    return moved;
}

static void move(struct oracle_targets *t, uint64_t product)
{
    if (t->moved_count && t->moved[t->moved_count - 1] == product) return;
    if (t->moved_count == t->moved_room) {
        t->moved_room = t->moved_room ? 2 * t->moved_room : ROOM_FIRST;
        t->moved = mem_resize(t->moved, t->moved_room * sizeof *t->moved);
    }
    t->moved[t->moved_count++] = product;
}

/* Of figures that were there at the last look, those before that key are gone. */
static size_t pass_gone(struct oracle_targets *t, size_t at, const uint8_t *key)
{
    for (; at < t->stock_count && (!key || memcmp(t->stock[at].key, key, STOCK_KEY_SIZE) < 0); at++)
        move(t, bytes_get_u64(t->stock[at].key));
    return at;
}

/* Figures then and now, both in the order of the table. */
static void find_moved(struct oracle_targets *t, struct store_txn *txn)
{
    struct bytes key, value;
    struct stock *now = mem_array(store_count(txn, TABLE_STOCK) + 1, sizeof *now);
    struct store_cursor *cursor = store_cursor(txn, TABLE_STOCK);
    size_t at = 0, count = 0;
    for (; store_next(cursor, &key, &value) == ST_OK; count++) {
        struct stock_record record;
        memcpy(&record, value.data, sizeof record);
        now[count] = (struct stock){.on_hand = record.on_hand, .reserved = record.reserved};
        memcpy(now[count].key, key.data, STOCK_KEY_SIZE);
        at = pass_gone(t, at, now[count].key);
        const struct stock *was = at < t->stock_count ? &t->stock[at] : NULL;
        bool there = was && memcmp(was->key, now[count].key, STOCK_KEY_SIZE) == 0;
        if (!there || was->on_hand != record.on_hand || was->reserved != record.reserved)
            move(t, bytes_get_u64(key.data));
        at += there;
    }
    store_cursor_close(cursor);
    pass_gone(t, at, NULL);
    mem_free(t->stock);
    t->stock = now;
    t->stock_count = count;
}

/* False: there are none. */
static bool find_changes(struct oracle_targets *t, struct store_txn *txn)
{
    bool targets = moved_on(t, &t->targets, TABLE_TARGET, TABLE_TARGET);
    bool accounts = moved_on(t, &t->accounts, TABLE_ACCOUNT, TABLE_ACCOUNT);
    bool remotes = moved_on(t, &t->remotes, TABLE_REMOTE_WAREHOUSE, TABLE_REMOTE_WAREHOUSE);
    t->moved_count = t->moved_at = 0;
    t->all = moved_on(t, &t->rules, TABLE_RULE, TABLE_LINK);
    t->names_moved = (accounts && names_moved(t, txn)) || remotes;
    /* Their rows change all the time, and their ids do not. */
    t->listings_moved = moved_on(t, &t->listings, TABLE_LISTING_ID, TABLE_LISTING_ID);
    if (moved_on(t, &t->stocks, TABLE_STOCK, TABLE_STOCK)) find_moved(t, txn);
    t->looked = true;
    return targets || t->all || t->names_moved || t->listings_moved || t->moved_count;
}

/* Targets come in the order of their products, too. */
static bool has_moved(struct oracle_targets *t, const uint8_t *key)
{
    uint64_t product = bytes_get_u64(key);
    while (t->moved_at < t->moved_count && t->moved[t->moved_at] < product)
        t->moved_at++;
    return t->all || (t->moved_at < t->moved_count && t->moved[t->moved_at] == product);
}

/* ---- one target */

/* The listing still bears the id of the pair. */
static bool is_listed(struct oracle_targets *t, struct store_txn *txn, const struct kept *kept)
{
    const struct world *world = &t->sim->world;
    uint32_t pair = (uint32_t)kept->pair;
    uint8_t key[12];
    struct bytes value;
    struct listing_view listing;
    struct target_id id = target_key_read(kept->target.key);
    const struct world_account *account = world_account_of(world, pair);
    bytes_put_u32(key, id.account);
    bytes_put_u64(key + 4, id.listing);
    return store_get(txn, TABLE_LISTING, bytes_of(key, sizeof key), &value) == ST_OK &&
           listing_read(value, &listing) == ST_OK &&
           bytes_equal(
               listing.id,
               bytes_text(world->listing_ids[account->seller][pair % world->product_count]));
}

static void find_pair(struct oracle_targets *t, struct store_txn *txn, struct kept *kept,
                      bool fresh)
{
    if (!fresh && !t->names_moved && !t->listings_moved) return;
    if (!fresh && !t->names_moved && kept->pair != WORLD_NONE && is_listed(t, txn, kept)) return;
    kept->pair = oracle_pair_of(t->sim, txn, kept->target.key);
    if (kept->pair != WORLD_NONE) kept->target.pair = (uint32_t)kept->pair;
}

static struct kept *kept_at(struct oracle_targets *t, size_t at)
{
    if (at == t->room) {
        size_t room = t->room ? 2 * t->room : ROOM_FIRST;
        t->list = mem_resize(t->list, room * sizeof *t->list);
        memset(t->list + t->room, 0, (room - t->room) * sizeof *t->list);
        t->room = room;
    }
    return &t->list[at];
}

static void find_wanted(struct oracle_targets *t, struct store_txn *txn, struct kept *kept)
{
    struct oracle_target *target = &kept->target;
    target->wanted = oracle_store_wanted(
        t->sim, txn, target->key, world_account_of(&t->sim->world, target->pair)->market->most);
    kept->seen = false;
}

/* False: it is no target's row, or not of this world. */
static bool bring_up(struct oracle_targets *t, struct store_txn *txn, struct kept *kept, bool fresh,
                     struct bytes row)
{
    struct oracle_target *target = &kept->target;
    uint64_t print = parsed_hash(row.data, row.size);
    if (fresh || print != kept->print) {
        kept->known = target_record_read(row, &target->record, NULL) == ST_OK;
        kept->seen = false;
    }
    kept->print = print;
    if (!kept->known) return false;
    int was = kept->pair;
    find_pair(t, txn, kept, fresh);
    if (kept->pair == WORLD_NONE) return false;
    if (!has_moved(t, target->key) && !fresh && kept->pair == was && !target->wanted.timed)
        return true;
    find_wanted(t, txn, kept);
    return true;
}

/* All is as it was, but for the time. */
static void look_again(struct oracle_targets *t, struct store_txn *txn, oracle_target_each *each,
                       void *ctx)
{
    for (size_t i = 0; i < t->count; i++) {
        struct kept *kept = &t->list[i];
        if (!kept->known || kept->pair == WORLD_NONE) continue;
        if (kept->target.wanted.timed) find_wanted(t, txn, kept);
        if (!kept->seen) kept->seen = !each(ctx, &kept->target);
    }
}

void oracle_targets_look(struct oracle_targets *t, struct store_txn *txn, oracle_target_each *each,
                         void *ctx)
{
    struct bytes key, row;
    if (!find_changes(t, txn)) {
        look_again(t, txn, each, ctx);
        return;
    }
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    size_t at = 0;
    for (; store_next(cursor, &key, &row) == ST_OK; at++) {
        struct kept *kept = kept_at(t, at);
        bool fresh = at >= t->count || !kept->known ||
                     memcmp(kept->target.key, key.data, TARGET_KEY_SIZE) != 0;
        memcpy(kept->target.key, key.data, TARGET_KEY_SIZE);
        if (!bring_up(t, txn, kept, fresh, row)) continue;
        if (!kept->seen) kept->seen = !each(ctx, &kept->target);
    }
    store_cursor_close(cursor);
    t->count = at;
}
