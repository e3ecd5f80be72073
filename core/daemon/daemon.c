/* Starting and stopping: the order of everything. */
#include "daemon/daemon.h"

#include "backup/backups.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/seal.h"
#include "engine/schema.h"
#include "intake/import.h"
#include "intake/inbox.h"
#include "intake/mirrors.h"
#include "notify/notify.h"
#include "report/reports.h"
#include "store/lmdb_store.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    STOP_GRACE_MS = 8000, /* requests in flight may still end; then their writes are unresolved */
    WATCHDOG_EVERY_MS = 1000,
    GIVE_BACK_TICKS = 60, /* of the watchdog: a minute */
    RESTART_AFTER_HANG_MS = 3000,
    RESTART_AFTER_LOSS_MS = 500, /* what was refused for it is answered before */
    AGAIN_MS = 1000,
    AGAIN_PATIENCE_MS = 60000, /* what a service manager is asked for at each try */
};

/* ---- start */

/* The directory that will hold `path`, made when it is missing. */
static enum status make_parent(const char *path, const char *what, struct error *error)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    const char *parent = dirname(copy);
    if (mkdir(parent, 0750) == 0 || errno == EEXIST) return ST_OK;
    return error_set(error, ST_IO, "%s: its directory %s cannot be made: %s", what, parent,
                     strerror(errno));
}

static enum status open_store(struct daemon *d, struct error *error)
{
    const struct config_daemon *c = &d->config->daemon;
    const struct store_options options = {.path = c->store,
                                          .backups = c->backups,
                                          .map_bytes = (uint64_t)c->store_size,
                                          .create = true};
    enum status status = make_parent(c->store, "store", error);
    if (status == ST_OK) status = store_open_lmdb(&options, &d->store, error);
    if (status == ST_OK) plugins_store_is_ours(d->plugins, c);
    if (status == ST_OK) status = store_schema_prepare(d->store, engine_schema(), c->store, error);
    return status;
}

static void on_touched(void *ctx, const struct engine_touched *touched)
{
    struct daemon *d = ctx;
    if (d->sync) sync_touched(d->sync, touched);
    notify_changed(d->notify);
}

static void on_changed(void *ctx, uint32_t account)
{
    struct daemon *d = ctx;
    if (d->api) api_changed(d->api, account);
    notify_changed(d->notify);
}

static enum status open_engine(struct daemon *d, struct error *error)
{
    d->engine = engine_new();
    const struct loop_runtime_options options = {.loop = &d->loop,
                                                 .store = d->store,
                                                 .engine = d->engine,
                                                 .random = &d->random,
                                                 .touched = on_touched,
                                                 .ctx = d};
    return loop_runtime_open(&options, &d->runtime, error);
}

static enum status open_network(struct daemon *d, struct error *error)
{
    d->recorder = recorder_new(NULL);
    const struct net_curl_options options = {0};
    d->net = net_curl_transport_new(&d->loop, &options, d->recorder, error);
    return d->net ? ST_OK : error->status;
}

static void open_sync(struct daemon *d)
{
    daemon_secrets_open(d);
    const struct sync_options options = {.runtime = loop_runtime(d->runtime),
                                         .engine = d->engine,
                                         .transport = net_curl_transport(d->net),
                                         .recorder = d->recorder,
                                         .seal = d->seal,
                                         .changed = on_changed,
                                         .ctx = d};
    d->sync = sync_new(&options);
    char *spool = mem_format("%s.imports", d->config->daemon.store);
    struct imports_options imports = {.runtime = options.runtime,
                                      .sync = d->sync,
                                      .engine = d->engine,
                                      .store = d->store,
                                      .directory = spool};
    daemon_imports_options(d, &imports);
    d->imports = imports_new(&imports);
    d->mirrors = mirrors_new(options.runtime, d->store, d->imports);
    d->backups = backups_new(options.runtime, d->store);
    mem_free(spool);
    daemon_inboxes_open(d);
    daemon_alerts_open(d);
}

static enum status open_api(struct daemon *d, struct error *error)
{
    const char *path = d->config->daemon.socket;
    const struct api_services services = daemon_services(d);
    enum status status = make_parent(path, "socket", error);
    return status == ST_OK ? api_open(&d->loop, path, &services, &d->api, error) : status;
}

/* ---- a new epoch where there is to be one, what files declare, then the accounts */

static void begin(struct daemon *d);

static void on_again(uv_timer_t *timer)
{
    begin(timer->data);
}

/* The disk refused. Without the epoch figures from before a restore would be believed, and without
 * what files declare nothing would be fed: so both are tried until they are there. */
static void begin_later(struct daemon *d, const char *event, const struct error *error)
{
    char quoted[LOG_QUOTED_MAX];
    log_error("daemon", event, "error=%s note=\"tried again until it works\"",
              log_quote(error->text, quoted));
    if (d->stopping) return;
    supervisor_starting(&d->supervisor, error->text, AGAIN_PATIENCE_MS);
    uv_timer_start(&d->again, on_again, AGAIN_MS, 0);
}

