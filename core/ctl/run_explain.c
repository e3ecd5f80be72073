/* explain: for each place, the way from the stock to what the marketplace shows, and why it is not
 * there yet. Steps that change nothing are left to --json. */
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "ctl/words.h"

#include "base/mem.h"

#include <string.h>

enum { OUTPUT_MAX = 16 << 20, LABEL_WIDTH = 13 };

static const char *text_at(const json_t *json, const char *member)
{
    const char *text = json_string_value(ctl_member(json, member));
    return text ? text : "";
}

static void add(struct buf *out, const json_t *json, const char *member, enum ctl_cell cell)
{
    ctl_cell_text(out, json, member, cell);
}

/* A word at the line's beginning, as wide as the longest. */
static void add_label(struct buf *out, const char *label)
{
    const size_t width = ctl_text_width(label);
    buf_format(out, "  %s%*s", label, width < LABEL_WIDTH ? (int)(LABEL_WIDTH - width) : 1, "");
}

/* "by command 7, listing set (order) of uid:0". */
static void add_by(struct buf *out, const json_t *by)
{
    if (!json_is_object(by)) return;
    const char *command = text_at(by, "command"), *cause = text_at(by, "cause");
    ctl_phrase(out, " by command {sequence}", NULL, by);
    if (*command) buf_format(out, ", %s", command);
    if (*cause) buf_format(out, " (%s)", cause);
    if (*text_at(by, "actor")) ctl_phrase(out, " of {actor}", NULL, by);
}

static void add_link(struct buf *out, const json_t *link)
{
    if (!json_is_true(json_object_get(link, "counted"))) {
        ctl_sentence(out, "  from {warehouse}: never counted", NULL, link);
        return;
    }
    ctl_phrase(out, "  from {warehouse}: {on_hand} on hand - {reserved} reserved = {available}",
               NULL, link);
    if (*text_at(link, "share")) ctl_phrase(out, ", of which {share}: {pieces}", NULL, link);
    buf_text(out, ctl_text(", since "));
    add(out, link, "since", CELL_TIME);
    add_by(out, json_object_get(link, "by"));
    buf_char(out, '\n');
}

static void add_step(struct buf *out, const json_t *step)
{
    if (!json_is_true(json_object_get(step, "changed"))) return;
    add_label(out, ctl_state_word(text_at(step, "step")));
    add(out, step, "value", CELL_NUMBER);
    buf_format(out, "  (%s)\n", text_at(step, "text"));
}

/* "sent 7, at ..."; nothing when the daemon does not know. */
static bool add_fact(struct buf *out, const json_t *target, const char *name, const char *label)
{
    const json_t *fact = json_object_get(target, name);
    if (!json_is_object(fact)) return false;
    add_label(out, label);
    add(out, fact, "value", CELL_NUMBER);
    buf_text(out, ", ");
    add(out, fact, "time", CELL_TIME);
    if (json_object_get(fact, "revision")) ctl_phrase(out, ", revision {revision}", NULL, fact);
    return true;
}

static void add_facts(struct buf *out, const json_t *target)
{
    if (add_fact(out, target, "wanted", ctl_text("wanted"))) {
        const json_t *wanted = json_object_get(target, "wanted");
        if (*text_at(wanted, "zero_reason"))
            buf_format(out, "%s%s", ctl_text(", 0 because of "),
                       ctl_state_word(text_at(wanted, "zero_reason")));
        add_by(out, json_object_get(wanted, "by"));
        buf_char(out, '\n');
    }
    if (add_fact(out, target, "sent", ctl_text("sent"))) {
        const json_t *sent = json_object_get(target, "sent");
        if (json_is_integer(json_object_get(sent, "send"))) {
            ctl_phrase(out, ", send {send}: ", NULL, sent);
            add(out, sent, "result", CELL_WORD);
        }
        buf_char(out, '\n');
    }
    if (add_fact(out, target, "acknowledged", ctl_text("acknowledged"))) buf_char(out, '\n');
    if (add_fact(out, target, "observed", ctl_text("observed"))) buf_char(out, '\n');
}

static void add_target(struct buf *out, const json_t *target)
{
    size_t i;
    json_t *row;
    ctl_phrase(out, "{account}, warehouse {warehouse_name}, listing {listing}: ", NULL, target);
    add(out, target, "state", CELL_WORD);
    buf_char(out, '\n');
    json_array_foreach (json_object_get(target, "links"), i, row)
        add_link(out, row);
    json_array_foreach (json_object_get(target, "steps"), i, row)
        add_step(out, row);
    add_facts(out, target);
    if (!*text_at(target, "why")) return;
    bool synced = strcmp(text_at(target, "state"), "synced") == 0;
    add_label(out, synced ? ctl_text("note") : ctl_text("why not yet"));
    add(out, target, "why", CELL_TEXT);
    buf_char(out, '\n');
}

