/* The engine against a naive model, by seed: random commands, selections, outcomes, readings,
 * dropped groups and crashes. After every commit the fixture verifies the whole store (I1, I4, I6
 * and the indexes); here the rest: I4 and I5 as the marketplace sees them, I8, I9, and I14 at the
 * end. A failure prints its seed: MODEL_SEED=n runs that one alone. */
#include "model.h"

#include <stdlib.h>

enum { STEPS = 400, FLIGHTS = 16, FLIGHT_ITEMS = 12, SNAPSHOTS = 64 };

/* What one place at a marketplace shows, and what was sent there. */
struct place {
    int64_t shown;
    bool open; /* a write left and nobody knows its end */
    int64_t open_value, open_ms;
    int64_t open_before;      /* what was shown when it left */
    uint64_t revision;        /* the highest sent */
    uint64_t wanted_revision; /* as last seen */
    bool acked;
    int64_t acked_value;
    uint64_t sends, reasons; /* I8: sends <= reasons */
};

struct flight {
    bool used;
    int account;
    uint8_t operation[OPERATION_ID_SIZE];
    struct {
        struct engine_item item;
        int place;
        bool landed_or_not; /* what it did is settled: the request is over for the marketplace */
    } items[FLIGHT_ITEMS];
    uint32_t count;
};

struct run {
    struct world w;
    struct random random;
    struct seller seller;
    struct seller snapshots[SNAPSHOTS]; /* before each commit that may be lost */
    unsigned snapshot_count;
    struct place places[PLACES];
    struct flight flights[FLIGHTS];
    uint64_t seed;
    bool confirms; /* the step under way may confirm what is shown */
    bool lmdb;
};

static int pick(struct run *r, int limit)
{
    return (int)random_below(&r->random, (uint64_t)limit);
}

/* ---- looking at targets */

static int listing_index(const char *id)
{
    for (int l = 0; l < LISTINGS; l++)
        if (strcmp(model_listings[l], id) == 0) return l;
    fail_msg("listing %s?", id);
    return 0;
}

static int place_of(int account, int remote, int listing)
{
    return (account * REMOTES + remote) * LISTINGS + listing;
}

static int item_place(const struct engine_item *item)
{
    int remote = strcmp(item->remote_id, "R1") == 0 ? 0 : 1;
    return place_of((int)item->target.account - 1, remote, listing_index(item->listing_id));
}

/* Store number -> index of the model. */
struct names {
    int listing[64], remote[16];
};

static int target_place(const struct names *names, const struct target_id *id)
{
    return place_of((int)id->account - 1, names->remote[id->remote], names->listing[id->listing]);
}

static struct names read_names(struct store_txn *txn)
{
    struct names names;
    memset(&names, -1, sizeof names);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_LISTING);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct listing_view view;
        char id[8] = "";
        assert_int_equal(listing_read(value, &view), ST_OK);
        memcpy(id, view.id.data, view.id.size);
        names.listing[bytes_get_u64((const uint8_t *)key.data + 4)] = listing_index(id);
    }
    store_cursor_close(cursor);
    cursor = store_cursor(txn, TABLE_REMOTE_WAREHOUSE);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct remote_view view;
        assert_int_equal(remote_read(value, &view), ST_OK);
        names.remote[bytes_get_u32((const uint8_t *)key.data + 4)] =
            bytes_equal(view.id, bytes_text("R1")) ? 0 : 1;
    }
    store_cursor_close(cursor);
    return names;
}

static void check_target(struct run *r, struct place *p, const struct target_record *t)
{
    bool acked = t->flags & TARGET_ACKED;
    bool open = t->flags & (TARGET_OPEN | TARGET_UNRESOLVED);
    if (!r->confirms && acked && (!p->acked || p->acked_value != t->acked_value))
        fail_msg("the acknowledged mark moved without a confirmation (I5)");
    if (!r->confirms && p->open && !open) fail_msg("an open write was forgotten (I4)");
    if (t->wanted_value == 0 && t->flags & TARGET_WANTED && t->zero_reason == ZERO_NONE)
        fail_msg("a zero without a reason (I9)");
    p->acked = acked;
    p->acked_value = t->acked_value;
    if (!open) p->open = false;
    if (t->wanted_revision != p->wanted_revision) p->reasons++;
    p->wanted_revision = t->wanted_revision;
}

