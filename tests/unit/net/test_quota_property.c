/* Quotas under random load, held against brute force: what a marketplace would have counted, in
 * true time, at arrivals somewhere between grant and finish. Seeds replay: STOCKD_SEED=n. */
#include "test_main.h"

#include "base/random.h"
#include "net/quota.h"
#include "net/quota_clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
enum { SEEDS = 10 }; /* each takes some ten times as long there */
#else
enum { SEEDS = 60 };
#endif
enum { BUCKETS = 4, JOBS = 40, ARRIVALS_MAX = 60000, ROUNDS = 4000 };

struct arrival {
    int64_t ms, amount;
    int64_t counts; /* more, where it was refused */
};

struct job {
    struct quota_claim claim; /* first */
    struct world *world;
    bool live;    /* waiting or taken */
    bool refused; /* as it will be answered */
    int64_t granted, finish;
    uint64_t came; /* order of arrival among the waiting */
};

struct world {
    struct random random;
    int64_t true_ms, wall_offset;
    bool stepping, restarting;
    struct clock_source source;
    struct quota_clock clock;
    struct quota_book *book;
    struct quota_spec specs[BUCKETS];
    struct quota_bucket *buckets[BUCKETS];
    struct buf stored[BUCKETS];
    struct job jobs[JOBS];
    uint64_t came;
    struct arrival *arrivals[BUCKETS];
    size_t arrival_count[BUCKETS];
    int64_t grants;
};

static int64_t world_wall(void *ctx)
{
    struct world *world = ctx;
    return world->true_ms + world->wall_offset;
}

static int64_t world_mono(void *ctx)
{
    return ((struct world *)ctx)->true_ms * 1000;
}

static int64_t pick(struct world *world, int64_t least, int64_t most)
{
    return least + (int64_t)random_below(&world->random, (uint64_t)(most - least + 1));
}

static int64_t now_of(struct world *world)
{
    return quota_clock_now(&world->clock);
}

/* What is charged is durable before it leaves. */
static void store_all(struct world *world)
{
    for (int i = 0; i < BUCKETS; i++) {
        buf_reset(&world->stored[i]);
        assert_true(quota_encode(world->buckets[i], now_of(world), &world->stored[i]));
    }
}

static void start(struct job *job)
{
    struct world *world = job->world;
    job->granted = world->true_ms;
    job->refused = pick(world, 0, 3) == 0;
    int64_t longest = pick(world, 0, 20) ? 400 : 8000;
    job->finish = world->true_ms + pick(world, 0, longest);
    world->grants++;
    store_all(world);
}

static void on_granted(struct quota_claim *claim, int64_t now_ms)
{
    (void)now_ms;
    struct job *job = (struct job *)claim;
    assert_true(claim->taken);
    /* Order: nobody ahead of it waits for the same single bucket. */
    for (int i = 0; i < JOBS; i++) {
        struct job *other = &job->world->jobs[i];
        if (!other->claim.waiting || other->claim.charge_count != 1) continue;
        for (uint32_t c = 0; c < claim->charge_count; c++) {
            if (claim->charges[c].bucket != other->claim.charges[0].bucket) continue;
            assert_false(other->claim.class < claim->class);
            assert_false(other->claim.class == claim->class && other->came < job->came);
        }
    }
    start(job);
}

static void record(struct world *world, struct job *job, int64_t latest)
{
    for (uint32_t c = 0; c < job->claim.charge_count; c++) {
        int bucket = 0;
        while (world->buckets[bucket] != job->claim.charges[c].bucket)
            bucket++;
        size_t n = world->arrival_count[bucket]++;
        assert_true(n < ARRIVALS_MAX);
        const struct quota_charge *charge = &job->claim.charges[c];
        int64_t counts = charge->amount, refused = world->specs[bucket].refused;
        if (job->refused && counts && refused > counts) counts = refused;
        world->arrivals[bucket][n] =
            (struct arrival){pick(world, job->granted, latest), charge->amount, counts};
    }
}

static void finish(struct world *world, struct job *job)
{
    if (pick(world, 0, 30) == 0) { /* it cost less than charged */
        struct quota_charge *charge = &job->claim.charges[0];
        quota_settle(&job->claim, charge->bucket, charge->amount / 2, now_of(world));
    }
    record(world, job, world->true_ms);
    if (job->refused) quota_refused(&job->claim, now_of(world));
    quota_finish(world->book, &job->claim, now_of(world));
    job->live = false;
}

static void ask(struct world *world, struct job *job)
{
    *job = (struct job){.world = world, .live = true, .came = world->came++};
    job->claim.granted = on_granted;
    job->claim.class = (enum quota_class)pick(world, 0, QUOTA_CLASSES - 1);
    int first = (int)pick(world, 0, BUCKETS - 1);
    int count = (int)pick(world, 1, 3);
    for (int i = 0; i < count; i++) {
        struct quota_bucket *bucket = world->buckets[(first + i) % BUCKETS];
        int64_t most = world->specs[(first + i) % BUCKETS].amount / 4;
        int64_t amount = pick(world, 1, most > 0 ? most : 1);
        job->claim.charges[job->claim.charge_count++] = (struct quota_charge){bucket, amount, 0};
    }
    if (quota_claim(world->book, &job->claim, now_of(world))) start(job);
}

