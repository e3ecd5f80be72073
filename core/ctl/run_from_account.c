/* import, mirror run: the stock of an account into a warehouse here. First what it would come to;
 * then, with
 * --yes or when a person agrees, for good. */
#include "ctl/account_add.h"
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "ctl/words.h"

#include "base/mem.h"

#include <string.h>
#include <unistd.h>

#define COLUMNS (const struct ctl_column[])

static const struct ctl_view rows_view = {
    .rows = "items",
    .columns = COLUMNS{{"SKU", "sku", CELL_TEXT},
                       {"LISTING", "listing", CELL_TEXT},
                       {"TITLE", "title", CELL_TEXT},
                       {"THERE", "there", CELL_NUMBER},
                       {"BEFORE", "before", CELL_NUMBER},
                       {"AFTER", "after", CELL_NUMBER},
                       {"WHY", "why", CELL_TEXT},
                       {0}},
    .empty = "There are none such.",
};
static const struct ctl_view counts_view = {
    .columns = COLUMNS{{"Listed there", "counts.listed", CELL_TEXT},
                       {"Tied to a product", "counts.matched", CELL_TEXT},
                       {"  would change", "counts.changed", CELL_TEXT},
                       {"  are so already", "counts.unchanged", CELL_TEXT},
                       {"  would become 0", "counts.zeroed", CELL_TEXT},
                       {"Tied to none", "counts.unmatched", CELL_TEXT},
                       {"In conflict", "counts.conflicting", CELL_TEXT},
                       {"Refused", "counts.refused", CELL_TEXT},
                       {"Only here", "counts.absent", CELL_TEXT},
                       {0}},
};

struct shop_import {
    const struct ctl_call *call;
    bool dry_run, held, plain; /* plain: its verb has no flags */
    json_t *rows;              /* as the daemon gives them */
    json_t *result;            /* the last line */
    long long said;
};

static long long number(const json_t *line, const char *name)
{
    return (long long)json_integer_value(ctl_member(line, name));
}

static const char *text(const json_t *line, const char *name)
{
    const char *value = json_string_value(json_object_get(line, name));
    return value ? value : "";
}

/* ---- the stream */

static void on_stage(struct ctl *ctl, const json_t *line)
{
    const char *waiting = text(line, "waiting");
    ctl_progress(ctl, "%lld of %lld: %s, %lld rows%s%s", number(line, "number"), number(line, "of"),
                 text(line, "stage"), number(line, "done"), *waiting ? "; tried again: " : "",
                 waiting);
}

static int on_event(struct ctl *ctl, const char *event, const json_t *line, void *ctx)
{
    struct shop_import *import = ctx;
    if (strcmp(event, "stage") == 0) {
        on_stage(ctl, line);
    } else if (strcmp(event, "progress") == 0) {
        ctl_progress(ctl, "importing: %lld of %lld rows", number(line, "done"),
                     number(line, "rows"));
    } else if (strcmp(event, "row") == 0) {
        json_array_append(import->rows, (json_t *)(uintptr_t)line);
    } else if (strcmp(event, "refused") == 0 && !ctl->json) {
        import->said++;
        ctl_say(ctl, "%s", text(line, "detail"));
    } else if (strcmp(event, "held") == 0) {
        import->held = true;
        ctl_say(ctl, ctl_text("held, nothing was changed yet: %s; see 'stockctl plan show %s'"),
                text(line, "detail"), text(line, "plan"));
    } else if (strcmp(event, "result") == 0) {
        import->result = json_incref((json_t *)(uintptr_t)line);
        if (import->held || json_is_true(json_object_get(line, "held"))) return CTL_WAITING;
        return !import->dry_run && number(line, "refused") ? CTL_PARTLY : CTL_OK;
    }
    return CTL_OK;
}

static char *body_of(const struct ctl_call *call, bool dry_run)
{
    const char *from = ctl_value(call, "from"), *colon = strchr(from, ':');
    const char *show = ctl_value(call, "show");
    char *account = colon ? mem_text_n(from, (size_t)(colon - from)) : mem_text(from);
    json_t *body = json_pack("{s:s, s:s, s:b, s:s, s:b, s:b}", "account", account, "warehouse",
                             ctl_value(call, "to"), "add", ctl_is_on(call, "add"), "absent",
                             ctl_value(call, "absent"), "create", ctl_is_on(call, "create"),
                             "dry_run", dry_run);
    if (colon && colon[1]) json_object_set_new(body, "remote", json_string(colon + 1));
    if (show) json_object_set_new(body, "show", json_string(show));
    char *request = json_dumps(body, 0);
    json_decref(body);
    mem_free(account);
    return request;
}

