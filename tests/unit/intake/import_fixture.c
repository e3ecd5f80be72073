/* Building the world an import changes, and looking at it afterwards. */
#include "import_fixture.h"

#include "base/mem.h"
#include "engine/directory.h"
#include "engine/group.h"
#include "engine/run.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* What a crash leaves behind: still reachable, so that leak checkers know it is meant. */
enum { GRAVES = 4096 };
static void *graves[GRAVES];
static unsigned grave_count;

static void open_imports(struct fixture *f, enum fixture_kind kind, uint64_t seed,
                         uint32_t segment_rows, uint32_t chunk_rows)
{
    f->engine = engine_new();
    f->runtime = test_runtime_new(f->store, f->engine, seed);
    if (kind == FIXTURE_MEMORY) test_runtime_acknowledges(f->runtime);
    const struct imports_options options = {.runtime = test_runtime_of(f->runtime),
                                            .engine = f->engine,
                                            .store = f->store,
                                            .directory = f->spool,
                                            .segment_rows = segment_rows,
                                            .chunk_rows = chunk_rows};
    f->imports = imports_new(&options);
}

static uint32_t last_segment, last_chunk;
static uint64_t last_seed;
static enum fixture_kind last_kind;

void fixture_make(struct fixture *f, enum fixture_kind kind, uint64_t seed, uint32_t segment_rows,
                  uint32_t chunk_rows)
{
    *f = (struct fixture){0};
    scratch_make(&f->scratch);
    f->store = fixture_open(kind, &f->scratch);
    snprintf(f->spool, sizeof f->spool, "%s/jobs", f->scratch.path);
    open_imports(f, last_kind = kind, last_seed = seed, last_segment = segment_rows,
                 last_chunk = chunk_rows);
    struct buf payload;
    buf_init(&payload, 1 << 10);
    command_warehouse_put(&payload, bytes_text("pp"), bytes_text("Main"));
    fixture_apply(f, COMMAND_WAREHOUSE_PUT, &payload);
    buf_reset(&payload);
    command_warehouse_put(&payload, bytes_text("kot"), bytes_text("Kotelniki"));
    fixture_apply(f, COMMAND_WAREHOUSE_PUT, &payload);
    buf_reset(&payload);
    const struct bytes skus[] = {bytes_text("A"), bytes_text("B"), bytes_text("C")};
    command_product_bulk(&payload, skus, 3);
    fixture_apply(f, COMMAND_PRODUCT_BULK, &payload);
    buf_free(&payload);
}

static void count_stopped(void *ctx)
{
    ++*(int *)ctx;
}

void fixture_free(struct fixture *f)
{
    int stopped = 0;
    imports_stop(f->imports, count_stopped, &stopped);
    test_runtime_run(f->runtime);
    assert_int_equal(stopped, 1);
    imports_free(f->imports);
    test_runtime_free(f->runtime);
    engine_free(f->engine);
    store_close(f->store);
    scratch_remove(&f->scratch);
}

void fixture_crash(struct fixture *f, uint64_t lost)
{
    assert_true(grave_count < GRAVES);
    graves[grave_count++] = f->imports;
    test_runtime_free(f->runtime);
    engine_free(f->engine);
    if (last_kind == FIXTURE_MEMORY) {
        store_memory_crash(f->store, lost);
        store_memory_acknowledge(f->store); /* what a start has seen is there */
    }
    open_imports(f, last_kind, ++last_seed, last_segment, last_chunk);
}

struct apply_task {
    struct engine_task task;
    struct engine *engine;
    struct command command;
    struct command_result result;
};

static enum status apply_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct apply_task *apply = (struct apply_task *)task;
    return engine_apply(apply->engine, txn, &apply->command, &apply->result, error);
}

struct command_result fixture_apply(struct fixture *f, enum command_kind kind,
                                    const struct buf *payload)
{
    struct apply_task apply = {.task = {.run = apply_run},
                               .engine = f->engine,
                               .command = {.kind = kind,
                                           .actor = "test",
                                           .now_ms = 1,
                                           .payload = bytes_of(payload->data, payload->size)}};
    struct engine_touched touched;
    engine_group_run(f->engine, f->store, &apply.task, &touched);
    if (apply.task.status != ST_OK) fail_msg("%s", apply.task.error.text);
    return apply.result;
}

