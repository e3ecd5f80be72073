/* What a channel is still to be told: takes one group after the other from the queue, and removes
 * it once it was told. */
#include "notify/notify_private.h"

#include "base/log.h"
#include "base/mem.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static struct channel *of_task(struct engine_task *task)
{
    return (struct channel *)((char *)task - offsetof(struct channel, task));
}

static void channel_free(struct channel *channel)
{
    notify_channel_free(&channel->settings);
    mem_free(channel->group);
    mem_free(channel);
}

static void rest(struct channel *channel)
{
    struct notify *notify = channel->notify;
    channel->busy = false;
    mem_free(channel->group);
    channel->group = NULL;
    if (channel->again) channel->next_ms = 0;
    channel->again = false;
    if (channel->gone)
        channel_free(channel);
    else
        channels_tell(notify);
    notify_ended(notify);
}

/* ---- told */

static enum status done_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct channel *channel = of_task(task);
    return alert_out_done(txn, channel->settings.name, channel->group, error);
}

static void done_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct channel *channel = of_task(task);
    char quoted[LOG_QUOTED_MAX];
    if (status != ST_OK) /* it is told once more */
        log_warning("alert", "not-noted", "channel=%s why=%s", channel->settings.name,
                    log_quote(error->text, quoted));
    channel->next_ms = 0;
    rest(channel);
}

static const char *told_name(const struct alert_group *group)
{
    return group->news == ALERT_NEWS_REPORT ? "report" : alert_rule_name(group->rule);
}

static void told(struct delivery *delivery, bool good, const char *said)
{
    struct channel *channel = delivery->arg;
    struct notify *notify = channel->notify;
    char quoted[LOG_QUOTED_MAX];
    int64_t now = notify_now_ms(notify);
    snprintf(channel->said, sizeof channel->said, "%s", said);
    if (good)
        channel->told_ms = now;
    else
        channel->failed_ms = now;
    if (good && !notify->stopping) {
        log_info("alert", "told", "channel=%s rule=%s count=%zu", channel->settings.name,
                 told_name(channel->group), channel->group->count);
        channel->task = (struct engine_task){.run = done_run, .done = done_done};
        notify->options.runtime->engine_submit(notify->options.runtime, &channel->task);
        return;
    }
    if (!good)
        log_warning("alert", "not-told", "channel=%s rule=%s count=%zu why=%s",
                    channel->settings.name, told_name(channel->group), channel->group->count,
                    log_quote(said, quoted));
    channel->next_ms = channel->group->next_ms;
    rest(channel);
}

/* ---- taken */

/* `until_ms`: when quiet hours end or begin, by notify_time_ms. They go by the clock on the wall.
 */
static bool is_quiet(struct notify *notify, int64_t *until_ms)
{
    const int64_t now = notify_time_ms(notify), wall = notify_now_ms(notify);
    bool quiet = quiet_now(&notify->quiet, wall, until_ms);
    if (*until_ms != INT64_MAX) *until_ms += now - wall;
    return quiet;
}

static enum status compose_report(struct delivery *delivery, struct store_txn *txn,
                                  const struct channel *channel, struct error *error)
{
    const struct notify_options *options = &delivery->notify->options;
    const struct notify_report report = {
        .of = channel->group->report, .lang = delivery->lang, .now_ms = channel->wall_ms};
    if (!options->report) return error_set(error, ST_UNSUPPORTED, "nobody writes reports here");
    return options->report(options->ctx, txn, &report, &delivery->message, error);
}

static enum status compose(struct delivery *delivery, struct error *error)
{
    const struct channel *channel = delivery->arg;
    struct notify *notify = delivery->notify;
    struct store_txn *txn;
    struct zone *zone = NULL;
    if (zone_open(delivery->zone, &zone, NULL) != ST_OK) zone_open("UTC", &zone, NULL);
    enum status status = store_begin(notify->options.store, STORE_READ, &txn, error);
    if (status == ST_OK) {
        if (channel->group->news == ALERT_NEWS_REPORT)
            status = compose_report(delivery, txn, channel, error);
        else
            status = compose_group(txn, channel->group, delivery->lang, zone, channel->wall_ms,
                                   &delivery->message, error);
        store_abort(txn);
    }
    zone_free(zone);
    return status;
}

static enum status take_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct channel *channel = of_task(task);
    return alert_out_take(txn, channel->settings.name, channel->least, channel->taken_ms,
                          channel->group, error);
}

