/* The plugins of the daemon: registries over the configured directories, the crash guard, and their
 * tables as configuration and people see them.
 *
 * CONCURRENCY. A lock inside: the configuration is loaded on a worker, plugins are listed on the
 * loop. */
#ifndef STOCKD_DAEMON_PLUGINS_H
#define STOCKD_DAEMON_PLUGINS_H

#include "config/config.h"
#include "plugin/crash.h"
#include "plugin/loader.h"

#include <jansson.h>

struct plugins;

/* `guarded`: crashes are recorded beside the store (a daemon that runs); not for --check. */
struct plugins *plugins_new(bool guarded);
void plugins_free(struct plugins *plugins);

/* config_plugin_fn: loads a plugin and adapts its tables. `ctx` is the struct plugins. Until
 * plugins_ready, one that a daemon which runs cannot use comes back as `refused`. */
const struct config_plugin_spec *plugins_spec(void *ctx, const struct config_daemon *daemon,
                                              const char *id, struct error *error);
/* Loaded before by plugins_spec; NULL otherwise. */
const struct plugin *plugins_find(struct plugins *plugins, const char *id);
/* Opens the guard and the directories when no account has asked for it yet. */
void plugins_ready(struct plugins *plugins, const struct config_daemon *daemon);
/* Until then a guard that another process has is no word in the log: that process has the store. */
void plugins_store_is_ours(struct plugins *plugins, const struct config_daemon *daemon);
struct plugin_guard *plugins_guard(struct plugins *plugins);

/* docs/api.md, Plugins. `config` counts accounts; `id` NULL: an array of all. New reference. */
json_t *plugins_describe(struct plugins *plugins, const struct config *config, const char *id);
enum status plugins_release(struct plugins *plugins, const char *id, struct error *error);

#endif
