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
                       {"STATE", "state", CELL_WORD},
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

static const struct ctl_view history_view = {
    .rows = "items",
    .columns = COLUMNS{{"TIME", "time", CELL_TIME},
                       {"WAREHOUSE", "warehouse", CELL_TEXT},
                       {"CAUSE", "cause", CELL_TEXT},
                       {"BEFORE", "before.on_hand", CELL_NUMBER},
                       {"AFTER", "after.on_hand", CELL_NUMBER},
                       {"RESERVED", "after.reserved", CELL_NUMBER},
                       {"BY", "actor", CELL_TEXT},
                       {0}},
    .empty = "Nothing has happened to {SKU} yet.",
};

static const struct ctl_view mirrors_view = {
    .rows = "items",
    .columns = COLUMNS{{"MIRROR", "name", CELL_TEXT},
                       {"ACCOUNT", "account", CELL_TEXT},
                       {"THERE", "last.source.remote", CELL_TEXT},
                       {"WAREHOUSE", "warehouse", CELL_TEXT},
                       {"LAST", "last.started", CELL_AGE},
                       {"RESULT", "last.state", CELL_WORD},
                       {"ROWS", "last.rows", CELL_NUMBER},
                       {"CHANGED", "last.changed", CELL_NUMBER},
                       {"REFUSED", "last.refused", CELL_NUMBER},
                       {"NEXT", "next", CELL_TIME},
                       {"WHY", "last.detail", CELL_TEXT},
                       {0}},
    .empty = "There are no mirrors; they are declared in conf.d, under 'mirrors'.",
};
static const struct ctl_view imports_view = {
    .rows = "items",
    .columns = COLUMNS{{"IMPORT", "job", CELL_NUMBER},
                       {"STATE", "state", CELL_WORD},
                       {"ROWS", "rows", CELL_NUMBER},
                       {"CHANGED", "changed", CELL_NUMBER},
                       {"REFUSED", "refused", CELL_NUMBER},
                       {"STARTED", "started", CELL_TIME},
                       {"FILE", "name", CELL_TEXT},
                       {"WHY", "detail", CELL_TEXT},
                       {0}},
    .empty = "Nothing was imported yet.",
};
static const struct ctl_view import_view = {
    .columns = COLUMNS{{"Import", "job", CELL_TEXT},
                       {"State", "state", CELL_WORD},
                       {"Why", "detail", CELL_TEXT},
                       {"File", "name", CELL_TEXT},
                       {"By", "actor", CELL_TEXT},
                       {"Started", "started", CELL_TIME},
                       {"Ended", "ended", CELL_TIME},
                       {"Rows", "rows", CELL_TEXT},
                       {"Changed", "changed", CELL_TEXT},
                       {"Were so", "same", CELL_TEXT},
                       {"Refused", "refused", CELL_TEXT},
                       {"Left out", "left", CELL_TEXT},
                       {"Products created", "created", CELL_TEXT},
                       {"Read as", "found", CELL_TEXT},
                       {0}},
};
static const struct ctl_view refused_view = {
    .rows = "items",
    .columns = COLUMNS{{"LINE", "line", CELL_NUMBER},
                       {"COLUMN", "column", CELL_NUMBER},
                       {"WHY", "detail", CELL_TEXT},
                       {0}},
    .empty = "No row of import {IMPORT} was refused.",
};
static const struct ctl_view cancelled_view = {
    .sentence = "Import {IMPORT} ends at its next chunk; what was applied stays."};

static const struct ctl_view stock_list_view = {
    .rows = "items",
    .columns = COLUMNS{{"SKU", "sku", CELL_TEXT},
                       {"WAREHOUSE", "warehouse", CELL_TEXT},
                       {"ON HAND", "on_hand", CELL_NUMBER},
                       {"RESERVED", "reserved", CELL_NUMBER},
                       {"AVAILABLE", "available", CELL_NUMBER},
                       {"CHANGED", "changed", CELL_TIME},
                       {0}},
    .empty = "No figure was ever given.",
};

