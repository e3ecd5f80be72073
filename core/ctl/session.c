/* Asking the daemon and saying what went wrong: what every verb shares. */
#include "ctl/ctl.h"
#include "ctl/parse.h"
#include "ctl/words.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void ctl_progress_clear(struct ctl *ctl)
{
    if (!ctl->progress_shown) return;
    fputs("\r\033[K", ctl->err);
    fflush(ctl->err);
    ctl->progress_shown = false;
}

void ctl_say(struct ctl *ctl, const char *format, ...)
{
    va_list args;
    ctl_progress_clear(ctl);
    fputs("stockctl: ", ctl->err);
    va_start(args, format);
    vfprintf(ctl->err, format, args);
    va_end(args);
    fputc('\n', ctl->err);
}

void ctl_progress(struct ctl *ctl, const char *format, ...)
{
    if (!ctl->progress) return;
    va_list args;
    ctl_progress_clear(ctl);
    va_start(args, format);
    vfprintf(ctl->err, format, args);
    va_end(args);
    fflush(ctl->err);
    ctl->progress_shown = true;
}

/* Fills "{NAME}" of a path with the encoded values of arguments and flags. */
static void add_path(struct buf *out, const struct ctl_call *call)
{
    char name[40];
    for (const char *at = call->verb->path; *at;) {
        if (*at != '{') {
            buf_char(out, *at++);
            continue;
        }
        size_t size = strcspn(at, "}");
        snprintf(name, sizeof name, "%.*s", (int)size - 1, at + 1);
        const char *value = ctl_value(call, name);
        ctl_encode(out, value ? value : "");
        at += size + 1;
    }
}

static const char *field_of(const struct ctl_parameter *parameter)
{
    return parameter->field ? parameter->field : parameter->name;
}

/* The parameter once for each. */
static void add_pairs(struct buf *out, const struct ctl_call *call,
                      const struct ctl_parameter *parameter, char *separator)
{
    for (size_t i = 0; i < call->list_count; i++) {
        if (call->list_flag[i] != parameter) continue;
        buf_format(out, "%c%s=", *separator, field_of(parameter));
        ctl_encode(out, call->list[i]);
        *separator = '&';
    }
}

static void add_query(struct buf *out, const struct ctl_call *call,
                      const struct ctl_parameter *list, char *separator)
{
    for (; list && list->name; list++) {
        const char *value = ctl_value(call, list->name);
        if (list->place != CTL_QUERY || !value) continue;
        if (list->type == CTL_PAIRS) {
            add_pairs(out, call, list, separator);
            continue;
        }
        buf_format(out, "%c%s=", *separator, field_of(list));
        ctl_encode(out, list->type == CTL_SWITCH ? "true" : value);
        *separator = '&';
    }
}

char *ctl_call_path(const struct ctl_call *call)
{
    struct buf out;
    char separator = '?';
    buf_init(&out, 32 << 10);
    add_path(&out, call);
    add_query(&out, call, call->verb->arguments, &separator);
    add_query(&out, call, call->verb->flags, &separator);
    /* What programs read does not change with the terminal's language. */
    if (call->verb->spoken && (call->lang || !call->json))
        buf_format(&out, "%clang=%s", separator, lang_name(ctl_lang()));
    return buf_take(&out);
}

/* One empty value empties it. The last of one name counts. */
static json_t *pairs_value(const struct ctl_call *call, const struct ctl_parameter *parameter)
{
    json_t *object = json_object();
    for (size_t i = 0; i < call->list_count; i++) {
        const char *pair = call->list[i];
        if (!*pair || call->list_flag[i] != parameter) continue;
        char *name = mem_text_n(pair, strcspn(pair, "="));
        json_object_set_new(object, name, json_string(strchr(pair, '=') + 1));
        mem_free(name);
    }
    return object;
}

static json_t *body_value(const struct ctl_call *call, const struct ctl_parameter *parameter,
                          const char *text)
{
    if (parameter->type == CTL_SWITCH) return json_true();
    if (parameter->type == CTL_COUNT || parameter->type == CTL_SIGNED)
        return json_integer(strtoll(text, NULL, 10));
    if (parameter->type == CTL_DURATION) return json_integer(ctl_duration_ms(text));
    if (parameter->type == CTL_PAIRS) return pairs_value(call, parameter);
    if (parameter->type != CTL_LIST) return json_string(text);
    json_t *list = json_array();
    for (size_t i = 0; i < call->list_count; i++) /* one empty value empties the list */
        if (*call->list[i] && call->list_flag[i] == parameter)
            json_array_append_new(list, json_string(call->list[i]));
    return list;
}

static bool add_members(json_t *body, const struct ctl_call *call, const struct ctl_parameter *list)
{
    bool any = false;
    for (; list && list->name; list++) {
        if (list->place != CTL_BODY) continue;
        any = true;
        const char *text = ctl_value(call, list->name);
        /* What is no UTF-8 cannot be said in JSON: json_string gives NULL, the member stays out,
         * and the daemon names it. */
        if (text) json_object_set_new(body, field_of(list), body_value(call, list, text));
    }
    return any;
}

char *ctl_call_body(const struct ctl_call *call)
{
    json_t *body = json_object();
    bool any = add_members(body, call, call->verb->arguments);
    any = add_members(body, call, call->verb->flags) || any;
    char *text = any ? json_dumps(body, JSON_COMPACT) : NULL;
    char *copy = mem_text(text); /* so that mem_free frees it */
    free(text);
    json_decref(body);
    return copy;
}

