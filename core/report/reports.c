/* Reports as one object on the loop: the tick, settings, stopping; and writing one that is told.
 * When one is due is due.c's. */
#include "report/reports.h"

#include "base/log.h"
#include "base/mem.h"
#include "engine/day.h"
#include "report/render.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct settings {
    struct schedule *schedules[REPORT_KINDS];
    char *zone, *channels[ALERT_CHANNELS_MAX];
    size_t channel_count;
};

struct served {
    uint32_t account;
    bool served;
};

/* What one engine task needs; it is the task's until it is done. */
struct tick {
    struct engine_task task;
    struct reports *reports;
    struct settings settings;
    struct served *accounts;
    size_t account_count;
    int64_t now_ms, ms;
    bool queued[REPORT_KINDS];
    uint32_t lost;
};

struct reports {
    struct reports_options options;
    struct settings settings;
    struct timer timer;
    int64_t noted_us; /* up to when service is noted */
    bool put, busy, stopping;
    void (*stopped)(void *ctx);
    void *stopped_ctx;
};

/* ---- settings */

static void settings_free(struct settings *s)
{
    for (int i = 0; i < REPORT_KINDS; i++)
        schedule_free(s->schedules[i]);
    for (size_t i = 0; i < s->channel_count; i++)
        mem_free(s->channels[i]);
    mem_free(s->zone);
    *s = (struct settings){0};
}

static void settings_copy(struct settings *to, const struct reports_settings *from)
{
    *to = (struct settings){.zone = mem_text(from->zone)};
    for (int i = 0; i < REPORT_KINDS; i++)
        if (from->schedules[i]) to->schedules[i] = schedule_ref(from->schedules[i]);
    for (size_t i = 0; i < from->channel_count && i < ALERT_CHANNELS_MAX; i++)
        to->channels[to->channel_count++] = mem_text(from->channels[i]);
}

static void settings_again(struct settings *to, const struct settings *from)
{
    struct reports_settings as = {.zone = from->zone,
                                  .channels = (const char *const *)from->channels,
                                  .channel_count = from->channel_count};
    memcpy(as.schedules, from->schedules, sizeof as.schedules);
    settings_copy(to, &as);
}

/* ---- the tick */

static void arm(struct reports *r)
{
    struct runtime *runtime = r->options.runtime;
    if (!r->stopping) runtime->timer_arm(runtime, &r->timer, REPORTS_TICK_MS);
}

static enum status tick_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct tick *t = (struct tick *)((char *)task - offsetof(struct tick, task));
    struct engine *engine = t->reports->options.engine;
    const struct settings *s = &t->settings;
    t->lost = 0;
    engine_day_served(engine, 0, t->now_ms, t->ms, true);
    for (size_t i = 0; i < t->account_count; i++)
        engine_day_served(engine, t->accounts[i].account, t->now_ms, t->ms, t->accounts[i].served);
    for (int i = 0; i < REPORT_KINDS; i++)
        t->queued[i] =
            s->schedules[i] && s->channel_count &&
            reports_queue(txn, (enum report_kind)i, s->schedules[i], s->zone,
                          (const char *const *)s->channels, s->channel_count, t->now_ms, &t->lost);
    return store_failed(txn, error);
}

static void tick_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct tick *t = (struct tick *)((char *)task - offsetof(struct tick, task));
    struct reports *r = t->reports;
    const bool queued = t->queued[REPORT_DAILY] || t->queued[REPORT_WEEKLY];
    char quoted[LOG_QUOTED_MAX];
    if (status != ST_OK) /* the minute is lost for the report, nothing else */
        log_warning("report", "not-noted", "why=%s", log_quote(error->text, quoted));
    else if (queued)
        log_info("report", "queued", "channels=%zu", t->settings.channel_count);
    if (t->lost) log_error("report", "queue-full", "channels=%u", t->lost);
    settings_free(&t->settings);
    mem_free(t->accounts);
    mem_free(t);
    r->busy = false;
    if (status == ST_OK && queued) notify_tell(r->options.notify);
    if (r->stopping)
        r->stopped(r->stopped_ctx);
    else
        arm(r);
}

static void add_account(void *ctx, const struct sync_account_view *view)
{
    struct tick *t = ctx;
    if (view->state == SYNC_DISABLED || !view->number) return;
    t->accounts = mem_resize(t->accounts, (t->account_count + 1) * sizeof *t->accounts);
    t->accounts[t->account_count++] =
        (struct served){.account = view->number,
                        .served = view->state == SYNC_ACTIVE || view->state == SYNC_DRY_RUN};
}

