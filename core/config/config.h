/* Configuration: the files conf.d/(name).yaml as one typed, checked value, and the difference of
 * two such values. Knows no plugin and no store: what a plugin offers comes in as a table.
 *
 * READING. config_load reads the files that end in .yaml in name order and merges their sections
 * (those of tables.h). A key may stand in one place only. YAML scalars are text; the tables below
 * type them, so `client-id: 007` stays "007". All mistakes are collected, each as a sentence with
 * file and line, and there is a configuration only when there is none.
 *
 * SECRETS. Any value (but names, remote ids and schedules) may hold ${env:NAME}, ${file:/path},
 * ${credential:name} and, outside the section daemon, ${sealed:NAME} (base/seal_file.h); $${ is a
 * plain ${. They are resolved while loading. No function here writes
 * a secret, or what such a reference gave, into a message, a difference or a dump: secrets appear
 * as ***, other references as they were written. Secrets are wiped when freed; libyaml's own
 * copies too, but for tokens it had not delivered when it met a syntax error.
 *
 * OWNERSHIP. A configuration owns everything it points to, but for the plugin tables, which must
 * outlive it. It never changes after config_load; texts live until config_free.
 *
 * THREADS. config_load reads files, so not on the loop. A loaded configuration may be read on any
 * thread. The environment must not change while loading. */
#ifndef STOCKD_CONFIG_CONFIG_H
#define STOCKD_CONFIG_CONFIG_H

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "schedule/schedule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Limits. Where no other source is named they are ours: far above any seller's need, low enough
 * that no file can keep the daemon busy or fill its memory. */
enum {
    CONFIG_FILE_MAX = 1 << 20, /* bytes of one file */
    CONFIG_FILES_MAX = 1000,   /* files read from the directory */
    CONFIG_DEPTH_MAX = 8,      /* nested mappings and lists; the schema needs 5 */
    CONFIG_NODES_MAX = 100000, /* scalars, mappings and lists of one file */
    CONFIG_KEYS_MAX = 1024,    /* keys of one mapping */
    CONFIG_ACCOUNTS_MAX = 256, /* in all files, likewise below */
    CONFIG_WAREHOUSES_MAX = 1024,
    CONFIG_MIRRORS_MAX = 100,
    CONFIG_LINKS_MAX = 4096,
    CONFIG_INBOXES_MAX = 64,
    CONFIG_HOOKS_MAX = 64,
    CONFIG_PATHS_MAX = 16,       /* paths in one list */
    CONFIG_NAME_MAX = 63,        /* bytes of a name: [a-z0-9][a-z0-9._-]{0,62} */
    CONFIG_TEXT_MAX = 200,       /* bytes of a remote id or a title (the plugin ABI's limit) */
    CONFIG_VALUE_MAX = 64 << 10, /* bytes of one value, references resolved */
    CONFIG_SOCKET_MAX = 107,     /* bytes of a unix socket's path: sockaddr_un.sun_path */
    CONFIG_MESSAGES_MAX = 50,    /* errors kept, and as many warnings; the rest is counted */
};

/* ---- Tables: what may be written. The core's own keys and a plugin's options use the same. ----
 */

enum config_type {
    /* The numbers are those of enum stockd_option_type. */
    CONFIG_STRING = 1,
    CONFIG_INT = 2,
    CONFIG_BOOL = 3,     /* true | false | yes | no | on | off */
    CONFIG_CHOICE = 4,   /* one of `choices` */
    CONFIG_DURATION = 5, /* 500ms, 30s, 10m, 6h, 2d */
    /* In the core's tables only. */
    CONFIG_SIZE = 6,      /* 512B, 16KiB, 64MiB, 64GiB, 2TiB */
    CONFIG_PATH = 7,      /* absolute, or empty where the default is */
    CONFIG_PATHS = 8,     /* a list of them */
    CONFIG_NAME = 9,      /* a name of ours; no references */
    CONFIG_TEXT = 10,     /* somebody else's word for something, one line; no references */
    CONFIG_URL = 11,      /* http(s)://host[:port][/path] */
    CONFIG_MAP = 12,      /* a mapping with a table of its own */
    CONFIG_LIST = 13,     /* a list of mappings */
    CONFIG_SHARE = 14,    /* 30%, 33.3%: its number is in millionths */
    CONFIG_SCHEDULE = 15, /* schedule/schedule.h; `min` is of its interval */
};

