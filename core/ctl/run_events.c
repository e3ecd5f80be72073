/* events: what happened lately, or what happens, line by line. */
#include "ctl/ctl.h"
#include "ctl/table.h"

#include "base/mem.h"

#include <stdio.h>
#include <string.h>

static const char *text(const json_t *object, const char *member)
{
    const char *value = json_string_value(ctl_member(object, member));
    return value ? value : "";
}

static void say_figures(struct ctl *ctl, const json_t *line)
{
    const json_t *row;
    size_t i;
    json_array_foreach (json_object_get(line, "stock"), i, row)
        fprintf(ctl->out, "    %s in %s: %lld -> %lld\n", text(row, "sku"), text(row, "warehouse"),
                (long long)json_integer_value(ctl_member(row, "before.on_hand")),
                (long long)json_integer_value(ctl_member(row, "after.on_hand")));
}

static int on_event(struct ctl *ctl, const char *event, const json_t *line, void *ctx)
{
    (void)ctx;
    if (ctl->json) return CTL_OK; /* it was printed as it came */
    if (strcmp(event, "change") == 0) {
        fprintf(ctl->out, "%s  %lld  %s by %s\n", text(line, "time"),
                (long long)json_integer_value(json_object_get(line, "sequence")),
                text(line, "command"), text(line, "actor"));
        say_figures(ctl, line);
    } else if (strcmp(event, "account") == 0) {
        const char *why = text(line, "why");
        fprintf(ctl->out, "account %s is %s%s%s\n", text(line, "name"), text(line, "state"),
                *why ? ": " : "", why);
    } else if (strcmp(event, "run") == 0) {
        const json_t *percent = ctl_member(line, "run.percent");
        fprintf(ctl->out, "run %s (%s) is %s", text(line, "run.id"), text(line, "run.task"),
                text(line, "run.state"));
        if (json_is_integer(percent))
            fprintf(ctl->out, ", %lld %%", (long long)json_integer_value(percent));
        fputc('\n', ctl->out);
    } else if (strcmp(event, "reset") == 0) {
        fprintf(ctl->out, "%s\n", text(line, "why"));
    }
    fflush(ctl->out);
    return CTL_OK;
}

int ctl_run_events(struct ctl *ctl, const struct ctl_call *call)
{
    if (!ctl_value(call, "follow")) {
        json_t *answer = NULL;
        int code = ctl_ask(ctl, "GET", call->verb->path, NULL, false, &answer);
        if (code == CTL_OK) ctl_show(ctl, call, call->verb->view, answer);
        json_decref(answer);
        return code;
    }
    const struct ctl_stream stream = {
        .method = "GET", .path = "/v1/events?lines=true", .upload = -1, .event = on_event};
    return ctl_stream(ctl, &stream);
}
