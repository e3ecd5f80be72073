/* What the tests of the Wildberries plugin share: the shipped .so in the SDK's test host, a token's
 * claims, and items to write. */
#ifndef WB_FIXTURE_H
#define WB_FIXTURE_H

#include "plugin_fixture.h"

const struct stockd_plugin *wb_plugin(void);

/* The time of the test host, 2026-09-21T13:46:40Z. */
#define WB_NOW INT64_C(1790000000000)
/* Categories Content, Analytics and Marketplace; not read-only. */
#define WB_ALL_BITS ((1 << 1) | (1 << 2) | (1 << 4))

/* A host with a token of all categories that expires in a hundred days. */
struct check *wb_host(void);
/* The same with these categories. */
struct check *wb_host_with(int64_t bits);

enum { WB_FIXTURE_ITEMS = 1000 };
struct wb_items {
    struct stockd_start start;
    struct stockd_item items[WB_FIXTURE_ITEMS];
    struct stockd_key keys[WB_FIXTURE_ITEMS];
    char listing[WB_FIXTURE_ITEMS][24], barcode[WB_FIXTURE_ITEMS][24];
};

/* `count` items of warehouse 7001: size 1001 + i with barcode "bar-i" of card 501, wanted 5 + i. */
void wb_items(struct wb_items *at, enum stockd_operation operation, uint32_t count);

/* The requests of this operation had this path and no body, or this JSON. */
void wb_asked(const struct check *host, const char *path, const char *json);

/* Answers with one header. */
enum stockd_verdict wb_reply_with(struct check *host, int status, const char *body,
                                  const char *header, const char *value);

#endif
