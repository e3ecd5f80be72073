/* Queries: targets and the state that is shown for them. */
#include "engine/target.h"
#include "query/rows.h"

static const char *const state_names[STATE_COUNT] = {
    "off", "parked", "held", "unresolved", "in-flight", "rejected", "dirty", "synced",
};

const char *target_state_name(enum target_state state)
{
    return (unsigned)state < STATE_COUNT ? state_names[state] : "";
}

int target_state_parse(const char *name)
{
    for (int i = 0; i < STATE_COUNT; i++)
        if (strcmp(state_names[i], name) == 0) return i;
    return -1;
}

const char *zero_reason_name(enum zero_reason reason)
{
    static const char *const names[] = {"",       "stock", "shortfall", "share", "pack",
                                        "buffer", "min",   "cap",       "off"};
    return (unsigned)reason < sizeof names / sizeof *names ? names[reason] : "";
}

/* ---- the state */

bool query_target_failed(const struct query_target *t)
{
    const struct target_record *r = &t->record;
    return r->flags & TARGET_ERROR || (r->flags & TARGET_PAUSE && r->attempts);
}

bool query_target_is_put_off(const struct query_target *t)
{
    const struct target_record *r = &t->record;
    return !(r->flags & TARGET_PAUSE) && r->due_ms && r->due_ms >= r->queued_due_ms;
}

static const char *unresolved_sentence(uint32_t flags)
{
    if (flags & TARGET_ABANDONED)
        return "a write got lost; only decreases pass it until it is read back";
    if (flags & TARGET_TAKEN) return "the marketplace took it; whether it is shown is looked for";
    return "a write was not answered; it is looked for";
}

static const char *hold_sentence(const struct query_target *t)
{
    uint16_t hold = t->record.hold;
    if (hold & HOLD_NEVER) return "nothing is linked to it any more";
    if (hold & HOLD_UNCOUNTED) return "the stock of a linked warehouse was never counted";
    if (hold & HOLD_LISTING) return "the marketplace does not let this listing's stock be set now";
    if (hold & HOLD_EPOCH)
        return "the marketplace's catalogue changed, and this listing was not seen in it";
    if (hold == HOLD_FOREIGN)
        return "somebody else keeps overwriting it: `stockctl drift` shows with what; make them "
               "stop, then `stockctl drift resolve`";
    if (hold & HOLD_ROUTE)
        return "the plugin has no way to write this listing's stock as it is now";
    if (!t->remote || t->remote->gone) return "the remote warehouse is gone";
    if (t->remote->read_ms == 0) return "the remote warehouse was not seen at the marketplace yet";
    if (t->remote->why[0]) return t->remote->why;
    return "the remote warehouse may not be written to now";
}

static const char *dirty_sentence(const struct target_record *r)
{
    bool same = r->sent_revision && r->wanted_value == r->sent_value;
    if (r->flags & TARGET_ERROR && same) return "the last attempt failed; it is tried again";
    if (r->flags & TARGET_FORCED) return "it is to be sent again";
    return r->sent_revision ? "its figure changed" : "it was never sent";
}

static bool there_already(const struct target_record *r)
{
    return r->flags & TARGET_ACKED && r->acked_value == r->wanted_value;
}

static const char *blocked_sentence(const struct target_record *r)
{
    bool known = r->flags & (TARGET_ACKED | TARGET_OBSERVED);
    bool none = (r->flags & (TARGET_COMPARES | TARGET_ASKED)) == TARGET_COMPARES;
    if (!known && !none)
        return "what it shows is not known yet, so whether it would rise or fall is not either: it "
               "is about to be read";
    return r->direction == DIRECTION_UP ? "it may only rise (up-only), and the figure fell"
                                        : "it may only fall (down-only), and the figure rose";
}

static void derive_state(const struct query *query, struct query_target *t)
{
    uint32_t flags = t->record.flags;
    t->why = query->off ? query->off(query->off_ctx, t->id.account) : NULL;
    if (t->why) {
        t->state = STATE_OFF;
    } else if (t->account && t->account->paused) {
        t->state = STATE_OFF;
        t->why = "the account is paused";
    } else if (t->account && t->account->parked) {
        t->state = STATE_PARKED;
        t->why = "the account is parked";
    } else if (t->record.hold & HOLD_OFF) {
        t->state = STATE_OFF;
        t->why = "switched off for this product; nothing is sent";
    } else if (t->record.hold) {
        t->state = STATE_HELD;
        t->why = hold_sentence(t);
    } else if (flags & TARGET_LEFT && !(flags & (TARGET_OPEN | TARGET_UNRESOLVED))) {
        t->state = STATE_HELD;
        t->why = "it was changed after the plan that was applied was made; plan and apply again";
    } else if (flags & TARGET_ASKED) {
        t->state = STATE_DIRTY;
        t->why = "what is there is being read, to be changed from";
    } else if (flags & TARGET_UNRESOLVED) {
        t->state = STATE_UNRESOLVED;
        t->why = unresolved_sentence(flags);
    } else if (flags & TARGET_OPEN) {
        t->state = STATE_IN_FLIGHT;
    } else if (flags & TARGET_REJECTED) {
        t->state = STATE_REJECTED;
    } else if (flags & TARGET_QUEUED) {
        t->state = STATE_DIRTY;
        t->why = dirty_sentence(&t->record);
    } else if (target_blocked(&t->record) && !there_already(&t->record)) {
        t->state = STATE_HELD;
        t->why = blocked_sentence(&t->record);
    } else if (t->record.flags & TARGET_WANTED && t->record.zero_reason == ZERO_OFF &&
               t->record.wanted_value == 0) {
        t->state = STATE_OFF;
        t->why = "switched off for this product; it shows 0";
    } else {
        t->state = STATE_SYNCED;
    }
}

