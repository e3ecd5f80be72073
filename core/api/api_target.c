/* From a target's facts to its state, a sentence and JSON. */
#include "api/api_target.h"

#include <stdio.h>
#include <string.h>

static const char *const state_names[TARGET_STATES] = {
    "off", "parked", "held", "unresolved", "in-flight", "rejected", "dirty", "synced",
};

const char *target_state_name(enum target_state state)
{
    return (unsigned)state < TARGET_STATES ? state_names[state] : "";
}

int target_state_parse(const char *name)
{
    for (int i = 0; i < TARGET_STATES; i++)
        if (strcmp(state_names[i], name) == 0) return i;
    return -1;
}

bool target_facts_read(struct bytes key, struct bytes value, struct target_facts *facts)
{
    struct target_record *r = &facts->record;
    if (key.size != TARGET_KEY_SIZE || value.size < sizeof *r) return false;
    facts->id = target_key_read(key.data);
    memcpy(r, value.data, sizeof *r);
    size_t before = sizeof *r + r->note_size + r->data_size;
    if (value.size != before + r->code_size + r->text_size) return false;
    facts->code = bytes_of((const char *)value.data + before, r->code_size);
    facts->text = bytes_of((const char *)value.data + before + r->code_size, r->text_size);
    return true;
}

static bool is_dirty(const struct target_record *r)
{
    if (!(r->flags & TARGET_WANTED)) return false;
    if (r->flags & (TARGET_FORCED | TARGET_QUEUED | TARGET_ABANDONED)) return true;
    return !(r->flags & TARGET_ACKED) || r->acked_value != r->wanted_value;
}

enum target_state target_state_of(const struct target_record *r, const struct api_account *account)
{
    if (!account || account->state == SYNC_DISABLED) return TARGET_STATE_OFF;
    if (account->state == SYNC_PARKED) return TARGET_STATE_PARKED;
    if (r->hold) return TARGET_STATE_HELD;
    if (r->flags & TARGET_UNRESOLVED) return TARGET_STATE_UNRESOLVED;
    if (r->flags & TARGET_OPEN) return TARGET_STATE_IN_FLIGHT;
    if (r->flags & TARGET_REJECTED) return TARGET_STATE_REJECTED;
    return is_dirty(r) ? TARGET_STATE_DIRTY : TARGET_STATE_SYNCED;
}

/* ---- why */

static void uncounted(struct store_txn *txn, const struct directory *d,
                      const struct directory_remote *remote, uint64_t product, struct buf *out)
{
    const char *join = "never counted in ";
    for (uint32_t i = 0; remote && i < remote->link_count; i++) {
        uint8_t key[12];
        uint32_t no = d->links[remote->link_first + i].warehouse;
        bytes_put_u64(key, product);
        bytes_put_u32(key + 8, no);
        const struct directory_warehouse *warehouse = directory_warehouse(d, no);
        if (!warehouse || store_get(txn, TABLE_STOCK, bytes_of(key, sizeof key), NULL) == ST_OK)
            continue;
        buf_format(out, "%s%s", join, warehouse->key);
        join = ", ";
    }
}

static void held(struct store_txn *txn, const struct directory *d, const struct target_facts *f,
                 struct buf *out)
{
    const struct directory_remote *remote = directory_remote(d, f->id.account, f->id.remote);
    uint16_t hold = f->record.hold;
    if (hold & HOLD_NEVER) {
        buf_text(out, "no warehouse feeds it");
    } else if (hold & HOLD_UNCOUNTED) {
        uncounted(txn, d, remote, f->id.product, out);
    } else if (hold & HOLD_REMOTE) {
        const char *why = remote && remote->why[0] ? remote->why : "it takes no figures";
        buf_format(out, "the warehouse at the marketplace is %s: %s",
                   remote && remote->gone ? "gone" : "not writable now", why);
    } else if (hold & HOLD_LISTING) {
        uint8_t key[12];
        struct bytes value;
        struct listing_view listing;
        bytes_put_u32(key, f->id.account);
        bytes_put_u64(key + 4, f->id.listing);
        if (store_get(txn, TABLE_LISTING, bytes_of(key, sizeof key), &value) == ST_OK &&
            listing_read(value, &listing) == ST_OK)
            buf_format(out, "the listing is %s%s%.*s", listing_state_name(listing.state),
                       listing.text.size ? ": " : "", (int)listing.text.size,
                       (const char *)listing.text.data);
    }
}

static void off(const struct api_account *account, struct buf *out)
{
    if (!account)
        buf_text(out, "its account is in no file of conf.d");
    else
        buf_format(out, "its account is %s%s%s", sync_state_name(account->state),
                   account->reason[0] ? ": " : "", account->reason);
}

static void dirty(const struct target_facts *f, const struct api_account *account, struct buf *out)
{
    const struct target_record *r = &f->record;
    char when[CLOCK_TEXT_MAX];
    if (account->state != SYNC_ACTIVE) off(account, out);
    if (r->flags & TARGET_ERROR)
        buf_format(out, "%stry %u failed: %.*s%s%.*s", out->size ? "; " : "", r->attempts,
                   (int)f->code.size, (const char *)f->code.data,
                   f->code.size && f->text.size ? ": " : "", (int)f->text.size,
                   (const char *)f->text.data);
    if (r->flags & TARGET_QUEUED && r->queued_due_ms > r->wanted_ms)
        buf_format(out, "%snot before %s", out->size ? "; " : "",
                   clock_text(r->queued_due_ms, when));
    else if (account->waiting[0] && account->state == SYNC_ACTIVE)
        buf_format(out, "%s%s", out->size ? "; " : "", account->waiting);
}

