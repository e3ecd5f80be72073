/* Verbs about how products are shown, and why a figure is what it is. */
#include "ctl/ctl.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

static const struct ctl_view rules_view = {
    .rows = "items",
    .columns = COLUMNS{{"SKU", "sku", CELL_TEXT},
                       {"ACCOUNT", "account", CELL_TEXT},
                       {"SWITCH", "mode", CELL_TEXT},
                       {"BUFFER", "buffer", CELL_NUMBER},
                       {"CAP", "cap", CELL_NUMBER},
                       {"MIN", "min", CELL_NUMBER},
                       {"PACK", "pack", CELL_NUMBER},
                       {"VELOCITY", "velocity", CELL_TEXT},
                       {"SINCE", "since", CELL_TIME},
                       {0}},
    .empty = "There are no such rules: figures are shown as they are.",
};
static const struct ctl_view rule_set_view = {
    .sentence = "Set. What applies now:",
    .same = "It was so already. What applies:",
    .columns = COLUMNS{{"SKU", "sku", CELL_TEXT},
                       {"Account", "account", CELL_TEXT},
                       {"Switch", "applies.mode", CELL_TEXT},
                       {"Buffer", "applies.buffer", CELL_TEXT},
                       {"Cap", "applies.cap", CELL_TEXT},
                       {"Min", "applies.min", CELL_TEXT},
                       {"Pack", "applies.pack", CELL_TEXT},
                       {"Velocity", "applies.velocity", CELL_TEXT},
                       {0}},
};

static const struct ctl_view exposure_view = {
    .rows = "items",
    .columns = COLUMNS{{"SKU", "sku", CELL_TEXT},
                       {"ACCOUNT", "account", CELL_TEXT},
                       {"EXPOSURE", "exposure", CELL_TEXT},
                       {"SOLD", "sold", CELL_NUMBER},
                       {"KNOWN", "known", CELL_TEXT},
                       {"SHOWN AFTER", "after", CELL_TEXT},
                       {"KEPT BACK", "buffer", CELL_NUMBER},
                       {"SHOWN", "shown", CELL_NUMBER},
                       {0}},
    .empty = "Nothing is exposed: no product sells in two places so fast that it shows.",
};

const struct ctl_verb ctl_verbs_rules[] = {
    {
        .name = "listing set",
        .help = "Says how a product is shown: everywhere, or at one account.",
        .example = "stockctl listing set A-1 ozon-main buffer=2 cap=50",
        .arguments = PARAMETERS{{.name = "SKU", .help = "the product", .required = true},
                                {.name = "[ACCOUNT] WORD",
                                 .type = CTL_LIST,
                                 .place = CTL_HERE,
                                 .required = true,
                                 .help = "an account, if not everywhere; then one or several of "
                                         "the words below"},
                                {0}},
        .run = ctl_run_rule_set,
        .view = &rule_set_view,
        .notes =
            "Words:\n"
            "  off         nothing is sent any more, not even 0: what is shown there stays\n"
            "  off=zero    0 is shown\n"
            "  up-only     only increases are sent\n"
            "  down-only   only decreases are sent\n"
            "  on          none of these\n"
            "  buffer=N    so many packs are kept back\n"
            "  cap=N       never more than N packs are shown\n"
            "  min=N       fewer than N packs are shown as 0\n"
            "  pack=N      the marketplace sells packs of N pieces; orders known by now keep\n"
            "              theirs\n"
            "  velocity=DAYSxFACTOR\n"
            "              so much of what sold in so many days is kept back too: 7x0.5\n"
            "An empty value forgets what was said: buffer= or buffer=none; mode= forgets off and\n"
            "the like. What is said for an account counts before what is said for everywhere,\n"
            "word by word. A change is sent at once; 'stockctl explain' shows what it makes.",
    },
    {
        .name = "listing rules",
        .help = "Lists what was said of how products are shown.",
        .example = "stockctl listing rules A-1",
        .arguments =
            PARAMETERS{
                {.name = "SKU", .help = "only of this product", .place = CTL_QUERY, .field = "sku"},
                {0}},
        .flags = PARAMETERS{{.name = "account",
                             .value = "A",
                             .place = CTL_QUERY,
                             .help = "only what is said for this account"},
                            {0}},
        .method = "GET",
        .path = "/v1/rules",
        .view = &rules_view,
    },
    {
        .name = "explain",
        .help = "Says why a product shows what it shows, and why something is not there yet.",
        .example = "stockctl explain A-1 --account ozon-main",
        .arguments = PARAMETERS{{.name = "SKU", .help = "the product", .required = true}, {0}},
        .flags = PARAMETERS{{.name = "account",
                             .value = "A",
                             .place = CTL_QUERY,
                             .help = "only at this account"},
                            {0}},
        .method = "GET",
        .path = "/v1/explain/{SKU}",
        .run = ctl_run_explain,
        .notes = "Steps that change nothing are left out; --json has them all.",
    },
    {
        .name = "exposure",
        .help = "Lists how many pieces may be sold that are sold already, the worst first.",
        .example = "stockctl exposure --account ozon-main --limit 20",
        .flags = PARAMETERS{{.name = "account",
                             .value = "A",
                             .place = CTL_QUERY,
                             .help = "only at this account"},
                            {.name = "limit",
                             .value = "N",
                             .type = CTL_COUNT,
                             .place = CTL_QUERY,
                             .help = "at most so many (default 100)"},
                            {0}},
        .method = "GET",
        .path = "/v1/exposure",
        .view = &exposure_view,
        .run = ctl_run_exposure,
        .notes =
            "EXPOSURE = SOLD in 7 days elsewhere, over that time, x (KNOWN + SHOWN AFTER) - "
            "KEPT BACK, in pieces.\nKNOWN: until an order elsewhere is known here; SHOWN AFTER: "
            "until the account shows it.",
    },
    {0},
};
