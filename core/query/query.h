/* Reading: what the engine knows, for the API and for people. Every function works inside one read
 * transaction of the caller's, on any thread, beside the engine and without it.
 *
 * A query_open loads the small tables (directory.h) of that transaction; query_close frees them.
 * Between the two any number of questions may be asked; all answers are of the same moment.
 *
 * Rows are given one by one to a callback. What a row points to lives until the transaction ends.
 * The callback returns false to stop.
 *
 * PAGES. A list takes a place to go on from and gives one back; a place is opaque bytes (at most
 * QUERY_PLACE_MAX) that stay valid across transactions and restarts. A page ends after `limit` rows
 * given or QUERY_SCAN_MAX rows looked at, whichever is first: with a filter that few rows pass, a
 * page may be short or empty although there is more.
 *
 * ERRORS. ST_NOT_FOUND names what does not exist; ST_INVALID a place that is none; ST_DAMAGED and
 * others are the store's. */
#ifndef STOCKD_QUERY_QUERY_H
#define STOCKD_QUERY_QUERY_H

#include "engine/directory.h"
#include "engine/record.h"
#include "engine/record_order.h"
#include "engine/reserve.h"
#include "store/store.h"

enum {
    QUERY_PAGE_DEFAULT = 100,
    QUERY_PAGE_MAX = 1000,
    QUERY_SCAN_MAX = 50000,   /* rows looked at for one page: some 50 ms */
    QUERY_COUNT_MAX = 100000, /* rows counted one by one; above that a count says "at least" */
    QUERY_PLACE_MAX = KEY_MAX + 1,
};

struct query {
    struct store_txn *txn;
    struct directory *directory;
    struct error *error; /* where sentences go; may be NULL */
    /* What the store does not know: accounts that are switched off by configuration. Set after
     * query_open; NULL: none are. Gives the sentence, or NULL. */
    const char *(*off)(void *ctx, uint32_t account);
    void *off_ctx;
};
enum status query_open(struct query *query, struct store_txn *txn, struct error *error);
void query_close(struct query *query);

struct query_page {
    struct bytes from; /* size 0: the beginning */
    uint32_t limit;    /* 0: QUERY_PAGE_DEFAULT; more than QUERY_PAGE_MAX is that */
    /* Given back: */
    uint8_t next[QUERY_PLACE_MAX];
    size_t next_size; /* 0: that was all */
};

/* A count that stopped at QUERY_COUNT_MAX rows is not `whole`: there are at least that many. */
struct query_count {
    uint64_t count;
    bool whole;
};

/* ---- stock (stock.c) */

struct query_stock {
    const struct directory_warehouse *warehouse;
    bool counted; /* otherwise no figure was ever given: not 0 */
    struct stock_record stock;
    int64_t available; /* on hand - reserved; below 0: a shortfall */
};
struct query_stock_total {
    uint64_t product;
    uint32_t counted, uncounted; /* warehouses */
    int64_t on_hand, reserved;   /* of those counted */
};
/* Every warehouse, also those where the product was never counted. `total` may be NULL. */
enum status query_stock(struct query *query, struct bytes sku, struct query_stock_total *total,
                        bool (*row)(void *ctx, const struct query_stock *stock), void *ctx);

struct query_ledger {
    const struct directory_warehouse *warehouse; /* NULL: one that is missing */
    uint64_t sequence;
    struct ledger_record entry;
    /* The command that caused it; kind 0 when it is no longer in the log. */
    uint32_t command_kind;
    uint64_t group;
    struct bytes actor;
};
/* What happened to a product, newest first; `warehouse` (its key) may have size 0: all of them. */
enum status query_ledger(struct query *query, struct bytes sku, struct bytes warehouse,
                         struct query_page *page,
                         bool (*row)(void *ctx, const struct query_ledger *entry), void *ctx);

/* How many products were ever counted in each warehouse, in the order of
 * directory->warehouses. `counts` has room for all of them. Looks at QUERY_COUNT_MAX rows. */
enum status query_counted(struct query *query, struct query_count *counts);

/* ---- products (product.c) */

struct query_product {
    uint64_t number;
    struct product_view product;
};
enum status query_product(struct query *query, struct bytes sku, struct query_product *product);
enum status query_product_by_number(struct query *query, uint64_t number,
                                    struct query_product *product);
