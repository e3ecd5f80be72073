/* What the tests of the Ozon plugin share: the shipped .so in the SDK's test host, and items to
 * write. */
#ifndef OZON_FIXTURE_H
#define OZON_FIXTURE_H

#include "test_main.h"

#include <jansson.h>
#include <stdbool.h>
#include <stockd/check_host.h>
#include <string.h>

const struct stockd_plugin *ozon_plugin(void);

/* A host with client-id 42. */
struct check *ozon_host(void);
/* Ends a test: no rule of the ABI may have been broken. */
void ozon_end(struct check *host);

/* start for an operation without items. */
struct stockd_start ozon_start(enum stockd_operation operation);

enum { FIXTURE_ITEMS = 128 };
struct ozon_items {
    struct stockd_start start;
    struct stockd_item items[FIXTURE_ITEMS];
    struct stockd_key keys[FIXTURE_ITEMS];
    char listing[FIXTURE_ITEMS][24], offer[FIXTURE_ITEMS][24];
};

/* `count` items of warehouse 7001: product 1001 + i with article "art-i", wanted 5 + i. */
void ozon_items(struct ozon_items *at, enum stockd_operation operation, uint32_t count);

/* The newest request's path is this one and its body the same JSON. */
void ozon_asked(const struct check *host, const char *path, const char *json);
/* The newest request's body, parsed; json_decref it. */
json_t *ozon_asked_json(const struct check *host);

/* A key of a listing, or NULL. */
const char *ozon_key_of(const struct stockd_listing *row, const char *kind);
bool ozon_completed(const struct check *host, enum stockd_scope scope, const char *id);

#endif
