/* status, push, account check, run follow, store verify: verbs with more to them than one request
 * and its view. */
#include "ctl/ctl.h"
#include "ctl/table.h"

#include "base/mem.h"

#include <string.h>

static long long number(const json_t *object, const char *member)
{
    return (long long)json_integer_value(ctl_member(object, member));
}

static const char *text(const json_t *object, const char *member)
{
    const char *value = json_string_value(ctl_member(object, member));
    return value ? value : "";
}

/* ---- runs */

static void name_run(struct buf *out, const json_t *run)
{
    ctl_sentence(out, *text(run, "account") ? "{task} of {account}" : "{task}", NULL, run);
    out->data[--out->size] = '\0'; /* the line break */
}

static int conclude_run(struct ctl *ctl, const json_t *run)
{
    struct buf name;
    buf_init(&name, 1 << 16);
    name_run(&name, run);
    const char *state = text(run, "state");
    int code = CTL_OK;
    if (strcmp(state, "failed") == 0) {
        ctl_say(ctl, "%s failed: %s", buf_cstr(&name), text(run, "why"));
        code = CTL_REFUSED;
    } else {
        long long rejected = number(run, "counts.rejected");
        long long unresolved = number(run, "counts.unresolved");
        if (!ctl->json && ctl_member(run, "counts.sent"))
            fprintf(ctl->out, "%s: %lld sent, %lld accepted, %lld rejected, %lld unresolved\n",
                    buf_cstr(&name), number(run, "counts.sent"), number(run, "counts.accepted"),
                    rejected, unresolved);
        else if (!ctl->json)
            fprintf(ctl->out, "%s: done\n", buf_cstr(&name));
        if (rejected || unresolved) code = CTL_PARTLY;
    }
    buf_free(&name);
    return code;
}

static int on_run_event(struct ctl *ctl, const char *event, const json_t *line, void *ctx)
{
    (void)ctx;
    const json_t *run = json_object_get(line, "run");
    if (strcmp(event, "result") == 0) return conclude_run(ctl, run);
    if (strcmp(event, "progress") == 0) {
        struct buf name;
        buf_init(&name, 1 << 16);
        name_run(&name, run);
        ctl_progress(ctl, "%s: %s, %lld of %lld", buf_cstr(&name), text(run, "stage"),
                     number(run, "done"), number(run, "total"));
        buf_free(&name);
    }
    return CTL_OK;
}

int ctl_follow(struct ctl *ctl, const char *run_id)
{
    struct buf path;
    buf_init(&path, 4096);
    buf_text(&path, "/v1/runs/");
    ctl_encode(&path, run_id);
    buf_text(&path, "/follow");
    struct ctl_stream stream = {
        .method = "GET", .path = buf_cstr(&path), .upload = -1, .event = on_run_event};
    int code = ctl_stream(ctl, &stream);
    buf_free(&path);
    return code;
}

int ctl_run_follow(struct ctl *ctl, const struct ctl_call *call)
{
    return ctl_follow(ctl, ctl_value(call, "RUN"));
}

/* Asks for a run; `id` (mem_free it) is NULL when there is none. */
static int start_run(struct ctl *ctl, const struct ctl_call *call, char **id)
{
    char *path = ctl_call_path(call), *body = ctl_call_body(call);
    json_t *run = NULL;
    int code = ctl_ask(ctl, call->verb->method, path, body, false, &run);
    *id = NULL;
    if (code == CTL_OK) {
        if (ctl->json) ctl_show_json(ctl, run);
        *id = mem_text(text(run, "id"));
    }
    json_decref(run);
    mem_free(path);
    mem_free(body);
    return code;
}

int ctl_run_push(struct ctl *ctl, const struct ctl_call *call)
{
    char *id;
    int code = start_run(ctl, call, &id);
    if (code == CTL_OK && ctl_is_on(call, "follow"))
        code = ctl_follow(ctl, id);
    else if (code == CTL_OK && !ctl->json)
        fprintf(ctl->out, "Run %s has begun; 'stockctl run follow %s' waits for its end.\n", id,
                id);
    mem_free(id);
    return code;
}

