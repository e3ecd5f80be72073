/* push, run follow, account check: the stream of a run to its end. */
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "ctl/words.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { TARGETS_SAID_MAX = 20 }; /* more are counted; 'target list' has all */

struct following {
    bool every, ended;
    long long said, unsaid;
    char *waiting; /* what the run waited for when it was last heard of */
    char *staged;  /* the stage and the tenth of it that a log was told last */
    bool hinted;
};

static long long number(const json_t *object, const char *member)
{
    return (long long)json_integer_value(ctl_member(object, member));
}

static const char *text(const json_t *object, const char *member)
{
    const char *value = json_string_value(ctl_member(object, member));
    return value ? value : "";
}

/* ---- one target */

static const char *target_sentence(const char *result)
{
    static const struct {
        const char *result, *sentence;
    } known[] = {
        {"sent", "{sku} at {account}, {warehouse_name}: {acknowledged} is there"},
        {"unchanged", "{sku} at {account}, {warehouse_name}: {wanted} was there already"},
        {"rejected", "{sku} at {account}, {warehouse_name}: {wanted} was rejected: {why}"},
        {"held", "{sku} at {account}, {warehouse_name}: held: {why}"},
        {"unresolved", "{sku} at {account}, {warehouse_name}: {sent} was sent, {why}"},
        {"failed", "{sku} at {account}, {warehouse_name}: {wanted} is not there yet: {why}"},
        {"dry-run", "{sku} at {account}, {warehouse_name}: {wanted} would be sent (dry-run)"},
        {"off", "{sku} at {account}, {warehouse_name}: not sent: {why}"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].result, result) == 0) return known[i].sentence;
    return "{sku} at {account}, {warehouse_name}: {result}";
}

static void say_target(struct ctl *ctl, struct following *f, const json_t *line)
{
    const char *result = text(line, "result");
    bool well = strcmp(result, "sent") == 0 || strcmp(result, "unchanged") == 0;
    if (ctl->json || (well && !f->every)) return;
    if (f->said == TARGETS_SAID_MAX) {
        f->unsaid++;
        return;
    }
    f->said++;
    struct buf out;
    buf_init(&out, 1 << 16);
    ctl_sentence(&out, target_sentence(result), NULL, line);
    ctl_progress_clear(ctl);
    fputs(buf_cstr(&out), ctl->out);
    buf_free(&out);
}

/* ---- the end */

static void name_run(struct buf *out, const json_t *run)
{
    ctl_sentence(out, *text(run, "account") ? "{task} of {account}" : "{task}", NULL, run);
    out->data[--out->size] = '\0'; /* the line break */
}

/* "12 sent, 3 unchanged": those that are not 0. */
static void add_counts(struct buf *out, const json_t *counts)
{
    static const struct {
        const char *member, *word;
    } words[] = {
        {"sent", "sent"},          {"unchanged", "there already"}, {"rejected", "rejected"},
        {"held", "held"},          {"unresolved", "unresolved"},   {"failed", "failing"},
        {"dry_run", "on dry-run"}, {"off", "switched off"},        {"waiting", "waiting"}};
    bool any = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        long long count = number(counts, words[i].member);
        if (count == 0) continue;
        buf_format(out, "%s%lld %s", any ? ", " : "", count, ctl_text(words[i].word));
        any = true;
    }
    if (!any) buf_text(out, ctl_text("nothing to send"));
}

static void print_end(struct ctl *ctl, const struct following *f, const json_t *run)
{
    const json_t *counts = json_object_get(run, "counts");
    struct buf out;
    buf_init(&out, 1 << 16);
    if (f->unsaid)
        buf_format(&out, ctl_text("... and %lld more; 'stockctl target list' has them all\n"),
                   f->unsaid);
    name_run(&out, run);
    buf_text(&out, ": ");
    bool staged = json_array_size(json_object_get(run, "stages")) > 0;
    if (counts)
        add_counts(&out, counts);
    else
        buf_text(&out, ctl_state_word(text(run, "state")));
    if (*text(run, "why") && (!staged || strcmp(text(run, "state"), "waiting") == 0))
        buf_format(&out, "; %s", text(run, "why"));
    buf_char(&out, '\n');
    if (staged) ctl_stages_end(&out, run);
    ctl_progress_clear(ctl);
    fputs(buf_cstr(&out), ctl->out);
    buf_free(&out);
}

