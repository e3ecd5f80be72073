/* The inside of the Wildberries model, shared by the wb_*.c files only. */
#ifndef MARKETSIM_WB_STATE_H
#define MARKETSIM_WB_STATE_H

#include "marketsim/market_kept.h"
#include "marketsim/market_map.h"
#include "marketsim/market_shape.h"
#include "marketsim/market_window.h"
#include "marketsim/wb/wb.h"

#define WB_NEVER_MS (INT64_MIN / 4)

enum wb_host {
    WB_HOST_COMMON,
    WB_HOST_CONTENT,
    WB_HOST_MARKETPLACE,
    WB_HOST_STATISTICS,
    WB_HOST_ANALYTICS,
    WB_HOST_ADVERT,
    WB_HOST_PRICES,
    WB_HOSTS,
};

struct wb_pair {
    int64_t free;
    int64_t reserved;
    int64_t shown_free; /* what reads show until lag_until_ms */
    int64_t lag_until_ms;
    bool exists;
};

struct wb_warehouse {
    int64_t id;
    char *name;
    int delivery;
    int cargo;
    bool fbw;
    unsigned flags;        /* enum wb_warehouse_flag */
    struct wb_pair *pairs; /* by size index, as long as it had to be */
    size_t pair_count;
};

/* The reads that show an order, each in its own way. */
enum wb_read {
    WB_READ_NEW,
    WB_READ_LIST,
    WB_READ_STATUS,
    WB_READS,
};

struct wb_order {
    int64_t id; /* rises with every order made */
    size_t size, warehouse;
    char basket[48];
    const char *supplier_status;
    const char *wb_status;
    int64_t placed_ms, changed_ms, visible_ms;
    bool zero;
    bool reserved; /* its piece lies in the pair's reserve */
    struct market_kept looks[WB_READS];
};

struct wb_seller {
    int64_t oid;
    char account[24]; /* oid as text, for trace and faults */
    char sid[40];
    char *name;
    bool banned;
    struct wb_token **tokens;
    size_t token_count;
    struct wb_card *cards;
    size_t card_count, card_room;
    struct wb_size *sizes;
    size_t size_count, size_room;
    struct market_map by_code, by_offer, by_nm, by_chrt, by_barcode; /* cards; sizes */
    struct wb_listed {
        int64_t us, nm_id;
        size_t card;
    } * listed[2]; /* cards in the order of the list, and of the trash */
    size_t listed_count[2];
    bool stale; /* both are to be made anew */
    struct wb_warehouse *warehouses;
    size_t warehouse_count;
    struct wb_order *orders; /* by id */
    size_t order_count, order_room;
    struct market_bucket buckets[WB_GROUPS];
    struct market_window pings[WB_HOSTS];
};

/* A write whose answer was lost and that lands later. */
struct wb_late {
    struct wb_seller *seller;
    size_t warehouse, size;
    int64_t stock;
    int64_t due_ms;
};

struct wb {
    struct wb_settings settings;
    struct wb_seller **sellers;
    size_t seller_count;
    struct market_trace trace;
    struct market_faults faults;
    uint64_t random;
    struct wb_late *late;
    size_t late_count;
    struct wb_write *writes;
    uint64_t write_count;
    int64_t last_order;
};

struct wb_route;

/* One request on its way through the model. */
struct wb_call {
    struct wb *wb;
    struct wb_seller *seller; /* NULL until the token is known */
    const struct wb_token *token;
    const struct market_request *request; /* its path is bare */
    struct market_answer *answer;
    const struct wb_route *route;
    enum wb_host host;
    const char *argument; /* the rest of the path, where the route takes one */
    const json_t *body;   /* NULL where the route takes none */
    const struct market_effect *effect;
    bool charged; /* on its group's bucket */
    int64_t now_ms;
};

