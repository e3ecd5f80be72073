/* The accounts of sync: put, given rules, found, removed. What one does is account.c's. */
#include "sync/private.h"

#include "base/mem.h"
#include "net/recorder.h"

#include <string.h>

void accounts_free_one(struct sync_account *account)
{
    struct sync *sync = account->sync;
    sync->runtime->timer_close(sync->runtime, &account->timer);
    crawl_free(account);
    schedules_free(account);
    mem_free(account->resync);
    quotas_release(account);
    plugin_instance_unref(account->instance);
    for (size_t i = 0; i < account->limit_count; i++)
        mem_free((char *)account->limits[i].bucket);
    mem_free(account->limits);
    mem_free(account->identity);
    authorize_free(account);
    arena_free(&account->facts_memory);
    arena_free(&account->states_memory);
    mem_free(account->name);
    mem_free(account);
}

static void unlink_account(struct sync_account *account)
{
    struct sync_account **at = &account->sync->accounts;
    while (*at && *at != account)
        at = &(*at)->next;
    if (*at) *at = account->next;
}

/* Its secrets are masked for as long as anything may come back from its marketplace, here or under
 * the same name again. */
static void forget_secrets(struct sync *sync, const char *name)
{
    for (const struct sync_account *a = sync->accounts; a; a = a->next)
        if (strcmp(a->name, name) == 0) return;
    if (sync->recorder) recorder_forget(sync->recorder, name);
}

/* Removed accounts go when nothing of theirs is under way: looked at from a timer, never from
 * inside their own callbacks. */
static void collect_removed(struct timer *timer)
{
    struct sync *sync = (struct sync *)((char *)timer - offsetof(struct sync, collector));
    bool waiting = false;
    for (struct sync_account *a = sync->accounts, *next; a; a = next) {
        next = a->next;
        if (!a->removed) continue;
        if (a->busy) {
            waiting = true;
            continue;
        }
        unlink_account(a);
        forget_secrets(sync, a->name);
        accounts_free_one(a);
    }
    enum { COLLECT_AGAIN_MS = 200 };
    if (waiting && !sync->stopping)
        sync->runtime->timer_arm(sync->runtime, &sync->collector, COLLECT_AGAIN_MS);
}

struct sync_account *accounts_find(struct sync *sync, const char *name)
{
    for (struct sync_account *a = sync->accounts; a; a = a->next)
        if (!a->removed && strcmp(a->name, name) == 0) return a;
    return NULL;
}

static struct engine_rules rules_of(const struct sync_account *account)
{
    struct engine_rules rules = {.attempts = account->attempts,
                                 .timeout_ms = account->timeout_ms ? account->timeout_ms
                                                                   : NET_TIMEOUT_DEFAULT_MS,
                                 .data_version = account->plugin->data_version};
    for (uint32_t i = 0; i < account->plugin->route_count && i < ENGINE_ROUTES_MAX; i++) {
        const struct stockd_route *from = &account->plugin->routes[i];
        rules.routes[rules.route_count++] =
            (struct engine_route){.grouping = (enum engine_grouping)from->group,
                                  .min_items = from->min_items,
                                  .max_items = from->max_items,
                                  .cadence_ms = from->cadence_ms,
                                  .settle_ms = from->settle_ms,
                                  .stuck_after_ms = from->stuck_after_ms,
                                  .max_quantity = from->max_quantity,
                                  .delta = from->kind == STOCKD_WRITE_DELTA,
                                  .compare = from->kind == STOCKD_WRITE_COMPARE,
                                  .by_note = from->confirmation == STOCKD_CONFIRM_NOTE};
    }
    return rules;
}

/* [engine thread] Asks the plugin which routes an item can take. */
static uint32_t item_routes(void *ctx, const struct engine_item *from, uint32_t *routes,
                            uint32_t max)
{
    const struct plugin *plugin = ctx;
    struct stockd_key keys[STOCKD_KEYS_MAX];
    uint32_t all[STOCKD_ROUTES_MAX];
    for (uint32_t k = 0; k < from->key_count && k < STOCKD_KEYS_MAX; k++)
        keys[k] = (struct stockd_key){from->keys[k].kind, from->keys[k].value};
    const struct stockd_item item = {
        .listing_id = from->listing_id,
        .group = from->group[0] ? from->group : NULL,
        .warehouse_id = from->remote_id,
        .keys = keys,
        .key_count = from->key_count,
        .listing_state = (uint32_t)from->listing_state,
        .listing_data = from->listing_data.size ? from->listing_data.data : NULL,
        .target_data = from->target_data.size ? from->target_data.data : NULL,
        .listing_data_size = (uint32_t)from->listing_data.size,
        .target_data_size = (uint32_t)from->target_data.size,
        .wanted = from->wanted,
        .base = from->base,
        .revision = (int64_t)from->revision};
    size_t count = plugin_item_routes(plugin, &item, all);
    if (count > max) count = max;
    for (size_t i = 0; i < count; i++)
        routes[i] = all[i];
    return (uint32_t)count;
}

struct rules_task {
    struct engine_task task;
    struct sync_account *account;
    struct engine_rules rules;
};

static enum status rules_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct rules_task *r = (struct rules_task *)((char *)task - offsetof(struct rules_task, task));
    (void)txn;
    (void)error;
    engine_rules_set(r->account->sync->engine, r->account->number, &r->rules);
    return ST_OK;
}