static int conclude(struct ctl *ctl, const struct following *f, const json_t *run)
{
    const char *state = text(run, "state");
    if (strcmp(state, "failed") == 0) {
        struct buf name;
        buf_init(&name, 1 << 16);
        name_run(&name, run);
        ctl_say(ctl, "%s failed: %s", buf_cstr(&name), text(run, "why"));
        buf_reset(&name);
        ctl_stages_end(&name, run);
        if (!ctl->json) fputs(buf_cstr(&name), ctl->out);
        buf_free(&name);
        return CTL_REFUSED;
    }
    if (!ctl->json) print_end(ctl, f, run);
    if (strcmp(state, "waiting") == 0 || strcmp(state, "running") == 0) return CTL_WAITING;
    return strcmp(state, "partial") == 0 ? CTL_PARTLY : CTL_OK;
}

/* What two lines have in common between which there is no news: "stage 2 of 4  listings", and the
 * tens of its percent. */
static char *stage_key(const char *line)
{
    const char *percent = strstr(line, " %"), *name = strstr(line, "  ");
    const char *amount = name ? strstr(name + 2, "  ") : NULL;
    if (!amount || strstr(line, "failed")) return mem_text(line);
    long long tens = percent ? strtoll(percent - (percent[-2] == ' ' ? 1 : 2), NULL, 10) / 10 : 0;
    return mem_format("%.*s %lld", (int)(amount - line), line, tens);
}

/* A log hears of each stage, of each failure, and of each tenth of a stage. */
static bool say_stage(struct ctl *ctl, struct following *f, const json_t *run)
{
    struct buf line;
    buf_init(&line, 1 << 16);
    bool staged = ctl_stage_line(&line, run);
    if (staged && ctl->progress) {
        if (!f->hinted) fputs(ctl_text("Ctrl-C stops the watching, not the run.\n"), ctl->err);
        f->hinted = true;
        ctl_progress(ctl, "%s", buf_cstr(&line));
    } else if (staged && !ctl->json) {
        char *key = stage_key(buf_cstr(&line));
        bool news = !f->staged || strcmp(f->staged, key) != 0;
        mem_free(f->staged);
        f->staged = key;
        if (news) fprintf(ctl->out, "%s\n", buf_cstr(&line));
        fflush(ctl->out);
    }
    buf_free(&line);
    return staged;
}

static void say_progress(struct ctl *ctl, struct following *f, const json_t *run)
{
    if (say_stage(ctl, f, run)) return;
    struct buf name;
    buf_init(&name, 1 << 16);
    name_run(&name, run);
    const char *why = text(run, "why");
    bool news = *why && (!f->waiting || strcmp(f->waiting, why) != 0);
    mem_free(f->waiting);
    f->waiting = *why ? mem_text(why) : NULL;
    if (news && !ctl->progress && !ctl->json)
        ctl_say(ctl, "%s: %s", buf_cstr(&name), why); /* into a log: once */
    if (json_is_integer(ctl_member(run, "total")))
        ctl_progress(ctl, "%s: %lld of %lld%s%s", buf_cstr(&name), number(run, "done"),
                     number(run, "total"), *why ? "; " : "", why);
    else
        ctl_progress(ctl, "%s: %lld%s%s", buf_cstr(&name), number(run, "done"), *why ? "; " : "",
                     why);
    buf_free(&name);
}

static int on_event(struct ctl *ctl, const char *event, const json_t *line, void *ctx)
{
    struct following *f = ctx;
    const json_t *run = json_object_get(line, "run");
    if (strcmp(event, "result") == 0) {
        f->ended = true;
        return conclude(ctl, f, run);
    }
    if (strcmp(event, "target") == 0) say_target(ctl, f, line);
    if (strcmp(event, "progress") == 0) say_progress(ctl, f, run);
    return CTL_OK;
}

int ctl_follow(struct ctl *ctl, const char *method, const char *path, const char *body, bool every)
{
    struct following f = {.every = every};
    struct ctl_stream stream = {.method = method,
                                .path = path,
                                .body = body,
                                .look = strcmp(method, "GET") != 0 ? "stockctl run list" : NULL,
                                .upload = -1,
                                .event = on_event,
                                .ctx = &f};
    int code = ctl_stream(ctl, &stream);
    if (code == CTL_WAITING && f.waiting && !f.ended) ctl_say(ctl, "it waits: %s", f.waiting);
    mem_free(f.waiting);
    mem_free(f.staged);
    return code;
}

/* ---- the verbs */

/* The newest run that goes on, its id in `id`: one that has a number before what is only read. */
static int newest_going(struct ctl *ctl, const char *account, char id[300])
{
    struct buf path;
    json_t *answer = NULL, *run;
    size_t i;
    buf_init(&path, 4096);
    buf_text(&path, "/v1/runs?state=running");
    if (account) buf_text(&path, "&account=");
    if (account) ctl_encode(&path, account);
    int code = ctl_ask_pages(ctl, buf_cstr(&path), &answer);
    id[0] = '\0';
    json_array_foreach (json_object_get(answer, "items"), i, run) {
        bool numbered = !strchr(text(run, "id"), ':');
        if (!id[0] || numbered) snprintf(id, 300, "%s", text(run, "id"));
        if (numbered) break;
    }
    json_decref(answer);
    buf_free(&path);
    return code;
}

