/* report: what the daemon wrote, as it wrote it, onto the terminal or into a file. */
#include "ctl/ctl.h"
#include "ctl/words.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* "7d" is that long ago, "2026-09-21" the midnight here that the day begins at; anything else is
 * the daemon's to judge. */
static void add_time(struct buf *path, const char *name, const char *text)
{
    struct tm day = {.tm_isdst = -1};
    char utc[CLOCK_TEXT_MAX];
    const int64_t ago_ms = ctl_duration_ms(text);
    const char *end = strptime(text, "%Y-%m-%d", &day);
    int64_t ms = -1;
    if (ago_ms > 0) ms = clock_wall_ms(clock_system()) - ago_ms;
    if (end && !*end) ms = (int64_t)mktime(&day) * 1000;
    buf_format(path, "&%s=", name);
    ctl_encode(path, ms > 0 ? clock_text(ms, utc) : text);
}

static char *report_path(const struct ctl *ctl, const struct ctl_call *call)
{
    static const char *const times[] = {"since", "until"};
    const char *account = ctl_value(call, "account"), *format = ctl_value(call, "format");
    struct buf path;
    buf_init(&path, 32 << 10);
    if (!format) format = ctl->json ? "json" : "text";
    buf_format(&path, "/v1/reports?format=%s", format);
    /* What programs read does not change with the terminal's language. */
    if (call->lang || strcmp(format, "json") != 0)
        buf_format(&path, "&lang=%s", lang_name(ctl_lang()));
    if (account) buf_text(&path, "&account=");
    if (account) ctl_encode(&path, account);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (ctl_value(call, times[i])) add_time(&path, times[i], ctl_value(call, times[i]));
    return buf_take(&path);
}

static int put_file(struct ctl *ctl, const char *name, const struct buf *text)
{
    FILE *file = fopen(name, "we");
    bool good = file && fwrite(buf_cstr(text), 1, text->size, file) == text->size;
    if (file && fclose(file) != 0) good = false;
    if (good) return CTL_OK;
    ctl_say(ctl, "%s cannot be written: %s", name, strerror(errno));
    return CTL_REFUSED;
}

int ctl_run_report(struct ctl *ctl, const struct ctl_call *call)
{
    char *path = report_path(ctl, call);
    const struct ctl_request request = {
        .method = "GET", .path = path, .upload = -1, .timeout_s = ctl->timeout_s};
    const char *file = ctl_value(call, "output");
    struct ctl_answer answer;
    enum ctl_result result = ctl_client_ask(ctl->client, &request, &answer);
    int code = CTL_OK;
    if (result != CTL_ANSWERED || answer.status / 100 != 2)
        code = ctl_fail(ctl, &request, result, &answer);
    else if (file && strcmp(file, "-") != 0)
        code = put_file(ctl, file, &answer.body);
    else
        fwrite(buf_cstr(&answer.body), 1, answer.body.size, ctl->out);
    ctl_answer_free(&answer);
    mem_free(path);
    return code;
}