static void take_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct channel *channel = of_task(task);
    struct notify *notify = channel->notify;
    char quoted[LOG_QUOTED_MAX];
    if (status != ST_OK)
        log_warning("alert", "not-taken", "channel=%s why=%s", channel->settings.name,
                    log_quote(error->text, quoted));
    if (status == ST_OK && channel->group->given_up)
        log_error("alert", "given-up", "channel=%s count=%llu", channel->settings.name,
                  (unsigned long long)channel->group->given_up);
    if (status != ST_OK || !channel->group->count || channel->gone || notify->stopping) {
        int64_t until;
        channel->next_ms =
            status == ST_OK ? channel->group->next_ms : channel->taken_ms + ALERT_RETRY_FIRST_MS;
        if (is_quiet(notify, &until) && until < channel->next_ms)
            channel->next_ms = until; /* what waits for the morning */
        rest(channel);
        return;
    }
    struct delivery *delivery = delivery_new(notify, &channel->settings);
    delivery->compose = compose;
    delivery->ended = told;
    delivery->arg = channel;
    delivery_start(delivery);
}

static void take(struct channel *channel)
{
    struct notify *notify = channel->notify;
    channel->busy = true;
    channel->taken_ms = notify_time_ms(notify);
    channel->wall_ms = notify_now_ms(notify);
    channel->group = mem_alloc(sizeof *channel->group);
    notify->busy++;
    channel->task = (struct engine_task){.run = take_run, .done = take_done};
    notify->options.runtime->engine_submit(notify->options.runtime, &channel->task);
}

/* ---- all */

/* Nothing may be told at this hour, or only what is critical. */
static bool wants_nothing(struct notify *notify, struct channel *channel)
{
    int64_t until;
    bool quiet = is_quiet(notify, &until);
    channel->least = quiet ? ALERT_CRITICAL : ALERT_INFO;
    if (until < channel->next_ms) channel->next_ms = until;
    return quiet && !notify->quiet_but_critical;
}

void channels_tell(struct notify *notify)
{
    struct runtime *runtime = notify->options.runtime;
    int64_t now = notify_time_ms(notify), soonest = INT64_MAX;
    if (notify->stopping || !notify->put) return;
    for (size_t i = 0; i < notify->channel_count; i++) {
        struct channel *channel = notify->channels[i];
        int64_t until;
        if (channel->busy) continue;
        if (channel->next_ms <= now && !wants_nothing(notify, channel)) {
            take(channel);
            continue;
        }
        is_quiet(notify, &until);
        int64_t next =
            channel->next_ms > now && channel->next_ms < until ? channel->next_ms : until;
        if (next < soonest) soonest = next;
    }
    if (soonest != INT64_MAX) runtime->timer_arm(runtime, &notify->tell_timer, soonest - now + 1);
}

void channels_wake(struct notify *notify)
{
    for (size_t i = 0; i < notify->channel_count; i++) {
        notify->channels[i]->next_ms = 0;
        notify->channels[i]->again = notify->channels[i]->busy;
    }
}

static struct channel *find(const struct notify *notify, const char *name)
{
    for (size_t i = 0; i < notify->channel_count; i++)
        if (notify->channels[i] && strcmp(notify->channels[i]->settings.name, name) == 0)
            return notify->channels[i];
    return NULL;
}

static void drop(struct notify *notify, struct channel *channel)
{
    for (size_t i = 0; i < notify->channel_count; i++)
        if (notify->channels[i] == channel) notify->channels[i] = NULL;
}

void channels_put(struct notify *notify, const struct notify_settings *settings)
{
    struct channel **list = mem_array(settings->channel_count, sizeof *list);
    for (size_t i = 0; i < settings->channel_count; i++) {
        struct channel *channel = find(notify, settings->channels[i].name);
        if (channel && channel->busy) { /* what is on its way has settings of its own */
            drop(notify, channel);
            channel->gone = true;
            channel = NULL;
        } else if (channel) {
            drop(notify, channel);
            notify_channel_free(&channel->settings);
        }
        if (!channel) channel = mem_alloc(sizeof *channel);
        channel->notify = notify;
        channel->next_ms = 0;
        notify_channel_copy(&channel->settings, &settings->channels[i]);
        list[i] = channel;
    }
    for (size_t i = 0; i < notify->channel_count; i++) {
        struct channel *old = notify->channels[i];
        if (old && old->busy)
            old->gone = true;
        else if (old)
            channel_free(old);
    }
    mem_free(notify->channels);
    notify->channels = list;
    notify->channel_count = settings->channel_count;
}

void channels_free(struct notify *notify)
{
    for (size_t i = 0; i < notify->channel_count; i++)
        channel_free(notify->channels[i]);
    mem_free(notify->channels);
}

void notify_each(const struct notify *notify,
                 void (*each)(void *ctx, const struct notify_channel_view *view), void *ctx)
{
    int64_t until;
    bool quiet = notify->zone && quiet_now(&notify->quiet, notify_now_ms(notify), &until);
    for (size_t i = 0; i < notify->channel_count; i++) {
        const struct channel *c = notify->channels[i];
        const struct notify_channel_view view = {.name = c->settings.name,
                                                 .type = c->settings.type,
                                                 .least = c->settings.least,
                                                 .told_ms = c->told_ms,
                                                 .failed_ms = c->failed_ms,
                                                 .said = c->said,
                                                 .busy = c->busy,
                                                 .quiet = quiet};
        each(ctx, &view);
    }
}
