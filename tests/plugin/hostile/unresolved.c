/* A plugin that needs a function which nobody has. */
#include <stockd/plugin.h>

extern enum stockd_verdict nobody_has_this(const struct stockd_call *call);

static const struct stockd_route routes[] = {{.name = "all", .max_items = 1}};

STOCKD_EXPORT extern const struct stockd_plugin stockd_plugin;
const struct stockd_plugin stockd_plugin = {
    STOCKD_PLUGIN_HEAD,
    .id = PLUGIN_ID,
    .version = "1",
    .title = "Unresolved",
    STOCKD_TABLE(route, routes),
    .operations = {nobody_has_this, nobody_has_this, nobody_has_this},
};
