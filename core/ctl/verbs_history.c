/* Verbs about products that are one or change their name, about what happened, and about undoing
 * it. */
#include "ctl/ctl.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

static const struct ctl_view renamed_view = {.sentence = "{OLD} is called {sku} now."};
static const struct ctl_view merged_view = {.sentence = "{OTHER} is part of {SKU} now."};
static const struct ctl_view duplicates_view = {
    .rows = "items",
    .columns = COLUMNS{{"EQUAL", "why", CELL_TEXT},
                       {"VALUE", "value", CELL_TEXT},
                       {"PRODUCTS, THE OLDEST FIRST", "skus", CELL_TEXT},
                       {0}},
    .empty = "No two products seem to be one.",
};
static const struct ctl_view brands_view = {
    .rows = "items",
    .columns = COLUMNS{{"BRAND", "brand", CELL_TEXT}, {"PRODUCTS", "products", CELL_NUMBER}, {0}},
    .empty = "There are no products yet.",
};
static const struct ctl_view history_view = {
    .rows = "items",
    .columns = COLUMNS{{"NUMBER", "sequence", CELL_NUMBER},
                       {"TIME", "time", CELL_TIME},
                       {"WHAT", "command", CELL_TEXT},
                       {"BY", "actor", CELL_TEXT},
                       {"ABOUT", "about", CELL_TEXT},
                       {"OLD", "old", CELL_TEXT},
                       {"NEW", "new", CELL_TEXT},
                       {"IMPORT", "job", CELL_TEXT},
                       {"UNDONE BY", "undone_by", CELL_TEXT},
                       {0}},
    .empty = "Nothing of that kind has happened.",
};
static const struct ctl_view sends_view = {
    .rows = "items",
    .columns = COLUMNS{{"TIME", "ended", CELL_TIME},
                       {"ACCOUNT", "account", CELL_TEXT},
                       {"SKU", "sku", CELL_TEXT},
                       {"WAREHOUSE", "warehouse", CELL_TEXT},
                       {"BEFORE", "before", CELL_NUMBER},
                       {"VALUE", "value", CELL_NUMBER},
                       {"AFTER", "after", CELL_NUMBER},
                       {"RESULT", "result", CELL_WORD},
                       {"RUN", "run", CELL_TEXT},
                       {"CODE", "code", CELL_TEXT},
                       {"WHY", "text", CELL_TEXT},
                       {0}},
    .empty = "Nothing of that kind was sent.",
};
static const struct ctl_view obstacles_view = {
    .rows = "obstacles",
    .sentence = "In the way:",
    .columns = COLUMNS{{"SKU", "sku", CELL_TEXT}, {"WHAT", "text", CELL_TEXT}, {0}},
};
const struct ctl_view ctl_undo_plan_view = {
    .rows = "stock",
    .sentence = "Figures: {figures}, other changes: {others}, in the way: {in_the_way}.",
    .columns = COLUMNS{{"SKU", "sku", CELL_TEXT},
                       {"WAREHOUSE", "warehouse", CELL_TEXT},
                       {"WAS", "was.on_hand", CELL_NUMBER},
                       {"BECAME", "became.on_hand", CELL_NUMBER},
                       {"UNDOING ADDS", "by", CELL_NUMBER},
                       {0}},
    .also = &obstacles_view,
};
static const struct ctl_view undone_view = {
    .sentence = "Undone by command {sequence}: {figures} {figures:figure|figures}, {others} other "
                "{others:change|changes}."};

#define DRY_RUN                                                           \
    {                                                                     \
        .name = "dry-run", .type = CTL_SWITCH, .place = CTL_HERE,         \
        .help = "shows what it would do and what stands in its way, only" \
    }