static int say_problem(struct ctl *ctl, const struct ctl_answer *answer)
{
    json_t *problem = json_loadb(buf_cstr(&answer->body), answer->body.size, 0, NULL);
    const char *detail = json_string_value(json_object_get(problem, "detail"));
    if (ctl->json && problem) ctl_show_json(ctl, problem);
    if (detail)
        ctl_say(ctl, "%s", detail);
    else
        ctl_say(ctl, "the daemon answered %ld without a reason; its log may say more",
                answer->status);
    json_decref(problem);
    return CTL_REFUSED;
}

/* What was asked for may have been done all the same, and must not be asked for blindly again. */
static void say_cut_off(struct ctl *ctl, const char *look, const char *why)
{
    if (look)
        ctl_say(ctl,
                ctl_text("the daemon's answer broke off: %s; what was asked for may have been "
                         "done: '%s' tells, look there before you ask again"),
                why, look);
    else
        ctl_say(ctl,
                ctl_text("the daemon's answer broke off: %s; nothing was to be changed, so ask "
                         "again; 'systemctl status stockd' tells whether it runs"),
                why);
}

int ctl_fail(struct ctl *ctl, const struct ctl_request *request, enum ctl_result result,
             const struct ctl_answer *answer)
{
    if (result == CTL_ANSWERED) return say_problem(ctl, answer);
    if (result == CTL_CUT_OFF)
        say_cut_off(ctl, request->look, answer->error);
    else
        ctl_say(ctl, "%s", answer->error);
    if (result == CTL_NO_DAEMON) return CTL_UNREACHABLE;
    const bool unknown = result == CTL_CUT_OFF && request->look; /* it may have been done */
    return unknown || result == CTL_TIMED_OUT ? CTL_WAITING : CTL_REFUSED;
}

int ctl_ask(struct ctl *ctl, const char *method, const char *path, const char *body, bool slow,
            json_t **answer_out)
{
    struct ctl_request request = {.method = method,
                                  .path = path,
                                  .body = body,
                                  .look = strcmp(method, "GET") != 0 ? "stockctl history" : NULL,
                                  .upload = -1,
                                  .timeout_s = slow ? 0 : ctl->timeout_s};
    struct ctl_answer answer;
    enum ctl_result result = ctl_client_ask(ctl->client, &request, &answer);
    int code = CTL_OK;
    *answer_out = NULL;
    if (result != CTL_ANSWERED || answer.status / 100 != 2) {
        code = ctl_fail(ctl, &request, result, &answer);
    } else if (answer.body.size) {
        *answer_out = json_loadb(answer.body.data, answer.body.size, 0, NULL);
        if (!*answer_out) {
            ctl_say(ctl, "the daemon's answer is not JSON; is %s really stockd's socket?", path);
            code = CTL_REFUSED;
        }
    }
    ctl_answer_free(&answer);
    return code;
}

int ctl_ask_pages(struct ctl *ctl, const char *path, json_t **answer_out)
{
    return ctl_ask_some(ctl, path, SIZE_MAX, answer_out);
}

int ctl_ask_some(struct ctl *ctl, const char *path, size_t most, json_t **answer_out)
{
    json_t *all = NULL, *items = NULL;
    char *cursor = NULL;
    int code;
    *answer_out = NULL;
    do { /* ends: each page moves the cursor, and the daemon ends the list */
        char join = strchr(path, '?') ? '&' : '?';
        char *page_path = cursor ? mem_format("%s%ccursor=%s", path, join, cursor) : mem_text(path);
        mem_free(cursor);
        cursor = NULL;
        json_t *page = NULL;
        code = ctl_ask(ctl, "GET", page_path, NULL, false, &page);
        mem_free(page_path);
        const char *next = json_string_value(json_object_get(page, "next"));
        if (next) {
            struct buf encoded;
            buf_init(&encoded, 8 << 10);
            ctl_encode(&encoded, next);
            cursor = buf_take(&encoded);
        }
        if (!all) {
            all = page;
        } else {
            json_array_extend(json_object_get(all, "items"), json_object_get(page, "items"));
            json_decref(page);
        }
        items = json_object_get(all, "items");
    } while (code == CTL_OK && cursor && json_array_size(items) < most);
    bool more = cursor || json_array_size(items) > most;
    while (json_array_size(items) > most)
        json_array_remove(items, json_array_size(items) - 1);
    mem_free(cursor);
    if (code != CTL_OK) {
        json_decref(all);
        return code;
    }
    if (json_object_get(all, "next")) json_object_set_new(all, "next", json_null());
    if (most != SIZE_MAX) json_object_set_new(all, "more", json_boolean(more));
    *answer_out = all;
    return CTL_OK;
}

int ctl_held(struct ctl *ctl, const json_t *answer)
{
    const json_t *held = json_object_get(answer, "held");
    if (!json_is_object(held)) return CTL_OK;
    const char *plan = json_string_value(json_object_get(held, "plan"));
    const char *reason = json_string_value(json_object_get(held, "reason"));
    ctl_say(ctl, ctl_text("held, nothing was changed yet: %s; see 'stockctl plan show %s'"),
            reason ? reason : ctl_text("it exceeds the guard's limits"), plan ? plan : "");
    return CTL_WAITING;
}
