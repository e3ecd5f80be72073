/* The engine against a naive model, by seed: random commands, selections, outcomes, readings,
 * dropped groups and crashes. After every commit the fixture verifies the whole store (I1, I4, I6
 * and the indexes); here the rest: I4 and I5 as the marketplace sees them, I8, I9, and I14 at the
 * end. A failure prints its seed: MODEL_SEED=n runs that one alone. */
#include "model_run.h"

#include <stdlib.h>

int run_pick(struct run *r, int limit)
{
    return (int)random_below(&r->random, (uint64_t)limit);
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

void run_acknowledge(struct run *r)
{
    if (!r->lmdb) store_memory_acknowledge(r->w.store);
    r->snapshot_count = 0;
}

void run_remember(struct run *r)
{
    if (r->snapshot_count == SNAPSHOTS) run_acknowledge(r);
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
        r->places[i].shown = run_pick(r, 3) ? 0 : run_pick(r, 30);
    run_acknowledge(r);
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
    if (run_pick(r, 2)) {
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
            if (r->flights[f].items[i].landed_or_not || (!all && run_pick(r, 2))) continue;
            r->flights[f].items[i].landed_or_not = true;
            if (run_pick(r, 2))
                r->places[r->flights[f].items[i].place].shown = r->flights[f].items[i].item.wanted;
        }
}

static void step_commands(struct run *r)
{
    struct op ops[4];
    uint64_t sequences[4];
    int count = 1 + run_pick(r, 4);
    bool moves = false;
    for (int i = 0; i < count; i++) {
        ops[i] = op_random(&r->random, &r->seller, r->w.now);
        sequences[i] = UINT64_MAX;
        moves |= ops[i].kind == COMMAND_LISTING_MAP || ops[i].kind == COMMAND_ROWS ||
                 ops[i].kind == COMMAND_LINK_DELETE;
        r->ended |= ops[i].kind == COMMAND_ROWS && ops[i].c == LISTING_ENDED;
    }
    if (moves) land_some(r, true);
    if (run_pick(r, 4) == 0) {
        uint64_t before = run_digest(r);
        apply_ops(r, ops, count, sequences, false);
        assert_true(run_digest(r) == before); /* a dropped group leaves no trace */
    }
    run_remember(r);
    apply_ops(r, ops, count, sequences, true);
    for (int i = 0; i < count; i++)
        buf_free(&ops[i].payload);
}

static void step_sweep(struct run *r)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    command_sweep(&buf, (uint32_t)(1 + run_pick(r, 5)));
    run_remember(r);
    world_do(&r->w, COMMAND_SWEEP, &buf);
    world_ok(&r->w);
}

static void step_requeue(struct run *r)
{
    struct buf buf;
    buf_init(&buf, COMMAND_PAYLOAD_MAX);
    const struct requeue ask = {.account = (uint32_t)run_pick(r, 3), .limit = 1000};
    command_requeue(&buf, &ask);
    run_remember(r);
    world_do(&r->w, COMMAND_REQUEUE, &buf);
    world_ok(&r->w);
    for (int i = 0; i < PLACES; i++)
        r->places[i].reasons++;
}

/* ---- selecting */

static void check_item(struct run *r, const struct engine_item *item)
{
    int place = place_of_item(item);
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
    int account = run_pick(r, ACCOUNTS);
    run_remember(r);
    do_select(&r->w, (uint32_t)account + 1, (uint32_t)(1 + run_pick(r, FLIGHT_ITEMS)));
    run_acknowledge(r); /* nothing leaves before it is durable */
    if (r->w.batch.count == 0) return;
    *flight = (struct flight){.used = true, .account = account, .count = r->w.batch.count};
    memcpy(flight->operation, r->w.operation, sizeof flight->operation);
    for (uint32_t i = 0; i < flight->count; i++) {
        check_item(r, &r->w.batch.items[i]);
        flight->items[i].item = r->w.batch.items[i];
        flight->items[i].place = place_of_item(&r->w.batch.items[i]);
    }
}

/* ---- outcomes */

static void step_outcomes(struct run *r)
{
    struct flight *flight = &r->flights[run_pick(r, FLIGHTS)];
    if (flight->used) market_answer(r, flight, false);
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
    run_acknowledge(r);
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

static void converge(struct run *r)
{
    for (int round = 0; round < 60; round++) {
        for (int i = 0; i < FLIGHTS; i++)
            if (r->flights[i].used) market_answer(r, &r->flights[i], true);
        do_sweeps(&r->w, 0);
        for (int account = 0; account < ACCOUNTS; account++) {
            market_looks(r, account, false);
            r->confirms = true;
            run_check(r);
        }
        for (int i = 0; i < FLIGHTS; i++)
            step_select(r);
        r->w.now += 20 * 60 * 1000;
    }
    assert_int_equal(rows_in(&r->w, TABLE_OUTBOX), 0);
    assert_int_equal(rows_in(&r->w, TABLE_UNRESOLVED), 0);
    bool rejected[PLACES];
    run_rejected(r, rejected);
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
    r->confirms = r->ended = false;
    switch (run_pick(r, 24)) {
    case 0: step_requeue(r); break;
    case 1:
        if (run_pick(r, 3) == 0) step_crash(r);
        break;
    case 2:
    case 3: step_sweep(r); break;
    case 4: market_read(r); break;
    case 5:
    case 6: market_looks(r, run_pick(r, ACCOUNTS), true); break;
    case 7:
    case 8:
    case 9:
        r->w.now += run_pick(r, 5) ? run_pick(r, 20000) : run_pick(r, MODEL_STUCK_MS * 2);
        break;
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
    run_check(r);
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

#ifdef __SANITIZE_ADDRESS__
enum { SLOWER = 10 }; /* each seed takes some fifteen times as long there */
#endif

static void run_seeds(uint64_t first, uint64_t count, bool lmdb)
{
    const char *only = getenv("MODEL_SEED");
    const char *times = getenv("MODEL_RUNS"); /* more of them, for a long night */
#ifdef __SANITIZE_ADDRESS__
    count = (count + SLOWER - 1) / SLOWER;
#endif
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
