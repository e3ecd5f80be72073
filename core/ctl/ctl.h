/* One run of stockctl, and what the functions of verbs use. */
#ifndef STOCKD_CTL_CTL_H
#define STOCKD_CTL_CTL_H

#include "ctl/client.h"
#include "ctl/exit.h"
#include "ctl/parse.h"

#include <jansson.h>
#include <stdio.h>

/* Runs a command line; the exit code. The whole program but for the process's own setup. */
int ctl_main(int argc, char *const *argv, FILE *out, FILE *err);

struct ctl {
    struct ctl_client *client;
    FILE *out, *err;
    bool progress;       /* err is a terminal: lines that overwrite themselves are welcome */
    bool progress_shown; /* one is there now */
    bool json;
    long timeout_s;
    bool timeout_given; /* then streams, too, end after it */
};

/* "stockctl: ..." on err. */
void ctl_say(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line that the next one overwrites; nothing when err is no terminal. */
void ctl_progress(struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ctl_progress_clear(struct ctl *ctl);

/* The request the table describes for this call, its strings to be freed with mem_free. */
char *ctl_call_path(const struct ctl_call *call);
char *ctl_call_body(const struct ctl_call *call); /* NULL: none */

/* Asks and waits. On an answer of 2xx: CTL_OK and the JSON (NULL when there is none). Otherwise
 * says what is wrong and returns the exit code. */
int ctl_ask(struct ctl *ctl, const char *method, const char *path, const char *body, bool slow,
            json_t **answer);
/* The same for a list: all pages in one, as if the list had one page. */
int ctl_ask_pages(struct ctl *ctl, const char *path, json_t **answer);
/* The first `most` of them; "more" of the answer says whether there are others. */
int ctl_ask_some(struct ctl *ctl, const char *path, size_t most, json_t **answer);
/* What went wrong, said; the exit code. */
int ctl_fail(struct ctl *ctl, const struct ctl_request *request, enum ctl_result result,
             const struct ctl_answer *answer);
/* A change that the guard holds: said; CTL_WAITING. Otherwise CTL_OK. */
int ctl_held(struct ctl *ctl, const json_t *answer);

/* Shows an answer by the verb's view, or as JSON. */
void ctl_show(struct ctl *ctl, const struct ctl_call *call, const struct ctl_view *view,
              const json_t *answer);
void ctl_show_json(struct ctl *ctl, const json_t *answer);
void ctl_show_csv(struct ctl *ctl, const struct ctl_column *columns, const json_t *rows);
/* A sentence in the language of people, with its {names} filled in (verb.h); the phrase is without
 * the line break. */
void ctl_phrase(struct buf *out, const char *sentence, const struct ctl_call *call,
                const json_t *answer);
void ctl_sentence(struct buf *out, const char *sentence, const struct ctl_call *call,
                  const json_t *answer);

/* A sentence on out. */
void ctl_tell(struct ctl *ctl, const char *sentence, const json_t *answer);

/* What verbs without a run function of their own do. */
int ctl_run_generic(struct ctl *ctl, const struct ctl_call *call);

/* Reads a stream: `event` is called for each line with its "event" word. Says what is wrong when
 * there is no answer, or when the stream ends before a result. */
struct ctl_stream {
    const char *method, *path;
    const char *body; /* JSON, or NULL */
    const char *look; /* as in struct ctl_request */
    int upload;       /* -1: none */
    int64_t upload_size;
    /* Returns an exit code; that of the "result" line becomes the stream's. */
    int (*event)(struct ctl *ctl, const char *event, const json_t *line, void *ctx);
    void (*sent)(struct ctl *ctl, uint64_t bytes, int64_t of, void *ctx);
    void *ctx;
};
int ctl_stream(struct ctl *ctl, const struct ctl_stream *stream);

/* Reads the stream of a run to its end. `every`: says how each target went, not only those that did
 * not go well. */
int ctl_follow(struct ctl *ctl, const char *method, const char *path, const char *body, bool every);

/* Logs an account in: what the person has to do is said, and its end waited for. */
int ctl_login(struct ctl *ctl, const char *account);
/* One line of standard input; from a terminal without echo. False when there is none. */
enum { CTL_SECRET_MAX = 16384 };
bool ctl_read_secret(struct ctl *ctl, const char *what, char out[CTL_SECRET_MAX]);

/* How far a run with stages is, as one line for people: the stage that goes on. False: there is
 * none. */
bool ctl_stage_line(struct buf *out, const json_t *run);
/* Each stage that has ended, in words, and what it was that failed. */
void ctl_stages_end(struct buf *out, const json_t *run);

/* The functions of verbs. */
int ctl_run_import(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_from_account(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_report(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_alert_test(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_hook_list(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_hook_test(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_inbox(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_events(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_mirror(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_status(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_plan(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_plan_show(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_apply(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_push(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_retry(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_check(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_follow(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_verify(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_rebuild(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_backups(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_reload(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_warehouses(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_traffic(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_login(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_secret(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_account_add(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_account_remove(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_product_delete(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_merge(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_resolve(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_exposure(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_explain(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_rule_set(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_links(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_history(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_newest(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_undo(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_show_run(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_verify_stock(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_undo_plan(struct ctl *ctl, const struct ctl_call *call);
int ctl_run_restore(struct ctl *ctl, const struct ctl_call *call);

#endif
