/* Sending what is due: charges first, then a selection with figures as they are at that moment,
 * then the request at once (I7). Several batches of a route may be on their way together. */
#include "sync/private.h"

#include "base/log.h"
#include "base/mem.h"

#include <string.h>

enum { NOT_STORED_PAUSE_MS = 2000 }; /* after a selection that could not be stored */

/* One batch on its way: claimed, selected, sent. */
struct push {
    struct sync_account *account;
    uint32_t route;
    struct quota_claim *claim; /* given to the operation when it starts */
    struct engine_batch *batch;
    struct engine_task task;
    struct engine_select select;
    struct arena memory;
    bool has_place; /* holds one of the route's places */
};

static void give_place(struct push *push)
{
    if (push->has_place) push->account->push[push->route].places--;
    push->has_place = false;
}

static void push_free(struct push *push)
{
    struct sync_account *account = push->account;
    give_place(push);
    account->push[push->route].in_flight--;
    if (push->batch) engine_batch_free(push->batch);
    mem_free(push->batch);
    arena_free(&push->memory);
    mem_free(push);
    if (account->removed) recover_left(account);
    sync_busy(account, -1);
}

static void drop_claim(struct push *push)
{
    struct sync *sync = push->account->sync;
    if (!push->claim) return;
    quota_cancel(sync->book, push->claim, sync_now_ms(sync));
    mem_free(push->claim);
    push->claim = NULL;
    quotas_turn(sync);
}

/* ---- the operation */

static void count(struct sync_account *account, struct sync_push *state,
                  const struct sync_ending *ending)
{
    if (ending->ok) {
        breaker_success(&state->breaker);
        return;
    }
    account->failures++;
    breaker_failure(&state->breaker, account->sync->runtime->random, sync_now_ms(account->sync));
}

/* What the route limits is over: while the answer is read and stored, the next batch is selected,
 * so that both share a commit. */
static void push_answered(void *ctx)
{
    struct push *push = ctx;
    give_place(push);
    account_turn(push->account);
}

static void push_ended(struct sync_operation *operation, const struct sync_ending *ending)
{
    struct push *push = sync_operation_ctx(operation);
    struct sync_account *account = push->account;
    struct sync_push *state = &account->push[push->route];
    count(account, state, ending);
    if (!ending->ok) account_failed(account, STOCKD_PUSH_STOCK, ending);
    state->work = true;
    account_say_changed(account);
    push->batch = NULL; /* freed with the operation */
    push_free(push);
}

static void fill_items(const struct engine_batch *batch, struct stockd_item *items,
                       struct arena *memory)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        const struct engine_item *from = &batch->items[i];
        struct stockd_key *keys = arena_alloc(memory, sizeof *keys * (from->key_count + 1));
        for (uint32_t k = 0; k < from->key_count; k++)
            keys[k] = (struct stockd_key){from->keys[k].kind, from->keys[k].value};
        items[i] = (struct stockd_item){
            .listing_id = from->listing_id,
            .group = from->group[0] ? from->group : NULL,
            .warehouse_id = from->remote_id[0] ? from->remote_id : NULL,
            .keys = keys,
            .key_count = from->key_count,
            .listing_state = (uint32_t)from->listing_state,
            .listing_data = from->listing_data.size ? from->listing_data.data : NULL,
            .target_data = from->target_data.size ? from->target_data.data : NULL,
            .note = from->note.size ? from->note.data : NULL,
            .listing_data_size = (uint32_t)from->listing_data.size,
            .target_data_size = (uint32_t)from->target_data.size,
            .note_size = (uint32_t)from->note.size,
            .wanted = from->wanted,
            .base = from->base,
            .revision = (int64_t)from->revision,
        };
    }
}

struct stockd_item *sync_items(const struct engine_batch *batch, struct arena *memory)
{
    struct stockd_item *items = arena_alloc(memory, sizeof *items * (batch->count + 1));
    fill_items(batch, items, memory);
    return items;
}

