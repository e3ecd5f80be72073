/* Verbs about what would be sent, and what the guard holds. */
#include "ctl/ctl.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

static const struct ctl_view plans_view = {
    .rows = "items",
    .columns = COLUMNS{{"PLAN", "id", CELL_TEXT},
                       {"COMMAND", "command", CELL_TEXT},
                       {"IMPORT", "job", CELL_TEXT},
                       {"BY", "actor", CELL_TEXT},
                       {"SINCE", "created", CELL_TIME},
                       {"CHANGES", "changes", CELL_NUMBER},
                       {"TO 0", "zeroed", CELL_NUMBER},
                       {"WHY", "reason", CELL_TEXT},
                       {0}},
    .empty = "Nothing is held.",
};
static const struct ctl_view applied_view = {
    .sentence =
        "{plan} is applied: {changes} {changes:figure is|figures are} changed, {left} {left:was|"
        "were} changed since and left out.",
};
static const struct ctl_view dropped_view = {.sentence = "{plan} is dropped; nothing was changed."};

#define CSV                                                                    \
    {                                                                          \
        .name = "csv", .type = CTL_SWITCH, .place = CTL_HERE, .help = "as CSV" \
    }

const struct ctl_verb ctl_verbs_plans[] = {
    {
        .name = "plan",
        .help = "Shows what would be sent now, per account.",
        .example = "stockctl plan --account ozon-main --rows",
        .flags =
            PARAMETERS{
                {.name = "account",
                 .value = "A",
                 .place = CTL_BODY,
                 .help = "only to this account"},
                {.name = "rows", .type = CTL_SWITCH, .place = CTL_HERE, .help = "figure by figure"},
                {.name = "bucket",
                 .value = "BUCKET",
                 .type = CTL_CHOICE,
                 .choices = "raise|lower|zero|unchanged|off|rejected|held|unmapped",
                 .place = CTL_HERE,
                 .help = "only the rows of this bucket (implies --rows)"},
                CSV,
                {0}},
        .method = "POST",
        .path = "/v1/plans",
        .run = ctl_run_plan,
        .slow = true,
        .notes = "A new account sends nothing until its first plan was applied: 'stockctl apply' "
                 "with the id shown. What\nwas changed after the plan by more than orders is left "
                 "out then.",
    },
    {
        .name = "plan list",
        .help = "Lists what the guard holds.",
        .example = "stockctl plan list",
        .method = "GET",
        .path = "/v1/plans",
        .view = &plans_view,
    },
    {
        .name = "plan show",
        .help = "Shows one plan and its figures.",
        .example = "stockctl plan show p1f0c2a9be410",
        .arguments = PARAMETERS{{.name = "ID", .help = "its id", .required = true}, {0}},
        .flags = PARAMETERS{CSV, {0}},
        .method = "GET",
        .path = "/v1/plans/{ID}",
        .run = ctl_run_plan_show,
    },
    {
        .name = "apply",
        .help = "Does what is held, or sends the plan of a new account.",
        .example = "stockctl apply p1f0c2a9be410",
        .arguments = PARAMETERS{{.name = "ID", .help = "the plan's id", .required = true}, {0}},
        .method = "POST",
        .path = "/v1/plans/{ID}/apply",
        .run = ctl_run_apply,
        .view = &applied_view,
        .notes = "Refused when the stock of its products was changed since by more than orders. A "
                 "held import goes on with\nthe rows for which that is not so, and refuses the "
                 "others.",
    },
    {
        .name = "drop",
        .help = "Forgets what is held; nothing was changed.",
        .example = "stockctl drop p1f0c2a9be410",
        .arguments = PARAMETERS{{.name = "ID", .help = "the plan's id", .required = true}, {0}},
        .method = "POST",
        .path = "/v1/plans/{ID}/drop",
        .view = &dropped_view,
    },
    {0},
};
