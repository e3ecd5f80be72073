/* The inside of the Wix model, shared by the wix_*.c files only. */
#ifndef MARKETSIM_WIX_STATE_H
#define MARKETSIM_WIX_STATE_H

#include "marketsim/market_body.h"
#include "marketsim/market_kept.h"
#include "marketsim/market_map.h"
#include "marketsim/market_shape.h"
#include "marketsim/market_window.h"
#include "marketsim/wix/wix.h"

#define WIX_NEVER_MS   (INT64_MIN / 4)
#define WIX_NIL_ID     "00000000-0000-0000-0000-000000000000"
#define WIX_STORES_APP "1380b703-ce81-ff05-f115-39571d94dfcd"

struct wix_key {
    char *text;
    unsigned abilities;
    bool active;
};

struct wix_preorder {
    bool enabled;
    char *message; /* or NULL */
    int64_t limit; /* < 0: none given */
    int64_t counter;
};

struct wix_product {
    char *id;
    char *item_id; /* of its V1 inventory item */
    int64_t numeric_id;
    char *name;
    bool visible;
    bool digital;
    bool managed;
    bool tracked;                 /* V1: of the product as a whole */
    struct wix_preorder preorder; /* V1's */
    size_t first, count;          /* its variants */
    int64_t created_ms;
    int64_t updated_ms;
};

struct wix_variant {
    size_t product;
    char *id; /* V1, not managed: the nil id */
    char *sku;
    char *barcode;
    char *name;
};

/* Stock of a variant at a location. */
struct wix_item {
    size_t variant, location;
    char *id;
    int64_t revision;
    int64_t quantity;
    bool tracked;
    bool in_stock; /* what counts where it is not tracked */
    struct wix_preorder preorder;
    int64_t reserved;
    int64_t created_ms;
    int64_t updated_ms;
    int64_t shown; /* what reads show until lag_until_ms */
    int64_t lag_until_ms;
};

struct wix_location {
    char *id;
    char *name;
    size_t *items; /* index + 1, by variant; as long as it had to be */
    size_t item_room;
};

struct wix_line {
    size_t variant;
    char *variant_id; /* as it was when it was bought */
    char *product_id;
    int64_t quantity;
    int64_t taken; /* out of stock */
    int64_t restocked;
    int64_t refunded;
    bool held; /* counted in the item's `reserved` */
};

struct wix_order {
    char id[WIX_ID_SIZE];
    int64_t number;
    const char *status;
    const char *payment;
    const char *fulfillment;
    size_t location;
    bool till;
    bool oversell;
    int64_t created_ms;
    int64_t updated_ms;
    int64_t visible_ms;
    struct wix_line *lines;
    size_t line_count;
    json_t *row;             /* as reads show it, until it changes; NULL: no read asked yet */
    struct market_kept look; /* the same, written */
};

/* A query that is going on: the cursor names it, filter and sort live here. */
struct wix_cursor {
    uint64_t number;
    const void *source;
    json_t *filter;
    json_t *sort;
    json_t *last; /* keys of the last row shown */
    size_t index; /* of that row */
    size_t limit;
};
#define WIX_CURSORS 1024

struct wix_site {
    char *id;
    enum wix_catalog catalog;
    int64_t told_ms; /* since when the caller knows the catalogue; WIX_NEVER_MS: it does not */
    bool told;
    struct wix_key *keys;
    size_t key_count;
    struct wix_location *locations;
    size_t location_count, main_location;
    struct wix_product *products;
    size_t product_count, product_room;
    struct wix_variant *variants;
    size_t variant_count, variant_room;
    struct wix_item *items;
    size_t item_count, item_room;
    struct market_map by_product, by_variant, by_item, by_v1_item, by_sku;
    struct wix_order *orders;
    size_t order_count, order_room;
    struct wix_cursor cursors[WIX_CURSORS];
    uint64_t cursors_made;
    struct market_window minute;
};

/* A write whose answer was lost and that lands later. */
struct wix_late {
    struct wix_site *site;
    size_t item;
    bool change;
    int64_t value;
    int64_t due_ms;
};

struct wix {
    struct wix_settings settings;
    struct wix_site **sites;
    size_t site_count;
    struct market_trace trace;
    struct market_faults faults;
    uint64_t random;
    uint64_t ids; /* splitmix state that makes them */
    struct wix_late *late;
    size_t late_count;
    struct market_body last;
    struct wix_write *writes;
    uint64_t write_count;
};

struct wix_route;

