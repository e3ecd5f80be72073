/* Verbs about products, listings and what cannot be matched. */
#include "ctl/ctl.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

#define SKU                                                          \
    {                                                                \
        .name = "SKU", .help = "the product's SKU", .required = true \
    }
#define ACCOUNT_FLAG                                                                        \
    {                                                                                       \
        .name = "account", .value = "A", .place = CTL_QUERY, .help = "only of this account" \
    }
#define PRODUCT_FLAGS                                                                             \
    {.name = "name", .value = "TEXT", .place = CTL_BODY, .help = "what people call it"},          \
        {.name = "barcode",                                                                       \
         .field = "barcodes",                                                                     \
         .value = "CODE",                                                                         \
         .type = CTL_LIST,                                                                        \
         .place = CTL_BODY,                                                                       \
         .help = "may be given several times; once and empty: none"},                             \
        {.name = "brand", .value = "TEXT", .place = CTL_BODY, .help = "the brand"},               \
        {.name = "attribute",                                                                     \
         .field = "attributes",                                                                   \
         .value = "NAME=VALUE",                                                                   \
         .type = CTL_PAIRS,                                                                       \
         .place = CTL_BODY,                                                                       \
         .help = "of your own; all of them, given several times; once and empty: none"},          \
        {.name = "description", .value = "TEXT", .place = CTL_BODY, .help = "a longer text"},     \
        {.name = "image", .value = "URL", .place = CTL_BODY, .help = "where a picture of it is"}, \
    {                                                                                             \
        0                                                                                         \
    }

static const struct ctl_column product_columns[] = {
    {"SKU", "sku", CELL_TEXT},
    {"Name", "name", CELL_TEXT},
    {"Barcodes", "barcodes", CELL_TEXT},
    {"Brand", "brand", CELL_TEXT},
    {"Image", "image", CELL_TEXT},
    {"Description", "description", CELL_TEXT},
    {"Attributes", "attributes", CELL_TEXT},
    {"Rules", "rules", CELL_TEXT},
    {"Created", "created", CELL_TIME},
    {"Changed", "changed", CELL_TIME},
    {0},
};
static const struct ctl_view product_view = {.columns = product_columns};
static const struct ctl_view products_view = {
    .rows = "items",
    .columns = COLUMNS{{"SKU", "sku", CELL_TEXT},
                       {"NAME", "name", CELL_TEXT},
                       {"BRAND", "brand", CELL_TEXT},
                       {"BARCODES", "barcodes", CELL_TEXT},
                       {"CHANGED", "changed", CELL_TIME},
                       {0}},
    .empty = "There are no such products.",
};
static const struct ctl_view product_gone = {.sentence = "{SKU} is deleted."};

static const struct ctl_view listings_view = {
    .rows = "items",
    .columns = COLUMNS{{"ACCOUNT", "account", CELL_TEXT},
                       {"LISTING", "listing", CELL_TEXT},
                       {"SKU", "sku", CELL_TEXT},
                       {"BY", "mapped_by", CELL_TEXT},
                       {"STATE", "state", CELL_WORD},
                       {"CODE", "code", CELL_TEXT},
                       {"TITLE", "title", CELL_TEXT},
                       {"WHY", "text", CELL_TEXT},
                       {0}},
    .empty = "There are no such listings.",
};
static const struct ctl_view listing_linked = {.sentence = "Listing {listing} of {account} shows "
                                                           "{sku}."};
static const struct ctl_view listing_unlinked = {
    .sentence = "Listing {LISTING} of {ACCOUNT} shows no product any more; its figure stays as it "
                "is."};
static const struct ctl_view conflicts_view = {
    .rows = "items",
    .columns = COLUMNS{{"ACCOUNT", "account", CELL_TEXT},
                       {"CONFLICT", "code", CELL_TEXT},
                       {"KEY", "key", CELL_TEXT},
                       {"SKUS", "skus", CELL_TEXT},
                       {"LISTINGS", "listings", CELL_TEXT},
                       {"WHAT", "text", CELL_TEXT},
                       {0}},
    .empty = "There are no conflicts: every listing is matched, or matches nothing.",
};