#define IMPORT                                                            \
    {                                                                     \
        .name = "IMPORT", .help = "the import's number", .required = true \
    }

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
                            {.name = "at",
                             .value = "TIME",
                             .place = CTL_QUERY,
                             .help = "as it was then: 2026-09-21T14:30:00Z"},
                            {0}},
        .method = "GET",
        .path = "/v1/stock/{SKU}",
        .view = &stock_view,
    },
    {
        .name = "stock list",
        .help = "Lists the counted figures of all products, now or as they were.",
        .example = "stockctl stock list --at 2026-09-21T14:30:00Z",
        .flags = PARAMETERS{{.name = "at",
                             .value = "TIME",
                             .place = CTL_QUERY,
                             .help = "as they were then: 2026-09-21T14:30:00Z"},
                            {.name = "warehouse",
                             .value = "W",
                             .place = CTL_QUERY,
                             .help = "only in this warehouse"},
                            {.name = "prefix",
                             .value = "TEXT",
                             .place = CTL_QUERY,
                             .help = "only SKUs that begin so"},
                            {0}},
        .method = "GET",
        .path = "/v1/stock",
        .view = &stock_list_view,
        .notes =
            "As they were: by the ledger, which is kept entry by entry for 90 days; of products "
            "that are there now.",
    },
    {
        .name = "stock history",
        .help = "Shows what happened to a product's stock, the newest first.",
        .example = "stockctl stock history A-1 --warehouse pp",
        .arguments = PARAMETERS{SKU, {0}},
        .flags = PARAMETERS{{.name = "warehouse",
                             .value = "W",
                             .place = CTL_QUERY,
                             .help = "only in this warehouse"},
                            {0}},
        .method = "GET",
        .path = "/v1/stock/{SKU}/history",
        .view = &history_view,
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
                            {.name = "create",
                             .type = CTL_SWITCH,
                             .place = CTL_QUERY,
                             .help = "make products of SKUs that there are none of yet"},
                            {.name = "cause",
                             .type = CTL_CHOICE,
                             .place = CTL_QUERY,
                             .value = "CAUSE",
                             .choices = "import|count|receipt",
                             .initial = "import",
                             .help = "why, for the ledger"},
                            {.name = "separator",
                             .type = CTL_CHOICE,
                             .place = CTL_QUERY,
                             .value = "SEPARATOR",
                             .choices = "comma|semicolon|tab|bar",
                             .help = "between columns; found by itself"},
                            {.name = "column",
                             .type = CTL_PAIRS,
                             .place = CTL_QUERY,
                             .value = "NAME=TITLE",
                             .help = "which column is the sku, barcode, warehouse or quantity: its "
                                     "title, or #3"},
                            {.name = "encoding",
                             .type = CTL_CHOICE,
                             .place = CTL_QUERY,
                             .value = "ENCODING",
                             .choices = "utf-8|utf-16le|utf-16be|windows-1251|windows-1252",
                             .help = "of the file; found by itself, or refused when in doubt"},
                            {0}},
        .method = "POST",
        .path = "/v1/imports",
        .run = ctl_run_import,
        .notes =
            "The file has the columns sku, warehouse and quantity (also артикул, склад, "
            "остаток; barcode or штрихкод\ninstead of an SKU), by name in its first line or in "
            "this order. Which column is meant can be said, by title or by\nnumber: --column "
            "sku=Артикул --column quantity='#3'. Encoding and separator are found and said; "
            "a\nfile "
            "that leaves a doubt is refused. Rows that make no sense are listed with their line "
            "and column and\nleft out; the exit code is then 4. "
            "Products the file does not name stay as they are. A SKU that\nis no product is "
            "refused, unless --create is given; one named twice with different figures is\n"
            "refused both times.",
    },
    {
        .name = "import",
        .help = "Takes the stock of a warehouse from a marketplace.",
        .example = "stockctl import --from ozon-main:1020005000 --to pp --dry-run",
        .flags = PARAMETERS{{.name = "from",
                             .value = "ACCOUNT[:ID]",
                             .place = CTL_HERE,
                             .required = true,
                             .help = "the account, and the id of its warehouse if it has several"},
                            {.name = "to",
                             .value = "W",
                             .place = CTL_HERE,
                             .required = true,
                             .help = "the warehouse here whose figures are set"},
                            {.name = "dry-run",
                             .type = CTL_SWITCH,
                             .place = CTL_HERE,
                             .help = "only show what it would come to"},
                            {.name = "add",
                             .type = CTL_SWITCH,
                             .place = CTL_HERE,
                             .help = "add to what is there instead of replacing it"},
                            {.name = "absent",
                             .type = CTL_CHOICE,
                             .place = CTL_HERE,
                             .value = "WHAT",
                             .choices = "keep|zero",
                             .initial = "keep",
                             .help = "products that the account does not list there"},
                            {.name = "create",
                             .type = CTL_SWITCH,
                             .place = CTL_HERE,
                             .help = "make products of listings that are tied to none"},
                            {.name = "show",
                             .type = CTL_CHOICE,
                             .place = CTL_HERE,
                             .value = "BUCKET",
                             .choices = "changed|unchanged|unmatched|conflicting|refused|absent",
                             .help = "list the rows of one kind, too"},
                            {.name = "csv",
                             .type = CTL_SWITCH,
                             .place = CTL_HERE,
                             .help = "with --show: as CSV, and nothing else on standard output"},
                            {.name = "yes",
                             .type = CTL_SWITCH,
                             .place = CTL_HERE,
                             .help = "do not show it first and ask"},
                            {0}},
        .method = "POST",
        .path = "/v1/imports/from-account",
        .run = ctl_run_from_account,
        .notes =
            "Orders are read first, then the stock of that one warehouse to its end; on hand "
            "becomes what is\navailable there and what its open orders have "
            "promised. Products that it does not\nlist stay as they are, other warehouses too. "
            "What would change too much is held as a plan\n('stockctl plan'). 'stockctl undo N "
            "--import' takes it back.",
    },
    {
        .name = "mirror list",
        .help = "Lists the mirrors of conf.d: accounts that feed a warehouse on a schedule.",
        .example = "stockctl mirror list",
        .method = "GET",
        .path = "/v1/mirrors",
        .view = &mirrors_view,
    },
    {
        .name = "mirror run",
        .help = "Takes the figures of a mirror now.",
        .example = "stockctl mirror run ozon-stock",
        .arguments =
            PARAMETERS{{.name = "NAME", .help = "as conf.d calls it", .required = true}, {0}},
        .method = "POST",
        .path = "/v1/mirrors/{NAME}/run",
        .run = ctl_run_mirror,
        .notes = "Runs also while it is switched off (enabled: no), or held: what it would change "
                 "too much is held anew.",
    },
    {
        .name = "import list",
        .help = "Lists imports, the newest first.",
        .example = "stockctl import list",
        .method = "GET",
        .path = "/v1/imports",
        .view = &imports_view,
    },
    {
        .name = "import show",
        .help = "Shows one import.",
        .example = "stockctl import show 12",
        .arguments = PARAMETERS{IMPORT, {0}},
        .method = "GET",
        .path = "/v1/imports/{IMPORT}",
        .view = &import_view,
    },
    {
        .name = "import refused",
        .help =
            "Lists the rows of an import that were refused, or left out when its plan was applied.",
        .example = "stockctl import refused 12",
        .arguments = PARAMETERS{IMPORT, {0}},
        .method = "GET",
        .path = "/v1/imports/{IMPORT}/refused",
        .view = &refused_view,
    },
    {
        .name = "import cancel",
        .help = "Ends an import; what was applied stays.",
        .example = "stockctl import cancel 12",
        .arguments = PARAMETERS{IMPORT, {0}},
        .method = "POST",
        .path = "/v1/imports/{IMPORT}/cancel",
        .view = &cancelled_view,
    },
    {0},
};
