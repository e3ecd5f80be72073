/* What a person asks to be sent again, read again, or tried again: COMMAND_REQUEUE, COMMAND_RESYNC,
 * COMMAND_RETRY. One walk over the targets, a chunk a command. */
#include "engine/apply.h"
#include "engine/drift.h"
#include "engine/outcome_private.h"
#include "engine/send.h"
#include "engine/target.h"

enum {
    REQUEUE_SCAN_MAX = 4096,            /* targets looked at by one command */
    RESYNC_PATIENCE_MS = 2 * 60 * 1000, /* for a reading of the whole account */
};

/* What is done to each target that is asked for. */
struct asked {
    enum status (*each)(struct applying *a, struct target *target, const struct asked *asked);
    struct requeue what;
    bool patient;
    struct bytes code;
};

static bool wanted(const struct directory *d, const struct target_id *id,
                   const struct requeue *what)
{
    if (what->account && id->account != what->account) return false;
    return !what->warehouse || directory_feeds(d, what->warehouse, id->account, id->remote);
}

/* ---- each kind */

static void begin_anew(struct target *t)
{
    t->record.flags &= ~(uint32_t)(TARGET_REJECTED | TARGET_LEFT);
    t->record.attempts = 0;
    t->record.due_ms = 0;
}

static void put_back(struct applying *a, struct target *t)
{
    target_settle(a, t);
    target_save(a, t);
    a->result->rows++;
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

static enum status requeue_one(struct applying *a, struct target *t, const struct asked *asked)
{
    enum status status = ST_OK;
    applying_sequence(a);
    if (asked->what.force) status = drift_release(a, t); /* a person says that ours is right */
    if (status != ST_OK) return status;
    if (asked->what.force) t->record.flags |= TARGET_FORCED;
    begin_anew(t);
    status = target_recompute(a, t, NULL);
    if (status != ST_OK) return status;
    put_back(a, t);
    note_equal(a, t);
    return ST_OK;
}

static enum status retry_one(struct applying *a, struct target *t, const struct asked *asked)
{
    if (!(t->record.flags & TARGET_REJECTED)) return ST_OK;
    if (asked->code.size && !bytes_equal(asked->code, target_code(t))) return ST_OK;
    return requeue_one(a, t, asked);
}

/* A write that is open is left to itself: what will be said of it is as new as what would be read.
 * Only a change is not believed, for it says nothing of what it started from. All others are read
 * before anything is sent (TARGET_COMPARES: and are sent all the same where there is no figure to
 * read). */
static enum status resync_one(struct applying *a, struct target *t, const struct asked *asked)
{
    struct target_record *r = &t->record;
    bool open = r->flags & (TARGET_OPEN | TARGET_UNRESOLVED) && !(r->flags & TARGET_ASKED);
    bool acked = (r->flags & (TARGET_ACKED | TARGET_ASKED)) == TARGET_ACKED;
    if (r->hold & HOLD_NEVER) return ST_OK;
    applying_sequence(a);
    begin_anew(t);
    if (open) {
        const uint32_t doubted = r->flags & TARGET_DOUBTED;
        target_doubt(a, t);
        if (!outcome_route(a, t)->delta)
            r->flags = (r->flags & ~(uint32_t)TARGET_DOUBTED) | doubted;
        put_back(a, t);
        return ST_OK;
    }
    target_forget_acked(t);
    r->flags &= ~(uint32_t)TARGET_OBSERVED;
    enum status status = target_recompute(a, t, NULL);
    if (status != ST_OK) return status;
    if (r->flags & TARGET_WANTED && !r->hold) {
        outcome_ask(a, t);
        r->flags |= TARGET_COMPARES | TARGET_RESYNC;
        /* One that was written just now is asked for by itself: what is read at once is too early.
         */
        if (asked->patient && r->land_ms <= a->command->now_ms)
            outcome_look_at(a, t, a->command->now_ms + RESYNC_PATIENCE_MS);
    } else if (acked && r->hold & ~HOLD_FOREIGN) {
        r->flags |= TARGET_RESYNC; /* target_settle has it read when that ends */
    }
    put_back(a, t);
    return ST_OK;
}

/* ---- the walk */

static enum status walk(struct applying *a, const struct asked *asked)
{
    const struct requeue *what = &asked->what;
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    struct target_id ids[REQUEUE_SCAN_MAX];
    uint32_t count = 0, seen = 0;
    uint8_t from[TARGET_KEY_SIZE];
    target_key_write(from, &what->from);
    if (what->from.product < what->product) {
        memset(from, 0, sizeof from);
        bytes_put_u64(from, what->product);
    }
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_TARGET);
    struct bytes key, value;
    enum status status = store_seek(cursor, bytes_of(from, sizeof from), &key, &value);
    for (; status == ST_OK && seen < what->limit; seen++) {
        struct target_id id = target_key_read(key.data);
        if (what->product && id.product != what->product) break;
        if (wanted(d, &id, what)) ids[count++] = id;
        status = store_next(cursor, &key, &value);
    }
    if (status == ST_OK && seen == what->limit) {
        a->result->more = true;
        a->result->next = target_key_read(key.data);
    }
    store_cursor_close(cursor);
    status = engine_read_failed(a->txn, status, "target", a->error);
    for (uint32_t i = 0; i < count && status == ST_OK; i++) {
        struct target target;
        status = target_load(a->txn, &ids[i], &target, a->error);
        if (status == ST_OK && target.exists) status = asked->each(a, &target, asked);
    }
    if (status == ST_OK) send_flush(a, what->account, bytes_of("", 0));
    return status;
}

static bool read_what(struct wire_reader *r, struct requeue *what)
{
    what->account = wire_get_u32(r);
    what->warehouse = wire_get_u32(r);
    what->product = wire_get_u64(r);
    what->force = wire_get_u8(r) != 0;
    struct bytes from = wire_get_bytes(r);
    what->limit = wire_get_u32(r);
    if (from.size != TARGET_KEY_SIZE) r->ok = false; /* engine_apply says so */
    if (r->ok) what->from = target_key_read(from.data);
    if (what->limit > REQUEUE_SCAN_MAX) what->limit = REQUEUE_SCAN_MAX;
    return r->ok;
}

enum status apply_requeue(struct applying *a, struct wire_reader *r)
{
    struct asked asked = {.each = requeue_one};
    return read_what(r, &asked.what) ? walk(a, &asked) : ST_OK;
}

enum status apply_resync(struct applying *a, struct wire_reader *r)
{
    struct asked asked = {.each = resync_one};
    bool good = read_what(r, &asked.what);
    asked.patient = wire_get_u8(r) != 0;
    return good && r->ok ? walk(a, &asked) : ST_OK;
}

enum status apply_retry(struct applying *a, struct wire_reader *r)
{
    struct asked asked = {.each = retry_one};
    bool good = read_what(r, &asked.what);
    asked.code = wire_get_bytes(r);
    return good && r->ok ? walk(a, &asked) : ST_OK;
}
