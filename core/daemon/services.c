/* What the API asks of the daemon. */
#include "base/mem.h"
#include "daemon/daemon.h"

#include <stdio.h>
#include <string.h>

static void reload(void *ctx,
                   void (*done)(void *arg, enum status status, const struct error *error,
                                json_t *changes),
                   void *arg)
{
    daemon_reload(ctx, done, arg);
}

static void rekey(void *ctx, daemon_secrets_fn *done, void *arg)
{
    daemon_rekey(ctx, done, arg);
}

static void seal_secret(void *ctx, const char *account, const char *option, const char *value,
                        daemon_secrets_fn *done, void *arg)
{
    daemon_seal_secret(ctx, account, option, value, done, arg);
}

static void draft(void *ctx, json_t *body, daemon_draft_fn *done, void *arg)
{
    daemon_draft(ctx, body, done, arg);
}

static json_t *account_file(void *ctx, const char *name)
{
    return daemon_account_file(ctx, name);
}

static json_t *describe_plugins(void *ctx, const char *id)
{
    struct daemon *d = ctx;
    return plugins_describe(d->plugins, d->config, id);
}

static enum status release(void *ctx, const char *id, struct error *error)
{
    return plugins_release(((struct daemon *)ctx)->plugins, id, error);
}

static const struct config_origin *origin_of(const struct config *config, enum api_owned kind,
                                             const char *a, const char *b, const char *c)
{
    if (kind == API_OWNED_WAREHOUSE) {
        const struct config_warehouse *w = config_warehouse(config, a);
        return w ? &w->origin : NULL;
    }
    if (kind == API_OWNED_ACCOUNT) {
        const struct config_account *account = config_account(config, a);
        return account ? &account->origin : NULL;
    }
    for (size_t i = 0; i < config->link_count; i++) {
        const struct config_link *link = &config->links[i];
        if (strcmp(link->warehouse, a) == 0 && strcmp(link->account, b) == 0 &&
            strcmp(link->remote, c) == 0)
            return &link->origin;
    }
    return NULL;
}

static const char *owner(void *ctx, enum api_owned kind, const char *a, const char *b,
                         const char *c)
{
    static char text[4200];
    struct daemon *d = ctx;
    const struct config_origin *origin = origin_of(d->config, kind, a, b, c);
    if (!origin || !origin->file) return NULL;
    snprintf(text, sizeof text, "%s:%d", origin->file, origin->line);
    return text;
}

/* Private dirty memory: what is this process's own. LMDB's pages are the kernel's. */
static json_int_t private_dirty_bytes(void)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    char line[256];
    long kib = 0;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Private_Dirty: %ld kB", &kib) == 1) break;
    if (file) fclose(file);
    return (json_int_t)kib * 1024;
}

static json_t *vitals(void *ctx)
{
    struct daemon *d = ctx;
    struct loop_lag lag = loop_runtime_lag(d->runtime);
    struct net_curl_view net;
    net_curl_view(d->net, &net);
    return json_pack("{s:{s:I, s:I, s:I, s:I, s:I}, s:I, s:{s:I, s:I, s:I, s:I, s:I}}", "loop",
                     "turns", (json_int_t)lag.turns, "p50_us", (json_int_t)lag.p50_us, "p99_us",
                     (json_int_t)lag.p99_us, "max_us", (json_int_t)lag.max_us, "processor_max_us",
                     (json_int_t)lag.processor_max_us, "private_dirty_bytes", private_dirty_bytes(),
                     "network", "requests", (json_int_t)net.requests, "arrived",
                     (json_int_t)net.arrived, "not_sent", (json_int_t)net.not_sent, "lost",
                     (json_int_t)net.lost, "connections", (json_int_t)net.connections);
}

static void measure(void *ctx, struct api_measures *m)
{
    struct daemon *d = ctx;
    const struct loop_lag lag = loop_runtime_lag(d->runtime);
    struct net_curl_view net;
    net_curl_view(d->net, &net);
    _Static_assert((int)LOOP_LAG_BOUNDS <= (int)API_TURN_BOUNDS_MAX, "each bound has its place");
    *m = (struct api_measures){.turn_bounds = LOOP_LAG_BOUNDS,
                               .turns = lag.turns,
                               .turn_sum_us = lag.sum_us,
                               .turn_max_us = lag.max_us,
                               .turn_processor_max_us = lag.processor_max_us,
                               .turn_own_max_us = lag.own_max_us,
                               .turns_processor_late = lag.processor_late,
                               .turns_own_late = lag.own_late,
                               .arrived = net.arrived,
                               .not_sent = net.not_sent,
                               .lost = net.lost,
                               .too_large = net.too_large,
                               .connections = net.connections};
    memcpy(m->turn_bounds_us, loop_lag_bounds_us, sizeof loop_lag_bounds_us);
    memcpy(m->turns_within, lag.within, sizeof lag.within);
}

static bool is_ready(void *ctx)
{
    return ((struct daemon *)ctx)->ready;
}

static void left_out(void *ctx, void (*each)(void *arg, uint32_t account, const char *why),
                     void *arg)
{
    struct daemon *d = ctx;
    for (size_t i = 0; i < d->left_out_count; i++)
        each(arg, d->left_out[i].account, d->left_out[i].why);
}

struct api_services daemon_services(struct daemon *d)
{
    return (struct api_services){.runtime = loop_runtime(d->runtime),
                                 .engine = d->engine,
                                 .store = d->store,
                                 .sync = d->sync,
                                 .imports = d->imports,
                                 .inboxes = d->inboxes,
                                 .mirrors = d->mirrors,
                                 .backups = d->backups,
                                 .notify = d->notify,
                                 .reports = d->reports,
                                 .store_path = d->config->daemon.store,
                                 .instance = d->instance ? d->instance : "main",
                                 .tcp = d->config->api.listen,
                                 .hosts = d->config->api.hosts,
                                 .host_count = d->config->api.host_count,
                                 .started_ms = d->started_ms,
                                 .ctx = d,
                                 .reload = reload,
                                 .rekey = rekey,
                                 .seal_secret = seal_secret,
                                 .draft = draft,
                                 .account_file = account_file,
                                 .plugins = describe_plugins,
                                 .plugin_release = release,
                                 .owner = owner,
                                 .vitals = vitals,
                                 .measure = measure,
                                 .ready = is_ready,
                                 .left_out = left_out};
}
