/* The inside of the Ozon model, shared by the ozon_*.c files only. */
#ifndef MARKETSIM_OZON_STATE_H
#define MARKETSIM_OZON_STATE_H

#include "marketsim/market_body.h"
#include "marketsim/market_kept.h"
#include "marketsim/market_map.h"
#include "marketsim/market_shape.h"
#include "marketsim/market_window.h"
#include "marketsim/ozon/ozon.h"

#define OZON_NEVER_MS (INT64_MIN / 4)

struct ozon_role {
    char *name;
    char **methods;
    size_t method_count;
};

struct ozon_key {
    char *text;
    enum ozon_key_state state;
    int64_t expires_ms; /* INT64_MAX: never */
    struct ozon_role *roles;
    size_t role_count;
};

struct ozon_pair {
    int64_t free;
    int64_t reserved;
    int64_t written_ms; /* of the last accepted API write: the cadence counts from it */
    int64_t updated_ms;
    int64_t shown_free; /* what reads show until lag_until_ms */
    int64_t lag_until_ms;
    bool exists;
};

struct ozon_warehouse {
    int64_t id;
    char *name;
    char status[24];
    enum ozon_kind kind;
    bool kgt;
    bool third_party;
    bool removed;
    int64_t created_ms;
    struct ozon_pair *pairs; /* by product index, as long as it had to be */
    size_t pair_count;
};

enum ozon_status {
    STATUS_AWAITING_PACKAGING,
    STATUS_AWAITING_DELIVER,
    STATUS_DELIVERING,
    STATUS_DELIVERED,
    STATUS_CANCELLED,
    STATUS_NOT_ACCEPTED,
    STATUS_SPLIT, /* cancelled_from_split_pending */
    STATUS_GONE,  /* the parent of a split: in no read */
};

struct ozon_line {
    size_t product;
    int32_t quantity;
    int32_t reserved; /* pieces of it that lie in the pair's reserve */
};

struct ozon_posting {
    int64_t id; /* rises with every posting made; with placed_ms the order of the lists */
    char number[40];
    char order_number[32];
    char parent[40];
    int64_t order_id;
    size_t warehouse;
    enum ozon_status status;
    bool after_ship; /* cancelled after it had left */
    bool returned;   /* its pieces are on their way back to the seller */
    int64_t placed_ms;
    int64_t changed_ms;
    int64_t left_ms; /* handed over; 0: not yet */
    int64_t visible_ms;
    struct ozon_line *lines;
    size_t line_count;
    struct market_kept look; /* in lists */
};

struct ozon_seller {
    char client_id[24];
    char *name;
    char currency[4];
    bool signed_up;
    struct ozon_key *keys;
    size_t key_count;
    struct ozon_product *products;
    size_t product_count, product_room;
    struct market_map by_offer, by_id, by_sku;
    struct ozon_warehouse *warehouses;
    size_t warehouse_count;
    struct ozon_posting *postings; /* by (placed_ms, order of placing) */
    size_t posting_count, posting_room;
    int64_t postings_made;
    int64_t orders_placed;
    struct market_window second, stock_minute;
};

/* A write whose answer was lost and that lands later. */
struct ozon_late {
    struct ozon_seller *seller;
    size_t warehouse, product;
    int64_t stock;
    int64_t due_ms;
};

struct ozon {
    struct ozon_settings settings;
    struct ozon_seller **sellers;
    size_t seller_count;
    struct market_trace trace;
    struct market_faults faults;
    uint64_t random;
    struct ozon_late *late;
    size_t late_count;
    struct market_body last;
    struct ozon_write *writes;
    uint64_t write_count;
};

/* One request on its way through the model. */
struct ozon_call {
    struct ozon *ozon;
    struct ozon_seller *seller;
    const struct ozon_key *key;
    const struct market_request *request;
    struct market_answer *answer;
    const json_t *body; /* an object that fits the route's shape; NULL where it takes none */
    const struct market_effect *effect;
    int64_t now_ms;
};

/* One pair of a stock write, as sent. */
struct ozon_stock_row {
    const char *offer_id; /* "" where it was not sent */
    int64_t product_id;   /* 0 where it was not sent */
    int64_t warehouse_id;
    int64_t stock;
};

struct ozon_route {
    const char *path;
    const char *title;                      /* of the request message, for validation errors */
    const struct market_shape *fields;      /* NULL: takes no body */
    void (*handle)(struct ozon_call *call); /* NULL: the method was switched off */
    bool stock_write;                       /* counts on the quota of its own */
    bool open;                              /* needs no role */
};

