/* Ozon as a pure function, and what tests can do to it through C calls. The same can be done
 * through ozon_model.control() (see README.md); endpoints are in the ozon_*.c files beside this
 * header.
 *
 * A state has sellers (one per Client-Id, each with its own data and quotas); a seller has
 * products, warehouses, pairs (product, warehouse) with stock, and postings. Texts are copied.
 * Pointers to sellers stay good for the life of the state; those to products, warehouses and
 * postings until the next one is added. Times are milliseconds since 1970. */
#ifndef MARKETSIM_OZON_H
#define MARKETSIM_OZON_H

#include "marketsim/market.h"
#include "marketsim/market_fault.h"
#include "marketsim/market_trace.h"

/* The seller that a new state begins with. */
#define OZON_DEFAULT_CLIENT "1001"
#define OZON_DEFAULT_KEY    "test-key"

/* Limits as the official document states them in 2026 (sections "Limits" and the methods' own). */
#define OZON_REQUESTS_PER_SECOND 50 /* all methods of one Client-Id, since 22 May 2025 */
#define OZON_STOCK_PER_MINUTE    80 /* POST /v2/products/stocks, per seller account */
#define OZON_STOCK_PAIRS         100
#define OZON_PAIR_MS             30000   /* one write of a (product, warehouse) pair */
#define OZON_STOCK_MAX           1000000 /* STOCK_TOO_BIG from here on */

struct ozon;
struct ozon_seller;

extern const struct market_model ozon_model; /* its state is a struct ozon */

struct ozon_settings {
    double scale;            /* the marketplace's windows last 1/scale of their time; default 1 */
    size_t per_second;       /* 0: no limit */
    size_t stock_per_minute; /* 0: no limit */
    int64_t pair_ms;         /* 0: no cadence */
    int64_t clock_offset_ms; /* added to every "now": clock jumps */
    int64_t read_lag_ms;     /* reads show a write only this much later */
    bool zero_ids;           /* a failed item answers product_id 0 although it was sent */
    bool wrap_postings;      /* posting lists inside "result", as once measured */
    bool omit_zero_rows;     /* pairs with nothing in them have no row in reads */
    bool total_items;        /* "total_items" beside "total", as since 24 Sep 2026 */
    bool nulls;              /* null where there is no value, as live answers have it; the document
                                has no null, so by default the field is absent */
    bool cancel_restores;    /* a posting cancelled before it left gives its pieces back; default */
};

struct ozon *ozon_create(uint64_t seed);
void ozon_destroy(struct ozon *ozon);
void ozon_handle(struct ozon *ozon, const struct market_request *request, int64_t now_ms,
                 struct market_answer *answer);
struct ozon_settings ozon_settings_get(const struct ozon *ozon);
void ozon_settings_set(struct ozon *ozon, const struct ozon_settings *settings);
/* Reads write every order anew and not as it is kept: something that they show was changed past the
 * functions below, or somebody wants to see that it makes no difference. */
void ozon_forget(struct ozon *ozon);
struct market_faults *ozon_faults(struct ozon *ozon);
struct market_trace *ozon_trace(struct ozon *ozon);

/* Sellers and keys -------------------------------------------------------------------------- */

enum ozon_key_state { OZON_KEY_ACTIVE, OZON_KEY_DEACTIVATED, OZON_KEY_IP_RESTRICTED };

struct ozon_seller *ozon_seller_add(struct ozon *ozon, const char *client_id, const char *api_key);
struct ozon_seller *ozon_seller_find(struct ozon *ozon,
                                     const char *client_id);       /* NULL: the first */
void ozon_seller_sign(struct ozon_seller *seller, bool signed_up); /* false: "Offer not signed" */

/* Adds a key or changes it. A new key is active, never expires and has the role Admin. */
void ozon_key_set(struct ozon_seller *seller, const char *api_key, enum ozon_key_state state);
void ozon_key_expire(struct ozon_seller *seller, const char *api_key, int64_t expires_ms);
/* Replaces the roles of a key by one with these methods (NULL-ended). */
void ozon_key_methods(struct ozon_seller *seller, const char *api_key, const char *role,
                      const char *const *methods);

/* Products and warehouses ------------------------------------------------------------------- */

enum ozon_archive {
    OZON_NOT_ARCHIVED,
    OZON_ARCHIVED_MANUAL,
    OZON_ARCHIVED_AUTO,
    OZON_ARCHIVED_SEASONAL,
};

/* What makes a stock write of the product fail, with the code it fails with. */
enum ozon_product_flags {
    OZON_NOT_CREATED = 1 << 0, /* product_is_not_created */
    OZON_NOT_TAGGED = 1 << 1,  /* PRODUCT_HAS_NOT_BEEN_TAGGED_YET */
    OZON_NO_SKU = 1 << 2,      /* SOURCE_TYPE_NOT_FOUND */
    OZON_SIZE_NEEDED = 1 << 3, /* SIZE_REQUIRED_FOR_NOT_UNIQUE_OFFER_ID */
    OZON_KGT = 1 << 4,         /* OVER_MAX_OVH_NON_KGT where the warehouse is none for it; the
                                  others get NON_KGT_ON_KGT_WAREHOUSE in a warehouse that is */
    OZON_OVER_KGT = 1 << 5,    /* OVER_MAX_OVH_KGT even there */
    OZON_FLAMMABLE = 1 << 6,   /* FLAMMABLE_ONLY_ON_SELF_OR_PROVIDER_DELIVERY unless rFBS */
    OZON_MULTIBOX = 1 << 7,    /* MULTIBOX_NOT_ALLOWED_FOR_FBS unless rFBS */
    OZON_ONLY_3PL = 1 << 8,    /* MP_DELIVERY_ONLY_3PL_ERROR unless the warehouse is one */
    OZON_ONLY_FBP = 1 << 9,    /* CB_DELIVERY_ONLY_FBP */
};

