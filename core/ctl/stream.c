/* Streams of lines: the shape that imports, runs and the verification of the store share. */
#include "ctl/ctl.h"

#include <string.h>

struct reading {
    struct ctl *ctl;
    const struct ctl_stream *stream;
    int code;
    bool concluded;
};

static void on_line(const char *text, void *ctx)
{
    struct reading *reading = ctx;
    struct ctl *ctl = reading->ctl;
    json_t *line = json_loads(text, 0, NULL);
    const char *event = json_string_value(json_object_get(line, "event"));
    if (event && !reading->concluded) {
        if (ctl->json) fprintf(ctl->out, "%s\n", text);
        if (strcmp(event, "failed") == 0) {
            const char *detail = json_string_value(json_object_get(line, "detail"));
            const char *why = json_string_value(json_object_get(line, "code"));
            ctl_say(ctl, "%s", detail ? detail : "it failed; the daemon's log may say more");
            /* Cancelled is what a daemon says that is stopping: it goes on later. */
            reading->code = why && strcmp(why, "cancelled") == 0 ? CTL_WAITING : CTL_REFUSED;
            reading->concluded = true;
        } else {
            int code = reading->stream->event(ctl, event, line, reading->stream->ctx);
            if (strcmp(event, "result") == 0) {
                reading->code = code;
                reading->concluded = true;
            }
        }
    }
    json_decref(line);
}

static void on_sent(uint64_t bytes, int64_t of, void *ctx)
{
    struct reading *reading = ctx;
    if (reading->stream->sent) reading->stream->sent(reading->ctl, bytes, of, reading->stream->ctx);
}

int ctl_stream(struct ctl *ctl, const struct ctl_stream *stream)
{
    struct reading reading = {.ctl = ctl, .stream = stream};
    struct ctl_request request = {.method = stream->method,
                                  .path = stream->path,
                                  .body = stream->body,
                                  .look = stream->look,
                                  .timeout_s = ctl->timeout_given ? ctl->timeout_s : 0,
                                  .upload = stream->upload,
                                  .upload_size = stream->upload_size,
                                  .line = on_line,
                                  .sent = on_sent,
                                  .ctx = &reading};
    struct ctl_answer answer;
    enum ctl_result result = ctl_client_ask(ctl->client, &request, &answer);
    int code = reading.code;
    if (!reading.concluded && (result != CTL_ANSWERED || answer.status / 100 != 2)) {
        if (result == CTL_TIMED_OUT) {
            ctl_say(ctl, "no end within %ld s; it goes on without being watched", ctl->timeout_s);
            code = CTL_WAITING;
        } else {
            code = ctl_fail(ctl, &request, result, &answer);
            if (result == CTL_CUT_OFF) code = CTL_WAITING;
        }
    } else if (!reading.concluded) {
        ctl_say(ctl, "the daemon ended its answer before the result; it may still be at work");
        code = CTL_WAITING;
    }
    ctl_progress_clear(ctl);
    ctl_answer_free(&answer);
    return code;
}