/* Nothing of the batch left: told to the engine, so that it is due again. */
static void refuse_batch(struct push *push, const char *why)
{
    struct sync_account *account = push->account;
    char quoted[LOG_QUOTED_MAX];
    log_error("sync", "batch-refused", "account=%s items=%u error=%s", account->name,
              push->batch->count, log_quote(why, quoted));
    breaker_failure(&account->push[push->route].breaker, account->sync->runtime->random,
                    sync_now_ms(account->sync));
    account->recovered = false; /* the flight row brings its items back */
    drop_claim(push);
    push_free(push);
    account_turn(account);
}

static void start_operation(struct push *push)
{
    struct sync_account *account = push->account;
    const struct stockd_start start = {.size = sizeof start,
                                       .operation = STOCKD_PUSH_STOCK,
                                       .route = push->route,
                                       .item_count = push->batch->count,
                                       .items = sync_items(push->batch, &push->memory),
                                       .warehouses = account->warehouses,
                                       .warehouse_count = account->warehouse_count};
    struct sync_setup setup = {.account = account,
                               .kind = STOCKD_PUSH_STOCK,
                               .start = &start,
                               .batch = push->batch,
                               .charged = push->claim,
                               .flight = true,
                               .class = QUOTA_INCREASE,
                               .states = account->states,
                               .state_count = account->state_count,
                               .answered = push_answered,
                               .ended = push_ended,
                               .ctx = push};
    memcpy(setup.id, push->select.operation, sizeof setup.id);
    struct error error = {0};
    if (!sync_operation_start(&setup, NULL, &error)) {
        refuse_batch(push, error.text);
        return;
    }
    push->claim = NULL;
    arena_free(&push->memory);
}

/* ---- the selection */

static enum status select_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct push *push = (struct push *)((char *)task - offsetof(struct push, task));
    return engine_select(push->account->sync->engine, txn, &push->select, push->batch, error);
}

/* What the items cost that there are not, is given back. */
static void settle_items(struct push *push)
{
    struct sync_account *account = push->account;
    const struct stockd_route *route = &account->plugin->routes[push->route];
    struct quota_claim actual = {0};
    if (push->batch->count == push->select.most) return;
    quotas_claim_fill(account, &actual, route->per_request, 1);
    quotas_claim_fill(account, &actual, route->per_item, push->batch->count);
    for (uint32_t i = 0; i < actual.charge_count; i++)
        quota_settle(push->claim, actual.charges[i].bucket, actual.charges[i].amount,
                     sync_now_ms(account->sync));
}

static int64_t soonest_due(const struct sync_account *account)
{
    int64_t soonest = 0;
    for (uint32_t r = 0; r < account->plugin->route_count; r++) {
        int64_t due = account->push[r].next_due_ms;
        if (due && (!soonest || due < soonest)) soonest = due;
    }
    return soonest;
}

/* There are zeros or decreases for it: they go before what increases wait for. The next selection
 * says whether there are more. True: a claim of its waits elsewhere now. */
static bool hurry(struct sync_account *account, uint32_t r)
{
    struct sync_push *state = &account->push[r];
    state->decreases = true;
    if (!state->claim || state->claim->class == QUOTA_DECREASE) return false;
    quota_reclass(account->sync->book, state->claim, QUOTA_DECREASE);
    return true;
}

void push_hurry(struct sync_account *account)
{
    bool moved = false;
    for (uint32_t r = 0; r < account->plugin->route_count; r++)
        moved |= hurry(account, r);
    if (moved) quotas_turn(account->sync);
}

