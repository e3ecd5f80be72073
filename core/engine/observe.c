/* COMMAND_ROWS: what a step told, applied row by row in one transaction (I3). */
#include "engine/account.h"
#include "engine/apply.h"
#include "engine/flight.h"
#include "engine/listing.h"
#include "engine/observe_check.h"
#include "engine/order.h"
#include "engine/outcome.h"
#include "engine/place.h"
#include "engine/route.h"
#include "engine/rows.h"
#include "engine/send.h"

/* A row that cannot be kept is left out, the rest of the step is used. */
static bool fits(const struct wire_reader *r, const uint8_t *begin, struct bytes id)
{
    enum { ROW_MAX = RECORD_MAX - 1024 }; /* a record is hardly longer than the row that told it */
    return r->ok && r->at - begin <= ROW_MAX && id.size > 0 && id.size <= KEY_TEXT_MAX;
}

static enum status take_listing(struct applying *a, const struct rows_head *head,
                                struct wire_reader *r)
{
    bool keep_data;
    const uint8_t *begin = r->at;
    struct listing_view seen = rows_listing_read(r, &keep_data);
    if (!fits(r, begin, seen.id)) return ST_OK;
    seen.data_version = head->data_version;
    return listing_seen(a, head, &seen, keep_data);
}

/* The product under which the listing's targets are, and since when it is known to be ended (0: it
 * is not, or its figure counts all the same). */
static enum status listing_product(struct applying *a, uint32_t account, uint64_t listing,
                                   uint64_t *product, int64_t *ended_ms)
{
    uint8_t key[12];
    bytes_put_u32(key, account);
    bytes_put_u64(key + 4, listing);
    struct bytes value;
    struct listing_view view;
    enum status status = store_get(a->txn, TABLE_LISTING, bytes_of(key, sizeof key), &value);
    if (status == ST_OK) status = listing_read(value, &view);
    if (status != ST_OK) {
        engine_read_failed(a->txn, ST_DAMAGED, "listing", a->error);
        return ST_DAMAGED;
    }
    *product = view.product ? view.product : view.former;
    bool ended = view.state == LISTING_ENDED && !routes_add(engine_rules(a->engine, account));
    *ended_ms = ended ? view.seen_ms : 0;
    return ST_OK;
}

/* False: it cannot be, and is not kept. */
static bool save_observed(struct applying *a, const struct rows_head *head,
                          const struct seen_stock *seen, uint64_t listing, uint32_t remote)
{
    const struct observed_record record = {
        .quantity = seen->kind == OBSERVED_NUMBER ? seen->quantity : FIGURE_UNKNOWN,
        .reserved = seen->reserved,
        .marketplace_ms = seen->marketplace_ms,
        .read_ms = head->received_ms,
        .kind = (uint8_t)seen->kind,
        .read_only = seen->read_only,
        .reading = head->reading,
    };
    struct key key = {0};
    key_u32(&key, head->account);
    key_u64(&key, listing);
    key_u32(&key, remote);
    key_add(&key, bytes_of(seen->type.data,
                           seen->type.size <= KEY_TEXT_MAX ? seen->type.size : KEY_TEXT_MAX));
    if (!observe_check_twice(a, head, seen, key_bytes(&key))) return false;
    store_put(a->txn, TABLE_OBSERVED, key_bytes(&key), bytes_of(&record, sizeof record));
    applying_sequence(a);
    return true;
}

/* When the reading began, in the time of the target's last write. */
static int64_t begun_for(const struct applying *a, const struct rows_head *head,
                         const struct target *target)
{
    enum { BEFORE_ALL_MS = 1 };
    return target_sent_before(a, target, head->other_time_ms) ? BEFORE_ALL_MS : head->begun_ms;
}