static void check(struct run *r)
{
    struct store_txn *txn;
    bool seen[PLACES] = {false};
    assert_int_equal(store_begin(r->w.store, STORE_READ, &txn, NULL), ST_OK);
    struct names names = read_names(txn);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct target_id id = target_key_read(key.data);
        struct target_record record;
        assert_int_equal(target_record_read(value, &record, NULL), ST_OK);
        int place =
            place_of((int)id.account - 1, names.remote[id.remote], names.listing[id.listing]);
        /* One retired target may wait for its write beside the one that took its place. */
        if (seen[place] && !(record.hold & HOLD_NEVER)) seen[place] = false;
        if (seen[place]) continue;
        seen[place] = true;
        check_target(r, &r->places[place], &record);
    }
    for (int i = 0; i < PLACES; i++) {
        if (seen[i]) continue;
        if (r->places[i].open && !r->confirms) fail_msg("an open write was forgotten (I4)");
        r->places[i].open = r->places[i].acked = false;
        r->places[i].wanted_revision = 0;
    }
    store_cursor_close(cursor);
    store_abort(txn);
    for (int p = 0; p < PRODUCTS; p++)
        for (int w = 0; w < WAREHOUSES; w++)
            assert_int_equal(on_hand(&r->w, model_skus[p], (uint32_t)w + 1), r->seller.stock[p][w]);
}

static uint64_t digest(struct run *r)
{
    struct store_txn *txn;
    uint64_t h = 14695981039346656037u;
    assert_int_equal(store_begin(r->w.store, STORE_READ, &txn, NULL), ST_OK);
    for (int table = 0; table < TABLE_COUNT; table++) {
        struct bytes row[2];
        struct store_cursor *cursor = store_cursor(txn, (enum store_table)table);
        while (store_next(cursor, &row[0], &row[1]) == ST_OK)
            for (int part = 0; part < 2; part++)
                for (size_t i = 0; i < row[part].size; i++)
                    h = (h ^ ((const uint8_t *)row[part].data)[i]) * 1099511628211u;
        store_cursor_close(cursor);
    }
    store_abort(txn);
    return h;
}

/* ---- setting up */

static void set_rules(struct run *r)
{
    const struct engine_rules first = {.routes = {{.max_items = 10,
                                                   .settle_ms = MODEL_SETTLE_MS,
                                                   .stuck_after_ms = MODEL_STUCK_MS,
                                                   .max_quantity = MODEL_CAP,
                                                   .grouping = GROUPING_LISTING}},
                                       .route_count = 1,
                                       .attempts = 3};
    const struct engine_rules second = {.routes = {{.max_items = 10,
                                                    .settle_ms = MODEL_SETTLE_MS,
                                                    .stuck_after_ms = MODEL_STUCK_MS,
                                                    .cadence_ms = MODEL_CADENCE_MS}},
                                        .route_count = 1,
                                        .attempts = 3};
    engine_rules_set(r->w.engine, 1, &first);
    engine_rules_set(r->w.engine, 2, &second);
}

static void acknowledge(struct run *r)
{
    if (!r->lmdb) store_memory_acknowledge(r->w.store);
    r->snapshot_count = 0;
}

/* Before a commit: what the seller knows, to go back to. */
static void remember(struct run *r)
{
    if (r->snapshot_count == SNAPSHOTS) acknowledge(r);
    r->snapshots[r->snapshot_count++] = r->seller;
}

static void open_run(struct run *r, uint64_t seed, bool lmdb)
{
    memset(r, 0, sizeof *r);
    r->seed = seed;
    r->lmdb = lmdb;
    random_seed(&r->random, seed);
    if (lmdb)
        world_open_lmdb(&r->w);
    else
        world_open(&r->w);
    set_rules(r);
    for (int i = 0; i < WAREHOUSES; i++)
        do_warehouse(&r->w, model_warehouses[i]);
    for (int i = 0; i < ACCOUNTS; i++)
        do_account(&r->w, model_accounts[i]);
    for (int i = 0; i < PRODUCTS; i++)
        do_product(&r->w, model_skus[i]);
    world_ok(&r->w);
    seller_init(&r->seller);
    for (int i = 0; i < PLACES; i++)
        r->places[i].shown = pick(r, 3) ? 0 : pick(r, 30);
    acknowledge(r);
}