int ctl_run_check(struct ctl *ctl, const struct ctl_call *call)
{
    char *id;
    int code = start_run(ctl, call, &id);
    if (code == CTL_OK) code = ctl_follow(ctl, id);
    mem_free(id);
    if (code != CTL_OK || ctl->json) return code;
    struct buf path;
    json_t *account = NULL;
    buf_init(&path, 4096);
    buf_text(&path, "/v1/accounts/");
    ctl_encode(&path, ctl_value(call, "ACCOUNT"));
    code = ctl_ask(ctl, "GET", buf_cstr(&path), NULL, false, &account);
    if (code == CTL_OK) ctl_show(ctl, call, call->verb->view, account);
    json_decref(account);
    buf_free(&path);
    return code;
}

/* ---- status */

static const struct ctl_view status_accounts = {
    .rows = "accounts",
    .columns = (const struct ctl_column[]){{"ACCOUNT", "name", CELL_TEXT},
                                           {"STATE", "state", CELL_TEXT},
                                           {"UNSENT", "dirty", CELL_NUMBER},
                                           {"OLDEST", "oldest_unsent_ms", CELL_AGE},
                                           {"REJECTED", "rejected", CELL_NUMBER},
                                           {"LAST SUCCESS", "last_success", CELL_TIME},
                                           {"WHY", "why", CELL_TEXT},
                                           {0}},
    .empty = "There are no accounts; describe one in a file in conf.d.",
};

static const struct ctl_view status_view = {
    .columns = (const struct ctl_column[]){{"stockd", "version", CELL_TEXT},
                                           {"Instance", "instance", CELL_TEXT},
                                           {"Running since", "started", CELL_TIME},
                                           {"Health", "health", CELL_TEXT},
                                           {"Because", "reasons", CELL_TEXT},
                                           {"Products", "counts.products", CELL_TEXT},
                                           {"Targets", "counts.targets", CELL_TEXT},
                                           {"Unsent", "counts.dirty", CELL_TEXT},
                                           {"Unresolved", "counts.unresolved", CELL_TEXT},
                                           {"Rejected", "counts.rejected", CELL_TEXT},
                                           {"Held", "counts.held", CELL_TEXT},
                                           {"Conflicts", "counts.conflicts", CELL_TEXT},
                                           {0}},
    .also = &status_accounts,
};

int ctl_run_status(struct ctl *ctl, const struct ctl_call *call)
{
    json_t *status = NULL;
    int code = ctl_ask(ctl, "GET", call->verb->path, NULL, false, &status);
    if (code == CTL_OK) {
        const json_t *reasons = json_object_get(status, "reasons");
        if (json_array_size(reasons) == 0) json_object_del(status, "reasons");
        ctl_show(ctl, call, &status_view, status);
        if (strcmp(text(status, "health"), "failing") == 0) code = CTL_REFUSED;
    }
    json_decref(status);
    return code;
}

/* ---- store verify */

static int on_verify_event(struct ctl *ctl, const char *event, const json_t *line, void *ctx)
{
    (void)ctx;
    if (strcmp(event, "progress") == 0)
        ctl_progress(ctl, "verifying: %lld of %lld rows", number(line, "done"),
                     number(line, "total"));
    if (strcmp(event, "finding") == 0)
        ctl_say(ctl, "table %s: %s", text(line, "table"), text(line, "detail"));
    if (strcmp(event, "result") != 0) return CTL_OK;
    long long findings = number(line, "findings");
    if (!ctl->json) {
        ctl_progress_clear(ctl);
        if (findings)
            fprintf(ctl->out, "%lld rows verified, %lld are wrong.\n", number(line, "checked"),
                    findings);
        else
            fprintf(ctl->out, "%lld rows verified, all are right.\n", number(line, "checked"));
    }
    return findings ? CTL_REFUSED : CTL_OK;
}

int ctl_run_verify(struct ctl *ctl, const struct ctl_call *call)
{
    struct ctl_stream stream = {.method = call->verb->method,
                                .path = call->verb->path,
                                .upload = -1,
                                .event = on_verify_event};
    return ctl_stream(ctl, &stream);
}