static enum status take_stock(struct applying *a, const struct rows_head *head,
                              struct wire_reader *r)
{
    const uint8_t *begin = r->at;
    struct seen_stock seen = rows_stock_read(r);
    uint64_t listing, product = 0;
    uint32_t remote = 0;
    if (!fits(r, begin, seen.remote)) return ST_OK;
    enum status status = listing_find(a, head->account, seen.listing, &listing);
    if (status != ST_OK || !observe_check_stock(a, head, &seen, listing)) return status;
    if (!listing) return status; /* of a listing not read yet: it comes again */
    const struct remote_view place = {.id = seen.remote,
                                      .name = seen.remote_name,
                                      .kind = seen.type,
                                      .writable = false,
                                      .marketplace = seen.read_only,
                                      .read_ms = seen.read_only ? a->command->now_ms : 0,
                                      .why = seen.read_only ? bytes_text("kept by the marketplace")
                                                            : bytes_text("not listed yet")};
    status = remote_number(a, head->account, &place, &remote);
    if (status == ST_TOO_BIG) return ST_OK; /* one warehouse too many is left out */
    if (status != ST_OK) return status;
    if (!save_observed(a, head, &seen, listing, remote) || seen.read_only) return ST_OK;
    int64_t ended_ms;
    status = listing_product(a, head->account, listing, &product, &ended_ms);
    if (status != ST_OK || !product) return status;
    const struct target_id id = {
        .product = product, .listing = listing, .account = head->account, .remote = remote};
    struct target target;
    if (seen.reserved != FIGURE_UNKNOWN) status = order_check_reserved(a, &id, seen.reserved);
    if (status == ST_OK) status = target_load(a->txn, &id, &target, a->error);
    if (status != ST_OK || !target.exists) return status;
    /* Not on sale counts as showing 0, unless a write since may have brought it back. */
    bool open = target.record.flags & (TARGET_OPEN | TARGET_UNRESOLVED);
    if (ended_ms && !open && target.record.sent_ms < ended_ms && seen.kind == OBSERVED_NUMBER)
        seen.quantity = 0;
    const struct drift_reading reading = {.kind = seen.kind,
                                          .quantity = seen.quantity,
                                          .begun_ms = begun_for(a, head, &target),
                                          .read_ms = head->received_ms,
                                          .drained_ms = head->drained_ms};
    return outcome_observed(a, &target, &reading, ended_ms != 0);
}

enum { TARGET_FIELD_NOTE, TARGET_FIELD_DATA };

static enum status take_target_field(struct applying *a, const struct rows_head *head,
                                     struct wire_reader *r, int field)
{
    struct target_id id = rows_target_read(r);
    struct bytes data = wire_get_bytes(r);
    struct target target;
    enum status status = target_load(a->txn, &id, &target, a->error);
    if (status != ST_OK || !target.exists) return status;
    applying_sequence(a);
    if (field == TARGET_FIELD_NOTE)
        target_note_set(&target, data, head->data_version);
    else
        target_data_set(&target, data, head->data_version);
    target_save(a, &target);
    return ST_OK;
}

/* The plugin's notes to itself are no change that the log tells of: a drain of orders that finds
 * nothing moves its cursor, every few seconds. */
static enum status take_state(struct applying *a, const struct rows_head *head,
                              struct wire_reader *r)
{
    struct bytes name = wire_get_bytes(r), data = wire_get_bytes(r), old;
    if (name.size == 0 || name.size > KEY_TEXT_MAX) return ST_OK;
    struct key key = {0};
    key_u32(&key, head->account);
    key_add(&key, name);
    bool there = store_get(a->txn, TABLE_ACCOUNT_STATE, key_bytes(&key), &old) == ST_OK;
    if (data.size == 0) {
        if (!there) return ST_OK;
        engine_touch_state(a->engine, head->account);
        store_delete(a->txn, TABLE_ACCOUNT_STATE, key_bytes(&key));
        return ST_OK;
    }
    struct buf *value = &a->engine->record;
    buf_reset(value);
    wire_put_u64(value, head->data_version);
    buf_add(value, data.data, data.size);
    const struct bytes now = bytes_of(value->data, value->size);
    if (there && bytes_equal(old, now)) return ST_OK;
    engine_touch_state(a->engine, head->account);
    store_put(a->txn, TABLE_ACCOUNT_STATE, key_bytes(&key), now);
    return ST_OK;
}

static enum status take_complete(struct applying *a, const struct rows_head *head,
                                 struct wire_reader *r)
{
    enum rows_scope scope = (enum rows_scope)wire_get_u8(r);
    wire_get_bytes(r);
    if (!r->ok || scope == SCOPE_ITEMS || scope == SCOPE_WAREHOUSE) return ST_OK;
    return account_complete(a, head->account, scope, head->begun_ms);
}

static enum status take_account(struct applying *a, const struct rows_head *head,
                                struct wire_reader *r)
{
    struct account_fact fact = rows_account_read(r);
    return r->ok ? account_learn(a, head->account, &fact) : ST_OK;
}

static enum status take_outcome(struct applying *a, struct wire_reader *r)
{
    struct outcome outcome = rows_outcome_read(r);
    return r->ok ? outcome_apply(a, &outcome) : ST_OK;
}

