/* The Ozon model's front: a request passes faults, access, quotas and its shape before its method
 * is carried out. What the methods do is in the other ozon_*.c files. */
#include "marketsim/ozon/ozon_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE_INVALID  3 /* gRPC codes, as in rpcStatus.code */
#define CODE_UNKNOWN  5
#define CODE_DENIED   7
#define CODE_RATE     8
#define CODE_SHUT     9
#define CODE_METHOD   12
#define CODE_INTERNAL 13
#define CODE_NO_KEY   16

void ozon_error(struct ozon_call *call, int status, int code, const char *message)
{
    struct market_answer *answer = call->answer;
    answer->status = status;
    answer->len = 0;
    market_answer_text(answer, "{\"code\":");
    market_answer_int(answer, code);
    market_answer_text(answer, ",\"message\":");
    market_answer_string(answer, message);
    market_answer_text(answer, ",\"details\":[]}");
}

void ozon_violation(struct ozon_call *call, const char *kind, const char *format, ...)
{
    char detail[200];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    const char *client = market_request_header(call->request, "Client-Id");
    market_trace_violation(&call->ozon->trace, call->now_ms, client ? client : "", kind, "%s",
                           detail);
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

static void fault_instead(struct ozon_call *call, const struct market_fault *fault)
{
    struct market_answer *answer = call->answer;
    switch (fault->kind) {
    case FAULT_RATE:
        ozon_error(call, 429, CODE_RATE, "You have reached request rate limit per second");
        if (fault->retry_after >= 0)
            market_answer_header_int(answer, "Retry-After", fault->retry_after);
        break;
    case FAULT_CIRCUIT: ozon_error(call, 429, CODE_RATE, "Circle is open"); break;
    case FAULT_HTML: html_answer(answer, fault->status); break;
    case FAULT_DROP_BEFORE: answer->drop = true; break;
    case FAULT_DEAD_KEY:
        ozon_error(call, 401, CODE_NO_KEY, "Client-Id and Api-Key headers are required");
        break;
    case FAULT_EMPTY_403: answer->status = 403; break;
    default:
        ozon_error(call, fault->status ? fault->status : 500, CODE_INTERNAL,
                   fault->message ? fault->message : "internal error");
        if (fault->retry_after >= 0)
            market_answer_header_int(answer, "Retry-After", fault->retry_after);
        break;
    }
}

static bool check_method(struct ozon_call *call, const struct ozon_route *route)
{
    const struct market_request *request = call->request;
    if (!route) {
        ozon_violation(call, "unknown_path", "%.100s", request->path);
        ozon_error(call, 404, CODE_UNKNOWN, "Not Found");
        return false;
    }
    if (strcmp(request->method, "POST") != 0) {
        ozon_violation(call, "method", "%.10s %.100s", request->method, request->path);
        ozon_error(call, 405, CODE_METHOD, "method is not allowed");
        return false;
    }
    return true;
}

static bool check_content_type(struct ozon_call *call)
{
    const char *type = market_request_header(call->request, "Content-Type");
    if (call->request->body_len == 0 && !type) return true; /* /v1/roles is called without a body */
    static const char json[] = "application/json";
    size_t len = sizeof(json) - 1;
    if (type && strncmp(type, json, len) == 0 && (type[len] == '\0' || strchr("; ", type[len])))
        return true;
    ozon_violation(call, "content_type", "%.60s", type ? type : "(none)");
    ozon_error(call, 415, CODE_INVALID, "Content-Type header should be application/json");
    return false;
}

static bool check_shape(struct ozon_call *call, const struct ozon_route *route)
{
    static const struct market_shape no_fields[] = {{0}};
    struct market_shape_error error;
    if (market_shape_check(call->body, route->fields ? route->fields : no_fields, route->title,
                           &error))
        return true;
    ozon_violation(call, error.too_many ? "too_many" : "shape", "%s: %s", route->path,
                   error.detail);
    ozon_error(call, 400, CODE_INVALID, error.message);
    return false;
}

static void carry_out(struct ozon_call *call, const struct ozon_route *route)
{
    const struct market_request *request = call->request;
    json_error_t error;
    json_t *body =
        request->body_len == 0 && !route->fields
            ? json_object()
            : market_body_read(&call->ozon->last, request->body, request->body_len, &error);
    if (!body) {
        char message[160];
        snprintf(message, sizeof(message), "proto: syntax error (line %d:%d): %.100s", error.line,
                 error.column, error.text);
        ozon_violation(call, "shape", "%s: not JSON: %.100s", route->path, error.text);
        ozon_error(call, 400, CODE_INVALID, message);
        return;
    }
    call->body = body;
    if (check_shape(call, route)) {
        call->answer->status = 200;
        route->handle(call);
    }
    call->body = NULL;
    json_decref(body);
}

static void run(struct ozon_call *call)
{
    const struct ozon_route *route = ozon_route_find(call->request->path);
    if (!check_method(call, route) || !ozon_access_check(call, route) ||
        !ozon_quota_take(call, route))
        return;
    if (!route->handle) {
        ozon_violation(call, "switched_off", "%s", route->path);
        ozon_error(call, 400, CODE_SHUT, "obsolete method cannot be used");
        return;
    }
    if (!check_content_type(call)) return;
    if (route->stock_write && ozon_stocks_write_plain(call)) return;
    carry_out(call, route);
}

static void finish(struct ozon_call *call)
{
    static const char *const figures[] = {"present", "reserved", "free_stock", NULL};
    struct market_answer *answer = call->answer;
    if (answer->status == 200 && call->effect->spoils)
        market_fault_spoil(call->effect, figures, answer);
    answer->delay_ms = call->effect->delay_ms;
    if (call->effect->drop_after || call->effect->late_ms >= 0) answer->drop = true;
    if (!market_answer_header_get(answer, "Content-Type"))
        market_answer_header(answer, "Content-Type", "application/json");
}

void ozon_handle(struct ozon *ozon, const struct market_request *request, int64_t now_ms,
                 struct market_answer *answer)
{
    now_ms += ozon->settings.clock_offset_ms;
    ozon_late_apply(ozon, now_ms);
    const char *client = market_request_header(request, "Client-Id");
    if (!client) client = "";
    struct market_effect effect;
    market_fault_match(&ozon->faults, request->path, client, &ozon->random, &effect);
    struct market_trace_request *row = market_trace_begin(&ozon->trace, request, now_ms, client);
    row->fault = effect.fired;
    struct ozon_call call = {
        .ozon = ozon, .request = request, .answer = answer, .effect = &effect, .now_ms = now_ms};
    if (effect.instead)
        fault_instead(&call, effect.instead);
    else
        run(&call);
    finish(&call);
    market_trace_end(&ozon->trace, row, answer);
}

int64_t ozon_body_int(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

const char *ozon_body_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

bool ozon_cursor_read(struct ozon_call *call, const char *text, int64_t *a, int64_t *b)
{
    *a = *b = INT64_MIN;
    long long first, second;
    int len = 0;
    if (!*text) return true;
    if (sscanf(text, "c%lld.%lld%n", &first, &second, &len) == 2 && text[len] == '\0') {
        *a = first;
        *b = second;
        return true;
    }
    ozon_violation(call, "shape", "cursor is none of ours: %.60s", text);
    ozon_error(call, 400, CODE_INVALID, "invalid cursor");
    return false;
}

void ozon_cursor_write(struct market_answer *answer, int64_t a, int64_t b)
{
    market_answer_printf(answer, "\"c%lld.%lld\"", (long long)a, (long long)b);
}
