/* The Allegro REST API for stockd: what the plugin declares. The operations are in the files beside
 * this one; the facts they rest on in docs/marketplaces/allegro.md. */
#include "allegro.h"

static const struct stockd_option options[] = {
    {.name = "client-id",
     .type = STOCKD_OPTION_STRING,
     .required = 1,
     .help = "The Client ID of your application, from apps.developer.allegro.pl."},
    {.name = "client-secret",
     .type = STOCKD_OPTION_STRING,
     .required = 1,
     .secret = 1,
     .help = "The Client Secret made for that Client ID."},
    {.name = "app-name",
     .type = STOCKD_OPTION_STRING,
     .required = 1,
     .help = "The name under which the application is registered; Allegro shuts out programs that "
             "do not give it."},
    {.name = "app-url",
     .type = STOCKD_OPTION_STRING,
     .required = 1,
     .help = "An https address that says what the application is and whose; sent along with its "
             "name."},
    {.name = "reactivate",
     .type = STOCKD_OPTION_CHOICE,
     .choices = "never|own|always",
     .default_value = "own",
     .help = "Which ended offers come back when there is stock again: none, those that a zero of "
             "stockd's or the last buyer ended, or all."},
};

static const struct stockd_endpoint endpoints[] = {
    [ALLEGRO_ENDPOINT_API] = {.name = "api", .base_url = "https://api.allegro.pl"},
    [ALLEGRO_ENDPOINT_AUTH] = {.name = "auth", .base_url = "https://allegro.pl"},
};

#define MINUTE_MS 60000
#define HOUR_MS   3600000
#define SELLERS(of_name, of_amount, of_ms)                                                         \
    {                                                                                              \
        .name = (of_name), .kind = STOCKD_BUCKET_WINDOW, .amount = (of_amount), .per_ms = (of_ms), \
        .key_options = "client-id", .key_seller = 1                                                \
    }

/* 9000 requests a minute for all sellers of a Client ID (developer.allegro.pl, FAQ). The others are
 * of one seller: requests to product-offers (allegro-api issue 9983), and offers, not requests, of
 * commands (official document of each command). All are windows: a bucket that refills would let
 * twice as much through. */
static const struct stockd_bucket buckets[] = {
    [ALLEGRO_BUCKET_CLIENT] = {.name = "client",
                               .kind = STOCKD_BUCKET_WINDOW,
                               .amount = 9000,
                               .per_ms = MINUTE_MS,
                               .key_options = "client-id"},
    [ALLEGRO_BUCKET_GET] = SELLERS("get", 3500, MINUTE_MS),
    [ALLEGRO_BUCKET_PATCH] = SELLERS("patch", 2500, MINUTE_MS),
    [ALLEGRO_BUCKET_QUANTITY_MINUTE] = SELLERS("quantity-minute", 9000, MINUTE_MS),
    [ALLEGRO_BUCKET_QUANTITY_HOUR] = SELLERS("quantity-hour", 250000, HOUR_MS),
    [ALLEGRO_BUCKET_BULK_MINUTE] = SELLERS("bulk-minute", 9000, MINUTE_MS),
    [ALLEGRO_BUCKET_BULK_HOUR] = SELLERS("bulk-hour", 150000, HOUR_MS),
    [ALLEGRO_BUCKET_PUBLICATION_MINUTE] = SELLERS("publication-minute", 9000, MINUTE_MS),
    [ALLEGRO_BUCKET_PUBLICATION_HOUR] = SELLERS("publication-hour", 250000, HOUR_MS),
    [ALLEGRO_BUCKET_TASKS] = SELLERS("tasks", 270000, MINUTE_MS),
};

/* Commands end within seconds as a rule, and within an hour at worst (allegro-api issue 5620);
 * what is not over then is passed by decreases, and read. */
#define COMMAND_STUCK_MS (2 * HOUR_MS)
/* A PATCH's 202 has lasted hours too. */
#define PATCH_STUCK_MS (2 * HOUR_MS)

/* What the ways cost, of the 9000 requests a minute that all sellers of the Client ID share, with
 * two looks at a command's tasks:
 *     PATCH      n offers: n requests, answered at once (2500 a minute)
 *     bulk       n <= 25: 1 + 2 requests (9000 offers a minute, 150,000 an hour)
 *     command    n <= 1000 of one value: 1 + 2 requests (9000 offers a minute, 250,000 an hour)
 * So a command of either kind is cheaper from 4 offers on; below, PATCH also knows its result at
 * once. A command of one value takes more than a bulk command from 25 offers on; there its larger
 * hour decides, and that it is no beta. 10,000 offers of one value: 10 commands, 67 s of quota; of
 * 10,000 values: 400 bulk commands, 67 s, where PATCH alone would take 240 s. */
#define BULK_FROM    4u
#define COMMAND_FROM 25u

