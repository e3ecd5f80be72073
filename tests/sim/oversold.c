/* Two histories of each pair: the figure that should be shown, had everybody known everything at
 * once, and the one that is. */
#include "oversold_private.h"

#include "base/mem.h"
#include "oracle.h"
#include "script_op.h"

#include <stdio.h>
#include <string.h>

struct oversold *oversold_new(struct sim *sim)
{
    struct oversold *o = mem_alloc(sizeof *o);
    uint32_t products = sim->world.product_count;
    o->sim = sim;
    o->on = sim->plan.orders.import;
    if (!o->on) return o;
    o->pairs = mem_array(world_pairs(&sim->world), sizeof *o->pairs);
    o->ties = mem_array(PLAN_ACCOUNTS_MAX, sizeof *o->ties);
    o->taken = mem_array(products, sizeof *o->taken);
    o->shipped = mem_array(products, sizeof *o->shipped);
    o->there = mem_array(products, sizeof *o->there);
    o->hidden = mem_array(products, sizeof *o->hidden);
    o->sums.products = mem_array(products, sizeof *o->sums.products);
    o->older.products = mem_array(products, sizeof *o->older.products);
    o->in_sum = mem_array(products, sizeof *o->in_sum);
    o->known = mem_array(products, sizeof *o->known);
    o->shift = mem_array(products, sizeof *o->shift);
    o->unclear = mem_array(products, sizeof *o->unclear);
    o->counts = mem_array(products, sizeof *o->counts);
    o->figures = mem_array(products, sizeof *o->figures);
    o->products = mem_array(products, sizeof *o->products);
    o->present = mem_array(products, sizeof *o->present);
    o->tied = mem_array(products, sizeof *o->tied);
    o->tied_next = mem_array(PLAN_ACCOUNTS_MAX, sizeof *o->tied_next);
    o->ties_stale = true;
    for (uint32_t pair = 0; pair < world_pairs(&sim->world); pair++) {
        struct oversold_pair *p = &o->pairs[pair];
        p->wanted = OVERSOLD_UNFED;
        p->shown = world_shown(&sim->world, pair);
        p->wrote_us = p->found_us = p->refused_us = INT64_MIN / 2;
        p->write.composed_us = p->landed.composed_us = OVERSOLD_NEVER;
    }
    for (uint32_t i = 0; i < products * PLAN_LOCALS_MAX; i++)
        o->counts[i / PLAN_LOCALS_MAX][i % PLAN_LOCALS_MAX].at_us = OVERSOLD_NEVER;
    for (uint32_t a = 0; a < PLAN_ACCOUNTS_MAX; a++) {
        struct oversold_account *account = &o->accounts[a];
        account->failed_us = account->composed_us = account->resumed_us = account->key_us =
            account->external_us = account->state_us = account->shut_us = account->orders_shut_us =
                INT64_MIN / 2;
        for (uint32_t i = 0; i < products; i++)
            o->ties[a][i] = (int16_t)i;
    }
    oversold_tie(o);
    return o;
}

void oversold_free(struct oversold *o)
{
    mem_free(o->lines);
    mem_free(o->open);
    mem_free(o->pairs);
    mem_free(o->ties);
    mem_free(o->tied);
    mem_free(o->tied_next);
    mem_free(o->taken);
    mem_free(o->shipped);
    mem_free(o->there);
    mem_free(o->hidden);
    mem_free(o->sums.products);
    mem_free(o->older.products);
    mem_free(o->in_sum);
    mem_free(o->known);
    mem_free(o->shift);
    mem_free(o->unclear);
    mem_free(o->counts);
    mem_free(o->figures);
    mem_free(o->products);
    mem_free(o->present);
    oversold_list_free(&o->list);
    mem_free(o);
}

/* ---- what should be shown */

int oversold_product(const struct oversold *o, uint32_t pair)
{
    const struct world *world = &o->sim->world;
    uint32_t account = world_pair_account(world, pair);
    int product = o->ties[account][pair % world->product_count];
    return product != WORLD_NONE && o->sim->truth.product[product] ? product : WORLD_NONE;
}

