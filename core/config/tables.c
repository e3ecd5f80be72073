/* Every key of the core: its type, default, limits and one sentence. Nothing else lives here. */
#include "config/tables.h"

#include <stddef.h>

#define MIB (INT64_C(1) << 20)
#define TIB (INT64_C(1) << 40)

static const struct config_option_spec top_options[] = {
    {.name = "daemon", .type = CONFIG_MAP, .help = "Where the daemon keeps things and listens."},
    {.name = "guard", .type = CONFIG_MAP, .help = "How much may change without being asked."},
    {.name = "accounts", .type = CONFIG_MAP, .help = "Credentials at marketplaces, by name."},
    {.name = "warehouses", .type = CONFIG_MAP, .help = "The seller's own places, by name."},
    {.name = "links", .type = CONFIG_LIST, .help = "Which warehouse feeds which remote warehouse."},
};

static const struct config_option_spec daemon_options[] = {
    {.name = "store",
     .type = CONFIG_PATH,
     .restart = true,
     .default_value = "/var/lib/stockd",
     .help = "Directory of the store."},
    {.name = "store-size",
     .type = CONFIG_SIZE,
     .restart = true,
     .default_value = "64GiB",
     .min = MIB,
     .max = 16 * TIB,
     .help = "Addresses reserved for the store; an upper bound, not disk that is taken."},
    {.name = "socket",
     .type = CONFIG_PATH,
     .restart = true,
     .default_value = "/run/stockd/stockd.sock",
     .help = "Unix socket that stockctl and scripts speak to; at most 107 bytes."},
    {.name = "plugins",
     .type = CONFIG_PATHS,
     .default_value = "/usr/lib/stockd/plugins",
     .help = "Directories searched in this order for NAME.so."},
    {.name = "log-level",
     .type = CONFIG_CHOICE,
     .default_value = "info",
     .choices = "error|warning|info|debug",
     .help = "The least important lines that are written."},
    {.name = "log-file",
     .type = CONFIG_PATH,
     .default_value = "",
     .help = "File for the log; empty: standard error."},
    {.name = "backups",
     .type = CONFIG_PATH,
     .default_value = "/var/lib/stockd/backups",
     .help = "Directory for backups of the store."},
    {.name = "secret-key",
     .type = CONFIG_STRING,
     .restart = true,
     .default_value = "",
     .help = "File with the key of tokens and sealed secrets, or credential:NAME for one that "
             "systemd gives; empty: the store's path with .key behind it, made when it is first "
             "needed."},
};

#define PIECES_MAX INT64_C(1000000000000)

static const struct config_option_spec guard_options[] = {
    {.name = "enabled",
     .type = CONFIG_BOOL,
     .default_value = "yes",
     .help = "Whether changes are judged at all."},
    {.name = "zeroed",
     .type = CONFIG_INT,
     .default_value = "30",
     .min = 0,
     .max = 100,
     .help = "Most percent of an account's targets that show stock that may be set to 0 in 24 h; "
             "100: all."},
    {.name = "changed",
     .type = CONFIG_INT,
     .default_value = "80",
     .min = 0,
     .max = 100,
     .help = "Most percent of an account's live targets that may be changed in 24 h; 100: all."},
    {.name = "pieces",
     .type = CONFIG_INT,
     .default_value = "1000000",
     .min = 0,
     .max = PIECES_MAX,
     .help = "Most pieces by which an account's figures may change in 24 h, up and down added; 0: "
             "no limit."},
    {.name = "source-zeroed",
     .type = CONFIG_INT,
     .default_value = "20",
     .min = 0,
     .max = 100,
     .help = "As `zeroed`, by one source: who asked, or one import file."},
    {.name = "source-changed",
     .type = CONFIG_INT,
     .default_value = "80",
     .min = 0,
     .max = 100,
     .help = "As `changed`, by one source."},
    {.name = "source-pieces",
     .type = CONFIG_INT,
     .default_value = "1000000",
     .min = 0,
     .max = PIECES_MAX,
     .help = "As `pieces`, by one source."},
    {.name = "at-least",
     .type = CONFIG_INT,
     .default_value = "10",
     .min = 0,
     .max = 1000000,
     .help = "So many targets of an account may be zeroed or changed in 24 h whatever share they "
             "are."},
};

