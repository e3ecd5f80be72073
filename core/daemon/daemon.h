/* The daemon as a whole: what is wired to what, and in which order it starts and stops. For the
 * daemon's own files only. Loop thread. */
#ifndef STOCKD_DAEMON_DAEMON_H
#define STOCKD_DAEMON_DAEMON_H

#include "api/api.h"
#include "base/buf.h"
#include "config/config.h"
#include "daemon/loop_runtime.h"
#include "daemon/plugins.h"
#include "daemon/supervisor.h"
#include "net/curl_transport.h"
#include "net/recorder.h"
#include "sync/sync.h"

struct backups;
struct imports;
struct imports_options;
struct inboxes;
struct notify;
struct reports;
struct seal;

enum {
    EXIT_OK = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_CONFIG = 78, /* EX_CONFIG of sysexits.h: a supervisor need not try again */
    EXIT_AGAIN = 75,  /* EX_TEMPFAIL: start me again (a plugin hangs in a thread that is lost) */
};

/* An account that is enabled but whose plugin cannot be used. */
struct daemon_left_out {
    uint32_t account; /* the engine's number */
    const char *why;  /* lives as long as the plugins */
};

struct daemon {
    const char *config_dir, *instance; /* instance: NULL, or NAME of stockd@NAME */
    struct supervisor supervisor;
    uv_loop_t loop;
    struct random random;
    struct plugins *plugins;
    struct config *config; /* in force */
    struct store *store;
    struct engine *engine;
    struct loop_runtime *runtime;
    struct seal *seal;
    char *secret_key, *sealed; /* paths as of the start: a worker may be using them */
    struct recorder *recorder;
    struct net_curl *net;
    struct sync *sync;
    struct imports *imports;
    struct inboxes *inboxes;
    int inbox_watch; /* inotify; -1: none */
    uv_poll_t inbox_poll;
    struct mirrors *mirrors;
    struct backups *backups;
    struct notify *notify;
    struct reports *reports;
    struct api *api;
    uv_signal_t terminate, interrupt, hangup, user1;
    struct work_task giving_back; /* memory, now and then */
    bool gives_back;
    unsigned ticks;
    uv_timer_t watchdog, again;     /* again: a start that the store refused is tried once more */
    struct daemon_instances *first; /* of a start that is not through; see daemon.c */
    struct daemon_left_out *left_out;
    size_t left_out_count;
    int64_t started_ms;
    bool ready, stopping, reloading, opened;
    bool reload_after_start; /* a SIGHUP came too early */
    bool secrets_busy;       /* a key or a secret is being written */
    int exit_code;
};

/* Reads the configuration and opens everything; ST_OK: the loop may run. */
enum status daemon_start(struct daemon *daemon, struct error *error);
/* Lets what is under way end, then closes everything; the loop then ends by itself. */
void daemon_stop(struct daemon *daemon, int exit_code);
void daemon_free(struct daemon *daemon);

/* declare.c: what files declare becomes commands; `done` on the loop, with the first refusal if
 * there was one. */
typedef void daemon_declared_fn(struct daemon *daemon, const struct config *config,
                                enum status status, const struct error *error, void *arg);
void daemon_declare(struct daemon *daemon, const struct config *config, daemon_declared_fn *done,
                    void *arg);

/* accounts.c: gives the configuration's accounts to sync; `old` may be NULL. Instances were made
 * and checked by daemon_instances. */
struct daemon_instances;
struct daemon_instances *daemon_instances_make(struct daemon *daemon, const struct config *config,
                                               struct error *error);
void daemon_instances_free(struct daemon_instances *instances);
void daemon_instances_number(struct daemon_instances *instances, size_t account, uint32_t number);
void daemon_accounts_put(struct daemon *daemon, const struct config *config,
                         const struct daemon_instances *instances, const struct config *old);

/* inbox.c */
void daemon_imports_options(struct daemon *daemon, struct imports_options *options);
void daemon_inboxes_open(struct daemon *daemon);
void daemon_inboxes_put(struct daemon *daemon, const struct config *config);
void daemon_inboxes_close(struct daemon *daemon);
void daemon_inboxes_free(struct daemon *daemon);
/* accounts.c, too: what of the configuration runs on a schedule. */
void daemon_mirrors_put(struct daemon *daemon, const struct config *config);
void daemon_backups_put(struct daemon *daemon, const struct config *config);

/* alerts.c: what is wrong is told to people, and reports. */
void daemon_alerts_open(struct daemon *daemon);
void daemon_alerts_put(struct daemon *daemon, const struct config *config);

/* hooks.c: what shops may tell by signed requests. */
void daemon_hooks_put(struct daemon *daemon, const struct config *config);

/* reload.c */
typedef void daemon_reloaded_fn(void *arg, enum status status, const struct error *error,
                                json_t *changes);
void daemon_reload(struct daemon *daemon, daemon_reloaded_fn *done, void *arg);

/* epoch.c: begins a new epoch when the store was restored from a backup. Nothing may be sent before
 * `done` was told that it did, or need not. */
typedef void daemon_epoch_fn(struct daemon *daemon, enum status status, const struct error *error);
void daemon_begin_epoch(struct daemon *daemon, daemon_epoch_fn *done);

/* secrets.c: the key of what is sealed. `answer` is a new reference, or NULL with an error. */
typedef void daemon_secrets_fn(void *arg, enum status status, const struct error *error,
                               json_t *answer);
void daemon_secrets_open(struct daemon *daemon);
void daemon_rekey(struct daemon *daemon, daemon_secrets_fn *done, void *arg);
void daemon_seal_secret(struct daemon *daemon, const char *account, const char *option,
                        const char *value, daemon_secrets_fn *done, void *arg);

/* draft.c: an account to be added, checked; see api_services.draft. */
typedef void daemon_draft_fn(void *arg, enum status status, const struct error *error,
                             const struct api_draft *draft);
void daemon_draft(struct daemon *daemon, json_t *body, daemon_draft_fn *done, void *arg);
/* {"path", "line", "others", "links_elsewhere"}: the file of an account; NULL when it has none. */
json_t *daemon_account_file(struct daemon *daemon, const char *name);

/* services.c: what the API asks of the daemon. */
struct api_services daemon_services(struct daemon *daemon);

#endif