/* Pieces that may still be promised from what feeds the pair. */
int64_t oversold_there(const struct oversold *o, uint32_t pair)
{
    int product = oversold_product(o, pair);
    uint32_t remote = pair / o->sim->world.product_count;
    int64_t there = 0;
    for (uint32_t l = 0; product != WORLD_NONE && l < o->sim->world.local_count; l++)
        if (o->sim->truth.link[remote][l] && o->there[product][l] > 0)
            there += o->there[product][l];
    return there;
}

/* The most that may be shown by what is known; OVERSOLD_UNFED: that is not stockd's to say. */
static int64_t wanted(const struct oversold *o, uint32_t pair)
{
    const struct truth *t = &o->sim->truth;
    const struct world *world = &o->sim->world;
    int product = oversold_product(o, pair);
    uint32_t remote = pair / world->product_count, account = world->remote_account[remote];
    bool linked = false;
    int64_t pieces = 0;
    if (product == WORLD_NONE) return OVERSOLD_UNFED;
    for (uint32_t l = 0; l < world->local_count; l++) {
        if (!t->link[remote][l]) continue;
        if (!t->counted[product][l]) return OVERSOLD_UNFED;
        int64_t there = o->known[product][l];
        uint32_t share_ppm = t->share_ppm[remote][l];
        linked = true;
        if (there > 0) pieces += share_ppm ? truth_share(there, share_ppm) + 1 : there;
    }
    if (!linked) return OVERSOLD_UNFED;
    struct truth_wanted w = {.kind = TRUTH_FIGURE};
    const struct truth_rule *rules = t->rules[product];
    truth_apply_rule(&rules[0], &rules[account + 1], pieces, world->accounts[account].market->most,
                     &w);
    return w.figure;
}

static bool reserves(const struct oversold *o, const struct truth_reservation *r)
{
    int64_t now_ms = clock_wall_ms(&o->sim->loop.clock);
    return !r->released && !r->ended && (!r->until_ms || r->until_ms > now_ms);
}

/* Those whose time has come, and whose rows are gone: they stay so when the clock is set back. The
 * process's time runs on ahead of such a clock, by no more than it was ever set back. */
bool oversold_end_reservations(struct oversold *o, struct store_txn *txn)
{
    struct truth *t = &o->sim->truth;
    int64_t latest_ms = clock_wall_ms(&o->sim->loop.clock) + o->sim->set_back_ms;
    bool changed = false;
    for (uint32_t i = 0; i < t->reservation_count; i++) {
        struct truth_reservation *r = &t->reservations[i];
        if (!r->until_ms || (r->until_ms > latest_ms && !r->ended)) continue;
        uint8_t number[8];
        bytes_put_u64(number, r->number);
        bool ended =
            store_get(txn, TABLE_RESERVATION, bytes_of(number, sizeof number), NULL) != ST_OK;
        changed |= ended != r->ended;
        r->ended = ended;
    }
    return changed;
}

static void add_up_reservations(struct oversold *o)
{
    const struct truth *t = &o->sim->truth;
    for (uint32_t i = 0; i < t->reservation_count; i++) {
        const struct truth_reservation *r = &t->reservations[i];
        if (!reserves(o, r)) continue;
        oversold_sums(o, r->product);
        o->taken[r->product][r->local] += r->quantity;
    }
}

/* By hand, which the process knows of. */
static int64_t reserved(const struct oversold *o, uint32_t p, uint32_t l)
{
    const struct truth *t = &o->sim->truth;
    int64_t pieces = 0;
    for (uint32_t i = 0; i < t->reservation_count; i++) {
        const struct truth_reservation *r = &t->reservations[i];
        if (r->product == p && r->local == l && reserves(o, r)) pieces += r->quantity;
    }
    return pieces;
}

/* Lists the listings of each product. */
void oversold_tie(struct oversold *o)
{
    const struct world *world = &o->sim->world;
    for (uint32_t p = 0; p < world->product_count; p++)
        o->tied[p] = OVERSOLD_TIED_END;
    for (uint32_t a = 0; a < world->account_count; a++)
        for (uint32_t i = 0; i < world->product_count; i++) {
            int product = o->ties[a][i];
            if (product == WORLD_NONE) continue;
            o->tied_next[a][i] = o->tied[product];
            o->tied[product] = (int16_t)(a * PLAN_PRODUCTS_MAX + i);
        }
}

