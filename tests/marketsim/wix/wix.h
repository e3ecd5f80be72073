/* Wix as a pure function, and what tests can do to it through C calls. The same can be done through
 * the models' control() (see README.md); endpoints are in the wix_*.c files beside this header.
 *
 * One state is the whole of www.wixapis.com: sites, each with its own catalogue (V1, V3 or none),
 * locations, products with variants, one inventory item per variant and location, orders, API keys
 * and quota. Both catalogues look at the same goods: under V1 only the default location is seen.
 * Texts are copied. Pointers to sites stay good for the life of the state; those to products and
 * variants until the next one is added. Times are milliseconds since 1970. */
#ifndef MARKETSIM_WIX_H
#define MARKETSIM_WIX_H

#include "marketsim/market.h"
#include "marketsim/market_fault.h"
#include "marketsim/market_trace.h"

/* The site that a new state begins with; it has one location, the default one. */
#define WIX_DEFAULT_SITE     "5170c0de-0000-4000-8000-000000001001"
#define WIX_DEFAULT_KEY      "test-key"
#define WIX_DEFAULT_LOCATION "10ca7104-0000-4000-8000-000000000501"

/* Limits as the published types and documents state them in 2026. */
#define WIX_REQUESTS_PER_MINUTE 200 /* per app and site */
#define WIX_V1_PAGE             100
#define WIX_V1_CEILING          10000 /* results an offset can reach */
#define WIX_V3_PAGE             1000
#define WIX_PRODUCTS_PAGE       100
#define WIX_ORDERS_PAGE         100
#define WIX_BULK_SET            1000
#define WIX_BULK_ADJUST         300
#define WIX_QUANTITY_MAX        99999
#define WIX_PREORDER_MAX        100000

struct wix;
struct wix_site;

/* Two names of one model: what the first site's catalogue begins as. */
extern const struct market_model wix_model;    /* "wix": V3_CATALOG */
extern const struct market_model wix_v1_model; /* "wix-v1": V1_CATALOG */

enum wix_catalog { WIX_V1, WIX_V3, WIX_NO_STORES };
enum wix_deduct { WIX_WHEN_PLACED, WIX_WHEN_PAID };

struct wix_settings {
    double scale;              /* the marketplace's windows last 1/scale of their time; default 1 */
    size_t per_minute;         /* 0: no limit */
    int64_t retry_after;       /* seconds in a 429; < 0: no header, as published; default */
    bool throttle_403;         /* an empty 403 in place of 429 */
    int64_t clock_offset_ms;   /* added to every "now": clock jumps */
    int64_t read_lag_ms;       /* reads show a write only this much later */
    enum wix_deduct deduct;    /* when an order lowers stock: a setting of the merchant */
    bool cancel_restores;      /* a cancelled order is restocked; default */
    bool old_readers;          /* stores-reader/v1 answers 200 on a V3 site all the same */
    bool numeric_revision;     /* revisions as numbers, as sibling APIs have them */
    double short_results;      /* share of bulk rows that are missing though carried out */
    bool patch_drops_preorder; /* a V1 PATCH without preorderInfo ends the preorder; default */
    char stale_code[40];       /* of a revision that is not the current one; nowhere published */
};

struct wix *wix_create(uint64_t seed, enum wix_catalog catalog);
void wix_destroy(struct wix *wix);
void wix_handle(struct wix *wix, const struct market_request *request, int64_t now_ms,
                struct market_answer *answer);
struct wix_settings wix_settings_get(const struct wix *wix);
void wix_settings_set(struct wix *wix, const struct wix_settings *settings);
/* Reads write every order anew and not as it is kept: something that they show was changed past the
 * functions below, or somebody wants to see that it makes no difference. */
void wix_forget(struct wix *wix);
struct market_faults *wix_faults(struct wix *wix);
struct market_trace *wix_trace(struct wix *wix);

/* Sites and keys ---------------------------------------------------------------------------- */

