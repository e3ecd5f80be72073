/* What the end-to-end tests share. A test has one *world*: a temporary directory, a marketplace
 * (the program marketsim), a daemon on a generated conf.d, and whatever else it starts. Nothing of
 * it outlives the test, however the test ends: every process dies with the test's (PDEATHSIG), and
 * a watcher outside the test's own process group removes the directory.
 *
 * No function here returns a failure: what was not as it had to be fails the test, with a sentence.
 * Whatever takes time is waited for with a deadline; nothing sleeps. Texts and answers returned
 * live until the world's end unless said otherwise. */
#ifndef STOCKD_E2E_HARNESS_H
#define STOCKD_E2E_HARNESS_H

#include "test_main.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- the world */

int world_begin(void **state);
/* Ends what still runs. When the test did not call world_good, prints what the programs said. */
int world_end(void **state);
/* Last of every test: the store is verified, the daemon stops within its time with exit code 0 and
 * no sanitizer's word, the marketplace counted no violation. */
void world_good(void);
/* The same for tests that mean to have violations, or no daemon at the end. */
void world_good_but(bool violations);

const char *world_path(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *file_read(const char *path); /* NUL-terminated; "" when there is none */
void file_write(const char *path, const void *data, size_t size);
void file_text(const char *path, const char *text);
void file_copy(const char *from, const char *to, mode_t mode);
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The test is skipped, with a sentence (exit code 77). */
void test_skip(const char *why) __attribute__((noreturn));
bool under_sanitizer(void);

/* ---- waiting */

enum { SOON_S = 20, LONG_S = 90 }; /* deadlines, not expectations */

int64_t now_ms(void); /* monotonic */
struct waiting {
    int64_t began_ms, until_ms;
    size_t kept; /* what the condition asked for is forgotten between its tries */
};
struct waiting wait_begin(int seconds);
/* Some milliseconds, more of them the longer one has waited. */
void wait_pause(int64_t began_ms);
void wait_step(const struct waiting *waiting, const char *what, const char *file, int line);
#define WAIT_FOR(seconds, condition)                                  \
    for (struct waiting waiting_ = wait_begin(seconds); !(condition); \
         wait_step(&waiting_, #condition, __FILE__, __LINE__)) {      \
    }
/* Between these two, what was returned is forgotten again. */
size_t keep_mark(void);
void keep_forget(size_t mark);
#define assert_text(text, part)    text_has((text), (part), true, __FILE__, __LINE__)
#define assert_no_text(text, part) text_has((text), (part), false, __FILE__, __LINE__)
void text_has(const char *text, const char *part, bool wanted, const char *file, int line);

/* ---- processes */

/* argv ends with NULL. Output files may be NULL (the test's own). `environment`: more NAME=VALUE,
 * or NULL. */
pid_t process_start(const char *const *argv, const char *out, const char *err,
                    const char *const *environment);
/* Its exit code, or 128 + the signal that ended it. */
int process_wait(pid_t pid, int seconds);
bool process_runs(pid_t pid);

struct ran {
    int code;
    char *out, *err;
};
struct ran run_words(const char *const *argv);
/* The format's result is split at blanks; a word in '...' may hold some. */
struct ran run(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- the configuration and the daemon */

void conf_write(const char *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
void conf_remove(const char *file);
/* 10-stockd.yaml: everything below the world's directory, and `more` lines of the section daemon.
 * The first daemon_start writes it when the test did not. */
void conf_daemon(const char *more);
/* Tests change everything again and again, so they run without the guard, unless they set this
 * first. */
extern bool conf_guarded;
/* 30-places.yaml: warehouses msk and spb. */
void conf_places(void);
/* 50-NAME.yaml: an account at the world's marketplace on its time scale, `more` lines of its own
 * ("    timeout: 2s\n"), and msk and spb linked to 501 and 502. */
void conf_ozon(const char *name, const char *client_id, const char *api_key, const char *more);

void plugin_put(const char *from, const char *name); /* copies a file into the plugins' directory */

/* What is started: STOCKD_PROGRAM, unless a test sets another one. */
extern const char *daemon_program;
pid_t daemon_pid(void);
pid_t daemon_begin(void); /* starts it and waits for nothing */
/* ... as the last words of that command line, which ends with NULL. */
pid_t daemon_begin_under(const char *const *command);
void daemon_start(void); /* ... until it is ready */
void daemon_wait_ready(void);
void daemon_stop(void); /* SIGTERM, exit code 0 */
void daemon_kill(void); /* SIGKILL; returns when it is gone */
int daemon_ended(void); /* waits for an end that comes by itself */
struct ran daemon_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *daemon_log(void); /* all that it wrote so far */
bool daemon_said(const char *text);

/* ---- asking the daemon */

struct ran ctl(const char *format, ...) __attribute__((format(printf, 1, 2)));
void ctl_ok(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Starts stockctl in the background; its output goes to the files NAME.out and NAME.err. */
pid_t ctl_begin(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The status, or 0 when no answer came. `answer` (NULL: not wanted) is the JSON or NULL. */
int api(const char *method, const char *path, const char *body, json_t **answer);
json_t *api_get(const char *path); /* 200 */
/* A member by its dotted path ("counts.dirty"). */
int64_t number_at(const json_t *json, const char *path);
const char *text_at(const json_t *json, const char *path); /* "" when there is none */
void products_add(int count);                              /* SKU-000001 and on, without figures */
/* The state of an account, "" when it cannot be asked; the number of targets in a state. */
const char *account_state(const char *account);
int64_t account_number(const char *account, const char *member);
int64_t targets_in(const char *account, const char *state);
json_t *target_of(const char *account, const char *sku, const char *remote);
/* Nothing is due, on its way, or unresolved. */
bool all_sent(void);
void wait_active(const char *account);

/* ---- the marketplace */

struct sim {
    pid_t pid;
    int port;
    double scale;
};
extern struct sim sim; /* the world's first one */

/* The words of `options` are added to its own. */
void sim_start(double scale, const char *options);
struct sim sim_another(double scale, const char *options);
json_t *sim_get(const struct sim *of, const char *what);
json_t *sim_post(const struct sim *of, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int64_t sim_violations(const struct sim *of);
int64_t sim_figure(const struct sim *of, const char *sku, int64_t warehouse); /* -1: none */
/* Requests answered so far: all, or by path. */
int64_t sim_requests(const struct sim *of, const char *path);

/* The figures that SKU-000001 and on must have in 501 and 502. */
struct figures {
    int products;
    int64_t at[2][20001];
};
void figures_csv(const struct figures *figures, const char *path);
/* How many of them the marketplace shows otherwise. */
int figures_differ(const struct sim *of, const struct figures *figures);
/* Waits until the marketplace shows them all and the daemon has nothing left to do. */
void wait_shown(const struct figures *figures, int seconds);

#endif