struct config_option_spec {
    const char *name;
    enum config_type type;
    bool required;
    bool secret;               /* never printed */
    bool restart;              /* a change needs a restart of the daemon */
    const char *default_value; /* as it would be written, or NULL; of a list: its only element */
    const char *choices;       /* CONFIG_CHOICE: "a|b|c" */
    int64_t min, max;          /* of the number; apply when max > min */
    const char *help;          /* one sentence */
};

struct config_endpoint_spec {
    const char *name;
    const char *default_url; /* NULL: taken from the option `url_option` */
    const char *url_option;  /* its value is checked like a URL in `endpoints`; or NULL */
};

struct config_plugin_spec {
    const char *id;
    const struct config_option_spec *options;
    size_t option_count;
    const struct config_endpoint_spec *endpoints;
    size_t endpoint_count;
    const char *const *buckets;
    size_t bucket_count;
    const char *refused; /* it cannot be used, and this is why: its accounts are left out */
};

/* ---- A loaded configuration. ---- */

struct config_origin {
    const char *file; /* as in messages: "conf.d/50-ozon.yaml"; NULL: not written, a default */
    int line;
};

struct config_value {
    const struct config_option_spec *option;
    const char *text;         /* references resolved; the default when not written; NULL: neither */
    const char *source;       /* as written, when it holds references; else NULL */
    bool secret;              /* the table says so: never print, and plugins may not read it */
    int64_t number;           /* INT; BOOL 0, 1; CHOICE index; DURATION ms; SIZE bytes */
    const char *const *items; /* PATHS */
    size_t item_count;
    struct config_origin origin;
};

/* Values in the order of a table: values[i] is of options[i]. */
struct config_section {
    const struct config_option_spec *options;
    size_t count;
    struct config_value *values;
};

struct config_daemon {
    const char *store;
    int64_t store_size;
    const char *socket;
    const char *const *plugins; /* directories, searched in this order */
    size_t plugin_count;
    enum log_level log_level;
    enum log_format log_format;
    const char *log_file; /* "": stderr */
    const char *backups;
    const char *backup_schedule;
    int64_t backup_keep;
    const char *secret_key; /* path of the key file; owned, as is the next one */
    const char *sealed; /* directory of sealed secrets: the store's path with .sealed behind it */
    struct config_section section;
};

enum { CONFIG_HOSTS_MAX = 16 }; /* names in `hosts` */

struct config_api {
    const char *listen; /* NULL: no TCP */
    bool behind_tls;
    const char **hosts; /* owned, as are the names */
    size_t host_count;
    struct config_section section;
};

struct config_guard {
    bool enabled;
    uint32_t zeroed, changed, source_zeroed, source_changed; /* percent; 100: no limit */
    int64_t pieces, source_pieces;                           /* 0: no limit */
    uint32_t at_least;
    struct config_section section;
};

/* What is done by time. */
enum config_task {
    CONFIG_TASK_ORDERS,
    CONFIG_TASK_VERIFY,
    CONFIG_TASK_LISTINGS,
    CONFIG_TASK_WAREHOUSES,
    CONFIG_TASK_CHECK,
    CONFIG_TASK_RESYNC,
    CONFIG_TASKS,
};

