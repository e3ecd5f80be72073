/* plan, plan show, apply: counts and rows, as tables, JSON or CSV. */
#include "ctl/ctl.h"
#include "ctl/table.h"

#include "base/mem.h"

#include <string.h>

#define COLUMNS (const struct ctl_column[])

static const struct ctl_column now_columns[] = {{"SKU", "sku", CELL_TEXT},
                                                {"ACCOUNT", "account", CELL_TEXT},
                                                {"WAREHOUSE", "warehouse", CELL_TEXT},
                                                {"LISTING", "listing", CELL_TEXT},
                                                {"BUCKET", "bucket", CELL_TEXT},
                                                {"THERE", "there", CELL_NUMBER},
                                                {"WANTED", "wanted", CELL_NUMBER},
                                                {"WHY", "why", CELL_TEXT},
                                                {0}};
static const struct ctl_column held_columns[] = {{"SKU", "sku", CELL_TEXT},
                                                 {"ACCOUNT", "account", CELL_TEXT},
                                                 {"WAREHOUSE", "warehouse", CELL_TEXT},
                                                 {"LISTING", "listing", CELL_TEXT},
                                                 {"BEFORE", "before", CELL_NUMBER},
                                                 {"AFTER", "after", CELL_NUMBER},
                                                 {"NOW", "now", CELL_NUMBER},
                                                 {0}};
static const struct ctl_view now_view = {
    .rows = "items", .columns = now_columns, .empty = "Nothing would be sent."};
static const struct ctl_view held_view = {
    .rows = "items", .columns = held_columns, .empty = "It has no figures of its own."};
static const struct ctl_view counts_view = {
    .rows = "accounts",
    .columns = COLUMNS{{"ACCOUNT", "account", CELL_TEXT},
                       {"RAISE", "raise", CELL_NUMBER},
                       {"LOWER", "lower", CELL_NUMBER},
                       {"ZERO", "zero", CELL_NUMBER},
                       {"UNCHANGED", "unchanged", CELL_NUMBER},
                       {"HELD", "held", CELL_NUMBER},
                       {"REJECTED", "rejected", CELL_NUMBER},
                       {"OFF", "off", CELL_NUMBER},
                       {"UNMAPPED", "unmapped", CELL_NUMBER},
                       {"PIECES", "pieces", CELL_NUMBER},
                       {0}},
    .sentence = "Plan {id}: {changes} {changes:figure|figures} would be sent.",
    .empty = "There are no accounts yet.",
};
static const struct ctl_view plan_view = {
    .columns = COLUMNS{{"Plan", "id", CELL_TEXT},
                       {"Of", "kind", CELL_TEXT},
                       {"Command", "command", CELL_TEXT},
                       {"Import", "job", CELL_TEXT},
                       {"By", "actor", CELL_TEXT},
                       {"Since", "created", CELL_TIME},
                       {"Held because", "reason", CELL_TEXT},
                       {"Changes", "changes", CELL_TEXT},
                       {"To 0", "zeroed", CELL_TEXT},
                       {"From 0", "raised", CELL_TEXT},
                       {"Pieces", "pieces", CELL_TEXT},
                       {0}},
};

/* A field as RFC 4180 has it; one that a spreadsheet would take for a formula gets an apostrophe.
 */
static void csv_field(struct buf *out, const char *text)
{
    bool formula = text[0] && strchr("=+@", text[0]);
    if (!formula && !text[strcspn(text, ",\"\r\n")]) {
        buf_text(out, text);
        return;
    }
    buf_char(out, '"');
    if (formula) buf_char(out, '\'');
    for (; *text; text++) {
        if (*text == '"') buf_char(out, '"');
        buf_char(out, *text);
    }
    buf_char(out, '"');
}

static void csv_cell(struct buf *out, const json_t *row, const char *member)
{
    const json_t *value = ctl_member(row, member);
    if (json_is_integer(value))
        buf_format(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_string(value))
        csv_field(out, json_string_value(value));
}

void ctl_show_csv(struct ctl *ctl, const struct ctl_column *columns, const json_t *rows)
{
    struct buf out;
    const json_t *row;
    size_t i;
    buf_init(&out, 256 << 20);
    for (const struct ctl_column *c = columns; c->title; c++)
        buf_format(&out, "%s%s", c == columns ? "" : ",", c->member);
    buf_text(&out, "\n");
    json_array_foreach (rows, i, row) {
        for (const struct ctl_column *c = columns; c->title; c++) {
            if (c != columns) buf_char(&out, ',');
            csv_cell(&out, row, c->member);
        }
        buf_char(&out, '\n');
    }
    fwrite(buf_cstr(&out), 1, out.size, ctl->out);
    buf_free(&out);
}

