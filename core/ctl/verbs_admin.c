/* Verbs about the daemon itself: backup, restore, reload, plugins, store. */
#include "ctl/ctl.h"

#define PARAMETERS (const struct ctl_parameter[])
#define COLUMNS    (const struct ctl_column[])

static const struct ctl_view backup_view = {
    .sentence = "The store is copied to {path}: {bytes} bytes in {duration_ms} ms."};
static const struct ctl_view backups_view = {
    .rows = "items",
    .columns = COLUMNS{{"MADE", "made", CELL_TIME},
                       {"BYTES", "bytes", CELL_NUMBER},
                       {"AUTOMATIC", "automatic", CELL_TEXT},
                       {"PATH", "path", CELL_TEXT},
                       {0}},
    .empty = "There is no backup in {directory} yet; `stockctl backup` makes one.",
    .sentence = "Made by itself: {schedule}; the newest {keep} of these stay.",
};
static const struct ctl_view plugins_view = {
    .rows = "items",
    .columns = COLUMNS{{"PLUGIN", "id", CELL_TEXT},
                       {"VERSION", "version", CELL_TEXT},
                       {"TITLE", "title", CELL_TEXT},
                       {"STATE", "state", CELL_WORD},
                       {"ACCOUNTS", "accounts", CELL_NUMBER},
                       {"FILE", "file", CELL_TEXT},
                       {"WHY", "why", CELL_TEXT},
                       {0}},
    .empty = "No plugin is loaded; the log says which folder was searched.",
};
static const struct ctl_view plugin_quotas = {
    .rows = "quotas",
    .sentence = "Quotas:",
    .columns = COLUMNS{{"NAME", "name", CELL_TEXT},
                       {"KIND", "kind", CELL_TEXT},
                       {"AMOUNT", "amount", CELL_NUMBER},
                       {"PER", "per_ms", CELL_AGE},
                       {"SHARED BY", "key", CELL_TEXT},
                       {0}},
};
static const struct ctl_view plugin_routes = {
    .rows = "routes",
    .sentence = "Routes:",
    .columns = COLUMNS{{"NAME", "name", CELL_TEXT},
                       {"ITEMS", "max_items", CELL_NUMBER},
                       {"AT ONCE", "parallel", CELL_NUMBER},
                       {"CONFIRMED BY", "confirmation", CELL_TEXT},
                       {"CADENCE", "cadence_ms", CELL_AGE},
                       {0}},
    .also = &plugin_quotas,
};
static const struct ctl_view plugin_options = {
    .rows = "options",
    .sentence = "Options of an account:",
    .columns = COLUMNS{{"OPTION", "name", CELL_TEXT},
                       {"TYPE", "type", CELL_TEXT},
                       {"REQUIRED", "required", CELL_TEXT},
                       {"SECRET", "secret", CELL_TEXT},
                       {"DEFAULT", "default", CELL_TEXT},
                       {"MEANING", "help", CELL_TEXT},
                       {0}},
    .also = &plugin_routes,
};
static const struct ctl_view plugin_view = {
    .columns = COLUMNS{{"Plugin", "id", CELL_TEXT},
                       {"Title", "title", CELL_TEXT},
                       {"Version", "version", CELL_TEXT},
                       {"State", "state", CELL_WORD},
                       {"Why", "why", CELL_TEXT},
                       {"File", "file", CELL_TEXT},
                       {"Operations", "operations", CELL_TEXT},
                       {0}},
    .also = &plugin_options,
};
static const struct ctl_view released_view = {
    .sentence = "Plugin {PLUGIN} is let back at the next start of the daemon."};
static const struct ctl_view tables_view = {
    .rows = "tables",
    .columns = COLUMNS{{"TABLE", "name", CELL_TEXT}, {"ROWS", "rows", CELL_NUMBER}, {0}},
};
static const struct ctl_view store_view = {
    .columns = COLUMNS{{"Path", "path", CELL_TEXT},
                       {"Schema", "schema", CELL_TEXT},
                       {"Bytes in use", "used_bytes", CELL_TEXT},
                       {"Bytes of the file", "file_bytes", CELL_TEXT},
                       {"Most bytes", "limit_bytes", CELL_TEXT},
                       {0}},
    .also = &tables_view,
};

static const struct ctl_view repaired_view = {
    .sentence = "{sku} in {warehouse}: on hand {before.on_hand} -> {after.on_hand}, reserved "
                "{after.reserved}, available {after.available}",
    .same = "{sku} in {warehouse} was so already: on hand {after.on_hand}, reserved "
            "{after.reserved}, available {after.available}",
};

static const struct ctl_view rebuilt_view = {
    .rows = "tables",
    .columns = COLUMNS{{"TABLE", "table", CELL_TEXT},
                       {"RIGHT", "right", CELL_NUMBER},
                       {"MISSING OR WRONG", "missing", CELL_NUMBER},
                       {"SURPLUS", "surplus", CELL_NUMBER},
                       {"MENDED", "mended", CELL_NUMBER},
                       {0}},
};