static void open_book(struct world *world)
{
    world->book = quota_book_new();
    quota_clock_init(&world->clock, &world->source, world->book);
    for (int i = 0; i < BUCKETS; i++) {
        char key[16];
        snprintf(key, sizeof key, "b%d", i);
        world->buckets[i] = quota_bucket(world->book, key, key, &world->specs[i]);
    }
}

static void restart(struct world *world)
{
    for (int i = 0; i < JOBS; i++) { /* what was under way may have landed until now */
        struct job *job = &world->jobs[i];
        if (job->live && job->claim.taken) record(world, job, world->true_ms);
        job->live = false;
        memset(&job->claim, 0, sizeof job->claim);
    }
    quota_book_free(world->book);
    open_book(world);
    if (pick(world, 0, 3) == 0) world->wall_offset -= pick(world, 0, 100000);
    for (int i = 0; i < BUCKETS; i++) {
        struct bytes bytes = bytes_of(world->stored[i].data, world->stored[i].size);
        assert_true(quota_decode(world->buckets[i], bytes, now_of(world)));
    }
}

static void step_clock(struct world *world)
{
    int64_t by = pick(world, -100000, 100000);
    world->wall_offset += pick(world, 0, 1) ? by : by * 1000;
    store_all(world); /* stored times are in the old clock's terms */
}

static void make_specs(struct world *world)
{
    static const int64_t spans[] = {300, 1000, 6000, 60000};
    for (int i = 0; i < BUCKETS; i++) {
        struct quota_spec *spec = &world->specs[i];
        spec->kind = (enum quota_kind)pick(world, 1, 3);
        if (i == 0) spec->kind = QUOTA_WINDOW;
        spec->per_ms = spans[pick(world, 0, 3)];
        spec->amount = pick(world, 0, 5) ? pick(world, 1, 100) : pick(world, 1000, 250000);
        spec->burst = pick(world, 0, 1) ? 0 : pick(world, (spec->amount + 3) / 4, spec->amount);
        if (spec->kind == QUOTA_TOKENS && pick(world, 0, 1)) spec->refused = spec->amount / 3;
    }
}

static int by_time(const void *a, const void *b)
{
    int64_t x = ((const struct arrival *)a)->ms, y = ((const struct arrival *)b)->ms;
    return (x > y) - (x < y);
}

static void check_window(const struct quota_spec *spec, const struct arrival *arrivals,
                         size_t count)
{
    int64_t sum = 0;
    for (size_t first = 0, i = 0; i < count; i++) { /* every window that ends with an arrival */
        sum += arrivals[i].amount;
        while (arrivals[first].ms <= arrivals[i].ms - spec->per_ms)
            sum -= arrivals[first++].amount;
        if (sum > spec->amount)
            fail_msg("%lld in a window of %lld", (long long)sum, (long long)spec->amount);
    }
}

static void check_tokens(const struct quota_spec *spec, const struct arrival *arrivals,
                         size_t count)
{
    int64_t full = (spec->burst ? spec->burst : spec->amount) * spec->per_ms, level = full;
    for (size_t i = 0; i < count; i++) {
        if (i) level += (arrivals[i].ms - arrivals[i - 1].ms) * spec->amount;
        if (level > full) level = full;
        int64_t left = level - arrivals[i].amount * spec->per_ms;
        if (left < 0)
            fail_msg("tokens short by %lld / %lld", (long long)-left, (long long)spec->per_ms);
        level -= arrivals[i].counts * spec->per_ms;
    }
}

static void check_all(struct world *world)
{
    for (int i = 0; i < BUCKETS; i++) {
        struct arrival *arrivals = world->arrivals[i];
        size_t count = world->arrival_count[i];
        qsort(arrivals, count, sizeof *arrivals, by_time);
        if (world->specs[i].kind == QUOTA_WINDOW) check_window(&world->specs[i], arrivals, count);
        if (world->specs[i].kind == QUOTA_TOKENS) check_tokens(&world->specs[i], arrivals, count);
    }
}

static void check_in_flight(struct world *world)
{
    for (int i = 0; i < BUCKETS; i++) {
        int64_t held = 0;
        for (int j = 0; j < JOBS; j++)
            for (uint32_t c = 0;
                 world->jobs[j].claim.taken && c < world->jobs[j].claim.charge_count; c++)
                if (world->jobs[j].claim.charges[c].bucket == world->buckets[i])
                    held += world->jobs[j].claim.charges[c].amount;
        assert_true(held <= world->specs[i].amount || world->specs[i].kind == QUOTA_TOKENS);
    }
}