/* ---- commands, in groups that may be dropped first */

static void apply_ops(struct run *r, struct op *ops, int count, uint64_t *sequences, bool expect)
{
    struct store_txn *txn = world_begin(&r->w);
    for (int i = 0; i < count; i++) {
        struct command_result result;
        struct error error;
        const struct command command = {.kind = ops[i].kind,
                                        .actor = "model",
                                        .now_ms = r->w.now,
                                        .payload =
                                            bytes_of(ops[i].payload.data, ops[i].payload.size)};
        enum status status = engine_apply(r->w.engine, txn, &command, &result, &error);
        if (!expect) {
            sequences[i] = result.sequence;
            continue;
        }
        if (sequences[i] != UINT64_MAX) assert_int_equal(sequences[i], result.sequence);
        assert_string_equal(status_name(ops[i].effect(&r->seller, &ops[i])), status_name(status));
    }
    if (expect) {
        world_commit(&r->w, txn);
        return;
    }
    if (pick(r, 2)) {
        store_abort(txn);
        engine_group_drop(r->w.engine);
    } else {
        engine_group_drop(r->w.engine);
        store_abort(txn);
    }
}

/* A listing that is tied elsewhere, or loses its link, while a write is on its way: whatever the
 * write did, it did by now (it is read back, not waited for). */
static void land_some(struct run *r, bool all)
{
    for (int f = 0; f < FLIGHTS; f++)
        for (uint32_t i = 0; r->flights[f].used && i < r->flights[f].count; i++) {
            if (r->flights[f].items[i].landed_or_not || (!all && pick(r, 2))) continue;
            r->flights[f].items[i].landed_or_not = true;
            if (pick(r, 2))
                r->places[r->flights[f].items[i].place].shown = r->flights[f].items[i].item.wanted;
        }
}

static void step_commands(struct run *r)
{
    struct op ops[4];
    uint64_t sequences[4];
    int count = 1 + pick(r, 4);
    bool moves = false;
    for (int i = 0; i < count; i++) {
        ops[i] = op_random(&r->random, &r->seller, r->w.now);
        sequences[i] = UINT64_MAX;
        moves |= ops[i].kind == COMMAND_LISTING_MAP || ops[i].kind == COMMAND_ROWS ||
                 ops[i].kind == COMMAND_LINK_DELETE;
    }
    if (moves) land_some(r, true);
    if (pick(r, 4) == 0) {
        uint64_t before = digest(r);
        apply_ops(r, ops, count, sequences, false);
        assert_true(digest(r) == before); /* a dropped group leaves no trace */
    }
    remember(r);
    apply_ops(r, ops, count, sequences, true);
    for (int i = 0; i < count; i++)
        buf_free(&ops[i].payload);
}

static void step_sweep(struct run *r)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_sweep(&buf, (uint32_t)(1 + pick(r, 5)));
    remember(r);
    world_do(&r->w, COMMAND_SWEEP, &buf);
    world_ok(&r->w);
}

static void step_requeue(struct run *r)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    const struct requeue ask = {.account = (uint32_t)pick(r, 3), .limit = 1000};
    command_requeue(&buf, &ask);
    remember(r);
    world_do(&r->w, COMMAND_REQUEUE, &buf);
    world_ok(&r->w);
    for (int i = 0; i < PLACES; i++)
        r->places[i].reasons++;
}

/* ---- selecting */

