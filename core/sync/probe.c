/* A look at an account that is not one yet: an account of sync's that is in no list and has no row,
 * whose operations end here instead of in the store. */
#include "sync/probe.h"

#include "base/mem.h"
#include "engine/listing_match.h"
#include "net/recorder.h"
#include "sync/private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROBE_STAGES = 3, PROBE_WORDS_MAX = 100, PROBE_WAREHOUSES_MAX = 1000 };

static const enum sync_task stages[PROBE_STAGES] = {SYNC_CHECK, SYNC_WAREHOUSES, SYNC_LISTINGS};
static const enum stockd_operation kinds[PROBE_STAGES] = {
    STOCKD_CHECK_ACCOUNT, STOCKD_LIST_WAREHOUSES, STOCKD_FETCH_LISTINGS};

struct found {
    struct sync_probe_listing shown;
    uint64_t product;
    bool by_barcode, ours;
    uint32_t order;
};

struct word {
    const char *code, *text;
};

struct sync_probe {
    struct sync_account account; /* first */
    struct sync_probe *next;
    void (*changed)(void *ctx);
    void *ctx;
    uint32_t listings_max, stage, stage_number, stage_count;
    bool ended, ok, dropped, enough, refused, whole;
    char code[100], text[SYNC_TEXT_MAX];
    int64_t key_expires_ms, done, total;
    struct arena memory;
    struct sync_operation *operation;

    struct word warnings[PROBE_WORDS_MAX], denied[PROBE_WORDS_MAX];
    uint32_t warning_count, denied_count;
    struct sync_probe_warehouse warehouses[PROBE_WAREHOUSES_MAX];
    uint32_t warehouse_count;
    struct found *found;                    /* [engine thread] while a step is being matched */
    uint32_t found_count, found_room, kept; /* kept: of the steps before */
    uint32_t by_sku, by_barcode, unmatched, conflicts, not_ours;
};

static const char *keep(struct sync_probe *probe, const char *text)
{
    return text ? arena_text(&probe->memory, bytes_text(text)) : NULL;
}

/* ---- what a step tells */

static struct bytes text_or_empty(const char *text)
{
    return text ? bytes_text(text) : bytes_of("", 0);
}

static enum status match_one(struct sync_probe *probe, struct store_txn *txn,
                             const struct stockd_listing *l, struct error *error)
{
    struct listing_view view = {.id = text_or_empty(l->id), .state = (enum listing_state)l->state};
    struct listing_match match;
    struct found found = {.ours = listing_can_be_target(view.state)};
    for (uint32_t k = 0; k < l->key_count && k < LISTING_KEYS_MAX; k++) {
        bool sku = strcmp(l->keys[k].kind, "sku") == 0,
             barcode = strcmp(l->keys[k].kind, "barcode") == 0;
        view.keys[view.key_count++] =
            (struct listing_key){text_or_empty(l->keys[k].kind), text_or_empty(l->keys[k].value)};
        if (sku && !found.shown.sku) found.shown.sku = keep(probe, l->keys[k].value);
        if (barcode && !found.shown.barcode) found.shown.barcode = keep(probe, l->keys[k].value);
    }
    enum status status = listing_match(txn, &view, &match, error);
    if (status != ST_OK) return status;
    found.shown.id = keep(probe, l->id);
    found.shown.title = keep(probe, l->title);
    found.shown.conflict = match.conflict;
    found.product = match.conflict ? 0 : match.product;
    found.by_barcode = match.by_barcode;
    found.order = probe->found_count;
    if (probe->found_count == probe->found_room) {
        probe->found_room = probe->found_room ? probe->found_room * 2 : 1024;
        probe->found = mem_resize(probe->found, probe->found_room * sizeof *probe->found);
    }
    probe->found[probe->found_count++] = found;
    return ST_OK;
}

enum status probe_match(struct sync_account *account, const struct plugin_step *step,
                        struct store_txn *txn, struct error *error)
{
    struct sync_probe *probe = (struct sync_probe *)account;
    enum status status = ST_OK;
    probe->found_count = probe->kept; /* its transaction may be tried again */
    for (size_t i = 0; i < step->listing_count && status == ST_OK; i++)
        if (probe->found_count < probe->listings_max)
            status = match_one(probe, txn, &step->listings[i], error);
    return status;
}

static void add_word(struct sync_probe *probe, struct word *words, uint32_t *count,
                     const char *code, const char *text)
{
    if (*count < PROBE_WORDS_MAX)
        words[(*count)++] = (struct word){keep(probe, code), keep(probe, text)};
}

