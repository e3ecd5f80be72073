/* The Ozon Seller API for stockd: what the plugin declares. The operations are in the files beside
 * this one; the facts they rest on in docs/marketplaces/ozon.md. */
#include "ozon.h"

static const struct stockd_option options[] = {
    {.name = "client-id",
     .type = STOCKD_OPTION_STRING,
     .required = 1,
     .help = "The Client-Id of the seller's account: a number, from Settings, Seller API."},
    {.name = "api-key",
     .type = STOCKD_OPTION_STRING,
     .required = 1,
     .secret = 1,
     .help = "The Api-Key made for that Client-Id; it expires, and stockd warns before it does."},
};

static const struct stockd_endpoint endpoints[] = {
    {.name = "api", .base_url = "https://api-seller.ozon.ru"},
};

/* Official limits: 50 requests a second for all methods of a Client-Id; 80 a minute for the stock
 * method. Both are counted in windows: a bucket that refills would let twice as much through. */
static const struct stockd_bucket buckets[] = {
    [OZON_BUCKET_ALL] = {.name = "all",
                         .kind = STOCKD_BUCKET_WINDOW,
                         .amount = 50,
                         .per_ms = 1000,
                         .key_options = "client-id"},
    [OZON_BUCKET_STOCK] = {.name = "stock",
                           .kind = STOCKD_BUCKET_WINDOW,
                           .amount = 80,
                           .per_ms = 60000,
                           .key_options = "client-id"},
};

static const struct stockd_route routes[] = {
    {
        .name = "stocks",
        .group = STOCKD_GROUP_NONE,
        .kind = STOCKD_WRITE_ABSOLUTE,
        .confirmation = STOCKD_CONFIRM_ANSWER,
        .max_items = OZON_PUSH_ITEMS,
        /* Steps of an account run one after another; what runs side by side is the waiting for
         * Ozon and for the disk: batches that are selected together share a commit. At half a
         * second an answer, eight drain the minute's 80 requests in five seconds. */
        .parallel = 8,
        .per_request = {{.bucket = OZON_BUCKET_STOCK, .amount = 1},
                        {.bucket = OZON_BUCKET_ALL, .amount = 1}},
        .cadence_ms = OZON_CADENCE_MS,
        .settle_ms = OZON_SETTLE_MS,
        .max_quantity = OZON_MAX_QUANTITY,
    },
};

STOCKD_EXPORT extern const struct stockd_plugin stockd_plugin;

const struct stockd_plugin stockd_plugin = {
    STOCKD_PLUGIN_HEAD,
    .flags = STOCKD_READINGS_GO_ON | STOCKD_JSON_ENDS_WITH_STEP,
    .id = "ozon",
    .version = STOCKD_VERSION,
    .title = "Ozon Seller",
    .data_version = 1,
    STOCKD_TABLE(option, options),
    STOCKD_TABLE(endpoint, endpoints),
    STOCKD_TABLE(bucket, buckets),
    STOCKD_TABLE(route, routes),
    .operations =
        {
            [STOCKD_LIST_WAREHOUSES] = ozon_list_warehouses,
            [STOCKD_FETCH_STOCK] = ozon_fetch_stock,
            [STOCKD_PUSH_STOCK] = ozon_push_stock,
            [STOCKD_CHECK_ACCOUNT] = ozon_check_account,
            [STOCKD_FETCH_LISTINGS] = ozon_fetch_listings,
            [STOCKD_FETCH_ORDERS] = ozon_fetch_orders,
        },
};