/* By SKU; `prefix` of size 0: all. */
enum status query_products(struct query *query, struct bytes prefix, struct query_page *page,
                           bool (*row)(void *ctx, const struct query_product *product), void *ctx);
/* Those with exactly this barcode. */
enum status query_products_by_barcode(struct query *query, struct bytes barcode,
                                      struct query_page *page,
                                      bool (*row)(void *ctx, const struct query_product *product),
                                      void *ctx);

/* The SKU of a product; size 0 when it is missing. */
struct bytes query_sku(struct query *query, uint64_t product);
/* ST_NOT_FOUND without a sentence when it is missing. */
enum status query_load_listing(struct query *query, uint32_t account, uint64_t listing,
                               struct listing_view *view);

/* ---- links and remote warehouses (place.c) */

struct query_link {
    const struct directory_link *link;
    const struct directory_warehouse *warehouse;
    const struct directory_account *account;
    const struct directory_remote *remote;
};
/* `account` and `warehouse` (names) of size 0: any. In the order of account, remote, order. */
enum status query_links(struct query *query, struct bytes account, struct bytes warehouse,
                        bool (*row)(void *ctx, const struct query_link *link), void *ctx);

enum remote_state {
    REMOTE_OPEN,        /* written to when it is linked */
    REMOTE_UNSEEN,      /* linked, but not seen at the marketplace yet */
    REMOTE_GONE,        /* the marketplace no longer lists it */
    REMOTE_BLOCKED,     /* it may not be written to; `why` says more */
    REMOTE_MARKETPLACE, /* the marketplace's own stock: shown, never written */
};
const char *remote_state_name(enum remote_state state);

struct query_remote {
    const struct directory_remote *remote;
    const struct directory_link *links; /* remote->link_count of them */
    enum remote_state state;
    bool processing; /* a change of its links or state has not reached all its targets yet */
};
enum status query_remotes(struct query *query, struct bytes account,
                          bool (*row)(void *ctx, const struct query_remote *remote), void *ctx);

/* ---- accounts (account.c) */

struct query_account {
    uint32_t number;
    struct account_view account;
    const char *state; /* "parked", "paused", "starting", "active": the first that applies */
};
enum status query_account(struct query *query, struct bytes name, struct query_account *account);
enum status query_accounts(struct query *query,
                           bool (*row)(void *ctx, const struct query_account *account), void *ctx);

/* Listings of the account that mapping will not guess; lines of orders that are quarantined. */
enum status query_conflict_count(struct query *query, uint32_t account, struct query_count *count);
enum status query_quarantined_count(struct query *query, uint32_t account,
                                    struct query_count *count);
enum status query_listing_count(struct query *query, uint32_t account, struct query_count *count);

/* ---- listings (listing.c) */

enum query_mapped { MAPPED_ANY, MAPPED_YES, MAPPED_NO };

struct query_listing {
    const struct directory_account *account;
    uint64_t number;
    struct listing_view listing;
    struct bytes sku;      /* of its product; size 0: none */
    bool outdated;         /* not seen since the catalogue changed */
    const char *mapped_by; /* "sku", "barcode", "hand"; NULL: not mapped */
};
struct query_listings {
    struct bytes account; /* size 0: any */
    struct bytes sku;     /* of the product; size 0: any */
    struct bytes code;    /* the marketplace's word for the state; size 0: any */
    struct bytes text;    /* contained in title, code, text or group, in any case; size 0: any */
    int state;            /* enum listing_state; -1: any */
    enum query_mapped mapped;
    bool conflict; /* only those with a conflict */
};
enum status query_listing(struct query *query, struct bytes account, struct bytes id,
                          struct query_listing *listing);
enum status query_listings(struct query *query, const struct query_listings *filter,
                           struct query_page *page,
                           bool (*row)(void *ctx, const struct query_listing *listing), void *ctx);

struct query_conflict {
    struct query_listing listing;
    struct bytes code;  /* "barcode-on-two-products", "keys-name-two-products",
                           "product-has-a-listing" */
    struct bytes value; /* the SKU or barcode in question */
    int64_t since_ms;
};
enum status query_conflicts(struct query *query, struct bytes account, struct query_page *page,
                            bool (*row)(void *ctx, const struct query_conflict *conflict),
                            void *ctx);
