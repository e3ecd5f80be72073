/* How a push goes: read from the targets it is about, a bounded number of them at a time. Pure but
 * for the store. [worker] */
#include "api/api_run.h"
#include "api/api_target.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

enum {
    WAITING_MAX = 10 * 1000,       /* remembered; the first sight waits for them */
    LOOKS_LONG = 3,                /* times a write was looked for in vain */
    ATTEMPTS_LONG = 5,             /* failures in a row ... */
    DUE_LONG_MS = 30 * 1000,       /* ... after which the next try is so far away */
    ANSWER_SOON_MS = 2000,         /* a write on its way is no wait before that */
    WAIT_LONG_MS = 10 * 60 * 1000, /* an account that can send nothing for so long */
};

static const char *const result_names[PUSH_RESULTS] = {
    "waiting", "sent", "unchanged", "rejected", "held", "unresolved", "failed", "dry-run", "off",
};

void push_look_init(struct push_look *look, uint64_t number, const struct run_view *run)
{
    *look = (struct push_look){.number = number,
                               .started_ms = run->started_ms,
                               .account = run->only_account,
                               .warehouse = run->only_warehouse,
                               .product = run->only_product,
                               .touched = bytes_equal(run->kind, bytes_text("retry"))};
}

void push_look_free(struct push_look *look)
{
    mem_free(look->waiting);
    json_decref(look->lines);
    *look = (struct push_look){0};
}

/* ---- one target */

/* Not going on by itself, or not soon: whoever waits is told, not kept waiting. */
static bool is_blocked(const struct api_account *account, int64_t now_ms)
{
    if (account->state == SYNC_PAUSED || account->state == SYNC_PARKED) return true;
    if (account->state == SYNC_NEW || account->state == SYNC_LOADING)
        return account->reason[0] != '\0'; /* reading it fails */
    return account->waiting[0] && account->waiting_until_ms - now_ms > WAIT_LONG_MS;
}

static enum push_result judge(const struct push_look *look, const struct target_record *r,
                              const struct api_account *account, int64_t now_ms)
{
    bool forced = r->flags & TARGET_FORCED, open = r->flags & (TARGET_OPEN | TARGET_UNRESOLVED);
    /* An open one may be acknowledged and sent again within one millisecond. */
    if (!forced && !open && r->acked_ms && r->acked_ms >= look->started_ms &&
        r->acked_ms >= r->sent_ms)
        return r->sent_ms >= look->started_ms ? PUSH_SENT : PUSH_UNCHANGED;
    if (!account || account->state == SYNC_DISABLED) return PUSH_OFF;
    if (account->state == SYNC_PAUSED || account->state == SYNC_PARKED) return PUSH_WAITS;
    if (r->hold) return PUSH_HELD;
    if (r->flags & TARGET_REJECTED) return PUSH_REJECTED;
    if (r->flags & TARGET_ABANDONED || (open && r->looks >= LOOKS_LONG)) return PUSH_UNRESOLVED;
    if (account->state == SYNC_DRY_RUN) return PUSH_DRY_RUN;
    if (!forced && !open && !(r->flags & TARGET_QUEUED) && r->flags & TARGET_ACKED)
        return PUSH_UNCHANGED;
    if (r->flags & TARGET_ERROR && r->attempts >= ATTEMPTS_LONG && !is_blocked(account, now_ms) &&
        r->queued_due_ms - now_ms > DUE_LONG_MS)
        return PUSH_FAILED;
    return PUSH_WAITS;
}

/* Says of the first one that waits what it waits for. */
static void say_waiting(struct push_look *look, const struct query_target *t,
                        const struct api_account *account, int64_t now_ms)
{
    const struct target_record *r = &t->record;
    char when[CLOCK_TEXT_MAX];
    const char *name = t->account ? t->account->name : "";
    if (look->why[0]) return;
    if (account->state == SYNC_PAUSED || account->state == SYNC_PARKED)
        snprintf(look->why, sizeof look->why,
                 "account %s is %s%s%s; 'stockctl account resume %s' lets it go on", name,
                 sync_state_name(account->state), account->reason[0] ? ": " : "", account->reason,
                 name);
    else if (account->state != SYNC_ACTIVE)
        snprintf(look->why, sizeof look->why, "account %s is %s%s%s", name,
                 sync_state_name(account->state), account->reason[0] ? ": " : "", account->reason);
    else if (r->flags & TARGET_UNRESOLVED)
        snprintf(look->why, sizeof look->why, "%s: looked for at the marketplace at %s", name,
                 clock_text(r->look_ms, when));
    else if (r->flags & TARGET_OPEN && now_ms - r->sent_ms < ANSWER_SOON_MS)
        return; /* nothing to speak of */
    else if (r->flags & TARGET_OPEN)
        snprintf(look->why, sizeof look->why, "%s: the marketplace has not answered yet", name);
    else if (r->flags & TARGET_QUEUED && r->queued_due_ms > now_ms)
        snprintf(look->why, sizeof look->why, "%s: next send allowed at %s", name,
                 clock_text(r->queued_due_ms, when));
    else if (account->waiting[0])
        snprintf(look->why, sizeof look->why, "%s: %s", name, account->waiting);
}

/* What one look works with. */
struct looking {
    struct push_look *look;
    struct query *query;
    const struct api_accounts *accounts;
    int64_t now_ms;
};

