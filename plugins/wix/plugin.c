/* Wix Stores for stockd: what the plugin declares. The operations are in the files beside this one;
 * the facts they rest on in docs/marketplaces/wix.md. */
#include "wix.h"

static const struct stockd_option options[] = {
    {.name = "site-id",
     .type = STOCKD_OPTION_STRING,
     .required = 1,
     .help = "The site's id: the part of the dashboard's address after /dashboard/."},
    {.name = "api-key",
     .type = STOCKD_OPTION_STRING,
     .required = 1,
     .secret = 1,
     .help = "An API key of the site's owner, from the account's API Keys Manager."},
    {.name = "untracked",
     .type = STOCKD_OPTION_CHOICE,
     .choices = "skip|in-stock|enable",
     .default_value = "skip",
     .help = "What to do with products whose quantity Wix does not track: leave them, write only "
             "in stock or out of stock, or switch tracking on."},
};

static const struct stockd_endpoint endpoints[] = {
    {.name = "api", .base_url = "https://www.wixapis.com"},
};

/* 200 requests a minute for each app and site; counted in a window, since a bucket that refills
 * would let twice as much through. */
static const struct stockd_bucket buckets[] = {
    [WIX_BUCKET_ALL] = {.name = "all",
                        .kind = STOCKD_BUCKET_WINDOW,
                        .amount = 200,
                        .per_ms = 60000,
                        .key_options = "site-id"},
};

/* Each is charged what it may need: the write, and the reading before or after it. */
static const struct stockd_route routes[] = {
    [WIX_ROUTE_ADJUST] = {.name = "adjust",
                          .group = STOCKD_GROUP_NONE,
                          .kind = STOCKD_WRITE_DELTA,
                          .confirmation = STOCKD_CONFIRM_READBACK,
                          .max_items = WIX_ADJUST_ITEMS,
                          .per_request = {{.bucket = WIX_BUCKET_ALL, .amount = 2}},
                          .settle_ms = WIX_SETTLE_MS,
                          .max_quantity = WIX_MAX_QUANTITY},
    [WIX_ROUTE_PRODUCT] = {.name = "product",
                           .group = STOCKD_GROUP_LISTING,
                           .kind = STOCKD_WRITE_ABSOLUTE,
                           .confirmation = STOCKD_CONFIRM_READBACK,
                           .max_items = WIX_BULK_ITEMS,
                           .parallel = 4,
                           .per_request = {{.bucket = WIX_BUCKET_ALL, .amount = 2}},
                           .settle_ms = WIX_SETTLE_MS,
                           .max_quantity = WIX_MAX_QUANTITY},
    [WIX_ROUTE_UNTRACKED] = {.name = "untracked",
                             .group = STOCKD_GROUP_LISTING,
                             .kind = STOCKD_WRITE_ABSOLUTE,
                             .confirmation = STOCKD_CONFIRM_READBACK,
                             .max_items = WIX_BULK_ITEMS,
                             .per_request = {{.bucket = WIX_BUCKET_ALL, .amount = 3}},
                             .settle_ms = WIX_SETTLE_MS,
                             .max_quantity = WIX_MAX_QUANTITY},
    [WIX_ROUTE_LEARN] = {.name = "learn",
                         .group = STOCKD_GROUP_LISTING,
                         .kind = STOCKD_WRITE_COMPARE,
                         .confirmation = STOCKD_CONFIRM_READBACK,
                         .max_items = WIX_BULK_ITEMS,
                         .parallel = 4,
                         .per_request = {{.bucket = WIX_BUCKET_ALL, .amount = 1}},
                         .settle_ms = WIX_SETTLE_MS,
                         .max_quantity = WIX_MAX_QUANTITY},
    [WIX_ROUTE_UPDATE] = {.name = "update",
                          .group = STOCKD_GROUP_WAREHOUSE,
                          .kind = STOCKD_WRITE_COMPARE,
                          .confirmation = STOCKD_CONFIRM_ANSWER,
                          .max_items = WIX_BULK_ITEMS,
                          .parallel = 2,
                          .per_request = {{.bucket = WIX_BUCKET_ALL, .amount = 2}},
                          .settle_ms = WIX_SETTLE_MS,
                          .max_quantity = WIX_MAX_QUANTITY},
    [WIX_ROUTE_CREATE] = {.name = "create",
                          .group = STOCKD_GROUP_WAREHOUSE,
                          .kind = STOCKD_WRITE_COMPARE,
                          .confirmation = STOCKD_CONFIRM_ANSWER,
                          .max_items = WIX_BULK_ITEMS,
                          .per_request = {{.bucket = WIX_BUCKET_ALL, .amount = 2}},
                          .settle_ms = WIX_SETTLE_MS,
                          .max_quantity = WIX_MAX_QUANTITY},
    [WIX_ROUTE_FIND] = {.name = "find",
                        .group = STOCKD_GROUP_WAREHOUSE,
                        .kind = STOCKD_WRITE_COMPARE,
                        .confirmation = STOCKD_CONFIRM_ANSWER,
                        .max_items = WIX_FIND_ITEMS,
                        .parallel = 4,
                        .per_request = {{.bucket = WIX_BUCKET_ALL, .amount = 3}},
                        .settle_ms = WIX_SETTLE_MS,
                        .max_quantity = WIX_MAX_QUANTITY},
};

STOCKD_EXPORT extern const struct stockd_plugin stockd_plugin;

const struct stockd_plugin stockd_plugin = {
    STOCKD_PLUGIN_HEAD,
    .flags = STOCKD_READINGS_GO_ON | STOCKD_JSON_ENDS_WITH_STEP,
    .id = "wix",
    .version = STOCKD_VERSION,
    .title = "Wix Stores",
    .data_version = 1,
    .scratch_max = STOCKD_SCRATCH_MAX, /* a V1 catalogue is joined from two lists */
    STOCKD_TABLE(option, options),
    STOCKD_TABLE(endpoint, endpoints),
    STOCKD_TABLE(bucket, buckets),
    STOCKD_TABLE(route, routes),
    .item_routes = wix_item_routes,
    .operations =
        {
            [STOCKD_LIST_WAREHOUSES] = wix_list_warehouses,
            [STOCKD_FETCH_STOCK] = wix_fetch_stock,
            [STOCKD_PUSH_STOCK] = wix_push_stock,
            [STOCKD_CHECK_ACCOUNT] = wix_check_account,
            [STOCKD_FETCH_LISTINGS] = wix_fetch_listings,
            [STOCKD_FETCH_ORDERS] = wix_fetch_orders,
        },
};
