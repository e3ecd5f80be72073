/* Refused rows of readings, as rows of the store. */
#include "engine/run_bad.h"

#include "base/wire.h"
#include "engine/state.h"

enum { RUN_BAD_VERSION = 1, RUN_BAD_KEY = 8 + 4 };

static void drop_all(struct store_txn *txn, uint64_t run)
{
    uint8_t prefix[8];
    bytes_put_u64(prefix, run);
    store_delete_prefix(txn, TABLE_RUN_BAD, bytes_of(prefix, sizeof prefix));
}

uint64_t run_number_next(struct engine *engine, struct store_txn *txn)
{
    uint8_t key[8];
    uint64_t number = ++engine->counters.run;
    engine->counters_changed = true;
    if (number <= RUNS_KEPT) return number;
    bytes_put_u64(key, number - RUNS_KEPT);
    store_delete(txn, TABLE_RUN, bytes_of(key, sizeof key));
    drop_all(txn, number - RUNS_KEPT);
    return number;
}

void run_bad_put(struct engine *engine, struct store_txn *txn, uint64_t run, uint64_t n,
                 const struct run_bad *bad)
{
    if (n >= RUN_BAD_MAX) return;
    uint8_t key[RUN_BAD_KEY];
    bytes_put_u64(key, run);
    bytes_put_u32(key + 8, (uint32_t)n);
    struct buf *record = &engine->record;
    buf_reset(record);
    wire_put_u8(record, RUN_BAD_VERSION);
    wire_put_bytes(record, bad->code);
    wire_put_bytes(record, bad->text);
    wire_put_bytes(record, bad->listing);
    wire_put_bytes(record, bad->warehouse);
    wire_put_bytes(record, bad->place);
    wire_put_i64(record, bad->figure);
    store_put(txn, TABLE_RUN_BAD, bytes_of(key, sizeof key), bytes_of(record->data, record->size));
}

enum status run_bad_read(struct bytes from, struct run_bad *bad)
{
    struct wire_reader r = wire_reader(from);
    if (wire_get_u8(&r) != RUN_BAD_VERSION) return ST_DAMAGED;
    bad->code = wire_get_bytes(&r);
    bad->text = wire_get_bytes(&r);
    bad->listing = wire_get_bytes(&r);
    bad->warehouse = wire_get_bytes(&r);
    bad->place = wire_get_bytes(&r);
    bad->figure = wire_get_i64(&r);
    return r.ok ? ST_OK : ST_DAMAGED;
}