static enum status take_remote(struct applying *a, const struct rows_head *head,
                               struct wire_reader *r)
{
    const uint8_t *begin = r->at;
    struct remote_view remote = rows_remote_read(r);
    if (!fits(r, begin, remote.id)) return ST_OK;
    enum status status = remote_seen(a, head->account, &remote);
    return status == ST_TOO_BIG ? ST_OK : status; /* one warehouse too many is left out */
}

static enum status take_listing_data(struct applying *a, const struct rows_head *head,
                                     struct wire_reader *r)
{
    uint64_t listing = wire_get_u64(r);
    struct bytes data = wire_get_bytes(r);
    return r->ok ? listing_data_put(a, head->account, listing, data, head->data_version) : ST_OK;
}

static enum status take_looked_data(struct applying *a, const struct rows_head *head,
                                    struct wire_reader *r)
{
    struct target_id id = rows_target_read(r);
    int64_t sent_ms = wire_get_i64(r);
    struct bytes data = wire_get_bytes(r);
    struct target target;
    if (!r->ok) return ST_OK;
    enum status status = target_load(a->txn, &id, &target, a->error);
    if (status != ST_OK || (target.exists && target.record.sent_ms != sent_ms)) return status;
    return listing_data_put(a, head->account, id.listing, data, head->data_version);
}

static enum status take_order_line(struct applying *a, const struct rows_head *head,
                                   struct wire_reader *r)
{
    const uint8_t *begin = r->at;
    struct bytes line = wire_get_bytes(r);
    struct order_view told = order_told_read(r);
    return fits(r, begin, line) ? order_seen(a, head->account, line, &told, head->drained_ms)
                                : ST_OK;
}

static enum status take_drained(struct applying *a, const struct rows_head *head,
                                struct wire_reader *r)
{
    int64_t begun_ms = wire_get_i64(r);
    return r->ok ? order_drained(a, head->account, begun_ms) : ST_OK;
}

static enum status take_malformed(struct applying *a, const struct rows_head *head,
                                  struct wire_reader *r)
{
    struct bytes what = wire_get_bytes(r), place = wire_get_bytes(r);
    const struct run_bad bad = {
        .code = bytes_text("malformed"), .text = what, .place = place, .figure = FIGURE_UNKNOWN};
    if (r->ok) observe_refuse(a, head, &bad);
    return ST_OK;
}

static enum status take_row(struct applying *a, const struct rows_head *head, enum row_tag tag,
                            struct wire_reader *r)
{
    struct bytes name, data;
    switch (tag) {
    case ROW_REMOTE: return take_remote(a, head, r);
    case ROW_LISTING: return take_listing(a, head, r);
    case ROW_STOCK: return take_stock(a, head, r);
    case ROW_COMPLETE: return take_complete(a, head, r);
    case ROW_OUTCOME: return take_outcome(a, r);
    case ROW_NOTE: return take_target_field(a, head, r, TARGET_FIELD_NOTE);
    case ROW_TARGET_DATA: return take_target_field(a, head, r, TARGET_FIELD_DATA);
    case ROW_LISTING_DATA: return take_listing_data(a, head, r);
    case ROW_LOOKED_DATA: return take_looked_data(a, head, r);
    case ROW_STATE: return take_state(a, head, r);
    case ROW_ACCOUNT: return take_account(a, head, r);
    case ROW_QUOTA:
        name = wire_get_bytes(r);
        data = wire_get_bytes(r);
        if (r->ok && name.size && name.size < KEY_MAX) store_put(a->txn, TABLE_QUOTA, name, data);
        return ST_OK;
    case ROW_FLIGHT_ENDED: flight_delete(a, head->account, wire_get_bytes(r)); return ST_OK;
    case ROW_ORDER_LINE: return take_order_line(a, head, r);
    case ROW_DRAINED: return take_drained(a, head, r);
    case ROW_MALFORMED: return take_malformed(a, head, r);
    case ROW_END: break;
    }
    r->ok = false;
    return ST_OK;
}

enum status apply_rows(struct applying *a, struct wire_reader *r)
{
    struct rows_head head = rows_head_read(r);
    enum status status = ST_OK;
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    if (r->ok && !directory_account(d, head.account))
        return error_set(a->error, ST_NOT_FOUND, "account %u is not known", head.account);
    struct bytes batch = {0};
    while (r->ok && !wire_at_end(r) && status == ST_OK) {
        enum row_tag tag = (enum row_tag)wire_get_u8(r);
        struct wire_reader before = *r;
        status = take_row(a, &head, tag, r);
        if (tag == ROW_FLIGHT_ENDED) batch = wire_get_bytes(&before);
    }
    if (status == ST_OK && r->ok) send_flush(a, head.account, batch);
    return status;
}
