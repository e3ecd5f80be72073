/* Targets that lose their link or their product. A write that is still open must not be forgotten
 * with them: the place at the marketplace is the same one afterwards (I4). */
#include "engine/guard_private.h"
#include "engine/outcome.h"
#include "engine/target.h"

#include <stdio.h>

/* A write of it may still land: more than only being read. */
static bool is_open(const struct target *t)
{
    return t->record.flags & (TARGET_OPEN | TARGET_UNRESOLVED) && !(t->record.flags & TARGET_ASKED);
}

/* ---- when the last one of a place went: a new target there may be the same place at the
 * marketplace (its link, or its product, was removed and made again), whose cadence goes on (I13)
 */

static struct bytes pace_key(char name[40], const struct target_id *id)
{
    snprintf(name, 40, "pace.%u.%u", id->account, id->remote); /* of TABLE_META: time u64 ms */
    return bytes_text(name);
}

/* The longest that the marketplace may want between two writes; 0: it does not care. */
static int64_t longest_cadence(const struct applying *a, uint32_t account)
{
    const struct engine_rules *rules = engine_rules(a->engine, account);
    int64_t longest = 0;
    for (uint32_t i = 0; i < rules->route_count; i++)
        if (rules->routes[i].cadence_ms > longest) longest = rules->routes[i].cadence_ms;
    return longest;
}

static void drop(struct applying *a, struct target *t)
{
    char name[40];
    uint8_t now[8];
    bytes_put_u64(now, (uint64_t)a->command->now_ms);
    if ((t->record.sent_revision || t->record.closed_ms) && longest_cadence(a, t->id.account))
        store_put(a->txn, TABLE_META, pace_key(name, &t->id), bytes_of(now, sizeof now));
    target_delete(a, t);
}

int64_t target_paced_from(struct applying *a, const struct target_id *id)
{
    char name[40];
    struct bytes value;
    int64_t cadence = longest_cadence(a, id->account);
    if (!cadence || store_get(a->txn, TABLE_META, pace_key(name, id), &value) != ST_OK ||
        value.size != 8)
        return 0;
    int64_t last = (int64_t)bytes_get_u64(value.data);
    return a->command->now_ms - last < cadence ? last : 0;
}

void target_retire(struct applying *a, struct target *t)
{
    if (!is_open(t)) {
        drop(a, t);
        return;
    }
    if (guard_watches(a)) guard_unknown(a, t);
    t->record.hold = HOLD_NEVER;
    t->record.flags &= ~(uint32_t)TARGET_WANTED;
    target_settle(a, t);
    target_save(a, t);
}

enum status target_closed(struct applying *a, struct target *t)
{
    if (!is_open(t) && t->record.hold & HOLD_NEVER) { /* unless it was linked again meanwhile */
        struct listing_view listing;
        enum status status = target_listing(a, &t->id, &listing);
        if (status == ST_OK) status = target_recompute(a, t, &listing);
        if (status != ST_OK && status != ST_NOT_FOUND) return status;
        if (t->record.hold & HOLD_NEVER) {
            drop(a, t);
            return ST_OK;
        }
    }
    target_settle(a, t);
    target_save(a, t);
    return ST_OK;
}

/* The same place under another product. Whoever waits for the outcome of an open write knows it by
 * its old name: where no answer finds it (outcome_apply), the write is read back instead. */
static void move(struct applying *a, struct target *t, uint64_t product)
{
    bool open = is_open(t), unresolved = t->record.flags & TARGET_UNRESOLVED;
    int64_t land_ms = t->record.land_ms;
    const struct engine_rules *rules = engine_rules(a->engine, t->id.account);
    const struct engine_route *route =
        &rules->routes[t->record.route < rules->route_count ? t->record.route : 0];
    if (!unresolved) /* on its way: nobody has given it up yet */
        land_ms =
            (t->record.sent_ms > a->command->now_ms ? t->record.sent_ms : a->command->now_ms) +
            rules->timeout_ms + route->settle_ms;
    target_delete(a, t);
    t->id.product = product;
    t->exists = false;
    t->record.flags &=
        ~(uint32_t)(TARGET_QUEUED | TARGET_UNRESOLVED | TARGET_WANTED | TARGET_ASKED);
    t->record.hold = HOLD_NEVER; /* until it is refreshed, which only linked places are */
    if (open) outcome_unresolved(a, t, land_ms);
    target_save(a, t);
}

enum status target_move_listing(struct applying *a, uint32_t account, uint64_t listing,
                                uint64_t from, uint64_t to)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    for (uint32_t i = 0; i < d->remote_count; i++) {
        if (d->remotes[i].account != account) continue;
        struct target_id id = {
            .product = from, .listing = listing, .account = account, .remote = d->remotes[i].no};
        struct target old, new;
        enum status status = target_load(a->txn, &id, &old, a->error);
        if (status != ST_OK) return status;
        if (!old.exists) continue;
        id.product = to;
        new.exists = true;
        if (to) status = target_load(a->txn, &id, &new, a->error);
        if (status != ST_OK) return status;
        if (new.exists) /* there is none to move to, or one that waits for a write of its own */
            target_retire(a, &old);
        else
            move(a, &old, to);
    }
    return ST_OK;
}

enum status target_pace_listing(struct applying *a, uint32_t account, uint64_t listing,
                                uint64_t product)
{
    struct directory *d = engine_directory(a->engine, a->txn, a->error);
    if (!d) return ST_DAMAGED;
    for (uint32_t i = 0; i < d->remote_count; i++) {
        if (d->remotes[i].account != account || d->remotes[i].link_count == 0) continue;
        const struct target_id id = {
            .product = product, .listing = listing, .account = account, .remote = d->remotes[i].no};
        struct target t;
        enum status status = target_load(a->txn, &id, &t, a->error);
        if (status != ST_OK) return status;
        if (t.exists) continue;
        t.record.closed_ms = a->command->now_ms;
        t.record.hold = HOLD_NEVER; /* until it is refreshed */
        target_save(a, &t);
    }
    return ST_OK;
}
