/* Showing answers: by the view of the verb, or as JSON. And what most verbs do: one request, shown.
 */
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "ctl/words.h"

#include "base/mem.h"

#include <string.h>

enum { OUTPUT_MAX = 256 << 20 };

void ctl_show_json(struct ctl *ctl, const json_t *answer)
{
    json_dumpf(answer, ctl->out, JSON_INDENT(2));
    fputc('\n', ctl->out);
}

void ctl_phrase(struct buf *out, const char *sentence, const struct ctl_call *call,
                const json_t *answer)
{
    char name[64];
    for (const char *at = ctl_text(sentence); *at;) {
        if (*at != '{') {
            buf_char(out, *at++);
            continue;
        }
        size_t size = strcspn(at, "}"), own = strcspn(at, ":}");
        snprintf(name, sizeof name, "%.*s", (int)own - 1, at + 1);
        const char *said = call ? ctl_value(call, name) : NULL;
        if (own < size)
            lang_put_form(out, ctl_lang(), at + own + 1, size - own - 1,
                          json_integer_value(ctl_member(answer, name)));
        else if (said && !ctl_member(answer, name))
            buf_text(out, said);
        else
            ctl_cell_text(out, answer, name, strcmp(name, "state") == 0 ? CELL_WORD : CELL_TEXT);
        at += size + 1;
    }
}

void ctl_sentence(struct buf *out, const char *sentence, const struct ctl_call *call,
                  const json_t *answer)
{
    ctl_phrase(out, sentence, call, answer);
    buf_char(out, '\n');
}

void ctl_tell(struct ctl *ctl, const char *sentence, const json_t *answer)
{
    struct buf out;
    buf_init(&out, OUTPUT_MAX);
    ctl_sentence(&out, sentence, NULL, answer);
    fwrite(buf_cstr(&out), 1, out.size, ctl->out);
    buf_free(&out);
}

static void add_view(struct buf *out, const struct ctl_call *call, const struct ctl_view *view,
                     const json_t *answer)
{
    const json_t *rows = view->rows ? ctl_member(answer, view->rows) : NULL;
    bool same = view->same && json_is_false(json_object_get(answer, "changed"));
    if (view->rows && json_array_size(rows) == 0) {
        if (view->empty) ctl_sentence(out, view->empty, call, answer);
    } else {
        if (same)
            ctl_sentence(out, view->same, call, answer);
        else if (view->sentence)
            ctl_sentence(out, view->sentence, call, answer);
        if (view->rows)
            ctl_table(out, view->columns, rows);
        else if (view->columns)
            ctl_record(out, view->columns, answer);
    }
    const struct ctl_view *also = view->also;
    while (also && also->rows && !also->empty && !json_array_size(ctl_member(answer, also->rows)))
        also = also->also; /* nothing to show of that one */
    if (also) {
        buf_char(out, '\n');
        add_view(out, call, also, answer);
    }
}

void ctl_show(struct ctl *ctl, const struct ctl_call *call, const struct ctl_view *view,
              const json_t *answer)
{
    if (ctl->json) {
        if (answer) ctl_show_json(ctl, answer);
        return;
    }
    struct buf out;
    buf_init(&out, OUTPUT_MAX);
    add_view(&out, call, view, answer);
    fwrite(buf_cstr(&out), 1, out.size, ctl->out);
    buf_free(&out);
}

int ctl_run_generic(struct ctl *ctl, const struct ctl_call *call)
{
    const struct ctl_verb *verb = call->verb;
    char *path = ctl_call_path(call), *body = ctl_call_body(call);
    json_t *answer = NULL;
    bool list = verb->view->rows && strcmp(verb->view->rows, "items") == 0;
    int code = list ? ctl_ask_pages(ctl, path, &answer)
                    : ctl_ask(ctl, verb->method, path, body, verb->slow, &answer);
    if (code == CTL_OK) {
        code = ctl_held(ctl, answer);
        if (code == CTL_OK || ctl->json) ctl_show(ctl, call, verb->view, answer);
    }
    json_decref(answer);
    mem_free(path);
    mem_free(body);
    return code;
}