/* Of the lines that have just become known, the one that took of the product. */
static int fresh_line(const struct oversold *o, int product)
{
    for (size_t i = 0; i < o->line_count && o->fresh; i++)
        for (uint32_t h = 0; h < o->lines[i].home_count && o->lines[i].fresh; h++)
            if ((int)o->lines[i].homes[h].product == product) return (int)i;
    return -1;
}

static void refresh_pair(struct oversold *o, uint32_t pair, int product, const struct op *op)
{
    struct oversold_pair *p = &o->pairs[pair];
    int64_t now = wanted(o, pair);
    if (now < p->wanted)
        p->falls[p->fall_count++ % OVERSOLD_FALLS] =
            (struct oversold_fall){.at_us = op && op->ran_us ? op->ran_us : o->sim->loop.now_us,
                                   .from = p->wanted,
                                   .to = now,
                                   .line = fresh_line(o, product),
                                   .kind = op ? op->kind : OP_KINDS};
    p->wanted = now;
}

static void refresh_listing(struct oversold *o, uint32_t a, uint32_t listing, const struct op *op)
{
    const struct world *world = &o->sim->world;
    const struct world_account *account = &world->accounts[a];
    for (uint32_t r = 0; r < account->remote_count; r++)
        refresh_pair(o, world_pair(world, account->remote_first + r, listing), o->ties[a][listing],
                     op);
}

static void refresh_product(struct oversold *o, uint32_t product, const struct op *op)
{
    for (int tie = o->tied[product]; tie != OVERSOLD_TIED_END;
         tie = o->tied_next[tie / PLAN_PRODUCTS_MAX][tie % PLAN_PRODUCTS_MAX])
        refresh_listing(o, (uint32_t)tie / PLAN_PRODUCTS_MAX, (uint32_t)tie % PLAN_PRODUCTS_MAX,
                        op);
}

/* Its pieces by now; true when they are others than before, or it has come or gone. */
static bool find_pieces(struct oversold *o, uint32_t p)
{
    const struct truth *t = &o->sim->truth;
    bool dirty = t->product[p] != o->present[p];
    o->present[p] = t->product[p];
    for (uint32_t l = 0; l < o->sim->world.local_count; l++) {
        int64_t there = t->figure[p][l] + o->shift[p][l] - o->taken[p][l];
        int64_t known = there + o->hidden[p][l];
        if (!t->counted[p][l]) there = known = OVERSOLD_UNCOUNTED;
        o->figures[p][l] = t->figure[p][l];
        dirty |= known != o->known[p][l];
        o->there[p][l] = there;
        o->known[p][l] = known;
    }
    return dirty;
}

static void refresh_every_product(struct oversold *o, const struct op *op, bool all)
{
    for (uint32_t p = 0; p < o->sim->world.product_count; p++)
        if (find_pieces(o, p) && !all) refresh_product(o, p, op);
    for (uint32_t a = 0; a < o->sim->world.account_count && all; a++)
        for (uint32_t i = 0; i < o->sim->world.product_count; i++)
            refresh_listing(o, a, i, op);
    o->found = true;
}

/* Those of which orders or reservations took something, or do now. */
static void refresh_sums(struct oversold *o, const struct oversold_sums *sums)
{
    for (uint32_t i = 0; i < sums->count; i++)
        if (find_pieces(o, sums->products[i])) refresh_product(o, sums->products[i], NULL);
}

/* The figures of the listings whose products have changed. `op`: the command that was recorded, or
 * NULL: the record says what it said, and no other products have changed than those that orders and
 * reservations take from. `all`: of every listing, for they are tied to others. */
void oversold_refresh(struct oversold *o, const struct op *op, bool all)
{
    all |= op && op->kind != OP_SET && op->kind != OP_ADJUST && op->kind != OP_AVAILABLE &&
           op->kind != OP_TRANSFER && op->kind != OP_BULK && op->kind != OP_RESERVE &&
           op->kind != OP_RELEASE && op->kind != OP_RETURN && op->kind != OP_PRODUCT;
    oversold_add_up(o);
    add_up_reservations(o);
    if (all || op || !o->found) {
        refresh_every_product(o, op, all);
    } else {
        refresh_sums(o, &o->older);
        refresh_sums(o, &o->sums);
    }
    for (size_t i = 0; i < o->line_count && o->fresh; i++)
        o->lines[i].fresh = false;
    o->fresh = false;
}

