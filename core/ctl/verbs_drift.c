/* Verbs about drift: what is shown and should not be, and reading it again. */
#include "ctl/ctl.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

static const struct ctl_view drift_view = {
    .rows = "items",
    .columns = COLUMNS{{"SKU", "sku", CELL_TEXT},
                       {"ACCOUNT", "account", CELL_TEXT},
                       {"LISTING", "listing", CELL_TEXT},
                       {"WAREHOUSE", "warehouse", CELL_TEXT},
                       {"EXPECTED", "expected", CELL_NUMBER},
                       {"OBSERVED", "observed", CELL_NUMBER},
                       {"READ", "read", CELL_TIME},
                       {"WHY", "code", CELL_WORD},
                       {"WHAT WAS DONE", "what", CELL_TEXT},
                       {"OVER", "end", CELL_WORD},
                       {0}},
    .empty = "Every figure that was read is as it should be.",
};
static const struct ctl_view resolved_view = {
    .sentence =
        "Our figure is sent again to {targets} {targets:place|places} of {LISTING} of {ACCOUNT}."};

const struct ctl_verb ctl_verbs_drift[] = {
    {
        .name = "drift",
        .help = "Lists figures that were read and are not what should be there, and what was done.",
        .example = "stockctl drift --account ozon-main",
        .flags =
            PARAMETERS{
                {.name = "account",
                 .value = "A",
                 .place = CTL_QUERY,
                 .help = "only of this account"},
                {.name = "sku", .value = "SKU", .place = CTL_QUERY, .help = "only of this product"},
                {.name = "open",
                 .type = CTL_SWITCH,
                 .place = CTL_HERE,
                 .help = "only those that are not over; it is so without it"},
                {.name = "all",
                 .type = CTL_SWITCH,
                 .place = CTL_QUERY,
                 .help = "also those that are over, the newest first"},
                {0}},
        .method = "GET",
        .path = "/v1/drift",
        .view = &drift_view,
        .notes = "Higher than expected is repaired at once. Lower is an order, most likely: orders "
                 "are read first, or, with\n'orders: external', your own system has 26 hours to "
                 "say so. Who keeps overwriting is named, and not fought.",
    },
    {
        .name = "drift resolve",
        .help = "Says that our figure is right: it is sent again, whoever wrote another.",
        .example = "stockctl drift resolve ozon-main 500000001",
        .arguments = PARAMETERS{{.name = "ACCOUNT", .help = "the account", .required = true},
                                {.name = "LISTING", .help = "the listing's id", .required = true},
                                {.name = "REMOTE",
                                 .help = "only in this warehouse of the account",
                                 .place = CTL_BODY,
                                 .field = "warehouse"},
                                {0}},
        .method = "POST",
        .path = "/v1/drift/{ACCOUNT}/{LISTING}/resolve",
        .view = &resolved_view,
        .notes = "What was held because somebody kept overwriting it goes on. Stop them first, or "
                 "it is held again after\nthree repairs within a day.",
    },
    {
        .name = "verify",
        .help = "Reads what the marketplaces show now, and compares it with what should be there.",
        .example = "stockctl verify ozon-main --follow",
        .arguments = PARAMETERS{{.name = "ACCOUNT", .help = "the account; without it all"}, {0}},
        .flags =
            PARAMETERS{
                {.name = "sku", .value = "SKU", .place = CTL_HERE, .help = "only this product"},
                {.name = "follow",
                 .type = CTL_SWITCH,
                 .place = CTL_HERE,
                 .help = "wait for its end"},
                {0}},
        .method = "POST",
        .path = "/v1/verify",
        .run = ctl_run_verify_stock,
        .notes = "It is done by itself twice an hour. 'stockctl drift' shows what it found.",
    },
    {0},
};