static void note_selection(struct sync_account *account, struct push *push)
{
    struct sync_push *state = &account->push[push->route];
    const struct engine_batch *batch = push->batch;
    state->work = state->plenty = batch->more;
    state->decreases = batch->decreases;
    if (batch->barred) orders_barred(account);
    for (uint32_t r = 0; r < account->plugin->route_count; r++)
        if (r != push->route && batch->other_routes & (1u << r)) {
            account->push[r].work = true;
            if (batch->other_decreases & (1u << r)) hurry(account, r);
        }
    state->next_due_ms = batch->next_due_ms == INT64_MAX ? 0 : batch->next_due_ms;
    state->next_decrease_ms = batch->next_decrease_ms == INT64_MAX ? 0 : batch->next_decrease_ms;
    account->next_due_ms = soonest_due(account);
    if (account->next_due_ms) account_wake_at(account, account->next_due_ms);
}

static void select_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct push *push = (struct push *)((char *)task - offsetof(struct push, task));
    struct sync_account *account = push->account;
    if (status != ST_OK) {
        char quoted[LOG_QUOTED_MAX];
        log_error("sync", "not-selected", "account=%s error=%s", account->name,
                  log_quote(error->text, quoted));
        account->push[push->route].work = true;
        breaker_skipped(&account->push[push->route].breaker, sync_now_ms(account->sync));
        account_wake_at(account, sync_now_ms(account->sync) + NOT_STORED_PAUSE_MS);
        drop_claim(push);
        push_free(push);
        return;
    }
    note_selection(account, push);
    if (push->batch->count == 0) {
        breaker_skipped(&account->push[push->route].breaker, sync_now_ms(account->sync));
        if (push->batch->settled) account_say_changed(account);
        drop_claim(push);
        push_free(push);
        account_turn(account);
        return;
    }
    account->push_first = push->route;
    settle_items(push);
    start_operation(push);
    account_turn(account);
}

/* No more items than their buckets can hold at once: a batch above that would break the quota. */
static uint32_t most_items(const struct sync_account *account, const struct stockd_route *route)
{
    uint32_t most = route->max_items;
    if (account->batch && account->batch < most) most = account->batch;
    for (uint32_t i = 0; i < STOCKD_CHARGES_MAX && route->per_item[i].amount > 0; i++) {
        const struct quota_bucket *bucket = account->buckets[route->per_item[i].bucket];
        int64_t room = quota_capacity(bucket);
        for (uint32_t k = 0; k < STOCKD_CHARGES_MAX && route->per_request[k].amount > 0; k++)
            if (account->buckets[route->per_request[k].bucket] == bucket)
                room -= route->per_request[k].amount;
        room /= route->per_item[i].amount;
        if (room < most) most = room > 1 ? (uint32_t)room : 1;
    }
    return most;
}

static void select_batch(struct sync_account *account, uint32_t route, struct quota_claim *claim)
{
    struct push *push = mem_alloc(sizeof *push);
    push->account = account;
    push->route = route;
    push->claim = claim;
    push->batch = mem_alloc(sizeof *push->batch);
    engine_batch_init(push->batch);
    push->has_place = true;
    account->unsorted = false; /* it sorts what there is */
    account->push[route].places++;
    account->push[route].in_flight++;
    sync_busy(account, 1);
    push->select =
        (struct engine_select){.account = account->number,
                               .route = route,
                               .most = most_items(account, &account->plugin->routes[route]),
                               .barrier = orders_barrier(account),
                               .now_ms = sync_now_ms(account->sync)};
    sync_random_id(account->sync, push->select.operation);
    push->select.quotas =
        quotas_rows(claim, push->select.now_ms, &push->memory, &push->select.quota_count);
    push->task = (struct engine_task){.run = select_run, .done = select_done};
    account->sync->runtime->engine_submit(account->sync->runtime, &push->task);
}

/* ---- the charges */

struct waiting_claim {
    struct quota_claim claim; /* first: the claim is this */
    struct sync_account *account;
    uint32_t route;
};

/* Nothing may be written after all: a clock that was set forward, say. */
static void give_back(struct sync_account *account, uint32_t route, struct quota_claim *claim)
{
    struct sync_push *state = &account->push[route];
    int64_t now = sync_now_ms(account->sync);
    quota_cancel(account->sync->book, claim, now);
    mem_free(claim); /* the waiting one, of which it is the first member */
    state->work = true;
    breaker_skipped(&state->breaker, now);
}

