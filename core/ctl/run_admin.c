/* warehouse list, backups, reload. */
#include "ctl/ctl.h"
#include "ctl/table.h"

#include "base/mem.h"

#include <string.h>

#define COLUMNS (const struct ctl_column[])

static const struct ctl_view own_view = {
    .rows = "items",
    .columns = COLUMNS{{"WAREHOUSE", "key", CELL_TEXT},
                       {"NAME", "name", CELL_TEXT},
                       {"PRODUCTS", "counted", CELL_NUMBER},
                       {"FEEDS", "feeds", CELL_TEXT},
                       {0}},
    .empty = "There are no warehouses; add one with 'stockctl warehouse add'.",
};
static const struct ctl_view remote_view = {
    .rows = "items",
    .columns = COLUMNS{{"ID", "id", CELL_TEXT},
                       {"NAME", "name", CELL_TEXT},
                       {"KIND", "kind", CELL_TEXT},
                       {"STATE", "state", CELL_WORD},
                       {"FED BY", "links", CELL_TEXT},
                       {"WHY", "why", CELL_TEXT},
                       {0}},
    .empty = "No warehouse of {remote} is known yet; 'stockctl account check {remote}' asks.",
};

/* "feeds": what the links say, short enough for a table. */
static void add_feeds(json_t *answer)
{
    size_t i, n;
    json_t *warehouse, *link;
    json_array_foreach (json_object_get(answer, "items"), i, warehouse) {
        json_t *feeds = json_array();
        json_array_foreach (json_object_get(warehouse, "links"), n, link) {
            struct buf line;
            buf_init(&line, 4096);
            ctl_sentence(&line, "{remote} of {account}", NULL, link);
            json_array_append_new(feeds, json_stringn(buf_cstr(&line), line.size - 1));
            buf_free(&line);
        }
        json_object_set_new(warehouse, "feeds", feeds);
    }
}

int ctl_run_warehouses(struct ctl *ctl, const struct ctl_call *call)
{
    const char *account = ctl_value(call, "remote");
    struct buf path;
    json_t *answer = NULL;
    buf_init(&path, 4096);
    buf_text(&path, account ? "/v1/accounts/" : "/v1/warehouses");
    if (account) {
        ctl_encode(&path, account);
        buf_text(&path, "/warehouses");
    }
    int code = ctl_ask_pages(ctl, buf_cstr(&path), &answer);
    if (code == CTL_OK) {
        if (!account && !ctl->json) add_feeds(answer);
        ctl_show(ctl, call, account ? &remote_view : &own_view, answer);
    }
    json_decref(answer);
    buf_free(&path);
    return code;
}

/* Local times in the place of the answer's. */
static void localize(json_t *answer, const char *member)
{
    struct buf text;
    if (!json_is_string(json_object_get(answer, member))) return;
    buf_init(&text, 256);
    ctl_cell_text(&text, answer, member, CELL_TIME);
    json_object_set_new(answer, member, json_string(buf_cstr(&text)));
    buf_free(&text);
}

/* When the next one is made, and whether those before came to something. */
static void tell_schedule(struct ctl *ctl, json_t *answer)
{
    static const char *const times[] = {"due", "last", "failing_since"};
    bool due = json_is_string(json_object_get(answer, "due"));
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        localize(answer, times[i]);
    if (json_is_true(json_object_get(answer, "running")))
        ctl_tell(ctl, "One is being made now.", answer);
    if (json_is_string(json_object_get(answer, "failing_since")))
        ctl_tell(ctl, "FAILING since {failing_since}: {error}", answer);
    if (!due)
        ctl_tell(ctl, "None is made by itself: `backup-schedule` is off.", answer);
    else if (json_is_string(json_object_get(answer, "failing_since")))
        ctl_tell(ctl, "Tried again: {due}", answer);
    else
        ctl_tell(ctl, "The next one: {due}", answer);
}

int ctl_run_backups(struct ctl *ctl, const struct ctl_call *call)
{
    json_t *answer = NULL;
    int code = ctl_ask(ctl, "GET", call->verb->path, NULL, false, &answer);
    if (code == CTL_OK) ctl_show(ctl, call, call->verb->view, answer);
    if (code == CTL_OK && !ctl->json) tell_schedule(ctl, answer);
    json_decref(answer);
    return code;
}

int ctl_run_reload(struct ctl *ctl, const struct ctl_call *call)
{
    json_t *answer = NULL;
    int code = ctl_ask(ctl, call->verb->method, call->verb->path, NULL, true, &answer);
    if (code == CTL_OK && ctl->json) {
        ctl_show_json(ctl, answer);
    } else if (code == CTL_OK) {
        size_t i;
        json_t *line;
        const json_t *changed = json_object_get(answer, "changed");
        json_array_foreach (changed, i, line)
            fprintf(ctl->out, "%s\n", json_string_value(line));
        if (json_array_size(changed) == 0)
            fprintf(ctl->out, "conf.d is read again; nothing is different.\n");
    }
    json_decref(answer);
    return code;
}