/* ---- commands */

/* A figure says what lies there, whatever the process knew by then of what had been taken. */
static void counted(struct oversold *o, int64_t at_us, bool available, uint32_t p, uint32_t l,
                    int64_t known)
{
    /* The process's time runs on ahead of a clock that is set back. */
    int64_t ahead_ms = o->sim->loop.wall_offset_ms + o->sim->set_back_ms;
    struct oversold_count *count = &o->counts[p][l];
    *count = (struct oversold_count){.at_us = at_us, .available = available};
    if (o->sim->loop.wall_offset_ms > 0) {
        count->ahead_from_us = at_us;
        count->ahead_until_us = at_us + ahead_ms * 1000;
    }
    if (available) known -= reserved(o, p, l);
    oversold_count_bases(o, p, l, known);
    o->unclear[p][l] = oversold_gave_back(o, p, l, known);
}

void oversold_recorded(struct oversold *o, const struct op *op)
{
    if (!o->on) return;
    const struct op *of = op->kind == OP_APPLY && op->held ? op->held : op;
    int64_t at_us = op->ran_us ? op->ran_us : o->sim->loop.now_us;
    oversold_follow_products(o, of, at_us);
    oversold_add_up(o);
    switch (of->kind) {
    case OP_SET: counted(o, at_us, false, of->product, of->local, of->taken.shipped); break;
    case OP_AVAILABLE:
        counted(o, at_us, true, of->product, of->local, of->taken.reserved + of->taken.shipped);
        break;
    case OP_BULK:
        for (uint32_t i = 0; i < of->bulk_count; i++) {
            const struct op_row *row = &of->bulk[i];
            counted(o, at_us, false, row->product, row->local, row->shipped);
            o->unclear[row->product][row->local] |= row->loose;
        }
        break;
    case OP_RESUME: o->accounts[of->account].resumed_us = o->sim->loop.now_us; break;
    case OP_SWITCH: o->accounts[of->account].external_us = o->sim->loop.now_us; break;
    case OP_RETURN:
        oversold_read_lines(o, OVERSOLD_EVERY);
        if (of->taken.shipped) oversold_line_returned(o, of->account, of->line_key, at_us);
        break;
    case OP_RENAME:
    case OP_MERGE:
    case OP_DELETE:
    case OP_TAKE_BACK:
    case OP_UNDO_IMPORT:
    case OP_UNDO:
    case OP_MAP:
    case OP_UNMAP:
    case OP_REMAP: o->ties_stale = o->recheck = true; break;
    default: break;
    }
    oversold_refresh(o, op, false);
}

/* ---- what is shown */

/* Whose figure has come to show. What was accepted shows later, and then another one may have been
 * accepted since. */
static const struct oversold_write *shown_write(const struct oversold *o, uint32_t pair,
                                                int64_t shown, enum oversold_by by)
{
    const struct oversold_pair *p = &o->pairs[pair];
    bool later = by == OVERSOLD_WRITE && world_account_of(&o->sim->world, pair)->market->async;
    return later && shown != p->landed.value && shown == p->before.value ? &p->before : &p->landed;
}

void oversold_shown(struct oversold *o, uint32_t pair, enum oversold_by by)
{
    if (!o->on) return;
    struct oversold_pair *p = &o->pairs[pair];
    int64_t shown = world_shown(&o->sim->world, pair);
    const struct oversold_write *of = shown_write(o, pair, shown, by);
    bool astray = by == OVERSOLD_WRITE && oracle_astray(o->sim->oracle, pair) < 0;
    if (shown > p->shown)
        p->rises[p->rise_count++ % OVERSOLD_RISES] =
            (struct oversold_rise){.at_us = o->sim->loop.now_us,
                                   .from = p->shown,
                                   .to = shown,
                                   .by = by,
                                   .composed_us = of->composed_us,
                                   .drained_us = of->drained_us,
                                   .landed_us = of->landed_us,
                                   .value = of->value,
                                   .last_value = of->last_value,
                                   .last_us = of->last_us,
                                   .imported = of->imported,
                                   .passes = of->passes,
                                   .astray = astray,
                                   .unclear = of->unclear || oversold_unclear(o, pair),
                                   .ahead = of->ahead || oversold_ahead(o, pair)};
    p->shown = shown;
}

