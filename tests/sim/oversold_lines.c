/* The orders there are at the marketplaces, what they take from the stock, and when the process
 * came to know of each: by the rows in its own transactions. */
#include "oversold_private.h"

#include "base/mem.h"
#include "engine/record_order.h"
#include "forgotten.h"
#include "oracle_store.h"
#include "outside.h"
#include "script_op.h"
#include "store/memory.h"

#include <string.h>

static uint64_t hash_of(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
    return hash;
}

/* ---- what figures were given without */

/* Of pieces that a line takes: this home's part. */
static int64_t part(const struct oversold_line *line, const struct oversold_home *home,
                    int64_t pieces)
{
    int64_t whole = line->quantity * line->pack;
    return pieces == whole ? home->pieces : whole ? home->pieces * pieces / whole : 0;
}

static int64_t takes(const struct oversold_line *line, const struct oversold_home *home)
{
    return part(line, home, line->reserved) + part(line, home, line->shipped);
}

int64_t oversold_takes_since(const struct oversold_line *line, const struct oversold_home *home)
{
    return takes(line, home) - home->base;
}

/* An available figure is without all that was ordered by then, a count without what had left; also
 * where that has come back since, before the process said where it comes from. */
static int64_t base_of(const struct oversold *o, const struct oversold_line *line,
                       const struct oversold_home *home)
{
    const struct oversold_count *count = &o->counts[home->product][home->local];
    if (line->exempt || count->at_us == OVERSOLD_NEVER) return 0;
    bool back = line->back_us > count->at_us;
    int64_t shipped = part(line, home, back ? line->back : line->shipped);
    if (!count->available)
        return (back ? line->left_us : line->shipped_us) <= count->at_us ? shipped : 0;
    return line->placed_us <= count->at_us ? part(line, home, line->reserved) + shipped : 0;
}

void oversold_count_bases(struct oversold *o, uint32_t product, uint32_t local, int64_t known)
{
    o->shift[product][local] = -known;
    for (size_t i = 0; i < o->line_count; i++)
        for (uint32_t h = 0; h < o->lines[i].home_count; h++) {
            struct oversold_home *home = &o->lines[i].homes[h];
            if (home->product != product || home->local != local) continue;
            home->base = base_of(o, &o->lines[i], home);
            o->shift[product][local] += home->base;
        }
}

/* Its pieces come from elsewhere than was thought. */
static bool same_homes(const struct oversold_line *line,
                       const struct oversold_home homes[OVERSOLD_HOMES], uint32_t count)
{
    bool same = line->home_count == count;
    for (uint32_t h = 0; h < count && same; h++)
        same = line->homes[h].product == homes[h].product &&
               line->homes[h].local == homes[h].local && line->homes[h].pieces == homes[h].pieces;
    return same;
}

static void move_homes(struct oversold *o, struct oversold_line *line,
                       const struct oversold_home homes[OVERSOLD_HOMES], uint32_t count)
{
    if (same_homes(line, homes, count)) return;
    for (uint32_t h = 0; h < line->home_count; h++)
        o->shift[line->homes[h].product][line->homes[h].local] -= line->homes[h].base;
    line->home_count = count;
    for (uint32_t h = 0; h < count; h++) {
        line->homes[h] = homes[h];
        line->homes[h].base = base_of(o, line, &homes[h]);
        o->shift[homes[h].product][homes[h].local] += line->homes[h].base;
    }
}

/* Whether it takes anything at all has changed. */
static void exempt_line(struct oversold *o, struct oversold_line *line, bool exempt)
{
    line->exempt = exempt;
    for (uint32_t h = 0; h < line->home_count; h++) {
        struct oversold_home *home = &line->homes[h];
        int64_t base = base_of(o, line, home);
        o->shift[home->product][home->local] += base - home->base;
        home->base = base;
    }
}

/* ---- what is at the marketplaces */