struct ozon_product {
    char *offer_id;
    char *name;
    char *barcode;
    int64_t product_id;
    int64_t sku;
    int64_t created_ms;
    enum ozon_archive archive;
    unsigned flags;
};

enum ozon_kind { OZON_FBS, OZON_RFBS, OZON_FBO, OZON_FBP };

struct ozon_warehouse_spec {
    int64_t id;
    const char *name; /* NULL: made of the id */
    enum ozon_kind kind;
    bool kgt;
    bool third_party;
};

/* Adds a product; ids of 0 and a NULL barcode or name are made up. NULL where the offer is taken.
 */
struct ozon_product *ozon_product_add(struct ozon_seller *seller, const char *offer_id,
                                      int64_t product_id, int64_t sku, const char *barcode);
/* "<prefix>000001" and on, `count` of them beginning with `first`. */
void ozon_products_fill(struct ozon_seller *seller, const char *prefix, size_t first, size_t count);
struct ozon_product *ozon_product_find(struct ozon_seller *seller, const char *offer_id);
size_t ozon_product_count(const struct ozon_seller *seller);

bool ozon_warehouse_add(struct ozon_seller *seller, const struct ozon_warehouse_spec *spec);
/* created (the active one), disabled, blocked, disabled_due_to_limit, new, error */
bool ozon_warehouse_status(struct ozon_seller *seller, int64_t warehouse_id, const char *status);
bool ozon_warehouse_remove(struct ozon_seller *seller, int64_t warehouse_id);

/* Stock ------------------------------------------------------------------------------------- */

/* What a buyer can take, and what buyers have taken but is still there. False: no such pair. */
bool ozon_stock_get(struct ozon_seller *seller, const char *offer_id, int64_t warehouse_id,
                    int64_t *free_stock, int64_t *reserved);
/* Sets the free stock, past every rule and quota. */
bool ozon_stock_set(struct ozon_seller *seller, const char *offer_id, int64_t warehouse_id,
                    int64_t free_stock, int64_t now_ms);
/* The same as done by somebody else through the API: the pair's 30 s begin anew. */
bool ozon_stock_foreign(struct ozon_seller *seller, const char *offer_id, int64_t warehouse_id,
                        int64_t free_stock, int64_t now_ms);

/* The journal of pairs that came in by POST /v2/products/stocks, a bounded ring. */
#define OZON_WRITES 65536
struct ozon_write {
    uint64_t seq; /* from 1 */
    uint64_t request;
    int64_t now_ms;
    int64_t received_ns;
    int64_t warehouse_id;
    int64_t stock;
    const char *offer_id; /* "" for an unknown product */
    const char *code;     /* "" where it was accepted */
};
uint64_t ozon_write_count(const struct ozon *ozon);
/* By its number; NULL where the ring has dropped it. */
const struct ozon_write *ozon_write_get(const struct ozon *ozon, uint64_t seq);

/* Orders ------------------------------------------------------------------------------------ */

struct ozon_order_line {
    const char *offer_id;
    int32_t quantity;
};

struct ozon_order_spec {
    int64_t warehouse_id;
    const struct ozon_order_line *lines;
    size_t line_count;
    bool oversell;            /* take pieces that are not there: free stock stops at 0 */
    int64_t visible_after_ms; /* the posting shows up in reads only this much later */
    int64_t placed_ms;        /* 0: now */
};

enum ozon_posting_step { OZON_PACK, OZON_SHIP, OZON_DELIVER, OZON_CANCEL, OZON_RETURN };

/* Writes the posting's number; false where the pieces, a product or the warehouse are missing. */
bool ozon_order_place(struct ozon *ozon, struct ozon_seller *seller,
                      const struct ozon_order_spec *spec, int64_t now_ms, char *number,
                      size_t size);
/* False where the posting is unknown or its status does not allow the step. */
bool ozon_order_step(struct ozon *ozon, struct ozon_seller *seller, const char *number,
                     enum ozon_posting_step step, int64_t now_ms);
/* Makes two postings, -2 and -3, of one that is not packed yet: the first line (or, of a single
 * line, the first piece) and the rest. The parent goes away, or stays as
 * cancelled_from_split_pending where `keep_parent` is set. Stock does not move. */
bool ozon_order_split(struct ozon *ozon, struct ozon_seller *seller, const char *number,
                      bool keep_parent, int64_t now_ms);
size_t ozon_order_count(const struct ozon_seller *seller);

#endif
