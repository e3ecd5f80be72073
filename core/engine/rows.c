/* Writing and reading the rows of COMMAND_ROWS. */
#include "engine/rows.h"

/* 1: without drained_ms and other_time_ms; 2: without what is of its run */
enum { ROWS_VERSION = 3 };

void rows_begin(struct buf *out, const struct rows_head *head)
{
    wire_put_u8(out, ROWS_VERSION);
    wire_put_u64(out, head->account);
    wire_put_u64(out, head->data_version);
    wire_put_i64(out, head->begun_ms);
    wire_put_i64(out, head->received_ms);
    wire_put_i64(out, head->drained_ms);
    wire_put_i64(out, head->other_time_ms);
    wire_put_u64(out, head->reading);
    wire_put_u64(out, head->run);
    wire_put_u64(out, head->refused);
}

struct rows_head rows_head_read(struct wire_reader *r)
{
    uint8_t version = wire_get_u8(r);
    if (version == 0 || version > ROWS_VERSION) r->ok = false;
    struct rows_head head = {0};
    head.account = wire_get_u32(r);
    head.data_version = wire_get_u32(r);
    head.begun_ms = wire_get_i64(r);
    head.received_ms = wire_get_i64(r);
    if (version > 1) head.drained_ms = wire_get_i64(r);
    if (version > 1) head.other_time_ms = wire_get_i64(r);
    if (version > 2) head.reading = wire_get_u32(r);
    if (version > 2) head.run = wire_get_u64(r);
    if (version > 2) head.refused = wire_get_u64(r);
    return head;
}

/* NULL data means "keep what is there": one byte tells it from empty text. */
static void put_optional(struct buf *out, struct bytes bytes)
{
    wire_put_u8(out, bytes.data != NULL);
    if (bytes.data) wire_put_bytes(out, bytes);
}

static struct bytes get_optional(struct wire_reader *r)
{
    return wire_get_u8(r) ? wire_get_bytes(r) : bytes_of(NULL, 0);
}

static void put_target(struct buf *out, const struct target_id *target)
{
    uint8_t at[TARGET_KEY_SIZE];
    target_key_write(at, target);
    buf_add(out, at, sizeof at);
}

struct target_id rows_target_read(struct wire_reader *r)
{
    if (r->end - r->at < TARGET_KEY_SIZE) {
        r->ok = false;
        return (struct target_id){0};
    }
    struct target_id target = target_key_read(r->at);
    r->at += TARGET_KEY_SIZE;
    return target;
}

void rows_remote(struct buf *out, const struct remote_view *remote)
{
    wire_put_u8(out, ROW_REMOTE);
    wire_put_bytes(out, remote->id);
    wire_put_bytes(out, remote->name);
    wire_put_bytes(out, remote->kind);
    wire_put_bytes(out, remote->why);
    wire_put_u8(out, (uint8_t)(remote->writable | remote->is_default << 1 | remote->gone << 2 |
                               remote->marketplace << 3));
    wire_put_i64(out, remote->closed_until_ms);
}

struct remote_view rows_remote_read(struct wire_reader *r)
{
    struct remote_view remote = {0};
    remote.id = wire_get_bytes(r);
    remote.name = wire_get_bytes(r);
    remote.kind = wire_get_bytes(r);
    remote.why = wire_get_bytes(r);
    uint8_t bits = wire_get_u8(r);
    remote.writable = bits & 1;
    remote.is_default = (bits & 2) != 0;
    remote.gone = (bits & 4) != 0;
    remote.marketplace = (bits & 8) != 0;
    remote.closed_until_ms = wire_get_i64(r);
    return remote;
}

void rows_listing(struct buf *out, const struct listing_view *l, bool keep_data)
{
    wire_put_u8(out, ROW_LISTING);
    wire_put_u8(out, (uint8_t)l->state);
    wire_put_bytes(out, l->id);
    wire_put_bytes(out, l->group);
    wire_put_bytes(out, l->title);
    wire_put_bytes(out, l->code);
    wire_put_bytes(out, l->text);
    wire_put_u8(out, keep_data);
    if (!keep_data) wire_put_bytes(out, l->data);
    wire_put_u64(out, l->key_count);
    for (uint32_t i = 0; i < l->key_count; i++) {
        wire_put_bytes(out, l->keys[i].kind);
        wire_put_bytes(out, l->keys[i].value);
    }
}

struct listing_view rows_listing_read(struct wire_reader *r, bool *keep_data)
{
    struct listing_view l = {0};
    l.state = (enum listing_state)wire_get_u8(r);
    l.id = wire_get_bytes(r);
    l.group = wire_get_bytes(r);
    l.title = wire_get_bytes(r);
    l.code = wire_get_bytes(r);
    l.text = wire_get_bytes(r);
    *keep_data = wire_get_u8(r) != 0;
    if (!*keep_data) l.data = wire_get_bytes(r);
    l.key_count = wire_get_u32(r);
    if (l.key_count > LISTING_KEYS_MAX || (unsigned)l.state >= LISTING_STATES) {
        r->ok = false;
        l.key_count = 0;
    }
    for (uint32_t i = 0; i < l.key_count; i++) {
        l.keys[i].kind = wire_get_bytes(r);
        l.keys[i].value = wire_get_bytes(r);
    }
    return l;
}

void rows_stock(struct buf *out, const struct seen_stock *s)
{
    wire_put_u8(out, ROW_STOCK);
    wire_put_bytes(out, s->remote);
    wire_put_bytes(out, s->remote_name);
    wire_put_bytes(out, s->listing);
    wire_put_bytes(out, s->type);
    wire_put_u8(out, (uint8_t)s->kind);
    wire_put_u8(out, s->read_only);
    wire_put_i64(out, s->quantity);
    wire_put_i64(out, s->reserved);
    wire_put_i64(out, s->marketplace_ms);
}

