/* A look at an account that is not one yet: an account of sync's that is in no list and has no row,
 * whose operations end here instead of in the store: its stages, one after the other. What they
 * tell is kept by probe_take.c, and shown by probe_view.c. */
#include "sync/probe.h"

#include "base/mem.h"
#include "net/recorder.h"
#include "sync/probe_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const enum sync_task probe_stages[PROBE_STAGES] = {SYNC_CHECK, SYNC_WAREHOUSES, SYNC_LISTINGS};
static const enum stockd_operation kinds[PROBE_STAGES] = {
    STOCKD_CHECK_ACCOUNT, STOCKD_LIST_WAREHOUSES, STOCKD_FETCH_LISTINGS};

/* ---- the end */

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
    probe_count(probe);
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
    return probe_stages[stage] != SYNC_LISTINGS;
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
    if (probe_stages[stage] == SYNC_LISTINGS) probe->whole = ending->ok && !probe->enough;
    if (ending->ok || probe->enough) {
        probe->stage++;
        next_stage(probe);
    } else if (!stage_needed(stage) && ending->fail != STOCKD_FAIL_AUTH) {
        probe_denied(probe, plugin_operation_name(kinds[stage]), ending->text);
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