/* The other sides of a conflict: products with its SKU or barcode, at most `max`. */
enum status query_conflict_products(struct query *query, const struct query_conflict *conflict,
                                    struct query_product *products, uint32_t max, uint32_t *count);

struct query_observed {
    const struct directory_remote *remote;
    struct bytes type; /* "fbs" ... */
    struct observed_record observed;
};
/* What was read of one listing, by remote warehouse and type. */
enum status query_observed(struct query *query, uint32_t account, uint64_t listing,
                           bool (*row)(void *ctx, const struct query_observed *observed),
                           void *ctx);

/* ---- targets (target.c) */

enum target_state { /* the first that applies */
                    STATE_OFF,
                    STATE_PARKED,
                    STATE_HELD,
                    STATE_UNRESOLVED,
                    STATE_IN_FLIGHT,
                    STATE_REJECTED,
                    STATE_DIRTY,
                    STATE_SYNCED,
                    STATE_COUNT,
};
const char *target_state_name(enum target_state state);
int target_state_parse(const char *name); /* -1: none of that name */
const char *zero_reason_name(enum zero_reason reason);

struct query_target {
    struct target_id id;
    const struct directory_account *account;
    const struct directory_remote *remote;
    struct bytes sku, listing; /* size 0: missing */
    struct target_record record;
    struct bytes note, code, text;
    enum target_state state;
    const char *why; /* a sentence for OFF, PARKED, HELD, UNRESOLVED and DIRTY; else NULL. Static */
};
/* Of one that is DIRTY: its last write came to nothing, and it is to go again. */
bool query_target_failed(const struct query_target *target);
/* ... because the marketplace asks to be left alone until then, whatever figure is wanted. */
bool query_target_is_put_off(const struct query_target *target);
struct query_targets {
    struct bytes account, sku; /* size 0: any */
    int state;                 /* enum target_state; -1: any */
    bool (*wants)(const void *ctx,
                  const struct query_target *target); /* NULL: all; without names */
    const void *wants_ctx;
};
/* By product; with a state of DIRTY or UNRESOLVED and an account, by due time: then only those are
 * read, however many targets there are. */
enum status query_targets(struct query *query, const struct query_targets *filter,
                          struct query_page *page,
                          bool (*row)(void *ctx, const struct query_target *target), void *ctx);

/* One target; ST_NOT_FOUND without a sentence. `memory` holds what it points to besides rows. */
struct query_target_memory {
    char tail[TARGET_TAIL_MAX];
};
enum status query_target(struct query *query, const struct target_id *id,
                         struct query_target_memory *memory, struct query_target *target);

struct query_target_counts {
    uint64_t by_state[STATE_COUNT];
    bool whole; /* all targets were looked at (QUERY_COUNT_MAX) */
};
/* `account` 0: of all. */
enum status query_target_counts(struct query *query, uint32_t account,
                                struct query_target_counts *counts);

/* ---- orders (order.c) */

struct query_order_part {
    struct bytes sku;                            /* size 0: the product is missing */
    const struct directory_warehouse *warehouse; /* NULL: missing */
    int64_t reserved, shipped;
};
struct query_order {
    const struct directory_account *account; /* NULL: missing */
    struct bytes line;                       /* its key */
    struct order_view order;
    struct query_order_part parts[ORDER_PARTS_MAX];
};
struct query_orders {
    struct bytes account, order_id, sku; /* size 0: any; an order id needs the account */
    int state;                           /* enum order_state; -1: any */
    bool held, open, oversell;           /* only such lines */
};
enum status query_orders(struct query *query, const struct query_orders *filter,
                         struct query_page *page,
                         bool (*row)(void *ctx, const struct query_order *order), void *ctx);
/* ST_NOT_FOUND with a sentence. */
enum status query_order(struct query *query, struct bytes account, struct bytes line,
                        struct query_order *order);

struct query_reservation {
    uint64_t number;
    struct bytes sku;
    const struct directory_warehouse *warehouse; /* NULL: missing */
    struct reservation_view reservation;
};
enum status query_reservations(struct query *query, struct query_page *page,
                               bool (*row)(void *ctx, const struct query_reservation *row),
                               void *ctx);

#endif
