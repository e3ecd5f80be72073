/* Orders: the store's lines against the marketplace's postings. */
#include "oracle_orders.h"

#include "engine/record_order.h"
#include "engine/reserve.h"
#include "forgotten.h"
#include "oracle_counts.h"
#include "oracle_store.h"
#include "oracle_ties.h"
#include "outside.h"
#include "script.h"

#include <stdio.h>
#include <string.h>

enum {
    /* A reservation ends when its time has come by the clock that the process goes by, which may be
     * behind; it looks at least once an hour. */
    EXPIRED_SURELY_MS = 2 * 3600 * 1000,
    /* The first sweep of a life is due after ten minutes, by a clock that may be set back. */
    SWEPT_SURELY_MS = 3600 * 1000,
};

/* ---- rows */

static bool product_number(struct sim *sim, struct store_txn *txn, uint32_t product,
                           uint64_t *number)
{
    struct bytes value;
    if (store_get(txn, TABLE_PRODUCT_SKU, bytes_text(sim->world.skus[product]), &value) != ST_OK)
        return false;
    *number = bytes_get_u64(value.data);
    return true;
}

bool oracle_place(struct sim *sim, struct store_txn *txn, uint32_t product, uint32_t local,
                  struct orders_place *place)
{
    place->warehouse = local + 1;
    return product_number(sim, txn, product, &place->product);
}

static struct key line_key(uint32_t account, const char *line)
{
    struct key key = {0};
    key_u32(&key, account + 1); /* accounts are declared in this order, before all else */
    key_add(&key, bytes_text(line));
    return key;
}

static bool line_row(struct store_txn *txn, uint32_t account, const char *line,
                     struct order_view *row)
{
    struct key key = line_key(account, line);
    struct bytes value;
    return store_get(txn, TABLE_ORDER_LINE, key_bytes(&key), &value) == ST_OK &&
           order_read(value, row) == ST_OK;
}

bool oracle_line_may_return(struct sim *sim, struct store_txn *txn, uint32_t account,
                            const char *line)
{
    (void)sim;
    struct order_view row;
    return line_row(txn, account, line, &row) && row.was_shipped && !row.exempt &&
           !row.return_confirmed;
}

static struct orders_taken row_taken(const struct order_view *row)
{
    struct orders_taken taken = {.reserved = 0};
    for (uint32_t i = 0; i < row->part_count; i++) {
        taken.reserved += row->parts[i].reserved;
        taken.shipped += row->parts[i].shipped;
    }
    return taken;
}

uint64_t oracle_line_hash(struct bytes key)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < key.size; i++)
        hash = (hash ^ ((const uint8_t *)key.data)[i]) * UINT64_C(1099511628211);
    return hash;
}

static void taken_by_hand(struct store_txn *txn, uint64_t product, uint32_t warehouse,
                          struct orders_taken *taken)
{
    struct bytes key, value;
    struct reservation_view view;
    struct store_cursor *cursor = store_cursor(txn, TABLE_RESERVATION);
    while (store_next(cursor, &key, &value) == ST_OK)
        if (reservation_read(value, &view) == ST_OK && view.product == product &&
            view.warehouse == warehouse)
            taken->reserved += view.quantity;
    store_cursor_close(cursor);
}

/* What forgotten lines took stays taken. */
struct taken_then {
    struct orders_taken *taken;
    uint64_t product;
    uint32_t warehouse;
};

static void take_then(void *ctx, struct bytes key, const struct order_view *row)
{
    (void)key;
    const struct taken_then *then = ctx;
    for (uint32_t i = 0; i < row->part_count; i++)
        if (row->parts[i].product == then->product && row->parts[i].warehouse == then->warehouse)
            then->taken->shipped += row->parts[i].shipped;
}

