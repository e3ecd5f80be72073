/* A directory of its own for each case, files in it, and two plugins' tables. */
#ifndef STOCKD_TEST_CONFIG_FIXTURE_H
#define STOCKD_TEST_CONFIG_FIXTURE_H

#include "config/config.h"

/* The one secret of these tests. Nothing the module writes may ever hold it. */
#define SECRET "tops3cret-0451"

/* An account with all it needs, five lines; more keys follow with four spaces. */
#define ACCOUNT            \
    "accounts:\n"          \
    "  ozon-main:\n"       \
    "    plugin: ozon\n"   \
    "    client-id: 007\n" \
    "    api-key: ${env:OZON_KEY}\n"

int fixture_setup(void **state);    /* makes the directory and goes there; conf.d is empty */
int fixture_teardown(void **state); /* removes it */
void fixture_write(const char *path, const char *text, unsigned mode);
void fixture_write_bytes(const char *path, const void *data, size_t size, unsigned mode);

/* "ozon" and "wb"; any other cannot be loaded. */
const struct config_plugin_spec *fixture_plugin(void *ctx, const struct config_daemon *daemon,
                                                const char *id, struct error *error);

/* Loads conf.d. Fails the test when any message or dump holds the secret. */
struct config *fixture_load(struct config_report *report);
/* Loads what must be good; prints the report and fails otherwise. */
struct config *fixture_good(void);
/* All messages, one a line, "error: ..." and "warning: ...". mem_free it. */
char *fixture_messages(const struct config_report *report);
/* Loads conf.d/50.yaml with this text, which must give exactly these messages. */
void fixture_expect(const char *what, const char *yaml, const char *messages);

#endif
