/* Verbs about hooks: what shops of one's own tell by signed requests. */
#include "ctl/ctl.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

static const struct ctl_view problems_view = {
    .rows = "problems",
    .columns = COLUMNS{{"HOOK", "name", CELL_TEXT},
                       {"FAILED", "failed", CELL_TIME},
                       {"WHY", "said", CELL_TEXT},
                       {0}},
};
static const struct ctl_view hooks_view = {
    .rows = "items",
    .columns = COLUMNS{{"HOOK", "name", CELL_TEXT},
                       {"KIND", "kind", CELL_TEXT},
                       {"MODE", "mode", CELL_TEXT},
                       {"WAREHOUSE", "warehouse", CELL_TEXT},
                       {"LAST", "last", CELL_TIME},
                       {"DELIVERIES", "deliveries", CELL_NUMBER},
                       {"ROWS", "applied", CELL_NUMBER},
                       {"ROWS REFUSED", "refused_rows", CELL_NUMBER},
                       {"REPEATED", "repeated", CELL_NUMBER},
                       {"HELD", "held", CELL_NUMBER},
                       {"REFUSED", "refused", CELL_NUMBER},
                       {"UNSIGNED", "unsigned", CELL_NUMBER},
                       {0}},
    .empty = "There is no hook: write one below 'hooks:' in conf.d.",
    .also = &problems_view,
};
static const struct ctl_view sealed_view = {
    .sentence = "The secret is sealed. Write into conf.d, below 'hooks: {HOOK}:'\n"
                "    secret: {reference}\n"
                "then run 'stockctl reload'.",
};

const struct ctl_verb ctl_verbs_hooks[] = {
    {
        .name = "hook list",
        .help = "Lists what shops may tell, what they told, and what was refused last.",
        .example = "stockctl hook list",
        .method = "GET",
        .path = "/v1/hooks",
        .view = &hooks_view,
        .run = ctl_run_hook_list,
        .notes =
            "DELIVERIES, ROWS and ROWS REFUSED are of all time; the counts behind them are since "
            "the daemon\nbegan. UNSIGNED: with no signature or a wrong one.",
    },
    {
        .name = "hook test",
        .help = "Shows a curl command with a delivery that is signed and does nothing.",
        .example = "stockctl hook test site | sh",
        .arguments = PARAMETERS{{.name = "HOOK", .help = "its name", .required = true}, {0}},
        .flags = PARAMETERS{{.name = "body",
                             .help = "sign what this file holds instead; -: standard input",
                             .place = CTL_HERE,
                             .value = "FILE"},
                            {.name = "url",
                             .help = "where it goes to: the address before /v1 (default: where the "
                                     "daemon listens)",
                             .place = CTL_HERE,
                             .value = "URL"},
                            {0}},
        .method = "POST",
        .path = "/v1/hooks/{HOOK}/sample",
        .run = ctl_run_hook_test,
        .notes =
            "The daemon signs it: the secret is not shown, and stands in no history of a shell. "
            "The signature\nis good for this body and the hook's window. With --body what it "
            "says is done when it is sent.",
    },
    {
        .name = "hook secret",
        .help = "Seals the secret of a hook, read from standard input, for use in conf.d.",
        .example = "stockctl hook secret site",
        .arguments = PARAMETERS{{.name = "HOOK", .help = "its name", .required = true}, {0}},
        .method = "PUT",
        .path = "/v1/hooks/{HOOK}/secret",
        .view = &sealed_view,
        .run = ctl_run_secret,
        .notes =
            "A new one: 'openssl rand -hex 32 | tee FILE | stockctl hook secret site'; the shop "
            "gets what FILE holds.",
    },
    {0},
};