void oversold_composed(struct oversold *o, uint32_t pair, int64_t value)
{
    if (!o->on) return;
    struct oversold_account *account = &o->accounts[world_pair_account(&o->sim->world, pair)];
    o->pairs[pair].write = (struct oversold_write){.composed_us = o->sim->loop.now_us,
                                                   .value = value,
                                                   .unclear = oversold_unclear(o, pair),
                                                   .ahead = oversold_ahead(o, pair)};
    account->composed_us = o->sim->loop.now_us;
}

void oversold_sent(struct oversold *o, const struct exchange *x)
{
    for (uint32_t i = 0; i < x->item_count && o->on; i++) {
        struct oversold_pair *p = &o->pairs[x->items[i].pair];
        p->write.sent_us = p->wrote_us = o->sim->loop.now_us;
        p->write.exchange = x->number;
    }
}

void oversold_landed(struct oversold *o, const struct exchange *x, const struct exchange_item *item)
{
    if (!o->on) return;
    struct oversold_pair *p = &o->pairs[item->pair];
    struct oversold_write *write = &p->write;
    bool newest = write->exchange == x->number;
    if (newest) {
        write->landed_us = o->sim->loop.now_us;
        write->applied = item->applied;
        write->refused = !item->applied;
    }
    p->refusals = item->applied ? 0 : p->refusals + 1;
    if (!item->applied) {
        p->refused_us = o->sim->loop.now_us;
        return;
    }
    /* What was accepted before may have come to show since; this one, not yet. */
    bool async = world_account_of(&o->sim->world, item->pair)->market->async;
    if (async && world_shown(&o->sim->world, item->pair) != item->value)
        oversold_shown(o, item->pair, OVERSOLD_WRITE);
    p->before = p->landed;
    p->landed = (struct oversold_write){.composed_us = item->composed_us,
                                        .sent_us = x->sent_us,
                                        .landed_us = o->sim->loop.now_us,
                                        .value = item->value,
                                        .exchange = x->number,
                                        .applied = true,
                                        .drained_us = item->drained_us,
                                        .last_value = p->before.value,
                                        .last_us = p->before.landed_us,
                                        .imported = item->imported && !item->hidden,
                                        .passes = item->passes,
                                        .unclear = newest && write->unclear,
                                        .ahead = newest && write->ahead};
}

/* Told 403, an account leaves alone what that was about; and orders also where Ozon has shut their
 * method for some minutes. */
static void note_shut(struct oversold_account *account, const struct exchange *x, bool good)
{
    int64_t now_us = x->sim->loop.now_us;
    bool shut = x->result == NET_ARRIVED && x->status == 403;
    bool orders = x->is_orders || x->is_order_reading;
    bool circuit =
        x->result == NET_ARRIVED && x->status == 429 && strstr(x->answer, "Circle is open");
    /* Also to what a write reads before it leaves. */
    if (shut && (x->is_push || x->is_stock_reading || orders)) account->shut_us = now_us;
    if (orders && (shut || circuit))
        account->orders_shut_us = now_us;
    else if (x->is_orders && good) /* which its reading begins with */
        account->orders_shut_us = INT64_MIN / 2;
}

void oversold_answered(struct oversold *o, const struct exchange *x)
{
    if (!o->on) return;
    bool good = x->result == NET_ARRIVED && x->status >= 200 && x->status < 300 && !x->lies;
    /* 200, and an order of it cannot be read. */
    bool torn = (x->is_orders || x->is_order_reading) && x->faulty;
    if (!good || x->spoil || torn) o->accounts[x->account].failed_us = o->sim->loop.now_us;
    note_shut(&o->accounts[x->account], x, good);
    for (uint32_t i = 0; i < x->item_count; i++) {
        struct oversold_pair *p = &o->pairs[x->items[i].pair];
        p->wrote_us = o->sim->loop.now_us;
        if (p->write.exchange == x->number) p->write.over_us = o->sim->loop.now_us;
        if (x->items[i].refused) p->refused_us = o->sim->loop.now_us;
    }
}

void oversold_found(struct oversold *o, uint32_t pair)
{
    if (o->on) o->pairs[pair].found_us = o->sim->loop.now_us;
}