static void check_item(struct run *r, const struct engine_item *item)
{
    int place = item_place(item);
    struct place *p = &r->places[place];
    int account = (int)item->target.account - 1;
    int remote = place / LISTINGS % REMOTES, listing = place % LISTINGS;
    int64_t figure;
    if (!seller_wants(&r->seller, account, remote, listing, &figure))
        fail_msg("a figure was sent that is not known or not to be written (I9)");
    assert_int_equal(item->wanted, figure); /* the stock as it is now (I7) */
    if (item->revision < p->revision) fail_msg("an older revision was sent (I5)");
    if (p->open) {
        if (r->w.now - p->open_ms < MODEL_STUCK_MS) fail_msg("two open writes (I4)");
        if (item->wanted && item->wanted >= p->open_value && item->wanted >= p->open_before)
            fail_msg("an increase passed an abandoned write (I4): place %d, %d past %d", place,
                     (int)item->wanted, (int)p->open_value);
    }
    p->revision = item->revision;
    if (!p->open || p->open_before < p->shown) p->open_before = p->shown;
    p->open = true;
    p->open_value = item->wanted;
    p->open_ms = r->w.now;
    if (++p->sends > p->reasons)
        fail_msg("place %d: %d sends for %d reasons (I8)", place, (int)p->sends, (int)p->reasons);
}

static void step_select(struct run *r)
{
    struct flight *flight = r->flights;
    while (flight < r->flights + FLIGHTS && flight->used)
        flight++;
    if (flight == r->flights + FLIGHTS) return;
    int account = pick(r, ACCOUNTS);
    remember(r);
    do_select(&r->w, (uint32_t)account + 1, (uint32_t)(1 + pick(r, FLIGHT_ITEMS)));
    acknowledge(r); /* nothing leaves before it is durable */
    if (r->w.batch.count == 0) return;
    *flight = (struct flight){.used = true, .account = account, .count = r->w.batch.count};
    memcpy(flight->operation, r->w.operation, sizeof flight->operation);
    for (uint32_t i = 0; i < flight->count; i++) {
        check_item(r, &r->w.batch.items[i]);
        flight->items[i].item = r->w.batch.items[i];
        flight->items[i].place = item_place(&r->w.batch.items[i]);
    }
}

/* ---- outcomes */

static enum outcome_kind random_kind(struct run *r)
{
    static const enum outcome_kind kinds[] = {
        OUTCOME_OK,       OUTCOME_OK,         OUTCOME_OK,      OUTCOME_OK,
        OUTCOME_ACCEPTED, OUTCOME_RETRY,      OUTCOME_CHANGED, OUTCOME_THROTTLED,
        OUTCOME_REJECTED, OUTCOME_UNRESOLVED, OUTCOME_SPLIT,   OUTCOME_UNSENT};
    return kinds[pick(r, sizeof kinds / sizeof *kinds)];
}

/* Lets the write do at the marketplace what fits the outcome; one that did something already is
 * answered by what it did. */
static struct outcome make_outcome(struct run *r, struct flight *flight, uint32_t i,
                                   enum outcome_kind kind)
{
    const struct engine_item *item = &flight->items[i].item;
    struct place *p = &r->places[flight->items[i].place];
    if (flight->items[i].landed_or_not) kind = OUTCOME_UNRESOLVED;
    struct outcome o = {.target = item->target,
                        .revision = item->revision,
                        .value = item->wanted,
                        .kind = kind,
                        .observed = FIGURE_UNKNOWN};
    if (kind == OUTCOME_OK) p->shown = item->wanted;
    if (!flight->items[i].landed_or_not &&
        (kind == OUTCOME_UNRESOLVED || kind == OUTCOME_ACCEPTED) && pick(r, 2))
        p->shown = item->wanted;
    if (kind == OUTCOME_CHANGED) {
        if (pick(r, 2)) p->shown = pick(r, 30);
        o.observed = p->shown;
    }
    if (kind == OUTCOME_SPLIT) o.observed = 1 + pick(r, 5);
    if (kind == OUTCOME_THROTTLED || kind == OUTCOME_ACCEPTED)
        o.until_ms = r->w.now + pick(r, 20000);
    if (kind != OUTCOME_OK) p->reasons++;
    return o;
}