/* True: final. */
static bool judge_one(const struct looking *l, const struct query_target *t)
{
    struct push_look *look = l->look;
    const struct api_account *account = api_accounts_find(l->accounts, t->id.account);
    enum push_result result = judge(look, &t->record, account, l->now_ms);
    if (result == PUSH_WAITS) {
        look->blocked += is_blocked(account, l->now_ms);
        say_waiting(look, t, account, l->now_ms);
        return false;
    }
    const struct target_record *r = &t->record;
    bool old = r->sent_ms < look->started_ms && r->acked_ms < look->started_ms;
    if (look->touched && old) return true; /* it was not rejected when that began */
    look->counts[result]++;
    if (look->listing) {
        json_t *line = api_target_json(l->query, t, account, l->now_ms);
        json_object_set_new(line, "event", json_string("target"));
        json_object_set_new(line, "result", json_string(result_names[result]));
        json_array_append_new(look->lines, line);
    }
    return true;
}

/* ---- those that waited */

static enum status look_again(const struct looking *l)
{
    struct push_look *look = l->look;
    uint32_t kept = 0, count = look->waiting_count;
    look->blocked = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct query_target_memory memory;
        struct query_target target;
        enum status status = query_target(l->query, &look->waiting[i], &memory, &target);
        if (status == ST_NOT_FOUND) continue; /* unlinked or untied meanwhile */
        if (status != ST_OK) return status;
        if (!judge_one(l, &target)) look->waiting[kept++] = look->waiting[i];
    }
    look->waiting_count = kept;
    return ST_OK;
}

/* ---- the first sight */

static bool see(void *ctx, const struct query_target *t)
{
    const struct looking *l = ctx;
    struct push_look *look = l->look;
    if (look->warehouse &&
        !directory_feeds(l->query->directory, look->warehouse, t->id.account, t->id.remote))
        return true;
    if (judge_one(l, t)) return true;
    if (look->waiting_count == look->waiting_room) {
        look->waiting_room = look->waiting_room ? look->waiting_room * 2 : 64;
        look->waiting = mem_resize(look->waiting, look->waiting_room * sizeof *look->waiting);
    }
    look->waiting[look->waiting_count++] = t->id;
    return true;
}

/* A page of the targets that are asked for. */
static enum status look_on(struct looking *l)
{
    struct push_look *look = l->look;
    struct query_targets filter = {.state = -1};
    const struct directory_account *account = directory_account(l->query->directory, look->account);
    struct query_product product;
    if (account) filter.account = bytes_text(account->name);
    if (look->product) {
        enum status found = query_product_by_number(l->query, look->product, &product);
        if (found == ST_NOT_FOUND) look->scanned = true; /* deleted meanwhile */
        if (found != ST_OK) return look->scanned ? ST_OK : found;
        filter.sku = product.product.sku;
    }
    look->page.limit = QUERY_PAGE_MAX;
    enum status status = query_targets(l->query, &filter, &look->page, see, l);
    memcpy(look->place, look->page.next, look->page.next_size);
    look->page.from = bytes_of(look->place, look->page.next_size);
    look->scanned = look->page.next_size == 0;
    return status;
}

enum status push_look(struct push_look *look, struct query *query,
                      const struct api_accounts *accounts, int64_t now_ms)
{
    struct looking l = {look, query, accounts, now_ms};
    if (!look->lines) look->lines = json_array();
    look->why[0] = '\0';
    enum status status = look_again(&l);
    if (status == ST_OK && !look->scanned && look->waiting_count < WAITING_MAX)
        status = look_on(&l);
    return status;
}

bool push_look_more(const struct push_look *look)
{
    return !look->scanned && look->waiting_count < WAITING_MAX;
}

bool push_look_over(const struct push_look *look)
{
    if (push_look_more(look)) return false;
    return look->blocked == look->waiting_count;
}

/* ---- as JSON */

static int64_t final_count(const struct push_look *look)
{
    int64_t sum = 0;
    for (int i = PUSH_SENT; i < PUSH_RESULTS; i++)
        sum += look->counts[i];
    return sum;
}

static const char *state_name(const struct push_look *look)
{
    const int64_t *c = look->counts;
    if (!push_look_over(look)) return "running";
    if (look->waiting_count || c[PUSH_OFF] || c[PUSH_DRY_RUN]) return "waiting";
    return final_count(look) == c[PUSH_SENT] + c[PUSH_UNCHANGED] ? "done" : "partial";
}

static void say_switched_off(const struct push_look *look, char why[SYNC_TEXT_MAX])
{
    why[0] = '\0';
    if (look->counts[PUSH_DRY_RUN])
        snprintf(why, SYNC_TEXT_MAX,
                 "%lld targets are of an account on dry-run: nothing is sent there",
                 (long long)look->counts[PUSH_DRY_RUN]);
    else if (look->counts[PUSH_OFF])
        snprintf(why, SYNC_TEXT_MAX,
                 "%lld targets are of an account that is disabled, or in no file of conf.d",
                 (long long)look->counts[PUSH_OFF]);
}

void push_look_json(const struct push_look *look, json_t *run)
{
    char otherwise[SYNC_TEXT_MAX];
    json_t *counts = json_object();
    for (int i = PUSH_SENT; i < PUSH_RESULTS; i++)
        json_object_set_new(counts, i == PUSH_DRY_RUN ? "dry_run" : result_names[i],
                            json_integer(look->counts[i]));
    json_object_set_new(counts, "waiting", json_integer(look->waiting_count));
    json_object_set_new(run, "counts", counts);
    json_object_set_new(run, "state", json_string(state_name(look)));
    json_object_set_new(run, "done", json_integer(final_count(look)));
    json_object_set_new(run, "total",
                        look->scanned ? json_integer(final_count(look) + look->waiting_count)
                                      : json_null());
    say_switched_off(look, otherwise);
    if (look->scanned && !look->waiting_count && !final_count(look))
        snprintf(otherwise, sizeof otherwise,
                 look->touched ? "nothing of that kind is rejected"
                               : "no target matches: nothing of it is listed and linked");
    json_object_set_new(run, "why", api_cstr_or_null(look->why[0] ? look->why : otherwise));
}