const struct ctl_verb ctl_verbs_admin[] = {
    {
        .name = "backup",
        .help = "Copies the store while the daemon goes on.",
        .example = "stockctl backup /var/backups/stockd-monday",
        .arguments = PARAMETERS{{.name = "PATH",
                                 .help = "a new folder, from '/', on the daemon's machine; without "
                                         "it a name of today in the directory of backups",
                                 .place = CTL_BODY,
                                 .field = "path"},
                                {0}},
        .method = "POST",
        .path = "/v1/backup",
        .view = &backup_view,
        .slow = true,
    },
    {
        .name = "backups",
        .help = "Lists the backups in their directory, and says when the next one is made.",
        .example = "stockctl backups",
        .method = "GET",
        .path = "/v1/backups",
        .view = &backups_view,
        .run = ctl_run_backups,
    },
    {
        .name = "restore",
        .help = "Puts a backup in the place of the store. The daemon must be stopped.",
        .example = "stockctl restore /var/backups/stockd-monday --store /var/lib/stockd/store",
        .arguments = PARAMETERS{{.name = "BACKUP",
                                 .help = "the folder of the backup",
                                 .place = CTL_HERE,
                                 .required = true},
                                {0}},
        .flags =
            PARAMETERS{{.name = "store",
                        .value = "DIR",
                        .place = CTL_HERE,
                        .required = true,
                        .help = "the folder of the store"},
                       {.name = "yes", .type = CTL_SWITCH, .place = CTL_HERE, .help = "do not ask"},
                       {0}},
        .run = ctl_run_restore,
        .notes = "Afterwards nothing that a marketplace shows is taken as known: it is read before "
                 "any figure rises.",
    },
    {
        .name = "reload",
        .help = "Lets the daemon read conf.d again.",
        .example = "stockctl reload",
        .method = "POST",
        .path = "/v1/reload",
        .run = ctl_run_reload,
    },
    {
        .name = "plugin list",
        .help = "Lists the plugins.",
        .example = "stockctl plugin list",
        .method = "GET",
        .path = "/v1/plugins",
        .view = &plugins_view,
    },
    {
        .name = "plugin info",
        .help = "Shows what a plugin declares: its options, quotas and routes.",
        .example = "stockctl plugin info ozon",
        .arguments = PARAMETERS{{.name = "PLUGIN", .help = "its id", .required = true}, {0}},
        .method = "GET",
        .path = "/v1/plugins/{PLUGIN}",
        .view = &plugin_view,
    },
    {
        .name = "plugin release",
        .help = "Lets a quarantined plugin back.",
        .example = "stockctl plugin release ozon",
        .arguments = PARAMETERS{{.name = "PLUGIN", .help = "its id", .required = true}, {0}},
        .method = "POST",
        .path = "/v1/plugins/{PLUGIN}/release",
        .view = &released_view,
    },
    {
        .name = "store stat",
        .help = "Shows how large the store is.",
        .example = "stockctl store stat",
        .method = "GET",
        .path = "/v1/store",
        .view = &store_view,
    },
    {
        .name = "store verify",
        .help = "Recomputes every sum and index of the store.",
        .example = "stockctl store verify",
        .method = "POST",
        .path = "/v1/store/verify",
        .run = ctl_run_verify,
    },
    {
        .name = "store rebuild",
        .help = "Mends what is derived: indexes, the outbox, counts.",
        .example = "stockctl store rebuild --dry-run",
        .flags = PARAMETERS{{.name = "dry-run",
                             .type = CTL_SWITCH,
                             .place = CTL_BODY,
                             .field = "dry_run",
                             .help = "only says what is wrong"},
                            {0}},
        .method = "POST",
        .path = "/v1/store/rebuild",
        .run = ctl_run_rebuild,
        .view = &rebuilt_view,
        .notes =
            "In small steps; the daemon goes on. Facts are not touched: which is right where a "
            "figure differs from its ledger,\nyou say with 'store repair'. The exit code is 1 when "
            "a "
            "dry run finds something, 4 when not all could be mended.",
    },
    {
        .name = "store repair",
        .help = "Says which is right where a figure differs from its ledger.",
        .example = "stockctl store repair A-1 --warehouse pp --keep ledger",
        .arguments =
            PARAMETERS{{.name = "SKU", .help = "the product's SKU", .required = true}, {0}},
        .flags = PARAMETERS{{.name = "warehouse",
                             .value = "W",
                             .required = true,
                             .help = "where the figure is"},
                            {.name = "keep",
                             .type = CTL_CHOICE,
                             .place = CTL_BODY,
                             .value = "SIDE",
                             .choices = "figure|ledger",
                             .required = true,
                             .help = "which of the two is right"},
                            {0}},
        .method = "POST",
        .path = "/v1/stock/{SKU}/{warehouse}/repair",
        .view = &repaired_view,
        .notes =
            "'stockctl store verify' names what differs, 'stockctl stock history SKU' shows the "
            "ledger. Nothing in it is rewritten:\nwhat differed and what was decided are added, "
            "and 'stockctl undo' brings the other figure.",
    },
    {0},
};
