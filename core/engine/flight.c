/* Flight rows, and what becomes of them after a crash. */
#include "engine/flight.h"

#include "engine/apply.h"
#include "engine/outcome_private.h"
#include "engine/target.h"

static struct key flight_key(uint32_t account, struct bytes operation)
{
    struct key key = {0};
    key_u32(&key, account);
    key_add(&key, operation);
    return key;
}

void flight_put(struct applying *a, uint32_t account, const uint8_t operation[OPERATION_ID_SIZE],
                struct bytes targets)
{
    struct key key = flight_key(account, bytes_of(operation, OPERATION_ID_SIZE));
    store_put(a->txn, TABLE_FLIGHT, key_bytes(&key), targets);
}

void flight_delete(struct applying *a, uint32_t account, struct bytes operation)
{
    if (operation.size != OPERATION_ID_SIZE) return;
    struct key key = flight_key(account, operation);
    store_delete(a->txn, TABLE_FLIGHT, key_bytes(&key));
}

/* Until its request would have been given up it may be on its way, whoever waits for its answer. */
static int64_t lands_by(const struct applying *a, const struct target *t)
{
    return t->record.sent_ms + engine_rules(a->engine, t->id.account)->timeout_ms +
           outcome_route(a, t)->settle_ms;
}

/* Each target of the row whose write is still open may or may not have been changed: to be looked
 * at. */
static enum status recover_row(struct applying *a, struct bytes targets)
{
    for (size_t at = 0; at + TARGET_KEY_SIZE <= targets.size; at += TARGET_KEY_SIZE) {
        struct target_id id = target_key_read((const uint8_t *)targets.data + at);
        struct target target;
        enum status status = target_load(a->txn, &id, &target, a->error);
        if (status != ST_OK) return status;
        uint32_t flags = target.record.flags;
        if (!target.exists || !(flags & TARGET_OPEN) || (flags & TARGET_UNRESOLVED)) continue;
        /* In the time of this life it left before the start. */
        target_bring_back(a, &target);
        if (target.record.sent_ms > a->command->now_ms)
            target.record.sent_ms = a->engine->born_ms - 1;
        outcome_unresolved(a, &target, lands_by(a, &target));
        target_settle(a, &target);
        target_save(a, &target);
        a->result->rows++;
    }
    return ST_OK;
}

/* The account's rows of a table whose keys begin with its number and end with a target. */
struct walk {
    enum store_table table;
    size_t key_size;
    const char *name;
    uint32_t account;
    struct key at; /* where it goes on: the key of the row it stands on, and a byte */
    struct target_id id;
};

/* False: there is none any more, or *status says what is wrong. */
static bool walk_on(struct applying *a, struct walk *w, enum status *status)
{
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(a->txn, w->table);
    *status = store_seek(cursor, key_bytes(&w->at), &key, &value);
    bool found =
        *status == ST_OK && key.size == w->key_size && bytes_get_u32(key.data) == w->account;
    if (found) {
        w->at.size = 0;
        key_add(&w->at, key);
        key_u8(&w->at, 0);
        w->id = target_key_read(w->at.at + w->key_size - TARGET_KEY_SIZE);
    }
    store_cursor_close(cursor);
    if (!found) *status = engine_read_failed(a->txn, *status, w->name, a->error);
    return found;
}

/* Looks that were under way died with the daemon and their leases live on: each is due again as
 * soon as its write must have settled. Those past the bound wait for their lease. */
static enum status recover_looks(struct applying *a, uint32_t account)
{
    enum { LOOKS_MAX = 4096 };
    enum status status = ST_OK;
    int64_t now = a->command->now_ms;
    struct walk w = {TABLE_UNRESOLVED, 12 + TARGET_KEY_SIZE, "unresolved", account, {0}, {0}};
    key_u32(&w.at, account);
    key_u64(&w.at, (uint64_t)now + 1);
    for (uint32_t rows = 0; rows < LOOKS_MAX && walk_on(a, &w, &status); rows++) {
        struct target target;
        status = target_load(a->txn, &w.id, &target, a->error);
        if (status != ST_OK) return status;
        if (!target.exists) continue;
        bool back = target_bring_back(a, &target);
        int64_t when = target.record.land_ms > now ? target.record.land_ms : now;
        bool leased = target.record.look_ms > when;
        if (leased) outcome_look_at(a, &target, when);
        if (leased || back) target_save(a, &target);
    }
    return status;
}

/* What waits until times that the last life was ahead by: at its place by this one's. */
static enum status recover_outbox(struct applying *a, uint32_t account)
{
    enum { MOVED_MAX = 4096 };
    enum status status = ST_OK;
    int64_t now = a->command->now_ms;
    struct walk w = {TABLE_OUTBOX, OUTBOX_KEY_SIZE, "outbox", account, {0}, {0}};
    key_u32(&w.at, account);
    for (uint32_t moved = 0; moved < MOVED_MAX;) {
        if (!walk_on(a, &w, &status)) return status;
        struct outbox_place place = outbox_key_place(w.at.at);
        if (place.due_ms <= now) { /* on to those of its place that wait */
            w.at.size = 0;
            key_u32(&w.at, account);
            key_u64(&w.at, place.group);
            key_u8(&w.at, place.priority);
            key_u64(&w.at, (uint64_t)now + 1);
            continue;
        }
        struct target target;
        status = target_load(a->txn, &w.id, &target, a->error);
        if (status != ST_OK) return status;
        if (!target.exists || !target_bring_back(a, &target)) continue;
        target_settle(a, &target);
        target_save(a, &target);
        moved++;
    }
    a->result->more = true;
    return ST_OK;
}

enum status apply_recover(struct applying *a, struct wire_reader *r)
{
    uint32_t account = wire_get_u32(r), limit = wire_get_u32(r);
    uint8_t prefix[4];
    engine_lives(a->engine, a->command->now_ms);
    bytes_put_u32(prefix, account);
    enum status status = ST_OK;
    for (uint32_t rows = 0; rows < limit; rows++) {
        struct store_cursor *cursor = store_cursor(a->txn, TABLE_FLIGHT);
        struct bytes key, value;
        status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
        bool found = status == ST_OK && key.size == 4 + OPERATION_ID_SIZE &&
                     key_starts(key, bytes_of(prefix, sizeof prefix));
        struct buf targets;
        uint8_t operation[OPERATION_ID_SIZE];
        if (found) {
            buf_init(&targets, COMMAND_PAYLOAD_MAX);
            buf_add(&targets, value.data, value.size);
            memcpy(operation, (const uint8_t *)key.data + 4, sizeof operation);
        }
        store_cursor_close(cursor);
        if (!found) {
            status = engine_read_failed(a->txn, status, "flight", a->error);
            if (status == ST_OK) status = recover_looks(a, account);
            return status == ST_OK ? recover_outbox(a, account) : status;
        }
        applying_sequence(a);
        status = recover_row(a, bytes_of(targets.data, targets.size));
        buf_free(&targets);
        if (status != ST_OK) return status;
        flight_delete(a, account, bytes_of(operation, sizeof operation));
    }
    a->result->more = true;
    return ST_OK;
}