static void rules_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct rules_task *r = (struct rules_task *)((char *)task - offsetof(struct rules_task, task));
    struct sync_account *account = r->account;
    (void)status;
    (void)error;
    mem_free(r);
    sync_busy(account, -1);
    account->facts_stale = true;
    account_turn(account);
}

static void give_rules(struct sync_account *account)
{
    struct rules_task *r = mem_alloc(sizeof *r);
    r->account = account;
    r->rules = rules_of(account);
    if (account->plugin->item_routes) {
        r->rules.item_routes = item_routes;
        r->rules.ctx =
            (void *)plugin_instance_plugin(account->instance); /* lives as long as the registry */
    }
    r->task = (struct engine_task){.run = rules_run, .done = rules_done};
    sync_busy(account, 1);
    account->sync->runtime->engine_submit(account->sync->runtime, &r->task);
}

static void take_limits(struct sync_account *account, const struct sync_settings *settings)
{
    for (size_t i = 0; i < account->limit_count; i++)
        mem_free((char *)account->limits[i].bucket);
    account->limits = mem_resize(account->limits, settings->limit_count * sizeof *account->limits);
    account->limit_count = settings->limit_count;
    for (size_t i = 0; i < settings->limit_count; i++) {
        account->limits[i] = settings->limits[i];
        account->limits[i].bucket = mem_text(settings->limits[i].bucket);
    }
}

/* No recording ever shows what the configuration calls a secret, or a token. */
void account_mask_secrets(struct sync_account *account)
{
    const char *secrets[STOCKD_OPTIONS_MAX + 2 * TOKENS_MAX];
    size_t count = 0;
    if (!account->sync->recorder) return;
    for (uint32_t i = 0; i < account->plugin->option_count; i++) {
        const char *value =
            plugin_instance_secret(account->instance, account->plugin->options[i].name);
        if (value && value[0]) secrets[count++] = value;
    }
    const struct token_set *tokens = account->authorize.tokens;
    for (uint32_t i = 0; tokens && i < tokens->count; i++) {
        secrets[count++] = tokens->list[i].value;
        if (tokens->list[i].refresh) secrets[count++] = tokens->list[i].refresh;
    }
    recorder_mask_set(account->sync->recorder, account->name, secrets, count);
}

void sync_account_put(struct sync *sync, const struct sync_settings *settings)
{
    sweeps_resume(sync);
    struct sync_account *account = accounts_find(sync, settings->name);
    bool is_new = account == NULL;
    if (is_new) {
        account = mem_alloc(sizeof *account);
        account->sync = sync;
        account->name = mem_text(settings->name);
        account->number = settings->number;
        account->next = sync->accounts;
        sync->accounts = account;
    }
    bool enabled_before = account->enabled;
    struct plugin_instance *old = account->instance;
    account->instance = plugin_instance_ref(settings->instance);
    plugin_instance_unref(old);
    account->plugin = plugin_declared(plugin_instance_plugin(account->instance));
    account->print = plugin_instance_print(account->instance);
    if (account_unproven(account)) account->duties[SYNC_CHECK].asked = true;
    account->enabled = settings->enabled;
    account->dry_run = settings->dry_run;
    account->first_plan = settings->first_plan;
    account->allow_plain_http = settings->allow_plain_http;
    account->timeout_ms = settings->timeout_ms;
    account->batch = settings->batch;
    account->attempts = settings->attempts ? settings->attempts : 5;
    take_limits(account, settings);
    if (!enabled_before && account->enabled) account->schedules.up_ms = sync_now_ms(sync);
    schedules_take(account, settings->schedules);
    account_mask_secrets(account);
    quotas_bind(account);
    if (!is_new && account->enabled && !enabled_before) account->since_ms = sync_now_ms(sync);
    for (uint32_t r = 0; r < account->plugin->route_count; r++)
        account->push[r].work = true;
    for (int i = 0; i < STOCKD_OPERATION_COUNT; i++)
        account->denied_until_ms[i] = 0; /* new credentials may have what the old ones lacked */
    account->blocked_until_ms = 0;
    give_rules(account);
}

/* It may be of many pages, and the account be back long before its end: two of them would go on
 * side by side, each with what it knows of the place in the other's list. A token that is asked for
 * is kept when it comes: the one before may be spent. */
static void end_readings(struct sync_account *account)
{
    for (int i = 0; i < SYNC_TASKS; i++) {
        struct sync_operation *operation = account->duties[i].operation;
        if (operation && i != SYNC_RENEW && i != SYNC_LOGIN) sync_operation_cancel(operation);
    }
    crawl_cancel(account);
}

void sync_account_remove(struct sync *sync, const char *name)
{
    struct sync_account *account = accounts_find(sync, name);
    if (!account) return;
    push_stop(account);
    load_removed(account);
    account->removed = true;
    end_readings(account);
    sync->collector.fire = collect_removed;
    sync->runtime->timer_arm(sync->runtime, &sync->collector, 0);
}

void sync_park(struct sync *sync, const char *name, const char *code, const char *text)
{
    struct sync_account *account = accounts_find(sync, name);
    if (account) account_park(account, code, text);
}
