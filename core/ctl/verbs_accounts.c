/* Verbs about warehouses, links and accounts. */
#include "ctl/ctl.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

#define ACCOUNT                                                                        \
    {                                                                                  \
        .name = "ACCOUNT", .help = "the account, as conf.d names it", .required = true \
    }
#define LINK_ARGUMENTS                                                                     \
    {.name = "WAREHOUSE", .help = "our warehouse", .required = true}, ACCOUNT,             \
        {.name = "REMOTE", .help = "the id of the account's warehouse", .required = true}, \
    {                                                                                      \
        0                                                                                  \
    }

static const struct ctl_view refreshing = {.sentence = "{account} is read again: {tasks}"};
static const struct ctl_view warehouse_view = {.sentence = "Warehouse {key} is there: {name}"};
static const struct ctl_view linked_view = {.sentence =
                                                "{WAREHOUSE} now feeds {REMOTE} of {ACCOUNT}."};
static const struct ctl_view unlinked_view = {
    .sentence = "{WAREHOUSE} no longer feeds {REMOTE} of {ACCOUNT}."};

static const struct ctl_view accounts_view = {
    .rows = "items",
    .columns = COLUMNS{{"ACCOUNT", "name", CELL_TEXT},
                       {"PLUGIN", "plugin", CELL_TEXT},
                       {"STATE", "state", CELL_WORD},
                       {"TARGETS", "targets", CELL_NUMBER},
                       {"UNSENT", "dirty", CELL_NUMBER},
                       {"OLDEST", "oldest_unsent_ms", CELL_AGE},
                       {"REJECTED", "rejected", CELL_NUMBER},
                       {"DRIFTS", "drifts", CELL_NUMBER},
                       {"WHY", "why", CELL_TEXT},
                       {0}},
    .empty = "There are no accounts; 'stockctl account add' adds one.",
};
static const struct ctl_view warnings_view = {
    .rows = "warnings",
    .sentence = "Warnings:",
    .columns = COLUMNS{{"CODE", "code", CELL_TEXT}, {"TEXT", "text", CELL_TEXT}, {0}},
};
static const struct ctl_view quotas_view = {
    .rows = "quotas",
    .sentence = "Quotas:",
    .columns = COLUMNS{{"BUCKET", "bucket", CELL_TEXT},
                       {"USED", "used", CELL_NUMBER},
                       {"FREE", "free", CELL_NUMBER},
                       {"OF", "amount", CELL_NUMBER},
                       {"PER", "per_ms", CELL_AGE},
                       {"WAITING", "waiting", CELL_NUMBER},
                       {"CLOSED UNTIL", "closed_until", CELL_TIME},
                       {0}},
    .also = &warnings_view,
};
static const struct ctl_view tasks_view = {
    .rows = "tasks",
    .sentence = "What is read, and when:",
    .columns = COLUMNS{{"TASK", "task", CELL_TEXT},
                       {"NOW", "running", CELL_TEXT},
                       {"LAST", "last", CELL_TIME},
                       {"NEXT", "next", CELL_TIME},
                       {"FAILURES", "failures", CELL_NUMBER},
                       {"ERROR", "error", CELL_TEXT},
                       {0}},
    .also = &quotas_view,
};
static const struct ctl_view abilities_view = {
    .rows = "abilities",
    .sentence = "What the credentials allow:",
    .columns = COLUMNS{{"OPERATION", "operation", CELL_TEXT},
                       {"GRANTED", "granted", CELL_TEXT},
                       {"TEXT", "text", CELL_TEXT},
                       {0}},
    .also = &tasks_view,
};
static const struct ctl_view account_view = {
    .columns = COLUMNS{{"Account", "name", CELL_TEXT},
                       {"Plugin", "plugin", CELL_TEXT},
                       {"State", "state", CELL_WORD},
                       {"Why", "why", CELL_TEXT},
                       {"First load", "load.run", CELL_TEXT},
                       {"Since", "since", CELL_TIME},
                       {"Seller", "identity", CELL_TEXT},
                       {"Checked", "checked", CELL_TIME},
                       {"Key expires", "key_expires", CELL_TIME},
                       {"Listings", "listings", CELL_TEXT},
                       {"Targets", "targets", CELL_TEXT},
                       {"Unsent", "dirty", CELL_TEXT},
                       {"Oldest unsent", "oldest_unsent_ms", CELL_AGE},
                       {"Unresolved", "unresolved", CELL_TEXT},
                       {"Rejected", "rejected", CELL_TEXT},
                       {"Held", "held", CELL_TEXT},
                       {"Drifts", "drifts", CELL_TEXT},
                       {"Waits for", "waiting", CELL_TEXT},
                       {"Last success", "last_success", CELL_TIME},
                       {0}},
    .also = &abilities_view,
};
static const struct ctl_view switched_view = {.sentence = "{name} is {state}."};

