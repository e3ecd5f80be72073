/* From the configuration's alerts to notify's, and what only the daemon knows to be wrong. */
#include "backup/backups.h"
#include "base/clock.h"
#include "base/mem.h"
#include "daemon/daemon.h"
#include "notify/notify.h"
#include "report/reports.h"

#include <stdio.h>
#include <string.h>

enum { MINUTE_MS = 60 * 1000 };

/* Failures are not stored: after a start nothing follows from there being none. */
static void add_backups(const struct daemon *d, struct alert_findings *findings)
{
    struct backups_view view;
    char since[CLOCK_TEXT_MAX];
    backups_view(d->backups, &view);
    if (view.unsure) findings->partial[ALERT_BACKUP] = true;
    if (!view.failed_ms) return;
    struct alert_finding *f =
        alert_findings_add(findings, ALERT_BACKUP, "", bytes_text("schedule"));
    if (!f) return;
    const int64_t left = view.next_ms - clock_wall_ms(loop_runtime(d->runtime)->clock);
    alert_text(f->what, bytes_text(clock_text(view.failed_ms, since)));
    alert_text(f->why, bytes_text(view.error));
    f->count = view.next_ms && left > 0 ? (left + MINUTE_MS - 1) / MINUTE_MS : 0;
}

static void add_plugins(const struct daemon *d, struct alert_findings *findings)
{
    struct plugin_guard *guard = plugins_guard(d->plugins);
    if (!guard) return;
    struct plugin_crash *crashes = mem_array(GUARD_PLUGINS, sizeof *crashes);
    size_t count = plugin_guard_list(guard, crashes);
    for (size_t i = 0; i < count; i++) {
        struct error why = {0};
        if (plugin_guard_check(guard, crashes[i].plugin, &why) == ST_OK) continue;
        struct alert_finding *f =
            alert_findings_add(findings, ALERT_PLUGIN, "", bytes_text(crashes[i].plugin));
        if (!f) break;
        alert_text(f->what, bytes_text(crashes[i].plugin));
        alert_text(f->why, bytes_text(why.text));
        f->count = crashes[i].crashes;
    }
    mem_free(crashes);
}

static void more(void *ctx, struct alert_findings *findings)
{
    add_plugins(ctx, findings);
    add_backups(ctx, findings);
}

void daemon_alerts_open(struct daemon *d)
{
    const struct notify_options options = {.runtime = loop_runtime(d->runtime),
                                           .store = d->store,
                                           .sync = d->sync,
                                           .transport = net_curl_transport(d->net),
                                           .store_path = d->config->daemon.store,
                                           .more = more,
                                           .report = reports_compose,
                                           .ctx = d};
    d->notify = notify_new(&options);
    const struct reports_options reports = {
        .runtime = options.runtime, .engine = d->engine, .sync = d->sync, .notify = d->notify};
    d->reports = reports_new(&reports);
}

static struct notify_channel channel_of(const struct config_channel *c)
{
    return (struct notify_channel){.name = c->name,
                                   .type = (enum notify_type)c->type,
                                   .least = (enum alert_severity)c->least,
                                   .url = c->url,
                                   .from = c->from,
                                   .to = c->to,
                                   .user = c->user,
                                   .password = c->password,
                                   .token = c->token,
                                   .chat = c->chat,
                                   .secret = c->secret};
}

static void put_reports(struct daemon *d, const struct config_alerts *a)
{
    const char *channels[ALERT_CHANNELS_MAX];
    struct reports_settings settings = {.zone = a->reports.zone, .channels = channels};
    _Static_assert((int)CONFIG_REPORTS == (int)REPORT_KINDS, "each kind has its schedule");
    for (int i = 0; i < REPORT_KINDS; i++)
        settings.schedules[i] = a->reports.schedules[i];
    for (size_t i = 0; i < a->channel_count; i++)
        if (a->channels[i].enabled && config_reports_to(&a->reports, a->channels[i].name))
            channels[settings.channel_count++] = a->channels[i].name;
    reports_put(d->reports, &settings);
}

void daemon_alerts_put(struct daemon *d, const struct config *config)
{
    const struct config_alerts *a = &config->alerts;
    struct notify_channel channels[ALERT_CHANNELS_MAX];
    _Static_assert((int)CONFIG_CHANNELS_MAX <= (int)ALERT_CHANNELS_MAX, "every channel has room");
    struct notify_settings settings = {
        .channels = channels,
        .lang = a->russian ? ALERT_RU : ALERT_EN,
        .zone = a->zone,
        .quiet_from = a->quiet_from,
        .quiet_to = a->quiet_to,
        .quiet_but_critical = a->quiet_but_critical,
        .every_ms = a->every_ms,
        .group_ms = a->group_ms,
        .keep_ms = a->keep_ms,
        .limits = {.key_days = a->key_days,
                   .unsent_ms = a->unsent_ms,
                   .stale_ms = a->stale_ms,
                   .missed_ms = a->missed_ms,
                   .exposure = a->exposure,
                   .stale_times = a->stale_times,
                   .usual_times = a->usual_times,
                   .usual_changes = a->usual_changes,
                   .usual_days = a->usual_days,
                   .disk_percent = a->disk_percent,
                   .change_percent = a->change_percent},
    };
    for (size_t i = 0; i < a->channel_count; i++)
        if (a->channels[i].enabled)
            channels[settings.channel_count++] = channel_of(&a->channels[i]);
    for (int i = 0; i < ALERT_RULES; i++) {
        const struct config_value *on =
            config_value(&a->rules, alert_rule_name((enum alert_rule)i));
        settings.limits.off[i] = on && !on->number;
    }
    notify_put(d->notify, &settings);
    put_reports(d, a);
}
