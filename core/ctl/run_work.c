/* status, traffic, store verify, store rebuild: verbs with more to them than one request and its
 * view. */
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "ctl/words.h"

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

/* ---- status */

static const struct ctl_view status_accounts = {
    .rows = "accounts",
    .columns = (const struct ctl_column[]){{"ACCOUNT", "name", CELL_TEXT},
                                           {"STATE", "state", CELL_WORD},
                                           {"UNSENT", "dirty", CELL_NUMBER},
                                           {"OLDEST", "oldest_unsent_ms", CELL_AGE},
                                           {"REJECTED", "rejected", CELL_NUMBER},
                                           {"DRIFTS", "drifts", CELL_NUMBER},
                                           {"LAST SUCCESS", "last_success", CELL_TIME},
                                           {"WHY", "why", CELL_TEXT},
                                           {0}},
    .empty = "There are no accounts yet. 'stockctl account add' asks for what it needs, tries it, "
             "and writes the file.",
};

static const struct ctl_view status_view = {
    .columns = (const struct ctl_column[]){{"stockd", "version", CELL_TEXT},
                                           {"Instance", "instance", CELL_TEXT},
                                           {"Running since", "started", CELL_TIME},
                                           {"Health", "health", CELL_WORD},
                                           {"Because", "reasons", CELL_TEXT},
                                           {"Products", "counts.products", CELL_TEXT},
                                           {"Targets", "counts.targets", CELL_TEXT},
                                           {"Unsent", "counts.dirty", CELL_TEXT},
                                           {"Unresolved", "counts.unresolved", CELL_TEXT},
                                           {"Rejected", "counts.rejected", CELL_TEXT},
                                           {"Held", "counts.held", CELL_TEXT},
                                           {"Drifts", "counts.drifts", CELL_TEXT},
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
        if (json_array_size(reasons) == 0 && !ctl->json) json_object_del(status, "reasons");
        ctl_show(ctl, call, &status_view, status);
        if (strcmp(text(status, "health"), "failing") == 0) code = CTL_REFUSED;
    }
    json_decref(status);
    return code;
}

/* ---- traffic */

static void print_block(struct ctl *ctl, const json_t *entry, const char *member)
{
    const char *at = text(entry, member);
    while (*at) { /* line by line, so that what is kept of control characters is the line breaks */
        size_t size = strcspn(at, "\n");
        json_t *line = json_stringn(at, size);
        struct buf out;
        buf_init(&out, 1 << 20);
        json_t *holder = json_pack("{s:o}", "line", line);
        ctl_sentence(&out, "    {line}", NULL, holder);
        fputs(size ? buf_cstr(&out) : "\n", ctl->out);
        json_decref(holder);
        buf_free(&out);
        at += size + (at[size] == '\n');
    }
}

static void print_exchange(struct ctl *ctl, const json_t *entry)
{
    struct buf head;
    buf_init(&head, 1 << 16);
    ctl_sentence(&head, "{time}  {method} {url}", NULL, entry);
    fputs(buf_cstr(&head), ctl->out);
    print_block(ctl, entry, "request_headers");
    fputc('\n', ctl->out);
    print_block(ctl, entry, "request_body");
    buf_reset(&head);
    ctl_sentence(&head, *text(entry, "error") ? "  -> {result}: {error}" : "  -> {status}", NULL,
                 entry);
    fputs(buf_cstr(&head), ctl->out);
    print_block(ctl, entry, "answer_headers");
    fputc('\n', ctl->out);
    print_block(ctl, entry, "answer_body");
    fputc('\n', ctl->out);
    buf_free(&head);
}

int ctl_run_traffic(struct ctl *ctl, const struct ctl_call *call)
{
    char *path = ctl_call_path(call);
    json_t *answer = NULL, *entry;
    size_t i;
    int code = ctl_ask(ctl, "GET", path, NULL, false, &answer);
    if (code == CTL_OK && ctl_is_on(call, "bodies") && !ctl->json)
        json_array_foreach (json_object_get(answer, "items"), i, entry)
            print_exchange(ctl, entry);
    else if (code == CTL_OK)
        ctl_show(ctl, call, call->verb->view, answer);
    json_decref(answer);
    mem_free(path);
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
            fprintf(ctl->out, ctl_text("%lld rows verified, %lld are wrong.\n"),
                    number(line, "checked"), findings);
        else
            fprintf(ctl->out, ctl_text("%lld rows verified, all are right.\n"),
                    number(line, "checked"));
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

/* ---- store rebuild */

static int on_rebuild_event(struct ctl *ctl, const char *event, const json_t *line, void *ctx)
{
    const struct ctl_call *call = ctx;
    if (strcmp(event, "progress") == 0)
        ctl_progress(ctl, "rebuilding: %lld of %lld rows", number(line, "done"),
                     number(line, "total"));
    if (strcmp(event, "result") != 0) return CTL_OK;
    long long wrong = number(line, "wrong"), mended = number(line, "mended");
    bool dry = json_is_true(json_object_get(line, "dry_run"));
    ctl_progress_clear(ctl);
    if (!ctl->json) ctl_show(ctl, call, call->verb->view, line);
    if (!ctl->json && !wrong)
        fprintf(ctl->out, "%lld rows were looked at, all are right.\n", number(line, "rows"));
    else if (!ctl->json)
        fprintf(ctl->out,
                "%lld rows were looked at: %lld were missing, wrong or surplus, %lld are mended.\n",
                number(line, "rows"), wrong, mended);
    if (dry) return wrong ? CTL_REFUSED : CTL_OK;
    return wrong == mended ? CTL_OK : CTL_PARTLY;
}

int ctl_run_rebuild(struct ctl *ctl, const struct ctl_call *call)
{
    char *body = ctl_call_body(call);
    struct ctl_stream stream = {.method = call->verb->method,
                                .path = call->verb->path,
                                .body = body,
                                .look = "stockctl run list",
                                .upload = -1,
                                .event = on_rebuild_event,
                                .ctx = (void *)call};
    int code = ctl_stream(ctl, &stream);
    mem_free(body);
    return code;
}
