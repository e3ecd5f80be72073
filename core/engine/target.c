/* Loading and saving targets, and bringing their wanted figures up to date. How such a figure comes
 * about is in allocate.c; whether and when it is to be sent, in target_due.c. */
#include "engine/target.h"

#include "engine/allocate.h"
#include "engine/drift.h"
#include "engine/guard_private.h"
#include "engine/outcome.h"
#include "engine/route.h"
#include "engine/rows.h"

static size_t tail_size(const struct target_record *r)
{
    return (size_t)r->note_size + r->data_size + r->code_size + r->text_size;
}

void target_forget_acked(struct target *t)
{
    t->record.flags &= ~(uint32_t)TARGET_ACKED;
    t->record.acked_ms = 0;
}

void target_observed(struct applying *a, struct target *t, int64_t figure, int64_t read_ms)
{
    bool asked = routes_add(engine_rules(a->engine, t->id.account));
    t->record.flags |= TARGET_OBSERVED;
    t->record.observed_value = figure;
    t->record.observed_ms = read_ms;
    t->record.life = asked ? a->engine->life : 0;
}

void target_doubt(struct applying *a, struct target *t)
{
    target_forget_acked(t);
    t->record.flags &= ~(uint32_t)TARGET_OBSERVED;
    if (!(t->record.flags & TARGET_ASKED)) t->record.flags &= ~(uint32_t)TARGET_COMPARES;
    t->record.observed_ms = a->command->now_ms;
    if (t->record.flags & TARGET_OPEN) t->record.flags |= TARGET_DOUBTED;
}

struct bytes target_note(const struct target *t)
{
    return bytes_of(t->tail, t->record.note_size);
}

struct bytes target_data(const struct target *t)
{
    return bytes_of(t->tail + t->record.note_size, t->record.data_size);
}

struct bytes target_code(const struct target *t)
{
    return bytes_of(t->tail + t->record.note_size + t->record.data_size, t->record.code_size);
}

struct bytes target_text(const struct target *t)
{
    return bytes_of(t->tail + t->record.note_size + t->record.data_size + t->record.code_size,
                    t->record.text_size);
}

static void tail_write(struct target *t, struct bytes note, struct bytes data, struct bytes code,
                       struct bytes text)
{
    enum { NOTE_MAX = 128, DATA_MAX = 64, CODE_MAX = 200, TEXT_MAX = 1000 };
    if (note.size > NOTE_MAX) note.size = NOTE_MAX;
    if (data.size > DATA_MAX) data.size = DATA_MAX;
    if (code.size > CODE_MAX) code.size = CODE_MAX;
    if (text.size > TEXT_MAX) text.size = TEXT_MAX;
    char tail[TARGET_TAIL_MAX];
    const struct bytes parts[] = {note, data, code, text};
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        if (parts[i].size) memcpy(tail + at, parts[i].data, parts[i].size);
        at += parts[i].size;
    }
    memcpy(t->tail, tail, at);
    t->record.note_size = (uint8_t)note.size;
    t->record.data_size = (uint8_t)data.size;
    t->record.code_size = (uint8_t)code.size;
    t->record.text_size = (uint16_t)text.size;
}

static void data_version(struct target *t, uint32_t version)
{
    if (t->record.data_version != version)
        tail_write(t, bytes_of("", 0), bytes_of("", 0), target_code(t), target_text(t));
    t->record.data_version = version;
}

void target_note_set(struct target *t, struct bytes note, uint32_t version)
{
    data_version(t, version);
    tail_write(t, note, target_data(t), target_code(t), target_text(t));
}

void target_data_set(struct target *t, struct bytes data, uint32_t version)
{
    data_version(t, version);
    tail_write(t, target_note(t), data, target_code(t), target_text(t));
}

void target_note_drop(struct target *t)
{
    if (t->record.note_size == 0) return;
    tail_write(t, bytes_of("", 0), target_data(t), target_code(t), target_text(t));
}

void target_error_set(struct target *t, struct bytes code, struct bytes text)
{
    if (code.size + text.size + t->record.code_size + t->record.text_size == 0) return;
    tail_write(t, target_note(t), target_data(t), code, text);
}

enum status target_decode(const struct target_id *id, struct bytes value, struct target *t)
{
    struct bytes tail;
    if (target_record_read(value, &t->record, &tail) != ST_OK) return ST_DAMAGED;
    if (tail.size) memcpy(t->tail, tail.data, tail.size);
    t->id = *id;
    t->exists = true;
    t->live = guard_live_of(&t->record);
    t->counted = target_counted_of(&t->record);
    return ST_OK;
}

enum status target_load(struct store_txn *txn, const struct target_id *id, struct target *t,
                        struct error *error)
{
    uint8_t key[TARGET_KEY_SIZE];
    target_key_write(key, id);
    struct bytes value;
    enum status status = store_get(txn, TABLE_TARGET, bytes_of(key, sizeof key), &value);
    if (status == ST_NOT_FOUND) {
        memset(&t->record, 0, sizeof t->record);
        t->id = *id;
        t->exists = false;
        t->live = 0;
        t->counted = (struct target_counted){0};
        return ST_OK;
    }
    if (status == ST_OK) status = target_decode(id, value, t);
    if (status != ST_OK) engine_read_failed(txn, status, "target", error);
    return status;
}