void target_why(struct store_txn *txn, const struct directory *d, const struct target_facts *f,
                const struct api_account *account, char why[TARGET_WHY_MAX])
{
    const struct target_record *r = &f->record;
    struct buf out;
    char when[CLOCK_TEXT_MAX];
    buf_init(&out, TARGET_WHY_MAX - 1);
    switch (target_state_of(r, account)) {
    case TARGET_STATE_OFF:
    case TARGET_STATE_PARKED: off(account, &out); break;
    case TARGET_STATE_HELD: held(txn, d, f, &out); break;
    case TARGET_STATE_UNRESOLVED:
        buf_format(&out, "nobody knows yet whether %lld arrived; looked for again at %s",
                   (long long)r->sent_value, clock_text(r->look_ms, when));
        break;
    case TARGET_STATE_REJECTED:
        buf_format(&out, "%.*s%s%.*s", (int)f->code.size, (const char *)f->code.data,
                   f->code.size && f->text.size ? ": " : "", (int)f->text.size,
                   (const char *)f->text.data);
        break;
    case TARGET_STATE_DIRTY: dirty(f, account, &out); break;
    default:
        if (r->capped) buf_text(&out, "there is more, but the marketplace takes no larger figure");
    }
    snprintf(why, TARGET_WHY_MAX, "%s", buf_cstr(&out));
    buf_free(&out);
}

/* ---- JSON */

static json_t *listing_id(struct store_txn *txn, uint32_t account, uint64_t listing)
{
    uint8_t key[12];
    struct bytes value;
    struct listing_view view;
    bytes_put_u32(key, account);
    bytes_put_u64(key + 4, listing);
    if (store_get(txn, TABLE_LISTING, bytes_of(key, sizeof key), &value) != ST_OK ||
        listing_read(value, &view) != ST_OK)
        return json_null();
    return api_text(view.id);
}

static json_t *figure_if(bool known, int64_t figure)
{
    return known ? json_integer(figure) : json_null();
}

static const char *zero_reason(const struct target_record *r)
{
    if (!(r->flags & TARGET_WANTED) || r->wanted_value != 0) return NULL;
    return r->zero_reason == ZERO_SHORTFALL ? "shortfall" : "stock";
}

json_t *target_json(struct store_txn *txn, const struct directory *d, const struct target_facts *f,
                    const struct api_account *account)
{
    const struct target_record *r = &f->record;
    const struct directory_account *named = directory_account(d, f->id.account);
    const struct directory_remote *remote = directory_remote(d, f->id.account, f->id.remote);
    char why[TARGET_WHY_MAX];
    target_why(txn, d, f, account, why);
    bool failed = r->flags & (TARGET_REJECTED | TARGET_ERROR);
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, "
        "s:i, s:o, s:o}",
        "sku", api_product_sku(txn, f->id.product), "account",
        api_cstr_or_null(named ? named->name : NULL), "warehouse",
        api_cstr_or_null(remote ? remote->id : NULL), "warehouse_name",
        api_cstr_or_null(remote ? (remote->name[0] ? remote->name : remote->id) : NULL), "listing",
        listing_id(txn, f->id.account, f->id.listing), "state",
        target_state_name(target_state_of(r, account)), "why", api_cstr_or_null(why), "wanted",
        figure_if(r->flags & TARGET_WANTED, r->wanted_value), "sent",
        figure_if(r->sent_revision != 0, r->sent_value), "acknowledged",
        figure_if(r->flags & TARGET_ACKED, r->acked_value), "observed",
        figure_if(r->flags & TARGET_OBSERVED, r->observed_value), "zero_reason",
        api_cstr_or_null(zero_reason(r)), "capped", r->capped, "changed", api_time(r->wanted_ms),
        "sent_at", api_time(r->sent_ms), "observed_at", api_time(r->observed_ms), "due",
        api_time(r->flags & TARGET_QUEUED ? r->queued_due_ms : 0), "attempts", (int)r->attempts,
        "code", failed ? api_text_or_null(f->code) : json_null(), "text",
        failed ? api_text_or_null(f->text) : json_null());
}

enum status targets_of_product(struct store_txn *txn, const struct directory *d,
                               const struct api_accounts *accounts, uint64_t product, json_t *items,
                               struct error *error)
{
    uint8_t prefix[8];
    struct bytes key, value;
    bytes_put_u64(prefix, product);
    struct store_cursor *cursor = store_cursor(txn, TABLE_TARGET);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    while (status == ST_OK && key_starts(key, bytes_of(prefix, sizeof prefix))) {
        struct target_facts facts;
        if (!target_facts_read(key, value, &facts)) return api_damaged(txn, "target", error);
        json_array_append_new(
            items, target_json(txn, d, &facts, api_accounts_find(accounts, facts.id.account)));
        status = store_next(cursor, &key, &value);
    }
    return status == ST_OK || status == ST_NOT_FOUND ? ST_OK : api_damaged(txn, "target", error);
}
