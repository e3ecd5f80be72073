/* The key of tokens and sealed secrets: opening it, sealing an option, and a new key. A new key is
 * in force at once; what the old one sealed is sealed anew, and only then the old one goes. What
 * was cut off in between is completed at the next start (base/seal.h). */
#include "base/log.h"
#include "base/mem.h"
#include "base/seal_file.h"
#include "daemon/daemon.h"
#include "sync/token.h"

#include <stdio.h>
#include <string.h>

struct renewing {
    struct work_task work;
    struct engine_task task;
    struct daemon *daemon;
    daemon_secrets_fn *done;
    void *arg;
    uint64_t tokens, secrets, unreadable_tokens, unreadable_secrets;
    enum status status;
    struct error error;
};

static void finished(struct renewing *r)
{
    char quoted[LOG_QUOTED_MAX];
    struct daemon *d = r->daemon;
    uint64_t unreadable = r->unreadable_tokens + r->unreadable_secrets;
    json_t *answer = NULL;
    d->secrets_busy = false;
    if (r->status == ST_OK) {
        log_info("secrets", "rekeyed", "tokens=%llu secrets=%llu unreadable=%llu",
                 (unsigned long long)r->tokens, (unsigned long long)r->secrets,
                 (unsigned long long)unreadable);
        answer = json_pack("{s:s, s:I, s:I, s:I}", "key_file", d->secret_key, "tokens",
                           (json_int_t)r->tokens, "secrets", (json_int_t)r->secrets, "unreadable",
                           (json_int_t)unreadable);
    } else {
        log_error("secrets", "not-rekeyed", "error=%s", log_quote(r->error.text, quoted));
    }
    if (r->done)
        r->done(r->arg, r->status, &r->error, answer);
    else
        json_decref(answer);
    mem_free(r);
}

/* ---- third: the files, and the old key goes */

static void files_run(struct work_task *work)
{
    struct renewing *r = (struct renewing *)((char *)work - offsetof(struct renewing, work));
    r->status = seal_files_renew(r->daemon->seal, r->daemon->sealed, &r->secrets,
                                 &r->unreadable_secrets, &r->error);
    if (r->status == ST_OK) r->status = seal_rekey_end(r->daemon->seal, &r->error);
}

static void files_done(struct work_task *work)
{
    finished((struct renewing *)((char *)work - offsetof(struct renewing, work)));
}

/* ---- second: the tokens */

static enum status tokens_run(struct engine_task *task, struct store_txn *txn, struct error *error)
{
    struct renewing *r = (struct renewing *)((char *)task - offsetof(struct renewing, task));
    return token_renew_all(r->daemon->seal, txn, &r->tokens, &r->unreadable_tokens, error);
}

static void tokens_done(struct engine_task *task, enum status status, const struct error *error)
{
    struct renewing *r = (struct renewing *)((char *)task - offsetof(struct renewing, task));
    struct runtime *runtime = loop_runtime(r->daemon->runtime);
    if (status != ST_OK) {
        r->status = status;
        r->error = *error;
        finished(r);
        return;
    }
    r->work = (struct work_task){.run = files_run, .done = files_done};
    runtime->work_submit(runtime, &r->work);
}

static void renew_tokens(struct renewing *r)
{
    struct runtime *runtime = loop_runtime(r->daemon->runtime);
    r->task = (struct engine_task){.run = tokens_run, .done = tokens_done};
    runtime->engine_submit(runtime, &r->task);
}

/* ---- first: the key */

static void key_run(struct work_task *work)
{
    struct renewing *r = (struct renewing *)((char *)work - offsetof(struct renewing, work));
    r->status = seal_rekey_begin(r->daemon->seal, &r->error);
}

static void key_done(struct work_task *work)
{
    struct renewing *r = (struct renewing *)((char *)work - offsetof(struct renewing, work));
    if (r->status == ST_OK)
        renew_tokens(r);
    else
        finished(r);
}

static struct renewing *renewing_new(struct daemon *d, daemon_secrets_fn *done, void *arg)
{
    struct renewing *r = mem_alloc(sizeof *r);
    r->daemon = d;
    r->done = done;
    r->arg = arg;
    d->secrets_busy = true;
    return r;
}

