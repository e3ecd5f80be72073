/* Verbs about stock. */
#include "ctl/ctl.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

#define SKU                                                          \
    {                                                                \
        .name = "SKU", .help = "the product's SKU", .required = true \
    }
#define KIND_FLAG                                                                                \
    {                                                                                            \
        .name = "kind", .type = CTL_CHOICE, .place = CTL_BODY, .value = "KIND",                  \
        .choices = "on-hand|available", .initial = "on-hand",                                    \
        .help = "what the figure counts: all that lies there, or what is not promised to orders" \
    }

static const struct ctl_view targets_of_sku = {
    .rows = "targets",
    .sentence = "Shown at the marketplaces:",
    .columns = COLUMNS{{"ACCOUNT", "account", CELL_TEXT},
                       {"WAREHOUSE", "warehouse_name", CELL_TEXT},
                       {"LISTING", "listing", CELL_TEXT},
                       {"STATE", "state", CELL_TEXT},
                       {"WANTED", "wanted", CELL_NUMBER},
                       {"CONFIRMED", "acknowledged", CELL_NUMBER},
                       {"WHY", "why", CELL_TEXT},
                       {0}},
};

static const struct ctl_view stock_view = {
    .rows = "stock",
    .columns = COLUMNS{{"WAREHOUSE", "warehouse", CELL_TEXT},
                       {"ON HAND", "on_hand", CELL_NUMBER},
                       {"RESERVED", "reserved", CELL_NUMBER},
                       {"AVAILABLE", "available", CELL_NUMBER},
                       {"CHANGED", "changed", CELL_TIME},
                       {0}},
    .empty = "{SKU} has no figure in any warehouse yet; give one with 'stockctl stock set'.",
    .also = &targets_of_sku,
};

static const struct ctl_view change_view = {
    .sentence = "{sku} in {warehouse}: on hand {before.on_hand} -> {after.on_hand}, reserved "
                "{after.reserved}, available {after.available}",
    .same = "{sku} in {warehouse} was so already: on hand {after.on_hand}, reserved "
            "{after.reserved}, available {after.available}",
};

static const struct ctl_view transfer_view = {
    .sentence = "{sku}: moved {quantity} from {from.warehouse} (now {from.on_hand} on hand) to "
                "{to.warehouse} (now {to.on_hand})",
};

const struct ctl_verb ctl_verbs_stock[] = {
    {
        .name = "stock get",
        .help = "Shows what is there of a product, and where it is shown.",
        .example = "stockctl stock get A-1",
        .arguments = PARAMETERS{SKU, {0}},
        .flags = PARAMETERS{{.name = "warehouse",
                             .value = "W",
                             .place = CTL_QUERY,
                             .help = "only this warehouse"},
                            {0}},
        .method = "GET",
        .path = "/v1/stock/{SKU}",
        .view = &stock_view,
    },
    {
        .name = "stock set",
        .help = "Sets a figure. It is sent to the marketplaces by itself.",
        .example = "stockctl stock set A-1 7 --warehouse pp",
        .arguments = PARAMETERS{SKU,
                                {.name = "N",
                                 .help = "pieces",
                                 .type = CTL_COUNT,
                                 .place = CTL_BODY,
                                 .field = "quantity",
                                 .required = true},
                                {0}},
        .flags =
            PARAMETERS{
                {.name = "warehouse", .value = "W", .required = true, .help = "where they are"},
                KIND_FLAG,
                {.name = "cause",
                 .type = CTL_CHOICE,
                 .place = CTL_BODY,
                 .value = "CAUSE",
                 .choices = "count|sale|receipt|write-off",
                 .initial = "count",
                 .help = "why, for the ledger"},
                {.name = "if-figure",
                 .type = CTL_COUNT,
                 .place = CTL_BODY,
                 .field = "if_figure",
                 .value = "F",
                 .help = "only if the figure is F now"},
                {0}},
        .method = "PUT",
        .path = "/v1/stock/{SKU}/{warehouse}",
        .view = &change_view,
    },
    {
        .name = "stock adjust",
        .help = "Adds to a figure, or takes away from it.",
        .example = "stockctl stock adjust A-1 -2 --warehouse pp --cause sale",
        .arguments = PARAMETERS{SKU,
                                {.name = "BY",
                                 .help = "pieces, with a sign: +3 or -2",
                                 .type = CTL_SIGNED,
                                 .place = CTL_BODY,
                                 .field = "by",
                                 .required = true},
                                {0}},
        .flags =
            PARAMETERS{
                {.name = "warehouse", .value = "W", .required = true, .help = "where they are"},
                {.name = "cause",
                 .type = CTL_CHOICE,
                 .place = CTL_BODY,
                 .value = "CAUSE",
                 .choices = "sale|receipt|write-off|count",
                 .initial = "count",
                 .help = "why, for the ledger"},
                {0}},
        .method = "POST",
        .path = "/v1/stock/{SKU}/{warehouse}/adjust",
        .view = &change_view,
    },
    {
        .name = "stock transfer",
        .help = "Moves pieces from one warehouse to another, in one step.",
        .example = "stockctl stock transfer A-1 pp kot 3",
        .arguments = PARAMETERS{SKU,
                                {.name = "FROM",
                                 .help = "the warehouse they leave",
                                 .place = CTL_BODY,
                                 .field = "from",
                                 .required = true},
                                {.name = "TO",
                                 .help = "the warehouse they come to",
                                 .place = CTL_BODY,
                                 .field = "to",
                                 .required = true},
                                {.name = "N",
                                 .help = "pieces",
                                 .type = CTL_COUNT,
                                 .place = CTL_BODY,
                                 .field = "quantity",
                                 .required = true},
                                {0}},
        .method = "POST",
        .path = "/v1/stock/{SKU}/transfer",
        .view = &transfer_view,
    },
    {
        .name = "stock import",
        .help = "Sets many figures from a CSV file.",
        .example = "stockctl stock import counted.csv --warehouse pp",
        .arguments = PARAMETERS{{.name = "FILE",
                                 .help = "the file; '-' is standard input",
                                 .place = CTL_HERE,
                                 .required = true},
                                {0}},
        .flags = PARAMETERS{{.name = "warehouse",
                             .value = "W",
                             .place = CTL_QUERY,
                             .help = "for rows that name none"},
                            {.name = "kind",
                             .type = CTL_CHOICE,
                             .place = CTL_QUERY,
                             .value = "KIND",
                             .choices = "on-hand|available",
                             .initial = "on-hand",
                             .help = "what the figures count"},
                            {.name = "separator",
                             .type = CTL_CHOICE,
                             .place = CTL_QUERY,
                             .value = "SEPARATOR",
                             .choices = "comma|semicolon|tab",
                             .help = "between columns; found by itself"},
                            {.name = "create",
                             .type = CTL_SWITCH,
                             .place = CTL_QUERY,
                             .help = "make products of SKUs that are not known yet"},
                            {0}},
        .method = "POST",
        .path = "/v1/imports",
        .run = ctl_run_import,
        .notes = "The file has the columns sku, warehouse and quantity (also артикул, склад, "
                 "остаток), by name in its\nfirst line or in this order, in UTF-8. Rows that make "
                 "no sense are listed with their line and left\nout; the exit code is then 4. "
                 "Products the file does not name stay as they are.",
    },
    {0},
};
