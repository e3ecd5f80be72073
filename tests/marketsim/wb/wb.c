/* The Wildberries model's front: a request passes faults, access, quotas and its shape before its
 * method is carried out. What the methods do is in the other wb_*.c files. */
#include "marketsim/market_time.h"
#include "marketsim/wb/wb_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *status_text(int status)
{
    switch (status) {
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 429: return "Too Many Requests";
    default: return "Internal Server Error";
    }
}

static void write_request_id(struct wb_call *call)
{
    uint64_t state = call->wb->trace.request_count;
    market_answer_printf(call->answer, ",\"requestId\":\"%016llx%016llx\"",
                         (unsigned long long)market_random(&state),
                         (unsigned long long)market_random(&state));
}

void wb_problem(struct wb_call *call, int status, const char *title, const char *detail)
{
    struct market_answer *answer = call->answer;
    char time[MARKET_TIME_SIZE];
    answer->status = status;
    answer->len = 0;
    market_answer_header(answer, "Content-Type", "application/problem+json");
    market_answer_text(answer, "{\"title\":");
    market_answer_string(answer, title);
    market_answer_text(answer, ",\"detail\":");
    market_answer_string(answer, detail);
    market_answer_text(answer, ",\"code\":\"07e4668e-ac2242c5c8c5-[UK-4dx7JUdskGZ]\"");
    write_request_id(call);
    market_answer_printf(answer,
                         ",\"origin\":\"s2s-api-auth-%s\",\"status\":%d,\"statusText\":\"%s\","
                         "\"timestamp\":\"%.19sZ\"}",
                         wb_host_name(call->host), status, status_text(status),
                         market_time_format(call->now_ms, time));
}

void wb_limited(struct wb_call *call)
{
    call->answer->status = 429;
    switch (call->wb->settings.body_429) {
    case WB_LIMITED_PROBLEM:
        wb_problem(call, 429, "too many requests",
                   "limited by c122a060-a7fb-4bb4-abb0-32fd4e18d489");
        break;
    case WB_LIMITED_TINY: market_answer_text(call->answer, "{\"error\":\"too many\"}"); break;
    case WB_LIMITED_EMPTY: break;
    }
}

static void content_error(struct wb_call *call, const char *message)
{
    market_answer_text(call->answer, "{\"data\":null,\"error\":true,\"errorText\":");
    market_answer_string(call->answer, message);
    market_answer_text(call->answer, ",\"additionalErrors\":null}");
}

static void report_error(struct wb_call *call, const char *code, const char *message)
{
    market_answer_text(call->answer, "{\"title\":");
    market_answer_string(call->answer, code);
    market_answer_text(call->answer, ",\"detail\":");
    market_answer_string(call->answer, message);
    write_request_id(call);
    market_answer_text(call->answer, ",\"origin\":\"analytic-open-api\"}");
}

void wb_error(struct wb_call *call, int status, const char *code, const char *message)
{
    call->answer->status = status;
    call->answer->len = 0;
    if (call->host == WB_HOST_CONTENT) {
        content_error(call, message);
        return;
    }
    if (call->host == WB_HOST_ANALYTICS) {
        report_error(call, code, message);
        return;
    }
    market_answer_text(call->answer, "{\"code\":");
    market_answer_string(call->answer, code);
    market_answer_text(call->answer, ",\"message\":");
    market_answer_string(call->answer, message);
    market_answer_text(call->answer, ",\"data\":null}");
}

void wb_violation(struct wb_call *call, const char *kind, const char *format, ...)
{
    char detail[200];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    market_trace_violation(&call->wb->trace, call->now_ms,
                           call->seller ? call->seller->account : "", kind, "%s", detail);
}

