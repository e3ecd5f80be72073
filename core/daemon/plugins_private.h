/* What plugins.c and plugins_describe.c share. */
#ifndef STOCKD_DAEMON_PLUGINS_PRIVATE_H
#define STOCKD_DAEMON_PLUGINS_PRIVATE_H

#include "daemon/plugins.h"

#include <uv.h>

struct plugin_directories {
    struct plugin_directories *next;
    char *key;
    struct plugin_registry *registry;
};

struct plugin_spec {
    struct plugin_spec *next;
    const struct plugin *plugin; /* NULL: refused */
    char *id, *refused;          /* of a refused one: what spec points to */
    struct config_plugin_spec spec;
};

struct plugins {
    uv_mutex_t lock;
    bool guarded;
    struct plugin_guard *guard;
    struct plugin_directories *registries;
    struct plugin_registry *current; /* of the configuration in force */
    struct plugin_spec
        *specs; /* newest first; live as long as this, since configurations point to them */
};

#endif