/* The least intervals. Appointed times are minutes at least, and so never closer. */
enum {
    CONFIG_ORDERS_LEAST_MS = 1000, /* one request; shorter is no schedule but a load */
    CONFIG_CHECK_LEAST_MS = 1000,  /* likewise */
    CONFIG_WAREHOUSES_LEAST_MS = 1000,
    CONFIG_VERIFY_LEAST_MS = 1000, /* all figures; a reading is left off for four times as long as
                                      it took, however short this is */
    CONFIG_LISTINGS_LEAST_MS = 10 * 1000, /* all listings, without such a rest */
    CONFIG_RESYNC_LEAST_MS = 60 * 1000,   /* nothing that was confirmed is believed meanwhile */
};

struct config_schedule {
    struct schedule *tasks[CONFIG_TASKS]; /* those in force; owned. Only in an account */
    int64_t soft_ms, hard_ms;
    struct config_section section; /* what is written; in an account without defaults */
};

enum config_orders { CONFIG_ORDERS_IMPORT = 0, CONFIG_ORDERS_EXTERNAL = 1 };

struct config_quota {
    const char *name;              /* the plugin's bucket */
    int64_t amount, per_ms, burst; /* 0: the plugin's own */
    struct config_section section;
};

struct config_account {
    const char *name;
    struct config_origin origin; /* the file that owns it */
    const char *plugin;
    /* NULL when the plugin could not be loaded, which a switched-off account may survive, and one
     * whose plugin is `refused`; it then has no options, endpoints and quotas. */
    const struct config_plugin_spec *spec;
    const char *left_out; /* why it is not in service although it is enabled, or NULL */
    bool enabled, dry_run, allow_plain_http;
    bool first_plan; /* it sends nothing until one was applied */
    enum config_orders orders;
    int64_t timeout_ms;
    int64_t batch; /* 0: the route's own */
    int64_t attempts;
    struct config_section section;   /* the core's keys */
    struct config_section options;   /* the plugin's */
    struct config_section endpoints; /* by the plugin's table; text is NULL where not overridden */
    struct config_schedule schedule;
    struct config_quota *quotas; /* those that are written */
    size_t quota_count;
};

struct config_warehouse {
    const char *name;  /* the key: "pp" */
    const char *title; /* "Main warehouse"; the key when not written */
    struct config_origin origin;
    struct config_section section;
};

struct config_link {
    const char *warehouse, *account, *remote;
    int64_t order;
    uint32_t share_ppm; /* 0: the whole, whatever other links take */
    struct config_origin origin;
    struct config_section section;
};

struct config_inbox {
    const char *name;
    const char *folder;    /* NULL: not usable, which was reported */
    const char *warehouse; /* or NULL */
    bool enabled, available, create;
    char separator;    /* 0: found */
    unsigned encoding; /* enum text_encoding; 0: found */
    int64_t settle_ms, poll_ms, size_max;
    struct config_origin origin;
    struct config_section section;
    struct config_section columns; /* titles, or numbers as "#3"; empty where nothing is named */
};

struct config_mirror {
    const char *name, *account, *warehouse;
    const char *remote; /* NULL: the account's only one */
    int64_t every_ms;
    bool absent_zero, create, enabled;
    struct config_origin origin;
    struct config_section section;
};

/* hook.c: what is signed. */
enum config_hook_signs {
    CONFIG_SIGNS_TIME = 0,    /* timestamp.body */
    CONFIG_SIGNS_ID_TIME = 1, /* id.timestamp.body */
    CONFIG_SIGNS_BODY = 2,    /* body, with id and time in it */
};

struct config_hook {
    const char *name;
    bool orders; /* else stock */
    bool enabled, adjust, available, base64;
    enum config_hook_signs signs;
    const char *secret, *warehouse; /* NULL: not usable, which was reported */
    const char *signature_header, *timestamp_header, *delivery_header;
    int64_t window_ms, keep_ms, body_max, rate;
    struct config_origin origin;
    struct config_section section;
};