struct wb_route {
    const char *method;
    const char *path; /* one that ends with '/' takes an argument */
    enum wb_host host;
    enum wb_group group;
    bool write; /* not for read-only tokens */
    bool body;
    const struct market_shape *fields; /* NULL: the handler looks at the body itself */
    void (*handle)(struct wb_call *call);
};

void wb_ping(struct wb_call *call);
void wb_seller_info(struct wb_call *call);
void wb_cards_list(struct wb_call *call);
void wb_cards_trash(struct wb_call *call);
void wb_warehouse_list(struct wb_call *call);
void wb_stocks_put(struct wb_call *call);
void wb_stocks_post(struct wb_call *call);
void wb_stocks_delete(struct wb_call *call);
void wb_orders_new(struct wb_call *call);
void wb_orders_list(struct wb_call *call);
void wb_orders_status(struct wb_call *call);
void wb_report_own(struct wb_call *call);
void wb_report_sellers(struct wb_call *call);
extern const struct market_shape wb_cards_fields[], wb_trash_fields[], wb_status_fields[],
    wb_report_fields[];

/* Routes, in wb_routes.c. Gives the bare path, and the host that a prefix names (or WB_HOSTS). */
const char *wb_route_strip(const char *path, enum wb_host *host);
/* NULL: none; `known` tells whether another method has the path. */
const struct wb_route *wb_route_find(const char *method, const char *path, enum wb_host host,
                                     bool *known);
const char *wb_host_name(enum wb_host host);

/* Access, in wb_access.c: false after having answered. */
void wb_access_identify(struct wb_call *call);
bool wb_access_check(struct wb_call *call);
/* A JWT of the claims, in wb_token.c; the caller frees it. */
char *wb_token_make(const struct wb_seller *seller, const struct wb_token_spec *spec,
                    uint64_t number);

/* Quotas, in wb_quota.c. */
bool wb_quota_take(struct wb_call *call);   /* false after having answered 429 */
void wb_quota_settle(struct wb_call *call); /* once the status is known */
const char *wb_group_name(enum wb_group group);
void wb_quota_defaults(struct wb_settings *settings);

/* Errors, in wb.c. */
void wb_error(struct wb_call *call, int status, const char *code, const char *message);
void wb_problem(struct wb_call *call, int status, const char *title, const char *detail);
void wb_limited(struct wb_call *call); /* the 429, its headers apart */
void wb_violation(struct wb_call *call, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* 400, as a host says it, and a violation "shape". */
void wb_bad_request(struct wb_call *call, const char *code, const char *detail);

/* Orders, in wb_orders.c: cards or warehouses changed, or settings: reads write all of them anew.
 */
void wb_orders_forget(struct wb_seller *seller);
void wb_orders_free(struct wb_seller *seller);

/* Stock, in wb_stock.c. A pair that was never touched has no memory: get gives NULL. */
struct wb_pair *wb_pair_get(const struct wb_warehouse *warehouse, size_t size);
struct wb_pair *wb_pair_make(struct wb_warehouse *warehouse, size_t size);
int64_t wb_pair_shown(const struct wb_pair *pair, int64_t now_ms);
void wb_pair_write(const struct wb *wb, struct wb_pair *pair, int64_t stock, int64_t now_ms);
void wb_late_apply(struct wb *wb, int64_t now_ms);
size_t wb_warehouse_index(const struct wb_seller *seller, int64_t id); /* or MARKET_MAP_NONE */
/* The writable warehouse that the path names, or NULL after having answered. */
struct wb_warehouse *wb_stocks_warehouse(struct wb_call *call);

/* In wb_state.c. */
void wb_barcodes_write(struct market_answer *answer, const char *barcodes);
int64_t wb_body_int(const json_t *object, const char *name, int64_t otherwise);
const char *wb_body_text(const json_t *object, const char *name); /* "" where absent */
/* A shape takes ids as texts too; here they are numbers. False after having answered. */
bool wb_ids_check(struct wb_call *call, const char *name);
bool wb_lists_int(const json_t *list, int64_t value);

#endif