static void take_warehouse(struct sync_probe *probe, const struct stockd_warehouse *w)
{
    uint32_t at = 0;
    while (at < probe->warehouse_count && strcmp(probe->warehouses[at].id, w->id) != 0)
        at++;
    if (w->gone || at == PROBE_WAREHOUSES_MAX) return;
    probe->warehouses[at] = (struct sync_probe_warehouse){.id = keep(probe, w->id),
                                                          .name = keep(probe, w->name),
                                                          .kind = keep(probe, w->kind),
                                                          .why = keep(probe, w->why),
                                                          .writable = w->writable,
                                                          .marketplace = w->marketplace};
    if (at == probe->warehouse_count) probe->warehouse_count++;
}

static void take_facts(struct sync_probe *probe, const struct plugin_step *step)
{
    for (size_t i = 0; i < step->warehouse_count; i++)
        take_warehouse(probe, &step->warehouses[i]);
    for (size_t i = 0; i < step->warning_count; i++)
        add_word(probe, probe->warnings, &probe->warning_count, step->warnings[i].code,
                 step->warnings[i].text);
    for (size_t i = 0; i < step->ability_count; i++)
        if (!step->abilities[i].granted)
            add_word(probe, probe->denied, &probe->denied_count,
                     plugin_operation_name(step->abilities[i].operation), step->abilities[i].text);
    for (size_t i = 0; i < step->key_expiry_count; i++)
        if (!probe->key_expires_ms || step->key_expiries[i].ms < probe->key_expires_ms)
            probe->key_expires_ms = step->key_expiries[i].ms;
    if (step->identity) {
        mem_free(probe->account.identity);
        probe->account.identity = mem_text(step->identity);
        quotas_bind(&probe->account);
    }
}

/* The plugin's durable state lasts for the probe: one operation may build on another's. */
static void take_states(struct sync_probe *probe, const struct plugin_step *step)
{
    struct sync_account *account = &probe->account;
    for (size_t i = 0; i < step->state_count; i++) {
        const struct plugin_state *from = &step->states[i];
        size_t at = 0;
        while (at < account->state_count && strcmp(account->states[at].name, from->name) != 0)
            at++;
        if (at == account->state_count) {
            account->states = mem_resize(account->states, (at + 1) * sizeof *account->states);
            account->states[account->state_count++].name = keep(probe, from->name);
        }
        if (from->data.size == 0) { /* deleted */
            account->states[at] = account->states[--account->state_count];
            continue;
        }
        account->states[at].data =
            bytes_of(arena_text(&probe->memory, from->data), from->data.size);
    }
}

bool probe_took(struct sync_account *account, const struct plugin_step *step)
{
    struct sync_probe *probe = (struct sync_probe *)account;
    take_facts(probe, step);
    take_states(probe, step);
    probe->kept = probe->found_count;
    bool said = step->progress_done >= 0;
    probe->done = said ? step->progress_done : (int64_t)probe->kept;
    probe->total = said ? step->progress_total : 0;
    probe->enough |= probe->kept >= probe->listings_max;
    if (!probe->dropped && probe->changed) probe->changed(probe->ctx);
    return probe->enough || probe->dropped;
}

/* ---- the end */

static int by_id(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int order = strcmp(x->shown.id, y->shown.id);
    return order ? order : (x->order < y->order ? -1 : 1);
}

static int by_product(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->product != y->product) return x->product < y->product ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

/* A listing that was told of twice is what was told last. */
static void drop_repeats(struct sync_probe *probe)
{
    uint32_t kept = 0;
    if (probe->kept) qsort(probe->found, probe->kept, sizeof *probe->found, by_id);
    for (uint32_t i = 0; i < probe->kept; i++) {
        bool again = i + 1 < probe->kept &&
                     strcmp(probe->found[i].shown.id, probe->found[i + 1].shown.id) == 0;
        if (!again) probe->found[kept++] = probe->found[i];
    }
    probe->kept = kept;
}

/* As mapping will: of several listings with one product the first that comes gets it. */
static void count_matches(struct sync_probe *probe)
{
    drop_repeats(probe);
    if (probe->kept) qsort(probe->found, probe->kept, sizeof *probe->found, by_product);
    for (uint32_t i = 0; i < probe->kept; i++) {
        struct found *f = &probe->found[i];
        bool taken = f->product && i > 0 && probe->found[i - 1].product == f->product;
        if (!f->ours) {
            probe->not_ours++;
            f->product = 0;
        } else if (taken || f->shown.conflict) {
            if (taken) f->shown.conflict = "product-has-a-listing";
            probe->conflicts++;
        } else if (!f->product) {
            probe->unmatched++;
        } else if (f->by_barcode) {
            probe->by_barcode++;
        } else {
            probe->by_sku++;
        }
    }
}