static void on_granted(struct quota_claim *claim, int64_t now_ms)
{
    (void)now_ms;
    struct waiting_claim *waiting = (struct waiting_claim *)claim;
    struct sync_account *account = waiting->account;
    account->push[waiting->route].claiming = false;
    account->push[waiting->route].claim = NULL;
    if (account_may_write(account))
        select_batch(account, waiting->route, claim);
    else
        give_back(account, waiting->route, claim);
    account_turn(account);
}

static void claim_charges(struct sync_account *account, uint32_t r)
{
    const struct stockd_route *route = &account->plugin->routes[r];
    struct waiting_claim *waiting = mem_alloc(sizeof *waiting);
    struct sync_push *state = &account->push[r];
    waiting->account = account;
    waiting->route = r;
    waiting->claim.class = state->decreases ? QUOTA_DECREASE : QUOTA_INCREASE;
    waiting->claim.granted = on_granted;
    quotas_claim_fill(account, &waiting->claim, route->per_request, 1);
    quotas_claim_fill(account, &waiting->claim, route->per_item, most_items(account, route));
    if (quota_claim(account->sync->book, &waiting->claim, sync_now_ms(account->sync))) {
        select_batch(account, r, &waiting->claim);
        return;
    }
    state->claiming = true;
    state->claim = &waiting->claim;
    quotas_turn(account->sync);
}

void push_stop(struct sync_account *account)
{
    for (uint32_t r = 0; r < STOCKD_ROUTES_MAX; r++) {
        struct sync_push *state = &account->push[r];
        if (!state->claim) continue;
        quota_cancel(account->sync->book, state->claim, sync_now_ms(account->sync));
        mem_free(state->claim);
        state->claim = NULL;
        state->claiming = false;
        state->work = true;
        breaker_skipped(&state->breaker, sync_now_ms(account->sync));
    }
}

/* One selection when there may be something due; as many as the route has places when the last one
 * left something behind: they share a commit, and what finds nothing costs nothing. */
static void route_turn(struct sync_account *account, uint32_t r, int64_t now)
{
    const struct stockd_route *route = &account->plugin->routes[r];
    struct sync_push *state = &account->push[r];
    uint32_t places = route->parallel ? route->parallel : 1;
    while (state->work && !state->claiming && state->places < places) {
        if (!breaker_allows(&state->breaker, now)) {
            account_wake_at(account, now + breaker_wait_ms(&state->breaker, now));
            return;
        }
        state->work = state->plenty; /* until a selection says that there is more, or is not */
        claim_charges(account, r);
    }
}

/* What is not sorted needs one selection, of whatever route can have one now: that tells which
 * routes have work. It is mostly for the one that had some last. */
static void sort_turn(struct sync_account *account, int64_t now)
{
    uint32_t count = account->plugin->route_count;
    for (uint32_t i = 0; i < count && account->unsorted; i++) {
        uint32_t r = (account->push_first + i) % count;
        account->push[r].work = true;
        route_turn(account, r, now);
    }
    account->unsorted = false;
}

void push_turn(struct sync_account *account)
{
    if (!account_may_write(account)) {
        push_stop(account);
        return;
    }
    int64_t now = sync_now_ms(account->sync);
    if (account->next_due_ms && account->next_due_ms <= now) {
        account->next_due_ms = 0;
        for (uint32_t r = 0; r < account->plugin->route_count; r++) {
            struct sync_push *state = &account->push[r];
            state->work = true;
            state->next_due_ms = 0;
            if (state->next_decrease_ms && state->next_decrease_ms <= now) hurry(account, r);
        }
    }
    for (uint32_t r = 0; r < account->plugin->route_count; r++)
        route_turn(account, r, now);
    if (account->unsorted) sort_turn(account, now);
}