/* ---- rows */

struct filtering {
    const struct query_targets *filter;
    const struct directory_account *account; /* NULL: any */
    bool (*row)(void *ctx, const struct query_target *target);
    void *ctx;
};

static struct query_target row_of(struct query *query, const struct target *t)
{
    struct query_target row = {
        .id = t->id,
        .account = directory_account(query->directory, t->id.account),
        .remote = directory_remote(query->directory, t->id.account, t->id.remote),
        .record = t->record,
        .note = target_note(t),
        .code = target_code(t),
        .text = target_text(t),
    };
    derive_state(query, &row);
    return row;
}

static enum status add_names(struct query *query, struct query_target *row)
{
    struct listing_view listing;
    enum status status = query_load_listing(query, row->id.account, row->id.listing, &listing);
    if (status != ST_OK && status != ST_NOT_FOUND) return status;
    row->listing = status == ST_OK ? listing.id : bytes_of("", 0);
    row->sku = query_sku(query, row->id.product);
    return ST_OK;
}

static enum look give(struct query *query, const struct filtering *f, const struct target *t)
{
    if (f->account && t->id.account != f->account->no) return LOOK_SKIP;
    struct query_target row = row_of(query, t);
    if (f->filter->state >= 0 && (int)row.state != f->filter->state) return LOOK_SKIP;
    if (f->filter->wants && !f->filter->wants(f->filter->wants_ctx, &row)) return LOOK_SKIP;
    if (add_names(query, &row) != ST_OK) return LOOK_BROKEN;
    return f->row(f->ctx, &row) ? LOOK_GIVEN : LOOK_STOP;
}

enum status query_target(struct query *query, const struct target_id *id,
                         struct query_target_memory *memory, struct query_target *row)
{
    struct target target;
    enum status status = target_load(query->txn, id, &target, query->error);
    if (status != ST_OK) return status;
    if (!target.exists) return ST_NOT_FOUND;
    *row = row_of(query, &target);
    const size_t code = row->note.size + row->record.data_size, text = code + row->code.size;
    memcpy(memory->tail, target.tail, text + row->text.size);
    row->note.data = memory->tail;
    row->code.data = memory->tail + code;
    row->text.data = memory->tail + text;
    return add_names(query, row);
}

static enum look look_target(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    struct target target;
    struct target_id id = {0};
    if (key.size == TARGET_KEY_SIZE) id = target_key_read(key.data);
    if (key.size != TARGET_KEY_SIZE || target_decode(&id, value, &target) != ST_OK)
        return query_damaged(query, TABLE_TARGET), LOOK_BROKEN;
    return give(query, ctx, &target);
}

/* A row of the outbox or of the unresolved writes: its key ends with the target's. */
static enum look look_waiting(struct query *query, void *ctx, struct bytes key, struct bytes value)
{
    (void)value;
    struct target target;
    if (key.size < TARGET_KEY_SIZE) return query_damaged(query, TABLE_OUTBOX), LOOK_BROKEN;
    struct target_id id = target_key_read((const uint8_t *)key.data + key.size - TARGET_KEY_SIZE);
    if (target_load(query->txn, &id, &target, query->error) != ST_OK) return LOOK_BROKEN;
    return target.exists ? give(query, ctx, &target) : LOOK_SKIP;
}

enum status query_targets(struct query *query, const struct query_targets *filter,
                          struct query_page *page,
                          bool (*row)(void *ctx, const struct query_target *target), void *ctx)
{
    struct filtering f = {.filter = filter, .row = row, .ctx = ctx};
    struct key prefix = {0};
    uint64_t product = 0;
    page->next_size = 0;
    enum status status = query_find_named(query, query_find_account, filter->account, filter->sku,
                                          &f.account, &product);
    if (status != ST_OK) return status;
    bool waiting = filter->state == STATE_DIRTY || filter->state == STATE_UNRESOLVED;
    if (f.account && !product && waiting) {
        key_u32(&prefix, f.account->no);
        return query_walk(query, filter->state == STATE_DIRTY ? TABLE_OUTBOX : TABLE_UNRESOLVED,
                          key_bytes(&prefix), page, look_waiting, &f);
    }
    if (product) key_u64(&prefix, product);
    if (product && f.account) key_u32(&prefix, f.account->no);
    return query_walk(query, TABLE_TARGET, key_bytes(&prefix), page, look_target, &f);
}

enum status query_target_counts(struct query *query, uint32_t account,
                                struct query_target_counts *counts)
{
    *counts = (struct query_target_counts){.whole = true};
    struct bytes key, value;
    struct store_cursor *cursor = store_cursor(query->txn, TABLE_TARGET);
    enum status status = store_next(cursor, &key, &value);
    for (uint32_t seen = 0; status == ST_OK; seen++) {
        struct query_target row = {0};
        if (seen == QUERY_COUNT_MAX) {
            counts->whole = false;
            break;
        }
        if (key.size != TARGET_KEY_SIZE || target_record_read(value, &row.record, NULL) != ST_OK) {
            status = ST_DAMAGED;
            break;
        }
        row.id = target_key_read(key.data);
        if (account == 0 || row.id.account == account) {
            row.account = directory_account(query->directory, row.id.account);
            derive_state(query, &row);
            counts->by_state[row.state]++;
        }
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return query_failed(query, status, TABLE_TARGET);
}
