/* history, sends, run list: the newest first; each event as lines for people, one for each thing
 * that it changed. */
#include "ctl/ctl.h"
#include "ctl/table.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { NEWEST = 100 }; /* shown to people who do not say how many */

static const char *text(const json_t *object, const char *member)
{
    const char *value = json_string_value(ctl_member(object, member));
    return value ? value : "";
}

/* "5", or "5 (2 promised)"; null when it was not counted. */
static json_t *figure(const json_t *side)
{
    const json_t *on_hand = ctl_member(side, "on_hand");
    long long reserved = (long long)json_integer_value(ctl_member(side, "reserved"));
    if (!json_is_integer(on_hand)) return json_null();
    long long count = (long long)json_integer_value(on_hand);
    return reserved ? json_sprintf("%lld (%lld promised)", count, reserved)
                    : json_sprintf("%lld", count);
}

static json_t *about_stock(const json_t *row)
{
    return json_sprintf("%s in %s", text(row, "sku"), text(row, "warehouse"));
}

/* What a change is about: a field of a product, a listing, a link ... */
static json_t *about_change(const json_t *row)
{
    const char *what = text(row, "what");
    if (!strcmp(what, "field")) return json_sprintf("%s: %s", text(row, "sku"), text(row, "field"));
    if (!strcmp(what, "rule"))
        return json_sprintf("%s%s%s: %s", text(row, "sku"), *text(row, "account") ? " at " : "",
                            text(row, "account"), text(row, "field"));
    if (!strcmp(what, "setting")) return json_string(text(row, "setting"));
    if (!strcmp(what, "listing"))
        return json_sprintf("listing %s of %s", text(row, "listing"), text(row, "account"));
    if (*text(row, "sku")) return json_sprintf("%s: %s", text(row, "sku"), what);
    return json_string(what);
}

static json_t *line_of(const json_t *event, bool first, json_t *about, json_t *old, json_t *new)
{
    json_t *line = json_pack("{s:o, s:o, s:o}", "about", about, "old", old, "new", new);
    static const char *const members[] = {"sequence", "time", "command",
                                          "actor",    "job",  "undone_by"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set(line, members[i], json_object_get(event, members[i]));
    if (!first) json_object_del(line, "time");
    return line;
}

static json_t *member_or_null(const json_t *row, const char *member)
{
    json_t *value = json_object_get(row, member);
    return value ? json_incref(value) : json_null();
}

static void add_lines(json_t *lines, const json_t *event)
{
    const json_t *row;
    size_t i, before = json_array_size(lines);
    json_array_foreach (json_object_get(event, "stock"), i, row)
        json_array_append_new(lines, line_of(event, json_array_size(lines) == before,
                                             about_stock(row), figure(ctl_member(row, "before")),
                                             figure(ctl_member(row, "after"))));
    json_array_foreach (json_object_get(event, "changes"), i, row)
        json_array_append_new(lines,
                              line_of(event, json_array_size(lines) == before, about_change(row),
                                      member_or_null(row, "old"), member_or_null(row, "new")));
    if (json_array_size(lines) == before)
        json_array_append_new(lines, line_of(event, true, json_null(), json_null(), json_null()));
    if (json_is_true(json_object_get(event, "more")))
        json_array_append_new(lines, line_of(event, false, json_string("... and more of it"),
                                             json_null(), json_null()));
}

/* The newest ones; all of them only where that is asked for, or for programs. */
static int ask_newest(struct ctl *ctl, const struct ctl_call *call, json_t **answer)
{
    const char *limit = ctl_value(call, "limit");
    char *path = ctl_call_path(call);
    size_t most = limit ? strtoull(limit, NULL, 10) : ctl->json ? 0 : NEWEST;
    int code = ctl_ask_some(ctl, path, most ? most : SIZE_MAX, answer);
    mem_free(path);
    return code;
}

static void say_more(struct ctl *ctl, const json_t *answer)
{
    if (json_is_true(json_object_get(answer, "more")) && !ctl->json)
        ctl_say(ctl, "there are older ones; --limit 0 shows all");
}

int ctl_run_history(struct ctl *ctl, const struct ctl_call *call)
{
    json_t *answer = NULL;
    int code = ask_newest(ctl, call, &answer);
    if (code == CTL_OK && !ctl->json) {
        json_t *lines = json_array();
        const json_t *event;
        size_t i;
        json_array_foreach (json_object_get(answer, "items"), i, event)
            add_lines(lines, event);
        json_object_set_new(answer, "items", lines);
    }
    if (code == CTL_OK) ctl_show(ctl, call, call->verb->view, answer);
    if (code == CTL_OK) say_more(ctl, answer);
    json_decref(answer);
    return code;
}

int ctl_run_newest(struct ctl *ctl, const struct ctl_call *call)
{
    json_t *answer = NULL;
    int code = ask_newest(ctl, call, &answer);
    if (code == CTL_OK) ctl_show(ctl, call, call->verb->view, answer);
    if (code == CTL_OK) say_more(ctl, answer);
    json_decref(answer);
    return code;
}