const struct ctl_verb ctl_verbs_history[] = {
    {
        .name = "product rename",
        .help = "Gives a product another SKU; stock, past, listings and orders stay with it.",
        .example = "stockctl product rename A-1 LAMP-1",
        .arguments = PARAMETERS{{.name = "OLD", .help = "the SKU it has", .required = true},
                                {.name = "NEW",
                                 .help = "the SKU it gets",
                                 .place = CTL_BODY,
                                 .field = "to",
                                 .required = true},
                                {0}},
        .method = "POST",
        .path = "/v1/products/{OLD}/rename",
        .view = &renamed_view,
    },
    {
        .name = "product merge",
        .help = "Makes one product of two: the first stays, the other becomes part of it.",
        .example = "stockctl product merge A-1 a-1 --stock sum",
        .arguments = PARAMETERS{{.name = "SKU", .help = "the product that stays"},
                                {.name = "OTHER", .help = "the one that becomes part of it"},
                                {0}},
        .flags = PARAMETERS{{.name = "stock",
                             .value = "HOW",
                             .type = CTL_CHOICE,
                             .place = CTL_HERE,
                             .choices = "sum|keep",
                             .initial = "keep",
                             .help = "add the figures of both, or keep those of the first where "
                                     "it has one"},
                            {.name = "all-duplicates",
                             .type = CTL_SWITCH,
                             .place = CTL_HERE,
                             .help = "all that 'product duplicates' finds: shows what it would do"},
                            {.name = "apply",
                             .type = CTL_SWITCH,
                             .place = CTL_HERE,
                             .help = "with --all-duplicates: does it"},
                            {0}},
        .run = ctl_run_merge,
        .view = &merged_view,
        .notes = "Each merge can be undone: 'stockctl history --kind product' shows its number.",
    },
    {
        .name = "product duplicates",
        .help = "Lists products that are probably one: equal but for case and spaces, or with one "
                "barcode.",
        .example = "stockctl product duplicates",
        .method = "GET",
        .path = "/v1/duplicates",
        .view = &duplicates_view,
    },
    {
        .name = "product brands",
        .help = "Lists the brands, and how many products each has.",
        .example = "stockctl product brands",
        .method = "GET",
        .path = "/v1/brands",
        .view = &brands_view,
    },
    {
        .name = "listing import",
        .help = "Ties listings to products, or sets rules of products, by a CSV file.",
        .example = "stockctl listing import rules.csv --dry-run",
        .arguments =
            PARAMETERS{{.name = "FILE", .help = "the file; -: standard input", .required = true},
                       {0}},
        .flags = PARAMETERS{{.name = "dry-run",
                             .type = CTL_SWITCH,
                             .place = CTL_HERE,
                             .help = "rules: only say what would be changed, and what makes no "
                                     "sense"},
                            {0}},
        .run = ctl_run_links,
        .slow = true,
        .notes = "Ties: account, listing, sku; a row with an empty sku unties the listing.\n"
                 "Rules: a first row that names sku and any of account, mode, buffer, cap, min, "
                 "pack\nand velocity (see 'stockctl listing set'). No account: everywhere. An "
                 "empty cell\nleaves what is there, 'none' forgets it. When a row makes no sense, "
                 "none is set.",
    },
    {
        .name = "conflict resolve",
        .help = "Says what a listing in conflict shows.",
        .example = "stockctl conflict resolve ozon-main 148313766 A-1",
        .arguments = PARAMETERS{{.name = "ACCOUNT", .help = "the account", .required = true},
                                {.name = "LISTING", .help = "the listing's id", .required = true},
                                {.name = "SKU", .help = "the product it shows"},
                                {0}},
        .flags = PARAMETERS{{.name = "none",
                             .type = CTL_SWITCH,
                             .place = CTL_HERE,
                             .help = "it shows none, and is not asked about again"},
                            {0}},
        .run = ctl_run_resolve,
    },
    {
        .name = "history",
        .help = "Lists what happened, the newest first.",
        .example = "stockctl history A-1 --since 2026-09-01T00:00:00Z",
        .arguments = PARAMETERS{{.name = "SKU",
                                 .help = "only what happened to this product",
                                 .place = CTL_QUERY,
                                 .field = "sku"},
                                {0}},
        .flags =
            PARAMETERS{
                {.name = "kind",
                 .value = "KIND",
                 .type = CTL_CHOICE,
                 .place = CTL_QUERY,
                 .choices = "stock|transfer|order|import|product|mapping|undo|"
                            "setting|push|other",
                 .help = "only of this kind"},
                {.name = "actor",
                 .value = "WHO",
                 .place = CTL_QUERY,
                 .help = "only by this one: uid:1000, an account ..."},
                {.name = "account",
                 .value = "A",
                 .place = CTL_QUERY,
                 .help = "only by or about this account"},
                {.name = "warehouse",
                 .value = "W",
                 .place = CTL_QUERY,
                 .help = "only changes of figures there, of it and of its links"},
                {.name = "since",
                 .value = "TIME",
                 .place = CTL_QUERY,
                 .help = "not before this time"},
                {.name = "until", .value = "TIME", .place = CTL_QUERY, .help = "before this time"},
                {.name = "of-import",
                 .field = "job",
                 .value = "NUMBER",
                 .type = CTL_COUNT,
                 .place = CTL_QUERY,
                 .help = "only by this import"},
                {.name = "limit",
                 .value = "N",
                 .type = CTL_COUNT,
                 .place = CTL_HERE,
                 .help = "so many at most; 0: all. 100 unless --json"},
                {0}},
        .method = "GET",
        .path = "/v1/history",
        .run = ctl_run_history,
        .view = &history_view,
    },
    {
        .name = "sends",
        .help = "Lists what was sent to marketplaces, the newest first, and what became of it.",
        .example = "stockctl sends A-1 --result rejected",
        .arguments =
            PARAMETERS{
                {.name = "SKU", .help = "only of this product", .place = CTL_QUERY, .field = "sku"},
                {0}},
        .flags =
            PARAMETERS{
                {.name = "account",
                 .value = "A",
                 .place = CTL_QUERY,
                 .help = "only to this account"},
                {.name = "result",
                 .value = "R",
                 .type = CTL_CHOICE,
                 .place = CTL_QUERY,
                 .choices = "done|equal|unresolved|failed|rejected|not-sent",
                 .help = "only with this result"},
                {.name = "since",
                 .value = "TIME",
                 .place = CTL_QUERY,
                 .help = "not before this time: 2026-09-21T14:30:00Z"},
                {.name = "until", .value = "TIME", .place = CTL_QUERY, .help = "before this time"},
                {.name = "run",
                 .value = "RUN",
                 .place = CTL_QUERY,
                 .help = "only while this push went on, of what it is about"},
                {.name = "limit",
                 .value = "N",
                 .type = CTL_COUNT,
                 .place = CTL_HERE,
                 .help = "so many at most; 0: all. 100 unless --json"},
                {0}},
        .method = "GET",
        .path = "/v1/sends",
        .run = ctl_run_newest,
        .view = &sends_view,
        .notes =
            "BEFORE and AFTER are what the marketplace showed, as far as that was known. Result "
            "'equal': the figure was\nthere already, and nothing was sent.",
    },
    {
        .name = "undo plan",
        .help = "Undoes what a plan did that the guard held and somebody applied.",
        .example = "stockctl undo plan p1f0c2a9be410",
        .arguments = PARAMETERS{{.name = "ID", .help = "the plan's id", .required = true}, {0}},
        .flags = PARAMETERS{DRY_RUN, {0}},
        .run = ctl_run_undo_plan,
        .view = &undone_view,
        .slow = true,
        .notes = "A plan that made an account live, or let figures go, changed nothing here: undo "
                 "the changes of stock instead.",
    },
    {
        .name = "undo",
        .help = "Undoes a change of stock, an import, an edit, a rename, a delete, a merge or a "
                "mapping.",
        .example = "stockctl undo 882 --dry-run",
        .arguments = PARAMETERS{{.name = "NUMBER",
                                 .help = "of the history; with --import that of an import",
                                 .type = CTL_COUNT,
                                 .place = CTL_HERE,
                                 .required = true},
                                {0}},
        .flags = PARAMETERS{{.name = "import",
                             .type = CTL_SWITCH,
                             .place = CTL_HERE,
                             .help = "the number is that of an import"},
                            DRY_RUN,
                            {0}},
        .run = ctl_run_undo,
        .view = &undone_view,
        .slow = true,
        .notes = "Stock is undone as a difference: what was sold since stays sold. Refused when a "
                 "later figure, or a later change of the same field, stands in the way.",
    },
    {0},
};
