/* From the configuration's accounts to sync's. */
#include "backup/backups.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/daemon.h"
#include "intake/mirrors.h"

#include <string.h>

struct daemon_instances {
    size_t count;
    struct plugin_instance *
        *instances; /* by account; NULL: its plugin cannot be used, so it is off or left out */
    uint32_t *numbers;
};

static struct plugin_instance *make_one(struct daemon *daemon, const struct config_account *account,
                                        struct error *error)
{
    const struct plugin *plugin = plugins_find(daemon->plugins, account->plugin);
    if (!plugin) {
        error_set(error, ST_NOT_FOUND, "plugin '%s' is not loaded", account->plugin);
        return NULL;
    }
    struct plugin_value *values =
        mem_array(account->options.count + account->endpoints.count, sizeof *values);
    size_t count = 0;
    for (size_t i = 0; i < account->options.count; i++)
        if (account->options.values[i].text)
            values[count++] = (struct plugin_value){account->options.options[i].name,
                                                    account->options.values[i].text};
    struct plugin_value *endpoints = values + count;
    size_t endpoint_count = 0;
    for (size_t i = 0; i < account->endpoints.count; i++)
        if (account->endpoints.values[i].text)
            endpoints[endpoint_count++] = (struct plugin_value){account->endpoints.options[i].name,
                                                                account->endpoints.values[i].text};
    const struct plugin_settings settings = {.account = account->name,
                                             .values = values,
                                             .value_count = count,
                                             .endpoints = endpoints,
                                             .endpoint_count = endpoint_count};
    struct plugin_instance *instance = plugin_instance_new(plugin, &settings, error);
    mem_free(values);
    return instance;
}

struct daemon_instances *daemon_instances_make(struct daemon *daemon, const struct config *config,
                                               struct error *error)
{
    struct daemon_instances *all = mem_alloc(sizeof *all);
    all->count = config->account_count;
    all->instances = mem_array(all->count, sizeof *all->instances);
    all->numbers = mem_array(all->count, sizeof *all->numbers);
    for (size_t i = 0; i < all->count; i++) {
        const struct config_account *account = &config->accounts[i];
        if (!account->spec) continue; /* switched off, or left out */
        all->instances[i] = make_one(daemon, account, error);
        if (all->instances[i]) continue;
        error_prefix(error, "%s:%d: account '%s'", account->origin.file, account->origin.line,
                     account->name);
        daemon_instances_free(all);
        return NULL;
    }
    return all;
}

void daemon_instances_free(struct daemon_instances *all)
{
    if (!all) return;
    for (size_t i = 0; i < all->count; i++)
        plugin_instance_unref(all->instances[i]);
    mem_free(all->instances);
    mem_free(all->numbers);
    mem_free(all);
}

void daemon_instances_number(struct daemon_instances *all, size_t account, uint32_t number)
{
    all->numbers[account] = number;
}

static const enum sync_timed timed[CONFIG_TASKS] = {
    [CONFIG_TASK_ORDERS] = SYNC_TIMED_ORDERS,     [CONFIG_TASK_VERIFY] = SYNC_TIMED_VERIFY,
    [CONFIG_TASK_LISTINGS] = SYNC_TIMED_LISTINGS, [CONFIG_TASK_WAREHOUSES] = SYNC_TIMED_WAREHOUSES,
    [CONFIG_TASK_CHECK] = SYNC_TIMED_CHECK,       [CONFIG_TASK_RESYNC] = SYNC_TIMED_RESYNC,
};

static void put_one(struct daemon *daemon, const struct config_account *account,
                    struct plugin_instance *instance, uint32_t number)
{
    struct sync_quota_limit *limits = mem_array(account->quota_count, sizeof *limits);
    for (size_t i = 0; i < account->quota_count; i++)
        limits[i] = (struct sync_quota_limit){.bucket = account->quotas[i].name,
                                              .amount = account->quotas[i].amount,
                                              .per_ms = account->quotas[i].per_ms,
                                              .burst = account->quotas[i].burst};
    struct sync_schedules schedules = {.soft_limit_ms = account->schedule.soft_ms,
                                       .hard_limit_ms = account->schedule.hard_ms};
    for (int t = 0; t < CONFIG_TASKS; t++)
        schedules.of[timed[t]] = account->schedule.tasks[t];
    const struct sync_settings settings = {.name = account->name,
                                           .number = number,
                                           .instance = instance,
                                           .enabled = account->enabled,
                                           .dry_run = account->dry_run,
                                           .first_plan = account->first_plan,
                                           .allow_plain_http = account->allow_plain_http,
                                           .timeout_ms = account->timeout_ms,
                                           .batch = (uint32_t)account->batch,
                                           .attempts = (uint32_t)account->attempts,
                                           .limits = limits,
                                           .limit_count = account->quota_count,
                                           .schedules = &schedules};
    sync_account_put(daemon->sync, &settings);
    mem_free(limits);
}

void daemon_accounts_put(struct daemon *daemon, const struct config *config,
                         const struct daemon_instances *all, const struct config *old)
{
    for (size_t i = 0; old && i < old->account_count; i++)
        if (!config_account(config, old->accounts[i].name))
            sync_account_remove(daemon->sync, old->accounts[i].name);
    mem_free(daemon->left_out);
    daemon->left_out = mem_array(all->count, sizeof *daemon->left_out);
    daemon->left_out_count = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (all->instances[i] && all->numbers[i])
            put_one(daemon, &config->accounts[i], all->instances[i], all->numbers[i]);
        if (config->accounts[i].left_out && all->numbers[i])
            daemon->left_out[daemon->left_out_count++] =
                (struct daemon_left_out){all->numbers[i], config->accounts[i].left_out};
    }
}

void daemon_mirrors_put(struct daemon *daemon, const struct config *config)
{
    struct mirror_settings *settings = mem_array(config->mirror_count, sizeof *settings);
    for (size_t i = 0; i < config->mirror_count; i++) {
        const struct config_mirror *mirror = &config->mirrors[i];
        settings[i] = (struct mirror_settings){.name = mirror->name,
                                               .account = mirror->account,
                                               .remote = mirror->remote,
                                               .warehouse = mirror->warehouse,
                                               .every_ms = mirror->every_ms,
                                               .absent_zero = mirror->absent_zero,
                                               .create = mirror->create,
                                               .enabled = mirror->enabled};
    }
    mirrors_put(daemon->mirrors, settings, config->mirror_count);
    mem_free(settings);
}

void daemon_backups_put(struct daemon *daemon, const struct config *config)
{
    const struct backups_settings settings = {.directory = config->daemon.backups,
                                              .schedule = config->daemon.backup_schedule,
                                              .keep = (uint32_t)config->daemon.backup_keep};
    backups_put(daemon->backups, &settings);
}
