/* The Wildberries seller API for stockd: what the plugin declares. The operations are in the files
 * beside this one; the facts they rest on in docs/marketplaces/wb.md. */
#include "wb.h"

static const struct stockd_option options[] = {
    {.name = WB_TOKEN,
     .type = STOCKD_OPTION_STRING,
     .required = 1,
     .secret = 1,
     .help = "A token with the categories Marketplace and Content, able to write; it expires after "
             "180 days, and stockd warns before it does."},
    {.name = "sku-from",
     .type = STOCKD_OPTION_CHOICE,
     .choices = "article|article-size|barcode",
     .default_value = "article",
     .help = "What a size's SKU is: the card's article (only of cards with one size), article and "
             "size joined by '/', or its barcode (only of sizes with one barcode)."},
    {.name = "full-crawl",
     .type = STOCKD_OPTION_DURATION,
     .default_value = "1d",
     .min = 3600000,
     .max = INT64_C(30) * 86400000,
     .help = "How often all cards are read; between, only those that changed."},
};

static const struct stockd_endpoint endpoints[] = {
    [WB_MARKETPLACE] = {.name = "marketplace",
                        .base_url = "https://marketplace-api.wildberries.ru"},
    [WB_CONTENT] = {.name = "content", .base_url = "https://content-api.wildberries.ru"},
    [WB_ANALYTICS] = {.name = "analytics",
                      .base_url = "https://seller-analytics-api.wildberries.ru"},
};

/* Official limits, each "on one account of a seller", whose token it is. Three hundred a minute
 * with a burst of twenty is how three of the groups are counted, and there a refusal costs ten. */
#define MARKETPLACE_GROUP                                                      \
    .kind = STOCKD_BUCKET_TOKENS, .amount = 300, .per_ms = 60000, .burst = 20, \
    .refused_cost = WB_REFUSED_COST, .key_seller = 1
static const struct stockd_bucket buckets[] = {
    [WB_BUCKET_STOCKS] = {.name = "stocks", MARKETPLACE_GROUP},
    [WB_BUCKET_WAREHOUSES] = {.name = "warehouses", MARKETPLACE_GROUP},
    [WB_BUCKET_ORDERS] = {.name = "orders", MARKETPLACE_GROUP},
    [WB_BUCKET_CONTENT] = {.name = "content",
                           .kind = STOCKD_BUCKET_TOKENS,
                           .amount = 100,
                           .per_ms = 60000,
                           .burst = 5,
                           .key_seller = 1},
    [WB_BUCKET_ANALYTICS] = {.name = "analytics",
                             .kind = STOCKD_BUCKET_TOKENS,
                             .amount = 3,
                             .per_ms = 60000,
                             .burst = 1,
                             .key_seller = 1},
    /* Three in thirty seconds for each host; only one host is asked, and once a day. */
    [WB_BUCKET_PING] = {.name = "ping",
                        .kind = STOCKD_BUCKET_WINDOW,
                        .amount = 3,
                        .per_ms = 30000,
                        .key_seller = 1},
};

static const struct stockd_route routes[] = {
    {
        .name = "stocks",
        .group = STOCKD_GROUP_WAREHOUSE,
        .kind = STOCKD_WRITE_ABSOLUTE,
        /* A 204 comes also when nothing was changed (official text): only a reading proves it. */
        .confirmation = STOCKD_CONFIRM_READBACK,
        .max_items = WB_STOCK_ITEMS,
        /* Five requests a second at most. Four waiting for their answers use that up; more would
         * all be refused together, at ten requests each, where one item is unknown. */
        .parallel = 4,
        .per_request = {{.bucket = WB_BUCKET_STOCKS, .amount = 1}},
        .settle_ms = WB_SETTLE_MS,
        .max_quantity = WB_MAX_QUANTITY,
    },
};

STOCKD_EXPORT extern const struct stockd_plugin stockd_plugin;

const struct stockd_plugin stockd_plugin = {
    STOCKD_PLUGIN_HEAD,
    .flags = STOCKD_JSON_ENDS_WITH_STEP | STOCKD_STOCK_NEEDS_IDS | STOCKD_STOCK_BY_WAREHOUSE |
             STOCKD_ORDERS_NEED_OPEN | STOCKD_READINGS_GO_ON,
    .id = "wb",
    .version = STOCKD_VERSION,
    .title = "Wildberries",
    .data_version = 1,
    .scratch_max = 16u << 20,
    STOCKD_TABLE(option, options),
    STOCKD_TABLE(endpoint, endpoints),
    STOCKD_TABLE(bucket, buckets),
    STOCKD_TABLE(route, routes),
    .operations =
        {
            [STOCKD_LIST_WAREHOUSES] = wb_list_warehouses,
            [STOCKD_FETCH_STOCK] = wb_fetch_stock,
            [STOCKD_PUSH_STOCK] = wb_push_stock,
            [STOCKD_CHECK_ACCOUNT] = wb_check_account,
            [STOCKD_FETCH_LISTINGS] = wb_fetch_listings,
            [STOCKD_FETCH_ORDERS] = wb_fetch_orders,
        },
};
