/* alert test: what each channel's other side answered. */
#include "ctl/ctl.h"

#include "base/mem.h"

static const struct ctl_view view = {
    .rows = "items",
    .columns = (const struct ctl_column[]){{"CHANNEL", "channel", CELL_TEXT},
                                           {"RESULT", "result", CELL_WORD},
                                           {"ANSWER", "said", CELL_TEXT},
                                           {0}},
};

int ctl_run_alert_test(struct ctl *ctl, const struct ctl_call *call)
{
    json_t *answer = NULL, *row;
    size_t i;
    char *body = ctl_call_body(call);
    int code = ctl_ask(ctl, "POST", call->verb->path, body, true, &answer);
    mem_free(body);
    if (code != CTL_OK) return code;
    json_array_foreach (json_object_get(answer, "items"), i, row)
        if (!json_is_true(json_object_get(row, "ok"))) code = CTL_REFUSED;
    ctl_show(ctl, call, &view, answer);
    json_decref(answer);
    return code;
}