static struct bytes encode(const struct target *t, uint8_t value[TARGET_ROW_MAX])
{
    size_t size = target_record_write(value, &t->record), tail = tail_size(&t->record);
    if (tail) memcpy(value + size, t->tail, tail);
    return bytes_of(value, size + tail);
}

/* What is counted follows what is stored. */
static void count_moved(struct applying *a, struct target *t, uint8_t live,
                        struct target_counted counted)
{
    if (t->live != live) guard_live_move(a->engine, t->id.account, t->live, live);
    t->live = live;
    target_count_move(a->engine->counting, t->id.account, &t->counted, &counted);
    t->counted = counted;
}

/* What follows from the rest of a row that is about to be stored. */
static void finish_row(struct applying *a, struct target *t)
{
    t->record.late_ms = target_late_ms(&t->record, a->command->now_ms);
    count_moved(a, t, guard_live_of(&t->record), target_counted_of(&t->record));
}

void target_save(struct applying *a, struct target *t)
{
    finish_row(a, t);
    uint8_t key[TARGET_KEY_SIZE], value[TARGET_ROW_MAX];
    target_key_write(key, &t->id);
    store_put(a->txn, TABLE_TARGET, bytes_of(key, sizeof key), encode(t, value));
    t->exists = true;
}

/* Where the cursor stands: its row is not searched for again. */
static enum status save_at(struct applying *a, struct target *t, struct store_cursor *cursor)
{
    uint8_t value[TARGET_ROW_MAX];
    finish_row(a, t);
    return store_cursor_put(cursor, encode(t, value));
}

/* ---- gone */

void target_delete(struct applying *a, struct target *t)
{
    if (guard_watches(a)) guard_unknown(a, t); /* what the same command did to it is not shown */
    count_moved(a, t, 0, (struct target_counted){0});
    drift_gone(a, t);
    target_dequeue(a, t);
    if (t->record.flags & TARGET_UNRESOLVED) {
        struct key key = {0};
        key_u32(&key, t->id.account);
        key_u64(&key, (uint64_t)t->record.look_ms);
        key_target(&key, &t->id);
        store_delete(a->txn, TABLE_UNRESOLVED, key_bytes(&key));
    }
    struct key key = {0};
    key_target(&key, &t->id);
    store_delete(a->txn, TABLE_TARGET, key_bytes(&key));
}

/* ---- wanted */

void target_try_again(struct target *t)
{
    if (!(t->record.flags & TARGET_REJECTED)) return;
    t->record.flags &= ~(uint32_t)TARGET_REJECTED;
    t->record.due_ms = 0;
    t->record.attempts = 0;
}

void target_unsort(struct applying *a, struct target *t)
{
    if (!routes_chosen(engine_rules(a->engine, t->id.account))) return;
    if (t->record.group != ROUTE_UNSORTED) target_dequeue(a, t); /* found by the group */
    t->record.group = ROUTE_UNSORTED;
    t->record.choice = 0;
}

enum status target_recompute(struct applying *a, struct target *t,
                             const struct listing_view *listing)
{
    struct allocation to;
    enum status status = allocate(a, t, listing, &to);
    if (status != ST_OK) return status;
    struct target_record *r = &t->record;
    uint16_t foreign = r->hold & HOLD_FOREIGN; /* until a person says otherwise */
    if (r->hold & ~foreign && !to.hold) target_try_again(t);
    r->hold = to.hold | foreign;
    r->direction = to.direction;
    if (r->group != to.group) target_dequeue(a, t); /* its row is found by the group */
    r->group = to.group;
    if (!to.known) {
        if (guard_watches(a)) guard_unknown(a, t);
        r->flags &= ~(uint32_t)TARGET_WANTED;
        return ST_OK;
    }
    r->zero_reason = to.zero_reason;
    r->capped = to.capped;
    if (r->flags & TARGET_WANTED && r->wanted_value == to.value) return ST_OK;
    if (guard_watches(a)) guard_changed(a, t, target_figure(r), to.value);
    if (a->counted_hour) guard_was_counted(a, t, target_figure(r), to.value);
    r->flags |= TARGET_WANTED;
    r->flags &= ~(uint32_t)TARGET_LEFT;
    r->wanted_value = to.value;
    r->wanted_ms = a->command->now_ms;
    r->wanted_revision = applying_sequence(a);
    outcome_unask(a, t);
    target_unsort(a, t);
    target_try_again(t); /* rejected was another figure: this one gets its own answer */
    return ST_OK;
}

enum status target_listing(struct applying *a, const struct target_id *id,
                           struct listing_view *listing)
{
    uint8_t key[12];
    bytes_put_u32(key, id->account);
    bytes_put_u64(key + 4, id->listing);
    struct bytes value;
    enum status status = store_get(a->txn, TABLE_LISTING, bytes_of(key, sizeof key), &value);
    if (status == ST_OK && listing_read(value, listing) == ST_OK) return ST_OK;
    if (status == ST_NOT_FOUND) return status;
    engine_read_failed(a->txn, ST_DAMAGED, "listing", a->error);
    return ST_DAMAGED;
}

