/* The verb about what happens, as it happens. */
#include "ctl/ctl.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

static const struct ctl_view events_view = {
    .rows = "items",
    .columns = COLUMNS{{"EVENT", "sequence", CELL_NUMBER},
                       {"TIME", "time", CELL_TIME},
                       {"WHAT", "command", CELL_TEXT},
                       {"BY", "actor", CELL_TEXT},
                       {0}},
    .empty = "Nothing has happened yet.",
};

const struct ctl_verb ctl_verbs_events[] = {
    {
        .name = "events",
        .help = "Shows what happened last, or what happens, as it happens.",
        .example = "stockctl events --follow",
        .flags = PARAMETERS{{.name = "follow",
                             .help = "go on until Ctrl-C: changes of stock, states of accounts, "
                                     "progress of runs",
                             .type = CTL_SWITCH,
                             .place = CTL_HERE},
                            {0}},
        .method = "GET",
        .path = "/v1/history?limit=20",
        .view = &events_view,
        .run = ctl_run_events,
        .notes = "'stockctl history' shows more of the past.",
    },
    {0},
};
