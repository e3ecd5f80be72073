/* Wildberries as a pure function, and what tests can do to it through C calls. The same can be done
 * through wb_model.control() (see README.md); endpoints are in the wb_*.c files beside this header.
 *
 * All hosts of the marketplace are one state: /ping, /content/v2/... and so on as they are, or
 * behind a prefix that names the host: /common, /content, /marketplace, /statistics, /analytics,
 * /advert, /prices. A state has sellers (one per oid, each with its own data and quotas); a seller
 * has tokens, cards with sizes, warehouses, pairs (size, warehouse) with stock, and orders. What
 * tests call an "offer" is one size: the card's vendorCode, followed by "/" and the techSize where
 * the card has several. Texts are copied. Pointers to sellers and tokens stay good for the life of
 * the state; those to cards, sizes, warehouses until the next one is added. Times are milliseconds
 * since 1970. */
#ifndef MARKETSIM_WB_H
#define MARKETSIM_WB_H

#include "marketsim/market.h"
#include "marketsim/market_bucket.h"
#include "marketsim/market_fault.h"
#include "marketsim/market_trace.h"

#define WB_DEFAULT_OID 1001

/* Limits of the official documents of August 2026. */
#define WB_STOCK_ITEMS   1000 /* of one stocks request */
#define WB_STOCK_MAX     100000
#define WB_CARDS_PAGE    100
#define WB_ORDERS_PAGE   1000
#define WB_PENALTY       10 /* requests that one answered 4XX counts as */
#define WB_PING_REQUESTS 3  /* of one host in WB_PING_MS */
#define WB_PING_MS       30000

struct wb;
struct wb_seller;

extern const struct market_model wb_model; /* its state is a struct wb */

/* Groups of methods that share a bucket. */
enum wb_group {
    WB_STOCKS, /* PUT and POST */
    WB_STOCKS_DELETE,
    WB_WAREHOUSES,
    WB_ORDERS,
    WB_CONTENT,
    WB_REPORTS,         /* stocks-report/wb-warehouses */
    WB_REPORTS_SELLERS, /* stocks-report/seller-warehouses */
    WB_SELLER_INFO,
    WB_PING, /* no bucket: a window per host */
    WB_GROUPS,
};

enum wb_penalty { WB_PENALTY_4XX, WB_PENALTY_409, WB_PENALTY_NONE };
/* How the answer of a 409 names its items. */
enum wb_naming {
    WB_NAME_CHRT, /* {"sku":"","chrtId":N,"amount":N} */
    WB_NAME_SKU,  /* {"sku":"46...","chrtId":0,"amount":0} */
    WB_NAME_DOC,  /* {"sku":"46...","amount":N}, as in the document's examples */
    WB_NAME_NONE, /* no data */
};
enum wb_next { WB_NEXT_ZERO, WB_NEXT_NULL, WB_NEXT_REPEAT };
/* How a token that lacks a category, or may only read, is refused. */
enum wb_refusal {
    WB_REFUSE_PROBLEM, /* 401 for the category, 403 for a write, both problem+json */
    WB_REFUSE_DENIED,  /* 403 {"code":"AccessDenied"} */
    WB_REFUSE_PATH,    /* 404 "path not found" */
};

/* What a 429 looks like: all three were seen. */
enum wb_limited {
    WB_LIMITED_PROBLEM, /* problem+json */
    WB_LIMITED_TINY,    /* {"error":"too many"} */
    WB_LIMITED_EMPTY,
};

