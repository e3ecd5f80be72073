/* Runs as rows. */
#include "engine/run_bad.h"

#include "base/wire.h"
#include "engine/state.h"

/* 1 had no stages. */
enum { RUN_VERSION_OLD = 1, RUN_VERSION = 2 };

const char *run_state_name(enum run_state state)
{
    static const char *const names[] = {"", "running", "done", "partial", "failed", "held"};
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "";
}

const char *run_stage_state_name(enum run_stage_state state)
{
    static const char *const names[] = {"waiting", "running", "done", "failed", "skipped"};
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "";
}

/* ---- percent */

enum { WHOLE = 100 };

/* Rounded down, and never whole: that is said by a state. */
static int percent_of(int64_t done, int64_t total)
{
    if (done <= 0 || total <= 0) return 0;
    if (done >= total) return WHOLE - 1;
    return (int)((double)done / (double)total * WHOLE);
}

int run_stage_percent(const struct run_stage *stage)
{
    if (stage->state == RUN_STAGE_DONE) return WHOLE;
    return stage->total > 0 ? percent_of(stage->done, stage->total) : RUN_PERCENT_UNKNOWN;
}

int run_percent(const struct run_view *run)
{
    int sum = 0;
    if (run->state == RUN_DONE) return WHOLE;
    if (run->stage_count == 0)
        return run->total > 0 ? percent_of(run->done, run->total) : RUN_PERCENT_UNKNOWN;
    for (uint32_t i = 0; i < run->stage_count; i++) {
        int percent = run_stage_percent(&run->stages[i]);
        if (percent > 0) sum += percent;
    }
    return sum / (int)run->stage_count;
}

/* ---- rows */

static bool stage_write(struct buf *out, const struct run_stage *stage)
{
    wire_put_bytes(out, stage->name);
    wire_put_bytes(out, stage->error);
    wire_put_u8(out, (uint8_t)stage->state);
    wire_put_i64(out, stage->done);
    wire_put_i64(out, stage->total);
    wire_put_i64(out, stage->started_ms);
    return wire_put_i64(out, stage->ended_ms);
}

static void stage_read(struct wire_reader *r, struct run_stage *stage)
{
    stage->name = wire_get_bytes(r);
    stage->error = wire_get_bytes(r);
    stage->state = (enum run_stage_state)wire_get_u8(r);
    stage->done = wire_get_i64(r);
    stage->total = wire_get_i64(r);
    stage->started_ms = wire_get_i64(r);
    stage->ended_ms = wire_get_i64(r);
    if (stage->state > RUN_STAGE_SKIPPED) r->ok = false;
}

bool run_write(struct buf *out, const struct run_view *run)
{
    wire_put_u8(out, RUN_VERSION);
    wire_put_bytes(out, run->kind);
    wire_put_bytes(out, run->account);
    wire_put_bytes(out, run->actor);
    wire_put_bytes(out, run->detail);
    wire_put_bytes(out, run->error);
    wire_put_u8(out, (uint8_t)run->state);
    wire_put_i64(out, run->started_ms);
    wire_put_i64(out, run->ended_ms);
    wire_put_i64(out, run->done);
    wire_put_i64(out, run->total);
    wire_put_i64(out, run->refused);
    wire_put_u64(out, run->only_account);
    wire_put_u64(out, run->only_warehouse);
    wire_put_u64(out, run->only_product);
    wire_put_u64(out, run->revision);
    bool ok = wire_put_u8(out, (uint8_t)run->stage_count);
    for (uint32_t i = 0; i < run->stage_count; i++)
        ok = stage_write(out, &run->stages[i]);
    return ok;
}

enum status run_read(struct bytes from, struct run_view *run)
{
    struct wire_reader r = wire_reader(from);
    uint8_t version = wire_get_u8(&r);
    if (version != RUN_VERSION && version != RUN_VERSION_OLD) return ST_DAMAGED;
    run->kind = wire_get_bytes(&r);
    run->account = wire_get_bytes(&r);
    run->actor = wire_get_bytes(&r);
    run->detail = wire_get_bytes(&r);
    run->error = wire_get_bytes(&r);
    run->state = (enum run_state)wire_get_u8(&r);
    run->started_ms = wire_get_i64(&r);
    run->ended_ms = wire_get_i64(&r);
    run->done = wire_get_i64(&r);
    run->total = wire_get_i64(&r);
    run->refused = wire_get_i64(&r);
    run->only_account = wire_get_u32(&r);
    run->only_warehouse = wire_get_u32(&r);
    run->only_product = wire_get_u64(&r);
    run->revision = wire_get_u64(&r);
    run->stage_count = version == RUN_VERSION ? wire_get_u8(&r) : 0;
    if (run->stage_count > RUN_STAGES_MAX) return ST_DAMAGED;
    for (uint32_t i = 0; i < run->stage_count; i++)
        stage_read(&r, &run->stages[i]);
    return r.ok ? ST_OK : ST_DAMAGED;
}

enum status run_put(struct engine *engine, struct store_txn *txn, uint64_t *number,
                    const struct run_view *run, struct error *error)
{
    uint8_t key[8];
    if (*number == 0) *number = run_number_next(engine, txn);
    bytes_put_u64(key, *number);
    struct buf *record = &engine->record;
    buf_reset(record);
    run_write(record, run);
    store_put(txn, TABLE_RUN, bytes_of(key, sizeof key), bytes_of(record->data, record->size));
    return store_failed(txn, error);
}