/* The first guess, by the links in their order: what is there, and the rest from the first. */
static void guess_homes(struct oversold *o, struct oversold_line *line)
{
    const struct truth *t = &o->sim->truth;
    struct oversold_home homes[OVERSOLD_HOMES];
    uint32_t count = 0;
    int product = oversold_product(o, line->pair);
    uint32_t remote = line->pair / o->sim->world.product_count;
    int64_t left = line->quantity * line->pack;
    if (product == WORLD_NONE) return;
    for (uint32_t l = 0; l < o->sim->world.local_count && count < OVERSOLD_HOMES; l++) {
        if (!t->link[remote][l] || !t->counted[product][l]) continue;
        int64_t there = o->there[product][l] > 0 ? o->there[product][l] : 0;
        int64_t pieces = there < left ? there : left;
        if (pieces == 0 && count) continue;
        homes[count++] = (struct oversold_home){(uint32_t)product, l, pieces, 0};
        left -= pieces;
    }
    if (count) homes[0].pieces += left;
    move_homes(o, line, homes, count);
}

struct oversold_line *oversold_line_new(struct oversold *o, const struct market_line *of,
                                        uint32_t account)
{
    if (o->line_count == o->line_room) {
        o->line_room = o->line_room ? 2 * o->line_room : 256;
        o->lines = mem_resize(o->lines, o->line_room * sizeof *o->lines);
        o->open = mem_resize(o->open, o->line_room * sizeof *o->open);
    }
    struct oversold_line *line = &o->lines[o->line_count];
    o->open[o->open_count++] = (uint32_t)o->line_count++;
    int product = oversold_product(o, (uint32_t)of->pair);
    *line = (struct oversold_line){.account = account,
                                   .pair = (uint32_t)of->pair,
                                   .hash = hash_of(of->key),
                                   .quantity = of->reserved + of->shipped,
                                   .pack = 1,
                                   .placed_us = o->sim->loop.now_us,
                                   .listed_us = (of->visible_ms - LOOP_START_MS) * 1000,
                                   .known_us = OVERSOLD_NEVER,
                                   .left_us = OVERSOLD_NEVER,
                                   .back_us = OVERSOLD_NEVER,
                                   .gone_us = OVERSOLD_NEVER};
    memcpy(line->key, of->key, sizeof line->key);
    if (product != WORLD_NONE) {
        const struct truth_rule *rules = o->sim->truth.rules[product];
        uint16_t bit = 1u << RULE_PACK;
        if (rules[0].given & bit) line->pack = rules[0].fields[RULE_PACK];
        if (rules[account + 1].given & bit) line->pack = rules[account + 1].fields[RULE_PACK];
    }
    return line;
}

/* Most are where they were, one after the other. */
static struct oversold_line *find(struct oversold *o, const char *key, uint32_t account,
                                  size_t *hint)
{
    uint64_t hash = hash_of(key);
    for (size_t i = 0; i < o->line_count; i++) {
        size_t at = (*hint + i) % o->line_count;
        struct oversold_line *line = &o->lines[at];
        if (line->hash != hash || line->account != account || strcmp(line->key, key) != 0) continue;
        *hint = at + 1;
        return line;
    }
    return NULL;
}

/* What it takes by now, and since when; `back`: what had left has come back, and is counted. */
static void follow(struct oversold_line *line, const struct market_line *of, bool back,
                   int64_t now_us)
{
    bool over = of->gone || of->reserved + of->shipped == 0;
    line->seen = true;
    if (over && line->reserved) line->gone_us = now_us;
    line->reserved = of->gone ? 0 : of->reserved * line->pack;
    if (line->shipped == 0) line->shipped_us = now_us;
    if (of->shipped && line->left_us == OVERSOLD_NEVER) line->left_us = now_us;
    int64_t shipped = of->gone || back ? 0 : of->shipped * line->pack;
    if (line->shipped && !shipped) {
        line->back_us = now_us;
        line->back = line->shipped;
    }
    line->shipped = shipped;
    /* What is in no list yet may come to be in one whenever its form is filled in. */
    line->listed_us = of->formless ? INT64_MAX : (of->visible_ms - LOOP_START_MS) * 1000;
    if (line->listed_us < line->placed_us) line->listed_us = line->placed_us;
}

