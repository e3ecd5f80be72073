/* One look: facts of the loop, rules on a worker, and where something is new one engine task. */
#include "notify/notify_private.h"

#include "base/log.h"
#include "base/mem.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define OF(task, member)                                                 \
    ((struct notify *)((char *)(task)-offsetof(struct notify, looking) - \
                       offsetof(struct looking_task, member)))

static void finish(struct notify *notify)
{
    struct looking_task *l = &notify->looking;
    alert_findings_free(&l->findings);
    mem_free(l->accounts);
    l->accounts = NULL;
    l->account_count = 0;
    for (size_t i = 0; i < l->told.channel_count; i++)
        mem_free(l->names[i]);
    l->told = (struct alert_told){0};
    l->going = false;
    notify_look_in(notify, notify->again ? NOTIFY_DEBOUNCE_MS : notify->every_ms);
    channels_tell(notify);
    notify_ended(notify);
}

/* ---- what is new */

static enum status write_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct looking_task *l = &OF(task, write)->looking;
    alert_out_keep(txn, l->places, l->told.channel_count);
    enum status status = alert_days_keep(txn, &l->memory, l->told.now_ms);
    return status == ST_OK ? alert_update(txn, &l->findings, &l->told, error) : status;
}

/* What was looked at is looked at no more, once it is kept what came of it. */
static void remember(struct notify *notify)
{
    notify->figures_known = notify->looking.memory.figures_known;
    notify->figures_after = notify->looking.memory.figures_after;
    notify->exposure_in = notify->looking.memory.exposure_in;
}

static void write_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct notify *notify = OF(task, write);
    const struct alert_told *told = &notify->looking.told;
    char quoted[LOG_QUOTED_MAX];
    if (status == ST_OK)
        remember(notify);
    else
        log_warning("alert", "not-kept", "why=%s", log_quote(error->text, quoted));
    if (status == ST_OK && (told->opened || told->closed)) {
        channels_wake(notify);
        log_info("alert", "changed", "opened=%u closed=%u", told->opened, told->closed);
    }
    if (told->dropped) log_error("alert", "queue-full", "dropped=%u", told->dropped);
    finish(notify);
}

/* ---- the rules */

static void look_run(struct work_task *task)
{
    struct notify *notify = OF(task, work);
    struct looking_task *l = &notify->looking;
    struct store_txn *txn;
    const struct alert_look look = {.limits = &l->limits,
                                    .accounts = l->accounts,
                                    .account_count = l->account_count,
                                    .now_ms = l->told.now_ms,
                                    .started_ms = notify->started_ms,
                                    .store = notify->options.store,
                                    .store_path = notify->store_path,
                                    .memory = &l->memory};
    l->status = store_begin(notify->options.store, STORE_READ, &txn, &l->error);
    if (l->status != ST_OK) return;
    l->status = alert_look(&look, txn, &l->findings, &l->error);
    l->changed = l->status == ST_OK &&
                 (l->memory.day_count || !alert_all_known(txn, &l->findings, &l->told));
    store_abort(txn);
}

static void look_done(struct work_task *task)
{
    struct notify *notify = OF(task, work);
    struct looking_task *l = &notify->looking;
    char quoted[LOG_QUOTED_MAX];
    if (l->status != ST_OK)
        log_warning("alert", "not-looked", "why=%s", log_quote(l->error.text, quoted));
    if (!l->changed || notify->stopping) {
        if (l->status == ST_OK && !l->changed) remember(notify);
        finish(notify);
        return;
    }
    l->write = (struct engine_task){.run = write_run, .done = write_done};
    notify->options.runtime->engine_submit(notify->options.runtime, &l->write);
}

/* ---- what the loop knows */