/* alerts.c */
enum config_channel_type { CONFIG_EMAIL = 0, CONFIG_TELEGRAM = 1, CONFIG_WEBHOOK = 2 };

struct config_channel {
    const char *name;
    enum config_channel_type type;
    bool enabled;
    uint32_t least;  /* severity: 0 info, 1 warning, 2 critical */
    const char *url; /* smtp(s)://host[:port]; of a webhook; the base address of Telegram */
    const char *from, *to, *user, *password; /* EMAIL; user NULL: no login */
    const char *token, *chat;                /* TELEGRAM */
    const char *secret;                      /* WEBHOOK; or NULL */
    struct config_origin origin;
    struct config_section section;
};

enum { CONFIG_CHANNELS_MAX = 16 };

/* Of enum report_kind: daily, weekly. */
enum { CONFIG_REPORTS = 2 };

struct config_reports {
    struct schedule *schedules[CONFIG_REPORTS]; /* owned; NULL: off */
    const char *zone;                           /* never "" */
    struct config_section section;
};

struct config_alerts {
    bool russian;
    const char *zone;
    int32_t quiet_from, quiet_to; /* minutes of the day; equal: there are no quiet hours */
    bool quiet_but_critical;      /* critical ones are told all the same */
    int64_t every_ms, group_ms, keep_ms, unsent_ms, stale_ms, missed_ms;
    int64_t key_days, disk_percent, change_percent;
    int64_t exposure, stale_times, usual_times, usual_changes, usual_days;
    struct config_channel *channels; /* sorted by name */
    size_t channel_count;
    struct config_reports reports;
    struct config_section section, rules; /* rules: one switch each, by the rule's name */
};

/* Whether reports go to that channel. */
bool config_reports_to(const struct config_reports *reports, const char *channel);

struct config {
    const char *dir;
    const char *instance; /* NULL: the only or first one */
    struct config_daemon daemon;
    struct config_guard guard;
    struct config_schedule schedule; /* of accounts that do not say otherwise */
    struct config_api api;
    struct config_account *accounts; /* sorted by name */
    size_t account_count;
    struct config_warehouse *warehouses; /* sorted by name */
    size_t warehouse_count;
    struct config_link *links; /* sorted by account, remote, order */
    size_t link_count;
    struct config_inbox *inboxes; /* sorted by name */
    size_t inbox_count;
    struct config_mirror *mirrors; /* sorted by name */
    size_t mirror_count;
    struct config_hook *hooks; /* sorted by name */
    size_t hook_count;
    struct config_alerts alerts;
    char **files; /* what was read, in order */
    size_t file_count;
};

/* ---- Loading. ---- */

enum config_severity { CONFIG_WARNING, CONFIG_ERROR };

struct config_message {
    enum config_severity severity;
    char *text; /* one line: "conf.d/50-ozon.yaml:7: unknown key ..." */
    char *file; /* for sorting; NULL: about the directory */
    int line;
};

struct config_report {
    struct config_message *messages; /* sorted by file and line */
    size_t count;
    size_t errors, warnings; /* all that were found, also those over CONFIG_MESSAGES_MAX */
    const void *sealed;      /* the loader's own; NULL outside config_load */
};

/* The table of plugin `id`, which outlives the configuration; NULL and a sentence when it cannot be
 * loaded. `daemon` is complete: its `plugins` says where to look. */
typedef const struct config_plugin_spec *(*config_plugin_fn)(void *ctx,
                                                             const struct config_daemon *daemon,
                                                             const char *id, struct error *error);

/* Reads `dir`. The report is written anew in any case and is the caller's to free. NULL when it
 * holds an error. */
struct config *config_load(const char *dir, config_plugin_fn plugin, void *ctx,
                           struct config_report *report);
/* The same for the instance stockd@NAME, a valid name (config_name_valid) or NULL. What the files
 * leave out of `daemon` is then below stockd-NAME instead of stockd: /var/lib/stockd-NAME/store. */