void fixture_products(struct fixture *f, const char *prefix, uint32_t count)
{
    struct buf payload;
    char(*names)[32] = mem_array(count, sizeof *names);
    struct bytes *skus = mem_array(count, sizeof *skus);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%s%06u", prefix, i);
        skus[i] = bytes_text(names[i]);
    }
    buf_init(&payload, COMMAND_PAYLOAD_MAX);
    command_product_bulk(&payload, skus, count);
    fixture_apply(f, COMMAND_PRODUCT_BULK, &payload);
    buf_free(&payload);
    mem_free(skus);
    mem_free(names);
}

void fixture_set(struct fixture *f, const char *sku, const char *warehouse, int64_t quantity)
{
    struct buf payload;
    const struct stock_set set = {.sku = bytes_text(sku),
                                  .warehouse = bytes_text(warehouse),
                                  .quantity = quantity,
                                  .kind = FIGURE_ON_HAND,
                                  .cause = CAUSE_COUNT};
    buf_init(&payload, 1 << 10);
    command_stock_set(&payload, &set);
    fixture_apply(f, COMMAND_STOCK_SET, &payload);
    buf_free(&payload);
}

/* ---- importing */

static void told_writable(void *ctx)
{
    ((struct told *)ctx)->writable = true;
}

static void told_accepted(void *ctx, uint64_t job)
{
    struct told *told = ctx;
    assert_false(told->accepted || told->ended);
    told->accepted = true;
    told->job = job;
}

static void told_progress(void *ctx, const struct import_counts *counts, const char *waiting)
{
    struct told *told = ctx;
    assert_true(told->accepted && !told->ended);
    assert_true(counts->done <= counts->rows || counts->rows == 0);
    told->progress++;
    told->last = *counts;
    if (waiting[0]) snprintf(told->waiting, sizeof told->waiting, "%s", waiting);
}

static void told_ended(void *ctx, const struct import_ending *ending)
{
    struct told *told = ctx;
    assert_false(told->ended);
    assert_true(told->accepted == (ending->job != 0));
    told->ended = true;
    told->import = NULL;
    told->state = ending->state;
    told->status = ending->status;
    told->counts = ending->counts;
    snprintf(told->error, sizeof told->error, "%s", ending->error);
    told->refused_count = ending->refused_count;
    for (uint32_t i = 0; i < ending->refused_count && i < TOLD_REFUSED_MAX; i++) {
        told->lines[i] = ending->refused[i].line;
        told->columns[i] = ending->refused[i].column;
        snprintf(told->reasons[i], sizeof told->reasons[i], "%s", ending->refused[i].reason);
    }
}

void fixture_begin_import(struct fixture *f, struct told *told,
                          const struct import_options *options)
{
    static const struct import_options ordinary = {.actor = "test", .name = "stock.csv"};
    *told = (struct told){0};
    const struct import_events events = {.writable = told_writable,
                                         .accepted = told_accepted,
                                         .progress = told_progress,
                                         .ended = told_ended,
                                         .ctx = told};
    told->import = import_new(f->imports, options ? options : &ordinary, &events);
}

void fixture_send(struct fixture *f, struct told *told, const char *text, size_t size)
{
    while (size && !told->ended) {
        told->writable = false;
        size_t took = import_write(told->import, bytes_of(text, size));
        assert_true(took <= size);
        text += took;
        size -= took;
        while (size && !told->writable && !told->ended)
            assert_true(test_runtime_step(f->runtime));
    }
    if (!told->ended) import_end(told->import);
}

void fixture_import(struct fixture *f, struct told *told, const struct import_options *options,
                    const char *text)
{
    fixture_begin_import(f, told, options);
    fixture_send(f, told, text, strlen(text));
    test_runtime_run(f->runtime);
    assert_true(told->ended);
    assert_int_equal(fixture_files(f), 0);
    fixture_check(f);
}

/* ---- looking */

int64_t fixture_figure(struct fixture *f, const char *sku, const char *warehouse)
{
    struct store_txn *txn = fixture_begin(f->store, STORE_READ);
    struct directory *d;
    struct bytes value;
    struct stock_record stock = {.on_hand = FIGURE_UNKNOWN};
    assert_int_equal(directory_load(txn, &d, NULL), ST_OK);
    const struct directory_warehouse *w = directory_warehouse_by_key(d, bytes_text(warehouse));
    assert_non_null(w);
    if (store_get(txn, TABLE_PRODUCT_SKU, bytes_text(sku), &value) == ST_OK) {
        uint8_t key[12];
        memcpy(key, value.data, 8);
        bytes_put_u32(key + 8, w->no);
        if (store_get(txn, TABLE_STOCK, bytes_of(key, sizeof key), &value) == ST_OK)
            memcpy(&stock, value.data, sizeof stock);
    }
    directory_free(d);
    store_abort(txn);
    return stock.on_hand;
}