extern const struct market_shape ozon_stocks_fields[], ozon_warehouse_fields[], ozon_list_fields[],
    ozon_info_fields[], ozon_v4_stocks_fields[], ozon_fbs_stocks_fields[], ozon_dump_fields[],
    ozon_fbo_stocks_fields[], ozon_postings_fields[], ozon_unfulfilled_fields[],
    ozon_posting_fields[];
extern const char *const ozon_visibilities[];

void ozon_stocks_write(struct ozon_call *call);
/* Carries out a request of the plainest form from its bytes; false: nothing was done. */
bool ozon_stocks_write_plain(struct ozon_call *call);
bool ozon_stocks_scan(const char *body, size_t len, char *texts,
                      struct ozon_stock_row rows[OZON_STOCK_PAIRS], size_t *count);
void ozon_warehouse_list(struct ozon_call *call);
void ozon_product_list(struct ozon_call *call);
void ozon_product_info(struct ozon_call *call);
void ozon_stocks_v4(struct ozon_call *call);
void ozon_stocks_fbs(struct ozon_call *call);
void ozon_stocks_fbo(struct ozon_call *call);
void ozon_stocks_dump(struct ozon_call *call);
void ozon_posting_list(struct ozon_call *call);
void ozon_posting_unfulfilled(struct ozon_call *call);
void ozon_posting_get(struct ozon_call *call);
void ozon_roles(struct ozon_call *call);
void ozon_seller_info(struct ozon_call *call);

/* Routes, in ozon_routes.c; NULL: no such path. */
const struct ozon_route *ozon_route_find(const char *path);
const struct ozon_route *ozon_route_at(size_t i); /* NULL past the last */

/* Access, in ozon_access.c: false after having answered. */
bool ozon_access_check(struct ozon_call *call, const struct ozon_route *route);
void ozon_key_free(struct ozon_key *key);
struct ozon_key *ozon_key_find(struct ozon_seller *seller, const char *text);
void ozon_key_role_add(struct ozon_key *key, const char *name, const char *const *methods);
void ozon_key_roles_clear(struct ozon_key *key);

/* Quotas, in ozon_quota.c: false after having answered 429. */
bool ozon_quota_take(struct ozon_call *call, const struct ozon_route *route);
void ozon_quota_reset(const struct ozon *ozon, struct ozon_seller *seller);
int64_t ozon_scaled(const struct ozon *ozon, int64_t ms);

/* Errors, in ozon.c. */
void ozon_error(struct ozon_call *call, int status, int code, const char *message);
void ozon_violation(struct ozon_call *call, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Stock, in ozon_stock.c. A pair that was never touched has no memory: get gives NULL. */
struct ozon_pair *ozon_pair_get(const struct ozon_warehouse *warehouse, size_t product);
struct ozon_pair *ozon_pair_make(struct ozon_warehouse *warehouse, size_t product);
int64_t ozon_pair_shown(const struct ozon_pair *pair, int64_t now_ms);
bool ozon_pair_listed(const struct ozon *ozon, const struct ozon_pair *pair, int64_t now_ms);
void ozon_pair_write(const struct ozon *ozon, struct ozon_pair *pair, int64_t stock,
                     int64_t now_ms);
void ozon_late_apply(struct ozon *ozon, int64_t now_ms);
size_t ozon_warehouse_find(const struct ozon_seller *seller, int64_t id); /* or MARKET_MAP_NONE */
bool ozon_kind_own(enum ozon_kind kind);                                  /* FBS or rFBS */
bool ozon_product_in_stock(const struct ozon_seller *seller, size_t product, bool own);

/* Names, in ozon_names.c. */
const char *ozon_kind_name(enum ozon_kind kind);
bool ozon_kind_parse(const char *text, enum ozon_kind *kind);
const char *ozon_status_name(enum ozon_status status);
const char *ozon_substatus_name(enum ozon_status status);
const char *ozon_archive_name(enum ozon_archive archive);
bool ozon_archive_parse(const char *text, enum ozon_archive *archive);
extern const struct ozon_flag_name {
    const char *name;
    unsigned flag;
} ozon_flag_names[]; /* ends with NULL */

/* Reading a checked body. */
int64_t ozon_body_int(const json_t *object, const char *name, int64_t otherwise);
const char *ozon_body_text(const json_t *object, const char *name); /* "" where absent */
/* Opaque page marks: two numbers in a text. False after having answered 400. */
bool ozon_cursor_read(struct ozon_call *call, const char *text, int64_t *a, int64_t *b);
void ozon_cursor_write(struct market_answer *answer, int64_t a, int64_t b);

void ozon_postings_free(struct ozon_seller *seller);
/* Something that postings show has changed: reads write all of them anew. */
void ozon_postings_forget(struct ozon_seller *seller);

#endif