void oversold_key(struct oversold *o, uint32_t account)
{
    o->accounts[account].key_us = o->sim->loop.now_us;
}

void oversold_booted(struct oversold *o)
{
    o->up_us = o->sim->loop.now_us;
    o->recheck = true;
}

void oversold_take(struct oversold *o, struct oversold_list *list)
{
    *list = o->list;
    o->list = (struct oversold_list){0};
}

/* ---- sales */

void oversold_before(struct oversold *o, const struct market_order *order)
{
    if (!o->on) return;
    oversold_refresh(o, NULL, false); /* reservations end */
    for (uint32_t i = 0; i < order->line_count; i++) {
        uint32_t pair = world_pair(&o->sim->world, order->remote, order->lines[i].product);
        oversold_shown(o, pair, OVERSOLD_WRITE); /* what was accepted may show by now */
        o->sales[i] = (struct oversold_sale){pair, o->pairs[pair].shown, oversold_there(o, pair)};
    }
}

static void keep(struct oversold *o, const struct oversold_row *row)
{
    struct oversold_list *list = &o->list;
    if (list->count && list->rows[list->count - 1].cause == row->cause &&
        list->rows[list->count - 1].at_us == row->at_us &&
        strcmp(list->rows[list->count - 1].pair, row->pair) == 0 &&
        strcmp(list->rows[list->count - 1].origin, row->origin) == 0) {
        list->rows[list->count - 1].pieces += row->pieces;
        return;
    }
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 16;
        list->rows = mem_resize(list->rows, list->room * sizeof *list->rows);
    }
    list->rows[list->count++] = *row;
}

/* From the top of what was shown: of pieces that nobody has, those that had the most time. */
static void attribute(struct oversold *o, const struct oversold_sale *sale, int64_t sold,
                      int64_t pack, int first, const char *order)
{
    int64_t over = sold * pack - sale->there, level = sold > sale->shown ? sold : sale->shown;
    if (over > sold * pack) over = sold * pack;
    for (; over > 0; level--) {
        struct oversold_row row = {.at_us = o->sim->loop.now_us,
                                   .sold = sold,
                                   .shown = sale->shown,
                                   .there = sale->there,
                                   .pieces = over < pack ? over : pack};
        snprintf(row.order, sizeof row.order, "%s", order);
        row.cause = level > sale->shown ? OVERSOLD_BY_MARKET
                                        : oversold_judge(o, sale->pair, level, first, &row);
        char name[128];
        snprintf(row.pair, sizeof row.pair, "%s",
                 world_pair_name(&o->sim->world, sale->pair, name));
        over -= row.pieces;
        keep(o, &row);
        if (row.cause == OVERSOLD_NONE)
            sim_fail(o->sim, "sales", sim_topic(sale->pair),
                     "%lld of %lld sold, where %lld were shown and %lld are there, have no cause: "
                     "%s, %s",
                     (long long)row.pieces, (long long)sold, (long long)sale->shown,
                     (long long)sale->there, row.origin, row.note);
    }
}

void oversold_after(struct oversold *o, uint32_t account, const struct market_order *order)
{
    if (!o->on) return;
    size_t first = o->line_count;
    oversold_read_lines(o, o->sim->world.accounts[account].seller);
    for (uint32_t i = 0; i < order->line_count; i++) {
        struct oversold_sale *sale = &o->sales[i];
        int64_t sold = 0, pack = 1;
        const char *key = "";
        for (size_t k = first; k < o->line_count; k++) {
            if (o->lines[k].pair != sale->pair) continue;
            sold += o->lines[k].quantity;
            pack = o->lines[k].pack;
            key = o->lines[k].key;
        }
        oversold_shown(o, sale->pair, OVERSOLD_MARKET);
        if (sold == 0 || o->pairs[sale->pair].wanted == OVERSOLD_UNFED) continue;
        o->list.orders++;
        o->list.pieces += (uint64_t)(sold * pack);
        attribute(o, sale, sold, pack, (int)first, key);
    }
    oversold_refresh(o, NULL, false);
}

void oversold_moved(struct oversold *o, uint32_t account)
{
    if (!o->on) return;
    oversold_read_lines(o, o->sim->world.accounts[account].seller);
    oversold_refresh(o, NULL, false);
}