struct config *config_load_instance(const char *dir, const char *instance, config_plugin_fn plugin,
                                    void *ctx, struct config_report *report);
void config_free(struct config *config); /* wipes; NULL is fine */
void config_report_free(struct config_report *report);

/* ---- Looking. NULL when there is none of that name. ---- */

const struct config_account *config_account(const struct config *config, const char *name);
const struct config_warehouse *config_warehouse(const struct config *config, const char *name);
const struct config_value *config_value(const struct config_section *section, const char *name);
/* What may be shown of a value: "***", its source, its text, or "" when absent. */
const char *config_value_shown(const struct config_value *value);
bool config_name_valid(const char *name);

/* ---- The difference. ---- */

enum config_change_kind { CONFIG_ADDED, CONFIG_REMOVED, CONFIG_CHANGED };
enum config_subject {
    CONFIG_SUBJECT_DAEMON,
    CONFIG_SUBJECT_GUARD,
    CONFIG_SUBJECT_API,
    CONFIG_SUBJECT_ACCOUNT,
    CONFIG_SUBJECT_WAREHOUSE,
    CONFIG_SUBJECT_LINK,
    CONFIG_SUBJECT_INBOX,
    CONFIG_SUBJECT_MIRROR,
    CONFIG_SUBJECT_SCHEDULE,
    CONFIG_SUBJECT_ALERTS,
    CONFIG_SUBJECT_CHANNEL,
    CONFIG_SUBJECT_HOOK,
};

/* Lives for the callback. A whole account, warehouse or link that comes or goes is one change with
 * key NULL; otherwise each key is one. Where a value is written (file, line) is no difference. */
struct config_change {
    enum config_change_kind kind;
    enum config_subject subject;
    const char *name; /* account, warehouse, or "pp -> ozon-main/1001" of a link; NULL: daemon */
    const char *key;  /* "timeout", "quotas.stock.amount", or NULL */
    const char *path; /* "accounts.ozon-main.timeout" */
    const char *old_text, *new_text; /* as shown, secrets as ***; NULL: was or is not there */
    bool restart;                    /* takes effect only by a restart */
};
typedef void (*config_change_fn)(void *ctx, const struct config_change *change);

/* In the order of enum config_subject, by name within each. Returns how many. */
size_t config_diff(const struct config *old, const struct config *new, config_change_fn change,
                   void *ctx);
/* "account 'ozon-main': timeout changes from 30s to 1m", no newline. */
void config_change_print(const struct config_change *change, struct buf *out);

/* ---- Writing a new file. ---- */

struct config_draft_value {
    const char *name, *text;
};
struct config_draft {
    const char *name, *plugin;
    const struct config_draft_value *options; /* taken literally: ${ becomes $${ */
    size_t option_count;
    const char *const *secrets; /* names: each becomes ${sealed:ACCOUNT.NAME} */
    size_t secret_count;
    const struct config_draft_value *endpoints;
    size_t endpoint_count;
    bool orders_import, dry_run, allow_plain_http;
};
/* The file of one account, as a person would write it. Read back it says what the draft says. */
void config_draft_write(const struct config_draft *draft, struct buf *out);
/* "50-ozon-main.yaml" */
void config_draft_file(const char *name, struct buf *out);

/* ---- For people. ---- */

/* What `stockd --check` prints: every message and a last line that says how it ended. `config` is
 * what config_load returned. */
void config_check_print(const char *dir, const struct config *config,
                        const struct config_report *report, struct buf *out);
/* The configuration in force with all defaults, as YAML, secrets as ***. */
void config_dump(const struct config *config, struct buf *out);
/* A table as indented text, for --help and `stockctl plugin info`. */
void config_options_print(const struct config_option_spec *options, size_t count, struct buf *out);
/* The generated part of docs/configuration.md. */
void config_reference_write(struct buf *out);

#endif