static void end_flight(struct run *r, struct flight *flight, bool all_ok)
{
    rows_start(&r->w, (uint32_t)flight->account + 1);
    for (uint32_t i = 0; i < flight->count; i++) {
        struct outcome o = make_outcome(r, flight, i, all_ok ? OUTCOME_OK : random_kind(r));
        rows_outcome(&r->w.rows, &o);
        if (o.kind != OUTCOME_UNRESOLVED && o.kind != OUTCOME_ACCEPTED)
            r->places[flight->items[i].place].open = false;
    }
    rows_flight_ended(&r->w.rows, flight->operation);
    remember(r);
    r->confirms = true;
    rows_end(&r->w);
    world_ok(&r->w);
    acknowledge(r); /* what happened there cannot be taken back here; crashes are step_crash's */
    flight->used = false;
}

static void step_outcomes(struct run *r)
{
    struct flight *flight = &r->flights[pick(r, FLIGHTS)];
    if (flight->used) end_flight(r, flight, false);
}

/* ---- reading */

static void row_shown(struct run *r, int account, int remote, int listing)
{
    int64_t shown = r->places[place_of(account, remote, listing)].shown;
    bool absent = shown == 0 && pick(r, 2);
    row_stock(&r->w, model_remotes[remote], model_listings[listing],
              absent ? FIGURE_UNKNOWN : shown);
}

static void step_read(struct run *r)
{
    int account = pick(r, ACCOUNTS);
    rows_start(&r->w, (uint32_t)account + 1);
    for (int l = 0; l < LISTINGS; l++)
        if (pick(r, 2)) row_shown(r, account, pick(r, REMOTES), l);
    remember(r);
    r->confirms = true;
    rows_end(&r->w);
    world_ok(&r->w);
    acknowledge(r);
}

static void looks(struct run *r, int account, bool in_vain)
{
    remember(r);
    struct store_txn *txn = world_begin(&r->w);
    assert_int_equal(engine_select_looks(r->w.engine, txn, (uint32_t)account + 1, false, 100,
                                         r->w.now, 1000, &r->w.batch, &r->w.error),
                     ST_OK);
    world_commit(&r->w, txn);
    acknowledge(r);
    if (r->w.batch.count == 0) return;
    rows_start(&r->w, (uint32_t)account + 1);
    for (uint32_t i = 0; i < r->w.batch.count; i++) {
        const struct engine_item *item = &r->w.batch.items[i];
        int place = item_place(item);
        const struct outcome look = {.target = item->target,
                                     .revision = item->revision,
                                     .kind = OUTCOME_LOOK,
                                     .observed = FIGURE_UNKNOWN};
        if (in_vain && pick(r, 2))
            rows_outcome(&r->w.rows, &look);
        else
            row_shown(r, account, place / LISTINGS % REMOTES, place % LISTINGS);
        r->places[place].reasons++;
    }
    r->confirms = true;
    remember(r);
    rows_end(&r->w);
    world_ok(&r->w);
    acknowledge(r);
}

/* ---- crashes */

static void restart(struct run *r)
{
    land_some(r, true);
    for (int i = 0; i < FLIGHTS; i++)
        r->flights[i].used = false;
    world_restart(&r->w);
    set_rules(r);
    for (uint32_t account = 1; account <= ACCOUNTS; account++) {
        do {
            struct buf buf;
            buf_init(&buf, COMMAND_PAYLOAD_MAX);
            command_recover(&buf, account, 1);
            world_do(&r->w, COMMAND_RECOVER, &buf);
            world_ok(&r->w);
        } while (r->w.result.more);
    }
    assert_int_equal(rows_in(&r->w, TABLE_FLIGHT), 0);
    for (int i = 0; i < PLACES; i++)
        r->places[i].reasons++;
    acknowledge(r);
}

static void step_crash(struct run *r)
{
    if (!r->lmdb) {
        uint64_t commits = store_memory_unacknowledged(r->w.store);
        assert_int_equal(commits, r->snapshot_count);
        uint64_t lost = random_below(&r->random, commits + 1);
        store_memory_crash(r->w.store, lost);
        r->confirms = true; /* a lost commit may have forgotten what is known again now */
        if (lost) r->seller = r->snapshots[r->snapshot_count - lost];
    }
    for (int i = 0; i < PLACES;
         i++) /* what was acknowledged by a lost commit may be unknown again */
        r->places[i].reasons++;
    restart(r);
}

