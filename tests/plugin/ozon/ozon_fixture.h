/* What the tests of the Ozon plugin share: the shipped .so in the SDK's test host, and items to
 * write. */
#ifndef OZON_FIXTURE_H
#define OZON_FIXTURE_H

#include "plugin_fixture.h"

const struct stockd_plugin *ozon_plugin(void);

/* A host with client-id 42. */
struct check *ozon_host(void);

enum { FIXTURE_ITEMS = 128 };
struct ozon_items {
    struct stockd_start start;
    struct stockd_item items[FIXTURE_ITEMS];
    struct stockd_key keys[FIXTURE_ITEMS];
    char listing[FIXTURE_ITEMS][24], offer[FIXTURE_ITEMS][24];
};

/* `count` items of warehouse 7001: product 1001 + i with article "art-i", wanted 5 + i. */
void ozon_items(struct ozon_items *at, enum stockd_operation operation, uint32_t count);

#endif