/* Brings it in line with the facts; true when its row has to be written. */
static enum status refresh(struct applying *a, struct target *t, const struct listing_view *listing,
                           bool *changed)
{
    struct target_record before = t->record;
    enum status status = target_recompute(a, t, listing);
    if (status != ST_OK) return status;
    if (listing) target_unsort(a, t); /* its routes may be others now */
    target_settle(a, t);
    *changed = !t->exists || memcmp(&before, &t->record, sizeof before) != 0;
    return ST_OK;
}

enum status target_refresh(struct applying *a, const struct target_id *id)
{
    struct target target;
    struct listing_view listing;
    bool changed = false;
    enum status status = target_load(a->txn, id, &target, a->error);
    if (status == ST_OK && !target.exists) target.record.closed_ms = target_paced_from(a, id);
    if (status == ST_OK) status = target_listing(a, id, &listing);
    if (status == ST_NOT_FOUND)
        status = engine_read_failed(a->txn, ST_DAMAGED, "listing", a->error);
    if (status == ST_OK) status = refresh(a, &target, &listing, &changed);
    if (status == ST_OK && changed) target_save(a, &target);
    return status;
}

enum status target_refresh_product(struct applying *a, uint64_t product, uint32_t warehouse)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    if (d->link_count == 0) return ST_OK;
    if (!a->engine->targets) a->engine->targets = store_cursor(a->txn, TABLE_TARGET);
    struct store_cursor *cursor = a->engine->targets;
    uint8_t prefix[8];
    bytes_put_u64(prefix, product);
    struct bytes key, value;
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    while (status == ST_OK && key.size == TARGET_KEY_SIZE &&
           key_starts(key, bytes_of(prefix, sizeof prefix))) {
        struct target target;
        struct target_id id = target_key_read(key.data);
        if (warehouse == 0 || directory_feeds(d, warehouse, id.account, id.remote)) {
            bool changed = false;
            status = target_decode(&id, value, &target);
            if (status == ST_OK) status = refresh(a, &target, NULL, &changed);
            if (status == ST_OK && changed) status = save_at(a, &target, cursor);
            if (status != ST_OK) break;
        }
        status = store_next(cursor, &key, &value);
    }
    return engine_read_failed(a->txn, status, "target", a->error);
}

enum status target_taken_since(struct applying *a, const struct rows_head *head, uint64_t listing,
                               uint64_t product, bool *since)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    for (uint32_t i = 0; i < d->remote_count && !*since; i++) {
        const struct target_id id = {.product = product,
                                     .listing = listing,
                                     .account = head->account,
                                     .remote = d->remotes[i].no};
        struct target t;
        if (d->remotes[i].account != head->account) continue;
        enum status status = target_load(a->txn, &id, &t, a->error);
        if (status != ST_OK) return status;
        const struct target_record *r = &t.record;
        /* What was sent in another time than the head's cannot be held against it. */
        *since = t.exists && r->flags & TARGET_ACKED && r->acked_value > 0 &&
                 r->acked_value == r->sent_value && r->closed_ms > head->begun_ms &&
                 !target_sent_before(a, &t, head->other_time_ms);
    }
    return ST_OK;
}

enum status target_doubt_listing(struct applying *a, uint32_t account, uint64_t listing,
                                 uint64_t product, bool ended)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    for (uint32_t i = 0; i < d->remote_count; i++) {
        const struct target_id id = {
            .product = product, .listing = listing, .account = account, .remote = d->remotes[i].no};
        struct target t;
        if (d->remotes[i].account != account) continue;
        enum status status = target_load(a->txn, &id, &t, a->error);
        if (status != ST_OK) return status;
        if (!t.exists || t.record.flags & (TARGET_OPEN | TARGET_UNRESOLVED)) continue;
        target_forget_acked(&t);
        t.record.flags &= ~(uint32_t)TARGET_OBSERVED;
        if (ended) {
            target_observed(a, &t, 0, a->command->now_ms);
            if (t.record.flags & TARGET_WANTED && t.record.wanted_value == 0 &&
                !(t.record.flags & (TARGET_REJECTED | TARGET_FORCED))) {
                t.record.flags |= TARGET_ACKED;
                t.record.acked_value = 0;
                t.record.acked_revision = t.record.wanted_revision;
                t.record.acked_ms = a->command->now_ms;
            }
        }
        target_settle(a, &t);
        target_save(a, &t);
    }
    return ST_OK;
}

enum status target_refresh_listing(struct applying *a, uint32_t account, uint64_t listing,
                                   uint64_t product)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    for (uint32_t i = 0; i < d->remote_count; i++) {
        const struct directory_remote *remote = &d->remotes[i];
        if (remote->account != account || remote->link_count == 0) continue;
        const struct target_id id = {
            .product = product, .listing = listing, .account = account, .remote = remote->no};
        enum status status = target_refresh(a, &id);
        if (status != ST_OK) return status;
    }
    return ST_OK;
}