struct orders_taken oracle_taken(struct sim *sim, struct store_txn *txn, uint32_t product,
                                 uint32_t local)
{
    struct orders_taken taken = {.reserved = 0};
    struct key prefix = {0};
    struct bytes key, value;
    uint64_t number;
    if (!product_number(sim, txn, product, &number)) return taken;
    key_u64(&prefix, number);
    struct store_cursor *cursor = store_cursor(txn, TABLE_ORDER_PRODUCT);
    enum status status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    for (; status == ST_OK && key_starts(key, key_bytes(&prefix));
         status = store_next(cursor, &key, &value)) {
        struct order_view row;
        struct bytes line = bytes_of((const char *)key.data + 8, key.size - 8);
        if (store_get(txn, TABLE_ORDER_LINE, line, &value) != ST_OK ||
            order_read(value, &row) != ST_OK)
            continue;
        for (uint32_t i = 0; i < row.part_count; i++) {
            if (row.parts[i].product != number || row.parts[i].warehouse != local + 1) continue;
            taken.reserved += row.parts[i].reserved;
            taken.shipped += row.parts[i].shipped;
        }
    }
    store_cursor_close(cursor);
    struct taken_then then = {&taken, number, local + 1};
    forgotten_each(sim->forgotten, take_then, &then);
    taken_by_hand(txn, number, local + 1, &taken);
    return taken;
}

/* ---- the record of what orders make of the stock */

struct numbers {
    uint64_t of[PLAN_PRODUCTS_MAX];
    bool known[PLAN_PRODUCTS_MAX];
    uint32_t count;
};

static void read_numbers(struct sim *sim, struct store_txn *txn, struct numbers *numbers)
{
    numbers->count = sim->world.product_count;
    for (uint32_t p = 0; p < numbers->count; p++)
        numbers->known[p] = product_number(sim, txn, p, &numbers->of[p]);
}

static int product_of(const struct numbers *numbers, uint64_t number)
{
    for (uint32_t p = 0; p < numbers->count; p++)
        if (numbers->known[p] && numbers->of[p] == number) return (int)p;
    return WORLD_NONE;
}

/* What was sold, and when it came to be known: by the ledger, which I1 and I2 hold against the
 * record. The orders themselves tell when they were placed, not when they were read. */
static void read_sales(struct sim *sim, struct store_txn *txn, const struct numbers *numbers)
{
    struct bytes key, value;
    sim->truth.sale_count = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_LEDGER);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct ledger_record e;
        int p = product_of(numbers, bytes_get_u64(key.data));
        uint32_t l = bytes_get_u32((const uint8_t *)key.data + 8) - 1;
        memcpy(&e, value.data, sizeof e);
        if (p == WORLD_NONE || l >= sim->world.local_count ||
            (e.cause != CAUSE_SALE && e.cause != CAUSE_ORDER))
            continue;
        truth_sold(&sim->truth, (uint32_t)p, l,
                   e.on_hand_before - e.reserved_before - e.on_hand_after + e.reserved_after,
                   e.time_ms);
    }
    store_cursor_close(cursor);
}

/* One line: where its pieces come from only the row says. How many they are the marketplace says,
 * in the end (oracle_line_wrong): until the process has read all of it, they are the row's. */
static void refresh_line(struct sim *sim, const struct numbers *numbers,
                         const struct counts_line *of)
{
    struct truth *t = &sim->truth;
    const int64_t times = sim->plan.mutation == MUTATION_COUNTED_TWICE ? 2 : 1;
    for (uint32_t i = 0; i < of->row->part_count; i++) {
        const struct order_part *part = &of->row->parts[i];
        int p = product_of(numbers, part->product);
        uint32_t l = part->warehouse - 1;
        if (p == WORLD_NONE || l >= sim->world.local_count) continue;
        struct counts_range range = oracle_counts_judge(sim, (uint32_t)p, l, of, part);
        t->by_orders[p][l] += range.least - part->shipped;
        t->over[p][l] += range.most - range.least;
        t->reserved[p][l] += times * part->reserved;
    }
}