enum wix_ability {
    WIX_MAY_CATALOG = 1 << 0, /* catalog: the version */
    WIX_MAY_PRODUCTS = 1 << 1,
    WIX_MAY_HIDDEN = 1 << 2, /* hidden: products that are not visible */
    WIX_MAY_READ = 1 << 3,   /* inventory-read */
    WIX_MAY_WRITE = 1 << 4,  /* inventory-write */
    WIX_MAY_LOCATIONS = 1 << 5,
    WIX_MAY_ORDERS = 1 << 6,
    WIX_MAY_ALL = (1 << 7) - 1,
};

struct wix_site *wix_site_add(struct wix *wix, const char *id, enum wix_catalog catalog);
struct wix_site *wix_site_find(struct wix *wix, const char *id); /* NULL: the first */
/* Adds a key of the site or changes it. */
void wix_key_set(struct wix_site *site, const char *key, unsigned abilities, bool active);

/* Moves the site to another catalogue: products, variants and inventory items have new ids. */
void wix_catalog_set(struct wix *wix, struct wix_site *site, enum wix_catalog catalog,
                     int64_t now_ms);

/* Locations and products -------------------------------------------------------------------- */

/* The first one is the default. False where the id is taken. */
bool wix_location_add(struct wix_site *site, const char *id, const char *name);
bool wix_location_default(struct wix_site *site, const char *id);
bool wix_location_rename(struct wix_site *site, const char *id, const char *name);

struct wix_product_spec {
    const char *sku;         /* of its one variant, or NULL */
    const char *name;        /* NULL: made up */
    const char *const *skus; /* of several managed variants; NULL: `sku` and not managed */
    size_t sku_count;
    const char *id; /* NULL: made up */
    bool hidden;
    bool digital;
    bool untracked;
};

/* Adds a product with its variants, without inventory items; gives its index. SKUs may be taken:
 * a marketplace's are not unique. */
size_t wix_product_add(struct wix *wix, struct wix_site *site, const struct wix_product_spec *spec);
size_t wix_variant_count(const struct wix_site *site);

/* Stock ------------------------------------------------------------------------------------- */

/* The first variant with that SKU at that location (NULL: the default). `reserved` counts pieces
 * that orders took and that have not left. False: no such item. */
bool wix_stock_get(struct wix_site *site, const char *sku, const char *location,
                   int64_t *free_stock, int64_t *reserved);
/* Sets what is there, past every rule; makes the inventory item where there is none. The revision
 * rises, as with any write. */
bool wix_stock_set(struct wix *wix, struct wix_site *site, const char *sku, const char *location,
                   int64_t quantity, int64_t now_ms);

/* The journal of figures that came in through the API, a bounded ring. */
#define WIX_WRITES 65536
struct wix_write {
    uint64_t seq; /* from 1 */
    uint64_t request;
    int64_t now_ms;
    int64_t received_ns;
    int64_t stock;        /* as sent: the figure, or the change */
    bool change;          /* an increment or a decrement */
    const char *sku;      /* "" for an unknown item */
    const char *location; /* "" for an unknown item */
    const char *code;     /* "" where it was accepted */
};
uint64_t wix_write_count(const struct wix *wix);
const struct wix_write *wix_write_get(const struct wix *wix, uint64_t seq);

/* Orders ------------------------------------------------------------------------------------ */

struct wix_order_line {
    const char *sku;
    int64_t quantity;
};

struct wix_order_spec {
    const char *location; /* NULL: the default one, as every order of the shop; else a till's */
    const struct wix_order_line *lines;
    size_t line_count;
    bool unpaid;              /* NOT_PAID */
    bool oversell;            /* take pieces that are not there: quantities go below zero */
    int64_t visible_after_ms; /* the order shows up in reads only this much later */
    int64_t placed_ms;        /* 0: now */
};

enum wix_order_step { WIX_PAY, WIX_FULFIL, WIX_CANCEL, WIX_REFUND, WIX_REJECT };

#define WIX_ID_SIZE 37 /* a UUID and its end */

bool wix_order_place(struct wix *wix, struct wix_site *site, const struct wix_order_spec *spec,
                     int64_t now_ms, char id[WIX_ID_SIZE]);
/* `restock`: the pieces of the order go back where they came from (cancelling and refunding). */
bool wix_order_do(struct wix *wix, struct wix_site *site, const char *id, enum wix_order_step step,
                  bool restock, int64_t now_ms);
size_t wix_order_count(const struct wix_site *site);

#endif
