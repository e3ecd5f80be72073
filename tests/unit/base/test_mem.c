/* Memory that is given back: what one long life between many short ones keeps. */
#include "base/mem.h"
#include "test_main.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 1000, BLOCKS = 32 << 10, LIVES_EACH = 256 };

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

static void what_nothing_lies_on_is_given_back(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__GLIBC__)
    skip(); /* another allocator */
#endif
    static char *blocks[BLOCKS];
    mem_few_arenas();
    for (int i = 0; i < BLOCKS; i++)
        memset(blocks[i] = mem_alloc(BLOCK), 1, BLOCK);
    for (int i = 0; i < BLOCKS; i++)
        if (i % LIVES_EACH != LIVES_EACH - 1) mem_free(blocks[i]);
    const long kept = anonymous_kib();
    if (kept < 0) skip();
    mem_give_back();
    assert_true(kept - anonymous_kib() > BLOCKS / 2); /* more than half of 32 MiB */
    for (int i = LIVES_EACH - 1; i < BLOCKS; i += LIVES_EACH) {
        assert_int_equal(blocks[i][BLOCK - 1], 1);
        mem_free(blocks[i]);
    }
}

static const struct CMUnitTest cases[] = {
    cmocka_unit_test(what_nothing_lies_on_is_given_back),
};

TEST_MAIN(cases)