/* Returns how many of the account's lines have a row. */
static uint64_t refresh_account(struct sim *sim, struct store_txn *txn,
                                const struct numbers *numbers, uint32_t account)
{
    const struct sim_market *market = sim->world.accounts[account].market;
    uint64_t rows = 0;
    oracle_counts_look(sim, account);
    for (size_t i = 0; i < market->order_count(&sim->world, account); i++)
        for (size_t k = 0; k < market->line_count(&sim->world, account, i); k++) {
            struct market_line line;
            struct order_view row;
            market->line(&sim->world, account, i, k, &line);
            struct key key = line_key(account, line.key);
            bool there = line_row(txn, account, line.key, &row);
            rows += there;
            if (forgotten_row(sim->forgotten, key_bytes(&key), &row)) there = true;
            struct counts_line of = {account, &line, k, oracle_line_hash(key_bytes(&key)), &row};
            if (there) refresh_line(sim, numbers, &of);
        }
    return rows;
}

static void refresh_reservations(struct sim *sim, struct store_txn *txn)
{
    struct truth *t = &sim->truth;
    for (uint32_t i = 0; i < t->reservation_count; i++) {
        const struct truth_reservation *r = &t->reservations[i];
        uint8_t number[8];
        bytes_put_u64(number, r->number);
        if (!r->released &&
            store_get(txn, TABLE_RESERVATION, bytes_of(number, sizeof number), NULL) == ST_OK)
            t->reserved[r->product][r->local] += r->quantity;
    }
}

void oracle_orders_refresh(struct sim *sim, struct store_txn *txn)
{
    struct truth *t = &sim->truth;
    struct numbers numbers;
    uint64_t rows = 0;
    if (!sim->plan.orders.import) return;
    memset(t->by_orders, 0, sizeof t->by_orders);
    memset(t->over, 0, sizeof t->over);
    memset(t->reserved, 0, sizeof t->reserved);
    read_numbers(sim, txn, &numbers);
    if (sim->plan.days) read_sales(sim, txn, &numbers);
    for (uint32_t a = 0; a < sim->world.account_count; a++)
        rows += refresh_account(sim, txn, &numbers, a);
    if (rows != store_count(txn, TABLE_ORDER_LINE))
        sim_fail(sim, "I2", 0, "of %llu order lines the marketplaces have %llu",
                 (unsigned long long)store_count(txn, TABLE_ORDER_LINE), (unsigned long long)rows);
    refresh_reservations(sim, txn);
}

/* ---- levels (I2) */

/* What a held line waits for may really be missing: a tie by hand, a link, a figure. Or it has just
 * come, and the sweep that tries held lines again has yet to come to this one. */
static bool may_be_held(struct sim *sim, struct store_txn *txn, uint32_t account, uint32_t pair)
{
    const struct truth *t = &sim->truth;
    uint32_t remote = pair / sim->world.product_count, listing = pair % sim->world.product_count;
    int product = oracle_mapped_product(sim, txn, account, listing);
    if (product == WORLD_NONE || store_count(txn, TABLE_SWEEP) > 0) return true;
    for (uint32_t l = 0; l < sim->world.local_count; l++)
        if (t->link[remote][l] && t->counted[product][l] && !script_unlinks(sim->script, remote, l))
            return false;
    return true;
}

/* Static, and another one the next time. */
static const char *held_wrongly(enum order_held held)
{
    static char text[64];
    snprintf(text, sizeof text, "is held (%s) without a reason", order_held_name(held));
    return text;
}

bool oracle_line_taken(struct sim *sim, struct store_txn *txn, uint32_t account, const char *line,
                       struct orders_taken *taken)
{
    (void)sim;
    struct order_view row;
    if (!line_row(txn, account, line, &row)) return false;
    *taken = row_taken(&row);
    taken->held = row.held != ORDER_HELD_NOT;
    return true;
}