static void really_free(struct sync_probe *probe)
{
    struct sync_account *account = &probe->account;
    struct sync_probe **at = &account->sync->probes;
    while (*at != probe)
        at = &(*at)->next;
    *at = probe->next;
    if (account->sync->recorder) recorder_forget(account->sync->recorder, account->name);
    quotas_release(account);
    plugin_instance_unref(account->instance);
    authorize_free(account);
    for (size_t i = 0; i < account->limit_count; i++)
        mem_free((char *)account->limits[i].bucket);
    mem_free(account->limits);
    account->sync->runtime->timer_close(account->sync->runtime, &account->timer);
    mem_free(account->states);
    mem_free(account->identity);
    mem_free(account->name);
    mem_free(probe->found);
    arena_free(&probe->memory);
    mem_free(probe);
}

/* Not from inside its operation's own end. */
static void on_timer(struct timer *timer)
{
    struct sync_probe *probe =
        (struct sync_probe *)((char *)timer - offsetof(struct sync_probe, account.timer));
    timer->armed = false;
    if (probe->dropped && !probe->operation) really_free(probe);
}

static void free_soon(struct sync_probe *probe)
{
    struct runtime *runtime = probe->account.sync->runtime;
    probe->account.timer.fire = on_timer;
    runtime->timer_arm(runtime, &probe->account.timer, 0);
}

static void finish(struct sync_probe *probe, bool ok, const struct sync_ending *why)
{
    probe->ended = true;
    probe->ok = ok;
    if (why) {
        probe->refused = why->fail == STOCKD_FAIL_AUTH;
        snprintf(probe->code, sizeof probe->code, "%s", why->code ? why->code : "failed");
        snprintf(probe->text, sizeof probe->text, "%s",
                 why->text && why->text[0] ? why->text : "no reason was given");
    }
    count_matches(probe);
    if (probe->dropped)
        free_soon(probe);
    else if (probe->changed)
        probe->changed(probe->ctx);
}

/* ---- stage by stage */

static void next_stage(struct sync_probe *probe);

/* Without listings an account can be added all the same, and with rights that are missing too. */
static bool stage_needed(uint32_t stage)
{
    return stages[stage] != SYNC_LISTINGS;
}

static void stage_ended(struct sync_operation *operation, const struct sync_ending *ending)
{
    struct sync_probe *probe = sync_operation_ctx(operation);
    uint32_t stage = probe->stage;
    probe->operation = NULL;
    if (probe->dropped) {
        finish(probe, false, NULL);
        return;
    }
    if (stages[stage] == SYNC_LISTINGS) probe->whole = ending->ok && !probe->enough;
    if (ending->ok || probe->enough) {
        probe->stage++;
        next_stage(probe);
    } else if (!stage_needed(stage) && ending->fail != STOCKD_FAIL_AUTH) {
        add_word(probe, probe->denied, &probe->denied_count, plugin_operation_name(kinds[stage]),
                 ending->text);
        probe->stage++;
        next_stage(probe);
    } else {
        finish(probe, false, ending);
    }
}

static void next_stage(struct sync_probe *probe)
{
    struct sync_account *account = &probe->account;
    while (probe->stage < PROBE_STAGES && !account->plugin->operations[kinds[probe->stage]])
        probe->stage++;
    if (probe->stage == PROBE_STAGES) {
        finish(probe, true, NULL);
        return;
    }
    struct error error = {0};
    const struct stockd_start what = {.size = sizeof what,
                                      .operation = (uint32_t)kinds[probe->stage]};
    struct sync_setup setup = {.account = account,
                               .kind = kinds[probe->stage],
                               .start = &what,
                               .class = QUOTA_READ,
                               .states = account->states,
                               .state_count = account->state_count,
                               .ended = stage_ended,
                               .ctx = probe};
    sync_random_id(account->sync, setup.id);
    probe->stage_number++;
    probe->done = probe->total = 0;
    if (sync_operation_start(&setup, &probe->operation, &error)) return;
    const struct sync_ending ending = {
        .fail = STOCKD_FAIL_BUG, .code = "refused", .text = error.text};
    finish(probe, false, &ending);
}