static void read_account(struct oversold *o, uint32_t account, size_t *hint)
{
    struct sim *sim = o->sim;
    const struct sim_market *market = sim->world.accounts[account].market;
    if (outside_is(sim, account)) return;
    for (size_t i = 0; i < market->order_count(&sim->world, account); i++)
        for (size_t k = 0; k < market->line_count(&sim->world, account, i); k++) {
            struct market_line of;
            market->line(&sim->world, account, i, k, &of);
            /* Of another account of the seller's: it takes from there. */
            if (of.pair == WORLD_NONE ||
                world_pair_account(&sim->world, (uint32_t)of.pair) != account)
                continue;
            struct oversold_line *line = find(o, of.key, account, hint);
            bool made = !line;
            if (made) line = oversold_line_new(o, &of, account);
            bool back = sim->truth.returned[sim->world.accounts[account].seller]
                                           [of.number % TRUTH_POSTINGS_MAX][k % TRUTH_LINES_MAX];
            follow(line, &of, back, sim->loop.now_us);
            if (made) guess_homes(o, line);
        }
}

/* The marketplace may have said so before, which was not read: a figure that was given in between
 * is without them, for they are put on the shelf by this word. */
void oversold_line_returned(struct oversold *o, uint32_t account, const char *key, int64_t at_us)
{
    size_t hint = 0;
    struct oversold_line *line = find(o, key, account, &hint);
    if (!line || line->back_us == OVERSOLD_NEVER || line->back_us >= at_us) return;
    line->back_us = at_us;
    exempt_line(o, line, line->exempt);
}

/* Whose orders may be other ones. Where people give listings other names, any order may have become
 * one of nothing. */
static bool concerns(const struct oversold *o, uint32_t account, uint32_t seller)
{
    return seller == OVERSOLD_EVERY || o->sim->plan.meddle_ms ||
           o->sim->world.accounts[account].seller == seller;
}

void oversold_read_lines(struct oversold *o, uint32_t seller)
{
    size_t hint = 0;
    o->looked = OVERSOLD_UNLOOKED;
    for (size_t i = 0; i < o->line_count; i++)
        o->lines[i].seen &= !concerns(o, o->lines[i].account, seller);
    for (uint32_t a = 0; a < o->sim->world.account_count; a++)
        if (concerns(o, a, seller)) read_account(o, a, &hint);
    for (size_t i = 0; i < o->line_count; i++)
        if (!o->lines[i].seen) o->lines[i].reserved = o->lines[i].shipped = 0;
}

/* It takes pieces, and the process does not know of what. */
bool oversold_hidden(const struct oversold_line *line)
{
    return (line->known_us == OVERSOLD_NEVER || line->held) && !line->exempt;
}

void oversold_sums(struct oversold *o, uint32_t product)
{
    if (o->in_sum[product]) return;
    o->in_sum[product] = true;
    o->sums.products[o->sums.count++] = (uint16_t)product;
}

/* Few products are ordered or reserved: not all are gone through. */
static void clear_sums(struct oversold *o)
{
    struct oversold_sums spare = o->older;
    o->older = o->sums;
    o->sums = spare;
    o->sums.count = 0;
    for (uint32_t i = 0; i < o->older.count; i++) {
        uint16_t product = o->older.products[i];
        o->in_sum[product] = false;
        memset(o->taken[product], 0, sizeof o->taken[product]);
        memset(o->shipped[product], 0, sizeof o->shipped[product]);
        memset(o->hidden[product], 0, sizeof o->hidden[product]);
    }
}

void oversold_add_up(struct oversold *o)
{
    clear_sums(o);
    for (size_t i = 0; i < o->line_count; i++) {
        const struct oversold_line *line = &o->lines[i];
        if (line->exempt) continue;
        for (uint32_t h = 0; h < line->home_count; h++) {
            const struct oversold_home *home = &line->homes[h];
            int64_t pieces = takes(line, home);
            oversold_sums(o, home->product);
            o->taken[home->product][home->local] += pieces;
            if (oversold_hidden(line))
                o->hidden[home->product][home->local] += oversold_takes_since(line, home);
            o->shipped[home->product][home->local] += part(line, home, line->shipped);
        }
    }
}