const char *oracle_line_wrong(struct sim *sim, struct store_txn *txn, uint32_t account,
                              const struct market_line *line, size_t index)
{
    struct order_view row;
    uint32_t seller = sim->world.accounts[account].seller;
    if (line->pair == WORLD_NONE) return NULL;
    uint32_t pair = (uint32_t)line->pair;
    bool other = world_pair_account(&sim->world, pair) != account;
    /* A purchase from before the cut-over shows when its form is filled in. */
    bool early = line->formless && line->placed_ms <= sim->imported_ms[account];
    struct key key = line_key(account, line->key);
    if (forgotten_is(sim->forgotten, key_bytes(&key))) {
        bool back = line_row(txn, account, line->key, &row);
        return back && row.part_count ? "was forgotten, and takes pieces" : NULL;
    }
    if (!line_row(txn, account, line->key, &row))
        return line->gone || early ? NULL : "is not there";
    struct orders_taken have = row_taken(&row);
    bool nothing = have.reserved == 0 && have.shipped == 0;
    if (other) return nothing ? NULL : "takes from another account's warehouse";
    if (row.exempt == ORDER_EXEMPT_BEFORE)
        return line->placed_ms <= sim->imported_ms[account] && nothing
                   ? NULL
                   : "is exempt although it was placed after the cut-over";
    if (row.exempt == ORDER_EXEMPT_DELETED) /* with a product, which may be there again */
        return nothing && sim->deleted ? NULL : "is exempt although nothing was deleted";
    if (row.exempt) return row.exempt == ORDER_EXEMPT_EXTERNAL && early ? NULL : "is exempt";
    if (row.held) return may_be_held(sim, txn, account, pair) ? NULL : held_wrongly(row.held);
    bool returned = sim->truth.returned[seller][line->number][index];
    int64_t pack = order_pack(&row);
    if (pack != 1 && !(sim->packs >> pack & 1)) return "is of packs that nobody spoke of";
    const char *elsewhere = oracle_parts_wrong(sim, txn, account, line, &row);
    if (elsewhere) return elsewhere;
    if (have.reserved != line->reserved * pack) return "reserves another number of pieces";
    if (have.shipped == (returned ? 0 : line->shipped * pack)) return NULL;
    /* Somebody has said that they are back, and has not been answered. */
    bool returns = script_returns(sim->script, seller, line->number, index);
    return returns && have.shipped == 0 ? NULL : "has taken another number of pieces";
}

static uint32_t lines_differ(struct sim *sim, struct store_txn *txn, uint32_t account, char *why,
                             size_t size, journal_topic *topic)
{
    const struct sim_market *market = sim->world.accounts[account].market;
    uint32_t count = 0;
    if (outside_is(sim, account)) return 0; /* oracle_left sees that none of them takes anything */
    for (size_t i = 0; i < market->order_count(&sim->world, account); i++) {
        for (size_t k = 0; k < market->line_count(&sim->world, account, i); k++) {
            struct market_line line;
            market->line(&sim->world, account, i, k, &line);
            const char *wrong = line.visible_ms <= loop_true_ms(&sim->loop)
                                    ? oracle_line_wrong(sim, txn, account, &line, k)
                                    : NULL;
            if (!wrong || count++) continue;
            if (line.pair >= 0) *topic = sim_topic((uint32_t)line.pair);
            snprintf(why, size, "line %s (state %d) of %s %s", line.key, line.state,
                     sim->world.accounts[account].name, wrong);
        }
    }
    return count;
}

/* ---- reservations by hand */

static uint32_t reservations_differ(struct sim *sim, struct store_txn *txn, char *why, size_t size)
{
    const struct truth *t = &sim->truth;
    int64_t now_ms = clock_wall_ms(&sim->loop.clock);
    uint32_t count = 0, there = 0;
    for (uint32_t i = 0; i < t->reservation_count; i++) {
        const struct truth_reservation *r = &t->reservations[i];
        uint8_t number[8];
        bytes_put_u64(number, r->number);
        bool is = store_get(txn, TABLE_RESERVATION, bytes_of(number, sizeof number), NULL) == ST_OK;
        bool over = r->until_ms && now_ms - r->until_ms > EXPIRED_SURELY_MS;
        bool lost = !is && !r->released && !r->until_ms;
        there += is;
        bool ends = sim->phase != SIM_HOSTILE && r->until_ms; /* all is quiet when it has ended */
        if (!(is && (r->released || over || ends)) && !lost) continue;
        if (count++ == 0)
            snprintf(why, size, "reservation %llu is %s", (unsigned long long)r->number,
                     lost ? "lost" : "there although it is over");
    }
    if (there != store_count(txn, TABLE_RESERVATION) && count++ == 0 &&
        t->reservation_count < TRUTH_RESERVATIONS_MAX)
        snprintf(why, size, "there are reservations that nobody made");
    return count;
}