static void add_account(void *ctx, const struct sync_account_view *view)
{
    struct looking_task *l = ctx;
    if (view->state == SYNC_DISABLED) return;
    const struct sync_task_view *reading = &view->tasks[view->verify];
    l->accounts = mem_resize(l->accounts, (l->account_count + 1) * sizeof *l->accounts);
    struct alert_account *a = &l->accounts[l->account_count++];
    *a = (struct alert_account){.number = view->number,
                                .active = view->state == SYNC_ACTIVE,
                                .offers_reading = reading->offered,
                                .read_ms = reading->last_ms,
                                .since_ms = view->since_ms};
    snprintf(a->name, sizeof a->name, "%s", view->name);
    alert_text(a->error, bytes_text(reading->error ? reading->error : ""));
}

static struct alert_account *account_of(const struct looking_task *l, const char *name)
{
    for (size_t i = 0; i < l->account_count; i++)
        if (strcmp(l->accounts[i].name, name) == 0) return &l->accounts[i];
    return NULL;
}

/* Neither done nor going on, long after it was due, by an account that is in service. After a start
 * it has that long again. */
static void look_missed(struct looking_task *l, const struct notify *notify,
                        const struct alert_account *account, const struct sync_schedule_view *view)
{
    char due[CLOCK_TEXT_MAX];
    int64_t from = view->due_ms;
    if (!account->active || view->running || !from) return;
    if (account->since_ms > from) from = account->since_ms;
    if (notify->started_ms > from) from = notify->started_ms;
    if (from > l->told.now_ms || l->told.now_ms - from <= l->limits.missed_ms) return;
    struct alert_finding *f =
        alert_findings_add(&l->findings, ALERT_MISSED, view->account, bytes_text(view->task));
    if (!f) return;
    snprintf(f->what, sizeof f->what, "%s", view->task);
    snprintf(f->why, sizeof f->why, "%s", clock_text(view->due_ms, due));
}

static void add_schedule(void *ctx, const struct sync_schedule_view *view)
{
    struct notify *notify = ctx;
    struct looking_task *l = &notify->looking;
    struct alert_account *account = account_of(l, view->account);
    if (!account) return;
    bool by_itself = view->due_ms && view->due_ms != INT64_MAX && account->read_ms;
    if (by_itself && strcmp(view->task, "verify") == 0 && view->due_ms > account->read_ms)
        account->read_every_ms = view->due_ms - account->read_ms;
    look_missed(l, notify, account, view);
}

static void drop_unwanted(struct alert_findings *findings, const struct alert_limits *limits)
{
    size_t kept = 0;
    for (size_t i = 0; i < findings->count; i++)
        if (!limits->off[findings->list[i].rule]) findings->list[kept++] = findings->list[i];
    findings->count = kept;
}

void looking_start(struct notify *notify)
{
    struct looking_task *l = &notify->looking;
    *l = (struct looking_task){.going = true, .limits = notify->limits};
    l->memory.figures_known = notify->figures_known;
    l->memory.figures_after = notify->figures_after;
    l->memory.exposure_in = notify->exposure_in;
    l->told.now_ms = notify_now_ms(notify);
    l->told.time_ms = notify_time_ms(notify);
    l->told.group_ms = notify->group_ms;
    l->told.keep_ms = notify->keep_ms;
    l->told.channels = l->places;
    for (size_t i = 0; i < notify->channel_count; i++) {
        const struct notify_channel *channel = &notify->channels[i]->settings;
        if (notify->channels[i]->gone) continue;
        l->names[l->told.channel_count] = mem_text(channel->name);
        l->places[l->told.channel_count] =
            (struct alert_channel_place){l->names[l->told.channel_count], channel->least};
        l->told.channel_count++;
    }
    if (notify->options.sync) sync_each(notify->options.sync, add_account, l);
    if (notify->options.sync) sync_each_schedule(notify->options.sync, NULL, add_schedule, notify);
    if (notify->options.more) notify->options.more(notify->options.ctx, &l->findings);
    drop_unwanted(&l->findings, &l->limits);
    notify->busy++;
    l->work = (struct work_task){.run = look_run, .done = look_done};
    notify->options.runtime->work_submit(notify->options.runtime, &l->work);
}