static const struct stockd_route routes[] = {
    [ALLEGRO_ROUTE_COMMAND] =
        {
            .name = "command",
            .group = STOCKD_GROUP_VALUE,
            .confirmation = STOCKD_CONFIRM_NOTE,
            .min_items = COMMAND_FROM,
            .max_items = ALLEGRO_COMMAND_ITEMS,
            .parallel = 4,
            .per_request = {{.bucket = ALLEGRO_BUCKET_CLIENT, .amount = 1}},
            .per_item = {{.bucket = ALLEGRO_BUCKET_QUANTITY_MINUTE, .amount = 1},
                         {.bucket = ALLEGRO_BUCKET_QUANTITY_HOUR, .amount = 1}},
            .settle_ms = ALLEGRO_SETTLE_MS,
            .stuck_after_ms = COMMAND_STUCK_MS,
            .max_quantity = ALLEGRO_MAX_QUANTITY,
        },
    [ALLEGRO_ROUTE_BULK] =
        {
            .name = "bulk",
            .confirmation = STOCKD_CONFIRM_NOTE,
            .min_items = BULK_FROM,
            .max_items = ALLEGRO_BULK_ITEMS,
            .parallel = 8,
            .per_request = {{.bucket = ALLEGRO_BUCKET_CLIENT, .amount = 1}},
            .per_item = {{.bucket = ALLEGRO_BUCKET_BULK_MINUTE, .amount = 1},
                         {.bucket = ALLEGRO_BUCKET_BULK_HOUR, .amount = 1}},
            .settle_ms = ALLEGRO_SETTLE_MS,
            .stuck_after_ms = COMMAND_STUCK_MS,
            .max_quantity = ALLEGRO_MAX_QUANTITY,
        },
    [ALLEGRO_ROUTE_PATCH] =
        {
            .name = "patch",
            .confirmation = STOCKD_CONFIRM_NOTE,
            .max_items = 1,
            /* At 0.4 s an answer, the minute's 2500 need 17 on their way. */
            .parallel = 16,
            .per_request = {{.bucket = ALLEGRO_BUCKET_CLIENT, .amount = 1},
                            {.bucket = ALLEGRO_BUCKET_PATCH, .amount = 1}},
            .settle_ms = ALLEGRO_SETTLE_MS,
            .stuck_after_ms = PATCH_STUCK_MS,
            .max_quantity = ALLEGRO_MAX_QUANTITY,
        },
    [ALLEGRO_ROUTE_ACTIVATE] =
        {
            .name = "activate",
            .confirmation = STOCKD_CONFIRM_NOTE,
            .max_items = 1,
            .parallel = 8,
            .per_request = {{.bucket = ALLEGRO_BUCKET_CLIENT, .amount = 1},
                            {.bucket = ALLEGRO_BUCKET_PATCH, .amount = 1}},
            .settle_ms = ALLEGRO_SETTLE_MS,
            .stuck_after_ms = PATCH_STUCK_MS,
            .max_quantity = ALLEGRO_MAX_QUANTITY,
        },
    [ALLEGRO_ROUTE_END] =
        {
            .name = "end",
            .confirmation = STOCKD_CONFIRM_NOTE,
            .max_items = ALLEGRO_COMMAND_ITEMS,
            .parallel = 2,
            .per_request = {{.bucket = ALLEGRO_BUCKET_CLIENT, .amount = 1}},
            .per_item = {{.bucket = ALLEGRO_BUCKET_PUBLICATION_MINUTE, .amount = 1},
                         {.bucket = ALLEGRO_BUCKET_PUBLICATION_HOUR, .amount = 1}},
            .settle_ms = ALLEGRO_SETTLE_MS,
            .stuck_after_ms = COMMAND_STUCK_MS,
        },
};

STOCKD_EXPORT extern const struct stockd_plugin stockd_plugin;

const struct stockd_plugin stockd_plugin = {
    STOCKD_PLUGIN_HEAD,
    .flags = STOCKD_LISTINGS_CARRY_STOCK | STOCKD_READINGS_GO_ON | STOCKD_JSON_ENDS_WITH_STEP,
    .id = "allegro",
    .version = STOCKD_VERSION,
    .title = "Allegro",
    .data_version = 1,
    STOCKD_TABLE(option, options),
    STOCKD_TABLE(endpoint, endpoints),
    STOCKD_TABLE(bucket, buckets),
    STOCKD_TABLE(route, routes),
    .item_routes = allegro_item_routes,
    .operations =
        {
            [STOCKD_LIST_WAREHOUSES] = allegro_list_warehouses,
            [STOCKD_FETCH_STOCK] = allegro_fetch_stock,
            [STOCKD_PUSH_STOCK] = allegro_push_stock,
            [STOCKD_CHECK_ACCOUNT] = allegro_check_account,
            [STOCKD_AUTHORIZE] = allegro_authorize,
            [STOCKD_FETCH_LISTINGS] = allegro_fetch_listings,
            [STOCKD_FETCH_ORDERS] = allegro_fetch_orders,
            [STOCKD_CONFIRM_STOCK] = allegro_confirm_stock,
        },
};
