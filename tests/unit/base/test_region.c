/* Memory of one piece of work: taken back all at once, and never while a block of it lives. */
#include "base/region.h"

#include "test_main.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 }; /* each block is the allocator's own then */
#else
enum { SANITIZED = 0 };
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
enum { OTHER_ALLOCATOR = 1 };
#else
enum { OTHER_ALLOCATOR = 0 };
#endif

enum { MANY = 4000, LARGE = 8 << 20, BEYOND = 64 << 20, STEP = 100 << 10, WORKERS = 20 };

static void the_same_place_serves_the_next_work(void **state)
{
    static char *blocks[MANY];
    (void)state;
    region_enter();
    for (int i = 0; i < MANY; i++) {
        blocks[i] = region_alloc((size_t)i % 200);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], i, (size_t)i % 200);
    }
    for (int i = 0; i < MANY; i++)
        for (int k = 0; k < i % 200; k++)
            assert_int_equal((uint8_t)blocks[i][k], (uint8_t)i);
    for (int i = 0; i < MANY; i++)
        region_free(blocks[i]);
    region_leave();
    region_enter();
    char *again = region_alloc(1);
    if (!SANITIZED) assert_ptr_equal(again, blocks[0]);
    region_free(again);
    region_leave();
}

static void what_outlives_its_work_stays_whole(void **state)
{
    (void)state;
    region_enter();
    char *dropped = region_alloc(100), *kept = strcpy(region_alloc(100), "kept");
    region_free(dropped);
    region_leave();
    for (int i = 0; i < 3; i++) {
        region_enter();
        char *other = region_alloc(100);
        if (!SANITIZED) assert_ptr_not_equal(other, dropped);
        memset(other, 'x', 100);
        region_free(other);
        region_leave();
        assert_string_equal(kept, "kept");
    }
    region_free(kept); /* outside of any work */
    region_enter();
    char *first = region_alloc(100);
    if (!SANITIZED) assert_ptr_equal(first, dropped);
    region_free(first);
    region_leave();
}

static void outside_of_work_it_is_the_ordinary_allocator(void **state)
{
    (void)state;
    region_free(NULL);
    char *before = region_alloc(10);
    region_enter();
    region_free(NULL);
    region_free(before);
    char *inside = region_alloc(10), *beyond = region_alloc(BEYOND);
    memset(beyond, 1, BEYOND);
    region_leave();
    region_free(beyond);
    region_free(inside);
}

static long anonymous_kib(void)
{
    char line[200];
    long kib = -1;
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Anonymous: %ld kB", &kib) == 1) break;
    if (file) fclose(file);
    return kib;
}

static void what_much_work_took_goes_back(void **state)
{
    (void)state;
    if (OTHER_ALLOCATOR || anonymous_kib() < 0) skip();
    region_enter();
    char *large = region_alloc(LARGE);
    memset(large, 1, LARGE);
    const long taken = anonymous_kib();
    region_free(large);
    region_leave();
    assert_true(taken - anonymous_kib() > LARGE / 1024 / 2);
}

/* ---- more workers than regions, and blocks that another thread frees */

static pthread_barrier_t all_inside, all_made;
static char *made[WORKERS];

static void *work(void *arg)
{
    const int self = *(const int *)arg;
    region_enter();
    pthread_barrier_wait(&all_inside);
    made[self] = memset(region_alloc(500), self, 500);
    pthread_barrier_wait(&all_made);
    char *others = made[(self + 1) % WORKERS];
    for (int k = 0; k < 500; k++)
        if (others[k] != (self + 1) % WORKERS) return arg;
    region_free(others);
    region_leave();
    return NULL;
}

static void threads_do_not_meet(void **state)
{
    pthread_t threads[WORKERS];
    int numbers[WORKERS];
    (void)state;
    for (int round = 0; round < 3; round++) {
        pthread_barrier_init(&all_inside, NULL, WORKERS);
        pthread_barrier_init(&all_made, NULL, WORKERS);
        for (int i = 0; i < WORKERS; i++) {
            numbers[i] = i;
            assert_int_equal(pthread_create(&threads[i], NULL, work, &numbers[i]), 0);
        }
        for (int i = 0; i < WORKERS; i++) {
            void *wrong;
            pthread_join(threads[i], &wrong);
            assert_null(wrong);
        }
    }
}

/* A plugin with a mistake: it must cost what it keeps, and not all that its steps took. */
static void what_is_kept_each_time_does_not_keep_the_rest(void **state)
{
    (void)state;
    static char *kept[MANY];
    const long before = anonymous_kib();
    if (OTHER_ALLOCATOR || before < 0) skip();
    for (int i = 0; i < MANY; i++) {
        region_enter();
        char *dropped = memset(region_alloc(STEP), 1, STEP);
        kept[i] = region_alloc(20);
        region_free(dropped);
        region_leave();
    }
    assert_true(anonymous_kib() - before < 20 * STEP / 1024);
    for (int i = 0; i < MANY; i++)
        region_free(kept[i]);
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(the_same_place_serves_the_next_work),
    cmocka_unit_test(what_outlives_its_work_stays_whole),
    cmocka_unit_test(outside_of_work_it_is_the_ordinary_allocator),
    cmocka_unit_test(what_much_work_took_goes_back),
    cmocka_unit_test(what_is_kept_each_time_does_not_keep_the_rest),
    cmocka_unit_test(threads_do_not_meet),
};

TEST_MAIN(cases)
