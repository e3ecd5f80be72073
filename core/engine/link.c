/* Which warehouse of the seller feeds which of a marketplace, and with what share. */
#include "engine/apply.h"
#include "engine/change.h"
#include "engine/guard_private.h"
#include "engine/place.h"
#include "engine/sweep.h"

#include "base/share.h"

#include <stdio.h>

static struct key link_key(const struct directory_link *link)
{
    struct key key = {0};
    key_u32(&key, link->account);
    key_u32(&key, link->remote);
    key_u32(&key, link->order);
    key_u32(&key, link->warehouse);
    return key;
}

struct link_names {
    struct bytes remote_id;
    const struct directory_warehouse *warehouse;
    const struct directory_account *account;
    uint32_t order, share_ppm;
};

static enum status link_find(struct applying *a, struct wire_reader *r, struct link_names *names)
{
    struct bytes warehouse = wire_get_bytes(r), account = wire_get_bytes(r);
    names->remote_id = wire_get_bytes(r);
    names->order = wire_get_u32(r);
    names->share_ppm = wire_at_end(r) ? 0 : wire_get_u32(r); /* older commands have none */
    enum status status = apply_find_warehouse(a, warehouse, &names->warehouse);
    if (status == ST_OK) status = apply_find_account(a, account, &names->account);
    if (status != ST_OK) return status;
    if (names->remote_id.size == 0 || names->remote_id.size > KEY_TEXT_MAX)
        return error_set(a->error, ST_INVALID, "a remote warehouse's id has 1 to %d bytes",
                         KEY_TEXT_MAX);
    return ST_OK;
}

static const struct directory_link *link_of(const struct directory *d,
                                            const struct directory_remote *remote,
                                            uint32_t warehouse)
{
    for (uint32_t i = 0; remote && i < remote->link_count; i++)
        if (d->links[remote->link_first + i].warehouse == warehouse)
            return &d->links[remote->link_first + i];
    return NULL;
}

enum status orders_agree(struct applying *a, uint32_t warehouse, uint32_t account,
                         bool orders_import)
{
    const struct directory *d = a->engine->directory;
    for (uint32_t i = 0; i < d->link_count; i++) {
        if (d->links[i].warehouse != warehouse || d->links[i].account == account) continue;
        const struct directory_account *other = directory_account(d, d->links[i].account);
        if (!other || other->orders_import == orders_import) continue;
        const struct directory_account *this = directory_account(d, account);
        return error_set(
            a->error, ST_CONFLICT,
            "warehouse '%s' would feed account '%s' (orders: %s) and account '%s' (orders: %s); "
            "its "
            "orders must be counted in one way: give one of them another warehouse, or the same "
            "'orders' in conf.d",
            directory_warehouse(d, warehouse)->key, this ? this->name : "?",
            orders_import ? "import" : "external", other->name,
            other->orders_import ? "import" : "external");
    }
    return ST_OK;
}

/* ---- shares */

/* The shares of one warehouse are pieces of one cake: together they are at most the whole. */
static enum status shares_fit(struct applying *a, const struct directory_link *link,
                              const struct directory_link *old)
{
    const struct directory *d = a->engine->directory;
    uint32_t others = 0;
    for (uint32_t i = 0; i < d->link_count; i++)
        if (d->links[i].warehouse == link->warehouse && d->links[i].rule.by_share &&
            &d->links[i] != old)
            others += d->links[i].rule.share_ppm;
    if (!link->rule.by_share || others + link->rule.share_ppm <= SHARE_WHOLE) return ST_OK;
    char mine[SHARE_TEXT_MAX], theirs[SHARE_TEXT_MAX];
    const struct directory_warehouse *warehouse = directory_warehouse(d, link->warehouse);
    return error_set(a->error, ST_CONFLICT,
                     "a share of %s is too much: the other links of warehouse '%s' have %s of it "
                     "already; lower one of them first",
                     share_text(link->rule.share_ppm, mine), warehouse ? warehouse->key : "?",
                     share_text(others, theirs));
}

/* Another share changes what the others of that warehouse get: who takes the pieces that are left
 * over. */
static enum status sweep_shares(struct applying *a, uint32_t warehouse,
                                const struct directory_link *but)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    for (uint32_t i = 0; d && i < d->link_count; i++) {
        const struct directory_link *link = &d->links[i];
        if (link->warehouse != warehouse || !link->rule.by_share) continue;
        if (link->account == but->account && link->remote == but->remote) continue;
        const uint32_t account = link->account, remote = link->remote;
        sweep_remote(a, account, remote);
        enum status status = guard_foresee_remote(a, account, remote);
        if (status != ST_OK) return status;
        d = engine_directory(a->engine, a->txn, a->error);
    }
    return d ? ST_OK : ST_DAMAGED;
}

static struct link_record rule_of(uint32_t share_ppm)
{
    return (struct link_record){.share_ppm = share_ppm ? share_ppm : SHARE_WHOLE,
                                .by_share = share_ppm != 0};
}

/* ---- told in the history */

