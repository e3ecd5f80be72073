/* Applying a plan of the outbox: a new account becomes live with the figures that somebody saw.
 * What came about since, by more than orders, is left out (TARGET_LEFT) until it changes again, or
 * a later plan is applied, or somebody pushes it. */
#include "base/mem.h"
#include "engine/account.h"
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/plan.h"
#include "engine/target.h"

#include <stdio.h>

struct leaving {
    uint32_t account;
    uint64_t sequence;
    struct target_id *ids;
    uint32_t count, room;
    uint64_t waiting; /* rows of the outbox */
};

static enum status look_at(struct applying *a, struct leaving *l, const struct target_id *id)
{
    struct target t;
    bool changed = false;
    enum status status = target_load(a->txn, id, &t, a->error);
    if (status != ST_OK || !t.exists || t.record.wanted_revision <= l->sequence) return status;
    status = plan_product_changed(a->txn, id->product, l->sequence, UINT64_MAX, &changed, a->error);
    if (!changed) return status;
    if (l->count == l->room) {
        l->room = l->room ? l->room * 2 : 64;
        l->ids = mem_resize(l->ids, l->room * sizeof *l->ids);
    }
    l->ids[l->count++] = *id;
    return ST_OK;
}

static enum status find_later(struct applying *a, struct leaving *l)
{
    uint8_t prefix[4];
    struct bytes key, value;
    bytes_put_u32(prefix, l->account);
    struct store_cursor *cursor = store_cursor(a->txn, TABLE_OUTBOX);
    enum status status = store_seek(cursor, bytes_of(prefix, sizeof prefix), &key, &value);
    while (status == ST_OK && key.size == OUTBOX_KEY_SIZE &&
           key_starts(key, bytes_of(prefix, sizeof prefix))) {
        l->waiting++;
        const struct target_id id = target_key_read((const uint8_t *)key.data + 21);
        status = look_at(a, l, &id);
        if (status == ST_OK) status = store_next(cursor, &key, &value);
    }
    store_cursor_close(cursor);
    return engine_read_failed(a->txn, status, "outbox", a->error);
}

static enum status leave(struct applying *a, const struct target_id *id)
{
    struct target t;
    enum status status = target_load(a->txn, id, &t, a->error);
    if (status != ST_OK || !t.exists) return status;
    t.record.flags |= TARGET_LEFT;
    target_settle(a, &t);
    target_save(a, &t);
    return ST_OK;
}

static enum status make_live(struct applying *a, uint32_t account)
{
    struct buf memory;
    struct account_view view;
    char what[100];
    enum status status = account_load(a, account, &memory, &view);
    if (status != ST_OK) return status;
    if (!view.planned) {
        view.planned = true;
        view.since_ms = a->command->now_ms;
        snprintf(what, sizeof what, "account %.*s",
                 (int)(view.name.size < 80 ? view.name.size : 80), (const char *)view.name.data);
        change_setting(a, account, 0, what, "new: it sends nothing", PLAN_LIVE);
        account_save(a, account, &view);
    }
    buf_free(&memory);
    return ST_OK;
}

enum status plan_apply_outbox(struct applying *a, const struct plan_view *plan)
{
    struct leaving l = {.sequence = plan->sequence};
    const uint32_t only = plan->account;
    uint64_t left = 0;
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    uint32_t accounts[DIRECTORY_ACCOUNTS_MAX], count = 0;
    for (uint32_t i = 0; i < d->account_count && count < DIRECTORY_ACCOUNTS_MAX; i++)
        if (!only || d->accounts[i].no == only) accounts[count++] = d->accounts[i].no;
    enum status status = ST_OK;
    for (uint32_t i = 0; i < count && status == ST_OK; i++) {
        l.account = accounts[i];
        l.count = 0;
        status = find_later(a, &l);
        for (uint32_t n = 0; n < l.count && status == ST_OK; n++)
            status = leave(a, &l.ids[n]);
        left += l.count;
        if (status == ST_OK) status = make_live(a, accounts[i]);
    }
    mem_free(l.ids);
    a->result->skipped = left;
    a->result->rows = l.waiting - left;
    return status;
}