struct wb_settings {
    double scale; /* the marketplace's intervals last 1/scale of their time; default 1 */
    bool quotas;  /* default; false: no limits are kept, /ping's apart */
    struct market_bucket_limit limits[WB_GROUPS];
    int64_t penalty; /* WB_PENALTY */
    enum wb_penalty penalty_on;
    bool penalty_429; /* a 429 counts as a 4XX */
    bool left_hidden; /* X-Ratelimit-Remaining comes with good answers alone */
    enum wb_limited body_429;
    bool retry_header;  /* default: X-Ratelimit-Retry comes with a 429 */
    bool limit_headers; /* X-Ratelimit-Limit and -Reset come with every answer */
    int64_t clock_offset_ms;
    int64_t read_lag_ms; /* reads of stock show a write only this much later */
    bool names_checked;  /* wrong names are a 400 and no 204 without effect */
    bool sku_accepted;   /* barcodes still go for chrtId in stocks */
    bool zero_rows;      /* reads of stock list what is 0 */
    bool partial_409;    /* the good items of a 409 are applied */
    enum wb_naming naming;
    bool first_code_only;  /* a 409 tells one code, though items failed for several */
    double short_pages;    /* share of card pages that are cut short */
    bool old_photo_filter; /* withPhoto 0, the default, means cards without photo, as before 16
                              June 2026 */
    bool cursor_echo;      /* the empty page repeats the cursor; else it has total alone */
    enum wb_next next_end; /* `next` of orders after the last row */
    bool null_wb_status;
    bool sale_price;       /* default */
    bool date_to_week;     /* with dateTo a period over a week is a 400, as once measured */
    bool cancel_restores;  /* what the seller cancels before it left goes back; default */
    bool decline_restores; /* what the buyer declines goes back too */
    bool hide_fbw; /* default: Wildberries' own warehouses are one, -999999, since 15 Aug 2026 */
    enum wb_refusal refusal;
};

struct wb *wb_create(uint64_t seed);
void wb_destroy(struct wb *wb);
void wb_handle(struct wb *wb, const struct market_request *request, int64_t now_ms,
               struct market_answer *answer);
struct wb_settings wb_settings_get(const struct wb *wb);
void wb_settings_set(struct wb *wb, const struct wb_settings *settings);
/* Reads write every order anew and not as it is kept: something that they show was changed past the
 * functions below, or somebody wants to see that it makes no difference. */
void wb_forget(struct wb *wb);
struct market_faults *wb_faults(struct wb *wb);
struct market_trace *wb_trace(struct wb *wb);

/* Sellers and tokens ------------------------------------------------------------------------ */

/* Bits of the claim "s". */
#define WB_CAN_CONTENT     (1u << 1)
#define WB_CAN_ANALYTICS   (1u << 2)
#define WB_CAN_PRICES      (1u << 3)
#define WB_CAN_MARKETPLACE (1u << 4)
#define WB_CAN_STATISTICS  (1u << 5)
#define WB_CAN_ADVERT      (1u << 6)
#define WB_READ_ONLY       (1u << 30)
#define WB_CAN_ALL         16126u /* the categories of a token seen in the wild */

struct wb_token_spec {
    unsigned s;
    int64_t expires_ms;
    bool sandbox;     /* claim "t" */
    const char *text; /* NULL: a JWT is made of the claims */
};

struct wb_token {
    char *text;
    unsigned s;
    int64_t expires_ms;
    bool sandbox;
    bool revoked;
};

/* Adds a seller, or finds the one that is there. It has one token for everything. */
struct wb_seller *wb_seller_add(struct wb *wb, int64_t oid);
struct wb_seller *wb_seller_find(struct wb *wb, int64_t oid); /* 0: the first */
/* While banned, writes of stock are 406 StatusNotAcceptable. */
void wb_seller_ban(struct wb_seller *seller, bool banned);
const struct wb_token *wb_token_add(struct wb *wb, struct wb_seller *seller,
                                    const struct wb_token_spec *spec);
/* The newest token of the seller. */
struct wb_token *wb_token_last(struct wb_seller *seller);

/* Cards and warehouses ---------------------------------------------------------------------- */

#define WB_DELIVERY_FBS  1
#define WB_DELIVERY_DBS  2
#define WB_DELIVERY_DBW  3
#define WB_DELIVERY_CC   5
#define WB_DELIVERY_EDBS 6

enum wb_cargo { WB_MGT = 1, WB_SGT, WB_KGT, WB_SGT_OR_KGT };

struct wb_card {
    char *vendor_code;
    char *title;
    int64_t nm_id;
    int64_t imt_id;
    int64_t created_ms;
    int64_t updated_ms;
    int64_t trashed_ms; /* 0: not in the trash */
    enum wb_cargo cargo;
    unsigned deliveries; /* bits 1 << WB_DELIVERY_...; 0: all */
    bool no_photo;
    bool wholesale; /* ProductPropertyConflict, naming no item */
    size_t first_size, size_count;
};

struct wb_size {
    char *offer;
    char *tech_size;
    char *barcodes; /* joined by ',' */
    int64_t chrt_id;
    size_t card;
};