/* ---- the end: everything becomes as wanted (I14) */

static void find_rejected(struct run *r, bool rejected[PLACES])
{
    struct store_txn *txn;
    memset(rejected, 0, PLACES * sizeof *rejected);
    assert_int_equal(store_begin(r->w.store, STORE_READ, &txn, NULL), ST_OK);
    struct names names = read_names(txn);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct target_id id = target_key_read(key.data);
        struct target_record record;
        assert_int_equal(target_record_read(value, &record, NULL), ST_OK);
        rejected[target_place(&names, &id)] |= (record.flags & TARGET_REJECTED) != 0;
    }
    store_cursor_close(cursor);
    store_abort(txn);
}

static void converge(struct run *r)
{
    for (int round = 0; round < 60; round++) {
        for (int i = 0; i < FLIGHTS; i++)
            if (r->flights[i].used) end_flight(r, &r->flights[i], true);
        do_sweeps(&r->w, 0);
        for (int account = 0; account < ACCOUNTS; account++) {
            looks(r, account, false);
            r->confirms = true;
            check(r);
        }
        for (int i = 0; i < FLIGHTS; i++)
            step_select(r);
        r->w.now += 20 * 60 * 1000;
    }
    assert_int_equal(rows_in(&r->w, TABLE_OUTBOX), 0);
    assert_int_equal(rows_in(&r->w, TABLE_UNRESOLVED), 0);
    bool rejected[PLACES];
    find_rejected(r, rejected);
    for (int i = 0; i < PLACES; i++) {
        int64_t figure;
        int account = i / LISTINGS / REMOTES, remote = i / LISTINGS % REMOTES;
        if (!seller_wants(&r->seller, account, remote, i % LISTINGS, &figure)) continue;
        if (r->places[i].shown != figure && !rejected[i])
            fail_msg("place %d shows %d, wanted is %d (I14)", i, (int)r->places[i].shown,
                     (int)figure);
    }
}

static void step(struct run *r)
{
    r->confirms = false;
    switch (pick(r, 24)) {
    case 0: step_requeue(r); break;
    case 1:
        if (pick(r, 3) == 0) step_crash(r);
        break;
    case 2:
    case 3: step_sweep(r); break;
    case 4: step_read(r); break;
    case 5:
    case 6: looks(r, pick(r, ACCOUNTS), true); break;
    case 7:
    case 8:
    case 9: r->w.now += pick(r, 5) ? pick(r, 20000) : pick(r, MODEL_STUCK_MS * 2); break;
    case 10:
    case 11:
    case 12:
    case 13:
    case 14: step_select(r); break;
    case 15:
    case 16:
    case 17:
    case 18: step_outcomes(r); break;
    default: step_commands(r); break;
    }
    check(r);
}

static void run_seed(uint64_t seed, bool lmdb)
{
    static struct run r;
    open_run(&r, seed, lmdb);
    for (int i = 0; i < STEPS; i++)
        step(&r);
    converge(&r);
    world_close(&r.w);
}

static void run_seeds(uint64_t first, uint64_t count, bool lmdb)
{
    const char *only = getenv("MODEL_SEED");
    const char *times = getenv("MODEL_RUNS"); /* more of them, for a long night */
    if (times) count = strtoull(times, NULL, 10);
    for (uint64_t seed = first; seed < first + count; seed++) {
        uint64_t now = only ? strtoull(only, NULL, 10) : seed;
        if (only || times)
            print_message("seed %llu\n", (unsigned long long)now);
        else
            print_message("%s", "");
        run_seed(now, lmdb);
        if (only) return;
    }
}

static void in_memory_1(void **state)
{
    (void)state;
    run_seeds(1, 25, false);
}

static void in_memory_2(void **state)
{
    (void)state;
    run_seeds(1001, 25, false);
}

static void on_lmdb(void **state)
{
    (void)state;
    run_seeds(2001, 3, true);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(in_memory_1),
    cmocka_unit_test(in_memory_2),
    cmocka_unit_test(on_lmdb),
};

TEST_MAIN(cases)
