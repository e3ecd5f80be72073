/* COMMAND_REQUEUE: what a person asks to be sent again. */
#include "engine/apply.h"
#include "engine/send.h"
#include "engine/target.h"

enum { REQUEUE_SCAN_MAX = 4096 }; /* targets looked at by one command */

static bool wanted(const struct directory *d, const struct target_id *id, uint32_t account,
                   uint32_t warehouse)
{
    if (account && id->account != account) return false;
    return !warehouse || directory_feeds(d, warehouse, id->account, id->remote);
}

/* Asked for, and there is nothing to send. */
static void note_equal(struct applying *a, const struct target *t)
{
    const struct target_record *r = &t->record;
    const uint32_t both = TARGET_ACKED | TARGET_WANTED;
    bool busy = r->flags & (TARGET_QUEUED | TARGET_OPEN | TARGET_UNRESOLVED | TARGET_FORCED);
    if (busy || r->hold || (r->flags & both) != both || r->acked_value != r->wanted_value) return;
    send_note_equal(a, t);
}

static enum status requeue_one(struct applying *a, const struct target_id *id, bool force)
{
    struct target target;
    enum status status = target_load(a->txn, id, &target, a->error);
    if (status != ST_OK || !target.exists) return status;
    applying_sequence(a);
    if (force) target.record.flags |= TARGET_FORCED;
    target.record.flags &= ~(uint32_t)(TARGET_REJECTED | TARGET_LEFT);
    target.record.attempts = 0;
    target.record.due_ms = 0;
    status = target_recompute(a, &target, NULL);
    if (status != ST_OK) return status;
    target_settle(a, &target);
    target_save(a, &target);
    note_equal(a, &target);
    a->result->rows++;
    return ST_OK;
}

enum status apply_requeue(struct applying *a, struct wire_reader *r)
{
    uint32_t account = wire_get_u32(r), warehouse = wire_get_u32(r);
    uint64_t product = wire_get_u64(r);
    bool force = wire_get_u8(r) != 0;
    struct bytes from = wire_get_bytes(r);
    uint32_t limit = wire_get_u32(r);
    if (from.size != TARGET_KEY_SIZE) return ST_OK; /* engine_apply says so */
    if (limit > REQUEUE_SCAN_MAX) limit = REQUEUE_SCAN_MAX;
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    struct target_id ids[REQUEUE_SCAN_MAX];
    uint32_t count = 0, seen = 0;
    uint8_t prefix[8];
    bytes_put_u64(prefix, product);
    if (product && bytes_get_u64(from.data) < product) from = bytes_of(prefix, sizeof prefix);
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_TARGET);
    struct bytes key, value;
    enum status status = store_seek(cursor, from, &key, &value);
    for (; status == ST_OK && seen < limit; seen++) {
        struct target_id id = target_key_read(key.data);
        if (product && id.product != product) break;
        if (wanted(d, &id, account, warehouse)) ids[count++] = id;
        status = store_next(cursor, &key, &value);
    }
    if (status == ST_OK && seen == limit) {
        a->result->more = true;
        a->result->next = target_key_read(key.data);
    }
    store_cursor_close(cursor);
    status = engine_read_failed(a->txn, status, "target", a->error);
    for (uint32_t i = 0; i < count && status == ST_OK; i++)
        status = requeue_one(a, &ids[i], force);
    if (status == ST_OK) send_flush(a, account, bytes_of("", 0));
    return status;
}