/* ---- what the process knows */

bool oversold_gave_back(const struct oversold *o, uint32_t product, uint32_t local, int64_t known)
{
    bool untold = false, available = o->counts[product][local].available;
    bool behind = o->sim->loop.wall_offset_ms < 0;
    for (size_t i = 0; i < o->line_count && (available || behind); i++) {
        const struct oversold_line *line = &o->lines[i];
        const struct sim_market *market = o->sim->world.accounts[line->account].market;
        if (line->known_us == OVERSOLD_NEVER || line->exempt) continue;
        for (uint32_t h = 0; h < line->home_count; h++) {
            const struct oversold_home *home = &line->homes[h];
            if (home->product != product || home->local != local) continue;
            known -= part(line, home, line->shipped);
            if (available) known -= part(line, home, line->reserved);
            bool over = line->reserved + line->shipped == 0;
            untold |= over && (behind || market == &market_ozon || market == &market_wb);
        }
    }
    return untold && known > 0;
}

/* It became known when a pack was another number of pieces than when it was placed. */
static void repack(struct oversold_line *line, int64_t pack)
{
    line->reserved = line->reserved / line->pack * pack;
    line->shipped = line->shipped / line->pack * pack;
    line->back = line->back / line->pack * pack;
    line->pack = pack;
}

/* The product is called otherwise, or has gone into another, by a command that is not recorded yet:
 * what was said of its stock follows with that (oversold_moves.c), and so does what is of it. */
static bool gone_unrecorded(const struct oversold *o, struct store_txn *txn, uint32_t product)
{
    struct bytes value, sku = bytes_text(o->sim->world.skus[product]);
    return o->products[product] && store_get(txn, TABLE_PRODUCT_SKU, sku, &value) != ST_OK;
}

static bool leaves_unrecorded(const struct oversold *o, struct store_txn *txn,
                              const struct oversold_line *line)
{
    for (uint32_t h = 0; h < line->home_count; h++)
        if (gone_unrecorded(o, txn, line->homes[h].product)) return true;
    return false;
}

/* Where it says that the pieces come from, if it means all of them. */
static void read_homes(struct oversold *o, struct store_txn *txn, struct oversold_line *line,
                       const struct order_view *row)
{
    struct oversold_home homes[OVERSOLD_HOMES];
    int64_t pieces = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < row->part_count; i++) {
        struct key key = {0};
        struct bytes value;
        struct product_view product;
        int64_t taken = row->parts[i].reserved + row->parts[i].shipped;
        key_u64(&key, row->parts[i].product);
        if (taken == 0) continue;
        if (store_get(txn, TABLE_PRODUCT, key_bytes(&key), &value) != ST_OK ||
            product_read(value, &product) != ST_OK || count == OVERSOLD_HOMES)
            return;
        int index = world_product_by_sku(&o->sim->world, product.sku.data, product.sku.size);
        if (index == WORLD_NONE) return;
        if (!o->products[index]) { /* called so by a command that is not recorded yet */
            o->recheck = true;
            return;
        }
        homes[count++] =
            (struct oversold_home){(uint32_t)index, row->parts[i].warehouse - 1, taken, 0};
        pieces += taken;
    }
    if (count == 0 || pieces != line->quantity * order_pack(row)) return;
    if (leaves_unrecorded(o, txn, line)) {
        o->recheck = true;
        return;
    }
    repack(line, order_pack(row));
    move_homes(o, line, homes, count);
}

