/* COMMAND_DRIFT_RESOLVE and COMMAND_REREAD: what people decide about drift, and ask to be read. */
#include "engine/apply.h"
#include "engine/drift.h"
#include "engine/listing.h"

static bool is_held(const struct target *t)
{
    return t->exists && (t->record.flags & TARGET_DRIFT || t->record.hold & HOLD_FOREIGN);
}

static enum status resolve(struct applying *a, struct target *t)
{
    applying_sequence(a);
    enum status status = drift_release(a, t);
    if (status == ST_OK) status = target_recompute(a, t, NULL);
    if (status != ST_OK) return status;
    target_settle(a, t);
    target_save(a, t);
    a->result->rows++;
    return ST_OK;
}

static enum status find_listing(struct applying *a, const struct directory_account *account,
                                struct bytes id, uint64_t *listing, uint64_t *product)
{
    struct listing_view view;
    struct buf memory;
    enum status status = listing_find(a, account->no, id, listing);
    if (status != ST_OK) return status;
    if (*listing == 0)
        return error_set(a->error, ST_NOT_FOUND,
                         "account '%s' has no listing '%.*s'; `stockctl drift --account %s` shows "
                         "those with a drift",
                         account->name, (int)id.size, (const char *)id.data, account->name);
    status = listing_load(a, account->no, *listing, &memory, &view);
    if (status != ST_OK) return status;
    *product = view.product ? view.product : view.former;
    buf_free(&memory);
    return ST_OK;
}

enum status apply_drift_resolve(struct applying *a, struct wire_reader *r)
{
    struct bytes name = wire_get_bytes(r), id = wire_get_bytes(r), remote = wire_get_bytes(r);
    const struct directory_account *account;
    struct target_id target = {0};
    enum status status = apply_find_account(a, name, &account);
    if (status != ST_OK || !r->ok) return status;
    if (id.size > KEY_TEXT_MAX) id.size = KEY_TEXT_MAX;
    status = find_listing(a, account, id, &target.listing, &target.product);
    if (status != ST_OK) return status;
    const struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    target.account = account->no;
    for (uint32_t i = 0; i < d->remote_count && status == ST_OK; i++) {
        struct target t;
        if (d->remotes[i].account != account->no) continue;
        if (remote.size && !bytes_equal(remote, bytes_text(d->remotes[i].id))) continue;
        target.remote = d->remotes[i].no;
        status = target_load(a->txn, &target, &t, a->error);
        if (status == ST_OK && is_held(&t)) status = resolve(a, &t);
    }
    if (status == ST_OK && a->result->rows == 0)
        return error_set(a->error, ST_CONFLICT,
                         "no figure of listing '%.*s' of account '%s' has an open drift%s; "
                         "`stockctl drift --account %s` shows those that have",
                         (int)id.size, (const char *)id.data, account->name,
                         remote.size ? " in that warehouse" : "", account->name);
    return status;
}

/* ---- reading again */

enum { REREAD_TARGETS_MAX = 1000 }; /* of one product: more than any seller has */

static enum status ask_again(struct applying *a, const struct target_id *id)
{
    struct target t;
    enum status status = target_load(a->txn, id, &t, a->error);
    if (status != ST_OK || !t.exists) return status;
    applying_sequence(a);
    t.record.flags &=
        ~(uint32_t)TARGET_REREAD; /* that row would come later; it tells nothing then */
    reread_ask(a, &t, a->command->now_ms);
    target_save(a, &t);
    a->result->rows++;
    return ST_OK;
}

enum status apply_reread(struct applying *a, struct wire_reader *r)
{
    struct bytes sku = wire_get_bytes(r), name = wire_get_bytes(r);
    const struct directory_account *account = NULL;
    struct target_id ids[REREAD_TARGETS_MAX];
    uint32_t count = 0;
    uint64_t product;
    enum status status = apply_find_product(a, sku, &product);
    if (status == ST_OK && name.size) status = apply_find_account(a, name, &account);
    if (status != ST_OK || !r->ok) return status;
    struct key prefix = {0};
    struct bytes key, value;
    key_u64(&prefix, product);
    if (account) key_u32(&prefix, account->no);
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_TARGET);
    status = store_seek(cursor, key_bytes(&prefix), &key, &value);
    while (status == ST_OK && key_starts(key, key_bytes(&prefix)) && count < REREAD_TARGETS_MAX) {
        ids[count++] = target_key_read(key.data);
        status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    status = engine_read_failed(a->txn, status, "target", a->error);
    for (uint32_t i = 0; i < count && status == ST_OK; i++)
        status = ask_again(a, &ids[i]);
    return status;
}
