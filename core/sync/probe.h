/* A look at an account before it is one: who its credentials belong to, what they may, which
 * warehouses it has, and how its listings would match the products. Nothing of it is stored, and
 * nothing is written at the marketplace; quotas are shared with the accounts that are there.
 *
 * Bounded: at most `listings_max` listings are read. Loop thread.
 *
 * OWNERSHIP. The probe is the caller's, from sync_probe_start to sync_probe_free, which may be
 * called at any time: what is under way ends by itself. All that a view points to lives until then.
 */
#ifndef STOCKD_SYNC_PROBE_H
#define STOCKD_SYNC_PROBE_H

#include "sync/sync.h"

struct sync_probe;

enum { PROBE_LISTINGS_MAX = 10000 }; /* ten pages of a marketplace, some seconds */

struct sync_probe_options {
    struct sync_settings account; /* `number` is not looked at */
    uint32_t listings_max;        /* 0: PROBE_LISTINGS_MAX */
    void (*changed)(void *ctx);   /* progress, and the end */
    void *ctx;
};
struct sync_probe *sync_probe_start(struct sync *sync, const struct sync_probe_options *options);
void sync_probe_free(struct sync_probe *probe);

struct sync_probe_view {
    bool ended, ok;
    const char *stage; /* "check" ...: the one that goes on, or that failed */
    uint32_t number, stages;
    int64_t done, total;
    const char *code, *text; /* why it failed: the marketplace's own words, where it has any */
    bool refused;            /* the marketplace does not accept the credentials */
    const char *identity;    /* or NULL */
    const char *same;        /* the account that is the same seller's already, or NULL */
    int64_t key_expires_ms;  /* 0: not said */
    bool listings_whole;     /* all of them were read */
    uint32_t listings, by_sku, by_barcode, unmatched, conflicts, not_ours;
};
void sync_probe_view(const struct sync_probe *probe, struct sync_probe_view *view);

/* What was found. `text` and others may be NULL. */
void sync_probe_warnings(const struct sync_probe *probe,
                         void (*each)(void *ctx, const char *code, const char *text), void *ctx);
/* Only what the credentials may not. */
void sync_probe_denied(const struct sync_probe *probe,
                       void (*each)(void *ctx, const char *operation, const char *text), void *ctx);

struct sync_probe_warehouse {
    const char *id, *name, *kind, *why;
    bool writable, marketplace;
};
void sync_probe_warehouses(const struct sync_probe *probe,
                           void (*each)(void *ctx, const struct sync_probe_warehouse *warehouse),
                           void *ctx);

struct sync_probe_listing {
    const char *id, *sku, *barcode, *title; /* the first key of its kind, or NULL */
    const char *conflict;                   /* NULL: its keys name no product */
};
/* Those that match nothing, and those in conflict. */
void sync_probe_listings(const struct sync_probe *probe,
                         void (*each)(void *ctx, const struct sync_probe_listing *listing),
                         void *ctx);

#endif
