/* Alerts as one object on the loop: when it looks, settings, stopping. */
#include "notify/notify_private.h"

#include "base/mem.h"

#include <stddef.h>
#include <string.h>

#define OF(timer, member) ((struct notify *)((char *)(timer)-offsetof(struct notify, member)))

int64_t notify_now_ms(const struct notify *notify)
{
    return clock_wall_ms(notify->options.runtime->clock);
}

int64_t notify_time_ms(struct notify *notify)
{
    return sync_time_now(&notify->time);
}

static int64_t now_us(const struct notify *notify)
{
    return clock_mono_us(notify->options.runtime->clock);
}

void notify_look_in(struct notify *notify, int64_t ms)
{
    struct runtime *runtime = notify->options.runtime;
    if (!notify->stopping && notify->put) runtime->timer_arm(runtime, &notify->look_timer, ms);
}

static void on_look(struct timer *timer)
{
    struct notify *notify = OF(timer, look_timer);
    notify->again = false;
    notify->looked_us = now_us(notify);
    if (!notify->stopping && !notify->looking.going) looking_start(notify);
}

static void on_tell(struct timer *timer)
{
    channels_tell(OF(timer, tell_timer));
}

struct notify *notify_new(const struct notify_options *options)
{
    struct notify *notify = mem_alloc(sizeof *notify);
    notify->options = *options;
    notify->store_path = mem_text(options->store_path);
    sync_time_init(&notify->time, options->runtime->clock, NULL);
    notify->started_ms = notify_now_ms(notify);
    notify->look_timer.fire = on_look;
    notify->tell_timer.fire = on_tell;
    atomic_init(&notify->stop, false);
    return notify;
}

void notify_put(struct notify *notify, const struct notify_settings *settings)
{
    struct zone *zone = NULL;
    if (notify->stopping) return;
    /* Its name was checked with the configuration; should its file be gone since, UTC is used. */
    if (zone_open(settings->zone ? settings->zone : "UTC", &zone, NULL) != ST_OK)
        zone_open("UTC", &zone, NULL);
    zone_free(notify->zone);
    mem_free(notify->zone_name);
    notify->zone = zone;
    notify->zone_name = mem_text(settings->zone ? settings->zone : "UTC");
    notify->quiet = (struct quiet_hours){zone, settings->quiet_from, settings->quiet_to};
    notify->quiet_but_critical = settings->quiet_but_critical;
    notify->lang = settings->lang;
    notify->every_ms = settings->every_ms;
    notify->group_ms = settings->group_ms;
    notify->keep_ms = settings->keep_ms;
    notify->limits = settings->limits;
    notify->put = true;
    channels_put(notify, settings);
    notify_look_in(notify, 0);
    channels_tell(notify);
}

void notify_changed(struct notify *notify)
{
    if (!notify || notify->again || notify->stopping || !notify->put) return;
    int64_t since = (now_us(notify) - notify->looked_us) / 1000;
    notify->again = true;
    if (notify->looking.going) return; /* its end looks again */
    notify_look_in(notify, since >= NOTIFY_DEBOUNCE_MS ? NOTIFY_DEBOUNCE_MS / 4
                                                       : NOTIFY_DEBOUNCE_MS - since);
}

void notify_tell(struct notify *notify)
{
    if (notify->stopping || !notify->put) return;
    channels_wake(notify);
    channels_tell(notify);
}

enum alert_lang notify_lang(const struct notify *notify)
{
    return notify->lang;
}

void notify_ended(struct notify *notify)
{
    notify->busy--;
    if (!notify->stopping || notify->busy || notify->told_stopped) return;
    notify->told_stopped = true;
    notify->stopped(notify->stopped_ctx);
}

void notify_stop(struct notify *notify, void (*stopped)(void *ctx), void *ctx)
{
    struct runtime *runtime = notify->options.runtime;
    notify->stopping = true;
    notify->stopped = stopped;
    notify->stopped_ctx = ctx;
    runtime->timer_stop(runtime, &notify->look_timer);
    runtime->timer_stop(runtime, &notify->tell_timer);
    atomic_store(&notify->stop, true);
    notify->busy++;
    deliveries_stop(notify);
    notify_ended(notify);
}

void notify_free(struct notify *notify)
{
    if (!notify) return;
    struct runtime *runtime = notify->options.runtime;
    runtime->timer_close(runtime, &notify->look_timer);
    runtime->timer_close(runtime, &notify->tell_timer);
    channels_free(notify);
    zone_free(notify->zone);
    mem_free(notify->zone_name);
    mem_free(notify->store_path);
    mem_free(notify);
}

/* ---- a test message */

struct testing {
    notify_tested_fn *done;
    void *arg;
};

static enum status compose_one_test(struct delivery *delivery, struct error *error)
{
    (void)error;
    struct notify *notify = delivery->notify;
    compose_test(delivery->lang, delivery->to.name, notify_now_ms(notify), &delivery->message);
    return ST_OK;
}

static void tested(struct delivery *delivery, bool good, const char *said)
{
    struct testing *testing = delivery->arg;
    testing->done(testing->arg, delivery->to.name, good, said);
    mem_free(testing);
}

bool notify_test(struct notify *notify, const char *name, notify_tested_fn *done, void *arg)
{
    for (size_t i = 0; i < notify->channel_count && !notify->stopping; i++) {
        if (strcmp(notify->channels[i]->settings.name, name) != 0) continue;
        struct testing *testing = mem_alloc(sizeof *testing);
        *testing = (struct testing){done, arg};
        struct delivery *delivery = delivery_new(notify, &notify->channels[i]->settings);
        delivery->compose = compose_one_test;
        delivery->ended = tested;
        delivery->arg = testing;
        delivery_start(delivery);
        return true;
    }
    return false;
}