struct sync_probe *sync_probe_start(struct sync *sync, const struct sync_probe_options *options)
{
    struct sync_probe *probe = mem_alloc(sizeof *probe);
    struct sync_account *account = &probe->account;
    probe->changed = options->changed;
    probe->ctx = options->ctx;
    probe->listings_max = options->listings_max ? options->listings_max : PROBE_LISTINGS_MAX;
    account->sync = sync;
    account->name = mem_text(options->account.name);
    account->instance = plugin_instance_ref(options->account.instance);
    account->plugin = plugin_declared(plugin_instance_plugin(account->instance));
    account->enabled = account->probe = true;
    account->allow_plain_http = options->account.allow_plain_http;
    account->timeout_ms = options->account.timeout_ms;
    account->attempts = 1;
    account_mask_secrets(account);
    quotas_bind(account);
    probe->next = sync->probes;
    sync->probes = probe;
    for (uint32_t i = 0; i < PROBE_STAGES; i++)
        probe->stage_count += account->plugin->operations[kinds[i]] != NULL;
    next_stage(probe);
    return probe;
}

void sync_probe_free(struct sync_probe *probe)
{
    if (!probe) return;
    probe->dropped = true;
    probe->changed = NULL;
    if (probe->operation)
        sync_operation_cancel(probe->operation);
    else
        free_soon(probe);
}

void probes_stop(struct sync *sync)
{
    for (struct sync_probe *p = sync->probes, *next; p; p = next) {
        next = p->next;
        if (p->operation) sync_operation_cancel(p->operation);
    }
}

void probes_free(struct sync *sync)
{
    while (sync->probes)
        really_free(sync->probes);
}

/* ---- looking */

/* The seller's other account: at the same plugin, under the same identity. */
static const char *same_seller(const struct sync_probe *probe)
{
    const struct sync_account *mine = &probe->account;
    for (const struct sync_account *a = mine->sync->accounts; a && mine->identity; a = a->next)
        if (!a->removed && a->identity && strcmp(a->plugin->id, mine->plugin->id) == 0 &&
            strcmp(a->identity, mine->identity) == 0)
            return a->name;
    return NULL;
}

void sync_probe_view(const struct sync_probe *probe, struct sync_probe_view *view)
{
    uint32_t stage = probe->stage < PROBE_STAGES ? probe->stage : PROBE_STAGES - 1;
    *view = (struct sync_probe_view){.ended = probe->ended,
                                     .ok = probe->ok,
                                     .stage = sync_task_name(stages[stage]),
                                     .number = probe->stage_number,
                                     .stages = probe->stage_count,
                                     .done = probe->done,
                                     .total = probe->total,
                                     .code = probe->code,
                                     .text = probe->text,
                                     .refused = probe->refused,
                                     .identity = probe->account.identity,
                                     .same = same_seller(probe),
                                     .key_expires_ms = probe->key_expires_ms,
                                     .listings_whole = probe->whole,
                                     .listings = probe->kept,
                                     .by_sku = probe->by_sku,
                                     .by_barcode = probe->by_barcode,
                                     .unmatched = probe->unmatched,
                                     .conflicts = probe->conflicts,
                                     .not_ours = probe->not_ours};
}

void sync_probe_warnings(const struct sync_probe *probe,
                         void (*each)(void *ctx, const char *code, const char *text), void *ctx)
{
    for (uint32_t i = 0; i < probe->warning_count; i++)
        each(ctx, probe->warnings[i].code, probe->warnings[i].text);
}

void sync_probe_denied(const struct sync_probe *probe,
                       void (*each)(void *ctx, const char *operation, const char *text), void *ctx)
{
    for (uint32_t i = 0; i < probe->denied_count; i++)
        each(ctx, probe->denied[i].code, probe->denied[i].text);
}

void sync_probe_warehouses(const struct sync_probe *probe,
                           void (*each)(void *ctx, const struct sync_probe_warehouse *warehouse),
                           void *ctx)
{
    for (uint32_t i = 0; i < probe->warehouse_count; i++)
        each(ctx, &probe->warehouses[i]);
}

void sync_probe_listings(const struct sync_probe *probe,
                         void (*each)(void *ctx, const struct sync_probe_listing *listing),
                         void *ctx)
{
    for (uint32_t i = 0; i < probe->kept; i++) {
        const struct found *f = &probe->found[i];
        if (f->ours && (f->shown.conflict || !f->product)) each(ctx, &f->shown);
    }
}