void daemon_rekey(struct daemon *d, daemon_secrets_fn *done, void *arg)
{
    struct error error = {0};
    if (d->secrets_busy || d->stopping) {
        error_set(&error, ST_BUSY, "secrets are being sealed already; try again in a moment");
        done(arg, ST_BUSY, &error, NULL);
        return;
    }
    struct renewing *r = renewing_new(d, done, arg);
    struct runtime *runtime = loop_runtime(d->runtime);
    r->work = (struct work_task){.run = key_run, .done = key_done};
    runtime->work_submit(runtime, &r->work);
}

void daemon_secrets_open(struct daemon *d)
{
    d->secret_key = mem_text(d->config->daemon.secret_key);
    d->sealed = mem_text(d->config->daemon.sealed);
    d->seal = seal_new(d->secret_key);
    if (seal_rekey_open(d->seal)) renew_tokens(renewing_new(d, NULL, NULL));
}

/* ---- one option */

struct sealing {
    struct work_task work;
    struct daemon *daemon;
    daemon_secrets_fn *done;
    void *arg;
    char *option, *name, *value;
    enum status status;
    struct error error;
};

static void sealing_run(struct work_task *work)
{
    struct sealing *s = (struct sealing *)((char *)work - offsetof(struct sealing, work));
    s->status = seal_file_write(s->daemon->seal, s->daemon->sealed, s->name, bytes_text(s->value),
                                &s->error);
}

static void sealing_done(struct work_task *work)
{
    struct sealing *s = (struct sealing *)((char *)work - offsetof(struct sealing, work));
    json_t *answer = NULL;
    s->daemon->secrets_busy = false;
    if (s->status == ST_OK) {
        char *reference = mem_format("${sealed:%s}", s->name);
        answer = json_pack("{s:s, s:s}", "option", s->option, "reference", reference);
        log_info("secrets", "sealed", "name=%s", s->name);
        mem_free(reference);
    }
    s->done(s->arg, s->status, &s->error, answer);
    explicit_bzero(s->value, strlen(s->value));
    mem_free(s->value);
    mem_free(s->option);
    mem_free(s->name);
    mem_free(s);
}

/* An account that is not configured yet may have any. */
static enum status option_check(const struct daemon *d, const char *account, const char *option,
                                struct error *error)
{
    const struct config_account *a = config_account(d->config, account);
    if (!a || !a->spec) return ST_OK;
    for (size_t i = 0; i < a->spec->option_count; i++)
        if (strcmp(a->spec->options[i].name, option) == 0 && a->spec->options[i].secret)
            return ST_OK;
    return error_set(error, ST_INVALID,
                     "'%.80s' is no secret option of account '%.80s'; 'stockctl plugin info %s' "
                     "lists them",
                     option, account, a->plugin);
}

void daemon_seal_secret(struct daemon *d, const char *account, const char *option,
                        const char *value, daemon_secrets_fn *done, void *arg)
{
    struct error error = {0};
    enum status status = ST_OK;
    char *name = mem_format("%s.%s", account, option);
    if (!seal_file_name_valid(name))
        status = error_set(&error, ST_INVALID,
                           "accounts and options have names of a-z, 0-9, '.', '_' and '-', "
                           "together at most %d",
                           SEAL_FILE_NAME_MAX - 1);
    if (status == ST_OK) status = option_check(d, account, option, &error);
    if (status == ST_OK && (d->secrets_busy || d->stopping))
        status =
            error_set(&error, ST_BUSY, "secrets are being sealed already; try again in a moment");
    if (status != ST_OK) {
        mem_free(name);
        done(arg, status, &error, NULL);
        return;
    }
    struct sealing *s = mem_alloc(sizeof *s);
    struct runtime *runtime = loop_runtime(d->runtime);
    *s = (struct sealing){.work = {.run = sealing_run, .done = sealing_done},
                          .daemon = d,
                          .done = done,
                          .arg = arg,
                          .option = mem_text(option),
                          .name = name,
                          .value = mem_text(value)};
    d->secrets_busy = true;
    runtime->work_submit(runtime, &s->work);
}
