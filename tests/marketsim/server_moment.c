/* Moments: control requests that the server makes by itself right before or right after a request
 * of the seller's software. What happens between two requests of a client can be had in no other
 * way without guessing at times. No rules of any marketplace in here. */
#include "server.h"

#include <fnmatch.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(struct market_answer *answer, const char *text)
{
    answer->status = 400;
    market_answer_text(answer, "{\"ok\":false,\"error\":");
    market_answer_string(answer, text);
    market_answer_text(answer, "}");
}

static void answer_json(struct market_answer *answer, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    answer->status = 200;
    market_answer_text(answer, text ? text : "null");
    free(text);
    json_decref(value);
}

/* ---- the list */

static bool add(struct server_moments *moments, json_t *body)
{
    const char *path, *control;
    json_int_t count = 1, skip = 0;
    int after = 0;
    json_t *with = NULL;
    if (moments->count == SERVER_MOMENTS_MAX) return false;
    if (json_unpack_ex(body, NULL, JSON_STRICT, "{s:s, s:s, s?o, s?b, s?I, s?I}", "path", &path,
                       "control", &control, "body", &with, "after", &after, "count", &count, "skip",
                       &skip))
        return false;
    struct server_moment *moment = &moments->list[moments->count++];
    *moment = (struct server_moment){.path = market_strdup(path),
                                     .control = market_strdup(control),
                                     .body = with ? json_dumps(with, JSON_COMPACT) : NULL,
                                     .after = after != 0,
                                     .left = count,
                                     .skip = skip};
    return true;
}

static json_t *moments_json(const struct server_moments *moments)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < moments->done_count; i++) {
        const struct server_moment_done *done = &moments->done[i];
        json_t *said = json_loads(done->answer, JSON_DECODE_ANY, NULL);
        json_array_append_new(rows,
                              json_pack("{s:s, s:s, s:b, s:I, s:i, s:o}", "request", done->request,
                                        "control", done->control, "after", done->after ? 1 : 0,
                                        "received_ns", (json_int_t)done->received_ns, "status",
                                        done->status, "answer", said ? said : json_null()));
    }
    return json_pack("{s:o}", "moments", rows);
}

bool server_moment_control(struct server_moments *moments, const struct market_request *request,
                           struct market_answer *answer)
{
    if (strcmp(request->path, "/_control/moments") == 0) {
        answer_json(answer, moments_json(moments));
        return true;
    }
    if (strcmp(request->path, "/_control/moments/clear") == 0) {
        for (size_t i = 0; i < moments->count; i++)
            moments->list[i].left = 0;
        answer_json(answer, json_pack("{s:b}", "ok", 1));
        return true;
    }
    if (strcmp(request->path, "/_control/moment") != 0) return false;
    json_t *body = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, NULL);
    if (body && add(moments, body))
        answer_json(answer, json_pack("{s:b}", "ok", 1));
    else
        fail(answer, "a moment has path and control; body, after, count, skip as it needs them");
    json_decref(body);
    return true;
}

/* ---- playing */

static void note(struct server_moments *moments, const struct server_moment *moment,
                 const char *name, int64_t received_ns, const struct market_answer *answer)
{
    if (moments->done_count == SERVER_MOMENTS_DONE_MAX) return;
    struct server_moment_done *done = &moments->done[moments->done_count++];
    *done = (struct server_moment_done){.control = moment->control,
                                        .after = moment->after,
                                        .received_ns = received_ns,
                                        .status = answer->status};
    snprintf(done->request, sizeof(done->request), "%s", name);
    done->answer = market_alloc(answer->len + 1);
    if (answer->len) memcpy(done->answer, answer->body, answer->len);
    done->answer[answer->len] = '\0';
}

static void play(struct server_moments *moments, const struct server_moment *moment,
                 const struct market_model *model, void *state, const char *name,
                 int64_t received_ns, int64_t now_ms)
{
    char path[128];
    const char *query = strchr(moment->control, '?');
    snprintf(path, sizeof(path), "/_control/%.*s", (int)strcspn(moment->control, "?"),
             moment->control);
    const struct market_request request = {.method = moment->body ? "POST" : "GET",
                                           .path = path,
                                           .query = query ? query + 1 : "",
                                           .body = moment->body,
                                           .body_len = moment->body ? strlen(moment->body) : 0};
    struct market_answer answer = {0};
    model->control(state, &request, now_ms, &answer);
    note(moments, moment, name, received_ns, &answer);
    market_answer_free(&answer);
}

/* Those of both sides are counted down before a request, so that a pair means the same one. */
void server_moment_before(struct server_moments *moments, const struct market_model *model,
                          void *state, const struct market_request *request, int64_t now_ms)
{
    char name[512];
    snprintf(name, sizeof(name), "%s %s", request->method, request->path);
    for (size_t i = 0; i < moments->count; i++) {
        struct server_moment *moment = &moments->list[i];
        moment->fires = false;
        if (moment->left == 0 || fnmatch(moment->path, name, 0) != 0) continue;
        if (moment->skip > 0) {
            moment->skip--;
            continue;
        }
        if (moment->left > 0) moment->left--;
        moment->fires = true;
        if (!moment->after) play(moments, moment, model, state, name, request->received_ns, now_ms);
    }
}

void server_moment_after(struct server_moments *moments, const struct market_model *model,
                         void *state, const struct market_request *request, int64_t now_ms)
{
    char name[512];
    snprintf(name, sizeof(name), "%s %s", request->method, request->path);
    for (size_t i = 0; i < moments->count; i++)
        if (moments->list[i].fires && moments->list[i].after)
            play(moments, &moments->list[i], model, state, name, request->received_ns, now_ms);
}

void server_moments_free(struct server_moments *moments)
{
    for (size_t i = 0; i < moments->count; i++) {
        free(moments->list[i].path);
        free(moments->list[i].control);
        free(moments->list[i].body);
    }
    for (size_t i = 0; i < moments->done_count; i++)
        free(moments->done[i].answer);
}