static void declared(struct daemon *d, const struct config *config, enum status status,
                     const struct error *error, void *arg)
{
    char quoted[LOG_QUOTED_MAX];
    (void)arg;
    if (status == ST_FULL || status == ST_IO) {
        begin_later(d, "not-declared", error);
        return;
    }
    if (status != ST_OK)
        log_error("config", "not-declared", "error=%s", log_quote(error->text, quoted));
    if (d->stopping) return;
    daemon_accounts_put(d, config, d->first, NULL);
    imports_resume(d->imports);
    daemon_inboxes_put(d, config);
    daemon_mirrors_put(d, config);
    daemon_backups_put(d, config);
    daemon_alerts_put(d, config);
    daemon_hooks_put(d, config);
    d->ready = true;
    log_info("daemon", "ready", "version=%s accounts=%zu socket=%s tcp=%s took_ms=%lld",
             STOCKD_VERSION, config->account_count, config->daemon.socket,
             api_tcp(d->api) ? api_tcp(d->api) : "none",
             (long long)(clock_wall_ms(clock_system()) - d->started_ms));
    supervisor_ready(&d->supervisor, "ready");
    daemon_instances_free(d->first);
    d->first = NULL;
    if (d->reload_after_start) daemon_reload(d, NULL, NULL);
}

static void epoch_begun(struct daemon *d, enum status status, const struct error *error)
{
    if (status != ST_OK)
        begin_later(d, "epoch-failed", error);
    else if (!d->stopping)
        daemon_declare(d, d->config, declared, &d->first);
}

static void begin(struct daemon *d)
{
    daemon_begin_epoch(d, epoch_begun);
}

/* ---- signals and the watchdog */

static void on_signal(uv_signal_t *signal, int number)
{
    struct daemon *d = signal->data;
    loop_runtime_interrupted(d->runtime);
    if (number == SIGHUP) {
        daemon_reload(d, NULL, NULL);
    } else if (number == SIGUSR1) {
        int failed = log_reopen();
        if (failed) log_error("daemon", "log-not-opened", "error=\"%s\"", strerror(failed));
    } else {
        log_info("daemon", "stopping", "signal=%d", number);
        daemon_stop(d, EXIT_OK);
    }
}

/* The process begins anew. */
static void restart(struct daemon *d, const char *why)
{
    char quoted[LOG_QUOTED_MAX];
    log_error("daemon", "restarting", "why=%s", log_quote(why, quoted));
    execl("/proc/self/exe", "stockd", "--config", d->config_dir, d->instance ? "--instance" : NULL,
          d->instance, (char *)NULL);
    _exit(EXIT_AGAIN);
}

static void restart_hanging(uv_timer_t *timer)
{
    restart(timer->data, "a plugin's step hangs in a thread that cannot be ended");
}

static void restart_lost(uv_timer_t *timer)
{
    restart(timer->data, "the disk refused a write in a way that the store cannot go on from");
}

static void give_back(struct work_task *task)
{
    (void)task;
    mem_give_back();
}

static void gave_back(struct work_task *task)
{
    struct daemon *d = (struct daemon *)((char *)task - offsetof(struct daemon, giving_back));
    d->gives_back = false;
}

static void give_back_sometimes(struct daemon *d)
{
    if (++d->ticks % GIVE_BACK_TICKS || d->gives_back || d->stopping || !d->ready) return;
    d->gives_back = true;
    d->giving_back = (struct work_task){.run = give_back, .done = gave_back};
    loop_runtime(d->runtime)->work_submit(loop_runtime(d->runtime), &d->giving_back);
}

/* A step that hangs holds a thread for ever: its account is parked and the process begins anew. So
 * it does when the store can be used only when it is opened anew. */
static void on_watchdog(uv_timer_t *timer)
{
    struct daemon *d = timer->data;
    struct plugin_guard *guard = plugins_guard(d->plugins);
    supervisor_tick(&d->supervisor);
    give_back_sometimes(d);
    if (store_is_lost(d->store)) {
        uv_timer_start(timer, restart_lost, RESTART_AFTER_LOSS_MS, 0);
        return;
    }
    if (!guard) return;
    struct plugin_overdue overdue[GUARD_SLOTS];
    size_t count = plugin_guard_overdue(guard, clock_mono_us(clock_system()), overdue);
    for (size_t i = 0; i < count; i++) {
        log_error("plugin", "hangs", "plugin=%s account=%s operation=%s ms=%lld", overdue[i].plugin,
                  overdue[i].account, overdue[i].operation, (long long)overdue[i].running_ms);
        sync_park(d->sync, overdue[i].account, "plugin-hangs",
                  "a step of the plugin did not come back; "
                  "`stockctl account resume` tries again");
    }
    if (count) uv_timer_start(timer, restart_hanging, RESTART_AFTER_HANG_MS, 0);
}

