/* Verifying targets against stock, listings, and the three indexes of what waits: outbox,
 * unresolved writes, writes on their way (I4, I6). What stock and rules come to is computed
 * anew (rule.c), so that a mistake in allocate.c shows. */
#include "base/mem.h"
#include "engine/guard_private.h"
#include "engine/rule.h"
#include "verify/rows.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* "listing 5 in remote warehouse 2 of account 1 (product 7)" */
enum { NAME_MAX_SIZE = 120 };
struct name {
    char text[NAME_MAX_SIZE];
};

static struct name name_of(const struct target_id *id)
{
    struct name name;
    snprintf(name.text, sizeof name.text,
             "listing %llu in remote warehouse %u of account %u (product %llu)",
             (unsigned long long)id->listing, id->remote, id->account,
             (unsigned long long)id->product);
    return name;
}

static void __attribute__((format(printf, 4, 5)))
finding(struct verifying *v, enum store_table table, const struct target_id *id, const char *format,
        ...)
{
    char what[ERROR_TEXT_MAX / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    verify_finding(v, table, "%s: %s", name_of(id).text, what);
}

/* ---- a target's facts */

static void check_wanted(struct verifying *v, const struct target *t)
{
    const struct target_record *r = &t->record;
    const struct directory_remote *remote =
        directory_remote(v->directory, t->id.account, t->id.remote);
    if (!remote || verify_swept_later(v, t->id.account, t->id.remote)) return;
    if (r->hold & HOLD_NEVER) {
        if (!(r->flags & (TARGET_OPEN | TARGET_UNRESOLVED)))
            finding(v, TABLE_TARGET, &t->id, "nothing feeds it, and no write of it is open");
        return;
    }
    if (remote->link_count == 0) {
        finding(v, TABLE_TARGET, &t->id, "nothing is linked to it, but it is not held for that");
        return;
    }
    struct verified_figure right;
    if (!verify_figure(v, t, &right)) return;
    bool counted = right.counted;
    if ((right.mode == RULE_OFF) != ((r->hold & HOLD_OFF) != 0))
        finding(v, TABLE_TARGET, &t->id, "is switched %s, but the target says otherwise",
                right.mode == RULE_OFF ? "off" : "on");
    uint8_t direction = right.mode == RULE_UP_ONLY     ? DIRECTION_UP
                        : right.mode == RULE_DOWN_ONLY ? DIRECTION_DOWN
                                                       : DIRECTION_ANY;
    if (direction != r->direction)
        finding(v, TABLE_TARGET, &t->id, "may change in direction %u, not %u", direction,
                r->direction);
    if (counted == ((r->hold & HOLD_UNCOUNTED) != 0))
        finding(v, TABLE_TARGET, &t->id, "its stock is %s, but the target says otherwise",
                counted ? "counted" : "not counted");
    if (counted != ((r->flags & TARGET_WANTED) != 0))
        finding(v, TABLE_TARGET, &t->id, "its stock is %s, so a figure is %s",
                counted ? "counted" : "not counted", counted ? "wanted" : "not wanted");
    if (!counted || !(r->flags & TARGET_WANTED)) return;
    if (r->capped == CAP_ROUTE ? r->wanted_value > right.value : r->wanted_value != right.value)
        finding(v, TABLE_TARGET, &t->id, "wants %lld, its stock and rules come to %lld",
                (long long)r->wanted_value, (long long)right.value);
    if (r->wanted_value == 0 && r->zero_reason == ZERO_NONE)
        finding(v, TABLE_TARGET, &t->id, "wants 0 without a reason");
}

static void check_listing(struct verifying *v, const struct target *t)
{
    struct key key = {0};
    struct bytes value;
    struct listing_view view;
    key_u32(&key, t->id.account);
    key_u64(&key, t->id.listing);
    if (!directory_remote(v->directory, t->id.account, t->id.remote))
        finding(v, TABLE_TARGET, &t->id, "the remote warehouse is missing");
    if (!verify_get(v, TABLE_LISTING, key_bytes(&key), &value) ||
        listing_read(value, &view) != ST_OK)
        finding(v, TABLE_TARGET, &t->id, "the listing is missing");
    else if (view.product != t->id.product && !(t->record.hold & HOLD_NEVER))
        finding(v, TABLE_TARGET, &t->id, "the listing is tied to product %llu",
                (unsigned long long)view.product);
}

static void check_revisions(struct verifying *v, const struct target *t)
{
    const struct target_record *r = &t->record;
    if (r->wanted_revision > v->counters.sequence || r->sent_revision > v->counters.sequence ||
        r->acked_revision > v->counters.sequence)
        finding(v, TABLE_TARGET, &t->id, "a revision is above the sequence counter, which is %llu",
                (unsigned long long)v->counters.sequence);
    if (r->sent_revision > r->wanted_revision)
        finding(v, TABLE_TARGET, &t->id, "revision %llu was sent, but %llu is wanted",
                (unsigned long long)r->sent_revision, (unsigned long long)r->wanted_revision);
}

/* ---- a target's places */

static void check_queued(struct verifying *v, const struct target *t)
{
    const struct target_record *r = &t->record;
    bool queued = r->flags & TARGET_QUEUED;
    if (queued != target_must_send(r))
        finding(v, TABLE_TARGET, &t->id,
                queued ? "waits to be sent, but has nothing to send"
                       : "must be sent, but does not wait for it");
    if (!queued) return;
    const struct outbox_place place = {r->group, r->queued_due_ms, r->queued_priority};
    uint8_t key[OUTBOX_KEY_SIZE];
    struct bytes unused;
    outbox_key_write(key, &place, &t->id);
    if (!verify_get(v, TABLE_OUTBOX, bytes_of(key, sizeof key), &unused))
        finding(v, TABLE_TARGET, &t->id, "is not in the outbox where it says it is");
    if (r->queued_priority != target_priority(r))
        finding(v, TABLE_TARGET, &t->id, "waits with priority %u, not %u", r->queued_priority,
                target_priority(r));
}

static int compare_keys(const void *x, const void *y)
{
    return memcmp(x, y, TARGET_KEY_SIZE);
}

static void check_open(struct verifying *v, const struct target *t)
{
    const struct target_record *r = &t->record;
    struct key key = {0};
    struct bytes unused;
    bool asked = r->flags & TARGET_ASKED;
    if (asked && (r->flags & TARGET_OPEN || !(r->flags & TARGET_UNRESOLVED)))
        finding(v, TABLE_TARGET, &t->id, "is to be read first, and not only that");
    if (!asked && r->flags & (TARGET_OPEN | TARGET_UNRESOLVED) && r->sent_revision == 0)
        finding(v, TABLE_TARGET, &t->id, "a write is open, but none was ever sent");
    if (r->flags & TARGET_UNRESOLVED) {
        key_u32(&key, t->id.account);
        key_u64(&key, (uint64_t)r->look_ms);
        key_target(&key, &t->id);
        if (!verify_get(v, TABLE_UNRESOLVED, key_bytes(&key), &unused))
            finding(v, TABLE_TARGET, &t->id, "is not among the unresolved where it says it is");
    } else if (r->flags & TARGET_OPEN && v->flights_whole) {
        key_target(&key, &t->id);
        if (!v->flight_count ||
            !bsearch(key.at, v->flights, v->flight_count, TARGET_KEY_SIZE, compare_keys))
            finding(v, TABLE_TARGET, &t->id, "its write is open, but in no flight");
    }
}

static void add_live(struct verifying *v, const struct target *t)
{
    for (uint32_t i = 0; v->lives && i < v->directory->account_count; i++)
        if (v->directory->accounts[i].no == t->id.account) {
            v->lives[i].live += (t->live & LIVE) != 0;
            v->lives[i].showing += (t->live & LIVE_SHOWING) != 0;
        }
}

/* What the guard takes shares of. */
static void check_live(struct verifying *v)
{
    for (uint32_t i = 0; v->lives && i < v->directory->account_count; i++) {
        struct guard_live live;
        uint32_t account = v->directory->accounts[i].no;
        if (guard_live_get(NULL, v->txn, account, &live, v->error) != ST_OK) {
            verify_finding(v, TABLE_GUARD, "the row of account %u cannot be read", account);
        } else if (live.live != v->lives[i].live || live.showing != v->lives[i].showing) {
            verify_finding(v, TABLE_GUARD,
                           "account %u has %lld live targets, %lld of them above 0, not %lld and "
                           "%lld",
                           account, (long long)v->lives[i].live, (long long)v->lives[i].showing,
                           (long long)live.live, (long long)live.showing);
        }
    }
}

static void told_count(void *ctx, uint32_t account, bool right)
{
    if (!right)
        verify_finding(ctx, TABLE_TARGET_COUNT,
                       "what is counted of account %u is not what its targets are", account);
}

/* An account that has no row yet is counted when one of its targets changes. */
static void check_counts(struct verifying *v)
{
    uint32_t accounts[DIRECTORY_ACCOUNTS_MAX], count = 0;
    for (uint32_t i = 0; v->directory && i < v->directory->account_count; i++) {
        uint8_t key[4];
        struct bytes unused;
        bytes_put_u32(key, v->directory->accounts[i].no);
        if (verify_get(v, TABLE_TARGET_COUNT, bytes_of(key, sizeof key), &unused))
            accounts[count++] = v->directory->accounts[i].no;
    }
    if (count) target_count_check(v->txn, accounts, count, false, told_count, v);
}

static void check_target(struct verifying *v, struct bytes key, struct bytes value)
{
    struct target target;
    struct target_id id = {0};
    if (key.size == TARGET_KEY_SIZE) id = target_key_read(key.data);
    if (key.size != TARGET_KEY_SIZE || target_decode(&id, value, &target) != ST_OK) {
        verify_finding(v, TABLE_TARGET, "a row cannot be read");
        return;
    }
    add_live(v, &target);
    check_listing(v, &target);
    check_wanted(v, &target);
    check_revisions(v, &target);
    check_queued(v, &target);
    check_open(v, &target);
}

/* ---- from the indexes to the target */

static bool load(struct verifying *v, const uint8_t *key, struct target *target)
{
    struct bytes value;
    struct target_id id = target_key_read(key);
    return verify_get(v, TABLE_TARGET, bytes_of(key, TARGET_KEY_SIZE), &value) &&
           target_decode(&id, value, target) == ST_OK;
}

static void check_outbox(struct verifying *v, struct bytes key, struct bytes value)
{
    (void)value;
    struct target t;
    bool right = false;
    if (key.size == OUTBOX_KEY_SIZE && load(v, (const uint8_t *)key.data + 21, &t)) {
        struct outbox_place place = outbox_key_place(key.data);
        right = bytes_get_u32(key.data) == t.id.account && t.record.flags & TARGET_QUEUED &&
                place.group == t.record.group && place.due_ms == t.record.queued_due_ms &&
                place.priority == t.record.queued_priority;
    }
    if (!right) verify_finding(v, TABLE_OUTBOX, "a row leads to no target that waits there");
}

static void check_unresolved(struct verifying *v, struct bytes key, struct bytes value)
{
    (void)value;
    struct target t;
    const uint8_t *at = key.data;
    bool right = key.size == 12 + TARGET_KEY_SIZE && load(v, at + 12, &t) &&
                 bytes_get_u32(at) == t.id.account && t.record.flags & TARGET_UNRESOLVED &&
                 bytes_get_u64(at + 4) == (uint64_t)t.record.look_ms;
    if (!right) verify_finding(v, TABLE_UNRESOLVED, "a row leads to no target that waits there");
}

static void gather_flight(struct verifying *v, struct bytes key, struct bytes value)
{
    if (key.size != 4 + OPERATION_ID_SIZE || value.size % TARGET_KEY_SIZE) {
        verify_finding(v, TABLE_FLIGHT, "a row cannot be read");
        return;
    }
    size_t count = value.size / TARGET_KEY_SIZE;
    if (v->flight_count + count > VERIFY_FLIGHTS_MAX) {
        v->flights_whole = false;
        return;
    }
    if (count == 0) return;
    v->flights = mem_resize(v->flights, (v->flight_count + count) * TARGET_KEY_SIZE);
    memcpy(v->flights + v->flight_count * TARGET_KEY_SIZE, value.data, value.size);
    v->flight_count += count;
}

void verify_targets(struct verifying *v)
{
    v->flights_whole = true;
    verify_walk(v, TABLE_FLIGHT, gather_flight);
    if (v->flight_count) qsort(v->flights, v->flight_count, TARGET_KEY_SIZE, compare_keys);
    uint32_t accounts = v->directory ? v->directory->account_count : 0;
    v->lives = accounts ? mem_array(accounts, sizeof *v->lives) : NULL;
    verify_walk(v, TABLE_TARGET, check_target);
    if (v->status == ST_OK) check_live(v);
    if (v->status == ST_OK) check_counts(v);
    mem_free(v->lives);
    v->lives = NULL;
    verify_walk(v, TABLE_OUTBOX, check_outbox);
    verify_walk(v, TABLE_UNRESOLVED, check_unresolved);
}
