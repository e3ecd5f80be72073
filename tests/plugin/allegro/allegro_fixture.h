/* What the tests of the Allegro plugin share: the shipped .so in the SDK's test host, and items to
 * write. */
#ifndef ALLEGRO_FIXTURE_H
#define ALLEGRO_FIXTURE_H

#include "plugin_fixture.h"

/* Routes, in the order the plugin declares them. */
enum { ROUTE_COMMAND, ROUTE_BULK, ROUTE_PATCH, ROUTE_ACTIVATE, ROUTE_END };

const struct stockd_plugin *allegro_plugin(void);

/* A host with client-id "abc", app-name "shop" and app-url "https://shop.example/about". */
struct check *allegro_host(void);

enum { FIXTURE_ITEMS = 1000 };
struct allegro_items {
    struct stockd_start start;
    struct stockd_item items[FIXTURE_ITEMS];
    struct stockd_key keys[FIXTURE_ITEMS];
    char listing[FIXTURE_ITEMS][24], sku[FIXTURE_ITEMS][24], note[FIXTURE_ITEMS][128];
};

/* `count` items of the one warehouse: active offer 70001 + i with sku "sku-i", wanted 5. */
void allegro_items(struct allegro_items *at, enum stockd_operation operation, uint32_t count);
/* The note of item i, as an earlier push would have left it. */
void allegro_note(struct allegro_items *at, uint32_t i, const char *note);

/* The newest request: method, path, no more. */
void allegro_asked(const struct check *host, const char *method, const char *path);
/* One outcome was given, of that kind. */
void allegro_outcome_is(const struct check *host, uint32_t item, enum stockd_outcome_kind kind);
/* The marks of item 0 as they are now, "" where none were written. */
const char *allegro_marks(const struct check *host);

#endif