/* Nothing goes on: how its last load ended. */
static int newest_load(struct ctl *ctl, const char *account, char id[300])
{
    struct buf path;
    json_t *answer = NULL;
    buf_init(&path, 4096);
    buf_text(&path, "/v1/runs?task=load&account=");
    ctl_encode(&path, account);
    int code = ctl_ask_some(ctl, buf_cstr(&path), 1, &answer);
    snprintf(id, 300, "%s", text(json_array_get(json_object_get(answer, "items"), 0), "id"));
    json_decref(answer);
    buf_free(&path);
    return code;
}

int ctl_run_follow(struct ctl *ctl, const struct ctl_call *call)
{
    const char *account = ctl_value(call, "account"), *given = ctl_value(call, "RUN");
    char id[300];
    int code = CTL_OK;
    if (given && account) {
        ctl_say(ctl, "give a run or --account, not both");
        return CTL_USAGE;
    }
    snprintf(id, sizeof id, "%s", given ? given : "");
    if (!given) code = newest_going(ctl, account, id);
    if (code != CTL_OK) return code;
    if (!id[0] && account) code = newest_load(ctl, account, id);
    if (code != CTL_OK) return code;
    if (!id[0]) {
        if (!ctl->json)
            fprintf(ctl->out, "Nothing is going on%s%s; 'stockctl run list' shows what was.\n",
                    account ? " for " : "", account ? account : "");
        return CTL_OK;
    }
    struct buf path;
    buf_init(&path, 4096);
    buf_text(&path, "/v1/runs/");
    ctl_encode(&path, id);
    buf_text(&path, "/follow");
    if (!given && !ctl->json) ctl_say(ctl, "following run %s", id);
    code = ctl_follow(ctl, "GET", buf_cstr(&path), NULL, false);
    buf_free(&path);
    return code;
}

int ctl_run_push(struct ctl *ctl, const struct ctl_call *call)
{
    char *body = ctl_call_body(call);
    const char *path = call->verb->path;
    json_t *run = NULL;
    int code;
    if (ctl_is_on(call, "follow")) {
        char *followed = mem_format("%s?follow=true", path);
        code = ctl_follow(ctl, "POST", followed, body, ctl_value(call, "sku") != NULL);
        mem_free(followed);
    } else {
        code = ctl_ask(ctl, "POST", path, body, false, &run);
        if (code == CTL_OK && ctl->json)
            ctl_show_json(ctl, run);
        else if (code == CTL_OK && strcmp(text(run, "state"), "done") == 0)
            fprintf(ctl->out, "Run %s is over: %s.\n", text(run, "id"), text(run, "why"));
        else if (code == CTL_OK)
            fprintf(ctl->out,
                    "Run %s has begun: %lld targets. 'stockctl run follow %s' waits for its end.\n",
                    text(run, "id"), number(run, "total"), text(run, "id"));
    }
    json_decref(run);
    mem_free(body);
    return code;
}

int ctl_run_retry(struct ctl *ctl, const struct ctl_call *call)
{
    if (!ctl_is_on(call, "list") && !ctl_is_on(call, "dry-run")) return ctl_run_push(ctl, call);
    static const char *const names[] = {"account", "sku", "code"};
    struct buf path;
    json_t *answer = NULL;
    char join = '?';
    buf_init(&path, 1 << 16);
    buf_text(&path, "/v1/rejected");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!ctl_value(call, names[i])) continue;
        buf_format(&path, "%c%s=", join, names[i]);
        ctl_encode(&path, ctl_value(call, names[i]));
        join = '&';
    }
    int code = ctl_ask(ctl, "GET", buf_cstr(&path), NULL, true, &answer);
    if (code == CTL_OK) ctl_show(ctl, call, call->verb->view, answer);
    json_decref(answer);
    buf_free(&path);
    return code;
}

int ctl_run_check(struct ctl *ctl, const struct ctl_call *call)
{
    struct buf path;
    json_t *account = NULL;
    buf_init(&path, 4096);
    buf_text(&path, "/v1/accounts/");
    ctl_encode(&path, ctl_value(call, "ACCOUNT"));
    size_t named = path.size;
    buf_text(&path, "/check?follow=true");
    int code = ctl_follow(ctl, "POST", buf_cstr(&path), NULL, false);
    if (code == CTL_OK && !ctl->json) {
        path.data[path.size = named] = '\0';
        code = ctl_ask(ctl, "GET", buf_cstr(&path), NULL, false, &account);
        if (code == CTL_OK) ctl_show(ctl, call, call->verb->view, account);
    }
    json_decref(account);
    buf_free(&path);
    return code;
}