static void watch(struct daemon *d)
{
    uv_signal_t *const signals[] = {&d->terminate, &d->interrupt, &d->hangup, &d->user1};
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    for (int i = 0; i < 4; i++) {
        uv_signal_init(&d->loop, signals[i]);
        signals[i]->data = d;
        uv_signal_start(signals[i], on_signal, numbers[i]);
    }
    uv_timer_init(&d->loop, &d->watchdog);
    uv_timer_init(&d->loop, &d->again);
    d->watchdog.data = d->again.data = d;
    uv_timer_start(&d->watchdog, on_watchdog, WATCHDOG_EVERY_MS, WATCHDOG_EVERY_MS);
}

static void runtime_closed(void *ctx)
{
    (void)ctx; /* nothing is left: the loop ends by itself */
}

static void net_closed(void *ctx)
{
    struct daemon *d = ctx;
    reports_free(d->reports);
    d->reports = NULL;
    notify_free(d->notify);
    d->notify = NULL;
    sync_free(d->sync);
    d->sync = NULL;
    daemon_inboxes_free(d);
    mirrors_free(d->mirrors);
    d->mirrors = NULL;
    backups_free(d->backups);
    d->backups = NULL;
    imports_free(d->imports);
    d->imports = NULL;
    loop_runtime_close(d->runtime, runtime_closed, d);
}

/* After a start that went half way: nothing was given to anybody to do yet. */
static void close_what_is_open(struct daemon *d)
{
    if (d->inboxes) daemon_inboxes_close(d);
    if (d->net)
        net_curl_transport_close(d->net, net_closed, d);
    else if (d->runtime)
        loop_runtime_close(d->runtime, runtime_closed, d);
    uv_run(&d->loop, UV_RUN_DEFAULT);
}

enum status daemon_start(struct daemon *d, struct error *error)
{
    d->started_ms = clock_wall_ms(clock_system());
    random_seed_system(&d->random);
    uv_loop_init(&d->loop);
    d->opened = true;
    supervisor_open(&d->supervisor);
    plugins_ready(d->plugins, &d->config->daemon);
    d->first = daemon_instances_make(d, d->config, error);
    enum status status = d->first ? open_store(d, error) : error->status;
    if (status == ST_OK) status = open_engine(d, error);
    if (status == ST_OK) status = open_network(d, error);
    if (status == ST_OK) {
        open_sync(d);
        status = open_api(d, error);
    }
    if (status != ST_OK) {
        close_what_is_open(d);
        return status;
    }
    watch(d);
    begin(d);
    return ST_OK;
}

/* ---- stop: what takes work in, then what does it, then what carries it */

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

static void api_closed(void *ctx)
{
    struct daemon *d = ctx;
    d->api = NULL;
    net_curl_transport_close(d->net, net_closed, d);
}

static void sync_stopped(void *ctx)
{
    struct daemon *d = ctx;
    api_close(d->api, api_closed, d);
}

static void backups_stopped(void *ctx)
{
    struct daemon *d = ctx;
    sync_stop(d->sync, STOP_GRACE_MS, sync_stopped, d);
}

static void notify_stopped(void *ctx)
{
    struct daemon *d = ctx;
    backups_stop(d->backups, backups_stopped, d);
}

static void reports_stopped(void *ctx)
{
    struct daemon *d = ctx;
    notify_stop(d->notify, notify_stopped, d);
}

static void imports_stopped(void *ctx)
{
    struct daemon *d = ctx;
    reports_stop(d->reports, reports_stopped, d);
}

static void inboxes_stopped(void *ctx)
{
    struct daemon *d = ctx;
    daemon_inboxes_close(d);
    imports_stop(d->imports, imports_stopped, d);
}

static void mirrors_stopped(void *ctx)
{
    struct daemon *d = ctx;
    inboxes_stop(d->inboxes, inboxes_stopped, d);
}

/* A second SIGTERM or SIGINT ends the process at once. Others that come late are not to: libuv
 * gives a signal that nobody watches its default back. */
static void unwatch(struct daemon *d)
{
    close_handle((uv_handle_t *)&d->terminate);
    close_handle((uv_handle_t *)&d->interrupt);
    close_handle((uv_handle_t *)&d->hangup);
    close_handle((uv_handle_t *)&d->user1);
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    close_handle((uv_handle_t *)&d->watchdog);
    close_handle((uv_handle_t *)&d->again);
}

void daemon_stop(struct daemon *d, int exit_code)
{
    if (d->stopping) return;
    d->stopping = true;
    supervisor_stopping(&d->supervisor);
    d->exit_code = exit_code;
    unwatch(d);
    api_quiet(d->api);
    mirrors_stop(d->mirrors, mirrors_stopped, d);
}

void daemon_free(struct daemon *d)
{
    supervisor_close(&d->supervisor);
    daemon_instances_free(d->first);
    loop_runtime_free(d->runtime);
    recorder_free(d->recorder);
    engine_free(d->engine);
    if (d->store) store_close(d->store);
    seal_free(d->seal);
    mem_free(d->secret_key);
    mem_free(d->sealed);
    config_free(d->config);
    mem_free(d->left_out);
    plugins_free(d->plugins);
    if (d->opened) uv_loop_close(&d->loop);
}