struct seen_stock rows_stock_read(struct wire_reader *r)
{
    struct seen_stock s = {0};
    s.remote = wire_get_bytes(r);
    s.remote_name = wire_get_bytes(r);
    s.listing = wire_get_bytes(r);
    s.type = wire_get_bytes(r);
    s.kind = (enum observed_kind)wire_get_u8(r);
    s.read_only = wire_get_u8(r) != 0;
    s.quantity = wire_get_i64(r);
    s.reserved = wire_get_i64(r);
    s.marketplace_ms = wire_get_i64(r);
    return s;
}

void rows_complete(struct buf *out, enum rows_scope scope, struct bytes id)
{
    wire_put_u8(out, ROW_COMPLETE);
    wire_put_u8(out, (uint8_t)scope);
    wire_put_bytes(out, id);
}

static const char *const outcome_names[] = {
    "",         "ok",         "accepted", "retry",  "throttled", "changed",
    "rejected", "unresolved", "split",    "unsent", "look",      "again",
};

const char *outcome_kind_name(enum outcome_kind kind)
{
    return (unsigned)kind < sizeof outcome_names / sizeof *outcome_names ? outcome_names[kind] : "";
}

void rows_outcome(struct buf *out, const struct outcome *o)
{
    wire_put_u8(out, ROW_OUTCOME);
    put_target(out, &o->target);
    wire_put_u64(out, o->revision);
    wire_put_i64(out, o->value);
    wire_put_u8(out, (uint8_t)o->kind);
    wire_put_i64(out, o->until_ms);
    wire_put_i64(out, o->observed);
    wire_put_i64(out, o->sent_ms);
    wire_put_bytes(out, o->code);
    wire_put_bytes(out, o->text);
}

struct outcome rows_outcome_read(struct wire_reader *r)
{
    struct outcome o = {.target = rows_target_read(r)};
    o.revision = wire_get_u64(r);
    o.value = wire_get_i64(r);
    o.kind = (enum outcome_kind)wire_get_u8(r);
    o.until_ms = wire_get_i64(r);
    o.observed = wire_get_i64(r);
    o.sent_ms = wire_get_i64(r);
    o.code = wire_get_bytes(r);
    o.text = wire_get_bytes(r);
    return o;
}

void rows_note(struct buf *out, const struct target_id *target, struct bytes note)
{
    wire_put_u8(out, ROW_NOTE);
    put_target(out, target);
    wire_put_bytes(out, note);
}

void rows_target_data(struct buf *out, const struct target_id *target, struct bytes data)
{
    wire_put_u8(out, ROW_TARGET_DATA);
    put_target(out, target);
    wire_put_bytes(out, data);
}

void rows_listing_data(struct buf *out, uint64_t listing, struct bytes data)
{
    wire_put_u8(out, ROW_LISTING_DATA);
    wire_put_u64(out, listing);
    wire_put_bytes(out, data);
}

void rows_looked_data(struct buf *out, const struct target_id *target, int64_t sent_ms,
                      struct bytes data)
{
    wire_put_u8(out, ROW_LOOKED_DATA);
    put_target(out, target);
    wire_put_i64(out, sent_ms);
    wire_put_bytes(out, data);
}

void rows_state(struct buf *out, const char *name, struct bytes data)
{
    wire_put_u8(out, ROW_STATE);
    wire_put_text(out, name);
    wire_put_bytes(out, data);
}

void rows_account(struct buf *out, const struct account_fact *fact)
{
    wire_put_u8(out, ROW_ACCOUNT);
    put_optional(out, fact->identity);
    put_optional(out, fact->epoch);
    put_optional(out, fact->warnings);
    put_optional(out, fact->abilities);
    wire_put_i64(out, fact->key_expires_ms);
    wire_put_u8(out, fact->checked);
    wire_put_u64(out, fact->print);
}

struct account_fact rows_account_read(struct wire_reader *r)
{
    struct account_fact fact = {0};
    fact.identity = get_optional(r);
    fact.epoch = get_optional(r);
    fact.warnings = get_optional(r);
    fact.abilities = get_optional(r);
    fact.key_expires_ms = wire_get_i64(r);
    fact.checked = wire_get_u8(r) != 0;
    fact.print = wire_get_u64(r);
    return fact;
}

void rows_quota(struct buf *out, const char *bucket, struct bytes state)
{
    wire_put_u8(out, ROW_QUOTA);
    wire_put_text(out, bucket);
    wire_put_bytes(out, state);
}

void rows_malformed(struct buf *out, const char *what, const char *place)
{
    wire_put_u8(out, ROW_MALFORMED);
    wire_put_text(out, what);
    wire_put_text(out, place ? place : "");
}

void rows_flight_ended(struct buf *out, const uint8_t operation[OPERATION_ID_SIZE])
{
    wire_put_u8(out, ROW_FLIGHT_ENDED);
    wire_put_bytes(out, bytes_of(operation, OPERATION_ID_SIZE));
}

void rows_order_line(struct buf *out, struct bytes line, const struct order_view *order)
{
    wire_put_u8(out, ROW_ORDER_LINE);
    wire_put_bytes(out, line);
    order_told_write(out, order);
}

void rows_drained(struct buf *out, int64_t begun_ms)
{
    wire_put_u8(out, ROW_DRAINED);
    wire_put_i64(out, begun_ms);
}