static void rule_words(const struct directory_link *link, char out[SHARE_TEXT_MAX + 40])
{
    char share[SHARE_TEXT_MAX];
    if (link->rule.by_share)
        snprintf(out, SHARE_TEXT_MAX + 40, "order %u, share %s", link->order,
                 share_text(link->rule.share_ppm, share));
    else
        snprintf(out, SHARE_TEXT_MAX + 40, "order %u", link->order);
}

/* Words of a change: taken before the first write, which drops what they are taken from. */
struct link_note {
    uint32_t account, warehouse;
    char what[CHANGE_SETTING_TEXT], old[SHARE_TEXT_MAX + 40], new[SHARE_TEXT_MAX + 40];
};

/* `old` or `new` NULL: there is none. */
static struct link_note note_of(const struct link_names *names, const struct directory_link *old,
                                const struct directory_link *new)
{
    struct link_note note = {.account = names->account->no, .warehouse = names->warehouse->no};
    snprintf(note.what, sizeof note.what, "link %s -> %s %.*s", names->warehouse->key,
             names->account->name, (int)names->remote_id.size, (const char *)names->remote_id.data);
    if (old) rule_words(old, note.old);
    if (new) rule_words(new, note.new);
    return note;
}

static void note_put(struct applying *a, const struct link_note *note)
{
    change_setting(a, note->account, note->warehouse, note->what, note->old, note->new);
}

/* ---- commands */

enum status apply_link_put(struct applying *a, struct wire_reader *r)
{
    struct link_names names;
    enum status status = link_find(a, r, &names);
    if (status != ST_OK) return status;
    struct directory *d = a->engine->directory;
    struct directory_link link = {.account = names.account->no,
                                  .order = names.order,
                                  .warehouse = names.warehouse->no,
                                  .rule = rule_of(names.share_ppm)};
    const struct directory_remote *remote =
        directory_remote_by_id(d, link.account, names.remote_id);
    const struct directory_link *old = link_of(d, remote, link.warehouse);
    if (names.share_ppm > SHARE_WHOLE)
        return error_set(a->error, ST_INVALID, "a share is more than 0 and at most 100%%");
    if (old && old->order == link.order && memcmp(&old->rule, &link.rule, sizeof link.rule) == 0)
        return ST_OK;
    if (!old && d->link_count >= DIRECTORY_LINKS_MAX)
        return error_set(a->error, ST_TOO_BIG, "there are %d links already, the most there can be",
                         DIRECTORY_LINKS_MAX);
    if (remote && remote->marketplace)
        return error_set(
            a->error, ST_CONFLICT,
            "'%s' is a warehouse of the marketplace (%s): its stock is not the seller's to write",
            remote->id, remote->kind);
    status = orders_agree(a, link.warehouse, link.account, names.account->orders_import);
    if (status == ST_OK) status = shares_fit(a, &link, old);
    if (status != ST_OK) return status;
    bool shares = link.rule.by_share || (old && old->rule.by_share);
    const struct link_note note = note_of(&names, old, &link);
    if (old) {
        struct key key = link_key(old);
        store_delete(a->txn, TABLE_LINK, key_bytes(&key));
    }
    const struct remote_view unseen = {.id = names.remote_id,
                                       .why = bytes_text("not seen at the marketplace yet")};
    status = remote_number(a, link.account, &unseen, &link.remote);
    if (status != ST_OK) return status;
    note_put(a, &note);
    struct key key = link_key(&link);
    store_put(a->txn, TABLE_LINK, key_bytes(&key), bytes_of(&link.rule, sizeof link.rule));
    engine_directory_stale(a->engine);
    engine_touch_facts(a->engine, link.account);
    sweep_remote(a, link.account, link.remote);
    status = guard_foresee_remote(a, link.account, link.remote);
    return status == ST_OK && shares ? sweep_shares(a, link.warehouse, &link) : status;
}

enum status apply_link_delete(struct applying *a, struct wire_reader *r)
{
    struct link_names names;
    enum status status = link_find(a, r, &names);
    if (status != ST_OK) return status;
    struct directory *d = a->engine->directory;
    const struct directory_remote *remote =
        directory_remote_by_id(d, names.account->no, names.remote_id);
    const struct directory_link *old = link_of(d, remote, names.warehouse->no);
    if (!old)
        return error_set(a->error, ST_NOT_FOUND,
                         "'%s' is not linked to '%.*s' of account '%s'; `stockctl warehouse list` "
                         "shows the links",
                         names.warehouse->key, (int)names.remote_id.size,
                         (const char *)names.remote_id.data, names.account->name);
    struct key key = link_key(old);
    const struct directory_link was = *old;
    const struct link_note note = note_of(&names, old, NULL);
    note_put(a, &note);
    store_delete(a->txn, TABLE_LINK, key_bytes(&key));
    engine_directory_stale(a->engine);
    engine_touch_facts(a->engine, was.account);
    sweep_remote(a, was.account, was.remote);
    status = guard_foresee_remote(a, was.account, was.remote);
    return status == ST_OK && was.rule.by_share ? sweep_shares(a, was.warehouse, &was) : status;
}
