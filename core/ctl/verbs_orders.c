/* Verbs about orders and reservations. */
#include "ctl/ctl.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

static const struct ctl_view orders_view = {
    .rows = "items",
    .columns = COLUMNS{{"ORDERED", "ordered", CELL_TIME},
                       {"ACCOUNT", "account", CELL_TEXT},
                       {"ORDER", "order", CELL_TEXT},
                       {"LINE", "line", CELL_TEXT},
                       {"SKU", "sku", CELL_TEXT},
                       {"PIECES", "quantity", CELL_NUMBER},
                       {"STATE", "state", CELL_WORD},
                       {"WAREHOUSE", "warehouse", CELL_TEXT},
                       {"HELD", "held", CELL_TEXT},
                       {"WHY", "why", CELL_TEXT},
                       {0}},
    .empty = "There are no such order lines. Orders are read of accounts with 'orders: import'.",
};

static const struct ctl_view returned_view = {
    .sentence = "{line} of {account}: {quantity} {quantity:piece|pieces} of {sku} back in stock",
};

static const struct ctl_view reservations_view = {
    .rows = "items",
    .columns = COLUMNS{{"ID", "id", CELL_NUMBER},
                       {"SKU", "sku", CELL_TEXT},
                       {"WAREHOUSE", "warehouse", CELL_TEXT},
                       {"PIECES", "quantity", CELL_NUMBER},
                       {"MADE", "made", CELL_TIME},
                       {"UNTIL", "until", CELL_TIME},
                       {"BY", "actor", CELL_TEXT},
                       {"NOTE", "note", CELL_TEXT},
                       {0}},
    .empty = "Nothing is reserved by hand.",
};

static const struct ctl_view reserved_view = {
    .sentence = "reservation {id}: {quantity} of {sku} in {warehouse}",
};

static const struct ctl_view released_view = {
    .sentence = "reservation {id} is over",
};

#define SWITCH(flag, text)                                                     \
    {                                                                          \
        .name = (flag), .type = CTL_SWITCH, .place = CTL_QUERY, .help = (text) \
    }

const struct ctl_verb ctl_verbs_orders[] = {
    {
        .name = "order list",
        .help = "Lists order lines, and why one has no effect yet.",
        .example = "stockctl order list --account ozon-main --held",
        .flags =
            PARAMETERS{
                {.name = "account",
                 .value = "NAME",
                 .place = CTL_QUERY,
                 .help = "only of this account"},
                {.name = "order",
                 .value = "ID",
                 .place = CTL_QUERY,
                 .help = "only of this order of the account"},
                {.name = "sku", .value = "SKU", .place = CTL_QUERY, .help = "only of this product"},
                {.name = "state",
                 .value = "STATE",
                 .place = CTL_QUERY,
                 .type = CTL_CHOICE,
                 .choices = "open|shipped|cancelled|returned",
                 .help = "only in this state"},
                SWITCH("held", "only those that could not be resolved yet"),
                SWITCH("open", "only those neither shipped nor over"),
                SWITCH("oversell", "only those sold without stock, by the marketplace's word"),
                {0}},
        .method = "GET",
        .path = "/v1/orders",
        .view = &orders_view,
    },
    {
        .name = "order return",
        .help = "Says that the pieces of an order line are back on your shelf.",
        .example = "stockctl order return ozon-main 0100000001-0001-1:500000001",
        .arguments = PARAMETERS{{.name = "ACCOUNT", .help = "the account", .required = true},
                                {.name = "LINE", .help = "the line's id", .required = true},
                                {0}},
        .method = "POST",
        .path = "/v1/orders/{ACCOUNT}/{LINE}/return",
        .view = &returned_view,
        .notes = "A marketplace's word that something was returned does not put it on the shelf: "
                 "you do, when you\nhave it in hand.",
    },
    {
        .name = "stock reserve",
        .help = "Promises pieces to somebody outside the marketplaces.",
        .example = "stockctl stock reserve A-1 3 --warehouse pp --for 2d --note 'for the fair'",
        .arguments = PARAMETERS{{.name = "SKU",
                                 .help = "the product's SKU",
                                 .place = CTL_BODY,
                                 .field = "sku",
                                 .required = true},
                                {.name = "PIECES",
                                 .help = "how many",
                                 .type = CTL_COUNT,
                                 .place = CTL_BODY,
                                 .field = "quantity",
                                 .required = true},
                                {0}},
        .flags =
            PARAMETERS{
                {.name = "warehouse",
                 .value = "NAME",
                 .place = CTL_BODY,
                 .required = true,
                 .help = "where they lie"},
                {.name = "for",
                 .value = "TIME",
                 .type = CTL_DURATION,
                 .place = CTL_BODY,
                 .field = "for_ms",
                 .help = "ends by itself after that (30m, 12h, 2d); otherwise it stays "
                         "until released"},
                {.name = "note", .value = "TEXT", .place = CTL_BODY, .help = "for whom, or why"},
                {0}},
        .method = "POST",
        .path = "/v1/reservations",
        .view = &reserved_view,
    },
    {
        .name = "stock release",
        .help = "Ends a reservation.",
        .example = "stockctl stock release 12",
        .arguments =
            PARAMETERS{{.name = "ID", .help = "the reservation's number", .required = true}, {0}},
        .method = "DELETE",
        .path = "/v1/reservations/{ID}",
        .view = &released_view,
    },
    {
        .name = "stock reservations",
        .help = "Lists what is reserved by hand.",
        .example = "stockctl stock reservations",
        .method = "GET",
        .path = "/v1/reservations",
        .view = &reservations_view,
    },
    {0},
};