static void tick(struct reports *r)
{
    const struct clock_source *clock = r->options.runtime->clock;
    const int64_t now_us = clock_mono_us(clock);
    struct tick *t = mem_alloc(sizeof *t);
    t->reports = r;
    t->now_ms = clock_wall_ms(clock);
    t->ms = (now_us - r->noted_us) / 1000;
    r->noted_us += t->ms * 1000;
    settings_again(&t->settings, &r->settings);
    if (r->options.sync) sync_each(r->options.sync, add_account, t);
    r->busy = true;
    t->task = (struct engine_task){.run = tick_run, .done = tick_done};
    r->options.runtime->engine_submit(r->options.runtime, &t->task);
}

static void on_timer(struct timer *timer)
{
    struct reports *r = (struct reports *)((char *)timer - offsetof(struct reports, timer));
    if (!r->busy && !r->stopping) tick(r);
}

/* ---- its life */

struct reports *reports_new(const struct reports_options *options)
{
    struct reports *r = mem_alloc(sizeof *r);
    r->options = *options;
    r->timer.fire = on_timer;
    r->settings.zone = mem_text("UTC");
    return r;
}

void reports_put(struct reports *r, const struct reports_settings *settings)
{
    if (r->stopping) return;
    settings_free(&r->settings);
    settings_copy(&r->settings, settings);
    if (!r->put) r->noted_us = clock_mono_us(r->options.runtime->clock);
    r->put = true;
    if (!r->busy) tick(r); /* what was missed is told now */
}

const char *reports_zone(const struct reports *r)
{
    return r->settings.zone;
}

void reports_stop(struct reports *r, void (*stopped)(void *ctx), void *ctx)
{
    r->stopping = true;
    r->stopped = stopped;
    r->stopped_ctx = ctx;
    r->options.runtime->timer_stop(r->options.runtime, &r->timer);
    if (r->busy) return; /* its end says so; the minute that it began is noted by then */
    if (r->put)
        tick(r);
    else
        stopped(ctx);
}

void reports_free(struct reports *r)
{
    if (!r) return;
    r->options.runtime->timer_close(r->options.runtime, &r->timer);
    settings_free(&r->settings);
    mem_free(r);
}

/* ---- writing one */

static char *facts_of(const struct report *report, const struct message *message, enum lang lang)
{
    char now[CLOCK_TEXT_MAX];
    json_t *facts = json_pack("{s:s, s:s, s:s, s:s, s:[], s:o}", "event", "report", "time",
                              clock_text(report->now_ms, now), "subject", message->subject, "text",
                              message->text, "alerts", "report", report_json(report, lang));
    char *dump = facts ? json_dumps(facts, JSON_COMPACT) : NULL;
    char *text = mem_text(dump ? dump : "{}");
    free(dump);
    json_decref(facts);
    return text;
}

typedef void render_fn(struct buf *out, const struct report *report,
                       const struct report_style *style);

static char *rendered(render_fn *render, const struct report *report,
                      const struct report_style *style)
{
    struct buf out;
    buf_init(&out, REPORT_TEXT_MAX);
    render(&out, report, style);
    return buf_take(&out);
}

enum status reports_compose(void *ctx, struct store_txn *txn, const struct notify_report *ask,
                            struct message *message, struct error *error)
{
    const struct report_ask what = {
        .from_ms = ask->of.from_ms, .until_ms = ask->of.until_ms, .now_ms = ask->now_ms};
    struct zone *zone = NULL;
    struct report report;
    (void)ctx;
    if (zone_open(ask->of.zone, &zone, NULL) != ST_OK) zone_open("UTC", &zone, NULL);
    const struct report_style style = {.lang = (enum lang)ask->lang, .zone = zone};
    enum status status = report_gather(txn, &what, &report, error);
    if (status == ST_OK) {
        message->subject = rendered(report_subject, &report, &style);
        message->text = rendered(report_text, &report, &style);
        message->html = rendered(report_html, &report, &style);
        message->brief = rendered(report_brief, &report, &style);
        message->facts = facts_of(&report, message, style.lang);
    }
    report_free(&report);
    zone_free(zone);
    return status;
}
