/* What the tests of every plugin share: the shipped .so in the SDK's test host, and short ways to
 * look at what it asked for and said. */
#ifndef PLUGIN_FIXTURE_H
#define PLUGIN_FIXTURE_H

#include "test_main.h"

#include <jansson.h>
#include <stdbool.h>
#include <stockd/check_host.h>
#include <string.h>

/* The plugin in that .so, loaded as the daemon would. */
const struct stockd_plugin *fixture_load(const char *path);
/* Ends a test: no rule of the ABI may have been broken. */
void fixture_end(struct check *host);

/* start for an operation without items. */
struct stockd_start fixture_start(enum stockd_operation operation);

/* The newest request's path is this one and its body the same JSON. */
void fixture_asked(const struct check *host, const char *path, const char *json);
/* The newest request's body, parsed; json_decref it. */
json_t *fixture_asked_json(const struct check *host);

/* A key of a listing, or NULL. */
const char *fixture_key_of(const struct stockd_listing *row, const char *kind);
bool fixture_completed(const struct check *host, enum stockd_scope scope, const char *id);

#endif
