/* Pushes that went on when the daemon ended: their targets still tell how they go, so somebody
 * looks until they are over, and their rows say so. */
#include "api/api_run.h"

#include "base/mem.h"

#include <string.h>

enum {
    LOOKED_AT_MAX = 1000, /* newest runs */
    RESUMED_MAX = 16,
};

struct resuming {
    struct work_task task;
    struct api *api;
    struct buf rows[RESUMED_MAX];
    uint64_t numbers[RESUMED_MAX];
    uint32_t count;
};

static void find(struct resuming *r, struct store_txn *txn)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_RUN);
    enum status status = store_last(cursor, &key, &value);
    for (int seen = 0; status == ST_OK && seen < LOOKED_AT_MAX && r->count < RESUMED_MAX;
         seen++, status = store_prev(cursor, &key, &value)) {
        struct run_view run;
        if (key.size != 8 || run_read(value, &run) != ST_OK) break;
        if (run.state != RUN_GOING || !run_is_push(&run)) continue;
        struct buf *row = &r->rows[r->count];
        buf_init(row, RECORD_MAX);
        buf_add(row, value.data, value.size);
        r->numbers[r->count++] = bytes_get_u64(key.data);
    }
    store_cursor_close(cursor);
}

static void find_run(struct work_task *task)
{
    struct resuming *r = (struct resuming *)((char *)task - offsetof(struct resuming, task));
    struct store_txn *txn;
    struct error error;
    if (store_begin(r->api->services.store, STORE_READ, &txn, &error) != ST_OK) return;
    find(r, txn);
    store_abort(txn);
}

static void find_done(struct work_task *task)
{
    struct resuming *r = (struct resuming *)((char *)task - offsetof(struct resuming, task));
    struct api *api = r->api;
    for (uint32_t i = 0; i < r->count; i++) {
        struct run_view run;
        bool read = run_read(bytes_of(r->rows[i].data, r->rows[i].size), &run) == ST_OK;
        if (read && !api->quiet) push_follow(api, NULL, r->numbers[i], &run);
        buf_free(&r->rows[i]);
    }
    mem_free(r);
    api->busy--;
    api_maybe_closed(api);
}

void push_resume(struct api *api)
{
    if (api->resumed || api->quiet) return;
    api->resumed = true;
    struct resuming *r = mem_alloc(sizeof *r);
    r->api = api;
    r->task = (struct work_task){.run = find_run, .done = find_done};
    api->busy++;
    api->services.runtime->work_submit(api->services.runtime, &r->task);
}