void wb_bad_request(struct wb_call *call, const char *code, const char *detail)
{
    static const struct {
        const char *code, *message;
    } messages[] = {{"IncorrectRequestBody", "Incorrect required body"},
                    {"IncorrectRequest", "Переданы некорректные данные"},
                    {"IncorrectParameter", "IncorrectParameter"}};
    const char *message = code;
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
        if (strcmp(messages[i].code, code) == 0) message = messages[i].message;
    wb_violation(call, "shape", "%s %.60s: %s", call->request->method, call->request->path, detail);
    wb_error(call, 400, code, message);
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

static void retry_header(struct market_answer *answer, int64_t seconds)
{
    if (seconds >= 0) market_answer_header_int(answer, "X-Ratelimit-Retry", seconds);
}

static void fault_instead(struct wb_call *call, const struct market_fault *fault)
{
    struct market_answer *answer = call->answer;
    switch (fault->kind) {
    case FAULT_RATE:
    case FAULT_CIRCUIT:
        wb_limited(call);
        retry_header(answer, fault->retry_after);
        break;
    case FAULT_HTML: html_answer(answer, fault->status); break;
    case FAULT_DROP_BEFORE: answer->drop = true; break;
    case FAULT_DEAD_KEY:
        wb_problem(call, 401, "unauthorized", "token problem; token is withdrawn");
        break;
    case FAULT_EMPTY_403: answer->status = 403; break;
    default:
        wb_error(call, fault->status ? fault->status : 500,
                 fault->code ? fault->code : "InternalServerError",
                 fault->message ? fault->message : "Внутренняя ошибка сервиса");
        retry_header(answer, fault->retry_after);
        break;
    }
}

static void no_route(struct wb_call *call, bool known)
{
    const struct market_request *request = call->request;
    if (known) {
        wb_violation(call, "method", "%.10s %.100s", request->method, request->path);
        wb_error(call, 405, "MethodNotAllowed", "method is not allowed");
        return;
    }
    wb_violation(call, "unknown_path", "%.10s %.100s on %s", request->method, request->path,
                 wb_host_name(call->host));
    wb_problem(call, 404, "path not found", "Please consult the documentation");
}

static bool check_content_type(struct wb_call *call)
{
    static const char json[] = "application/json";
    size_t len = sizeof(json) - 1;
    const char *type = market_request_header(call->request, "Content-Type");
    if (type && strncmp(type, json, len) == 0 && (type[len] == '\0' || strchr("; ", type[len])))
        return true;
    wb_violation(call, "content_type", "%.60s", type ? type : "(none)");
    wb_error(call, 400, "IncorrectRequestBody", "Content-Type should be application/json");
    return false;
}

static bool check_shape(struct wb_call *call)
{
    struct market_shape_error error;
    if (!call->route->fields ||
        market_shape_check(call->body, call->route->fields, "Request", &error))
        return true;
    wb_violation(call, error.too_many ? "too_many" : "shape", "%s: %s", call->route->path,
                 error.detail);
    wb_error(call, 400, "IncorrectRequest", error.detail);
    return false;
}

static void carry_out(struct wb_call *call)
{
    const struct market_request *request = call->request;
    call->answer->status = 200;
    if (!call->route->body) {
        call->route->handle(call);
        return;
    }
    if (!check_content_type(call)) return;
    json_error_t error;
    json_t *body = json_loadb(request->body, request->body_len, JSON_REJECT_DUPLICATES, &error);
    call->body = body;
    if (!json_is_object(body))
        wb_bad_request(call, "IncorrectRequestBody", body ? "no object" : error.text);
    else if (check_shape(call))
        call->route->handle(call);
    call->body = NULL;
    json_decref(body);
}

static void run(struct wb_call *call, enum wb_host host)
{
    bool known;
    call->route = wb_route_find(call->request->method, call->request->path, host, &known);
    if (!call->route) {
        no_route(call, known);
        return;
    }
    size_t len = strlen(call->route->path);
    if (call->route->path[len - 1] == '/') call->argument = call->request->path + len;
    if (call->route->group != WB_PING) call->host = call->route->host;
    if (wb_access_check(call) && wb_quota_take(call)) carry_out(call);
}

static void finish(struct wb_call *call)
{
    static const char *const figures[] = {"amount", "quantity", NULL};
    struct market_answer *answer = call->answer;
    if (answer->status == 200 && call->effect->spoils)
        market_fault_spoil(call->effect, figures, answer);
    answer->delay_ms = call->effect->delay_ms;
    if (call->effect->drop_after || call->effect->late_ms >= 0) answer->drop = true;
    if (answer->len && !market_answer_header_get(answer, "Content-Type"))
        market_answer_header(answer, "Content-Type", "application/json");
}

/* Faults and the log see the path without its host; only /ping keeps it, to be told apart. */
void wb_handle(struct wb *wb, const struct market_request *request, int64_t now_ms,
               struct market_answer *answer)
{
    now_ms += wb->settings.clock_offset_ms;
    wb_late_apply(wb, now_ms);
    enum wb_host host;
    struct market_request bare = *request, traced = *request;
    bare.path = wb_route_strip(request->path, &host);
    if (strcmp(bare.path, "/ping") != 0) traced.path = bare.path;
    struct market_effect effect;
    struct wb_call call = {.wb = wb,
                           .request = &bare,
                           .answer = answer,
                           .host = host == WB_HOSTS ? WB_HOST_COMMON : host,
                           .effect = &effect,
                           .now_ms = now_ms};
    wb_access_identify(&call);
    const char *account = call.seller ? call.seller->account : "";
    char target[256];
    market_request_line(&traced, target, sizeof(target));
    market_fault_match(&wb->faults, target, account, &wb->random, &effect);
    struct market_trace_request *row = market_trace_begin(&wb->trace, &traced, now_ms, account);
    row->fault = effect.fired;
    if (effect.instead) {
        fault_instead(&call, effect.instead);
    } else {
        run(&call, host);
        wb_quota_settle(&call);
    }
    finish(&call);
    market_trace_end(&wb->trace, row, answer);
}
