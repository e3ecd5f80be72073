/* Verbs about alerts: what is wrong, and who is told. */
#include "ctl/ctl.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

static const struct ctl_view alerts_view = {
    .rows = "items",
    .columns = COLUMNS{{"ID", "id", CELL_NUMBER},
                       {"SEVERITY", "severity", CELL_WORD},
                       {"RULE", "rule", CELL_TEXT},
                       {"SINCE", "opened", CELL_TIME},
                       {"STATE", "state", CELL_WORD},
                       {"WHAT", "text", CELL_TEXT},
                       {0}},
    .empty = "Nothing is wrong.",
};
static const struct ctl_view channels_view = {
    .rows = "items",
    .columns = COLUMNS{{"CHANNEL", "name", CELL_TEXT},
                       {"TYPE", "type", CELL_TEXT},
                       {"FROM", "least", CELL_TEXT},
                       {"TOLD", "told", CELL_TIME},
                       {"FAILED", "failed", CELL_TIME},
                       {"LAST ANSWER", "said", CELL_TEXT},
                       {0}},
    .empty = "Nobody is told: write a channel below 'alerts: channels:' in conf.d.",
};
static const struct ctl_view sealed_view = {
    .sentence = "The secret is sealed. Write into conf.d, below 'alerts: channels: {CHANNEL}:'\n"
                "    {option}: {reference}\n"
                "then run 'stockctl reload'.",
};
static const struct ctl_view acked_view = {
    .sentence = "Alert {ID} is known; it is told again only when it is over."};

const struct ctl_verb ctl_verbs_alerts[] = {
    {
        .name = "alert list",
        .help = "Lists what is wrong, the newest first.",
        .example = "stockctl alert list --all",
        .flags = PARAMETERS{{.name = "all",
                             .type = CTL_SWITCH,
                             .place = CTL_QUERY,
                             .help = "also what is over"},
                            {0}},
        .method = "GET",
        .path = "/v1/alerts",
        .view = &alerts_view,
        .spoken = true,
    },
    {
        .name = "alert channels",
        .help = "Lists where alerts are told, and how that went.",
        .example = "stockctl alert channels",
        .method = "GET",
        .path = "/v1/alerts/channels",
        .view = &channels_view,
    },
    {
        .name = "alert test",
        .help = "Sends a test message now, and says what the other side answered.",
        .example = "stockctl alert test phone",
        .arguments = PARAMETERS{{.name = "CHANNEL",
                                 .help = "the channel; without it all",
                                 .place = CTL_BODY,
                                 .field = "channel"},
                                {0}},
        .method = "POST",
        .path = "/v1/alerts/test",
        .run = ctl_run_alert_test,
        .slow = true,
        .notes = "Exit code 1 when a message was not taken. Quiet hours do not matter.",
    },
    {
        .name = "alert secret",
        .help = "Seals a secret of a channel, read from standard input, for use in conf.d.",
        .example = "stockctl alert secret phone token",
        .arguments = PARAMETERS{{.name = "CHANNEL", .help = "the channel's name", .required = true},
                                {.name = "OPTION",
                                 .help = "token (telegram), password (email) or secret (webhook)",
                                 .type = CTL_CHOICE,
                                 .choices = "token|password|secret",
                                 .required = true},
                                {0}},
        .method = "PUT",
        .path = "/v1/alerts/channels/{CHANNEL}/secrets/{OPTION}",
        .view = &sealed_view,
        .run = ctl_run_secret,
    },
    {
        .name = "alert ack",
        .help = "Says that somebody knows of an alert: what waits to be told of it is not told.",
        .example = "stockctl alert ack 17",
        .arguments = PARAMETERS{{.name = "ID", .help = "its number", .required = true}, {0}},
        .method = "POST",
        .path = "/v1/alerts/{ID}/ack",
        .view = &acked_view,
    },
    {
        .name = "report",
        .help = "Tells what happened: sent, rejected, drifted, oversold; and what needs a person.",
        .example = "stockctl report --since 7d --format html -o week.html",
        .flags =
            PARAMETERS{
                {.name = "account", .value = "A", .place = CTL_HERE, .help = "only this account"},
                {.name = "since",
                 .value = "TIME",
                 .place = CTL_HERE,
                 .help =
                     "from then on: 2026-09-21, 2026-09-21T14:30:00Z or 7d; without it the last "
                     "day"},
                {.name = "until",
                 .value = "TIME",
                 .place = CTL_HERE,
                 .help = "up to then; without it now"},
                {.name = "format",
                 .value = "FORMAT",
                 .type = CTL_CHOICE,
                 .choices = "text|html|json",
                 .place = CTL_HERE,
                 .help = "as what; text, or with --json json"},
                {.name = "output",
                 .value = "FILE",
                 .place = CTL_HERE,
                 .help = "into this file instead of onto the terminal; short: -o"},
                {0}},
        .method = "GET",
        .path = "/v1/reports",
        .run = ctl_run_report,
        .notes = "Figures are kept for 90 days, by quarters of an hour; a time is moved to the quarter. "
                 "Reports are sent by themselves\nwhere 'alerts: reports:' in conf.d says so: "
                 "docs/reports.md.",
    },
    {0},
};