static int ask(struct ctl *ctl, struct shop_import *import, bool dry_run)
{
    char *body = body_of(import->call, dry_run);
    const struct ctl_stream stream = {.method = "POST",
                                      .path = import->call->verb->path,
                                      .body = body,
                                      .look = "stockctl import list",
                                      .upload = -1,
                                      .event = on_event,
                                      .ctx = import};
    json_decref(import->result);
    import->result = NULL;
    import->dry_run = dry_run;
    json_array_clear(import->rows);
    int code = ctl_stream(ctl, &stream);
    free(body);
    return code;
}

/* ---- showing */

static void show_rows(struct ctl *ctl, const struct shop_import *import)
{
    if (import->plain || ctl->json || !ctl_value(import->call, "show") || !import->result) return;
    if (ctl_is_on(import->call, "csv")) {
        ctl_show_csv(ctl, rows_view.columns, import->rows);
    } else {
        json_t *list = json_pack("{s:O}", "items", import->rows);
        fputc('\n', ctl->out);
        ctl_show(ctl, import->call, &rows_view, list);
        json_decref(list);
    }
    long long kept = number(import->result, "shown"), all = number(import->result, "to_show");
    if (kept < all) ctl_say(ctl, "%lld of %lld rows are listed", kept, all);
}

static void show_foreseen(struct ctl *ctl, const struct shop_import *import)
{
    const json_t *r = import->result;
    if (!ctl->json && r && !ctl_is_on(import->call, "csv")) {
        ctl_tell(ctl, "{remote} of {account} -> {warehouse}; on hand would be {figures}.", r);
        ctl_show(ctl, import->call, &counts_view, r);
        if (ctl_is_on(import->call, "create"))
            ctl_tell(
                ctl,
                "{creatable} {creatable:product|products} would be made of those tied to none.", r);
        if (*text(r, "doubt")) ctl_tell(ctl, "It would be held: {doubt}.", r);
    }
    show_rows(ctl, import);
}

static void show_done(struct ctl *ctl, const struct shop_import *import)
{
    const json_t *r = import->result;
    if (ctl->json || !r || import->held) return;
    if (import->plain || !ctl_is_on(import->call, "csv")) {
        if (number(r, "created"))
            ctl_tell(ctl,
                     "{remote} of {account} -> {warehouse}: {changed} changed, {same} "
                     "{same:was|were} so already, {refused} refused, {created} "
                     "{created:product|products} created",
                     r);
        else
            ctl_tell(ctl,
                     "{remote} of {account} -> {warehouse}: {changed} changed, {same} "
                     "{same:was|were} so already, {refused} refused",
                     r);
        if (number(r, "refused") > import->said)
            ctl_tell(ctl, "'stockctl import refused {job}' lists the refused rows", r);
    }
    show_rows(ctl, import);
}

/* ---- */

static int agree(struct ctl *ctl, const struct shop_import *import)
{
    if (ctl->json || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        ctl_say(ctl, "nothing was changed: give --yes to import it");
        return CTL_USAGE;
    }
    if (import->result && account_confirm(ctl, "Import it?")) return CTL_OK;
    ctl_say(ctl, "nothing was changed");
    return CTL_REFUSED;
}

int ctl_run_from_account(struct ctl *ctl, const struct ctl_call *call)
{
    struct shop_import import = {.call = call, .rows = json_array()};
    bool dry_run = ctl_is_on(call, "dry-run"), yes = ctl_is_on(call, "yes");
    int code = CTL_OK;
    if (dry_run || !yes) {
        code = ask(ctl, &import, true);
        if (code == CTL_OK) show_foreseen(ctl, &import);
        if (code == CTL_OK && !dry_run) code = agree(ctl, &import);
    }
    if (code == CTL_OK && !dry_run) {
        code = ask(ctl, &import, false);
        show_done(ctl, &import);
    }
    json_decref(import.rows);
    json_decref(import.result);
    return code;
}

int ctl_run_mirror(struct ctl *ctl, const struct ctl_call *call)
{
    struct shop_import import = {.call = call, .plain = true, .rows = json_array()};
    char *path = ctl_call_path(call);
    const struct ctl_stream stream = {.method = "POST",
                                      .path = path,
                                      .look = "stockctl import list",
                                      .upload = -1,
                                      .event = on_event,
                                      .ctx = &import};
    int code = ctl_stream(ctl, &stream);
    show_done(ctl, &import);
    json_decref(import.rows);
    json_decref(import.result);
    mem_free(path);
    return code;
}