static const struct ctl_view sealed_view = {
    .sentence = "It is sealed. Write this in conf.d, then run 'stockctl reload':\n\n    "
                "{option}: {reference}\n"};
static const struct ctl_view rekeyed_view = {
    .sentence = "There is a new key in {key_file}: {tokens} {tokens:token|tokens} and {secrets} "
                "{secrets:secret|secrets} are sealed with it, {unreadable} could not be opened."};

const struct ctl_verb ctl_verbs_accounts[] = {
    {
        .name = "warehouse list",
        .help = "Lists our warehouses, or those of an account at its marketplace.",
        .example = "stockctl warehouse list --remote ozon-main",
        .flags = PARAMETERS{{.name = "remote",
                             .value = "ACCOUNT",
                             .place = CTL_HERE,
                             .help = "the warehouses of this account"},
                            {0}},
        .run = ctl_run_warehouses,
    },
    {
        .name = "warehouse add",
        .help = "Adds one of our warehouses, or renames it.",
        .example = "stockctl warehouse add pp --name 'Pulkovo'",
        .arguments = PARAMETERS{{.name = "KEY",
                                 .help = "a short name, used everywhere",
                                 .place = CTL_BODY,
                                 .field = "key",
                                 .required = true},
                                {0}},
        .flags =
            PARAMETERS{
                {.name = "name", .value = "TEXT", .place = CTL_BODY, .help = "what people call it"},
                {0}},
        .method = "POST",
        .path = "/v1/warehouses",
        .view = &warehouse_view,
    },
    {
        .name = "warehouse link",
        .help = "Lets one of our warehouses feed one of an account.",
        .example = "stockctl warehouse link pp ozon-main 22142605386000",
        .arguments = PARAMETERS{LINK_ARGUMENTS},
        .flags = PARAMETERS{{.name = "order",
                             .value = "N",
                             .type = CTL_COUNT,
                             .place = CTL_BODY,
                             .help = "which of several an order is taken from first"},
                            {.name = "share",
                             .value = "P%",
                             .place = CTL_BODY,
                             .help = "only this part of what is there; without it all of it"},
                            {0}},
        .method = "PUT",
        .path = "/v1/links/{WAREHOUSE}/{ACCOUNT}/{REMOTE}",
        .view = &linked_view,
        .notes = "'stockctl warehouse list --remote ACCOUNT' shows the ids. Several warehouses may "
                 "feed one: it then\nshows their sum.",
    },
    {
        .name = "warehouse unlink",
        .help = "Ends that.",
        .example = "stockctl warehouse unlink pp ozon-main 22142605386000",
        .arguments = PARAMETERS{LINK_ARGUMENTS},
        .method = "DELETE",
        .path = "/v1/links/{WAREHOUSE}/{ACCOUNT}/{REMOTE}",
        .view = &unlinked_view,
    },
    {
        .name = "account list",
        .help = "Lists accounts and how they are.",
        .example = "stockctl account list",
        .method = "GET",
        .path = "/v1/accounts",
        .view = &accounts_view,
    },
    {
        .name = "account show",
        .help = "Shows one account: state, quotas, warnings.",
        .example = "stockctl account show ozon-main",
        .arguments = PARAMETERS{ACCOUNT, {0}},
        .method = "GET",
        .path = "/v1/accounts/{ACCOUNT}",
        .view = &account_view,
    },
    {
        .name = "account add",
        .help = "Adds an account: tries its credentials, says what is there, writes its file.",
        .example =
            "stockctl account add ozon-main --plugin ozon --option client-id=123456 --secret "
            "api-key=@ozon.key",
        .arguments = PARAMETERS{{.name = "NAME", .help = "a short name, used everywhere"}, {0}},
        .flags =
            PARAMETERS{
                {.name = "plugin", .value = "P", .place = CTL_HERE, .help = "the marketplace"},
                {.name = "option",
                 .value = "NAME=VALUE",
                 .type = CTL_LIST,
                 .place = CTL_HERE,
                 .help = "an option of the plugin; again for more"},
                {.name = "secret",
                 .value = "NAME=VALUE",
                 .type = CTL_LIST,
                 .place = CTL_HERE,
                 .help = "a secret one; @FILE reads it from a file, - from standard input"},
                {.name = "warehouse",
                 .value = "REMOTE=OURS",
                 .type = CTL_LIST,
                 .place = CTL_HERE,
                 .help = "which of ours feeds which of its warehouses"},
                {.name = "endpoint",
                 .value = "NAME=URL",
                 .type = CTL_LIST,
                 .place = CTL_HERE,
                 .help = "another base address"},
                {.name = "orders",
                 .value = "HOW",
                 .type = CTL_CHOICE,
                 .choices = "import|external",
                 .place = CTL_HERE,
                 .help = "whether stockd nets its orders, or the figures it is given do "
                         "(default external)"},
                {.name = "dry-run-account",
                 .type = CTL_SWITCH,
                 .place = CTL_HERE,
                 .help = "read and compute everything, send nothing"},
                {.name = "yes",
                 .type = CTL_SWITCH,
                 .place = CTL_HERE,
                 .help = "write without asking"},
                {0}},
        .method = "POST",
        .path = "/v1/accounts/probe",
        .run = ctl_run_account_add,
        .notes = "On a terminal it asks for what is missing. Nothing is written before the "
                 "marketplace has accepted the\ncredentials and you have agreed. Secrets are "
                 "sealed, and stand in no file.",
    },
    {
        .name = "account remove",
        .help = "Takes an account out of service: its file of conf.d is moved aside.",
        .example = "stockctl account remove ozon-main",
        .arguments = PARAMETERS{ACCOUNT, {0}},
        .flags =
            PARAMETERS{
                {.name = "yes", .type = CTL_SWITCH, .place = CTL_HERE, .help = "without asking"},
                {0}},
        .method = "GET",
        .path = "/v1/accounts/{ACCOUNT}",
        .run = ctl_run_account_remove,
        .notes = "Nothing changes at the marketplace.",
    },
    {
        .name = "account check",
        .help = "Asks the marketplace who we are and what we may do, and waits for the answer.",
        .example = "stockctl account check ozon-main",
        .arguments = PARAMETERS{ACCOUNT, {0}},
        .method = "POST",
        .path = "/v1/accounts/{ACCOUNT}/check",
        .view = &account_view,
        .run = ctl_run_check,
    },
    {
        .name = "account refresh",
        .help = "Reads an account again at once: rights, warehouses, listings, stock, orders.",
        .example = "stockctl account refresh ozon-main --task orders",
        .arguments = PARAMETERS{ACCOUNT, {0}},
        .flags = PARAMETERS{{.name = "task",
                             .value = "TASK",
                             .place = CTL_QUERY,
                             .type = CTL_CHOICE,
                             .choices = "check|warehouses|listings|stock|orders",
                             .help = "only this"},
                            {0}},
        .method = "POST",
        .path = "/v1/accounts/{ACCOUNT}/refresh",
        .view = &refreshing,
    },
    {
        .name = "account pause",
        .help = "Stops all work on an account; changes gather.",
        .example = "stockctl account pause ozon-main",
        .arguments = PARAMETERS{ACCOUNT, {0}},
        .method = "POST",
        .path = "/v1/accounts/{ACCOUNT}/pause",
        .view = &switched_view,
    },
    {
        .name = "account resume",
        .help = "Lets a paused or parked account go on.",
        .example = "stockctl account resume ozon-main",
        .arguments = PARAMETERS{ACCOUNT, {0}},
        .method = "POST",
        .path = "/v1/accounts/{ACCOUNT}/resume",
        .view = &switched_view,
    },
    {
        .name = "account login",
        .help = "Logs an account in: says what a person has to do, and waits until it is done.",
        .example = "stockctl account login allegro-main",
        .arguments = PARAMETERS{ACCOUNT, {0}},
        .method = "POST",
        .path = "/v1/accounts/{ACCOUNT}/login",
        .run = ctl_run_login,
        .notes = "Ctrl-C stops the waiting, not the login: 'stockctl account show' has the code, "
                 "and the same command\nwaits again. An account that was parked for it goes on by "
                 "itself.",
    },
    {
        .name = "account secret",
        .help = "Seals a secret option of an account, read from standard input, for use in conf.d.",
        .example = "stockctl account secret ozon-main api-key",
        .arguments =
            PARAMETERS{
                ACCOUNT,
                {.name = "OPTION", .help = "the option's name, as conf.d has it", .required = true},
                {0}},
        .method = "PUT",
        .path = "/v1/accounts/{ACCOUNT}/secrets/{OPTION}",
        .view = &sealed_view,
        .run = ctl_run_secret,
        .notes = "The value stays sealed beside the store; conf.d holds a reference to it.",
    },
    {
        .name = "account rekey",
        .help = "Seals all tokens and secrets anew under a new key.",
        .example = "stockctl account rekey",
        .method = "POST",
        .path = "/v1/secrets/rekey",
        .view = &rekeyed_view,
        .slow = true,
        .notes = "It may be cut off at any moment: the daemon then completes it when it starts. "
                 "Backups made before\nhold tokens under the old key.",
    },
    {0},
};
