/* hook list: with what was refused last. hook test: a signed delivery as a curl command. */
#include "ctl/ctl.h"
#include "ctl/words.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 1 << 20, COMMAND_MAX = 8 << 20 };

int ctl_run_hook_list(struct ctl *ctl, const struct ctl_call *call)
{
    json_t *answer = NULL, *problems = json_array(), *hook;
    size_t i;
    int code = ctl_ask(ctl, "GET", call->verb->path, NULL, false, &answer);
    if (code == CTL_OK) {
        json_array_foreach (json_object_get(answer, "items"), i, hook)
            if (json_is_string(json_object_get(hook, "said"))) json_array_append(problems, hook);
        if (!ctl->json) json_object_set(answer, "problems", problems);
        ctl_show(ctl, call, call->verb->view, answer);
    }
    json_decref(problems);
    json_decref(answer);
    return code;
}

/* NULL: said. */
static char *read_body(struct ctl *ctl, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *file = standard ? stdin : fopen(path, "re");
    if (!file) {
        ctl_say(ctl, "%s cannot be read", path);
        return NULL;
    }
    char *text = mem_alloc(BODY_MAX + 2);
    size_t size = fread(text, 1, BODY_MAX + 1, file);
    if (!standard) fclose(file);
    if (size <= BODY_MAX && !memchr(text, 0, size)) return text;
    ctl_say(ctl, "%s is no text of at most %d bytes", path, BODY_MAX);
    mem_free(text);
    return NULL;
}

/* One word of a shell. */
static void add_quoted(struct buf *out, const char *text)
{
    buf_char(out, '\'');
    for (; *text; text++) {
        if (*text == '\'') buf_text(out, "'\\'");
        buf_char(out, *text);
    }
    buf_char(out, '\'');
}

static const char *text_of(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : "";
}

static void add_address(struct ctl *ctl, struct buf *out, const struct ctl_call *call,
                        const json_t *answer)
{
    const char *url = ctl_value(call, "url"), *tcp = text_of(answer, "tcp");
    char *address;
    if (!url && !*tcp) {
        buf_text(out, " --unix-socket ");
        add_quoted(out, ctl_client_socket(ctl->client));
    }
    buf_char(out, ' ');
    if (url)
        address = mem_format("%s%s", url, text_of(answer, "path"));
    else
        address = mem_format("http://%s%s", *tcp ? tcp : "localhost", text_of(answer, "path"));
    add_quoted(out, address);
    mem_free(address);
}

static void print_command(struct ctl *ctl, const struct ctl_call *call, const json_t *answer)
{
    struct buf out;
    const json_t *header;
    size_t i;
    buf_init(&out, COMMAND_MAX);
    buf_format(
        &out,
        ctl_text("# Signed by the daemon; the secret is not in it. Good for %lld s from now.\n"),
        (long long)json_integer_value(json_object_get(answer, "valid_ms")) / 1000);
    buf_text(&out, "curl --show-error --silent");
    add_address(ctl, &out, call, answer);
    buf_text(&out, " \\\n  -H 'Content-Type: application/json'");
    json_array_foreach (json_object_get(answer, "headers"), i, header) {
        char *line = mem_format("%s: %s", text_of(header, "name"), text_of(header, "value"));
        buf_text(&out, " \\\n  -H ");
        add_quoted(&out, line);
        mem_free(line);
    }
    buf_text(&out, " \\\n  --data-binary ");
    add_quoted(&out, text_of(answer, "body"));
    buf_char(&out, '\n');
    fwrite(out.data, 1, out.size, ctl->out);
    buf_free(&out);
}

int ctl_run_hook_test(struct ctl *ctl, const struct ctl_call *call)
{
    const char *file = ctl_value(call, "body");
    char *body = file ? read_body(ctl, file) : NULL;
    if (file && !body) return CTL_USAGE;
    json_t *asked = body ? json_pack("{s:s}", "body", body) : json_object(), *answer = NULL;
    char *text = asked ? json_dumps(asked, 0) : NULL, *path = ctl_call_path(call);
    int code = CTL_USAGE;
    if (text)
        code = ctl_ask(ctl, "POST", path, text, false, &answer);
    else
        ctl_say(ctl, "the body is not UTF-8 text");
    if (code == CTL_OK && ctl->json)
        ctl_show_json(ctl, answer);
    else if (code == CTL_OK)
        print_command(ctl, call, answer);
    json_decref(asked);
    json_decref(answer);
    free(text);
    mem_free(body);
    mem_free(path);
    return code;
}