struct wb_size_spec {
    const char *tech_size;
    const char *barcodes; /* NULL: made up */
    int64_t chrt_id;      /* 0: made up */
};

struct wb_warehouse_spec {
    int64_t id;
    const char *name; /* NULL: made of the id */
    int delivery;     /* 0: FBS */
    int cargo;        /* 0: MGT */
    bool fbw;         /* Wildberries' own: in the reports only */
};

/* Adds a card with its sizes (0: a single one without a name). nm_id 0 is made up. False where the
 * vendor code or an id is taken. */
bool wb_card_add(struct wb_seller *seller, const char *vendor_code, int64_t nm_id,
                 const struct wb_size_spec *sizes, size_t count);
/* "<prefix>000001" and on, `count` of them beginning with `first`, one size each. */
void wb_cards_fill(struct wb_seller *seller, const char *prefix, size_t first, size_t count);
struct wb_card *wb_card_find(struct wb_seller *seller, const char *vendor_code);
struct wb_size *wb_size_find(struct wb_seller *seller, const char *offer);
/* updatedAt becomes now: the card moves to the end of the list. To be called after every change. */
void wb_card_touch(struct wb_seller *seller, struct wb_card *card, int64_t now_ms);
void wb_card_trash(struct wb_seller *seller, struct wb_card *card, bool trashed, int64_t now_ms);

struct wb_warehouse;
bool wb_warehouse_add(struct wb_seller *seller, const struct wb_warehouse_spec *spec);
enum wb_warehouse_flag {
    WB_PROCESSING = 1, /* isProcessing: 409 StoreIsProcessing */
    WB_DELETING = 2,
    WB_BLOCKED = 4, /* 406 WarehouseStocksUpdateBlock */
    WB_REMOVED = 8, /* in no list; 404 */
};
bool wb_warehouse_flag(struct wb_seller *seller, int64_t warehouse_id, enum wb_warehouse_flag flag,
                       bool on);

/* Stock ------------------------------------------------------------------------------------- */

/* What a buyer can take, and pieces of orders that have not left. False: no such pair. */
bool wb_stock_get(struct wb_seller *seller, const char *offer, int64_t warehouse_id,
                  int64_t *free_stock, int64_t *reserved);
/* Sets the free stock, past every rule and quota. */
bool wb_stock_set(struct wb_seller *seller, const char *offer, int64_t warehouse_id,
                  int64_t free_stock);

/* The journal of items that came in by PUT stocks, a bounded ring. */
#define WB_WRITES 65536
struct wb_write {
    uint64_t seq; /* from 1 */
    uint64_t request;
    int64_t now_ms;
    int64_t received_ns;
    int64_t warehouse_id;
    int64_t chrt_id;
    int64_t stock;
    const char *offer; /* "" for an unknown size */
    const char *code;  /* "" where it was applied; "(batch)" where others of its batch failed,
                          "(names)" where its names were wrong */
};
uint64_t wb_write_count(const struct wb *wb);
/* By its number; NULL where the ring has dropped it. */
const struct wb_write *wb_write_get(const struct wb *wb, uint64_t seq);

/* Orders ------------------------------------------------------------------------------------ */

struct wb_order_spec {
    int64_t warehouse_id;
    const char *offer;
    bool oversell;            /* a piece that is not there: isZeroOrder */
    int64_t visible_after_ms; /* the order shows up in reads only this much later */
    int64_t placed_ms;        /* 0: now */
    const char *basket;       /* orderUid; NULL: made up */
};

enum wb_order_step {
    WB_CONFIRM,
    WB_COMPLETE, /* handed over */
    WB_SORT,
    WB_SELL,
    WB_CANCEL,        /* by the seller, before it left */
    WB_DECLINE,       /* by the buyer in the first hour, before it is confirmed */
    WB_CANCEL_CLIENT, /* by the buyer on receipt */
    WB_DEFECT,
    WB_CANCEL_CARRIER,
};

/* One unit. Gives its id; 0 where the piece, the size or the warehouse is missing. */
int64_t wb_order_place(struct wb *wb, struct wb_seller *seller, const struct wb_order_spec *spec,
                       int64_t now_ms);
/* False where the order is unknown or its status does not allow the step. */
bool wb_order_step(struct wb *wb, struct wb_seller *seller, int64_t id, enum wb_order_step step,
                   int64_t now_ms);
size_t wb_order_count(const struct wb_seller *seller);

#endif