void fixture_expect_figure(struct fixture *f, const char *sku, const char *warehouse,
                           int64_t quantity)
{
    int64_t is = fixture_figure(f, sku, warehouse);
    if (is != quantity)
        fail_msg("%s in %s is %lld, not %lld", sku, warehouse, (long long)is, (long long)quantity);
}

uint64_t fixture_count(struct fixture *f, enum store_table table)
{
    struct store_txn *txn = fixture_begin(f->store, STORE_READ);
    uint64_t count = store_count(txn, table);
    store_abort(txn);
    return count;
}

uint32_t fixture_files(const struct fixture *f)
{
    DIR *directory = opendir(f->spool);
    uint32_t count = 0;
    struct dirent *entry;
    if (!directory) return 0;
    while ((entry = readdir(directory)))
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

struct import_job fixture_job(struct fixture *f, uint64_t job)
{
    static char memory[16 << 10];
    struct import_job view;
    uint8_t key[8];
    struct bytes value;
    bytes_put_u64(key, job);
    struct store_txn *txn = fixture_begin(f->store, STORE_READ);
    assert_int_equal(store_get(txn, TABLE_JOB, bytes_of(key, sizeof key), &value), ST_OK);
    assert_true(value.size <= sizeof memory);
    memcpy(memory, value.data, value.size);
    assert_int_equal(import_job_read(bytes_of(memory, value.size), &view), ST_OK);
    store_abort(txn);
    return view;
}

/* ---- checking */

static void check_stock(struct store_txn *txn, struct bytes key, const struct stock_record *stock)
{
    struct bytes found, value;
    struct ledger_record entry = {0};
    int64_t on_hand = 0;
    struct store_cursor *cursor = store_cursor(txn, TABLE_LEDGER);
    enum status status = store_seek(cursor, key, &found, &value);
    for (bool first = true; status == ST_OK && key_starts(found, key); first = false) {
        memcpy(&entry, value.data, sizeof entry);
        assert_int_equal(entry.first, first);
        assert_int_equal(entry.on_hand_before, on_hand);
        on_hand = entry.on_hand_after;
        status = store_next(cursor, &found, &value);
    }
    assert_int_equal(on_hand, stock->on_hand);
    store_cursor_close(cursor);
}

static void check_job(struct store_txn *txn, struct bytes key, const struct import_job *job)
{
    struct bytes value;
    struct run_view run;
    static const enum run_state states[] = {[IMPORT_RUNNING] = RUN_GOING,
                                            [IMPORT_DONE] = RUN_DONE,
                                            [IMPORT_PARTIAL] = RUN_PARTIAL,
                                            [IMPORT_FAILED] = RUN_FAILED,
                                            [IMPORT_CANCELLED] = RUN_FAILED};
    assert_int_equal(store_get(txn, TABLE_RUN, key, &value), ST_OK);
    assert_int_equal(run_read(value, &run), ST_OK);
    assert_true(bytes_equal(run.kind, bytes_text("import")));
    assert_true(bytes_equal(run.actor, job->actor) && bytes_equal(run.error, job->error));
    assert_int_equal(run.state, states[job->state]);
    assert_int_equal(run.done, job->counts.done);
    assert_int_equal(run.total, job->counts.rows);
    assert_int_equal(run.refused, job->counts.refused + job->counts.left);
}

void fixture_check(struct fixture *f)
{
    struct store_txn *txn = fixture_begin(f->store, STORE_READ);
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(txn, TABLE_STOCK);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct stock_record stock;
        uint8_t copy[12];
        memcpy(&stock, value.data, sizeof stock);
        memcpy(copy, key.data, sizeof copy);
        check_stock(txn, bytes_of(copy, sizeof copy), &stock);
    }
    store_cursor_close(cursor);
    cursor = store_cursor(txn, TABLE_JOB);
    while (store_next(cursor, &key, &value) == ST_OK) {
        struct import_job job;
        assert_int_equal(import_job_read(value, &job), ST_OK);
        check_job(txn, key, &job);
    }
    store_cursor_close(cursor);
    store_abort(txn);
}
