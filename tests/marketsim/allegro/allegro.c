/* The Allegro model's front: a request passes faults, access, quotas and its shape before its
 * method is carried out. What the methods do is in the other allegro_*.c files. */
#include "marketsim/allegro/allegro_state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_text_or_null(struct market_answer *answer, const char *text)
{
    if (text)
        market_answer_string(answer, text);
    else
        market_answer_text(answer, "null");
}

void allegro_error(struct allegro_call *call, int status, const char *code, const char *message,
                   const char *path)
{
    struct market_answer *answer = call->answer;
    answer->status = status;
    answer->len = 0;
    market_answer_text(answer, "{\"errors\":[{\"code\":");
    market_answer_string(answer, code);
    market_answer_text(answer, ",\"message\":");
    market_answer_string(answer, message);
    market_answer_text(answer, ",\"details\":null,\"path\":");
    write_text_or_null(answer, path);
    market_answer_text(answer, ",\"userMessage\":");
    market_answer_string(answer, message);
    market_answer_text(answer, ",\"metadata\":{}}]}");
}

void allegro_nulls(struct allegro_call *call, const char *text)
{
    if (call->allegro->settings.nulls) market_answer_text(call->answer, text);
}

/* The other envelope: of the login host, and of the REST host for a bad token. */
void allegro_auth_error(struct allegro_call *call, int status, const char *error,
                        const char *description)
{
    struct market_answer *answer = call->answer;
    answer->status = status;
    answer->len = 0;
    if (!market_answer_header_get(answer, "Content-Type"))
        market_answer_header(answer, "Content-Type", "application/json");
    market_answer_text(answer, "{\"error\":");
    market_answer_string(answer, error);
    market_answer_text(answer, ",\"error_description\":");
    market_answer_string(answer, description);
    market_answer_text(answer, "}");
}

static const char *account_of(const struct allegro_call *call)
{
    if (call->seller) return call->seller->id;
    return call->app ? call->app->client_id : "";
}

void allegro_violation(struct allegro_call *call, const char *kind, const char *format, ...)
{
    char detail[200];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof(detail), format, args);
    va_end(args);
    market_trace_violation(&call->allegro->trace, call->now_ms, account_of(call), kind, "%s",
                           detail);
}

static void retry_after(struct market_answer *answer, int64_t seconds)
{
    if (seconds >= 0) market_answer_header_int(answer, "Retry-After", seconds);
}

/* A proxy's page; with 403 the wall that asks whether one is human. */
static void html_answer(struct market_answer *answer, int status)
{
    static const char proxy[] = "<html><body>upstream proxy error</body></html>";
    static const char wall[] =
        "<html><head><title>allegro.pl</title></head><body style=\"margin:0\"><p id=\"cmsg\">"
        "Please enable JS and disable any ad blocker</p></body></html>";
    answer->status = status ? status : 502;
    market_answer_header(answer, "Content-Type", "text/html");
    market_answer_text(answer, status == 403 ? wall : proxy);
}

static void fault_error(struct allegro_call *call, int status, const char *code,
                        const char *message)
{
    if (allegro_oauth_path(call->request->path))
        allegro_auth_error(call, status, code, message);
    else
        allegro_error(call, status, code, message, NULL);
}

static void fault_instead(struct allegro_call *call, const struct market_fault *fault)
{
    struct market_answer *answer = call->answer;
    const char *message = fault->message ? fault->message : "Internal server error.";
    switch (fault->kind) {
    case FAULT_RATE:
        fault_error(call, 429, "RateLimitExceedException", "Too many requests");
        retry_after(answer, fault->retry_after);
        break;
    case FAULT_CIRCUIT: fault_error(call, 429, "TOO_MANY_REQUESTS", "Too many requests"); break;
    case FAULT_HTML: html_answer(answer, fault->status); break;
    case FAULT_DROP_BEFORE: answer->drop = true; break;
    case FAULT_DEAD_KEY:
        if (allegro_oauth_path(call->request->path))
            allegro_auth_error(call, 401, "Unauthorized", "Unauthorized");
        else
            allegro_auth_error(call, 401, "invalid_token", "Cannot convert access token to JSON");
        break;
    case FAULT_EMPTY_403: answer->status = 403; break;
    default:
        fault_error(call, fault->status ? fault->status : 500,
                    fault->code ? fault->code : "INTERNAL_SERVER_ERROR", message);
        retry_after(answer, fault->retry_after);
        break;
    }
}