/* One moment: finishes, perhaps a new claim, perhaps trouble; then on to when something happens. */
static void one_round(struct world *world, bool asking)
{
    for (int i = 0; i < JOBS; i++) {
        struct job *job = &world->jobs[i];
        if (job->live && job->claim.taken && job->finish <= world->true_ms) finish(world, job);
    }
    for (int i = 0; asking && i < 3; i++) {
        struct job *job = &world->jobs[pick(world, 0, JOBS - 1)];
        if (!job->live)
            ask(world, job);
        else if (job->claim.waiting && pick(world, 0, 40) == 0) {
            quota_cancel(world->book, &job->claim, now_of(world));
            job->live = false;
        }
    }
    if (asking && world->stepping && pick(world, 0, 50) == 0) step_clock(world);
    if (asking && world->restarting && pick(world, 0, 200) == 0) restart(world);
    int64_t next = quota_turn(world->book, now_of(world));
    check_in_flight(world);
    int64_t on = asking ? pick(world, 0, 60) : 5000;
    if (asking && pick(world, 0, 100) == 0) on = pick(world, 0, 20000);
    if (next >= 0 && next < on) on = next;
    for (int i = 0; i < JOBS; i++) {
        struct job *job = &world->jobs[i];
        if (!job->live || !job->claim.taken) continue;
        int64_t left = job->finish - world->true_ms;
        if (left < on) on = left;
    }
    world->true_ms += on > 0 ? on : 0;
}

static bool anyone_waits(const struct world *world)
{
    for (int i = 0; i < JOBS; i++)
        if (world->jobs[i].live) return true;
    return false;
}

static void run(uint64_t seed, bool stepping, bool restarting)
{
    static struct world world;
    memset(&world, 0, sizeof world);
    random_seed(&world.random, seed);
    world.true_ms = 1700000000000;
    world.stepping = stepping;
    world.restarting = restarting;
    world.source = (struct clock_source){world_wall, world_mono, &world};
    make_specs(&world);
    for (int i = 0; i < BUCKETS; i++) {
        buf_init(&world.stored[i], QUOTA_STORED_MAX);
        world.arrivals[i] = malloc(ARRIVALS_MAX * sizeof(struct arrival));
    }
    open_book(&world);
    store_all(&world);
    for (int i = 0; i < ROUNDS; i++)
        one_round(&world, true);
    /* Nobody starves: with no new claims, all are granted within a few windows each. */
    int64_t began = world.true_ms;
    while (anyone_waits(&world)) {
        one_round(&world, false);
        assert_true(world.true_ms - began < JOBS * 70000);
    }
    check_all(&world);
    assert_true(world.grants > 50);
    quota_book_free(world.book);
    for (int i = 0; i < BUCKETS; i++) {
        buf_free(&world.stored[i]);
        free(world.arrivals[i]);
    }
}

static void run_seeds(bool stepping, bool restarting)
{
    const char *only = getenv("STOCKD_SEED");
    uint64_t first = only ? strtoull(only, NULL, 10) : 1, last = only ? first : SEEDS;
    for (uint64_t seed = first; seed <= last; seed++) {
        printf("seed %llu\n", (unsigned long long)seed);
        run(seed, stepping, restarting);
    }
}

static void every_window_holds(void **state)
{
    (void)state;
    run_seeds(false, false);
}

static void every_window_holds_across_restarts(void **state)
{
    (void)state;
    run_seeds(false, true);
}

static void every_window_holds_while_the_clock_steps(void **state)
{
    (void)state;
    run_seeds(true, false);
}

static void every_window_holds_across_restarts_and_steps(void **state)
{
    (void)state;
    run_seeds(true, true);
}

/* The raw wall clock, stepping back only, with nobody telling the book. */
static void unannounced_steps_back_grant_nothing_more(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct random random;
        random_seed(&random, seed);
        struct quota_spec spec = {QUOTA_WINDOW, 1 + (int64_t)random_below(&random, 50), 6000, 0, 0};
        struct quota_book *book = quota_book_new();
        struct quota_bucket *bucket = quota_bucket(book, "w", "w", &spec);
        int64_t true_ms = 1000000, wall = 1700000000000, last_grant = true_ms;
        struct arrival arrivals[4000];
        size_t count = 0;
        for (int i = 0; i < 4000; i++) {
            int64_t on = (int64_t)random_below(&random, 300);
            true_ms += on;
            wall += on;
            if (random_below(&random, 400) == 0) wall -= (int64_t)random_below(&random, 5000000);
            if (random_below(&random, 50) == 0) wall -= (int64_t)random_below(&random, 900);
            struct quota_claim claim = {.charges = {{bucket, 1, 0}}, .charge_count = 1};
            if (!quota_claim(book, &claim, wall)) {
                quota_cancel(book, &claim, wall);
                continue;
            }
            quota_finish(book, &claim, wall);
            arrivals[count++] = (struct arrival){true_ms, 1, 1};
            last_grant = true_ms;
        }
        check_window(&spec, arrivals, count);
        assert_true(count > 40 && true_ms - last_grant < 20000);
        quota_book_free(book);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(every_window_holds),
    cmocka_unit_test(every_window_holds_across_restarts),
    cmocka_unit_test(every_window_holds_while_the_clock_steps),
    cmocka_unit_test(every_window_holds_across_restarts_and_steps),
    cmocka_unit_test(unannounced_steps_back_grant_nothing_more),
};

TEST_MAIN(cases)
