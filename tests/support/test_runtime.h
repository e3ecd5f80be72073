/* A runtime (base/runtime.h) on one thread for tests: nothing runs before test_runtime_step, tasks
 * complete late and in seeded order (engine tasks among themselves in order), time passes only when
 * nothing else is to be done. */
#ifndef STOCKD_TEST_RUNTIME_H
#define STOCKD_TEST_RUNTIME_H

#include "base/runtime.h"
#include "engine/engine.h"
#include "store/store.h"

struct test_runtime;

struct test_runtime *test_runtime_new(struct store *store, struct engine *engine, uint64_t seed);
/* What was submitted and is not done is forgotten, as by a crash. */
void test_runtime_free(struct test_runtime *runtime);
struct runtime *test_runtime_of(struct test_runtime *runtime);
/* One task run, or one `done` or timer called. False: nothing is left to be done. */
bool test_runtime_step(struct test_runtime *runtime);
void test_runtime_run(struct test_runtime *runtime); /* until nothing is left */
uint64_t test_runtime_commits(const struct test_runtime *runtime);
/* The store is one in memory: what a `done` was called for is acknowledged, the rest can be lost.
 */
void test_runtime_acknowledges(struct test_runtime *runtime);
/* Time since the start of the test, so that a second runtime can go on where a first one ended. */
int64_t test_runtime_now_us(const struct test_runtime *runtime);
void test_runtime_begin_at(struct test_runtime *runtime, int64_t now_us);
/* The machine sleeps: the wall clock goes on, nothing else does. */
void test_runtime_sleep(struct test_runtime *runtime, int64_t ms);
/* Told what commits changed, when each `done` of theirs was called; nobody is at first. */
void test_runtime_touched(struct test_runtime *runtime,
                          void (*touched)(void *ctx, const struct engine_touched *touched),
                          void *ctx);
/* At most so many engine tasks share a commit; 1 at first. */
void test_runtime_group(struct test_runtime *runtime, uint32_t tasks);

#endif
