/* inbox: the folders, and below them what does not simply go its way. */
#include "ctl/ctl.h"
#include "ctl/table.h"

#include "base/mem.h"

static void add(json_t *rows, const json_t *inbox, const json_t *file, const char *state,
                const char *why)
{
    json_array_append_new(
        rows, json_pack("{s:O, s:O?, s:s, s:s?}", "inbox", json_object_get(inbox, "name"), "file",
                        json_object_get(file, "file"), "state", state, "why", why));
}

static void add_pending(json_t *rows, const json_t *inbox, const json_t *file)
{
    const char *plan = json_string_value(json_object_get(file, "plan"));
    const char *state = json_string_value(json_object_get(file, "state"));
    char *why = NULL;
    if (plan)
        why = mem_format("by the guard: 'stockctl plan show %s', then 'stockctl apply %s' or "
                         "'stockctl drop %s'",
                         plan, plan, plan);
    add(rows, inbox, file, state ? state : "", why);
    mem_free(why);
}

/* Each thing that waits, as a row of its own. */
static json_t *files_of(const json_t *answer)
{
    json_t *rows = json_array();
    const json_t *inbox, *file;
    size_t i, k;
    json_array_foreach (json_object_get(answer, "items"), i, inbox) {
        const char *detail = json_string_value(json_object_get(inbox, "detail"));
        if (detail) add(rows, inbox, NULL, "waiting", detail);
        json_array_foreach (json_object_get(inbox, "pending"), k, file)
            add_pending(rows, inbox, file);
        json_array_foreach (json_object_get(inbox, "waiting"), k, file) {
            const char *why = json_string_value(json_object_get(file, "why"));
            add(rows, inbox, file, why ? "left" : "settling", why);
        }
    }
    return rows;
}

int ctl_run_inbox(struct ctl *ctl, const struct ctl_call *call)
{
    json_t *answer = NULL;
    int code = ctl_ask(ctl, call->verb->method, call->verb->path, NULL, false, &answer);
    if (code != CTL_OK) return code;
    if (!ctl->json) json_object_set_new(answer, "files", files_of(answer));
    ctl_show(ctl, call, call->verb->view, answer);
    json_decref(answer);
    return CTL_OK;
}
