/* Runs as rows. */
#include "engine/run.h"

#include "base/wire.h"
#include "engine/state.h"

enum { RUN_VERSION = 1 };

const char *run_state_name(enum run_state state)
{
    static const char *const names[] = {"", "running", "done", "partial", "failed", "held"};
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "";
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
    return wire_put_u64(out, run->revision);
}

enum status run_read(struct bytes from, struct run_view *run)
{
    struct wire_reader r = wire_reader(from);
    if (wire_get_u8(&r) != RUN_VERSION) return ST_DAMAGED;
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
    return r.ok ? ST_OK : ST_DAMAGED;
}

enum status run_put(struct engine *engine, struct store_txn *txn, uint64_t *number,
                    const struct run_view *run, struct error *error)
{
    uint8_t key[8];
    if (*number == 0) {
        *number = ++engine->counters.run;
        engine->counters_changed = true;
        if (*number > RUNS_KEPT) {
            bytes_put_u64(key, *number - RUNS_KEPT);
            store_delete(txn, TABLE_RUN, bytes_of(key, sizeof key));
        }
    }
    bytes_put_u64(key, *number);
    struct buf *record = &engine->record;
    buf_reset(record);
    run_write(record, run);
    store_put(txn, TABLE_RUN, bytes_of(key, sizeof key), bytes_of(record->data, record->size));
    return store_failed(txn, error);
}
