/* Reload: read, check, make the new instances, declare, swap; on any error the old configuration
 * stays in force. */
#include "base/log.h"
#include "base/mem.h"
#include "daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct reloading {
    struct work_task work;
    struct daemon *daemon;
    struct config *config;
    struct config_report report;
    struct daemon_instances *instances; /* first read by declare.c through `arg` */
    daemon_reloaded_fn *done;
    void *arg;
    json_t *changes;
    bool restart;
    int log_failed; /* an errno */
};

static void finish(struct reloading *r, enum status status, const struct error *error)
{
    r->daemon->reloading = false;
    char quoted[LOG_QUOTED_MAX];
    if (status == ST_OK)
        log_info("config", "reloaded", "changes=%zu", json_array_size(r->changes));
    else
        log_error("config", "reload-refused", "error=%s", log_quote(error->text, quoted));
    if (!r->daemon->stopping)
        supervisor_ready(&r->daemon->supervisor, status == ST_OK
                                                     ? "ready, with the new configuration"
                                                     : "ready, but the last reload was "
                                                       "refused: the log says why");
    if (r->done) r->done(r->arg, status, error, json_incref(r->changes));
    json_decref(r->changes);
    config_report_free(&r->report);
    config_free(r->config);
    daemon_instances_free(r->instances);
    mem_free(r);
}

static void collect_errors(const struct config_report *report, struct error *error)
{
    size_t at = 0;
    error->status = ST_INVALID;
    error->text[0] = 0;
    for (size_t i = 0; i < report->count && at < sizeof error->text - 1; i++) {
        if (report->messages[i].severity != CONFIG_ERROR) continue;
        int n = snprintf(error->text + at, sizeof error->text - at, "%s%s", at ? "; " : "",
                         report->messages[i].text);
        if (n > 0) at += (size_t)n;
    }
}

static void note_change(void *ctx, const struct config_change *change)
{
    struct reloading *r = ctx;
    struct buf line;
    buf_init(&line, 64 << 10);
    config_change_print(change, &line);
    if (change->restart) {
        buf_text(&line, " (takes effect at the next start)");
        r->restart = true;
    }
    json_array_append_new(r->changes, json_string(buf_cstr(&line)));
    log_info("config", "changed", "%s", buf_cstr(&line));
    buf_free(&line);
}

/* It could be opened a moment ago (can_log). */
static void move_log(const char *before, const char *now)
{
    if (strcmp(before, now) == 0) return;
    int failed = log_open(now);
    if (failed)
        log_error("config", "log-not-moved", "to=%s error=\"%s\"", now, strerror(failed));
    else
        log_info("config", "log-moved", "from=%s", before[0] ? before : "standard-error");
}

static void declared(struct daemon *daemon, const struct config *config, enum status status,
                     const struct error *error, void *arg)
{
    struct reloading *r = (struct reloading *)((char *)arg - offsetof(struct reloading, instances));
    if (status != ST_OK) {
        finish(r, status, error);
        return;
    }
    daemon_accounts_put(daemon, config, r->instances, daemon->config);
    if (!daemon->stopping) daemon_inboxes_put(daemon, config);
    daemon_mirrors_put(daemon, config);
    daemon_backups_put(daemon, config);
    daemon_alerts_put(daemon, config);
    daemon_hooks_put(daemon, config);
    struct config *old = daemon->config;
    daemon->config = r->config;
    r->config = old; /* freed by finish */
    log_level_set(daemon->config->daemon.log_level);
    log_format_set(daemon->config->daemon.log_format);
    move_log(old->daemon.log_file, daemon->config->daemon.log_file);
    finish(r, ST_OK, error);
}

static void loaded(struct work_task *work)
{
    struct reloading *r = (struct reloading *)((char *)work - offsetof(struct reloading, work));
    struct error error = {0};
    if (!r->config) {
        collect_errors(&r->report, &error);
        finish(r, ST_INVALID, &error);
        return;
    }
    if (r->daemon->stopping) {
        error_set(&error, ST_CANCELLED, "stockd is stopping");
        finish(r, ST_CANCELLED, &error);
        return;
    }
    if (r->log_failed) {
        error_set(&error, ST_INVALID, "the log file %s cannot be opened: %s; nothing was changed",
                  r->config->daemon.log_file, strerror(r->log_failed));
        finish(r, ST_INVALID, &error);
        return;
    }
    r->instances = daemon_instances_make(r->daemon, r->config, &error);
    if (!r->instances) {
        finish(r, error.status, &error);
        return;
    }
    config_diff(r->daemon->config, r->config, note_change, r);
    daemon_declare(r->daemon, r->config, declared, &r->instances);
}

/* 0, or an errno. Tried where files may be, before anything else of the configuration is done. */
static int can_log(const char *path)
{
    int fd = path[0] ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640) : -1;
    if (path[0] && fd < 0) return errno;
    if (fd >= 0) close(fd);
    return 0;
}

static void load(struct work_task *work)
{
    struct reloading *r = (struct reloading *)((char *)work - offsetof(struct reloading, work));
    const struct daemon *d = r->daemon;
    r->config =
        config_load_instance(d->config_dir, d->instance, plugins_spec, d->plugins, &r->report);
    if (r->config) r->log_failed = can_log(r->config->daemon.log_file);
}

void daemon_reload(struct daemon *daemon, daemon_reloaded_fn *done, void *arg)
{
    struct error error = {0};
    if (daemon->reloading || !daemon->ready) {
        error_set(&error, ST_BUSY, "%s is under way already; try again in a moment",
                  daemon->ready ? "a reload" : "the start");
        daemon->reload_after_start |= !daemon->ready && !done;
        if (done) done(arg, ST_BUSY, &error, json_array());
        return;
    }
    daemon->reloading = true;
    supervisor_reloading(&daemon->supervisor);
    struct reloading *r = mem_alloc(sizeof *r);
    r->daemon = daemon;
    r->done = done;
    r->arg = arg;
    r->changes = json_array();
    r->work = (struct work_task){.run = load, .done = loaded};
    struct runtime *runtime = loop_runtime(daemon->runtime);
    runtime->work_submit(runtime, &r->work);
}
