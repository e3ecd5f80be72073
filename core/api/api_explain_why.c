/* Why a figure is not at the marketplace yet: what the store knows of the target, and what sync
 * knows of its account, in one sentence that says what would help. */
#include "api/api_explain.h"
#include "api/api_target.h"

#include <string.h>

/* ---- words */

static void add_age(struct buf *out, int64_t ms)
{
    static const struct {
        int64_t from, unit;
        const char *name;
    } units[] = {{172800000, 86400000, "d"}, {7200000, 3600000, "h"}, {120000, 60000, "min"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (ms >= units[i].from) {
            buf_format(out, "%lld %s", (long long)(ms / units[i].unit), units[i].name);
            return;
        }
    buf_format(out, "%lld s", (long long)(ms > 0 ? ms / 1000 : 0));
}

static void add_time(struct buf *out, int64_t ms)
{
    char when[CLOCK_TEXT_MAX];
    buf_text(out, clock_text(ms, when));
}

static const char *account_name(const struct explain_target *t)
{
    return t->target.account ? t->target.account->name : "?";
}

/* ---- the account */

static void say_parked(const struct explain_target *t, const struct api_account *account,
                       struct buf *out)
{
    buf_format(out, "account %s is parked", account_name(t));
    if (account && account->since_ms) {
        buf_text(out, " since ");
        add_time(out, account->since_ms);
    }
    if (account && account->reason[0]) buf_format(out, ": %s", account->reason);
    buf_format(out, "; `stockctl account resume %s` when that is mended", account_name(t));
}

static void say_paused(const struct explain_target *t, const struct api_account *account,
                       struct buf *out)
{
    buf_format(out, "account %s is paused", account_name(t));
    if (account && account->since_ms) {
        buf_text(out, " since ");
        add_time(out, account->since_ms);
    }
    buf_format(out, "; `stockctl account resume %s` goes on", account_name(t));
}

/* True when the account's state says it all. */
static bool say_account(const struct explain_target *t, const struct api_account *account,
                        struct buf *out)
{
    if (!account || account->state == SYNC_ACTIVE) return false;
    switch (account->state) {
    case SYNC_DRY_RUN:
        if (account->reason[0])
            buf_format(out, "account %s is %s", account_name(t), account->reason);
        else
            buf_format(out, "account %s runs dry (dry-run: true in conf.d): nothing is sent",
                       account_name(t));
        return true;
    case SYNC_NEW:
    case SYNC_LOADING:
        buf_format(out,
                   "account %s is being read for the first time%s%s; nothing is sent before "
                   "that is done",
                   account_name(t), account->reason[0] ? ": " : "", account->reason);
        return true;
    case SYNC_PARKED: say_parked(t, account, out); return true;
    case SYNC_PAUSED: say_paused(t, account, out); return true;
    default: buf_format(out, "account %s is disabled in conf.d", account_name(t)); return true;
    }
}

/* ---- held, and off */

static void say_off(const struct explain_target *t, const struct api_account *account,
                    struct buf *out)
{
    const struct target_record *r = &t->target.record;
    struct bytes sku = t->target.sku;
    if (!account)
        buf_format(out, "account %s is in no file of conf.d: nothing is sent for it",
                   account_name(t));
    else if (account->state == SYNC_DISABLED)
        say_account(t, account, out);
    else if (t->target.account && t->target.account->paused)
        say_paused(t, account, out);
    else if (r->hold & HOLD_OFF)
        buf_format(out,
                   "it is switched off for this product: nothing is sent, what is shown there "
                   "stays; `stockctl listing set %.*s %s on` switches it on",
                   (int)sku.size, (const char *)sku.data, account_name(t));
    else
        buf_format(out, "it is switched off with 0 for this product (off=zero)");
}

static void say_uncounted(const struct explain_target *t, struct buf *out)
{
    const char *join = "it was never counted in ", *first = NULL;
    struct bytes sku = t->target.sku;
    for (uint32_t i = 0; i < t->link_count; i++) {
        const struct directory_warehouse *warehouse = t->links[i].warehouse;
        if (t->links[i].counted || !warehouse) continue;
        buf_format(out, "%s%s", join, warehouse->key);
        if (!first) first = warehouse->key;
        join = ", ";
    }
    if (!first) buf_text(out, t->target.why ? t->target.why : "");
    if (first)
        buf_format(out, ", and unknown is not 0: `stockctl stock set %.*s N --warehouse %s`",
                   (int)sku.size, (const char *)sku.data, first);
}

static void say_listing(const struct explain_target *t, struct buf *out)
{
    buf_format(out, "its listing is %s at the marketplace", listing_state_name(t->listing.state));
    if (t->listing.code.size || t->listing.text.size) {
        buf_text(out, " (");
        api_target_say_answer(t->listing.code, t->listing.text, out);
        buf_text(out, ")");
    }
    buf_text(out, ", which takes no stock for it");
}

static void say_held(const struct explain_target *t, struct buf *out)
{
    const struct query_target *q = &t->target;
    uint16_t hold = q->record.hold;
    if (hold & HOLD_NEVER)
        buf_text(out, q->why ? q->why : "");
    else if (hold & HOLD_UNCOUNTED)
        say_uncounted(t, out);
    else if (hold & HOLD_LISTING)
        say_listing(t, out);
    else {
        buf_text(out, q->why ? q->why : "");
        if (hold & HOLD_REMOTE && q->remote && q->remote->why[0] &&
            (!q->why || strcmp(q->why, q->remote->why) != 0))
            buf_format(out, ": %s", q->remote->why);
        if (hold & HOLD_REMOTE && q->remote && q->remote->closed_until_ms) {
            buf_text(out, ", until ");
            add_time(out, q->remote->closed_until_ms);
        }
    }
}

/* ---- on its way */

static void say_sent(const struct target_record *r, struct buf *out)
{
    buf_format(out, "%lld was sent at ", (long long)r->sent_value);
    add_time(out, r->sent_ms);
}

static void say_unresolved(const struct explain_target *t, struct buf *out)
{
    const struct target_record *r = &t->target.record;
    say_sent(r, out);
    if (r->flags & TARGET_ABANDONED) {
        buf_text(out, " and got lost: only decreases pass it until it is read back, next at ");
        add_time(out, r->look_ms);
        return;
    }
    buf_text(out, r->flags & TARGET_TAKEN ? " and taken, but not confirmed yet: it is "
                                          : ", and no answer says whether it arrived: it is ");
    buf_text(out, t->target.note.size ? "asked for by its note at " : "read back at ");
    add_time(out, r->look_ms);
}

static void say_rejected(const struct explain_target *t, struct buf *out)
{
    const struct target_record *r = &t->target.record;
    struct bytes sku = t->target.sku;
    buf_format(out, "the marketplace refused %lld", (long long)r->sent_value);
    if (r->sent_ms) {
        buf_text(out, " at ");
        add_time(out, r->sent_ms);
    }
    buf_text(out, ": ");
    api_target_say_answer(t->target.code, t->target.text, out);
    buf_format(out, "; another figure is tried, and this one again by `stockctl push --sku %.*s`",
               (int)sku.size, (const char *)sku.data);
}

/* ---- waiting to be sent */

static void say_orders(const struct target_record *r, const struct api_account *account,
                       int64_t now_ms, struct buf *out)
{
    static const char until[] = "until the account's orders were read";
    const char *more = strstr(account->waiting, until); /* a sign of others, why reading fails */
    buf_text(out, r->queued_priority == PRIORITY_DECREASE
                      ? "a decrease waits some seconds for a reading of the account's orders"
                      : "an increase waits until the account's orders were read to their end");
    buf_text(out, ", since ");
    add_time(out, account->waiting_since_ms);
    buf_text(out, " (");
    add_age(out, now_ms - account->waiting_since_ms);
    buf_text(out, ")");
    if (more) buf_text(out, more + sizeof until - 1);
}

static void say_wait(const struct explain_target *t, const struct api_account *account,
                     int64_t now_ms, struct buf *out)
{
    const struct target_record *r = &t->target.record;
    bool zero = r->queued_priority == PRIORITY_ZERO;
    if (r->queued_due_ms > now_ms) {
        buf_text(out, "the marketplace takes one write of an item in so much time: it goes at ");
        add_time(out, r->queued_due_ms);
    } else if (account && account->wait == SYNC_WAIT_ORDERS && !zero) {
        say_orders(r, account, now_ms, out);
    } else if (account && account->wait != SYNC_WAIT_NONE && account->wait != SYNC_WAIT_ORDERS) {
        buf_format(out, "it waits for the account: %s", account->waiting);
    } else {
        buf_format(out, "%s; it is about to be sent", t->target.why ? t->target.why : "it is due");
    }
}

/* What came to nothing goes again; another figure than that waits as any that was changed. */
static void say_again(const struct explain_target *t, const struct api_account *account,
                      int64_t now_ms, struct buf *out)
{
    const struct target_record *r = &t->target.record;
    bool later = r->queued_due_ms > now_ms;
    if (later && query_target_is_put_off(&t->target)) {
        buf_text(out, "it goes at ");
        add_time(out, r->queued_due_ms);
    } else if (r->wanted_value != r->sent_value) {
        say_wait(t, account, now_ms, out);
    } else if (later) {
        buf_text(out, "it is tried again at ");
        add_time(out, r->queued_due_ms);
    } else {
        buf_text(out, "it is tried again");
        if (account && account->waiting[0])
            buf_format(out, ", when nothing of the account's is in the way: %s", account->waiting);
    }
}

static void say_dirty(const struct explain_target *t, const struct api_account *account,
                      int64_t now_ms, struct buf *out)
{
    const struct target_record *r = &t->target.record;
    if (say_account(t, account, out)) return;
    if (t->listing.state == LISTING_ENDED) buf_text(out, "its listing is ended there; ");
    if (r->flags & TARGET_ASKED) {
        buf_text(out, t->target.why ? t->target.why : "");
    } else if (query_target_failed(&t->target)) {
        api_target_say_failed(&t->target, out);
        buf_text(out, "; ");
        say_again(t, account, now_ms, out);
    } else {
        say_wait(t, account, now_ms, out);
    }
}

static void say_synced(const struct explain_target *t, struct buf *out)
{
    const struct target_record *r = &t->target.record;
    if (r->flags & TARGET_OBSERVED && r->flags & TARGET_ACKED &&
        r->observed_value != r->acked_value && r->observed_ms > r->acked_ms) {
        buf_format(out, "%lld was taken, but the marketplace showed %lld at ",
                   (long long)r->acked_value, (long long)r->observed_value);
        add_time(out, r->observed_ms);
    } else if (r->capped == CAP_RULE) {
        buf_text(out, "there is more, but its cap is this figure");
    } else if (r->capped) {
        buf_text(out, "there is more, but the marketplace takes no larger figure");
    }
}

/* ---- all */

void api_explain_why(const struct explain_target *t, const struct api_account *account,
                     int64_t now_ms, struct buf *out)
{
    const struct target_record *r = &t->target.record;
    switch (t->target.state) {
    case STATE_OFF: say_off(t, account, out); return;
    case STATE_PARKED: say_parked(t, account, out); return;
    case STATE_HELD: say_held(t, out); break;
    case STATE_UNRESOLVED: say_unresolved(t, out); break;
    case STATE_IN_FLIGHT:
        say_sent(r, out);
        buf_text(out, "; the answer is awaited");
        return;
    case STATE_REJECTED: say_rejected(t, out); break;
    case STATE_DIRTY: say_dirty(t, account, now_ms, out); break;
    case STATE_SYNCED: say_synced(t, out); return;
    case STATE_COUNT: return;
    }
    if (!(r->flags & TARGET_WANTED) || !out->size) return;
    buf_text(out, "; the figure is ");
    add_age(out, now_ms - r->wanted_ms);
    buf_text(out, " old");
}

void api_explain_absent(const struct explain_absent *a, struct bytes sku, struct buf *out)
{
    const char *account = a->account->name;
    int id = (int)a->listing.size;
    const char *listing = a->listing.data;
    switch (a->missing) {
    case EXPLAIN_NO_LINK:
        buf_format(out,
                   "listing %.*s is it, but no warehouse feeds account %s: `stockctl warehouse "
                   "link`",
                   id, listing, account);
        return;
    case EXPLAIN_CONFLICT:
        buf_format(out, "listing %.*s has its SKU or barcode, but is in conflict (%.*s): %s", id,
                   listing, (int)a->code.size, (const char *)a->code.data,
                   api_conflict_sentence(a->code));
        return;
    case EXPLAIN_UNTIED:
        if (a->other.size)
            buf_format(out, "listing %.*s has its SKU or barcode, but is tied to %.*s", id, listing,
                       (int)a->other.size, (const char *)a->other.data);
        else
            buf_format(out,
                       "listing %.*s has its SKU or barcode, but is tied to nothing: `stockctl "
                       "listing link %s %.*s %.*s`",
                       id, listing, account, id, listing, (int)sku.size, (const char *)sku.data);
        return;
    case EXPLAIN_NO_TARGET:
        buf_format(out, "listing %.*s is it, but is not shown in a warehouse that is linked (yet)",
                   id, listing);
        return;
    case EXPLAIN_NO_LISTING:
        buf_format(out,
                   "no listing of account %s has its SKU or a barcode of it; `stockctl listing "
                   "link` ties one by hand%s",
                   account,
                   a->conflicts ? ", `stockctl conflict list` shows what matching would not guess"
                                : "");
        return;
    }
}