uint32_t oracle_orders_differences(struct sim *sim, struct store_txn *txn, char *why, size_t size,
                                   journal_topic *topic)
{
    uint32_t count = 0;
    if (!sim->plan.orders.import) return 0;
    for (uint32_t i = 0; i < sim->world.account_count; i++) {
        char text[200];
        uint32_t more = lines_differ(sim, txn, i, text, sizeof text, topic);
        if (more && count == 0) snprintf(why, size, "%s", text);
        count += more;
    }
    if (count) return count;
    return reservations_differ(sim, txn, why, size);
}

/* ---- orders that are not imported any more */

void oracle_left(struct sim *sim, struct store_txn *txn, uint32_t account)
{
    static const enum store_table tables[] = {TABLE_ORDER_OPEN, TABLE_ORDER_HELD};
    if (store_count(txn, TABLE_SWEEP) > 0) return;
    for (int t = 0; t < 2; t++) {
        struct bytes key, value;
        uint8_t prefix[4];
        bytes_put_u32(prefix, account + 1);
        struct store_cursor *cursor = store_cursor(txn, tables[t]);
        if (store_seek(cursor, bytes_of(prefix, 4), &key, &value) == ST_OK &&
            key_starts(key, bytes_of(prefix, 4)))
            sim_fail(sim, "I2", 0, "line %.*s of %s is %s although its orders are not imported",
                     (int)key.size - 4, (const char *)key.data + 4,
                     sim->world.accounts[account].name, t ? "held" : "open");
        store_cursor_close(cursor);
    }
}

/* ---- I3: a reading to its end */

bool oracle_drain_was_ahead(const struct sim *sim, int64_t begun_us)
{
    return sim->loop.wall_offset_ms > ORDERS_AHEAD_MS ||
           begun_us <= sim->ahead_us + ORDERS_MADE_MS * INT64_C(1000);
}

void oracle_drained(struct sim *sim, struct store_txn *txn, uint32_t account, int64_t begun_us,
                    int64_t first_us)
{
    const struct sim_market *market = sim->world.accounts[account].market;
    int64_t begun_ms = LOOP_START_MS + begun_us / 1000;
    if (oracle_drain_was_ahead(sim, begun_us) || begun_us <= sim->lied_us[account]) return;
    /* What a cursor of another life passed while the clock was ahead, this one cannot know until
     * its sweep. */
    int64_t passed_us = first_us < sim->ahead_us ? first_us : sim->ahead_us;
    bool blind = sim->ahead_first_us && sim->ahead_first_us < first_us &&
                 begun_us - first_us < SWEPT_SURELY_MS * INT64_C(1000);
    int64_t blind_ms = blind ? LOOP_START_MS + passed_us / 1000 : 0;
    for (size_t i = 0; i < market->order_count(&sim->world, account); i++) {
        uint64_t number;
        int64_t changed_ms = market->changed_ms(&sim->world, account, i, &number);
        int64_t *confirmed = &sim->drained_ms[account][number % TRUTH_POSTINGS_MAX];
        if (*confirmed == changed_ms) continue;
        struct market_line line;
        market->line(&sim->world, account, i, 0, &line);
        if (line.visible_ms > begun_ms || changed_ms > begun_ms) continue;
        /* Wildberries lists new orders by when they were placed, whatever changes later. */
        if ((market == &market_wb ? line.placed_ms : changed_ms) <= blind_ms) continue;
        /* What a list left out, the cursor has passed: a sweep finds it. */
        if (changed_ms <= LOOP_START_MS + sim->lied_us[account] / 1000) continue;
        for (size_t k = 0; k < market->line_count(&sim->world, account, i); k++) {
            market->line(&sim->world, account, i, k, &line);
            const char *wrong = oracle_line_wrong(sim, txn, account, &line, k);
            if (wrong)
                sim_fail(sim, "I3", line.pair < 0 ? 0 : sim_topic((uint32_t)line.pair),
                         "orders of %s were read to their end, and line %s (state %d) %s",
                         sim->world.accounts[account].name, line.key, line.state, wrong);
        }
        *confirmed = changed_ms;
    }
}