/* Unknown fields, types and bounds: 400 with Jackson's words; too long a list is a 422. */
static bool check_body(struct allegro_call *call, json_t **body)
{
    struct market_shape_error error;
    json_error_t parse;
    *body = json_loadb(call->request->body ? call->request->body : "", call->request->body_len,
                       JSON_REJECT_DUPLICATES, &parse);
    if (!*body) {
        allegro_violation(call, "shape", "%s: not JSON: %.100s", call->route->path, parse.text);
        allegro_error(call, 400, "JsonMappingException", "The body is not readable", NULL);
        return false;
    }
    if (market_shape_check(*body, call->route->body, "Command", &error)) return true;
    allegro_violation(call, error.too_many ? "too_many" : "shape", "%s: %s", call->route->path,
                      error.detail);
    allegro_error(call, error.too_many ? 422 : 400,
                  error.too_many ? "ConstraintViolationException" : "JsonMappingException",
                  error.message, NULL);
    return false;
}

static void carry_out(struct allegro_call *call)
{
    json_t *body = NULL;
    if (!call->route->body || check_body(call, &body)) {
        call->body = body;
        call->answer->status = 200;
        call->route->handle(call);
        call->body = NULL;
    }
    json_decref(body);
}

static void run(struct allegro_call *call)
{
    if (!call->route) {
        allegro_violation(call, "unknown_path", "%s %.100s", call->request->method,
                          call->request->path);
        allegro_error(call, 404, "NotFoundException", "Not Found", NULL);
        return;
    }
    if (!allegro_access_agent(call) || !allegro_access_token(call) || !allegro_quota_client(call) ||
        !allegro_access_check(call) || !allegro_access_media(call) || !allegro_query_check(call))
        return;
    carry_out(call);
}

static void finish(struct allegro_call *call)
{
    static const char *const figures[] = {"available", "quantity", NULL};
    struct market_answer *answer = call->answer;
    char trace_id[16 + 1];
    if (answer->status >= 200 && answer->status < 300 && call->effect->spoils)
        market_fault_spoil(call->effect, figures, answer);
    answer->delay_ms = call->effect->delay_ms;
    if (call->effect->drop_after || call->effect->late_ms >= 0) answer->drop = true;
    if (!market_answer_header_get(answer, "Content-Type"))
        market_answer_header(answer, "Content-Type",
                             allegro_oauth_path(call->request->path) ? "application/json"
                             : call->route && call->route->media     ? call->route->media
                                                                     : ALLEGRO_PUBLIC);
    uint64_t drawn = market_random(&call->allegro->random);
    for (size_t at = sizeof(trace_id) - 1; at-- > 0; drawn /= 16)
        trace_id[at] = "0123456789abcdef"[drawn % 16];
    trace_id[sizeof(trace_id) - 1] = '\0';
    market_answer_header(answer, "trace-id", trace_id);
}

/* Who asks, as faults and log name it: the seller of the token, or the application. */
static void identify(struct allegro_call *call, char account[64])
{
    const char *header = market_request_header(call->request, "Authorization");
    struct allegro *allegro = call->allegro;
    const struct allegro_app *app = allegro_app_basic(allegro, header);
    size_t index = header && strncmp(header, "Bearer ", 7) == 0
                       ? market_map_get_text(&allegro->by_access, header + 7)
                       : MARKET_MAP_NONE;
    const char *name = "";
    if (index != MARKET_MAP_NONE) call->pair = allegro->pairs[index];
    if (call->pair && call->pair->seller)
        name = call->pair->seller->id;
    else if (app)
        name = app->client_id;
    market_text_copy(account, 64, name);
}

void allegro_handle(struct allegro *allegro, const struct market_request *request, int64_t now_ms,
                    struct market_answer *answer)
{
    allegro_advance(allegro, now_ms);
    now_ms += allegro->settings.clock_offset_ms;
    struct market_effect effect;
    char account[64], path[512];
    struct allegro_call call = {.allegro = allegro,
                                .request = request,
                                .answer = answer,
                                .effect = &effect,
                                .now_ms = now_ms};
    identify(&call, account);
    market_request_line(request, path, sizeof(path));
    market_fault_match(&allegro->faults, path, account, &allegro->random, &effect);
    struct market_request logged = *request;
    if (!allegro_oauth_path(request->path)) call.route = allegro_route_find(&call, &logged.path);
    struct market_trace_request *row =
        market_trace_begin(&allegro->trace, &logged, now_ms, account);
    row->fault = effect.fired;
    call.seq = row->seq;
    if (effect.instead)
        fault_instead(&call, effect.instead);
    else if (allegro_oauth_path(request->path))
        allegro_oauth(&call);
    else
        run(&call);
    finish(&call);
    market_trace_end(&allegro->trace, row, answer);
}

int64_t allegro_body_int(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

const char *allegro_body_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}
