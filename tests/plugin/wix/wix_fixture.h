/* What the tests of the Wix plugin share: the shipped .so in the SDK's test host, on a site of
 * either catalogue, and items to write. */
#ifndef WIX_FIXTURE_H
#define WIX_FIXTURE_H

#include "plugin_fixture.h"

#define PRODUCT "11111111-0000-4000-8000-000000000001"
#define VARIANT "22222222-0000-4000-8000-00000000000" /* and one digit or letter */
#define NIL     "00000000-0000-0000-0000-000000000000"
#define PLACE   "44444444-0000-4000-8000-000000000001"
#define OTHER   "44444444-0000-4000-8000-000000000002"
#define HELD(n) "33333333-0000-4000-8000-00000000000" n
#define SETTLE  15000

const struct stockd_plugin *wix_plugin(void);
/* A host with a site whose catalogue is known: 1, 3, or 0 for not yet. */
struct check *wix_host(int catalog);

enum { FIXTURE_ITEMS = 1001 };
struct wix_items {
    struct stockd_start start;
    struct stockd_item items[FIXTURE_ITEMS];
    char listing[FIXTURE_ITEMS][80];
    unsigned char target[FIXTURE_ITEMS][64];
};

/* `count` items of PRODUCT at `place`: variant i + 1, wanted 5 + i, base 3 + i; in V1 tracked and
 * without preorder, in V3 with nothing known of the inventory item. */
void wix_items(struct wix_items *at, enum stockd_operation operation, uint32_t route,
               const char *place, uint32_t count);
/* Keeps with an item that its inventory item is HELD(i + 1), with that revision. */
void wix_items_hold(struct wix_items *at, uint32_t item, int64_t revision, bool tracked);

/* A file of answers/, as text to free. */
char *wix_answer(const char *name);

/* The routes, as in the plugin's table. */
enum { ADJUST, BY_PRODUCT, UNTRACKED, LEARN, UPDATE, CREATE, FIND };

#endif