/* One request on its way through the model. */
struct wix_call {
    struct wix *wix;
    struct wix_site *site;
    const struct wix_key *key;
    const struct market_request *request;
    struct market_answer *answer;
    const struct wix_route *route;
    const json_t *body; /* an object that fits the route's shape */
    const struct market_effect *effect;
    char id[128]; /* out of the path, where the route has one */
    int64_t now_ms;
};

enum wix_world { WORLD_V1, WORLD_V3, WORLD_ANY };

struct wix_route {
    const char *method;
    const char *path; /* "{}" stands for one id */
    enum wix_world world;
    unsigned ability;
    const struct market_shape *fields; /* NULL: takes no body */
    void (*handle)(struct wix_call *call);
    bool old_reader; /* may answer on V3 sites as well */
};

/* wix_routes.c; NULL: no such path. `known` tells whether another method has it. */
const struct wix_route *wix_route_find(const char *method, const char *path, char *id, size_t size,
                                       bool *known);

/* wix.c: answers and violations */
void wix_error(struct wix_call *call, int status, const char *code, const char *message);
void wix_invalid(struct wix_call *call, const char *field, const char *message, bool too_many);
void wix_violation(struct wix_call *call, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void wix_answer(struct wix_call *call, json_t *value);         /* takes it over */
struct market_answer *wix_answer_begin(struct wix_call *call); /* what is written as text */
int64_t wix_body_int(const json_t *object, const char *name, int64_t otherwise);
const char *wix_body_text(const json_t *object, const char *name); /* "" where it is absent */
int64_t wix_scaled(const struct wix *wix, int64_t ms);

/* wix_access.c: false after having answered. */
bool wix_access_check(struct wix_call *call);
bool wix_world_check(struct wix_call *call);
bool wix_quota_take(struct wix_call *call);
void wix_site_told(struct wix_call *call);

/* wix_state.c */
void wix_id_make(struct wix *wix, char id[WIX_ID_SIZE]);
bool wix_id_valid(const char *id);
size_t wix_location_find(const struct wix_site *site, const char *id); /* NULL: the default */
size_t wix_variant_find(const struct wix_site *site, const char *sku);
/* Of a product; MARKET_MAP_NONE: it has none such. */
size_t wix_variant_of(const struct wix_site *site, size_t product, const char *variant_id);
void wix_orders_free(struct wix_site *site);
/* Something that orders show has changed: they are rendered anew. */
void wix_orders_forget(struct wix_site *site);

/* wix_stock.c */
struct wix_item *wix_item_at(const struct wix_site *site, size_t variant, size_t location);
struct wix_item *wix_item_make(struct wix *wix, struct wix_site *site, size_t variant,
                               size_t location, int64_t now_ms);
int64_t wix_item_shown(const struct wix_item *item, int64_t now_ms);
bool wix_item_sells(const struct wix_item *item, int64_t now_ms);
/* Every change of an item goes through here: revision and dates move with it. */
void wix_item_touch(const struct wix *wix, struct wix_site *site, struct wix_item *item,
                    int64_t now_ms);
void wix_item_set(const struct wix *wix, struct wix_site *site, struct wix_item *item,
                  int64_t quantity, int64_t now_ms);
/* A figure that came by the API: at once, later, or never, as the faults have it. */
void wix_item_write(struct wix_call *call, struct wix_item *item, bool change, int64_t value);
void wix_late_apply(struct wix *wix, int64_t now_ms);
void wix_write_record(struct wix_call *call, const struct wix_item *item, bool change,
                      int64_t stock, const char *code);
void wix_preorder_free(struct wix_preorder *preorder);
void wix_preorder_set(struct wix_preorder *preorder, const json_t *sent);

/* wix_filter.c: {"field": {"$in": [...]}} against a rendered row. */
struct wix_field {
    const char *name;
    bool sorts;
    bool exact; /* $eq, $ne and $in only */
};
/* False: `error` says what is wrong with it. */
bool wix_filter_check(const json_t *filter, const struct wix_field *fields, char *error,
                      size_t size);
bool wix_filter_fits(const json_t *filter, const json_t *row);
json_t *wix_filter_value(const json_t *row, const char *path); /* borrowed; NULL: none */
/* One of several values: a list somewhere along the path has any number of them. */
int wix_filter_compare(const json_t *a, const json_t *b);

/* wix_query.c: pages of rows. */
struct wix_source {
    const char *rows;   /* name of the list in the answer */
    const char *paging; /* and of the paging metadata */
    size_t otherwise;   /* rows of a page where no limit was given */
    const struct wix_field *fields;
    size_t (*count)(const struct wix_call *call);
    json_t *(*render)(struct wix_call *call, size_t index); /* NULL: the row is in no read */
    /* What is read often may write its rows as text, and then says which are in reads: trees are
     * made for filters and sorts only. Both may be NULL. */
    void (*write)(struct wix_call *call, size_t index, struct market_answer *answer);
    bool (*seen)(const struct wix_call *call, size_t index);
    /* Filters on ids are quick by these: the index of the row that has this id, and the indexes of
     * those of a variant, into a list with room for one at each location; both may be NULL. */
    size_t (*by_id)(const struct wix_call *call, const char *id);
    size_t (*by_variant)(const struct wix_call *call, const char *id, size_t *indexes);
    /* The row's updatedDate: drains ask for what changed in the last minutes, and of the rest
     * nothing need be rendered. May be NULL. */
    int64_t (*updated_ms)(const struct wix_call *call, size_t index);
};
void wix_query_cursor(struct wix_call *call, const struct wix_source *source, const json_t *query);
/* V1: offset and limit; `filter` and `sort` are objects and lists here. */
struct wix_offset_query {
    const json_t *filter;
    const json_t *sort;
    size_t offset, limit;
};
json_t *wix_query_offset(struct wix_call *call, const struct wix_source *source,
                         const struct wix_offset_query *query, size_t *total);
void wix_cursors_free(struct wix_site *site);

/* wix_text.c: items and variants of V3 are read by the hundred, and written straight into answers.
 * The trees are read from these texts. */
void wix_item_text(const struct wix_call *call, const struct wix_item *item,
                   struct market_answer *answer);
json_t *wix_item_json(const struct wix_call *call, const struct wix_item *item);
void wix_variant_text(const struct wix_call *call, size_t index, struct market_answer *answer);
json_t *wix_variant_json(const struct wix_call *call, size_t index);

/* wix_render.c */
json_t *wix_time_json(int64_t ms);
json_t *wix_revision_json(const struct wix_call *call, int64_t revision);
json_t *wix_v1_item_json(struct wix_call *call, const struct wix_product *product);
json_t *wix_v1_product_json(struct wix_call *call, const struct wix_product *product,
                            bool variants);
json_t *wix_v1_variant_json(struct wix_call *call, size_t variant);
json_t *wix_product_json(struct wix_call *call, const struct wix_product *product, bool variants);
/* At the default location. */
bool wix_variant_sells(const struct wix_call *call, size_t variant, bool *preorder);

extern const struct market_shape wix_v1_query_fields[], wix_v1_variants_fields[],
    wix_v1_patch_fields[], wix_v1_increment_fields[], wix_v1_decrement_fields[],
    wix_v1_products_fields[], wix_v1_store_variants_fields[], wix_query_fields[],
    wix_search_fields[], wix_products_query_fields[], wix_products_search_fields[],
    wix_variants_query_fields[], wix_variants_search_fields[], wix_orders_fields[],
    wix_locations_fields[], wix_item_create_fields[], wix_item_patch_fields[],
    wix_bulk_create_fields[], wix_bulk_update_fields[], wix_increment_fields[],
    wix_decrement_fields[], wix_increment_place_fields[], wix_decrement_place_fields[],
    wix_business_fields[];

void wix_version(struct wix_call *call);
void wix_v1_query(struct wix_call *call);
void wix_v1_get(struct wix_call *call);
void wix_v1_get_product(struct wix_call *call);
void wix_v1_patch(struct wix_call *call);
void wix_v1_patch_product(struct wix_call *call);
void wix_v1_increment(struct wix_call *call);
void wix_v1_decrement(struct wix_call *call);
void wix_v1_products(struct wix_call *call);
void wix_v1_store_variants(struct wix_call *call);
void wix_item_create(struct wix_call *call);
void wix_item_get(struct wix_call *call);
void wix_item_patch(struct wix_call *call);
void wix_items_query(struct wix_call *call);
void wix_items_search(struct wix_call *call);
void wix_bulk_create(struct wix_call *call);
void wix_bulk_update(struct wix_call *call);
void wix_bulk_increment(struct wix_call *call);
void wix_bulk_decrement(struct wix_call *call);
void wix_place_increment(struct wix_call *call);
void wix_place_decrement(struct wix_call *call);
void wix_products_query(struct wix_call *call);
void wix_products_search(struct wix_call *call);
void wix_product_get(struct wix_call *call);
void wix_variants_query(struct wix_call *call);
void wix_variants_search(struct wix_call *call);
void wix_locations_query(struct wix_call *call);
void wix_location_get(struct wix_call *call);
void wix_location_main(struct wix_call *call);
void wix_business_list(struct wix_call *call);
void wix_business_query(struct wix_call *call);
void wix_business_get(struct wix_call *call);
void wix_orders_search(struct wix_call *call);
void wix_order_get(struct wix_call *call);

#endif