static void look_for(struct oversold *o, struct store_txn *txn, struct oversold_line *line)
{
    struct key key = {0};
    struct bytes value;
    struct order_view row;
    key_u32(&key, line->account + 1); /* accounts are declared in this order */
    key_add(&key, bytes_text(line->key));
    if (forgotten_is(o->sim->forgotten, key_bytes(&key))) return; /* it was known */
    if (store_get(txn, TABLE_ORDER_LINE, key_bytes(&key), &value) != ST_OK ||
        order_read(value, &row) != ST_OK) {
        line->fresh |= line->known_us != OVERSOLD_NEVER;
        line->known_us = OVERSOLD_NEVER;
        return;
    }
    bool held = row.held != ORDER_HELD_NOT, exempt = row.exempt != ORDER_EXEMPT_NOT;
    line->fresh |= line->known_us == OVERSOLD_NEVER || held != line->held || exempt != line->exempt;
    if (line->known_us == OVERSOLD_NEVER) line->known_us = o->sim->loop.now_us;
    line->held = held;
    if (exempt != line->exempt) exempt_line(o, line, exempt);
    read_homes(o, txn, line, &row);
}

static bool read_ties_of(struct oversold *o, struct store_txn *txn, uint32_t a, bool by_hand)
{
    bool moved = false;
    for (uint32_t i = 0; i < o->sim->world.product_count; i++) {
        int before = o->ties[a][i];
        int tie = by_hand ? oracle_mapped_product(o->sim, txn, a, i) : (int)i;
        if (tie == before) continue;
        if (before != WORLD_NONE && gone_unrecorded(o, txn, (uint32_t)before)) continue;
        o->ties[a][i] = (int16_t)tie;
        moved = true;
    }
    return moved;
}

static void read_ties(struct oversold *o, struct store_txn *txn)
{
    bool moved = false;
    struct sim *sim = o->sim;
    for (uint32_t a = 0; a < sim->world.account_count; a++) {
        bool by_hand = sim->ties_moved || sim->plan.meddle_ms ||
                       memchr(sim->truth.mapped_by_hand[a], true, sim->world.product_count);
        if (!by_hand && o->tied_by_sku[a]) continue;
        o->tied_by_sku[a] = !by_hand;
        moved |= read_ties_of(o, txn, a, by_hand);
    }
    o->ties_stale = false;
    if (!moved) return;
    oversold_tie(o);
    oversold_refresh(o, NULL, true);
}

/* Of what is read for a line. */
static uint64_t changes(const struct oversold *o)
{
    return store_memory_changes(o->sim->store, TABLE_ORDER_LINE) +
           store_memory_changes(o->sim->store, TABLE_PRODUCT);
}

/* Looks for lines that are not known, or held; true when the process knows other ones by now. */
static bool look_for_open(struct oversold *o, struct store_txn *txn, bool all)
{
    int64_t now_us = o->sim->loop.now_us;
    size_t count = all ? o->line_count : o->open_count;
    o->listed_us = INT64_MAX;
    o->open_count = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t at = all ? (uint32_t)i : o->open[i];
        struct oversold_line *line = &o->lines[at];
        bool listed = line->listed_us <= now_us;
        if (all || (line->seen && listed)) look_for(o, txn, line);
        if (!listed && line->listed_us < o->listed_us) o->listed_us = line->listed_us;
        if (line->known_us == OVERSOLD_NEVER || line->held) o->open[o->open_count++] = at;
        o->fresh |= line->fresh;
    }
    return o->fresh;
}

void oversold_task_ran(struct oversold *o, struct store_txn *txn)
{
    int64_t now_us = o->sim->loop.now_us;
    if (!o->on || o->sim->phase == SIM_SILENT) return;
    bool again = o->recheck;
    o->recheck = false;
    /* The process ties listings by itself, too; what it shows there counts from that moment. */
    uint64_t ties = store_memory_changes(o->sim->store, TABLE_LISTING_PRODUCT);
    if (o->ties_stale || ties != o->ties_read) read_ties(o, txn);
    o->ties_read = ties;
    uint64_t reservations = store_memory_changes(o->sim->store, TABLE_RESERVATION);
    if ((again || reservations != o->reservations) && oversold_end_reservations(o, txn))
        oversold_refresh(o, NULL, false);
    o->reservations = reservations;
    uint64_t now = changes(o);
    if (!again && now == o->looked && now_us < o->listed_us) return;
    o->looked = now;
    if (look_for_open(o, txn, again) || again) oversold_refresh(o, NULL, false);
}

void oversold_lost(struct oversold *o)
{
    o->recheck = true;
}