static int show_rows(struct ctl *ctl, const struct ctl_call *call, const struct ctl_view *view,
                     const char *path)
{
    json_t *answer = NULL;
    int code = ctl_ask_pages(ctl, path, &answer);
    if (code == CTL_OK && ctl_is_on(call, "csv") && !ctl->json)
        ctl_show_csv(ctl, view->columns, json_object_get(answer, "items"));
    else if (code == CTL_OK)
        ctl_show(ctl, call, view, answer);
    json_decref(answer);
    return code;
}

static int show_now_rows(struct ctl *ctl, const struct ctl_call *call)
{
    const char *account = ctl_value(call, "account"), *bucket = ctl_value(call, "bucket");
    struct buf path;
    buf_init(&path, 4096);
    buf_text(&path, "/v1/plan/rows?limit=1000");
    if (account) {
        buf_text(&path, "&account=");
        ctl_encode(&path, account);
    }
    if (bucket) buf_format(&path, "&bucket=%s", bucket);
    int code = show_rows(ctl, call, &now_view, buf_cstr(&path));
    buf_free(&path);
    return code;
}

int ctl_run_plan(struct ctl *ctl, const struct ctl_call *call)
{
    if (ctl_is_on(call, "rows") || ctl_is_on(call, "csv") || ctl_value(call, "bucket"))
        return show_now_rows(ctl, call);
    char *body = ctl_call_body(call);
    json_t *answer = NULL;
    int code = ctl_ask(ctl, "POST", call->verb->path, body, true, &answer);
    if (code == CTL_OK) ctl_show(ctl, call, &counts_view, answer);
    json_decref(answer);
    mem_free(body);
    return code;
}

int ctl_run_plan_show(struct ctl *ctl, const struct ctl_call *call)
{
    char *path = ctl_call_path(call);
    char *rows = mem_format("%s/rows?limit=1000", path);
    json_t *answer = NULL, *list = NULL;
    int code = CTL_OK;
    if (ctl_is_on(call, "csv") && !ctl->json) {
        code = show_rows(ctl, call, &held_view, rows);
    } else {
        code = ctl_ask(ctl, "GET", path, NULL, false, &answer);
        if (code == CTL_OK) code = ctl_ask_pages(ctl, rows, &list);
        if (code == CTL_OK && ctl->json)
            json_object_set(answer, "items", json_object_get(list, "items"));
        if (code == CTL_OK) ctl_show(ctl, call, &plan_view, answer);
        if (code == CTL_OK && !ctl->json) {
            bool outbox = json_is_string(json_object_get(answer, "kind")) &&
                          !strcmp(json_string_value(json_object_get(answer, "kind")), "outbox");
            fputc('\n', ctl->out);
            ctl_show(ctl, call, outbox ? &now_view : &held_view, list);
        }
    }
    json_decref(answer);
    json_decref(list);
    mem_free(rows);
    mem_free(path);
    return code;
}

/* ---- apply */

static const struct ctl_view sent_view = {
    .sentence =
        "{plan} is applied: {changes} {changes:figure is|figures are} on {changes:its|their} way, "
        "{left} {left:was|were} changed since and left out.",
};
static const struct ctl_view live_view = {
    .sentence =
        "{plan} is applied: {live} sends from now on by itself; {changes} {changes:figure is|"
        "figures are} on {changes:its|their} way, {left} {left:was|were} changed since and "
        "left out.",
};

int ctl_run_apply(struct ctl *ctl, const struct ctl_call *call)
{
    char *path = ctl_call_path(call);
    json_t *answer = NULL;
    int code = ctl_ask(ctl, "POST", path, NULL, true, &answer);
    const json_t *live = json_object_get(answer, "live");
    const struct ctl_view *view = json_array_size(live) ? &live_view
                                  : json_is_array(live) ? &sent_view
                                                        : call->verb->view;
    if (code == CTL_OK) ctl_show(ctl, call, view, answer);
    json_decref(answer);
    mem_free(path);
    return code;
}