const struct ctl_verb ctl_verbs_catalogue[] = {
    {
        .name = "product list",
        .help = "Lists products.",
        .example = "stockctl product list --search A-",
        .flags =
            PARAMETERS{
                {.name = "search",
                 .value = "TEXT",
                 .place = CTL_QUERY,
                 .help = "the beginning of a SKU, or a barcode"},
                {.name = "prefix",
                 .value = "TEXT",
                 .place = CTL_QUERY,
                 .help = "only SKUs that begin so"},
                {.name = "brand", .value = "B", .place = CTL_QUERY, .help = "only of this brand"},
                ACCOUNT_FLAG,
                {.name = "state",
                 .value = "STATE",
                 .place = CTL_QUERY,
                 .type = CTL_CHOICE,
                 .choices = "off|parked|held|unresolved|in-flight|rejected|dirty|"
                            "synced",
                 .help = "only those shown somewhere in this state"},
                {.name = "min-stock",
                 .field = "min_stock",
                 .value = "N",
                 .type = CTL_COUNT,
                 .place = CTL_QUERY,
                 .help = "only with at least so many available"},
                {.name = "max-stock",
                 .field = "max_stock",
                 .value = "N",
                 .type = CTL_COUNT,
                 .place = CTL_QUERY,
                 .help = "only with at most so many available"},
                {0}},
        .method = "GET",
        .path = "/v1/products",
        .view = &products_view,
    },
    {
        .name = "product show",
        .help = "Shows one product.",
        .example = "stockctl product show A-1",
        .arguments = PARAMETERS{SKU, {0}},
        .method = "GET",
        .path = "/v1/products/{SKU}",
        .view = &product_view,
    },
    {
        .name = "product add",
        .help = "Adds a product.",
        .example = "stockctl product add A-1 --name 'Lamp, red' --barcode 4600000000015",
        .arguments = PARAMETERS{{.name = "SKU",
                                 .help = "the product's SKU",
                                 .place = CTL_BODY,
                                 .field = "sku",
                                 .required = true},
                                {0}},
        .flags = PARAMETERS{PRODUCT_FLAGS},
        .method = "POST",
        .path = "/v1/products",
        .view = &product_view,
    },
    {
        .name = "product set",
        .help = "Changes what is said of a product; the rest stays.",
        .example = "stockctl product set A-1 --brand Lumen",
        .arguments = PARAMETERS{SKU, {0}},
        .flags = PARAMETERS{PRODUCT_FLAGS},
        .method = "PATCH",
        .path = "/v1/products/{SKU}",
        .view = &product_view,
    },
    {
        .name = "product delete",
        .help = "Deletes a product with its figures; its listings are left unmatched.",
        .example = "stockctl product delete A-1 --dry-run",
        .arguments = PARAMETERS{SKU, {0}},
        .flags = PARAMETERS{{.name = "dry-run",
                             .type = CTL_SWITCH,
                             .place = CTL_HERE,
                             .help = "only list what hangs on it"},
                            {0}},
        .run = ctl_run_product_delete,
        .notes = "'stockctl undo' brings it back.",
        .view = &product_gone,
    },
    {
        .name = "listing list",
        .help = "Lists what the marketplaces offer of ours.",
        .example = "stockctl listing list --account ozon-main --unmapped",
        .flags =
            PARAMETERS{
                ACCOUNT_FLAG,
                {.name = "state",
                 .value = "STATE",
                 .place = CTL_QUERY,
                 .type = CTL_CHOICE,
                 .choices = "active|ended|not-ready|archived|marketplace-stocked|"
                            "digital|gone",
                 .help = "only in this state"},
                {.name = "sku", .value = "SKU", .place = CTL_QUERY, .help = "only of this product"},
                {.name = "code",
                 .value = "CODE",
                 .place = CTL_QUERY,
                 .help = "only with this word of the marketplace for their state"},
                {.name = "text",
                 .value = "TEXT",
                 .place = CTL_QUERY,
                 .help = "only with this in title, code, text or group"},
                {.name = "mapped",
                 .type = CTL_SWITCH,
                 .place = CTL_QUERY,
                 .help = "only those tied to a product"},
                {.name = "conflict",
                 .type = CTL_SWITCH,
                 .place = CTL_QUERY,
                 .help = "only those that matching would not guess"},
                {.name = "unmapped",
                 .type = CTL_SWITCH,
                 .place = CTL_QUERY,
                 .help = "only those tied to no product"},
                {0}},
        .method = "GET",
        .path = "/v1/listings",
        .view = &listings_view,
    },
    {
        .name = "listing link",
        .help = "Ties a listing to a product by hand.",
        .example = "stockctl listing link ozon-main 148313766 A-1",
        .arguments = PARAMETERS{{.name = "ACCOUNT", .help = "the account", .required = true},
                                {.name = "LISTING", .help = "the listing's id", .required = true},
                                {.name = "SKU",
                                 .help = "the product",
                                 .place = CTL_BODY,
                                 .field = "sku",
                                 .required = true},
                                {0}},
        .method = "PUT",
        .path = "/v1/listings/{ACCOUNT}/{LISTING}/product",
        .view = &listing_linked,
    },
    {
        .name = "listing unlink",
        .help = "Unties a listing from its product.",
        .example = "stockctl listing unlink ozon-main 148313766",
        .arguments = PARAMETERS{{.name = "ACCOUNT", .help = "the account", .required = true},
                                {.name = "LISTING", .help = "the listing's id", .required = true},
                                {0}},
        .method = "DELETE",
        .path = "/v1/listings/{ACCOUNT}/{LISTING}/product",
        .view = &listing_unlinked,
    },
    {
        .name = "conflict list",
        .help = "Lists what matching will not guess.",
        .example = "stockctl conflict list",
        .flags = PARAMETERS{ACCOUNT_FLAG, {0}},
        .method = "GET",
        .path = "/v1/conflicts",
        .view = &conflicts_view,
    },
    {0},
};
