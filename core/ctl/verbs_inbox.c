/* The verb about folders that files are dropped into. */
#include "ctl/ctl.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

static const struct ctl_view files_view = {
    .rows = "files",
    .columns = COLUMNS{{"INBOX", "inbox", CELL_TEXT},
                       {"FILE", "file", CELL_TEXT},
                       {"STATE", "state", CELL_WORD},
                       {"WHY", "why", CELL_TEXT},
                       {0}},
};

static const struct ctl_view inboxes_view = {
    .rows = "items",
    .columns = COLUMNS{{"INBOX", "name", CELL_TEXT},
                       {"STATE", "state", CELL_WORD},
                       {"WAITING", "waiting_count", CELL_NUMBER},
                       {"ON THE WAY", "pending_count", CELL_NUMBER},
                       {"LAST FILE", "last.file", CELL_TEXT},
                       {"WHEN", "last.time", CELL_TIME},
                       {"RESULT", "last.state", CELL_WORD},
                       {"CHANGED", "last.changed", CELL_NUMBER},
                       {"REFUSED", "last.refused", CELL_NUMBER},
                       {"FOLDER", "folder", CELL_TEXT},
                       {0}},
    .also = &files_view,
    .empty = "There is no inbox; docs/configuration.md says how to make one in conf.d.",
};

static const struct ctl_view looking_view = {.sentence = "All inboxes are looked into now."};

const struct ctl_verb ctl_verbs_inbox[] = {
    {
        .name = "inbox",
        .help = "Lists the folders that stock files are dropped into, and what waits there.",
        .example = "stockctl inbox",
        .method = "GET",
        .path = "/v1/inboxes",
        .view = &inboxes_view,
        .run = ctl_run_inbox,
        .notes = "A file that is done lies in done/ or failed/ of its folder, with a report beside "
                 "it. What the guard holds\nwaits in taken/ for 'stockctl apply ID' or 'stockctl "
                 "drop ID'.",
    },
    {
        .name = "inbox look",
        .help = "Looks into all inboxes now, instead of at the next poll.",
        .example = "stockctl inbox look",
        .method = "POST",
        .path = "/v1/inboxes/look",
        .view = &looking_view,
    },
    {0},
};
