/* Pushes everything that is due in a store, without network: select, record as sent, take the
 * outcomes, commit; a batch of 100 at a time, as the daemon does it. For counting instructions:
 *
 *     valgrind --tool=callgrind --toggle-collect=push_everything push_cost STORE
 *
 * Prints how many items it pushed. The store is changed: give it a copy. */
#include "base/clock.h"
#include "engine/group.h"
#include "engine/outcome.h"
#include "engine/rows.h"
#include "engine/select.h"
#include "store/lmdb_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ACCOUNT = 1, BATCH = 100, CADENCE_MS = 30000, LATER_MS = 3600 * 1000 };

struct push {
    struct engine_task task;
    struct engine *engine;
    struct engine_batch batch;
    uint64_t number;
    int64_t now_ms;
};

static void must(enum status status, const struct error *error)
{
    if (status == ST_OK) return;
    fprintf(stderr, "push_cost: %s\n", error->text);
    exit(1);
}

static enum status select_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct push *push = (struct push *)task;
    struct engine_select select = {.account = ACCOUNT, .most = BATCH, .now_ms = push->now_ms};
    memcpy(select.operation, &push->number, sizeof push->number);
    return engine_select(push->engine, txn, &select, &push->batch, error);
}

static enum status outcome_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct push *push = (struct push *)task;
    const struct rows_head head = {.account = ACCOUNT,
                                   .data_version = 1,
                                   .begun_ms = push->now_ms,
                                   .received_ms = push->now_ms};
    struct buf rows;
    uint8_t operation[OPERATION_ID_SIZE] = {0};
    memcpy(operation, &push->number, sizeof push->number);
    buf_init(&rows, COMMAND_PAYLOAD_MAX);
    rows_begin(&rows, &head);
    for (uint32_t i = 0; i < push->batch.count; i++) {
        const struct engine_item *item = &push->batch.items[i];
        const struct outcome outcome = {.target = item->target,
                                        .revision = item->revision,
                                        .value = item->wanted,
                                        .kind = OUTCOME_OK,
                                        .observed = FIGURE_UNKNOWN,
                                        .code = bytes_of("", 0),
                                        .text = bytes_of("", 0)};
        rows_outcome(&rows, &outcome);
    }
    rows_flight_ended(&rows, operation);
    const struct command command = {.kind = COMMAND_ROWS,
                                    .actor = "bench",
                                    .now_ms = push->now_ms,
                                    .payload = bytes_of(rows.data, rows.size)};
    enum status status = engine_apply(push->engine, txn, &command, NULL, error);
    buf_free(&rows);
    return status;
}

static void run(struct push *push, struct store *store,
                enum status (*what)(struct engine_task *, struct store_txn *, struct error *))
{
    struct engine_touched touched;
    push->task = (struct engine_task){.run = what};
    engine_group_run(push->engine, store, &push->task, &touched);
    must(push->task.status, &push->task.error);
}

uint64_t push_everything(struct push *push, struct store *store);

__attribute__((noinline)) uint64_t push_everything(struct push *push, struct store *store)
{
    uint64_t items = 0;
    do {
        push->number++;
        run(push, store, select_run);
        items += push->batch.count;
        if (push->batch.count) run(push, store, outcome_run);
    } while (push->batch.count);
    return items;
}

int main(int argc, char **argv)
{
    struct error error = {0};
    struct store *store;
    if (argc != 2) return 2;
    const struct store_options options = {
        .path = argv[1], .map_bytes = (uint64_t)16 << 30, .without_durability = true};
    const struct engine_rules rules = {.routes = {{.max_items = BATCH,
                                                   .cadence_ms = CADENCE_MS,
                                                   .settle_ms = CADENCE_MS,
                                                   .max_quantity = 999999}},
                                       .route_count = 1,
                                       .attempts = 5,
                                       .data_version = 1};
    must(store_open_lmdb(&options, &store, &error), &error);
    struct push push = {.engine = engine_new(), .now_ms = clock_wall_ms(clock_system()) + LATER_MS};
    engine_rules_set(push.engine, ACCOUNT, &rules);
    engine_batch_init(&push.batch);
    run(&push, store, select_run); /* warm: what is read once is not the cost of pushing */
    if (push.batch.count) run(&push, store, outcome_run);
    printf("%llu\n", (unsigned long long)push_everything(&push, store));
    engine_batch_free(&push.batch);
    engine_free(push.engine);
    store_close(store);
    return 0;
}