static const struct config_option_spec account_options[] = {
    {.name = "plugin",
     .type = CONFIG_NAME,
     .required = true,
     .help = "The marketplace: NAME of the plugin's NAME.so."},
    {.name = "enabled",
     .type = CONFIG_BOOL,
     .default_value = "yes",
     .help = "Whether anything is asked of or sent to the marketplace."},
    {.name = "dry-run",
     .type = CONFIG_BOOL,
     .default_value = "no",
     .help = "Read and compute everything, send no change."},
    {.name = "first-plan",
     .type = CONFIG_CHOICE,
     .default_value = "wait",
     .choices = "wait|apply",
     .help = "Whether a new account sends nothing until its first plan was applied (`stockctl "
             "plan`, `stockctl apply ID`), or begins at once."},
    {.name = "orders",
     .type = CONFIG_CHOICE,
     .default_value = "external",
     .choices = "import|external",
     .help = "Whether stockd nets the account's orders itself, or the figures it is given do."},
    {.name = "timeout",
     .type = CONFIG_DURATION,
     .default_value = "30s",
     .min = 1000,
     .max = 600000,
     .help = "How long one request may take as a whole."},
    {.name = "batch",
     .type = CONFIG_INT,
     .min = 1,
     .max = 10000,
     .help = "Most items in one request; never more than the marketplace allows."},
    {.name = "attempts",
     .type = CONFIG_INT,
     .default_value = "5",
     .min = 1,
     .max = 100,
     .help = "Failures in a row before retrying slows down."},
    {.name = "allow-plain-http",
     .type = CONFIG_BOOL,
     .default_value = "no",
     .help = "Allow http:// to other hosts than this one; secrets then travel readable."},
    {.name = "endpoints",
     .type = CONFIG_MAP,
     .help = "Other base addresses, by the names of the plugin's endpoints."},
    {.name = "quotas",
     .type = CONFIG_MAP,
     .help = "Other limits, by the names of the plugin's buckets."},
};

static const struct config_option_spec quota_options[] = {
    {.name = "amount",
     .type = CONFIG_INT,
     .min = 1,
     .max = 1000000000,
     .help = "How much may be used in that time."},
    {.name = "per",
     .type = CONFIG_DURATION,
     .min = 1,
     .max = INT64_C(31) * 86400000,
     .help = "The time."},
    {.name = "burst",
     .type = CONFIG_INT,
     .min = 1,
     .max = 1000000000,
     .help = "The most that gathers while nothing is used."},
};

static const struct config_option_spec warehouse_options[] = {
    {.name = "name", .type = CONFIG_TEXT, .help = "What people call it; the key when not given."},
};

static const struct config_option_spec link_options[] = {
    {.name = "warehouse", .type = CONFIG_NAME, .required = true, .help = "A key of `warehouses`."},
    {.name = "account", .type = CONFIG_NAME, .required = true, .help = "A key of `accounts`."},
    {.name = "remote",
     .type = CONFIG_TEXT,
     .required = true,
     .help = "The marketplace's id of its warehouse; `default` where it has none."},
    {.name = "order",
     .type = CONFIG_INT,
     .default_value = "1",
     .min = 1,
     .max = 1000,
     .help = "Which warehouse an order takes from first, when several feed one."},
    {.name = "share",
     .type = CONFIG_SHARE,
     .help = "How much of what is available there it shows; the shares of one warehouse are pieces "
             "of one cake. Without it the whole, whatever other links show."},
};

#define TABLE(options) (options), sizeof(options) / sizeof((options)[0])

static const struct config_table tables[CONFIG_TABLE_COUNT] = {
    {"Sections", "Each may stand in any file, and be spread over files.", TABLE(top_options)},
    {"daemon", "One for the whole instance. Every key may be left out.", TABLE(daemon_options)},
    {"guard",
     "One for the whole instance. What exceeds is held with its plan until `stockctl apply ID` or "
     "`stockctl drop ID`.",
     TABLE(guard_options)},
    {"accounts.NAME",
     "One set of credentials at one marketplace. All other keys are the plugin's own options:"
     " `stockctl plugin info NAME` lists them.",
     TABLE(account_options)},
    {"accounts.NAME.quotas.BUCKET", "What is left out stays as the plugin says.",
     TABLE(quota_options)},
    {"warehouses.NAME", "A place of the seller's own.", TABLE(warehouse_options)},
    {"links", "Each element of the list is one link.", TABLE(link_options)},
};

const struct config_table *config_table(enum config_table_id id)
{
    return &tables[id];
}
