/* The Wix model's front: a request passes faults, access, quota, the catalogue's version and its
 * shape before it is carried out. What the methods do is in the other wix_*.c files. */
#include "marketsim/wix/wix_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t wix_scaled(const struct wix *wix, int64_t ms)
{
    return (int64_t)((double)ms / wix->settings.scale);
}

struct market_answer *wix_answer_begin(struct wix_call *call)
{
    call->answer->status = 200;
    call->answer->len = 0;
    return call->answer;
}

void wix_answer(struct wix_call *call, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    market_answer_text(wix_answer_begin(call), text ? text : "{}");
    free(text);
    json_decref(value);
}

void wix_error(struct wix_call *call, int status, const char *code, const char *message)
{
    wix_answer(call, json_pack("{s:s, s:{s:{s:s, s:s, s:{}}}}", "message", message, "details",
                               "applicationError", "code", code, "description", message, "data"));
    call->answer->status = status;
}

void wix_invalid(struct wix_call *call, const char *field, const char *message, bool too_many)
{
    wix_violation(call, too_many ? "too_many" : "shape", "%s: %.60s: %.80s", call->route->path,
                  field, message);
    wix_answer(call, json_pack("{s:s, s:{s:{s:[{s:s, s:s, s:s}]}}}", "message", message, "details",
                               "validationError", "fieldViolations", "field", field, "description",
                               message, "violatedRule", too_many ? "MAX_SIZE" : "OTHER"));
    call->answer->status = 400;
}

void wix_violation(struct wix_call *call, const char *kind, const char *format, ...)
{
    char detail[200];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    const char *site = market_request_header(call->request, "wix-site-id");
    market_trace_violation(&call->wix->trace, call->now_ms, site ? site : "", kind, "%s", detail);
}

static void html_answer(struct market_answer *answer, int status)
{
    static const char page[] = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
                               "<center><h1>502 Bad Gateway</h1></center>\r\n"
                               "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";
    answer->status = status ? status : 502;
    market_answer_header(answer, "Content-Type", "text/html");
    market_answer_text(answer, page);
}

static void fault_instead(struct wix_call *call, const struct market_fault *fault)
{
    struct market_answer *answer = call->answer;
    switch (fault->kind) {
    case FAULT_RATE:
    case FAULT_CIRCUIT: wix_error(call, 429, "RESOURCE_EXHAUSTED", "Too many requests"); break;
    case FAULT_HTML: html_answer(answer, fault->status); break;
    case FAULT_DROP_BEFORE: answer->drop = true; break;
    case FAULT_DEAD_KEY: wix_error(call, 401, "UNAUTHENTICATED", "Unauthenticated"); break;
    case FAULT_EMPTY_403: answer->status = 403; break;
    default:
        wix_error(call, fault->status ? fault->status : 500, fault->code ? fault->code : "INTERNAL",
                  fault->message ? fault->message : "Internal error");
        break;
    }
    if (fault->kind == FAULT_HTML || fault->retry_after < 0) return;
    market_answer_header_int(answer, "Retry-After", fault->retry_after);
}

static bool check_content_type(struct wix_call *call)
{
    const char *type = market_request_header(call->request, "Content-Type");
    static const char json[] = "application/json";
    size_t len = sizeof(json) - 1;
    if (!call->route->fields && call->request->body_len == 0) return true;
    if (type && strncmp(type, json, len) == 0 && (type[len] == '\0' || strchr("; ", type[len])))
        return true;
    wix_violation(call, "content_type", "%.60s", type ? type : "(none)");
    wix_error(call, 415, "UNSUPPORTED_MEDIA_TYPE", "Content-Type must be application/json");
    return false;
}

static void carry_out(struct wix_call *call)
{
    static const struct market_shape no_fields[] = {{0}};
    const struct wix_route *route = call->route;
    const struct market_request *request = call->request;
    struct market_shape_error wrong;
    json_error_t error;
    json_t *body =
        request->body_len == 0 && !route->fields
            ? json_object()
            : market_body_read(&call->wix->last, request->body, request->body_len, &error);
    if (!body) {
        wix_invalid(call, "", error.text, false);
        return;
    }
    call->body = body;
    if (market_shape_check(body, route->fields ? route->fields : no_fields, "Request", &wrong))
        route->handle(call);
    else
        wix_invalid(call, wrong.detail, wrong.message, wrong.too_many);
    call->body = NULL;
    json_decref(body);
}

static void run(struct wix_call *call, bool known)
{
    const struct market_request *request = call->request;
    if (!call->route) {
        wix_violation(call, known ? "method" : "unknown_path", "%.10s %.100s", request->method,
                      request->path);
        call->answer->status = known ? 405 : 404; /* without a body, as it was seen */
        return;
    }
    if (wix_access_check(call) && wix_quota_take(call) && wix_world_check(call) &&
        check_content_type(call))
        carry_out(call);
}

static void finish(struct wix_call *call)
{
    static const char *const figures[] = {"quantity", NULL};
    struct market_answer *answer = call->answer;
    if (answer->status == 200 && call->effect->spoils)
        market_fault_spoil(call->effect, figures, answer);
    answer->delay_ms = call->effect->delay_ms;
    if (call->effect->drop_after || call->effect->late_ms >= 0) answer->drop = true;
    if (answer->len && !market_answer_header_get(answer, "Content-Type"))
        market_answer_header(answer, "Content-Type", "application/json");
}

void wix_handle(struct wix *wix, const struct market_request *request, int64_t now_ms,
                struct market_answer *answer)
{
    now_ms += wix->settings.clock_offset_ms;
    wix_late_apply(wix, now_ms);
    const char *site = market_request_header(request, "wix-site-id");
    char path[200];
    struct market_effect effect;
    if (!site) site = "";
    market_request_line(request, path, sizeof(path));
    market_fault_match(&wix->faults, path, site, &wix->random, &effect);
    struct market_trace_request *row = market_trace_begin(&wix->trace, request, now_ms, site);
    row->fault = effect.fired;
    struct wix_call call = {
        .wix = wix, .request = request, .answer = answer, .effect = &effect, .now_ms = now_ms};
    bool known = false;
    call.route = wix_route_find(request->method, request->path, call.id, sizeof(call.id), &known);
    /* one row of the counters per method, whatever its ids */
    if (call.route) market_text_copy(row->path, sizeof(row->path), call.route->path);
    if (effect.instead)
        fault_instead(&call, effect.instead);
    else
        run(&call, known);
    finish(&call);
    market_trace_end(&wix->trace, row, answer);
}

int64_t wix_body_int(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

const char *wix_body_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}