/* "12.3 s" */
static void add_seconds(struct buf *out, const json_t *json, const char *member)
{
    buf_format(out, "%.1f %s", (double)json_integer_value(json_object_get(json, member)) / 1000,
               ctl_text("s"));
}

static void add_exposure(struct buf *out, const json_t *e)
{
    buf_format(out, ctl_text("%s: %.1f pieces may be sold that are sold already ("),
               text_at(e, "account"), json_number_value(json_object_get(e, "exposure")));
    ctl_phrase(out, "{sold} sold elsewhere in {days} {days:day|days}, known after ", NULL, e);
    add_seconds(out, e, "visibility_ms");
    buf_text(out, ctl_text(", shown after "));
    add_seconds(out, e, "propagation_ms");
    ctl_sentence(out, " more; kept back: {buffer})", NULL, e);
}

static void set_seconds(json_t *row, const char *name, const char *member)
{
    char text[40];
    snprintf(text, sizeof text, "%.1f s",
             (double)json_integer_value(json_object_get(row, member)) / 1000);
    json_object_set_new(row, name, json_string(text));
}

int ctl_run_exposure(struct ctl *ctl, const struct ctl_call *call)
{
    char *path = ctl_call_path(call), text[40];
    json_t *answer = NULL, *row;
    size_t i;
    int code = ctl_ask(ctl, "GET", path, NULL, false, &answer);
    mem_free(path);
    if (code != CTL_OK) return code;
    json_array_foreach (json_object_get(answer, "items"), i, row) {
        if (ctl->json) break;
        set_seconds(row, "known", "visibility_ms");
        set_seconds(row, "after", "propagation_ms");
        snprintf(text, sizeof text, "%.1f", json_number_value(json_object_get(row, "exposure")));
        json_object_set_new(row, "exposure", json_string(text));
    }
    ctl_show(ctl, call, call->verb->view, answer);
    if (!ctl->json && !json_is_true(json_object_get(answer, "whole")))
        ctl_say(ctl, "there are more order lines than are looked at: some products are left out");
    json_decref(answer);
    return CTL_OK;
}

static void add_answer(struct buf *out, const json_t *answer)
{
    size_t i;
    json_t *row;
    bool any = false;
    json_array_foreach (json_object_get(answer, "targets"), i, row) {
        if (any) buf_char(out, '\n');
        add_target(out, row);
        any = true;
    }
    json_array_foreach (json_object_get(answer, "absent"), i, row) {
        if (any) buf_char(out, '\n');
        add(out, row, "account", CELL_TEXT);
        buf_text(out, ": ");
        add(out, row, "state", CELL_WORD);
        buf_char(out, '\n');
        add_label(out, ctl_text("why"));
        add(out, row, "why", CELL_TEXT);
        buf_char(out, '\n');
        any = true;
    }
    json_array_foreach (json_object_get(answer, "held"), i, row) {
        if (any) buf_char(out, '\n');
        any = true;
        ctl_sentence(out,
                     "held by the guard: {before} -> {after} at {account}, warehouse {warehouse}; "
                     "stockctl plan show {plan}",
                     NULL, row);
        add_label(out, ctl_text("why"));
        add(out, row, "reason", CELL_TEXT);
        buf_char(out, '\n');
    }
    if (json_array_size(json_object_get(answer, "exposure"))) buf_char(out, '\n');
    json_array_foreach (json_object_get(answer, "exposure"), i, row)
        add_exposure(out, row);
    if (!any) buf_text(out, ctl_text("There are no accounts: it is shown nowhere.\n"));
}

int ctl_run_explain(struct ctl *ctl, const struct ctl_call *call)
{
    char *path = ctl_call_path(call);
    json_t *answer = NULL;
    int code = ctl_ask(ctl, "GET", path, NULL, false, &answer);
    mem_free(path);
    if (code == CTL_OK && ctl->json) {
        ctl_show_json(ctl, answer);
    } else if (code == CTL_OK) {
        struct buf out;
        buf_init(&out, OUTPUT_MAX);
        add_answer(&out, answer);
        fwrite(buf_cstr(&out), 1, out.size, ctl->out);
        buf_free(&out);
    }
    json_decref(answer);
    return code;
}
